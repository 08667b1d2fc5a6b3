"""Largest quantum values of correlators, exactly: published maxima, and outcomes that are merged."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb
from relaxbell.exact.numbers import surd, to_sympy
from relaxbell.quantum.correlators import correlator_maximum, is_nonnegative


def test_chained_three():
    """Wehner, arXiv:quant-ph/0510076: 2 N cos(π/2N)."""
    found = correlator_maximum(rb.catalog.chained(3))
    assert to_sympy(found.value) == 6 * sympy.cos(sympy.pi / 6)
    assert rb.catalog.chained(3)(found.behavior) == found.value
    assert is_nonnegative(found.gram)


def test_ch_has_marginals_that_cancel():
    found = correlator_maximum(rb.catalog.CH)
    assert to_sympy(found.value) == (sympy.sqrt(2) - 1) / 2
    assert rb.catalog.CH(found.behavior) == found.value


@pytest.mark.parametrize("f", [rb.catalog.I3322, rb.catalog.mermin(3), rb.catalog.cglmp(3)])
def test_others_are_none(f):
    assert correlator_maximum(f) is None


def test_outcomes_that_are_not_told_apart():
    """CHSH where Alice's outcome 1 and 2 count alike at setting 0, 0 and 2 at setting 1: Tsirelson's bound again."""
    groups = ([0, 1, 1], [0, 1, 0])
    table = np.zeros((3, 2, 2, 2), dtype=object)
    for a, b, x, y in np.ndindex(table.shape):
        table[a, b, x, y] = Fraction((-1) ** (groups[x][a] + b + x * y))
    f = rb.BellFunctional(table, "A B", "X Y", parties={"A": "X", "B": "Y"})
    found = correlator_maximum(f)
    assert found.value == surd(Fraction(0), Fraction(2), 2)
    assert f(found.behavior) == found.value
    assert found.behavior.is_nonsignaling()


def test_nonnegative_matrices():
    half = Fraction(1, 2)
    root = surd(Fraction(0), half, 2)
    assert is_nonnegative(np.array([[half, root], [root, Fraction(1)]], dtype=object))
    assert not is_nonnegative(np.array([[half, root], [root, Fraction(99, 100)]], dtype=object))
    assert not is_nonnegative(np.array([[Fraction(-1)]], dtype=object))


@pytest.mark.parametrize("factor", [Fraction(13, 36), Fraction(-97, 890), 977])
def test_multiples_are_recognized(factor):
    """Tsirelson's bound is homogeneous; the solver's numbers for 13/36 CHSH are no small multiples of √2."""
    f = rb.catalog.CHSH * factor + Fraction(1, 7)
    found = correlator_maximum(f)
    assert found.value == surd(Fraction(1, 7), abs(2 * Fraction(factor)), 2)
    assert f(found.behavior) == found.value
    assert sum(found.multipliers, Fraction(1, 7)) == found.value
