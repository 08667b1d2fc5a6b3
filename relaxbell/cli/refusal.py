"""Errors as the command line prints them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from relaxbell.errors import RelaxbellError


def refused_by(error: RelaxbellError | OSError) -> typer.Exit:
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
