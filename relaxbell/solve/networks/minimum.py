"""`minimize` for networks: an interval around the least non-bilocality."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.errors import InfeasibleError, MeasureError, RelaxbellError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, to_floats
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import measure as own_measure
from relaxbell.measures.products import Nonbilocality, nonbilocality
from relaxbell.measures.terms import Floats
from relaxbell.solve.deadline import TimeLimitError, deadline, remaining
from relaxbell.solve.dual import Proof
from relaxbell.solve.highs import Answer
from relaxbell.solve.minimization import dual_functional, minimize
from relaxbell.solve.networks.branching import Search, branch
from relaxbell.solve.networks.cover import Cover, cover
from relaxbell.solve.networks.decomposition import Decomposition, decompose
from relaxbell.solve.networks.fixed import WithMarginals, exact_fixed, solve_fixed, with_marginals
from relaxbell.solve.networks.polynomials import Layout
from relaxbell.solve.networks.relaxation import FixedProgram, ranges
from relaxbell.solve.networks.scenario import Scenario, Side, read_scenario
from relaxbell.solve.networks.solution import NetworkSolution, marginals_of
from relaxbell.solve.solution import StrategyWeights

TOLERANCE = 1e-6
TIME_LIMIT = 60.0

_DENOMINATORS = (1, 2, 4, 12, 60, 840, 10**4, 10**5, 10**6, 10**7)
"""Marginals are read as the nearest fractions with denominators up to these; the first that lose nothing are taken."""

_BETTER = 1e-12
"""By so much less must be attained at marginals with larger denominators."""

_ZERO = 1e-8
"""Values below this may be zero: then an exact decomposition is sought."""

_LITTLE, _PART = 1.0, 0.05
"""Seconds, and part of the time limit, that are left for exact arithmetic where the search took all the time."""

_COARSE = 1e-2
"""To this all sub-scenarios are bounded; those that may be best are then bounded to the tolerance."""

_LARGEST_EXACT = 5000
"""Most columns of the programs for which the least value is proved exactly as a matter of course."""

_EXACT_BOXES, _EXACT_SECONDS = 24, 5.0
"""Most boxes and seconds for that: where two do not suffice, many seldom do."""

_MANY = 4
"""With more free parameters, scenarios of two settings for each party are bounded first."""


def minimize_network(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    subject_to: Any,
    *,
    tolerance: float | None = None,
    seconds: float | None = None,
    solver: Literal["scip"] | None = None,
) -> NetworkSolution:
    """Return the least value of the measure; see `relaxbell.minimize`."""
    if measure.fixed:
        return _at_fixed(measure, observed, subject_to)
    if subject_to is not None and (not hasattr(subject_to, "__len__") or len(subject_to)):
        raise MeasureError(
            f"{measure.name} is minimized over all marginals without further constraints: found {subject_to}. Fix "
            "marginals, nonbilocality(model, marginals=…), to add some."
        )
    wanted = _positive(tolerance, TOLERANCE, "tolerance")
    limit = _positive(seconds, TIME_LIMIT, "seconds")
    started = time.perf_counter()
    end = started + limit
    scenario = read_scenario(measure, observed)
    box = ranges(scenario)
    if box is None:
        raise_infeasible(measure.model, observed)
    assert box is not None  # for type checkers: the line above raises
    search, kind = Search(), "rigorous"
    if solver == "scip":
        from relaxbell.solve.networks.scip import search_with_scip

        search, kind = search_with_scip(scenario, box, 0.9 * wanted, end), "solver bound"
    else:
        if scenario.parameters > _MANY:
            search.lower = _sub_scenarios(measure.model, observed, 0.5 * wanted, started + 0.3 * limit)
        search = branch(scenario, box, 0.9 * wanted, end, start=search)
    if not len(search.q):
        raise SolverError(
            f"min {measure.name}: no model was found in {limit:g} s, {search.boxes} boxes bounded it by "
            f"{search.lower:.6g} from below. Raise seconds."
        )
    found = _exactly(scenario, search, wanted, max(end - time.perf_counter(), _LITTLE + _PART * limit))
    return _reported(scenario, observed, search, found, kind, wanted, started, end)


def _positive(given: float | None, usual: float, name: str) -> float:
    if given is None:
        return usual
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise MeasureError(f"{name} is {given!r}, expected a positive number, or None for {usual:g}.")
    return float(given)


def raise_infeasible(model: CausalModel, observed: Behavior | Observed) -> None:
    """Raise InfeasibleError with a witness: not even a shared source reproduces the behavior."""
    shared = model.shared()
    minimize(own_measure(shared, np.zeros((1, shared.strategies.count)), "linear", name="0"), observed)
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
    proofs: tuple[Proof, ...] = ()
    boxes: Cover | None = None
    if found is not None:
        attained, exact = found.bound.bound, found.primal or {}
        value, q = float(attained), np.zeros(len(search.q))
        q[list(exact)] = [float(v) for v in exact.values()]
        if not any(side.free for product in scenario.products for side in product[:-1]):
            # the program at the only marginals there are
            search.lower, proofs = value if scenario.distance == 0 else found.bound.value, (found,)
        elif attained > 0 and scenario.distance == 0 and kind == "rigorous":
            boxes = _attained_everywhere(scenario, attained, marginals_of(measure, q, exact), end)
            search.lower = search.lower if boxes is None else value
    lower = min(search.lower, value)
    status = "optimal" if value - lower <= tolerance else "time limit"
    q.setflags(write=False)
    name = "SCIP" if kind == "solver bound" else "HiGHS, branch and bound"
    statistics = {
        "solver": f"{name} ({search.boxes:,} {'nodes' if name == 'SCIP' else 'boxes'})",
        "boxes": search.boxes,
        "seconds": time.perf_counter() - started,
        "strategies": measure.model.strategies.count,
        "rows": len(scenario.equations.rows),
        "parameters": scenario.parameters,
        "parameters removed by symmetry": scenario.reduced,
        "gap": value - lower,
        "distance": scenario.distance,
    }
    return NetworkSolution(
        measure,
        observed,
        value,
        lower,
        status,
        StrategyWeights(measure.model, q),
        statistics,
        _no_functional(measure.model, scenario),
        0.0,
        proofs,
        kind=kind,
        network="lower bound" if measure.is_bound else "exact",
        attained=attained,
        marginals=marginals_of(measure, q, exact),
        decomposition=_decomposition(measure, value, q, exact, scenario.equations.rhs),
        tolerance=tolerance,
        cover=boxes,
        primal=exact,
    )


def _attained_everywhere(
    scenario: Scenario, attained: ExactNumber, marginals: Mapping[str, Mapping[str, Any]], end: float
) -> Cover | None:
    """Return a proof that no marginals give less than is attained, exactly; None if none is found."""
    layout = Layout.of(scenario)
    left = end - time.perf_counter()
    if layout.columns > _LARGEST_EXACT or left <= 0:
        return None
    point = [marginals[side.group.name][side.group.labels[j]] for side in layout.held for j in side.free]
    return cover([scenario], [attained], point, most=_EXACT_BOXES, seconds=min(left, _EXACT_SECONDS))


def _decomposition(
    measure: Nonbilocality, value: float, q: Floats, exact: Mapping[int, ExactNumber] | None, rhs: Exact
) -> Decomposition | None:
    if value > _ZERO or len(measure.products) > 1 or measure.is_bound:
        return None
    return decompose(measure.model, measure.products[0], q, exact, rhs.reshape(measure.model.observed_shape))


def _no_functional(model: CausalModel, scenario: Scenario) -> BellFunctional:
    table = np.full(model.observed_shape, Fraction(0), dtype=object)
    return BellFunctional(table, model.outputs, model.inputs, parties=scenario.equations.parties)


# ------------------------------------------------------------------- exact models


def _exactly(scenario: Scenario, search: Search, tolerance: float, seconds: float) -> Proof | None:
    """Return the exact solution at marginals near the best ones; None if there is none as good, or none in time."""
    try:
        with deadline(seconds if math.isfinite(seconds) else None, scenario.measure.name):
            return _near(scenario, search, tolerance)
    except TimeLimitError:
        return None


def _near(scenario: Scenario, search: Search, tolerance: float) -> Proof | None:
    limit = max(0.0 if search.value <= _ZERO else search.value + 0.05 * tolerance, 1e-12)
    program = FixedProgram(scenario, [len(product) - 1 for product in scenario.products])
    found: Proof | None = None
    for largest in _DENOMINATORS:
        remaining()
        fixed = _simple(scenario, search, largest)
        if fixed is None:
            continue
        near = program.solve(
            tuple(
                tuple(to_floats(fixed.get(side.group.name, np.zeros(side.group.count))) for side in product)
                for product in scenario.products
            )
        )
        if near is None or near[0] > limit:
            continue
        measure = nonbilocality(scenario.measure.model, fixed)
        try:
            proof = exact_fixed(measure, scenario.equations)
        except TimeLimitError:
            raise
        except RelaxbellError:
            continue
        if proof is not None and proof.primal is not None and float(proof.bound.bound) <= limit:
            if proof.bound.bound == 0:
                return proof
            found, limit = proof, float(proof.bound.bound) - _BETTER
    return found


def _simple(scenario: Scenario, search: Search, largest: int) -> dict[str, Exact] | None:
    """Return marginals of all groups but the last of each family, free entries with denominators up to `largest`."""
    fixed: dict[str, Exact] = {}
    for product, point in zip(scenario.products, search.point, strict=True):
        for side, own in zip(product[:-1], point, strict=False):
            exact = _simple_side(side, own, largest)
            if exact is None:
                return None
            fixed[side.group.name] = exact
    return fixed


def _simple_side(side: Side, own: Floats, largest: int) -> Exact | None:
    free = np.array([Fraction(float(own[j])).limit_denominator(largest) for j in side.free], dtype=object)
    follows = np.asarray(side.constant + (side.matrix @ free if len(free) else 0), dtype=object)
    fine = all(isinstance(v, Fraction) and v >= 0 for v in follows)
    return follows if fine else None


def _at_fixed(measure: Nonbilocality, observed: Behavior | Observed, subject_to: Any) -> NetworkSolution:
    """Solve the linear program at fixed marginals."""
    started = time.perf_counter()
    scenario = read_scenario(nonbilocality(measure.model), observed, symmetric=False)
    equations = with_marginals(measure, scenario.equations)
    try:
        answer, proof = solve_fixed(measure, equations, subject_to)
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
    measure: Nonbilocality,
    observed: Behavior | Observed,
    scenario: Scenario,
    equations: WithMarginals,
    answer: Answer,
    proof: Proof,
    started: float,
) -> NetworkSolution:
    exact, bound = proof.primal, proof.bound
    n = measure.model.strategies.count
    if exact is None:
        q = answer.x[:n].clip(0.0)
        q = q / q.sum()
        value, lower = max(measure.value(q), bound.value), bound.value
    else:
        q = np.zeros(n)
        q[list(exact)] = [float(v) for v in exact.values()]
        value = float(bound.bound)
        lower = value if equations.distance == 0 else bound.value
    q.setflags(write=False)
    statistics = {
        "solver": answer.solver,
        "iterations": answer.iterations,
        "seconds": time.perf_counter() - started,
        "strategies": n,
        "rows": len(equations.rows),
        "gap": value - lower,
        "distance": scenario.distance,
    }
    functional = dual_functional(measure, equations, bound.z)
    total: Any = (bound.z[: equations.observed] * equations.rhs[: equations.observed]).sum()
    return NetworkSolution(
        measure,
        observed,
        value,
        lower,
        "optimal",
        StrategyWeights(measure.model, q),
        statistics,
        functional,
        total,
        (proof,),
        network="lower bound" if measure.is_bound else "exact",
        attained=None if exact is None else bound.bound,
        marginals=marginals_of(measure, q, exact),
        decomposition=_decomposition(measure, value, q, exact, scenario.equations.rhs),
        primal=exact,
    )


# ------------------------------------------------------------------ sub-scenarios


def _sub_scenarios(model: CausalModel, observed: Behavior | Observed, tolerance: float, end: float) -> float:
    """Return the best rigorous bound of scenarios with two of the settings of each party: data processing.

    A model of all settings contains one of fewer, with marginals of its own marginals, and no larger distance.
    """
    if model.dependent_inputs or not isinstance(observed, Behavior):
        return 0.0
    if all(model.cardinality[x] <= 2 for x in model.inputs):
        return 0.0
    found = []
    for choice in _choices(model):
        if time.perf_counter() > end:
            break
        small, restricted = _restricted(model, model.match(observed), choice)
        scenario = read_scenario(nonbilocality(small), restricted)
        box = ranges(scenario)
        if box is not None:  # else not even a shared source: the whole scenario says so as well
            found.append((branch(scenario, box, _COARSE, end), scenario, box))
    best = max((search.lower for search, _, _ in found), default=0.0)
    for search, scenario, box in sorted(found, key=lambda item: -item[0].value):
        if time.perf_counter() > end or search.value <= best + tolerance:
            break
        best = max(best, branch(scenario, box, tolerance, end).lower)
    return best


def _choices(model: CausalModel) -> Iterator[dict[str, tuple[int, ...]]]:
    names = [x for x in model.inputs if model.cardinality[x] > 2]
    pairs = [list(itertools.combinations(range(model.cardinality[x]), 2)) for x in names]
    if math.prod(len(own) for own in pairs) <= 100:
        for choice in itertools.product(*pairs):
            yield dict(zip(names, choice, strict=True))


def _restricted(model: CausalModel, p: Behavior, choice: Mapping[str, tuple[int, ...]]) -> tuple[CausalModel, Behavior]:
    table = p.table
    for name, values in choice.items():
        table = table.take(list(values), axis=p.variables.index(name))
    sizes = {n: len(choice[n]) if n in choice else c for n, c in model.cardinality.items()}
    small = CausalModel(
        model.edges, model.inputs, model.latents, sizes, hidden=model.hidden, outputs=model.outputs, name=model.name
    )
    return small, Behavior(table, p.outputs, p.inputs, parties=p.parties)
