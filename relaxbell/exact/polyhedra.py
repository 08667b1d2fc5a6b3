"""Polyhedra in exact arithmetic, by the double description method of PPL (extra ``polytopes``), in limited time."""

from __future__ import annotations

import contextlib
import json
import math
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from relaxbell.exact import conversion
from relaxbell.exact.conversion import Conversion, Row, read, written

_PATIENCE = 0.2
_SHARE = 0.05
"""How long a step of a conversion should take at most, roughly: seconds, and share of the time that is left."""

_LARGE = 20_000
"""Numbers in facets and vertices from which on steps are taken in a process that can be ended: it starts in 0.3 s."""

_GROWTH = 4
"""A step in this process has so few rows that rows × numbers × this is not large: it could multiply the numbers."""

_FEW, _SINGLE = 8, 60_000
"""Inequalities between looks at the size, and numbers from which on, once there, each is looked at alone: few take
longer than many, but many may multiply the numbers. Seen: six that made 715,775 numbers of 55,275, in a minute."""

_LOOKS = 0.1
"""Seconds between looks at the clock while another process computes."""


@dataclass(frozen=True)
class Point:
    """The point coordinates / divisor, in lowest terms, with divisor > 0."""

    coordinates: tuple[int, ...]
    divisor: int


@dataclass(frozen=True)
class Generators:
    """Vertices and extreme rays: divisor > 0 and numerators of each vertex, whole numbers of each ray."""

    points: list[Row]
    rays: list[Row]


