"""Keys of dictionaries and headers of wide tables: a tuple, a string or a whole number says the values of variables."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import numpy as np

from relaxbell.behavior.names import read_names
from relaxbell.behavior.reading.values import canonical
from relaxbell.errors import CountsError
from relaxbell.exact.texts import a_kind, one_line, plain_repr

_BETWEEN = re.compile(r"[\s,;|]+")

Order = str | Sequence[str] | None


def read_order(order: Order, outputs: Sequence[str], inputs: Sequence[str]) -> tuple[Order, Order]:
    """Return the order of outputs and that of inputs in keys, None where it is not given.

    Examples
    --------
    >>> read_order("B A", ("A", "B"), ("X", "Y"))
    (('B', 'A'), None)
    """
    if order is None:
        return None, None
    known = (*outputs, *inputs)
    lower = {name.lower(): name for name in known}
    # as columns are: without regard to case, where that says which is meant
    same = lower if len(lower) == len(known) else {}
    names = [n if n in known else same.get(n.lower(), n) for n in read_names(order, "order", CountsError)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CountsError(
            f"order= names {unknown[0]!r}, expected the variables {', '.join(known)} as they stand in the "
            'keys from left to right, such as order=("B", "A"). Other variables are named with outputs= and inputs=.'
        )
    parts = tuple(name for name in names if name in outputs), tuple(name for name in names if name in inputs)
    for part, whole, what in ((parts[0], outputs, "outputs"), (parts[1], inputs, "inputs")):
        if part and len(part) < len(whole):
            absent = ", ".join(name for name in whole if name not in part)
            raise CountsError(
                f"order= names {', '.join(part)} but not {absent}. Expected all {what}, or none. Add them."
            )
    return parts[0] or None, parts[1] or None


def read_key(key: object, names: Sequence[str], order: Order, what: str) -> tuple[Hashable, ...]:
    """Return the canonical values that a key says, in the order of `names`; raise CountsError if it does not say them.

    Examples
    --------
    >>> read_key("01", ("A", "B"), ("B", "A"), "the outcome"), read_key((2, 0), ("A", "B"), None, "the outcome")
    ((1, 0), (2, 0))
    """
    n, place = len(names), f"{what} {one_line(plain_repr(key))}"
    if isinstance(key, str):
        parts = _split(key, n, place, names)
        if n > 1 and order is None:
            raise CountsError(
                f"{place} is a string, which does not say which of {', '.join(names)} comes first. Give order=, the "
                f"names from left to right: order={plain_repr(tuple(names))}, or "
                f"order={plain_repr(tuple(names[::-1]))} where the first party is at the right, as in Qiskit."
            )
    elif isinstance(key, tuple | list):
        parts = list(key)
    elif isinstance(key, int | float | np.generic) or key is None:
        if n != 1:
            raise CountsError(
                f"{place} is {a_kind(key)}, expected values of {', '.join(names) or '(no variable)'}. Write a tuple, "
                f"or a string of digits such as format(key, '0{n}b')."
            )
        parts = [key]
    else:
        raise CountsError(
            f"{place} is {a_kind(key)}, expected a tuple of values of {', '.join(names)}, or a string such as "
            f"{'0' * max(n, 1)!r}. Write one."
        )
    if len(parts) != n:
        raise CountsError(
            f"{place} has {len(parts)} values, expected {n}: {', '.join(order or names)}. Give each variable one "
            "value, or name other variables with outputs= and inputs=."
        )
    said = dict(zip(order or names, map(canonical, parts), strict=True))
    return tuple(said[name] for name in names)


def _split(key: str, n: int, place: str, names: Sequence[str]) -> list[object]:
    text = key.strip()
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        raise CountsError(
            f"{place} is hexadecimal, expected a digit for each of {', '.join(names)}. Write format(int(key, 16), "
            f"'0{n}b')."
        )
    if n == 1:
        return [text]
    text = text.removeprefix("(").removesuffix(")").removeprefix("[").removesuffix("]").strip()
    words: list[object] = [word.strip("'\"") for word in _BETWEEN.split(text) if word]
    if len(words) == 1 and len(text) != n and n:
        raise CountsError(
            f"{place} has {len(text)} characters, expected {n}: one for each of {', '.join(names)}. Separate values "
            "of several letters by spaces, or write a tuple."
        )
    return words if len(words) > 1 else list(text)
