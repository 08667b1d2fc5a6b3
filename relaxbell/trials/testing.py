"""`evidence`: tests of a measure on counts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts
from relaxbell.behavior.resampling import generator, whole_number
from relaxbell.behavior.scenario import same_variables
from relaxbell.behavior.trials import Trials
from relaxbell.causal.model import CausalModel
from relaxbell.errors import CountsError, MeasureError
from relaxbell.exact.numbers import Exact, Floats, read_fraction, to_floats
from relaxbell.exact.texts import one_line
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import Measure, read_measure
from relaxbell.trials.betting import ANY_TIME, Test
from relaxbell.trials.blocks import BlocksTest
from relaxbell.trials.design import design_words, read_bias, read_design
from relaxbell.trials.factors import FactorTest
from relaxbell.trials.families import asks_terms, term_scores
from relaxbell.trials.families import scores as family_scores
from relaxbell.trials.games import Game, as_game, as_scores, chsh_games, read_table
from relaxbell.trials.null import Null
from relaxbell.trials.scores import FamilyTest, ScoreTest, without_gain
from relaxbell.trials.sharing import shared_means
from relaxbell.trials.statement import Evidence
from relaxbell.trials.wins import GameTest


def evidence(
    observed: Counts | Trials | Sequence[Evidence],
    measure: Measure | None = None,
    confidence: float = 0.95,
    *,
    game: object = None,
    training: Counts | Behavior | None = None,
    split: float | None = None,
    seed: int = 0,
    blocks: int | None = None,
    settings: object = None,
    settings_bias: object = 0,
    subject_to: object = (),
) -> Evidence:
    """Return what finite counts prove about a measure: tests of "in every trial it is at most ε".

    The null hypothesis says that in every trial, whatever happened before, outputs and settings are distributed as the
    measure's model allows within ε: devices may have memory. Zhang, Glancy and Knill, PRA 84, 062118 (2011),
    doi:10.1103/PhysRevA.84.062118; Elkouss and Wehner, npj Quantum Information 2, 16026 (2016),
    doi:10.1038/npjqi.2016.26.

    Parameters
    ----------
    observed
        Counts of trials, or trials in order, matched to the measure's model by name; or evidence of several runs, which
        is multiplied.
    measure
        Of a linear program, on any model, or `mutual_information`; `message_entropy` at ε = 0 only.
    confidence
        Of the statement "at least".
    game
        A functional or a table of scores over outputs and settings, named before the data were seen. With two values
        wins are counted, and tested by their exact binomial tail; with more they are betted on, and so is a functional
        where settings are not uniform by design. Shipped data carry their published game. Without a game, and without a
        prediction, a family is tried that the model fixes, and paid for: lifted CHSH, Mermin and Svetlichny
        inequalities in all relabelings, with many settings chained ones first, or of a small model the facets, for
        effects the terms of the closed form.
    training
        Other counts or a behavior from theory: a prediction, whose ratio to its projection is the test factor. Training
        counts are fitted with half a trial added to each cell.
    split
        The share of the trials, chosen at random, that serves as training; needs trials that are independent and alike.
    seed
        Of the split.
    blocks
        For trials in order: into how many blocks of consecutive trials they are divided. Each block is tested with the
        factor that the fit of all trials before it gives; the first one with that of `training`, or not at all.
    settings
        The distribution of the settings by design, as `CausalModel` reads it; by default that of the measure's model.
        Never the frequencies of the same trials.
    settings_bias
        τ: in each trial |p(settings|λ) − design| ≤ τ.
    subject_to
        Budgets and constraints that the null hypothesis has besides, as in `minimize`.

    Returns
    -------
    Evidence
        p-values, the confidence limit, e-values, and what they assume.

    Raises
    ------
    CountsError
        If the settings contradict their design (p < 0.001) and no bias is given; if the design is their frequencies.
    MeasureError
        If there is no linear program for the measure, or options exclude each other.
    FunctionalError
        If the game is of another scenario.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    >>> found = rb.evidence(rb.load_counts("delft2015"), c)
    >>> round(found.p_value, 5), round(found.at_least, 5)
    (0.03908, 0.00658)
    """
    ordered = observed if isinstance(observed, Trials) else None
    if isinstance(observed, Trials):
        observed = observed.counts()
    if not isinstance(observed, Counts):
        return _product(observed, measure)
    level = read_confidence(confidence)
    asked = read_measure(measure, "evidence needs")
    bias = read_bias(settings_bias)
    model = asked.model
    table = matched(observed, model)
    design = read_design(observed, model, settings)
    words = design_words(observed, model, design, bias)
    if observed.published is not None and observed.published.note:
        words.append(f"of these data: {observed.published.note}")
    words += [f"of these data: {note}" for note in observed.notes if "assumes" in note or "taken as" in note]
    tested = asked.tested()
    only_zero = tested is not asked
    null = Null(tested, subject_to, design, bias)
    if blocks is None:
        test = _test(observed, table, null, game, training, split, seed)
    else:
        test = _in_blocks(ordered, blocks, null, game, training, split)
    prediction = (
        test.prediction
        if isinstance(test, FactorTest)
        else fitted(observed, model, design, smooth=not observed.settings.all())
    )
    return Evidence(
        (test,),
        asked,
        level,
        (observed.name or "counts",),
        tuple(words),
        prediction,
        only_zero,
    )


def _product(runs: object, measure: Measure | None) -> Evidence:
    if not isinstance(runs, Sequence) or not runs or not all(isinstance(run, Evidence) for run in runs):
        raise MeasureError(
            f"evidence of {one_line(runs)}: expected Counts with a measure, or a list of evidence of several runs. "
            "Data sets and files are read by load_counts(…), arrays by Counts(…)."
        )
    if measure is not None:
        raise MeasureError("evidence of several runs has their measure already, expected no other one. Leave it out.")
    total: Evidence = runs[0]
    for run in runs[1:]:
        total = total * run
    return total


def read_confidence(confidence: object) -> float:
    """Return a confidence as a float; raise MeasureError unless it is between 0 and 1."""
    real = isinstance(confidence, Real) and not isinstance(confidence, bool)
    found = read_fraction(confidence, "confidence", MeasureError) if real else Fraction(0)
    if not 0 < found < 1:
        raise MeasureError(f"confidence is {confidence!r}, expected a number between 0 and 1, such as 0.95.")
    return float(found)


def matched(counts: Counts, model: CausalModel) -> NDArray[np.int64]:
    """Return counts in the model's order of axes; raise CountsError if variables or cardinalities differ."""
    if not same_variables(counts, model):
        raise CountsError(
            f"variables do not match: {counts.name or 'the counts'} are of {counts.scenario.symbol}, {model.name} is "
            f"of {model.scenario.symbol}. Name the columns as the model does, or use model.rename({{old: new}})."
        )
    table = matched_table(counts.table, counts, model)
    if table.shape != model.observed_shape:
        raise CountsError(
            f"cardinalities do not match: {counts.name or 'the counts'} have {table.shape} over "
            f"{', '.join(model.outputs + model.inputs)}, {model.name} {model.observed_shape}. Build the model "
            "with these."
        )
    return table


