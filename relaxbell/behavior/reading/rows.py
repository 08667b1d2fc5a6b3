"""The core that all readers of trials share: different rows, how often each came, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.reading.found import Found, check_cells
from relaxbell.behavior.reading.sizes import combination, note_constants, read_sizes
from relaxbell.behavior.reading.values import (
    ABSENT,
    MISSING,
    MOST_VALUES,
    Coding,
    Values,
    canonical,
    codings,
    label_notes,
)
from relaxbell.errors import CountsError
from relaxbell.exact.texts import counted, plain_repr

MOST_ROWS = 2**20
"""Most different rows: more have a column that is no variable, such as a time."""

_SHOWN = 5
"""How many places a message names."""

Chunks = Callable[[], Iterator[NDArray[np.integer]]]
"""Number of the different row that each trial is, in order; made anew at each call, as there may be 10^8."""


@dataclass(frozen=True)
class Rows:
    """Trials as different rows.

    Parameters
    ----------
    what
        Where they come from, in words.
    outputs, inputs
        Names of variables.
    distinct
        Canonical values of each different row, outputs then inputs.
    weights
        How often each came.
    chunks
        In which order.
    place
        What the k-th trial is called, such as "row 7" or "line 9".
    called
        What a variable is called in the data, such as "column alice".
    notes
        What is not read, in words.
    """

    what: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    distinct: Sequence[tuple[Hashable, ...]]
    weights: NDArray[np.int64]
    chunks: Chunks
    place: Callable[[int], str]
    called: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all variables: outputs, then inputs."""
        return self.outputs + self.inputs

    def first_places(self, chosen: NDArray[np.bool_], most: int = _SHOWN) -> list[str]:
        """Return what the first trials among some different rows are called."""
        found: list[int] = []
        before = 0
        for ids in self.chunks():
            found += (np.flatnonzero(chosen[ids])[: most - len(found)] + before).tolist()
            if len(found) >= most:
                break
            before += len(ids)
        return [self.place(k) for k in found]

    def where(self, k: int, name: str) -> str:
        """Return the first place of a different row, and a variable in it."""
        chosen = np.zeros(len(self.distinct), dtype=bool)
        chosen[k] = True
        return f"{self.what}, {', '.join(self.first_places(chosen, 1))}, {self.called.get(name, name)}"


@dataclass(frozen=True)
class Encoded:
    """The same rows, with values numbered.

    Parameters
    ----------
    rows
        The rows.
    codes
        One row for each different row; values from 0.
    kept
        Which of them remain.
    shape
        Number of values of each variable.
    notes
        What was done, in words.
    """

    rows: Rows
    codes: NDArray[np.int64]
    kept: NDArray[np.bool_]
    shape: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def cardinality(self) -> dict[str, int]:
        """Number of values by name."""
        return dict(zip(self.rows.names, self.shape, strict=True))

    def counts(self) -> Found:
        """Return the table of counts, and what was done to make it."""
        trials = int(self.rows.weights.sum())
        check_cells(self.shape, trials, what=f"{self.rows.what}: ", remedy=", or list them with values=")
        table = np.zeros(self.shape, dtype=np.int64)
        np.add.at(table, tuple(self.codes[self.kept].T), self.rows.weights[self.kept])
        settings = np.asarray(table.sum(axis=tuple(range(len(self.rows.outputs)))))
        never = [combination(self.rows.inputs, map(int, index)) for index in np.argwhere(settings == 0)]
        notes = list(self.notes)
        if never:
            how = "never chosen" if self.kept.all() else "no trials left"
            notes.append(f"{how}: {' and '.join(never[:3])}{' …' if len(never) > 3 else ''}")
        return Found(table, self.rows.outputs, self.rows.inputs, tuple(notes), empty_settings=True)

    def in_order(self) -> NDArray[np.integer]:
        """Return the trials that remain, in order."""
        small = self.codes.astype(np.min_scalar_type(max(0, int(self.codes.max(initial=0)))))
        found = np.empty((int(self.rows.weights[self.kept].sum()), small.shape[1]), dtype=small.dtype)
        done = 0
        for ids in self.rows.chunks():
            part = small[ids[self.kept[ids]]]
            found[done : done + len(part)] = part
            done += len(part)
        found.setflags(write=False)
        return found


