"""What the minimization of a query over independent latent variables reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from relaxbell.engines.independent.proving import independent_certificate
from relaxbell.engines.solution import Solution
from relaxbell.exact.numbers import to_sympy
from relaxbell.exact.texts import FITTED, floor_text, minus_text

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate
    from relaxbell.engines.independent.chain import Layout
    from relaxbell.engines.independent.search import Cover

UNKNOWN = "unknown"

NO_MODEL = "no model found"
"""The state of a minimization whose time was over before a model was found: only its bound is known."""


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
        ``optimal``: the interval is as narrow as asked for; ``time limit``: it is not; ``no model found``: nor is it
        known whether there is a model of the data, and `value` is NaN. `lower_bound` is rigorous all the same.
    tolerance
        How narrow it was to be.
    subject_to, searched
        The constraints; and the boxes that were bounded, for the certificate. None where there were none.
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
    subject_to: tuple[object, ...] = field(default=(), repr=False)
    searched: tuple[Layout, Cover] | None = field(default=None, repr=False)

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
    def value_text(self) -> str:
        return UNKNOWN if self.status == NO_MODEL else super().value_text

    @property
    def end_texts(self) -> tuple[str, str, str]:
        exact, value, bound = super().end_texts
        return exact, UNKNOWN if self.status == NO_MODEL else value, bound

    @property
    def witness(self) -> None:
        """None: what independent latent variables reproduce is not convex, and no functional separates it."""
        return None

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove the lower bound: facts, and boxes with multipliers.

        What it claims may be less than `lower_bound` by the rounding of multipliers. Of a quotient it proves that
        numerator − bound · denominator is at least 0.

        Raises
        ------
        CertificateError
            If the data are floats that contradict the graph by rounding, or exceed the verifier's limits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> graph = "X -> Y -> S; U -> X; U -> Y; V -> S"
        >>> model = rb.CausalModel(graph, "", "U V", {"X": 2, "Y": 2, "S": 2})
        >>> seen = [[[None, Fraction(k, 20)] for k in row] for row in ((4, 3), (1, 7))]
        >>> part = rb.Observed.partial(seen, outputs="X Y S", inputs="")
        >>> found = rb.minimize(rb.query(model, "ACE(X -> Y)"), part)
        >>> found.certificate.verify().startswith("every model with U -> X, X -> Y, U -> Y, Y -> S, V -> S")
        True
        """
        return independent_certificate(self)

    def __repr__(self) -> str:
        measure, low, upper = self.measure, floor_text(self.lower_bound, 9), self.measure.negated is not None
        value = f"{0.0 - self.value if upper else self.value:.9g}"
        if self.exact is not None and not self.estimated:
            exact = -self.exact if upper else self.exact
            head = f"= {exact}" + ("" if exact.is_Integer else f" = {value}")
            bound = "the same: exact"
        else:
            missed, low = self.status != "optimal", minus_text(low) if upper else low
            ends = f"{value}, {low}" if upper else f"{low}, {value}"
            head = f"in [{ends}]" if missed else f"= {value}"
            if self.status == NO_MODEL:
                head = f"<= {low}" if upper else f">= {low}"
            bound = f"{low} (rigorous{f' {FITTED}' * self.estimated}); {self.status}"
            bound += f": expected within {self.tolerance:g}" * missed
        side = "upper" if upper else "lower"
        lines = [f"{measure.end_name} {head}   ({measure.model.name})", f"  {side} bound  {bound}"]
        if self.network != "exact":
            lines.append(
                f"  network      only {'an' if upper else 'a'} {side} bound: a node sees some latent variables of its "
                "district, not all"
            )
        parts = " and ".join(f"({names})" for names in self.parts)
        nothing = "none was found in time" if self.status == NO_MODEL else "nothing"
        lines.append(f"  model        {parts or nothing}{', independent of each other' * (len(self.parts) > 1)}")
        lines.append(f"  solver       {self.statistics['solver']}")
        if upper:
            lines.append(f"  fields       value, exact and lower_bound are of {measure.name}")
        return "\n".join(lines)

    def _repr_latex_(self) -> None:
        return None
