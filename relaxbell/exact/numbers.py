"""Exact numbers: rationals and a + b√n, with exact signs.

Everything here is decided in integer arithmetic. A `Surd` is what the probabilities of the
Tsirelson box are made of; a sympy expression of that form is converted once and handled without
sympy afterwards, which is some hundred times faster.
"""

from __future__ import annotations

import contextlib
import math
import numbers
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import total_ordering
from typing import TYPE_CHECKING, SupportsFloat, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from sympy import Expr

Floats: TypeAlias = NDArray[np.float64]


@total_ordering
class Surd:
    """A number a + b√n with rational a, b ≠ 0 and a square-free integer n ≥ 2.

    Made by `surd`, which returns a Fraction when the root cancels. Arithmetic stays within one
    radicand; mixing √2 and √3 raises ValueError.

    Examples
    --------
    >>> root = surd(0, 1, 2)
    >>> root * root, (root - 1) * (root + 1), root > Fraction(7, 5)
    (Fraction(2, 1), Fraction(1, 1), True)
    """

    __slots__ = ("a", "b", "n")
    a: Fraction
    b: Fraction
    n: int

    def __init__(self, a: Fraction, b: Fraction, n: int) -> None:
        self.a, self.b, self.n = a, b, n

    def _coerce(self, other: object) -> Surd | None:
        if isinstance(other, Surd):
            if other.n != self.n:
                raise ValueError(
                    f"cannot combine √{self.n} with √{other.n}: exact numbers hold one square root. "
                    "Use floats, or a single radicand."
                )
            return other
        if isinstance(other, numbers.Rational):
            return Surd(Fraction(other), Fraction(0), self.n)
        return None

    def __add__(self, other: object) -> ExactNumber:
        if isinstance(other, Fraction | int):
            return Surd(self.a + other, self.b, self.n)
        o = self._coerce(other)
        return NotImplemented if o is None else surd(self.a + o.a, self.b + o.b, self.n)

    __radd__ = __add__

    def __neg__(self) -> Surd:
        return Surd(-self.a, -self.b, self.n)

    def __sub__(self, other: object) -> ExactNumber:
        o = self._coerce(other)
        return NotImplemented if o is None else surd(self.a - o.a, self.b - o.b, self.n)

    def __rsub__(self, other: object) -> ExactNumber:
        return (-self) + other

    def __mul__(self, other: object) -> ExactNumber:
        if isinstance(other, Fraction | int):
            return Surd(self.a * other, self.b * other, self.n) if other else Fraction(0)
        o = self._coerce(other)
        if o is None:
            return NotImplemented
        return surd(self.a * o.a + self.n * self.b * o.b, self.a * o.b + self.b * o.a, self.n)

    __rmul__ = __mul__

    def inverse(self) -> ExactNumber:
        """Return 1 / self; the norm a² − n b² of a Surd is never zero."""
        norm = self.a * self.a - self.n * self.b * self.b
        return surd(self.a / norm, -self.b / norm, self.n)

    def __truediv__(self, other: object) -> ExactNumber:
        o = self._coerce(other)
        if o is None:
            return NotImplemented
        return self * (Fraction(1) / o.a if o.b == 0 else o.inverse())

    def __rtruediv__(self, other: object) -> ExactNumber:
        o = self._coerce(other)
        return NotImplemented if o is None else self.inverse() * surd(o.a, o.b, o.n)

    def __pow__(self, exponent: int) -> ExactNumber:
        result: ExactNumber = Fraction(1)
        for _ in range(abs(exponent)):
            result = result * self
        return result if exponent >= 0 else 1 / result

    def sign(self) -> int:
        """Return −1 or 1 (a Surd is irrational, so never 0), decided exactly."""
        if (self.a >= 0) == (self.b >= 0):
            return 1 if self.b > 0 else -1
        larger_root = self.n * self.b * self.b > self.a * self.a
        return 1 if (self.b > 0) == larger_root else -1

    def __abs__(self) -> Surd:
        return self if self.sign() > 0 else -self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Surd):
            return (self.a, self.b, self.n) == (other.a, other.b, other.n)
        if isinstance(other, numbers.Rational):
            return False
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        o = self._coerce(other)
        return NotImplemented if o is None else sign(self - o) < 0

    def __hash__(self) -> int:
        return hash((self.a, self.b, self.n))

    def __bool__(self) -> bool:
        return True

    def bounds(self, bits: int = 80) -> tuple[Fraction, Fraction]:
        """Return rationals that enclose the number, about 2^−`bits` of its size apart, or closer."""
        low, below = self._enclosed(bits)
        return Fraction(low, below), Fraction(low + 1, below)

    def _enclosed(self, bits: int) -> tuple[int, int]:
        """Return whole numbers with low < number · below < low + 1."""
        below = math.lcm(self.a.denominator, self.b.denominator)
        a, b = int(self.a * below), int(self.b * below)
        # |a + b√n| is at least 1 / (|a| + |b|√n), as a² − n b² is whole and not zero
        shift = bits + (abs(a) + abs(b) * (math.isqrt(self.n) + 1)).bit_length()
        root = math.isqrt(b * b * self.n << 2 * shift)
        return (a << shift) + (root if b > 0 else -root - 1), below << shift

    def __float__(self) -> float:
        low, below = self._enclosed(80)
        return (2 * low + 1) / (2 * below)  # correctly rounded

    def _sympy_(self) -> Expr:  # called by sympy: v * surd(0, 1, 2) is √2 v, not 1.414 v
        return to_sympy(self)

    def __repr__(self) -> str:
        size = abs(self.b)
        root = f"√{self.n}" if size.numerator == 1 else f"{size.numerator}√{self.n}"
        root += "" if size.denominator == 1 else f"/{size.denominator}"
        if self.a == 0:
            return f"-{root}" if self.b < 0 else root
        return f"({self.a} {'-' if self.b < 0 else '+'} {root})"


