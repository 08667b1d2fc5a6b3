"""Curves as figures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.show.axes import another_line, labeled_axes, new_axes
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.curves.boundary import Boundary
    from relaxbell.curves.curve import Curve
    from relaxbell.engines.sources.scanning import Scan

_SIZE = (4.2, 3.0)


def plot_curve(curve: Curve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw a curve with what it marks between its ends, exactly where it is affine; return the axes."""
    ax = new_axes(ax, _SIZE)
    grid, marks = curve.grid(400), curve.marks[1:-1]
    shown = curve.shown_sign * curve.value(grid)
    (line,) = ax.plot(grid, shown, **another_line(ax, arrows(curve.name), style))
    ax.plot(
        [float(t) for t, _ in marks],
        [curve.shown_sign * float(v) for _, v in marks],
        "o",
        color=line.get_color(),
        markersize=4,
    )
    ax.margins(x=0.02)
    return labeled_axes(ax, curve.variable, _title(curve.name, curve.measure.unit), style)


def plot_scan(scan: Scan, ax: Axes | None = None, **style: object) -> Axes:
    """Draw a scan of one parameter, with the band above its rigorous bounds; return the axes."""
    ax = new_axes(ax, _SIZE)
    nu = scan.points[:, 0]
    (line,) = ax.plot(nu, scan.values, **another_line(ax, arrows(scan.measure.name), style))
    ax.fill_between(nu, scan.lower_bounds, scan.values, color=line.get_color(), linewidth=0, alpha=0.4)
    least, (where,) = scan.least
    ax.plot([where], [least], "o", color=line.get_color(), markersize=4)
    ax.margins(x=0.02)
    return labeled_axes(ax, scan.labels[0], _title(scan.measure.name, scan.measure.unit), style)


def plot_boundary(boundary: Boundary, ax: Axes | None = None, **style: object) -> Axes:
    """Draw where a measure passes a level, its exact points marked, in the plane of two parameters; return the axes."""
    ax = new_axes(ax, _SIZE)
    (low, high), (bottom, top) = boundary.over
    grid = np.linspace(float(low), float(high), 400)
    edge = boundary.value(grid)
    title = arrows(f"{boundary.measure.name} > {boundary.level}")
    overlaid = bool(ax.get_xlabel() or ax.get_ylabel())
    limits = (*ax.get_xlim(), *ax.get_ylim())
    (line,) = ax.plot(grid, edge, **another_line(ax, title, style))
    ax.fill_between(grid, edge, float(top), color=line.get_color(), alpha=0.12, linewidth=0)
    exact = [(float(x), float(y)) for x, y in boundary.points if y is not None]
    ax.plot([x for x, _ in exact], [y for _, y in exact], "o", color=line.get_color(), markersize=3)
    known = np.isfinite(edge)
    if known.any():  # what is interesting, and a fifth around it
        low, high = _around(grid[known], low, high)
        bottom, top = _around(edge[known], bottom, top)
    if overlaid:  # what is there stays in view
        left, right, under, over = limits
        low, high = min(low, Fraction(left)), max(high, Fraction(right))
        bottom, top = min(bottom, Fraction(under)), max(top, Fraction(over))
    else:
        ax.set_title(f"shaded: {title}", fontsize=9)
    ax.set_xlim(float(low), float(high))
    ax.set_ylim(float(bottom), float(top))
    return labeled_axes(ax, str(boundary.symbols[0]), str(boundary.symbols[1]), style)


def _around(values: Floats, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Return the range of values and a fifth around it, within another range."""
    least, most = Fraction(float(values.min())), Fraction(float(values.max()))
    room = (most - least or high - low) / 5
    return max(low, least - room), min(high, most + room)


def _title(name: str, unit: str) -> str:
    return arrows(f"{name}{'' if unit == 'probability' else f' ({unit})'}")
