"""A behavior and noise whose cells are merged by their common symmetries: rows of few numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.exact.basis import exact_product
from relaxbell.exact.numbers import (
    Exact,
    ExactNumber,
    Floats,
    Surd,
    common_denominator,
    exact_parts,
    from_parts,
    to_floats,
)
from relaxbell.lp.rank import independent_columns
from relaxbell.symmetry.cells import party_orbits
from relaxbell.symmetry.found import equal_entries

SAME = 1e-13
"""Floats that differ by no more are read as one number: cosines of equal angles differ by rounding."""

_MOST_MERGED = 1200
"""Rows beyond which their rank is not searched for: they stay as they are."""


@dataclass(frozen=True, eq=False)
class Merged:
    """Orbits of the cells p(a, b, …|x, y, …).

    Attributes
    ----------
    ids
        The orbit of each cell; axes (settings, outcomes) for each party.
    observed, noise
        For each orbit the sum of the probabilities of its cells, exact.
    rows
        Orbits that say everything about a non-signaling behavior: the others follow.
    white
        Whether the noise is uniform.
    """

    ids: NDArray[np.intp]
    observed: Exact
    noise: Exact
    rows: NDArray[np.intp]
    white: bool

    @classmethod
    def of(cls, observed: Exact, noise: Exact, floats: Floats | None) -> Merged:
        """Return exact tables with axes (settings, outcomes) for each party, merged.

        Parameters
        ----------
        observed, noise
            Exact and non-signaling.
        floats
            What `observed` was read from, None where it is exact itself: equal floats are one number then, the mean.
        """
        same = equal_entries(observed if floats is None else floats, 0 if floats is None else SAME)
        other = equal_entries(noise, 0)
        _, both = np.unique(same.astype(np.int64) * (int(other.max()) + 1) + other, return_inverse=True)
        ids = party_orbits(both.reshape(same.shape).astype(np.int64))
        rows = _spanning(ids)
        if rows is None:
            ids, rows = np.arange(ids.size).reshape(ids.shape), independent_cells(ids.shape)
        white = bool((noise == noise.ravel()[0]).all())
        return cls(ids, _sums(ids, observed), _sums(ids, noise), rows, white)

    @property
    def orbits(self) -> int:
        """How many there are."""
        return len(self.observed)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Numbers of cells of the orbits."""
        return np.bincount(self.ids.ravel(), minlength=self.orbits)

    @cached_property
    def observed_floats(self) -> Floats:
        """`observed` as floats."""
        return to_floats(self.observed)

    @cached_property
    def noise_floats(self) -> Floats:
        """`noise` as floats."""
        return to_floats(self.noise)

    @cached_property
    def direction(self) -> Floats:
        """What distinguishes the behavior from noise, a cell of each orbit."""
        return np.asarray((self.observed_floats - self.noise_floats) / self.sizes)

    @cached_property
    def noise_scale(self) -> int:
        """What makes the noise whole."""
        return common_denominator(v for v in self.noise if isinstance(v, Fraction))

    @cached_property
    def whole_noise(self) -> NDArray[np.object_] | None:
        """The noise, multiplied; None where it is irrational."""
        if any(isinstance(v, Surd) for v in self.noise):
            return None
        return np.array([int(v * self.noise_scale) for v in self.noise], dtype=object)

    # ------------------------------------------------------------------- strategies

    def spread(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return numbers of orbits as a table over cells."""
        return y[self.ids]

    def count(self, picked: Sequence[NDArray[np.intp]]) -> NDArray[np.int64]:
        """Return for each strategy how many of its cells lie in each orbit."""
        k = len(picked[0])
        cells = np.broadcast_to(self.ids, (k, *self.ids.shape))
        for own in reversed(range(len(picked))):  # the last party first: axes in front stay where they are
            axis = 1 + 2 * own
            index = picked[own].reshape((k,) + (1,) * (2 * own) + (-1, 1) + (1,) * (cells.ndim - axis - 2))
            cells = np.take_along_axis(cells, index, axis=axis + 1).squeeze(axis + 1)
        flat = cells.reshape(k, -1) + np.arange(k)[:, None] * self.orbits
        return np.bincount(flat.ravel(), minlength=k * self.orbits).reshape(k, self.orbits).astype(np.int64)

    def mixture(self, counts: NDArray[np.int64], weights: Sequence[tuple[int, ExactNumber]]) -> Exact:
        """Return what strategies give to each orbit with exact weights: pairs (number of the strategy, weight)."""
        own = sp.csr_array(counts[[j for j, _ in weights]].T)
        parts, denominator, n = exact_parts(value for _, value in weights)
        mass = int(math.prod(self.ids.shape[::2]))
        sums = [exact_product(own, column.tolist(), mass) for column in parts.T]
        found = np.empty(self.orbits, dtype=object)
        found[:] = [from_parts(row, denominator, n) for row in zip(*(part.tolist() for part in sums), strict=True)]
        return found

    def random(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the counts of random strategies."""
        return self.count(_random(self.ids.shape, count, rng))

    # ----------------------------------------------------------------------- bounds

    def bound(self, whole: Floats, top: ExactNumber) -> ExactNumber | None:
        """Return the visibility that a table with this largest value excludes; None where it excludes none."""
        numbers = np.bincount(self.ids.ravel(), whole.ravel(), minlength=self.orbits) / self.sizes
        if (numbers[self.ids] != whole).any():
            raise AssertionError("tables are spread over orbits")
        exact = np.array([Fraction(v) for v in numbers.tolist()], dtype=object)
        noise = (exact * self.noise).sum()
        slope = (exact * self.observed).sum() - noise
        return (top - noise) / slope if slope > 0 else None

    def attained(self, counts: NDArray[np.int64], weights: Sequence[tuple[int, Fraction]]) -> ExactNumber | None:
        """Return a visibility that a mixture of strategies attains after a little more white noise, exactly.

        With weights that miss the behavior by δ, (1 − ε) Σ w D + ε (noise − δ (1 − ε) / ε) is without error. What is in
        brackets is local: a change of one marginal, with others uniform, is a change of the uniform distribution over
        all responses, and there are ∏(1 + 2 m) of them at most, counted with their size.
        """
        mass = sum((weight for _, weight in weights), Fraction(0))
        if not self.white or not mass:
            return None
        total = self.mixture(counts, weights)
        share = min(1 / mass, Fraction(1))
        missed = (total / mass - self.observed * share - self.noise * (1 - share)) / self.sizes.astype(object)
        shape = self.ids.shape
        parts = math.prod(d * (1 + 2 * m) for m, d in zip(shape[::2], shape[1::2], strict=True))
        more = parts * max(abs(v) for v in missed)
        return share * (1 - more) if more < 1 else None


def _sums(ids: NDArray[np.intp], table: Exact) -> Exact:
    """Return Σ over the cells of each orbit, exactly."""
    found = np.full(int(ids.max()) + 1, Fraction(0), dtype=object)
    order = np.argsort(ids.ravel(), kind="stable")
    values, sizes = table.ravel()[order].tolist(), np.bincount(ids.ravel())
    start = 0
    for k, size in enumerate(sizes.tolist()):
        own = values[start : start + size]
        first = own[0]
        found[k] = first * size if all(v == first for v in own[1:]) else sum(own, Fraction(0))
        start += size
    return found


def _random(shape: Sequence[int], count: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    return [rng.integers(0, d, (count, m)) for m, d in zip(shape[::2], shape[1::2], strict=True)]


def _spanning(ids: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Return orbits whose counts tell all strategies apart that differ after merging; None if there are too many."""
    basic = independent_cells(ids.shape)
    candidates = np.unique(ids.ravel()[basic])
    if len(candidates) > _MOST_MERGED or len(candidates) == len(basic):
        return None
    orbits = int(ids.max()) + 1
    empty = np.full(orbits, Fraction(0), dtype=object)
    counts = Merged(ids, empty, empty, basic, False).random(2 * len(candidates) + 400, np.random.default_rng(1))
    found: NDArray[np.intp] = candidates[independent_columns(counts[:, candidates].astype(np.float64))]
    return found


def independent_cells(shape: Sequence[int]) -> NDArray[np.intp]:
    """Return cells from which all others of a non-signaling behavior follow.

    Each party at outcomes before the last, or at the last outcome of its first setting.
    """
    own = [
        [x * d + a for x in range(m) for a in range(d) if a < d - 1 or x == 0]
        for m, d in zip(shape[::2], shape[1::2], strict=True)
    ]
    sizes = [m * d for m, d in zip(shape[::2], shape[1::2], strict=True)]
    return np.array([np.ravel_multi_index(cell, sizes) for cell in itertools.product(*own)], dtype=np.intp)
