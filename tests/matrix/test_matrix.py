"""Every kind of measure does what all measures do, and gets the same numbers by all ways and by an independent one."""

import ast
import copy
import pickle
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from exact_reference import fraction
from matrix import plain
from matrix.kinds import KINDS, Case

import relaxbell as rb

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5))]
CLOSE = 1e-9


@lru_cache(maxsize=4)
def case(name, seed):
    return Case(next(kind for kind in KINDS if kind.name == name), seed)


def agree(case, found, expected):
    """Exactly, or within the tolerance of kinds that are never exact."""
    if case.kind.tolerance:
        assert float(found) == pytest.approx(expected, abs=case.kind.tolerance)
    else:
        assert found == expected


# -------------------------------------------------------------------- operations


def exact(case):
    """The least value is that of the independent computation."""
    solution, expected = case.solution, case.expected[0]
    if case.kind.tolerance:
        assert solution.exact is None
        assert solution.lower_bound <= expected + case.kind.tolerance
        assert solution.value == pytest.approx(expected, abs=case.kind.tolerance)
        return
    assert fraction(solution.exact) == expected
    assert solution.value == float(expected)


def value(case):
    """The measure at the model found; the data are reproduced."""
    assert case.measure.value(case.solution.q) == pytest.approx(case.solution.value, abs=CLOSE)
    assert case.measure.value(case.solution.q.weights) == case.measure.value(case.solution.q)
    with pytest.raises(rb.errors.MeasureError, match="expected probabilities ≥ 0"):
        case.measure.value(case.solution.q.weights - 1e-3)
    q, own = case.solution.q.weights, plain.graph(case.model)
    rows, rhs = own.equations(case.tables[0])
    for row, p in zip(rows, rhs, strict=True):
        assert sum(q[i] for i in row) == pytest.approx(float(p), abs=CLOSE)
    assert float(case.plain.at([Fraction(w) for w in q])) == pytest.approx(case.solution.value, abs=CLOSE)


def at(case):
    """The measure at weights as an array: at the model found, and at others."""
    assert case.measure.at(case.solution.q.weights) == pytest.approx(case.solution.value, abs=CLOSE)
    for q in case.mixtures:
        weights = np.array([float(w) for w in q])
        assert case.measure.at(weights) == pytest.approx(float(case.plain.at(q)), abs=CLOSE)


def certificate(case):
    """It verifies, alone, and states the same number."""
    found = case.solution.certificate
    sentence, claim = found.verify(), found.data["claim"]
    if case.kind.tolerance:
        assert float(Fraction(claim["lower_bound"])) == pytest.approx(case.expected[0], abs=case.kind.tolerance)
        return
    assert claim == {"lower_bound": str(case.expected[0]), "upper_bound": str(case.expected[0])}
    assert sentence.endswith(f"minimum = {case.expected[0]}")


def curve(case):
    """It ends at the least values of both behaviors, and in between lies that of the mixture."""
    line = rb.curve(case.measure, *case.behaviors[:2])
    share = Fraction(2, 7)
    between = (1 - share) * case.tables[0] + share * case.tables[1]
    points = {Fraction(0): case.expected[0], Fraction(1): case.expected[1], share: case.least(between)}
    for t, expected in points.items():
        place, slack = (float(t), case.kind.tolerance) if case.kind.tolerance else (t, 0)  # exact, where curves are
        assert line.lower_bound(place) <= expected + slack
        assert expected <= line.upper_bound(place) + slack
        if t != share or not isinstance(line, rb.classes.SampledCurve):  # between samples there is an interval
            agree(case, line.value(place), expected)


def closed_form(case):
    """The one of the slice through two or three behaviors has their least values, and that of their mean."""
    count = 3 if case.seed == 0 else 2
    form = rb.closed_form(case.measure, case.behaviors[:count])
    assert [form(p) for p in case.behaviors[:count]] == case.expected[:count]
    middle = sum(case.tables[:count]) / count
    assert form(rb.Behavior(middle, case.model.outputs, case.model.inputs)) == case.least(middle)


