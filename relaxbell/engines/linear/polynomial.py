"""Least values along a polynomial family: one exact basis for each stretch.

Right-hand sides are polynomials in t, rows and costs are not: the multipliers of a basis bound the value from below at
every t, by a polynomial, and its solution is a polynomial as well, which is feasible exactly where all its entries
are ≥ 0. So a basis that is optimal at one rational t proves the value between the nearest roots of its entries, and
what is left of the range is searched in the same way. Where nothing is feasible, a dual ray is a polynomial that is
positive there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.causal.equations import Equations
from relaxbell.curves.families import PolynomialPath, at, interpolated, whole
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.exactness import dual_data
from relaxbell.engines.linear.family import Solving
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.parametric import live_model
from relaxbell.engines.linear.program import LinearProgram, linear_program
from relaxbell.errors import CurveError, InfeasibleError, MeasureError, ModelTooLargeError, SolverError
from relaxbell.exact.basis import Basis, Dual, IntegerProgram, RightHandSide
from relaxbell.exact.numbers import Exact, ExactNumber, exact_parts, from_parts, sign
from relaxbell.lp.clock import remaining
from relaxbell.lp.highs import LiveModel, Status
from relaxbell.lp.vertex import optimal_vertex
from relaxbell.measures.measure import LinearMeasure
from relaxbell.verify.polynomials import Root, Whole, between, roots, turns

_MOST = 2000
"""Linear programs after which a curve is given up: numerical noise, not a curve."""

_COLUMNS = 100_000
"""Programs with more columns are not traced: every stretch is proved over all of them."""

_SHARE = Fraction(618, 1000)
"""Where a gap is entered: not in its middle, where break points like to be."""

Coefficients = tuple[ExactNumber, ...]
"""Of a polynomial, lowest power first."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """The least value between two parameters, a polynomial, or that nothing is feasible there.

    Attributes
    ----------
    left, right
        Its ends.
    value
        Of the polynomial; None where nothing is feasible.
    proof
        Problem and dual data.
    weights
        Polynomials that are the weights of the strategies that occur; no other has any.
    """

    left: Root
    right: Root
    value: Coefficients | None
    proof: Proof
    weights: Mapping[int, Coefficients]


@dataclass(frozen=True, eq=False)
class _Vertex:
    """A basis with its solution as polynomials: signs of all entries, weights of the strategies."""

    signs: tuple[Whole, ...]
    vanish: bool
    weights: Mapping[int, Coefficients]
    value: Coefficients
    proof: Proof


class PolynomialProgram:
    """A linear program whose right-hand sides are polynomials in a parameter.

    Parameters
    ----------
    engine
        What minimizes.
    path
        The family.
    subject_to
        Constraints, which do not change.

    Raises
    ------
    MeasureError, ModelTooLargeError
        If its rows are not exact, or too many.
    """

    def __init__(self, engine: Solving, measure: LinearMeasure, path: PolynomialPath, subject_to: Sequence[object]):
        self.engine, self.path, self.subject_to = engine, path, tuple(subject_to)
        count = path.degree
        nodes: list[ExactNumber] = [path.low + (path.high - path.low) * Fraction(k, count) for k in range(count + 1)]
        equations = [self.equations(t) for t in nodes]
        self.sides = interpolated(nodes, [own.rhs for own in equations])
        strategies = measure.model.strategies.count
        if strategies > _COLUMNS:
            raise ModelTooLargeError(
                f"a curve along a polynomial family of {measure.model.name}: found {strategies:,} strategies, expected "
                f"{_COLUMNS:,} at most, as each piece is proved over all of them. Use sweep(…) for points."
            )
        self.problem = read_problem(measure, measure.term, equations[count // 2], self.subject_to)
        self.program: LinearProgram = linear_program(self.problem)
        if self.program.integers is None:
            raise MeasureError(
                "a curve along a polynomial family needs coefficients that are small whole numbers over a denominator "
                "up to 2^20: found others, in the rows of a measure or from an input distribution. Simplify them, or "
                "minimize at single points."
            )
        self.integers: IntegerProgram = self.program.integers
        self.programs = 0
        self._known: dict[tuple[bytes, bytes], _Vertex] = {}

    def equations(self, t: ExactNumber) -> Equations:
        """Return the equations at a parameter."""
        return self.engine.equations(self.path.at(t), self.subject_to)

    @cached_property
    def live(self) -> LiveModel:
        """The program on a live solver."""
        return live_model(self.integers)

    @cached_property
    def rows(self) -> list[Exact]:
        """Right-hand sides of all rows, times their units, lowest power first."""
        units = self.program.units.astype(object)
        found = []
        for k, own in enumerate(self.sides):
            side = self.program.rhs.copy() if k == 0 else np.full(len(units), Fraction(0), dtype=object)
            side[self.program.equations] = own
            found.append(side * units)
        return found

    @cached_property
    def parts(self) -> tuple[list[list[int]], int, int]:
        """The same as whole numbers: for each power a list, or one and another of √n; with denominator and n."""
        flat, denominator, n = exact_parts(v for row in self.rows for v in row)
        width, count = flat.shape[1], len(self.rows[0])
        found = [
            [int(flat[k * count + i, part]) for i in range(count)]
            for k in range(len(self.rows))
            for part in range(width)
        ]
        return found, denominator, n

    def right(self, t: Fraction) -> RightHandSide:
        """Return the right-hand sides at a parameter."""
        return RightHandSide.read(at(self.rows, t))

    def stretch(self, t: Fraction, left: Root, right: Root) -> Stretch | None:
        """Return the stretch around a parameter within a gap; None where the parameter is an end of one."""
        remaining()
        vertex = next((v for v in self._known.values() if v.vanish and all(f.sign(t) >= 0 for f in v.signs)), None)
        if vertex is None:
            self.programs += 1
            right_side = self.right(t)
            vertex = self._vertex(right_side)
            if vertex is None:
                return self._empty(t, left, right)
        if not vertex.vanish or any(f.sign(t) <= 0 for f in vertex.signs):
            return None
        left, right = around(vertex.signs, t, left, right)
        return Stretch(left, right, vertex.value, vertex.proof, vertex.weights)

    def _vertex(self, right: RightHandSide) -> _Vertex | None:
        """Return an optimal vertex; None where nothing is feasible, or none was found."""
        n = right.radicand**0.5
        upper = np.array(
            [sum(c * n**k for k, c in enumerate(pair)) / right.denominator for pair in zip(*right.parts, strict=False)]
        )
        self.live.set_rows(np.where(self.integers.equality, upper, -np.inf), upper)
        if self.live.run() is not Status.OPTIMAL:
            return None
        basis = self.live.basis()
        found = None if basis is None else optimal_vertex(self.integers, basis, right, thorough=True)
        if found is None:
            return None
        primal, dual = found
        key = (primal.basis.columns.tobytes(), primal.basis.loose.tobytes())
        if key not in self._known:
            self._known[key] = self._polynomials(primal.basis, dual)
        return self._known[key]

    def _polynomials(self, basis: Basis, dual: Dual) -> _Vertex:
        """Return the solution of a basis for all parameters."""
        import flint

        parts, below, n = self.parts
        square = self.integers.core(basis)
        assert square is not None
        core, tight = square
        top, bottom = core.solve(flint.fmpz_mat([[part[i] for part in parts] for i in tight.tolist()])).numer_denom()
        denominator, width = int(bottom), 2 if n > 1 else 1
        flip = -1 if denominator < 0 else 1
        denominator, count = denominator * flip, len(parts)
        flat = [flip * int(v) for v in top.entries()]
        solved = [flat[i * count : (i + 1) * count] for i in range(len(basis.columns))]
        entries = list(solved)
        vanish = True
        loose = self.integers.rows[basis.loose][:, basis.columns]
        for k, i in enumerate(basis.loose.tolist()):
            span = slice(loose.indptr[k], loose.indptr[k + 1])
            own = [part[i] * denominator for part in parts]
            for j, a in zip(loose.indices[span].tolist(), loose.data[span].tolist(), strict=True):
                own = [v - a * w for v, w in zip(own, solved[j], strict=True)]
            if not self.integers.equality[i]:
                entries.append(own)
            elif any(own):
                vanish = False
        signs: dict[Whole, None] = {}
        for own in entries:
            f = Whole.of([(own[k], own[k + 1] if width > 1 else 0) for k in range(0, count, width)], n if n > 1 else 0)
            if f.pairs:
                signs[f] = None
        weights: dict[int, Coefficients] = {}
        for j, own in zip(basis.columns.tolist(), solved, strict=True):
            if j < self.problem.strategies and any(own):
                numbers = [from_parts(own[k : k + width], denominator * below, n) for k in range(0, count, width)]
                weights[j] = trimmed(numbers)
        bound = self._bound(dual)
        return _Vertex(tuple(signs), vanish, weights, self.along(bound), Proof(self.problem, bound))

    def _bound(self, dual: Dual) -> DualBound:
        common = dual.denominator * self.program.cost_unit
        duals = [Fraction(int(u) * v, common) for u, v in zip(self.program.units, dual.numerators, strict=True)]
        return dual_data(self.problem, self.program, np.array(duals, dtype=object))

    def along(self, bound: DualBound) -> Coefficients:
        """Return a bound as a polynomial in the parameter."""
        found: list[ExactNumber] = [(bound.z * own).sum() if len(own) else Fraction(0) for own in self.sides]
        found[0] = found[0] + bound.offset
        return trimmed(found)

    def _empty(self, t: Fraction, left: Root, right: Root) -> Stretch | None:
        """Return the stretch around a parameter where nothing is feasible; None where there is something after all."""
        try:
            self.engine.solved(self.equations(t), list(self.subject_to))
        except InfeasibleError as error:
            if not isinstance(error.proof, Proof):
                raise
            ray = self.along(error.proof.bound)
            f = whole(ray)
            if f.sign(t) <= 0:
                raise
            left, right = around([f], t, left, right)
            return Stretch(left, right, None, error.proof, {})
        return None


def around(signs: Sequence[Whole], t: Fraction, left: Root, right: Root) -> tuple[Root, Root]:
    """Return the ends of the interval around t in which polynomials that are positive at t are not negative."""
    here = Root.at(t)
    for f in sorted(signs, key=lambda own: own.degree):
        if f.degree < 1 or f.one_sign(left.low, right.high):
            continue
        for root in roots(f, left.low, right.high):
            if not turns(f, root):
                continue
            if here < root:
                right = min(right, root)
                break
            left = max(left, root)
    return left, right


def trimmed(numbers: Sequence[ExactNumber]) -> Coefficients:
    """Return coefficients without zeros at the end."""
    found = list(numbers)
    while found and sign(found[-1]) == 0:
        found.pop()
    return tuple(found)


def simple(left: Root, right: Root) -> Fraction:
    """Return a rational number with few digits between two, at about 0.618 of the way."""
    between(left, right)
    low, high = left.high, right.low
    exact = low + (high - low) * _SHARE
    for digits in range(2, 80, 2):
        found = exact.limit_denominator(10**digits)
        if low < found < high:
            return found
    return exact


def cover(program: PolynomialProgram) -> list[Stretch]:
    """Return stretches that cover the range of a family, from left to right.

    Raises
    ------
    CurveError
        If they do not end: numerical noise, not a curve.
    SolverError
        If a vertex is not found.
    TimeLimitError
        If the time is over before.
    """
    path = program.path
    found: list[Stretch] = []
    gaps = [(Root.at(path.low), Root.at(path.high))]
    while gaps:
        left, right = gaps.pop()
        if left.same(right):
            continue
        t, own = simple(left, right), None
        for _ in range(8):
            own = program.stretch(t, left, right)
            if own is not None:
                break
            t = simple(left, Root.at(t))  # it was an end of a stretch itself
        if own is None:
            raise SolverError(
                f"no exact vertex was found near {path.parameter.name} = {float(t):.9g}, expected one within 8 "
                "programs. Give simpler numbers, or part of the range as over=(low, high)."
            )
        if program.programs > _MOST:
            raise CurveError(
                f"the curve is incomplete after {program.programs:,} linear programs, expected at most {_MOST:,}. Take "
                "a part of the parameter's range."
            )
        found.append(own)
        gaps += [(own.right, right), (left, own.left)]
    found.sort(key=lambda own: float(own.left))
    return found
