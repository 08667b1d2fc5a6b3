"""Counts drawn at random: trials of a design, resamples of counts, and approximate standard errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, plain_repr

MOST = 2**62
"""Most trials of a table."""


class Resampled(Protocol):
    """What a bootstrap asks of counts."""

    table: NDArray[np.int64]
    name: str | None

    def with_table(self, table: ArrayLike) -> Self:
        """Return counts of the same variables."""


C = TypeVar("C", bound=Resampled)
"""Counts."""


def generator(seed: object) -> np.random.Generator:
    """Return numpy's generator of a seed, or the generator that was given; CountsError for anything else.

    Examples
    --------
    >>> int(generator(7).integers(100)) == int(generator(7).integers(100))
    True
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise CountsError(
            f"the seed is {plain_repr(seed)}, expected an integer ≥ 0 or a numpy Generator. Give one, so that others "
            "draw the same."
        )
    return np.random.default_rng(int(seed))


def whole_number(value: object, what: str, least: int, most: int = MOST) -> int:
    """Return an integer in a range, or raise CountsError.

    Examples
    --------
    >>> whole_number(5, "trials", 1)
    5
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise CountsError(
            f"{what} is {plain_repr(value)}, expected an integer from {least} to {most:,}. Give a number."
        )
    return int(value)


def draw_settings(design: NDArray[np.float64], trials: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return numbers of trials of each setting, multinomial.

    Examples
    --------
    >>> draw_settings(np.array([[0.0, 1.0]]), 9, generator(0)).tolist()
    [[0, 9]]
    """
    return np.asarray(rng.multinomial(trials, design.ravel() / design.sum()), dtype=np.int64).reshape(design.shape)


