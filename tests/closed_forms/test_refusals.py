"""What is refused, with an estimate, what was found so far, or a remedy."""

import builtins

import numpy as np
import pytest
import sympy
from clock import replaced
from exact_reference import least, random_in

import relaxbell as rb


@pytest.fixture
def both():
    return rb.bell().relax("X -> B", "Y -> A")


def test_hopeless_ones_end_in_time_with_valid_lower_bounds(monkeypatch):
    clock = replaced(monkeypatch, step=1)
    measure = rb.dependence(rb.measurement_dependence())
    with pytest.raises(rb.errors.ClosedFormError, match=r"are open, at least \d+ s more") as error:
        rb.closed_form(measure, "model", seconds=30)
    partial = error.value.partial
    assert isinstance(partial, rb.classes.ClosedForm)
    assert partial.seconds <= clock.now
    assert 30 <= clock.now < 50
    assert "linear programs gave" in str(error.value)
    rng = np.random.default_rng(0)
    for _ in range(5):
        p = random_in(partial, rng)
        assert partial(p) <= least(measure, p)
    assert not partial.complete
    for text in (repr(partial), partial._repr_html_()):
        assert "incomplete: terms and constraints are missing" in text
        assert " complete" not in text
    assert repr(partial).startswith("min M(X,Y:Λ) >= max of ")
    assert partial._repr_latex_().startswith(r"$")
    assert "incomplete" in partial._repr_latex_()
    with pytest.raises(rb.errors.ProofError, match=r"is incomplete: .* Derive it with more seconds"):
        rb.fit(partial)


def test_what_is_complete_says_so(both):
    form = rb.closed_form(rb.influence(both, "X", "B"))
    assert form.complete
    for text in (repr(form), form._repr_html_(), form._repr_latex_()):
        assert "incomplete" not in text
    assert "  complete: " in repr(form)


def test_a_curve_that_does_not_end_is_no_curve(monkeypatch):
    from relaxbell.engines.linear import tracing

    c = rb.influence(rb.input_signaling(), "X", "B")
    assert len(rb.curve(c, rb.boxes.pr().white_noise(), rb.boxes.pr()).pieces) == 2
    monkeypatch.setattr(tracing, "_MOST", 2)
    with pytest.raises(
        rb.errors.CurveError, match="the curve is incomplete after 3 linear programs, expected at most 2"
    ):
        rb.curve(c, rb.boxes.pr().white_noise(), rb.boxes.pr())


@pytest.mark.slow
def test_samples_that_are_too_few_say_so(monkeypatch):
    from relaxbell.engines.linear import sampled

    information = rb.mutual_information(rb.measurement_dependence())
    box = rb.boxes.pr()
    assert "incomplete" not in repr(rb.curve(information, box.white_noise(), box))
    monkeypatch.setattr(sampled, "_MOST", 3)
    found = rb.curve(information, box.white_noise(), box)
    assert found.gap > 1e-4
    assert repr(found).endswith("apart; incomplete: the gap was to be 0.0001 at most")
    assert "incomplete" in found._repr_svg_()


def test_intervals_that_are_too_wide_say_so():
    """No time at all for the boxes: what is known is an interval, for a solution and for a sweep."""
    measure, p = rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.8)
    whole = rb.minimize(measure, p)
    assert "incomplete" not in repr(whole) + whole._repr_html_()
    from dataclasses import replace

    wide = replace(whole, status="time limit", lower_bound=0.1, everywhere=None, attained=None, tolerance=1e-6)
    assert "in [0.1, 0.28]" in repr(wide)
    assert "time limit: incomplete, expected within 1e-06" in repr(wide)
    assert "time limit, incomplete" in wide._repr_html_()
    columns = rb.sweep(measure, [p, p], progress=False)
    assert "incomplete" not in repr(columns)
    status = columns.status.astype(object)
    status[1] = "time limit"
    assert "2 points, 1 incomplete: between lower bound and minimum" in repr(replace(columns, status=status))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "x", None])
def test_times(both, seconds):
    with pytest.raises(rb.errors.ClosedFormError, match="positive number of seconds"):
        rb.closed_form(rb.influence(both, "X", "B"), seconds=seconds)


def test_domains(both):
    c = rb.influence(both, "X", "B")
    pr, noise = rb.boxes.pr(), rb.boxes.pr().visibility(0)
    wrong = {
        "unknown": "signaling",
        "expected 'nonsignaling'": 5,
        "a sequence of behaviors": pr,
        "0 behaviors span no slice": [],
        "1 behaviors span no slice": [pr],
        "2 behaviors span no slice": [pr, pr],
        "irrational": [noise, rb.boxes.tsirelson()],
        "found str": ["a", "b"],
        "of floats": [noise, rb.Behavior(pr.p)],
    }
    for match, domain in wrong.items():
        with pytest.raises(rb.errors.MeasureError, match=match):
            rb.closed_form(c, domain)
    with pytest.raises(rb.errors.BehaviorError, match="X has 3 values"):
        rb.closed_form(c, [pr, rb.boxes.i3322(1)])
    with pytest.raises(rb.errors.MeasureError, match="not a Bell scenario"):
        rb.closed_form(rb.average_causal_effect(rb.instrumental(), "A", "B"), "nonsignaling")


def test_a_slice_that_the_model_cannot_reproduce():
    signaling = np.zeros((2, 2, 2, 2), dtype=int)
    other = signaling.copy()
    for x, y in np.ndindex(2, 2):
        signaling[y, 0, x, y] = other[y, 1, x, y] = 1  # A = Y
    c = rb.influence(rb.input_signaling(), "X", "B")
    with pytest.raises(rb.errors.InfeasibleError, match="no behavior of the domain"):
        rb.closed_form(c, [rb.Behavior(signaling), rb.Behavior(other)])


def test_measures(both):
    for measure in (rb.message_entropy(rb.message()), rb.mutual_information(rb.measurement_dependence())):
        with pytest.raises(rb.errors.MeasureError, match="not piecewise linear"):
            rb.closed_form(measure)
    with pytest.raises(rb.errors.MeasureError, match="found int"):
        rb.closed_form(5)
    rows = np.random.default_rng(0).normal(size=(2, both.strategies.count))
    with pytest.raises(rb.errors.MeasureError, match="exact numbers"):
        rb.closed_form(rb.measure(both, rows))


def test_symbols(both):
    here, there = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    c, positive = sympy.Symbol("c"), sympy.Symbol("c", positive=True)
    with pytest.raises(rb.errors.MeasureError, match="symbol c of a budget is the name of another variable"):
        rb.closed_form(here, subject_to=[here <= c, there <= positive])
    with pytest.raises(rb.errors.MeasureError, match="symbol t of a budget"):
        rb.closed_form(here, [rb.boxes.pr(), rb.boxes.pr().visibility(0)], [there <= sympy.Symbol("t")])
    with pytest.raises(rb.errors.MeasureError, match="symbolic, expected a number"):
        rb.minimize(here, rb.boxes.pr(), [there <= c])


def test_without_ppl(both, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **keywords):
        if name == "ppl":
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    for attempt in (lambda: rb.closed_form(rb.influence(both, "X", "B")), both.inequalities):
        with pytest.raises(rb.errors.ClosedFormError, match=r'pip install -e "\.\[polytopes\]"'):
            attempt()
