"""The largest quantum value of a functional of correlators, exactly: Tsirelson's theorem in both directions.

For two outcomes, or two groups of them, on both sides and Σ c_xy E_xy + constant, quantum theory reaches the largest
Σ c_xy ⟨u_x, v_y⟩ over real unit vectors, and each such ⟨u_x, v_y⟩ is the correlator of a quantum behavior with uniform
marginals (Cirel'son, Lett. Math. Phys. 4, 93, 1980). From above, numbers l with diag(l) − C ≥ 0, where C has c/2 beside
its diagonal, prove Σ l; from below, a Gram matrix ≥ 0 with ones on its diagonal. A solver's numbers are read as a + b√n
and both matrices are checked by elimination in exact arithmetic; where both values agree, that is the maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, sign, surd
from relaxbell.functionals.functional import BellFunctional
from relaxbell.quantum.squares import solve_conic

_RADICANDS = (2, 3, 5, 6, 7)
"""Whose roots are tried."""

_DENOMINATORS = 24
"""Of a and b in a + b√n: the least with which a number is met."""

_NEAR = 3e-7
"""How near a solver's number is to the one that it is read as; what is wrong is refused by the proof."""

_SETTINGS = 12
"""Of both parties together: above, the maximum is not sought in this way."""


@dataclass(frozen=True, eq=False)
class CorrelatorMaximum:
    """The largest quantum value of a functional of correlators, with a proof in both directions.

    Attributes
    ----------
    value
        Exact.
    multipliers
        Numbers l, first those of the first party's settings; diag(l) − C ≥ 0 proves the value from above.
    gram
        Inner products of unit vectors, the same order: they prove it from below.
    behavior
        Exact and quantum: uniform marginals, correlators ⟨u_x, v_y⟩.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from relaxbell.quantum.correlators import correlator_maximum
    >>> found = correlator_maximum(rb.catalog.CHSH)
    >>> found.value, found.gram[0].tolist()
    (2√2, [Fraction(1, 1), Fraction(0, 1), √2/2, √2/2])
    >>> found.value == rb.catalog.CHSH(found.behavior)
    True
    """

    value: ExactNumber
    multipliers: tuple[ExactNumber, ...]
    gram: Exact
    behavior: Behavior


def correlator_maximum(functional: BellFunctional) -> CorrelatorMaximum | None:
    """Return the maximum; None where the functional has marginals, or its numbers are not recognized.

    Parameters
    ----------
    functional
        Of two parties. Of more than two outcomes, where they fall into two groups at each setting that the functional
        does not tell apart.
    """
    read = _merged(functional)
    if read is None:
        return None
    m, n = read.correlators.shape
    if m + n > _SETTINGS or not read.correlators.any():
        return None
    unit = _unit(read.correlators)
    c = read.correlators / unit  # small whole numbers, so that those of the solution are recognized
    half = np.zeros((m + n, m + n), dtype=object)
    half[:m, m:], half[m:, :m] = c / 2, c.T / 2
    multipliers, gram = _solved(np.array(half, dtype=float))
    for radicand in _RADICANDS:
        own = _all_read(multipliers, radicand)
        inner = _all_read(np.where(np.eye(m + n), 1.0, gram), radicand)
        found = None if own is None or inner is None else _proved(half, own, inner)
        if own is not None and inner is not None and found is not None:
            table = read.table(inner[:m, m:])
            behavior = Behavior(table, functional.outputs, functional.inputs, parties=functional.parties)
            return CorrelatorMaximum(found * unit + read.constant, tuple(own * unit), inner, behavior)
    return None


def _unit(numbers: Exact) -> Fraction:
    """Return the largest number of which rational ones are multiples; 1 where some have roots."""
    if any(isinstance(v, Surd) for v in numbers.ravel()):
        return Fraction(1)
    own = [Fraction(v) for v in numbers.ravel()]
    return Fraction(math.gcd(*(v.numerator for v in own)), math.lcm(*(v.denominator for v in own)))


def _all_read(values: NDArray[np.float64], radicand: int) -> Exact | None:
    """Return floats as numbers a + b√n; None where one is none."""
    found: Exact = np.array([_read(v, radicand) for v in values.ravel().tolist()], dtype=object)
    return None if any(v is None for v in found) else found.reshape(values.shape)


@dataclass(frozen=True, eq=False)
class _Merged:
    """A functional of two parties for which outcomes fall into two groups at each setting, without marginals of these.

    Attributes
    ----------
    correlators
        c_xy, the first party's settings first.
    constant
        What is added.
    groups
        For each party, axes [setting, outcome]: 0 or 1.
    turned
        Whether the first party chooses the second input.
    """

    correlators: Exact
    constant: ExactNumber
    groups: tuple[NDArray[np.intp], ...]
    turned: bool

    def table(self, correlators: Exact) -> Exact:
        """Return probabilities: the first outcome of each group stands for it."""
        chosen = [
            np.stack([(np.arange(own.shape[1]) == _first(row, g)).astype(int) for row in own for g in (0, 1)])
            .reshape(len(own), 2, -1)
            .astype(object)
            for own in self.groups
        ]
        signs = np.array([1, -1], dtype=object)
        both = (correlators[..., None, None] * np.multiply.outer(signs, signs) + 1) * Fraction(1, 4)
        found: Exact = np.einsum("xyij,xia,yjb->abxy", both, *chosen)
        return found.swapaxes(2, 3) if self.turned else found


def _first(row: NDArray[np.intp], group: int) -> int:
    """Return the first outcome of a group; where all are in the other one, its second."""
    hits = np.flatnonzero(row == group)
    return int(hits[0]) if len(hits) else 1


