"""The parts of a certificate: fields, lists, and exact numbers, all within limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from .refusals import Refused, need, quoted

DEPTH, NODES, CELLS, STRATEGIES = 50, 64, 2**16, 2**20
DIGITS, NUMBER_BITS, ROOT = 700, 2**11, 10**12
WORK, FRACTION = 2**28, 2**8  # in all, and for one operation with fractions: a unit takes about a quarter microsecond

_NUMBER = re.compile(rf"-?[0-9]{{1,{DIGITS}}}(/[1-9][0-9]{{0,{DIGITS - 1}}})?")
ZERO, ONE = Fraction(0), Fraction(1)

Json: TypeAlias = "bool | int | float | str | Fraction | list[Json] | dict[str, Json] | None"
"""What is in a file, with fractions after `with_numbers`; nothing is known of it before a function here has read it."""


@dataclass(frozen=True)
class Real:
    """a + b√n, exact; all that are combined have the same square-free n."""

    a: Fraction = ZERO
    b: Fraction = ZERO
    n: int = 0

    def __add__(self, other: Real) -> Real:
        return Real(self.a + other.a, self.b + other.b, self.n or other.n)

    def __mul__(self, factor: Fraction | int) -> Real:
        return Real(self.a * factor, self.b * factor, self.n)

    def times(self, other: Real) -> Real:
        """Return the product."""
        n = self.n or other.n
        return Real(self.a * other.a + n * self.b * other.b, self.a * other.b + self.b * other.a, n)

    def __sub__(self, other: Real) -> Real:
        return self + other * -1

    def __lt__(self, other: Real) -> bool:
        return (self - other).sign() < 0

    def sign(self) -> int:
        """Return −1, 0 or 1: the sign of the part that is larger in size."""
        larger = self.b if self.b * self.b * self.n > self.a * self.a else self.a
        return (larger > 0) - (larger < 0)


def read_real(data: Json, what: str, root: int) -> Real:
    """Return a rational number, or a + b√root."""
    if type(data) is not list:
        return Real(rationals([data], what)[0])
    need(root, f"{what}: a pair, but there is no root")
    a, b = rationals(data, what, 2)
    return Real(a, b, root)


def read_root(data: Json) -> int:
    """Return a square-free number, or 0 where there is none."""
    root = 0 if data is None else whole(data, "the root", 2, ROOT)
    need(is_square_free(root), "the root is not square-free")
    return root


@cache
def is_square_free(number: int) -> bool:
    """Return whether no square larger than 1 divides it; a curve asks often."""
    return all(number % (k * k) for k in range(2, math.isqrt(number) + 1))


def with_numbers(data: Json) -> Any:
    """Return JSON data in which each text that is a rational number is one; refuse what is too deep or too long."""
    seen: dict[str, str | Fraction] = {}

    def convert(item: Json, depth: int) -> Json:
        need(depth < DEPTH, "the certificate is nested too deeply")
        if type(item) is str:
            if item not in seen:
                seen[item] = Fraction(item) if _NUMBER.fullmatch(item) else item
            return seen[item]
        if type(item) is list:
            return [convert(part, depth + 1) for part in item]
        return {name: convert(part, depth + 1) for name, part in item.items()} if type(item) is dict else item

    converted = convert(data, 0)
    common_denominator(value for value in seen.values() if type(value) is Fraction)
    return converted


def common_denominator(values: Iterable[Fraction]) -> int:
    """Return the least common denominator; refuse a huge one, which would make every sum slow."""
    common = 1
    for value in values:
        if common % value.denominator:
            common = math.lcm(common, value.denominator)
            need(common.bit_length() <= NUMBER_BITS, "the common denominator of all numbers is too large")
    return common


def record(data: Json, what: str) -> dict[str, Any]:
    """Return an object."""
    if type(data) is not dict:
        raise Refused(f"{what}: not an object")
    return data


def fields(data: Json, what: str, *names: str, optional: Sequence[str] = ()) -> list[Any]:
    """Return the values of an object's fields; refuse missing and unknown ones."""
    own = record(data, what)
    for name in (*names, *own):
        need(name in own, f"{what}: lacks the field {name}")
        need(name in (*names, *optional), f"{what}: has the unknown field {quoted(name)}")
    return [own.get(name) for name in (*names, *optional)]


def array(data: Json, what: str, length: int | None = None) -> list[Any]:
    """Return a list, of the given length."""
    if type(data) is not list:
        raise Refused(f"{what}: not a list")
    need(length is None or len(data) == length, f"{what}: {len(data)} entries, expected {length}")
    return data


def whole(data: Json, what: str, least: int, limit: int) -> int:
    """Return an integer, least ≤ value < limit."""
    if type(data) is not int or not least <= data < limit:
        raise Refused(f"{what}: not an integer from {least} to below {limit}")
    return data


def rationals(data: Json, what: str, length: int | None = None) -> list[Fraction]:
    """Return a list of rational numbers."""
    numbers = array(data, what, length)
    known = all(type(number) is Fraction for number in numbers)
    need(known, f'{what}: not a rational number such as "-3/7" of at most {DIGITS} digits')
    return list(numbers)


def sparse(data: Json, what: str, limit: int) -> dict[int, Any]:
    """Return a list of [strategy, value] as a dict."""
    pairs = [array(pair, what, 2) for pair in array(data, what)]
    found = {whole(place, f"{what}: a strategy", 0, limit): value for place, value in pairs}
    need(len(found) == len(pairs), f"{what}: a strategy is repeated")
    return found
