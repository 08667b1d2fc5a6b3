"""The linear program of a minimization, in a form that keeps track of whose dual is whose.

Measures are lowered to epigraph form: auxiliary columns and rows besides q. Built straight from
the measure's blocks rather than through CVXPY, because the integer matrix, the place of every dual,
and a live model for re-solves are needed; the tests compare with ``measure.expression``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.errors import MeasureError
from relaxbell.exact.rows import Rows
from relaxbell.measures.affine import affine_rows
from relaxbell.measures.measure import Budget, Measure, same_model
from relaxbell.measures.terms import Floats, Largest, LargestRow, Leaf, Linear, SumOfRows, Term, Total


@dataclass(frozen=True, eq=False)
class AffineConstraint:
    """rows · q ≤ rhs, or = rhs where `equality`; from a user's CVXPY constraint."""

    rows: Rows
    rhs: Floats
    equality: bool


@dataclass(frozen=True, eq=False)
class Problem:
    """Minimize `objective` over q ≥ 0, Σ q = 1, subject to equations, budgets and affine constraints."""

    objective: Term
    equations: Equations
    budgets: tuple[Budget, ...] = ()
    affine: tuple[AffineConstraint, ...] = ()

    @property
    def strategies(self) -> int:
        """Number n of strategies."""
        return int(self.equations.rows.matrix.shape[1])


def read_constraints(measure: Measure, subject_to: Any) -> tuple[tuple[Budget, ...], tuple[AffineConstraint, ...]]:
    """Sort `subject_to` into budgets and affine CVXPY constraints on the measure's own q.

    Raises
    ------
    MeasureError
        For a budget of another model instance, a constraint on another variable, one that is not
        affine, or anything else.
    """
    import cvxpy as cp

    items = list(subject_to) if isinstance(subject_to, Sequence) else [subject_to]
    budgets, affine = [], []
    for item in items:
        if isinstance(item, Budget):
            same_model(measure, item.measure)
            budgets.append(item)
        elif isinstance(item, cp.constraints.constraint.Constraint):
            equality = isinstance(item, cp.constraints.zero.Equality | cp.constraints.zero.Zero)
            inequality = isinstance(
                item,
                cp.constraints.nonpos.Inequality | cp.constraints.nonpos.NonPos | cp.constraints.nonpos.NonNeg,
            )
            if not (equality or inequality):
                raise MeasureError(f"the constraint {item} is not an equality or inequality. Use budgets of measures.")
            body = -item.args[0] if isinstance(item, cp.constraints.nonpos.NonNeg) else item.expr
            matrix, constant = affine_rows(measure.model, body)
            labels = tuple(f"{item} [{i}]" for i in range(matrix.shape[0]))
            affine.append(AffineConstraint(Rows(matrix, labels), -constant, equality))
        else:
            raise MeasureError(
                f"{item!r} is not a constraint: found {type(item).__name__}, expected a budget (measure <= number) or "
                "an affine CVXPY constraint on model.q."
            )
    return tuple(budgets), tuple(affine)


@dataclass
class _Slot:
    """Where the duals of a leaf's rows are: row numbers in the program, and the sign of each block."""

    blocks: list[tuple[slice, float]] = field(default_factory=list)
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """min cost · x, lower ≤ matrix x ≤ upper, x ≥ 0; columns are q, then auxiliary ones."""

    matrix: sp.csc_array
    cost: Floats
    lower: Floats
    upper: Floats
    slots: dict[Leaf, _Slot]
    equations: slice
    budgets: tuple[slice, ...]
    affine: tuple[slice, ...]

    def raw_weights(self, duals: Floats) -> dict[Leaf, Floats]:
        """Return the approximate row weights of each leaf, from the duals of its rows (∂value/∂rhs)."""
        found: dict[Leaf, Floats] = {}
        for leaf, slot in self.slots.items():
            total = np.zeros(len(leaf.rows))
            for rows, sign in slot.blocks:
                total = total - sign * duals[rows]
            found[leaf] = np.ones(len(leaf.rows)) if slot.fixed else total
        return found


