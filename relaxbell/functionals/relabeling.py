"""Recognition of catalog functionals in disguise."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Exact, ExactNumber, common_denominator
from relaxbell.functionals import catalog
from relaxbell.functionals.exchanges import Frame
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.orbits import ORBIT_LIMIT

_LONGEST_CHAIN = 4
_MOST_OUTCOMES = 4
_ALIKE = 1e-6

_Form = tuple[int, ...]


@dataclass(frozen=True)
class Recognition:
    """functional = scale · (a relabeling of `known`) + offset, on non-signaling behaviors.

    Attributes
    ----------
    known
        The catalog functional.
    scale, offset
        Exact; the scale is positive.
    """

    known: BellFunctional
    scale: ExactNumber
    offset: ExactNumber


def recognize(functional: BellFunctional) -> Recognition | None:
    """Return the catalog functional that `functional` is up to relabeling, scale and offset, or None.

    Compared modulo normalization and no-signaling (without parties: modulo normalization). Catalog functionals of a
    smaller scenario are found in a larger one, for example CHSH among three settings, or between two of three parties.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = recognize(rb.CH)
    >>> found.known.name, found.scale, found.offset
    ('CHSH', Fraction(1, 4), Fraction(-1, 2))
    """
    frame, form = functional.frame, functional.form
    leading = next((abs(c) for c in form[1:] if c != 0), None)
    if leading is None:
        return None
    if isinstance(leading, Fraction):
        leading = Fraction(1)
    ratios = np.array([c / leading for c in form[1:]], dtype=object)  # rational, if only the scale is irrational
    if not all(isinstance(c, Fraction) for c in ratios):
        return None
    primitive, size = _primitive(ratios)
    signature = _signature(ratios, frame)
    for known in _catalog(frame):
        if not any(np.allclose(signature, other, rtol=0, atol=_ALIKE) for other in _signatures(known, frame)):
            continue  # before the orbit is enumerated, which may be long
        offset = _orbit(known, frame).get(primitive)
        if offset is not None:
            # form = size · leading · primitive + form[0];  the relabeled known one = unit · primitive + offset[0]
            constant, unit = offset
            scale = size * leading / unit
            return Recognition(known, scale, form[0] - scale * constant)
    return None


@lru_cache(maxsize=64)
def _catalog(frame: Frame) -> tuple[BellFunctional, ...]:
    """Return the catalog functionals that could occur in a scenario, the simplest first."""
    coordinates = frame.coordinates
    settings, outcomes = coordinates.inputs, coordinates.outputs
    if all(x is None for x in frame.own):
        return (catalog.pearl(), catalog.bonet()) if len(settings) == 1 and len(outcomes) == 2 else ()
    if any(x is None for x in frame.own):
        return (catalog.bilocality_i(), catalog.bilocality_j()) if len(outcomes) == 3 else ()
    # two parties with at least so many settings and outcomes
    second = [sorted(sizes)[-2] if len(sizes) > 1 else 1 for sizes in (settings, outcomes)]
    found = [catalog.CHSH, catalog.I3322]
    found += [catalog.chained(m) for m in range(3, min(second[0], _LONGEST_CHAIN) + 1)]
    found += [catalog.cglmp(d) for d in range(3, min(second[1], _MOST_OUTCOMES) + 1)]
    for n in range(3, len(outcomes) + 1):
        found += [catalog.mermin(n), catalog.svetlichny(n)]
    return tuple(found)


def _signature(linear: Exact, frame: Frame) -> NDArray[np.float64]:
    """Return what no relabeling and no positive scale changes: the sorted entries of the functional's table.

    Of all tables with the same values, up to a constant, on non-signaling behaviors, it is the shortest: the part in
    the directions of these behaviors, a space that relabelings keep.
    """
    largest = max(abs(c) for c in linear)
    form = np.array([float(c / largest) for c in linear])
    table = np.linalg.lstsq(frame.expansion[:, 1:].T.astype(float), form, rcond=None)[0]
    return np.sort(table) / np.linalg.norm(table)


@lru_cache(maxsize=256)
def _signatures(known: BellFunctional, frame: Frame) -> list[NDArray[np.float64]]:
    return [_signature(form[1:], frame) for form in _embeddings(known, frame) if any(form[1:])]


def _primitive(form: Exact) -> tuple[_Form, Fraction]:
    """Return (integers without common factor, scale) of a form without its constant."""
    denominator = common_denominator(form)
    integers = [int(c * denominator) for c in form]
    factor = math.gcd(*integers)
    return tuple(c // factor for c in integers), Fraction(factor, denominator)


def _embeddings(known: BellFunctional, frame: Frame) -> list[Exact]:
    """Return the coordinate forms of a catalog functional on each choice of parties that it fits."""
    coordinates, own = frame.coordinates, frame.own
    k, few = len(coordinates.outputs), len(known.outputs)
    found = []
    for parties in itertools.permutations(range(k), few):
        axes = _axes(known, frame, parties)
        if axes is None:
            continue
        shape = known.coefficients.shape
        if any(small > coordinates.shape[axis] for small, axis in zip(shape, axes, strict=True)):
            continue
        table = np.zeros(coordinates.shape, dtype=object)
        for index in np.ndindex(*coordinates.shape):
            mine = [index[axis] for axis in axes]
            others = [index[k + (own[i] or 0)] for i in range(k) if i not in parties and own[i] is not None]
            if any(others) or any(i >= s for i, s in zip(mine[few:], shape[few:], strict=True)):
                continue  # the parties left out are summed over, for one setting of theirs
            outcome = tuple(min(i, s - 1) for i, s in zip(mine[:few], shape[:few], strict=True))
            table[index] = known.coefficients[outcome + tuple(mine[few:])]
        form = coordinates.pull_back(table * Fraction(1))
        form[0] = form[0] + known.constant
        found.append(form)
    return found


def _axes(known: BellFunctional, frame: Frame, parties: tuple[int, ...]) -> list[int] | None:
    """Return the axis of the scenario for each axis of a catalog functional; None if the roles differ."""
    k = len(frame.coordinates.outputs)
    if known.parties is None:
        inputs = list(range(k, k + len(known.inputs)))
        return [*parties, *inputs] if len(known.inputs) == len(frame.coordinates.inputs) else None
    axis_of = {}
    for name, i in zip(known.outputs, parties, strict=True):
        setting, mine = known.parties[name], frame.own[i]
        if (setting is None) != (mine is None):
            return None
        if setting is not None and mine is not None:
            axis_of[setting] = k + mine
    return [*parties, *(axis_of[name] for name in known.inputs)]


@lru_cache(maxsize=256)
def _orbit(known: BellFunctional, frame: Frame) -> dict[_Form, tuple[Fraction, Fraction]]:
    """Return all relabelings of a catalog functional: primitive form → (constant, unit)."""
    members: dict[_Form, tuple[Fraction, Fraction]] = {}
    for start in _embeddings(known, frame):
        if not any(start[1:]) or _primitive(start[1:])[0] in members:
            continue
        denominator = common_denominator(start)
        images = frame.orbit(tuple(int(c * denominator) for c in start), ORBIT_LIMIT)
        for image in images or ():
            primitive, unit = _primitive(np.array([Fraction(c, denominator) for c in image[1:]], dtype=object))
            members[primitive] = (Fraction(image[0], denominator), unit)
    return members
