"""Every row of a sweep is as good as `minimize`; points that have no value say why."""

from fractions import Fraction

import numpy as np
import pytest
import reference
from sweep_cases import CASES, nonlocal_box, random_points

import relaxbell as rb


def assert_like_minimize(columns, measure, points, subject_to=()):
    for k, point in enumerate(points):
        alone = rb.minimize(measure, point, subject_to)
        assert columns.status[k] == "optimal"
        assert columns.lower_bounds[k] <= columns.values[k]
        assert abs(columns.values[k] - alone.value) <= max(1e-9 * alone.value, 1e-11)
        assert columns.values[k] - columns.lower_bounds[k] <= max(1e-9 * alone.value, 1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.slow
def test_rows_agree_with_minimize(case):
    measure = CASES[case]()
    points = random_points(measure.model, 12, seed=len(case))
    assert_like_minimize(rb.sweep(measure, points, progress=False), measure, points)


def test_rows_agree_with_an_independent_program():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    points = random_points(model, 20, seed=5)
    columns = rb.sweep(rb.influence(model, "X", "B"), points, progress=False)
    rows, matrix = reference.influence_rows(model, "X", "B"), reference.observed_matrix(model)
    for point, value in zip(points, columns.values, strict=True):
        assert abs(reference.least_maximum(rows, matrix, point.p.ravel()) - value) < 1e-9


@pytest.mark.slow
def test_random_directions_around_the_local_polytope():
    """Points on both sides of many facets: neither one basis nor one dual serves them all."""
    rng = np.random.default_rng(3)
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    local = random_points(rb.bell((3, 3)), 30, seed=4)
    boxes = [
        rb.boxes.i3322(),
        rb.boxes.i3322().relabel("A", [1, 0], {"X": 1}),
        rb.boxes.i3322().relabel("Y", [2, 0, 1]),
    ]
    points = [boxes[i % 3].mix(p, float(rng.uniform(0.2, 1))) for i, p in enumerate(local)]
    assert_like_minimize(rb.sweep(measure, points, progress=False), measure, points)


@pytest.mark.slow
def test_budgets_and_affine_constraints():
    both = rb.bell((2, 3)).relax("X -> B", "L -> Y")
    measure = rb.influence(both, "X", "B")
    constraints = [rb.dependence(both) <= Fraction(1, 5), both.q[3] + both.q[5] <= 0.2, both.q[0] == 0.01]
    points = [nonlocal_box((2, 2, 2, 3)).visibility(v) for v in np.linspace(0, 0.9, 13)]
    columns = rb.sweep(measure, points, progress=False, subject_to=constraints)
    assert_like_minimize(columns, measure, points, constraints)
    assert len(set(columns.values)) > 4


def test_entropy_and_information():
    noise = [rb.boxes.tsirelson().visibility(v) for v in (0.6, 0.75, 0.9, 1.0)]
    for measure, gap in (
        (rb.message_entropy(rb.message()), 1e-9),
        (rb.mutual_information(rb.measurement_dependence()), 1e-6),
    ):
        columns = rb.sweep(measure, noise, progress=False)
        for k, point in enumerate(noise):
            assert abs(columns.values[k] - rb.minimize(measure, point).value) < gap
            assert 0 <= columns.values[k] - columns.lower_bounds[k] < gap
    assert abs(columns.values[-1] - 0.0462738) < 1e-6  # 2 - h(P) - P log2 3, P = (4 + S)/8


def test_tsirelson_line_is_the_closed_form():
    """min C(X -> B) = max(0, (S - 2)/4) and min C(A -> B) twice that, S = 2 sqrt(2) v."""
    v = np.linspace(0, 1, 101)
    points = {x: rb.boxes.tsirelson().visibility(x) for x in v}
    expected = np.maximum(0, (2 * np.sqrt(2) * v - 2) / 4)
    there = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), points, progress=False)
    outcome = rb.sweep(rb.influence(rb.bell().relax("A -> B"), "A", "B"), points, progress=False)
    assert abs(there.values - expected).max() < 1e-14
    assert abs(outcome.values - 2 * expected).max() < 1e-14


def test_exact_points_have_exact_bounds():
    """(S - 2)/4 with S = 4 v is a float where v is a multiple of 1/64: the bound is that very number."""
    points = {Fraction(k, 64): rb.boxes.pr().visibility(Fraction(k, 64)) for k in range(65)}
    columns = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), points, progress=False)
    for v in points:
        assert columns[v].lower_bound == columns[v].value == max(0, float(v) - 0.5)


def test_surd_points_have_bounds_that_are_rounded_down():
    points = {Fraction(k, 40): rb.boxes.tsirelson().visibility(Fraction(k, 40)) for k in range(41)}
    columns = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), points, progress=False)
    for v in points:
        exact = (rb.catalog.CHSH(points[v]) - 2) / 4
        if exact <= 0:
            assert columns[v].lower_bound == 0
        else:
            assert exact >= Fraction(columns[v].lower_bound)
            assert exact <= Fraction(np.nextafter(columns[v].lower_bound, 1))


