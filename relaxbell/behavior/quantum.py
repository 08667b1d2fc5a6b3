"""Quantum behaviors: the Born rule for any number of parties.

Kets and matrices are numpy arrays, or objects with a method `full()` that returns one (QuTiP's
Qobj); no quantum package is needed. The parties' order is that of the tensor product. numpy makes an
array of no axes, with the object inside, of a Qobj: it is taken out again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import party_names
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import check_unmasked

Complex: TypeAlias = NDArray[np.complex128]

TOLERANCE = 1e-10
"""How far operators may miss normalization and positivity; tighter than a behavior's own 1e-9, because
the errors of the state and of each party's measurement add up."""


class HasFull(Protocol):
    """An operator that converts itself into an array, as QuTiP's Qobj does."""

    def full(self) -> NDArray[Any]:
        """Return the dense array."""
        ...


Operator: TypeAlias = ArrayLike | HasFull
Measurement: TypeAlias = Operator | Sequence[Operator]


def born(
    state: Operator,
    measurements: Sequence[Sequence[Measurement]],
    *,
    outputs: str | Sequence[str] | None = None,
    inputs: str | Sequence[str] | None = None,
) -> Behavior:
    """Return the behavior p(a, b, …|x, y, …) = tr(ρ A_{a|x} ⊗ B_{b|y} ⊗ …).

    Background: Brunner, Cavalcanti, Pironio, Scarani, Wehner, Bell nonlocality, arXiv:1303.2849.

    Parameters
    ----------
    state
        Ket, shape (D,) or (D, 1), or density matrix, shape (D, D); an array, or QuTiP's Qobj, whose ``dims`` must then
        agree with the parties' dimensions.
    measurements
        For each party, for each of its settings, one of

        - POVM elements: a sequence of d×d matrices, outcome k being the k-th of them;
        - an observable: one Hermitian d×d matrix, measured projectively. Outcome 0 is the largest
          eigenvalue, 1 the next one, …; eigenvalues that agree within 1e-9 are one outcome. (QuTiP's
          `measurement_statistics` begins with the least, and leaves out outcomes of probability 0.)

        Parties may differ in dimension d, number of settings and number of outcomes. The dimensions
        multiply to D. A party with a single setting has an input of cardinality 1.
    outputs, inputs
        Names; by default A, B, C and X, Y, Z, from four parties on A1 … and X1 ….

    Returns
    -------
    Behavior
        Axes: each party's outcome, then each party's setting; floats.

    Raises
    ------
    BehaviorError
        If an entry is masked, the state is not normalized, Hermitian and positive, a measurement is not Hermitian,
        positive and complete (all within 1e-10), dimensions do not match, or the settings of one
        party differ in their number of outcomes.

    Examples
    --------
    The singlet, measured along Z and X by Alice and in between by Bob, reaches Tsirelson's bound:

    >>> import relaxbell as rb
    >>> from math import pi
    >>> alice = [rb.states.qubit_observable(0), rb.states.qubit_observable(pi / 2)]
    >>> bob = [rb.states.qubit_observable(pi + pi / 4), rb.states.qubit_observable(pi - pi / 4)]
    >>> p = rb.born(rb.states.singlet(), [alice, bob])
    >>> float(round(p.p[0, 0, 0, 0], 6))  # (1 + 1/√2) / 4
    0.426777
    """
    if len(measurements) == 0:
        raise BehaviorError(
            "measurements is empty, expected one entry for each party. Give each party's list of settings."
        )
    parties = [_read_party(settings, f"measurements[{i}]") for i, settings in enumerate(measurements)]
    dimensions = [party.shape[-1] for party in parties]
    rho = _read_state(state)
    _check_factors(state, dimensions)
    if len(rho) != math.prod(dimensions):
        raise BehaviorError(
            f"state has dimension {len(rho)}, expected {' × '.join(map(str, dimensions))} = "
            f"{math.prod(dimensions)} from the measurements. Check the parties' local dimensions."
        )
    default = party_names(len(parties))
    return Behavior(
        _contract(rho.reshape(dimensions * 2), parties),
        default[0] if outputs is None else outputs,
        default[1] if inputs is None else inputs,
    )


def _check_factors(state: Operator, dimensions: Sequence[int]) -> None:
    """Raise BehaviorError where a state says its factors (QuTiP's `dims`) and they are not those of the parties.

    A party may hold several factors in a row.
    """
    dims = getattr(_unpacked(state), "dims", None)
    rows = dims[0] if isinstance(dims, list | tuple) and dims else None
    if not isinstance(rows, list | tuple) or not all(isinstance(d, int) for d in rows) or len(rows) < 2:
        return
    ends = {math.prod(rows[:i]) for i in range(len(rows) + 1)}
    wanted = {math.prod(dimensions[:i]) for i in range(len(dimensions) + 1)}
    if math.prod(rows) == math.prod(dimensions) and not wanted <= ends:
        raise BehaviorError(
            f"state is made of factors of dimensions {' × '.join(map(str, rows))}, expected "
            f"{' × '.join(map(str, dimensions))} from the measurements. Permute the state, or the parties."
        )


def _contract(rho: Complex, parties: Sequence[Complex]) -> NDArray[np.float64]:
    """Return the table of probabilities; `rho` has each party's ket axis, then each party's bra axis."""
    n = len(parties)
    for done, party in enumerate(parties):  # each step trades a ket and a bra axis for (setting, outcome)
        rho = np.tensordot(rho, party, axes=((0, n - done), (3, 2)))
    table = rho.real.transpose(*range(1, 2 * n, 2), *range(0, 2 * n, 2))
    return np.maximum(table, 0.0)  # rounding leaves −1e-17 where the probability is 0


