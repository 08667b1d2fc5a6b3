"""Drawings of lines, shapes and words: as SVG without any package, and on Matplotlib axes.

A drawing is data; what it looks like is decided where it is made. Points have x to the right and y downwards; all
sizes, also those of letters and lines, are in the same unit, a pixel of the SVG. Each item knows both ways to draw it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from xml.sax.saxutils import escape

from relaxbell.show.layout import Line, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.text import Text

INK, RELAXED, HIDDEN = "#222222", "#c04a00", "#e3e3e3"
"""Lines and letters; what is relaxed; what is not observed."""

_LETTERS, _SMALL = 18.0, 13.0
_TITLE, _PANEL = 26.0, 150.0
"""Room for the name of a panel, and the size of one without a drawing."""
_POINTS = 0.8
"""Points of a line on axes for each unit of its width: like those of plots, lines do not grow with the axes."""


class Item(Protocol):
    """What a drawing is made of."""

    def svg(self) -> str:
        """Return it as an SVG element."""

    def draw(self, ax: Axes) -> None:
        """Draw it on Matplotlib axes."""


@dataclass(frozen=True)
class Stroke:
    """A quadratic Bézier curve; dashes are the lengths of a dash and of a gap."""

    line: Line
    color: str
    width: float
    dashes: tuple[float, float] | None = None

    def svg(self) -> str:
        """Return a path."""
        (x1, y1), (xc, yc), (x2, y2) = self.line
        dashes = f' stroke-dasharray="{self.dashes[0]:g} {self.dashes[1]:g}"' if self.dashes else ""
        return (
            f'<path d="M {x1:.1f} {y1:.1f} Q {xc:.1f} {yc:.1f} {x2:.1f} {y2:.1f}" fill="none" '
            f'stroke="{self.color}" stroke-width="{self.width:g}"{dashes}/>'
        )

    def draw(self, ax: Axes) -> None:
        """Add a path."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        style = (0, tuple(length / self.width for length in self.dashes)) if self.dashes else "-"
        path = Path(self.line, [Path.MOVETO, Path.CURVE3, Path.CURVE3])
        look = {"linewidth": self.width * _POINTS, "linestyle": style, "capstyle": "butt"}
        ax.add_patch(PathPatch(path, fill=False, edgecolor=self.color, **look))


@dataclass(frozen=True)
class Filled:
    """A polygon without outline."""

    corners: tuple[Point, ...]
    color: str

    def svg(self) -> str:
        """Return a polygon."""
        return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in self.corners)}" fill="{self.color}"/>'

    def draw(self, ax: Axes) -> None:
        """Add a polygon."""
        from matplotlib.patches import Polygon

        ax.add_patch(Polygon(self.corners, facecolor=self.color, edgecolor="none"))


@dataclass(frozen=True)
class Node:
    """An ellipse or a rectangle around its name."""

    name: str
    center: Point
    half_width: float
    half_height: float
    is_round: bool
    fill: str

    def svg(self) -> str:
        """Return the shape and the name."""
        (x, y), wide, high = self.center, self.half_width, self.half_height
        if self.is_round:
            shape = f'ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{wide:.1f}" ry="{high:.1f}"'
        else:
            shape = f'rect x="{x - wide:.1f}" y="{y - high:.1f}" width="{2 * wide:.1f}" height="{2 * high:.1f}"'
        return (
            f'<{shape} fill="{self.fill}" stroke="{INK}" stroke-width="1.5"/><text x="{x:.1f}" '
            f'y="{y + _LETTERS / 3:.1f}" text-anchor="middle" fill="{INK}">{escape(self.name)}</text>'
        )

    def draw(self, ax: Axes) -> None:
        """Add the shape and the name."""
        from matplotlib.patches import Ellipse, Patch, Rectangle

        (x, y), wide, high = self.center, self.half_width, self.half_height
        box: Patch = Rectangle((x - wide, y - high), 2 * wide, 2 * high)
        shape = Ellipse((x, y), 2 * wide, 2 * high) if self.is_round else box
        shape.set(facecolor=self.fill, edgecolor=INK, linewidth=1.5 * _POINTS)
        ax.add_patch(shape)
        words = _scaled_text()(x, y, self.name, ha="center", va="center_baseline", color=INK)
        words.set_transform(ax.transData)
        ax.add_artist(words)


def _scaled_text() -> Callable[..., Text]:
    """Return the class of words that are as large as the drawing wants them, whatever size the axes get."""
    from matplotlib.text import Text

    class ScaledText(Text):
        def draw(self, renderer: RendererBase) -> None:
            if self.axes is not None:
                (_, top), (_, bottom) = self.axes.transData.transform([(0, 0), (0, _LETTERS)])
                self.set_fontsize(abs(top - bottom) * 72 / self.axes.figure.dpi)
            super().draw(renderer)

    return ScaledText


@dataclass(frozen=True)
class Drawing:
    """Items, from back to front, and the box that holds them, whose top is at y = 0."""

    title: str
    items: tuple[Item, ...]
    left: float
    right: float
    bottom: float

    def svg(self) -> str:
        """Return the drawing as SVG text."""
        wide, high = self.right - self.left, self.bottom
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
            f'viewBox="{self.left:.1f} 0 {wide:.1f} {high:.1f}" font-family="sans-serif" font-size="{_LETTERS:g}">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="100%" height="100%" x="{self.left:.1f}" fill="#ffffff"/>',
            *(item.svg() for item in self.items),
            "</svg>",
        ]
        return "\n".join(parts)

    def draw(self, ax: Axes) -> None:
        """Draw it on Matplotlib axes, with equal scales and without frame."""
        for item in self.items:
            item.draw(ax)
        ax.set(xlim=(self.left, self.right), ylim=(self.bottom, 0), aspect="equal")
        ax.set_axis_off()


def side_by_side_svg(panels: Sequence[tuple[str, Drawing | None]], title: str) -> str:
    """Return drawings beside each other as SVG text, each under its name; words where there is none."""
    high = _TITLE + max((own.bottom for _, own in panels if own is not None), default=_PANEL)
    parts, x = list[str](), 0.0
    for name, own in panels:
        drawing = _PANEL if own is None else own.right - own.left
        wide = max(drawing, len(name) * _SMALL * 0.6 + _SMALL)
        place = f'x="{x + wide / 2:.1f}" text-anchor="middle"'
        parts.append(f'<text {place} y="{_TITLE * 0.7:.1f}" font-size="{_SMALL:g}" fill="{INK}">{escape(name)}</text>')
        if own is None:
            parts.append(f'<text {place} y="{high / 2:.1f}" fill="{INK}">any behavior</text>')
        else:
            inner = own.svg().replace("<svg ", f'<svg x="{x + (wide - drawing) / 2:.1f}" y="{_TITLE:g}" ', 1)
            parts.append(inner)
        x += wide
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x:.0f}" height="{high:.0f}" viewBox="0 0 {x:.1f} {high:.1f}" '
        f'font-family="sans-serif" font-size="{_LETTERS:g}">'
    )
    back = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, back, f"<title>{escape(title)}</title>", *parts, "</svg>"])
