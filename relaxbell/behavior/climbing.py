"""Climbing to a local maximum of a Bell functional over measurements of given dimensions, for any number of parties.

For fixed measurements the best state is the top eigenvector of the Bell operator, so only the measurements are
searched. Each is a set of N vectors in d dimensions with Σ |v⟩⟨v| = 1, and each vector reports an outcome: N = d is a
projective measurement, and every POVM of k outcomes is one of k d vectors (Naimark). They are the columns of
U = U₀ C(K), where U₀ has orthonormal rows and C(K) = (1 + K)(1 − K)⁻¹ is the Cayley transform of an anti-Hermitian K;
L-BFGS over K from random U₀. The gradient of the eigenvalue is the expectation of the operator's derivative in its
eigenvector (Hellmann–Feynman).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.quantum import Complex

Labels: TypeAlias = NDArray[np.intp]
"""Which outcome each vector reports: axes [setting, vector]."""

Vectors: TypeAlias = tuple[Complex, ...]
"""For each party its vectors, axes [setting, level, vector]; real numbers where the search is over them."""


@dataclass(frozen=True, eq=False)
class Start:
    """Where a climb begins, and what it climbs.

    Attributes
    ----------
    vectors
        For each party.
    labels
        For each party.
    table
        Coefficients with the axes [a, b, …, x, y, …].
    real
        Whether states and measurements have real entries.
    """

    vectors: Vectors
    labels: tuple[Labels, ...]
    table: NDArray[np.float64]
    real: bool

    @property
    def outcomes(self) -> tuple[int, ...]:
        """Numbers of outcomes of the parties."""
        return self.table.shape[: len(self.vectors)]

    def elements(self, vectors: Vectors) -> list[Complex]:
        """Return the POVM elements of each party, axes [setting, outcome, row, column]."""
        return [
            np.einsum("xki,xai,xli->xakl", own, labels[:, None, :] == np.arange(k)[:, None], own.conj())
            for own, labels, k in zip(vectors, self.labels, self.outcomes, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Point:
    """The functional's largest value for given measurements, with the state, a ket, that has it."""

    vectors: Vectors
    elements: list[Complex]
    value: float
    state: Complex


def draw_start(
    table: NDArray[np.float64], sizes: Sequence[int], generator: np.random.Generator, *, povm: bool, real: bool
) -> Start:
    """Return random measurements for parties of these dimensions.

    Parameters
    ----------
    table
        Coefficients with the axes [a, b, …, x, y, …].
    sizes
        Local dimensions.
    generator
        Of random numbers.
    povm
        Whether measurements need not be projective. Projectors have ranks as equal as possible.
    real
        Whether all entries are real.
    """
    n = len(sizes)
    shapes = list(zip(table.shape[:n], table.shape[n:], sizes, strict=True))
    labels = tuple(_all_labels(m, d, k) if povm else _draw_labels(m, d, k, generator) for k, m, d in shapes)
    vectors = tuple(
        _draw_vectors(m, d, own.shape[1], generator, real) for (_, m, d), own in zip(shapes, labels, strict=True)
    )
    return Start(vectors, labels, table, real)


def widened(start: Start, vectors: Vectors) -> Start:
    """Return the start for POVMs at projective measurements of these vectors: d for each outcome, most of them 0."""
    wide, labels = [], []
    for own, old, k in zip(vectors, start.labels, start.outcomes, strict=True):
        settings, d, _ = own.shape
        labels.append(_all_labels(settings, d, k))
        padded = np.zeros((settings, d, k * d), dtype=own.dtype)
        padded[np.arange(settings)[:, None], :, old * d + np.arange(own.shape[2])] = own.swapaxes(1, 2)
        wide.append(padded)
    return Start(tuple(wide), tuple(labels), start.table, start.real)


def _all_labels(settings: int, d: int, outcomes: int) -> Labels:
    return np.tile(np.repeat(np.arange(outcomes), d), (settings, 1))


def _draw_labels(settings: int, d: int, outcomes: int, generator: np.random.Generator) -> Labels:
    if d == outcomes:
        return np.tile(np.arange(d), (settings, 1))
    return np.stack([np.resize(generator.permutation(outcomes), d) for _ in range(settings)])


def _draw_vectors(settings: int, d: int, count: int, generator: np.random.Generator, real: bool) -> Complex:
    parts = generator.normal(size=(1 if real else 2, settings, count, count))
    square = parts[0] if real else parts[0] + 1j * parts[1]
    return np.asarray(np.linalg.qr(square)[0][:, :d])


