"""The Bell scenario, the relaxations of the paper's Fig. 1 a–e as lines on top of it, and the instrumental model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from relaxbell.behavior.names import check_ordered, party_names, read_names
from relaxbell.causal.graph import Edge, read_edges
from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelError

_TWO = (2, 2)


def read_sizes(sizes: object, what: str, whose: Sequence[str], of: str = "values") -> tuple[int, ...]:
    """Return numbers of values (or of something else), one for each variable; a single number is that of all.

    Raises
    ------
    ModelError
        If they are in no order, or not as many as the variables.

    Examples
    --------
    >>> read_sizes(3, "outputs", "AB"), read_sizes((2, 3), "outputs", "AB")
    ((3, 3), (2, 3))
    """
    check_ordered(sizes, what, ModelError)
    if isinstance(sizes, int | np.integer):
        return (int(sizes),) * len(whose)
    found = tuple(sizes) if isinstance(sizes, Iterable) else ()
    if len(found) != len(whose):
        raise ModelError(
            f"{what}={sizes!r}: expected the number{'s' if len(whose) > 1 else ''} of {of} of "
            f"{' and '.join(filter(None, (', '.join(whose[:-1]), whose[-1])))}, as in {example(len(whose))}."
        )
    return tuple(int(size) if isinstance(size, np.integer) else size for size in found)


def example(length: int) -> tuple[int, ...]:
    """Return numbers of values for the error that wants so many."""
    return (2, 3, 2, 3, 2)[:length] if length <= 5 else (2,) * length


def _each_party(inputs: object, outputs: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return settings and outcomes of each party: two where only the others are given, two parties by default."""
    for what, sizes in (("inputs", inputs), ("outputs", outputs)):
        check_ordered(sizes, what, ModelError)
        if sizes is not None and not isinstance(sizes, Iterable):
            raise ModelError(
                f"inputs={inputs!r}, outputs={outputs!r}: expected one number for each party, as in (2, 3)."
            )
    settings, outcomes = (tuple(sizes) if isinstance(sizes, Iterable) else None for sizes in (inputs, outputs))
    parties = len(outcomes or _TWO) if settings is None else len(settings)
    settings = (2,) * parties if settings is None else settings
    outcomes = (2,) * parties if outcomes is None else outcomes
    if len(settings) != len(outcomes) or not settings:
        raise ModelError(f"{len(settings)} inputs and {len(outcomes)} outputs, expected one of each for every party.")
    names = [str(k) for k in range(parties)]
    return read_sizes(settings, "inputs", names), read_sizes(outcomes, "outputs", names)


def bell(
    inputs: Sequence[int] | None = None, outputs: Sequence[int] | None = None, *, input_distribution: object = None
) -> CausalModel:
    """Return the Bell scenario, Fig. 1a: each output depends on its own input and the shared L.

    Parameters
    ----------
    inputs, outputs
        Cardinalities, one for each party: numbers of settings and of outcomes. Where only one of them is given, the
        other is two for each party; without both there are two parties. Up to three parties are called A, B, C with
        settings X, Y, Z; more are A1, A2, … with X1, X2, …
    input_distribution
        p(inputs), see `CausalModel`.

    Returns
    -------
    CausalModel
        Outputs A, B, …, inputs X, Y, …, latent L.

    Raises
    ------
    ModelError
        If there is not one input and one output for each party.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.bell((2, 2, 2)).outputs
    ('A', 'B', 'C')
    >>> rb.bell(inputs=(2, 3), outputs=(3, 2)).strategies.count
    72
    """
    inputs, outputs = _each_party(inputs, outputs)
    out, settings = party_names(len(outputs))
    edges = [edge for a, x in zip(out, settings, strict=True) for edge in ((x, a), ("L", a))]
    sizes = dict(zip(out + settings, outputs + inputs, strict=True))
    name = "bell()" if inputs == outputs == _TWO else f"bell(inputs={inputs}, outputs={outputs})"
    return CausalModel(edges, settings, "L", sizes, outputs=out, input_distribution=input_distribution, name=name)


def input_signaling(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    edge: str | tuple[str, str] = "X -> B",
    input_distribution: object = None,
) -> CausalModel:
    """Return Fig. 1c: a party's input may influence another's output.

    Parameters
    ----------
    inputs, outputs, input_distribution
        As in `bell`.
    edge
        From an input to another party's output.

    Returns
    -------
    CausalModel
        `bell` with the edge relaxed.

    Raises
    ------
    ModelError
        If the edge is not from an input to another party's output.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.input_signaling((2, 3), (3, 2), edge="Y -> A").relaxed
    (('Y', 'A'),)
    """
    model = bell(inputs, outputs, input_distribution=input_distribution)
    return model.relax(_edge(edge, "input signaling", model.inputs, model.outputs))


