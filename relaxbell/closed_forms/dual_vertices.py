"""The paper's own view: all vertices of the dual region of Corollary 8, as in Table I."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.closed_forms.derive import require_ppl
from relaxbell.closed_forms.domains import read_domain
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.errors import BehaviorError, ClosedFormError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.exact.polyhedra import Point, Polyhedron
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError, deadline, left, read_seconds, seconds_text
from relaxbell.measures.measure import LinearMeasure, Measure, read_measure

_LARGEST_DIMENSION = 40
"""Double description of larger dual regions does not end, and a step of it cannot be interrupted."""


@dataclass(frozen=True, eq=False)
class DualVertices:
    """Vertices z of the dual region: min measure = max_i ⟨z_i, p⟩ for every p that the model reproduces.

    Unlike a `ClosedForm` it contains redundant vertices, and gauge-equivalent ones only once: as many cells as there
    are linear dependencies between the rows of T are zero, the first possible ones in the table's order.

    Attributes
    ----------
    measure
        What is minimized.
    vertices
        Exact, shape (K, outputs …, inputs …) in the model's order of axes.
    zero_cells
        Cells that the gauge sets to zero.

    Examples
    --------
    >>> import relaxbell as rb
    >>> table = rb.dual_vertices(rb.influence(rb.input_signaling(), "X", "B"))
    >>> len(table), table(rb.boxes.pr())
    (13, Fraction(1, 2))
    """

    measure: Measure
    vertices: Exact
    zero_cells: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.vertices)

    def __call__(self, behavior: Behavior) -> ExactNumber:
        """Return the maximum over the vertices at an exact behavior that the model reproduces."""
        exact = self.measure.model.match(behavior).exact
        if exact is None:
            raise BehaviorError("the vertices are exact: found a behavior of floats, expected Fractions or a + b√n.")
        return max((z * exact).sum() for z in self.vertices)

    def functionals(self) -> tuple[BellFunctional, ...]:
        """Return the vertices as functionals of p.

        Returns
        -------
        tuple of BellFunctional
            In the order of `vertices`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> table = rb.dual_vertices(rb.influence(rb.input_signaling(), "X", "B"))
        >>> sum(f.equivalent(rb.catalog.CH) for f in table.functionals())  # Table I: points 2–9
        8
        """
        model = self.measure.model
        return tuple(BellFunctional(z, model.outputs, model.inputs) for z in self.vertices)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names p(ab|xy) of the cells in the order of Table I: settings, then outcomes."""
        return tuple(_name(self.measure.model, cell) for cell in table_order(self.measure.model))

    @cached_property
    def rows(self) -> tuple[tuple[Fraction, ...], ...]:
        """The vertices in the order of `columns`."""
        order = table_order(self.measure.model)
        return tuple(tuple(z[cell] for cell in order) for z in self.vertices)

    def __repr__(self) -> str:
        width = max(5, *(len(name) for name in self.columns)) + 1
        head = f"{'#':>4} " + "".join(f"{name:>{width}}" for name in self.columns)
        body = [f"{k:>4} " + "".join(f"{v!s:>{width}}" for v in row) for k, row in enumerate(self.rows, start=1)]
        return "\n".join([f"{len(self)} dual vertices of {self.measure.name}, {self.measure.model.name}", head, *body])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in self.columns)
        body = "".join(
            f"<tr><th>{k}</th>{''.join(f'<td>{v}</td>' for v in row)}</tr>" for k, row in enumerate(self.rows, start=1)
        )
        caption = f"dual vertices of {escape(self.measure.name)}"
        return f"<table><caption>{caption}</caption><tr><th>#</th>{head}</tr>{body}</table>"


def table_order(model: CausalModel) -> list[tuple[int, ...]]:
    """Return the cells (outputs, inputs) sorted by setting, then outcome."""
    k = len(model.outputs)
    outputs, inputs = model.observed_shape[:k], model.observed_shape[k:]
    return [(*a, *x) for x in np.ndindex(*inputs) for a in np.ndindex(*outputs)]


def _name(model: CausalModel, cell: Sequence[int]) -> str:
    k = len(model.outputs)
    joint = "" if max(model.observed_shape) <= 10 else ","
    return f"p({joint.join(map(str, cell[:k]))}|{joint.join(map(str, cell[k:]))})"


