"""Min-entropies and certified bits along a budget as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.randomness.budgeted import RandomnessCurve

_SIZE = (4.2, 3.0)


def entropy_grid(curve: RandomnessCurve, count: int) -> tuple[Floats, Floats]:
    """Return budgets, the marks among them, and what a curve shows there."""
    marks = curve.marks
    inner = curve.grid(count)[1:-1]
    grid = np.concatenate([[float(e) for e, _ in marks], inner])
    heights = curve.shown([round(float(e), 12) for e in inner])  # short decimals
    heights = np.concatenate([[float(v) for _, v in marks], heights])
    order = np.argsort(grid, kind="stable")
    return grid[order], heights[order]


def budget_name(curve: RandomnessCurve) -> str:
    """Return what is along the axis."""
    kind = "signaling " if "->" in curve.limit else ""
    return arrows(f"e  ({kind}{curve.budget})").replace(">=", "≥").replace("<=", "≤")


def plot_randomness(curve: RandomnessCurve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw bits against the budget, with break points or samples marked; return the axes."""
    ax = new_axes(ax, _SIZE)
    look: dict[str, Any] = {"color": INK, "linewidth": 1.4, **style}
    (line,) = ax.plot(*entropy_grid(curve, 200), **look)
    ax.plot(*zip(*curve.marks, strict=True), "o", color=line.get_color(), markersize=4)
    beside = [own.dataLim.y1 for own in ax.get_shared_y_axes().get_siblings(ax) if np.isfinite(own.dataLim.y1)]
    ax.set_ylim(0, 1.05 * max([*beside, 1e-3]))  # of all that is drawn, also by others
    ax.set_xlabel(budget_name(curve))
    ax.set_ylabel(curve.shown_name)
    ax.margins(x=0.02)
    return open_frame(ax)
