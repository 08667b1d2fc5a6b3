"""Certificates of curves: two certificates with one proof at the ends of each piece."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, localcontext
from fractions import Fraction
from functools import reduce
from typing import Any

from .kernel import Case
from .measures import Measure
from .networks import NetworkCase, bend
from .reading import FRACTION, Json, Real, array, fields, read_real, read_root, whole, with_numbers
from .refusals import need
from .rounding import above, decimal, text
from .wording import given

CURVE = "relaxbell-curve-1"


class Curve:
    """The ends of all pieces in order, each with its parameter t, its least value, and its numbers."""

    def __init__(self, data: Json, case: Callable[[Json, int], Case]) -> None:
        _, pieces, root, self.reading, band = fields(
            data, "the curve", "schema", "pieces", optional=("root", "reading", "band")
        )
        self.root, self.case = read_root(root), case
        need(band is None or band is True, "the band is none")
        self.band: list[tuple[Real, Real, Real]] | None = [] if band else None
        self.roots = {self.root, 0}
        self.problem: tuple[object, ...] | None = None
        self.work = 0
        self.ends: list[tuple[Real, Real, list[Real]]] = []
        for piece in array(pieces, "the pieces"):
            self._piece(array(piece, "a piece", 2))
        need(self.ends, "there are no pieces")

    def _piece(self, piece: list[Json]) -> None:
        """Read both ends of a piece, which must have one proof and, in networks, the same marginals."""
        (low, first), (high, last) = (self._end(end) for end in piece)
        if isinstance(first, NetworkCase) and isinstance(last, NetworkCase):
            bent = bend(first, last)
        else:
            bent = Real()
            need(low["proof"] == high["proof"], "the ends of a piece have different proofs")
        if self.band is None:
            need(not bent.sign(), "the strategies at the ends of a piece have different marginals")
        else:
            most = [case.real(case.claim["upper_bound"], "the upper bound") for case in (first, last)]
            self.band.append((most[0], most[1], bent))
        need(self.ends[-2][0] < self.ends[-1][0], "the ends of a piece are not in order")

    def _end(self, end: Json) -> tuple[dict[str, Any], Case]:
        """Verify the certificate of one end; return it as it is in the file, and as it was read."""
        t, certificate = fields(end, "an end of a piece", "t", "certificate")
        case = self.case(certificate, self.work)
        case.model.spend(2 * FRACTION * len(case.equations))
        self.roots.add(case.root)
        need(len(self.roots) <= 2, "there are different roots")
        need(not case.infeasible and case.strategies is not None, "an end of a piece has no strategies")
        bend = not case.one_latent or all(convex(m) for m in (case.measure, *(m for m, _ in case.constraints)))
        need(bend, "the measure or a constraint is not known to be convex, so a curve may be larger in between")
        self.sentence, self.work = case.verdict(), case.model.work
        value = case.real(case.claim["lower_bound"], "the lower bound")
        gap = case.real(case.claim["upper_bound"], "the upper bound") - value
        need(self.band is not None or not gap.sign(), "an end is not exact")
        own = [v for _, v in case.equations] + [limit for _, limit in case.constraints]
        self.ends.append((read_real(with_numbers(t), "t", self.root), value, own))
        rows = [sorted(row.items()) for row, _ in case.equations]
        limited = [c["measure"] for c in certificate["constraints"]]
        problem = (certificate["model"], certificate["measure"], limited, rows)
        if self.problem is None:
            self.problem, self.first = problem, case
        self.last = case
        need(problem == self.problem, "the certificates are not of one problem")
        return certificate, case

    def verdict(self) -> str:
        """Return what the pieces prove, if they join and their numbers are affine in t."""
        ends = self.ends
        pairs = zip(ends[1::2], ends[2::2], strict=False)
        same = [(a[0] - b[0]).sign() or (self.band is None and (a[1] - b[1]).sign()) for a, b in pairs]
        need(not any(same), "the pieces do not join")
        (first, _, low), (last, _, high) = ends[0], ends[-1]
        for t, _, own in ends:
            for x, a, b in zip(own, low, high, strict=True):
                line = (x - a).times(last - first) - (b - a).times(t - first)
                need(not line.sign(), "the data are not affine in t")
        corners = ", ".join(f"({text(t)}, {text(value)})" for t, value, _ in [*ends[::2], ends[-1]])
        read = "" if self.reading is None else assumed(self.reading, self.root, first, last)
        known = f"at the first one models have {given(self.first)}; at the last one {self.sentence}"
        if self.band is not None:
            return f"{self._between(self.band)}{read}; {known}"
        return f"least values are affine in t between the corners {corners}{read}; {known}"

    def _between(self, band: list[tuple[Real, Real, Real]]) -> str:
        """Return what is known where ends are intervals: least values lie between two chords on each piece."""
        ends, places = self.ends, []
        widest = Real()
        for (t, low, _), (u, high, _), (first, last, bent) in zip(ends[::2], ends[1::2], band, strict=True):
            for width in (first - low, last - high):
                widest = max(widest, width + bent * Fraction(1, 4))
            bump = f" plus {decimals(bent)} s(1-s)" if bent.sign() else ""
            lower = f"({decimals(low, up=False)}, {decimals(high, up=False)})"
            places.append(f"[{text(t)}, {text(u)}]: {lower} to ({decimals(first)}, {decimals(last)}){bump}")
        return (
            f"least values for t in [{text(ends[0][0])}, {text(ends[-1][0])}] are known to within {decimals(widest)}: "
            f"on each piece they lie between two chords, where s runs from 0 to 1, to six digits: {'; '.join(places)}"
        )


def decimals(value: Real, *, up: bool = True) -> str:
    """Return six digits of a number, rounded up or down."""
    exact = above(value) if up else -above(value * -1)
    with localcontext(Context(prec=6, rounding=ROUND_CEILING if up else ROUND_FLOOR)):
        return str(decimal(exact))


def assumed(reading: Json, root: int, first: Real, last: Real) -> str:
    """Return in words what a curve assumes whose data were read at some values of a parameter, t a power of it."""
    name, power, at = fields(with_numbers(reading), "the reading", "parameter", "power", "at")
    need(
        type(name) is str and name.isascii() and name.isidentifier() and len(name) <= 40,
        "the reading: the parameter has no name",
    )
    whole(power, "the power of the parameter", 1, 100)
    values = [read_real(value, "a value of the parameter", root) for value in array(at, "the values of the parameter")]
    ascending = all(a < b for a, b in itertools.pairwise(values))
    need(2 < len(values) <= 1000 and ascending, "the reading: not ascending values")
    need(power == 1 or values[0].sign() >= 0, "the reading: a power of negative values")
    low, high = (reduce(Real.times, [value] * power) for value in (values[0], values[-1]))
    need(not (first < low or high < last), "t is not in the range that was read")
    name = "the parameter" if name == "t" else name
    inner = name if power == 1 else f"{name}^{power}"
    places = ", ".join(map(text, values))
    return f" (t = {inner}; the data were read at {name} = {places}, and that they are affine in t between is assumed)"


def convex(measure: Measure, sign: int = 1) -> bool:
    """Return whether a measure, times the sign, is convex in q whatever its rows are: no norm has a negative factor."""
    if measure.kind == "sum":
        pairs = zip(measure.parts, measure.factors, strict=True)
        return all(convex(part, sign if factor > 0 else -sign) for part, factor in pairs if factor)
    is_linear = not (measure.groups or measure.parts)
    return is_linear or (sign > 0 and all(convex(part) for part in measure.parts))
