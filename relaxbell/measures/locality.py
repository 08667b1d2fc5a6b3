"""Relaxations of locality: causal influence, messages, and average causal effects."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory, program_memory
from relaxbell.errors import MeasureError
from relaxbell.exact.rows import Rows
from relaxbell.measures.measure import Measure, check_model
from relaxbell.measures.terms import LargestRow, Linear, stated


def influence(model: CausalModel, source: str, target: str, *, variation: bool = False) -> Measure:
    """Return the direct causal influence C(source → target) of an edge, Eqs. (4) and (29).

    The largest shift that an intervention on `source` makes in the probability of a value of `target`,
    averaged over the latent variable::

        max over w, other parents, u ≠ u'   Σ_λ p(λ) |p(w|do(u), others, λ) − p(w|do(u'), others, λ)|

    Parameters
    ----------
    model
        Must contain the edge.
    source, target
        Its ends; `source` may be an input, output or hidden node.
    variation
        Use total variation, max over others, u ≠ u' of Σ_λ p(λ) [f(u) ≠ f(u')]. The two agree for
        binary targets. Beyond, only this one cannot grow when outcomes are merged: appending a
        private coin to Bob's output of the PR box halves the plain form (erratum E9).

    Returns
    -------
    Measure
        A probability in [0, 1].

    Raises
    ------
    MeasureError
        If the model has no such edge or `source` has a single value.
    ModelTooLargeError
        If its rows do not fit in memory.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()).value, 9)
    0.5
    """
    check_model(model, "influence")
    if (source, target) not in model.edges or source in model.latents:
        raise MeasureError(
            f"{model.name} has no edge {source} -> {target} between observed or hidden nodes. Its edges are "
            f"{', '.join(f'{u} -> {v}' for u, v in model.edges)}; add one with relax(...)."
        )
    values = model.cardinality[source]
    if values < 2:
        raise MeasureError(f"{source} has a single value, so it cannot influence {target}. Give it two or more.")
    others = [n for n in model.parents(target) if n not in (source, *model.latents)]
    outcomes = range(model.cardinality[target])
    _check_size(model, source, target, math.prod(model.cardinality[n] for n in others), variation)
    found, labels = [], []
    for setting in itertools.product(*(range(model.cardinality[n]) for n in others)):
        fixed = dict(zip(others, setting, strict=True))
        responses = [model.strategies.response(target, {**fixed, source: u}) for u in range(values)]
        given = "".join(f", {n}={v}" for n, v in fixed.items())
        for u, v in itertools.combinations(range(values), 2):
            pair = f"do({source}={u}) vs do({source}={v}){given}"
            if variation:
                found.append(model.strategies.spread(responses[u] != responses[v]))
                labels.append(f"p({target} changes), {pair}")
                continue
            # for two outcomes the shifts of both are equal, so one row serves
            for w in outcomes if len(outcomes) > 2 else outcomes[:1]:
                shift = (responses[u] == w) != (responses[v] == w)
                found.append(model.strategies.spread(shift))
                labels.append(f"mean over λ of |shift of p({target}={w})|, {pair}")
    name = f"{'TV' if variation else 'C'}({source} -> {target})"
    definition = {"kind": "influence", "source": source, "target": target, "variation": variation}
    return Measure(model, LargestRow(_indicator_rows(found, labels), definition), name, definition=definition)


def _check_size(model: CausalModel, source: str, target: str, settings: int, variation: bool) -> None:
    """Raise ModelTooLargeError if the rows of an influence, or its linear program, do not fit in memory."""
    c, n = model.cardinality[target], model.strategies.count
    pairs = settings * math.comb(model.cardinality[source], 2)
    rows = pairs * (c if c > 2 and not variation else 1)
    shifted = pairs * n * (c - 1) // c  # two values differ; that one of them is w has 2 (c − 1)/c² of all
    entries = shifted if variation or c == 2 else 2 * shifted
    check_memory(
        f"{'TV' if variation else 'C'}({source} -> {target}), {rows:,} rows over {n:,} strategies of {model.name},",
        rows * n + program_memory(rows, entries, n),
    )


def _indicator_rows(rows: list[NDArray[Any]], labels: list[str]) -> Rows:
    columns = [np.flatnonzero(row).astype(np.int32) for row in rows]
    pointers = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
    indices = np.concatenate(columns)
    matrix = sp.csr_array((np.ones(len(indices)), indices, pointers), shape=(len(rows), len(rows[0])))
    return Rows(matrix, tuple(labels))


def average_causal_effect(
    model: CausalModel,
    source: str,
    target: str,
    *,
    values: tuple[int, int] = (1, 0),
    outcome: int = 1,
) -> Measure:
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
    Measure
        A difference of probabilities in [−1, 1].

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
    treated = model.rows({target: outcome}, do={source: values[0]})
    control = model.rows({target: outcome}, do={source: values[1]})
    difference = treated.minus(control, (f"{treated.labels[0]} - {control.labels[0]}",))
    definition = {
        "kind": "average causal effect",
        "source": source,
        "target": target,
        "values": list(values),
        "outcome": outcome,
    }
    both = (_probability(target, [outcome], [[source, u]]) for u in values)
    stated = {"kind": "sum", "of": [list(pair) for pair in zip((Fraction(1), Fraction(-1)), both, strict=True)]}
    return Measure(model, Linear(difference, stated), f"ACE({source} -> {target})", definition=definition)


def _probability(target: str, values: list[int], do: list[list[Any]]) -> dict[str, Any]:
    """Return p(target ∈ values | do) as the verifier states it."""
    return {"kind": "probability", "target": target, "values": values, "do": do}


def message_weight(model: CausalModel, message: str = "M") -> Measure:
    """Return p(m ≠ 0): how often a message other than 0 is sent, averaged over the input distribution.

    For a binary message its minimum is the paper's min p(m = 0), Eq. (39), by exchanging the names
    of the two messages. It depends on p(x) (erratum E6).

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.

    Returns
    -------
    Measure
        A probability.

    Raises
    ------
    MeasureError
        If `message` is not a hidden node of the model.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_weight(rb.message()), rb.boxes.pr()).value, 9)
    0.5
    """
    check_model(model, "message_weight")
    if message not in model.hidden:
        raise MeasureError(
            f"{message!r} is not a hidden node of {model.name}, which has {', '.join(model.hidden) or 'none'}. "
            "Use message(...) or name the node."
        )
    zero = model.rows({message: 0})
    everything = Rows(sp.csr_array(np.ones(zero.matrix.shape)), ("1",))
    rows = everything.minus(zero, (f"p({message}≠0)",))
    definition = {"kind": "message weight", "message": message}
    term = Linear(rows, _probability(message, list(range(1, model.cardinality[message])), []))
    return Measure(model, term, f"p({message}≠0)", definition=definition)


class BinaryEntropy(Measure):
    """h(p) of a linear measure p, in bits; concave, so not an expression to minimize in CVXPY.

    `minimize` finds the extreme values of p that all constraints allow: the least entropy is at one
    of the two ends.
    """

    @property
    def weight(self) -> Measure:
        """The probability whose binary entropy this is."""
        return message_weight(self.model, self.definition["message"])

    def _concave(self, what: str) -> MeasureError:
        return MeasureError(
            f"{self.name} is a concave function of q, so it has no {what}. Use message_weight(model), the probability "
            "p(m≠0), as the expression or budget: h is increasing on [0, 1/2]."
        )

    @property
    def expression(self) -> Any:
        """Raise MeasureError: entropy is concave."""
        raise self._concave("convex expression")

    def _check_combinable(self, what: str) -> None:
        raise self._concave(f"convex {what}")

    def statement(self) -> dict[str, Any]:
        """Return the entropy of the probability, as certificates state it."""
        return {"kind": "binary entropy", "of": stated(self.term)}

    def _at(self, q: NDArray[np.float64]) -> float:
        return binary_entropy(super()._at(q))

    def __repr__(self) -> str:
        return f"{self.name} = h({self.weight.name})  (bit; {self.model.name})"


def message_entropy(model: CausalModel, message: str = "M") -> BinaryEntropy:
    """Return H(m) of a binary message in bits, Eq. (9), averaged over the input distribution.

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.

    Returns
    -------
    Measure
        In bits.

    Raises
    ------
    MeasureError
        If the message is not a hidden node or not binary. Its ``.expression`` and ``<=`` raise too and
        name `message_weight`, because entropy is concave.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_entropy(rb.message()), rb.boxes.tsirelson()).value, 6)
    0.735916
    """
    weight = message_weight(model, message)
    if model.cardinality[message] != 2:
        raise MeasureError(
            f"{message} has {model.cardinality[message]} values: the least entropy is computed for binary messages. "
            "Use message_weight(model), or alphabet=2."
        )
    definition = {"kind": "message entropy", "message": message}
    return BinaryEntropy(model, weight.term, f"H({message})", "bit", definition=definition)


def binary_entropy(p: float) -> float:
    """Return h(p) = −p log2 p − (1 − p) log2(1 − p) in bits, 0 for p ≤ 0 or p ≥ 1."""
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return float(-p * np.log2(p) - (1 - p) * np.log1p(-p) / np.log(2))
