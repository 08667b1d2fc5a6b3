"""Classes of functionals under relabelings of inputs, outputs and parties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, exact_parts, from_parts
from relaxbell.functionals.frame import Frame
from relaxbell.functionals.functional import BellFunctional
from relaxbell.permutations import ORBIT_LIMIT, orbit
from relaxbell.results import Variables
from relaxbell.symmetry.generators import generators
from relaxbell.symmetry.points import axes_of, over_points, over_variables, point_table


def all_tables(functional: BellFunctional) -> list[Exact]:
    """Return one table of coefficients for each relabeling."""
    count = point_table(functional).relabelings
    if count > ORBIT_LIMIT:
        raise FunctionalError(
            f"{functional.title} has {count:,} relabelings, expected at most {ORBIT_LIMIT:,} for a list of them. Use "
            "canonical() or equivalent(…), which need no list."
        )
    parts, denominator, radicand = exact_parts(functional.coefficients.ravel())
    shape = functional.coefficients.shape
    images = _images(functional, parts.T.ravel().tolist())
    rows = [np.array(image, dtype=object).reshape(-1, len(parts)).T for image in images]
    return [_numbers(own, denominator, radicand).reshape(shape) for own in rows]


def _images(functional: BellFunctional, table: Sequence[int]) -> list[tuple[int, ...]]:
    """Return one relabeled table for each functional in an orbit.

    The table is flat, of whole numbers; its parts (rational, of a root) are moved together.
    """
    exchanges = np.array([g.inverse.cells() for g in generators(functional.scenario)], dtype=np.intp)
    expansion = functional.frame.expansion
    dtype = np.int64 if max(map(abs, table)) < 2**40 else object  # products with small whole numbers cannot overflow

    def keyed(rows: NDArray[Any]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        forms = (rows.reshape(len(rows), -1, len(expansion)) @ expansion).reshape(len(rows), -1)
        yield from zip(map(tuple, forms.tolist()), map(tuple, rows.tolist()), strict=True)

    def images(
        found: list[tuple[tuple[int, ...], tuple[int, ...]]],
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        parts = np.array([row for _, row in found], dtype=dtype).reshape(len(found), -1, len(expansion))
        for sources in exchanges:
            yield from keyed(parts[:, :, sources].reshape(len(found), -1))

    start = keyed(np.array([table], dtype=dtype))
    return [row for _, row in orbit(start, images, itemgetter(0))]


def canonical(functional: BellFunctional) -> BellFunctional:
    """Return the representative of a functional's class; see `BellFunctional.canonical`."""
    ordered = by_cardinality(functional)
    shape = ordered.coefficients.shape
    parts, denominator, radicand = exact_parts([*ordered.coefficients.ravel(), ordered.constant])
    table = _in_order(over_points(parts[:-1].reshape(*shape, -1), ordered.scenario), ordered)
    shortest = _shortened(table, parts[-1], ordered.scenario, ordered.frame)
    form = _numbers(_form(shortest, parts[-1], ordered.scenario, ordered.frame), denominator, radicand)
    table = ordered.frame.coordinates.lift(form)
    return BellFunctional(table, ordered.outputs, ordered.inputs, constant=form[0], parties=ordered.parties)


def equivalent(one: BellFunctional, other: BellFunctional, *, scale: bool, offset: bool) -> bool:
    """Return whether a relabeling turns one functional into the other, see `BellFunctional.equivalent`."""
    first, second = by_cardinality(one), by_cardinality(other)
    if first.frame != second.frame:
        return False
    a, b = point_table(first), point_table(second)
    if not scale and a.size != b.size:
        return False
    shifts = [table.exact(table.constant) / table.size for table in (a, b)]
    return (offset or shifts[0] == shifts[1]) and a.is_relabeled(b)


def by_cardinality(functional: BellFunctional) -> BellFunctional:
    """Return the functional with its parties in descending order of their cardinalities, those without input last."""
    if axes_of(functional.scenario).joint is not None:
        return functional
    k, shape, own = len(functional.outputs), functional.coefficients.shape, functional.frame.own
    sizes = [(x is not None, shape[i], 1 if x is None else shape[k + x]) for i, x in enumerate(own)]
    order = sorted(range(k), key=lambda i: sizes[i], reverse=True)
    chosen = [x for i in order if (x := own[i]) is not None]
    axes = order + [k + x for x in chosen]
    inputs = [functional.inputs[i] for i in range(len(chosen))]
    parties = dict(zip(functional.outputs, [*inputs, *[None] * (k - len(inputs))], strict=True))
    table = functional.coefficients.transpose(axes)
    return BellFunctional(table, functional.outputs, functional.inputs, constant=functional.constant, parties=parties)


def _in_order(table: NDArray[Any], functional: BellFunctional) -> NDArray[Any]:
    """Return a table over points with axes of one kind, settings and points in the order of the canonical colors."""
    axes, colors = axes_of(functional.scenario), list(point_table(functional).labeling.colors)
    own = [[colors.pop(0) for _ in settings] for settings in axes.settings]
    places: dict[Any, list[int]] = {}
    for axis, kind in enumerate(axes.kinds):
        places.setdefault(kind, []).append(axis)
    order = list(range(len(own)))
    for same in places.values():
        for place, axis in zip(same, sorted(same, key=lambda axis: min(own[axis])), strict=True):
            order[place] = axis
    table = table.transpose([*order, len(order)])
    for place, axis in enumerate(order):
        settings = axes.settings[axis]
        first = {s: min(c for c, mine in zip(own[axis], settings, strict=True) if mine == s) for s in settings}
        points = sorted(range(len(settings)), key=lambda i: (first[settings[i]], own[axis][i]))
        table = table.take(points, axis=place)
    return table


def _shortened(table: NDArray[Any], constant: NDArray[Any], scenario: Variables, frame: Frame) -> NDArray[Any]:
    """Exchange outcomes with the last one of their setting while that leaves fewer Collins–Gisin coefficients."""
    swaps = [
        (axis, point, last)
        for axis, settings in enumerate(axes_of(scenario).settings)
        for point, setting in enumerate(settings)
        if point < (last := max(i for i, s in enumerate(settings) if s == setting))
    ]

    def terms(candidate: NDArray[Any]) -> int:
        return int(_form(candidate, constant, scenario, frame).any(axis=1).sum())

    fewest, improved = terms(table), True
    while improved:
        improved = False
        for axis, point, last in swaps:
            order = list(range(table.shape[axis]))
            order[point], order[last] = last, point
            swapped = table.take(order, axis=axis)
            count = terms(swapped)
            if count < fewest:
                table, fewest, improved = swapped, count, True
    return table


def _form(table: NDArray[Any], constant: NDArray[Any], scenario: Variables, frame: Frame) -> NDArray[Any]:
    """Return the constant and the coordinate coefficients of a table over points, one column for each part."""
    wide = over_variables(table, scenario)
    form = np.stack([frame.coordinates.pull_back(wide[..., i]) for i in range(wide.shape[-1])], axis=1)
    form[0] += constant
    return form


def _numbers(rows: NDArray[Any], denominator: int, radicand: int) -> Exact:
    found = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        found[i] = from_parts(row, denominator, radicand)
    return found
