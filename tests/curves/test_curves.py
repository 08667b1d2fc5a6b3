"""Curves: break points and slopes from theory, agreement with minimize, rigor of the pieces."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import surd


def random_local(rng, model, top=20):
    """An exact behavior of the unrelaxed model, from a random rational mixture of strategies."""
    local = model.unrelaxed
    weights = rng.integers(0, top, local.strategies.count)
    weights[0] += 1
    cells = [Fraction(int(v), int(weights.sum())) for v in local.T @ weights]
    return rb.Behavior(np.array(cells, dtype=object).reshape(local.observed_shape), local.outputs, local.inputs)


def test_fig_2_black_is_half_of_i3322():
    """Eq. (36): C = max(0, I3322 / 2) with I3322 = 2 v − 1."""
    box = rb.boxes.i3322()
    line = rb.curve(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), box.white_noise(), box)
    assert line.exact
    assert line.breakpoints == (Fraction(1, 2),)
    assert [(p.intercept, p.slope) for p in line.pieces] == [(0, 0), (Fraction(-1, 2), 1)]
    assert line.programs <= 10


def test_fig_2_red_has_kinks_at_0_and_5_7():
    """The paper's 0.714 is 5/7."""
    ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
    line = rb.curve(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), *ends)
    assert line.breakpoints == (0, Fraction(5, 7))
    assert [p.slope for p in line.pieces] == [0, Fraction(2, 5), Fraction(3, 4)]
    assert line.value(Fraction(1)) == Fraction(1, 2)
    assert line.programs <= 10
    assert line.variable == "I3322"
    t = sympy.Symbol("t")
    assert line.to_sympy(t).subs(t, sympy.Rational(6, 7)) == sympy.Rational(11, 28)


def test_the_entropy_of_a_message_as_an_expression():
    """Eq. (9) along the visibility of the PR box: h(v − 1/2) from v = 1/2 on; nothing outside of [0, 1]."""
    box, v = rb.boxes.pr(), sympy.Symbol("v", real=True)
    line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
    expression = line.to_sympy(v)
    p = sympy.Rational(1, 4)
    h = -p * sympy.log(p, 2) - (1 - p) * sympy.log(1 - p, 2)
    assert sympy.simplify(expression.subs(v, sympy.Rational(3, 4)) - h) == 0
    assert [expression.subs(v, t) for t in (0, sympy.Rational(1, 2), 2)] == [0, 0, sympy.nan]
    assert float(expression.subs(v, 0.9)) == pytest.approx(line.value(0.9), rel=1e-12)


def test_each_piece_carries_the_active_inequality():
    box = rb.boxes.pr()
    line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
    active = line.pieces[1].functional
    for v in (Fraction(1, 2), Fraction(3, 4), Fraction(1)):
        assert active(box.visibility(v)) == line.value(v) == v - Fraction(1, 2)


@pytest.mark.parametrize(
    ("model", "make"),
    [
        (rb.bell().relax("X -> B"), lambda m: rb.influence(m, "X", "B")),
        (rb.bell((2, 3), (3, 2)).relax("A -> B"), lambda m: rb.influence(m, "A", "B")),
        (rb.bell((3, 2), (2, 3)).relax("Y -> A"), lambda m: rb.influence(m, "Y", "A", variation=True)),
        (rb.measurement_dependence((2, 2), (2, 3)), rb.dependence),
        (rb.measurement_dependence((3, 2), dependent="X"), rb.hall_dependence),
        (rb.message(), rb.message_weight),
    ],
    ids=lambda part: getattr(part, "name", "") or part.__name__,
)
def test_curves_agree_with_minimize_exactly(model, make):
    rng = np.random.default_rng(7)
    measure = make(model)
    start = random_local(rng, model)
    end = nonlocal_behavior(model, start)
    line = rb.curve(measure, start, end)
    assert line.exact
    for t in [Fraction(int(rng.integers(0, 101)), 100) for _ in range(8)] + list(line.breakpoints):
        mixed = end.mix(start, t)
        assert rb.minimize(measure, mixed).proof.bound.bound == line.value(t)