ExactNumber: TypeAlias = Fraction | Surd
Exact: TypeAlias = NDArray[np.object_]
"""An object array of ExactNumber."""


def surd(a: Fraction | int, b: Fraction | int, n: int) -> ExactNumber:
    """Return a + b√n in normal form: square factors of n move into b; a Fraction if the root cancels.

    Examples
    --------
    >>> surd(1, 1, 8)
    (1 + 2√2)
    >>> surd(1, 1, 9)
    Fraction(4, 1)
    """
    a, b = Fraction(a), Fraction(b)
    if n < 0:
        raise ValueError(f"√{n} is not real. Expected n ≥ 0.")
    size, n = _square_part(n)
    b *= size
    if n == 0 or b == 0:
        return a
    if n == 1:
        return a + b
    return Surd(a, b, n)


def _square_part(n: int) -> tuple[int, int]:
    """Return a and the square-free b with n = a² b."""
    size, factor = 1, 2
    while factor * factor <= n and factor < _TRIED:
        while n % (factor * factor) == 0:
            n //= factor * factor
            size *= factor
        factor += 1
    if factor * factor > n:
        return size, n
    import sympy  # large radicands are rare, and trial division would not end

    for factor, count in sympy.factorint(n).items():
        prime, pairs = int(factor), int(count) // 2  # sympy may use flint's integers, for both
        size *= prime**pairs
        n //= prime ** (2 * pairs)
    return size, n


_TRIED = 10_000
"""Factors that are tried before a number is factorized."""


def sign(number: ExactNumber | int) -> int:
    """Return −1, 0 or 1, exactly."""
    if isinstance(number, Surd):
        return number.sign()
    return (number > 0) - (number < 0)


