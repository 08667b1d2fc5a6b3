"""Bounds of a program that was given no time: from a few inequalities that the data violate, instead of all data."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.engines.early import Block, multipliers, violated
from relaxbell.engines.linear.priced.form import PricedForm, Pricer
from relaxbell.engines.linear.priced.master import Master
from relaxbell.engines.linear.priced.orbits import Orbits
from relaxbell.engines.linear.priced.proving import rigorous
from relaxbell.errors import SolverError
from relaxbell.exact.local_rows import LocalRows, Tables
from relaxbell.lp.clock import TimeLimitError, a_moment

_MOMENT = 0.3
"""Seconds for them, when the time is over."""

_MOST = 2
"""Inequalities that are used."""


def early_bound(form: PricedForm, pricer: Pricer, size: float, known: float) -> float:
    """Return a rigorous bound, of all strategies; one that is known where none is found that is better.

    The data are replaced by what they say of a few inequalities, and rows of measures that speak of anything else are
    left out: then few strategies are needed, and few of the tables decide what they cost.
    """
    with a_moment(_MOMENT), contextlib.suppress(TimeLimitError):
        found = violated(form.problem.equations)
        if found is not None:
            blocks = [found.most, *itertools.islice(found.apart, _MOST - 1)]
            return _bound(form, pricer, size, known, blocks)
    return known


def _bound(form: PricedForm, pricer: Pricer, size: float, known: float, blocks: Sequence[Block]) -> float:
    equations = form.problem.equations
    rows = sp.csr_array(np.array([-multipliers(equations, [block], [1.0]) for block in blocks]))
    near = _Near.of(form, np.unique(rows.indices))
    height, first = form.map.shape[0], form.program.equations.start
    wide = sp.csr_array((rows.data, rows.indices + first, rows.indptr), (len(blocks), height))
    rest = sp.csr_array((np.ones(len(near.rest)), (np.arange(len(near.rest)), near.rest)), (len(near.rest), height))
    quick = Pricer(near.tables) if type(pricer) is Pricer else pricer
    master = Master(form, quick, Orbits(sp.csr_array(sp.vstack([wide, rest], format="csr")), ()), size)
    with contextlib.suppress(TimeLimitError, SolverError):
        master.minimize(warm=False)
    return max(known, rigorous(form, quick, master.duals).value) if master.bound > known else known


@dataclass(frozen=True, eq=False)
class _Near:
    """What speaks of nothing but what decides some equations.

    Attributes
    ----------
    rest
        Rows of the program, other than equations.
    tables
        All rows of the form, without the tables that only rows elsewhere have.
    """

    rest: NDArray[np.intp]
    tables: LocalRows

    @classmethod
    def of(cls, form: PricedForm, used: NDArray[np.intp]) -> _Near:
        rows, height = form.rows, form.map.shape[0]
        touched = np.zeros((len(rows), len(rows.domains)), dtype=bool)
        for part in rows.parts:
            own = part.rows.reshape(len(part.scopes), -1)
            for k in range(part.scopes.shape[1]):
                touched[own, part.scopes[:, [k]]] = True
        involved = np.asarray(touched[used].any(axis=0))
        near = np.array(~(touched & ~involved).any(axis=1), dtype=bool)
        parts = []
        for part in rows.parts:
            kept = near[part.rows.reshape(len(part.scopes), -1)].any(axis=1)
            if kept.any():
                parts.append(Tables(part.scopes[kept], part.rows[kept], part.values[kept]))
        elsewhere = sp.coo_array(form.map[:, np.flatnonzero(~near)])
        rest = np.flatnonzero(np.bincount(elsewhere.row, minlength=height) == 0)
        equations = np.arange(height)[form.program.equations]
        return cls(np.setdiff1d(rest, equations), LocalRows(rows.domains, parts, rows.labels))
