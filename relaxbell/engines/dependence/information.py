"""Mutual information over strategies that are not listed: few λ at a time, the worst of all by elimination.

The dual (see `engines.information.minimum`) has one constraint for each λ, ln Σ_x p(x) exp(z_x(λ)) ≤ 0. Of them those
of a pool are kept; the interior-point method solves that, elimination finds the λ that violate theirs most, for the sum
over x is a sum of tables, and they join the pool. The bound is the same sum in whole numbers, each entry rounded up.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.dependence.early import QUICK, information_multipliers
from relaxbell.engines.dependence.form import SettingForm, largest_of_tables, planned
from relaxbell.engines.dependence.orbits import Orbits, orbits
from relaxbell.engines.dependence.support import Found, Support, spread_floats
from relaxbell.engines.information.interior import independent_rows, solve_elastic
from relaxbell.engines.linear.dual import DualBound
from relaxbell.errors import SolverError
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.exact.vectors import ExactRow
from relaxbell.lp.clock import TimeLimitError, remaining, with_bound
from relaxbell.lp.highs import Answer

_ROUNDS = 400
_TOLERANCE = 1e-14
"""How much, in nats, a λ outside the pool may violate its constraint."""

_AT_ONCE = 200
"""Most λ that join the pool in a round."""

_LOOSE, _SHARE = 1e-2, 1e-2
"""Gap of the first round, and of later ones as a share of the largest violation; the last rounds have none."""

_HEIGHTS = (8.0, 40.0, 200.0)
"""Prices of missing a row, in nats; raised while rows are missed."""

_MISSED = 1e-8
"""How far a row may be missed, as in `engines.information.minimum`."""

_NEARLY = 1e-7
"""The same at the highest price: where rows are many the method ends there, while those of other data stay far away."""

_NEVER = 100
"""Answers that the data forbid have 2^−100 of their weight, in bits."""

GRID = 60
"""Multipliers are rounded to multiples of 2^−GRID."""


Pool = tuple[NDArray[np.int64], Floats]
"""λ, and their weights on each kind of entry."""


@dataclass(frozen=True, eq=False)
class Run:
    """What was found: λ, their weights on kinds of entries without and with the data, and duals in nats."""

    strategies: NDArray[np.int64]
    prior: Floats
    joint: Floats
    duals: Floats
    iterations: int

    @property
    def value(self) -> float:
        """The information, in bits."""
        used = self.joint.sum(axis=1) > 1e-15
        return _bits(self.joint[used] / self.joint.sum(), self.prior[used])


class InformationProgram:
    """min I of one model and behavior.

    Parameters
    ----------
    form
        The tables.
    symmetries
        What is exchanged; by default those of the data.
    """

    def __init__(self, form: SettingForm, symmetries: Orbits | None = None) -> None:
        self.form = form
        self.orbits = orbits(form) if symmetries is None else symmetries
        self.weights = form.layout.floats
        self.kinds = int(self.orbits.entries.max(initial=-1)) + 1
        _, self.first = np.unique(self.orbits.entries, return_index=True)
        self.columns = sp.csc_array((self.orbits.merge @ form.entries)[:, self.first])
        self.elimination = planned(form.model, form.model.local.domains, form.scopes)
        self._observe(form.equations.floats, np.array([not v for v in form.equations.rhs]))

    def at(self, row: ExactRow) -> InformationProgram:
        """Return the program at other right-hand sides; what does not depend on them is shared."""
        other = copy.copy(self)
        zero = row.whole == 0 if row.root is None else (row.whole == 0) & (row.root == 0)
        other._observe(row.floats, np.asarray(zero, dtype=bool))
        if (other.forbidding != self.forbidding).any():
            other.__dict__.pop("_used", None)
        return other

    def _observe(self, rhs: Floats, nothing: NDArray[np.bool_]) -> None:
        """Take right-hand sides, floats, and which of them are exactly zero."""
        self.rhs = self.orbits.summed(rhs)
        zero = np.array([bool(nothing[own].all()) for own in self._members])
        self.forbidding = zero & (self._least >= 0)
        hit = np.asarray(abs(self._signs[np.flatnonzero(self.forbidding)]).sum(axis=0)).ravel()
        self.allowed = hit == 0

    @cached_property
    def _signs(self) -> sp.csr_array:
        return sp.csr_array(self.columns)

    @cached_property
    def _least(self) -> Floats:
        """The least entry of each row."""
        signs = self._signs
        return np.array([part.min(initial=0.0) for part in np.split(signs.data, signs.indptr[1:-1])])

    @cached_property
    def _members(self) -> list[NDArray[np.intp]]:
        order = np.argsort(self.orbits.rows, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.orbits.rows))[:-1])

    @cached_property
    def _used(self) -> NDArray[np.intp]:
        """Rows that say something, and imply the others."""
        rows = np.flatnonzero(~self.forbidding)
        return np.asarray(independent_rows(self.columns[:, np.flatnonzero(self.allowed)], rows), dtype=np.intp)

    # ----------------------------------------------------------------------- floats

    def solve(self, name: str) -> Found | None:
        """Minimize; None if the equations seem infeasible.

        Raises
        ------
        SolverError
            If the pool does not stop growing, or the time is over.
        """
        started = time.perf_counter()
        run = self.run(name)
        if run is None:
            return None
        answer, support = self._answer(run, started)
        return Found(answer, self.bound(run.duals), support)

    def run(self, name: str, pool: Pool | None = None) -> Run | None:
        """Minimize over λ of a pool, to which others are added; errors as `solve`.

        A pool that is given is taken to be nearly complete.
        """
        reached = [(-math.inf, np.zeros(0))]
        try:
            return self._grown(name, pool, reached)
        except TimeLimitError as late:
            found = max((self._evaluated(z) for z in self._known(reached[-1])), key=lambda own: own.bound)
            raise with_bound(late, name, found.value) from None

    def _grown(self, name: str, pool: Pool | None, reached: list[tuple[float, Floats]]) -> Run | None:
        """Add λ to a pool until none is worse; the best multipliers so far are appended to `reached`."""
        used = self._used
        part = sp.csc_array(self._signs[used])
        strategies, prior = self._first_pool() if pool is None else pool
        heights, iterations = iter(_HEIGHTS[1:]), 0
        height, gap = _HEIGHTS[0], _LOOSE if pool is None else 0.0
        for _ in range(_ROUNDS):
            owner, kind = np.nonzero(prior * self.allowed)
            _, owner = np.unique(owner, return_inverse=True)
            own_prior = prior[prior * self.allowed != 0]
            found = solve_elastic(part[:, kind], owner.ravel(), own_prior, self.rhs[used], height, gap)
            if found is None:
                raise SolverError(f"min {name}: the interior-point method failed. Try a smaller scenario.")
            v, mass, missed, steps = found
            iterations += steps
            worst, new, kinds = self._violated(part.T @ v)
            if (own := float(self.rhs[used] @ v) - worst) > reached[-1][0]:
                reached.append((own, v))
            fresh = self.fresh(kinds, prior)
            if worst > _TOLERANCE and len(fresh):
                strategies, prior = np.concatenate([strategies, new[fresh]]), np.concatenate([prior, kinds[fresh]])
                gap = min(gap, _SHARE * worst)
                continue
            if gap:
                gap = 0.0
                continue
            if abs(missed).max(initial=0.0) <= _MISSED:
                break
            raised = next(heights, None)
            if raised is None:
                if abs(missed).max() <= _NEARLY:  # the method gets no closer; the bound is rigorous all the same
                    break
                return None
            height = raised
        else:
            raise SolverError(f"min {name}: the pool of λ still grows after {_ROUNDS} rounds.")
        joint = np.zeros_like(prior)
        joint[prior * self.allowed != 0] = mass
        return Run(strategies, prior, joint, reached[-1][1], iterations)

    def _first_pool(self) -> tuple[NDArray[np.int64], Floats]:
        """Return some λ: those that answer as the data do most often, and others at random."""
        rng, found, seen = np.random.default_rng(0), [], np.log(np.maximum(self.rhs / self._sizes, 1e-9))
        for scale in (1.0, 0.5, 0.2):
            noise = rng.normal(size=len(seen)) * scale
            _, new, kinds = self._violated(self.columns.T @ (seen * scale + noise - 1), tolerance=-math.inf)
            found.append((new, kinds))
        strategies, prior = np.concatenate([own for own, _ in found]), np.concatenate([own for _, own in found])
        fresh = self.fresh(prior, np.zeros((0, self.kinds)))
        return strategies[fresh], prior[fresh]

    @cached_property
    def _sizes(self) -> Floats:
        return np.bincount(self.orbits.rows).astype(np.float64)

    def _violated(self, u: Floats, tolerance: float = _TOLERANCE) -> tuple[float, NDArray[np.int64], Floats]:
        """Return the largest ln Σ_x p(x) exp(u), and the λ that reach most, with their weight on each kind of entry."""
        remaining()
        shift = float(u[self.allowed].max(initial=0.0))
        flat = np.where(self.allowed, np.exp(u - shift), 0.0)[self.orbits.entries]
        tables = [w * own for w, own in zip(self.weights, self.form.tables(flat), strict=True)]
        sums, choices = self.elimination.run(tables, tick=remaining)
        sums = sums.ravel()
        top = math.log(float(sums.max())) + shift
        places = np.argpartition(-sums, _AT_ONCE - 1)[:_AT_ONCE] if len(sums) > _AT_ONCE else np.arange(len(sums))
        places = places[np.argsort(-sums[places], kind="stable")]
        with np.errstate(divide="ignore"):
            places = places[np.log(sums[places]) + shift > tolerance]
        strategies = choices.assignments(places)
        cells = self.orbits.entries[self.form.cells(strategies)]
        kinds = np.zeros((len(strategies), self.kinds))
        np.add.at(kinds, (np.arange(len(strategies))[:, None], cells), self.weights)
        return top, strategies, kinds

    def fresh(self, kinds: Floats, known: Floats) -> NDArray[np.intp]:
        """Return the places of λ that are new, each once: λ of equal weights are the same."""
        seen = {row.tobytes() for row in np.round(known, 12)}
        found = []
        for i, row in enumerate(np.round(kinds, 12)):
            if (key := row.tobytes()) not in seen:
                seen.add(key)
                found.append(i)
        return np.array(found, dtype=np.intp)

    def _answer(self, run: Run, started: float) -> tuple[Answer, Support[float]]:
        used = np.flatnonzero(run.joint.sum(axis=1) > 1e-15)
        strategies, prior, joint = run.strategies[used], run.prior[used], run.joint[used] / run.joint.sum()
        form, symmetries = self.form, self.orbits
        cells = symmetries.entries[form.cells(strategies)]
        places = np.arange(len(used))[:, None]
        full = joint[places, cells] * self.weights / prior[places, cells]
        solver = f"interior point, priced λ ({len(used):,}{symmetries.text})"
        support = Support(lambda: spread_floats(form, symmetries, strategies, full))
        z = self._multipliers(run.duals)[symmetries.rows]
        seconds = time.perf_counter() - started
        return Answer(True, np.empty(0), z, _bits(joint, prior), solver, run.iterations, seconds), support

    def _multipliers(self, v: Floats) -> Floats:
        """Return multipliers of merged rows, in bits; those of answers that never occur are far below the others."""
        z = np.zeros(self.orbits.count)
        z[self._used] = v / np.log(2)
        if self.forbidding.any():
            never = self.columns[:, np.flatnonzero(~self.allowed)]
            z[self.forbidding] = -float((never.T @ z).max(initial=0.0)) - _NEVER
        return z

    # ------------------------------------------------------------------------ bounds

    def bound(self, v: Floats) -> DualBound:
        """Return the rigorous bound of multipliers in nats, one for each row that is used."""
        return self._evaluated(self._multipliers(v))

    def _known(self, best: tuple[float, Floats]) -> list[Floats]:
        """Return multipliers in bits whose bounds are known when the time is over, and can be evaluated soon."""
        early = self.orbits.means(information_multipliers(self.form))
        soon = self.elimination.additions < QUICK and best[0] > -math.inf
        return [early, self._multipliers(best[1])] if soon else [early]

    def _evaluated(self, z: Floats) -> DualBound:
        whole, offset = self._rounded(z)
        multipliers = np.array([Fraction(value, 2**GRID) for value in whole], dtype=object)
        sums = self.orbits.summed_exactly(self.form.equations.rhs)
        total: ExactNumber = (multipliers * sums).sum() + offset
        if not total > 0:
            nothing = np.full(len(self.orbits.rows), Fraction(0), dtype=object)
            return DualBound(Fraction(0), nothing, Fraction(0))
        return DualBound(total, multipliers[self.orbits.rows], offset)

    def dual(self, v: Floats) -> tuple[list[int], Fraction]:
        """Return multipliers of merged rows in units of 2^−GRID bits, and what is added to them in a rigorous bound."""
        return self._rounded(self._multipliers(v))

    def _rounded(self, z: Floats) -> tuple[list[int], Fraction]:
        whole = [round(Fraction(value) * 2**GRID) for value in z.tolist()]
        return whole, -self._largest(np.array(whole, dtype=object))

    def _largest(self, whole: NDArray[Any]) -> Fraction:
        """Return an upper bound of max_λ log2 Σ_x p(x) 2^z_x(λ), from multipliers in units of 2^−GRID."""
        u = self.form.flat(whole[self.orbits.rows])[self.first].tolist()
        top = max(u)
        numbers: dict[Fraction, NDArray[Any]] = {}
        for weight in set(self.form.layout.weights):
            numbers[weight] = np.array([_raised(value - top, weight) for value in u], dtype=np.int64)
        tables = []
        for x, weight in enumerate(self.form.layout.weights):
            entries = self.orbits.entries[self.form.starts[x] : self.form.starts[x + 1]]
            tables.append(numbers[weight][entries].reshape(self.form.shapes[x]))
        return _upper_log2(largest_of_tables(self.form, self.elimination, tables)) + Fraction(top, 2**GRID)


_BITS = 60
"""p(x) 2^z, with the largest z 0, is rounded up to multiples of 2^−_BITS: sums over x are below 2^61."""


def _raised(exponent: int, weight: Fraction) -> int:
    """Return weight · 2^(exponent / 2^GRID), rounded up, in units of 2^−_BITS; the exponent is at most 0."""
    import flint

    if exponent < -200 * 2**GRID:
        return 1
    before = flint.ctx.prec
    flint.ctx.prec = 160
    try:
        power = flint.arb(2) ** flint.arb(flint.fmpq(exponent, 2**GRID))
        ball = power * flint.arb(flint.fmpq(weight.numerator, weight.denominator)) * flint.arb(2) ** _BITS
        return int(ball.upper().ceil().unique_fmpz())
    finally:
        flint.ctx.prec = before


def _upper_log2(total: int) -> Fraction:
    """Return an upper bound of log2(total / 2^_BITS)."""
    import flint

    before = flint.ctx.prec
    flint.ctx.prec = 160
    try:
        upper = (flint.arb(total).log() / flint.arb(2).log()).upper()
        mantissa, exponent = upper.man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent) - _BITS
    finally:
        flint.ctx.prec = before


def _bits(joint: Floats, prior: Floats) -> float:
    """Return Σ q log2 (q / reference) of weights q on kinds of entries: r ln r − (r − 1) cancels nothing."""
    reference = prior * joint.sum(axis=1)[:, None]
    used = reference > 0
    ratio = joint[used] / reference[used] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(ratio > -1, (1 + ratio) * np.log1p(ratio) - ratio, 1.0)
    return max(0.0, float(reference[used] @ terms / np.log(2)))
