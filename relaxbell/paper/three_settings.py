"""Three settings and two outcomes for each party: Eqs. (10) and (36), Fig. 2, the polytope of A → B."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np

from relaxbell.behavior import boxes
from relaxbell.behavior.observed import Observed
from relaxbell.causal.networks import bell, input_signaling, outcome_signaling
from relaxbell.closed_forms.classes import classes
from relaxbell.closed_forms.derive import closed_form
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.catalog import I3322, chained
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.influences import influence
from relaxbell.paper.claim import Evidence, Section
from relaxbell.paper.standard_form import Whole, largest
from relaxbell.proofs.proving import prove
from relaxbell.solve.lines import curve
from relaxbell.symmetry.recognition import recognize

section = Section()

_THREE = (3, 3)


def equation_10() -> BellFunctional:
    """Return E00 − E02 − E11 + E12 − E20 + E21, as printed."""
    return BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]}, name="Eq. (10)")


@section.claim("Eq. 10, bound", "Eq. (10)", "I_{A→B} ≤ 4 under outcome signaling, and for LHV models", "proved")
def _equation_10_bound() -> Evidence:
    bounds = [equation_10().bound(model) for model in (outcome_signaling(_THREE), bell(_THREE))]
    text = f"largest values over all strategies: {bounds[0]} with A → B, {bounds[1]} without"
    return Evidence("proved" if bounds == [4, 4] else "refuted", text)


@section.claim(
    "Eq. 10, facet",
    "Eq. (10)",
    "one facet of this polytope",
    "refuted",
    erratum="a face of lower dimension; a facet of the non-signaling slice only",
)
def _equation_10_facet() -> Evidence:
    face = equation_10().is_facet(outcome_signaling(_THREE))
    text = f"face of dimension {face.dimension} in a polytope of dimension {face.polytope_dimension}"
    return Evidence("proved" if face else "refuted", text)


@section.claim(
    "Eq. 10, slice", "Eq. (10)", "I_{A→B} = 4 is a facet of the non-signaling part of the polytope", "proved"
)
def _equation_10_slice() -> Evidence:
    face = equation_10().is_facet(outcome_signaling(_THREE), nonsignaling=True)
    text = f"bound {face.bound}, face of dimension {face.dimension} in dimension {face.polytope_dimension}"
    return Evidence("proved" if face and face.bound == 4 else "refuted", text)


@section.claim(
    "Eq. 10, name", "Eq. (10)", "(what it is) Eq. (10) is the chained inequality of three settings, relabeled", "proved"
)
def _equation_10_name() -> Evidence:
    found, known = recognize(equation_10()), chained(3)
    same = found is not None and found.known.name == known.name and found.scale == 1 and found.offset == 0
    right = same and equation_10().equivalent(known) and known.bound(bell(_THREE)) == 4
    text = "not in the catalog" if found is None else f"a relabeling of {found.scale} · {found.known.name}"
    return Evidence("proved" if right else "refuted", text)


@section.claim(
    "Eq. 10, violation",
    "after Eq. (10), appendix",
    "violated by √ε|00〉 + √(1−ε)|11〉 for every ε ≠ 0, 1: I = 3 + cos θ + 2√(ε(1−ε)) sin θ",
    "proved",
)
def _equation_10_violation() -> Evidence:
    import sympy

    epsilon, theta, r = sympy.symbols("epsilon theta r", positive=True)
    z, x = sympy.Matrix([[1, 0], [0, -1]]), sympy.Matrix([[0, 1], [1, 0]])
    state = sympy.Matrix([sympy.sqrt(epsilon), 0, 0, sympy.sqrt(1 - epsilon)])
    alice, bob = (0, sympy.pi, sympy.pi / 2), (0, theta, -sympy.pi)
    table = np.empty((2, 2, 3, 3), dtype=object)
    for a, b, s, t in np.ndindex(*table.shape):
        first, second = (sympy.cos(angle) * z + sympy.sin(angle) * x for angle in (alice[s], bob[t]))
        parts = [(sympy.eye(2) + (-1) ** v * o) / 2 for v, o in ((a, first), (b, second))]
        table[a, b, s, t] = (state.T * sympy.kronecker_product(*parts) * state)[0]
    total = sympy.simplify(equation_10()(table))
    printed = 3 + sympy.cos(theta) + 2 * sympy.sqrt(epsilon) * sympy.sqrt(1 - epsilon) * sympy.sin(theta)
    same = sympy.simplify(total - printed) == 0
    # with r = 2√(ε(1−ε)) and tan θ = r the value is 3 + √(1 + r²): more than 4 for every r > 0, that is 0 < ε < 1
    angle = {sympy.cos(theta): 1 / sympy.sqrt(1 + r**2), sympy.sin(theta): r / sympy.sqrt(1 + r**2)}
    best = sympy.simplify((3 + sympy.cos(theta) + r * sympy.sin(theta)).subs(angle))
    gain = sympy.simplify((best - 3) ** 2 - 1)
    schmidt = sympy.solveset(4 * epsilon * (1 - epsilon) > 0, epsilon, sympy.Interval(0, 1))
    right = same and gain == r**2 and schmidt == sympy.Interval.open(0, 1)
    text = (
        f"from the Born rule I = {total}; at tan θ = r = 2√(ε(1−ε)) it is {3 + sympy.sqrt(1 + gain)} > 4 on {schmidt}"
    )
    return Evidence("proved" if right else "refuted", text)


@section.claim(
    "classes of facets",
    "after Eq. (38)",
    "different classes of non-trivial inequalities define the polytope of A → B with three settings",
    "proved",
)
def _classes() -> Evidence:
    model = outcome_signaling(_THREE)
    vertices = np.unique(model.T.toarray().T.astype(np.int64), axis=0)
    kinds: Counter[int] = Counter()
    for seed in range(8):
        functional = _some_facet(vertices, model.observed_shape, np.random.default_rng(seed))
        values = vertices @ np.array([int(v) for v in functional.coefficients.ravel()])
        if functional.is_facet(model) and _nontrivial(functional):
            kinds[int((values == values.max()).sum())] += 1
    text = (
        f"{len(vertices)} vertices; {sum(kinds.values())} non-trivial facets found by exact programs, with "
        f"{', '.join(str(n) for n in sorted(kinds, reverse=True))} vertices on them: at least {len(kinds)} classes"
    )
    return Evidence("proved" if len(kinds) > 1 else "refuted", text)


def _some_facet(vertices: Whole, shape: tuple[int, ...], rng: np.random.Generator) -> BellFunctional:
    """Return the facet that a random ray from the middle of the polytope meets, as a whole functional."""
    signaling = np.unique(input_signaling(_THREE).T.toarray().T.astype(np.int64), axis=0)
    target = signaling[rng.integers(len(signaling), size=3)].sum(axis=0) / 3
    weights = rng.integers(1, 9, len(vertices))
    total = int(weights.sum())
    middle = weights @ vertices  # over total
    shifted = vertices * total - middle  # polar body: z · (vertex − middle) ≤ 1, of which the ray's facet is a vertex
    aim = np.rint(3 * target).astype(np.int64) * total - 3 * middle
    basis = _columns(shifted)
    rows = shifted[:, basis]
    found = largest([*aim[basis], *-aim[basis]], np.concatenate([rows, -rows], axis=1), [1] * len(rows))
    half = len(basis)
    z: Exact = np.full(vertices.shape[1], Fraction(0), dtype=object)
    z[basis] = found.point[:half] - found.point[half:]
    unit = np.lcm.reduce([int(v.denominator) for v in z])
    return BellFunctional(np.array([v * int(unit) for v in z], dtype=object).reshape(shape))


def _columns(matrix: Whole) -> list[int]:
    """Return columns that are independent, as many as there are."""
    import flint

    reduced, rank = flint.fmpz_mat(matrix.tolist()).rref()[0], 0
    found = []
    for j in range(matrix.shape[1]):
        if rank < matrix.shape[0] and reduced[rank, j] != 0:
            found.append(j)
            rank += 1
    return found


def _nontrivial(functional: BellFunctional) -> bool:
    """Whether some behavior with X → B violates the functional's bound with A → B: then it is not positivity."""
    return bool(functional.bound(input_signaling(_THREE)) > functional.bound(outcome_signaling(_THREE)))


