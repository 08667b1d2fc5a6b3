"""Closed forms as people and programs read them: in cells, marginals or correlators; text, LaTeX, Python, R.

On the behaviors of a domain one affine function has many forms over the cells, for these sum to one at each setting.
The one with the fewest cells is written: at each setting the most frequent coefficient is taken off.
"""

from __future__ import annotations

import keyword
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.closed_forms.domains import Domain
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.functionals.notation import (
    NOTATIONS,
    Terms,
    collins_gisin_terms,
    correlator_terms,
    full_terms,
    sum_latex,
    sum_text,
    to_correlators,
)

LANGUAGES = ("text", "latex", "python", "r")
Form = Sequence[Fraction]


@dataclass(frozen=True)
class End:
    """One end of an interval: the largest or the least of affine functions, over a positive one where it is a quotient.

    Attributes
    ----------
    forms
        The affine functions.
    largest
        Whether it is the largest of them: a lower end.
    over
        The denominator, or None.
    """

    forms: tuple[tuple[Fraction, ...], ...]
    largest: bool
    over: tuple[Fraction, ...] | None = None


def check_choice(notation: object, language: object, domain: Domain) -> str:
    """Return the notation; raise MeasureError for unknown ones, and where the domain has coordinates of its own."""
    notation = "probabilities" if notation == "cells" else notation
    if not isinstance(notation, str) or notation not in NOTATIONS:
        raise MeasureError(
            f"the notation is {notation!r}, expected one of {', '.join(map(repr, NOTATIONS))} (the first also as "
            "'cells'). Choose one."
        )
    if read_language(language) not in LANGUAGES:
        raise MeasureError(f"the language is {language!r}, expected one of {', '.join(map(repr, LANGUAGES))}.")
    if domain.in_values:
        if notation != "probabilities":
            raise MeasureError(
                f"the notation is {notation!r}, expected 'probabilities': terms are in the values that were observed, "
                f"{', '.join(domain.labels[:3])}, … Derive the form with domain='model' for others."
            )
    elif domain.coordinates is None:
        raise MeasureError(
            "terms on a slice are affine functions of its own coordinates t, expected a domain of behaviors for "
            "formulas in cells. Derive it with domain='model'."
        )
    return notation


def read_language(language: object) -> object:
    """Return the language in small letters: R is r."""
    return language.lower() if isinstance(language, str) else language


def cell_form(domain: Domain, form: Form) -> tuple[Exact, Fraction]:
    """Return coefficients of the cells and the constant of an affine function: few cells, small constants."""
    assert domain.coordinates is not None
    size = domain.dimension + 1
    table = np.asarray(domain.coordinates.lift(np.array(form[:size], dtype=object)) + Fraction(0), dtype=object)
    constant = form[0]
    outputs = len(domain.model.outputs)
    for setting in np.ndindex(*table.shape[outputs:]):
        block = table[(..., *setting)]
        counts = Counter(block.ravel().tolist())
        most = max(counts.values())
        equal = [c for c, count in counts.items() if count == most]
        shift = min((abs(constant + c), abs(c), c) for c in equal)[-1]
        table[(..., *setting)] = block - shift
        constant += shift
    return table, constant


def terms_of(domain: Domain, form: Form, notation: str) -> tuple[Terms, ExactNumber]:
    """Return coefficients with the names of what they multiply, and the constant."""
    if domain.in_values:
        return [(c, name) for c, name in zip(form[1:], domain.labels, strict=False) if c], form[0]
    assert domain.coordinates is not None
    if notation == "probabilities":
        table, constant = cell_form(domain, form)
        return full_terms(table, domain.model.outputs), constant
    own = np.array(form[: domain.dimension + 1], dtype=object)
    if notation == "correlators":
        own = to_correlators(domain.coordinates, own)
        return correlator_terms(domain.coordinates, own, domain.model.outputs), own[0]
    return collins_gisin_terms(domain.coordinates, own, domain.model.outputs), own[0]


def written_form(
    domain: Domain, form: Form, budgets: Sequence[str], notation: str, write: Callable[[Terms, ExactNumber], str]
) -> str:
    """Return an affine function in a notation."""
    terms, constant = terms_of(domain, form, notation)
    extra = zip(form[domain.dimension + 1 :], budgets, strict=True)
    return write([*terms, *((c, name) for c, name in extra if c)], constant)


