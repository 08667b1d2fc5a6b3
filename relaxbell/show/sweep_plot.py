"""Sweeps over one or two parameters as figures, with the certified boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import RelaxbellError
from relaxbell.show.axes import another_line, finished, labeled_axes, new_axes
from relaxbell.sweeps.labels import laid_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from relaxbell.exact.numbers import Floats
    from relaxbell.sweeps.results import Sweep

_BOUNDARY = "#d55e00"
_SIZE = (4.6, 3.4)


def plot_sweep(
    sweep: Sweep, ax: Axes | None = None, *, level: float = 0.0, names: Sequence[str] | None = None, **style: object
) -> Axes:
    """Draw values over one or two parameters, and where the rigorous bounds prove more than `level`."""
    if sweep.values.ndim != 1:
        raise RelaxbellError(
            f"the sweep has {len(sweep.measures)} measures, expected one to draw. Choose it: "
            f"sweep.measure({sweep.measures[0]!r}).plot()."
        )
    grid, places = laid_out(sweep.labels, names)
    axes = {name: _numbers(name, values) for name, values in grid.axes.items() if len(values) > 1}
    if len(axes) not in (1, 2):
        raise RelaxbellError(
            f"the points form a grid of {len(axes)} parameters with more than one value, expected one or two. Select "
            "values, or use to_xarray()."
        )
    shape = tuple(map(len, axes.values()))
    values, lower = (column[places].reshape(shape) for column in (sweep.values, sweep.lower_bounds))
    for k, (name, numbers) in enumerate(axes.items()):  # as a figure has them: ascending
        order = np.argsort(numbers, kind="stable")
        axes[name], values, lower = numbers[order], values.take(order, axis=k), lower.take(order, axis=k)
    ax = new_axes(ax, _SIZE)
    title = f"{sweep.measures[0]}{'' if sweep.units[0] == 'probability' else f' ({sweep.units[0]})'}".replace("->", "→")
    (across, x), *rest = axes.items()
    if not rest:
        return _line(ax, x, values, lower, level, (across, title), style)
    ((up, y),) = rest
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    return _contours(ax, (x, y), values.T, lower.T, level, title, style)


def crossings(values: NDArray[Any], lower: NDArray[Any], level: float) -> NDArray[np.bool_]:
    """Return the cells of a grid at some corner of which the value is at most `level`, and at another proved above."""
    below, above = values <= level, lower > level  # False where there is no value
    for axis in range(values.ndim):
        first, second = (slice(None),) * axis + (slice(-1),), (slice(None),) * axis + (slice(1, None),)
        below, above = below[first] | below[second], above[first] | above[second]
    return np.asarray(below & above)


def _numbers(name: str, values: Sequence[Any]) -> Floats:
    try:
        return np.array([float(v) for v in values])
    except (TypeError, ValueError):
        raise RelaxbellError(f"the values of {name} are no numbers, expected some to draw. Use to_frame().") from None


def _line(
    ax: Axes,
    x: Floats,
    values: Floats,
    lower: Floats,
    level: float,
    titles: tuple[str, str],
    style: Mapping[str, object],
) -> Axes:
    ax.plot(x, values, **another_line(ax, titles[1], style))
    places = np.flatnonzero(crossings(values, lower, level)).tolist()
    known = ax.get_legend_handles_labels()[1]
    for number, k in enumerate(places):
        text = _said(level) if number == 0 and _said(level) not in known else None
        ax.axvspan(x[k], x[k + 1], color=_BOUNDARY, alpha=0.5, linewidth=0.8, label=text)
    ax.margins(x=0.02)
    labeled_axes(ax, *titles, style)
    return finished(ax, fontsize=8) if places else ax


def _said(level: float) -> str:
    return f"from at most {level:g} to certified above"


def _contours(
    ax: Axes,
    axes: tuple[Floats, Floats],
    values: Floats,
    lower: Floats,
    level: float,
    title: str,
    style: Mapping[str, object],
) -> Axes:
    x, y = axes
    shown = np.ma.masked_invalid(values)
    given: dict[str, Any] = {"cmap": "Blues", "levels": 10, **style}
    if shown.count() and shown.max() > shown.min():
        filled = ax.contourf(x, y, shown, **given)
        ax.figure.colorbar(filled, ax=ax, label=title)
    cells = np.argwhere(crossings(values, lower, level)).tolist()
    if cells:
        from matplotlib.collections import PolyCollection

        corners = [[(x[i + p], y[j + q]) for p, q in ((0, 0), (1, 0), (1, 1), (0, 1))] for j, i in cells]
        # edges of the same color, or hairlines show between neighbors
        band = PolyCollection(corners, facecolor=_BOUNDARY, edgecolor=_BOUNDARY, linewidth=0.2, label=_said(level))
        ax.add_collection(band)
        ax.legend(loc="lower left", frameon=True, fontsize=8)
    return ax
