"""The command ``quantify``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relaxbell.cli.data import (
    RESAMPLES,
    Bias,
    Confidence,
    CountColumn,
    Data,
    Distribution,
    Inputs,
    Missing,
    Order,
    Outputs,
    Resamples,
    Seconds,
    Training,
    Values,
    how_read,
    planned,
    read_any,
)
from relaxbell.cli.interruption import INTERRUPTED, Interruptible
from relaxbell.cli.progress import Bar
from relaxbell.cli.refusal import refused_by

if TYPE_CHECKING:
    from relaxbell.quantification.report import CertificateFiles, Row


def command(
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
    resamples: Resamples = RESAMPLES,
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
    from relaxbell.quantification.report import CertificateFiles

    try:
        if certificates is not None and certificates.exists() and not certificates.is_dir():
            raise NotADirectoryError(0, "a file is there, expected a directory", str(certificates))
        how = how_read(outputs, inputs, count, values, missing, order)
        plan = planned(
            read_any(data, how), how, input_distribution, confidence, training, settings_bias, resamples, seconds
        )
        files = None if certificates is None else CertificateFiles(certificates)
        done: list[Row] = []
        refused: list[str] = []
        bar = Bar()
        rows = Interruptible(plan.solved(bar, seconds))
        with bar, rows.listening():
            for line in plan._repr_lines_(_kept(rows, done, files, refused)):
                if not as_json:
                    bar.hide()
                    typer.echo(line)
    except (RelaxbellError, OSError) as error:
        raise refused_by(error) from None
    report = plan.report(done)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    if files is not None:
        typer.echo(f"{len(files.paths)} certificates written to {certificates}, each verified", err=True)
    for problem in refused:
        typer.secho(f"error: no certificate of {problem}", err=True, fg="red")
    if report.missing:
        typer.secho(f"interrupted: missing are {', '.join(report.missing)}", err=True, fg="red")
        rows.leave(INTERRUPTED)
    if refused:
        raise typer.Exit(1)


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
