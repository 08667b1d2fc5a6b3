"""The figures of arXiv:1411.4648, computed anew and exactly.

Each ``figure_N`` takes ``ax=`` and returns Axes; `plot_networks`, Fig. 1, takes one for each panel. Lines differ in
dashes and lightness, not in hue alone, so that they can be told apart in gray and by color-blind readers. Needs the
extra ``plot``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from relaxbell.behavior.boxes import cglmp_box, i3322_box
from relaxbell.behavior.observed import Observed
from relaxbell.causal import networks
from relaxbell.causal.model import CausalModel
from relaxbell.curves.making import curve
from relaxbell.curves.sampled import SampledCurve
from relaxbell.errors import RelaxbellError
from relaxbell.functionals.catalog import I3322, cglmp
from relaxbell.measures.information import mutual_information, pinsker_bound
from relaxbell.measures.locality import influence
from relaxbell.show.graph import INK, MARGIN, RADIUS, RELAXED, arc, layout

SINGLET_INFORMATION = 0.0663
"""I(X, Y : λ) in bits that suffices for every projective measurement on a singlet: the dashed line of Fig. 3."""

NETWORKS: tuple[tuple[str, Callable[[], CausalModel]], ...] = (
    ("(a) Bell scenario", networks.bell),
    ("(b) outcome signaling", networks.outcome_signaling),
    ("(c) input signaling", networks.input_signaling),
    ("(d) message", networks.message),
    ("(e) measurement dependence", networks.measurement_dependence),
    ("(f) bilocality", networks.bilocality),
)
"""Title and maker of each panel of Fig. 1."""

_STYLES: tuple[dict[str, Any], ...] = (  # Okabe and Ito's colors, from dark to light
    {"color": "#0072b2", "linestyle": "-"},
    {"color": "#d55e00", "linestyle": (0, (6, 2))},
    {"color": "#e69f00", "linestyle": (0, (6, 2, 1, 2))},
)
_VECTOR = {"svg.fonttype": "none", "pdf.fonttype": 42}
"""Text stays text."""

_UNDATED: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
_SINGLE, _PANEL = (4.4, 3.2), (2.5, 1.9)
"""Width and height of an Axes in inches, alone and among others."""


def plot_dag(model: CausalModel, ax: Any = None) -> Any:
    """Draw a model's graph: circles are observed, squares are not, relaxed edges are dashed and orange.

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
    from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
    from matplotlib.path import Path as Line

    ax = _axes(ax, (3.0, 2.0))
    places = layout(model)
    for u, v in model.edges:
        relaxed = (u, v) in model.relaxed
        line = Line(arc(places[u], places[v], list(places.values())), [Line.MOVETO, Line.CURVE3, Line.CURVE3])
        style = {"color": RELAXED, "linewidth": 1.6, "linestyle": (0, (4, 2.5))} if relaxed else {"color": INK}
        ax.add_patch(FancyArrowPatch(path=line, arrowstyle="-|>", mutation_scale=9, **style))
    for name, (x, y) in places.items():
        side = RADIUS - 2
        hidden = name in model.latents + model.hidden
        shape = Rectangle((x - side, y - side), 2 * side, 2 * side) if hidden else Circle((x, y), RADIUS)
        shape.set(facecolor="#e3e3e3" if hidden else "white", edgecolor=INK)
        ax.add_patch(shape)
        label = name.replace("L", "Λ") if name in model.latents else name
        ax.text(x, y, label, ha="center", va="center", color=INK, fontsize=9 if len(label) == 1 else 8)
    xs, ys = zip(*places.values(), strict=True)
    ax.set(xlim=(min(xs) - MARGIN, max(xs) + MARGIN), ylim=(max(ys) + MARGIN, min(ys) - MARGIN), aspect="equal")
    ax.set_axis_off()
    return ax


def plot_networks(axes: Any = None) -> Any:
    """Draw Fig. 1, the networks and their relaxed edges; return one Axes for each of `NETWORKS`.

    Parameters
    ----------
    axes
        A sequence of as many Axes; a new figure by default.

    Examples
    --------
    >>> len(plot_networks()) == len(NETWORKS)  # doctest: +SKIP
    True
    """
    if axes is None:
        import matplotlib.pyplot as plt

        axes = _panels(plt.figure(layout="constrained"), len(NETWORKS), _PANEL)
    for (title, make), ax in zip(NETWORKS, np.ravel(axes), strict=True):
        plot_dag(make(), ax).set_title(title, fontsize=9)
    _same_scale(list(np.ravel(axes)))
    return axes


