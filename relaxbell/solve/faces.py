"""Faces of polytopes of behaviors: dimensions by exact ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import cell_weights
from relaxbell.causal.structures import without_any
from relaxbell.engines.linear.over import solve_over
from relaxbell.errors import FunctionalError, InfeasibleError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, common_denominator
from relaxbell.functionals.functional import BellFunctional
from relaxbell.solve.functional_bound import check_scenario, negated, rational_multiple

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel


@dataclass(frozen=True, eq=False)
class Face:
    """Where a functional attains its bound on a polytope of behaviors. True if that is a facet.

    Attributes
    ----------
    functional
        The functional.
    bound
        Its largest value, exact.
    dimension, polytope_dimension
        Of the face and of the polytope: ranks of exact points, one less.
    polytope
        What it is a face of.

    Examples
    --------
    >>> import relaxbell as rb
    >>> eq10 = rb.BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]}, name="Eq. (10)")
    >>> eq10.is_facet(rb.outcome_signaling((3, 3)))
    not a facet: Eq. (10) <= 4 has a face of dimension 17 in dimension 21
    >>> eq10.is_facet(rb.outcome_signaling((3, 3)), nonsignaling=True)
    a facet: Eq. (10) <= 4 has a face of dimension 14 in dimension 15, of non-signaling behaviors
    """

    functional: BellFunctional
    bound: ExactNumber
    dimension: int
    polytope_dimension: int
    polytope: str

    def __bool__(self) -> bool:
        return self.dimension == self.polytope_dimension - 1

    def __repr__(self) -> str:
        kind = "a facet" if self else "not a facet"
        return (
            f"{kind}: {self.functional} <= {self.bound} has a face of dimension {self.dimension} in dimension "
            f"{self.polytope_dimension}{self.polytope}"
        )


def face(functional: BellFunctional, model: CausalModel, nonsignaling: bool = False) -> Face:
    """Return the face of a model's polytope on which a functional is largest; see `BellFunctional.is_facet`."""
    table = check_scenario(functional, model)
    without_any(model, "a facet")
    if nonsignaling or model.dependent_inputs:
        return _face_of_slice(functional, model, nonsignaling)
    points = np.unique(model.T.toarray().T.astype(np.int64), axis=0)  # every vertex, and perhaps points between them
    values = points.astype(object) @ table.ravel()
    bound = max(values)
    return Face(
        functional,
        bound + functional.constant,
        _affine_dimension(points[values == bound]),
        _affine_dimension(points),
        "",
    )


def _affine_dimension(points: Any) -> int:
    """Return the dimension of the affine hull of points with rational coordinates; −1 for none."""
    import flint

    if not len(points):
        return -1
    rows = []
    for point in points:
        below = common_denominator([Fraction(v) for v in point])
        rows.append([below, *(int(v * below) for v in point)])
    return int(flint.fmpz_mat(rows).rank()) - 1


def _face_of_slice(functional: BellFunctional, model: CausalModel, nonsignaling: bool) -> Face:
    """Find affinely independent points by exact linear programs, until every direction left is constant."""
    rational, scale = rational_multiple(functional)
    search = _Slice(rational, model, nonsignaling)
    top = search.extreme(rational, None)
    if top is None:
        raise FunctionalError(f"{model.name} has no non-signaling behaviors. Leave out nonsignaling=True.")
    bound = search.value(top)
    whole = search.points(None)
    on_face = search.points(bound)
    where = ", of non-signaling behaviors" if nonsignaling else ""
    largest = scale * bound + functional.constant
    return Face(functional, largest, _affine_dimension(on_face), _affine_dimension(whole), where)


