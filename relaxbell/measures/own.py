"""`measure`: one's own measure, from rows or from a term."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.measures.measure import LinearMeasure, check_model, check_texts
from relaxbell.measures.own_rows import RowsLike, read_rows
from relaxbell.measures.terms import Largest, LargestRow, Leaf, Linear, SumOfRows, Term

Norm = Literal["max", "sum", "linear", "max of sums"]


def measure(
    model: CausalModel,
    rows: RowsLike | Term,
    *,
    norm: Norm = "max",
    name: str = "measure",
    unit: str = "probability",
) -> LinearMeasure:
    """Return one's own measure: a norm of linear functions of q, or sums and maxima of norms.

    Parameters
    ----------
    model
        The model.
    rows
        A mapping from a label to a row, or a list of rows; a row is an array of length n, or a CVXPY expression affine
        in ``model.q`` without constant, such as ``model.probability(…)``, or one of ``model.rows(…)``
        or a difference of two, which need no
        list of strategies. Or a (k, n) array, dense or sparse. For ``max of sums``: a mapping from a label to such a
        group of rows. Or a term of `relaxbell.measures.terms`, for any sums and maxima; it has its own norms.
    norm
        ``max``: max |row · q|; ``sum``: Σ |row · q|; ``linear``: Σ row · q, signed; ``max of sums``.
    name, unit
        For messages.

    Returns
    -------
    LinearMeasure
        Its certificates state the rows themselves.

    Raises
    ------
    MeasureError
        If the rows do not fit the model, have masked or complex entries or NaN, the norm is unknown, or a term has
        none or is given one, or name or unit is no text.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> shift = model.probability({"B": 0}, do={"X": 0}) - model.probability({"B": 0}, do={"X": 1})
    >>> rb.measure(model, {"shift of p(B=0)": shift}, name="average influence").rows
    ('shift of p(B=0)',)
    """
    check_model(model, "a measure")
    check_texts(name, unit)
    if isinstance(rows, Term):
        if norm != "max":
            raise MeasureError(f"norm is {norm!r}, but a term has its own norms. Leave it out.")
        _check_size(model, rows, name)
        return LinearMeasure(model, name, unit, term=rows)
    single: dict[str, type[Leaf]] = {"max": LargestRow, "sum": SumOfRows, "linear": Linear}
    if norm == "max of sums":
        if not isinstance(rows, Mapping) or not rows:
            raise MeasureError("the rows of a max of sums are a mapping from a label to a group of rows.")
        groups = tuple(SumOfRows(read_rows(model, group, f"{label} ")) for label, group in rows.items())
        return LinearMeasure(model, name, unit, term=Largest(groups))
    if norm not in single:
        raise MeasureError(f"norm {norm!r} is unknown, expected 'max', 'sum', 'linear' or 'max of sums'.")
    return LinearMeasure(model, name, unit, term=single[norm](read_rows(model, rows, "")))


def _check_size(model: CausalModel, term: Term, name: str) -> None:
    n = model.strategies.count
    if not any(True for _ in term.leaves()):
        raise MeasureError(f"{name} is a term without rows. Give at least one.")
    for leaf in term.leaves():
        if leaf.rows.columns != n:
            raise MeasureError(
                f"{name} has rows of {leaf.rows.columns} entries, expected one for each of the {n} strategies "
                f"of {model.name}."
            )
