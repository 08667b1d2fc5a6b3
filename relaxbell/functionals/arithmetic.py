"""Sums and multiples of functionals, with exact numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction
from numbers import Number
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, exact_array
from relaxbell.functionals.written import Written

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")


class Arithmetic(Written, ABC):
    """The algebra of functionals; `BellFunctional` is the one to use."""

    __array_ufunc__ = None  # numbers of numpy leave products to __rmul__

    @abstractmethod
    def _combine(self, coefficients: Exact, constant: ExactNumber) -> Self:
        """Return a functional on the same variables."""

    @abstractmethod
    def _aligned(self, other: Self) -> Self:
        """Return another functional in the order of this one's axes; raise FunctionalError where scenarios differ."""

    def __add__(self, other: object) -> Self:
        if isinstance(other, type(self)):
            same = self._aligned(other)
            return self._combine(
                _one_root(lambda: self.coefficients + same.coefficients, self, same),
                _one_root(lambda: self.constant + same.constant, self, same),
            )
        number = self._number(other, "plus")
        if number is None:
            return NotImplemented
        return self._combine(self.coefficients, _one_root(lambda: self.constant + number, self, other))

    __radd__ = __add__

    def __neg__(self) -> Self:
        return self * -1

    def __sub__(self, other: object) -> Self:
        if isinstance(other, Arithmetic):
            return self + other * -1
        number = self._number(other, "minus")
        return NotImplemented if number is None else self + -number

    def __rsub__(self, other: object) -> Self:
        return -self + other

    def __mul__(self, factor: object) -> Self:
        number = self._number(factor, "times")
        if number is None:
            return NotImplemented
        return self._combine(
            _one_root(lambda: self.coefficients * number, self, factor),
            _one_root(lambda: self.constant * number, self, factor),
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Self:
        number = self._number(divisor, "over")
        if number is None:
            return NotImplemented
        if number == 0:
            raise FunctionalError(f"{self.title} over 0 is undefined, expected another exact number.")
        return self * (Fraction(1) / number)

    def _number(self, value: object, operation: str) -> ExactNumber | None:
        return read_number(value, f"{self.title} {operation}")


def read_number(value: object, what: str) -> ExactNumber | None:
    """Return an exact number, None for objects with an algebra of their own; other numbers are refused."""
    number = as_exact(value)
    if number is None and (isinstance(value, Number | str | np.ndarray) or hasattr(value, "free_symbols")):
        raise FunctionalError(
            f"{what} {str(value)[:40]}: found a {type(value).__name__}, expected an exact number such as 2, "
            "Fraction(1, 2) or sympy's a + b√n. Functionals have no free symbols; their values may."
        )
    return number


def read_coefficients(coefficients: Any, constant: Any) -> tuple[Exact, ExactNumber]:
    """Return coefficients and constant as exact numbers with one square root at most."""
    table, offset = exact_array(coefficients), as_exact(constant)
    if table is None or offset is None or exact_array(np.array([*table.ravel(), offset], dtype=object)) is None:
        listed = [*np.asarray(coefficients, dtype=object).ravel(), constant] if table is None else [constant]
        wrong = next((repr(c) for c in listed if as_exact(c) is None), "several square roots")
        raise FunctionalError(
            f"coefficients of a Bell functional are exact numbers a + b√n with one n: found {wrong[:60]}. Use "
            "integers, fractions.Fraction or sympy numbers such as sqrt(2)/2."
        )
    return table, offset


def _one_root(combine: Callable[[], T], one: Written, other: object) -> T:
    try:
        return combine()
    except ValueError as error:  # √2 and √3
        text = other.title if isinstance(other, Written) else str(other)
        raise FunctionalError(
            f"{one.title} and {text[:60]} have different square roots, expected one: exact numbers are a + b√n. "
            "Combine their values on a behavior instead."
        ) from error
