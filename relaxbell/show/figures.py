"""The figures of arXiv:1411.4648, computed anew and exactly.

Each ``figure_N`` takes ``ax=`` and returns Axes. Lines differ in dashes and lightness, not in hue alone, so that they
can be told apart in gray and by color-blind readers. Needs the extra ``plot``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.swapping import entanglement_swapping
from relaxbell.causal import networks, sources
from relaxbell.engines.linear.sampled import SampledCurve
from relaxbell.engines.sources.scanning import marginal_ranges, scan
from relaxbell.errors import RelaxbellError, optional
from relaxbell.functionals.catalog import I3322, cglmp
from relaxbell.functionals.stars import star_values
from relaxbell.measures.influences import influence
from relaxbell.measures.information import mutual_information, pinsker_bound
from relaxbell.measures.products import nonbilocality
from relaxbell.show.axes import SIZE, STYLES, finished, new_axes, open_frame
from relaxbell.show.dags import NETWORKS_SIZE, figure_1
from relaxbell.show.drawing import INK
from relaxbell.solve.lines import curve
from relaxbell.writing import make_directory, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SINGLET_INFORMATION = 0.0663
"""I(X, Y : λ) in bits that suffices for every projective measurement on a singlet: the dashed line of Fig. 3."""

_VECTOR = {"svg.hashsalt": "relaxbell", "svg.fonttype": "path", "pdf.fonttype": 42}
"""Letters of an SVG are outlines: as text the script M and roots look wrong in browsers, which lack their fonts.
A PDF brings its fonts."""

_UNDATED: dict[str, dict[str, None]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}

_TITLES = {
    "figure_1": "Causal networks and their relaxed edges",
    "figure_2": "Least influence of X on B over the value of I3322",
    "figure_3": "Least mutual information of settings and latent variable over the visibility",
    "figure_4": "Non-bilocality over the free marginal",
    "figure_5": "Least non-bilocality and the bilocality value over the visibility",
}
"""What readers of files are told, also those who cannot see."""


def figure_2(ax: Axes | None = None) -> Axes:
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
    ax = new_axes(ax)
    measure = influence(networks.input_signaling((3, 3)), "X", "B")
    box = boxes.i3322()
    full = curve(measure, box.white_noise(), box)
    given = curve(measure, *(Observed([(I3322, v)], nonsignaling=True) for v in (-1, 1)))
    for line, (slope, constant), label, style in (
        (full, (2, -1), "all of p, Eq. (36)", {"color": INK}),  # I3322 = 2v − 1
        (given, (1, 0), "only I3322 and no-signaling", STYLES[1]),
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
    return finished(ax)


def information_curve(d: int) -> SampledCurve:
    """Return the exact min I(X, Y : Λ) of v p + (1 − v) white noise, p being the largest quantum violation of I_d.

    From the critical visibility of I_d ≤ 2 on, by `curve`: rigorous tangents below, chords above, at most 1e-4 bit
    apart.

    Examples
    --------
    >>> information_curve(2).gap < 1e-4
    True
    """
    box = boxes.cglmp(d)
    model = networks.measurement_dependence(outputs=(d, d))
    found = curve(mutual_information(model), box.visibility(_local_visibility(d)), box)
    assert isinstance(found, SampledCurve)
    return found


def figure_3(
    ax: Axes | None = None, dimensions: Sequence[int] = (2, 5, 7), *, curves: Mapping[int, SampledCurve] | None = None
) -> Axes:
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
    ax = new_axes(ax)
    found = {} if curves is None else dict(curves)
    for k, d in enumerate(dimensions):
        start = _local_visibility(d)
        line = found.get(d) or information_curve(d)
        visibility = start + (1 - start) * line.parameters
        style = STYLES[k % len(STYLES)]
        ax.plot([0, *visibility], [0, *line.values], linewidth=2.0, **style)
        ax.annotate(
            f"$d = {d}$", (1, line.values[-1]), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
        )
        grid = np.linspace(start, 1, 101)
        violation = float(cglmp(d)(boxes.cglmp(d))) * grid - 2
        ax.plot(grid, [pinsker_bound(m) for m in violation / 4], linewidth=0.9, **style)
    ax.plot([], [], color=INK, linewidth=2.0, label="exact minimum")
    ax.plot([], [], color=INK, linewidth=0.9, label=r"Pinsker, $\mathcal{M}^2 \log_2 e\,/\,2$")
    ax.axhline(SINGLET_INFORMATION, color=INK, linestyle=":", linewidth=1.2, label="0.0663, any singlet")
    ax.set(xlabel="visibility $v$", ylabel=r"$I(X,Y:\Lambda)$ (bit)", xlim=(0.6, 1.0))
    return finished(ax)


def _local_visibility(d: int) -> float:
    """Return the visibility at which I_d falls to its local bound 2; it is 0 for white noise."""
    return 2 / float(cglmp(d)(boxes.cglmp(d)))


def figure_4(
    ax: Axes | None = None, visibilities: Sequence[Fraction] = (Fraction(3, 4), Fraction(4, 5), Fraction(17, 20))
) -> Axes:
    r"""Draw Fig. 4: M_BL(ν) of the distribution (54), with q^a = f(ν), between the dashed ends of ν's range.

    Each point is a linear program with its rigorous bound (`scan`); the band between the two is thinner than the line.
    The ends are exact (`marginal_ranges`). Circles mark the least value, at ν = 1/4.

    Parameters
    ----------
    ax
        Matplotlib axes; new ones by default.
    visibilities
        v of both Werner states, each between 0 and 1.

    Examples
    --------
    >>> figure_4().get_xlabel()  # doctest: +SKIP
    '$\\nu = q^a_{00}$'
    """
    ax = new_axes(ax)
    model = sources.bilocality()
    for k, v in enumerate(visibilities):
        p = entanglement_swapping(v)
        found = scan(nonbilocality(model), p, points=65)
        nu, values = found.points[:, 0], found.values
        style = STYLES[k % len(STYLES)]
        ax.fill_between(nu, found.lower_bounds, values, color=style["color"], linewidth=0)
        ax.plot(nu, values, linewidth=1.8, **style)
        ends = marginal_ranges(model, p)[found.labels[0]]
        for end in (ends.lower, ends.upper):
            height = np.interp(end, nu, values)
            ax.plot([end, end], [0, height], color=style["color"], linewidth=0.9, linestyle=(0, (2, 2)))
        least, (where,) = found.least
        ax.plot([where], [least], "o", color=style["color"], markersize=4)
        ax.annotate(
            f"$v = {float(v):.2f}$", (where, least), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=9
        )
    ax.set(xlabel=r"$\nu = q^a_{00}$", ylabel=r"$\mathcal{M}_{\mathrm{BL}}(\nu)$")
    ax.set_ylim(bottom=0)
    return open_frame(ax)


def figure_5(ax: Axes | None = None, visibilities: Sequence[float] | None = None) -> Axes:
    """Draw Fig. 5: min M_BL and the bilocality value B = √|I| + √|J| of the distribution (54) over the visibility.

    The minimum is over all ν, an exact curve in v². Circles are B² − 1, the paper's relation.

    Parameters
    ----------
    ax
        Matplotlib axes; new ones by default.
    visibilities
        v of both Werner states, each between 0 and 1; by default 27 from 1/2 to 1.

    Examples
    --------
    >>> figure_5().get_xlabel()  # doctest: +SKIP
    'visibility $v$'
    """
    ax = new_axes(ax)
    threshold = math.sqrt(0.5)
    vs = np.union1d(np.linspace(0.5, 1, 26), threshold) if visibilities is None else np.sort(np.asarray(visibilities))
    noise, full = (entanglement_swapping(v).table for v in (0, 1))
    least = curve(nonbilocality(sources.bilocality()), lambda v: noise + (full - noise) * v**2, parameter="v")
    values = np.array([star_values(entanglement_swapping(float(v))).B for v in vs])
    blue, red = STYLES[:2]
    ax.plot(vs, values, linewidth=1.8, label=r"$B = \sqrt{|I|} + \sqrt{|J|}$", **red)
    ax.plot(vs, least.value(vs), linewidth=1.8, label=r"min $\mathcal{M}_{\mathrm{BL}}$, exact", **blue)
    known = (values > 1) & (np.arange(len(vs)) % 2 == 0)
    ax.plot(vs[known], values[known] ** 2 - 1, "o", color=INK, fillstyle="none", markersize=6, label="$B^2 - 1$")
    ax.axhline(1, color=INK, linestyle=":", linewidth=1.0)
    ax.plot([threshold, threshold], [0, 1], color=INK, linestyle=":", linewidth=1.0)
    ax.annotate("bilocal: $B \\leq 1$", (vs[-1], 1), xytext=(-9, 4), textcoords="offset points", ha="right", fontsize=9)
    ax.annotate(
        "$v = 1/\\sqrt{2}$", (threshold, 0), xytext=(-4, 14), textcoords="offset points", ha="right", fontsize=9
    )
    ax.set(xlabel="visibility $v$", ylabel=r"min $\mathcal{M}_{\mathrm{BL}}$,  $B$")
    ax.set_ylim(bottom=-0.03)
    return finished(ax)


FIGURES: Mapping[str, tuple[Callable[[Axes | None], Axes], tuple[float, float]]] = MappingProxyType(
    {
        "figure_1": (figure_1, NETWORKS_SIZE),
        "figure_2": (figure_2, SIZE),
        "figure_3": (figure_3, SIZE),
        "figure_4": (figure_4, SIZE),
        "figure_5": (figure_5, SIZE),
    }
)
"""What `save_figures` writes: name, then what draws it, and its size in inches."""


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
    FileError
        If a file cannot be written.

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
    matplotlib, figures = optional("matplotlib", "plot"), optional("matplotlib.figure", "plot")
    folder = make_directory(directory)
    written = []
    for name in wanted:
        if progress is not None:
            progress(name)
        draw, size = FIGURES[name]
        with matplotlib.rc_context(_VECTOR):
            figure = figures.Figure(figsize=size, layout="constrained")
            draw(figure.subplots())
            for kind in formats:
                drawn = io.BytesIO()
                metadata = {"Title": f"{_TITLES[name]}; arXiv:1411.4648", **_UNDATED.get(kind, {})}
                figure.savefig(drawn, format=kind, metadata=metadata, dpi=200)
                write_whole(folder / f"{name}.{kind}", drawn.getvalue())
                written.append(folder / f"{name}.{kind}")
    return written
