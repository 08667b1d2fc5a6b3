"""What is known when the time is over: rigorous bounds (weak duality), shares of sweeps, labels of what was not sought.

HiGHS is stopped by its number of iterations, and the clock is replaced: no test waits.
"""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.lp.clock import LowerBound, TimeLimitError
from relaxbell.lp.highs import LiveModel, StoppedError
from tests.clock import replaced


def box(inputs, outputs, v=Fraction(1)):
    """Return v · [a + b = xy mod 2] + noise; outcomes beyond two occur at random: non-signaling for any cardinality."""
    (x, y), (a, b) = inputs, outputs
    table = np.full((a, b, x, y), (1 - v) * Fraction(1, a * b), dtype=object)
    for i, j, k in np.ndindex(x, y, 2):
        table[k, (i * j - k) % 2, i, j] += v / 2
    return rb.Behavior(table)


def stop_after(monkeypatch, iterations):
    """Let HiGHS be stopped after so many iterations, as by the clock."""
    run = LiveModel.run

    def stopped(self, seconds=None):
        self.limit(iterations)
        status = run(self, seconds)
        if status.name == "OTHER" and seconds is None:
            raise StoppedError(self._current_duals())
        return status

    monkeypatch.setattr(LiveModel, "run", stopped)


def bound_of(late, measure):
    assert isinstance(late.partial, LowerBound)
    assert late.partial.measure == measure.name
    return late.partial.lower_bound


def cases():
    for inputs, outputs in (((2, 3), (3, 2)), ((3, 2), (2, 2))):
        relaxed = rb.bell(inputs, outputs).relax("X -> B")
        yield rb.influence(relaxed, "X", "B"), box(inputs, outputs, Fraction(9, 10))
        model = rb.measurement_dependence(inputs, outputs)
        yield rb.hall_dependence(model), box(inputs, outputs, Fraction(9, 10))
        yield rb.dependence(model), box(inputs, outputs, Fraction(9, 10))


@pytest.mark.parametrize(("measure", "p"), list(cases()), ids=lambda v: getattr(v, "name", None))
def test_a_stopped_solver_leaves_a_rigorous_bound(monkeypatch, measure, p):
    least = float(rb.minimize(measure, p).value)  # weak duality: no multipliers give more
    found = []
    for iterations in (0, 5, 25, 100, 300, 600):
        with monkeypatch.context() as patch:
            stop_after(patch, iterations)
            try:
                found.append(rb.minimize(measure, p, seconds=1000).lower_bound)
            except TimeLimitError as late:
                found.append(bound_of(late, measure))
    assert all(0 <= bound <= least + 1e-12 for bound in found)
    assert max(found) > 0


def test_no_time_at_all_leaves_what_holds_of_every_model(monkeypatch):
    replaced(monkeypatch, 10.0)
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    for measure, bound in ((rb.influence(model, "X", "B"), 0), (-rb.average_causal_effect(model, "X", "B"), -1)):
        with pytest.raises(TimeLimitError) as late:
            rb.minimize(measure, box((2, 3), (3, 2)), seconds=5)
        assert late.value.partial == LowerBound(measure.name, bound)
        assert f"It is at least {bound} by then (rigorous)." in str(late.value)
    for measure in (rb.mutual_information(rb.measurement_dependence()), rb.message_entropy(rb.message())):
        with pytest.raises(TimeLimitError) as late:
            rb.minimize(measure, rb.boxes.pr(), seconds=5)
        assert late.value.partial == LowerBound(measure.name, 0.0)
    network = rb.nonbilocality(rb.star(3))
    with pytest.raises(TimeLimitError) as late:
        rb.minimize(network, _star_noise(network), seconds=5)
    assert late.value.partial == LowerBound(network.name, 0.0)


def _star_noise(measure):
    model = measure.model
    outcomes = math.prod(model.observed_shape[: len(model.outputs)])
    return rb.Behavior(np.full(model.observed_shape, 1 / outcomes), model.outputs, model.inputs)


def late_from(monkeypatch, number):
    """Let the time be over at the given run of HiGHS and from then on, on a clock that stands still before."""
    clock, run, runs = replaced(monkeypatch, 0.0), LiveModel.run, [0]

    def counted(self, seconds=None):
        runs[0] += 1
        if runs[0] >= number:
            clock.now = 1e9
        return run(self, seconds)

    monkeypatch.setattr(LiveModel, "run", counted)


def test_a_curve_has_no_bound_of_one_parameter(monkeypatch):
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    c, p = rb.influence(model, "X", "B"), box((2, 3), (3, 2))
    stop_after(monkeypatch, 1)
    with pytest.raises(TimeLimitError, match="at least 0 by then") as late:
        rb.curve(c, p, p.white_noise(), seconds=1000)
    assert late.value.partial == LowerBound(c.name, 0)


def test_critical_visibilities_are_bounded_by_then(monkeypatch):
    p = box((2, 3), (3, 2))
    critical = rb.critical_visibility(rb.bell((2, 3), (3, 2)), p)
    seen = set()
    for number in range(1, 9):
        with monkeypatch.context() as patch:
            late_from(patch, number)
            try:
                assert rb.critical_visibility(rb.bell((2, 3), (3, 2)), p, seconds=100) == critical
            except TimeLimitError as late:
                seen.add((getattr(late.partial, "lower_bound", 0), late.partial.upper_bound))
    assert seen
    assert all(0 <= low <= critical <= top <= 1 for low, top in seen)


