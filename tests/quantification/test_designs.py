"""Tables of counts whose settings are not uniform by design."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.cli.data import labels
from relaxbell.quantification.settings import distribution_of_text

PRODUCT = {"X": [Fraction(3, 5), Fraction(2, 5)], "Y": [Fraction(3, 10), Fraction(7, 10)]}
JOINT = np.multiply.outer(PRODUCT["X"], PRODUCT["Y"])


def _counts() -> rb.Counts:
    p = rb.boxes.tsirelson().visibility(Fraction(19, 20)).p
    return rb.Counts(np.rint(20_000 * p * JOINT.astype(float)).astype(int), name="biased")


@pytest.mark.slow
def test_a_design_is_that_of_measures_and_of_evidence() -> None:
    counts = _counts()
    without = rb.quantify(counts, resamples=0)
    assert without.local is None
    assert "input_distribution" in without.unproved
    report = rb.quantify(counts, resamples=0, input_distribution=PRODUCT)
    fitted = counts.fit().behavior
    free = rb.measurement_dependence(input_distribution=JOINT)
    for name, measure in (("M(X,Y:Λ)", rb.dependence(free)), ("I(X,Y:Λ)", rb.mutual_information(free))):
        assert report[name].value == pytest.approx(rb.minimize(measure, fitted).value, abs=1e-9)
    own = rb.evidence(counts, rb.dependence(free))
    row = next(row for row in report.rows if row.name == "M(X,Y:Λ)")
    assert row.statement.at_least == own.at_least
    assert 0 < own.at_least < report["M(X,Y:Λ)"].value
    for row in report.rows:
        assert 0 < row.statement.at_least < row.solution.value
    assert "by design, p(X,Y) = (9/50, 21/50, 3/25, 7/25)" in repr(report)
    assert "against their design" in repr(report)


@pytest.mark.slow
def test_inputs_in_another_order_than_the_outputs() -> None:
    """Tables have the axes of what was observed."""
    counts = _counts()
    other = rb.Counts(counts.table.swapaxes(2, 3), "A B", "Y X", parties={"A": "X", "B": "Y"})
    first = rb.quantify(counts, resamples=0, input_distribution=PRODUCT)
    second = rb.quantify(other, resamples=0, input_distribution=JOINT.T)
    assert first.settings.statistic == pytest.approx(second.settings.statistic)
    for row, same in zip(first.rows, second.rows, strict=True):
        assert row.statement.at_least == pytest.approx(same.statement.at_least, rel=1e-9)
        assert row.solution.value == pytest.approx(same.solution.value, abs=1e-7)


def test_what_is_no_distribution_is_refused() -> None:
    with pytest.raises(rb.errors.BehaviorError, match="or the distribution by design"):
        rb.quantify(rb.boxes.pr(), input_distribution="fair")
    with pytest.raises(rb.errors.ModelError, match="expected each input once: X, Y"):
        rb.quantify(rb.boxes.pr(), input_distribution={"X": [1, 0]})


@pytest.mark.parametrize("text", ["X=0.6,0.4,Y=3/10,0.7", "0.18,0.42,0.12,7/25"])
def test_the_command_line_reads_exact_numbers(text: str) -> None:
    found = distribution_of_text(text, _counts())
    table = np.multiply.outer(found["X"], found["Y"]) if isinstance(found, dict) else found
    assert (table == JOINT).all()


@pytest.mark.parametrize("text", ["fair", "0.5,0.5", "X=0.6,1/0"])
def test_the_command_line_says_what_it_expects(text: str) -> None:
    with pytest.raises(rb.errors.ModelError, match=r"--input-distribution .*X=0\.6,0\.4,Y=1/2,1/2"):
        distribution_of_text(text, _counts())


def test_labels_of_each_variable() -> None:
    assert labels("A=H,V,B=D, A,X=Z") == {"A": ("H", "V"), "B": ("D", "A"), "X": ("Z",)}
    assert labels("1,-1") == ("1", "-1")
    assert labels("+-") == "+-"