def nonlocal_behavior(model, start):
    """A PR box on the first two values of each variable, mixed a little with `start` so that nothing is symmetric."""
    shape = model.observed_shape
    k = len(model.outputs)
    table = np.zeros(shape, dtype=object) + Fraction(0)
    for setting in np.ndindex(*shape[k:]):
        product = int(all(s == 1 for s in setting))
        for outcome in np.ndindex(*(min(s, 2) for s in shape[:k])):
            if sum(outcome) % 2 == product:
                table[outcome + setting] = Fraction(1, 2 ** (k - 1))
    box = rb.Behavior(table, model.outputs, model.inputs)
    return box.mix(start, Fraction(9, 10))


def test_three_parties():
    """GHZ with noise: M = max(0, (S − 2) / 8) along Mermin's functional, S = 4 v; the paper's 1/4 at v = 1."""
    model = rb.measurement_dependence((2, 2, 2), (2, 2, 2))
    box = rb.boxes.ghz()
    line = rb.curve(rb.dependence(model), box.white_noise(), box)
    assert line.critical == Fraction(1, 2)
    assert line.value(1) == Fraction(1, 4)


def test_surds():
    box = rb.boxes.tsirelson()
    line = rb.curve(rb.influence(rb.outcome_signaling(), "A", "B"), box.white_noise(), box)
    assert line.critical == surd(0, Fraction(1, 2), 2)
    assert line.value(Fraction(1)) == surd(-1, 1, 2)
    assert line.crossing(Fraction(1, 5)) == surd(0, Fraction(3, 5), 2)


def test_near_ties_are_exact():
    """Behaviors rounded at 1e-9 near the local boundary: the kink moves by as much, and is found exactly."""
    rng = np.random.default_rng(3)
    model = rb.input_signaling()
    measure = rb.influence(model, "X", "B")
    for _ in range(5):
        start = random_local(rng, model)
        end = rb.boxes.pr().mix(start, Fraction(10**9 - int(rng.integers(1, 50)), 10**9))
        line = rb.curve(measure, start, end)
        assert line.exact
        for t in (*line.breakpoints, Fraction(1, 3), Fraction(10**9 - 1, 10**9)):
            assert rb.minimize(measure, end.mix(start, t)).proof.bound.bound == line.value(t)


def test_domain_ends_where_nothing_is_feasible():
    """Within C ≤ 1/4 the PR box is reproduced up to v = 3/4: (S − 2) / 4 with S = 4 v."""
    both = rb.bell().relax("X -> B", "Y -> A")
    budget = rb.influence(both, "Y", "A") <= Fraction(0)
    other = rb.influence(both, "X", "B") <= Fraction(1, 4)
    box = rb.boxes.pr()
    line = rb.curve(rb.influence(both, "X", "B"), box.white_noise(), box, subject_to=[budget, other])
    assert line.domain == (0, Fraction(3, 4))
    assert np.isnan(line.value(0.8))
    assert np.isnan(line.value(np.array([0.1, 0.9]))).tolist() == [False, True]
    with pytest.raises(rb.errors.CurveError, match="outside the curve's domain"):
        line.value(Fraction(4, 5))


def test_nothing_feasible_anywhere():
    box = rb.boxes.pr()
    model = rb.input_signaling()
    with pytest.raises(rb.errors.InfeasibleError):
        rb.curve(
            rb.influence(model, "X", "B"),
            box.visibility(Fraction(9, 10)),
            box,
            subject_to=[rb.influence(model, "X", "B") <= 0],
        )


def test_value_accepts_arrays_floats_and_exact_numbers():
    box = rb.boxes.pr()
    line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
    assert line.value(Fraction(3, 4)) == Fraction(1, 4)
    assert isinstance(line.value(0.75), float)
    assert line.value([[0.5, 0.75], [1.0, 0.0]]).tolist() == [[0.0, 0.25], [0.5, 0.0]]