def as_exact(value: object) -> ExactNumber | None:
    """Return `value` as an exact number, or None if it is not one (a float, a free symbol, √2 + √3).

    Exact are int, Fraction, numpy integers, Surd, sympy rationals and sympy numbers a + b√n. A
    float is never exact here: 0.1 was probably not meant to be 3602879701896397/2^55.

    Examples
    --------
    >>> import sympy
    >>> as_exact((2 + sympy.sqrt(2)) / 8), as_exact(0.1)
    ((1/4 + √2/8), None)
    """
    if isinstance(value, Fraction | Surd):
        return value
    if isinstance(value, numbers.Rational | np.integer | bool | np.bool_):
        return Fraction(int(value)) if isinstance(value, np.integer | np.bool_) else Fraction(value)
    return _from_sympy(value) if _is_sympy_number(value) else None


def _is_sympy_number(value: object) -> TypeGuard[Expr]:
    """Whether a value is one; sympy is not loaded to find out."""
    return "sympy" in str(type(value).__module__).partition(".")[0] and bool(getattr(value, "is_number", False))


def _from_sympy(value: Expr) -> ExactNumber | None:
    import sympy

    value = sympy.radsimp(sympy.expand(value))
    if not value.is_real:
        return None
    total: ExactNumber = Fraction(0)
    try:
        for term in sympy.Add.make_args(value):
            coefficient, factors = term.as_coeff_mul()
            if not coefficient.is_Rational:
                return None
            rational = Fraction(int(coefficient.p), int(coefficient.q))
            radicand = 1
            for factor in factors:
                base, exponent = factor.as_base_exp()
                if not (base.is_Integer and base > 0 and exponent == sympy.Rational(1, 2)):
                    return None
                radicand *= int(base)
            total = total + surd(0, rational, radicand)
    except ValueError:  # two different roots
        return None
    return total


def is_irrational(value: object) -> bool:
    """Whether a number is meant exactly and is no fraction: √2, π or √2 + √3, but no float, of sympy either.

    Examples
    --------
    >>> import sympy
    >>> [is_irrational(v) for v in (sympy.sqrt(2), sympy.pi, sympy.Rational(1, 2), sympy.Float(0.1), 0.1)]
    [True, True, False, False, False]
    """
    exact = as_exact(value)
    if exact is None and _is_sympy_number(value):
        return not value.atoms(type(value.evalf()))  # a sympy Float among its parts: it is as exact as that
    return isinstance(exact, Surd)


def read_fraction(value: object, what: str, error: type[Exception]) -> Fraction:
    """Return a rational number as a Fraction (floats as the decimal that prints them), or raise `error`."""
    number = _read(value, what, error)
    if is_irrational(value):
        raise error(
            f"{what} is {str(value)[:40]}, an irrational number, expected one that is kept exactly. Give a fraction, "
            f"or a float, which means the decimal that prints it: {float(number):.12g}."
        )
    return number


def read_float(value: object, what: str, error: type[Exception]) -> float:
    """Return a real number, exact or not, as a float, or raise `error`."""
    return float(_read(value, what, error))


def _read(value: object, what: str, error: type[Exception]) -> Fraction:
    exact = as_exact(value)
    number = exact if isinstance(exact, Fraction) else None
    real = isinstance(value, numbers.Real | np.floating) or hasattr(value, "evalf")
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if isinstance(exact, Surd):
            number = Fraction(float(exact))
        elif exact is None and real and isinstance(value, SupportsFloat):
            number = decimal(value)
    if number is None or abs(number) > Fraction(10) ** 100:
        remedy = " Write it as a number, such as fractions.Fraction('1/3')." if isinstance(value, str) else ""
        raise error(f"{what} is {str(value)[:40]!r}, expected a finite real number, at most 1e100 in size.{remedy}")
    return number


_DIGITS = 12
"""Decimals of a float that was written; results of computations have more."""


def is_rounded(value: object) -> bool:
    """Return whether a number is a float of so many digits that it was computed, and rounded.

    Examples
    --------
    >>> is_rounded(0.3), is_rounded(2 / 3), is_rounded(Fraction(2, 3))
    (False, True, False)
    """
    return isinstance(value, float | np.floating) and decimal(value).denominator > 10**_DIGITS


