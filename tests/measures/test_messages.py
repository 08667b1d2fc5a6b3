"""Messages of more than two values: least entropy between certified cuts, and the mean number of bits."""

import copy
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from matrix import data

import relaxbell as rb
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.measures.messages import message_combination
from relaxbell.verify import Refused, verify


def one_way(settings, values, **options):
    """Alice's setting alone is encoded: M sees X only."""
    edges = "X -> A; Y -> B; X -> M; M -> B; L -> A; L -> B; L -> M"
    sizes = {"X": settings, "Y": 2, "A": 2, "B": 2, "M": values}
    return rb.CausalModel(edges, "X Y", "L", sizes, hidden="M", **options)


@pytest.fixture(scope="module")
def biased():
    chances = {"X": [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], "Y": [Fraction(1, 2)] * 2}
    return one_way(3, 3, input_distribution=chances)


@pytest.mark.parametrize(
    ("box", "expected"),
    [pytest.param(rb.boxes.pr(), 1.0, marks=pytest.mark.slow), (rb.boxes.tsirelson(), 0.7359159380345965)],
)
def test_a_third_value_is_of_no_use_for_two_settings(box, expected):
    """The likeliest value has at most 1 − CH, and two values reach that: h(CH), Eq. (9) of arXiv:1411.4648."""
    solution = rb.minimize(rb.message_entropy(rb.message(alphabet=3)), box)
    assert solution.lower_bound <= expected <= solution.value + 1e-12
    assert solution.value - solution.lower_bound < 1e-9
    assert solution.measure.value(solution.q) == pytest.approx(solution.value, abs=1e-12)


def which_setting(values):
    """Bob says whether x = y: with y = 0, 1 he must know x of three."""
    table = np.zeros((2, 2, 3, 2), dtype=int)
    for x, y in np.ndindex(3, 2):
        table[0, int(x == y), x, y] = 1
    return rb.Behavior(table.tolist(), "A B", "X Y"), one_way(3, values)


@pytest.mark.parametrize("values", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_three_settings_that_must_be_told_apart_need_log2_3(values):
    p, model = which_setting(values)
    solution = rb.minimize(rb.message_entropy(model), p)
    assert solution.value == pytest.approx(math.log2(3), abs=1e-9)
    assert solution.distribution[:3] == pytest.approx([1 / 3] * 3)
    assert rb.minimize(rb.message_weight(model), p).value == pytest.approx(2 / 3)
    if values == 3:
        assert solution.certificate.verify().endswith("H(M) >= 1.58496250072 (rounded down)")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 3, 8])
def test_no_model_of_the_data_has_less_and_the_certificate_proves_it(biased, seed):
    table = data.table_of(biased, data.mixture(biased, np.random.default_rng(seed), support=6))
    p = data.behavior(biased, table)
    measure = rb.message_entropy(biased)
    solution = rb.minimize(measure, p)
    assert 0 <= solution.value - solution.lower_bound < 1e-8
    assert measure.value(solution.q) == pytest.approx(solution.value, abs=1e-9)
    rng = np.random.default_rng(seed)
    for _ in range(3):  # extreme points of p(m) in directions at random
        c = [Fraction(int(v)) for v in rng.integers(-5, 6, 3)]
        assert measure.value(rb.minimize(message_combination(biased, "M", c), p).q) >= solution.lower_bound
    found = solution.certificate
    assert found.verify().endswith("(rounded down)") or found.data["claim"]["lower_bound"]
    assert "vertices" in found.to_latex()
    forged = copy.deepcopy(found.data)
    forged["proof"]["cuts"] = forged["proof"]["cuts"][:0]
    with pytest.raises(Refused, match="less than"):
        verify(forged)
    forged = copy.deepcopy(found.data)
    forged["measure"]["message"] = "B"
    with pytest.raises(Refused, match="no hidden node"):
        verify(forged)


@pytest.mark.slow
def test_average_bits(biased):
    """Lengths 0, 1, 1 are how often something is sent; for Tsirelson twice CH where a bit costs two."""
    box, model = rb.boxes.tsirelson(), rb.message(alphabet=3)
    sent = rb.minimize(rb.message_weight(model), box)
    bits = rb.message_weight(model, lengths=[0, 1, 1])
    assert rb.minimize(bits, box).exact == sent.exact
    assert bits.unit == "bit"
    assert rb.minimize(rb.message_weight(model, lengths=[0, 2, 2.5]), box).exact == 2 * sent.exact
    assert rb.prove(bits, rb.Maximum(0, *rb.catalog.CH.relabelings())).status in ("proved", "exact at points")


def test_what_is_refused_says_what_to_do():
    model = rb.message(alphabet=3)
    entropy = rb.message_entropy(model)
    for call in (lambda: entropy <= 1, lambda: entropy.expression, lambda: rb.closed_form(entropy)):
        with pytest.raises(MeasureError, match="concave"):
            call()
    with pytest.raises(MeasureError, match="without constraints"):
        rb.minimize(entropy, rb.boxes.pr(), subject_to=[rb.message_weight(model) <= 0.6])
    with pytest.raises(MeasureError, match="Use sweep"):
        rb.curve(entropy, rb.boxes.pr().white_noise(), rb.boxes.pr())
    for lengths in ([0, 1], "012", [0, 1, -1], 3):
        with pytest.raises(MeasureError, match="one number ≥ 0 for each of the 3 values"):
            rb.message_weight(model, lengths=lengths)
    columns = rb.sweep(entropy, [rb.boxes.pr()], progress=False)
    assert columns.values[0] == pytest.approx(1.0)


def test_a_structure_without_the_message_sends_none():
    """The mean number of bits is that of the message alone: nothing is gained by trials without it."""
    model = rb.mixture({"one": rb.message(), "local": rb.bell()})
    found = rb.minimize(rb.message_weight(model, lengths=[0, 1]), rb.boxes.pr())
    assert found.exact == sympy.Rational(1, 2)
    assert "minimum = 1/2" in found.certificate.verify()
    always = rb.minimize(rb.message_weight(model, lengths=[1, 1]), rb.boxes.pr())
    assert always.exact == 1
    with pytest.raises(UnsupportedModelError, match="has no message M"):
        rb.message_entropy(rb.mixture([rb.message(alphabet=3), rb.bell()]))
