"""The networks of the paper's Fig. 1, stars, and the instrumental model, for any cardinalities and parties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relaxbell.behavior.names import check_ordered, party_names, read_names
from relaxbell.causal.graph import Edge, read_edges
from relaxbell.causal.model import CausalModel
from relaxbell.errors import ModelError

_TWO = (2, 2)


def _check_ordered(**cardinalities: Any) -> None:
    for what, sizes in cardinalities.items():
        check_ordered(sizes, what, ModelError)


def _each_party(inputs: Sequence[int] | None, outputs: Sequence[int] | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return settings and outcomes of each party: two where only the others are given, two parties by default."""
    _check_ordered(inputs=inputs, outputs=outputs)
    try:
        given = [None if sizes is None else tuple(sizes) for sizes in (inputs, outputs)]
    except TypeError:
        raise ModelError(
            f"inputs={inputs!r}, outputs={outputs!r}: expected one number for each party, as in (2, 3)."
        ) from None
    settings, outcomes = given
    settings = settings if settings is not None else _TWO if outcomes is None else (2,) * len(outcomes)
    outcomes = outcomes if outcomes is not None else (2,) * len(settings)
    if len(settings) != len(outcomes) or not settings:
        raise ModelError(f"{len(settings)} inputs and {len(outcomes)} outputs, expected one of each for every party.")
    return settings, outcomes


