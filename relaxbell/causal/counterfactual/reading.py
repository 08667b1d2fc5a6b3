"""A small grammar of statements about counterfactuals, with a parser of its own; nothing is ever evaluated.

    statement   = term {("+" | "-") term} ;            term = factor {["*" | "/"] factor} ;
    factor      = "-" factor | number | "(" statement ")" | probability | mean | name "(" arguments ")" ;
    probability = ("p" | "P" | "Pr") "{" event ["|" given] "}" ;     mean = "E" "[" value ["|" given] "]" ;
    given       = event | (do | negation) {("," | ";" | "and") (do | negation)} ;
    do          = "do" "(" forced {"," forced} ")" ;
    event       = all {"or" all} ;                     all = negation {("," | ";" | "and") negation} ;
    negation    = "not" negation | "(" event ")" | value relation value {relation value} ;
    value       = product {("+" | "-") product} ;      product = atom {"*" atom} ;
    atom        = whole number | "-" atom | "(" value ")" | variable ;
    variable    = name ["(" forced {"," forced} ")"] ; forced = name "=" value | variable ;

All three kinds of brackets do. A named query, ``LATE(Z -> X -> Y)``, stands for a text of this grammar.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from relaxbell.causal.counterfactual.expressions import (
    AnyOf,
    Arithmetic,
    Combination,
    Comparison,
    Constant,
    Event,
    Mean,
    Not,
    Number,
    Relation,
    Statement,
    Value,
    Variable,
    both,
)
from relaxbell.causal.counterfactual.nonlinear import POWER, remedy_for
from relaxbell.errors import MeasureError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[^\W\d]\w*'*)"
    r"|(?P<sign>->|→|<=|>=|==|!=|≤|≥|≠|&&|\|\||[-+*/=<>(){}\[\],;:|&!−·∧∨¬]))"
)
_SAME = {"≤": "<=", "≥": ">=", "≠": "!=", "==": "=", "−": "-", "·": "*", "→": "->", "∧": "and", "∨": "or", "¬": "not"}
_WORDS = {"&": "and", "&&": "and", "||": "or", "!": "not"}
_RELATIONS: dict[str, Relation] = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_JOINING = ("not", "or", "and")
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_PROBABILITY = ("p", "P", "Pr", "pr")
HEADS = (*_PROBABILITY, "E")
"""What probabilities and means begin with."""
_DEEPEST = 60
"""Brackets within brackets; more would exhaust Python's stack."""

_LONGEST = 60
"""Digits of a number, and its decimal exponent."""

Known = Callable[[str], bool]
"""Whether a name is that of a variable."""


@dataclass(frozen=True)
class Token:
    """A number, a name or a sign, and where it begins; the last one is empty."""

    kind: str
    text: str
    place: int


def tokens_of(text: str, what: str) -> list[Token]:
    """Return the tokens of a text, and an empty one at its end; raise MeasureError for other letters."""
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            if text[start] == "^":
                raise MeasureError(
                    f"the {what} {text!r} has '^' at character {start + 1}, expected sums, multiples and one quotient "
                    f"of probabilities. {POWER}"
                )
            remedy = "Write it as a number: 1 % is 0.01." if text[start] == "%" else "Leave it out."
            raise MeasureError(
                f"the {what} {text!r} has {text[start]!r} at character {start + 1}, expected names, numbers and the "
                f"signs + - * / = != < <= > >= ( ) {{ }} [ ] , ; |. {remedy}"
            )
        kind = str(match.lastgroup)
        word = match[kind]
        if kind == "number" and (len(word) > _LONGEST or abs(int(word.lower().partition("e")[2] or 0)) > _LONGEST):
            raise MeasureError(
                f"the {what} {text[:60]!r} has a number of more than {_LONGEST} digits at character "
                f"{match.start(kind) + 1}, expected a shorter one. Round it."
            )
        word = _WORDS.get(word, _SAME.get(word, word))
        found.append(Token(kind, word, match.start(kind)))
        place = match.end()
    return [*found, Token("end", "", len(text.rstrip()))]


