"""Inequalities in the files of PORTA, PANDA, cdd and lrs, and Normaliz: reading and writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.file_maps import Map
from relaxbell.functionals.file_matrices import kind_of, read_matrix
from relaxbell.functionals.file_rows import Numbers
from relaxbell.functionals.file_sections import Sections
from relaxbell.functionals.file_target import ObservedLike, Target, read_coordinates
from relaxbell.functionals.file_writers import inequalities_text, points_text, read_format
from relaxbell.functionals.functional import BellFunctional, check_functional
from relaxbell.writing import write_whole

_PROGRAMS = "PORTA, PANDA, cdd, lrs or Normaliz"


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
    equations: Iterable[BellFunctional] | None = None,
    like: BellFunctional | ObservedLike | None = None,
    file_format: str = "porta",
    coordinates: str = "collins_gisin",
) -> None:
    """Write functionals ≤ 0 as a file for PORTA, PANDA, cdd and lrs, or Normaliz.

    They are written in their order. Put positivity first, as `Inequalities.write` does: PORTA takes the order as it
    is, and 3322 takes it a second or two minutes.

    Parameters
    ----------
    path
        The file; it is replaced.
    functionals
        Of one scenario, with rational coefficients. Subtract the bound first: ``rb.catalog.CHSH - 2``.
    equations
        Functionals = 0. By default what holds for all behaviors of the scenario: nothing in Collins–Gisin coordinates,
        which are independent; normalization and no-signaling for the cells (of a model: which marginals depend on
        which input). Without these the cells would be those of an unbounded set.
    like
        A model, such as ``input_signaling()``, whose own coordinates are used: x1, x2, … are marginals given all
        inputs that reach their outputs. By default the coordinates of the first functional.
    file_format
        ``"porta"`` (``.ieq``), ``"panda"``, ``"cdd"`` (``.ine``, for lrs as well) or ``"normaliz"`` (``.in``). PANDA
        reads whole numbers only: its inequalities are multiplied by the common denominator of their coefficients.
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
    listed = _listed(functionals)
    if not listed:
        raise FunctionalError("no functional to write. Give at least one.")
    target, kind = Target.of(listed[0] if like is None else like), read_coordinates(coordinates)
    rows = [target.row(functional, kind) for functional in listed]
    equal = target.equations(kind) if equations is None else [target.row(f, kind) for f in _listed(equations)]
    write_whole(path, inequalities_text(read_format(file_format), rows, equal, target.names(kind)))


def read_inequalities(
    path: str | Path, like: BellFunctional | ObservedLike, *, panda_input: str | Path | None = None
) -> InequalityFile:
    """Read a file of inequalities, as PORTA, PANDA, cdd, lrs or Normaliz write or read it.

    Rows follow the programs. PORTA: terms, relation, number (manual page ieq(1)), what is after # is not read. PANDA:
    the same, or plain numbers; those without a relation have the constant in the last place, a·x + c ≤ 0, in
    equations = 0. So the program reads and prints them, against the example of its page on the section Inequalities,
    where ``-1 0 0 2`` is to mean −x ≤ 2. Reduced inequalities are read with all their images under the file's maps. cdd
    and lrs: ``b a`` says b + a·x ≥ 0, with the rows of ``linearity`` as equations. Normaliz, its input and what it
    prints: ``a b`` says a·x + b ≥ 0. The program is told by the file's own words.

    Parameters
    ----------
    path
        The file.
    like
        A functional of the scenario, or a model, which has its own coordinates where outputs depend on several inputs.
        The dimension of the file says whether its coordinates are these (Collins–Gisin marginals) or the cells, both
        in the order of `write_inequalities`.
    panda_input
        The file that PANDA read: its sections Names and Maps, which PANDA's output does not repeat.

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
    target, text, name = Target.of(like), _text(Path(path)), Path(path).name
    if kind_of(text) == "sections":
        rows, equations = _sections(text, name, target, panda_input).found()
    else:
        matrix = read_matrix(text, name, target)
        if not (matrix.inequalities or matrix.equations):
            raise FunctionalError(
                f"{name} has neither inequalities nor equations, expected such as H-representation (cdd, lrs), "
                "inhom_inequalities or 'support hyperplanes' (Normaliz). Vertices are no inequalities: convert them "
                "first, or read them with model.read_vertices."
            )
        rows = [[-v for v in row] for row, _ in matrix.inequalities]
        equations = [row for row, _ in matrix.equations]
    return InequalityFile(tuple(map(target.functional, rows)), tuple(map(target.functional, equations)))


def write_points(
    path: str | Path,
    like: ObservedLike,
    points: Iterable[Sequence[Fraction]],
    *,
    file_format: str,
    coordinates: str,
    maps: Iterable[Map] = (),
) -> None:
    """Write points in the coordinates that are asked for; see `CausalModel.write_vertices`."""
    kind = read_coordinates(coordinates)
    rows = [[Fraction(v) for v in point] for point in points]
    write_whole(path, points_text(read_format(file_format), rows, Target.of(like).names(kind), maps))


def read_points(path: str | Path, like: ObservedLike, panda_input: str | Path | None = None) -> list[tuple[Exact, str]]:
    """Return the tables p of a file's points, and where each stands; see `CausalModel.read_vertices`."""
    target, text, name = Target.of(like), _text(Path(path)), Path(path).name
    found: list[tuple[Numbers, str]]
    if kind_of(text) == "sections":
        found = _sections(text, name, target, panda_input).points()
    else:
        found = read_matrix(text, name, target).points
        if not found:
            raise FunctionalError(
                f"{name} has no points, expected such as V-representation (cdd, lrs), 'vertices 16' or 'vertices of "
                "polyhedron' (Normaliz). Inequalities are read by read_inequalities."
            )
    return [(target.table(point), where) for point, where in found]


def _listed(functionals: Iterable[BellFunctional] | BellFunctional) -> tuple[BellFunctional, ...]:
    """Return functionals, each checked; one alone is taken as a list of it."""
    listed = tuple(functionals) if isinstance(functionals, Iterable) else (functionals,)
    for functional in listed:
        check_functional(functional)
    return listed


def _sections(text: str, name: str, target: Target, panda_input: str | Path | None) -> Sections:
    source = Sections(name, target)
    if panda_input is not None:
        source.name = Path(panda_input).name
        source.read(_text(Path(panda_input)), only_names=True)
        source.name = name
    source.read(text)
    return source


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FunctionalError(
            f"{path.name} is not text: byte {error.start} is no UTF-8. Give a file of {_PROGRAMS}."
        ) from error
    except OSError as error:
        raise FunctionalError(f"{path} cannot be read: {error.strerror}. Give a file of {_PROGRAMS}.") from error
