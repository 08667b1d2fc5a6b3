"""The linear program of a minimization, in a form that keeps track of whose dual is whose.

Measures are lowered to epigraph form: auxiliary columns and rows besides q. Built straight from
the measure's blocks rather than through CVXPY, because the integer matrix, the place of every dual,
and a live model for re-solves are needed; the tests compare with ``measure.expression``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.equations import Equations
from relaxbell.causal.plain import is_constraint
from relaxbell.engines.linear.size import check_program
from relaxbell.errors import MeasureError
from relaxbell.exact.basis import IntegerProgram
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.simplex import ExactProgram
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.exact.texts import one_line
from relaxbell.lp.clock import remaining
from relaxbell.lp.rows import Block, RowBuilder
from relaxbell.measures.affine import AffineConstraint, read_affine
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import Budget, Measure, same_model
from relaxbell.measures.setting_limits import SettingLimits
from relaxbell.measures.terms import Deviation, Leaf, Lowered, Slot, Term, fresh
from relaxbell.measures.terms.sizes import entries_of

_MOST_ENTRIES = 200_000
"""Programs with more entries are not written in exact numbers of any size: that takes seconds and a gigabyte."""


class NotExactError(Exception):
    """Rows that are known to rounding only."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Minimize `objective` over q ≥ 0, Σ q = 1, subject to equations, budgets and affine constraints.

    `information` are budgets in bits, which `engines.information.within` takes; linear programs have none.
    """

    objective: Term
    equations: Equations
    budgets: tuple[Budget, ...] = ()
    affine: tuple[AffineConstraint, ...] = ()
    information: tuple[InformationBudget, ...] = ()

    @classmethod
    def of(
        cls,
        objective: Term,
        equations: Equations,
        budgets: Sequence[Budget] = (),
        affine: Sequence[AffineConstraint] = (),
    ) -> Problem:
        """Return the problem with copies of all terms, so that one that is used twice is told apart."""
        copies = tuple(Budget(replace(b.measure, term=fresh(b.measure.term)), b.limit) for b in budgets)
        return cls(fresh(objective), equations, copies, tuple(affine))

    def at(self, rhs: Exact) -> Problem:
        """Return the problem at other right-hand sides of the equations."""
        return replace(self, equations=replace(self.equations, rhs=rhs))

    def at_ones(self) -> Problem:
        """Return the problem at right-hand sides of one: its program tells by which factor it scales each equation."""
        return self.at(np.full(len(self.equations.rows), Fraction(1), dtype=object))

    @property
    def strategies(self) -> int:
        """Number n of strategies."""
        return self.equations.rows.columns

    @property
    def deviations(self) -> list[Deviation]:
        """Distances of the data from what q makes: where there are any, q need not reproduce the data."""
        return [leaf for leaf in all_leaves(self) if isinstance(leaf, Deviation)]


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
    budgets, affine = [], []
    for item in flat(subject_to):
        if isinstance(item, InformationBudget):
            same_model(measure, item.measure)
            raise MeasureError(
                f"the budget {item} is on a relative entropy, and {measure.name} is treated by linear programs here. "
                "Expected budgets of measures with linear programs, such as dependence(model) <= …; minimize, bounds, "
                "sweep, evidence and BellFunctional.bound take budgets of I too, of models whose strategies are listed."
            )
        if isinstance(item, Budget):
            same_model(measure, item.measure)
            if item.is_symbolic and not symbolic:
                raise MeasureError(
                    f"the budget {item} is symbolic, expected a number here. Symbols are for closed_form."
                )
            budgets.append(item)
        elif isinstance(item, SettingLimits):
            raise MeasureError(
                f"the limits {item} have a symbol, expected numbers here. BellFunctional.bound makes curves of symbols."
            )
        elif isinstance(item, AffineConstraint):
            affine.append(item)
        elif is_constraint(item):
            affine.append(read_affine(measure.model, item))
        else:
            raise MeasureError(
                f"{one_line(item)} is not a constraint: found {type(item).__name__}, expected a budget (measure <= "
                "number) or an affine CVXPY constraint on model.q."
            )
    return tuple(budgets), tuple(affine)


def without_information(subject_to: Any) -> tuple[tuple[InformationBudget, ...], list[Any]]:
    """Return the budgets in bits among constraints, and the others."""
    found = list(flat(subject_to))
    own = tuple(item for item in found if isinstance(item, InformationBudget))
    return own, [item for item in found if not isinstance(item, InformationBudget)]


def accepts_signaling(measure: Measure, subject_to: object) -> bool:
    """Return whether a distance from the data is minimized or limited, so that q need not reproduce them."""
    asked: list[Measure] = [measure, *(item.measure for item in flat(subject_to) if isinstance(item, Budget))]
    return any(own.compares for own in asked)


def is_constrained(subject_to: object) -> bool:
    """Return whether there are any constraints."""
    return any(True for _ in flat(subject_to))


def flat(subject_to: Any) -> Iterator[Any]:
    """Yield constraints from lists in lists: `setting_bounds(…)` beside a budget."""
    if isinstance(subject_to, Sequence) and not isinstance(subject_to, str):
        for item in subject_to:
            yield from flat(item)
    else:
        yield subject_to


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
    normalized
        Rows of normalizations, where there are distances: else the equations say them.
    normalization
        For each equation the number of its normalization, or −1.
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
    slots: dict[Leaf, Slot]
    equations: slice
    budgets: tuple[slice, ...]
    affine: tuple[slice, ...]
    normalized: slice | None = None
    normalization: NDArray[np.intp] | None = None

    def multipliers(self, duals: NDArray[Any]) -> NDArray[Any]:
        """Return the multipliers of the equations; those of normalizations are sums of equations."""
        z = duals[self.equations]
        if self.normalized is None or self.normalization is None:
            return z
        return z + np.append(duals[self.normalized], duals[:1] * 0)[self.normalization]

    def raw_weights(self, duals: NDArray[Any]) -> dict[Leaf, NDArray[Any]]:
        """Return the row weights of each leaf, from the duals of its rows (∂value/∂rhs), floats or exact."""
        return {leaf: slot.weights(duals, len(leaf.rows)) for leaf, slot in self.slots.items()}

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


class _Builder:
    """What terms add to: rows over (q, auxiliary columns), floats or with `exactly` exact numbers, and their duals."""

    def __init__(self, strategies: int, *, exactly: bool = False) -> None:
        self.rows, self.exactly = RowBuilder(strategies), exactly
        self.units: list[NDArray[np.int64]] = []
        self.rhs: list[Exact] = []
        self.exact = True
        self.slots: dict[Leaf, Slot] = {}
        self.surplus = range(0)

    def columns(self, count: int) -> range:
        return self.rows.columns(count)

    def add(
        self,
        matrix: Block | None,
        unit: int | NDArray[np.int64],
        extra: list[tuple[int, int, float]],
        rhs: ExactNumber | Exact,
        equality: bool,
    ) -> slice:
        """Append rows that `unit` makes whole, one where the matrix is None; `rhs` is exact, one for each or all."""
        k = 1 if matrix is None else matrix.shape[0]
        exact = np.array(np.broadcast_to(np.asarray(rhs, dtype=object), k))
        self.units.append(np.array(np.broadcast_to(np.asarray(unit, dtype=np.int64), k)))
        self.rhs.append(exact)
        upper = to_floats(exact)
        i, j, v = (np.array(part) for part in zip(*extra, strict=True)) if extra else (np.empty(0, dtype=np.intp),) * 3
        return self.rows.add(k, upper if equality else -np.inf, upper, [(i, j, v)], matrix)

    def total(self, rows: Rows) -> Block:
        """Return the sum of some rows as one row over q."""
        self.note(rows)
        matrix = self.matrix(rows)
        return matrix.total() if isinstance(matrix, ExactMatrix) else sp.csr_array(matrix.sum(axis=0)[None, :])

    def norm(self, rows: Rows, extra: list[tuple[int, int, float]]) -> list[tuple[slice, float]]:
        """Append ± rows + extra ≤ 0 (+ only, where no entry is negative), and return where, with the signs."""
        self.note(rows)
        matrix = self.matrix(rows)
        signs = (1.0,) if rows.nonnegative else (1.0, -1.0)
        return [
            (self.add(matrix if sign > 0 else -matrix, rows.unit, extra, Fraction(0), False), sign) for sign in signs
        ]

    def limit(self, term: Lowered, rhs: ExactNumber, extra: list[tuple[int, int, float]]) -> slice:
        """Append the row term + extra ≤ rhs, which prices the term's own leaves."""
        place = self.add(term.row, term.unit, [*((0, j, sign) for j, sign in term.auxiliary), *extra], rhs, False)
        for leaf in term.leaves:
            self.slots[leaf] = Slot([(place, 1.0)])
        return place

    def note(self, rows: Rows) -> None:
        """Note whether the rows are whole numbers times a simple fraction."""
        self.exact = self.exact and rows.is_simple

    def matrix(self, rows: Rows) -> Block:
        """Return the rows with their scale.

        Raises
        ------
        NotExactError
            If they are not known exactly, but should be.
        """
        if not self.exactly:
            return rows.array
        if rows.exact is None:
            raise NotExactError
        return rows.exact

    def add_affine(self, constraint: AffineConstraint) -> slice:
        """Append a user's rows."""
        self.note(constraint.rows)
        matrix = self.matrix(constraint.rows)
        return self.add(matrix, constraint.rows.unit, [], constraint.rhs, constraint.equality)


