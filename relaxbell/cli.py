"""The command line: ``relaxbell quantify delft2015``."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.counts import Counts
    from relaxbell.errors import RelaxbellError
    from relaxbell.quantification.report import CertificateFiles, Row

_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells expect it."""

_POLL = 0.05
"""Seconds between two looks whether the user interrupted."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _shipped(begun: str) -> list[str]:
    """Return the shipped data sets that begin so, for completion in the shell; it offers files where none does."""
    from relaxbell.behavior.data_sets import data_sets

    return [name for name in data_sets() if name.startswith(begun)]


# What quantify and report are given.
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A shipped data set (delft2015, ibm_hanoi_5_8, nist2015, vienna2015, weihs1998) or the path of a CSV "
        "file: a table or trials.",
        autocompletion=_shipped,
    ),
]
Outputs = Annotated[
    str | None,
    typer.Option(
        help="Names of the outcome columns, separated by commas, if they are not a, b, c; also A=column,B=column."
    ),
]
Inputs = Annotated[
    str | None,
    typer.Option(help="Names of the setting columns, separated by commas, if they are not x, y, z; also X=column."),
]
CountColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Of the column of counts, if it is not called count.")
]
Values = Annotated[
    str | None,
    typer.Option(
        metavar="LABELS",
        help="Of the outcomes 0, 1, …, such as 1,-1 or H,V; also of settings that are no numbers. Or for each of them: "
        "A=H,V,B=H,V,X=Z,X.",
    ),
]
Missing = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="Of a table, 0: what is absent was not seen. Of trials, *drop*, or the outcome that stands for none.",
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES", help="Of outcomes in the columns of a wide table, from left to right, such as a,b in 01."
    ),
]
Distribution = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        help="Distribution of the settings: *uniform*; *observed*, for measures that depend on it; or by design, for "
        "these and for limits: X=0.6,0.4,Y=1/2,1/2, or p(0,0), p(0,1), ….",
    ),
]
Confidence = Annotated[
    float, typer.Option(metavar="C", help="Of the limits in the column *at least*, between 0 and 1.")
]
Training = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Counts of other trials, taken before: the test is made from them. Same columns."
    ),
]
Bias = Annotated[
    float,
    typer.Option(metavar="TAU", help="How far the probabilities of settings may be from uniform in each trial."),
]
Resamples = Annotated[int, typer.Option(metavar="N", help="Of the counts, for standard errors; 0 for none.")]
Seconds = Annotated[
    float,
    typer.Option(
        min=0.001, help="Time limit of the fit and of each row. A row that takes longer is left out, and says so."
    ),
]


def _version(value: bool) -> None:
    if value:
        from relaxbell import __version__

        typer.echo(f"relaxbell {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Say by how much a causal assumption of Bell's theorem must be relaxed to explain data.

    Begin with `relaxbell quantify delft2015`, then your own table of counts.
    """


