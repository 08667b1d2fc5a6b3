"""What a minimization over a network reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.solution import Solution
from relaxbell.engines.sources.cover import GlobalProof
from relaxbell.engines.sources.decomposition import Decomposition
from relaxbell.exact.numbers import ExactNumber, Floats, ceil_float, to_sympy
from relaxbell.exact.texts import FITTED, floor_text
from relaxbell.measures.groups import Group
from relaxbell.methods import provided

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate
    from relaxbell.engines.sources.algebraic import AlgebraicCandidate


Number: TypeAlias = ExactNumber | float


@dataclass(frozen=True, eq=False, repr=False)
class NetworkSolution(Solution):
    """The least value of a non-convex measure of a network, as an interval.

    Attributes
    ----------
    kind
        What `lower_bound` is: ``rigorous`` (dual bounds of boxes that cover all marginals, all rounding errors
        subtracted) or ``solver bound`` (floating point, within SCIP's tolerances).
    network
        ``exact``: zero if and only if the network has a model. ``lower bound``: products of marginals are only
        necessary there, so that the value is a lower bound of the distance from models of the network.
    attained
        The measure at the model found, exact; None where it is known in floats only.
    marginals
        By group: label of each response function with its probability at the model found.
    decomposition
        An explicit model of the network, where the value is zero; or None.
    primal
        Weights of the strategies of the model found, by number, where they are exact.
    everywhere
        Where `exact` is the global minimum: boxes that hold all marginals, with exact dual polynomials over each.
    status
        ``optimal``: the interval is as narrow as asked for; ``time limit``: it is not.
    tolerance
        How narrow it was to be.
    proof
        The linear program at the only marginals there are, where there are no others; or None.
    candidate
        Where no exact value is proved: the algebraic number that a model next to `value` attains exactly, a rigorous
        upper bound and most probably the least value; None where there are several free marginals, or data are floats.
    measure, observed, value, lower_bound, q, statistics
        As in `Solution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> s = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    >>> s.exact, s.lower_bound, s.kind  # 2v² − 1, over all ν
    (7/25, 0.28, 'rigorous')
    """

    kind: Literal["rigorous", "solver bound"] = "rigorous"
    network: Literal["exact", "lower bound"] = "exact"
    attained: ExactNumber | None = None
    marginals: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    decomposition: Decomposition | None = None
    tolerance: float = 0.0
    everywhere: GlobalProof | None = None
    primal: Mapping[int, ExactNumber] | None = None
    proof: Proof | None = None
    candidate: AlgebraicCandidate | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Lower bound and value; the least value lies between them."""
        return self.lower_bound, self.value

    @property
    def exact(self) -> sympy.Expr | None:
        """The least value as a sympy number: where the interval is a point and its ends are exact; else None."""
        if self.attained is None or self.statistics["distance"] or self.kind != "rigorous":
            return None
        known = (self.proof is not None and self.proof.primal is not None) or self.everywhere is not None
        return to_sympy(self.attained) if known or self.attained == 0 else None

    @property
    def upper_bound(self) -> float | None:
        """Rigorous upper bound, where an exact model attains it; else None."""
        return None if self.attained is None else ceil_float(self.attained)

    @property
    def witness(self) -> None:
        """None: the set of behaviors is not convex, and no linear functional separates it."""
        return None

    @cached_property
    def boxes(self) -> GlobalProof:
        """Boxes that hold all marginals, with the dual polynomials that prove `lower_bound` (1e-9 less for floats).

        Those of `everywhere` where they do not rest on symmetries of the behavior; else they are sought when first
        asked for, for up to a minute.

        Raises
        ------
        CertificateError
            If the free marginals are too many.
        """
        return provided("NetworkSolution.boxes")(self)

    @property
    def certificate(self) -> Certificate:
        """The proof in `boxes`, over all marginals; with an exact model, also that the bound is attained.

        Raises
        ------
        CertificateError
            If the bound is SCIP's, or there is no such proof.
        """
        return provided("NetworkSolution.certificate")(self)

    @property
    def _why(self) -> str:
        """Why the interval is wide."""
        known = self.statistics
        each = known["seconds"] / max(known["boxes"], 1)
        return (
            f"{known['parameters']} free marginals, {known['boxes']:,} boxes of them bounded at {each:.2g} s each "
            f"(linear programs of {known['strategies']:,} strategies): more seconds, fewer settings or a coarser "
            "tolerance"
        )

    def __repr__(self) -> str:
        measure, low = self.measure, floor_text(self.lower_bound, 9)
        if self.exact is not None and not self.estimated:
            headline = f"= {self.exact}" + ("" if self.exact.is_Integer else f" = {self.value:.9g}")
        elif self.status == "optimal":
            headline = f"= {self.value:.9g}"
        else:
            headline = f"in [{low}, {self.value:.9g}]"
        missed = "" if self.status == "optimal" else f": incomplete, expected within {self.tolerance:g}"
        said = "rigorous" if self.kind == "rigorous" else "solver bound, not rigorous"
        said += f" {FITTED}" * self.estimated
        text = "" if self.attained is None else f"{to_sympy(self.attained)}"
        found = "floats" if not text else FITTED if self.estimated else f"{text}, exact" if len(text) <= 24 else "exact"
        lines = [
            f"min {measure.name} {headline}   ({measure.model.name})",
            f"  lower bound  {low} ({said}); {self.status}{missed}",
            f"  model found  {self.value:.9g} ({found}), {len(self.q)} strategies of {self.q.model.strategies.count:,}",
        ]
        if self.status != "optimal" and "parameters" in self.statistics:
            lines.append(f"  incomplete   {self._why}")
        if self.candidate is not None:
            lines.append(f"  candidate    {self.candidate}; attained, not proved to be least")
        if "exact" in self.statistics:
            lines.append(f"  exact        {self.statistics['exact']}")
        if self.network != "exact":
            lines.append(f"  network      only a lower bound: {measure.model.independence.reason}")
        if self.decomposition is not None:
            lines.append(f"  decomposition of independent sources, p within {self.decomposition.error:.2g}")
        return "\n".join([*lines, f"  solver       {self.statistics['solver']}"])

    def _repr_html_(self) -> str:
        return provided("NetworkSolution._repr_html_")(self)

    def _repr_latex_(self) -> None:
        return None


@dataclass(frozen=True, eq=False, repr=False)
class FixedSolution(NetworkSolution):
    """The least value at fixed marginals: a linear program; see `NetworkSolution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> fixed = rb.nonbilocality(rb.bilocality(), marginals={"A": [Fraction(1, 4)] * 4})
    >>> rb.minimize(fixed, rb.boxes.entanglement_swapping(Fraction(4, 5))).exact
    7/25
    """

    @property
    def certificate(self) -> Certificate:
        """The exact data from which anyone can check the lower bound, for these marginals."""
        return provided("FixedSolution.certificate")(self)


def marginals_of(
    products: Iterable[Iterable[Group]], q: Floats, exact: Mapping[int, ExactNumber] | None
) -> dict[str, dict[str, Number]]:
    """Return the marginals of a distribution over strategies, by group and label."""
    found: dict[str, dict[str, Number]] = {}
    for product in products:
        for group in product:
            if exact is None:
                values: list[Number] = [float(v) for v in group.rows @ q]
            else:
                own: list[ExactNumber] = [Fraction(0)] * group.count
                for strategy, weight in exact.items():
                    own[group.numbers[strategy]] = own[group.numbers[strategy]] + weight
                values = [*own]
            found[group.name] = dict(zip(group.labels, values, strict=True))
    return found
