"""Which column is which variable: by name, without regard to case, or as a mapping says."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relaxbell.behavior.names import Names, read_names
from relaxbell.errors import CountsError
from relaxbell.exact.texts import plain_repr

Columns: TypeAlias = str | Sequence[str] | Mapping[str, Hashable] | None
"""Names of variables that are names of columns too, or variable → column."""

MOST_COLUMNS = 33
"""Most columns of a table: numpy arrays have at most 64 axes, and nobody has so many settings."""

PROBABILITY = ("p", "probability", "prob")
"""Names of the column of probabilities, where none is given."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]*)?")
_OUTPUT, _INPUT = re.compile(r"[ABC]|A[0-9]+"), re.compile(r"[XYZ]|X[0-9]+")


@dataclass(frozen=True)
class Roles:
    """Which columns hold the variables.

    Parameters
    ----------
    outputs, inputs
        Names of the variables.
    places
        Place of the column of each, outputs then inputs.
    rest
        Places of the other columns: those that are not read, and the counts. One without a name numbers the rows.
    """

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    places: tuple[int, ...]
    rest: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of all variables: outputs, then inputs."""
        return self.outputs + self.inputs

    def called(self, header: Sequence[Hashable]) -> dict[str, str]:
        """Return what each variable is called in the data."""
        return {name: f"column {header[i]}" for name, i in zip(self.names, self.places, strict=True)}


def variables_of(columns: Columns, what: str) -> tuple[tuple[str, ...], tuple[Hashable, ...]] | None:
    """Return names of variables and of their columns; None if neither is given.

    Examples
    --------
    >>> variables_of({"A": "alice outcome"}, "outputs"), variables_of("A B", "outputs")
    ((('A',), ('alice outcome',)), (('A', 'B'), ('A', 'B')))
    """
    if columns is None:
        return None
    if isinstance(columns, Mapping):
        return read_names(tuple(columns), what, CountsError), tuple(columns.values())
    names = read_names(columns, what, CountsError)
    return names, names


def find_roles(what: str, header: Sequence[Hashable], outputs: Columns, inputs: Columns, count: str | None) -> Roles:
    """Return which columns are which variables; raise CountsError where a column is missing or unknown.

    Parameters
    ----------
    what
        Name of the file or frame.
    header
        Names of all columns.
    outputs, inputs
        As given; by default the columns called A, B, C, A1, … and X, Y, Z, X1, ….
    count
        Name of the column of counts; None for rows that are trials, of which columns that are not named may be left.

    Examples
    --------
    >>> roles = find_roles("mine.csv", ["x", "a", "count"], None, None, "count")
    >>> roles.outputs, roles.inputs, roles.places, roles.rest
    (('A',), ('X',), (1, 0), (2,))
    """
    shown, titles = shown_header(header), [str(label).strip() for label in header]
    _check_header(what, titles, count, shown)
    variables = [title.upper() for title in titles if count is None or title.lower() != count.lower()]
    given = variables_of(outputs, "outputs"), variables_of(inputs, "inputs")
    named = {name.upper() for pair in given if pair is not None for part in pair for name in map(str, part)}
    free = [name for name in variables if name not in named]  # a column that is named an output is no input
    out, out_columns = given[0] or (own := _default(free, _OUTPUT), own)
    ins, in_columns = given[1] or (own := _default(free, _INPUT), own)
    read_names(out + ins, "outputs and inputs together", CountsError)
    folded = {name.lower() for name in out + ins}
    if len(folded) < len(out + ins):
        raise CountsError(f"{what}: the names {', '.join(out + ins)} differ only by case. Columns ignore case.")
    wanted = out_columns + in_columns
    found = [_place(column, header, titles) for column in wanted]
    missing = [str(column) for column, place in zip(wanted, found, strict=True) if place is None]
    if missing:
        raise CountsError(
            f"{what}: no column for {', '.join(missing)} in the header ({shown}). Add it, or correct the name; a "
            "column "
            'of another name is given as a mapping, outputs={"A": "alice outcome"}.'
        )
    places = tuple(place for place in found if place is not None)
    twice = [wanted[i] for i, place in enumerate(places) if place in places[:i]]
    if twice:
        raise CountsError(f"{what}: the column {twice[0]!r} is named for two variables. Give each its own.")
    rest = tuple(i for i in range(len(header)) if i not in places)
    known = () if count is None else (count.lower(),)
    unknown = [
        titles[i] for i in rest if titles[i].lower() not in known and titles[i]
    ]  # without a name: numbers of rows
    both = given[0] is not None and given[1] is not None
    if unknown and not (count is None and both):
        raise CountsError(
            f"{what}: unknown column {unknown[0][:30]!r} in the header ({shown}). {_of_probabilities(unknown)}"
            f"{_remedy((given[0] is not None, given[1] is not None), count)}"
        )
    if not out:
        raise CountsError(
            f"{what}: no column for an output in the header ({shown}). Add it, or name it with outputs= (--outputs)."
        )
    return Roles(out, ins, places, rest)


def shown_header(header: Sequence[Hashable]) -> str:
    """Return names of columns for a message."""
    return ", ".join(str(label).strip()[:30] for label in header[:8]) + (", …" if len(header) > 8 else "")


def has_output(header: Sequence[Hashable], outputs: Columns) -> bool:
    """Return whether a column is an output: one of those named, or of the usual names."""
    given = variables_of(outputs, "outputs")
    titles = [str(label).strip() for label in header]
    if given is not None:
        return any(_place(column, header, titles) is not None for column in given[1])
    return bool(_default([title.upper() for title in titles], _OUTPUT))


def usual_inputs(header: Sequence[Hashable]) -> tuple[str, ...]:
    """Return the columns with the usual names of inputs."""
    return _default([str(label).strip().upper() for label in header], _INPUT)


def looks_like_a_variable(title: str) -> bool:
    """Return whether this is one of the usual names."""
    return bool(_OUTPUT.fullmatch(title.upper()) or _INPUT.fullmatch(title.upper()))


def _default(variables: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(sorted((v for v in variables if pattern.fullmatch(v)), key=lambda name: (name[0], int(name[1:] or 0))))


def _place(column: Hashable, header: Sequence[Hashable], titles: Sequence[str]) -> int | None:
    """Return where a column is: the one of just this name, else the only one but for case."""
    exact = [i for i, label in enumerate(header) if label == column or titles[i] == column]
    if exact:
        return exact[0]
    folded = [i for i, title in enumerate(titles) if title.lower() == str(column).strip().lower()]
    return folded[0] if len(folded) == 1 else None


def _check_header(what: str, titles: Sequence[str], count: str | None, shown: str) -> None:
    example = "x,y,a,b" if count is None else "x,y,a,b,count"
    if len(titles) > MOST_COLUMNS and count is not None:
        raise CountsError(
            f"{what}: {len(titles):,} columns, expected at most {MOST_COLUMNS}. Is this a table of counts?"
        )
    check_names(what, titles, example)
    repeated = [title for i, title in enumerate(titles) if title and title.lower() in [t.lower() for t in titles[:i]]]
    if repeated:
        raise CountsError(f"{what}: the column {repeated[0][:30]!r} appears twice. Give each variable one column.")
    if count is None and "count" in [title.lower() for title in titles]:
        raise CountsError(
            f"{what}: a column 'count' in the header ({shown}), expected one row for each trial, in order. Read "
            "tables of counts with load_counts."
        )
    if count is not None and count.lower() not in [title.lower() for title in titles]:
        raise CountsError(
            f"{what}: no column {count!r} in the header ({shown}). Expected, for example, {example}. Give count= the "
            "name of a column of counts; or name the outcomes of trials with outputs= (--outputs), and read them with "
            "load_counts, Counts.from_trials or Trials.read_csv."
        )


def check_names(what: str, header: Sequence[Hashable], example: str) -> None:
    """Raise CountsError if what should be names of columns are numbers."""
    if header and all(_NUMBER.fullmatch(str(title).strip()) for title in header):
        raise CountsError(
            f"{what}: the first line holds numbers ({shown_header(header)}), expected a header such as {example}. Add "
            "it; columns without names are read from an array, by Counts.from_trials(array), such as that of "
            "numpy.loadtxt."
        )


def _of_probabilities(unknown: Sequence[str]) -> str:
    """Return who reads probabilities, where one of the unknown columns is named so."""
    own = next((title for title in unknown if title.lower() in PROBABILITY), None)
    return "" if own is None else f"If {own!r} are probabilities, not counts, read the file with Behavior.read_csv. "


def _remedy(given: tuple[bool, bool], count: str | None) -> str:
    """Return what to do about an unknown column: outputs and inputs may have been named."""
    if given == (True, False):
        return "Is it a setting? Name those with inputs= (--inputs) too, if they are not x, y, z."
    if given == (False, True):
        return "Is it an outcome? Name those with outputs= (--outputs) too, if they are not a, b, c."
    rows = (
        " There is no column 'count', so each row is a trial: give count= the name of a column of counts, and name "
        "both outputs and inputs where other columns are not to be read."
        if count is None
        else ""
    )
    return (
        "Expected variables such as a, b, x, y; name others with outputs= and inputs= (--outputs, --inputs), or "
        f"remove the column.{rows}"
    )


def unread(places: Sequence[int], header: Sequence[Hashable]) -> list[str]:
    """Return the note on columns that are not read, if there are any.

    Examples
    --------
    >>> unread([0, 2], ["", "x", "time"]), unread([], ["x"])
    (['not read: columns (without a name), time'], [])
    """
    if not places:
        return []
    names = [str(header[i]).strip() or "(without a name)" for i in places]
    return [f"not read: column{'s' * (len(names) > 1)} {shown_header(names)}"]


def names_only(what: str, columns: Columns) -> Names:
    """Return names of variables whose columns have none; raise CountsError where columns are named by a mapping."""
    if isinstance(columns, Mapping):
        raise CountsError(
            f"{what} have columns without names, but outputs= or inputs= is {plain_repr(dict(columns))}. Expected "
            "names "
            'of variables in the order of the columns, such as outputs=("A", "B").'
        )
    return columns
