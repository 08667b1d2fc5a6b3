"""Matplotlib axes of one look: sizes, line styles that survive gray, frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relaxbell.errors import optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (4.4, 3.2)
"""Width and height of an Axes in inches."""

STYLES: tuple[dict[str, Any], ...] = (  # Okabe and Ito's colors, from dark to light
    {"color": "#0072b2", "linestyle": "-"},
    {"color": "#d55e00", "linestyle": (0, (6, 2))},
    {"color": "#e69f00", "linestyle": (0, (6, 2, 1, 2))},
)
"""Dashes and lightness differ, not hue alone: lines can be told apart in gray and by color-blind readers."""


def new_axes(ax: Axes | None = None, size: tuple[float, float] = SIZE) -> Axes:
    """Return the given axes, or new ones of a size in inches."""
    if ax is not None:
        return ax
    return optional("matplotlib.pyplot", "plot").figure(figsize=size, layout="constrained").subplots()


def open_frame(ax: Axes) -> Axes:
    """Leave the axes at the left and the bottom only."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def finished(ax: Axes, **legend: object) -> Axes:
    """Open the frame and add a legend; return the axes."""
    ax.legend(**{"frameon": False, "fontsize": 9, **legend})
    return open_frame(ax)
