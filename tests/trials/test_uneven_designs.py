"""Settings that are not uniform by design: wins alone count settings, so scores are weighed."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

DESIGNS = {
    "(3/5, 2/5) and (3/10, 7/10)": [[Fraction(18, 100), Fraction(42, 100)], [Fraction(12, 100), Fraction(28, 100)]],
    "correlated": [[Fraction(1, 8), Fraction(3, 8)], [Fraction(3, 8), Fraction(1, 8)]],
}
TRIALS = 20_000


def _counts(design: list[list[Fraction]], visibility: Fraction) -> rb.Counts:
    p = rb.boxes.tsirelson().visibility(visibility).p
    return rb.Counts(np.rint(TRIALS * p * np.array(design, dtype=float)).astype(int))


@pytest.mark.parametrize("name", DESIGNS)
def test_evidence_grows_nearly_as_fast_as_any_can(name: str) -> None:
    """The strength is the largest growth of any test of data distributed so (van Dam, Gill, Grünwald)."""
    counts = _counts(DESIGNS[name], Fraction(19, 20))
    measure = rb.influence(rb.input_signaling(), "X", "B")
    found = rb.evidence(counts, measure, settings=DESIGNS[name])
    growth = -found.log_p_at(Fraction(0)) / TRIALS
    assert 0.9 * found.strength < growth <= found.strength
    assert 0 < found.at_least < rb.minimize(measure, counts.fit().behavior).value
    # and of the functional that was named
    named = rb.evidence(counts, measure, settings=DESIGNS[name], game=rb.catalog.CHSH)
    assert 0.9 * found.strength < -named.log_p_at(Fraction(0)) / TRIALS <= found.strength


def test_local_counts_prove_nothing() -> None:
    """All outcomes 0 win the game CHSH at three of four settings, here in 7/8 of the trials."""
    design = DESIGNS["correlated"]
    table = np.zeros((2, 2, 2, 2), dtype=int)
    table[0, 0] = TRIALS * np.array(design, dtype=float)
    found = rb.evidence(rb.Counts(table), rb.influence(rb.input_signaling(), "X", "B"), settings=design)
    assert (found.p_value, found.at_least) == (1, 0)


def test_uniform_settings_keep_the_binomial_tail_and_tables_of_wins_too() -> None:
    measure = rb.influence(rb.input_signaling(), "X", "B")
    quarter = [[Fraction(1, 4)] * 2] * 2
    assert "binomial" in rb.evidence(_counts(quarter, Fraction(1)), measure, settings=quarter).method
    wins = np.zeros((2, 2, 2, 2), dtype=int)
    for a, b, x, y in np.ndindex(wins.shape):
        wins[a, b, x, y] = (a + b) % 2 == x * y
    design = DESIGNS["correlated"]
    assert "binomial" in rb.evidence(_counts(design, Fraction(1)), measure, settings=design, game=wins).method


@pytest.mark.slow
def test_a_certificate_says_the_same() -> None:
    design = DESIGNS["correlated"]
    found = rb.evidence(
        _counts(design, Fraction(19, 20)), rb.influence(rb.input_signaling(), "X", "B"), settings=design
    )
    assert "would be as large with probability at most" in found.certificate(0).verify()
