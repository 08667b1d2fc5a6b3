from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import relaxbell as rb
from relaxbell.exact.numbers import surd

HALF = Fraction(1, 2)


def random_behavior(seed, shape=(3, 2, 2, 3), k=2):
    rng = np.random.default_rng(seed)
    outcomes = int(np.prod(shape[:k]))
    return np.moveaxis(rng.dirichlet(np.ones(outcomes), size=shape[k:]), -1, 0).reshape(shape)


def product(seed):
    """p(a|x) p(b|y) with outputs (3, 2) and inputs (2, 3)."""
    rng = np.random.default_rng(seed)
    alice, bob = rng.dirichlet(np.ones(3), size=2).T, rng.dirichlet(np.ones(2), size=3).T
    return alice, bob, rb.Behavior(np.einsum("ax,by->abxy", alice, bob))


@pytest.mark.parametrize(
    ("p", "names", "message"),
    [
        (np.full((2, 2, 2), 0.25), {}, "3 axes"),
        (np.full((2, 2, 2, 2), np.nan), {}, r"p\[0, 0, 0, 0\] is nan"),
        (np.full((2, 2, 2, 2), np.inf), {}, "is inf"),
        (np.full((2, 2, 2, 2), 0.245), {}, r"p\[:, :, 0, 0\] sums to 0.98, expected 1 within 1e-9"),
        (np.array([0.6, 0.6, -0.2])[:, None], {"outputs": "A", "inputs": "X"}, r"p\[2, 0\] is -0.2"),
        (np.full((2, 2), 0.5), {"outputs": "A A", "inputs": ""}, "'A' appears twice"),
        (np.full((2, 2), 0.5), {"outputs": "A", "inputs": "A"}, "'A' appears twice"),
        (np.full((2, 2), 0.5), {"outputs": "1", "inputs": "A"}, "not a variable name"),
        (np.empty((0, 2)), {"outputs": "A", "inputs": "X"}, "no values"),
        ("abc", {}, "not a table of numbers"),
        ([[1, 2], [3]], {}, "not a table of numbers"),
        (np.full((2, 2), 0.5 + 0j), {"outputs": "A", "inputs": "X"}, "complex"),
        ([[HALF, HALF], [HALF, Fraction(1, 3)]], {"outputs": "A", "inputs": "X"}, "sums to 0.8333"),
        (np.full((2, 2), 0.5), {"outputs": "A", "inputs": "X", "parties": {"B": "X"}}, "parties names B"),
        (np.full((2, 2), 0.5), {"outputs": "A", "inputs": "X", "parties": {"A": None}}, "parties assigns"),
    ],
)
def test_bad_tables(p, names, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Behavior(p, **names)


def test_exact_forms():
    r2 = sympy.sqrt(2)
    table = [[(2 + r2) / 4, sympy.Rational(1, 2)], [(2 - r2) / 4, HALF]]
    exact = rb.Behavior(table, "A", "X")
    assert exact.is_exact
    assert exact.exact[0, 0] == surd(HALF, Fraction(1, 4), 2)
    assert rb.Behavior(np.array([[1, 0], [0, 1]]), "A", "X").is_exact
    assert not rb.Behavior([[0.5, 0.5], [0.5, 0.5]], "A", "X").is_exact
    assert exact.visibility(Fraction(1, 3)).is_exact
    assert not exact.visibility(1 / 3).is_exact
    assert exact.visibility(Fraction(1, 3)).exact[0, 1] == HALF


def test_marginals_with_unequal_cardinalities():
    alice, bob, p = product(0)
    assert p.marginal("A").p == pytest.approx(alice)
    assert p.marginal("B").p == pytest.approx(bob)
    assert p.marginal("B", "A").p == pytest.approx(p.p.transpose(1, 0, 2, 3))
    assert p.marginal("A", keep_inputs=True).p.shape == (3, 2, 3)
    with pytest.raises(rb.errors.SignalingError, match="does not reach A"):
        rb.Behavior(random_behavior(1)).marginal("A")


def test_conditioning():
    _, bob, p = product(1)
    assert p.condition({"A": 2}, {"X": 1}).p == pytest.approx(bob)
    assert p.condition({"A": 1}).p == pytest.approx(np.broadcast_to(bob[:, None], (2, 2, 3)))
    with pytest.raises(rb.errors.BehaviorError, match="probability 0"):
        rb.Behavior([[1, 0], [0, 1]], "A", "X").condition({"A": 0})
    with pytest.raises(rb.errors.BehaviorError, match="not an output"):
        p.condition({"X": 0})


def test_probability():
    alice, bob, p = product(2)
    assert p.probability({"A": 2, "B": 1}, {"X": 1, "Y": 2}) == pytest.approx(alice[2, 1] * bob[1, 2])
    assert p.probability({"A": 2}, {"X": 1}) == pytest.approx(alice[2, 1])
    with pytest.raises(rb.errors.BehaviorError, match="depends on X"):
        p.probability({"A": 2})
    with pytest.raises(rb.errors.BehaviorError, match="A = 3 is out of range"):
        p.probability({"A": 3}, {"X": 0})


def test_nonsignaling_names_the_equality():
    assert product(3)[2].is_nonsignaling()
    p = rb.Behavior(random_behavior(3))
    assert not p.is_nonsignaling()
    with pytest.raises(rb.errors.SignalingError, match=r"p\((A|B)=\d\|.*does not reach (A|B)"):
        p.check_nonsignaling()
    shift = Fraction(1, 10**12)
    tiny = [[[[HALF, HALF + shift]], [[0, 0]]], [[[0, 0]], [[HALF, HALF - shift]]]]
    assert not rb.Behavior(tiny).is_nonsignaling()  # exact behaviors are held to exact equality
    three = np.einsum("ax,by,cz->abcxyz", *(np.full((k, m), 1 / k) for k, m in ((2, 3), (3, 2), (2, 2))))
    assert rb.Behavior(three, "A B C", "X Y Z").is_nonsignaling()


def test_parties_without_input():
    p = np.full((2, 4, 2, 2, 2), 1 / 16)
    with pytest.raises(rb.errors.BehaviorError, match="which party chooses which input"):
        rb.Behavior(p, "A B C", "X Z").is_nonsignaling()
    named = rb.Behavior(p, "A B C", "X Z", parties={"A": "X", "B": None, "C": "Z"})
    assert named.is_nonsignaling()
    assert named.marginal("B").inputs == ()


def test_mixing_matches_by_name():
    p = rb.Behavior(random_behavior(4))
    swapped = p.transposed("B A", "Y X")
    assert p.mix(swapped, 0.3).p == pytest.approx(p.p)
    with pytest.raises(rb.errors.BehaviorError, match="weight of a mixture"):
        p.visibility(1.5)
    with pytest.raises(rb.errors.BehaviorError, match="variables do not match"):
        p.mix(p.rename({"A": "Q"}), 0.5)
    with pytest.raises(rb.errors.BehaviorError, match="different cardinalities"):
        p.mix(rb.boxes.pr(), 0.5)
    with pytest.raises(rb.errors.BehaviorError, match="cannot rename 'Q'"):
        p.rename({"Q": "A"})


def test_relabel_and_coarse_grain():
    p = rb.Behavior(random_behavior(5))
    flipped = p.relabel("A", [2, 0, 1], {"X": 1})
    assert flipped.p[2, :, 1] == pytest.approx(p.p[0, :, 1])
    assert flipped.p[:, :, 0] == pytest.approx(p.p[:, :, 0])
    assert p.relabel("Y", [1, 2, 0]).p[..., 1] == pytest.approx(p.p[..., 0])
    assert p.coarse_grain("A", [0, 1, 0]).p[0] == pytest.approx(p.p[0] + p.p[2])
    with pytest.raises(rb.errors.BehaviorError, match="not a permutation"):
        p.relabel("A", [0, 0, 1])
    with pytest.raises(rb.errors.BehaviorError, match="does not map"):
        p.coarse_grain("A", [0, 2, 0])


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(float, (3, 2), elements=st.floats(0, 1)), hnp.arrays(float, (2, 3), elements=st.floats(0, 1)))
def test_rounding_satisfies_every_equality_exactly(left, right):
    alice, bob = (left + 0.001) / (left + 0.001).sum(0), (right + 0.001) / (right + 0.001).sum(0)
    p = rb.Behavior(np.einsum("ax,by->abxy", alice, bob))
    exact = p.rounded(denominator=10**9)
    assert exact.is_exact
    exact.check_nonsignaling()  # exactly: tolerance 0
    assert exact.exact.min() >= 0
    assert abs(exact.p - p.p).max() < 1e-7


