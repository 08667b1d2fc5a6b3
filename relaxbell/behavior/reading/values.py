"""What values mean: whole numbers 0, 1, …, or labels in the order in which they are given."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import TypeAlias

import numpy as np

from relaxbell.behavior.names import check_ordered
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, one_line, plain_repr

Labels: TypeAlias = str | Sequence[object] | Mapping[str, int] | Mapping[int, int]
"""Values of one variable, in order; letters of a string; or the number of each label."""

Values: TypeAlias = Labels | Mapping[str, Labels] | None
"""Labels of all outputs, or of each variable that has some."""

MISSING = -1
"""The code of a value that is not there."""

MOST_VALUES = 2**15
"""Most values of a variable."""

_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})(\.0*)?")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_ABSENT = frozenset({"", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "<NA>", "NaT"})
"""Texts of missing values, as programs write them; "none" is not among them, and may be a label."""


_MOST_SHOWN = 8
"""Labels of a variable in a note."""


class _Absent:
    """What None, NaN, null, NA and empty cells are read as."""

    def __repr__(self) -> str:
        return "missing"


ABSENT = _Absent()


def canonical(value: object) -> Hashable:
    """Return a value as it is compared: 1, 1.0, True, "1" and "+1" are one; None, NaN and "" are missing.

    Examples
    --------
    >>> canonical("+1"), canonical(1.0), canonical(" H "), canonical(float("nan")), canonical("0.5")
    (1, 1, 'H', missing, Fraction(1, 2))
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return ABSENT
    if isinstance(value, str):
        return _canonical_text(value.strip().replace("−", "-"))  # spreadsheets and papers write a true minus
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Rational):
        exact = Fraction(value)
        return int(exact) if exact.denominator == 1 else exact
    if isinstance(value, Real | Decimal):
        number = float(value)
        if math.isnan(number):
            return ABSENT
        return int(number) if math.isfinite(number) and number % 1 == 0 else number
    return value if isinstance(value, Hashable) else repr(value)


def _canonical_text(text: str) -> Hashable:
    if text in _ABSENT:
        return ABSENT
    if _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if _DECIMAL.fullmatch(text) and not re.match(r"[+-]?0[0-9]", text):  # not 01, which may be two bits
        number = Fraction(text)
        return int(number) if number.denominator == 1 else number
    return text


@dataclass(frozen=True)
class Coding:
    """How the values of a variable are numbered.

    Parameters
    ----------
    name
        Of the variable.
    codes
        Number of each label; None for whole numbers, which are their own.
    """

    name: str
    codes: Mapping[Hashable, int] | None = None

    @property
    def size(self) -> int | None:
        """Number of values, if labels say it."""
        return None if self.codes is None else max(self.codes.values()) + 1

    def find(self, value: Hashable) -> int | None:
        """Return the number of a canonical value, `MISSING` if it is missing, None if it is none of the values."""
        if self.codes is not None and value in self.codes:
            return self.codes[value]
        if value is ABSENT:
            return MISSING
        if self.codes is None and isinstance(value, int) and 0 <= value < MOST_VALUES**2:
            return value
        return None

    def code(self, value: Hashable, where: str) -> int:
        """Return the same; raise CountsError where it is none of the values."""
        number = self.find(value)
        if number is None:
            raise self.refused(value, where)
        return number

    def refused(self, value: Hashable, where: str) -> CountsError:
        """Return the error for what is none of the values."""
        if self.codes is None:
            return CountsError(f"{where}: {_not_whole(value, self.name)}")
        known = ", ".join(map(_shown, list(self.codes)[:8]))
        return CountsError(
            f"{where}: {one_line(_shown(value))} is none of the values of {self.name}, expected one of {known}. "
            f'Correct it, or add it to values=; labels of its own: values={{"{self.name}": (…)}} (--values '
            f"{self.name}=…,…)."
        )


def _shown(value: Hashable) -> str:
    """Return a canonical value as it is written in data: 22.5, not Fraction(45, 2)."""
    return plain_repr(float(value) if isinstance(value, Fraction) else value)


