"""`quantum_set`, `nonsignaling_set`: sets of behaviors as CVXPY objects, with rigorous bounds of functionals."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.derived import nonsignaling_coordinates
from relaxbell.behavior.scenario import Scenario, same_variables
from relaxbell.behavior.table import known_parties
from relaxbell.certificate.claims import Certificate, as_text, as_texts, refused
from relaxbell.errors import BehaviorError, FunctionalError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, to_floats
from relaxbell.exact.texts import a_kind
from relaxbell.frozen import Frozen
from relaxbell.functionals.functional import BellFunctional
from relaxbell.quantum.levels import Lengths, read_level
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.moments import Moments, coordinate_words, moments
from relaxbell.quantum.proofs import Attempt, claimed, common_data, factor, proven, rational_above, slacks
from relaxbell.quantum.reduction import action, invariant_blocks
from relaxbell.quantum.squares import least_squares_bound, solve_conic
from relaxbell.verify import Refused
from relaxbell.verify.sets import Word

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression

_SCALES = (2, 8, 1, 16, 32, -8)
"""Largest coefficient of the programs that are tried: over sums of squares, or (negative) over moments."""

_SLOWER, _TINY = 1e-7, 40
"""As much more, relative, is not worth the program over moments; words up to which it takes no time."""

_FEW = 60
"""Words up to which the program over moments is tried, which has no blocks; rows of a block for several scales."""

_EXCESS = 2e-9
"""So much more than the solver's value, relative to the largest coefficient, no other program is tried."""


