"""Fractions of the trials: against closed forms, published values, and a linear program of dense matrices."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from reference import observed_matrix, parents, random_behavior, strategies
from scipy.optimize import linprog

import relaxbell as rb
from relaxbell.errors import MeasureError

PAULI = {
    "X": np.array([[0, 1], [1, 0]], complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0, -1]).astype(complex),
}
SPLITS = [("X -> B", "Y -> A"), ("X -> C", "Z -> A"), ("Y -> C", "Z -> B")]
THREE = rb.bell((2, 2, 2))


def turned(first, second, angles):
    return [math.cos(t) * PAULI[first] + math.sin(t) * PAULI[second] for t in angles]


def three_qubits(places, observables):
    """p of a superposition of basis states with equal weights."""
    psi = np.zeros(8, complex)
    psi[places] = len(places) ** -0.5
    table = np.zeros((2,) * 6)
    for a, b, c, x, y, z in itertools.product((0, 1), repeat=6):
        own = [(np.eye(2) + (-1) ** v * o[s]) / 2 for v, o, s in zip((a, b, c), observables, (x, y, z), strict=True)]
        table[a, b, c, x, y, z] = (psi.conj() @ np.kron(np.kron(own[0], own[1]), own[2]) @ psi).real
    return rb.Behavior(table, "A B C", "X Y Z")


def ghz_at_svetlichny():
    q = math.pi / 4
    return three_qubits([0, 7], [turned("X", "Y", own) for own in ((-q, q), (0, 2 * q), (0, 2 * q))])


def hybrids(*, one_way=False):
    edges = [(e,) for pair in SPLITS for e in pair] if one_way else SPLITS
    return [THREE.relax(*own) for own in edges]


def depends(strategy, node, place):
    """Whether a response function depends on the parent at a place."""
    table = strategy[node]
    return any(
        table[u] != table[v] for u in table for v in table if all(u[i] == v[i] for i in range(len(u)) if i != place)
    )


def plain_fraction(model, edges):
    """1 in each strategy in which an edge acts, by loops over dictionaries."""
    return np.array(
        [any(depends(s, v, parents(model, v).index(u)) for u, v in edges) for s in strategies(model)], dtype=float
    )


def least(matrix, p, cost):
    found = linprog(cost, A_eq=matrix, b_eq=p.ravel(), method="highs")
    return found.fun if found.status == 0 else None


# ------------------------------------------------------------------- two parties


@pytest.mark.parametrize(
    "make",
    [
        lambda: rb.fraction(rb.bell().relax("X -> B"), "X -> B"),
        lambda: rb.fraction(rb.bell().relax("A -> B"), ("A", "B")),
        lambda: rb.fraction(rb.bell().relax("X -> B", "Y -> A"), ["X -> B", "Y -> A"]),
        lambda: rb.fraction(rb.mixture([rb.bell(), "any"]), 1),
        lambda: rb.fraction(rb.mixture([rb.bell(), rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")]), [1, 2]),
    ],
    ids=["input", "outcome", "either", "local content", "structures"],
)
def test_of_non_signaling_behaviors_the_largest_chsh_value_decides(make):
    """Local content is 2 − S/2 (Barrett, Kent and Pironio 2006), and one edge does what any remainder does."""
    measure = make()
    form = rb.closed_form(measure)
    eight = rb.Maximum(0, *(rb.catalog.CHSH / 2 - 1).relabelings())
    if measure.name != "fraction(A -> B)":
        assert len(form.terms) == 9
        assert rb.prove(measure, eight).status == "proved"
        assert rb.prove(measure, rb.Maximum(0, *(rb.catalog.CHSH / 4).relabelings())).status == "refuted"
    for box, value in ((rb.boxes.pr(), 1), (rb.boxes.tsirelson(), sympy.sqrt(2) - 1)):
        solution = rb.minimize(measure, box)
        assert sympy.simplify(solution.exact - value) == 0
        assert "minimum = " in solution.certificate.verify()


def test_curves_sweeps_and_latex():
    measure = rb.fraction(rb.mixture({"local": rb.bell(), "rest": "any"}), "rest")
    p = rb.boxes.pr()
    curve = rb.curve(measure, p.white_noise(), p)
    assert curve.breakpoints == (Fraction(1, 2),)
    assert [str(piece) for piece in curve.pieces] == ["[0, 1/2]: 0", "[1/2, 1]: -1 + 2 t"]
    assert "affine in t between the corners (0, 0), (1/2, 0), (1, 1)" in curve.certificate.verify()
    points = {v: p.visibility(v) for v in (0.25, 0.75, 1)}
    assert rb.sweep(measure, points, progress=False).values.tolist() == [0, 0.5, 1]
    latex = rb.minimize(measure, p).certificate.to_latex()
    assert r"(2) any behavior" in latex
    assert r"\text{rest}" in measure._repr_latex_()
    edge = rb.fraction(rb.bell().relax("X -> B"), "X -> B")
    assert r"f_{B} \text{ depends on } x" in edge._repr_latex_()
    assert "functions of which that of $B$ depends on $X$" in rb.minimize(edge, p).certificate.to_latex()


def test_chained_inequalities():
    """Local content of the chained box with three settings, 3 − 3√3/2: its violation of the chained inequality."""
    angles = np.pi * (np.arange(3)[:, None] - np.arange(3) - 0.5) / 3
    signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    p = rb.Behavior((1 + signs * np.cos(angles)) / 4)
    content = 3 - 3 * math.sqrt(3) / 2
    for measure in (
        rb.fraction(rb.mixture([rb.bell((3, 3)), "any"]), "any"),
        rb.fraction(rb.bell((3, 3)).relax("X -> B"), "X -> B"),
    ):
        solution = rb.minimize(measure, p)
        assert 1 - solution.value == pytest.approx(content, abs=1e-12)
        assert 1 - solution.lower_bound == pytest.approx(content, abs=1e-12)


@pytest.mark.parametrize("sizes", [((2, 2), (2, 2)), ((2, 3), (2, 2)), ((2, 2), (3, 2))])
def test_against_a_plain_linear_program(sizes):
    rng = np.random.default_rng(sum(map(sum, sizes)))
    model = rb.bell(*sizes).relax("X -> B")
    matrix, acts = observed_matrix(model), plain_fraction(model, [("X", "B")])
    local = observed_matrix(rb.bell(*sizes))
    content = rb.mixture([rb.bell(*sizes), "any"])
    _, table = random_behavior(model, rng, sparsity=0.05)
    p = rb.Behavior(table)
    assert rb.minimize(rb.fraction(model, "X -> B"), p).value == pytest.approx(least(matrix, table, acts), abs=1e-9)
    found = linprog(-np.ones(local.shape[1]), A_ub=local, b_ub=table.ravel(), method="highs")
    solution = rb.minimize(rb.fraction(content, "any"), p)
    assert 1 - solution.value == pytest.approx(-found.fun, abs=1e-9)
    assert solution.lower_bound == pytest.approx(solution.value, abs=1e-9)
    assert rb.fraction(content, 1).value(solution.q) == pytest.approx(solution.value, abs=1e-12)


def test_biased_and_missing_settings_and_dependent_ones():
    """Fractions ask nothing of p(x, y) where settings are free; where they depend, a setting may never occur."""
    biased = rb.bell(input_distribution={"X": [0, 1], "Y": [Fraction(1, 3), Fraction(2, 3)]})
    p = rb.boxes.tsirelson()
    for local in (rb.bell(), biased):
        solution = rb.minimize(rb.fraction(rb.mixture([local, "any"]), "any"), p)
        assert sympy.simplify(solution.exact - (sympy.sqrt(2) - 1)) == 0
    table = [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]]
    guess = rb.measurement_dependence(input_distribution=table)
    mixed = rb.mixture([guess, guess.relax("X -> B"), "any"])
    solution = rb.minimize(rb.fraction(mixed, [1, 2]), p)
    assert solution.exact == 0
    assert "minimum = 0" in solution.certificate.verify()


def test_values_of_functionals():
    content = rb.mixture([rb.bell(), "any"])
    for nonsignaling in (False, True):
        observed = rb.Observed([(rb.catalog.CHSH, Fraction(5, 2))], nonsignaling=nonsignaling)
        solution = rb.minimize(rb.fraction(content, 1), observed)
        assert solution.exact == sympy.Rational(1, 4)
        assert "minimum = 1/4" in solution.certificate.verify()


# --------------------------------------------------------------- response functions


def test_compliers_and_defiers():
    """Angrist, Imbens and Rubin (1996): without defiers the compliers are p(a=1|z=1) − p(a=1|z=0)."""
    model = rb.instrumental()
    types = {
        name: rb.fraction(model, {"A(Z=0)": f, "A(Z=1)": g})
        for name, (f, g) in {"never": (0, 0), "complier": (0, 1), "defier": (1, 0), "always": (1, 1)}.items()
    }
    never, complier, always = Fraction(3, 10), Fraction(4, 10), Fraction(3, 10)  # healthy: 0, if treated, 1
    treated = [always, always + complier]
    p = rb.Behavior([[[1 - t for t in treated], [0, 0]], [[0, 0], treated]], ("A", "B"), ("Z",))
    assert never + complier + always == 1
    both = rb.bounds(types["complier"], p, [types["defier"] <= 0])
    assert both.minimum.exact == -both.maximum.exact == sympy.Rational(2, 5)
    assert "fraction(A(Z=0)=0, A(Z=1)=1)" in both.minimum.certificate.verify()
    total = sum(types.values())
    assert rb.bounds(total, p).minimum.exact == -rb.bounds(total, p).maximum.exact == 1
    assert rb.minimize(rb.fraction(model, "Z -> A"), p).exact == sympy.Rational(2, 5)


def test_rows_of_events_are_those_of_the_functions():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    own = rb.fraction(model, {"B(X=0, Y=2)": 1, "B(X=1,Y=2)": 0, "A(X=1)": 2})
    plain = [s["B"][0, 2] == 1 and s["B"][1, 2] == 0 and s["A"][1,] == 2 for s in strategies(model)]
    assert parents(model, "B") == ["X", "Y"]
    assert own.blocks[0].array.toarray()[0].tolist() == [float(v) for v in plain]
    edges = rb.fraction(model, "X -> B")
    assert edges.blocks[0].array.toarray()[0].tolist() == plain_fraction(model, [("X", "B")]).tolist()
    assert edges.recipe().made(model).rows == edges.rows
    assert own.recipe().made(model).name == own.name


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda m: rb.fraction(m, "A -> B"), "no edge A -> B"),
        (lambda m: rb.fraction(m, "L -> B"), "no edge L -> B"),
        (lambda m: rb.fraction(m, "B"), "expected an edge"),
        (lambda m: rb.fraction(m, []), "no edge at all"),
        (lambda m: rb.fraction(m, 0), "no mixture"),
        (lambda m: rb.fraction(m, {}), "no event"),
        (lambda m: rb.fraction(m, {"B(X=0)": 0}), r"'B\(X=0,Y=0\)'"),
        (lambda m: rb.fraction(m, {"B(X=0,Y=5)": 0}), "from 0 to 1"),
        (lambda m: rb.fraction(m, {"B(X=0,Y=0)": 2}), "from 0 to 1"),
        (lambda m: rb.fraction(m, {"B(X=0,Y=0)": True}), "from 0 to 1"),
        (lambda m: rb.fraction(m, {"B(X=0;Y=0)": 0}), "no response"),
        (lambda m: rb.fraction(m, {"X": 0}), "does not respond"),
        (lambda m: rb.fraction(m, {"A(X=0)": 0, "A( X=0 )": 1}), "two values"),
        (lambda m: rb.fraction(rb.mixture([m, "any"]), 2), "0 .*, 1 .any"),
        (lambda m: rb.fraction(rb.mixture([m, "any"]), "rest"), "structures"),
        (lambda m: rb.fraction("X -> B", m), "model"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(MeasureError, match=words):
        make(rb.bell().relax("X -> B"))


# ------------------------------------------------------------------ three parties


@pytest.mark.slow
def test_ghz_at_svetlichny_settings():
    """4√2 against 4 (Svetlichny 1987): hybrids up to the visibility 1/√2; one-way pairs do as well there."""
    p = ghz_at_svetlichny()
    assert float(rb.catalog.svetlichny()(p)) == pytest.approx(4 * 2**0.5, abs=1e-12)
    for one_way in (False, True):
        model = rb.mixture(hybrids(one_way=one_way))
        assert float(rb.critical_visibility(model, p)) == pytest.approx(2**-0.5, abs=1e-12)
        solution = rb.minimize(rb.fraction(rb.mixture([*hybrids(one_way=one_way), "any"]), "any"), p)
        assert solution.value == pytest.approx(2**0.5 - 1, abs=1e-12)
        assert solution.lower_bound == pytest.approx(2**0.5 - 1, abs=1e-9)
    assert rb.mixture(hybrids()).strategies.count == 3072


@pytest.mark.slow
@pytest.mark.parametrize(
    ("angles", "visibility", "weight", "one_way_visibility", "one_way_weight"),
    [
        ((0.2 * math.pi, 0.7 * math.pi), 0.966508144237, None, None, 0.960234740318),
        ((1.33045488, 2.90686264), 0.944863298464, 0.941645842710, 0.887142595083, 0.915444713667),
        ((0.76589937, 2.37569328), 0.917893276881, 0.899367317179, 0.864648203599, 0.888185907728),
    ],
)
def test_w_states(angles, visibility, weight, one_way_visibility, one_way_weight):
    """Values of an independent program of dense columns; angles have nine digits, so values as many."""
    p = three_qubits([1, 2, 4], [turned("Z", "X", angles)] * 3)
    for one_way, v, w in ((False, visibility, weight), (True, one_way_visibility, one_way_weight)):
        if v is not None:
            found = rb.critical_visibility(rb.mixture(hybrids(one_way=one_way)), p)
            assert float(found) == pytest.approx(v, abs=1e-9)
        if w is not None:
            solution = rb.minimize(rb.fraction(rb.mixture([*hybrids(one_way=one_way), "any"]), "any"), p)
            assert 1 - solution.value == pytest.approx(w, abs=1e-9)
            assert solution.value - solution.lower_bound < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("angles", "visibility", "weight"),
    [
        ((0.2 * math.pi, 0.7 * math.pi), 0.895656614131, 0.781563776321),
        ((1.33045488, 2.90686264), 0.800881856611, 0.533830719508),
        ((0.76589937, 2.37569328), 0.825669084772, 0.608797900592),
    ],
)
def test_w_states_and_pairs_that_share_non_signaling_boxes(angles, visibility, weight):
    """Values of an independent program, whose columns are products of the 24 extreme boxes of a pair and a function."""
    p = three_qubits([1, 2, 4], [turned("Z", "X", angles)] * 3)
    model, content = rb.mixture(hybrids()), rb.mixture([*hybrids(), "any"])
    assert float(rb.critical_visibility(model, p, model.nonsignaling())) == pytest.approx(visibility, abs=1e-9)
    solution = rb.minimize(rb.fraction(content, "any"), p, content.nonsignaling())
    assert 1 - solution.value == pytest.approx(weight, abs=1e-9)
    assert solution.value - solution.lower_bound < 1e-9


def test_groups_without_signals():
    """A group of all parties reproduces what does not signal: the PR box, and no more."""
    pair = rb.mixture([rb.bell((2, 3)).relax("X -> B", "Y -> A")])
    p = rb.boxes.pr()
    own = rb.mixture([rb.bell().relax("X -> B", "Y -> A")])
    assert rb.critical_visibility(own, p, own.nonsignaling()) == 1
    copy = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        copy[0, x, x, y] = 1  # Bob's outcome is Alice's setting
    with pytest.raises(rb.errors.InfeasibleError):
        rb.minimize(rb.fraction(own, 0), rb.Behavior(copy), own.nonsignaling())
    assert rb.minimize(rb.fraction(own, 0), rb.Behavior(copy)).exact == 1
    assert len(pair.nonsignaling()) == 1
    with pytest.raises(rb.errors.UnsupportedModelError, match="outcome signals"):
        rb.mixture([rb.bell().relax("A -> B")]).nonsignaling()


@pytest.mark.slow
def test_w_at_z_and_x_is_hybrid_but_not_local():
    p = three_qubits([1, 2, 4], [turned("Z", "X", (0, math.pi / 2))] * 3)
    assert rb.critical_visibility(rb.mixture(hybrids()), p) == 1
    assert float(rb.critical_visibility(THREE, p)) == pytest.approx(2 / 3, abs=1e-9)
    content = rb.minimize(rb.fraction(rb.mixture([THREE, "any"]), "any"), p)
    assert content.value == pytest.approx(1 / 2, abs=1e-9)
