"""Search for quantum behaviors that violate a bipartite Bell inequality most, in a given dimension.

For fixed measurements the best state is the top eigenvector of the Bell operator, so only the
measurements are searched: orthonormal bases U = U₀ C(K) with C(K) = (1 + K)(1 − K)⁻¹, the Cayley
transform of an anti-Hermitian K, and L-BFGS over K from random U₀. The gradient of the eigenvalue is
the expectation of the operator's derivative in its eigenvector (Hellmann–Feynman).

The matrices are small, so threads of BLAS only get in each other's way: where other work runs on the
same cores, the environment variable OPENBLAS_NUM_THREADS=1 has made a search up to a hundred times faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Functional
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

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH.coefficients, starts=2)
    >>> bool(abs(found.value - 2 * np.sqrt(2)) < 1e-9)
    True
    """

    value: float
    state: Complex
    measurements: tuple[Complex, Complex]
    behavior: Behavior
    start_values: NDArray[np.float64]


def optimize_quantum(
    coefficients: ArrayLike | Functional,
    *,
    dimensions: int | Sequence[int] | None = None,
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
        A `BellFunctional` of two parties, or its coefficients of p(a, b|x, y), axes [a, b, x, y].
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

    Returns
    -------
    QuantumOptimum
        The best value found with its state, measurements and behavior.

    Raises
    ------
    FunctionalError
        If the coefficients are not finite numbers on four axes, or a functional is not that of two parties.
    BehaviorError
        If a dimension, `starts` or `iterations` is not a positive integer.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=2)
    >>> round(found.value, 6)  # Tsirelson's bound 2√2
    2.828427
    """
    if isinstance(coefficients, Functional):
        table, constant, names = _read_functional(coefficients)
    else:
        table, constant, names = _read_coefficients(coefficients), 0.0, {}
    sizes = _read_dimensions(dimensions, table.shape[:2])
    _check_positive(starts, "starts")
    _check_positive(iterations, "iterations")
    generator = np.random.default_rng(seed)
    begun = [_draw_start(table, sizes, generator) for _ in range(starts)]
    ended = [_climb(start, iterations) for start in begun]
    values = np.array([point.value for point in ended])
    start, best = begun[int(np.argmax(values))], ended[int(np.argmax(values))]
    alice, bob = (
        _projectors(bases, labels, outcomes)
        for bases, labels, outcomes in zip(best.bases, start.labels, table.shape[:2], strict=True)
    )
    behavior = born(best.state, [list(alice), list(bob)]).rename(names)
    return QuantumOptimum(best.value + constant, best.state, (alice, bob), behavior, values + constant)


# ------------------------------------------------------------------- the search


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a climb begins, each party's bases (axes [setting, level, vector]), and what it climbs."""

    bases: tuple[Complex, Complex]
    labels: tuple[Labels, Labels]
    weights: NDArray[np.float64]
    """Coefficient of each pair of basis vectors, axes [x, y, i, j]."""


@dataclass(frozen=True, eq=False)
class _Point:
    """The functional's largest value for given bases."""

    bases: tuple[Complex, Complex]
    value: float
    state: Complex


def _draw_start(table: NDArray[np.float64], sizes: tuple[int, int], generator: np.random.Generator) -> _Start:
    a, b = (
        _draw_labels(settings, d, outcomes, generator)
        for settings, d, outcomes in zip(table.shape[2:], sizes, table.shape[:2], strict=True)
    )
    alice, bob = (_draw_bases(m, d, generator) for m, d in zip(table.shape[2:], sizes, strict=True))
    x, y = np.ogrid[: table.shape[2], : table.shape[3]]
    weights = table[a[:, None, :, None], b[None, :, None, :], x[..., None, None], y[..., None, None]]
    return _Start((alice, bob), (a, b), weights)


def _draw_labels(settings: int, d: int, outcomes: int, generator: np.random.Generator) -> Labels:
    if d == outcomes:
        return np.tile(np.arange(d), (settings, 1))
    return np.stack([np.resize(generator.permutation(outcomes), d) for _ in range(settings)])


def _draw_bases(settings: int, d: int, generator: np.random.Generator) -> Complex:
    real, imaginary = generator.normal(size=(2, settings, d, d))
    return np.asarray(np.linalg.qr(real + 1j * imaginary)[0])


