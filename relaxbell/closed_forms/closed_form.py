"""`closed_form`: the least value of a measure as a maximum of linear terms, for every behavior of a domain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.closed_forms.classes import TermClass, classes, listing
from relaxbell.closed_forms.domains import Domain
from relaxbell.closed_forms.ends import classes_of, multiplied_forms
from relaxbell.closed_forms.epigraph import DUAL_VERTICES, OUTER_APPROXIMATION
from relaxbell.closed_forms.wording import End, written
from relaxbell.errors import BehaviorError, MeasureError
from relaxbell.exact.arrays import complete_table, float_array
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, read_fraction, sign, to_floats, to_sympy
from relaxbell.exact.texts import a_kind, counted
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.notation import sum_text
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided

if TYPE_CHECKING:
    from sympy import Expr, Symbol

_ROUNDING = Fraction(1, 10**11)
"""How far observed floats of many digits may miss a constraint."""

_CHUNK = 1000
"""Behaviors at a time: in cache, and small enough products for BLAS to stay on one thread, which is faster here."""


class Evaluation(NamedTuple):
    """Values of a closed form at many behaviors.

    Attributes
    ----------
    value
        float64, shape (N,); NaN where `feasible` is False.
    feasible
        Whether p is a behavior of the domain that the model reproduces, shape (N,).

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B")).evaluate([rb.boxes.pr()])
    >>> found.value.tolist(), found.feasible.tolist()
    ([0.5], [True])
    """

    value: NDArray[np.float64]
    feasible: NDArray[np.bool_]


@dataclass(frozen=True)
class LinearTerm:
    """An affine function of the coordinates and of symbolic budgets, with exact coefficients.

    Attributes
    ----------
    form
        The constant, one Fraction for each coordinate of the domain, one for each symbolic budget.
    """

    form: tuple[Fraction, ...]

    def text(self, labels: Sequence[str]) -> str:
        """Return the term with the coordinates' names."""
        pairs = [(c, name) for c, name in zip(self.form[1:], labels, strict=True) if c != 0]
        return sum_text(pairs, self.form[0])


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """min measure = max of `terms`, for every behavior of `region` that satisfies `domain`.

    Made by `closed_form`. Complete and irredundant: each vertex of the epigraph was solved exactly, or all vertices of
    the dual region were listed. One that a `ClosedFormError` carries is incomplete, and says so: its maximum is a lower
    bound only.

    Attributes
    ----------
    measure
        What is minimized.
    region
        The behaviors and their coordinates.
    terms
        The irredundant terms, grouped by class.
    domain
        Affine functions ≤ 0: what the model demands of p beyond positivity, and of the budgets.
    budgets
        Symbols of the budgets that the terms depend on.
    programs, vertices, seconds
        Proof effort: linear programs solved exactly, vertices of the epigraph or of the dual region, wall time.
    open_vertices
        How many vertices were not yet solved; 0 for a complete form.
    complete
        False for the partial result that a `ClosedFormError` carries: then the terms are lower bounds, some of many.
    way
        How it was derived, ``"dual vertices"`` or ``"outer approximation"``.

    Examples
    --------
    >>> import relaxbell as rb
    >>> form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
    >>> form
    min C(X -> B) = max of 9 terms, for non-signaling p; bell().relax("X -> B")
      1 ×  0
      8 ×  (1/4) CHSH - 1/2
      complete: 13 dual vertices, ... linear program...
    >>> form(rb.boxes.pr())
    Fraction(1, 2)
    """

    measure: Measure
    region: Domain
    terms: tuple[LinearTerm, ...]
    domain: tuple[LinearTerm, ...]
    budgets: tuple[Any, ...]
    programs: int
    vertices: int
    seconds: float
    open_vertices: int = 0
    complete: bool = True
    way: str = OUTER_APPROXIMATION

    # ------------------------------------------------------------------- forms

    @property
    def budget_names(self) -> tuple[str, ...]:
        """Names of the symbolic budgets."""
        return tuple(str(symbol) for symbol in self.budgets)

    @property
    def shown_sign(self) -> int:
        """What terms are multiplied with in text: -1 where they are of the negative of a query, as of an upper end."""
        return 1 if self.measure.negated is None else -1

    @property
    def shown_classes(self) -> Sequence[TermClass]:
        """The classes as they are printed: of an upper end, each as it bounds the query."""
        if self.shown_sign > 0:
            return self.classes
        forms = multiplied_forms([term.form for term in self.terms], -1)
        return classes_of(self.region, forms, self.classes, self.budget_names)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the coordinates and budgets that the terms are affine in."""
        return (*self.region.labels, *self.budget_names)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The same as sympy symbols: ``p(00|01)``, ``pA(0|0)``, …, or t, t1, … on a slice."""
        return (*self.region.symbols, *self.budgets)

    @cached_property
    def expression(self) -> Expr:
        """The closed form as a sympy ``Max`` over `symbols`; substitute ``form.substitution(p)``."""
        import sympy

        arguments = [self.affine(term) for term in self.terms]
        return arguments[0] if len(arguments) == 1 else sympy.Max(*arguments, evaluate=False)

    def affine(self, term: LinearTerm) -> Expr:
        """Return a term as a sympy expression of `symbols`.

        Parameters
        ----------
        term
            Of this form, or another affine function of its symbols.

        Returns
        -------
        sympy.Expr
            The sum.

        Examples
        --------
        >>> import relaxbell as rb
        >>> form = rb.closed_form(rb.query(rb.instrumental(), "p{B=0, A=0 | Z=1}"))
        >>> form.affine(form.terms[0])
        p(00|1)
        """
        import sympy

        pairs = zip(term.form[1:], self.symbols, strict=True)
        return sympy.Add(to_sympy(term.form[0]), *(to_sympy(c) * s for c, s in pairs if c))

    @cached_property
    def conditions(self) -> tuple[Any, ...]:
        """`domain` as sympy relations."""
        return tuple(self.affine(term) <= 0 for term in self.domain)

    def substitution(self, observed: Behavior) -> dict[Any, Any]:
        """Return {symbol: value} of an exact behavior.

        Parameters
        ----------
        observed
            Exact, in the domain.

        Returns
        -------
        dict
            For ``form.expression.subs(…)``.

        Raises
        ------
        BehaviorError
            If the behavior is not exact or not in the domain.

        Examples
        --------
        >>> import relaxbell as rb
        >>> form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
        >>> form.expression.subs(form.substitution(rb.boxes.pr()))
        1/2
        """
        u = self.region.vector(observed)
        return {s: to_sympy(v) for s, v in zip(self.symbols, u[1:], strict=False)}

    def functionals(self) -> tuple[BellFunctional, ...]:
        """Return the terms as Bell functionals; not on slices or with symbolic budgets.

        Returns
        -------
        tuple of BellFunctional
            Exact, with their constants.

        Raises
        ------
        MeasureError
            If the terms depend on a budget, or the domain is a slice.

        Examples
        --------
        >>> import relaxbell as rb
        >>> form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
        >>> max(f(rb.boxes.pr()) for f in form.functionals())
        Fraction(1, 2)
        """
        if self.budgets:
            raise MeasureError("terms that depend on a budget are not functionals of p alone. Give it a number.")
        return self._functionals

    @cached_property
    def _functionals(self) -> tuple[BellFunctional, ...]:
        return tuple(self.region.functional(term.form) for term in self.terms)

    @cached_property
    def classes(self) -> tuple[TermClass, ...]:
        """The terms in orbits of the scenario's relabelings, each named where the catalog knows it."""
        return classes(self.region, [term.form for term in self.terms], [str(symbol) for symbol in self.budgets])

    def written(self, notation: str = "probabilities", *, language: str = "text") -> str:
        """Return the formula as people or programs read it.

        Parameters
        ----------
        notation
            ``"probabilities"`` (or ``"cells"``), as few cells p(ab|xy) as can be; ``"collins_gisin"`` or, for outputs
            of two values, ``"correlators"``. Programs read cells.
        language
            ``"text"``, ``"latex"``, or a function in ``"python"`` or ``"r"`` of a table with the axes of a behavior,
            and of the budgets.

        Returns
        -------
        str
            Text, with what its symbols mean.

        Raises
        ------
        MeasureError
            If notation or language are unknown, or the domain is a slice.
        FunctionalError
            For correlators of outputs of more values.

        Examples
        --------
        >>> import relaxbell as rb
        >>> iv = rb.instrumental()
        >>> form = rb.closed_form(rb.query(iv, "p{B(A=1)=1}"), subject_to=[rb.assumption(iv, "no defiers")])
        >>> print(form.written())
        p{B(A=1)=1} >= p(11|1)
        with p(ab|z) = p(A=a, B=b|Z=z)
        """
        sign, own = self.shown_sign, self.measure.negated or self.measure
        ends = [End(multiplied_forms([term.form for term in self.terms], sign), largest=sign > 0)]
        return written(self.region, own.name, own.symbol, ends, self.budget_names, notation, language, own.averaged)

    # -------------------------------------------------------------- evaluation

    def __call__(self, behavior: Behavior | Observed, budgets: Mapping[Any, Any] | None = None) -> ExactNumber:
        """Return the exact least value at an exact behavior; a lower bound of it where the form is not `complete`.

        Parameters
        ----------
        behavior
            Exact, in the domain; on a domain of observed values also an `Observed` of the same functionals.
        budgets
            A number for each symbolic budget.

        Raises
        ------
        BehaviorError
            If the behavior is not exact, not in the domain, or not reproduced by the model.
        """
        u = np.concatenate([self.region.vector(behavior), self._limits(budgets)])
        if len(roots := sorted({v.n for v in u if isinstance(v, Surd)})) > 1:
            raise BehaviorError(
                f"found {' and '.join(f'√{n}' for n in roots)} in behavior and budgets, expected one square root. Give "
                "rational budgets, or floats."
            )
        rounded = isinstance(behavior, Observed) and behavior.is_rounded
        for term in self.domain:
            if sign((np.array(term.form, dtype=object) * u).sum() - (_ROUNDING if rounded else 0)) > 0:
                raise BehaviorError(
                    f"{self.measure.model.name} does not reproduce this behavior: {term.text(self.labels)} ≤ 0 is "
                    "violated. Relax another edge."
                )
        return max((np.array(term.form, dtype=object) * u).sum() for term in self.terms)

    @property
    def _budget_remedy(self) -> str:
        numbers = ", ".join(f"{name!r}: 0.1" for name in self.budget_names)
        return f"Give form(p, {{{numbers}}}), with your numbers." if numbers else "Leave them out: the form has none."

    def _limits(self, budgets: Mapping[Any, Any] | None) -> Exact:
        if budgets is not None and not isinstance(budgets, Mapping):
            raise BehaviorError(
                f"budgets is {a_kind(budgets)}, expected a mapping with a number for each symbol. {self._budget_remedy}"
            )
        given = {str(k): v for k, v in (budgets or {}).items()}
        if set(given) != {str(s) for s in self.budgets}:
            raise BehaviorError(
                f"budgets {sorted(given)} given, expected a number for each of {[str(s) for s in self.budgets]}. "
                f"{self._budget_remedy}"
            )
        limits = [
            exact if (exact := as_exact(value)) is not None else read_fraction(value, f"the budget {s}", BehaviorError)
            for s, value in ((s, given[str(s)]) for s in self.budgets)
        ]
        return np.array(limits, dtype=object)

    def evaluate(
        self,
        observed: Iterable[Behavior | ArrayLike] | Behavior,
        budgets: Mapping[Any, Any] | None = None,
        *,
        tolerance: float = 1e-9,
    ) -> Evaluation:
        """Return the least value at many behaviors, in float64; lower bounds where the form is not `complete`.

        Parameters
        ----------
        observed
            Array of shape (N, outputs …, inputs …) in the model's order of axes, or a sequence of `Behavior`.
        budgets
            A number for each symbolic budget.
        tolerance
            How far positivity, normalization, the domain's equalities and the constraints may be missed.

        Returns
        -------
        Evaluation
            ``value``, NaN where infeasible, and the mask ``feasible``.

        Raises
        ------
        BehaviorError
            If the shape does not fit the model, or a budget is missing.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
        >>> form.evaluate([rb.boxes.pr(), rb.boxes.pr().visibility(0.25)]).value
        array([0.5, 0. ])
        """
        tables = self.tables(observed)
        limits = to_floats(self._limits(budgets))
        value, feasible = np.empty(len(tables)), np.empty(len(tables), dtype=bool)
        for start in range(0, len(tables), _CHUNK):
            part = slice(start, start + _CHUNK)
            value[part], feasible[part] = self._evaluated(tables[part], limits, tolerance)
        return Evaluation(value, feasible)

    def tables(self, observed: object) -> NDArray[np.float64]:
        """Return behaviors as one table for each, flat, in the model's order of axes.

        Parameters
        ----------
        observed
            As in `evaluate`.

        Returns
        -------
        ndarray
            float64, shape (N, cells).

        Raises
        ------
        BehaviorError
            If the shape does not fit the model.

        Examples
        --------
        >>> import relaxbell as rb
        >>> form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
        >>> form.tables([rb.boxes.pr()]).shape
        (1, 16)
        """
        model = self.measure.model
        if isinstance(observed, Behavior):
            observed = [observed]
        if not isinstance(observed, np.ndarray):
            if not isinstance(observed, Iterable):
                raise BehaviorError(f"found {a_kind(observed)}, expected an array or behaviors.")
            observed = [model.match(p).p if isinstance(p, Behavior) else self._table(p) for p in observed]
        observed = float_array(observed, "the table of behaviors", BehaviorError)
        if observed.shape[1:] != model.observed_shape:
            raise BehaviorError(
                f"an array of shape {observed.shape}, expected (N, {', '.join(map(str, model.observed_shape))}): "
                f"behaviors with axes {', '.join(model.outputs + model.inputs)}."
            )
        return observed.reshape(len(observed), math.prod(model.observed_shape))

    def _table(self, p: object) -> ArrayLike:
        model = self.measure.model
        return complete_table(p, "a behavior", BehaviorError, model.outputs + model.inputs)

    @cached_property
    def _matrices(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Terms and constraints over (1, coordinates, budgets), and K times the reading minus one."""
        terms = np.array([[float(c) for c in term.form] for term in self.terms])
        bounds = np.array([[float(c) for c in term.form] for term in self.domain]).reshape(-1, terms.shape[1])
        return terms, bounds, self.region.residual

    def _evaluated(
        self, tables: NDArray[np.float64], limits: NDArray[np.float64], tolerance: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        terms, bounds, residual = self._matrices
        finite = np.asarray(np.isfinite(tables).all(axis=1))
        tables = np.where(finite[:, None], tables, 0.0)
        size = self.region.dimension + 1
        u = tables @ self.region.reading.T
        value = (u @ terms[:, :size].T + terms[:, size:] @ limits).max(axis=1)
        feasible = finite & (tables.min(axis=1) >= -tolerance) & (abs(u[:, 0] - 1) <= tolerance)
        feasible &= abs(tables @ residual.T).max(axis=1) <= tolerance
        if len(bounds):
            feasible &= (u @ bounds[:, :size].T + bounds[:, size:] @ limits).max(axis=1) <= tolerance
        return np.where(feasible, value, np.nan), feasible

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        upper = self.shown_sign < 0
        relation = "=" if self.complete else "<=" if upper else ">="
        word = "min" if upper else "max"
        lines = [
            f"{self.measure.end_name} {relation} {word} of {counted(len(self.terms), 'term')}, for "
            f"{self.region.text}; {self.measure.model.name}",
            *listing(self.shown_classes, 3),
        ]
        if self.domain:
            one = len(self.domain) == 1
            lines.append(f"  where {len(self.domain)} constraint{'' if one else 's'} of the model hold{'s' * one}")
        lines.append(f"  {self.effort}")
        if upper:
            lines.append(f"  terms, expression and values are of {self.measure.name}: minus this")
        return "\n".join(lines)

    @property
    def effort(self) -> str:
        """Whether the form is complete, and what that is known from, as text."""
        if self.way == DUAL_VERTICES:
            vertices = "vertex" if self.vertices == 1 else "vertices"
            return f"complete: {self.vertices:,} dual {vertices}, {counted(self.programs, 'linear program')}"
        if self.complete:
            return f"complete: {self.programs:,} linear programs, {self.vertices:,} vertices"
        return (
            f"incomplete: terms and constraints are missing; {self.open_vertices:,} of {self.vertices:,} vertices are "
            f"open after {self.programs:,} linear programs"
        )

    def _repr_html_(self) -> str:
        return provided("ClosedForm._repr_html_")(self)

    def _repr_latex_(self) -> str:
        import sympy

        upper = self.shown_sign < 0
        relation = r"\max \leq" if upper else r"\min \geq"
        known = "" if self.complete else rf"\text{{incomplete: }} {relation} "
        if len(self.terms) > _LONGEST_LATEX:
            return f"${known}\\{'min' if upper else 'max'}$ of {len(self.terms)} terms"
        return f"$\\displaystyle {known}{sympy.latex(upper_end(self.expression) if upper else self.expression)}$"


_LONGEST_LATEX = 40


def upper_end(expression: Expr) -> Expr:
    """Return minus a ``Max`` as the ``Min`` of minus its terms, which is how people read upper ends."""
    import sympy

    terms = expression.args if isinstance(expression, sympy.Max) else (expression,)
    return -terms[0] if len(terms) == 1 else sympy.Min(*(-term for term in terms), evaluate=False)


def linear_terms(rows: Iterable[Sequence[int]]) -> tuple[LinearTerm, ...]:
    """Return rows (c_0, …, c_D, w) as terms Σ c u / w."""
    return tuple(LinearTerm(tuple(Fraction(c, row[-1]) for c in row[:-1])) for row in rows)
