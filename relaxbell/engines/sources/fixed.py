"""Minimization at fixed marginals: a linear program, solved exactly where possible (Eqs. 46–53, erratum E3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.equations import Equations
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.exactness import exact_proof
from relaxbell.engines.linear.program import Problem, linear_program
from relaxbell.engines.linear.settled import settled
from relaxbell.errors import InfeasibleError
from relaxbell.exact.numbers import Exact, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.simplex import Contradiction
from relaxbell.lp.highs import solve_highs
from relaxbell.measures.groups import Group
from relaxbell.measures.marginals import marginal_constraints, solve_affine
from relaxbell.measures.products import FixedNonbilocality
from relaxbell.measures.terms import fresh

_PIVOTED = 3000
"""Most columns of a program that is solved by exact pivots as a matter of course."""

_AGREE = 1e-9
"""How far fixed marginals may miss p(a|x)."""


@dataclass(frozen=True, eq=False)
class WithMarginals(Equations):
    """Equations of a behavior, then of marginals of q; functionals are of the behavior only."""

    observed: int = 0

    def functional(self, z: Exact) -> Exact:
        """Return the coefficients over p(outputs|inputs) of the behavior's own equations."""
        return super().functional(z[: self.observed])


def with_marginals(measure: FixedNonbilocality, equations: Equations) -> WithMarginals:
    """Return the equations with q^a = f(ν) for the fixed marginals.

    Raises
    ------
    InfeasibleError
        If a fixed marginal contradicts the behavior's p(a|x).
    """
    groups = {g.name: g for product in measure.products for g in product}
    blocks, labels, rhs = [equations.rows.matrix], [*equations.rows.labels], [equations.rhs]
    for name, own in measure.fixed.items():
        group = groups[name]
        free = _check(measure, group, own, equations)
        blocks.append(group.rows[list(free)])
        labels += [group.labels[i] for i in free]
        rhs.append(own[list(free)])
    kept = {k: v for k, v in vars(equations).items() if k in Equations.__dataclass_fields__}
    matrix = sp.csr_array(sp.vstack(blocks, format="csr"))
    kept |= {"rows": Rows(matrix, tuple(labels)), "rhs": np.concatenate(rhs)}
    return WithMarginals(**kept, observed=len(equations.rows))


def _check(measure: FixedNonbilocality, group: Group, own: Exact, equations: Equations) -> tuple[int, ...]:
    rows, rhs = marginal_constraints(group, equations.rhs)
    free, constant, matrix = solve_affine(rows, rhs)
    follows = constant + (matrix @ own[list(free)] if free else 0)
    gap = abs(to_floats(follows) - to_floats(own))
    worst = int(gap.argmax())
    if gap[worst] > _AGREE:
        raise InfeasibleError(
            f"{measure.name}: {group.labels[worst]} is fixed at {float(own[worst]):.9g}, but p({group.name}|…) "
            f"requires {float(follows[worst]):.9g} together with the other entries. See marginal_parameters(model, p).",
            model=measure.model,
        )
    return free


def exact_fixed(measure: FixedNonbilocality, equations: Equations) -> Proof | None:
    """Return the exact solution at fixed marginals if the solver's basis gives it without repair, else None.

    Where they have no small common denominator it is found by exact pivots.
    """
    problem = Problem(fresh(measure.term), with_marginals(measure, equations))
    program = linear_program(problem)
    if program.integers is None and program.matrix.shape[1] <= _PIVOTED:
        found = settled(problem)
        return found[1] if found is not None and not isinstance(found, Contradiction) else None
    answer = solve_highs(program.matrix, program.cost, program.lower, program.upper)
    return exact_proof(problem, program, answer, thorough=False) if answer.feasible else None
