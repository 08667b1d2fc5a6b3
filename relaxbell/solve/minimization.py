"""`minimize` and `bounds`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.over import Solver, solve_over
from relaxbell.engines.linear.size import check_measure
from relaxbell.engines.linear.solution import Bounds, Solution, StrategyWeights
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, Floats, floor_float
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline, remaining
from relaxbell.lp.highs import Answer
from relaxbell.measures.measure import Measure
from relaxbell.measures.messages import BinaryEntropy, binary_entropy
from relaxbell.measures.products import Nonbilocality
from relaxbell.methods import provided

if TYPE_CHECKING:
    from relaxbell.engines.sources.solution import NetworkSolution

NetworkSolver = Literal["scip"]


@overload
def minimize(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: NetworkSolver | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
) -> NetworkSolution: ...
@overload
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | None = None,
    thorough: bool = True,
    seconds: float | None = None,
) -> Solution: ...
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | NetworkSolver | None = None,
    thorough: bool = True,
    seconds: float | None = None,
    tolerance: float | None = None,
) -> Solution:
    """Return the least value of a measure among the models that reproduce what was observed.

    Parameters
    ----------
    measure
        What to minimize; its model is the one that must reproduce the data.
    observed
        A `Behavior`, or `Observed` values of functionals. Float behaviors are read as exact ones that
        satisfy the model's equalities; the change is in ``statistics["distance"]``.
    subject_to
        Budgets (``other <= 0.1``, Theorem 7) and affine CVXPY constraints on ``measure.model.q``; lists of them may
        contain lists, such as those of `setting_bounds`.
    solver
        ``highs`` (simplex), ``clarabel`` (interior point, refined by simplex), or None: HiGHS, refined where
        the bound is not tight, then Clarabel. Mutual information has an interior-point method of its own, then
        Clarabel. For `nonbilocality`, None: branch and bound with rigorous bounds, or ``scip`` (extra ``global``),
        whose bound is labeled a solver bound.
    seconds
        Time limit; None for none. Kept within a second or a fifth, whichever is more. For `nonbilocality` (60 by
        default) the interval is then returned as it is, with the status ``time limit``.
    thorough
        Whether to go on to an exact solution where exact data allow it but the solver's basis is not quite optimal:
        some pivots in exact arithmetic. The bound is rigorous in any case.
    tolerance
        For `nonbilocality`: how wide the interval around its least value may be; by default 1e-6.

    Returns
    -------
    Solution
        Frozen; ``model.q.value`` is not touched. A `NetworkSolution` for `nonbilocality`.

    Raises
    ------
    InfeasibleError
        If no model satisfies the constraints; it carries a witness, an inequality that the model obeys
        and the data violate.
    SolverError
        If no solver reached a gap of 1e-7 relative or 1e-10 absolute, or none did in time.
    BehaviorError, SignalingError, MeasureError
        If the parts do not fit together.
    ModelTooLargeError
        If the program does not fit in memory; nothing large is built then.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.bell().relax("X -> B")
    >>> s = rb.minimize(rb.influence(model, "X", "B"), rb.boxes.tsirelson())
    >>> round(s.value, 9), str(s.witness)
    (0.207106781, 'CHSH = 2.82843 > 2')
    """
    if not isinstance(measure, Measure):
        raise MeasureError(f"cannot minimize a {type(measure).__name__}, expected a Measure such as influence(…).")
    if isinstance(measure, Nonbilocality):
        if solver not in (None, "scip"):
            raise MeasureError(f"solver {solver!r} is not for {measure.name}, expected 'scip' or None.")
        return provided("minimize, nonbilocality")(  # which solves linear programs with this module
            measure, observed, subject_to, tolerance=tolerance, seconds=seconds, solver=cast(Any, solver)
        )
    if tolerance is not None:
        raise MeasureError(f"tolerance is for nonbilocality(model): {measure.name} is solved to the end. Leave it out.")
    if solver not in (None, "highs", "clarabel"):
        raise MeasureError(f"solver {solver!r} is unknown, expected 'highs', 'clarabel' or None.")
    with deadline(seconds, measure.name):
        if isinstance(measure, BinaryEntropy):
            return _minimize_entropy(measure, observed, subject_to, solver)
        return _minimize(measure, observed, subject_to, solver, thorough)


def _minimize(
    measure: Measure, observed: Behavior | Observed, subject_to: Any, solver: Solver | None, thorough: bool
) -> Solution:
    check_measure(measure)
    equations = measure.model.equations(observed)
    remaining()  # many strategies take seconds to write down
    answer, proof = solve_over(measure, equations, subject_to, solver, thorough=thorough)
    problem, bound = proof.problem, proof.bound
    q = _weights(answer, proof)
    if proof.primal is None:
        found, lower = max(measure.at(q), bound.value), bound.value
    else:
        found = float(bound.bound)
        lower = bound.value if equations.distance else found
    statistics = {
        "solver": answer.solver,
        "iterations": answer.iterations,
        "seconds": answer.seconds,
        "strategies": problem.strategies,
        "rows": len(equations.rows),
        "gap": found - lower,
        "distance": equations.distance,
    }
    functional = dual_functional(measure, equations, bound.z)
    total = (bound.z * equations.rhs).sum() if len(bound.z) else Fraction(0)
    weights = StrategyWeights(measure.model, q)
    return Solution(measure, observed, found, lower, "optimal", weights, statistics, functional, total, (proof,))


def _weights(answer: Answer, proof: Proof) -> Floats:
    """Return q as floats, read-only: the exact weights where they are known."""
    if proof.primal is not None:
        q = np.zeros(proof.problem.strategies)
        q[list(proof.primal)] = [float(v) for v in proof.primal.values()]
    else:
        q = answer.x[: proof.problem.strategies].clip(0.0)
        q = q / q.sum()
    q.setflags(write=False)
    return q


def bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: Any = (),
    *,
    solver: Solver | None = None,
    seconds: float | None = None,
) -> Bounds:
    """Return both ends of a signed (linear) query over the models that reproduce what was observed.

    Parameters
    ----------
    query
        A linear measure, such as `average_causal_effect` or `message_weight`.
    observed, subject_to, solver
        As in `minimize`.
    seconds
        Time limit of both ends together; None for none.

    Returns
    -------
    Bounds
        Unpacks into (lower, upper); the rigorous ends are its `lower_bound` and `upper_bound`.

    Raises
    ------
    MeasureError
        If the query is not linear.
    InfeasibleError, SolverError, BehaviorError, SignalingError
        As in `minimize`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> noise = rb.Behavior([[[0.25] * 2] * 2] * 2, outputs="A B", inputs="Z")
    >>> rb.bounds(rb.average_causal_effect(iv, "A", "B"), noise)
    [-0.5, 0.5] for ACE(A -> B)
    """
    if not isinstance(query, Measure) or not query.term.is_linear or isinstance(query, BinaryEntropy):
        name = query.name if isinstance(query, Measure) else type(query).__name__
        raise MeasureError(
            f"bounds are for linear queries such as average_causal_effect(…): found {name}. Use minimize for norms."
        )
    with deadline(seconds, query.name):
        return Bounds(
            minimize(query, observed, subject_to, solver=solver),
            minimize(-query, observed, subject_to, solver=solver),
        )


def dual_functional(measure: Measure, equations: Equations, z: Exact) -> BellFunctional:
    """Return the multipliers of the equations as a functional of p(outputs|inputs)."""
    model = measure.model
    table = np.array(equations.functional(z) * Fraction(1), dtype=object).reshape(model.observed_shape)
    return BellFunctional(table, model.outputs, model.inputs, parties=equations.parties)


def _minimize_entropy(
    measure: BinaryEntropy, observed: Behavior | Observed, subject_to: Any, solver: Solver | None
) -> Solution:
    """H is concave: its least value is at an end of the interval of reachable probabilities."""
    ends = bounds(measure.weight, observed, subject_to, solver=solver)
    low, high = (binary_entropy(p) for p in ends)
    interval = (ends.minimum.proofs[0].bound.value, -ends.maximum.proofs[0].bound.value)  # rounded outwards
    # the true interval lies within the rigorous one, and h at the ends of the larger one is smaller
    rigorous = min(binary_entropy(min(max(p, 0.0), 1.0)) for p in interval)
    lower_bound = max(0.0, floor_float(Fraction(rigorous) - Fraction(1, 2**50)))
    chosen = ends.minimum if low <= high else ends.maximum
    statistics = {**chosen.statistics, "gap": min(low, high) - lower_bound}
    return replace(
        chosen,
        measure=measure,
        value=min(low, high),
        lower_bound=lower_bound,
        statistics=statistics,
        proofs=(*ends.minimum.proofs, *ends.maximum.proofs),
    )
