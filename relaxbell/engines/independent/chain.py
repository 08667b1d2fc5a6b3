"""Linear programs over boxes: products of districts, relaxed level by level.

One district, the carrier, keeps all its columns. The others are multiplied to it one after the other: w_km stands for
f_k m, with f_k a column of the district and m a column that is there already. Every constraint of the district times
everything that is not negative before, and every equation from before times every f_k, are rows of the program (Sherali
and Adams, SIAM J. Discrete Math. 3, 411, 1990). Some linear functions of each district are kept in a box; where the box
is a point, w is the product, as far as they are concerned, and they are chosen such that nothing else is asked of w.

Nodes with several latent variables come last in their district: any distribution of their responses, given those of the
independent groups, is possible.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.independent.data import Question
from relaxbell.engines.independent.polynomials import Event, Monomial, Polynomial
from relaxbell.engines.independent.shapes import CONSTANT, IDENTITY, Form, Shape, shape_of
from relaxbell.engines.sources.program import BoxProgram
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.numbers import Floats, ceil_float, floor_float
from relaxbell.lp.clock import remaining
from relaxbell.lp.rows import RowBuilder, places

Key: TypeAlias = tuple[tuple[int, int], ...]
"""A product of columns: numbers of shapes with a column each, ascending; of nothing: 1."""

Sums: TypeAlias = dict[Key, Fraction]

Numbers: TypeAlias = NDArray[np.intp]

Meaning: TypeAlias = tuple[Literal["shape", "question", "limit", "low", "high"], int, int, Event]
"""What a row says: an equation of a shape (its number and which), of the question, a limit, or an end of a direction;
and the event that it is multiplied with, in which values may be 0."""

Positive: TypeAlias = tuple[Sums, Event]
"""A sum of products of columns that is the probability of an event."""

Zero: TypeAlias = tuple[Sums, Meaning]
"""One that is 0, and why."""

_LARGEST = 400_000
"""Most entries of a program."""


@dataclass(frozen=True, eq=False)
class Direction:
    """A linear function of a shape's columns that a box limits.

    Attributes
    ----------
    shape
        Its number.
    form
        The function.
    event
        Whose probability it is; values may be 0.
    """

    shape: int
    form: Form
    event: Event


@dataclass(frozen=True, eq=False)
class Layout:
    """The shapes of a question, in the order in which they are multiplied.

    Attributes
    ----------
    question
        What is asked.
    shapes
        All of them.
    chains
        Numbers of the shapes that are multiplied; the first of each chain is its carrier.
    center
        For shapes that stand for the nodes with several latent variables of a district: the numbers of the shapes
        of its groups.
    directions
        What boxes limit.
    """

    question: Question
    shapes: tuple[Shape, ...]
    chains: tuple[tuple[int, ...], ...]
    center: Mapping[int, tuple[int, ...]]
    directions: tuple[Direction, ...]

    def sums(self, monomial: Monomial) -> Sums:
        """Return a product of events as a sum of products of columns."""
        total: Sums = {(): Fraction(1)}
        for district, event in monomial:
            for number, part in self._split(district, event):
                shape = self.shapes[number]
                form = shape.form(part) if part or number in self.center else _all(shape)
                total = {
                    tuple(sorted((*key, *(() if k == CONSTANT else ((number, k),))))): a * v
                    for (key, a), (k, v) in itertools.product(total.items(), form.items())
                }
        return total

    def over(self, polynomial: Polynomial) -> Sums:
        """Return a polynomial in events as a sum of products of columns."""
        total: Sums = {}
        for monomial, number in polynomial.items():
            remaining()
            for key, v in self.sums(monomial).items():
                total[key] = total.get(key, Fraction(0)) + number * v
        return {key: v for key, v in total.items() if v}

    def _split(self, district: int, event: Event) -> list[tuple[int, Event]]:
        own = [i for i, shape in enumerate(self.shapes) if shape.district == district]
        found = [(i, tuple(e for e in event if e[0] in self.shapes[i].variables)) for i in own]
        if any(i in self.center and part for i, part in found):  # a center is known together with its groups
            return [(i, part) for i, part in found]
        return [(i, part) for i, part in found if part]


def _all(shape: Shape) -> Form:
    return {k: Fraction(1) for k in range(shape.count)}


def layout_of(question: Question) -> Layout:
    """Return the shapes of a question, and what boxes limit."""
    events = question.events()
    shapes: list[Shape] = []
    center: dict[int, tuple[int, ...]] = {}
    numbers: dict[int, list[int]] = {}
    for d in sorted({*events, *question.linear}):
        part = question.scene.parts[d]
        if not part.groups:
            numbers[d] = [len(shapes)]
            shapes.append(shape_of(question, d, events.get(d, [])))
            continue
        known = question.linear.get(d)
        every = [*events.get(d, [])]
        every += [] if known is None else [m[0][1] for row in known.rows() for m in row if m]
        groups = [shape_of(question, d, every, nodes=own) for own in part.groups]
        rest = tuple(n for n in part.nodes if not any(n in own for own in part.groups))
        last = shape_of(question, d, every, nodes=rest)
        used = [shape for shape in groups if shape.variables]
        numbers[d] = list(range(len(shapes), len(shapes) + len(used)))
        shapes += used
        if last.variables:
            center[len(shapes)] = tuple(numbers[d])
            numbers[d].append(len(shapes))
            shapes.append(last)
    chains = _chains(question, numbers)
    asked = {i: _directions(question, shapes, i) for i in range(len(shapes)) if i not in center}
    chains = tuple(_ordered(chain, shapes, center, asked) for chain in chains)
    found = [direction for chain in chains for i in chain[1:] if i not in center for direction in asked[i]]
    return Layout(question, tuple(shapes), chains, center, tuple(found))


def _chains(question: Question, numbers: Mapping[int, list[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the shapes that are multiplied with each other, directly or not."""
    sets = [set(own) for own in numbers.values()]
    for own in (question.objective, *question.equations, *question.limits):
        for monomial in own:
            touched = {i for d, _ in monomial for i in numbers[d]}
            near = [s for s in sets if s & touched]
            if len(near) > 1:
                sets = [s for s in sets if not s & touched] + [set().union(*near)]
    return tuple(tuple(sorted(own)) for own in sets if own)


