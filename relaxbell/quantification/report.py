"""What `quantify` reports: a row for each relaxation, as data, text and certificates."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.chi_squared import ChiSquared, SettingsTest
from relaxbell.behavior.counts import CountsFit
from relaxbell.certificate.claims import Certificate
from relaxbell.engines.solution import Solution
from relaxbell.engines.witness import Witness
from relaxbell.errors import RelaxbellError
from relaxbell.exact.texts import as_written
from relaxbell.functionals.chsh import CHSHValue
from relaxbell.methods import provided
from relaxbell.quantification.uncertainty import Statement
from relaxbell.trials.statement import Evidence
from relaxbell.writing import make_directory, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Row:
    """One relaxation.

    Attributes
    ----------
    name
        Of the measure, for example ``C(X -> B)``.
    relaxed
        The edges added to the Bell scenario.
    unit
        ``probability`` or ``bit``.
    solution
        The minimum; None where `problem` says why there is none. An error in one row leaves the others.
    problem
        Empty, or the message of the error.
    error
        Standard error of the minimum, approximate: its standard deviation over resamples of the counts. None where
        there are none.
    statement
        What the counts prove; None where `unproved` says why nothing, or there are no counts.
    unproved
        Empty, or the message of the error.
    """

    name: str
    relaxed: str
    unit: str
    solution: Solution | None
    problem: str = ""
    error: float | None = field(default=None, kw_only=True)
    statement: Statement | None = field(default=None, kw_only=True)
    unproved: str = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False)
class Quantification:
    """The least relaxation of each assumption that explains the data.

    Attributes
    ----------
    behavior
        What was explained: the fit where there are counts.
    fit
        The maximum-likelihood fit, or None.
    chsh
        Largest CHSH value of `behavior`; None outside two binary outcomes.
    raw_chsh
        The same correlators from the raw frequencies of the counts; None without counts.
    rows
        One for each relaxation that was treated, also where there is no minimum.
    input_distribution
        ``uniform`` or ``observed``, or what it is by design: p(x, y) for measures that depend on it.
    names
        Of all relaxations, in order, with the edges that they add.
    settings
        Whether the settings of the counts were uniform and independent; None without counts.
    local
        Evidence against local models, that of every row at ε = 0; None where `unproved` says why there is none.
    unproved
        Empty, or why there is no evidence.
    confidence
        Of the limits in the rows.
    resampling
        How standard errors were found; empty where there are none.

    Examples
    --------
    >>> import relaxbell as rb
    >>> report = rb.quantify("delft2015")
    >>> report["M(X,Y:Λ)"].value_text, len(report.rows)
    ('0.108463057', 8)
    """

    behavior: Behavior
    fit: CountsFit | None
    chsh: CHSHValue | None
    rows: tuple[Row, ...]
    input_distribution: str
    names: Mapping[str, str]
    raw_chsh: CHSHValue | None = None
    settings: SettingsTest | None = None
    local: Evidence | None = None
    unproved: str = ""
    confidence: float = 0.95
    resampling: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the relaxations that were not treated, because of an interruption."""
        return tuple(self.names)[len(self.rows) :]

    def __getitem__(self, name: str) -> Solution:
        """Return the solution of a row by the name of its measure, as it is written or printed."""
        name = as_written(name, [row.name for row in self.rows])
        for row in self.rows:
            if row.name == name:
                if row.solution is None:
                    raise RelaxbellError(f"{name} has no solution: {row.problem}")
                return row.solution
        if name in self.missing:
            raise RelaxbellError(f"{name} is missing: the computation was interrupted before. Quantify the data again.")
        raise KeyError(f"no row {name!r}. The rows are {', '.join(row.name for row in self.rows)}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON.

        Returns
        -------
        dict
            Data, fit, S, the rows with their witnesses, and the names of rows that are missing after an interruption;
            what ``relaxbell quantify --json`` prints.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.quantify(rb.boxes.pr()).to_dict()["relaxations"][0]["measure"]
        'C(X -> B)'
        """
        data: dict[str, Any] = {"input_distribution": self.input_distribution}
        if self.fit is not None:
            counts = self.fit.counts
            data["data"] = {"name": counts.name, "trials": counts.trials, "cardinality": counts.cardinality}
            if counts.notes:
                data["data"]["read"] = list(counts.notes)
            data["fit"] = {
                "deviance": self.fit.deviance,
                "degrees_of_freedom": self.fit.degrees_of_freedom,
                "p_value": self.fit.p_value,
                "complete": self.fit.complete,
            }
        if self.chsh is not None:
            data["S"] = _chsh_data(self.chsh) | {"formula": self.chsh.formula}
        if self.raw_chsh is not None:
            data["S"]["raw"] = _chsh_data(self.raw_chsh)
        if self.settings is not None:
            own = self.settings.independence
            data["settings_test"] = _test_data(self.settings) | {
                "independence": None if own is None else _test_data(own)
            }
            data["confidence"], data["resampling"] = self.confidence, self.resampling
            data["local_models"] = _evidence_data(self.local, self.unproved)
        data["relaxations"] = [_row_data(row) for row in self.rows]
        data["missing"] = list(self.missing)
        return data

    def save_certificates(self, directory: str | Path) -> tuple[Path, ...]:
        """Write the certificates of each row to files of a directory, which is made, and return the paths.

        The names are those of the measures without what file systems dislike: ``C(X -> B)`` becomes ``C_X-B.json``
        for the minimum and, where counts prove something, ``C_X-B.evidence.json`` for the p-value of its limit "at
        least", or of 0 where there is none, unless that is 1. Each certificate is checked before it is written. Rows
        without solution are left out.

        Parameters
        ----------
        directory
            Where the files go.

        Returns
        -------
        tuple of Path
            One file for each row with a solution, and one for each with evidence.

        Raises
        ------
        CertificateError
            If a row has no certificate; see `Solution.certificate`.
        FileError
            If the directory cannot be made or written.

        Examples
        --------
        >>> import tempfile, relaxbell as rb
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     paths = rb.quantify(rb.boxes.pr()).save_certificates(directory)
        >>> paths[0].name, len(paths)
        ('C_X-B.json', 8)
        """
        files = CertificateFiles(directory)
        for row in self.rows:
            files.add(row)
        return tuple(files.paths.values())

    def plot(self, *, ax: Axes | None = None, **style: object) -> Axes:
        """Draw the evidence against each relaxation over ε on matplotlib axes and return them (extra ``plot``).

        A line falls from the p-value of ε = 0, that of local models, to where nothing is proved; where it crosses the
        level of the confidence is the limit "at least". Relaxations with the same line share it; those in bits, which
        follow from others, are left out.

        Parameters
        ----------
        ax
            matplotlib axes; by default new ones.
        **style
            For matplotlib's lines.

        Returns
        -------
        matplotlib.axes.Axes
            With labels and a legend.

        Raises
        ------
        RelaxbellError
            If no row has evidence; or matplotlib is not installed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> axes = rb.quantify("delft2015", resamples=0).plot()
        >>> axes.get_xlabel(), len(axes.get_legend().get_texts())
        ('ε', 3)
        """
        return provided("Quantification.plot")(self, ax, **style)

    def to_html(self, *, title: str | None = None, seconds: float | None = None) -> str:
        """Return a page for colleagues: one file with all in it, which needs no network and runs nothing.

        What was measured; the causal graph of each relaxation, with estimates and what the counts prove; the evidence
        over ε; the inequalities; and the certificates, to be saved and checked by ``relaxbell verify``. It is what
        ``relaxbell report`` writes.

        Parameters
        ----------
        title
            Of the page; by default the name of the data.
        seconds
            Time limit of the picture, and of each row's certificates; None for none. What takes longer is left out,
            and the page says so.

        Returns
        -------
        str
            An HTML document.

        Raises
        ------
        RelaxbellError
            If the title is no text, or the seconds no positive number.

        Examples
        --------
        >>> import relaxbell as rb
        >>> page = rb.quantify(rb.boxes.pr()).to_html(title="A box")
        >>> page.startswith("<!DOCTYPE html>"), "<title>A box</title>" in page
        (True, True)
        """
        return provided("Quantification.to_html")(self, title, seconds)

    def save_html(self, path: str | Path, *, title: str | None = None, seconds: float | None = None) -> None:
        """Write the page of `to_html` to a file.

        Parameters
        ----------
        path
            The file; it is replaced.
        title, seconds
            As in `to_html`.

        Raises
        ------
        FileError
            If the file cannot be written.
        RelaxbellError
            As `to_html`.

        Examples
        --------
        >>> import pathlib, tempfile, relaxbell as rb
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
        >>> rb.quantify("delft2015", resamples=0).save_html(path)
        >>> "delft2015" in path.read_text(encoding="utf-8")
        True
        """
        write_whole(path, self.to_html(title=title, seconds=seconds))

    def __repr__(self) -> str:
        return provided("Quantification.__repr__")(self)

    def _repr_html_(self) -> str:
        return provided("Quantification._repr_html_")(self)


class CertificateFiles:
    """Certificates of rows in a directory, which is made.

    Parameters
    ----------
    directory
        Where the files go.

    Raises
    ------
    FileError
        If it cannot be made.
    """

    def __init__(self, directory: str | Path) -> None:
        self._folder = make_directory(directory)
        self.paths: dict[str, Path] = {}

    def add(self, row: Row) -> None:
        """Check and write the certificates of a row: of its minimum, if it has a solution, and of its evidence."""
        for name, certificate in certificates_of(row, self.paths):
            certificate.save(self._folder / name)
            self.paths[name.casefold()] = self._folder / name


def certificates_of(row: Row, taken: Container[str]) -> Iterator[tuple[str, Certificate]]:
    """Yield the certificates of a row's minimum and of its evidence, checked, with names for files.

    Parameters
    ----------
    row
        Without a solution there are none.
    taken
        Names that are in use, in lower case: some file systems do not tell x from X.

    Raises
    ------
    CertificateError
        If there is none, or it is refused.
    """
    if row.solution is None:
        return
    certificate, stem = row.solution.certificate, file_stem(row.name)
    certificate.verify()
    while f"{stem}.json".casefold() in taken:
        stem += "_"
    yield f"{stem}.json", certificate
    if row.statement is not None and row.statement.says_something:
        yield f"{stem}.evidence.json", row.statement.certificate()


def file_stem(name: str) -> str:
    """Return a name of letters, digits, - and _ only."""
    parts = re.findall(r"[\w'-]+", name.replace(" -> ", "-").replace(",", "-").replace("Λ", "L"))
    return "_".join(parts).replace("'", "′")


def _chsh_data(chsh: CHSHValue) -> dict[str, Any]:
    return {"value": float(chsh.value), "excess": float(chsh.value - 2)}


def _row_data(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = {"measure": row.name, "relaxed": row.relaxed, "unit": row.unit}
    if row.solution is None:
        return data | {"problem": row.problem}
    own = row.solution
    witness = None if own.witness is None else _witness_data(own.witness)
    data |= {"minimum": own.value, "lower_bound": own.lower_bound, "witness": witness}
    if row.statement is None and not row.unproved:
        return data
    return data | {"standard_error": row.error, "evidence": _statement_data(row)}


def _test_data(test: ChiSquared) -> dict[str, Any]:
    return {"chi_squared": test.statistic, "degrees_of_freedom": test.degrees_of_freedom, "p_value": test.p_value}


def _statement_data(row: Row) -> dict[str, Any]:
    if row.statement is None:
        return _evidence_data(None, row.unproved)
    own = row.statement
    data = _evidence_data(own.evidence, "") | {"measure": own.evidence.measure.name, "note": own.note}
    return data | {"at_least": _number(own.at_least), "any_value_excluded": own.at_least == math.inf}


def _evidence_data(evidence: Evidence | None, unproved: str) -> dict[str, Any]:
    """Return p- and e-value with their decimal logarithms, which are no zero and no infinity where these are."""
    if evidence is None:
        return {"unproved": unproved}
    p, e = evidence.log_p_at(0), evidence.log_e_at(0)
    return {
        "p_value": evidence.p_value,
        "log10_p_value": _number(p / math.log(10)),
        "e_value": _number(evidence.e_value),
        "log10_e_value": _number(e / math.log(10)),
        "trials": evidence.trials,
        "method": evidence.method,
        "assumptions": list(evidence.assumptions),
    }


def _number(value: float) -> float | None:
    """Return a number as JSON knows it: there is no infinity."""
    return value if math.isfinite(value) else None


def _witness_data(witness: Witness) -> dict[str, Any]:
    known = None
    if witness.in_catalog_form is not None:
        name, value, bound = witness.in_catalog_form
        known = {"name": name, "value": value, "bound": bound, "excess": witness.excess}
    return {
        "name": witness.name,
        "functional": witness.functional.formula(),
        "value": float(witness.value),
        "bound": float(witness.bound),
        "catalog": known,
    }
