"""Independent exact arithmetic for the tests: a simplex of Fractions, random rational behaviors, exact values."""

from fractions import Fraction

import numpy as np
from reference import free_settings, influence_rows, observed_matrix, run, strategies

import relaxbell as rb


def simplex(cost, matrix, rhs):
    """Return min cost · x over matrix x = rhs, x ≥ 0, or None: two phases, Bland's rule, Fractions only."""
    m, n = len(matrix), len(cost)
    flip = [-1 if b < 0 else 1 for b in rhs]
    table = np.full((m + 1, n + m + 1), Fraction(0), dtype=object)
    for i in range(m):
        table[i, :n] = [flip[i] * Fraction(v) for v in matrix[i]]
        table[i, n + i], table[i, -1] = Fraction(1), flip[i] * Fraction(rhs[i])
    basis = list(range(n, n + m))

    def run_phase(prices, columns):
        table[m] = np.array([*prices, Fraction(0)], dtype=object)
        for i, j in enumerate(basis):
            table[m] = table[m] - prices[j] * table[i]
        while True:
            entering = next((j for j in range(columns) if table[m, j] < 0), None)
            if entering is None:
                return -table[m, -1]
            rows = [(table[i, -1] / table[i, entering], basis[i], i) for i in range(m) if table[i, entering] > 0]
            pivot(min(rows)[2], entering)

    def pivot(i, j):
        table[i] = table[i] / table[i, j]
        for k in range(m + 1):
            if k != i and table[k, j] != 0:
                table[k] = table[k] - table[k, j] * table[i]
        basis[i] = j

    if run_phase([Fraction(0)] * n + [Fraction(1)] * m, n + m) > 0:
        return None
    for i in range(m):  # artificial columns that are left are zero: pivot them out, or their row is redundant
        if basis[i] >= n:
            j = next((j for j in range(n) if table[i, j] != 0), None)
            if j is not None:
                pivot(i, j)
    return run_phase([Fraction(c) for c in cost] + [Fraction(0)] * m, n)


def least_influence(model, source, target, table):
    """min max_i rows_i · q with T q = p, by the simplex above; None if no q reproduces p."""
    rows = np.unique(influence_rows(model, source, target), axis=0)
    matrix = observed_matrix(model)
    n, k = matrix.shape[1], len(rows)
    top = [[*map(int, row), 0, *[0] * k] for row in matrix]
    below = [[*map(int, row), -1, *(int(i == j) for j in range(k))] for i, row in enumerate(rows)]
    return simplex([0] * n + [1] + [0] * k, top + below, [*np.array(table, dtype=object).ravel(), *[0] * k])


def fraction(number):
    """A sympy rational as a Fraction."""
    assert number is not None, "not exact"
    assert number.is_Rational, number
    return Fraction(int(number.p), int(number.q))


def least(measure, behavior, subject_to=()):
    """The exact least value by `minimize`, or None where it proves that there is none."""
    try:
        return fraction(rb.minimize(measure, behavior, subject_to).exact)
    except rb.errors.InfeasibleError:
        return None


def claimed(form, behavior, budgets=None):
    """The exact value of a closed form, or None where it says that the model does not reproduce p."""
    try:
        return form(behavior, budgets)
    except rb.errors.BehaviorError as error:
        if "does not reproduce" in str(error):
            return None
        raise


def mixed(model, rng, support=6, denominator=None):
    """A rational behavior that the model (with free inputs) reproduces: a few strategies, small whole weights."""
    every, shape = strategies(model), model.observed_shape
    table = np.full(shape, Fraction(0), dtype=object)
    chosen = rng.integers(0, len(every), support)
    weights = [Fraction(int(w)) for w in rng.integers(1, 20, support)]
    weights = [w / sum(weights) for w in weights]
    if denominator is not None:
        weights = [Fraction(round(w * denominator), denominator) for w in weights]
        weights[0] += 1 - sum(weights)
    for k, weight in zip(chosen, weights, strict=True):
        for free in free_settings(model):
            values = run(model, every[k], free)
            table[tuple(values[n] for n in model.outputs + model.inputs)] += weight
    return rb.Behavior(table, model.outputs, model.inputs)


def generic(coordinates, rng, names, sharpness=0.3):
    """A rational behavior in the affine hull of `coordinates`, at the boundary of positivity or inside."""
    outputs, inputs = coordinates.outputs, coordinates.inputs
    settings = rng.dirichlet(np.full(int(np.prod(outputs)), sharpness), size=int(np.prod(inputs)))
    whole = [[Fraction(round(v * 100) + 1) for v in row] for row in settings]
    table = np.array([[v / sum(row) for v in row] for row in whole], dtype=object).T.reshape(coordinates.shape)
    u = coordinates.project(table)
    u[0] = Fraction(1)
    table = coordinates.expand(u)
    if table.min() < 0:
        noise = Fraction(1, int(np.prod(outputs)))
        share = table.min() / (table.min() - noise)
        table = (1 - share) * table + share * noise
    return rb.Behavior(table, *names)


def random_in(form, rng):
    """A rational behavior in the domain of a closed form, not always one that the model reproduces."""
    model = form.measure.model
    return generic(form.region.coordinates, rng, (model.outputs, model.inputs))
