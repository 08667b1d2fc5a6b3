"""Sums over the moments of a level, and the best sum of squares for one functional after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Floats
from relaxbell.quantum.squares import solve_conic
from relaxbell.verify.words import Word, classes

if TYPE_CHECKING:
    from cvxpy import Problem


class Moments:
    """Which entries of a moment matrix are equal.

    Parameters
    ----------
    words
        Of its rows.
    coordinates
        Words of the Collins–Gisin coordinates.

    Attributes
    ----------
    words, coordinates
        As given.
    size
        Number of rows.
    sums
        Of a flat matrix over each moment.
    spread
        From coordinates to moments.
    one
        The number of the moment 1.
    """

    def __init__(self, words: list[Word], coordinates: Sequence[Word]) -> None:
        self.words, self.coordinates, self.size = words, coordinates, len(words)
        numbers: dict[Word, int] = {}
        rows, columns, entries = [], [], []
        for i, j, word in classes(words):
            rows.append(numbers.setdefault(word, len(numbers)))
            columns.append(i * self.size + j)
            entries.append(1.0 if i == j else 2.0)
        self.sums = sp.csr_array((entries, (rows, columns)), shape=(len(numbers), self.size**2))
        places = np.array([numbers[word] for word in coordinates])
        shape = (len(numbers), len(places))
        self.spread = sp.csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=shape)
        self.one = int(places[0])


class Pricing:
    """The least bound of a functional that a sum of squares gives, for one form after another.

    Parameters
    ----------
    moments
        Of the level.
    name
        Of the level, for errors.
    """

    def __init__(self, moments: Moments, name: str) -> None:
        import cvxpy as cp

        self.moments, self.name = moments, name
        self._form = cp.Parameter(moments.sums.shape[0])
        self._square = cp.Variable((moments.size, moments.size), PSD=True)
        flat = cp.vec(self._square, order="C")
        others = np.array([k for k in range(moments.sums.shape[0]) if k != moments.one])
        rules = [moments.sums[others] @ flat == -self._form[others]]
        self._problem = cp.Problem(cp.Minimize(cp.sum(moments.sums[[moments.one]] @ flat)), rules)

    def bound(self, form: Floats) -> tuple[float, Floats]:
        """Return the bound for a form over the coordinates, and the matrix."""
        size = float(abs(form).max()) or 1.0
        self._form.value = self.moments.spread @ (form / size)
        solved(self._problem, self.name)
        most = float(self._problem.value) * size + float(form[0])
        return most, np.asarray(self._square.value) * size


def solved(problem: Problem, name: str) -> None:
    """Solve, or raise SolverError."""
    import cvxpy as cp

    try:
        solve_conic(problem, name)
    except cp.error.SolverError as error:
        raise SolverError(f"Clarabel failed on the {name} adversary: {error}") from None
