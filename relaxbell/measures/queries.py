"""`query`: what is asked of a model in words, as a linear function of q or a quotient of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from relaxbell.causal.counterfactual.named import read_statement
from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.measures.definition import Definition
from relaxbell.measures.independent import IndependentQuery
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.ratios import Ratio
from relaxbell.measures.statements import Sum, quotient_of


@dataclass(frozen=True, eq=False, repr=False)
class Query(LinearMeasure):
    """A sum of probabilities of counterfactuals, linear in q. Made by `query`.

    Attributes
    ----------
    statement_text
        The probabilities that it consists of.
    averaged
        The distribution of free inputs that it depends on, as text; empty if there is none.
    model, term, name, unit, definition
        As in `LinearMeasure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.query(rb.instrumental(), "p{B=1, A=1}").averaged
    'p(Z) = (1/2, 1/2), the input_distribution of the model'
    """

    statement_text: str = field(kw_only=True)
    averaged: str = field(default="", kw_only=True)

    @property
    def formula(self) -> str:
        return f"{self.statement_text}; {self.averaged}" if self.averaged else self.statement_text

    @property
    def in_product(self) -> tuple[str, str]:
        several = "{" in self.name and ("} - " in self.name or "} + " in self.name)
        return (f"({self.name})", f"({self.symbol})") if several else (self.name, self.symbol)


def query(model: CausalModel, text: str, *, name: str | None = None) -> Query | Ratio | IndependentQuery:
    """Return what a text asks of a model: probabilities of counterfactuals, their sums, multiples and quotients.

    Parameters
    ----------
    model
        Any model.
    text
        For example ``"p{Y(X=1) = 1} - p{Y(X=0) = 1}"``. ``Y(X=1)`` is what Y would be if X were 1, ``Y(X=1, M(X=0))``
        what it would be if moreover M were what it would be if X were 0; without brackets it is what is observed.
        Events are joined by ``,`` ``;`` ``and`` ``or`` ``not``, values compared by ``= != < <= > >=``, added and
        multiplied; ``p{… | …}`` is a conditional probability, with ``do(X=1)`` if wanted, and ``E[…]`` a mean. Named
        queries: ``ACE(X -> Y)`` (or ``ATE``), ``PNS``, ``PN``, ``PS``, ``ETT`` (``ATT``), ``ETU`` (``ATU``, ``ATC``),
        ``CDE(X -> Y | M=0)``, ``NDE(X -> M -> Y)``, ``NIE``, ``TNDE``, ``TNIE``, ``LATE(Z -> X -> Y)`` (``CACE``),
        ``compliers(Z -> X)``, ``defiers(Z -> X)``; other values than 1 against 0 as in ``ACE(X=2 vs 0 -> Y=1)``. The
        page :doc:`/queries` has the grammar. Nothing in it is evaluated by Python.
    name
        For messages; by default the text.

    Returns
    -------
    Query, Ratio or IndependentQuery
        A `Query`, linear in q; or for conditions on what responds a `Ratio`. Both have `bounds`, `closed_bounds`,
        `minimize`, trade-offs, and are budgets with ``<=``. Where observed values enter that free inputs
        influence, the model's ``input_distribution`` p(z) is used, and the measure says so. Of a model with several
        independent latent variables an `IndependentQuery`, for `bounds`, `minimize` and ``subject_to``.

    Raises
    ------
    MeasureError
        Where the text is not of the grammar; for unknown variables and values, counterfactuals on what is no ancestor,
        conditions that never happen, and what is neither linear nor one quotient. With the place in the text.
    ModelTooLargeError
        If an event depends on too many responses.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> iv = rb.instrumental()
    >>> table = np.array([[[919, 315], [0, 139]], [[81, 73], [0, 473]]]) * Fraction(1, 1000)
    >>> lipid = rb.Behavior(table, outputs="B A", inputs="Z")
    >>> rb.bounds(rb.query(iv, "p{B(A=1) = 1} - p{B(A=0) = 1}"), lipid)
    [0.392, 0.78] for p{B(A=1) = 1} - p{B(A=0) = 1}
    >>> rb.bounds(rb.query(iv, "LATE(Z -> A -> B)"), lipid).minimum.exact
    155/204
    """
    check_model(model, "a query")
    if model.has_free_strategies:
        return _query(model, text, name)
    return IndependentQuery.of(model, _query(model.joined, text, name))


def _query(model: CausalModel, text: str, name: str | None) -> Query | Ratio:
    """Return the query of a model with one latent variable."""
    text = " ".join(text.split()) if isinstance(text, str) else text
    statement = read_statement(text, model.cardinality.__contains__)
    shown = text if name is None else name
    if not isinstance(shown, str):
        raise MeasureError(f"the name is {name!r}, expected a text such as name='effect'.")
    read = quotient_of(model, statement, text)
    arguments: dict[str, object] = {"text": text}
    if read.denominator is None:
        definition = Definition("query", query, arguments, read.numerator.latex())
        return _linear(model, read.numerator, shown, definition)
    above, below = (_linear(model, part, str(part)) for part in (read.numerator, read.denominator))
    latex = rf"\frac{{{read.numerator.latex()}}}{{{read.denominator.latex()}}}"
    return Ratio(
        model,
        shown,
        numerator=above,
        denominator=below,
        averaged=above.averaged or below.averaged,
        definition=Definition("query", query, arguments, latex),
    )


def _linear(
    model: CausalModel, found: Sum, name: str, definition: Definition[Query | Ratio | IndependentQuery] | None = None
) -> Query:
    text = str(found)
    return Query(
        model,
        name,
        term=found.term(model, text),
        definition=definition or Definition("query", query, {"text": text}, found.latex()),
        statement_text=text,
        averaged=averaged_text(model, found.inputs),
    )


def averaged_text(model: CausalModel, inputs: Sequence[str]) -> str:
    """Return which distribution of free inputs is used."""
    if not inputs:
        return ""
    names = tuple(name for name in model.free_inputs if name in inputs)
    values = model.input_distribution.marginal(names).ravel().tolist()
    return f"p({', '.join(names)}) = ({', '.join(map(str, values))}), the input_distribution of the model"
