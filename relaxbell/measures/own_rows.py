"""Reading rows of one's own: arrays, expressions, fractions and roots, as exact rows over q."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.plain import is_expression
from relaxbell.errors import MeasureError
from relaxbell.exact.arrays import check_unmasked, float_array
from relaxbell.exact.numbers import Exact, exact_array
from relaxbell.exact.rows import Rows
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.exact.texts import a_kind, one_line, plain_text
from relaxbell.measures.affine import affine_rows, decimal_rows

if TYPE_CHECKING:
    import cvxpy as cp


Row: TypeAlias = "ArrayLike | sp.sparray | sp.spmatrix | cp.Expression | Rows"
RowsLike: TypeAlias = "Mapping[str, RowsLike] | Sequence[Row] | Row"
"""A mapping or list of rows, arrays or expressions; or all of them as one array."""


def read_rows(model: CausalModel, rows: RowsLike, prefix: str) -> Rows:
    """Return rows given in any form, labeled; floats mean the decimals that print them.

    Raises
    ------
    MeasureError
        If they do not fit the model, or are no finite real numbers.
    """
    n = model.strategies.count
    known = _known_rows(rows, n, prefix)
    if known is not None:
        return known
    if isinstance(rows, list | tuple) and any(map(is_expression, rows)):
        rows = {f"row {i}": row for i, row in enumerate(rows)}
    exact = _read_exact(rows)
    if exact is not None:
        names = tuple(rows) if isinstance(rows, Mapping) else tuple(f"row {i}" for i in range(len(exact)))
        if exact.shape[1:] != (n,) or not len(exact):
            raise MeasureError(f"rows have shape {exact.shape}, expected (rows, {n}): one entry for each strategy.")
        entries = tuple({j: v for j, v in enumerate(row.tolist()) if v != 0} for row in exact)
        return Rows.of(ExactMatrix(entries, n), tuple(f"{prefix}{plain_text(name)}" for name in names))
    if isinstance(rows, Mapping):
        labels = tuple(f"{prefix}{plain_text(label)}" for label in rows)
        matrix = sp.vstack([_read_row(model, row) for row in rows.values()], format="csr") if rows else None
    else:
        if is_expression(rows):
            return read_rows(model, [rows], prefix)
        matrix = _real_sparse(rows) if sp.issparse(rows) else sp.csr_array(np.atleast_2d(_read_numbers(rows)))
        labels = tuple(f"{prefix}row {i}" for i in range(matrix.shape[0]))
    if matrix is None or not matrix.shape[0]:
        raise MeasureError("a measure needs at least one row, found none.")
    if matrix.shape[1] != n:
        raise MeasureError(f"rows have {matrix.shape[1]} entries, expected one for each of the {n} strategies.")
    if not np.isfinite(matrix.data).all():
        raise MeasureError("a row contains NaN or infinity, expected finite numbers.")
    return decimal_rows(sp.csr_array(matrix, dtype=np.float64), labels)


def _known_rows(rows: object, strategies: int, prefix: str) -> Rows | None:
    """Return rows that are `Rows` already, from ``model.rows(…)``, one after the other; None if some are not."""
    if isinstance(rows, Rows):
        rows = [rows]
    given = rows if isinstance(rows, Mapping) else dict(enumerate(rows)) if isinstance(rows, list | tuple) else {}
    if not given or not all(isinstance(row, Rows) for row in given.values()):
        return None
    total: Rows | None = None
    for label, row in given.items():
        if row.columns != strategies:
            raise MeasureError(
                f"rows have {row.columns} entries, expected one for each of the {strategies} strategies."
            )
        name = f"{prefix}{plain_text(label)}"
        own = [name] if len(row) == 1 else [f"{name} {text}" for text in row.labels]
        labeled = row.labeled(row.labels if isinstance(label, int) else own)
        total = labeled if total is None else total.followed_by(labeled)
    return total


def _read_exact(rows: object) -> Exact | None:
    """Return rows given as fractions, roots or symbolic numbers; None for floats, whole numbers and expressions."""
    given = list(rows.values()) if isinstance(rows, Mapping) else rows
    check_unmasked(given, "the table of rows", MeasureError)
    with contextlib.suppress(ValueError, TypeError):  # ragged or no rows: refused later
        if sp.issparse(given) or is_expression(given):
            return None
        if isinstance(given, Iterable) and any(map(is_expression, given)):
            return None
        array = np.asarray(given)
        return exact_array(np.atleast_2d(array)) if array.dtype == object else None
    return None


def _read_numbers(rows: object) -> NDArray[np.float64]:
    try:
        return float_array(rows, "the table of rows", TypeError)
    except TypeError as problem:
        raise MeasureError(
            f"the rows are {a_kind(rows)} that is no array of numbers: {problem} Expected a (k, n) array, or "
            "a list or mapping of rows: arrays of length n, or expressions such as model.probability(…)."
        ) from None


def _read_row(model: CausalModel, row: object) -> sp.csr_array:
    if is_expression(row):
        matrix, constant = affine_rows(model, row)
        if matrix.shape[0] != 1:
            raise MeasureError(
                f"row {one_line(row)} has {matrix.shape[0]} entries, expected a scalar. Give each entry as a row."
            )
        if constant.any():
            raise MeasureError(
                f"row {one_line(row)} has the constant {constant[0]:g}, expected a linear function of q. Leave it out, "
                "or multiply it by cp.sum(model.q), which is 1."
            )
        return matrix
    return _real_sparse(row) if sp.issparse(row) else sp.csr_array(_read_numbers(row).reshape(1, -1))


def _real_sparse(rows: Any) -> sp.csr_array:
    if rows.dtype.kind == "c":
        raise MeasureError("the sparse rows are complex, expected real numbers. Take .real if that is meant.")
    found: sp.csr_array = sp.csr_array(rows)
    return found