@app.command(name="quantify")
def _quantify(
    data: Data,
    outputs: Outputs = None,
    inputs: Inputs = None,
    count: CountColumn = None,
    values: Values = None,
    missing: Missing = None,
    order: Order = None,
    input_distribution: Distribution = "uniform",
    confidence: Confidence = 0.95,
    training: Training = None,
    settings_bias: Bias = 0.0,
    resamples: Resamples = 32,
    seconds: Seconds = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    certificates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write certificates of each row to this directory; see *verify*."),
    ] = None,
) -> None:
    """Print the least relaxations of locality and measurement independence that explain a Bell test.

    The counts are fitted within non-signaling behaviors; then each relaxation is minimized. The estimate has an
    approximate standard error; it comes with a bound that is rigorous for the fitted p, and the Bell functional that
    proves it. *At least* is what the counts prove with the confidence, whatever memory devices have; the method and
    what it assumes are below the table. A row is printed when it is ready; after Ctrl-C those so far stay, and the
    others are named.

    A CSV has a header, one column for each setting (x, y, z) and outcome (a, b, c) and a column *count*; then one
    row for each combination of values 0, 1, …, such as `0,1,0,0,427` below `x,y,a,b,count`. Any number of values;
    from four parties on the columns are x1, x2, … and a1, a2, …. Without the column *count*, each row is a trial; with
    columns 00, 01, 10, 11 instead of outcomes, a setting; with a column *p* instead of *count*, a probability, such as
    0.427 or 1/3: then there are values without statistics. What was read, left out or filled is said below the data.

    Example: `relaxbell quantify counts.csv --certificates proofs`
    """
    from relaxbell.errors import RelaxbellError
    from relaxbell.quantification import Plan
    from relaxbell.quantification.report import CertificateFiles
    from relaxbell.quantification.settings import distribution_of_text
    from relaxbell.quantification.uncertainty import Options

    try:
        if certificates is not None and certificates.exists() and not certificates.is_dir():
            raise NotADirectoryError(0, "a file is there, expected a directory", str(certificates))
        how = _how(outputs, inputs, count, values, missing, order)
        counts = _data(data, how)
        files = None if certificates is None else CertificateFiles(certificates)
        done: list[Row] = []
        refused: list[str] = []
        trained = None if training is None else _read(training, how)
        options = Options(confidence, trained, None, settings_bias, resamples)
        plan = Plan(counts, distribution_of_text(input_distribution, counts), seconds, options)
        bar = _Bar()
        rows = _Interruptible(plan.solved(bar, seconds))
        with bar, rows.listening():
            for line in plan._repr_lines_(_kept(rows, done, files, refused)):
                if not as_json:
                    bar.hide()
                    typer.echo(line)
    except (RelaxbellError, OSError) as error:
        raise _refused(error) from None
    report = plan.report(done)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    if files is not None:
        typer.echo(f"{len(files.paths)} certificates written to {certificates}, each verified", err=True)
    for problem in refused:
        typer.secho(f"error: no certificate of {problem}", err=True, fg="red")
    if report.missing:
        typer.secho(f"interrupted: missing are {', '.join(report.missing)}", err=True, fg="red")
        rows.leave(_INTERRUPTED)
    if refused:
        raise typer.Exit(1)


def _how(*given: str | None) -> dict[str, str | None]:
    """Return how data are read, by the names of the options."""
    return dict(zip(("outputs", "inputs", "count", "values", "missing", "order"), given, strict=True))


def _data(data: str, how: Mapping[str, str | None]) -> Counts | Behavior:
    """Return counts; or the behavior nearest to a table of probabilities, and say how near it is."""
    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.data_sets import is_table_of_probabilities
    from relaxbell.errors import CountsError

    if how["count"] is not None or not is_table_of_probabilities(data):
        return _read(data, how)
    if how["order"] is not None or how["missing"] not in (None, "0"):
        raise CountsError(f"{data} has probabilities, one row each: found --order or --missing, expected at most 0.")
    near = Behavior.read_csv(
        data,
        _columns(how["outputs"]),
        _columns(how["inputs"]),
        values=_labels(how["values"]),
        missing=None if how["missing"] is None else 0,
    )
    typer.echo(f"{data}: probabilities, so there are values and no statistics. {near!r}", err=True)
    return near.behavior


def _read(data: str, how: Mapping[str, str | None]) -> Counts:
    """Return the counts of a shipped data set or of a file; say what was done to them."""
    from relaxbell.behavior.data_sets import data_sets, load_counts
    from relaxbell.errors import CountsError

    given = {option: text for option, text in how.items() if text is not None}
    if data in data_sets() and given:
        named = ", ".join(f"--{option}" for option in given)
        raise CountsError(
            f"{data} has the outcomes a, b and the settings x, y: found {named}. "
            f"Leave them out, or write ./{data} if you mean a file."
        )
    missing = given.get("missing")
    return load_counts(
        data,
        outputs=_columns(given.get("outputs")),
        inputs=_columns(given.get("inputs")),
        count=given.get("count", "count"),
        values=_labels(given.get("values")),
        missing=int(missing) if missing is not None and missing.isdecimal() else missing,
        order=given.get("order"),
    )


def _columns(text: str | None) -> str | dict[str, Hashable] | None:
    """Return names of columns, or the column of each variable where they are written A=column."""
    if text is None or "=" not in text:
        return text
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): column.strip() for name, _, column in pairs}


def _labels(text: str | None) -> tuple[str, ...] | str | dict[str, tuple[str, ...]] | None:
    """Return labels between commas, or letters; or those of each variable where they are written A=H,V,X=Z,X."""
    from relaxbell.quantification.settings import lists_of_text

    if text is not None and "=" in text.partition(",")[0]:
        return lists_of_text(text)
    return tuple(part.strip() for part in text.split(",")) if text is not None and "," in text else text


