"""The curve of a message's least entropy: h of two exact curves."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.certificate.claims import Certificate
from relaxbell.curves.curve import Curve, Value, read_level, readable
from relaxbell.curves.piecewise import PiecewiseCurve
from relaxbell.errors import CertificateError, CurveError
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.measures.messages import BinaryEntropy, binary_entropy

if TYPE_CHECKING:
    import sympy

_STEPS = 60
"""Halvings of an interval: to rounding."""

_CLOSE = 1e-9
"""Bits by which the value where a level is passed may be off."""


@dataclass(frozen=True, eq=False)
class EntropyCurve(Curve):
    """The least entropy of a message along a parameter: h of two exact curves; see `Curve`.

    h is concave, so its least value is at an end of the interval of reachable p(m≠0).

    Attributes
    ----------
    least, largest
        Exact curves of the least p(m≠0) and of minus the largest.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
    >>> line.critical, line.value(1.0)
    (Fraction(1, 2), 1.0)
    """

    measure: BinaryEntropy
    least: PiecewiseCurve
    largest: PiecewiseCurve

    @property
    def domain(self) -> tuple[Value, Value]:
        """First and last feasible parameter."""
        return self.least.domain

    @property
    def critical(self) -> Value | None:
        """The parameter beyond which a message is needed, exact; None if one is needed everywhere."""
        return self.least.critical

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
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

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return the value: both curves behind it are rigorous.

        Parameters
        ----------
        t
            The parameter, a number or an array of them.

        Returns
        -------
        float or ndarray
            Bits (in float64, to rounding).

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box).lower_bound(1.0)
        1.0
        """
        return self.value(t)

    def crossing(self, level: object) -> float | None:
        """Return the last parameter with an entropy ≤ level on a curve that rises, the first on one that falls.

        Parameters
        ----------
        level
            In bits.

        Returns
        -------
        float or None
            The parameter, to 1e-12; None if the level is not passed.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> line = rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box)
        >>> round(line.crossing(line.value(0.75)), 9)
        0.75
        """
        wanted, rising = float(read_level(level)), self._rises
        found = [at for end in (self.least, self.largest) if (at := _passed(end, wanted, rising)) is not None]
        if not found:
            return None
        last = max(found) if rising else min(found)
        # where the other end stays below, the level is not passed
        return last if self.value(last) >= wanted - _CLOSE else None

    @property
    def _rises(self) -> bool:
        first, last = (self.value(float(t)) for t in self.domain)
        return bool(last > first)

    @property
    def certificate(self) -> Certificate:
        """Raise CertificateError: those of the two curves behind it are certificates.

        Raises
        ------
        CertificateError
            It says what to use instead.
        """
        raise CertificateError(
            f"{self.name} is h of two curves: expected one of affine pieces. Use .least.certificate and "
            ".largest.certificate, which prove them."
        )

    def to_sympy(self, symbol: sympy.Expr | None = None) -> sympy.Piecewise:
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

    def __repr__(self) -> str:
        low, high = map(readable, self.domain)
        return f"{self.name} = h(p) for {self.least.variable} in [{low}, {high}], with p from\n{self.least!r}"

    @property
    def marks(self) -> list[tuple[Value, ExactNumber | float]]:
        """Both ends, and where a message is needed, with the values there."""
        low, high = self.domain
        critical = [] if self.critical in (None, low, high) else [self.critical]
        return [(t, self.value(float(t))) for t in (low, *critical, high) if t is not None]

    @property
    def notes(self) -> list[str]:
        """What a picture says beside the line."""
        return [f"h(p), with the least p = {self.measure.weight.name}:", *repr(self.least).splitlines()[1:]]


def _passed(end: PiecewiseCurve, level: float, rising: bool) -> float | None:
    """Return the last parameter (the first, on a falling curve) at which h of the end passes a level."""

    def entropy(t: float) -> float:
        return binary_entropy(abs(end.value(t)))

    half = end.crossing(Fraction(1, 2) if end.value(end.pieces[0].start) >= 0 else Fraction(-1, 2))
    corners = [*end.domain, *end.breakpoints, *(() if half is None else (half,))]
    steps = list(pairwise(sorted(map(float, corners))))  # on each of them h is monotone
    for a, b in reversed(steps) if rising else steps:
        u, v = entropy(a), entropy(b)
        if u != v and min(u, v) <= level <= max(u, v):
            for _ in range(_STEPS):
                middle = (a + b) / 2
                a, b = (middle, b) if (entropy(middle) <= level) == (u <= level) else (a, middle)
            return a if u <= level else b
    return None


def _symbolic_entropies(curve: sympy.Piecewise, sign: int) -> sympy.Piecewise:
    """Return the binary entropy in bits of each piece, without the last branch: NaN compares with nothing."""
    import sympy

    pieces = []
    for p, where in curve.args[:-1]:
        inside = -sign * p * sympy.log(sign * p, 2) - (1 - sign * p) * sympy.log(1 - sign * p, 2)
        certain = sympy.Or(sympy.Le(sign * p, 0), sympy.Ge(sign * p, 1))
        pieces.append((sympy.Piecewise((0, certain), (inside, True)), where))
    return sympy.Piecewise(*pieces[:-1], (pieces[-1][0], True))
