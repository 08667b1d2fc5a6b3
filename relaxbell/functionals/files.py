"""Inequalities in the file formats of PORTA and PANDA, read by a small grammar.

PORTA (Christof, Löbel): ``.ieq`` files, one inequality a line, ``(1) +x1 -2/3x2 <= 1``. PANDA (Lörwald, Reinelt):
rows of whole numbers, ``1 -2 0 <= 1``, after the names of the coordinates.
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
from relaxbell.functionals.functional import BellFunctional, check_functional
from relaxbell.functionals.notation import marginal_names

_KEYWORD = re.compile(r"[A-Z][A-Za-z_ ]*:?|DIM\s*=\s*\d+", re.ASCII)
_RELATION = re.compile(r"(<=|=<|>=|=>|==|=)")
_TERM = re.compile(r"\s*([+-]?)\s*(\d+(?:\s*/\s*\d+)?)?\s*\*?\s*([A-Za-z]\w*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(?:/\d+)?", re.ASCII)
_INEQUALITIES = {"INEQUALITIES_SECTION", "INEQUALITY_SECTION", "INEQUALITIES", "REDUCED_INEQUALITIES_SECTION",
                 "REDUCED_INEQUALITIES", "REDUCED_INEQUALITY_SECTION"}  # fmt: skip
_EQUATIONS = {"EQUATIONS", "EQUATIONS_SECTION", "EQUATION_SECTION"}
_NAMES = {"NAMES", "INDEX", "INDICES"}
_DIGITS = 4000


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
    >>> rb.write_inequalities(path, rb.CH.relabelings())
    >>> found = rb.read_inequalities(path, rb.CH)
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
        Of one scenario, with rational coefficients. Subtract the bound first: ``rb.CHSH - 2``.
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
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import relaxbell as rb, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "chsh.ieq"
    >>> rb.write_inequalities(path, [rb.CH])
    >>> print(path.read_text().splitlines()[-2])
    (  1) -x1-x3+x5+x6+x7-x8 <= 0
    >>> print(*rb.read_inequalities(path, rb.CH).inequalities)
    p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)
    """
    listed = tuple(functionals) if isinstance(functionals, Iterable) else (functionals,)
    if not listed:
        raise FunctionalError("no functional to write. Give at least one.")
    first = listed[0]
    for functional in listed:
        check_functional(functional)
    rows = [_row(f.transposed(first.outputs, first.inputs), first, coordinates) for f in listed]
    names = _names(first, coordinates)
    if file_format == "porta":
        text = _porta(rows, names)
    elif file_format == "panda":
        text = _panda(rows, names)
    else:
        raise FunctionalError(f"the format {file_format!r} is unknown, expected 'porta' or 'panda'.")
    Path(path).write_text(text, encoding="utf-8")


def read_inequalities(path: str | Path, like: BellFunctional) -> InequalityFile:
    """Read a PORTA or PANDA file of inequalities.

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
        If the file's dimension is not that of the scenario, or a line is not an inequality; the line is named.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import relaxbell as rb, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "i3322.ieq"
    >>> rb.write_inequalities(path, [rb.I3322])
    >>> (functional,) = rb.read_inequalities(path, rb.I3322).inequalities
    >>> functional.equivalent(rb.I3322)
    True
    """
    check_functional(like)
    dimensions = {like.frame.coordinates.dimension: "collins_gisin", like.coefficients.size: "probabilities"}
    found: dict[str, list[BellFunctional]] = {"inequalities": [], "equations": []}
    section, names, dimension = "", list[str](), None
    seen = False
    for number, raw in enumerate(_text(Path(path)).splitlines(), 1):
        line = raw.strip()
        where = f"{Path(path).name}, line {number}"
        if not line or line.startswith("#"):
            continue
        size = re.fullmatch(r"DIM\s*=\s*(\d+)", line)
        if size:
            dimension = _whole(size[1], where)
            continue
        keyword = line.rstrip(":").upper().replace(" ", "_")
        if _KEYWORD.fullmatch(line) and (keyword == "END" or section != "names"):
            section = _section(keyword)
            seen |= section in found
            continue
        if section == "names":
            names, section = line.split(), ""
            continue
        if section not in found:
            continue  # COMMENT, VALID, LOWER_BOUNDS, … say nothing about inequalities
        dimension = dimension or len(names) or None
        if dimension not in dimensions:
            stated = "no line 'DIM = …'" if dimension is None else f"dimension {dimension}"
            raise FunctionalError(
                f"{where}: {stated}, expected {' or '.join(map(str, dimensions))} for the scenario of {like.title}. "
                "Give a functional of the file's scenario."
            )
        known = {name: k for k, name in enumerate(names)} or {f"x{k + 1}": k for k in range(dimension)}
        left, relation, right = _split(line, dimension, known, section, where)
        row = np.array([-right, *left], dtype=object)
        functional = _functional(row if relation != ">=" else -row, like, dimensions[dimension])
        found["equations" if relation == "=" else "inequalities"].append(functional)
    if not seen:
        raise FunctionalError(
            f"{Path(path).name} has neither inequalities nor equations, expected a section such as "
            "INEQUALITIES_SECTION (PORTA) or Inequalities: (PANDA). Vertices are no inequalities: convert them first."
        )
    return InequalityFile(tuple(found["inequalities"]), tuple(found["equations"]))


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


