"""`BehaviorSet`: a convex set of behaviors as CVXPY objects, with rigorous bounds of functionals."""

from __future__ import annotations

from collections.abc import Sequence
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
from relaxbell.errors import FunctionalError, MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats
from relaxbell.exact.texts import a_kind
from relaxbell.frozen import Frozen
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline
from relaxbell.measures.measure import LinearMeasure
from relaxbell.methods import provided
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.moments import coordinate_words
from relaxbell.quantum.proofs import claimed, common_data, proven
from relaxbell.quantum.unpacked import Unpacked
from relaxbell.verify import Refused
from relaxbell.verify.words import Word

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression, Variable


class BehaviorSet(Frozen):
    """A convex set of no-signaling behaviors of a scenario: what `quantum_set` and `nonsignaling_set` return.

    Parameters
    ----------
    scenario
        Whose behaviors; which party chooses which input is known.
    graph
        What is behind them where it is no Bell scenario, as `quantum_set` makes it of a model.

    Attributes
    ----------
    scenario, graph
        As given.
    inner
        The Bell scenario behind them: `scenario`, or that in which each node of the graph is a party.

    Examples
    --------
    >>> import relaxbell as rb
    >>> isinstance(rb.nonsignaling_set(rb.boxes.pr()), rb.classes.BehaviorSet)
    True
    """

    def __init__(self, scenario: Scenario, *, graph: Unpacked | None = None) -> None:
        self.scenario, self.graph = scenario, graph
        self.inner = scenario if graph is None else graph.scenario
        known_parties(self.inner)
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
        """The table, its constraints, and Collins–Gisin coordinates of the scenario behind, the constant first."""
        import cvxpy as cp

        vector, constraints = self._vector()
        table = cp.reshape(self._expansion @ vector, self.scenario.shape, order="C")
        return table, constraints, vector

    def expression(self, measure: LinearMeasure) -> Expression:
        """Return a measure of a graph's model as a CVXPY expression, such as an effect of an intervention.

        Parameters
        ----------
        measure
            Of the model that the set was made of, with one response of each node at a time.

        Returns
        -------
        Expression
            Convex; affine for a query.

        Raises
        ------
        UnsupportedModelError
            If the set was made of no graph, or the measure asks what one node does at several values of its parents.
        MeasureError
            If the measure is of another model.

        Examples
        --------
        >>> import cvxpy as cp
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> where = rb.nonsignaling_set(iv)
        >>> effect = where.expression(rb.average_causal_effect(iv, "A", "B"))
        >>> agree = [where.p[0, 0, 0] == 0.75, where.p[1, 1, 1] == 0.75]
        >>> problem = cp.Problem(cp.Minimize(effect), [*where.constraints, *agree])
        >>> round(float(problem.solve(solver="CLARABEL", canon_backend="SCIPY")), 5)
        0.5
        """
        if self.graph is None:
            raise UnsupportedModelError(
                f"the {self.name} set of {self.scenario} is of no graph: {a_kind(measure)} needs one. Make it of the "
                "measure's model."
            )
        if measure.model is not self.graph.model:
            raise MeasureError(
                f"{measure.name} is of another model than the {self.name} set. Make the set of measure.model."
            )
        for leaf in measure.term.leaves():
            self.graph.check(leaf.rows, measure.name)
        return measure.term.expression(self.graph.signed @ self.objects[2])

    @property
    def variable(self) -> tuple[Variable, NDArray[np.intp]]:
        """The CVXPY variable behind, a vector, and which of its entries the coordinates are; −1 for the constant."""
        raise NotImplementedError

    @cached_property
    def coordinate_words(self) -> list[Word]:
        """The products of projectors whose moments the coordinates are, the constant first."""
        parties = known_parties(self.inner)
        chosen = [parties[a] for a in self.inner.outputs]
        own = [None if x is None else self.inner.inputs.index(x) for x in chosen]
        return coordinate_words(self.coordinates, own)

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
        """Collins–Gisin coordinates of the no-signaling behaviors of the Bell scenario behind the set."""
        return nonsignaling_coordinates(self.inner)

    @cached_property
    def expansion(self) -> NDArray[np.int64]:
        """The cells of the Bell scenario behind as integer combinations of the coordinates, the constant first."""
        units = np.eye(self.coordinates.dimension + 1, dtype=np.int64)
        found: NDArray[np.int64] = self.coordinates.expand(units).reshape(-1, len(units))
        return found

    @property
    def _expansion(self) -> NDArray[np.int64]:
        """The table's cells as integer combinations of the coordinates, the constant first."""
        return self.expansion if self.graph is None else self.graph.observed

    def form(self, table: NDArray[Any]) -> NDArray[Any]:
        """Return coefficients over the coordinates, from those over the table's cells.

        Parameters
        ----------
        table
            In the order of the scenario.

        Returns
        -------
        ndarray
            The constant first.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.nonsignaling_set(rb.catalog.CH).form(rb.catalog.CH.coefficients).astype(int)
        array([ 0, -1,  0, -1,  0,  1,  1,  1, -1])
        """
        if self.graph is None:
            return self.coordinates.pull_back(table)
        found: NDArray[Any] = self.graph.observed.T.astype(table.dtype) @ table.ravel()
        return found

    def common(self, numbers: Sequence[ExactNumber]) -> dict[str, Any]:
        """Return what certificates of the set share.

        Parameters
        ----------
        numbers
            That occur in them.

        Returns
        -------
        dict
            Plain data.

        Examples
        --------
        >>> import relaxbell as rb
        >>> sorted(rb.nonsignaling_set(rb.catalog.CH).common([]))[-2:]
        ['observed', 'schema']
        """
        return common_data(self.scenario, numbers, None if self.graph is None else self.graph.model)

    @cached_property
    def reduced(self) -> tuple[Coordinates, NDArray[np.float64]]:
        """Independent coordinates of the table, and how they follow from those of the Bell scenario behind."""
        if self.graph is None:
            return self.coordinates, np.eye(self.coordinates.dimension + 1)
        own = self.graph.model.coordinates
        tables = self._expansion.astype(float).reshape(*self.scenario.shape, -1)
        found = own.project(tables)
        found[0] = np.eye(tables.shape[-1])[0]
        return own, found

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

    def maximum(
        self, functional: BellFunctional, subject_to: object = (), *, seconds: float | None = None
    ) -> SetMaximum:
        """Return the largest value of a functional on the set: a number, a rigorous bound, a certificate.

        Parameters
        ----------
        functional
            Of the same scenario.
        subject_to
            Linear conditions: `Observed` values of other functionals, affine CVXPY constraints on `p`, such as
            marginals, and for sets of graphs budgets of queries and affine constraints on their `expression`.
        seconds
            Time limit; None for none. A solver looks at the clock once in each of its steps.

        Returns
        -------
        SetMaximum
            Exact for no-signaling behaviors; for a level of the NPA hierarchy the solver's number and an exact upper
            bound, which holds for every quantum behavior.

        Raises
        ------
        FunctionalError
            If the scenarios differ.
        InfeasibleError
            If nothing in the set satisfies the conditions.
        SolverError
            If the solver ends without a solution.
        CertificateError
            If the proof exceeds the limits of the verifier.
        TimeLimitError
            If the time is over.

        Examples
        --------
        >>> import relaxbell as rb
        >>> where = rb.nonsignaling_set(rb.catalog.CHSH)
        >>> where.maximum(rb.catalog.CHSH, [where.p[0, :, 0, 0].sum() == 0.8]).exact
        Fraction(14, 5)
        >>> found = rb.quantum_set(rb.catalog.CHSH, 1).maximum(rb.catalog.CHSH)
        >>> round(found.value, 7), found.upper_bound < 2.8284272
        (2.8284271, True)
        >>> "is at most 2.828427" in found.certificate.verify()
        True
        """
        own = self.aligned(functional)
        name = "" if seconds is None else f"the largest value of {own.title} on the {self.name} set"
        with deadline(seconds, name, least=False):
            if not isinstance(subject_to, list | tuple) or subject_to:
                return provided("BehaviorSet.maximum, limited")(self, own, subject_to)
            return self._maximum(own)

    def _maximum(self, own: BellFunctional) -> SetMaximum:
        value, point, proof, exact = self._solved(own.coefficients)
        numbers = [*own.coefficients.ravel().tolist(), own.constant]
        data = self.common(numbers) | {
            "measure": {
                "kind": "functional", "set": self.kind, "coefficients": as_texts(numbers[:-1]),
                "constant": as_text(own.constant),
            },
            "proof": proof,
        }  # fmt: skip
        bound = proved(data)
        behavior = None if point is None else self.behavior(point, own)
        certificate = Certificate(claimed(data, bound))
        value = float(min(value + float(own.constant), float(bound)))
        return SetMaximum(self.name, value, bound, bound if exact else None, behavior, certificate)

    def behavior(self, point: NDArray[Any], functional: BellFunctional) -> Behavior | None:
        """Return coordinates as a behavior with the parties of a functional; None for floats beyond rounding.

        Parameters
        ----------
        point
            The constant first; exact numbers, or floats.
        functional
            Of the scenario.

        Returns
        -------
        Behavior or None
            None where floats have negative entries.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> where = rb.nonsignaling_set(rb.catalog.CHSH)
        >>> float(where.behavior(np.array([1, *[0.5] * 4, *[0.25] * 4]), rb.catalog.CHSH).p[0, 0, 1, 1])
        0.25
        """
        table = (self._expansion @ point).reshape(self.scenario.shape)
        if table.dtype != object:
            return _near(table, functional)
        return Behavior(table, functional.outputs, functional.inputs, parties=functional.parties)

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


def proved(data: dict[str, Any]) -> ExactNumber:
    """Return the upper bound that the data of a certificate prove, as the verifier finds it; or CertificateError."""
    try:
        return proven(data)
    except Refused as refusal:
        raise refused(refusal) from None


def about_set(own: BehaviorSet) -> str:
    """Return whose set it is."""
    return str(own.scenario) if own.graph is None else f"{own.graph.model.name} with a common cause"


def _near(table: Floats, functional: BellFunctional) -> Behavior | None:
    """Return floats of a solver as a behavior; None where they have negative entries beyond rounding."""
    if table.min() < -1e-7:
        return None
    table = np.maximum(table, 0.0)
    k = len(functional.outputs)
    table = table / table.sum(axis=tuple(range(k)), keepdims=True)
    return Behavior(table, functional.outputs, functional.inputs, parties=functional.parties)
