"""Probabilities of events, also under interventions, as rows over q."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.names import Setting, check_values
from relaxbell.causal.local import Values
from relaxbell.causal.protocols import HasStrategies
from relaxbell.causal.size import check_memory
from relaxbell.errors import ModelError
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.local_rows import LocalRows, Piece
from relaxbell.exact.numbers import common_denominator
from relaxbell.exact.rows import Rows

_ROW = 48
"""Bytes of a row over all strategies, for each of them, while it is built."""


def event_rows(model: HasStrategies, event: Setting, given: Setting, do: Setting) -> Rows:
    """Return p(event|given, do(·)) as one labeled row over q; see `CausalModel.probability`."""
    observable = model.outputs + model.hidden + model.inputs
    check_values(event, observable, model.cardinality, "output, hidden node or input", ModelError)
    check_values(given, model.inputs, model.cardinality, "input", ModelError)
    check_values(do, observable, model.cardinality, "output, hidden node or input", ModelError)
    if not event or set(given) & set(do):
        raise ModelError(
            f"event {dict(event)}, given {dict(given)}, do {dict(do)}: expected a non-empty event and no "
            "variable both given and forced."
        )
    weights = _setting_weights(model, given, do)
    wanted = {**event, **{n: v for n, v in given.items() if n in model.dependent_inputs}}
    label = _label(event, given, do)
    denominator = common_denominator(weights)
    if denominator * len(weights) < EXACT:
        return _local(model, wanted, do, [int(w * denominator) for w in weights], label, Fraction(1, denominator))
    check_memory(f"{label} over {model.strategies.count:,} strategies", _ROW * model.strategies.count)
    used = [(setting, weight) for setting, weight in zip(model.settings, weights, strict=True) if weight]
    hits = (_hit(model, {**setting, **do}, wanted) for setting, _ in used)
    return _weighted(hits, [weight for _, weight in used], label)


def _local(
    model: HasStrategies, wanted: Setting, do: Setting, weights: Sequence[int], label: str, scale: Fraction
) -> LocalRows:
    """Return Σ weight · [the strategy answers the setting as wanted] as small tables."""
    pieces: list[Piece] = []
    for setting, weight in zip(model.settings, weights, strict=True):
        if weight:

            def entries(values: Values, weight: int = weight) -> tuple[int, NDArray[np.int64] | int]:
                hit: NDArray[np.bool_] | np.bool_ = np.True_
                for name, value in wanted.items():
                    hit = hit & (np.asarray(values[name]) == value)
                return 0, weight * np.asarray(hit, dtype=np.int64)

            pieces += model.local.pieces({**setting, **do}, wanted, entries)
    return model.local.rows(pieces, (label,), scale)


def _hit(model: HasStrategies, setting: Setting, wanted: Setting) -> NDArray[np.int64]:
    """Return 1 for each strategy that answers a setting as wanted, else 0."""
    values = model.strategies.evaluate(setting)
    hit: NDArray[np.bool_] | np.bool_ = np.True_
    for name, value in wanted.items():
        hit = hit & (np.asarray(values[name]) == value)
    return np.asarray(model.strategies.spread(np.asarray(hit)), dtype=np.int64)


def _weighted(hits: Iterable[NDArray[np.int64]], weights: list[Fraction], label: str) -> Rows:
    """Return Σ weight · hit as one exact row."""
    patterns, place = np.unique(np.stack(list(hits)), axis=1, return_inverse=True)  # which settings each strategy hits
    sums = np.array([sum((w for w, hit in zip(weights, p, strict=True) if hit), Fraction(0)) for p in patterns.T])
    used = np.flatnonzero(patterns.sum(axis=0)[place])
    pattern = sp.csr_array((np.ones(len(used)), (np.zeros(len(used), np.intp), used)), shape=(1, len(place)))
    return Rows.read(pattern, sums.astype(object), place[used], (label,))


def _setting_weights(model: HasStrategies, given: Setting, do: Setting) -> list[Fraction]:
    """Weight of each free setting: p(setting|given free inputs, forced ones fixed) / p(given dependent|…)."""
    kept = [n for n in model.free_inputs if n not in do]
    free_given = {n: v for n, v in given.items() if n in kept}
    norm = model.input_distribution.probability(free_given)
    dependent = {n: v for n, v in given.items() if n in model.dependent_inputs}
    scale = Fraction(1)
    if dependent:
        joint = model.input_distribution.probability({**free_given, **dependent})
        if joint == 0:
            raise ModelError(f"the inputs {dict(given)} have probability 0. Give a setting that occurs.")
        scale = norm / joint
    weights = []
    for setting in model.settings:
        agrees = all(setting[n] == v for n, v in {**free_given, **do}.items() if n in setting)
        p = model.input_distribution.probability({n: setting[n] for n in kept}) if agrees else Fraction(0)
        if norm == 0 and agrees:  # a setting that never occurs can still be conditioned on
            p = Fraction(1 if set(free_given) == set(kept) else 0)
        weights.append((p / norm if norm else p) * scale)
    if not any(weights):
        raise ModelError(f"the inputs {dict(given)} have probability 0. Give a value for each free input.")
    return weights


def _label(event: Setting, given: Setting, do: Setting) -> str:
    conditions = [f"do({n}={v})" for n, v in do.items()] + [f"{n}={v}" for n, v in given.items()]
    text = ",".join(f"{n}={v}" for n, v in event.items())
    return f"p({text}{'|' if conditions else ''}{','.join(conditions)})"
