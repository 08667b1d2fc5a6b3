"""Digests: short names of data, so that a claim can be tied to the numbers it is about.

The text whose SHA-256 they are the beginning of is described in `relaxbell.verify`.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from .reading import Real

Sizes = Sequence[tuple[str, int]]  # names and numbers of values
HEX = 16


def short_digest(lines: Iterable[str]) -> str:
    """Return the digest of some lines."""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:HEX]


def data_digest(
    outputs: Sizes,
    inputs: Sizes,
    distribution: Sequence[Fraction],
    behavior: Sequence[Real] | None,
    values: Iterable[tuple[Sequence[Fraction], Real]],
) -> str:
    """Return the digest of data and settings; tables are flat, axes as listed."""
    lines = ["relaxbell-data-1"]
    for role, axes in (("outputs", outputs), ("inputs", inputs)):
        lines.append(" ".join([role, *(f"{name}:{size}" for name, size in sorted(axes))]))
    lines.append(" ".join(["settings", *map(str, by_name(inputs, distribution))]))
    cells = list(by_name(outputs, range(math.prod(size for _, size in outputs))))
    settings = list(by_name(inputs, range(len(distribution))))
    order = [a * len(distribution) + x for a in cells for x in settings]
    if behavior is not None:
        lines.append(" ".join(["behavior", *(number(behavior[i]) for i in order)]))
    listed = []
    for coefficients, value in values:
        unit = 1 / next((c for i in order if (c := coefficients[i])), Fraction(1))
        listed.append(" ".join(["value", *(str(coefficients[i] * unit) for i in order), "=", number(value * unit)]))
    return short_digest([*lines, *sorted(listed)])


def by_name(axes: Sizes, table: Sequence[Any]) -> Iterator[Any]:
    """Yield the entries of a flat table whose axes are put in the order of their names."""
    strides = [math.prod(size for _, size in axes[k + 1 :]) for k in range(len(axes))]
    ordered = sorted((name, size, stride) for (name, size), stride in zip(axes, strides, strict=True))
    for index in itertools.product(*(range(size) for _, size, _ in ordered)):
        yield table[sum(i * stride for i, (_, _, stride) in zip(index, ordered, strict=True))]


def number(value: Real) -> str:
    """Return a number as it stands in the text."""
    return value.line if hasattr(value, "line") else _number(value)


def _number(value: Real) -> str:
    return f"{value.a}+{value.b}*sqrt({value.n})" if value.b else str(value.a)
