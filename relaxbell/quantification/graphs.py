"""The graph of counts as a user writes it: its model, its treatment and outcome, and what is asked of it by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from relaxbell.behavior.counts import Counts
from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import a_kind, one_line


def model_of(counts: Counts, graph: CausalModel | str | None, distribution: Exact | None) -> CausalModel:
    """Return the model of a graph with the variables of counts.

    Parameters
    ----------
    counts
        What was observed.
    graph
        A model as it is; text of arrows, dagitty or DOT, whose nodes that were not observed are latent; or None for
        the graph that shipped counts were published with.
    distribution
        p(settings), for queries that depend on it; axes as the counts' inputs. None for uniform.

    Raises
    ------
    ModelError
        If there is no graph, or it lacks a variable of the counts.
    """
    names = (*counts.outputs, *counts.inputs)
    if isinstance(graph, CausalModel):
        own = graph
    else:
        if graph is None:
            graph = "" if counts.published is None else counts.published.graph
        if not isinstance(graph, str):
            raise ModelError(f"the graph is {a_kind(graph)}, expected text, a CausalModel, or None.")
        if not graph.strip():
            raise ModelError(
                f"there is no graph for {counts.scenario.symbol}. Expected one with {', '.join(names)}, such as "
                f"{_example(counts)!r}."
            )
        read = CausalModel.from_graph(graph, cardinality=max(counts.cardinality.values()))
        absent = sorted(set(names) - {node for edge in read.edges for node in edge})
        if absent:
            raise ModelError(
                f"the graph {one_line(graph)} does not have {', '.join(absent)} of {counts.scenario.symbol}. Expected "
                f"all of {', '.join(names)} with an arrow, such as {_example(counts)!r}; columns get other names where "
                "counts are read, by outputs and inputs: X=column."
            )
        unseen = [name for name in (*read.inputs, *read.outputs) if name not in names]
        own = _read(graph, counts, unseen, None)
        if distribution is not None:  # a table over the inputs in the model's order
            order = [counts.inputs.index(name) for name in own.inputs]
            own = _read(graph, counts, unseen, np.transpose(distribution, order))
    found = {name: own.cardinality[name] for name in (*own.outputs, *own.inputs)}
    if found != dict(counts.cardinality):
        raise ModelError(
            f"{own.name} is of {_sizes(found)}: expected the variables of the counts, {_sizes(counts.cardinality)}."
        )
    return own


def default_queries(model: CausalModel) -> tuple[str, ...]:
    """Return what is asked where nothing is: the effect of the treatment on the outcome.

    They are those that the graph marks; otherwise the only output with an arrow to another one.

    Raises
    ------
    ModelError
        If there is no such pair, or more than one.

    Examples
    --------
    >>> import relaxbell as rb
    >>> default_queries(rb.instrumental())
    ('ACE(A -> B)',)
    """
    origin = getattr(model, "origin", None)
    marked = [] if origin is None else [(x, y) for x in origin.exposures for y in origin.outcomes]
    pairs = marked or [(u, v) for u, v in model.edges if u in model.outputs and v in model.outputs]
    if not pairs and len(model.inputs) == 1 == len(model.outputs):
        pairs = [(model.inputs[0], model.outputs[0])]
    if len(pairs) != 1:
        found = ", ".join(f"{u} -> {v}" for u, v in pairs) or "none"
        raise ModelError(
            f"which effect is asked of {model.name}? Found {found}, expected one treatment and one outcome. Give "
            "queries, such as 'ACE(X -> Y)', or mark them in the graph: X [exposure], Y [outcome]."
        )
    return tuple(f"ACE({u} -> {v})" for u, v in pairs)


def _example(counts: Counts) -> str:
    if counts.parties is not None and None not in counts.parties.values() and len(counts.outputs) > 1:
        arms = "; ".join(f"{x} -> {a}; L -> {a}" for a, x in counts.parties.items())
        return f"{arms}; {counts.parties[counts.outputs[0]]} -> {counts.outputs[1]}"
    if len(counts.outputs) != 2 or not counts.inputs:
        return f"{counts.inputs[0] if counts.inputs else 'X'} -> {counts.outputs[0]}; …"
    x, y = counts.outputs
    return f"{counts.inputs[0]} -> {x} -> {y}; {x} <-> {y}"


def _read(text: str, counts: Counts, latent: Sequence[str], distribution: Exact | None) -> CausalModel:
    return CausalModel.from_graph(
        text,
        cardinality=dict(counts.cardinality),
        outputs=counts.outputs,
        inputs=counts.inputs,
        latent=latent,
        input_distribution=distribution,
    )


def _sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {size}" for name, size in sizes.items())
