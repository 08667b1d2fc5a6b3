"""Notations of functionals: cells, Collins–Gisin marginals, correlators; exact conversions, text and LaTeX."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import name_latex
from relaxbell.errors import FunctionalError
from relaxbell.exact.arrays import axis_names, complete_table
from relaxbell.exact.numbers import Exact, ExactNumber, exact_array, sign, to_sympy
from relaxbell.exact.texts import a_kind, decimal_text

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


def split_form(coordinates: Coordinates, form: Exact, outputs: Sequence[str], *, outcomes: bool) -> dict[str, Any]:
    """Return a form as {"": constant, "A": array, "AB": array, …}, axes: outcomes but the last, then settings."""
    found: dict[str, Any] = {"": form[0]}
    for block in coordinates.blocks:
        part = form[block.start : block.start + block.size].copy()
        shape = block.shape if outcomes else block.shape[len(block.members) :]
        part = part.reshape(shape)
        part.setflags(write=False)
        found[join_names([outputs[i] for i in block.members])] = part
    return found


def join_names(names: Sequence[str]) -> str:
    """Return names as one word where each is a letter, else with spaces."""
    return ("" if all(len(name) == 1 for name in names) else " ").join(names)


def read_form(
    tables: Mapping[str, Any], outputs: Sequence[str], inputs: Sequence[str], parties: Mapping[str, str | None]
) -> tuple[Coordinates, Exact]:
    """Return the coordinates and the form of tables as `split_form` gives them.

    Cardinalities are read off the shapes; outcome axes may be left out where all parties of a table have two values.
    """
    if not isinstance(tables, Mapping):
        shape = getattr(tables, "shape", None)
        found = a_kind(tables) if shape is None else f"{a_kind(tables)} of shape {shape}"
        raise FunctionalError(
            f"found {found}, expected a mapping from sets of outputs to tables of coefficients, such as "
            f"{{{join_names(list(outputs[:2]))!r}: table, {outputs[0]!r}: table}}. Coefficients over all cells "
            "p(outputs|inputs) go to BellFunctional(array)."
        )
    own = [None if parties[name] is None else inputs.index(str(parties[name])) for name in outputs]
    given: dict[tuple[int, ...], Exact] = {}
    for key, values in tables.items():
        members = _members(key, outputs)
        settings = [name for j, name in enumerate(inputs) if j in {own[i] for i in members}]
        short = len(axis_names(values) or ()) == len(settings)
        axes = settings if short else [*(outputs[i] for i in members), *settings]
        table = exact_array(complete_table(values, f"the table of {key!r}", FunctionalError, axes))
        if table is None:
            raise FunctionalError(
                f"the table of {key!r} is not exact, expected integers, Fractions or sympy numbers a + b√n (one n)."
            )
        if members in given:
            raise FunctionalError(f"{key!r} is there a second time, expected each set of outputs once. Add both up.")
        given[members] = table
    sizes = [1] * len(inputs)
    values_of = [2] * len(outputs)
    for members, table in given.items():
        reach = [own[i] for i in members if own[i] is not None]
        if table.ndim not in (len(reach), len(reach) + len(members)):
            raise FunctionalError(
                f"the table of {join_names([outputs[i] for i in members])!r} has {table.ndim} axes, expected "
                f"{len(reach)} for settings, after {len(members)} for outcomes without the last (or none, if all have "
                "two values)."
            )
        for axis, j in zip(
            range(table.ndim - len(reach), table.ndim), sorted(j for j in reach if j is not None), strict=True
        ):
            sizes[j] = max(sizes[j], table.shape[axis])
        if table.ndim > len(reach):
            for axis, i in enumerate(members):
                values_of[i] = max(values_of[i], table.shape[axis] + 1)
    coordinates = Coordinates(
        tuple(values_of), tuple(sizes), tuple(frozenset() if j is None else frozenset({j}) for j in own)
    )
    form = np.full(coordinates.dimension + 1, Fraction(0), dtype=object)
    blocks = {block.members: block for block in coordinates.blocks}
    for members, table in given.items():
        if not members:
            form[0] = table.item()
            continue
        block = blocks[members]
        if table.shape not in (block.shape, block.shape[len(members) :]) or table.size != block.size:
            raise FunctionalError(
                f"the table of {join_names([outputs[i] for i in members])!r} has shape {table.shape}, expected "
                f"{block.shape} as the other tables say. Give all tables of one scenario."
            )
        form[block.start : block.start + block.size] = table.ravel()
    return coordinates, form


def _members(key: object, outputs: Sequence[str]) -> tuple[int, ...]:
    if not isinstance(key, str):
        raise FunctionalError(
            f"the set of outputs {key!r} is {a_kind(key)}, expected a string of some of {', '.join(outputs)}: "
            "'A', 'AB' or 'A1 A2'; '' is the constant."
        )
    names = [key] if key in outputs else key.split() if " " in key.strip() else list(key.strip())
    unknown = [name for name in names if name not in outputs]
    if unknown or len(set(names)) < len(names):
        raise FunctionalError(
            f"{key!r} does not name outputs, expected some of {', '.join(outputs)}: 'A', 'AB' or 'A1 A2'; '' is the "
            "constant."
        )
    members = tuple(outputs.index(name) for name in names)
    if list(members) != sorted(members):
        raise FunctionalError(f"{key!r} is not in the order of the outputs {', '.join(outputs)}. Reorder it.")
    return members


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
        return symbol
    plain = re.fullmatch(r"([^\W\d_]+\d*)+", match[1])  # else the names in a row have no ends
    names = re.findall(r"[^\W\d_]+\d*", match[1]) if plain else [match[1]]
    who = "".join(name_latex(name) for name in names)
    return rf"p_{{{who}}}{match[2]}"
