"""Inequalities for p(outputs, settings) where p(settings|λ) is limited and p(settings) is free.

With deterministic answers and extreme p(settings|λ) the joint distributions are the vertices of a polytope. Facets are
found at rational limits. For limits that are symbols each is proved: the vertices that saturate it are expressions of
the symbols, of rank one less than the number of cells, so that one linear form vanishes on them; it is valid where its
values at all other vertices, as expressions, are not negative. That region is stated, together with the one on which
the vertices are vertices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.closed_forms.domains import Domain, read_domain
from relaxbell.closed_forms.facets import Symmetries, elements
from relaxbell.errors import ClosedFormError, MeasureError
from relaxbell.exact.numbers import Exact, read_fraction
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline, left, seconds_text
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.symmetry.adjacency import SymmetricPolytope, independent

if TYPE_CHECKING:
    import sympy

_SHOWN = 8
"""Classes that a text lists, and proves."""

_SIMPLE = 8
"""Cells in a facet up to which the simplest of its class is sought."""

_SHARES = ((Fraction(1, 2), Fraction(5, 4)), (Fraction(2, 3), Fraction(9, 7)))
"""Where symbols have no numbers: lower and upper limits, in units of 1 / number of settings."""


@dataclass(frozen=True, eq=False)
class JointClass:
    """Facets that relabelings turn into each other: Σ coefficients · p(outputs, settings) ≤ 0.

    Attributes
    ----------
    table
        Coefficients of one of them at numbers, over p(outputs, settings), axes as the model's table.
    size
        How many there are.
    name
        What it is known as; None if it is not.
    saturated
        How many vertices it holds with equality at.
    rank
        Of these; a facet has one less than there are cells that occur.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
    >>> found.classes[0].rank
    15
    """

    table: Exact
    size: int
    name: str | None
    saturated: int
    rank: int
    _prove: Callable[[], tuple[NDArray[Any], tuple[sympy.Expr, ...]]] = field(repr=False)
    _row: tuple[int, ...] = field(default=(), repr=False)
    _at: Mapping[Any, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.size

    @cached_property
    def _proof(self) -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
        return self._prove()

    @property
    def coefficients(self) -> NDArray[Any]:
        """Exact numbers, or sympy expressions where limits are symbols: proved when they are asked for."""
        return self._proof[0]

    @property
    def region(self) -> tuple[sympy.Expr, ...]:
        """Where limits are symbols: it is valid where all of these are ≥ 0, and the vertices are those taken."""
        return self._proof[1]

    @property
    def text(self) -> str:
        """The inequality, positive terms on the left: ``l p(0000) <= h p(0011) + …``."""
        left_side, right_side = list[str](), list[str]()
        for place in np.ndindex(*self.coefficients.shape):
            c = self.coefficients[place]
            if c == 0:
                continue
            number: Any = c
            positive = bool((number if isinstance(c, Fraction) else number.subs(self._at)) > 0)
            size = number if positive else -number
            text = str(size) if isinstance(size, Fraction) else str(size.expand())
            factor = "" if size == 1 else f"({text}) " if " + " in text or " - " in text else f"{text} "
            (left_side if positive else right_side).append(f"{factor}p({''.join(map(str, place))})")
        return f"{' + '.join(left_side) or '0'} <= {' + '.join(right_side) or '0'}"

    def __repr__(self) -> str:
        known = f"  ({self.name})" if self.name else ""
        return f"{self.size} × {self.text}{known}"


@dataclass(frozen=True, eq=False)
class JointInequalities:
    """All facets of the p(outputs, settings) of a model within limits of p(settings|λ), in classes.

    Made by `CausalModel.inequalities` with ``joint=True``.

    Attributes
    ----------
    model
        The model.
    domain
        The limits.
    at
        The numbers at which facets were found, where limits are symbols.
    classes
        Of relabelings, the simplest first, those of p ≥ 0 and of the limits themselves among them.
    complete
        Whether all were found.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
    >>> len(found) == sum(len(kind) for kind in found.classes)
    True
    """

    model: CausalModel
    domain: SettingLimits
    at: Mapping[Any, Fraction]
    classes: tuple[JointClass, ...]
    complete: bool
    _orbit: Callable[[tuple[int, ...]], list[Exact]] = field(repr=False)

    @cached_property
    def facets(self) -> tuple[Exact, ...]:
        """All of them beyond p ≥ 0, at the numbers `at`, as tables of coefficients ≤ 0 over p(outputs, settings)."""
        return tuple(row for kind in self.classes if kind.name != "positivity" for row in self._orbit(kind._row))

    @cached_property
    def positivity(self) -> tuple[Exact, ...]:
        """Those of p ≥ 0."""
        return tuple(row for kind in self.classes if kind.name == "positivity" for row in self._orbit(kind._row))

    def functionals(self, *, positivity: bool = False) -> tuple[BellFunctional, ...]:
        """Return the facets for the model's own p(settings), as Bell functionals of p(outputs|settings), ≤ 0.

        Parameters
        ----------
        positivity
            Whether those of p ≥ 0 come before them.

        Returns
        -------
        tuple of BellFunctional
            Exact; all that hold, some of which others may imply.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> max(f(rb.boxes.pr()) for f in found.functionals()) > 0
        True
        """
        tables = (*self.positivity, *self.facets) if positivity else self.facets
        return tuple(self._functional(table) for table in tables)

    def representatives(self) -> tuple[BellFunctional, ...]:
        """Return one facet of each class beyond p ≥ 0, as `functionals` does.

        Returns
        -------
        tuple of BellFunctional
            Exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> len(found.representatives()) < len(found.classes)
        True
        """
        own = [kind for kind in self.classes if kind.name != "positivity"]
        return tuple(self._functional(self._orbit(kind._row)[0]) for kind in own)

    def _functional(self, table: Exact) -> BellFunctional:
        weights = np.asarray(self.model.input_distribution.table, dtype=object)
        return BellFunctional(table * weights, self.model.outputs, self.model.inputs, parties=self.model.parties)

    def write(self, path: str | Path, *, file_format: str = "porta", coordinates: str = "collins_gisin") -> None:
        """Raise ClosedFormError: files hold inequalities of p(outputs|settings).

        Parameters
        ----------
        path, file_format, coordinates
            As for `write_inequalities`.

        Raises
        ------
        ClosedFormError
            It says what to use instead.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> found.write("joint.ieq")
        Traceback (most recent call last):
            ...
        relaxbell.errors.ClosedFormError: joint.ieq: inequalities of p(outputs, settings) are not written, expected ...
        """
        raise ClosedFormError(
            f"{path}: inequalities of p(outputs, settings) are not written, expected those of p(outputs|settings). "
            "Give functionals() to write_inequalities."
        )

    def __len__(self) -> int:
        return sum(len(kind) for kind in self.classes)

    def __repr__(self) -> str:
        cells = math.prod(self.model.observed_shape)
        where = f" at {', '.join(f'{s} = {v}' for s, v in self.at.items())}" if self.at else ""
        head = (
            f"{self.model.name} within {self.domain}: {len(self)} facets of p(outputs, settings), {cells} cells{where}"
        )
        lines = [f"  {kind!r}" for kind in self.classes[:_SHOWN]]
        more = len(self.classes) - len(lines)
        return "\n".join([head, *lines, *([f"  … {more} more classes"] if more else [])])


def read_limits(model: CausalModel, subject_to: object) -> SettingLimits | None:
    """Return the limits of the settings in constraints; None if there are none.

    Raises
    ------
    ClosedFormError
        For other constraints.
    """
    given = list(subject_to) if isinstance(subject_to, Sequence) else [subject_to]
    found = {
        id(own): own
        for c in given
        if isinstance(own := c if isinstance(c, SettingLimits) else _limits(c), SettingLimits)
    }
    others = [c for c in given if not isinstance(c, SettingLimits) and not isinstance(_limits(c), SettingLimits)]
    if others or len(found) > 1:
        raise ClosedFormError(
            f"inequalities of {model.name} are subject to limits of its settings only: found "
            f"{'several of them' if not others else type(others[0]).__name__}, expected setting_bounds(model, …), once."
        )
    own = next(iter(found.values()), None)
    if own is not None and own.model is not model:
        raise MeasureError(f"{own} belong to another instance of {own.model.name}. Build them from the model itself.")
    if own is not None and model.free_inputs:
        raise ClosedFormError(
            f"{model.name} has the free inputs {', '.join(model.free_inputs)}: expected all of them to depend on the "
            "latent variable. Relax the other edges too."
        )
    return own


def _limits(constraint: object) -> object:
    return getattr(constraint, "limits", None)


def joint_points(
    limits: SettingLimits, at: Mapping[Any, Fraction] | None = None
) -> tuple[NDArray[np.int64], int, list[tuple[tuple[int, ...], int]]]:
    """Return the vertices p(outputs, settings) times a whole unit, that unit, and for each its cells and extreme p.

    The p are numbered as `SettingLimits.vertices` lists them.
    """
    model, layout = limits.model, limits.layout
    cells = model.T.indices.reshape(model.strategies.count, -1)[:, 0][layout.numbers].T
    exact = [[Fraction(str(v)) for v in own] for own in (limits.at(at) if at else limits).vertices()]
    unit = math.lcm(*(v.denominator for own in exact for v in own))
    found = dict[tuple[int, ...], tuple[tuple[int, ...], int]]()
    size = math.prod(model.observed_shape)
    for row in np.unique(cells, axis=0).tolist():
        for k, own in enumerate(exact):
            point = [0] * size
            for cell, v in zip(row, own, strict=True):
                point[cell] = int(v * unit)
            found.setdefault(tuple(point), (tuple(row), k))
    order = sorted(found)
    return np.array(order, dtype=np.int64), unit, [found[point] for point in order]


def joint_inequalities(
    model: CausalModel,
    limits: SettingLimits,
    at: Mapping[Any, Any] | None,
    seconds: float,
    limit: float | None,
) -> JointInequalities:
    """Return the facets of p(outputs, settings); see `CausalModel.inequalities`."""
    numbers = _numbers(limits, at)
    points, unit, made = joint_points(limits, numbers)
    table = np.hstack([np.ones((len(points), 1), dtype=np.int64), points])
    kept = independent(table)
    domain = read_domain(model, "model")
    group = elements(Symmetries(domain, points, fixed=False), len(points))
    if group is None:
        raise ClosedFormError(f"{model.name} has too many symmetries to list. Take a smaller scenario.")
    polytope = SymmetricPolytope(table[:, kept], group)
    with deadline(limit, model.name):
        found, complete = polytope.facets(left)

    def tables(row: tuple[int, ...]) -> list[Exact]:
        return [_table(own, kept, unit, domain) for own in polytope.orbit(row).tolist()]

    symbolic = limits.vertices(at=numbers) if limits.symbols else None
    firsts = [_table(own.row, kept, unit, domain) for own in found]
    classes = [
        _class(own.row, own.size, first, tables, limits, numbers, points, made, symbolic)
        for own, first in zip(found, firsts, strict=True)
    ]
    classes.sort(key=lambda kind: (int((kind.table != 0).sum()), kind.size, kind.table.ravel().tolist()))
    result = JointInequalities(model, limits, numbers, tuple(classes), complete, tables)
    if not complete:
        raise ClosedFormError(
            f"the {len(points):,} vertices of {model.name} within {limits} were not turned into all inequalities in "
            f"{seconds_text(seconds)}: {len(classes):,} classes were found. Raise seconds, or take a smaller scenario.",
            result,
        )
    return result


def _numbers(limits: SettingLimits, at: Mapping[Any, Any] | None) -> dict[Any, Fraction]:
    """Return numbers for the symbols of limits."""
    symbols = limits.symbols
    given = dict(at or {})
    if given and set(given) != set(symbols):
        raise ClosedFormError(
            f"at has {', '.join(map(str, given))}, expected numbers for {', '.join(map(str, symbols))}."
        )
    if not given:
        n = len(limits.layout.settings)
        low, high = _SHARES[0]
        for own, value in ((limits.lower, low / n), (limits.upper, high / n), (limits.bias, Fraction(1, 5))):
            if own in symbols:
                given[own] = value
    found = {}
    for symbol, value in given.items():
        found[symbol] = read_fraction(value, f"at[{symbol}]", ClosedFormError)
    return found


def _table(row: Sequence[int], kept: Sequence[int], unit: int, domain: Domain) -> Exact:
    """Return a row ≥ 0 over (1, kept cells times a unit) as coefficients ≤ 0 over all cells, for Σ p = 1."""
    whole = [0] * (1 + math.prod(domain.model.observed_shape))
    for place, value in zip(kept, row, strict=True):
        whole[place] = int(value)
    coefficients = [-(whole[0] + v * unit) for v in whole[1:]]
    divisor = math.gcd(*coefficients) or 1
    return np.array([Fraction(c // divisor) for c in coefficients], dtype=object).reshape(domain.model.observed_shape)


def _class(
    row: tuple[int, ...],
    size: int,
    first: Exact,
    tables: Callable[[tuple[int, ...]], list[Exact]],
    limits: SettingLimits,
    numbers: Mapping[Any, Fraction],
    points: NDArray[np.int64],
    made: Sequence[tuple[tuple[int, ...], int]],
    symbolic: Sequence[tuple[sympy.Expr, ...]] | None,
) -> JointClass:
    from flint import fmpz_mat

    own = first
    members = tables(row) if int((first != 0).sum()) <= _SIMPLE else [first]  # orbits have the same numbers
    if len(members) > 1:
        own = min(members, key=lambda t: ([abs(v) for v in t.ravel()], [-v for v in t.ravel()]))
    name, known = _name(own, limits.at(numbers) if numbers else limits, members)
    own = own if known is None else known
    flat = np.array([int(v) for v in own.ravel()], dtype=object)
    on = np.flatnonzero(points.astype(object) @ flat == 0).tolist()
    rank = int(fmpz_mat(points[on].tolist()).rank())

    def prove() -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
        if symbolic is None:
            return own, ()
        enough = [on[i] for i in independent(points[on].T)]
        return _proved(own, on, enough, numbers, made, symbolic)

    return JointClass(own, size, name, len(on), rank, prove, row, dict(numbers))


def _proved(
    own: Exact,
    on: Sequence[int],
    enough: Sequence[int],
    numbers: Mapping[Any, Fraction],
    made: Sequence[tuple[tuple[int, ...], int]],
    symbolic: Sequence[tuple[sympy.Expr, ...]],
) -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
    """Return the form that vanishes on symbolic vertices, and the expressions that must not be negative."""
    import sympy
    from sympy.polys.matrices import DomainMatrix

    symbols = list(numbers)
    values = {symbol: sympy.Rational(v.numerator, v.denominator) for symbol, v in numbers.items()}
    field = sympy.QQ.frac_field(*symbols)
    zero = field.zero
    vertices = [[field.from_sympy(v) for v in each] for each in symbolic]
    width = own.size
    rows = []
    for i in enough:
        cells, k = made[i]
        row = [zero] * width
        for cell, v in zip(cells, vertices[k], strict=True):
            row[cell] = v
        rows.append(row)
    used = sorted({cell for cells, _ in made for cell in cells})
    matrix = DomainMatrix([[row[c] for c in used] for row in rows], (len(rows), len(used)), field)
    kernel = matrix.nullspace()
    if kernel.shape[0] != 1:
        raise ClosedFormError(
            f"a facet at {', '.join(f'{s} = {v}' for s, v in numbers.items())} is none for symbols: its vertices have "
            f"rank {len(used) - kernel.shape[0]}, expected {len(used) - 1}. Give other numbers by at={{…}}."
        )
    entries = [field.to_sympy(v) for v in kernel.to_list()[0]]
    common = sympy.lcm_list([sympy.denom(sympy.together(v)) for v in entries])
    whole = [sympy.cancel(v * common) for v in entries]
    divisor = sympy.gcd_list([v for v in whole if v != 0])
    whole = [sympy.cancel(v / divisor) for v in whole]
    place = next(i for i, c in enumerate(used) if own.ravel()[c] != 0)
    if (whole[place].subs(values) > 0) != (own.ravel()[used[place]] > 0):
        whole = [-v for v in whole]
    flat = np.array([sympy.Integer(0)] * width, dtype=object)
    for cell, v in zip(used, whole, strict=True):
        flat[cell] = v
    conditions = dict[sympy.Expr, None]()
    form = [field.from_sympy(v) for v in flat.tolist()]
    values_of = [sum((form[c] * v for c, v in zip(cells, vertices[k], strict=True)), zero) for cells, k in made]
    if any(values_of[i] != zero for i in on):
        raise ClosedFormError(
            f"a facet at {', '.join(f'{s} = {v}' for s, v in numbers.items())} has vertices that leave it nearby. Give "
            "other numbers by at={…}."
        )
    slacks = set(values_of)
    for slack in (-field.to_sympy(own) for own in slacks if own != zero):
        if slack.subs(values) < 0:
            raise ClosedFormError(f"the form {flat.tolist()} is not valid at {values}. Please report the model.")
        for factor in _factors(slack, values):
            conditions[factor] = None
    for v in {v for each in symbolic for v in each}:  # where these are vertices: probabilities
        for factor in _factors(v, values):
            conditions[factor] = None
    return flat.reshape(own.shape), tuple(sorted(conditions, key=lambda c: (len(str(c)), str(c))))


def _factors(expression: sympy.Expr, values: Mapping[Any, sympy.Expr]) -> list[sympy.Expr]:
    """Return factors, positive at these values, whose signs decide that of a product; squares decide nothing."""
    import sympy

    found = []
    for factor, power in sympy.factor_list(expression)[1]:
        if power % 2:
            found.append(factor if factor.subs(values) > 0 else sympy.expand(-factor))
    return found


def _name(own: Exact, limits: SettingLimits, members: Sequence[Exact]) -> tuple[str | None, Exact | None]:
    """Return what a facet is known as, and the member of its class that the literature writes."""
    used = [v for v in own.ravel() if v != 0]
    if len(used) == 1:
        return "positivity", None
    outputs = len(limits.model.outputs)
    table = own.reshape(math.prod(own.shape[:outputs]), -1)
    if all((column == column[0]).all() for column in table.T):
        return "limits of p(settings)", None
    shape = own.shape
    if shape == (2, 2, 2, 2) and len(used) == 4 and limits.bias is None:
        entries = [Fraction(str(v)) for vertex in limits.vertices() for v in vertex]
        lowest, highest = min(entries), max(entries)  # of p(settings|λ), given or implied
        known = np.full(shape, Fraction(0), dtype=object)
        known[0, 0, 0, 0] = lowest
        for place in ((0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 1)):
            known[place] = -highest
        for member in members:
            if lowest > 0 and (member * lowest == known * member[0, 0, 0, 0]).all() and member[0, 0, 0, 0] > 0:
                return "Pütz et al. 2014", member
    return None, None


__all__ = ["JointClass", "JointInequalities", "joint_inequalities", "joint_points", "read_limits"]
