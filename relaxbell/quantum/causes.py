"""The least value of a measure where the common cause is a quantum state, or anything that does not signal.

The program over distributions of strategies keeps its rows: data, budgets, norms. Its columns q ≥ 0 give way to the
moments of the Bell scenario behind the graph (`relaxbell.quantum.unpacked`), in which all rows are linear. Dual
solutions are rounded as for linear programs; what remains, the largest value of a linear function on the set, is
bounded by a sum of squares in integers, or exactly by a linear program.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate, as_data, as_text, refused
from relaxbell.engines.linear.certificates import common_data, proof_data
from relaxbell.engines.linear.dual import DualBound, Least, Part, Proof, RawDuals, evaluated, raw_duals
from relaxbell.engines.linear.over import read_problem
from relaxbell.engines.linear.program import LinearProgram, Problem, linear_program
from relaxbell.errors import InfeasibleError, MeasureError, SolverError
from relaxbell.exact.bounds import snapped
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, common_denominator
from relaxbell.exact.texts import a_kind
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError, deadline, remaining
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.terms import ZERO
from relaxbell.quantum.base import BehaviorSet
from relaxbell.quantum.ends import CauseBound, CauseBounds
from relaxbell.quantum.levels import read_level
from relaxbell.quantum.proofs import factor, number_of
from relaxbell.quantum.sets import NonsignalingSet, QuantumSet, attempt
from relaxbell.quantum.squares import solve_conic, solve_linear
from relaxbell.quantum.unpacked import Unpacked
from relaxbell.verify import Refused, read_case
from relaxbell.verify.words import sum_of_squares

if TYPE_CHECKING:
    pass

_PRICES = (2.0**2, 2.0**6, 2.0**11, 2.0**16)
"""What missing an observed probability costs: multipliers are no larger, and data on the border need large ones."""

_BITS, _SIMPLE, _NEAR = 36, 1000, 1e-7
"""Bits after the point of multipliers; largest denominator of simple ones, and how near these must be."""

_ENOUGH = 1e-8
"""How far value and bound may be apart before other prices are tried."""

_AGREE, _MOST_CELLS = 1e-9, 1000
"""Classical and no-signaling values that are so near are the same; cells of tables for which the latter are found."""

_MISSED = 1e-6
"""Data that all together are missed by more are taken for what no model reproduces, if that is proved."""

_MOST_WORDS = 50
"""Words of the level that is taken where none is given."""


def cause_set(model: CausalModel, common_cause: object, level: int | str | None) -> BehaviorSet:
    """Return the set of behaviors of the Bell scenario behind a graph.

    Raises
    ------
    MeasureError
        If there is no such common cause.
    UnsupportedModelError
        If the graph has none, or there is no such level.
    """
    if common_cause == "quantum":
        graph = Unpacked(model)
        found = default_level(graph) if level is None else level
        return QuantumSet(model.scenario, found, graph=graph)
    if common_cause == "nonsignaling":
        return NonsignalingSet(model.scenario, graph=Unpacked(model))
    raise MeasureError(
        f"common_cause is {common_cause!r}, expected 'classical', 'quantum' or 'nonsignaling'. Give one of them."
    )


def default_level(graph: Unpacked) -> str:
    """Return the level with all products of one projector of each node ("almost quantum"), or of fewer nodes."""
    names = [node.name for node in graph.nodes]
    sizes = [node.configurations * (node.cardinality - 1) for node in graph.nodes]
    joint = "" if all(len(name) == 1 for name in names) else " "
    parts, words = ["1"], 1 + sum(sizes)
    for k in range(2, len(names) + 1):
        own = [c for c in _subsets(len(names), k)]
        words += sum(math.prod(sizes[i] for i in c) for c in own)
        if words > _MOST_WORDS and 2 * (k - 1) >= len(names):
            break
        parts += [joint.join(names[i] for i in c) for c in own]
    found = "+".join(parts)
    read_level(found, names)
    return found


def _subsets(n: int, k: int) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(n), k)


def cause_bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: object,
    *,
    common_cause: object,
    level: int | str | None,
    seconds: float | None,
    classical: Any,
) -> CauseBounds:
    """Return both ends of a query; see `relaxbell.bounds`. `classical` finds those of a classical common cause."""
    own = _linear(query)
    if not own.term.is_linear:
        raise MeasureError(
            f"bounds are for linear queries such as average_causal_effect(…): found {query.name}. Use minimize."
        )
    with deadline(seconds, query.name):
        where = cause_set(own.model, common_cause, level)
        try:
            beside = classical()
        except InfeasibleError:
            beside = None
        ends = (None, None) if beside is None else (beside.lower, -beside.upper)
        low = _within(own, observed, subject_to, where, ends[0])
        high = _within(-own, observed, subject_to, where, ends[1])
    return CauseBounds(where.name, low, high, beside)


def least_within(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: object,
    common_cause: object,
    level: int | str | None,
    seconds: float | None,
    options: Mapping[str, object],
) -> CauseBound:
    """Return the least value of a measure; see `relaxbell.minimize`."""
    if options:
        raise MeasureError(
            f"{', '.join(options)} beside common_cause={common_cause!r}: expected level and seconds only. Leave it out."
        )
    own = _linear(measure)
    with deadline(seconds, measure.name):
        return _within(own, observed, subject_to, cause_set(own.model, common_cause, level), None)


def _within(
    own: LinearMeasure, observed: Behavior | Observed, subject_to: object, where: BehaviorSet, known: float | None
) -> CauseBound:
    """Return the least value on a set, of which a classical model has the value `known`.

    Quantum values lie between classical and no-signaling ones: where these agree, nothing is left to find, and where
    the bound of the latter is better, it counts.
    """
    assert where.graph is not None  # cause_set gives one
    if isinstance(where, NonsignalingSet) or math.prod(where.inner.shape) > _MOST_CELLS:
        return cause_minimum(own, observed, subject_to, where)
    outer = cause_minimum(own, observed, subject_to, NonsignalingSet(where.scenario, graph=where.graph))
    if known is not None and known - float(outer.lower_bound) <= _AGREE:
        return outer
    found = cause_minimum(own, observed, subject_to, where)
    return outer if found.lower_bound < outer.lower_bound else found


def _linear(measure: Measure) -> LinearMeasure:
    if not isinstance(measure, LinearMeasure):
        name = measure.name if isinstance(measure, Measure) else a_kind(measure)
        raise MeasureError(
            f"{name} with a common cause that is not classical: expected a measure of linear programs, such as "
            "average_causal_effect(…) or a query without conditions on what responds. Bound numerator and denominator."
        )
    return measure


def cause_minimum(
    measure: Measure, observed: Behavior | Observed, subject_to: object, where: BehaviorSet
) -> CauseBound:
    """Return the least value of a measure over the behaviors of a set that reproduce what was observed.

    Raises
    ------
    UnsupportedModelError
        If the measure or a constraint asks for several responses of one node at once.
    InfeasibleError
        If none reproduces what was observed.
    """
    own, graph = _linear(measure), where.graph
    assert graph is not None  # cause_set gives one
    graph.signed  # noqa: B018 - too many strategies are refused now
    problem = read_problem(own, own.term, own.model.equations(observed), subject_to)
    if problem.deviations:
        raise MeasureError(
            f"{own.name} with a common cause that is not classical: found a distance from the data, expected rows that "
            "are linear in the behavior. Leave it out."
        )
    for leaf in own.term.leaves():
        graph.check(leaf.rows, own.name)
    for budget in problem.budgets:
        for leaf in budget.measure.term.leaves():
            graph.check(leaf.rows, str(budget))
    for constraint in problem.affine:
        graph.check(constraint.rows, "a constraint")
    found, missed = _solved(where, graph, problem, own.name, _PRICES)
    if missed > _MISSED:
        _check_feasible(where, graph, own, problem)
    data = _data(own.model, where, found.proof, found.largest, as_data(own.statement()))
    bound = _proven(data)
    value = max(found.value, float(bound))
    certificate = Certificate(data | {"claim": {"lower_bound": as_text(bound)}})
    inner, table = where.inner, where.coordinates.lift(found.form)
    functional = BellFunctional(table, inner.outputs, inner.inputs, parties=inner.parties, constant=found.form[0])
    return CauseBound(own, value, bound, certificate, functional, where, found.proof)


Largest: TypeAlias = tuple[dict[str, Any], Exact]
"""The proof of the largest value of coefficients on a set, and these."""


@dataclass(frozen=True, eq=False)
class _Found:
    """What programs over a set found: the solver's value, the dual bound, and the proof of what remains."""

    value: float
    proof: Proof
    largest: dict[str, Any]
    form: Exact


