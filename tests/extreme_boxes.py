"""The extreme non-signaling boxes of two parties with two settings and outcomes, by their formulas."""

import itertools

import numpy as np


def extreme_boxes():
    """Barrett et al., PRA 71, 022101 (2005): 16 deterministic boxes and 8 of Popescu and Rohrlich."""
    for f in itertools.product((0, 1), repeat=4):
        box = np.zeros((2, 2, 2, 2))
        for x, y in itertools.product((0, 1), repeat=2):
            box[f[x], f[2 + y], x, y] = 1
        yield box
    for r, s, t in itertools.product((0, 1), repeat=3):
        a, b, x, y = np.indices((2, 2, 2, 2))
        yield ((a + b + x * y + r * x + s * y + t) % 2 == 0) / 2
