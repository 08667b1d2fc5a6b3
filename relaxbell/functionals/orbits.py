"""Classes of functionals under relabelings of inputs, outputs and parties."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, common_denominator, surd

if TYPE_CHECKING:
    from relaxbell.functionals.functional import BellFunctional

ORBIT_LIMIT = 20_000
"""Orbits are followed up to this many members."""

_Whole = tuple[int, ...]


def all_tables(functional: BellFunctional) -> list[Exact]:
    """Return one table of coefficients for each relabeling."""
    whole, denominator, radicand = _whole(functional.coefficients.ravel())
    found = functional.frame.tables(whole, ORBIT_LIMIT)
    if found is None:
        raise _too_many(functional)
    return [_numbers(image, denominator, radicand).reshape(functional.coefficients.shape) for image in found]


def canonical_table(functional: BellFunctional) -> tuple[Exact, ExactNumber]:
    """Return coefficients and constant of the representative of a functional's class."""
    sorted_one = _sorted(functional)
    whole, denominator, radicand = _whole(sorted_one.form)
    members = _orbit(sorted_one, whole)
    best = max(members, key=lambda form: (-sum(c != 0 for c in form), form))
    form = _numbers(best, denominator, radicand)
    return sorted_one.frame.coordinates.lift(form), form[0]


def equivalent(one: BellFunctional, other: BellFunctional, *, scale: bool, offset: bool) -> bool:
    """Return whether a relabeling turns one functional into the other, see `BellFunctional.equivalent`."""
    first, second = _sorted(one), _sorted(other)
    if first.frame != second.frame:
        return False
    (a, below_a, root_a), (b, below_b, root_b) = _whole(first.form), _whole(second.form)
    if root_a != root_b and not scale:
        return False

    def key(form: _Whole, below: int, root: int) -> tuple[ExactNumber, ...]:
        numbers = _numbers(form, below, root)
        if offset:
            numbers[0] = Fraction(0)
        leading = next((abs(c) for c in numbers[1:] if c != 0), Fraction(1))
        return tuple(c / leading for c in numbers) if scale else tuple(numbers)

    wanted = key(b, below_b, root_b)
    return any(key(form, below_a, root_a) == wanted for form in _orbit(first, a))


def _sorted(functional: BellFunctional) -> BellFunctional:
    """Return the functional with its parties in descending order of their cardinalities."""
    frame = functional.frame
    k, shape = len(functional.outputs), functional.coefficients.shape
    if any(x is None for x in frame.own):
        return functional
    order = sorted(range(k), key=lambda i: (shape[i], shape[k + (frame.own[i] or 0)]), reverse=True)
    axes = order + [k + (frame.own[i] or 0) for i in order]
    parties = dict(zip(functional.outputs, functional.inputs, strict=True))
    return type(functional)(
        functional.coefficients.transpose(axes),
        functional.outputs,
        functional.inputs,
        constant=functional.constant,
        parties=parties,
    )


def _orbit(functional: BellFunctional, whole: _Whole) -> set[_Whole]:
    found = functional.frame.orbit(whole, ORBIT_LIMIT)
    if found is None:
        raise _too_many(functional)
    return found


def _whole(form: Exact) -> tuple[_Whole, int, int]:
    """Return exact numbers as whole numerators (rational parts, then those of √n), their denominator, and n or 1."""
    roots = {c.n for c in form if isinstance(c, Surd)}
    rational = [c.a if isinstance(c, Surd) else Fraction(c) for c in form]
    irrational = [c.b if isinstance(c, Surd) else Fraction(0) for c in form] if roots else []
    denominator = common_denominator([*rational, *irrational])
    return tuple(int(c * denominator) for c in (*rational, *irrational)), denominator, roots.pop() if roots else 1


def _numbers(whole: _Whole, denominator: int, radicand: int) -> Exact:
    """Return what `_whole` read."""
    if radicand == 1:
        return np.array([Fraction(c, denominator) for c in whole], dtype=object)
    half = len(whole) // 2
    found = np.empty(half, dtype=object)
    for i, (a, b) in enumerate(zip(whole[:half], whole[half:], strict=True)):
        found[i] = surd(Fraction(a, denominator), Fraction(b, denominator), radicand)
    return found


def _too_many(functional: BellFunctional) -> FunctionalError:
    coordinates = functional.frame.coordinates
    group = math.prod(
        math.factorial(c) ** (1 if x is None else coordinates.inputs[x])
        for c, x in zip(coordinates.outputs, functional.frame.own, strict=True)
    ) * math.prod(math.factorial(c) for c in coordinates.inputs)
    return FunctionalError(
        f"{functional} has more than {ORBIT_LIMIT:,} relabelings (the group has at least {group:,} elements), which "
        "are not followed. Use a smaller scenario, or recognize with the catalog."
    )