def _solved(
    where: BehaviorSet, graph: Unpacked, problem: Problem, name: str, prices: Sequence[float]
) -> tuple[_Found, float]:
    """Return the best bound of some prices, and by how much the data were missed at the last one."""
    program = linear_program(problem)
    best: tuple[DualBound, Largest, float, tuple[RawDuals, int]] | None = None
    missed = 0.0
    for price in prices:
        try:
            remaining()
            value, duals, missed, gram = _priced(where, graph, program, price)
        except TimeLimitError:
            if best is None:
                raise
            break
        except SolverError:
            if best is None and price == prices[-1]:
                raise
            continue
        raw = raw_duals(problem, program, duals)
        for denominator in _denominators(raw):
            own = _bound(where, graph, problem, (raw, denominator), gram)
            if own is not None and (best is None or own[0].bound > best[0].bound):
                best = *own, value, (raw, denominator)
        if best is not None and missed < _MISSED and best[2] - float(best[0].bound) <= _ENOUGH:
            break
    if best is None:
        raise SolverError(
            f"no bound of {name} was found on the {where.name} set. Round the behavior: p.rounded(model)."
        )
    bound, largest, value, duals_taken = best
    if value - float(bound.bound) > _ENOUGH and isinstance(where, QuantumSet):
        again = _bound(where, graph, problem, duals_taken, None)
        if again is not None and again[0].bound > bound.bound:
            bound, largest = again
    return _Found(value, Proof(problem, bound), *largest), missed


