"""Engines: chosen by the class of a measure, open to other packages, and the only place that asks for it."""

import ast
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import cvxpy as cp
import numpy as np
import pytest
from clock import replaced

import relaxbell as rb
from relaxbell.engines import Engine, engine
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.measures import combined, distances, queries  # noqa: F401  # sums and queries are kinds too
from relaxbell.measures.measure import Measure
from relaxbell.trials import strength  # noqa: F401  # a kind, too

ROOT = Path(rb.__file__).parent
KINDS = {
    "Nonbilocality",
    "FixedNonbilocality",
    "MutualInformation",
    "Factorized",
    "FactorizedInformation",
    "FactorizedDependence",
    "BinaryEntropy",
    "MessageEntropy",
    "Strength",
    "Distance",
    "Dependence",
    "HallDependence",
    "LinearMeasure",
    "Query",
    "Ratio",
    "IndependentQuery",
    "Combined",
    "Sum",
    "Multiple",
    "LargestOf",
}
OWN = {
    "Nonbilocality": "engines/sources/",
    "FixedNonbilocality": "engines/sources/",
    "MutualInformation": "engines/information/",
    "Factorized": "engines/factorized/",
    "FactorizedInformation": "engines/factorized/",
    "FactorizedDependence": "engines/factorized/",
    "BinaryEntropy": "engines/entropy/",
    "MessageEntropy": "engines/entropy/",
    "Strength": "trials/",
    "Distance": "engines/linear/",
    "Dependence": "engines/linear/",
    "HallDependence": "engines/linear/",
    "LinearMeasure": ("engines/linear/", "quantum/causes.py"),
    "Ratio": "engines/ratios/",
    "IndependentQuery": "engines/independent/",
}
"""Where an engine lives that may ask for its kind."""


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub.__name__
        yield from subclasses(sub)


