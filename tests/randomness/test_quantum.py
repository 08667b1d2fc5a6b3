"""Quantum adversaries: the formula of Pironio et al., other programs, what holds for every adversary, certificates."""

import math
import sys
from fractions import Fraction

import cvxpy as cp
import numpy as np
import pytest
from attacks import changed

import relaxbell as rb
from relaxbell.errors import (
    CertificateError,
    InfeasibleError,
    MeasureError,
    ModelTooLargeError,
    RelaxbellError,
    UnsupportedModelError,
)

pytest.importorskip("MoMPy")

AT = {"X": 0, "Y": 0}
CHSH = rb.catalog.CHSH


def pironio(s):
    """The best guess of Alice's outcome for a CHSH value s (Nature 464, 1021, 2010)."""
    return 0.5 + math.sqrt(2 - float(s) ** 2 / 4) / 2


@pytest.mark.parametrize(
    "s", [Fraction(5, 2), *(pytest.param(v, marks=pytest.mark.slow) for v in (2, 2.2, Fraction(27, 10), 2.8))]
)
def test_the_formula_of_pironio_et_al(s):
    found = rb.Observed([(CHSH, s)]).guessing("A", AT, quantum="1+AB")
    assert pironio(s) - 1e-12 <= float(found.bound) <= pironio(s) + 5e-8
    assert found.certificate.verify().endswith("(rounded up)")


@pytest.mark.slow
@pytest.mark.parametrize("level", ["1+AB", 2])
def test_near_the_border_of_the_set_the_bound_is_above_and_near(level):
    """There multipliers have no limit: no finite ones prove 1/2."""
    for data in (rb.boxes.tsirelson(), rb.Observed([(CHSH, 2.82842712)])):
        found = data.guessing("A", AT, quantum=level)
        assert 0.5 <= float(found.bound) <= 0.5003


@pytest.mark.slow
def test_a_whole_behavior_certifies_more_than_its_value():
    """As Nieto-Silleras, Pironio and Silman (NJP 16, 013035, 2014) and Bancal et al. (NJP 16, 033011, 2014) saw."""
    box = rb.boxes.tsirelson().visibility(Fraction(9, 10))
    found = box.guessing("A", AT, quantum="1+AB")
    assert 0.5 < float(found.bound) < pironio(0.9 * 2 * math.sqrt(2)) - 0.01


# ------------------------ an independent program: correlators in CVXPY, a 5 × 5 matrix per table and guess


def by_correlators(p, settings, at, tables, budget=None):
    """The best guess of a at level 1, ±1 observables: words 1, A0, A1, B0, B1; `tables` are weights and costs."""
    total, spent, chance, rules = 0, 0, 0, []
    for weights, cost in tables:
        for guess in (0, 1):
            gamma = cp.Variable((5, 5), PSD=True)
            size = gamma[0, 0]
            rules += [gamma[k, k] == size for k in range(1, 5)]
            cells = {}
            for a, b, x, y in np.ndindex(2, 2, 2, 2):
                s, t = 1 - 2 * a, 1 - 2 * b
                box = size + s * gamma[0, 1 + x] + t * gamma[0, 3 + y] + s * t * gamma[1 + x, 3 + y]
                cells[a, b, x, y] = weights[x, y] * box / 4
            total = total + cp.hstack([cells[place] for place in np.ndindex(2, 2, 2, 2)])
            spent = spent + cost * size
            chance = chance + sum(cells[(guess, b, *at)] for b in (0, 1)) / settings[at]
    rules.append(total == (p * settings).ravel())
    rules += [] if budget is None else [spent <= budget]
    problem = cp.Problem(cp.Maximize(chance), rules)
    problem.solve(solver="CLARABEL")
    return float(problem.value)


def with_one_free(settings, values):
    """Tables with all entries but one from a list, the costs beside them, those that are distributions."""
    found = []
    for free in np.ndindex(2, 2):
        for others in np.ndindex(*[len(values)] * 3):
            table = settings.astype(float)
            places = [place for place in np.ndindex(2, 2) if place != free]
            for place, k in zip(places, others, strict=True):
                table[place] = values[k](settings[place])
            table[free] = 0
            table[free] = 1 - table.sum()
            if table[free] >= values[0](0) - 1e-12:
                found.append((table, abs(table - settings).sum()))
    return found


