"""From the duals of a priced problem to a rigorous bound, and where that is possible to the exact least value.

What is claimed is evaluated over all strategies and with all rows, by elimination in whole numbers: neither the pool of
strategies nor the symmetry that merged rows needs to be believed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.linear.dual import DualBound, Least, Part, dual_bound
from relaxbell.engines.linear.exactness import dual_data
from relaxbell.engines.linear.priced.form import PricedForm, Pricer
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits
from relaxbell.engines.linear.program import Problem, all_leaves
from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.numbers import Exact, ExactNumber, Floats
from relaxbell.lp.clock import passed
from relaxbell.lp.vertex import LARGEST_BASIS, optimal_vertex

_EXACT_ROUNDS = 20
"""Of adding strategies that exact duals violate; one or two are usual."""

_ADDED = 100


def least_of(pricer: Pricer) -> Least:
    """Return what finds the least combination of the rows over all strategies, exactly."""

    def least(parts: Sequence[Part]) -> Fraction:
        weights = [Fraction(int(w)) * rows.scale for rows, own in parts for w in own.tolist()]
        return _least(pricer, weights)

    return least


def _least(pricer: Pricer, weights: Sequence[Fraction]) -> Fraction:
    common = math.lcm(*(w.denominator for w in weights))
    whole = [int(w * common) for w in weights]
    size = max(map(abs, whole), default=0)
    return Fraction(pricer.least(np.array(whole, dtype=np.int64 if size < 2**60 else object)), common)


def rigorous(form: PricedForm, pricer: Pricer, duals: Floats) -> DualBound:
    """Return the rigorous bound that duals of the form's program give."""
    return dual_bound(form.problem, form.program, duals, least_of(pricer))


def exact_solution(
    form: PricedForm, pricer: Pricer, orbits: Orbits, master: Master, *, thorough: bool
) -> tuple[DualBound, dict[int, ExactNumber]] | None:
    """Return the exact least value with its duals, and the weights of strategies that attain it; None without them.

    The merged program is solved exactly from the solver's basis, among the strategies of the pool. Its duals are
    checked for all strategies; those that violate them are added. Its weights are spread over the images of each.
    """
    program = form.program
    if not program.exact or orbits.merge.shape[0] > LARGEST_BASIS:
        return None
    units = np.asarray(orbits.merge @ program.units.astype(float)) / np.asarray(orbits.merge.sum(axis=1)).ravel()
    right = _sums(orbits.merge, program.rhs) * units.astype(np.int64).astype(object)
    rhs = RightHandSide.read(np.array([*right.tolist(), Fraction(1)], dtype=object))
    for _ in range(_EXACT_ROUNDS):
        basis = master.basis()
        integers = _integers(form, orbits, master, units)
        if basis is None or integers is None or passed():
            return None
        found = optimal_vertex(integers, basis, rhs, thorough=thorough)
        if found is None:
            return None
        primal, dual = found
        common = dual.denominator * program.cost_unit
        *numerators, total = dual.numerators
        merged = [Fraction(int(u) * v, common) for u, v in zip(units.tolist(), numerators, strict=True)]
        slack = Fraction(total, common)  # of Σ q ≤ 1
        place = orbits.merge.tocsc().indices  # the orbit of each row
        bound = dual_data(form.problem, program, np.array([merged[k] for k in place.tolist()], dtype=object))
        weights = _priced_weights(form.problem, bound)
        if _least(pricer, weights) >= slack:
            bound = replace(bound, bound=bound.bound + slack, offset=bound.offset + slack)
            pairs = zip(primal.basis.columns.tolist(), primal.values, strict=True)
            first = len(master.auxiliary_cost)
            used = {j - first: v for j, v in pairs if j >= first and v != 0}
            attained = _attained(form, orbits, master, used)
            return None if attained is None else (bound, attained)
        top, best = pricer.best(np.array([float(w) for w in weights]))
        flat = top.ravel()
        worst = np.argsort(-flat, kind="stable")[:_ADDED]
        master.add(best.assignments(worst[flat[worst] >= -float(slack)]))
        master.solve()
    return None