class Reader:
    """Reads one text, from left to right.

    Parameters
    ----------
    text
        The text.
    what
        What it is called in messages: "query" or "assumption".
    known
        Whether a name is that of a variable: ``P(Z=1)`` is a probability unless there is a variable P.
    named
        What reads a named query.
    """

    def __init__(self, text: str, what: str, known: Known, named: Callable[[Reader], Statement]) -> None:
        self.text, self.what, self.known, self.named = text, what, known, named
        self.tokens = tokens_of(text, what)
        self.at = 0
        self.depth = 0

    # ------------------------------------------------------------------------- tokens

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self.tokens[self.at]

    def ahead(self, steps: int = 1) -> Token:
        """Return a later token."""
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)]

    def is_at(self, *signs: str) -> bool:
        """Return whether one of some signs or words comes next."""
        return self.token.kind != "number" and self.token.text in signs

    def taken(self, *signs: str) -> Token | None:
        """Take the next token if it is one of some signs or words."""
        if not self.is_at(*signs):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, sign: str, why: str = "") -> Token:
        """Take a sign; raise MeasureError for anything else."""
        found = self.taken(sign)
        if found is None:
            self.fail(f"{sign!r}{why}")
        return found

    def fail(self, expected: str, remedy: str = "", place: int | None = None) -> NoReturn:
        """Raise MeasureError that says where the text is not as expected."""
        token = self.token if place is None else next(t for t in self.tokens if t.place >= place)
        found = "nothing more" if token.kind == "end" else repr(token.text)
        raise MeasureError(
            f"the {self.what} {self.text!r} has {found} at character {token.place + 1}, expected {expected}. "
            f"{remedy or 'Write it as in p{Y(X=1) = 1} - p{Y(X=0) = 1}.'}"
        )

    def end(self) -> None:
        """Raise MeasureError unless all was read."""
        if self.token.kind != "end":
            self.fail("the end, an operator or a bracket")

    def deeper(self) -> None:
        """Count brackets; raise MeasureError where there are too many within each other."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"at most {_DEEPEST} brackets within each other")

    def opened(self) -> str:
        """Take an opening bracket and return the one that closes it."""
        found = self.taken(*_CLOSING)
        if found is None:
            self.fail("an opening bracket")
        self.deeper()
        return _CLOSING[found.text]

    def closed(self, bracket: str) -> None:
        """Take a closing bracket."""
        self.expect(bracket)
        self.depth -= 1

    # --------------------------------------------------------------------- statements

    def begins_statement(self) -> bool:
        """Return whether a probability, a mean or another statement comes next, and no event."""
        token, then = self.token, self.ahead()
        if token.kind != "name" or then.text not in _CLOSING:
            return False
        if token.text in HEADS:
            return then.text != "(" or not self.known(token.text)
        return not self.known(token.text) and then.text == "("

    def statement(self) -> Statement:
        """Read sums and differences."""
        found = self.product()
        while operator := self.taken("+", "-"):
            found = Combination("+" if operator.text == "+" else "-", found, self.product(), operator.place)
        return found

    def product(self) -> Statement:
        """Read products and quotients; a number may stand before a probability without a sign."""
        found = self.factor()
        while True:
            if operator := self.taken("*", "/"):
                right = self.factor()
                found = Combination("*" if operator.text == "*" else "/", found, right, operator.place)
            elif _is_number(found) and (self.begins_statement() or self.is_at("(")):  # 1/2 p{…} is half of it
                place = self.token.place
                found = Combination("*", found, self.factor(), place)
            else:
                return found

    def factor(self) -> Statement:
        """Read what stands between operators."""
        token = self.token
        if self.taken("-"):
            self.deeper()
            found: Statement = Combination("*", Constant(Fraction(-1), token.place), self.factor(), token.place)
            self.depth -= 1
            return found
        if token.kind == "number":
            self.at += 1
            return Constant(Fraction(token.text), token.place)
        if self.is_at("("):
            bracket = self.opened()
            found = self.statement()
            self.closed(bracket)
            return found
        if token.kind == "name" and self.ahead().text in _CLOSING:
            if token.text in HEADS:
                return self.mean()
            if self.ahead().text == "(":
                return self.named(self)
        if self.is_at("*") and self.at and self.tokens[self.at - 1].text == "*":
            self.fail("sums, multiples and one quotient of probabilities", POWER)
        if remedy := remedy_for(token.text):
            self.fail("what is linear in q, or a quotient of such", remedy)
        if self.is_at("|"):
            self.fail("what is linear in q, or a quotient of such", remedy_for("abs"))
        self.fail("a probability such as p{Y(X=1) = 1}, a mean E[Y(X=1)], a named query or a number")

    def mean(self) -> Mean:
        """Read a probability or a mean."""
        head = self.token
        self.at += 1
        bracket = self.opened()
        of: Event | Value = self.value() if head.text == "E" else self.event()
        given: list[Event] = []
        do: list[tuple[str, Value]] = []
        places: list[int] = []
        if self.taken("|"):
            while True:
                if self.is_at("do") and self.ahead().text == "(" and not self.known("do"):
                    self.at += 1
                    more, at = self.settings()
                    do += more
                    places += at
                else:
                    given.append(self.negation())
                if not self.taken(",", ";", "and"):
                    break
            if given and not do and self.is_at("or"):
                given = [self.alternatives(both(*given))]
        self.closed(bracket)
        return Mean(of, both(*given) if given else None, tuple(do), head.place, tuple(places))

    # ------------------------------------------------------------------------- events

    def event(self) -> Event:
        """Read an event."""
        return self.alternatives(self.conjunction())

    def alternatives(self, first: Event) -> Event:
        """Read what may happen instead of an event."""
        parts = [first]
        while self.taken("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def conjunction(self) -> Event:
        """Read events that all happen."""
        parts = [self.negation()]
        while self.taken(",", ";", "and"):
            parts.append(self.negation())
        return both(*parts)

    def negation(self) -> Event:
        """Read a comparison, an event in brackets, or that one does not happen."""
        if self.taken("not"):
            self.deeper()
            found: Event = Not(self.negation())
            self.depth -= 1
            return found
        if self.is_at("(") and not self._is_value_in_brackets():
            bracket = self.opened()
            found = self.event()
            self.closed(bracket)
            return found
        return self.comparison()

    def _is_value_in_brackets(self) -> bool:
        """Return whether the bracket that comes next closes before anything is compared, but for what is forced."""
        outer: list[bool] = []  # of each open bracket: whether it holds what is forced on a variable
        for before, token in itertools.pairwise(self.tokens[self.at - 1 :]):
            if token.text in _CLOSING:
                forces = bool(outer) and before.kind == "name" and before.text not in _JOINING
                outer.append(forces or any(outer))
            elif token.text in _CLOSING.values():
                outer.pop()
                if not outer:
                    return True
            elif not outer[-1] and (token.text in _RELATIONS or token.text in _JOINING):
                return False
        return False

    def comparison(self) -> Event:
        """Read a relation, or a chain of them."""
        parts: list[Event] = []
        left = self.value()
        while self.token.text in _RELATIONS:
            relation = _RELATIONS[self.token.text]
            self.at += 1
            right = self.value()
            parts.append(Comparison(relation, left, right))
            left = right
        if not parts:
            self.fail("a relation such as = 1", "Say which value: Y(X=1) = 1.")
        return both(*parts)

    # ------------------------------------------------------------------------- values

    def value(self) -> Value:
        """Read sums and differences of values."""
        found = self.value_product()
        while operator := self.taken("+", "-"):
            found = Arithmetic("+" if operator.text == "+" else "-", found, self.value_product())
        return found

    def value_product(self) -> Value:
        """Read products of values."""
        found = self.atom()
        while self.taken("*"):
            found = Arithmetic("*", found, self.atom())
        return found

    def atom(self) -> Value:
        """Read a whole number, a variable, or a value in brackets."""
        token = self.token
        if self.taken("-"):
            self.deeper()
            found = self.atom()
            self.depth -= 1
            return (
                Number(-found.value, token.place)
                if isinstance(found, Number)
                else Arithmetic("-", Number(0, token.place), found)
            )
        if token.kind == "number":
            if Fraction(token.text).denominator != 1:
                self.fail("a whole number: values of variables are 0, 1, …")
            self.at += 1
            return Number(int(Fraction(token.text)), token.place)
        if self.is_at("("):
            bracket = self.opened()
            found = self.value()
            self.closed(bracket)
            return found
        return self.variable()

    def variable(self) -> Variable:
        """Read a variable, with what is forced on others in brackets; ``Y_{X=1}`` is Y(X=1)."""
        token = self.token
        if token.kind != "name" or token.text in _JOINING:
            self.fail("a variable or a whole number")
        self.at += 1
        name = token.text
        if self.is_at("{") and name.endswith("_") and self.known(name[:-1]):
            name = name[:-1]
        elif not self.is_at("("):
            return Variable(name, (), token.place)
        forced, places = self.settings()
        return Variable(name, tuple(forced), token.place, tuple(places))

    def settings(self) -> tuple[list[tuple[str, Value]], list[int]]:
        """Read what is forced on variables, in brackets."""
        bracket = self.opened()
        forced: list[tuple[str, Value]] = []
        places = []
        while True:
            token = self.token
            if token.kind != "name":
                self.fail("a variable, as in Y(X=1) or Y(M(X=0))")
            places.append(token.place)
            if self.ahead().text == "=":
                self.at += 2
                forced.append((token.text, self.value()))
            elif self.ahead().text in ("(", "{"):
                inner = self.variable()
                forced.append((inner.name, inner))
            else:
                self.at += 1
                self.fail(f"a value for {token.text}", f"Write {token.text}=1, or {token.text}(X=0) for what it were.")
            if not self.taken(",", ";"):
                break
        self.closed(bracket)
        return forced, places


def _is_number(part: Statement) -> bool:
    """Return whether a statement is made of numbers alone."""
    return isinstance(part, Constant) or (
        isinstance(part, Combination) and _is_number(part.left) and _is_number(part.right)
    )
