"""`Evidence`: what finite counts prove about a measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from relaxbell.certificate.claims import Certificate
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats, read_fraction
from relaxbell.measures.measure import Measure
from relaxbell.methods import provided
from relaxbell.trials.betting import Test, largest_limit_together
from relaxbell.trials.certificates import p_value_certificate
from relaxbell.trials.projection import Projector
from relaxbell.trials.text import evidence_html, evidence_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LARGEST = 700.0
"""Of logarithms whose exponentials are floats."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Tests of "in every trial the measure is at most ε", for every ε, valid for devices with memory.

    Made by `evidence`. Evidence of independent or successive runs is multiplied: ``first * second``.

    Attributes
    ----------
    tests
        One for each run.
    measure
        What is tested.
    confidence
        Of `at_least`.
    names
        Of the counts.
    settings
        What is assumed of the settings, in words.
    prediction
        The joint distribution of which `strength` speaks: that of the test factor, or the fit of the counts.
    only_zero
        Whether only ε = 0 can be tested.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.dependence(rb.bell().relax("L -> X", "L -> Y"))
    >>> found = rb.evidence(rb.load_counts("delft2015"), c, game=rb.catalog.CHSH)
    >>> round(found.p_value_at(0.01), 5), round(found.e_value, 5)
    (0.05661, 1.36978)
    """

    tests: tuple[Test, ...]
    measure: Measure
    confidence: float
    names: tuple[str, ...]
    settings: tuple[str, ...]
    prediction: Floats
    only_zero: bool = False

    # ------------------------------------------------------------------ statements

    @cached_property
    def p_value(self) -> float:
        """The p-value of ε = 0."""
        return self.p_value_at(0)

    def p_value_at(self, limit: object) -> float:
        """Return the p-value of "in every trial the measure is at most ε", for one ε that was named in advance.

        Where a prediction is tested it is that of the factor made for ε; `at_least` rests on factors for ranges of ε.

        Parameters
        ----------
        limit
            ε ≥ 0, or any number where the measure may be negative; floats mean the decimals that print them.

        Returns
        -------
        float
            Rounded up, also where it is less than the least float, 5e-324: see `log_p_at`.

        Raises
        ------
        MeasureError
            If ε is negative and the measure never is, or not 0 where only 0 can be tested.
        InfeasibleError
            If no value of the measure is as small.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("A -> B"), "A", "B")
        >>> round(rb.evidence(rb.load_counts("delft2015"), c).p_value_at(0.02), 6)
        0.056606
        """
        return _exponential(self.log_p_at(limit), math.inf)

    def log_p_at(self, limit: object) -> float:
        """Return the natural logarithm of the p-value of ε.

        Parameters
        ----------
        limit
            As in `p_value_at`.

        Returns
        -------
        float
            At most 0.

        Raises
        ------
        MeasureError
            As `p_value_at`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> round(rb.evidence(rb.load_counts("delft2015"), c).log_p_at(0), 4)
        -3.2422
        """
        return self._log_p(self._read(limit))

    @cached_property
    def e_value(self) -> float:
        """The e-value against ε = 0: its mean is at most 1 under the null hypothesis, whenever the trials end."""
        return _exponential(self.log_e_at(0), 0.0)

    def log_e_at(self, limit: object) -> float:
        """Return the natural logarithm of the e-value against ε.

        Parameters
        ----------
        limit
            As in `p_value_at`.

        Returns
        -------
        float
            Those of several runs add up. It may be minus infinity.

        Raises
        ------
        MeasureError
            As `p_value_at`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> round(rb.evidence(rb.load_counts("delft2015"), c).log_e_at(0), 6)
        0.314652
        """
        own = self._read(limit)
        return sum(test.log_e_at(own) for test in self.tests)

    @cached_property
    def at_least(self) -> float:
        """The largest ε found such that all up to it are rejected at 1 − confidence; 0 where none is (signed: −∞).

        All of them are rejected by p-values that rise with ε; ``p_value_at(at_least)`` rejects, too.

        With that confidence the measure exceeds it in some trial. Infinity where no value of it explains the counts.
        """
        level = math.log(1 - read_fraction(self.confidence, "confidence", MeasureError))
        level -= 4 * math.ulp(max(1.0, abs(level)))  # what rounding could add
        if self.only_zero or self._log_p(Fraction(0)) > level:
            return -math.inf if self.signed else 0.0
        ceiling = self.tests[0].null.ceiling
        found = largest_limit_together(self.tests, level, ceiling)
        if found is None:
            return math.inf
        near = float(found)
        return near if Fraction(near) <= found else math.nextafter(near, 0.0)

    # -------------------------------------------------------------------- planning

    @cached_property
    def strength(self) -> float:
        """Mean gain of the best test factor against ε = 0, nat for each trial, if `prediction` is the truth."""
        return self.strength_at(0)

    def strength_at(self, limit: object) -> float:
        """Return the mean gain of the best test factor against ε, in nat for each trial, certified.

        Parameters
        ----------
        limit
            As in `p_value_at`.

        Returns
        -------
        float
            The relative entropy of the prediction to the nearest distribution of the null set; the prediction is the
            fit of the counts where no other was given, and then this is an estimate, not a test.

        Raises
        ------
        MeasureError
            As `p_value_at`.
        ModelTooLargeError
            Where the strategies are too many for a list; see `has_strength`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> round(rb.evidence(rb.load_counts("delft2015"), c).strength_at(0.01), 9)
        0.006993504
        """
        return self._projector.factor(self._read(limit)).strength

    def trials_for(self, p_value: float, limit: object = 0) -> float:
        """Return about how many trials a p-value needs, if `prediction` is the truth: ln(1/p) over the strength.

        Parameters
        ----------
        p_value
            Between 0 and 1.
        limit
            As in `p_value_at`.

        Returns
        -------
        float
            Whole; infinity where the strength is 0.

        Raises
        ------
        MeasureError
            If the p-value is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> rb.evidence(rb.load_counts("delft2015"), c).trials_for(1e-6)
        1643.0
        """
        if not 0 < p_value < 1:
            raise MeasureError(f"the p-value is {p_value!r}, expected a number between 0 and 1.")
        strength = self.strength_at(limit)
        return math.inf if strength <= 0 else float(math.ceil(-math.log(p_value) / strength))

    def certificate(self, limit: object = 0) -> Certificate:
        """Return the counts, the factors or games, and the proofs from which anyone recomputes the p-value of ε.

        Of any evidence: wins of a game, or of the best of several; scores, factors, and products of runs.

        Parameters
        ----------
        limit
            As in `p_value_at`.

        Returns
        -------
        Certificate
            For ``relaxbell verify``.

        Raises
        ------
        CertificateError
            For runs whose null hypotheses differ, and numbers beyond the verifier's limits.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> found = rb.evidence(rb.load_counts("delft2015"), c).certificate(0.01)
        >>> found.verify().endswith("with probability at most 0.0566057813285 (rounded up)")
        True
        """
        own = self._read(limit)
        if own not in self._certificates:
            self._certificates[own] = p_value_certificate(self.tests, own)
        return self._certificates[own]

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw −log10 of the p-value over ε on matplotlib axes and return them (extra ``plot``).

        Parameters
        ----------
        ax
            matplotlib axes; by default new ones.
        **style
            For matplotlib's line.

        Returns
        -------
        matplotlib.axes.Axes
            The limit `at_least` is marked where the line crosses the level of the confidence.

        Raises
        ------
        MeasureError
            Where only ε = 0 can be tested.
        RelaxbellError
            If matplotlib is not installed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> rb.evidence(rb.load_counts("delft2015"), c).plot().get_xlabel()
        'ε, the limit on C(X → B)'
        """
        return provided("Evidence.plot")(self, ax, **style)

    # ----------------------------------------------------------------------- words

    @property
    def signed(self) -> bool:
        """Whether the measure may be negative: then "at most 0" does not mean that it is 0."""
        return not self.tests[0].null.is_nonnegative

    @property
    def has_strength(self) -> bool:
        """Whether `strength` is known: not where strategies are too many for a list, and are priced.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> rb.evidence(rb.load_counts("delft2015"), c).has_strength
        True
        """
        return not self.tests[0].null.is_priced

    @property
    def trials(self) -> int:
        """Number of trials that are tested."""
        return sum(test.trials for test in self.tests)

    @property
    def method(self) -> str:
        """What was done, in words."""
        found = list(dict.fromkeys(test.method for test in self.tests))
        if len(self.tests) == 1:
            return found[0]
        return f"product of the e-values of {len(self.tests)} runs: {'; '.join(found)}"

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is assumed, in words."""
        own = [words for test in self.tests for words in test.assumptions]
        null = self.tests[0].null
        others = [str(b) for b in null.others]
        if null.problem.affine:
            others.append("the other constraints given")
        limit = "= 0" if self.only_zero else "<= ε"
        first = f"null hypothesis: in every trial {self.measure.name} {limit} in {null.model.name}"
        first += "".join(f", {text}" for text in others) + "; devices may have memory"
        if len(self.tests) > 1:
            own.append("the runs have no trial in common")
            if any(one.repeats(two) for k, one in enumerate(self.tests) for two in self.tests[:k]):
                own[-1] += "; THE DATA CONTRADICT THIS: the same counts are in two of them"
        return tuple(dict.fromkeys([first, *self.settings, *own]))

    def __mul__(self, other: object) -> Evidence:
        """Return the evidence of both runs together: e-values multiply."""
        if not isinstance(other, Evidence):
            return NotImplemented
        differences = self.tests[0].null.differences(other.tests[0].null)
        if differences or self.measure.name != other.measure.name:
            raise MeasureError(
                f"evidence about {self.measure.name} and about {other.measure.name} has no product: found different "
                f"{differences or 'measures'}; expected the same null hypothesis. Test both runs for one measure, with "
                "the same subject_to=."
            )
        if self.confidence != other.confidence:
            raise MeasureError(
                f"evidence with confidence {self.confidence:g} and {other.confidence:g} has no product, expected one "
                "confidence. Give both runs the same."
            )
        return Evidence(
            self.tests + other.tests,
            self.measure,
            self.confidence,
            self.names + other.names,
            tuple(dict.fromkeys(self.settings + other.settings)),
            self.prediction,
            self.only_zero,
        )

    def __repr__(self) -> str:
        return evidence_text(self)

    def _repr_html_(self) -> str:
        return evidence_html(self)

    # -------------------------------------------------------------------- inside

    @cached_property
    def _certificates(self) -> dict[Fraction, Certificate]:
        return {}

    @cached_property
    def _projector(self) -> Projector:
        return Projector(self.tests[0].null, self.prediction)

    def _log_p(self, limit: Fraction) -> float:
        if len(self.tests) == 1:
            return self.tests[0].log_p_at(limit)
        return min(0.0, -sum(test.log_e_at(limit) for test in self.tests))

    def _read(self, limit: object) -> Fraction:
        found = read_fraction(limit, f"ε, the limit on {self.measure.name}", MeasureError)
        if found < 0 and not self.signed:
            raise MeasureError(
                f"ε is {float(found):g}, expected a number ≥ 0: {self.measure.name} is never negative. Give another."
            )
        if self.only_zero and found:
            raise MeasureError(
                f"{self.measure.name} <= {float(found):g} is no linear program, so only ε = 0 is tested. Test "
                f"{self.tests[0].null.measure.name} instead, which bounds it."
            )
        return found


def _exponential(log: float, towards: float) -> float:
    """Return e to a power, rounded towards zero or infinity; infinity where no float is as large."""
    if log > _LARGEST:
        return math.inf
    return math.exp(log) if log == 0 or math.isinf(log) else math.nextafter(math.exp(log), towards)
