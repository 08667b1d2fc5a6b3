"""Trials for the tests of what reads them, and their table of counts by a loop."""

import numpy as np


def drawn(shape, seed, n):
    """Return n rows of values below `shape`; each least and largest value is seen."""
    rng = np.random.default_rng(seed)
    rows = np.stack([rng.integers(0, size, n) for size in shape], axis=1)
    rows[:2] = [[0] * len(shape), np.array(shape) - 1]
    return rows


def tallied(rows, shape):
    """Return the table of counts by a loop over trials."""
    table = np.zeros(shape, dtype=int)
    for row in rows.tolist():
        table[tuple(row)] += 1
    return table
