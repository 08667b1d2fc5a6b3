"""What counts say of effects in a causal graph: bounds with their confidence, formulas, a test of the graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relaxbell.behavior.counts import Counts
from relaxbell.behavior.data_sets import load_counts
from relaxbell.behavior.radius import read_confidence
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate
from relaxbell.engines.solution import Solution
from relaxbell.errors import BehaviorError, CountsError, MeasureError, RelaxbellError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import a_kind, one_line
from relaxbell.lp.clock import deadline
from relaxbell.measures.assumptions import assumption
from relaxbell.methods import provided
from relaxbell.quantification.effect_steps import EffectRow, GraphTest, Work
from relaxbell.quantification.graphs import default_queries, model_of
from relaxbell.quantification.report import file_stem
from relaxbell.writing import make_directory, write_whole


@dataclass(frozen=True, eq=False)
class EffectReport:
    """What counts say of effects in a causal graph. Made by `EffectReport.of`.

    Attributes
    ----------
    counts
        The data.
    model
        The graph, with the distribution of the settings.
    assumptions
        Texts of what is assumed beside it.
    rows
        A row for each query.
    test
        Whether the counts can come from the graph.
    confidence
        Of the wider intervals.
    radius
        How far p may be from the frequencies, see `Counts.confidence_radius`; None where a setting has no trials.
    settings
        Which p(settings) the queries use that depend on one: uniform, observed, or by design.

    Examples
    --------
    >>> import relaxbell as rb
    >>> report = rb.classes.EffectReport.of("vitamin_a")
    >>> print(report)
    vitamin_a: 23,682 trials of p(A,B|Z), graph Z -> A, A -> B, U_A_B -> A, U_A_B -> B
      ACE(A -> B)  in [-0.194623, 0.00539369], with 95 % confidence in [-0.214556, 0.0227442]
      the frequencies satisfy what the graph demands
    """

    counts: Counts
    model: CausalModel
    assumptions: tuple[str, ...]
    rows: tuple[EffectRow, ...]
    test: GraphTest
    confidence: float
    radius: float | None
    settings: str

    @classmethod
    def of(
        cls,
        observed: Counts | str | Path,
        *,
        graph: CausalModel | str | None = None,
        queries: Sequence[str] = (),
        assumptions: Sequence[str] = (),
        confidence: float = 0.95,
        input_distribution: object = "observed",
        seconds: float | None = 60.0,
    ) -> EffectReport:
        """Return bounds on effects, from counts and a causal graph.

        Parameters
        ----------
        observed
            Counts, the name of a shipped data set, or the path of a file.
        graph
            Text of arrows, dagitty or DOT, as `CausalModel.from_graph` reads it; nodes that are not in the counts are
            latent. Or a model. By default the graph that a shipped data set was published with.
        queries
            As of `query`; by default the average effect of the only output that acts on another one, or of what the
            graph marks.
        assumptions
            As of `assumption`, such as ``"no defiers"``.
        confidence
            Of the wider intervals, between 0 and 1.
        input_distribution
            For queries that depend on p(settings): ``"observed"``, ``"uniform"``, or the one by design as in
            `quantify`. A model has its own.
        seconds
            Time limit of each step; None for none. What takes longer is left out, and says so.

        Returns
        -------
        EffectReport
            Text; a page by `save_html`; certificates by `save_certificates`.

        Raises
        ------
        CountsError
            If the data cannot be read or have no trials, or the confidence is none.
        ModelError
            If the text is no graph of these counts, or it does not say which effect is meant.
        BehaviorError
            If `input_distribution` is another word.
        MeasureError
            If an assumption is not of the grammar. A query that is not is a row that says so.

        Examples
        --------
        >>> import relaxbell as rb
        >>> lipid = rb.Counts([[[158, 52], [14, 12]], [[0, 23], [0, 78]]], outputs="X Y", inputs="Z")
        >>> report = rb.classes.EffectReport.of(lipid, graph="Z -> X -> Y; L -> {X Y}", queries=["PNS(X -> Y)"])
        >>> report.rows[0].estimate
        [0.46405..., 0.78787...] for PNS(X -> Y)
        """
        level = read_confidence(confidence)
        counts = load_counts(observed) if isinstance(observed, str | Path) else observed
        if not isinstance(counts, Counts):
            raise CountsError(f"effects are bounded from counts: found {a_kind(observed)}, expected Counts or a path.")
        with deadline(
            seconds, "the report", least=False
        ):  # a limit that is none is refused before anything is computed
            pass
        distribution, words = _distribution(input_distribution, counts)
        model = model_of(counts, graph, distribution)
        if isinstance(graph, CausalModel):
            words = "of the model"
        texts = _texts(queries, "queries") or default_queries(model)
        assumed = _texts(assumptions, "assumptions")
        limits = tuple(assumption(model, text) for text in assumed)
        work = Work(counts, model, limits, level, seconds)
        rows = tuple(work.row(text) for text in texts)
        return cls(counts, model, assumed, rows, work.test(), level, work.radius, words)

    def save_certificates(self, directory: str | Path) -> tuple[Path, ...]:
        """Write a file for each bound, and for a graph that is refuted, each verified.

        Parameters
        ----------
        directory
            Where they go; made if it is not there.

        Returns
        -------
        tuple of Path
            The files.

        Raises
        ------
        CertificateError
            If one is refused.
        FileError
            If one cannot be written.

        Examples
        --------
        >>> import tempfile, relaxbell as rb
        >>> report = rb.classes.EffectReport.of("vitamin_a")
        >>> [path.name for path in report.save_certificates(tempfile.mkdtemp())][:2]
        ['ACE_A-B.least.json', 'ACE_A-B.largest.json']
        """
        folder, taken = make_directory(directory), list[Path]()
        for file in effect_files(self, seconds=None):
            if file.problem:
                continue
            file.certificate().save(folder / file.name)
            taken.append(folder / file.name)
        return tuple(taken)

    def to_html(self, *, title: str | None = None, seconds: float | None = None) -> str:
        """Return a page for colleagues: one HTML document without scripts or anything from elsewhere.

        Parameters
        ----------
        title
            Of the page, if not the name of the data.
        seconds
            Time limit of the certificates of each bound; None for none.

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
        >>> "<h1>Trial 7</h1>" in rb.classes.EffectReport.of("vitamin_a").to_html(title="Trial 7")
        True
        """
        return str(provided("EffectReport.to_html")(self, title, seconds))

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
        >>> rb.classes.EffectReport.of("vitamin_a").save_html(path)
        >>> "ACE(A → B)" in path.read_text(encoding="utf-8")
        True
        """
        write_whole(path, self.to_html(title=title, seconds=seconds))

    def __repr__(self) -> str:
        return str(provided("EffectReport.__repr__")(self))


