"""Curves that are not piecewise affine: the entropy of a message, and mutual information."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.curves.curve import Curve, read_level
from relaxbell.curves.paths import Path, Reading
from relaxbell.engines.linear.family import Family, Sample
from relaxbell.errors import CurveError, optional
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.locality import BinaryEntropy, binary_entropy
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided

_TOLERANCE = 1e-4
_MOST = 200


@dataclass(frozen=True, eq=False)
class EntropyCurve:
    """The least entropy of a message along a parameter: h of two exact curves.

    h is concave, so its least value is at an end of the interval of reachable p(m≠0).

    Attributes
    ----------
    measure
        The entropy.
    least, largest
        Exact curves of the least p(m≠0) and of minus the largest.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
    >>> line.critical, line.value(1.0)
    (Fraction(1, 2), 1.0)
    """

    measure: BinaryEntropy
    least: Curve
    largest: Curve

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last feasible parameter."""
        return self.least.domain

    @property
    def variable(self) -> str:
        """Name of the parameter."""
        return self.least.variable

    @property
    def symbol(self) -> Any:
        """The parameter as a sympy symbol, as in `Curve`."""
        return self.least.symbol

    @property
    def reading(self) -> Reading | None:
        """Where the data were read, as in `Curve`."""
        return self.least.reading

    @property
    def critical(self) -> ExactNumber | None:
        """The parameter beyond which a message is needed, exact; None if one is needed everywhere."""
        return self.least.critical

    def value(self, t: Any) -> Any:
        """Return the least entropy in bits at a parameter or an array of them; NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array.

        Returns
        -------
        float or ndarray
            Bits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
        >>> line.value([0.5, 0.75]).round(6)  # h(t − 1/2)
        array([0.      , 0.811278])
        """
        array = float_array(t, "the parameter", CurveError)
        ends = (self.least.value(array), -np.asarray(self.largest.value(array)))
        entropy = np.vectorize(lambda p: p if np.isnan(p) else binary_entropy(float(p)), otypes=[np.float64])
        found = np.minimum(*(entropy(end) for end in ends))
        return float(found) if found.ndim == 0 else found

    def lower_bound(self, t: float, /) -> float:
        """Return what the entropy is at least: the value itself.

        Parameters
        ----------
        t
            The parameter.

        Returns
        -------
        float
            In bits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box).lower_bound(1.0)
        1.0
        """
        return float(self.value(t))

    def upper_bound(self, t: float, /) -> float:
        """Return what the entropy is at most: the value itself.

        Parameters
        ----------
        t
            The parameter.

        Returns
        -------
        float
            In bits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box).upper_bound(1.0)
        1.0
        """
        return float(self.value(t))

    def to_sympy(self, symbol: Any = None) -> Any:
        """Return the curve as a sympy expression, the smaller of h at both ends.

        Parameters
        ----------
        symbol
            As in `Curve.to_sympy`.

        Returns
        -------
        sympy expression
            In bits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> box, v = rb.boxes.pr(), Symbol("v", real=True)
        >>> line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
        >>> round(float(line.to_sympy(v).subs(v, 0.75)), 6)
        0.811278
        """
        import sympy

        least, largest = self.least.to_sympy(symbol), self.largest.to_sympy(symbol)
        ends = [_symbolic_entropies(least, 1), _symbolic_entropies(largest, -1)]
        domain = least.args[-2].cond  # of the last piece: its lower end is that of the curve
        return sympy.Piecewise((sympy.Min(*ends, evaluate=False), domain), (sympy.nan, True))

    def plot(self, *, ax: Any = None, **style: Any) -> Any:
        """Draw the curve on matplotlib axes and return them (extra ``plot``).

        Parameters
        ----------
        ax, **style
            As in `Curve.plot`.

        Returns
        -------
        matplotlib.axes.Axes
            With labels and unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> ax = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box).plot()
        >>> len(ax.lines) > 0
        True
        """
        low, high = (float(v) for v in self.domain)
        return provided("EntropyCurve.plot")(self, (low, high), self.least.variable, ax, **style)

    @property
    def name(self) -> str:
        """What is plotted."""
        return f"min {self.measure.name}"

    def __repr__(self) -> str:
        low, high = self.domain
        return f"{self.name} = h(p) for {self.least.variable} in [{low}, {high}], with p from\n{self.least!r}"

    def _repr_svg_(self) -> str:
        critical = [] if self.critical in (None, *self.domain) else [self.critical]
        ends = [self.domain[0], *critical, self.domain[1]]
        notes = [f"h(p), with the least p = {self.measure.weight.name}:", *repr(self.least).splitlines()[1:]]
        return provided("EntropyCurve._repr_svg_")(self, self.least.variable, ends, notes)


