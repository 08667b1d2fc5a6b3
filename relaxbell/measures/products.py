"""How far the response functions of independent groups are from independent: the measure of non-bilocality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.causal.structures import single_graph
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Exact, Floats, as_exact, common_denominator, read_fraction, to_floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text, different_texts
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.groups import Group, joint_numbers, product_distance
from relaxbell.measures.measure import LinearMeasure, Measure, check_model
from relaxbell.measures.settings import Labels
from relaxbell.measures.terms import SumOfRows, Term, Total

if TYPE_CHECKING:
    import cvxpy as cp

Marginals: TypeAlias = "Mapping[str, Sequence[object] | np.ndarray] | Sequence[object] | np.ndarray"
"""By name of a group its distribution; of the first group alone, where it is no mapping."""

_SYMBOL = r"M_{\mathrm{BL}}"

_LARGEST_UNIT = 2**20
_SNAP = 10**6

_ENTRY = 60
"""Bytes of each entry of the rows at fixed marginals, while they are built."""


@dataclass(frozen=True, eq=False, repr=False)
class Nonbilocality(Measure):
    """Σ |q^ac − q^a q^c| over independent groups, for any marginals: not convex in q; see `nonbilocality`.

    Attributes
    ----------
    products
        The families of independent groups; the measure is the sum over them.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.nonbilocality(rb.bilocality())
    M(A×C) = Σ |q(A,C) - q(A) q(C)|  (probability; bilocality())
    """

    products: tuple[tuple[Group, ...], ...] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Accept models with several sources: this is the measure for them."""

    @property
    def is_bound(self) -> bool:
        """Whether zero is only necessary for a model of the network, so that values are lower bounds."""
        return self.model.independence.kind != "exact"

    @property
    def expression(self) -> cp.Expression:
        """Raise MeasureError: the measure is not convex in q; with fixed marginals it is.

        Raises
        ------
        MeasureError
            It says what to use instead.
        """
        raise MeasureError(
            f"{self.name} is not convex in q. Fix marginals: nonbilocality(model, marginals={{…}}), or minimize it "
            "with minimize(…), which searches over all marginals."
        )

    def linear(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} is not convex in q and has no {what} here. Fix marginals, nonbilocality(model, "
            "marginals={…}), and use .expression and .constraints in your own cp.Problem; or use sweep(measure, "
            "behaviors) for intervals at many points, scan(nonbilocality(model), p) over marginals."
        )

    def statement(self) -> dict[str, object]:
        return statement_of(self.model, self.products)

    @property
    def formula(self) -> str:
        return _formula(self.products)

    def _at(self, q: Floats) -> float:
        return float(sum(product_distance(product, q) for product in self.products))