@section.claim(
    "classes without signaling",
    "after Eq. (38)",
    "different classes of non-trivial inequalities, one of them Eq. (10), define its non-signaling part",
    "proved",
)
def _classes_without_signaling() -> Evidence:
    model = outcome_signaling(_THREE)
    form = closed_form(Fraction(0) * influence(model, "A", "B"), "nonsignaling")  # all that is left are the constraints
    forms = [term.form for term in form.domain]
    kinds = classes(form.region, forms)
    first = [form.region.functional(forms[kind.members[0]]) for kind in kinds]
    own = [kind for kind, f in zip(kinds, first, strict=True) if equation_10().equivalent(f, scale=True, offset=True)]
    text = (
        f"{form.effort}; {len(form.domain)} inequalities in classes of "
        f"{', '.join(str(len(kind)) for kind in kinds)}; Eq. (10) is in that of {len(own[0]) if own else 0}"
    )
    return Evidence("proved" if len(kinds) > 1 and len(own) == 1 else "refuted", text)


@section.claim("I3322", "after Eq. (36)", "I3322 ≤ 0 for LHV models, −1 at white noise, 1 at the PR-like box", "proved")
def _i3322() -> Evidence:
    box = boxes.i3322()
    found = [I3322.bound(bell(_THREE)), I3322(box.white_noise()), I3322(box)]
    return Evidence("proved" if found == [0, -1, 1] else "refuted", f"{', '.join(map(str, found))}")