def decimal(value: SupportsFloat) -> Fraction:
    """Return a float as the shortest decimal that prints it in its own precision: 0.1 is 1/10.

    Examples
    --------
    >>> decimal(0.1), decimal(1e-3)
    (Fraction(1, 10), Fraction(1, 1000))
    """
    return Fraction(str(value) if isinstance(value, np.floating) else repr(float(value)))


def exact_array(values: object) -> Exact | None:
    """Return an object array of exact numbers with the shape of `values`; None if one is not exact."""
    try:
        array = np.asarray(values)
    except ValueError:  # ragged
        return None
    if array.dtype.kind not in "biuO":
        return None
    out = np.empty(array.shape, dtype=object)
    radicands = set()
    for index, value in np.ndenumerate(array):
        number = as_exact(value)
        if number is None:
            return None
        if isinstance(number, Surd):
            radicands.add(number.n)
        out[index] = number
    return out if len(radicands) <= 1 else None


def to_floats(values: ArrayLike) -> NDArray[np.float64]:
    """Return the nearest float64 of every entry of an array of numbers."""
    array = np.asarray(values)
    if array.dtype != object:
        return np.asarray(array, dtype=np.float64)
    flat = array.ravel().tolist()
    roots = {v: float(v) for v in {v for v in flat if isinstance(v, Surd)}}  # slow ones, of which few differ
    flat = [roots[v] if isinstance(v, Surd) else float(v) for v in flat]
    return np.array(flat, dtype=np.float64).reshape(array.shape)


def to_sympy(number: ExactNumber | int) -> Expr:
    """Return the number as a sympy expression."""
    import sympy

    if isinstance(number, Surd):
        a, b = to_sympy(number.a), to_sympy(number.b)
        return a + b * sympy.sqrt(number.n)
    number = Fraction(number)
    return sympy.Rational(number.numerator, number.denominator)


def floor_float(number: ExactNumber | int) -> float:
    """Return a float64 that is at most `number`, the largest such or its neighbor."""
    rational = number.bounds()[0] if isinstance(number, Surd) else Fraction(number)
    nearest = float(rational)
    return nearest if Fraction(nearest) <= rational else math.nextafter(nearest, -math.inf)


def ceil_float(number: ExactNumber | int) -> float:
    """Return a float64 that is at least `number`, the smallest such or its neighbor."""
    return -floor_float(-number)


def exact_parts(values: Iterable[ExactNumber]) -> tuple[Exact, int, int]:
    """Return (whole numbers, denominator, n) with value = (row[0] + row[1] √n) / denominator; n = 1: rows of one.

    Examples
    --------
    >>> parts, denominator, n = exact_parts([Fraction(1, 2), surd(1, 2, 3)])
    >>> parts.tolist(), denominator, n
    ([[1, 0], [2, 4]], 2, 3)
    """
    listed = list(values)
    roots = {c.n for c in listed if isinstance(c, Surd)}
    rows = [(c.a, c.b) if isinstance(c, Surd) else (Fraction(c), Fraction(0)) for c in listed]
    denominator = common_denominator(part for row in rows for part in row)
    width = 2 if roots else 1
    parts = np.array([[int(part * denominator) for part in row[:width]] for row in rows], dtype=object)
    return parts.reshape(len(listed), width), denominator, roots.pop() if roots else 1


def from_parts(row: Sequence[int], denominator: int, n: int) -> ExactNumber:
    """Return the number that `exact_parts` read."""
    rational = Fraction(int(row[0]), denominator)
    return surd(rational, Fraction(int(row[1]), denominator), n) if len(row) > 1 else rational


def common_denominator(values: Iterable[Fraction]) -> int:
    """Return the least common multiple of the denominators."""
    return math.lcm(1, *(value.denominator for value in values))