# --------------------------------------------------------------------- reading


def _unpacked(value: object) -> object:
    """Return the object in an array of no axes, such as numpy makes of QuTiP's Qobj; lists of such arrays as lists."""
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 0:
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype == object and any(hasattr(v, "full") for v in value.ravel()):
        return [_unpacked(part) for part in value]
    return value


def read_matrix(value: object, what: str) -> Complex:
    """Return an operator as an array; raise BehaviorError if it is none."""
    check_unmasked(value, what, BehaviorError)
    value = _unpacked(value)
    try:
        array = np.array(value.full() if hasattr(value, "full") else value, dtype=np.complex128)
    except (TypeError, ValueError) as error:
        raise BehaviorError(
            f"{what} is not an array of numbers: {error}. Expected a rectangular array of complex numbers."
        ) from None
    if not np.isfinite(array).all():
        raise BehaviorError(f"{what} has an entry that is NaN or infinite. Expected finite numbers.")
    return array


def _check_positive(matrix: Complex, what: str) -> None:
    _check_hermitian(matrix, what)
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest < -TOLERANCE:
        raise BehaviorError(
            f"{what} has the eigenvalue {lowest:.6g}, expected none below 0 within {TOLERANCE:g}. Correct the entries."
        )


def _check_hermitian(matrix: Complex, what: str) -> None:
    gap = float(abs(matrix - matrix.conj().T).max())
    if gap > TOLERANCE:
        raise BehaviorError(
            f"{what} is not Hermitian: an entry differs by {gap:.6g} from that of the adjoint, expected 0 "
            f"within {TOLERANCE:g}. Correct it, or take (m + m.conj().T) / 2."
        )


def _read_state(state: Operator) -> Complex:
    """Return the density matrix of a state."""
    array = read_matrix(state, "state")
    if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1 and len(array) > 1):
        ket = array.ravel()
        norm = float(np.linalg.norm(ket))
        if abs(norm - 1) > TOLERANCE:
            raise BehaviorError(
                f"state is a ket of norm {norm:.12g}, expected 1 within {TOLERANCE:g}. Divide it by its norm."
            )
        return np.outer(ket, ket.conj())
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise BehaviorError(
            f"state has shape {array.shape}, expected a ket (D,) or (D, 1) or a density matrix (D, D). "
            "Take the adjoint of a bra; join the parties' axes by reshape."
        )
    _check_positive(array, "state")
    trace = float(array.trace().real)
    if abs(trace - 1) > TOLERANCE:
        raise BehaviorError(f"state has trace {trace:.12g}, expected 1 within {TOLERANCE:g}. Divide it by its trace.")
    return array


def _read_party(settings: Sequence[Measurement], what: str) -> Complex:
    """Return the POVM elements of a party, axes [setting, outcome, row, column]."""
    listed = _unpacked(settings)
    if hasattr(listed, "full") or not isinstance(listed, Sequence | np.ndarray) or len(listed) == 0:
        raise BehaviorError(f"{what} has no settings. Expected a list with one measurement for each setting.")
    povms = [_read_measurement(setting, f"{what}[{x}]") for x, setting in enumerate(listed)]
    for x, povm in enumerate(povms):
        if povm.shape[1:] != povms[0].shape[1:]:
            raise BehaviorError(
                f"{what}[{x}] has dimension {povm.shape[1]}, expected {povms[0].shape[1]} as in {what}[0]. "
                "A party measures one system."
            )
        if len(povm) != len(povms[0]):
            raise BehaviorError(
                f"{what}[{x}] has {len(povm)} outcomes, expected {len(povms[0])} as in {what}[0] (equal "
                "eigenvalues of an observable are one outcome). Give POVM elements, some of them zero."
            )
    return np.stack(povms)


def _read_measurement(measurement: Measurement, what: str) -> Complex:
    """Return POVM elements, axes [outcome, row, column]."""
    elements = _unpacked(measurement)
    if isinstance(elements, Sequence):
        elements = [e.full() if hasattr(e, "full") else e for e in map(_unpacked, elements)]
    array = read_matrix(elements, what)
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2] or array.size == 0:
        raise BehaviorError(
            f"{what} has shape {array.shape}, expected (outcomes, d, d) for POVM elements or (d, d) for an "
            "observable. Each party's entry is a list of such settings."
        )
    if array.ndim == 2:
        _check_hermitian(array, what)
        return _eigenprojectors(array)
    for k, element in enumerate(array):
        _check_positive(element, f"{what}[{k}]")
    gap = float(np.linalg.norm(array.sum(axis=0) - np.eye(array.shape[-1]), 2))
    if gap > TOLERANCE:
        raise BehaviorError(
            f"the elements of {what} sum to a matrix at distance {gap:.6g} from the identity, expected 0 "
            f"within {TOLERANCE:g}. Add the missing element, or rescale them."
        )
    return array


def _eigenprojectors(observable: Complex) -> Complex:
    """Return the projectors on the eigenspaces, largest eigenvalue first."""
    values, vectors = np.linalg.eigh(observable)
    values, vectors = values[::-1], vectors[:, ::-1]
    steps = np.flatnonzero(-np.diff(values) > 1e-9 * max(1.0, float(abs(values).max()))) + 1
    return np.stack([v @ v.conj().T for v in np.split(vectors, steps, axis=1)])