def _priced(
    where: BehaviorSet, graph: Unpacked, program: LinearProgram, price: float
) -> tuple[float, Floats, float, Floats]:
    """Return the measure, duals of the rows, what is missed at a price for each unit, the moments' dual matrix."""
    import cvxpy as cp

    n = graph.signed.shape[0]
    _, constraints, vector = where.objects
    change = sp.csr_array(graph.signed)
    rows = sp.csr_array(program.matrix)
    over, beside = sp.csr_array(rows[:, :n] @ change), sp.csr_array(rows[:, n:])
    equal = np.flatnonzero(program.lower == program.upper)
    below = np.flatnonzero(program.lower != program.upper)
    limited = [np.arange(own.start, own.stop) for own in (*program.budgets, *program.affine)]
    soft = np.isin(below, np.concatenate([np.arange(0), *limited])).astype(float)
    auxiliary = cp.Variable(program.auxiliary, nonneg=True) if program.auxiliary else None
    excess, lack = cp.Variable(len(equal), nonneg=True), cp.Variable(len(equal), nonneg=True)
    objective = (program.cost[:n] @ change) @ vector + price * (cp.sum(excess) + cp.sum(lack))
    left = over[equal] @ vector + excess - lack
    if auxiliary is not None:
        objective = objective + program.cost[n:] @ auxiliary
        left = left + beside[equal] @ auxiliary
    known = left == program.upper[equal]
    conditions = [*constraints, known]
    limits = None
    if len(below):
        more = cp.Variable(len(below), nonneg=True)
        objective = objective + price * (soft @ more)
        under = over[below] @ vector - cp.multiply(soft, more)
        if auxiliary is not None:
            under = under + beside[below] @ auxiliary
        limits = under <= program.upper[below]
        conditions.append(limits)
    problem = cp.Problem(cp.Minimize(objective), conditions)
    (solve_conic if isinstance(where, QuantumSet) else solve_linear)(problem, where.name)
    duals = np.zeros(len(program.upper))
    duals[equal] = -np.asarray(known.dual_value)
    missed = float(np.sum(excess.value + lack.value))
    if limits is not None:
        duals[below] = -np.asarray(limits.dual_value)
        missed += float(soft @ np.maximum(more.value, 0.0))
    return float(problem.value) - price * missed, duals, missed, np.asarray(constraints[0].dual_value)


