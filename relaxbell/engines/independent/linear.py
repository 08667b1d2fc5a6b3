"""Questions in which no two districts meet: linear programs, solved exactly."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.engines.independent.data import Question
from relaxbell.engines.independent.polynomials import Polynomial
from relaxbell.engines.independent.shapes import CONSTANT, Form, Shape, shape_of
from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.lp.clock import passed, time_is_over
from relaxbell.lp.scaled import exact_optimum

_ZERO = Fraction(0)


@dataclass(frozen=True, eq=False)
class Found:
    """The exact solution.

    Attributes
    ----------
    value
        The least value.
    shapes, points
        The districts, and their columns.
    """

    value: Fraction
    shapes: tuple[Shape, ...]
    points: tuple[Exact, ...]


def least(question: Question, slack: Fraction = _ZERO) -> Found | None:
    """Return the exact least value of a linear question; None where nothing satisfies it.

    Equations of data may be missed by a slack.

    Raises
    ------
    TimeLimitError, SolverError
        If it is not found, in time or at all.
    """
    events = question.events()
    used = sorted({*events, *question.linear})
    shapes = tuple(shape_of(question, d, events.get(d, [])) for d in used)
    starts = np.concatenate([[0], np.cumsum([shape.count for shape in shapes])]).tolist()
    place = {shape.district: (shape, start) for shape, start in zip(shapes, starts, strict=False)}

    def row_of(polynomial: Polynomial) -> Form:
        total: Form = {}
        for monomial, number in polynomial.items():
            shape, start = place[monomial[0][0]] if monomial else (None, 0)
            form = {CONSTANT: Fraction(1)} if shape is None else shape.form(monomial[0][1])
            for k, v in form.items():
                at = k if k == CONSTANT else start + k
                total[at] = total.get(at, Fraction(0)) + number * v
        return total

    data = [row_of(own) for own in question.equations]
    rows: list[tuple[Form, bool]] = []
    rows += [(row_of(own), False) for own in question.limits]
    for shape, start in zip(shapes, starts, strict=False):
        sums = int(shape.values is not None)  # the first says that probabilities sum to one
        rows += [(_moved(form, start, 1), True) for form in shape.equations[:sums]]
        data += [_moved(form, start, 1) for form in shape.equations[sums:]]
        rows += [(_moved(form, start, -1), False) for form in shape.positive if len(form) > 1]
    for form in data:
        if slack:
            for side in (form, _moved(form, 0, -1)):
                rows.append((side | {CONSTANT: side.get(CONSTANT, _ZERO) - slack}, False))
        else:
            rows.append((form, True))
    objective = row_of(question.objective)
    constant = objective.pop(CONSTANT, Fraction(0))
    width = starts[-1]
    kept = [({k: v for k, v in row.items() if v}, equal) for row, equal in rows]
    for row, equal in kept:  # what has no column is decided here
        if not set(row) - {CONSTANT} and (row.get(CONSTANT, _ZERO) > 0 or (equal and row.get(CONSTANT, _ZERO))):
            return None
    kept = [(row, equal) for row, equal in kept if set(row) - {CONSTANT}]
    rhs: list[ExactNumber] = [-row.pop(CONSTANT, Fraction(0)) for row, _ in kept]
    if not width:
        return Found(constant, (), ())
    cost: list[ExactNumber] = [objective.get(k, Fraction(0)) for k in range(width)]
    matrix = ExactMatrix(tuple(row for row, _ in kept), width)
    outcome = exact_optimum(ExactProgram(matrix, cost, rhs, [equal for _, equal in kept]), None)
    if isinstance(outcome, Contradiction):
        return None
    if not isinstance(outcome, Optimum):
        if passed():
            raise time_is_over()
        raise SolverError("a linear program of districts has no exact solution that was found. Round the data.")
    x = np.full(width, Fraction(0), dtype=object)
    for k, v in outcome.values.items():
        x[k] = v
    value = constant + sum((v * x[k] for k, v in objective.items()), Fraction(0))
    points = tuple(x[a:b] for a, b in itertools.pairwise(starts))
    return Found(value, shapes, points)


def _moved(form: Form, start: int, sign: int) -> Form:
    return {k if k == CONSTANT else start + k: sign * v for k, v in form.items()}
