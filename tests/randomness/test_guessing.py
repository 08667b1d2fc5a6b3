"""The adversary's linear program against closed forms, an independent program over extreme boxes, and proofs."""

import functools
import json
from fractions import Fraction

import numpy as np
import pytest
from attacks import changed
from extreme_boxes import extreme_boxes
from scipy.optimize import linprog

import relaxbell as rb
from relaxbell.errors import BehaviorError, CertificateError, InfeasibleError, MeasureError

AT = {"X": 0, "Y": 0}
CHSH = rb.catalog.CHSH
QUARTER = Fraction(1, 4)


def observed(s):
    return rb.Observed([(CHSH, s)])


# --------------------------------------------------- closed forms: docs/theorems.rst, "Guessing"


def by_dependence(s, e):
    return min(Fraction(1), Fraction(3, 2) - s / 4 + e)


def by_bound(s, low):
    other = Fraction(1, 2) + (4 - s) * (1 - 3 * low) / (4 * low)
    return min(Fraction(1), Fraction(3, 2) - s / 4 + 2 * (QUARTER - low), other)


@pytest.mark.parametrize(
    ("s", "e"),
    [(4, 0), (4, Fraction(1, 2)), (Fraction(13, 4), Fraction(1, 7)), pytest.param(2, 0, marks=pytest.mark.slow)],
)
def test_the_closed_form_with_dependence(s, e):
    """At the corners of its pieces, between which the value is concave; and at one point inside."""
    assert observed(s).guessing("A", AT, dependence=e).exact == by_dependence(Fraction(s), e)


@pytest.mark.parametrize("low", [Fraction(1, 4), Fraction(2, 9), pytest.param(Fraction(1, 20), marks=pytest.mark.slow)])
def test_the_closed_form_with_a_lower_bound(low):
    """At the corners of its pieces in S, and in the middle of the steep one."""
    for s in (Fraction(4), 4 - low, 4 - 2 * low, 4 - 8 * low):
        if s >= 2:
            assert observed(s).guessing("A", AT, lower=low).exact == by_bound(s, low)


def test_the_bound_of_the_theorem_holds_for_every_mixture_of_tables_and_boxes():
    """Its inequality π₀₀ m − Σ π δ ≤ π₀₀ − min π, with m ≤ Σ δ, at all extreme boxes and random tables."""
    rng = np.random.default_rng(3)
    for box in extreme_boxes():
        m = abs(box[0, :, 0, 0].sum() - box[1, :, 0, 0].sum())
        delta = np.array([[(1 - (SIGNS[:, :, x, y] * box[:, :, x, y]).sum()) / 2 for y in (0, 1)] for x in (0, 1)])
        assert m <= delta.sum() + 1e-15
        for table in rng.dirichlet([1] * 4, size=20).reshape(20, 2, 2):
            assert table[0, 0] * m - (table * delta).sum() <= table[0, 0] - table.min() + 1e-12
            assert table[0, 0] * m <= table.max() / table.min() * (table * delta).sum() + 1e-12


# -------------------------------------- an independent program: a λ for each extreme box, M by its definition


SIGNS = np.array([[[[(-1) ** (a + b + x * y) for y in (0, 1)] for x in (0, 1)] for b in (0, 1)] for a in (0, 1)])


def by_extreme_boxes(table, settings, at, *, e=None, low=None, high=None):
    """The largest chance to guess a; w[i, x, y] = p(box i, x, y), then s ≥ |w − p Σ w| where M is limited."""
    boxes, p = np.array(list(extreme_boxes())), np.asarray(settings, float).ravel()
    n = len(boxes)
    w = 4 * n
    eye = np.eye(4)
    total = np.kron(np.eye(n), np.ones((4, 4)))
    cost = np.zeros(2 * w)
    for i, box in enumerate(boxes):
        cost[4 * i + 2 * at[0] + at[1]] = -box[:, :, at[0], at[1]].sum(axis=1).max() / p[2 * at[0] + at[1]]
    equal = np.zeros((20, 2 * w))
    for k, (a, b, x, y) in enumerate(np.ndindex(2, 2, 2, 2)):
        equal[k, 2 * x + y : w : 4] = boxes[:, a, b, x, y]
    equal[16:, :w] = np.tile(eye, n)
    right = np.concatenate([(table * np.reshape(p, (2, 2))).ravel(), p])
    parts, limits = [], []
    gap = np.eye(w) - np.tile(p, n)[:, None] * total
    for sign in (1, -1):
        parts.append(np.hstack([sign * gap, -np.eye(w)]))
        limits.append(np.zeros(w))
    if e is not None:
        parts.append(np.concatenate([np.zeros(w), np.ones(w)])[None])
        limits.append([e])
    else:
        parts, limits = parts[:0], limits[:0]
    for bound, sign in ((low, 1), (high, -1)):
        if bound is not None:
            parts.append(np.hstack([sign * (bound * total - np.eye(w)), np.zeros((w, w))]))
            limits.append(np.zeros(w))
    found = linprog(
        cost, A_ub=np.vstack(parts) if parts else None, b_ub=np.concatenate(limits) if parts else None,
        A_eq=equal, b_eq=right, method="highs",
    )  # fmt: skip
    return -found.fun


