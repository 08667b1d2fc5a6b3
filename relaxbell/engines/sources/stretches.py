"""Stretches of a curve of networks: what is proved between two samples, and what models attain there.

From below, one proof (boxes with dual polynomials) gives a bound at both ends, and what it gives is concave in between.
From above, the mixture of models of both ends reproduces what is between. Where their marginals differ its measure
exceeds the chord, by no more than s(1 − s) k with k = Σ ‖a_i − b_i‖ ‖a_j − b_j‖ over pairs of groups (Theorem 14b).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from relaxbell.engines.sources.cover import Cover, cover
from relaxbell.engines.sources.samples import NetworkSample, Sampler, bump
from relaxbell.exact.numbers import ExactNumber
from relaxbell.lp.clock import TimeLimitError

WANTED = 1e-4
"""How far apart both bounds may be."""

_LOSS = Fraction(1, 28_000)
"""What the proof of a stretch may fall short of the values attained at its ends: a third of WANTED."""

_COARSE = (*(Fraction(1, n) for n in (2000, 500, 100, 50, 25, 10, 4)), Fraction(10))
"""The same where no more is proved of a stretch in the end."""

_GRID = 10**7
"""Lower bounds are multiples of 1/_GRID."""

_BOXES, _DEEPEST, _SECONDS = 64, 6, 10.0
"""Most boxes of a proof, how often they are halved at most, and most time for them."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """What is known between two parameters.

    Attributes
    ----------
    left, right
        Both ends, with the values that exact models attain there.
    lower
        What the proof gives at both ends.
    bump
        k: models between exceed the chord of values by at most s(1 − s) k.
    cover
        The boxes; None where nothing is proved but that the measure is not negative.
    """

    left: NetworkSample
    right: NetworkSample
    lower: tuple[ExactNumber, ExactNumber]
    bump: ExactNumber
    cover: Cover | None

    @property
    def gap(self) -> float:
        """How far apart the bounds of the least value are, at most."""
        ends = zip((self.left, self.right), self.lower, strict=True)
        return max(float(own.value - low) for own, low in ends) + float(self.bump) / 4

    def most(self, s: float) -> float:
        """Return the upper bound where s of the stretch lies to the left."""
        return _chord(self.left.value, self.right.value, s) + float(self.bump) * s * (1 - s)

    def least(self, s: float) -> float:
        """Return the lower bound where s of the stretch lies to the left."""
        return _chord(*self.lower, s)


def _chord(first: ExactNumber, last: ExactNumber, s: float) -> float:
    return float(first) * (1 - s) + float(last) * s


def proved(sampler: Sampler, left: NetworkSample, right: NetworkSample) -> Stretch:
    """Return what can be proved between two samples."""
    best: tuple[ExactNumber, NetworkSample, NetworkSample] | None = None
    for one, other in _pairs(sampler, left, right):
        worse = max(one.value - left.value, other.value - right.value) + bump(one, other) / 4
        if best is None or worse < best[0]:
            best = (worse, one, other)
    assert best is not None  # there is at least the pair as it is
    _, left, right = best
    targets = [_lowered(own.value) for own in (left, right)]
    found = cover(
        [left.scenario, right.scenario],
        targets,
        left.point,
        right.point,
        most=_BOXES,
        seconds=_SECONDS,
        deepest=_DEEPEST,
    )
    lower = (targets[0], targets[1]) if found is not None else (Fraction(0), Fraction(0))
    return Stretch(left, right, lower, bump(left, right), found)


def coarsely(stretch: Stretch) -> Stretch:
    """Return a stretch with what can be proved of it, be it little."""
    left, right = stretch.left, stretch.right
    for loss in _COARSE:
        targets = [_lowered(own.value, loss) for own in (left, right)]
        try:
            found = cover([left.scenario, right.scenario], targets, left.point, right.point, most=4, seconds=_SECONDS)
        except TimeLimitError:
            return stretch
        if found is not None:
            return replace(stretch, lower=(targets[0], targets[1]), cover=found)
    return stretch


def _pairs(sampler: Sampler, left: NetworkSample, right: NetworkSample) -> list[tuple[NetworkSample, NetworkSample]]:
    """Return both ends, and where their marginals are far apart, with those of either at the other."""
    found = [(left, right)]
    if float(bump(left, right)) / 4 > WANTED / 4:
        moved = sampler.with_marginals(right, left.held)
        if moved is not None:
            found.append((left, moved))
        moved = sampler.with_marginals(left, right.held)
        if moved is not None:
            found.append((moved, right))
    return found


def _lowered(value: ExactNumber, loss: Fraction = _LOSS) -> Fraction:
    return Fraction(max(math.floor((value - loss) * _GRID), 0), _GRID)