def sweep(case):
    """Its columns are the least values."""
    columns = rb.sweep(case.measure, case.behaviors, progress=False)
    assert list(columns.status) == ["optimal"] * 3
    tolerance = max(CLOSE, case.kind.tolerance)
    assert columns.values == pytest.approx(np.array([float(v) for v in case.expected]), abs=tolerance)
    assert (columns.lower_bounds <= columns.values).all()
    assert columns.lower_bounds == pytest.approx(columns.values, abs=max(1e-7, case.kind.tolerance))


def latex(case):
    """Formulas are whole, and state the number."""
    for text in filter(None, [case.measure._repr_latex_(), case.solution._repr_latex_()]):
        assert text.startswith("$")
        assert text.endswith("$")
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
        assert not any(python in text for python in ("Fraction", "array", "np.", "<", "->", "≠"))
    stated, expected = case.solution._repr_latex_(), case.expected[0]
    if stated is not None and r"\max\," in stated:  # the least value of -q is said as the largest of q
        expected = -expected
    if stated is not None and not case.kind.tolerance and len(str(expected)) < 20:
        top, bottom = abs(expected).as_integer_ratio()
        number = str(top) if bottom == 1 else rf"\frac{{{top}}}{{{bottom}}}"
        assert f" = {'-' if expected < 0 else ''}{number} " in stated.replace("- ", "-")


def copies(case):
    """Copies are the same measure and the same solution."""
    for way in (copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))):
        measure, solution = way((case.measure, case.solution))
        assert repr(measure) == repr(case.measure)
        assert measure.plain == case.measure.plain
        assert solution.value == case.solution.value
        assert str(solution.exact) == str(case.solution.exact)
        assert (solution.q.weights == case.solution.q.weights).all()
        assert solution.certificate.data == case.solution.certificate.data
        again = rb.minimize(measure, case.behaviors[0])
        assert (again.value, str(again.exact)) == (case.solution.value, str(case.solution.exact))


def expression(case):
    """Anyone's own CVXPY problem has the same least value."""
    import cvxpy as cp

    constraints = [
        *case.model.reproduces(case.behaviors[0]),
        case.model.valid,
        *getattr(case.measure, "constraints", []),
    ]
    problem = cp.Problem(cp.Minimize(case.measure.expression), constraints)
    solver = cp.CLARABEL if case.kind.tolerance else cp.HIGHS
    problem.solve(solver=solver)
    assert problem.value == pytest.approx(float(case.expected[0]), abs=1e-6)
    if constraints[2:]:
        return  # marginals that are fixed for one behavior
    p = cp.Parameter(case.tables[0].size)  # compiled once, for several behaviors
    problem = cp.Problem(cp.Minimize(case.measure.expression), [*case.model.reproduces(p), case.model.valid])
    for behavior, expected in list(zip(case.behaviors, case.expected, strict=True))[:2]:
        p.value = case.model.match(behavior).p.ravel()
        problem.solve(solver=solver, enforce_dpp=True)
        assert problem.value == pytest.approx(float(expected), abs=1e-6)


def budget(case):
    """Another measure within a budget of this one."""
    limit = _limit(case)
    within = [case.measure <= limit]
    other, plain_other = _other(case)
    if case.kind.tolerance:
        _budget_in_floats(case, other, limit)
        return
    expected = plain_other.least(case.tables[0], [case.plain <= limit])
    solution = rb.minimize(other, case.behaviors[0], within)
    assert fraction(solution.exact) == expected
    assert case.measure.value(solution.q) <= float(limit) + CLOSE
    assert solution.certificate.data["claim"] == {"lower_bound": str(expected), "upper_bound": str(expected)}
    assert solution.certificate.verify().endswith(f"minimum = {expected}")
    columns = rb.sweep(other, case.behaviors[:1], subject_to=within, progress=False)
    assert columns.values[0] == pytest.approx(float(expected), abs=CLOSE)


def _budget_in_floats(case, other, limit):
    """The least value is that of anyone's own convex program, and what is certified is no larger."""
    expected = _own_program(case, other, float(limit))
    solution = rb.minimize(other, case.behaviors[0], [case.measure <= limit])
    assert solution.value == pytest.approx(expected, abs=case.kind.tolerance)
    assert solution.lower_bound <= expected + case.kind.tolerance
    assert case.measure.value(solution.q) <= float(limit) + case.kind.tolerance
    assert Fraction(solution.certificate.data["claim"]["lower_bound"]) <= Fraction(solution.value)
    assert solution.certificate.verify()


