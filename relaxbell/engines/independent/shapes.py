"""What a district can do, as a polytope: columns with their constraints, and events as linear functions of them.

Where only probabilities of single variables occur, these are the columns: any of them are possible, together. Else the
columns are the probabilities of what its variables are, all together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from relaxbell.engines.independent.data import Question
from relaxbell.engines.independent.polynomials import Event
from relaxbell.errors import ModelTooLargeError

Form: TypeAlias = dict[int, Fraction]
"""A linear function of columns; −1 stands for 1."""

CONSTANT = -1

IDENTITY = -1
"""Number of an equation that says only that probabilities sum to one."""

Number: TypeAlias = Fraction | float

Support: TypeAlias = list[tuple[dict[int, int], Number]]
"""What variables respond, with weights."""

MOST_COLUMNS = 2**13
"""Most ways in which the variables of a district respond together."""


@dataclass(frozen=True, eq=False)
class Shape:
    """The polytope of a district, or of some of its nodes.

    Attributes
    ----------
    district
        Its number.
    variables
        Those that matter, ascending.
    values
        What they are in each column; of a shape of single variables None.
    singles
        The event of each column of such a shape; else empty.
    domains
        Numbers of values of these variables.
    equations, positive
        Forms that are 0, and that are not negative.
    rows
        Which equation of the question's for its district each is; `IDENTITY`: probabilities sum to one.
    """

    district: int
    variables: tuple[int, ...]
    values: np.ndarray | None
    singles: tuple[Event, ...]
    domains: tuple[int, ...]
    equations: tuple[Form, ...]
    positive: tuple[Form, ...]
    rows: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of columns."""
        return len(self.singles) if self.values is None else len(self.values)

    def form(self, event: Event) -> Form:
        """Return the probability of an event."""
        if not event:
            return {CONSTANT: Fraction(1)}
        if self.values is None:
            return {self.singles.index(event): Fraction(1)}
        hit = np.ones(len(self.values), dtype=bool)
        for variable, value in event:
            hit &= self.values[:, self.variables.index(variable)] == value
        return {int(k): Fraction(1) for k in np.flatnonzero(hit)}

    def event(self, column: int) -> Event:
        """Return the event of a column; values may be 0."""
        if self.values is None:
            return self.singles[column]
        return tuple(zip(self.variables, map(int, self.values[column]), strict=True))

    def signed(self) -> Iterator[tuple[Form, Event]]:
        """Yield the forms that are not negative, with the events whose probabilities they are."""
        zero = [((v, 0),) for v in self.variables] if self.values is None else []
        events = [*map(self.event, range(self.count)), *zero]
        yield from zip(self.positive, events, strict=True)

    def support(self, point: Sequence[Number]) -> Support:
        """Return a distribution of the values of its variables with these columns: values and their weights."""
        if self.values is not None:
            return [
                (dict(zip(self.variables, map(int, self.values[k]), strict=True)), weight)
                for k, weight in enumerate(point)
                if weight > 0
            ]
        marks: set[Number] = {Fraction(0), Fraction(1)}
        ends: dict[int, list[tuple[Number, int]]] = {variable: [] for variable in self.variables}
        for ((variable, value),), weight in zip(self.singles, point, strict=True):  # all read one number in [0, 1]
            own = ends[variable]
            own.append(((own[-1][0] if own else Fraction(0)) + weight, value))
            marks.add(own[-1][0])
        found: Support = []
        for low, high in itertools.pairwise(sorted(mark for mark in marks if 0 <= mark <= 1)):
            if high > low:
                found.append(({v: next((k for end, k in own if low < end), 0) for v, own in ends.items()}, high - low))
        return found


def shape_of(
    question: Question, district: int, events: Sequence[Event], *, nodes: Sequence[str] | None = None
) -> Shape:
    """Return the polytope of a district whose events occur; or of some of its nodes, without equations.

    Raises
    ------
    ModelTooLargeError
        If it has too many columns.
    """
    scene = question.scene
    part = scene.parts[district]
    known = question.linear.get(district)
    rows = [] if known is None or nodes is not None else known.rows()
    every = [*events, *(monomial[0][1] for row in rows for monomial in row if monomial)]
    variables = tuple(sorted({v for event in every for v, _ in event}))
    if nodes is not None:
        names = [name for name, _ in scene.model.local.variables]
        variables = tuple(v for v in variables if names[v] in nodes)
    domains = tuple(scene.domains[v] for v in variables)
    if nodes is None and all(len(event) <= 1 for event in every) and not part.groups:
        singles = tuple(((v, k),) for v in variables for k in range(1, scene.domains[v]))
        positive: list[Form] = [{k: Fraction(1)} for k in range(len(singles))]
        for v in variables:
            own = {k: Fraction(-1) for k, ((u, _),) in enumerate(singles) if u == v}
            positive.append({CONSTANT: Fraction(1), **own})
        found = Shape(district, variables, None, singles, domains, (), tuple(positive))
    else:
        count = math.prod(domains)
        if count > MOST_COLUMNS:
            raise ModelTooLargeError(
                f"{', '.join(part.nodes)} of {scene.model.name} respond in {count:,} ways together, expected at most "
                f"{MOST_COLUMNS:,} for queries of models with independent latent variables. Use fewer values or "
                "parents, or model.shared(), whose bounds hold as well."
            )
        values = np.array(list(itertools.product(*map(range, domains))), dtype=np.int64).reshape(count, len(domains))
        total: Form = {CONSTANT: Fraction(-1)} | {k: Fraction(1) for k in range(count)}
        positive = [{k: Fraction(1)} for k in range(count)]
        found = Shape(district, variables, values, (), domains, (total,), tuple(positive))
    equations = list(found.equations)
    origins = [IDENTITY] * len(equations)
    for j, row in enumerate(rows):
        made: Form = {}
        for monomial, factor in row.items():
            for k, number in found.form(monomial[0][1] if monomial else ()).items():
                made[k] = made.get(k, Fraction(0)) + factor * number
        made = {k: number for k, number in made.items() if number}
        if made:
            equations.append(made)
            origins.append(j)
    return replace(found, equations=tuple(equations), rows=tuple(origins))