def _merged(functional: BellFunctional) -> _Merged | None:
    """Return the functional as one of correlators; None where it is none."""
    own, k = functional, len(functional.outputs)
    if (
        k != 2
        or own.parties is None
        or {own.parties[a] for a in own.outputs} != set(own.inputs)
        or len(own.inputs) != 2
    ):
        return None
    if min(own.scenario.shape[:k]) < 2:
        return None
    turned = own.parties[own.outputs[0]] == own.inputs[1]
    table = (own.coefficients.swapaxes(2, 3) if turned else own.coefficients) * Fraction(1)
    joint, marginals, constant = _centered(table)
    groups = []
    for i, (single, moved) in enumerate(zip(marginals, (joint, joint.transpose(1, 0, 3, 2)), strict=True)):
        rows = []
        for x in range(table.shape[2 + i]):
            kinds: list[int] = []
            for a in range(table.shape[i]):
                alike = [
                    b for b in range(a) if single[a, x] == single[b, x] and (moved[a, :, x] == moved[b, :, x]).all()
                ]
                kinds.append(kinds[alike[0]] if alike else len(set(kinds)))
            if max(kinds) > 1:
                return None
            rows.append(kinds)
        groups.append(np.array(rows, dtype=np.intp))
    whole = joint + marginals[0][:, None, :, None] * Fraction(1, table.shape[3])
    whole = whole + marginals[1][None, :, None, :] * Fraction(1, table.shape[2])
    chosen = [np.array([[_first(row, g) for g in (0, 1)] for row in own]) for own in groups]  # axes [setting, group]
    down, along = np.arange(table.shape[2])[:, None], np.arange(table.shape[3])[None, :]
    reduced: Exact = np.empty((2, 2, *table.shape[2:]), dtype=object)
    for a, b in np.ndindex(2, 2):
        reduced[a, b] = whole[chosen[0][down, a], chosen[1][along, b], down, along]
    joint, marginals, rest = _centered(reduced)
    if marginals[0].any() or marginals[1].any():
        return None
    return _Merged(joint[0, 0], constant + rest + own.constant, (groups[0], groups[1]), turned)


def _centered(table: Exact) -> tuple[Exact, tuple[Exact, Exact], ExactNumber]:
    """Return the same on no-signaling behaviors: a part of both outcomes, one of each alone, which sum to 0; a rest."""
    first, second = table.shape[:2]
    alone = (
        table.sum(axis=1, keepdims=True) * Fraction(1, second),
        table.sum(axis=0, keepdims=True) * Fraction(1, first),
    )
    mean = alone[0].sum(axis=0, keepdims=True) * Fraction(1, first)
    singles = (alone[0] - mean).sum(axis=3)[:, 0, :], (alone[1] - mean).sum(axis=2)[0]
    return table - alone[0] - alone[1] + mean, singles, mean.sum()


def _solved(half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return multipliers and Gram matrix in floats."""
    import cvxpy as cp

    gram = cp.Variable(half.shape, PSD=True)
    ones = cp.diag(gram) == 1
    problem = cp.Problem(cp.Maximize(cp.sum(cp.multiply(half, gram))), [ones])
    solve_conic(problem, "correlators")
    dual = np.asarray(ones.dual_value, dtype=float).ravel()
    return (dual if dual.sum() > 0 else -dual), np.asarray(gram.value, dtype=float)


def _read(value: float, radicand: int) -> ExactNumber | None:
    """Return the number a + b√n of smallest denominators near a float, one of a and b being 0 first."""
    root = math.sqrt(radicand)
    for pure, unit in ((value, Fraction(1)), (value / root, None)):
        near = Fraction(pure).limit_denominator(_DENOMINATORS)
        if abs(float(near) - pure) < _NEAR:
            return near if unit is not None else surd(Fraction(0), near, radicand)
    for q in (2, 4, 8, 3, 6, 12):
        for b in range(-2 * q, 2 * q + 1):
            rest = value - b / q * root
            near = Fraction(rest).limit_denominator(_DENOMINATORS)
            if b and abs(float(near) - rest) < _NEAR:
                return surd(near, Fraction(b, q), radicand)
    return None


def _proved(half: Exact, multipliers: Exact, gram: Exact) -> ExactNumber | None:
    """Return the value that both matrices prove; None where one is not ≥ 0, or the values differ."""
    slack = -half
    for i, v in enumerate(multipliers):
        slack[i, i] = slack[i, i] + v
    above, below = multipliers.sum(), (half * gram).sum()
    if sign(as_exact(above - below) or Fraction(0)) or not (is_nonnegative(slack) and is_nonnegative(gram)):
        return None
    return as_exact(above)


def is_nonnegative(matrix: Exact) -> bool:
    """Return whether a symmetric matrix of exact numbers is positive semidefinite, by elimination.

    Parameters
    ----------
    matrix
        Of Fractions or numbers a + b√n with one n.

    Examples
    --------
    >>> is_nonnegative(np.array([[Fraction(1), Fraction(1)], [Fraction(1), Fraction(1)]], dtype=object))
    True
    >>> is_nonnegative(np.array([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(2)]], dtype=object))
    False
    """
    rest = matrix.copy()
    while len(rest):
        pivot = rest[0, 0]
        if sign(pivot) < 0 or (not sign(pivot) and any(sign(v) for v in rest[0, 1:])):
            return False
        column = rest[1:, 0]
        rest = rest[1:, 1:] if not sign(pivot) else rest[1:, 1:] - np.outer(column, column / pivot)
    return True
