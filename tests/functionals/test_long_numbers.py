"""Numbers of more digits than Python reads are refused by name in files of inequalities, in both directions."""

from fractions import Fraction

import pytest

import relaxbell as rb

LONG = ["9" * 4001, "9" * 4301, "1" + "0" * 10**5]


@pytest.mark.parametrize("number", LONG, ids=len)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-x1", "-{}x1"),
        ("-x1", "-1/{}x1"),
        ("-x1", "- {} / 3 * x1"),
        ("<= 0", "<= {}"),
        ("<= 0", "<= -2/{}"),
        ("DIM = 8", "DIM = {}"),
    ],
)
def test_porta(tmp_path, number, old, new):
    path = tmp_path / "long.ieq"
    rb.write_inequalities(path, [rb.catalog.CH])
    path.write_text(path.read_text().replace(old, new.format(number)))
    with pytest.raises(rb.errors.FunctionalError, match=rf"long\.ieq, line \d: a number has {len(number)} digits"):
        rb.read_inequalities(path, rb.catalog.CH)


def test_panda(tmp_path):
    path = tmp_path / "long.panda"
    rb.write_inequalities(path, [rb.catalog.CH], file_format="panda")
    path.write_text(path.read_text().replace("-1 ", f"-{LONG[1]} ", 1))
    with pytest.raises(rb.errors.FunctionalError, match="a number has 4301 digits, expected at most 4000"):
        rb.read_inequalities(path, rb.catalog.CH)


def test_numbers_that_are_as_long_as_is_read(tmp_path):
    number = 10**3999 + 7
    functional = rb.catalog.CH * Fraction(number, 3)
    rb.write_inequalities(tmp_path / "long.ieq", [functional])
    (found,) = rb.read_inequalities(tmp_path / "long.ieq", rb.catalog.CH).inequalities
    assert list(found.form) == list(functional.form)


@pytest.mark.parametrize("file_format", ["porta", "panda"])
def test_numbers_that_could_not_be_read_are_not_written(tmp_path, file_format):
    functional = rb.catalog.CH * (10**5000 + Fraction(1, 7))
    with pytest.raises(
        rb.errors.FunctionalError, match=r"a coefficient has about [45].* digits, expected at most 4000"
    ):
        rb.write_inequalities(tmp_path / "long.ieq", [functional], file_format=file_format)
    assert not (tmp_path / "long.ieq").exists()
