"""What is minimized over a network, as arrays: equations, independent groups, and their affine marginals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations, behavior_equations
from relaxbell.causal.independence import private_settings
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.engines.sources.symmetry import Symmetry, averaged, symmetries
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, Floats, to_floats
from relaxbell.lp.clock import remaining
from relaxbell.measures.groups import Group
from relaxbell.measures.marginals import marginal_constraints, solve_affine
from relaxbell.measures.products import Nonbilocality

_TERM = 400
"""Bytes of the programs over boxes, for each strategy and each row of T or of a product that it enters."""


@dataclass(frozen=True, eq=False)
class Side:
    """A group with its marginal as an affine function of free entries, symmetries included.

    Attributes
    ----------
    group
        The nodes.
    free
        Numbers of the free entries.
    constant, matrix
        q^a = constant + matrix · ν, exact.
    """

    group: Group
    free: tuple[int, ...]
    constant: Exact
    matrix: Exact

    @cached_property
    def bound_entries(self) -> list[int]:
        """Entries that follow from the free ones."""
        return [i for i in range(self.group.count) if i not in self.free]

    @cached_property
    def floats(self) -> tuple[Floats, Floats]:
        """Constant and matrix as floats."""
        shape = (self.group.count, len(self.free))
        return to_floats(self.constant), to_floats(self.matrix).reshape(shape)

    @cached_property
    def homogeneous(self) -> tuple[Floats, Floats]:
        """(H, h) with H q^a = h · Σ q^a, independent rows, one for each entry that follows."""
        constant, matrix = self.floats
        rows = np.zeros((len(self.bound_entries), self.group.count))
        for k, i in enumerate(self.bound_entries):
            rows[k, i] = 1
            rows[k, list(self.free)] -= matrix[i]
        return rows, constant[self.bound_entries]


@dataclass(frozen=True, eq=False)
class Scenario:
    """A measure with the behavior that is to be reproduced.

    Attributes
    ----------
    measure
        The measure, with no marginals fixed.
    equations
        T q = p, exact.
    products
        For each family of independent groups their sides.
    reduced
        How many free parameters the symmetries removed.
    distance
        How far probabilities were moved to read floats exactly and to make symmetries exact.
    """

    measure: Nonbilocality
    equations: Equations
    products: tuple[tuple[Side, ...], ...]
    reduced: int
    distance: float

    @property
    def parameters(self) -> int:
        """Number of free parameters of all sides."""
        return sum(len(side.free) for product in self.products for side in product)

    @cached_property
    def matrix(self) -> sp.csr_array:
        """T without repeated rows; `rhs` goes with it."""
        return sp.csr_array(self.equations.rows.matrix[self.kept])

    @cached_property
    def rhs(self) -> Floats:
        """Right-hand sides of `matrix`."""
        return np.asarray(self.equations.floats[self.kept])

    @cached_property
    def kept(self) -> NDArray[np.intp]:
        """Rows of T that are independent; the others follow from them."""
        model = self.measure.model
        shape = self.equations.rows.matrix.shape
        settings = private_settings(model)
        if settings is not None and not (model.hidden or model.dependent_inputs):
            return _independent_cells(model, settings)
        if math.prod(shape) > 2**20:
            return np.arange(shape[0])
        return _independent_rows(self.equations.rows.matrix.toarray().astype(int))


def _independent_cells(model: CausalModel, settings: Mapping[str, tuple[str, ...]]) -> NDArray[np.intp]:
    """Return the cells that determine p where T is a tensor product of one factor for each output.

    The rows of a factor are the pairs of outcome and setting; one of each setting but the first follows from the rest.
    """
    names = model.outputs + model.inputs
    index = dict(zip(names, np.indices(model.observed_shape), strict=True))
    kept = np.ones(model.observed_shape, dtype=bool)
    for output, own in settings.items():
        first = np.all([index[x] == 0 for x in own], axis=0)
        kept &= first | (index[output] < model.cardinality[output] - 1)
    return np.flatnonzero(kept.ravel())


def _independent_rows(dense: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first rows that are independent: the pivots of the transposed matrix modulo a large prime."""
    import flint

    reduced, rank = flint.nmod_mat(dense.shape[1], dense.shape[0], dense.T.ravel().tolist(), 2**31 - 1).rref()
    pivots, column = [], 0
    for i in range(rank):
        while int(reduced[i, column]) == 0:
            column += 1
        pivots.append(column)
    return np.array(pivots, dtype=np.intp)


def read_scenario(measure: Nonbilocality, observed: Behavior | Observed, *, symmetric: bool = True) -> Scenario:
    """Return the scenario of a measure and a behavior.

    Raises
    ------
    MeasureError
        If only values of functionals were observed.
    ModelTooLargeError
        If the programs over boxes of marginals do not fit in memory.
    """
    if not isinstance(observed, Behavior):
        raise MeasureError(
            f"{measure.name} needs the whole behavior, because its marginals follow from it: found "
            f"{type(observed).__name__}(…). Give a Behavior."
        )
    model = measure.model
    terms = len(model.settings) + 4 * sum(map(len, measure.products))
    check_memory(
        f"{measure.name} over {model.strategies.count:,} strategies of {model.name}",
        _TERM * terms * model.strategies.count,
    )
    equations = model.equations(observed)
    distance = equations.distance
    found: list[list[Symmetry]] = [[] for _ in measure.products[0]]
    if symmetric and len(measure.products) == 1 and equations.behavior is not None:
        exact = equations.behavior.table
        if observed.is_exact:
            found = symmetries(model, measure.products[0], exact, exact=True)
        else:
            table, found = averaged(model, measure.products[0], exact)
            if any(found):
                distance += float(abs(to_floats(table) - to_floats(exact)).max())
                equations = behavior_equations(model, equations.behavior._like(table))
    products, reduced = [], 0
    for groups in measure.products:
        own = found if len(measure.products) == 1 else [[] for _ in groups]
        sides = [_side(group, equations, symmetry) for group, symmetry in zip(groups, own, strict=True)]
        reduced += sum(
            len(_side(group, equations, []).free) - len(side.free) for group, side in zip(groups, sides, strict=True)
        )
        products.append(tuple(sides))
    return Scenario(measure, equations, tuple(products), reduced, distance)


def _side(group: Group, equations: Equations, found: Sequence[Symmetry]) -> Side:
    remaining()
    rows, rhs = marginal_constraints(group, equations.rhs)
    equal = {(min(i, j), max(i, j)) for s in found for i, j in enumerate(s.functions.tolist()) if i != j}
    extra = np.zeros((len(equal), group.count), dtype=np.int64)
    for k, (i, j) in enumerate(sorted(equal)):
        extra[k, i], extra[k, j] = 1, -1
    zeros = np.full(len(equal), Fraction(0), dtype=object)
    return Side(group, *solve_affine(np.vstack([rows, extra]), np.concatenate([rhs, zeros])))
