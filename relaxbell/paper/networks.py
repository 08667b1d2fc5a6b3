"""Independent sources in general: Eqs. (12), (43)–(53), (57)–(58), and how the free marginals are searched."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.swapping import entanglement_swapping
from relaxbell.causal.model import CausalModel
from relaxbell.causal.sources import bilocality
from relaxbell.engines.sources.scanning import Scan, scan
from relaxbell.exact.numbers import Exact
from relaxbell.exact.texts import floor_text
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.products import nonbilocality
from relaxbell.paper.claim import Evidence, Section, least_exactly
from relaxbell.paper.mixtures import exactly, random_weights
from relaxbell.paper.standard_form import l1
from relaxbell.solve.minimization import minimize

section = Section()

_SIZES = ((2, 3), (2, 3, 2))
"""Settings of A and C, outcomes of A, B and C: all different axes."""


@section.claim("bilocal strategies", "before Eq. (12), Eq. (44)", "q is a 64-dimensional vector", "proved")
def _strategies() -> Evidence:
    model = bilocality()
    numbers = [node.functions for node in model.strategies.nodes]
    right = model.strategies.count == 64 and sorted(numbers) == [4, 4, 4]
    return Evidence(
        "proved" if right else "refuted", f"{model.strategies.count} strategies, {numbers} functions of A, B, C"
    )


@section.claim(
    "Eqs. 43–46",
    "Eqs. (12), (43)–(47)",
    "p = Σ p(λ1) p(λ2) …, Eq. (43), if and only if q^ac = q^a q^c, M_BL = 0; and T q = p, Eq. (47)",
    "exact at points",
)
def _bilocal() -> Evidence:
    rng = np.random.default_rng(43)
    model = bilocality(*_SIZES)
    for _ in range(3):
        q, table = _random_bilocal(model, rng)
        if (model.T.toarray().astype(int).astype(object) @ q != table.ravel()).any():
            return Evidence("refuted", "T q is not Eq. (43)")
        if _distance(model, q) != 0 or nonbilocality(model).value(q.astype(float)) > 1e-12:
            return Evidence("refuted", "M_BL > 0 for independent sources")
    for _ in range(3):  # and back: q^ac = q^a q^c is a bilocal model with λ1 = α and λ2 = γ
        q, table = _from_products(model, rng)
        if _distance(model, q) != 0 or (model.T.toarray().astype(int).astype(object) @ q != table.ravel()).any():
            return Evidence("refuted", "a q that factorizes is not Eq. (43)")
    for _ in range(3):  # and a q that does not factorize
        q = np.array(random_weights(model.strategies.count, rng), dtype=object)
        found, expected = nonbilocality(model).value(q.astype(float)), _distance(model, q)
        if expected == 0 or abs(found - float(expected)) > 1e-12:
            return Evidence("refuted", f"M_BL = {found}, Eq. (46) gives {expected}")
    return Evidence(
        "exact at points",
        "three random bilocal models, three products q^a q^c and three other q; inputs (2, 3), outputs (2, 3, 2)",
    )


@section.claim(
    "Eqs. 48–51",
    "Eqs. (48)–(51)",
    "at fixed q^a = f(ν), M_BL(ν) = ‖M_ν q‖₁ with a matrix of oa^mx oc^mz rows",
    "exact at points",
)
def _fixed() -> Evidence:
    rng = np.random.default_rng(48)
    model = bilocality(*_SIZES)
    for _ in range(3):
        q = np.array(random_weights(model.strategies.count, rng), dtype=object)
        marginal = _joint(model, q).sum(axis=1)
        (leaf,) = nonbilocality(model, marginals={"A": marginal.tolist()}).term.leaves()
        rows = leaf.rows
        if len(rows) != 2**2 * 2**3 or l1(exactly(rows, q)) != _distance(model, q):
            return Evidence("refuted", f"{len(rows)} rows, ‖M_ν q‖₁ = {l1(exactly(rows, q))}")
    return Evidence("exact at points", "‖M_ν q‖₁ is M_BL for three random q, with ν the marginal of q")


@section.claim(
    "Eqs. 52–53",
    "Eqs. (52)–(53)",
    "minimizing M_BL(ν) for fixed ν is this linear program",
    "refuted",
    erratum="the program lacks the constraint q^a = f(ν); with it the least value at v = 0.8 is 7/25",
)
def _missing_constraint() -> Evidence:
    v = Fraction(4, 5)
    p = entanglement_swapping(v)
    least = Fraction(1, 4)
    for unit, reach in ((100, 9), (1000, 9), (10000, 9)):  # the range of ν, then around the least value
        near = [least + Fraction(k, unit) for k in range(-reach, reach + 1)]
        without = {nu: minimize(as_printed(nu), p).value for nu in near}
        least = min(near, key=lambda nu: without[nu])
    exact = least_exactly(minimize(as_printed(least), p))
    full = least_exactly(minimize(nonbilocality(bilocality(), marginals={"A": marginal(least)}), p))
    best = least_exactly(minimize(nonbilocality(bilocality(), marginals={"A": marginal(Fraction(1, 4))}), p))
    text = (
        f"v = 0.8: the program as printed falls to {float(exact):.5f} at ν = {float(least):.4f}, where M_BL(ν) = "
        f"{full}; with the constraint the least value is {best} = {float(best)}"
    )
    return Evidence("refuted" if exact < best and exact < full else "proved", text)


def marginal(nu: Fraction) -> list[Fraction]:
    """Return q^a of Eq. (56) for ν = q^a_00."""
    return [nu, Fraction(1, 2) - nu, Fraction(1, 2) - nu, nu]


def as_printed(nu: Fraction) -> LinearMeasure:
    """Return ‖M_ν q‖₁ of Eqs. (51)–(52) for binary inputs, without any constraint on q^a."""
    fixed = nonbilocality(bilocality(), marginals={"A": marginal(nu)})
    return LinearMeasure(fixed.model.shared(), fixed.name, term=fixed.term)


@section.claim(
    "no values for which",
    "after Eq. (62)",
    "a distribution is non-bilocal if there are no values of ν for which M_BL ≠ 0",
    "refuted",
    erratum="“= 0”: it is non-bilocal if M_BL(ν) = 0 for no ν",
)
def _no_values() -> Evidence:
    def values(v: Fraction) -> Scan:
        return scan(nonbilocality(bilocality()), entanglement_swapping(v), points=9)

    noise, quantum = values(Fraction(0)), values(Fraction(4, 5))
    solution = minimize(nonbilocality(bilocality()), entanglement_swapping(0))
    bilocal = solution.decomposition is not None and noise.values.max() < 1e-9
    text = (
        f"v = 0: M_BL(ν) = 0 at all {len(noise.values)} values of ν scanned, and an explicit bilocal model exists; v = "
        f"0.8, not bilocal: M_BL(ν) > 1/4 at all of them (rigorous)"
    )
    return Evidence("refuted" if bilocal and quantum.lower_bounds.min() > 0.25 else "numerical", text)


@section.claim(
    "non-convex", "after Eq. (12), after Eq. (43)", "the set of bilocal correlations is non-convex", "proved"
)
def _nonconvex() -> Evidence:
    tables = []
    for value in range(2):
        table = np.full((2, 4, 2, 2, 2), Fraction(0), dtype=object)
        table[value, 0, value] = Fraction(1)
        tables.append(Behavior(table, "A B C", "X Z", parties={"A": "X", "B": None, "C": "Z"}))
    own = nonbilocality(bilocality())
    ends = [minimize(own, p) for p in tables]
    middle = minimize(own, tables[0].mix(tables[1], Fraction(1, 2)))
    right = all(s.value == 0 for s in ends) and middle.lower_bound > 0
    least = floor_text(middle.lower_bound, 3)
    text = f"a = c = 0 and a = c = 1 have M_BL = 0, their equal mixture at least {least} (rigorous)"
    return Evidence("proved" if right else "refuted", text)


def _random_bilocal(model: CausalModel, rng: np.random.Generator) -> tuple[Exact, Exact]:
    """Return q and p of a random bilocal model, Eq. (43) summed over λ1, λ2 and nothing else."""
    sizes, values = model.cardinality, range(2)
    one, two = random_weights(2, rng), random_weights(2, rng)
    alice = {(x, k): random_weights(sizes["A"], rng) for x in range(sizes["X"]) for k in values}
    bob = {(k, m): random_weights(sizes["B"], rng) for k in values for m in values}
    charlie = {(z, m): random_weights(sizes["C"], rng) for z in range(sizes["Z"]) for m in values}
    table = np.full(model.observed_shape, Fraction(0), dtype=object)
    for a, b, c, x, z in np.ndindex(*table.shape):
        for k, m in itertools.product(values, repeat=2):
            table[a, b, c, x, z] += one[k] * two[m] * alice[x, k][a] * bob[k, m][b] * charlie[z, m][c]
    q = np.full(model.strategies.count, Fraction(0), dtype=object)
    tables = {node.name: node.table for node in model.strategies.nodes}
    for s in range(model.strategies.count):
        digits = model.strategies.digits(s)
        f, (b,), g = (tables[n][digits[n]].tolist() for n in "ABC")
        for k, m in itertools.product(values, repeat=2):
            weight = one[k] * two[m] * bob[k, m][b]
            for x, a in enumerate(f):
                weight *= alice[x, k][a]
            for z, c in enumerate(g):
                weight *= charlie[z, m][c]
            q[s] += weight
    return q, table


def _from_products(model: CausalModel, rng: np.random.Generator) -> tuple[Exact, Exact]:
    """Return a random q = q^a_α q^c_γ p(b|α, γ) and Eq. (43) with λ1 = α and λ2 = γ."""
    sizes = {node.name: node.functions for node in model.strategies.nodes}
    tables = {node.name: node.table for node in model.strategies.nodes}
    one, two = random_weights(sizes["A"], rng), random_weights(sizes["C"], rng)
    bob = {pair: random_weights(sizes["B"], rng) for pair in itertools.product(range(sizes["A"]), range(sizes["C"]))}
    q = np.full(model.strategies.count, Fraction(0), dtype=object)
    for s in range(model.strategies.count):
        digits = model.strategies.digits(s)
        alpha, gamma = digits["A"], digits["C"]
        q[s] = one[alpha] * two[gamma] * bob[alpha, gamma][tables["B"][digits["B"], 0]]
    table = np.full(model.observed_shape, Fraction(0), dtype=object)
    for (alpha, gamma), kernel in bob.items():
        for x, z in np.ndindex(model.cardinality["X"], model.cardinality["Z"]):
            for b, weight in enumerate(kernel):
                table[tables["A"][alpha, x], b, tables["C"][gamma, z], x, z] += one[alpha] * two[gamma] * weight
    return q, table


def _joint(model: CausalModel, q: Exact) -> Exact:
    """Return q^ac, Eq. (44), axes [α, γ]."""
    sizes = {node.name: node.functions for node in model.strategies.nodes}
    found = np.full((sizes["A"], sizes["C"]), Fraction(0), dtype=object)
    for s, weight in enumerate(q):
        digits = model.strategies.digits(s)
        found[digits["A"], digits["C"]] += weight
    return found


def _distance(model: CausalModel, q: Exact) -> Fraction:
    """Return Σ |q^ac − q^a q^c|, Eq. (46)."""
    joint = _joint(model, q)
    return l1((joint - np.multiply.outer(joint.sum(axis=1), joint.sum(axis=0))).ravel())
