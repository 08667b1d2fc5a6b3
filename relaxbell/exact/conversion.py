"""The double description method of PPL (extra ``polytopes``), as whole numbers in and whole numbers out.

A step of it cannot be interrupted. This file is therefore also a program, which the process that wants the polyhedron
can end: it reads one request a line, and answers each with two lines. It imports nothing of ours: it starts quickly.
"""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import Any

Row = tuple[int, ...]
"""b + a · x: the constant first, then one coefficient for each coordinate."""

_DEATH = 1
"""Linux: PR_SET_PDEATHSIG, which signal comes when the parent dies."""

_TO_NEAREST = 0
"""FE_TONEAREST of C's fenv.h, on every processor that Python runs on."""


def rounds_to_nearest(one: float = 1.0, little: float = 2.0**-60) -> bool:
    """Return whether sums of floats are rounded to nearest in this thread, as Python and NumPy take for granted."""
    return one + little == one == one - little  # arguments, because Python adds constants when it compiles


def round_to_nearest() -> None:
    """Let floats round to nearest in this thread, if something that was loaded has changed it."""
    if not rounds_to_nearest():
        import ctypes

        ctypes.CDLL(None).fesetround(_TO_NEAREST)


def library() -> Any:
    """Return PPL, and let floats round as before.

    When it is loaded it makes them round upward, for abstractions of its own that work with floats: polyhedra of whole
    numbers do not need it. pplpy 0.8.10 takes that back, 0.9.0 does not, and float("0.3") is 0.30000000000000004 then.

    Raises
    ------
    ModuleNotFoundError
        Where it is not installed.
    """
    import ppl

    round_to_nearest()
    return ppl


class Conversion:
    """A polyhedron that starts as the whole space and takes inequalities in, or as nothing and takes points in.

    Parameters
    ----------
    dimension
        Number of coordinates.
    hull
        Whether points are taken in.

    Raises
    ------
    ModuleNotFoundError
        Where PPL is not installed.
    """

    def __init__(self, dimension: int, hull: bool) -> None:
        self.dimension, self.hull, self._ppl = dimension, hull, library()
        self._polyhedron = self._ppl.C_Polyhedron(dimension, "empty" if hull else "universe")

    def add(self, rows: Iterable[Sequence[int]]) -> None:
        """Take in rows b + a · x ≥ 0 or, for a hull, whole points."""
        expression = self._ppl.Linear_Expression
        if self.hull:
            points = self._ppl.Generator_System()
            for point in rows:
                points.insert(self._ppl.point(expression([int(v) for v in point], 0)))
            self._polyhedron.add_generators(points)
        else:
            system = self._ppl.Constraint_System()
            for row in rows:
                system.insert(expression([int(v) for v in row[1:]], int(row[0])) >= 0)
            self._polyhedron.add_constraints(system)

    def size(self) -> int:
        """Bring facets and vertices up to date; return how many numbers they have."""
        polyhedron = self._polyhedron
        return (len(polyhedron.minimized_constraints()) + len(polyhedron.minimized_generators())) * self.dimension

    def vertices(self) -> list[Row]:
        """Return the vertices: divisor > 0, then numerators, in lowest terms."""
        generators = (g for g in self._polyhedron.minimized_generators() if g.is_point())
        return [(int(g.divisor()), *self._vector(g.coefficients())) for g in generators]

    def rays(self) -> list[Row]:
        """Return the extreme rays, in lowest terms; lines are there in both directions."""
        found = []
        for generator in self._polyhedron.minimized_generators():
            row = self._vector(generator.coefficients())
            found += [row] if generator.is_ray() or generator.is_line() else []
            found += [tuple(-v for v in row)] if generator.is_line() else []
        return found

    def facets(self) -> tuple[list[Row], list[Row]]:
        """Return the irredundant inequalities (row ≥ 0) and the equations (row = 0)."""
        found: tuple[list[Row], list[Row]] = [], []
        for constraint in self._polyhedron.minimized_constraints():
            row = (int(constraint.inhomogeneous_term()), *self._vector(constraint.coefficients()))
            found[constraint.is_equality()].append(row)
        return found

    def _vector(self, coefficients: Sequence[Any]) -> Row:
        found = tuple(int(v) for v in coefficients)
        return found + (0,) * (self.dimension - len(found))


def written(rows: Iterable[Sequence[int]]) -> list[str]:
    """Return rows as texts: whole numbers of any size, in decimals."""
    return [" ".join(map(str, row)) for row in rows]


def read(texts: Iterable[str]) -> list[Row]:
    """Return the rows of texts."""
    return [tuple(map(int, text.split())) for text in texts]


def main() -> None:
    """Serve requests until standard input ends, or the parent does, or the time that a request may take."""
    _die_with_the_parent()
    conversion: Conversion | None = None
    for line in sys.stdin:
        request = json.loads(line)
        if conversion is None:
            conversion = Conversion(request["dimension"], request["hull"])
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # PPL brought handlers, which wait for the end of a step
        _limit(request["seconds"])
        for step in request["steps"]:
            conversion.add(read(step))
            conversion.size()
        inequalities, equations = map(written, conversion.facets())
        vertices = [] if conversion.hull else written(conversion.vertices())
        _limit(None)
        print(json.dumps([inequalities, equations]), json.dumps(vertices), sep="\n", flush=True)


def _limit(seconds: float | None) -> None:
    """End this process when a request takes longer, whether or not somebody is left to do so; None for no limit."""
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(0 if seconds is None else math.ceil(seconds) + 1)


def _die_with_the_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH, signal.SIGKILL)


if __name__ == "__main__":
    main()
