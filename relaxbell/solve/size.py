"""Refusing programs that do not fit, from the sizes of their parts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from relaxbell.causal.size import check_memory, program_memory
from relaxbell.measures.dependence import Dependence
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Largest, LargestRow, Linear, SumOfRows, Term, Total, is_nonnegative


class Size(NamedTuple):
    """Rows, auxiliary columns and entries of a part of a linear program."""

    rows: int
    auxiliary: int
    entries: int


def _sum(sizes: Iterable[Size]) -> Size:
    found = list(sizes)
    return Size(*(sum(column) for column in zip(*found, strict=True))) if found else Size(0, 0, 0)


def term_size(term: Term) -> Size:
    """Return what a term adds at most to a linear program in epigraph form, before its rows are copied."""
    if isinstance(term, Total | Largest):
        inner = _sum(map(term_size, term.parts))
        if isinstance(term, Total):
            return inner
        own = len(term.parts)  # a row for each, with its auxiliary columns and those of the maximum
        level = 1 if is_nonnegative(term) else 2
        return Size(inner.rows + own, inner.auxiliary + level, inner.entries + inner.auxiliary + own * level)
    entries, rows = int(term.rows.matrix.nnz), len(term.rows)
    if isinstance(term, Linear) or (isinstance(term, SumOfRows) and term.rows.nonnegative):
        return Size(0, 0, entries)
    signs = 1 if term.rows.nonnegative else 2
    return Size(signs * rows, 1 if isinstance(term, LargestRow) else rows, signs * (entries + rows))


def check_program(objective: Term, limits: Iterable[Term], rows: int, entries: int, strategies: int) -> None:
    """Raise ModelTooLargeError if a linear program does not fit.

    Parameters
    ----------
    objective, limits
        Terms of the objective and of the budgets.
    rows, entries
        Of the equations and other constraints.
    strategies
        Number n of them.
    """
    budgets = [term_size(limit) for limit in limits]  # each has a row with its auxiliary columns besides
    own = _sum([term_size(objective), *budgets, *(Size(1, 0, b.auxiliary) for b in budgets)])
    size = Size(own.rows + rows, own.auxiliary, own.entries + entries)
    check_memory(
        f"the linear program over {strategies:,} strategies with {size.rows:,} rows, {size.auxiliary:,} auxiliary "
        f"columns and {size.entries:,} entries",
        program_memory(size.rows + size.auxiliary, size.entries, strategies),
    )


def check_measure(measure: Measure) -> None:
    """Raise ModelTooLargeError if a measure cannot be minimized whatever is observed: before that is looked at."""
    if isinstance(measure, MutualInformation):
        measure.check_size()
    elif not isinstance(measure, Dependence):  # which needs no program of its own, see solve/columns.py
        model = measure.model
        rows, strategies = math.prod(model.observed_shape), model.strategies.count
        check_program(measure.term, (), rows, strategies * len(model.settings), strategies)
