"""Numbers, sums, measures and tables of certificates in LaTeX."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from relaxbell.behavior.names import name_latex
from relaxbell.verify.measures import Measure
from relaxbell.verify.model import Model
from relaxbell.verify.reading import Real

_PER_LINE = 6
"""Terms in a line of a long formula."""

LEAF = re.compile(r"(C|TV)\((.+) -> (.+)\)|(M|Hall|I)\((.+):Lambda\)|p\((.+?)=([\d,]+)(?:\|do\((.+)\))?\)")
"""The text of a measure without parts, as the verifier writes it."""

FACTORIZED = re.compile(r"factorized (M|I)\((.+):Lambda\)")
"""The text of a measure of factorized dependence."""


def influence_rows(model: Model, kind: str, source: str, target: str) -> Iterator[str]:
    """Yield what the rows of an influence count, in words, in the order of the verifier."""
    parents, size, values = model.parents[target], model.size[target], model.size[source]
    place = parents.index(source)
    inner = math.prod(model.size[name] for name in parents[place + 1 :])
    outer = model.configurations[target] // (values * inner)
    outcomes = [None] if kind == "TV" else list(range(size if size > 2 else 1))
    others = [name for name in parents if name != source]
    for high, low in itertools.product(range(outer), range(inner)):
        number, digits = high * inner + low, []
        for name in reversed(others):
            number, digit = divmod(number, model.size[name])
            digits.append(rf"{name_latex(name)} = {digit}")
        given = f" at ${', '.join(reversed(digits))}$" if digits else ""
        for u, v in itertools.combinations(range(values), 2):
            node, cause = name_latex(target), name_latex(source)
            for w in outcomes:
                what = (
                    f"${node}$ differs between" if w is None or size == 2 else f"just one of ${node} = {w}$ holds for"
                )
                yield f"{what} ${cause} = {u}$ and ${v}${given}"


def measure_text(measure: Measure) -> str:
    """Return a measure."""
    if measure.kind == "sum":
        pairs = zip(measure.factors, measure.parts, strict=True)
        return sum_of((f, rf"\left({measure_text(p)}\right)" if p.parts else measure_text(p)) for f, p in pairs)
    if measure.kind == "maximum":
        return rf"\max\left({', '.join(map(measure_text, measure.parts))}\right)"
    match = LEAF.fullmatch(measure.text)
    factorized = FACTORIZED.fullmatch(measure.text)
    if factorized is not None:
        own = ",".join(map(name_latex, factorized[2].split(",")))
        return rf"{factorized[1]}_{{\mathrm{{fact}}}}({own} : \Lambda)"
    if match is None:
        return rf"\text{{{words(measure.text)}}}"
    if match[1]:
        return rf"\mathrm{{{match[1]}}}({name_latex(match[2])} \to {name_latex(match[3])})"
    if match[4]:
        return rf"\mathrm{{{match[4]}}}({','.join(map(name_latex, match[5].split(',')))} : \Lambda)"
    condition = ""
    if match[8]:
        forced = (part.split("=") for part in match[8].split(", "))
        condition = rf" \mid \mathrm{{do}}({', '.join(f'{name_latex(n)} = {v}' for n, v in forced)})"
    values = rf"= {match[7]}" if "," not in match[7] else rf"\in \{{{match[7]}\}}"
    return f"p({name_latex(match[6])} {values}{condition})"


def cell_names(model: Model) -> Callable[[int], str]:
    """Return the function that names a cell of the table, p(00|01)."""
    k = len(model.outputs)
    sizes = [model.size[name] for name in model.axes]
    wide = max(sizes) > 10

    def label(cell: int) -> str:
        digits = []
        for size in reversed(sizes):
            cell, digit = divmod(cell, size)
            digits.append(str(digit))
        digits.reverse()
        between = "," if wide else ""
        given = between.join(digits[k:])
        return rf"p({between.join(digits[:k])}{f'|{given}' if given else ''})"

    return label


def sum_of(terms: Iterable[tuple[Fraction, str]], constant: Real | None = None, *, breaks: bool = False) -> str:
    """Return Σ coefficient · symbol + constant; with breaks in lines of an ``aligned``."""
    text, count = "", 0
    for c, symbol in terms:
        if not c:
            continue
        size = "" if abs(c) == 1 else f"{number_text(abs(c))}\\, "
        join = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        if breaks and count and count % _PER_LINE == 0:
            join = rf" \\ & {join.strip()} "
        text, count = f"{text}{join}{size}{symbol}", count + 1
    if constant is not None and (constant.sign() or not text):
        plain = not constant.b
        number = number_text(abs(constant.a)) if plain else real_text(constant)
        text += (" - " if plain and constant.a < 0 else " + ") if text else ("-" if plain and constant.a < 0 else "")
        text += number if plain else rf"\left({number}\right)"
    return text or "0"


def number_text(value: Fraction | int) -> str:
    """Return a rational number."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    return rf"{'-' if value < 0 else ''}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def real_text(value: Real) -> str:
    """Return a + b√n."""
    if not value.b:
        return number_text(value.a)
    size = abs(value.b)
    root = rf"{'' if size == 1 else number_text(size)}\sqrt{{{value.n}}}"
    if not value.a:
        return f"{'-' if value.b < 0 else ''}{root}"
    return f"{number_text(value.a)} {'-' if value.b < 0 else '+'} {root}"


def array_of(heads: Sequence[str], lines: Sequence[str]) -> str:
    """Return a table with heads."""
    body = " \\\\\n".join(lines)
    columns, head = "c" * len(heads), " & ".join(heads)
    return f"\\[ \\begin{{array}}{{{columns}}}\n{head} \\\\ \\hline\n{body}\n\\end{{array}} \\]"


def function_text(values: Sequence[int]) -> str:
    """Return a response function by its values."""
    return (r"\," if max(values, default=0) > 9 else "").join(map(str, values)) or "0"


def names_text(names: Sequence[str]) -> str:
    """Return names with commas."""
    return ",".join(map(name_latex, names))


def numbers_text(values: Iterable[Fraction]) -> str:
    """Return numbers with commas."""
    return ", ".join(map(number_text, values))


_RELATIONS = {"->": r"$\to$", "<=": r"$\le$", ">=": r"$\ge$"}
_SPECIAL = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$"}


def words(text: str) -> str:
    """Return plain text in LaTeX."""
    found = re.split("(->|<=|>=)", text)
    return "".join(
        _RELATIONS.get(part) or "".join(_SPECIAL.get(c) or (f"\\{c}" if c in "#$%&_{}" else c) for c in part)
        for part in found
    )
