"""What was observed, as exact linear equations over q: V T q = V p."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import same_variables
from relaxbell.behavior.table import TOLERANCE
from relaxbell.causal.cells import cell_label
from relaxbell.causal.protocols import HasStrategies
from relaxbell.causal.size import check_memory
from relaxbell.causal.structure import mismatch_remedy
from relaxbell.errors import BehaviorError, ModelError, RelaxbellError
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, to_floats
from relaxbell.exact.rows import Rows, whole_row
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.exact.vectors import ExactRow, exact_row
from relaxbell.lp.clock import remaining

_MOST_EXACT = 2**18
"""Most terms of functionals that are summed in exact numbers."""

_ALIKE = 10
"""Settings whose probabilities differ by less than this power of two need no scaling."""

FLOAT_GRID = 2**50
"""Float behaviors are read as multiples of 1/FLOAT_GRID in coordinates of the model's affine hull."""

_ROUNDING = 2.0**-52
"""How far a computed float is off, about."""

_SUMMAND = 40
"""Bytes of a coefficient of a normalization, while they are built."""


@dataclass(frozen=True, eq=False)
class Equations:
    """Equalities rows · q = rhs, exact.

    Attributes
    ----------
    rows
        Integer rows over q.
    rhs
        Object array of exact numbers (Fractions, or a + b√n).
    tables
        For each equation its coefficients over the cells of p(outputs|inputs), sparse; None where
        the equations are the cells themselves, scaled by `cell_weights`.
    cell_weights
        p(dependent inputs|free inputs) of each cell; 1 where there are no dependent inputs.
    behavior
        The exact behavior behind a full observation, in the model's order of axes.
    distance
        Largest change of a probability when floats were read exactly (0 for exact input).
    parties
        Which party chooses which input, where the data say so.
    exponents
        About log2 of the probability of the dependent settings in each strategy, where these differ much: the size of
        its weight, which solvers should know; else None.
    nonsignaling
        Whether values of functionals were observed together with no-signaling, or the model implies it.
    rounding
        How far values of functionals may be off that are floats of many digits; 0 for others.
    """

    rows: Rows
    rhs: Exact
    cell_weights: Exact
    tables: Exact | None = None
    behavior: Behavior | None = None
    distance: float = 0.0
    parties: Mapping[str, str | None] | None = None
    exponents: NDArray[np.int64] | None = None
    nonsignaling: bool = False
    rounding: float = 0.0

    @cached_property
    def may_signal(self) -> bool:
        """Whether parties signal in what was observed, or are not known not to; False where parties are unknown."""
        if self.parties is None or self.nonsignaling:
            return False
        if self.behavior is None:
            return True
        limit = max(TOLERANCE, self.behavior.tolerance) if self.distance else 0
        return not self.behavior.is_nonsignaling(tolerance=limit)

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The right-hand sides as floats."""
        return to_floats(self.rhs)

    @cached_property
    def cell_floats(self) -> NDArray[np.float64]:
        """The weights of the cells as floats."""
        return to_floats(self.cell_weights)

    def same_under(self, cells: NDArray[np.intp]) -> bool:
        """Return whether a permutation of equations leaves the right-hand sides as they are, exactly."""
        row = self.row if all(isinstance(v, Fraction | Surd) for v in self.rhs.tolist()) else None
        if row is None:
            return bool((self.rhs[cells] == self.rhs).all())
        return all(bool((own[cells] == own).all()) for own in (row.whole, row.root) if own is not None)

    @cached_property
    def row(self) -> ExactRow | None:
        """The right-hand sides as whole numbers over one denominator; None for different roots."""
        roots = {v.n for v in self.rhs.tolist() if isinstance(v, Surd)}
        return exact_row(self.rhs, self.floats) if len(roots) < 2 else None

    def total(self, z: Exact) -> ExactNumber:
        """Return Σ z · rhs, exactly.

        Parameters
        ----------
        z
            A multiplier for each equation.
        """
        values = z.tolist()
        if self.row is None or not all(isinstance(v, Fraction) for v in values):
            return sum((v * b for v, b in zip(values, self.rhs.tolist(), strict=True)), Fraction(0))
        return self.row.dot(values)

    def functional(self, z: Exact) -> Exact:
        """Return the coefficients over p(outputs|inputs) of the combination Σ_i z_i (equation i)."""
        if self.tables is None:
            return z * self.cell_weights
        total: Exact = z @ self.tables
        return total


def cell_weights(model: HasStrategies) -> Exact:
    """Return p(dependent inputs|free inputs) for each cell of the table, flat, exact."""
    shape, k = model.observed_shape, len(model.outputs)
    table = np.full(shape[k:], Fraction(1), dtype=object)
    if model.dependent_inputs:
        for index in np.ndindex(*shape[k:]):
            setting = dict(zip(model.inputs, index, strict=True))
            table[index] = _conditional(model, setting)
    wide = np.broadcast_to(table, shape)
    return np.array(wide, dtype=object).ravel()


def _conditional(model: HasStrategies, setting: Mapping[str, int]) -> Fraction:
    dependent = {n: setting[n] for n in model.dependent_inputs}
    if not model.inputs_connected:
        return model.input_distribution.probability(dependent)
    free = {n: setting[n] for n in model.free_inputs}
    norm = model.input_distribution.probability(free)
    if norm == 0:
        raise ModelError(f"the free inputs {free} have probability 0, so what depends on them is undefined.")
    return model.input_distribution.probability({**dependent, **free}) / norm


@dataclass(frozen=True)
class AnyTable:
    """What has no equalities: behaviors that may signal in every way; see `Behavior.rounded`."""

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return the coordinates of all behaviors of its shape."""
        k = len(observed.outputs)
        return Coordinates.of_all(observed.p.shape[:k], observed.p.shape[k:])


