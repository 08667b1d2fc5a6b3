"""Exact curves over all marginals of networks, against closed forms and independent programs at points between."""

import copy
from fractions import Fraction

import numpy as np
import pytest
from network_reference import products_of, random_network_behavior
from sympy import Rational, Symbol

import relaxbell as rb
from relaxbell.exact.numbers import surd, to_floats
from relaxbell.verify import Refused, verify

MODEL = rb.bilocality()
BOX = rb.boxes.entanglement_swapping


def swapped(v):
    """Eqs. (54)–(55): the visibilities of two Werner states enter by their product."""
    return BOX(0).exact + (BOX(1).exact - BOX(0).exact) * v**2


@pytest.fixture(scope="module")
def fig_5():
    return rb.curve(rb.nonbilocality(MODEL), swapped, parameter=Symbol("v"))


def test_fig_5_is_proved_for_every_visibility(fig_5):
    """min M_BL = max(0, 2v² − 1) = B² − 1 (paper, after Eq. 60), over all ν."""
    assert fig_5.exact
    assert [(p.intercept, p.slope) for p in fig_5.pieces] == [(0, 0), (-1, 2)]
    assert fig_5.breakpoints == (surd(0, Fraction(1, 2), 2),)
    assert fig_5.value(Fraction(4, 5)) == Fraction(7, 25)
    v = fig_5.to_sympy().free_symbols.pop()
    assert fig_5.to_sympy().subs(v, Rational(9, 10)) == Rational(31, 50)


@pytest.mark.slow
@pytest.mark.parametrize(("v", "w"), [("1", "3/4"), ("9/10", "3/5")])
def test_unequal_visibilities(v, w):
    """2 v w − 1 along t: from t = 1/(2 v w) on."""
    v, w = Fraction(v), Fraction(w)
    line = rb.curve(rb.nonbilocality(MODEL), BOX(0), BOX(v, w))
    assert line.critical == 1 / (2 * v * w)
    assert line.pieces[-1].slope == 2 * v * w
    assert line.value(Fraction(1)) == 2 * v * w - 1


def test_irrational_data_and_parameters():
    """v² = t/√2: 2v² − 1 from t = 1/√2 on, with a decomposition where the value is zero."""
    noise, root = BOX(0).table, surd(0, Fraction(1, 2), 2)
    table = noise + (BOX(1).table - noise) * root
    line = rb.curve(rb.nonbilocality(MODEL), BOX(0), rb.Behavior(table, MODEL.outputs, MODEL.inputs))
    assert line.breakpoints == (root,)
    assert line.value(Fraction(1)) == surd(-1, 1, 2)
    assert "(0, 0), (0 + 1/2*sqrt(2), 0), (1, -1 + 1*sqrt(2))" in line.certificate.verify()


@pytest.mark.parametrize(("inputs", "outputs", "seed", "pieces"), [
    ((2, 1), (2, 3, 3), 2, 3), ((1, 2), (3, 2, 2), 2, 3), ((2, 2), (2, 4, 2), 3, 1),
])  # fmt: skip
def test_noise_on_the_middle_party(inputs, outputs, seed, pieces):
    """Unequal cardinalities: at points that no proof saw, the independent least value on a grid is the same."""
    model = rb.bilocality(inputs, outputs)
    p = random_network_behavior(model, seed)
    noise = np.broadcast_to(p.table.sum(axis=1, keepdims=True) / Fraction(outputs[1]), p.table.shape)
    line = rb.curve(rb.nonbilocality(model), rb.Behavior(noise.copy(), p.outputs, p.inputs), p)
    assert len(line.pieces) == pieces
    held, last = ("A", "C") if "A" in line.proofs[0].left.held else ("C", "A")
    products = products_of(model, [(held,), (last,)])
    for t in (Fraction(1, 7), Fraction(5, 11), Fraction(9, 10)):
        table = to_floats((noise + (p.table - noise) * t).ravel())
        best = products.grid(model.T.toarray(), table, points=21)
        value = float(line.value(t))
        assert value <= best + 1e-9
        mine = line.proofs[[own.right.t >= t for own in line.proofs].index(True)].left.held[held]
        assert products.least(model.T.toarray(), table, [to_floats(mine)]) == pytest.approx(value, abs=1e-9)


def test_fixed_marginals():
    """M_BL(ν) = max(0, 2v² − 1 + (4ν − 1)²) as far as v²/4 ≤ ν: at ν = 1/5 up to v² = 4/5, from 12/25 on."""
    marginal = [Fraction(1, 5), Fraction(3, 10), Fraction(3, 10), Fraction(1, 5)]
    line = rb.curve(rb.nonbilocality(MODEL, {"A": marginal}), BOX(0), BOX(1), parameter="w")
    assert line.domain == (0, Fraction(4, 5))
    assert line.breakpoints == (Fraction(12, 25),)
    assert (line.pieces[1].intercept, line.pieces[1].slope) == (Fraction(-24, 25), 2)
    assert "(12/25, 0), (4/5, 16/25)" in line.certificate.verify()


def test_the_certificate_of_the_whole_curve(fig_5):
    sentence = fig_5.certificate.verify()
    assert sentence.startswith("least values are affine in t between the corners (0, 0), (1/2, 0), (1, 1)")


def test_attacks_on_the_certificate(fig_5):
    good = fig_5.certificate.data
    data = copy.deepcopy(good)  # another piece's proof at one end
    data["pieces"][1][1]["certificate"]["proof"] = good["pieces"][0][0]["certificate"]["proof"]
    with pytest.raises(Refused):
        verify(data)
    data = copy.deepcopy(good)  # a piece that jumps over the kink
    data["pieces"] = [[good["pieces"][0][0], good["pieces"][-1][1]]]
    with pytest.raises(Refused, match="different proofs"):
        verify(data)
    marginal = [Fraction(1, 8), Fraction(3, 8), Fraction(3, 8), Fraction(1, 8)]
    other = rb.minimize(rb.nonbilocality(MODEL, {"A": marginal}), BOX(0))
    data = copy.deepcopy(good)  # attained at white noise as well, but with other marginals than at the other end
    end = data["pieces"][0][0]["certificate"]
    end["strategies"] = [[n, str(w)] for n, w in sorted(other.primal.items()) if w]
    with pytest.raises(Refused, match="different marginals"):
        verify(data)


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: rb.curve(rb.nonbilocality(MODEL), BOX(0.0), BOX(0.9)), rb.errors.MeasureError, "exact behaviors"),
        (lambda: rb.curve(rb.nonbilocality(MODEL), BOX(0), BOX(0)), rb.errors.BehaviorError, "same behavior"),
        (lambda: rb.curve(rb.nonbilocality(MODEL), BOX(0), BOX(1), [MODEL.q[0] <= 1]),
         rb.errors.MeasureError, "constraints"),
        (lambda: rb.curve(rb.nonbilocality(MODEL, {"A": [0.5, 0, 0.5, 0]}), BOX(0), BOX(1)),
         rb.errors.InfeasibleError, "requires"),
    ],
)  # fmt: skip
def test_errors(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()


def test_a_plot_and_floats(fig_5):
    assert np.isnan(fig_5.value(1.5))
    assert fig_5.value(0.9) == pytest.approx(0.62)
