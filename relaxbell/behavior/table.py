"""Tables of probabilities with named axes, outputs first: what makes them valid, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import Setting, check_values
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import common_denominator, to_floats
from relaxbell.exact.texts import decimal_text, different_texts, plain_repr

TOLERANCE = 1e-9
"""How far float probabilities may miss 0, normalization and no-signaling."""

_ROUNDED = 0.02
"""How far rows of a printed table may miss 1, to be taken for such."""

SINGLE_TOLERANCE = 1e-6
"""The same for tables of float32, which have 7 digits."""


def check_no_mapping(p: object) -> None:
    """Raise BehaviorError for a dictionary, and say which reader takes it.

    Examples
    --------
    >>> check_no_mapping([[0.5], [0.5]])
    """
    if isinstance(p, Mapping):
        key = next(iter(p), None)
        raise BehaviorError(
            f"p is a mapping with the key {plain_repr(key)}, expected an array. Tables by sets of outputs, such as "
            "'AB', go to Behavior.from_correlators or from_collins_gisin; counts by settings to Counts.from_dict."
        )


def read_floats(p: NDArray[Any]) -> NDArray[np.float64]:
    """Return a table of numbers as float64, or raise BehaviorError."""
    try:
        return to_floats(p)
    except (TypeError, ValueError) as error:
        raise BehaviorError(
            f"p is not a table of numbers: {error}. Expected a rectangular array of floats, Fractions, ints "
            "or sympy numbers. A table with free symbols stays an array: functional(table) evaluates it."
        ) from None


def check_axes(table: NDArray[Any], outputs: tuple[str, ...], inputs: tuple[str, ...]) -> None:
    """Raise BehaviorError unless a table has one axis for each variable, and each variable has a value."""
    variables = outputs + inputs
    if table.ndim != len(variables):
        square = table.ndim == len(outputs) and table.size and table[(0,) * table.ndim] == 1
        hint = " A matrix [[1, B], [A, AB]] goes to Behavior.from_correlators or from_collins_gisin." if square else ""
        hint = hint or _matrix_hint(table, len(outputs), len(inputs))
        raise BehaviorError(
            f"p has {table.ndim} axes (shape {table.shape}), expected {len(variables)}: one for each of "
            f"outputs {', '.join(outputs)} and inputs {', '.join(inputs) or '(none)'}, in this order: "
            f"axes are outputs first. Name them with outputs= and inputs=.{hint}"
        )
    empty = [n for n, size in zip(variables, table.shape, strict=True) if size < 1]
    if empty:
        raise BehaviorError(f"{empty[0]} has no values (shape {table.shape}). Expected at least one.")


def check_probabilities(table: NDArray[Any], outputs: int, tolerance: float) -> None:
    """Raise BehaviorError unless entries are probabilities that sum to one over the first axes, for each setting.

    Parameters
    ----------
    table
        Floats, or exact numbers.
    outputs
        How many of the axes are outputs.
    tolerance
        How far 0 and 1 may be missed; 0 for exact numbers.
    """
    if table.dtype == object and tolerance == 0 and _are_probabilities(table, outputs):
        return
    if table.dtype != object and len(bad := np.argwhere(~np.isfinite(table))):
        raise BehaviorError(f"p{list(map(int, bad[0]))} is {table[tuple(bad[0])]}, expected a probability.")
    if table.min() < -tolerance:
        index = np.unravel_index(np.argmin(table), table.shape)
        raise BehaviorError(
            f"p{list(map(int, index))} is {decimal_text(table[index])}, expected a probability ≥ 0. "
            "Correct the entry; use Counts(...) for raw data."
        )
    total = np.asarray(table.sum(axis=tuple(range(outputs))))
    gap = np.asarray(abs(total - 1))
    if gap.max() > tolerance:
        index = np.unravel_index(np.argmax(gap), gap.shape)
        place = ", ".join([":"] * outputs + [str(int(i)) for i in index])
        within = f" within {tolerance:g}".replace("e-0", "e-") if tolerance else ""
        raise BehaviorError(
            f"p[{place}] sums to {different_texts(total[index], 1, 12)[0]}, expected 1{within}."
            f"{order_hint(table, table.ndim - outputs)} "
            "Use Counts(...) for raw data, Behavior.from_published(...) for a table of a few decimals."
        )


def _are_probabilities(table: NDArray[Any], outputs: int) -> bool:
    """Return whether rational entries are right, in whole numbers: Fractions take ten times as long."""
    values = table.ravel().tolist()
    if not all(isinstance(v, Fraction) for v in values):
        return False
    common = common_denominator(values)
    whole = [v.numerator * (common // v.denominator) for v in values]
    sums = np.array(whole, dtype=object).reshape(table.shape).sum(axis=tuple(range(outputs)))
    return min(whole) >= 0 and bool(np.all(sums == common))


def _matrix_hint(table: NDArray[Any], outputs: int, inputs: int) -> str:
    """Return a sentence if the table may be a printed one: a row for each setting, a column for each outcome."""
    if table.ndim != 2 or not inputs or not table.size or abs(np.asarray(table.sum(axis=1)) - 1).max() > _ROUNDED:
        return ""
    axes = (*range(inputs, inputs + outputs), *range(inputs))
    return (
        " Rows sum to 1: are they settings, and columns outcomes? Then give numpy.reshape(table, (numbers of settings, "
        f"numbers of outcomes)).transpose{axes}."
    )


def order_hint(table: NDArray[Any], inputs: int, tolerance: float = TOLERANCE) -> str:
    """Return a sentence if the table would be normalized with inputs first."""
    if not inputs or abs(np.asarray(table.sum(axis=tuple(range(inputs, table.ndim)))) - 1).max() > tolerance:
        return ""
    return " It is normalized over its last axes: axes are outputs first, then inputs; transpose it."


def probability(table: NDArray[Any], scenario: Scenario, event: Setting, given: Setting, tolerance: float) -> Any:
    """Return p(event|given), an entry of the table's kind; see `Behavior.probability`."""
    check_values(event, scenario.outputs, scenario.cardinality, "output", BehaviorError)
    check_values(given, scenario.inputs, scenario.cardinality, "input", BehaviorError)
    part = np.asarray(table[tuple(event.get(n, given.get(n, slice(None))) for n in scenario.variables)])
    values = np.asarray(part.sum(axis=tuple(range(len(scenario.outputs) - len(event))))).ravel()
    if abs(values - values[0]).max() > tolerance:
        missing = [n for n in scenario.inputs if n not in given]
        raise BehaviorError(
            f"the probability of {dict(event)} depends on {', '.join(missing)}: found values from "
            f"{' to '.join(different_texts(min(values), max(values)))}. Give a value for each input in `given`."
        )
    return values[0]


def known_parties(scenario: Scenario) -> Mapping[str, str | None]:
    """Return which party chooses which input, or raise BehaviorError where that is not known."""
    if scenario.parties is None:
        raise BehaviorError(
            f"which party chooses which input? {scenario.symbol} has {len(scenario.outputs)} outputs and "
            f'{len(scenario.inputs)} inputs. Give parties={{"A": "X", "B": None, …}}.'
        )
    return scenario.parties
