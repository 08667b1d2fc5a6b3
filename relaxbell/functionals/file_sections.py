"""The sections of PORTA's and PANDA's files: inequalities, equations, points, names, maps.

PORTA (Christof, Löbel): ``.ieq`` files, one inequality a line, ``(1) +x1 -2/3x2 <= 1``, and ``.poi`` files, one point a
line. PANDA (Lörwald, Reinelt): rows of whole numbers, ``1 -2 0 <= 1``, or ``1 -2 0 -1`` for the same, or, after the
names of the coordinates, ``a -2b <= 1``; it prints the same, without the names. ``traf -s`` of PORTA adds ``# …`` to
each row, which says nothing about it.
"""

from __future__ import annotations

import re

from relaxbell.errors import FunctionalError
from relaxbell.functionals.file_maps import Map, images, orbit_of_point, read_map
from relaxbell.functionals.file_rows import (
    Line,
    Numbers,
    coefficients,
    looks_like_a_row,
    number,
    numbers,
    read_line,
)
from relaxbell.functionals.file_target import KINDS, Target, plain_names

_DIMENSION = re.compile(r"(?:DIM|Dim|DIMENSION|Dimension)\s*=\s*(\d+)", re.ASCII)
_NAME = re.compile(r"[A-Za-z][\w^]*", re.ASCII)
_WORDS = re.compile(r"[A-Za-z_][A-Za-z_ ]*:?", re.ASCII)
_SECTIONS = {
    keyword: section
    for section, keywords in {
        "inequalities": "INEQUALITIES INEQUALITY_SECTION INEQUALITIES_SECTION",
        "reduced": "REDUCED_INEQUALITIES REDUCED_INEQUALITY_SECTION REDUCED_INEQUALITIES_SECTION",
        "equations": "EQUATIONS EQUATION_SECTION EQUATIONS_SECTION",
        "names": "NAMES NAME_SECTION NAMES_SECTION INDEX INDEX_SECTION INDICES INDICES_SECTION",
        "maps": "MAPS MAP_SECTION MAPS_SECTION",
        # what follows says nothing about the polyhedron: bounds for the enumeration of points, remarks
        "other": "END COMMENT LOWER_BOUNDS UPPER_BOUNDS ELIMINATION_ORDER VERTEXMAPS",
        "valid": "VALID",
        "points": "VERTICES CONV_SECTION CONVEX_HULL CONVEX_HULL_SECTION",
        "reduced points": "REDUCED_VERTICES REDUCED_CONV_SECTION REDUCED_CONVEX_HULL",
        "rays": "RAYS CONE_SECTION CONICAL_HULL CONICAL_HULL_SECTION REDUCED_RAYS REDUCED_CONE_SECTION "
        "REDUCED_CONICAL_HULL",
        # as PANDA prints them: the last number is the denominator of the others, 0 for a ray
        "homogeneous points": "VERTICES_/_RAYS",
        "reduced homogeneous points": "REDUCED_VERTICES_/_RAYS",
    }.items()
    for keyword in keywords.split()
}
"""The keywords of PORTA, and of PANDA in any of its spellings, in capitals with _ for blanks."""


def _keyword(line: str) -> str:
    """Return what a line is as a keyword; they begin with a capital."""
    return line.removesuffix(":").rstrip().upper().replace(" ", "_") if line[0].isupper() else ""