BUDGETS = [
    {"dependence": Fraction(1, 20)}, {"lower": Fraction(1, 10)}, {"upper": Fraction(2, 5)},
    {"lower": Fraction(1, 9), "upper": Fraction(3, 8), "dependence": Fraction(1, 10)},
]  # fmt: skip


@pytest.mark.parametrize("budgets", BUDGETS)
@pytest.mark.parametrize("settings", [pytest.param(None, marks=pytest.mark.slow), [["3/8", "1/4"], ["1/8", "1/4"]]])
def test_against_a_program_over_extreme_boxes(budgets, settings):
    """A box with biased marginals, uniform and correlated settings, guessed at (1, 0)."""
    table = rb.boxes.pr().visibility(Fraction(4, 5)).mix(rb.Behavior(next(extreme_boxes())).rounded(), Fraction(9, 10))
    p = np.full((2, 2), QUARTER) if settings is None else np.array([[Fraction(v) for v in row] for row in settings])
    found = table.guessing("A", {"X": 1, "Y": 0}, settings=p, **budgets)
    names = {"dependence": "e", "lower": "low", "upper": "high"}
    own = {names[k]: float(v) for k, v in budgets.items()}
    assert float(found.exact) == pytest.approx(by_extreme_boxes(table.p, p.astype(float), (1, 0), **own), abs=1e-9)


# --------------------------------------------------------------------------- the strategy


@pytest.mark.parametrize(
    ("box", "outputs", "at", "options"),
    [
        (rb.boxes.tsirelson(), "A", AT, {"dependence": Fraction(1, 10), "lower": Fraction(1, 5)}),
        pytest.param(
            rb.boxes.ghz(), "A C", {"X": 0, "Y": 1, "Z": 0}, {"lower": Fraction(1, 10)}, marks=pytest.mark.slow
        ),
        (rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]), "B", AT, {"upper": Fraction(2, 5)}),
        (
            rb.boxes.pr().visibility(Fraction(3, 4)),
            "B",
            AT,
            {"signaling": {"X -> B": Fraction(1, 10), "Y -> A": Fraction(1, 20)}},
        ),
        (rb.boxes.tsirelson(), "A", AT, {"settings": {"X": [0.5, 0.5], "Y": [1, 0]}, "dependence": 0.1}),
    ],
)
def test_the_strategy_attains_the_bound_within_the_budgets(box, outputs, at, options):
    found = box.guessing(outputs, at, **options)
    places = [found.observed.outputs.index(name) for name in found.outputs]
    setting = tuple(found.at[name] for name in found.observed.inputs)
    joint = sum(own.weight * (own.box.exact * own.settings) for own in found.strategy)
    assert (joint == found.observed.exact * found.settings).all()
    right, cost = Fraction(0), Fraction(0)
    for own in found.strategy:
        chance = sum(
            (own.box.exact[(*outcome, *setting)] for outcome in np.ndindex(*own.box.exact.shape[: len(own.box.outputs)])
             if tuple(outcome[i] for i in places) == own.guess), Fraction(0),
        )  # fmt: skip
        right += own.weight * own.settings[setting] * chance / found.settings[setting]
        cost += own.weight * sum(abs(v) for v in (own.settings - found.settings).ravel())
        occurring = own.settings[found.settings > 0]
        assert occurring.min() >= found.limits.get("lower", 0)
        assert occurring.max() <= found.limits.get("upper", 1)
        if "signaling" not in options:
            own.box.check_nonsignaling()
    assert right == found.bound
    assert cost <= found.limits.get("M", 0) or "M" not in found.limits
    if box.scenario.shape == (2, 2, 2, 2):
        bobs = [(own.weight, own.box.exact.sum(axis=0)) for own in found.strategy]
        assert sum(abs(w * (b[:, 0] - b[:, 1])).max() for w, b in bobs) <= found.limits.get("X -> B", 0)


