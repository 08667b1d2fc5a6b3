"""Dual polynomials: a bound of the measure over a box of marginals, in exact arithmetic.

All marginals but one of each family are affine in a few parameters ν. Over a box of ν let y(ν) and s(ν) be of degree
one and z(ν) of degree two in each parameter, and |y| ≤ 1. For every q that reproduces p and has q^a = f(ν)::

    M ≥ ⟨y(ν), q^ac − f(ν) q^c⟩ ≥ ⟨p, z(ν)⟩ + ⟨s(ν), f(ν)⟩ + min_λ r_λ(ν),
    r_λ = y_αγ − Σ_α' f_α' y_α'γ − s_α − Tᵀz    with α = α(λ), γ = γ(λ).

All of this is of degree two in each parameter. Written in Bernstein polynomials, which are not negative and sum to
one, a bound holds in the whole box if it holds for their coefficients, one for each point of {0, 1, 2}^κ.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.exact.basis import exact_product
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, common_denominator
from relaxbell.measures.groups import Group, joint_numbers

Ends = tuple[Fraction, Fraction]
Region = tuple[Ends, ...]
"""For each parameter its lower and upper end."""


@dataclass(frozen=True, eq=False)
class Family:
    """Independent groups: those whose marginals are held at f(ν), then the one that is not."""

    held: tuple[Side, ...]
    last: Group
    parameters: tuple[tuple[int, ...], ...]
    """For each held group, the numbers of its parameters."""

    @cached_property
    def joint(self) -> NDArray[np.intp]:
        """Number of (α, …, γ) in each strategy."""
        return joint_numbers([*(side.group for side in self.held), self.last])

    @property
    def weights(self) -> int:
        """Number of (α, …)."""
        return math.prod(side.group.count for side in self.held)

    def marginals(self, point: Sequence[Fraction]) -> list[Exact]:
        """Return f(ν) of each held group."""
        found = []
        for side, own in zip(self.held, self.parameters, strict=True):
            nu = np.array([point[j] for j in own], dtype=object)
            found.append(np.asarray(side.constant + (side.matrix @ nu if len(own) else 0), dtype=object))
        return found


@dataclass(frozen=True, eq=False)
class Layout:
    """The families of a scenario with their parameters, and the degrees of the polynomials."""

    scenario: Scenario
    families: tuple[Family, ...]
    parameters: int

    @staticmethod
    def of(scenario: Scenario) -> Layout:
        """Return the layout that holds all groups but one with most parameters in each family."""
        families, count = [], 0
        for product in scenario.products:
            last = max(range(len(product)), key=lambda i: (len(product[i].free), i))
            held = tuple(side for i, side in enumerate(product) if i != last)
            places = []
            for side in held:
                places.append(tuple(range(count, count + len(side.free))))
                count += len(side.free)
            families.append(Family(held, product[last].group, tuple(places)))
        return Layout(scenario, tuple(families), count)

    @property
    def columns(self) -> int:
        """Number of columns for q: a copy for each point."""
        return len(self.families[0].joint) * 3**self.parameters

    @property
    def held(self) -> list[Side]:
        """All sides with marginals f(ν)."""
        return [side for family in self.families for side in family.held]

    @cached_property
    def corners(self) -> list[tuple[int, ...]]:
        """{0, 1}^κ."""
        return list(itertools.product((0, 1), repeat=self.parameters))

    @cached_property
    def points(self) -> list[tuple[int, ...]]:
        """{0, 1, 2}^κ."""
        return list(itertools.product((0, 1, 2), repeat=self.parameters))

    @cached_property
    def terms(self) -> list[list[tuple[int, int, Fraction]]]:
        """For each point the corners i, j and weights w: the product of two polynomials is Σ w (one)_i (other)_j."""
        number = {corner: n for n, corner in enumerate(self.corners)}
        found: list[list[tuple[int, int, Fraction]]] = []
        for k in self.points:
            halves = itertools.product(*([(0, 1)] if d == 1 else [(d // 2,)] for d in k))
            options = [c for half in halves for c in itertools.product(*half)] if self.parameters else [()]
            pairs = [(i, tuple(d - e for d, e in zip(k, i, strict=True))) for i in options]
            found.append([(number[i], number[j], Fraction(1, len(pairs))) for i, j in pairs])
        return found

    def partners(self, i: int) -> list[tuple[int, int, Fraction]]:
        """Return the points k, corners j and weights w with which corner i contributes: w (one)_i (other)_j to k."""
        return [(k, j, w) for k, own in enumerate(self.terms) for corner, j, w in own if corner == i]

    def corner_values(self, region: Region) -> list[list[list[Exact]]]:
        """Return f at each corner: by corner, family and held group."""
        points = [[ends[c] for ends, c in zip(region, corner, strict=True)] for corner in self.corners]
        return [[family.marginals(point) for family in self.families] for point in points]

    def root(self, *others: Layout) -> Region:
        """Return a box that holds all marginals that are not negative: here, on lines to others, and on these.

        Between two behaviors a constant is at most the larger of both.
        """
        low, high = [Fraction(0)] * self.parameters, [Fraction(1)] * self.parameters
        places = [own for family in self.families for own in family.parameters]
        every = zip(*(layout.held for layout in (self, *others)), strict=True)
        for sides, own in zip(every, places, strict=True):
            largest = [max(map(above, constants)) for constants in zip(*(side.constant for side in sides), strict=True)]
            for constant, row in zip(largest, sides[0].matrix, strict=True):
                for c, j in zip(row, own, strict=True):
                    rest_of = ((d, m) for d, m in zip(row, own, strict=True) if m != j)
                    rest = sum((max(d * low[m], d * high[m]) for d, m in rest_of), constant)
                    if c > 0:
                        low[j] = max(low[j], -rest / c)
                    elif c < 0:
                        high[j] = min(high[j], -rest / c)
        return tuple(zip(low, high, strict=True))


def above(number: ExactNumber) -> Fraction:
    """Return a rational number that is not smaller."""
    return number.bounds()[1] if isinstance(number, Surd) else Fraction(number)


def outer(vectors: Sequence[Exact]) -> Exact:
    """Return all products of an entry of each vector, the last changing fastest."""
    total = np.array([Fraction(1)], dtype=object)
    for vector in vectors:
        total = np.multiply.outer(total, vector).ravel()
    return total


def lower_bound(layout: Layout, region: Region, y: Sequence[Exact], s: Sequence[Exact], z: Exact) -> ExactNumber:
    """Return what dual polynomials prove over a box, in exact arithmetic (irrational f: rounded downwards).

    Raises
    ------
    ValueError
        If some |y| > 1.
    """
    if any(abs(v) > 1 for own in y for v in own.ravel()):
        raise ValueError("|y| > 1")
    values, equations = layout.corner_values(region), layout.scenario.equations
    transposed = sp.csr_array(sp.csc_array(equations.rows.matrix, dtype=np.int64).T)
    mass = int(abs(transposed).sum(axis=1).max(initial=0))
    best: ExactNumber | None = None
    for k, terms in enumerate(layout.terms):
        constant: ExactNumber = (z[k] * equations.rhs).sum()
        blocks: list[tuple[NDArray[np.intp], Exact]] = []
        place = 0
        for f, family in enumerate(layout.families):
            own: Any = sum(w * y[f][i] for i, _, w in terms)
            shape = (family.weights, family.last.count)
            product: Any = sum(w * (outer(values[j][f]) @ y[f][i].reshape(shape)) for i, j, w in terms)
            blocks.append((family.joint, own))
            blocks.append((family.last.numbers, np.array([-above(v) for v in product], dtype=object)))
            for g, side in enumerate(family.held):
                shift: Any = sum(w * s[place][i] for i, _, w in terms)
                constant = constant + sum((w * (s[place][i] * values[j][f][g]).sum() for i, j, w in terms), Fraction(0))
                blocks.append((side.group.numbers, -shift))
                place += 1
        scale = common_denominator([*z[k], *(v for _, own in blocks for v in own)])
        r: Any = -exact_product(transposed, [int(v * scale) for v in z[k]], mass).astype(object)
        for numbers, own in blocks:
            r = r + np.array([int(v * scale) for v in own], dtype=object)[numbers]
        found = constant + Fraction(int(r.min()), scale)
        best = found if best is None or found < best else best
    assert best is not None  # there is at least one point
    return best
