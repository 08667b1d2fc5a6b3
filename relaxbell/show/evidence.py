"""Evidence against ε as figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import MeasureError, RelaxbellError
from relaxbell.show.axes import LINES, finished, line_labels, named_in_full, new_axes
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relaxbell.quantification.report import Quantification
    from relaxbell.trials.betting import Test
    from relaxbell.trials.statement import Evidence

_POINTS = 33
_GRAY = "#767676"
_SAME = 1e-6
"""Lines that differ by less, relative, are drawn once."""


class Falling(Protocol):
    """p-values that rise with ε."""

    @property
    def tests(self) -> tuple[Test, ...]:
        """What is tested."""

    @property
    def at_least(self) -> float:
        """The confidence limit."""

    def log_p_at(self, limit: object) -> float:
        """Return the logarithm of the p-value of ε."""


def plot_evidence(evidence: Evidence, ax: Axes | None = None, **style: object) -> Axes:
    """Draw the p-value of "at most ε" over ε, with the confidence limit; return the axes."""
    if evidence.only_zero:
        raise MeasureError(
            f"of {evidence.measure.name} only ε = 0 is tested, and that is a number: {evidence.p_value:.3g}. Plot the "
            "evidence about a measure with a linear program, such as dependence(model)."
        )
    ax = new_axes(ax)
    _draw(ax, [(evidence, [arrows(evidence.measure.name)])], evidence.confidence, style)
    before, own = ax.get_xlabel(), f"ε, the limit on {arrows(evidence.measure.name)}"
    ax.set_xlabel(own if before in ("", own) else "ε")  # of several measures the legend says which
    return ax


def plot_quantification(report: Quantification, ax: Axes | None = None, **style: object) -> Axes:
    """Draw the same for each relaxation whose unit is a probability; those with the same line share it."""
    groups = evidence_groups(report)
    if not groups:
        reason = report.unproved or "the report is of a behavior, not of counts"
        raise RelaxbellError(f"there is no evidence to plot: {reason}")
    ax = new_axes(ax)
    _draw(ax, groups, report.confidence, style)
    ax.set_xlabel("ε")
    return ax


def evidence_groups(report: Quantification) -> list[tuple[Evidence, list[str]]]:
    """Return the evidence of each relaxation whose unit is a probability; with it all names that share its line."""
    groups: list[tuple[Evidence, list[str]]] = []
    for row in report.rows:
        if row.statement is None or row.unit != "probability":
            continue
        own = row.statement.evidence
        for known, names in groups:
            if alike(known, own):
                names.append(arrows(row.name))
                break
        else:
            groups.append((own, [arrows(row.name)]))
    return groups


def alike(one: Falling, other: Falling) -> bool:
    """Return whether the p-values of two measures agree at a few limits."""
    places = [Fraction(last_limit(one)) * k / 4 for k in range(4)]
    pairs = [(one.log_p_at(place), other.log_p_at(place)) for place in places]
    return all(math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME) for a, b in pairs)


def last_limit(evidence: Falling) -> float:
    """Return an ε beyond which nothing is left to see, as the p-value is a half or more; 0 where it always is."""
    if evidence.log_p_at(0) >= -math.log(2):
        return 0.0
    largest = float(evidence.tests[0].null.ceiling)
    # the confidence limit is known already, and the end is not far above it
    low, high = 0.0, min(largest, evidence.at_least) if evidence.at_least > 0 else 2.0**-26
    while high < largest and evidence.log_p_at(high) < -math.log(2):
        low, high = high, 2 * high
    while high - low > high / 64:
        middle = (low + high) / 2
        low, high = (middle, high) if evidence.log_p_at(middle) < -math.log(2) else (low, middle)
    return min(high, largest)


def _draw(ax: Axes, groups: Sequence[tuple[Evidence, list[str]]], confidence: float, style: dict[str, object]) -> None:
    first = len(line_labels(ax))  # evidence may be there already: it stays in view, told apart
    across, up = (ax.get_xlim()[1], ax.get_ylim()[1]) if first else (0.0, 0.0)
    ends = [last_limit(own) for own, _ in groups]
    last = max(ends) or max(float(own.tests[0].null.ceiling) for own, _ in groups)
    for k, (own, names) in enumerate(groups):
        grid = np.linspace(0.0, ends[k] or last, _POINTS)
        look: dict[str, Any] = {"linewidth": 1.5, "label": ", ".join(names), **LINES[(first + k) % len(LINES)]}
        look |= named_in_full(style)  # matplotlib refuses what it does not know
        (line,) = ax.plot(grid, decades(own, grid), **look)
        limit = own.at_least
        if 0 < limit <= last:
            ax.plot([limit], [-math.log10(1 - confidence)], "o", color=line.get_color(), markersize=4, zorder=3)
    level = -math.log10(1 - confidence)
    said = f"{100 * confidence:.10g} %"
    if said not in [text.get_text() for text in ax.texts]:
        ax.axhline(level, color=_GRAY, linewidth=0.8, zorder=0)
        ax.annotate(  # beside the axes, where no line can cross it
            said,
            (1.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=_GRAY,
        )
    ax.set_ylabel("evidence −log₁₀ p against “at most ε”")
    ax.set_xlim(0, max(last, across))
    ax.locator_params(axis="x", nbins=6)  # numbers such as 0.125 do not run into each other
    highest = max(level, *(decades(own, np.zeros(1))[0] for own, _ in groups))
    ax.set_ylim(0, max(up, highest * (1.1 + 0.09 * (first + len(groups)))))  # room for the legend above all lines
    finished(ax, loc="upper right")


def decades(evidence: Evidence, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return −log10 of the p-values of some limits."""
    return np.array([-evidence.log_p_at(Fraction(float(limit))) / math.log(10) for limit in grid])
