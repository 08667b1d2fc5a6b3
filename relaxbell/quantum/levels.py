"""Levels of the NPA hierarchy as lengths of words: "1", "1+AB", 2, "2+AAB"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from numbers import Integral

from relaxbell.errors import UnsupportedModelError

Lengths = tuple[tuple[int, ...], ...]
"""For each kind of word the number of projectors of each party."""

_LEVEL = re.compile(r"\s*(\d+)\s*((?:\+[^+]*)*)")


def read_level(level: int | str, outputs: Sequence[str]) -> Lengths:
    """Return the kinds of words of a level, sorted by length; raise UnsupportedModelError if it is none.

    Examples
    --------
    >>> read_level("1+AB", "AB")
    ((0, 0), (1, 0), (0, 1), (1, 1))
    >>> read_level("1+AAB", "AB")  # AAB with the same projector twice is AB
    ((0, 0), (1, 0), (0, 1), (1, 1), (2, 1))
    """
    found = _LEVEL.fullmatch(str(level)) if isinstance(level, Integral | str) and not isinstance(level, bool) else None
    if found is None or not 1 <= int(found[1]) <= 6:
        raise _unknown(level, outputs)
    most = int(found[1])
    kinds = [k for k in itertools.product(range(most + 1), repeat=len(outputs)) if sum(k) <= most]
    for part in found[2].split("+")[1:]:
        own = _word(part, outputs, level)
        kinds += itertools.product(*(range(1, n + 1) if n else (0,) for n in own))
    return tuple(sorted(set(kinds), key=lambda k: (sum(k), tuple(-n for n in k))))


def _word(text: str, outputs: Sequence[str], level: int | str) -> tuple[int, ...]:
    tokens = text.replace("*", " ").split()
    if all(len(name) == 1 for name in outputs):
        tokens = list("".join(tokens))
    if not tokens or len(tokens) > 6 or not set(tokens) <= set(outputs):
        raise _unknown(level, outputs)
    return tuple(tokens.count(name) for name in outputs)


def _unknown(level: object, outputs: Sequence[str]) -> UnsupportedModelError:
    product = ("" if all(len(name) == 1 for name in outputs) else " ").join(outputs[:2])
    return UnsupportedModelError(
        f"{level!r} is no level of the NPA hierarchy for outputs {', '.join(outputs)}: expected the longest word of "
        f'all parties together, 1 to 6, and more products, such as 1, "1+{product}", 2 or 3. Use a word of the outputs.'
    )
