"""The command ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relaxbell.cli.data import (
    RESAMPLES,
    Bias,
    Confidence,
    CountColumn,
    Data,
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
    from collections.abc import Sequence

    from relaxbell.behavior.behavior import Behavior
    from relaxbell.behavior.counts import Counts
    from relaxbell.quantification.report import Row


EitherDistribution = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="Distribution of the settings, as in *quantify*: *uniform*, the default; *observed*, that of effects; or "
        "by design.",
    ),
]


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
    input_distribution: EitherDistribution = None,
    confidence: Confidence = 0.95,
    training: Training = None,
    settings_bias: Bias = 0.0,
    resamples: Resamples = RESAMPLES,
    seconds: Seconds = 60.0,
    graph: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Causal graph, for bounds on effects: arrows, dagitty, DOT, or a file of them. What is in no column "
            "is latent.",
        ),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='What is asked of the graph, such as "ACE(X -> Y)"; may be repeated.'),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='Beside the graph, such as "no defiers"; may be repeated.'),
    ] = None,
) -> None:
    """Write what *quantify* finds to a page for colleagues: one HTML file, without scripts or anything from elsewhere.

    What was measured; the causal graph of each relaxation, with its estimate and what the counts prove; the evidence
    over ε as a picture; the inequalities; and certificates to save from the page, for *verify*. It is read on a
    desktop, a phone or paper. The data are given as in *quantify*. After Ctrl-C the page has the rows so far, and says
    which are missing.

    With a graph or a query, and for *vitamin_a*, the page has bounds on causal effects instead: the graph, for each
    query both ends with their confidence, the formula, a test of the graph, and certificates. Then *seconds* are those
    of each step, and Ctrl-C ends it without a page.

    Examples: `relaxbell report counts.csv --out report.html`,
    `relaxbell report trial.csv --outputs X=took,Y=well --inputs Z=assigned --graph "Z -> X -> Y; L -> {X Y}"
    --query "ACE(X -> Y)"`
    """
    from relaxbell.errors import RelaxbellError
    from relaxbell.writing import check_writable

    done: list[Row] = []
    try:
        check_writable(out)
        how = how_read(outputs, inputs, count, values, missing, order)
        counts = read_any(data, how)
        if graph is not None or query or assume or _has_graph(counts):
            _check_options(training, settings_bias, resamples)
            _effects(counts, out, title, graph, query or (), assume or (), confidence, input_distribution, seconds)
            return
        design = input_distribution or "uniform"
        plan = planned(counts, how, design, confidence, training, settings_bias, resamples, seconds)
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


def _check_options(training: str | None, bias: float, resamples: int) -> None:
    """Refuse options that only tests of a limit and fits have."""
    from relaxbell.errors import CountsError

    options = {
        "training": training is not None,
        "settings-bias": bias != 0,
        "resamples": resamples not in (0, RESAMPLES),
    }
    given = [f"--{name}" for name, is_given in options.items() if is_given]
    if given:
        raise CountsError(
            f"a report of effects has no {' and no '.join(given)}: found them given, and its confidence is that of "
            "Counts.confidence_radius. Leave them out."
        )


def _has_graph(counts: Counts | Behavior) -> bool:
    """Return whether counts were published with a graph: then they are no Bell test."""
    published = getattr(counts, "published", None)
    return published is not None and bool(published.graph)


def _effects(
    counts: Counts | Behavior,
    out: Path,
    title: str | None,
    graph: str | None,
    queries: Sequence[str],
    assumptions: Sequence[str],
    confidence: float,
    distribution: str | None,
    seconds: float,
) -> None:
    """Write the page of bounds on effects."""
    from relaxbell.behavior.counts import Counts
    from relaxbell.errors import CountsError
    from relaxbell.quantification.effects import EffectReport
    from relaxbell.quantification.settings import distribution_of_text

    if not isinstance(counts, Counts):
        raise CountsError(
            "the report of effects is of counts: found probabilities, which have no confidence. Give numbers of "
            "trials, or use bounds(query(model, 'ACE(X -> Y)'), p) in Python."
        )
    found = EffectReport.of(
        counts,
        graph=_text_of(graph),
        queries=queries,
        assumptions=assumptions,
        confidence=confidence,
        input_distribution=distribution_of_text(distribution or "observed", counts),
        seconds=seconds,
    )
    found.save_html(out, title=title, seconds=seconds)
    typer.echo(str(out))
    for row in found.rows:
        if row.estimate is None and row.sure is None:
            typer.echo(f"no bounds on {row.name}: {row.problem}", err=True)


def _text_of(graph: str | None) -> str | None:
    """Return the text of a graph, of a file if one has this name."""
    from relaxbell.errors import FileError

    if graph is None or any(mark in graph for mark in ("->", "{", ";", "\n")):
        return graph
    try:
        return Path(graph).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FileError(
            f"the graph {graph[:80]!r} has no arrows and is no file that can be read ({error}). Expected text such as "
            "'Z -> X -> Y; X <-> Y', or the path of a file of it."
        ) from error
