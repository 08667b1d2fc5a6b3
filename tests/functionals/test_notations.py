"""Conversions between notations against explicit sums, for unequal cardinalities and three parties."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import surd

NAMES = {2: ("A B", "X Y"), 3: ("A B C", "X Y Z")}
SHAPES = [(2, 2, 2, 2), (3, 2, 2, 3), (2, 4, 3, 1), (2, 2, 2, 2, 3, 2), (3, 2, 2, 1, 2, 3)]
BINARY = [(2, 2, 2, 3), (2, 2, 3, 1), (2, 2, 2, 2, 3, 2)]


def random_functional(rng, shape):
    table = rng.integers(-5, 6, size=shape) * Fraction(1, 3)
    return rb.BellFunctional(table, *NAMES[len(shape) // 2], constant=int(rng.integers(-3, 4)))


def random_nonsignaling(rng, shape):
    """Mixtures of deterministic local points, with weights that may be negative: NS, not necessarily positive."""
    k = len(shape) // 2
    table = np.zeros(shape, dtype=object)
    weights = [Fraction(int(w), 7) for w in rng.integers(-4, 9, size=30)]
    weights.append(1 - sum(weights))
    for weight in weights:
        functions = [rng.integers(0, shape[i], size=shape[k + i]) for i in range(k)]
        for setting in np.ndindex(*shape[k:]):
            outcome = tuple(int(functions[i][setting[i]]) for i in range(k))
            table[outcome + setting] += weight
    return table


def marginal(table, members, outcome, settings):
    """P(outcome of members|their settings), the others at setting 0, by summing cells one by one."""
    k = table.ndim // 2
    full = [0] * k
    for i, x in zip(members, settings, strict=True):
        full[i] = x
    total = Fraction(0)
    for values in np.ndindex(*table.shape[:k]):
        if all(values[i] == a for i, a in zip(members, outcome, strict=True)):
            total += table[values + tuple(full)]
    return total


@pytest.mark.parametrize("shape", SHAPES)
def test_marginals_mean_what_they_say(shape):
    rng = np.random.default_rng(sum(shape))
    f, table = random_functional(rng, shape), random_nonsignaling(rng, shape)
    total = f.marginals[""]
    for who, coefficients in f.marginals.items():
        members = ["ABC".index(name) for name in who]
        for index in np.ndindex(*np.shape(coefficients)):
            if who:
                total += coefficients[index] * marginal(table, members, index[: len(members)], index[len(members) :])
    assert total == f(table)


@pytest.mark.parametrize("shape", BINARY)
def test_correlators_mean_what_they_say(shape):
    rng = np.random.default_rng(sum(shape))
    f, table = random_functional(rng, shape), random_nonsignaling(rng, shape)
    total = f.correlators[""]
    for who, coefficients in f.correlators.items():
        members = ["ABC".index(name) for name in who]
        for settings in np.ndindex(*np.shape(coefficients)):
            if who:
                total += coefficients[settings] * sum(
                    (-1) ** sum(outcome) * marginal(table, members, outcome, settings)
                    for outcome in itertools.product((0, 1), repeat=len(members))
                )
    assert total == f(table)


@pytest.mark.parametrize("shape", SHAPES)
def test_collins_gisin_round_trip(shape):
    f = random_functional(np.random.default_rng(1), shape)
    again = rb.BellFunctional.from_collins_gisin(f.marginals, *NAMES[len(shape) // 2])
    assert again.coefficients.shape == shape
    assert (again.collins_gisin == f.collins_gisin).all()
    assert (again.marginals["AB"] == f.marginals["AB"]).all()


@pytest.mark.parametrize("shape", BINARY)
def test_correlator_round_trip(shape):
    f = random_functional(np.random.default_rng(1), shape)
    again = rb.BellFunctional.from_correlators(f.correlators, *NAMES[len(shape) // 2])
    assert (again.collins_gisin == f.collins_gisin).all()
    assert all((again.correlators[who] == f.correlators[who]).all() for who in f.correlators if who)


def test_correlators_are_literal_also_on_signaling_behaviors():
    signs = np.array([[1, 0, -1], [0, -1, 1]])
    f = rb.BellFunctional.from_correlators({"AB": signs})
    table = np.arange(24).reshape(2, 2, 2, 3) * Fraction(1, 5)
    explicit = sum((-1) ** (a + b) * signs[x, y] * table[a, b, x, y] for a, b, x, y in np.ndindex(2, 2, 2, 3))
    assert f(table) == explicit


def test_parties_in_another_order_and_without_input():
    """Eq. (60): ⟨A_x B_0 C_z⟩ with Bob's bit b0 = b // 2."""
    f = rb.catalog.bilocality_i()
    rng = np.random.default_rng(3)
    table = rng.integers(0, 9, size=(2, 4, 2, 2, 2)).astype(object)
    explicit = sum(
        Fraction((-1) ** (a + b // 2 + c), 4) * table[a, b, c, x, z] for a, b, c, x, z in np.ndindex(*table.shape)
    )
    assert f(table) == explicit
    again = rb.BellFunctional.from_collins_gisin(f.marginals, "A B C", "X Z", parties=f.parties)
    assert (again.collins_gisin == f.collins_gisin).all()
    crossed = rb.BellFunctional.from_collins_gisin(
        {"A": [[1, 2, 3]], "B": [[4, 5], [6, 7]], "AB": np.arange(12).reshape(1, 2, 2, 3)},
        parties={"A": "Y", "B": "X"},
    )
    assert crossed.coefficients.shape == (2, 3, 2, 3)
    assert crossed.marginals["A"].tolist() == [[1, 2, 3]]


def test_symbolic_evaluation():
    v, theta = sympy.symbols("v theta")
    box, noise = rb.boxes.tsirelson().table, rb.boxes.pr().white_noise().table
    assert rb.catalog.CHSH(v * box + (1 - v) * noise) == 2 * sympy.sqrt(2) * v
    # cos θ |00⟩ + sin θ |11⟩ with (Z, X) on both sides: ⟨ZZ⟩ = 1, ⟨XX⟩ = sin 2θ, ⟨Z⟩ = cos 2θ, the others 0
    cells = np.empty((2, 2, 2, 2), dtype=object)
    for a, b, x, y in np.ndindex(2, 2, 2, 2):
        pair = {(0, 0): 1, (1, 1): sympy.sin(2 * theta)}.get((x, y), 0)
        singles = ((-1) ** a * (x == 0) + (-1) ** b * (y == 0)) * sympy.cos(2 * theta)
        cells[a, b, x, y] = (1 + (-1) ** (a + b) * pair + singles) / 4
    tilted = rb.BellFunctional.from_correlators({"AB": [[1, 0], [0, 1]], "A": [3, 0], "B": [0, 5]})
    assert sympy.simplify(tilted(cells) - (1 + sympy.sin(2 * theta) + 3 * sympy.cos(2 * theta))) == 0
    assert rb.catalog.CHSH(rb.boxes.pr().p) == 4.0
    two_roots = rb.catalog.CHSH * surd(0, 1, 3)
    assert sympy.simplify(two_roots(rb.boxes.tsirelson()) - 2 * sympy.sqrt(6)) == 0


def test_algebraic_coefficients_in_every_notation():
    root = surd(0, 1, 2)
    tilted = rb.BellFunctional.from_correlators({"": root, "A": [root, 0], "AB": [[1, 1], [1, -1]]})
    assert tilted.correlators["A"].tolist() == [root, 0]
    assert tilted.marginals["A"].ravel().tolist() == [2 * root - 4, 0]
    assert tilted.formula("correlators") == "⟨A0 B0⟩ + ⟨A0 B1⟩ + ⟨A1 B0⟩ - ⟨A1 B1⟩ + √2 ⟨A0⟩ + √2"
    assert tilted.latex("correlators").endswith(r"+ \sqrt{2} \langle A_{0} \rangle + \sqrt{2}")


def test_text_and_latex():
    assert rb.catalog.CHSH.formula("correlators") == "⟨A0 B0⟩ + ⟨A0 B1⟩ + ⟨A1 B0⟩ - ⟨A1 B1⟩"
    assert rb.catalog.mermin().formula("correlators") == "⟨A0 B0 C0⟩ - ⟨A0 B1 C1⟩ - ⟨A1 B0 C1⟩ - ⟨A1 B1 C0⟩"
    assert rb.catalog.bonet().formula() == "p(00|0) + p(00|1) + p(01|2) + p(10|1) + p(11|0)"
    assert rb.catalog.CHSH._repr_latex_() == (
        r"$\displaystyle \text{CHSH} = \langle A_{0} B_{0} \rangle + \langle A_{0} B_{1} \rangle "
        r"+ \langle A_{1} B_{0} \rangle - \langle A_{1} B_{1} \rangle$"
    )
    assert r"\frac{1}{2}" in (rb.catalog.CH / 2).latex("collins_gisin")
    four = rb.catalog.mermin(4).formula("correlators")
    assert four.startswith("⟨A1(0) A2(0) A3(0) A4(0)⟩")
    assert repr(rb.catalog.CHSH) == "CHSH = ⟨A0 B0⟩ + ⟨A0 B1⟩ + ⟨A1 B0⟩ - ⟨A1 B1⟩"
    named = rb.BellFunctional(rb.catalog.CH.coefficients, "Alice Bob", "x y")
    assert named.latex("correlators").startswith(r"\frac{1}{4} \langle \mathrm{Alice}_{0} \mathrm{Bob}_{0} \rangle")
    assert named.latex("collins_gisin").endswith(r"- p_{\mathrm{Alice}}(0|0) - p_{\mathrm{Bob}}(0|0)")
    marginals = rb.catalog.mermin(4).latex("collins_gisin")
    assert r"p_{A_{1}A_{2}}(00|01)" in marginals
    assert marginals.index("A_{1}A_{2}") < marginals.index("p_{A_{1}}(0|0)")  # fewer and fewer parties
    assert "pB(0)" in rb.catalog.bilocality_i().formula("collins_gisin")  # Bob has no setting


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.BellFunctional.from_correlators({"AQ": [[1]]}), "does not name outputs"),
        (lambda: rb.BellFunctional.from_correlators({"BA": [[1]]}), "not in the order"),
        (lambda: rb.BellFunctional.from_correlators({"AB": [[0.5]]}), "not exact"),
        (lambda: rb.BellFunctional.from_correlators({"AB": [1, 2]}), "axes"),
        (lambda: rb.BellFunctional.from_correlators({"AB": [[1, 1]], "A": [1, 1]}), "shape"),
        (lambda: rb.BellFunctional.from_correlators({"A": [1]}, "A B", "Z"), "which party"),
        (lambda: rb.catalog.cglmp(3).correlators, "two values"),
        (lambda: rb.catalog.CHSH.formula("letters"), "unknown"),
        (lambda: rb.catalog.bonet().formula("correlators"), "which party"),
        (lambda: rb.catalog.CHSH(np.full((2, 2, 2, 2), "p", dtype=object)), "expected a number"),
    ],
)
def test_errors(make, message):
    with pytest.raises(rb.errors.FunctionalError, match=message):
        make()
