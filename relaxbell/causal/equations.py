"""What was observed, as exact linear equations over q: V T q = V p."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.size import check_memory
from relaxbell.errors import BehaviorError, ModelError, RelaxbellError
from relaxbell.exact.numbers import Exact, ExactNumber, to_floats
from relaxbell.exact.rows import Rows, whole_row

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel

FLOAT_GRID = 2**50
"""Float behaviors are read as multiples of 1/FLOAT_GRID in coordinates of the model's affine hull."""

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
    parties
        Which party chooses which input, where the data say so.
    distance
        Largest change of a probability when floats were read exactly (0 for exact input).
    """

    rows: Rows
    rhs: Exact
    cell_weights: Exact
    tables: Exact | None = None
    behavior: Behavior | None = None
    distance: float = 0.0
    parties: Mapping[str, str | None] | None = None

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The right-hand sides as floats."""
        return to_floats(self.rhs)

    def functional(self, z: Exact) -> Exact:
        """Return the coefficients over p(outputs|inputs) of the combination Σ_i z_i (equation i)."""
        if self.tables is None:
            return z * self.cell_weights
        total: Exact = z @ self.tables
        return total


def cell_weights(model: CausalModel) -> Exact:
    """Return p(dependent inputs|free inputs) for each cell of the table, flat, exact."""
    shape, k = model.observed_shape, len(model.outputs)
    table = np.full(shape[k:], Fraction(1), dtype=object)
    if model.dependent_inputs:
        for index in np.ndindex(*shape[k:]):
            setting = dict(zip(model.inputs, index, strict=True))
            table[index] = _conditional(model, setting)
    wide = np.broadcast_to(table, shape)
    return np.array(wide, dtype=object).ravel()


def _conditional(model: CausalModel, setting: Mapping[str, int]) -> Fraction:
    dependent = {n: setting[n] for n in model.dependent_inputs}
    if not model.inputs_connected:
        return model.input_distribution.probability(dependent)
    free = {n: setting[n] for n in model.free_inputs}
    norm = model.input_distribution.probability(free)
    if norm == 0:
        raise ModelError(f"the free inputs {free} have probability 0, so what depends on them is undefined.")
    return model.input_distribution.probability({**dependent, **free}) / norm


def behavior_equations(model: CausalModel, behavior: Behavior) -> Equations:
    """Return T q = p · p(dependent|free) for a behavior that is already in the model's order."""
    names = (model.outputs, model.inputs)
    model.coordinates.check(behavior.table, names, behavior.tolerance, model.name)
    exact = behavior if behavior.is_exact else behavior.rounded(model, FLOAT_GRID)
    weights = cell_weights(model)
    rhs = exact.table.ravel() * weights
    distance = 0.0 if behavior.is_exact else float(np.abs(exact.p - behavior.p).max())
    return Equations(model.observed_rows, rhs, weights, behavior=exact, distance=distance, parties=behavior.parties)


def observed_equations(model: CausalModel, observed: Observed) -> Equations:
    """Return V T q = V p for values of functionals, with normalization and known input frequencies."""
    outputs, inputs, shape = model.outputs, model.inputs, model.observed_shape
    if set(observed.outputs) != set(outputs) or set(observed.inputs) != set(inputs):
        raise BehaviorError(
            f"variables do not match: the functionals live on p({','.join(observed.outputs)}|"
            f"{','.join(observed.inputs)}), {model.name} needs p({','.join(outputs)}|{','.join(inputs)})."
        )
    order = [(observed.outputs + observed.inputs).index(n) for n in outputs + inputs]
    if tuple(observed.shape[i] for i in order) != shape:
        raise BehaviorError(
            f"cardinalities do not match: the functionals have shape {tuple(observed.shape[i] for i in order)} over "
            f"{', '.join(outputs + inputs)}, {model.name} has {shape}."
        )
    weights = cell_weights(model)
    labels, tables, rhs = [], [], []
    for label, table, value in observed.table_rows():
        labels.append(label)
        tables.append(np.asarray(table.transpose(order), dtype=object).ravel())
        rhs.append(value)
    rows, scaled = _over_strategies(model, labels, tables, weights)
    rhs = [value * factor for value, factor in zip(rhs, scaled, strict=True)]
    tables = [table * factor for table, factor in zip(tables, scaled, strict=True)]
    known = normalization_equations(model)
    matrix = sp.csr_array(sp.vstack([rows.matrix, known.rows.matrix], format="csr"))
    return Equations(
        Rows(matrix, (*labels, *known.rows.labels), error=rows.error),
        np.concatenate([np.array(rhs, dtype=object), known.rhs]),
        weights,
        tables=np.concatenate([np.array(tables, dtype=object), known.tables]),
        parties=observed.parties,
    )


