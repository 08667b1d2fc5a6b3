"""Linear programming: Eqs. (6), (13)–(27), (32)–(33), Theorems 1, 2, 6, 7, Lemma 5, Corollary 8, Proposition 9."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, input_signaling, measurement_dependence, outcome_signaling
from relaxbell.closed_forms.derive import closed_form, require_ppl
from relaxbell.closed_forms.dual_vertices import dual_vertices
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.measures.dependences import dependence
from relaxbell.measures.hall import hall_dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.measure import LinearMeasure
from relaxbell.paper.claim import Evidence, Section
from relaxbell.paper.instances import Instance, least_largest
from relaxbell.paper.standard_form import StandardForm, fractions, l1, largest, least
from relaxbell.solve.minimization import minimize

section = Section()


def random_behavior(model: CausalModel, rng: np.random.Generator) -> Behavior:
    """Return an exact behavior that the model reproduces, from random whole weights of its strategies."""
    weights = rng.integers(1, 100, model.strategies.count) * (rng.random(model.strategies.count) < 0.3)
    weights[0] += 1
    cells = np.array([int(v) for v in model.T @ weights], dtype=object).reshape(model.observed_shape)
    total = cells.sum(axis=tuple(range(len(model.outputs))), keepdims=True)
    return Behavior(cells * (Fraction(1) / total), model.outputs, model.inputs)


@section.claim("Theorem 2", "Eqs. (13)–(16), Theorem 2", "⟨c, ξ⟩ ≥ ⟨ζ, b⟩, and γ = β", "exact at points")
def _theorem_2() -> Evidence:
    rng = np.random.default_rng(2)
    for _ in range(20):
        phi = rng.integers(-3, 4, (4, 6))
        xi, zeta = fractions(rng.integers(0, 9, 6), 7), fractions(rng.integers(0, 9, 4), 5)
        b = phi.astype(object) @ xi - fractions(rng.integers(0, 4, 4), 3)
        c = phi.T.astype(object) @ zeta + fractions(rng.integers(0, 4, 6), 2)
        form = StandardForm(phi, b, c)
        if not form.weakly_dual(xi, zeta) or form.primal().value != form.dual().value:
            return Evidence("refuted", f"Φ = {phi.tolist()}, b = {b.tolist()}, c = {c.tolist()}")
    return Evidence("exact at points", "20 random programs with rational data, primal and dual solved apart")


@section.claim("Example 3", "Example 3, Eqs. (17)–(18)", "‖x‖₁ = min 〈1, t〉 subject to −t ≤ x ≤ t", "exact at points")
def _example_3() -> Evidence:
    rng = np.random.default_rng(3)
    eye = np.eye(4, dtype=int)
    for _ in range(20):
        x = fractions(rng.integers(-30, 30, 4), 7)
        if least([1] * 4, np.vstack([-eye, -eye]), [*-x, *x]).value != l1(x):
            return Evidence("refuted", f"x = {x.tolist()}")
    return Evidence("exact at points", "20 random rational vectors")


@section.claim("Example 4", "Example 4, Eqs. (19)–(20)", "‖x‖_∞ = min v subject to −v ≤ x ≤ v", "exact at points")
def _example_4() -> Evidence:
    rng = np.random.default_rng(4)
    for _ in range(20):
        x = fractions(rng.integers(-30, 30, 4), 7)
        if least([1], -np.ones((8, 1), dtype=int), [*-x, *x]).value != max(abs(x)):
            return Evidence("refuted", f"x = {x.tolist()}")
    return Evidence("exact at points", "20 random rational vectors")


@section.claim("Lemma 5", "Lemma 5", "max_i ‖x_i‖₁ as a linear program", "exact at points")
def _lemma_5() -> Evidence:
    rng = np.random.default_rng(5)
    eye = np.eye(6, dtype=int)
    for _ in range(20):
        x = fractions(rng.integers(-30, 30, (2, 3)), 7)
        sums = np.concatenate([-np.ones((2, 1), int), np.kron(np.eye(2, dtype=int), np.ones((1, 3), int))], axis=1)
        rows = np.vstack([sums, *[np.concatenate([np.zeros((6, 1), int), -eye], axis=1)] * 2])
        if least([1, *[0] * 6], rows, [0, 0, *-x.ravel(), *x.ravel()]).value != max(map(l1, x)):
            return Evidence("refuted", f"x = {x.tolist()}")
    return Evidence("exact at points", "20 random pairs of rational vectors")


@section.claim("Eq. 21", "Eq. (21)", "min ‖x‖₁ subject to A x ≥ c is a linear program", "exact at points")
def _equation_21() -> Evidence:
    rng = np.random.default_rng(21)
    eye, count = np.eye(3, dtype=int), 0
    for _ in range(20):
        A = rng.integers(-3, 4, (2, 3))
        c = A.astype(object) @ fractions(rng.integers(-9, 9, 3), 5)
        free = np.concatenate([eye, -eye], axis=1)  # x = x⁺ − x⁻
        zero = np.zeros((2, 3), int)
        rows = np.vstack(
            [*(np.concatenate([-eye, s * free], axis=1) for s in (1, -1)), np.concatenate([zero, -A, A], axis=1)]
        )
        found = least([1] * 3 + [0] * 6, rows, [*[0] * 6, *-c])
        attained = l1(found.point[3:6] - found.point[6:])
        bound = largest(c, np.vstack([A.T, -A.T]), [1] * 6).value  # ⟨c, y⟩ ≤ ⟨A x, y⟩ ≤ ‖x‖₁ ‖Aᵀ y‖_∞
        if not found.value == attained == bound:
            return Evidence("refuted", f"A = {A.tolist()}, c = {c.tolist()}")
        count += 1
    return Evidence("exact at points", f"{count} random programs: attained by x, and proved by a dual vector y ≥ 0")


@section.claim(
    "norms as constraints",
    "after Eq. (21)",
    "min ‖x‖_p subject to ‖A x‖_q ≤ c, p, q ∈ {1, ∞}, is a linear program",
    "exact at points",
)
def _norms_as_constraints() -> Evidence:
    rng = np.random.default_rng(22)
    eye, values = np.eye(3, dtype=int), set()
    for p, q in itertools.product((1, "∞"), repeat=2):
        A = rng.integers(-3, 4, (3, 3))
        t, s = (eye if p == 1 else np.ones((3, 1), int)), (eye if q == 1 else np.ones((3, 1), int))
        widths = t.shape[1], s.shape[1]  # columns: t of ‖x‖, s of ‖A x‖, x⁺, x⁻
        rows = [np.hstack([-t, np.zeros((3, widths[1]), int), sign * eye, -sign * eye]) for sign in (1, -1)]
        rows += [np.hstack([np.zeros((3, widths[0]), int), -s, sign * A, -sign * A]) for sign in (1, -1)]
        rows.append(np.array([[0] * widths[0] + [1] * widths[1] + [0] * 6]))
        cost = [1] * widths[0] + [0] * (widths[1] + 6)
        values.add(least(cost, np.vstack(rows), [*[0] * 12, Fraction(int(rng.integers(1, 9)), 2)]).value)
    return Evidence(
        "exact at points" if values == {0} else "refuted",
        "four random programs, one for each p and q; as it stands the value is 0, at x = 0, until x is constrained",
    )


@section.claim(
    "Theorem 6",
    "Theorem 6, Eqs. (22)–(23)",
    "min max_i ‖M_i q‖₁ as a linear program in standard form, and its dual",
    "exact at points",
)
def _theorem_6() -> Evidence:
    rng = np.random.default_rng(6)
    for _ in range(12):
        own = Instance.random(rng)
        L, k, n, m, _ = own.sizes
        form = own.standard_form()
        if form.phi.shape != (L + 2 * L * k + 2 * m + 2, 1 + L * k + n):
            return Evidence("refuted", f"Φ has shape {form.phi.shape}")
        found = form.primal()
        attained = max(own.norms(found.point[-n:]))
        if not found.value == attained == own.dual():
            return Evidence("refuted", f"primal {found.value}, attained {attained}, dual as printed {own.dual()}")
    return Evidence(
        "exact at points", "12 random instances: the printed Φ, the norms at its q, and the printed dual agree"
    )


@section.claim(
    "Theorem 7",
    "Theorem 7, Eqs. (24)–(26)",
    "min ‖N q‖_∞ within max_i ‖M_i q‖₁ ≤ c as a linear program, and its dual",
    "exact at points",
)
def _theorem_7() -> Evidence:
    rng = np.random.default_rng(7)
    binding = 0
    for _ in range(12):
        own = Instance.random(rng)
        loosest, tightest = max(own.norms(own.q)), own.standard_form().primal().value
        budget = (loosest + tightest) / 2
        found = own.extended(budget).primal()
        q = found.point[-len(own.q) :]
        attained = max(abs(own.N.astype(object) @ q))
        if max(own.norms(q)) > budget or not found.value == attained == own.dual(budget=budget):
            return Evidence("refuted", f"primal {found.value}, attained {attained}, dual {own.dual(budget=budget)}")
        binding += found.value > own.dual(norm=False)
    return Evidence("exact at points", f"12 random instances, the budget binding in {binding} of them")


@section.claim(
    "Theorem 7, models",
    "Theorem 7",
    "influence can be minimized within a budget on measurement dependence",
    "proved",
)
def _theorem_7_models() -> Evidence:
    from sympy import Symbol

    both = bell().relax("X -> B", "L -> X", "L -> Y")
    measure = influence(both, "X", "B")
    form = closed_form(measure, subject_to=[dependence(both) <= Symbol("c")])
    kinds = "; ".join(f"{len(kind)} × {kind.text}" for kind in form.classes)
    for budget in (Fraction(0), Fraction(1, 8), Fraction(1, 2)):
        found = minimize(measure, boxes.pr(), dependence(both) <= budget).exact
        if found != form(boxes.pr(), {"c": budget}):
            return Evidence("refuted", f"the PR box with c = {budget}: {found}, but the maximum of {kinds}")
    return Evidence("proved", f"for every non-signaling p and budget c on M, min C(X -> B) is the maximum of {kinds}")


@section.claim(
    "Corollary 8",
    "Corollary 8, Eqs. (27), (32)–(33)",
    "without the l1 constraint v, w and y drop out; without normalization u drops out as well",
    "exact at points",
)
def _corollary_8() -> Evidence:
    rng = np.random.default_rng(8)
    for _ in range(12):
        own = Instance.random(rng)
        for normalized in (True, False):
            primal = least_largest(own.N, own.A, own.p, normalized)
            if primal != own.dual(norm=False, normalized=normalized):
                return Evidence("refuted", f"primal {primal}, dual {own.dual(norm=False, normalized=normalized)}")
    count = 0
    for measure in _measures()[:2]:
        T, cells = measure.model.T.toarray().astype(int), random_behavior(measure.model, rng)
        (rows,) = measure.blocks
        p = measure.model.equations(cells).rhs
        C = rows.matrix.toarray().astype(int)
        with_u, without = (least_largest(C, T, p, kept) for kept in (True, False))
        if with_u != without:
            return Evidence("refuted", f"{measure.name}: {with_u} with normalization, {without} without")
        count += 1
    return Evidence(
        "exact at points",
        "12 random instances, with u and without: primal = dual as printed; T q = p implies normalization in "
        f"{count} models",
    )


@section.claim("convex", "before Theorem 1", "C and M are convex functions of q", "proved")
def _convex() -> Evidence:
    own = [m for m in _measures() if not (m.expression.is_convex() and m.expression.is_nonneg())]
    text = "by CVXPY's rules: norms of linear maps of q, non-negative, for C(X -> B), C(A -> B), M and Hall's measure"
    return Evidence("refuted" if own else "proved", text)


@section.claim(
    "Theorem 1",
    "Theorem 1, Eq. (6)",
    "minimizing C, M and Hall's measure is a linear program whose value is a maximum over dual vertices",
    "exact at points",
)
def _theorem_1() -> Evidence:
    rng = np.random.default_rng(11)
    count = 0
    for measure in _measures():
        for _ in range(5):
            model = measure.model.unrelaxed if rng.random() < 0.5 else measure.model
            solution = minimize(measure, random_behavior(model, rng))
            if solution.exact is None:
                return Evidence("numerical", f"{measure.name} was not solved exactly")
            count += 1
    for model, source in ((input_signaling(), "X"), (outcome_signaling(), "A")):
        measure = influence(model, source, "B")
        vertices = dual_vertices(measure)
        for _ in range(20):
            p = random_behavior(model, rng)
            if minimize(measure, p).proof.bound.bound != vertices(p):
                return Evidence("refuted", f"{measure.name} at a random behavior")
            count += 1
    return Evidence(
        "exact at points",
        f"primal = dual in rational arithmetic at {count} random behaviors, 40 of them also as max 〈v_i, p〉",
    )


@section.claim(
    "Proposition 9",
    "Proposition 9",
    "the optimum is attained at a vertex of the dual region, whatever its rays",
    "exact at points",
)
def _proposition_9() -> Evidence:
    require_ppl()
    rng = np.random.default_rng(9)
    for _ in range(20):
        phi, slack = rng.integers(-3, 4, (4, 3)), rng.integers(0, 4, 3)
        phi[0] = -abs(phi[0])  # ζ_1 is unbounded
        b = phi.astype(object) @ fractions(rng.integers(0, 9, 3), 7)
        region = Polyhedron(4, [*((int(c), *(-int(v) for v in col)) for c, col in zip(slack, phi.T, strict=True))])
        region.add((0, *(int(i == j) for j in range(4))) for i in range(4))
        corners = [[Fraction(v, corner.divisor) for v in corner.coordinates] for corner in region.vertices()]
        best = max(sum((z * own for z, own in zip(corner, b, strict=True)), Fraction(0)) for corner in corners)
        if best != StandardForm(phi, b, fractions(slack)).primal().value:
            return Evidence("refuted", f"Φ = {phi.tolist()}: {best} over {len(corners)} vertices")
    return Evidence("exact at points", "20 random programs with unbounded dual regions, all vertices enumerated")


@section.claim(
    "Proposition 9, cone",
    "proof of Proposition 9",
    "the unbounded part of D is the cone ker Φᵀ ∩ R₊",
    "refuted",
    erratum="the recession cone is {ζ ≥ 0, Φᵀζ ≤ 0}; the conclusion stands",
)
def _cone() -> Evidence:
    # ζ with z'' = e_j and nothing else: Φᵀζ = −Tᵀ e_j
    product = -input_signaling().T.toarray()[0]
    in_cone, in_kernel = bool((product <= 0).all()), not product.any()
    if in_cone and not in_kernel:
        return Evidence(
            "refuted", f"ζ = e_j for z''_00|00: Φᵀζ has {int((product < 0).sum())} entries −1 and none above 0"
        )
    return Evidence("proved", "no counterexample among the unit vectors")


def _measures() -> list[LinearMeasure]:
    return [
        influence(input_signaling((2, 3), (2, 2)), "X", "B"),
        influence(outcome_signaling((2, 2), (3, 2)), "A", "B"),
        dependence(measurement_dependence((2, 2), (2, 3))),
        hall_dependence(measurement_dependence()),
    ]