def _climb(start: _Start, iterations: int) -> _Point:
    """Return the local maximum that L-BFGS reaches."""
    from scipy.optimize import minimize

    def descend(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        generators = _unpack(flat, start)
        point = _evaluate(_turned(start.bases, generators), start.weights)
        return -point.value, -_gradient(start, point, generators)

    parameters = 2 * sum(bases.size for bases in start.bases)
    found = minimize(
        descend,
        np.zeros(parameters),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    return _evaluate(_turned(start.bases, _unpack(found.x, start)), start.weights)


def _evaluate(bases: tuple[Complex, Complex], weights: NDArray[np.float64]) -> _Point:
    """Return the largest eigenvalue of the Bell operator of these bases, and its eigenvector."""
    alice, bob = bases
    size = alice.shape[1] * bob.shape[1]
    products = np.einsum("xki,ylj->klxyij", alice, bob).reshape(size, -1)
    operator = (products * weights.ravel()) @ products.conj().T
    values, vectors = np.linalg.eigh(operator)
    return _Point(bases, float(values[-1]), vectors[:, -1])


def _gradient(start: _Start, point: _Point, generators: Sequence[Complex]) -> NDArray[np.float64]:
    """Return the gradient of the value in the real and imaginary parts of the generators."""
    alice, bob = point.bases
    psi = point.state.reshape(alice.shape[1], bob.shape[1])
    half_bob = psi @ bob.conj()  # axes [y, k, j]
    half_alice = psi.T @ alice.conj()  # axes [x, l, i]
    amplitudes = np.einsum("xki,ykj->xyij", alice.conj(), half_bob)
    pull = start.weights * amplitudes.conj()
    slopes = (  # G with d value = Re tr(G† dU) for each basis U
        2 * np.einsum("ykj,xyij->xki", half_bob, pull),
        2 * np.einsum("xli,xyij->ylj", half_alice, pull),
    )
    parts = []
    for origin, slope, generator in zip(start.bases, slopes, generators, strict=True):
        outer = _adjoint(_resolvent(generator))  # dC = 2 (1 − K)⁻¹ dK (1 − K)⁻¹
        parts.append(_antihermitian(2 * outer @ _adjoint(origin) @ slope @ outer).ravel())
    flat = np.concatenate(parts)
    return np.concatenate([flat.real, flat.imag])


def _unpack(flat: NDArray[np.float64], start: _Start) -> tuple[Complex, Complex]:
    """Return each party's anti-Hermitian generators, axes [setting, row, column]."""
    real, imaginary = np.split(flat, 2)
    first, second = np.split(real + 1j * imaginary, [start.bases[0].size])
    alice, bob = start.bases
    return _antihermitian(first.reshape(alice.shape)), _antihermitian(second.reshape(bob.shape))


def _turned(bases: tuple[Complex, Complex], generators: tuple[Complex, Complex]) -> tuple[Complex, Complex]:
    """Return U₀ (1 + K)(1 − K)⁻¹ for each basis U₀ and generator K."""
    alice, bob = (
        origin @ (2 * _resolvent(k) - np.eye(k.shape[-1])) for origin, k in zip(bases, generators, strict=True)
    )
    return alice, bob


def _resolvent(generator: Complex) -> Complex:
    return np.asarray(np.linalg.inv(np.eye(generator.shape[-1]) - generator))


def _adjoint(matrices: Complex) -> Complex:
    return matrices.conj().swapaxes(-1, -2)


def _antihermitian(matrices: Complex) -> Complex:
    return np.asarray((matrices - _adjoint(matrices)) / 2)


def _projectors(bases: Complex, labels: Labels, outcomes: int) -> Complex:
    """Return the projectors of each setting, axes [setting, outcome, row, column]."""
    selected = labels[:, None, :] == np.arange(outcomes)[:, None]  # axes [setting, outcome, vector]
    return np.einsum("xki,xai,xli->xakl", bases, selected, bases.conj())


# --------------------------------------------------------------------- reading


def _read_functional(functional: Functional) -> tuple[NDArray[np.float64], float, dict[str, str]]:
    """Return coefficients with each party's input in the place of its output, the constant, and the names."""
    parties = functional.parties
    if parties is None or len(parties) != 2 or None in parties.values():
        raise FunctionalError(
            f"{functional} lives on p({','.join(functional.outputs)}|{','.join(functional.inputs)}), expected two "
            "parties with one input each. Give a bipartite functional."
        )
    inputs = [str(parties[name]) for name in functional.outputs]
    table = _read_coefficients(functional.transposed(functional.outputs, inputs).coefficients)
    names = dict(zip(("A", "B", "X", "Y"), (*functional.outputs, *inputs), strict=True))
    return table, float(functional.constant), names


def _read_coefficients(coefficients: ArrayLike) -> NDArray[np.float64]:
    try:
        table = to_floats(coefficients)
    except (TypeError, ValueError) as error:
        raise FunctionalError(
            f"the coefficients are not a table of real numbers: {error}. Expected an array [a, b, x, y]."
        ) from None
    if table.ndim != 4 or table.size == 0:
        raise FunctionalError(
            f"the coefficients have shape {table.shape}, expected four axes [a, b, x, y], none of them empty. "
            "Only two parties with one input each are searched."
        )
    if not np.isfinite(table).all():
        raise FunctionalError("a coefficient is NaN or infinite, expected finite numbers. Correct the entry.")
    return table


def _read_dimensions(dimensions: int | Sequence[int] | None, outcomes: Sequence[int]) -> tuple[int, int]:
    if dimensions is None:
        dimensions = outcomes
    sizes = tuple(dimensions) if isinstance(dimensions, Sequence) else (dimensions, dimensions)
    if len(sizes) != 2:
        raise BehaviorError(
            f"dimensions has {len(sizes)} entries, expected 2. Give one local dimension for each party."
        )
    for size in sizes:
        _check_positive(size, "a local dimension")
    return sizes[0], sizes[1]


def _check_positive(value: int, what: str) -> None:
    if not isinstance(value, int | np.integer) or value < 1:
        raise BehaviorError(f"{what} is {value!r}, expected an integer ≥ 1. Give a positive number.")
