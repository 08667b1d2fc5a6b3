"""What was observed as right-hand sides in plain arrays: the numbers of `Equations` at a tenth of the time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.causal.whole import WholePoints, fits
from relaxbell.exact.numbers import Floats, Surd, common_denominator
from relaxbell.exact.vectors import ExactRow, exact_row


@dataclass(frozen=True, eq=False)
class RightSides:
    """Right-hand sides of equations.

    Attributes
    ----------
    row
        The right-hand sides; of behaviors p · p(dependent inputs|free inputs).
    distance
        Largest change of a probability when floats were read exactly.
    """

    row: ExactRow
    distance: float


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads behaviors for one model.

    Attributes
    ----------
    model
        The model.
    """

    model: CausalModel

    @cached_property
    def _factors(self) -> tuple[NDArray[Any], int]:
        """Weights of the cells, as whole numbers over a denominator."""
        weights = cell_weights(self.model)
        denominator = common_denominator(weights.tolist())
        factors = [int(w * denominator) for w in weights]
        return np.array(factors, dtype=np.int64 if max(factors) < 2**50 else object), denominator

    def read(self, behavior: object) -> RightSides | None:
        """Return the right-hand sides; None where only `CausalModel.equations` can say what is wrong, or different."""
        if not isinstance(behavior, Behavior):
            return None
        model = self.model
        names = model.outputs + model.inputs
        sizes = dict(zip(behavior.variables, behavior.p.shape, strict=True))
        if set(sizes) != set(names) or set(behavior.outputs) != set(model.outputs):
            return None
        if any(sizes[name] != size for name, size in zip(names, model.observed_shape, strict=True)):
            return None
        order = [behavior.variables.index(name) for name in names]
        table = behavior.p.transpose(order)
        if behavior.exact is not None:
            row = self._exact(behavior.exact.transpose(order), np.ascontiguousarray(table).ravel())
            return None if row is None else RightSides(row.times(*self._factors), 0.0)
        coordinates = model.coordinates
        if coordinates.signaling(table[..., None])[0] > behavior.tolerance:
            return None
        (row,) = WholePoints.nearest(coordinates, coordinates.project(table[..., None])).rows()
        distance = float(abs(row.floats - table.ravel()).max())
        return RightSides(row.times(*self._factors), distance)

    def _exact(self, table: NDArray[Any], floats: Floats) -> ExactRow | None:
        if len({v.n for v in table.ravel().tolist() if isinstance(v, Surd)}) > 1:
            return None
        row = exact_row(table, floats)
        return row if fits(self.model.coordinates, row) else None


class ValuesReader:
    """Reads values of the same functionals for one model.

    Parameters
    ----------
    model
        The model.
    like
        Any values of the functionals.
    """

    def __init__(self, model: CausalModel, like: Observed) -> None:
        pairs = ([(f, Fraction(v)) for f in like.functionals] for v in (0, 1))
        zero, one = (model.equations(Observed(own, nonsignaling=like.nonsignaling)) for own in pairs)
        self._constant, self._factors = zero.rhs, (one.rhs - zero.rhs)[: len(like.values)].tolist()

    def read(self, observed: object) -> RightSides | None:
        """Return the right-hand sides; None for what is no `Observed`."""
        if not isinstance(observed, Observed):
            return None
        rhs = self._constant.copy()
        for i, (value, factor) in enumerate(zip(observed.values, self._factors, strict=True)):
            rhs[i] += value * factor
        roots = {v.n for v in rhs.tolist() if isinstance(v, Surd)}
        return RightSides(exact_row(rhs), 0.0) if len(roots) < 2 else None


def kind_of(observed: object) -> tuple[object, ...] | None:
    """Return what observations have in common whose equations differ in their right-hand sides only."""
    if isinstance(observed, Behavior):
        return ()
    if not isinstance(observed, Observed):
        return None
    same = [(f.outputs, f.inputs, *f.coefficients.ravel().tolist(), f.constant) for f in observed.functionals]
    return observed.shape, observed.nonsignaling, *same
