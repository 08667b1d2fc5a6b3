"""`quantum_set`, `nonsignaling_set`: sets of behaviors as CVXPY objects, with rigorous bounds of functionals."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.table import known_parties
from relaxbell.certificate.claims import as_text, as_texts
from relaxbell.errors import BehaviorError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, to_floats
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.functional import BellFunctional
from relaxbell.quantum.base import BehaviorSet, about_set
from relaxbell.quantum.levels import Lengths, read_level
from relaxbell.quantum.moments import Moments, moments
from relaxbell.quantum.proofs import Attempt, factor, rational_above, slacks
from relaxbell.quantum.reduction import action, invariant_blocks
from relaxbell.quantum.squares import least_squares_bound, solve_conic
from relaxbell.quantum.unpacked import Unpacked, is_graph
from relaxbell.verify.words import Word

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression, Variable

_SCALES = (2, 8, 1, 16, 32, -8)
"""Largest coefficient of the programs that are tried: over sums of squares, or (negative) over moments."""

_SLOWER, _TINY = 1e-7, 40
"""As much more, relative, is not worth the program over moments; words up to which it takes no time."""

_FEW = 60
"""Words up to which the program over moments is tried, which has no blocks; rows of a block for several scales."""

_EXCESS = 2e-9
"""So much more than the solver's value, relative to the largest coefficient, no other program is tried."""


class NonsignalingSet(BehaviorSet):
    """All no-signaling behaviors of a scenario, see `nonsignaling_set`.

    Parameters
    ----------
    scenario, graph
        Whose behaviors, see `BehaviorSet`.

    Attributes
    ----------
    scenario, graph, inner
        As in `BehaviorSet`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.nonsignaling_set(rb.boxes.pr())
    no-signaling set of Scenario 2222: p(A,B|X,Y)
    """

    @property
    def name(self) -> str:
        """The set in words."""
        return "no-signaling"

    @property
    def kind(self) -> str:
        """The set in certificates."""
        return "nonsignaling"

    @cached_property
    def _variable(self) -> Variable:
        import cvxpy as cp

        return cp.Variable(self.coordinates.dimension)

    @property
    def variable(self) -> tuple[Variable, NDArray[np.intp]]:
        """The coordinates but the constant."""
        return self._variable, np.arange(-1, self.coordinates.dimension)

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        import cvxpy as cp

        vector = cp.hstack([1.0, self._variable])
        return vector, [self.expansion @ vector >= 0]

    def scaled(self, weight: float | Expression) -> tuple[Expression, list[Constraint]]:
        """Return coordinates of a no-signaling behavior times a weight that is a variable, with their constraints.

        Parameters
        ----------
        weight
            At least 0.

        Returns
        -------
        tuple
            The coordinates, the weight first, and constraints.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.nonsignaling_set(rb.boxes.pr()).scaled(0.5)[0].shape
        (9,)
        """
        import cvxpy as cp

        vector = cp.hstack([weight, cp.Variable(self.coordinates.dimension)])
        return vector, [self.expansion @ vector >= 0]

    def _solved(self, table: Exact) -> tuple[float, NDArray[Any] | None, dict[str, Any], bool]:
        value, point, proof = self.largest(self.form(table))
        return float(value), point, proof, True

    def largest(self, form: Exact) -> tuple[ExactNumber, Exact, dict[str, Any]]:
        """Return the largest value of coefficients over the coordinates: exact, where, and its proof.

        Parameters
        ----------
        form
            The constant first.

        Returns
        -------
        tuple
            The value, coordinates, plain data.

        Examples
        --------
        >>> import relaxbell as rb
        >>> where = rb.nonsignaling_set(rb.catalog.CHSH)
        >>> where.largest(where.coordinates.pull_back(rb.catalog.CHSH.coefficients))[0]
        Fraction(4, 1)
        """
        return self.largest_within(form, [])[:3]

    def largest_within(
        self, form: Exact, limits: Sequence[tuple[Exact, ExactNumber]]
    ) -> tuple[ExactNumber, Exact, dict[str, Any], list[ExactNumber]]:
        """Return the same where other forms have limits, and the multipliers of these.

        The proof is that of the form minus what the multipliers make of the others.

        Parameters
        ----------
        form
            The constant first.
        limits
            Forms, and the most that each may be.

        Returns
        -------
        tuple
            The value, coordinates, plain data, multipliers.

        Examples
        --------
        >>> import relaxbell as rb
        >>> where, f = rb.nonsignaling_set(rb.catalog.CHSH), rb.catalog.CHSH
        >>> form = where.form(f.coefficients)
        >>> value, _, _, multipliers = where.largest_within(form, [(form, 3)])
        >>> value, multipliers
        (Fraction(3, 1), [Fraction(1, 1)])
        """
        value, table, point = slacks(self.expansion.T, form, limits)
        slack, multipliers = table[: len(self.expansion)], table[len(self.expansion) :]
        rest = value - sum((y * most for y, (_, most) in zip(multipliers, limits, strict=True)), Fraction(0))
        proof = {"table": as_texts(slack), "bound": as_text(rest)}
        return value, np.array([Fraction(1), *point], dtype=object), proof, multipliers

    def __repr__(self) -> str:
        return f"no-signaling set of {about_set(self)}"


