"""Queries whose districts data tell apart: identified effects and linear programs, exactly."""

from fractions import Fraction

import numpy as np
import pytest
from sympy import Rational

import relaxbell as rb

CELLS = [[[919, 315], [81, 73]], [[0, 139], [0, 473]]]
LIPID = np.array([[[Fraction(n, 1000) for n in z] for z in b] for b in CELLS])  # A, B, Z


def random_table(shape, seed):
    numbers = np.random.default_rng(seed).integers(1, 20, size=shape)
    return numbers * Fraction(1, int(numbers.sum()))


def ends(query, p, subject_to=()):
    found = rb.bounds(query, p, subject_to)
    assert found.minimum.kind == found.maximum.kind == "exact"
    return found.minimum.exact, -found.maximum.exact


def rational(number):
    return Rational(number.numerator, number.denominator)


def backdoor(c=3, x=2, y=3):
    graph = "C -> X -> Y; C -> Y; UC -> C; UX -> X; UY -> Y"
    return rb.CausalModel(graph, "", "UC UX UY", {"C": c, "X": x, "Y": y})


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_an_observed_confounder_is_adjusted_for(seed):
    model, table = backdoor(), random_table((3, 2, 3), seed)
    p = rb.Behavior(table, outputs="C X Y", inputs="")
    given = [[[table[c, x, y] / table[c, x].sum() for y in range(3)] for x in range(2)] for c in range(3)]
    effect = sum(table[c].sum() * (given[c][1][2] - given[c][0][2]) for c in range(3))  # Pearl's adjustment
    query = rb.average_causal_effect(model, "X", "Y", outcome=2)
    assert ends(query, p) == (rational(effect), rational(effect))
    treated = sum(table[c, 1].sum() * (given[c][1][2] - given[c][0][2]) for c in range(3)) / table[:, 1].sum()
    assert ends(rb.query(model, "ETT(X -> Y=2)"), p) == (rational(treated),) * 2
    both = rb.query(model, "p{Y(X=1) = 2, Y(X=0) != 2}")  # Fréchet, for each value of C: the coupling is not observed
    low = sum(table[c].sum() * max(Fraction(0), given[c][1][2] - given[c][0][2]) for c in range(3))
    high = sum(table[c].sum() * min(given[c][1][2], 1 - given[c][0][2]) for c in range(3))
    assert ends(both, p) == (rational(low), rational(high))


def test_the_front_door_formula():
    model = rb.CausalModel("X -> M -> Y; U -> X; U -> Y; V -> M", "", "U V", {"X": 2, "M": 3, "Y": 2})
    table = random_table((2, 3, 2), 5)
    p = rb.Behavior(table, outputs="X M Y", inputs="")

    def done(x):
        total = Fraction(0)
        for m in range(3):
            total += (
                table[x, m].sum()
                / table[x].sum()
                * sum(table[w, m, 1] / table[w, m].sum() * table[w].sum() for w in range(2))
            )
        return total

    effect = rational(done(1) - done(0))  # Pearl, Biometrika 82, 669 (1995)
    assert ends(rb.query(model, "ACE(X -> Y)"), p) == (effect, effect)
    wide = rb.bounds(rb.query(model.shared(), "ACE(X -> Y)"), p)
    assert wide.upper - wide.lower > 0.5  # a shared source says much less


@pytest.mark.slow
def test_an_instrument_with_noise_of_its_own_is_conditioned_on():
    model = rb.CausalModel("Z -> A -> B; L -> A; L -> B; W -> Z", "", "L W", {"Z": 2, "A": 2, "B": 2})
    quarter = np.array([Fraction(3, 4), Fraction(1, 4)])
    p = rb.Behavior(LIPID * quarter, outputs="A B Z", inputs="")
    assert ends(rb.average_causal_effect(model, "A", "B"), p) == (Rational(49, 125), Rational(39, 50))
    assert ends(rb.query(model, "LATE(Z -> A -> B)"), p) == (Rational(155, 204),) * 2
    own = rb.instrumental(input_distribution=quarter.tolist())
    free = rb.bounds(rb.query(own, "ETU(A -> B)"), rb.Behavior(LIPID, outputs="A B", inputs="Z"))
    assert ends(rb.query(model, "ETU(A -> B)"), p) == (free.minimum.exact, -free.maximum.exact)
    limits = [rb.query(model, "p{B(A=1)=1}") <= Fraction(3, 4), rb.assumption(model, "no defiers(Z -> A)")]
    inside = [rb.query(own, "p{B(A=1)=1}") <= Fraction(3, 4), rb.assumption(own, "no defiers")]
    free = rb.bounds(rb.query(own, "ACE(A -> B)"), rb.Behavior(LIPID, outputs="A B", inputs="Z"), inside)
    assert ends(rb.query(model, "ACE(A -> B)"), p, limits) == (free.minimum.exact, -free.maximum.exact)


def test_floats_are_read_as_data_with_rounding():
    model, table = backdoor(2, 2, 2), random_table((2, 2, 2), 3)
    exact = rb.minimize(rb.query(model, "ACE(X -> Y)"), rb.Behavior(table, outputs="C X Y", inputs=""))
    found = rb.minimize(rb.query(model, "ACE(X -> Y)"), rb.Behavior(table.astype(float), outputs="C X Y", inputs=""))
    assert found.exact is None
    assert abs(found.value - exact.value) < 1e-12
    assert found.statistics["distance"] < 1e-12