class _Slice:
    """The behaviors of a model, perhaps only the non-signaling ones, asked by exact linear programs."""

    def __init__(self, functional: BellFunctional, model: CausalModel, nonsignaling: bool) -> None:
        self.functional, self.model, self.nonsignaling = functional, model, nonsignaling
        ordered = functional.transposed(model.outputs, model.inputs)
        coordinates = ordered.coordinates if nonsignaling else model.coordinates
        if coordinates is None:
            raise FunctionalError(
                f"{functional.title} does not know which party chooses which input. "
                "Give parties={output: input or None}."
            )
        self.coordinates = coordinates
        self.weights = cell_weights(model)
        self.whole = BellFunctional(
            self._one_setting(), model.outputs, model.inputs, parties=ordered.parties, name="normalization"
        )

    def _one_setting(self) -> Exact:
        table = np.zeros(self.model.observed_shape, dtype=object)
        first: Any = (..., *(0 for _ in self.model.inputs))
        table[first] = 1
        return table

    def points(self, bound: ExactNumber | None) -> list[Exact]:
        """Return coordinates (1, u) of behaviors that span the slice, or its face where the functional has a value."""
        found: list[Exact] = []
        constant: list[list[int]] = []
        for table in self._local_points():
            if bound is None or self.value(table) == bound:
                found.append(self._vector(table))
        while True:
            direction = _open_direction(found, constant, self.coordinates.dimension + 1)
            if direction is None:
                return found
            form = np.array([Fraction(v) for v in direction], dtype=object)
            tilted = BellFunctional(
                self.coordinates.lift(form), self.model.outputs, self.model.inputs, parties=self.whole.parties
            )
            ends = [self.extreme(sign * tilted, bound) for sign in (1, -1)]
            if any(end is None for end in ends):
                return found
            new = [self._vector(end) for end in ends if end is not None]
            if len({(form * u).sum() for u in new}) == 1 and (
                not found or (form * found[0]).sum() == (form * new[0]).sum()
            ):
                constant.append(direction)
                if not found:
                    found.append(new[0])
            else:
                found += new

    def extreme(self, functional: BellFunctional, bound: ExactNumber | None) -> Exact | None:
        """Return an exact table at which a functional is largest; None if nothing is feasible."""
        pair = (self.whole, Fraction(1)) if bound is None else (self.functional, bound)
        equations = self.model.equations(Observed([pair], nonsignaling=self.nonsignaling))
        try:
            own = negated(functional, self.model)
            _, proof = solve_over(own, own.term, equations, [])
        except InfeasibleError:
            return None
        if proof.primal is None:
            raise SolverError(
                f"no exact maximum of {functional.title} was found on {self.model.name}. Please report it."
            )
        q = np.full(self.model.strategies.count, Fraction(0), dtype=object)
        for strategy, weight in proof.primal.items():
            q[strategy] = weight
        used = np.array(sorted(proof.primal))
        joint = self.model.T[:, used].astype(np.int64).toarray().astype(object) @ q[used]
        cells = [v / w if w else Fraction(0) for v, w in zip(joint, self.weights, strict=True)]
        return np.array(cells, dtype=object).reshape(self.model.observed_shape)

    def value(self, table: Exact) -> ExactNumber:
        """Return the value of the functional on a table in the model's order."""
        own = self.functional.transposed(self.model.outputs, self.model.inputs)
        value: ExactNumber = (own.coefficients * table).sum() + own.constant
        return value

    def _vector(self, table: Exact) -> Exact:
        u = self.coordinates.project(table * Fraction(1))
        u[0] = Fraction(1)
        return u

    def _local_points(self) -> list[Exact]:
        """Return deterministic behaviors in the slice: they cost no linear program."""
        if self.model.dependent_inputs:
            return []
        points = np.unique(self.model.T.toarray().T.astype(np.int64), axis=0).reshape(-1, *self.model.observed_shape)
        gaps = self.coordinates.signaling(np.moveaxis(points, 0, -1)) if self.nonsignaling else np.zeros(len(points))
        return [point.astype(object) for point in points[gaps == 0]]


def _open_direction(found: list[Exact], constant: list[list[int]], size: int) -> list[int] | None:
    """Return a direction that is constant on the points found but not yet proved to be so everywhere, or None."""
    import flint

    if not found:
        return [0, 1, *(0,) * (size - 2)]
    rows = [[int(v * common_denominator(u)) for v in u] for u in found]
    basis, nullity = flint.fmpz_mat(rows).nullspace()
    known = flint.fmpz_mat(constant).rank() if constant else 0
    for column in range(nullity):
        direction = [int(basis[i, column]) for i in range(size)]
        if flint.fmpz_mat([*constant, direction]).rank() > known:
            divisor = math.gcd(*direction)
            return [v // divisor for v in direction]
    return None
