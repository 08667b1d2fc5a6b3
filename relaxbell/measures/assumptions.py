"""`assumption`: what is taken for granted, in words, as a budget that `subject_to` takes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction

from relaxbell.causal.counterfactual.checks import check_part
from relaxbell.causal.counterfactual.expressions import (
    All,
    Combination,
    Comparison,
    Event,
    Mean,
    Number,
    Relation,
    Variable,
    both,
    opposite,
)
from relaxbell.causal.counterfactual.named import NAMED_QUERIES, named_statement, read_arguments
from relaxbell.causal.counterfactual.reading import HEADS, Reader
from relaxbell.causal.counterfactual.tables import own_parents
from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.measures.independent import independent_limit
from relaxbell.measures.measure import Budget, Limit, LinearMeasure, budget_of, check_model
from relaxbell.measures.queries import Query, averaged_text
from relaxbell.measures.statements import Sum, atom_of, quotient_of
from relaxbell.measures.terms import LargestRow


def assumption(model: CausalModel, text: str, *, at_most: object = 0) -> Budget | Limit:
    """Return what a text takes for granted, as a constraint for ``subject_to``.

    Parameters
    ----------
    model
        Any model.
    text
        An event about counterfactuals that holds for everybody, such as monotonicity, ``"X(Z=1) >= X(Z=0)"``; several
        are joined by ``,`` or ``;``. Or a relation between queries, ``"p{Y(X=1) = 1} >= 1/2"``, also of conditional
        probabilities. Or one of the names ``"no defiers"`` (of the only instrument; else ``"no defiers(Z -> X)"``),
        ``"monotone(X -> Y)"``, ``"decreasing(X -> Y)"``, ``"no direct effect(X -> Y)"`` (of a parent X, whatever the
        other parents of Y are) and ``"no effect(X -> Y)"``. The page :doc:`/queries` has the grammar.
    at_most
        How far it may be violated: the probability of those for whom the event does not hold, or how far the relation
        is missed. A number, or a sympy symbol for closed forms.

    Returns
    -------
    Budget or Limit
        Its ``measure`` is the violation: ``tradeoff(query, assumption(…).measure, p)`` is the curve over it.

    Raises
    ------
    MeasureError
        As in `query`; and where the text is neither an event nor a relation of two queries.

    Examples
    --------
    >>> import numpy as np
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> iv = rb.instrumental()
    >>> monotone = rb.assumption(iv, "A(Z=1) >= A(Z=0)")
    >>> monotone
    p{A(Z=1) < A(Z=0)} <= 0
    >>> table = np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10)
    >>> two_sided = rb.Behavior(table, outputs="B A", inputs="Z")
    >>> rb.bounds(rb.query(iv, "LATE(Z -> A -> B)"), two_sided, [monotone])
    [0.5, 0.5] for LATE(Z -> A -> B)
    >>> rb.bounds(rb.query(iv, "LATE(Z -> A -> B)"), two_sided, [rb.assumption(iv, "no defiers", at_most=0.01)])
    [0.463414634, 0.512195122] for LATE(Z -> A -> B)
    """
    check_model(model, "an assumption")
    if model.has_free_strategies:
        return _assumption(model, text, at_most)
    return independent_limit(model, _assumption(model.joined, text, at_most))


def _assumption(model: CausalModel, text: str, at_most: object) -> Budget:
    """Return the assumption about a model with one latent variable."""
    if not isinstance(text, str) or not text.strip():
        raise MeasureError(f"the assumption is {text!r}, expected a text such as 'X(Z=1) >= X(Z=0)' or 'no defiers'.")
    words = " ".join(text.split())
    named = _named(model, words)
    if named is None:
        reader = _reader(model, words)
        if _is_relation(reader):
            return budget_of(_relation(model, reader, words), at_most)
        named = reader.event()
        reader.end()
    check_part(model, named, words)
    return budget_of(_violation(model, named, words), at_most)


def _reader(model: CausalModel, text: str) -> Reader:
    return Reader(text, "assumption", model.cardinality.__contains__, named_statement)


def _violation(model: CausalModel, event: Event, text: str) -> Query:
    """Return the probability that an event does not hold."""
    against = opposite(event)
    found = atom_of(model, Mean(against, None, ()), against, {})
    if not found.terms:
        holds = "always" if not found.constant else "for nobody" if found.constant == 1 else "not always"
        if found.constant:
            raise MeasureError(
                f"{text!r} holds {holds}, whatever {model.name} does: its settings alone decide. Expected something "
                "about what responds. Write an event such as X(Z=1) >= X(Z=0)."
            )
    return Query(
        model,
        str(found),
        term=found.term(model, str(found)),
        statement_text=str(found),
        averaged=averaged_text(model, found.inputs),
    )


# ------------------------------------------------------------------------------------- relations


def _is_relation(reader: Reader) -> bool:
    """Return whether a text compares queries: whether one stands outside of all brackets in it."""
    depth = 0
    for k, token in enumerate(reader.tokens):
        reader.at = k
        if depth == 0 and token.text in (*HEADS, *NAMED_QUERIES) and reader.begins_statement():
            reader.at = 0
            return True
        depth += (token.text in ("(", "{", "[")) - (token.text in (")", "}", "]"))
    reader.at = 0
    return False


def _relation(model: CausalModel, reader: Reader, text: str) -> LinearMeasure:
    """Return how far a relation between two queries is missed."""
    left = reader.statement()
    relation = reader.token.text
    if relation not in ("=", "<=", ">=", "<", ">"):
        reader.fail("a relation: = , <= or >=", "An assumption says what holds; what is asked is a query.")
    if relation in ("<", ">"):
        reader.fail(f"{relation}=, for limits are met", f"Write {relation}= instead.")
    place = reader.token.place
    reader.at += 1
    right = reader.statement()
    reader.end()
    first, second = (left, right) if relation != ">=" else (right, left)
    quotients = [quotient_of(model, part, text) for part in (first, second)]
    denominators = [own.denominator for own in quotients if own.denominator is not None]
    if len(denominators) == 2 and denominators[0].key == denominators[1].key:
        return _missed(model, quotients[0].numerator.plus(quotients[1].numerator, Fraction(-1)), relation, text)
    found = quotient_of(model, Combination("-", first, second, place), text)
    return _missed(model, found.numerator, relation, text)


def _missed(model: CausalModel, found: Sum, relation: str, text: str) -> LinearMeasure:
    """Return by how much a sum is above 0, or, for equations, how far it is from 0."""
    if not found.terms and (found.constant > 0 or (relation == "=" and found.constant)):
        raise MeasureError(f"{text!r} never holds in {model.name}, whatever it does. Leave it out.")
    averaged = averaged_text(model, found.inputs)
    if relation == "=":
        term = LargestRow(found.rows(model, str(found)))
        return LinearMeasure(model, f"|{found}|", term=term)
    return Query(model, str(found), term=found.term(model, str(found)), statement_text=str(found), averaged=averaged)


# ----------------------------------------------------------------------------------------- names


def _named(model: CausalModel, text: str) -> Event | None:
    """Return the event that a name stands for; None where the text is no name."""
    for name, make in _KINDS.items():
        rest = text.removeprefix(name)
        if rest != text and (not rest or rest.lstrip().startswith("(")) and name not in model.cardinality:
            return make(model, *_pair(model, text, rest, name))
    return None


def _pair(model: CausalModel, text: str, rest: str, name: str) -> tuple[str, str]:
    if rest:
        reader = _reader(model, text)
        reader.at = len(name.split())
        arguments, fixed, _ = read_arguments(reader)
        reader.end()
        if len(arguments) != 2 or fixed:
            raise MeasureError(f"{text!r}: found {len(arguments)} variables, expected {name}(X -> Y).")
        for own in arguments:
            check_part(model, Variable(own.name, (), own.place), text)
        return arguments[0].name, arguments[1].name
    found = [(z, x) for z in model.free_inputs for x in model.responding if z in own_parents(model, x)]
    if name != "no defiers" or len(found) != 1:
        pairs = ", ".join(f"{name}({z} -> {x})" for z, x in found)
        raise MeasureError(
            f"{text!r} in {model.name}: found {len(found)} variables that free inputs influence, expected one. Say of "
            f"which: {pairs or f'{name}(X -> Y)'}."
        )
    return found[0]


def _others(model: CausalModel, x: str, y: str) -> Iterator[tuple[tuple[str, Number], ...]]:
    """Yield all values of the other parents of y, where x is one of them; else nothing is forced on them."""
    parents = own_parents(model, y)
    others = [name for name in parents if name != x] if x in parents else []
    for values in itertools.product(*(range(model.cardinality[name]) for name in others)):
        yield tuple((name, Number(value)) for name, value in zip(others, values, strict=True))


def _compared(model: CausalModel, x: str, y: str, relation: Relation, *, direct: bool = True) -> Event:
    """Return how Y compares where X is one larger, for all values of X and of the other parents of Y."""
    parts = []
    for others in _others(model, x, y) if direct else [()]:
        for value in range(model.cardinality[x] - 1):
            forced = [((x, Number(v)), *others) for v in (value + 1, value)]
            after, before = (Variable(y, own, 0, (0,) * len(own)) for own in forced)
            parts.append(Comparison(relation, after, before))
    return both(*parts) if parts else All(())


def _direct(model: CausalModel, x: str, y: str) -> Event:
    if x not in own_parents(model, y):
        raise MeasureError(
            f"no direct effect({x} -> {y}): found no edge {x} -> {y} in {model.name}, expected one. It is granted "
            "already."
        )
    return _compared(model, x, y, "=")


_KINDS: dict[str, Callable[[CausalModel, str, str], Event]] = {
    "no defiers": lambda model, x, y: _compared(model, x, y, ">="),
    "monotone": lambda model, x, y: _compared(model, x, y, ">="),
    "monotonicity": lambda model, x, y: _compared(model, x, y, ">="),
    "decreasing": lambda model, x, y: _compared(model, x, y, "<="),
    "no direct effect": _direct,
    "no effect": lambda model, x, y: _compared(model, x, y, "=", direct=False),
}
