"""Proofs of a lower bound over all marginals: boxes that cover them, each with dual polynomials.

The best polynomials over a box (see `polynomials`) are found by one linear program, and where p is rational by its
exact vertex. At corners of boxes nothing is lost, and elsewhere little: a cut at the best marginals often proves the
least value exactly. Polynomials that prove the values at two behaviors prove all between them: their bound is concave
along the line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.sources.polynomials import Layout, Region, lower_bound, outer
from relaxbell.engines.sources.scenario import Scenario
from relaxbell.errors import SolverError
from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, common_denominator, to_floats
from relaxbell.lp.clock import TimeLimitError, deadline, remaining
from relaxbell.lp.highs import Answer, solve_highs
from relaxbell.lp.rows import Entries, RowBuilder
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex

MOST_PARAMETERS = 3
"""With more, a linear program has 3^4 copies of q and more."""

_LARGEST_PROGRAM = 2**18
"""Most columns of a linear program."""

_LARGEST_ENTRY = 2**52
"""Entries of the exact program are whole numbers below this, after rows are multiplied by common denominators."""

_DIGITS = 2**40
"""Duals in floats are rounded to multiples of 1/_DIGITS."""

_SPARE = 1e-9
"""Where the program's value is below zero by more than this, no polynomials prove the targets."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A box with the dual polynomials that bound the measure over it, as coefficients.

    Attributes
    ----------
    region
        The box.
    y
        For each family, an array (corner, α and γ) of Fractions.
    s
        For each held group, an array (corner, α) of Fractions.
    z
        Array (point, observed equation) of Fractions.
    bounds
        What they prove for each behavior, exact.
    """

    region: Region
    y: tuple[Exact, ...]
    s: tuple[Exact, ...]
    z: Exact
    bounds: tuple[ExactNumber, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Two covers of the halves of a box."""

    parameter: int
    at: Fraction
    below: Cover
    above: Cover


Cover = Piece | Split


@dataclass(frozen=True, eq=False)
class GlobalProof:
    """No marginals give less: boxes that hold all of them, with dual polynomials.

    Attributes
    ----------
    cover
        The boxes.
    settings
        Where the proof is of a scenario with some settings only, which ones: by input.
    """

    cover: Cover
    settings: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def pieces(cover: Cover) -> Iterator[Piece]:
    """Return the boxes of a cover."""
    if isinstance(cover, Piece):
        yield cover
    else:
        yield from pieces(cover.below)
        yield from pieces(cover.above)


def cover(
    scenarios: Sequence[Scenario],
    targets: Sequence[ExactNumber],
    point: Sequence[Fraction] = (),
    *,
    most: int,
    seconds: float,
) -> Cover | None:
    """Return boxes that hold all marginals, each with a proof of the targets; None if it is not found.

    Parameters
    ----------
    scenarios
        Of one model, with behaviors for which the same polynomials are wanted: one, or both ends of a line on which
        p(a|x) of the held groups is the same.
    targets
        The bound that is wanted for each.
    point
        Boxes are cut here first: where the least value is attained, because the bound is exact at corners.
    most
        Boxes.
    seconds
        Time limit.
    """
    prover = Prover(scenarios, targets)
    if not prover.fits:
        return None
    count = 0

    def proved(region: Region) -> Cover | None:
        nonlocal count
        count += 1
        if count > most:
            return None
        found = prover.over(region)
        if found is not None:
            return found
        choice = _cut(region, point)
        if choice is None:
            return None
        parameter, at = choice
        low, high = region[parameter]
        halves = [(*region[:parameter], ends, *region[parameter + 1 :]) for ends in ((low, at), (at, high))]
        below = proved(halves[0])
        above = None if below is None else proved(halves[1])
        return None if below is None or above is None else Split(parameter, at, below, above)

    try:
        with deadline(seconds, "a bound over all marginals", least=False):
            return proved(prover.root)
    except TimeLimitError:
        return None


def _cut(region: Region, point: Sequence[Fraction]) -> tuple[int, Fraction] | None:
    for j, ((low, high), own) in enumerate(zip(region, point, strict=False)):
        if low < own < high:
            return j, own
    widths = [high - low for low, high in region]
    if not widths or max(widths) < Fraction(1, 2**40):
        return None
    j = widths.index(max(widths))
    low, high = region[j]
    middle, reach = (low + high) / 2, (high - low) / 8
    return j, middle.limit_denominator(max(2, math.ceil(1 / reach)))


