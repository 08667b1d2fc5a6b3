"""Min-entropies along a budget as figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from relaxbell.exact.numbers import Floats
from relaxbell.show.axes import new_axes, open_frame
from relaxbell.show.drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.randomness.bits_curve import CertifiedBitsCurve

_SIZE = (4.2, 3.0)


class EntropyCurve(Protocol):
    """What is drawn: a curve of min-entropies."""

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


def entropy_grid(
    marks: Sequence[tuple[float, float]], height: Callable[[object], Floats], count: int
) -> tuple[Floats, Floats]:
    """Return budgets, the marks among them, and the heights of a curve."""
    first, last = marks[0][0], marks[-1][0]
    inner = np.linspace(first, last, count)[1:-1]
    grid = np.concatenate([[e for e, _ in marks], inner])
    heights = np.concatenate([[v for _, v in marks], height([round(float(e), 12) for e in inner])])
    order = np.argsort(grid, kind="stable")
    return grid[order], heights[order]


def budget_name(limit: str) -> str:
    """Return what is along the axis."""
    return _NAMES.get(limit, f"e  (signaling {limit} ≤ e)")


def plot_guessing(curve: EntropyCurve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw the min-entropy against the budget, with break points or samples marked; return the axes."""
    ax = _drawn(curve.marks, curve.min_entropy, ax, style)
    return _named(ax, budget_name(curve.limit), "min-entropy (bits)")


def plot_bits(curve: CertifiedBitsCurve, ax: Axes | None = None, **style: object) -> Axes:
    """Draw certified bits against the bound, with samples marked; return the axes."""
    return _named(_drawn(curve.marks, curve.bits, ax, style), bound_name(curve.limit), "certified bits")


def bound_name(limit: str) -> str:
    """Return what is along the axis of certified bits."""
    return f"e  (p(settings) {'≥' if limit == 'lower' else '≤'} e)"


def _drawn(
    marks: Sequence[tuple[float, float]],
    height: Callable[[object], Floats],
    ax: Axes | None,
    style: Mapping[str, object],
) -> Axes:
    ax = new_axes(ax, _SIZE)
    look: dict[str, Any] = {"color": INK, "linewidth": 1.4, **style}
    (line,) = ax.plot(*entropy_grid(marks, height, 200), **look)
    ax.plot(*zip(*marks, strict=True), "o", color=line.get_color(), markersize=4)
    return ax


def _named(ax: Axes, variable: str, name: str) -> Axes:
    beside = [own.dataLim.y1 for own in ax.get_shared_y_axes().get_siblings(ax) if np.isfinite(own.dataLim.y1)]
    ax.set_ylim(0, 1.05 * max([*beside, 1e-3]))  # of all that is drawn, also by others
    ax.set_xlabel(variable.replace("->", "→"))
    ax.set_ylabel(name)
    ax.margins(x=0.02)
    return open_frame(ax)