def behavior_equations(model: HasStrategies, behavior: Behavior, *, signaling: bool = False) -> Equations:
    """Return T q = p · p(dependent|free) for a behavior that is already in the model's order."""
    names = (model.outputs, model.inputs)
    if not signaling:
        model.coordinates.check(behavior.table, names, behavior.tolerance, model.name)
    hull = AnyTable() if signaling else model
    exact = behavior if behavior.is_exact else behavior.rounded(hull, denominator=FLOAT_GRID)
    weights = cell_weights(model)
    rhs = exact.table.ravel()
    rhs = rhs * weights if model.dependent_inputs else np.array(rhs, dtype=object)
    distance = 0.0 if behavior.is_exact else float(np.abs(exact.p - behavior.p).max())
    return Equations(
        model.observed_rows,
        rhs,
        weights,
        behavior=exact,
        distance=distance,
        parties=behavior.parties,
        exponents=weight_exponents(model, weights),
    )


def observed_equations(model: HasStrategies, observed: Observed, *, occurring: bool = False) -> Equations:
    """Return V T q = V p for values of functionals, with normalization and known input frequencies.

    No-signaling between settings of which one never occurs is an error, or with `occurring` left out.
    """
    outputs, inputs, shape = model.outputs, model.inputs, model.observed_shape
    if not same_variables(observed, model):
        raise BehaviorError(
            f"variables do not match: the functionals live on {observed.scenario.symbol}, {model.name} needs "
            f"{model.scenario.symbol}. {mismatch_remedy(observed, model)}"
        )
    order = [(observed.outputs + observed.inputs).index(n) for n in outputs + inputs]
    if tuple(observed.shape[i] for i in order) != shape:
        raise BehaviorError(
            f"cardinalities do not match: the functionals have shape {tuple(observed.shape[i] for i in order)} over "
            f"{', '.join(outputs + inputs)}, {model.name} has {shape}."
        )
    weights = cell_weights(model)
    labels, tables, rhs = list[str](), list[Exact](), list[ExactNumber]()
    for label, table, value in observed.table_rows():
        flat = np.asarray(table.transpose(order), dtype=object).ravel()
        if (
            len(labels) >= len(observed.functionals)
            and occurring
            and any(weights[i] == 0 for i in np.flatnonzero(flat))
        ):
            continue
        labels.append(label)
        tables.append(flat)
        rhs.append(value)
    rows, scaled = _over_strategies(model, labels, tables, weights)
    rhs = [value * factor for value, factor in zip(rhs, scaled, strict=True)]
    tables = [table * factor for table, factor in zip(tables, scaled, strict=True)]
    known = normalization_equations(model)
    return Equations(
        rows.followed_by(known.rows),
        np.concatenate([np.array(rhs, dtype=object), known.rhs]),
        weights,
        tables=np.concatenate([np.array(tables, dtype=object), known.tables]),
        parties=observed.parties,
        exponents=known.exponents,
        nonsignaling=observed.nonsignaling or all(len(reach) <= 1 for reach in model.coordinates.reach),
        rounding=_ROUNDING if observed.is_rounded else 0.0,
    )


