"""The least noise with which a model reproduces a behavior: a linear program whose right-hand sides are the behavior.

With weights that sum to 1 + μ in place of 1, T q = p + μ · noise, and a budget is measure(q) ≤ (1 + μ) limit. The
least μ belongs to the visibility 1 / (1 + μ). Noise and limits are columns, so that a basis can be tried on another p.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program
from relaxbell.engines.linear.warm import WarmProgram, program_key
from relaxbell.exact.numbers import ExactNumber, common_denominator
from relaxbell.exact.rows import LARGEST_UNIT
from relaxbell.lp.highs import SIFTING_FROM
from relaxbell.lp.vertex import LARGEST_BASIS
from relaxbell.measures.measure import Budget, LinearMeasure
from relaxbell.measures.terms import ZERO


class NoiseProgram(WarmProgram):
    """min μ, as a program that can be tried again.

    Parameters
    ----------
    problem
        Equations and budgets.
    noise
        Right-hand sides of the noise: whole numbers, in units of 1 / `unit`.
    unit
        A whole number that makes the limits of the budgets whole as well.
    """

    def __init__(self, problem: Problem, noise: list[int], unit: int) -> None:
        super().__init__(problem)
        self._noise, self.unit = noise, unit

    @cached_property
    def _program(self) -> LinearProgram:
        own = linear_program(self._problem)
        column = np.zeros(own.matrix.shape[0])
        column[own.equations] = [-float(v) for v in self._noise]
        for place, budget in zip(own.budgets, self._problem.budgets, strict=True):
            assert isinstance(budget.limit, Fraction)  # others are not read
            column[place] = -float(budget.limit * self.unit)
        matrix = sp.csc_array(sp.hstack([own.matrix, sp.csc_array(column[:, None])], format="csc"))
        cost = np.append(np.zeros(own.matrix.shape[1]), 1.0)
        return replace(own, matrix=matrix, cost=cost, cost_unit=1, auxiliary=own.auxiliary + 1)


def least_noise(
    model: CausalModel, observed: Equations, noise: Equations, subject_to: tuple[object, ...]
) -> ExactNumber | None:
    """Return the largest visibility, exactly; None where it has to be found in another way.

    Parameters
    ----------
    model
        The model.
    observed, noise
        Their equations, exact.
    subject_to
        Constraints.
    """
    listed = model.strategies.count <= SIFTING_FROM and observed.exponents is None
    nothing = LinearMeasure(model, "0", term=ZERO)
    key = program_key(nothing, subject_to)
    if not listed or key is None or observed.row is None or len(observed.rows) > LARGEST_BASIS:
        return None
    budgets = tuple(own for own in subject_to if isinstance(own, Budget))
    rational = [v for v in noise.rhs.tolist() if isinstance(v, Fraction)]
    if len(budgets) < len(subject_to) or len(rational) < len(noise.rhs):
        return None
    limits = [budget.limit for budget in budgets if isinstance(budget.limit, Fraction)]
    unit = math.lcm(common_denominator(rational), common_denominator(limits))
    if unit > LARGEST_UNIT or any(limit < 0 for limit in limits):
        return None
    whole = [int(v * unit) for v in rational]

    def made() -> NoiseProgram:
        return NoiseProgram(read_problem(nothing, ZERO, observed, subject_to), whole, unit)

    program = model.kept.made(("noise", *whole, unit, key), made)
    found = program.solve(observed.row) if isinstance(program, NoiseProgram) else None
    return None if found is None else 1 / (1 + found.value * unit)
