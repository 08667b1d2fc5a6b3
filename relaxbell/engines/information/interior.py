"""An interior-point method for the least mutual information, accurate relative to the value.

The dual of the information (in nats) over the columns (x, λ) of a linear program is smooth and convex::

    maximize ⟨b, v⟩   subject to   g_λ(v) = ln Σ_x p(x) exp(v · column_(x, λ)) ≤ 0,   v · column_t ≤ 0

with t the auxiliary columns and v ≤ 0 at inequalities. Its multipliers w_λ are p(λ), and q(x, λ) = w_λ p(x)
exp(v · column_(x, λ) − g_λ). Near zero information v is small and g is computed without cancellation, where a cone
solver sees exponentials of numbers near zero and stops at 1e-10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.program import LinearProgram
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining
from relaxbell.lp.rank import independent_columns
from relaxbell.measures.settings import SettingLayout

_ITERATIONS = 150
_GAP = (1e-11, 1e-16)
"""Relative and absolute gap, in nats, at which the method ends."""

_DENSE = 2**16
"""Entries up to which a matrix is kept dense: there each operation of a sparse one costs more than what it computes."""

_NEVER = 100.0
"""Columns that the data forbid get multipliers that leave 2^−100 of them."""


@dataclass(frozen=True, eq=False)
class Interior:
    """What the method returned: q, duals (∂value/∂rhs of each row, in bits), and its iterations."""

    q: Floats
    duals: Floats
    iterations: int


@dataclass(frozen=True, eq=False)
class _Dual:
    """The dual problem with the columns and rows that matter."""

    columns: sp.csc_array | Floats
    """Shape (rows, columns (x, λ)), sorted by λ."""
    owner: Any
    """λ of each column, 0 … k − 1."""
    prior: Floats
    """p(x) of each column."""
    limits: sp.csr_array | Floats
    """limits · v ≤ heights."""
    rhs: Floats
    heights: Floats

    def filled(self) -> _Dual:
        """Return the same with matrices that are not sparse, where they are small: that is ten times faster."""
        if not isinstance(self.columns, sp.csc_array) or not isinstance(self.limits, sp.csr_array):
            return self
        if max(math.prod(self.columns.shape), math.prod(self.limits.shape)) > _DENSE:
            return self
        return replace(self, columns=self.columns.toarray(), limits=self.limits.toarray())

    def soft(self, v: Floats) -> tuple[Floats, Floats]:
        """Return g_λ(v) and p(x|λ), the softmax, for each column."""
        k = int(self.owner[-1]) + 1
        exponents = self.columns.T @ v
        top = np.full(k, -np.inf)
        np.maximum.at(top, self.owner, exponents)
        whole = np.bincount(self.owner, self.prior, k)
        shift = np.where(abs(top) < 1, 0.0, top)
        moved = np.expm1(np.minimum(exponents - shift[self.owner], 700))
        # Σ p e^z = Σ p + Σ p (e^z − 1): no digit of a small z is lost where Σ p = 1
        excess = np.bincount(self.owner, self.prior * moved, k) + np.where(abs(whole - 1) < 1e-12, 0.0, whole - 1)
        g = shift + np.log1p(excess)
        return g, self.prior * np.exp(exponents - g[self.owner])

    def jacobian(self, chance: Floats) -> sp.csc_array | Floats:
        """Return the gradients of all g_λ, where p(x|λ) is known, and of the limits, as columns."""
        if isinstance(self.columns, np.ndarray) and isinstance(self.limits, np.ndarray):
            starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
            slopes = np.add.reduceat(self.columns * chance, starts, axis=1)
            return np.concatenate([slopes, self.limits.T], axis=1)
        gather = sp.csr_array((np.ones(len(self.owner)), (np.arange(len(self.owner)), self.owner)))
        sparse = [sp.csc_array((self.columns * chance) @ gather), sp.csc_array(self.limits.T)]
        return sp.csc_array(sp.hstack(sparse, format="csc"))


def solve_inside(layout: SettingLayout, program: LinearProgram) -> Interior | None:
    """Return nearly optimal q and duals of the information under the rows of a linear program; None if it failed.

    The program's columns are q, then auxiliary ones; its cost is not used.
    """
    count = layout.numbers.size
    spread = layout.numbers.T.ravel()  # sorted by λ
    matrix = sp.csc_array(program.matrix)
    n = matrix.shape[1] - program.auxiliary
    equal = program.lower == program.upper
    forbidding, allowed = forbidden(matrix[:, :n], program)
    chosen = np.flatnonzero(allowed[spread])
    if not len(chosen):
        return None
    columns, extra = matrix[:, spread[chosen]], matrix[:, n:]
    rows = np.concatenate(
        [independent_rows(columns, np.flatnonzero(equal & ~forbidding)), np.flatnonzero(~equal)]
    ).astype(np.intp)
    free = np.flatnonzero(~equal[rows])
    unit = sp.csr_array((np.ones(len(free)), (np.arange(len(free)), free)), shape=(len(free), len(rows)))
    limits = sp.csr_array(sp.vstack([sp.csr_array(extra[rows].T), unit], format="csr"))
    settings = len(layout.weights)
    prior = np.tile(layout.floats, count // settings)[chosen]
    _, owner = np.unique(chosen // settings, return_inverse=True)
    dual = _Dual(sp.csc_array(columns[rows]), owner, prior, limits, program.upper[rows], np.zeros(limits.shape[0]))
    with np.errstate(all="ignore"):  # where nothing is feasible v grows without limit, and the loop ends
        found = _iterate(dual)
    if found is None:
        return None
    v, mass, iterations = found
    q, duals = np.zeros(n), np.zeros(matrix.shape[0])
    q[spread[chosen]] = mass
    duals[rows] = v / np.log(2)
    if forbidding.any():
        never = matrix[:, spread[~allowed[spread]]]
        duals[forbidding] = -float((never.T @ duals).max(initial=0.0)) - _NEVER
    return Interior(q, duals, iterations)


def solve_elastic(
    columns: sp.csc_array, owner: NDArray[np.intp], prior: Floats, rhs: Floats, height: float, gap: float
) -> tuple[Floats, Floats, Floats, int] | None:
    """Return duals v with |v| ≤ height, the mass of each column, how far each row is missed, and the number of steps.

    Parameters
    ----------
    columns, owner, prior
        Columns (x, λ), the number of λ of each, 0, 1, … in order, and p(x).
    rhs
        Of the rows.
    height
        The price of missing a row by one, in nats; with a high one none is missed, if that is possible.
    gap
        At which the method may end, in nats.
    """
    m = len(rhs)
    limits = sp.csr_array(sp.vstack([sp.identity(m), -sp.identity(m)], format="csr"))
    dual = _Dual(columns, owner, prior, limits, rhs, np.full(2 * m, height))
    with np.errstate(all="ignore"):
        found = _iterate(dual, gap)
    if found is None:
        return None
    v, mass, iterations = found
    return v, mass, rhs - columns @ mass, iterations


def forbidden(matrix: sp.csc_array, program: LinearProgram) -> tuple[Any, Any]:
    """Return the equations Σ (positive) q = 0, and the strategies that none of them forbids."""
    rows = sp.csr_array(program.matrix)
    least = np.array([part.min(initial=0.0) for part in np.split(rows.data, rows.indptr[1:-1])])
    forbidding = (program.lower == program.upper) & (program.rhs == 0) & (least >= 0)
    hit = np.asarray(abs(matrix[np.flatnonzero(forbidding)]).sum(axis=0)).ravel()
    return forbidding, hit == 0


def independent_rows(columns: sp.csc_array, rows: Any) -> Any:
    """Return those of the given rows that imply the others.

    The Gram matrix of integer rows is factorized with pivoting; ranks of 0/1 matrices of this size are
    decided without ambiguity, and a wrong choice would only loosen the bound, which is checked.
    """
    part = sp.csr_array(columns)[rows]
    return np.sort(rows[independent_columns((part @ part.T).toarray())])


def _iterate(dual: _Dual, wanted: float = 0.0) -> tuple[Floats, Floats, int] | None:
    """Return v, the mass of each column and the number of steps, until a gap: Mehrotra's predictor and corrector."""
    dual = dual.filled()
    k, m, r = int(dual.owner[-1]) + 1, dual.limits.shape[0], len(dual.rhs)
    v, w, s = np.zeros(r), np.full(k + m, 1.0 / k), np.ones(k + m)
    best: tuple[float, Floats, Floats, int] | None = None
    for iteration in range(_ITERATIONS):
        remaining()
        g, chance = dual.soft(v)
        jacobian = dual.jacobian(chance)
        missed = dual.rhs - jacobian @ w
        violated = -(np.concatenate([g, dual.limits @ v - dual.heights]) + s)
        gap, mass = float(w @ s), w[dual.owner] * chance
        size = abs(float(dual.rhs @ v))
        # what the bound loses where some g_λ > 0, and what q gains by missing the data
        score = gap + float(g.max()) + float(abs(missed) @ abs(v)) + 1e-3 * float(abs(missed).max(initial=0.0))
        if best is None or score < best[0]:
            best = (score, v, mass, iteration)
        if score <= max(_GAP[0] * size, _GAP[1], wanted) or iteration - best[3] > 15:
            break
        hessian = (dual.columns * mass) @ dual.columns.T + (jacobian * _weights(w, s, k)) @ jacobian.T
        solve = _solver(hessian if isinstance(hessian, np.ndarray) else hessian.toarray())
        if solve is None:
            break

        def step(target: Floats) -> tuple[Floats, Floats, Floats]:
            push = (target - w * violated) / s  # noqa: B023 - called within the same pass
            dv = solve(missed - jacobian @ (push - w))  # noqa: B023
            slope = jacobian.T @ dv  # noqa: B023
            return dv, violated - slope, push - w + w / s * slope  # noqa: B023

        mu = gap / (k + m)
        _, ds, dw = step(np.zeros(k + m))
        reach = min(_reach(s, ds), _reach(w, dw))
        later = float((w + reach * dw) @ (s + reach * ds)) / (k + m)
        dv, ds, dw = step((later / mu) ** 3 * mu - reach * dw * ds)
        length = 0.995 * min(_reach(s, ds), _reach(w, dw))
        v, s, w = v + length * dv, s + length * ds, w + length * dw
        if not np.isfinite(v).all():
            break
    return None if best is None else (best[1], best[2], iteration + 1)


