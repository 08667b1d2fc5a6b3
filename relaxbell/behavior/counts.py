"""`Counts`: how often each outcome was seen, and the non-signaling behavior that explains it best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.axis_order import check_axis_order, order_hint
from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.chi_squared import SettingsTest, chance_text, chi_squared_tail, settings_test
from relaxbell.behavior.games import Published
from relaxbell.behavior.likelihood import maximum_likelihood
from relaxbell.behavior.names import read_parties, read_variables
from relaxbell.behavior.radius import radius, read_confidence
from relaxbell.behavior.reading.dictionary import fill_table, read_dictionary
from relaxbell.behavior.reading.found import Found
from relaxbell.behavior.reading.programs import read_results
from relaxbell.behavior.reading.registers import Sources
from relaxbell.behavior.reading.roles import Columns
from relaxbell.behavior.reading.rows import encode
from relaxbell.behavior.reading.sequences import read_trials
from relaxbell.behavior.reading.sources import Layout, read_table
from relaxbell.behavior.reading.text import read_grid
from relaxbell.behavior.reading.values import Values
from relaxbell.behavior.resampling import Bootstrap, draw_outcomes, generator, whole_number
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.whole_table import whole_table
from relaxbell.errors import CountsError
from relaxbell.exact.arrays import axis_names
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import Exact
from relaxbell.frozen import Frozen
from relaxbell.lp.clock import TimeLimitError, deadline, time_is_over
from relaxbell.methods import provided
from relaxbell.results import CertifiedBitsLike

K = TypeVar("K")  # keys of a dictionary: settings in any form, …
L = TypeVar("L")  # … and outcomes


class Counts(Frozen):
    """Numbers of trials by outcomes and settings.

    Parameters
    ----------
    table
        Whole numbers; axes are outputs, then inputs, as in `Behavior`.
    outputs, inputs, parties
        Names as in `Behavior`; by default A, B and X, Y. A table with neither names given nor axes of its own that have
        names is doubted where it signals absurdly, and far less with inputs first: the e-value against no-signaling of
        its marginals exceeds 1000, and that of the transposed table is at most the tenth root of it and 10^15.
    name
        Of the experiment.
    empty_settings
        Take settings without trials, such as those that the design never chooses. There are no frequencies then, and
        no fit.
    published
        Of a shipped data set: where the counts come from, and the game that was named in advance.
    notes
        What was done to the data before they came here, in words, such as what a reader dropped or filled; they are
        shown with the counts.

    Raises
    ------
    CountsError
        For masked, negative, fractional or non-finite counts, a shape or names of axes that do not fit, a setting
        without trials (unless `empty_settings`), no trials at all, or axes that are not named and look like x, y, a, b.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.Counts([[7, 2], [3, 8]], outputs="A", inputs="X").trials
    20
    """

    def __init__(
        self,
        table: ArrayLike,
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
        *,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
        empty_settings: bool = False,
        published: Published | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        named = (outputs, inputs, parties) != (None, None, None) or axis_names(table) is not None
        self.outputs, self.inputs = read_variables(outputs, inputs, CountsError)
        self.table: NDArray[np.int64] = whole_table(table, self.variables)
        if self.table.ndim != len(self.variables):
            raise CountsError(
                f"the table has {self.table.ndim} axes (shape {self.table.shape}), expected {len(self.variables)}: "
                f"outputs {', '.join(self.outputs)}, then inputs {', '.join(self.inputs)}."
                f"{' Rows of trials are counted by Counts.from_trials.' if self.table.ndim == 2 else ''}"
            )
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self.name, self.published, self.notes = name, published, (notes,) if isinstance(notes, str) else tuple(notes)
        empty = self._empty_setting()
        if empty is not None and not (empty_settings and self.settings.any()):
            hint = "" if named else order_hint(self.table)
            raise CountsError(f"no trials{empty}. Remove this setting or add its counts.{hint}")
        if not named and empty is None:
            check_axis_order(self.table)
        self._seal()

    def _empty_setting(self) -> str | None:
        """Return the first setting without trials, in words; None if there is none."""
        for index, total in np.ndenumerate(self.settings):
            if total == 0:
                setting = ", ".join(f"{n}={v}" for n, v in zip(self.inputs, index, strict=True))
                return f" with {setting}" if setting else ""
        return None

    def _check_all_settings(self, what: str) -> None:
        """Raise CountsError if a setting has no trials."""
        empty = self._empty_setting()
        if empty is not None:
            raise CountsError(
                f"{self.name or 'counts'}: no trials{empty}, so {what} there; expected trials of each setting. Leave "
                "out a value of an input that was never chosen, or add trials. Needing neither fit nor frequencies: "
                "evidence(counts, measure, settings=…), of a design that has 0 there; and values of inequalities, "
                "Observed([(functional, value)])."
            )

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all axes: outputs, then inputs."""
        return self.outputs + self.inputs

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.table.shape, self.parties)

    @cached_property
    def cardinality(self) -> dict[str, int]:
        """Number of values of each variable."""
        return dict(zip(self.variables, self.table.shape, strict=True))

    @property
    def trials(self) -> int:
        """Number of trials."""
        return int(self.table.sum())

    @cached_property
    def settings(self) -> NDArray[np.int64]:
        """Number of trials of each setting, one axis for each input."""
        totals = np.asarray(self.table.sum(axis=tuple(range(len(self.outputs)))))
        totals.setflags(write=False)
        return totals

    @cached_property
    def frequencies(self) -> Behavior:
        """Raw relative frequencies, estimates as exact numbers; they signal a little, by finite statistics.

        Raises
        ------
        CountsError
            If a setting has no trials.
        """
        self._check_all_settings("there are no frequencies")
        exact = self.table.astype(object) * Fraction(1) / self.settings.astype(object)
        return Behavior(exact, self.outputs, self.inputs, parties=self.parties, estimated=True)

    @cached_property
    def input_distribution(self) -> Exact:
        """Relative frequencies of the settings, exact, one axis for each input."""
        return np.asarray(self.settings.astype(object) * Fraction(1, self.trials))

    def fit(self, *, seconds: float | None = None) -> CountsFit:
        """Return the multinomial maximum-likelihood fit within non-signaling behaviors.

        A primal-dual path in 1024-bit arithmetic: converges for all counts, and the photon experiments,
        with probabilities of 1e-5, are fitted as well as any other. Cells without counts may end at
        probability zero, exactly. Frequencies that are non-signaling already are their own fit.

        Parameters
        ----------
        seconds
            Time limit, kept within a second or a fifth, whichever is more; None for none.

        Returns
        -------
        CountsFit
            With the exact, exactly non-signaling behavior, deviance and degrees of freedom.

        Raises
        ------
        CountsError
            If it is not known which party chooses which input, as for an instrument, or a setting has no trials.
        SolverError
            If the precision does not suffice.
        TimeLimitError
            If the time does not: its ``partial`` is a fit that is not complete, whose deviance is an upper bound of the
            least one.
        MeasureError
            If `seconds` is not a positive number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> fit = rb.load_counts("delft2015").fit()
        >>> S = rb.BellFunctional([[[[1, 1], [1, -1]], [[-1, -1], [-1, 1]]],
        ...                        [[[-1, -1], [-1, 1]], [[1, 1], [1, -1]]]])
        >>> round(float(S(fit.behavior)), 6), fit.degrees_of_freedom
        (2.433852, 4)
        """
        if self.parties is None:
            raise CountsError(
                f"{self.scenario.symbol} has {len(self.outputs)} outputs and {len(self.inputs)} inputs, and it is not "
                "known which party chooses which: expected that for a non-signaling fit. Give Counts "
                'parties={"A": "X", "B": None, …}; or, for a model that lets every output depend on every input, such '
                "as an instrument's, take counts.frequencies, which need no fit."
            )
        self._check_all_settings("a fit says nothing")
        coordinates = self.frequencies.coordinates
        with deadline(seconds, f"G² of {self.name or 'counts'}"):
            table, deviance, iterations, complete = maximum_likelihood(self.table, coordinates)
            late = time_is_over()
        behavior = Behavior(table, self.outputs, self.inputs, parties=self.parties, estimated=True)
        freedom = self.table.size - self.settings.size - coordinates.dimension
        found = CountsFit(self, behavior, deviance, freedom, iterations, complete)
        if not complete:
            raise TimeLimitError(str(late), found)
        return found

    def settings_test(self, *, design: object = None) -> SettingsTest:
        """Test whether the settings were drawn from their design distribution, and the inputs independently.

        Pearson's chi-squared: asymptotic, for independent trials. A p-value for a relaxation presupposes the design,
        and small deviations from it matter: in a photon experiment with unequal settings, "uniform" is what is refuted.

        Parameters
        ----------
        design
            None for uniform settings, a table with one axis for each input, or a distribution for each input's name.
            Never the frequencies of the same trials.

        Returns
        -------
        SettingsTest
            Statistic, degrees of freedom, p-value, and the same for independence.

        Raises
        ------
        CountsError
            If the design is no distribution of the settings.

        Examples
        --------
        >>> import relaxbell as rb
        >>> test = rb.load_counts("delft2015").settings_test()
        >>> round(test.statistic, 2), test.degrees_of_freedom, round(test.p_value, 3)
        (7.98, 3, 0.046)
        """
        table = joint_distribution(design, self.inputs, self.settings.shape, "design", CountsError)
        return settings_test(self.settings, table, uniform=bool((table == table.flat[0]).all()))

    def randomness(
        self,
        trained_on: Behavior | Counts,
        *,
        error: float,
        settings: object = None,
        lower: object = None,
        upper: object = None,
        power: float | None = None,
    ) -> CertifiedBitsLike:
        """Return how many bits these trials certify against a no-signaling adversary who prepared the devices.

        By probability estimation factors (Knill, Zhang, Bierhorst, arXiv:1709.06159; Zhang, Knill, Bierhorst, PRA 98,
        040304, 2018): devices may have memory and the adversary side information; in each trial, given all before, the
        boxes do not signal, and settings have the probabilities that are given, or lie within bounds. The factors and
        their power are made for what is expected, never from these counts.

        Parameters
        ----------
        trained_on
            The behavior that is expected, or counts of earlier trials.
        error
            Probability with which the statement may fail.
        settings
            p(settings) by design: a table, or a distribution for each input; by default uniform.
        lower, upper
            Bounds of p(settings) in each trial, given all before and the adversary's knowledge.
        power
            β of the factors; by default the best for what is expected.

        Returns
        -------
        CertifiedBits
            Bits, with error, power and factors.

        Raises
        ------
        CountsError
            If the factors would be trained on these counts or on another scenario, or settings of probability 0 occur.
        MeasureError
            If the error is no probability, the power not positive, or a bound excludes the design.
        ModelTooLargeError
            If there are too many extreme boxes.
        RelaxbellError
            If the extra ``polytopes``, which finds them, is not installed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.boxes.tsirelson()
        >>> found = rb.sample(box, 25000, seed=2).randomness(box, error=2**-20)
        >>> 0.36 < found.bits / found.trials < 2**0.5 - 1  # the share of a PR box, each of which has one bit
        True
        """
        return provided("Counts.randomness")(
            self, trained_on, error=error, settings=settings, lower=lower, upper=upper, power=power
        )

    def confidence_radius(self, confidence: float = 0.95) -> float:
        """Return how far in total variation p may be from the frequencies, at every setting, with a confidence.

        With it bounds become statements with confidence: ``rb.bounds(query, counts.frequencies,
        subject_to=[rb.largest_distance(model) <= counts.confidence_radius(0.95)])`` covers all that the true p allows,
        with probability at least 0.95, whatever p is, for any number of trials and for all queries together. It assumes
        that trials are independent with the same p given their settings, and that settings were not chosen by what came
        out. No model is assumed; the distance does without reproducing the frequencies, which may signal.

        Sources: Hoeffding, JASA 58, 13 (1963); Weissman, Ordentlich, Seroussi, Verdú, Weinberger, HPL-2003-97.

        Parameters
        ----------
        confidence
            Between 0 and 1.

        Returns
        -------
        float
            r, rounded up: Σ over settings x of (2^k − 2) exp(−2 n_x r²) is at most 1 − confidence, for k joint outcomes
            and n_x trials. At most 1.

        Raises
        ------
        CountsError
            If the confidence is not between 0 and 1, or a setting has no trials.

        Examples
        --------
        >>> import relaxbell as rb
        >>> counts = rb.Counts([[[919, 315], [81, 73]], [[0, 139], [0, 473]]], outputs="A B", inputs="Z")
        >>> round(counts.confidence_radius(0.95), 4)
        0.0562
        >>> iv = rb.instrumental()
        >>> near = [rb.largest_distance(iv) <= counts.confidence_radius(0.95)]
        >>> found = rb.bounds(rb.average_causal_effect(iv, "A", "B"), counts.frequencies, near)
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.28, 0.844)
        """
        own = read_confidence(confidence)
        self._check_all_settings("nothing bounds the distance")
        outcomes = math.prod(self.cardinality[name] for name in self.outputs)
        return radius([int(n) for n in self.settings.ravel()], outcomes, own)

    def bootstrap(self, n: int, seed: int | np.random.Generator, *, parametric: bool = False) -> Bootstrap[Counts]:
        """Draw resamples of the same numbers of trials of each setting, which hold no information on p(a, b|x, y).

        Parameters
        ----------
        n
            How many.
        seed
            An integer, or a numpy Generator.
        parametric
            Draw outcomes from the fit; otherwise (nonparametric) from the observed frequencies, which is drawing from
            the trials of each setting with replacement, and needs no fit.

        Returns
        -------
        Bootstrap
            A sequence of counts; its ``errors`` are approximate standard errors of what is computed from counts.

        Raises
        ------
        CountsError
            If `n` or `seed` is no such number, or there is no fit of these counts.

        Examples
        --------
        >>> import relaxbell as rb
        >>> drawn = rb.load_counts("delft2015").bootstrap(50, 1, parametric=True)
        >>> len(drawn), drawn[7].settings.tolist() == drawn.counts.settings.tolist()
        (50, True)
        """
        size, rng = whole_number(n, "the number of resamples", 1, 10**6), generator(seed)
        weights = self.fit().behavior.p if parametric else self.table.astype(np.float64)
        tables = np.stack([draw_outcomes(weights, self.settings, rng) for _ in range(size)])
        tables.setflags(write=False)
        return Bootstrap(self, tables, parametric)

    def split(self, share: float, seed: int | np.random.Generator) -> tuple[Counts, Counts]:
        """Return two parts: each trial goes to the first with probability `share`, by itself, else to the second.

        To choose a game or to train factors on one part and test them on the other. That is sound if trials are
        independent given settings; of trials in order take the earlier ones instead, which allows memory.

        Parameters
        ----------
        share
            Of the first part, above 0 and below 1.
        seed
            An integer, or a numpy Generator.

        Returns
        -------
        tuple of Counts
            Together they are these counts.

        Raises
        ------
        CountsError
            If the share is none, or the seed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> counts = rb.load_counts("nist2015")
        >>> first, second = counts.split(0.1, seed=1)
        >>> first.trials + second.trials == counts.trials, round(first.trials / counts.trials, 3)
        (True, 0.1)
        """
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise CountsError(f"the share of the first part is {share!r}, expected a number above 0 and below 1.")
        first = generator(seed).binomial(self.table, float(share))
        return self.with_table(first), self.with_table(self.table - first)

    def with_table(self, table: ArrayLike) -> Counts:
        """Return other counts of the same variables, as `bootstrap` does; settings may be without trials.

        Parameters
        ----------
        table
            Whole numbers, axes in the same order.

        Returns
        -------
        Counts
            Of the same name and source.

        Raises
        ------
        CountsError
            If the shape is another, or these are no counts.

        Examples
        --------
        >>> import relaxbell as rb
        >>> counts = rb.Counts([[7, 2], [3, 8]], outputs="A", inputs="X")
        >>> counts.with_table(counts.table * 2).trials
        40
        """
        found = Counts(
            table,
            self.outputs,
            self.inputs,
            parties=self.parties,
            name=self.name,
            empty_settings=True,
            published=self.published,
        )
        if found.table.shape != self.table.shape:
            raise CountsError(
                f"the table has shape {found.table.shape}, expected {self.table.shape} as before. Make new Counts."
            )
        return found

    @classmethod
    def read_csv(
        cls,
        path: str | Path,
        *,
        outputs: Columns = None,
        inputs: Columns = None,
        count: str = "count",
        values: Values = None,
        missing: int | None = None,
        order: str | Sequence[str] | None = None,
        cardinality: Mapping[str, int] | None = None,
        parties: Mapping[str, str | None] | None = None,
        empty_settings: bool = False,
        published: Published | None = None,
    ) -> Counts:
        """Read a table of counts from a file: a row for each combination of values, or for each setting.

        Parameters
        ----------
        path
            A file of at most 4 MiB, UTF-8 or with a byte order mark, also compressed by gzip. Cells are separated by
            commas, semicolons, tabs or bars. A tidy table has a column of counts and one for each variable; a wide one
            a column for each input and one for each outcome, whose names are keys as in `from_dict`.
        outputs, inputs
            Names, matched to columns without regard to case; or variable → column, ``{"A": "alice outcome"}``. By
            default the columns among A, B, C, A1, A2, … are outputs, those among X, Y, Z, X1, … inputs.
        count
            Name of the column of counts.
        values, missing, order, cardinality
            As for `from_dict`.
        parties, empty_settings, published
            As for `Counts`.

        Returns
        -------
        Counts
            Named after the file.

        Raises
        ------
        CountsError
            With the line number, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.csv"
        >>> rows = ["x,a,count", "0,0,7", "0,1,3", "1,0,2", "1,1,8"]
        >>> with path.open("w") as file:
        ...     print(*rows, sep=chr(10), file=file)
        >>> rb.Counts.read_csv(path)
        Counts mine: 20 trials of p(A|X), A: 2, X: 2
        """
        path = Path(path)
        layout = Layout(outputs, inputs, count, values, missing, order, cardinality, empty_settings)
        return cls._read(read_table(read_grid(path), layout), parties, path.stem, published)

    @classmethod
    def _read(
        cls,
        found: Found,
        parties: Mapping[str, str | None] | None,
        name: str | None,
        published: Published | None = None,
    ) -> Counts:
        """Return what a reader found."""
        return cls(
            found.table,
            found.outputs,
            found.inputs,
            parties=parties,
            name=name,
            empty_settings=found.empty_settings,
            published=published,
            notes=found.notes,
        )

    @classmethod
    def from_trials(
        cls,
        rows: object,
        outputs: Columns = None,
        inputs: Columns = None,
        *,
        values: Values = None,
        missing: object = None,
        cardinality: Mapping[str, int] | None = None,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
    ) -> Counts:
        """Count trials: an array, a frame of any kind, or an iterable of rows or of mappings.

        Parameters
        ----------
        rows
            One for each trial. Columns of a frame (pandas, polars, pyarrow, a dictionary of columns, a structured
            array) and mappings have names; those of an array and of tuples are outputs, then inputs.
        outputs, inputs
            Names, matched to names of columns without regard to case; or variable → column,
            ``{"A": "alice outcome"}``. If both are given, other columns are not read. By default those among A, B, C,
            A1, A2, … are outputs, those among X, Y, Z, X1, … inputs; of an array A, B and X, Y.
        values
            Labels in the order of the outcomes that they are, ``(1, -1)``, ``"+-"`` or ``("H", "V")``, for all outputs,
            and for inputs that are no whole numbers; or such a list by variable, ``{"A": "HV", "X": (1, 2)}``; or the
            number of each label, ``{"A": {"H": 0, "V": 1, "none": 1}}``. By default values are 0, 1, …; booleans and
            floats without fraction are whole numbers.
        missing
            What is done with trials in which None, NaN or null stands for a value: they are refused, or dropped
            (``"drop"``; that assumes fair sampling), or taken as an outcome, such as ``2`` or a label, for all outputs
            or by name, ``{"A": "none"}``.
        cardinality
            Numbers of values by name, where some may not have been seen; others are one more than the largest value.
        parties, name
            As for `Counts`.

        Returns
        -------
        Counts
            Its `notes` say what was not read, dropped or replaced. Settings without trials are possible.

        Raises
        ------
        CountsError
            With the row, from 0, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> frame = {"time": [0.1, 0.2, 0.3], "alice": ["H", "V", None], "x": [0, 1, 1]}
        >>> rb.Counts.from_trials(frame, {"A": "alice"}, "X", values="HV", missing="drop")
        Counts: 2 trials of p(A|X), A: 2, X: 2; not read: column time; 1 of 3 trials with missing values dropped, which
        assumes fair sampling; numbered A: H = 0, V = 1
        >>> rb.Counts.from_trials([(1, 0), (-1, 1), (1, 1)], "A", "X", values=(1, -1)).table.tolist()
        [[1, 1], [0, 1]]
        """
        found = encode(read_trials(rows, outputs, inputs), values, missing, cardinality).counts()
        return cls._read(found, parties, name)

    @classmethod
    def from_dict(
        cls,
        table: Mapping[K, Mapping[L, int]],
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
        *,
        order: str | Sequence[str] | None = None,
        values: Values = None,
        missing: int | None = None,
        parties: Mapping[str, str | None] | None = None,
        cardinality: Mapping[str, int] | None = None,
        name: str | None = None,
        empty_settings: bool = False,
    ) -> Counts:
        """Return the counts of a dictionary: for each setting, or circuit, how often each outcome was seen.

        Parameters
        ----------
        table
            ``{(x, y): {(a, b): count}}``. A key is a tuple of values, a string of one character for each variable, a
            string of values between spaces or commas, or, of one variable, the value itself.
        outputs, inputs, parties
            Names, as for `Counts`. There may be no inputs: the setting is then ``()``.
        order
            Names of the outputs, and of the inputs, as they stand in the keys from left to right; tuples are otherwise
            in the order of `outputs` and `inputs`. Strings of several values need it, because tools differ: Qiskit
            writes the first bit at the right, so its ``order`` is ``("B", "A")`` where bit 0 is Alice's.
        values
            Labels in the order of the outcomes that they are, ``(1, -1)``, ``"+-"`` or ``("H", "V")``, for all outputs,
            and for inputs that are no whole numbers; or such a list by variable, ``{"A": "HV", "X": (1, 2)}``; or the
            number of each label, ``{"A": {"H": 0, "V": 1, "none": 1}}``. By default values are 0, 1, ….
        missing
            0 if outcomes that are not in the dictionary were not seen; by default they are refused.
        cardinality
            Numbers of values by name, where some may not have been seen; others are one more than the largest value.
        name
            Of the experiment.
        empty_settings
            Take settings that are not there, as `Counts` does.

        Returns
        -------
        Counts
            Its `notes` say how many cells were filled.

        Raises
        ------
        CountsError
            With the key, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> circuits = {(0, 0): {"00": 43, "11": 41, "10": 9}, (0, 1): {"00": 44, "11": 40, "01": 8}}
        >>> rb.Counts.from_dict(circuits, order=("B", "A"), missing=0)
        Counts: 185 trials of p(A,B|X,Y), A: 2, B: 2, X: 1, Y: 2; 2 of 8 cells were absent and taken as 0
        >>> rb.Counts.from_dict({0: {"H": 7, "V": 3}, 1: {"H": 2, "V": 8}}, "A", "X", values="HV").table.tolist()
        [[7, 2], [3, 8]]
        """
        cells = read_dictionary(table, outputs, inputs, order, missing)
        found = fill_table(cells, values, missing, cardinality, empty_settings=empty_settings)
        return cls._read(found, parties, name)

    @classmethod
    def from_results(
        cls,
        results: Mapping[K, object],
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
        *,
        read: Sources | None = None,
        order: str | Sequence[str] | None = None,
        values: Values = None,
        parties: Mapping[str, str | None] | None = None,
        cardinality: Mapping[str, int] | None = None,
        name: str | None = None,
        empty_settings: bool = False,
    ) -> Counts:
        """Return the counts of quantum programs: results of Qiskit, Cirq or PennyLane, one for each setting.

        Results are recognized by what they offer; no quantum package is imported. Outcomes that are not in a result
        were not seen. The counts' `notes` say what was recognized, and where each output was read.

        Parameters
        ----------
        results
            ``{(x, y): result}``. A result is one of

            - Qiskit: a sampler's PubResult (or PrimitiveResult of one circuit), a BitArray, or a backend's Result or
              Counts, whose strings are read from right to left;
            - Cirq: a Result, or the Counter of ``multi_measurement_histogram(keys=[…])``, in the order of `outputs`;
            - PennyLane: ``qml.sample(wires=[…])``, an array of shape (shots, outputs), or ``qml.counts(wires=[…])``
              with `order`;
            - a dictionary ``{(a, b): count}``, or of strings with `order`.
        outputs, inputs, parties
            Names, as for `Counts`; by default A, B, C and X, Y, Z, as many as settings have values.
        read
            Where each output stands: the name of a register or key, ``{"A": "alice", "B": "bob"}``; places in the only
            one, ``{"A": 0, "B": [1, 2]}``, of which the first listed is most significant; or ``("m", 0)``. A whole
            register is the integer that its package makes of it. By default registers that are named as the outputs,
            in upper or lower case, or a single one with a place for each output, in order: c[0], c[1], ….
        order
            Of the outputs in dictionaries of strings, from left to right, as in `from_dict`; PennyLane's is that of the
            wires.
        values
            Labels of outcomes, as in `from_dict`.
        cardinality
            Numbers of values by name. Bits have two; of qudits and longer digits nobody else says it.
        name
            Of the experiment.
        empty_settings
            Take settings that are not there, as `Counts` does.

        Returns
        -------
        Counts
            With notes.

        Raises
        ------
        CountsError
            With the setting, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> circuits = {(0, 0): {"00": 43, "11": 41}, (0, 1): {"00": 44, "01": 8}}  # as qml.counts(wires=[0, 1])
        >>> counts = rb.Counts.from_results(circuits, order="A B")
        >>> counts.notes
        ('2 × dictionary of counts (read as A B)', '4 of 8 cells were absent and taken as 0')
        >>> shots = {(0, 0): [[0, 0], [1, 0]], (0, 1): [[0, 1], [1, 1]]}  # as qml.sample(wires=[0, 1])
        >>> import numpy as np
        >>> rb.Counts.from_results({xy: np.array(table) for xy, table in shots.items()}).table[:, :, 0, 1].tolist()
        [[0, 1], [0, 1]]
        """
        cells, sizes = read_results(results, outputs, inputs, read, order, cardinality, labels=values is not None)
        found = fill_table(cells, values, 0, sizes, "the results", empty_settings=empty_settings)
        return cls._read(found, parties, name)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n}: {c}" for n, c in self.cardinality.items())
        what = self.scenario.symbol
        own = f"{f'Counts {self.name}' if self.name else 'Counts'}: {self.trials:,} trials of {what}, {sizes}"
        return "; ".join((own, *self.notes))

    def _repr_html_(self) -> str:
        return provided("Counts._repr_html_")(self)


