"""The quantum adversary's semidefinite program, from above: multipliers, and a sum of squares for each table and guess.

For each extreme table of settings and each guess there is a moment matrix, of size p(λ); their dual is to find
multipliers of the data and of the budget with which no such matrix gains: what is left of each is a sum of squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.quantum.proofs import factor
from relaxbell.quantum.sets import QuantumSet
from relaxbell.quantum.squares import solve_conic
from relaxbell.randomness.tables import SettingTable
from relaxbell.verify.sets import Word, classes

_MOST = 40_000
"""Entries of all moment matrices together, of which a semidefinite program takes about a minute."""

_TRIED = ((1e3, 1 / 16), (1e3, 1 / 4), (1e5, 1 / 16), (1e2, 1.0), (1e4, 1.0))
"""Largest multipliers and scales that are tried: on the border of the quantum set the best ones have no limit."""

_CLOSE, _LARGE = (1e-8, 1e-7), 5000
"""So much more than the solver's value no other program is tried: with up to so many entries, and with more."""

_DIGITS = 2**44
"""Multipliers are rounded to multiples of one over it."""

_DEPENDENT = 1e-9


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


@dataclass(frozen=True, eq=False)
class QuantumAdversary:
    """max Σ_λ p(settings*, λ) P(guess_λ|settings*, λ) / p(settings*) over a level of the NPA hierarchy for each λ.

    Attributes
    ----------
    where
        The level, of the scenario.
    tables
        Extreme tables p(settings|λ).
    settings
        p(settings), flat.
    observed
        Rows of exact coefficients over p(outputs, inputs), flat, with their values.
    guesses
        For each guess the cells in which it is right, all at one setting.
    budgets
        That of M, or none.
    """

    where: QuantumSet
    tables: tuple[SettingTable, ...]
    settings: tuple[Fraction, ...]
    observed: list[tuple[dict[int, ExactNumber], ExactNumber]]
    guesses: list[list[int]]
    budgets: list[ExactNumber]

    def __post_init__(self) -> None:
        pairs, n = len(self.tables) * len(self.guesses), len(self.where.words)
        if pairs * n * n > _MOST:
            raise ModelTooLargeError(
                f"{len(self.tables):,} extreme tables of settings with {len(self.guesses)} guesses and a moment matrix "
                f"of {n} rows for each are {pairs * n * n:,} entries, expected at most {_MOST:,}. Use a lower level, "
                "or bounds of p(settings|λ) instead of M."
            )

    @cached_property
    def sides(self) -> list[ExactNumber]:
        """Right-hand sides: the observed values, then the budget."""
        return [*(value for _, value in self.observed), *self.budgets]

    # --------------------------------------------------------------------------- forms

    @cached_property
    def _expansion(self) -> Floats:
        units = np.eye(self.where.coordinates.dimension + 1, dtype=np.int64)
        found: Floats = self.where.coordinates.expand(units).reshape(-1, len(units)).astype(np.float64)
        return found

    @cached_property
    def _weights(self) -> Floats:
        """The tables over cells, one a row."""
        tables = np.array([[float(w) for w in table.weights] for table in self.tables])
        return np.tile(tables, (1, len(self._expansion) // tables.shape[1]))

    @cached_property
    def _rows(self) -> Floats:
        found = np.zeros((len(self.observed), len(self._expansion)))
        for i, (row, _) in enumerate(self.observed):
            for j, v in row.items():
                found[i, j] = float(v)
        return found

    @cached_property
    def _gains(self) -> Floats:
        chance = float(self.settings[self.guesses[0][0] % len(self.settings)])
        found = np.zeros((len(self.guesses), len(self._expansion)))
        for g, cells in enumerate(self.guesses):
            found[g, cells] = 1 / chance
        return found

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        """For each table the forms of the data's rows, and of the budget's: axes tables, coordinates, multipliers."""
        found = np.einsum("ck,tc,ic->tki", self._expansion, self._weights, self._rows)
        if self.budgets:
            costs = np.zeros((*found.shape[:2], 1))
            costs[:, 0, 0] = [float(table.cost) for table in self.tables]
            found = np.concatenate([found, costs], axis=2)
        return found

    @cached_property
    def _independent(self) -> NDArray[np.intp]:
        """Multipliers of which the others' rows follow."""
        from scipy.linalg import qr  # loads slowly

        sides = np.array([float(v) for v in self.sides])
        matrix = np.vstack([self._prices.reshape(-1, len(sides)), sides])
        lengths = np.linalg.norm(matrix, axis=0)
        _, triangle, order = qr(matrix / np.where(lengths > 0, lengths, 1), mode="economic", pivoting=True)
        rank = int((abs(np.diag(triangle)) > _DEPENDENT).sum())
        chosen = set(order[:rank].tolist())
        if self.budgets:
            chosen.add(len(sides) - 1)
        return np.array(sorted(chosen), dtype=np.intp)

    # ------------------------------------------------------------------------- solving

    def solve(self) -> QuantumProof:
        """Return multipliers with their proofs, of several programs the best.

        Raises
        ------
        InfeasibleError
            If the solver finds that no quantum adversary within the budgets shows the data.
        SolverError
            If it ends without a solution.
        """
        close = _CLOSE[len(self.tables) * len(self.guesses) * len(self.where.words) ** 2 > _LARGE]
        best: QuantumProof | None = None
        failure: SolverError | None = None
        for far, scale in _TRIED:
            if best is not None and best.excess <= close and float(max(map(abs, best.multipliers))) < far:
                break
            try:
                found = self._solve(far, scale)
            except SolverError as error:
                failure = error
                continue
            best = found if best is None or found.bound < best.bound else best
        if best is None:
            assert failure is not None
            raise failure
        return best

    def _solve(self, far: float, scale: float) -> QuantumProof:
        import cvxpy as cp

        words, coordinates = list(self.where.words), self.where.coordinate_words
        n, tables, guesses = len(words), len(self.tables), len(self.guesses)
        sums, numbers = _sums(words)
        places = np.array([numbers[word] for word in coordinates])
        kept = self._independent
        prices = self._prices[:, :, kept]
        gains = np.einsum("ck,tc,gc->tgk", self._expansion, self._weights, self._gains) * scale
        y = cp.Variable(len(kept))
        squares = [[cp.Variable((n, n), PSD=True) for _ in range(guesses)] for _ in range(tables)]
        shape = (len(numbers), len(places))
        spread = sp.csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=shape)
        rules = [cp.abs(y) <= far * scale]
        if self.budgets:
            rules.append(y[-1] >= 0)
        for t in range(tables):
            for g in range(guesses):
                left = spread @ (prices[t] @ y - gains[t, g])
                rules.append(sums @ cp.vec(squares[t][g], order="C") == left)
        sides = np.array([float(self.sides[k]) for k in kept])
        problem = cp.Problem(cp.Minimize(sides @ y), rules)
        try:
            solve_conic(problem, self.where.name)
        except cp.error.SolverError as error:
            raise SolverError(f"Clarabel failed on the {self.where.name} adversary: {error}") from None
        value = float(problem.value) / scale
        multipliers = [Fraction(0)] * len(self.sides)
        for k, v in zip(kept.tolist(), (np.asarray(y.value) / scale).tolist(), strict=True):
            multipliers[k] = Fraction(round(v * _DIGITS), _DIGITS)
        if self.budgets:
            multipliers[-1] = max(multipliers[-1], Fraction(0))
        exact = np.array([float(v) for v in multipliers])
        proofs, most = [], -np.inf
        for t in range(tables):
            forms = gains[t] / scale - (self._prices[t] @ exact)[None]
            for g in range(guesses):
                named = dict(zip(coordinates, forms[g].tolist(), strict=True))
                own = factor(words, named, np.asarray(squares[t][g].value) / scale, 1.0, 0.0, forms[g])
                proofs.append({"above": None, **own.rows})
                most = max(most, own.bound)
        least = float(np.array([float(v) for v in self.sides]) @ exact)
        return QuantumProof(multipliers, proofs, value, least + most)


def _sums(words: Sequence[Word]) -> tuple[sp.csr_array, dict[Word, int]]:
    """Return the sums of a matrix's entries over each moment, and the moments' numbers."""
    n = len(words)
    numbers: dict[Word, int] = {}
    rows, columns, entries = [], [], []
    for i, j, word in classes(words):
        rows.append(numbers.setdefault(word, len(numbers)))
        columns.append(i * n + j)
        entries.append(1.0 if i == j else 2.0)
    return sp.csr_array((entries, (rows, columns)), shape=(len(numbers), n * n)), numbers
