"""Curves as figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.curves.curve import Curve
    from relaxbell.engines.sources.scanning import Scan

_STYLE = {"color": INK, "linewidth": 1.4}
_SIZE = (4.2, 3.0)


def plot_curve(curve: Curve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw a curve with what it marks between its ends, exactly where it is affine; return the axes."""
    ax = new_axes(ax, _SIZE)
    grid, marks = curve.grid(400), curve.marks[1:-1]
    (line,) = ax.plot(grid, curve.value(grid), **_styled(style))
    ax.plot([float(t) for t, _ in marks], [float(v) for _, v in marks], "o", color=line.get_color(), markersize=4)
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


def _styled(style: Mapping[str, object]) -> dict[str, Any]:
    """Return the look of a line, as it is wanted, else ours; matplotlib refuses what it does not know."""
    return {**_STYLE, **style}


def _labeled(ax: Axes, variable: str, name: str, unit: str) -> Axes:
    ax.set_xlabel(variable)
    ax.set_ylabel(f"{name}{'' if unit == 'probability' else f' ({unit})'}".replace("->", "→"))
    ax.margins(x=0.02)
    return open_frame(ax)