def bell(
    inputs: Sequence[int] | None = None, outputs: Sequence[int] | None = None, *, input_distribution: Any = None
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
    edge: Any = "X -> B",
    input_distribution: Any = None,
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
    source, target = _one_edge(edge)
    if source not in model.inputs or target not in model.outputs:
        raise ModelError(
            f"{source} -> {target} is not input signaling. Expected an edge from one of {', '.join(model.inputs)} "
            f"to one of {', '.join(model.outputs)}."
        )
    return model.relax(edge)


def outcome_signaling(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    edge: Any = "A -> B",
    input_distribution: Any = None,
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
    source, target = _one_edge(edge)
    if source not in model.outputs or target not in model.outputs:
        raise ModelError(
            f"{source} -> {target} is not outcome signaling. Expected an edge between two of "
            f"{', '.join(model.outputs)}."
        )
    return model.relax(edge)


def _one_edge(edge: Any) -> Edge:
    found = read_edges([edge])
    if len(found) != 1:
        raise ModelError(f"edge={edge!r} holds {len(found)} edges, expected one. Use bell(…).relax(…) for several.")
    return found[0]


def message(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    alphabet: int = 2,
    input_distribution: Any = None,
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
    arguments = [local.name.removeprefix("bell(").removesuffix(")"), "" if alphabet == 2 else f"alphabet={alphabet}"]
    return CausalModel(
        [*local.edges, (x, "M"), (a, "M"), ("L", "M"), ("M", b)],
        local.inputs,
        "L",
        {**local.cardinality, "M": alphabet},
        hidden="M",
        outputs=local.outputs,
        input_distribution=local.input_distribution,
        relaxed=[("M", b)],
        name=f"message({', '.join(filter(None, arguments))})",
    )


def measurement_dependence(
    inputs: Sequence[int] | None = None,
    outputs: Sequence[int] | None = None,
    *,
    dependent: str | Sequence[str] | None = None,
    input_distribution: Any = None,
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
    if dependent is None:
        chosen: Sequence[str] = model.inputs
    else:
        chosen = read_names(dependent, "dependent", ModelError)
    for name in chosen:
        if name not in model.inputs:
            raise ModelError(f"{name!r} is not an input. Choose dependent inputs among {', '.join(model.inputs)}.")
    return model.relax(*(("L", name) for name in chosen))


def instrumental(inputs: int = 2, outputs: Sequence[int] = _TWO, *, input_distribution: Any = None) -> CausalModel:
    """Return the instrumental model Z → A → B, with a latent variable on A and B.

    Source: Pearl, arXiv:1302.4976; Balke and Pearl, doi:10.1080/01621459.1997.10474074.

    Parameters
    ----------
    inputs
        Number of values of the instrument Z.
    outputs
        Numbers of values of the treatment A and the outcome B.
    input_distribution
        p(Z).

    Returns
    -------
    CausalModel
        Outputs A, B, input Z, latent L.

    Raises
    ------
    ModelError
        If there are not two outputs.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.instrumental(inputs=3).strategies.count
    32
    """
    _check_ordered(outputs=outputs)
    try:
        a, b = outputs
    except (TypeError, ValueError):
        raise ModelError(f"outputs={outputs!r}: expected the numbers of values of A and B, as in (2, 3).") from None
    sizes = {"Z": inputs, "A": a, "B": b}
    suffix = "" if (inputs, a, b) == (2, 2, 2) else f"inputs={inputs}, outputs={(a, b)}"
    return CausalModel(
        "Z -> A -> B; L -> A; L -> B",
        "Z",
        "L",
        sizes,
        input_distribution=input_distribution,
        name=f"instrumental({suffix})",
    )


def bilocality(
    inputs: Sequence[int] = _TWO, outputs: Sequence[int] = (2, 4, 2), *, input_distribution: Any = None
) -> CausalModel:
    """Return Fig. 1f: A and C share one of two independent sources each with B, as in entanglement swapping.

    Parameters
    ----------
    inputs
        Cardinalities of X and Z, the settings of A and C; or of X, Y and Z if B has settings as well.
    outputs
        Cardinalities of A, B and C.
    input_distribution
        p(inputs), see `CausalModel`.

    Returns
    -------
    CausalModel
        Outputs A, B, C, inputs X, Z (and Y), latent L1, L2.

    Raises
    ------
    ModelError
        If there are not two or three inputs, or not three outputs.

    Examples
    --------
    The paper's 64 strategies, and settings and outcomes of different number:

    >>> import relaxbell as rb
    >>> rb.bilocality().strategies.count, rb.bilocality((2, 3), (3, 2, 2)).strategies.count
    (64, 144)
    """
    _check_ordered(inputs=inputs, outputs=outputs)
    if len(inputs) not in (2, 3) or len(outputs) != 3:
        raise ModelError(
            f"inputs={tuple(inputs)}, outputs={tuple(outputs)}: expected two inputs (of A and C) or three, and three "
            "outputs. For more parties use star(…) or CausalModel(…)."
        )
    settings = ("X", "Z") if len(inputs) == 2 else ("X", "Y", "Z")
    edges = [("X", "A"), ("L1", "A"), ("L1", "B"), ("L2", "B"), ("L2", "C"), ("Z", "C")]
    edges += [("Y", "B")] if len(inputs) == 3 else []
    sizes = dict(zip("ABC", outputs, strict=True)) | dict(zip(settings, inputs, strict=True))
    default = (tuple(inputs), tuple(outputs)) == (_TWO, (2, 4, 2))
    name = "bilocality()" if default else f"bilocality(inputs={tuple(inputs)}, outputs={tuple(outputs)})"
    return CausalModel(
        edges, settings, "L1 L2", sizes, outputs="A B C", input_distribution=input_distribution, name=name
    )


def star(
    n: int,
    inputs: int | Sequence[int] = 2,
    outputs: int | Sequence[int] = 2,
    *,
    center: int | None = None,
    center_inputs: int = 1,
    parties: Sequence[int] | None = None,
    input_distribution: Any = None,
) -> CausalModel:
    """Return a star: n independent sources, each shared by one party (or several) and the center B.

    Source: Tavakoli, Skrzypczyk, Cavalcanti, Acín, PRA 90, 062109 (2014), doi:10.1103/PhysRevA.90.062109.

    Parameters
    ----------
    n
        Number of sources.
    inputs, outputs
        Cardinalities of the outer parties, A1, A2, … with settings X1, X2, …: one number for all, or one each.
    center
        Number of outcomes of B; by default 2^n, as of a measurement in a basis of n qubits.
    center_inputs
        Number of settings of B, called Y; with a single one there is no Y.
    parties
        How many outer parties each source has; by default one.
    input_distribution
        p(inputs), see `CausalModel`.

    Returns
    -------
    CausalModel
        Outputs A1, …, B, inputs X1, … (and Y), latent L1, …, Ln.

    Raises
    ------
    ModelError
        If the numbers do not fit.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.star(3).strategies.count  # (2^2)^3 · 8
    512
    >>> rb.star(2, inputs=(2, 3, 2), center=3, parties=(1, 2)).independence.products
    ((('A1',), ('A2', 'A3')),)
    """
    _check_ordered(inputs=inputs, outputs=outputs, parties=parties)
    shares = (1,) * n if parties is None else tuple(parties)
    if n < 2 or len(shares) != n or min(shares) < 1:
        raise ModelError(f"a star of n={n} sources with parties={shares}: expected n ≥ 2 and a number ≥ 1 for each.")
    total = sum(shares)
    settings = (inputs,) * total if isinstance(inputs, int) else tuple(inputs)
    outcomes = (outputs,) * total if isinstance(outputs, int) else tuple(outputs)
    if len(settings) != total or len(outcomes) != total:
        raise ModelError(f"inputs={settings} and outputs={outcomes}, expected {total} of each: one for an outer party.")
    outer, choices = [f"A{i}" for i in range(1, total + 1)], [f"X{i}" for i in range(1, total + 1)]
    source = [f"L{i}" for i, share in enumerate(shares, 1) for _ in range(share)]
    edges = [e for a, x, s in zip(outer, choices, source, strict=True) for e in ((x, a), (s, a))]
    edges += [(s, "B") for s in dict.fromkeys(source)] + ([("Y", "B")] if center_inputs > 1 else [])
    sizes = dict(zip(outer + choices, outcomes + settings, strict=True)) | {"B": 2**n if center is None else center}
    names = [*choices, "Y"] if center_inputs > 1 else choices
    sizes |= {"Y": center_inputs} if center_inputs > 1 else {}
    changed = {"inputs": (inputs, 2), "outputs": (outputs, 2), "center": (center, None)}
    changed |= {"center_inputs": (center_inputs, 1), "parties": (parties, None)}
    given = "".join(f", {key}={value}" for key, (value, usual) in changed.items() if value != usual)
    return CausalModel(
        edges,
        names,
        list(dict.fromkeys(source)),
        sizes,
        outputs=[*outer, "B"],
        input_distribution=input_distribution,
        name=f"star({n}{given})",
    )