class _Builder:
    """Collects rows over (q, auxiliary columns)."""

    def __init__(self, strategies: int) -> None:
        self.n = strategies
        self.aux = 0
        self.parts: list[sp.csr_array] = []
        self.extra: list[list[tuple[int, int, float]]] = []
        self.bounds: list[tuple[Floats, Floats]] = []
        self.count = 0
        self.slots: dict[Leaf, _Slot] = {}

    def columns(self, count: int) -> range:
        self.aux += count
        return range(self.aux - count, self.aux)

    def add(self, matrix: Any, extra: list[tuple[int, int, float]], lower: Any, upper: Any) -> slice:
        k = matrix.shape[0]
        self.parts.append(sp.csr_array(matrix))
        self.extra.append([(self.count + i, j, v) for i, j, v in extra])
        self.bounds.append((np.broadcast_to(lower, k).astype(float), np.broadcast_to(upper, k).astype(float)))
        self.count += k
        return slice(self.count - k, self.count)

    def lower(self, term: Term) -> tuple[sp.csr_array | None, dict[int, float], list[tuple[Leaf, float]]]:
        """Return the term as (row over q, coefficients of auxiliary columns, leaves priced by its own row)."""
        if isinstance(term, Total):
            parts = [self.lower(part) for part in term.parts]
            rows = [row for row, _, _ in parts if row is not None]
            merged: dict[int, float] = {}
            for _, aux, _ in parts:
                merged.update(aux)
            return (
                (sum(rows[1:], rows[0]) if rows else None),
                merged,
                [leaf for _, _, own in parts for leaf in own],
            )
        if isinstance(term, Largest):
            (t,) = self.columns(1)
            for part in term.parts:
                row, aux, own = self.lower(part)
                body = sp.csr_array((1, self.n)) if row is None else row
                place = self.add(body, [*((0, j, v) for j, v in aux.items()), (0, t, -1.0)], -np.inf, 0.0)
                for leaf, _ in own:
                    self.slots[leaf] = _Slot([(place, 1.0)])
            return None, {t: 1.0}, []
        if isinstance(term, Linear) or (isinstance(term, SumOfRows) and term.rows.nonnegative):
            self.slots[term] = _Slot(fixed=True)
            return sp.csr_array(term.rows.array.sum(axis=0)[None, :]), {}, [(term, 1.0)]
        return self._norm(term)

    def _norm(self, leaf: LargestRow | SumOfRows) -> tuple[None, dict[int, float], list[tuple[Leaf, float]]]:
        k = len(leaf.rows)
        ts = self.columns(1 if isinstance(leaf, LargestRow) else k)
        extra = [(i, ts[0] if len(ts) == 1 else ts[i], -1.0) for i in range(k)]
        signs = (1.0,) if leaf.rows.nonnegative else (1.0, -1.0)
        blocks = [
            (self.add(leaf.rows.array if sign > 0 else -leaf.rows.array, extra, -np.inf, 0.0), sign) for sign in signs
        ]
        self.slots[leaf] = _Slot(blocks)
        return None, dict.fromkeys(ts, 1.0), []


def linear_program(problem: Problem) -> LinearProgram:
    """Return the linear program of a problem, q first."""
    builder = _Builder(problem.strategies)
    rhs = problem.equations.floats
    equations = builder.add(problem.equations.rows.matrix, [], rhs, rhs)
    row, aux, _ = builder.lower(problem.objective)
    budgets = []
    for budget in problem.budgets:
        limit_row, limit_aux, own = builder.lower(budget.measure.term)
        body = sp.csr_array((1, builder.n)) if limit_row is None else limit_row
        place = builder.add(body, [(0, j, v) for j, v in limit_aux.items()], -np.inf, float(budget.limit))
        for leaf, _ in own:
            builder.slots[leaf] = _Slot([(place, 1.0)])
        budgets.append(place)
    affine = [builder.add(c.rows.array, [], c.rhs if c.equality else -np.inf, c.rhs) for c in problem.affine]
    return _assembled(builder, row, aux, equations, tuple(budgets), tuple(affine))


def _assembled(
    builder: _Builder,
    row: sp.csr_array | None,
    aux: dict[int, float],
    equations: slice,
    budgets: tuple[slice, ...],
    affine: tuple[slice, ...],
) -> LinearProgram:
    entries = [entry for extra in builder.extra for entry in extra]
    i, j, v = (np.array(c) for c in zip(*entries, strict=True)) if entries else (np.empty(0, int),) * 3
    right = sp.csc_array((np.asarray(v, float), (i, j)), shape=(builder.count, builder.aux))
    left = sp.csc_array(sp.vstack(builder.parts, format="csr"))  # mixed formats would go through a copy in COO
    matrix = sp.csc_array(sp.hstack([left, right], format="csc"))
    cost = np.zeros(builder.n + builder.aux)
    if row is not None:
        cost[: builder.n] = row.toarray().ravel()
    for column, coefficient in aux.items():
        cost[builder.n + column] = coefficient
    return LinearProgram(
        matrix,
        cost,
        np.concatenate([low for low, _ in builder.bounds]),
        np.concatenate([high for _, high in builder.bounds]),
        builder.slots,
        equations,
        budgets,
        affine,
    )