def linear_program(problem: Problem) -> LinearProgram:
    """Return the linear program of a problem, q first.

    Raises
    ------
    ModelTooLargeError
        If it does not fit in memory.
    """
    check_size(problem)
    collected = _collected(problem, exactly=False)
    remaining()  # among many strategies each takes seconds
    found = _assembled(*collected)
    if not problem.deviations:
        return found
    own = problem.deviations[0]
    place = np.full(len(own.chance), -1)
    place[list(own.normalized)] = np.arange(len(own.normalized))
    first = found.equations.stop
    return replace(found, normalized=slice(first, first + len(own.normalized)), normalization=place[own.settings])


def check_size(problem: Problem) -> None:
    """Raise ModelTooLargeError if the linear program of a problem does not fit in memory."""
    known = [problem.equations.rows, *(c.rows for c in problem.affine)]
    check_program(
        problem.objective,
        [b.measure.term for b in problem.budgets],
        sum(rows.height for rows in known),
        sum(map(entries_of, known)),
        problem.strategies,
    )


def exact_program(problem: Problem) -> ExactProgram | None:
    """Return the same program in exact numbers of any size; None if they are not known, or too many."""
    if sum(2 * entries_of(rows) for rows in all_rows(problem)) > _MOST_ENTRIES:  # norms have rows of both signs
        return None
    try:
        builder, objective, *_ = _collected(problem, exactly=True)
    except NotExactError:
        return None
    cost: list[ExactNumber] = [Fraction(0)] * builder.rows.width
    if objective.row is not None:
        for j, v in objective.row.rows[0].items():
            cost[j] = v
    for column, sign in objective.auxiliary:
        cost[column] = Fraction(sign)
    lower, upper = builder.rows.sides
    rhs = [Fraction(v) if isinstance(v, int) else v for part in builder.rhs for v in part.tolist()]
    return ExactProgram(builder.rows.exact(), cost, rhs, (lower == upper).tolist())