def test_bounds_hold_against_exact_values():
    """Rational points, whose least influence is max(0, CH) over the symmetries: the bound is never larger."""
    rng = np.random.default_rng(8)
    points, values = [], []
    for _ in range(60):
        v = Fraction(int(rng.integers(0, 10**9)), 10**9)
        points.append(rb.boxes.pr().relabel("A", [1, 0], {"X": int(rng.integers(2))}).visibility(v))
        values.append(max(Fraction(0), v - Fraction(1, 2)))
    columns = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), points, progress=False)
    for bound, exact in zip(columns.lower_bounds, values, strict=True):
        assert Fraction(bound) <= exact
        assert exact - Fraction(bound) < Fraction(1, 10**15)


def test_observed_values():
    """I3322 and no-signaling: 2/5 I up to 5/7, then (3 I - 1)/4."""
    measure = rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B")
    values = [Fraction(k, 20) for k in range(1, 21)]
    points = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in values]
    columns = rb.sweep(measure, points, progress=False)
    expected = [float(max(Fraction(2, 5) * v, (3 * v - 1) / 4)) for v in values]
    assert abs(columns.values - expected).max() < 1e-12
    assert abs(columns.lower_bounds - expected).max() < 1e-12
    assert (columns.lower_bounds <= columns.values).all()


def test_behaviors_and_values_in_one_sweep():
    measure = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    points = {
        "box": rb.boxes.pr(),
        "value": rb.Observed([(rb.catalog.CHSH, 3)], nonsignaling=True),
        "swapped axes": rb.boxes.pr().transposed("B A", "Y X"),
        "another value": rb.Observed([(rb.catalog.CHSH, 3.5)], nonsignaling=True),
        "no-signaling unknown": rb.Observed([(rb.catalog.CHSH, 3)]),
    }
    columns = rb.sweep(measure, points, progress=False)
    assert [columns[k].value for k in points][:4] == [0.5, 0.25, 0.5, 0.375]
    assert columns["no-signaling unknown"].value == rb.minimize(measure, points["no-signaling unknown"]).value


def test_several_measures_of_several_models():
    influence = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    dependence = rb.dependence(rb.measurement_dependence())
    points = {(v, "PR"): rb.boxes.pr().visibility(v) for v in (0.5, 0.75, 1.0)}
    columns = rb.sweep([influence, dependence], points, progress=False)
    assert columns.values.shape == columns.status.shape == (3, 2)
    assert columns.measures == ("C(X -> B)", "M(X,Y:Λ)")
    assert abs(columns.values - [[0, 0], [0.25, 0.25], [0.5, 0.5]]).max() < 1e-12
    assert columns[0.75, "PR"]["M(X,Y:Λ)"].status == "optimal"
    for name in ("C(X -> B)", "C(X → B)"):  # as it is written, and as tables print it
        assert (columns.measure(name).values == columns.values[:, 0]).all()
    named = rb.sweep({"first": influence, "second": influence}, points, progress=False)
    assert (named.values[:, 0] == named.values[:, 1]).all()
    with pytest.raises(rb.errors.MeasureError, match=r"two measures are called C\(X -> B\)"):
        rb.sweep([influence, influence], points)


def test_own_rows_and_input_distributions():
    model = rb.bell((2, 3), (3, 2)).relax("L -> X", input_distribution={"X": [0.3, 0.7], "Y": [0.2, 0.3, 0.5]})
    rows = {f"p(A=0,B=1|do(X={x}))": model.probability({"A": 0, "B": 1}, do={"X": x}) for x in (0, 1)}
    measure = rb.measure(model, rows, norm="max") + rb.dependence(model)
    points = random_points(rb.bell((2, 3), (3, 2)), 8, seed=11)
    assert_like_minimize(rb.sweep(measure, points, progress=False), measure, points)


def test_points_without_value_say_why():
    model = rb.bell((2, 2)).relax("X -> B")
    measure = rb.influence(model, "X", "B")
    signaling = rb.Behavior([[[[0.5, 0.3], [0.5, 0.5]]] * 2, [[[0.5, 0.7], [0.5, 0.5]]] * 2][0:2] * np.array(0.5))
    points = {
        "good": rb.boxes.pr(),
        "signaling": signaling,
        "names": rb.boxes.pr().rename({"A": "C"}),
        "sizes": rb.boxes.i3322(),
        "array": np.full((2, 2, 2, 2), 0.25),
        "budget": rb.boxes.pr().visibility(0.9),
        "good again": rb.boxes.tsirelson(),
    }
    columns = rb.sweep(measure, points, progress=False)
    assert list(columns.status) == ["optimal", "signaling", "invalid", "invalid", "invalid", "optimal", "optimal"]
    for label in ("signaling", "names", "sizes", "array"):
        with pytest.raises(rb.errors.BehaviorError) as caught:
            model.equations(points[label])
        assert columns[label].reason == str(caught.value)
        assert np.isnan(columns[label].value)
        assert np.isnan(columns[label].lower_bound)
    assert set(columns.failures) == {"signaling", "names", "sizes", "array"}
    tight = rb.sweep(measure, {k: points[k] for k in ("good again", "good", "budget")}, subject_to=[measure <= 0.4])
    assert list(tight.status) == ["optimal", "infeasible", "optimal"]
    assert "within the constraints" in tight["good"].reason


