"""The steps of a report on effects: each query's bounds and formula, and the test of the graph."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from relaxbell.behavior.counts import Counts
from relaxbell.behavior.radius import chance, chance_of_sums
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate
from relaxbell.closed_forms.both_ends import ClosedBounds
from relaxbell.closed_forms.inequalities import Inequalities
from relaxbell.closed_forms.quotients import ClosedRatio, closed_bounds
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.errors import InfeasibleError, RelaxbellError
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline
from relaxbell.measures.distances import largest_distance
from relaxbell.measures.measure import Measure
from relaxbell.measures.queries import query
from relaxbell.solve.minimization import bounds, minimize

_MOST_FACETS = 10_000
"""Inequalities that are tested one by one."""

_LEAST = 1e-9
"""Distances below are rounding."""

_LONG = 1e6
"""Seconds for what has to have a limit, where none was given."""


@dataclass(frozen=True, eq=False)
class EffectRow:
    """One query.

    Attributes
    ----------
    name
        As it was asked.
    measure
        The query of the model; None where the text is refused.
    estimate
        Both ends at the frequencies; None where `problem` says why not.
    problem
        Empty, or the message of the error.
    sure
        Both ends over all p that are as near to the frequencies as the confidence demands; None where `unproved` says
        why not.
    unproved
        Empty, or the message of the error.
    formula
        Both ends for every p; None where `no_formula` says why not.
    no_formula
        Empty, or the message of the error.
    """

    name: str
    measure: Measure | None
    estimate: Bounds[Solution] | None
    problem: str = ""
    sure: Bounds[Solution] | None = field(default=None, kw_only=True)
    unproved: str = field(default="", kw_only=True)
    formula: ClosedBounds | ClosedRatio | None = field(default=None, kw_only=True)
    no_formula: str = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False)
class GraphTest:
    """Whether the counts can come from the graph.

    Attributes
    ----------
    compatible
        Whether a model of the graph has the frequencies as they are.
    inequalities
        What every model of the graph satisfies beyond positivity, as classes: text and number; empty where not found.
    largest
        The inequality that the frequencies violate most, its value there and its bound; empty where none.
    p_value
        At most this likely are frequencies that are so far from the graph, if it is right; 1 for compatible ones. None
        where `problem` says why.
    method
        How the p-value is found.
    distance
        The least distance in total variation between the frequencies and a model; None where there is none.
    problem
        Empty, or the message of an error.
    refutation
        The certificate that no model has the frequencies; None where one has them.
    """

    compatible: bool | None
    inequalities: tuple[tuple[str, int], ...] = ()
    largest: str = ""
    p_value: float | None = None
    method: str = ""
    distance: Solution | None = None
    problem: str = ""
    refutation: Certificate | None = None


class Work:
    """What the rows share: frequencies, the distance that the confidence allows, a time limit for each step."""

    def __init__(
        self, counts: Counts, model: CausalModel, limits: tuple[object, ...], confidence: float, seconds: float | None
    ) -> None:
        self.counts, self.model, self.limits, self.seconds = counts, model, limits, seconds
        self.frequencies = counts.frequencies
        self.trials = [int(n) for n in counts.settings.ravel()]
        self.outcomes = math.prod(counts.cardinality[name] for name in counts.outputs)
        self.radius: float | None = None
        self.near: tuple[object, ...] = ()
        self.unproved = ""
        try:
            self.radius = counts.confidence_radius(confidence)
            self.near = (largest_distance(model) <= self.radius,)
        except RelaxbellError as error:
            self.unproved = str(error)

    def row(self, text: str) -> EffectRow:
        """Return what is found of one query; what fails says so."""
        try:
            own = query(self.model, text)
        except RelaxbellError as error:
            return EffectRow(text, None, None, str(error), unproved=str(error), no_formula=str(error))
        estimate, problem = self._bounds(own, text, ())
        sure, unproved = (None, self.unproved) if self.unproved else self._bounds(own, text, self.near)
        formula, no_formula = None, ""
        try:
            found = closed_bounds(own, subject_to=list(self.limits), seconds=self.seconds or _LONG)
            complete = not isinstance(found, ClosedBounds) or (found.least.complete and found.largest.complete)
            formula = found if complete else None
            no_formula = "" if complete else "not all terms were found in the time."
        except RelaxbellError as error:
            no_formula = str(error)
        return EffectRow(
            text,
            own,
            estimate,
            problem,
            sure=sure,
            unproved=unproved,
            formula=formula,
            no_formula=no_formula,
        )

    def _bounds(self, own: Measure, text: str, near: tuple[object, ...]) -> tuple[Bounds[Solution] | None, str]:
        try:
            with deadline(self.seconds, f"the bounds on {text}"):
                return bounds(own, self.frequencies, [*self.limits, *near]), ""
        except RelaxbellError as error:
            return None, str(error)

    def test(self) -> GraphTest:
        """Return whether the frequencies are those of a model; which p-value it is does not depend on the data."""
        try:
            with deadline(self.seconds, "the test of the graph"):
                distance = minimize(largest_distance(self.model), self.frequencies, list(self.limits))
        except RelaxbellError as error:
            return GraphTest(None, problem=str(error))
        compatible = distance.lower_bound <= 0 and distance.value <= _LEAST
        classes, facets, full = self._facets()
        largest, several, chances = "", len(facets), 1.0
        if facets and full and not self.limits:
            method = (
                f"Hoeffding's inequality for each of the {several:,} inequalities beyond positivity, multiplied by "
                "their number"
            )
            worst = max(facets, key=lambda own: own.value)
            if worst.value > 0:
                largest = f"{worst.text} ≤ 0, found {float(worst.value):.6g}"
            if all(self.trials):
                chances = min(chance_of_sums(own.ranges, self.trials, own.value, several) for own in facets)
        else:
            method = "Hoeffding's inequality for every event at every setting, at the least distance from a model"
            chances = chance(self.trials, self.outcomes, distance.lower_bound) if all(self.trials) else 1.0
        refutation = None
        if not compatible:
            refutation = self._refutation()
        return GraphTest(
            compatible,
            classes,
            largest,
            1.0 if compatible else chances,
            method,
            distance,
            refutation=refutation,
        )

    def _refutation(self) -> Certificate | None:
        """Return the certificate that no model has the frequencies."""
        names = self.model.responding if hasattr(self.model, "responding") else self.model.outputs
        text = f"p{{{names[0]} = 0}}"
        try:
            with deadline(self.seconds, "the certificate that the graph is refuted"):
                bounds(query(self.model, text), self.frequencies, list(self.limits))
        except InfeasibleError as error:
            own = error.certificate
            if isinstance(own, Certificate):
                own.verify()
                return own
        except RelaxbellError:
            return None
        return None

    def _facets(self) -> tuple[tuple[tuple[str, int], ...], list[_Facet], bool]:
        """Return classes of the graph's inequalities, all of them with values, and whether they are all there is."""
        try:
            found = self.model.inequalities(seconds=self.seconds or _LONG)
        except RelaxbellError:
            return (), [], False
        if not isinstance(found, Inequalities):
            return (), [], False
        cells = (self.outcomes - 1) * len(self.trials)
        # behaviors of a smaller dimension satisfy equations as well, which these do not test
        free = not self.model.dependent_inputs
        full = free and found.domain.dimension == cells and len(found) <= _MOST_FACETS
        classes = tuple(
            (
                f"{own.text} ≤ 0"
                if own.name is None
                else f"{own.text} ≤ 0, such as {functional.formula('probabilities')} ≤ 0",
                len(own),
            )
            for own, functional in zip(found.classes, found.representatives(), strict=True)
        )
        return classes, [self._facet(own) for own in found.functionals()] if full else [], full

    def _facet(self, functional: BellFunctional) -> _Facet:
        own = functional.transposed(self.counts.outputs, self.counts.inputs)
        table = own.coefficients.reshape(self.outcomes, -1)
        ranges = tuple(Fraction(max(column) - min(column)) for column in table.T)
        value = Fraction(own(self.frequencies))
        return _Facet(own.formula("probabilities"), value, ranges)


@dataclass(frozen=True)
class _Facet:
    """An inequality, value ≤ 0: its text, its value at the frequencies, its coefficients' range at each setting."""

    text: str
    value: Fraction
    ranges: tuple[Fraction, ...]
