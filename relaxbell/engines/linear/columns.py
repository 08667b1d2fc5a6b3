"""Measurement dependence in its small form, by column generation.

For fixed λ the cost Σ_x |q(x, λ) − p(x) q(λ)| is a polyhedral norm of the weights q(·, λ) ≥ 0. Its
extreme rays are (S, x*): mass p(x) on the settings in S and all the rest on x*, at cost 2 (1 − p(S)). With
these as columns no auxiliary variables are left, and the rows are those of T alone.

Every dual vector z gives a bound, and the same formula prices all columns at once::

    M ≥ ⟨p̃, z⟩ − max_λ Σ_x p(x) max(z_x(λ), max_x' z_x'(λ) − 2),      z_x(λ) = (Tᵀ z)_(x, λ)

because the best column at z takes x* = argmax z_x and S = {x: z_x > z_x* − 2}.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import ColumnBasis, DualBound, Proof
from relaxbell.engines.linear.infeasible import infeasible
from relaxbell.engines.linear.over import WANTED, limit
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis, Dual, IntegerProgram, RightHandSide, exact_product
from relaxbell.exact.bounds import EXACT, dyadic_bits, entry_error, snapped
from relaxbell.exact.numbers import ExactNumber, Floats, common_denominator
from relaxbell.lp.clock import TimeLimitError, with_bound
from relaxbell.lp.highs import Answer, LiveModel
from relaxbell.lp.rows import MISSED, misses, without_misses
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex
from relaxbell.measures.dependences import Dependence
from relaxbell.measures.settings import SettingLayout

_TOLERANCE = 1e-11
_ROUNDS = 5000
_LARGEST_UNIT = 2**20

_EXACT_ROUNDS = 20
"""Of adding columns that exact duals violate; one or two are usual."""

PRICES = (2.1, 21.0, 2100.0)
"""Of missing a row by one. The lowest bounds the duals and halves the time; raised while rows are missed."""


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns (λ, S, x*) as mass over the settings, shape (columns, N), with their λ."""

    strategies: Any
    mass: Floats

    def joined(self, other: _Columns) -> _Columns:
        return _Columns(np.concatenate([self.strategies, other.strategies]), np.concatenate([self.mass, other.mass]))


def dependence_proof(problem: Problem, measure: Dependence, *, thorough: bool) -> tuple[Answer, Proof] | None:
    """Minimize M by columns; None where the general program serves, which has more ways to converge.

    Raises
    ------
    InfeasibleError
        If nothing satisfies the equations.
    """
    try:
        found = least_dependence(problem.equations, measure.layout, thorough=thorough, name=measure.name)
    except TimeLimitError:
        raise
    except SolverError:
        return None
    if found is None:
        infeasible(problem, measure)
        return None
    answer, bound, primal, basis = found
    if primal is None and answer.value - bound.value > limit(answer.value, WANTED):
        return None
    return answer, Proof(problem, bound, primal, basis=basis)


