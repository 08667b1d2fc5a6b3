"""Search for quantum behaviors that violate a bipartite Bell inequality most, in a given dimension.

For fixed measurements the best state is the top eigenvector of the Bell operator, so only the
measurements are searched: orthonormal bases U = U₀ C(K) with C(K) = (1 + K)(1 − K)⁻¹, the Cayley
transform of an anti-Hermitian K, and L-BFGS over K from random U₀. The gradient of the eigenvalue is
the expectation of the operator's derivative in its eigenvector (Hellmann–Feynman).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import Complex, born
from relaxbell.errors import BehaviorError, FunctionalError
from relaxbell.exact.numbers import to_floats

Labels = NDArray[np.intp]
"""Which outcome each basis vector reports: axes [setting, vector]."""


@dataclass(frozen=True, eq=False)
class QuantumOptimum:
    """The best quantum behavior that a search found.

    Attributes
    ----------
    value
        Of the functional. Some quantum behavior has it, so it bounds the quantum maximum from below.
    state
        Ket, shape (d_A · d_B,).
    measurements
        For each party its projectors, axes [setting, outcome, row, column].
    behavior
        What the Born rule makes of them, p(A, B|X, Y).
    start_values
        Where each start ended, in the order of the starts.
    """

    value: float
    state: Complex
    measurements: tuple[Complex, Complex]
    behavior: Behavior
    start_values: NDArray[np.float64]


def optimize_quantum(
    coefficients: ArrayLike,
    dimensions: int | Sequence[int] | None = None,
    *,
    starts: int = 8,
    seed: int = 0,
    iterations: int = 2000,
) -> QuantumOptimum:
    """Maximize a bipartite Bell functional over pure states and projective measurements.

    A local search from random measurements, repeated; it may miss the maximum. `start_values` tells how
    often the best value was reached.

    Parameters
    ----------
    coefficients
        Of p(a, b|x, y), axes [a, b, x, y].
    dimensions
        Local dimension of both parties, or one for each; by default the number of their outcomes.
        Where it equals that number, projectors have rank one. Otherwise their ranks are as equal as
        possible (0 where outcomes outnumber levels), drawn anew for each setting and start.
    starts
        Number of random starts.
    seed
        Of the starts; the same seed gives the same result.
    iterations
        At most so many L-BFGS steps for each start.

    Raises
    ------
    FunctionalError
        If the coefficients are not finite numbers on four axes.
    BehaviorError
        If a dimension, `starts` or `iterations` is not a positive integer.

    Examples
    --------
    >>> chsh = np.array([[[[(-1) ** (a + b + x * y) for y in (0, 1)] for x in (0, 1)] for b in (0, 1)] for a in (0, 1)])
    >>> found = optimize_quantum(chsh, starts=2)
    >>> round(found.value, 6)  # Tsirelson's bound 2√2
    2.828427
    """
    table = _read_coefficients(coefficients)
    sizes = _read_dimensions(dimensions, (table.shape[0], table.shape[1]))
    for name, count in (("starts", starts), ("iterations", iterations)):
        _check_positive_integer(count, name)
    generator = np.random.default_rng(seed)
    runs = [_Run(table, sizes, generator) for _ in range(starts)]
    values = np.array([run.climb(iterations) for run in runs])
    best = runs[int(np.argmax(values))]
    measurements = best.projectors()
    return QuantumOptimum(
        float(values.max()), best.state, measurements, born(best.state, measurements), values
    )


class _Run:
    """One start: random bases and outcome labels, improved by `climb`."""

    def __init__(
        self, table: NDArray[np.float64], sizes: tuple[int, int], generator: np.random.Generator
    ) -> None:
        self.sizes = sizes
        self.outcomes = table.shape[:2]
        settings = table.shape[2:]
        self.labels = [
            _draw_labels(m, d, o, generator) for m, d, o in zip(settings, sizes, self.outcomes, strict=True)
        ]
        self.origin = [_draw_bases(m, d, generator) for m, d in zip(settings, sizes, strict=True)]
        self.bases = self.origin
        x, y = np.arange(settings[0])[:, None, None, None], np.arange(settings[1])[None, :, None, None]
        a, b = self.labels[0][:, None, :, None], self.labels[1][None, :, None, :]
        self.weights = table[a, b, x, y]  # of a pair of basis vectors, axes [x, y, i, j]
        self.state: Complex = np.zeros(sizes[0] * sizes[1], dtype=np.complex128)

    def climb(self, iterations: int) -> float:
        """Run L-BFGS; keep the bases and the state reached, and return their value."""
        from scipy.optimize import minimize

        start = np.zeros(2 * sum(bases.size for bases in self.origin))
        options = {"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20}
        found = minimize(self.descend, start, jac=True, method="L-BFGS-B", options=options)
        value, _ = self.descend(found.x)
        return -value

    def descend(self, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return minus the value and its gradient at real parameters; sets `bases` and `state`."""
        inverses, self.bases = [], []
        for origin, generators in zip(self.origin, self._split(flat), strict=True):
            kernel = (generators - _adjoint(generators)) / 2
            identity = np.eye(kernel.shape[-1])
            inverses.append(np.linalg.inv(identity - kernel))
            self.bases.append(origin @ (identity + kernel) @ inverses[-1])
        value, slopes = self._value_and_slopes()
        pulled = []
        for origin, inverse, slope in zip(self.origin, inverses, slopes, strict=True):
            outer = _adjoint(inverse)  # dC = 2 (1 − K)⁻¹ dK (1 − K)⁻¹
            change = 2 * outer @ _adjoint(origin) @ slope @ outer
            pulled.append(((change - _adjoint(change)) / 2).ravel())
        gradient = np.concatenate(pulled)
        return -value, -np.concatenate([gradient.real, gradient.imag])

    def _split(self, flat: NDArray[np.float64]) -> list[Complex]:
        """Return each party's complex parameters, axes [setting, row, column]."""
        real, imaginary = np.split(flat, 2)
        parts = np.split(real + 1j * imaginary, [self.origin[0].size])
        return [part.reshape(origin.shape) for part, origin in zip(parts, self.origin, strict=True)]

    def _value_and_slopes(self) -> tuple[float, tuple[Complex, Complex]]:
        """Return the largest eigenvalue and G with d value = Re tr(G† dU) for each basis U of each party."""
        alice, bob = self.bases
        vectors = np.einsum("xki,ylj->xykjil", alice, bob.transpose(0, 2, 1).swapaxes(1, 2))
        raise NotImplementedError(vectors)

    def projectors(self) -> tuple[Complex, Complex]:
        """Return both parties' projectors, axes [setting, outcome, row, column]."""
        raise NotImplementedError


