"""Reading a distribution over strategies, as measures are evaluated at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.arrays import check_unmasked
from relaxbell.exact.texts import a_kind

_FEW = 2**16
"""Strategies of which arrays are made without a second thought."""

_OFF = 1e-6
"""How far weights of strategies may miss 0 and their sum 1."""


def read_weights(model: CausalModel, q: Any, name: str) -> NDArray[np.float64]:
    """Return a distribution over a model's strategies as an array; raise MeasureError if it is none."""
    array = read_numbers(model, q, name)
    wrong = array[~(np.isfinite(array) & (array >= -_OFF))]
    if len(wrong):
        raise MeasureError(
            f"{name}: q has the entry {wrong.min():.6g}, expected probabilities ≥ 0. Correct it, or use a solution's q."
        )
    if abs(array.sum() - 1) > _OFF:
        raise MeasureError(f"{name}: q sums to {array.sum():.9g}, expected 1. Divide it by its sum if that is meant.")
    return array


def read_support(model: CausalModel, q: Any, name: str) -> tuple[list[int], NDArray[np.float64]] | None:
    """Return strategies and their weights where q knows those that occur; None if not, or strategies are few."""
    given, owner = getattr(q, "mapping", None), getattr(q, "model", model)
    if given is None or model.strategies.count <= _FEW:
        return None
    if owner is not model and owner.strategies.nodes != model.strategies.nodes:
        raise _of_another(owner, model, name)
    return list(given), np.array(list(given.values()), dtype=np.float64)


def _of_another(owner: CausalModel, model: CausalModel, name: str) -> MeasureError:
    return MeasureError(
        f"{name}: q weighs the strategies of {owner.name}, expected those of {model.name}. Minimize on this model."
    )


def read_numbers(model: CausalModel, q: Any, name: str) -> NDArray[np.float64]:
    """Return one number for each strategy of a model: of an array, exact or not, or of `StrategyWeights`."""
    given = getattr(q, "weights", q)
    check_unmasked(given, f"{name}: q", MeasureError)
    try:
        array = np.asarray(given)
        if array.dtype.kind not in "biufO":
            raise TypeError("no numbers")
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise MeasureError(
            f"{name}: q is {a_kind(given)} that is no array of real numbers. Give one probability for each "
            "strategy, or the q of a solution."
        ) from None
    n = model.strategies.count
    if array.shape != (n,):
        raise MeasureError(f"{name}: q has shape {array.shape}, expected ({n},), one weight for each strategy.")
    owner = getattr(q, "model", model)
    if owner is not model and owner.strategies.nodes != model.strategies.nodes:
        raise _of_another(owner, model, name)
    return array
