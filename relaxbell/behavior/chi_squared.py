"""Were the settings chosen as the design says? Pearson's chi-squared, and the probability of its tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact

_FEW = 5
"""Fewest expected trials of a cell for which the chi-squared distribution is a good approximation (Cochran, 1954)."""


@dataclass(frozen=True)
class ChiSquared:
    """Pearson's statistic and the probability of one at least as large; see `SettingsTest`.

    Attributes
    ----------
    statistic
        Σ (seen − expected)² / expected; infinite where something was seen that has probability 0.
    degrees_of_freedom
        Of the chi-squared distribution.
    smallest_expected
        Fewest trials expected in a cell; below 5 the p-value is a rough one.

    Examples
    --------
    >>> import relaxbell as rb
    >>> test = rb.load_counts("delft2015").settings_test()
    >>> round(test.independence.p_value, 3)
    0.021
    """

    statistic: float
    degrees_of_freedom: int
    smallest_expected: float

    @property
    def p_value(self) -> float:
        """Probability of a statistic at least as large: asymptotic, for independent trials."""
        return chi_squared_tail(self.statistic, self.degrees_of_freedom)

    def __repr__(self) -> str:
        few = "" if self.smallest_expected >= _FEW else f", rough: only {self.smallest_expected:.3g} trials expected"
        return f"chi² = {self.statistic:.6g} at {self.degrees_of_freedom} df ({chance_text(self.p_value, 3)}{few})"


@dataclass(frozen=True)
class SettingsTest(ChiSquared):
    """Whether the settings of counts were drawn from the design distribution.

    Attributes
    ----------
    uniform
        Whether the design is the uniform one.
    independence
        The same for "the inputs are independent of each other", whatever their own distributions; None for fewer than
        two inputs that vary, and for a design that correlates them.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.load_counts("vienna2015").settings_test()
    SettingsTest: against uniform settings chi² = 75.8524 at 3 df (p = 2.38e-16); independence ... at 1 df (p = 0.787)
    """

    uniform: bool
    independence: ChiSquared | None

    def __repr__(self) -> str:
        kind = "uniform settings" if self.uniform else "the given design"
        more = "" if self.independence is None else f"; independence {self.independence!r}"
        return f"{type(self).__name__}: against {kind} {ChiSquared.__repr__(self)}{more}"


def chance_text(p: float, digits: int = 2) -> str:
    """Return a p-value in words; none is 0.

    Examples
    --------
    >>> chance_text(0.0461), chance_text(0.0)
    ('p = 0.046', 'p < 1e-300')
    """
    return f"p = {p:.{digits}g}" if p > 0 else "p < 1e-300"


def chi_squared_tail(statistic: float, degrees_of_freedom: int) -> float:
    """Return the probability that a chi-squared variable is at least `statistic`; 1 without degrees of freedom.

    Examples
    --------
    >>> round(chi_squared_tail(3.841458820694124, 1), 12)
    0.05
    """
    import flint  # here and not scipy.special, which takes a tenth of the time of `relaxbell quantify` to load

    if math.isinf(statistic):
        return 0.0
    if not degrees_of_freedom:
        return 1.0
    with flint.ctx.workprec(256):  # small ones are differences
        half = flint.arb(degrees_of_freedom) / 2
        return float(flint.arb(statistic / 2).gamma_upper(half, regularized=1))


def settings_test(settings: NDArray[np.int64], design: Exact, *, uniform: bool) -> SettingsTest:
    """Return the test of numbers of trials, one axis for each input, against their design distribution.

    Examples
    --------
    >>> settings_test(np.array([30, 10]), np.array([Fraction(1, 2)] * 2), uniform=True).statistic
    10.0
    """
    against = _pearson(settings, np.asarray(design * int(settings.sum())), 0)
    varying = settings.ndim >= 2 and sum(size > 1 for size in settings.shape) >= 2
    independent = varying and (_product(design) == design).all()
    return SettingsTest(
        against.statistic,
        against.degrees_of_freedom,
        against.smallest_expected,
        uniform,
        _independence(settings) if independent else None,
    )


def _independence(settings: NDArray[np.int64]) -> ChiSquared | None:
    """Return Pearson's test against the product of the marginals; values that were never seen are left out."""
    seen = settings
    for axis in range(settings.ndim):
        others = tuple(i for i in range(settings.ndim) if i != axis)
        seen = np.compress(settings.sum(axis=others) > 0, seen, axis=axis)
    if sum(size > 1 for size in seen.shape) < 2:
        return None
    trials = int(seen.sum())
    product = _product(np.asarray(seen.astype(object) * Fraction(1, trials)))
    return _pearson(seen, np.asarray(product * trials), sum(size - 1 for size in seen.shape))


def _pearson(seen: NDArray[np.int64], expected: Exact, fitted: int) -> ChiSquared:
    """Return the statistic, summed exactly: with billions of trials squares cancel."""
    possible = expected > 0
    freedom = int(possible.sum()) - 1 - fitted
    smallest = float(min(expected[possible]))
    if seen[~possible].any():
        return ChiSquared(math.inf, freedom, smallest)
    pairs = zip(seen[possible].tolist(), expected[possible], strict=True)
    return ChiSquared(float(sum(((n - m) ** 2 / m for n, m in pairs), Fraction(0))), freedom, smallest)


def _product(joint: Exact) -> Exact:
    """Return the product of a distribution's marginals."""
    product: Exact = np.array(Fraction(1), dtype=object).reshape(())
    for axis in range(joint.ndim):
        own = np.asarray(joint.sum(axis=tuple(i for i in range(joint.ndim) if i != axis)), dtype=object)
        product = np.asarray(np.multiply.outer(product, own), dtype=object)
    return product
