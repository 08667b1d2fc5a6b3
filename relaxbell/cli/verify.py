"""The command ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
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
