"""A sweep over one array of behaviors: blocks of tables go in, columns come out, here or on an executor.

Bases are learned from a sample that depends on the array alone. They travel with the task, and each block of points
starts from them and from nothing else: so results depend neither on the executor nor on the order of blocks.
"""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.causal.equations import Equations, cell_weights
from relaxbell.causal.whole import WholePoints, read_tables
from relaxbell.engines import engine
from relaxbell.engines.base import Bulk
from relaxbell.engines.pools import Pool, Served
from relaxbell.errors import RelaxbellError
from relaxbell.lp.clock import deadline, left, passed, share, time_is_over, with_bound
from relaxbell.sweeps.checkpoint import Checkpoint
from relaxbell.sweeps.columns import Columns, as_sweep
from relaxbell.sweeps.points import REFERENCES, Failure, Group, failure, read_points
from relaxbell.sweeps.results import Sweep
from relaxbell.sweeps.tables import Tables
from relaxbell.sweeps.task import Compiled, Job, Task, late_row, task_key

_BLOCK = 2**14
"""Most points of a block, …"""

_NUMBERS = 2**21
"""… and most of its numbers."""

_FEWEST = 256
"""Points that are not split: they take less than sending them."""

_BLOCKS = 16
"""So that there is something to share and to save, also in short sweeps."""

_SAMPLE = (4000, 20_000)
"""Points from which bases are learned: at least, at most; between them a fiftieth of all."""

_WORTH_SENDING = 3.0
"""Seconds of work that must be left before an executor is asked: with less, workers take longer to start than they help."""

_WAITING = 64
"""Blocks that an executor of unknown size has at a time."""

_GRACE = 0.5
"""Seconds, when the time is over, for workers to return what they have."""

_KEPT = 4
"""Tasks that a worker keeps compiled."""


class Bar(Protocol):
    """What shows the progress."""

    def advance(self, count: int) -> None:
        """Count points that are finished."""

    def close(self) -> None:
        """Leave the finished bar."""


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
                self._programs[number] = engine(job.measure).bulk(equations, job.budgets, job.affine)
            return self._programs[number]

    def read(self, model: int, tables: NDArray[Any]) -> tuple[WholePoints, NDArray[np.intp], NDArray[np.intp]]:
        """Return tables as a model reads them: points, which they are, and which want a closer look."""
        order = (*(k + 1 for k in self._own.orders[model]), 0)
        own = np.ascontiguousarray(tables.transpose(order), dtype=np.float64)
        coordinates: Coordinates = self._own.task.models[model].coordinates
        return read_tables(coordinates, own, self._own.tolerance)

    def solve(self, tables: NDArray[Any], first: int, later: int = 0, misfits: Mapping[int, str] = {}) -> list[Columns]:  # noqa: B006
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
        others: dict[int, Any] = {}
        for i in bad.tolist():
            if i in misfits:
                others[i] = Failure("invalid", misfits[i])
                continue
            try:
                own = Behavior(tables[i], *self._own.variables)
                (others[i],) = read_points(self._own.task.models[model], [own]).entries
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


# ------------------------------------------------------------------- the sweep


def swept(
    task: Task,
    names: Sequence[str],
    tables: Tables,
    executor: Executor | None,
    checkpoint: str | os.PathLike[str] | None,
    bar: Callable[[int, int], Bar],
    *,
    single: bool,
) -> Sweep:
    """Return the sweep of a task over tables; `task` has no references yet."""
    count = len(tables)
    plain = ArrayTask(task, (tables.outputs, tables.inputs), _orders(task, tables), tables.tolerance, ())
    alone = all(engine(job.measure).has_bulk() for job in task.jobs)
    size = _block_size(count, math.prod(tables.shape)) if alone else _chunk_size(task.work, count)
    starts = list(range(0, count, size))
    file = None
    sizes = [min(size, count - start) for start in starts]
    if checkpoint is not None:
        file = Checkpoint(checkpoint, _identity(task, tables, size), sizes, len(task.jobs), packed=True)
    try:
        found: list[list[Columns] | None] = [None] * len(starts)
        for number, columns in (file.columns if file else {}).items():
            found[number] = columns
        open_blocks = [k for k, own in enumerate(found) if own is None]
        shown = bar(count, sum(own for own, done in zip(sizes, found, strict=True) if done is not None))
        try:
            blocks = _Blocks(tables, size, open_blocks)
            for number, columns in _solved(_learned(plain, tables) if open_blocks else plain, blocks, executor):
                if file and not (passed() or (math.isfinite(left()) and _given_up(columns))):
                    file.add_columns(number, columns)
                found[number] = columns
                shown.advance(sizes[number])
        finally:
            shown.close()
    finally:
        if file:
            file.close()
    units = [job.measure.unit for job in task.jobs]
    return as_sweep(tables.labels, names, units, [own for own in found if own is not None], single=single)


def _given_up(found: list[Columns]) -> bool:
    """Return whether there was no time for some of the points."""
    return any(status == "time limit" for columns in found for _, status, _ in columns.rest)