def test_exact_signaling_is_found_exactly():
    tiny = Fraction(1, 10**30)
    table = np.full((2, 2, 2, 2), Fraction(1, 4), dtype=object)
    table[0, :, 0, 0] += tiny
    table[1, :, 0, 0] -= tiny
    columns = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), [rb.Behavior(table)], progress=False)
    assert columns.status[0] == "signaling"


def test_floats_at_the_boundary_are_read_like_minimize_reads_them():
    """Zeros missed by 1e-10 are restored by the least admixture of noise."""
    table = rb.boxes.pr().p + 1e-10 * np.array([1, -1])[:, None, None, None] * np.array([1, -1])[:, None, None]
    measure = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    columns = rb.sweep(measure, [rb.Behavior(table)], progress=False)
    alone = rb.minimize(measure, rb.Behavior(table))
    assert abs(columns.values[0] - alone.value) < 1e-12
    assert abs(columns.lower_bounds[0] - alone.lower_bound) < 1e-15


@pytest.mark.parametrize(
    ("measure", "points", "error", "text"),
    [
        ("influence", [], rb.errors.MeasureError, "cannot sweep a str"),
        ([], [], rb.errors.MeasureError, "no measure to sweep"),
        ([1], [], rb.errors.MeasureError, "cannot sweep an int"),
        (None, rb.boxes.pr(), rb.errors.BehaviorError, "found a Behavior. Use minimize"),
        (None, 3, rb.errors.BehaviorError, "found an int"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(measure, points, error, text):
    good = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    with pytest.raises(error, match=text):
        rb.sweep(good if measure is None else measure, points)


def test_no_points():
    columns = rb.sweep(rb.influence(rb.bell().relax("X -> B"), "X", "B"), {})
    assert len(columns) == 0
    assert columns.values.shape == (0,)
    assert repr(columns).startswith("Sweep of C(X -> B): 0 points")


def test_columns_are_read_only_and_print():
    measure = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    points = {k / 20: rb.boxes.pr().visibility(k / 20) for k in range(21)}
    columns = rb.sweep(measure, points | {"<none>": None}, progress=False)
    with pytest.raises(ValueError, match="read-only"):
        columns.values[0] = 1
    text = repr(columns)
    assert "22 points, 1 without value" in text
    assert "…" in text
    assert "&lt;none&gt;" in columns._repr_html_()
    assert list(columns) == list(columns.labels)
    with pytest.raises(KeyError, match=r"no point 0.33. The labels are 0.0, 0.05, .*22 in all"):
        columns[0.33]


def test_frame():
    pandas = pytest.importorskip("pandas")
    measure = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    points = {(v, t): rb.boxes.pr().visibility(v) for v in (0.5, 1.0) for t in (1, 2)}
    frame = rb.sweep(measure, points, progress=False).to_frame(names=["v", "t"])
    assert frame.loc[(1.0, 2), "value"] == 0.5
    assert frame.index.names == ["v", "t"]
    assert list(frame.columns) == ["value", "lower_bound", "status", "reason", "seconds"]
    wide = rb.sweep({"a": measure, "b": measure}, points, progress=False).to_frame()
    assert isinstance(wide, pandas.DataFrame)
    assert wide["b", "value"].tolist() == [0.0, 0.0, 0.5, 0.5]


def test_upper_ends_are_called_so():
    iv = rb.instrumental()
    effect = rb.average_causal_effect(iv, "A", "B")
    noise = rb.Behavior(np.full((2, 2, 2), 0.25), outputs="A B", inputs="Z")
    upper = rb.sweep(-effect, {0: noise}, progress=False)
    assert upper.values == -0.5
    assert repr(upper).splitlines()[1].split() == ["point", "measure", "maximum", "upper", "bound", "status"]
    assert repr(upper).splitlines()[2].split()[-3:] == ["0.5", "0.5", "optimal"]
    assert "minus these" in repr(upper)
    table = np.stack([noise.p, noise.p])
    for both in (
        rb.sweep([effect, -effect], {0: noise}, progress=False),
        rb.sweep([effect, -effect], table, outputs="A B", inputs="Z", progress=False),
    ):
        assert [line.split()[1] for line in repr(both).splitlines()[2:4]] == ["min", "max"]
        assert both.measure(both.measures[1]).ends == (both.ends[1],)
        assert "maximum" in repr(both.measure(both.measures[1]))
        assert "minimum" in repr(both.measure(both.measures[0]))
