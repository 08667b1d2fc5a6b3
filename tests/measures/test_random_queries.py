"""Random models, queries, assumptions, data and formulas against programs over response functions from scratch."""

import itertools
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from counterfactual_reference import ends, least, random_event, random_plain, random_sum, shares, text_of

import relaxbell as rb
from relaxbell.errors import RelaxbellError

CASES = 60
"""Models of each seed."""


def answer(call, *refusals):
    """What a call returns, or None where it refuses for one of these reasons."""
    try:
        return call()
    except RelaxbellError as error:
        if not any(own in str(error) for own in refusals):
            raise
    return None


def random_data(rng, plain, strategies):
    """A few strategies with weights, and what is seen of them, with some cells missing, exactly or in floats."""
    chosen = rng.integers(0, len(strategies), rng.integers(1, 9))
    weights = np.zeros(len(strategies), dtype=object)
    np.add.at(weights, chosen, shares(rng, len(chosen)))
    table = plain.table([(strategies[i], weights[i]) for i in np.flatnonzero(weights)])
    seen = table.copy()
    few = rng.random() < 0.3
    if few:
        seen[rng.random(seen.shape) < 0.4] = None
    floats = rng.random() < 0.3
    own = np.vectorize(lambda v: v if v is None else float(v), otypes=[object])(seen) if floats else seen
    names = {"outputs": plain.outputs, "inputs": plain.free}
    kind = rb.Observed.partial if few else rb.Behavior
    own = own.astype(float) if floats and not few else own
    return weights, seen, answer(partial(kind, own, **names), "no cell of the table")


def random_query(rng, plain, strategies):
    """Text and rows of a sum, a conditional probability, or a quotient."""
    kind = rng.choice(["sum", "given", "quotient"], p=[0.5, 0.3, 0.2])
    if kind == "given":
        part, given = random_event(rng, plain), random_event(rng, plain, 1)
        rows = plain.row(strategies, part, given), plain.row(strategies, given)
        return f"p{{{text_of(part)} | {text_of(given)}}}", *rows
    text, above = random_sum(rng, plain, strategies)
    if kind == "sum":
        return text, above, None
    given = random_event(rng, plain, 1)
    return f"({text}) / p{{{text_of(given)}}}", above, plain.row(strategies, given)


def random_limits(rng, plain, model, strategies, q):
    """Assumptions that hold for q, some at the edge, and their rows."""
    found, rows = [], []
    for _ in range(rng.integers(0, 3)):
        event = random_event(rng, plain)
        row = 1 - plain.row(strategies, event)
        limit = Fraction(float(row @ q)).limit_denominator(1000) + Fraction(int(rng.integers(1, 60)), 200)
        limit = Fraction(0) if row @ q < 1e-12 and rng.random() < 0.5 else limit
        own = answer(partial(rb.assumption, model, text_of(event), at_most=limit), "settings alone decide")
        if own is not None:
            found.append(own)
            rows.append((row, float(limit)))
    return found, rows


