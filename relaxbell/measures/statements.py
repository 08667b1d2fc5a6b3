"""Statements about counterfactuals as a linear function of q, or as a quotient of two."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from relaxbell.causal.counterfactual.checks import check_mean
from relaxbell.causal.counterfactual.expressions import (
    All,
    AnyOf,
    Arithmetic,
    Combination,
    Comparison,
    Constant,
    Event,
    Indicator,
    Mean,
    Not,
    Number,
    Statement,
    Value,
    Variable,
    both,
)
from relaxbell.causal.counterfactual.tables import Asked
from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.local_rows import LocalRows, Piece
from relaxbell.functionals.notation import sum_text
from relaxbell.measures.terms import Linear


@dataclass(frozen=True, eq=False)
class Atom:
    """The mean of an event or a value, linear in q: with the text by which equal ones are known."""

    key: str
    asked: Asked
    mean: Mean

    @property
    def text(self) -> str:
        """The mean as text, with the settings that are given."""
        return str(self._shown)

    @property
    def mean_latex(self) -> str:
        """The same in LaTeX."""
        return self._shown.latex()

    @property
    def _shown(self) -> Mean:
        given = [Comparison("=", Variable(name), Number(value)) for name, value in self.asked.given]
        return replace(self.mean, given=both(*given) if given else None)


def number_latex(number: Fraction) -> str:
    """Return a number that is not negative in LaTeX."""
    top, bottom = number.as_integer_ratio()
    return str(top) if bottom == 1 else rf"\tfrac{{{top}}}{{{bottom}}}"


@dataclass(frozen=True, eq=False)
class Sum:
    """A constant and multiples of atoms: a linear function of q."""

    constant: Fraction = Fraction(0)
    terms: tuple[tuple[Fraction, Atom], ...] = ()

    def plus(self, other: Sum, factor: Fraction) -> Sum:
        """Return the sum with a multiple of another, equal atoms together."""
        found = {atom.key: (number, atom) for number, atom in self.terms}
        for number, atom in other.terms:
            known = found[atom.key][0] if atom.key in found else Fraction(0)
            found[atom.key] = known + factor * number, atom
        terms = tuple((number, atom) for number, atom in found.values() if number)
        return Sum(self.constant + factor * other.constant, terms)

    def times(self, factor: Fraction) -> Sum:
        """Return a multiple."""
        return Sum().plus(self, factor)

    @property
    def key(self) -> tuple[Fraction, frozenset[tuple[Fraction, str]]]:
        """What is the same for equal ones."""
        return self.constant, frozenset((number, atom.key) for number, atom in self.terms)

    def __str__(self) -> str:
        parts = [(number, atom.text) for number, atom in self.terms]
        return sum_text(parts, self.constant) if parts else str(self.constant)

    def latex(self) -> str:
        """Return it in LaTeX."""
        found = ""
        for number, atom in self.terms:
            size = "" if abs(number) == 1 else f"{number_latex(abs(number))}\\,"
            found += f"{' - ' if number < 0 else ' + '}{size}{atom.mean_latex}"
        if self.constant or not self.terms:
            found += f"{' - ' if self.constant < 0 else ' + '}{number_latex(abs(self.constant))}"
        return f"-{found[3:]}" if found.startswith(" - ") else found.removeprefix(" + ")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The free inputs over which it is averaged."""
        return tuple(dict.fromkeys(name for _, atom in self.terms for name in atom.asked.settings))

    def rows(self, model: CausalModel, label: str) -> LocalRows:
        """Return it as one row over q."""
        units = [self.constant.denominator, *(n.denominator * a.asked.unit for n, a in self.terms)]
        unit = math.lcm(*units)

        def pieces() -> Iterator[Piece]:
            if self.constant:
                yield (), 0, int(self.constant * unit)
            for number, atom in self.terms:
                own = unit // number.denominator
                yield from atom.asked.pieces(number.numerator, own)

        return model.local.rows(pieces(), (label,), Fraction(1, unit))

    def term(self, model: CausalModel, label: str) -> Linear:
        """Return the term, stated by what the verifier can build where it can."""
        parts = [(number, stated(atom)) for number, atom in self.terms]
        rows = self.rows(model, label)
        if self.constant or not parts or any(part is None for _, part in parts):
            return Linear(rows)
        return Linear(rows, {"kind": "sum", "of": [[number, part] for number, part in parts]})