class Prover:
    """Finds dual polynomials over boxes that prove targets for some behaviors at once."""

    def __init__(self, scenarios: Sequence[Scenario], targets: Sequence[ExactNumber]) -> None:
        self.layouts = [Layout.of(scenario) for scenario in scenarios]
        self.targets = tuple(targets)
        self.layout = self.layouts[0]
        for one, *others in zip(*(layout.held for layout in self.layouts), strict=True):
            if any((one.constant != other.constant).any() for other in others):
                raise ValueError(f"the behaviors have different marginals of {one.group.name}")
        self._kept = scenarios[0].kept
        self._matrix = scenarios[0].matrix.tocoo()
        self._ones: Exact = self._matrix.data.astype(int).astype(object)
        self._rhs: list[Exact] = [scenario.equations.rhs[self._kept] for scenario in scenarios]

    @property
    def fits(self) -> bool:
        """Whether the linear programs are of moderate size."""
        columns = self.layout.columns * len(self.layouts)
        return self.layout.parameters <= MOST_PARAMETERS and columns <= _LARGEST_PROGRAM

    @cached_property
    def root(self) -> Region:
        """A box that holds all marginals."""
        return self.layout.root()

    def over(self, region: Region) -> Piece | None:
        """Return polynomials that prove the targets over a box, or None if there are none."""
        program = self._program(region)
        remaining()
        try:
            answer = solve_highs(program.matrix, program.cost, program.rhs, program.rhs)
        except TimeLimitError:
            raise
        except SolverError:
            return None
        if not answer.feasible or answer.value < -_SPARE:
            return None
        found = self._piece(region, _rounded(answer.duals))
        if self._proves(found):
            return found
        duals = program.exact_duals(answer)
        if duals is None:
            return None
        found = self._piece(region, duals)
        return found if self._proves(found) else None

    def _proves(self, piece: Piece) -> bool:
        return all(bound >= target for bound, target in zip(piece.bounds, self.targets, strict=True))

    def _piece(self, region: Region, duals: Exact) -> Piece:
        y, s, part = self._unpack(duals)
        z = np.full((len(part), len(self.layout.scenario.equations.rhs)), Fraction(0), dtype=object)
        z[:, self._kept] = part
        bounds = tuple(lower_bound(layout, region, y, s, z) for layout in self.layouts)
        return Piece(region, tuple(y), tuple(s), z, bounds)

    def _unpack(self, duals: Exact) -> tuple[list[Exact], list[Exact], Exact]:
        """Return (y, s, z) from the duals of the rows."""
        corners, points = len(self.layout.corners), len(self.layout.points)
        kept = len(self._kept)
        place = kept * points
        z = duals[:place].reshape(points, kept)
        y, s = [], []
        for family in self.layout.families:
            for side in family.held:
                count = side.group.count
                s.append(duals[place : place + corners * count].reshape(corners, count))
                place += corners * count
            size = family.weights * family.last.count
            part = -duals[place : place + corners * size].reshape(corners, size)
            y.append(np.array([max(min(v, Fraction(1)), Fraction(-1)) for v in part.ravel()]).reshape(part.shape))
            place += corners * size
        return y, s, z

    def _program(self, region: Region) -> _Program:
        """Return the linear program over moments: q_ek = E[B_k(ν) q] and π_ek = E[B_k(ν)] of a mixture of models.

        The models are of the behaviors e; what is minimized is E[measure − target].
        """
        layout = self.layout
        values = layout.corner_values(region)
        n, points, ends = len(layout.families[0].joint), len(layout.points), range(len(self.layouts))
        rows, every = RowBuilder(0), np.arange(n)
        blocks = points * len(self.layouts)  # of q, the behavior changing slowest; then their π, then what is missing
        last = rows.columns(n * blocks + blocks + 1)[-1]
        signed: list[slice] = []

        def moments(e: int, k: int) -> tuple[NDArray[np.intp], int]:
            block = e * points + k
            return block * n + every, n * blocks + block

        for k in range(points):
            entries: list[Entries] = []
            for e in ends:
                q, pi = moments(e, k)
                entries.append((self._matrix.row, q[self._matrix.col], self._ones))
                entries.append((np.arange(len(self._kept)), pi, -self._rhs[e]))
            rows.add(len(self._kept), 0.0, 0.0, entries)
        for f, family in enumerate(layout.families):
            for g, side in enumerate(family.held):  # E[ν-polynomial · q^a] = E[ν-polynomial · f(ν)]
                count = side.group.count
                for i in range(len(layout.corners)):
                    entries = []
                    for e, (k, j, w) in ((e, own) for e in ends for own in layout.partners(i)):
                        q, pi = moments(e, k)
                        entries.append((side.group.numbers, q, w))
                        entries.append((np.arange(count), pi, -w * values[j][f][g]))
                    rows.add(count, 0.0, 0.0, entries)
            for i in range(len(layout.corners)):  # E[ν-polynomial · (q^ac − f(ν) q^c)], in absolute value
                entries = []
                for e, (k, j, w) in ((e, own) for e in ends for own in layout.partners(i)):
                    q, _ = moments(e, k)
                    entries.append((family.joint, q, w))
                    for alpha, product in enumerate(outer(values[j][f])):
                        place = alpha * family.last.count + family.last.numbers
                        entries.append((place, q, -w * product))
                signed.append(rows.add(family.weights * family.last.count, 0.0, 0.0, entries))
        # where no q reproduces p, the last column takes what is missing, at more than the measure can be
        total = np.arange(last - blocks, last + 1)
        rows.add(1, 1.0, 1.0, [(0, total, Fraction(1))])
        charges = [-target for target in self.targets for _ in range(points)]
        # absolute values are u⁺ + u⁻ for Σ = u⁺ − u⁻
        either = np.concatenate([np.arange(own.start, own.stop) for own in signed])
        for sign in (-1, 1):
            rows.extend([(either, np.array(rows.columns(len(either))), Fraction(sign))])
        ones = [Fraction(1)] * (2 * len(either))
        cost = [*[0] * (n * blocks), *charges, 4 * len(layout.families), *ones]
        return _Program(rows, np.array(cost, dtype=object))


