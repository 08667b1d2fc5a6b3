"""What the settings are by design, and whether those that were seen agree with it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.chi_squared import chance_text, settings_test
from relaxbell.behavior.counts import Counts
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.model import CausalModel
from relaxbell.errors import CountsError, MeasureError, ModelError
from relaxbell.exact.numbers import Exact, common_denominator, read_fraction
from relaxbell.trials.chances import log_tail

_REFUSED = 1e-3
_SPREADS = 5
_FEW = 5
"""Fewest expected trials of a setting for which χ² alone decides: with fewer its p-value is a rough one."""

_SAME = Fraction(1, 100)
"""Of a trial: what rounded frequencies may be off."""


def read_design(counts: Counts, model: CausalModel, settings: object) -> Exact:
    """Return the probabilities of the settings by design, axes in the model's order.

    Raises
    ------
    CountsError
        For the frequencies of the trials themselves, or trials of settings that cannot occur.
    ModelError
        Where the model's settings respond, and are distributed otherwise.
    """
    own = model.input_distribution
    read = own if settings is None else InputDistribution(settings, model.inputs, model.cardinality, "settings")
    table = read.table
    if model.dependent_inputs and (table != own.table).any():
        raise ModelError(
            f"settings differ from the input_distribution of {model.name}, whose inputs "
            f"{', '.join(model.dependent_inputs)} depend on the latent variable: found two distributions, expected "
            "one. Build the model with input_distribution= instead."
        )
    seen = seen_settings(counts, model)
    total = int(seen.sum())
    observed = seen.astype(object) * Fraction(1, total)
    if _are_frequencies(table, observed, total):
        raise CountsError(
            f"the settings are the frequencies of the {total:,} trials that are tested, expected the distribution they "
            "were drawn from by design. Frequencies make no valid test: give settings= as designed, uniform by default."
        )
    for index, number in np.ndenumerate(seen):
        if number and table[index] == 0:
            place = ", ".join(f"{n}={v}" for n, v in zip(model.inputs, index, strict=True))
            raise CountsError(
                f"{int(number):,} trials have {place}, a setting of probability 0 by design. Remove these trials, or "
                "mend settings=."
            )
    return table


def _are_frequencies(table: Exact, observed: Exact, total: int) -> bool:
    """Return whether a design is what was observed, up to rounding, and does not look like a design.

    A uniform one does, and so does one of simple fractions, such as (9/10, 1/10) of 1000 trials: that is met by chance,
    while the frequencies of trials have all of their number as denominator, or a large part of it.
    """
    if (table == table.ravel()[0]).all() or (abs(table - observed) * total > _SAME).any():
        return False
    return common_denominator(observed.ravel().tolist()) ** 2 > total


def seen_settings(counts: Counts, model: CausalModel) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the numbers of trials with each setting, in the model's order."""
    return np.asarray(counts.settings.transpose([counts.inputs.index(name) for name in model.inputs]))


def read_bias(bias: object) -> Fraction:
    """Return the bias of settings; raise MeasureError unless it is in [0, 1)."""
    found = read_fraction(bias, "settings_bias", MeasureError)
    if not 0 <= found < 1:
        raise MeasureError(
            f"settings_bias is {float(found):g}, expected a number τ in [0, 1): |p(settings|λ) − design| ≤ τ."
        )
    return found


def design_words(counts: Counts, model: CausalModel, design: Exact, bias: Fraction) -> list[str]:
    """Return what is assumed of the settings, in words, with their test.

    Raises
    ------
    CountsError
        If they contradict the design, and no bias is given.
    """
    if not model.inputs:
        return []
    seen = seen_settings(counts, model)
    uniform = bool((design == design.ravel()[0]).all())
    found = settings_test(seen, design, uniform=uniform)
    few = found.smallest_expected < _FEW
    p, kind = found.p_value, "uniform" if uniform else "distributed as declared"
    tested = f"χ² = {found.statistic:.4g} at {found.degrees_of_freedom} degrees of freedom, {chance_text(p)}"
    if few:
        tested += f", rough: only {found.smallest_expected:.3g} trials expected of a setting"
    if not bias:
        if p < _REFUSED and (not few or _least_tail(seen, design) < _REFUSED):
            raise CountsError(
                f"the settings of {counts.name or 'the counts'} are not {kind}: {tested}. A p-value would reject that "
                "instead of the measure. Give the distribution by design, settings= (of quantify input_distribution=, "
                "--input-distribution), or settings_bias=τ: how far p(settings|λ) may be from it."
            )
        return [f"in each trial the settings are {kind} whatever was before ({tested})"]
    what = f"what {model.name} allows with settings that are {kind}" if model.dependent_inputs else kind
    words = f"in each trial p(settings|λ, before) is within {float(bias):g} of {what} ({tested})"
    return [words + _contradiction(seen, design, bias)]


def _least_tail(seen: NDArray[np.int64], design: Exact) -> float:
    """Return a p-value of the design that is valid for few trials as well: the least tail of a setting, paid for."""
    total, tails = int(seen.sum()), list[float]()
    for n, q in zip(seen.ravel().tolist(), design.ravel().tolist(), strict=True):
        tails += [log_tail(n, total, q), log_tail(total - n, total, 1 - q)]
    return min(1.0, math.exp(min(tails)) * len(tails))


def _contradiction(seen: NDArray[np.int64], design: Exact, bias: Fraction) -> str:
    """Return what to add where a frequency is farther from the design than the bias and five standard deviations.

    However the settings depend on what was before, that has a probability far below 0.001. What a stated bias would
    mean can still be computed; that nobody should believe it stands beside.
    """
    total = int(seen.sum())
    off = max(abs(Fraction(n, total) - q) for n, q in zip(seen.ravel().tolist(), design.ravel().tolist(), strict=True))
    if float(off - bias) <= _SPREADS * (float(design.max()) / total) ** 0.5:
        return ""
    return (
        f"; THE DATA CONTRADICT THIS: a frequency is off by {float(off):.2g}, more than {_SPREADS} standard deviations "
        "beyond the bias. State a larger one"
    )
