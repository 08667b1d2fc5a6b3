"""Least mutual information: an exponential-cone program with a rigorous dual bound.

For any real z, with z_x(λ) = (Tᵀ z)_(x, λ) and q(x) = p(x) fixed by the data,

    I ≥ ⟨p̃, z⟩ − max_λ log2 Σ_x p(x) 2^{z_x(λ)} .

Proof: by the Gibbs variational principle Σ_x q(x|λ) [z_x − log2(q(x|λ)/p(x))] ≤ log2 Σ_x p(x) 2^{z_x} for
every λ; average over λ. Affine constraints on q enter z_x(λ) with their multipliers.
"""

from __future__ import annotations

import time
import warnings
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.causal.equations import Equations
from relaxbell.errors import SolverError
from relaxbell.exact.bounds import dyadic_bits, entry_error
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.measures.dependence import SettingLayout
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.terms import Floats
from relaxbell.solve.dual import DualBound
from relaxbell.solve.highs import Answer
from relaxbell.solve.program import AffineConstraint

_LIBM = 1e-9
"""Assumed relative accuracy of exp2 in float64 (it is 1e-16 in practice); only preselects candidates."""


def least_information(
    measure: MutualInformation, layout: SettingLayout, equations: Equations, affine: tuple[AffineConstraint, ...]
) -> tuple[Answer, DualBound] | None:
    """Minimize the information; None if the constraints seem infeasible.

    Raises
    ------
    SolverError
        If Clarabel does not solve the program.
    """
    import cvxpy as cp

    started = time.perf_counter()
    rows = _independent(equations)
    q = cp.Variable(measure.model.strategies.count, nonneg=True)  # not model.q, whose value is the user's
    scale = np.array([max(1.0, 1 / float(layout.weights[0]))])  # data of order one
    match = (equations.rows.matrix[rows] * scale) @ q == equations.floats[rows] * scale
    extra = [c.rows.array @ q == c.rhs if c.equality else c.rows.array @ q <= c.rhs for c in affine]
    program = cp.Problem(cp.Minimize(measure.expression_of(q)), [match, *extra])
    options = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10, "max_threads": 1}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "may be inaccurate": the rigorous bound decides
            program.solve(solver=cp.CLARABEL, accept_unknown=True, **options)
    except cp.SolverError as error:
        raise SolverError(f"Clarabel failed on {measure.name}: {error}") from None
    if program.status in ("infeasible", "infeasible_inaccurate"):
        return None
    if q.value is None:
        raise SolverError(f"Clarabel ended with status {program.status} on {measure.name}.")
    weights = np.asarray(q.value).ravel().clip(0.0)
    z = np.zeros(len(equations.rows))
    z[rows] = -np.asarray(match.dual_value).ravel() * scale
    multipliers = [
        np.ravel(c.dual_value) if a.equality else np.maximum(np.ravel(c.dual_value), 0.0)
        for c, a in zip(extra, affine, strict=True)
    ]
    bound = information_bound(equations, layout, z, affine, multipliers)
    seconds = time.perf_counter() - started
    iterations = int(program.solver_stats.num_iters or 0)
    return Answer(True, weights, z, measure.value(weights), "Clarabel", iterations, seconds), bound


def information_bound(
    equations: Equations,
    layout: SettingLayout,
    z: Floats,
    affine: tuple[AffineConstraint, ...] = (),
    multipliers: Any = (),
) -> DualBound:
    """Return the rigorous bound of the dual vector z, rounded to multiples of 2^−40 or so.

    All λ are evaluated in float64; those within reach of the maximum again in ball arithmetic.
    """
    parts = [(equations.rows, z), *((c.rows, -np.asarray(y)) for c, y in zip(affine, multipliers, strict=True))]
    grid = 1 << max(1, min(40, dyadic_bits(sum(rows.mass * float(abs(y).max(initial=0.0)) for rows, y in parts))))
    rounded = [(rows, np.rint(y * grid)) for rows, y in parts]
    size = sum(rows.mass * float(abs(y).max(initial=0.0)) for rows, y in rounded)
    values = np.asarray(sum(rows.matrix.T @ y for rows, y in rounded))
    gathered = values[layout.numbers] / grid
    weights = np.array([float(w) for w in layout.weights])
    top = gathered.max(axis=0)
    sums = top + np.log2(weights @ np.exp2(gathered - top))
    near = np.flatnonzero(sums >= sums.max() - _LIBM)
    largest = max(_upper_log_sum(values[layout.numbers[:, k]], grid, layout) for k in near)
    if not all(rows.integral for rows, _ in parts):  # log2 Σ p 2^z moves at most as far as z does
        largest += Fraction(size) * Fraction(sum(len(rows) for rows, _ in parts) + 4, grid * 2**52)
        largest += entry_error(rounded) / grid
    offset = -largest
    for c, (_, y) in zip(affine, rounded[1:], strict=True):
        terms = (Fraction(h) * Fraction(w) for h, w in zip(c.rhs.tolist(), y.tolist(), strict=True))
        offset += sum(terms, Fraction(0)) / grid
    exact: Exact = np.array([Fraction(int(v), grid) for v in rounded[0][1].tolist()], dtype=object)
    bound: ExactNumber = (exact * equations.rhs).sum() + offset
    own = tuple(np.array([Fraction(-int(v), grid) for v in y.tolist()], dtype=object) for _, y in rounded[1:])
    none = tuple(np.full(len(y), Fraction(0), dtype=object) for y in own)
    zero = DualBound(Fraction(0), np.full(len(z), Fraction(0), dtype=object), Fraction(0), affine=none)
    return max(zero, DualBound(bound, exact, offset, affine=own), key=lambda b: b.bound)


def _upper_log_sum(whole: Floats, grid: int, layout: SettingLayout) -> Fraction:
    """Return an upper bound of log2 Σ_x p(x) 2^{z_x}, by ball arithmetic."""
    import flint

    before = flint.ctx.prec
    flint.ctx.prec = 120
    try:
        two = flint.arb(2)
        total = sum(
            (
                flint.arb(flint.fmpq(w.numerator, w.denominator)) * two ** (flint.arb(int(v)) / grid)
                for w, v in zip(layout.weights, whole.tolist(), strict=True)
            ),
            flint.arb(0),
        )
        upper = (total.log() / two.log()).upper()
        mantissa, exponent = upper.man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    finally:
        flint.ctx.prec = before


def _independent(equations: Equations) -> Any:
    """Return rows of the equations that imply the others: Clarabel needs them independent.

    The Gram matrix of integer rows is factorized with pivoting; ranks of 0/1 matrices of this size are
    decided without ambiguity, and a wrong choice would only loosen the bound, which is checked.
    """
    import scipy.linalg

    matrix = equations.rows.matrix
    gram = (matrix @ matrix.T).toarray()
    _, r, pivots = scipy.linalg.qr(gram, pivoting=True)
    diagonal = abs(np.diag(r))
    rank = int((diagonal > 1e-9 * diagonal[0]).sum())
    return np.sort(pivots[:rank])
