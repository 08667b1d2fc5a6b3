"""Relaxations of locality: Eqs. (7)–(10), (34)–(39), Table I, Fig. 2."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.boxes import i3322_box, pr_box, tsirelson_box
from relaxbell.behavior.observed import Observed
from relaxbell.causal.networks import bell, input_signaling, message, outcome_signaling
from relaxbell.closed_forms.closed_form import ClosedForm
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.dual_vertices import dual_vertices
from relaxbell.curves.making import curve
from relaxbell.exact.numbers import ExactNumber, surd
from relaxbell.functionals.catalog import CH, I3322, chained
from relaxbell.functionals.functional import BellFunctional
from relaxbell.functionals.relabeling import recognize
from relaxbell.measures.locality import influence, message_entropy, message_weight
from relaxbell.paper.claim import Evidence, Section, Verdict
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


def _is_ch(form: ClosedForm, factor: Fraction) -> bool:
    """Whether the terms are 0 and `factor` times the eight symmetries of CH."""
    named: list[tuple[str, ExactNumber, ExactNumber] | None] = []
    for functional in form.functionals():
        found = recognize(functional)
        if found is None:
            named.append(None)
        else:  # CH = CHSH / 4 − 1/2
            named.append((str(found.known), found.scale, found.offset))
    return named.count(None) == 1 and named.count(("CHSH", factor / 4, -factor / 2)) == 8 and len(named) == 9


def _proved(form: ClosedForm) -> str:
    return f"{len(form.terms)} terms, {form.programs} exact linear programs at the vertices of the epigraph"


@section.claim("Eq. 7, X → B", "Eq. (7)", "min C_{X→B} = max[0, CHSH] for non-signaling p", "proved")
def _equation_7_input() -> Evidence:
    form = closed_form(influence(input_signaling(), "X", "B"))
    return Evidence("proved" if _is_ch(form, Fraction(1)) else "refuted", _proved(form))


@section.claim(
    "Eq. 7, A → B",
    "Eqs. (7), (38)",
    "min C_{A→B} = max[0, CHSH]",
    "refuted",
    erratum="twice that: min C_{A→B} = 2 max[0, CHSH], proved for every non-signaling p",
)
def _equation_7_output() -> Evidence:
    measure = influence(outcome_signaling(), "A", "B")
    found, printed = minimize(measure, pr_box()).exact, CH(pr_box())
    form = closed_form(measure)
    twice = "2 max[0, CHSH] is proved" if _is_ch(form, Fraction(2)) else "and not twice that either"
    verdict: Verdict = "refuted" if found != printed else "proved"
    return Evidence(verdict, f"the PR box needs {found}, printed {printed}; {twice} ({_proved(form)})")


@section.claim(
    "Eq. 7, any p",
    "Eq. (7)",
    "for any observed distribution",
    "refuted",
    erratum="for non-signaling p only: Table I's points 10–13 are the no-signaling terms",
)
def _equation_7_any() -> Evidence:
    measure = influence(input_signaling(), "X", "B")
    terms = closed_form(measure).functionals()
    table = np.full((2, 2, 2, 2), Fraction(1, 4), dtype=object)
    for x, y in np.ndindex(2, 2):  # a fair coin for a; b copies x in half of the runs if y = 0
        share = Fraction(1, 4) if y == 0 else Fraction(0)
        table[:, x, x, y], table[:, 1 - x, x, y] = Fraction(1, 4) + share / 2, Fraction(1, 4) - share / 2
    p = Behavior(table)
    found, largest = minimize(measure, p).exact, max(Fraction(0), *(term(p) for term in terms))
    text = f"p(b=x|x,y=0) = {p.probability({'B': 0}, {'X': 0, 'Y': 0})}: min C = {found}, max[0, CHSH] = {largest}"
    return Evidence("refuted" if found != largest else "proved", text)


@section.claim("Eq. 8", "Eq. (8)", "CHSH ≤ 0 for any LHV model; (S − 2)/4 without signaling", "proved")
def _equation_8() -> Evidence:
    found = recognize(CH)
    bound = CH.bound(bell())
    same = found is not None and (found.scale, found.offset) == (Fraction(1, 4), Fraction(-1, 2))
    return Evidence("proved" if bound == 0 and same else "refuted", f"largest value over all strategies: {bound}")


@section.claim(
    "A → B simulates", "appendix, after Eq. (38)", "A → B simulates every nonlocal distribution of CHSH", "proved"
)
def _simulates() -> Evidence:
    form = closed_form(influence(outcome_signaling(), "A", "B"), "nonsignaling")
    verdict: Verdict = "refuted" if form.domain else "proved"
    return Evidence(verdict, f"{len(form.domain)} constraints on non-signaling p")


@section.claim("Eq. 9", "Eqs. (9), (39)", "min p(m=0) = max[0, CHSH], so min H(m) = h(CHSH)", "proved")
def _equation_9() -> Evidence:
    form = closed_form(message_weight(message()))
    return Evidence("proved" if _is_ch(form, Fraction(1)) else "refuted", f"uniform inputs: {_proved(form)}")


@section.claim("0.736 bit", "after Eq. (9)", "the Tsirelson box needs H(m) ≈ 0.736 bit, less than 1 bit", "numerical")
def _tsirelson_message() -> Evidence:
    solution = minimize(message_entropy(message()), tsirelson_box())
    right = abs(solution.value - 0.736) < 5e-4 and solution.value < 1
    text = f"H(m) = {solution.value:.6f} bit, rigorous bound {solution.lower_bound:.6f}"
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "p(x), Eq. 39",
    "Eq. (39)",
    "a uniform p(x) is no loss of generality",
    "refuted",
    erratum="the minimum depends on p(x)",
)
def _input_distribution() -> Evidence:
    uniform = minimize(message_weight(message()), tsirelson_box()).exact
    weights = {"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [Fraction(1, 2), Fraction(1, 2)]}
    other = minimize(message_weight(message(input_distribution=weights)), tsirelson_box()).exact
    return Evidence(
        "refuted" if uniform != other else "proved",
        f"Tsirelson box: {uniform} for uniform p(x), {other} for (3/4, 1/4)",
    )


def _equation_10() -> BellFunctional:
    signs = np.array([[1, 0, -1], [0, -1, 1], [-1, 1, 0]], dtype=object)
    return BellFunctional(np.multiply.outer(np.array([[1, -1], [-1, 1]], dtype=object), signs), name="Eq. (10)")


@section.claim("Eq. 10, bound", "Eq. (10)", "I_{A→B} ≤ 4 under outcome signaling", "proved")
def _equation_10_bound() -> Evidence:
    bound = _equation_10().bound(outcome_signaling((3, 3)))
    found = recognize(_equation_10())
    name = "not in the catalog" if found is None else f"{found.scale} · {found.known}"
    return Evidence("proved" if bound == 4 else "refuted", f"largest value over all strategies: {bound}; it is {name}")


@section.claim(
    "Eq. 10, facet",
    "Eq. (10)",
    "one facet of this polytope",
    "refuted",
    erratum="a face of lower dimension; a facet of the non-signaling slice only",
)
def _equation_10_facet() -> Evidence:
    model = outcome_signaling((3, 3))
    columns = np.unique(model.T.toarray().T, axis=0).astype(int)
    values = columns @ np.array([int(c) for c in _equation_10().coefficients.ravel()])
    whole, face = _dimension(columns), _dimension(columns[values == 4])
    text = f"face of dimension {face} in a polytope of dimension {whole} with {len(columns)} vertices"
    return Evidence("proved" if face == whole - 1 else "refuted", text)


def _dimension(points: np.ndarray) -> int:
    import flint

    return int(flint.fmpz_mat((points[1:] - points[0]).tolist()).rank())


@section.claim("Eq. 10, violation", "after Eq. (10)", "violated by √ε|00〉 + √(1−ε)|11〉 for every ε ≠ 0, 1", "proved")
def _equation_10_violation() -> Evidence:
    import sympy

    epsilon, theta = sympy.symbols("epsilon theta", positive=True)
    z, x = sympy.Matrix([[1, 0], [0, -1]]), sympy.Matrix([[0, 1], [1, 0]])
    state = sympy.Matrix([sympy.sqrt(epsilon), 0, 0, sympy.sqrt(1 - epsilon)])

    def correlator(a: Any, b: Any) -> Any:
        first, second = (sympy.cos(angle) * z + sympy.sin(angle) * x for angle in (a, b))
        return (state.T * sympy.kronecker_product(first, second) * state)[0]

    alice, bob = (0, sympy.pi, sympy.pi / 2), (0, theta, -sympy.pi)
    signs = _equation_10().coefficients[0, 0]
    total = sum(int(signs[i, j]) * correlator(alice[i], bob[j]) for i in range(3) for j in range(3) if signs[i, j])
    total = sympy.simplify(total)
    slope = sympy.simplify(sympy.diff(total, theta).subs(theta, 0))
    start = sympy.simplify(total.subs(theta, 0))
    positive = sympy.simplify(slope - 2 * sympy.sqrt(epsilon) * sympy.sqrt(1 - epsilon)) == 0
    verdict: Verdict = "proved" if start == 4 and positive else "refuted"
    return Evidence(verdict, f"I = {total}: {start} at θ = 0, with slope {slope} > 0 there for 0 < ε < 1")


@section.claim("Table I", "Table I", "the 13 extremal points of the dual region for X → B", "proved")
def _table_1() -> Evidence:
    printed = {tuple(Fraction(v) for v in line.split()) for line in _TABLE_I.split("\n") if line}
    found = dual_vertices(influence(input_signaling(), "X", "B"))
    same = set(found.rows) == printed
    return Evidence("proved" if same else "refuted", f"{len(found)} vertices enumerated; as printed: {same}")


@section.claim("Fig. 2, black", "Fig. 2, Eq. (36)", "C_{X→B} = max[0, I3322/2] along v pPR + (1−v) pW", "proved")
def _figure_2_black() -> Evidence:
    box = i3322_box()
    line = curve(influence(input_signaling((3, 3)), "X", "B"), box.white_noise(), box)
    values = [I3322(box.visibility(t)) for t in (line.breakpoints[0], Fraction(1))]
    pieces = [(p.intercept, p.slope) for p in line.pieces]
    right = line.exact and pieces == [(0, 0), (Fraction(-1, 2), 1)] and values == [0, 1]
    return Evidence("proved" if right else "refuted", f"exact curve with {line.programs} programs: {line.pieces}")


@section.claim(
    "Fig. 2, red",
    "Fig. 2, appendix",
    "2/5 I for 0 ≤ I ≤ 0.714, (3I − 1)/4 for 0.714 ≤ I ≤ 1, given I = I3322",
    "proved",
)
def _figure_2_red() -> Evidence:
    ends = [Observed([(I3322, v)], nonsignaling=True) for v in (-1, 1)]
    line = curve(influence(input_signaling((3, 3)), "X", "B"), *ends)
    pieces = [(p.intercept, p.slope) for p in line.pieces]
    right = line.exact and pieces == [(0, 0), (0, Fraction(2, 5)), (Fraction(-1, 4), Fraction(3, 4))]
    kinks = ", ".join(map(str, line.breakpoints))
    return Evidence("proved" if right else "refuted", f"break points {kinks}; {line.programs} exact programs")


@section.claim("I3322", "appendix", "I3322 ≤ 0 for LHV models, −1 at white noise, 1 at the PR-like box", "proved")
def _i3322() -> Evidence:
    box = i3322_box()
    found = [I3322.bound(bell((3, 3))), I3322(box.white_noise()), I3322(box)]
    return Evidence("proved" if found == [0, -1, 1] else "refuted", f"{', '.join(map(str, found))}")


@section.claim("chained", "Eq. (10)", "the LHV bound of I_{A→B} is 4 as well", "proved")
def _chained() -> Evidence:
    bounds = [_equation_10().bound(bell((3, 3))), chained(3).bound(bell((3, 3)))]
    return Evidence(
        "proved" if bounds == [4, 4] else "refuted", f"Eq. (10): {bounds[0]}, chained inequality: {bounds[1]}"
    )


@section.claim("S", "after Eq. (9)", "CHSH = 1/√2 − 1/2, as produced by a single state", "exact at points")
def _largest() -> Evidence:
    value = CH(tsirelson_box())
    right = value == surd(Fraction(-1, 2), Fraction(1, 2), 2)
    return Evidence("exact at points" if right else "refuted", f"the Tsirelson box has CHSH = {value}")
