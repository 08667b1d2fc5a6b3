"""`SetMaximum`: the largest value of a functional on a set of behaviors, with its proof."""

from __future__ import annotations

from dataclasses import dataclass

from relaxbell.behavior.behavior import Behavior
from relaxbell.certificate.claims import Certificate
from relaxbell.exact.numbers import ExactNumber, ceil_float
from relaxbell.exact.texts import ceil_text
from relaxbell.methods import provided


@dataclass(frozen=True, eq=False)
class SetMaximum:
    """The largest value of a functional on a set of behaviors.

    Attributes
    ----------
    where
        The set, in words.
    value
        What the solver found; of a level of the NPA hierarchy the maximum is near it, and no larger than the bound.
    upper_bound
        Exact: no behavior of the set has more.
    exact
        The maximum, where it is known exactly; else None.
    behavior
        Where it is attained: an exact no-signaling behavior, or the solver's floats, which need not be quantum.
    certificate
        Of the upper bound.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.nonsignaling_set(rb.catalog.CHSH).maximum(rb.catalog.CHSH)
    >>> found.exact, rb.catalog.CHSH(found.behavior)
    (Fraction(4, 1), Fraction(4, 1))
    """

    where: str
    value: float
    upper_bound: ExactNumber
    exact: ExactNumber | None
    behavior: Behavior | None
    certificate: Certificate

    @property
    def bound(self) -> ExactNumber | float:
        """The maximum where it is exact, else the upper bound as a float, rounded up."""
        return ceil_float(self.upper_bound) if self.exact is None else self.exact

    def _repr_html_(self) -> str:
        return provided("SetMaximum._repr_html_")(self)

    def __repr__(self) -> str:
        if self.exact is not None:
            return f"maximum {self.exact} (exact) on the {self.where} set"
        return (
            f"maximum {self.value:.9g}, at most {ceil_text(ceil_float(self.upper_bound), 12)}, on the {self.where} set"
        )
