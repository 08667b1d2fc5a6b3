"""Certificates of the entropy of a message of several values: cuts of the polytope of its distributions.

Relabeling the values of a node that is neither input nor output leaves the data as they are, so that its distribution
r may be taken in descending order; then it satisfies all cuts c·r >= b. Entropy is concave: least at a vertex of what
they leave.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

from .kernel import Case
from .measures import Measure, read_measure
from .reading import FRACTION, ONE, ZERO, Json, Real, array, fields, rationals
from .refusals import need
from .rounding import floor, log2_mean

_VALUES, _CUTS = 6, 64


class MessageCase(Case):
    """The entropy H(m) of a node of several values that is neither input nor output."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows: cuts are read with the proof."""
        _, self.message = fields(measure, "the entropy", "kind", "message")
        own = self.model
        known = type(self.message) is str and self.message in own.size and self.message not in own.axes
        need(known, "the message is no hidden node")
        need(1 < own.size[self.message] <= _VALUES, f"the message has one value, or more than {_VALUES}")
        return Measure(f"H({self.message})", stated=0)

    def proven(self) -> Real:
        """Return the least entropy of a vertex that the cuts leave, rounded down."""
        need(not self.constraints, "constraints may tell the values of the message apart")
        k = self.model.size[self.message]
        rows = [([ONE if j == i else -ONE if j == i + 1 else ZERO for j in range(k)], ZERO) for i in range(k)]
        cuts = array(fields(self.proof, "the proof", "cuts")[0], "the cuts")
        need(len(cuts) <= _CUTS, "there are too many cuts")
        self.model.spend(FRACTION * k**3 * math.comb(len(cuts) + k, k - 1))
        for cut in cuts:
            coefficients, proof = fields(cut, "a cut", "coefficients", "proof")
            c = rationals(coefficients, "coefficients", k)
            parts: list[Json] = [
                [w, {"kind": "probability", "target": self.message, "values": [m], "do": []}]
                for m, w in enumerate(c)
                if w
            ]
            own, self.measure = self.measure, read_measure(self.model, {"kind": "sum", "of": parts})
            try:
                rows.append((c, floor(self.bound(proof))))
            finally:
                self.measure = own
        least = min((_entropy(r) for r in _vertices(rows, k)), default=None)
        if least is None:
            need(False, "the cuts leave nothing")
        return Real(max(ZERO, least or ZERO))


def _entropy(r: Sequence[Fraction]) -> Fraction:
    """Return −Σ r log2 r, rounded down."""
    return -sum((x * log2_mean([(x, ZERO)]) for x in r if x), ZERO)


def _vertices(rows: list[tuple[list[Fraction], Fraction]], k: int) -> list[tuple[Fraction, ...]]:
    """Return the vertices of {r : Σ r = 1, c·r >= b for all rows}."""
    found = set()
    for chosen in itertools.combinations(rows, k - 1):
        r = _solved([[*c, b] for c, b in chosen] + [[ONE] * (k + 1)])
        if r is not None and all(sum((a * v for a, v in zip(c, r, strict=True)), ZERO) >= b for c, b in rows):
            found.add(r)
    return sorted(found)


def _solved(table: list[list[Fraction]]) -> tuple[Fraction, ...] | None:
    """Return the solution of a square system, or None where it is not unique."""
    for i in range(len(table)):
        pivot = next((j for j in range(i, len(table)) if table[j][i]), None)
        if pivot is None:
            return None
        table[i], table[pivot] = table[pivot], table[i]
        table[i] = [v / table[i][i] for v in table[i]]
        for j, row in enumerate(table):
            if j != i and row[i]:
                table[j] = [a - row[i] * b for a, b in zip(row, table[i], strict=True)]
    return tuple(row[-1] for row in table)
