"""`Measure`: how far an assumption is relaxed, as a convex function of q that is kept as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Surd, as_exact, read_fraction
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text, one_line
from relaxbell.measures.own_rows import read_rows
from relaxbell.measures.terms import Largest, LargestRow, Leaf, Linear, SumOfRows, Term, Total, stated
from relaxbell.measures.weights import read_numbers, read_weights
from relaxbell.methods import provided

Norm = Literal["max", "sum", "linear", "max of sums"]


@dataclass(frozen=True, eq=False)
class Measure:
    """A convex function of the distribution q over a model's strategies.

    Made by `influence`, `message_weight`, `average_causal_effect`, … or by `measure` from one's own
    rows. Sums, non-negative multiples and `maximum` of measures of one model instance are measures.

    Attributes
    ----------
    model
        The model whose q it is a function of.
    term
        Rows, norms, sums and maxima, see `relaxbell.measures.terms`.
    name
        Short name, for example ``C(X -> B)``.
    unit
        Of the value: ``probability`` or ``bit``.
    definition
        What the measure is, as plain data: the name of its kind and its arguments, from which workers make it anew.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> rb.influence(model, "X", "B").expression.is_convex()
    True
    """

    model: CausalModel
    term: Term
    name: str
    unit: str = "probability"
    definition: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse models with several sources, whose q is not free."""
        if len(self.model.latents) > 1:
            raise UnsupportedModelError(
                f"{self.name} is for models with one latent variable: {self.model.name} has the independent sources "
                f"{', '.join(self.model.latents)}, so its q factorizes and the problem is not convex. Use "
                "nonbilocality(model), or model.shared(): it can do more, so its least value is a lower bound."
            )

    @property
    def expression(self) -> Any:
        """The measure as a plain CVXPY expression of ``model.q``."""
        return self.term.expression(self.model.q)

    @property
    def blocks(self) -> tuple[Rows, ...]:
        """The sparse blocks of rows, in the order of the formula."""
        return tuple(leaf.rows for leaf in self.term.leaves())

    @property
    def rows(self) -> tuple[str, ...]:
        """What each row means."""
        return tuple(label for block in self.blocks for label in block.labels)

    def value(self, q: Any) -> float:
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
        return self._at(read_weights(self.model, q, self.name))

    def at(self, q: Any) -> float:
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
        return self._at(read_numbers(self.model, q, self.name))

    def statement(self) -> dict[str, Any]:
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
        return stated(self.term)

    def _at(self, q: NDArray[np.float64]) -> float:
        """Return the measure at an array of one weight for each strategy."""
        return self.term.value(q)

    def _check_combinable(self, what: str) -> None:
        """Raise MeasureError if the measure cannot take part in sums, multiples, maxima or budgets."""

    def __add__(self, other: object) -> Measure:
        if not isinstance(other, Measure):
            return NotImplemented
        for part in (self, other):
            part._check_combinable("sum with other measures")
        same_model(self, other)
        summands, parts = zip(*map(_summands, (self, other)), strict=True)
        definition = {"kind": "sum", "of": [definition for own in summands for definition in own]}
        term = Total(tuple(term for own in parts for term in own))
        return Measure(self.model, term, f"{self.name} + {other.name}", self.unit, definition=definition)

    def __radd__(self, other: object) -> Measure:
        """Return the measure itself for 0 + measure, so that Python's `sum` works."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, factor: Any) -> Measure:
        self._check_combinable("multiple")
        if isinstance(as_exact(factor), Surd):
            raise MeasureError(
                f"{factor} · {self.name}: found an irrational factor, expected a rational one. Multiply the least "
                "value instead, or give the multiplied rows to measure(model, rows)."
            )
        fraction = read_fraction(factor, f"the factor of {self.name}", MeasureError)
        if fraction < 0 and not self.term.is_linear:
            raise MeasureError(
                f"{factor} · {self.name} is concave: found a negative factor of a norm, expected one ≥ 0. "
                "Only linear measures, such as average_causal_effect, can be negated."
            )
        definition = {"kind": "multiple", "factor": str(fraction), "of": self.definition}
        term = self.term.scaled(fraction)
        return Measure(self.model, term, f"{factor} {_in_product(self)}", self.unit, definition=definition)

    __rmul__ = __mul__

    def __neg__(self) -> Measure:
        return replace(self * -1, name=f"-{_in_product(self)}")

    def __sub__(self, other: Measure) -> Measure:
        return self + (-other)

    def __le__(self, limit: Any) -> Budget:
        self._check_combinable("budget")
        if getattr(limit, "is_Symbol", False):
            return Budget(self, limit)
        exact = as_exact(limit)
        if isinstance(exact, Surd):
            return Budget(self, exact)
        return Budget(self, read_fraction(limit, f"the budget of {self.name}", MeasureError))

    def __ge__(self, limit: Any) -> Budget:
        raise MeasureError(
            f"{self.name} >= {limit} is a lower limit, expected an upper one: budgets are convex constraints. Write "
            f"{self.name} <= limit; for a linear measure -{self.name} <= -limit."
        )

    def __repr__(self) -> str:
        combined = self.definition.get("kind") in _COMBINED  # its name is the formula
        formula = self.name if combined else self.term.formula()
        text = self.name if formula == self.name else f"{self.name} = {formula}"
        return f"{text}  ({self.unit}; {self.model.name})"

    def _repr_latex_(self) -> str:
        return provided("Measure._repr_latex_")(self)


_COMBINED = ("sum", "multiple", "maximum")


def _in_product(measure: Measure) -> str:
    """Return the name of a measure as a factor."""
    return f"({measure.name})" if measure.definition.get("kind") in ("sum", "multiple") else measure.name


def _summands(measure: Measure) -> tuple[Sequence[Mapping[str, Any]], Sequence[Term]]:
    """Return the definitions and terms of a sum's parts, so that sums of sums stay flat; of itself for others."""
    if measure.definition.get("kind") == "sum" and isinstance(measure.term, Total):
        return measure.definition["of"], measure.term.parts
    return [measure.definition], [measure.term]


