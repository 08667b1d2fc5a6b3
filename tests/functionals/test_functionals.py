from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.functionals.chsh import largest_chsh
from relaxbell.symmetry.recognition import recognize


def random_functional(seed, shape=(3, 2, 2, 3)):
    return rb.BellFunctional(np.random.default_rng(seed).integers(-5, 6, size=shape))


def test_values():
    assert rb.catalog.CHSH(rb.boxes.tsirelson()) == surd(0, 2, 2)  # Tsirelson's bound
    assert rb.catalog.CHSH(rb.boxes.pr()) == 4
    assert rb.catalog.CH(rb.boxes.pr()) == Fraction(1, 2)  # (S − 2)/4
    for v in (Fraction(0), Fraction(1, 3), Fraction(1)):
        assert rb.catalog.I3322(rb.boxes.i3322(v)) == 2 * v - 1  # below Eq. (36)
    assert rb.catalog.CHSH(rb.boxes.pr().visibility(0.5)) == pytest.approx(2.0)


def test_ch_is_chsh_without_signaling():
    difference = rb.catalog.CHSH / 4 - Fraction(1, 2) - rb.catalog.CH
    assert not any(difference.collins_gisin)


def test_algebra_and_names():
    f, g = random_functional(0), random_functional(1)
    p = rb.Behavior(np.full((3, 2, 2, 3), Fraction(1, 6), dtype=object))
    assert (2 * f - g / 3 + 1)(p) == 2 * f(p) - g(p) / 3 + 1
    assert (1 - f)(p) == 1 - f(p)
    swapped = f.transposed("B A", "Y X")
    assert swapped(p) == f(p)
    assert (swapped - f).coefficients.any() == False  # noqa: E712 - an object array


def test_collins_gisin_form_is_exact_on_nonsignaling_behaviors():
    rng = np.random.default_rng(2)
    f = random_functional(2)
    alice, bob = rng.integers(1, 9, size=(3, 2)), rng.integers(1, 9, size=(2, 3))
    table = np.empty((3, 2, 2, 3), dtype=object)
    for a, b, x, y in np.ndindex(table.shape):
        table[a, b, x, y] = Fraction(int(alice[a, x]), int(alice[:, x].sum())) * Fraction(
            int(bob[b, y]), int(bob[:, y].sum())
        )
    p = rb.Behavior(table)
    vector = f.coordinates.project(p.exact)
    assert f.collins_gisin @ vector == f(p)


def test_three_parties():
    """Mermin: 4 on the GHZ box; the local bound is 2 (PRL 65, 1838, 1990)."""
    parity = np.array([1, -1], dtype=object)
    signs = np.zeros((2, 2, 2), dtype=object)
    signs[0, 0, 0] = 1
    signs[0, 1, 1] = signs[1, 0, 1] = signs[1, 1, 0] = -1
    table = np.multiply.outer(np.multiply.outer(np.multiply.outer(parity, parity), parity), signs)
    mermin = rb.BellFunctional(table, "A B C", "X Y Z")
    assert mermin(rb.boxes.ghz()) == 4
    assert mermin.bound(rb.bell((2, 2, 2), (2, 2, 2))) == 2
    assert mermin.formula() == "⟨A0 B0 C0⟩ - ⟨A0 B1 C1⟩ - ⟨A1 B0 C1⟩ - ⟨A1 B1 C0⟩"


def test_irrational_coefficients():
    f = rb.BellFunctional(rb.catalog.CHSH.coefficients * surd(0, 1, 2), name="√2 CHSH")
    assert f(rb.boxes.tsirelson()) == 4
    assert f.bound(rb.bell()) == surd(0, 2, 2)
    g = rb.BellFunctional([[sympy.sqrt(2), 0], [0, sympy.Rational(1, 3)]], "A", "X")
    assert g.coefficients[0, 0] == surd(0, 1, 2)


