"""The command ``figures``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relaxbell.cli.progress import Bar
from relaxbell.cli.refusal import refused_by


def command(
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
        with Bar() as bar:
            files = save_figures(out, only or (), formats.split(","), lambda name: bar(next(done), total, name))
    except (RelaxbellError, OSError) as error:
        raise refused_by(error) from None
    for file in files:
        typer.echo(str(file))
