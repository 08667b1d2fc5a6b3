"""Inequalities in the file formats of PORTA and PANDA, read by a small grammar.

PORTA (Christof, Löbel): ``.ieq`` files, one inequality a line, ``(1) +x1 -2/3x2 <= 1``. PANDA (Lörwald, Reinelt):
rows of whole numbers, ``1 -2 0 <= 1``, or ``1 -2 0 -1`` for the same, after the names of the coordinates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.functionals.file_maps import Map, images, read_map
from relaxbell.functionals.file_rows import Numbers, coefficients, looks_like_a_row, number, read_line, written
from relaxbell.functionals.functional import BellFunctional, check_functional
from relaxbell.functionals.notation import marginal_names
from relaxbell.writing import write_whole

_DIMENSION = re.compile(r"(?:DIM|Dim|DIMENSION|Dimension)\s*=\s*(\d+)", re.ASCII)
_WORDS = re.compile(r"[A-Za-z_][A-Za-z_ ]*:?", re.ASCII)
_SECTIONS = {
    keyword: section
    for section, keywords in {
        "inequalities": "INEQUALITIES INEQUALITY_SECTION INEQUALITIES_SECTION",
        "reduced": "REDUCED_INEQUALITIES REDUCED_INEQUALITY_SECTION REDUCED_INEQUALITIES_SECTION",
        "equations": "EQUATIONS EQUATION_SECTION EQUATIONS_SECTION",
        "names": "NAMES NAME_SECTION NAMES_SECTION INDEX INDEX_SECTION INDICES INDICES_SECTION",
        "maps": "MAPS MAP_SECTION MAPS_SECTION",
        # what follows says nothing about inequalities: points, bounds for their enumeration, remarks
        "other": "END COMMENT VALID LOWER_BOUNDS UPPER_BOUNDS ELIMINATION_ORDER VERTICES RAYS CONV_SECTION "
        "CONE_SECTION CONVEX_HULL CONVEX_HULL_SECTION CONICAL_HULL CONICAL_HULL_SECTION REDUCED_VERTICES REDUCED_RAYS "
        "REDUCED_CONV_SECTION REDUCED_CONE_SECTION REDUCED_CONVEX_HULL REDUCED_CONICAL_HULL VERTEXMAPS",
    }.items()
    for keyword in keywords.split()
}
"""The keywords of PORTA, and of PANDA in any of its spellings, in capitals with _ for blanks."""


class InequalityFile(NamedTuple):
    """What a file states.

    Attributes
    ----------
    inequalities
        Functionals ≤ 0.
    equations
        Functionals = 0.

    Examples
    --------
    >>> import relaxbell as rb, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "chsh.ieq"
    >>> rb.write_inequalities(path, rb.catalog.CH.relabelings())
    >>> found = rb.read_inequalities(path, rb.catalog.CH)
    >>> len(found.inequalities), len(found.equations)
    (8, 0)
    """

    inequalities: tuple[BellFunctional, ...]
    equations: tuple[BellFunctional, ...]


def write_inequalities(
    path: str | Path,
    functionals: Iterable[BellFunctional],
    *,
    file_format: str = "porta",
    coordinates: str = "collins_gisin",
) -> None:
    """Write functionals ≤ 0 as a PORTA or PANDA file.

    Parameters
    ----------
    path
        The file; it is replaced.
    functionals
        Of one scenario, with rational coefficients. Subtract the bound first: ``rb.catalog.CHSH - 2``.
    file_format
        ``"porta"`` or ``"panda"``. PANDA reads whole numbers only: its inequalities are multiplied by the common
        denominator of their coefficients.
    coordinates
        ``"collins_gisin"``: x1, x2, … are the Collins–Gisin marginals, in the order of `BellFunctional.form`;
        ``"probabilities"``: the cells p(outputs|inputs), the last input changing fastest.

    Raises
    ------
    FunctionalError
        If there is no functional, scenarios differ, or coefficients are irrational.
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> import relaxbell as rb, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "chsh.ieq"
    >>> rb.write_inequalities(path, [rb.catalog.CH])
    >>> print(path.read_text().splitlines()[-2])
    (  1) -x1-x3+x5+x6+x7-x8 <= 0
    >>> print(*rb.read_inequalities(path, rb.catalog.CH).inequalities)
    p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)
    """
    listed = tuple(functionals) if isinstance(functionals, Iterable) else (functionals,)
    if not listed:
        raise FunctionalError("no functional to write. Give at least one.")
    first = listed[0]
    for functional in listed:
        check_functional(functional)
    rows = [_row(f.transposed(first.outputs, first.inputs), first, coordinates) for f in listed]
    formats = {"porta": _porta, "panda": _panda}
    if file_format not in formats:
        raise FunctionalError(f"the format {file_format!r} is unknown, expected 'porta' or 'panda'.")
    write_whole(path, formats[file_format](rows, _names(first, coordinates)))


def read_inequalities(path: str | Path, like: BellFunctional) -> InequalityFile:
    """Read a PORTA or PANDA file of inequalities.

    Rows follow the programs. PORTA: terms, relation, number (manual page ieq(1)). PANDA: the same, or plain numbers;
    those without a relation have the constant in the last place, a·x + c ≤ 0, in equations = 0. So the program reads
    and prints them, against the example of its page on the section Inequalities, where ``-1 0 0 2`` is to mean −x ≤ 2.
    Reduced inequalities are read with all their images under the file's maps.

    Parameters
    ----------
    path
        The file.
    like
        A functional of the scenario. The dimension of the file says whether its coordinates are Collins–Gisin marginals
        or cells, both in the order of `write_inequalities`.

    Returns
    -------
    InequalityFile
        Functionals ≤ 0, and functionals = 0.

    Raises
    ------
    FunctionalError
        If the file cannot be read, its dimension is not that of the scenario, or a line is not an inequality; the line
        is named.

    Examples
    --------
    >>> import relaxbell as rb, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "i3322.ieq"
    >>> rb.write_inequalities(path, [rb.catalog.I3322])
    >>> (functional,) = rb.read_inequalities(path, rb.catalog.I3322).inequalities
    >>> functional.equivalent(rb.catalog.I3322)
    True
    """
    check_functional(like)
    source = _Source(Path(path).name, like)
    for k, raw in enumerate(_text(Path(path)).splitlines(), 1):
        source.read(raw.strip(), f"{source.name}, line {k}")
    return source.found()


# ------------------------------------------------------------------------- reading


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FunctionalError(
            f"{path.name} is not text: byte {error.start} is no UTF-8. Give a PORTA or PANDA file."
        ) from error
    except OSError as error:
        raise FunctionalError(f"{path} cannot be read: {error.strerror}. Give a PORTA or PANDA file.") from error


def _keyword(line: str) -> str:
    """Return what a line is as a keyword; they begin with a capital."""
    return line.removesuffix(":").rstrip().upper().replace(" ", "_") if line[0].isupper() else ""


class _Source:
    """A file that is being read, line by line."""

    def __init__(self, name: str, like: BellFunctional) -> None:
        self.name, self._like = name, like
        self._kinds = {like.frame.coordinates.dimension: "collins_gisin", like.coefficients.size: "probabilities"}
        self._section, self._seen = "", False
        self._size: int | None = None
        self._names: dict[str, int] = {}
        self._maps: list[Map] = []
        self._rows: dict[str, list[tuple[Numbers, str]]] = {"inequalities": [], "equations": [], "reduced": []}

    def read(self, line: str, where: str) -> None:
        """Read one line."""
        if not line or line.startswith("#"):
            return
        size = _DIMENSION.fullmatch(line)
        if size:
            self._set_dimension(int(number(size[1], where)), where)
        elif _keyword(line) in _SECTIONS:
            self._section = _SECTIONS[_keyword(line)]
            self._seen |= self._section in self._rows
        elif self._section == "names":
            self._read_names(line.split(), where)
        elif self._section == "maps":
            if not self._names:
                raise FunctionalError(
                    f"{where}: a map without names of coordinates. Write a section Names before Maps."
                )
            self._maps.append(read_map(line, self._names, where))
        elif self._section in self._rows:
            self._read_row(line, where)
        elif not self._section and looks_like_a_row(line):
            raise FunctionalError(f"{where}: {line[:60]!r} is in no section. Write 'INEQUALITIES_SECTION' before it.")

    def found(self) -> InequalityFile:
        """Return what the file states, with the images of reduced inequalities."""
        if not self._seen:
            raise FunctionalError(
                f"{self.name} has neither inequalities nor equations, expected a section such as "
                "INEQUALITIES_SECTION (PORTA) or Inequalities: (PANDA). Vertices are no inequalities: convert them "
                "first."
            )
        equations = [row for row, _ in self._rows["equations"]]
        rows = [row for row, _ in self._rows["inequalities"]]
        for row, where in self._rows["reduced"]:
            if not self._maps:
                raise FunctionalError(
                    f"{where}: a reduced inequality stands for its images under maps, and {self.name} has none. Copy "
                    "the sections Names and Maps of PANDA's input to its beginning, or call the section Inequalities "
                    "if it holds all of them."
                )
            rows += images(row, self._maps, equations, where)
        return InequalityFile(tuple(map(self._functional, rows)), tuple(map(self._functional, equations)))

    def _set_dimension(self, size: int, where: str) -> None:
        if self._size not in (None, size):
            raise FunctionalError(f"{where}: dimension {size}, expected {self._size} as before. Correct the file.")
        self._size = size

    def _read_names(self, names: list[str], where: str) -> None:
        if len(set(names)) < len(names) or self._names:
            raise FunctionalError(f"{where}: names repeat, expected each coordinate once. Correct the line.")
        self._set_dimension(len(names), where)
        self._names, self._section = {name: k for k, name in enumerate(names)}, ""

    def _read_row(self, text: str, where: str) -> None:
        if _WORDS.fullmatch(text):
            raise FunctionalError(
                f"{where}: {text!r} is no section that is known here, expected such as 'Inequalities:', 'Equations:' "
                "or 'END'. Correct the line."
            )
        line = read_line(text, where)
        strict = line.relation and self._section != "inequalities"  # PORTA's sections hold equations too
        if strict and (self._section == "equations") != (line.relation == "="):
            what = "equations" if self._section == "equations" else "reduced inequalities"
            raise FunctionalError(f"{where}: the relation {line.relation} is not one of {what}. Move the line.")
        self._size = self._size or line.dimension
        if self._size not in self._kinds:
            stated = "no line 'DIM = …'" if self._size is None else f"dimension {self._size}"
            raise FunctionalError(
                f"{where}: {stated}, expected {' or '.join(map(str, self._kinds))} for the scenario of "
                f"{self._like.title}. Give a functional of the file's scenario."
            )
        names = self._names or {f"x{k + 1}": k for k in range(self._size)}
        row = coefficients(line, names, where)
        kind = "equations" if line.relation == "=" else self._section
        self._rows[kind].append((row if line.relation != ">=" else [-v for v in row], where))

    def _functional(self, row: Numbers) -> BellFunctional:
        return _functional(np.array(row, dtype=object), self._like, self._kinds[len(row) - 1])


def _functional(row: Exact, like: BellFunctional, coordinates: str) -> BellFunctional:
    """Return the functional row[0] + row[1:] · coordinates."""
    table = (
        like.frame.coordinates.lift(row) if coordinates == "collins_gisin" else row[1:].reshape(like.coefficients.shape)
    )
    return BellFunctional(table, like.outputs, like.inputs, constant=row[0], parties=like.parties)


# ------------------------------------------------------------------------- writing


def _row(functional: BellFunctional, first: BellFunctional, coordinates: str) -> list[Fraction]:
    """Return (constant, coefficients) of a functional."""
    if functional.coefficients.shape != first.coefficients.shape:
        raise FunctionalError(
            f"{first.title} and {functional.title} are of different scenarios. Write them to separate files."
        )
    if coordinates not in ("collins_gisin", "probabilities"):
        raise FunctionalError(f"coordinates {coordinates!r} are unknown, expected 'collins_gisin' or 'probabilities'.")
    form = (
        functional.form if coordinates == "collins_gisin" else [functional.constant, *functional.coefficients.ravel()]
    )
    row = list(form)
    if not all(isinstance(c, Fraction) for c in row):
        raise FunctionalError(f"{functional.title} has irrational coefficients, which PORTA and PANDA do not read.")
    return row


def _names(functional: BellFunctional, coordinates: str) -> list[str]:
    if coordinates == "collins_gisin":
        return marginal_names(functional.frame.coordinates, functional.outputs)
    k = len(functional.outputs)
    between = "," if max(functional.coefficients.shape) > 10 else ""
    cells = np.ndindex(*functional.coefficients.shape)
    return [f"p({between.join(map(str, i[:k]))}|{between.join(map(str, i[k:]))})" for i in cells]


def _porta(rows: Sequence[Sequence[Fraction]], names: Sequence[str]) -> str:
    listed = " ".join(f"x{k} = {name};" for k, name in enumerate(names, 1))
    lines = [f"DIM = {len(names)}", "", "COMMENT", listed, "", "INEQUALITIES_SECTION"]
    for i, row in enumerate(rows, 1):
        sizes = ["" if abs(c) == 1 else written(abs(c)) for c in row[1:]]
        signed = zip(row[1:], sizes, strict=True)
        terms = "".join(f"{'-' if c < 0 else '+'}{size}x{k}" for k, (c, size) in enumerate(signed, 1) if c)
        lines.append(f"({i:>3}) {terms.removeprefix('+') or '0x1'} <= {written(-row[0])}")
    return "\n".join([*lines, "END", ""])


def _panda(rows: Sequence[Sequence[Fraction]], names: Sequence[str]) -> str:
    plain = [re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in names]
    if len(set(plain)) < len(plain):  # names that differ in other letters only
        plain = [f"x{k}" for k in range(1, len(names) + 1)]
    lines = [f"DIM={len(names)}", "Names:", " ".join(plain), "Inequalities:"]
    for row in rows:
        below = common_denominator(row)
        whole = [int(c * below) for c in row]
        lines.append(f"{' '.join(map(written, whole[1:]))} <= {written(-whole[0])}")
    return "\n".join([*lines, ""])
