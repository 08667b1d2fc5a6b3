"""Where the search for multipliers starts: at inequalities that the data violate, before anything is solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm, largest_of_tables, planned
from relaxbell.engines.early import Block, multipliers, violated
from relaxbell.exact.elimination import Elimination, WidthError
from relaxbell.exact.numbers import ExactNumber, Floats, floor_float

SHARES = (0.25, 1.0)
"""Columns are first sought between the best multipliers and those of the program (Wentges, Int. Trans. Oper. Res. 4,
151 (1997)), which jump: without symmetries that takes half of the rounds, and a quarter of the time."""

_UNIT = 2**40
"""Multipliers are rounded to multiples of its inverse."""

_FEW = 100
"""Settings of which any maximum is quick."""

QUICK = 2**30
"""Additions that take about a second."""


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
    every = len(dependent) == len(behavior.inputs) and _is_quick(form)
    blocks = found.apart if every else (found.most,)
    return multipliers(equations, blocks, [_scale(form, block, dependent) for block in blocks])


def early_bound(form: SettingForm) -> float:
    """Return a rigorous lower bound of M from these multipliers, by one sum of tables."""
    whole = np.array([round(Fraction(z) * _UNIT) for z in early_multipliers(form).tolist()], dtype=object)
    flat, unit = form.flat(whole), form.layout.denominator
    if flat.max() - flat.min() > 2 * _UNIT:  # some z_x would be raised
        return 0.0
    plan = planned(form.model, form.model.local.domains, form.scopes)
    weights = [int(w * unit) for w in form.layout.weights]
    top = largest_of_tables(form, plan, [w * own for w, own in zip(weights, form.tables(flat), strict=True)])
    total: ExactNumber = (whole * form.equations.rhs).sum() - Fraction(top, unit)
    return max(0.0, floor_float(total / _UNIT))


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


def _is_quick(form: SettingForm) -> bool:
    """Return whether a maximum of tables of all settings takes no more than a moment."""
    if len(form.scopes) <= _FEW:
        return True
    try:
        return Elimination(form.model.local.domains, form.scopes, most=QUICK).additions < QUICK
    except WidthError:
        return False


def _scale(form: SettingForm, block: Block, dependent: Sequence[int]) -> float:
    """Return by what an inequality is multiplied: by the least p(x) of its settings, shared by those of one x."""
    own = [tuple(setting[i] for i in dependent) for setting in block.settings]
    weights = dict(zip(form.layout.settings, form.layout.floats.tolist(), strict=True))
    return min(weights.get(x, 0.0) for x in own) / max(Counter(own).values())
