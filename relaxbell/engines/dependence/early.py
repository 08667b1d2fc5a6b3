"""Where the search for multipliers starts: at inequalities that the data violate, before anything is solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.early import Block, multipliers, violated
from relaxbell.exact.numbers import Floats

SHARES = (0.25, 1.0)
"""Columns are first sought between the best multipliers and those of the program (Wentges, Int. Trans. Oper. Res. 4,
151 (1997)), which jump: without symmetries that takes half of the rounds, and a quarter of the time."""


def mixed(best: Floats, new: Floats, share: float) -> Floats:
    """Return what is between two vectors, with a share of the second."""
    return best + share * (new - best)


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


def hall_multipliers(form: SettingForm) -> tuple[Floats, NDArray[np.intp]] | None:
    """Return multipliers for Hall's measure, and the settings whose pairs share its weight; None without any.

    With four settings the violation is three times as large as Hall's measure may be, with two it is as large; that is
    what is known (Hall, Phys. Rev. Lett. 105, 250404 (2010)), and it is evaluated again.
    """
    equations, behavior = form.equations, form.equations.behavior
    found = violated(equations)
    if found is None or behavior is None:
        return None
    dependent = [behavior.inputs.index(name) for name in form.layout.names]
    own = sorted({tuple(setting[i] for i in dependent) for setting in found.most.settings})
    number = {setting: x for x, setting in enumerate(form.layout.settings)}
    if len(own) < 2 or any(x not in number for x in own):
        return None
    scale = 1 / 3 if len(own) > 2 else 1.0
    return multipliers(equations, [found.most], [scale]), np.array([number[x] for x in own], dtype=np.intp)


def information_multipliers(form: SettingForm) -> Floats:
    """Return multipliers for I, in bits: those of M, times what promises most.

    At best all but one of four settings of an inequality are answered as it wants: with a share w of all settings and a
    factor c that is c violation − ln(1 − w + w (3 exp(c/2) + exp(−3c/2)) / 4), in nats.
    """
    z = early_multipliers(form)
    used = np.array([bool(own.any()) for own in form.tables(form.flat(z))])
    share = float(form.layout.floats[used].sum())
    factors = np.geomspace(1e-4, 8, 200)
    gains = factors * float(z @ form.equations.floats) - np.log(
        1 - share + share * (3 * np.exp(factors / 2) + np.exp(-1.5 * factors)) / 4
    )
    return z * float(factors[gains.argmax()]) / np.log(2)


def _scale(form: SettingForm, block: Block, dependent: Sequence[int]) -> float:
    """Return by what an inequality is multiplied: by the least p(x) of its settings, shared by those of one x."""
    own = [tuple(setting[i] for i in dependent) for setting in block.settings]
    weights = dict(zip(form.layout.settings, form.layout.floats.tolist(), strict=True))
    return min(weights.get(x, 0.0) for x in own) / max(Counter(own).values())