def least_dependence(
    equations: Equations, layout: SettingLayout, *, thorough: bool, name: str = "M"
) -> tuple[Answer, DualBound, dict[int, ExactNumber] | None, ColumnBasis | None] | None:
    """Minimize M over the q that satisfy the equations; None if they seem infeasible.

    Returns
    -------
    answer, bound, primal, basis
        `answer.x` is q; the bound is rigorous and evaluated exactly; `primal` has exact weights that attain
        it, or is None, as is their basis.

    Raises
    ------
    SolverError
        If the columns do not stop improving, or the time is over.
    """
    started = time.perf_counter()
    matrix = sp.csc_array(equations.rows.matrix)
    weights = layout.floats
    rhs, m = equations.floats, matrix.shape[0]
    master, iterations = _master(matrix, rhs), 0
    count = layout.numbers.shape[1]
    first = np.arange(count) if count <= m else np.random.default_rng(0).choice(count, m, replace=False)
    columns = _Columns(first, np.tile(weights, (len(first), 1)))
    _add(master, matrix, layout, columns, weights)
    prices = iter(PRICES[1:])
    best = (-math.inf, np.zeros(m))  # bound and duals, if the time is over
    for _ in range(_ROUNDS):
        try:
            master.run()
        except TimeLimitError as late:
            known = dependence_bound(equations, layout, best[1])
            raise with_bound(late, name, known.value) from None
        iterations += master.iterations
        z = master.duals
        values = _gathered(equations, layout, z)
        excess = weights @ np.maximum(values, values.max(axis=0) - 2)
        if (own := float(rhs @ z - excess.max())) > best[0]:
            best = own, z
        worst = np.flatnonzero(excess > _TOLERANCE)
        if len(worst) > m // 2:  # few at a time: the next duals ask for others
            worst = worst[np.argpartition(-excess[worst], m // 2)[: m // 2]]
        if len(worst):
            new = _Columns(worst, layout.best_mass(values[:, worst].T))
            _add(master, matrix, layout, new, weights)
            columns = columns.joined(new)
            continue
        amounts = master.x
        if amounts[: 2 * m].sum() <= MISSED:
            break
        price = next(prices, None)
        if price is None:
            return None
        master.set_cost(np.full(2 * m, price))
    else:
        raise SolverError(f"column generation did not end in {_ROUNDS} rounds (excess {float(excess.max()):.3g}).")
    q = _distribution(columns, amounts[2 * m :], layout, matrix.shape[1])
    bound = dependence_bound(equations, layout, z)
    solver = f"HiGHS, column generation ({len(columns.strategies):,} columns)"
    value = float(abs(q[layout.numbers] - np.outer(weights, q[layout.numbers].sum(axis=0))).sum())
    exact = _exact_solution(equations, layout, columns, master.basis(), thorough)
    primal, kept = None, None
    if exact is not None:
        bound, primal, kept = exact
    answer = Answer(True, q, z, value, solver, iterations, time.perf_counter() - started)
    return answer, bound, primal, kept


def _exact_solution(
    equations: Equations, layout: SettingLayout, columns: _Columns, basis: Basis | None, thorough: bool
) -> tuple[DualBound, dict[int, ExactNumber], ColumnBasis] | None:
    """Return the exact bound, weights of strategies and the basis, or None; all λ are checked, not the columns only.

    Pivots among the columns may end in duals that another λ violates: then its column is added.
    """
    m, unit = len(equations.rows), layout.denominator
    if basis is None or not equations.rows.integral or unit > _LARGEST_UNIT or m > LARGEST_BASIS:
        return None
    basis = without_misses(basis, np.arange(m))
    rhs = RightHandSide.read(equations.rhs * unit)
    for _ in range(_EXACT_ROUNDS):
        mass = layout.whole_mass(columns.mass)
        matrix = sp.csc_array(_mixed(equations.rows.matrix, layout, columns.strategies, mass))
        cost = abs(mass - layout.whole_weights.astype(np.int64)).sum(axis=1)
        integers = IntegerProgram(sp.csc_array(matrix, dtype=np.int64), cost, np.ones(m, dtype=bool))
        found = optimal_vertex(integers, basis, rhs, thorough=thorough)
        if found is None:
            return None
        vertex, dual = found
        if _excess(equations, layout, dual.numerators, dual.denominator) <= 0:
            break
        columns, basis = columns.joined(_violated(equations, layout, dual)), vertex.basis
    else:
        return None
    z = np.array([Fraction(v, dual.denominator) for v in dual.numerators], dtype=object)
    bound = DualBound(equations.total(z), z, Fraction(0))
    primal: dict[int, ExactNumber] = {}
    for j, amount in zip(vertex.basis.columns.tolist(), vertex.values, strict=True):
        for number, share in zip(layout.numbers[:, columns.strategies[j]].tolist(), mass[j].tolist(), strict=True):
            if share and amount != 0:
                primal[number] = primal.get(number, Fraction(0)) + amount * Fraction(share, unit)
    used = vertex.basis.columns
    part = IntegerProgram(sp.csc_array(integers.matrix[:, used]), integers.cost[used], integers.equality)
    alone = Basis(np.arange(len(used)), vertex.basis.loose)
    numbers = layout.numbers[:, columns.strategies[used]].T
    return bound, primal, ColumnBasis(part, alone, numbers, mass[used], unit)


def _violated(equations: Equations, layout: SettingLayout, dual: Dual) -> _Columns:
    """Return the columns that exact duals violate most, at most one for each row."""
    weights = layout.floats
    values = _gathered(equations, layout, np.array([v / dual.denominator for v in dual.numerators]))
    excess = weights @ np.maximum(values, values.max(axis=0) - 2)
    worst = np.argsort(-excess, kind="stable")[: len(equations.rows)]
    worst = worst[excess[worst] >= min(_TOLERANCE, excess[worst[0]])]
    return _Columns(worst, layout.best_mass(values[:, worst].T))


def _excess(equations: Equations, layout: SettingLayout, whole: list[int], scale: int) -> int:
    """Return the sign of max_λ Σ_x p(x) max(z_x, max z − 2) at z = whole / scale, exactly."""
    rows: Any = equations.rows.matrix.T.astype(np.int64).tocsr()
    values = exact_product(rows, whole, int(equations.rows.mass))[layout.numbers]
    if values.dtype != object and float(abs(values).max(initial=0)) * layout.denominator < 2**60 and scale < 2**60:
        top = np.maximum(values, values.max(axis=0) - 2 * scale)
        largest = int((layout.whole_weights.astype(np.int64) @ top).max())
    else:
        weights = np.array([int(w) for w in layout.whole_weights], dtype=object)
        wide = values.astype(object)
        largest = int((weights @ np.maximum(wide, wide.max(axis=0) - 2 * scale)).max())
    return (largest > 0) - (largest < 0)


def dependence_bound(equations: Equations, layout: SettingLayout, z: Floats) -> DualBound:
    """Return the better rigorous bound of the duals as simple fractions and as multiples of 2^−s."""
    scales = []
    simple = snapped(z, 1000, 1e-8)
    if simple is not None:
        scales.append(common_denominator(simple))
    size = (float(abs(z).max(initial=0.0)) + 2) * max(1.0, equations.rows.mass) * _unit(layout)
    scales.append(1 << max(1, dyadic_bits(2 * size)))
    zero = DualBound(Fraction(0), np.full(len(z), Fraction(0), dtype=object), Fraction(0))
    found = [b for b in (_evaluated(equations, layout, z, scale) for scale in scales) if b is not None]
    return max([zero, *found], key=lambda b: b.bound)


def _unit(layout: SettingLayout) -> int:
    """Return a factor that makes the weights whole; 1 if it would leave too few digits."""
    return layout.denominator if layout.denominator <= 4096 else 1


def _evaluated(equations: Equations, layout: SettingLayout, z: Floats, scale: int) -> DualBound | None:
    whole, unit = np.rint(z * scale), _unit(layout)
    size = (float(abs(whole).max(initial=0.0)) + 2.0 * scale) * max(1.0, equations.rows.mass) * unit
    if size >= EXACT:
        return None
    values = _gathered(equations, layout, whole)  # whole numbers: exact so far
    weights = np.array([float(w * unit) for w in layout.weights])
    largest = Fraction(float((weights @ np.maximum(values, values.max(axis=0) - 2.0 * scale)).max()))
    if unit != layout.denominator or not equations.rows.integral:  # rounded numbers: room for the errors of sums
        largest += Fraction(size) * Fraction(len(weights) + len(whole) + 4, 2**52)
        largest += entry_error([(equations.rows, whole)]) * unit
    offset = -largest / (unit * scale)
    exact = np.array([Fraction(int(v), scale) for v in whole.tolist()], dtype=object)
    return DualBound(equations.total(exact) + offset, exact, offset)


def _gathered(equations: Equations, layout: SettingLayout, z: Floats) -> Floats:
    """Return z_x(λ), shape (N, number of λ)."""
    return np.asarray(equations.rows.matrix.T @ z)[layout.numbers]


def _costs(mass: Floats, weights: Floats) -> Floats:
    return np.asarray(abs(mass - weights).sum(axis=1))


def _master(matrix: sp.csc_array, rhs: Floats) -> LiveModel:
    """Return a live model with elastic columns only."""
    m = matrix.shape[0]
    # primal: new columns leave the basis feasible
    return LiveModel(misses(np.arange(m), m), np.full(2 * m, PRICES[0]), rhs, rhs, method="primal simplex")


def _add(master: LiveModel, matrix: sp.csc_array, layout: SettingLayout, columns: _Columns, weights: Floats) -> None:
    block = sp.csc_array(_mixed(matrix, layout, columns.strategies, columns.mass))
    master.add_columns(block, _costs(columns.mass, weights))


def _mixed(matrix: Any, layout: SettingLayout, strategies: Any, mass: NDArray[Any]) -> Any:
    """Return T times the columns' distributions over strategies."""
    k, settings = mass.shape
    numbers = layout.numbers[:, strategies].T.ravel()
    mix = sp.csc_array((mass.flatten(), numbers, np.arange(0, k * settings + 1, settings)), shape=(matrix.shape[1], k))
    mix.eliminate_zeros()
    return matrix @ mix


def _distribution(columns: _Columns, amounts: Floats, layout: SettingLayout, strategies: int) -> Floats:
    q = np.zeros(strategies)
    used = np.flatnonzero(amounts > 0)
    np.add.at(q, layout.numbers[:, columns.strategies[used]], columns.mass[used].T * amounts[used])
    return q
