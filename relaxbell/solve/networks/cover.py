"""Proofs of a lower bound over all marginals: boxes that cover them, each with dual polynomials.

All marginals but one of each family are affine in a few parameters ν. Over a box of ν let y(ν) and s(ν) be of degree
one and z(ν) of degree two in each parameter, and |y| ≤ 1. For every q that reproduces p and has q^a = f(ν)::

    M ≥ ⟨y(ν), q^ac − f(ν) q^c⟩ ≥ ⟨p, z(ν)⟩ + ⟨s(ν), f(ν)⟩ + min_λ r_λ(ν),
    r_λ = y_αγ − Σ_α' f_α' y_α'γ − s_α − Tᵀz    with α = α(λ), γ = γ(λ).

All of this is of degree two in each parameter. Written in Bernstein polynomials, which are not negative and sum to
one, a bound holds in the whole box if it holds for their coefficients, one for each point of {0, 1, 2}^κ. The best
such polynomials are found by one linear program for each box, and where p is rational by its exact vertex; at degree
one in place of zero the loss is that of a second order, and at corners of boxes there is none.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.errors import SolverError
from relaxbell.exact.basis import IntegerProgram, RightHandSide, exact_product
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, common_denominator, to_floats
from relaxbell.measures.products import Group, joint_numbers
from relaxbell.measures.terms import Floats
from relaxbell.solve.deadline import TimeLimitError, deadline, remaining
from relaxbell.solve.exactness import LARGEST_BASIS, optimal_vertex
from relaxbell.solve.highs import Answer, solve_highs
from relaxbell.solve.networks.scenario import Scenario, Side

Ends = tuple[Fraction, Fraction]
Region = tuple[Ends, ...]
"""For each parameter its lower and upper end."""

MOST_PARAMETERS = 4
"""With more, a linear program has 3^5 copies of q."""

_LARGEST_PROGRAM = 2**18
"""Most columns of a linear program."""

_LARGEST_ENTRY = 2**52
"""Entries of the exact program are whole numbers below this, after rows are multiplied by common denominators."""

_DIGITS = 2**40
"""Duals in floats are rounded to multiples of 1/_DIGITS."""

_SPARE = 1e-9
"""Where the program's value is below the bound asked for by this, no duals prove it."""


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
    bound
        What they prove, exact.
    """

    region: Region
    y: tuple[Exact, ...]
    s: tuple[Exact, ...]
    z: Exact
    bound: ExactNumber


@dataclass(frozen=True, eq=False)
class Split:
    """Two covers of the halves of a box."""

    parameter: int
    at: Fraction
    below: Cover
    above: Cover


Cover = Piece | Split


def pieces(cover: Cover) -> Iterator[Piece]:
    """Return the boxes of a cover."""
    if isinstance(cover, Piece):
        yield cover
    else:
        yield from pieces(cover.below)
        yield from pieces(cover.above)


@dataclass(frozen=True, eq=False)
class Family:
    """Independent groups: those whose marginals are held at f(ν), then the one that is not."""

    held: tuple[Side, ...]
    last: Group
    parameters: tuple[tuple[int, ...], ...]
    """For each held group, the numbers of its parameters."""

    @cached_property
    def joint(self) -> NDArray[np.intp]:
        """Number of (α, …, γ) in each strategy."""
        return joint_numbers([*(side.group for side in self.held), self.last])

    @property
    def weights(self) -> int:
        """Number of (α, …)."""
        return math.prod(side.group.count for side in self.held)

    def marginals(self, point: Sequence[Fraction]) -> list[Exact]:
        """Return f(ν) of each held group."""
        found = []
        for side, own in zip(self.held, self.parameters, strict=True):
            nu = np.array([point[j] for j in own], dtype=object)
            found.append(np.asarray(side.constant + (side.matrix @ nu if len(own) else 0), dtype=object))
        return found


@dataclass(frozen=True, eq=False)
class Layout:
    """The families of a scenario with their parameters, and the degrees of the polynomials."""

    scenario: Scenario
    families: tuple[Family, ...]
    parameters: int

    @staticmethod
    def of(scenario: Scenario) -> Layout:
        """Return the layout that holds all groups but one with most parameters in each family."""
        families, count = [], 0
        for product in scenario.products:
            last = max(range(len(product)), key=lambda i: (len(product[i].free), i))
            held = tuple(side for i, side in enumerate(product) if i != last)
            places = []
            for side in held:
                places.append(tuple(range(count, count + len(side.free))))
                count += len(side.free)
            families.append(Family(held, product[last].group, tuple(places)))
        return Layout(scenario, tuple(families), count)

    @property
    def fits(self) -> bool:
        """Whether the linear programs are of moderate size."""
        return self.parameters <= MOST_PARAMETERS and self.columns <= _LARGEST_PROGRAM

    @property
    def columns(self) -> int:
        """Number of columns for q: a copy for each point."""
        return len(self.families[0].joint) * 3**self.parameters

    @cached_property
    def corners(self) -> list[tuple[int, ...]]:
        """{0, 1}^κ."""
        return list(itertools.product((0, 1), repeat=self.parameters))

    @cached_property
    def points(self) -> list[tuple[int, ...]]:
        """{0, 1, 2}^κ."""
        return list(itertools.product((0, 1, 2), repeat=self.parameters))

    @cached_property
    def terms(self) -> list[list[tuple[int, int, Fraction]]]:
        """For each point the corners i, j and weights w: the product of two polynomials is Σ w (one)_i (other)_j."""
        number = {corner: n for n, corner in enumerate(self.corners)}
        found: list[list[tuple[int, int, Fraction]]] = []
        for k in self.points:
            halves = itertools.product(*([(0, 1)] if d == 1 else [(d // 2,)] for d in k))
            options = [c for half in halves for c in itertools.product(*half)] if self.parameters else [()]
            pairs = [(i, tuple(d - e for d, e in zip(k, i, strict=True))) for i in options]
            found.append([(number[i], number[j], Fraction(1, len(pairs))) for i, j in pairs])
        return found

    def partners(self, i: int) -> list[tuple[int, int, Fraction]]:
        """Return the points k, corners j and weights w with which corner i contributes: w (one)_i (other)_j to k."""
        return [(k, j, w) for k, own in enumerate(self.terms) for corner, j, w in own if corner == i]

    def corner_values(self, region: Region) -> list[list[list[Exact]]]:
        """Return f at each corner: by corner, family and held group."""
        points = [[ends[c] for ends, c in zip(region, corner, strict=True)] for corner in self.corners]
        return [[family.marginals(point) for family in self.families] for point in points]

    def root(self) -> Region:
        """Return a box that holds all marginals that are not negative."""
        low, high = [Fraction(0)] * self.parameters, [Fraction(1)] * self.parameters
        for family in self.families:
            for side, own in zip(family.held, family.parameters, strict=True):
                for constant, row in zip(side.constant, side.matrix, strict=True):
                    start = _above(constant)
                    for c, j in zip(row, own, strict=True):
                        rest = sum(
                            (max(d * low[m], d * high[m]) for d, m in zip(row, own, strict=True) if m != j), start
                        )
                        if c > 0:
                            low[j] = max(low[j], -rest / c)
                        elif c < 0:
                            high[j] = min(high[j], -rest / c)
        return tuple(zip(low, high, strict=True))


def _above(number: ExactNumber) -> Fraction:
    """Return a rational number that is not smaller."""
    return number.bounds()[1] if isinstance(number, Surd) else Fraction(number)


def _products(vectors: Sequence[Exact]) -> Exact:
    total = np.array([Fraction(1)], dtype=object)
    for vector in vectors:
        total = np.multiply.outer(total, vector).ravel()
    return total


# ------------------------------------------------------------------- bounds


def lower_bound(layout: Layout, region: Region, y: Sequence[Exact], s: Sequence[Exact], z: Exact) -> ExactNumber:
    """Return what dual polynomials prove over a box, in exact arithmetic (irrational f: rounded downwards).

    Raises
    ------
    ValueError
        If some |y| > 1.
    """
    if any(abs(v) > 1 for own in y for v in own.ravel()):
        raise ValueError("|y| > 1")
    values, equations = layout.corner_values(region), layout.scenario.equations
    transposed = sp.csr_array(sp.csc_array(equations.rows.matrix, dtype=np.int64).T)
    mass = int(abs(transposed).sum(axis=1).max(initial=0))
    best: ExactNumber | None = None
    for k, terms in enumerate(layout.terms):
        constant: ExactNumber = (z[k] * equations.rhs).sum()
        blocks: list[tuple[NDArray[np.intp], Exact]] = []
        place = 0
        for f, family in enumerate(layout.families):
            own: Any = sum(w * y[f][i] for i, _, w in terms)
            shape = (family.weights, family.last.count)
            product: Any = sum(w * (_products(values[j][f]) @ y[f][i].reshape(shape)) for i, j, w in terms)
            blocks.append((family.joint, own))
            blocks.append((family.last.numbers, np.array([-_above(v) for v in product], dtype=object)))
            for g, side in enumerate(family.held):
                shift: Any = sum(w * s[place][i] for i, _, w in terms)
                constant = constant + sum((w * (s[place][i] * values[j][f][g]).sum() for i, j, w in terms), Fraction(0))
                blocks.append((side.group.numbers, -shift))
                place += 1
        scale = common_denominator([*z[k], *(v for _, own in blocks for v in own)])
        r: Any = -exact_product(transposed, [int(v * scale) for v in z[k]], mass).astype(object)
        for numbers, own in blocks:
            r = r + np.array([int(v * scale) for v in own], dtype=object)[numbers]
        found = constant + Fraction(int(r.min()), scale)
        best = found if best is None or found < best else best
    assert best is not None  # there is at least one point
    return best


class Prover:
    """Finds dual polynomials over boxes."""

    def __init__(self, scenario: Scenario) -> None:
        self.layout = Layout.of(scenario)
        kept = scenario.kept
        self._matrix = scenario.matrix.tocoo()
        self._rhs: Exact = scenario.equations.rhs[kept]
        self._kept = kept

    def over(self, region: Region, target: ExactNumber) -> Piece | None:
        """Return polynomials that bound the measure over a box by the target, or None if there are none."""
        program = self._program(region)
        remaining()
        try:
            answer = solve_highs(program.matrix, program.cost, program.rhs, program.rhs)
        except TimeLimitError:
            raise
        except SolverError:
            return None
        if not answer.feasible or answer.value < float(target) - _SPARE:
            return None
        found = self._piece(region, program.unpack(_rounded(answer.duals), self.layout))
        if found.bound >= target:
            return found
        duals = program.exact_duals(answer)
        if duals is None:
            return None
        found = self._piece(region, program.unpack(duals, self.layout))
        return found if found.bound >= target else None

    def _piece(self, region: Region, duals: tuple[list[Exact], list[Exact], Exact]) -> Piece:
        y, s, part = duals
        z = np.full((len(part), len(self.layout.scenario.equations.rhs)), Fraction(0), dtype=object)
        z[:, self._kept] = part
        return Piece(region, tuple(y), tuple(s), z, lower_bound(self.layout, region, y, s, z))

    def _program(self, region: Region) -> _Program:
        """Return the linear program over moments: q_k = E[B_k(ν) q] and π_k = E[B_k(ν)] of a mixture of models."""
        layout = self.layout
        values = layout.corner_values(region)
        n, points, corners = len(layout.families[0].joint), len(layout.points), len(layout.corners)
        rows = _Rows(n * points + points + 1)
        every = np.arange(n)
        for k in range(points):
            observed = (np.arange(len(self._rhs)), np.full(len(self._rhs), n * points + k), -self._rhs)
            rows.add(len(self._rhs), [(self._matrix.row, k * n + self._matrix.col, self._matrix.data), observed])
        for f, family in enumerate(layout.families):
            for g, side in enumerate(family.held):
                self._hold(rows, side, [own[f][g] for own in values])
            shape = (family.weights, family.last.count)
            size = math.prod(shape)
            for i in range(corners):
                entries = []
                for k, j, w in layout.partners(i):
                    entries.append((family.joint, k * n + every, np.full(n, w)))
                    for alpha, product in enumerate(_products(values[j][f])):
                        place = alpha * family.last.count + family.last.numbers
                        entries.append((place, k * n + every, np.full(n, -w * product)))
                rows.add(size, entries, signed=True)
        # where no q reproduces p, the last column takes what is missing, at more than the measure can be
        rows.add(1, [(np.zeros(points + 1, dtype=np.intp), n * points + np.arange(points + 1), np.ones(points + 1))])
        return rows.program(4 * len(layout.families))

    def _hold(self, rows: _Rows, side: Side, values: list[Exact]) -> None:
        """E[ν-polynomial · q^a] = E[ν-polynomial · f(ν)]."""
        numbers, count, points = side.group.numbers, side.group.count, len(self.layout.points)
        n = len(numbers)
        for i in range(len(self.layout.corners)):
            entries = []
            for k, j, w in self.layout.partners(i):
                entries.append((numbers, k * n + np.arange(n), np.full(n, w)))
                entries.append((np.arange(count), np.full(count, n * points + k), -w * values[j]))
            rows.add(count, entries)


def _rounded(duals: Floats) -> Exact:
    return np.array([Fraction(round(float(v) * _DIGITS), _DIGITS) for v in duals], dtype=object)


class _Rows:
    """Equations, gathered in blocks."""

    def __init__(self, columns: int) -> None:
        self.columns, self.count = columns, 0
        self.entries: list[tuple[Any, Any, Exact]] = []
        self.signed: list[slice] = []

    def add(self, count: int, entries: Sequence[tuple[Any, Any, Any]], *, signed: bool = False) -> None:
        """Add rows, from (row, column, value); `signed` ones are Σ = u⁺ − u⁻, at a cost of 1 each."""
        for row, column, value in entries:
            numbers = np.array([Fraction(v) if not isinstance(v, Surd) else v for v in value], dtype=object)
            self.entries.append((self.count + np.asarray(row), np.asarray(column), numbers))
        if signed:
            self.signed.append(slice(self.count, self.count + count))
        self.count += count

    def program(self, penalty: int) -> _Program:
        """Return the program, its last column at a cost; in whole numbers where all are rational."""
        row = np.concatenate([entry[0] for entry in self.entries])
        column = np.concatenate([entry[1] for entry in self.entries])
        value = np.concatenate([entry[2] for entry in self.entries])
        signed = np.concatenate([np.arange(own.start, own.stop) for own in self.signed])
        m, n = self.count, self.columns + 2 * len(signed)
        row, column = np.concatenate([row, signed, signed]), np.concatenate([column, np.arange(self.columns, n)])
        unit = np.full(len(signed), Fraction(1), dtype=object)
        value = np.concatenate([value, -unit, unit])
        cost, rhs = np.zeros(n), np.zeros(m)
        cost[self.columns - 1], cost[self.columns :], rhs[-1] = penalty, 1.0, 1.0
        return _Program(row, column, value, cost, rhs)


@dataclass(frozen=True, eq=False)
class _Program:
    """min cost · x subject to matrix x = rhs, x ≥ 0, the entries of the matrix being exact."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    value: Exact
    cost: Floats
    rhs: Floats

    @cached_property
    def matrix(self) -> sp.csc_array:
        """In floats."""
        return self._array(to_floats(self.value))

    def _array(self, data: Any) -> sp.csc_array:
        matrix = sp.csc_array(sp.coo_array((data, (self.row, self.column)), (len(self.rhs), len(self.cost))))
        matrix.eliminate_zeros()
        return matrix

    def exact_duals(self, answer: Answer) -> Exact | None:
        """Return the duals of the solver's vertex in exact arithmetic, mended where it is not quite optimal."""
        if answer.basis is None or len(answer.basis.columns) > LARGEST_BASIS:
            return None
        if any(isinstance(v, Surd) for v in self.value):
            return None
        units = np.full(len(self.rhs), 1, dtype=object)
        for i, v in zip(self.row.tolist(), self.value.tolist(), strict=True):
            units[i] = math.lcm(units[i], v.denominator)
        scaled = self.value * units[self.row]
        if max(abs(v) for v in scaled) >= _LARGEST_ENTRY:
            return None
        whole = self._array(np.array([int(v) for v in scaled]))
        integers = IntegerProgram(whole, self.cost.astype(np.int64), np.full(len(self.rhs), True))
        rhs = RightHandSide.read(np.array([Fraction(v) for v in self.rhs], dtype=object) * units)
        found = optimal_vertex(integers, answer.basis, rhs, thorough=True)
        if found is None:
            return None
        return np.array([Fraction(v) for v in found[1].numerators], dtype=object) * units / found[1].denominator

    @staticmethod
    def unpack(duals: Exact, layout: Layout) -> tuple[list[Exact], list[Exact], Exact]:
        """Return (y, s, z) from the duals of the rows."""
        corners, points = len(layout.corners), len(layout.points)
        kept = layout.scenario.matrix.shape[0]
        place = kept * points
        z = duals[:place].reshape(points, kept)
        y, s = [], []
        for family in layout.families:
            for side in family.held:
                count = side.group.count
                s.append(duals[place : place + corners * count].reshape(corners, count))
                place += corners * count
            size = family.weights * family.last.count
            part = -duals[place : place + corners * size].reshape(corners, size)
            y.append(np.array([max(min(v, Fraction(1)), Fraction(-1)) for v in part.ravel()]).reshape(part.shape))
            place += corners * size
        return y, s, z


# ------------------------------------------------------------------- covers


def cover(
    scenario: Scenario,
    target: ExactNumber,
    point: Sequence[Fraction] = (),
    *,
    most: int,
    seconds: float,
) -> Cover | None:
    """Return boxes that hold all marginals, with a proof of the target over each; None if it is not found.

    Boxes are cut at a point first, where the least value is attained, because the bound is exact at corners.
    """
    prover = Prover(scenario)
    if not prover.layout.fits:
        return None
    count = 0

    def proved(region: Region) -> Cover | None:
        nonlocal count
        count += 1
        if count > most:
            return None
        found = prover.over(region, target)
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
        with deadline(seconds, "a bound over all marginals"):
            return proved(prover.layout.root())
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
