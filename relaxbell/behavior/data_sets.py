"""The published counts that ship with the package."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from relaxbell.behavior.counts import Counts
from relaxbell.behavior.games import published
from relaxbell.errors import CountsError

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


def load_counts(source: str | Path) -> Counts:
    """Return the counts of a shipped data set, by name, or of a CSV file, by path.

    The `published` of shipped counts says where they come from (as Hensen et al., doi:10.1038/nature15759, for
    ``delft2015``), which game was named in advance, and what to know before using them.

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
    >>> rb.load_counts("vitamin_a")
    Counts vitamin_a: 23,682 trials of p(A,B|Z), A: 2, B: 2, Z: 2
    """
    if str(source) in data_sets():
        with as_file(_DATA / f"{source}.csv") as path:
            return Counts.read_csv(path, published=published(str(source)))
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
