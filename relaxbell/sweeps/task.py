"""What a worker is told, and how it solves a chunk of points.

A task is plain data: graphs, definitions of measures, constraints, and one reference point for each program.
A worker builds the programs when it first sees the task and keeps them under the hash of its content.
"""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.equations import FLOAT_GRID, Equations, cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.engines import engine
from relaxbell.engines.base import Found, Live
from relaxbell.engines.linear.program import accepts_signaling
from relaxbell.engines.pools import has_bulk
from relaxbell.exact.numbers import Exact, common_denominator
from relaxbell.exact.vectors import ExactRow, exact_row
from relaxbell.lp.clock import LowerBound, TimeLimitError, deadline, remaining, share, time_is_over, with_bound
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.definition import Recipe
from relaxbell.measures.information import InformationBudget
from relaxbell.measures.measure import Budget, Measure, budget_of
from relaxbell.measures.terms import Term
from relaxbell.sweeps.points import Failure, Group, Point, failure

Light: TypeAlias = Measure | tuple[CausalModel, Recipe[Measure]]
"""How a measure travels: by what makes it anew, where that is enough."""

Row: TypeAlias = tuple[float | None, float | None, str, str, float]
"""Value, rigorous lower bound, status, reason, seconds: what JSON can hold."""

_WORK = 2**24
"""Strategies × cells × points of a chunk, about: a fraction of a second."""

_LARGEST_CHUNK = 256

FEWEST_CHUNKS = 16
"""So that there is something to share and to save, also in short sweeps."""

GRACE = 0.5
"""Seconds, when the time is over, for workers to return what they have."""

_KEPT = 4
"""Tasks that a worker keeps compiled."""


@dataclass(frozen=True, eq=False)
class Job:
    """One measure of a task: which of the task's models it lives on, and its constraints.

    Attributes
    ----------
    model
        Number of the model.
    measure
        What to minimize.
    budgets, affine, bits
        Constraints on the measure's own q; `bits` are budgets on the mutual information.
    """

    model: int
    measure: Measure
    budgets: tuple[Budget, ...] = ()
    affine: tuple[AffineConstraint, ...] = ()
    bits: tuple[InformationBudget, ...] = ()

    @property
    def is_pooled(self) -> bool:
        """Whether a program for very many behaviors serves it."""
        return not self.bits and has_bulk(engine(self.measure))

    def __getstate__(self) -> dict[str, Any]:
        """Definitions travel instead of rows, where they are enough."""
        budgets = [(_light(b.measure), b.limit) for b in self.budgets]
        bits = [(_light(b.measure), b.limit) for b in self.bits]
        own = {"model": self.model, "measure": _light(self.measure), "budgets": budgets, "affine": self.affine}
        return own | {"bits": bits}

    def __setstate__(self, state: dict[str, Any]) -> None:
        measure = _heavy(state["measure"])
        budgets = tuple(budget_of(_heavy(light).linear("budget"), limit) for light, limit in state["budgets"])
        limits = (_heavy(light) <= limit for light, limit in state["bits"])
        bits = tuple(own for own in limits if isinstance(own, InformationBudget))  # all are
        self.__dict__.update(state | {"measure": measure, "budgets": budgets, "bits": bits})

    def digest(self) -> Any:
        """Return what makes the job this one and no other, ready for JSON."""
        limits = [[_measure_digest(b.measure), str(b.limit)] for b in self.budgets]
        rows = [[_rows_digest([c.rows]), [str(h) for h in c.rhs], c.equality] for c in self.affine]
        bits = [[_measure_digest(b.measure), str(b.limit)] for b in self.bits]
        return [self.model, _measure_digest(self.measure), limits, rows, *([bits] if bits else [])]


def compare(jobs: Iterable[Job], model: int) -> bool:
    """Return whether all that jobs ask of a model is distances from the data, which may then signal."""
    return all(accepts_signaling(job.measure, job.budgets) for job in jobs if job.model == model)


