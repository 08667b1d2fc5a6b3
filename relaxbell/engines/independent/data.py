"""What data say of each district, and what is left to be found: a problem in polynomials."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.causal.districts import District, districts
from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.engines.independent.elimination import Combo, Solved, solved
from relaxbell.engines.independent.polynomials import (
    Event,
    Polynomial,
    add_to,
    canonical,
    combined,
    monomial_of,
    polynomials,
)
from relaxbell.engines.independent.traces import Fixed, Seen, Trace, put
from relaxbell.exact.numbers import ExactNumber, Surd
from relaxbell.exact.rows import Rows
from relaxbell.lp.clock import remaining

TINY = 1e-9
"""Coefficients below this, and contradictions, are rounding where data were floats."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A model with its districts.

    Attributes
    ----------
    model
        One whose latent variables are joined, for its strategies.
    parts
        Its districts.
    domains, home
        Number of values, and district, of each variable behind the strategies.
    """

    model: CausalModel
    parts: tuple[District, ...]
    domains: tuple[int, ...]
    home: tuple[int, ...]

    @classmethod
    def of(cls, model: CausalModel, shared: CausalModel) -> Scene:
        """Return the scene of a model and of it with a shared source."""
        parts = districts(model)
        of_node = {name: d for d, part in enumerate(parts) for name in part.nodes}
        home = tuple(of_node[name] for name, _ in shared.local.variables)
        return cls(shared, parts, shared.local.domains, home)

    def polynomials(self, rows: Rows) -> list[Polynomial]:
        """Return rows over strategies as polynomials."""
        return polynomials(rows, self.domains, self.home)


@dataclass(eq=False)
class Question:
    """Minimize a polynomial where others are 0, and others no more than 0.

    Attributes
    ----------
    scene
        The model.
    objective, equations, limits
        In events that data do not fix.
    linear
        For each district its equations with a single event in each term, reduced.
    distance
        By how much equations were missed that were taken for rounding.
    rounded
        Whether the data were floats.
    contradiction
        An equation that cannot hold, as text; None where there is none.
    trace
        Where all these numbers come from, if that was asked for; data are then exact.
    """

    scene: Scene
    objective: Polynomial
    equations: list[Polynomial]
    limits: list[Polynomial]
    linear: dict[int, Solved] = field(default_factory=dict)
    distance: float = 0.0
    rounded: bool = False
    contradiction: str | None = None
    trace: Trace | None = None

    @property
    def is_linear(self) -> bool:
        """Whether no term has events of two districts, and districts have no independent groups."""
        every = [self.objective, *self.equations, *self.limits]
        used = {d for own in every for monomial in own for d, _ in monomial}
        return all(len(m) <= 1 for own in every for m in own) and not any(self.scene.parts[d].groups for d in used)

    def events(self) -> dict[int, list[Event]]:
        """Return the events of each district that occur."""
        found: dict[int, dict[Event, None]] = {}
        for own in (self.objective, *self.equations, *self.limits):
            for monomial in own:
                for d, event in monomial:
                    found.setdefault(d, {})[event] = None
        return {d: list(own) for d, own in sorted(found.items())}


def question(
    scene: Scene,
    objective: Polynomial,
    equations: Equations,
    constraints: Sequence[tuple[Polynomial, bool]],
    *,
    rounded: bool,
    trace: Trace | None = None,
    why: Sequence[Combo] = (),
) -> Question:
    """Return the problem, with all that data fix put in.

    Parameters
    ----------
    scene, objective
        The model, and what is minimized.
    equations
        What was observed.
    constraints
        Polynomials, and whether each is 0 or only no more than 0.
    rounded
        Whether the data were floats.
    trace, why
        If it is to be told where all numbers come from: to what, and the facts behind constraints that are equations.
    """
    exact = [part for part, equal in constraints if equal]
    limits = [part for part, equal in constraints if not equal]
    own, missed = _of_districts(scene, equations, rounded, trace)
    every = [*own, *exact]
    if trace is not None:
        trace.equations += [dict(combo) for combo in why]
        trace.limits = [{} for _ in limits]
    if equations.behavior is None or len(_seen(scene.model)) < len(scene.model.responding):
        every += _of_cells(scene, equations, trace)  # else those of districts say it all
    found = Question(scene, objective, every, limits, distance=missed, rounded=rounded, trace=trace)
    if missed > TINY:
        found.contradiction = "they depend on each other where the graph says that they do not"
    while not found.contradiction and _reduce(found, TINY if rounded else 0.0):
        remaining()
    return found


def rational(number: ExactNumber) -> Fraction:
    """Return a number as a fraction, to floats where it has a root."""
    return Fraction(float(number)) if isinstance(number, Surd) else Fraction(number)


def _of_cells(scene: Scene, equations: Equations, trace: Trace | None) -> Iterator[Polynomial]:
    """Yield what is observed, as products over districts."""
    cells = scene.polynomials(scene.model.observed_rows)
    if trace is not None:
        trace.equations += [trace.given({"data": i}) for i in range(len(equations.rhs))]
    if equations.tables is None:
        for own, value in zip(cells, equations.rhs.tolist(), strict=True):
            yield combined(iter([(Fraction(1), own), (-rational(value), {(): Fraction(1)})]))
        return
    weights = equations.cell_weights.tolist()
    for table, value in zip(equations.tables.tolist(), equations.rhs.tolist(), strict=True):
        parts = [(rational(c) / w, own) for c, w, own in zip(table, weights, cells, strict=True) if c]
        yield combined(iter([*parts, (-rational(value), {(): Fraction(1)})]))


def _seen(model: CausalModel) -> list[str]:
    """Return the responding nodes that are observed, with all whom they respond to."""
    return [n for n in model.responding if n not in model.hidden and not model.ancestors(n) & set(model.hidden)]


def _of_districts(
    scene: Scene, equations: Equations, rounded: bool, trace: Trace | None
) -> tuple[list[Polynomial], float]:
    """Return what is observed as equations of one district each, and by how much data miss them that are rounded.

    They are those of the theorem of `relaxbell.causal.districts`. What floats say of the same events in several
    contexts is pooled: of exact numbers each context has an equation.
    """
    if equations.behavior is None:
        return [], 0.0
    contexts: dict[Event, list[tuple[Fraction, Fraction]]] = {}
    facts: dict[tuple[Event, Fraction], tuple[Seen, Fraction]] = {}
    for asked, own, before, seen in _contexts(scene.model, equations, scene):
        contexts.setdefault(asked, []).append((own, before))
        facts.setdefault((asked, own / before), (seen, before))
    found, missed = list[Polynomial](), 0.0
    for asked, pairs in contexts.items():
        if rounded:
            # below, floats do not tell what is rare from what is not
            pairs = [pair for pair in pairs if pair[1] > TINY]
            if not pairs:
                continue
        ratios = {own / before for own, before in pairs}
        if rounded:
            pooled = sum((own for own, _ in pairs), Fraction(0)) / sum((before for _, before in pairs), Fraction(0))
            missed = max(missed, *(abs(float(own - pooled * before)) for own, before in pairs))
            ratios = {pooled}
        for ratio in ratios:
            total: Polynomial = {}
            for event, number in ((asked, Fraction(1)), (asked[:-1], -ratio)):
                for sign, part in canonical(event, scene.domains):
                    add_to(total, monomial_of(part, scene.home), number * sign)
            found.append(total)
            if trace is not None:
                seen, before = facts[asked, ratio]
                trace.equations.append(trace.given(seen.fact(), 1 / before))
    return found, missed


def _contexts(
    model: CausalModel, equations: Equations, scene: Scene
) -> Iterator[tuple[Event, Fraction, Fraction, Seen]]:
    """Yield what the nodes of a district respond up to one of them, with p(v≤|x) and p(v<|x), which is positive."""
    nodes = {node.name: node for node in model.strategies.nodes}
    table, names = equations.rhs.reshape(model.observed_shape), model.outputs + model.inputs
    district = {name: d for d, part in enumerate(scene.parts) for name in part.nodes}
    seen = _seen(model)
    single = {n: 0 for n in model.responding if model.cardinality[n] == 1}
    for k, name in enumerate(seen):
        remaining()
        order = seen[: k + 1]
        upto = _marginal(table, names, order, model.free_inputs)
        less = _marginal(table, names, order[:-1], model.free_inputs)
        inside = [n for n in order if district[n] == district[name]]
        for number, setting in enumerate(model.settings):
            place = tuple(setting.values())
            for values in itertools.product(*(range(model.cardinality[n]) for n in order)):
                before = rational(less[(*values[:-1], *place)])
                if before <= 0:
                    continue
                world = {**single, **setting, **dict(zip(order, values, strict=True))}
                asked = [(model.local.variable(n, {u: world[u] for u in nodes[n].parents}), world[n]) for n in inside]
                what = Seen(number, tuple(zip(order, values, strict=True)), tuple(inside))
                yield tuple(asked), rational(upto[(*values, *place)]), before, what


def _marginal(table: Any, names: Sequence[str], kept: Sequence[str], free: Sequence[str]) -> Any:
    """Return p(kept|free inputs), with the axes in this order."""
    axes = tuple(i for i, n in enumerate(names) if n not in kept and n not in free)
    total = table.sum(axis=axes) if axes else table
    rest = [n for n in names if n in kept or n in free]
    return np.transpose(total, [rest.index(n) for n in (*kept, *free)])


def _reduce(own: Question, tiny: float) -> bool:
    """Put in what single districts fix, once; return whether that changed anything."""
    trace = own.trace
    single: dict[int, list[Polynomial]] = {}
    why: dict[int, list[Combo]] = {}
    others: list[Polynomial] = []
    kept: list[Combo] = []
    for d, known in own.linear.items():
        single[d], why[d] = known.rows(), list(known.combos.values())
    for i, polynomial in enumerate(own.equations):
        own_districts = {d for monomial in polynomial for d, _ in monomial}
        if not own_districts:
            _check(own, polynomial, tiny)
        elif len(own_districts) == 1 and all(len(monomial) <= 1 for monomial in polynomial):
            d = own_districts.pop()
            single.setdefault(d, []).append(polynomial)
            if trace is not None:
                why.setdefault(d, []).append(trace.equations[i])
        else:
            others.append(polynomial)
            if trace is not None:
                kept.append(trace.equations[i])
    fixed: Fixed = {}
    lemmas: dict[tuple[int, Event], int] = {}
    for d, rows in single.items():
        found, missed = solved(d, rows, tiny, None if trace is None else why[d])
        own.linear[d] = found
        own.distance = max(own.distance, missed)
        if missed > tiny:
            own.contradiction = f"what is seen of {', '.join(own.scene.parts[d].nodes)} is impossible"
        fixed |= {(d, event): value for event, value in found.fixed.items()}
    own.equations = others
    if trace is not None:
        trace.equations = kept
    if not fixed or own.contradiction:
        return False
    polynomials = [own.objective, *own.equations, *own.limits]
    if trace is None:
        return any([put(polynomial, fixed, None, lemmas) for polynomial in polynomials])
    for d, event in fixed:
        lemmas[d, event] = trace.lemma(own.linear[d].combos[event])
    combos = [trace.objective, *trace.equations, *trace.limits]
    return any([put(each, fixed, combo, lemmas) for each, combo in zip(polynomials, combos, strict=True)])


def _check(own: Question, polynomial: Polynomial, tiny: float) -> None:
    missed = abs(float(polynomial.get((), Fraction(0))))
    own.distance = max(own.distance, min(missed, tiny))
    if missed > tiny:
        own.contradiction = "they depend on each other where the graph says that they do not"
