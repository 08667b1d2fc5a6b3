"""Causal graphs as figures: one model, or the networks of Fig. 1."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from relaxbell.causal import networks, sources
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.show.axes import new_axes
from relaxbell.show.drawing import HIDDEN, INK, RELAXED, Drawing, Filled, Item, Node, Stroke, side_by_side_svg
from relaxbell.show.layout import MARGIN, RADIUS, arcs, half_width, layout, with_head

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NETWORKS: tuple[tuple[str, Callable[[], CausalModel]], ...] = (
    ("(a) Bell scenario", networks.bell),
    ("(b) outcome signaling", networks.outcome_signaling),
    ("(c) input signaling", networks.input_signaling),
    ("(d) message", networks.message),
    ("(e) measurement dependence", networks.measurement_dependence),
    ("(f) bilocality", sources.bilocality),
)
"""Title and maker of each panel of Fig. 1."""

NETWORKS_SIZE = (6.6, 4.6)
"""Of Fig. 1, in inches."""
_ACROSS, _TITLE = 3, 0.06


def drawn(model: CausalModel) -> Drawing:
    """Return a model's graph: circles are observed, squares are not, relaxed edges are dashed and orange."""
    places, items = layout(model), list[Item]()
    for edge, line in arcs(model, places).items():
        curve, head = with_head(line)
        relaxed = edge in model.relaxed
        color = RELAXED if relaxed else INK
        items.append(Stroke(curve, color, *((2.2, (6, 4)) if relaxed else (1.5,))))
        items.append(Filled(head, color))  # not a marker, which some readers of SVG do not turn
    for name, place in places.items():
        hidden = name in model.latents + model.hidden
        label = re.sub(r"^L(?=\d*$)", "Λ", name) if name in model.latents else name
        smaller = 2 if hidden else 0  # a square looks larger than a circle
        wide, high = half_width(name) - smaller, RADIUS - smaller
        items.append(Node(label, place, wide, high, not hidden, HIDDEN if hidden else "#ffffff"))
    edge_of_box = MARGIN - RADIUS
    return Drawing(
        model.name,
        tuple(items),
        left=min(x - half_width(name) for name, (x, _) in places.items()) - edge_of_box,
        right=max(x + half_width(name) for name, (x, _) in places.items()) + edge_of_box,
        bottom=max(y for _, y in places.values()) + MARGIN,
    )


def dag_svg(model: CausalModel) -> str:
    """Return the graph as SVG text: inputs and latent variables on top, what responds below.

    Of a mixture the graphs of its structures, side by side.
    """
    return side_by_side_svg(panels(model), model.name) if isinstance(model, Mixture) else drawn(model).svg()


def panels(model: Mixture) -> list[tuple[str, Drawing | None]]:
    """Return name and graph of each structure; None for any behavior."""
    return [
        (name, drawn(own) if isinstance(own, CausalModel) else None)
        for name, own in zip(model.names, model.structures, strict=True)
    ]


def _plot_panels(model: Mixture, ax: Axes) -> Axes:
    """Draw the graphs of a mixture as panels within axes."""
    ax.set_axis_off()
    found = panels(model)
    axes = []
    for k, (name, own) in enumerate(found):
        inner = ax.inset_axes((k / len(found), 0, 1 / len(found), 1 - _TITLE))
        inner.set_title(name, fontsize=8)
        if own is None:
            inner.set_axis_off()
            inner.text(0.5, 0.5, "any behavior", ha="center", transform=inner.transAxes)
        else:
            own.draw(inner)
            axes.append(inner)
    _same_scale(axes)
    return ax


def plot_dag(model: CausalModel, ax: Axes | None = None) -> Axes:
    """Draw a model's graph: circles are observed, squares are not, relaxed edges are dashed and orange.

    Of a mixture one panel for each structure (``child_axes``).

    Parameters
    ----------
    model
        Any causal model.
    ax
        Matplotlib axes; new ones by default.

    Returns
    -------
    Axes
        With equal scales and without frame.

    Examples
    --------
    >>> import relaxbell as rb
    >>> plot_dag(rb.input_signaling()).get_aspect()  # doctest: +SKIP
    1.0
    """
    if isinstance(model, Mixture):
        return _plot_panels(model, new_axes(ax, (3.0 * len(model.structures), 2.0)))
    ax = new_axes(ax, (3.0, 2.0))
    drawn(model).draw(ax)
    return ax


def figure_1(ax: Axes | None = None) -> Axes:
    """Draw Fig. 1, the networks and their relaxed edges, as panels within one Axes (its ``child_axes``); return it.

    Parameters
    ----------
    ax
        Matplotlib axes; new ones by default.

    Examples
    --------
    >>> len(figure_1().child_axes) == len(NETWORKS)  # doctest: +SKIP
    True
    """
    ax = new_axes(ax, NETWORKS_SIZE)
    ax.set_axis_off()
    rows = -(-len(NETWORKS) // _ACROSS)
    axes = []
    for k, (title, make) in enumerate(NETWORKS):
        row, column = divmod(k, _ACROSS)
        place = (column / _ACROSS, 1 - (row + 1) / rows, 1 / _ACROSS, 1 / rows - _TITLE)
        axes.append(plot_dag(make(), ax.inset_axes(place)))
        axes[-1].set_title(title, fontsize=9)
    _same_scale(axes)
    return ax


def _same_scale(axes: Sequence[Axes]) -> None:
    """Give all axes the largest ranges: around their own middles, and from the top down."""
    limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
    width = max(right - left for (left, right), _ in limits)
    height = max(bottom for _, (bottom, _) in limits)
    for ax, ((left, right), _) in zip(axes, limits, strict=True):
        middle = (left + right) / 2
        ax.set(xlim=(middle - width / 2, middle + width / 2), ylim=(height, 0))
