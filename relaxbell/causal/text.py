"""Causal models as text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.protocols import HasRelaxed
from relaxbell.causal.reading.diagram import GraphOrigin
from relaxbell.exact.texts import different_texts


def model_text(model: HasRelaxed, strategies: str) -> str:
    """Return a model in lines: its name, edges, roles, cardinalities, p(inputs) and number of strategies."""
    marked = [f"{u} -> {v}{' (relaxed)' if (u, v) in model.relaxed else ''}" for u, v in model.edges]
    sizes = ", ".join(f"{n}: {c}" for n, c in model.cardinality.items())
    dependent = f"; dependent {', '.join(model.dependent_inputs)}" if model.dependent_inputs else ""
    hidden = f"; hidden {', '.join(model.hidden)}" if model.hidden else ""
    lines = [
        model.name,
        f"  edges         {', '.join(marked)}",
        f"  inputs        {', '.join(model.free_inputs) or '(none)'}{dependent}",
        f"  outputs       {', '.join(model.outputs)}{hidden}",
        f"  latent        {', '.join(model.latents)}",
        f"  cardinality   {sizes}",
        *_distribution_lines(model.input_distribution),
        f"  strategies    {strategies}",
        *_origin_lines(model.origin),
    ]
    return "\n".join(lines)


def _origin_lines(origin: GraphOrigin | None) -> list[str]:
    """Return where the graph was read, and a line for each note."""
    if origin is None:
        return []
    roles = (("exposure", origin.exposures), ("outcome", origin.outcomes), ("selected", origin.selected))
    said = [f"{role} {', '.join(names)}" for role, names in roles if names]
    return [
        f"  read from     {'; '.join([origin.source, *said])}",
        *(f"                {note}" for note in origin.notes),
    ]


def mixture_text(model: HasRelaxed, structures: Sequence[object], names: Sequence[str], strategies: str) -> str:
    """Return a mixture in lines: its name, what each structure is, roles, and number of strategies."""
    wide = max(12, *map(len, names))
    lines = [model.name]
    for name, own in zip(names, structures, strict=True):
        relaxed = getattr(own, "relaxed", None)
        if relaxed is None:
            text = "any behavior"
        else:
            text = ", ".join(f"{u} -> {v}" for u, v in relaxed) or "nothing"
            text = f"relaxed {text}; {own.strategies.count_text} strategies" if hasattr(own, "strategies") else text
        lines.append(f"  {name:<{wide}}  {text}")
    dependent = f"; dependent {', '.join(model.dependent_inputs)}" if model.dependent_inputs else ""
    hidden = f"; hidden {', '.join(model.hidden)}" if model.hidden else ""
    lines += [
        f"  {'inputs':<{wide}}  {', '.join(model.free_inputs) or '(none)'}{dependent}",
        f"  {'outputs':<{wide}}  {', '.join(model.outputs)}{hidden}",
        f"  {'strategies':<{wide}}  {strategies}",
    ]
    return "\n".join(lines)


def _distribution_lines(distribution: InputDistribution) -> list[str]:
    """Return p(inputs) as a line, unless it is uniform."""
    table = distribution.table
    if len(set(table.ravel().tolist())) == 1:
        return []
    shown = [f"{','.join(map(str, x))}: {_chance(v)}" for x, v in np.ndenumerate(table)]
    text = ", ".join(shown[:8]) + (f", … {len(shown)} in all" if len(shown) > 8 else "")
    label = f"p({','.join(distribution.inputs)})"
    return [f"  {label:<13} {text}"]


def _chance(p: Fraction) -> str:
    return str(p) if p.denominator <= 1000 else different_texts(p, 1)[0]