def _same_scale(axes: Sequence[Any]) -> None:
    """Give all axes the largest ranges, around their own middles."""
    limits = [(ax.get_xlim(), ax.get_ylim()) for ax in axes]
    width, height = (max(abs(own[k][1] - own[k][0]) for own in limits) for k in (0, 1))
    for ax, ((left, right), (bottom, top)) in zip(axes, limits, strict=True):
        x, y = (left + right) / 2, (bottom + top) / 2
        ax.set(xlim=(x - width / 2, x + width / 2), ylim=(y + height / 2, y - height / 2))


def figure_2(ax: Any = None) -> Any:
    """Draw Fig. 2: min C_{X→B} over the value of I3322, exact, with the break points.

    One line is for v p_PR + (1 − v) p_W of Eq. (36), where I3322 = 2v − 1; the other, which is lower, for the value of
    I3322 and no-signaling alone.

    Parameters
    ----------
    ax
        Matplotlib axes; new ones by default.

    Examples
    --------
    >>> figure_2().get_xlabel()  # doctest: +SKIP
    'value of $I_{3322}$'
    """
    ax = _axes(ax)
    measure = influence(networks.input_signaling((3, 3)), "X", "B")
    box = i3322_box()
    full = curve(measure, box.white_noise(), box)
    given = curve(measure, *(Observed([(I3322, v)], nonsignaling=True) for v in (-1, 1)))
    for line, (slope, constant), label, style in (
        (full, (2, -1), "all of p, Eq. (36)", {"color": INK}),  # I3322 = 2v − 1
        (given, (1, 0), "only I3322 and no-signaling", _STYLES[1]),
    ):
        ts = [line.domain[0], *line.breakpoints, line.domain[1]]
        ys = [float(line.value(t)) for t in ts]
        xs = [float(slope * t + constant) for t in ts]
        (drawn,) = ax.plot(xs, ys, label=label, linewidth=1.8, **style)
        ax.plot(xs[1:-1], ys[1:-1], "o", color=drawn.get_color(), markersize=4)
    kink = given.breakpoints[-1]
    ax.annotate(
        f"({kink}, {given.value(kink)})",
        (float(kink), float(given.value(kink))),
        xytext=(4, -12),
        textcoords="offset points",
        fontsize=9,
    )
    ax.set_xticks([-1, -0.5, 0, 0.5, 1])
    ax.set(xlabel="value of $I_{3322}$", ylabel=r"min $C_{X \to B}$")
    return _finished(ax)


def information_curve(d: int) -> SampledCurve:
    """Return the exact min I(X, Y : Λ) of v p + (1 − v) white noise, p being the largest quantum violation of I_d.

    From the critical visibility of I_d ≤ 2 on, by `curve`: rigorous tangents below, chords above, at most 1e-4 bit
    apart.

    Examples
    --------
    >>> information_curve(2).gap < 1e-4
    True
    """
    box = cglmp_box(d)
    model = networks.measurement_dependence(outputs=(d, d))
    found = curve(mutual_information(model), box.visibility(_local_visibility(d)), box)
    assert isinstance(found, SampledCurve)
    return found


