"""One experiment in each tool: three parties, unequal numbers of settings, and outcomes that tell the parties apart.

Without chance: a = x, b = 1 where y = 2, c = 1. A program that reads bits in the wrong order gets another table.
"""

SHOTS = 5
SETTINGS = [(x, y, z) for x in range(2) for y in range(3) for z in range(1)]


def outcomes(x, y, z):
    return x, int(y == 2), 1
