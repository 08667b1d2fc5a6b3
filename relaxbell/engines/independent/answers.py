"""The answer to a question, exact or an interval, with the model found."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.engines.independent.chain import Layout, layout_of
from relaxbell.engines.independent.data import TINY, Question, Scene
from relaxbell.engines.independent.linear import least
from relaxbell.engines.independent.nearby import Nearby
from relaxbell.engines.independent.polynomials import Event, Polynomial
from relaxbell.engines.independent.search import Cover, searched
from relaxbell.engines.independent.shapes import Number, Shape, Support

_MOST_STRATEGIES = 100_000
"""Strategies that a product of distributions is written out over."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A least value.

    Attributes
    ----------
    value, lower
        Of the model found, and a rigorous bound.
    exact
        The least value; None where it is not known exactly.
    complete
        Whether the gap is as small as asked for.
    shapes, supports
        What the districts do in the model found.
    residual, boxes
        By how much the model misses the equations, and how many boxes were bounded.
    question
        What was asked: it knows the events that data fix.
    layout, cover
        Shapes and boxes, where there was a search.
    """

    value: float
    lower: float
    exact: Fraction | None
    complete: bool
    shapes: tuple[Shape, ...]
    supports: tuple[Support, ...]
    residual: float
    boxes: int
    question: Question
    layout: Layout | None = None
    cover: Cover | None = None

    @property
    def searched(self) -> tuple[Layout, Cover] | None:
        """Shapes and boxes; None where no search was needed."""
        return None if self.layout is None or self.cover is None else (self.layout, self.cover)

    def of(self, polynomial: Polynomial) -> Number:
        """Return a polynomial in the model found: exact, if it is."""
        total: Number = Fraction(0)
        known: dict[tuple[int, Event], Fraction] = {}
        for d, own in self.question.linear.items():
            known |= {(d, event): value for event, value in own.fixed.items()}
        place: dict[int, list[int]] = {}
        for k, shape in enumerate(self.shapes):
            place.setdefault(shape.district, []).append(k)
        for monomial, number in polynomial.items():
            term: Number = number
            for d, event in monomial:
                fixed = known.get((d, event))
                term = term * (self._chance(place.get(d, []), event) if fixed is None else fixed)
            total = total + term
        return total

    def _chance(self, places: list[int], event: Event) -> Number:
        """Return the probability of an event: shapes of one district, its groups, are independent of each other."""
        found: Number = Fraction(1)
        rest = dict(event)
        for k in places:
            known = self.supports[k][0][0] if self.supports[k] else {}
            own = {v: rest.pop(v) for v in known if v in rest}
            if own:
                hit = (w for values, w in self.supports[k] if all(values[v] == value for v, value in own.items()))
                found = found * sum(hit, Fraction(0))
        return Fraction(0) if rest else found  # what is in no shape responds 0

    def weights(self, scene: Scene) -> Mapping[int, float]:
        """Return the probabilities of strategies in the model found; variables that do not matter respond 0."""
        supports = [own for own in self.supports if own]
        if math.prod(map(len, supports)) > _MOST_STRATEGIES:
            return {}
        found: dict[int, float] = {}
        count = len(scene.domains)
        for chosen in itertools.product(*supports):
            values = np.zeros((1, count), dtype=np.int64)
            weight = 1.0
            for own, share in chosen:
                weight *= float(share)
                for v, k in own.items():
                    values[0, v] = k
            (number,) = scene.model.local.numbers(values)
            found[number] = found.get(number, 0.0) + weight
        return found

    def described(self, scene: Scene, district: int) -> dict[str, Number]:
        """Return what the variables of a district respond, as text, with probabilities."""
        names = scene.model.local.variables
        nodes = {node.name: node for node in scene.model.strategies.nodes}
        out: dict[str, Number] = {}
        pairs = zip(self.shapes, self.supports, strict=True)
        groups = [own for shape, own in pairs if shape.district == district and own]
        for chosen in itertools.product(*groups):  # independent of each other
            said: list[str] = []
            weight: Number = Fraction(1)
            for values, share in chosen:
                weight = weight * share
                for v, k in values.items():
                    name, configuration = names[v]
                    node = nodes[name]
                    given = np.unravel_index(configuration, node.radices) if node.radices else ()
                    inside = ",".join(f"{u}={int(x)}" for u, x in zip(node.parents, given, strict=True))
                    said.append(f"{name}({inside})={k}" if inside else f"{name}={k}")
            text = ", ".join(said) or "anything"
            out[text] = out.get(text, Fraction(0)) + (weight if isinstance(weight, Fraction) else float(weight))
        return out


def least_answer(question: Question, tolerance: float, end: float, floor: Callable[[], float]) -> Answer | None:
    """Return the least value of a question; None where nothing satisfies it.

    Where it is no linear program, `floor` gives a bound that is known for other reasons.
    """
    if question.is_linear:
        found = least(question)
        if found is None and question.rounded:  # rounding may move data out of what is possible
            found = least(question, Fraction(TINY))
            question.distance = max(question.distance, TINY)
        if found is None:
            return None
        supports = tuple(shape.support(point.tolist()) for shape, point in zip(found.shapes, found.points, strict=True))
        value = float(found.value)
        return Answer(value, value, found.value, True, found.shapes, supports, 0.0, 0, question)
    layout = layout_of(question)
    nearby = Nearby(layout)
    search = searched(layout, tolerance, end, nearby, floor())
    if math.isinf(search.lower) and search.lower > 0:
        return None
    best = search.best
    if best is None:
        return Answer(math.inf, search.lower, None, False, (), (), 0.0, search.boxes, question, layout, search.cover)
    shapes, supports = _model(layout, nearby, best.z)
    known = (best.value, search.lower, None, search.complete)
    return Answer(*known, shapes, supports, best.residual, search.boxes, question, layout, search.cover)


def impossible(question: Question) -> str | None:
    """Return which district alone excludes what was observed, in words; None if none does."""
    for d, known in question.linear.items():
        if least(Question(question.scene, {}, [], [], {d: known})) is None:
            return f"what is seen of {', '.join(question.scene.parts[d].nodes)} is impossible"
    return None


def _model(layout: Layout, nearby: Nearby, z: np.ndarray) -> tuple[tuple[Shape, ...], tuple[Support, ...]]:
    """Return what districts do: those with a center as one."""
    shapes: list[Shape] = []
    supports: list[Support] = []
    merged = {g for groups in layout.center.values() for g in groups} | set(layout.center)
    for i, shape in enumerate(layout.shapes):
        if i not in merged:
            point = np.array([z[nearby.place[((i, k),)]] for k in range(shape.count)])
            shapes.append(shape)
            supports.append(shape.support(point.tolist()))
    for i in layout.center:
        own: Support = []
        for key, place in nearby.place.items():
            if key[-1][0] == i and z[place] > 0:
                values: dict[int, int] = {}
                for s, k in key:
                    table = layout.shapes[s].values
                    assert table is not None  # groups and centers are written out
                    values |= dict(zip(layout.shapes[s].variables, map(int, table[k]), strict=True))
                own.append((values, float(z[place])))
        shapes.append(layout.shapes[i])
        supports.append(own)
    return tuple(shapes), tuple(supports)
