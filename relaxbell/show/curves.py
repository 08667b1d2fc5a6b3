"""Curves as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.curves.curve import Curve
    from relaxbell.engines.sources.scanning import Scan

_STYLE = {"color": INK, "linewidth": 1.4}
_SIZE = (4.2, 3.0)


def plot_curve(curve: Curve, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw a piecewise affine curve exactly, with its break points; return the axes."""
    ax = new_axes(ax, _SIZE)
    corners = [curve.pieces[0].start, *(piece.end for piece in curve.pieces)]
    xs = [float(t) ** (1 / curve.power) for t in corners]
    ys = [float(curve.pieces[0].intercept + curve.pieces[0].slope * corners[0])]
    ys += [float(piece.intercept + piece.slope * piece.end) for piece in curve.pieces]
    if curve.power == 1:
        (line,) = ax.plot(xs, ys, **{**_STYLE, **style})
    else:
        grid = np.linspace(xs[0], xs[-1], 400)
        (line,) = ax.plot(grid, curve.value(grid), **{**_STYLE, **style})
    ax.plot(xs[1:-1], ys[1:-1], "o", color=line.get_color(), markersize=4)
    return _labeled(ax, curve.variable, curve.name, curve.measure.unit)


def plot_function(curve: Any, ends: tuple[float, float], variable: str, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw a curve that is not piecewise affine on a fine grid; return the axes."""
    ax = new_axes(ax, _SIZE)
    grid = np.linspace(*ends, 400)
    ax.plot(grid, curve.value(grid), **{**_STYLE, **style})
    return _labeled(ax, variable, curve.name, curve.measure.unit)


def plot_scan(scan: Scan, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw a scan of one parameter, with the band above its rigorous bounds; return the axes."""
    ax = new_axes(ax, _SIZE)
    nu = scan.points[:, 0]
    (line,) = ax.plot(nu, scan.values, **{**_STYLE, **style})
    ax.fill_between(nu, scan.lower_bounds, scan.values, color=line.get_color(), linewidth=0, alpha=0.4)
    least, (where,) = scan.least
    ax.plot([where], [least], "o", color=line.get_color(), markersize=4)
    return _labeled(ax, scan.labels[0], scan.measure.name, scan.measure.unit)


def _labeled(ax: Axes, variable: str, name: str, unit: str) -> Axes:
    ax.set_xlabel(variable)
    ax.set_ylabel(f"{name}{'' if unit == 'probability' else f' ({unit})'}".replace("->", "→"))
    ax.margins(x=0.02)
    return open_frame(ax)