def encode(rows: Rows, values: Values, missing: object, cardinality: Mapping[str, int] | None) -> Encoded:
    """Return trials with values numbered; `missing` is None, "drop", an outcome, or one by output."""
    if not len(rows.distinct):
        raise CountsError(f"{rows.what}: there are no trials, expected at least one row. Add them.")
    columns = dict(zip(rows.names, zip(*rows.distinct, strict=True), strict=True))
    seen = {name: set(column) - {ABSENT} for name, column in columns.items()}
    kinds = codings(values, rows.outputs, rows.inputs, seen)
    codes = np.empty((len(rows.distinct), len(rows.names)), dtype=np.int64)
    for k, (name, column) in enumerate(columns.items()):
        codes[:, k] = _codes(kinds[name], column, rows)
    notes = [*rows.notes, *_place_missing(rows, codes, kinds, missing)]
    kept = (codes != MISSING).all(axis=1)
    lost = int(rows.weights[~kept].sum())
    if lost:
        notes.append(
            f"{lost:,} of {counted(int(rows.weights.sum()), 'trial')} with missing values dropped, which assumes fair "
            "sampling"
        )
    if not kept.any():
        raise CountsError(
            f"{rows.what}: every one of {counted(lost, 'trial')} has a missing value, so dropping them leaves none. "
            "Give missing= an outcome that stands for them."
        )
    # a trial that is dropped still says that its settings and other outcomes exist
    present = {name: set(codes[:, k].tolist()) - {MISSING} for k, name in enumerate(rows.names)}
    shape = read_sizes(present, kinds, cardinality, rows.what)
    for name, size in zip(rows.names, shape, strict=True):
        if size > MOST_VALUES:
            raise CountsError(
                f"{rows.what}: {name} takes the value {size - 1:,}, expected less than {MOST_VALUES:,}. Number values "
                "0, 1, … without gaps."
            )
    constant: list[str] = []
    note_constants(rows.outputs, shape, cardinality, constant)
    return Encoded(rows, codes, kept, shape, (*notes, *label_notes(kinds.values()), *constant))


def _codes(kind: Coding, column: Sequence[Hashable], rows: Rows) -> list[int]:
    """Return the numbers of a column's values; of several that are none, the first in the data is named."""
    found, wrong = [], np.zeros(len(column), dtype=bool)
    for k, value in enumerate(column):
        number = kind.find(value)
        wrong[k] = number is None
        found.append(MISSING if number is None else number)
    if wrong.any():
        k = next(int(ids[hit[0]]) for ids in rows.chunks() if len(hit := np.flatnonzero(wrong[ids])))
        raise kind.refused(column[k], rows.where(k, kind.name))
    return found


def _place_missing(rows: Rows, codes: NDArray[np.int64], kinds: Mapping[str, Coding], missing: object) -> list[str]:
    """Put the outcome that stands for missing values where it is asked for, and return what was done."""
    absent = codes == MISSING
    if not absent.any() or (isinstance(missing, str) and missing == "drop"):
        return []
    stands: dict[str, object] = {}
    if isinstance(missing, Mapping):
        stands = dict(missing)
        unknown = [name for name in stands if name not in rows.outputs]
        if unknown:
            raise CountsError(
                f"missing= names {plain_repr(unknown[0])}, expected outputs: {', '.join(rows.outputs)}. A missing "
                "setting "
                'can only be dropped: missing="drop".'
            )
    elif missing is not None:
        stands = dict.fromkeys(rows.outputs, missing)
    notes = []
    for k, name in enumerate(rows.names):
        if not absent[:, k].any():
            continue
        number = int(rows.weights[absent[:, k]].sum())
        if name not in stands:
            places = rows.first_places(absent[:, k])
            more = ", …" if number > len(places) else ""
            choice = (
                'drop those trials (missing="drop"), which assumes fair sampling, or give an outcome that stands for '
                f"them, such as missing={_spare(kinds[name], rows, k)}"
                if name in rows.outputs
                else 'drop those trials: missing="drop"'
            )
            raise CountsError(
                f"{rows.what}: {counted(number, 'value')} of {rows.called.get(name, name)} "
                f"{'is' if number == 1 else 'are'} missing ({', '.join(places)}{more}), where {name} is expected in "
                f"each trial. Add what was measured; or {choice}."
            )
        where = f"missing= for {name}"
        label = canonical(stands[name])
        code = MISSING if isinstance(stands[name], bool) else kinds[name].code(label, where)
        if code == MISSING:
            raise CountsError(f"{where} is {plain_repr(stands[name])}, expected an outcome. Give a label or a number.")
        codes[absent[:, k], k] = code
        notes.append(f"{counted(number, 'missing value')} of {name} taken as {plain_repr(label)}")
    return notes


def _spare(kind: Coding, rows: Rows, k: int) -> str:
    """Return a value that may stand for missing ones, as an example."""
    if kind.codes is not None:
        return '"none" (and "none" in values=)'
    seen = [value for row in rows.distinct if isinstance(value := row[k], int)]
    return str(max(seen, default=1) + 1)
