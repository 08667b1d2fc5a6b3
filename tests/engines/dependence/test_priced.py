"""M, Hall and I priced against the lists of all strategies, on random models and behaviors, and closed forms."""

import itertools

import numpy as np
import pytest
from dependent_cases import MEASURES, random_case

import relaxbell as rb
from relaxbell.engines.dependence.columns import DependenceProgram
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.hall import HallProgram
from relaxbell.engines.dependence.information import InformationProgram

LISTED = {"M": 1000, "Hall": 300, "I": 1000}
"""Strategies of the largest models."""


def both(kind, seed):
    model, p = random_case(seed, LISTED[kind])
    measure = MEASURES[kind](model)
    listed = rb.minimize(measure, p)
    form = SettingForm.of(model, model.equations(p), measure.layout)
    if kind == "M":
        return listed, DependenceProgram(form).solve("M", thorough=True), measure
    program = HallProgram if kind == "Hall" else InformationProgram
    return listed, program(form).solve(kind), measure


def agree(kind, seed):
    listed, priced, measure = both(kind, seed)
    value, bound = priced.answer.value, priced.bound.value
    near = 1e-8 if kind == "I" else 1e-9  # its q misses the data by as much
    assert value == pytest.approx(listed.value, abs=near)
    assert listed.lower_bound - near <= bound <= listed.value + near
    q = np.zeros(measure.model.strategies.count)
    for number, weight in priced.support.items():
        q[number] += weight
    assert abs(measure.model.T @ q - measure.model.equations(listed.observed).floats).max() < 1e-8
    assert measure.at(q) == pytest.approx(value, abs=1e-8)
    used = list(priced.support)
    assert measure._at_few(used, q[used]) == pytest.approx(measure.at(q), abs=1e-12)
    if kind != "I" and listed.exact is not None and priced.primal is not None:
        assert priced.bound.bound == listed.proof.bound.bound


@pytest.mark.parametrize(("kind", "seed"), list(itertools.product(MEASURES, range(4))))
def test_priced_is_what_lists_give(kind, seed):
    agree(kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), list(itertools.product(MEASURES, range(4, 120))))
def test_priced_is_what_lists_give_on_many(kind, seed):
    agree(kind, seed)
