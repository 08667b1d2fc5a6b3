"""Minimizing over so many strategies that they are not listed."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory, memory_limit
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.infeasible import Ways, infeasible
from relaxbell.engines.linear.priced.early import early_bound
from relaxbell.engines.linear.priced.form import PricedForm, Pricer, local_blocks
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits, orbits, single_rows
from relaxbell.engines.linear.priced.proving import exact_solution, rigorous
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.elimination import WidthError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.lp.clock import LowerBound, TimeLimitError, passed, with_bound
from relaxbell.lp.highs import Answer
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Term

_NUMBER = 3 * 8
"""Bytes of a number of the largest table, with those that it is the sum of."""

_MOST_ENTRIES = 2**31
"""Most numbers that one pricing may compute: a minute."""

_NEEDED = (1e-7, 1e-10)
"""Relative and absolute gap between value and bound that is a result."""

_REMEDY = "Reduce the number of settings or outcomes, or the edges, that meet in one node."


def priced_form(problem: Problem, model: CausalModel) -> PricedForm | None:
    """Return the form in which a problem is priced; None where some of its rows are no small tables."""
    blocks = local_blocks(problem)
    return None if blocks is None else PricedForm(problem, tuple(blocks), model.local)


class PricedProblem:
    """A problem with what its pricing needs.

    Parameters
    ----------
    form
        The problem.
    measure
        What is minimized, for errors.

    Raises
    ------
    ModelTooLargeError
        If elimination would need too much memory or time, before it does.
    """

    def __init__(self, form: PricedForm, measure: Measure) -> None:
        self.form, self.measure = form, measure
        self.pricer = self._pricer()

    def _pricer(self) -> Pricer:
        form, model = self.form, self.measure.model
        what = f"pricing {model.strategies.count_text} strategies of {model.name} by elimination"
        try:
            found = Pricer(form.rows, most=memory_limit() // _NUMBER)
        except WidthError as wide:
            check_memory(what, _NUMBER * wide.size, _REMEDY)
            raise
        own = found.elimination
        check_memory(what, _NUMBER * own.largest + own.entries, _REMEDY)  # and a byte for each choice
        if own.entries > _MOST_ENTRIES:
            raise ModelTooLargeError(
                f"{what} computes {own.entries:,} numbers each time, expected at most {_MOST_ENTRIES:,}. {_REMEDY}"
            )
        return found

    def _of(self, problem: Problem) -> PricedProblem | None:
        """Return another problem over the same strategies; None where some of its rows are no small tables."""
        form = priced_form(problem, self.measure.model)
        return None if form is None else PricedProblem(form, self.measure)

    def solved(self, *, thorough: bool) -> tuple[Answer, Proof]:
        """Return the answer and its proof; errors as `minimize`."""
        try:
            return self._converged(thorough=thorough)
        except TimeLimitError as late:
            if self._is_zero:
                raise
            known = late.partial.lower_bound if isinstance(late.partial, LowerBound) else -math.inf
            early = early_bound(self.form, self.pricer, self._size, known)
            raise with_bound(late, self.measure.name, early) if early > known else late from None

    def _converged(self, *, thorough: bool) -> tuple[Answer, Proof]:
        found = self._solved(self._orbits(), thorough=thorough)
        if found is None:  # too many images of strategies
            found = self._solved(single_rows(self.form), thorough=thorough)
        if found is None:
            raise SolverError(
                f"min {self.measure.name} did not converge among priced strategies. Report model and data."
            )
        return found

    @property
    def _problem(self) -> Problem:
        """What is solved, in the words of the measures."""
        return self.form.problem

    def _bound(self, master: Master) -> DualBound:
        """Return the rigorous bound of a program's duals, of that problem."""
        return rigorous(self.form, self.pricer, master.duals)

    def _orbits(self) -> Orbits:
        return orbits(self.form, self.measure.model)

    def _solved(self, merged: Orbits, *, thorough: bool) -> tuple[Answer, Proof] | None:
        started = time.perf_counter()
        master = self.master(merged)
        self._run(master)
        bound = rigorous(self.form, self.pricer, master.duals)
        problem = self.form.problem
        exact = self._exact(master, merged) if thorough and not passed() else None
        proof = None if exact is None else Proof(problem, exact[0], exact[1])
        solver = (
            f"HiGHS, column generation ({len(master.pool):,} of {self.measure.model.strategies.count_text} columns)"
        )
        if proof is not None:
            value = float(proof.bound.bound)
            support: Mapping[int, float] = {number: float(v) for number, v in (proof.primal or {}).items()}
        else:
            found = self._support(master, merged)
            if found is None:
                return None
            value, support = found
            proof = Proof(problem, bound, stopped=thorough and passed() and not problem.equations.distance)
            if value - bound.value > max(_NEEDED[0] * abs(value), _NEEDED[1]):
                raise SolverError(
                    f"min {self.measure.name} did not converge: value {value:.9g}, rigorous bound {bound.value:.9g}. "
                    "Expected a gap of 1e-7 relative or 1e-10. Round the behavior with rounded(model)."
                )
        seconds = time.perf_counter() - started
        answer = Answer(True, np.empty(0), master.duals, value, solver, master.iterations, seconds)
        return answer, replace(proof, support=support)

    def _exact(self, master: Master, merged: Orbits) -> tuple[DualBound, dict[int, ExactNumber]] | None:
        """Return the exact least value and weights that attain it, from the merged program or from the images alone.

        Floats that were read exactly are symmetric to rounding only: then the program of the images is solved, with all
        of its rows.
        """
        exact_data, few = self.form.problem.equations.distance == 0, self.form.map.shape[0] <= LARGEST_BASIS
        if exact_data or (few and not merged.moves):
            found = exact_solution(self.form, self.pricer, merged, master, thorough=exact_data)
            if found is not None or not merged.moves:
                return found
        spread = merged.images(master.pool[np.flatnonzero(master.weights)]) if few else None
        if spread is None:
            return None
        single = single_rows(self.form)
        own = self.master(single)
        own.add(spread[0])
        own.solve()
        return exact_solution(self.form, self.pricer, single, own, thorough=exact_data)

    def master(self, merged: Orbits) -> Master:
        """Return the program without strategies."""
        return Master(self.form, self.pricer, merged, self._size)

    @property
    def _is_zero(self) -> bool:
        """Whether only feasibility is asked for: no bound says anything."""
        term = self.form.problem.objective
        return term.floor() == term.ceiling()

    @property
    def _size(self) -> float:
        return size_of(self.form.problem.objective)

    def _run(self, master: Master) -> None:
        """Generate strategies until value and bound agree, or prove that there are none that do."""
        try:
            met = master.minimize()
        except TimeLimitError as late:
            if self._is_zero:
                raise
            known = rigorous(self.form, self.pricer, master.duals)
            raise with_bound(late, self.measure.name, known.value) from None
        if not met:
            infeasible(self._problem, self.measure, Ways(self._farkas, self._least))
            raise SolverError(
                f"min {self.measure.name}: the equations are missed by {master.missed:.3g}, but no proof was found "
                "that they must be. Round the behavior with rounded(model)."
            )

    def _support(self, master: Master, merged: Orbits) -> tuple[float, Mapping[int, float]] | None:
        """Return the value and the weights of strategies in the last solution, spread over their images."""
        weights = master.weights.clip(0.0)
        used = np.flatnonzero(weights)
        spread = merged.images(master.pool[used])
        if spread is None:
            return None
        images, origin = spread
        shares = (weights[used] / np.bincount(origin, minlength=len(used)))[origin]
        shares = shares / shares.sum()
        value = self.form.restricted(images).objective.value(shares)
        return value, self.form.spread(images, shares.tolist())

    # -------------------------------------------------------------------- infeasibility

    def _farkas(self, problem: Problem) -> DualBound | None:
        """Return a positive bound of the zero objective; None without one. See `infeasible`."""
        own = self._of(problem)
        assert own is not None  # as that of the whole problem
        master = Master(own.form, own.pricer, own._orbits(), 1.0, prices=(1.0,))
        master.minimize()
        return own._bound(master)

    def _least(self, problem: Problem) -> DualBound | None:
        """Return a lower bound of another measure under the same equations."""
        own = self._of(problem)
        if own is None:
            return None
        master = own.master(own._orbits())
        master.minimize()
        return own._bound(master)


def size_of(term: Term) -> float:
    """Return about how large a term may be."""
    return max(abs(float(term.ceiling())), abs(float(term.floor())), 1e-9)