def _integers(form: PricedForm, orbits: Orbits, master: Master, units: Floats) -> IntegerProgram | None:
    """Return the merged program of the pool in whole numbers."""
    columns, costs = form.columns(master.pool)
    scale = sp.diags_array(units)
    matrix = sp.hstack([scale @ master.auxiliary, scale @ orbits.merge @ columns], format="csc")
    last = np.concatenate([np.zeros(len(master.auxiliary_cost)), form.sizes(master.pool)])
    matrix = sp.csc_array(sp.vstack([matrix, sp.csc_array(last[None, :])], format="csc"))
    cost = np.concatenate([master.auxiliary_cost, costs]) * form.program.cost_unit
    size = max(abs(matrix.data).max(initial=0.0), abs(cost).max(initial=0.0))
    whole = np.rint(matrix.data)
    if size >= EXACT or abs(whole - matrix.data).max(initial=0.0) > 1e-6:
        return None
    less = np.append(np.asarray(orbits.merge @ np.isinf(form.program.lower).astype(float)) > 0, True)
    exact = sp.csc_array((whole.astype(np.int64), matrix.indices, matrix.indptr), shape=matrix.shape)
    return IntegerProgram(exact, np.rint(cost).astype(np.int64), ~less)


def _sums(merge: sp.csr_array, values: Exact) -> Exact:
    """Return exact sums over orbits."""
    found = np.empty(merge.shape[0], dtype=object)
    for k in range(merge.shape[0]):
        own = merge.indices[merge.indptr[k] : merge.indptr[k + 1]]
        total: ExactNumber = Fraction(0)
        for i in own.tolist():
            total = total + values[i]
        found[k] = total
    return found


def _priced_weights(problem: Problem, bound: DualBound) -> list[Fraction]:
    """Return the weights of all rows in the reduced cost of a strategy, with their scales."""
    found = [-Fraction(v) * problem.equations.rows.scale for v in bound.z.tolist()]
    for leaf in all_leaves(problem):
        found += [Fraction(v) * leaf.rows.scale for v in bound.weights[leaf].tolist()]
    for constraint, own in zip(problem.affine, bound.affine, strict=True):
        found += [Fraction(v) * constraint.rows.scale for v in own.tolist()]
    return found


def _attained(
    form: PricedForm, orbits: Orbits, master: Master, used: dict[int, ExactNumber]
) -> dict[int, ExactNumber] | None:
    """Return the weights of strategies, spread over their images; None if these miss an equation."""
    chosen = sorted(used)
    spread = orbits.images(master.pool[chosen])
    if spread is None:
        return None
    images, origin = spread
    count = np.bincount(origin, minlength=len(chosen)).tolist()
    shares = [used[j] * Fraction(1, count[k]) for k, j in enumerate(chosen)]
    if orbits.moves and not _reproduces(form, images, origin, shares):
        return None
    return form.spread(images, [shares[k] for k in origin.tolist()])


def _reproduces(
    form: PricedForm, images: NDArray[np.int64], origin: NDArray[np.intp], shares: Sequence[ExactNumber]
) -> bool:
    """Return whether weighted strategies satisfy all rows, exactly, where merged rows are known to hold."""
    rows = form.problem.equations.rows
    per = np.zeros((len(rows), len(shares)), dtype=np.int64)
    matrix = form.equation_entries(images).tocoo()
    np.add.at(per, (matrix.coords[0], origin[matrix.coords[1]]), np.rint(matrix.data).astype(np.int64))
    for i, right in enumerate(form.problem.equations.rhs.tolist()):
        total: ExactNumber = Fraction(0)
        for k in np.flatnonzero(per[i]).tolist():
            total = total + shares[k] * Fraction(int(per[i, k]))
        if total * rows.scale != right:
            return False
    return True