@dataclass(frozen=True, eq=False)
class CountsFit:
    """A maximum-likelihood fit within non-signaling behaviors.

    Attributes
    ----------
    counts
        What was fitted.
    behavior
        The fit: an estimate of p (``estimated``), of exact numbers, and exactly non-signaling; its free coordinates are
        multiples of 2^−128.
    deviance
        G² = 2 Σ n ln(n / (N_setting p)), dimensionless; asymptotically χ² where no fitted
        probability is zero.
    degrees_of_freedom
        Cells − settings − dimension of the non-signaling behaviors.
    iterations
        Newton steps.
    complete
        False for the partial result that the error of a time limit carries: then a better behavior exists.

    Examples
    --------
    >>> import relaxbell as rb
    >>> fit = rb.load_counts("delft2015").fit()
    >>> round(fit.deviance, 3), fit.degrees_of_freedom, fit.behavior.is_nonsignaling()
    (2.206, 4, True)
    """

    counts: Counts
    behavior: Behavior
    deviance: float
    degrees_of_freedom: int
    iterations: int
    complete: bool = True

    @property
    def p_value(self) -> float:
        """Probability of a deviance at least this large if the truth is non-signaling."""
        return chi_squared_tail(self.deviance, self.degrees_of_freedom)

    def __repr__(self) -> str:
        kind = "Fit" if self.complete else "Incomplete fit"
        return (
            f"{kind} of {self.counts.name or 'counts'}: deviance {self.deviance:.4g} at {self.degrees_of_freedom} "
            f"degrees of freedom ({chance_text(self.p_value, 3)})"
        )
