"""`quantum_maximum`: the largest relaxation that quantum theory demands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.search import QuantumOptimum
from relaxbell.closed_forms.ceilings import Ceiling, ceiling
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.demands import Demand, most_demanding
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.quantum_classes import QuantumClass, bounded, default_level
from relaxbell.errors import ClosedFormError, MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, ceil_float, floor_float, to_sympy
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline, read_seconds
from relaxbell.measures.measure import Measure, read_measure
from relaxbell.quantum.sets import QuantumSet, scenario_of
from relaxbell.solve.minimization import minimize

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, eq=False)
class QuantumMaximum:
    """The largest least value of a measure over quantum behaviors.

    Attributes
    ----------
    measure
        Of which.
    level
        Of the NPA hierarchy, for the upper bounds of classes; None without a closed form.
    classes
        Of the closed form's terms, the largest upper bound first; none without one.
    behavior
        An exact quantum behavior that demands `lower_bound`; None where none was sought, or none demands more than 0.
    lower_bound
        Rational: what `behavior` demands at least. 0 where there is none.
    demand
        State and measurements in rational numbers behind it, with the measure's least value there; None where it
        comes from Tsirelson's theorem: then `classes` have it.
    ceiling
        The upper bound without a closed form.
    maximum
        The maximum, where it is known exactly; else None.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.quantum_maximum(rb.dependence(rb.measurement_dependence()), starts=2)
    >>> found.status, found.exact
    ('exact', -1/2 + sqrt(2)/2)
    """

    measure: Measure
    level: str | None
    classes: tuple[QuantumClass, ...]
    behavior: Behavior | None = None
    lower_bound: ExactNumber = Fraction(0)
    demand: Demand | None = None
    ceiling: Ceiling | None = None
    maximum: ExactNumber | None = None

    @property
    def upper_bound(self) -> ExactNumber | None:
        """No quantum behavior demands more: rational, above `exact` by rounding; None where no bound is known."""
        if self.classes:
            return max(own.upper_bound for own in self.classes)
        return None if self.ceiling is None else self.ceiling.value

    @property
    def exact(self) -> Expr | None:
        """The maximum as a sympy number, where it is known exactly; else None."""
        return None if self.maximum is None else to_sympy(self.maximum)

    @property
    def lower(self) -> float | None:
        """The largest value that is known from below, in floats: proved, or of a closed form what was seen."""
        proved = [] if self.behavior is None else [floor_float(self.lower_bound)]
        return max([*proved, *(own.lower for own in self.classes if own.lower is not None)], default=None)

    @property
    def status(self) -> str:
        """How the value is known.

        ``exact``: it is attained, and nothing above it is possible; ``interval``: both bounds are proved; ``at least``:
        no upper bound is known; ``at most``: no quantum behavior was sought, or none that demands more than 0 found.
        """
        if self.maximum is not None:
            return "exact"
        if self.behavior is None:
            return "at most"
        return "at least" if self.upper_bound is None else "interval"

    def __repr__(self) -> str:
        lines = [f"largest {self.measure.name} in quantum theory: {self._between()}"]
        level = self.level if self.classes else None
        for own in self.classes:
            at = "" if own.maximum is None or own.lower is None else f", seen {own.lower:.9g}"
            known = "" if own.correlators is None else f", exactly {own.correlators.value}"
            lines.append(f"  {own.count:>3} ×  {own.text}: at most {_text(own.upper_bound)}{known}{at}")
        if self.demand is not None:
            lines.append(f"  from below: {self.demand.realization!r}")
        if self.ceiling is not None:
            lines.append(f"  from above: {self.ceiling.text}")
        return "\n".join([*lines, *([] if level is None else [f"  upper bounds: level {level}"])])

    def _between(self) -> str:
        above, below = self.upper_bound, floor_text(floor_float(self.lower_bound), 12)
        if self.maximum is not None:
            return f"{self.exact} = {floor_text(floor_float(self.maximum), 12)} (exact)"
        if above is None:
            return f"at least {below} (rigorous)"
        return f"at most {_text(above)}" + (f", at least {below}" if self.behavior is not None else "") + " (rigorous)"


def quantum_maximum(
    measure: Measure | ClosedForm,
    *,
    level: int | str | None = None,
    starts: int = 8,
    seed: int = 0,
    dimensions: int | Sequence[int] | None = None,
    seconds: float = 60.0,
    functionals: Sequence[BellFunctional] = (),
) -> QuantumMaximum:
    """Return how much of a relaxation any quantum experiment in its scenario can demand.

    With a closed form the least value of the measure is the maximum of its terms, so its largest value over quantum
    behaviors is the largest of their quantum maxima. Each class of terms is bounded from above by a level of the NPA
    hierarchy, rigorously, or by Tsirelson's theorem, exactly, where it is one of correlators.

    Without one this is a convex maximization. From below, a search goes from functionals of dual solutions to quantum
    behaviors and back; what it finds is made a state and measurements in rational numbers, where the least value is
    computed once more. From above, the least convex function above the values at extreme no-signaling behaviors, term
    by term, or the largest of these values, which may be loose.

    Parameters
    ----------
    measure
        One whose least value is convex in the behavior, or a closed form on no-signaling behaviors.
    level
        As in `quantum_set`; by default 1 and the products of one projector each of two parties.
    starts, seed
        Of the search, for each class of a closed form (see `optimize_quantum`) or at all; 0 starts: none.
    dimensions
        Of the search: local dimension of all parties, or one for each; by default the number of their outcomes.
    seconds
        How long a closed form, then the upper bound, then the search may take, each.
    functionals
        From which the search without a closed form begins, before its own.

    Returns
    -------
    QuantumMaximum
        Both bounds with what proves them, and a `status`.

    Raises
    ------
    ClosedFormError
        If a closed form is given that is not complete, not one of no-signaling behaviors, or has budgets.
    MeasureError
        If there is no measure, or its least value is no convex function of the behavior.
    InfeasibleError
        If quantum theory reaches behaviors that no model reproduces.
    RelaxbellError
        If MoMPy is not installed (extra ``quantum``).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_maximum(rb.influence(rb.bell().relax("X -> B"), "X", "B"), starts=2)
    largest C(X -> B) in quantum theory: -1/2 + sqrt(2)/2 = 0.207106781186 (exact)
        8 ×  (1/4) CHSH - 1/2: at most 0.20710678..., exactly (-1/2 + √2/2), seen 0.207106781
        1 ×  0: at most 0
      upper bounds: level 1+AB

    Mutual information has no closed form:

    >>> rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), starts=4, seconds=20)
    largest I(X,Y:Λ) in quantum theory: at most 0.21124891..., at least 0.0462738... (rigorous)
      from below: Realization: exact behavior of a state and measurements in rational numbers, dimensions 2 × 2
      from above: the convex roof over 24 extreme no-signaling behaviors: 2 classes of terms, NPA 1+AB
    """
    if isinstance(measure, ClosedForm):
        return _by_classes(measure, level, starts, seed, dimensions)
    own, limit = read_measure(measure, "a quantum maximum is of"), read_seconds(seconds, MeasureError)
    try:
        form = closed_form(own, seconds=float("inf") if limit is None else limit)
    except (ClosedFormError, MeasureError):
        form = None
    if form is not None and form.complete and form.region.name == "nonsignaling":
        return _by_classes(form, level, starts, seed, dimensions)
    return _by_search(own, level, starts, seed, dimensions, limit, functionals)


# ------------------------------------------------------------------------ without a closed form


def _by_search(
    measure: Measure,
    level: int | str | None,
    starts: int,
    seed: int,
    dimensions: int | Sequence[int] | None,
    seconds: float | None,
    functionals: Sequence[BellFunctional],
) -> QuantumMaximum:
    scenario = scenario_of(measure.model)
    level = default_level(scenario.outputs) if level is None else level
    with deadline(seconds, measure.name, least=False):
        above = ceiling(measure, scenario, level)
    known = None if above is None else _met(measure, above)
    if known is not None:
        behavior, value = known
        return QuantumMaximum(measure, str(level), (), behavior, Fraction(floor_float(value)), None, above, value)
    candidates: list[QuantumOptimum] = []
    if starts:
        classes = () if above is None else above.classes
        terms = [own.functional for own in classes if own.maximum is not None]
        first = [*functionals, *terms[: (starts + 1) // 2]]
        with deadline(seconds, measure.name, least=False):
            candidates = most_demanding(measure, scenario, dimensions, starts + len(functionals), seed, first)
    some = None if seconds is None else seconds / 2
    exact = [Demand.at(measure, own, seconds=some) for own in candidates]
    found = max(exact, key=lambda own: own.lower_bound, default=None)
    if found is None:
        return QuantumMaximum(measure, str(level), (), ceiling=above)
    return QuantumMaximum(measure, str(level), (), found.realization.behavior, found.lower_bound, found, above)


def _met(measure: Measure, above: Ceiling) -> tuple[Behavior, ExactNumber] | None:
    """Return a known quantum behavior at which a measure attains its upper bound, exactly, or None."""
    if not above.value:
        own = measure.model.scenario
        white = np.full(own.shape, Fraction(1, math.prod(own.shape[: len(own.outputs)])), dtype=object)
        behavior = Behavior(white, own.outputs, own.inputs, parties=own.parties)
        return (behavior, above.value) if minimize(measure, behavior).lower_bound >= 0 else None
    for known in (own.correlators for own in above.classes):
        if known is not None and all(other.is_at_most(known.value) for other in above.classes):
            solution = minimize(measure, known.behavior)
            if solution.exact is not None and as_exact(solution.exact) == known.value:
                return known.behavior, known.value
    return None


# --------------------------------------------------------------------------- with a closed form


def _by_classes(
    form: ClosedForm, level: int | str | None, starts: int, seed: int, dimensions: int | Sequence[int] | None
) -> QuantumMaximum:
    scenario = form.measure.model.scenario
    where = QuantumSet(scenario, level := default_level(scenario.outputs) if level is None else level)
    if not form.complete or form.budgets or form.region.coordinates != where.coordinates:
        raise ClosedFormError(
            f"the largest {form.measure.name} in quantum theory: found one for {form.region.text}, expected "
            "a complete closed form of no-signaling behaviors without budgets. Use closed_form(c, 'nonsignaling').",
            form,
        )
    found = [
        bounded(_form(form, kind.members), len(kind.members), kind.text, where, starts, seed, dimensions)
        for kind in form.classes
    ]
    found.sort(key=lambda own: -float(own.upper_bound))
    behavior, below, demand = _attained(form, found)
    known = [own.correlators.value for own in found if own.correlators is not None]
    known += [own.upper_bound for own in found if own.maximum is None]
    exact = next((value for value in known if all(own.is_at_most(value) for own in found)), None)
    return QuantumMaximum(form.measure, str(level), tuple(found), behavior, below, demand, maximum=exact)


def _form(form: ClosedForm, members: Sequence[int]) -> Exact:
    return np.array(form.terms[members[0]].form, dtype=object)


def _attained(form: ClosedForm, classes: Sequence[QuantumClass]) -> tuple[Behavior | None, ExactNumber, Demand | None]:
    """Return an exact quantum behavior, what the classes demand there, and its realization if it has one."""
    best: tuple[Behavior | None, ExactNumber, Demand | None] = (None, Fraction(0), None)
    for own in classes:
        if own.correlators is not None and own.correlators.value > best[1]:
            best = (own.correlators.behavior, Fraction(floor_float(own.correlators.value)), None)
    for own in classes:
        if own.correlators is None and own.seen is not None and own.seen.value > float(best[1]):
            found = Demand.at(form.measure, own.seen)
            if found.lower_bound > best[1]:
                best = (found.realization.behavior, found.lower_bound, found)
    return best


def _text(number: ExactNumber) -> str:
    return ceil_text(ceil_float(number), 12) if number else "0"