@dataclass(frozen=True, eq=False)
class Task:
    """Models, the groups of points that each of them reads, and the measures.

    Attributes
    ----------
    models
        Each once.
    groups
        For each model its groups.
    references
        For each model and group some of its points, whose bases every chunk starts from.
    jobs
        The measures.
    """

    models: tuple[CausalModel, ...]
    groups: tuple[tuple[Group, ...], ...]
    references: tuple[tuple[tuple[ExactRow, ...], ...], ...]
    jobs: tuple[Job, ...]

    @cached_property
    def payload(self) -> bytes:
        """The task as it travels."""
        return pickle.dumps((self.models, self.groups, self.references, self.jobs))

    @cached_property
    def description(self) -> str:
        """Models, measures and constraints as a text; equal tasks have equal ones on every machine."""
        return json.dumps([[_model_digest(m) for m in self.models], [job.digest() for job in self.jobs]])

    @property
    def work(self) -> int:
        """Size of the largest program, 0 where nothing but `minimize` serves."""
        sizes = [
            self.models[j.model].strategies.count * math.prod(self.models[j.model].observed_shape) for j in self.jobs
        ]
        return 0 if any(job.bits or not engine(job.measure).has_live() for job in self.jobs) else max(sizes)

    def chunk_size(self, count: int) -> int:
        """Return how many points a chunk has; it depends on the task alone, so that results do as well."""
        work = self.work
        largest = min(_LARGEST_CHUNK, _WORK // work) if work else 1
        return max(1, min(largest, -(-count // FEWEST_CHUNKS)))

    def compares(self, model: int) -> bool:
        """Return whether all that is asked of a model is distances from the data, which may then signal."""
        return compare(self.jobs, model)


class Compiled:
    """The programs of a task, ready to be solved in this process."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._forms: dict[tuple[int, int], _Form] = {}
        self._lock = threading.Lock()

    def solve(self, entries: Sequence[Sequence[Point]], later: int = 0) -> list[list[Row]]:
        """Return the rows of a chunk for each job; `entries` are the points as each model reads them.

        Where the time is over before, rows say so in place of a value, with the bound that is known. No part of the
        chunk takes more than its share of the time, which the points of `later` chunks need as well.
        """
        jobs = self._task.jobs
        found = []
        for number, job in enumerate(jobs):
            points = len(entries[job.model])
            with share(points, points * (len(jobs) - number) + later * len(jobs)):
                found.append(self._solve_job(number, entries[job.model]))
        return found

    def _solve_job(self, number: int, entries: Sequence[Point]) -> list[Row]:
        found: list[Any] = [None] * len(entries)
        together: dict[int, list[int]] = {}
        for i, entry in enumerate(entries):
            if isinstance(entry, Failure):
                found[i] = (None, None, entry.status, entry.reason, 0.0)
            else:
                together.setdefault(entry[0], []).append(i)
        for group, members in together.items():
            rows: list[Any] = [entries[i][1] for i in members]  # type: ignore[index]  # failures are sorted out
            try:
                remaining()
                solved = self.form(number, group).solve(rows)
            except TimeLimitError as error:  # while the program was compiled
                own = self._task.jobs[number].measure
                solved = [late_row(error, own, 0.0)] * len(rows)
            for i, row in zip(members, solved, strict=True):
                found[i] = row
        return found

    def form(self, number: int, group: int) -> _Form:
        """Return a measure on a group of points, compiled once."""
        with self._lock:
            if (number, group) not in self._forms:
                job, task = self._task.jobs[number], self._task
                own = task.models[job.model], task.groups[job.model][group], task.references[job.model][group]
                self._forms[number, group] = _Form(job, *own)
            return self._forms[number, group]


class _Form:
    """One measure on one group of points."""

    def __init__(self, job: Job, model: CausalModel, group: Group, references: Sequence[ExactRow]) -> None:
        self._job, self._model = job, model
        self._points = _Observations(model, group) if group.functionals else _Behaviors(model, group)
        self._constraints = [*job.budgets, *job.affine, *job.bits]
        self._engine = engine(job.measure).quick()
        self._live: Live | None = None
        if self._engine.has_live() and not job.bits:
            points = self._points
            rights = list(map(points.rights, references))
            self._live = self._engine.live(points.equations, job.budgets, job.affine, rights)

    def solve(self, rows: Sequence[ExactRow]) -> list[Row]:
        """Return a row for each point: from the live program, or else from `minimize`."""
        found: list[Found | None] = [None] * len(rows)
        if self._live is not None:
            found = self._live.solve([self._points.rights(row) for row in rows])
        done: list[Row] = []
        for i, (row, f) in enumerate(zip(rows, found, strict=True)):
            if f is None:
                with share(1, sum(own is None for own in found[i:])):
                    done.append(self.minimized(row))
            elif f[0] is None:
                done.append(late_row(with_bound(time_is_over(), self._job.measure.name, f[1]), self._job.measure, f[2]))
            else:
                done.append((f[0], f[1], "optimal", "", f[2]))
        return done

    def minimized(self, row: ExactRow) -> Row:
        """Return the row of a point from `minimize`."""
        began = time.perf_counter()
        try:
            remaining()
            observed = self._points.observed(row, self._engine.prefers_floats)
            solution = self._engine.minimize(observed, self._constraints)
        except TimeLimitError as error:
            return late_row(error, self._job.measure, time.perf_counter() - began)
        except Exception as error:  # one point must not end a long sweep: the reason is recorded instead
            found = failure(error)
            return None, None, found.status, found.reason, time.perf_counter() - began
        return solution.value, solution.lower_bound, solution.status, "", time.perf_counter() - began


def late_row(error: TimeLimitError, measure: Measure, taken: float) -> Row:
    """Return the row of a point without a value: the best bound that is known by then, rigorous."""
    floor = engine(measure).floor
    known = error if floor is None else with_bound(error, measure.name, floor)
    bound = known.partial.lower_bound if isinstance(known.partial, LowerBound) else None
    return None, bound, "time limit", str(known), taken


class _Behaviors:
    """Full behaviors: T q = p · p(dependent inputs|free inputs)."""

    def __init__(self, model: CausalModel, group: Group) -> None:
        self._model, self._parties = model, group.parties
        weights = cell_weights(model)
        self._denominator = common_denominator(weights.tolist())
        factors = [int(w * self._denominator) for w in weights]
        self._factors = np.array(factors, dtype=np.int64 if max(factors) < 2**50 else object)
        self.equations = Equations(model.observed_rows, weights, weights, parties=group.parties)

    def rights(self, row: ExactRow) -> ExactRow:
        """Return the right-hand sides of the equations."""
        return row.times(self._factors, self._denominator)

    def observed(self, row: ExactRow, floats: bool) -> Behavior:
        """Return the point as a behavior; with `floats` as one of floats, if it was one."""
        rough = floats and row.root is None and row.denominator == FLOAT_GRID
        table = (row.floats if rough else row.numbers()).reshape(self._model.observed_shape)
        return Behavior(table, self._model.outputs, self._model.inputs, parties=self._parties)


class _Observations:
    """Values of functionals: the equations are affine in them."""

    def __init__(self, model: CausalModel, group: Group) -> None:
        self._group = group
        count = len(group.functionals)
        zero, one = (model.equations(self._with([Fraction(v)] * count)) for v in (0, 1))
        self.equations = zero
        self._constant, self._factors = zero.rhs, (one.rhs - zero.rhs)[:count]

    def _with(self, values: Iterable[Any]) -> Observed:
        pairs = zip(self._group.functionals, values, strict=True)
        return Observed(pairs, nonsignaling=self._group.nonsignaling)

    def rights(self, row: ExactRow) -> ExactRow:
        """Return the right-hand sides of the equations."""
        rhs: Exact = self._constant.copy()
        rhs[: len(self._factors)] += row.numbers() * self._factors
        return exact_row(rhs)

    def observed(self, row: ExactRow, floats: bool) -> Observed:
        """Return the point as an observation; of exact numbers in any case."""
        return self._with(row.numbers().tolist())


# ------------------------------------------------------------------ travelling


def _light(measure: Measure) -> Light:
    recipe = measure.recipe()
    return measure if recipe is None else (measure.model, recipe)


def _heavy(light: Light) -> Measure:
    if not isinstance(light, tuple):
        return light
    model, recipe = light
    return recipe.made(model)


def _measure_digest(measure: Measure) -> object:
    if measure.plain is not None:
        return measure.plain
    own = measure.linear("digest: only measures of linear programs may have rows of one's own")
    return [_rows_digest(own.blocks), _shape(own.term)]


def _shape(term: Term) -> list[object]:
    parts = getattr(term, "parts", ())
    return [type(term).__name__, [_shape(part) for part in parts]]


def _rows_digest(blocks: Iterable[Any]) -> str:
    content = hashlib.sha256()
    for rows in blocks:
        matrix = rows.matrix
        for array, kind in ((matrix.indptr, np.int64), (matrix.indices, np.int64), (matrix.data, np.float64)):
            content.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        content.update(f"{matrix.shape} {rows.scale}".encode())
        if rows.numbers is not None:
            content.update(" ".join(map(str, rows.numbers)).encode())
    return content.hexdigest()


def _model_digest(model: CausalModel) -> Any:
    if isinstance(model, Mixture):
        return ["mixture", *(_model_digest(own) if isinstance(own, CausalModel) else "any" for own in model.structures)]
    distribution = [str(p) for p in model.input_distribution.table.ravel()]
    roles = [model.nodes, model.edges, model.inputs, model.latents, model.hidden, model.outputs]
    return [*roles, model.cardinality, distribution]


_compiled: OrderedDict[str, Compiled] = OrderedDict()
_compiled_lock = threading.Lock()


def solve_chunk(
    key: str,
    payload: bytes,
    entries: Sequence[Sequence[Point]],
    seconds: float | None = None,
    name: str = "",
    later: int = 0,
) -> list[list[Row]]:
    """Solve a chunk in a worker, in limited time if need be; the compiled task is kept under `key`."""
    with _compiled_lock:
        if key not in _compiled:
            _compiled[key] = Compiled(Task(*pickle.loads(payload)))
        _compiled.move_to_end(key)
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
        own = _compiled[key]
    with deadline(seconds, name):
        return own.solve(entries, later)


def task_key(payload: bytes) -> str:
    """Return the hash of a task as it travels."""
    return hashlib.sha256(payload).hexdigest()
