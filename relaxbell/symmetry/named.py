"""Which names of the catalog hold in a model: those that its own symmetries lead to.

A bound holds for all images of a functional under the symmetries of a model. Where other nodes see a party's outcome
but not its setting, relabeling the outcome by the setting is none: under A → B, `chained(3)` has the bound 6, and an
image of it, S3 of Ringbauer et al., arXiv:1602.02767, has 4.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.functionals.functional import BellFunctional
from relaxbell.permutations import orbit
from relaxbell.symmetry.models import model_generators
from relaxbell.symmetry.points import PointTable, point_table

_MOST = 50_000
"""Images that are compared at most: those of catalog functionals are far fewer."""

Ranks = NDArray[np.int64]


def bound_parties(model: CausalModel) -> tuple[str, ...]:
    """Return the outputs whose values cannot be relabeled by their settings: some child does not see the setting.

    Examples
    --------
    >>> import relaxbell as rb
    >>> bound_parties(rb.outcome_signaling()), bound_parties(rb.input_signaling())
    (('A',), ())
    """
    parties = model.parties or {}
    children = {a: [v for u, v in model.edges if u == a] for a in parties}
    return tuple(a for a, x in parties.items() if any(x not in model.parents(n) for n in children[a]))


def is_image(functional: BellFunctional, known: BellFunctional, model: CausalModel) -> bool:
    """Return whether symmetries of a model turn a catalog functional into a multiple of another one, constants aside.

    Settings, parties and p(settings) do not matter: they choose which of the catalog functional's are compared.
    """
    bound = set(bound_parties(model)) & set(functional.parties or {})
    if not bound:
        return True
    table, names = point_table(functional), list(functional.outputs)
    if table.axes.joint is not None:
        return True
    if not all(_merged_alike(table, functional.outputs.index(a)) for a in bound):
        return False
    for axis in reversed(range(len(names))):
        before = len(table.axes.settings)
        table = table.reduced_along(axis)
        if len(table.axes.settings) < before:
            del names[axis]
    target, own = table.ranks, point_table(known).reduced()
    free = [name not in bound for name in names]
    for order in itertools.permutations(range(len(names))):
        if [own.axes.settings[i] for i in order] == list(table.axes.settings):
            start = own.ranks.transpose(order)
            moves = list(_moves(table, free))
            images = orbit([start], partial(_moved, moves=moves), np.ndarray.tobytes)
            if any((image == target).all() for image in itertools.islice(images, _MOST)):
                return True
    return False


def is_image_with_signaling(
    functional: BellFunctional, known: BellFunctional, scale: ExactNumber, offset: ExactNumber, model: CausalModel
) -> bool:
    """Return whether functional = scale · image + offset on all behaviors of a model, which may signal.

    Functionals that are equal without signaling are others in a model with signaling, with other bounds. A catalog
    functional is taken at the first settings, where the model has more.
    """
    order = [(*model.outputs, *model.inputs).index(n) for n in (*functional.outputs, *functional.inputs)]
    table = functional.coefficients.transpose(np.argsort(order))
    k, inner = len(model.outputs), known.coefficients.shape
    if len(inner) != table.ndim or inner[:k] != table.shape[:k]:
        return False
    if any(own > most for own, most in zip(inner, table.shape, strict=True)):
        return False
    lifted = np.full(table.shape, Fraction(0), dtype=object)
    lifted[tuple(map(slice, inner))] = known.coefficients
    coordinates = model.coordinates
    target = coordinates.pull_back(table)
    target[0] = target[0] + functional.constant - offset
    sources = [g.inverse.cells() for g in model_generators(model, weighted=False)]
    start = np.array([v * scale for v in lifted.ravel()], dtype=object)

    def images(found: list[Exact]) -> Iterator[Exact]:
        for flat in found:
            yield from (flat[cells] for cells in sources)

    for flat in itertools.islice(orbit([start], images, tuple), _MOST):
        if (coordinates.pull_back(flat.reshape(table.shape)) == target).all():
            return True
    return False


def _merged_alike(table: PointTable, axis: int) -> bool:
    """Return whether the outcomes that an axis does not tell apart are the same at all settings that matter."""
    own, rows = table.axes.settings[axis], [tuple(row.ravel()) for row in np.moveaxis(table.numbers, axis, 0)]
    patterns = set()
    for setting in set(own):
        found = [row for s, row in zip(own, rows, strict=True) if s == setting]
        pattern = tuple(found.index(row) for row in found)
        if any(pattern):
            patterns.add(pattern)
    return len(patterns) <= 1


def _moves(table: PointTable, free: list[bool]) -> Iterator[tuple[int, list[int]]]:
    """Yield permutations of the points of an axis: exchanged settings, and outcomes for one setting or for all."""
    for axis, settings in enumerate(table.axes.settings):
        places = [[i for i, s in enumerate(settings) if s == setting] for setting in sorted(set(settings))]
        for one, other in itertools.pairwise(places):
            if len(one) == len(other):
                yield axis, _exchanged(len(settings), list(zip(one, other, strict=True)))
        least = min(map(len, places))
        if free[axis]:
            for own in places:
                for pair in itertools.pairwise(own):
                    yield axis, _exchanged(len(settings), [pair])
        else:
            for k in range(least - 1):
                yield axis, _exchanged(len(settings), [(own[k], own[k + 1]) for own in places])


def _exchanged(size: int, pairs: list[tuple[int, int]]) -> list[int]:
    found = list(range(size))
    for i, j in pairs:
        found[i], found[j] = found[j], found[i]
    return found


def _moved(found: list[Ranks], moves: list[tuple[int, list[int]]]) -> Iterator[Ranks]:
    for ranks in found:
        for axis, images in moves:
            yield np.ascontiguousarray(ranks.take(images, axis=axis))
