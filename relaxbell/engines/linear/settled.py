"""Exact solutions of problems whose numbers are too large, too small or too close for a solver in floating point."""

from __future__ import annotations

import time

import numpy as np

from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.exactness import dual_data
from relaxbell.engines.linear.program import LinearProgram, Problem, exact_program, linear_program
from relaxbell.exact.simplex import Contradiction, Optimum
from relaxbell.lp.highs import Answer
from relaxbell.lp.scaled import exact_optimum


def settled(problem: Problem) -> tuple[Answer, Proof] | Contradiction | None:
    """Return the exact solution, or the proof that there is none; None if neither was found."""
    started = time.perf_counter()
    outcome = _outcome(problem)
    if not isinstance(outcome, Optimum):
        return outcome
    program = linear_program(problem)  # it says whose dual is in which row
    weights = {j: v for j, v in sorted(outcome.values.items()) if j < problem.strategies}
    duals = np.array(outcome.duals, dtype=object)
    proof = Proof(problem, dual_data(problem, program, duals), weights)
    x = np.zeros(program.matrix.shape[1])
    x[list(outcome.values)] = [float(v) for v in outcome.values.values()]
    y = np.array([float(v) for v in outcome.duals])
    value, seconds = float(proof.bound.bound), time.perf_counter() - started
    return Answer(True, x, y, value, "HiGHS, exact pivots", 0, seconds), proof


def contradiction(problem: Problem, program: LinearProgram) -> DualBound | None:
    """Return exact multipliers that prove that nothing satisfies the constraints; None if something does, or may."""
    outcome = _outcome(problem)
    if not isinstance(outcome, Contradiction):
        return None
    return dual_data(problem, program, np.array(outcome.multipliers, dtype=object))


def _outcome(problem: Problem) -> Optimum | Contradiction | None:
    exact = exact_program(problem)
    return None if exact is None else exact_optimum(exact, problem.equations.exponents)