def _block_size(count: int, cells: int) -> int:
    """Return how many points a block has; it depends on the array alone, so that results do as well."""
    return max(1, min(_BLOCK, _NUMBERS // cells, max(_FEWEST, -(-count // _BLOCKS))))


def _chunk_size(work: int, count: int) -> int:
    """The same where points are no business of pools."""
    largest = min(256, 2**24 // work) if work else 1
    return max(1, min(largest, -(-count // _BLOCKS)))


def _orders(task: Task, tables: Tables) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(tables.variables.index(n) for n in model.outputs + model.inputs) for model in task.models)


def _identity(task: Task, tables: Tables, size: int) -> str:
    """Return a hash of measures, constraints and tables."""
    content = hashlib.sha256(f"{size} {task.description} {tables.outputs} {tables.inputs} {tables.shape} ".encode())
    content.update(f"{len(tables)} {tables.tolerance} {sorted(tables.misfits.items())}".encode())
    for start in range(0, len(tables), size):
        content.update(np.ascontiguousarray(tables.block(start, min(start + size, len(tables)))).tobytes())
    return content.hexdigest()


def _learned(plain: ArrayTask, tables: Tables) -> ArrayTask:
    """Return the task with what is learned from a sample: bases, and points from which others start."""
    count = len(tables)
    least, most = _SAMPLE
    size = min(count, max(least, min(most, count // 50)))
    chosen = np.random.default_rng(0).choice(count, size, replace=False) if size < count else np.arange(count)
    sample = tables.rows(chosen)
    task = plain.task
    compiled = CompiledArrays(plain)
    pools: list[Pool | None] = []
    references: list[tuple[tuple[Any, ...], ...]] = []
    for number, model in enumerate(task.models):
        points, _, _ = compiled.read(number, sample)
        own: list[Any] = []
        if any(job.model == number and not engine(job.measure).has_bulk() for job in task.jobs) and len(points):
            spread = sorted({round(k * (len(points) - 1) / (REFERENCES - 1)) for k in range(REFERENCES)})
            own = [points.row(k) for k in spread]
        references.append((tuple(own),))
    for number, job in enumerate(task.jobs):
        program = compiled.program(number) if engine(job.measure).has_bulk() else None
        with share(1, 2):
            pools.append(None if program is None else program.learn(compiled.read(job.model, sample)[0]))
    ready = Task(task.models, task.groups, tuple(references), task.jobs)
    return ArrayTask(ready, plain.variables, plain.orders, plain.tolerance, tuple(pools))


class _Blocks:
    """Blocks of tables that are still open, taken from the front or from the back."""

    def __init__(self, tables: Tables, size: int, numbers: Sequence[int]) -> None:
        self._tables, self._size = tables, size
        self.numbers = deque(numbers)
        self.points = sum(self._length(k) for k in numbers)
        """That nobody has taken yet."""

    def _length(self, number: int) -> int:
        return min(self._size, len(self._tables) - number * self._size)

    def take(self, *, last: bool = False) -> int:
        """Return the number of a block, and take it out."""
        number = self.numbers.pop() if last else self.numbers.popleft()
        self.points -= self._length(number)
        return number

    def of(self, number: int) -> tuple[NDArray[Any], int, int, dict[int, str]]:
        """Return the tables of a block, the number of the first, how many points wait, and what is none."""
        first = number * self._size
        stop = first + self._length(number)
        own = {i - first: text for i, text in self._tables.misfits.items() if first <= i < stop}
        return self._tables.block(first, stop), first, self.points, own


def _solved(task: ArrayTask, blocks: _Blocks, executor: Executor | None) -> Iterator[tuple[int, list[Columns]]]:
    """Yield the blocks as they are finished: here, and where enough work is left, on the executor as well."""
    compiled = CompiledArrays(task)
    began, points = time.perf_counter(), blocks.points
    while blocks.numbers:
        number = blocks.take()
        yield number, compiled.solve(*blocks.of(number))
        if executor is not None and blocks.numbers:
            rest = (time.perf_counter() - began) * blocks.points / (points - blocks.points)
            if rest > _WORTH_SENDING:
                yield from _shared(task, compiled, blocks, executor)
                return


def _shared(
    task: ArrayTask, compiled: CompiledArrays, blocks: _Blocks, executor: Executor
) -> Iterator[tuple[int, list[Columns]]]:
    """Yield blocks from the front, solved here, and from the back, solved by workers."""
    payload = task.payload()
    key, name = task_key(payload), ", ".join(job.measure.name for job in task.task.jobs)
    workers = getattr(executor, "_max_workers", None)
    most = 2 * workers if isinstance(workers, int) else _WAITING
    waiting: dict[Future[list[Columns]], int] = {}
    try:
        while blocks.numbers or waiting:
            while blocks.numbers and len(waiting) < most:
                number = blocks.take(last=True)
                seconds = None if math.isinf(left()) else max(left(), 1e-3)
                waiting[executor.submit(solve_tables, key, payload, *blocks.of(number), seconds, name)] = number
            for future in [own for own in waiting if own.done()]:
                yield waiting.pop(future), future.result()
            if blocks.numbers:
                number = blocks.take()
                yield number, compiled.solve(*blocks.of(number))
            elif waiting:
                newest = next(reversed(waiting))
                if newest.cancel():  # nobody has begun it
                    number = waiting.pop(newest)
                    yield number, compiled.solve(*blocks.of(number))
                else:
                    wait(waiting, None if math.isinf(left()) else max(left(), 0.0) + _GRACE, FIRST_COMPLETED)
                    if passed() and not any(own.done() for own in waiting):
                        for number in waiting.values():
                            yield number, compiled.solve(*blocks.of(number))  # which says that the time is over
                        waiting.clear()
    except BaseException as error:
        if isinstance(error, Exception):
            error.add_note("The executor did not finish the sweep. With checkpoint=… it resumes where it was.")
        raise
    finally:
        for future in waiting:
            future.cancel()


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


def group_of(tables: Tables, models: Sequence[Any]) -> tuple[tuple[Group, ...], ...]:
    """Return for each model the one group of the tables; raise BehaviorError if they do not fit it."""
    outcomes = math.prod(tables.shape[: len(tables.outputs)])
    probe = Behavior(np.full(tables.shape, 1 / outcomes), tables.outputs, tables.inputs)
    return tuple((Group(model.match(probe).parties),) for model in models)
