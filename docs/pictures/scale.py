"""The picture of "How far it goes": CPU seconds against the number of strategies, both axes logarithmic.

``python docs/pictures/scale.py [FILE]`` draws the rows of ``scale.csv`` (what, case, log10 of the number of strategies,
CPU seconds in one thread), which benchmarks measured, into ``scale.svg`` beside it, or FILE; needs the extra ``plot``.
"""

import csv
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
SETTINGS = {"font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "relaxbell"}
MARKERS = "os^Dvp*"


def draw(rows):
    """Return the figure."""
    kinds = dict.fromkeys(row["what"] for row in rows)
    with plt.rc_context(SETTINGS):
        figure, ax = plt.subplots(figsize=(7.2, 4), layout="constrained")
        for what, marker in zip(kinds, MARKERS * len(kinds), strict=False):
            points = sorted((10 ** float(r["log10"]), float(r["seconds"])) for r in rows if r["what"] == what)
            ax.loglog(*zip(*points, strict=True), marker=marker, linewidth=1, label=what)
        ax.set_xlabel("strategies")
        ax.set_ylabel("CPU seconds, one thread")
        ax.grid(alpha=0.3)
        ax.legend(frameon=False, fontsize=9)
    return figure


if __name__ == "__main__":
    with (HERE / "scale.csv").open(encoding="utf-8") as file:
        drawn = draw(list(csv.DictReader(file)))
    drawn.savefig(sys.argv[1] if len(sys.argv) > 1 else HERE / "scale.svg", metadata={"Date": None})
