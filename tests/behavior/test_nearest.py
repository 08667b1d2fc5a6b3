"""The nearest non-signaling behavior: optimality conditions, an independent program, published tables, float32."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

SCENARIOS = [
    ("A B", "X Y", None, (2, 2, 2, 2)),
    ("A B", "X Y", None, (3, 2, 2, 3)),
    ("A B", "X Y", {"A": "Y", "B": "X"}, (2, 3, 3, 2)),
    ("A B C", "X Y Z", None, (2, 2, 2, 2, 1, 2)),
    ("A B", "X", {"A": None, "B": "X"}, (3, 2, 2)),
]


def signaling(shape, outputs, seed, concentration):
    """Return a random table of three decimals that is normalized."""
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape[:outputs]))
    p = np.moveaxis(rng.dirichlet(np.full(n, concentration), shape[outputs:]), -1, 0)
    thousandths = np.floor(p * 1000).astype(int)
    thousandths[0] += 1000 - thousandths.sum(axis=0)
    return (thousandths.astype(object) * Fraction(1, 1000)).reshape(shape)


@pytest.mark.parametrize("concentration", [3, 0.2])
@pytest.mark.parametrize(("outputs", "inputs", "parties", "shape"), SCENARIOS)
def test_no_behavior_is_nearer(outputs, inputs, parties, shape, concentration):
    """⟨table − p, other − p⟩ ≤ 0 for all others is what makes p the projection: the largest is found by HiGHS."""
    from scipy.optimize import linprog

    box = rb.Behavior(signaling(shape, len(outputs.split()), 1, concentration), outputs, inputs, parties=parties)
    near = box.nearest_nonsignaling()
    assert near.behavior.is_exact
    assert near.behavior.estimated
    assert near.behavior.parties == box.parties
    near.behavior.check_nonsignaling()
    gap = box.table - near.behavior.table
    assert near.squared_distance == (gap * gap).sum()
    assert near.largest_change == abs(gap).max() > 0
    coordinates = box.coordinates
    columns = np.stack([coordinates.expand(row).ravel() for row in np.eye(coordinates.dimension + 1)], axis=1)
    direction = gap.astype(float).ravel()
    free = [(None, None)] * coordinates.dimension
    found = linprog(-direction @ columns[:, 1:], -columns[:, 1:], columns[:, 0], bounds=free)
    largest = direction @ columns[:, 0] - found.fun
    assert largest - direction @ near.behavior.p.ravel() < 1e-9
    if concentration < 1:
        assert (near.behavior.table == 0).any()  # where positivity matters


def test_symmetries_of_the_table_stay():
    """The projection is unique, so that it commutes with relabelings."""
    box = rb.Behavior(signaling((2, 2, 2, 2), 2, 5, 0.3))
    for g in (lambda b: b.relabel("A", [1, 0], {"X": 1}), lambda b: b.relabel("Y", [1, 0])):
        assert (g(box).nearest_nonsignaling().behavior.table == g(box.nearest_nonsignaling().behavior).table).all()


def test_what_does_not_signal_stays():
    near = rb.boxes.tsirelson().nearest_nonsignaling()
    assert near.behavior is not None
    assert (near.behavior.table == rb.boxes.tsirelson().table).all()
    assert (near.distance, near.largest_change, near.within_rounding) == (0.0, 0, None)
    assert not near.behavior.estimated
    floats = rb.Behavior(rb.boxes.pr().p).nearest_nonsignaling()
    assert (floats.behavior.table == rb.boxes.pr().table).all()
    rooted = rb.boxes.tsirelson().table.copy()  # a + b√2, told a little of Bob's setting
    rooted[0, :, 0, 0] += Fraction(1, 100)
    rooted[1, :, 0, 0] -= Fraction(1, 100)
    found = rb.Behavior(rooted).nearest_nonsignaling()
    found.behavior.check_nonsignaling()
    assert found.largest_change < Fraction(1, 100)


def test_published_tables_mean_their_decimals():
    tsirelson = rb.boxes.tsirelson().p.round(3)
    for table in (tsirelson, tsirelson.astype(np.float32), tsirelson.tolist()):
        near = rb.Behavior.from_published(table)
        assert near.rounding == Fraction(1, 2000)
        assert near.within_rounding
        assert near.behavior.probability({"A": 0, "B": 0}, {"X": 0, "Y": 0}) == Fraction(427, 1000)
    thirds = rb.Behavior.from_published(np.full((3, 2), 0.333), "A", "X")
    assert (thirds.behavior.table == Fraction(1, 3)).all()
    assert thirds.largest_change == Fraction(1, 3000)
    assert rb.Behavior.from_published([[0.5, 0.3], [0.5, 0.7]], "A", "X", digits=3).rounding == Fraction(1, 2000)
    near = rb.Behavior.from_published(rb.boxes.cglmp(3).p.round(3))
    assert near.behavior.is_nonsignaling()
    assert near.within_rounding
    told = np.array([[[0.6, 0.4], [0.5, 0.5]], [[0.4, 0.6], [0.5, 0.5]]])[:, :, None, :]  # a depends on y
    far = rb.Behavior.from_published(told.transpose(0, 2, 1, 3) * 1.0, "A B", "X Y")
    assert far.within_rounding is False
    assert "more than the rounding of 0.05" in repr(far)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ([[0.5, 0.3], [0.5, 0.5]], {}, r"p\[:, 1\] sums to 0\.8, expected 1 within 0\.1"),
        ([[0.53, 0.4], [0.5, 0.6]], {}, r"p\[:, 0\] sums to 1\.03, expected 1 within 0\.01"),
        ([[0.5, -0.001], [0.5, 1.001]], {}, r"p\[0, 1\] is -0\.001, expected a probability"),
        ([[1 / 3, 0.5], [2 / 3, 0.5]], {}, "which has more decimals, expected at most 15"),
        ([[0.333, 0.5], [0.667, 0.5]], {"digits": 2}, "which has 3 decimals, expected at most 2"),
        ([[0.333, 0.5], [0.667, 0.5]], {"digits": 0}, "digits is 0, expected how many decimals are printed"),
        ([[0.333, 0.5], [0.667, 0.5]], {"digits": True}, "digits is True"),
        ([[0.333, 0.5], [0.667, 0.5]], {"outputs": "A B"}, "expected 3"),
        ([[0.5, np.nan], [0.5, 0.5]], {}, "is nan, expected a finite probability"),
        ([[0.5, "x"], [0.5, 0.5]], {}, "not a table of numbers"),
        ([[[0.5]], [[0.5]]], {"outputs": "A B"}, "which party chooses which input"),
        (np.ma.array([[0.5, 0.5], [0.5, 0.5]], mask=np.eye(2)), {}, "masked"),
    ],
)
def test_wrong_published_tables(table, options, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Behavior.from_published(table, **{"outputs": "A", "inputs": "X"} | options)


def test_float32_is_read_within_its_digits():
    exact = rb.boxes.tsirelson().p
    box = rb.Behavior(exact.astype(np.float32))
    assert box.tolerance == 1e-6
    assert box.is_nonsignaling()
    for made in (box.visibility(0.5), box.relabel("X", [1, 0]), box.rename({"A": "C"}), rb.boxes.pr().mix(box, 0.5)):
        assert made.tolerance == 1e-6
        made.check_nonsignaling()
    model = rb.bell().relax("X -> B")
    c = rb.influence(model, "X", "B")
    assert rb.minimize(c, box).value == pytest.approx(np.sqrt(0.5) - 0.5, abs=1e-6)
    told = exact.astype(np.float32)  # signals by 3e-8, a last place
    told[:, :, 0, 1] = exact[:, :, 0, 1].astype(np.float32) + np.array([[1, -1], [0, 0]], dtype=np.float32) * 2**-25
    found = rb.sweep(c, [box, rb.Behavior(exact), rb.Behavior(told)], progress=False)
    assert found.values == pytest.approx([np.sqrt(0.5) - 0.5] * 3, abs=1e-6)
    assert rb.minimize(c, rb.Behavior(told)).value == pytest.approx(np.sqrt(0.5) - 0.5, abs=1e-6)
    assert rb.Behavior(exact).tolerance == 1e-9
    assert rb.boxes.pr().tolerance == 0
    wrong = exact.astype(np.float32)
    wrong[0, 0, 0, 0] += np.float32(3e-6)
    with pytest.raises(rb.errors.BehaviorError, match="expected 1 within 1e-6"):
        rb.Behavior(wrong)
    with pytest.raises(rb.errors.BehaviorError, match=r"within 1e-9.*from_published"):
        rb.Behavior(wrong.astype(float))
