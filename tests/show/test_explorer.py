"""The explorer: closed forms against `minimize`, the picture, and sliders: a stand-in, and ipywidgets in a kernel."""

import itertools
import json
import math
import subprocess
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

import relaxbell as rb


@pytest.fixture(scope="module")
def explorer():
    return rb.explorer()


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"visibility": 0.9, "entanglement": 0.5, "angle": 0.6},
        {"visibility": 0.8, "entanglement": 0.3, "angle": 1.5},
        {"visibility": 0.95, "efficiency": 0.97},
    ],
)
def test_values_are_those_of_minimize(explorer, setting):
    p = explorer.behavior(**setting)
    free = rb.measurement_dependence()
    expected = [
        rb.influence(rb.input_signaling(), "X", "B"),
        rb.influence(rb.outcome_signaling(), "A", "B"),
        rb.message_entropy(rb.message()),
        rb.dependence(free),
        rb.hall_dependence(free),
    ]
    assert list(explorer.values(**setting).values()) == pytest.approx(
        [rb.minimize(measure, p).value for measure in expected], abs=1e-7
    )


def test_chsh_is_the_formula(explorer):
    v, t, angle = 0.9, 0.5, 0.6
    value = rb.catalog.CHSH(explorer.behavior(visibility=v, entanglement=t, angle=angle))
    assert value == pytest.approx(2 * v * (math.cos(angle) + math.sin(2 * t) * math.sin(angle)))


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{}, {"visibility": 0.9, "angle": 0.6}, {"efficiency": 0.95}])
def test_what_trials_prove_is_what_evidence_says(explorer, setting):
    """A table of counts with as many wins as expected, tested in the game of CHSH."""
    trials = 4000
    won = math.floor(trials * (4 + rb.catalog.CHSH(explorer.behavior(**setting))) / 8 + 1e-9)
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for k, (x, y) in enumerate(itertools.product(range(2), repeat=2)):
        own = won // 4 + (k < won % 4)
        table[0, x * y, x, y], table[1, x * y, x, y] = own, 1000 - own
    counts, free = rb.Counts(table, "A B", "X Y"), rb.measurement_dependence()
    proved = explorer.at_least(trials, **setting)
    for name, measure in (
        ("C(A → B)", rb.influence(rb.outcome_signaling(), "A", "B")),
        ("M", rb.dependence(free)),
    ):
        found = rb.evidence(counts, measure, game=rb.catalog.CHSH)
        assert found.log_p_at(0) == pytest.approx(explorer.log_p(trials, **setting), rel=1e-9)
        assert found.at_least == pytest.approx(proved[name], abs=1e-6)
    assert proved["M"] <= explorer.values(**setting)["M"]


def test_critical_efficiency_of_the_tsirelson_box(explorer):
    """2(√2 − 1), N. Garg and N. D. Mermin, Phys. Rev. D 35, 3831 (1987), with a result for what is not detected."""
    critical = 2 * (math.sqrt(2) - 1)
    assert explorer.values(efficiency=critical - 1e-6)["C(X → B)"] == 0
    assert explorer.values(efficiency=critical + 1e-3)["C(X → B)"] > 1e-4
    assert set(explorer.at_least(10**6, efficiency=critical - 1e-6).values()) == {0.0}


def test_no_number_of_trials_proves_more_than_there_is(explorer):
    ends = [explorer.at_least(10**k)["Hall"] for k in range(1, 9)]
    assert ends == sorted(ends)
    assert ends[-1] <= explorer.values()["Hall"]
    assert explorer.at_least(1000, confidence=0.5)["M"] > explorer.at_least(1000, confidence=0.999)["M"]
    for wrong in (0, 1.5, True, "9"):
        with pytest.raises(rb.errors.CountsError, match="expected their number"):
            explorer.at_least(wrong)


def hide(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)


def test_without_ipywidgets_it_is_a_picture(monkeypatch):
    hide("ipywidgets", monkeypatch)
    shown = rb.explorer()._repr_mimebundle_()
    assert set(shown) == {"text/plain", "image/svg+xml"}
    texts = [node.text for node in ElementTree.fromstring(shown["image/svg+xml"]).iter() if node.text]
    assert "CHSH = 2.8284 (local models: at most 2)" in texts
    assert "0.7359 bit" in texts
    assert "C(X → B)  0.207107" in shown["text/plain"]


class Slider:
    def __init__(self, **options):
        self.options, self.value, self.observers = options, options["value"], []

    def observe(self, function, names):
        assert names == "value"
        self.observers.append(function)

    def move(self, value):
        self.value = value
        for function in self.observers:
            function({"new": value})


class Box:
    def __init__(self, children):
        self.children = children

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "VBox", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}


def test_sliders_redraw(monkeypatch):
    fake = SimpleNamespace(FloatSlider=Slider, HTML=lambda value: SimpleNamespace(value=value), VBox=Box)
    monkeypatch.setitem(sys.modules, "ipywidgets", fake)
    explorer = rb.explorer()
    shown = explorer._repr_mimebundle_()
    assert set(shown) == {"text/plain", "image/svg+xml", "application/vnd.jupyter.widget-view+json"}
    visibility, entanglement, angle, efficiency, trials, picture = explorer.widget.children
    before = picture.value
    visibility.move(0.8)
    assert "CHSH = 2.2627" in picture.value
    visibility.move(1.0)
    assert picture.value == before
    efficiency.move(0.9)
    trials.move(5.0)
    assert picture.value == explorer.svg(efficiency=0.9, trials=10**5)
    assert "100,000 trials" in picture.value
    assert (entanglement.options["max"], angle.options["max"]) == (math.pi / 4, math.pi / 2)


NOTEBOOK = """
import json, nbformat
from nbclient import NotebookClient

cells = ["import relaxbell as rb, time\\nexplorer = rb.explorer()\\nexplorer", '''
*sliders, picture = explorer.widget.children
shown, times = [], []
for position, value in [(0, 0.8), (1, 0.3), (2, 0.1), (0, 1.0)] + [(0, k / 100) for k in range(101)]:
    start = time.process_time()
    sliders[position].value = value
    times.append(time.process_time() - start)
    setting = dict(zip(("visibility", "entanglement", "angle"), (s.value for s in sliders)))
    shown.append(picture.value == explorer.svg(**setting))
print(all(shown), sorted(times)[len(times) // 2])
''']
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(book, timeout=300, kernel_name="python3").execute()
print(json.dumps([cell.outputs for cell in book.cells]))
"""


@pytest.mark.slow
def test_sliders_of_ipywidgets_move_the_picture_without_delay():
    """In a kernel of its own: every move redraws, in far less work than the tenth of a second that one notices."""
    for name in ("ipywidgets", "nbclient", "ipykernel"):
        pytest.importorskip(name)
    run = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (first,), (second,) = json.loads(run.stdout.splitlines()[-1])
    assert {"application/vnd.jupyter.widget-view+json", "image/svg+xml"} <= set(first["data"])
    right, seconds = second["text"].split()
    assert right == "True"
    assert float(seconds) < 0.1
