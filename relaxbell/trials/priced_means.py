"""Largest means over null sets whose strategies are too many to be listed: columns are priced by elimination.

What a strategy adds to the mean of a table is the value of a functional, so the largest mean within the budgets is
what `BellFunctional.bound` finds, with the multipliers that prove it; the verifier checks these without a list as well.
Tables with many digits are rounded, up: what bounds the mean of a larger table bounds this one's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.causal.equations import functional_rows, normalization_equations
from relaxbell.causal.model import CausalModel
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.priced import priced
from relaxbell.errors import MeasureError, ModelTooLargeError
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import Exact, Floats, common_denominator
from relaxbell.lp.highs import Answer
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Budget, LinearMeasure
from relaxbell.measures.terms import Linear

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 2**19
"""Of the whole numbers to which tables with many digits are rounded."""


def free_chances(model: CausalModel, settings: Exact) -> Exact:
    """Return p(free inputs) at each setting of all inputs, flat: what a strategy's cells are weighed with."""
    dependent = tuple(i for i, name in enumerate(model.inputs) if name in model.dependent_inputs)
    free = settings.sum(axis=dependent, keepdims=True) if dependent else settings
    return np.broadcast_to(free, settings.shape).ravel()


def priced_mean(
    model: CausalModel,
    table: Floats,
    settings: Exact,
    constraints: Sequence[Budget | AffineConstraint],
) -> tuple[Answer, Proof, Floats]:
    """Return the answer and the proof of the least value of minus a table's mean, and the joint distribution there.

    Parameters
    ----------
    model
        Whose strategies are not listed.
    table
        A number for each cell, flat.
    settings
        Exact probabilities of the settings, axes as the model's inputs.
    constraints
        The budget that moves comes first.

    Raises
    ------
    ModelTooLargeError
        Where some rows are no small tables, so that the strategies have to be listed.
    InfeasibleError
        If nothing is within the budgets.
    """
    chances = np.broadcast_to(free_chances(model, settings), (len(table) // settings.size, settings.size)).ravel()
    gains = _short([Fraction(own) * Fraction(p) for own, p in zip(table.tolist(), chances, strict=True)])
    rows, (factor,) = functional_rows(model, [gains], ["mean"], MeasureError)
    measure = LinearMeasure(model, "-mean", term=Linear(rows.scaled(Fraction(-1, factor))))
    like = np.array(gains, dtype=object).reshape(model.observed_shape)
    found = priced(measure, normalization_equations(model), list(constraints), thorough=True, like=like)
    if found is None:
        model.strategies.check_listed()
        raise ModelTooLargeError(
            f"the largest mean of scores over {model.strategies.count_text} strategies of {model.name} needs a list of "
            "them with these constraints. Use budgets of influences, effects, messages and M, or fewer settings."
        )
    answer, proof = found
    return answer, proof, _joint(model, proof, chances)


def _short(gains: Sequence[Fraction]) -> list[Fraction]:
    """Return the numbers where they are small multiples of one, else larger ones that are."""
    largest = max(map(abs, gains), default=Fraction(0))
    if not largest or largest * common_denominator(gains) < 2 * _LARGEST:
        return list(gains)
    unit = Fraction(2) ** math.ceil(math.log2(float(largest))) / _LARGEST
    return [math.ceil(own / unit) * unit for own in gains]


def _joint(model: CausalModel, proof: Proof, chances: Exact) -> Floats:
    """Return the joint distribution of the strategies found; zeros where their images are too many to write down."""
    rows = model.observed_rows
    support: Mapping[int, float] = {} if proof.support is None else proof.support
    try:
        numbers, weights = [*support], np.array([*support.values()], dtype=np.float64)
    except ModelTooLargeError:
        numbers = []
    if not numbers or not isinstance(rows, LocalRows):
        return np.zeros(len(chances))
    cells = rows.at(model.local.assignments(numbers))
    found = np.asarray(cells.matrix @ weights) * float(cells.scale)
    return np.asarray(np.maximum(found, 0.0) * np.array([float(p) for p in chances]), dtype=np.float64)
