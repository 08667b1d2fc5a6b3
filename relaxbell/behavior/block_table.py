"""Behaviors as text."""

from __future__ import annotations

import itertools

import numpy as np

from relaxbell.behavior.table import Table


def block_table(behavior: Table) -> str:
    """Return one line for each outcome and one column for each setting; a summary of large ones."""
    head = behavior.scenario.symbol
    settings = list(np.ndindex(*behavior.p.shape[len(behavior.outputs) :]))
    events = list(np.ndindex(*behavior.p.shape[: len(behavior.outputs)]))
    if len(settings) > 12 or len(events) > 32:
        sizes = ", ".join(f"{n}: {c}" for n, c in behavior.cardinality.items())
        return f"Behavior {head}  cardinalities {sizes}{'  exact' if behavior.is_exact else ''}"
    show = str if behavior.is_exact else (lambda v: f"{v:.6g}")
    rows = [[head, *(",".join(map(str, s)) for s in settings)]]
    rows += [[",".join(map(str, e)), *(show(behavior.table[e + s]) for s in settings)] for e in events]
    widths = [max(map(len, column)) for column in itertools.zip_longest(*rows, fillvalue="")]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