@dataclass(frozen=True, eq=False, repr=False)
class FixedNonbilocality(Measure):
    """Σ |q^ac − q^a q^c| where all marginals but one are fixed: convex, for q with these; see `nonbilocality`.

    Attributes
    ----------
    products
        The families of independent groups; the measure is the sum over them.
    fixed
        By name of the group: the marginal that is fixed, exact.
    term
        Rows over q, and their norm.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.nonbilocality(rb.bilocality(), marginals={"A": [0, 0.5, 0.5, 0]})
    M(A×C) at q(A) = Σ |q(A,C) - q(A) q(C)|  (probability; bilocality())
    """

    term: Term = field(kw_only=True)
    products: tuple[tuple[Group, ...], ...] = field(kw_only=True)
    fixed: Mapping[str, Exact] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Accept models with several sources: this is the measure for them."""

    @property
    def is_bound(self) -> bool:
        """Whether zero is only necessary for a model of the network, so that values are lower bounds."""
        return self.model.independence.kind != "exact"

    def statement(self) -> dict[str, object]:
        held = [[g for g in product if g.name in self.fixed] for product in self.products]
        last = [[g for g in product if g.name not in self.fixed] for product in self.products]
        return statement_of(self.model, [own + rest for own, rest in zip(held, last, strict=True)])

    @property
    def expression(self) -> cp.Expression:
        """‖M_ν q‖₁ as a CVXPY expression, Eq. (51); it goes with `constraints`."""
        return self.term.expression(self.model.q)

    @property
    def constraints(self) -> list[cp.Constraint]:
        """The CVXPY constraints that the marginals of q are the fixed ones (erratum E3)."""
        groups = {g.name: g for product in self.products for g in product}
        return [groups[name].rows @ self.model.q == to_floats(own) for name, own in self.fixed.items()]

    def linear(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} holds for q with these marginals only, so it has no {what} here. Use its .expression and "
            ".constraints in your own cp.Problem, or sweep(measure, behaviors)."
        )

    @property
    def formula(self) -> str:
        return _formula(self.products)

    def _at(self, q: Floats) -> float:
        return self.term.value(q)


@overload
def nonbilocality(model: CausalModel, marginals: None = None) -> Nonbilocality: ...
@overload
def nonbilocality(model: CausalModel, marginals: Marginals) -> FixedNonbilocality: ...
def nonbilocality(model: CausalModel, marginals: Marginals | None = None) -> Nonbilocality | FixedNonbilocality:
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
    Nonbilocality or FixedNonbilocality
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
    single_graph(model, "non-bilocality")
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
    if marginals is None:
        own = Definition("nonbilocality", _anew, {}, _SYMBOL, _latex(products))
        return Nonbilocality(model, name, definition=own, products=products)
    fixed = _read_marginals(products, marginals, name)
    parts = tuple(_fixed_term(product, fixed, name) for product in products)
    term = parts[0] if len(parts) == 1 else Total(parts)
    given = {"marginals": {key: [str(v) for v in own] for key, own in fixed.items()}}
    definition = Definition("nonbilocality", _fixed_anew, given, _SYMBOL, _latex(products))
    name = f"{name} at {', '.join(f'q({key})' for key in fixed)}"
    return FixedNonbilocality(model, name, term=term, definition=definition, products=products, fixed=fixed)


def _anew(model: CausalModel) -> Nonbilocality:
    return nonbilocality(model)


def _fixed_anew(model: CausalModel, marginals: Mapping[str, Sequence[str]]) -> FixedNonbilocality:
    return nonbilocality(model, {name: [Fraction(v) for v in values] for name, values in marginals.items()})


def _read_marginals(products: Sequence[Sequence[Group]], marginals: Marginals, name: str) -> dict[str, Exact]:
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


def _snapped(value: object, what: str) -> Fraction:
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
    labels = Labels(rows, partial(_label, name))
    matrix = sp.csr_array(identity - product_part)
    return SumOfRows(Rows(matrix, labels, Fraction(1, unit), error=0.0 if exact else 2.0**-52))


def statement_of(model: CausalModel, products: Sequence[Sequence[Group]]) -> dict[str, object]:
    """Return the measure of some families of groups as certificates state it."""
    names = [[[model.responding[i] for i in group.axes] for group in product] for product in products]
    return {"kind": "nonbilocality", "products": names}


def _formula(products: Sequence[Sequence[Group]]) -> str:
    return " + ".join(
        f"Σ |q({','.join(g.name for g in product)}) - {' '.join(f'q({g.name})' for g in product)}|"
        for product in products
    )


def _latex(products: Sequence[Sequence[Group]]) -> str:
    """Return how far joint distributions of response functions are from the products of their marginals."""
    found = []
    for product in products:
        names = [",".join(small(n) for n in group.nodes) for group in product]
        apart = " ".join(rf"q^{{{name}}}" for name in names)
        found.append(rf"\sum \left| q^{{{','.join(names)}}} - {apart} \right|")
    return " + ".join(found)


def _label(name: str, i: int) -> str:
    return f"row {i} of {name}"
