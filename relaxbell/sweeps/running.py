"""`sweep`: from behaviors to columns, in this process or on an executor."""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.families import BehaviorFamily
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.engines.information.within import checked_bits
from relaxbell.engines.linear.program import read_constraints, without_information
from relaxbell.errors import BehaviorError, MeasureError, RelaxbellError
from relaxbell.exact.texts import a_kind
from relaxbell.lp.clock import deadline, left, passed, remaining
from relaxbell.measures.measure import Measure
from relaxbell.sweeps.blocks import group_of, swept
from relaxbell.sweeps.checkpoint import Checkpoint
from relaxbell.sweeps.points import Failure, Points, failure, read_points
from relaxbell.sweeps.results import Sweep
from relaxbell.sweeps.tables import Tables, is_array, read_tables
from relaxbell.sweeps.task import GRACE, Compiled, Job, Row, Task, compare, solve_chunk, task_key

_PATIENCE = 0.5
"""Seconds before a progress bar is worth showing."""

Solved = tuple[int, list[list[Row]]]


def sweep(
    measure: Measure | Sequence[Measure] | Mapping[str, Measure],
    observed: Mapping[Any, Behavior | Observed] | Iterable[Behavior | Observed] | ArrayLike,
    subject_to: Any = (),
    *,
    outputs: str | Sequence[str] | None = None,
    inputs: str | Sequence[str] | None = None,
    labels: Sequence[Any] | Mapping[str, Sequence[Any]] | None = None,
    executor: Executor | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
    seconds: float | None = None,
) -> Sweep:
    """Return the least value of one or several measures at many points, each with a rigorous lower bound.

    Every row is as good as that of `minimize`, but the program is compiled once, HiGHS keeps its basis, and all
    points that a basis serves are done at once. One array of behaviors is much faster still: of measures of linear
    programs bases are learned from a sample, then whole blocks of points are served. For `nonbilocality` each row is an
    interval with status ``optimal`` or ``time limit``: value and lower bound, found by `minimize` with its usual
    tolerance and time limit.

    Parameters
    ----------
    measure
        A measure, a list of measures, or a mapping from names of one's own to measures. They may live on
        different models.
    observed
        A mapping from labels, such as (v, θ), to what was observed there, or a sequence, labeled 0, 1, ….
        Points that do not fit, or that no model reproduces, are recorded with their reason.

        Or an array: axes of points first, then those of p(outputs|inputs), which is read by blocks. Or an array with
        named axes (xarray's DataArray): those of the variables, in any order, the others are parameters. Or a frame
        (pandas, polars): a row for each probability, with a column for each variable, one called ``p``, and those of
        the parameters; or a row for each point, with the variables as levels of the columns. Rows that are no
        behavior are recorded with their number.
    subject_to
        Budgets and affine constraints, as in `minimize`; then all measures share one model.
    outputs, inputs
        Of an array or a frame: names of its variables, in the order of its axes; by default the model's.
    labels
        Of an array: one label for each point; or the axes of points, as a mapping from names to values, such as
        ``{"v": …, "θ": …}``. See `Sweep.axes`.
    executor
        Any `concurrent.futures.Executor`: a process pool, or ``client.get_executor()`` of Dask. It gets
        contiguous chunks as plain data; results are the same as without, bit by bit. Of an array it gets blocks from
        the end while this process begins at the front, if more than some seconds of work are left.
    checkpoint
        File to which each finished chunk is appended. If it is there already, the sweep resumes where it was. Every
        line has a checksum, and no two sweeps can use one file at a time.
    progress
        Show a progress bar if tqdm is installed and the sweep takes more than half a second.
    seconds
        Time limit of the whole sweep, kept within a second or a fifth, whichever is more; None for none. Points
        without a value by then have the status ``time limit`` and the rigorous lower bound that is known; with a
        checkpoint, another call goes on with them. A hard point takes at most four times its even share of what is
        left, and no more than half, so that the others get theirs. What workers of an executor have begun they end
        within these seconds of its start.

    Returns
    -------
    Sweep
        Columns `values`, `lower_bounds`, `status`, `reasons`, `seconds`.

    Raises
    ------
    MeasureError
        If `measure`, `subject_to` or `executor` is not what it should be, or names repeat.
    BehaviorError
        If `observed` is neither a mapping nor a sequence, or the axes of an array, or its labels, do not fit.
    CheckpointError
        If the file belongs to another sweep, is damaged, in use, or cannot be written.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    >>> columns = rb.sweep(c, {v: rb.boxes.tsirelson().visibility(v) for v in (0.7, 0.8, 1.0)}, progress=False)
    >>> columns
    Sweep of C(X -> B): 3 points
    point  measure         minimum      lower bound  status
    0.7    C(X -> B)             0                0  optimal
    0.8    C(X -> B)  0.0656854249  0.0656854249492  optimal
    1.0    C(X -> B)   0.207106781   0.207106781186  optimal

    An array over two parameters:

    >>> import numpy as np
    >>> v, w = np.linspace(0.5, 1, 6), np.linspace(0, 1, 11)
    >>> table = np.multiply.outer(np.outer(v, w), rb.boxes.pr().p - 1 / 4) + 1 / 4
    >>> columns = rb.sweep(c, table, labels={"v": v, "w": w}, progress=False)
    >>> len(columns), f"{columns[0.9, 1.0].lower_bound:.6f}"
    (66, '0.400000')
    """
    measures = _read_measures(measure)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise MeasureError(
            f"executor is {a_kind(executor)}, expected a concurrent.futures.Executor, such as ProcessPoolExecutor(). "
            "Leave it out for this process."
        )
    single = isinstance(measure, Measure)
    with deadline(seconds, ", ".join(measures)):
        if is_array(observed):
            tables = read_tables(observed, outputs, inputs, labels, next(iter(measures.values())).model)
            return _of_tables(measures, tables, executor, checkpoint, progress, subject_to, single)
        _check_no_names(outputs=outputs, inputs=inputs, labels=labels)
        return _swept(measures, observed, executor, checkpoint, progress, subject_to, single)


