"""Measurement dependence: Eqs. (5), (11), (41)–(42), Fig. 3, GHZ."""

from __future__ import annotations

import math
from fractions import Fraction

from relaxbell.behavior.boxes import cglmp_box, ghz_box, tsirelson_box
from relaxbell.behavior.observed import Observed
from relaxbell.causal.networks import bell, measurement_dependence
from relaxbell.closed_forms.derive import closed_form
from relaxbell.curves.making import curve
from relaxbell.functionals.catalog import CHSH, cglmp
from relaxbell.functionals.relabeling import recognize
from relaxbell.measures.dependence import dependence, hall_dependence
from relaxbell.measures.information import mutual_information, pinsker_bound
from relaxbell.paper.claim import Evidence, Section
from relaxbell.solve.minimization import minimize

section = Section()

_SINGLET = 0.0663
"""Printed: I(X, Y : λ) that suffices for all projective measurements on a singlet [13]."""


@section.claim(
    "unrestricted", "Fig. 1e", "measurement dependence without limits reproduces everything", "exact at points"
)
def _unrestricted() -> Evidence:
    scenarios = [((2, 2), (2, 2)), ((2, 3), (2, 2)), ((2, 2), (3, 2))]
    for inputs, outputs in scenarios:
        found = measurement_dependence(inputs, outputs).inequalities()
        if found.facets:
            return Evidence("refuted", f"inputs {inputs}, outputs {outputs}: {len(found.facets)} inequalities")
    return Evidence("exact at points", f"no inequality but p ≥ 0 in {len(scenarios)} scenarios, for every signaling p")


@section.claim("Eq. 11, CHSH", "Eq. (11)", "min M = max[0, (I_2 − 2)/4] for every non-signaling p", "proved")
def _equation_11_chsh() -> Evidence:
    form = closed_form(dependence(measurement_dependence()))
    scales = [recognize(f) for f in form.functionals()]
    known = [(r.scale, r.offset) for r in scales if r is not None]
    right = known == [(Fraction(1, 4), Fraction(-1, 2))] * 8 and len(form.terms) == 9
    return Evidence("proved" if right else "refuted", f"0 and 8 × (S − 2)/4; {form.programs} exact linear programs")


@section.claim("Eq. 11", "Eq. (11)", "min M = max[0, (I_d − 2)/4], given I_d, for d up to 8", "proved")
def _equation_11() -> Evidence:
    programs = 0
    for d in range(2, 9):
        functional = cglmp(d)
        ends = [Observed([(functional, v)], nonsignaling=True) for v in (1, 4)]
        line = curve(dependence(measurement_dependence(outputs=(d, d))), *ends)
        pieces = [(p.intercept, p.slope) for p in line.pieces]
        if not line.exact or pieces != [(0, 0), (Fraction(-1, 2), Fraction(1, 4))]:
            return Evidence("refuted" if line.exact else "numerical", f"d = {d}: {line!r}")
        programs += line.programs
    return Evidence("proved", f"exact curves for 1 ≤ I_d ≤ 4, d = 2 … 8; {programs} exact linear programs")


@section.claim("I_d", "appendix", "I_d ≤ 2 for LHV models and 4 algebraically, for every d", "exact at points")
def _id_bounds() -> Evidence:
    for d in range(2, 9):
        functional = cglmp(d)
        local = functional.bound(bell((2, 2), (d, d)))
        algebraic = functional.coefficients.reshape(d * d, -1).max(axis=0).sum() + functional.constant
        if (local, algebraic) != (2, 4):
            return Evidence("refuted", f"d = {d}: {local} and {algebraic}")
    return Evidence("exact at points", "d = 2 … 8")


@section.claim("Hall", "before Eq. (42)", "M_Hall is a maximum of l1 norms, so a linear program", "proved")
def _hall() -> Evidence:
    form = closed_form(hall_dependence(measurement_dependence()))
    known = [r for r in map(recognize, form.functionals()) if r is not None]
    right = all((r.scale, r.offset) == (Fraction(1, 3), Fraction(-2, 3)) for r in known) and len(known) == 8
    return Evidence("proved" if right else "refuted", "min M_Hall = max[0, (S − 2)/3] for every non-signaling p")


@section.claim(
    "Hall, sum",
    "before Eq. (42)",
    "M_Hall = sup Σ_y |p(λ|x,y) − p(λ|x',y')|",
    "refuted",
    erratum="the sum runs over λ",
)
def _hall_sum() -> Evidence:
    model = measurement_dependence()
    measure = hall_dependence(model)
    solution = minimize(measure, tsirelson_box())
    q = solution.q.weights
    blocks = [abs(rows.array @ q) for rows in measure.blocks]
    right = max(float(b.sum()) for b in blocks)
    single = max(float(b.max()) for b in blocks)
    differs = abs(right - solution.value) < 1e-9 and abs(2 * single - solution.value) > 1e-6
    text = (
        f"Σ_λ gives {right:.6f} = (S − 2)/3; for a fixed λ, as printed, each of the two terms is at most {single:.6f}"
    )
    return Evidence("refuted" if differs else "proved", text)


