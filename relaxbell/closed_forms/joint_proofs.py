"""A facet of p(outputs, settings) at numbers, proved for limits that are symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import ClosedFormError
from relaxbell.exact.numbers import Exact, to_sympy

if TYPE_CHECKING:
    import sympy


def proved(
    own: Exact,
    on: Sequence[int],
    enough: Sequence[int],
    numbers: Mapping[Any, Fraction],
    made: Sequence[tuple[tuple[int, ...], int]],
    symbolic: Sequence[tuple[sympy.Expr, ...]],
) -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
    """Return the form that vanishes on symbolic vertices, and the expressions that must not be negative."""
    import sympy
    from sympy.polys.matrices import DomainMatrix

    symbols = list(numbers)
    values = {symbol: to_sympy(v) for symbol, v in numbers.items()}
    field = sympy.QQ.frac_field(*symbols)
    zero = field.zero
    vertices = [[field.from_sympy(v) for v in each] for each in symbolic]
    width = own.size
    rows = []
    for i in enough:
        cells, k = made[i]
        row = [zero] * width
        for cell, v in zip(cells, vertices[k], strict=True):
            row[cell] = v
        rows.append(row)
    used = sorted({cell for cells, _ in made for cell in cells})
    matrix = DomainMatrix([[row[c] for c in used] for row in rows], (len(rows), len(used)), field)
    kernel = matrix.nullspace()
    if kernel.shape[0] != 1:
        raise ClosedFormError(
            f"a facet at {', '.join(f'{s} = {v}' for s, v in numbers.items())} is none for symbols: its vertices have "
            f"rank {len(used) - kernel.shape[0]}, expected {len(used) - 1}. Give other numbers by at={{…}}."
        )
    entries = [field.to_sympy(v) for v in kernel.to_list()[0]]
    common = sympy.lcm_list([sympy.denom(sympy.together(v)) for v in entries])
    whole = [sympy.cancel(v * common) for v in entries]
    divisor = sympy.gcd_list([v for v in whole if v != 0])
    whole = [sympy.cancel(v / divisor) for v in whole]
    place = next(i for i, c in enumerate(used) if own.ravel()[c] != 0)
    if (whole[place].subs(values) > 0) != (own.ravel()[used[place]] > 0):
        whole = [-v for v in whole]
    flat = np.array([sympy.Integer(0)] * width, dtype=object)
    for cell, v in zip(used, whole, strict=True):
        flat[cell] = v
    conditions = dict[sympy.Expr, None]()
    form = [field.from_sympy(v) for v in flat.tolist()]
    values_of = [sum((form[c] * v for c, v in zip(cells, vertices[k], strict=True)), zero) for cells, k in made]
    if any(values_of[i] != zero for i in on):
        raise ClosedFormError(
            f"a facet at {', '.join(f'{s} = {v}' for s, v in numbers.items())} has vertices that leave it nearby. Give "
            "other numbers by at={…}."
        )
    slacks = set(values_of)
    for slack in (-field.to_sympy(own) for own in slacks if own != zero):
        if slack.subs(values) < 0:
            raise ClosedFormError(f"the form {flat.tolist()} is not valid at {values}. Please report the model.")
        for factor in _factors(slack, values):
            conditions[factor] = None
    for v in {v for each in symbolic for v in each}:  # where these are vertices: probabilities
        for factor in _factors(v, values):
            conditions[factor] = None
    return flat.reshape(own.shape), tuple(sorted(conditions, key=lambda c: (len(str(c)), str(c))))


def _factors(expression: sympy.Expr, values: Mapping[Any, sympy.Expr]) -> list[sympy.Expr]:
    """Return factors, positive at these values, whose signs decide that of a product; squares decide nothing."""
    import sympy

    found = []
    for factor, power in sympy.factor_list(expression)[1]:
        if power % 2:
            found.append(factor if factor.subs(values) > 0 else sympy.expand(-factor))
    return found