def test_tradeoffs_scans_and_ranges_keep_a_limit(monkeypatch):
    both = rb.bell((2, 3), (2, 2)).relax("X -> B", "Y -> A")
    one, other = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    network = rb.nonbilocality(rb.bilocality())
    p = rb.boxes.entanglement_swapping(Fraction(4, 5))
    whole = rb.scan(network, p, points=5)
    partial = []
    tasks = (
        lambda: rb.tradeoff(one, other, box((2, 3), (2, 2)), seconds=5),
        lambda: rb.scan(network, p, points=5, seconds=5),
        lambda: rb.marginal_ranges(network.model, p, seconds=5),
    )
    for number, task in itertools.product((1, 2, 3, 4, 19, 21, 24), tasks):
        with monkeypatch.context() as patch:
            late_from(patch, number)
            try:
                task()
            except TimeLimitError as late:
                partial.append(late.partial)
    scans = [found for found in partial if isinstance(found, rb.classes.Scan)]
    assert scans
    assert all(not found.complete and "incomplete" in repr(found) for found in scans)
    assert all((found.values == whole.values[: len(found.values)]).all() for found in scans)
    assert LowerBound(one.name, 0) in partial
    assert {} in partial


@pytest.mark.parametrize("seconds", [np.int64(1000), np.float32(1000), Fraction(2000, 2), math.inf])
def test_every_real_number_is_a_time_limit(seconds):
    model = rb.instrumental()
    p = rb.Behavior(np.full((2, 2, 2), Fraction(1, 4), dtype=object), outputs="A B", inputs="Z")
    ace = rb.average_causal_effect(model, "A", "B")
    assert tuple(rb.bounds(ace, p, seconds=seconds)) == (-0.5, 0.5)
    assert len(rb.closed_form(ace, seconds=seconds).terms) == 8
    assert len(rb.bell().inequalities(seconds=seconds).facets) == 8
    assert (
        rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.5), seconds=seconds).value
        < 1e-6
    )
    assert rb.critical_visibility(rb.bell(), rb.boxes.pr(), seconds=seconds) == Fraction(1, 2)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, -math.inf, "3", True, [1], 1j])
def test_what_is_no_time_limit_is_refused_in_the_same_words(seconds):
    ace = rb.average_causal_effect(rb.instrumental(), "A", "B")
    words = "seconds is .*, expected a positive number of seconds; infinity is no limit"
    c, pr = rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr()
    swap = rb.boxes.entanglement_swapping(0.5)
    for task in (
        lambda: rb.minimize(c, pr, seconds=seconds),
        lambda: rb.sweep(c, [pr], seconds=seconds),
        lambda: rb.curve(c, pr.white_noise(), pr, seconds=seconds),
        lambda: rb.critical_visibility(rb.bell(), pr, seconds=seconds),
        lambda: rb.minimize(rb.nonbilocality(rb.bilocality()), swap, seconds=seconds),
        lambda: rb.scan(rb.nonbilocality(rb.bilocality()), swap, seconds=seconds),
    ):
        with pytest.raises(rb.errors.MeasureError, match=words):
            task()
    for task in (
        lambda: rb.closed_form(ace, seconds=seconds),
        lambda: rb.dual_vertices(ace, seconds=seconds),
        lambda: rb.bell().inequalities(seconds=seconds),
    ):
        with pytest.raises(rb.errors.ClosedFormError, match=words):
            task()


def test_an_exact_value_that_was_not_sought_to_the_end_says_so(monkeypatch):
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    c, p = rb.influence(model, "X", "B"), box((2, 3), (3, 2), Fraction(9, 10))
    whole = rb.minimize(c, p)
    assert whole.exact is not None
    assert "exact" not in whole.statistics
    late_after_floats(monkeypatch)
    found = rb.minimize(replace(c), p, seconds=100)  # a measure that remembers nothing
    assert found.exact is None
    assert found.statistics["exact"] == "not sought to the end: time limit"
    assert "exact        not sought to the end: time limit" in repr(found)
    assert "not sought to the end: time limit" in found._repr_html_()
    assert found.lower_bound <= float(whole.value) <= found.value + 1e-12


def late_after_floats(monkeypatch):
    """Let the time be over when a first solver in floating point is done."""
    clock, run = replaced(monkeypatch, 0.0), LiveModel.run

    def last(self, seconds=None):
        status = run(self, seconds)
        clock.now = 1e9
        return status

    monkeypatch.setattr(LiveModel, "run", last)
    monkeypatch.setattr("relaxbell.engines.linear.over.is_hard", lambda problem: False)


def test_a_trivial_closed_form_says_so(monkeypatch):
    pytest.importorskip("ppl")
    c = rb.influence(rb.bell((2, 3), (2, 2)).relax("X -> B"), "X", "B")
    said = set()
    for readings in (5, 20, 80):
        with monkeypatch.context() as patch:
            replaced(patch, 1.0)
            try:
                rb.closed_form(c, seconds=readings)
            except rb.errors.ClosedFormError as late:
                said.add((str(late), late.partial))
    partial = [(text, form) for text, form in said if form is not None and form.terms]
    assert partial
    for text, form in partial:
        trivial = not any(any(term.form[1:]) for term in form.terms)
        assert ("everywhere so far" in text) == trivial
        assert "gave 1 terms" not in text
    assert any("gave 1 term, 0 everywhere so far, and" in text for text, _ in partial)


def test_symmetries_of_a_network_take_a_share_only(monkeypatch):
    from relaxbell.engines.sources.symmetry import symmetries
    from relaxbell.lp.clock import deadline, passed

    network = rb.nonbilocality(rb.star(3))
    table = _star_noise(network).rounded(network.model).table
    replaced(monkeypatch, 1.0)
    with deadline(40, "symmetries"):
        assert symmetries(network.model, network.products[0], table, exact=True) == [[], [], []]
        assert not passed()
