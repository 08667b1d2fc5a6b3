"""Notations of functionals: cells, Collins–Gisin marginals, correlators; exact conversions, text and LaTeX."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import name_latex
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, sign, to_sympy
from relaxbell.exact.texts import decimal_text

NOTATIONS = ("probabilities", "collins_gisin", "correlators")

_READABLE = 10_000
"""Fractions with larger denominators are printed as decimals."""
_DUST = Fraction(1, 10**9)
"""Of these, what is smaller relative to the largest coefficient is the rounding error of a solver, and left out."""

Terms = list[tuple[ExactNumber, str]]


# ---------------------------------------------------------------------- conversions


def to_correlators(coordinates: Coordinates, form: Exact) -> Exact:
    """Return a coordinate form over 1 and the correlators, in the same order; for two outcomes only.

    P(0…0|x_S) = 2^−|S| Σ_{T ⊆ S} E_T(x_T), with E_T(x_T) = Σ (−1)^{Σ a_T} P(a_T|x_T).
    """
    if any(c != 2 for c in coordinates.outputs):
        raise _not_binary(coordinates)
    found = np.full(len(form), Fraction(0), dtype=object)
    found[0] = form[0]
    blocks = {block.members: block for block in coordinates.blocks}
    for block in coordinates.blocks:
        part = form[block.start : block.start + block.size].reshape([coordinates.inputs[j] for j in block.inputs])
        size = len(block.members)
        for count in range(size + 1):
            for subset in itertools.combinations(block.members, count):
                target = blocks.get(subset)
                kept = () if target is None else target.inputs
                axes = tuple(i for i, j in enumerate(block.inputs) if j not in kept)
                total = np.asarray(part.sum(axis=axes) if axes else part, dtype=object).ravel() * Fraction(1, 2**size)
                start = 0 if target is None else target.start
                found[start : start + len(total)] += total
    return found


def correlator_table(coordinates: Coordinates, form: Exact) -> Exact:
    """Return coefficients over cells of a form over correlators, without its constant: E = Σ (−1)^{a+b+…} p literally.

    Where not all parties take part, the settings of the others are 0 and their outcomes summed over.
    """
    if any(c != 2 for c in coordinates.outputs):
        raise _not_binary(coordinates)
    k = len(coordinates.outputs)
    table = np.full(coordinates.shape, Fraction(0), dtype=object)
    parity = np.array([1, -1], dtype=object)
    for coefficient, (block, _, values) in zip(form[1:], coordinates.labels(), strict=True):
        setting = dict(zip(block.inputs, values, strict=True))
        index = (slice(None),) * k + tuple(setting.get(j, 0) for j in range(len(coordinates.inputs)))
        signs = np.ones((1,) * k, dtype=object)
        for i in block.members:
            signs = signs * parity.reshape([2 if j == i else 1 for j in range(k)])
        table[index] += coefficient * signs
    return table


def _not_binary(coordinates: Coordinates) -> FunctionalError:
    return FunctionalError(
        f"correlators need outputs with two values, found cardinalities {coordinates.outputs}. Use Collins–Gisin "
        "marginals."
    )


# --------------------------------------------------------------------------- terms


def check_notation(notation: str) -> None:
    """Raise FunctionalError for what is none of `NOTATIONS`."""
    if notation not in NOTATIONS:
        raise FunctionalError(f"the notation {notation!r} is unknown, expected one of {', '.join(NOTATIONS)}.")


def full_terms(table: Exact, outputs: Sequence[str]) -> Terms:
    """Return (coefficient, p(00|01)) of the cells."""
    k = len(outputs)
    return [(c, f"p({_event(i[:k], i[k:])})") for i, c in np.ndenumerate(table) if c != 0]


def collins_gisin_terms(coordinates: Coordinates, form: Exact, outputs: Sequence[str]) -> Terms:
    """Return (coefficient, name) of the marginals: the joint terms first, then those of fewer and fewer parties."""
    sizes = [-len(block.members) for block, _, _ in coordinates.labels()]
    listed = zip(sizes, form[1:], marginal_names(coordinates, outputs), strict=True)
    return [(c, name) for _, c, name in sorted(listed, key=lambda term: term[0]) if c != 0]


def correlator_terms(coordinates: Coordinates, form: Exact, outputs: Sequence[str]) -> Terms:
    """Return (coefficient, ⟨A0 B1⟩) of the correlators: those of most parties first."""
    pairs = zip(form[1:], correlator_names(coordinates, outputs), strict=True)
    return sorted(((c, name) for c, name in pairs if c != 0), key=lambda term: -term[1].count(" "))


def marginal_names(coordinates: Coordinates, outputs: Sequence[str]) -> list[str]:
    """Return the names of the coordinates: p(00|01) for all outputs, pA(0|1) for some.

    Examples
    --------
    >>> import relaxbell as rb
    >>> marginal_names(rb.catalog.CH.coordinates, rb.catalog.CH.outputs)[:3]
    ['pA(0|0)', 'pA(0|1)', 'pB(0|0)']
    """
    found = []
    for block, values, inputs in coordinates.labels():
        who = "" if len(block.members) == len(outputs) else "".join(outputs[i] for i in block.members)
        found.append(f"p{who}({_event(values, inputs)})")
    return found


def correlator_names(coordinates: Coordinates, outputs: Sequence[str]) -> Iterator[str]:
    """Yield ⟨A0 B1⟩, one for each coordinate; A1(0) where a name ends in a digit."""
    for block, _, inputs in coordinates.labels():
        setting = dict(zip(block.inputs, inputs, strict=True))
        words = []
        for i in block.members:
            text = _digits(setting[j] for j in sorted(coordinates.reach[i]))
            words.append(f"{outputs[i]}({text})" if text and outputs[i][-1].isdigit() else f"{outputs[i]}{text}")
        yield f"⟨{' '.join(words)}⟩"


def _event(outcomes: Iterable[Any], settings: Iterable[Any]) -> str:
    """Return 00|01; the outcomes alone where there are no settings."""
    given = _digits(settings)
    return f"{_digits(outcomes)}|{given}" if given else _digits(outcomes)


def _digits(values: Iterable[Any]) -> str:
    found = [str(int(v)) for v in values]
    return ("" if all(len(v) == 1 for v in found) else ",").join(found)


# ---------------------------------------------------------------------------- text


def _is_readable(size: ExactNumber) -> bool:
    return not isinstance(size, Fraction) or size.denominator <= _READABLE


def _number_text(size: ExactNumber, is_factor: bool) -> str:
    """Return a coefficient; fractions that nobody would read, as decimals."""
    text = str(size) if _is_readable(size) else decimal_text(size)
    if not is_factor:
        return text
    return f"({text}) " if "/" in text and text[0] != "(" else f"{text} "


def _number_latex(size: ExactNumber, is_factor: bool) -> str:
    import sympy

    if not _is_readable(size):
        digits, _, exponent = decimal_text(size).partition("e")
        text = rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits
        return f"{text} " if is_factor else text
    text = str(sympy.latex(to_sympy(size)))
    if not is_factor:
        return text
    return rf"\left({text}\right) " if "+" in text or "-" in text[1:] else f"{text} "


def _pieces(terms: Sequence[tuple[ExactNumber, str]], constant: ExactNumber) -> list[tuple[ExactNumber, str]]:
    """Return the terms worth writing, the constant last."""
    least = _DUST * max((abs(c) for c, _ in terms if isinstance(c, Fraction)), default=Fraction(0))
    pieces = [(c, s) for c, s in terms if not isinstance(c, Fraction) or _is_readable(c) or abs(c) > least]
    return [*pieces, (constant, "")] if constant != 0 or not pieces else pieces


def sum_text(terms: Sequence[tuple[ExactNumber, str]], constant: ExactNumber) -> str:
    """Return Σ coefficient symbol + constant as a person would write it.

    Examples
    --------
    >>> sum_text([(Fraction(1), "x"), (Fraction(-1, 2), "y")], Fraction(-3))
    'x - (1/2) y - 3'
    """
    return _joined(terms, constant, _number_text, str)


def sum_latex(terms: Sequence[tuple[ExactNumber, str]], constant: ExactNumber) -> str:
    r"""Return the same sum in LaTeX.

    Examples
    --------
    >>> print(sum_latex([(Fraction(1, 2), "⟨A0 B1⟩"), (Fraction(-1), "pA(0|0)")], Fraction(0)))
    \frac{1}{2} \langle A_{0} B_{1} \rangle - p_{A}(0|0)
    """
    return _joined(terms, constant, _number_latex, symbol_latex)


def _joined(
    terms: Sequence[tuple[ExactNumber, str]],
    constant: ExactNumber,
    number_text: Callable[[ExactNumber, bool], str],
    symbol_text: Callable[[str], str],
) -> str:
    text = ""
    for coefficient, symbol in _pieces(terms, constant):
        negative = sign(coefficient) < 0
        size = -coefficient if negative else coefficient
        text += (" - " if negative else " + ") if text else ("-" if negative else "")
        text += "" if symbol and size == 1 else number_text(size, bool(symbol))
        text += symbol_text(symbol)
    return text


def parameter_latex(name: str) -> str:
    r"""Return the name of a parameter in LaTeX: Greek letters and numbered ones as such, words upright.

    Examples
    --------
    >>> print(parameter_latex("epsilon"), parameter_latex("e_1"), parameter_latex("budget"))
    \epsilon e_{1} \mathrm{budget}
    """
    import sympy

    text = str(sympy.latex(sympy.Symbol(name)))
    return rf"\mathrm{{{text}}}" if re.fullmatch(r"[^\W\d_]{2,}", text) else text


def symbol_latex(symbol: str) -> str:
    r"""Return p(00|01), pAB(0|1) or ⟨A0 B1⟩ in LaTeX.

    Examples
    --------
    >>> print(symbol_latex("⟨Alice0 B1(2)⟩"), symbol_latex("pA1A2(00|01)"))
    \langle \mathrm{Alice}_{0} B_{1,2} \rangle p_{A_{1}A_{2}}(00|01)
    """
    if symbol.startswith("⟨"):
        words = [re.fullmatch(r"(.*)\(([\d,]*)\)|(.*\D)(\d*)", word) for word in symbol[1:-1].split()]
        parts = [name_latex(m[1] or m[3], m[2] or m[4] or "") for m in words if m]
        return rf"\langle {' '.join(parts)} \rangle"
    match = re.fullmatch(r"p([^(]+)(\(.*\))", symbol)
    if match is None:
        return symbol if not symbol.isidentifier() else parameter_latex(symbol)
    plain = re.fullmatch(r"([^\W\d_]+\d*)+", match[1])  # else the names in a row have no ends
    names = re.findall(r"[^\W\d_]+\d*", match[1]) if plain else [match[1]]
    who = "".join(name_latex(name) for name in names)
    return rf"p_{{{who}}}{match[2]}"
