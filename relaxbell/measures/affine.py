"""Reading affine CVXPY expressions of model.q as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.texts import one_line


def affine_rows(model: CausalModel, expression: Any) -> tuple[sp.csr_array, NDArray[np.float64]]:
    """Return (G, h) with expression = G q + h, entries in C order; CVXPY canonicalizes.

    Raises
    ------
    MeasureError
        If the expression contains other variables (those of another model instance, for example),
        parameters without value, or is not affine.
    """
    import cvxpy as cp

    strangers = [v for v in expression.variables() if v is not model.q]
    if strangers:
        raise MeasureError(
            f"the expression {one_line(expression)} contains the variable {strangers[0].name()} (id "
            f"{strangers[0].id}), which is not the q of {model.name} (id {model.q.id}). Build it from this model "
            "instance."
        )
    if not expression.is_affine():
        raise MeasureError(
            f"{one_line(expression)} is {expression.curvature.lower()} in q, expected an affine expression. For a "
            "norm, use a measure and its budget: measure(model, rows, norm=…) <= limit."
        )
    unset = [p for p in expression.parameters() if p.value is None]
    if unset:
        raise MeasureError(f"the parameter {unset[0].name()} in {one_line(expression)} has no value. Set it first.")
    # The first row, q_0 + 1, tells which sign the canonical form uses.
    flat = cp.reshape(expression, (expression.size,), order="C")
    probe = [model.q[0] + 1 == 0, flat == 0]
    data, _, _ = cp.Problem(cp.Minimize(0), probe).get_problem_data(cp.SCS)
    count = expression.size + 1
    matrix, constant = sp.csr_array(data["A"])[:count, : model.strategies.count], data["b"][:count]
    sign = 1.0 if matrix[0, 0] > 0 else -1.0
    offset = constant * (1.0 / constant[0])
    if not (np.isfinite(matrix.data).all() and np.isfinite(offset).all()):
        raise MeasureError(
            f"{one_line(expression)} contains NaN or infinity, expected finite numbers. Leave out such constraints."
        )
    return sp.csr_array(sign * matrix[1:]), np.asarray(offset[1:], dtype=np.float64)
