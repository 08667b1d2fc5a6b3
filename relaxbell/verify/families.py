"""Certificates of curves along polynomial families: one proof and weights that are polynomials, for each stretch.

A number is then a polynomial in the parameter. What is compared must have one sign all over the stretch, which Sturm
chains decide; so what is computed is what a certificate of a single parameter computes, at all of them together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .dependences import DependenceCase
from .digest import number
from .distances import DistanceCase
from .kernel import SCHEMA, Case
from .measures import Measure
from .model import Model
from .polynomials import Pair, Root, Whole, sign_between
from .reading import FRACTION, Json, Real, array, fields, rationals, read_real, record, whole, with_numbers
from .refusals import need
from .rounding import text
from .wording import models

FAMILY = "relaxbell-family-1"
_DEGREE, _FAR = 41, 2**1000  # ends are said as floats


@dataclass
class Stretch:
    """Where the parameter is, and the model, whose work is counted."""

    left: Root
    right: Root
    model: Model | None = None


@dataclass(frozen=True)
class Germ(Real):
    """A polynomial in the parameter, of which the sign over a stretch is asked; coefficients lowest first."""

    coefficients: tuple[Real, ...] = ()
    over: Stretch | None = None

    def _with(self, coefficients: list[Real]) -> Germ:
        return Germ(coefficients=tuple(coefficients), over=self.over)

    def __add__(self, other: Real) -> Germ:
        mine, theirs = list(self.coefficients), parts(other)
        need(len(theirs) <= _DEGREE, "a polynomial has too high a degree")
        mine += [Real()] * (len(theirs) - len(mine))
        return self._with([a + b for a, b in zip(mine, theirs, strict=False)] + mine[len(theirs) :])

    __radd__ = __add__

    def __mul__(self, factor: Fraction | int) -> Germ:
        return self._with([c * factor for c in self.coefficients])

    def __rsub__(self, other: Real) -> Germ:
        return self * -1 + other

    def __lt__(self, other: Real) -> bool:
        return (self - other).sign() < 0

    def __gt__(self, other: Real) -> bool:
        return (self - other).sign() > 0

    def sign(self) -> int:
        """Return its sign all over the stretch, but for single zeros; raise CrossingError if it changes."""
        own = signs(self.coefficients)
        if own.degree < 0:
            return 0
        assert self.over is not None
        assert self.over.model is not None  # there is one when the first polynomial is read
        self.over.model.spend(FRACTION * len(own.pairs))
        return sign_between(own, self.over.left, self.over.right, self.over.model.spend)

    @property
    def line(self) -> str:
        """Its text, which names it."""
        return ",".join(number(c) for c in self.coefficients)


def parts(value: Real) -> tuple[Real, ...]:
    """Return the coefficients of a polynomial, or of a number."""
    return value.coefficients if isinstance(value, Germ) else (value,)


def signs(coefficients: tuple[Real, ...]) -> Whole:
    """Return the signs of a polynomial."""
    scale = math.lcm(*(x.denominator for c in coefficients for x in (c.a, c.b)))
    pairs: list[Pair] = [(int(c.a * scale), int(c.b * scale)) for c in coefficients]
    return Whole.of(pairs, next((c.n for c in coefficients if c.b), 0))


def of_class(known: type[Case]) -> type[Any]:
    """Return the class of cases whose data, claims and weights may be polynomials."""

    class FamilyCase(known):  # type: ignore[misc, valid-type]
        """A case in which numbers may be polynomials in a parameter."""

        over: Stretch

        def __init__(self, data: Json, over: Stretch) -> None:
            self.over = over
            super().__init__(data)

        def real(self, data: Json, what: str) -> Real:
            """Return a number, or a polynomial."""
            if type(data) is not dict:
                return read_real(data, what, self.root)
            self.over.model = self.model
            (own,) = fields(data, what, "polynomial")
            need(0 < len(array(own, what)) <= _DEGREE, f"{what}: a polynomial of no or too high degree")
            return Germ(coefficients=tuple([read_real(c, what, self.root) for c in own]), over=self.over)

    return FamilyCase


class Family:
    """A curve along a polynomial family: what is given, and its stretches in order."""

    def __init__(self, data: Json, known: Callable[[Json], type[Case]]) -> None:
        names = ("schema", "model", "measure", "observed", "constraints", "parameter", "over", "stretches")
        values = fields(data, "the curve", *names, optional=("root", "reading"))
        schema, model, measure, observed, constraints, self.parameter, over, stretches, root, self.reading = values
        need(schema == FAMILY, f"the schema is not {FAMILY}")
        own = self.parameter
        need(type(own) is str and own.isidentifier() and len(own) <= 100, "the parameter has no name")
        self.low, self.high = rationals(with_numbers(over), "the range of the parameter", 2)
        need(self.low < self.high, "the range of the parameter is empty")
        need(max(-self.low, self.high) < _FAR, "the range of the parameter is too large")
        self.over = Stretch(Root.at(self.low), Root.at(self.high))
        given = {"model": model, "measure": measure, "observed": observed, "constraints": constraints}
        given |= {"schema": SCHEMA, "claim": {}, "proof": {}} | ({} if root is None else {"root": root})
        kind = known(given)
        need(kind in (Case, DependenceCase, DistanceCase), "the measure is none of a linear program")
        self.case = of_class(kind)(with_numbers(given), self.over)
        need(not self.case.infeasible, "there is no measure")
        fixed = not any(isinstance(limit, Germ) for _, limit in self.case.constraints)
        need(fixed, "the limit of a constraint is a polynomial")
        self.measure = self.case.measure
        self.stretches = array(stretches, "the stretches")
        need(self.stretches, "there are no stretches")

    def end(self, data: Json, what: str) -> Root:
        """Return an end of a stretch: a rational number, or the only root of a polynomial in an interval."""
        if type(data) is not dict:
            return Root.at(rationals([data], what)[0])
        own, low, high = fields(data, what, "root", "above", "to")
        (a, b), coefficients = rationals([low, high], what), self.case.real(own, what)
        given = signs(parts(coefficients))
        spend = self.case.model.spend
        spend(2 * given.effort)
        f = given.squarefree
        spend(sum(part.look(x) for part in f.chain for x in (a, b)))
        need(a < b and f.degree > 0 and f.sign(a) and f.sign(b), f"{what}: the interval is none")
        need(f.changes(a) - f.changes(b) == 1, f"{what}: not one root")
        return Root(f, a, b, spend)

    def prove(self, stretch: Json) -> tuple[Root, Root, Real | None]:
        """Return the ends of a stretch and its value, None where there is no model, if it is proved.

        Raise CrossingError where numbers change their sign within.
        """
        case = self.case
        names = ("from", "to", "value", "proof", "strategies")
        low, high, value, proof, strategies = fields(with_numbers(stretch), "a stretch", *names)
        left, right = self.end(low, "the start of a stretch"), self.end(high, "the end of a stretch")
        need(left < right, "the ends of a stretch are not in order")
        self.over.left, self.over.right = left, right
        case.infeasible = value is None
        case.measure = Measure("0", stated=0) if value is None else self.measure
        need(value is not None or not isinstance(case, DistanceCase), "data that need not be had do not exclude models")
        found = Case.bound(case, proof) if value is None else case.bound(proof)
        if value is None:
            need(not strategies, "a stretch without a model has strategies")
            need(Real() < found, "the proof does not show that there is no model")
            return left, right, None
        stated = case.real(value, "a value")
        need(not found < stated, "the proof gives less than the value of a stretch")
        case.strategies = strategies
        need(not (case.reached() - stated).sign(), "the strategies of a stretch do not reach its value")
        return left, right, stated

    def verdict(self) -> str:
        """Return what the stretches prove, if they cover the range."""
        found = [self.prove(own) for own in self.stretches]
        starts, ends = [left for left, _, _ in found], [right for _, right, _ in found]
        joined = all(a.same(b) for a, b in zip(ends, starts[1:], strict=False))
        whole_range = starts[0].same(Root.at(self.low)) and ends[-1].same(Root.at(self.high))
        need(joined and whole_range, "the stretches do not cover the range of the parameter")
        said: list[str] = []
        for k, (_, right, value) in enumerate(found):
            own = "none" if value is None else self.text(value)
            if k + 1 < len(found) and same(value, found[k + 1][2]):
                continue
            said.append(f"{own} up to {float(right):.12g}")
        self.over.left, self.over.right = Root.at(self.low), Root.at(self.high)
        self.case.measure, self.case.infeasible = self.measure, False
        given = f"where what is given is a polynomial in {self.parameter}{self.read()}"
        return (
            f"for {self.parameter} from {text(Real(self.low))} to {text(Real(self.high))}, {given}: every "
            f"{models(self.case)} has {self.case.name} >= a value that one attains, where there is one: "
            f"{'; '.join(said)}"
        )

    def text(self, value: Real) -> str:
        """Return a polynomial as text."""
        pairs = [(text(c), k) for k, c in enumerate(parts(value)) if c.a or c.b]
        terms = [f"({c})*{self.parameter}^{k}" if k else f"({c})" for c, k in pairs]
        return " + ".join(terms) or "0"

    def read(self) -> str:
        """Return in words what is assumed where the data were read at some values of the parameter."""
        if self.reading is None:
            return ""
        own = record(with_numbers(self.reading), "the reading")
        degree, at = fields(own, "the reading", "degree", "at")
        values = [read_real(v, "a value of the parameter", self.case.root) for v in array(at, "the values")]
        whole(degree, "the degree", 1, _DEGREE)
        need(degree < len(values) <= 1000, "the reading: too few or too many values")
        ascending = all(a < b for a, b in itertools.pairwise(values))
        need(ascending, "the reading: not ascending values")
        places = ", ".join(map(text, values))
        return f" (the data were read at {places}, and are assumed to be of degree {degree} between)"


def same(one: Real | None, other: Real | None) -> bool:
    """Return whether two values are the same polynomial."""
    if one is None or other is None:
        return one is other
    return signs(parts(Germ(coefficients=parts(one)) - other)).degree < 0
