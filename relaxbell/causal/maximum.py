"""The largest value of a functional over the strategies of any model, by elimination of variables."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.cells import cell
from relaxbell.causal.local import LocalModel
from relaxbell.causal.protocols import HasGraph
from relaxbell.causal.size import check_memory
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.elimination import LARGEST_SUM, Elimination, WidthError
from relaxbell.exact.numbers import Exact, ExactNumber, exact_parts
from relaxbell.lp.clock import remaining

_WHOLE, _EXACT = 24, 120
"""Bytes for each number of the largest table: whole numbers in int64, and others."""

_Tables: TypeAlias = dict[tuple[int, ...], NDArray[Any]]

_MOST = 2**36
"""Most numbers of all tables together: some minutes."""


class HasLocal(HasGraph, Protocol):
    """A graph with the variables behind its strategies."""

    @property
    def local(self) -> LocalModel:
        """Those."""

    @property
    def settings(self) -> tuple[dict[str, int], ...]:
        """Of the free inputs."""


def largest_value(model: HasLocal, table: Exact, what: str) -> ExactNumber:
    """Return the largest value over strategies of Σ table · p(outputs and dependent inputs|free inputs), exactly.

    Parameters
    ----------
    model
        The model; its strategies are not listed.
    table
        Coefficients over outputs and inputs, in the model's order.
    what
        How errors call it.

    Raises
    ------
    ModelTooLargeError
        If the elimination needs more memory or time than there may be.
    """
    parts, denominator, n = exact_parts(table.ravel())
    size = sum(map(abs, parts[:, 0].tolist()))
    numbers: NDArray[np.object_] = parts[:, 0] if n == 1 else table.ravel()
    whole: NDArray[Any] = numbers.astype(np.int64) if n == 1 and size < LARGEST_SUM else numbers
    sums = _tables(model, whole)
    each, text = _WHOLE if whole.dtype != object else _EXACT, f"{what}, by elimination of variables,"
    try:
        plan = Elimination(model.local.domains, sums)
    except WidthError as wide:
        check_memory(text, each * wide.size)
        raise
    check_memory(text, each * plan.largest)
    if plan.entries > _MOST:
        raise ModelTooLargeError(
            f"{text} adds tables of {plan.entries:,} numbers, expected at most {_MOST:,}. Reduce the number of "
            "settings, outcomes or edges."
        )
    remaining()
    found: ExactNumber | int = plan.run(list(sums.values()), choices=False)[0].max()
    return Fraction(int(found), denominator) if isinstance(found, int | np.integer) else found


def _tables(model: HasLocal, numbers: NDArray[np.int64] | NDArray[np.object_]) -> _Tables:
    """Return tables by scope, ascending, of which one entry each counts in every strategy."""
    names = model.outputs + model.inputs
    found: _Tables = {}
    for setting in model.settings:
        for scope, cells, present in model.local.pieces(setting, names, lambda values: (cell(model, values), 1)):
            order = sorted(range(len(scope)), key=scope.__getitem__)
            own = (numbers[np.asarray(cells)] * np.asarray(present)).transpose(order)
            key = tuple(scope[i] for i in order)
            found[key] = found[key] + own if key in found else own
    return found
