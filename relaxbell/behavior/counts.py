"""`Counts`: how often each outcome was seen, and the non-signaling behavior that explains it best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from importlib.resources import as_file, files
from numbers import Real
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.axis_order import check_axis_order, order_hint
from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts_csv import read_csv_table
from relaxbell.behavior.likelihood import maximum_likelihood
from relaxbell.behavior.names import read_names, read_parties
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import CountsError
from relaxbell.exact.arrays import axis_names, complete_table
from relaxbell.exact.numbers import Exact
from relaxbell.frozen import Frozen
from relaxbell.lp.clock import TimeLimitError, deadline, time_is_over
from relaxbell.methods import provided

_DATA = files("relaxbell.behavior") / "data"


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

    Raises
    ------
    CountsError
        For masked, negative, fractional or non-finite counts, a shape or names of axes that do not fit, a setting
        without trials, or axes that are not named and look like x, y, a, b.

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
    ) -> None:
        named = (outputs, inputs, parties) != (None, None, None) or axis_names(table) is not None
        self.outputs = read_names(("A", "B") if outputs is None else outputs, "outputs", CountsError)
        self.inputs = read_names(("X", "Y") if inputs is None else inputs, "inputs", CountsError)
        read_names(self.outputs + self.inputs, "outputs and inputs together", CountsError)
        self.table: NDArray[np.int64] = _whole(table, self.variables)
        if self.table.ndim != len(self.variables):
            raise CountsError(
                f"the table has {self.table.ndim} axes (shape {self.table.shape}), expected {len(self.variables)}: "
                f"outputs {', '.join(self.outputs)}, then inputs {', '.join(self.inputs)}."
            )
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self.name = name
        for index, total in np.ndenumerate(self.settings):
            if total == 0:
                setting = ", ".join(f"{n}={v}" for n, v in zip(self.inputs, index, strict=True))
                place = f" with {setting}" if setting else ""
                hint = "" if named else order_hint(self.table)
                raise CountsError(f"no trials{place}. Remove this setting or add its counts.{hint}")
        if not named:
            check_axis_order(self.table)
        self._seal()

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
        """Raw relative frequencies, estimates as exact numbers; they signal a little, by finite statistics."""
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
        SolverError
            If the precision does not suffice, or the time: then its ``partial`` is a `Fit` that is not complete, whose
            deviance is an upper bound of the least one.
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

    @classmethod
    def read_csv(
        cls,
        path: str | Path,
        *,
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
    ) -> Counts:
        """Read a tidy CSV: one row for each combination of values, with its number of trials.

        Parameters
        ----------
        path
            A UTF-8 file of at most 4 MiB. Columns are variables, matched to names without regard to
            case, and ``count``. Values are 0, 1, …; every combination has a row, zero counts too.
        outputs, inputs
            Names; by default the columns among A, B, C, A1, A2, … are outputs, those among X, Y, Z, X1, …
            inputs.

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
        table, out, ins = read_csv_table(path, outputs, inputs)
        return cls(table, out, ins, name=path.stem)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n}: {c}" for n, c in self.cardinality.items())
        what = self.scenario.symbol
        return f"Counts {self.name or ''}: {self.trials:,} trials of {what}, {sizes}"

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
        import flint  # loaded by the fit; scipy.special takes a tenth of the time of `relaxbell quantify` to load

        if not self.degrees_of_freedom:
            return 1.0
        with flint.ctx.workprec(256):  # small ones are differences
            half = flint.arb(self.degrees_of_freedom) / 2
            return float(flint.arb(self.deviance / 2).gamma_upper(half, regularized=1))

    def __repr__(self) -> str:
        kind = "Fit" if self.complete else "Incomplete fit"
        return (
            f"{kind} of {self.counts.name or 'counts'}: deviance {self.deviance:.4g} at {self.degrees_of_freedom} "
            f"degrees of freedom (p = {self.p_value:.3g})"
        )


def data_sets() -> tuple[str, ...]:
    """Return the names of the shipped data sets.

    Sources: Hensen et al., doi:10.1038/nature15759; Shalm et al., doi:10.1103/PhysRevLett.115.250402; Giustina et al.,
    doi:10.1103/PhysRevLett.115.250401.

    Returns
    -------
    tuple of str
        Sorted; for `load_counts` and ``relaxbell quantify``.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.data_sets()
    ('delft2015', 'nist2015', 'vienna2015')
    """
    return tuple(sorted(item.name.removesuffix(".csv") for item in _DATA.iterdir() if item.name.endswith(".csv")))


def load_counts(source: str | Path) -> Counts:
    """Return the counts of a shipped data set, by name, or of a CSV file, by path.

    Sources of the data: Hensen et al., Nature 526, 682 (2015), doi:10.1038/nature15759; Shalm et al., PRL 115, 250402
    (2015), doi:10.1103/PhysRevLett.115.250402; Giustina et al., PRL 115, 250401 (2015),
    doi:10.1103/PhysRevLett.115.250401.

    Parameters
    ----------
    source
        One of `data_sets`, or a path; the format is that of `Counts.read_csv`.

    Returns
    -------
    Counts
        Axes of the table: outputs, then inputs; entries are numbers of trials.

    Raises
    ------
    CountsError
        If there is neither such a data set nor such a file, or the file cannot be read.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.load_counts("delft2015").trials
    245
    """
    if str(source) in data_sets():
        with as_file(_DATA / f"{source}.csv") as path:
            return Counts.read_csv(path)
    try:
        exists = Path(source).is_file()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        exists = False
    if not exists:
        raise CountsError(
            f"{str(source)[:80]!r} is neither a file nor a shipped data set. Expected one of {', '.join(data_sets())}, "
            "or the path of a CSV file."
        )
    return Counts.read_csv(source)


def _whole(table: object, axes: Sequence[str]) -> NDArray[np.int64]:
    remedy = "Expected whole numbers of trials."
    complete = complete_table(table, "the table", CountsError, axes)
    try:
        array = np.asarray(complete)
        if array.dtype.kind not in "iuf" and not all(
            isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in array.ravel().tolist()
        ):
            raise TypeError("an entry is not a real number")
        floats = array.astype(np.float64)
    except (TypeError, ValueError):
        raise CountsError(f"the table is not a rectangular array of numbers. {remedy}") from None
    except OverflowError:
        raise CountsError("a count is too large. Expected at most 2^62 trials in all.") from None
    if not array.size:
        raise CountsError(f"the table is empty. {remedy}")
    for what, bad in (
        ("not finite", ~np.isfinite(floats)),
        ("negative", floats < 0),
        ("fractional", np.where(np.isfinite(floats), floats, 0) % 1 != 0),
    ):
        if bad.any():
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            raise CountsError(
                f"count {list(index)} is {floats[index]:g}, which is {what}. Expected a whole number ≥ 0."
            )
    total = sum(int(v) for v in array.ravel().tolist())
    if total > 2**62:
        raise CountsError(f"{total:.3g} trials are too many. Expected at most 2^62.")
    whole = np.array(array, dtype=np.int64)
    whole.setflags(write=False)
    return whole
