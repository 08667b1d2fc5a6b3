"""From approximate duals to a rigorous lower bound, and the exact dual data behind it.

For feasible row weights u of the objective, multipliers z of the equations, μ ≥ 0 of the budgets with
feasible weights of their own, and y of the affine constraints (≥ 0 for inequalities), every
probability vector q that satisfies the constraints has

    objective(q) ≥ ⟨z, rhs⟩ − Σ μ limit − ⟨y, h⟩ + min_λ (Rᵀu + Σ μ-part + Gᵀy − Eᵀz)_λ .

The solver's duals are rounded to a common denominator and clipped to feasible ones; then the right
side is evaluated exactly. Two denominators are tried: duals of Bell problems are nearly always
simple fractions, and where they are not, a power of two loses less than 1e-12.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.linear.program import LinearProgram, Problem, all_leaves
from relaxbell.exact.basis import Basis, IntegerProgram
from relaxbell.exact.bounds import Block, column_minimum, dyadic_bits, snapped
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, common_denominator, floor_float
from relaxbell.exact.rows import Rows
from relaxbell.measures.terms import Deviation, Leaf

_LARGEST_DENOMINATOR = 1000
_LARGEST_UNIT = 4096

QUICK = 2 * 10**7
"""Entries of a program whose bound is evaluated when the time is over: that takes a fraction of a second."""

NOTHING = -(10**9)
"""The bound where none could be evaluated and the measure may be negative."""


@dataclass(frozen=True, eq=False)
class DualBound:
    """A rigorous lower bound with the dual data that prove it.

    Attributes
    ----------
    bound
        Exact number; every feasible q has objective ≥ bound.
    z
        Exact multipliers of the equations.
    offset
        The rest of the bound: bound = ⟨z, rhs⟩ + offset.
    weights
        Feasible weights of the rows of each leaf of the objective and the budgets; a leaf that is not
        listed has none, or the best for z follow from a formula.
    budgets
        Multiplier μ ≥ 0 of each budget.
    affine
        Multipliers of each affine constraint, ≥ 0 for inequalities.
    information
        Multiplier μ ≥ 0 of each budget in bits.
    stated
        What a certificate states instead of the weights of all rows, where these follow from fewer numbers.
    unstated
        What the verifier does not check without a list of strategies, so that there is no certificate; else empty.
    """

    bound: ExactNumber
    z: Exact
    offset: ExactNumber
    weights: Mapping[Leaf, Exact] = field(default_factory=dict)
    budgets: tuple[Fraction, ...] = ()
    affine: tuple[Exact, ...] = ()
    stated: tuple[Fraction, ...] | None = None
    unstated: str = ""
    information: tuple[Fraction, ...] = ()

    @property
    def value(self) -> float:
        """The bound as a float, rounded down."""
        return floor_float(self.bound)


@dataclass(frozen=True, eq=False)
class ColumnBasis:
    """An optimal basis of columns that are mixtures of strategies, all rows of them equations.

    Attributes
    ----------
    integers, basis
        A program in whole numbers, for right-hand sides times `unit`; it may have basic columns only.
    strategies, shares
        What each column is a mixture of, and how much of each there is, in units of 1 / `unit`.
    unit
        A whole number.
    """

    integers: IntegerProgram
    basis: Basis
    strategies: NDArray[np.intp]
    shares: NDArray[np.int64]
    unit: int


@dataclass(frozen=True, eq=False)
class Proof:
    """What proves a solution: the problem, its dual bound, and exact weights that attain it.

    Attributes
    ----------
    problem
        What was minimized, and under which constraints.
    bound
        The lower bound and its dual data.
    primal
        Exact probability of each strategy that occurs, where the solution is exact; the measure at it
        equals the bound. None otherwise.
    stopped
        Whether the time was over before exact weights were sought to the end.
    support
        Weights of the strategies that occur, in floats, where the strategies are not listed; None otherwise.
    basis
        The optimal basis of the linear program, or of columns, where it was solved exactly; None otherwise.
    """

    problem: Problem
    bound: DualBound
    primal: Mapping[int, ExactNumber] | None = None
    stopped: bool = False
    support: Mapping[int, float] | None = None
    basis: Basis | ColumnBasis | None = None


@dataclass(frozen=True, eq=False)
class RawDuals:
    """Approximate duals, sorted by what they belong to."""

    z: Floats
    leaves: dict[Leaf, Floats]
    budgets: Floats
    affine: tuple[Floats, ...]

    def arrays(self) -> Iterator[Floats]:
        """Yield all of them."""
        yield self.z
        yield from self.leaves.values()
        yield self.budgets
        yield from self.affine

    def scaled(self, factor: float) -> RawDuals:
        """Return whole numbers near factor · duals."""
        return RawDuals(
            np.rint(self.z * factor),
            {leaf: np.rint(raw * factor) for leaf, raw in self.leaves.items()},
            np.rint(self.budgets * factor),
            tuple(np.rint(y * factor) for y in self.affine),
        )


def raw_duals(problem: Problem, program: LinearProgram, duals: Floats) -> RawDuals:
    """Sort the duals of a linear program; multipliers of inequalities are ≥ 0."""
    return RawDuals(
        program.multipliers(duals),
        program.raw_weights(duals),
        np.array([max(0.0, -float(duals[place][0])) for place in program.budgets]),
        tuple(
            -duals[place] if c.equality else np.maximum(-duals[place], 0.0)
            for place, c in zip(program.affine, problem.affine, strict=True)
        ),
    )


Part: TypeAlias = tuple[Rows, Floats]
"""Rows, whose scale counts, and whole weights."""

Least: TypeAlias = Callable[[Sequence[Part]], "Fraction | None"]
"""From weighted rows to the least entry of their sum over all strategies, exact or less; None if that says nothing."""


def dual_bound(problem: Problem, program: LinearProgram, duals: Floats, least: Least | None = None) -> DualBound:
    """Return the better of the rigorous bounds with simple fractions and with a power of two.

    `least` finds the least combination of rows where strategies are not listed.
    """
    raw = raw_duals(problem, program, duals)
    candidates = []
    values = np.concatenate([np.ravel(a) for a in raw.arrays()])
    simple = snapped(values, _LARGEST_DENOMINATOR, 1e-8)
    if simple is not None:
        denominator = common_denominator(simple)
        if denominator < 10**7:
            candidates.append(evaluated(problem, raw, denominator, least or _listed(problem)))
    unit = _unit(problem)
    mass = sum(float(leaf.rows.scale * unit) * leaf.rows.mass for leaf in all_leaves(problem))
    mass += sum(float(c.rows.scale * unit) * c.rows.mass for c in problem.affine)
    mass += unit * problem.equations.rows.mass
    size = mass * max(1.0, float(abs(values).max()))
    candidates.append(evaluated(problem, raw, 1 << max(1, dyadic_bits(size)), least or _listed(problem)))
    found = [c for c in candidates if c is not None]
    trivial = Fraction(0) if problem.objective.is_nonnegative else None
    best = max(found, key=lambda c: c.bound, default=None)
    if trivial is not None and (best is None or best.bound < trivial):
        return nothing(problem, raw, trivial)
    if best is None:
        return nothing(problem, raw, Fraction(NOTHING))
    return best


def _within(z: Floats, distances: Sequence[Deviation], weights: Mapping[Leaf, Floats]) -> Floats:
    """Return whole multipliers near z that vary at each setting by no more than the weights of distances allow."""
    found, settings = z.copy(), distances[0].settings
    room = sum((own.room(weights[own].tolist()) for own in distances if own in weights), 0 * distances[0].chance)
    for x, most in enumerate(room):
        cells = settings == x
        found[cells] = np.minimum(z[cells], z[cells].min() + float(math.floor(most)))
    return found


def nothing(problem: Problem, raw: RawDuals, bound: Fraction) -> DualBound:
    """Return a bound that follows without any dual."""
    zero = np.full(len(raw.z), Fraction(0), dtype=object)
    budgets = tuple(Fraction(0) for _ in problem.budgets)
    return DualBound(bound, zero, bound, {}, budgets, tuple(fractions(0 * y, 1) for y in raw.affine))


def fractions(whole: Floats, denominator: int) -> Exact:
    """Return whole numbers over a denominator."""
    return np.array([Fraction(int(v), denominator) for v in whole.tolist()], dtype=object)


def _unit(problem: Problem) -> int:
    """Return a factor that makes all rows whole; 1 if it would be so large that too few digits remain."""
    scales = [*(leaf.rows.scale for leaf in all_leaves(problem)), *(c.rows.scale for c in problem.affine)]
    common = math.lcm(*(scale.denominator for scale in scales))
    return common if common <= _LARGEST_UNIT else 1


def clip_budgets(problem: Problem, whole: RawDuals, weights: dict[Leaf, Floats]) -> list[Fraction]:
    """Write feasible row weights of the budgets' leaves into `weights`, and return the multipliers."""
    shares = []
    for budget, mu in zip(problem.budgets, whole.budgets, strict=True):
        share = max(float(mu), float(np.rint(budget.measure.term.gauge(whole.leaves))))
        budget.measure.term.clip(whole.leaves, share, weights)
        shares.append(Fraction(share))
    return shares


