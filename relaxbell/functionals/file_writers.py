"""Inequalities and points as text, for PORTA, PANDA, cdd and lrs, and Normaliz."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from fractions import Fraction

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import common_denominator
from relaxbell.functionals.file_maps import Map
from relaxbell.functionals.file_rows import Numbers, written
from relaxbell.functionals.file_target import plain_names

FORMATS = ("porta", "panda", "cdd", "normaliz")

_WIDTH = 78
"""Of a line of remarks; PORTA of its authors reads lines of fewer than 1000 characters."""


def read_format(file_format: object) -> str:
    """Return which format is written."""
    if not isinstance(file_format, str) or file_format not in FORMATS:
        raise FunctionalError(
            f"the format {file_format!r} is unknown, expected {', '.join(map(repr, FORMATS[:-1]))} or {FORMATS[-1]!r}."
        )
    return file_format


def inequalities_text(
    file_format: str, rows: Sequence[Numbers], equations: Sequence[Numbers], names: Sequence[str]
) -> str:
    """Return a file of rows · (1, x) <= 0 and equations = 0."""
    if file_format == "porta":
        lines = [*_porta_head(names), "INEQUALITIES_SECTION"]
        lines += [_porta_row(i, row, "==") for i, row in enumerate(equations, 1)]
        lines += [_porta_row(i, row, "<=") for i, row in enumerate(rows, 1)]
        return _text([*lines, "END"])
    if file_format == "panda":
        lines = _panda_head(names)
        if equations:
            lines += ["Equations:", *(f"{_numbers(_whole(row)[1:])} = {-_whole(row)[0]}" for row in equations)]
        return _text([*lines, "Inequalities:", *(f"{_numbers(w[1:])} <= {written(-w[0])}" for w in map(_whole, rows))])
    if file_format == "cdd":
        own = [*equations, *([-v for v in row] for row in rows)]
        marked = [f"linearity {len(equations)}  {' '.join(map(str, range(1, len(equations) + 1)))}"]
        head = ["H-representation", *(marked if equations else []), "begin", f"{len(own)} {len(names) + 1} rational"]
        return _text([*_cdd_remarks(names), *head, *map(_numbers, own), "end"])
    lines = [*_normaliz_head(names), f"inhom_inequalities {len(rows)}"]
    lines += [_numbers([-v for v in [*row[1:], row[0]]]) for row in rows]
    if equations:
        lines += [f"inhom_equations {len(equations)}", *(_numbers([*row[1:], row[0]]) for row in equations)]
    return _text([*lines, "VerticesOfPolyhedron"])


def points_text(
    file_format: str, points: Sequence[Sequence[Fraction]], names: Sequence[str], maps: Iterable[Map] = ()
) -> str:
    """Return a file of points; PANDA's has the maps, too."""
    if file_format == "porta":
        return _text([*_porta_head(names), "CONV_SECTION", *map(_numbers, points), "END"])
    if file_format == "panda":
        plain = plain_names(names)
        listed = [" ".join(_expression(image, plain) for image in own) for own in maps]
        return _text(
            [*_panda_head(names), *(["Maps:", *listed] if listed else []), "Vertices:", *map(_numbers, points)]
        )
    if file_format == "cdd":
        head = ["V-representation", "begin", f"{len(points)} {len(names) + 1} rational"]
        return _text([*_cdd_remarks(names), *head, *(f"1 {_numbers(point)}" for point in points), "end"])
    rows = []
    for point in points:
        below = common_denominator(point)
        rows.append(_numbers([*(v * below for v in point), below]))
    return _text([*_normaliz_head(names), f"vertices {len(points)}", *rows, "SupportHyperplanes"])


# ------------------------------------------------------------------------ pieces


def _text(lines: Sequence[str]) -> str:
    return "\n".join([*lines, ""])


def _numbers(row: Iterable[Fraction | int]) -> str:
    return " ".join(map(written, row))


def _whole(row: Numbers) -> list[int]:
    below = common_denominator(row)
    return [int(c * below) for c in row]


def _meanings(names: Sequence[str]) -> list[str]:
    """Return what x1, x2, … are, in short lines."""
    listed = "; ".join(f"x{k}\xa0=\xa0{name}" for k, name in enumerate(names, 1))
    broken = textwrap.wrap(listed, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in broken]


def _porta_head(names: Sequence[str]) -> list[str]:
    return [f"DIM = {len(names)}", "", "COMMENT", *_meanings(names), ""]


def _porta_row(number: int, row: Numbers, relation: str) -> str:
    sizes = ["" if abs(c) == 1 else written(abs(c)) for c in row[1:]]
    signed = zip(row[1:], sizes, strict=True)
    terms = "".join(f"{'-' if c < 0 else '+'}{size}x{k}" for k, (c, size) in enumerate(signed, 1) if c)
    return f"({number:>3}) {terms.removeprefix('+') or '0x1'} {relation} {written(-row[0])}"


def _panda_head(names: Sequence[str]) -> list[str]:
    return [f"DIM={len(names)}", "Names:", " ".join(plain_names(names))]


def _cdd_remarks(names: Sequence[str]) -> list[str]:
    return [f"* {line}" for line in _meanings(names)]


def _normaliz_head(names: Sequence[str]) -> list[str]:
    return ["/*", *_meanings(names), "*/", f"amb_space {len(names)}"]


def _expression(image: Numbers, names: Sequence[str]) -> str:
    """Return a new coordinate as a sum of old ones, without blanks."""
    terms = [(c, name) for c, name in zip(image, ["", *names], strict=True) if c]
    text = ""
    for c, name in terms:
        size = "" if abs(c) == 1 and name else written(abs(c))
        text += f"{'-' if c < 0 else '+' if text else ''}{size}{name}"
    return text or "0"
