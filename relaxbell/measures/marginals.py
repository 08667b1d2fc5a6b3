"""What a behavior says about the marginal q^a of a group of independent nodes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact
from relaxbell.measures.products import Group, MarginalParameters, nonbilocality, solve_affine


def marginal_constraints(group: Group, probabilities: Exact) -> tuple[NDArray[np.int64], Exact]:
    """Return (R, r) with R q^a = r for every q that reproduces the behavior: p(a|x) = Σ_α [α_x = a] q^a_α, Eq. (56).

    Rows are of the nodes of the group that respond to no node outside it. `probabilities` are those of the outputs and
    dependent inputs given the free ones, in the model's order: exact numbers or sympy expressions.
    """
    model = group.model
    own = [n for n in group.nodes if not (model.ancestors(n) & set(model.responding)) - set(group.nodes)]
    seen = [n for n in model.outputs + model.inputs if n in own and n not in model.hidden]
    reached = set().union(*(model.ancestors(n) for n in own)) if own else set()
    ranges = [range(model.cardinality[n]) if n in reached else range(1) for n in model.free_inputs]
    table = probabilities.reshape(model.observed_shape)
    names = model.outputs + model.inputs
    rows, rhs = [np.ones(group.count, dtype=np.int64)], [_one(table, model)]
    for choice in itertools.product(*ranges):
        setting = dict(zip(model.free_inputs, choice, strict=True))
        values = model.strategies.evaluate(setting)
        for outcome in itertools.product(*(range(model.cardinality[n]) for n in seen)):
            event = dict(zip(seen, outcome, strict=True))
            hit: Any = np.ones((1,) * len(model.responding), dtype=bool)
            for name, value in event.items():
                hit = hit & (np.asarray(values[name]) == value)
            part = hit.reshape([hit.shape[axis] for axis in group.axes])
            rows.append(np.broadcast_to(part, group.shape).reshape(group.count).astype(np.int64))
            index = tuple(event.get(n, setting.get(n, slice(None))) for n in names)
            rhs.append(np.asarray(table[index], dtype=object).sum())
    return np.array(rows), np.array(rhs, dtype=object)


def _one(table: Exact, model: CausalModel) -> Any:
    """Return the total probability of one setting of the free inputs: 1."""
    index = tuple(0 if n in model.free_inputs else slice(None) for n in model.outputs + model.inputs)
    return np.asarray(table[index], dtype=object).sum()


def marginal_parameters(model: CausalModel, p: Behavior | ArrayLike) -> tuple[MarginalParameters, ...]:
    """Return for each independent group its marginal as an affine function of free parameters, exactly.

    Parameters
    ----------
    model
        With independent groups, such as `bilocality`.
    p
        The behavior; exact ones give exact constants. Or a table of sympy expressions with the axes outputs, then
        inputs in the model's order, taken as it is: then the constants are expressions. How many parameters are free
        depends on neither.

    Returns
    -------
    tuple of MarginalParameters
        One for each group, in the order of ``model.independence.products``.

    Raises
    ------
    MeasureError
        If p is not a behavior, or a table does not have the model's shape.
    UnsupportedModelError
        If no groups are independent.

    Examples
    --------
    The four parameters of Eq. (62):

    >>> import relaxbell as rb
    >>> axes = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> a, c = rb.marginal_parameters(rb.bilocality((3, 3)), rb.entanglement_swapping_box(1, alice=axes))
    >>> a.free_labels, a.to_sympy()["q(A=111)"]
    (('q(A=000)', 'q(A=001)', 'q(A=010)', 'q(A=100)'), 2*ν1 + ν2 + ν3 + ν4 - 1/2)
    """
    probabilities = _probabilities(model, p)
    groups = dict.fromkeys(g.nodes for product in nonbilocality(model).products for g in product)
    found = []
    for nodes in groups:
        group = Group(model, nodes)
        rows, rhs = marginal_constraints(group, probabilities)
        free, constant, matrix = solve_affine(rows, rhs)
        found.append(MarginalParameters(nodes, group.labels, free, constant, matrix))
    return tuple(found)


def _probabilities(model: CausalModel, p: Behavior | ArrayLike) -> Exact:
    if isinstance(p, Behavior):
        return model.equations(p).rhs
    table = np.asarray(p, dtype=object)
    if table.shape != model.observed_shape or model.dependent_inputs:
        raise MeasureError(
            f"the marginals follow from a behavior, found a {type(p).__name__} of shape {table.shape}. Give all of p, "
            f"or a table of expressions of shape {model.observed_shape} for a model without dependent inputs."
        )
    return table.ravel()