def _swept(
    measures: dict[str, Measure],
    observed: Any,
    executor: Executor | None,
    checkpoint: str | os.PathLike[str] | None,
    progress: bool,
    subject_to: Any,
    single: bool,
    own: Sequence[Any] | None = None,
) -> Sweep:
    labels, listed = _read_behaviors(observed)
    models = list({id(m.model): m.model for m in measures.values()}.values())
    jobs = _jobs(measures, models, subject_to)
    points = [read_points(model, listed, signaling=compare(jobs, number)) for number, model in enumerate(models)]
    task = _task(models, points, jobs)
    size = task.chunk_size(len(labels))
    chunks = [slice(start, min(start + size, len(labels))) for start in range(0, len(labels), size)]
    file = None
    if checkpoint is not None:
        file = Checkpoint(checkpoint, _identity(task, listed, size), [c.stop - c.start for c in chunks], len(measures))
    rows: list[list[list[Row]] | None] = [None] * len(chunks)
    for number, found in (file.done if file else {}).items():
        rows[number] = found
    entries = {n: [p.entries[chunks[n]] for p in points] for n, found in enumerate(rows) if found is None}
    bar = _Bar(len(labels), sum(chunks[n].stop - chunks[n].start for n, f in enumerate(rows) if f), progress)
    try:
        for number, found in _solved(task, entries, executor):
            if file and not (passed() or (math.isfinite(left()) and _given_up(found))):
                file.add(number, found)
            rows[number] = found
            bar.advance(chunks[number].stop - chunks[number].start)
    finally:
        bar.close()
        if file:
            file.close()
    table = [[row for chunk in rows if chunk for row in chunk[k]] for k in range(len(measures))]
    return _columns(labels if own is None else own, measures, table, single)


