"""What measures print: a true formula, whatever whole numbers their rows are kept in."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

WIDE = rb.bell((2, 3), (3, 2)).relax("X -> B")
C = rb.influence(WIDE, "X", "B")
EFFECT = rb.average_causal_effect(rb.instrumental(3), "A", "B")


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (EFFECT, "ACE(A -> B) = p(B=1|do(A=1)) - p(B=1|do(A=0))"),  # rows are kept in thirds
        (rb.message_weight(rb.message((3, 2))), "p(M≠0)"),
        (2 * C, "2 C(X -> B)"),
        (3 * (C + C), "3 (C(X -> B) + C(X -> B))"),
        (-1 * (2 * EFFECT), "-1 (2 ACE(A -> B))"),
        (-(EFFECT + EFFECT), "-(ACE(A -> B) + ACE(A -> B))"),
        (rb.maximum(C, Fraction(1, 3) * C), "max(C(X -> B), 1/3 C(X -> B))"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_formulas(measure, text):
    assert repr(measure).startswith(f"{text}  (probability; ")


def test_rows_of_ones_own_are_not_scaled():
    n = WIDE.strategies.count
    for norm, text in (("max", "max(row 0, row 1)"), ("sum", "sum(row 0, row 1)"), ("linear", "row 0 + row 1")):
        measure = rb.measure(WIDE, np.full((2, n), 0.25), norm=norm)
        assert repr(measure).startswith(f"measure = {text}  (")
    labeled = rb.measure(WIDE, {(np.float64(0.5), np.int64(1)): np.ones(n)}, norm="linear")
    assert labeled.rows == ("(0.5, 1)",)


def test_dependence_says_what_its_rows_are():
    """Σ |p(x,λ) − p(x) p(λ)| with p(x) = 1/2, 1/4, 1/8, 1/8, times the common denominator 8."""
    weights = [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]]
    measure = rb.dependence(rb.measurement_dependence(input_distribution=weights))
    assert repr(measure).startswith("M(X,Y:Λ) = 1/8 · sum |8 p(X=0,Y=0,Λ=0) - 4 p(Λ=0), … 64 rows|  (")
    (block,) = measure.blocks
    q = np.random.default_rng(0).dirichlet(np.ones(64))
    digits = [measure.model.strategies.digits(s) for s in range(64)]
    joint = sum(w for w, d in zip(q, digits, strict=True) if d["A"] == d["B"] == d["X"] == d["Y"] == 0)
    alone = sum(w for w, d in zip(q, digits, strict=True) if d["A"] == d["B"] == 0)
    assert (block.matrix @ q)[0] == pytest.approx(8 * joint - 4 * alone)


def test_many_parts_are_counted():
    hall = rb.hall_dependence(rb.measurement_dependence((2, 3), (3, 2)))
    assert "… 15 parts)" in repr(hall)  # pairs of 6 settings


def test_tables_that_are_no_mapping():
    for make in (rb.BellFunctional.from_collins_gisin, rb.BellFunctional.from_correlators):
        for tables, found in ((None, "found a NoneType"), (3, "found an int")):
            with pytest.raises(
                rb.errors.FunctionalError, match=rf"{found}, expected a mapping .*'AB': table.* or a matrix"
            ):
                make(tables)
        with pytest.raises(
            rb.errors.FunctionalError, match=r"the set of outputs \('A', 'B'\) is a tuple, expected a string"
        ):
            make({("A", "B"): [[1, 1], [1, -1]]})


def test_labels_of_sweeps_are_numbers():
    points = {(np.float64(v), np.int64(1)): rb.boxes.pr().visibility(Fraction(v)) for v in np.linspace(0.5, 1, 3)}
    found = rb.sweep(rb.influence(rb.input_signaling(), "X", "B"), points)
    assert "(0.75, 1)" in repr(found)
    for text in (repr(found), found._repr_html_()):
        assert "np." not in text
    with pytest.raises(KeyError) as caught:
        found[np.float64(0.3), 2]
    assert "np." not in str(caught.value)
    assert "(0.3, 2)" in str(caught.value)
