"""Models of independent districts near a point of a relaxation: sequential quadratic programs, then Newton steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.independent.chain import Chain, Key, Layout, Sums
from relaxbell.engines.independent.shapes import CONSTANT, Form
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import over

RESIDUAL = 1e-10
"""How far a model may miss what was observed."""

_STEPS, _NEWTON, _STARTS = 60, 12, 3

_MOST = 150
"""Most unknowns of quadratic programs, whose effort grows with the cube; with more there are Newton steps only."""

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


def _independent(polynomials: list[dict[tuple[int, ...], float]], most: int) -> list[dict[tuple[int, ...], float]]:
    """Return at most so many polynomials from which, as far as that is possible, the others follow.

    SLSQP of scipy 1.17 writes past its memory where there are more equations than unknowns, and inequalities
    (github.com/scipy/scipy/issues/25665). Newton steps afterwards meet all.
    """
    if len(polynomials) <= most:
        return polynomials
    from scipy.linalg import qr

    terms = {own: k for k, own in enumerate(dict.fromkeys(own for p in polynomials for own in p))}
    matrix = np.zeros((len(terms), len(polynomials)))
    for i, own in enumerate(polynomials):
        for term, number in own.items():
            matrix[terms[term], i] = number
    corner, order = qr(matrix, mode="r", pivoting=True)
    sizes = abs(np.diag(corner))
    kept = int((sizes > 1e-12 * sizes.max(initial=0.0)).sum())
    return [polynomials[i] for i in order[: min(kept, most)]]


class _LateError(Exception):
    """The time is over."""


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
        self.few = _Batch(_independent([self._terms(own) for own in equal], n), n)

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
        if len(z) > _MOST:
            return self._met(z, end)
        from scipy.optimize import NonlinearConstraint, minimize

        def goal(z: Floats) -> float:
            if over(end):
                raise _LateError
            return float(self.goal.values(z)[0])

        def slope(z: Floats) -> Floats:
            return np.asarray(self.goal.jacobian(z)[0])

        equal, atmost = self.few, self.atmost
        constraints = []
        if equal.count:
            constraints.append(NonlinearConstraint(equal.values, 0.0, 0.0, jac=equal.jacobian))
        if atmost.count:
            constraints.append(NonlinearConstraint(atmost.values, -np.inf, 0.0, jac=atmost.jacobian))
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = minimize(
                    goal,
                    z,
                    jac=slope,
                    bounds=[(0.0, 1.0)] * len(z),
                    constraints=constraints,
                    method="SLSQP",
                    options={"maxiter": _STEPS, "ftol": 1e-13},
                )
        except _LateError:
            return None
        own = np.asarray(found.x, dtype=float)
        return None if not np.isfinite(own).all() else self._met(own.clip(0.0, 1.0), end)

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
