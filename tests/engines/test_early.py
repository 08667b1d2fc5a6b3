"""Bounds of those who are stopped at once: inequalities that hold of local behaviors, weak duality."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.engines.early import violated
from relaxbell.engines.linear.priced.master import Master
from relaxbell.lp.clock import LowerBound, time_is_over
from relaxbell.lp.highs import LiveModel

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]


def angles(m, n, v=1.0, seed=1):
    one, other = np.random.default_rng(seed).uniform(0, 2 * np.pi, max(m, n) * 2).reshape(2, -1)
    return rb.Behavior((1 + SIGNS * v * np.cos(one[:m, None] - other[None, :n])) / 4)


def hidden(p, inputs, outputs):
    """Add settings and outcomes that say nothing: the last outcomes never occur, further settings answer at random."""
    (x, y), (a, b) = inputs, outputs
    table = np.full((a, b, x, y), Fraction(1, a * b), dtype=object)
    table[:, :, :2, :2] = 0
    table[:2, :2, :2, :2] = p.table
    for i, j in np.ndindex(x, y):  # marginals as at the others
        if i >= 2 or j >= 2:
            one = table[:, :, min(i, 1), 0].sum(axis=1) if i < 2 else np.array([Fraction(1, a)] * a)
            other = table[:, :, 0, min(j, 1)].sum(axis=0) if j < 2 else np.array([Fraction(1, b)] * b)
            table[:, :, i, j] = one[:, None] * other
    return rb.Behavior(table)


def ghz():
    """Three parties with ⟨ABC⟩ = cos(α_x + β_y + γ_z) and no other correlations, from GHZ states."""
    one, other, third = np.array([0, np.pi / 2]), np.array([-np.pi / 4, np.pi / 4]), np.array([0, 1.0])
    e = np.cos(one[:, None, None] + other[None, :, None] + third)
    signs = np.array([1, -1])
    table = np.einsum("a,b,c->abc", signs, signs, signs)[..., None, None, None] * e
    return rb.Behavior((1 + table) / 8, outputs="A B C", inputs="X Y Z")


@pytest.mark.parametrize(
    ("p", "most"),
    [
        (rb.boxes.pr(), 2),  # CHSH 4, local 2
        (hidden(rb.boxes.pr(), (2, 3), (3, 2)), 2),
        (hidden(rb.boxes.pr(), (3, 2), (2, 3)), 2),
        (rb.boxes.tsirelson(), 2 * 2**0.5 - 2),
        (ghz(), 2**0.5 - 1),  # given one outcome of the third party, which occurs half of the time, Tsirelson's value
        (angles(5, 7), None),
        (rb.boxes.cglmp(3), None),
    ],
    ids=["pr", "pr-3322", "pr-2233", "tsirelson", "ghz", "angles", "cglmp"],
)
def test_inequalities_are_violated_by_the_data_and_by_no_local_behavior(p, most):
    k = len(p.outputs)
    shape = p.p.shape
    model = rb.bell(shape[k:], shape[:k])
    found = violated(model.relax("X -> B").equations(p))
    assert found.most.value == pytest.approx(most, abs=1e-12) if most else found.most.value > 0.1
    settings = [setting for block in found.apart for setting in block.settings]
    assert len(set(settings)) == len(settings) == 4 * len(found.apart)
    every = [found.most.table, *(block.table for block in found.apart), sum(block.table for block in found.apart)]
    for table in every:
        functional = rb.BellFunctional((2 * table).astype(int), p.outputs, p.inputs)
        assert functional.bound(model) <= 0
    for block in (found.most, *found.apart):
        assert (block.table * p.p).sum() == pytest.approx(block.value, abs=1e-12)
        places = np.argwhere((block.table != 0).any(axis=tuple(range(k)))).tolist()
        assert sorted(map(tuple, places)) == sorted(block.settings)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_parties_that_have_no_setting(place):
    """A third outcome that says nothing stands anywhere: Tsirelson's value stays."""
    table = np.stack([rb.boxes.tsirelson().p / 2] * 2, axis=place)
    p = rb.Behavior(table, outputs="A B C", inputs="X Z")
    first, second = (name for i, name in enumerate("ABC") if i != place)
    other = "ABC"[place]
    model = rb.CausalModel(
        f"X -> {first}; Z -> {second}; L -> A; L -> B; L -> C",
        inputs="X Z",
        latent="L",
        cardinality=dict.fromkeys("XZABC", 2),
    )
    assert model.match(p).parties is None
    found = violated(model.relax(f"X -> {other}").equations(p))
    assert found.most.value == pytest.approx(2 * 2**0.5 - 2, abs=1e-12)
    assert rb.BellFunctional((2 * found.most.table).astype(int), p.outputs, p.inputs).bound(model) <= 0


def test_nothing_is_violated_by_what_is_local_and_partial_data_have_none():
    model = rb.input_signaling((2, 3), (3, 2))
    assert violated(model.equations(rb.Behavior(np.full((3, 2, 2, 3), 1 / 6)))) is None
    observed = rb.Observed([(rb.catalog.CHSH, 3)], nonsignaling=True)
    assert violated(rb.input_signaling().equations(observed)) is None