def _ordered(
    chain: Sequence[int],
    shapes: Sequence[Shape],
    center: Mapping[int, tuple[int, ...]],
    asked: Mapping[int, Sequence[Direction]],
) -> tuple[int, ...]:
    """Return the shape first of which boxes would limit most directions, of these the largest; centers after groups."""

    def size(i: int) -> tuple[int, bool, int]:
        return len(asked[i]), shapes[i].values is not None, shapes[i].count

    first = max((i for i in chain if i not in center), key=size)
    rest = [i for i in chain if i != first]
    done, out = {first}, [first]
    while rest:
        ready = [i for i in rest if i not in center or set(center[i]) <= done]
        own = next((i for i in ready if i in center), ready[0])
        out.append(own)
        done.add(own)
        rest.remove(own)
    return tuple(out)


def _directions(question: Question, shapes: Sequence[Shape], number: int) -> list[Direction]:
    """Return linear functions that say all that is asked of a shape beside others: a basis, modulo its equations."""
    shape = shapes[number]
    own = question.scene.parts[shape.district]
    if own.groups:  # which products are asked of it the center decides
        return [Direction(number, {k: Fraction(1)}, shape.event(k)) for k in range(1, shape.count)]
    wanted: dict[Event, None] = {}
    for polynomial in (question.objective, *question.equations, *question.limits):
        for monomial in polynomial:
            if len(monomial) > 1:
                wanted |= {event: None for d, event in monomial if d == shape.district}
    known = question.linear.get(shape.district)
    pivots = {} if known is None else known.pivots
    basis: list[dict[Event, Fraction]] = []
    found = []
    for event in sorted(wanted, key=lambda e: (len(e), e)):
        row = {e: v for e, v in pivots.get(event, {event: Fraction(1)}).items() if e}
        for reduced in basis:
            lead = next(iter(reduced))
            if lead in row:
                factor = row[lead] / reduced[lead]
                row = {e: row.get(e, Fraction(0)) - factor * reduced.get(e, Fraction(0)) for e in {**row, **reduced}}
                row = {e: v for e, v in row.items() if v}
        if row:
            basis.append(row)
            found.append(Direction(number, shape.form(event), event))
    return found


