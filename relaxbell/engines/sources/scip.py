"""The same problem for SCIP (extra ``global``): for many parameters, with floating-point bounds."""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp

from relaxbell.engines.sources.branching import Search, Upper
from relaxbell.engines.sources.program import Box
from relaxbell.engines.sources.relaxation import Relaxation, follow
from relaxbell.engines.sources.scenario import Scenario
from relaxbell.errors import SolverError, installation
from relaxbell.lp.clock import end_of, now

_FEASIBLE = 1e-9
"""With SCIP's default of 1e-6, values were seen to be wrong by 9e-6."""


def search_with_scip(scenario: Scenario, box: Box, tolerance: float, end: float) -> Search:
    """Return SCIP's interval; only the products of free parameters are bilinear.

    Raises
    ------
    SolverError
        If PySCIPOpt is not installed, or SCIP fails.
    """
    try:
        import pyscipopt
    except ImportError:
        raise SolverError(
            f"solver='scip' needs PySCIPOpt, which is not installed. {installation('global')} Or leave solver out: "
            "branch and bound needs no extra."
        ) from None
    began = now()
    relaxation = Relaxation(scenario)
    tight = follow(scenario, box) or box
    relaxation.write(tight)
    program = relaxation.program
    model = pyscipopt.Model()
    model.hideOutput(True)
    for name, value in (
        ("limits/time", max(0.1, end - now())),
        ("limits/absgap", tolerance),
        ("numerics/feastol", _FEASIBLE),
        ("numerics/dualfeastol", 1e-9),
        ("parallel/maxnthreads", 1),
    ):
        model.setParam(name, value)
    columns = [
        model.addVar(lb=float(low), ub=float(high), obj=float(cost))
        for low, high, cost in zip(program.low, program.high, program.cost, strict=True)
    ]
    matrix = sp.csr_array(program.matrix)
    for i, (low, high) in enumerate(zip(program.lower.tolist(), program.upper.tolist(), strict=True)):
        entries = range(matrix.indptr[i], matrix.indptr[i + 1])
        row = pyscipopt.quicksum(
            float(matrix.data[k]) * columns[matrix.indices[k]] for k in entries if matrix.data[k] != 0
        )
        if low == high:
            model.addCons(row == low)
        elif math.isfinite(low):
            model.addCons(row >= low)
        else:
            model.addCons(row <= high)
    for w, x, y in relaxation.products():
        model.addCons(columns[w] == columns[x] * columns[y])
    model.optimize()
    status = model.getStatus()
    if status not in ("optimal", "timelimit", "gaplimit"):
        raise SolverError(f"SCIP ended with status {status}. Leave solver out: branch and bound needs no SCIP.")
    search = Search(lower=max(0.0, float(model.getDualbound())), boxes=int(model.getNTotalNodes()))
    if model.getNSols():
        found = np.array([model.getVal(column) for column in columns])
    else:  # in so little time: the relaxation has a model as well
        solved = relaxation.solve(tight)
        found = np.empty(0) if solved is None else solved[0]
    if len(found):
        upper = Upper(scenario)
        upper.take(search, relaxation, found)
        upper.improve(search, relaxation.point(found), search.lower, end_of(10))
    search.complete = search.value - search.lower <= tolerance
    search.seconds = now() - began
    return search