def legend(domain: Domain, notation: str) -> str:
    """Return what the symbols mean."""
    if domain.in_values:
        return "the values that were observed, whatever the rest of p"
    outputs, inputs = domain.model.outputs, domain.model.inputs
    if notation == "correlators":
        return "⟨A0 B1⟩: mean of (-1)^(a + b) at these settings"
    event = ", ".join(f"{n}={_letter(n)}" for n in outputs)
    setting = ", ".join(f"{n}={_letter(n)}" for n in inputs)
    letters = "".join(map(_letter, outputs)), "".join(map(_letter, inputs))
    given = (f"|{letters[1]}", f"|{setting}") if inputs else ("", "")
    more = f"; p{outputs[0]}(…) of {outputs[0]} alone" if notation == "collins_gisin" and len(outputs) > 1 else ""
    return f"p({letters[0]}{given[0]}) = p({event}{given[1]}){more}"


def _letter(name: str) -> str:
    return name[0].lower() if len(name) == 1 else f"[{name.lower()}]"


def written(
    domain: Domain,
    name: str,
    symbol: str,
    ends: Sequence[End],
    budgets: Sequence[str],
    notation: object,
    language: object,
    note: str = "",
) -> str:
    """Return one end, or both, as text, in LaTeX, or as a function of Python or R; `note` says what else was used."""
    chosen, language = check_choice(notation, language, domain), read_language(language)
    fixed = len(ends) == 2 and len(ends[0].forms) == 1 and ends[0].forms == ends[1].forms
    if language == "python":
        return _program(domain, name, ends, budgets, _PYTHON, note)
    if language == "r":
        return _program(domain, name, ends, budgets, _R, note)
    if language == "latex":
        return _latex(domain, symbol, ends[:1] if fixed else ends, budgets, chosen, note, fixed=fixed)
    lines = []
    for end in ends[:1] if fixed else ends:
        texts = [written_form(domain, form, budgets, chosen, sum_text) for form in end.forms]
        over = "" if end.over is None else f" / ({written_form(domain, end.over, budgets, chosen, sum_text)})"
        word, relation = ("max", "=" if fixed else ">=") if end.largest else ("min", "<=")
        if len(texts) == 1:
            lines.append(f"{name} {relation} {f'({texts[0]})' if over and ' ' in texts[0] else texts[0]}{over}")
        else:
            lines += [f"{name} {relation} {word}{{", *(f"  {text}," for text in texts), f"}}{over}"]
    return "\n".join([*lines, f"with {legend(domain, chosen)}", *([f"at {note}"] if note else [])])


