"""Probabilities of events, also under interventions, as rows over q."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.names import Setting, check_values
from relaxbell.causal.size import check_memory
from relaxbell.errors import ModelError
from relaxbell.exact.numbers import common_denominator
from relaxbell.exact.rows import Rows

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel

_ROW = 48
"""Bytes of a row over all strategies, for each of them, while it is built."""


def event_rows(model: CausalModel, event: Setting, given: Setting, do: Setting) -> Rows:
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
    denominator = common_denominator(weights)
    wanted = {**event, **{n: v for n, v in given.items() if n in model.dependent_inputs}}
    check_memory(
        f"{_label(event, given, do)} over {model.strategies.count:,} strategies", _ROW * model.strategies.count
    )
    total: Any = 0
    for setting, weight in zip(model.settings, weights, strict=True):
        if weight:
            values = model.strategies.evaluate({**setting, **do})
            hit: Any = 1
            for name, value in wanted.items():
                hit = hit * (np.asarray(values[name]) == value)
            total = total + float(weight * denominator) * hit
    row = sp.csr_array(np.asarray(model.strategies.spread(total), dtype=np.float64)[None, :])
    return Rows(row, (_label(event, given, do),), Fraction(1, denominator))


def _setting_weights(model: CausalModel, given: Setting, do: Setting) -> list[Fraction]:
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