class Sections:
    """A file that is being read, line by line; PANDA's input may be read before it, for its names and maps."""

    def __init__(self, name: str, target: Target) -> None:
        self.name, self._target = name, target
        self._section, self._seen, self._valid = "", False, False
        self._size: int | None = None
        self._names: dict[str, int] = {}
        self._listed: list[str] = []
        self._maps: list[Map] = []
        self._rows: dict[str, list[tuple[Numbers, str]]] = {"inequalities": [], "equations": [], "reduced": []}
        self._where = name
        self._unnamed: list[tuple[str, str, str]] = []
        self._points: list[tuple[str, str, str]] = []

    def read(self, text: str, *, only_names: bool = False) -> None:
        """Read all lines; `only_names`: for the sections Names and Maps, as PANDA's input has and its output lacks."""
        kept = {"names", "maps"}
        for k, raw in enumerate(text.splitlines(), 1):
            line, where = raw.strip(), f"{self.name}, line {k}"
            if line and not line.startswith("#"):
                self._read_line(line, where, kept if only_names else None)
        self._section = self._left("")
        if only_names:
            self._seen, self._valid = False, False

    def _read_line(self, line: str, where: str, kept: set[str] | None) -> None:
        size = _DIMENSION.fullmatch(line)
        if size:
            self._set_dimension(int(number(size[1], where)), where)
        elif _keyword(line) in _SECTIONS:
            self._section = self._left(_SECTIONS[_keyword(line)])
            self._seen |= self._section in self._rows
            self._valid |= self._section == "valid"
        elif kept is not None and self._section not in kept:
            return
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
        elif self._section.endswith("points") or self._section == "rays":
            self._points.append((self._section, line, where))
        elif not self._section and looks_like_a_row(line):
            raise FunctionalError(f"{where}: {line[:60]!r} is in no section. Write 'INEQUALITIES_SECTION' before it.")

    # ----------------------------------------------------------- what was found

    def found(self) -> tuple[list[Numbers], list[Numbers]]:
        """Return inequalities row · (1, x) <= 0, with the images of reduced ones, and equations = 0."""
        if not self._seen:
            raise FunctionalError(
                f"{self.name} has neither inequalities nor equations, expected a section such as "
                "INEQUALITIES_SECTION (PORTA) or Inequalities: (PANDA), a line H-representation (cdd, lrs) or "
                "amb_space (Normaliz). Vertices are no inequalities: convert them first, or read them with "
                "model.read_vertices."
            )
        self._name_rows()
        equations = [row for row, _ in self._rows["equations"]]
        rows = [row for row, _ in self._rows["inequalities"]]
        for row, where in self._rows["reduced"]:
            self._need_maps("a reduced inequality", where)
            rows += images(row, self._maps, equations, where)
        return rows, equations

    def points(self) -> list[tuple[Numbers, str]]:
        """Return the points, with the images of reduced ones, and where each stands."""
        if not self._points:
            raise FunctionalError(
                f"{self.name} has no points, expected a section such as CONV_SECTION (PORTA), Vertices: (PANDA), a "
                "line V-representation (cdd, lrs) or 'vertices 16' (Normaliz). Inequalities are read by "
                "read_inequalities."
            )
        found: list[tuple[Numbers, str]] = []
        for section, line, where in self._points:
            point = self._point(numbers(line, where), section, where)
            if not section.startswith("reduced"):
                found.append((point, where))
                continue
            self._need_maps("a reduced vertex", where)
            found += [(image, where) for image in orbit_of_point(point, self._maps, where)]
        return found

    def _point(self, values: Numbers, section: str, where: str) -> Numbers:
        if section == "rays" or ("homogeneous" in section and values[-1] == 0):
            raise FunctionalError(f"{where}: a ray, expected points only: behaviors are bounded. Give a polytope.")
        if "homogeneous" in section:
            values = [v / values[-1] for v in values[:-1]]
        self._size = self._size or len(values)
        if len(values) != self._size or self._size not in self._target.sizes:
            raise FunctionalError(
                f"{where}: a point of {len(values)} coordinates, "
                f"{self._target.expected if self._size not in self._target.sizes else f'expected {self._size}'}. "
                "Correct the line, or give the model of the file."
            )
        return values

    def _need_maps(self, what: str, where: str) -> None:
        if not self._maps:
            raise FunctionalError(
                f"{where}: {what} stands for its images under maps, and {self.name} has none. Give panda_input=, the "
                "file that PANDA read, with the sections Names and Maps, copy these to the beginning, or drop the word "
                "Reduced if the section holds all of them."
            )

    # --------------------------------------------------------------------- lines

    def _set_dimension(self, size: int, where: str) -> None:
        if self._size not in (None, size):
            raise FunctionalError(f"{where}: dimension {size}, expected {self._size} as before. Correct the file.")
        self._size = size

    def _read_names(self, names: list[str], where: str) -> None:
        if len(set(self._listed + names)) < len(self._listed + names) or self._names:
            raise FunctionalError(f"{where}: names repeat, expected each coordinate once. Correct the line.")
        self._listed += names
        self._where = where

    def _left(self, section: str) -> str:
        """Return the next section; the names of the last one, which may be on several lines, are complete."""
        if self._section == "names" and self._listed and not self._names:
            self._set_dimension(len(self._listed), self._where)
            self._names = {name: k for k, name in enumerate(self._listed)}
        return section

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
        if self._valid and not line.relation:
            raise FunctionalError(
                f"{where}: a row without relation in a file of PORTA (it has a section VALID), expected such as "
                "'+x1 -x2 <= 1'. A version of PORTA writes b - a x >= 0 as 'b -a', where PANDA reads 'a c' as "
                "a x + c <= 0. Use PORTA 1.4.1 of its authors, or put 'H-representation' and 'begin' before the rows."
            )
        self._size = self._size or line.dimension
        if self._size is None and not self._names:
            self._unnamed.append((self._section, text, where))
            return
        self._add(line, where)

    def _name_rows(self) -> None:
        """Read the rows with names in a file that does not list these: as the files that are written here call them."""
        if not self._unnamed:
            return
        used = {name for _, text, _ in self._unnamed for name in _NAME.findall(text)}
        for kind in KINDS:  # names that are in both mean the same
            own = plain_names(self._target.names(kind))
            if used <= set(own):
                self._names = {name: k for k, name in enumerate(own)}
                self._size = len(own)
                break
        for section, text, where in self._unnamed:
            self._section = section
            self._add(read_line(text, where), where)

    def _add(self, line: Line, where: str) -> None:
        if self._size not in self._target.sizes:
            stated = "no line 'DIM = …' and no section Names" if self._size is None else f"dimension {self._size}"
            raise FunctionalError(
                f"{where}: {stated}, {self._target.expected}. Give a functional or a model of the file's scenario, or "
                "PANDA's input with panda_input=."
            )
        names = self._names or {f"x{k + 1}": k for k in range(self._size)}
        row = coefficients(line, names, where)
        kind = "equations" if line.relation == "=" else self._section
        self._rows[kind].append((row if line.relation != ">=" else [-v for v in row], where))
