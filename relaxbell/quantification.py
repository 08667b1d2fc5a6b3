"""`quantify`: from counts or a behavior to the least relaxation of each assumption."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.counts import Counts, CountsFit, load_counts
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, message
from relaxbell.engines.solution import Solution
from relaxbell.engines.witness import Witness
from relaxbell.errors import BehaviorError, RelaxbellError
from relaxbell.exact.texts import as_written
from relaxbell.functionals.chsh import CHSHValue, largest_chsh
from relaxbell.lp.clock import TimeLimitError, deadline
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.information import mutual_information
from relaxbell.measures.measure import Measure
from relaxbell.measures.messages import message_entropy
from relaxbell.methods import provided
from relaxbell.solve.minimization import minimize
from relaxbell.writing import make_directory

Progress = Callable[[int, int, str], None]
"""Called with (rows done, rows in all, what comes next)."""


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
    """

    name: str
    relaxed: str
    unit: str
    solution: Solution | None
    problem: str = ""


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
    rows
        One for each relaxation that was treated, also where there is no minimum.
    input_distribution
        ``uniform`` or ``observed``: p(x, y) for measures that depend on it.
    names
        Of all relaxations, in order, with the edges that they add.

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
            data["fit"] = {
                "deviance": self.fit.deviance,
                "degrees_of_freedom": self.fit.degrees_of_freedom,
                "p_value": self.fit.p_value,
                "complete": self.fit.complete,
            }
        if self.chsh is not None:
            data["S"] = {
                "value": float(self.chsh.value),
                "excess": float(self.chsh.value - 2),
                "formula": self.chsh.formula,
            }
        data["relaxations"] = [_row_data(row) for row in self.rows]
        data["missing"] = list(self.missing)
        return data

    def save_certificates(self, directory: str | Path) -> tuple[Path, ...]:
        """Write the certificate of each row to a file of a directory, which is made, and return the paths.

        The names are those of the measures without what file systems dislike: ``C(X -> B)`` becomes ``C_X-B.json``.
        Each certificate is checked before it is written. Rows without solution are left out.

        Parameters
        ----------
        directory
            Where the files go.

        Returns
        -------
        tuple of Path
            One file for each row with a solution.

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
        """Check and write the certificate of a row, if it has a solution."""
        if row.solution is None:
            return
        certificate, stem = row.solution.certificate, _file_name(row.name)
        certificate.verify()
        while stem.casefold() in self.paths:  # some file systems do not tell x from X
            stem += "_"
        certificate.save(self._folder / f"{stem}.json")
        self.paths[stem.casefold()] = self._folder / f"{stem}.json"


def _file_name(name: str) -> str:
    """Return a name of letters, digits, - and _ only."""
    parts = re.findall(r"[\w'-]+", name.replace(" -> ", "-").replace(",", "-").replace("Λ", "L"))
    return "_".join(parts).replace("'", "′")


def _row_data(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = {"measure": row.name, "relaxed": row.relaxed, "unit": row.unit}
    if row.solution is None:
        return data | {"problem": row.problem}
    own = row.solution
    witness = None if own.witness is None else _witness_data(own.witness)
    return data | {"minimum": own.value, "lower_bound": own.lower_bound, "witness": witness}


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


def quantify(
    observed: Counts | CountsFit | Behavior | str | Path,
    *,
    input_distribution: Literal["uniform", "observed"] = "uniform",
    progress: Progress | None = None,
    each: Callable[[Row], None] | None = None,
    seconds_per_row: float | None = 60.0,
) -> Quantification:
    """Return the least relaxation of locality that explains counts or a behavior.

    Parameters
    ----------
    observed
        Counts, a fit, a behavior, the name of a shipped data set, or the path of a CSV file. Counts
        are fitted within non-signaling behaviors first.
    input_distribution
        p(x, y) for measures that depend on it (the message's entropy and those of measurement
        dependence): ``uniform``, or ``observed``,
        the relative frequencies of the settings.
    progress
        Called before each row.
    each
        Called with each `Row` as soon as it is there.
    seconds_per_row
        Time limit of the fit and of each row; None for none. A row that takes longer says so as its problem, and
        the others go on. Where the fit takes longer, all rows say so.

    Returns
    -------
    Quantification
        For every ordered pair of parties: influence of the input and of the outcome of one on the
        outcome of the other; the entropy of a binary message from the first party to the second; and
        the dependence of all settings on the latent variable: M, Hall's measure, mutual information.
        If the user interrupts, the ``KeyboardInterrupt`` carries the report of the rows so far as its ``partial``.

    Raises
    ------
    CountsError, BehaviorError
        If the data cannot be read, or are not those of a Bell scenario (one input for each output).

    Examples
    --------
    >>> import relaxbell as rb
    >>> report = rb.quantify(rb.boxes.pr())
    >>> report["C(X -> B)"].value, report["C(A -> B)"].value
    (0.5, 1.0)
    """
    plan, rows = Plan(observed, input_distribution, seconds_per_row), list[Row]()
    try:
        for row in plan.solved(progress, seconds_per_row):
            rows.append(row)
            if each is not None:
                each(row)
    except KeyboardInterrupt as interruption:
        raise Interrupted(plan.report(rows)) from interruption
    return plan.report(rows)


class Interrupted(KeyboardInterrupt):
    """The user interrupted; `partial` is the `Quantification` of the rows so far."""

    def __init__(self, partial: Quantification) -> None:
        done = len(partial.rows)
        super().__init__(f"incomplete: {done} of {len(partial.names)} rows are in this exception's partial")
        self.partial = partial


class Plan:
    """The rows to solve for some data, one after the other; see `quantify`."""

    def __init__(
        self,
        data: Counts | CountsFit | Behavior | str | Path,
        input_distribution: str = "uniform",
        seconds: float | None = None,
    ) -> None:
        if isinstance(data, str | Path):
            data = load_counts(data)
        self._fit, self._late = _fitted(data, seconds)
        behavior = self._fit.behavior if self._fit is not None else data
        if not isinstance(behavior, Behavior):
            raise BehaviorError(
                f"cannot quantify a {type(data).__name__}. Expected Counts, a Fit, a Behavior or a path."
            )
        if input_distribution not in ("uniform", "observed") or (
            input_distribution == "observed" and self._fit is None
        ):
            raise BehaviorError(
                f"input_distribution is {input_distribution!r}, expected 'uniform', or 'observed' where there are "
                "counts."
            )
        self._scenario, self._distribution = _named_as_bell(behavior), input_distribution
        observed = self._fit is not None and input_distribution == "observed"
        self._tasks = list(_tasks(self._scenario, self._fit.counts.input_distribution if observed else None))  # type: ignore[union-attr]
        self._chsh = largest_chsh(self._scenario)

    def solved(self, progress: Progress | None, seconds_per_row: float | None) -> Iterator[Row]:
        """Yield the rows as they are solved."""
        for k, (name, relaxed, unit, make) in enumerate(self._tasks):
            if progress is not None:
                progress(k, len(self._tasks), name)
            try:
                if self._late is not None:
                    raise self._late
                with deadline(seconds_per_row, name):  # what builds the measure counts too
                    row = Row(name, relaxed, unit, minimize(make(), self._scenario))
            except RelaxbellError as error:
                row = Row(name, relaxed, unit, None, str(error))
            except Exception as error:  # whatever it is: the rows before and after are worth having
                row = Row(name, relaxed, unit, None, f"{type(error).__name__}: {error}")
            yield row

    def report(self, rows: Iterable[Row]) -> Quantification:
        """Return the report of some rows, the first ones."""
        names = {name: relaxed for name, relaxed, *_ in self._tasks}
        return Quantification(self._scenario, self._fit, self._chsh, tuple(rows), self._distribution, names)

    def _repr_lines_(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield the lines of the report's text as the rows come."""
        return provided("Plan._repr_lines_")(self.report(()), rows)


