"""Limits of p(settings|λ): the same for each λ, as constraints on q and as the polytope that they leave.

Bounded measurement dependence (Pütz, Rosset, Barnea, Liang and Gisin, PRL 113, 190402, 2014), and sources of Santha and
Vazirani (J. Comput. Syst. Sci. 33, 75, 1986), of which each bit is bounded given λ and the bits before it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError, ModelTooLargeError, installation
from relaxbell.exact.late_rows import LateRows
from relaxbell.exact.numbers import ExactNumber, as_exact, read_fraction, to_sympy
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import is_symbol
from relaxbell.measures.settings import Labels, SettingLayout, setting_layout

if TYPE_CHECKING:
    import sympy

_ENTRY = 24
"""Bytes of the rows for each entry, while they are built."""

Limit: TypeAlias = "ExactNumber | sympy.Symbol | None"
Row: TypeAlias = "tuple[list[sympy.Expr], str]"
"""Coefficients of p(x|λ), one for each setting, whose sum is ≤ 0, and what it says."""


@dataclass(frozen=True, eq=False)
class SettingLimits:
    """What p(settings|λ) may be, for every λ; see `setting_bounds`.

    Attributes
    ----------
    model
        With dependent inputs.
    layout
        The settings that occur.
    lower, upper
        Exact numbers, symbols, or None.
    bias
        Of bits: how far they may be from 1/2.
    alone
        Whether bits are bounded given λ alone, not given those before.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> rb.setting_bounds(rb.measurement_dependence(), upper=sympy.Symbol("P"))
    [p(X,Y|λ) <= P]
    """

    model: CausalModel
    layout: SettingLayout
    lower: Limit = None
    upper: Limit = None
    bias: Limit = None
    alone: bool = False

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols among the limits, in the order of the arguments, each once."""
        found = (own for own in (self.lower, self.upper, self.bias) if is_symbol(own))
        return tuple(dict.fromkeys(found))

    def at(self, values: Mapping[sympy.Symbol, Fraction]) -> SettingLimits:
        """Return the limits with numbers for symbols.

        Parameters
        ----------
        values
            Numbers by symbols.

        Returns
        -------
        SettingLimits
            Of the same model.

        Raises
        ------
        MeasureError
            If they exclude the distribution of the settings itself.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> P = sympy.Symbol("P")
        >>> rb.setting_bounds(rb.measurement_dependence(), upper=P)[0].at({P: 0.3})
        p(X,Y|λ) <= 3/10
        """
        lower, upper, bias = (
            _read(values[own], self.layout) if is_symbol(own) and own in values else own
            for own in (self.lower, self.upper, self.bias)
        )
        found = replace(self, lower=lower, upper=upper, bias=bias)
        check_limits(found)
        return found

    def __repr__(self) -> str:
        who = f"p({','.join(self.layout.names)}|λ)"
        parts = [f"{who} >= {self.lower}"] if self.lower is not None else []
        parts += [f"{who} <= {self.upper}"] if self.upper is not None else []
        if self.bias is not None:
            given = "λ alone" if self.alone else "λ and the bits before"
            parts.append(f"|p(bit) - 1/2| <= {self.bias} given {given}")
        return ", ".join(parts)

    # ------------------------------------------------------------------- what they say

    @property
    def least_bias(self) -> Fraction:
        """How far the bits are from 1/2 in the distribution of the settings itself."""
        worst = Fraction(0)
        for own, rest in self._bits():
            whole = sum((self.layout.weights[x] for x in rest), Fraction(0))
            part = sum((self.layout.weights[x] for x in own), Fraction(0))
            worst = max(worst, abs(part / whole - Fraction(1, 2)))
        return worst

    def _bits(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield, for each value of a bit given what was before, its settings and those of both values."""
        settings = self.layout.settings
        for k in range(len(self.layout.names)):
            before = {() if self.alone else x[:k] for x in settings}
            for head in sorted(before):
                rest = [i for i, x in enumerate(settings) if self.alone or x[:k] == head]
                for value in range(2):
                    yield [i for i in rest if settings[i][k] == value], rest

    def vertices(self, *, at: Mapping[sympy.Symbol, Fraction] = MappingProxyType({})) -> list[tuple[sympy.Expr, ...]]:
        """Return the extreme p(x|λ) within the limits, as expressions of the symbols.

        Parameters
        ----------
        at
            Numbers for the symbols: which inequalities meet in a vertex is found there, and holds nearby.

        Returns
        -------
        list of tuple
            One number or expression for each setting that occurs, of sum 1.

        Raises
        ------
        MeasureError
            If the limits leave nothing at these values.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> P = sympy.Symbol("P")
        >>> rb.setting_bounds(rb.measurement_dependence(), upper=P)[0].vertices(at={P: sympy.Rational(7, 24)})[0]
        (P, P, P, 1 - 3*P)
        """
        import sympy

        numbers = {symbol: sympy.sympify(value) for symbol, value in at.items()}
        if self.bias is None:
            return self._permutations(numbers)
        rows = [row for row, _ in limit_rows(self)]
        n = len(self.layout.settings)
        unit = [[-sympy.Integer(int(x == y)) for y in range(n)] for x in range(n)]
        everything = [*rows, *unit]
        exact = [[Fraction(str(sympy.Rational(sympy.sympify(c).subs(numbers)))) for c in row] for row in everything]
        points = _extreme(exact, n)
        if not points:
            raise MeasureError(f"the limits {self} leave no p({','.join(self.layout.names)}|λ). Expected wider ones.")
        if not numbers:
            return [tuple(map(to_sympy, point)) for point in points]
        found = []
        for point in points:
            tight = [k for k, row in enumerate(exact) if sum(c * v for c, v in zip(row, point, strict=True)) == 0]
            found.append(_solved([everything[k] for k in tight], n))
        return found

    def _permutations(self, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> list[tuple[sympy.Expr, ...]]:
        """Return the vertices of lower ≤ p ≤ upper: k settings at the upper limit, all others but one at the lower."""
        import sympy

        n = len(self.layout.settings)
        low = sympy.Integer(0) if self.lower is None else _expression(self.lower)
        high = sympy.Integer(1) if self.upper is None else _expression(self.upper)
        room, left = (high - low).subs(numbers), (1 - n * low).subs(numbers)
        if not bool(low.subs(numbers) >= 0) or bool(left < 0) or bool((n * high - 1).subs(numbers) < 0):
            raise MeasureError(f"the limits {self} leave no p({','.join(self.layout.names)}|λ). Expected wider ones.")
        k = n if left == n * room else int(sympy.floor(left / room))
        if k == n:
            return [(sympy.Rational(1, n),) * n]
        rest = sympy.expand(1 - k * high - (n - 1 - k) * low)
        places = range(n) if rest.subs(numbers) != low.subs(numbers) else range(1)
        found = dict[tuple[sympy.Expr, ...], None]()
        for top in itertools.combinations(range(n), k):
            free = [x for x in range(n) if x not in top]
            for x in free if len(places) > 1 else free[:1]:
                found[tuple(high if y in top else rest if y == x else low for y in range(n))] = None
        return list(found)


def check_limits(limits: SettingLimits) -> None:
    """Raise MeasureError where numbers exclude the distribution of the settings itlimits."""
    who = f"p({','.join(limits.layout.names)}|λ)"
    weights = limits.layout.weights
    for limit, side, extreme in ((limits.lower, -1, min(weights)), (limits.upper, 1, max(weights))):
        if limit is None or is_symbol(limit):
            continue
        if not 0 <= limit <= 1 or side * (extreme - limit) > 0:
            raise MeasureError(
                f"the bound {limit} on {who} cannot hold: the settings themselves have probability "
                f"{float(extreme):g}. Expected {'at most' if side < 0 else 'at least'} that."
            )
    if limits.bias is not None and not is_symbol(limits.bias):
        least = limits.least_bias
        if not least <= limits.bias <= Fraction(1, 2):
            raise MeasureError(
                f"santha_vazirani={limits.bias} for {who} cannot hold: found bits that are {float(least):g} from 1/2 "
                "in the distribution of the settings itlimits. Expected at least that, and at most 1/2."
            )


def limit_rows(limits: SettingLimits) -> list[Row]:
    """Return the inequalities over p(x|λ), with exact numbers or symbols as sympy expressions."""
    import sympy

    n, found = len(limits.layout.settings), list[Row]()
    for limit, side, relation in ((limits.lower, -1, ">="), (limits.upper, 1, "<=")):
        if limit is None:
            continue
        number = limit if is_symbol(limit) else to_sympy(limit)
        for x in range(n):
            row = [-side * number] * n
            row[x] = side * (1 - number)
            found.append((row, f"p({limits.layout.label(x)}|λ) {relation} {limit}"))
    if limits.bias is not None:
        top = sympy.Rational(1, 2) + (limits.bias if is_symbol(limits.bias) else to_sympy(limits.bias))
        for own, rest in limits._bits():
            row = [sympy.Integer(0)] * n
            for x in rest:
                row[x] = -top
            for x in own:
                row[x] = 1 - top
            found.append((row, f"p({'|'.join(limits.layout.label(x) for x in own)}) <= {top} given what was before"))
    return found


@dataclass(frozen=True, eq=False)
class SettingBound(AffineConstraint):
    """A limit of p(x|λ) for all x and λ; see `setting_bounds`. Where strategies are many, its rows are not made.

    Attributes
    ----------
    limit
        The number.
    side
        1: no more than the limit; −1: no less.
    limits
        What it is one of.
    rows, rhs, equality
        As in `AffineConstraint`; no right-hand sides where the rows are not made: all are zero.
    """

    limit: ExactNumber
    side: int
    limits: SettingLimits

    @property
    def text(self) -> str:
        who = f"p({','.join(self.limits.layout.names)}|λ)"
        return f"{who} {'<=' if self.side > 0 else '>='} {decimal_text(self.limit, 9)}"

    def __repr__(self) -> str:
        return self.text


def box_of(limits: Sequence[SettingBound]) -> tuple[ExactNumber, ExactNumber]:
    """Return between which numbers p(x|λ) is, where several limits hold."""
    low = max((own.limit for own in limits if own.side < 0), default=Fraction(0))
    return low, min((own.limit for own in limits if own.side > 0), default=Fraction(1))


def limit_constraints(limits: SettingLimits) -> list[AffineConstraint]:
    """Return the rows over q, the same for each Λ; of numbers only."""
    found: list[AffineConstraint] = []
    for limit, side in ((limits.lower, -1), (limits.upper, 1)):
        if limit is not None:
            found.append(_bound(limits, limit, side))
    biased = replace(limits, lower=None, upper=None)
    return [*found, _constraint(biased)] if limit_rows(biased) else found


def _bound(limits: SettingLimits, limit: Any, side: int) -> SettingBound:
    """Return side · (q(x, Λ) − limit · q(Λ)) ≤ 0 for every x and Λ."""
    layout, model = limits.layout, limits.model
    height = len(layout.weights) * layout.count
    labels = Labels(height, partial(_bound_label, layout, f"{'>=' if side < 0 else '<='} {limit}"))
    try:
        rows = _bound_rows(model, layout, limit, side, labels)
    except ModelTooLargeError:
        late = LateRows(
            partial(_bound_rows, model, layout, limit, side, labels), labels, height, height * len(layout.weights),
            nonnegative=False,
        )  # fmt: skip
        return SettingBound(late, np.zeros(0, dtype=object), False, limit, side, limits)
    return SettingBound(rows, np.full(height, Fraction(0), dtype=object), False, limit, side, limits)


def _bound_rows(model: CausalModel, layout: SettingLayout, bound: ExactNumber, side: int, labels: Labels) -> Rows:
    settings, count = layout.numbers.shape
    columns = np.broadcast_to(layout.numbers.T[None], (settings, count, settings))
    pointers = np.arange(0, columns.size + 1, settings)
    shape = (settings * count, model.strategies.count)
    pattern = sp.csr_array((np.ones(columns.size), columns.ravel().astype(np.int32), pointers), shape=shape)
    place = np.zeros(columns.shape, dtype=np.intp)
    for x in range(settings):
        place[x, :, x] = 1
    distinct = np.array([-side * bound, side * (1 - bound)], dtype=object)
    return Rows.read(pattern, distinct, place.ravel(), labels)


def _bound_memory(settings: int, count: int) -> int:
    """Return the bytes of the rows, while they are built."""
    return 3 * _ENTRY * settings**2 * count


def _bound_label(layout: SettingLayout, relation: str, i: int) -> str:
    x, rest = divmod(i, layout.count)
    return f"p({layout.label(x)},Λ={rest}) {relation} p(Λ={rest})"


def _expression(limit: Any) -> Any:
    return limit if is_symbol(limit) else to_sympy(limit)


def _extreme(rows: list[list[Fraction]], n: int) -> list[tuple[Fraction, ...]]:
    """Return the vertices of Σ p = 1, rows · p ≤ 0."""
    try:
        hull = Polyhedron(n)
    except ModuleNotFoundError:
        raise MeasureError(
            f"vertices of limits of settings need exact polyhedra: pplpy is not installed. {installation('polytopes')}"
        ) from None
    scale = [math.lcm(*(c.denominator for c in row)) for row in rows]
    hull.add([(0, *(int(-c * k) for c in row)) for row, k in zip(rows, scale, strict=True)])
    hull.add([(-1, *([1] * n)), (1, *([-1] * n))])
    points = (tuple(Fraction(v, own.divisor) for v in own.coordinates) for own in hull.vertices())
    return sorted(points, reverse=True)


def _solved(rows: list[list[Any]], n: int) -> tuple[sympy.Expr, ...]:
    """Return the p of sum 1 at which rows of symbols are 0; where more than enough meet, by some of them."""
    import sympy

    names = sympy.symbols(f"p0:{n}")
    for chosen in itertools.combinations(rows, n - 1):
        matrix = sympy.Matrix([*chosen, [1] * n])
        if sympy.cancel(matrix.det()) != 0:
            found = matrix.LUsolve(sympy.Matrix([0] * (n - 1) + [1]))
            return tuple(sympy.factor(sympy.cancel(v)) if v.is_rational_function(*names) else v for v in found)
    raise AssertionError("a vertex lies on as many independent rows")


def _read(limit: Any, layout: SettingLayout) -> Limit:
    """Return a limit as an exact number, a symbol, or None."""
    who = f"p({','.join(layout.names)}|λ)"
    if limit is None or is_symbol(limit):
        return limit
    if getattr(limit, "free_symbols", None):
        raise MeasureError(
            f"the bound {limit} on {who} is an expression of symbols, expected a number or a symbol alone. Give the "
            "symbol, and put the expression into the curve: curve.to_sympy()."
        )
    exact = as_exact(limit)
    return read_fraction(limit, f"the bound on {who}", MeasureError) if exact is None else exact


def setting_bounds(
    model: CausalModel,
    *,
    lower: Any = None,
    upper: Any = None,
    santha_vazirani: Any = None,
    alone: bool = False,
) -> list[Any]:
    """Return the constraints lower ≤ p(x|λ) ≤ upper for every λ, for `subject_to`.

    Bounded measurement dependence in the sense of Pütz, Rosset, Barnea, Liang and Gisin, PRL 113,
    190402 (2014), doi:10.1103/PhysRevLett.113.190402. x are the joint settings of all dependent inputs: with several,
    p(x, y|λ) need not factorize into p(x|λ) p(y|λ), see `dependence`.

    Parameters
    ----------
    model
        With dependent inputs.
    lower, upper
        Probabilities, or None for no bound: exact where they are (fractions, a + b√n); floats mean the decimals that
        print them. Or a sympy symbol: `BellFunctional.bound` then gives a curve, of rational pieces, and
        `CausalModel.inequalities` proves its facets for it.
    santha_vazirani
        ε, a number or a symbol: dependent inputs are bits of a source of Santha and Vazirani (1986), in the model's
        order, each with |p(bit|λ, bits before) − 1/2| ≤ ε.
    alone
        Bound each bit given λ alone instead, p(x|λ) and p(y|λ): then they may be equal always, however small ε is, and
        CHSH reaches 4.

    Returns
    -------
    list
        One for each bound: CVXPY constraints on ``model.q``, or where strategies are too many to list them, constraints
        for `minimize` and `BellFunctional.bound`, which keep them without a list; with symbols a `SettingLimits`.

    Raises
    ------
    MeasureError
        If a bound is not a probability or a symbol, or excludes the settings' own distribution; or if settings with
        other than two values are bits.
    ModelTooLargeError
        If they do not fit in memory.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model = rb.measurement_dependence()
    >>> len(rb.setting_bounds(model, lower=0.1, upper=0.5))
    2
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=0.1))  # 4 − 8 (1/2 − ε)²
    Fraction(68, 25)
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=0.1, alone=True))
    Fraction(4, 1)
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=sympy.Symbol("P")))
    max CHSH for P in [1/4, 1]: exact, 2 pieces
      [1/4, 1/3]: 24*P - 4
      [1/3, 1]: 4
    """
    layout = setting_layout(model, "the bounds of p", _bound_memory)
    limits = SettingLimits(
        model, layout, _read(lower, layout), _read(upper, layout),
        _read(santha_vazirani, layout), alone,
    )  # fmt: skip
    if limits.bias is not None:
        wide = [name for name in layout.names if model.cardinality[name] != 2]
        if wide:
            raise MeasureError(
                f"santha_vazirani is for bits: {wide[0]} has {model.cardinality[wide[0]]} values, expected two. Use "
                "lower and upper."
            )
    elif alone:
        raise MeasureError("alone=True goes with santha_vazirani, which is missing. Give ε, or leave alone out.")
    check_limits(limits)
    if limits.symbols:
        return [limits]
    return [_stated(constraint, limits) for constraint in limit_constraints(limits)]


def _stated(constraint: AffineConstraint, limits: SettingLimits) -> Any:
    """Return a constraint of CVXPY where its rows can be listed, else the constraint itself."""
    if isinstance(constraint, SettingBound) and not len(constraint.rhs):
        return constraint
    own = constraint.in_cvxpy(limits.model)
    own.limits = limits
    return own


def _constraint(limits: SettingLimits) -> AffineConstraint:
    """Return rows · q ≤ 0 for every Λ, of limits of one kind."""
    layout = limits.layout
    settings, count = layout.numbers.shape
    rows = limit_rows(limits)
    coefficients = np.array([[as_exact(c) for c in row] for row, _ in rows], dtype=object)
    distinct = sorted({v for v in coefficients.ravel().tolist()}, key=float)
    number = {value: i for i, value in enumerate(distinct)}
    pattern_columns, place, lengths = list[NDArray[np.intp]](), list[NDArray[np.intp]](), list[int]()
    for row in coefficients.tolist():
        used = [x for x in range(settings) if row[x] != 0]
        pattern_columns.append(layout.numbers[used].T.ravel())
        place.append(np.tile(np.array([number[row[x]] for x in used], dtype=np.intp), count))
        lengths += [len(used)] * count
    columns = np.concatenate(pattern_columns)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(rows) * count, limits.model.strategies.count)
    pattern = sp.csr_array((np.ones(len(columns)), columns.astype(np.int32), pointers), shape=shape)
    labels = Labels(shape[0], partial(_label, tuple(text for _, text in rows), count))
    return AffineConstraint(
        Rows.read(pattern, np.array(distinct, dtype=object), np.concatenate(place), labels),
        np.full(shape[0], Fraction(0), dtype=object),
        False,
    )


def _label(texts: tuple[str, ...], count: int, i: int) -> str:
    row, rest = divmod(i, count)
    return f"{texts[row]}, Λ={rest}"
