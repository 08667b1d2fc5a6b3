"""Trials of a behavior, drawn at random: for simulations and to plan experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts
from relaxbell.behavior.resampling import draw_outcomes, draw_settings, generator, whole_number
from relaxbell.errors import CountsError
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import to_floats
from relaxbell.exact.texts import a_kind

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sample(observed: Behavior, trials: int, seed: int | np.random.Generator, *, settings: object = None) -> Counts:
    """Return counts of independent trials: settings drawn from the design, outcomes from the behavior.

    Parameters
    ----------
    observed
        Any behavior p(a, b, …|x, y, …), signaling or not.
    trials
        How many, at most 2^62.
    seed
        An integer, which draws the same counts again, or a numpy Generator, which goes on.
    settings
        The design: None for uniform settings, a table with one axis for each input, or a distribution for each input's
        name. A setting of probability 0 has no trials.

    Returns
    -------
    Counts
        Of the behavior's variables. Settings without trials are possible; then there are no frequencies and no fit.

    Raises
    ------
    CountsError
        If the behavior, the number of trials, the seed or the design is none.

    Examples
    --------
    Of a hundred trials a Popescu–Rohrlich box wins every one:

    >>> import relaxbell as rb
    >>> counts = rb.sample(rb.boxes.pr(), 100, 7, settings={"X": [0.5, 0.5], "Y": [0.9, 0.1]})
    >>> counts.trials, rb.load_counts("delft2015").published.game.total(counts.table)
    (100, 100)
    """
    if not isinstance(observed, Behavior):
        remedy = {"Counts": " Use counts.fit().behavior, or counts.bootstrap.", "CountsFit": " Use fit.behavior."}
        raise CountsError(
            f"cannot sample {a_kind(observed)}, expected a Behavior."
            f"{remedy.get(type(observed).__name__, ' Make one of the table.')}"
        )
    size, rng = whole_number(trials, "the number of trials", 1), generator(seed)
    shape = observed.p.shape[len(observed.outputs) :]
    design = to_floats(joint_distribution(settings, observed.inputs, shape, "settings", CountsError))
    weights: NDArray[np.float64] = np.maximum(observed.p, 0)  # floats may miss 0 by 1e-9
    table = draw_outcomes(weights, draw_settings(np.asarray(design), size, rng), rng)
    return Counts(table, observed.outputs, observed.inputs, parties=observed.parties, empty_settings=True)
