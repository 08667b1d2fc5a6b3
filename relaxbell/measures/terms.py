"""What a measure is made of: rows over q, norms of them, sums and maxima.

Each term is a convex, positively homogeneous function of q that is the support function of a set of
weights, f(q) = max over feasible u of Σ u · (rows q):

==========  ========================  ==========================================
term        f(q)                      feasible weights
==========  ========================  ==========================================
Linear      Σ rows · q                u = 1
LargestRow  max |row · q|             Σ |u| ≤ 1
SumOfRows   Σ |row · q|               |u| ≤ 1
Total       Σ parts                   each part's own
Largest     max of parts              a convex combination of the parts' own
==========  ========================  ==========================================

This is all that solvers, rigorous bounds and certificates need to know about a measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.rows import Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """The sum of the rows, signed."""

    rows: Rows


@dataclass(frozen=True, eq=False)
class LargestRow:
    """The largest absolute value of a row: norm_inf."""

    rows: Rows


@dataclass(frozen=True, eq=False)
class SumOfRows:
    """The sum of the absolute values of the rows: norm1."""

    rows: Rows


@dataclass(frozen=True, eq=False)
class Total:
    """The sum of several terms."""

    parts: tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class Largest:
    """The maximum of several terms."""

    parts: tuple[Term, ...]


Leaf: TypeAlias = Linear | LargestRow | SumOfRows
Term: TypeAlias = Leaf | Total | Largest


def leaves(term: Term) -> Iterator[Leaf]:
    """Yield the terms that carry rows, from left to right."""
    if isinstance(term, Total | Largest):
        for part in term.parts:
            yield from leaves(part)
    else:
        yield term


def is_linear(term: Term) -> bool:
    """Return whether the term is linear in q, so that its negative is convex too."""
    return all(isinstance(leaf, Linear) for leaf in leaves(term)) and not _has_largest(term)


def _has_largest(term: Term) -> bool:
    return isinstance(term, Largest) or (isinstance(term, Total) and any(map(_has_largest, term.parts)))


def is_nonnegative(term: Term) -> bool:
    """Return whether the term cannot be negative for q ≥ 0."""
    if isinstance(term, Linear):
        return term.rows.nonnegative
    if isinstance(term, Total):
        return all(map(is_nonnegative, term.parts))
    if isinstance(term, Largest):
        return any(map(is_nonnegative, term.parts))
    return True


def ceiling(term: Term) -> Fraction:
    """Return a number that no probability vector q exceeds; the maximum itself for a single leaf."""
    if isinstance(term, Total):
        return sum((ceiling(part) for part in term.parts), Fraction(0))
    if isinstance(term, Largest):
        return max(ceiling(part) for part in term.parts)
    if isinstance(term, Linear):
        return Fraction(float(term.rows.matrix.sum(axis=0).max())) * term.rows.scale
    if isinstance(term, LargestRow):
        return Fraction(float(abs(term.rows.matrix.data).max(initial=0.0))) * term.rows.scale
    return Fraction(term.rows.mass) * term.rows.scale


def floor(term: Term) -> Fraction:
    """Return a number that no probability vector q falls below."""
    if isinstance(term, Total):
        return sum((floor(part) for part in term.parts), Fraction(0))
    if isinstance(term, Largest):
        return max(floor(part) for part in term.parts)
    if isinstance(term, Linear):
        return Fraction(float(term.rows.matrix.sum(axis=0).min())) * term.rows.scale
    return Fraction(0)


def scaled(term: Term, factor: Fraction) -> Term:
    """Return the term times a number; negative only for linear terms."""
    if isinstance(term, Total | Largest):
        return type(term)(tuple(scaled(part, factor) for part in term.parts))
    return type(term)(term.rows.scaled(factor))


def fresh(term: Term) -> Term:
    """Return a copy whose leaves are new objects, so that a term used twice is told apart."""
    return scaled(term, Fraction(1))


def value(term: Term, q: Floats) -> float:
    """Return the value at q."""
    if isinstance(term, Total):
        return float(sum(value(part, q) for part in term.parts))
    if isinstance(term, Largest):
        return max(value(part, q) for part in term.parts)
    rows = term.rows.values(q)
    if isinstance(term, Linear):
        return float(rows.sum())
    return float(abs(rows).max(initial=0.0)) if isinstance(term, LargestRow) else float(abs(rows).sum())


def expression(term: Term, q: Any) -> Any:
    """Return the term as a CVXPY expression of the variable q."""
    import cvxpy as cp

    if isinstance(term, Total):
        return cp.sum([expression(part, q) for part in term.parts])
    if isinstance(term, Largest):
        parts = [expression(part, q) for part in term.parts]
        return cp.maximum(*parts) if len(parts) > 1 else parts[0]  # cp.maximum wants two
    values = term.rows.array @ q
    if isinstance(term, Linear):
        return cp.sum(values)
    return cp.norm_inf(values) if isinstance(term, LargestRow) else cp.norm1(values)


def formula(term: Term) -> str:
    """Return the term as text: labels are those of the rows with their scale."""
    if isinstance(term, Total):
        return " + ".join(formula(part) for part in term.parts)
    if isinstance(term, Largest):
        return f"max({_listed([formula(part) for part in term.parts[:4]], len(term.parts), ', ', 'parts')})"
    labels, count = list(term.rows.labels[:4]), len(term.rows)
    if isinstance(term, Linear):
        return _listed(labels, count, " + ", "rows")
    listed = _listed(labels, count, "; " if any(", " in label for label in labels) else ", ", "rows")
    name = "max" if isinstance(term, LargestRow) else "sum"
    return f"{name}({listed})" if term.rows.nonnegative else f"{name} |{listed}|"


def _listed(texts: list[str], count: int, separator: str, what: str) -> str:
    """Return up to four texts; of more, three and how many there are."""
    return separator.join(texts if count <= 4 else [*texts[:3], f"… {count} {what}"])


# --------------------------------------------------------------- feasible weights


def gauge(term: Term, raw: dict[Leaf, Floats]) -> float:
    """Return the least weight for which the raw row weights would be feasible."""
    if isinstance(term, Total):
        return max(gauge(part, raw) for part in term.parts)
    if isinstance(term, Largest):
        return sum(gauge(part, raw) for part in term.parts)
    weights = abs(raw[term])
    if isinstance(term, Linear):
        return float(max(0.0, raw[term].mean()))
    return float(weights.sum()) if isinstance(term, LargestRow) else float(weights.max(initial=0.0))


def clip(term: Term, raw: dict[Leaf, Floats], weight: float, out: dict[Leaf, Floats]) -> None:
    """Write feasible row weights, near the raw ones, for `weight` times the term into `out`.

    All weights are whole numbers in float64 (a common denominator is the caller's), so that the
    constraints of the table above hold exactly.
    """
    if isinstance(term, Total):
        for part in term.parts:
            clip(part, raw, weight, out)
    elif isinstance(term, Largest):
        for part, own in zip(term.parts, _shares([gauge(p, raw) for p in term.parts], weight), strict=True):
            clip(part, raw, own, out)
    elif isinstance(term, Linear):
        out[term] = np.full(len(term.rows), weight)
    elif isinstance(term, SumOfRows):
        # rows that cannot be negative take the full weight: nothing is gained by less
        out[term] = np.full(len(term.rows), weight) if term.rows.nonnegative else np.clip(raw[term], -weight, weight)
    else:
        size = abs(raw[term]).sum()
        shrink = weight / size if size > weight else 1.0
        # one part in 2^50 less, then towards zero: the sum cannot exceed the weight by rounding
        rows = raw[term] if shrink == 1.0 else np.trunc(raw[term] * (shrink * (1 - 2.0**-50)))
        out[term] = rows if abs(rows).sum() <= weight else np.zeros_like(rows)


def _shares(sizes: list[float], weight: float) -> list[float]:
    """Split a whole weight into whole parts in proportion to `sizes`."""
    total = sum(sizes)
    shares = [float(np.floor(weight * size / total)) if total > 0 else 0.0 for size in sizes]
    while sum(shares) > weight:
        shares[int(np.argmax(shares))] -= 1.0
    shares[int(np.argmax(sizes))] += weight - sum(shares)
    return shares