def _rounded(duals: Floats) -> Exact:
    return np.array([Fraction(round(float(v) * _DIGITS), _DIGITS) for v in duals], dtype=object)


@dataclass(frozen=True, eq=False)
class _Program:
    """min charges · x subject to rows, which are equations, and x ≥ 0; charges and entries of the rows are exact."""

    rows: RowBuilder
    charges: Exact

    @cached_property
    def cost(self) -> Floats:
        """In floats."""
        return to_floats(self.charges)

    @cached_property
    def rhs(self) -> Floats:
        """Right-hand sides."""
        return self.rows.sides[0]

    @cached_property
    def matrix(self) -> sp.csc_array:
        """In floats."""
        matrix = self.rows.matrix()
        matrix.eliminate_zeros()
        return matrix

    def exact_duals(self, answer: Answer) -> Exact | None:
        """Return the duals of the solver's vertex in exact arithmetic, mended where it is not quite optimal."""
        if answer.basis is None or len(answer.basis.columns) > LARGEST_BASIS:
            return None
        row, column, value = self.rows.entries()
        if any(isinstance(v, Surd) for v in (*self.charges, *value)):
            return None
        unit = common_denominator(Fraction(v) for v in self.charges)
        cost = self.charges * unit
        units: Any = np.full(len(self.rhs), 1, dtype=object)
        for i, v in zip(row.tolist(), value.tolist(), strict=True):
            units[i] = math.lcm(units[i], v.denominator)
        scaled = value * units[row]
        if max(*abs(scaled), *abs(cost)) >= _LARGEST_ENTRY:
            return None
        shape = (len(self.rhs), len(self.charges))
        whole = sp.csc_array(sp.coo_array((np.array([int(v) for v in scaled]), (row, column)), shape))
        whole.eliminate_zeros()
        integers = IntegerProgram(whole, cost.astype(np.int64), np.full(len(self.rhs), True))
        rhs = RightHandSide.read(np.array([Fraction(v) for v in self.rhs], dtype=object) * units)
        found = optimal_vertex(integers, answer.basis, rhs, thorough=True)
        if found is None:
            return None
        numerators = np.array([Fraction(v) for v in found[1].numerators], dtype=object)
        return numerators * units / (found[1].denominator * unit)