class _Interruptible:
    """Rows until the user interrupts.

    They are made in a thread, so that Ctrl-C is noticed at once: a solver in C returns to Python only when it ends. And
    Ctrl-C ends the rows only: a line that is being printed, or a certificate that is being written, is completed. A
    second one ends everything.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows, self._thread, self._stopped = rows, threading.Thread(), threading.Event()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C for these rows, where Python allows it: in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _stop(self, *_: object) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt
        self._stopped.set()

    def __iter__(self) -> Iterator[Row]:
        while not self._stopped.is_set():
            found: list[Row] = []
            self._thread = threading.Thread(target=self._advance, args=(found,), daemon=True)
            self._thread.start()
            while self._thread.is_alive() and not self._stopped.is_set():
                self._thread.join(_POLL)
            if not found:
                return
            yield found[0]

    def _advance(self, found: list[Row]) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            found.extend(itertools.islice(self._rows, 1))

    def leave(self, status: int) -> NoReturn:
        """Exit; at once if a solver is still at work, which no one waits for."""
        if self._thread.is_alive():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        raise typer.Exit(status)


def _kept(rows: Iterable[Row], done: list[Row], files: CertificateFiles | None, refused: list[str]) -> Iterator[Row]:
    """Yield rows, keep them, and write their certificates; what cannot be written is put aside."""
    from relaxbell.errors import RelaxbellError

    for row in rows:
        done.append(row)
        yield row
        try:
            if files is not None:
                files.add(row)
        except RelaxbellError as error:
            refused.append(f"{row.name}: {error}")


@app.command(name="report")
def _report(
    data: Data,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page; a file that is there is replaced.")] = Path(
        "report.html"
    ),
    title: Annotated[str | None, typer.Option(help="Of the page, if not the name of the data.")] = None,
    outputs: Outputs = None,
    inputs: Inputs = None,
    count: CountColumn = None,
    values: Values = None,
    missing: Missing = None,
    order: Order = None,
    input_distribution: Distribution = "uniform",
    confidence: Confidence = 0.95,
    training: Training = None,
    settings_bias: Bias = 0.0,
    resamples: Resamples = 32,
    seconds: Seconds = 60.0,
) -> None:
    """Write what *quantify* finds to a page for colleagues: one HTML file, without scripts or anything from elsewhere.

    What was measured; the causal graph of each relaxation, with its estimate and what the counts prove; the evidence
    over ε as a picture; the inequalities; and certificates to save from the page, for *verify*. It is read on a
    desktop, a phone or paper. The data are given as in *quantify*. After Ctrl-C the page has the rows so far, and says
    which are missing.

    Example: `relaxbell report counts.csv --out report.html`
    """
    from relaxbell.errors import RelaxbellError
    from relaxbell.quantification import Plan
    from relaxbell.quantification.settings import distribution_of_text
    from relaxbell.quantification.uncertainty import Options
    from relaxbell.writing import check_writable

    done: list[Row] = []
    try:
        check_writable(out)
        how = _how(outputs, inputs, count, values, missing, order)
        counts = _data(data, how)
        trained = None if training is None else _read(training, how)
        plan = Plan(
            counts,
            distribution_of_text(input_distribution, counts),
            seconds,
            Options(confidence, trained, None, settings_bias, resamples),
        )
        bar = _Bar()
        rows = _Interruptible(plan.solved(bar, seconds))
        with bar, rows.listening():
            done.extend(rows)
            found = plan.report(done)
            bar(len(done), len(found.names), "the page")
            found.save_html(out, title=title, seconds=seconds)
    except (RelaxbellError, OSError) as error:
        raise _refused(error) from None
    typer.echo(str(out))
    without = [row.name for row in done if row.solution is None]
    if without:
        typer.echo(f"no value of {', '.join(without)}: the page says why", err=True)
    if found.missing:
        typer.secho(f"interrupted: missing are {', '.join(found.missing)}", err=True, fg="red")
        rows.leave(_INTERRUPTED)


@app.command(name="verify")
def _verify(
    files: Annotated[list[Path], typer.Argument(help="Certificates: JSON files.", metavar="FILE...")],
) -> None:
    """Check certificates in exact arithmetic, and print what each of them proves.

    They are written by `relaxbell quantify --certificates DIR` and by `solution.certificate.save` in Python. The
    strategies and the measure are built anew from the causal graph. The same check runs without this package: copy
    its folder *verify* and run `python verify FILE`. What is printed names the data by a digest, and text of a file is
    escaped. Exit status 1 if one is refused.
    """
    from relaxbell.verify import Refused, verify_file

    failed = False
    for file in files:
        name = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(file))  # it may have ends of lines
        try:
            typer.echo(f"{name}: verified: {verify_file(file)}")
        except Refused as refusal:
            failed = True
            typer.secho(f"{name}: refused: {refusal}", err=True, fg="red")
    if failed:
        raise typer.Exit(1)


@app.command(name="reproduce")
def _reproduce(
    only: Annotated[list[str] | None, typer.Option(help="Id of a claim, such as *Eq. 9*; can be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    errata: Annotated[bool, typer.Option("--errata", help="Print the refuted claims as a Markdown table.")] = False,
) -> None:
    """Audit the paper arXiv:1411.4648: compute its claims anew and say how strong each verdict is.

    Exit status 0 only if every verdict is the expected one.
    """
    from relaxbell.errors import RelaxbellError
    from relaxbell.paper.audit import CLAIMS, reproduce

    total, done = len(only or CLAIMS), iter(range(10**6))
    try:
        with _Bar() as bar:
            audit = reproduce(only or (), lambda claim: bar(next(done), total, claim.id))
    except RelaxbellError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(audit.to_list(), indent=2, ensure_ascii=False))
    else:
        typer.echo(audit._repr_markdown_() if errata else repr(audit))
    if not audit.as_expected:
        raise typer.Exit(1)


@app.command(name="figures")
def _figures(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Directory of the files; made if it is not there.")] = Path(
        "figures"
    ),
    only: Annotated[list[str] | None, typer.Option(help="Name of a figure, as *figure_2*; can be repeated.")] = None,
    formats: Annotated[str, typer.Option("--format", help="pdf, svg, png; several with commas.")] = "pdf,svg",
) -> None:
    """Draw Figs. 1–5 of arXiv:1411.4648 anew, exactly or with certified bounds, as vector graphics.

    Figure 3 takes about a minute. Needs the extra *plot*.
    """
    from relaxbell.errors import RelaxbellError
    from relaxbell.show.figures import FIGURES, save_figures

    total, done = len(only or FIGURES), iter(range(10**6))
    try:
        with _Bar() as bar:
            files = save_figures(out, only or (), formats.split(","), lambda name: bar(next(done), total, name))
    except (RelaxbellError, OSError) as error:
        raise _refused(error) from None
    for file in files:
        typer.echo(str(file))


@app.command(name="doctor")
def _doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False) -> None:
    """Say what is installed, what each extra would add, and whether it works: solved and verified, in a second.

    Exit status 0 only if everything that is needed is there, in a version that is supported, and works.
    """
    from relaxbell import __version__
    from relaxbell.doctor import diagnose

    found = diagnose(__version__)
    typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else "\n".join(found.lines()))
    if not found.healthy:
        raise typer.Exit(1)


def _refused(error: RelaxbellError | OSError) -> typer.Exit:
    """Print an error; a file that cannot be written is named, with the remedy."""
    from relaxbell.errors import RelaxbellError

    if isinstance(error, BrokenPipeError):  # who read the output, such as head, has enough; nothing more is flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return typer.Exit(1)
    text = str(error)
    if not isinstance(error, RelaxbellError):
        text = f"cannot use {error.filename}: {error.strerror}. Give another name."
    typer.secho(f"error: {text}", err=True, fg="red")
    return typer.Exit(1)


class _Bar:
    """A progress bar on the terminal's standard error, shown after one second."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, done: int, total: int, name: str) -> None:
        if self.task is None and (time.perf_counter() - self.started < 1 or not sys.stderr.isatty()):
            return  # nobody looks, or will wait; rich takes its time to load
        if self.progress is None:
            self.progress = _progress()
        if self.task is None:
            self.progress.start()
            self.task = self.progress.add_task(name, total=total)
        self.progress.update(self.task, completed=done, description=name)

    def hide(self) -> None:
        """Take the bar off the terminal, so that a line can be printed; the next call shows it again."""
        if self.progress is not None and self.task is not None:
            self.progress.stop()
            self.progress.remove_task(self.task)
            self.task = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress is not None:
            self.progress.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def main() -> None:
    """Run the command line."""
    # NumPy's BLAS starts threads when it is loaded, which then wait busily: a fifth of a table's CPU time, for nothing
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()


if __name__ == "__main__":
    main()