def climb(start: Start, iterations: int) -> Point:
    """Return the local maximum that L-BFGS reaches."""
    from scipy.optimize import minimize

    def descend(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        generators = _unpack(flat, start)
        point = _evaluate(_turned(start.vectors, generators), start)
        return -point.value, -_gradient(start, point, generators)

    parameters = (1 if start.real else 2) * sum(own.shape[0] * own.shape[2] ** 2 for own in start.vectors)
    found = minimize(
        descend,
        np.zeros(parameters),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    return _evaluate(_turned(start.vectors, _unpack(found.x, start)), start)


def _evaluate(vectors: Vectors, start: Start) -> Point:
    """Return the largest eigenvalue of the Bell operator of these measurements, and its eigenvector."""
    n, elements = len(vectors), start.elements(vectors)
    operator = _contracted(start.table, elements, range(n))
    order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]
    size = int(np.prod([own.shape[1] for own in vectors]))
    values, kets = np.linalg.eigh(operator.transpose(order).reshape(size, size))
    return Point(vectors, elements, float(values[-1]), kets[:, -1])


def _contracted(table: NDArray[np.float64], elements: Sequence[Complex], parties: Sequence[int]) -> Complex:
    """Return Σ table · ⊗ elements over the outcomes and settings of some parties.

    Axes: outcome and setting of each party that is left out, then ket and bra axis of each of the others in order.
    """
    n = len(elements)
    left = [i for i in range(n) if i not in parties]
    found: Complex = np.asarray(table.transpose([axis for i in [*parties, *left] for axis in (i, n + i)]))
    for i in parties:
        found = np.tensordot(found, elements[i], axes=((0, 1), (1, 0)))
    return found


def _gradient(start: Start, point: Point, generators: Vectors) -> NDArray[np.float64]:
    """Return the gradient of the value in the (real and imaginary) parts of the generators."""
    n = len(generators)
    psi = point.state.reshape([own.shape[1] for own in point.vectors])
    parts = []
    for i, (origin, generator, vectors) in enumerate(zip(start.vectors, generators, point.vectors, strict=True)):
        others = [j for j in range(n) if j != i]
        rest = _contracted(start.table, point.elements, others)  # [a, x, ket, bra, ket, bra, …]
        kets = [2 + 2 * k for k in range(n - 1)]
        size = psi.size // psi.shape[i]
        rest = rest.transpose([0, 1, *kets, *(k + 1 for k in kets)]).reshape(*rest.shape[:2], size, size)
        own = np.moveaxis(psi, i, -1).reshape(size, -1)
        pull = own.conj().T @ rest @ own  # d value = Σ pull_ij dE_ij for each element E
        chosen = pull[start.labels[i], np.arange(len(vectors))[:, None]]  # axes [x, vector, i, j]
        slope = 2 * np.einsum("xvij,xiv->xjv", chosen, vectors)  # d value = Re tr(slope† dU)
        outer = _adjoint(_resolvent(generator))  # dC = 2 (1 − K)⁻¹ dK (1 − K)⁻¹
        parts.append(_antihermitian(2 * outer @ _adjoint(origin) @ slope @ outer).ravel())
    flat = np.concatenate(parts)
    return np.asarray(flat.real) if start.real else np.concatenate([flat.real, flat.imag])


def _unpack(flat: NDArray[np.float64], start: Start) -> Vectors:
    """Return each party's anti-Hermitian generators, axes [setting, row, column]."""
    half = len(flat) // 2
    joined = flat if start.real else flat[:half] + 1j * flat[half:]
    shapes = [(own.shape[0], own.shape[2], own.shape[2]) for own in start.vectors]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    pieces = np.split(joined, ends)
    return tuple(_antihermitian(piece.reshape(shape)) for piece, shape in zip(pieces, shapes, strict=True))


def _turned(vectors: Vectors, generators: Vectors) -> Vectors:
    """Return U₀ (1 + K)(1 − K)⁻¹ for each U₀ and generator K."""
    return tuple(
        origin @ (2 * _resolvent(k) - np.eye(k.shape[-1])) for origin, k in zip(vectors, generators, strict=True)
    )


def _resolvent(generator: Complex) -> Complex:
    return np.asarray(np.linalg.inv(np.eye(generator.shape[-1]) - generator))


def _adjoint(matrices: Complex) -> Complex:
    return matrices.conj().swapaxes(-1, -2)


def _antihermitian(matrices: Complex) -> Complex:
    return np.asarray((matrices - _adjoint(matrices)) / 2)
