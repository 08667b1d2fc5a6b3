"""Maximum-likelihood fit of counts by a non-signaling behavior, in extended precision.

The likelihood Σ n_i ln p_i is maximized over p = K (1, g) ≥ 0, where K expands Collins–Gisin
coordinates. Its optimum (p, z) obeys p_i z_i = n_i and Kᵀ z = 0 (columns of g) with p, z ≥ 0.
Adding the same pseudo-count to every cell gives the *path* p_i z_i = n_i + s (N − n_i), N = max n,
which starts at s = 1 with p uniform and ends at the fit: a cell without counts needs no special
treatment, whether its probability ends inside or on the boundary p_i = 0.

The path is followed by primal-dual Newton steps. While ‖p∘z − target(s)‖₂ ≤ s/2 (in units of N), a
step to (1 − 0.1/√cells) s keeps this: the second-order error of a step is ‖Δp∘Δz‖₂ ≤
2^(−3/2) ‖target − p∘z‖² / min p∘z (Nocedal and Wright, Numerical Optimization, Lemma 14.1), which is
below 0.26 s. So the fit always converges, whatever the counts; longer steps are tried first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import CountsError, SolverError
from relaxbell.exact.numbers import Exact

__all__ = ["Fit", "maximize_likelihood"]

PRECISION = 1024
"""Bits of the Newton steps; the linear systems reach condition numbers of 2^660."""

LAST_PSEUDO_COUNT = 300
"""The path ends at s = 2^−300. A cell that is 0 at the fit is then below about √s = 2^−150."""

ZERO = 100
"""A fitted probability below 2^−100 is 0. One with a count is above 2^−62 / outcomes (see `_snap`)."""

GRID = 128
"""Coordinates of a fit are multiples of 2^−128, except where probabilities of 0 fix them."""

LARGEST = 2_000_000
"""Entries of the matrix K above which a fit is refused: some minutes and 0.5 GB."""


@dataclass(frozen=True)
class Fit:
    """A maximum-likelihood fit of counts by a non-signaling behavior.

    Attributes
    ----------
    behavior
        The fitted behavior p(outputs|inputs): exact, and exactly non-signaling.
    deviance
        G² = 2 Σ n ln(n / (N p)) over all cells with n > 0, where N is the trials of the setting; 0
        where the raw frequencies are non-signaling.
    degrees_of_freedom
        Cells − settings − dimension of the non-signaling affine hull: the number of independent
        equalities that the fit imposes. It does not depend on the data: a cell fitted with
        probability 0 is counted like any other.
    p_value
        Probability that a non-signaling experiment has a larger deviance (a probability; by the
        χ² distribution, which holds for many counts in each cell and for fits off the boundary
        p = 0; otherwise take it as a rough guide).
    iterations
        Newton steps taken.

    Examples
    --------
    >>> from relaxbell.behavior.counts import load_counts
    >>> load_counts("delft2015").fit()
    Fit p(A,B|X,Y)  deviance 1.21  degrees of freedom 4  p-value 0.877
    """

    behavior: Behavior = field(repr=False)
    deviance: float
    degrees_of_freedom: int
    p_value: float
    iterations: int

    def __repr__(self) -> str:
        outputs, inputs = ",".join(self.behavior.outputs), ",".join(self.behavior.inputs)
        return (
            f"Fit p({outputs}|{inputs})  deviance {self.deviance:.3g}  "
            f"degrees of freedom {self.degrees_of_freedom}  p-value {self.p_value:.3g}"
        )


def maximize_likelihood(counts: NDArray[np.int64], frequencies: Behavior) -> Fit:
    """Return the fit of `counts` (axes outputs, inputs) with relative frequencies `frequencies`.

    Where several behaviors are equally likely, which takes cells without counts, the fit is the
    limit of the path: the analytic center of these behaviors.

    Raises
    ------
    CountsError
        If the table is too large.
    SolverError
        If the precision does not suffice.
    """
    coordinates = frequencies.coordinates
    exact = frequencies.table
    freedom = exact.size - math.prod(coordinates.inputs) - coordinates.dimension
    if (coordinates.expand(coordinates.project(exact)) == exact).all():
        return Fit(frequencies, 0.0, freedom, 1.0, 0)  # the maximum over all p, so also over these
    if exact.size * coordinates.dimension > LARGEST:
        raise CountsError(
            f"the table has {exact.size} cells and {coordinates.dimension} non-signaling coordinates, too many to "
            f"fit: expected a product of at most {LARGEST}. Drop inputs or merge outcomes."
        )
    vector, iterations = _Path(counts, coordinates).follow()
    table = coordinates.expand(vector)
    if table.min() < 0:
        raise SolverError(
            f"the fit has a probability of {float(table.min()):.3g} after rounding, expected ≥ 0. "
            "Please report the counts; merging rare outcomes helps."
        )
    behavior = Behavior(table, frequencies.outputs, frequencies.inputs, parties=frequencies.parties)
    deviance = _deviance(counts, exact, table)
    return Fit(behavior, deviance, freedom, _chi2_survival(deviance, freedom), iterations)


def _deviance(counts: NDArray[np.int64], frequencies: Exact, fitted: Exact) -> float:
    """Return 2 Σ n ln(frequency / fitted), whose terms cancel to many digits."""
    import flint

    with flint.ctx.workprec(PRECISION):
        total = flint.arb(0)
        for index in np.argwhere(counts > 0):
            ratio = Fraction(frequencies[tuple(index)] / fitted[tuple(index)])
            total += int(counts[tuple(index)]) * (_arb(ratio)).log()
        return max(0.0, 2 * float(total))


def _chi2_survival(deviance: float, freedom: int) -> float:
    from scipy.special import chdtrc  # what scipy.stats.chi2.sf calls, at a tenth of the import time

    return float(chdtrc(freedom, deviance))


def _arb(number: Fraction) -> Any:
    import flint

    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _vector(entries: Any) -> NDArray[Any]:
    """Return an object array of the midpoints: errors are judged by residuals, not by enclosures."""
    return np.array([entry.mid() for entry in entries], dtype=object)


def _to_fraction(number: Any) -> Fraction:
    mantissa, exponent = map(int, number.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


@dataclass(frozen=True)
class _State:
    """A point near the path: g, p = K (1, g), z with Kᵀ z = 0, and the pseudo-count s."""

    g: NDArray[Any]
    p: NDArray[Any]
    z: NDArray[Any]
    s: Any


class _Path:
    """The path from uniform probabilities to the fit; see the module's docstring."""

    def __init__(self, counts: NDArray[np.int64], coordinates: Coordinates) -> None:
        import flint

        self.coordinates = coordinates
        basis = np.eye(coordinates.dimension + 1, dtype=np.int64)
        expanded = np.stack([coordinates.expand(row).ravel() for row in basis], axis=1)
        self.K: list[list[int]] = expanded[:, 1:].tolist()
        self.matrix = flint.arb_mat(self.K)
        self.transposed = self.matrix.transpose()
        with flint.ctx.workprec(PRECISION):
            top = int(counts.max())
            self.weights = _vector(flint.arb(int(n)) / top for n in counts.ravel())
        self.cells = counts.size

    def follow(self) -> tuple[Exact, int]:
        """Return the coordinate vector of the fit (leading entry 1, exact) and the number of steps."""
        import flint

        with flint.ctx.workprec(PRECISION):
            state, last = self._start(), flint.arb(2) ** -LAST_PSEUDO_COUNT
            factor, iterations = 0.5, 0
            while state.s > last:
                state, factor = self._step(state, factor)
                iterations += 1
            self._check(state)
            return self._snap(state), iterations

    def _start(self) -> _State:
        import flint

        outcomes = math.prod(self.coordinates.outputs)
        uniform = np.full(self.coordinates.shape, Fraction(1, outcomes), dtype=object)
        g = _vector(_arb(Fraction(v)) for v in self.coordinates.project(uniform)[1:])
        p = _vector(flint.arb(1) / outcomes for _ in range(self.cells))
        z = _vector(flint.arb(outcomes) for _ in range(self.cells))
        return _State(g, p, z, flint.arb(1))

    def _target(self, s: Any) -> NDArray[Any]:
        return self.weights + s * (1 - self.weights)

    def _step(self, state: _State, factor: float) -> tuple[_State, float]:
        """Take the longest step found that stays near the path; return also s_new / s."""
        p, z, s = state.p, state.z, state.s
        center = (self._target(s) - p * z) / p
        advance = -s * (1 - self.weights) / p
        dg, dp, dz = self._directions(z / p, center, advance)
        for shrink in self._shrinks(factor):
            part = 1 - shrink  # the target is linear in s, so the step is linear in `part`
            new = _State(
                _vector(state.g + dg[0] + part * dg[1]),
                _vector(p + dp[0] + part * dp[1]),
                _vector(z + dz[0] + part * dz[1]),
                (s * shrink).mid(),
            )
            if self._is_near(new):
                return new, float(shrink)
        raise SolverError(
            f"the fit lost precision at pseudo-counts of {float(s):.1e} of the largest count: no step of "
            f"{PRECISION}-bit Newton iteration stays near the path. Please report the counts; merging rare "
            "outcomes helps."
        )

    def _shrinks(self, factor: float) -> Iterator[Any]:
        """Yield factors for s, from the square of the last one up to the one that always works."""
        import flint

        shrink = max(factor, 1e-30) ** 2
        while 1 - shrink > 0.1 / math.sqrt(self.cells):
            yield flint.arb(shrink)
            shrink = math.sqrt(shrink)
        yield flint.arb(1 - 0.1 / math.sqrt(self.cells))

    def _directions(self, ratio: NDArray[Any], *sides: NDArray[Any]) -> tuple[list[NDArray[Any]], ...]:
        """Solve dz + ratio dp = side, dp = K dg, Kᵀ dz = 0 for each side."""
        import flint

        scaled = [[r * k if k else 0 for k in row] for r, row in zip(ratio, self.K, strict=True)]
        normal = (self.transposed * flint.arb_mat(scaled)).mid()
        right = (self.transposed * flint.arb_mat([list(row) for row in zip(*sides, strict=True)])).mid()
        try:
            solution = normal.solve(right, algorithm="approx")
        except ZeroDivisionError:
            raise SolverError(
                f"the fit lost precision: its Newton equations are singular to {PRECISION} bits. "
                "Please report the counts; merging rare outcomes helps."
            ) from None
        expanded = self.matrix * solution
        dg = [_vector(column) for column in solution.transpose().tolist()]
        dp = [_vector(column) for column in expanded.transpose().tolist()]
        return dg, dp, [side - ratio * change for side, change in zip(sides, dp, strict=True)]

    def _is_near(self, state: _State) -> bool:
        if not all(v > 0 for v in state.p) or not all(v > 0 for v in state.z):
            return False
        miss = (self._target(state.s) - state.p * state.z) / state.s
        return math.hypot(*(float(v) for v in miss)) <= 0.5

    def _check(self, state: _State) -> None:
        """Raise SolverError if rounding errors of the steps have broken the optimality conditions."""
        import flint

        dual = self.transposed * flint.arb_mat([[v] for v in state.z])
        scale = max(state.z)
        worst = max(float(abs(v) / scale) for v in dual.entries())
        vector = np.array([flint.arb(1), *state.g], dtype=object)
        primal = max(float(abs(v)) for v in self.coordinates.expand(vector).ravel() - state.p)
        if not max(worst, primal) < 2.0**-200:
            raise SolverError(
                f"the fit misses its optimality conditions by {max(worst, primal):.1e}, expected at most 2^−200. "
                "Please report the counts; merging rare outcomes helps."
            )

    def _snap(self, state: _State) -> Exact:
        """Round g so that probabilities of 0 are exactly 0.

        The rows of K for these cells are brought to reduced echelon form; the coordinates without a
        pivot are rounded, the others follow. No other cell turns negative: one with n counts has
        p = n/z, where the path keeps Σ z = outcomes · Σ p z, so p ≥ n / (outcomes · trials); one
        without has passed the threshold 2^−100, and rounding moves it by some 2^−128.
        """
        g = [Fraction(round(_to_fraction(v) * 2**GRID), 2**GRID) for v in state.g]
        limit = Fraction(1, 2**ZERO)
        zero = [i for i, v in enumerate(state.p) if _to_fraction(v) < limit]
        if zero:
            constants = [1 - sum(self.K[i][k] * 0 for k in ()) for i in zero]
        return np.array([Fraction(1), *g], dtype=object)
