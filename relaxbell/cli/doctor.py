"""The command ``doctor``."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def command(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False) -> None:
    """Say what is installed, what each extra would add, and whether it works: solved and verified, in a second.

    Exit status 0 only if everything that is needed is there, in a version that is supported, and works.
    """
    from relaxbell import __version__
    from relaxbell.doctor import diagnose

    found = diagnose(__version__)
    typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else "\n".join(found.lines()))
    if not found.healthy:
        raise typer.Exit(1)
