"""`Verdict`: how far a formula was proved, and the counterexample where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed

if TYPE_CHECKING:
    from sympy import Expr

Status = Literal["proved", "exact at points", "numerical", "refuted"]
"""For every behavior or parameter; exactly, at finitely many; to a tolerance; by a counterexample."""


@dataclass(frozen=True, eq=False)
class Counterexample:
    """Where a formula is wrong.

    Attributes
    ----------
    observed
        The behavior, or the observed values; None where the parameter is a budget.
    parameter
        Of a curve or a mapping of points; None otherwise.
    formula, least
        Value of the formula (None: undefined there), and the least value, solved anew at this point.
    exact
        Whether both are exact, sympy numbers; else `least` is a rigorous bound on the side that refutes the formula.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.outcome_signaling(), "A", "B")
    >>> found = rb.prove(c, rb.Maximum(0, *rb.catalog.CH.relabelings())).counterexample
    >>> found.formula, found.least, found.exact
    (1/2, 1, True)
    """

    observed: Behavior | Observed | None
    parameter: object
    formula: Expr | float | None
    least: Expr | float
    exact: bool

    def __repr__(self) -> str:
        where = "" if self.parameter is None else f" at {self.parameter}"
        how = "" if self.exact else " (rounded)"
        value = "undefined" if self.formula is None else self.formula
        return f"formula {value}, least value {self.least}{where}{how}"


@dataclass(frozen=True, eq=False)
class Verdict:
    """The result of `prove`.

    Attributes
    ----------
    status
        ``proved``, ``exact at points``, ``numerical`` or ``refuted``.
    claim
        What was claimed, as text.
    method
        What the verdict rests on.
    points
        How many points were compared; 0 for proofs.
    tolerance
        Largest difference found, for ``numerical``.
    counterexample
        For ``refuted``.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.outcome_signaling(), "A", "B")
    >>> verdict = rb.prove(c, rb.Maximum(0, *rb.catalog.CH.relabelings()))
    >>> verdict.status, verdict.counterexample
    ('refuted', formula 1/2, least value 1)
    """

    status: Status
    claim: str
    method: str
    points: int = 0
    tolerance: float | None = None
    counterexample: Counterexample | None = None

    def __bool__(self) -> bool:
        return self.status == "proved"

    def __repr__(self) -> str:
        details = {
            "exact at points": f" ({self.points})",
            "numerical": f" (within {self.tolerance:.2g} at {self.points} points)"
            if self.tolerance is not None
            else "",
        }.get(self.status, "")
        lines = [f"{self.status}{details}: {self.claim}", f"  {self.method}"]
        if self.counterexample is not None:
            lines.append(f"  {self.counterexample!r}")
        return "\n".join(lines)
