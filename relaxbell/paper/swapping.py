"""Entanglement swapping: Eqs. (54)–(62), Figs. 4 and 5, M_BL = B² − 1, three settings."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.swapping import entanglement_swapping
from relaxbell.causal.model import CausalModel
from relaxbell.causal.sources import bilocality
from relaxbell.engines.sources.scanning import marginal_ranges
from relaxbell.exact.numbers import Exact, surd
from relaxbell.exact.rows import Rows
from relaxbell.functionals.catalog import bilocality_i, bilocality_j
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.stars import star_values
from relaxbell.measures.groups import Group
from relaxbell.measures.marginals import marginal_parameters
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.products import nonbilocality
from relaxbell.measures.terms import Linear
from relaxbell.paper.claim import Evidence, Section, least_exactly
from relaxbell.paper.networks import marginal
from relaxbell.paper.standard_form import Whole
from relaxbell.proofs.proving import prove
from relaxbell.solve.lines import curve
from relaxbell.solve.minimization import minimize

if TYPE_CHECKING:
    from sympy import Symbol

section = Section()

_GRID = [Fraction(k, 20) for k in range(10, 21)]
_CLASSES = ((bilocality_i(), True), (bilocality_j(), False))
"""I counts strategies with α0 = α1 and γ0 = γ1, J those with neither."""

_AXES = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
"""Bloch vectors of X, Y, Z."""


def _printed_table(v: Fraction | Symbol) -> Exact:
    """Return Eqs. (54)–(55), axes [a, b, c, x, z] with b = 2 b0 + b1; v may be a symbol."""
    table = np.empty((2, 4, 2, 2, 2), dtype=object)
    for a, b, c, x, z in np.ndindex(*table.shape):
        b0, b1 = divmod(b, 2)
        sign = Fraction((-1) ** (a + c) * ((-1) ** b0 + (-1) ** (x + z + b1)), 2)
        table[a, b, c, x, z] = v**2 * ((1 + sign) / 16) + (1 - v**2) * Fraction(1, 16)
    return table


@section.claim(
    "Eqs. 54–55",
    "Eqs. (54)–(55)",
    "Werner states, (Z ± X)/√2 and the Bell basis give p_v = v² p + (1 − v²)/16",
    "proved",
)
def _distribution() -> Evidence:
    """Compare polynomials of degree 2 in v: traces over whole matrices, computed here, at three values of v."""
    for v in (Fraction(0), Fraction(1, 2), Fraction(1)):
        printed, box = _printed_table(v), entanglement_swapping(v).exact
        if box is None or not (np.array_equal(printed, _born(v)) and np.array_equal(printed, box)):
            return Evidence("refuted", f"p differs at v = {v}")
    return Evidence(
        "proved", "exact traces of 16 × 16 matrices at three v; both sides are polynomials of degree 2 in v"
    )


def _born(v: Fraction) -> Exact:
    """Return the Born rule for A0 = C0 = (Z + X)/√2, A1 = C1 = (Z − X)/√2 and Bob's Bell basis, exact.

    Traces are of whole matrices R = √2 A, Π_b and singlets; what is left of the roots is a + b√2.
    """
    one, x, z = np.eye(2, dtype=int), np.array([[0, 1], [1, 0]]), np.array([[1, 0], [0, -1]])
    singlet = np.array([0, 1, -1, 0])
    state = np.outer(singlet, singlet).astype(object) * (v / 2) + np.eye(4, dtype=int).astype(object) * ((1 - v) / 4)
    pair = np.kron(state, state)  # order A, B, B', C
    bell = [[1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0]]  # Φ+, Φ−, Ψ+, Ψ−, times √2
    table = np.empty((2, 4, 2, 2, 2), dtype=object)
    for b, s, t in np.ndindex(4, 2, 2):
        projector = np.outer(bell[b], bell[b])
        first, second = (z + x if choice == 0 else z - x for choice in (s, t))

        def trace(left: Whole, right: Whole, own: Whole = projector) -> Fraction:
            operator = np.kron(np.kron(left, own), right).astype(object)
            return Fraction((pair * operator.T).sum()) / 2  # Π_b is half of the outer product

        alone = trace(first, one), trace(one, second)
        for a, c in np.ndindex(2, 2):
            roots = (-1) ** a * alone[0] + (-1) ** c * alone[1]
            both = (-1) ** (a + c) * trace(first, second) / 2
            table[a, b, c, s, t] = (trace(one, one) + both + surd(0, roots / 2, 2)) / 4
    return table


@section.claim("Eq. 56", "Eq. (56)", "q^a_00 = q^a_11 = ν and q^a_01 = q^a_10 = 1/2 − ν: one free parameter", "proved")
def _one_parameter() -> Evidence:
    import sympy

    v, nu = sympy.symbols("v ν1")
    half = sympy.Rational(1, 2)
    parameters = marginal_parameters(bilocality(), _printed_table(v))
    printed = [nu, half - nu, half - nu, nu]
    right = all(
        own.free == (0,)
        and [sympy.expand(e - f) for e, f in zip(own.to_sympy().values(), printed, strict=True)] == [0] * 4
        for own in parameters
    )
    return Evidence(
        "proved" if right else "refuted", f"from p(a|x) at symbolic v: {str(parameters[0]).replace(chr(10), ', ')}"
    )


@section.claim(
    "ν range",
    "Eqs. (57)–(58)",
    "0.16 ≤ ν ≤ 0.34 at v = 0.8, and ν = 1/4 at v = 1",
    "proved",
)
def _ranges() -> Evidence:
    import sympy

    v = sympy.Symbol("v", positive=True)
    model = bilocality().shared()
    group = Group(model, ("A",))
    nu = LinearMeasure(model, "ν", term=Linear(Rows(group.rows[[0]], (group.labels[0],))))
    lower, upper = (curve(own, _printed_table, parameter=v) for own in (nu, -nu))
    found = prove(lower, v**2 / 4), prove(upper, -(sympy.Rational(1, 2) - v**2 / 4))
    at = {w: marginal_ranges(bilocality(), entanglement_swapping(w))["q(A=00)"] for w in (Fraction(4, 5), Fraction(1))}
    numbers = [(least_exactly(own.minimum), -least_exactly(own.maximum)) for own in at.values()]
    quarter = Fraction(1, 4)
    right = numbers == [(Fraction(16, 100), Fraction(34, 100)), (quarter, quarter)]
    proved = all(verdict.status == "proved" for verdict in found)
    text = "v²/4 ≤ ν ≤ 1/2 − v²/4 for every v by exact curves in v²; " + "; ".join(
        f"v = {w}: [{low}, {high}]" for w, (low, high) in zip(at, numbers, strict=True)
    )
    return Evidence("proved" if right and proved else "refuted", text)


@section.claim(
    "I, J, B", "Eqs. (59)–(60)", "I = J = v²/2 and B = √|I| + √|J| = √2 v for the distribution (54)", "proved"
)
def _values() -> Evidence:
    import sympy

    v = sympy.Symbol("v", positive=True)
    table = _printed_table(v)
    found = [sympy.expand(functional(table)) for functional, _ in _CLASSES]
    b = sum(map(sympy.sqrt, found), sympy.Integer(0))
    own = star_values(entanglement_swapping(Fraction(3, 5)))
    same = own.I == own.J == Fraction(9, 50) and abs(own.B - math.sqrt(2) * 0.6) < 1e-12
    right = found == [v**2 / 2] * 2 and sympy.simplify(b - sympy.sqrt(2) * v) == 0 and same
    return Evidence("proved" if right else "refuted", f"at symbolic v: I = {found[0]}, J = {found[1]}, B = {b}")


@section.claim("B ≤ 1", "after Eq. (12), after Eq. (60)", "bilocal correlations obey B = √|I| + √|J| ≤ 1", "proved")
def _inequality() -> Evidence:
    import sympy

    model = bilocality()
    holds = all(_is_below(model, sign * functional, same) for sign in (1, -1) for functional, same in _CLASSES)
    a, b, c, d = sympy.symbols("a b c d")  # with a² = q^a(=), b² = q^a(≠), c² = q^c(=), d² = q^c(≠)
    rest = sympy.factor((a**2 + b**2) * (c**2 + d**2) - (a * c + b * d) ** 2)
    identity = sympy.expand(rest - (a * d - b * c) ** 2) == 0
    text = (
        f"|I| ≤ q(α0=α1, γ0=γ1) and |J| ≤ q(α0≠α1, γ0≠γ1) at all {model.strategies.count} strategies; with products "
        f"a²c² and b²d² of marginals, 1 − B² ≥ {rest}"
    )
    return Evidence("proved" if holds and identity else "refuted", text)


def _constant(values: tuple[int, ...]) -> bool:
    return len(set(values)) == 1


def _is_below(model: CausalModel, functional: BellFunctional, same: bool) -> bool:
    """Whether a functional is ≤ 1 at strategies whose α and γ are both constant (or both not), and ≤ 0 else."""
    coefficients = np.array([Fraction(c) for c in functional.coefficients.ravel()], dtype=object)
    values = model.T.toarray().astype(int).astype(object).T @ coefficients + functional.constant
    tables = {node.name: node.table for node in model.strategies.nodes}
    for s, value in enumerate(values):
        digits = model.strategies.digits(s)
        kinds = [_constant(tuple(tables[n][digits[n]].tolist())) for n in "AC"]
        if value > (1 if kinds == [same, same] else 0):
            return False
    return True


@section.claim(
    "M_BL, lower bound",
    "after Eq. (12), after Eq. (58)",
    "M_BL(ν) ≥ 2v² − 1 + (4ν − 1)², so that the minimum is not below 2v² − 1 and is at ν = 1/4",
    "proved",
)
def _lower_bound() -> Evidence:
    """Prove it for all v and ν: with classes α0 = α1 or not, δ = q(=,=) − q^a(=) q^c(=) has M_BL ≥ 4δ."""
    import sympy

    v, nu, mu, joint = sympy.symbols("v ν μ joint", real=True)
    model = bilocality()
    holds = all(_is_below(model, functional, same) for functional, same in _CLASSES)
    equal_a = 2 * nu  # q^a_00 + q^a_11, Eq. (56)
    cells = [joint, equal_a - joint, mu - joint, 1 - equal_a - mu + joint]  # (=,=), (=,≠), (≠,=), (≠,≠)
    products = [equal_a * mu, equal_a * (1 - mu), (1 - equal_a) * mu, (1 - equal_a) * (1 - mu)]
    gaps = [sympy.expand(cell - product) for cell, product in zip(cells, products, strict=True)]
    delta = gaps[0]
    four = sympy.expand(gaps[0] - gaps[1] - gaps[2] + gaps[3] - 4 * delta) == 0  # Σ |gaps| ≥ 4 δ
    # joint ≥ I and q(≠,≠) ≥ J bound δ from below; weights 1 − 2ν and 2ν remove μ
    i, j = (functional(_printed_table(v)) for functional, _ in _CLASSES)
    first, second = delta.subs(joint, i), delta.subs(joint, j - 1 + equal_a + mu)
    bound = sympy.expand(4 * ((1 - equal_a) * first + equal_a * second))
    right = holds and four and sympy.expand(bound - (2 * v**2 - 1 + (4 * nu - 1) ** 2)) == 0
    text = f"I and J are checked at all {model.strategies.count} strategies; 4δ ≥ {bound} for every v, ν and q^c"
    return Evidence("proved" if right else "refuted", text)


@section.claim(
    "M_BL",
    "after Eq. (12), after Eq. (60), Fig. 5",
    "min M_BL = max[2v² − 1, 0] = B² − 1",
    "proved",
)
def _least() -> Evidence:
    import sympy

    v = sympy.Symbol("v", positive=True)
    measure = nonbilocality(bilocality())
    line = curve(measure, _printed_table, parameter=v)
    verdict = prove(line, sympy.Max(0, 2 * v**2 - 1))
    below = _lower_bound()
    line.certificate.verify()  # raises unless the whole curve follows in exact arithmetic
    for w in _GRID:
        found = minimize(measure, entanglement_swapping(w))
        if found.exact != max(0, 2 * w * w - 1):
            return Evidence("refuted", f"v = {w}: the global minimum is in {list(found.interval)}")
    status = verdict.status if verdict.status != "proved" else below.verdict
    text = (
        f"global over all ν and for every v: an {verdict.method} in v², verified by its certificate; exact global "
        f"minima agree at {len(_GRID)} visibilities; not less either by the bound for every ν"
    )
    return Evidence(status, text)


@section.claim("Fig. 4", "Fig. 4", "M_BL(ν) for v = 0.75, 0.8, 0.85 has its minimum at ν = 1/4", "exact at points")
def _figure_4() -> Evidence:
    count = 0
    for v in (Fraction(3, 4), Fraction(4, 5), Fraction(17, 20)):
        low, high = v**2 / 4, Fraction(1, 2) - v**2 / 4
        for k in range(9):
            nu = low + (high - low) * Fraction(k, 8)
            found = minimize(nonbilocality(bilocality(), marginals={"A": marginal(nu)}), entanglement_swapping(v)).exact
            if found != max(0, 2 * v**2 - 1 + (4 * nu - 1) ** 2):
                return Evidence("refuted", f"v = {v}, ν = {nu}: {found}")
            count += 1
    return Evidence(
        "exact at points", f"M_BL(ν) = max[0, 2v² − 1 + (4ν − 1)²] at {count} points, both ends of ν included"
    )


@section.claim(
    "Eqs. 61–62",
    "Eqs. (61)–(62)",
    "with three settings and p(a|x) = 1/2, four parameters are free: q^a_000, q^a_001, q^a_010, q^a_100",
    "proved",
)
def _four_parameters() -> Evidence:
    import sympy

    first = marginal_parameters(bilocality((3, 3)), entanglement_swapping(1, alice=_AXES))[0]
    n = sympy.symbols("ν1:5")
    half = sympy.Rational(1, 2)
    printed = {
        "q(A=011)": half - n[0] - n[1] - n[2],
        "q(A=101)": half - n[0] - n[1] - n[3],
        "q(A=110)": half - n[0] - n[2] - n[3],
        "q(A=111)": -half + 2 * n[0] + n[1] + n[2] + n[3],
    }
    found = first.to_sympy()
    right = first.free_labels == ("q(A=000)", "q(A=001)", "q(A=010)", "q(A=100)")
    right = right and all(sympy.expand(found[label] - value) == 0 for label, value in printed.items())
    text = "; ".join(f"{label} = {found[label]}" for label in printed)
    return Evidence("proved" if right else "refuted", text)


@section.claim(
    "three settings",
    "after Eq. (62)",
    "X, Y, Z on both sides is bilocal: q^a_000 = 0 and q^a_001 = q^a_010 = q^a_100 = 1/4",
    "proved",
)
def _three_settings() -> Evidence:
    model = bilocality((3, 3))
    p = entanglement_swapping(1, alice=_AXES)
    quarter = Fraction(1, 4)
    own = marginal_parameters(model, p)[0].at([Fraction(0), quarter, quarter, quarter])
    fixed = minimize(nonbilocality(model, marginals={"A": own.tolist()}), p)
    ranges = marginal_ranges(model, p)
    ends = {
        (str(least_exactly(b.minimum)), str(-least_exactly(b.maximum)))
        for label, b in ranges.items()
        if label.startswith("q(A=")
    }
    text = f"min M_BL = {fixed.exact} with q^a = ({', '.join(map(str, own))}); all four parameters range over "
    text += ", ".join(f"[{low}, {high}]" for low, high in sorted(ends))
    return Evidence("proved" if fixed.exact == 0 and min(own) >= 0 else "refuted", text)
