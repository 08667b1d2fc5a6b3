"""How far the response functions of independent groups are from independent: the measure of non-bilocality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Exact, as_exact, common_denominator, read_fraction, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text, different_texts
from relaxbell.measures.dependence import Labels
from relaxbell.measures.groups import Group, joint_numbers, product_distance
from relaxbell.measures.measure import Measure, check_model
from relaxbell.measures.terms import Linear, SumOfRows, Total

_LARGEST_UNIT = 2**20
_SNAP = 10**6

_ENTRY = 60
"""Bytes of each entry of the rows at fixed marginals, while they are built."""


@dataclass(frozen=True, eq=False, repr=False)
class Nonbilocality(Measure):
    """Σ |q^ac − q^a q^c| over independent groups, with all marginals but one fixed or with none; see `nonbilocality`.

    Attributes
    ----------
    products
        The families of independent groups; the measure is the sum over them.
    fixed
        By name of the group: the marginal that is fixed, exact.
    model, term, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.nonbilocality(rb.bilocality())
    M(A×C) = Σ |q(A,C) - q(A) q(C)|  (probability; bilocality())
    """

    products: tuple[tuple[Group, ...], ...] = ()
    fixed: Mapping[str, Exact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Accept models with several sources: this is the measure for them."""

    @property
    def is_bound(self) -> bool:
        """Whether zero is only necessary for a model of the network, so that values are lower bounds."""
        return self.model.independence.kind != "exact"

    @property
    def expression(self) -> Any:
        """‖M_ν q‖₁ as a CVXPY expression, Eq. (51); it goes with `constraints`.

        Raises
        ------
        MeasureError
            If no marginals are fixed: the measure is not convex in q.
        """
        if not self.fixed:
            raise MeasureError(
                f"{self.name} is not convex in q. Fix marginals: nonbilocality(model, marginals={{…}}), or minimize it "
                "with minimize(…), which searches over all marginals."
            )
        return super().expression

    @property
    def constraints(self) -> list[Any]:
        """The CVXPY constraints that the marginals of q are the fixed ones (erratum E3)."""
        groups = {g.name: g for product in self.products for g in product}
        return [groups[name].rows @ self.model.q == to_floats(own) for name, own in self.fixed.items()]

    def _at(self, q: NDArray[np.float64]) -> float:
        if self.fixed:
            return super()._at(q)
        return float(sum(product_distance(product, q) for product in self.products))

    def _check_combinable(self, what: str) -> None:
        if self.fixed:
            raise MeasureError(
                f"{self.name} holds for q with these marginals only, so it has no {what} here. Use its .expression and "
                ".constraints in your own cp.Problem."
            )
        raise MeasureError(
            f"{self.name} is not convex in q and has no {what} here. Fix marginals, nonbilocality(model, "
            "marginals={…}), and use .expression and .constraints in your own cp.Problem."
        )

    def __repr__(self) -> str:
        text = " + ".join(_formula(product) for product in self.products)
        return f"{self.name} = {text}  ({self.unit}; {self.model.name})"


def require_convex(measure: Measure, what: str) -> None:
    """Raise MeasureError for the measure of non-bilocality: of one source, what follows is for all behaviors."""
    if isinstance(measure, Nonbilocality):
        found = "marginals fixed for one behavior" if measure.fixed else "a measure that is not convex"
        raise MeasureError(
            f"{what} of {measure.name}: found {found}, expected a measure of a model with one source. Use "
            "sweep(measure, behaviors) for intervals at many points, or scan(nonbilocality(model), p) over marginals."
        )


def nonbilocality(model: CausalModel, marginals: Any = None) -> Nonbilocality:
    """Return M_BL = Σ |q^ac − q^a q^c|, Eqs. (12) and (46), or its analogue for more independent groups.

    α and γ are the response functions of groups of nodes that share no source. Where the network is not captured
    by products of marginals (`CausalModel.independence`), zero is only necessary, and values are lower bounds.

    Parameters
    ----------
    model
        With several latent variables.
    marginals
        None: `minimize` searches over all marginals. Or the distributions q^a of all groups but one, by name:
        ``{"A": [0, 1/2, 1/2, 0]}``, in the order of ``marginal_parameters(model, p)[0].labels``. Then the
        measure is ‖M_ν q‖₁ for q with these marginals, convex (Eqs. 46–53 with the constraint of erratum E3).

    Returns
    -------
    Nonbilocality
        Dimensionless, twice a total variation distance: 0 … 2.

    Raises
    ------
    UnsupportedModelError
        If no product follows from the graph (triangle), or there is one source only.
    MeasureError
        If it is no model, or the marginals are not distributions of all groups but one.
    ModelTooLargeError
        If its rows at fixed marginals do not fit in memory.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> model = rb.bilocality()
    >>> fixed = rb.nonbilocality(model, marginals={"A": [Fraction(1, 4)] * 4})
    >>> rb.minimize(fixed, rb.boxes.entanglement_swapping(Fraction(4, 5))).exact  # 2v² − 1
    7/25
    """
    check_model(model, "non-bilocality")
    found = model.independence
    if found.kind == "none":
        raise UnsupportedModelError(
            f"non-bilocality of {model.name}: {found.reason}. Use inequalities for such networks (inflation), or "
            "model.shared(), which ignores the independence of the sources."
        )
    if not found.products:
        raise UnsupportedModelError(
            f"non-bilocality of {model.name}: {found.reason}, so there is nothing to be independent. Give sources of "
            "their own to two or more groups of nodes."
        )
    products = tuple(tuple(Group(model, nodes) for nodes in groups) for groups in found.products)
    name = f"M({' + '.join('×'.join(g.name for g in product) for product in products)})"
    none = Linear(Rows(sp.csr_array((1, model.strategies.count)), ("0",), Fraction(1)))
    definition: dict[str, Any] = {"kind": "nonbilocality"}
    if marginals is None:
        return Nonbilocality(model, none, name, definition=definition, products=products)
    fixed = _read_marginals(products, marginals, name)
    parts = tuple(_fixed_term(product, fixed, name) for product in products)
    definition["marginals"] = {key: [str(v) for v in own] for key, own in fixed.items()}
    term = parts[0] if len(parts) == 1 else Total(parts)
    given = ", ".join(f"q({key})" for key in fixed)
    return Nonbilocality(model, term, f"{name} at {given}", definition=definition, products=products, fixed=fixed)


