"""The command line: ``relaxbell quantify delft2015``."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from relaxbell.errors import RelaxbellError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


class Settings(StrEnum):
    """Which distribution of the settings to assume."""

    uniform = "uniform"
    observed = "observed"


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
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A shipped data set (delft2015, nist2015, vienna2015) or the path of a CSV file."
        ),
    ],
    outputs: Annotated[
        str | None,
        typer.Option(help="Names of the outcome columns, separated by commas, if they are not a, b, c."),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option(help="Names of the setting columns, separated by commas, if they are not x, y, z."),
    ] = None,
    input_distribution: Annotated[
        Settings, typer.Option(help="Distribution of the settings, for measures that depend on it.")
    ] = Settings.uniform,
    seconds: Annotated[
        float,
        typer.Option(
            min=0.001, help="Time limit of the fit and of each row. A row that takes longer is left out, and says so."
        ),
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    certificates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a certificate of each row to this directory; see *verify*."),
    ] = None,
) -> None:
    """Print the least relaxations of locality and measurement independence that explain a Bell test.

    The counts are fitted within non-signaling behaviors; then each relaxation is minimized. Every
    minimum comes with a rigorous lower bound and the Bell functional that proves it.

    A CSV has a header, one column for each setting (x, y, z) and outcome (a, b, c) and a column *count*; then one
    row for each combination of values 0, 1, …, such as `0,1,0,0,427` below `x,y,a,b,count`. Any number of values;
    from four parties on the columns are x1, x2, … and a1, a2, ….

    Example: `relaxbell quantify counts.csv --certificates proofs`
    """
    from relaxbell.behavior.counts import Counts, data_sets, load_counts
    from relaxbell.errors import CountsError, RelaxbellError
    from relaxbell.quantification import quantify

    try:
        if certificates is not None and certificates.exists() and not certificates.is_dir():
            raise NotADirectoryError(0, "a file is there, expected a directory", str(certificates))
        if outputs is None and inputs is None:
            counts = load_counts(data)
        elif data in data_sets():
            raise CountsError(
                f"{data} has the outcomes a, b and the settings x, y: found --outputs or --inputs. Leave them out, or "
                f"write ./{data} if you mean a file."
            )
        else:
            counts = Counts.read_csv(data, outputs, inputs)
        with _Bar() as bar:
            report = quantify(
                counts, input_distribution=input_distribution.value, progress=bar, seconds_per_row=seconds
            )
        typer.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False) if as_json else repr(report))
        if certificates is not None:
            count = len(report.save_certificates(certificates))
            typer.echo(f"{count} certificates written to {certificates}, each verified", err=True)
    except (RelaxbellError, OSError) as error:
        raise _refused(error) from None


@app.command(name="verify")
def _verify(
    files: Annotated[list[Path], typer.Argument(help="Certificates: JSON files.", metavar="FILE...")],
) -> None:
    """Check certificates in exact arithmetic, and print what each of them proves.

    They are written by `relaxbell quantify --certificates DIR` and by `solution.certificate.save` in Python. The
    strategies and the measure are built anew from the causal graph. The same check runs without this package: copy
    its file *verify.py* and run `python verify.py FILE`. Exit status 1 if one is refused.
    """
    from relaxbell.verify import Refused, verify_file

    failed = False
    for file in files:
        try:
            typer.echo(f"{file}: verified: {verify_file(file)}")
        except Refused as refusal:
            failed = True
            typer.secho(f"{file}: refused: {refusal}", err=True, fg="red")
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


def _refused(error: RelaxbellError | OSError) -> typer.Exit:
    """Print an error; a file that cannot be written is named, with the remedy."""
    text = str(error)
    if isinstance(error, OSError):
        text = f"cannot use {error.filename}: {error.strerror}. Give another name."
    typer.secho(f"error: {text}", err=True, fg="red")
    return typer.Exit(1)


class _Bar:
    """A progress bar on the terminal's standard error, shown after one second."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self.progress = Progress(console=console, transient=True, disable=not console.is_terminal)
        self.started = time.perf_counter()
        self.task: Any = None

    def __call__(self, done: int, total: int, name: str) -> None:
        if self.task is None:
            if time.perf_counter() - self.started < 1:
                return
            self.progress.start()
            self.task = self.progress.add_task(name, total=total)
        self.progress.update(self.task, completed=done, description=name)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.task is not None:
            self.progress.stop()


def main() -> None:
    """Run the command line."""
    app()
