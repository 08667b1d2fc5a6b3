"""3,000 random problems with exact data: none is wrong, none is refused, and each is solved exactly."""

from collections import Counter

import numpy as np
import pytest
from matrix.campaign import random_graph, random_problem

import relaxbell as rb

BATCHES, MODELS, PROBLEMS = 30, 20, 5


def outcome(problem):
    """What the package says, against the reference: right, wrong, refused, or not exact."""
    expected = problem.expected()
    try:
        solution = rb.minimize(problem.measure, problem.behavior, problem.budgets)
    except rb.errors.InfeasibleError:
        return "right" if expected is None else f"wrong: infeasible, expected {expected}"
    except rb.errors.SolverError as error:
        return f"refused: {error}, expected {expected}"
    if expected is None:
        return f"wrong: {solution.value}, expected infeasible"
    if solution.exact is None:
        close = abs(solution.value - float(expected)) < 1e-6 and solution.lower_bound <= float(expected) + 1e-12
        return f"not exact: expected {expected}" if close else f"wrong: {solution.value}, expected {expected}"
    return "right" if solution.exact == expected else f"wrong: {solution.exact}, expected {expected}"


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_problems_are_solved_exactly(batch):
    rng = np.random.default_rng([2026, batch])
    outcomes = {}
    for _ in range(MODELS):
        model = random_graph(rng)
        for _ in range(PROBLEMS):
            problem = random_problem(model, rng)
            found = outcome(problem)
            outcomes.setdefault(found.partition(":")[0], []).append(f"{found}\n  {problem}")
    count = Counter({kind: len(problems) for kind, problems in outcomes.items()})
    others = [text for kind, problems in outcomes.items() if kind != "right" for text in problems]
    assert count == {"right": MODELS * PROBLEMS}, "\n".join([str(count), *others])