class Chain:
    """The program of a question over any box of its directions.

    Parameters
    ----------
    layout
        Shapes and directions.

    Attributes
    ----------
    program
        The linear program.
    columns
        Of each product of shapes' columns.
    meanings
        Of each row that is no identity, nor true because probabilities are not negative.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows = RowBuilder(0)
        (one,) = self.rows.columns(1)
        self.columns: dict[Key, int] = {(): one}
        self.meanings: dict[int, Meaning] = {}
        self._entries = 0
        self._boxes: list[tuple[int, int, np.ndarray, np.ndarray, np.ndarray]] = []
        self._pending: list[tuple[int, int, list[int], list[int], list[float]]] = []
        self.products: list[tuple[int, Key, int]] = []
        by_shape: dict[int, list[int]] = {}
        for r, direction in enumerate(layout.directions):
            by_shape.setdefault(direction.shape, []).append(r)
        for chain in layout.chains:
            self._build(chain, by_shape)
        question = layout.question
        for j, own in enumerate(question.equations):
            self._equal(self.layout.over(own), ("question", j, 0, ()))
        for j, own in enumerate(question.limits):
            self._add(self.layout.over(own), -math.inf, 0.0, ("limit", j, 0, ()))
        cost = np.zeros(self.rows.width)
        self.constant = Fraction(0)
        for key, number in self.layout.over(question.objective).items():
            if key:
                cost[self.columns[key]] = float(number)
            else:
                self.constant = number
        self.program = BoxProgram.of(self.rows, cost, ())
        self.program.low[one] = 1.0
        matrix = self.program.matrix
        for r, sign, rows, columns, coefficients in self._pending:
            place = places(matrix, np.array(rows), np.array(columns))
            self._boxes.append((r, sign, place, np.array(coefficients), np.array(rows)))

    # ------------------------------------------------------------------- building

    def _build(self, chain: Sequence[int], by_shape: Mapping[int, list[int]]) -> None:
        layout = self.layout
        there: list[Key] = [()]
        positive: list[Positive] = [({(): Fraction(1)}, ())]
        zero: list[Zero] = []
        for i in chain:
            remaining()
            shape = layout.shapes[i]
            if i in layout.center:
                there, positive, zero = self._extend(i, there, positive, zero)
                continue
            new = [_with(key, i, k) for k in range(shape.count) for key in there]
            self._check(len(new))
            self.columns |= dict(zip(new, self.rows.columns(len(new)), strict=True))
            fresh_zero: list[Zero] = []
            for j, form in zip(shape.rows, shape.equations, strict=True):
                fresh_zero += [
                    (_times(form, i, {key: Fraction(1)}), ("shape", i, j, self._event(key))) for key in there
                ]
            for k in range(shape.count):
                event = shape.event(k)
                for sums, (kind, a, b, before) in zero:
                    own = _times({k: Fraction(1)}, i, sums)
                    fresh_zero.append((own, (kind, a, b, tuple(sorted((*before, *event))))))
            for sums, meaning in fresh_zero:
                self._equal(sums, meaning)
            fresh: list[Positive] = []
            for (form, event), (sums, before) in itertools.product(shape.signed(), positive):
                found = _times(form, i, sums)
                fresh.append((found, tuple(sorted((*before, *event)))))
                if len(found) > 1:
                    self._add(found, 0.0, math.inf)
            for r in by_shape.get(i, []):
                self._limit(r, positive)
            for key in there:
                self.products += [(r, key, i) for r in by_shape.get(i, [])]
            positive = [*positive, *fresh] if shape.values is None else [*positive[:1], *fresh]
            zero = [*zero, *fresh_zero]
            there = [*there, *new]

    def _event(self, key: Key) -> Event:
        """Return the event that a product of columns is the probability of."""
        return tuple(sorted(part for i, k in key for part in self.layout.shapes[i].event(k)))

    def _extend(
        self, i: int, there: Sequence[Key], positive: Sequence[Positive], zero: Sequence[Zero]
    ) -> tuple[list[Key], list[Positive], list[Zero]]:
        """Add the center of a district: responses of any distribution, given those of the groups."""
        groups = self.layout.center[i]
        shape = self.layout.shapes[i]
        full = [key for key in there if {g for g, _ in key} >= set(groups)]
        new = [_with(key, i, k) for key in full for k in range(shape.count)]
        self._check(len(new))
        self.columns |= dict(zip(new, self.rows.columns(len(new)), strict=True))
        fresh_zero: list[Zero] = []
        for key in full:
            own: Sums = {_with(key, i, k): Fraction(1) for k in range(shape.count)}
            own[key] = Fraction(-1)
            fresh_zero.append((own, ("shape", i, IDENTITY, ())))
        known = self.layout.question.linear.get(shape.district)
        for j, row in enumerate([] if known is None else known.rows()):
            fresh_zero.append((self.layout.over(row), ("shape", i, j, ())))
        for own, meaning in fresh_zero:
            self._equal(own, meaning)
        singles: list[Positive] = [({key: Fraction(1)}, self._event(key)) for key in new]
        return [*there, *new], [*positive[:1], *singles], [*zero, *fresh_zero]

    def _check(self, more: int) -> None:
        self._entries += 4 * more
        if self._entries > _LARGEST:
            names = "; ".join(",".join(part.nodes) for part in self.layout.question.scene.parts)
            raise ModelTooLargeError(
                f"products of the districts {names} of {self.layout.question.scene.model.name}: {self._entries:,} "
                f"numbers or more in a linear program, expected at most {_LARGEST:,}. Use fewer values or parents, or "
                "model.shared(), whose bounds hold as well."
            )

    def _equal(self, sums: Sums, meaning: Meaning) -> None:
        self._add(sums, 0.0, 0.0, meaning)

    def _add(self, sums: Sums, lower: float, upper: float, meaning: Meaning | None = None) -> None:
        """Add a row; its constant goes to the sides, rounded outward."""
        sums = {key: v for key, v in sums.items() if v}
        constant = -sums.pop((), Fraction(0))
        if not sums:
            if constant and (not math.isinf(lower) or constant < 0):
                self._means(meaning)
                self.rows.add(1, floor_float(constant), ceil_float(constant), [([0], [0], 0.0)])
            return
        low = lower if math.isinf(lower) else floor_float(constant)
        high = upper if math.isinf(upper) else ceil_float(constant)
        columns = [self.columns[key] for key in sums]
        self._means(meaning)
        self.rows.add(1, low, high, [([0] * len(columns), columns, [float(v) for v in sums.values()])])
        self._entries += len(columns)

    def _means(self, meaning: Meaning | None) -> None:
        """Remember what the next row says, if it is no identity."""
        if meaning is not None and not (meaning[0] == "shape" and meaning[2] == IDENTITY):
            self.meanings[self.rows.count] = meaning

    def _limit(self, r: int, positive: Sequence[Positive]) -> None:
        """Add rows form · g − end · g on both sides of a direction, for every g that is not negative."""
        direction = self.layout.directions[r]
        for sign in (0, 1):
            rows, columns, coefficients = [], [], []
            for own, event in positive:
                left = _times(direction.form, direction.shape, own)
                held = {self.columns[key]: float(v) for key, v in left.items()}
                ends = {self.columns[key]: float(v) for key, v in own.items()}
                every = [*dict.fromkeys([*held, *ends])]
                sides = (0.0, math.inf) if sign == 0 else (-math.inf, 0.0)
                added = self.rows.add(1, *sides, [([0] * len(every), every, [held.get(c, 0.0) for c in every])])
                self.meanings[added.start] = ("low" if sign == 0 else "high", r, 0, event)
                for column, v in ends.items():
                    rows.append(added.start)
                    columns.append(column)
                    coefficients.append(v)
                self._entries += len(every)
            self._pending.append((r, sign, rows, columns, coefficients))

    # -------------------------------------------------------------------- solving

    def solve(self, low: Floats, high: Floats) -> tuple[Floats, float] | None:
        """Return (x, rigorous lower bound) over a box of the directions; see `BoxProgram.solve`."""
        data = self.program.matrix.data
        for r, sign, place, coefficients, _ in self._boxes:
            end = low[r] if sign == 0 else high[r]
            data[place] = -coefficients * end
        return self.program.solve()

    @contextmanager
    def sought(self, r: int, side: int) -> Iterator[None]:
        """Minimize a direction inside, or minus it."""
        direction, usual = self.layout.directions[r], self.program.cost.copy()
        self.program.cost[:] = 0.0
        for k, v in direction.form.items():
            self.program.cost[self.columns[((direction.shape, k),)]] = (-1.0 if side else 1.0) * float(v)
        try:
            yield
        finally:
            self.program.cost[:] = usual

    @cached_property
    def _made(self) -> tuple[sp.csr_array, sp.csr_array, Numbers, Numbers]:
        """Directions, their products with columns, and for these which direction and which column it is."""
        layout, width = self.layout, self.rows.width
        rows: list[tuple[list[int], list[float]]] = []
        for own in layout.directions:
            rows.append(([self.columns[((own.shape, k),)] for k in own.form], [float(v) for v in own.form.values()]))
        products = []
        for r, key, i in self.products:
            form = layout.directions[r].form
            products.append(([self.columns[_with(key, i, k)] for k in form], [float(v) for v in form.values()]))
        of = np.array([r for r, _, _ in self.products], dtype=np.intp)
        at = np.array([self.columns[key] for _, key, _ in self.products], dtype=np.intp)
        return _stacked(rows, width), _stacked(products, width), of, at

    def at(self, x: Floats) -> Floats:
        """Return the directions at a solution."""
        return np.asarray(self._made[0] @ x)

    def missed(self, x: Floats) -> Floats:
        """Return for each direction how much its products are missed at a solution."""
        _, products, of, column = self._made
        far = abs(products @ x - self.at(x)[of] * x[column])
        return np.bincount(of, far, minlength=len(self.layout.directions)).astype(float)


def _stacked(rows: Sequence[tuple[list[int], list[float]]], width: int) -> sp.csr_array:
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = [c for own, _ in rows for c in own]
    return sp.csr_array(([v for _, own in rows for v in own], columns, starts), shape=(len(rows), width))


def _with(key: Key, number: int, column: int) -> Key:
    return tuple(sorted((*key, (number, column))))


def _times(form: Form, number: int, sums: Sums) -> Sums:
    total: Sums = {}
    for (k, v), (key, a) in itertools.product(form.items(), sums.items()):
        own = key if k == CONSTANT else _with(key, number, k)
        total[own] = total.get(own, Fraction(0)) + v * a
    return total
