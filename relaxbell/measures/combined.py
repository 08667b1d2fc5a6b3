"""Measures of measures: sums, multiples, and `maximum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats, Surd, as_exact, read_fraction
from relaxbell.exact.texts import one_line
from relaxbell.measures.definition import Recipe
from relaxbell.measures.measure import LinearMeasure, Measure, same_model
from relaxbell.measures.terms import Largest, Total


@dataclass(frozen=True, eq=False, repr=False)
class Combined(LinearMeasure):
    """A measure of measures; its name is the formula.

    Attributes
    ----------
    parts
        The measures.
    model, term, name, unit, definition
        As in `LinearMeasure`.
    """

    parts: tuple[LinearMeasure, ...] = field(kw_only=True)

    @property
    def formula(self) -> str:
        return self.name

    @property
    def for_all_values(self) -> bool:
        return all(part.for_all_values for part in self.parts)

    @property
    def equation(self) -> str:
        return ""

    def _plain(self, kind: str) -> dict[str, object] | None:
        parts = [part.plain for part in self.parts]
        return None if None in parts else {"kind": kind, "of": parts}

    def _recipe(self, make: Callable[..., LinearMeasure], **arguments: object) -> Recipe[Measure] | None:
        parts = [part.recipe() for part in self.parts]
        return None if None in parts else Recipe(make, {"parts": parts, **arguments}, self.name, self.unit)


class Sum(Combined):
    """The sum of measures, flat; see `Combined`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> [part.name for part in sum([c, 2 * c, c]).parts]
    ['C(X -> B)', '2 C(X -> B)', 'C(X -> B)']
    """

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        return sum(part._at_few(strategies, weights) for part in self.parts)

    @property
    def summands(self) -> tuple[LinearMeasure, ...]:
        return self.parts

    @property
    def in_product(self) -> tuple[str, str]:
        return f"({self.name})", f"({self.symbol})"

    @property
    def symbol(self) -> str:
        return " + ".join(part.symbol for part in self.parts)

    @property
    def plain(self) -> dict[str, object] | None:
        return self._plain("sum")

    def recipe(self) -> Recipe[Measure] | None:
        return self._recipe(_sum_anew)


def added(one: Measure, other: Measure) -> Sum:
    """Return the sum of two measures; see `Measure`."""
    both = [part.linear("sum with other measures") for part in (one, other)]
    return sum_of([own for part in both for own in part.summands])


def sum_of(parts: Sequence[LinearMeasure]) -> Sum:
    """Return the sum of measures of one model instance."""
    model = same_model(*parts)
    term = Total(tuple(part.term for part in parts))
    return Sum(model, " + ".join(part.name for part in parts), parts[0].unit, term=term, parts=tuple(parts))


def _sum_anew(model: CausalModel, parts: Sequence[Recipe[Measure]]) -> Sum:
    return sum_of([part.made(model).linear("sum") for part in parts])


@dataclass(frozen=True, eq=False, repr=False)
class Multiple(Combined):
    """A measure times a rational number: negative only for linear functions of q.

    Attributes
    ----------
    factor
        The number.
    parts, model, term, name, unit, definition
        As in `Combined`: the measure is the only part.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> (0.5 * c).factor
    Fraction(1, 2)
    """

    factor: Fraction = field(kw_only=True)

    @property
    def negated(self) -> LinearMeasure | None:
        (part,) = self.parts
        return part if self.factor == -1 and part.negated is None else None

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        return float(self.factor) * self.parts[0]._at_few(strategies, weights)

    @property
    def in_product(self) -> tuple[str, str]:
        return f"({self.name})", f"({self.symbol})"

    @property
    def symbol(self) -> str:
        part = self.parts[0].in_product[1]
        if self.factor == -1:
            return f"-{part}"
        top, bottom = self.factor.as_integer_ratio()
        return rf"{top}\,{part}" if bottom == 1 else rf"\tfrac{{{top}}}{{{bottom}}}\,{part}"

    @property
    def plain(self) -> dict[str, object] | None:
        part = self.parts[0].plain
        return None if part is None else {"kind": "multiple", "factor": str(self.factor), "of": part}

    def recipe(self) -> Recipe[Measure] | None:
        return self._recipe(_multiple_anew, factor=self.factor)


def multiplied(measure: Measure, factor: object) -> Multiple:
    """Return a measure times a number, a float meaning the decimal that prints it; see `Measure`."""
    part = measure.linear("multiple")
    if isinstance(factor, Measure):
        raise MeasureError(
            f"{part.in_product[0]} · {factor.name} is a product of two measures, not linear in q, expected a number as "
            "factor. Bounds of each bound the product; a quotient of two queries is exact: query / other."
        )
    if isinstance(as_exact(factor), Surd):
        raise MeasureError(
            f"{factor} · {part.in_product[0]}: found an irrational factor, expected a rational one. Multiply the least "
            "value instead, or give the multiplied rows to measure(model, rows)."
        )
    fraction = read_fraction(factor, f"the factor of {part.name}", MeasureError)
    if fraction < 0 and not part.term.is_linear:
        raise MeasureError(
            f"{factor} · {part.in_product[0]} is concave: found a negative factor of a norm, expected one ≥ 0. "
            "Only linear measures, such as average_causal_effect, can be negated."
        )
    own = part.in_product[0]
    name = f"{factor} {own}"
    return Multiple(part.model, name, part.unit, term=part.term.scaled(fraction), parts=(part,), factor=fraction)


def divided(measure: Measure, divisor: object) -> Multiple:
    """Return a measure divided by a rational number other than 0; see `Measure`."""
    part = measure.linear("multiple")
    if isinstance(as_exact(divisor), Surd):
        raise MeasureError(
            f"{part.in_product[0]} / ({divisor}): found an irrational divisor, expected a rational one. Divide the "
            "least value instead."
        )
    fraction = read_fraction(divisor, f"the divisor of {part.name}", MeasureError)
    if fraction == 0:
        raise MeasureError(f"{part.in_product[0]} / {divisor}: found a division by 0, expected another number.")
    return multiplied(part, 1 / fraction)


def _multiple_anew(model: CausalModel, parts: Sequence[Recipe[Measure]], factor: Fraction) -> Multiple:
    (part,) = parts
    return multiplied(part.made(model), factor)


class LargestOf(Combined):
    """The largest of several measures; see `Combined`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> rb.maximum(c, 2 * c).name
    'max(C(X -> B), 2 C(X -> B))'
    """

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        return max(part._at_few(strategies, weights) for part in self.parts)

    @property
    def symbol(self) -> str:
        return rf"\max({', '.join(part.symbol for part in self.parts)})"

    @property
    def plain(self) -> dict[str, object] | None:
        return self._plain("maximum")

    def recipe(self) -> Recipe[Measure] | None:
        return self._recipe(_maximum_anew)


def maximum(*measures: Measure) -> LargestOf:
    """Return the measure max(m1, m2, …) of measures of one model instance.

    Parameters
    ----------
    *measures
        One or more, of one model instance.

    Returns
    -------
    Measure
        In the unit of the first.

    Raises
    ------
    MeasureError
        If there is none, the instances differ, or one is an entropy or mutual information.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.bell().relax("X -> B", "Y -> A")
    >>> rb.maximum(rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")).name
    'max(C(X -> B), C(Y -> A))'
    """
    if not measures:
        raise MeasureError("maximum of no measures. Give at least one.")
    parts = []
    for part in measures:
        if not isinstance(part, Measure):
            raise MeasureError(
                f"the maximum is of measures: found {one_line(part)}, expected one such as influence(…). Leave it "
                "out; norms are never negative."
            )
        parts.append(part.linear("maximum with other measures"))
    name = f"max({', '.join(part.name for part in parts)})"
    term = Largest(tuple(part.term for part in parts))
    return LargestOf(same_model(*parts), name, parts[0].unit, term=term, parts=tuple(parts))


def _maximum_anew(model: CausalModel, parts: Sequence[Recipe[Measure]]) -> LargestOf:
    return maximum(*(part.made(model) for part in parts))
