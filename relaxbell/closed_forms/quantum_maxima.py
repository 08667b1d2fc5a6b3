"""`quantum_maximum`: the largest relaxation that quantum theory demands, class by class of a closed form."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.search import QuantumOptimum, optimize_quantum
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.errors import ClosedFormError
from relaxbell.exact.numbers import ExactNumber, ceil_float
from relaxbell.exact.texts import ceil_text
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import Measure
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.sets import QuantumSet


@dataclass(frozen=True, eq=False)
class QuantumClass:
    """One class of the terms of a closed form: its largest quantum value.

    Attributes
    ----------
    text
        The class as a formula.
    count
        How many terms are in it.
    functional
        The first of them.
    upper_bound
        Exact: no quantum behavior has more.
    maximum
        The bound with its certificate; None for a constant, which needs none.
    seen
        The best quantum behavior that a search found, in floats; None for a constant, or without search.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    >>> [own.count for own in rb.quantum_maximum(c, starts=2).classes]
    [8, 1]
    """

    text: str
    count: int
    functional: BellFunctional
    upper_bound: ExactNumber
    maximum: SetMaximum | None
    seen: QuantumOptimum | None

    @property
    def lower(self) -> float | None:
        """The value of what was seen; of a constant, itself."""
        return float(self.upper_bound) if self.maximum is None else None if self.seen is None else self.seen.value


@dataclass(frozen=True, eq=False)
class QuantumMaximum:
    """The largest least value of a measure over quantum behaviors.

    Attributes
    ----------
    measure
        Of which.
    level
        Of the NPA hierarchy, for the upper bounds.
    classes
        Of the closed form's terms, the largest upper bound first.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.quantum_maximum(rb.dependence(rb.measurement_dependence()), starts=2)
    >>> bool(found.lower <= found.upper_bound < found.lower + 1e-8)
    True
    """

    measure: Measure
    level: str
    classes: tuple[QuantumClass, ...]

    @property
    def upper_bound(self) -> ExactNumber:
        """Exact: no quantum behavior demands more."""
        return max(own.upper_bound for own in self.classes)

    @property
    def lower(self) -> float | None:
        """The largest value that was seen, in floats: an explicit quantum behavior demands about so much."""
        return max((own.lower for own in self.classes if own.lower is not None), default=None)

    def __repr__(self) -> str:
        seen = "" if self.lower is None else f", {self.lower:.9g} seen"
        lines = [f"largest {self.measure.name} in quantum theory: at most {_text(self.upper_bound)} (rigorous){seen}"]
        for own in self.classes:
            at = "" if own.maximum is None or own.lower is None else f", seen {own.lower:.9g}"
            lines.append(f"  {own.count:>3} ×  {own.text}: at most {_text(own.upper_bound)}{at}")
        return "\n".join([*lines, f"  upper bounds: level {self.level}"])


def quantum_maximum(
    measure: Measure | ClosedForm, *, level: int | str | None = None, starts: int = 8, seed: int = 0
) -> QuantumMaximum:
    """Return how much of a relaxation any quantum experiment in its scenario can demand.

    The least value of the measure is the maximum of the terms of its closed form, so its largest value over quantum
    behaviors is the largest of their quantum maxima. Each class of terms is bounded from above by a level of the NPA
    hierarchy, rigorously, and from below by a search, which is only what was seen.

    Parameters
    ----------
    measure
        One with a closed form on no-signaling behaviors, or that closed form.
    level
        As in `quantum_set`; by default 1 and the products of one projector each of two parties.
    starts, seed
        Of the search for each class, see `optimize_quantum`; 0 starts: none.

    Returns
    -------
    QuantumMaximum
        Bounds with certificates, class by class.

    Raises
    ------
    ClosedFormError
        If there is no complete closed form on no-signaling behaviors, or it has budgets.
    RelaxbellError
        If MoMPy is not installed (extra ``quantum``).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.quantum_maximum(rb.influence(rb.bell().relax("X -> B"), "X", "B"), starts=2)
    largest C(X -> B) in quantum theory: at most 0.20710678... (rigorous), 0.207106781 seen
        8 ×  (1/4) CHSH - 1/2: at most 0.20710678..., seen 0.207106781
        1 ×  0: at most 0
      upper bounds: level 1+AB
    """
    form = measure if isinstance(measure, ClosedForm) else closed_form(measure)
    scenario = form.measure.model.scenario
    where = QuantumSet(scenario, level := _default(scenario.outputs) if level is None else level)
    if not form.complete or form.budgets or form.region.coordinates != where.coordinates:
        raise ClosedFormError(
            f"the largest {form.measure.name} in quantum theory: found one for {form.region.text}, expected "
            "a complete closed form of no-signaling behaviors without budgets. Use closed_form(c, 'nonsignaling').",
            form,
        )
    found = [_bounded(form, kind.members, kind.text, where, starts, seed) for kind in form.classes]
    return QuantumMaximum(form.measure, str(level), tuple(sorted(found, key=lambda own: -float(own.upper_bound))))


def _bounded(
    form: ClosedForm, members: Sequence[int], text: str, where: QuantumSet, starts: int, seed: int
) -> QuantumClass:
    own: Scenario = where.scenario
    term = np.array(form.terms[members[0]].form, dtype=object)
    table = where.coordinates.lift(np.array([0 * term[0], *term[1:]], dtype=object))
    f = BellFunctional(table, own.outputs, own.inputs, constant=term[0], parties=own.parties)
    if not any(term[1:]):
        return QuantumClass(text, len(members), f, term[0], None, None)
    maximum = where.maximum(f)
    seen = optimize_quantum(f, starts=starts, seed=seed, progress=False) if starts else None
    return QuantumClass(text, len(members), f, maximum.upper_bound, maximum, seen)


def _default(outputs: Sequence[str]) -> str:
    space = "" if all(len(name) == 1 for name in outputs) else " "
    return "+".join(["1", *(space.join(pair) for pair in itertools.combinations(outputs, 2))])


def _text(number: ExactNumber) -> str:
    return ceil_text(ceil_float(number), 12) if number else "0"