def normalization_equations(model: HasStrategies) -> Equations:
    """Return what holds before anything is observed: Σ p = 1, and the frequencies of dependent inputs."""
    cells = math.prod(model.observed_shape)
    known = model.inputs if model.inputs_connected or model.has_any else model.dependent_inputs
    sums = math.prod(model.cardinality[n] for n in known)
    check_memory(f"{sums:,} normalizations of {cells:,} probabilities of {model.name}", _SUMMAND * sums * cells)
    weights = cell_weights(model)
    sure = _normalization(model, weights)
    tables = np.array([_weighted(table, weights) for _, table, _ in sure], dtype=object)
    coefficients = np.array([(table != 0).astype(np.int64) for _, table, _ in sure])
    return Equations(
        model.observed_rows.mapped(coefficients, tuple(label for label, _, _ in sure)),
        np.array([value for _, _, value in sure], dtype=object),
        weights,
        tables=tables,
        exponents=weight_exponents(model, weights),
    )


def all_settings(model: HasStrategies) -> list[tuple[int, ...]]:
    """Return the values of all inputs together, the last changing fastest."""
    return list(np.ndindex(*(model.cardinality[name] for name in model.inputs)))


def normalized_settings(model: HasStrategies, *, at_each: bool) -> list[tuple[int, ...]]:
    """Return the settings whose sum is an equation of its own: all, or those with the free inputs at 0."""
    free = [i for i, name in enumerate(model.inputs) if name in model.free_inputs]
    return [x for x in all_settings(model) if at_each or not any(x[i] for i in free)]


def _weighted(table: Exact, weights: Exact) -> Exact:
    """Return coefficients times the weights of their cells; many tables ask for the time in between."""
    remaining()
    return table * weights


def weight_exponents(model: HasStrategies, weights: Exact) -> NDArray[np.int64] | None:
    """Return the exponent of each strategy's rarest setting that occurs; None where nearly alike, or too many."""
    if not model.dependent_inputs:
        return None
    sizes = [w.numerator.bit_length() - w.denominator.bit_length() if w else 0 for w in weights]
    if max(sizes) - min(sizes) <= _ALIKE or not model.strategies.can_be_listed:
        return None
    cells = model.T.indices.reshape(model.strategies.count, -1)
    return np.asarray(np.array(sizes)[cells].min(axis=1), dtype=np.int64)


def check_occurring(
    model: HasStrategies, label: str, table: Exact, weights: Exact, error: type[RelaxbellError]
) -> None:
    """Raise `error` where a coefficient on p(outputs|inputs) belongs to a setting of probability zero."""
    for i in np.flatnonzero(table):
        if weights[i] == 0:
            index = np.unravel_index(i, model.observed_shape)
            raise error(
                f"{label} uses {cell_label(model, index)}, but these settings have probability 0 in {model.name}. "
                "Give them a positive input_distribution."
            )


