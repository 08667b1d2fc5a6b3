"""Models with independent latent variables: closed forms, and models drawn at random with their exact tables."""

import itertools
import random
from fractions import Fraction

import numpy as np

import relaxbell as rb
from relaxbell.engines.ratios.solution import exact_value

SELECTION = "X -> Y -> S; U -> X; U -> Y; V -> S"
ERROR = "X -> Y -> W; U -> X; U -> Y; V -> W"


def selected(cells):
    """The cells with S = 1, axes X and Y; those with S = 0 are not seen."""
    return rb.Observed.partial([[[None, v] for v in row] for row in cells], outputs="X Y S", inputs="")


def selection_bounds(cells, outcome):
    """The effect of a binary X on an outcome that selects itself, with noise of its own, in closed form.

    With r_y = p(S = 1|y) the whole table is cells / r_y, of sum 1. Given it, the effect is no less than −p(0, k) −
    Σ_{y ≠ k} p(1, y), and no more than p(1, k) + Σ_{y ≠ k} p(0, y). Both are linear in a = 1 / r ≥ 1 on a simplex, so
    at a vertex, where all a but one are 1.
    """
    seen, total = cells.sum(axis=0), cells.sum()
    low, high = [], []
    for y in range(cells.shape[1]):
        a = np.full(cells.shape[1], Fraction(1), dtype=object)
        a[y] = (1 - (total - seen[y])) / seen[y]
        whole = cells * a
        rest = [k for k in range(cells.shape[1]) if k != outcome]
        low.append(-whole[0, outcome] - whole[1, rest].sum())
        high.append(whole[1, outcome] + whole[0, rest].sum())
    return min(low), max(high)


def error_bounds(table, most):
    """The effect on a binary outcome that is misclassified with chances e0, e1 ≤ most, in closed form.

    p(x, Y = 1) = (p(x, W = 1) − e0 p(x)) / (1 − e0 − e1): both ends are linear over linear in (e0, e1), so at corners
    of the square, where all these are probabilities in the data of the test.
    """
    p, low, high = table.sum(axis=1), [], []
    for e0, e1 in itertools.product((Fraction(0), most), repeat=2):
        one = [(table[x, 1] - e0 * p[x]) / (1 - e0 - e1) for x in range(2)]
        zero = [(table[x, 0] - e1 * p[x]) / (1 - e0 - e1) for x in range(2)]
        assert min(*one, *zero) >= 0
        low.append(-one[0] - zero[1])
        high.append(one[1] + zero[0])
    return min(low), max(high)


def product_model(model, seed, values=2):
    """Exact weights of strategies where latent variables and functions are drawn at random, and the table they give."""
    source, nodes = random.Random(seed), model.joined.strategies.nodes
    chance = {}
    for u in model.latents:
        numbers = [source.randint(1, 5) for _ in range(values)]
        chance[u] = [Fraction(n, sum(numbers)) for n in numbers]
    seen = {n.name: [u for u in model.parents(n.name) if u in model.latents] for n in nodes}
    own = {
        n.name: {at: source.randrange(n.functions) for at in itertools.product(range(values), repeat=len(seen[n.name]))}
        for n in nodes
    }
    q = {}
    for point in itertools.product(range(values), repeat=len(model.latents)):
        at, number, weight = dict(zip(model.latents, point, strict=True)), 0, Fraction(1)
        for u, value in at.items():
            weight *= chance[u][value]
        for n in nodes:
            number = number * n.functions + own[n.name][tuple(at[u] for u in seen[n.name])]
        q[number] = q.get(number, Fraction(0)) + weight
    table = np.full(model.joined.T.shape[0], Fraction(0), dtype=object)
    for number, weight in q.items():
        table[model.joined.T[:, [number]].nonzero()[0]] += weight
    return q, rb.Behavior(table.reshape(model.observed_shape), " ".join(model.outputs), " ".join(model.inputs))


def value_of(query, q):
    """The query at exact weights of strategies."""
    return exact_value(query.over.linear("value"), q)
