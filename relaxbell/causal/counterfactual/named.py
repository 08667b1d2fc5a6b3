"""Queries that have names, as the statements about counterfactuals that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relaxbell.causal.counterfactual.expressions import (
    Combination,
    Comparison,
    Event,
    Mean,
    Number,
    Statement,
    Value,
    Variable,
    both,
)
from relaxbell.causal.counterfactual.nonlinear import remedy_for
from relaxbell.causal.counterfactual.reading import Reader
from relaxbell.errors import MeasureError


@dataclass(frozen=True)
class Argument:
    """A variable of a named query: its value, that of the comparison, and where it stands."""

    name: str
    value: Value
    other: Value
    place: int


@dataclass(frozen=True)
class Call:
    """The variables of a named query, and the values that are forced on others."""

    arguments: tuple[Argument, ...]
    fixed: tuple[tuple[str, Value], ...]
    places: tuple[int, ...]

    def would_be(self, argument: Argument, *forced: tuple[Argument, Value]) -> Variable:
        """Return a variable where others have these values."""
        settings = (*((own.name, value) for own, value in forced), *self.fixed)
        places = (*(own.place for own, _ in forced), *self.places)
        return Variable(argument.name, settings, argument.place, places)


def _is(value: Value, other: Value) -> Event:
    return Comparison("=", value, other)


def _p(event: Event, given: Event | None = None, place: int = 0) -> Mean:
    return Mean(event, given, (), place)


def _minus(left: Statement, right: Statement) -> Statement:
    return Combination("-", left, right)


def _effect(call: Call, given: Callable[[Argument], Event] | None = None) -> Statement:
    x, y = call.arguments
    condition = None if given is None else given(x)
    treated, control = (_p(_is(call.would_be(y, (x, v)), y.value), condition) for v in (x.value, x.other))
    return _minus(treated, control)


def _necessary_and_sufficient(call: Call) -> Statement:
    x, y = call.arguments
    helped = _is(call.would_be(y, (x, x.value)), y.value)
    return _p(both(helped, Comparison("!=", call.would_be(y, (x, x.other)), y.value)))


def _necessary(call: Call) -> Statement:
    x, y = call.arguments
    without = Comparison("!=", call.would_be(y, (x, x.other)), y.value)
    return _p(without, both(_is(_seen(x), x.value), _is(_seen(y), y.value)))


def _sufficient(call: Call) -> Statement:
    x, y = call.arguments
    helped = _is(call.would_be(y, (x, x.value)), y.value)
    return _p(helped, both(_is(_seen(x), x.other), Comparison("!=", _seen(y), y.value)))


def _seen(argument: Argument) -> Variable:
    return Variable(argument.name, (), argument.place)


def _mediated(call: Call, one: str, other: str) -> Statement:
    """Return the effect of X, and of what M were: which of both is compared is told by two letters, for X and for M."""
    x, m, y = call.arguments

    def chance(letters: str) -> Mean:
        direct, through = (x.value if letter == "1" else x.other for letter in letters)
        return _p(_is(call.would_be(y, (x, direct), (m, call.would_be(m, (x, through)))), y.value))

    return _minus(chance(one), chance(other))


def _switched(call: Call, first: str, second: str) -> Event:
    """Return what a treatment were under both values of an instrument, "1" or "0" each."""
    z, x = call.arguments[:2]

    def were(value: Value, letter: str) -> Event:
        return _is(call.would_be(x, (z, value)), x.value if letter == "1" else x.other)

    return both(were(z.value, first), were(z.other, second))


def _local(call: Call) -> Statement:
    _, x, y = call.arguments
    complier = _switched(call, "1", "0")
    treated, control = (_p(_is(call.would_be(y, (x, v)), y.value), complier) for v in (x.value, x.other))
    return _minus(treated, control)


def _seen_as(which: str) -> Callable[[Argument], Event]:
    return lambda x: _is(_seen(x), x.value if which == "1" else x.other)


_XY = "X -> Y"
_KINDS: dict[str, tuple[str, Callable[[Call], Statement]]] = {
    "ACE": (_XY, _effect),
    "PNS": (_XY, _necessary_and_sufficient),
    "PN": (_XY, _necessary),
    "PS": (_XY, _sufficient),
    "CDE": ("X -> Y | M=0", _effect),
    "NDE": ("X -> M -> Y", lambda call: _mediated(call, "10", "00")),
    "NIE": ("X -> M -> Y", lambda call: _mediated(call, "01", "00")),
    "TNDE": ("X -> M -> Y", lambda call: _mediated(call, "11", "01")),
    "TNIE": ("X -> M -> Y", lambda call: _mediated(call, "11", "10")),
    "LATE": ("Z -> X -> Y", _local),
    "ETT": (_XY, lambda call: _effect(call, _seen_as("1"))),
    "ETU": (_XY, lambda call: _effect(call, _seen_as("0"))),
    "compliers": ("Z -> X", lambda call: _p(_switched(call, "1", "0"))),
    "defiers": ("Z -> X", lambda call: _p(_switched(call, "0", "1"))),
}
_KINDS |= {"ATE": _KINDS["ACE"], "TE": _KINDS["ACE"], "ATT": _KINDS["ETT"], "ATU": _KINDS["ETU"], "ATC": _KINDS["ETU"]}
_KINDS |= {"CACE": _KINDS["LATE"]}
NAMED_QUERIES = tuple(_KINDS)
"""Names that `query` knows."""


def named_statement(reader: Reader) -> Statement:
    """Read a named query, and return what it stands for."""
    head = reader.token
    if head.text not in _KINDS:
        if other := remedy_for(head.text):
            reader.fail("what is linear in q, or a quotient of such", other)
        remedy = "Conditional probabilities are p{… | …}; counterfactuals stand within p{…} or E[…]."
        reader.fail(f"a named query: {', '.join(_KINDS)}", remedy)
    usage, make = _KINDS[head.text]
    reader.at += 1
    arguments, fixed, places = read_arguments(reader)
    wanted = usage.partition("|")[0].count("->") + 1
    if len(arguments) != wanted or ("|" in usage and not fixed):
        reader.fail(f"{head.text}({usage})", f"Write {head.text}({usage}) with your own names.", head.place)
    return make(Call(arguments, fixed, places))


def read_arguments(
    reader: Reader,
) -> tuple[tuple[Argument, ...], tuple[tuple[str, Value], ...], tuple[int, ...]]:
    """Read ``(X=2 vs 0 -> Y=1 | M=0)``: variables with values, and what is forced on others."""
    bracket = reader.opened()
    arguments: list[Argument] = []
    fixed: list[tuple[str, Value]] = []
    places: list[int] = []
    while True:
        token = reader.token
        if token.kind != "name":
            reader.fail("a variable")
        reader.at += 1
        value: Value = Number(1, token.place)
        other: Value = Number(0, token.place)
        if reader.taken("="):
            value = reader.atom()
            if reader.taken("vs"):
                other = reader.atom()
        arguments.append(Argument(token.text, value, other, token.place))
        if not reader.taken("->", ","):
            break
    while reader.taken("|", ";") or (fixed and reader.taken(",")):
        token = reader.token
        if token.kind != "name":
            reader.fail("a variable")
        reader.at += 1
        reader.expect("=")
        fixed.append((token.text, reader.atom()))
        places.append(token.place)
    reader.closed(bracket)
    return tuple(arguments), tuple(fixed), tuple(places)


def read_statement(text: object, known: Callable[[str], bool]) -> Statement:
    """Return what the text of a query says."""
    if not isinstance(text, str) or not text.strip():
        raise MeasureError(
            f"the query is {text!r}, expected a text such as 'p{{Y(X=1) = 1}} - p{{Y(X=0) = 1}}' or 'ACE(X -> Y)'."
        )
    reader = Reader(text, "query", known, named_statement)
    found = reader.statement()
    reader.end()
    return found
