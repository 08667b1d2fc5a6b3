"""The paper's figures: what is drawn is what the paper's equations say. Needs matplotlib (extra ``plot``)."""

import math

import numpy as np
import pytest
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app
from relaxbell.show.figures import FIGURES, NETWORKS, figure_2, figure_3, information_curve, plot_networks, save_figures

figure = pytest.importorskip("matplotlib.figure")
patches = pytest.importorskip("matplotlib.patches")


@pytest.fixture
def ax():
    return figure.Figure().subplots()


def test_networks_are_drawn_with_all_edges_and_relaxed_ones_dashed():
    axes = plot_networks(figure.Figure().subplots(1, len(NETWORKS)))
    for (title, make), ax in zip(NETWORKS, axes, strict=True):
        model = make()
        arrows = [patch for patch in ax.patches if isinstance(patch, patches.FancyArrowPatch)]
        assert len(arrows) == len(model.edges)
        assert sum(arrow.get_linestyle() not in ("-", "solid") for arrow in arrows) == len(model.relaxed)
        assert {text.get_text() for text in ax.texts} == {name.replace("L", "Λ") for name in model.nodes}
        assert ax.get_title() == title
    assert len({ax.get_xlim()[1] - ax.get_xlim()[0] for ax in axes}) == 1


def test_figure_2_is_the_papers_piecewise_function(ax):
    figure_2(ax)
    full, _, given, kinks = ax.lines
    assert full.get_xydata().tolist() == [[-1, 0], [0, 0], [1, 0.5]]  # max(0, I/2)
    assert given.get_xydata().ravel() == pytest.approx([-1, 0, 0, 0, 5 / 7, 2 / 7, 1, 1 / 2])
    assert kinks.get_xdata() == pytest.approx([0, 5 / 7])
    assert full.get_linestyle() != given.get_linestyle()
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_figure_3_ends_at_known_values(ax):
    curves = {2: information_curve(2)}
    figure_3(ax, [2], curves=curves)
    exact, pinsker, *_, singlet = ax.lines
    big = (4 + 2 * math.sqrt(2)) / 8
    entropy = -big * math.log2(big) - (1 - big) * math.log2(1 - big)
    assert exact.get_xydata()[-1] == pytest.approx([1, 2 - entropy - big * math.log2(3)], abs=1e-6)
    assert pinsker.get_ydata()[-1] == pytest.approx((math.sqrt(2) - 1) ** 2 / 4 * math.log2(math.e) / 2)
    on_grid = np.interp(pinsker.get_xdata(), exact.get_xdata(), exact.get_ydata())
    assert (on_grid >= pinsker.get_ydata() - 1e-9).all()
    assert singlet.get_ydata()[0] == 0.0663
    assert "bit" in ax.get_ylabel()


def test_the_command_writes_vector_files(tmp_path):
    names = ["--only", "figure_1", "--only", "figure_2"]
    run = CliRunner().invoke(app, ["figures", "--out", str(tmp_path), *names])
    assert run.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"figure_{k}.{kind}" for k in (1, 2) for kind in ("pdf", "svg")
    ]
    svg = (tmp_path / "figure_2.svg").read_text()
    assert "(5/7, 2/7)" in svg  # text stays text


def test_unknown_figures_and_formats(tmp_path):
    run = CliRunner().invoke(app, ["figures", "--out", str(tmp_path), "--only", "figure_9"])
    assert run.exit_code == 1
    assert "no figure 'figure_9', expected figure_1" in run.output
    with pytest.raises(rb.RelaxbellError, match="no format 'gif', expected pdf, svg, png"):
        save_figures(tmp_path, ["figure_1"], ["gif"])
    assert "figure_3" in FIGURES
