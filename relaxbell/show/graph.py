"""A causal model as an SVG: round nodes are observed, square ones are not, relaxed edges are dashed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from relaxbell.show.layout import MARGIN, RADIUS, Line, Point, arcs, half_width, layout, with_head

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel

INK, RELAXED = "#222222", "#c04a00"
HIDDEN = "#e3e3e3"
"""What is not observed is gray."""


def dag_svg(model: CausalModel) -> str:
    """Return the graph as SVG text: inputs and latent variables on top, what responds below."""
    places = layout(model)
    width = max(x + half_width(name) for name, (x, _) in places.items()) + MARGIN - RADIUS
    height = max(y for _, y in places.values()) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="15">',
        f'<rect width="100%" height="100%" fill="#ffffff"/><title>{escape(model.name)}</title>',
    ]
    parts += [_edge(line, edge in model.relaxed) for edge, line in arcs(model, places).items()]
    parts += [_node(model, name, places[name]) for name in model.nodes]
    return "\n".join([*parts, "</svg>"])


def _edge(line: Line, relaxed: bool) -> str:
    """Return a curve and its head; not a marker, which some readers of SVG do not turn."""
    color = RELAXED if relaxed else INK
    style = ' stroke-dasharray="6 4" stroke-width="2.2"' if relaxed else ' stroke-width="1.5"'
    ((x1, y1), (xc, yc), (x2, y2)), corners = with_head(line)
    head = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return (
        f'<path d="M {x1:.1f} {y1:.1f} Q {xc:.1f} {yc:.1f} {x2:.1f} {y2:.1f}" fill="none" stroke="{color}"{style}/>'
        f'<polygon points="{head}" fill="{color}"/>'
    )


def _node(model: CausalModel, name: str, place: Point) -> str:
    x, y = place
    wide, high = half_width(name), RADIUS
    if name in model.latents + model.hidden:
        wide, high = wide - 2, high - 2
        outline = f'fill="{HIDDEN}" stroke="{INK}" stroke-width="1.5"'
        size = f'x="{x - wide:.1f}" y="{y - high:.1f}" width="{2 * wide:.1f}" height="{2 * high:.1f}"'
        shape = f"<rect {size} {outline}/>"
    else:
        outline = f'fill="#ffffff" stroke="{INK}" stroke-width="1.5"'
        shape = f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{wide:.1f}" ry="{high:.1f}" {outline}/>'
    return f'{shape}<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle" fill="{INK}">{escape(name)}</text>'