def over(*_arguments, **_options):
    raise time_is_over()


def stopped(measure, p, subject_to=()):
    """Return what is known after no time at all, and the least value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Master, "_warm", over)
        with pytest.raises(rb.errors.TimeLimitError) as late:
            rb.minimize(measure, p, subject_to=subject_to)
    assert isinstance(late.value.partial, LowerBound)
    assert late.value.partial.measure == measure.name
    return late.value.partial.lower_bound, rb.minimize(measure, p, subject_to=subject_to).value


def test_influences_that_were_given_no_time_have_the_bound_of_the_best_inequality():
    p = angles(4, 5)
    most = violated(rb.input_signaling((4, 5)).equations(p)).most.value
    for model, edge in ((rb.input_signaling((4, 5)), "XB"), (rb.bell((4, 5)).relax("Y -> A"), "YA")):
        measure = rb.influence(model, *edge)
        bound, least = stopped(measure, p)
        # CHSH is at most 2 + 2 C(X -> B): Chaves, Kueng, Brask, Gross, Phys. Rev. Lett. 114, 140403 (2015)
        assert most / 4 - 1e-9 <= bound <= least + 1e-12  # C(X -> B) >= (S - 2) / 4, Eq. (7) of arXiv:1411.4648
    measure = rb.influence(rb.outcome_signaling((6, 6)), "A", "B")
    bound, least = stopped(measure, angles(6, 6, 0.72))
    assert 0 < bound <= least + 1e-12


def test_budgets_leave_less():
    model = rb.bell((3, 3)).relax("X -> B", "L -> X", "L -> Y")
    measure, p = rb.influence(model, "X", "B"), angles(3, 3)
    bound, least = stopped(measure, p, [rb.dependence(model) <= 0.02])
    assert 0 < bound <= least + 1e-9


@pytest.mark.parametrize("shape", [(5, 5), (4, 6)])
def test_measures_of_dependence_start_with_a_bound(monkeypatch, shape):
    model, p = rb.measurement_dependence(shape), angles(*shape)
    values = {}
    for kind in (rb.dependence, rb.mutual_information):
        values[kind] = rb.minimize(kind(model), p).value

    monkeypatch.setattr(LiveModel, "run", over)
    monkeypatch.setattr("relaxbell.engines.dependence.information.solve_elastic", over)
    found = {}
    for kind in (rb.dependence, rb.mutual_information, rb.hall_dependence):
        with pytest.raises(rb.errors.TimeLimitError) as stopped:
            rb.minimize(kind(model), p)
        found[kind] = stopped.value.partial.lower_bound
    for kind, least in values.items():
        assert least / 10 < found[kind] <= least + 1e-12
    blocks = violated(model.equations(p))
    assert found[rb.dependence] == pytest.approx(sum(b.value for b in blocks.apart) / np.prod(shape), abs=1e-9)
    # CHSH is at most 2 + 3 M for Hall's M: Phys. Rev. Lett. 105, 250404 (2010)
    assert found[rb.hall_dependence] == pytest.approx(blocks.most.value / 3, abs=1e-9)


def test_dependence_has_a_bound_before_there_is_a_pricer(monkeypatch):
    """Making it may take all the time: without symmetries there is a search for each answer to each setting."""
    from relaxbell.engines.dependence import pricing
    from relaxbell.lp.clock import TimeLimitError

    def late(form, entries):
        raise TimeLimitError("late")

    p = angles(8, 8)
    monkeypatch.setattr(pricing.DependencePricer, "__init__", lambda self, *_: late(*_))
    with pytest.raises(TimeLimitError) as caught:
        rb.minimize(rb.dependence(rb.measurement_dependence((8, 8))), p)
    assert caught.value.partial.measure == "M(X,Y:Λ)"
    assert 0.05 < caught.value.partial.lower_bound < 1


def test_critical_visibilities_start_with_the_best_inequality():
    p = hidden(rb.boxes.pr(), (3, 2), (2, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relaxbell.solve.visibility._generated", over)
        with pytest.raises(rb.errors.TimeLimitError) as late:
            rb.critical_visibility(rb.bell((3, 2), (2, 3)), p)
    known = late.value.partial
    assert "min critical" not in str(late.value)
    assert isinstance(known, rb.classes.Enclosure)
    assert known.lower_bound == 0
    assert rb.critical_visibility(rb.bell((3, 2), (2, 3)), p) <= known.upper_bound < 1


@pytest.mark.parametrize("noise", [rb.boxes.tsirelson(), None])
def test_noise_that_is_the_behavior_is_refused(noise):
    p = rb.boxes.tsirelson() if noise else rb.boxes.tsirelson().white_noise()
    found = "the noise is the behavior itself" if noise else "the behavior is white noise"
    for model in (rb.bell(), rb.input_signaling()):
        with pytest.raises(rb.errors.BehaviorError, match=f"{found}, expected two different behaviors"):
            rb.critical_visibility(model, p, noise=noise)
