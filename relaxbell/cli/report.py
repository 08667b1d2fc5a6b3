"""The command ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relaxbell.cli.data import (
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
)
from relaxbell.cli.interruption import INTERRUPTED, Interruptible
from relaxbell.cli.progress import Bar
from relaxbell.cli.refusal import refused_by

if TYPE_CHECKING:
    from relaxbell.quantification.report import Row


def command(
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
    from relaxbell.writing import check_writable

    done: list[Row] = []
    try:
        check_writable(out)
        how = how_read(outputs, inputs, count, values, missing, order)
        plan = planned(data, how, input_distribution, confidence, training, settings_bias, resamples, seconds)
        bar = Bar()
        rows = Interruptible(plan.solved(bar, seconds))
        with bar, rows.listening():
            done.extend(rows)
            found = plan.report(done)
            bar(len(done), len(found.names), "the page")
            found.save_html(out, title=title, seconds=seconds)
    except (RelaxbellError, OSError) as error:
        raise refused_by(error) from None
    typer.echo(str(out))
    without = [row.name for row in done if row.solution is None]
    if without:
        typer.echo(f"no value of {', '.join(without)}: the page says why", err=True)
    if found.missing:
        typer.secho(f"interrupted: missing are {', '.join(found.missing)}", err=True, fg="red")
        rows.leave(INTERRUPTED)
