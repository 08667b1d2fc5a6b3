"""False curves: between two ends that are proved and attained, the least value is larger, or there is no model at all.

A curve is right because measures and constraints are convex in q. In all of these the data are q(A=1) = t for one
output A with a latent parent, so q = (1 - t, t) and every value is known.
"""

import copy
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from certificates import curves, judge, number

import relaxbell as rb
from relaxbell.verify import Real, Refused, verify
from relaxbell.verify.curves import convex
from relaxbell.verify.measures import evaluate, read_measure
from relaxbell.verify.model import Model
from relaxbell.verify.reading import with_numbers

OLD = Path(__file__).parent.parent / "data" / "certificates"

ZERO = {"kind": "rows", "rows": [[[0, "0"]]], "groups": []}
HALF = {"kind": "rows", "rows": [[[0, "1/2"], [1, "1/2"]]], "groups": []}
DISTANCE = {"kind": "rows", "rows": [[[0, "1"], [1, "-1"]]], "groups": [1]}  # |q0 - q1|
ENDS = {"kind": "maximum", "of": [["1", {"kind": "rows", "rows": [[[i, "1"]]], "groups": []}] for i in (0, 1)]}


def total(*pairs):
    return {"kind": "sum", "of": [[str(factor), part] for factor, part in pairs]}


def largest(*parts):
    return {"kind": "maximum", "of": [["1", part] for part in parts]}


BUMP = total((1, HALF), (-1, DISTANCE))  # 1/2 - |q0 - q1|: -1/2 at both ends, 1/2 in the middle


def end(t, measure, weights, constraints=()):
    """The certificate that the least value at t = 0 or 1 is 0."""
    certificate = {
        "schema": "relaxbell-certificate-1",
        "model": {
            "latents": ["L"],
            "nodes": [{"name": "A", "cardinality": 2, "parents": ["L"]}],
            "outputs": ["A"],
            "inputs": [],
            "input_distribution": ["1"],
        },
        "observed": {"values": [{"coefficients": ["0", "1"], "value": str(t)}]},
        "measure": measure,
        "constraints": [{"measure": own, "limit": limit} for own, limit, _ in constraints],
        "claim": {"lower_bound": "0", "upper_bound": "0"},
        "proof": {"z": ["0", "0"], "weights": weights, "constraints": [dual for _, _, dual in constraints]},
        "strategies": [[t, "1"]],
    }
    return {"t": str(t), "certificate": certificate}


def curve(*arguments):
    return {"schema": "relaxbell-curve-1", "pieces": [[end(t, *arguments) for t in (0, 1)]]}


def unused(weights):
    return {"multiplier": "0", "weights": weights}