def _listed(problem: Problem) -> Least:
    """Return what finds the least combination of rows over listed strategies."""
    unit = _unit(problem)

    def least(parts: Sequence[Part]) -> Fraction | None:
        (equations, z), *others = parts
        blocks: list[Block] = [(equations, z * unit)]
        blocks += [(rows, weights * float(rows.scale * unit)) for rows, weights in others]
        found = column_minimum(blocks)
        return None if found is None else found / unit

    return least


def evaluated(problem: Problem, raw: RawDuals, denominator: int, least: Least) -> DualBound | None:
    """Clip whole-number duals over `denominator` and evaluate the bound exactly."""
    whole = raw.scaled(float(denominator))
    weights: dict[Leaf, Floats] = {}
    problem.objective.clip(whole.leaves, float(denominator), weights)
    shares = clip_budgets(problem, whole, weights)
    if problem.deviations:
        whole = replace(whole, z=_within(whole.z, problem.deviations, weights))
    parts: list[Part] = [(problem.equations.rows, -whole.z)]
    parts += [(leaf.rows, weights[leaf]) for leaf in all_leaves(problem)]
    parts += [(c.rows, y) for c, y in zip(problem.affine, whole.affine, strict=True)]
    smallest = least(parts)
    if smallest is None:
        return None
    offset: ExactNumber = smallest
    offset -= sum((mu * b.limit for mu, b in zip(shares, problem.budgets, strict=True)), Fraction(0))
    for c, y in zip(problem.affine, whole.affine, strict=True):
        offset -= sum((h * Fraction(w) for h, w in zip(c.rhs.tolist(), y.tolist(), strict=True)), Fraction(0))
    z = fractions(whole.z, denominator)
    rest = offset / denominator
    total = problem.equations.total(z)
    return DualBound(
        total + rest,
        z,
        rest,
        {leaf: fractions(own, denominator) for leaf, own in weights.items()},
        tuple(share / denominator for share in shares),
        tuple(fractions(y, denominator) for y in whole.affine),
    )


def alike(duals: Floats) -> bytes:
    """Return the same for duals that differ by rounding errors only: any of them gives a rigorous bound."""
    return np.rint(duals * 2.0**36).tobytes()