def linear(query, above, below):
    """The rows of a query as the package reads it: conditions on settings alone are no quotients."""
    if below is None or isinstance(query, rb.classes.Ratio):
        return above, below
    assert np.ptp(below) < 1e-12
    return above / below[0], None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_bounds_are_those_of_programs_from_scratch(seed):
    """Both ends, the truth between them, and refusals exactly where there is no value."""
    rng, counted = np.random.default_rng([18, seed]), 0
    for _ in range(CASES):
        plain = random_plain(rng)
        model, strategies = plain.model(rng), plain.strategies()
        weights, table, data = random_data(rng, plain, strategies)
        if data is None:  # no cell was seen
            continue
        q, (rows, right) = weights.astype(float), plain.equations(strategies, table)
        text, above, below = random_query(rng, plain, strategies)
        query = answer(partial(rb.query, model, text), "condition of positive probability")
        if query is None:  # p(condition) is 0 whatever the nodes do
            assert not np.any(below)
            continue
        above, below = linear(query, above, below)
        limits, own = random_limits(rng, plain, model, strategies, q)
        expected = ends(above, below, rows, right, own)
        found = answer(partial(rb.bounds, query, data, limits), "has no value", "does not exist", "no level near")
        if found is None:  # also where floats do not tell how rare a condition is
            assert below is not None
            assert expected is None or least(below, rows, right, own) < 1e-9
            continue
        assert list(found) == pytest.approx(expected, abs=1e-6), (text, limits)
        truth = above @ q if below is None else above @ q / (below @ q) if below @ q > 1e-9 else None
        if truth is not None:
            assert found.lower_bound - 1e-9 <= truth <= found.upper_bound + 1e-9
        counted += 1
    assert counted > CASES / 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_formulas_are_the_ends_at_random_behaviors(seed):
    """As they are called, and as functions of Python."""
    rng, counted = np.random.default_rng([19, seed]), 0
    for _ in range(CASES):
        plain = random_plain(rng, most=64)
        model, strategies = plain.model(rng), plain.strategies()
        text, above, below = random_query(rng, plain, strategies)
        event = random_event(rng, plain)
        third, limited = Fraction(1, 3), rng.random() < 0.3
        query = answer(partial(rb.query, model, text), "condition of positive probability")
        limit = answer(partial(rb.assumption, model, text_of(event), at_most=third), "settings alone decide")
        limits = [limit] if limited and limit is not None else []
        refusals = ("do not fix its denominator", "reproduces no behavior", "is 0")
        form = query and answer(partial(rb.closed_bounds, query, subject_to=limits, seconds=20), *refusals)
        if not form:
            continue
        above, below = linear(query, above, below)
        own = [(1 - plain.row(strategies, event), 1 / 3)] if limits else []
        program: dict = {}
        exec(form.written(language="python"), program)
        function = next(value for name, value in program.items() if name.startswith("bounds_"))
        for _ in range(3):
            chosen = rng.integers(0, len(strategies), 4)
            table = plain.table(zip([strategies[i] for i in chosen], shares(rng, 4), strict=True))
            expected = ends(above, below, *plain.equations(strategies, table), own)
            if expected is None:
                continue
            p = rb.Behavior(table, outputs=plain.outputs, inputs=plain.free)
            assert [float(end) for end in form(p)] == pytest.approx(expected, abs=1e-8), (text, limits)
            assert [float(end) for end in function(table)] == pytest.approx(expected, abs=1e-8), (text, limits)
            counted += 1
    assert counted > CASES / 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_independent_latents_never_exclude_the_truth(seed):
    """Random structural models with noise of their own, empty cells included."""
    rng, counted = np.random.default_rng([20, seed]), 0
    for _ in range(CASES):
        plain = random_plain(rng)
        nodes = plain.responding
        if len(nodes) < 2:
            continue
        parts = [own.tolist() for own in np.array_split(rng.permutation(nodes), rng.integers(2, len(nodes) + 1))]
        joint = []
        for part in parts:
            functions = list(itertools.product(*map(plain.functions, part)))
            chosen = rng.integers(0, len(functions), 3)
            joint.append(
                [(dict(zip(part, functions[i], strict=True)), w) for i, w in zip(chosen, shares(rng, 3), strict=True)]
            )
        weighted = []
        for combination in itertools.product(*joint):
            strategy, weight = {}, Fraction(1)
            for own, w in combination:
                strategy, weight = strategy | own, weight * w
            weighted.append((strategy, weight))
        table = plain.table(weighted)
        table = table.astype(float) if rng.random() < 0.4 else table
        p, model = rb.Behavior(table, outputs=plain.outputs, inputs=plain.free), plain.model(rng, parts)
        strategies = [own for own, _ in weighted]
        text, above, below = random_query(rng, plain, strategies)
        q = np.array([float(w) for _, w in weighted])
        if below is not None and below @ q < 1e-9:
            continue
        asked = partial(rb.bounds, rb.query(model, text), p, seconds=10, tolerance=1e-3)
        found = answer(asked, "may be 0 in models", "does not exist", "seconds")
        if found is None:
            continue
        truth = above @ q if below is None else above @ q / (below @ q)
        assert found.lower_bound - 1e-9 <= truth <= found.upper_bound + 1e-9, text
        counted += 1
    assert counted > CASES / 3