def _read_marginals(products: Sequence[Sequence[Group]], marginals: Any, name: str) -> dict[str, Exact]:
    groups = {g.name: g for product in products for g in product}
    if not isinstance(marginals, Mapping):
        first = products[0][0]
        marginals = {first.name: marginals}
    fixed: dict[str, Exact] = {}
    for key, values in marginals.items():
        if key not in groups:
            raise MeasureError(f"{name} has no group {key!r}. Its groups are {', '.join(groups)}.")
        if len(values) != groups[key].count:
            raise MeasureError(
                f"the marginal of {key} has {len(values)} entries, expected {groups[key].count}: one for each of "
                f"{', '.join(groups[key].labels[:4])}, …"
            )
        exact = [_snapped(v, f"an entry of the marginal of {key}") for v in values]
        total = sum(exact, Fraction(0))
        allowed = 0 if all(as_exact(v) is not None for v in values) else Fraction(1, 10**9)
        if min(exact) < 0 or abs(total - 1) > allowed:
            raise MeasureError(
                f"the marginal of {key} sums to {different_texts(total, 1)[0]} with least entry "
                f"{decimal_text(min(exact))}, expected a distribution. Correct it."
            )
        fixed[key] = np.array(exact, dtype=object)
    for product in products:
        missing = [g.name for g in product if g.name not in fixed]
        if len(missing) != 1:
            raise MeasureError(
                f"{len(product) - len(missing)} of the marginals of {', '.join(g.name for g in product)} are given, "
                f"expected {len(product) - 1}: all but one."
            )
    return fixed


def _snapped(value: Any, what: str) -> Fraction:
    """Return an exact number as it is, a float as a fraction of a moderate denominator within 1e-12 of it, if any."""
    number = read_fraction(value, what, MeasureError)
    if as_exact(value) is not None:
        return number
    simple = number.limit_denominator(_SNAP)
    return simple if abs(simple - number) < Fraction(1, 10**12) else number


def _fixed_term(product: Sequence[Group], fixed: Mapping[str, Exact], name: str) -> SumOfRows:
    """Return Σ |q^ac − f q^c|, rows numbered by the fixed groups in order, then the free one."""
    held = [g for g in product if g.name in fixed]
    (free,) = (g for g in product if g.name not in fixed)
    weights = np.array([Fraction(1)], dtype=object)
    for group in held:
        weights = np.multiply.outer(weights, fixed[group.name]).ravel()
    n, rows = free.model.strategies.count, len(weights) * free.count
    check_memory(f"{name} over {n:,} strategies, {len(weights) * n:,} entries,", _ENTRY * n * (len(weights) + 1))
    denominator = common_denominator(weights)
    exact = denominator <= _LARGEST_UNIT
    unit = denominator if exact else 1
    every = np.arange(n)
    identity = sp.csr_array((np.full(n, float(unit)), (joint_numbers([*held, free]), every)), shape=(rows, n))
    used = np.flatnonzero([w != 0 for w in weights])
    values = np.array([float(weights[i] * unit) for i in used])
    places = (used[:, None] * free.count + free.numbers[None, :]).ravel()
    product_part = sp.csr_array((np.repeat(values, n), (places, np.tile(every, len(used)))), shape=(rows, n))
    labels = Labels(rows, lambda i: f"row {i} of {name}")
    matrix = sp.csr_array(identity - product_part)
    return SumOfRows(Rows(matrix, labels, Fraction(1, unit), error=0.0 if exact else 2.0**-52))


def _formula(product: Sequence[Group]) -> str:
    names = [f"q({g.name})" for g in product]
    return f"Σ |q({','.join(g.name for g in product)}) - {' '.join(names)}|"
