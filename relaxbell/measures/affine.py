"""Affine constraints on q, and reading affine CVXPY expressions of model.q as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, decimal, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import one_line


@dataclass(frozen=True, eq=False)
class AffineConstraint:
    """rows · q ≤ rhs, or = rhs where `equality`, in exact numbers.

    Attributes
    ----------
    rows
        Over q.
    rhs
        Exact, one for each row.
    equality
        Whether each row is an equation.
    """

    rows: Rows
    rhs: Exact
    equality: bool

    @property
    def text(self) -> str:
        """What is constrained, in short; empty where only the rows say so."""
        return ""

    def in_cvxpy(self, model: CausalModel) -> Any:
        """Return the constraint for CVXPY; `read_affine` still finds the exact numbers behind its floats."""
        body, right = self.rows.array @ model.q, to_floats(self.rhs)
        found = body == right if self.equality else body <= right
        found.exact = self
        return found


def read_affine(model: CausalModel, constraint: Any) -> AffineConstraint:
    """Return a CVXPY constraint on model.q exactly: floats mean the decimals that print them.

    Raises
    ------
    MeasureError
        If it is no equality or inequality, or as `affine_rows`.
    """
    from cvxpy.constraints.nonpos import Inequality, NonNeg, NonPos
    from cvxpy.constraints.zero import Equality, Zero

    if not isinstance(constraint, Equality | Zero | Inequality | NonPos | NonNeg):
        raise MeasureError(
            f"the constraint {one_line(constraint)} is not an equality or inequality. Use budgets of measures."
        )
    body = -constraint.args[0] if isinstance(constraint, NonNeg) else constraint.expr
    _check_variables(model, body)
    exact: AffineConstraint | None = getattr(constraint, "exact", None)
    if exact is not None:
        return exact
    matrix, constant = affine_rows(model, body)
    labels = tuple(f"{one_line(constraint)} [{i}]" for i in range(matrix.shape[0]))
    rhs = np.array([decimal(-h) for h in constant.tolist()], dtype=object)
    return AffineConstraint(decimal_rows(matrix, labels), rhs, isinstance(constraint, Equality | Zero))


def decimal_rows(matrix: sp.csr_array, labels: Any) -> Rows:
    """Return rows of floats that mean the decimals that print them."""
    distinct, place = np.unique(matrix.data, return_inverse=True)
    return Rows.read(matrix, np.array([decimal(v) for v in distinct.tolist()], dtype=object), place, labels)


def affine_rows(model: CausalModel, expression: Any) -> tuple[sp.csr_array, NDArray[np.float64]]:
    """Return (G, h) with expression = G q + h, entries in C order; CVXPY canonicalizes.

    Raises
    ------
    MeasureError
        If the expression contains other variables (those of another model instance, for example),
        parameters without value, or is not affine.
    """
    _check_variables(model, expression)
    return rows_over(model.q, expression)


def rows_over(variable: Any, expression: Any, backend: str | None = None) -> tuple[sp.csr_array, NDArray[np.float64]]:
    """Return (G, h) with expression = G variable + h, entries in C order, of a vector; errors as `affine_rows`.

    `backend` is CVXPY's for tables of many axes, of which it warns otherwise.
    """
    import cvxpy as cp

    if not expression.is_affine():
        raise MeasureError(
            f"{one_line(expression)} is {expression.curvature.lower()}, expected an affine expression. For a "
            "norm, use a measure and its budget: measure(model, rows, norm=…) <= limit."
        )
    unset = [p for p in expression.parameters() if p.value is None]
    if unset:
        raise MeasureError(f"the parameter {unset[0].name()} in {one_line(expression)} has no value. Set it first.")
    # The first row, one entry + 1, tells which sign the canonical form uses.
    flat = cp.reshape(expression, (expression.size,), order="C")
    probe = [variable[0] + 1 == 0, flat == 0]
    data, _, _ = cp.Problem(cp.Minimize(0), probe).get_problem_data(cp.SCS, canon_backend=backend)
    count = expression.size + 1
    matrix, constant = sp.csr_array(data["A"])[:count, : variable.size], data["b"][:count]
    sign = 1.0 if matrix[0, 0] > 0 else -1.0
    offset = constant * (1.0 / constant[0])
    if not (np.isfinite(matrix.data).all() and np.isfinite(offset).all()):
        raise MeasureError(
            f"{one_line(expression)} contains NaN or infinity, expected finite numbers. Leave out such constraints."
        )
    return sp.csr_array(sign * matrix[1:]), np.asarray(offset[1:], dtype=np.float64)


def _check_variables(model: CausalModel, expression: Any) -> None:
    """Raise MeasureError for other variables than the model's own q."""
    strangers = [v for v in expression.variables() if v is not model.q]
    if strangers:
        raise MeasureError(
            f"the expression {one_line(expression)} contains the variable {strangers[0].name()} (id "
            f"{strangers[0].id}), which is not the q of {model.name} (id {model.q.id}). Build it from this model "
            "instance."
        )