class QuantumSet(BehaviorSet):
    """A level of the NPA hierarchy, which contains every quantum behavior of a scenario, see `quantum_set`.

    Parameters
    ----------
    scenario, graph
        Whose behaviors, see `BehaviorSet`.
    level
        Which words of projectors, see `quantum_set`.

    Attributes
    ----------
    level
        As given.
    scenario, graph, inner
        As in `BehaviorSet`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_set(rb.boxes.pr(), "1+AB")
    quantum set (level 1+AB, 9 words) of Scenario 2222: p(A,B|X,Y)
    """

    def __init__(self, scenario: Scenario, level: int | str, *, graph: Unpacked | None = None) -> None:
        self.level = level
        super().__init__(scenario, graph=graph)
        self.moments  # noqa: B018 - errors of MoMPy, level and size come now

    @property
    def name(self) -> str:
        """The set in words."""
        return f"quantum (level {self.level})"

    @property
    def kind(self) -> list[list[int]]:
        """The set in certificates: the lengths of its words, for each party."""
        return [list(lengths) for lengths in self._lengths]

    @property
    def matrix(self) -> Expression:
        """The moment matrix as a CVXPY expression."""
        return self.moments.matrix

    @property
    def words(self) -> tuple[Word, ...]:
        """Behind the rows of the moment matrix: for each party pairs (setting, outcome)."""
        return tuple(self.moments.words)

    @cached_property
    def _lengths(self) -> Lengths:
        return read_level(self.level, self.inner.outputs)

    @cached_property
    def sizes(self) -> list[list[int]]:
        """For each party the number of outcomes of each setting."""
        own, parties = self.inner, known_parties(self.inner)
        chosen = [(own.cardinality[a], parties[a]) for a in own.outputs]
        return [[outcomes] * (1 if x is None else own.cardinality[x]) for outcomes, x in chosen]

    @cached_property
    def moments(self) -> Moments:
        """The moment matrix with its variables."""
        return moments(self.sizes, self._lengths, self.coordinate_words, f"level {self.level} of {about_set(self)}")

    @property
    def variable(self) -> tuple[Variable, NDArray[np.intp]]:
        """All moments."""
        return self.moments.vector, self.moments.coordinates

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        return self.moments.vector[self.moments.coordinates], self.moments.constraints

    def _solved(self, table: Exact) -> tuple[float, NDArray[Any] | None, dict[str, Any], bool]:
        own = self.form(table)
        found = attempt(self, own, table if self.graph is None else self.coordinates.lift(own))
        return found.value, found.point, {"above": rational_above(table), **found.rows}, False

    def _blocks(self, table: Exact | None) -> list[NDArray[np.float64]]:
        """Return what symmetries of a functional leave of the matrix, see `relaxbell.quantum.reduction`."""
        own, words = self.inner, self.moments.words
        if table is None:
            return [np.eye(len(words))[:, :, None]]
        symmetries = BellFunctional(table, own.outputs, own.inputs, parties=own.parties).symmetries()
        found = [action(g, words, own.outputs, self.sizes) for g in symmetries.generators]
        blocks = invariant_blocks(kept) if (kept := [own for own in found if own is not None]) else None
        return [np.eye(len(words))[:, :, None]] if blocks is None else blocks

    def _by_squares(self, form: Floats, size: float, blocks: list[NDArray[np.float64]]) -> Attempt:
        """Return what the program over sums of squares finds for a form times `size`."""
        words, named = self.moments.words, dict(zip(self.coordinate_words, form.tolist(), strict=True))
        value, matrix, known = least_squares_bound(words, named, self.name, blocks)
        point = np.array([known[word] for word in self.coordinate_words])
        return factor(words, named, matrix, size, value + form[0], point)

    def _by_moments(self, form: Floats, size: float) -> Attempt:
        """Return what the program over moments finds."""
        import cvxpy as cp

        _, constraints, vector = self.objects
        problem = cp.Problem(cp.Maximize(form @ vector), constraints)
        solve_conic(problem, self.name)
        dual, named = (
            np.asarray(constraints[0].dual_value),
            dict(zip(self.coordinate_words, form.tolist(), strict=True)),
        )
        return factor(self.moments.words, named, dual, size, float(problem.value), np.asarray(vector.value))

    def __repr__(self) -> str:
        return f"quantum set (level {self.level}, {len(self.moments.words)} words) of {about_set(self)}"