def matched_table(table: NDArray[np.int64], counts: Counts, model: CausalModel) -> NDArray[np.int64]:
    """Return a table with the axes of counts in the model's order."""
    return table.transpose([counts.variables.index(name) for name in model.outputs + model.inputs])


def _test(
    counts: Counts,
    table: NDArray[np.int64],
    null: Null,
    game: object,
    training: Counts | Behavior | None,
    split: float | None,
    seed: int,
) -> Test:
    given = [name for name, value in (("game", game), ("training", training), ("split", split)) if value is not None]
    if len(given) > 1:
        raise MeasureError(
            f"{' and '.join(given)} exclude each other: one test must be chosen before the data are seen."
        )
    if training is not None:
        return _trained(counts, table, null, training)
    if split is not None:
        return _split(counts, table, null, split, seed)
    if game is not None:
        scores, name = read_table(game, null.model)
    elif counts.published is not None and counts.published.game is not None:
        own = counts.published.game
        scores = matched_table(own.scores, counts, null.model).astype(object) * Fraction(1)
        name = f"the game published with these data ({own.rule})"
    else:
        return _family(table, null)
    wins = as_game(scores)
    # of a functional the values at each setting count, however often it occurs: wins alone would count settings
    if wins is not None and (_is_even(null.settings) or not isinstance(game, BellFunctional)):
        return GameTest(null, table.ravel(), (wins,), name)
    numbers = as_scores(scores, null.settings if isinstance(game, BellFunctional) else None)
    weighed = without_gain(null, numbers)
    return ScoreTest(null, table.ravel(), weighed, float(abs(weighed).max()), name)


def _family(table: NDArray[np.int64], null: Null) -> Test:
    """Return the test of a family that the model and the design of the settings fix.

    With settings that are not uniform wins say little: guesses at the frequent settings win more than CHSH allows at
    uniform ones, so scores are weighed. Where a setting never occurs there is no CHSH to weigh.
    """
    terms: list[Floats] = []
    if asks_terms(null.model, signed=not null.is_nonnegative, limited=bool(null.beside)):
        terms, name = term_scores(null.measure, null.beside, null.settings)
    games = () if terms else chsh_games(null.model)
    if games and (_is_even(null.settings) or not null.settings.all()):
        return GameTest(null, table.ravel(), games, "CHSH in all relabelings")
    found = terms
    if not found:
        found, name = family_scores(null.model, null.settings)
    if all(len({*own.tolist()}) == 2 for own in found):
        wins: tuple[Game, ...] = tuple((own == own.max()).astype(np.int64) for own in found)
        return GameTest(null, table.ravel(), wins, name)
    if null.bias:
        found = [without_gain(null, own) for own in found]
    members = tuple(
        ScoreTest(null, table.ravel(), own, float(abs(own).max()), name, means)
        for own, means in zip(found, shared_means(null, found), strict=True)
    )
    return FamilyTest(null, table.ravel(), members, name)


def _is_even(settings: Exact) -> bool:
    """Whether all settings are equally likely by design."""
    return len({*settings.ravel()}) == 1


