"""Maximum likelihood within an affine hull of behaviors, in extended precision.

The maximizer of Σ n ln p over p = K (1, g) ≥ 0 obeys, with multipliers z ≥ 0, p_i z_i = n_i and
Kᵀ z = 0 (columns of g). Giving each cell the same pseudo-count turns this into a path,
p_i z_i = n_i + s (N − n_i) with N the largest count, from uniform p at s = 1 to the fit at s → 0. Cells
without counts need no special treatment, whether their probability ends inside or at 0.

Primal-dual Newton steps follow the path. In units of N every target is at least s, so while
‖p∘z − target‖₂ ≤ s/2, a step to (1 − 0.1/√cells) s keeps this: its error is ‖Δp∘Δz‖₂ ≤
2^(−3/2) ‖new target − p∘z‖₂² / min p∘z ≤ 0.26 s (Nocedal and Wright, Numerical Optimization, 2nd ed.,
Lemma 14.1). The iteration therefore converges for all counts; longer steps are tried first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Exact
from relaxbell.lp.clock import TimeLimitError, left, now, remaining, time_is_over

if TYPE_CHECKING:
    import flint

_BITS = 1024  # the linear systems reach condition numbers of 2^660
_LAST = 300  # the path ends at s = 2^−300; a probability that vanishes there is below about √s
_ZERO = Fraction(1, 2**100)  # below: probability 0. A cell with counts is above 2^−62/outcomes
_DENOMINATOR = 2**128
_ADVICE = "Please report the counts; merging rare outcomes helps."


def maximum_likelihood(counts: NDArray[np.int64], coordinates: Coordinates) -> tuple[Exact, float, int, bool]:
    """Maximize Σ n log p over behaviors p = K (1, g) ≥ 0 with the given coordinates g.

    Cells with counts have unique probabilities. Where the likelihood leaves those of other cells open,
    a point near the end of the path is returned, well inside the open range but not distinguished
    otherwise. Relative frequencies that lie in the affine hull are returned as they are.

    Returns
    -------
    table, deviance, iterations, complete
        Fractions ≥ 0, in the affine hull and with zeros exactly 0; G²; Newton steps; and whether the end of the path
        was reached. Before it, where time was over, the table is that of counts with pseudo-counts: nothing is 0.

    Raises
    ------
    SolverError
        If the precision does not suffice.
    """
    import flint

    settings = counts.sum(axis=tuple(range(len(coordinates.outputs))))
    frequencies: Exact = counts.astype(object) * Fraction(1) / settings.astype(object)
    if (coordinates.expand(coordinates.project(frequencies)) == frequencies).all():
        return frequencies, 0.0, 0, True
    with flint.ctx.workprec(_BITS):
        path = _Path(counts, coordinates)
        state, iterations = path.follow()
        table = coordinates.expand(path.snap(state))
        if table.min() < 0:
            raise SolverError(f"the fit has a probability {float(table.min()):.3g}, expected ≥ 0. {_ADVICE}")
        return table, _deviance(counts, frequencies, table), iterations, state.s <= path.last


def _deviance(counts: NDArray[np.int64], frequencies: Exact, fitted: Exact) -> float:
    """Return 2 Σ n ln(frequency/fitted), whose terms cancel to many digits."""
    import flint

    total = flint.arb(0)
    for index in map(tuple, np.argwhere(counts > 0)):
        total += int(counts[index]) * _arb(frequencies[index] / fitted[index]).log()
    return max(0.0, 2 * float(total))


def _arb(number: Fraction) -> flint.arb:
    import flint

    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _fraction(number: flint.arb) -> Fraction:
    mantissa, exponent = map(int, number.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _array(entries: Iterable[flint.arb]) -> NDArray[Any]:
    """Return midpoints: convergence is judged by residuals, so enclosures may be dropped."""
    return np.array([entry.mid() for entry in entries], dtype=object)


@dataclass(frozen=True)
class _State:
    """A point near the path: g, p = K (1, g), z with Kᵀ z = 0, and s."""

    g: NDArray[Any]
    p: NDArray[Any]
    z: NDArray[Any]
    s: flint.arb


class _Path:
    """The path from the uniform behavior to the fit."""

    def __init__(self, counts: NDArray[np.int64], coordinates: Coordinates) -> None:
        import flint

        self.coordinates = coordinates
        basis = np.eye(coordinates.dimension + 1, dtype=np.int64)
        columns = np.stack([coordinates.expand(row).ravel() for row in basis], axis=1)
        self.constants: list[int] = columns[:, 0].tolist()
        self.slopes: list[list[int]] = columns[:, 1:].tolist()
        self.matrix = flint.arb_mat(self.slopes)
        self.transposed = self.matrix.transpose()
        self.last, self.slowest = flint.arb(2) ** -_LAST, 0.0
        largest = int(counts.max())
        self.weights = _array(flint.arb(int(n)) / largest for n in counts.ravel())

    def follow(self) -> tuple[_State, int]:
        """Return the end of the path, or where it was when the time was over, and the number of steps."""
        state, factor, iterations = self._start(), 0.5, 0
        with suppress(TimeLimitError):
            while state.s > self.last:
                state, factor = self._step(state, factor)
                iterations += 1
        self._check(state)
        return state, iterations

    def _start(self) -> _State:
        import flint

        outcomes, cells = math.prod(self.coordinates.outputs), len(self.constants)
        uniform = np.full(self.coordinates.shape, Fraction(1, outcomes), dtype=object)
        g = _array(_arb(Fraction(v)) for v in self.coordinates.project(uniform)[1:])
        one = np.array([flint.arb(1)] * cells, dtype=object)
        return _State(g, _array(one / outcomes), _array(one * outcomes), flint.arb(1))

    def _target(self, s: flint.arb) -> NDArray[Any]:
        target: NDArray[Any] = self.weights + s * (1 - self.weights)
        return target

    def _step(self, state: _State, factor: float) -> tuple[_State, float]:
        """Take the longest step found that stays near the path; return also s_new/s."""
        p, z, s = state.p, state.z, state.s
        centering = (self._target(s) - p * z) / p
        advancing = -s * (1 - self.weights) / p
        dg, dp, dz = self._directions(z / p, [centering, advancing])
        for shrink in self._factors(factor):
            remaining()
            part = 1 - shrink  # the target is linear in s, so its direction is linear in `part`
            new = _State(
                _array(state.g + dg[0] + part * dg[1]),
                _array(p + dp[0] + part * dp[1]),
                _array(z + dz[0] + part * dz[1]),
                (s * shrink).mid(),
            )
            if self._is_near(new):
                return new, float(shrink)
        raise SolverError(
            f"the fit stopped at pseudo-counts of {float(s):.1e}, expected 2^−{_LAST}: no {_BITS}-bit Newton step "
            f"stays near the path. {_ADVICE}"
        )

    def _factors(self, factor: float) -> Iterator[flint.arb]:
        """Yield factors for s: the square of the last one, its roots, and the one that always works."""
        import flint

        safe = 1 - 0.1 / math.sqrt(len(self.constants))
        shrink = max(factor, 1e-30) ** 2
        while shrink < safe:
            yield flint.arb(shrink)
            shrink = math.sqrt(shrink)
        yield flint.arb(safe)

    def _directions(self, ratio: NDArray[Any], sides: list[NDArray[Any]]) -> tuple[list[NDArray[Any]], ...]:
        """Solve dz + ratio·dp = side, dp = K dg, Kᵀ dz = 0 for each side."""
        import flint

        scaled = [[r * k if k else 0 for k in row] for r, row in zip(ratio, self.slopes, strict=True)]
        began = now()
        if left() <= self.slowest:  # it cannot be interrupted
            raise time_is_over()
        normal = self.transposed * flint.arb_mat(scaled)
        right = self.transposed * flint.arb_mat([list(row) for row in zip(*sides, strict=True)])
        try:
            solution = normal.mid().solve(right.mid(), algorithm="approx")
        except ZeroDivisionError:
            raise SolverError(f"the Newton equations of the fit are singular to {_BITS} bits. {_ADVICE}") from None
        self.slowest = max(self.slowest, now() - began)
        dg = [_array(column) for column in solution.transpose().tolist()]
        dp = [_array(column) for column in (self.matrix * solution).transpose().tolist()]
        return dg, dp, [side - ratio * change for side, change in zip(sides, dp, strict=True)]

    def _is_near(self, state: _State) -> bool:
        if not all(v > 0 for v in state.p) or not all(v > 0 for v in state.z):
            return False
        miss = (self._target(state.s) - state.p * state.z) / state.s
        return math.hypot(*map(float, miss)) <= 0.5

    def _check(self, state: _State) -> None:
        """Raise SolverError if rounding has broken p = K (1, g) or Kᵀ z = 0."""
        import flint

        along = (self.matrix * flint.arb_mat([[v] for v in state.g])).entries()
        gaps = [abs(c + v - p) for c, v, p in zip(self.constants, along, state.p, strict=True)]
        slopes = self.transposed * flint.arb_mat([[v] for v in state.z])
        worst = max(map(float, gaps + [abs(v) / max(state.z) for v in slopes.entries()]))
        if not worst < 2.0**-200:
            raise SolverError(f"the fit misses optimality by {worst:.1e}, expected at most 2^−200. {_ADVICE}")

    def snap(self, state: _State) -> Exact:
        """Return exact coordinates (leading entry 1) near g at which vanishing probabilities are exactly 0.

        These cells' rows of K (1, g) = 0 are brought to reduced echelon form: coordinates without a
        pivot are rounded, the others follow. Cells with n counts stay positive, as p = n/z and
        Σ z = outcomes · Σ p z give p ≥ n/(outcomes · trials), far above the rounding.
        """
        import flint

        exact = [Fraction(round(_fraction(v) * _DENOMINATOR), _DENOMINATOR) for v in state.g]
        zeros = [i for i, p in enumerate(state.p) if _fraction(p) < _ZERO]
        if zeros:
            rows = flint.fmpq_mat([[*self.slopes[i], -self.constants[i]] for i in zeros])
            reduced, rank = rows.rref()
            for row in reduced.tolist()[:rank]:
                entries = [Fraction(int(v.p), int(v.q)) for v in row]
                pivot = next(k for k, v in enumerate(entries) if v)
                if pivot == len(exact):
                    raise SolverError(f"the cells that the fit makes 0 cannot all be 0. {_ADVICE}")
                rest = (v * exact[k] for k, v in enumerate(entries[:-1]) if v and k != pivot)
                exact[pivot] = entries[-1] - sum(rest, Fraction(0))
        return np.array([Fraction(1), *exact], dtype=object)
