"""Curves as figures."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.curves.boundary import Boundary
    from relaxbell.curves.curve import Curve
    from relaxbell.engines.sources.scanning import Scan

_STYLE = {"color": INK, "linewidth": 1.4}
_SIZE = (4.2, 3.0)


def plot_curve(curve: Curve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw a curve with what it marks between its ends, exactly where it is affine; return the axes."""
    ax = new_axes(ax, _SIZE)
    grid, marks = curve.grid(400), curve.marks[1:-1]
    (line,) = ax.plot(grid, curve.shown_sign * curve.value(grid), **_styled(style))
    ax.plot(
        [float(t) for t, _ in marks],
        [curve.shown_sign * float(v) for _, v in marks],
        "o",
        color=line.get_color(),
        markersize=4,
    )
    return _labeled(ax, curve.variable, curve.name, curve.measure.unit)


def plot_scan(scan: Scan, ax: Axes | None = None, **style: object) -> Axes:
    """Draw a scan of one parameter, with the band above its rigorous bounds; return the axes."""
    ax = new_axes(ax, _SIZE)
    nu = scan.points[:, 0]
    (line,) = ax.plot(nu, scan.values, **_styled(style))
    ax.fill_between(nu, scan.lower_bounds, scan.values, color=line.get_color(), linewidth=0, alpha=0.4)
    least, (where,) = scan.least
    ax.plot([where], [least], "o", color=line.get_color(), markersize=4)
    return _labeled(ax, scan.labels[0], scan.measure.name, scan.measure.unit)


def plot_boundary(boundary: Boundary, ax: Axes | None = None, **style: object) -> Axes:
    """Draw where a measure passes a level, its exact points marked, in the plane of two parameters; return the axes."""
    ax = new_axes(ax, _SIZE)
    (low, high), (bottom, top) = boundary.over
    grid = np.linspace(float(low), float(high), 400)
    edge = boundary.value(grid)
    (line,) = ax.plot(grid, edge, **_styled(style))
    ax.fill_between(grid, edge, float(top), color=line.get_color(), alpha=0.12, linewidth=0)
    exact = [(float(x), float(y)) for x, y in boundary.points if y is not None]
    ax.plot([x for x, _ in exact], [y for _, y in exact], "o", color=line.get_color(), markersize=3)
    known = np.isfinite(edge)
    if known.any():  # what is interesting, and a fifth around it
        low, high = _around(grid[known], low, high)
        bottom, top = _around(edge[known], bottom, top)
    ax.set_title(f"shaded: {boundary.measure.name} > {boundary.level}".replace("->", "→"), fontsize=9)
    ax.set_xlabel(str(boundary.symbols[0]))
    ax.set_ylabel(str(boundary.symbols[1]))
    ax.set_xlim(float(low), float(high))
    ax.set_ylim(float(bottom), float(top))
    return open_frame(ax)


def _around(values: Floats, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return the range of values and a fifth around it, within another range."""
    least, most = Fraction(float(values.min())), Fraction(float(values.max()))
    room = (most - least or high - low) / 5
    return max(low, least - room), min(high, most + room)


def _styled(style: Mapping[str, object]) -> dict[str, Any]:
    """Return the look of a line, as it is wanted, else ours; matplotlib refuses what it does not know."""
    return {**_STYLE, **style}


def _labeled(ax: Axes, variable: str, name: str, unit: str) -> Axes:
    ax.set_xlabel(variable)
    ax.set_ylabel(f"{name}{'' if unit == 'probability' else f' ({unit})'}".replace("->", "→"))
    ax.margins(x=0.02)
    return open_frame(ax)