def refuted(case):
    """A budget below the least value is refuted, however little; by more than solvers are off where it is a float."""
    less = 10 * case.kind.tolerance or Fraction(1, 10**11)
    within = [case.measure <= case.expected[0] - less]
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(_other(case)[0], case.behaviors[0], within)
    assert caught.value.certificate.verify()


def tradeoff(case):
    """The curve over the budget passes through the same point."""
    limit, (other, plain_other) = _limit(case), _other(case)
    line = rb.tradeoff(other, case.measure, case.behaviors[0])
    if case.kind.tolerance:
        _tradeoff_in_floats(case, other, line)
        return
    assert line.domain[0] == case.expected[0]
    assert line.value(min(limit, line.domain[1])) == plain_other.least(case.tables[0], [case.plain <= limit])


def _tradeoff_in_floats(case, other, line):
    """The two bounds hold anyone's own convex program between them, at the ends and inside."""
    low, high = map(float, line.domain)
    assert low == pytest.approx(case.expected[0], abs=case.kind.tolerance)
    for part in (0.1, 0.5, 0.9, 1):
        budget = low + part * (high - low)
        expected = _own_program(case, other, budget)
        assert line.lower_bound(budget) <= expected + case.kind.tolerance
        assert line.value(budget) >= expected - case.kind.tolerance
        assert line.value(budget) - line.lower_bound(budget) <= line.gap + case.kind.tolerance


def _own_program(case, other, limit):
    """Return the least value of other within a budget, by CVXPY alone."""
    import cvxpy as cp

    within = [case.measure.expression <= limit, *case.model.reproduces(case.behaviors[0]), case.model.valid]
    return cp.Problem(cp.Minimize(other.expression), within).solve(solver=cp.CLARABEL)


def _limit(case):
    """A budget between the least value and that of a model of the data."""
    least = Fraction(case.expected[0])
    return least + (Fraction(case.plain.at(case.mixtures[0])) - least) / 3


def _other(case):
    """Another measure of the model, by both libraries; of networks there is none."""
    if len(case.model.latents) > 1:
        return case.measure, case.plain
    rows = np.random.default_rng(case.seed).integers(-2, 3, (2, case.model.strategies.count)).astype(float)
    return rb.measure(case.model, rows, norm="sum"), plain.measure(case.model, rows, norm="sum")


OPERATIONS = {
    "exact": exact,
    "value": value,
    "at": at,
    "certificate": certificate,
    "curve": curve,
    "closed form": closed_form,
    "sweep": sweep,
    "latex": latex,
    "copies": copies,
    "expression": expression,
    "budget": budget,
    "refuted": refuted,
    "tradeoff": tradeoff,
}


LONG = {"closed form", "curve", "tradeoff"}


@pytest.mark.parametrize(
    "operation", [pytest.param(o, marks=[pytest.mark.slow] if o in LONG else []) for o in OPERATIONS]
)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_every_kind_offers_every_operation_or_refuses_it(name, seed, operation):
    own = case(name, seed)
    if operation in own.kind.refused:
        error, words = own.kind.refused[operation]
        with pytest.raises(error, match=words):
            OPERATIONS[operation](own)
    else:
        OPERATIONS[operation](own)


def test_every_kind_of_the_package_has_a_line():
    def kinds(measure):
        yield type(measure).__name__ if measure.definition is None else measure.definition.kind
        for part in getattr(measure, "parts", ()):
            yield from kinds(part)

    files = [ast.parse(path.read_text()) for path in Path(rb.__file__).parent.joinpath("measures").glob("*.py")]
    calls = [node for tree in files for node in ast.walk(tree) if isinstance(node, ast.Call)]
    defined = {call.args[0].value for call in calls if getattr(call.func, "id", "") == "Definition"}
    assert "influence" in defined
    made = [line.measure(rb, line.model(np.random.default_rng(0)), np.random.default_rng(0)) for line in KINDS]
    listed = {kind for measure in made for kind in kinds(measure)}
    assert listed == {*defined, "Sum", "Multiple", "LargestOf", "LinearMeasure"}
