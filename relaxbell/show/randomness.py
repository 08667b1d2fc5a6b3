"""Min-entropies along a budget as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (4.2, 3.0)


class EntropyCurve(Protocol):
    """What is drawn: a curve of min-entropies, or of certified bits."""

    @property
    def limit(self) -> str:
        """The budget."""

    @property
    def marks(self) -> list[tuple[float, float]]:
        """Budgets with their min-entropies."""

    @property
    def notes(self) -> list[str]:
        """What is said beside the line."""

    def min_entropy(self, e: object) -> Floats:
        """Return min-entropies at budgets."""


_NAMES = {"M": "e  (M ≤ e)", "lower": "e  (p(settings|λ) ≥ e)", "upper": "e  (p(settings|λ) ≤ e)"}


def entropy_grid(curve: EntropyCurve, count: int) -> tuple[Floats, Floats]:
    """Return budgets, the marks among them, and min-entropies."""
    marks = [e for e, _ in curve.marks]
    inner = np.linspace(marks[0], marks[-1], count)[1:-1]
    values = curve.min_entropy([round(float(e), 12) for e in inner])
    grid = np.concatenate([marks, inner])
    entropies = np.concatenate([[v for _, v in curve.marks], values])
    order = np.argsort(grid, kind="stable")
    return grid[order], entropies[order]


def budget_name(limit: str) -> str:
    """Return what is along the axis."""
    return _NAMES.get(limit, f"e  (signaling {limit} ≤ e)")


def plot_guessing(curve: EntropyCurve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw the min-entropy against the budget, with break points or samples marked; return the axes."""
    ax = new_axes(ax, _SIZE)
    look: dict[str, Any] = {"color": INK, "linewidth": 1.4, **style}
    (line,) = ax.plot(*entropy_grid(curve, 200), **look)
    ax.plot(*zip(*curve.marks, strict=True), "o", color=line.get_color(), markersize=4)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(budget_name(curve.limit).replace("->", "→"))
    ax.set_ylabel("min-entropy (bits)")
    ax.margins(x=0.02)
    return open_frame(ax)