def dual_vertices(measure: Measure, *, seconds: float = 60.0) -> DualVertices:
    """Return all vertices of the dual region of Corollary 8, projected to z, with the gauge fixed.

    Observing by double description from one inequality for each strategy, so for small models only;
    `closed_form` derives the irredundant terms of larger ones.

    Parameters
    ----------
    measure
        A measure with an exact linear program.
    seconds
        After this time the enumeration is refused; infinity for no limit.

    Returns
    -------
    DualVertices
        Exact, as in Table I; call it on a behavior.

    Raises
    ------
    ClosedFormError
        If the enumeration takes too long.
    MeasureError
        As `closed_form`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> len(rb.dual_vertices(rb.influence(rb.outcome_signaling(), "A", "B")))
    21
    """
    own = read_measure(measure, "dual vertices are of").linear("dual vertices")
    limit = read_seconds(seconds, ClosedFormError)
    require_ppl()
    with deadline(limit, f"listing the dual vertices of {own.name}", least=False):
        try:
            return _dual_vertices(own, limit)
        except TimeLimitError as error:
            raise ClosedFormError(f"the linear program of the dual region was not written in time: {error}") from None


def _dual_vertices(measure: LinearMeasure, limit: float | None) -> DualVertices:
    model = measure.model
    problem = Problem(measure.term, read_domain(model, "model").equations())
    program = linear_program(problem)
    if program.integers is None:
        raise ClosedFormError(
            f"{measure.name} has coefficients that are no small fractions, expected denominators up to 2^20. Simplify "
            "them."
        )
    integers = program.integers
    order = [int(np.ravel_multi_index(cell, model.observed_shape)) for cell in table_order(model)]
    weights = cell_weights(model)
    order = [i for i in order if weights[i] != 0]
    fixed = _gauge(model, order)
    kept = [i for i in range(integers.matrix.shape[0]) if i not in fixed and not (i < len(weights) and weights[i] == 0)]
    matrix = integers.matrix.toarray()[kept]
    # cost − matrixᵀ y ≥ 0 for every column, y ≤ 0 for inequalities
    rows = {(int(c), *(-int(v) for v in column)) for c, column in zip(integers.cost, matrix.T, strict=True)}
    for k, i in enumerate(kept):
        if not integers.equality[i]:
            rows.add((0, *(-1 if j == k else 0 for j in range(len(kept)))))
    points = _enumerated(sorted(rows), len(kept), limit, measure)
    cells = len(weights)
    found = set()
    for point in points:
        z = [Fraction(0)] * cells
        for v, i in zip(point.coordinates, kept, strict=True):
            if i < cells:
                z[i] = Fraction(v * int(program.units[i]), point.divisor * program.cost_unit) * weights[i]
        found.add(tuple(z))
    ordered = sorted(found, key=lambda z: (sum(v != 0 for v in z), [-v for v in z]))
    table = np.array(ordered, dtype=object).reshape(len(ordered), *model.observed_shape)
    zero = tuple(tuple(int(v) for v in np.unravel_index(i, model.observed_shape)) for i in fixed)
    return DualVertices(measure, table, zero)


def _gauge(model: CausalModel, order: Sequence[int]) -> list[int]:
    """Return the first cells, greedily in the given order, whose rows of T depend on the rows that are kept."""
    import flint

    dense = model.T.toarray().astype(np.int64)
    columns = np.unique(dense, axis=1)
    # a row may go if the kernel of Tᵀ, restricted to the rows that go, keeps full rank
    kernel = _left_kernel(columns)
    gone: list[int] = []
    for i in order:
        trial = [*gone, i]
        if len(trial) > len(kernel):
            break
        if flint.fmpz_mat([[row[j] for j in trial] for row in kernel]).rank() == len(trial):
            gone = trial
    return gone


def _left_kernel(matrix: NDArray[Any]) -> list[list[int]]:
    """Return a basis of the whole vectors w with wᵀ matrix = 0."""
    import flint

    basis, rank = flint.fmpz_mat(matrix.T.tolist()).nullspace()
    dense = basis.tolist()
    return [[int(dense[i][j]) for i in range(len(dense))] for j in range(int(rank))]


def _enumerated(rows: Sequence[tuple[int, ...]], dimension: int, limit: float | None, measure: Measure) -> list[Point]:
    if dimension > _LARGEST_DIMENSION:
        raise ClosedFormError(
            f"the dual region of {measure.name} has dimension {dimension} and {len(rows):,} inequalities, expected at "
            f"most dimension {_LARGEST_DIMENSION}: its vertices cannot be listed. Use closed_form, which derives the "
            "irredundant terms only."
        )
    polyhedron = Polyhedron(dimension)
    done = polyhedron.add_in_steps(rows, left)
    if done < len(rows):
        raise ClosedFormError(
            f"the dual region of {measure.name} has dimension {dimension} and {len(rows):,} inequalities; after "
            f"{seconds_text(limit)} {done:,} were taken in. Use closed_form, which derives the irredundant terms only."
        )
    return list(polyhedron.vertices())
