"""`critical_visibility`: how much noise makes a behavior one of a model."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.causal.separate import check_choices, separate
from relaxbell.causal.size import check_memory, program_memory
from relaxbell.curves.parameters import Parameter
from relaxbell.curves.paths import Path, read_path
from relaxbell.engines import LinearEngine
from relaxbell.engines.linear.family import EndBeyond, exact_line, family_along
from relaxbell.engines.linear.merged import Merged
from relaxbell.engines.linear.noise import least_noise
from relaxbell.engines.linear.visibility import local_visibility
from relaxbell.errors import BehaviorError, SolverError, UnsupportedModelError
from relaxbell.exact.numbers import ExactNumber, ceil_float, floor_float
from relaxbell.exact.texts import a_kind, ceil_text
from relaxbell.lp.clock import TimeLimitError, UpperBound, deadline, time_is_over
from relaxbell.lp.highs import SIFTING_FROM
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.terms import ZERO
from relaxbell.solve.lines import along_line, as_tuple

_LISTED = 7
"""Up to so many strategies (log2) they are listed."""

_AGAIN = 14
"""Up to so many (log2) they are listed where the exact visibility was not found without."""

_ROWS, _COLUMNS = 2000, 4
"""So many rows are no question of memory; columns for each that are generated."""

_GAP = Fraction(1, 10**9)
"""By how much the bounds of a visibility may differ."""


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


def critical_visibility(
    model: CausalModel,
    observed: Behavior,
    subject_to: object = (),
    *,
    noise: Behavior | None = None,
    seconds: float | None = None,
) -> ExactNumber | Visibility:
    """Return the largest v for which v · observed + (1 − v) · noise is reproduced by a model within constraints.

    Parameters
    ----------
    model
        The model.
    observed
        A behavior that the model reproduces up to some visibility.
    subject_to
        Budgets and affine constraints on the model, as in `minimize`.
    noise
        White noise by default.
    seconds
        Time limit, kept within a second or a fifth, whichever is more; None for none.

    Returns
    -------
    ExactNumber or Visibility
        Exact; 1 if the behavior itself is reproduced. For floats, exact for the exact behavior that they are read as.
        For Bell scenarios with many settings, where the exact number was not found, a float that is rounded down, with
        exact bounds from both sides that differ by 1e-9 at most.

    Raises
    ------
    InfeasibleError
        If not even the noise is reproduced.
    BehaviorError, MeasureError
        If one of the arguments is something else, or they do not fit together.
    UnsupportedModelError
        For several independent sources.
    ModelTooLargeError
        If the strategies do not fit in memory, of a model with relaxed edges or with constraints.
    SolverError
        If no visibility is found.
    TimeLimitError
        If the time is over. Its `partial` is an exact `UpperBound` of the visibility, where a larger one is excluded.

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

    The singlet with 12 directions in a plane, 2^24 strategies:

    >>> import numpy as np
    >>> angles = np.pi * (np.arange(12)[:, None] - np.arange(12) - 0.5) / 12
    >>> signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    >>> float(rb.critical_visibility(rb.bell((12, 12)), rb.Behavior((1 - signs * np.cos(angles)) / 4)))
    0.7132...
    """
    check_model(model, "a critical visibility")
    for p in (observed, *(() if noise is None else (noise,))):
        if not isinstance(p, Behavior):
            raise BehaviorError(f"found {a_kind(p)}, expected a Behavior, such as counts.fit().behavior.")
    if len(model.latents) > 1:
        raise UnsupportedModelError(
            f"a critical visibility of {model.name}: what independent sources reproduce is not convex, so the "
            "visibilities may not be an interval. Use sweep(nonbilocality(model), {v: p.visibility(v) for v in …}), or "
            "model.shared() for a common source."
        )
    start = observed.white_noise() if noise is None else noise
    name = "critical visibility"
    with deadline(seconds, name):
        path = read_path(model, start, observed, Parameter(), None)
        local = _generated(model, path) if not as_tuple(subject_to) else None
        if local is not None:
            return local
        if (found := _from_noise(model, path, as_tuple(subject_to))) is not None:
            return found
        with along_line():
            family = family_along(LinearEngine(LinearMeasure(model, "0", term=ZERO)), path, as_tuple(subject_to))
            family.feasible_end(family.low, 1)
        try:
            return family.feasible_end(family.high, -1).t
        except TimeLimitError as late:
            if not isinstance(late.partial, EndBeyond) or late.partial.t == family.high:
                raise time_is_over() from late
            known = UpperBound(name, late.partial.t)
            raise TimeLimitError(f"{time_is_over()} It is at most {known.upper_bound} (exact).", known) from late


def _from_noise(model: CausalModel, path: Path, subject_to: tuple[object, ...]) -> ExactNumber | None:
    """Return the visibility as the least noise of one program; None where that is not found at once."""
    if model.strategies.count > SIFTING_FROM:
        return None
    behavior, _ = exact_line(model, path)
    try:
        return least_noise(model, model.equations(behavior(path.high)), model.equations(behavior(path.low)), subject_to)
    except TimeLimitError:
        return None


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
