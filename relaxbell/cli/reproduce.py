"""The command ``reproduce``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from relaxbell.cli.progress import Bar


def command(
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
        with Bar() as bar:
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
