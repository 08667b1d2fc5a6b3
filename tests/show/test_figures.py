"""The paper's figures: what is drawn is what the paper's equations say. Needs matplotlib (extra ``plot``)."""

import math
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app
from relaxbell.show.dags import NETWORKS, drawn, figure_1, plot_dag
from relaxbell.show.figures import FIGURES, figure_2, figure_3, figure_4, figure_5, information_curve, save_figures
from relaxbell.show.layout import arcs, half_width, layout

figure = pytest.importorskip("matplotlib.figure")
patches = pytest.importorskip("matplotlib.patches")


@pytest.fixture
def ax():
    return figure.Figure().subplots()


def test_networks_are_drawn_with_all_edges_and_relaxed_ones_dashed(ax):
    axes = figure_1(ax).child_axes
    for (title, make), panel in zip(NETWORKS, axes, strict=True):
        model = make()
        lines = [patch for patch in panel.patches if isinstance(patch, patches.PathPatch)]
        heads = [patch for patch in panel.patches if isinstance(patch, patches.Polygon)]
        assert len(lines) == len(heads) - sum(isinstance(p, patches.Rectangle) for p in heads) == len(model.edges)
        assert sum(line.get_linestyle() not in ("-", "solid") for line in lines) == len(model.relaxed)
        assert {text.get_text() for text in panel.texts} == {name.replace("L", "Λ") for name in model.nodes}
        assert panel.get_title() == title
    assert len({panel.get_xlim()[1] - panel.get_xlim()[0] for panel in axes}) == 1


MODELS = [
    *(make() for _, make in NETWORKS),
    rb.instrumental(),
    rb.star(4),
    rb.measurement_dependence((2, 2, 2), (2, 2, 2)),
    rb.bell((2, 3, 2), (2, 2, 3)).relax("X -> B", "Y -> C", "A -> C"),
    rb.CausalModel(
        "Assignment -> Treatment -> Outcome; U -> Treatment; U -> Outcome",
        inputs="Assignment",
        latent="U",
        cardinality={"Assignment": 2, "Treatment": 2, "Outcome": 3},
    ),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_no_edge_touches_another_node_and_no_nodes_overlap(model):
    places = layout(model)
    for (u, v), ((x1, y1), (xc, yc), (x2, y2)) in arcs(model, places).items():
        assert y2 > y1, "edges point downwards"
        for t in np.linspace(0, 1, 101):
            x, y = ((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c for a, b, c in ((x1, xc, x2), (y1, yc, y2)))
            for name, (px, py) in places.items():
                inside = math.hypot((x - px) / half_width(name), (y - py) / 18)
                assert inside > (1.1 if name not in (u, v) else 0.85), (u, v, name)
    for one, (x, y) in places.items():
        for other, (px, py) in places.items():
            assert one == other or abs(x - px) >= half_width(one) + half_width(other) or abs(y - py) > 36


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_svg_and_axes_show_the_same_drawing(model, ax):
    drawing = drawn(model)
    root = ElementTree.fromstring(model._repr_svg_())
    ours = {
        tag: [e for e in root if e.tag.endswith(f"}}{tag}")] for tag in ("path", "polygon", "ellipse", "rect", "text")
    }
    plot_dag(model, ax)
    kinds = {kind: [p for p in ax.patches if type(p) is getattr(patches, kind)] for kind in ("PathPatch", "Ellipse")}
    for path, patch in zip(ours["path"], kinds["PathPatch"], strict=True):
        points = [float(word) for word in path.get("d").split() if word not in "MQ"]
        assert points == pytest.approx(patch.get_path().vertices.ravel(), abs=0.06)
        assert ("stroke-dasharray" in path.attrib) == (patch.get_linestyle() not in ("-", "solid"))
    assert [e.text for e in ours["text"]] == [words.get_text() for words in ax.texts]
    centers = [(float(e.get("cx")), float(e.get("cy"))) for e in ours["ellipse"]]
    assert centers == [pytest.approx(patch.center, abs=0.06) for patch in kinds["Ellipse"]]
    assert len(ours["rect"]) - 1 == len(model.latents + model.hidden)
    left, top, wide, high = map(float, root.get("viewBox").split())
    assert (left, left + wide) == pytest.approx(ax.get_xlim(), abs=0.11)
    assert (top + high, top) == pytest.approx(ax.get_ylim(), abs=0.06)
    assert len(drawing.items) == 2 * len(model.edges) + len(model.nodes)


@pytest.mark.parametrize("size", [(1.5, 1), (9, 6)])
@pytest.mark.parametrize("model", [rb.star(3), MODELS[-1]], ids=lambda model: model.name)
def test_names_stay_inside_their_nodes(model, size):
    """Letters grow with the axes, as shapes do."""
    own = figure.Figure(figsize=size)
    ax = plot_dag(model, own.subplots())
    own.draw_without_rendering()
    shapes = [patch for patch in ax.patches if isinstance(patch, patches.Ellipse | patches.Rectangle)]
    for words, shape in zip(ax.texts, shapes, strict=True):
        box, outline = words.get_window_extent(), shape.get_window_extent()
        assert outline.x0 < box.x0
        assert box.x1 < outline.x1
        assert outline.y0 < box.y0
        assert box.y1 < outline.y1


def test_relaxing_an_edge_moves_no_node_of_its_row():
    plain, relaxed = rb.bell((2, 2, 2), (2, 2, 2)), rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B", "Z -> A")
    assert layout(plain) == layout(relaxed)
    ax = plot_dag(relaxed, figure.Figure().subplots())
    assert {text.get_text() for text in ax.texts} == {"X", "Y", "Z", "A", "B", "C", "Λ"}


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


def test_figure_4_is_a_parabola_between_exact_ends(ax):
    """M_BL(ν) = max(0, 2v² − 1 + (4ν − 1)²) on [v²/4, 1/2 − v²/4]."""
    visibilities = [Fraction(1, 2), Fraction(4, 5)]
    figure_4(ax, visibilities)
    for k, v in enumerate(map(float, visibilities)):
        line, left, right, least = ax.lines[4 * k : 4 * k + 4]
        nu, values = line.get_xydata().T
        assert values == pytest.approx(np.maximum(0, 2 * v**2 - 1 + (4 * nu - 1) ** 2), abs=1e-9)
        assert [left.get_xdata()[0], right.get_xdata()[0]] == pytest.approx([v**2 / 4, 1 / 2 - v**2 / 4])
        assert [nu[0], nu[-1]] == pytest.approx([v**2 / 4, 1 / 2 - v**2 / 4])
        assert {left.get_linestyle(), right.get_linestyle()} == {"--"}
        assert least.get_ydata() == pytest.approx([max(0, 2 * v**2 - 1)])
    assert ax.lines[0].get_linestyle() != ax.lines[4].get_linestyle()


def test_figure_5_is_b_squared_less_one(ax):
    vs = [0.0, 0.6, math.sqrt(0.5), 0.8, 1.0]
    figure_5(ax, vs)
    value, least, *_ = ax.lines
    assert value.get_ydata() == pytest.approx([math.sqrt(2) * v for v in vs])
    assert least.get_ydata() == pytest.approx([max(0, 2 * v**2 - 1) for v in vs], abs=1e-9)
    assert least.get_label().endswith("exact")
    assert value.get_linestyle() != least.get_linestyle()
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_the_command_writes_vector_files(tmp_path):
    names = ["--only", "figure_1", "--only", "figure_2"]
    run = CliRunner().invoke(app, ["figures", "--out", str(tmp_path), *names])
    assert run.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"figure_{k}.{kind}" for k in (1, 2) for kind in ("pdf", "svg")
    ]
    svg = (tmp_path / "figure_2.svg").read_text()
    assert "(5/7, 2/7)" in svg  # a comment beside its outlines
    assert "<title>Least influence of X on B" in svg


def test_unknown_figures_and_formats(tmp_path):
    run = CliRunner().invoke(app, ["figures", "--out", str(tmp_path), "--only", "figure_9"])
    assert run.exit_code == 1
    assert "no figure 'figure_9', expected figure_1" in run.output
    with pytest.raises(rb.errors.RelaxbellError, match="no format 'gif', expected pdf, svg, png"):
        save_figures(tmp_path, ["figure_1"], ["gif"])
    assert list(FIGURES) == [f"figure_{k}" for k in (1, 2, 3, 4, 5)]


def test_files_do_not_change_from_run_to_run(tmp_path):
    first, second = (save_figures(tmp_path / name, ["figure_4"]) for name in "ab")
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_letters_of_svg_are_outlines(tmp_path):
    """As text, the script M, subscripts and roots depend on the fonts of whoever looks."""
    (file,) = save_figures(tmp_path, ["figure_4"], ["svg"])
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(file).iter()}
    assert "text" not in tags
    assert "title" in tags


