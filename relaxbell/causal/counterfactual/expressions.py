"""What a statement about counterfactuals is made of: values, events, probabilities, and arithmetic of these.

Every part knows the place in the text where it begins, for messages, and how it is written in LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from relaxbell.behavior.names import name_latex

Relation: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
_RELATION_LATEX = {"=": "=", "!=": r"\neq", "<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq"}
OPPOSITE: dict[str, Relation] = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


# ------------------------------------------------------------------------------------- values


@dataclass(frozen=True)
class Number:
    """A whole number, as a value of a variable."""

    value: int
    place: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return str(self.value)

    def latex(self) -> str:
        """Return it in LaTeX."""
        return str(self.value)


@dataclass(frozen=True)
class Variable:
    """A variable, where `forced` ones have the values given: ``Y(X=1, M(X=0))``."""

    name: str
    forced: tuple[tuple[str, Value], ...] = ()
    place: int = field(default=0, compare=False)
    places: tuple[int, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(_forced(n, v) for n, v in self.forced)})" if self.forced else self.name

    def latex(self) -> str:
        """Return it in LaTeX, the forced variables as its index."""
        if not self.forced:
            return name_latex(self.name)
        inner = ", ".join(f"{name_latex(n)}={v.latex()}" for n, v in self.forced)
        return f"{{{name_latex(self.name)}}}_{{{inner}}}"


@dataclass(frozen=True)
class Arithmetic:
    """A sum, difference or product of values."""

    operator: Literal["+", "-", "*"]
    left: Value
    right: Value

    def __str__(self) -> str:
        left, right = (_in_brackets(own, self.operator, str(own)) for own in (self.left, self.right))
        return f"{left} {self.operator} {right}"

    def latex(self) -> str:
        """Return it in LaTeX."""
        sign = {"*": r"\cdot"}.get(self.operator, self.operator)
        left, right = (_in_brackets(own, self.operator, own.latex()) for own in (self.left, self.right))
        return f"{left} {sign} {right}"

    @property
    def place(self) -> int:
        """Where it begins."""
        return self.left.place


@dataclass(frozen=True)
class Indicator:
    """1 where an event happens, else 0."""

    event: Event

    def __str__(self) -> str:
        return f"[{self.event}]"

    def latex(self) -> str:
        """Return it in LaTeX."""
        return rf"\mathbb{{1}}[{self.event.latex()}]"

    @property
    def place(self) -> int:
        """Where it begins: nobody writes it."""
        return 0


Value: TypeAlias = Number | Variable | Arithmetic | Indicator


def _forced(name: str, value: Value) -> str:
    if isinstance(value, Variable) and value.name == name:
        return str(value)
    return f"{name}={value}"


def _in_brackets(value: Value, operator: str, text: str) -> str:
    return f"({text})" if isinstance(value, Arithmetic) and operator != "+" else text


# ------------------------------------------------------------------------------------- events


@dataclass(frozen=True)
class Comparison:
    """A relation between two values: ``X(Z=1) >= X(Z=0)``."""

    relation: Relation
    left: Value
    right: Value

    def __str__(self) -> str:
        sign = "=" if self.relation == "=" else f" {self.relation} "
        return f"{self.left}{sign}{self.right}"

    def latex(self) -> str:
        """Return it in LaTeX."""
        return f"{self.left.latex()} {_RELATION_LATEX[self.relation]} {self.right.latex()}"


@dataclass(frozen=True)
class All:
    """All of some events; none: what always holds."""

    events: tuple[Event, ...]

    def __str__(self) -> str:
        return ", ".join(f"({e})" if isinstance(e, AnyOf) else str(e) for e in self.events)

    def latex(self) -> str:
        """Return it in LaTeX."""
        return ", ".join(f"({e.latex()})" if isinstance(e, AnyOf) else e.latex() for e in self.events)


@dataclass(frozen=True)
class AnyOf:
    """At least one of some events."""

    events: tuple[Event, ...]

    def __str__(self) -> str:
        return " or ".join(f"({e})" if isinstance(e, All) else str(e) for e in self.events)

    def latex(self) -> str:
        """Return it in LaTeX."""
        return r" \lor ".join(f"({e.latex()})" if isinstance(e, All) else e.latex() for e in self.events)


@dataclass(frozen=True)
class Not:
    """That an event does not happen."""

    event: Event

    def __str__(self) -> str:
        return f"not ({self.event})"

    def latex(self) -> str:
        """Return it in LaTeX."""
        return rf"\lnot({self.event.latex()})"


Event: TypeAlias = Comparison | All | AnyOf | Not


def opposite(event: Event) -> Event:
    """Return the event that happens where this one does not, as short as can be."""
    if isinstance(event, Comparison):
        return Comparison(OPPOSITE[event.relation], event.left, event.right)
    if isinstance(event, Not):
        return event.event
    parts = tuple(opposite(part) for part in event.events)
    if len(parts) == 1:
        return parts[0]
    return AnyOf(parts) if isinstance(event, All) else All(parts)


def both(*events: Event) -> Event:
    """Return that all of some events happen, flat."""
    flat = tuple(part for event in events for part in (event.events if isinstance(event, All) else (event,)))
    return flat[0] if len(flat) == 1 else All(flat)


# ------------------------------------------------------------------------------------- statements


@dataclass(frozen=True)
class Mean:
    """The mean of a value, or the probability of an event, given another and do(·)."""

    of: Event | Value
    given: Event | None
    do: tuple[tuple[str, Value], ...]
    place: int = field(default=0, compare=False)
    places: tuple[int, ...] = field(default=(), compare=False)

    @property
    def is_probability(self) -> bool:
        """Whether it is that of an event."""
        return isinstance(self.of, Comparison | All | AnyOf | Not)

    def __str__(self) -> str:
        inner = f"{self.of}{f' | {self.condition}' if self.condition else ''}"
        return f"p{{{inner}}}" if self.is_probability else f"E[{inner}]"

    @property
    def condition(self) -> str:
        """What is given, as text."""
        forced = [f"do({', '.join(_forced(n, v) for n, v in self.do)})"] if self.do else []
        return ", ".join([*forced, *([str(self.given)] if self.given is not None else [])])

    def latex(self) -> str:
        """Return it in LaTeX."""
        settings = ", ".join(f"{name_latex(n)}={v.latex()}" for n, v in self.do)
        forced = [rf"\mathrm{{do}}({settings})"] if self.do else []
        given = ", ".join([*forced, *([self.given.latex()] if self.given is not None else [])])
        condition = rf" \mid {given}" if given else ""
        if self.is_probability:
            return rf"p\left({self.of.latex()}{condition}\right)"
        return rf"\mathbb{{E}}\left[{self.of.latex()}{condition}\right]"


@dataclass(frozen=True)
class Constant:
    """A rational number."""

    value: Fraction
    place: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Combination:
    """A sum, difference, product or quotient of statements; `place` is that of its operator."""

    operator: Literal["+", "-", "*", "/"]
    left: Statement
    right: Statement
    place: int = field(default=0, compare=False)


Statement: TypeAlias = Mean | Constant | Combination


def named_in(part: Event | Value) -> Iterator[Variable]:
    """Yield the variables that are written in an event or a value, those that are forced on others after these."""
    if isinstance(part, Variable):
        yield part
        for _, value in part.forced:
            yield from named_in(value)
    elif isinstance(part, Arithmetic | Comparison):
        yield from named_in(part.left)
        yield from named_in(part.right)
    elif isinstance(part, Not | Indicator):
        yield from named_in(part.event)
    elif isinstance(part, All | AnyOf):
        for event in part.events:
            yield from named_in(event)
