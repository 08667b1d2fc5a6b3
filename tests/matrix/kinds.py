"""The table of all kinds of measure: a new kind enters the property matrix by one line.

A line has the name of the kind; the model, made from a random generator; and the measure, made by a library from the
model and a generator: by `relaxbell`, and by `matrix.plain`, which computes it another way. Then, for kinds that do
not offer everything: the error that each operation must raise instead, and data of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from matrix import data, plain

import relaxbell as rb
from relaxbell.errors import MeasureError


@dataclass(frozen=True)
class Kind:
    name: str
    model: Callable[[Any], rb.CausalModel]
    measure: Callable[[Any, rb.CausalModel, Any], Any]
    refused: Mapping[str, tuple[type[Exception], str]] = field(default_factory=dict)
    weights: Callable[[rb.CausalModel, Any], Any] = data.mixture  # of strategies, behind the behaviors
    table: Callable[[Any], Any] | None = None  # of a behavior, where it is not made from strategies
    known: Callable[[Any], Any] | None = None  # the least value for a table, where it is a theorem
    tolerance: float = 0.0  # of kinds that are never exact


class Case:
    """A kind with a model, three behaviors, and their least values by another way than the package's."""

    def __init__(self, kind, seed):
        self.kind, self.seed = kind, seed
        self.rng = np.random.default_rng([crc32(kind.name.encode()), seed])
        self.model = kind.model(self.rng)
        self.measure, self.plain = self.made(rb), self.made(plain)
        self.mixtures = [kind.weights(self.model, np.random.default_rng([seed, k, 5])) for k in range(3)]
        self.tables = [data.table_of(self.model, q) for q in self.mixtures]
        if kind.table is not None:
            self.tables = [kind.table(np.random.default_rng([seed, k])) for k in range(3)]
        self.behaviors = [data.behavior(self.model, table) for table in self.tables]

    def made(self, library):
        return self.kind.measure(library, self.model, np.random.default_rng(self.seed))

    def least(self, table):
        return self.plain.least(table) if self.kind.known is None else self.kind.known(table)

    @cached_property
    def expected(self):
        return [self.least(table) for table in self.tables]

    @cached_property
    def solution(self):
        return rb.minimize(self.measure, self.behaviors[0])


# ------------------------------------------------------------------------ models
# Unequal cardinalities everywhere; settings are biased, and some never occur.


def signaling(rng):
    free = {"X": data.distribution(rng, 2), "Y": data.distribution(rng, 3, never=True)}
    return rb.bell((2, 3), (3, 2), input_distribution=free).relax("X -> B")


def outcomes(rng):
    return rb.outcome_signaling([(2, 2), (3, 1)][int(rng.integers(2))], (2, 3))


def three_parties(rng):
    return rb.bell((2, 1, 2), (2, 3, 2), input_distribution=data.joint(rng, (2, 1, 2))).relax("X -> B")


def message(rng, values=2):
    free = {"X": data.distribution(rng, 2, never=bool(rng.integers(2))), "Y": data.distribution(rng, 2)}
    sizes = {"X": 2, "Y": 2, "A": 5 - values, "B": 2, "M": values}
    edges = "X -> A; Y -> B; X -> M; M -> B; L -> A; L -> B; L -> M"
    return rb.CausalModel(edges, "X Y", "L", sizes, hidden="M", input_distribution=free)


def instrument(rng):
    shape = [(3, (2, 3)), (2, (3, 2))][int(rng.integers(2))]
    return rb.instrumental(*shape, input_distribution=data.distribution(rng, shape[0], never=True))


def dependent(rng):
    inputs, outputs = [((2, 2), (3, 2)), ((3, 2), (2, 2)), ((2, 1, 2), (2, 2, 2))][int(rng.integers(3))]
    return rb.measurement_dependence(inputs, outputs, input_distribution=data.joint(rng, inputs, never=True))


def one_dependent(rng):
    own = {"X": data.distribution(rng, 2, never=True), "Y": data.distribution(rng, 3, never=True)}
    return rb.measurement_dependence((2, 3), (3, 2), dependent="Y", input_distribution=own)


def both(rng):
    own = {"X": data.distribution(rng, 2), "Y": data.distribution(rng, 2)}
    return rb.bell((2, 2), (3, 2), input_distribution=own).relax("X -> B", "L -> Y")


