"""`Measure`: how far an assumption is relaxed, as a function of q."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, Self, TypeGuard

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.kept import Kept
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.numbers import ExactNumber, Floats, Surd, as_exact, read_fraction
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import a_kind, decimal_text, minus_name, one_line, text_latex
from relaxbell.measures.definition import Definition, Recipe
from relaxbell.measures.terms import Term, compares, stated
from relaxbell.measures.weights import read_numbers, read_support, read_weights
from relaxbell.methods import provided

if TYPE_CHECKING:
    import cvxpy as cp
    import sympy

_KEPT = 8
"""Most things that are kept: programs with different budgets, and what reads behaviors."""

_SHOWN = 4
"""Rows or parts of a term that are written out in LaTeX."""


@dataclass(frozen=True, eq=False)
class Measure(abc.ABC):
    """A function of the distribution q over a model's strategies: how far an assumption is relaxed.

    Made by `influence`, `message_weight`, `average_causal_effect`, … or by `measure` from one's own
    rows. Which engine minimizes it follows from its class, see `relaxbell.engines.base`.

    Attributes
    ----------
    model
        The model whose q it is a function of.
    name
        Short name, for example ``C(X -> B)``.
    unit
        Of the value: ``probability`` or ``bit``.
    definition
        The name of its kind, how it is made anew, and how it is written; None for one's own rows.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> rb.influence(model, "X", "B").expression.is_convex()
    True
    """

    model: CausalModel
    name: str
    unit: str = "probability"
    definition: Definition[Measure] | None = field(default=None, kw_only=True)

    @cached_property
    def kept(self) -> Kept[object]:
        """What engines keep of this measure from one minimization to the next; empty in copies and pickles."""
        return Kept(_KEPT)

    def __post_init__(self) -> None:
        """Refuse models with several sources, whose q is not free."""
        if not self.model.has_free_strategies:
            raise UnsupportedModelError(
                f"{self.name} is for models with one latent variable: {self.model.name} has the independent sources "
                f"{', '.join(self.model.latents)}, so its q factorizes and the problem is not convex. Use "
                "nonbilocality(model), query(model, …) for probabilities of counterfactuals, or model.shared(): it can "
                "do more, so its least value is a lower bound."
            )

    # ----------------------------------------------------- what a kind of measure says

    @property
    @abc.abstractmethod
    def expression(self) -> cp.Expression:
        """The measure as a plain CVXPY expression of ``model.q``."""

    @abc.abstractmethod
    def statement(self) -> dict[str, object]:
        """Return what the measure is as certificates state it: named rows that the verifier builds anew, or the rows.

        Returns
        -------
        dict
            Plain data.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.influence(rb.input_signaling(), "X", "B").statement()["kind"]
        'influence'
        """

    @abc.abstractmethod
    def linear(self, what: str) -> LinearMeasure:
        """Return the measure as one of linear programs, for `what`: sums, budgets, closed forms, trade-offs.

        Parameters
        ----------
        what
            What is to be made of it, for messages: "sum with other measures".

        Returns
        -------
        LinearMeasure
            Itself, where it is one.

        Raises
        ------
        MeasureError
            If it is none; it says what to use instead.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> c.linear("closed form") is c
        True
        """

    @property
    def compares(self) -> bool:
        """Whether it compares models with the data, so that they need not reproduce them, and the data may signal."""
        return False

    @property
    def quotient(self) -> tuple[LinearMeasure, LinearMeasure] | None:
        """Numerator and denominator, linear in q, of a measure that is their quotient; None for others."""
        return None

    @property
    def of_joined(self) -> Measure | None:
        """For a query of independent latent variables that of the model which joins them; None for others."""
        return None

    @property
    def for_all_values(self) -> bool:
        """Whether the names of values do not matter: its definition sums or maximizes over all of them."""
        return False

    @property
    def largest(self) -> tuple[ExactNumber, str] | None:
        """What it never exceeds, whatever the behavior, and the reason; None if nothing is known."""
        return None

    @property
    def averaged(self) -> str:
        """Which distribution of free inputs it depends on, as text; empty where that is not said."""
        return ""

    @property
    def negated(self) -> Measure | None:
        """The query whose negative this is, so that its least value is minus an upper end; None for others."""
        return None

    @property
    def needs_cones(self) -> bool:
        """Whether its programs are conic, not linear: then trade-offs are sampled, and have no exact pieces."""
        return False

    @property
    def end_name(self) -> str:
        """What its least value is called: ``min C(X -> B)``; of the negative of a query ``max ACE(A -> B)``."""
        return f"min {self.name}" if self.negated is None else f"max {self.negated.name}"

    @property
    def end_symbol(self) -> str:
        """The same in LaTeX."""
        own = self.negated
        return rf"\min\, {self.symbol}" if own is None else rf"\max\, {own.symbol}"

    def zero_like(self, what: str) -> LinearMeasure:
        """Return a measure of linear programs that is 0 for the same models: all that "no relaxation at all" needs.

        Parameters
        ----------
        what
            What it is for, for messages.

        Returns
        -------
        LinearMeasure
            Itself, where it is one.

        Raises
        ------
        MeasureError
            If there is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mutual_information(rb.measurement_dependence()).zero_like("evidence").name
        'M(X,Y:Λ)'
        """
        return self.linear(what)

    def tested(self) -> Measure:
        """Return the measure whose limits are the null hypotheses of `evidence`: itself, or one that is 0 as well.

        Returns
        -------
        Measure
            Itself, where sets of models with a measure at most ε are what linear or cone programs describe.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mutual_information(rb.measurement_dependence()).tested().name
        'I(X,Y:Λ)'
        """
        return self.zero_like("evidence")

    @property
    @abc.abstractmethod
    def formula(self) -> str:
        """What the measure equals, as text."""

    @abc.abstractmethod
    def _at(self, q: Floats) -> float:
        """Return the measure at an array of one weight for each strategy."""

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        """Return the measure at weights of some strategies of a model that has many."""
        self.model.strategies.check_listed()
        q = np.zeros(self.model.strategies.count)
        q[list(strategies)] = weights
        return self._at(q)

    # ------------------------------------------------------------------- values

    def value(self, q: object) -> float:
        """Return the measure at a given distribution over strategies.

        Parameters
        ----------
        q
            Probabilities, floats or exact numbers, shape (n,), or `StrategyWeights`, such as ``solution.q``.

        Returns
        -------
        float
            In the measure's unit.

        Raises
        ------
        MeasureError
            If q has another length, belongs to other strategies, has a masked, complex or negative entry, or does not
            sum to 1 within 1e-6.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> model = rb.input_signaling()
        >>> rb.influence(model, "X", "B").value(np.full(64, 1 / 64))  # half of Bob's functions change with x
        0.5
        """
        few = read_support(self.model, q, self.name)
        return self._at(read_weights(self.model, q, self.name)) if few is None else self._at_few(*few)

    def at(self, q: object) -> float:
        """Return the measure at weights that a solver returned: they need not be probabilities to the last digit.

        Parameters
        ----------
        q
            As in `value`; signs and sum are not checked.

        Returns
        -------
        float
            In the measure's unit.

        Raises
        ------
        MeasureError
            If q is no array of numbers of shape (n,), or belongs to other strategies.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> rb.influence(rb.input_signaling(), "X", "B").at(np.full(64, 1 / 64))
        0.5
        """
        few = read_support(self.model, q, self.name)
        return self._at(read_numbers(self.model, q, self.name)) if few is None else self._at_few(*few)

    # -------------------------------------------------------------- made anew, written

    def named(self, name: str, unit: str) -> Self:
        """Return the measure with another name and unit.

        Parameters
        ----------
        name, unit
            For messages and axes.

        Returns
        -------
        Measure
            Otherwise the same.

        Raises
        ------
        MeasureError
            If one of them is no text.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.influence(rb.input_signaling(), "X", "B").named("C", "probability").name
        'C'
        """
        check_texts(name, unit)
        return replace(self, name=name, unit=unit)

    def recipe(self) -> Recipe[Measure] | None:
        """Return how a worker makes the measure anew; None where its rows must travel.

        Returns
        -------
        Recipe or None
            With ``recipe.made(model)`` equal to the measure.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.influence(rb.input_signaling(), "X", "B").recipe().name
        'C(X -> B)'
        """
        own = self.definition
        return None if own is None else Recipe(own.make, own.arguments, self.name, self.unit)

    @property
    def plain(self) -> dict[str, object] | None:
        """Kind and arguments of the definition, ready for JSON; None for one's own rows."""
        return None if self.definition is None else self.definition.plain

    @property
    def symbol(self) -> str:
        """The measure's symbol in LaTeX."""
        return text_latex(self.name) if self.definition is None else self.definition.symbol

    @property
    def equation(self) -> str:
        """What the symbol equals, in LaTeX; empty where it says it all."""
        return "" if self.definition is None else self.definition.equation

    def __repr__(self) -> str:
        text = self.name if self.formula == self.name else f"{self.name} = {self.formula}"
        return f"{text}  ({self.unit}; {self.model.name})"

    def _repr_latex_(self) -> str:
        unit = "" if self.unit == "probability" else rf"\quad[\text{{{self.unit}}}]"
        right = f" = {self.equation}" if self.equation else ""
        return rf"$\displaystyle {self.symbol}{right}{unit}$"

    # ------------------------------------------------------------------- algebra

    def __add__(self, other: object) -> LinearMeasure:
        return provided("Measure.__add__")(self, other) if isinstance(other, Measure) else NotImplemented

    def __radd__(self, other: object) -> Self:
        """Return the measure itself for 0 + measure, so that Python's `sum` works."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, factor: object) -> Measure:
        return self.linear("multiple") * factor

    def __rmul__(self, factor: object) -> Measure:
        return self * factor

    def __truediv__(self, divisor: object) -> Measure:
        return provided("Measure.__truediv__")(self, divisor)

    def __neg__(self) -> Measure:
        negative = self * -1
        return negative.named(minus_name(self.linear("negative").in_product[0]), negative.unit)

    def __sub__(self, other: Measure) -> LinearMeasure:
        return self + (-other)

    def __le__(self, limit: object) -> Limit:
        return budget_of(self.linear("budget"), limit)

    def __pow__(self, power: object) -> NoReturn:
        raise MeasureError(
            f"{self.name} to the power of {power} is not linear in q, expected sums, multiples and quotients of "
            "queries. Where it is not negative, a power rises with it: take that of both ends of bounds(query, p)."
        )

    def __abs__(self) -> NoReturn:
        raise MeasureError(
            f"|{self.name}| has no largest value by linear programs, expected a sum or multiple. Its least value is "
            "that of maximum(query, -query); its largest the larger size of both ends of bounds(query, p)."
        )

    def __ge__(self, limit: object) -> Budget:
        if getattr(limit, "free_symbols", None):
            raise MeasureError(
                f"{self.name} >= {one_line(limit)} is a lower limit with a symbol, expected an upper one. Of a "
                "probability limit that of the opposite event, query(model, 'p{S != 1}') <= sympy.Symbol('t'), with "
                "1 - t for yours."
            )
        raise MeasureError(
            f"{self.name} >= {limit} is a lower limit, expected an upper one: budgets are convex constraints. Write "
            f"{self.name} <= limit; for a linear measure -{self.name} <= -limit."
        )


@dataclass(frozen=True, eq=False, repr=False)
class LinearMeasure(Measure):
    """A measure whose least value is a linear program: rows over q, norms, sums and maxima of them.

    Sums, non-negative multiples and `maximum` of such measures of one model instance are such measures.

    Attributes
    ----------
    term
        Rows, norms, sums and maxima, see `relaxbell.measures.terms`.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> isinstance(rb.influence(rb.input_signaling(), "X", "B"), rb.classes.LinearMeasure)
    True
    """

    term: Term = field(kw_only=True)

    @property
    def expression(self) -> cp.Expression:
        """The measure as a plain CVXPY expression of ``model.q``."""
        return self.term.expression(self.model.q)

    @property
    def for_all_values(self) -> bool:
        return self.definition is not None and self.definition.for_all_values and not self.model.is_mixture

    @property
    def largest(self) -> tuple[ExactNumber, str] | None:
        named = self.definition is not None and self.definition.for_all_values
        return (Fraction(1), "a probability") if named else None

    @property
    def blocks(self) -> tuple[Rows, ...]:
        """The sparse blocks of rows, in the order of the formula."""
        return tuple(leaf.rows for leaf in self.term.leaves())

    @property
    def rows(self) -> tuple[str, ...]:
        """What each row means."""
        return tuple(label for block in self.blocks for label in block.labels)

    def statement(self) -> dict[str, object]:
        return stated(self.term)

    def linear(self, what: str) -> LinearMeasure:
        return self

    def __le__(self, limit: object) -> Budget:
        return budget_of(self, limit)

    @property
    def formula(self) -> str:
        return self.term.formula()

    @property
    def equation(self) -> str:
        return self.term.latex(_SHOWN) if self.definition is None else self.definition.equation

    def _at(self, q: Floats) -> float:
        return self.term.value(q)

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        assignments = self.model.local.assignments(strategies)

        def some(rows: Rows) -> Rows:
            if isinstance(rows, LocalRows):
                return rows.at(assignments)
            self.model.strategies.check_listed()
            return Rows(sp.csr_array(rows.matrix[:, list(strategies)]), rows.labels, rows.scale)

        return self.term.with_rows(some).value(weights)

    # what is linear stays so, but for a quotient of two queries

    def __mul__(self, factor: object) -> LinearMeasure:
        return provided("LinearMeasure.__mul__")(self, factor)

    def __rmul__(self, factor: object) -> LinearMeasure:
        return self * factor

    def __neg__(self) -> LinearMeasure:
        negative = self * -1
        return negative.named(minus_name(self.in_product[0]), negative.unit)

    @property
    def summands(self) -> tuple[LinearMeasure, ...]:
        """The parts of a sum, so that sums of sums stay flat; itself for others."""
        return (self,)

    @property
    def compares(self) -> bool:
        """Whether a distance from the data is part of it: then models need not reproduce them, and they may signal."""
        return compares(self.term)

    @property
    def in_product(self) -> tuple[str, str]:
        """Name, and symbol in LaTeX, as a factor: those of sums and multiples in brackets."""
        return self.name, self.symbol


@dataclass(frozen=True, eq=False)
class Limit:
    """An upper limit on any measure: a `Budget`, or an `InformationBudget`.

    Attributes
    ----------
    measure
        What is limited.
    limit
        A number, or a sympy symbol.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> rb.dependence(model) <= 0.25, rb.mutual_information(model) <= 0.1
    (M(X,Y:Λ) <= 0.25, I(X,Y:Λ) <= 0.1)
    """

    measure: Measure
    limit: ExactNumber | sympy.Symbol

    @property
    def is_symbolic(self) -> bool:
        """Whether the limit is a symbol."""
        return not isinstance(self.limit, Fraction | Surd)

    def __repr__(self) -> str:
        limit = decimal_text(self.limit, 9) if isinstance(self.limit, Fraction | Surd) else str(self.limit)
        return f"{self.measure.name} <= {limit}"


@dataclass(frozen=True, eq=False, repr=False)
class Budget(Limit):
    """An upper limit on a measure of linear programs, used as a constraint: ``measure <= 0.1``.

    Attributes
    ----------
    measure
        What is limited.
    limit
        An exact number, a + b√n at most (floats count as the decimals that print them: 0.1 is 1/10), or a sympy symbol
        where closed forms are derived.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.bell().relax("X -> B", "Y -> A")
    >>> budget = rb.influence(both, "Y", "A") <= 0.25
    >>> rb.minimize(rb.influence(both, "X", "B"), rb.boxes.pr(), subject_to=[budget]).value
    0.25
    """

    measure: LinearMeasure


def budget_of(measure: LinearMeasure, limit: object) -> Budget:
    """Return an upper limit on a measure."""
    return Budget(measure, read_limit(measure, limit))


def read_limit(measure: Measure, limit: object) -> ExactNumber | sympy.Symbol:
    """Return the limit of a budget: an exact number (floats mean the decimals that print them), or a symbol."""
    if isinstance(limit, Measure):
        raise MeasureError(
            f"{measure.name} <= {limit.name} compares two measures, expected a number as limit. Write {measure.name} - "
            f"({limit.name}) <= 0, where the second is linear, or assumption(model, 'p{{…}} <= p{{…}}')."
        )
    if is_symbol(limit):
        return limit
    if getattr(limit, "free_symbols", None) and hasattr(limit, "is_Symbol"):
        raise MeasureError(
            f"the budget of {measure.name} is the expression {one_line(limit)}, expected a number or a single sympy "
            "symbol. Give it a symbol of its own, sympy.Symbol('t'), and put the expression into the result."
        )
    check_finite(measure, limit)
    exact = as_exact(limit)
    if isinstance(exact, Surd):
        return exact
    return read_fraction(limit, f"the budget of {measure.name}", MeasureError)


def check_finite(measure: Measure, limit: object) -> None:
    """Raise MeasureError for a limit that is none: infinity."""
    if str(limit) in ("inf", "oo"):
        raise MeasureError(
            f"the budget of {measure.name} is infinite, expected a finite real number. Leave it out: it limits nothing."
        )


def is_symbol(limit: object) -> TypeGuard[sympy.Symbol]:
    """Return whether a limit is a sympy symbol."""
    return bool(getattr(limit, "is_Symbol", False))


def read_measure(given: object, what: str) -> Measure:
    """Return a measure; raise MeasureError for anything else, naming what needs one."""
    if not isinstance(given, Measure):
        own = " Relax an edge of the model and ask how strong it is." if isinstance(given, CausalModel) else ""
        raise MeasureError(f"{what} a Measure: found {type(given).__name__}, expected one such as influence(…).{own}")
    return given


def check_texts(name: object, unit: object) -> None:
    """Raise MeasureError unless the name and the unit of a measure are texts."""
    for what, given in (("name", name), ("unit", unit)):
        if not isinstance(given, str):
            raise MeasureError(f"the {what} of a measure is {given!r}, expected a text such as {what}='C'.")


def check_model(model: object, what: str) -> None:
    """Raise MeasureError for anything but a causal model."""
    if not isinstance(model, CausalModel):
        raise MeasureError(
            f"{what} belongs to a causal model: found {a_kind(model)}. Give a model such as bell().relax(…) "
            "first, and the behavior to minimize."
        )


def same_model(*measures: Measure) -> CausalModel:
    """Return the common model instance; raise MeasureError naming two that differ."""
    model = measures[0].model
    for other in measures[1:]:
        if other.model is not model:
            raise MeasureError(
                f"{measures[0].name} belongs to {model.name} (instance {id(model):#x}) and {other.name} to "
                f"{other.model.name} (instance {id(other.model):#x}). Build both measures from one model instance."
            )
    return model
