"""Causal graphs as text for other tools: dagitty and Graphviz."""

from __future__ import annotations

import re
from collections.abc import Sequence

from relaxbell.causal.graph import Edge
from relaxbell.causal.protocols import HasRelaxed
from relaxbell.errors import UnsupportedModelError

_BARE = re.compile(r"[0-9a-zA-Z_.]+")
_RESERVED = {"graph", "node", "edge", "subgraph", "digraph", "strict", "dag", "pdag", "mag", "pag"}


def check_single(model: HasRelaxed) -> None:
    """Raise UnsupportedModelError for a mixture, whose structures together are another model than their union."""
    if model.is_mixture:
        raise UnsupportedModelError(
            f"{model.name} mixes several graphs, expected a single one. Write its structures one by one: "
            "mixture.structures."
        )


def dagitty_text(model: HasRelaxed, bidirected: bool) -> str:
    """Return the graph in dagitty's language; see `CausalModel.to_dagitty`."""
    check_single(model)
    nodes, edges, arcs = _parts(model, bidirected)
    roles: dict[str, list[str]] = {name: ["latent"] for name in (*model.latents, *model.hidden)}
    if model.origin is not None:
        for role in ("exposure", "outcome"):
            for name in model.origin.exposures if role == "exposure" else model.origin.outcomes:
                roles.setdefault(name, []).append(role)
        for name in model.origin.selected:
            roles.setdefault(name, []).append("selected")
    joined = {name for edge in (*edges, *arcs) for name in edge}
    lines = [
        f"{_quoted(n)} [{','.join(roles[n])}]" if n in roles else _quoted(n)
        for n in nodes
        if n in roles or n not in joined
    ]
    lines += [f"{_quoted(u)} -> {_quoted(v)}" for u, v in edges]
    lines += [f"{_quoted(u)} <-> {_quoted(v)}" for u, v in arcs]
    return "\n".join(["dag {", *lines, "}"])


def dot_text(model: HasRelaxed, bidirected: bool) -> str:
    """Return the graph in Graphviz' language; see `CausalModel.to_dot`."""
    check_single(model)
    nodes, edges, arcs = _parts(model, bidirected)
    lines = ["digraph {"]
    for name in nodes:
        unseen = name in model.latents or name in model.hidden
        lines.append(f'  "{name}"{" [shape=box, style=dashed, observed=no]" if unseen else ""};')
    relaxed = " [style=dashed, color=orange]"
    lines += [f'  "{u}" -> "{v}"{relaxed if (u, v) in model.relaxed else ""};' for u, v in edges]
    lines += [f'  "{u}" -> "{v}" [dir=both, style=dashed];' for u, v in arcs]
    return "\n".join([*lines, "}"])


def _parts(model: HasRelaxed, bidirected: bool) -> tuple[Sequence[str], Sequence[Edge], Sequence[Edge]]:
    """Return nodes, directed edges and bidirected ones; latent variables come first, as they are printed."""
    children = {u: [v for w, v in model.edges if w == u] for u in model.latents}
    roots = {v for v in model.responding if len(model.parents(v)) == 1}  # without its noise one would be an input
    gone = {
        u for u, own in children.items() if bidirected and len(own) <= 2 and not (len(own) == 1 and own[0] in roots)
    }
    nodes = [*(u for u in model.latents if u not in gone), *(n for n in model.nodes if n not in model.latents)]
    arcs = [(own[0], own[1]) for u, own in children.items() if u in gone and len(own) == 2]
    return nodes, [edge for edge in model.edges if edge[0] not in gone], list(dict.fromkeys(arcs))


def _quoted(name: str) -> str:
    """Return a name as dagitty reads it: quoted unless it is a word of ASCII letters, digits, _ and dots."""
    return name if _BARE.fullmatch(name) and name.lower() not in _RESERVED else f'"{name}"'
