"""An independent, slow, plain implementation: explicit loops over dictionaries, dense matrices, scipy.

It shares nothing with the package but the description of a model: edges, roles, cardinalities.
"""

import itertools

import numpy as np
from scipy.optimize import linprog

from relaxbell import CausalModel


def parents(model, node):
    return [n for n in model.nodes if (n, node) in model.edges and n not in model.latents]


def strategies(model):
    """All strategies: for each responding node a dict from parents' values to its value."""
    choices = []
    for node in model.responding:
        configurations = list(itertools.product(*(range(model.cardinality[p]) for p in parents(model, node))))
        images = itertools.product(range(model.cardinality[node]), repeat=len(configurations))
        choices.append([dict(zip(configurations, image, strict=True)) for image in images])
    return [dict(zip(model.responding, chosen, strict=True)) for chosen in itertools.product(*choices)]


def run(model, strategy, free, do=()):
    """Values of all nodes: Eq. (3), the forced nodes lose their mechanism, the others keep theirs."""
    do = dict(do)
    values = {**free, **{n: v for n, v in do.items() if n in model.free_inputs}}
    for node in model.responding:
        configuration = tuple(values[p] for p in parents(model, node))
        values[node] = do[node] if node in do else strategy[node][configuration]
    return values


def free_settings(model):
    ranges = [range(model.cardinality[n]) for n in model.free_inputs]
    return [dict(zip(model.free_inputs, v, strict=True)) for v in itertools.product(*ranges)]


def observed_matrix(model):
    """T with one column for each strategy."""
    shape = model.observed_shape
    every = strategies(model)
    matrix = np.zeros((*shape, len(every)))
    for k, strategy in enumerate(every):
        for free in free_settings(model):
            values = run(model, strategy, free)
            matrix[(*(values[n] for n in model.outputs + model.inputs), k)] = 1
    return matrix.reshape(-1, len(every))


def influence_rows(model, source, target, variation=False):
    """Eqs. (4) and (29), literally."""
    others = [n for n in parents(model, target) if n != source]
    order = parents(model, target)
    every = strategies(model)
    rows = []
    for setting in itertools.product(*(range(model.cardinality[n]) for n in others)):
        for u, v in itertools.permutations(range(model.cardinality[source]), 2):

            def value(strategy, x, setting=setting):
                values = dict(zip(others, setting, strict=True)) | {source: x}
                return strategy[target][tuple(values[n] for n in order)]

            if variation:
                rows.append([float(value(s, u) != value(s, v)) for s in every])
                continue
            for w in range(model.cardinality[target]):
                rows.append([abs((value(s, u) == w) - (value(s, v) == w)) for s in every])
    return np.array(rows, dtype=float)


def least_maximum(rows, matrix, rhs, extra=None):
    """min max_i rows_i · q subject to matrix q = rhs, q ≥ 0, and extra rows · q ≤ limit."""
    n = matrix.shape[1]
    upper = [np.hstack([rows, -np.ones((len(rows), 1))])]
    limits = [np.zeros(len(rows))]
    if extra is not None:
        upper.append(np.hstack([extra[0], np.zeros((len(extra[0]), 1))]))
        limits.append(np.full(len(extra[0]), extra[1]))
    equal = np.hstack([matrix, np.zeros((len(matrix), 1))])
    found = linprog(np.r_[np.zeros(n), 1], np.vstack(upper), np.concatenate(limits), equal, rhs, method="highs")
    return found.fun if found.status == 0 else None


def random_model(rng, most=3000):
    """A random DAG with one latent variable, unequal cardinalities, and an edge to measure."""
    while True:
        inputs = [f"X{i}" for i in range(rng.integers(1, 3))]
        responding = [f"A{i}" for i in range(rng.integers(2, 4))]
        hidden = ["A1"] if len(responding) == 3 and rng.random() < 0.4 else []
        edges = [("L", a) for a in responding]
        edges += [(x, a) for x in inputs for a in responding if rng.random() < 0.5]
        edges += [(a, b) for a, b in itertools.combinations(responding, 2) if rng.random() < 0.6]
        order = rng.permutation(len(edges))
        candidates = [(u, v) for u, v in edges if u != "L"]
        sizes = {n: int(rng.integers(2, 4)) for n in inputs + responding}
        used = {n for edge in edges for n in edge}
        if not candidates or not set(inputs) <= used:
            continue
        logs = 0.0
        for a in responding:
            configurations = np.prod([sizes[u] for u, v in edges if v == a and u != "L"])
            logs += configurations * np.log(sizes[a])
        if logs > np.log(most):
            continue
        model = CausalModel([edges[i] for i in order], inputs, "L", sizes, hidden=hidden)
        return model, candidates[rng.integers(len(candidates))]


def random_behavior(model, rng, sparsity=0.3):
    """(q, table): a behavior made from a random q; the model has free inputs only."""
    matrix = observed_matrix(model)
    q = rng.exponential(size=matrix.shape[1]) * (rng.random(matrix.shape[1]) < sparsity)
    q[0] += 0.01
    q /= q.sum()
    return q, (matrix @ q).reshape(model.observed_shape)
