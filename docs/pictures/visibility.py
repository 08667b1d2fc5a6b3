"""The picture of the README: which edge is relaxed, and by how much, against the visibility of a CHSH experiment.

``python docs/pictures/visibility.py [FILE]`` writes ``visibility.svg`` beside it, or FILE; needs the extra ``plot``.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import relaxbell as rb
from relaxbell.show.dags import plot_dag

COLORS = ("#1b4f8f", "#c2571a", "#3d7a3d")
SETTINGS = {"font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "relaxbell"}


def draw():
    """Return the figure."""
    p = rb.boxes.tsirelson()
    outcome, setting, free = rb.outcome_signaling(), rb.input_signaling(), rb.measurement_dependence()
    measures = {  # what is written at the right end of the curve
        "C(A → B) = {:.4f}": rb.influence(outcome, "A", "B"),
        "C(X → B) = {:.4f}\n= M(X,Y:Λ)": rb.influence(setting, "X", "B"),
        "I(X,Y:Λ) = {:.4f} bit": rb.mutual_information(free),
    }
    with plt.rc_context(SETTINGS):
        figure, axes = plt.subplot_mosaic(
            [["a", "c"], ["x", "c"], ["m", "c"]], width_ratios=[1.25, 3.2], figsize=(8.6, 4), layout="constrained"
        )
        ax = axes.pop("c")
        grid = np.linspace(0.6, 1, 401)
        for (text, measure), style, color in zip(measures.items(), ("-", "-", "--"), COLORS, strict=True):
            values = rb.curve(measure, p.white_noise(), p).value(grid)
            ax.plot(grid, values, style, color=color, linewidth=2)
            ax.annotate(
                text.format(values[-1]), (1, values[-1]), (6, 0), textcoords="offset points", va="center", color=color
            )
        critical = rb.critical_visibility(rb.bell(), p)  # exact: √2/2
        ax.axvspan(0.6, float(critical), color="#eeeeee", zorder=0)
        ax.annotate("a local model\nreproduces them", (0.653, 0.2), ha="center", va="center", color="#555555")
        ax.annotate(f"v = {critical}", (float(critical), 0.02), (-6, 0), textcoords="offset points", ha="right")
        ax.set(xlim=(0.6, 1), ylim=(-0.006, 0.44), xlabel="visibility v of the Tsirelson correlations")
        ax.set_ylabel("least relaxation that explains them")
        ax.spines[["top", "right"]].set_visible(False)
        titles = ("outcome A influences B", "setting X influences B", "settings depend on Λ")
        for own, model, title, color in zip(axes.values(), (outcome, setting, free), titles, COLORS, strict=True):
            plot_dag(model, ax=own)
            own.set_title(title, fontsize=9, color=color)
        _same_scale(list(axes.values()))
        return figure


def _same_scale(axes):
    """Give nodes the same size in all graphs."""
    width, height = (max(np.ptp(getattr(ax, f"get_{k}lim")()) for ax in axes) for k in "xy")
    for ax in axes:
        x, y = np.mean(ax.get_xlim()), np.mean(ax.get_ylim())
        ax.set(xlim=(x - width / 2, x + width / 2), ylim=(y + height / 2, y - height / 2))  # sources on top


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".svg")
    draw().savefig(target, metadata={"Date": None} if target.suffix == ".svg" else None, dpi=150)
