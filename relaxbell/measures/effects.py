"""Average causal effects."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from relaxbell.behavior.names import name_latex
from relaxbell.causal.model import CausalModel
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.independent import IndependentQuery
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.terms import Linear


def average_causal_effect(
    model: CausalModel,
    source: str,
    target: str,
    *,
    values: tuple[int, int] = (1, 0),
    outcome: int = 1,
) -> LinearMeasure | IndependentQuery:
    """Return the signed effect p(target = outcome|do(source = u)) − p(target = outcome|do(source = u')).

    Linear in q, so it has a minimum and a maximum: see `bounds`. Free inputs are averaged over the
    model's input distribution. Its bounds in the instrumental model are those of Balke and Pearl, JASA 92, 1171 (1997),
    doi:10.1080/01621459.1997.10474074.

    Parameters
    ----------
    model
        Any model.
    source, target
        Where to intervene, and the output or hidden node whose probability changes.
    values
        (u, u').
    outcome
        Value of the target.

    Returns
    -------
    LinearMeasure or IndependentQuery
        A difference of probabilities in [−1, 1]; of a model with several independent latent variables an
        `IndependentQuery`.

    Raises
    ------
    ModelError
        If a node or value is unknown.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.average_causal_effect(rb.instrumental(), "A", "B").name
    'ACE(A -> B)'
    """
    check_model(model, "average_causal_effect")
    if model.has_free_strategies:
        return _effect(model, source, target, values, outcome)
    return IndependentQuery.of(model, _effect(model.joined, source, target, values, outcome))


def _effect(model: CausalModel, source: str, target: str, values: tuple[int, int], outcome: int) -> LinearMeasure:
    """Return the effect in a model with one latent variable."""
    treated = model.rows({target: outcome}, do={source: values[0]})
    control = model.rows({target: outcome}, do={source: values[1]})
    difference = treated.minus(control, (f"{treated.labels[0]} - {control.labels[0]}",))
    u, v = values
    arguments = {"source": source, "target": target, "values": [u, v], "outcome": outcome}
    edge = rf"{name_latex(source)} \to {name_latex(target)}"
    hit = f"{small(target)}{{=}}{outcome}"
    equation = " - ".join(rf"p({hit} \mid do({small(source)}{{=}}{value}))" for value in (u, v))
    definition = Definition("average causal effect", _anew, arguments, rf"\mathrm{{ACE}}_{{{edge}}}", equation)
    both = (probability(target, [outcome], [[source, value]]) for value in (u, v))
    stated = {"kind": "sum", "of": [list(pair) for pair in zip((Fraction(1), Fraction(-1)), both, strict=True)]}
    term = Linear(difference, None if model.is_mixture else stated)  # rows of several graphs are written out
    return LinearMeasure(model, f"ACE({source} -> {target})", term=term, definition=definition)


def _anew(
    model: CausalModel, source: str, target: str, values: Sequence[int], outcome: int
) -> LinearMeasure | IndependentQuery:
    u, v = values
    return average_causal_effect(model, source, target, values=(u, v), outcome=outcome)


def probability(target: str, values: Sequence[int], do: Sequence[Sequence[str | int]]) -> dict[str, object]:
    """Return p(target ∈ values | do) as the verifier states it."""
    return {"kind": "probability", "target": target, "values": values, "do": do}
