"""Exact curves of a measure that is not convex: the least non-bilocality along a line of behaviors.

On a piece the same dual polynomials prove the values at both ends, over boxes that hold all marginals: what they prove
is concave along the line, so that the least value is not below the chord. And models with the same marginals attain
both ends: with these fixed the measure is convex, so that the least value is not above the chord either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from relaxbell.certificate.claims import Certificate, as_text, of_pieces
from relaxbell.curves.paths import Path
from relaxbell.curves.piecewise import Piece, PiecewiseCurve
from relaxbell.engines.linear.family import Line
from relaxbell.engines.linear.solution import dual_functional
from relaxbell.engines.sources.bands import SampledNetworkCurve, sampled_curve
from relaxbell.engines.sources.certificates import covered
from relaxbell.engines.sources.cover import Cover, cover
from relaxbell.engines.sources.minimum import TIME_LIMIT
from relaxbell.engines.sources.samples import NetworkSample, Sampler, bump
from relaxbell.exact.numbers import ExactNumber
from relaxbell.lp.clock import TimeLimitError, deadline, left
from relaxbell.measures.products import Nonbilocality

_BOXES, _SECONDS = 24, 20.0
"""Most boxes of a proof, and most time for them."""

_TOLERANCE = 1e-9
"""Of least values, before they are found exactly."""

_DEPTH = 12
"""How often an interval is divided."""

_MOST_FAILURES = 8
"""Pairs of samples between which no exact piece was proved; after these the curve is taken for one that bends."""

_CLOSE = (3, 6, 9)
"""The slope at an end is read off 2^−k of the interval, for these k."""


@dataclass(frozen=True, eq=False)
class NetworkPiece:
    """Both ends of an affine piece, with one proof and models of the same marginals."""

    left: NetworkSample
    right: NetworkSample
    cover: Cover

    @property
    def line(self) -> Line:
        """The chord."""
        slope = (self.right.value - self.left.value) / (self.right.t - self.left.t)
        return Line(self.left.value - slope * self.left.t, slope)


@dataclass(frozen=True, eq=False, repr=False)
class NetworkCurve(PiecewiseCurve):
    """A curve of the least non-bilocality, over all marginals; see `PiecewiseCurve`.

    Attributes
    ----------
    proofs
        For each stretch from left to right its ends and the proof; pieces consist of one or several.
    name, variable, measure, pieces, exact, programs, power, symbol, reading, estimated
        As in `PiecewiseCurve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> noise, full = rb.boxes.entanglement_swapping(0), rb.boxes.entanglement_swapping(1)
    >>> line = rb.curve(rb.nonbilocality(rb.bilocality()), noise, full)
    >>> len(line.proofs), line.critical
    (2, Fraction(1, 2))
    """

    proofs: tuple[NetworkPiece, ...] = field(kw_only=True)

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve: the same cover at both ends of each stretch."""
        parts = []
        for piece in self.proofs:
            ends = []
            for own in (piece.left, piece.right):
                sides = [end.layout for end in (piece.left, piece.right)]
                found = covered(self.measure.model, own.layout, piece.cover, own.value, own.primal, *sides)
                ends.append({"t": as_text(own.t), "certificate": found.data})
            parts.append(ends)
        return of_pieces(parts, (piece.right.t for piece in self.proofs), self.reading)


def network_curve(measure: Nonbilocality, path: Path) -> NetworkCurve | SampledNetworkCurve:
    """Return the curve of the least non-bilocality along a path of exact behaviors: exact, or between bounds.

    Raises
    ------
    MeasureError
        If the behaviors are floats, or there are too many free marginals for proofs.
    InfeasibleError
        If not even a shared source reproduces a behavior.
    """
    sampler = Sampler(measure, path, _TOLERANCE)
    limit = left() if math.isfinite(left()) else 2 * TIME_LIMIT
    with deadline(limit, measure.name):
        try:
            with deadline(limit / 2, measure.name):
                tracer = _Tracer(sampler)
                found = tracer.between(tracer.sample(path.low), tracer.sample(path.high), _DEPTH)
        except (NotAffineError, TimeLimitError):
            return sampled_curve(sampler, path)
    return _exact_curve(measure, path, found, sampler.programs)


def _exact_curve(measure: Nonbilocality, path: Path, found: Sequence[NetworkPiece], programs: int) -> NetworkCurve:
    scenario = found[0].left.scenario
    none = dual_functional(measure, scenario.equations, scenario.equations.rhs * 0)
    pieces: list[Piece] = []
    for part in found:
        line = part.line
        piece = Piece(part.left.t, part.right.t, line.intercept, line.slope, none)
        if pieces and (pieces[-1].intercept, pieces[-1].slope) == (line.intercept, line.slope):
            pieces[-1] = Piece(pieces[-1].start, piece.end, piece.intercept, piece.slope, none)
        else:
            pieces.append(piece)
    own = path.parameter
    return NetworkCurve(
        f"min {measure.name}",
        own.name,
        measure,
        tuple(pieces),
        True,
        programs,
        own.power,
        symbol=own.own,
        reading=path.reading,
        estimated=path.estimated,
        proofs=tuple(found),
    )


class NotAffineError(Exception):
    """There are not finitely many exact pieces, or they were not found."""


class _Tracer:
    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.failures = 0

    def sample(self, t: ExactNumber) -> NetworkSample:
        """Return the exact least value at t; raise NotAffineError if there is none."""
        found = self.sampler.sample(t)
        if not found.exact:
            raise NotAffineError
        return found

    def between(self, left: NetworkSample, right: NetworkSample, depth: int) -> list[NetworkPiece]:
        """Return pieces from left to right; raise NotAffineError where they are not found."""
        whole = self.proved(left, right)
        if whole is not None:
            return [whole]
        if depth == 0:
            raise NotAffineError
        middle = self.sample(self._meeting(left, right))
        return [*self.between(left, middle, depth - 1), *self.between(middle, right, depth - 1)]

    def _meeting(self, left: NetworkSample, right: NetworkSample) -> ExactNumber:
        """Return where the lines that start at both ends meet, or the middle."""
        a, b = self._beside(left, right), self._beside(right, left)
        if a is not None and b is not None and a.slope != b.slope:
            t = (a.intercept - b.intercept) / (b.slope - a.slope)
            if left.t < t < right.t:
                return t
        return (left.t + right.t) / 2

    def _beside(self, own: NetworkSample, other: NetworkSample) -> Line | None:
        for k in _CLOSE:
            near = self.sampler.sample(own.t + (other.t - own.t) / 2**k)
            if not near.exact:
                self._failed()
                continue  # closer it may be
            pair = (own, near) if own.t < near.t else (near, own)
            found = self.proved(*pair)
            if found is not None:
                return found.line
        return None

    def proved(self, left: NetworkSample, right: NetworkSample) -> NetworkPiece | None:
        """Return the piece between two samples, if it is affine and can be proved to be."""
        pair = self._without_bump(left, right)
        found = None
        if pair is not None:
            left, right = pair
            values = [left.value, right.value]
            found = cover([left.scenario, right.scenario], values, left.point, most=_BOXES, seconds=_SECONDS)
        if found is None:
            self._failed()
        return None if found is None else NetworkPiece(left, right, found)

    def _failed(self) -> None:
        self.failures += 1
        if self.failures > _MOST_FAILURES:
            raise NotAffineError

    def _without_bump(self, left: NetworkSample, right: NetworkSample) -> tuple[NetworkSample, NetworkSample] | None:
        """Return samples whose mixtures attain the chord: the marginals of either are tried for the other."""
        if bump(left, right) == 0:
            return left, right
        moved = self.sampler.with_marginals(right, left.held)
        if moved is not None and moved.exact:
            return left, moved
        moved = self.sampler.with_marginals(left, right.held)
        return None if moved is None or not moved.exact else (moved, right)