def test_signaling_that_explains_everything_leaves_nothing():
    """With C(X -> B) = (S − 2)/4 data are explained (Chaves et al., arXiv:1411.4648): each outcome is predicted."""
    box = rb.boxes.pr()
    assert box.guessing("A", AT, signaling={"X -> B": Fraction(1, 2)}).exact == 1
    assert box.guessing("A", AT, signaling={"X -> B": Fraction(1, 4)}).exact < 1
    assert box.guessing("A", AT).min_entropy == 1


def test_floats_are_rounded_and_have_no_exact_value():
    p = rb.Behavior(rb.boxes.tsirelson().p)
    found = p.guessing("A", AT, dependence=0.1)
    assert found.exact is None
    assert found.value == pytest.approx(1.6 - np.sqrt(0.5), abs=1e-9)
    assert found.observed.exact is not None
    signaling = rb.Behavior(np.where(np.arange(2)[:, None, None, None] == 0, 0.51, 0.49) * np.full((2, 2, 2, 2), 0.5))
    assert signaling.guessing("A", AT, signaling={"X -> B": 0.2}).value == 1


def test_an_entropy_is_rounded_down():
    for v in (Fraction(4, 5), Fraction(9, 10), Fraction(1)):
        found = rb.boxes.pr().visibility(v).guessing("A", AT)
        assert 2.0**-found.min_entropy >= float(found.bound) - 1e-16
        assert found.min_entropy == pytest.approx(-np.log2(float(found.bound)), abs=1e-14)


# -------------------------------------------------------------------------- certificates


@functools.cache
def found_for_certificates():
    return rb.boxes.tsirelson().guessing(
        "A", AT, dependence=Fraction(1, 40), lower=Fraction(1, 5), signaling={"X -> B": Fraction(1, 100)}
    )


def test_the_certificate_says_what_is_proved():
    found = found_for_certificates()
    text = found.certificate.verify()
    assert "M <= 1/40, p(settings|lambda) >= 1/5, signaling X -> B <= 1/100, at X=0, Y=0 guesses A" in text
    loaded = json.loads(found.certificate.to_json())
    assert rb.classes.Certificate(loaded).verify() == text
    assert found.certificate.digests == (rb.data_digest(rb.bell(), rb.boxes.tsirelson()),)
    assert "extreme table" in found.certificate.to_latex()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("claim", "upper_bound"), "4/5"), (("measure", "limits", "M"), "1/5"), (("measure", "limits", "M"), "-1"),
        (("measure", "limits", "lower"), "1/10"), (("measure", "limits", "lower"), "1/3"), (("measure", "at"), [1, 0]),
        (("measure", "at"), [2, 0]), (("measure", "outputs"), ["X"]),
        (("measure", "edges"), ["Y -> A"]), (("measure", "edges"), ["X -> B", "X -> B"]),
        (("measure", "limits", "X -> B"), "1/10"), (("proof", "boxes", 0), []), (("proof", "boxes"), []),
        (("proof", "budgets", 0), "-1"), (("proof", "z", 0), "5"), (("observed", "behavior"), ["1/4"] * 16),
        (("model", "input_distribution"), ["1/2", "1/6", "1/6", "1/6"]), (("measure", "limits", "K"), "1"),
        (("proof", "boxes", 0), [[0, "1"], [0, "1"]]), (("constraints",), [1]), (("strategies",), []),
    ],
)  # fmt: skip
def test_what_was_changed_is_refused(path, value):
    data = found_for_certificates().certificate.data
    with pytest.raises(CertificateError):
        rb.classes.Certificate(changed(data, path, value)).verify()


# --------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("C", AT), {}, BehaviorError, "guessed are C, expected some of A, B"),
        (("A", {"X": 0}), {}, BehaviorError, "expected a value of each input: X, Y"),
        (("A", {"X": 2, "Y": 0}), {}, BehaviorError, "X"),
        (("A", AT), {"settings": {"X": [0, 1], "Y": [1, 0]}}, BehaviorError, "have probability 0"),
        (("A", AT), {"lower": 0.3}, MeasureError, "the bound 3/10 .* cannot hold"),
        (("A", AT), {"upper": Fraction(1, 5)}, MeasureError, "Expected at least that"),
        (("A", AT), {"dependence": -0.1}, MeasureError, "the budget dependence is -1/10"),
        (("A", AT), {"lower": rb.boxes.tsirelson().exact[0, 0, 0, 0] - 1}, MeasureError, "the budget lower is"),
        (("A", AT), {"signaling": {"A -> B": 0.1}}, MeasureError, "no edge from an input to an output"),
    ],
)
def test_errors(arguments, options, error, message):
    with pytest.raises(error, match=message):
        rb.boxes.tsirelson().guessing(*arguments, **options)


