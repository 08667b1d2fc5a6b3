"""Bayesian networks, interventions and measures: Eqs. (1)–(5), (28)–(31), (37), (40)–(41), Fig. 1."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import (
    bell,
    input_signaling,
    measurement_dependence,
    message,
    outcome_signaling,
)
from relaxbell.causal.sources import bilocality
from relaxbell.exact.numbers import Exact
from relaxbell.measures.dependences import dependence
from relaxbell.measures.influences import influence
from relaxbell.paper.claim import Evidence, Section, least_exactly
from relaxbell.paper.mixtures import (
    Mixture,
    configurations,
    exactly,
    kernel_of,
    random_mixture,
    random_weights,
    responses,
)
from relaxbell.paper.standard_form import l1
from relaxbell.solve.minimization import minimize

section = Section()

_UNEQUAL = ((2, 3), (3, 2))
"""Numbers of inputs and outputs that tell all axes apart."""


@section.claim(
    "Fig. 1",
    "Fig. 1",
    "(a) LHV model, (b) A → B, (c) X → B, (d) a message from X and A to B, (e) X, Y ← Λ, (f) two sources",
    "proved",
)
def _figure_1() -> Evidence:
    local = {("X", "A"), ("L", "A"), ("L", "B"), ("Y", "B")}
    swapped = {("X", "A"), ("L1", "A"), ("L1", "B"), ("L2", "B"), ("L2", "C"), ("Z", "C")}
    printed = {
        "a": (bell(), local),
        "b": (outcome_signaling(), local | {("A", "B")}),
        "c": (input_signaling(), local | {("X", "B")}),
        "d": (message(), local | {("X", "M"), ("A", "M"), ("L", "M"), ("M", "B")}),
        "e": (measurement_dependence(), local | {("L", "X"), ("L", "Y")}),
        "f": (bilocality(), swapped),
    }
    wrong = [panel for panel, (model, edges) in printed.items() if set(model.edges) != edges]
    if wrong:
        return Evidence("refuted", f"other edges in panels {', '.join(wrong)}")
    return Evidence("proved", "the edges of the six networks, compared; (e) with µ = Λ itself as common ancestor")


@section.claim(
    "strategies",
    "appendix, Eq. (40)",
    "n = oa^mx ob^(mx my) (Fig. 1c), oa^mx ob^(oa my) (1b), mx my oa^mx ob^my (1e), oa^mx ob oc^mz (1f)",
    "exact at points",
)
def _strategies() -> Evidence:
    count = 0
    for mx, my, oa, ob in itertools.product((1, 2, 3), (2, 3), (2, 3), (2, 3)):
        if oa**mx * 2 ** (mx * oa) * ob ** max(mx * my, 2 * my) > 10**6:
            continue
        sizes = ((mx, my), (oa, ob))
        expected: list[tuple[CausalModel, int]] = [
            (bell(*sizes), oa**mx * ob**my),
            (input_signaling(*sizes), oa**mx * ob ** (mx * my)),
            (outcome_signaling(*sizes), oa**mx * ob ** (oa * my)),
            (message(*sizes), oa**mx * 2 ** (mx * oa) * ob ** (2 * my)),
            (measurement_dependence(*sizes), mx * my * oa**mx * ob**my),
            (bilocality((mx, my), (oa, 4, ob)), oa**mx * 4 * ob**my),
        ]
        for model, number in expected:
            if model.strategies.count != number:
                return Evidence("refuted", f"{model.name}: {model.strategies.count} strategies, expected {number}")
        count += 1
    return Evidence("exact at points", f"{count} scenarios with 1 … 3 settings and 2 or 3 outcomes, six networks each")


@section.claim(
    "Eq. 1",
    "Eq. (1)",
    "p(x) = ∏ p(x_i|pa_i) if and only if X_i = f_i(PA_i, N_i) with independent noise terms",
    "exact at points",
)
def _equation_1() -> Evidence:
    rng = np.random.default_rng(1)
    model = CausalModel(
        "A -> B -> C; A -> C; N1 -> A; N2 -> B; N3 -> C", "", "N1 N2 N3", {"A": 3, "B": 2, "C": 2}, outputs="A B C"
    )
    count = 0
    for _ in range(10):
        mixture = random_mixture(model, rng, 1)  # from the factors to functions of noise that is drawn beforehand
        if (_observed(model, mixture.strategies) != _written_out(mixture)).any():
            return Evidence("refuted", "factors are not reproduced by functions of independent noise")
        noise = [random_weights(node.functions, rng) for node in model.strategies.nodes]  # and back
        q: Any = np.array([Fraction(1)], dtype=object)
        for own in noise:
            q = np.multiply.outer(q, np.array(own, dtype=object)).ravel()
        kernels = {node.name: kernel_of(node, own) for node, own in zip(model.strategies.nodes, noise, strict=True)}
        if (_observed(model, q) != _written_out(Mixture(model, [Fraction(1)], [kernels]))).any():
            return Evidence("refuted", "functions of independent noise do not factorize")
        count += 2
    return Evidence("exact at points", f"{count} random distributions of a DAG with three nodes, both directions")


@section.claim(
    "Eqs. 2, 28, 37",
    "Eqs. (2), (28), (37), Fig. 1, after Eqs. (38) and (40)",
    "p = Σ_λ p(λ) ∏ p(·|parents, λ), and local noise can be absorbed into λ",
    "exact at points",
)
def _decompositions() -> Evidence:
    rng = np.random.default_rng(2)
    models = [bell(*_UNEQUAL), input_signaling(*_UNEQUAL), outcome_signaling(*_UNEQUAL), message((2, 1), (2, 3))]
    models.append(measurement_dependence((2, 3), (2, 2)))  # of Λ and µ together
    for model in models:
        mixture = random_mixture(model, rng)
        q = mixture.strategies
        if min(q) < 0 or sum(q) != 1 or (_observed(model, q) != _written_out(mixture)).any():
            return Evidence("refuted", f"{model.name}: T q is not the sum over λ")
    return Evidence(
        "exact at points", f"T q is the sum over λ, term by term, for random models of {len(models)} networks"
    )


@section.claim(
    "Eq. 3",
    "Eq. (3)",
    "p(x|do(x_i')) is the product of all factors but that of x_i, and 0 where x_i ≠ x_i'",
    "exact at points",
)
def _equation_3() -> Evidence:
    rng = np.random.default_rng(3)
    count = 0
    for model, forced in (
        (outcome_signaling(*_UNEQUAL), "A"),
        (message((2, 1), (2, 3)), "M"),
        (input_signaling((2, 2), (3, 2)), "B"),
    ):
        mixture = random_mixture(model, rng)
        q = mixture.strategies
        names = model.outputs
        for setting, value in itertools.product(model.settings, range(model.cardinality[forced])):
            for outcome in itertools.product(*(range(model.cardinality[n]) for n in names)):
                event = dict(zip(names, outcome, strict=True))
                (found,) = exactly(model.rows(event, given=setting, do={forced: value}), q)
                contradicts = event.get(forced, value) != value
                if found != (0 if contradicts else mixture.probability(event, setting, {forced: value})):
                    return Evidence("refuted", f"p({event}|do({forced}={value}), {setting}) of {model.name}")
                count += 1
    return Evidence("exact at points", f"{count} interventions on outputs and messages of three random models")


@section.claim(
    "Eqs. 4, 29–31",
    "Eqs. (4), (29)–(31)",
    "C = max over b, y and pairs of Σ_λ p(λ)|p(b|do(·), y, λ) − p(b|do(·)', y, λ)| = ‖C q‖_∞",
    "exact at points",
)
def _influence_definition() -> Evidence:
    rng = np.random.default_rng(4)
    for model, source in ((input_signaling(*_UNEQUAL), "X"), (outcome_signaling(*_UNEQUAL), "A")):
        q = np.array(random_weights(model.strategies.count, rng), dtype=object)
        found = max(row for rows in influence(model, source, "B").blocks for row in exactly(rows, q))
        if found != _influence_of(model, source, q):
            return Evidence("refuted", f"{model.name}: {found}")
    return Evidence(
        "exact at points", "random q of X → B and A → B, inputs (2, 3) and outputs (3, 2), summed over all λ"
    )


@section.claim(
    "Eqs. 5, 41", "Eqs. (5), (40), (41)", "M = Σ_{x,y,λ} |p(x, y, λ) − p(x, y) p(λ)| = ‖M q‖₁", "exact at points"
)
def _dependence_definition() -> Evidence:
    rng = np.random.default_rng(5)
    weights = {"X": [Fraction(1, 3), Fraction(2, 3)], "Y": [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]}
    for model in (
        measurement_dependence((2, 3), (2, 2)),
        measurement_dependence((2, 3), (2, 2), input_distribution=weights),
    ):
        hidden = [dict(zip("AB", pair, strict=True)) for pair in itertools.product(range(4), range(8))]
        joint: dict[tuple[int, int, int], Fraction] = {}
        for x, y in itertools.product(range(2), range(3)):
            own = random_weights(len(hidden), rng)
            p = model.input_distribution.probability({"X": x, "Y": y})
            joint |= {(x, y, k): p * w for k, w in enumerate(own)}
        q = np.full(model.strategies.count, Fraction(0), dtype=object)
        for s in range(model.strategies.count):
            digits = model.strategies.digits(s)  # X and Y respond to nothing but λ: their function is their value
            q[s] = joint[digits["X"], digits["Y"], hidden.index({n: digits[n] for n in "AB"})]
        total = {k: sum(v for (_, _, own), v in joint.items() if own == k) for k in range(len(hidden))}
        expected = l1(
            np.array(
                [
                    v - model.input_distribution.probability({"X": x, "Y": y}) * total[k]
                    for (x, y, k), v in joint.items()
                ]
            )
        )
        (rows,) = dependence(model).blocks
        if l1(exactly(rows, q)) != expected:
            return Evidence("refuted", f"‖M q‖₁ = {l1(exactly(rows, q))}, the sum is {expected}")
    return Evidence("exact at points", "two random q with inputs (2, 3), uniform and not, summed over all x, y, λ")


@section.claim(
    "C beyond two outcomes",
    "Eqs. (4), (29)",
    "(implicit) C measures influence for any number of outcomes",
    "refuted",
    erratum="the printed form can fall when outcomes are refined; Σ_λ p(λ) [f(x) ≠ f(x')], equal to it for two "
    "outcomes, cannot",
)
def _not_monotone() -> Evidence:
    coin = _with_coin(boxes.pr())
    model, fine = input_signaling(), input_signaling(outputs=(2, 4))
    plain = [least_exactly(minimize(influence(m, "X", "B"), p)) for m, p in ((model, boxes.pr()), (fine, coin))]
    variation = [
        least_exactly(minimize(influence(m, "X", "B", variation=True), p))
        for m, p in ((model, boxes.pr()), (fine, coin))
    ]
    text = (
        f"a private coin appended to Bob's output of the PR box: min C falls from {plain[0]} to {plain[1]}, though b "
        f"can be read off; in the total-variation form {variation[0]} and {variation[1]}"
    )
    return Evidence("refuted" if plain[1] < plain[0] else "proved", text)


def _with_coin(box: Behavior) -> Behavior:
    """Return a behavior whose B is 2 b + a fair coin of its own."""
    table = np.repeat(box.table, 2, axis=1) * Fraction(1, 2)
    return Behavior(table)


def _observed(model: CausalModel, q: Exact) -> Exact:
    return np.asarray(model.T.toarray().astype(int).astype(object) @ q, dtype=object)


def _written_out(mixture: Mixture) -> Exact:
    """Return p as the sum over λ and the products of factors, in the order of T."""
    names = mixture.model.outputs + mixture.model.inputs
    found = []
    for index in np.ndindex(*mixture.model.observed_shape):
        values = dict(zip(names, index, strict=True))
        setting = {n: values[n] for n in mixture.model.free_inputs}
        found.append(mixture.probability({n: values[n] for n in names if n not in setting}, setting))
    return np.array(found, dtype=object)


def _influence_of(model: CausalModel, source: str, q: Exact) -> Fraction:
    """Return Eq. (4) with every λ, intervention, setting and outcome visited in turn."""
    target = next(n for n in model.strategies.nodes if n.name == "B")
    functions = list(responses(target))
    share: dict[int, Fraction] = {}
    for s, weight in enumerate(q):
        number = model.strategies.digits(s)["B"]
        share[number] = share.get(number, Fraction(0)) + weight
    place = target.parents.index(source)
    most = Fraction(0)
    for first, second in itertools.combinations(configurations(target), 2):
        if all(u == v for i, (u, v) in enumerate(zip(first, second, strict=True)) if i != place):
            for b in range(target.cardinality):
                shift = sum(w * abs((functions[k][first] == b) - (functions[k][second] == b)) for k, w in share.items())
                most = max(most, Fraction(shift))
    return most
