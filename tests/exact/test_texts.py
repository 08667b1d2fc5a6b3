"""Numbers in messages: of any size, and different where they are."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaxbell.exact.numbers import surd
from relaxbell.exact.texts import as_number, decimal_text, different_texts, one_line, plain_repr


@pytest.mark.parametrize("number", [Fraction(1, 3), Fraction(-22, 7), 5, 0, 0.1, surd(1, 2, 3), Fraction(10**20)])
def test_numbers_that_floats_hold_look_as_floats_do(number):
    assert decimal_text(number) == f"{float(number):.6g}"


@pytest.mark.parametrize("power", [301, 400, 5000])
def test_numbers_that_floats_do_not_hold(power):
    assert decimal_text(Fraction(5, 4 * 10**power)) == f"1.25e-{power}"
    assert decimal_text(-Fraction(3) * 10**power) == f"-3e+{power}"
    assert decimal_text(surd(0, Fraction(1, 10**power), 2)) == f"1.41421e-{power}"


@given(st.fractions(), st.fractions(), st.integers(0, 40))
def test_what_differs_looks_different(one, step, power):
    other = one + step / 10**power
    texts = different_texts(one, other)
    assert (texts[0] == texts[1]) == (one == other)
    if " " not in "".join(texts):  # both are numbers then: their order is shown
        assert (Decimal(texts[0]) > Decimal(texts[1])) == (one > other)
    else:
        assert (" + " in texts[0]) == (one > other)


def test_floats_and_roots_are_compared_exactly():
    assert different_texts(surd(0, 2, 2), 2) == ("2.82843", "2")
    assert different_texts(surd(0, 2, 2), float(surd(0, 2, 2)))[0].startswith("2.82843 ")
    assert different_texts(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.29999999999999999")
    assert as_number(0.5) == Fraction(1, 2)


def test_labels_do_not_say_where_numbers_come_from():
    label = (np.float64(0.5), [np.int64(1)], "v")
    assert plain_repr(label) == "(0.5, [1], 'v')"
    assert one_line([np.float64(0.0), np.float64(1.0)]) == "[0.0, 1.0]"
    assert "\n" not in one_line(np.eye(64))
    assert len(one_line(np.eye(64))) <= 60