ALWAYS = np.zeros((2, 2, 2, 2), dtype=int)
ALWAYS[0, 0] = 1
BOX = rb.boxes.tsirelson().visibility(Fraction(9, 10)).mix(rb.Behavior(ALWAYS), Fraction(9, 10))
"""With biased marginals."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Constraint")  # CVXPY would like it vectorized
@pytest.mark.parametrize("at", [(0, 0), (1, 0)])
def test_against_a_program_over_correlators(at):
    settings = np.array([[0.3, 0.3], [0.2, 0.2]])
    place = {"X": at[0], "Y": at[1]}
    design = {"X": [0.6, 0.4], "Y": [0.5, 0.5]}
    low = with_one_free(settings, [lambda p: 0.15])
    found = BOX.guessing("A", place, settings=design, lower=0.15, quantum=1)
    assert float(found.bound) == pytest.approx(by_correlators(BOX.p, settings, at, low), abs=1e-6)
    both = with_one_free(settings, [lambda p: 0.0, lambda p: p])
    found = BOX.guessing("A", place, settings=design, dependence=0.05, quantum=1)
    assert float(found.bound) == pytest.approx(by_correlators(BOX.p, settings, at, both, 0.05), abs=1e-6)


# ------------------------------------------------------------------- what holds for every adversary


def test_a_quantum_adversary_does_no_more_than_a_no_signaling_one():
    data = rb.Observed([(CHSH, Fraction(27, 10))])
    for budgets in ({}, {"lower": Fraction(1, 5)}):
        quantum = data.guessing("A", AT, quantum="1+AB", **budgets)
        assert 0.5 <= float(quantum.bound) <= float(data.guessing("A", AT, **budgets).bound) + 1e-8
        assert quantum.exact is None
        assert quantum.strategy == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("box", "outputs", "at", "level", "options"),
    [
        (rb.boxes.cglmp(3).visibility(Fraction(9, 10)), "A B", AT, "1+AB", {}),
        (rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]), "B", AT, "1+AB", {"upper": Fraction(3, 10)}),
        (rb.boxes.ghz().visibility(0.9), "A C", {"X": 0, "Y": 0, "Z": 0}, "1+AB+AC+BC", {"lower": Fraction(1, 9)}),
        (BOX, "A", {"X": 1, "Y": 0}, "1+AB", {"settings": {"X": [0.5, 0.5], "Y": [1, 0]}, "dependence": 0.1}),
        (BOX, "A", AT, "1+AB", {"lower": 0.2, "upper": 0.3, "dependence": 0.05}),
    ],
)
def test_other_scenarios_are_between_blind_guesses_and_no_signaling(box, outputs, at, level, options):
    found = box.guessing(outputs, at, quantum=level, **options)
    other = box.guessing(outputs, at, **options)
    names = [box.outputs.index(name) for name in found.outputs]
    index = tuple([slice(None)] * len(box.outputs)) + tuple(at[x] for x in box.inputs)
    rest = tuple(j for j in range(len(box.outputs)) if j not in names)
    assert box.p[index].sum(axis=rest).max() - 1e-6 <= float(found.bound) <= float(other.bound) + 1e-6
    assert "quantum (words" in found.certificate.verify()


@pytest.mark.slow
def test_inputs_two_and_three():
    """A third setting of Bob that is never used changes nothing."""
    wide = np.zeros((2, 2, 2, 3), dtype=object)
    wide[..., :2] = BOX.rounded().exact
    wide[..., 2] = wide[..., 0]
    found = rb.Behavior(wide).guessing("A", AT, quantum="1+AB")
    assert float(found.bound) == pytest.approx(float(BOX.guessing("A", AT, quantum="1+AB").bound), abs=1e-6)


# ---------------------------------------------------------------------------------- curves


@pytest.mark.slow
def test_a_curve_over_m_is_a_bound_between_its_samples():
    data = rb.Observed([(CHSH, Fraction(27, 10))])
    curve = data.guessing("A", AT, quantum="1+AB").curve("M", Fraction(1, 10), points=3)
    for e in (Fraction(1, 70), Fraction(1, 20), Fraction(1, 11)):
        single = data.guessing("A", AT, quantum="1+AB", dependence=e)
        assert single.estimate - 1e-7 <= float(curve.value(e)) <= single.estimate + 0.01
    assert [s.certificate.verify() for s in curve.samples]
    assert (np.diff(curve.min_entropy(np.linspace(0, 0.1, 7).round(6))) <= 0).all()


@pytest.mark.slow
def test_a_curve_over_a_bound_holds_between_its_samples():
    data = rb.Observed([(CHSH, Fraction(27, 10))])
    curve = data.guessing("A", AT, quantum="1+AB").curve("lower", 0.25, start=0.2, points=3)
    for e in (Fraction(21, 100), Fraction(9, 40), Fraction(24, 100)):
        assert data.guessing("A", AT, quantum="1+AB", lower=e).estimate <= float(curve.value(e)) + 1e-7
    with pytest.raises(MeasureError, match="points is 1"):
        data.guessing("A", AT, quantum="1+AB").curve("lower", 0.25, start=0.2, points=1)


# ----------------------------------------------------------------------------- certificates, errors


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("claim", "upper_bound"), "3/5"),
        (("measure", "limits"), {"lower": "1/10"}),
        (("measure", "limits"), {"M": "0"}),
        (("measure", "set"), [[0, 0], [1, 0], [0, 1]]),
        (("measure", "set"), "quantum"),
        (("measure", "set"), [[0, 0], [1, 0], [0, 1], [1, 2]]),
        (("measure", "at"), [0, 2]),
        (("measure", "outputs"), ["C"]),
        (("measure", "edges"), []),
        (("proof", "z", 0), "5"),
        (("proof", "z"), []),
        (("proof", "budgets"), ["1"]),
        (("proof", "squares"), []),
        (("proof", "squares", 0, "rows", 0), [0]),
        (("proof", "squares", 0, "bits"), 200),
        (("observed", "values", 0, "value"), "2"),
        (("model", "input_distribution"), ["1/2", "1/6", "1/6", "1/6"]),
    ],
)
def test_what_was_changed_is_refused(path, value):
    data = certified()
    with pytest.raises(CertificateError):
        rb.classes.Certificate(changed(data, path, value)).verify()


def test_the_proof_in_latex_is_of_squares():
    text = rb.classes.Certificate(certified()).to_latex()
    assert "The proof is a sum of squares of moments for each extreme table" in text


_KEPT = []


def certified():
    if not _KEPT:
        found = rb.Observed([(CHSH, Fraction(14, 5))]).guessing("A", AT, quantum="1+AB", lower=Fraction(6, 25))
        _KEPT.append(found.certificate.data)
    return _KEPT[0]


def test_what_no_quantum_adversary_shows():
    with pytest.raises(InfeasibleError, match="no quantum adversary shows the data"):
        rb.boxes.pr().guessing("A", AT, quantum=1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"signaling": {"X -> B": 0.1}, "quantum": 1}, MeasureError, "quantum devices do not signal"),
        ({"quantum": "0+AB"}, UnsupportedModelError, "is no level"),
        ({"quantum": 1, "lower": 0.3}, MeasureError, r"the bound 3/10 .* cannot hold"),
    ],
)
def test_errors(options, error, message):
    with pytest.raises(error, match=message):
        BOX.guessing("A", AT, **options)


def test_what_is_too_large():
    box = rb.boxes.i3322(1).visibility(Fraction(1, 2))
    with pytest.raises(ModelTooLargeError, match="Use a lower level"):
        box.guessing("A", AT, quantum="1+AB", dependence=0.1)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "MoMPy", None)
    with pytest.raises(RelaxbellError, match="MoMPy is not installed"):
        BOX.guessing("A", AT, quantum=1)


@pytest.mark.slow
def test_few_matrices_decide(monkeypatch):
    """Where there are many, only some are in one program: the bound is as good to the gain that is borne."""
    whole = BOX.guessing("A", AT, quantum="1+AB", dependence=0.05)
    monkeypatch.setattr("relaxbell.randomness.squares._MOST", 100)
    found = BOX.guessing("A", AT, quantum="1+AB", dependence=0.05)
    assert found.estimate - 1e-6 <= float(found.bound) == pytest.approx(float(whole.bound), abs=2e-6)
    assert found.certificate.verify()


@pytest.mark.slow
def test_three_parties_with_dependence():
    """Mermin's four settings, the others never; without budget the formula of Woodhead et al. (Quantum 2, 82, 2018)."""
    settings = np.zeros((2, 2, 2), dtype=object)
    for place in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        settings[place] = Fraction(1, 4)
    s, at, level = 3.9, {"X": 0, "Y": 0, "Z": 0}, "1+AB+AC+BC"
    data = rb.Observed([(rb.catalog.mermin(3), Fraction(39, 10))])
    free = data.guessing("A", at, settings=settings, quantum=level)
    assert -1e-12 <= float(free.bound) - (0.5 + math.sqrt(s * (1 - s / 4)) / 2) < 1e-6
    held = data.guessing("A B", at, settings=settings, quantum=level, dependence=0.02)
    loose = data.guessing("A B", at, settings=settings, dependence=0.02)
    assert 0.25 < float(held.bound) <= float(loose.bound)
    assert held.certificate.verify()
