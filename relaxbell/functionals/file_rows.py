"""Rows of inequality files: with names or plain numbers, with a relation or, as PANDA writes them, without.

Sources: PORTA's manual page ieq(1); the pages "Writing PANDA input files" and "language" of PANDA, and, where the
program differs from its pages, the program (``input_constraint_unnamed_variables.cpp``): a row of numbers without
relation has the constant in its last place, a·x + c ≤ 0 (an equation: = 0), in what it reads and in what it prints.
With a relation the last number is the right-hand side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from relaxbell.errors import FunctionalError

Numbers = list[Fraction]
"""(constant, coefficients)."""

_IDENTIFIER = re.compile(r"^\([^()]*\)")  # PORTA numbers its lines; PANDA takes any text
_HEX = re.compile(r"\(hex\)([0-9a-f]+)", re.ASCII)
_RELATION = re.compile(r"(<=|=<|>=|=>|==|=)")
_DIGITS = 4000
"""Of a numerator or denominator; Python reads no more than 4300."""
_NUMBER = re.compile(r"[+-]?\d+(?:/\d+)?", re.ASCII)
_TERM = re.compile(r"\s*([+-]?)\s*(\d+(?:\s*/\s*\d+)?)?\s*\*?\s*([A-Za-z][\w^]*)?", re.ASCII)
_SAME = {"=<": "<=", "=>": ">=", "==": "="}


class Line(NamedTuple):
    """A line as it stands: what is left of the relation, the relation ("" if there is none), the number after it."""

    left: str
    relation: str
    right: str

    @property
    def numbers(self) -> list[str]:
        """The words on the left, if they are all numbers."""
        words = self.left.split()
        return words if all(map(_NUMBER.fullmatch, words)) else []

    @property
    def dimension(self) -> int | None:
        """How many coordinates a line of plain numbers has; None for names."""
        return len(self.numbers) - (not self.relation) if self.numbers else None


def read_line(text: str, where: str) -> Line:
    """Return a line taken apart; PORTA's ``traf -s`` puts a remark after #."""
    parts = [part.strip() for part in _RELATION.split(_plain(text, where))]
    if len(parts) == 1:
        line = Line(parts[0], "", "")
        if not line.numbers:
            raise FunctionalError(
                f"{where}: {text[:60]!r} is not an inequality: found no relation <=, >= or =, which only rows of plain "
                "numbers may leave out (PANDA). Correct the line."
            )
        return line
    right = parts[2].replace(" ", "")
    if len(parts) != 3 or not _NUMBER.fullmatch(right):
        raise FunctionalError(f"{where}: {text[:60]!r} is not an inequality 'terms <= number'. Correct the line.")
    return Line(parts[0], _SAME.get(parts[1], parts[1]), right)


def _plain(text: str, where: str) -> str:
    """Return a row without identifier and remark; PORTA's long arithmetic writes large numbers as ``(hex)12a``."""

    def decimal(match: re.Match[str]) -> str:
        if len(match[1]) > _DIGITS // 2:
            raise FunctionalError(
                f"{where}: a number has {len(match[1])} hexadecimal digits, expected at most {_DIGITS // 2}. Round it, "
                "or divide the inequality."
            )
        return str(int(match[1], 16))

    return _IDENTIFIER.sub("", _HEX.sub(decimal, text)).partition("#")[0]


def numbers(text: str, where: str) -> Numbers:
    """Return the numbers of a line that has nothing else, but for its identifier and a remark."""
    words = _plain(text, where).split()
    for word in words:
        if not _NUMBER.fullmatch(word):
            raise FunctionalError(
                f"{where}: {word[:40]!r} is not a whole number or a fraction such as -2/3, which is expected here: "
                "decimals are not exact. Correct the line, or use the program in exact arithmetic."
            )
    if not words:
        raise FunctionalError(f"{where}: no number, expected a row of them. Correct the line.")
    return [number(word, where) for word in words]


def looks_like_a_row(text: str) -> bool:
    """Return whether a line can only be meant as an inequality or a point."""
    return bool(_RELATION.search(text)) or bool(Line(text, "", "").numbers)


def coefficients(line: Line, names: Mapping[str, int], where: str) -> Numbers:
    """Return (constant, coefficients) of a line, so that it says constant + coefficients · x ≤ 0, ≥ 0 or = 0."""
    words, dimension = line.numbers, len(names)
    if words and line.dimension != dimension:
        found = f"{len(words)} coefficients, expected {dimension}"
        if not line.relation:
            found = f"{len(words)} numbers, expected {dimension + 1}: the coefficients and the constant"
        raise FunctionalError(f"{where}: {found}. Correct the line.")
    if words and not line.relation:
        return [number(words[-1], where), *(number(word, where) for word in words[:-1])]
    left = [number(word, where) for word in words] if words else _linear(line.left, names, where)
    return [-number(line.right, where), *left]


def _linear(text: str, names: Mapping[str, int], where: str) -> list[Fraction]:
    """Return the coefficients of a sum of terms."""
    if not text.strip():
        raise FunctionalError(
            f"{where}: no term on the left-hand side, expected such as '+2/3x1'. Write '0x1' for zero."
        )
    found = [Fraction(0)] * len(names)
    for size, name in summands(text, where):
        if name is None:
            raise FunctionalError(f"{where}: {text[:40]!r} is not a term such as '+2/3x1'. Correct the line.")
        if name not in names:
            raise FunctionalError(
                f"{where}: unknown coordinate {name!r}, expected one of {', '.join(list(names)[:8])}, …"
            )
        found[names[name]] += size
    return found


def summands(text: str, where: str) -> Iterator[tuple[Fraction, str | None]]:
    """Yield the terms of a sum: sign, number, name; the first sign may be left out, and so may number or name."""
    position, first = 0, True
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if match is None or not (match[2] or match[3]) or not (match[1] or first):
            raise FunctionalError(
                f"{where}: {text[position:].strip()[:40]!r} is not a term such as '+2/3x1'. Correct the line."
            )
        size = Fraction(1) if match[2] is None else number(match[2].replace(" ", ""), where)
        yield (-size if match[1] == "-" else size), match[3]
        position, first = match.end(), False


def number(text: str, where: str) -> Fraction:
    """Return a whole number or a fraction; text of digits only, which the callers' patterns ensure."""
    top, _, bottom = text.partition("/")
    digits = max(len(part.lstrip("+-")) for part in (top, bottom))
    if digits > _DIGITS:
        raise FunctionalError(
            f"{where}: a number has {digits} digits, expected at most {_DIGITS}. Round it, or divide the inequality."
        )
    above, below = int(top), int(bottom or 1)
    if below == 0:
        raise FunctionalError(f"{where}: {text} divides by zero. Correct the line.")
    return Fraction(above, below)


def written(number: Fraction | int) -> str:
    """Return a number as text, if it is one that can be read again."""
    digits = max(number.numerator.bit_length(), number.denominator.bit_length()) * 3 // 10
    if digits > _DIGITS:
        raise FunctionalError(f"a coefficient has about {digits} digits, expected at most {_DIGITS}. Round it.")
    return str(number)
