"""Multiples, names, and what is refused with which words."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb


def parts():
    model = rb.bell((2, 3), (3, 2)).relax("X -> B")
    return rb.influence(model, "X", "B"), rb.average_causal_effect(model, "X", "B")


def test_a_division_is_a_multiplication_by_the_inverse():
    c, ace = parts()
    q = np.random.default_rng(0).dirichlet(np.ones(c.model.strategies.count))
    for measure, divisor in ((c, 2), (c, 0.1), (c, Fraction(3, 7)), (ace, -4), (c + 2 * c, np.int64(5))):
        divided = measure / divisor
        assert divided.factor == 1 / Fraction(str(divisor))
        assert divided.value(q) == pytest.approx(measure.value(q) / float(divisor), abs=1e-12)
    assert (c / 2).name == (Fraction(1, 2) * c).name
    assert rb.minimize(rb.influence(rb.input_signaling(), "X", "B") / 4, rb.boxes.pr()).exact == Fraction(1, 8)


@pytest.mark.parametrize("divisor", [0, 0.0, Fraction(0)])
def test_nothing_is_divided_by_zero(divisor):
    c, ace = parts()
    for measure in (c, ace, c + ace):
        with pytest.raises(rb.errors.MeasureError, match="found a division by 0"):
            measure / divisor


@pytest.mark.parametrize("divisor", ["x", None, np.sqrt(2) * 1j, float("nan"), [2]])
def test_divisors_are_numbers(divisor):
    with pytest.raises((rb.errors.MeasureError, TypeError)):
        parts()[0] / divisor
    with pytest.raises(TypeError):
        2 / parts()[0]


def test_names_of_sums_stand_in_parentheses():
    c, ace = parts()
    with pytest.raises(rb.errors.MeasureError, match=r"-1 · \(.* \+ .*\) is concave"):
        -(ace + c)


@pytest.mark.parametrize("wrong", [3, None, b"C", ["C"]])
def test_names_and_units_are_texts(wrong):
    model = rb.instrumental()
    rows = np.ones((1, model.strategies.count))
    for given in ({"name": wrong}, {"unit": wrong}):
        with pytest.raises(rb.errors.MeasureError, match=f"the {next(iter(given))} of a measure is .*expected a text"):
            rb.measure(model, rows, **given)
    with pytest.raises(rb.errors.MeasureError, match="expected a text"):
        rb.measure(model, rows).named(wrong, "bit")


@pytest.mark.parametrize("executor", [3, "processes", [None]])
def test_executors_are_executors(executor):
    with pytest.raises(rb.errors.MeasureError, match=r"executor is an? \w+, expected a concurrent.futures.Executor"):
        rb.sweep(rb.influence(rb.input_signaling(), "X", "B"), [rb.boxes.pr()], executor=executor)


def test_articles():
    with pytest.raises(rb.errors.MeasureError, match="cannot minimize an int"):
        rb.minimize(3, rb.boxes.pr())
    with pytest.raises(rb.errors.MeasureError, match="cannot sweep a str"):
        rb.sweep("c", [rb.boxes.pr()])


@pytest.mark.parametrize("factor", [Fraction(3), Fraction(1, 3)])
def test_certificates_of_foreign_rows_are_refused(factor):
    """The generator makes C, the rows are those of a multiple: a certificate would prove something else."""
    c = parts()[0]
    table = np.full((3, 2, 2, 3), Fraction(0), dtype=object)
    for i, j, k in np.ndindex(2, 3, 2):
        table[k, (i * j - k) % 2, i, j] = Fraction(1, 2)
    foreign = rb.minimize(rb.measure(c.model, replace(c.term.scaled(factor), factor=1)), rb.Behavior(table))
    assert foreign.exact == factor / 2
    with pytest.raises(rb.errors.CertificateError, match=r"the verifier's own rows give 0\.5 where the solution says"):
        _ = foreign.certificate
    own = rb.minimize(rb.measure(c.model, c.term.scaled(factor)), rb.Behavior(table))
    assert f"= {factor / 2}" in own.certificate.claim
