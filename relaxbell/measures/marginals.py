"""What a behavior says about the marginal q^a of a group of independent nodes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, as_exact
from relaxbell.exact.texts import a_kind
from relaxbell.measures.groups import Group
from relaxbell.measures.products import nonbilocality


@dataclass(frozen=True, eq=False)
class MarginalParameters:
    """The marginal of a group as an affine function of its free parameters, q^a = f(ν), Eqs. (56) and (62).

    Attributes
    ----------
    group
        Names of the nodes.
    labels
        What each entry of q^a is the probability of.
    free
        Numbers of the entries that are free parameters.
    constant, matrix
        q^a = constant + matrix · ν: exact numbers (or sympy expressions) of shape (L,), Fractions of shape (L, k).

    Examples
    --------
    >>> import relaxbell as rb
    >>> (f,) = rb.marginal_parameters(rb.bilocality(), rb.boxes.entanglement_swapping(1))[:1]
    >>> print(f)
    q(A=00) = ν1
    q(A=01) = 1/2 - ν1
    q(A=10) = 1/2 - ν1
    q(A=11) = ν1
    """

    group: tuple[str, ...]
    labels: tuple[str, ...]
    free: tuple[int, ...]
    constant: Exact
    matrix: Exact

    @property
    def count(self) -> int:
        """Number of free parameters."""
        return len(self.free)

    def at(self, values: Sequence[Any]) -> Exact:
        """Return q^a for values of the free parameters; exact if they are.

        Parameters
        ----------
        values
            One number for each free parameter.

        Returns
        -------
        ndarray of exact numbers
            Probabilities in the order of `labels`, shape (L,).

        Raises
        ------
        MeasureError
            If there are not `count` values.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from fractions import Fraction
        >>> f, _ = rb.marginal_parameters(rb.bilocality(), rb.boxes.entanglement_swapping(1))
        >>> f.at([Fraction(1, 4)]).tolist() == [Fraction(1, 4)] * 4
        True
        """
        numbers = real_array(values, "the table of free parameters", MeasureError).ravel()
        given = np.array([Fraction(v) if as_exact(v) is None else as_exact(v) for v in numbers], dtype=object)
        if len(given) != self.count:
            raise MeasureError(f"{len(given)} values, expected {self.count}: {', '.join(self.free_labels)}.")
        return np.asarray(self.constant + (self.matrix @ given if self.count else 0), dtype=object)

    @property
    def free_labels(self) -> tuple[str, ...]:
        """What the free parameters are."""
        return tuple(self.labels[i] for i in self.free)

    def to_sympy(self) -> dict[str, Any]:
        """Return each entry as a sympy expression in the parameters ν1, ν2 and so on.

        Returns
        -------
        dict
            Label → expression.

        Examples
        --------
        >>> import relaxbell as rb
        >>> f, _ = rb.marginal_parameters(rb.bilocality(), rb.boxes.entanglement_swapping(1))
        >>> f.to_sympy()["q(A=01)"]
        1/2 - ν1
        """
        import sympy

        from relaxbell.exact.numbers import to_sympy

        symbols = sympy.symbols(f"ν1:{self.count + 1}")
        found = {}
        for label, own, row in zip(self.labels, self.constant, self.matrix, strict=True):
            start = own if isinstance(own, sympy.Basic) else to_sympy(own)
            found[label] = start + sum((to_sympy(c) * s for c, s in zip(row, symbols, strict=True)), sympy.Integer(0))
        return found

    def __str__(self) -> str:
        return "\n".join(f"{label} = {value}" for label, value in self.to_sympy().items())

    __repr__ = __str__


def solve_affine(rows: NDArray[Any], rhs: Exact) -> tuple[tuple[int, ...], Exact, Exact]:
    """Return (free columns, constant, matrix) with x = constant + matrix · x_free for all x with rows · x = rhs.

    Exact. The first columns are the free ones, as far as possible: the paper's choice.
    """
    import flint

    m, n = rows.shape
    flipped = flint.fmpz_mat(
        [[int(v) for v in row[::-1]] + [int(i == k) for k in range(m)] for i, row in enumerate(rows)]
    )
    reduced = flipped.rref()[0]
    pivots, used = [], []
    for i in range(m):
        column = next((j for j in range(n) if reduced[i, j] != 0), None)
        if column is not None:
            pivots.append((i, column))
            used.append(column)
    free = tuple(sorted(n - 1 - j for j in range(n) if j not in used))
    constant = np.full(n, Fraction(0), dtype=object)
    matrix = np.full((n, len(free)), Fraction(0), dtype=object)
    for k, j in enumerate(free):
        matrix[j, k] = Fraction(1)
    for i, column in pivots:
        own = n - 1 - column
        scale = int(reduced[i, column])
        for k, j in enumerate(free):
            matrix[own, k] = Fraction(-int(reduced[i, n - 1 - j]), scale)
        total: Any = Fraction(0)
        for k in range(m):
            c = Fraction(int(reduced[i, n + k]), scale)
            if c:
                total = total + c * rhs[k]
        constant[own] = total
    return free, constant, matrix


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


def marginal_parameters(model: CausalModel, observed: Behavior | ArrayLike) -> tuple[MarginalParameters, ...]:
    """Return for each independent group its marginal as an affine function of free parameters, exactly.

    Parameters
    ----------
    model
        With independent groups, such as `bilocality`.
    observed
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
        If it is not a behavior, or a table does not have the model's shape.
    UnsupportedModelError
        If no groups are independent.

    Examples
    --------
    The four parameters of Eq. (62):

    >>> import relaxbell as rb
    >>> axes = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> a, c = rb.marginal_parameters(rb.bilocality((3, 3)), rb.boxes.entanglement_swapping(1, alice=axes))
    >>> a.free_labels, a.to_sympy()["q(A=111)"]
    (('q(A=000)', 'q(A=001)', 'q(A=010)', 'q(A=100)'), 2*ν1 + ν2 + ν3 + ν4 - 1/2)
    """
    probabilities = _probabilities(model, observed)
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
    axes = model.outputs + model.inputs
    table = np.asarray(real_array(p, "the table", MeasureError, axes), dtype=object)
    if table.shape != model.observed_shape or model.dependent_inputs:
        raise MeasureError(
            f"the marginals follow from a behavior, found {a_kind(p)} of shape {table.shape}. Give all of p, "
            f"or a table of expressions of shape {model.observed_shape} for a model without dependent inputs."
        )
    return table.ravel()
