"""Linear programming: Theorems 1, 2, 6 and 7, Examples 3 and 4, Lemma 5, Corollary 8, Proposition 9."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, input_signaling, measurement_dependence, outcome_signaling
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.dual_vertices import dual_vertices
from relaxbell.exact.basis import IntegerProgram, RightHandSide
from relaxbell.exact.numbers import Exact
from relaxbell.measures.dependence import dependence, hall_dependence
from relaxbell.measures.locality import influence
from relaxbell.measures.measure import Measure
from relaxbell.paper.claim import Evidence, Section
from relaxbell.solve.exactness import optimal_vertex
from relaxbell.solve.highs import solve_highs
from relaxbell.solve.minimization import minimize

section = Section()


def random_behavior(model: CausalModel, rng: np.random.Generator) -> Behavior:
    """Return an exact behavior that the model reproduces, from random whole weights of its strategies."""
    weights = rng.integers(1, 100, model.strategies.count) * (rng.random(model.strategies.count) < 0.3)
    weights[0] += 1
    cells = np.array([int(v) for v in model.T @ weights], dtype=object).reshape(model.observed_shape)
    total = cells.sum(axis=tuple(range(len(model.outputs))), keepdims=True)
    return Behavior(cells * (Fraction(1) / total), model.outputs, model.inputs)


def _exact_minimum(matrix: Any, cost: list[int], rhs: list[Fraction]) -> Fraction:
    """Return min cost · x over matrix x ≤ rhs, x ≥ 0 (a copy of the free variables' signs is the caller's), exactly."""
    program = IntegerProgram(
        sp.csc_array(np.array(matrix, dtype=np.int64)), np.array(cost, dtype=np.int64), np.zeros(len(rhs), dtype=bool)
    )
    upper = np.array([float(v) for v in rhs])
    answer = solve_highs(
        sp.csc_array(program.matrix, dtype=np.float64), np.array(cost, float), np.full(len(rhs), -np.inf), upper
    )
    assert answer.basis is not None  # HiGHS is a simplex method
    right: Exact = np.array(rhs, dtype=object)
    found = optimal_vertex(program, answer.basis, RightHandSide.read(right), thorough=True)
    assert found is not None  # a program of a few rows
    values = zip(found[0].basis.columns.tolist(), found[0].values, strict=True)
    return sum((Fraction(cost[j]) * Fraction(v) for j, v in values), Fraction(0))  # type: ignore[arg-type]  # rational data


@section.claim(
    "strategies",
    "appendix, Eq. (40)",
    "n = oa^mx ob^(mx my) (Fig. 1c), oa^mx ob^(oa my) (1b), mx my oa^mx ob^my (1e)",
    "exact at points",
)
def _strategies() -> Evidence:
    count = 0
    for mx, my, oa, ob in itertools.product((1, 2, 3), (2, 3), (2, 3), (2, 3)):
        if oa**mx * ob ** (mx * my) > 10**6:
            continue
        sizes = ((mx, my), (oa, ob))
        right = [
            oa**mx * ob ** (mx * my) == input_signaling(*sizes).strategies.count,
            oa**mx * ob ** (oa * my) == outcome_signaling(*sizes).strategies.count,
            mx * my * oa**mx * ob**my == measurement_dependence(*sizes).strategies.count,
        ]
        if not all(right):
            return Evidence("refuted", f"inputs {sizes[0]}, outputs {sizes[1]}")
        count += 1
    return Evidence("exact at points", f"{count} scenarios, three networks each")


@section.claim("Eq. 3", "Eq. (3)", "do(x') erases the mechanism of x and keeps the others", "exact at points")
def _interventions() -> Evidence:
    rng = np.random.default_rng(3)
    model, count = outcome_signaling((2, 3), (3, 2)), 0
    weights = rng.integers(1, 50, model.strategies.count)
    for x, y, forced, b in itertools.product(range(2), range(3), range(3), range(2)):
        row = model.rows({"B": b}, given={"X": x, "Y": y}, do={"A": forced})
        found = Fraction(int((row.matrix @ weights)[0]), int(weights.sum())) * row.scale
        total = 0
        for s, weight in enumerate(weights.tolist()):  # p(b|do(a), y, λ) with λ a strategy: the function of B alone
            digits = model.strategies.digits(s)
            node = next(n for n in model.strategies.nodes if n.name == "B")
            configuration = {"A": forced, "Y": y}
            total += weight * (int(node.table[digits["B"], node.configuration(configuration)]) == b)
        if found != Fraction(total, int(weights.sum())):
            return Evidence("refuted", f"p(B={b}|do(A={forced}), y={y})")
        count += 1
    return Evidence("exact at points", f"{count} interventions on a random model")


@section.claim("Example 3", "Eqs. (17)–(18)", "‖x‖₁ = min 〈1, t〉 subject to −t ≤ x ≤ t", "exact at points")
def _example_3() -> Evidence:
    rng = np.random.default_rng(5)
    for _ in range(20):
        x = [Fraction(int(v), 7) for v in rng.integers(-30, 30, 4)]
        eye = np.eye(4, dtype=int)
        found = _exact_minimum(np.vstack([-eye, -eye]), [1] * 4, [*(-v for v in x), *x])
        if found != sum(abs(v) for v in x):
            return Evidence("refuted", f"x = {x}")
    return Evidence("exact at points", "20 random rational vectors")


@section.claim("Example 4", "Eqs. (19)–(20)", "‖x‖_∞ = min v subject to −v ≤ x ≤ v", "exact at points")
def _example_4() -> Evidence:
    rng = np.random.default_rng(6)
    for _ in range(20):
        x = [Fraction(int(v), 7) for v in rng.integers(-30, 30, 4)]
        if _exact_minimum(-np.ones((8, 1), dtype=int), [1], [*(-v for v in x), *x]) != max(abs(v) for v in x):
            return Evidence("refuted", f"x = {x}")
    return Evidence("exact at points", "20 random rational vectors")


@section.claim("Lemma 5", "Lemma 5", "max_i ‖x_i‖₁ as a linear program", "exact at points")
def _lemma_5() -> Evidence:
    rng = np.random.default_rng(7)
    for _ in range(20):
        x = [[Fraction(int(v), 7) for v in rng.integers(-30, 30, 3)] for _ in range(2)]
        rows, rhs = [], []
        for i, own in enumerate(x):
            rows.append([-1, *(1 if j // 3 == i else 0 for j in range(6))])  # 〈1, t_i〉 ≤ v
            rhs.append(Fraction(0))
            for k, v in enumerate(own):
                for sign in (1, -1):
                    rows.append([0, *(-1 if j == 3 * i + k else 0 for j in range(6))])
                    rhs.append(-sign * v)
        if _exact_minimum(rows, [1, *[0] * 6], rhs) != max(sum(abs(v) for v in own) for own in x):
            return Evidence("refuted", f"x = {x}")
    return Evidence("exact at points", "20 random pairs of rational vectors")


def _measures() -> list[Measure]:
    return [
        influence(input_signaling((2, 3), (2, 2)), "X", "B"),
        influence(outcome_signaling((2, 2), (3, 2)), "A", "B"),
        dependence(measurement_dependence((2, 2), (2, 3))),
        hall_dependence(measurement_dependence()),
    ]


@section.claim(
    "Theorem 6",
    "Theorems 1, 2 and 6",
    "minimizing C, M and Hall's measure is a linear program with a tight dual",
    "exact at points",
)
def _theorem_6() -> Evidence:
    rng = np.random.default_rng(8)
    count = 0
    for measure in _measures():
        for _ in range(5):
            model = measure.model.unrelaxed if rng.random() < 0.5 else measure.model
            solution = minimize(measure, random_behavior(model, rng))
            if solution.exact is None:
                return Evidence("numerical", f"{measure.name} was not solved exactly")
            count += 1
    return Evidence("exact at points", f"primal = dual in rational arithmetic on {count} random behaviors")


@section.claim("Corollary 8", "Eq. (27)", "without the normalization constraint the dual has u = 0", "exact at points")
def _corollary_8() -> Evidence:
    rng = np.random.default_rng(9)
    count = 0
    for measure in _measures():
        for _ in range(3):
            proof = minimize(measure, random_behavior(measure.model, rng)).proofs[0]
            if proof.primal is None or proof.bound.offset != 0:
                return Evidence("refuted", f"{measure.name}: u = {proof.bound.offset}")
            count += 1
    return Evidence("exact at points", f"u = 0 in {count} exact dual solutions, and 〈p, z〉 is the minimum")


@section.claim(
    "Theorem 7", "Theorem 7", "minimization within a budget on another measure is a linear program", "proved"
)
def _theorem_7() -> Evidence:
    from sympy import Symbol

    both = bell().relax("X -> B", "L -> X", "L -> Y")
    c = Symbol("c")
    form = closed_form(influence(both, "X", "B"), subject_to=[dependence(both) <= c])
    kinds = "; ".join(f"{len(kind)} × {kind.text}" for kind in form.classes)
    return Evidence("proved", f"for every non-signaling p and budget c on M, min C(X -> B) is the maximum of {kinds}")


@section.claim(
    "Proposition 9",
    "Proposition 9, Eq. (6)",
    "the minimum is max_i 〈v_i, p〉 over the vertices of the dual region",
    "exact at points",
)
def _proposition_9() -> Evidence:
    rng = np.random.default_rng(10)
    count = 0
    for model, source in ((input_signaling(), "X"), (outcome_signaling(), "A")):
        measure = influence(model, source, "B")
        vertices = dual_vertices(measure)
        for _ in range(20):
            p = random_behavior(model, rng)
            if minimize(measure, p).proofs[0].bound.bound != vertices(p):
                return Evidence("refuted", f"{measure.name} at a random behavior")
            count += 1
    return Evidence("exact at points", f"{count} random behaviors, C(X -> B) and C(A -> B)")


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
