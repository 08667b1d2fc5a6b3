"""`minimize` and `bounds`: the engine of the measure does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines import engine
from relaxbell.errors import MeasureError
from relaxbell.lp.clock import known_at_least
from relaxbell.measures.measure import LinearMeasure, Measure

if TYPE_CHECKING:
    from relaxbell.engines.entropy.engine import EntropySolution
    from relaxbell.engines.factorized.engine import FactorizedSolution
    from relaxbell.engines.information.engine import InformationSolution
    from relaxbell.engines.linear.over import Solver
    from relaxbell.engines.linear.solution import LinearSolution
    from relaxbell.engines.solution import Bounds, Solution
    from relaxbell.engines.sources.solution import FixedSolution, NetworkSolution
    from relaxbell.measures.factorized import Factorized
    from relaxbell.measures.information import MutualInformation
    from relaxbell.measures.messages import BinaryEntropy
    from relaxbell.measures.products import FixedNonbilocality, Nonbilocality
    from relaxbell.quantum.ends import CauseBound, CauseBounds


@overload
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: Literal["quantum", "nonsignaling"],
    level: int | str | None = None,
    seconds: float | None = None,
) -> CauseBound: ...
@overload
def minimize(
    measure: Nonbilocality,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    solver: Literal["scip"] | None = None,
    tolerance: float | None = None,
) -> NetworkSolution: ...
@overload
def minimize(
    measure: FixedNonbilocality,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    solver: Solver | None = None,
    thorough: bool = True,
) -> FixedSolution: ...
@overload
def minimize(
    measure: LinearMeasure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    solver: Solver | None = None,
    thorough: bool = True,
) -> LinearSolution: ...
@overload
def minimize(
    measure: MutualInformation,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    solver: Solver | None = None,
    thorough: bool = True,
) -> InformationSolution: ...
@overload
def minimize(
    measure: Factorized,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    tolerance: float | None = None,
) -> FactorizedSolution: ...
@overload
def minimize(
    measure: BinaryEntropy,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    seconds: float | None = None,
    solver: Solver | None = None,
    thorough: bool = True,
) -> EntropySolution: ...
@overload
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: Literal["classical"] = "classical",
    level: None = None,
    seconds: float | None = None,
    **options: object,
) -> Solution: ...
def minimize(
    measure: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: str = "classical",
    level: int | str | None = None,
    seconds: float | None = None,
    **options: object,
) -> Solution | CauseBound:
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
    common_cause
        What the latent variable is: ``"classical"``, ``"quantum"`` or ``"nonsignaling"``, as in `bounds`.
    level
        Of the NPA hierarchy for a quantum common cause, as in `bounds`.
    seconds
        Time limit; None for none. Kept within a second or a fifth, whichever is more. For `nonbilocality` (60 by
        default) the interval is then returned as it is, with the status ``time limit``.
    **options
        Of the engine that minimizes this kind of measure. Linear programs and mutual information have

        solver
            ``highs`` (simplex), ``clarabel`` (interior point, refined by simplex), or None: HiGHS, refined where
            the bound is not tight, then Clarabel. Mutual information has an interior-point method of its own, then
            Clarabel.
        thorough
            Whether to go on to an exact solution where exact data allow it but the solver's basis is not quite
            optimal: some pivots in exact arithmetic. The bound is rigorous in any case.

        and `nonbilocality` has

        solver
            None: branch and bound with rigorous bounds, or ``scip`` (extra ``global``), whose bound is labeled a
            solver bound.
        tolerance
            How wide the interval around the least value may be; by default 1e-6.

        and the factorized measures, ``dependence(model, factorized=True)``, have

        tolerance
            How far value and bound may be apart, about; by default 1e-10. For M with three settings each they are
            farther apart, and the status is ``interval``.

    Returns
    -------
    Solution
        Frozen; ``model.q.value`` is not touched. A `LinearSolution` for measures written by terms, a `NetworkSolution`
        for `nonbilocality`, a `CauseBound` where the common cause is not classical.

    Raises
    ------
    InfeasibleError
        If no model satisfies the constraints; it carries a witness, an inequality that the model obeys
        and the data violate.
    SolverError
        If no solver reached a gap of 1e-7 relative or 1e-10 absolute.
    TimeLimitError
        If the time is over. Its `partial` is what is known by then, a `LowerBound`: rigorous, from the multipliers at
        which the solver was stopped.
    BehaviorError, SignalingError, MeasureError
        If the parts do not fit together, or an option is none of the engine's.
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
    if common_cause != "classical":
        from relaxbell.quantum.causes import least_within  # loads what few need

        return least_within(measure, observed, subject_to, common_cause, level, seconds, options)
    check_level(level)
    own = engine(measure, **options)
    with known_at_least(measure.name, own.floor):
        return own.minimize(observed, subject_to, seconds=seconds)


@overload
def bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: Literal["quantum", "nonsignaling"],
    level: int | str | None = None,
    seconds: float | None = None,
    **options: object,
) -> CauseBounds: ...
@overload
def bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: Literal["classical"] = "classical",
    level: None = None,
    seconds: float | None = None,
    **options: object,
) -> Bounds[Solution]: ...
def bounds(
    query: Measure,
    observed: Behavior | Observed,
    subject_to: object = (),
    *,
    common_cause: str = "classical",
    level: int | str | None = None,
    seconds: float | None = None,
    **options: object,
) -> Bounds[Solution] | CauseBounds:
    """Return both ends of a signed (linear) query over the models that reproduce what was observed.

    Parameters
    ----------
    query
        A linear measure, such as `average_causal_effect` or `message_weight`.
    observed, subject_to, **options
        As in `minimize`.
    common_cause
        What the latent variable is. ``"classical"``: a random variable. ``"quantum"``: a quantum state, of which each
        node that responds measures a share (extra ``quantum``); which measurement it makes, the values of its other
        parents say. ``"nonsignaling"``: anything whose shares do not signal. For any graph with one latent variable
        and free inputs, hidden nodes being classical messages, and queries that ask each node for one response at a
        time, such as p(b|do(a)).
    level
        Of the NPA hierarchy for a quantum common cause, as in `quantum_set`, the parties being the nodes that respond;
        by default all products of one projector of each, or of fewer nodes where these are many.
    seconds
        Time limit of both ends together; None for none.

    Returns
    -------
    Bounds or CauseBounds
        Unpacks into (lower, upper); the rigorous ends are its `lower_bound` and `upper_bound`. A `CauseBounds` where
        the common cause is not classical, with the ends of a classical one beside.

    Raises
    ------
    MeasureError
        If the query is not linear, or there is no such common cause.
    UnsupportedModelError
        If the graph, the query or a constraint is none of a common cause that is not classical: joint counterfactuals
        of one node are of classical ones.
    InfeasibleError, SolverError, BehaviorError, SignalingError
        As in `minimize`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> iv = rb.instrumental()
    >>> noise = rb.Behavior([[[0.25] * 2] * 2] * 2, outputs="A B", inputs="Z")
    >>> rb.bounds(rb.average_causal_effect(iv, "A", "B"), noise)
    [-0.5, 0.5] for ACE(A -> B)
    >>> rb.bounds(rb.query(iv, "p{B(A=1) = 1}"), noise, common_cause="nonsignaling")
    [0.25, 0.75] for p{B(A=1) = 1}, common cause no-signaling: at least 0.25, at most 0.75
      classical: [0.25, 0.75]
    """
    check_level(None if common_cause == "quantum" else level)

    def classical() -> Bounds[Solution]:
        return engine(query, **options).bounds(observed, subject_to, seconds=seconds)

    if common_cause == "classical":
        return classical()
    from relaxbell.quantum.causes import cause_bounds  # loads what few need

    return cause_bounds(
        query, observed, subject_to, common_cause=common_cause, level=level, seconds=seconds, classical=classical
    )


def check_level(level: object) -> None:
    """Raise MeasureError for a level of the NPA hierarchy where nothing is quantum."""
    if level is not None:
        raise MeasureError(
            f"level={level!r} without a quantum common cause: levels of the NPA hierarchy are of those. Give "
            "common_cause='quantum', or leave it out."
        )
