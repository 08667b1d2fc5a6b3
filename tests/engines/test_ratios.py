"""Quotients of queries against the linear program of Charnes and Cooper, written out, and published numbers."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

import relaxbell as rb
from relaxbell.errors import InfeasibleError, MeasureError

LIPID = rb.Behavior(np.array([[[919, 315], [0, 139]], [[81, 73], [0, 473]]]) * Fraction(1, 1000), "B A", "Z")
TWO = rb.Behavior(np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10), "B A", "Z")
LATE = "LATE(Z -> A -> B)"
THIRDS = [Fraction(1, 3), Fraction(2, 3)]


def ends(model, text, p, subject_to=()):
    found = rb.bounds(rb.query(model, text), p, subject_to)
    return tuple(Fraction(str(own)) for own in (found.minimum.exact, -found.maximum.exact))


def charnes_cooper(query, p, budgets=()):
    """Both ends in floats: variables s q and s, with denominator · (s q) = 1."""
    model = query.model
    above, below = (part.blocks[0].array.toarray()[0] for part in (query.numerator, query.denominator))
    T, n = model.T.toarray(), model.strategies.count
    equal = np.vstack([np.hstack([T, -model.match(p).p.reshape(-1, 1)]), np.append(below, 0)])
    limits = [np.append(b.measure.blocks[0].array.toarray()[0], -float(b.limit)) for b in budgets] or None
    found = []
    for sign in (1, -1):
        cost, right = np.append(sign * above, 0), np.append(np.zeros(len(T)), 1)
        zero = None if limits is None else np.zeros(len(limits))
        answer = linprog(cost, limits, zero, equal, right, [(0, None)] * (n + 1), method="highs")
        found.append(sign * answer.fun)
    return found


def test_published_numbers():
    """LATE is Wald's ratio where nobody is treated at z = 0, whatever p(z); the others were found by hand."""
    iv = rb.instrumental()
    assert ends(iv, LATE, LIPID) == (Fraction(155, 204),) * 2
    for weight in (Fraction(1, 2), Fraction(1, 4)):
        own = rb.instrumental(input_distribution=[1 - weight, weight])
        assert ends(own, "ETT(A -> B)", LIPID) == (Fraction(155, 204),) * 2
    assert ends(iv, "ETU(A -> B)", LIPID) == (Fraction(319, 1388), Fraction(1095, 1388))
    assert ends(own, "ETU(A -> B)", LIPID) == (Fraction(1103, 3388), Fraction(2655, 3388))
    assert ends(own, "ETT(A -> B)", TWO) == (Fraction(-1, 8), Fraction(5, 8))


@pytest.mark.parametrize(
    ("limit", "low", "high"),
    [(0, "1/2", "1/2"), ("1/100", "19/41", "21/41"), ("1/20", "1/3", "5/9"), ("1/10", "1/5", "3/5"), (1, "1/5", "2/3")],
)
def test_late_with_few_defiers(limit, low, high):
    iv = rb.instrumental()
    few = rb.assumption(iv, "no defiers", at_most=Fraction(limit))
    assert ends(iv, LATE, TWO, [few]) == (Fraction(low), Fraction(high))


CASES = [
    (rb.instrumental((3,), (3, 2)), ["LATE(Z -> A=2 vs 0 -> B)", "ETT(A=2 vs 1 -> B)", "p{B(A=1)=1 | A != 1, B=0}"]),
    (rb.instrumental((2,), (2, 3), input_distribution=THIRDS), ["PN(A -> B=2)", "E[B(A=0) | A=1]"]),
    (rb.bell((2, 1, 2), (2, 2, 2)).relax("X -> B"), ["p{B(X=1)=1 | A=1, C=0}"]),
]  # fmt: skip


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("model", "texts"), CASES, ids=["Z3 A3", "B3", "three parties"])
def test_both_ends_are_those_of_charnes_and_cooper(model, texts, seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 2, model.strategies.count) * rng.integers(1, 9, model.strategies.count)
    table = (model.T.toarray().astype(int) @ weights).reshape(model.observed_shape) * Fraction(1, int(weights.sum()))
    p = rb.Behavior(table, model.outputs, model.inputs, parties=model.parties)
    for text in texts:
        query = rb.query(model, text)
        found = rb.bounds(query, p)
        assert list(found) == pytest.approx(charnes_cooper(query, p), abs=1e-9)
        assert found.minimum.exact is not None
        assert query.value(found.minimum.q) == pytest.approx(found.lower, abs=1e-12)  # attained where it has a value


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_floats_have_rigorous_ends(seed):
    iv = rb.instrumental((3,), (2, 2))
    p = rb.Behavior((iv.T @ np.random.default_rng(seed).dirichlet(np.ones(32))).reshape(2, 2, 3), "A B", "Z")
    for text in (LATE, "ETU(A -> B)", "PN(A -> B)"):
        query, few = rb.query(iv, text), [rb.query(iv, "defiers(Z -> A)") <= 0.2]
        found = rb.bounds(query, p, few)
        assert list(found) == pytest.approx(charnes_cooper(query, p, few), abs=1e-7)
        assert found.lower_bound <= found.lower
        assert found.upper <= found.upper_bound
        assert found.minimum.statistics["gap"] < 1e-7