def _symbolic_entropies(curve: Any, sign: int) -> Any:
    """Return the binary entropy in bits of each piece, without the last branch: NaN compares with nothing."""
    import sympy

    pieces = []
    for p, where in curve.args[:-1]:
        inside = -sign * p * sympy.log(sign * p, 2) - (1 - sign * p) * sympy.log(1 - sign * p, 2)
        certain = sympy.Or(sympy.Le(sign * p, 0), sympy.Ge(sign * p, 1))
        pieces.append((sympy.Piecewise((0, certain), (inside, True)), where))
    return sympy.Piecewise(*pieces[:-1], (pieces[-1][0], True))


@dataclass(frozen=True, eq=False)
class SampledCurve:
    """A convex curve between rigorous tangents from below and chords from above.

    Made by `curve` for mutual information: samples are added where tangents and chords are farthest apart.

    Attributes
    ----------
    measure
        What was minimized.
    variable
        Name of the parameter.
    samples
        From left to right.
    gap
        Largest distance between chord and tangents, in the measure's unit.
    symbol, reading
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
    >>> line.gap < 1e-3, round(line.value(1.0), 6)  # 2 − log2 3
    (True, 0.415037)
    """

    measure: Measure
    variable: str
    samples: tuple[Sample, ...]
    gap: float
    symbol: Any = None
    reading: Reading | None = None

    @cached_property
    def parameters(self) -> NDArray[np.float64]:
        """Parameters of the samples."""
        return np.array([float(sample.t) for sample in self.samples])

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Values of the samples, upper bounds to the solver's accuracy."""
        return np.array([float(sample.value) for sample in self.samples])

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """First and last feasible parameter."""
        return self.samples[0].t, self.samples[-1].t

    @property
    def name(self) -> str:
        """What is plotted."""
        return f"min {self.measure.name}"

    def value(self, t: Any) -> Any:
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
        array = float_array(t, "the parameter", CurveError)
        found = np.interp(array, self.parameters, self.values, left=np.nan, right=np.nan)
        return float(found) if np.ndim(found) == 0 else found

    def lower_bound(self, t: Any) -> Any:
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
        array = float_array(t, "the parameter", CurveError)
        lines = [(float(s.tangent.intercept), float(s.tangent.slope)) for s in self.samples]
        found = np.max([a + b * array for a, b in lines], axis=0)
        return float(found) if found.ndim == 0 else found

    def upper_bound(self, t: float, /) -> float:
        """Return the chord at a parameter: models that attain it exist, to the solver's accuracy.

        Parameters
        ----------
        t
            The parameter.

        Returns
        -------
        float
            In the measure's unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> line.upper_bound(0.75) == line.value(0.75)
        True
        """
        return float(self.value(t))

    def crossing(self, level: Any) -> float | None:
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

    def to_frame(self) -> Any:
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
        pandas = optional("pandas", "plot")

        lower = [float(s.proof.bound.value) for s in self.samples]
        return pandas.DataFrame({self.variable: self.parameters, "value": self.values, "lower_bound": lower})

    def plot(self, *, ax: Any = None, **style: Any) -> Any:
        """Draw the curve on matplotlib axes and return them (extra ``plot``).

        Parameters
        ----------
        ax, **style
            As in `Curve.plot`.

        Returns
        -------
        matplotlib.axes.Axes
            With labels and unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.mutual_information(rb.measurement_dependence()), box.white_noise(), box)
        >>> len(line.plot().lines) > 0
        True
        """
        return provided("SampledCurve.plot")(
            self, (self.parameters[0], self.parameters[-1]), self.variable, ax, **style
        )

    def __repr__(self) -> str:
        low, high = self.domain
        text = (
            f"{self.name} for {self.variable} in [{low}, {high}]: {len(self.samples)} samples, between rigorous "
            f"tangents and chords {self.gap:.2g} {self.measure.unit} apart{self._short_of}"
        )
        return text if self.reading is None else f"{text}\n  {self.reading}"

    @property
    def _short_of(self) -> str:
        return "" if self.gap <= _TOLERANCE else f"; incomplete: expected {_TOLERANCE:g}"

    def _repr_svg_(self) -> str:
        notes = [f"{len(self.samples)} samples, rigorous to {self.gap:.2g} {self.measure.unit}{self._short_of}"]
        notes += [] if self.reading is None else [str(self.reading)]
        return provided("SampledCurve._repr_svg_")(self, self.variable, self.domain, notes)


def sampled(family: Family, path: Path) -> SampledCurve:
    """Return a curve whose tangents and chords are at most 1e-4 apart, or after 200 samples."""
    first, last = family.feasible_end(family.low, 1), family.feasible_end(family.high, -1)
    samples = {first.t: first, last.t: last}
    while True:
        ordered = [samples[t] for t in sorted(samples)]
        gaps = [_gap(a, b) for a, b in pairwise(ordered)]
        worst = max(gaps, default=(0.0, first.t))
        if worst[0] <= _TOLERANCE or len(samples) >= _MOST or worst[1] in samples:
            own = path.parameter
            return SampledCurve(family.measure, own.name, tuple(ordered), worst[0], own.own, path.reading)
        samples[worst[1]] = family.solve(worst[1])


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
