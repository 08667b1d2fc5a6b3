"""What the minimization of a query over independent latent variables reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NoReturn

from relaxbell.engines.solution import Solution
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import to_sympy
from relaxbell.exact.texts import FITTED, floor_text

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate


@dataclass(frozen=True, eq=False, repr=False)
class IndependentSolution(Solution):
    """The least value of a query of a model with independent latent variables: exact, or an interval.

    Attributes
    ----------
    kind
        ``exact``: the query depends on districts one by one, and linear programs were solved exactly. ``rigorous``:
        dual bounds of boxes that cover all models, all rounding errors subtracted; `value` is of a model in floats.
    network
        ``exact``, or ``lower bound``: more distributions were allowed than the graph allows, because a node sees some
        of the latent variables of its district and not all.
    attained
        The least value, exactly; None where it is not known.
    parts
        For each district that matters what its variables, nodes at values of their parents, respond in the model found,
        with probabilities; districts are independent.
    status
        ``optimal``: the interval is as narrow as asked for; ``time limit``: it is not.
    tolerance
        How narrow it was to be.
    measure, observed, value, lower_bound, q, statistics
        As in `Solution`; ``statistics["residual"]`` is by how much the model found misses what was observed.

    Examples
    --------
    Noise of its own for every node and an observed confounder C: adjustment for it.

    >>> import numpy as np
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> graph = "C -> X -> Y; C -> Y; UC -> C; UX -> X; UY -> Y"
    >>> model = rb.CausalModel(graph, "", "UC UX UY", {"C": 2, "X": 2, "Y": 2})
    >>> p = rb.Behavior(np.array([[[3, 1], [1, 3]], [[1, 1], [4, 2]]]) * Fraction(1, 16), outputs="C X Y", inputs="")
    >>> solution = rb.minimize(rb.average_causal_effect(model, "X", "Y"), p)
    >>> solution.exact, solution.kind
    (1/6, 'exact')
    """

    kind: Literal["exact", "rigorous"] = "rigorous"
    network: Literal["exact", "lower bound"] = "exact"
    attained: Fraction | None = None
    parts: Mapping[str, Mapping[str, Fraction | float]] = field(default_factory=dict)
    tolerance: float = 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower bound and value; the least value lies between them."""
        return self.lower_bound, self.value

    @property
    def exact(self) -> sympy.Expr | None:
        if self.attained is None or self.statistics["distance"] or self.network != "exact":
            return None
        return to_sympy(self.attained)

    @property
    def upper_bound(self) -> float | None:
        """The float nearest to the least value, where it is exact; else None."""
        return None if self.exact is None else self.value

    @property
    def witness(self) -> None:
        """None: what independent latent variables reproduce is not convex, and no functional separates it."""
        return None

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: the verifier knows no boxes of districts.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise CertificateError(
            f"{self.measure.name} of {self.measure.model.name}: found independent latent variables, expected a model "
            "with one of them for a certificate. That of the query of model.shared() proves a bound that holds as "
            "well."
        )

    def __repr__(self) -> str:
        measure, low = self.measure, floor_text(self.lower_bound, 9)
        if self.exact is not None and not self.estimated:
            head = f"= {self.exact}" + ("" if self.exact.is_Integer else f" = {self.value:.9g}")
            bound = "the same: exact"
        else:
            missed = self.status != "optimal"
            head = f"in [{low}, {self.value:.9g}]" if missed else f"= {self.value:.9g}"
            bound = f"{low} (rigorous{f' {FITTED}' * self.estimated}); {self.status}"
            bound += f": expected within {self.tolerance:g}" * missed
        lines = [f"min {measure.name} {head}   ({measure.model.name})", f"  lower bound  {bound}"]
        if self.network != "exact":
            lines.append(
                "  network      only a lower bound: a node sees some latent variables of its district, not all"
            )
        parts = " and ".join(f"({names})" for names in self.parts)
        lines.append(f"  model        {parts or 'nothing'}{', independent of each other' * (len(self.parts) > 1)}")
        return "\n".join([*lines, f"  solver       {self.statistics['solver']}"])

    def _repr_latex_(self) -> None:
        return None
