"""How much memory something will take, from counts alone: what does not fit is refused before it is built.

The factors are measured peaks (bytes for each entry, row or strategy), rounded up. They are meant to tell what fits
from what does not, not to be exact.
"""

from __future__ import annotations

import math
import os
import sys

from relaxbell.causal.protocols import HasGraph
from relaxbell.causal.responses import Strategies
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.local_rows import LocalRows

MEMORY_LIMIT = 4 * 2**30
"""Most bytes that one model, measure or program may take, on machines that have twice as much."""

_REMEDY = "Reduce the number of settings, outcomes or edges."

_ENTRY, _STRATEGY, _CELL = 24, 16, 600
"""Bytes of T: for each entry (in two orders), each strategy (numbers while it is built), and each cell (exact numbers
and labels)."""

_PROGRAM_ENTRY, _PROGRAM_LINE, _PROGRAM_COLUMN = 84, 1000, 100
"""Bytes of a linear program that is solved: for each entry of its matrix, each row or auxiliary column (exact numbers,
factors of the simplex method), and each strategy. Seen: 2.4 GB for 29 million entries, 0.4 GB for 1.2 million lines
before they are solved."""


def memory_limit() -> int:
    """Return `MEMORY_LIMIT`, or half of what this machine has or this process may have in all, if that is less."""
    found = [MEMORY_LIMIT]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    if sys.platform != "win32":
        import resource

        allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
        if allowed != resource.RLIM_INFINITY:
            found.append(allowed // 2)
    return min(size for size in found if size > 0)


def check_memory(what: str, needed: int, remedy: str = _REMEDY) -> None:
    """Raise ModelTooLargeError if something needs more bytes than there may be."""
    limit = memory_limit()
    if needed > limit:
        raise ModelTooLargeError(
            f"{what} needs about {_gibibytes(needed)} of memory, expected at most {_gibibytes(limit)}. {remedy}"
        )


def program_memory(lines: int, entries: int, strategies: int) -> int:
    """Return the bytes of a linear program with so many rows and auxiliary columns, entries and strategies."""
    return _PROGRAM_ENTRY * entries + _PROGRAM_LINE * lines + _PROGRAM_COLUMN * strategies


def _gibibytes(size: int) -> str:
    size = max(size, 2**24)
    return f"{size / 2**30:,.3g} GiB" if size < 2**900 else f"10^{(size.bit_length() - 30) * 0.30103:.0f} GiB"


def check_equations(model: HasGraph, strategies: int) -> None:
    """Raise ModelTooLargeError if T, its labels and what was observed do not fit."""
    settings, cells = math.prod(model.cardinality[n] for n in model.free_inputs), math.prod(model.observed_shape)
    entries = settings * strategies
    needed = _ENTRY * entries + _STRATEGY * strategies + _CELL * cells
    check_memory(f"T of {model.name}, {entries:,} entries in {cells:,} rows,", needed)


def check_rows(strategies: Strategies, rows: LocalRows) -> None:
    """Raise ModelTooLargeError if rows over all strategies may not be written as a matrix, or do not fit."""
    strategies.check_listed()
    n, entries = strategies.count, rows.entries
    what = f"{rows.labels[0]}, …, {len(rows):,} rows" if len(rows) > 1 else "".join(rows.labels)
    check_memory(f"{what} over {n:,} strategies with {entries:,} entries,", len(rows) * n + _ENTRY * entries)
