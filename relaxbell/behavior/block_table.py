"""Behaviors as text."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario


def block_table(table: NDArray[Any], scenario: Scenario, *, estimated: bool = False) -> str:
    """Return one line for each outcome and one column for each setting; a summary of large ones."""
    head, k, exact = scenario.symbol, len(scenario.outputs), table.dtype == object
    settings = list(np.ndindex(*table.shape[k:]))
    events = list(np.ndindex(*table.shape[:k]))
    if len(settings) > 12 or len(events) > 32:
        sizes = ", ".join(f"{n}: {c}" for n, c in scenario.cardinality.items())
        return f"Behavior {head}  cardinalities {sizes}{'  estimated' * estimated or '  exact' * exact}"
    show = str if exact else (lambda v: f"{v:.6g}")
    rows = [[head, *(",".join(map(str, s)) for s in settings)]]
    rows += [[",".join(map(str, e)), *(show(table[e + s]) for s in settings)] for e in events]
    widths = [max(map(len, column)) for column in itertools.zip_longest(*rows, fillvalue="")]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