def _in_blocks(
    trials: Trials | None,
    blocks: int,
    null: Null,
    game: object,
    training: Counts | Behavior | None,
    split: float | None,
) -> BlocksTest:
    if trials is None:
        raise MeasureError(
            f"blocks={blocks!r} of counts: found a table, which has no order, expected Trials. Give the trials in the "
            "order in which they were taken, or split=0.5."
        )
    if game is not None or split is not None:
        raise MeasureError(
            "blocks and game or split exclude each other: one test must be chosen before the data are seen."
        )
    number = whole_number(blocks, "blocks", 2, len(trials))
    model = null.model
    tables = [matched(trials.block(k, of=number).counts(), model) for k in range(number)]
    whole = trials.counts()
    first = [] if training is None else [_trained(whole, tables[0], null, training)]
    before = np.zeros_like(tables[0])
    if isinstance(training, Counts):
        before = before + matched(training, model)
    parts = list(first)
    for k, own in enumerate(tables[1:], start=1):
        before = before + tables[k - 1]
        prediction = _fitted(before, whole, model, null.settings, smooth=True)
        parts.append(FactorTest(null, own.ravel(), prediction, f"{int(before.sum()):,} trials before", ()))
    counts = sum((part.counts for part in parts[1:]), parts[0].counts)
    return BlocksTest(null, counts, tuple(parts), number, 0 if first else int(tables[0].sum()))


def _trained(counts: Counts, table: NDArray[np.int64], null: Null, training: object) -> FactorTest:
    model = null.model
    if isinstance(training, Behavior):
        exact = model.match(training)
        prediction = (np.asarray(exact.p, dtype=np.float64) * to_floats(null.settings)).ravel()
        _check_theory(prediction, counts, model, null.settings)
        source, conditions = "a behavior from theory", ("the prediction was made before the data were seen",)
    elif isinstance(training, Counts):
        own = matched(training, model)
        if np.array_equal(own, table):
            raise CountsError(
                "the training counts are the counts that are tested, expected others: a factor made from the data it "
                "tests proves nothing. Give earlier trials, or split=0.5."
            )
        prediction = fitted(training, model, null.settings, smooth=True)
        source = f"{training.trials:,} other trials"
        conditions = ("the training trials are no part of the trials tested, and were taken before",)
    else:
        raise MeasureError(
            f"training is a {type(training).__name__}, expected Counts of other trials, or a Behavior from theory."
        )
    return FactorTest(null, table.ravel(), prediction, source, (*conditions, ANY_TIME))


def _check_theory(prediction: Floats, counts: Counts, model: CausalModel, design: Exact) -> None:
    """Raise CountsError where a behavior is the fit, or the frequencies, of the counts that are tested."""
    if not (prediction > 0).all() or not counts.settings.all():
        return  # the fit of counts of a vertex, such as the PR box, is the vertex; and there are not always frequencies
    own = [counts.frequencies] if counts.parties is None else [counts.frequencies, counts.fit().behavior]
    for behavior in own:
        p = np.asarray(model.match(behavior).p, dtype=np.float64) * to_floats(design)
        if np.allclose(prediction, p.ravel(), rtol=1e-9, atol=1e-15):
            what = "the fit" if behavior is not own[0] else "the table of frequencies"
            raise CountsError(
                f"the training behavior is {what} of the counts that are tested, expected a prediction from theory or "
                "other trials: a factor made from the data it tests proves nothing. Give earlier trials, or split=0.5."
            )


def _split(counts: Counts, table: NDArray[np.int64], null: Null, split: float, seed: int) -> FactorTest:
    if isinstance(split, bool) or not isinstance(split, int | float) or not 0 < split < 1:
        raise MeasureError(f"split is {split!r}, expected the share of training trials, between 0 and 1.")
    own = generator(seed).binomial(table, split).astype(np.int64)
    model = null.model
    prediction = _fitted(own, counts, model, null.settings, smooth=True)
    conditions = (
        "trials are independent and identically distributed (they were split at random)",
        "the number of trials was fixed in advance",
        f"the split, seed {seed}, was chosen before the data were seen",
    )
    return FactorTest(
        null, (table - own).ravel(), prediction, f"{int(own.sum()):,} trials chosen at random", conditions
    )


def fitted(counts: Counts, model: CausalModel, design: Exact, *, smooth: bool) -> Floats:
    """Return the joint distribution that counts predict, flat: their fit times the settings by design."""
    return _fitted(matched(counts, model), counts, model, design, smooth=smooth)


def _fitted(table: NDArray[np.int64], counts: Counts, model: CausalModel, design: Exact, *, smooth: bool) -> Floats:
    """Return the same for a table in the model's order; `smooth` adds half a trial to each cell."""
    own = 2 * table + 1 if smooth else table
    parties = model.parties if counts.parties is None else counts.parties
    trials = Counts(own, model.outputs, model.inputs, parties=parties)
    behavior = trials.frequencies if parties is None else trials.fit().behavior
    return np.asarray(np.asarray(behavior.p, dtype=np.float64) * to_floats(design), dtype=np.float64).ravel()