def test_rounding_in_the_hull_of_a_model():
    """With X → B Bob's marginal may depend on x; only Alice's equalities are restored."""
    rng = np.random.default_rng(6)
    alice = rng.dirichlet(np.ones(2), size=2).T
    bob = rng.dirichlet(np.ones(2), size=(2, 2, 2))
    p = rb.Behavior(np.einsum("ax,axyb->abxy", alice, bob))
    exact = p.rounded(rb.bell().relax("X -> B"), denominator=10**6)
    marginal = exact.exact.sum(axis=1)
    assert (marginal[:, :, 0] == marginal[:, :, 1]).all()
    with pytest.raises(rb.errors.SignalingError, match="X does not reach B"):
        p.rounded()
    swapped = p.transposed("B A", "Y X").rounded(rb.bell().relax("X -> B"), denominator=10**6)
    assert (swapped.transposed("A B", "X Y").exact == exact.exact).all()


def test_arguments_that_are_none():
    p = rb.boxes.pr()
    for attempt in (
        lambda: p.visibility("a"),
        lambda: p.visibility(None),
        lambda: p.visibility(float("nan")),
        lambda: p.rounded(denominator=0),
        lambda: p.probability({"A": 0.5}),
        lambda: p.condition({"A": "0"}),
        lambda: rb.Observed(3),
        lambda: rb.Observed([(1, 2)]),
        lambda: rb.Observed([rb.catalog.CHSH]),
    ):
        with pytest.raises(rb.errors.BehaviorError, match=r"expected|out of range|is not a list of pairs"):
            attempt()


