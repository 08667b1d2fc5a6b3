"""The quantum adversary's semidefinite program, from above: multipliers, and a sum of squares for each table and guess.

For each extreme table of settings and each guess there is a moment matrix, of size p(λ); their dual is to find
multipliers of the data and of the budget with which no such matrix gains: what is left of each is a sum of squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.numbers import Floats, to_floats
from relaxbell.lp.clock import remaining
from relaxbell.lp.rank import independent_columns
from relaxbell.quantum.proofs import factor
from relaxbell.quantum.sets import QuantumSet
from relaxbell.quantum.squares import MomentSums, solve_conic
from relaxbell.randomness.guesses import GuessingRows
from relaxbell.randomness.moments import Pricing

_MOST, _MOST_PAIRS, _MOST_WORDS = 20_000, 4500, 40
"""Entries of all moment matrices together that one semidefinite program has; pairs of tables and guesses; words."""

_BEGUN, _ADDED, _ROUNDS, _GAIN = 10, 40, 8, 1e-6
"""Of larger programs: tables to begin with, pairs added in a round, rounds; gains that are borne instead."""

_TRIED = ((1e3, 1 / 16), (1e3, 1 / 4), (1e5, 1 / 16), (1e2, 1.0), (1e4, 1.0))
"""Largest multipliers and scales that are tried: on the border of the quantum set the best ones have no limit."""

_CLOSE, _LARGE = (1e-8, 1e-7), 5000
"""So much more than the solver's value no other program is tried: with up to so many entries, and with more."""

_DIGITS = 2**44
"""Multipliers are rounded to multiples of one over it."""


@dataclass(frozen=True, eq=False)
class QuantumProof:
    """Multipliers of the data and budgets, and a sum of squares for each table and guess, as in a certificate.

    Attributes
    ----------
    multipliers
        Of the data, then of the budget.
    squares
        For each table, and in it each guess.
    value
        What the solver found.
    bound
        About what they prove.
    """

    multipliers: list[Fraction]
    squares: list[dict[str, Any]]
    value: float
    bound: float

    @property
    def excess(self) -> float:
        """By how much the proof is weaker than what the solver found."""
        return self.bound - self.value


