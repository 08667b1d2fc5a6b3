"""Behaviors from their correlators or Collins–Gisin marginals, and back: as tables by name, or as matrices."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.notations import Reader, join_names, read_form
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.table import SINGLE_TOLERANCE, TOLERANCE
from relaxbell.errors import BehaviorError
from relaxbell.exact.texts import decimal_text


def read_marginals(
    tables: object,
    outputs: str | Sequence[str],
    inputs: str | Sequence[str],
    parties: Mapping[str, str | None] | None,
    cardinality: Mapping[str, int] | None,
    *,
    correlators: bool,
) -> tuple[NDArray[Any], Scenario, float]:
    """Return the table of probabilities with these marginals or correlators, its scenario, and its tolerance.

    Raises
    ------
    BehaviorError
        If a set of outputs is missing, shapes do not fit, the constant is not 1, or a probability would be negative.
    """
    what = "correlators" if correlators else "Collins–Gisin marginals"
    reader = Reader.of(outputs, inputs, parties, BehaviorError, what, "Behavior(table)", floats=True)
    names = reader.outputs, reader.inputs
    coordinates, form, given = read_form(tables, reader, cardinality)
    if given is not None:
        _check_complete(coordinates, given, names[0], what)
        if () not in given:
            form[0] = 1
    parts = tables.values() if isinstance(tables, Mapping) else [tables]
    single = any(getattr(table, "dtype", None) == np.float32 for table in parts)
    tolerance = 0 if form.dtype == object else SINGLE_TOLERANCE if single else TOLERANCE
    if abs(form[0] - 1) > tolerance:
        raise BehaviorError(
            f"the constant of these {what}, at place 0 of all parties, is {decimal_text(form[0])}, expected 1, the "
            f"probability that something happens. {_whole(correlators)} Coefficients go to BellFunctional."
        )
    form[0] = 1
    if correlators:
        if any(k != 2 for k in coordinates.outputs):
            raise BehaviorError(
                f"correlators need outputs with two values, found cardinalities {coordinates.outputs}. Use "
                "from_collins_gisin."
            )
        form = from_correlators(coordinates, form)
    table = coordinates.expand(form)
    if table.min() < -tolerance:
        place = np.unravel_index(np.argmin(table), table.shape)
        k = len(names[0])
        event, setting = (", ".join(f"{n}={v}" for n, v in zip(ns, index, strict=True)) for ns, index in (
            (names[0], place[:k]), (names[1], place[k:])))  # fmt: skip
        raise BehaviorError(
            f"these {what} give p({event}|{setting}) = {decimal_text(table[place])}, expected a probability ≥ 0: no "
            "behavior has them. Outcome 0 counts +1 in correlators; where they are rounded, mix in a little white "
            "noise."
        )
    return table, Scenario.of(*names, coordinates.shape, reader.parties), tolerance


def _whole(correlators: bool) -> str:
    """Return what a matrix has besides what stands for all parties."""
    if correlators:
        return (
            'Give [[1, ⟨B⟩], [⟨A⟩, ⟨AB⟩]], or {"AB": table, "A": …, "B": …}: ⟨A⟩ and ⟨B⟩ too, zeros where they vanish.'
        )
    return 'Give [[1, p(b|y)], [p(a|x), p(ab|xy)]], or {"AB": table, "A": …, "B": …}.'


def _check_complete(coordinates: Coordinates, given: set[tuple[int, ...]], outputs: Sequence[str], what: str) -> None:
    """Raise BehaviorError where a set of outputs has no table: nothing says that it is 0."""
    missing = [block.members for block in coordinates.blocks if block.members not in given]
    if missing:
        keys = [join_names([outputs[i] for i in members]) for members in missing]
        shape = next(block.shape for block in coordinates.blocks if block.members == missing[0])
        raise BehaviorError(
            f"the {what} of {', '.join(map(repr, keys))} are missing, expected one table for each set of outputs. Give "
            f"them; where they vanish, say so: {{{keys[0]!r}: numpy.zeros({shape[len(missing[0]) :]}), …}}."
        )


def from_correlators(coordinates: Coordinates, form: NDArray[Any]) -> NDArray[Any]:
    """Return coordinates P(0…0|x_S) = 2^−|S| Σ_{T ⊆ S} E_T(x_T) of correlators E_T, in the same order."""
    half = Fraction(1, 2) if form.dtype == object else 0.5
    return _summed(coordinates, form, lambda _, size: half**size)


def correlators_of(coordinates: Coordinates, vector: NDArray[Any]) -> NDArray[Any]:
    """Return the correlators E_S(x_S) = Σ_{T ⊆ S} (−1)^{|S| − |T|} 2^|T| P(0…0|x_T) of coordinates."""
    return _summed(coordinates, vector, lambda part, size: (-1) ** (size - part) * 2**part)


def _summed(
    coordinates: Coordinates, form: NDArray[Any], weight: Callable[[int, int], Fraction | float]
) -> NDArray[Any]:
    """Return Σ_{T ⊆ S} weight(|T|, |S|) form_T(x_T) for each set S of outputs with two values and their settings."""
    blocks = {block.members: block for block in coordinates.blocks}
    found = form.copy()
    for block in coordinates.blocks:
        sizes, size = [coordinates.inputs[j] for j in block.inputs], len(block.members)
        total = np.full(sizes, weight(0, size) * form[0], dtype=form.dtype)
        for count in range(1, size + 1):
            for subset in itertools.combinations(block.members, count):
                part = blocks[subset]
                wide = [coordinates.inputs[j] if j in part.inputs else 1 for j in block.inputs]
                own = form[part.start : part.start + part.size].reshape(wide)
                total = total + weight(count, size) * own
        found[block.start : block.start + block.size] = np.asarray(total, dtype=form.dtype).ravel()
    return found