def figure_3(
    ax: Any = None, dimensions: Sequence[int] = (2, 5, 7), *, curves: Mapping[int, SampledCurve] | None = None
) -> Any:
    """Draw Fig. 3: I(X, Y : Λ) over the visibility of the largest quantum violation of I_d.

    Lines are the exact minimum (rigorous to 1e-4 bit, less than their width), where the paper has an upper bound from a
    solver's vertex. The thin line of each is the paper's lower bound with the right constant, I ≥ M² (log2 e)/2 with
    M = (I_d − 2)/4, Eq. (11). The dotted line, 0.0663 bit, suffices for all projective measurements on a singlet.

    Parameters
    ----------
    ax
        Matplotlib axes; new ones by default.
    dimensions
        Numbers of outcomes d; 7 takes half a minute.
    curves
        Those of `information_curve`, if they are there already.

    Examples
    --------
    >>> figure_3(dimensions=[2]).get_xlabel()  # doctest: +SKIP
    'visibility $v$'
    """
    ax = _axes(ax)
    found = {} if curves is None else dict(curves)
    for k, d in enumerate(dimensions):
        start = _local_visibility(d)
        line = found.get(d) or information_curve(d)
        visibility = start + (1 - start) * line.parameters
        style = _STYLES[k % len(_STYLES)]
        ax.plot([0, *visibility], [0, *line.values], linewidth=2.0, **style)
        ax.annotate(
            f"$d = {d}$", (1, line.values[-1]), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
        )
        grid = np.linspace(start, 1, 101)
        violation = float(cglmp(d)(cglmp_box(d))) * grid - 2
        ax.plot(grid, [pinsker_bound(m) for m in violation / 4], linewidth=0.9, **style)
    ax.plot([], [], color=INK, linewidth=2.0, label="exact minimum")
    ax.plot([], [], color=INK, linewidth=0.9, label=r"Pinsker, $\mathcal{M}^2 \log_2 e\,/\,2$")
    ax.axhline(SINGLET_INFORMATION, color=INK, linestyle=":", linewidth=1.2, label="0.0663, any singlet")
    ax.set(xlabel="visibility $v$", ylabel=r"$I(X,Y:\Lambda)$ (bit)", xlim=(0.6, 1.0))
    return _finished(ax)


def _local_visibility(d: int) -> float:
    """Return the visibility at which I_d falls to its local bound 2; it is 0 for white noise."""
    return 2 / float(cglmp(d)(cglmp_box(d)))


FIGURES: Mapping[str, tuple[Callable[[Any], Any], int]] = MappingProxyType(
    {
        "figure_1": (plot_networks, len(NETWORKS)),
        "figure_2": (figure_2, 1),
        "figure_3": (figure_3, 1),
    }
)
"""What `save_figures` writes: name, then what draws it on how many panels. Figs. 4 and 5 (bilocality) go here."""


def save_figures(
    directory: str | Path,
    only: Iterable[str] = (),
    formats: Sequence[str] = ("pdf", "svg"),
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the paper's figures to a directory and return the files.

    Parameters
    ----------
    directory
        Made if it is not there.
    only
        Names in `FIGURES`; all by default.
    formats
        Of the files: ``pdf``, ``svg``, ``png``.
    progress
        Called with each name before it is drawn.

    Raises
    ------
    RelaxbellError
        For an unknown figure or format, or without matplotlib.

    Examples
    --------
    >>> save_figures("figures", ["figure_1"], ["svg"])  # doctest: +SKIP
    [PosixPath('figures/figure_1.svg')]
    """
    wanted = list(only) or list(FIGURES)
    for given, known, what in ((wanted, FIGURES, "figure"), (formats, ("pdf", "svg", "png"), "format")):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise RelaxbellError(f"no {what} {unknown[0]!r}, expected {', '.join(known)}.")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise RelaxbellError("matplotlib is not installed. Run: pip install 'relaxbell[plot]'.") from None
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in wanted:
        if progress is not None:
            progress(name)
        draw, count = FIGURES[name]
        with matplotlib.rc_context(_VECTOR):
            figure = Figure(layout="constrained")
            axes = _panels(figure, count, _SINGLE if count == 1 else _PANEL)
            draw(axes[0] if count == 1 else axes)
            for kind in formats:
                written.append(folder / f"{name}.{kind}")
                figure.savefig(written[-1], metadata=_UNDATED.get(kind), dpi=200)
    return written


def _axes(ax: Any, size: tuple[float, float] = _SINGLE) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return _panels(plt.figure(layout="constrained"), 1, size)[0]


def _panels(figure: Any, count: int, size: tuple[float, float]) -> Any:
    """Return axes in rows of three."""
    columns = min(count, 3)
    rows = -(-count // columns)
    figure.set_size_inches(size[0] * columns, size[1] * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.set_axis_off()
    return axes[:count]


def _finished(ax: Any) -> Any:
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9)
    return ax