def network(rng):
    return rb.bilocality((2, 2), (2, 3, 2)) if rng.integers(2) else rb.bilocality((2, 1), (2, 2, 3))


def own_rows(model, r, k=3):
    return r.integers(-3, 4, (k, model.strategies.count)).astype(float)


def decimals(model, r):
    return np.round(own_rows(model, r) / 10, 1)


def effect(lib, m, outcome=1):
    return lib.average_causal_effect(m, "A", "B", outcome=outcome)


def shift(lib, m):
    return lib.average_causal_effect(m, "X", "B")


def fixed(model, name):
    """A marginal of a node's functions, the same for all behaviors of a case."""
    functions = set(plain.graph(model).functions([name]))
    return list(data.distribution(np.random.default_rng([model.strategies.count, *name.encode()]), len(functions)))


# ------------------------------------------------------------------------- kinds

_BUDGETED = ["budget", "refuted", "tradeoff"]
_ENTROPY = dict.fromkeys(["closed form", "expression", *_BUDGETED], (MeasureError, "concave|not piecewise linear"))
_INFORMATION = {"closed form": (MeasureError, "not piecewise linear")}
_FIXED = dict.fromkeys(["closed form", *_BUDGETED], (MeasureError, "marginals"))
_NETWORK = dict.fromkeys(["closed form", "expression", *_BUDGETED], (MeasureError, "not convex"))


def swapped(table):
    """2v² − 1, Fig. 5 of arXiv:1411.4648; the behavior is v² of the box and 1 − v² of noise, so a cell tells v²."""
    box, noise = rb.boxes.entanglement_swapping(1).table, rb.boxes.entanglement_swapping(0).table
    cell = tuple(int(i) for i in np.argwhere(box != noise)[0])
    return max(Fraction(0), 2 * (table[cell] - noise[cell]) / (box[cell] - noise[cell]) - 1)


def swapping(rng):
    return rb.boxes.entanglement_swapping(Fraction(int(rng.integers(50, 100)), 100)).table


_NO_FUNCTION = (MeasureError, "no function of q alone")
_DISTANCE = dict.fromkeys(["value", "at", "expression", "budget"], _NO_FUNCTION)  # budget: at its last line
_COMPARED = lambda r: rb.bell((2, 1), (2, 3), input_distribution=data.joint(r, (2, 1))).relax("X -> B", "L -> X")  # noqa: E731


def any_table(shape, outputs, r):
    """A table that may signal in every way."""
    table = r.integers(0, 4, shape) + np.eye(int(np.prod(shape[:outputs])), 1, dtype=int).reshape(
        *shape[:outputs], 1, 1
    )
    sums = table.sum(axis=tuple(range(outputs)), keepdims=True) * np.ones_like(table)
    return np.vectorize(lambda n, total: Fraction(int(n), int(total)), otypes=[object])(table, sums)


