"""An explicit model of a network: independent groups, and how the center responds to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import ExactNumber, Floats, to_floats
from relaxbell.measures.groups import Group

_WORST = 1e-7
"""A decomposition in floats that misses a probability by more is none."""


@dataclass(frozen=True, eq=False)
class Decomposition:
    """Independent marginals and a response of the center that together reproduce a behavior.

    Source i chooses α_i with probability `marginals[i]`; the center chooses its response function with probability
    `response[α_1, …, α_k]`. That is a model of the network, whatever it was found by.

    Attributes
    ----------
    model
        The network.
    groups
        Names of the nodes of each group.
    marginals
        For each group the label of each α with its probability; zeros are left out.
    response
        Array of axes α_1, …, α_k, β: probability of the center's response functions β. Exact numbers or floats.
    error
        Largest difference between the behavior of this model, computed anew, and the one asked for; 0 if exact.
    weights
        For each group the probabilities of all its α, shape (number of α,): `marginals` with the zeros.
    estimated
        Whether the behavior asked for is an estimate; see `Behavior`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> s = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(Fraction(7, 10)))
    >>> s.exact, s.decomposition.error
    (0, 0.0)
    """

    model: CausalModel
    groups: tuple[tuple[str, ...], ...]
    marginals: tuple[Mapping[str, Any], ...]
    response: NDArray[Any]
    error: float
    weights: tuple[NDArray[Any], ...] = ()
    estimated: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether all numbers are exact."""
        return self.response.dtype == object

    @property
    def closeness(self) -> str:
        """How well the behavior asked for is reproduced, in words."""
        if self.is_exact and self.error == 0:
            return "the fitted p" if self.estimated else "p exactly"
        return f"p within {self.error:.2g}"

    def behavior(self) -> Behavior:
        """Return the behavior of the model, from its marginals and response alone.

        Returns
        -------
        Behavior
            In the model's order of axes; exact if `is_exact`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> p = rb.boxes.entanglement_swapping(Fraction(7, 10))
        >>> found = rb.minimize(rb.nonbilocality(rb.bilocality()), p).decomposition
        >>> bool((found.behavior().exact == p.exact).all())
        True
        """
        table = _reproduced(self.model, self._groups(), self.weights, self.response)
        return Behavior(table, *self._names(), estimated=self.estimated)

    def _groups(self) -> list[Group]:
        return [Group(self.model, nodes) for nodes in self.groups]

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.model.outputs, self.model.inputs

    def __str__(self) -> str:
        lines = []
        for names, own in zip(self.groups, self.marginals, strict=True):
            shown = {label: f"{float(value):.6g}" if self.estimated else value for label, value in own.items()}
            lines.append(f"{','.join(names)}: " + ", ".join(f"{label} = {value}" for label, value in shown.items()))
        return "\n".join([*lines, f"center: {self.response.shape[-1]} response functions; reproduces {self.closeness}"])

    __repr__ = __str__


def decompose(
    model: CausalModel,
    groups: Sequence[Group],
    q: Floats,
    exact: Mapping[int, ExactNumber] | None,
    p: NDArray[Any],
) -> Decomposition | None:
    """Return the product of q's marginals with the center's response to them, if it reproduces p.

    Parameters
    ----------
    model, groups
        The network and its independent groups.
    q, exact
        A distribution over strategies with (nearly) independent groups, as floats and, where known, exactly.
    p
        Table of p(outputs, dependent inputs|free inputs) in the model's order.
    """
    center = tuple(n for n in model.responding if not any(n in g.nodes for g in groups))
    rest = Group(model, center)
    shape = (*(g.count for g in groups), rest.count if center else 1)
    weights: Any
    zero: Any
    if exact is None:
        weights, zero = q, 0.0
    else:
        weights, zero = np.full(model.strategies.count, Fraction(0), dtype=object), Fraction(0)
        for strategy, value in exact.items():
            weights[strategy] = value
    index: Any = 0
    for group in groups:
        index = index * group.count + group.numbers
    index = index * shape[-1] + (rest.numbers if center else 0)
    table = np.full(math.prod(shape), zero, dtype=object if exact is not None else float)
    np.add.at(table, index, weights)
    table = table.reshape(shape)
    joint = table.sum(axis=-1)
    marginals = [joint.sum(axis=tuple(k for k in range(len(groups)) if k != i)) for i in range(len(groups))]
    default = np.full(shape[-1], zero, dtype=table.dtype)
    default[0] = 1
    response = table.copy()
    for place in np.ndindex(*shape[:-1]):
        response[place] = table[place] / joint[place] if float(joint[place]) > 1e-15 else default
    found = _reproduced(model, groups, marginals, response)
    gap = abs(found - p) if exact is not None else abs(found - to_floats(p))
    worst = gap.max()
    if float(worst) > _WORST:
        return None
    named = tuple(
        {label: value for label, value in zip(g.labels, own, strict=True) if value > 0}
        for g, own in zip(groups, marginals, strict=True)
    )
    nodes = tuple(g.nodes for g in groups)
    return Decomposition(model, nodes, named, response, float(worst), tuple(marginals))


def _reproduced(
    model: CausalModel, groups: Sequence[Group], marginals: Sequence[NDArray[Any]], response: NDArray[Any]
) -> NDArray[Any]:
    """Return the table that independent marginals and the response give, by running every combination."""
    center = tuple(n for n in model.responding if not any(n in g.nodes for g in groups))
    parts = [*groups, *([Group(model, center)] if center else [])]
    exact = response.dtype == object
    table = np.full(model.observed_shape, Fraction(0) if exact else 0.0, dtype=object if exact else float)
    names = model.outputs + model.inputs
    for choice in np.ndindex(*response.shape):
        weight: Any = response[choice]
        for own, alpha in zip(marginals, choice, strict=False):
            weight = weight * own[alpha]
        if weight == 0:
            continue
        functions = {}
        for group, number in zip(parts, choice, strict=False):
            for axis, digit in zip(group.axes, np.unravel_index(number, group.shape), strict=True):
                functions[axis] = int(digit)
        for setting in model.settings:
            values: dict[str, Any] = dict(setting)
            for axis, node in enumerate(model.strategies.nodes):
                values[node.name] = int(node.table[functions[axis], int(node.configuration(values))])
            table[tuple(values[n] for n in names)] += weight
    return table