class BehaviorSet(Frozen):
    """A convex set of no-signaling behaviors of a scenario: what `quantum_set` and `nonsignaling_set` return.

    Parameters
    ----------
    scenario
        Whose behaviors; which party chooses which input is known.

    Attributes
    ----------
    scenario
        As given.

    Examples
    --------
    >>> import relaxbell as rb
    >>> isinstance(rb.nonsignaling_set(rb.boxes.pr()), rb.classes.BehaviorSet)
    True
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        known_parties(scenario)
        self._seal()

    # ------------------------------------------------------------- as CVXPY objects

    @property
    def p(self) -> Expression:
        """The table p(outputs|inputs) as a CVXPY expression, axes outputs, then inputs, as in `scenario`.

        CVXPY warns that it takes another backend for tables of many axes; ``solve(canon_backend="SCIPY")`` asks for it.
        Of a level of the NPA hierarchy, entries may be negative where it does not imply p ≥ 0.
        """
        return self.objects[0]

    @property
    def constraints(self) -> list[Constraint]:
        """What CVXPY needs beside `p`, for anyone's own problem."""
        return list(self.objects[1])

    @cached_property
    def objects(self) -> tuple[Expression, list[Constraint], Expression]:
        """The table, its constraints, and the Collins–Gisin coordinates, the constant first."""
        import cvxpy as cp

        vector, constraints = self._vector()
        table = cp.reshape(self.expansion @ vector, self.scenario.shape, order="C")
        return table, constraints, vector

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        raise NotImplementedError

    # ------------------------------------------------------------------- of a scenario

    @property
    def name(self) -> str:
        """The set in words."""
        raise NotImplementedError

    @property
    def kind(self) -> str | list[list[int]]:
        """The set in certificates."""
        raise NotImplementedError

    @cached_property
    def coordinates(self) -> Coordinates:
        """Collins–Gisin coordinates of the scenario's no-signaling behaviors."""
        return nonsignaling_coordinates(self.scenario)

    @cached_property
    def expansion(self) -> NDArray[np.int64]:
        """The table's cells as integer combinations of the coordinates, the constant first."""
        units = np.eye(self.coordinates.dimension + 1, dtype=np.int64)
        found: NDArray[np.int64] = self.coordinates.expand(units).reshape(-1, len(units))
        return found

    def aligned(self, functional: BellFunctional) -> BellFunctional:
        """Return a functional with the axes of this scenario.

        Parameters
        ----------
        functional
            Of the same variables.

        Returns
        -------
        BellFunctional
            The same one.

        Raises
        ------
        FunctionalError
            If it is none, or of another scenario.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.nonsignaling_set(rb.catalog.CHSH).aligned(rb.catalog.CHSH) is rb.catalog.CHSH
        True
        """
        if not isinstance(functional, BellFunctional):
            raise FunctionalError(f"found {a_kind(functional)}, expected a BellFunctional of {self.scenario}.")
        own = self.scenario
        if not same_variables(functional, own) or dict(functional.scenario.cardinality) != dict(own.cardinality):
            raise FunctionalError(
                f"{functional.title} lives on {functional.scenario}, the {self.name} set on {own}. Make the set of its "
                "scenario: functional.scenario."
            )
        if (functional.outputs, functional.inputs) == (own.outputs, own.inputs):
            return functional
        return functional.transposed(own.outputs, own.inputs)

    # ------------------------------------------------------------------- largest values

    def maximum(self, functional: BellFunctional) -> SetMaximum:
        """Return the largest value of a functional on the set: a number, a rigorous bound, a certificate.

        Parameters
        ----------
        functional
            Of the same scenario.

        Returns
        -------
        SetMaximum
            Exact for no-signaling behaviors; for a level of the NPA hierarchy the solver's number and an exact upper
            bound, which holds for every quantum behavior.

        Raises
        ------
        FunctionalError
            If the scenarios differ.
        SolverError
            If the solver ends without a solution.
        CertificateError
            If the proof exceeds the limits of the verifier.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.quantum_set(rb.catalog.CHSH, 1).maximum(rb.catalog.CHSH)
        >>> round(found.value, 7), found.upper_bound < 2.8284272
        (2.8284271, True)
        >>> "is at most 2.828427" in found.certificate.verify()
        True
        """
        own = self.aligned(functional)
        value, point, proof, exact = self._solved(own.coefficients)
        numbers = [*own.coefficients.ravel().tolist(), own.constant]
        data = common_data(self.scenario, numbers) | {
            "measure": {
                "kind": "functional", "set": self.kind, "coefficients": as_texts(numbers[:-1]),
                "constant": as_text(own.constant),
            },
            "proof": proof,
        }  # fmt: skip
        bound = self._proven(data)
        behavior = None
        if point is not None:
            table = self.coordinates.expand(point)
            behavior = Behavior(table, own.outputs, own.inputs, parties=own.parties) if exact else _near(table, own)
        certificate = Certificate(claimed(data, bound))
        value = float(min(value + float(own.constant), float(bound)))
        return SetMaximum(self.name, value, bound, bound if exact else None, behavior, certificate)

    @staticmethod
    def _proven(data: dict[str, Any]) -> ExactNumber:
        try:
            return proven(data)
        except Refused as refusal:
            raise refused(refusal) from None

    def _solved(self, table: Exact) -> tuple[float, NDArray[Any] | None, dict[str, Any], bool]:
        """Return value, coordinates where it is attained, proof, and whether it is exact; without the constant."""
        raise NotImplementedError

    def proof_of(self, table: Exact) -> dict[str, Any]:
        """Return the proof of the largest value of coefficients, as it stands in a certificate.

        Parameters
        ----------
        table
            Coefficients over the cells, in the order of the scenario.

        Returns
        -------
        dict
            Plain data.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.nonsignaling_set(rb.catalog.CHSH).proof_of(rb.catalog.CHSH.coefficients)["bound"]
        '4'
        """
        return self._solved(table)[2]


