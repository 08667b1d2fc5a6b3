"""The linear program of a minimization, in a form that keeps track of whose dual is whose.

Measures are lowered to epigraph form: auxiliary columns and rows besides q. Built straight from
the measure's blocks rather than through CVXPY, because the integer matrix, the place of every dual,
and a live model for re-solves are needed; the tests compare with ``measure.expression``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.errors import MeasureError
from relaxbell.exact.basis import IntegerProgram
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.numbers import Exact, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.measures.affine import affine_rows
from relaxbell.measures.measure import Budget, Measure, same_model
from relaxbell.measures.terms import Floats, Largest, LargestRow, Leaf, Linear, SumOfRows, Term, Total
from relaxbell.solve.size import check_program

_LARGEST_UNIT = 2**20
"""Rows whose numbers need a larger common denominator (observed frequencies) are not treated as exact."""


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


def read_constraints(
    measure: Measure, subject_to: Any, *, symbolic: bool = False
) -> tuple[tuple[Budget, ...], tuple[AffineConstraint, ...]]:
    """Sort `subject_to` into budgets (symbolic ones where allowed) and affine CVXPY constraints on the measure's own q.

    Raises
    ------
    MeasureError
        For a budget of another model instance, a constraint on another variable, one that is not
        affine, or anything else.
    """
    import cvxpy as cp

    budgets, affine = [], []
    for item in _flat(subject_to):
        if isinstance(item, Budget):
            same_model(measure, item.measure)
            if not (symbolic or isinstance(item.limit, Fraction)):
                raise MeasureError(
                    f"the budget {item} is symbolic, expected a number here. Symbols are for closed_form."
                )
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


def _flat(subject_to: Any) -> Iterator[Any]:
    """Yield constraints from lists in lists: `setting_bounds(…)` beside a budget."""
    if isinstance(subject_to, Sequence) and not isinstance(subject_to, str):
        for item in subject_to:
            yield from _flat(item)
    else:
        yield subject_to


@dataclass
class _Slot:
    """Where the duals of a leaf's rows are: row numbers in the program, and the sign of each block."""

    blocks: list[tuple[slice, float]] = field(default_factory=list)
    fixed: bool = False


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """min cost · x, lower ≤ matrix x ≤ upper, x ≥ 0; columns are q, then auxiliary ones.

    Attributes
    ----------
    matrix, cost, lower, upper
        In float64; `lower` is −∞ or equals `upper`.
    auxiliary
        Number of columns after q.
    units, cost_unit
        Whole factors that make each row, and the cost, whole numbers.
    exact
        Whether they do, so that `integers` is what `matrix` means.
    rhs
        The exact upper sides.
    slots, equations, budgets, affine
        Whose duals are in which rows.
    """

    matrix: sp.csc_array
    auxiliary: int
    cost: Floats
    lower: Floats
    upper: Floats
    units: NDArray[np.int64]
    cost_unit: int
    exact: bool
    rhs: Exact
    slots: dict[Leaf, _Slot]
    equations: slice
    budgets: tuple[slice, ...]
    affine: tuple[slice, ...]

    def raw_weights(self, duals: NDArray[Any]) -> dict[Leaf, NDArray[Any]]:
        """Return the row weights of each leaf, from the duals of its rows (∂value/∂rhs), floats or exact."""
        found: dict[Leaf, NDArray[Any]] = {}
        for leaf, slot in self.slots.items():
            total = np.zeros(len(leaf.rows), dtype=duals.dtype)
            for rows, sign in slot.blocks:
                total = total - int(sign) * duals[rows]
            found[leaf] = total + 1 if slot.fixed else total
        return found

    @cached_property
    def integers(self) -> IntegerProgram | None:
        """The program in whole numbers, rows times `units`; None if some number is not exact."""
        if not self.exact:
            return None
        scaled = self.matrix.data * self.units[self.matrix.indices]
        cost = self.cost * self.cost_unit
        if max(abs(scaled).max(initial=0.0), abs(cost).max(initial=0.0)) >= EXACT:
            return None
        data, whole = np.rint(scaled), np.rint(cost)
        matrix = sp.csc_array((data.astype(np.int64), self.matrix.indices, self.matrix.indptr), self.matrix.shape)
        return IntegerProgram(matrix, whole.astype(np.int64), self.lower == self.upper)


@dataclass(frozen=True)
class _Lowered:
    """A term as a row over q (which `unit` makes whole) plus auxiliary columns, and the leaves in that row."""

    row: sp.csr_array | None
    unit: int
    auxiliary: list[int]
    leaves: list[Leaf]


