"""The least value of a quotient: the level k at which numerator − k · denominator is least 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.solution import Solution
from relaxbell.engines.witness import Witness
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import ExactNumber, to_sympy
from relaxbell.measures.measure import LinearMeasure

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate


@dataclass(frozen=True, eq=False, repr=False)
class RatioSolution(Solution):
    """The least value of a quotient of two linear queries; see `Solution`.

    Attributes
    ----------
    level
        The rational number that the quotient does not fall below.
    attained
        The value of the model found, exactly; None where only its floats are known.
    proof
        The solution of numerator − level · denominator, which is least 0: its certificate is the proof.
    condition
        The probability of the condition in the model found, exactly; None where only floats are known.
    least_denominator
        What the probability of the condition does not fall below; where it is 0, models in which the condition never
        happens are left out.
    measure, observed, value, lower_bound, status, q, statistics
        As in `Solution`.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> iv = rb.instrumental()
    >>> table = np.array([[[919, 315], [0, 139]], [[81, 73], [0, 473]]]) * Fraction(1, 1000)
    >>> lipid = rb.Behavior(table, outputs="B A", inputs="Z")
    >>> solution = rb.minimize(rb.query(iv, "ETU(A -> B)"), lipid)
    >>> solution.level, solution.proof.exact
    (Fraction(319, 1388), 0)
    """

    level: Fraction
    attained: Fraction | None
    proof: LinearSolution
    condition: Fraction | None
    least_denominator: Fraction

    @property
    def exact(self) -> sympy.Expr | None:
        if self.attained != self.level or self.statistics["distance"]:
            return None
        return to_sympy(self.level)

    @property
    def upper_bound(self) -> float | None:
        return None if self.attained is None else max(self.lower_bound, float(self.attained))

    @property
    def witness(self) -> Witness:
        """That of numerator − level · denominator."""
        return self.proof.witness

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove numerator − level · denominator ≥ 0, so that the quotient is at least the level."""
        return self.proof.certificate

    def __repr__(self) -> str:
        lines = [super().__repr__(), f"  proof        {self.proof.measure.name} >= 0 in every model"]
        if not self.least_denominator:
            measure = self.measure.quotient
            assert measure is not None
            lines.append(f"  where        {measure[1].name} > 0: it may be 0")
        return "\n".join(lines)


def exact_value(measure: LinearMeasure, weights: Mapping[int, ExactNumber]) -> Fraction | None:
    """Return the value of a linear measure at exact weights of some strategies; None where they are irrational."""
    strategies, numbers = list(weights), [v for v in weights.values() if isinstance(v, Fraction)]
    if len(numbers) < len(strategies):
        return None
    total = Fraction(0)
    for leaf in measure.term.leaves():
        rows = leaf.rows
        if isinstance(rows, LocalRows):
            rows = rows.at(measure.model.local.assignments(strategies))
            entries: Iterable[tuple[int, object]] = (own for i in range(len(rows)) for own in rows.sparse(i))
        else:
            place = {strategy: k for k, strategy in enumerate(strategies)}
            entries = ((place[j], v) for i in range(len(rows)) for j, v in rows.sparse(i) if j in place)
        for k, entry in entries:
            if not isinstance(entry, Fraction):
                return None
            total += numbers[k] * entry
    return total
