"""`Trials`: settings and outcomes in the order in which they came, for what learns before it tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.counts import Counts
from relaxbell.behavior.names import read_parties, read_variables
from relaxbell.behavior.reading.found import check_cells
from relaxbell.behavior.reading.roles import Columns
from relaxbell.behavior.reading.rows import Rows, encode
from relaxbell.behavior.reading.sequences import read_trials
from relaxbell.behavior.reading.sources import npy_rows
from relaxbell.behavior.reading.trials_file import read_trials_file
from relaxbell.behavior.reading.values import MOST_VALUES, Values
from relaxbell.behavior.resampling import whole_number
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.whole_table import whole_rows
from relaxbell.errors import CountsError
from relaxbell.exact.texts import plain_repr
from relaxbell.frozen import Frozen, FrozenMapping


class Trials(Frozen):
    """Trials in order: one row each, with its outcomes and settings.

    A test that may be stopped at will, or is trained on earlier trials, needs their order; tables of counts have none.

    Parameters
    ----------
    rows
        Whole numbers 0, 1, …, one row for each trial; columns are outputs, then inputs, as the axes of `Counts`.
    outputs, inputs, parties
        Names as in `Counts`; by default A, B and X, Y.
    cardinality
        Numbers of values by name; by default one more than the largest value that was seen.
    name
        Of the experiment.
    notes
        What was done to the data before they came here, in words; they are shown with the trials.

    Attributes
    ----------
    rows
        Read-only.
    cardinality
        Number of values of each variable.

    Raises
    ------
    CountsError
        If the rows are no table of whole numbers, or a value is out of range.

    Examples
    --------
    >>> import relaxbell as rb
    >>> trials = rb.Trials([[0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 0, 1]])
    >>> trials
    Trials: 3 trials in order of p(A,B|X,Y), A: 2, B: 2, X: 2, Y: 2
    >>> trials[1:].counts().trials
    2
    """

    def __init__(
        self,
        rows: ArrayLike,
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
        *,
        cardinality: Mapping[str, int] | None = None,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.outputs, self.inputs = read_variables(outputs, inputs, CountsError)
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self.name, self.notes = name, (notes,) if isinstance(notes, str) else tuple(notes)
        self.rows = whole_rows(rows, self.variables)
        self.cardinality: Mapping[str, int] = self._read_cardinality(cardinality)
        self._seal()

    def _read_cardinality(self, given: Mapping[str, int] | None) -> FrozenMapping[int]:
        largest = dict(zip(self.variables, self.rows.max(axis=0).tolist(), strict=True))
        seen = {name: value + 1 for name, value in largest.items()}
        sizes = seen if given is None else _sizes(given, self.variables)
        for k, name in enumerate(self.variables):
            if largest[name] >= sizes[name]:
                row = int(np.argmax(self.rows[:, k]))
                raise CountsError(
                    f"trial {row} has {name} = {largest[name]}, expected 0 … {sizes[name] - 1}. Correct the trial or "
                    "the cardinality."
                )
        return FrozenMapping(sizes)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all columns: outputs, then inputs."""
        return self.outputs + self.inputs

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, tuple(self.cardinality.values()), self.parties)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> Trials:
        """Return consecutive trials; the numbers of values stay."""
        if not isinstance(part, slice) or part.step not in (None, 1):
            raise CountsError(
                f"trials[{plain_repr(part)}]: expected consecutive trials, trials[first:last]. For one trial, look at "
                "trials.rows."
            )
        if not len(chosen := self.rows[part]):
            raise CountsError(
                f"trials[{part.start}:{part.stop}] holds none of the {len(self):,} trials, expected at least one."
            )
        return Trials(
            chosen,
            self.outputs,
            self.inputs,
            cardinality=self.cardinality,
            parties=self.parties,
            name=self.name,
            notes=self.notes,
        )

    def counts(self) -> Counts:
        """Return how often each outcome was seen for each setting.

        Returns
        -------
        Counts
            Settings without trials are possible; then there are no frequencies and no fit.

        Raises
        ------
        CountsError
            If there are more combinations of values than trials could ever fill.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Trials([[0, 0], [0, 1], [1, 1], [0, 0]], "A", "X").counts().table.tolist()
        [[2, 1], [0, 1]]
        """
        shape = tuple(self.cardinality.values())
        check_cells(shape, len(self))
        flat = np.ravel_multi_index(tuple(self.rows.T.astype(np.int64)), shape)
        table = np.bincount(flat, minlength=math.prod(shape)).reshape(shape)
        return Counts(
            table,
            self.outputs,
            self.inputs,
            parties=self.parties,
            name=self.name,
            empty_settings=True,
            notes=self.notes,
        )

    def block(self, k: int, *, of: int) -> Trials:
        """Return the k-th of several blocks of consecutive trials, as equal as possible (the first ones longer by one).

        Parameters
        ----------
        k
            From 0.
        of
            How many blocks there are.

        Returns
        -------
        Trials
            In order. What a test of block k is trained on is ``trials[: trials.start(k, of=of)]``.

        Raises
        ------
        CountsError
            If there is no such block, or there are more blocks than trials.

        Examples
        --------
        >>> import relaxbell as rb
        >>> trials = rb.Trials([[k % 2, 0] for k in range(10)], "A", "X")
        >>> [len(trials.block(k, of=3)) for k in range(3)]
        [4, 3, 3]
        """
        start = self.start(k, of=of)
        return self[start : self.start(k + 1, of=of) if k + 1 < of else len(self)]

    def start(self, k: int, *, of: int) -> int:
        """Return the number of trials before the k-th of several blocks; see `block`.

        Parameters
        ----------
        k
            From 0.
        of
            How many blocks there are.

        Returns
        -------
        int
            0 for the first block.

        Raises
        ------
        CountsError
            If there is no such block, or there are more blocks than trials.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Trials([[k % 2, 0] for k in range(10)], "A", "X").start(1, of=3)
        4
        """
        blocks = whole_number(of, "the number of blocks", 1, len(self))
        place = whole_number(k, "the block", 0, blocks - 1)
        each, longer = divmod(len(self), blocks)
        return place * each + min(place, longer)

    def split(self, *, training: int | float | Fraction = Fraction(1, 2)) -> tuple[Trials, Trials]:
        """Return the first trials, to train on, and the others, to test: in order, so also for devices with memory.

        Parameters
        ----------
        training
            How many trials, or which share of them between 0 and 1, rounded down.

        Returns
        -------
        training, test
            None of them is empty.

        Raises
        ------
        CountsError
            If nothing would be left for one of them.

        Examples
        --------
        >>> import relaxbell as rb
        >>> training, test = rb.Trials([[k % 2, 0] for k in range(10)], "A", "X").split(training=0.3)
        >>> len(training), len(test)
        (3, 7)
        """
        size: object = training
        if isinstance(training, float | Fraction) and 0 < training < 1:
            size = int(Fraction(str(training)) * len(self))  # a float means the decimals that print it
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or not 0 < size < len(self):
            raise CountsError(
                f"training is {plain_repr(training)} of {len(self):,} trials, expected a whole number from 1 to "
                f"{len(self) - 1:,} or a share between 0 and 1 that leaves trials for both."
            )
        return self[: int(size)], self[int(size) :]

    @classmethod
    def from_rows(
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
    ) -> Trials:
        """Return the trials of an array, a frame of any kind, or an iterable of rows or of mappings, in order.

        Parameters
        ----------
        rows
            One for each trial, as for `Counts.from_trials`.
        outputs, inputs, values, missing, cardinality
            As for `Counts.from_trials`.
        parties, name
            As for `Trials`.

        Returns
        -------
        Trials
            Its `notes` say what was not read, dropped or replaced.

        Raises
        ------
        CountsError
            With the row, from 0, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> trials = rb.Trials.from_rows([{"a": "+", "x": 1}, {"a": "-", "x": 0}], values="+-")
        >>> trials.rows.tolist(), trials.cardinality
        ([[0, 1], [1, 0]], {'A': 2, 'X': 2})
        """
        return cls._read(read_trials(rows, outputs, inputs), values, missing, cardinality, parties, name)

    @classmethod
    def _read(
        cls,
        rows: Rows,
        values: Values,
        missing: object,
        cardinality: Mapping[str, int] | None,
        parties: Mapping[str, str | None] | None,
        name: str | None,
    ) -> Trials:
        """Return what a reader found."""
        found = encode(rows, values, missing, cardinality)
        return cls(
            found.in_order(),
            rows.outputs,
            rows.inputs,
            cardinality=found.cardinality,
            parties=parties,
            name=name,
            notes=found.notes,
        )

    @classmethod
    def read_csv(
        cls,
        path: str | Path,
        *,
        outputs: Columns = None,
        inputs: Columns = None,
        values: Values = None,
        missing: object = None,
        parties: Mapping[str, str | None] | None = None,
        cardinality: Mapping[str, int] | None = None,
    ) -> Trials:
        """Read a file with one row for each trial, in order.

        Parameters
        ----------
        path
            UTF-8, of any length, also compressed by gzip; or the array of a ``.npy``. Columns are variables, matched to
            names without regard to case, and separated by commas, semicolons, tabs or bars. A bar shows the progress of
            large files on a terminal.
        outputs, inputs, values, missing, cardinality
            As for `Counts.from_trials`.
        parties
            As for `Trials`.

        Returns
        -------
        Trials
            Named after the file. Its `notes` say what was not read, dropped or replaced.

        Raises
        ------
        CountsError
            With the line number, what was found, what was expected, and the remedy.

        Examples
        --------
        >>> import relaxbell as rb
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.csv"
        >>> _ = path.write_text(chr(10).join(["x,y,a,b", "0,1,0,0", "1,1,0,1", "0,0,1,1"]))
        >>> rb.Trials.read_csv(path)
        Trials mine: 3 trials in order of p(A,B|X,Y), A: 2, B: 2, X: 2, Y: 2
        """
        path = Path(path)
        read = npy_rows if path.suffix.lower() == ".npy" else read_trials_file
        return cls._read(read(path, outputs, inputs), values, missing, cardinality, parties, path.stem)

    @classmethod
    def from_cells(
        cls,
        cells: ArrayLike,
        outputs: str | Sequence[str] | None = None,
        inputs: str | Sequence[str] | None = None,
        *,
        cardinality: Mapping[str, int],
    ) -> Trials:
        """Return trials that are given by the places of their cells in a flattened table of counts.

        Parameters
        ----------
        cells
            Whole numbers: ``table.ravel()[cell]``, axes are outputs, then inputs.
        outputs, inputs
            Names as in `Counts`.
        cardinality
            Numbers of values by name.

        Returns
        -------
        Trials
            In the same order.

        Raises
        ------
        CountsError
            If a cell is out of range, or the cardinality is incomplete.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Trials.from_cells([3, 0, 5], "A", "X", cardinality={"A": 3, "X": 2}).rows.tolist()
        [[1, 1], [0, 0], [2, 1]]
        """
        out, ins = read_variables(outputs, inputs, CountsError)
        shape = tuple(_sizes(cardinality, out + ins).values())
        flat = whole_rows(np.reshape(np.asarray(cells), (-1, 1)), ("the cell",))[:, 0].astype(np.int64)
        most = math.prod(shape)
        if flat.max() >= most:
            raise CountsError(
                f"trial {int(np.argmax(flat))} is in cell {int(flat.max())}, expected 0 … {most - 1}: the table has "
                f"{' · '.join(map(str, shape))} cells. Correct the cell or the cardinality."
            )
        return cls(np.stack(np.unravel_index(flat, shape), axis=1), out, ins, cardinality=cardinality)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n}: {c}" for n, c in self.cardinality.items())
        own = f"Trials {self.name}" if self.name else "Trials"
        return "; ".join((f"{own}: {len(self):,} trials in order of {self.scenario.symbol}, {sizes}", *self.notes))


def _sizes(cardinality: object, names: Sequence[str]) -> dict[str, int]:
    """Return how many values each variable has; all must be given."""
    if not isinstance(cardinality, Mapping) or set(cardinality) != set(names):
        raise CountsError(
            f"cardinality is {plain_repr(cardinality)}, expected a number for each of {', '.join(names)}: "
            '{"A": 2, …}.'
        )
    return {n: whole_number(cardinality[n], f"cardinality of {n}", 1, MOST_VALUES) for n in names}
