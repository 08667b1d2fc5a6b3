"""Counts whose axes nobody named: a table in the order x, y, a, b is noticed, and counts in order are not doubted."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.behavior.axis_order import check_axis_order, signaling_evidence

WEIHS = [
    [[[1683, 1100], [1728, 179]], [[418, 269], [313, 1636]]],
    [[[361, 156], [351, 1143]], [[1578, 1386], [1978, 294]]],
]


def seen(behavior, trials, rng):
    """Return simulated counts [a, b, x, y] with settings chosen at random, each at least once."""
    p = behavior.p
    table = np.zeros(p.shape, dtype=int)
    settings = np.maximum(rng.multinomial(trials, np.ones(p[0, 0].size) / p[0, 0].size), 1).reshape(p.shape[2:])
    for place in np.ndindex(*p.shape[2:]):
        own = np.maximum(p[(..., *place)], 0)
        table[(..., *place)] = rng.multinomial(settings[place], own.ravel() / own.sum()).reshape(own.shape)
    return table


def local_box(rng, shape, count):
    """Return a mixture of a few deterministic local behaviors."""
    p = np.zeros(shape)
    for weight in rng.dirichlet(np.ones(count)):
        a, b = rng.integers(0, shape[0], shape[2]), rng.integers(0, shape[1], shape[3])
        for x, y in itertools.product(range(shape[2]), range(shape[3])):
            p[a[x], b[y], x, y] += weight
    return rb.Behavior(p / p.sum(axis=(0, 1)), "A B", "X Y")


@pytest.mark.parametrize("name", [name for name in rb.data_sets() if rb.load_counts(name).parties])
def test_published_experiments_in_both_orders(name):
    """Each has axes a, b, x, y as shipped; its transpose is named before it is called local."""
    table = rb.load_counts(name).table
    rb.Counts(table)
    turned = table.transpose(2, 3, 0, 1)
    with pytest.raises(rb.errors.CountsError, match=r"x, y, a, b, give table.transpose\(2, 3, 0, 1\)"):
        rb.Counts(turned)
    assert (rb.Counts(turned.transpose(2, 3, 0, 1)).table == table).all()
    assert (rb.Counts(turned, "A B", "X Y").table == turned).all()  # who names the axes knows them
    assert (rb.Counts(turned, parties={"A": "X", "B": "Y"}).table == turned).all()


def test_an_experiment_that_signals_slightly_is_still_recognized():
    """Weihs et al., PRL 81, 5039 (1998), coincidences as tabulated by R. D. Gill: both orders signal, one absurdly."""
    table = np.array(WEIHS)
    assert table.sum() == 14_573
    assert math.log(1000) < signaling_evidence(table) < math.log(10**15)
    rb.Counts(table)
    with pytest.raises(rb.errors.CountsError, match="signals absurdly"):
        rb.Counts(table.transpose(2, 3, 0, 1))


@pytest.mark.parametrize("shape", [(2, 2, 2, 2), (3, 2, 2, 3), (2, 2, 3, 3), (3, 3, 2, 2)])
@pytest.mark.parametrize("trials", [10, 40, 300, 100_000])
def test_local_counts_are_not_doubted(shape, trials):
    """Without signaling the evidence exceeds 1000 with a probability below 1/1000, for any number of trials."""
    rng = np.random.default_rng(trials)
    for _ in range(25):
        box = local_box(rng, shape, int(rng.choice([1, 3, 20]))).visibility(float(rng.random()))
        table = seen(box, trials, rng)
        assert (rb.Counts(table).table == table).all()


def test_the_evidence_is_an_e_value():
    """Its expectation without signaling is at most one: summed over all data of a few trials, exactly."""
    for p in (Fraction(1, 2), Fraction(1, 5)):
        total = 0.0
        for ones in itertools.product(range(4), repeat=2):  # how often b = 1 in three trials at each of x = 0, 1
            table = np.zeros((1, 2, 2, 1), dtype=int)
            for x, n in enumerate(ones):
                table[0, :, x, 0] = 3 - n, n
            weight = math.prod(math.comb(3, n) * p**n * (1 - p) ** (3 - n) for n in ones)
            # the party without a choice of outcomes contributes 1 to the mean of two
            total += float(weight) * (2 * math.exp(signaling_evidence(table)) - 1)
        assert 0 < total <= 1


def test_the_evidence_of_two_groups():
    """∫ p^7 q^1 · ∫ p^2 q^9 over the best common likelihood (9/19)^9 (10/19)^10; beta integrals."""
    table = np.array([[7, 2], [1, 9]]).reshape(1, 2, 2, 1)  # b seen (7, 1) times at x = 0, (2, 9) times at x = 1
    apart = Fraction(1, 9 * math.comb(8, 1)) * Fraction(1, 12 * math.comb(11, 2))
    together = Fraction(9, 19) ** 9 * Fraction(10, 19) ** 10
    assert math.exp(signaling_evidence(table)) == pytest.approx((1 + float(apart / together)) / 2, rel=1e-12)


def test_any_number_of_trials():
    table = np.rint(rb.boxes.tsirelson().p * 2**57).astype(np.int64)
    assert signaling_evidence(table) < 0
    rb.Counts(table)
    with pytest.raises(rb.errors.CountsError, match="signals absurdly"):
        rb.Counts(table.transpose(2, 3, 0, 1))


def test_counts_that_signal_in_both_orders_are_taken_as_they_are():
    told = np.zeros((2, 2, 2, 2), dtype=int)
    told[:, 0, 0], told[:, 1, 1] = 50, 50  # b = x
    check_axis_order(told + 3)
    counts = rb.Counts(told + 3)
    assert (counts.inputs, counts.notes) == (("X", "Y"), ())
    assert (counts.table == told + 3).all()


def test_perfect_correlations_with_inputs_first():
    """A PR box read as x, y, a, b leaves a setting without trials; so does a missing setting, without that remedy."""
    box = (rb.boxes.pr().p * 50).astype(int)
    same = np.zeros((2, 2, 2, 2), dtype=int)
    same[0, 0], same[1, 1] = 20, 20
    rb.Counts(box)
    with pytest.raises(rb.errors.CountsError, match=r"no trials with X=0, Y=1.*If the axes are x, y, a, b"):
        rb.Counts(same.transpose(2, 3, 0, 1))
    alone = np.zeros((2, 2, 2, 2), dtype=int)
    alone[0, 0, 0], alone[0, 0, 1, 1] = 20, 20
    with pytest.raises(
        rb.errors.CountsError, match=r"no trials with X=1, Y=0\. Remove this setting or add its counts\.$"
    ):
        rb.Counts(alone)
