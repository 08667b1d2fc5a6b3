"""Exact curves of a measure that is not convex: the least non-bilocality along a line of behaviors.

On a piece the same dual polynomials prove the values at both ends, over boxes that hold all marginals: what they prove
is concave along the line, so that the least value is not below the chord. And models with the same marginals attain
both ends: with these fixed the measure is convex, so that the least value is not above the chord either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from relaxbell.behavior.behavior import Behavior
from relaxbell.certificate.claims import Certificate, as_text, of_pieces
from relaxbell.curves.paths import Path
from relaxbell.curves.piecewise import Piece, PiecewiseCurve
from relaxbell.engines.linear.family import Line, exact_line
from relaxbell.engines.linear.solution import dual_functional
from relaxbell.engines.sources.certificates import covered
from relaxbell.engines.sources.cover import Cover, cover
from relaxbell.engines.sources.minimum import minimize_at_fixed, minimize_network
from relaxbell.engines.sources.polynomials import Layout
from relaxbell.engines.sources.scenario import Scenario, read_scenario
from relaxbell.errors import InfeasibleError, MeasureError
from relaxbell.exact.numbers import ExactNumber, as_exact
from relaxbell.measures.products import Nonbilocality, nonbilocality

_BOXES, _SECONDS = 24, 20.0
"""Most boxes of a proof, and most time for them."""

_TOLERANCE = 1e-9
"""Of least values, before they are found exactly."""

_DEPTH = 12
"""How often an interval is divided."""

_CLOSE = (3, 6, 9)
"""The slope at an end is read off 2^−k of the interval, for these k."""


@dataclass(frozen=True, eq=False)
class NetworkSample:
    """The least value at one parameter, exact, with the marginals at which it is attained.

    Attributes
    ----------
    t, value
        Exact.
    held
        Marginals of the groups that are held in a proof, by name; and of which there are exact models.
    primal
        Exact weights of strategies that attain the value.
    scenario
        The problem.
    """

    t: ExactNumber
    value: ExactNumber
    held: Mapping[str, tuple[ExactNumber, ...]]
    primal: Mapping[int, ExactNumber]
    scenario: Scenario

    @property
    def layout(self) -> Layout:
        """Groups and parameters."""
        return Layout.of(self.scenario)


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
                found = covered(self.measure.model, own.layout, piece.cover, own.value, own.primal)
                ends.append({"t": as_text(own.t), "certificate": found.data})
            parts.append(ends)
        return of_pieces(parts, (piece.right.t for piece in self.proofs), self.reading)


def network_curve(measure: Nonbilocality, path: Path) -> NetworkCurve:
    """Return the exact curve of the least non-bilocality along a path of exact behaviors.

    Raises
    ------
    MeasureError
        If a least value is not found exactly, or is not affine between finitely many parameters.
    InfeasibleError
        If not even a shared source reproduces a behavior.
    """
    tracer = _Tracer(measure, path)
    found = tracer.between(tracer.sample(path.low), tracer.sample(path.high), _DEPTH)
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
        tracer.programs,
        own.power,
        symbol=own.own,
        reading=path.reading,
        estimated=path.estimated,
        proofs=tuple(found),
    )


class _Tracer:
    def __init__(self, measure: Nonbilocality, path: Path) -> None:
        self.measure = measure
        self.behavior: Callable[[ExactNumber], Behavior]
        self.behavior, distance = exact_line(measure.model, path)
        if distance:
            raise MeasureError(
                f"a curve of {measure.name} needs exact behaviors, found floats. Give exact ones, such as "
                "p.rounded(model, 10**6), or use sweep(measure, behaviors) for intervals."
            )
        self.programs = 0

    def sample(self, t: ExactNumber) -> NetworkSample:
        """Return the exact least value at t."""
        p = self.behavior(t)
        solution = minimize_network(self.measure, p, tolerance=_TOLERANCE)
        self.programs += solution.statistics["boxes"]
        if solution.exact is None or solution.primal is None:
            low, high = solution.interval
            raise MeasureError(
                f"min {self.measure.name} at t = {t} is in [{low:.9g}, {high:.9g}], and no exact value was found: "
                "expected one for a curve. Use sweep(measure, behaviors) for intervals instead."
            )
        scenario = read_scenario(self.measure, p, symmetric=False)
        return self._sample(t, solution, scenario)

    def _sample(self, t: ExactNumber, solution: Any, scenario: Scenario) -> NetworkSample:
        names = [side.group.name for side in Layout.of(scenario).held]
        held = {name: tuple(solution.marginals[name].values()) for name in names}
        return NetworkSample(t, solution.attained, held, solution.primal, scenario)

    def between(self, left: NetworkSample, right: NetworkSample, depth: int) -> list[NetworkPiece]:
        """Return pieces from left to right."""
        whole = self.proved(left, right)
        if whole is not None:
            return [whole]
        if depth == 0:
            raise MeasureError(
                f"min {self.measure.name} was not found to be affine between t = {left.t} and {right.t}: expected a "
                "curve of finitely many pieces with the same marginals on each. Use sweep(measure, behaviors) for "
                "intervals instead."
            )
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
            try:
                near = self.sample(own.t + (other.t - own.t) / 2**k)
            except MeasureError:  # not exact there: closer it may be
                continue
            pair = (own, near) if own.t < near.t else (near, own)
            found = self.proved(*pair)
            if found is not None:
                return found.line
        return None

    def proved(self, left: NetworkSample, right: NetworkSample) -> NetworkPiece | None:
        """Return the piece between two samples, if it is affine and can be proved to be."""
        pair = self._same_marginals(left, right)
        if pair is None:
            return None
        left, right = pair
        layout = left.layout
        values = (left.held[side.group.name][j] for side in layout.held for j in side.free)
        point = [v if isinstance(v, Fraction) else Fraction(float(v)) for v in values]  # where boxes are cut first
        found = cover([left.scenario, right.scenario], [left.value, right.value], point, most=_BOXES, seconds=_SECONDS)
        return None if found is None else NetworkPiece(left, right, found)

    def _same_marginals(self, left: NetworkSample, right: NetworkSample) -> tuple[NetworkSample, NetworkSample] | None:
        """Return samples whose models have the same marginals: those of either are tried for the other."""
        if left.held == right.held:
            return left, right
        moved = self._with_marginals(right, left.held)
        if moved is not None:
            return left, moved
        moved = self._with_marginals(left, right.held)
        return None if moved is None else (moved, right)

    def _with_marginals(self, sample: NetworkSample, held: Mapping[str, Any]) -> NetworkSample | None:
        fixed = nonbilocality(self.measure.model, {name: list(values) for name, values in held.items()})
        try:
            solution = minimize_at_fixed(fixed, self.behavior(sample.t))
        except InfeasibleError:
            return None
        self.programs += 1
        if solution.primal is None or as_exact(solution.exact) != sample.value:
            return None
        return NetworkSample(sample.t, sample.value, held, solution.primal, sample.scenario)
