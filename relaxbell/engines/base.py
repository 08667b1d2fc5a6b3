"""`Engine`: what finds the least values of one kind of measure; and `engine`, which knows the one for each kind."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import singledispatch
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.errors import MeasureError
from relaxbell.exact.texts import a_kind
from relaxbell.measures.measure import Measure

if TYPE_CHECKING:
    from relaxbell.causal.equations import Equations
    from relaxbell.curves.curve import Curve
    from relaxbell.curves.families import PolynomialPath
    from relaxbell.curves.paths import Path
    from relaxbell.exact.vectors import ExactRow
    from relaxbell.measures.affine import AffineConstraint
    from relaxbell.measures.measure import Budget

Found = tuple[float | None, float, float]
"""Value, rigorous lower bound, seconds; the value is None where the time was over before."""

M = TypeVar("M", bound=Measure)


class Live(Protocol):
    """A program that is compiled once and solved for many right-hand sides; see `Engine.live`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from relaxbell.engines import engine
    >>> engine(rb.influence(rb.input_signaling(), "X", "B")).has_live()
    True
    """

    def solve(self, rows: Sequence[ExactRow]) -> list[Found | None]:
        """Return value, rigorous bound and seconds for exact right-hand sides; None: `minimize` has to decide.

        Parameters
        ----------
        rows
            Right-hand sides of all equations, for each point.

        Returns
        -------
        list of (float or None, float, float) or None
            One for each point; without a value where the time was over before.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> from relaxbell.exact.vectors import exact_row
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> equations = own.equations(rb.boxes.pr())
        >>> own.live(equations, (), (), ()).solve([exact_row(equations.rhs)])[0][:2]
        (0.5, 0.5)
        """


@dataclass(frozen=True, eq=False)
class Engine(abc.ABC, Generic[M]):
    """What finds the least value of a measure, and says what it cannot do.

    A new kind of measure whose class is one that has an engine needs none of its own. Another package adds one for its
    class by ``engine.register(ItsMeasure, ItsEngine.of)``: then `minimize`, `bounds`, `curve` and `sweep` find it.

    Attributes
    ----------
    measure
        What is minimized. Fields beside it are the engine's own options, by which `minimize` knows them.
    instead_of_bounds
        What to use for measures that are no linear query, for messages.
    prefers_floats
        Whether points of a sweep that were floats come as floats: where symmetries up to rounding are of use.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from relaxbell.engines import engine
    >>> engine(rb.influence(rb.input_signaling(), "X", "B")).minimize(rb.boxes.pr()).value
    0.5
    """

    measure: M
    prefers_floats: ClassVar[bool] = False
    instead_of_bounds: ClassVar[str] = "minimize"

    @property
    def floor(self) -> float | None:
        """What no value falls below, whatever was observed; None where that is not known without solving anything."""
        return None

    @classmethod
    def of(cls, measure: M, **options: object) -> Self:
        """Return the engine of a measure; raise MeasureError for options that are not its own.

        Parameters
        ----------
        measure
            The measure.
        **options
            Fields of the engine.

        Returns
        -------
        Engine
            Of this class.

        Raises
        ------
        MeasureError
            For options that are not its own.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> type(own).of(own.measure, solver="highs").solver
        'highs'
        """
        known = [own.name for own in fields(cls) if own.name != "measure"]
        unknown = [name for name in options if name not in known]
        if unknown:
            raise MeasureError(
                f"{', '.join(unknown)} is no option for {measure.name}: expected {' or '.join(known) or 'none'}. "
                "Leave it out."
            )
        return cls(measure, **options)

    @abc.abstractmethod
    def minimize(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> Solution:
        """Return the least value among the models that reproduce what was observed; see `relaxbell.minimize`.

        Parameters
        ----------
        observed, subject_to, seconds
            As in `relaxbell.minimize`.

        Returns
        -------
        Solution
            With its rigorous bound.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> own.minimize(rb.boxes.pr()).value
        0.5
        """

    def bounds(
        self, observed: Behavior | Observed, subject_to: object = (), *, seconds: float | None = None
    ) -> Bounds[Solution]:
        """Return both ends of a linear query, or say why there are none; see `relaxbell.bounds`.

        Parameters
        ----------
        observed, subject_to, seconds
            As in `relaxbell.minimize`.

        Returns
        -------
        Bounds
            Both ends, with their solutions.

        Raises
        ------
        MeasureError
            If the measure is no linear query.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> query = rb.average_causal_effect(rb.input_signaling(), "X", "B")
        >>> engine(query).bounds(rb.boxes.pr())
        [0, 0] for ACE(X -> B)
        """
        raise self._no_query()

    def _no_query(self) -> MeasureError:
        return MeasureError(
            f"bounds are for linear queries such as average_causal_effect(…): found {self.measure.name}. Use "
            f"{self.instead_of_bounds}."
        )

    @abc.abstractmethod
    def curve(self, path: Path, subject_to: Sequence[object] = ()) -> Curve:
        """Return the least value along a path, or say why there is none; see `relaxbell.curve`.

        Parameters
        ----------
        path
            What is observed, affine in a power of a parameter.
        subject_to
            Constraints.

        Returns
        -------
        Curve
            With its bounds.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> from relaxbell.curves.parameters import Parameter
        >>> from relaxbell.curves.paths import read_path
        >>> box = rb.boxes.pr()
        >>> path = read_path(own.measure.model, box.white_noise(), box, Parameter(), None)
        >>> own.curve(path).critical
        Fraction(1, 2)
        """

    def family(self, path: PolynomialPath, subject_to: Sequence[object] = ()) -> Curve:
        """Return the least value along a family that is a polynomial in its parameter, or say why there is none.

        Parameters
        ----------
        path
            What is observed.
        subject_to
            Constraints.

        Returns
        -------
        Curve
            With its bounds.

        Raises
        ------
        MeasureError
            If the measure is none of linear programs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.mutual_information(rb.measurement_dependence()), lossy)
        Traceback (most recent call last):
        ...
        relaxbell.errors.MeasureError: I(X,Y:Λ) along a family of degree 2 in eta ...
        """
        low, high, name = path.low, path.high, path.parameter.name
        raise MeasureError(
            f"{self.measure.name} along a family of degree {path.degree} in {name} is no piecewise polynomial: curves "
            "of it are drawn along straight lines of behaviors. Expected a measure of linear programs; or use "
            f"sweep(measure, {{{name}: p({name}) for {name} in …}}) between {low} and {high}: points with their bounds."
        )

    def quick(self) -> Self:
        """Return the engine for one point of many: without what takes long and only makes a good bound exact.

        Returns
        -------
        Engine
            Of the same measure.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> own.quick().thorough
        False
        """
        return self

    def live(
        self,
        equations: Equations,
        budgets: Sequence[Budget],
        affine: Sequence[AffineConstraint],
        references: Sequence[ExactRow],
    ) -> Live | None:
        """Return a live program for the points of a sweep; None where each is minimized for itself.

        Parameters
        ----------
        equations
            Any right-hand sides will do.
        budgets, affine
            Constraints.
        references
            Right-hand sides of some points, whose solutions the others may start from.

        Returns
        -------
        Live or None
            The program.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> from relaxbell.exact.vectors import exact_row
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> equations = own.equations(rb.boxes.pr())
        >>> ((value, bound, _),) = own.live(equations, (), (), ()).solve([exact_row(equations.rhs)])
        >>> value, bound
        (0.5, 0.5)
        """
        return None

    def has_live(self) -> bool:
        """Return whether `live` gives a program: decided from sizes, before anything is built.

        Returns
        -------
        bool
            False where each point is minimized for itself.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from relaxbell.engines import engine
        >>> own = engine(rb.influence(rb.input_signaling(), "X", "B"))
        >>> own.has_live()
        True
        """
        return False


@singledispatch
def engine(measure: object, **options: object) -> Engine[Any]:
    """Return the engine that minimizes a measure, chosen by its class.

    Parameters
    ----------
    measure
        The measure.
    **options
        Of the engine, such as ``solver``.

    Returns
    -------
    Engine
        Ready to minimize it.

    Raises
    ------
    MeasureError
        If there is none for its class, or an option is none of its own.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from relaxbell.engines import engine
    >>> engine(rb.influence(rb.input_signaling(), "X", "B"), solver="highs").solver
    'highs'
    """
    raise MeasureError(
        f"cannot minimize {a_kind(measure)}, expected a Measure such as influence(…). Another package adds a kind of "
        "measure by relaxbell.engines.engine.register(its class, its engine)."
    )