def test_empty_cells_of_floats_identify_nothing():
    """p(y|x, m) is not seen where (x, m) never happens: rounding is no chance."""
    model = rb.CausalModel("X -> Y; M -> Y; U -> X; U -> M; V -> Y", "", "U V", {"X": 2, "M": 2, "Y": 2})
    table = np.array([[[1, 0], [3, 0]], [[3, 4], [1, 0]]]) * Fraction(1, 12)  # Y, X, M; never X = M = 1
    query = rb.query(model, "p{Y(X=1, M=1) = 1}")
    for own in (table, table.astype(float)):
        found = rb.bounds(query, rb.Behavior(own, outputs="Y X M", inputs=""))
        assert (found.lower, found.upper) == (0, 1)
        assert found.upper_bound - found.lower_bound == pytest.approx(1)


def test_hidden_nodes_of_one_value_hide_nothing():
    """Y never varies, so S is seen with all that it responds to."""
    sizes = {"X": 3, "M": 2, "Y": 1, "S": 2}
    model = rb.CausalModel("X -> M; X -> Y -> S; U -> X; U -> Y; V -> M; V -> S", "", "U V", sizes, hidden="Y")
    table = random_table((2, 2, 3), 0)
    table = table.sum(axis=2)[..., None] * table.sum(axis=(0, 1)) * Fraction(1)  # (M, S) does not depend on X
    p = rb.Behavior(table, outputs="M S X", inputs="")
    assert ends(rb.query(model, "p{S(Y=0) = 1, M(X=2) = 1}"), p) == (rational(table.sum(axis=2)[1, 1]),) * 2


def test_what_no_model_makes_is_named():
    chain = rb.CausalModel("X -> Y -> S; U -> X; V -> Y; W -> S", "", "U V W", {"X": 2, "Y": 2, "S": 2})
    p = rb.Behavior(random_table((2, 2, 2), 1), outputs="X Y S", inputs="")
    with pytest.raises(rb.errors.InfeasibleError, match="seen of S"):  # X and S are not independent given Y
        rb.bounds(rb.query(chain, "ACE(X -> S)"), p)
    iv = rb.CausalModel("Z -> A -> B; L -> A; L -> B; W -> Z", "", "L W", {"Z": 2, "A": 2, "B": 2})
    table = np.full((2, 2, 2), Fraction(0))
    table[0, 0, 0] = table[0, 1, 1] = Fraction(1, 2)  # against Pearl's inequality
    with pytest.raises(rb.errors.InfeasibleError, match="seen of A, B"):
        rb.minimize(rb.query(iv, "ACE(A -> B)"), rb.Behavior(table, outputs="A B Z", inputs=""))


@pytest.mark.slow
def test_what_cannot_be_done_says_what_can():
    iv = rb.CausalModel("Z -> A -> B; L -> A; L -> B; W -> Z", "", "L W", {"Z": 2, "A": 2, "B": 2})
    effect = rb.query(iv, "ACE(A -> B)")
    p = rb.Behavior(LIPID / 2, outputs="A B Z", inputs="")
    for asked in (
        lambda: rb.closed_bounds(effect),
        lambda: rb.tradeoff(effect, effect, p),
        lambda: rb.tradeoff(effect, rb.query(iv, "defiers(Z -> A)"), p),
        lambda: effect.expression,
        lambda: rb.curve(effect, p, p.white_noise()),
    ):
        with pytest.raises(rb.errors.MeasureError, match=r"sweep"):
            asked()
    with pytest.raises(rb.errors.MeasureError, match="one model instance"):
        rb.bounds(effect, p, [rb.query(rb.instrumental(), "p{A=1}") <= 1])
    with pytest.raises(rb.errors.MeasureError, match="not a constraint"):
        rb.bounds(effect, p, [3])
    with pytest.raises(rb.errors.MeasureError, match="tolerance"):
        rb.minimize(effect, p, tolerance=0)
    assert rb.minimize(-(2 * effect - effect / 2), p).exact == -Rational(3, 2) * Rational(39, 50)


def test_quotient_without_end_is_not_given_one():
    # an instrument with noise of its own: no defiers is possible, so the largest quotient by their share is infinite
    model = rb.CausalModel("Z -> X -> Y; U -> X; U -> Y; V -> Z", "", "U V", {"X": 2, "Y": 2, "Z": 2})
    table = (
        np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10) * np.array([Fraction(1, 3), Fraction(2, 3)])
    )
    p = rb.Behavior(table, outputs="Y X Z", inputs="")
    quotient = rb.query(model, "p{Y(X=1)=1} / p{X(Z=1)=0, X(Z=0)=1}")
    with pytest.raises(rb.errors.InfeasibleError, match=r"max .* does not exist"):
        rb.minimize(-quotient, p)
    given = rb.Behavior(table / table.sum(axis=(0, 1)), outputs="Y X", inputs="Z")
    shared = rb.CausalModel("Z -> X -> Y; U -> X; U -> Y", "Z", "U", {"X": 2, "Y": 2, "Z": 2})
    same = rb.query(shared, "p{Y(X=1)=1} / p{X(Z=1)=0, X(Z=0)=1}")
    assert rb.minimize(quotient, p).exact == rb.minimize(same, given).exact  # noise of Z alone changes nothing


def test_largest_value_is_printed_as_such():
    model = rb.CausalModel("C -> X -> Y; C -> Y; UC -> C; UX -> X; UY -> Y", "", "UC UX UY", {"C": 2, "X": 2, "Y": 2})
    p = rb.Behavior(np.array([[[3, 1], [1, 3]], [[1, 1], [4, 2]]]) * Fraction(1, 16), outputs="C X Y", inputs="")
    most = rb.bounds(rb.query(model, "PNS(X -> Y)"), p).maximum
    text = repr(most).splitlines()
    assert text[0].startswith("max PNS(X -> Y) = 13/24 = ")
    assert text[1] == "  upper bound  the same: exact"
    assert text[-1] == "  fields       value, exact and lower_bound are of -PNS(X -> Y)"