KINDS = [
    Kind("influence", signaling, lambda lib, m, r: lib.influence(m, "X", "B")),
    Kind("influence of an outcome", outcomes, lambda lib, m, r: lib.influence(m, "A", "B")),
    Kind("influence, three parties", three_parties, lambda lib, m, r: lib.influence(m, "X", "B")),
    Kind("total variation", three_parties, lambda lib, m, r: lib.influence(m, "X", "B", variation=True)),
    Kind("total variation of an outcome", outcomes, lambda lib, m, r: lib.influence(m, "A", "B", variation=True)),
    Kind("average causal effect", instrument, lambda lib, m, r: effect(lib, m)),
    Kind("negated effect", instrument, lambda lib, m, r: -effect(lib, m, 0)),
    Kind("effect of a setting", both, lambda lib, m, r: shift(lib, m)),
    Kind("message weight", message, lambda lib, m, r: lib.message_weight(m)),
    Kind("message weight, three values", lambda r: message(r, 3), lambda lib, m, r: lib.message_weight(m)),
    Kind("bits", lambda r: message(r, 3), lambda lib, m, r: lib.message_weight(m, lengths=[0, 1, Fraction(3, 2)])),
    Kind("message entropy", message, lambda lib, m, r: lib.message_entropy(m), _ENTROPY, tolerance=1e-9),
    Kind("fraction", signaling, lambda lib, m, r: lib.fraction(m, "X -> B")),
    Kind("fraction of an outcome", outcomes, lambda lib, m, r: lib.fraction(m, "A -> B")),
    Kind("fraction of functions", instrument, lambda lib, m, r: lib.fraction(m, {"A(Z=0)": 0, "A(Z=1)": 1})),
    Kind("query", instrument, lambda lib, m, r: lib.query(m, "p{B(A=1) = 1} - p{B(A=0) = 1}")),
    Kind(
        "mean distance",
        _COMPARED,
        lambda lib, m, r: lib.mean_distance(m),
        _DISTANCE,
        table=lambda r: any_table((2, 3, 2, 1), 2, r),
    ),
    Kind(
        "largest distance",
        _COMPARED,
        lambda lib, m, r: lib.largest_distance(m),
        _DISTANCE,
        table=lambda r: any_table((2, 3, 2, 1), 2, r),
    ),
    Kind("dependence", dependent, lambda lib, m, r: lib.dependence(m)),
    Kind("dependence of one setting", one_dependent, lambda lib, m, r: lib.dependence(m)),
    Kind("hall", dependent, lambda lib, m, r: lib.hall_dependence(m)),
    Kind("hall of one setting", one_dependent, lambda lib, m, r: lib.hall_dependence(m)),
    Kind("information", dependent, lambda lib, m, r: lib.mutual_information(m), _INFORMATION, tolerance=1e-6),
    Kind("own rows, max", both, lambda lib, m, r: lib.measure(m, own_rows(m, r), norm="max")),
    Kind("own rows, sum", instrument, lambda lib, m, r: lib.measure(m, own_rows(m, r), norm="sum")),
    Kind("own rows, linear", signaling, lambda lib, m, r: lib.measure(m, own_rows(m, r), norm="linear")),
    Kind(
        "own rows, max of sums",
        three_parties,
        lambda lib, m, r: lib.measure(m, {k: own_rows(m, r) for k in "ab"}, norm="max of sums"),
    ),
    Kind("own decimals", instrument, lambda lib, m, r: lib.measure(m, decimals(m, r), norm="max")),
    Kind("sum", both, lambda lib, m, r: lib.influence(m, "X", "B") + lib.dependence(m)),
    Kind("multiple", dependent, lambda lib, m, r: Fraction(3, 7) * lib.hall_dependence(m)),
    Kind("signed sum", instrument, lambda lib, m, r: effect(lib, m) - 2 * effect(lib, m, 0)),
    Kind("maximum", both, lambda lib, m, r: lib.maximum(lib.influence(m, "X", "B"), 2 * lib.dependence(m))),
    Kind("maximum of one twice", instrument, lambda lib, m, r: lib.maximum(effect(lib, m, 0), effect(lib, m, 0))),
    Kind("largest of both signs", instrument, lambda lib, m, r: lib.maximum(effect(lib, m), -effect(lib, m))),
    Kind(
        "maximum of signed rows",
        signaling,
        lambda lib, m, r: lib.maximum(*(lib.measure(m, own_rows(m, r, 1), norm="linear") for _ in range(3))),
    ),
    Kind(
        "sum with a signed maximum",
        both,
        lambda lib, m, r: lib.influence(m, "X", "B") + lib.maximum(*(s * shift(lib, m) for s in (-1, -2))),
    ),
    Kind(
        "sum of signed maxima",
        instrument,
        lambda lib, m, r: (
            lib.maximum(effect(lib, m), -effect(lib, m, 0)) + lib.maximum(effect(lib, m, 0), -effect(lib, m))
        ),
    ),
    Kind(
        "non-bilocality at marginals",
        network,
        lambda lib, m, r: lib.nonbilocality(m, marginals={"A": fixed(m, "A")}),
        _FIXED,
        weights=lambda m, r: data.with_marginal(m, r, "A", fixed(m, "A")),
    ),
    Kind(
        "non-bilocality of products",
        network,
        lambda lib, m, r: lib.nonbilocality(m),
        _NETWORK,
        weights=lambda m, r: data.product(m, r, {n: fixed(m, n) for n in "AC"}),
        known=lambda table: Fraction(0),  # made by independent sources
    ),
    Kind(
        "non-bilocality of swapped states",
        lambda r: rb.bilocality(),
        lambda lib, m, r: lib.nonbilocality(m),
        _NETWORK,
        table=swapping,
        known=swapped,
    ),
]
