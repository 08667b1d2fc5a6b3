"""Multipliers of M that are known before anything is solved: of inequalities that the data violate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.early import Block, multipliers, violated
from relaxbell.exact.numbers import Floats


def early_multipliers(form: SettingForm) -> Floats:
    """Return multipliers of inequalities that the data violate, at which no column of M is worth its cost.

    z_x(λ) is between 1/2 and −3/2 for all λ, so that none is raised; then M is no less than the violation.
    """
    equations, behavior = form.equations, form.equations.behavior
    found = violated(equations)
    if found is None or behavior is None:
        return np.zeros(len(equations.rows))
    dependent = [behavior.inputs.index(name) for name in form.layout.names]
    blocks = found.apart if len(dependent) == len(behavior.inputs) else (found.most,)
    return multipliers(equations, blocks, [_scale(form, block, dependent) for block in blocks])


def _scale(form: SettingForm, block: Block, dependent: Sequence[int]) -> float:
    """Return by what an inequality is multiplied: by the least p(x) of its settings, shared by those of one x."""
    own = [tuple(setting[i] for i in dependent) for setting in block.settings]
    weights = dict(zip(form.layout.settings, form.layout.floats.tolist(), strict=True))
    return min(weights.get(x, 0.0) for x in own) / max(Counter(own).values())
