"""Random exact data: settings' distributions, distributions over strategies, and the behaviors that they make."""

from fractions import Fraction
from math import prod

import numpy as np
from matrix.plain import graph

import relaxbell as rb


def distribution(rng, size, never=False):
    """A biased rational distribution; one entry is 0 if `never`."""
    weights = [int(w) for w in rng.integers(1, 9, size)]
    if never and size > 1:
        weights[int(rng.integers(size))] = 0
    return np.array([Fraction(w, sum(weights)) for w in weights], dtype=object)


def joint(rng, shape, never=False):
    """A biased rational distribution of several inputs together."""
    return distribution(rng, int(np.prod(shape)), never).reshape(shape)


def mixture(model, rng, support=4, most=9):
    """Rational weights q of all strategies, at most `support` of them for each function of the dependent inputs.

    These have the distribution that the model says, so that T q is a behavior of it.
    """
    own, groups = graph(model), {}
    for i, dependent in enumerate(own.functions(model.dependent_inputs)):
        groups.setdefault(dependent, []).append(i)
    q = [Fraction(0)] * own.n
    for members in groups.values():
        chosen = [members[int(k)] for k in rng.integers(0, len(members), support)]
        chance = _chance(own, members[0])
        for i, share in zip(chosen, _shares(rng, support, most), strict=True):
            q[i] += chance * share
    return q


def _chance(own, strategy):
    """The probability of a strategy's functions of the dependent inputs; independent at all values of free parents."""
    model, inputs = own.model, len(own.model.inputs)
    settings = [dict(zip(model.inputs, cell[-inputs:], strict=True)) for cell in own.cells[strategy]] if inputs else []
    chances = [own.conditional(setting) for setting in settings] or [Fraction(1)]
    return prod(chances) if model.inputs_connected else chances[0]


def _shares(rng, count, most):
    weights = [int(w) for w in rng.integers(1, most + 1, count)]
    return [Fraction(w, sum(weights)) for w in weights]


def table_of(model, q):
    """p(outputs|inputs) of a distribution over strategies; uniform where a dependent setting never occurs."""
    own, k = graph(model), len(model.outputs)
    table = np.full(model.observed_shape, Fraction(0), dtype=object)
    for weight, cells in zip(q, own.cells, strict=True):
        for cell in cells if weight else ():
            table[cell] += weight
    for x in own.p:
        block = (slice(None),) * k + x
        chance = own.conditional(dict(zip(model.inputs, x, strict=True)))
        outcomes = model.observed_shape[:k]
        table[block] = table[block] / chance if chance else np.full(outcomes, Fraction(1, int(np.prod(outcomes))))
    return table


def beyond(table, other, share=1):
    """`table` moved away from `other` until a probability is 0, or a share of the way: in the same affine hull."""
    step = table - other
    limits = [-p / d for p, d in zip(table.ravel(), step.ravel(), strict=True) if d < 0]
    return table + (min(limits, default=Fraction(0)) * share) * step


def behavior(model, table):
    return rb.Behavior(table, model.outputs, model.inputs)


def with_marginal(model, rng, name, f, support=3):
    """Weights of strategies whose functions of one node have the distribution f, in order; correlated with the rest."""
    own, groups = graph(model), {}
    for i, function in enumerate(own.functions([name])):
        groups.setdefault(function, []).append(i)
    q = [Fraction(0)] * own.n
    for chance, members in zip(f, groups.values(), strict=True):
        for k, share in zip(rng.integers(0, len(members), support), _shares(rng, support, 5), strict=True):
            q[members[int(k)]] += chance * share
    return q


def product(model, rng, marginals):
    """Weights of strategies: the functions of some nodes independent, with these marginals; so are the rest."""
    own = graph(model)
    others = own.functions([n for n in model.responding if n not in marginals])
    every = list(dict.fromkeys(others))
    chance = dict(zip(every, distribution(rng, len(every)), strict=True))
    q = [chance[rest] for rest in others]
    for name, f in marginals.items():
        functions = own.functions([name])
        weights = dict(zip(dict.fromkeys(functions), f, strict=True))
        q = [v * weights[function] for v, function in zip(q, functions, strict=True)]
    return q
