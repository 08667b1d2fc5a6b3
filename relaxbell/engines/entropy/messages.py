"""The least entropy of a message of more than two values: over a polytope of its distributions, cut from outside.

The distributions p(m) of a message that can be reached are a polytope R, and relabeling the values of the message maps
R onto itself, so that values may be taken in descending order. Entropy is concave: its least value over a polytope that
contains R is at a vertex, and a lower bound. The vertex is cut off, by an inequality whose multipliers are rigorous, or
it is in R (outer approximation of concave programs: Horst and Tuy, Global Optimization, Springer).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.base import Engine, engine
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.over import Solver
from relaxbell.engines.linear.program import is_constrained
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.solution import Solution
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.engines.witness import Witness
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, Floats, floor_float
from relaxbell.lp.clock import deadline, remaining
from relaxbell.lp.highs import solve_highs
from relaxbell.measures.messages import MessageEntropy, entropy_of, message_combination

if TYPE_CHECKING:
    import sympy

    from relaxbell.certificate.claims import Certificate
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.paths import Path

_MOST = 60
"""Cuts at most: those of Bell scenarios were seen to need less than ten."""

_IN = 1e-9
"""Distance from the polytope within which a vertex belongs to it."""

_GAP = 1e-9
"""Bits between value and bound that are aimed at."""

_LOG = Fraction(1, 2**48)
"""More than the rounding of an entropy in float64."""

_DENOMINATOR = 1000
"""Of the coefficients of cuts: normals of facets are nearly always simple fractions."""

Row = tuple[tuple[Fraction, ...], Fraction]
"""Coefficients c and a number b with c · r ≥ b."""


@dataclass(frozen=True, eq=False, repr=False)
class MessageSolution(Solution):
    """The least entropy of a message of more than two values, with the cuts that prove its bound; see `Solution`.

    Attributes
    ----------
    distribution
        Of the message found, in descending order.
    cuts
        For each inequality Σ c_m p(m) ≥ b, c ascending and p descending, its coefficients and the solution behind it.
    measure, observed, value, lower_bound, status, q, statistics
        As in `Solution`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> s = rb.minimize(rb.message_entropy(rb.message(alphabet=3)), rb.boxes.pr())
    >>> round(s.value, 9), s.distribution.round(6)
    (1.0, array([0.5, 0.5, 0. ]))
    """

    distribution: Floats
    cuts: tuple[tuple[tuple[Fraction, ...], LinearSolution], ...]

    @property
    def exact(self) -> sympy.Expr | None:
        """None: the entropy is a logarithm."""
        return None

    @property
    def upper_bound(self) -> float | None:
        """None: the entropy is rounded."""
        return None

    @property
    def witness(self) -> Witness | None:
        """Of the last cut."""
        return self.cuts[-1][1].witness if self.cuts else None

    @cached_property
    def certificate(self) -> Certificate:
        """The cuts, with their proofs: anyone finds the vertices that they leave."""
        from relaxbell.certificate.claims import as_data, as_texts, claimed
        from relaxbell.engines.linear.certificates import common_data, proof_data

        model = self.measure.model
        data = common_data(model, self.cuts[0][1].proof)
        data["measure"] = as_data(self.measure.statement())
        data["proof"] = {
            "cuts": [{"coefficients": as_texts(c), "proof": proof_data(model, own.proof)} for c, own in self.cuts]
        }
        return claimed(data, Fraction(self.lower_bound))


@dataclass(frozen=True, eq=False)
class MessageEngine(Engine[MessageEntropy]):
    """Cuts off vertices of an outer polytope of p(m) until the one of least entropy can be reached.

    Attributes
    ----------
    measure
        The entropy.
    solver, thorough
        Of the linear programs.
    """

    solver: Solver | None = None
    thorough: bool = True
    instead_of_bounds: ClassVar[str] = "bounds(message_weight(model), …)"

    @property
    def floor(self) -> float | None:
        return 0.0

    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> MessageSolution:
        if is_constrained(subject_to):
            raise MeasureError(
                f"{self.measure.name} of a message of {self.measure.alphabet} values is minimized without constraints: "
                "they would tell its values apart. Leave them out, use alphabet=2, or limit message_weight(model)."
            )
        with deadline(seconds, self.measure.name):
            return self._minimize(observed)

    def _minimize(self, observed: Behavior | Observed) -> MessageSolution:
        k = self.measure.alphabet
        reach = _Reach(self.measure, self.measure.model.equations(observed))
        rows: list[Row] = [(_unit(k, {i: 1, i + 1: -1}), Fraction(0)) for i in range(k - 1)]
        rows.append((_unit(k, {k - 1: 1}), Fraction(0)))
        cuts: list[tuple[tuple[Fraction, ...], LinearSolution]] = []
        best, q, shown = math.inf, np.empty(0), np.empty(0)
        # the first cut says how often the likeliest value is sent at most
        directions: list[tuple[Fraction, ...]] = [_unit(k, {0: -1})]
        while True:
            remaining()
            for c in directions:
                found = self._cut(c, observed)
                cuts.append((c, found))
                rows.append((c, Fraction(floor_float(found.proof.bound.bound))))
                value, r = self._at(found.q)
                if value < best:
                    best, q, shown = value, found.q.weights, r
            points = vertices(rows, k)
            least = min(points, key=lambda r: entropy_of([float(v) for v in r]))
            lower = entropy_of([float(v) for v in least])
            if best - lower <= _GAP or len(cuts) >= _MOST:
                break
            miss, direction, weights = reach.separated([float(v) for v in least])
            if miss <= _IN:
                own = StrategyWeights(self.measure.model, weights)
                value, r = self._at(own)
                if value < best:
                    best, q, shown = value, weights, r
                break
            if any(direction == c for c, _ in cuts):  # its facet is there to rounding
                break
            directions = [direction]
        bound = max(0.0, floor_float(Fraction(lower) - _LOG))
        status = "optimal" if best - bound <= 1e-7 else "time limit"
        statistics = {**cuts[-1][1].statistics, "gap": best - bound, "cuts": len(cuts)}
        statistics.pop("exact", None)
        return MessageSolution(
            self.measure, observed, max(best, bound), bound, status, StrategyWeights(self.measure.model, q), statistics,
            distribution=shown, cuts=tuple(cuts),
        )  # fmt: skip

    def _cut(self, c: Sequence[Fraction], observed: Behavior | Observed) -> LinearSolution:
        """Return the least Σ c_m p(m)."""
        own = message_combination(self.measure.model, self.measure.message, c)
        return LinearEngine(own, solver=self.solver, thorough=self.thorough).minimize(observed)

    def _at(self, q: StrategyWeights) -> tuple[float, Floats]:
        r = np.sort([weight.at(q) for weight in self.measure.weights])[::-1]
        return entropy_of(r.tolist()), r

    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        raise MeasureError(
            f"{self.measure.name} of a message of {self.measure.alphabet} values has no curve: between samples it is "
            "neither convex nor concave. Use sweep, or alphabet=2."
        )


class _Reach:
    """How far a distribution of the message is from those that can be reached."""

    def __init__(self, measure: MessageEntropy, equations: Equations) -> None:
        model, k = measure.model, measure.alphabet
        model.strategies.check_listed()
        own = [sp.csr_array(weight.blocks[0].array) for weight in measure.weights]
        known = sp.csr_array(equations.rows.array)
        n = known.shape[1]
        slack = sp.hstack([sp.eye_array(k), -sp.eye_array(k)])
        self.n, self.rows = n, known.shape[0]
        lower = sp.hstack([sp.vstack(own), slack])
        upper = sp.hstack([known, sp.csr_array((self.rows, 2 * k))])
        self.matrix = sp.csc_array(sp.vstack([upper, lower]))
        self.cost = np.concatenate([np.zeros(n), np.ones(2 * k)])
        self.values = equations.floats

    def separated(self, r: Sequence[float]) -> tuple[float, tuple[Fraction, ...], Floats]:
        """Return the distance Σ |r − p(m)|, coefficients of an inequality between, and the nearest weights."""
        sides = np.concatenate([self.values, np.array(r)])
        found = solve_highs(self.matrix, self.cost, sides, sides)
        duals = -found.duals[self.rows :]  # the distance grows against what can be reached
        c = tuple(sorted(Fraction(float(v)).limit_denominator(_DENOMINATOR) for v in duals))
        q = found.x[: self.n].clip(0.0)
        return found.value, c, q / q.sum()


def vertices(rows: Sequence[Row], k: int) -> list[tuple[Fraction, ...]]:
    """Return the vertices of {r : Σ r = 1, c · r ≥ b for all rows}, exact."""
    found = {}
    for chosen in itertools.combinations(rows, k - 1):
        r = _solved([*(c for c, _ in chosen), (Fraction(1),) * k], [*(b for _, b in chosen), Fraction(1)])
        if r is not None and r not in found:
            found[r] = all(sum((a * v for a, v in zip(c, r, strict=True)), Fraction(0)) >= b for c, b in rows)
    return [r for r, inside in found.items() if inside]


def _solved(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> tuple[Fraction, ...] | None:
    """Return the solution of a square system; None where it is not unique."""
    table: Exact = np.array([[*row, b] for row, b in zip(rows, right, strict=True)], dtype=object)
    size = len(table)
    for i in range(size):
        pivot = next((j for j in range(i, size) if table[j, i] != 0), None)
        if pivot is None:
            return None
        table[[i, pivot]] = table[[pivot, i]]
        table[i] = table[i] / table[i, i]
        for j in range(size):
            if j != i and table[j, i] != 0:
                table[j] = table[j] - table[i] * table[j, i]
    return tuple(table[:, size].tolist())


def _unit(k: int, entries: dict[int, int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(entries.get(i, 0)) for i in range(k))


engine.register(MessageEntropy, MessageEngine.of)