def test_curves_over_each_other_keep_the_first_labels_and_are_told_apart(ax):
    box = rb.boxes.pr()
    signal, bits = rb.influence(rb.input_signaling(), "X", "B"), rb.message_entropy(rb.message())
    first = rb.curve(signal, lambda w: box.visibility(w))
    first.plot(ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_legend()) == ("w", "min C(X → B)", None)
    rb.curve(bits, box.white_noise(), box).plot(ax=ax)
    first.plot(ax=ax, c="green")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "min C(X → B)")
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["min C(X → B)", "min H(M)", "min C(X → B) (2)"]
    lines = [line for line in ax.lines if line.get_label() in said]
    assert len({str(line._dash_pattern) for line in lines}) == 3
    assert lines[-1].get_color() == "green"


def test_sweeps_and_scans_over_each_other(ax):
    points = {x / 2: rb.boxes.pr().visibility(x / 2) for x in range(3)}
    for model, source in ((rb.input_signaling(), "X"), (rb.outcome_signaling(), "A")):
        rb.sweep(rb.influence(model, source, "B"), points, progress=False).plot(ax=ax, names=["v"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("v", "C(X → B)")
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["C(X → B)", "from at most 0 to certified above", "C(A → B)"]


def test_evidence_over_each_other(ax):
    counts = rb.load_counts("delft2015")
    for model, source in ((rb.input_signaling(), "X"), (rb.outcome_signaling(), "A")):
        rb.evidence(counts, rb.influence(model, source, "B")).plot(ax=ax)
    assert ax.get_xlabel() == "ε"
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["C(X → B)", "C(A → B)"]
    assert [text.get_text() for text in ax.texts] == ["95 %"]
    assert all(max(line.get_xdata()) <= ax.get_xlim()[1] for line in ax.lines if line.get_label() in said)
