"""The certificate of a network's least non-bilocality: boxes of marginals with dual polynomials, or fixed marginals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate, as_text, as_texts, with_strategies
from relaxbell.engines.linear.certificates import given_data
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.sources.cover import Cover, Piece
from relaxbell.engines.sources.polynomials import Layout
from relaxbell.engines.sources.proving import layout_of
from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.engines.sources.settings import restricted_to
from relaxbell.engines.sources.solution import FixedSolution, NetworkSolution
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import Exact, ExactNumber, common_denominator
from relaxbell.measures.groups import Group
from relaxbell.measures.products import FixedNonbilocality, statement_of


def network_certificate(solution: NetworkSolution) -> Certificate:
    """Return the certificate of a network's solution.

    Raises
    ------
    CertificateError
        If the bound is SCIP's, if there is no such proof (see `NetworkSolution.boxes`), or as in
        `relaxbell.engines.linear.certificates.linear_certificate`.
    """
    measure = solution.measure
    if solution.kind != "rigorous":
        raise CertificateError(
            f"the lower bound of {measure.name} is SCIP's, in floating point: expected a rigorous one. Minimize it "
            "without solver='scip'."
        )
    model = measure.model
    assert isinstance(solution.observed, Behavior)  # the measure needs one
    p = model.match(solution.observed)
    attained = solution.attained if solution.exact is not None else None
    bound = Fraction(solution.lower_bound) if attained is None else attained
    found = solution.boxes
    if not found.settings:
        layout = layout_of(model, p)
        return covered(model, layout, found.cover, bound, solution.primal)
    whole, layout = layout_of(model, p), layout_of(*restricted_to(model, p, found.settings))
    data = _common(whole.scenario.equations, model, [[*family.held, family.last] for family in layout.families])
    data["measure"]["settings"] = [[name, list(values)] for name, values in found.settings.items()]
    data["proof"] = _proof(layout, found.cover)
    return with_strategies(data, bound, solution.primal)


def covered(
    model: CausalModel,
    layout: Layout,
    found: Cover,
    bound: ExactNumber,
    primal: Mapping[int, ExactNumber] | None,
    *others: Layout,
) -> Certificate:
    """Return the certificate of boxes that hold all marginals, on the lines to other behaviors as well."""
    equations = layout.scenario.equations
    data = _common(equations, model, [[*family.held, family.last] for family in layout.families])
    data["proof"] = _proof(layout, found, *others)
    return with_strategies(data, bound, primal)


def _proof(layout: Layout, found: Cover, *others: Layout) -> dict[str, Any]:
    return {
        "marginals": [_marginal(layout.scenario, side) for side in layout.held],
        "region": [as_texts(ends) for ends in layout.root(*others)],
        "cover": _tree(found),
    }


def fixed_solution_certificate(solution: FixedSolution) -> Certificate:
    """Return the certificate of the linear program at fixed marginals: one box that is a point."""
    measure, proof = solution.measure, solution.proof
    assert isinstance(measure, FixedNonbilocality)  # as the engine of this measure makes it
    assert proof is not None
    return fixed_certificate(measure, proof, proof.bound.bound if proof.primal else Fraction(solution.lower_bound))


def fixed_certificate(measure: FixedNonbilocality, proof: Proof, bound: ExactNumber) -> Certificate:
    """Return the certificate of a proof at fixed marginals; errors as in `network_certificate`."""
    if proof.problem.budgets or proof.problem.affine:
        raise CertificateError(
            f"{measure.name} was minimized within constraints: expected none, as the verifier of networks knows none. "
            "Minimize it without subject_to."
        )
    equations = proof.problem.equations
    held = [[g for g in product if g.name in measure.fixed] for product in measure.products]
    last = [next(g for g in product if g.name not in measure.fixed) for product in measure.products]
    data = _common(equations, measure.model, [[*own, group] for own, group in zip(held, last, strict=True)])
    flat = [group for own in held for group in own]
    data["measure"]["fixed"] = [as_texts(measure.fixed[group.name]) for group in flat]
    cells = math.prod(measure.model.observed_shape)
    s = {group.name: [Fraction(0)] * group.count for group in flat}
    named = {label: (group.name, i) for group in flat for i, label in enumerate(group.labels)}
    for label, multiplier in zip(equations.rows.labels[cells:], proof.bound.z[cells:], strict=True):
        name, place = named[label]
        s[name][place] = multiplier
    y = [proof.bound.weights[leaf] for leaf in proof.problem.objective.leaves()]
    leaf = {
        "y": [[as_texts(own)] for own in y],
        "s": [[as_texts(s[group.name])] for group in flat],
        "z": [as_texts(proof.bound.z[:cells])],
    }
    data["proof"] = {"marginals": [], "region": [], "cover": leaf}
    return with_strategies(data, bound, proof.primal)


def _common(equations: Equations, model: CausalModel, products: Sequence[Sequence[Side | Group]]) -> dict[str, Any]:
    groups = [[own if isinstance(own, Group) else own.group for own in product] for product in products]
    return given_data(model, equations) | {"measure": statement_of(model, groups), "constraints": []}


def _marginal(scenario: Scenario, side: Side) -> dict[str, Any]:
    """Return q^a = f(ν) with the multipliers of the data from which it follows."""
    multipliers = _multipliers(scenario, side)
    constant = multipliers @ scenario.equations.rhs
    return {
        "free": list(side.free),
        "constant": as_texts(constant),
        "matrix": [as_texts(row) for row in side.matrix],
        "multipliers": [as_texts(row) for row in multipliers],
    }


def _multipliers(scenario: Scenario, side: Side) -> Exact:
    """Return m, one row for each α, with Tᵀ m = [α] − Σ matrix [free]."""
    import flint

    kept, group = scenario.kept, side.group
    observed = scenario.matrix.toarray().astype(int)
    wanted = -side.matrix @ np.eye(group.count, dtype=int).astype(object)[list(side.free)] if side.free else 0
    wanted = np.eye(group.count, dtype=int).astype(object) + wanted  # rows: α; columns: values of the group
    unit = common_denominator(Fraction(v) for v in wanted.ravel())
    whole = np.array([[int(v * unit) for v in row] for row in wanted], dtype=object)
    columns = whole[:, group.numbers]
    count = len(observed)
    reduced = flint.fmpz_mat([[*t, *w] for t, w in zip(observed.T.tolist(), columns.T.tolist(), strict=True)]).rref()[0]
    found = np.full((group.count, len(scenario.equations.rhs)), Fraction(0), dtype=object)
    for i, row in enumerate(kept.tolist()):
        for alpha in range(group.count):
            found[alpha, row] = Fraction(int(reduced[i, count + alpha]), int(reduced[i, i]) * unit)
    return found


def _tree(own: Cover) -> Mapping[str, Any]:
    if isinstance(own, Piece):
        return {
            "y": [[as_texts(corner) for corner in part] for part in own.y],
            "s": [[as_texts(corner) for corner in part] for part in own.s],
            "z": [as_texts(point) for point in own.z],
        }
    return {"split": own.parameter, "at": as_text(own.at), "below": _tree(own.below), "above": _tree(own.above)}
