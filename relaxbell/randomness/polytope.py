"""The boxes that an adversary may prepare: non-signaling, or signaling along some edges at a cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import SolverError
from relaxbell.exact.basis import Basis, IntegerProgram, RightHandSide
from relaxbell.exact.numbers import Floats, common_denominator
from relaxbell.exact.simplex import ExactProgram, Optimum
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.lp.clock import passed, remaining
from relaxbell.lp.highs import LiveModel, Status

Row = dict[int, int]
"""Coefficients over cells, and over costs of edges after them."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Tables over outputs, then inputs, normalized at each setting; party i's setting changes nothing for the others.

    Attributes
    ----------
    scenario
        Each output has one input, or none.
    edges
        Pairs (input, output): this output's probabilities may vary with this input; a cost is the largest variation.
    """

    scenario: Scenario
    edges: tuple[tuple[str, str], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a box."""
        return self.scenario.shape

    @cached_property
    def cells(self) -> int:
        """Number of entries of a box."""
        return int(np.prod(self.shape))

    @cached_property
    def settings(self) -> int:
        """Number of settings."""
        return int(np.prod(self.shape[len(self.scenario.outputs) :]))

    @cached_property
    def equations(self) -> list[Row]:
        """Rows that are 0: what no-signaling says, and equal sums at all settings; some may follow from others."""
        return [self._difference(parts) for parts in self._invariants()]

    def _invariants(self) -> Iterator[tuple[dict[int, int], dict[int, int], int]]:
        """Yield values of outputs and settings, with the number of an input: at its value 0 the sum is the same."""
        outputs, inputs = self.scenario.outputs, self.scenario.inputs
        parties = self.scenario.parties or {}
        k = len(outputs)
        for i, name in enumerate(inputs):
            reached = {j for j, output in enumerate(outputs) if parties[output] == name or (name, output) in self.edges}
            kept = [j for j in range(k) if j not in reached]
            others = [m for m in range(len(inputs)) if m != i]
            for outcome in itertools.product(*(range(self.shape[j]) for j in kept)):
                for setting in itertools.product(*(range(self.shape[k + m]) for m in others)):
                    for value in range(1, self.shape[k + i]):
                        fixed = dict(zip(others, setting, strict=True))
                        yield dict(zip(kept, outcome, strict=True)), fixed | {i: value}, i

    def _difference(self, parts: tuple[dict[int, int], dict[int, int], int]) -> Row:
        outcome, setting, i = parts
        row = dict.fromkeys(self._event(outcome, setting), 1)
        row.update(dict.fromkeys(self._event(outcome, setting | {i: 0}), -1))
        return row

    def _event(self, outcome: Mapping[int, int], setting: Mapping[int, int]) -> list[int]:
        """Return the cells with these values of outputs at a setting."""
        k = len(self.scenario.outputs)
        axes = [[outcome[j]] if j in outcome else range(self.shape[j]) for j in range(k)]
        axes += [[setting[m]] for m in range(len(self.scenario.inputs))]
        return [int(np.ravel_multi_index(place, self.shape)) for place in itertools.product(*axes)]

    @cached_property
    def variations(self) -> list[Row]:
        """Rows that are ≤ 0: each variation p(b, …|x, …) − p(b, …|x', …) minus the cost of its edge.

        Of b together with the outcomes that x must not change at all. Of several outputs that hear the same input also
        the joint variations, minus all their costs: where all of these are 0 there is no signaling.
        """
        outputs = self.scenario.outputs
        found: list[Row] = []
        for number, (source, target) in enumerate(self.edges):
            j = outputs.index(target)
            found += self._variations(source, {j: range(self.shape[j] if self.shape[j] > 2 else 1)}, [number])
        for source in dict.fromkeys(source for source, _ in self.edges):
            own = [number for number, edge in enumerate(self.edges) if edge[0] == source]
            for size in range(2, len(own) + 1):
                for chosen in itertools.combinations(own, size):
                    places = [outputs.index(self.edges[number][1]) for number in chosen]
                    found += self._variations(source, {j: range(self.shape[j]) for j in places}, chosen)
        return found

    def _variations(self, source: str, values: Mapping[int, range], costs: Sequence[int]) -> Iterator[Row]:
        """Yield the variations of some outputs, with those that an input does not reach, minus costs."""
        outputs, inputs, parties = self.scenario.outputs, self.scenario.inputs, self.scenario.parties or {}
        k, i = len(outputs), inputs.index(source)
        unreached = [
            j for j, name in enumerate(outputs) if parties[name] != source and (source, name) not in self.edges
        ]
        axes = {**values, **{j: range(self.shape[j]) for j in unreached}}
        others = [m for m in range(len(inputs)) if m != i]
        for setting in itertools.product(*(range(self.shape[k + m]) for m in others)):
            fixed = dict(zip(others, setting, strict=True))
            for one, two in itertools.permutations(range(self.shape[k + i]), 2):
                for outcome in itertools.product(*axes.values()):
                    event = dict(zip(axes, outcome, strict=True))
                    row = dict.fromkeys(self._event(event, fixed | {i: one}), 1)
                    row.update(dict.fromkeys(self._event(event, fixed | {i: two}), -1))
                    yield row | {self.cells + number: -1 for number in costs}

    # ------------------------------------------------------------------ best boxes

    @property
    def width(self) -> int:
        """Number of columns of the linear program."""
        return self.cells + len(self.edges)

    @cached_property
    def _rows(self) -> list[Row]:
        first = dict.fromkeys(range(0, self.cells, self.settings), 1)
        return [first, *self.equations, *self.variations]

    @cached_property
    def _equal(self) -> list[bool]:
        return [True] * (1 + len(self.equations)) + [False] * len(self.variations)

    @cached_property
    def _integers(self) -> IntegerProgram:
        places = [(i, j, v) for i, row in enumerate(self._rows) for j, v in row.items()]
        rows, columns, values = zip(*places, strict=True)
        shape = (len(self._rows), self.width)
        matrix = sp.csc_array((np.array(values, dtype=np.int64), (rows, columns)), shape=shape)
        return IntegerProgram(matrix, np.zeros(self.width, dtype=np.int64), np.array(self._equal))

    @cached_property
    def _live(self) -> LiveModel:
        upper = np.array([1.0] + [0.0] * (len(self._rows) - 1))
        lower = np.where(self._equal, upper, -np.inf)
        matrix = sp.csc_array(self._integers.matrix, dtype=np.float64)
        return LiveModel(matrix, np.zeros(self.width), lower, upper)

    @cached_property
    def _right(self) -> RightHandSide:
        return RightHandSide(([1] + [0] * (len(self._rows) - 1),), 1)

    def best(self, weights: Floats) -> tuple[float, Floats, Basis | None]:
        """Return the largest ⟨weights, (box, costs)⟩ in floats, with multipliers of the rows, and the basis."""
        remaining()
        self._live.set_cost(-weights)
        if self._live.run() is not Status.OPTIMAL:
            raise SolverError("HiGHS found no best box of an adversary. Please report the scenario and the budgets.")
        return -self._live.value, -self._live.duals, self._live.basis()

    def vertex(self, basis: Basis | None) -> list[Fraction] | None:
        """Return the exact box and costs of a basis; None if it is none of a vertex."""
        found = None if basis is None else self._integers.primal(basis, self._right)
        if found is None or not found.feasible:
            return None
        values = [Fraction(0)] * self.width
        for j, v in zip(found.basis.columns.tolist(), found.values, strict=True):
            values[j] = Fraction(v)  # type: ignore[arg-type]  # the right-hand side is rational
        return values

    def exact_best(
        self, weights: Sequence[Fraction], basis: Basis | None
    ) -> tuple[Fraction, list[Fraction], list[Fraction]]:
        """Return the exact maximum, the box and costs that have it, and multipliers of `rows` that prove it."""
        quick = None if basis is None else self._optimal(weights, basis)
        if quick is not None:
            return quick
        matrix = ExactMatrix(tuple({j: Fraction(v) for j, v in row.items()} for row in self._rows), self.width)
        rhs = [Fraction(1)] + [Fraction(0)] * (len(self._rows) - 1)
        program = ExactProgram(matrix, [-w for w in weights], list(rhs), list(self._equal))
        starts = [Basis(np.empty(0, dtype=np.intp), np.arange(len(rhs)))]
        for start in ([] if basis is None else [basis]) + starts:
            found = program.optimum(start, passed)
            if isinstance(found, Optimum):
                values = [Fraction(0)] * self.width
                for j, v in found.values.items():
                    values[j] = Fraction(v)  # type: ignore[arg-type]
                duals = [-Fraction(v) for v in found.duals]  # type: ignore[arg-type]
                return sum((w * v for w, v in zip(weights, values, strict=True)), Fraction(0)), values, duals[1:]
        remaining()
        raise SolverError("no exact best box of an adversary was found. Please report the scenario and the budgets.")

    def _optimal(
        self, weights: Sequence[Fraction], basis: Basis
    ) -> tuple[Fraction, list[Fraction], list[Fraction]] | None:
        """Return the same where the basis is optimal as it is, in whole numbers; None where it is not."""
        unit = common_denominator(weights)
        costs = [-int(w * unit) for w in weights]
        values = self.vertex(basis)
        if values is None or max(map(abs, costs)) >= 2**62:
            return None
        own = self._integers
        dual = IntegerProgram(own.matrix, np.array(costs, dtype=np.int64), own.equality).dual(basis)
        if dual is None or not dual.feasible:
            return None
        multipliers = [Fraction(-y, dual.denominator * unit) for y in dual.numerators[1:]]
        return sum((w * v for w, v in zip(weights, values, strict=True)), Fraction(0)), values, multipliers

    def proved(self, weights: Sequence[Fraction], multipliers: Sequence[Fraction]) -> Fraction | None:
        """Return a bound of ⟨weights, (box, costs)⟩ for all boxes, from multipliers of equations and variations.

        Boxes are normalized at each setting, so that what multipliers leave has at most the sum of its maxima there.
        None if a multiplier of a variation is negative, or the weight of a cost that is left is positive.
        """
        left = list(weights)
        for y, row in zip(multipliers, [*self.equations, *self.variations], strict=True):
            if y:
                for j, v in row.items():
                    left[j] -= y * v
        if any(y < 0 for y in multipliers[len(self.equations) :]) or any(v > 0 for v in left[self.cells :]):
            return None
        return sum((max(left[x : self.cells : self.settings]) for x in range(self.settings)), Fraction(0))