def is_hard(problem: Problem) -> bool:
    """Return whether some numbers are no small multiples of simple fractions: a solver in floats may not see them."""
    return not all(rows.is_simple for rows in all_rows(problem))


def all_rows(problem: Problem) -> Iterator[Rows]:
    """Yield the rows of the equations, the measures and the affine constraints."""
    yield problem.equations.rows
    yield from (leaf.rows for leaf in all_leaves(problem))
    yield from (constraint.rows for constraint in problem.affine)


def all_leaves(problem: Problem) -> Iterator[Leaf]:
    """Yield the leaves of the objective and of the budgets."""
    yield from problem.objective.leaves()
    for budget in problem.budgets:
        yield from budget.measure.term.leaves()


def _collected(
    problem: Problem, *, exactly: bool
) -> tuple[_Builder, Lowered, slice, tuple[slice, ...], tuple[slice, ...]]:
    builder = _Builder(problem.strategies, exactly=exactly)
    builder.exact = problem.equations.rows.integral
    known = builder.matrix(problem.equations.rows)
    distances = problem.deviations
    extra: list[tuple[int, int, float]] = []
    if distances:  # what the data exceed T q by, and what they fall below it by
        builder.surplus, below = builder.columns(len(known_rows(problem))), builder.columns(len(known_rows(problem)))
        extra = [(i, j, 1.0) for i, j in enumerate(builder.surplus)] + [(i, j, -1.0) for i, j in enumerate(below)]
    equations = builder.add(known, 1, extra, problem.equations.rhs, True)
    if distances:
        _normalize(builder, known, distances[0])
    objective = problem.objective.lower(builder)
    limits = (b.limit for b in problem.budgets)
    numbers: list[ExactNumber] = [v if isinstance(v, Fraction | Surd) else Fraction(0) for v in limits]
    lowered = [b.measure.term.lower(builder) for b in problem.budgets]
    budgets = [builder.limit(term, limit, []) for term, limit in zip(lowered, numbers, strict=True)]
    affine = [builder.add_affine(c) for c in problem.affine]
    return builder, objective, equations, tuple(budgets), tuple(affine)


def known_rows(problem: Problem) -> Rows:
    """Return the rows of the equations; raise MeasureError where distances from them are not defined."""
    if problem.equations.tables is not None:
        raise MeasureError(
            "a distance of data from a model needs all probabilities: found values of functionals, expected a Behavior."
        )
    return problem.equations.rows


def _normalize(builder: _Builder, known: Block, own: Deviation) -> None:
    """Append Σ T q = p(dependent|free) for the settings that need it."""
    for x in own.normalized:
        cells = np.flatnonzero(own.settings == x)
        if isinstance(known, ExactMatrix):
            row: Block = ExactMatrix(tuple(known.rows[i] for i in cells), known.width).total()
        else:
            row = sp.csr_array(known[cells].sum(axis=0)[None, :])
        builder.add(row, 1, [], own.chance[x], True)


def _assembled(
    builder: _Builder,
    objective: Lowered,
    equations: slice,
    budgets: tuple[slice, ...],
    affine: tuple[slice, ...],
) -> LinearProgram:
    matrix = builder.rows.matrix()
    cost = np.zeros(builder.rows.width)
    if objective.row is not None:
        cost[: builder.rows.first] = objective.row.toarray().ravel()
    for column, sign in objective.auxiliary:
        cost[column] = sign
    return LinearProgram(
        matrix,
        builder.rows.width - builder.rows.first,
        cost,
        *builder.rows.sides,
        np.concatenate(builder.units),
        objective.unit,
        builder.exact,
        np.concatenate(builder.rhs),
        builder.slots,
        equations,
        budgets,
        affine,
    )
