"""`critical_visibility`: how much noise makes a behavior one of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, overload

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import BehaviorFamily
from relaxbell.causal.equations import FLOAT_GRID
from relaxbell.causal.model import CausalModel
from relaxbell.causal.separate import check_choices, separate
from relaxbell.causal.size import check_memory, program_memory
from relaxbell.curves.curve import Value
from relaxbell.curves.families import read_family
from relaxbell.curves.parameters import Parameter
from relaxbell.curves.paths import Path, read_path
from relaxbell.engines import LinearEngine
from relaxbell.engines.early import violated_by
from relaxbell.engines.information.engine import InformationEngine
from relaxbell.engines.information.within import checked_bits
from relaxbell.engines.linear.family import EndBeyond, exact_line, family_along
from relaxbell.engines.linear.merged import Merged
from relaxbell.engines.linear.noise import least_noise
from relaxbell.engines.linear.program import without_information
from relaxbell.engines.linear.visibility import local_visibility
from relaxbell.errors import BehaviorError, InfeasibleError, MeasureError, SolverError, UnsupportedModelError
from relaxbell.exact.numbers import ExactNumber, ceil_float, floor_float
from relaxbell.exact.texts import a_kind, ceil_text
from relaxbell.lp.clock import Enclosure, TimeLimitError, UpperBound, deadline, time_is_over
from relaxbell.lp.highs import SIFTING_FROM
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.terms import ZERO
from relaxbell.quantum.base import BehaviorSet
from relaxbell.quantum.robustness import Robustness, robustness
from relaxbell.solve.lines import along_line, as_tuple, curve_along

_LISTED = 7
"""Up to so many strategies (log2) they are listed."""

_AGAIN = 14
"""Up to so many (log2) they are listed where the exact visibility was not found without."""

_ROWS, _COLUMNS = 2000, 4
"""So many rows are no question of memory; columns for each that are generated."""

_GRID = 2**44
_GAP = Fraction(1, 10**9)
"""By how much the bounds of a visibility may differ."""

_NAME = "critical visibility"


class Visibility(float):
    """A critical visibility that was not found exactly: a float that is rounded down, with exact bounds.

    Attributes
    ----------
    lower_bound
        Exact: the model reproduces the behavior at this visibility.
    upper_bound
        Exact: it does at no larger one.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> found = rb.classes.Visibility(Fraction(1, 2), Fraction(1, 2) + Fraction(1, 2**30))
    >>> found, found.upper_bound
    (0.5 (at most 0.500000000932), Fraction(536870913, 1073741824))
    """

    lower_bound: ExactNumber
    upper_bound: ExactNumber

    def __new__(cls, lower_bound: ExactNumber, upper_bound: ExactNumber) -> Visibility:
        """Return the lower bound as a float, rounded down, with both bounds."""
        found = super().__new__(cls, floor_float(lower_bound))
        found.lower_bound, found.upper_bound = lower_bound, upper_bound
        return found

    def __reduce__(self) -> tuple[type[Visibility], tuple[ExactNumber, ExactNumber]]:
        return Visibility, (self.lower_bound, self.upper_bound)

    def __repr__(self) -> str:
        return f"{float(self)!r} (at most {ceil_text(ceil_float(self.upper_bound), 12)})"


@overload
def critical_visibility(
    model: BehaviorSet,
    observed: Behavior,
    subject_to: object = (),
    *,
    noise: Behavior | str | None = None,
    seconds: float | None = None,
) -> Robustness: ...
@overload
def critical_visibility(
    model: CausalModel,
    observed: Behavior,
    subject_to: object = (),
    *,
    noise: Behavior | None = None,
    seconds: float | None = None,
) -> ExactNumber | Visibility: ...
@overload
def critical_visibility(
    model: CausalModel,
    observed: BehaviorFamily | Callable[[Any], object] | Mapping[object, object],
    subject_to: object = (),
    *,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: float | None = None,
) -> Value: ...
def critical_visibility(
    model: CausalModel | BehaviorSet,
    observed: Behavior | BehaviorFamily | Callable[[Any], object] | Mapping[object, object],
    subject_to: object = (),
    *,
    noise: Behavior | str | None = None,
    over: tuple[object, object] | None = None,
    degree: int | None = None,
    seconds: float | None = None,
) -> Value | Visibility | Robustness:
    """Return the largest v for which v · observed + (1 − v) · noise is reproduced by a model within constraints.

    Or the largest parameter for which a member of a family is, such as the critical efficiency of detectors.

    Parameters
    ----------
    model
        The model, or a set of behaviors, `quantum_set` or `nonsignaling_set`, also of a graph.
    observed
        A behavior that the model reproduces up to some visibility. Or a family that is a polynomial in its parameter,
        as for `curve`: what `Behavior.with_losses` makes for a symbol, a function, or a mapping. Of a behavior with
        losses the noise is mixed after them, over lost outcomes too; for noise before, ``p.mix(noise, v)`` first.
    subject_to
        Budgets and affine constraints on the model, as in `minimize`; with a set of behaviors what `maximum` of the set
        takes: `Observed` values and affine constraints on its `p`, of the mixture, and with a graph budgets of queries.
    noise
        White noise by default; none for a family. With a set of behaviors also ``"local"`` or ``"general"``: the best
        noise of that kind, see `Behavior.robustness`.
    over, degree
        Of a family: ends of a function's parameter, (0, 1) by default, and the degree, as for `curve`.
    seconds
        Time limit, kept within a second or a fifth, whichever is more; None for none.

    Returns
    -------
    ExactNumber, sympy number, Visibility or Robustness
        Exact; of a family an algebraic number where it is no a + b√n. 1 if the behavior itself is reproduced. For
        floats, exact for the exact behavior that they are read as. For Bell scenarios with many settings, where the
        exact number was not found, a float that is rounded down, with exact bounds from both sides that differ by 1e-9
        at most. Within a budget in bits too: the upper bound is rigorous, and at the lower one the model found is
        within the budget to the solver's accuracy. With a set of behaviors a `Robustness`: the solver's number and an
        exact upper bound with its certificate.

    Raises
    ------
    InfeasibleError
        If not even the noise is reproduced.
    BehaviorError, MeasureError
        If one of the arguments is something else, they do not fit together, or the noise is the behavior itself.
    UnsupportedModelError
        For several independent sources.
    ModelTooLargeError
        If the strategies do not fit in memory, of a model with relaxed edges or with constraints.
    SolverError
        If no visibility is found.
    TimeLimitError
        If the time is over. Its `partial` is rigorous and exact: an `Enclosure` of the visibility, as soon as some
        visibility is known to be reproduced (0 counts, where the noise is), before that an `UpperBound`. The upper
        bound is 1 where nothing excludes a visibility yet; in a Bell scenario the best CHSH inequality does at once.

    Notes
    -----
    For Bell scenarios without constraints no strategy is listed: 31 settings of each party, 2^62 strategies, take
    seconds where the behavior has symmetries. They are found from the data, for floats among numbers that differ by
    1e-13 at most, which are read as their mean. Nothing rests on them but how exact the result is.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.critical_visibility(rb.bell(), rb.boxes.pr()), rb.critical_visibility(rb.bell(), rb.boxes.tsirelson())
    (Fraction(1, 2), √2/2)
    >>> model = rb.input_signaling()
    >>> rb.critical_visibility(model, rb.boxes.pr(), subject_to=[rb.influence(model, "X", "B") <= 0.25])
    Fraction(3, 4)

    With a set of behaviors, also of a graph (here one in which no classical model is wanted):

    >>> found = rb.critical_visibility(rb.nonsignaling_set(rb.boxes.pr()), rb.boxes.pr())
    >>> found.upper_bound
    Fraction(1, 1)

    Critical efficiencies of detectors, with no click as a further outcome, and assigned to the outcome 0:

    >>> from sympy import Symbol
    >>> eta, box = Symbol("eta"), rb.boxes.tsirelson()
    >>> rb.critical_visibility(rb.bell((2, 2), (3, 3)), box.with_losses(eta))
    (-2 + 2√2)
    >>> rb.critical_visibility(rb.bell(), lambda eta: box.with_losses({"A": eta}, assign=0))
    √2/2

    The singlet with 12 directions in a plane, 2^24 strategies:

    >>> import numpy as np
    >>> angles = np.pi * (np.arange(12)[:, None] - np.arange(12) - 0.5) / 12
    >>> signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    >>> float(rb.critical_visibility(rb.bell((12, 12)), rb.Behavior((1 - signs * np.cos(angles)) / 4)))
    0.7132...
    """
    constraints = as_tuple(subject_to)
    if isinstance(model, BehaviorSet):
        if over is not None or degree is not None or not isinstance(observed, Behavior):
            raise MeasureError(
                f"a critical visibility of the {model.name} set: found a family, expected a Behavior: bounds are "
                "proved along the line to noise. Give noise=…, or a causal model in the place of the set."
            )
        with deadline(seconds, "the critical visibility", least=False):
            return robustness(observed, model, "white" if noise is None else noise, constraints)
    check_model(model, "a critical visibility")
    if isinstance(noise, str):
        raise BehaviorError(
            f"noise={noise!r} with a causal model: expected a Behavior; kinds of noise are of sets of behaviors and of "
            "p.robustness(model, noise=…). Use one of them."
        )
    if isinstance(observed, BehaviorFamily | Mapping) or callable(observed):
        return _of_family(model, observed, constraints, noise, over, degree, seconds)
    if over is not None or degree is not None:
        raise MeasureError(
            f"over={over!r} and degree={degree!r} belong to a family, found {a_kind(observed)}. Leave them out, or "
            "give a function of the parameter."
        )
    for p in (observed, *(() if noise is None else (noise,))):
        if not isinstance(p, Behavior):
            raise BehaviorError(f"found {a_kind(p)}, expected a Behavior, such as counts.fit().behavior.")
    if not model.has_free_strategies:
        raise UnsupportedModelError(
            f"a critical visibility of {model.name}: what independent sources reproduce is not convex, so the "
            "visibilities may not be an interval. Use curve(nonbilocality(model), p.white_noise(), p).crossing(0), "
            "where non-bilocality begins along this line; noise of each source is a family, "
            "curve(nonbilocality(model), lambda v: …), such as boxes.entanglement_swapping(v). That of a common source "
            "is critical_visibility(model.shared(), p)."
        )
    start = observed.white_noise() if noise is None else noise
    _check_different(model, start, observed, noise is None)
    nothing = LinearMeasure(model, "0", term=ZERO)
    with deadline(seconds, "the critical visibility", least=False):
        known = _Known(model, start, observed)
        random = all(set(model.parents(output)) & set(model.latents) for output in model.outputs)
        if noise is None and random and not constraints:
            known.lower = Fraction(0)  # independent answers at random are white noise
        try:
            path = read_path(model, start, observed, Parameter(), None)
            local = _generated(model, path) if not constraints else None
            if local is not None:
                return local
            bits, others = without_information(constraints)
            if bits:
                return _within_bits(checked_bits(nothing, bits), path, tuple(others))
            if (found := _from_noise(model, path, constraints)) is not None:
                return found
            with along_line():
                family = family_along(LinearEngine(nothing), path, constraints)
                known.lower = family.feasible_end(family.low, 1).t
            return family.feasible_end(family.high, -1).t
        except TimeLimitError as late:
            raise known.late(late) from late


def _check_different(model: CausalModel, noise: Behavior, observed: Behavior, white: bool) -> None:
    """Raise BehaviorError where every visibility gives the same behavior."""
    one, other = model.match(noise), model.match(observed)
    if not (one.table == other.table).all():
        return
    found = "the behavior is white noise" if white else "the noise is the behavior itself"
    remedy = "Give another noise=…" if white else "Give noise that differs from the behavior, or leave it out for white"
    raise BehaviorError(
        f"a critical visibility of {model.name}: {found}, expected two different behaviors: v · observed + (1 − v) · "
        f"noise is the same for every v. {remedy}{'' if white else ' noise'}."
    )


@dataclass
class _Known:
    """What is known of a critical visibility when the time is over.

    Attributes
    ----------
    model, noise, observed
        Of what.
    lower
        A visibility that the model reproduces; None while not even noise is known to be.
    """

    model: CausalModel
    noise: Behavior
    observed: Behavior
    lower: ExactNumber | None = None

    def late(self, late: TimeLimitError) -> TimeLimitError:
        """Return the error with exact bounds: from both sides, or that from above."""
        lower, upper, partial = self.lower, self._excluded(), late.partial
        if isinstance(partial, EndBeyond) and self.lower is not None:
            upper = min(upper, partial.t)
        elif isinstance(partial, Enclosure):
            lower, upper = partial.lower_bound, min(upper, partial.upper_bound)
        elif isinstance(partial, UpperBound):
            upper = min(upper, partial.upper_bound)
        known = UpperBound(_NAME, upper) if lower is None else Enclosure(_NAME, lower, upper)
        return TimeLimitError(f"{time_is_over()} {known.text}", known)

    def _excluded(self) -> ExactNumber:
        """Return the visibility beyond which an inequality is violated that holds of local behaviors; 1 without one."""
        model, top = self.model, Fraction(1)
        k, inputs = len(model.outputs), model.inputs
        if separate(model) is None:
            return top
        own = [[x for x in model.parents(output) if x in inputs] for output in model.outputs]
        parties = [(i, k + inputs.index(read[0])) for i, read in enumerate(own) if len(read) == 1]
        observed, noise = model.match(self.observed), model.match(self.noise)
        found = violated_by(observed, parties, np.full(observed.p.shape[k:], True))
        if found is None:
            return top
        places = np.nonzero(found.most.table)
        weights = [Fraction(v) for v in found.most.table[places].tolist()]
        ends = []
        for p in (noise, observed):
            exact = p if p.is_exact else p.rounded(model, denominator=FLOAT_GRID)
            ends.append(sum((w * v for w, v in zip(weights, exact.table[places], strict=True)), Fraction(0)))
        low, high = ends
        return min(top, -low / (high - low)) if low <= 0 < high else top


def _within_bits(
    bits: tuple[InformationBudget, ...], path: Path, subject_to: tuple[object, ...]
) -> ExactNumber | Visibility:
    """Return the largest parameter at which the least information, which is convex in it, is within a budget.

    Tangents prove that none beyond their crossing is; these crossings fall to the visibility, quadratically.
    """
    budget = min(bits, key=lambda own: float(own.limit))
    limit = budget.limit
    if not isinstance(limit, Fraction):
        raise MeasureError(f"the budget {budget} is irrational, expected a rational one for a critical visibility.")
    with along_line():
        family = family_along(InformationEngine(budget.measure), path, subject_to)
        start = family.feasible_end(family.low, 1)
        if start.proof.bound.bound > limit:
            raise InfeasibleError(
                f"not even the noise is reproduced within {budget}: it takes at least {start.proof.bound.value:.9g} "
                "bit. Raise the budget."
            )
        end = family.feasible_end(family.high, -1)
        while True:
            if end.proof.bound.bound <= limit:
                break
            crossing = (limit - end.tangent.intercept) / end.tangent.slope
            rounded = Fraction(-(-(crossing * _GRID) // 1), _GRID) if isinstance(crossing, Fraction) else crossing
            if not rounded < end.t:
                break
            step, end = end.t - rounded, family.solve(rounded)
            if step < Fraction(1, 10**10):
                break
        if end.t == family.high and end.value <= limit:
            return end.t
        # no model is known at the crossing itself: one nearby is within the budget, as far as a solver knows
        low = end.t - _GAP
        if family.solve(low).value > limit:
            raise SolverError(f"no visibility within {budget} was found to 1e-9. Round the behavior: p.rounded(model).")
        return Visibility(low, end.t)


def _from_noise(model: CausalModel, path: Path, subject_to: tuple[object, ...]) -> ExactNumber | None:
    """Return the visibility as the least noise of one program; None where that is not found at once."""
    if model.strategies.count > SIFTING_FROM:
        return None
    behavior, _ = exact_line(model, path)
    try:
        return least_noise(model, model.equations(behavior(path.high)), model.equations(behavior(path.low)), subject_to)
    except TimeLimitError:
        return None


def _of_family(
    model: CausalModel,
    observed: Any,
    constraints: tuple[object, ...],
    noise: object,
    over: Any,
    degree: int | None,
    seconds: float | None,
) -> Value:
    """Return the largest parameter at which a member of a family is reproduced."""
    if noise is not None:
        raise BehaviorError(
            "a family has its noise in itself: found noise=… beside it, expected none. Write v p + (1 - v) noise as a "
            "function of v."
        )
    if not model.has_free_strategies:
        raise UnsupportedModelError(
            f"a critical parameter of {model.name}: what independent sources reproduce is not convex. Use "
            "curve(nonbilocality(model), …), or model.shared() for a common source."
        )
    own = LinearEngine(LinearMeasure(model, "0", term=ZERO))
    with deadline(seconds, "critical parameter"), along_line():
        path = read_family(model, observed, None, Parameter(), over, degree)
        return curve_along(own, path, constraints).domain[1]


def _generated(model: CausalModel, path: Path) -> ExactNumber | Visibility | None:
    """Return the visibility in a Bell scenario without listing strategies; None where they are to be listed."""
    parties = separate(model)
    size = 0.0 if parties is None else sum(parties.strategies)
    if parties is None or parties.unread or size <= _LISTED:
        return None
    check_choices(parties.shape, lambda: f"a critical visibility of {model.name}")
    ends = [model.match(p) for p in (path.start, path.end) if isinstance(p, Behavior)]
    for p in ends:
        model.coordinates.check(p.table, (model.outputs, model.inputs), p.tolerance, model.name)
    behavior, _ = exact_line(model, path)
    noise, observed = (parties.functional(behavior(t).table) for t in (path.low, path.high))
    floats = None if ends[1].is_exact else parties.functional(ends[1].p)
    merged = Merged.of(observed, noise, floats)
    rows = len(merged.rows)
    if rows > _ROWS:
        check_memory(f"a critical visibility with {rows:,} rows", program_memory(rows, _COLUMNS * rows * rows, 0))
    found = local_visibility(merged)
    if found is not None and found.lower == found.upper:
        return found.lower
    if size <= _AGAIN:
        return None
    if found is None or found.upper - found.lower > _GAP:
        raise SolverError(
            f"no critical visibility of {model.name} was found within 1e-9: the noise is irrational, or on the border "
            "of what the model reproduces. Use white noise, or round both behaviors: p.rounded(model)."
        )
    return Visibility(found.lower, found.upper)
