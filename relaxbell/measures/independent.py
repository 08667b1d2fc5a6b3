"""Queries of models with several independent latent variables: linear in q, which is a product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats
from relaxbell.measures.measure import Budget, Limit, LinearMeasure, Measure, read_limit, same_model

if TYPE_CHECKING:
    import cvxpy as cp

_STEPS = (
    " For some budgets, [bounds(query, p, [budget <= t]) for t in …]: between two of them the least value is at least "
    "lower_bound at the larger one, and at most the value at the smaller one."
)
"""What to do instead of a trade-off."""


@dataclass(frozen=True, eq=False, repr=False)
class IndependentQuery(Measure):
    """A query of a model whose latent variables are independent: q is a product over its districts.

    Made by `query` and `average_causal_effect` for such models. Effects that depend on one district have a linear
    program and exact bounds; others are bounded by branch and bound over what districts do. `minimize`, `bounds` and
    `sweep` take it, and limits on others as constraints.

    Attributes
    ----------
    over
        The query of the model in which the latent variables are joined, as a function of q.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    Outcomes are seen of those selected only, and selection has noise of its own:

    >>> import relaxbell as rb
    >>> graph = "X -> Y -> S; U -> X; U -> Y; V -> S"
    >>> model = rb.CausalModel(graph, "", "U V", {"X": 2, "Y": 2, "S": 2})
    >>> isinstance(rb.query(model, "ACE(X -> Y)"), rb.classes.IndependentQuery)
    True
    """

    over: Measure = field(kw_only=True)

    def __post_init__(self) -> None:
        """Accept models with several sources: this is the measure for them."""

    @classmethod
    def of(cls, model: CausalModel, over: Measure) -> IndependentQuery:
        """Return the query of a model that has been made of the one with joined latent variables.

        Parameters
        ----------
        model
            With several latent variables.
        over
            The query of ``model.joined``.

        Returns
        -------
        IndependentQuery
            With the same name.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.bilocality()
        >>> own = rb.query(model.joined, "p{A(X=0)=1}")
        >>> rb.classes.IndependentQuery.of(model, own).name
        'p{A(X=0)=1}'
        """
        return cls(model, over.name, over.unit, over=over, definition=over.definition)

    @property
    def expression(self) -> cp.Expression:
        """Raise MeasureError: q is a product, which no convex constraint says.

        Raises
        ------
        MeasureError
            It says what to use instead.
        """
        self._refuse("CVXPY expression of its own")

    def linear(self, what: str) -> LinearMeasure:
        self._refuse(what)

    def statement(self) -> dict[str, object]:
        self._refuse("certificate")

    def _refuse(self, what: str) -> NoReturn:
        raise MeasureError(
            f"{self.name} is of {self.model.name}, whose latent variables {', '.join(self.model.latents)} are "
            f"independent: found {what}, expected a model with a convex set of distributions q. Use minimize, bounds "
            "or sweep; or the query of model.shared(), whose bounds hold as well and may be wider."
            f"{_STEPS if what == 'trade-off' else ''}"
        )

    @property
    def of_joined(self) -> Measure:
        return self.over

    @property
    def negated(self) -> IndependentQuery | None:
        own = self.over.negated
        return None if own is None else self._made(own)

    @property
    def averaged(self) -> str:
        return self.over.averaged

    @property
    def formula(self) -> str:
        return self.over.formula

    def _at(self, q: Floats) -> float:
        return self.over._at(q)

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        return self.over._at_few(strategies, weights)

    # ------------------------------------------------------------------- algebra

    def _made(self, over: Measure) -> IndependentQuery:
        return IndependentQuery.of(self.model, over)

    def _other(self, other: Measure) -> Measure:
        if other.of_joined is None:
            self._refuse(f"{other.name} beside it")
        same_model(self, other)
        return other.of_joined

    def __add__(self, other: object) -> IndependentQuery:  # type: ignore[override]
        return self._made(self.over + self._other(other)) if isinstance(other, Measure) else NotImplemented

    def __mul__(self, factor: object) -> IndependentQuery:
        return self._made(self.over * factor)

    def __rmul__(self, factor: object) -> IndependentQuery:
        return self * factor

    def __neg__(self) -> IndependentQuery:
        return self._made(-self.over)

    def __sub__(self, other: Measure) -> IndependentQuery:  # type: ignore[override]
        return self + (-other)

    def __truediv__(self, divisor: object) -> IndependentQuery:
        return self._made(self.over / (self._other(divisor) if isinstance(divisor, Measure) else divisor))

    def __le__(self, limit: object) -> Limit:
        return Limit(self, read_limit(self, limit))


def independent_limit(model: CausalModel, budget: Budget) -> Limit:
    """Return a limit on a query of a model with joined latent variables, for the model itself."""
    return Limit(IndependentQuery.of(model, budget.measure), budget.limit)
