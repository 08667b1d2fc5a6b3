"""M, Hall and I priced against the lists of all strategies, on random models and behaviors, and closed forms."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.engines.dependence.columns import DependenceProgram
from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.hall import HallProgram
from relaxbell.engines.dependence.information import InformationProgram

MEASURES = {"M": rb.dependence, "Hall": rb.hall_dependence, "I": rb.mutual_information}
LISTED = {"M": 1000, "Hall": 300, "I": 1000}
"""Strategies of the largest models."""


def distribution(shape, rng, zeros):
    """p(inputs): uniform, biased, or with settings that never occur."""
    kind = rng.integers(3)
    if kind == 0:
        return None
    numbers = rng.integers(1, 6, shape)
    if kind == 2 and zeros:
        numbers = numbers * (rng.random(shape) < 0.7)
        numbers[(0,) * len(shape)] += 1
    return [[Fraction(int(v), int(numbers.sum())) for v in row] for row in numbers.reshape(shape[0], -1)]


def random_case(seed, most):
    """A model with one to three dependent inputs, perhaps free ones and edges between parties, and a behavior of it."""
    rng = np.random.default_rng(seed)
    while True:
        parties = int(rng.integers(1, 4)) if rng.random() < 0.5 else 2
        inputs, outputs = rng.integers(1, 4, parties).tolist(), rng.integers(2, 4, parties).tolist()
        names = rb.bell(inputs, outputs)
        count = int(rng.integers(1, parties + 1))
        dependent = sorted(rng.choice(parties, count, replace=False).tolist())
        edges = [f"L -> {names.inputs[i]}" for i in dependent]
        if parties > 1 and rng.random() < 0.3:
            edges.append(f"{names.outputs[0]} -> {names.outputs[1]}")
        if parties > 1 and rng.random() < 0.2:
            edges.append(f"{names.inputs[0]} -> {names.outputs[1]}")
        p = distribution(tuple(inputs), rng, count == parties)
        p = None if p is None else np.array(p, dtype=object).reshape(inputs).tolist()
        try:
            model = rb.bell(inputs, outputs, input_distribution=p).relax(*edges)
        except rb.errors.ModelError:  # free inputs must be independent of dependent ones
            continue
        occurring = np.count_nonzero(model.input_distribution.marginal(model.dependent_inputs))
        if model.strategies.count <= most and occurring > 1:
            break
    weights = np.array([Fraction(0)] * model.strategies.count)
    chosen = rng.choice(model.strategies.count, min(5, model.strategies.count), replace=False)
    weights[chosen] = [Fraction(int(v), 1) for v in rng.integers(1, 9, len(chosen))]
    return model, behavior_of(model, weights / weights.sum(), rng)


def behavior_of(model, q, rng):
    """A behavior that the model has: q(λ) for each setting of the dependent inputs, with some dependence on them."""
    shape, k = model.observed_shape, len(model.outputs)
    table = np.full(shape, Fraction(0), dtype=object)
    used = np.flatnonzero(q)
    for index in np.ndindex(*shape[k:]):
        setting = dict(zip(model.inputs, index, strict=True))
        fixed = {n: setting[n] for n in model.inputs}
        values = model.strategies.evaluate(fixed)
        columns = [np.broadcast_to(model.strategies.spread(values[n]), len(q))[used] for n in model.outputs]
        seed = [setting[n] for n in model.dependent_inputs]
        own = np.random.default_rng([*seed, 7]).integers(1, 9, len(used))  # p(λ|x), the same for all free settings
        total = sum(Fraction(int(v)) * q[i] for v, i in zip(own, used, strict=True))
        for j, cell in enumerate(zip(*columns, strict=True)):
            table[(*map(int, cell), *index)] += Fraction(int(own[j])) * q[used[j]] / total
    return rb.Behavior(table, model.outputs, model.inputs)


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
    if kind != "I" and listed.exact is not None and priced.primal is not None:
        assert priced.bound.bound == listed.proof.bound.bound


@pytest.mark.parametrize(("kind", "seed"), list(itertools.product(MEASURES, range(4))))
def test_priced_is_what_lists_give(kind, seed):
    agree(kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), list(itertools.product(MEASURES, range(4, 120))))
def test_priced_is_what_lists_give_on_many(kind, seed):
    agree(kind, seed)
