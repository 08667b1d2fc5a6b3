"""Networks without relaxbell: behaviors of random models, and the least non-bilocality by a grid of linear programs."""

import itertools
import math
from fractions import Fraction

import numpy as np
import scipy.optimize

import relaxbell as rb


def random_network_behavior(model, seed, denominator=500, concentration=0.05):
    """A rational behavior of a random distribution over strategies: its sources are correlated."""
    rng = np.random.default_rng(seed)
    count = model.strategies.count
    drawn = rng.multinomial(denominator, rng.dirichlet(np.full(count, concentration)))
    table = np.array([Fraction(int(v), denominator) for v in model.T.toarray().astype(int) @ drawn], dtype=object)
    return rb.Behavior(table.reshape(model.observed_shape), model.outputs, model.inputs)


class Products:
    """The groups of a product over explicit strategies, each a dict from nodes to response functions."""

    def __init__(self, strategies, groups):
        keys = [[str([s[name] for name in group]) for s in strategies] for group in groups]
        orders = [list(dict.fromkeys(own)) for own in keys]
        self.sizes = [len(order) for order in orders]
        self.numbers = [[order.index(key) for key in own] for order, own in zip(orders, keys, strict=True)]
        joint = np.zeros(len(strategies), dtype=int)
        for size, own in zip(self.sizes, self.numbers, strict=True):
            joint = joint * size + own
        self.rows = [np.eye(size)[own].T for size, own in zip(self.sizes, self.numbers, strict=True)]
        self.joint = np.eye(math.prod(self.sizes))[joint].T

    def distance(self, q):
        """Σ |q^ac − q^a q^c|."""
        expected = np.ones(1)
        for rows in self.rows:
            expected = np.multiply.outer(expected, rows @ q).ravel()
        return float(abs(self.joint @ q - expected).sum())

    def least(self, observed, p, fixed):
        """The least value with the marginals of all groups but the last fixed; inf if nothing reproduces p."""
        product = np.ones(1)
        for own in fixed:
            product = np.multiply.outer(product, own).ravel()
        matrix = self.joint - np.kron(product[:, None], self.rows[-1])
        n, k = matrix.shape[1], len(matrix)
        equal = np.vstack([observed, *self.rows[:-1], np.ones((1, n))])
        right = np.concatenate([p, *fixed, [1.0]])
        above = np.block([[matrix, -np.eye(k)], [-matrix, -np.eye(k)]])
        found = scipy.optimize.linprog(
            np.concatenate([np.zeros(n), np.ones(k)]), above, np.zeros(2 * k),
            np.hstack([equal, np.zeros((len(equal), k))]), right, method="highs",
        )  # fmt: skip
        return found.fun if found.status == 0 else math.inf

    def segment(self, observed, p, group):
        """Both ends of the marginals of a group that reproduce p, if these lie on a line."""
        direction = np.random.default_rng(5).normal(size=self.sizes[group]) @ self.rows[group]
        ends = [
            scipy.optimize.linprog(sign * direction, A_eq=observed, b_eq=p, method="highs") for sign in (1, -1)
        ]  # fmt: skip
        assert all(end.status == 0 for end in ends)
        return [self.rows[group] @ end.x for end in ends]

    def grid(self, observed, p, points=31):
        """The least value over a grid of marginals of all groups but the last, each on a line."""
        axes = []
        for group in range(len(self.sizes) - 1):
            low, high = self.segment(observed, p, group)
            count = points if abs(high - low).max() > 1e-9 else 1
            axes.append([low + t * (high - low) for t in np.linspace(0, 1, count)])
        return min(self.least(observed, p, fixed) for fixed in itertools.product(*axes))


def products_of(model, groups):
    """`Products` of a relaxbell model."""
    names = [node.name for node in model.strategies.nodes]
    tables = [range(node.functions) for node in model.strategies.nodes]
    strategies = [dict(zip(names, choice, strict=True)) for choice in itertools.product(*tables)]
    return Products(strategies, groups)
