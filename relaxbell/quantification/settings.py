"""Which distribution of the settings a table is about: uniform, observed, or by design."""

from __future__ import annotations

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts
from relaxbell.causal.inputs import InputDistribution
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import one_line

_FEW = 9
"""Probabilities that a line has room for."""


def read_distribution(
    given: object, scenario: Behavior, counts: Counts | None
) -> tuple[Exact | None, Exact | None, str]:
    """Return p(settings) of the measures and that of the evidence, None for uniform ones, and both in words.

    Axes are the scenario's inputs.

    Raises
    ------
    BehaviorError
        For another word; for frequencies where there are no counts.
    ModelError
        If it is no distribution of the settings.
    """
    if given is None or isinstance(given, str):
        if given == "uniform":
            return None, None, given
        if given == "observed" and counts is not None:
            frequencies = np.asarray(counts.input_distribution)
            return frequencies.transpose([counts.inputs.index(name) for name in scenario.inputs]), None, given
        raise BehaviorError(
            f"input_distribution is {one_line(given)}, expected 'uniform', or 'observed' where there are counts; or "
            "the distribution by design: {'X': [0.6, 0.4], 'Y': [0.5, 0.5]}, or a table over all settings."
        )
    table = InputDistribution(given, scenario.inputs, scenario.cardinality).table
    return table, table, f"by design, {_words(table, scenario.inputs)}"


def _words(table: Exact, names: tuple[str, ...]) -> str:
    shown = [str(v) for v in table.ravel().tolist()]
    rest = ", …" * (len(shown) > _FEW)
    return f"p({','.join(names)}) = ({', '.join(shown[:_FEW])}{rest})"
