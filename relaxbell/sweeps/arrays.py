"""What a worker is told of a sweep over an array, and how it solves a block: tables go in, columns come out."""

from __future__ import annotations

import math
import pickle
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.causal.equations import Equations, cell_weights
from relaxbell.causal.whole import WholePoints, read_tables
from relaxbell.engines import engine
from relaxbell.engines.linear.program import accepts_signaling
from relaxbell.engines.pools import Bulk, HasBulk, Pool, Served
from relaxbell.errors import RelaxbellError
from relaxbell.lp.clock import deadline, passed, share, time_is_over, with_bound
from relaxbell.sweeps.columns import Columns
from relaxbell.sweeps.points import Failure, failure, read_points
from relaxbell.sweeps.task import Compiled, Job, Task, late_row

_KEPT = 4
"""Tasks that a worker keeps compiled."""


@dataclass(frozen=True, eq=False)
class ArrayTask:
    """What a worker is told.

    Attributes
    ----------
    task
        Models, measures and constraints.
    variables
        Names of outputs and inputs of the tables.
    orders
        For each model, its variables as axes of the tables.
    tolerance
        Of probabilities.
    pools
        For each measure what was learned; None where each point is found by itself.
    """

    task: Task
    variables: tuple[tuple[str, ...], tuple[str, ...]]
    orders: tuple[tuple[int, ...], ...]
    tolerance: float
    pools: tuple[Pool | None, ...]

    def payload(self) -> bytes:
        """Return the task as it travels."""
        return pickle.dumps((self.task.payload, self.variables, self.orders, self.tolerance, self.pools))

    @classmethod
    def arrived(cls, payload: bytes) -> ArrayTask:
        """Return a task that has travelled."""
        task, *rest = pickle.loads(payload)
        return cls(Task(*pickle.loads(task)), *rest)