class _Builder:
    """Collects rows over (q, auxiliary columns)."""

    def __init__(self, strategies: int) -> None:
        self.n = strategies
        self.units: list[NDArray[np.int64]] = []
        self.rhs: list[Exact] = []
        self.exact = True
        self.aux = 0
        self.parts: list[sp.csr_array] = []
        self.extra: list[list[tuple[int, int, float]]] = []
        self.bounds: list[tuple[Floats, Floats]] = []
        self.count = 0
        self.slots: dict[Leaf, _Slot] = {}

    def columns(self, count: int) -> range:
        self.aux += count
        return range(self.aux - count, self.aux)

    def add(
        self, matrix: Any, unit: int | NDArray[np.int64], extra: list[tuple[int, int, float]], rhs: Any, equality: bool
    ) -> slice:
        """Append rows that `unit` makes whole; `rhs` is exact, one number or one for each row."""
        k = matrix.shape[0]
        exact = np.array(np.broadcast_to(np.asarray(rhs, dtype=object), k))
        upper = to_floats(exact)
        self.parts.append(sp.csr_array(matrix))
        self.units.append(np.array(np.broadcast_to(np.asarray(unit, dtype=np.int64), k)))
        self.rhs.append(exact)
        self.extra.append([(self.count + i, j, v) for i, j, v in extra])
        self.bounds.append((upper if equality else np.full(k, -np.inf), upper))
        self.count += k
        return slice(self.count - k, self.count)

    def lower(self, term: Term) -> _Lowered:
        """Return the term over q and auxiliary columns."""
        if isinstance(term, Total):
            parts = [self.lower(part) for part in term.parts]
            rows = [part.row for part in parts if part.row is not None]
            return _Lowered(
                sum(rows[1:], rows[0]) if rows else None,
                math.lcm(*(part.unit for part in parts)),
                [j for part in parts for j in part.auxiliary],
                [leaf for part in parts for leaf in part.leaves],
            )
        if isinstance(term, Largest):
            (t,) = self.columns(1)
            for part in term.parts:
                self.limit(self.lower(part), Fraction(0), [(0, t, -1.0)])
            return _Lowered(None, 1, [t], [])
        if isinstance(term, Linear) or (isinstance(term, SumOfRows) and term.rows.nonnegative):
            self.slots[term] = _Slot(fixed=True)
            self._note(term)
            return _Lowered(sp.csr_array(term.rows.array.sum(axis=0)[None, :]), _unit(term), [], [term])
        return self._norm(term)

    def limit(self, term: _Lowered, rhs: Fraction, extra: list[tuple[int, int, float]]) -> slice:
        """Append the row term + extra ≤ rhs, which prices the term's own leaves."""
        body = sp.csr_array((1, self.n)) if term.row is None else term.row
        place = self.add(body, term.unit, [*((0, j, 1.0) for j in term.auxiliary), *extra], rhs, False)
        for leaf in term.leaves:
            self.slots[leaf] = _Slot([(place, 1.0)])
        return place

    def _note(self, leaf: Leaf) -> None:
        """Note whether the leaf's numbers are exact."""
        self.exact = self.exact and leaf.rows.integral and leaf.rows.scale.denominator <= _LARGEST_UNIT

    def _norm(self, leaf: LargestRow | SumOfRows) -> _Lowered:
        self._note(leaf)
        k = len(leaf.rows)
        ts = self.columns(1 if isinstance(leaf, LargestRow) else k)
        extra = [(i, ts[0] if len(ts) == 1 else ts[i], -1.0) for i in range(k)]
        signs = (1.0,) if leaf.rows.nonnegative else (1.0, -1.0)
        blocks = [
            (self.add(leaf.rows.array if sign > 0 else -leaf.rows.array, _unit(leaf), extra, Fraction(0), False), sign)
            for sign in signs
        ]
        self.slots[leaf] = _Slot(blocks)
        return _Lowered(None, 1, list(ts), [])

    def add_affine(self, constraint: AffineConstraint) -> slice:
        """Append a user's rows; floats mean the binary fractions that they are."""
        matrix = constraint.rows.array
        units = np.array([_binary_unit(matrix.data[a:b]) for a, b in itertools.pairwise(matrix.indptr)])
        self.exact = self.exact and bool((units > 0).all())
        rhs = np.array([Fraction(h) for h in constraint.rhs.tolist()], dtype=object)
        return self.add(matrix, np.maximum(units, 1), [], rhs, constraint.equality)


def _unit(leaf: Leaf) -> int:
    """Return a whole number that makes the leaf's rows whole; 1 where they are not exact anyway."""
    return leaf.rows.scale.denominator if leaf.rows.scale.denominator <= _LARGEST_UNIT else 1


def _binary_unit(values: Floats) -> int:
    """Return the least power of two that makes floats whole; 0 if it is too large."""
    found = max((Fraction(v).denominator for v in values.tolist()), default=1)
    return found if found <= 2**53 else 0


def linear_program(problem: Problem) -> LinearProgram:
    """Return the linear program of a problem, q first.

    Raises
    ------
    ModelTooLargeError
        If it does not fit in memory.
    """
    known = [problem.equations.rows, *(c.rows for c in problem.affine)]
    check_program(
        problem.objective,
        [b.measure.term for b in problem.budgets],
        sum(map(len, known)),
        sum(int(rows.matrix.nnz) for rows in known),
        problem.strategies,
    )
    builder = _Builder(problem.strategies)
    builder.exact = problem.equations.rows.integral
    equations = builder.add(problem.equations.rows.matrix, 1, [], problem.equations.rhs, True)
    objective = builder.lower(problem.objective)
    numbers = [b.limit if isinstance(b.limit, Fraction) else Fraction(0) for b in problem.budgets]
    lowered = [builder.lower(b.measure.term) for b in problem.budgets]
    budgets = [builder.limit(term, limit, []) for term, limit in zip(lowered, numbers, strict=True)]
    affine = [builder.add_affine(c) for c in problem.affine]
    return _assembled(builder, objective, equations, tuple(budgets), tuple(affine))


def _assembled(
    builder: _Builder,
    objective: _Lowered,
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
    if objective.row is not None:
        cost[: builder.n] = objective.row.toarray().ravel()
    cost[[builder.n + column for column in objective.auxiliary]] = 1.0
    return LinearProgram(
        matrix,
        builder.aux,
        cost,
        np.concatenate([low for low, _ in builder.bounds]),
        np.concatenate([high for _, high in builder.bounds]),
        np.concatenate(builder.units),
        objective.unit,
        builder.exact,
        np.concatenate(builder.rhs),
        builder.slots,
        equations,
        budgets,
        affine,
    )
