"""Common states and observables, as arrays for `born`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.quantum import TOLERANCE, Complex, read_matrix
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import read_float


def schmidt(coefficients: ArrayLike) -> Complex:
    """Return the ket Σ_j c_j |jj⟩, shape (d²,), of d real coefficients with Σ c_j² = 1.

    Parameters
    ----------
    coefficients
        Schmidt coefficients, shape (d,), real.

    Returns
    -------
    ndarray of complex
        A ket, shape (d²,).

    Raises
    ------
    BehaviorError
        If the coefficients are not a real vector of norm 1 (within 1e-10).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.schmidt([0.6, 0.8]).real.tolist()
    [0.6, 0.0, 0.0, 0.8]
    """
    values = read_matrix(coefficients, "the vector of Schmidt coefficients")
    if values.ndim != 1 or abs(values.imag).max(initial=0) > 0:
        raise BehaviorError(
            f"the Schmidt coefficients have shape {values.shape} and largest imaginary part "
            f"{abs(values.imag).max(initial=0):.6g}, expected a real vector of length d. "
            "Put phases into the measurements."
        )
    norm = float(np.linalg.norm(values))
    if abs(norm - 1) > TOLERANCE:
        raise BehaviorError(
            f"the Schmidt coefficients have norm {norm:.12g}, expected 1 within {TOLERANCE:g}. Divide them by it."
        )
    return np.diag(values).ravel()


def maximally_entangled(d: int) -> Complex:
    """Return the ket Σ_j |jj⟩ / √d, shape (d²,).

    Parameters
    ----------
    d
        Local dimension.

    Returns
    -------
    ndarray of complex
        A ket.

    Raises
    ------
    BehaviorError
        If d is not a positive integer.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.maximally_entangled(2).real.round(6).tolist()
    [0.707107, 0.0, 0.0, 0.707107]
    """
    _check_size(d, "the local dimension d")
    return schmidt(np.full(d, 1 / math.sqrt(d)))


def partially_entangled(theta: float) -> Complex:
    """Return the two-qubit ket cos θ |00⟩ + sin θ |11⟩, shape (4,); θ in radians.

    Parameters
    ----------
    theta
        Angle θ in radians; π/4 is maximally entangled.

    Returns
    -------
    ndarray of complex
        A ket.

    Raises
    ------
    BehaviorError
        If θ is no number.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.partially_entangled(0).real.tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    theta = _real(theta, "the angle θ")
    return schmidt([math.cos(theta), math.sin(theta)])


def singlet() -> Complex:
    """Return the ket (|01⟩ − |10⟩) / √2, shape (4,).

    Returns
    -------
    ndarray of complex
        A ket.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.singlet().real.round(6).tolist()
    [0.0, 0.707107, -0.707107, 0.0]
    """
    return np.array([0, 1, -1, 0], dtype=np.complex128) / math.sqrt(2)


def werner(v: float) -> Complex:
    """Return the density matrix v |Ψ⁻⟩⟨Ψ⁻| + (1 − v) 1/4, shape (4, 4).

    Source: Werner, Phys. Rev. A 40, 4277 (1989), doi:10.1103/PhysRevA.40.4277.

    Parameters
    ----------
    v
        Visibility.

    Returns
    -------
    ndarray of complex
        A density matrix.

    Raises
    ------
    BehaviorError
        If v is not in −1/3 … 1, where the matrix is positive.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.werner(0.5).real.diagonal().round(6).tolist()
    [0.125, 0.375, 0.375, 0.125]
    """
    v = _real(v, "the visibility of a Werner state")
    if not -1 / 3 <= v <= 1:
        raise BehaviorError(
            f"the visibility of a Werner state is {v}, expected −1/3 … 1. Choose v where the matrix is positive."
        )
    ket = singlet()
    return v * np.outer(ket, ket.conj()) + (1 - v) * np.eye(4) / 4


def ghz(n: int) -> Complex:
    """Return the n-qubit ket (|0…0⟩ + |1…1⟩) / √2, shape (2^n,).

    Source: Greenberger, Horne, Zeilinger, arXiv:0712.0921.

    Parameters
    ----------
    n
        Number of qubits.

    Returns
    -------
    ndarray of complex
        A ket.

    Raises
    ------
    BehaviorError
        If n is not a positive integer.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> np.flatnonzero(rb.states.ghz(3)).tolist()
    [0, 7]
    """
    _check_size(n, "the number of qubits n")
    ket = np.zeros(2**n, dtype=np.complex128)
    ket[[0, -1]] = 1 / math.sqrt(2)
    return ket


def qubit_observable(angle: float, azimuth: float = 0.0) -> Complex:
    """Return cos θ Z + sin θ (cos φ X + sin φ Y), shape (2, 2), with θ = `angle`, φ = `azimuth` in radians.

    Parameters
    ----------
    angle
        Polar angle θ from Z, in radians.
    azimuth
        Angle φ around Z, in radians; 0 is the X–Z plane.

    Returns
    -------
    ndarray of complex
        A Hermitian matrix with eigenvalues 1 (outcome 0 of `born`) and −1.

    Raises
    ------
    BehaviorError
        If an angle is no number.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.states.qubit_observable(0).real.tolist()
    [[1.0, 0.0], [0.0, -1.0]]
    """
    angle, azimuth = _real(angle, "the angle θ"), _real(azimuth, "the angle φ")
    off = math.sin(angle) * complex(math.cos(azimuth), -math.sin(azimuth))
    return np.array([[math.cos(angle), off], [off.conjugate(), -math.cos(angle)]], dtype=np.complex128)


def _check_size(value: int, what: str) -> None:
    if not isinstance(value, int | np.integer) or value < 1:
        raise BehaviorError(f"{what} is {value!r}, expected an integer ≥ 1. Give a positive size.")


def _real(value: object, what: str) -> float:
    return read_float(value, what, BehaviorError)
