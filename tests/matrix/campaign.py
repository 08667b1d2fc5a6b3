"""Random problems of all kinds: graphs, cardinalities, distributions of settings, behaviors, measures, budgets."""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matrix import data, plain

import relaxbell as rb

_STRATEGIES = 200


@dataclass
class Problem:
    """Minimize `measure` within `budgets`, and the same in plain."""

    measure: Any
    behavior: rb.Behavior
    budgets: list[Any]
    plain: Any
    plain_budgets: list[Any]
    table: Any

    def expected(self):
        return self.plain.least(self.table, self.plain_budgets)

    def __str__(self):
        return f"min {self.measure} within {self.budgets} for {self.table.ravel().tolist()}"


def random_graph(rng):
    """A random DAG with one latent variable; inputs are free, dependent, or dependent and below a free one."""
    while True:
        inputs = ["X", "Y"][: rng.integers(1, 3)]
        responding = ["A", "B", "C"][: rng.integers(2, 4)]
        hidden = ["B"] if len(responding) == 3 and rng.random() < 0.4 else []
        sizes = {n: int(rng.choice([1, 2, 3], p=[0.05, 0.65, 0.3])) for n in inputs + responding}
        edges = [("L", n) for n in responding]
        edges += [(x, a) for x in inputs for a in responding if rng.random() < 0.55]
        edges += [(a, b) for a, b in itertools.combinations(responding, 2) if rng.random() < 0.5]
        dependent = [x for x in inputs if rng.random() < 0.35]
        edges += [("L", x) for x in dependent]
        below = dependent == ["Y"] and "X" in inputs and rng.random() < 0.3
        edges += [("X", "Y")] if below else []
        free = [x for x in inputs if x not in dependent]
        used = {n for edge in edges for n in edge}
        if used != {"L", *inputs, *responding} or _log_strategies(edges, free, sizes) > np.log(_STRATEGIES):
            continue
        order = [edges[int(i)] for i in rng.permutation(len(edges))]
        distribution = _distribution(rng, inputs, dependent, sizes, below)
        return rb.CausalModel(order, inputs, "L", sizes, hidden=hidden, input_distribution=distribution)


def _log_strategies(edges, free, sizes):
    logs = 0.0
    for node in set(sizes) - set(free):
        configurations = np.prod([sizes[u] for u, v in edges if v == node and u != "L"])
        logs += configurations * np.log(sizes[node])
    return logs


def _distribution(rng, inputs, dependent, sizes, connected):
    """p(inputs), biased; dependent and free inputs are independent unless connected, and some settings never occur."""
    if rng.random() < 0.2:
        return None
    shape = [sizes[x] for x in inputs]
    if connected:  # a free setting that never occurs would leave what depends on it undefined
        return data.joint(rng, shape)
    groups = [[x for x in inputs if (x in dependent) == own] for own in (True, False)]
    never = rng.random() < 0.4
    first, second = (data.joint(rng, [sizes[x] for x in group], never) for group in groups)
    table = np.multiply.outer(first, second)
    return table.transpose([(groups[0] + groups[1]).index(x) for x in inputs])


def random_table(model, rng):
    """p(outputs|inputs): of the model, beyond it in the same affine hull, or beyond it by very little."""
    one, other = (data.table_of(model, data.mixture(model, rng, int(rng.integers(1, 6)))) for _ in range(2))
    way = rng.random()
    if way < 0.4:
        return one
    uniform = np.full(one.shape, Fraction(1, int(np.prod(one.shape[: len(model.outputs)]))), dtype=object)
    inner = (one + uniform) / 2 if _reproduced(model, uniform) else one
    return data.beyond(inner, other, Fraction(1, 10**10) if way < 0.5 else Fraction(int(rng.integers(1, 5)), 4))


def _reproduced(model, table):
    return plain.Row(model, {}).least(table) is not None


def random_measure(model, rng):
    """A function of a library that makes a measure of the model."""
    if rng.random() < 0.6:
        return _single(model, rng)
    parts = [_single(model, rng) for _ in range(rng.integers(1, 4))]
    factors = [Fraction(int(rng.integers(1, 6)), int(rng.integers(1, 4))) for _ in parts]
    if rng.random() < 0.5:
        return lambda lib: lib.maximum(*(f * part(lib) for f, part in zip(factors, parts, strict=True)))

    def total(lib):
        first, *rest = (f * part(lib) for f, part in zip(factors, parts, strict=True))
        for part in rest:
            first = first + part
        return first

    return total


def _single(model, rng):
    observed = [(u, v) for u, v in model.edges if u not in model.latents and model.cardinality[u] > 1]
    targets = [n for n in model.responding if n not in model.inputs]
    makers = [lambda: _effect(model, rng, targets), lambda: _rows(model, rng)]
    if observed:
        edge = observed[int(rng.integers(len(observed)))]
        variation = bool(rng.integers(2))
        makers += 2 * [lambda: lambda lib: lib.influence(model, *edge, variation=variation)]
    if model.hidden:
        makers.append(lambda: lambda lib: lib.message_weight(model, model.hidden[0]))
    if _depends(model):
        makers.append(lambda: lambda lib: lib.dependence(model))
        makers.append(lambda: lambda lib: lib.hall_dependence(model))
    return makers[int(rng.integers(len(makers)))]()


def _depends(model):
    """Whether dependence is defined: several settings of dependent inputs occur, and these respond to L alone."""
    marginal = model.input_distribution.marginal(model.dependent_inputs)
    return bool(model.dependent_inputs) and not model.inputs_connected and (marginal > 0).sum() > 1


def _effect(model, rng, targets):
    sources = [n for n in model.nodes if n not in model.latents and model.cardinality[n] > 1]
    source, target = (names[int(rng.integers(len(names)))] for names in (sources, targets))
    values = tuple(int(v) for v in rng.permutation(model.cardinality[source])[:2])
    outcome, sign = int(rng.integers(model.cardinality[target])), int(rng.choice([-1, 1]))
    return lambda lib: sign * lib.average_causal_effect(model, source, target, values=values, outcome=outcome)


def _rows(model, rng):
    rows = rng.integers(-3, 4, (int(rng.integers(1, 4)), model.strategies.count)) / int(rng.choice([1, 4, 5]))
    norm = ("max", "sum", "linear", "max of sums")[int(rng.integers(4))]
    given = {"a": rows, "b": rows[:1] / 2} if norm == "max of sums" else rows
    return lambda lib: lib.measure(model, given, norm=norm)


def random_problem(model, rng):
    """A measure, a behavior, and up to two budgets: loose, tight, or too tight."""
    measure, table = random_measure(model, rng), random_table(model, rng)
    problem = Problem(measure(rb), data.behavior(model, table), [], measure(plain), [], table)
    for _ in range(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])):
        other = random_measure(model, rng)
        reached = other(plain).at(data.mixture(model, rng))
        limit = reached * Fraction(int(rng.integers(1, 6)), 4)
        problem.budgets.append(other(rb) <= limit)
        problem.plain_budgets.append(other(plain) <= limit)
    return problem
