"""Quotients of two linear queries, such as conditional probabilities: what is asked given a selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats, Surd, as_exact, read_fraction
from relaxbell.exact.texts import minus_name
from relaxbell.measures.combined import divided, sum_of
from relaxbell.measures.definition import Recipe
from relaxbell.measures.measure import Budget, LinearMeasure, Measure, check_finite, is_symbol, same_model

if TYPE_CHECKING:
    import cvxpy as cp


@dataclass(frozen=True, eq=False, repr=False)
class Ratio(Measure):
    """A linear query over another one that is never negative: p(event | condition), LATE, effects of treatment.

    Made by `query`, or as a quotient of two linear queries of one model instance. Its least value is a linear program
    in s q and s, with s the inverse of the denominator (Charnes and Cooper, Nav. Res. Logist. Q. 9, 181, 1962,
    doi:10.1002/nav.3800090303). Models in which the condition has probability 0 do not count: there it has no value.

    Attributes
    ----------
    numerator, denominator
        The two linear queries.
    averaged
        The free inputs whose distribution matters, and the values used.
    opposite
        The quotient whose negative this is; None for others.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> late = rb.query(iv, "LATE(Z -> A -> B)")
    >>> isinstance(late, rb.classes.Ratio), late.denominator.name
    (True, 'p{A(Z=1)=1, A(Z=0)=0}')
    >>> one, other = rb.query(iv, "p{A(Z=1)=1, B=1}"), rb.query(iv, "p{A(Z=1)=1}")
    >>> (one / other).name
    'p{A(Z=1)=1, B=1} / p{A(Z=1)=1}'
    """

    numerator: LinearMeasure = field(kw_only=True)
    denominator: LinearMeasure = field(kw_only=True)
    averaged: str = field(default="", kw_only=True)
    opposite: Ratio | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse denominators that can be negative, and parts that are not linear."""
        super().__post_init__()
        same_model(self.numerator, self.denominator)
        for part in (self.numerator, self.denominator):
            if not part.term.is_linear:
                raise MeasureError(
                    f"{self.name}: found {part.name}, which is not linear in q, expected linear queries such as "
                    "query(model, 'p{…}'). Use its own least value."
                )
        if self.denominator.term.floor() < 0:
            raise MeasureError(
                f"{self.name}: the denominator {self.denominator.name} can be negative, expected a probability or a "
                "sum of some. Divide by one that cannot."
            )

    # ----------------------------------------------------- what a kind of measure says

    @property
    def expression(self) -> cp.Expression:
        """The quotient as a CVXPY expression of ``model.q``: quasilinear where it is not affine, so not for DCP."""
        import cvxpy as cp

        found: cp.Expression = self.numerator.expression / cp.sum(self.denominator.expression)
        return found

    def statement(self) -> dict[str, object]:
        self._refuse("certificate of its own", "Its solution's certificate is of numerator - value · denominator >= 0.")

    def linear(self, what: str) -> LinearMeasure:
        self._refuse(what, "Use bounds, minimize, closed_bounds or tradeoff, or a budget on it: ratio <= 0.1.")

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise MeasureError(
            f"{self.name} is a quotient of two linear queries, expected a measure with a linear program for this: "
            f"{what}. {remedy}"
        )

    def zero_like(self, what: str) -> LinearMeasure:
        return self.numerator

    @property
    def negated(self) -> Ratio | None:
        return self.opposite

    @property
    def quotient(self) -> tuple[LinearMeasure, LinearMeasure]:
        return self.numerator, self.denominator

    @property
    def plain(self) -> dict[str, object] | None:
        if self.definition is not None:
            return self.definition.plain
        parts = [part.plain for part in self.quotient]
        return None if None in parts else {"kind": "quotient", "of": parts}

    def recipe(self) -> Recipe[Measure] | None:
        if self.definition is not None:
            return super().recipe()
        parts = [part.recipe() for part in self.quotient]
        if None in parts:
            return None
        return Recipe(_anew, {"parts": parts, "averaged": self.averaged}, self.name, self.unit)

    @property
    def symbol(self) -> str:
        if self.definition is not None:
            return self.definition.symbol
        above, below = (part.symbol for part in self.quotient)
        return rf"\frac{{{above}}}{{{below}}}"

    @property
    def formula(self) -> str:
        text = f"({self.numerator.name}) / ({self.denominator.name})"
        return f"{text}; {self.averaged}" if self.averaged else text

    def _at(self, q: Floats) -> float:
        return self._quotient(self.numerator.at(q), self.denominator.at(q))

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        parts = (self.numerator, self.denominator)
        above, below = (part._at_few(strategies, weights) for part in parts)
        return self._quotient(above, below)

    def _quotient(self, above: float, below: float) -> float:
        if below <= 0:
            raise MeasureError(
                f"{self.name} has no value at this q: {self.denominator.name} is {below:.3g} there, expected a "
                "positive probability. Give another q."
            )
        return float(np.float64(above) / below)

    # ------------------------------------------------------------------- algebra

    def above(self, level: Fraction) -> LinearMeasure:
        """Return numerator − level · denominator: not negative if and only if the ratio is no less than the level.

        Parameters
        ----------
        level
            A number.

        Returns
        -------
        LinearMeasure
            Linear in q.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> rb.query(rb.instrumental(), "p{B=1 | A=1}").above(Fraction(1, 2)).name
        'p{B=1, A=1} - 1/2 p{A=1}'
        """
        if not level:
            return self.numerator
        name = self.denominator.in_product[0]
        if self.opposite is not None:  # k D − N of the quotient itself
            many = "" if level == -1 else f"{-level} "
            parts = [self.numerator, self.denominator * -level]
            own = self.opposite.numerator.in_product[0]
            return sum_of(parts).named(f"{many}{name} - {own}", self.unit)
        sign, size = ("-", level) if level > 0 else ("+", -level)
        parts = [self.numerator, self.denominator * -level]
        return sum_of(parts).named(f"{self.numerator.name} {sign} {'' if size == 1 else f'{size} '}{name}", self.unit)

    def __mul__(self, factor: object) -> Ratio:
        if isinstance(as_exact(factor), Surd):
            raise MeasureError(
                f"{factor} · {self.name}: found an irrational factor, expected a rational one. Round it."
            )
        number = read_fraction(factor, f"the factor of {self.name}", MeasureError)
        name = minus_name(self.name) if number == -1 else f"{factor} {self.name}"
        return Ratio(
            self.model,
            name,
            self.unit,
            numerator=self.numerator * number,
            denominator=self.denominator,
            averaged=self.averaged,
            opposite=self if number == -1 and self.opposite is None else None,
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Ratio:
        if isinstance(divisor, Measure):
            self._refuse("quotient", "Write one quotient of sums.")
        return self * _inverse(self, divisor)

    def __neg__(self) -> Ratio:
        return self * -1

    def __le__(self, limit: object) -> Budget:
        if isinstance(as_exact(limit), Surd) or is_symbol(limit):
            self._refuse(f"the limit {limit}", "Give a rational number.")
        check_finite(self, limit)
        number = read_fraction(limit, f"the limit of {self.name}", MeasureError)
        return Budget(self.above(number), Fraction(0))


def _anew(model: CausalModel, parts: Sequence[Recipe[Measure]], averaged: str) -> Ratio:
    above, below = (part.made(model).linear("quotient") for part in parts)
    name = f"{above.name} / {below.name}"
    return Ratio(model, name, above.unit, numerator=above, denominator=below, averaged=averaged)


def quotient(measure: Measure, divisor: object) -> Measure:
    """Return a measure divided by a number, or a linear query by another one; see `Measure`."""
    if not isinstance(divisor, Measure):
        return divided(measure, divisor)
    above, below = (part.linear("quotient") for part in (measure, divisor))
    names = [part.name if " " not in _outside(part.name) else part.in_product[0] for part in (above, below)]
    return Ratio(same_model(above, below), " / ".join(names), above.unit, numerator=above, denominator=below)


def no_end(measure: Measure, why: str) -> str:
    """Return the message that a quotient has no least value, because of models whose denominator vanishes."""
    assert measure.quotient is not None  # said of quotients
    below, sign, size = measure.quotient[1].name, "negative", "small"
    if measure.negated is not None:
        sign, size = "positive", "large"
    return (
        f"{measure.end_name} does not exist: the denominator {below} {why} in a model that reproduces the data, with a "
        f"{sign} numerator, and near it the quotient is as {size} as one likes. Expected a denominator that is "
        f"positive in all of them. Assume that {below} >= 1/100, say, or ask for the other end alone."
    )


def _inverse(measure: Measure, divisor: object) -> Fraction:
    number = read_fraction(divisor, f"the divisor of {measure.name}", MeasureError)
    if not number:
        raise MeasureError(f"{measure.name} / {divisor}: found a division by 0, expected another number.")
    return 1 / number


def _outside(name: str) -> str:
    """Return a name without what stands in braces and brackets."""
    found, depth = [], 0
    for letter in name:
        depth += letter in "{[("
        if not depth:
            found.append(letter)
        depth -= letter in "}])"
    return "".join(found)