def outcome_signaling(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    edge: str | tuple[str, str] = "A -> B",
    input_distribution: object = None,
) -> CausalModel:
    """Return Fig. 1b: a party's outcome may influence another's.

    Parameters
    ----------
    inputs, outputs, input_distribution
        As in `bell`.
    edge
        From an output to another.

    Returns
    -------
    CausalModel
        `bell` with the edge relaxed.

    Raises
    ------
    ModelError
        If the edge is not between two outputs.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.outcome_signaling((3, 3)).strategies.count
    512
    """
    model = bell(inputs, outputs, input_distribution=input_distribution)
    return model.relax(_edge(edge, "outcome signaling", model.outputs, model.outputs))


def _edge(edge: str | tuple[str, str], what: str, sources: Sequence[str], targets: Sequence[str]) -> Edge:
    """Return the one edge from a source to a target."""
    found = read_edges([edge])
    if len(found) != 1:
        raise ModelError(f"edge={edge!r} holds {len(found)} edges, expected one. Use bell(…).relax(…) for several.")
    source, target = found[0]
    if source not in sources or target not in targets:
        raise ModelError(
            f"{source} -> {target} is not {what}. Expected an edge from one of {', '.join(sources)} "
            f"to one of {', '.join(targets)}."
        )
    return source, target


def message(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    alphabet: int = 2,
    input_distribution: object = None,
) -> CausalModel:
    """Return Fig. 1d: the first party sends a message M, made from its input and outcome, to the second.

    Parameters
    ----------
    inputs, outputs, input_distribution
        As in `bell`.
    alphabet
        Number of values of the message.

    Returns
    -------
    CausalModel
        `bell` with a hidden node M, and the edge from it to the second output relaxed.

    Raises
    ------
    ModelError
        If there is one party only.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.message().strategies.count
    1024
    """
    local = bell(inputs, outputs, input_distribution=input_distribution)
    if len(local.outputs) < 2:
        raise ModelError("a message needs a sender and a receiver: found one party, expected at least two.")
    (a, b), x = local.outputs[:2], local.inputs[0]
    return local.relax((x, "M"), (a, "M"), ("L", "M"), ("M", b), hidden={"M": alphabet})


def measurement_dependence(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    dependent: str | Sequence[str] | None = None,
    input_distribution: object = None,
) -> CausalModel:
    """Return Fig. 1e: the latent variable may correlate with settings.

    One latent variable chooses all dependent settings together, so that p(x, y|λ) need not factorize into
    p(x|λ) p(y|λ): the retrocausal question, see `dependence`.

    Parameters
    ----------
    inputs, outputs, input_distribution
        As in `bell`.
    dependent
        Names of the dependent inputs; by default all.

    Returns
    -------
    CausalModel
        `bell` with the edges from L to the dependent inputs relaxed.

    Raises
    ------
    ModelError
        If a dependent input is unknown.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.measurement_dependence().strategies.count
    64
    """
    model = bell(inputs, outputs, input_distribution=input_distribution)
    chosen = model.inputs if dependent is None else read_names(dependent, "dependent", ModelError)
    for name in chosen:
        if name not in model.inputs:
            raise ModelError(f"{name!r} is not an input. Choose dependent inputs among {', '.join(model.inputs)}.")
    return model.relax(*(("L", name) for name in chosen))


def instrumental(
    inputs: int | Sequence[int] = 2, outputs: int | Sequence[int] = 2, *, input_distribution: object = None
) -> CausalModel:
    """Return the instrumental model Z → A → B, with a latent variable on A and B.

    Source: Pearl, arXiv:1302.4976; Balke and Pearl, doi:10.1080/01621459.1997.10474074.

    Parameters
    ----------
    inputs
        Number of values of the instrument Z: a number, or a sequence of one.
    outputs
        Numbers of values of the treatment A and the outcome B; one number for both.
    input_distribution
        p(Z).

    Returns
    -------
    CausalModel
        Outputs A, B, input Z, latent L.

    Raises
    ------
    ModelError
        If there are not one input and two outputs.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.instrumental(inputs=3).strategies.count
    32
    """
    (z,), (a, b) = read_sizes(inputs, "inputs", "Z"), read_sizes(outputs, "outputs", "AB")
    return CausalModel(
        "Z -> A -> B; L -> A; L -> B",
        "Z",
        "L",
        {"Z": z, "A": a, "B": b},
        input_distribution=input_distribution,
        name="instrumental()" if (z, a, b) == (2, 2, 2) else f"instrumental(inputs={z}, outputs={(a, b)})",
    )
