"""`Maximum`: the largest of several Bell functionals, a formula for what a measure costs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import as_exact, sign, to_sympy
from relaxbell.frozen import Frozen
from relaxbell.functionals.arithmetic import read_number
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.notation import sum_text
from relaxbell.methods import provided

_MOST_SHOWN = 6


class Maximum(Frozen):
    """max(f_1, f_2, …) of functionals of one scenario and exact numbers.

    Sums of maxima, functionals and exact numbers, and nonnegative multiples, are maxima again.

    Parameters
    ----------
    *terms
        Functionals, exact numbers and maxima, at least one functional.

    Raises
    ------
    FunctionalError
        If there is no functional, one of another scenario, or a number that is not exact.

    Examples
    --------
    >>> import relaxbell as rb
    >>> formula = rb.Maximum(0, *rb.catalog.CH.relabelings())
    >>> formula
    max of 9: 0, 8 × (1/4) CHSH - 1/2
    >>> formula(rb.boxes.pr()), (2 * formula)(rb.boxes.pr())
    (Fraction(1, 2), Fraction(1, 1))
    """

    __array_ufunc__ = None  # numbers of numpy leave products to __rmul__

    def __init__(self, *terms: object) -> None:
        terms = tuple(own for term in terms for own in (term.terms if isinstance(term, Maximum) else (term,)))
        first = next((t for t in terms if isinstance(t, BellFunctional)), None)
        if first is None:
            found = ", ".join(f"{t!r:.30}" for t in terms) or "nothing"
            raise FunctionalError(
                f"a maximum needs at least one Bell functional, found {found}. Give Maximum(0, *functionals); compare "
                "numbers with max(…)."
            )
        zero = first * 0
        read = []
        for term in terms:
            if not isinstance(term, BellFunctional) and as_exact(term) is None:
                raise FunctionalError(
                    f"{term!r} is neither a Bell functional nor an exact number. Use Fraction or sympy numbers."
                )
            own = zero + term
            read.append(BellFunctional(own.coefficients, own.outputs, own.inputs, constant=own.constant,
                                       parties=first.parties, name=getattr(term, "name", None)))  # fmt: skip
        self.terms: tuple[BellFunctional, ...] = tuple(read)
        self._seal()

    def __call__(self, behavior: object) -> Any:
        """Return the largest value on a behavior; on a symbolic table a sympy ``Max``."""
        values = [term(behavior) for term in self.terms]
        if all(as_exact(value) is not None or isinstance(value, float) for value in values):
            with contextlib.suppress(ValueError):  # √2 against √3
                return max(values)
        import sympy

        return sympy.Max(*(value if as_exact(value) is None else to_sympy(value) for value in values))

    def __iter__(self) -> Iterator[BellFunctional]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, other: object) -> Maximum:
        if isinstance(other, Maximum):
            return Maximum(*(one + two for one in self.terms for two in other.terms))
        number = other if isinstance(other, BellFunctional) else read_number(other, "a maximum plus")
        return NotImplemented if number is None else Maximum(*(term + number for term in self.terms))

    __radd__ = __add__

    def __neg__(self) -> Maximum:
        return self * -1

    def __sub__(self, other: object) -> Maximum:
        if isinstance(other, Maximum | BellFunctional):
            return self + other * -1
        number = read_number(other, "a maximum minus")
        return NotImplemented if number is None else self + -number

    def __rsub__(self, other: object) -> Maximum:
        return -self + other

    def __mul__(self, factor: object) -> Maximum:
        number = read_number(factor, "a maximum times")
        if number is None:
            return NotImplemented
        if sign(number) < 0:
            raise FunctionalError(f"{factor} times a maximum is a minimum. Expected a factor ≥ 0.")
        return Maximum(*(term * number for term in self.terms))

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Maximum:
        number = read_number(divisor, "a maximum over")
        if number is None:
            return NotImplemented
        if number == 0:
            raise FunctionalError("a maximum over 0 is undefined, expected another exact number.")
        return self * (1 / number)

    def latex(self) -> str:
        r"""Return the maximum in LaTeX; of many terms the first ones.

        Returns
        -------
        str
            LaTeX without dollar signs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.Maximum(0, rb.catalog.CHSH / 4).latex())
        \max\left(0,\, \frac{1}{4} \langle A_{0} B_{0} \rangle + ... - \frac{1}{4} \langle A_{1} B_{1} \rangle\right)
        """
        shown = [term.latex() for term in self.terms[:_MOST_SHOWN]]
        more = [r"\ldots"] if len(self.terms) > _MOST_SHOWN else []
        listed = r",\, ".join([*shown, *more])
        return rf"\max\left({listed}\right)"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        count: Counter[str] = Counter()
        for term in self.terms:
            if not np.any(term.coefficients != 0):
                count[sum_text([], term.constant)] += 1
                continue
            found = None if term.name else provided("Maximum.__repr__, recognition")(term)
            text = str(term) if found is None else sum_text([(found.scale, str(found.known))], found.offset)
            count[text] += 1
        shown = [f"{n} × {text}" if n > 1 else text for text, n in count.items()]
        left = sum(list(count.values())[_MOST_SHOWN:])
        more = f", … {left} more" if left else ""
        return f"max of {len(self.terms)}: {', '.join(shown[:_MOST_SHOWN])}{more}"