BUMP_WEIGHTS = [None, ["0"]]
FALSE = {
    "a maximum whose other part has no share": curve(
        largest(ZERO, BUMP), [["1", None], ["0", BUMP_WEIGHTS]]
    ),  # 1/2 at t = 1/2
    "that maximum in a sum": curve(
        total((1, largest(ZERO, BUMP)), (0, DISTANCE)), [[["1", None], ["0", BUMP_WEIGHTS]], ["0"]]
    ),
    "that maximum in a maximum": curve(
        largest(ZERO, largest(ZERO, BUMP)), [["1", None], ["0", [["0", None], ["0", BUMP_WEIGHTS]]]]
    ),
    "a multiple of that maximum": curve(
        total(("1/3", largest(ZERO, BUMP))), [[["1/3", None], ["0", BUMP_WEIGHTS]]]
    ),
    "a negative multiple of a maximum": curve(
        largest(ZERO, total((1, HALF), (1, HALF), ("-4/3", ENDS))),
        [["1", None], ["0", [None, None, [["0", None], ["0", None]]]]],
    ),  # 1 - 4/3 max(q0, q1): -1/3 at the ends, 1/3 in the middle
    "a negative multiple of a multiple": curve(
        largest(ZERO, total((1, HALF), (-1, total((1, DISTANCE))))), [["1", None], ["0", [None, [["0"]]]]]
    ),
    "a difference of norms": curve(
        largest(ZERO, total((1, HALF), (1, DISTANCE), (-2, DISTANCE))), [["1", None], ["0", [None, ["0"], ["0"]]]]
    ),
    "a constraint that is no convex function": curve(
        ZERO, None, [(total((-1, DISTANCE)), "-1/2", unused([["0"]]))]
    ),  # |q0 - q1| >= 1/2: no model at t = 1/2
    "a constraint on a negative maximum": curve(
        ZERO, None, [(total((-1, ENDS)), "-3/4", unused([[["0", None], ["0", None]]]))]
    ),
    "a constraint on a maximum that hides it": curve(
        ZERO, None, [(largest(ZERO, BUMP), "1/4", unused([["0", None], ["0", BUMP_WEIGHTS]]))]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_curves_of_functions_that_are_not_convex_are_refused(name):
    data = FALSE[name]
    for own in data["pieces"][0]:
        assert verify(own["certificate"]).endswith("minimum = 0")  # each end is true
    with pytest.raises(Refused, match="not known to be convex"):
        verify(data)


def test_convex_functions_in_other_words_are_not():
    """Negated linear measures, twice negated norms, and what has the factor 0."""
    for measure, weights in (
        (total((-1, ZERO), (1, ZERO)), [None, None]),
        (total((1, ZERO), (0, BUMP)), [None, BUMP_WEIGHTS]),
        (largest(ZERO, total((-1, total((-1, ZERO))), (0, largest(BUMP)))),
         [["1", None], ["0", [[None], [["0", BUMP_WEIGHTS]]]]]),
    ):  # fmt: skip
        assert "corners (0, 0), (1, 0)" in verify(curve(measure, weights))
    shifted = largest(ZERO, total((-2, HALF), (-1, total((-1, DISTANCE)))))  # |q0 - q1| - 1 <= 0
    weights = [["1", None], ["0", [None, [["0"]]]]]
    assert "corners (0, 0), (1, 0)" in verify(curve(shifted, weights))


def test_an_entropy_has_no_curve():
    probability = {"kind": "probability", "target": "A", "values": [1], "do": []}
    data = curve({"kind": "binary entropy", "of": probability}, None)
    none = {"z": ["0", "0"], "weights": None, "constraints": []}
    for own in data["pieces"][0]:
        own["certificate"]["proof"] = {"least": none, "largest": none}
    with pytest.raises(Refused, match="linear programs only"):  # h(t) is 1 at t = 1/2
        verify(data)


def random_measure(rng, depth):
    """A tree of sums, with factors of both signs and zero, and maxima, over rows of three strategies."""
    kind = rng.integers(3) if depth else 0
    if kind == 0:
        rows = [[[i, str(int(rng.integers(-3, 4)))] for i in range(3)] for _ in range(2)]
        return {"kind": "rows", "rows": rows, "groups": [[], [2], [1, 1]][rng.integers(3)]}
    parts = [random_measure(rng, depth - 1) for _ in range(2)]
    return total(*zip(rng.choice([-2, -1, 0, 1, 3], 2), parts, strict=True)) if kind == 1 else largest(*parts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_what_is_called_convex_is_convex(seed):
    """m((p + q)/2) <= (m(p) + m(q))/2 for exact p, q at random; and of the negative, where that is called convex."""
    rng = np.random.default_rng(seed)
    model = Model(end(0, ZERO, None)["certificate"]["model"] | {
        "nodes": [{"name": "A", "cardinality": 3, "parents": ["L"]}], "input_distribution": [Fraction(1)],
    })  # fmt: skip
    called = []
    for _ in range(60):
        measure = read_measure(model, with_numbers(random_measure(rng, 3)))
        weights = [[Fraction(int(v)) for v in rng.integers(1, 9, 3)] for _ in range(2)]
        p, q = ([w / sum(own) for w in own] for own in weights)
        middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
        at = [evaluate(model, measure, [(i, (), Real(w)) for i, w in enumerate(own)]).a for own in (p, q, middle)]
        called.append(tuple(convex(measure, sign) for sign in (1, -1)))
        for sign, is_convex in zip((1, -1), called[-1], strict=True):
            assert not is_convex or sign * at[2] <= sign * (at[0] + at[1]) / 2
    assert len(set(called)) == 4


# ------------------------------------------------------------------------- whatever is accepted is true in between


def between(piece, part):
    """Return the certificate at a point of a piece, and what the curve says there."""
    low, high = (own["certificate"] for own in piece)
    root = low.get("root", high.get("root", 0))

    def mean(a, b):
        pairs = [[Fraction(v) for v in (n if isinstance(n, list) else [n, "0"])] for n in (a, b)]
        return [str(x + part * (y - x)) for x, y in zip(*pairs, strict=True)]

    data = copy.deepcopy(low) | {"root": root or 2}
    for name in ("behavior", "values"):
        if name in low["observed"]:
            rows = zip(low["observed"][name], high["observed"][name], strict=True)
            if name == "behavior":
                data["observed"] = {name: [mean(a, b) for a, b in rows]}
            else:
                data["observed"] = {name: [a | {"value": mean(a["value"], b["value"])} for a, b in rows]}
    for own, a, b in zip(data["constraints"], low["constraints"], high["constraints"], strict=True):
        own["limit"] = mean(a["limit"], b["limit"])[0]
    claims = [number(own["claim"]["lower_bound"], root) for own in (low, high)]
    return data, claims[0] + float(part) * (claims[1] - claims[0])


def is_true(data):
    for piece in data["pieces"]:
        for part in (Fraction(1, 2), Fraction(1, 7)):
            middle, claimed = between(piece, part)
            if judge(middle) != pytest.approx(claimed, abs=1e-6):
                return False
    return True


def strings(data, path=()):
    """Yield the place of each text and number of a curve's measures, constraints, proofs and claims."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from strings(value, (*path, key))
    if isinstance(data, str | bool):
        yield path


def changed(value, rng):
    if isinstance(value, bool):
        return not value
    try:
        x = Fraction(value)
    except ValueError:
        return str(rng.choice(["sum", "maximum", "rows", "A", "B", "X", "Y"]))
    return str(rng.choice([str(v) for v in (-x, x + 1, x / 2, 2 * x, x - Fraction(1, 3), 0)]))


@pytest.mark.parametrize("which", [0, 1, 2, 4, 5, "values"])
@pytest.mark.slow
def test_mutants_that_are_accepted_are_true_in_between(which):
    """The same change at both ends of every piece, so that it may stay one problem."""
    if which == "values":  # of CHSH; the one of I3322 has 4096 strategies
        data = rb.classes.Certificate.load(OLD / "curve_of_values.json").data
    else:
        data = list(curves())[which].certificate.data
    assert is_true(data)
    rng = np.random.default_rng(len(json.dumps(data)))
    inner = [path for path in strings(data["pieces"][0][0]["certificate"]) if path[0] not in ("schema", "model")]
    for k in rng.permutation(len(inner))[:40]:
        mutant, value = json.loads(json.dumps(data)), None
        for own in (own for piece in mutant["pieces"] for own in piece):
            place = own["certificate"]
            try:
                for key in inner[k][:-1]:
                    place = place[key]
                value = changed(place[inner[k][-1]], rng) if value is None else value
                place[inner[k][-1]] = value
            except (KeyError, IndexError, TypeError):
                break
        try:
            verify(mutant)
        except Refused:
            continue
        assert is_true(mutant)
