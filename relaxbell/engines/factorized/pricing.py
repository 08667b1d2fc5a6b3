"""The best source values at given multipliers: v is searched, all else follows.

For a group and v, gains of the outer values are h(x) = max Σ_y v(y) gain(x, choice, y). Information has then the best
u in closed form, a softmax. For M the cost Σ |u v − p| is a sum of convex functions of each u(x), piecewise linear:
mass goes to the steepest pieces first. Answering in turn with the best u and v stops at kinks that are no local maxima
of M; so v itself is searched, on grids around the best points of a grid.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.factorized.form import Column, Form
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.measures.factorized import FactorizedInformation

_POINTS = {1: 1, 2: 49, 3: 13, 4: 7}
"""Points of the first grid along an edge of the simplex of v, by the number of inner values."""

_KINKS = 145
"""The same for M and two inner values: prices have kinks."""

_COARSE = 5
"""The same, for more inner values."""

_KEPT = 6
"""Points of a group around which it is searched."""

_LEVELS, _FINE = 26, 0.3
"""Grids around a point, and how much smaller each is than the one before."""

_ANSWERS = 120
"""How often u and v answer each other."""

Answer = tuple[Floats, Floats, NDArray[np.intp]]
"""Of many (group, v): price, u, and the number of the choice at each outer value."""


class Pricing:
    """The prices of one form.

    Parameters
    ----------
    form
        Arrays.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.size = form.settings.shape[1]
        self.is_information = isinstance(form.measure, FactorizedInformation)
        with np.errstate(divide="ignore"):
            self.logs = np.where(form.occurs, np.log(np.where(form.occurs, form.settings, 1.0)), 0.0)
        n = _POINTS.get(self.size, _COARSE)
        if self.size == 2 and not self.is_information:
            n = _KINKS
        self.grid = simplex_grid(self.size, n)
        step = 1.0 / max(n - 1, 1)
        self.directions = _directions(self.size) * step

    def cost(self, u: Floats, v: Floats) -> float:
        """Return what a source value costs, in nats or as it is."""
        joint = np.outer(u, v)
        if not self.is_information:
            return float(abs(joint - self.form.settings).sum())
        used = (joint > 0) & self.form.occurs
        return max(0.0, float((joint[used] * (np.log(joint[used]) - self.logs[used])).sum()))

    def best(self, gains: Floats, least: float) -> tuple[float, list[tuple[float, Column]]]:
        """Return the largest price, and the columns at local maxima above `least`, the best first."""
        groups = len(gains)
        many = np.repeat(np.arange(groups), len(self.grid))
        points = np.tile(self.grid, (groups, 1))
        values = self._answers(gains, many, points)[0].reshape(groups, -1)
        kept = np.argsort(-values, axis=1)[:, : 3 * _KEPT] if self.size > 2 else self._peaks(values)
        return self.near(gains, np.repeat(np.arange(groups), kept.shape[1]), self.grid[kept.ravel()], least)

    def near(
        self, gains: Floats, many: NDArray[np.intp], v: Floats, least: float
    ) -> tuple[float, list[tuple[float, Column]]]:
        """Return the same near some v, for given groups."""
        if self.is_information and self.size > 2:
            v = self._answered(gains, many, v)
        else:
            _, v = self._refined(lambda g, w: self._answers(gains, g, w)[0], many, v)
        price, u, choice = self._answers(gains, many, v)
        found, seen = [], set()
        for i in np.argsort(-price, kind="stable"):
            if price[i] <= least:
                break
            column = self._column(int(many[i]), u[i], v[i], choice[i])
            if column.key not in seen:
                seen.add(column.key)
                found.append((float(price[i]), column))
        return float(price.max()), found

    def _peaks(self, values: Floats) -> NDArray[np.intp]:
        """Return the largest local maxima along an interval, for each group."""
        padded = np.pad(values, ((0, 0), (1, 1)), constant_values=-np.inf)
        left, right = values - padded[:, :-2], values - padded[:, 2:]
        peak = ((left >= 0) & (right > 0)) | ((left > 0) & (right >= 0))  # of what is level, both ends
        return np.argsort(-np.where(peak, values, values - 1e6), axis=1, kind="stable")[:, :_KEPT]

    def _refined(
        self, price: Callable[[NDArray[np.intp], Floats], Floats], groups: NDArray[np.intp], v: Floats
    ) -> tuple[Floats, Floats]:
        """Return better v near given ones: the best of a star around each, smaller and smaller."""
        value, scale = price(groups, v), 1.0
        if self.size == 1:
            return value, v
        stars, n = len(self.directions), len(v)
        repeated = np.repeat(groups, stars)
        rows = np.arange(n)
        for level in range(_LEVELS):
            if not level % 8:
                remaining()
            around = _inside(v[:, None, :] + scale * self.directions[None])
            found = price(repeated, around.reshape(-1, self.size)).reshape(n, stars)
            top = found.argmax(axis=1)
            better = found[rows, top] > value
            v = np.where(better[:, None], around[rows, top], v)
            value = np.maximum(value, found[rows, top])
            scale *= _FINE
        return value, v

    def _answered(self, gains: Floats, groups: NDArray[np.intp], v: Floats) -> Floats:
        """Return v after u and v answered each other often: the price of information is smooth, and never falls."""
        rows, outer = np.arange(len(v))[:, None], np.arange(len(self.form.settings))[None]
        own = gains[groups] + self.logs[None, :, None, :]
        for _ in range(_ANSWERS):
            remaining()
            _, u, choice = self._answers(gains, groups, v)
            exponents = np.einsum("nx,nxy->ny", u, own[rows, outer, choice])
            powers = np.exp(exponents - exponents.max(axis=1)[:, None])
            v = powers / powers.sum(axis=1)[:, None]
        return v

    def _answers(self, gains: Floats, groups: NDArray[np.intp], v: Floats) -> Answer:
        own = gains[groups] + (self.logs[None, :, None, :] if self.is_information else 0.0)
        h = np.einsum("nxky,ny->nxk", own, v)
        choice = h.argmax(axis=2)
        top = h.max(axis=2)
        if self.is_information:
            shift = top.max(axis=1)
            powers = np.exp(top - shift[:, None])
            total = powers.sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                entropy = -np.where(v > 0, v * np.log(np.where(v > 0, v, 1.0)), 0.0).sum(axis=1)
            return shift + np.log(total) + entropy, powers / total[:, None], choice
        u = self._filled(top, v)
        product = u[:, :, None] * v[:, None, :]
        return (u * top).sum(axis=1) - abs(product - self.form.settings).sum(axis=(1, 2)), u, choice

    def _filled(self, h: Floats, v: Floats) -> Floats:
        """Return the best u for each v: Σ h u − Σ |u v − p|, mass to the steepest pieces first."""
        p, (n, outer), inner = self.form.settings, h.shape, self.size
        with np.errstate(divide="ignore", invalid="ignore"):
            kinks = np.where(v[:, None, :] > 0, np.minimum(1.0, p[None] / np.where(v > 0, v, 1.0)[:, None, :]), 1.0)
        order = np.argsort(kinks, axis=2)
        kinks = np.take_along_axis(kinks, order, axis=2)
        sorted_v = np.take_along_axis(np.broadcast_to(v[:, None, :], (n, outer, inner)), order, axis=2)
        passed = np.concatenate([np.zeros((n, outer, 1)), np.cumsum(sorted_v, axis=2)], axis=2)
        # beyond the kinks of y their |u v − p| grow: slope h + Σ_before − Σ_beyond
        slopes = h[:, :, None] + passed[:, :, -1:] - 2 * passed
        ends = np.concatenate([np.zeros((n, outer, 1)), kinks, np.ones((n, outer, 1))], axis=2)
        lengths = np.diff(ends, axis=2)
        flat = (-slopes).reshape(n, -1)
        steepest = np.argsort(flat, axis=1, kind="stable")
        taken = np.take_along_axis(lengths.reshape(n, -1), steepest, axis=1)
        before = np.cumsum(taken, axis=1) - taken
        used = np.clip(1.0 - before, 0.0, taken)
        out = np.zeros_like(flat)
        np.put_along_axis(out, steepest, used, axis=1)
        u = out.reshape(n, outer, inner + 1).sum(axis=2)
        return np.asarray(u / u.sum(axis=1)[:, None])

    def _column(self, group: int, u: Floats, v: Floats, choice: NDArray[np.intp]) -> Column:
        u, v = (np.where(w < 1e-15, 0.0, w) for w in (u, v))
        picked = self.form.choices[group, np.arange(len(choice)), choice]
        return Column(tuple(picked.tolist()), u / u.sum(), v / v.sum())


def simplex_grid(size: int, count: int) -> Floats:
    """Return all distributions of multiples of 1 / (count − 1)."""
    if size == 1 or count == 1:
        return np.full((1, size), 1.0 / size)
    n = count - 1
    cuts = itertools.combinations(range(n + size - 1), size - 1)
    rows = [np.diff([-1, *c, n + size - 1]) - 1 for c in cuts]
    return np.array(rows, dtype=np.float64) / n


def _directions(size: int) -> Floats:
    """Return a star of directions in the plane of the simplex."""
    if size == 1:
        return np.zeros((1, 1))
    if size == 2:
        steps = np.linspace(-1, 1, 13)
        return np.stack([steps, -steps], axis=1)
    found = [np.eye(size)[i] - np.eye(size)[j] for i, j in itertools.permutations(range(size), 2)]
    found += [np.eye(size)[i] - 1.0 / size for i in range(size)]
    found += [1.0 / size - np.eye(size)[i] for i in range(size)]
    star = np.array(found)
    return np.concatenate([star, star / 3, star / 9])


def _inside(v: Floats) -> Floats:
    v = np.maximum(v, 0.0)
    return np.asarray(v / v.sum(axis=-1, keepdims=True))
