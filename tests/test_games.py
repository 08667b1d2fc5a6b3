"""docs/good_guesses.rst, "Games that no strategy wins": the theorem against what the engines find."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from test_literature import GUESSES, names

import relaxbell as rb

RNG = np.random.default_rng(20261129)


def distribution(shape, *, least=1):
    weights = RNG.integers(least, 20, size=shape)
    return weights * Fraction(1, int(weights.sum()))


def law_m(questions):
    first, second = sorted(questions)[:2]
    return 4 * first * second / (first + second)


def law_i(questions):
    """Water-filling as the theorem writes it: the least k."""
    s = sorted(questions)
    k = next(k for k in range(2, len(s) + 1) if k == len(s) or s[k] >= sum(s[:k]) / (k - 1))
    mu = sum(s[:k]) / (k - 1)
    return sum(float(w) * np.log2(float(mu / w)) for w in s[:k] if w)


def m_of(settings, p):
    inputs, outputs = p.exact.shape[len(p.outputs) :], p.exact.shape[: len(p.outputs)]
    return rb.minimize(rb.dependence(rb.measurement_dependence(inputs, outputs, input_distribution=settings)), p)


def ghz_questions(settings):
    return [settings[x] for x in [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]]


def lost(p):
    """The probability of losing at each question of CHSH's game."""
    return sum(p.exact[a, b, x, y] for a, b, x, y in np.ndindex(p.exact.shape) if (a + b) % 2 != x * y)


@pytest.mark.parametrize("least", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_isotropic_behaviors_at_any_settings(least):
    settings = distribution((2, 2), least=least)
    for value in (Fraction(5, 2), 2 * sympy.sqrt(2), Fraction(4)):
        box = rb.boxes.pr().visibility(value / 4)
        assert sympy.simplify(m_of(settings, box).exact - (value - 2) * law_m(settings.ravel()) / 2) == 0


@pytest.mark.slow
def test_every_behavior_and_other_games():
    for _ in range(12):
        settings, local = distribution((2, 2)), distribution((4, 4))
        table = np.full((2, 2, 2, 2), Fraction(0), dtype=object)
        for f, g, x, y in np.ndindex(4, 4, 2, 2):  # functions of a bit as two bits
            table[f >> x & 1, g >> y & 1, x, y] += local[f, g]
        p = rb.Behavior((table + rb.boxes.pr().exact) / 2, "A B", "X Y")
        assert m_of(settings, p).exact >= (1 - lost(p)) * law_m(settings.ravel())
    square, ghz = names(GUESSES)["square"](), rb.boxes.ghz()
    settings = distribution((3, 3))
    assert m_of(settings, square).exact == law_m(settings.ravel())
    settings = distribution((2, 2, 2))
    assert m_of(settings, ghz).exact == law_m(ghz_questions(settings))


@pytest.mark.slow
def test_information_and_hall():
    square = names(GUESSES)["square"]()
    for p, inputs, outputs, questions in [
        (rb.boxes.pr(), (2, 2), (2, 2), 4),
        (square, (3, 3), (4, 4), 9),
    ]:
        for settings in (distribution(inputs), np.array(SKEWED[inputs], dtype=object)):
            free = rb.measurement_dependence(inputs, outputs, input_distribution=settings)
            found = rb.minimize(rb.mutual_information(free), p)
            assert found.lower_bound - 1e-9 <= law_i(settings.ravel()) <= found.value + 1e-9
            assert found.value - found.lower_bound < 1e-6
        assert rb.minimize(rb.hall_dependence(free), p).exact == Fraction(2, questions - 1)


SKEWED = {  # few questions matter: k = 2 of 4, 3 of 9
    (2, 2): [[Fraction(1, 20), Fraction(2, 20)], [Fraction(8, 20), Fraction(9, 20)]],
    (3, 3): [[Fraction(n, 100) for n in row] for row in ([1, 2, 2], [15, 16, 16], [16, 16, 16])],
}


@pytest.mark.parametrize("seed", range(4))
def test_uniform_marginals_are_enough_for_chsh(seed):
    """M = 2 (S − 2) s1 s2/(s1 + s2) for correlators that are not alike."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 30, 4)
    settings = weights * Fraction(1, int(weights.sum()))
    signs = np.array([1, 1, 1, -1], dtype=object)
    correlators = np.array([Fraction(int(n), 20) for n in rng.integers(14, 21, 4)], dtype=object)
    p = rb.Behavior.from_correlators({"AB": (signs * correlators).reshape(2, 2), "A": [0, 0], "B": [0, 0]})
    assert m_of(settings.reshape(2, 2), p).exact == (correlators.sum() - 2) / 2 * law_m(settings)
