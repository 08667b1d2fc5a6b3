"""Refusals: what is wrong with a file, as one line of visible ASCII, whatever text the file holds."""

from __future__ import annotations

import re
from typing import TypeGuard

_NAME = re.compile(r"[^\W\d]\w{0,99}'{0,9}")  # letters, digits and _ of any script: nothing that a terminal obeys


def printable(text: str, most: int | None = None) -> str:
    """Return text as one line of visible ASCII: nothing in it can move a cursor, hide, or pass for another letter.

    Control characters, ends of lines, marks of direction or without width, and letters beyond ASCII are escaped as
    Python writes them; of text that is longer than `most`, the beginning.
    """
    cut = text if most is None or len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
    return "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in cut)


def quoted(text: object) -> str:
    """Return text of the file as it may stand in a refusal: in quotes, and short."""
    return f"'{printable(str(text), 40)}'"


class Refused(ValueError):  # noqa: N818 - says what happened: the program works
    """The certificate proves nothing; the message says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(printable(reason, 600))


def need(condition: object, reason: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(reason)


def is_name(given: object) -> TypeGuard[str]:
    """Return whether this may be the name of a variable."""
    return type(given) is str and _NAME.fullmatch(given) is not None
