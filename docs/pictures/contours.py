"""The picture of a sweep over two parameters: visibility over the angle of partially entangled states.

``python docs/pictures/contours.py [FILE]`` writes ``contours.svg`` beside it, or FILE; needs the extra ``plot``.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import relaxbell as rb

HERE = Path(__file__).parent
SETTINGS = {"font.size": 10, "svg.fonttype": "path", "svg.hashsalt": "relaxbell"}


def behaviors(v, theta):
    """Return p(a,b|x,y), axes θ, v, a, b, x, y, of cos θ |00⟩ + sin θ |11⟩ with its best settings, mixed with noise."""
    t, w = np.meshgrid(theta, v, indexing="ij")
    a, b = np.array([0, np.pi / 2]), np.arctan(np.sin(2 * t))[..., None] * [1, -1]
    both = np.cos(a)[:, None] * np.cos(b)[..., None, :]
    both = both + np.sin(2 * t)[..., None, None] * np.sin(a)[:, None] * np.sin(b)[..., None, :]
    one = (w * np.cos(2 * t))[..., None]
    table = np.empty((*t.shape, 2, 2, 2, 2))
    for i, j in np.ndindex(2, 2):
        alone = (-1) ** i * (one * np.cos(a))[..., None] + (-1) ** j * (one * np.cos(b))[..., None, :]
        table[:, :, i, j] = (1 + alone + (-1) ** (i + j) * w[..., None, None] * both) / 4
    return table


if __name__ == "__main__":
    v, theta = np.linspace(0.6, 1, 121), np.linspace(0.02, np.pi / 4, 101)
    c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    columns = rb.sweep(c, behaviors(v, theta), labels={"θ": theta, "v": v}, progress=False)
    with plt.rc_context(SETTINGS):
        ax = columns.plot()
        ax.figure.savefig(sys.argv[1] if len(sys.argv) > 1 else HERE / "contours.svg", metadata={"Date": None})
