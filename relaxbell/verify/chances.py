"""Wins in games: binomial tails and mixtures of stakes, rounded to the safe side, for any number of trials.

All terms of the binomial distribution are in proportion to that of the wins seen, so that no factorial and no logarithm
is needed: neighbours have a rational ratio. Sums of whole multiples of 2^-256 are rounded term by term.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

ONE = 2**256
HUGE = 2**2048  # times which a sum is not continued: it decides already
_DIGITS = 128  # bits of a sum beyond which terms are not followed
_STEP = 16  # of work

Spend = Callable[[int], None]


def tail(wins: int, trials: int, beta: Fraction, spend: Spend) -> Fraction:
    """Return an upper bound of P(Binomial(trials, beta) >= wins)."""
    if wins <= 0 or beta >= 1:
        return Fraction(1)
    if beta <= 0:
        return Fraction(0)
    won, lost = beta.numerator, beta.denominator - beta.numerator
    up = _from(wins, trials, won, lost, spend)
    return Fraction(1) if up is None else Fraction(up, up + _below(wins, trials, won, lost, spend))


def mixture(wins: int, trials: int, beta: Fraction, spend: Spend) -> Fraction:
    """Return a lower bound of the mean over w, uniform in (beta, 1), of (w/beta)^wins ((1 - w)/(1 - beta))^losses."""
    losses = trials - wins
    if beta >= 1:
        return Fraction(1)  # no bet
    if beta <= 0:
        return Fraction(HUGE) if wins else Fraction(1, losses + 1)
    won, lost = beta.numerator, beta.denominator - beta.numerator
    return Fraction(ONE + _below(wins, trials + 1, won, lost, spend), ONE * (losses + 1))


def _from(wins: int, trials: int, won: int, lost: int, spend: Spend) -> int | None:
    """Return the terms from the wins on in units of theirs over ONE, rounded up; None if they exceed HUGE."""
    term = total = ONE
    for k in range(wins, trials):
        spend(_STEP)
        top, bottom = (trials - k) * won, (k + 1) * lost
        term = -(-term * top // bottom)
        total += term
        if total > ONE * HUGE:
            return None
        if top < bottom and term * top <= (bottom - top) * (total >> _DIGITS):  # ratios fall: a geometric series
            return total + (total >> _DIGITS) + 1
    return total


def _below(wins: int, trials: int, won: int, lost: int, spend: Spend) -> int:
    """Return the terms below the wins in units of theirs over ONE, rounded down."""
    term, total = ONE, 0
    for k in range(wins, 0, -1):
        spend(_STEP)
        term = term * (k * lost) // ((trials - k + 1) * won)
        total += term
        if term <= total >> _DIGITS or total > ONE * HUGE:
            break
    return total