def stated(atom: Atom) -> dict[str, object] | None:
    """Return p(target = value | do(…)) as the verifier states it; None for anything else."""
    of, asked = atom.mean.of, atom.asked
    if asked.given or asked.do or not isinstance(of, Comparison) or of.relation != "=" or of != asked.part:
        return None
    if not isinstance(of.left, Variable) or not isinstance(of.right, Number):
        return None
    forced = [[name, value.value] for name, value in of.left.forced if isinstance(value, Number)]
    if len(forced) != len(of.left.forced) or of.left.name in asked.model.free_inputs:
        return None
    return {"kind": "probability", "target": of.left.name, "values": [of.right.value], "do": forced}


@dataclass(frozen=True, eq=False)
class Quotient:
    """A linear function of q over another; over nothing where it is linear."""

    numerator: Sum
    denominator: Sum | None = None


def quotient_of(model: CausalModel, statement: Statement, text: str) -> Quotient:
    """Return what a statement says, linear in q or a quotient of two; raise MeasureError for anything else."""
    if isinstance(statement, Constant):
        return Quotient(Sum(statement.value))
    if isinstance(statement, Mean):
        check_mean(model, statement, text)
        return _mean(model, statement, text)
    spine = [statement]  # a long sum is a chain to the left: no recursion along it
    while isinstance(spine[-1].left, Combination):
        spine.append(spine[-1].left)
    found = quotient_of(model, spine[-1].left, text)
    for part in reversed(spine):
        right = quotient_of(model, part.right, text)
        if part.operator in "+-":
            found = _added(found, right, Fraction(1 if part.operator == "+" else -1), part, text)
        else:
            found = (_multiplied if part.operator == "*" else _divided)(found, right, part, text)
    return found


def _mean(model: CausalModel, mean: Mean, text: str) -> Quotient:
    given, rest = _settings(model, mean)
    if given and not model.input_distribution.probability(given):
        open_inputs = Asked(model, mean.of, mean.do, tuple(given.items())).settings
        if open_inputs or rest:
            _never(mean, text, f"{_listed(given)} has probability 0 in the input_distribution of {model.name}")
    numerator = mean.of if not rest else _within(mean.of, both(*rest))
    top = atom_of(model, mean, numerator, given)
    if not rest:
        return Quotient(top)
    below = atom_of(model, replace(mean, of=both(*rest), given=None), both(*rest), given)
    if not below.terms:
        if not below.constant:
            _never(mean, text, f"{mean.condition} never happens")
        return Quotient(top.times(1 / below.constant))
    (_, atom), *more = below.terms
    if not more and not any(table.any() for _, _, table in atom.asked.tables()):
        _never(mean, text, f"{mean.condition} never happens in {model.name}")
    return Quotient(top, below)


def _never(mean: Mean, text: str, problem: str) -> NoReturn:
    raise MeasureError(
        f"{text!r}, at character {mean.place + 1}: {problem}, so {mean} is not defined: expected a condition of "
        "positive probability. Give another condition."
    )


