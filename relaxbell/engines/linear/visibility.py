"""The local visibility of a behavior with many settings: columns generated, no strategy listed.

The largest v with v p + (1 − v) noise = Σ w_D D over deterministic strategies D is 1 / (1 + u) for the least u with
p + u · noise = Σ x_D D, x ≥ 0. Rows that symmetries of p and noise exchange are merged: of D it counts then how many
of its cells lie in each orbit. Columns come from alternating ascents; where these find none, a search over all
strategies (`exact.assignments`) does, or proves that there is none. For any table z of whole numbers with largest
value max_D ⟨z, D⟩ = M, and ⟨z, p − noise⟩ > 0::

    v ≤ (M − ⟨z, noise⟩) / ⟨z, p − noise⟩

which is evaluated for all cells: the symmetries serve to find z, and nothing rests on them.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.merged import Merged
from relaxbell.errors import SolverError
from relaxbell.exact.assignments import LARGEST, Choice, StoppedSearch, ascents, largest
from relaxbell.exact.basis import Basis, IntegerProgram, Primal, RightHandSide
from relaxbell.exact.branching import TooCloseError
from relaxbell.exact.choices import best_exact
from relaxbell.exact.numbers import ExactNumber, Floats, Surd
from relaxbell.lp.clock import Enclosure, TimeLimitError, UpperBound, deadline, now, passed, remaining, time_is_over
from relaxbell.lp.highs import LiveModel
from relaxbell.lp.rows import MISSED, misses, without_misses
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex

_TOLERANCE = 1e-10
"""By how much a strategy must violate the duals to become a column."""

_STARTS, _MORE = 200, 2000
"""Random strategies that ascents start from: at each step, and before all strategies are searched."""

_COLUMNS = 60
"""Most columns that are added at once."""

_ROUNDS = 5000

_SMOOTH = 0.8
"""Weight of the duals that promise most among those that are priced first: the solver's jump (Neame, PhD thesis,
Melbourne 1999). Seen: half of the programs, a third of the time."""

_PRICES = (10.0, 1e3, 1e5)
"""Of missing a row by one; raised while rows are missed."""

_EXACT_ROUNDS = 10

_SECONDS = 60.0
"""For the exact vertex; what is exact without it are the bounds."""

_MOMENT = 0.5
"""Seconds for the bound of the last duals, when the time is over."""

_LARGEST_SUM = 2**62
"""Noise that takes larger whole numbers, in all cells together, is left to the listed program."""


@dataclass(frozen=True, eq=False)
class Visibilities:
    """What is known of a critical visibility: it is no smaller than `lower` and no larger than `upper`, both exact.

    Attributes
    ----------
    lower, upper
        Equal where the exact value was found.
    columns
        How many strategies were generated.
    searches
        How often all strategies were searched.
    """

    lower: ExactNumber
    upper: ExactNumber
    columns: int
    searches: int


def local_visibility(merged: Merged) -> Visibilities | None:
    """Return bounds of the critical visibility; None where noise is not what this form can treat.

    Raises
    ------
    SolverError
        If columns do not stop improving.
    TimeLimitError
        If the time is over, with exact bounds: from both sides, or an `UpperBound`.
    """
    if merged.whole_noise is None or int(merged.whole_noise.sum()) > _LARGEST_SUM:
        return None
    return Generation(merged).run()


class Generation:
    """A master program of strategies that are generated as its duals ask for them.

    Parameters
    ----------
    merged
        The behavior and the noise.

    Attributes
    ----------
    counts
        For each strategy, how many of its cells lie in each orbit.
    upper
        No visibility is larger; exact.
    searches
        How often all strategies were searched.
    """

    def __init__(self, merged: Merged) -> None:
        self.merged, self.rng = merged, np.random.default_rng(0)
        self.rows = merged.rows
        self.counts = np.zeros((0, merged.orbits), dtype=np.int64)
        self.seen: set[bytes] = set()
        self.upper: ExactNumber = Fraction(1)
        self.searches, self.promised = 0, math.inf
        self.observed_table = merged.spread(merged.observed_floats / merged.sizes)
        self.noise_table = merged.spread(merged.noise_floats / merged.sizes)
        self.settings = math.prod(merged.ids.shape[::2])
        self.z = self.observed_table - self.noise_table
        rhs, noise = merged.observed_floats[self.rows], merged.noise_floats[self.rows]
        m = len(self.rows)
        elastic = misses(np.arange(m), m)
        start = sp.csc_array(sp.hstack([elastic, sp.csc_array(-noise[:, None])], format="csc"))
        cost = np.append(np.full(2 * m, _PRICES[0]), 1.0)
        self.master = LiveModel(start, cost, rhs, rhs, method="primal simplex")
        self.add(merged.random(max(64, m), self.rng))
        self.improve(self.z, _STARTS)

    # ----------------------------------------------------------------- columns

    def add(self, counts: NDArray[np.int64]) -> int:
        """Add the columns that are new; return how many are."""
        new = []
        for own in counts:
            key = own.tobytes()
            if key not in self.seen:
                self.seen.add(key)
                new.append(own)
        if new:
            block = np.array(new)
            self.counts = np.concatenate([self.counts, block])
            self.master.add_columns(sp.csc_array(block[:, self.rows].T.astype(np.float64)), np.zeros(len(new)))
        return len(new)

    def improve(self, z: Floats, starts: int) -> int:
        """Add columns that violate the duals, found by ascents; keep the duals that promise the best bound."""
        picked, value = ascents(z, starts, self.rng)
        self._promise(z, float(value.max()))
        best = np.argsort(-value, kind="stable")
        best = best[value[best] > _TOLERANCE][: 4 * _COLUMNS]
        if not len(best):
            return 0
        counts = self.merged.count([own[best] for own in picked])
        return self.add(np.unique(counts, axis=0)[:_COLUMNS] if len(counts) > _COLUMNS else counts)

    def _promise(self, z: Floats, top: float) -> None:
        """Keep duals where their bound, if no strategy gives more than `top`, is the best so far."""
        noise = float((z * self.noise_table).sum())
        slope = float((z * self.observed_table).sum()) - noise
        if slope > 0 and (top - noise) / slope < self.promised:
            self.promised = (top - noise) / slope
            level = z - top / self.settings  # at which no strategy that was found is above zero
            self.z = level / -float((level * self.noise_table).sum())

    def search(self, z: Floats, tick: Callable[[], object]) -> tuple[float, Choice]:
        """Return the largest value of the duals over all strategies; keep the visibility that they exclude."""
        size = float(abs(z).sum()) or 1.0  # no strategy violates zero duals: the behavior is local
        scale = 2.0 ** math.floor(math.log2(LARGEST / (4 * max(z.shape[1::2])) / size))
        whole = np.rint(z * scale)
        self.searches += 1
        picked, value = ascents(whole, _STARTS, self.rng)
        start: Choice = tuple(own[value.argmax()] for own in picked)
        try:
            found = largest(whole, incumbent=start, tick=tick)
        except StoppedSearch as stopped:
            self._exclude(whole, stopped.upper)
            raise time_is_over() from stopped.__cause__
        self._exclude(whole, Fraction(found.value))
        return found.value / scale, found.choice

    def _exclude(self, whole: Floats, top: ExactNumber) -> None:
        bound = self.merged.bound(whole, top)
        if bound is not None and bound < self.upper:
            self.upper = bound

    def late(self) -> TimeLimitError:
        """Return the error that says that the time is over, with what the last duals exclude after a moment."""
        end = now() + _MOMENT

        def tick() -> None:
            if now() > end:
                raise time_is_over()

        if self.upper == 1:
            with contextlib.suppress(TimeLimitError):
                self.search(self.z, tick)
        lower = self._attained() if len(self.master.x) else None
        known: UpperBound | Enclosure
        if lower is None and not self.merged.white:
            known = UpperBound("critical visibility", self.upper)
        else:  # white noise is local
            known = Enclosure("critical visibility", max(Fraction(0), lower or Fraction(0)), self.upper)
        return TimeLimitError(f"{time_is_over()} {known.text}", known)

    def _attained(self) -> ExactNumber | None:
        """Return a visibility that the last mixture attains, perhaps after a little more noise; None without one."""
        amounts = self.master.x[2 * len(self.rows) + 1 :]
        used = np.flatnonzero(amounts > 0).tolist()
        return self.merged.attained(self.counts, [(j, Fraction(float(amounts[j]))) for j in used])

    # ------------------------------------------------------------------- rounds

    def run(self) -> Visibilities | None:
        """Return bounds of the visibility."""
        try:
            if not self._converged():
                return None
        except TimeLimitError as late:
            raise self.late() from late
        lower = self._exact()
        if lower is None:
            lower = self._attained()
        if lower is None:
            return None
        return Visibilities(min(lower, self.upper), self.upper, len(self.counts), self.searches)

    def _converged(self) -> bool:
        m, prices = len(self.rows), iter(_PRICES[1:])
        for _ in range(_ROUNDS):
            self.master.run()
            y = self.master.duals
            z = self.merged.spread(self._all(y))
            if (
                self.improve(_SMOOTH * self.z + (1 - _SMOOTH) * z, _STARTS)
                or self.improve(z, _STARTS)
                or self.improve(z, _MORE)
            ):
                continue
            top, choice = self.search(z, remaining)
            if top > _TOLERANCE and self.add(self.merged.count([own[None] for own in choice])):
                continue
            if self.master.x[: 2 * m].sum() <= MISSED:
                return True
            price = next(prices, None)
            if price is None:
                return False
            self.master.set_cost(np.full(2 * m, price))
        raise SolverError(
            f"the critical visibility did not converge in {_ROUNDS} rounds of {len(self.counts):,} strategies. Round "
            "the behavior with rounded(model, denominator=10**6), or use fewer settings."
        )

    def _all(self, y: Floats) -> Floats:
        found = np.zeros(self.merged.orbits)
        found[self.rows] = y
        return found

    # -------------------------------------------------------------------- exact

    def _exact(self) -> ExactNumber | None:
        """Return an exact visibility that is attained; where it is the largest, `upper` is the same afterwards."""
        m, basis = len(self.rows), self.master.basis()
        merged = self.merged
        if basis is None or m > LARGEST_BASIS or merged.whole_noise is None:
            return None
        basis = without_misses(basis, np.arange(m))
        rhs = RightHandSide.read(merged.observed[self.rows])
        lower: ExactNumber | None = None
        for _ in range(_EXACT_ROUNDS):
            matrix = np.column_stack([-merged.whole_noise[self.rows], self.counts[:, self.rows].T])
            cost = np.zeros(matrix.shape[1], dtype=np.int64)
            cost[0] = 1
            integers = IntegerProgram(sp.csc_array(matrix.astype(np.int64)), cost, np.ones(m, dtype=bool))
            with deadline(
                _SECONDS, "the critical visibility", least=False
            ):  # nearly equal floats may take very many exact pivots
                found = optimal_vertex(integers, basis, rhs, thorough=True)
            if found is None:
                return lower or self._nearly(integers.primal(basis, rhs))
            vertex, dual = found
            lower = self._lower(vertex.basis, vertex.values)
            if lower is None or passed():
                return lower
            exact = np.zeros(merged.orbits, dtype=object)
            exact[self.rows] = [Fraction(int(v)) for v in dual.numerators]
            try:
                top, choice = best_exact(merged.spread(exact), tick=remaining)
            except (StoppedSearch, TooCloseError):
                return lower
            if top <= 0:
                self.upper = lower
                return lower
            if not self.add(merged.count([own[None] for own in choice])):
                return lower
            basis = vertex.basis
        return lower

    def _nearly(self, primal: Primal | None) -> ExactNumber | None:
        """Return the visibility that a basis attains, after a little more noise where its weights are below zero."""
        if primal is None or primal.feasible:
            return None if primal is None else self._lower(primal.basis, primal.values)
        pairs = zip(primal.basis.columns.tolist(), primal.values, strict=True)
        weights = [(j - 1, v.bounds()[0] if isinstance(v, Surd) else Fraction(v)) for j, v in pairs if j]
        return self.merged.attained(self.counts, [(j, v) for j, v in weights if v > 0])

    def _lower(self, basis: Basis, values: list[ExactNumber]) -> ExactNumber | None:
        """Return the visibility that exact weights of strategies attain; None where they miss a row."""
        merged = self.merged
        noise: ExactNumber = Fraction(0)
        if len(values) and basis.columns[0] == 0:
            noise = values[0] * merged.noise_scale
        used = [(j - 1, value) for j, value in zip(basis.columns.tolist(), values, strict=True) if j]
        if (merged.mixture(self.counts, used) != merged.observed + merged.noise * noise).any():
            return None
        return 1 / (1 + noise)
