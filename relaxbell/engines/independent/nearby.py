"""Models of independent districts near a point of a relaxation: sequential linear programs, then Newton steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.independent.chain import Chain, Key, Layout, Sums
from relaxbell.engines.independent.shapes import CONSTANT, Form
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import now, over
from relaxbell.lp.highs import LiveModel, Status

RESIDUAL = 1e-10
"""How far a model may miss what was observed."""

_STEPS, _NEWTON, _STARTS = 40, 12, 3

_RADIUS, _PRICE, _LEAST = 0.25, 100.0, 1e-11
"""How far a first step may go, what it costs to miss an equation, and what is too small to go on."""

_DENSE = 2**17
"""Entries of the largest matrix whose singular values are computed in a Newton step; larger ones are sparse."""

_ITERATIONS = 300
"""Of the solver for these."""


@dataclass(frozen=True, eq=False)
class Near:
    """A model: what each shape does, and the value there.

    Attributes
    ----------
    value
        Of the objective, in floats.
    residual
        By how much an equation or a limit is missed at most.
    z
        All unknowns, in the order of `Nearby`.
    """

    value: float
    residual: float
    z: Floats


class _Batch:
    """Polynomials of unknowns: coefficients, and for each term the numbers of its unknowns, filled up with one of 1."""

    def __init__(self, polynomials: Sequence[dict[tuple[int, ...], float]], unknowns: int) -> None:
        terms = [(i, own, v) for i, p in enumerate(polynomials) for own, v in p.items()]
        self.count, self.unknowns = len(polynomials), unknowns
        self.degree = max((len(own) for _, own, _ in terms), default=1) or 1
        self.of = np.array([i for i, _, _ in terms], dtype=np.intp)
        self.factors = np.full((len(terms), self.degree), unknowns, dtype=np.intp)
        for t, (_, own, _) in enumerate(terms):
            self.factors[t, : len(own)] = own
        self.numbers = np.array([v for _, _, v in terms], dtype=float)

    def values(self, z: Floats) -> Floats:
        wide = np.append(z, 1.0)
        found: Floats = np.zeros(self.count)
        np.add.at(found, self.of, self.numbers * wide[self.factors].prod(axis=1))
        return found

    def jacobian(self, z: Floats) -> Floats:
        wide = np.append(z, 1.0)[self.factors]
        found: Floats = np.zeros((self.count, self.unknowns + 1))
        for k in range(self.degree):
            rest = np.delete(wide, k, axis=1).prod(axis=1)
            np.add.at(found, (self.of, self.factors[:, k]), self.numbers * rest)
        return found[:, :-1]

    def sparse_jacobian(self, z: Floats) -> sp.csc_array:
        """Return the same as a sparse matrix."""
        wide = np.append(z, 1.0)[self.factors]
        rests = [self.numbers * np.delete(wide, k, axis=1).prod(axis=1) for k in range(self.degree)]
        places = (np.tile(self.of, self.degree), self.factors.T.reshape(-1))
        shape = (self.count, self.unknowns + 1)
        return sp.coo_array((np.concatenate(rests), places), shape=shape).tocsc()[:, :-1]


class Nearby:
    """Finds models near points."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.place: dict[Key, int] = {}
        for i, shape in enumerate(layout.shapes):
            if i in layout.center:
                groups = layout.center[i]
                ranges = [[(g, k) for k in range(layout.shapes[g].count)] for g in groups]
                keys: list[Key] = [()]
                for own in ranges:
                    keys = [(*key, last) for key in keys for last in own]
                for key in keys:
                    for k in range(shape.count):
                        self.place[(*key, (i, k))] = len(self.place)
            else:
                for k in range(shape.count):
                    self.place[((i, k),)] = len(self.place)
        question = layout.question
        equal: list[Sums] = [layout.over(own) for own in question.equations]
        atmost: list[Sums] = [layout.over(own) for own in question.limits]
        for i, shape in enumerate(layout.shapes):
            if i not in layout.center:
                equal += [self._form(i, form) for form in shape.equations]
                atmost += [
                    {key: -v for key, v in self._form(i, form).items()} for form in shape.positive if len(form) > 1
                ]
        for i in layout.center:
            by_rest: dict[Key, Sums] = {}
            for key in self.place:
                if key[-1][0] == i:
                    by_rest.setdefault(key[:-1], {key[:-1]: Fraction(-1)})[key] = Fraction(1)
            equal += by_rest.values()
            known = question.linear.get(layout.shapes[i].district)
            equal += [layout.over(row) for row in ([] if known is None else known.rows())]
        n = len(self.place)
        self.equal, self.atmost, self.goal = (
            _Batch([self._terms(own) for own in group], n)
            for group in (equal, atmost, [layout.over(question.objective)])
        )

    def _form(self, i: int, form: Form) -> Sums:
        return {() if k == CONSTANT else ((i, k),): v for k, v in form.items()}

    def _terms(self, sums: Sums) -> dict[tuple[int, ...], float]:
        found: dict[tuple[int, ...], float] = {}
        for key, v in sums.items():
            own = self._unknowns(key)
            found[own] = found.get(own, 0.0) + float(v)
        return found

    def _unknowns(self, key: Key) -> tuple[int, ...]:
        """Return the unknowns whose product it is: those of a center are one with those of its groups."""
        rest, found = list(key), []
        for i, groups in self.layout.center.items():
            if any(s == i for s, _ in rest):
                own = tuple(part for part in rest if part[0] in groups or part[0] == i)
                found.append(self.place[own])
                rest = [part for part in rest if part not in own]
        return tuple(sorted([*found, *(self.place[(part,)] for part in rest)]))

    def start(self, chain: Chain, x: Floats) -> Floats:
        """Return the unknowns at a solution of a relaxation."""
        return np.array([x[chain.columns[key]] for key in self.place]).clip(0.0, 1.0)

    def directions(self, z: Floats) -> Floats:
        """Return the directions of boxes at a model."""
        found = []
        for own in self.layout.directions:
            found.append(math.fsum(float(v) * z[self.place[((own.shape, k),)]] for k, v in own.form.items()))
        return np.array(found)

    def starts(self) -> Iterator[Floats]:
        """Yield a few points to start from where no program has been solved yet."""
        shapes = [(i, shape) for i, shape in enumerate(self.layout.shapes) if i not in self.layout.center]
        source = np.random.default_rng(0)
        for turn in range(_STARTS):
            z = np.zeros(len(self.place))
            for i, shape in shapes:
                single = shape.values is None
                own = np.full(shape.count, 0.5 if single else 1.0 / shape.count)
                if turn:
                    own = source.random(shape.count) if single else source.dirichlet(np.ones(shape.count))
                for k in range(shape.count):
                    z[self.place[((i, k),)]] = own[k]
            for key, place in self.place.items():
                if len(key) > 1:
                    own_groups = [z[self.place[(part,)]] for part in key[:-1]]
                    z[place] = math.prod(own_groups) / self.layout.shapes[key[-1][0]].count
            yield z

    def near(self, z: Floats, end: float) -> Near | None:
        """Return a model near some values of the unknowns, at least as good as its neighbors; None if none is found."""
        found = self._stepped(z, end)
        return None if found is None else self._met(found, end)

    def _stepped(self, z: Floats, end: float) -> Floats | None:
        """Return where linear programs of first differences end, each within a radius; what is missed has a price.

        None where the time is over. No dense linear algebra: its threads cost seconds where processors are shared.
        """
        n, m, k = len(z), self.equal.count, self.atmost.count
        radius, merit = _RADIUS, self._merit(z)
        slack = sp.csc_array(sp.block_diag([sp.hstack([sp.eye_array(m), -sp.eye_array(m)]), -sp.eye_array(k)]))
        prices = np.full(2 * m + k, _PRICE)
        live: LiveModel | None = None
        for _ in range(_STEPS):
            if over(end):
                return None
            slopes = sp.vstack([self.equal.sparse_jacobian(z), self.atmost.sparse_jacobian(z)])
            sides = -np.concatenate([self.equal.values(z), self.atmost.values(z)])
            matrix = sp.csc_array(sp.hstack([slopes, slack]))
            cost = np.concatenate([self.goal.sparse_jacobian(z).toarray()[0], prices])
            lower = np.concatenate([sides[:m], np.full(k, -np.inf)])
            low = np.concatenate([np.maximum(-radius, -z), np.zeros(2 * m + k)])
            high = np.concatenate([np.minimum(radius, 1.0 - z), np.full(2 * m + k, np.inf)])
            data = (matrix, cost, lower, sides)
            if live is None:
                live = LiveModel(*data, low=low, high=high)
            else:
                live.load(*data, low, high)
            if live.run(max(end - now(), 0.0)) is not Status.OPTIMAL:
                return z
            x = live.x
            predicted = merit - float(self.goal.values(z)[0]) - float(cost @ x)
            if predicted <= _LEAST:
                return z
            new = (z + x[:n]).clip(0.0, 1.0)
            reached = self._merit(new)
            if merit - reached > 0.1 * predicted:
                radius = min(2.0 * radius, 1.0) if merit - reached > 0.7 * predicted else radius
                z, merit = new, reached
            else:
                radius /= 4.0
                if radius < _LEAST:
                    return z
        return z

    def _merit(self, z: Floats) -> float:
        missed = abs(self.equal.values(z)).sum() + self.atmost.values(z).clip(0.0).sum()
        return float(self.goal.values(z)[0] + _PRICE * missed)

    def _met(self, z: Floats, end: float) -> Near | None:
        """Return the model after Newton steps for the equations; unknowns at 0 stay there."""
        for _ in range(_NEWTON):
            missed = self.equal.values(z) if self.equal.count else np.zeros(0)
            if abs(missed).max(initial=0.0) < 1e-15:
                break
            if over(end):
                return None
            free = z > 1e-9
            step = self._step(z, free, missed)
            z = z.copy()
            z[~free] = 0.0
            z[free] = (z[free] + step).clip(0.0, 1.0)
        worst = max(
            abs(self.equal.values(z)).max(initial=0.0) if self.equal.count else 0.0,
            self.atmost.values(z).max(initial=0.0) if self.atmost.count else 0.0,
        )
        value = float(self.goal.values(z)[0])
        return Near(value, float(worst), z) if worst <= RESIDUAL and math.isfinite(value) else None

    def _step(self, z: Floats, free: NDArray[np.bool_], missed: Floats) -> Floats:
        """Return the shortest step of the free unknowns that meets the equations in first order."""
        if self.equal.count * len(z) <= _DENSE:
            found = np.linalg.lstsq(self.equal.jacobian(z)[:, free], -missed, rcond=1e-10)[0]
        else:
            from scipy.sparse.linalg import lsmr

            jacobian = self.equal.sparse_jacobian(z)[:, np.flatnonzero(free)]
            found = lsmr(jacobian, -missed, atol=1e-14, btol=1e-14, conlim=1e10, maxiter=_ITERATIONS)[0]
        return np.asarray(found, dtype=float)
