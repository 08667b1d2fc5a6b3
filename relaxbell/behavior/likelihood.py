"""Maximum likelihood within an affine hull of behaviors, in extended precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import SolverError
from relaxbell.exact.numbers import Exact

_BITS = 400
_DENOMINATOR = 2**100
_STEPS = 3000


def maximum_likelihood(counts: NDArray[np.int64], coordinates: Coordinates) -> tuple[Exact, float, int]:
    """Maximize Σ n log p over behaviors p = K (1, g) ≥ 0 with the given coordinates g.

    Damped Newton steps from white noise. Cells without counts have no term to keep them positive, so
    they get a logarithmic barrier, whose weight is lowered from 1 to 1e-45: the fit may then lie on the
    boundary, and among several maximizers the analytic center of the face is approached.

    Returns
    -------
    table, deviance, iterations
        Exact Fractions; G²; Newton steps.

    Raises
    ------
    SolverError
        If the steps do not become small.
    """
    import flint

    before = flint.ctx.prec
    flint.ctx.prec = _BITS
    try:
        return _maximize(counts, coordinates, flint)
    finally:
        flint.ctx.prec = before


def _maximize(counts: NDArray[np.int64], coordinates: Coordinates, flint: Any) -> tuple[Exact, float, int]:
    arb = flint.arb
    design = np.column_stack([coordinates.expand(unit).ravel() for unit in np.eye(coordinates.dimension + 1)])
    slopes = np.rint(design[:, 1:]).astype(int)
    noise = np.full(coordinates.shape, 1 / np.prod(coordinates.outputs))
    g = [arb(flint.fmpq(*float(v).as_integer_ratio())) for v in coordinates.project(noise)[1:]]
    n = counts.ravel().tolist()
    constants = [arb(round(v)) for v in design[:, 0]]
    sparse = [[(int(j), int(row[j])) for j in np.flatnonzero(row)] for row in slopes]
    matrix = flint.arb_mat(slopes.tolist())
    steps = 0
    barrier = arb(1) if 0 in n else arb(0)
    while True:
        weights = [arb(k) if k else barrier for k in n]
        last = barrier < arb(10) ** -44 or barrier == 0
        goal = arb(10) ** -60 if last else arb(10) ** -3
        while True:
            p = [c + sum((arb(v) * g[j] for j, v in row), arb(0)) for c, row in zip(constants, sparse, strict=True)]
            change, size = _newton_step(matrix, slopes, weights, p, flint)
            length = min(
                [arb(1)]
                + [-p_i / d * arb("0.9") for p_i, d in zip(p, _along(sparse, change, arb), strict=True) if d < 0]
            )
            g = [(x + length * d).mid() for x, d in zip(g, change, strict=True)]
            steps += 1
            if size < goal:
                break
            if steps > _STEPS:
                raise SolverError(
                    f"the likelihood fit did not converge in {_STEPS} Newton steps (last one {float(size):.3g}). "
                    "Check the counts, or merge rare outcomes."
                )
        if last:
            break
        barrier = barrier / 10
    integers = [int((x * _DENOMINATOR + arb("0.5")).floor().mid().unique_fmpz()) for x in g]
    table = coordinates.exact_table(np.array([_DENOMINATOR, *integers], dtype=object), _DENOMINATOR)
    return table, _deviance(counts, p, coordinates, arb), steps


def _newton_step(
    matrix: Any, slopes: NDArray[Any], weights: list[Any], p: list[Any], flint: Any
) -> tuple[list[Any], Any]:
    """Return the Newton direction in g and its largest relative change of a probability."""
    ratios = [w / q for w, q in zip(weights, p, strict=True)]
    curved = flint.arb_mat([[r / q * int(v) for v in row] for r, q, row in zip(ratios, p, slopes, strict=True)])
    gradient = matrix.transpose() * flint.arb_mat([[r] for r in ratios])
    direction = (matrix.transpose() * curved).solve(gradient)
    change = [direction[i, 0].mid() for i in range(direction.nrows())]
    moved = matrix * direction
    size = max(abs(moved[i, 0].mid() / q) for i, q in enumerate(p))
    return change, size


def _along(sparse: list[list[tuple[int, int]]], change: list[Any], arb: Any) -> list[Any]:
    return [sum((arb(v) * change[j] for j, v in row), arb(0)) for row in sparse]


def _deviance(counts: NDArray[np.int64], p: list[Any], coordinates: Coordinates, arb: Any) -> float:
    totals = np.broadcast_to(counts.sum(axis=tuple(range(len(coordinates.outputs)))), counts.shape).ravel()
    terms = [
        arb(int(k)) * (arb(int(k)) / (arb(int(total)) * q)).log()
        for k, total, q in zip(counts.ravel(), totals, p, strict=True)
        if k
    ]
    return max(0.0, float((2 * sum(terms, arb(0))).mid()))
