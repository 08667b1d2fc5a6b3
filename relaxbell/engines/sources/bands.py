"""Curves of networks that are not of finitely many exact pieces: between two chords on each stretch."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.certificate.claims import Certificate, as_text, of_pieces
from relaxbell.curves.curve import Value, read_level
from relaxbell.curves.enclosed import EnclosedCurve
from relaxbell.curves.parameters import root_of
from relaxbell.curves.paths import Path
from relaxbell.engines.sources.certificates import covered
from relaxbell.engines.sources.cover import MOST_PARAMETERS, Prover
from relaxbell.engines.sources.samples import NetworkSample, Sampler
from relaxbell.engines.sources.stretches import WANTED, Stretch, coarsely, proved
from relaxbell.errors import CertificateError, CurveError, MeasureError, optional
from relaxbell.exact.arrays import float_array
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.clock import TimeLimitError, deadline, left, now
from relaxbell.measures.products import Nonbilocality

if TYPE_CHECKING:
    import pandas

_MOST = 128
"""Stretches."""

_NEAR = 1e-6
"""How near the least values models are that are sampled."""

_PART = 0.7
"""Of the time, for dividing stretches."""

_SHORTEST = Fraction(1, 2**24)
"""Of the whole; shorter stretches are not divided."""

_STEPS = 60
"""Halvings of an interval: to rounding."""


def _least(stretch: Stretch, s: float) -> float:
    """Return the lower bound, at an end also that of the sample itself."""
    own = stretch.left if s == 0 else stretch.right if s == 1 else None
    return max(stretch.least(s), -math.inf if own is None else float(own.lower))


@dataclass(frozen=True, eq=False, repr=False)
class SampledNetworkCurve(EnclosedCurve):
    """The least non-bilocality along a line, between rigorous bounds from below and from above; see `Curve`.

    Made by `curve` where no exact curve of finitely many pieces is found: least values are irrational there, or bend.

    Attributes
    ----------
    stretches
        From left to right: samples with exact models, and a proof between any two.
    wanted
        How far apart both bounds were to be at most.
    power
        The data are affine in this power of the parameter.
    programs
        How many boxes and linear programs the samples took.
    name, variable, measure, symbol, reading, estimated
        As in `Curve`.

    Examples
    --------
    A Bell measurement that does not tell Ψ⁺ from Ψ⁻, with settings of cos² = 2/3 on both sides:

    >>> import relaxbell as rb
    >>> import numpy as np
    >>> from fractions import Fraction
    >>> signs = np.array([[1, 1], [1, -1], [-1, 0]]) * np.array([Fraction(2, 3), Fraction(1, 3)])  # b
    >>> ends = []
    >>> for v in (Fraction(170, 256), Fraction(172, 256)):
    ...     table = np.full((2, 3, 2, 2, 2), Fraction(0), dtype=object)
    ...     for a, b, c, x, z in np.ndindex(table.shape):
    ...         same = signs[b][0] + (-1) ** (x + z) * signs[b][1]
    ...         table[a, b, c, x, z] = (1 + (-1) ** (a + c) * v * same) * Fraction(1 + (b == 2), 16)
    ...     ends.append(rb.Behavior(table, ("A", "B", "C"), ("X", "Z")))
    >>> measure = rb.nonbilocality(rb.bilocality((2, 2), (2, 3, 2)))
    >>> line = rb.curve(measure, *ends)
    >>> line.gap <= line.wanted, round(line.value(0.5), 3)
    (True, 0.002)
    >>> [rb.minimize(measure, p).exact for p in ends]
    [0, 341/49152]
    """

    measure: Nonbilocality
    stretches: tuple[Stretch, ...] = field(kw_only=True)
    wanted: float = field(kw_only=True)
    power: int = field(default=1, kw_only=True)
    programs: int = field(default=0, kw_only=True)

    @property
    def gap(self) -> float:
        """Largest distance between the two bounds, in the measure's unit."""
        return max(own.gap for own in self.stretches)

    @property
    def gap_at_samples(self) -> float:
        """The same at the samples alone, where bounds do not need those of a whole stretch."""
        return max(float(own.value - own.lower) for own in self.samples)

    @property
    def samples(self) -> tuple[NetworkSample, ...]:
        """Both ends of all stretches, each once."""
        return (*(own.left for own in self.stretches), self.stretches[-1].right)

    @property
    def domain(self) -> tuple[Value, Value]:
        """First and last parameter."""
        return root_of(self.stretches[0].left.t, self.power), root_of(self.stretches[-1].right.t, self.power)

    @overload
    def value(self, t: float) -> float: ...
    @overload
    def value(self, t: ExactNumber) -> float: ...
    @overload
    def value(self, t: ArrayLike) -> Floats: ...
    def value(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return what models attain at parameters: at most `gap` more than the least value; NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit (in float64, to rounding).

        Examples
        --------
        >>> import relaxbell as rb
        >>> noise, full = rb.boxes.entanglement_swapping(0), rb.boxes.entanglement_swapping(1)
        >>> rb.curve(rb.nonbilocality(rb.bilocality()), noise, full).value(0.75)  # this curve is exact
        0.5
        """
        return self._between(t, Stretch.most, min)

    def lower_bound(self, t: ArrayLike | ExactNumber) -> float | Floats:
        """Return what no model falls below at parameters; NaN outside the domain.

        Parameters
        ----------
        t
            The parameter, a number or an array.

        Returns
        -------
        float or ndarray
            In the measure's unit (in float64, to rounding).

        Examples
        --------
        >>> import relaxbell as rb
        >>> noise, full = rb.boxes.entanglement_swapping(0), rb.boxes.entanglement_swapping(1)
        >>> rb.curve(rb.nonbilocality(rb.bilocality()), noise, full).lower_bound(0.75)  # this curve is exact
        0.5
        """
        return self._between(t, _least, max)

    def _between(
        self, t: ArrayLike | ExactNumber, bound: Callable[[Stretch, float], float], better: Callable[..., float]
    ) -> float | Floats:
        given = float_array(t, "the parameter", CurveError)
        found = [self._at(float(v), bound, better) for v in given.ravel()]
        return found[0] if given.ndim == 0 else np.array(found).reshape(given.shape)

    def _at(self, own: float, bound: Callable[[Stretch, float], float], better: Callable[..., float]) -> float:
        t = own**self.power
        known = []
        for stretch in self.stretches if self.power == 1 or own >= 0 else ():
            a, b = float(stretch.left.t), float(stretch.right.t)
            if a <= t <= b:
                known.append(bound(stretch, (t - a) / (b - a)))
        return better(known) if known else math.nan

    def crossing(self, level: object) -> float | None:
        """Return the parameter up to which models with a value ≤ level are known; None if the level is not passed.

        On a curve that rises at its end the last such parameter, on a falling one the first. `crossings` says where the
        least value passes the level, as an interval.

        Parameters
        ----------
        level
            A number, in the measure's unit.

        Returns
        -------
        float or None
            The parameter.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> noise, full = rb.boxes.entanglement_swapping(0), rb.boxes.entanglement_swapping(1)
        >>> rb.curve(rb.nonbilocality(rb.bilocality()), noise, full).crossing(0.5)  # this curve is exact
        Fraction(3, 4)
        """
        found = self.crossings(level)
        return None if found is None else found[0 if self._rises else 1]

    def crossings(self, level: object) -> tuple[float, float] | None:
        """Return an interval in which the least value passes a level, the last time where it rises at its end.

        Next to it, on one side, a model of no larger value is known; on the other side, as far as the end, it is proved
        that the least value is larger.

        Parameters
        ----------
        level
            A number, in the measure's unit.

        Returns
        -------
        tuple of two floats, or None
            Ascending; None if the level is not passed.

        Raises
        ------
        CurveError
            If the level is not a number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> "crossings" in dir(rb.classes.SampledNetworkCurve)
        True
        """
        wanted = float(read_level(level))
        order = list(self.stretches[::-1] if self._rises else self.stretches)
        last = order[0].most(1.0 if self._rises else 0.0)
        inner, outer = self._edge(order, Stretch.most, wanted), self._edge(order, Stretch.least, wanted)
        if inner is None or outer is None or last < wanted:
            return None
        return min(inner, outer), max(inner, outer)

    @property
    def _rises(self) -> bool:
        return self.stretches[-1].right.value >= self.stretches[0].left.value

    def _own(self, t: float) -> float:
        return float(t ** (1 / self.power)) if self.power != 1 else t

    def _edge(self, order: list[Stretch], bound: Callable[[Stretch, float], float], level: float) -> float | None:
        """Return the parameter next to the end beyond which a bound exceeds a level; None if it does everywhere."""
        near = 1.0 if self._rises else 0.0
        for stretch in order:
            outside, inside = near, 1 - near
            if bound(stretch, outside) > level:
                if bound(stretch, inside) > level:
                    continue
                for _ in range(_STEPS):
                    middle = (outside + inside) / 2
                    if bound(stretch, middle) > level:
                        outside = middle
                    else:
                        inside = middle
            else:
                inside = outside
            a, b = float(stretch.left.t), float(stretch.right.t)
            return self._own(a + (b - a) * inside)
        return None

    def to_frame(self) -> pandas.DataFrame:
        """Return the samples as a pandas DataFrame: parameter, value, rigorous lower bound (extra ``plot``).

        Returns
        -------
        pandas.DataFrame
            A row for each sample.

        Examples
        --------
        >>> import relaxbell as rb
        >>> "to_frame" in dir(rb.classes.SampledNetworkCurve)
        True
        """
        frames = optional("pandas", "plot")
        places = np.array([self._own(float(own.t)) for own in self.samples])
        return frames.DataFrame(
            {self.variable: places, "value": self.value(places), "lower_bound": self.lower_bound(places)}
        )

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove both bounds of the whole curve: one proof at both ends of each stretch.

        Raises
        ------
        CertificateError
            If there are stretches without a proof, because the time was over.
        """
        parts = []
        for own in self.stretches:
            if own.cover is None:
                raise CertificateError(
                    f"{self.name} is incomplete: nothing is proved between t = {own.left.t} and {own.right.t}. Give it "
                    "more seconds."
                )
            sides = own.left.layout, own.right.layout
            ends = []
            for end, bound in zip((own.left, own.right), own.lower, strict=True):
                found = covered(self.measure.model, end.layout, own.cover, bound, end.primal, *sides)
                ends.append({"t": as_text(end.t), "certificate": found.data})
            parts.append(ends)
        return of_pieces(parts, (own.t for own in self.samples), self.reading, band=True)

    _bounds = "rigorous bounds"

    @property
    def _short_of(self) -> str:
        if self.gap <= self.wanted:
            return ""
        return f" ({self.gap_at_samples:.2g} at the samples); incomplete: the gap was to be {self.wanted:g} at most"


def sampled_curve(sampler: Sampler, path: Path) -> SampledNetworkCurve:
    """Return the curve with bounds at most 1e-4 apart, or after 128 stretches, or what there was time for.

    Raises
    ------
    MeasureError
        If no exact model is found at a parameter, or there are too many free marginals for proofs.
    """
    measure, own = sampler.measure, path.parameter
    first, last = sampler.sample(path.low), sampler.sample(path.high)
    _require_proofs(measure, first, last)
    sampler.tolerance = _NEAR
    shortest = (path.high - path.low) * _SHORTEST
    number = itertools.count()
    heap: list[tuple[float, int, Stretch]] = []

    def push(stretch: Stretch) -> None:
        size = stretch.gap * float(stretch.right.t - stretch.left.t)  # so that nowhere all of them are spent
        heapq.heappush(heap, (-size, next(number), stretch))

    push(proved(sampler, first, last))
    done: list[Stretch] = []
    end = now() + _PART * left()  # the rest is for coarse proofs
    while heap and len(heap) + len(done) < _MOST:
        _, _, worst = heapq.heappop(heap)
        if worst.gap <= WANTED or worst.right.t - worst.left.t <= shortest:
            done.append(worst)
            continue
        try:
            with deadline(end - now(), measure.name):
                middle = sampler.sample((worst.left.t + worst.right.t) / 2)
                halves = [proved(sampler, worst.left, middle), proved(sampler, middle, worst.right)]
        except TimeLimitError:  # what is known by then is a curve too, and says how good it is
            done.append(worst)
            break
        for half in halves:
            push(half)
    stretches = sorted([*done, *(stretch for _, _, stretch in heap)], key=lambda stretch: stretch.left.t)
    stretches = [coarsely(stretch) if stretch.cover is None else stretch for stretch in stretches]
    return SampledNetworkCurve(
        f"min {measure.name}",
        own.name,
        measure,
        symbol=own.own,
        reading=path.reading,
        estimated=path.estimated,
        stretches=tuple(stretches),
        wanted=WANTED,
        power=own.power,
        programs=sampler.programs,
    )


def _require_proofs(measure: Nonbilocality, first: NetworkSample, last: NetworkSample) -> None:
    if Prover([first.scenario, last.scenario], [Fraction(0), Fraction(0)]).fits:
        return
    held = ", ".join(side.group.name for side in first.layout.held)
    raise MeasureError(
        f"a curve of {measure.name} has {first.layout.parameters} free marginals, of {held}: expected at most "
        f"{MOST_PARAMETERS}, few strategies, and outcomes that change along the line for one of these groups only. Use "
        "sweep(measure, behaviors) for intervals instead."
    )