# --------------------------------------------------------------------------- certificates


@dataclass(frozen=True, eq=False)
class EffectFile:
    """A certificate of a report, made and verified when asked for.

    Attributes
    ----------
    row
        The query it is of, or the graph.
    proves
        In words.
    name
        Of the file.
    problem
        Empty, or why there is none.
    """

    row: str
    proves: str
    name: str
    made: Certificate | None = None
    problem: str = ""

    def certificate(self) -> Certificate:
        """Return it.

        Raises
        ------
        RelaxbellError
            If there is none.
        """
        if self.made is None:
            raise RelaxbellError(f"there is no certificate of {self.row}: {self.problem}")
        return self.made


def effect_files(report: EffectReport, seconds: float | None) -> Iterator[EffectFile]:
    """Yield the certificates of a report, each verified, or why there is none.

    Parameters
    ----------
    report
        Of effects.
    seconds
        Time limit of each; None for none.
    """
    taken: set[str] = set()
    level = f"{100 * report.confidence:.10g}"
    for row in report.rows:
        stem = _free(file_stem(row.name) or "query", taken)
        for both, mark, words in (
            (row.estimate, "", "at the frequencies"),
            (row.sure, f".confidence{level}", f"for all p near them, {level} % confidence"),
        ):
            if both is None:
                continue
            for end, own, which in (("least", both.minimum, "lower"), ("largest", both.maximum, "upper")):
                yield _file(row.name, f"{which} bound {words}", f"{stem}.{end}{mark}.json", own, seconds)
    if report.test.distance is not None and report.test.compatible is False:
        words = "least distance in total variation between the frequencies and a model"
        yield _file("graph", words, "graph.distance.json", report.test.distance, seconds)
    if report.test.refutation is not None:
        assumed = " within what is assumed" if report.assumptions else ""
        words = f"no model of it{assumed} has the frequencies"
        yield EffectFile("graph", words, "graph.refuted.json", report.test.refutation)


def _file(row: str, proves: str, name: str, solution: Solution, seconds: float | None) -> EffectFile:
    try:
        with deadline(seconds, f"the certificate {name}", least=False):
            certificate = solution.certificate
            certificate.verify()
    except RelaxbellError as error:
        return EffectFile(row, proves, name, problem=str(error))
    return EffectFile(row, proves, name, certificate)


def _free(stem: str, taken: set[str]) -> str:
    """Return a stem that is not in use: some file systems do not tell x from X."""
    while stem.casefold() in taken:
        stem += "_"
    taken.add(stem.casefold())
    return stem


def _texts(given: object, what: str) -> tuple[str, ...]:
    """Return texts; one alone is meant as a list of it."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Sequence) or not all(isinstance(text, str) for text in given):
        raise MeasureError(f"{what} are {one_line(given)}, expected texts, such as ['ACE(X -> Y)'].")
    return tuple(given)


def _distribution(given: object, counts: Counts) -> tuple[Exact | None, str]:
    """Return p(settings) with the axes of the counts' inputs, None for uniform, and what it is in words."""
    if isinstance(given, str) or given is None:
        if given == "uniform":
            return None, "uniform"
        if given == "observed":
            return np.asarray(counts.input_distribution), "observed"
        raise BehaviorError(
            f"input_distribution is {one_line(given)}, expected 'observed', 'uniform', or the distribution by design: "
            "{'Z': [0.6, 0.4]}, or a table over all settings."
        )
    return InputDistribution(given, counts.inputs, counts.cardinality).table, "by design"