class CompiledArrays:
    """The programs of a task, ready for blocks of tables."""

    def __init__(self, task: ArrayTask) -> None:
        self._own = task
        self._compiled = Compiled(task.task)
        self._programs: dict[int, Bulk | None] = {}
        self._lock = threading.Lock()

    def program(self, number: int) -> Bulk | None:
        """Return the program of a measure for very many behaviors; None where it has none."""
        with self._lock:
            if number not in self._programs:
                job, task = self._own.task.jobs[number], self._own.task
                model, (group,) = task.models[job.model], task.groups[job.model]
                weights = cell_weights(model)
                equations = Equations(model.observed_rows, weights, weights, parties=group.parties)
                own = engine(job.measure)
                several = own if isinstance(own, HasBulk) and not job.bits else None
                found = None if several is None else several.bulk(equations, job.budgets, job.affine)
                self._programs[number] = found
            return self._programs[number]

    def read(self, model: int, tables: NDArray[Any]) -> tuple[WholePoints, NDArray[np.intp], NDArray[np.intp]]:
        """Return tables as a model reads them: points, which they are, and which want a closer look."""
        order = (*(k + 1 for k in self._own.orders[model]), 0)
        own = np.ascontiguousarray(tables.transpose(order), dtype=np.float64)
        coordinates: Coordinates = self._own.task.models[model].coordinates
        return read_tables(coordinates, own, self._own.tolerance)

    def solve(self, tables: NDArray[Any], first: int, later: int = 0, misfits: Mapping[int, str] = {}) -> list[Columns]:
        """Return columns for each measure; `first` is the number of the first table, `later` points wait elsewhere."""
        jobs = self._own.task.jobs
        read: dict[int, Any] = {}
        found = []
        for number, job in enumerate(jobs):
            points = len(tables)
            if passed():
                found.append(self._nothing(job, points))
                continue
            if job.model not in read:
                read[job.model] = self._entries(job.model, tables, misfits)
            with share(points, points * (len(jobs) - number) + later * len(jobs)):
                found.append(self._solve_job(number, points, first, *read[job.model]))
        return found

    def _nothing(self, job: Job, count: int) -> Columns:
        """Return columns that say that there was no time."""
        columns = Columns.empty(count)
        _, bound, status, reason, _ = late_row(time_is_over(), job.measure, 0.0)
        columns.lower_bounds[:] = np.nan if bound is None else bound
        columns.rest.extend((i, status, reason) for i in range(count))
        return columns

    def _entries(
        self, model: int, tables: NDArray[Any], misfits: Mapping[int, str]
    ) -> tuple[WholePoints, NDArray[np.intp], dict[int, Any]]:
        """Return points, which they are, and what the others are: failures, or points that were read one by one."""
        points, good, bad = self.read(model, tables)
        jobs = [job for job in self._own.task.jobs if job.model == model]
        compared = all(accepts_signaling(job.measure, job.budgets) for job in jobs)
        others: dict[int, Any] = {}
        for i in bad.tolist():
            if i in misfits:
                others[i] = Failure("invalid", misfits[i])
                continue
            try:
                own = Behavior(tables[i], *self._own.variables)
                (others[i],) = read_points(self._own.task.models[model], [own], signaling=compared).entries
            except RelaxbellError as error:
                others[i] = failure(error)
        return points, good, others

    def _solve_job(
        self, number: int, count: int, first: int, points: WholePoints, good: NDArray[np.intp], others: dict[int, Any]
    ) -> Columns:
        columns, pool = Columns.empty(count), self._own.pools[number]
        if pool is not None:
            program = self.program(number)
            assert program is not None  # it has learned the pool
            served = program.solve(pool, points)
            columns.values[good], columns.lower_bounds[good] = served.values, served.lower_bounds
            columns.seconds[good] = served.seconds
            self._decide(number, columns, first, points, good, served)
        elif len(good):
            rows = self._compiled.form(number, 0).solve([points.row(k) for k in range(len(points))])
            for i, row in zip(good.tolist(), rows, strict=True):
                columns.put(i, row, f"row {first + i}: ")
        for i, entry in others.items():
            if isinstance(entry, Failure):
                columns.put(i, (None, None, entry.status, entry.reason, 0.0), f"row {first + i}: ")
            else:
                (row,) = self._compiled.form(number, 0).solve([entry[1]])
                columns.put(i, row, f"row {first + i}: ")
        columns.rest.sort()
        return columns

    def _decide(
        self, number: int, columns: Columns, first: int, points: WholePoints, good: NDArray[np.intp], served: Served
    ) -> None:
        """Minimize what had no optimal basis, and say of what was late what is known."""
        measure = self._own.task.jobs[number].measure
        for k in served.open.tolist():
            row = self._compiled.form(number, 0).minimized(points.row(k))
            columns.put(int(good[k]), row, f"row {first + int(good[k])}: ")
        for k in served.late.tolist():
            bound = float(served.lower_bounds[k])
            over = time_is_over()
            known = over if math.isnan(bound) else with_bound(over, measure.name, bound)
            row = late_row(known, measure, float(served.seconds[k]))
            columns.put(int(good[k]), row, f"row {first + int(good[k])}: ")


_compiled: OrderedDict[str, CompiledArrays] = OrderedDict()
_compiled_lock = threading.Lock()


def solve_tables(
    key: str,
    payload: bytes,
    tables: NDArray[Any],
    first: int,
    later: int,
    misfits: Mapping[int, str],
    seconds: float | None,
    name: str,
) -> list[Columns]:
    """Solve a block in a worker, in limited time if need be; the compiled task is kept under `key`."""
    with _compiled_lock:
        if key not in _compiled:
            _compiled[key] = CompiledArrays(ArrayTask.arrived(payload))
        _compiled.move_to_end(key)
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
        own = _compiled[key]
    with deadline(seconds, name):
        return own.solve(tables, first, later, misfits)