def small_generators(
    dimension: int, inequalities: Sequence[Sequence[int]], most: int, left: Callable[[], float]
) -> Generators | None:
    """Return vertices and rays of a polyhedron, if its facets and vertices are never more than `most` numbers.

    Parameters
    ----------
    dimension
        Number of coordinates.
    inequalities
        Rows b + a · x ≥ 0. Their order decides how large the polyhedron is on the way.
    most
        So small that a step takes a fraction of a second: it runs in this process.
    left
        Returns the seconds that are left.

    Returns
    -------
    Generators or None
        None where there are more numbers, or no time.
    """
    state, largest, done = Conversion(dimension, hull=False), 0, 0
    while done < len(inequalities):
        if left() <= 0:
            return None
        step = max(1, min(_FEW, _SINGLE // (largest + 1)))
        state.add(inequalities[done : done + step])
        done, largest = done + step, max(largest, state.size())
        if largest > most:
            return None
    return Generators(state.vertices(), state.rays())


class Polyhedron:
    """A polyhedron that takes inequalities in, or the hull of points that it takes in.

    Parameters
    ----------
    dimension
        Number of coordinates.
    inequalities
        Rows b + a · x ≥ 0 of whole numbers.

    Raises
    ------
    ModuleNotFoundError
        Where PPL is not installed.
    """

    def __init__(self, dimension: int, inequalities: Iterable[Sequence[int]] = ()) -> None:
        self._state: Conversion | _Elsewhere = Conversion(dimension, hull=False)
        self._steps: list[Sequence[Sequence[int]]] = []  # another process repeats them: all at once takes far longer
        self._size = 0
        self._numbers: int | None = None  # with which to give up
        self.add(inequalities)

    @staticmethod
    def hull_in_steps(
        points: Sequence[Sequence[int]], left: Callable[[], float], most: int | None = None
    ) -> tuple[Polyhedron, int]:
        """Return the convex hull of as many whole points as the time allows, and how many were taken in.

        It is given up when facets and vertices have more than `most` numbers; then no other process is begun.
        """
        found = Polyhedron(len(points[0]))
        found._numbers = most
        found._state, found._steps = Conversion(len(points[0]), hull=True), []
        return found, found.add_in_steps(points, left)

    def add(self, inequalities: Iterable[Sequence[int]]) -> None:
        """Intersect with half-spaces b + a · x ≥ 0, however long it takes."""
        self._step(list(inequalities), lambda: math.inf)

    def add_in_steps(self, rows: Sequence[Sequence[int]], left: Callable[[], float]) -> int:
        """Take in as many inequalities, or points, as the time allows, vertices and facets brought up to date.

        Parameters
        ----------
        rows
            Inequalities b + a · x ≥ 0, or points of a hull.
        left
            Returns the seconds that are left.

        Returns
        -------
        int
            How many were taken in: vertices and facets are those of the last step that was finished.

        Raises
        ------
        ChildProcessError
            If the process that computes died.
        """
        step, done = 1, 0
        while done < len(rows) and (seconds := left()) > 0 and self._size <= (self._numbers or self._size):
            started = time.perf_counter()
            if not self._step(rows[done : done + step], left):
                return done
            done += step
            # many small steps take longer than one large one, so they are as long as the time allows
            patience = max(_PATIENCE, _SHARE * seconds)
            step = max(1, step * 2 if time.perf_counter() - started < patience else step // 2)
            step = min(step, self._most())
        return min(done, len(rows))

    def _most(self) -> int:
        """Return the most rows of a step."""
        here = isinstance(self._state, Conversion)
        return max(1, (self._numbers or _LARGE) // (_GROWTH * self._size + 1)) if here else sys.maxsize

    def _step(self, rows: Sequence[Sequence[int]], left: Callable[[], float]) -> bool:
        """Take in rows; return False where the time did not suffice."""
        if isinstance(self._state, Conversion) and math.isfinite(left()) and self._size > (self._numbers or _LARGE):
            self._state, self._steps = _Elsewhere(self._state, self._steps), []
        if isinstance(self._state, _Elsewhere):
            return self._state.add(rows, left)
        self._state.add(rows)
        self._steps.append(rows)
        self._size = self._state.size()
        return True

    def vertices(self) -> Iterator[Point]:
        """Yield the vertices."""
        for divisor, *coordinates in self._state.vertices():
            yield Point(tuple(coordinates), divisor)

    def facets(self) -> tuple[list[Row], list[Row]]:
        """Return the irredundant inequalities (row ≥ 0) and the equations (row = 0)."""
        return self._state.facets()


class _Elsewhere:
    """A conversion that goes on in a process of its own, which is ended when the time is over.

    Plain pipes and no `multiprocessing`: workers of pools may be daemons, which must not have children of that kind.
    """

    def __init__(self, begun: Conversion, steps: Sequence[Sequence[Sequence[int]]]) -> None:
        # by its path and without its folder on the path of imports, where `numbers` would hide the standard library's
        command = [sys.executable, "-P", conversion.__file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._end = weakref.finalize(self, _ended, self._process)
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()
        self.hull, self._dimension = begun.hull, begun.dimension
        inequalities, equations = begun.facets()
        self._facets, self._vertices = _text(inequalities, equations), json.dumps(written(begun.vertices()))
        self._before = list(steps)

    def add(self, rows: Sequence[Sequence[int]], left: Callable[[], float]) -> bool:
        """Take in rows; False where the time did not suffice: then the process is ended, and takes no more rows in."""
        if not self._end.alive:
            return False
        seconds = left()
        request = {
            "dimension": self._dimension,
            "hull": self.hull,
            "seconds": None if math.isinf(seconds) else seconds,
            "steps": [written(step) for step in (*self._before, rows)],
        }
        try:
            answers = self._ask(json.dumps(request), left)
        except BaseException:  # Ctrl-C as well
            self._end()
            raise
        if answers is None:
            self._end()
            return False
        self._before = []
        self._facets, self._vertices = answers
        return True

    def _ask(self, request: str, left: Callable[[], float]) -> tuple[str, str] | None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        found: list[str] = []
        while len(found) < 2:
            if (seconds := left()) <= 0:
                return None
            try:
                found.append(self._answers.get(timeout=min(seconds, _LOOKS)))
            except queue.Empty:
                continue
            if not found[-1]:
                raise self._died()
        return found[0], found[1]

    def _died(self) -> ChildProcessError:
        status = self._process.wait()
        return ChildProcessError(
            f"the process that converts a polyhedron of dimension {self._dimension} ended with status {status}, "
            "expected an answer. Give it more memory, or take a smaller scenario."
        )

    def vertices(self) -> list[Row]:
        """Return the vertices after the last step that was finished."""
        return read(json.loads(self._vertices))

    def facets(self) -> tuple[list[Row], list[Row]]:
        """Return inequalities and equations after the last step that was finished."""
        inequalities, equations = map(read, json.loads(self._facets))
        return inequalities, equations


def _text(inequalities: Iterable[Sequence[int]], equations: Iterable[Sequence[int]]) -> str:
    return json.dumps([written(inequalities), written(equations)])


def _listen(source: IO[str], answers: queue.SimpleQueue[str]) -> None:
    """Pass on lines; an empty one says that there are no more."""
    with source:
        for line in source:
            answers.put(line)
    answers.put("")


def _ended(process: subprocess.Popen[str]) -> None:
    """End a process and wait until it is gone."""
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):  # of what was not read
            process.stdin.close()