def test_arithmetic_with_numbers_of_numpy_and_sympy():
    for twice in (
        2 * rb.catalog.CHSH,
        np.int64(2) * rb.catalog.CHSH,
        sympy.Integer(2) * rb.catalog.CHSH,
        rb.catalog.CHSH / Fraction(1, 2),
        3 * rb.catalog.CHSH - rb.catalog.CHSH,
    ):
        assert (twice.form == 2 * rb.catalog.CHSH.form).all()
    assert (sympy.Integer(2) - rb.catalog.CHSH)(rb.boxes.pr()) == -2
    with pytest.raises(TypeError, match="unsupported operand"):
        rb.catalog.CHSH + object()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.catalog.CHSH * 0.5, r"CHSH times 0\.5: found a float.*Fraction\(1, 2\)"),
        (lambda: np.float64(0.5) * rb.catalog.CHSH, "found a float64"),
        (lambda: rb.catalog.CHSH + sympy.Symbol("v"), "CHSH plus v: found a Symbol"),
        (lambda: "1" + rb.catalog.CHSH, "found a str"),
        (lambda: rb.catalog.CHSH / 0, "CHSH over 0"),
        (lambda: rb.catalog.CHSH * sympy.sqrt(2) + rb.catalog.CH * sympy.sqrt(3), "different square roots"),
        (lambda: rb.catalog.CHSH * sympy.sqrt(2) + sympy.sqrt(3), "several square roots"),
        (lambda: rb.catalog.CHSH * sympy.sqrt(2) * sympy.sqrt(3), "CHSH|⟨A0 B0⟩.* different square roots"),
        (lambda: rb.BellFunctional([[sympy.sqrt(2), 1]], "A", "X", constant=sympy.sqrt(3)), "several square roots"),
        (lambda: rb.BellFunctional([[1, 0.5]], "A", "X"), "found 0.5"),
        (lambda: rb.catalog.CHSH + rb.catalog.I3322, "different scenarios"),
        (lambda: rb.catalog.CHSH + rb.catalog.pearl(), "variables do not match"),
    ],
)
def test_arithmetic_that_is_not_exact(make, message):
    with pytest.raises(rb.errors.FunctionalError, match=message):
        make()


def test_maxima():
    box, noise = rb.boxes.pr(), rb.boxes.pr().white_noise()
    one, two = rb.Maximum(0, rb.catalog.CH), rb.Maximum(1, rb.catalog.CHSH)
    for p in (box, noise, box.mix(noise, Fraction(1, 3))):
        assert (one + two)(p) == one(p) + two(p)
        assert rb.Maximum(two, one)(p) == max(one(p), two(p))
        assert (rb.catalog.CHSH + one - 2)(p) == rb.catalog.CHSH(p) + one(p) - 2
        assert (np.int64(2) * one / 3)(p) == Fraction(2, 3) * one(p)
    irrational = rb.Maximum(rb.catalog.CH * sympy.sqrt(2), rb.catalog.CH * sympy.sqrt(3))
    assert irrational(box) == sympy.sqrt(3) / 2  # CH = 1/2
    assert rb.Maximum(0, rb.catalog.CHSH).latex().startswith(r"\max\left(0,\, \langle A_{0} B_{0} \rangle")
    assert rb.Maximum(0, *rb.catalog.CH.relabelings()).latex().endswith(r",\, \ldots\right)")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: -m, "is a minimum"),
        (lambda m: 2 - m, "is a minimum"),
        (lambda m: rb.catalog.CHSH - m, "is a minimum"),
        (lambda m: m * 0.5, "a maximum times 0.5: found a float"),
        (lambda m: m + 0.5, "a maximum plus 0.5: found a float"),
        (lambda m: m / 0, "over 0 is undefined"),
        (lambda m: rb.Maximum([0, rb.catalog.CH]), "at least one Bell functional, found"),
        (lambda m: rb.Maximum("CHSH"), "found 'CHSH'"),
        (lambda m: rb.recognize("CHSH"), "'CHSH' is a str, expected a BellFunctional"),
        (lambda m: rb.catalog.CHSH.equivalent(m), "is a Maximum, expected a BellFunctional"),
    ],
)
def test_maxima_that_are_none(make, message):
    with pytest.raises(rb.errors.FunctionalError, match=message):
        make(rb.Maximum(0, rb.catalog.CH))


def test_messages_are_short():
    long = rb.BellFunctional(np.arange(144).reshape(3, 2, 2, 2, 3, 2), "A B C", "X Y Z")
    with pytest.raises(rb.errors.FunctionalError) as caught:
        long(rb.boxes.pr())
    assert len(str(caught.value)) < 250
    assert "… lives on p(A,B,C|X,Y,Z)" in str(caught.value)


