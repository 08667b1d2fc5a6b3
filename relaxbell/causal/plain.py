"""What plain CVXPY problems need of a model, where probabilities are expressions: parameters, or other variables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from relaxbell.causal.equations import cell_weights
from relaxbell.causal.protocols import HasStrategies
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import to_floats
from relaxbell.exact.rows import Rows

if TYPE_CHECKING:
    import cvxpy as cp


def is_expression(given: object) -> TypeGuard[cp.Expression]:
    """Return whether this is an expression of CVXPY, which must have been imported then."""
    cvxpy = sys.modules.get("cvxpy")
    return cvxpy is not None and isinstance(given, cvxpy.Expression)


def is_constraint(given: object) -> TypeGuard[cp.Constraint]:
    """Return whether this is a constraint of CVXPY, which must have been imported then."""
    cvxpy = sys.modules.get("cvxpy")
    return cvxpy is not None and isinstance(given, cvxpy.Constraint)


def reproduced(model: HasStrategies, rows: Rows, table: cp.Expression, variable: cp.Variable) -> cp.Constraint:
    """Return the constraint T q = p · p(dependent inputs|free inputs) for a table p of expressions.

    Raises
    ------
    BehaviorError
        If the table has another shape.
    """
    import cvxpy as cp

    shape = model.observed_shape
    cells = int(np.prod(shape))
    if table.shape not in (shape, (cells,)):
        raise BehaviorError(
            f"the expression has shape {table.shape}, expected {shape}: outputs, then inputs, in {model.name}'s order; "
            f"or ({cells},), flattened with order='C'."
        )
    flat = table if table.shape == (cells,) else cp.vec(table, order="C")
    weights = to_floats(cell_weights(model))
    return rows.array @ variable == cp.multiply(weights, flat)
