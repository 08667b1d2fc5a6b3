"""Closed forms against published ones: Table I, Balke and Pearl, Pearl's inequalities, counted classes."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

TABLE_I = """
0 0 0 0  0 0 0 0  0 0 0 0  0 0 0 0
0 -1/2 0 1/2  0 -1/2 -1 -1/2  0 -1/2 0 1/2  0 1/2 0 -1/2
0 -1/2 0 1/2  0 -1/2 -1 -1/2  0 1/2 0 -1/2  0 -1/2 0 1/2
0 -1/2 0 1/2  0 1/2 0 -1/2  0 -1/2 0 1/2  0 -1/2 -1 -1/2
0 -1/2 0 1/2  0 1/2 0 -1/2  0 1/2 0 -1/2  -1 -1/2 0 -1/2
0 1/2 0 -1/2  0 -1/2 0 1/2  0 -1/2 0 1/2  0 -1/2 -1 -1/2
0 1/2 0 -1/2  0 -1/2 0 1/2  0 1/2 0 -1/2  -1 -1/2 0 -1/2
0 1/2 0 -1/2  0 1/2 1 1/2  0 -1/2 0 1/2  -1 -1/2 -1 -3/2
0 1/2 0 -1/2  0 1/2 1 1/2  0 1/2 0 -1/2  -1 -3/2 -1 -1/2
0 -1 0 -1  0 0 0 0  0 1 0 1  0 0 0 0
0 0 0 0  0 -1 0 -1  0 0 0 0  0 1 0 1
0 0 0 0  0 1 0 1  0 0 0 0  0 -1 0 -1
0 1 0 1  0 0 0 0  0 -1 0 -1  0 0 0 0
"""
"""arXiv:1411.4648, Table I: columns p(ab|xy), xy = 00, 01, 10, 11, in each ab = 00, 01, 10, 11."""

LOWER = """
p11.1 + p00.0 - 1
p11.0 + p00.1 - 1
p11.0 - p11.1 - p10.1 - p01.0 - p10.0
p11.1 - p11.0 - p10.0 - p01.1 - p10.1
- p01.1 - p10.1
- p01.0 - p10.0
p00.1 - p01.1 - p10.1 - p01.0 - p00.0
p00.0 - p01.0 - p10.0 - p01.1 - p00.1
"""
"""Balke and Pearl, JASA 92, 1171 (1997): ACE ≥ the largest of these; p_ba.z = p(B = b, A = a|Z = z)."""

UPPER = """
1 - p01.1 - p10.0
1 - p01.0 - p10.1
- p01.0 + p01.1 + p00.1 + p11.0 + p00.0
- p01.1 + p11.1 + p00.1 + p01.0 + p00.0
p11.1 + p00.1
p11.0 + p00.0
- p10.1 + p11.1 + p00.1 + p11.0 + p10.0
- p10.0 + p11.0 + p00.0 + p11.1 + p10.1
"""
"""The same: ACE ≤ the smallest of these."""


def forms(tables, coordinates):
    """(constant, table) as forms over the coordinates: equal exactly where equal on the affine hull."""
    found = set()
    for constant, table in tables:
        form = coordinates.pull_back(np.array(table, dtype=object) * Fraction(1))
        form[0] = form[0] + constant
        found.add(tuple(form))
    return found


def published(text):
    for line in text.strip().splitlines():
        table, constant = np.full((2, 2, 2), Fraction(0), dtype=object), Fraction(0)
        words = line.replace("- ", "-").replace("+ ", "").split()
        for word in words:
            sign, name = (-1, word[1:]) if word.startswith("-") else (1, word)
            if name == "1":
                constant += sign
            else:
                b, a, z = int(name[1]), int(name[2]), int(name[4])
                table[a, b, z] += sign
        yield constant, table


def negated(terms):
    return [(-constant, -table) for constant, table in terms]


# ------------------------------------------------------------------- Table I


def test_table_one():
    table = rb.dual_vertices(rb.influence(rb.input_signaling(), "X", "B"))
    printed = {tuple(Fraction(v) for v in line.split()) for line in TABLE_I.strip().splitlines()}
    assert len(table) == len(printed) == 13
    assert set(table.rows) == printed  # the gauge is the paper's: the same cells are zero
    assert table.columns[:5] == ("p(00|00)", "p(01|00)", "p(10|00)", "p(11|00)", "p(00|01)")
    assert {tuple(z[cell] for cell in table.zero_cells) for z in table.vertices} == {(0,) * 5}


def test_irredundant_terms_of_table_one():
    model = rb.input_signaling()
    c = rb.influence(model, "X", "B")
    everywhere = rb.closed_form(c, "model")
    table = rb.dual_vertices(c)
    full = forms([(0, z) for z in table.vertices], model.coordinates)
    terms = {term.form for term in everywhere.terms}
    assert len(full) == 13
    assert len(terms) == 12
    assert terms < full
    assert full - terms == {(Fraction(0),) * (model.coordinates.dimension + 1)}  # signaling terms come in ± pairs
    # without signaling the signaling terms vanish: 0 and the 8 CHSH terms are left
    without = rb.closed_form(c)
    assert {t.form for t in without.terms} == forms([(0, z) for z in table.vertices], rb.bell().coordinates)
    assert len(without.terms) == 9


def test_outcome_signaling_needs_twice_ch():
    model = rb.outcome_signaling()
    c = rb.influence(model, "A", "B")
    assert len(rb.dual_vertices(c)) == 21
    assert len(rb.closed_form(c, "model").terms) == 20
    form = rb.closed_form(c)
    half = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
    assert {t.form for t in form.terms} == {tuple(2 * v for v in t.form) for t in half.terms}
    assert [(k.name, len(k)) for k in form.classes] == [(None, 1), ("CHSH", 8)]
    assert [k.text for k in form.classes] == ["0", "(1/2) CHSH - 1"]


def test_message_and_dependence_have_the_same_terms():
    expected = {t.form for t in rb.closed_form(rb.influence(rb.input_signaling(), "X", "B")).terms}
    dependent = rb.measurement_dependence()
    for measure in (rb.message_weight(rb.message()), rb.dependence(dependent)):
        assert {t.form for t in rb.closed_form(measure).terms} == expected
    hall = rb.closed_form(rb.hall_dependence(dependent))  # (S − 2)/3 instead of (S − 2)/4
    assert {t.form for t in hall.terms} == {tuple(Fraction(4, 3) * v for v in form) for form in expected}


# ------------------------------------------------------------------- instruments


def test_balke_and_pearl():
    model = rb.instrumental()
    assert (model.outputs, model.inputs) == (("A", "B"), ("Z",))
    effect = rb.average_causal_effect(model, "A", "B")
    least, largest = rb.closed_form(effect), rb.closed_form(-effect)
    assert {t.form for t in least.terms} == forms(published(LOWER), model.coordinates)
    assert {t.form for t in largest.terms} == forms(negated(published(UPPER)), model.coordinates)
    assert len(least.terms) == len(largest.terms) == 8
    for form in (least, largest):
        assert {t.form for t in form.domain} == pearl(model)


def pearl(model):
    """Pearl 1995: Σ_b max_z p(a, b|z) ≤ 1 for each a, as forms ≤ 0; those of one z only are trivial."""
    a, b, z = model.observed_shape
    tables = []
    for value in range(a):
        for choice in itertools.product(range(z), repeat=b):
            if len(set(choice)) > 1:
                table = np.zeros((a, b, z), dtype=object)
                for outcome, setting in enumerate(choice):
                    table[value, outcome, setting] = 1
                tables.append((Fraction(-1), table))
    return forms(tables, model.coordinates)


def test_lipid_data():
    # (b, a) = 00, 01, 10, 11; Balke and Pearl: 0.392 ≤ ACE ≤ 0.780
    rows = [["0.919", "0", "0.081", "0"], ["0.315", "0.139", "0.073", "0.473"]]
    table = np.array([[Fraction(v) for v in row] for row in rows], dtype=object).reshape(2, 2, 2).transpose(2, 1, 0)
    p = rb.Behavior(table, "A B", "Z")
    effect = rb.average_causal_effect(rb.instrumental(), "A", "B")
    assert rb.closed_form(effect)(p) == Fraction(392, 1000)
    assert -rb.closed_form(-effect)(p) == Fraction(780, 1000)


@pytest.mark.parametrize(("z", "a", "b"), [(2, 2, 2), (2, 3, 2), (2, 2, 3)])
def test_two_instrument_values_need_only_pearls_inequalities(z, a, b):
    model = rb.instrumental(z, (a, b))
    found = {f.form for f in model.inequalities().facets}
    assert found == pearl(model)


def test_three_instrument_values_need_bonets_inequalities():
    model = rb.instrumental(3)
    facets = {f.form for f in model.inequalities().facets}
    assert pearl(model) < facets
    # Bonet, UAI 2001: Pearl's are not all; one further class up to names of the values
    assert sorted(len(k) for k in model.inequalities().classes) == [12, 24]
    assert len(facets - pearl(model)) == 24


# ------------------------------------------------------------------- larger scenarios


@pytest.mark.parametrize("inputs", [(3, 2), (2, 3)])
def test_unequal_inputs(inputs):
    form = rb.closed_form(rb.influence(rb.input_signaling(inputs), "X", "B"))
    assert [(k.name, len(k)) for k in form.classes] == [(None, 1), ("CHSH", 24)]  # three pairs of settings, 8 each


@pytest.mark.parametrize("outputs", [(3, 2), (2, 3)])
def test_unequal_outputs(outputs):
    # CHSH after merging two of three outcomes, chosen for both settings: 9 ways to lift 8 functionals
    form = rb.closed_form(rb.influence(rb.input_signaling((2, 2), outputs), "X", "B"))
    assert [(k.name, len(k)) for k in form.classes] == [(None, 1), ("CHSH", 72)]


@pytest.mark.slow
def test_3322():
    form = rb.closed_form(rb.influence(rb.input_signaling((3, 3)), "X", "B"), seconds=900)
    count = Counter({(k.name, k.text): len(k) for k in form.classes})
    assert len(form.terms) == sum(count.values()) == 841
    assert sorted(count.values()) == [1, 72, 192, 576]
    names = {size: name for (name, _), size in count.items()}
    assert names == {1: None, 72: "CHSH", 576: "I3322", 192: "chained_3"}
    assert next(text for (name, text), _ in count.items() if name == "I3322") == "(2/5) I3322"


# ------------------------------------------------------------------- text and sympy


def test_names_of_terms():
    form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
    assert form.labels[:2] == ("pA(0|0)", "pA(0|1)")
    assert "0" in {t.text(form.labels) for t in form.terms}
    wanted = {name: c for c, name in ((1, "p(00|00)"), (1, "p(00|01)"), (1, "p(00|10)"), (-1, "p(00|11)"))}
    wanted |= {"pA(0|0)": -1, "pB(0|0)": -1}
    form_of_ch = tuple(Fraction(wanted.get(label, 0)) for label in form.labels)
    assert (Fraction(0), *form_of_ch) in {t.form for t in form.terms}  # Eq. (8) itself