def normalization_equations(model: CausalModel) -> Equations:
    """Return what holds before anything is observed: Σ p = 1, and the frequencies of dependent inputs."""
    cells = math.prod(model.observed_shape)
    sums = math.prod(model.cardinality[n] for n in (model.inputs if model.inputs_connected else model.dependent_inputs))
    check_memory(f"{sums:,} normalizations of {cells:,} probabilities of {model.name}", _SUMMAND * sums * cells)
    weights = cell_weights(model)
    known = _normalization(model, weights)
    coefficients = sp.csr_array(np.array([(table != 0).astype(float) for _, table, _ in known]))
    return Equations(
        Rows(sp.csr_array(coefficients @ model.T), tuple(label for label, _, _ in known)),
        np.array([value for _, _, value in known], dtype=object),
        weights,
        tables=np.array([table * weights for _, table, _ in known], dtype=object),
    )


def joint_coefficients(
    model: CausalModel, label: str, table: Exact, weights: Exact, error: type[RelaxbellError]
) -> list[Fraction]:
    """Return the coefficients on p(outputs, dependent inputs|free ones) of a functional on p(outputs|inputs).

    Raises `error` where a coefficient is irrational or belongs to a setting of probability zero.
    """
    for i in np.flatnonzero(table):
        if weights[i] == 0:
            index = np.unravel_index(i, model.observed_shape)
            raise error(
                f"{label} uses {cell_label(model, index)}, but these settings have probability 0 in {model.name}. "
                "Give them a positive input_distribution."
            )
    joint = [c / w if c else Fraction(0) for c, w in zip(table, weights, strict=True)]
    if not all(isinstance(c, Fraction) for c in joint):
        raise error(f"{label} has irrational coefficients, expected rational ones here.")
    return joint


def _over_strategies(
    model: CausalModel, labels: list[str], tables: list[Exact], weights: Exact
) -> tuple[Rows, list[int]]:
    """Return rows over q for tables over p, whole where possible, and the factor of each."""
    rows, factors, worst = [], [], 0.0
    for label, table in zip(labels, tables, strict=True):
        joint = joint_coefficients(model, label, table, weights, BehaviorError)
        try:
            row, factor, error = whole_row(joint)
        except OverflowError as large:
            raise BehaviorError(f"{label} has a coefficient of size {large}, expected less than 2^60.") from None
        factors.append(factor)
        rows.append(row)
        worst = max(worst, error * len(model.settings))
    coefficients = sp.csr_array(np.array(rows))
    return Rows(sp.csr_array(coefficients @ model.T), tuple(labels), error=worst), factors


def _normalization(model: CausalModel, weights: Exact) -> list[tuple[str, Exact, Fraction]]:
    """Σ_outputs p(outputs, dependent|free) = p(dependent|free), for each dependent setting.

    One free setting suffices unless dependent inputs respond to free ones.
    """
    shape, k = model.observed_shape, len(model.outputs)
    found = []
    for index in np.ndindex(*shape[k:]):
        setting = dict(zip(model.inputs, index, strict=True))
        if not model.inputs_connected and any(setting[n] for n in model.free_inputs):
            continue  # the same for all settings of the free inputs
        table = np.zeros(shape, dtype=object)
        table[(Ellipsis, *index)] = 1
        weight = Fraction(weights.reshape(shape)[(0,) * k + index])
        text = ",".join(f"{n}={v}" for n, v in setting.items() if n in model.dependent_inputs)
        found.append((f"p({text})" if text else "normalization", table.ravel(), weight))
    return found


def cell_label(model: CausalModel, index: Any) -> str:
    k = len(model.outputs)
    outputs = ",".join(f"{n}={v}" for n, v in zip(model.outputs, index[:k], strict=True))
    inputs = ",".join(f"{n}={v}" for n, v in zip(model.inputs, index[k:], strict=True))
    return f"p({outputs}|{inputs})"


__all__ = ["Equations", "ExactNumber", "behavior_equations", "cell_weights", "observed_equations"]
