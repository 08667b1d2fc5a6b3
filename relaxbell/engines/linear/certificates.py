"""The certificate of a solution, and of an infeasibility.

The format and the inequality are described in `relaxbell.verify`, which rebuilds everything but the numbers from
the graph. Here the problem and the dual data behind a solution are written in that format; what the verifier
would not grant is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.anything import ANY
from relaxbell.causal.equations import Equations, all_settings, normalized_settings
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.certificate.claims import (
    Certificate,
    as_data,
    as_text,
    as_texts,
    checked,
    claimed,
    refused,
    with_strategies,
)
from relaxbell.engines.linear.dual import Proof
from relaxbell.errors import CertificateError, ModelTooLargeError
from relaxbell.exact.numbers import Exact, ExactNumber, Surd
from relaxbell.exact.rows import Rows
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import stated_weights
from relaxbell.verify import SCHEMA, Refused, digests

_MOST_STRATEGIES = 50_000
"""Models of more strategies are not written into certificates."""


def linear_certificate(measure: Measure, proof: Proof, value: ExactNumber | None = None) -> Certificate:
    """Return the certificate of a minimum, or that it is no less than a `value` below the proof's bound.

    Raises
    ------
    CertificateError
        If its measure states no definition, or the proof exceeds the verifier's limits.
    """
    try:
        data = common_data(measure.model, proof)
        data["measure"] = as_data(measure.statement())
        data["proof"] = proof_data(measure.model, proof)
    except ModelTooLargeError as large:
        raise CertificateError(
            f"no certificate: rows of one's own are written out, and {large} Use measures whose rows the verifier "
            "makes: influence(…), average_causal_effect(…), message_weight(…)."
        ) from None
    primal = proof.primal
    if primal is not None and proof.support is not None:  # written down when it is asked for
        try:
            primal = primal if len(primal) <= _MOST_STRATEGIES else None
        except ModelTooLargeError:
            primal = None
    return with_strategies(data, proof.bound.bound if value is None else value, primal, tight=True)


def bound_certificate(measure: Measure, proofs: Mapping[str, Proof], lower_bound: float) -> Certificate:
    """Return the certificate of a lower bound whose row weights the verifier does not need; errors as before.

    Parameters
    ----------
    measure
        Of which it is a bound.
    proofs
        By name where there are several; a single one has the name "".
    lower_bound
        What is claimed.
    """
    first = next(iter(proofs.values()))
    data = common_data(measure.model, first)
    data["measure"] = as_data(measure.statement())
    parts = {name: proof_data(measure.model, proof, stated=False) for name, proof in proofs.items()}
    data["proof"] = parts.get("", parts)
    return claimed(data, Fraction(lower_bound))


def infeasibility_certificate(model: CausalModel, proof: Proof) -> Certificate:
    """Return the certificate of a proof that nothing satisfies the constraints; errors as `linear_certificate`."""
    data = common_data(model, proof) | {"measure": None, "proof": proof_data(model, proof, stated=False)}
    data["claim"] = {"infeasible": True}
    return checked(data)


def data_digest(model: CausalModel, observed: Behavior | Observed) -> str:
    """Return the digest by which the claim of a certificate names its data and settings.

    Two behaviors have the same digest if and only if (but for collisions of SHA-256) they are the same numbers for the
    same names; the order of outputs and of inputs does not matter. The settings are the model's `input_distribution`.

    Parameters
    ----------
    model
        The model of the certificate.
    observed
        The data: a behavior, or values of functionals. Floats are read as in `minimize`.

    Returns
    -------
    str
        16 hexadecimal digits: the beginning of the SHA-256 of a text that is described in `relaxbell.verify`.

    Raises
    ------
    BehaviorError
        If the data do not fit the model.
    CertificateError
        If numbers or the model exceed the verifier's limits.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model, p = rb.input_signaling(), rb.boxes.pr()
    >>> rb.data_digest(model, p) in rb.minimize(rb.influence(model, "X", "B"), p).certificate.claim
    True
    >>> rb.data_digest(model, p) == rb.data_digest(model, rb.boxes.tsirelson())
    False
    """
    nothing: dict[str, Any] = {"measure": None, "constraints": [], "claim": {}, "proof": {}}
    try:
        (found,) = digests(given_data(model, model.equations(observed)) | nothing)
    except Refused as refusal:
        raise refused(refusal) from None
    return found


def given_data(model: CausalModel, equations: Equations, limits: Sequence[ExactNumber] = ()) -> dict[str, Any]:
    """Return what is given: the graph, the data, and the root in their numbers and in those of the limits."""
    table: Iterable[ExactNumber] = [] if equations.behavior is None else equations.behavior.table.ravel()
    data = {"schema": SCHEMA} | _root([*equations.rhs, *table, *limits])
    return data | {"model": model_data(model), "observed": _observed(model, equations)}


def common_data(model: CausalModel, proof: Proof) -> dict[str, Any]:
    """Return everything but measure, claim and proof."""
    problem = proof.problem
    if proof.bound.unstated:
        raise CertificateError(
            f"no certificate: the bound was found without a list of {model.strategies.count_text} strategies, and the "
            f"verifier checks {proof.bound.unstated} with a list only. Use budgets of influences, effects, messages "
            "and M, or fewer settings; the bound itself is rigorous."
        )
    budgets = (*problem.budgets, *problem.information)
    limits = [*(b.limit for b in budgets), *(limit for c in problem.affine for limit in c.rhs)]
    data = given_data(model, problem.equations, limits)
    data["constraints"] = [
        {"measure": as_data(b.measure.statement()), "limit": as_text(b.limit)} for b in problem.budgets
    ]
    data["constraints"] += [part for c in problem.affine for part in _affine(c)]
    data["constraints"] += [
        {"measure": as_data(b.measure.statement()), "limit": as_text(b.limit)} for b in problem.information
    ]
    return data


def _root(numbers: Iterable[ExactNumber]) -> dict[str, Any]:
    """Return the root in some numbers, if there is one."""
    roots = {number.n for number in numbers if isinstance(number, Surd)}  # one at most: minimize checks that
    return {"root": roots.pop()} if roots else {}


def model_data(model: CausalModel) -> dict[str, Any]:
    """Return the graph of a model, or of each structure of a mixture, as it stands in certificates."""
    if isinstance(model, Mixture):
        return {"mixture": [model_data(own) if isinstance(own, CausalModel) else ANY for own in model.structures]}
    table = model.input_distribution.table
    if not model.inputs_connected and model.dependent_inputs:  # floats are read as independent only to rounding
        table = model.input_distribution.product(model.free_inputs, model.dependent_inputs)
    latents, absorbed = model.latents, set[str]()
    if len(latents) > 1 and model.has_free_strategies:  # one of them reaches all that the others do
        kept = next(u for u in latents if all(u in model.parents(name) for name in model.responding))
        latents, absorbed = (kept,), set(latents) - {kept}
    return {
        "latents": list(latents),
        "nodes": [
            {
                "name": name,
                "cardinality": model.cardinality[name],
                "parents": [n for n in model.parents(name) if n not in absorbed],
            }
            for name in (*model.free_inputs, *model.responding)
        ],
        "outputs": list(model.outputs),
        "inputs": list(model.inputs),
        "input_distribution": as_texts(np.asarray(table).ravel()),
    }


def _observed(model: CausalModel, equations: Equations) -> dict[str, Any]:
    if equations.behavior is not None:
        table = {"behavior": as_texts(equations.behavior.table.ravel())}
        return table if not equations.distance else table | {"rounded": -math.frexp(equations.distance)[1]}
    assert equations.tables is not None  # observed_equations gives them
    count = len(equations.rhs) - len(_normalized(model))
    pairs = zip(equations.tables[:count], equations.rhs[:count], strict=True)
    return {"values": [{"coefficients": as_texts(table), "value": as_text(value)} for table, value in pairs]}


def polynomial_data(
    model: CausalModel, proof: Proof, tables: Sequence[Exact], sides: Sequence[Exact]
) -> dict[str, Any]:
    """Return what is observed of a family, tables or right-hand sides by powers, and the root of its numbers."""
    equations = proof.problem.equations

    def texts(rows: Sequence[Exact]) -> list[dict[str, Any]]:
        return [{"polynomial": as_texts(column)} for column in zip(*(row.ravel() for row in rows), strict=True)]

    limits = [b.limit for b in proof.problem.budgets]
    found = _root([*(v for row in (*tables, *sides) for v in row.ravel()), *limits])
    if equations.behavior is not None:
        return found | {"observed": {"behavior": texts(tables)}}
    assert equations.tables is not None  # observed_equations gives them
    count = len(equations.rhs) - len(_normalized(model))
    pairs = zip(equations.tables[:count], texts(sides)[:count], strict=True)
    return found | {"observed": {"values": [{"coefficients": as_texts(t), "value": v} for t, v in pairs]}}


def _affine(constraint: AffineConstraint) -> list[dict[str, Any]]:
    """Return one constraint for each row, and another one from below for an equality."""
    rows, found = constraint.rows, []
    for i, limit in enumerate(constraint.rhs.tolist()):
        for sign in (1, -1) if constraint.equality else (1,):
            row = {"kind": "rows", "rows": [_texts(rows, i, sign)], "groups": []}
            found.append({"measure": row, "limit": as_text(sign * limit)})
    return found


def _texts(rows: Rows, i: int, sign: int) -> list[list[Any]]:
    return as_data([[number, sign * value] for number, value in rows.sparse(i)])


def proof_data(model: CausalModel, proof: Proof, *, stated: bool = True) -> dict[str, Any]:
    """Return the dual data of a proof, with the weights of the objective's rows where these are `stated`."""
    problem, bound = proof.problem, proof.bound
    weights: Any = None
    if stated:
        own = stated_weights(problem.objective, Fraction(1), bound.weights) if bound.stated is None else bound.stated
        weights = as_data(own)
    constraints = []
    for budget, share in zip(problem.budgets, bound.budgets, strict=True):
        own = as_data(stated_weights(budget.measure.term, share, bound.weights))
        constraints.append({"multiplier": as_text(share), "weights": own})
    for constraint, part in zip(problem.affine, bound.affine, strict=True):
        for y in part:
            shares = (max(y, 0), max(-y, 0)) if constraint.equality else (y,)
            constraints += [{"multiplier": as_text(share), "weights": None} for share in shares]
    bits = bound.information or (Fraction(0),) * len(problem.information)
    constraints += [{"multiplier": as_text(share), "weights": None} for share in bits]
    return {"z": as_texts(multipliers(model, proof)), "weights": weights, "constraints": constraints}


def multipliers(model: CausalModel, proof: Proof) -> list[Any]:
    """Return the multipliers of the data, then of the normalization, one for each setting of all inputs."""
    z, used = list(proof.bound.z), _normalized(model)
    known = dict.fromkeys(all_settings(model), Fraction(0))
    if proof.problem.equations.tables is not None:
        known |= dict(zip(used, z[len(z) - len(used) :], strict=True))
        del z[len(z) - len(used) :]
    return [*z, *known.values()]


def _normalized(model: CausalModel) -> list[tuple[int, ...]]:
    """Return the settings for which `normalization_equations` has a row, in its order."""
    return normalized_settings(model, at_each=model.inputs_connected or model.has_any)
