"""The largest value of a Bell functional as a function of a budget in bits: concave, between tangents and chords."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.causal.equations import Equations
from relaxbell.curves.curve import read_level
from relaxbell.curves.enclosed import EnclosedCurve, between_roots, chord, extreme_tangent, refined
from relaxbell.curves.parameters import Parameter
from relaxbell.engines.information.within import solve_within
from relaxbell.engines.linear.certificates import linear_certificate
from relaxbell.engines.linear.dual import Proof
from relaxbell.errors import CertificateError, CurveError, optional
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import LinearMeasure

if TYPE_CHECKING:
    import pandas

    from relaxbell.certificate.claims import Certificate

_TOLERANCE = 4e-4
"""Distance of tangents and chords, in units of how far the functional rises."""

_MOST = 200
_LEAST = Fraction(1, 2**26)
"""Bits below which there are no samples but 0: the slope there has no limit."""


@dataclass(frozen=True)
class BitsSample:
    """The largest value within so many bits.

    Attributes
    ----------
    bits
        The budget.
    value
        What a model reaches, to the solver's accuracy.
    intercept, slope
        No model within any c bits exceeds intercept + slope · c; exact, scaled as the functional's own value.
    proof
        Of the negative of the functional, without constant and common factor.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model = rb.measurement_dependence()
    >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
    >>> round(line.samples[0].value, 12), round(line.at(0.1).value, 9)
    (2.0, 3.176755298)
    """

    bits: Fraction
    value: float
    intercept: ExactNumber
    slope: ExactNumber
    proof: Proof = field(repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class BitsCurve(EnclosedCurve):
    """The largest value of a functional if c bits leak; see `Curve`. Concave, between chords and rigorous tangents.

    Made by `BellFunctional.bound` with a symbol as the budget of `mutual_information`.

    Attributes
    ----------
    samples
        From left to right.
    gap
        Largest distance between tangents and chord.
    functional
        What is largest.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model = rb.measurement_dependence()
    >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
    >>> float(line.upper_bound(0.1)) >= 3.176755298 >= float(line.value(0.1)) > 3.176
    True
    >>> 0.046 < line.crossing(8**0.5) < 0.0465  # bits behind Tsirelson's value
    True
    """

    measure: LinearMeasure
    samples: tuple[BitsSample, ...]
    gap: float
    functional: BellFunctional
    _solve: Callable[[Fraction], BitsSample] = field(repr=False)

    @cached_property
    def parameters(self) -> Floats:
        """Bits of the samples."""
        return np.array([float(sample.bits) for sample in self.samples])

    @cached_property
    def values(self) -> Floats:
        """Values of the samples: what models reach, to the solver's accuracy."""
        return np.array([sample.value for sample in self.samples])

    @property
    def domain(self) -> tuple[ExactNumber, ExactNumber]:
        """From the least budget within which there is a model to one with which nothing is limited any more."""
        return self.samples[0].bits, self.samples[-1].bits

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the chord at budgets: models reach it, and none exceeds it by more than `gap`; NaN below the domain.

        Parameters
        ----------
        t
            Bits, a number or an array.

        Returns
        -------
        float or ndarray
            Of the functional; beyond the domain its largest value.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> line.value(1.0)
        4.0
        """
        return chord(self.parameters, self.values, t, "the budget", float(self.values[-1]))

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the chord, which models reach to the solver's accuracy; see `value`.

        Parameters
        ----------
        t
            Bits, a number or an array.

        Returns
        -------
        float or ndarray
            Of the functional.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> line.lower_bound(0.5) == line.value(0.5)
        True
        """
        return self.value(t)

    def upper_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the least of the rigorous tangents (in float64, to rounding): no model exceeds it.

        Parameters
        ----------
        t
            Bits, a number or an array.

        Returns
        -------
        float or ndarray
            Of the functional.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> 0 <= line.upper_bound(0.2) - line.value(0.2) < 1e-3
        True
        """
        lines = [(float(s.intercept), float(s.slope)) for s in self.samples]
        return extreme_tangent(lines, t, "the budget", np.min, float(self.domain[0]))

    def crossing(self, level: object) -> float | None:
        """Return the bits with which the chord reaches a level: so many suffice; None if none do, or all.

        Parameters
        ----------
        level
            A value of the functional.

        Returns
        -------
        float or None
            Bits.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> round(line.crossing(4), 2)  # 2 − log2 3 = 0.415… suffice
        0.42
        """
        wanted = float(read_level(level))
        if not self.values[0] <= wanted <= self.values[-1]:
            return None
        first = int(np.flatnonzero(self.values >= wanted)[0])
        if first == 0:
            return float(self.parameters[0])
        (a, b), (u, v) = self.parameters[first - 1 : first + 1], self.values[first - 1 : first + 1]
        return float(a + (b - a) * (wanted - u) / (v - u))

    def at(self, bits: object) -> BitsSample:
        """Return the largest value within so many bits, solved for these: between the samples no chord is needed.

        Parameters
        ----------
        bits
            The budget: an exact number, or a float that means the decimal that prints it.

        Returns
        -------
        BitsSample
            Value and rigorous tangent.

        Raises
        ------
        CurveError
            If `bits` is no rational number.
        InfeasibleError
            If nothing is within so many.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> round(line.at(0.1).value, 9)
        3.176755298
        """
        level = read_level(bits)
        if not isinstance(level, Fraction):
            raise CurveError(f"the budget {bits} is irrational, expected a rational number of bits.")
        return self._solve(level)

    def certificate_at(self, bits: object) -> Certificate:
        """Return the certificate of the bound within so many bits, for `relaxbell verify`.

        Parameters
        ----------
        bits
            The budget: an exact number, or a float that means the decimal that prints it.

        Returns
        -------
        Certificate
            Of minus the functional without its constant (and a common irrational factor), as rows of one's own.

        Raises
        ------
        CurveError
            If `bits` is no number.
        InfeasibleError
            If nothing is within so many.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> "I(X,Y:Lambda) <= 1/10" in line.certificate_at(0.1).claim
        True
        """
        proof = self.at(bits).proof
        return linear_certificate(self.measure, proof, Fraction(proof.bound.value))

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: a curve of samples has one for each; see `certificate_at`.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        raise CertificateError(
            f"{self.name} lies between tangents and chords {self.gap:.2g} apart: expected an exact curve. Certificates "
            "of single budgets are given by certificate_at(bits)."
        )

    def to_frame(self) -> pandas.DataFrame:
        """Return the samples as a pandas DataFrame: bits, value, rigorous upper bound (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            A row for each sample.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> model = rb.measurement_dependence()
        >>> line = rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= sympy.Symbol("c")])
        >>> line.to_frame().columns.tolist()
        ['c', 'value', 'upper_bound']
        """
        frames = optional("pandas", "plot")
        upper = [float(s.intercept + s.slope * s.bits) for s in self.samples]
        return frames.DataFrame({self.variable: self.parameters, "value": self.values, "upper_bound": upper})

    _bounds = "chords and rigorous tangents"

    @property
    def _domain_unit(self) -> str:
        return " bits"


def bits_curve(
    functional: BellFunctional,
    measure: LinearMeasure,
    scale: ExactNumber,
    equations: Equations,
    budget: InformationBudget,
    rest: tuple[object, ...],
    parameter: Parameter,
) -> BitsCurve:
    """Return the curve of a functional, constant − scale · measure, whose measure is minimized within c bits."""
    information = budget.measure

    def solve(bits: Fraction) -> BitsSample:
        own = InformationBudget(information, bits)
        answer, proof = solve_within(measure, measure.term, equations, [own, *rest])
        share = proof.bound.information[0]
        found = measure.term.value(answer.x[: proof.problem.strategies].clip(0.0))
        top = functional.constant - scale * proof.bound.bound
        value = min(float(functional.constant) - float(scale) * found, float(top))
        return BitsSample(bits, value, top - scale * share * bits, scale * share, proof)

    weights = information.layout.floats
    entropy = Fraction(math.ceil(-float(weights @ np.log2(weights)) * 64 + 1e-9), 64)
    first, last = solve(Fraction(0)), solve(entropy)
    wanted = _TOLERANCE * max(1e-6, last.value - first.value)
    first_bits = _end_of_rise(first, last, solve)
    samples = {s.bits: s for s in (first, first_bits, last)}
    ordered = refined(
        samples, lambda a, b: (_gap(a, b), between_roots(a.bits, b.bits, Fraction(0), (2**30,))), solve, wanted, _MOST
    )
    gap = max(_gap(a, b) for a, b in pairwise(ordered))
    return BitsCurve(
        f"max {functional}",
        parameter.name,
        measure,
        tuple(ordered),
        gap,
        functional,
        solve,
        symbol=parameter.own,
    )


def _end_of_rise(first: BitsSample, last: BitsSample, solve: Callable[[Fraction], BitsSample]) -> BitsSample:
    """Return a sample near the least budget with which the largest value is reached, by bisection to 1/1024 bit."""
    low, found = first.bits, last
    while found.bits - low > Fraction(1, 1024):
        middle = (low + found.bits) / 2
        sample = solve(middle)
        if sample.slope == 0:
            found = sample
        else:
            low = middle
    return found


def _gap(left: BitsSample, right: BitsSample) -> float:
    """Return how far tangents and chord are apart between two samples."""
    if right.bits <= _LEAST:
        return 0.0
    if left.slope == right.slope:
        return 0.0
    meeting = (right.intercept - left.intercept) / (left.slope - right.slope)
    meeting = min(max(meeting, left.bits), right.bits)
    share = float((meeting - left.bits) / (right.bits - left.bits))
    top = min(float(s.intercept + s.slope * meeting) for s in (left, right))
    return top - (left.value + (right.value - left.value) * share)
