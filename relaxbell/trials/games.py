"""Games: tables that say which trials win, read from functionals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.model import CausalModel
from relaxbell.errors import FunctionalError
from relaxbell.exact.arrays import complete_table
from relaxbell.exact.numbers import Exact, Floats, common_denominator, read_fraction
from relaxbell.exact.texts import one_line
from relaxbell.functionals.functional import BellFunctional

Game = NDArray[np.int64]
"""1 for each cell that wins, 0 for the others; flat, in the model's order."""

_MOST = 2.0**20
"""Scores are whole numbers up to this."""


def read_table(given: object, model: CausalModel) -> tuple[Exact, str]:
    """Return the coefficients of a functional, or a table of scores, in the model's order, and its name.

    Raises
    ------
    FunctionalError
        If it is neither, or of another scenario.
    """
    if isinstance(given, BellFunctional):
        same = _of_scenario(given, model)
        table, name = same.coefficients, given.name or given.title
    else:
        try:
            array = complete_table(given, "the game", FunctionalError, model.outputs + model.inputs)
            numbers = [read_fraction(v, "a score", FunctionalError) for v in np.asarray(array).ravel()]
        except ValueError as error:  # FunctionalError is one; numpy's for lists that are no table
            raise FunctionalError(
                f"the game {one_line(given)} is not a table of rational numbers, expected a BellFunctional, or the "
                "score of each outcome: 1 where it wins, 0 where it loses."
            ) from error
        table, name = np.array(numbers, dtype=object).reshape(np.asarray(array).shape), "the table given"
    if table.shape != model.observed_shape:
        raise FunctionalError(
            f"the game has cardinalities {table.shape}, {model.name} {model.observed_shape}. Give the game of this "
            "scenario."
        )
    return table, name


def _of_scenario(functional: BellFunctional, model: CausalModel) -> BellFunctional:
    if not same_variables(functional, model):
        raise FunctionalError(
            f"{functional.title} lives on {functional.scenario.symbol}, {model.name} on {model.scenario.symbol}. Give "
            "the game of this scenario."
        )
    return functional.transposed(model.outputs, model.inputs)


def as_game(table: Exact) -> Game | None:
    """Return which cells win, where a table has two values; None where it has more.

    Raises
    ------
    FunctionalError
        Where it has one: nothing can be won.
    """
    values = {*table.ravel()}
    if len(values) == 1:
        raise FunctionalError("the game gives all outcomes the same score, expected one that can be won and lost.")
    return np.array(table == max(values), dtype=np.int64).ravel() if len(values) == 2 else None


def as_scores(table: Exact, settings: Exact | None) -> Floats:
    """Return whole-number scores in proportion to a table, over p(settings) for functionals of p(outputs|settings)."""
    if not all(isinstance(v, Fraction) for v in table.ravel()):
        raise FunctionalError(
            "the functional has irrational coefficients, expected rational ones for scores of trials."
        )
    scores = table
    if settings is not None:
        weights = np.broadcast_to(settings, table.shape)
        if any(c and not w for c, w in zip(table.ravel(), weights.ravel(), strict=True)):
            raise FunctionalError(
                "the functional uses a setting of probability 0 by design, expected only settings that occur."
            )
        scores = np.array(
            [c / w if c else Fraction(0) for c, w in zip(table.ravel(), weights.ravel(), strict=True)], dtype=object
        )
    flat = [Fraction(v) for v in scores.ravel()]
    unit = common_denominator(flat)
    whole = [int(v * unit) for v in flat]
    divisor = int(np.gcd.reduce(np.array(whole, dtype=object)))
    whole = [v // divisor for v in whole]
    largest = max(map(abs, whole))
    if largest > _MOST:  # rounded: then they are other scores, as good, with their own bound
        whole = [round(v * _MOST / largest) for v in whole]
    return np.array(whole, dtype=np.float64)


def chsh_games(model: CausalModel) -> tuple[Game, ...]:
    """Return all relabelings of CHSH, for two parties with two settings and outcomes; none for others."""
    parties = model.parties
    if parties is None or len(model.outputs) != 2 or model.observed_shape != (2, 2, 2, 2) or None in parties.values():
        return ()
    inputs = [str(parties[name]) for name in model.outputs]
    if len(set(inputs)) < 2:
        return ()
    found = []
    for d, e, c in np.ndindex(2, 2, 2):
        table = np.zeros((2, 2, 2, 2), dtype=np.int64)
        for a, b, x, y in np.ndindex(2, 2, 2, 2):
            table[a, b, x, y] = (a + b + c) % 2 == ((x + d) * (y + e)) % 2
        order = [model.outputs.index(n) for n in model.outputs] + [2 + inputs.index(n) for n in model.inputs]
        found.append(np.ascontiguousarray(table.transpose(order)).ravel())
    return tuple(found)
