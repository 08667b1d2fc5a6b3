"""How much noise of a kind a behavior stands before it is in a set: with a functional that proves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.model import CausalModel
from relaxbell.causal.separate import separate
from relaxbell.certificate.claims import Certificate, as_texts, refused
from relaxbell.errors import BehaviorError, InfeasibleError, SolverError, UnsupportedModelError
from relaxbell.exact.bounds import snapped
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, ceil_float, to_floats
from relaxbell.exact.texts import a_kind, ceil_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.methods import provided
from relaxbell.quantum.base import BehaviorSet
from relaxbell.quantum.limited import Condition, conditions, limited_proof, stated
from relaxbell.quantum.local import LocalSet
from relaxbell.quantum.proofs import claimed, proven
from relaxbell.quantum.sets import NonsignalingSet, QuantumSet
from relaxbell.quantum.squares import solve_conic, solve_linear
from relaxbell.verify import Refused

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression

Noise: TypeAlias = Behavior | LocalSet | NonsignalingSet

_SMALL, _NEAR, _BITS = 64, 1e-6, 40
"""Denominators of coefficients that are tried, how near they must be; bits of those that are taken otherwise."""

_INSIDE = 1e-7
"""From 1 minus this on, a visibility is 1 as far as the solver sees."""


@dataclass(frozen=True, eq=False)
class Robustness:
    """The largest weight v of a behavior in a mixture with noise that is in a set.

    Attributes
    ----------
    value
        v as the solver found it.
    upper_bound
        Exact: for no larger v is the mixture in the set.
    noise
        What it is mixed with, in words.
    where
        The set, in words.
    functional
        It proves the bound: at most b on the set, at least c on the noise, so that v ≤ (b − c)/(f(p) − c). None where
        the behavior itself is in the set, as far as the solver sees.
    certificate
        Of the upper bound; None as before.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.boxes.pr().robustness(rb.bell(), noise="general")
    >>> found
    visibility 0.75, at most 0.75, with no-signaling noise, local
    >>> found.upper_bound, found.functional(rb.boxes.pr()) > found.functional.bound(rb.bell())
    (Fraction(3, 4), True)
    """

    value: float
    upper_bound: ExactNumber
    noise: str
    where: str
    functional: BellFunctional | None
    certificate: Certificate | None

    def _repr_html_(self) -> str:
        return provided("Robustness._repr_html_")(self)

    def __repr__(self) -> str:
        bound = ceil_text(ceil_float(self.upper_bound), 12)
        return f"visibility {self.value:.9g}, at most {bound}, with {self.noise} noise, {self.where}"


def robustness(behavior: Behavior, where: object, noise: object, subject_to: object = ()) -> Robustness:
    """Return how much noise a behavior stands; see `Behavior.robustness`, and `BehaviorSet.maximum` for conditions."""
    own = _set(where, behavior)
    limits = conditions(own, subject_to)
    exact = behavior if behavior.is_exact else _rounded(own, behavior)
    exact = exact.transposed(own.scenario.outputs, own.scenario.inputs)
    _check_signaling(own, exact)
    mixed, noise_name = _noise(noise, exact, own)
    value, form = _solved(own, exact, mixed, limits)
    if form is None:
        return Robustness(value, Fraction(1), noise_name, own.name, None, None)
    best: tuple[ExactNumber, BellFunctional, dict[str, Any]] | None = None
    for candidate in _candidates(form):
        table = own.reduced[0].lift(np.array([Fraction(0), *candidate], dtype=object))
        data = _data(own, exact, mixed, table, limits)
        try:
            bound = proven(data)
        except Refused as refusal:
            if "does not tell" in str(refusal):
                continue
            raise refused(refusal) from None
        if best is None or bound < best[0]:
            functional = BellFunctional(table, exact.outputs, exact.inputs, parties=exact.parties)
            best = bound, functional, data
        if float(best[0]) <= value + 1e-8:
            break
    if best is None:
        raise SolverError(
            f"no functional was found that tells the behavior from the {own.name} set: the visibility {value:.9g} is "
            "not proved. Round the behavior: p.rounded()."
        )
    value = min(value, float(best[0]))
    return Robustness(value, best[0], noise_name, own.name, best[1], Certificate(claimed(best[2], best[0])))


def _set(where: object, behavior: Behavior) -> BehaviorSet:
    if isinstance(where, CausalModel):
        if separate(where) is None or where.dependent_inputs or not same_variables(where, behavior):
            raise UnsupportedModelError(
                f"robustness against {where.name}: expected a Bell scenario of {behavior.scenario} without relaxed "
                "edges, or a quantum or no-signaling set. Use critical_visibility(model, p) for white noise."
            )
        where = LocalSet(behavior.transposed(where.outputs, where.inputs).scenario)
    if not isinstance(where, BehaviorSet):
        raise BehaviorError(
            f"found {a_kind(where)}, expected bell(…), quantum_set(p, level) or nonsignaling_set(p). Give one of them."
        )
    if not same_variables(where.scenario, behavior) or dict(where.scenario.cardinality) != behavior.cardinality:
        raise BehaviorError(
            f"the behavior is of {behavior.scenario}, the {where.name} set of {where.scenario}. Make it of p.scenario."
        )
    return where


def _rounded(own: BehaviorSet, behavior: Behavior) -> Behavior:
    return behavior.rounded() if own.graph is None else behavior.rounded(own.graph.model)


def _check_signaling(own: BehaviorSet, behavior: Behavior) -> None:
    """Raise SignalingError where a behavior is none of the scenario, or of the graph."""
    if own.graph is None:
        behavior.check_nonsignaling()
    else:
        model = own.graph.model
        model.coordinates.check(behavior.table, (model.outputs, model.inputs), 0.0, model.name)


def _noise(noise: object, behavior: Behavior, own: BehaviorSet) -> tuple[Noise, str]:
    if isinstance(noise, Behavior):
        if not same_variables(noise, behavior) or noise.cardinality != behavior.cardinality:
            raise BehaviorError(
                f"the noise is of {noise.scenario}, the behavior of {behavior.scenario}, expected the same. Use rename."
            )
        exact = (noise if noise.is_exact else _rounded(own, noise)).transposed(behavior.outputs, behavior.inputs)
        _check_signaling(own, exact)
        return exact, "the given"
    if noise == "white":
        return behavior.white_noise(), "white"
    if noise == "local":
        return LocalSet(own.scenario, graph=own.graph), "local"
    if noise == "general":
        return NonsignalingSet(own.scenario, graph=own.graph), "no-signaling"
    raise BehaviorError(f"noise is {noise!r}, expected 'white', 'local', 'general' or a Behavior. Give one of them.")


def _solved(
    own: BehaviorSet, behavior: Behavior, noise: Noise, limits: Sequence[Condition]
) -> tuple[float, Floats | None]:
    """Return the visibility, and coefficients over the coordinates that tell the behavior from the set."""
    import cvxpy as cp

    _, constraints, inside = own.objects
    sums = [(to_floats(c.form) @ inside, float(c.limit), c.equality) for c in limits]
    constraints = [*constraints, *(value == most if equal else value <= most for value, most, equal in sums)]
    weight = cp.Variable()
    coordinates, change = own.reduced
    p, inside = coordinates.project(behavior.p), change @ inside
    vector, more = _scaled(noise, 1 - weight, own)
    equal = weight * p[1:] + vector[1:] == inside[1:]
    problem = cp.Problem(cp.Maximize(weight), [*constraints, *more, equal, weight <= 1, weight >= 0])
    try:
        (solve_conic if isinstance(own, QuantumSet) else solve_linear)(problem, own.name)
    except SolverError as error:
        if problem.status not in ("infeasible", "infeasible_inaccurate"):
            raise
        within, remedy = (" within the conditions", "Loosen them") if limits else ("", "Give other noise")
        raise InfeasibleError(
            f"no mixture of the behavior with this noise is in the {own.name} set{within}, as far as the solver sees. "
            f"{remedy}."
        ) from error
    value = float(problem.value)
    if value >= 1 - _INSIDE:
        return 1.0, None
    found = np.asarray(equal.dual_value)
    away = float(found @ (p[1:] - np.asarray(inside.value)[1:]))
    return value, found if away > 0 else -found


def _scaled(noise: Noise, weight: Expression, own: BehaviorSet) -> tuple[Expression, list[Constraint]]:
    if isinstance(noise, BehaviorSet):
        vector, constraints = noise.scaled(weight)
        return own.reduced[1] @ vector, constraints
    return own.reduced[0].project(noise.p) * weight, []


def _candidates(form: Floats) -> Iterator[list[Fraction]]:
    """Yield rational coefficients near floats: simple ones, if there are, then those with many digits."""
    scaled = form / abs(form).max()
    sizes = sorted({round(float(v), 5) for v in abs(scaled) if v > 1e-4})
    for size in sizes[:8]:
        simple = snapped(scaled / size, _SMALL, _NEAR / size)
        if simple is not None and any(simple):
            yield simple
            break
    yield [Fraction(round(float(v) * 2.0**_BITS), 2**_BITS) for v in scaled]


def _data(
    own: BehaviorSet, behavior: Behavior, noise: Noise, table: Exact, limits: Sequence[Condition]
) -> dict[str, Any]:
    """Return the certificate's data but the claim."""
    bound = limited_proof(own, table, limits) if limits else own.proof_of(table)
    numbers = behavior.table.ravel().tolist()
    given = [] if isinstance(noise, BehaviorSet) else noise.table.ravel().tolist()
    below = noise.proof_of(-table) if isinstance(noise, BehaviorSet) else None
    return own.common([*numbers, *given, *(c.limit for c in limits)]) | {
        "measure": {
            "kind": "visibility",
            "set": own.kind,
            "noise": noise.kind if isinstance(noise, BehaviorSet) else as_texts(given),
            **({"limits": stated(own, limits)} if limits else {}),
        },
        "observed": {"behavior": as_texts(numbers)},
        "proof": {"functional": as_texts(table.ravel().tolist()), "bound": bound, "noise": below},
    }
