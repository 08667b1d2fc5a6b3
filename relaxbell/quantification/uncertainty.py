"""What finite counts say of each row: an approximate standard error, and what holds with a stated confidence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.chi_squared import SettingsTest
from relaxbell.behavior.counts import Counts
from relaxbell.behavior.resampling import generator
from relaxbell.certificate.claims import Certificate
from relaxbell.errors import CountsError, RelaxbellError
from relaxbell.exact.numbers import Exact
from relaxbell.lp.clock import deadline
from relaxbell.measures.measure import Measure
from relaxbell.sweeps.running import sweep
from relaxbell.trials.design import read_bias
from relaxbell.trials.statement import Evidence
from relaxbell.trials.testing import evidence, read_confidence

RESAMPLES = 32
"""Enough for a standard error to an eighth of itself."""


@dataclass(frozen=True, eq=False)
class Statement:
    """What counts prove about a row.

    Attributes
    ----------
    evidence
        Of the linear measure that is tested.
    at_least
        The confidence limit in the row's unit; infinite where no value explains the counts.
    note
        Where the row's own measure is not the one tested: how its limit follows.
    """

    evidence: Evidence
    at_least: float
    note: str = ""

    @property
    def says_something(self) -> bool:
        """Whether the p-value of its limit is below 1."""
        return self.at_least > 0 or self.evidence.log_p_at(0) < 0

    def certificate(self) -> Certificate:
        """Return the certificate of the p-value of the limit on the measure that is tested; of 0 where there is none.

        Raises
        ------
        CertificateError
            See `Evidence.certificate`.
        """
        limit = self.evidence.at_least
        if limit == math.inf:  # no value explains the counts
            return self.evidence.certificate(self.evidence.tests[0].null.ceiling)
        return self.evidence.certificate(Fraction(max(0.0, limit)))


@dataclass(frozen=True)
class Tested:
    """Which measure is tested for a row, and how its limit becomes the row's.

    Attributes
    ----------
    name
        Of the measure tested.
    make
        Makes it.
    convert
        From its limit to the row's.
    note
        In words.
    """

    name: str
    make: Callable[[], Measure]
    convert: Callable[[float], float] = field(default=float)
    note: str = ""


@dataclass(frozen=True, eq=False)
class Options:
    """How evidence and standard errors are found; see `quantify`."""

    confidence: float = 0.95
    training: Counts | Behavior | None = None
    game: object = None
    settings_bias: object = 0
    resamples: int = RESAMPLES
    seed: int = 0

    def check(self) -> None:
        """Raise CountsError or MeasureError for what makes no sense, before anything is computed."""
        read_confidence(self.confidence)
        read_bias(self.settings_bias)
        generator(self.seed)
        if self.training is not None and not isinstance(self.training, Counts | Behavior):
            raise CountsError(
                f"training is a {type(self.training).__name__}, expected Counts of other trials, such as "
                "load_counts(path), or a Behavior from theory."
            )
        if (
            isinstance(self.resamples, bool)
            or not isinstance(self.resamples, int)
            or self.resamples < 0
            or self.resamples == 1
        ):
            raise CountsError(
                f"resamples is {self.resamples!r}, expected 0, for no standard errors, or an integer from 2 on."
            )


class Uncertainty:
    """Standard errors and evidence of the rows of one table."""

    def __init__(
        self,
        counts: Counts,
        transposed: Callable[[Behavior], Behavior],
        options: Options,
        design: Exact | None = None,
    ) -> None:
        """Take the design in the order of `transposed`; None for uniform settings."""
        self.counts, self.options, self._design = counts, options, design
        self._transposed = transposed
        self._known: dict[str, Evidence] = {}

    @cached_property
    def settings(self) -> SettingsTest:
        """Whether the settings were as designed, and independent of each other."""
        if self._design is None:
            return self.counts.settings_test()
        order = [str((self.counts.parties or {})[name]) for name in self.counts.outputs]
        return self.counts.settings_test(
            design=self._design.transpose([order.index(name) for name in self.counts.inputs])
        )

    @cached_property
    def method(self) -> str:
        """How standard errors are found, in words; empty where they are not."""
        count = self.options.resamples
        return f"{count} nonparametric resamples, each fitted anew, seed {self.options.seed}" if count else ""

    # ------------------------------------------------------------------ standard errors

    def prepare(self, seconds: float | None) -> str:
        """Fit the resamples within a time; return why there are none, or nothing."""
        if not self.options.resamples:
            return ""
        try:
            with deadline(seconds, "minimizing over the resamples", least=False):
                _ = self._resampled
        except RelaxbellError as error:
            return str(error)
        return ""

    @cached_property
    def _resampled(self) -> list[Behavior]:
        resamples = self.counts.bootstrap(self.options.resamples, self.options.seed)
        return [self._transposed(counts.fit().behavior) for counts in resamples]

    def error(self, measure: Measure) -> float | None:
        """Return the standard deviation of the minimum over the resamples; None where one has no minimum."""
        if not self.options.resamples or "_resampled" not in self.__dict__:
            return None
        values = np.asarray(sweep(measure, self._resampled, progress=False).values, dtype=np.float64)
        return float(values.std(ddof=1)) if np.isfinite(values).all() else None

    # ------------------------------------------------------------------------- evidence

    def statement(self, tested: Tested) -> Statement:
        """Return what the counts prove about a row.

        Raises
        ------
        RelaxbellError
            If nothing can be said; it says why.
        """
        found = self.evidence(tested)
        return Statement(found, tested.convert(found.at_least), tested.note)

    def evidence(self, tested: Tested) -> Evidence:
        """Return the evidence about the measure that is tested; its limit is found when it is asked for.

        Raises
        ------
        RelaxbellError
            If nothing can be said; it says why.
        """
        if tested.name not in self._known:
            own = self.options
            self._known[tested.name] = evidence(
                self.counts,
                tested.make(),
                own.confidence,
                game=own.game,
                training=own.training,
                settings_bias=own.settings_bias,
            )
        return self._known[tested.name]
