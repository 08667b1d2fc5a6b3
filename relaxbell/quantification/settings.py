"""Which distribution of the settings a table is about: uniform, observed, or by design."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts
from relaxbell.causal.inputs import InputDistribution
from relaxbell.errors import BehaviorError, ModelError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import one_line

_FEW = 9
"""Probabilities that a line has room for."""


def read_distribution(
    given: object, observed: Behavior, scenario: Behavior, counts: Counts | None
) -> tuple[Exact | None, Exact | None, str]:
    """Return p(settings) of the measures and that of the evidence, None for uniform ones, and both in words.

    A table is given with the axes of what was observed; what is returned has those of the scenario.

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
            return _transposed(frequencies, counts.inputs, scenario.inputs), None, given
        raise BehaviorError(
            f"input_distribution is {one_line(given)}, expected 'uniform', or 'observed' where there are counts; or "
            "the distribution by design: {'X': [0.6, 0.4], 'Y': [0.5, 0.5]}, or a table over all settings."
        )
    own = InputDistribution(given, observed.inputs, observed.cardinality).table
    table = _transposed(own, observed.inputs, scenario.inputs)
    return table, table, f"by design, {_words(table, scenario.inputs)}"


def lists_of_text(text: str) -> dict[str, tuple[str, ...]]:
    """Return lists by name, as a command line has them: what has no name belongs to the last one, to "" at first.

    Examples
    --------
    >>> lists_of_text("A=H,V,X=Z,X")
    {'A': ('H', 'V'), 'X': ('Z', 'X')}
    """
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for part in text.split(","):
        head, sign, rest = part.partition("=")
        if sign:
            name = head.strip()
        found[name] = (*found.get(name, ()), (rest if sign else head).strip())
    return found


def distribution_of_text(text: str, counts: Counts | Behavior) -> object:
    """Return a distribution of the settings as `quantify` takes it; decimals and fractions are exact.

    Raises
    ------
    ModelError
        If it is none.
    """
    if text in ("uniform", "observed"):
        return text
    try:
        found = {name: [Fraction(part) for part in own] for name, own in lists_of_text(text).items()}
    except (ValueError, ZeroDivisionError):
        raise ModelError(
            f"--input-distribution is {one_line(text)}, expected uniform, observed, a list for each setting, such as "
            "X=0.6,0.4,Y=1/2,1/2, or a list of the probabilities of all settings: 0.3,0.3,0.2,0.2."
        ) from None
    if "" not in found:
        return found
    shape = tuple(counts.cardinality[name] for name in counts.inputs)
    size = math.prod(shape)
    if len(found) > 1 or len(found[""]) != size:
        raise ModelError(
            f"--input-distribution has {len(found[''])} numbers without a name, expected {size}, one for each setting "
            f"of {', '.join(counts.inputs)}; or a list for each: X=0.6,0.4,Y=1/2,1/2."
        )
    return np.array(found[""], dtype=object).reshape(shape)


def _transposed(table: Exact, found: Sequence[str], wanted: Sequence[str]) -> Exact:
    return np.asarray(table.transpose([list(found).index(name) for name in wanted]))


def _words(table: Exact, names: tuple[str, ...]) -> str:
    shown = [str(v) for v in table.ravel().tolist()]
    rest = ", …" * (len(shown) > _FEW)
    return f"p({','.join(names)}) = ({', '.join(shown[:_FEW])}{rest})"