class NonsignalingSet(BehaviorSet):
    """All no-signaling behaviors of a scenario, see `nonsignaling_set`.

    Parameters
    ----------
    scenario
        Whose behaviors.

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

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        import cvxpy as cp

        vector = cp.hstack([1.0, cp.Variable(self.coordinates.dimension)])
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
        form = self.coordinates.pull_back(table)
        value, slack, point = slacks(self.expansion.T, form)
        proof = {"table": as_texts(slack), "bound": as_text(value)}
        return float(value), np.array([Fraction(1), *point], dtype=object), proof, True

    def __repr__(self) -> str:
        return f"no-signaling set of {self.scenario}"


class QuantumSet(BehaviorSet):
    """A level of the NPA hierarchy, which contains every quantum behavior of a scenario, see `quantum_set`.

    Parameters
    ----------
    scenario
        Whose behaviors.
    level
        Which words of projectors, see `quantum_set`.

    Attributes
    ----------
    level
        As given.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_set(rb.boxes.pr(), "1+AB")
    quantum set (level 1+AB, 9 words) of Scenario 2222: p(A,B|X,Y)
    """

    def __init__(self, scenario: Scenario, level: int | str) -> None:
        self.level = level
        super().__init__(scenario)
        self._moments  # noqa: B018 - errors of MoMPy, level and size come now

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
        return self._moments.matrix

    @property
    def words(self) -> tuple[Word, ...]:
        """Behind the rows of the moment matrix: for each party pairs (setting, outcome)."""
        return tuple(self._moments.words)

    @cached_property
    def _lengths(self) -> Lengths:
        return read_level(self.level, self.scenario.outputs)

    @cached_property
    def _inputs(self) -> list[int | None]:
        parties = known_parties(self.scenario)
        chosen = [parties[a] for a in self.scenario.outputs]
        return [None if x is None else self.scenario.inputs.index(x) for x in chosen]

    @cached_property
    def _words(self) -> list[Word]:
        return coordinate_words(self.coordinates, self._inputs)

    @cached_property
    def _sizes(self) -> list[list[int]]:
        own, k = self.scenario, len(self.scenario.outputs)
        counts = [1 if x is None else own.shape[k + x] for x in self._inputs]
        return [[outcomes] * count for outcomes, count in zip(own.shape, counts, strict=False)]

    @cached_property
    def _moments(self) -> Moments:
        own = self.scenario
        return moments(self._sizes, self._lengths, self._words, f"level {self.level} of {own}")

    def _vector(self) -> tuple[Expression, list[Constraint]]:
        return self._moments.vector[self._moments.coordinates], self._moments.constraints

    def _solved(self, table: Exact) -> tuple[float, NDArray[Any] | None, dict[str, Any], bool]:
        form = self.coordinates.pull_back(to_floats(table))
        largest = float(abs(form[1:]).max(initial=0.0)) or 1.0
        best: Attempt | None = None
        blocks = self._blocks(table)
        most = 1 if max(basis.shape[1] for basis in blocks) > _FEW else 5 if len(self._moments.words) > _FEW else None
        for scale in _SCALES[:most]:  # solvers end at different distances from the optimum: the proofs say at which
            if scale < 0 and best is not None and best.excess <= _SLOWER * largest and len(self._moments.words) > _TINY:
                break
            size = largest / abs(scale)
            with contextlib.suppress(*(() if best is None else (SolverError,))):
                found = (
                    self._by_squares(form / size, size, blocks) if scale > 0 else self._by_moments(form / size, size)
                )
                best = found if best is None or found.bound < best.bound else best
            if best is not None and best.excess <= _EXCESS * largest:
                break
        assert best is not None  # the first attempt raises, or is there
        return best.value, best.point, {"above": rational_above(table), **best.rows}, False

    def _blocks(self, table: Exact) -> list[NDArray[np.float64]]:
        """Return what symmetries of a functional leave of the matrix, see `relaxbell.quantum.reduction`."""
        own, words = self.scenario, self._moments.words
        symmetries = BellFunctional(table, own.outputs, own.inputs, parties=own.parties).symmetries()
        found = [action(g, words, own.outputs, self._sizes) for g in symmetries.generators]
        blocks = invariant_blocks(kept) if (kept := [own for own in found if own is not None]) else None
        return [np.eye(len(words))[:, :, None]] if blocks is None else blocks

    def _by_squares(self, form: Floats, size: float, blocks: list[NDArray[np.float64]]) -> Attempt:
        """Return what the program over sums of squares finds for a form times `size`."""
        words, named = self._moments.words, dict(zip(self._words, form.tolist(), strict=True))
        value, matrix, known = least_squares_bound(words, named, self.name, blocks)
        point = np.array([known[word] for word in self._words])
        return factor(words, named, matrix, size, value + form[0], point)

    def _by_moments(self, form: Floats, size: float) -> Attempt:
        """Return what the program over moments finds."""
        import cvxpy as cp

        _, constraints, vector = self.objects
        problem = cp.Problem(cp.Maximize(form @ vector), constraints)
        solve_conic(problem, self.name)
        dual, named = np.asarray(constraints[0].dual_value), dict(zip(self._words, form.tolist(), strict=True))
        return factor(self._moments.words, named, dual, size, float(problem.value), np.asarray(vector.value))

    def __repr__(self) -> str:
        return f"quantum set (level {self.level}, {len(self._moments.words)} words) of {self.scenario}"


def _near(table: Floats, functional: BellFunctional) -> Behavior | None:
    """Return floats of a solver as a behavior; None where they have negative entries beyond rounding."""
    if table.min() < -1e-7:
        return None
    table = np.maximum(table, 0.0)
    k = len(functional.outputs)
    table = table / table.sum(axis=tuple(range(k)), keepdims=True)
    return Behavior(table, functional.outputs, functional.inputs, parties=functional.parties)


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
    return NonsignalingSet(scenario_of(scenario))
