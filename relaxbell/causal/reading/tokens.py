"""The words of dagitty, DOT and arrow strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from relaxbell.errors import ModelError

_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*)+", re.DOTALL | re.MULTILINE)
_ARROW = re.compile(r"\+-*\+|-+\+|\+-+|<->|<-@|@->|@-@|@--|--@|<--|-->|->|<-|--|[→←↔]")
_ARROWS = {"→": "->", "←": "<-", "↔": "<->"}
_IGRAPH = re.compile(r"(\+?)-*(\+?)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_WORD = re.compile(r"[\w.]+'*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'', re.DOTALL)
_SIGNS = "{}[];,=:+"


class Token(NamedTuple):
    """A word of the text: its kind ("arrow", "name", or the sign itself), what it says, and where it starts."""

    kind: str
    text: str
    start: int
    quoted: bool = False


def tokens(text: str) -> Iterator[Token]:
    r"""Yield the words of a text, without comments.

    Raises
    ------
    ModelError
        For a character that begins no word.

    Examples
    --------
    >>> [token.text for token in tokens("dag { X -> 'a b' [pos=\"0,1\"] // here")]
    ['dag', '{', 'X', '->', 'a b', '[', 'pos', '=', '0,1', ']']
    """
    place = 0
    value = False  # after "=": numbers, and text in angle brackets
    while place < len(text):
        if skipped := _SKIPPED.match(text, place):
            place = skipped.end()
            continue
        token, place = _token(text, place, value)
        value = token.kind == "="
        yield token


def _token(text: str, place: int, value: bool) -> tuple[Token, int]:
    if value and text[place] == "<":
        return _angled(text, place)
    if value and (number := _NUMBER.match(text, place)):
        return Token("name", number.group(), place), number.end()
    if arrow := _ARROW.match(text, place):
        return Token("arrow", _ARROWS.get(arrow.group(), _short(arrow.group())), place), arrow.end()
    if quoted := _QUOTED.match(text, place):
        own = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
        return Token("name", re.sub(r"\\(\n|\r\n)|\\(?=[\"'\\])", "", own), place, True), quoted.end()
    if word := _WORD.match(text, place):
        return Token("name", word.group(), place), word.end()
    if text[place] in _SIGNS:
        return Token(text[place], text[place], place), place + 1
    raise ModelError(
        f"the graph has {text[place]!r} {where(text, place)}, expected names, arrows ->, <- or <->, and [attributes]. "
        "Remove it, or quote the name."
    )


def _short(arrow: str) -> str:
    """Return an arrow of igraph, which may be of any length, with one dash: -+, +- or +-+."""
    ends = _IGRAPH.fullmatch(arrow)
    return arrow if ends is None or "+" not in arrow else f"{ends.group(1)}-{ends.group(2)}"


def _angled(text: str, place: int) -> tuple[Token, int]:
    """Return a label that Graphviz reads as HTML: nothing in it matters here."""
    depth = 0
    for end in range(place, len(text)):
        depth += {"<": 1, ">": -1}.get(text[end], 0)
        if depth == 0:
            return Token("name", text[place : end + 1], place, True), end + 1
    raise ModelError(f"the graph has an open < {where(text, place)}, expected > at its end. Close it.")


def where(text: str, place: int) -> str:
    """Return the line and the text before a place, for messages."""
    line = text.count("\n", 0, place) + 1
    before = text[max(0, place - 25) : place].split("\n")[-1].strip()
    after = f" after {before!r}" if before else ""
    return f"in line {line}{after}"
