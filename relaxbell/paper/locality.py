"""Relaxations of locality in the CHSH scenario: Eqs. (7)–(9), (34)–(35), (38)–(39), Table I."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.networks import bell, input_signaling, message, outcome_signaling
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.dual_vertices import dual_vertices
from relaxbell.exact.numbers import surd
from relaxbell.exact.texts import floor_text
from relaxbell.functionals.catalog import CH, CHSH
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.influences import influence
from relaxbell.measures.messages import message_entropy, message_weight
from relaxbell.paper.claim import Evidence, Section, Verdict
from relaxbell.paper.mixtures import exactly, random_mixture
from relaxbell.proofs.proving import prove
from relaxbell.solve.minimization import minimize

section = Section()

_TABLE_I = """
0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
0 -1/2 0 1/2 0 -1/2 -1 -1/2 0 -1/2 0 1/2 0 1/2 0 -1/2
0 -1/2 0 1/2 0 -1/2 -1 -1/2 0 1/2 0 -1/2 0 -1/2 0 1/2
0 -1/2 0 1/2 0 1/2 0 -1/2 0 -1/2 0 1/2 0 -1/2 -1 -1/2
0 -1/2 0 1/2 0 1/2 0 -1/2 0 1/2 0 -1/2 -1 -1/2 0 -1/2
0 1/2 0 -1/2 0 -1/2 0 1/2 0 -1/2 0 1/2 0 -1/2 -1 -1/2
0 1/2 0 -1/2 0 -1/2 0 1/2 0 1/2 0 -1/2 -1 -1/2 0 -1/2
0 1/2 0 -1/2 0 1/2 1 1/2 0 -1/2 0 1/2 -1 -1/2 -1 -3/2
0 1/2 0 -1/2 0 1/2 1 1/2 0 1/2 0 -1/2 -1 -3/2 -1 -1/2
0 -1 0 -1 0 0 0 0 0 1 0 1 0 0 0 0
0 0 0 0 0 -1 0 -1 0 0 0 0 0 1 0 1
0 0 0 0 0 1 0 1 0 0 0 0 0 -1 0 -1
0 1 0 1 0 0 0 0 0 -1 0 -1 0 0 0 0
"""
"""As printed; columns p(ab|xy) with xy, then ab, counting up."""


def equation_8() -> BellFunctional:
    """Return p(00|00) + p(00|01) + p(00|10) − p(00|11) − pA(0|0) − pB(0|0), as printed."""
    table = np.full((2, 2, 2, 2), Fraction(0), dtype=object)
    table[0, 0] += np.array([[1, 1], [1, -1]], dtype=object)
    table[0, :, 0, 0] -= 1
    table[:, 0, 0, 0] -= 1
    return BellFunctional(table, name="Eq. (8)")


def formula(factor: int = 1) -> Maximum:
    """Return the right-hand side of Eq. (7), times a factor."""
    return Maximum(0, *(factor * own for own in equation_8().relabelings()))


@section.claim(
    "Eq. 8", "Eq. (8)", "CHSH ≤ 0 for any LHV model; eight symmetries; (S − 2)/4 without signaling", "proved"
)
def _equation_8() -> Evidence:
    own = equation_8()
    bound, symmetries = own.bound(bell()), len(own.relabelings())
    difference = own - Fraction(1, 4) * (CHSH - 2)
    same = own.equivalent(CH) and not any(difference.form)
    text = f"largest value over all strategies {bound}, {symmetries} symmetries, equal to (S − 2)/4 for non-signaling p"
    return Evidence("proved" if bound == 0 and symmetries == 8 and same else "refuted", text)


@section.claim("Eq. 7, X → B", "Eq. (7), after Eq. (35)", "min C_{X→B} = max[0, CHSH] for non-signaling p", "proved")
def _equation_7_input() -> Evidence:
    found = prove(influence(input_signaling(), "X", "B"), formula())
    return Evidence(found.status, f"{found.method}, equal to Eq. (7) everywhere")


@section.claim(
    "Eq. 7, A → B",
    "Eqs. (7), (38)",
    "min C_{A→B} = max[0, CHSH]",
    "refuted",
    erratum="twice that: min C_{A→B} = 2 max[0, CHSH], proved for every non-signaling p",
)
def _equation_7_output() -> Evidence:
    measure = influence(outcome_signaling(), "A", "B")
    found, printed = minimize(measure, boxes.pr()).exact, equation_8()(boxes.pr())
    as_printed, twice = prove(measure, formula()), prove(measure, formula(2))
    text = f"the PR box needs {found}, printed {printed}; as a formula for all p: {as_printed.status}, 2 max[0, CHSH]: "
    return Evidence("refuted" if found != printed else as_printed.status, text + twice.status)


@section.claim(
    "Eq. 7, any p",
    "Eq. (7)",
    "for any observed distribution",
    "refuted",
    erratum="for non-signaling p only: Table I's points 10–13 are the no-signaling terms",
)
def _equation_7_any() -> Evidence:
    measure = influence(input_signaling(), "X", "B")
    table = np.full((2, 2, 2, 2), Fraction(1, 4), dtype=object)
    for x, y in np.ndindex(2, 2):  # a fair coin for a; b copies x in half of the runs if y = 0
        share = Fraction(1, 4) if y == 0 else Fraction(0)
        table[:, x, x, y], table[:, 1 - x, x, y] = Fraction(1, 4) + share / 2, Fraction(1, 4) - share / 2
    p = Behavior(table)
    found, largest = minimize(measure, p).exact, formula()(p)
    text = f"p(b=x|x,y=0) = {p.probability({'B': 0}, {'X': 0, 'Y': 0})}: min C = {found}, max[0, CHSH] = {largest}"
    return Evidence("refuted" if found != largest else "proved", text)


@section.claim(
    "A → B simulates", "after Eq. (38)", "A → B simulates every nonlocal distribution of the CHSH scenario", "proved"
)
def _simulates() -> Evidence:
    form = closed_form(influence(outcome_signaling(), "A", "B"), "nonsignaling")
    verdict: Verdict = "refuted" if form.domain else "proved"
    return Evidence(verdict, f"{len(form.domain)} constraints on non-signaling p")


@section.claim("Table I", "Table I, Eq. (27)", "the 13 extremal points of the dual region for X → B", "proved")
def _table_1() -> Evidence:
    found = dual_vertices(influence(input_signaling(), "X", "B"))
    same = sorted(found.rows) == sorted(_table_i())
    return Evidence("proved" if same else "refuted", f"{len(found)} vertices enumerated; as printed: {same}")


@section.claim(
    "Table I, types",
    "Table I, Eqs. (34)–(35)",
    "0, eight symmetries of CHSH (point 2 is Eq. (34)) and four no-signaling conditions (point 10 is Eq. (35))",
    "proved",
)
def _table_1_types() -> Evidence:
    points = [_functional(row) for row in _table_i()]
    symmetries = {tuple(own.form) for own in equation_8().relabelings()}
    kinds = [
        "CHSH" if tuple(p.form) in symmetries else "0 without signaling" if not any(p.form) else "?" for p in points
    ]
    right = kinds == ["0 without signaling"] + ["CHSH"] * 8 + ["0 without signaling"] * 4
    signs = {(0, 1, 0, 0): -1, (1, 1, 0, 0): -1, (0, 1, 1, 0): 1, (1, 1, 1, 0): 1}
    equation_35 = np.array([signs.get(index, 0) for index in np.ndindex(2, 2, 2, 2)]).reshape(2, 2, 2, 2)
    right = (
        right and tuple(points[1].form) == tuple(equation_8().form) and (points[9].coefficients == equation_35).all()
    )
    return Evidence(
        "proved" if right else "refuted",
        f"modulo no-signaling the points are {kinds.count('CHSH')} symmetries of CHSH and "
        f"{kinds.count('0 without signaling')} zeros",
    )


@section.claim("Eq. 9", "Eqs. (9), (39)", "min p(m=0) = max[0, CHSH], so min H(m) = h(CHSH)", "proved")
def _equation_9() -> Evidence:
    found = prove(message_weight(message()), formula())
    return Evidence(found.status, f"uniform inputs: {found.method}; h is increasing up to 1/2, the largest CHSH")


@section.claim(
    "Eq. 39", "Eq. (39)", "p(m = 0) = (1/mx) Σ_{x,a,λ} p(m=0|x,a,λ) p(a|x,λ) p(λ) = 〈v, q〉", "exact at points"
)
def _equation_39() -> Evidence:
    rng = np.random.default_rng(39)
    model = message((3, 1), (2, 2))
    for _ in range(3):
        mixture = random_mixture(model, rng)
        (rows,) = message_weight(model).blocks
        (found,) = exactly(rows, mixture.strategies)
        parts = [mixture.probability({"M": 1}, {"X": x, "Y": 0}) for x in range(3)]
        if found != sum(parts, Fraction(0)) / 3:
            return Evidence("refuted", f"{found} and {parts}")
    return Evidence("exact at points", "three random models with three settings of Alice, summed over x, a and λ")


@section.claim("0.736 bit", "after Eq. (9)", "the Tsirelson box needs H(m) ≈ 0.736 bit, less than 1 bit", "numerical")
def _tsirelson_message() -> Evidence:
    solution = minimize(message_entropy(message()), boxes.tsirelson())
    weight = float(equation_8()(boxes.tsirelson()))
    formula_value = -weight * math.log2(weight) - (1 - weight) * math.log2(1 - weight)
    right = abs(solution.value - 0.736) < 5e-4 and solution.value < 1 and abs(solution.value - formula_value) < 1e-9
    text = (
        f"H(m) = {solution.value:.6f} bit = h(CHSH), rigorous bound {floor_text(solution.lower_bound, 6)}; within 1e-9"
    )
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "one bit",
    "introduction, after Eq. (9)",
    "one bit of communication reproduces projective measurements on a singlet (Toner and Bacon)",
    "numerical",
)
def _one_bit() -> Evidence:
    rng = np.random.default_rng(9)
    model, most = message((3, 3)), 0.0
    for _ in range(2):
        directions = rng.normal(size=(2, 3, 3))
        directions /= np.linalg.norm(directions, axis=2, keepdims=True)
        table = np.empty((2, 2, 3, 3))
        for a, b in np.ndindex(2, 2):
            table[a, b] = (1 - (-1) ** (a + b) * directions[0] @ directions[1].T) / 4
        most = max(most, minimize(message_weight(model), Behavior(table)).value)  # an error if nothing reproduces it
    text = f"two singlets with three random settings each: p(m≠0) = {most:.4f} < 1/2 at most, to 1e-7"
    return Evidence("numerical" if most < 0.5 else "refuted", text)


@section.claim(
    "p(x), Eq. 39",
    "Eq. (39)",
    "a uniform p(x) is no loss of generality",
    "refuted",
    erratum="the minimum depends on p(x)",
)
def _input_distribution() -> Evidence:
    uniform = minimize(message_weight(message()), boxes.tsirelson()).exact
    weights = {"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [Fraction(1, 2), Fraction(1, 2)]}
    other = minimize(message_weight(message(input_distribution=weights)), boxes.tsirelson()).exact
    return Evidence(
        "refuted" if uniform != other else "proved",
        f"Tsirelson box: {uniform} for uniform p(x), {other} for (3/4, 1/4)",
    )


@section.claim("Tsirelson", "after Eq. (9)", "the maximal quantum violation is CHSH = 1/√2 − 1/2", "proved")
def _largest() -> Evidence:
    import sympy

    signs = CHSH.correlators["AB"]
    alice = sympy.symbols("A0 A1", commutative=False)
    bob = sympy.symbols("B0 B1")  # they commute with Alice's, and meet one another in no product
    root = sympy.sqrt(2)
    functional = sum(int(signs[x, y]) * alice[x] * bob[y] for x, y in np.ndindex(2, 2))
    parts = [sum(int(signs[x, y]) * alice[x] / root for x in range(2)) - bob[y] for y in range(2)]
    squares = sympy.expand(sum((part * part for part in parts), sympy.Integer(0)) / root)
    squares = squares.subs({observable**2: 1 for observable in (*alice, *bob)})  # outcomes ±1
    identity = sympy.expand(2 * root - functional - squares)
    attained = CH(boxes.tsirelson())
    right = identity == 0 and attained == surd(Fraction(-1, 2), Fraction(1, 2), 2) and CHSH(boxes.tsirelson()) ** 2 == 8
    text = f"2√2 − S is a sum of squares of operators: difference {identity}; the Tsirelson box has CHSH = {attained}"
    return Evidence("proved" if right else "refuted", text)


def _table_i() -> list[tuple[Fraction, ...]]:
    return [tuple(Fraction(v) for v in line.split()) for line in _TABLE_I.split("\n") if line]


def _functional(row: tuple[Fraction, ...]) -> BellFunctional:
    """Return a row of Table I as a functional; columns are x, y, then a, b."""
    table = np.array(row, dtype=object).reshape(2, 2, 2, 2).transpose(2, 3, 0, 1)
    return BellFunctional(table)