def attempt(where: QuantumSet, exact: Exact, table: Exact | None = None) -> Attempt:
    """Return the best that programs find for coefficients over the coordinates, the constant first.

    `table` has the same over the cells of the Bell scenario behind, for its symmetries; None where it has none.
    """
    form = to_floats(exact)
    largest = float(abs(form[1:]).max(initial=0.0)) or 1.0
    best: Attempt | None = None
    blocks = where._blocks(table)
    most = 1 if max(basis.shape[1] for basis in blocks) > _FEW else 5 if len(where.moments.words) > _FEW else None
    for scale in _SCALES[:most]:  # solvers end at different distances from the optimum: the proofs say at which
        if scale < 0 and best is not None and best.excess <= _SLOWER * largest and len(where.moments.words) > _TINY:
            break
        size = largest / abs(scale)
        with contextlib.suppress(*(() if best is None else (SolverError,))):
            found = where._by_squares(form / size, size, blocks) if scale > 0 else where._by_moments(form / size, size)
            best = found if best is None or found.bound < best.bound else best
        if best is not None and best.excess <= _EXCESS * largest:
            break
    assert best is not None  # the first attempt raises, or is there
    return best


def scenario_of(given: object) -> Scenario:
    """Return a scenario, or that of a behavior, functional or model.

    Raises
    ------
    BehaviorError
        If there is none.
    """
    found = given if isinstance(given, Scenario) else getattr(given, "scenario", None)
    if not isinstance(found, Scenario):
        raise BehaviorError(
            f"found {a_kind(given)}, expected a Scenario, or a behavior, functional or model that has one. Give "
            "functional.scenario."
        )
    return found


def quantum_set(scenario: object, level: int | str) -> QuantumSet:
    """Return a level of the NPA hierarchy: a set that contains every quantum behavior of a scenario.

    Parameters
    ----------
    scenario
        A `Scenario`, or a behavior, functional or model that has one: any numbers of parties, settings and outcomes.
    level
        Which products of projectors the moment matrix has: 1, 2, 3 for all of at most so many factors, and more by the
        outputs that they belong to: ``"1+AB"``, ``"1+AB+AC+BC"``, ``"2+AAB"``; ``"1+A1 A2"`` where names are longer.

    Returns
    -------
    QuantumSet
        With ``p``, the table as a CVXPY expression, and ``constraints``, for any ``cp.Problem``; ``maximum(f)``
        with its certificate. `BellFunctional.bound` takes it in the place of a model.

    Raises
    ------
    RelaxbellError
        If MoMPy is not installed (extra ``quantum``).
    BehaviorError
        If there is no scenario, or it is not known which party chooses which input.
    UnsupportedModelError
        If there is no such level, it is too large, or does not reach the outcomes of all parties together.

    Notes
    -----
    Navascués, Pironio, Acín, doi:10.1088/1367-2630/10/7/073013. The moment matrix comes from MoMPy. A solver's numbers
    are not believed: from its dual solution follows a sum of squares L Lᵀ in integers, which the verifier compares
    with the functional, moment by moment; it finds for itself which moments are equal.

    Examples
    --------
    >>> import cvxpy as cp
    >>> import relaxbell as rb
    >>> quantum = rb.quantum_set(rb.catalog.CH, "1+AB")
    >>> rb.catalog.CH.bound(quantum) < 0.2071068  # (√2 − 1)/2, rounded up
    True
    >>> p = quantum.p
    >>> never = [p[0, 0, 0, 0] == 0, p[0, 1, 1, 0] == 0, p[1, 0, 0, 1] == 0]
    >>> problem = cp.Problem(cp.Maximize(p[0, 0, 1, 1]), [*quantum.constraints, *never])
    >>> round(float(problem.solve(solver="CLARABEL", canon_backend="SCIPY")), 5)  # Hardy's paradox: (5√5 − 11)/2
    0.09017
    """
    if is_graph(scenario):
        graph = Unpacked(scenario)
        return QuantumSet(graph.model.scenario, level, graph=graph)
    return QuantumSet(scenario_of(scenario), level)


def nonsignaling_set(scenario: object) -> NonsignalingSet:
    """Return the set of all no-signaling behaviors of a scenario.

    Parameters
    ----------
    scenario
        A `Scenario`, or a behavior, functional or model that has one.

    Returns
    -------
    NonsignalingSet
        With ``p``, ``constraints`` and ``maximum`` as `quantum_set`; largest values are exact.

    Raises
    ------
    BehaviorError
        If there is no scenario, or it is not known which party chooses which input.

    Examples
    --------
    >>> import relaxbell as rb
    >>> f = rb.catalog.I3322
    >>> f.bound(rb.bell((3, 3))), f.bound(rb.nonsignaling_set(f))
    (Fraction(0, 1), Fraction(1, 1))
    """
    if is_graph(scenario):
        graph = Unpacked(scenario)
        return NonsignalingSet(graph.model.scenario, graph=graph)
    return NonsignalingSet(scenario_of(scenario))
