"""A sweep over one array of behaviors: blocks of tables go in, columns come out, here or on an executor.

Bases are learned from a sample that depends on the array alone. They travel with the task, and each block of points
starts from them and from nothing else: so results depend neither on the executor nor on the order of blocks.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.engines.pools import Pool
from relaxbell.lp.clock import left, passed, share
from relaxbell.sweeps.arrays import ArrayTask, CompiledArrays, solve_tables
from relaxbell.sweeps.checkpoint import Checkpoint
from relaxbell.sweeps.columns import Columns, as_sweep
from relaxbell.sweeps.points import Group, spread
from relaxbell.sweeps.results import Sweep
from relaxbell.sweeps.tables import Tables
from relaxbell.sweeps.task import FEWEST_CHUNKS, GRACE, Task, task_key

_BLOCK = 2**14
"""Most points of a block, …"""

_NUMBERS = 2**21
"""… and most of its numbers."""

_FEWEST = 256
"""Points that are not split: they take less than sending them."""

_SAMPLE = (200, 4000, 20_000)
"""Points from which bases are learned: at least, most while that is a tenth of all, most while it is a fiftieth."""

_WORTH_SENDING = 3.0
"""Seconds of work that must be left before an executor is asked: with less, workers start for longer than they help."""

_WAITING = 64
"""Blocks that an executor of unknown size has at a time."""


class Bar(Protocol):
    """What shows the progress."""

    def advance(self, count: int) -> None:
        """Count points that are finished."""

    def close(self) -> None:
        """Leave the finished bar."""


def group_of(tables: Tables, models: Sequence[CausalModel]) -> tuple[tuple[Group, ...], ...]:
    """Return for each model the one group of the tables; raise BehaviorError if they do not fit it."""
    outcomes = math.prod(tables.shape[: len(tables.outputs)])
    probe = Behavior(np.full(tables.shape, 1 / outcomes), tables.outputs, tables.inputs)
    return tuple((Group(model.match(probe).parties),) for model in models)


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
    alone = all(job.is_pooled for job in task.jobs)
    size = _block_size(count, math.prod(tables.shape)) if alone else task.chunk_size(count)
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
    ends = [job.measure.end_name for job in task.jobs]
    done = [own for own in found if own is not None]
    return as_sweep(tables.labels, names, units, done, single=single, ends=ends)


def _given_up(found: list[Columns]) -> bool:
    """Return whether there was no time for some of the points."""
    return any(status == "time limit" for columns in found for _, status, _ in columns.rest)


def _block_size(count: int, cells: int) -> int:
    """Return how many points a block has; it depends on the array alone, so that results do as well."""
    return max(1, min(_BLOCK, _NUMBERS // cells, max(_FEWEST, -(-count // FEWEST_CHUNKS))))


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
    least, many, most = _SAMPLE
    # where no basis serves two points this is work that is not shared: a small part of all
    size = min(count, max(least, min(many, count // 10), min(most, count // 50)))
    chosen = np.random.default_rng(0).choice(count, size, replace=False) if size < count else np.arange(count)
    sample = tables.rows(chosen)
    task = plain.task
    compiled = CompiledArrays(plain)
    pools: list[Pool | None] = []
    references: list[tuple[tuple[Any, ...], ...]] = []
    read = [compiled.read(number, sample)[0] for number in range(len(task.models))]
    for number, points in enumerate(read):
        alone = any(job.model == number and not job.is_pooled for job in task.jobs)
        references.append((tuple(points.row(k) for k in spread(len(points))) if alone else (),))
    for number, job in enumerate(task.jobs):
        program = compiled.program(number) if job.is_pooled else None
        with share(1, 2):
            pools.append(None if program is None else program.learn(read[job.model]))
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
                    wait(waiting, None if math.isinf(left()) else max(left(), 0.0) + GRACE, FIRST_COMPLETED)
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