def test_the_certificate_is_of_numerator_minus_level_times_denominator():
    iv = rb.instrumental()
    solution = rb.minimize(rb.query(iv, "ETU(A -> B)"), LIPID)
    assert solution.level == Fraction(319, 1388)
    assert solution.certificate.claim.endswith("minimum = 0")
    assert rb.data_digest(iv, LIPID) in solution.certificate.claim
    rows = solution.measure.above(solution.level)
    assert rows.value(np.full(16, 1 / 16)) == pytest.approx(0 - 319 / 1388 / 2)  # ETU 0, p(A=0) = 1/2
    assert solution.condition == Fraction(919 + 81 + 315 + 73, 2000)  # observed


def test_conditions_of_probability_zero_are_refused():
    iv, nobody = rb.instrumental(), np.array([[[5, 5], [0, 0]], [[5, 5], [0, 0]]]) * Fraction(1, 10)
    p = rb.Behavior(nobody, "B A", "Z")
    with pytest.raises(InfeasibleError, match=r"p\{A=1\} is 0 in every model"):
        rb.bounds(rb.query(iv, "p{B=1 | A=1}"), p)
    with pytest.raises(InfeasibleError, match="is 0 in every model"):
        rb.minimize(rb.query(iv, LATE), p)
    with pytest.raises(MeasureError, match="has no value at this q"):
        rb.query(iv, LATE).value(np.eye(16)[0])
    with pytest.raises(InfeasibleError, match="reproduces"):
        rb.bounds(rb.query(iv, LATE), TWO, [rb.assumption(iv, "decreasing(Z -> A)")])


def test_algebra_of_quotients():
    iv = rb.instrumental()
    late, chance = rb.query(iv, LATE), rb.query(iv, "p{B(A=1)=1}")
    assert rb.minimize(-late, TWO).exact == -Fraction(2, 3)
    assert list(rb.bounds(late / 2 * 4, TWO)) == pytest.approx([2 / 5, 4 / 3])
    limited = rb.bounds(rb.query(iv, "ACE(A -> B)"), TWO, [late <= Fraction(1, 4), -late <= Fraction(-1, 4)])
    assert rb.bounds(late, TWO, [late <= Fraction(1, 4)]).upper == 0.25
    assert limited.lower >= 0
    assert (rb.query(iv, "p{B=1, A=1}") / rb.query(iv, "p{A=1}")).name == "p{B=1, A=1} / p{A=1}"
    for wrong, message in (
        (lambda: late + chance, "quotient of two linear queries"),
        (lambda: rb.maximum(late, chance), "quotient of two linear queries"),
        (lambda: rb.curve(late, TWO.white_noise(), TWO), "not convex"),
        (lambda: chance / (chance - chance), "can be negative|division"),
        (lambda: chance / rb.query(iv, "ACE(A -> B)"), "can be negative"),
        (lambda: late / 0, "division by 0"),
        (lambda: chance / rb.influence(iv, "A", "B"), "not linear in q"),
        (lambda: late.statement(), "certificate"),
        (lambda: rb.minimize(late, TWO, solver="magic"), "solver"),
    ):
        with pytest.raises(MeasureError, match=message):
            wrong()


def test_points_of_a_sweep(tmp_path):
    iv = rb.instrumental()
    one = -(rb.query(iv, "p{B=1, A=1}") / rb.query(iv, "p{A=1}"))
    for _ in range(2):  # solved, then read
        again = rb.sweep(one, [TWO], checkpoint=tmp_path / "points", progress=False)
        assert again.values.tolist() == [-0.7]
    made = one.recipe().made(rb.instrumental())
    assert (made.name, made.plain) == (one.name, one.plain)
    found = rb.sweep(rb.query(iv, LATE), [TWO, LIPID], progress=False)
    assert found.values.tolist() == pytest.approx([1 / 5, 155 / 204])


