"""Refusing programs that do not fit, from the sizes of their parts."""

from __future__ import annotations

from collections.abc import Iterable

from relaxbell.causal.size import check_memory, program_memory
from relaxbell.measures.terms import Size, Term


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
    budgets = [limit.size() for limit in limits]  # each has a row with its auxiliary columns besides
    own = Size.sum([objective.size(), *budgets, *(Size(1, 0, b.auxiliary) for b in budgets)])
    size = Size(own.rows + rows, own.auxiliary, own.entries + entries)
    check_memory(
        f"the linear program over {strategies:,} strategies with {size.rows:,} rows, {size.auxiliary:,} auxiliary "
        f"columns and {size.entries:,} entries",
        program_memory(size.rows + size.auxiliary, size.entries, strategies),
    )