@section.claim("Eq. 36", "Eq. (36)", "the box of Eq. (36) violates I3322 maximally, and I3322 = 2v − 1", "proved")
def _equation_36() -> Evidence:
    box, printed = boxes.i3322(), np.full((2, 2, 3, 3), Fraction(0), dtype=object)
    for a, b, x, y in np.ndindex(*printed.shape):
        if (a + b) % 2 == (1 if x + y == 3 else 0):
            printed[a, b, x, y] = Fraction(1, 2)
    # I3322 is affine in v: two points decide
    line = [I3322(box.visibility(v)) for v in (Fraction(0), Fraction(1))] == [-1, 1]
    ends = [Observed([(I3322, v)], nonsignaling=True) for v in (-1, 3)]
    # X → B reproduces every non-signaling p, so that the curve ends at the largest value without signaling
    most = curve(influence(input_signaling(_THREE), "X", "B"), *ends).domain[1]
    right = np.array_equal(box.table, printed) and line and most == 1
    return Evidence("proved" if right else "refuted", f"p as printed; the largest I3322 without signaling is {most}")


@section.claim("Fig. 2, black", "Fig. 2, Eq. (36)", "C_{X→B} = max[0, I3322/2] along v pPR + (1−v) pW", "proved")
def _figure_2_black() -> Evidence:
    import sympy

    v = sympy.Symbol("t", real=True)
    box = boxes.i3322()
    value = sympy.nsimplify(I3322(box.white_noise())) + v * (I3322(box) - I3322(box.white_noise()))
    measure = influence(input_signaling(_THREE), "X", "B")
    found = prove(measure, sympy.Max(0, value / 2), (box.white_noise(), box))
    return Evidence(found.status, f"{found.method}, equal to max[0, ({value})/2] for all v from 0 to 1")


@section.claim(
    "Fig. 2, red",
    "Fig. 2",
    "2/5 I for 0 ≤ I ≤ 0.714, (3I − 1)/4 for 0.714 ≤ I ≤ 1, given I = I3322",
    "proved",
)
def _figure_2_red() -> Evidence:
    import sympy

    ends = [Observed([(I3322, v)], nonsignaling=True) for v in (-1, 1)]
    value = sympy.Symbol("I3322", real=True)
    line = curve(influence(input_signaling(_THREE), "X", "B"), *ends, parameter=value)
    printed = sympy.Max(0, sympy.Rational(2, 5) * value, (3 * value - 1) / 4)
    found = prove(line, printed)
    kinks = ", ".join(map(str, line.breakpoints))
    close = abs(float(line.breakpoints[-1]) - 0.714) < 5e-4
    return Evidence(found.status if close else "refuted", f"{found.method}; break points {kinks}")


@section.claim(
    "Fig. 2, both",
    "after Eq. (35), Fig. 2",
    "different distributions of the same I3322 differ in what they require; I3322 gives a lower bound only",
    "proved",
)
def _figure_2_both() -> Evidence:
    box, measure = boxes.i3322(), influence(input_signaling(_THREE), "X", "B")
    full = curve(measure, box.white_noise(), box)
    given = curve(measure, *(Observed([(I3322, v)], nonsignaling=True) for v in (-1, 1)))
    # both are piecewise affine: they are ordered if they are at the ends and at every break point of either
    values = {v for t in (Fraction(0), Fraction(1), *full.breakpoints) for v in (2 * t - 1,)} | set(given.breakpoints)
    gaps = {v: full.value((v + 1) / 2) - given.value(v) for v in values}
    right = min(gaps.values()) >= 0 and max(gaps.values()) > 0
    at = max(gaps, key=lambda v: gaps[v])
    text = f"black − red is between {min(gaps.values())} and {max(gaps.values())}, the latter at I3322 = {at}"
    return Evidence("proved" if right else "refuted", text)
