"""A problem as a linear program whose columns are made one by one.

How the rows of the program come from the rows of data, measures and budgets is linear. So it is found once, by lowering
the problem with one column for each of these rows; the column of a strategy is then that map times what the tables say
of it, and a dual vector prices all strategies as one sum of tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.local import LocalModel
from relaxbell.engines.linear.program import LinearProgram, Problem, all_leaves, linear_program
from relaxbell.exact.elimination import Elimination
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import Exact, ExactNumber, Floats
from relaxbell.exact.rows import Rows
from relaxbell.measures.affine import AffineConstraint

N = TypeVar("N", float, ExactNumber)


class Found(Protocol):
    """What elimination found: assignments of all variables."""

    def assignments(self, places: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return those at some places."""


def local_blocks(problem: Problem) -> list[LocalRows] | None:
    """Return the rows of the equations, the leaves and the constraints; None if some are no small tables."""
    blocks = [problem.equations.rows, *(leaf.rows for leaf in all_leaves(problem)), *(c.rows for c in problem.affine)]
    found = [rows for rows in blocks if isinstance(rows, LocalRows)]
    return found if len(found) == len(blocks) else None


@dataclass(frozen=True, eq=False)
class PricedForm:
    """What is known of a problem before any of its strategies is.

    Attributes
    ----------
    problem
        With rows that are sums of small tables.
    blocks
        These rows: of the equations, of the leaves, of the constraints.
    local
        The variables behind the strategies, by which these are numbered.
    like
        A table in the model's order whose symmetries may be some of the problem, where no behavior is given.
    """

    problem: Problem
    blocks: tuple[LocalRows, ...]
    local: LocalModel
    like: Exact | None = field(default=None, kw_only=True)

    @cached_property
    def rows(self) -> LocalRows:
        """All rows, one after the other, without their scales, which the program knows."""
        bare = [LocalRows(rows.domains, rows.parts, rows.labels) for rows in self.blocks]
        total: Rows = bare[0]
        for own in bare[1:]:
            total = total.followed_by(own)
        assert isinstance(total, LocalRows)
        return total

    @cached_property
    def alike(self) -> list[int]:
        """For each block the first one that its rows may be exchanged with: itself, unless leaves have one row each."""
        return list(range(len(self.blocks)))

    @cached_property
    def program(self) -> LinearProgram:
        """The program in which each row of `rows` is a column of its own, before the auxiliary ones."""
        found = linear_program(self._separate)
        slots = zip(all_leaves(self.problem), all_leaves(self._separate), strict=True)
        return replace(found, slots={own: found.slots[other] for own, other in slots if other in found.slots})

    @cached_property
    def _separate(self) -> Problem:
        """The problem with a column for each of the rows."""
        starts = np.concatenate([[0], np.cumsum([len(rows) for rows in self.blocks])])
        width, place = int(starts[-1]), iter(starts.tolist())
        return self._with(lambda rows: _identity(rows, next(place), width))

    def restricted(self, assignments: NDArray[np.int64]) -> Problem:
        """Return the problem with some strategies only, given by the values of all variables."""
        return self._with(lambda rows: _local(rows).at(assignments))

    def _with(self, made: Callable[[Rows], Rows]) -> Problem:
        problem = self.problem
        equations = replace(problem.equations, rows=made(problem.equations.rows), exponents=None)
        objective = problem.objective.with_rows(made)
        budgets = tuple(
            replace(b, measure=replace(b.measure, term=b.measure.term.with_rows(made))) for b in problem.budgets
        )
        affine = tuple(AffineConstraint(made(c.rows), c.rhs, c.equality) for c in problem.affine)
        return Problem(objective, equations, budgets, affine)

    @cached_property
    def map(self) -> sp.csr_array:
        """From entries of `rows` to those of the program's rows."""
        return sp.csr_array(self.program.matrix[:, : len(self.rows)])

    @cached_property
    def cost(self) -> Floats:
        """From entries of `rows` to the cost of a column."""
        return self.program.cost[: len(self.rows)]

    def numbers(self, assignments: NDArray[np.int64]) -> list[int]:
        """Return the numbers of some strategies."""
        return self.local.numbers(assignments)

    def spread(self, assignments: NDArray[np.int64], shares: Sequence[N]) -> dict[int, N]:
        """Return the weights of strategies, by number, from shares of columns."""
        found: dict[int, N] = {}
        for number, share in zip(self.numbers(assignments), shares, strict=True):
            found[number] = found[number] + share if number in found else share
        return found

    def sizes(self, assignments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how much probability a weight of one is, for some columns: one, but for multiples that are whole."""
        return np.ones(len(assignments), dtype=np.int64)

    def columns(self, assignments: NDArray[np.int64]) -> tuple[sp.csc_array, Floats]:
        """Return the columns of some strategies, and their costs."""
        own = self.rows.at(assignments).matrix
        return sp.csc_array(self.map @ own), np.asarray(own.T @ self.cost)

    def equation_entries(self, assignments: NDArray[np.int64]) -> sp.csr_array:
        """Return the entries of the equations in the columns of some strategies, without scale."""
        return sp.csr_array(_local(self.problem.equations.rows).at(assignments).matrix)

    def prices(self, duals: Floats) -> Floats:
        """Return the weights of `rows` in the reduced cost (cost − duals · column) of every strategy."""
        return np.asarray(self.cost - self.map.T @ duals)


def _local(rows: Rows) -> LocalRows:
    assert isinstance(rows, LocalRows)  # `local_blocks` found no others
    return rows


def _identity(rows: Rows, start: int, width: int) -> Rows:
    """Return rows of which each has an entry in a column of its own."""
    k = len(rows)
    matrix = sp.csr_array((np.ones(k), (np.arange(k), start + np.arange(k))), shape=(k, width))
    found = Rows(matrix, rows.labels, rows.scale)
    found.__dict__["nonnegative"] = rows.nonnegative  # so that the program has the rows of all strategies
    return found


class Pricer:
    """Finds the strategies of least reduced cost.

    Parameters
    ----------
    rows
        All rows of a form.
    most
        Most numbers of a table.

    Raises
    ------
    WidthError
        If elimination needs a larger one.
    """

    def __init__(self, rows: LocalRows, *, most: int = 2**40) -> None:
        self._rows = rows
        self._groups: dict[tuple[int, ...], list[tuple[int, NDArray[np.intp]]]] = {}
        places: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
        for number, part in enumerate(rows.parts):
            shape = part.values.shape[1:]
            own = places.setdefault(shape, {})
            where = np.array([own.setdefault(tuple(scope), len(own)) for scope in part.scopes.tolist()], dtype=np.intp)
            self._groups.setdefault(shape, []).append((number, where))
        self._sizes = {shape: len(own) for shape, own in places.items()}
        scopes = [scope for shape in self._groups for scope in places[shape]]
        self.elimination = Elimination(rows.domains, scopes, most=most)

    def tables(self, weights: NDArray[np.float64] | NDArray[np.int64]) -> list[NDArray[np.generic]]:
        """Return the tables of −Σ weight · row, one for each scope."""
        combined = list(self._rows.combined(-weights))
        found: list[NDArray[np.generic]] = []
        for shape, members in self._groups.items():
            (number, where), *others = members
            if not others and len(where) == self._sizes[shape]:
                total = combined[number]
            else:
                total = np.zeros((self._sizes[shape], *shape), dtype=weights.dtype)
                for number, where in members:
                    np.add.at(total, where, combined[number])
            found += [total[i, ...] for i in range(len(total))]
        return found

    def best(self, weights: Floats) -> tuple[Floats, Found]:
        """Return −(least reduced cost) for each choice of the variables that are left to the end, and the rest."""
        return self.elimination.run(self.tables(weights))

    def least(self, whole: NDArray[np.int64]) -> int | Fraction:
        """Return the least Σ weight · row of all strategies, for whole weights, exactly."""
        return -int(self.elimination.largest_sum(self.tables(whole)))