def _latex(
    domain: Domain, symbol: str, ends: Sequence[End], budgets: Sequence[str], notation: str, note: str, *, fixed: bool
) -> str:
    import sympy

    budgets = [sympy.latex(sympy.Symbol(name)) for name in budgets]
    parts = []
    for end in ends:
        texts = [written_form(domain, form, budgets, notation, sum_latex) for form in end.forms]
        word, relation = (r"\max", "=" if fixed else r"\geq") if end.largest else (r"\min", r"\leq")
        rows = " \\\\\n".join(texts)
        body = (
            texts[0]
            if len(texts) == 1
            else f"{word} \\left\\{{\\begin{{array}}{{l}}\n{rows}\n\\end{{array}}\\right\\}}"
        )
        if end.over is not None:
            body = rf"\frac{{{body}}}{{{written_form(domain, end.over, budgets, notation, sum_latex)}}}"
        parts.append(f"{symbol} &{relation} {body}")
    if note:
        words = note.replace("_", r"\_")
        parts.append(rf"&\text{{at {words}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(parts) + "\n\\end{align*}"


# ----------------------------------------------------------------------------------- programs


@dataclass(frozen=True)
class Language:
    """How a program of a language is written."""

    first: int
    indent: str
    head: Callable[[str, str], str]
    assign: str
    result: Callable[[list[str]], str]
    tail: str


_PYTHON = Language(
    0,
    "    ",
    lambda name, arguments: f"def {name}({arguments}):",
    "=",
    lambda ends: f"    return {', '.join(ends)}",
    "",
)
_R = Language(
    1,
    "  ",
    lambda name, arguments: f"{name} <- function({arguments}) {{",
    "<-",
    lambda ends: f"  c({', '.join(f'{end} = {end}' for end in ends)})",
    "}\n",
)


def _program(
    domain: Domain, name: str, ends: Sequence[End], budgets: Sequence[str], language: Language, note: str
) -> str:
    """Return a function of the table p, and of budgets, that needs nothing else."""
    model = domain.model
    names = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "query"
    function = f"bounds_{names}" if len(ends) > 1 else f"bound_{names}"
    arguments = argument_names(budgets)
    indent = language.indent
    axes = (
        f"the values of {'; '.join(domain.labels)}, counted"
        if domain.in_values
        else f"the axes {', '.join(model.outputs + model.inputs)}: "
        f"{'p(outputs | inputs)' if model.inputs else 'p(outputs)'}, values counted"
    )
    lines = [
        language.head(function, ", ".join(["p", *arguments])),
        f"{indent}# p has {axes} from {language.first}",
        *([f"{indent}# at {note}"] if note else []),
    ]
    results = []
    for end in ends:
        own = "lower" if end.largest else "upper"
        results.append(own)
        texts = [_code(domain, form, arguments, language) for form in end.forms]
        word = "max" if end.largest else "min"
        if len(texts) == 1:
            lines.append(f"{indent}{own} {language.assign} {texts[0]}")
        else:
            inner = f",\n{indent}{indent}".join(texts)
            lines.append(f"{indent}{own} {language.assign} {word}(\n{indent}{indent}{inner}\n{indent})")
        if end.over is not None:
            lines.append(f"{indent}{own} {language.assign} {own} / ({_code(domain, end.over, arguments, language)})")
    return "\n".join([*lines, language.result(results), language.tail])


def argument_names(budgets: Sequence[str]) -> list[str]:
    """Return names of arguments that both languages take, all different: no keywords, none that the function has."""
    taken = {"p", "lower", "upper", "c", "max", "min", "function", *keyword.kwlist, *_R_KEYWORDS}
    found = []
    for budget in budgets:
        name = re.sub(r"[^A-Za-z0-9_]", "_", budget)
        name = name if name[:1].isalpha() else f"b{name}"
        while name in taken:
            name += "_"
        taken.add(name)
        found.append(name)
    return found


_R_KEYWORDS = frozenset(["if", "else", "repeat", "while", "function", "for", "next", "break", "in", "T", "F"])
_R_KEYWORDS |= frozenset(["TRUE", "FALSE", "NULL", "Inf", "NaN", "NA", "NA_integer_", "NA_real_", "NA_character_"])


def _code(domain: Domain, form: Form, budgets: Sequence[str], language: Language) -> str:
    """Return an affine function of p[…] as an expression, whole numbers over a common denominator."""
    pairs: list[tuple[Fraction, str]] = []
    if domain.in_values:
        constant = form[0]
        values = enumerate(form[1 : domain.dimension + 1], start=language.first)
        pairs = [(c, f"p[{place}]") for place, c in values if c]
    else:
        table, constant = cell_form(domain, form)
        for index, coefficient in np.ndenumerate(table):
            if coefficient:
                pairs.append((coefficient, f"p[{', '.join(str(i + language.first) for i in index)}]"))
    pairs += [(c, b) for c, b in zip(form[domain.dimension + 1 :], budgets, strict=True) if c]
    pairs += [(constant, "")] if constant or not pairs else []
    unit = math.lcm(*(coefficient.denominator for coefficient, _ in pairs))
    text = ""
    for coefficient, symbol in pairs:
        size = abs(int(coefficient * unit))
        word = f"{'' if size == 1 else f'{size} * '}{symbol}" if symbol else str(size)
        text += f"{' - ' if coefficient < 0 else ' + '}{word}"
    text = f"-{text[3:]}" if text.startswith(" - ") else text.removeprefix(" + ")
    return text if unit == 1 else f"({text}) / {unit}"