def test_parameter_enters_by_a_power():
    """Entanglement swapping has visibility v²: the kink is at v = 1/√2."""
    box = rb.boxes.pr()
    v = sympy.Symbol("v")
    noise = box.white_noise().exact
    line = rb.curve(
        rb.influence(rb.input_signaling(), "X", "B"), lambda v: noise + (box.exact - noise) * v**2, parameter=v
    )
    assert line.power == 2
    assert line.critical == surd(0, Fraction(1, 2), 2)
    assert line.value(Fraction(9, 10)) == Fraction(31, 100)
    assert line.value(0.9) == pytest.approx(0.31, abs=1e-15)
    assert line.to_sympy(v).subs(v, sympy.Rational(9, 10)) == sympy.Rational(31, 100)
    with pytest.raises(rb.errors.MeasureError, match="positive power"):
        rb.curve(line.measure, box.white_noise(), box, parameter=sympy.sin(v))


def test_critical_visibilities():
    """1/2 for the PR box and 1/√2 for the Tsirelson box: S = 2 at the local bound."""
    assert rb.critical_visibility(rb.bell(), rb.boxes.pr()) == Fraction(1, 2)
    assert rb.critical_visibility(rb.bell(), rb.boxes.tsirelson()) == surd(0, Fraction(1, 2), 2)
    assert rb.critical_visibility(rb.input_signaling(), rb.boxes.pr()) == 1
    noise = rb.Behavior(np.full((2, 2, 2, 2), Fraction(1, 4)))
    assert rb.critical_visibility(rb.bell(), rb.boxes.pr(), noise=noise) == Fraction(1, 2)
    box = rb.boxes.cglmp(3)
    assert float(rb.critical_visibility(rb.bell((2, 2), (3, 3)), box)) == pytest.approx(2 / 2.914854, abs=1e-6)


def test_relaxed_bell_inequality():
    """S ≤ 2 + 4 ε under X → B influence ε, up to 4; under A → B half the slope (erratum E1)."""
    e = sympy.Symbol("e")
    model = rb.input_signaling()
    line = rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "X", "B") <= e])
    assert [(p.intercept, p.slope, p.start, p.end) for p in line.pieces] == [
        (2, 4, 0, Fraction(1, 2)),
        (4, 0, Fraction(1, 2), 1),
    ]
    model = rb.outcome_signaling()
    line = rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "A", "B") <= e])
    assert [(p.intercept, p.slope) for p in line.pieces] == [(2, 2)]
    for epsilon in (Fraction(1, 7), Fraction(1, 2), Fraction(6, 7)):
        assert rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "A", "B") <= epsilon]) == line.value(
            epsilon
        )


def test_tradeoff_agrees_with_budgets():
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    c, m = rb.influence(both, "X", "B"), rb.dependence(both)
    line = rb.tradeoff(c, m, rb.boxes.pr())
    assert line.domain == (0, Fraction(1, 2))
    for limit in (Fraction(0), Fraction(1, 5), Fraction(1, 2)):
        assert rb.minimize(c, rb.boxes.pr(), subject_to=[m <= limit]).proof.bound.bound == line.value(limit)


def test_tradeoff_needs_one_instance():
    with pytest.raises(rb.errors.MeasureError, match="one model instance"):
        rb.tradeoff(
            rb.influence(rb.input_signaling(), "X", "B"), rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()
        )


def test_entropy_is_h_of_the_exact_curve():
    box = rb.boxes.tsirelson()
    line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
    assert line.critical == surd(0, Fraction(1, 2), 2)
    assert line.value(1.0) == pytest.approx(0.735916, abs=1e-6)
    assert line.value(np.array([0.1, 0.7])).tolist() == [0.0, 0.0]
    for t in (0.8, 0.95):
        found = rb.minimize(rb.message_entropy(rb.message()), box.visibility(t)).value
        assert line.value(t) == pytest.approx(found, abs=1e-9)