@dataclass(eq=False)
class QuantumAdversary(GuessingRows):
    """The program over a level of the NPA hierarchy for each λ.

    Attributes
    ----------
    tables, settings, observed, guesses
        As in `GuessingRows`.
    budgets
        That of M, or none.
    where
        The level, of the scenario.
    """

    where: QuantumSet

    def __post_init__(self) -> None:
        pairs, n = len(self.tables) * len(self.guesses), len(self.where.words)
        if pairs * n * n > _MOST and (pairs > _MOST_PAIRS or n > _MOST_WORDS):
            raise ModelTooLargeError(
                f"{len(self.tables):,} extreme tables of settings with {len(self.guesses)} guesses and a moment matrix "
                f"of {n} rows for each, expected at most {_MOST_PAIRS:,} pairs of tables and guesses, and "
                f"{_MOST_WORDS} rows. Use a lower level, or bounds of p(settings|λ) instead of M."
            )

    @property
    def cells(self) -> int:
        """Number of entries of p(outputs|inputs)."""
        return len(self._expansion)

    # --------------------------------------------------------------------------- forms

    @cached_property
    def _expansion(self) -> Floats:
        units = np.eye(self.where.coordinates.dimension + 1, dtype=np.int64)
        found: Floats = self.where.coordinates.expand(units).reshape(-1, len(units)).astype(np.float64)
        return found

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        """For each table the forms of the data's rows, and of the budget's: axes tables, coordinates, multipliers."""
        found = np.einsum("ck,tc,ic->tki", self._expansion, self.float_tables, self.float_rows)
        if self.budgets:
            costs = np.zeros((*found.shape[:2], 1))
            costs[:, 0, 0] = self.float_costs
            found = np.concatenate([found, costs], axis=2)
        return found

    @cached_property
    def _independent(self) -> NDArray[np.intp]:
        """Multipliers of which the others' rows follow."""
        sides = np.array([float(v) for v in self.sides])
        matrix = np.vstack([self._prices.reshape(-1, len(sides)), sides])
        lengths = np.linalg.norm(matrix, axis=0)
        chosen = set(independent_columns(matrix / np.where(lengths > 0, lengths, 1)).tolist())
        if self.budgets:
            chosen.add(len(sides) - 1)
        return np.array(sorted(chosen), dtype=np.intp)

    # ------------------------------------------------------------------------- solving

    @cached_property
    def _pair_gains(self) -> NDArray[np.float64]:
        """Forms of the gains: axes tables, guesses, coordinates."""
        found: NDArray[np.float64] = np.einsum(
            "ck,tc,gc->tgk", self._expansion, self.float_tables, to_floats(self.gains)
        )
        return found

    @cached_property
    def _moments(self) -> MomentSums:
        return MomentSums(self.where.words)

    @cached_property
    def _spread(self) -> sp.csr_array:
        """From coordinates to moments."""
        places = [self._moments.numbers[word] for word in self.where.coordinate_words]
        entries = np.ones(len(places)), (places, np.arange(len(places)))
        return sp.csr_array(entries, shape=(len(self._moments.numbers), len(places)))

    def solve(self) -> QuantumProof:
        """Return multipliers with their proofs, of several programs the best.

        Raises
        ------
        SolverError
            If the solver ends without a solution.
        """
        entries = len(self.pairs) * len(self.where.words) ** 2
        if entries > _MOST:
            return self._generated()
        close = _CLOSE[entries > _LARGE]
        best: QuantumProof | None = None
        failure: SolverError | None = None
        for far, scale in _TRIED:
            if best is not None and best.excess <= close and float(max(map(abs, best.multipliers))) < far:
                break
            try:
                y, squares, value = self._master(self.pairs, far, scale)
            except SolverError as error:
                failure = error
                continue
            found = self._proof(y, squares, value)
            best = found if best is None or found.bound < best.bound else best
        if best is None:
            assert failure is not None
            raise failure
        return best

    def _generated(self) -> QuantumProof:
        """Return the same where matrices are many: few decide, and the others get sums of squares of their own."""
        order = sorted(self.pairs, key=lambda pair: float(self.tables[pair[0]].cost))
        active = order[: _BEGUN * len(self.guesses)]
        pricing = Pricing(self._moments, self._spread, self.where.name)
        different = [pair for pair in self.pairs if pair == self._alike(pair)]
        for _ in range(_ROUNDS):
            y, squares, value = self._master(active, *_TRIED[0])
            gains = []
            for pair in different:
                remaining()
                if pair not in squares:
                    form = self._pair_gains[pair] - self._prices[pair[0]] @ self._full(y)
                    most, squares[pair] = pricing.bound(form)
                    gains.append((most, pair))
            better = sorted((own for own in gains if own[0] > _GAIN), reverse=True)[:_ADDED]
            if not better:
                break
            active = [*active, *(pair for _, pair in better)]
        for pair in self.pairs:
            if pair not in squares:
                squares[pair] = squares[self._alike(pair)]
        return self._proof(y, squares, value)

    def _alike(self, pair: tuple[int, int]) -> tuple[int, int]:
        """Return the first pair with the same form: guesses are where a table leaves their settings out."""
        table, _ = pair
        place = self.guesses[0][0] % len(self.settings)
        return pair if self.tables[table].weights[place] else (table, 0)

    def _full(self, y: Floats) -> Floats:
        """Return all multipliers, from those that are not 0."""
        found = np.zeros(len(self.sides))
        found[self._independent] = y
        return found

    def _master(
        self, pairs: Sequence[tuple[int, int]], far: float, scale: float
    ) -> tuple[Floats, dict[tuple[int, int], Floats], float]:
        """Return multipliers that prove a bound for some pairs, the matrices of their squares, and the bound."""
        import cvxpy as cp

        own, kept = self._moments, self._independent
        y = cp.Variable(len(kept))
        squares = {pair: cp.Variable((own.size, own.size), PSD=True) for pair in pairs}
        rules = [cp.abs(y) <= far * scale]
        if self.budgets:
            rules.append(y[-1] >= 0)
        for (t, g), square in squares.items():
            left = self._spread @ (self._prices[t][:, kept] @ y - scale * self._pair_gains[t, g])
            rules.append(own.sums @ cp.vec(square, order="C") == left)
        sides = np.array([float(self.sides[k]) for k in kept])
        problem = cp.Problem(cp.Minimize(sides @ y), rules)
        solve_conic(problem, self.where.name)
        found = {pair: np.asarray(square.value) / scale for pair, square in squares.items()}
        return np.asarray(y.value) / scale, found, float(problem.value) / scale

    def _proof(self, y: Floats, squares: Mapping[tuple[int, int], Floats], value: float) -> QuantumProof:
        """Return rational multipliers, and a factor of a sum of squares for each pair."""
        multipliers = [Fraction(round(v * _DIGITS), _DIGITS) for v in self._full(y).tolist()]
        if self.budgets:
            multipliers[-1] = max(multipliers[-1], Fraction(0))
        exact = np.array([float(v) for v in multipliers])
        words, coordinates = self.where.words, self.where.coordinate_words
        proofs, most = [], -np.inf
        for pair in self.pairs:
            form = self._pair_gains[pair] - self._prices[pair[0]] @ exact
            named = dict(zip(coordinates, form.tolist(), strict=True))
            own = factor(words, named, squares[pair], 1.0, 0.0, form)
            proofs.append({"above": None, **own.rows})
            most = max(most, own.bound)
        least = float(np.array([float(v) for v in self.sides]) @ exact)
        return QuantumProof(multipliers, proofs, value, least + most)