def _not_whole(value: Hashable, name: str) -> str:
    """Return what is wrong with a value that should be 0, 1, …."""
    if isinstance(value, int) and value == -1:
        return (
            "'-1' looks like an outcome ±1, expected 0, 1, …. Give values=(1, -1): +1 is then the outcome 0 and -1 "
            "the outcome 1."
        )
    if isinstance(value, int):
        size = "negative" if value < 0 else "too large"
        return f"'{value}' is {size}, expected 0, 1, …. Number the values from 0, or list them with values=."
    if isinstance(value, float | Fraction):
        return (
            f"'{float(value):g}' is fractional, expected a whole number 0, 1, …. Correct it; probabilities go to "
            "Behavior, correlators to Behavior.from_correlators."
        )
    return (
        f"{one_line(plain_repr(value))} is no whole number, expected 0, 1, …. If it is a label, list the labels in "
        f'order: values={{"{name}": (…)}} (--values {name}=…,…).'
    )


def _plain(label: Hashable) -> str:
    """Return a label without quotes, for a list."""
    shown = _shown(label)
    return shown[1:-1] if isinstance(label, str) else shown


def label_notes(kinds: Iterable[Coding]) -> list[str]:
    """Return the note that says which number a label has, as results show numbers. Nothing for 0, 1, … themselves."""
    said: dict[str, list[str]] = {}
    for coding in kinds:
        labels = list((coding.codes or {}).items())
        if any(label != number for label, number in labels):
            shown = ", ".join(f"{_plain(label)} = {number}" for label, number in labels[:_MOST_SHOWN])
            said.setdefault(shown + ", …" * (len(labels) > _MOST_SHOWN), []).append(coding.name)
    groups = [f"{', '.join(names)}: {labels}" for labels, names in said.items()]
    return [f"numbered {'; '.join(groups)}"] if groups else []


def codings(
    values: Values, outputs: Sequence[str], inputs: Sequence[str], seen: Mapping[str, Iterable[Hashable]]
) -> dict[str, Coding]:
    """Return how each variable is read, given which canonical values it takes.

    One list of labels is for all outputs, and for inputs with a value that is no whole number.

    Examples
    --------
    >>> found = codings("+-", ("A",), ("X",), {"A": ["-"], "X": [0, 1]})
    >>> found["A"].size, found["X"].size
    (2, None)
    """
    names = (*outputs, *inputs)
    if values is None:
        return {name: Coding(name) for name in names}
    if isinstance(values, Mapping) and not all(isinstance(number, int | np.integer) for number in values.values()):
        unknown = [key for key in values if key not in names]
        if unknown:
            raise CountsError(
                f"values= names {plain_repr(unknown[0])}, which is none of {', '.join(names)}. Leave it out, or "
                "correct the name."
            )
        own: dict[object, object] = dict(zip(values.keys(), values.values(), strict=True))
        given = {name: Coding(name, _read_labels(own[name], name)) for name in names if name in own}
        return {name: given.get(name, Coding(name)) for name in names}
    labels = _read_labels(values, "all outputs")
    others = {n for n in inputs if not all(isinstance(v, int) and v >= 0 for v in seen.get(n, ()) if v is not ABSENT)}
    return {n: Coding(n, labels if n in outputs or n in others else None) for n in names}


def _read_labels(labels: object, name: str) -> dict[Hashable, int]:
    expected = 'Expected labels in order, such as (1, -1), "+-" or ("H", "V"); or the number of each, {"H": 0, "V": 1}.'
    check_ordered(labels, f"values= of {name}", CountsError)
    if isinstance(labels, Mapping):
        pairs: list[tuple[object, object]] = list(labels.items())
    elif isinstance(labels, str):
        words = labels.replace(",", " ").split()
        pairs = [(word, k) for k, word in enumerate(words if len(words) > 1 else labels.strip())]
    elif isinstance(labels, Sequence | np.ndarray):
        pairs = [(label, k) for k, label in enumerate(labels)]
    else:
        raise CountsError(f"values= of {name} is {a_kind(labels)}. {expected}")
    found: dict[Hashable, int] = {}
    for label, number in pairs:
        own = canonical(label)
        if own is ABSENT:
            raise CountsError(
                f"values= of {name} has the label {plain_repr(label)}, which is read as a missing value. Leave it "
                "out, and say with missing= which outcome stands for those."
            )
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number < MOST_VALUES:
            raise CountsError(f"values= of {name} has {plain_repr(number)} for {plain_repr(label)}. {expected}")
        if own in found:
            raise CountsError(
                f"values= of {name} has the label {plain_repr(label)} twice, expected each once. Remove one."
            )
        found[own] = int(number)
    if not found:
        raise CountsError(f"values= of {name} is empty. {expected}")
    unused = set(range(max(found.values()))) - set(found.values())
    if unused:
        raise CountsError(
            f"values= of {name} gives no label the number {min(unused)}. Number them 0, 1, … without gaps."
        )
    return found