def test_text_repr():
    assert "1/2" in repr(rb.boxes.pr())
    assert "cardinalities" in repr(rb.Behavior(np.full((2,) * 8, 1 / 16), "A B C D", "X Y Z W"))


def test_frozen():
    with pytest.raises(ValueError, match="read-only"):
        rb.boxes.pr().p[0, 0, 0, 0] = 1


def test_the_order_of_axes_is_named():
    """A table of the Tsirelson point with its inputs first is not normalized, and the error says why."""
    with pytest.raises(rb.errors.BehaviorError, match="axes are outputs first"):
        rb.Behavior(np.full((2, 2, 2), 0.25))
    rng = np.random.default_rng(0)
    first = rng.dirichlet(np.ones(6), (2, 3)).reshape(2, 3, 3, 2)
    with pytest.raises(
        rb.errors.BehaviorError, match=r"normalized over its last axes: axes are outputs first, then inputs"
    ):
        rb.Behavior(first)
    with pytest.raises(rb.errors.BehaviorError, match=r"expected 1 within 1e-9\. Use Counts"):
        rb.Behavior(np.full((3, 2, 2, 3), 0.3))


@pytest.mark.parametrize("number", [0.95, 2, np.float64(0.5), Fraction(1, 2)])
def test_multiples_are_refused_with_the_remedy(number: float) -> None:
    with pytest.raises(rb.errors.BehaviorError, match=r"p\.mix\(p\.white_noise\(\), v\)"):
        number * rb.boxes.pr()
    with pytest.raises(rb.errors.BehaviorError, match=r"p\.mix\(other, v\)"):
        rb.boxes.pr() + rb.boxes.pr()