@section.claim(
    "Pinsker",
    "after Eq. (11), appendix",
    "I ≥ M² log2 e",
    "refuted",
    erratum="I ≥ M² (log2 e)/2",
)
def _pinsker() -> Evidence:
    model = measurement_dependence()
    m = minimize(dependence(model), tsirelson_box())
    information = minimize(mutual_information(model), tsirelson_box())
    printed, correct = m.value**2 * math.log2(math.e), pinsker_bound(m.value)
    violated = information.value < printed
    text = f"Tsirelson box: M = {m.exact}, M² log2 e = {printed:.6f} > I = {information.value:.6f} ≥ {correct:.6f}"
    return Evidence("refuted" if violated else "numerical", text)


@section.claim("0.0463", "after Eq. (11)", "I(X, Y : λ) = 0.0463 for d = 2", "numerical")
def _tsirelson_information() -> Evidence:
    solution = minimize(mutual_information(measurement_dependence()), tsirelson_box())
    p = (4 + float(CHSH(tsirelson_box()))) / 8
    h = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    formula = 2 - h - p * math.log2(3)
    right = abs(solution.value - 0.0463) < 5e-5 and abs(solution.value - formula) < 1e-6
    text = f"the least I is {solution.value:.7f} ≥ {solution.lower_bound:.7f}; 2 − h(P) − P log2 3 = {formula:.7f}"
    return Evidence("numerical" if right else "refuted", text)


@section.claim("3.214", "after Eq. (11)", "I_d ≥ 3.214 requires more than 0.0663 bit", "numerical")
def _threshold() -> Evidence:
    half, whole = (2 + 4 * math.sqrt(_SINGLET / (c * math.log2(math.e))) for c in (0.5, 1))
    right = abs(half - 3.214) < 2e-3
    return Evidence(
        "numerical" if right else "refuted",
        f"(M² log2 e)/2 gives {half:.4f}; the printed constant would give {whole:.4f}",
    )


@section.claim(
    "d ≥ 5",
    "after Eq. (11)",
    "the information needed exceeds 0.0663 as soon as d ≥ 5",
    "refuted",
    erratum="the exact minimum exceeds it from d = 3 on; the printed bound depends on the vertex that a solver returns",
)
def _qudits() -> Evidence:
    found = {}
    for d in (2, 3):
        model = measurement_dependence(outputs=(d, d))
        solution = minimize(mutual_information(model), tsirelson_box() if d == 2 else cglmp_box(d))
        found[d] = solution.lower_bound
    text = ", ".join(f"I ≥ {value:.6f} for d = {d}" for d, value in found.items())
    return Evidence("refuted" if found[2] < _SINGLET < found[3] else "numerical", text)


@section.claim("GHZ, M", "multipartite scenarios", "the GHZ box needs M = 1/4", "exact at points")
def _ghz() -> Evidence:
    found = minimize(dependence(measurement_dependence((2, 2, 2), (2, 2, 2))), ghz_box()).exact
    return Evidence("exact at points" if found == Fraction(1, 4) else "refuted", f"M = {found}")


@section.claim("GHZ, upper", "multipartite scenarios", "I(X, Y, Z : λ) ≤ 0.207", "numerical")
def _ghz_upper() -> Evidence:
    solution = minimize(mutual_information(measurement_dependence((2, 2, 2), (2, 2, 2))), ghz_box())
    formula = 1 - math.log2(3) / 2
    right = abs(solution.value - formula) < 1e-6
    text = f"the least I is {solution.value:.7f} ≥ {solution.lower_bound:.7f}; 1 − log2(3)/2 = {formula:.7f}"
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "GHZ, lower",
    "multipartite scenarios",
    "0.090 ≤ I(X, Y, Z : λ), from M",
    "refuted",
    erratum="M = 1/4 gives 0.0451 by the correct Pinsker inequality; the exact minimum is 1 − log2(3)/2",
)
def _ghz_lower() -> Evidence:
    m = minimize(dependence(measurement_dependence((2, 2, 2), (2, 2, 2))), ghz_box()).value
    printed, correct = m**2 * math.log2(math.e), pinsker_bound(m)
    follows = abs(correct - 0.090) < 5e-4
    return Evidence("proved" if follows else "refuted", f"M² log2 e = {printed:.4f}, but (M² log2 e)/2 = {correct:.4f}")
