"""Where the nodes and edges of a causal graph are drawn: rows by depth, few crossings, no edge through a node."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaxbell.causal.graph import Edge
    from relaxbell.causal.model import CausalModel

Point = tuple[float, float]
Line = tuple[Point, Point, Point]
"""A quadratic Bézier curve: start, control point, end."""

RADIUS, MARGIN = 18.0, 34.0
_COLUMN, _ROW = 84.0, 78.0
_LETTER = 10.5
"""Width of a letter of the labels."""
_CLEAR, _TIP, _HEAD = 6.0, 2.0, 9.0
_BENDS = tuple(side * step for step in range(1, 9) for side in (0.5 * RADIUS, -0.5 * RADIUS))
_SAMPLES = [k / 16 for k in range(1, 16)]


def half_width(name: str) -> float:
    """Return how far a node's shape reaches to the right: names of several letters need room."""
    return max(RADIUS, len(name) * _LETTER / 2 + 9)


def layout(model: CausalModel) -> dict[str, Point]:
    """Return the place of each node, y downwards: rows by distance from the roots, columns near the parents.

    Roots are put in an order with few crossings: free inputs around the latent variables, improved by moving one at a
    time.
    """
    order = _spread_roots(model)
    best = _placed(model, order)
    cost = _cost(model, best)
    improved = True
    while improved:
        improved = False
        for i, j in itertools.permutations(range(len(order)), 2):
            moved = order[:i] + order[i + 1 :]
            moved.insert(j, order[i])
            places = _placed(model, moved)
            other = _cost(model, places)
            if other < cost:
                order, best, cost, improved = moved, places, other, True
                break
    return best


def _spread_roots(model: CausalModel) -> list[str]:
    """Free inputs with the latent variables in their middle."""
    inputs = list(model.free_inputs)
    half = (len(inputs) + 1) // 2
    return [*inputs[:half], *model.latents, *inputs[half:]]


def _placed(model: CausalModel, roots: list[str]) -> dict[str, Point]:
    depth: dict[str, int] = {}
    order = [*model.latents, *model.free_inputs, *model.responding]
    for name in order:
        depth[name] = 1 + max((depth[u] for u in model.parents(name)), default=-1)
    column = {name: float(i) for i, name in enumerate(roots)}
    for row in range(1, max(depth.values()) + 1):
        members = [n for n in order if depth[n] == row]
        wanted = {n: _wanted(model, n, column) for n in members}
        members.sort(key=lambda n: wanted[n])
        taken: list[float] = []
        for name in members:
            taken.append(wanted[name] if not taken else max(wanted[name], taken[-1] + 1))
        shift = (sum(wanted.values()) - sum(taken)) / len(members)
        column |= {name: spot + shift for name, spot in zip(members, taken, strict=True)}
    left, widest = min(column.values()), max(map(half_width, model.nodes))
    margin, step = MARGIN - RADIUS + widest, max(_COLUMN, 2 * widest + 24)
    return {n: (margin + (column[n] - left) * step, MARGIN + depth[n] * _ROW) for n in model.nodes}


def _wanted(model: CausalModel, name: str, column: dict[str, float]) -> float:
    """Mean column of the parents; of two kinds of edges the unrelaxed ones decide."""
    kept = [u for u in model.parents(name) if (u, name) not in model.relaxed] or list(model.parents(name))
    return sum(column[u] for u in kept) / len(kept)


def _cost(model: CausalModel, places: dict[str, Point]) -> tuple[int, int, float]:
    """Crossings of edges, then variables of one kind out of their order, then the edges' length.

    Relaxed edges do not count: a relaxed model looks like the unrelaxed one with edges added.
    """
    ends = [(places[u], places[v]) for u, v in model.edges if (u, v) not in model.relaxed]
    crossings = sum(_cross(*one, *other) for one, other in itertools.combinations(ends, 2))
    inversions = sum(
        places[u][0] > places[v][0]
        for kind in (model.inputs, model.outputs)
        for u, v in itertools.combinations(kind, 2)
    )
    return crossings, inversions, round(sum(math.dist(*one) for one in ends), 6)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Say whether the segments ab and cd cross, other than at a common end."""
    if {a, b} & {c, d}:
        return False

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def arcs(model: CausalModel, places: dict[str, Point]) -> dict[Edge, Line]:
    """Return each edge from rim to rim: straight, or bent as little as clears all other nodes."""
    return {(u, v): _arc(model, places, u, v) for u, v in model.edges}


def _arc(model: CausalModel, places: dict[str, Point], u: str, v: str) -> Line:
    (x1, y1), (x2, y2) = places[u], places[v]
    length = math.hypot(x2 - x1, y2 - y1)
    normal = (-(y2 - y1) / length, (x2 - x1) / length)
    others = [(point, half_width(name)) for name, point in places.items() if name not in (u, v)]
    tried = []
    for bend in (0.0, *_BENDS):
        control = ((x1 + x2) / 2 + normal[0] * bend, (y1 + y2) / 2 + normal[1] * bend)
        room = _room((places[u], control, places[v]), others)
        tried.append((min(room, 1.0), -abs(bend), control))
        if room >= 1 and bend <= 0:  # of two sides, the one tried second decides
            break
    control = max(tried, key=lambda one: one[:2])[2]
    return _rim(model, u, places[u], control, 0.0), control, _rim(model, v, places[v], control, _TIP)


def with_head(line: Line) -> tuple[Line, tuple[Point, Point, Point]]:
    """Return the curve as far as its arrow head, and the corners of the head."""
    start, control, (x2, y2) = line
    length = math.dist(control, (x2, y2))
    dx, dy = (x2 - control[0]) / length * _HEAD, (y2 - control[1]) / length * _HEAD
    x, y = x2 - dx, y2 - dy
    return (start, control, (x, y)), ((x2, y2), (x - dy / 2, y + dx / 2), (x + dy / 2, y - dx / 2))


def _room(line: Line, others: list[tuple[Point, float]]) -> float:
    """Return the least distance of a curve from other nodes, 1 being just clear."""
    (x1, y1), (xc, yc), (x2, y2) = line
    least = math.inf
    for t in _SAMPLES:
        x = (1 - t) ** 2 * x1 + 2 * t * (1 - t) * xc + t * t * x2
        y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * yc + t * t * y2
        for (px, py), width in others:
            least = min(least, math.hypot((x - px) / (width + _CLEAR), (y - py) / (RADIUS + _CLEAR)))
    return least


def _rim(model: CausalModel, name: str, center: Point, towards: Point, gap: float) -> Point:
    """Return where a line from a node's center leaves its shape, and `gap` further."""
    dx, dy = towards[0] - center[0], towards[1] - center[1]
    length = math.hypot(dx, dy) or 1.0
    dx, dy, wide = dx / length, dy / length, half_width(name)
    if name in model.latents + model.hidden:
        reach = min((wide - 2) / max(abs(dx), 1e-9), (RADIUS - 2) / max(abs(dy), 1e-9))
    else:
        reach = 1 / math.hypot(dx / wide, dy / RADIUS)
    return center[0] + dx * (reach + gap), center[1] + dy * (reach + gap)