def _of_tables(
    measures: dict[str, Measure],
    tables: Tables,
    executor: Executor | None,
    checkpoint: str | os.PathLike[str] | None,
    progress: bool,
    subject_to: Any,
    single: bool,
) -> Sweep:
    models = list({id(m.model): m.model for m in measures.values()}.values())
    groups = group_of(tables, models)
    if tables.exact:  # numbers of any size: as behaviors, one by one
        points = dict(zip(tables.labels, _behaviors(tables), strict=True))
        return _swept(measures, points, executor, checkpoint, progress, subject_to, single, tables.labels)
    task = Task(tuple(models), groups, ((),) * len(models), _jobs(measures, models, subject_to))
    bar: Callable[[int, int], _Bar] = lambda total, done: _Bar(total, done, progress)  # noqa: E731
    return swept(task, list(measures), tables, executor, checkpoint, bar, single=single)


def _behaviors(tables: Tables) -> Iterator[Behavior | Failure]:
    """Yield tables of exact numbers as behaviors, or why they are none."""
    for i in range(len(tables)):
        try:
            if i in tables.misfits:
                raise BehaviorError(tables.misfits[i])
            yield Behavior(tables.block(i, i + 1)[0], tables.outputs, tables.inputs)
        except RelaxbellError as error:
            found = failure(error)
            yield Failure(found.status, f"row {i}: {found.reason}")


def _check_no_names(**given: Any) -> None:
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise BehaviorError(
            f"{' and '.join(wrong)} {'are' if len(wrong) > 1 else 'is'} for arrays of points, expected one. Behaviors "
            "have names of their own, and labels are the keys of a mapping."
        )


def _given_up(found: list[list[Row]]) -> bool:
    """Return whether there was no time for some of the points."""
    return any(row[2] == "time limit" for rows in found for row in rows)


def _solved(task: Task, entries: Mapping[int, Any], executor: Executor | None) -> Iterator[Solved]:
    """Yield the chunks as they are finished."""
    sizes = {number: len(chunk[0]) for number, chunk in entries.items()}
    later = {number: sum(size for k, size in sizes.items() if k > number) for number in sizes}
    if executor is None:
        compiled = Compiled(task)
        for number, chunk in entries.items():
            yield number, compiled.solve(chunk, later[number])
        return
    payload = task.payload
    key, seconds = task_key(payload), None if math.isinf(left()) else remaining()
    name = ", ".join(job.measure.name for job in task.jobs)
    futures: dict[Future[list[list[Row]]], int] = {
        executor.submit(solve_chunk, key, payload, chunk, seconds, name, later[number]): number
        for number, chunk in entries.items()
    }
    waiting = dict(entries)
    try:
        for future in as_completed(futures, None if seconds is None else seconds + GRACE):
            del waiting[futures[future]]
            yield futures[future], future.result()
    except TimeoutError:
        if not passed():  # it is a worker's
            raise
        for future in futures:
            future.cancel()
        for number, chunk in waiting.items():
            yield number, Compiled(task).solve(chunk)  # which says at once that the time is over
    except BaseException as error:
        for future in futures:
            future.cancel()
        if isinstance(error, Exception):
            error.add_note("The executor did not finish the sweep. With checkpoint=… it resumes where it was.")
        raise


# ---------------------------------------------------------------------- reading


def _read_measures(measure: Any) -> dict[str, Measure]:
    if isinstance(measure, Measure):
        return {measure.name: measure}
    found: dict[str, Measure] = {}
    pairs = measure.items() if isinstance(measure, Mapping) else [(None, m) for m in _listed(measure)]
    for name, own in pairs:
        if not isinstance(own, Measure):
            raise MeasureError(f"cannot sweep {a_kind(own)}, expected a Measure such as influence(…).")
        chosen = own.name if name is None else str(name)
        if chosen in found:
            raise MeasureError(f"two measures are called {chosen}. Give a mapping from names of your own to measures.")
        found[chosen] = own
    if not found:
        raise MeasureError("no measure to sweep. Give at least one.")
    return found


def _listed(measure: Any) -> list[Any]:
    if not isinstance(measure, Iterable) or isinstance(measure, str):
        raise MeasureError(f"cannot sweep {a_kind(measure)}, expected a Measure, a list or a mapping of them.")
    return list(measure)


