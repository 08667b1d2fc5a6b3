"""Measurement dependence: Eqs. (11) for CHSH, (41)–(42), Pinsker's inequality, 0.0463, 0.0663, GHZ."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import born
from relaxbell.behavior.states import partially_entangled, qubit_observable
from relaxbell.causal.networks import measurement_dependence
from relaxbell.exact.numbers import Exact, Floats
from relaxbell.exact.texts import floor_text
from relaxbell.functionals.catalog import CHSH
from relaxbell.functionals.maximum import Maximum
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.information import mutual_information, pinsker_bound
from relaxbell.measures.settings import setting_layout
from relaxbell.paper.claim import Evidence, Section
from relaxbell.paper.mixtures import exactly, random_weights
from relaxbell.paper.standard_form import l1
from relaxbell.proofs.proving import prove
from relaxbell.solve.minimization import minimize

section = Section()

SINGLET = 0.0663
"""Printed: I(X, Y : λ) that suffices for all projective measurements on a singlet [13]."""


def excess(divisor: int) -> Maximum:
    """Return max[0, (S − 2)/divisor] over the eight symmetries of S."""
    return Maximum(0, *(Fraction(1, divisor) * (own - 2) for own in CHSH.relabelings()))


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
    found = prove(dependence(measurement_dependence()), excess(4))
    return Evidence(found.status, f"{found.method}, equal to max[0, (S − 2)/4] over the symmetries of S")


@section.claim("Eq. 42", "Eq. (42)", "M_Hall = max_i ‖M_i q‖₁, so that its minimum is a linear program", "proved")
def _hall() -> Evidence:
    rng = np.random.default_rng(42)
    model = measurement_dependence((2, 2), (2, 3))
    measure, layout = hall_dependence(model), setting_layout(model)
    conditional = np.array([random_weights(layout.numbers.shape[1], rng) for _ in layout.settings], dtype=object)
    q: Exact = np.full(model.strategies.count, Fraction(0), dtype=object)
    q[layout.numbers] = conditional * np.array(layout.weights, dtype=object)[:, None]
    sup = max(l1(first - second) for first, second in itertools.combinations(conditional, 2))
    norms = max(l1(exactly(rows, q)) for rows in measure.blocks)
    found = prove(hall_dependence(measurement_dependence()), excess(3))
    text = f"at a random q both are {sup}; min M_Hall = max[0, (S − 2)/3] for every non-signaling p: {found.method}"
    return Evidence(found.status if sup == norms else "refuted", text)


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
    solution = minimize(measure, boxes.tsirelson())
    blocks = [abs(rows.array @ solution.q.weights) for rows in measure.blocks]
    right = max(float(b.sum()) for b in blocks)
    single = max(float(b.max()) for b in blocks)
    expected = (float(CHSH(boxes.tsirelson())) - 2) / 3
    differs = abs(right - expected) < 1e-9 and 2 * single < expected - 1e-6
    text = (
        f"Σ_λ gives {right:.6f} = (S − 2)/3; for a fixed λ, as printed, each of the two terms is at most {single:.6f}"
    )
    return Evidence("refuted" if differs else "proved", text)


@section.claim("p(x, y), M", "after Eq. (41)", "the matrix M depends on p(x, y)", "proved")
def _input_distribution() -> Evidence:
    weights = {"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [Fraction(1, 2), Fraction(1, 2)]}
    uniform, other = (
        minimize(dependence(measurement_dependence(input_distribution=given)), boxes.pr()).exact
        for given in (None, weights)
    )
    text = f"the PR box needs M = {uniform} for uniform settings, {other} for p(x) = (3/4, 1/4)"
    return Evidence("proved" if uniform != other else "refuted", text)


@section.claim(
    "Pinsker",
    "after Eq. (11), after Eq. (42)",
    "I ≥ M² log2 e",
    "refuted",
    erratum="I ≥ M² (log2 e)/2",
)
def _pinsker() -> Evidence:
    model = measurement_dependence()
    m = minimize(dependence(model), boxes.tsirelson())
    information = minimize(mutual_information(model), boxes.tsirelson())
    printed, correct = m.value**2 * math.log2(math.e), pinsker_bound(m.value)
    violated = information.value < printed
    text = f"Tsirelson box: M = {m.exact}, M² log2 e = {printed:.6f} > I = {information.value:.6f} ≥ {correct:.6f}"
    return Evidence("refuted" if violated and correct <= information.value else "numerical", text)


@section.claim("0.0463", "after Eq. (11)", "I(X, Y : λ) = 0.0463 for d = 2", "numerical")
def _tsirelson_information() -> Evidence:
    solution = minimize(mutual_information(measurement_dependence()), boxes.tsirelson())
    p = (4 + float(CHSH(boxes.tsirelson()))) / 8
    h = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    formula = 2 - h - p * math.log2(3)
    right = abs(solution.value - 0.0463) < 5e-5 and abs(solution.value - formula) < 1e-6
    text = (
        f"the least I is {solution.value:.7f} ≥ {floor_text(solution.lower_bound, 6)}; "
        f"2 − h(P) − P log2 3 = {formula:.7f}, within 1e-6"
    )
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "0.0463, vertex",
    "after Eq. (11), after Eq. (42)",
    "the solution of the linear program min M has I = 0.0463 exactly for d = 2",
    "refuted",
    erratum="I depends on which optimal vertex a solver returns; minimize I itself, a convex program",
)
def _vertices() -> Evidence:
    model = measurement_dependence()
    measure, information = dependence(model), mutual_information(model)
    vertices = [minimize(measure, boxes.tsirelson(), solver=solver) for solver in (None, "highs")]
    optimal = vertices[0].exact is not None and vertices[0].exact == vertices[1].exact
    values = [information.value(vertex.q) for vertex in vertices]
    budget = measure <= Fraction(vertices[0].value) + Fraction(1, 10**9)
    least = minimize(information, boxes.tsirelson(), budget).value  # among the models of least M
    text = (
        f"models of least M = {vertices[0].exact} range from I = {least:.4f} to more than {_down(max(values))}, the "
        "latter at exact vertices of the program"
    )
    return Evidence("refuted" if optimal and max(values) > least + 1e-3 else "numerical", text)


def _down(value: float) -> str:
    """Return a number rounded down to two digits: which vertex a solver returns may change, this much does not."""
    return f"{math.floor(value * 100) / 100:.2f}"


@section.claim(
    "0.0663",
    "after Eq. (10), introduction",
    "0.0663 bit, about 1/15, simulates all projective measurements on a singlet [10, 12, 13]",
    "numerical",
)
def _singlet() -> Evidence:
    """Hall's model: λ uniform on the sphere, reweighted so that sgn(x·λ) = sgn(y·λ) has probability (1 + x·y)/2.

    For settings at the angle φ the information is the relative entropy of that bit to its uniform value 1 − φ/π,
    and the largest over φ bounds I for every p(x, y).
    """
    from scipy.optimize import minimize_scalar

    def relative(angle: float) -> float:
        pairs = ((math.cos(angle / 2) ** 2, 1 - angle / math.pi), (math.sin(angle / 2) ** 2, angle / math.pi))
        return sum(p * math.log2(p / r) for p, r in pairs)

    grid = np.linspace(0.01, math.pi - 0.01, 400)
    start = float(max(grid, key=relative))
    best = minimize_scalar(lambda t: -relative(t), bounds=(start - 0.01, start + 0.01), method="bounded")
    right = abs(-best.fun - SINGLET) < 5e-5 and abs(-best.fun - 1 / 15) < 5e-4
    text = (
        f"Hall's model needs {-best.fun:.6f} bit for settings at {best.x:.4f} rad, the worst angle; 1/15 = {1 / 15:.4f}"
    )
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "non-maximal qubits",
    "after Eq. (10)",
    "non-maximally entangled states of two qubits do not raise the minimal mutual information",
    "numerical",
)
def _qubits() -> Evidence:
    information = mutual_information(measurement_dependence())
    most = minimize(information, boxes.tsirelson()).value
    angles = [k * math.pi / 40 for k in range(2, 10)]
    found = [minimize(information, _measured(theta, *_most_violating(theta))).value for theta in angles]
    rng = np.random.default_rng(10)
    turned = [
        minimize(information, _measured(theta, *(_most_violating(theta) + rng.normal(scale=0.3, size=(2, 2))))).value
        for theta in angles
        for _ in range(5)
    ]
    right = max(found + turned) < most and found == sorted(found)
    text = (
        f"{len(angles)} states cos θ|00〉 + sin θ|11〉, θ < π/4, with the settings of largest S: I from {found[0]:.4f} "
        f"up to {found[-1]:.4f}, and {len(turned)} random settings around them: at most {max(turned):.4f}; {most:.4f} "
        "at θ = π/4. Two settings only"
    )
    return Evidence("numerical" if right else "refuted", text)


def _most_violating(theta: float) -> Floats:
    """Return the angles of the settings with S = 2 √(1 + sin² 2θ), the largest of the state (Horodecki)."""
    tilt = math.atan(math.sin(2 * theta))
    return np.array([[0.0, math.pi / 2], [tilt, -tilt]])


def _measured(theta: float, alice: Floats, bob: Floats) -> Behavior:
    return born(partially_entangled(theta), [[qubit_observable(float(t)) for t in own] for own in (alice, bob)])


@section.claim("GHZ, M", "multipartite scenarios", "(implicit in 0.090) the GHZ box needs M = 1/4", "proved")
def _ghz() -> Evidence:
    found = minimize(dependence(measurement_dependence((2, 2, 2), (2, 2, 2))), boxes.ghz()).exact
    return Evidence("proved" if found == Fraction(1, 4) else "refuted", f"M = {found}, exact primal and dual solution")


@section.claim("GHZ, upper", "multipartite scenarios", "I(X, Y, Z : λ) ≤ 0.207", "numerical")
def _ghz_upper() -> Evidence:
    solution = minimize(mutual_information(measurement_dependence((2, 2, 2), (2, 2, 2))), boxes.ghz())
    formula = 1 - math.log2(3) / 2
    right = abs(solution.value - formula) < 1e-6 and math.floor(1000 * solution.value) == 207
    text = (
        f"the least I is {solution.value:.7f} ≥ {floor_text(solution.lower_bound, 6)}; "
        f"1 − log2(3)/2 = {formula:.7f}, within 1e-6 (0.207 is rounded down)"
    )
    return Evidence("numerical" if right else "refuted", text)


@section.claim(
    "GHZ, lower",
    "multipartite scenarios",
    "0.090 ≤ I(X, Y, Z : λ), from M",
    "refuted",
    erratum="M = 1/4 gives 0.0451 by the correct Pinsker inequality; the exact minimum is 1 − log2(3)/2",
)
def _ghz_lower() -> Evidence:
    m = minimize(dependence(measurement_dependence((2, 2, 2), (2, 2, 2))), boxes.ghz()).value
    printed, correct = m**2 * math.log2(math.e), pinsker_bound(m)
    follows = abs(correct - 0.090) < 5e-4
    return Evidence("proved" if follows else "refuted", f"M² log2 e = {printed:.4f}, but (M² log2 e)/2 = {correct:.4f}")


@section.claim(
    "more parties",
    "multipartite scenarios",
    "more parties can require considerably more measurement dependence than a singlet",
    "numerical",
)
def _more_parties() -> Evidence:
    three = minimize(mutual_information(measurement_dependence((2, 2, 2), (2, 2, 2))), boxes.ghz()).lower_bound
    text = f"GHZ: I ≥ {floor_text(three, 4)} bit (rigorous), {three / SINGLET:.1f} times {SINGLET}"
    return Evidence("numerical" if three > 2 * SINGLET else "refuted", text)
