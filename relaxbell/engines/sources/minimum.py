"""`minimize` for networks: an interval around the least non-bilocality."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.engines.base import engine
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.over import Solver, solve_over
from relaxbell.engines.linear.solution import weights_of
from relaxbell.engines.solution import UNSOUGHT
from relaxbell.engines.sources.algebraic import algebraic_candidate, at_parameter
from relaxbell.engines.sources.attained import ZERO, exact_model, proved_everywhere
from relaxbell.engines.sources.branching import Search, branch
from relaxbell.engines.sources.cover import GlobalProof
from relaxbell.engines.sources.decomposition import Decomposition, decompose
from relaxbell.engines.sources.fixed import WithMarginals, with_marginals
from relaxbell.engines.sources.relaxation import ranges, some_model
from relaxbell.engines.sources.scenario import Scenario, read_scenario
from relaxbell.engines.sources.settings import best_of_settings
from relaxbell.engines.sources.solution import FixedSolution, NetworkSolution, marginals_of
from relaxbell.engines.strategies import StrategyWeights
from relaxbell.errors import InfeasibleError, MeasureError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats
from relaxbell.lp.clock import LowerBound, TimeLimitError, deadline, known_at_least, left, now, over, read_seconds
from relaxbell.lp.highs import Answer
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.products import FixedNonbilocality, Nonbilocality, nonbilocality
from relaxbell.measures.terms import ZERO as ZERO_TERM

TOLERANCE = 1e-6
TIME_LIMIT = 60.0

_FINE, _FINE_SECONDS = 1e-9, 10.0
"""To this intervals are narrowed where data are exact and no exact value is proved, for so many seconds at most."""

_LITTLE, _PART = 0.5, 0.1
"""Seconds, or part of the time limit, that are left for exact arithmetic where the search took all the time."""

_PART_OF_RANGES = 0.2
"""Part of the time limit for the ranges of marginals."""

_MANY = 4
"""With more free parameters, scenarios of two settings for each party are bounded first."""


def minimize_network(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    tolerance: float | None = None,
    seconds: float | None = None,
    solver: Literal["scip"] | None = None,
) -> NetworkSolution:
    """Return the least value of the measure; see `relaxbell.minimize`."""
    if subject_to is not None and not (isinstance(subject_to, Sized) and not len(subject_to)):
        raise MeasureError(
            f"{measure.name} is minimized over all marginals without further constraints: found {subject_to}. Fix "
            "marginals, nonbilocality(model, marginals=…), to add some."
        )
    wanted, finer = _tolerance(tolerance), _FINE if tolerance is None else None
    limit = min(TIME_LIMIT if seconds is None else read_seconds(seconds) or math.inf, left())
    whole = limit + max(_LITTLE, _PART * limit) if math.isfinite(limit) else None
    with deadline(whole, measure.name, asked=limit):
        return _searched(measure, observed, wanted, finer, limit, solver)


def _searched(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    wanted: float,
    finer: float | None,
    limit: float,
    solver: Literal["scip"] | None,
) -> NetworkSolution:
    """Return the interval that there is time for."""
    started = now()
    end = started + limit
    scenario = read_scenario(measure, observed)
    search, kind = Search(), "solver bound" if solver == "scip" else "rigorous"
    box = ranges(scenario, started + _PART_OF_RANGES * limit, lambda q: _take(scenario, search, q))
    if box is None:
        raise_infeasible(measure.model, observed)
    assert box is not None  # for type checkers: the line above raises
    with suppress(TimeLimitError):  # what is known by then is returned
        if solver == "scip":
            from relaxbell.engines.sources.scip import search_with_scip

            own = search_with_scip(scenario, box, 0.9 * wanted, end)
            if not len(own.q):
                own.q, own.value, own.point = search.q, search.value, search.point
            search = own
        else:
            if scenario.parameters > _MANY:
                search.lower = best_of_settings(measure.model, observed, 0.5 * wanted, started + 0.3 * limit)
            search = branch(scenario, box, 0.9 * wanted, end, start=search)
    known = LowerBound(measure.name, search.lower) if kind == "rigorous" else None
    with known_at_least(measure.name, None if known is None else known.lower_bound):
        if not len(search.q) and (q := some_model(scenario)) is not None:
            _take(scenario, search, q)
    if not len(search.q):
        raise TimeLimitError(
            f"min {measure.name}: no model was found in {limit:g} s, {search.boxes} boxes bounded it by "
            f"{search.lower:.6g} from below. Raise seconds.",
            known,
        )
    found = exact_model(scenario, search, wanted, max(left(), _LITTLE))
    first = _reported(scenario, observed, search, found, kind, wanted, started, end)
    settled = first.exact is not None or kind != "rigorous" or scenario.distance or first.status != "optimal"
    if settled or not isinstance(observed, Behavior):
        return first
    # the least value seems to be irrational: that of exact data is enclosed more narrowly, and named
    candidate = None
    with suppress(TimeLimitError, SolverError), deadline(max(left(), _LITTLE), measure.name):
        candidate = algebraic_candidate(scenario, _held_point(scenario, search))
    if candidate is not None and len(candidate.parameter_polynomial) == 2:  # it is rational after all
        found = at_parameter(scenario, candidate.parameter_interval[0])
        again = _reported(scenario, observed, search, found, kind, wanted, started, end) if found else first
        if again.exact is not None:
            return again
    if finer is not None and scenario.parameters <= _MANY and search.value - search.lower > finer:
        with suppress(TimeLimitError):
            search = branch(scenario, box, 0.9 * finer, min(end, now() + _FINE_SECONDS), start=search)
        found = exact_model(scenario, search, finer, max(left(), _LITTLE)) or found
        first = _reported(scenario, observed, search, found, kind, wanted, started, end)
    return replace(first, candidate=candidate)


def _held_point(scenario: Scenario, search: Search) -> list[float]:
    """Return the free entries of the groups that are held, at the best point."""
    product, point = scenario.products[0], search.point[0]
    return [float(own[j]) for side, own in zip(product[:-1], point, strict=False) for j in side.free]


def _take(scenario: Scenario, search: Search, q: Floats) -> None:
    """Update the search with any model of the behavior: an upper bound where there is no time for better ones."""
    search.q, search.value = q, scenario.measure.value(q / q.sum())
    search.point = tuple(tuple(side.group.rows @ q for side in product) for product in scenario.products)


def _tolerance(given: float | None) -> float:
    if given is None:
        return TOLERANCE
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise MeasureError(f"tolerance is {given!r}, expected a positive number, or None for {TOLERANCE:g}.")
    return float(given)


def raise_infeasible(model: CausalModel, observed: Behavior | Observed) -> None:
    """Raise InfeasibleError with a witness: not even a shared source reproduces the behavior."""
    nothing = LinearMeasure(model.shared(), "0", term=ZERO_TERM)
    engine(nothing).minimize(observed)
    raise SolverError(
        f"the linear programs of {model.name} found nothing that reproduces the behavior, without a proof. Round it: "
        "p.rounded(model)."
    )


def _reported(
    scenario: Scenario,
    observed: Behavior | Observed,
    search: Search,
    found: Proof | None,
    kind: Any,
    tolerance: float,
    started: float,
    end: float,
) -> NetworkSolution:
    measure = scenario.measure
    value, q = search.value, search.q / search.q.sum()
    exact: Mapping[int, ExactNumber] | None = None
    attained: ExactNumber | None = None
    proof: Proof | None = None
    everywhere: GlobalProof | None = None
    if found is not None:
        attained, exact = found.bound.bound, found.primal or {}
        value, q = float(attained), np.zeros(len(search.q))
        q[list(exact)] = [float(v) for v in exact.values()]
        if not any(side.free for product in scenario.products for side in product[:-1]):
            # the program at the only marginals there are
            search.lower, proof = value if scenario.distance == 0 else found.bound.value, found
        elif attained > 0 and scenario.distance == 0 and kind == "rigorous":
            held = marginals_of(measure.products, q, exact)
            everywhere = proved_everywhere(scenario, observed, attained, held, end, _within)
            search.lower = search.lower if everywhere is None else value
    lower = min(search.lower, value)
    status = "optimal" if value - lower <= tolerance else "time limit"
    q.setflags(write=False)
    name = "SCIP" if kind == "solver bound" else "HiGHS, branch and bound"
    statistics = {
        "solver": f"{name} ({search.boxes:,} {'nodes' if name == 'SCIP' else 'boxes'})",
        "boxes": search.boxes,
        "seconds": now() - started,
        "strategies": measure.model.strategies.count,
        "rows": len(scenario.equations.rows),
        "parameters": scenario.parameters,
        "parameters removed by symmetry": scenario.reduced,
        "gap": value - lower,
        "distance": scenario.distance,
    }
    if attained is None and not scenario.distance and over(end):
        statistics["exact"] = UNSOUGHT
    return NetworkSolution(
        measure,
        observed,
        value,
        lower,
        status,
        StrategyWeights(measure.model, q),
        statistics,
        kind=kind,
        network="lower bound" if measure.is_bound else "exact",
        attained=attained,
        marginals=marginals_of(measure.products, q, exact),
        decomposition=_decomposition(measure, value, q, exact, scenario.equations.rhs, observed),
        tolerance=tolerance,
        everywhere=everywhere,
        primal=exact,
        proof=proof,
    )


def _within(measure: Nonbilocality, observed: Behavior, seconds: float) -> NetworkSolution:
    return minimize_network(measure, observed, seconds=seconds)


def _decomposition(
    measure: Nonbilocality | FixedNonbilocality,
    value: float,
    q: Floats,
    exact: Mapping[int, ExactNumber] | None,
    rhs: Exact,
    observed: Behavior | Observed,
) -> Decomposition | None:
    if value > ZERO or len(measure.products) > 1 or measure.is_bound:
        return None
    found = decompose(measure.model, measure.products[0], q, exact, rhs.reshape(measure.model.observed_shape))
    return None if found is None else replace(found, estimated=observed.estimated)


def minimize_at_fixed(
    measure: FixedNonbilocality,
    observed: Behavior | Observed,
    subject_to: object = (),
    solver: Solver | None = None,
    *,
    thorough: bool = True,
) -> FixedSolution:
    """Solve the linear program at fixed marginals."""
    started = now()
    scenario = read_scenario(nonbilocality(measure.model), observed, symmetric=False)
    equations = with_marginals(measure, scenario.equations)
    try:
        answer, proof = solve_over(measure, measure.term, equations, subject_to, solver, thorough=thorough)
    except InfeasibleError:
        if ranges(scenario) is None:
            raise_infeasible(measure.model, observed)
        raise InfeasibleError(
            f"{measure.name}: no q with these marginals reproduces the behavior, others do. They lie outside "
            "marginal_ranges(model, p).",
            model=measure.model,
        ) from None
    return _fixed_solution(measure, observed, scenario, equations, answer, proof, started)


def _fixed_solution(
    measure: FixedNonbilocality,
    observed: Behavior | Observed,
    scenario: Scenario,
    equations: WithMarginals,
    answer: Answer,
    proof: Proof,
    started: float,
) -> FixedSolution:
    exact, bound = proof.primal, proof.bound
    n, q = measure.model.strategies.count, weights_of(answer, proof)
    if exact is None:
        value, lower = max(measure.at(q), bound.value), bound.value
    else:
        value = float(bound.bound)
        lower = value if equations.distance == 0 else bound.value
    statistics = {
        "solver": answer.solver,
        "iterations": answer.iterations,
        "seconds": now() - started,
        "strategies": n,
        "rows": len(equations.rows),
        "gap": value - lower,
        "distance": scenario.distance,
    }
    if proof.stopped and not scenario.distance:
        statistics["exact"] = UNSOUGHT
    return FixedSolution(
        measure,
        observed,
        value,
        lower,
        "optimal",
        StrategyWeights(measure.model, q),
        statistics,
        network="lower bound" if measure.is_bound else "exact",
        attained=None if exact is None else bound.bound,
        marginals=marginals_of(measure.products, q, exact),
        decomposition=_decomposition(measure, value, q, exact, scenario.equations.rhs, observed),
        primal=exact,
        proof=proof,
    )