def _denominators(raw: RawDuals) -> list[int]:
    """Return denominators of multipliers near a solver's: of simple fractions, if there are, and a power of two."""
    simple = snapped(np.concatenate([np.ravel(own) for own in raw.arrays()]), _SIMPLE, _NEAR)
    common = [] if simple is None else [common_denominator(simple)]
    return [*(d for d in common if d < 10**7), 2**_BITS]


def _bound(
    where: BehaviorSet, graph: Unpacked, problem: Problem, duals: tuple[RawDuals, int], gram: Floats | None
) -> tuple[DualBound, Largest] | None:
    """Return the rigorous bound for multipliers over a denominator; None where there is none."""
    raw, denominator = duals
    proofs: list[Largest] = []
    bound = evaluated(problem, raw, denominator, _least(where, graph, denominator, proofs, gram))
    return None if bound is None else (bound, proofs[-1])


def _least(where: BehaviorSet, graph: Unpacked, denominator: int, proofs: list[Largest], gram: Floats | None) -> Least:
    """Return what finds the least value on the set of a combination of rows; its proof is appended."""

    def least(parts: Sequence[Part]) -> Fraction:
        total = np.full(graph.signed.shape[1], Fraction(0), dtype=object)
        for k, (rows, weights) in enumerate(parts):
            matrix = np.rint((sp.csr_array(rows.matrix) @ graph.signed).toarray()).astype(np.int64).astype(object)
            whole = np.array([int(w) for w in weights.tolist()], dtype=object)
            if len(whole):
                total = total + (whole @ matrix) * (rows.scale if k else Fraction(1))
        form = total * Fraction(-1, denominator)
        value, proof = largest_value(where, form, gram)
        proofs.append((proof, form))
        return -value * denominator

    return least


def largest_value(where: BehaviorSet, form: Exact, gram: Floats | None) -> tuple[Fraction, dict[str, Any]]:
    """Return an exact upper bound of coefficients over the coordinates on the set, and its proof.

    `gram` is about the matrix of a sum of squares; where it is None, one is found.
    """
    if isinstance(where, NonsignalingSet):
        value, _, proof = where.largest(form)
        assert isinstance(value, Fraction)  # the coefficients are
        return value, proof
    assert isinstance(where, QuantumSet)
    named = {word: v for word, v in zip(where.coordinate_words, form.tolist(), strict=True) if v}
    if gram is None:
        own = attempt(where, form)
    else:
        floats = {word: float(v) for word, v in named.items()}
        own = factor(where.words, floats, gram, 1.0, 0.0, np.empty(0))
    return sum_of_squares(where.words, named, own.rows["bits"], own.rows["rows"], lambda work: None), own.rows


def _check_feasible(where: BehaviorSet, graph: Unpacked, own: LinearMeasure, problem: Problem) -> None:
    """Raise InfeasibleError where it is proved that no model of the set has the data."""
    bare = Problem(ZERO, problem.equations, problem.budgets, problem.affine)
    found, _ = _solved(where, graph, bare, own.name, (1.0,))
    bound = found.proof.bound.bound
    if not bound > 0:
        return
    limits = f" within {', '.join(map(str, problem.budgets))}" if problem.budgets else ""
    error = InfeasibleError(
        f"no model of {own.model.name} with a common cause that is {where.name} reproduces the data{limits} "
        f"(violation {float(bound):.9g}, by an exact dual argument). Relax another edge, or check the data.",
        None,
        found.proof,
        own.model,
    )
    data = _data(own.model, where, found.proof, found.largest, None)
    error.certificate = Certificate(data | {"claim": {"infeasible": True}})
    raise error


def _data(
    model: CausalModel, where: BehaviorSet, proof: Proof, largest: dict[str, Any], measure: Any
) -> dict[str, Any]:
    """Return the certificate's data with no claim yet."""
    stated = measure is not None
    own = proof_data(model, proof, stated=stated) | {"largest": largest}
    about = {"kind": "common cause", "set": where.kind, "of": measure}
    return common_data(model, proof) | {"measure": about, "proof": own, "claim": {}}


def _proven(data: dict[str, Any]) -> ExactNumber:
    try:
        return number_of(read_case(data).proven())
    except Refused as refusal:
        raise refused(refusal) from None