def joint_coefficients(
    model: HasStrategies, label: str, table: Exact, weights: Exact, error: type[RelaxbellError]
) -> list[Fraction]:
    """Return the coefficients on p(outputs, dependent inputs|free ones) of a functional on p(outputs|inputs).

    Raises `error` where a coefficient is irrational or belongs to a setting of probability zero.
    """
    check_occurring(model, label, table, weights, error)
    joint = [c / w if c else Fraction(0) for c, w in zip(table, weights, strict=True)]
    if not all(isinstance(c, Fraction) for c in joint):
        raise error(f"{label} has irrational coefficients, expected rational ones here.")
    return joint


def _over_strategies(
    model: HasStrategies, labels: list[str], tables: list[Exact], weights: Exact
) -> tuple[Rows, list[int]]:
    """Return rows over q for tables over p, whole where possible, and the factor of each."""
    joints = [
        joint_coefficients(model, label, table, weights, BehaviorError)
        for label, table in zip(labels, tables, strict=True)
    ]
    return functional_rows(model, joints, labels, BehaviorError)


def functional_rows(
    model: HasStrategies, joints: Sequence[Sequence[Fraction]], labels: Sequence[str], error: type[RelaxbellError]
) -> tuple[Rows, list[int]]:
    """Return factor · (functional of T q) as rows over q, and the factors.

    Small whole numbers where the coefficients allow it; else the factors are 1, and the rows have floats with the exact
    numbers behind them, or, where these would be too many, with the error of a float. Raises `error` where a
    coefficient is too large for floats.
    """
    read, worst = [], 0.0
    for label, joint in zip(labels, joints, strict=True):
        try:
            read.append(whole_row(joint))
        except OverflowError as large:
            raise error(f"{label} has a coefficient of size {large}, expected less than 2^60.") from None
        worst = max(worst, read[-1][2])
    factors = [factor for _, factor, _ in read]
    if not worst:
        whole = np.array([row for row, _, _ in read]).astype(np.int64).reshape(len(joints), -1)
        return model.observed_rows.mapped(whole, tuple(labels)), factors
    cells = model.T.indices.reshape(model.strategies.count, -1)
    if cells.size * len(joints) <= _MOST_EXACT:
        scaled = [np.array(joint, dtype=object) * factor for joint, factor in zip(joints, factors, strict=True)]
        totals = [own[cells].sum(axis=1).tolist() for own in scaled]
        entries = tuple({j: v for j, v in enumerate(row) if v} for row in totals)
        return Rows.of(ExactMatrix(entries, len(cells)), tuple(labels)), factors
    coefficients = sp.csr_array(np.array([row for row, _, _ in read]))
    total_error = worst * len(model.settings)
    return Rows(sp.csr_array(coefficients @ model.T), tuple(labels), error=total_error), factors


def _normalization(model: HasStrategies, weights: Exact) -> list[tuple[str, Exact, Fraction]]:
    """Σ_outputs p(outputs, dependent|free) = p(dependent|free), for each dependent setting.

    One free setting suffices unless dependent inputs respond to free ones, or cells stand for strategies.
    """
    shape, k = model.observed_shape, len(model.outputs)
    found = []
    for index in np.ndindex(*shape[k:]):
        setting = dict(zip(model.inputs, index, strict=True))
        if not model.inputs_connected and not model.has_any and any(setting[n] for n in model.free_inputs):
            continue  # the same for all settings of the free inputs
        table = np.zeros(shape, dtype=object)
        table[(Ellipsis, *index)] = 1
        weight = Fraction(weights.reshape(shape)[(0,) * k + index])
        text = ",".join(f"{n}={v}" for n, v in setting.items() if n in model.dependent_inputs)
        found.append((f"p({text})" if text else "normalization", table.ravel(), weight))
    return found


__all__ = ["Equations", "ExactNumber", "behavior_equations", "cell_weights", "observed_equations"]