def draw_outcomes(
    weights: NDArray[np.float64], settings: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return counts, outputs first: for each setting a multinomial draw of its trials, by weights ≥ 0 of outcomes.

    Examples
    --------
    >>> draw_outcomes(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([3, 4]), generator(0)).tolist()
    [[3, 0], [0, 4]]
    """
    rows = weights.reshape(-1, settings.size).T
    totals = rows.sum(axis=1, keepdims=True)
    chances = np.where(totals > 0, rows / np.where(totals > 0, totals, 1.0), 1.0 / rows.shape[1])
    drawn = [rng.multinomial(int(n), p) for n, p in zip(settings.ravel(), chances, strict=True)]
    return np.ascontiguousarray(np.asarray(drawn, dtype=np.int64).T).reshape(weights.shape)


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """Approximate standard errors of numbers that were computed from counts.

    Attributes
    ----------
    value
        Of the counts themselves: an array, of no axes for one number.
    error
        Standard deviation over the resamples, of the same shape.
    values
        Of the resamples, which are the first axis.
    method
        What was resampled, in words.

    Examples
    --------
    >>> import relaxbell as rb
    >>> counts = rb.Counts([60, 40], "A", "", name="coin")
    >>> counts.bootstrap(100, 1).errors(lambda counts: counts.frequencies.p[0])
    0.6 ± 0.046 (approximate: 100 nonparametric resamples)
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    values: NDArray[np.float64]
    method: str

    def interval(self, *, confidence: float = 0.95) -> NDArray[np.float64]:
        """Return the central interval of the resamples' values (percentiles): approximate, no confidence limit.

        A minimum that is zero for many resamples has a skew distribution; `error` then says less than this.

        Parameters
        ----------
        confidence
            Share of the resamples inside.

        Returns
        -------
        array
            Lower and upper ends, the first axis.

        Raises
        ------
        CountsError
            Unless the confidence is between 0 and 1.

        Examples
        --------
        >>> import relaxbell as rb
        >>> counts = rb.Counts([60, 40], "A", "")
        >>> errors = counts.bootstrap(100, 1).errors(lambda counts: counts.frequencies.p[0])
        >>> low, high = errors.interval(confidence=0.9)
        >>> bool(0.5 < low < 0.6 < high < 0.7)
        True
        """
        if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
            raise CountsError(
                f"confidence is {plain_repr(confidence)}, expected a number between 0 and 1, such as 0.95."
            )
        rest = (1 - confidence) / 2
        return np.asarray(np.quantile(self.values, [rest, 1 - rest], axis=0))

    def __repr__(self) -> str:
        shown = [f"{v:.6g} ± {e:.2g}" for v, e in zip(self.value.ravel(), self.error.ravel(), strict=True)]
        more = f", … ({len(shown)} in all)" if len(shown) > 8 else ""
        return f"{', '.join(shown[:8])}{more} (approximate: {self.method})"


@dataclass(frozen=True, eq=False)
class Bootstrap(Generic[C]):
    """Resamples of counts; `Counts.bootstrap` makes it. The k-th one is ``bootstrap[k]``, counts like the others.

    Attributes
    ----------
    counts
        What was resampled.
    tables
        Of the resamples, which are the first axis; read-only.
    parametric
        Whether outcomes were drawn from the fit; otherwise from the observed frequencies.

    Examples
    --------
    >>> import relaxbell as rb
    >>> resamples = rb.load_counts("delft2015").bootstrap(3, 20)
    >>> [counts.trials for counts in resamples], resamples
    ([245, 245, 245], Bootstrap of delft2015: 3 nonparametric resamples)
    """

    counts: C
    tables: NDArray[np.int64]
    parametric: bool

    @property
    def method(self) -> str:
        """How many resamples of which kind."""
        return f"{len(self)} {'parametric' if self.parametric else 'nonparametric'} resamples"

    def __len__(self) -> int:
        return len(self.tables)

    def __getitem__(self, k: int) -> C:
        return self.counts.with_table(self.tables[k])

    def __iter__(self) -> Iterator[C]:
        return (self.counts.with_table(table) for table in self.tables)

    def errors(self, statistic: Callable[[C], ArrayLike]) -> StandardErrors:
        """Return approximate standard errors of numbers computed from counts, such as fitted minima.

        They are standard deviations over the resamples, for independent trials; no bound follows from them. Near zero,
        where a minimum cannot fall below, they are too small.

        Parameters
        ----------
        statistic
            Takes counts, returns a number or an array of numbers, always of the same shape. What it raises is raised,
            with a note that says for which resample.

        Returns
        -------
        StandardErrors
            With the statistic of the counts themselves.

        Raises
        ------
        CountsError
            If there are fewer than two resamples, or the statistic returns other numbers than finite ones, or another
            shape.

        Examples
        --------
        >>> import relaxbell as rb
        >>> signaling = rb.influence(rb.input_signaling(), "X", "B")
        >>> counts = rb.load_counts("delft2015")
        >>> found = counts.bootstrap(20, 3).errors(lambda counts: rb.minimize(signaling, counts.fit().behavior).value)
        >>> round(float(found.value), 9), bool(0.02 < found.error < 0.1)
        (0.108463057, True)
        """
        if len(self) < 2:
            raise CountsError(f"{self.method}: a spread needs 2 or more, found {len(self)}. Draw more.")
        value = _numbers(statistic(self.counts), "the counts", None)
        values = np.empty((len(self), *value.shape))
        for k, counts in enumerate(self):
            try:
                values[k] = _numbers(statistic(counts), f"resample {k}", value.shape)
            except Exception as error:
                error.add_note(f"in resample {k} of {len(self)} of {self.counts.name or 'counts'}")
                raise
        return StandardErrors(value, np.asarray(values.std(axis=0, ddof=1)), values, self.method)

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {self.counts.name or 'counts'}: {self.method}"


def _numbers(found: ArrayLike, where: str, shape: tuple[int, ...] | None) -> NDArray[np.float64]:
    try:
        array = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise CountsError(
            f"the statistic of {where} is {a_kind(found)}, expected a number or numbers. Return floats."
        ) from None
    if shape is not None and array.shape != shape:
        raise CountsError(f"the statistic of {where} has shape {array.shape}, expected {shape}, as of the counts.")
    if not np.isfinite(array).all():
        raise CountsError(f"the statistic of {where} is not finite, expected numbers. Look at it by itself.")
    return array
