"""The command line: ``relaxbell quantify delft2015``. A file for each command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from relaxbell.cli import doctor, figures, quantify, report, reproduce, verify

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


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


# in the order in which they are listed
app.command(name="quantify")(quantify.command)
app.command(name="report")(report.command)
app.command(name="verify")(verify.command)
app.command(name="reproduce")(reproduce.command)
app.command(name="figures")(figures.command)
app.command(name="doctor")(doctor.command)


def main() -> None:
    """Run the command line."""
    # NumPy's BLAS starts threads when it is loaded, which then wait busily: a fifth of a table's CPU time, for nothing
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
