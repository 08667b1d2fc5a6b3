"""Curves between rigorous tangents and chords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.certificate.claims import Certificate
from relaxbell.curves.curve import read_level
from relaxbell.curves.enclosed import EnclosedCurve, chord, extreme_tangent, refined
from relaxbell.curves.parameters import Parameter
from relaxbell.curves.paths import Path, Reading
from relaxbell.engines.linear.family import Family, Sample
from relaxbell.errors import CertificateError, optional
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.clock import time_is_over
from relaxbell.measures.measure import Measure

if TYPE_CHECKING:
    import pandas

_TOLERANCE = 1e-4
_MOST = 200


@dataclass(frozen=True, eq=False, repr=False)
class SampledCurve(EnclosedCurve):
    """A convex curve between rigorous tangents from below and chords from above; see `Curve`.

    Made by `curve` for mutual information: samples are added where tangents and chords are farthest apart. And for
    linear programs where the time is over before the exact curve is found.

    Attributes
    ----------
    samples
        From left to right.
    gap
        Largest distance between chord and tangents, in the measure's unit.
    wanted
        What it should be at most.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
    >>> line.gap < 1e-3, round(line.value(1.0), 6)  # 2 − log2 3
    (True, 0.415037)
    """

    samples: tuple[Sample, ...]
    gap: float
    wanted: float

    @cached_property
    def parameters(self) -> Floats:
        """Parameters of the samples."""
        return np.array([float(sample.t) for sample in self.samples])

    @cached_property
    def values(self) -> Floats:
        """Values of the samples, upper bounds to the solver's accuracy."""
        return np.array([float(sample.value) for sample in self.samples])

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last feasible parameter."""
        return self.samples[0].t, self.samples[-1].t

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the chord at parameters: no less than the least value, at most `gap` more; NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> 0 <= line.value(0.75) - line.lower_bound(0.75) <= line.gap + 1e-12
        True
        """
        return chord(self.parameters, self.values, t, "the parameter", np.nan)

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the largest of the rigorous tangents at parameters (in float64, to rounding).

        Parameters
        ----------
        t
            The parameter, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> line.lower_bound(1.0) <= line.value(1.0)
        True
        """
        lines = [(float(s.tangent.intercept), float(s.tangent.slope)) for s in self.samples]
        return extreme_tangent(lines, t, "the parameter", np.max)

    def crossing(self, level: object) -> float | None:
        """Return the parameter at which the chord passes a level; None if it does not.

        On a curve that rises at its end the last parameter with a chord ≤ level, on a falling one the first.

        Parameters
        ----------
        level
            A number, in the measure's unit.

        Returns
        -------
        float or None
            A parameter at which the least value is at most `level`.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.tsirelson()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> 0.7 < line.crossing(0.01) < 1
        True
        """
        wanted = float(read_level(level))
        reached = np.flatnonzero(self.values <= wanted)
        rising = len(self.values) > 1 and self.values[-1] > self.values[-2]
        if not len(reached):
            return None
        inner, outer = (reached[-1], reached[-1] + 1) if rising else (reached[0], reached[0] - 1)
        if not 0 <= outer < len(self.values):
            return float(self.parameters[inner]) if self.values[inner] == wanted else None
        (a, b), (u, v) = self.parameters[[inner, outer]], self.values[[inner, outer]]
        return float(a + (b - a) * (wanted - u) / (v - u))

    def to_frame(self) -> pandas.DataFrame:
        """Return the samples as a pandas DataFrame: parameter, value, rigorous lower bound (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            A row for each sample.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> line.to_frame().columns.tolist()
        ['t', 'value', 'lower_bound']
        """
        frames = optional("pandas", "plot")
        lower = [float(s.proof.bound.value) for s in self.samples]
        return frames.DataFrame({self.variable: self.parameters, "value": self.values, "lower_bound": lower})

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: the verifier knows curves of affine pieces.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        raise CertificateError(
            f"{self.name} lies between tangents and chords {self.gap:.2g} {self.measure.unit} apart: expected an exact "
            "curve. Certificates of single points, minimize(measure, p).certificate, are possible."
        )

    _bounds = "rigorous tangents and chords"

    @property
    def _unit(self) -> str:
        return f" {self.measure.unit}"

    @property
    def _short_of(self) -> str:
        return "" if self.gap <= self.wanted else f"; incomplete: the gap was to be {self.wanted:g} at most"


def sampled(family: Family, path: Path) -> SampledCurve:
    """Return a curve whose tangents and chords are at most 1e-4 apart, or after 200 samples."""
    first, last = family.feasible_end(family.low, 1), family.feasible_end(family.high, -1)
    ordered = refined({first.t: first, last.t: last}, _gap, family.solve, _TOLERANCE, _MOST)
    return between(family.measure, ordered, path.parameter, path.reading, _TOLERANCE, estimated=path.estimated)


def between(
    measure: Measure,
    samples: Sequence[Sample],
    parameter: Parameter,
    reading: Reading | None,
    wanted: float = 0.0,
    *,
    estimated: bool = False,
) -> SampledCurve:
    """Return the curve between the tangents and chords of samples, from left to right.

    Raises
    ------
    TimeLimitError
        If chords say nothing, because the family is affine in a higher power of the parameter.
    """
    if parameter.power != 1:
        raise time_is_over()
    gap = max((_gap(a, b)[0] for a, b in pairwise(samples)), default=0.0)
    own = tuple(samples)
    return SampledCurve(
        measure.end_name,
        parameter.name,
        measure,
        own,
        gap,
        wanted,
        symbol=parameter.own,
        reading=reading,
        estimated=estimated,
    )


def _gap(left: Sample, right: Sample) -> tuple[float, ExactNumber]:
    """Return how far chord and tangents are apart between two samples, and where they are farthest."""
    a, b = left.tangent, right.tangent
    middle = (left.t + right.t) / 2
    if a.slope != b.slope:
        meeting = (a.intercept - b.intercept) / (b.slope - a.slope)
        middle = meeting if left.t < meeting < right.t else middle
    share = (middle - left.t) / (right.t - left.t)
    chord = left.value + (right.value - left.value) * share
    gap = float(chord - max(a.at(middle), b.at(middle)))
    # simple parameters: exact tangents would otherwise get longer with every sample
    return gap, _short(middle, left.t, right.t)


def _short(t: ExactNumber, low: ExactNumber, high: ExactNumber) -> ExactNumber:
    for denominator in (64, 1024, 2**20):
        simple = Fraction(float(t)).limit_denominator(denominator)
        if low < simple < high:
            return simple
    return t
