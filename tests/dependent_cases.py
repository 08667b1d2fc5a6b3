"""Random models with dependent settings, and behaviors that they have."""

from fractions import Fraction

import numpy as np

import relaxbell as rb

MEASURES = {"M": rb.dependence, "Hall": rb.hall_dependence, "I": rb.mutual_information}


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