def test_without_inputs():
    """Three outputs and no setting: p(abc) has 7 coordinates."""
    functional = rb.BellFunctional(np.arange(8).reshape(2, 2, 2), "A B C", (), parties=dict.fromkeys("ABC"))
    uniform = rb.Behavior(np.full((2, 2, 2), Fraction(1, 8)), "A B C", ())
    assert functional(uniform) == Fraction(28, 8)
    assert functional.form @ functional.coordinates.project(uniform.table) == Fraction(28, 8)
    assert functional.formula("collins_gisin") == "-4 pA(0) - 2 pB(0) - pC(0) + 7"  # 4a + 2b + c
    assert functional.formula("probabilities").startswith("p(001) + 2 p(010)")


def test_recognition():
    p = rb.catalog.I3322.coefficients[::-1, :, :, [2, 0, 1]].transpose(1, 0, 3, 2)
    found = recognize(rb.BellFunctional(p * Fraction(3, 7), constant=5))
    assert found.known is rb.catalog.I3322
    assert found.scale == Fraction(3, 7)
    assert recognize(random_functional(7, (2, 2, 2, 2))) is None
    assert recognize(rb.catalog.CHSH * 0) is None


def test_recognized_scale_and_offset_reproduce_values():
    flipped = rb.BellFunctional(rb.catalog.CHSH.coefficients[:, :, ::-1] * 3, constant=-7)
    found = recognize(flipped)
    best = rb.boxes.pr().relabel("X", [1, 0])
    assert (flipped(best) - found.offset) / found.scale == 4


def test_largest_chsh():
    assert largest_chsh(rb.boxes.pr().relabel("A", [1, 0], {"X": 1})).value == 4
    assert largest_chsh(rb.boxes.i3322()).value == 4
    assert largest_chsh(rb.boxes.ghz()) is None


def test_formula():
    assert rb.catalog.CH.formula() == "p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)"
    assert str(rb.catalog.CHSH) == "CHSH"
    one = rb.BellFunctional([[1, 0], [0, Fraction(-1, 2)]], "A", "X")
    assert one.formula() == "p(0|0) - (1/2) p(1|1)"
    assert one.formula("collins_gisin") == "p(0|0) + (1/2) p(0|1) - 1/2"  # −p(1|1)/2 = (p(0|1) − 1)/2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.BellFunctional(np.full((2, 2, 2, 2), 0.5)), "exact"),
        (lambda: rb.BellFunctional([1, 2]), "1 axes"),
        (lambda: rb.catalog.CHSH(rb.boxes.i3322()), "cardinalities"),
        (lambda: rb.catalog.CHSH(rb.boxes.pr().rename({"A": "Q"})), "lives on"),
        (lambda: rb.catalog.CHSH + rb.catalog.I3322, "different scenarios"),
        (lambda: rb.catalog.CHSH.transposed("A Q", "X Y"), "variables do not match"),
        (lambda: rb.BellFunctional(np.zeros((2, 2, 2), int), "A B", "X").collins_gisin, "which party"),
    ],
)
def test_errors(make, message):
    with pytest.raises(rb.errors.FunctionalError, match=message):
        make()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: rb.catalog.CHSH.bound(rb.boxes.pr()), "belongs to a causal model: found a Behavior"),
        (lambda: rb.catalog.CHSH.is_facet(rb.boxes.pr()), "belongs to a causal model: found a Behavior"),
        (lambda: rb.critical_visibility(rb.boxes.pr(), rb.boxes.pr()), "belongs to a causal model: found a Behavior"),
        (lambda: rb.critical_visibility(rb.bell(), rb.load_counts("delft2015")), "found a Counts, expected a Behavior"),
        (lambda: rb.nonbilocality(rb.boxes.pr()), "belongs to a causal model: found a Behavior"),
        (lambda: rb.boxes.pr().mix(3, 0.5), "cannot mix a behavior with an int"),
        (lambda: rb.bell().match(3), "found an int, expected a Behavior"),
        (lambda: rb.maximum(rb.influence(rb.input_signaling(), "X", "B"), 0), "the maximum is of measures: found 0"),
    ],
)
def test_one_object_for_another_is_refused_with_a_remedy(wrong, message):
    with pytest.raises(rb.errors.RelaxbellError, match=message):
        wrong()
