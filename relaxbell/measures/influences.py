"""Causal influence of one node on another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from relaxbell.behavior.names import name_latex
from relaxbell.causal.mixed import mixed_rows
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.causal.structures import Mixture, graphs
from relaxbell.errors import MeasureError
from relaxbell.exact.local_rows import Piece
from relaxbell.exact.rows import Rows
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.terms import LargestRow

_ROW = 1000
"""Bytes of a row beside the entries of its table: its label, and its place."""


def influence(model: CausalModel, source: str, target: str, *, variation: bool = False) -> LinearMeasure:
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
    LinearMeasure
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
    _check_size(model, source, target, math.prod(model.cardinality[n] for n in others), variation)
    if isinstance(model, Mixture):
        own = graphs(model, f"the influence of {source} on {target}")
        shifts = [_rows(graph, source, target, others, model, variation) for graph in own]
        rows: Rows = mixed_rows(model.local, shifts)
    else:
        rows = _rows(model, source, target, others, model, variation)
    name = f"{'TV' if variation else 'C'}({source} -> {target})"
    arguments = {"source": source, "target": target, "variation": variation}
    definition = Definition("influence", influence, arguments, *_latex(source, target, others, variation))
    # the verifier makes its rows as well, but those of several graphs are written out
    term = LargestRow(rows, None if isinstance(model, Mixture) else definition.plain)
    return LinearMeasure(model, name, term=term, definition=definition)


def _rows(
    model: CausalModel, source: str, target: str, others: Sequence[str], sizes: CausalModel, variation: bool
) -> Rows:
    """Return the rows over the strategies of one graph, which may lack the edge, or edges from others."""
    values, outcomes = sizes.cardinality[source], range(sizes.cardinality[target])
    pieces: list[Piece] = []
    labels: list[str] = []
    for setting in itertools.product(*(range(sizes.cardinality[n]) for n in others)):
        fixed = dict(zip(others, setting, strict=True))
        variables = [0] * values  # where the node does not respond nothing shifts
        if target in model.responding:
            variables = [model.local.variable(target, {**fixed, source: u}) for u in range(values)]
        given = "".join(f", {n}={v}" for n, v in fixed.items())
        for u, v in itertools.combinations(range(values), 2):
            pair = f"do({source}={u}) vs do({source}={v}){given}"
            scope = (variables[u], variables[v])
            if scope[0] == scope[1]:
                labels += [pair] * (1 if variation or len(outcomes) <= 2 else len(outcomes))
                continue
            if variation:
                pieces.append((scope, len(labels), 1 - np.eye(len(outcomes), dtype=np.int64)))
                labels.append(f"p({target} changes), {pair}")
                continue
            # for two outcomes the shifts of both are equal, so one row serves
            for w in outcomes if len(outcomes) > 2 else outcomes[:1]:
                hit = np.arange(len(outcomes)) == w
                pieces.append((scope, len(labels), hit[:, None] != hit[None, :]))
                labels.append(f"mean over λ of |shift of p({target}={w})|, {pair}")
    return model.local.rows(pieces, tuple(labels))


def _check_size(model: CausalModel, source: str, target: str, settings: int, variation: bool) -> None:
    """Raise ModelTooLargeError if the rows of an influence do not fit in memory."""
    c = model.cardinality[target]
    rows = settings * math.comb(model.cardinality[source], 2) * (c if c > 2 and not variation else 1)
    check_memory(
        f"{'TV' if variation else 'C'}({source} -> {target}), {rows:,} rows of tables of {c}×{c} entries, of "
        f"{model.name},",
        rows * (_ROW + 3 * 8 * c * c),
    )


def _latex(source: str, target: str, others: Sequence[str], variation: bool) -> tuple[str, str]:
    """Return symbol and definition."""
    u, w = small(source), small(target)
    edge = rf"{name_latex(source)} \to {name_latex(target)}"
    context = [small(n) for n in others]
    given = "".join(f", {n}" for n in context)
    if variation:
        over = ",".join([*context, rf"{u} \neq {u}'"])
        who = target if len(target) == 1 else f"{{{name_latex(target)}}}"
        changed = rf"\max_{{{over}}} \sum_\lambda p(\lambda)\,[f_{who}({u}{given}) \neq f_{who}({u}'{given})]"
        return rf"\mathrm{{TV}}_{{{edge}}}", changed
    over = ",".join([w, *context, rf"{u} \neq {u}'"])
    shifted = " - ".join(rf"p({w} \mid do({v}){given}, \lambda)" for v in (u, f"{u}'"))
    return f"C_{{{edge}}}", rf"\max_{{{over}}} \sum_\lambda p(\lambda) \left| {shifted} \right|"
