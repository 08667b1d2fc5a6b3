"""Files of cdd and lrs (Polyhedra format) and of Normaliz: matrices of numbers, for inequalities or for points.

cdd, lrs (Fukuda; Avis): between ``begin`` and ``end`` rows ``b a``, b + a·x ≥ 0, after ``H-representation``; rows
``1 x`` for points after ``V-representation``; ``linearity 2  1 4`` names the rows that are equations. lrs does not know
how many rows there will be and writes ``*****``. Normaliz: rows ``a b``, a·x + b ≥ 0, and for points the
numerators, then the denominator; in what it prints a line says what the next rows are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from relaxbell.errors import FunctionalError
from relaxbell.functionals.file_rows import Numbers, numbers
from relaxbell.functionals.file_target import Target

_BEGIN = re.compile(r"(\d+|\*+)\s+(\d+)\s+(\w+)", re.ASCII)
_AMBIENT = re.compile(r"amb_space\s+(\d+)", re.ASCII)
_EMBEDDED = re.compile(r"embedding dimension = (\d+)", re.ASCII)
_HEAD = re.compile(r"(\d+) ([a-zA-Z].*):", re.ASCII)
_INPUT = re.compile(r"([a-z_]+)\s+(\d+)", re.ASCII)
_OUTPUTS = {
    "support hyperplanes": "inequalities",
    "support hyperplanes of polyhedron (homogenized)": "inequalities",
    "equations": "equations",
    "vertices of polyhedron": "points",
    "extreme rays": "points",
    "extreme rays of recession cone": "rays",
}
_INPUTS = {
    "inhom_inequalities": "inequalities",
    "inhom_equations": "equations",
    "vertices": "points",
    "polytope": "integer points",
}


class Matrix(NamedTuple):
    """What a file holds: rows (constant, coefficients) ≥ 0 and = 0, and points, each with its line."""

    inequalities: list[tuple[Numbers, str]]
    equations: list[tuple[Numbers, str]]
    points: list[tuple[Numbers, str]]


def kind_of(text: str) -> str:
    r"""Return the family of programs that a file is of: 'cdd', 'normaliz', or 'sections' for PORTA and PANDA.

    Examples
    --------
    >>> kind_of("H-representation\nbegin\n")
    'cdd'
    """
    lines = {line.strip() for line in text.splitlines()}
    if lines & {"H-representation", "V-representation", "begin"}:
        return "cdd"
    if any(_AMBIENT.search(line) or _EMBEDDED.match(line) for line in lines):
        return "normaliz"
    return "sections"


def read_matrix(text: str, name: str, target: Target) -> Matrix:
    """Return what a file of cdd, lrs or Normaliz holds."""
    lines = [(line.strip(), f"{name}, line {k}") for k, line in enumerate(text.splitlines(), 1)]
    if kind_of(text) == "cdd":
        return _read_cdd(lines, name, target)
    inside = _AMBIENT.search(text)
    return _read_input(lines, text, target) if inside else _read_output(lines, name, target)


def _check_dimension(size: int, target: Target, where: str) -> None:
    if size not in target.sizes:
        raise FunctionalError(
            f"{where}: dimension {size}, {target.expected}. Give a functional or a model of the file's scenario."
        )


def _row(line: str, where: str, size: int) -> Numbers:
    found = numbers(line, where)
    if len(found) != size:
        raise FunctionalError(f"{where}: {len(found)} numbers, expected {size}. Correct the line.")
    return found


# ---------------------------------------------------------------------- cdd, lrs


def _read_cdd(lines: list[tuple[str, str]], name: str, target: Target) -> Matrix:
    head = next((i for i, (line, _) in enumerate(lines) if line == "begin"), len(lines))
    tail = next((i for i, (line, _) in enumerate(lines) if line == "end" and i > head), len(lines))
    if tail == len(lines):
        what = "no line 'begin'" if head == len(lines) else f"a matrix that begins ({lines[head][1]}) but has no 'end'"
        raise FunctionalError(
            f"{name}: {what}, expected both, as cdd and lrs write them: the program was stopped, or the file is "
            "incomplete. Run the program to its end."
        )
    body = [(line, where) for line, where in lines[head + 1 : tail] if line and not line.startswith("*****#")]
    body = [(line, where) for line, where in body if not (line.startswith("*") and not _BEGIN.match(line))]
    size = _BEGIN.match(body[0][0]) if body else None
    if size is None:
        raise FunctionalError(
            f"{lines[head][1]}: after 'begin' found {body[0][0][:40]!r}, expected such as '24 9 rational' or, from "
            "lrs, '***** 9 rational'. Correct the file."
            if body
            else f"{lines[head][1]}: nothing after 'begin', expected such as '24 9 rational'. Correct the file."
        )
    where, width, rows = body[0][1], int(size[2]), body[1:]
    _check_dimension(width - 1, target, where)
    if size[1].isdigit() and int(size[1]) != len(rows):
        raise FunctionalError(
            f"{where}: {size[1]} rows are announced, found {len(rows)} before 'end'. Correct the file."
        )
    equal = _linearity(lines[:head] + lines[tail + 1 :], len(rows))
    is_points = any(line == "V-representation" for line, _ in lines[:head])
    found = Matrix([], [], [])
    for number, (line, place) in enumerate(rows, 1):
        row = _row(line, place, width)
        if not is_points:
            (found.equations if number in equal else found.inequalities).append((row, place))
        elif row[0] != 1 or number in equal:
            raise FunctionalError(
                f"{place}: a {'line' if number in equal else 'ray'} (the row begins with {row[0]}), expected points "
                "only, whose rows begin with 1: behaviors are bounded. Give a polytope."
            )
        else:
            found.points.append((row[1:], place))
    return found


def _linearity(lines: list[tuple[str, str]], rows: int) -> set[int]:
    """Return the numbers of the rows that are equations."""
    equal: set[int] = set()
    for line, where in lines:
        words = line.split()
        if not words or words[0] not in ("linearity", "equality"):
            continue
        if not all(word.isascii() and word.isdigit() for word in words[1:]) or not words[1:]:
            raise FunctionalError(f"{where}: {line[:60]!r}, expected such as 'linearity 2  1 4'. Correct the line.")
        found = [int(word) for word in words[1:]]
        if found[0] != len(found) - 1 or not all(1 <= k <= rows for k in found[1:]):
            raise FunctionalError(
                f"{where}: {line[:60]!r}, expected how many rows are equations, then their numbers from 1 to {rows}. "
                "Correct the line."
            )
        equal.update(found[1:])
    return equal


# ---------------------------------------------------------------------- Normaliz


def _read_input(lines: list[tuple[str, str]], text: str, target: Target) -> Matrix:
    """Return what Normaliz is given: ``amb_space 8``, then matrices after ``inhom_inequalities 24`` and the like."""
    size, found, left, kind = 0, Matrix([], [], []), 0, ""
    for line, where in _without_comments(lines):
        ambient, head = _AMBIENT.fullmatch(line), _INPUT.fullmatch(line)
        if left:
            width = size if kind == "integer points" else size + 1
            _add(found, kind, _row(line, where, width), where)
            left -= 1
        elif ambient:
            size = int(ambient[1])
            polytope = re.search(r"^\s*polytope\s", text, re.MULTILINE) is not None
            size -= polytope  # there the last coordinate, 1, counts as well
            _check_dimension(size, target, where)
        elif head:
            if head[1] not in _INPUTS or not size:
                raise FunctionalError(
                    f"{where}: {line[:60]!r} after {f'amb_space {size}' if size else 'nothing'}, expected amb_space, "
                    f"then {', '.join(_INPUTS)} with the number of rows. Homogeneous cones are no polytopes: write "
                    "them so, or correct the line."
                )
            kind, left = _INPUTS[head[1]], int(head[2])
        elif numbers_only(line):
            raise FunctionalError(f"{where}: {line[:60]!r} is more than was announced. Correct the number of rows.")
    if left:
        raise FunctionalError(f"{lines[-1][1]}: the file ends where {left} more rows are announced. Correct the file.")
    return found


def _read_output(lines: list[tuple[str, str]], name: str, target: Target) -> Matrix:
    """Return what Normaliz prints: ``24 support hyperplanes of polyhedron (homogenized):``, then as many rows."""
    found, left, kind, size, unit = Matrix([], [], []), 0, "", 0, False
    for (line, where), (following, _) in zip(lines, [*lines[1:], ("", "")], strict=True):
        embedded, head = _EMBEDDED.match(line), _HEAD.fullmatch(line)
        if left:
            if kind:
                _add(found, kind, _row(line, where, size + 1), where)
            left -= 1
        elif embedded:
            size = int(embedded[1]) - 1
            _check_dimension(size, target, where)
        elif line in ("dehomogenization:", "grading:", "grading"):
            unit = following.split() == ["0"] * size + ["1"]
        elif head:
            left, kind = int(head[1]), _OUTPUTS.get(head[2], "")
    if left:
        raise FunctionalError(
            f"{name}: the file ends where {left} more rows are announced, expected what Normaliz prints. Run it again."
        )
    if not unit:
        raise FunctionalError(
            f"{name} is of a cone: found neither 'dehomogenization:' nor 'grading:' with 0 … 0 1 after it, expected "
            "what Normaliz prints for 'vertices' or 'polytope', or for 'inhom_inequalities'. Give it one of these."
        )
    return found


def _add(found: Matrix, kind: str, row: Numbers, where: str) -> None:
    if kind in ("inequalities", "equations"):
        (found.inequalities if kind == "inequalities" else found.equations).append(([row[-1], *row[:-1]], where))
    elif kind == "integer points":
        found.points.append((row, where))
    elif kind == "rays" or row[-1] <= 0:
        raise FunctionalError(
            f"{where}: a ray (the denominator, its last number, is {row[-1]}), expected points only: behaviors are "
            "bounded. Give a polytope."
        )
    else:
        found.points.append(([v / Fraction(row[-1]) for v in row[:-1]], where))


def _without_comments(lines: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the lines that are not empty without ``/* … */``."""
    inside = False
    for line, where in lines:
        kept, rest = "", line
        while rest:
            before, mark, rest = rest.partition("*/" if inside else "/*")
            kept += "" if inside else before
            if mark:
                inside = not inside
        if kept.strip():
            yield kept.strip(), where


def numbers_only(line: str) -> bool:
    """Return whether a line can only be meant as a row."""
    return all(word.lstrip("+-")[:1].isdigit() for word in line.split())
