"""Facets of models with dependent inputs: the same as by double description, twice, of everything at once."""

from fractions import Fraction
from math import lcm

import numpy as np
import pytest
from clock import replaced
from dependent_cases import random_case
from reference import observed_matrix

import relaxbell as rb
from relaxbell.closed_forms import inequalities as module
from relaxbell.exact.conversion import Conversion

pytest.importorskip("ppl")


def occurring(model):
    """p(dependent inputs|free inputs) of each cell."""
    shape, k = model.observed_shape, len(model.outputs)
    table = np.full(shape, Fraction(0), dtype=object)
    for index in np.ndindex(*shape):
        setting = dict(zip(model.inputs, index[k:], strict=True))
        joint = model.input_distribution.probability(setting)
        free = {n: setting[n] for n in model.inputs if n not in model.dependent_inputs}
        table[index] = Fraction(joint) / Fraction(model.input_distribution.probability(free) if free else 1)
    return table.ravel()


def whole(row):
    unit = lcm(*(Fraction(v).denominator for v in row))
    found = [int(v * unit) for v in row]
    return tuple(np.array(found, dtype=object) // np.gcd.reduce(np.array(found, dtype=object)))


def directly(model, domain):
    """The hull of the strategies over the cells, then the part of it with the given frequencies."""
    columns = np.unique(observed_matrix(model).T.astype(int), axis=0)
    hull = Conversion(columns.shape[1], hull=True)
    hull.add(columns.tolist())
    facets, equations = hull.facets()
    joint = domain.expansion * occurring(model)[:, None]
    rows = [whole(row) for row in domain.expansion]  # p >= 0 where nothing is observed as well
    for row in (*facets, *equations, *([-v for v in row] for row in equations)):
        form = np.array(row[1:], dtype=object) @ joint
        form[0] += row[0]
        if any(form):
            rows.append(whole(form))
    part = Conversion(domain.dimension, hull=False)
    part.add(rows)
    found, flat = part.facets()
    assert not flat
    return set(found)


def rows_of(found):
    return [tuple(-int(c) for c in facet.form) for facet in (*found.facets, *found.positivity)]


def eighths(*values):
    return [[Fraction(v, 8) for v in row] for row in (values[:2], values[2:])]


CASES = [
    rb.bell((2, 3)).relax("L -> X"),
    rb.bell((2, 3), (3, 2)).relax("L -> Y"),
    rb.bell((2, 2)).relax("L -> X", "A -> B"),
    rb.bell((2, 2), input_distribution=eighths(1, 3, 1, 3)).relax("L -> Y"),
    rb.bell((2, 2), input_distribution=eighths(2, 6, 0, 0)).relax("L -> X"),
    rb.bell((2, 2), input_distribution=eighths(1, 3, 2, 2)).relax("L -> Y", "X -> Y"),
]


@pytest.mark.parametrize("model", CASES, ids=lambda model: model.name)
def test_the_same_facets(model, monkeypatch):
    monkeypatch.setattr(module, "_double_description", None)  # not used
    found = model.inequalities()
    rows = rows_of(found)
    assert len(set(rows)) == len(rows) == len(found)
    assert set(rows) == directly(model, found.domain)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_random_models(seed):
    model, _ = random_case(seed, 60)
    found = model.inequalities()
    assert set(rows_of(found)) == directly(model, found.domain)


@pytest.mark.parametrize(
    ("p", "values"),
    [(None, 4), ([Fraction(1, 3), Fraction(2, 3)], 4), ([1, 0], 2)],
    ids=["uniform", "biased", "one setting"],
)
def test_for_each_setting_and_outcome_of_one_party_the_others_are_local(p, values, monkeypatch):
    """Where X depends on λ, a is any function of it: for each x and a Bob and Charlie have Fine's 8 CHSH."""
    table = None if p is None else np.multiply.outer(p, np.full((2, 2), Fraction(1, 4))).tolist()
    monkeypatch.setattr(module, "_double_description", None)
    found = rb.bell((2, 2, 2), (2, 2, 2), input_distribution=table).relax("L -> X").inequalities()
    assert len(found.facets) == 8 * values
    assert len(found.positivity) == 64


@pytest.mark.slow
def test_for_each_setting_and_outcome_of_one_party_3322():
    found = rb.bell((2, 3, 3), (2, 2, 2)).relax("L -> X").inequalities(seconds=600)
    assert sorted(map(len, found.classes)) == [4 * 72, 4 * 576]  # Collins and Gisin 2004
    assert len(found.positivity) == 4 * 36


@pytest.mark.slow
def test_four_settings_each():
    """Bob's outcomes are any functions of y for each x and a: positivity is all that is left."""
    found = rb.bell((4, 4)).relax("L -> X").inequalities(seconds=600)
    assert (len(found.facets), len(found.positivity)) == (0, 64)


def within(model, seconds):
    """What is found by then, and whether it is said to be all."""
    try:
        return model.inequalities(seconds=seconds), True
    except rb.errors.ClosedFormError as late:
        return late.partial, late.partial.complete


@pytest.mark.slow
def test_when_the_time_ends_the_rows_so_far_hold(monkeypatch):
    model = rb.bell((2, 2, 2), (2, 2, 2)).relax("L -> X")
    whole_list = set(rows_of(model.inequalities()))
    counts, complete = set(), False
    for readings in range(1, 100):
        with monkeypatch.context() as patch:
            replaced(patch, 1.0)
            found, complete = within(model, readings)
        counts.add(len(found))
        assert set(rows_of(found)) <= whole_list  # none of them is implied by others, for this model
        if complete:
            break
    assert complete
    assert len(counts) > 1