def _read_behaviors(behaviors: Any) -> tuple[tuple[Any, ...], list[Any]]:
    if isinstance(behaviors, Mapping):
        return tuple(behaviors), list(behaviors.values())
    if isinstance(behaviors, Behavior | Observed) or not isinstance(behaviors, Iterable):
        raise BehaviorError(
            f"the points of a sweep are a sequence or a mapping from labels: found {a_kind(behaviors)}. "
            + (
                "Along a family goes curve; of its members, one for each number: "
                "{v: family.table({symbol: v}) for v in (Fraction(4, 5), 1)}."
                if isinstance(behaviors, BehaviorFamily)
                else "Use minimize for a single one."
            )
        )
    found = list(behaviors)
    return tuple(range(len(found))), found


def _task(models: Sequence[CausalModel], points: Sequence[Points], jobs: tuple[Job, ...]) -> Task:
    groups = tuple(p.groups for p in points)
    references = tuple(tuple(p.references(g) for g in range(len(p.groups))) for p in points)
    return Task(tuple(models), groups, references, jobs)


def _jobs(measures: Mapping[str, Measure], models: Sequence[CausalModel], subject_to: Any) -> tuple[Job, ...]:
    jobs = []
    for measure in measures.values():
        number = next(i for i, model in enumerate(models) if model is measure.model)
        bits, others = without_information(subject_to)
        jobs.append(Job(number, measure, *read_constraints(measure, others), checked_bits(measure, bits)))
    return tuple(jobs)


def _identity(task: Task, observed: Sequence[Any], size: int) -> str:
    """Return a hash of measures, constraints and points."""
    content = hashlib.sha256(f"{size} {task.description}".encode())
    for point in observed:
        if isinstance(point, Behavior):
            numbers = point.p.tobytes() if point.exact is None else str(point.exact.ravel().tolist()).encode()
            content.update(f"{point.outputs} {point.inputs} {point.p.shape} ".encode() + numbers)
        elif isinstance(point, Observed):
            pairs = [(str(f.coefficients.tolist()), f.constant, f.outputs, f.inputs) for f in point.functionals]
            content.update(f"{pairs} {point.values} {point.nonsignaling}".encode())
        else:
            content.update(type(point).__name__.encode())
    return content.hexdigest()


# ---------------------------------------------------------------------- results


def _columns(labels: Sequence[Any], measures: Mapping[str, Measure], table: list[list[Row]], single: bool) -> Sweep:
    def column(k: int, convert: Callable[[Any], Any], kind: Any) -> Any:
        array = np.array([[convert(row[k]) for row in rows] for rows in table], dtype=kind).T
        array = array.reshape(len(labels), len(table))
        array = np.ascontiguousarray(array[:, 0] if single else array)
        array.setflags(write=False)
        return array

    number: Callable[[Any], float] = lambda v: np.nan if v is None else v  # noqa: E731
    values, bounds, seconds = column(0, number, float), column(1, number, float), column(4, number, float)
    units = tuple(m.unit for m in measures.values())
    ends = tuple(m.end_name for m in measures.values())
    said = column(2, str, str), column(3, str, object)
    return Sweep(labels, tuple(measures), units, values, bounds, *said, seconds, ends)


class _Bar:
    """A tqdm bar that appears when the sweep turns out to take a while."""

    def __init__(self, total: int, done: int, wanted: bool) -> None:
        self._total, self._done, self._wanted = total, done, wanted
        self._began, self._bar = time.monotonic(), None

    def advance(self, count: int) -> None:
        """Count points that are finished."""
        self._done += count
        if self._bar is None and self._wanted and time.monotonic() - self._began > _PATIENCE:
            self._bar = self._open()
        elif self._bar is not None:
            self._bar.update(count)

    def _open(self) -> Any:
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # tqdm.auto warns where notebooks lack ipywidgets
                from tqdm.auto import tqdm
        except ImportError:
            self._wanted = False
            return None
        return tqdm(total=self._total, initial=self._done, unit="point")

    def close(self) -> None:
        """Leave the finished bar."""
        if self._bar is not None:
            self._bar.close()