def _weights(w: Floats, s: Floats, k: int) -> Floats:
    """Return the weights of the outer products of gradients; those of g_λ are part of its Hessian already."""
    weights = w / s
    weights[:k] -= w[:k]
    return weights


def _reach(values: Floats, steps: Floats) -> float:
    """Return the longest step, at most 1, that leaves all values non-negative."""
    falling = steps < 0
    return float(min(1.0, (values[falling] / -steps[falling]).min(initial=1.0)))


def _solver(matrix: Floats) -> Callable[[Floats], Floats] | None:
    """Return x ↦ matrix⁻¹ x for a positive semidefinite matrix, refined twice; None if it is not one."""
    from scipy.linalg.lapack import dpotrf, dpotrs  # their wrappers take longer than small systems

    scale = 1 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = matrix * scale * scale[:, None]
    if not np.isfinite(scaled).all():
        return None
    for shift in (1e-15, 1e-13, 1e-11, 1e-9):
        factor, failed = dpotrf(scaled + shift * np.eye(len(scaled)))
        if not failed:
            break
    else:
        return None

    def solve(right: Floats) -> Floats:
        wanted = scale * right  # numbers that overflowed pass through: then v is not finite, and the loop ends
        x = dpotrs(factor, wanted)[0]
        for _ in range(2):
            x = x + dpotrs(factor, wanted - scaled @ x)[0]
        return np.asarray(scale * x, dtype=np.float64)

    return solve