def _section(keyword: str) -> str:
    if keyword in _INEQUALITIES:
        return "inequalities"
    if keyword in _EQUATIONS:
        return "equations"
    return "names" if keyword in _NAMES else "other"


def _split(
    line: str, dimension: int, known: dict[str, int], section: str, where: str
) -> tuple[list[Fraction], str, Fraction]:
    """Return coefficients, relation (<=, >= or =) and right-hand side of a line."""
    body = re.sub(r"^\(\s*\d*\s*\)", "", line)  # PORTA numbers its lines
    parts = _RELATION.split(body)
    if len(parts) == 1:  # PANDA: <= is understood
        numbers = body.split()
        parts = [" ".join(numbers[:-1]), "=" if section == "equations" else "<=", *numbers[-1:]]
    relation = {"=<": "<=", "=>": ">=", "==": "="}.get(parts[1], parts[1])
    if len(parts) != 3 or not _NUMBER.fullmatch(parts[2].strip().replace(" ", "")):
        raise FunctionalError(f"{where}: {line!r} is not an inequality 'terms <= number'. Correct the line.")
    words = parts[0].split()
    plain = bool(words) and all(_NUMBER.fullmatch(word) for word in words)
    if plain and len(words) != dimension:
        raise FunctionalError(f"{where}: {len(words)} coefficients, expected {dimension}. Correct the line.")
    left = [_fraction(word, where) for word in words] if plain else _linear(parts[0], dimension, known, where)
    return left, relation, _fraction(parts[2].strip().replace(" ", ""), where)


def _linear(text: str, dimension: int, known: dict[str, int], where: str) -> list[Fraction]:
    """Return the coefficients of a sum of terms: sign, number, name; the first sign may be left out."""
    if not text.strip():
        raise FunctionalError(
            f"{where}: no term on the left-hand side, expected such as '+2/3x1'. Write '0x1' for zero."
        )
    found = [Fraction(0)] * dimension
    position, first = 0, True
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if match is None or match[3] is None or not (match[1] or first):
            raise FunctionalError(
                f"{where}: {text[position:].strip()[:40]!r} is not a term such as '+2/3x1'. Correct the line."
            )
        if match[3] not in known:
            raise FunctionalError(
                f"{where}: unknown coordinate {match[3]!r}, expected one of {', '.join(list(known)[:8])}, …"
            )
        size = Fraction(1) if match[2] is None else _fraction(match[2].replace(" ", ""), where)
        found[known[match[3]]] += -size if match[1] == "-" else size
        position, first = match.end(), False
    return found


def _fraction(text: str, where: str) -> Fraction:
    top, _, bottom = text.partition("/")
    numerator, denominator = _whole(top, where), _whole(bottom or "1", where)
    if denominator == 0:
        raise FunctionalError(f"{where}: {text} divides by zero.")
    return Fraction(numerator, denominator)


def _whole(digits: str, where: str) -> int:
    """Return an integer; of more than 4300 digits Python reads none."""
    count = len(digits.lstrip("+-"))
    if count > _DIGITS:
        raise FunctionalError(
            f"{where}: a number has {count} digits, expected at most {_DIGITS}. Round it, or divide the inequality."
        )
    return int(digits)


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
    cells = np.ndindex(*functional.coefficients.shape)
    return [f"p({''.join(map(str, i[:k]))}|{''.join(map(str, i[k:]))})" for i in cells]


def _porta(rows: Sequence[Sequence[Fraction]], names: Sequence[str]) -> str:
    listed = " ".join(f"x{k} = {name};" for k, name in enumerate(names, 1))
    lines = [f"DIM = {len(names)}", "", "COMMENT", listed, "", "INEQUALITIES_SECTION"]
    for i, row in enumerate(rows, 1):
        sizes = ["" if abs(c) == 1 else _written(abs(c)) for c in row[1:]]
        signed = zip(row[1:], sizes, strict=True)
        terms = "".join(f"{'-' if c < 0 else '+'}{size}x{k}" for k, (c, size) in enumerate(signed, 1) if c)
        lines.append(f"({i:>3}) {terms.removeprefix('+') or '0x1'} <= {_written(-row[0])}")
    return "\n".join([*lines, "END", ""])


def _panda(rows: Sequence[Sequence[Fraction]], names: Sequence[str]) -> str:
    plain = [re.sub(r"\W+", "_", name).strip("_") for name in names]
    lines = [f"DIM={len(names)}", "Names:", " ".join(plain), "Inequalities:"]
    for row in rows:
        below = common_denominator(row)
        whole = [int(c * below) for c in row]
        lines.append(f"{' '.join(map(_written, whole[1:]))} <= {_written(-whole[0])}")
    return "\n".join([*lines, ""])


def _written(number: Fraction | int) -> str:
    """Return a number as text, if it is one that can be read again."""
    digits = max(number.numerator.bit_length(), number.denominator.bit_length()) * 3 // 10
    if digits > _DIGITS:
        raise FunctionalError(f"a coefficient has about {digits} digits, expected at most {_DIGITS}. Round it.")
    return str(number)