def _listed(given: dict[str, int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _within(of: Event | Value, condition: Event) -> Event | Value:
    """Return that both happen; or a value where a condition holds, and 0 elsewhere."""
    if isinstance(of, Comparison | All | AnyOf | Not):
        return both(of, condition)
    return Arithmetic("*", of, Indicator(condition))


def _settings(model: CausalModel, mean: Mean) -> tuple[dict[str, int], list[Event]]:
    """Return the values of free inputs that are given, and the other conditions."""
    events = [] if mean.given is None else [*(mean.given.events if isinstance(mean.given, All) else (mean.given,))]
    forced = {name for name, _ in mean.do}
    given: dict[str, int] = {}
    rest: list[Event] = []
    for event in events:
        if isinstance(event, Comparison) and event.relation == "=":
            name, value = event.left, event.right
            if isinstance(name, Variable) and isinstance(value, Number) and not name.forced:
                free = name.name in model.free_inputs and name.name not in forced
                if free and given.get(name.name, value.value) == value.value:
                    given[name.name] = value.value
                    continue
        rest.append(event)
    return given, rest


def atom_of(model: CausalModel, mean: Mean, of: Event | Value, given: dict[str, int]) -> Sum:
    """Return the mean of an event or a value, given values of free inputs; a number, where only settings decide."""
    asked = Asked(model, of, mean.do, tuple(sorted(given.items())))
    if asked.constant:
        return Sum(sum((weight * int(table) for weight, _, table in asked.tables()), Fraction(0)))
    own = Mean(of, None, mean.do, mean.place, mean.places)
    return Sum(Fraction(0), ((Fraction(1), Atom(f"{own} at {_listed(dict(asked.given))}", asked, own)),))


# --------------------------------------------------------------------------------- arithmetic


def _added(left: Quotient, right: Quotient, factor: Fraction, at: Combination, text: str) -> Quotient:
    if left.denominator is None and right.denominator is None:
        return Quotient(left.numerator.plus(right.numerator, factor))
    below = left.denominator or right.denominator
    tops = []
    for own in (left, right):
        if own.denominator is None and not own.numerator.terms:
            assert below is not None
            tops.append(below.times(own.numerator.constant))
        elif own.denominator is not None and below is not None and own.denominator.key == below.key:
            tops.append(own.numerator)
        else:
            _not_linear(
                text,
                at,
                "a sum of quotients with different conditions",
                "Ask for the bounds of each: their sums bound the sum. Where the data fix the probabilities of the "
                "conditions, write these as numbers: 2 p{A, B} for p{A | B} with p{B} = 1/2.",
            )
    return Quotient(tops[0].plus(tops[1], factor), below)


def _multiplied(left: Quotient, right: Quotient, at: Combination, text: str) -> Quotient:
    for one, other in ((left, right), (right, left)):
        if one.denominator is None and not one.numerator.terms:
            return Quotient(other.numerator.times(one.numerator.constant), other.denominator)
        if other.denominator is not None and one.denominator is None and one.numerator.key == other.denominator.key:
            return Quotient(other.numerator)
    _not_linear(
        text,
        at,
        "a product of two probabilities",
        "Ask for the bounds of each; their products bound the product. Independent sources have nonbilocality(model).",
    )


def _divided(left: Quotient, right: Quotient, at: Combination, text: str) -> Quotient:
    own, other = left.denominator, right.denominator
    if other is None and not right.numerator.terms:
        if not right.numerator.constant:
            raise MeasureError(
                f"{text!r}, at character {at.place + 1}: found a division by 0, expected another number. Leave it out."
            )
        return Quotient(left.numerator.times(1 / right.numerator.constant), own)
    if own is None and other is None:
        return Quotient(left.numerator, right.numerator)
    if own is not None and other is not None and own.key == other.key:
        return Quotient(left.numerator, right.numerator)
    _not_linear(
        text,
        at,
        "a quotient of a quotient",
        "Write one quotient of sums: (p{…} - p{…}) / p{…}; or ask for the bounds of each.",
    )


def _not_linear(text: str, at: Combination, found: str, remedy: str) -> NoReturn:
    raise MeasureError(
        f"{text!r}, at character {at.place + 1}: found {found}, neither linear in q nor a quotient of such: "
        f"expected sums and multiples of probabilities, or one such sum over another. {remedy}"
    )
