"""Signs of polynomials over Q(√n) between algebraic numbers: whole numbers and Sturm chains, nothing rounded.

Of a polynomial only the sign matters here, so that it is kept as whole numbers a + b√n without a denominator, divided
by what they have in common. A `Root` is the only root of a polynomial in an interval with rational ends; two of them
are the same if their polynomials have a common divisor that vanishes there. No radical is ever taken.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from .reading import FRACTION
from .refusals import Refused, need

Pair = tuple[int, int]
"""a + b√n."""


def pair_sign(pair: Pair, n: int) -> int:
    """Return the sign of a + b√n, n square-free or 0."""
    a, b = pair
    larger = b if b * b * n > a * a else a
    return (larger > 0) - (larger < 0)


_CLOSEST = 2**12
"""Halvings after which two roots are not told apart any more: a polynomial of a file may have very close ones."""

Spend = Callable[[int], None]
"""What is told how much work comes, in units of `reading.WORK`; it refuses too much."""


def freely(work: int) -> None:
    """Let all work be done: of polynomials that are no file's."""


@dataclass(frozen=True)
class Whole:
    """A polynomial with coefficients a + b√n, lowest first and the last not zero, up to a positive factor."""

    pairs: tuple[Pair, ...]
    n: int

    @staticmethod
    def of(pairs: Iterable[Pair], n: int) -> Whole:
        """Return the polynomial without what its coefficients have in common."""
        own = list(pairs)
        while own and own[-1] == (0, 0):
            own.pop()
        common = math.gcd(*itertools.chain.from_iterable(own))
        return Whole(tuple([(a // common, b // common) for a, b in own]) if common > 1 else tuple(own), n)

    def rational_lead(self) -> Whole:
        """Return it times a positive factor that makes the last coefficient an integer.

        Common factors in Q(√n) then become integers and are divided out: else numbers would double with each remainder.
        """
        if not self.pairs or not self.pairs[-1][1]:
            return self
        a, b = self.pairs[-1]
        factor = (a, -b) if pair_sign((a, -b), self.n) > 0 else (-a, b)
        return Whole.of([self.times(factor, c) for c in self.pairs], self.n)

    @property
    def degree(self) -> int:
        """Its degree; -1 of zero."""
        return len(self.pairs) - 1

    @cached_property
    def bits(self) -> int:
        """Bits of its largest number."""
        return max((abs(part).bit_length() for pair in self.pairs for part in pair), default=0)

    @property
    def effort(self) -> int:
        """How much work its Sturm chain is: numbers in it are longer with each remainder."""
        size = (self.degree + 1) ** 2
        return FRACTION * size + (size * self.bits) ** 2 * (22 if self.n else 1) // 2**16

    def look(self, x: Fraction) -> int:
        """Return how much work its sign at a number is."""
        own = max(abs(x.numerator), x.denominator).bit_length()
        return 4 * (self.degree + 1) + (self.degree**2 * own * (own + self.bits)) // 2**16

    def sign(self, x: Fraction) -> int:
        """Return its sign at a rational number."""
        (p, q), power, a, b = (x.numerator, x.denominator), 1, 0, 0
        for c, d in reversed(self.pairs):
            a, b, power = a * p + c * power, b * p + d * power, power * q
        return pair_sign((a, b), self.n)

    def negative(self) -> Whole:
        """Return its negative."""
        return Whole(tuple([(-a, -b) for a, b in self.pairs]), self.n)

    def derivative(self) -> Whole:
        """Return its derivative."""
        return Whole.of([(k * a, k * b) for k, (a, b) in enumerate(self.pairs)][1:], self.n)

    def times(self, left: Pair, right: Pair) -> Pair:
        """Return the product of two coefficients."""
        (a, b), (c, d) = left, right
        return a * c + self.n * b * d, a * d + b * c

    def divided(self, other: Whole) -> tuple[Whole, Whole]:
        """Return quotient and remainder by another polynomial, up to factors: that of the remainder is positive."""
        rest, lead = list(self.pairs), other.pairs[-1]
        quotient: list[Pair] = [(0, 0)] * max(0, len(rest) - other.degree)
        flips = 1
        while len(rest) > other.degree:
            top = rest.pop()
            shift = len(rest) - other.degree
            rest = [self.times(lead, c) for c in rest]
            quotient = [self.times(lead, c) for c in quotient]
            quotient[shift] = top
            for i, c in enumerate(other.pairs[:-1], shift):
                a, b = self.times(top, c)
                rest[i] = (rest[i][0] - a, rest[i][1] - b)
            flips *= pair_sign(lead, self.n)
            while rest and rest[-1] == (0, 0):
                rest.pop()
        found = Whole.of(rest, self.n).rational_lead()
        return Whole.of(quotient, self.n).rational_lead(), found if flips > 0 else found.negative()

    @cached_property
    def squarefree(self) -> Whole:
        """A polynomial with the same roots, each once."""
        if self.degree < 2:
            return self
        common = divisor(self, self.derivative())
        return self if common.degree < 1 else self.divided(common)[0]

    @cached_property
    def chain(self) -> tuple[Whole, ...]:
        """Its Sturm chain; it must be square-free."""
        found = [self, self.derivative()]
        while found[-1].pairs:
            found.append(found[-2].divided(found[-1])[1].negative())
        return tuple(found[:-1])

    def changes(self, x: Fraction) -> int:
        """Return the changes of sign in its Sturm chain at a rational number."""
        signs = [s for s in (own.sign(x) for own in self.chain) if s]
        return sum(a != b for a, b in itertools.pairwise(signs))

    def one_sign(self, low: Fraction, high: Fraction) -> int:
        """Return a sign that it has all over [low, high] but for zeros, from Bernstein coefficients; 0 if unknown."""
        k, b = self.degree, math.lcm(low.denominator, high.denominator)
        start, step = int(low * b), int((high - low) * b)
        shifted = [list(c) for c in self.pairs]
        for i in range(k + 1):  # of c(x / b), so that all stay whole
            factor = b ** (k - i)
            shifted[i] = [v * factor for v in shifted[i]]
        for i in range(k):
            for j in range(k - 1, i - 1, -1):
                shifted[j] = [v + start * w for v, w in zip(shifted[j], shifted[j + 1], strict=True)]
        scaled = [[v * step**i for v in c] for i, c in enumerate(shifted)]
        signs = set()
        for j in range(k + 1):
            a, c = (
                sum(scaled[i][part] * math.comb(j, i) * (math.factorial(k) // math.comb(k, i)) for i in range(j + 1))
                for part in (0, 1)
            )
            signs.add(pair_sign((a, c), self.n))
        signs.discard(0)
        return signs.pop() if len(signs) == 1 else 0


def divisor(f: Whole, g: Whole) -> Whole:
    """Return a greatest common divisor."""
    while g.pairs:
        f, g = g, f.divided(g)[1]
    return f


@dataclass(eq=False)
class Root:
    """The only root of a square-free polynomial in (low, high], whose ends are none; or, where both are the same, it.

    The interval shrinks as it is asked for.
    """

    polynomial: Whole
    low: Fraction
    high: Fraction
    spend: Spend = freely
    side: int = field(default=0, init=False)
    steps: int = field(default=0, init=False)

    @staticmethod
    def at(x: Fraction) -> Root:
        """Return a rational number."""
        return Root(Whole.of([(-x.numerator, 0), (x.denominator, 0)], 0), x, x)

    @property
    def rational(self) -> bool:
        """Whether it is known to be a rational number."""
        return self.low == self.high

    def refine(self) -> None:
        """Halve the interval."""
        if self.rational:
            return
        self.steps += 1
        if self.steps > _CLOSEST:
            raise Refused("two numbers are too close to be told apart")
        middle = (self.low + self.high) / 2
        self.spend(self.polynomial.look(middle))
        self.side = self.side or self.polynomial.sign(self.high)
        found = self.polynomial.sign(middle)
        if found == 0:
            self.low = self.high = middle
        elif found == self.side:
            self.high = middle
        else:
            self.low = middle

    def __float__(self) -> float:
        while self.high - self.low > Fraction(1, 2**58):
            self.refine()
        return float((self.low + self.high) / 2)

    def same(self, other: Root) -> bool:
        """Return whether two are equal."""
        if self.rational or other.rational:
            exact, own = (self, other) if self.rational else (other, self)
            if own.rational:
                return own.low == exact.low
            return own.low < exact.low <= own.high and own.polynomial.sign(exact.low) == 0
        low, high = max(self.low, other.low), min(self.high, other.high)
        if low >= high:
            return False
        for own in (self, other):
            own.spend(2 * own.polynomial.effort)
        common = divisor(
            Whole(self.polynomial.pairs, self.polynomial.n or other.polynomial.n),
            Whole(other.polynomial.pairs, self.polynomial.n or other.polynomial.n),
        )
        return common.degree > 0 and common.squarefree.changes(low) > common.squarefree.changes(high)

    def __lt__(self, other: Root) -> bool:
        if self.same(other):
            return False
        while True:
            if self.high <= other.low:  # low is no root, unless it is exact
                return True
            if other.high <= self.low:
                return False
            self.refine()
            other.refine()


def roots(f: Whole, low: Fraction, high: Fraction, spend: Spend = freely) -> list[Root]:
    """Return the roots in (low, high], ascending."""
    spend(2 * f.effort)
    own = f.squarefree
    found: list[Root] = []
    if own.degree < 1:
        return found
    spend(sum(part.look(x) for part in own.chain for x in (low, high)))
    stack = [(low, high, own.changes(low), own.changes(high))]
    least = (high - low) / 2**_CLOSEST
    while stack:
        a, b, before, after = stack.pop()
        if before == after:
            continue
        middle = (a + b) / 2
        if before - after == 1:
            if own.sign(b) == 0:
                found.append(Root(own, b, b, spend))
                continue
            if own.sign(a):
                found.append(Root(own, a, b, spend))
                continue
        need(b - a > least, "two numbers are too close to be told apart")
        spend(sum(part.look(middle) for part in own.chain))
        between = own.changes(middle)
        stack += [(middle, b, between, after), (a, middle, before, between)]
    return found


def between(left: Root, right: Root) -> Fraction:
    """Return a rational number between two, the first less than the second."""
    while left.high >= right.low:
        left.refine()
        right.refine()
    return (left.high + right.low) / 2


def crossings(f: Whole, left: Root, right: Root, spend: Spend = freely) -> list[Root]:
    """Return the numbers strictly between two where a polynomial changes its sign, ascending."""
    spend(sum((f.degree + 2) * f.look(x) for x in (left.low, right.high)))
    if f.degree < 1 or f.one_sign(left.low, right.high):
        return []
    found = [r for r in roots(f, left.low, right.high, spend) if turns(f, r)]
    return [r for r in found if left < r < right]


def turns(f: Whole, root: Root) -> bool:
    """Return whether a polynomial changes its sign at one of its roots."""
    if not root.rational:
        return f.sign(root.low) != f.sign(root.high)
    order, own = 0, f
    while own.sign(root.low) == 0:
        order, own = order + 1, own.derivative()
    return order % 2 == 1


class CrossingError(Refused):
    """A number changes its sign within a piece."""

    def __init__(self, places: Sequence[Root]) -> None:
        super().__init__("a number changes its sign within a piece")
        self.places = places


def sign_between(f: Whole, left: Root, right: Root, spend: Spend = freely) -> int:
    """Return the sign of a polynomial between two numbers, but for single zeros; raise CrossingError if it has both."""
    if f.degree < 0:
        return 0
    places = crossings(f, left, right, spend)
    if places:
        raise CrossingError(places)
    x = between(left, right)
    while not (found := f.sign(x)):
        spend(f.look(x))
        x = (x + right.low) / 2
    return found