def _fitted(data: Any, seconds: float | None) -> tuple[CountsFit | None, TimeLimitError | None]:
    """Return the fit of counts; where time is over the incomplete one, and the error that every row then carries."""
    if not isinstance(data, Counts):
        return (data if isinstance(data, CountsFit) else None), None
    try:
        return data.fit(seconds=seconds), None
    except TimeLimitError as error:
        return (error.partial if isinstance(error.partial, CountsFit) else None), error


def _named_as_bell(behavior: Behavior) -> Behavior:
    """Return the behavior with its inputs in the order of its outputs."""
    if behavior.parties is None or None in behavior.parties.values():
        raise BehaviorError(
            f"{behavior.scenario.symbol} is not a Bell scenario: expected one input for each output. Build a "
            "CausalModel and minimize a measure."
        )
    if all(behavior.cardinality[name] == 1 for name in behavior.inputs):
        raise BehaviorError(
            f"each of {', '.join(behavior.inputs)} has a single value, so a local model explains anything. Expected "
            "two settings or more for a party: add the trials of the others."
        )
    return behavior.transposed(behavior.outputs, [str(behavior.parties[name]) for name in behavior.outputs])


def _tasks(p: Behavior, frequencies: Any) -> Iterator[tuple[str, str, str, Callable[[], Measure]]]:
    """Yield (name, relaxed edges, unit, how to make the measure)."""
    outputs, inputs = [p.cardinality[n] for n in p.outputs], [p.cardinality[n] for n in p.inputs]
    base = bell(inputs, outputs, input_distribution=frequencies)
    names = dict(zip(base.outputs + base.inputs, p.outputs + p.inputs, strict=True))
    local = _renamed(base, names)
    parties = list(zip(p.outputs, p.inputs, strict=True))
    for sources in ([x for _, x in parties], [a for a, _ in parties]):
        for i, j in itertools.permutations(range(len(parties)), 2):
            u, w = sources[i], parties[j][0]
            yield f"C({u} -> {w})", f"{u} -> {w}", "probability", _influence(local, u, w)
    if len(parties) >= 2:
        (a, x), (b, _) = parties[:2]
        relaxed = f"{x}, {a} -> M -> {b}"
        yield "H(M)", relaxed, "bit", _message(tuple(inputs), tuple(outputs), frequencies, names)
    dependent = local.relax(*((local.latents[0], x) for _, x in parties))
    relaxed, who = ", ".join(f"{u} -> {v}" for u, v in dependent.relaxed), ",".join(x for _, x in parties)
    yield f"M({who}:Λ)", relaxed, "probability", lambda: dependence(dependent)
    yield f"Hall({who}:Λ)", relaxed, "probability", lambda: hall_dependence(dependent)
    yield f"I({who}:Λ)", relaxed, "bit", lambda: mutual_information(dependent)


def _influence(model: CausalModel, source: str, target: str) -> Callable[[], Measure]:
    return lambda: influence(model.relax((source, target)), source, target)


def _message(
    inputs: tuple[int, ...], outputs: tuple[int, ...], frequencies: Any, names: dict[str, str]
) -> Callable[[], Measure]:
    return lambda: message_entropy(_renamed(message(inputs, outputs, input_distribution=frequencies), names))


def _renamed(model: CausalModel, names: dict[str, str]) -> CausalModel:
    return model if all(old == new for old, new in names.items()) else model.rename(names)
