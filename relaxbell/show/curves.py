"""Curves as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relaxbell.curves.curve import Curve


def plot_curve(curve: Curve, ax: Any = None, **style: Any) -> Any:
    """Draw a piecewise affine curve exactly, with its break points; return the axes."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(4.2, 3.0), layout="constrained")
    corners = [curve.pieces[0].start, *(piece.end for piece in curve.pieces)]
    xs = [float(t) for t in corners]
    ys = [float(curve.pieces[0].intercept + curve.pieces[0].slope * corners[0])]
    ys += [float(piece.intercept + piece.slope * piece.end) for piece in curve.pieces]
    (line,) = ax.plot(xs, ys, **{"color": "black", "linewidth": 1.4, **style})
    ax.plot(xs[1:-1], ys[1:-1], "o", color=line.get_color(), markersize=4)
    unit = "" if curve.measure.unit == "probability" else f" ({curve.measure.unit})"
    ax.set_xlabel(curve.variable)
    ax.set_ylabel(f"{curve.name}{unit}".replace("->", "→"))
    ax.spines[["top", "right"]].set_visible(False)
    ax.margins(x=0.02)
    return ax