@pytest.mark.slow
def test_information_lies_between_tangents_and_chords():
    """I = 2 − h(P) − P log2 3 with P = (4 + S) / 8 and S = 4 v along the PR box, above S = 2."""
    box = rb.boxes.pr()
    line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
    v = np.linspace(0.51, 1, 30)
    p = (4 + 4 * v) / 8
    with np.errstate(divide="ignore", invalid="ignore"):
        h = np.where(p < 1, -p * np.log2(p) - (1 - p) * np.log2(1 - p), 0.0)
    known = 2 - h - p * np.log2(3)
    assert (line.lower_bound(v) <= known + 1e-9).all()
    assert (line.value(v) >= known - 1e-6).all()
    assert (line.value(v) - line.lower_bound(v)).max() <= line.gap + 1e-12 <= 1.1e-4


def test_float_families_have_no_slivers():
    """CGLMP with noise: M = max(0, (v I_d − 2) / 4), two pieces however the floats are rounded."""
    model = rb.measurement_dependence(outputs=(3, 3))
    box = rb.boxes.cglmp(3)
    line = rb.curve(rb.dependence(model), box.white_noise(), box)
    assert not line.exact
    assert len(line.pieces) == 2
    assert float(line.critical) == pytest.approx(2 / 2.914854, abs=1e-6)


def test_bad_ends_are_named():
    c = rb.influence(rb.input_signaling(), "X", "B")
    with pytest.raises(rb.errors.BehaviorError, match="same behavior"):
        rb.curve(c, rb.boxes.pr(), rb.boxes.pr())
    with pytest.raises(rb.errors.BehaviorError, match="two behaviors"):
        rb.curve(c, rb.boxes.pr(), rb.Observed([(rb.catalog.CHSH, 2)]))
    with pytest.raises(rb.errors.BehaviorError, match="same functionals"):
        rb.curve(c, rb.Observed([(rb.catalog.CHSH, 2)]), rb.Observed([(rb.catalog.CH, 2)]))
    with pytest.raises(rb.errors.MeasureError, match="of a Measure"):
        rb.curve(rb.bell(), rb.boxes.pr(), rb.boxes.tsirelson())


def test_frame_and_figure(tmp_path):
    pytest.importorskip("pandas")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
    line = rb.curve(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), *ends)
    assert line.to_frame()["slope"].tolist() == [0, Fraction(2, 5), Fraction(3, 4)]
    ax = line.plot()
    assert ax.get_xlabel() == "I3322"
    ax.figure.savefig(tmp_path / "fig2.png", dpi=150)
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("near_tie", [False, True])
@pytest.mark.parametrize(
    "measure",
    [
        rb.influence(rb.input_signaling((2, 3)), "X", "B"),
        rb.influence(rb.outcome_signaling(), "A", "B"),
        rb.dependence(rb.measurement_dependence()),
    ],
    ids=lambda m: m.name,
)
def test_curve_closed_form_and_sweep_are_the_same(measure, near_tie):
    rng = np.random.default_rng(11)
    start = random_local(rng, measure.model)
    end = nonlocal_behavior(measure.model, start)
    if near_tie:  # on the edge of a local face, rounded at 1e-9
        end = end.rounded(measure.model.unrelaxed, denominator=10**9).mix(start, Fraction(10**9 - 1, 10**9))
    line, form = rb.curve(measure, start, end), rb.closed_form(measure)
    grid = [Fraction(int(v), 997) for v in rng.integers(0, 998, 12)]
    points = [end.mix(start, t) for t in grid]
    assert [form(p) for p in points] == [line.value(t) for t in grid]
    columns = rb.sweep(measure, points, progress=False)
    exact = np.array([float(line.value(t)) for t in grid])
    assert columns.values == pytest.approx(exact, abs=1e-10)
    assert all(Fraction(low) <= line.value(t) for low, t in zip(columns.lower_bounds.tolist(), grid, strict=True))
    assert form.evaluate(points).value == pytest.approx(exact, abs=1e-12)
