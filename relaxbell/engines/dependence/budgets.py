"""Measurement dependence M beside other measures: a budget, under budgets, in sums. No strategies are listed.

A column is a λ with its mass over the settings, as in `engines.dependence.columns`: M is linear in how much there is
of each. So M becomes a single row, and the linear program of any problem is that of `engines.linear.priced`; only how
the best column is found differs. What the other measures say of λ is small tables; where x* is the setting with the
largest z_x(λ), and u, μ ≥ 0 are the weights of their rows and of M, the price of the best column of λ is

    Σ_x p(x) max(z_x(λ), z_x*(λ) − 2 μ) − u · g(λ) .

The equations are multiplied by the common denominator of p(x), so that all columns are whole numbers. Limits of p(x|λ)
are limits of the mass, see `engines.dependence.levels`; Hall's measure has other columns: `engines.dependence.sets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from relaxbell.causal.equations import Equations
from relaxbell.engines.dependence.mass_pricing import pricer_of
from relaxbell.engines.dependence.masses import MassForm, MassRow, hall_pairs, limits_of, mass_form
from relaxbell.engines.dependence.support import Support
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.priced.form import Pricer
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits, orbits, single_rows
from relaxbell.engines.linear.priced.proving import rigorous
from relaxbell.engines.linear.priced.solving import PricedProblem
from relaxbell.engines.linear.program import Problem, all_leaves, check_size
from relaxbell.errors import ModelTooLargeError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.lp.clock import TimeLimitError
from relaxbell.lp.highs import Answer
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.dependences import is_dependence
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.setting_rows import SettingBound


class ConstrainedProblem(PricedProblem):
    """A problem with M in it, see `PricedProblem`.

    Parameters
    ----------
    problem
        As it is given.
    form
        The same, with M as single rows.
    measure
        What is minimized, for errors.
    """

    form: MassForm

    def __init__(self, problem: Problem, form: MassForm, measure: Measure) -> None:
        self._given = problem
        super().__init__(form, measure)

    @property
    def _problem(self) -> Problem:
        return self._given

    def _bound(self, master: Master) -> DualBound:
        return _of_problem(self._given, self.form, rigorous(self.form, self.pricer, master.duals))

    def _pricer(self) -> Pricer:
        return pricer_of(self.form)

    def _of(self, problem: Problem) -> PricedProblem | None:
        form = mass_form(problem, self.measure.model)
        return None if form is None else ConstrainedProblem(problem, form, self.measure)

    def solved(self, *, thorough: bool) -> tuple[Answer, Proof]:
        answer, proof = super().solved(thorough=thorough)
        return answer, replace(proof, problem=self._given, bound=_of_problem(self._given, self.form, proof.bound))

    def _orbits(self) -> Orbits:
        found = orbits(self.form, self.measure.model)
        turned = [self.form.settings.turned(move) for move in found.moves]
        settings = tuple(own for own in turned if own is not None)
        return replace(found, settings=settings) if len(settings) == len(turned) else single_rows(self.form)

    def _exact(self, master: Master, merged: Orbits) -> tuple[DualBound, dict[int, ExactNumber]] | None:
        """Floats that were read exactly are symmetric to rounding only; a program of all images would take long."""
        rounded = merged.moves and self.form.problem.equations.distance
        return None if rounded or self.form.map.shape[0] > LARGEST_BASIS else super()._exact(master, merged)

    def _support(self, master: Master, merged: Orbits) -> tuple[float, Mapping[int, float]] | None:
        weights = master.weights.clip(0.0)
        used = np.flatnonzero(weights)
        columns, form, name = master.pool[used], self.form, self.measure.name
        shares = weights[used] / float(weights @ form.sizes(master.pool))

        def made() -> dict[int, float]:
            spread = merged.images(columns)
            if spread is None:
                raise ModelTooLargeError(
                    f"the model found for min {name} has too many λ: {len(used)}, and what the symmetries of the data "
                    "make of them, which are not written down. The value and the bound need no list; for one, reduce "
                    "the settings or give data without symmetries."
                )
            images, origin = spread
            return form.spread(images, (shares / np.bincount(origin, minlength=len(used)))[origin].tolist())

        return master.reached, Support(made)


def constrained_dependence(
    measure: LinearMeasure, equations: Equations, subject_to: object, *, thorough: bool, like: Exact | None = None
) -> tuple[Answer, Proof] | None:
    """Minimize a measure with M in it or in its budgets; None where the strategies had better be listed, or have to be.

    Errors as `minimize`.
    """
    if equations.exponents is not None or not measure.model.dependent_inputs:
        return None
    problem = read_problem(measure, measure.term, equations, subject_to)
    if problem.deviations:  # then the data need not be met
        return None
    asked = any(map(is_dependence, all_leaves(problem))) or hall_pairs(problem) or limits_of(problem)
    form = mass_form(problem, measure.model) if asked else None
    if form is None:
        if asked and not _fits(problem):
            _refuse(problem, measure)
        return None
    try:
        return ConstrainedProblem(problem, replace(form, like=like), measure).solved(thorough=thorough)
    except TimeLimitError:
        raise
    except (SolverError, ModelTooLargeError):
        if not measure.model.strategies.can_be_listed or not _fits(problem):
            raise
        return None


def _fits(problem: Problem) -> bool:
    """Return whether a program of all strategies would fit in memory."""
    try:
        check_size(problem)
    except ModelTooLargeError:
        return False
    return True


def _refuse(problem: Problem, measure: Measure) -> None:
    """Raise ModelTooLargeError where constraints ask for a list of strategies that are too many; say which."""
    pairs, limits = hall_pairs(problem), limits_of(problem)
    if pairs and (limits or any(map(is_dependence, all_leaves(problem)))):
        what = f"Hall's measure beside {'limits of p(x|λ)' if limits else 'M'}"
        remedy = "Leave one of them out, or reduce the settings or the outcomes."
    elif any(not isinstance(own.limit, Fraction) for own in limits):
        what, remedy = f"the irrational limit {limits[0].text}", "Give a fraction, or reduce the settings."
    else:
        return
    raise ModelTooLargeError(
        f"min {measure.name} over {measure.model.strategies.count_text} strategies with {what} needs a list of them, "
        f"which does not fit in memory. {remedy}"
    )


def _of_problem(problem: Problem, form: MassForm, bound: DualBound) -> DualBound:
    """Return the bound of the problem itself, where the weights of the rows of M follow from its multiplier."""
    leaves = zip(all_leaves(problem), all_leaves(form.problem), strict=True)
    weights = {
        own: bound.weights[other]
        for own, other in leaves
        if other in bound.weights and not isinstance(other.rows, MassRow)
    }
    rest, none = iter(bound.affine), np.zeros(0, dtype=object)
    affine = tuple(none if isinstance(own, SettingBound) else next(rest) for own in problem.affine)
    unstated = "limits of p(x|λ)" if form.box else "Hall's measure beside other measures" if form.pair_rows else ""
    return replace(bound, z=bound.z * form.unit, weights=weights, affine=affine, unstated=unstated)
