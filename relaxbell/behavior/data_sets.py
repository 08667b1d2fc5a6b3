"""The published counts that ship with the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from relaxbell.behavior.counts import Counts
from relaxbell.behavior.games import published
from relaxbell.behavior.reading.frames import as_frame
from relaxbell.behavior.reading.probabilities import has_probabilities
from relaxbell.behavior.reading.roles import Columns
from relaxbell.behavior.reading.sources import Layout, read_frame, read_path
from relaxbell.behavior.reading.values import Values
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind

_DATA = files("relaxbell.behavior") / "data"


def data_sets() -> tuple[str, ...]:
    """Return the names of the shipped data sets.

    Bell tests are ``delft2015`` (Hensen et al., doi:10.1038/nature15759), ``nist2015`` (Shalm et al.,
    doi:10.1103/PhysRevLett.115.250402), ``vienna2015`` (Giustina et al., doi:10.1103/PhysRevLett.115.250401),
    ``weihs1998`` (Weihs et al., doi:10.1103/PhysRevLett.81.5039, post-selected coincidences, and it signals) and
    ``ibm_hanoi_5_8`` (a pair of superconducting qubits, data of arXiv:2503.18949). ``vitamin_a`` is a trial with an
    instrument (Balke and Pearl, doi:10.1080/01621459.1997.10474074): no Bell scenario, and it needs no fit.

    Returns
    -------
    tuple of str
        Sorted; for `load_counts` and, the Bell tests, ``relaxbell quantify``.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.data_sets()
    ('delft2015', 'ibm_hanoi_5_8', 'nist2015', 'vienna2015', 'vitamin_a', 'weihs1998')
    """
    return tuple(sorted(item.name.removesuffix(".csv") for item in _DATA.iterdir() if item.name.endswith(".csv")))


def load_counts(
    source: object,
    *,
    outputs: Columns = None,
    inputs: Columns = None,
    count: str = "count",
    values: Values = None,
    missing: object = None,
    order: str | Sequence[str] | None = None,
    cardinality: Mapping[str, int] | None = None,
    parties: Mapping[str, str | None] | None = None,
    empty_settings: bool = False,
) -> Counts:
    """Return the counts of a shipped data set, by name, of a file, by path, or of a frame.

    Which layout a file or frame has is seen from the names of its columns: a tidy table, a row for each combination of
    values and a column of counts; a wide one, a row for each setting and a column for each outcome; or trials, a row
    each, which are counted. The `notes` of the counts say so.

    The `published` of shipped counts says where they come from (as Hensen et al., doi:10.1038/nature15759, for
    ``delft2015``), which game was named in advance, and what to know before using them.

    Parameters
    ----------
    source
        One of `data_sets`; a path of CSV, also with semicolons, tabs or a byte order mark, or packed by gzip, or of a
        ``.npy`` of trials; or a frame of any kind (pandas, polars, pyarrow, a dictionary of columns). Tables have at
        most 4 MiB; trials any number of rows, with a progress bar on a terminal.
    outputs, inputs
        Names, matched to columns without regard to case; or variable → column, ``{"A": "alice outcome"}``. By default
        the columns among A, B, C, A1, A2, … are outputs, those among X, Y, Z, X1, … inputs.
    count
        Name of the column of counts.
    values, order, cardinality
        As for `Counts.from_dict`; `order` is that of the outcomes which name the columns of a wide table.
    missing
        Of a table, 0 if what is not there was not seen; of trials, as for `Counts.from_trials`.
    parties, empty_settings
        As for `Counts`.

    Returns
    -------
    Counts
        Axes of the table: outputs, then inputs; entries are numbers of trials.

    Raises
    ------
    CountsError
        If there is neither such a data set nor such a file, or it cannot be read.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.load_counts("delft2015").trials
    245
    >>> rb.load_counts("vitamin_a")
    Counts vitamin_a: 23,682 trials of p(A,B|Z), A: 2, B: 2, Z: 2
    >>> rb.load_counts({"x": [0, 1], "0": [7, 2], "1": [3, 8]})
    Counts: 20 trials of p(A|X), A: 2, X: 2; read from a wide table, one row for each setting
    """
    layout = Layout(outputs, inputs, count, values, missing, order, cardinality, empty_settings)
    if not isinstance(source, str | Path):
        return _of_frame(source, layout, parties)
    if str(source) in data_sets():
        if layout != Layout():
            raise CountsError(
                f"{source} has the outcomes a, b and the settings x, y (z), and needs no options to be read. Leave "
                f"them out, or write ./{source} if you mean a file."
            )
        with as_file(_DATA / f"{source}.csv") as path:
            return Counts.read_csv(path, parties=parties, published=published(str(source)))
    try:
        exists = Path(source).is_file()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        exists = False
    if not exists:
        raise CountsError(
            f"{str(source)[:80]!r} is neither a file nor a shipped data set. Expected one of "
            f"{', '.join(data_sets())}, or the path of a CSV file."
        )
    path = Path(source)
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.stem
    return Counts._read(read_path(path, layout), parties, stem)


def is_table_of_probabilities(source: str | Path) -> bool:
    """Return whether a path is that of a file with a column of probabilities, and none of counts.

    Parameters
    ----------
    source
        Of data: the name of a data set is none.

    Raises
    ------
    CountsError
        If the file has no header.

    Examples
    --------
    >>> is_table_of_probabilities("delft2015")
    False
    """
    try:
        return str(source) not in data_sets() and Path(source).is_file() and has_probabilities(Path(source))
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


def _of_frame(source: object, layout: Layout, parties: Mapping[str, str | None] | None) -> Counts:
    frame = as_frame(source)
    if frame is None:
        raise CountsError(
            f"found {a_kind(source)}, expected a path, a data set or a frame. Arrays of counts go to Counts(array); "
            "trials in an array or a list to Counts.from_trials; dictionaries of settings to Counts.from_dict; a "
            "Series of pandas becomes a frame by reset_index()."
        )
    return Counts._read(read_frame(frame, source, layout), parties, None)