def names(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def questions(tree):
    """Yield what a file asks of an object's kind: the classes that it tells apart, and words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass"):
            yield from names(node.args[1])
        elif isinstance(node, ast.MatchClass):
            yield from names(node.cls)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(s, ast.Call) and getattr(s.func, "id", "") == "type" for s in sides):
                yield from names(node)
            for side in sides:
                yield from ("a kind by its word" for n in ast.walk(side) if is_kind_of_a_measure(n))


def is_kind_of_a_measure(node):
    """`measure.definition.kind`, `measure.plain["kind"]` or `statement()["kind"]`."""
    if isinstance(node, ast.Attribute) and node.attr == "kind":
        return "definition" in names(node.value)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "kind":
        return bool({"definition", "plain", "statement"} & names(node.value))
    return False


def test_all_kinds_are_known_here():
    assert {name for name in subclasses(Measure) if name not in {"Squared"}} == KINDS


def test_nobody_outside_its_engine_asks_what_kind_a_measure_is():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if where.startswith("verify/"):
            continue  # its measures are of its own, read from files
        asked = set(questions(ast.parse(path.read_text()))) & {*KINDS, "a kind by its word"}
        found += [f"{where} asks for {name}" for name in asked if not where.startswith(OWN.get(name, "nowhere"))]
        for node in ast.walk(ast.parse(path.read_text())):
            call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("hasattr", "getattr")
            if call and getattr(node.args[0], "id", "") in ("measure", "query"):
                found.append(f"{where} asks a measure for {ast.unparse(node.args[1])}")
    assert found == []


def test_these_tests_see_every_question():
    for text in (
        "isinstance(m, BinaryEntropy | int)",
        "isinstance(m, (int, classes.Dependence))",
        "issubclass(type(m), Nonbilocality)",
        "type(m) is MutualInformation",
        "match m:\n    case Dependence():\n        pass",
        'm.definition.kind == "influence"',
        '"influence" == m.statement()["kind"]',
    ):
        assert set(questions(ast.parse(text))) & {*KINDS, "a kind by its word"}, text


# ----------------------------------------------------------------- an engine of another package


@dataclass(frozen=True, eq=False, repr=False)
class Squared(Measure):
    """The square of a norm: a convex program of another shape, here minimized through the norm."""

    root: Measure = field(kw_only=True)

    @property
    def expression(self):
        return cp.square(self.root.expression)

    def statement(self):
        return {"kind": "square", "of": self.root.statement()}

    def linear(self, what):
        raise rb.errors.MeasureError(f"{self.name} is quadratic and has no {what}. Use its root.")

    @property
    def formula(self):
        return f"({self.root.name})²"

    def _at(self, q):
        return self.root.at(q) ** 2


@dataclass(frozen=True, eq=False)
class SquaredEngine(Engine[Squared]):
    """Squares are monotone: the least one is that of the least root."""

    thorough: bool = True

    def minimize(self, observed, subject_to=(), *, seconds=None):
        found = rb.minimize(self.measure.root, observed, subject_to, seconds=seconds, thorough=self.thorough)
        own = {"measure": self.measure, "value": found.value**2, "lower_bound": found.lower_bound**2}
        return replace(found, **own)

    def bounds(self, observed, subject_to=(), *, seconds=None):
        raise rb.errors.MeasureError(f"{self.measure.name} is not linear. Use minimize.")

    def curve(self, path, subject_to=()):
        raise rb.errors.MeasureError(f"{self.measure.name} has no curve. Square that of its root.")


engine.register(Squared, SquaredEngine.of)


@pytest.fixture(scope="module")
def squared():
    root = rb.influence(rb.bell((2, 3), (3, 2)).relax("X -> B"), "X", "B")
    return Squared(root.model, "C²", root=root)


@pytest.fixture(scope="module")
def box():
    """A PR box on two settings and two outcomes, a coin elsewhere."""
    model = rb.bell((2, 3), (3, 2))
    table = np.full(model.observed_shape, Fraction(1, 6), dtype=object)
    table[2, :, :, :2], table[:2, :, :, :2] = Fraction(0), rb.boxes.pr().exact
    table[2, :, :, 2], table[:2, :, :, 2] = Fraction(0), Fraction(1, 4)
    return rb.Behavior(table, model.outputs, model.inputs)


def test_another_package_adds_an_engine(squared, box):
    assert isinstance(engine(squared), SquaredEngine)
    found = rb.minimize(squared, box)
    assert found.value == rb.minimize(squared.root, box).value ** 2 > 0
    assert squared.expression.is_convex()
    assert squared.value(found.q) == pytest.approx(found.value, abs=1e-12)
    points = {v: box.visibility(v) for v in (Fraction(1, 2), Fraction(1))}
    columns = rb.sweep(squared, points, progress=False)
    roots = rb.sweep(squared.root, points, progress=False)
    assert columns.values == pytest.approx(roots.values**2)
    for ask in (
        lambda: rb.curve(squared, box.white_noise(), box),
        lambda: rb.bounds(squared, box),
        lambda: rb.closed_form(squared),
        lambda: rb.tradeoff(squared, squared.root, box),
        lambda: squared + squared.root,
        lambda: squared <= 1,
    ):
        with pytest.raises(rb.errors.MeasureError, match="C²"):
            ask()


def test_options_are_those_of_the_engine(squared, box):
    assert rb.minimize(squared, box, thorough=False).value == rb.minimize(squared, box).value
    for measure, option, expected in (
        (squared, {"solver": "highs"}, "solver is no option for C².*expected thorough"),
        (squared.root, {"tolerance": 1e-3}, "tolerance is no option for C.*expected solver or thorough"),
        (rb.nonbilocality(rb.bilocality()), {"thorough": True}, "thorough is no option.*expected solver or tolerance"),
    ):
        with pytest.raises(rb.errors.MeasureError, match=expected):
            rb.minimize(measure, box, **option)


def test_an_unknown_solver_is_refused_by_every_engine():
    fixed = rb.nonbilocality(rb.bilocality(), {"A": [Fraction(1, 4)] * 4})
    own = rb.mutual_information(rb.measurement_dependence())
    for measure in (rb.influence(rb.input_signaling(), "X", "B"), own, fixed, rb.nonbilocality(rb.bilocality())):
        with pytest.raises(rb.errors.MeasureError, match="solver 'simplex'"):
            rb.minimize(measure, rb.boxes.pr(), solver="simplex")


@pytest.mark.parametrize("given", [3, None, "C", rb.bell()], ids=["number", "none", "text", "model"])
def test_what_is_no_measure_has_no_engine(given, box):
    with pytest.raises(rb.errors.MeasureError, match=f"cannot minimize an? {type(given).__name__}, expected a Measure"):
        rb.minimize(given, box)


# ------------------------------------------------------------------------------ one protocol each


def solutions():
    box = rb.boxes.tsirelson()
    yield rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), box)
    yield rb.minimize(rb.message_entropy(rb.message()), box)
    yield rb.minimize(rb.mutual_information(rb.measurement_dependence()), box)
    swapping = rb.boxes.entanglement_swapping(Fraction(4, 5))
    yield rb.minimize(rb.nonbilocality(rb.bilocality()), swapping)
    yield rb.minimize(rb.nonbilocality(rb.bilocality(), {"A": [Fraction(1, 4)] * 4}), swapping)


def test_every_solution_offers_the_same():
    for s in solutions():
        assert isinstance(s, rb.classes.Solution)
        assert s.lower_bound <= s.value
        assert s.exact is None or s.upper_bound == s.value == float(s.exact)
        assert s.upper_bound is None or s.upper_bound >= s.lower_bound
        assert s.witness is None or s.witness.violation > 0
        assert s.witness_text in repr(s) or s.witness is None
        assert s.certificate.verify()
        assert s._repr_html_().startswith("<table>")


def curves():
    noise, box = rb.boxes.pr().white_noise(), rb.boxes.pr()
    yield rb.curve(rb.influence(rb.input_signaling(), "X", "B"), noise, box)
    yield rb.curve(rb.message_entropy(rb.message()), noise, box)
    yield rb.curve(rb.mutual_information(rb.measurement_dependence()), noise, box)
    ends = [rb.boxes.entanglement_swapping(v) for v in (0, 1)]
    yield rb.curve(rb.nonbilocality(rb.bilocality()), *ends)
    yield rb.curve(rb.nonbilocality(rb.bilocality(), {"A": [Fraction(1, 4)] * 4}), *ends)


@pytest.mark.slow
def test_every_curve_offers_the_same():
    for line in curves():
        assert isinstance(line, rb.classes.Curve)
        low, high = map(float, line.domain)
        assert (low, high) == (0, 1)
        for t in (low, 0.3, 0.75, high):
            assert line.lower_bound(t) <= line.value(t) + 1e-12 <= line.upper_bound(t) + 2e-12
        level = float(line.value(0.9))
        assert line.crossing(level) == pytest.approx(0.9, abs=2e-3)  # of samples: where the chord passes it
        assert line.grid(7)[0] == low
        assert line.grid(7)[-1] == high
        assert [float(v) for _, v in line.marks] == pytest.approx([line.value(float(t)) for t, _ in line.marks])
        assert line._repr_svg_().startswith("<svg")
        if isinstance(line, rb.classes.PiecewiseCurve):
            assert line.certificate.verify()
        else:
            with pytest.raises(rb.errors.CertificateError, match="expected"):
                _ = line.certificate


# -------------------------------------------------------------------------- time limits of curves


def test_a_curve_that_is_not_found_in_time_lies_between_tangents_and_chords(monkeypatch):
    c = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
    whole = rb.curve(c, *ends)
    clock = replaced(monkeypatch, 1.0)
    assert [p.slope for p in rb.curve(c, *ends, seconds=1e6).pieces] == [p.slope for p in whole.pieces]
    needed, cut = int(clock.now), None
    for limit in range(needed, 0, -needed // 50):  # each reading of the clock takes a second
        found = rb.curve(c, *ends, seconds=float(limit))
        if not isinstance(found, rb.classes.PiecewiseCurve):
            cut = found
            break
    assert isinstance(cut, rb.classes.SampledCurve)
    assert "incomplete" in repr(cut)
    assert "incomplete" in cut._repr_svg_()
    for t in np.linspace(-1, 1, 9):
        assert cut.lower_bound(t) - 1e-12 <= whole.value(t) <= cut.value(t) + 1e-12
    with pytest.raises(rb.errors.SolverError, match="2 s"):
        rb.curve(c, *ends, seconds=2.0)


def test_linear_solutions_carry_one_proof():
    s = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    assert isinstance(s, LinearSolution)
    assert sum(s.proof.primal.values()) == 1