@dataclass(frozen=True, eq=False)
class Budget:
    """An upper limit on a measure, used as a constraint: ``measure <= 0.1``.

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

    measure: Measure
    limit: Any

    @property
    def is_symbolic(self) -> bool:
        """Whether the limit is a symbol."""
        return not isinstance(self.limit, Fraction | Surd)

    def __repr__(self) -> str:
        limit = str(self.limit) if self.is_symbolic else decimal_text(self.limit, 9)
        return f"{self.measure.name} <= {limit}"


def check_model(model: Any, what: str) -> None:
    """Raise MeasureError for anything but a causal model."""
    if not isinstance(model, CausalModel):
        raise MeasureError(
            f"{what} belongs to a causal model: found a {type(model).__name__}. Give a model such as bell().relax(…) "
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


def maximum(*measures: Measure) -> Measure:
    """Return the measure max(m1, m2, …) of measures of one model instance.

    Parameters
    ----------
    *measures
        One or more, of one model instance.

    Returns
    -------
    Measure
        In the unit of the first.

    Raises
    ------
    MeasureError
        If there is none, the instances differ, or one is an entropy or mutual information.

    Examples
    --------
    >>> import relaxbell as rb
    >>> both = rb.bell().relax("X -> B", "Y -> A")
    >>> rb.maximum(rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")).name
    'max(C(X -> B), C(Y -> A))'
    """
    if not measures:
        raise MeasureError("maximum of no measures. Give at least one.")
    for part in measures:
        if not isinstance(part, Measure):
            raise MeasureError(
                f"the maximum is of measures: found {one_line(part)}, expected one such as influence(…). Leave it "
                "out; norms are never negative."
            )
        part._check_combinable("maximum with other measures")
    model = same_model(*measures)
    name = f"max({', '.join(m.name for m in measures)})"
    definition = {"kind": "maximum", "of": [m.definition for m in measures]}
    return Measure(model, Largest(tuple(m.term for m in measures)), name, measures[0].unit, definition=definition)


def measure(
    model: CausalModel,
    rows: Any,
    *,
    norm: Norm = "max",
    name: str = "measure",
    unit: str = "probability",
) -> Measure:
    """Return one's own measure: a norm of linear functions of q.

    Parameters
    ----------
    model
        The model.
    rows
        A mapping from a label to a row, or a list of rows; a row is an array of length n, or a CVXPY expression
        affine in ``model.q`` without constant, such as ``model.probability(…)``. Or a (k, n) array, dense or
        sparse. For ``max of sums``: a mapping from a label to such a group of rows.
    norm
        ``max``: max |row · q|; ``sum``: Σ |row · q|; ``linear``: Σ row · q, signed; ``max of sums``.
    name, unit
        For messages.

    Returns
    -------
    Measure
        Its certificates state the rows themselves.

    Raises
    ------
    MeasureError
        If the rows do not fit the model, have masked or complex entries or NaN, or the norm is unknown.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> shift = model.probability({"B": 0}, do={"X": 0}) - model.probability({"B": 0}, do={"X": 1})
    >>> rb.measure(model, {"shift of p(B=0)": shift}, name="average influence").rows
    ('shift of p(B=0)',)
    """
    check_model(model, "a measure")
    single: dict[str, type[Leaf]] = {"max": LargestRow, "sum": SumOfRows, "linear": Linear}
    if norm == "max of sums":
        if not isinstance(rows, Mapping) or not rows:
            raise MeasureError("the rows of a max of sums are a mapping from a label to a group of rows.")
        groups = tuple(SumOfRows(read_rows(model, group, f"{label} ")) for label, group in rows.items())
        units = [group.rows.scale.denominator for group in groups]
        return Measure(model, Largest(groups), name, unit, definition={"kind": "rows", "norm": norm, "units": units})
    if norm not in single:
        raise MeasureError(f"norm {norm!r} is unknown, expected 'max', 'sum', 'linear' or 'max of sums'.")
    term = single[norm](read_rows(model, rows, ""))
    definition = {"kind": "rows", "norm": norm, "units": [term.rows.scale.denominator]}
    return Measure(model, term, name, unit, definition=definition)
