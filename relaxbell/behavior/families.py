"""`BehaviorFamily`: behaviors that are polynomials in symbols, and lost results, which make such of any behavior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, read_float, to_sympy

if TYPE_CHECKING:
    import sympy

Exponents: TypeAlias = tuple[int, ...]
"""Of the symbols, in their order."""

Polynomial: TypeAlias = "Mapping[Exponents, ExactNumber]"
"""Coefficients, by exponents."""

Terms: TypeAlias = "dict[Exponents, NDArray[Any]]"
"""Tables, by exponents: exact numbers, or floats where there is no symbol."""

_DEGREE = 40
"""Highest degree of a family in one symbol."""


@dataclass(frozen=True, eq=False)
class BehaviorFamily:
    """Behaviors whose probabilities are polynomials in one or more symbols, with exact coefficients.

    Made by `Behavior.with_losses`, `Behavior.visibility` and `Behavior.mix` with a sympy symbol. `curve` takes it as it
    is, and functions of the parameter may return it.

    Attributes
    ----------
    symbols
        sympy symbols.
    terms
        {exponents of the symbols: exact table, axes outputs then inputs}.
    outputs, inputs
        Names of the axes.
    parties
        Which party chooses which input.
    rounded
        Whether the coefficients are floats that were read as exact numbers.
    estimated
        Whether the numbers are estimates, as in `Behavior`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from sympy import Symbol
    >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
    >>> lossy
    BehaviorFamily p(A,B|X,Y) of degree 2 in eta
    >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy).critical
    Fraction(2, 3)
    """

    symbols: tuple[sympy.Symbol, ...]
    terms: Mapping[Exponents, Exact]
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    parties: Mapping[str, str | None] | None = None
    rounded: bool = False
    estimated: bool = False

    @property
    def degrees(self) -> tuple[int, ...]:
        """The degree in each symbol."""
        return tuple(max(e[k] for e in self.terms) for k in range(len(self.symbols)))

    def table(self, values: Mapping[sympy.Symbol, object]) -> BehaviorFamily | Exact:
        """Return the exact table at values of all symbols, or the family of those that are left.

        Parameters
        ----------
        values
            Exact numbers, by symbol.

        Returns
        -------
        ndarray or BehaviorFamily
            Of exact numbers, axes as in `terms`.

        Raises
        ------
        BehaviorError
            If a value is no exact number, or a symbol is unknown.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> from sympy import Symbol
        >>> eta = Symbol("eta")
        >>> rb.boxes.pr().with_losses(eta, assign=0).table({eta: Fraction(1, 2)})[0, 0, 0, 0]
        Fraction(5, 8)
        """
        unknown = [s for s in values if s not in self.symbols]
        if unknown:
            raise BehaviorError(f"the symbol {unknown[0]} is none of the family: it has {self._names}.")
        rest = [k for k, s in enumerate(self.symbols) if s not in values]
        numbers = {k: _number(values[s], str(s)) for k, s in enumerate(self.symbols) if s in values}
        found: Terms = {}
        for exponents, table in self.terms.items():
            factor: ExactNumber = Fraction(1)
            for k, number in numbers.items():
                factor = factor * number ** exponents[k]
            key = tuple(exponents[k] for k in rest)
            found[key] = found[key] + table * factor if key in found else table * factor
        if not rest:
            return found[()]
        own = tuple(self.symbols[k] for k in rest)
        return replace(self, symbols=own, terms=found)

    def with_losses(
        self,
        efficiency: float | ExactNumber | sympy.Expr | Mapping[str, float | ExactNumber | sympy.Expr],
        *,
        assign: int | Mapping[str, int | None] | None = None,
    ) -> BehaviorFamily:
        """Return the family with lost results; see `Behavior.with_losses`.

        Parameters
        ----------
        efficiency, assign
            As in `Behavior.with_losses`.

        Returns
        -------
        BehaviorFamily
            In the symbols of both.

        Raises
        ------
        BehaviorError
            As in `Behavior.with_losses`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import symbols
        >>> v, eta = symbols("v eta")
        >>> rb.boxes.tsirelson().visibility(v).with_losses(eta)
        BehaviorFamily p(A,B|X,Y) of degree 2 in eta, 1 in v
        """
        return lossy(self, efficiency, assign)

    def transposed(self, outputs: Sequence[str], inputs: Sequence[str]) -> BehaviorFamily:
        """Return the family with its axes in another order.

        Parameters
        ----------
        outputs, inputs
            The same names.

        Returns
        -------
        BehaviorFamily
            The same behaviors.

        Raises
        ------
        BehaviorError
            If the names are others.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> rb.boxes.pr().with_losses(Symbol("eta")).transposed(("B", "A"), ("X", "Y")).outputs
        ('B', 'A')
        """
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise BehaviorError(
                f"variables do not match: the family is p({','.join(self.outputs)}|{','.join(self.inputs)}), asked for "
                f"p({','.join(outputs)}|{','.join(inputs)}). Rename the behavior before: rename({{old: new}})."
            )
        names = (*self.outputs, *self.inputs)
        order = [names.index(n) for n in (*outputs, *inputs)]
        turned = {e: table.transpose(order) for e, table in self.terms.items()}
        return replace(self, terms=turned, outputs=tuple(outputs), inputs=tuple(inputs))

    @property
    def _names(self) -> str:
        return ", ".join(map(str, self.symbols))

    def __repr__(self) -> str:
        degrees = ", ".join(f"{d} in {s}" for d, s in zip(self.degrees, self.symbols, strict=True))
        return f"BehaviorFamily p({','.join(self.outputs)}|{','.join(self.inputs)}) of degree {degrees}"


def _number(value: object, name: str) -> ExactNumber:
    exact = as_exact(value)
    if exact is None:
        raise BehaviorError(f"{name} = {value!r}, expected an exact number such as Fraction(9, 10).")
    return exact


# ------------------------------------------------------------------- polynomials


def is_symbolic(value: object) -> bool:
    """Return whether a value is a sympy expression with symbols."""
    return bool(getattr(value, "free_symbols", None))


def read_polynomial(value: Any, symbols: Sequence[sympy.Symbol], what: str) -> Polynomial:
    """Return the coefficients of an expression in symbols; raise BehaviorError where it is no exact polynomial."""
    import sympy

    exact = as_exact(value)
    if exact is not None:
        return {(0,) * len(symbols): exact}
    try:
        pairs = [] if isinstance(value, float) else sympy.Poly(value, *symbols).terms()
    except sympy.PolynomialError:
        pairs = []
    found = {tuple(map(int, e)): as_exact(c) for e, c in pairs}
    known = {e: c for e, c in found.items() if c is not None}
    if not known or len(known) < len(found) or any(max(e, default=0) > _DEGREE for e in known):
        names = ", ".join(map(str, symbols))
        raise BehaviorError(
            f"{what} is {str(value)[:60]}, expected a polynomial in {names} (degree at most {_DEGREE}) with exact "
            "coefficients a + b√n. Give numbers as fractions; other functions as points of sweep(…)."
        )
    return known


def product(terms: Terms, factor: Polynomial) -> Terms:
    """Return tables times a polynomial."""
    found: Terms = {}
    for e, table in terms.items():
        for k, number in factor.items():
            key = tuple(a + b for a, b in zip(e, k, strict=True))
            found[key] = found[key] + table * number if key in found else table * number
    return found


def total(terms: Terms, others: Terms) -> Terms:
    """Return the sum."""
    found = dict(terms)
    for e, table in others.items():
        found[e] = found[e] + table if e in found else table
    return found


def one_minus(polynomial: Polynomial) -> Polynomial:
    """Return 1 minus a polynomial."""
    found: dict[Exponents, ExactNumber] = {e: -c for e, c in polynomial.items()}
    constant = tuple(0 for _ in next(iter(polynomial)))
    return found | {constant: found.get(constant, Fraction(0)) + 1}


def widened(family: BehaviorFamily, symbols: Sequence[sympy.Symbol]) -> Terms:
    """Return the tables of a family, by exponents of more symbols."""
    places = [symbols.index(s) for s in family.symbols]
    found: Terms = {}
    for e, table in family.terms.items():
        key = [0] * len(symbols)
        for place, k in zip(places, e, strict=True):
            key[place] = k
        found[tuple(key)] = table
    return found


def joined(*parts: Any) -> list[sympy.Symbol]:
    """Return the symbols of families and expressions, each once, in order of their names."""
    found = {s for part in parts for s in (part.symbols if isinstance(part, BehaviorFamily) else part.free_symbols)}
    return sorted(found, key=str)


# ------------------------------------------------------------------- lost results


def lossy(family: BehaviorFamily, efficiency: Any, assign: Any) -> BehaviorFamily:
    """Return a family with lost results."""
    efficiencies, places = read_losses(family.outputs, efficiency, assign)
    symbols = joined(family, *(v for v in efficiencies.values() if is_symbolic(v)))
    terms = widened(family, symbols)
    for axis, name in enumerate(family.outputs):
        kept = read_polynomial(efficiencies[name], symbols, f"the efficiency of {name}")
        terms = lose(terms, axis, kept, places[name], name)
    found = {e: t for e, t in terms.items() if not all(v == 0 for v in t.ravel())}
    _one_root(found)
    return replace(family, symbols=tuple(symbols), terms=found)


def read_losses(outputs: Sequence[str], efficiency: Any, assign: Any) -> tuple[dict[str, Any], dict[str, int | None]]:
    """Return efficiency and assigned outcome of each output; numbers are checked to be probabilities."""
    found = []
    for given, what, default in ((efficiency, "an efficiency", 1), (assign, "an outcome for no click", None)):
        if isinstance(given, Mapping):
            unknown = [n for n in given if n not in outputs]
            if unknown:
                raise BehaviorError(f"{what} of {unknown[0]!r}: expected one of the outputs {', '.join(outputs)}.")
            found.append({n: given.get(n, default) for n in outputs})
        else:
            found.append(dict.fromkeys(outputs, given))
    for name, value in found[0].items():
        if is_symbolic(value):
            continue
        number = read_float(value, f"the efficiency of {name}", BehaviorError)
        if not 0 <= number <= 1:
            raise BehaviorError(f"the efficiency of {name} is {value}, expected a probability from 0 to 1.")
    return found[0], found[1]


def lose(terms: Terms, axis: int, kept: Polynomial, place: Any, name: str) -> Terms:
    """Return tables in which a result is kept with a probability, else it is a further outcome or an assigned one."""
    size = next(iter(terms.values())).shape[axis]
    if place is not None and (type(place) is not int or not 0 <= place < size):
        raise BehaviorError(
            f"no click of {name} is assigned to {place!r}, expected one of its outcomes 0 … {size - 1}, or None for a "
            "further outcome."
        )
    count = size + (place is None)
    with_room, lost = {}, {}
    for e, table in terms.items():
        shape = list(table.shape)
        shape[axis] = count
        zero = np.zeros(shape) if table.dtype != object else np.full(shape, Fraction(0), dtype=object)
        room, none = zero, zero.copy()
        where: list[Any] = [slice(None)] * table.ndim
        where[axis] = slice(0, size)
        room[tuple(where)] = table
        where[axis] = size if place is None else place
        none[tuple(where)] = table.sum(axis=axis)
        with_room[e], lost[e] = room, none
    try:
        return total(product(with_room, kept), product(lost, one_minus(kept)))
    except ValueError as error:
        raise BehaviorError(
            f"the efficiency of {name} and the probabilities have several square roots, expected one: {error}"
        ) from None


def _one_root(terms: Terms) -> None:
    roots = sorted({v.n for table in terms.values() for v in table.ravel() if isinstance(v, Surd)})
    if len(roots) > 1:
        raise BehaviorError(
            f"the family has the square roots {' and '.join(f'√{n}' for n in roots)}, expected one. Use rational "
            "numbers near the others."
        )


def as_sympy(table: Exact) -> NDArray[Any]:
    """Return a table of exact numbers as one of sympy's."""
    return np.array([*map(to_sympy, table.ravel()), None], dtype=object)[:-1].reshape(table.shape)