def test_what_no_adversary_shows():
    with pytest.raises(InfeasibleError, match="no no-signaling adversary"):
        observed(4.5).guessing("A", AT)
    signaling = np.zeros((2, 2, 2, 2), dtype=int)
    signaling[0, 0, 0] = signaling[0, 1, 1] = 1
    with pytest.raises(InfeasibleError, match="Check that the data do not signal"):
        rb.Behavior(signaling).guessing("A", AT)
    assert rb.Behavior(signaling).guessing("A", AT, signaling={"X -> B": 1}).exact == 1


@pytest.mark.slow
def test_larger_scenarios():
    """Chained boxes with v = 1 tell nothing to a non-signaling adversary as they are extreme (Barrett et al.)."""
    box = rb.boxes.i3322(1)
    assert box.guessing("A", AT, lower=Fraction(1, 12)).exact == Fraction(1, 2)
    three = rb.boxes.cglmp(3).guessing("A B", AT, dependence=Fraction(1, 20))
    assert three.certificate.verify().endswith(f"probability <= {three.bound}")


@pytest.mark.parametrize(
    ("s", "high", "chance"),
    [
        (Fraction(13, 5), 0.26, 0.91),
        (3, 0.26, 0.7954545454545454),
        (3.5, 0.26, 0.6477272727272727),
        (3.5, 0.3, 0.875),
        (3.5, Fraction(1, 3), 1),
    ],
)
def test_upper_bounds(s, high, chance):
    """Found with one λ for each extreme box and four weights of settings, in floats."""
    assert float(observed(s).guessing("A", AT, upper=high).exact) == pytest.approx(chance, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("edges", [["X -> B"], ["X -> B", "X -> C"]])
def test_no_budget_for_signaling_is_no_signaling(edges):
    """With three parties, too: the other outcomes may not vary jointly either."""
    box, at = rb.boxes.ghz(), {"X": 0, "Y": 0, "Z": 0}
    assert box.guessing("B C", at, signaling=dict.fromkeys(edges, 0)).exact == box.guessing("B C", at).exact
    found = box.guessing("B C", at, signaling=dict.fromkeys(edges, Fraction(1, 20)))
    assert box.guessing("B C", at).exact < found.exact < 1
    assert f"signaling {edges[0]} <= 1/20" in found.certificate.verify()


@pytest.mark.parametrize("e", [Fraction(1, 5), Fraction(1, 3)])
def test_signaling_of_a_pr_box(e):
    """1/2 + e: a local box that loses at one setting hears x with probability 2e, for 1/2 of which a variation is."""
    assert rb.boxes.pr().guessing("A", AT, signaling={"X -> B": e}).exact == Fraction(1, 2) + e


@pytest.mark.slow
def test_signaling_with_two_and_three_settings_and_three_and_two_outcomes():
    wide = rb.Behavior(np.array(rb.boxes.i3322(1).exact)[:, :, :2])
    assert wide.guessing("B", AT, signaling={"X -> B": Fraction(1, 10)}).exact == Fraction(3, 5)
    box = rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]).rounded()
    values = [box.guessing("A", AT, signaling={"X -> B": e}).exact for e in (0, Fraction(1, 20), Fraction(1, 2))]
    assert values == sorted(values)
    assert values[0] == box.guessing("A", AT).exact
    assert box.guessing("A B", AT, signaling={"Y -> A": Fraction(1, 20)}).certificate.verify()


@pytest.mark.slow
def test_three_parties_with_dependence_have_certificates():
    """Thousands of tables and guesses, a setting that never occurs; the strategy attains the bound, in fractions."""
    e, mermin, settings = Fraction(1, 100), rb.catalog.mermin(3), np.full((2, 2, 2), Fraction(1, 7), dtype=object)
    settings[1, 1, 1] = Fraction(0)
    found = rb.Observed([(mermin, 4)]).guessing("A B C", {"X": 0, "Y": 1, "Z": 1}, settings=settings, dependence=e)
    chance, spent, value = Fraction(0), Fraction(0), Fraction(0)
    for own in found.strategy:
        spent += own.weight * abs(own.settings - settings).sum()
        chance += own.weight * own.settings[0, 1, 1] * own.box.exact[(*own.guess, 0, 1, 1)] * 7
        value += own.weight * np.sum(mermin.coefficients * own.box.exact * own.settings) * 7
    assert (value, chance) == (4, found.exact)
    assert spent <= e
    assert found.certificate.verify().endswith(f"with probability <= {found.exact}")