def test_curves_over_a_budget_are_exact():
    """At most e defiers: LATE of the two-sided example is between (1/5 − e) / (2/5 + e) and (1/5 + e) / (2/5 + e)."""
    iv = rb.instrumental()
    late, defiers = rb.query(iv, LATE), rb.assumption(iv, "no defiers").measure
    low, high = rb.tradeoff(late, defiers, TWO), rb.tradeoff(-late, defiers, TWO)
    assert low.is_exact
    assert (low.domain, high.domain) == ((0, Fraction(1, 10)), (0, Fraction(1, 5)))
    for e in (Fraction(0), Fraction(1, 100), Fraction(1, 20), Fraction(1, 10)):
        assert low.value(e) == (Fraction(1, 5) - e) / (Fraction(2, 5) + e) == low.lower_bound(e)
        assert -high.value(e) == (Fraction(1, 5) + e) / (Fraction(2, 5) + e)
    assert low.crossing(Fraction(1, 3)) == Fraction(1, 20)
    assert low.crossing(Fraction(1, 10)) is None
    assert low.value([0.0, 0.3])[0] == 0.5
    assert np.isnan(low.value(0.3))
    assert "(-e + 1/5) / (e + 2/5)" in repr(low)
    assert low.marks == [(0, Fraction(1, 2)), (Fraction(1, 10), Fraction(1, 5))]
    with pytest.raises(rb.errors.CertificateError, match="single budgets"):
        low.certificate  # noqa: B018 - the property raises
    with pytest.raises(MeasureError, match="is 0 in every model"):
        rb.tradeoff(late, rb.query(iv, "compliers(Z -> A)"), TWO.white_noise())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_pieces_are_the_least_values(seed):
    """At eleven budgets each, against single programs; some curves have several pieces."""
    iv, rng = rb.instrumental((3,)), np.random.default_rng(seed)
    weights = rng.integers(0, 9, 32) * rng.integers(0, 2, 32)
    table = (iv.T.toarray().astype(int) @ weights).reshape(2, 2, 3) * Fraction(1, int(weights.sum()))
    p, harmless = rb.Behavior(table, "A B", "Z"), rb.assumption(iv, "monotone(A -> B)").measure
    for text in ("PN(A -> B)", "p{B(A=1)=1 | A(Z=2)=1, A(Z=0)=0}"):
        for query in (rb.query(iv, text), -rb.query(iv, text)):
            line = rb.tradeoff(query, harmless, p)
            assert line.is_exact
            (low, high), previous = line.domain, None
            for k in range(11):
                t = low + (high - low) * Fraction(k, 10)
                value = line.value(t)
                assert value == rb.minimize(query, p, [harmless <= t]).attained
                assert previous is None or value <= previous
                previous = value


def test_formulas_of_quotients_are_proved():
    pytest.importorskip("ppl")
    iv = rb.instrumental()
    late, granted = rb.query(iv, LATE), [rb.assumption(iv, "no defiers")]
    wald = rb.closed_bounds(late, subject_to=granted).lower
    assert rb.prove(late, wald, subject_to=granted).status == "proved"
    assert rb.prove(late, wald + 1, subject_to=granted).status == "refuted"


@pytest.mark.parametrize("p", [TWO, rb.Behavior(TWO.table.astype(float), "B A", "Z")], ids=["exact", "floats"])
def test_quotient_that_grows_without_limit_has_no_end(p):
    # no defiers is possible, and B(A=1) = 1 is not impossible: near no defiers the quotient is as large as one likes
    quotient = rb.query(rb.instrumental(), "p{B(A=1)=1} / p{A(Z=1)=0, A(Z=0)=1}")
    with pytest.raises(InfeasibleError, match=r"max .* does not exist: the denominator .* 0 .* positive numerator"):
        rb.minimize(-quotient, p)
    assert rb.minimize(quotient, p).value == pytest.approx(7 / 3)


def test_names_of_negatives():
    query = rb.query(rb.instrumental(), "-p{B=1}")
    assert (-query).name == "-(-p{B=1})"
    assert (-rb.query(rb.instrumental(), "p{B=1 | A=1}")).name == "-p{B=1 | A=1}"
