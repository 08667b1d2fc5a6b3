"""A causal model as an SVG: circles are observed, squares are not, relaxed edges are dashed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel

Point = tuple[float, float]

RADIUS, MARGIN = 18.0, 34.0
_COLUMN, _ROW = 84.0, 78.0
INK, RELAXED = "#222222", "#c04a00"


def dag_svg(model: CausalModel) -> str:
    """Return the graph as SVG text: inputs and the latent variable on top, what responds below."""
    places = layout(model)
    width = max(x for x, _ in places.values()) + MARGIN
    height = max(y for _, y in places.values()) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="15">',
        f"<title>{escape(model.name)}</title>",
        _marker("arrow", INK),
        _marker("relaxed", RELAXED),
    ]
    obstacles = list(places.values())
    for u, v in model.edges:
        parts.append(_edge(places[u], places[v], obstacles, (u, v) in model.relaxed))
    parts += [_node(model, name, places[name]) for name in model.nodes]
    return "\n".join([*parts, "</svg>"])


def layout(model: CausalModel) -> dict[str, Point]:
    """Return the place of each node, y downwards: rows by distance from the roots, columns near the parents."""
    depth: dict[str, int] = {}
    order = [*model.latents, *model.free_inputs, *model.responding]
    for name in order:
        depth[name] = 1 + max((depth[u] for u in model.parents(name)), default=-1)
    roots = _spread_roots(model)
    column = {name: float(i) for i, name in enumerate(roots)}
    for row in range(1, max(depth.values()) + 1):
        members = [n for n in order if depth[n] == row]
        wanted = {n: _wanted(model, n, column) for n in members}
        members.sort(key=lambda n: wanted[n])
        taken: list[float] = []
        for name in members:
            spot = wanted[name] if not taken else max(wanted[name], taken[-1] + 1)
            taken.append(spot)
        shift = (sum(wanted.values()) - sum(taken)) / len(members)
        for name, spot in zip(members, taken, strict=True):
            column[name] = spot + shift
    left = min(column.values())
    return {n: (MARGIN + (column[n] - left) * _COLUMN, MARGIN + depth[n] * _ROW) for n in model.nodes}


def _spread_roots(model: CausalModel) -> list[str]:
    """Free inputs with the latent variable in their middle."""
    inputs = list(model.free_inputs)
    half = (len(inputs) + 1) // 2
    return [*inputs[:half], *model.latents, *inputs[half:]]


def _wanted(model: CausalModel, name: str, column: dict[str, float]) -> float:
    """Mean column of the parents; of two kinds of edges the unrelaxed ones decide."""
    kept = [u for u in model.parents(name) if (u, name) not in model.relaxed] or list(model.parents(name))
    return sum(column[u] for u in kept) / len(kept)


def arc(start: Point, end: Point, obstacles: list[Point]) -> tuple[Point, Point, Point]:
    """Return a quadratic curve from rim to rim; bent aside where a straight line would cross another node."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    normal = (-(y2 - y1) / length, (x2 - x1) / length)
    bend = 0.0
    for x, y in obstacles:
        along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length
        aside = (x - x1) * normal[0] + (y - y1) * normal[1]
        if (x, y) not in (start, end) and 0 < along < length and abs(aside) < RADIUS + 8:
            bend = -math.copysign(2.6 * RADIUS, aside if aside else 1.0)
    middle = ((x1 + x2) / 2 + normal[0] * bend, (y1 + y2) / 2 + normal[1] * bend)
    return _on_rim(start, middle, RADIUS), middle, _on_rim(end, middle, RADIUS + 4)


def _edge(start: Point, end: Point, obstacles: list[Point], relaxed: bool) -> str:
    a, middle, b = arc(start, end, obstacles)
    color = RELAXED if relaxed else INK
    style = ' stroke-dasharray="6 4" stroke-width="2.2"' if relaxed else ' stroke-width="1.5"'
    return (
        f'<path d="M {a[0]:.1f} {a[1]:.1f} Q {middle[0]:.1f} {middle[1]:.1f} {b[0]:.1f} {b[1]:.1f}" fill="none" '
        f'stroke="{color}"{style} marker-end="url(#{"relaxed" if relaxed else "arrow"})"/>'
    )


def _on_rim(center: Point, towards: Point, radius: float) -> Point:
    dx, dy = towards[0] - center[0], towards[1] - center[1]
    length = math.hypot(dx, dy) or 1.0
    return center[0] + dx / length * radius, center[1] + dy / length * radius


def _marker(name: str, color: str) -> str:
    return (
        f'<defs><marker id="{name}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
        f'<path d="M 0 0 L 10 5 L 0 10 z" fill="{color}"/></marker></defs>'
    )


def _node(model: CausalModel, name: str, place: Point) -> str:
    x, y = place
    observed = name not in model.latents + model.hidden
    fill = "#ffffff" if observed else "#e3e3e3"
    outline = f'fill="{fill}" stroke="{INK}" stroke-width="1.5"'
    r, s = RADIUS, RADIUS - 2
    shape = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.0f}" {outline}/>'
        if observed
        else f'<rect x="{x - s:.1f}" y="{y - s:.1f}" width="{2 * s:.0f}" height="{2 * s:.0f}" {outline}/>'
    )
    label = f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle" fill="{INK}">{escape(name)}</text>'
    return shape + label
