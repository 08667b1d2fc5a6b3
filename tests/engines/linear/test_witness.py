"""Witnesses in words: a name comes with numbers in its own units, and a comparison that is shown is true."""

import json
import re
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.symmetry.recognition import holds_with_signaling


def nothing(model):
    """A measure with no opinion: only feasibility matters."""
    return rb.measure(model, np.zeros((1, model.strategies.count)), norm="linear")


def refused(model, observed):
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(nothing(model), observed)
    return caught.value


def pearl_box():
    p = np.zeros((2, 2, 2), dtype=int)
    p[0, 0, 0] = p[0, 1, 1] = 1
    return rb.Behavior(p, "A B", "Z")


def lifted_pr_box():
    """The PR box with one of Alice's outcomes split in two by a coin, and a third setting of Bob's that is a coin."""
    pr, half = rb.boxes.pr().exact, Fraction(1, 2)
    wide = np.full((3, 2, 2, 3), Fraction(1, 8), dtype=object)
    wide[0, :, :, 2] = Fraction(1, 4)
    wide[..., :2] = np.stack([pr[0], pr[1] * half, pr[1] * half])
    return rb.Behavior(wide)


@pytest.mark.parametrize(
    ("model", "box", "name", "value", "bound"),
    [
        (rb.bell(), rb.boxes.pr(), "CHSH", 4, 2),
        (rb.bell(), rb.boxes.pr().visibility(Fraction(3, 4)), "CHSH", 3, 2),
        (rb.bell((2, 3), (3, 2)), lifted_pr_box(), "CHSH", 4, 2),
        (rb.instrumental(), pearl_box(), "Pearl", 2, 1),
        (rb.bell((2, 2, 2), (2, 2, 2)), rb.boxes.ghz(), "Mermin_3", 4, 2),
    ],
    ids=["PR", "noise", "unequal", "Pearl", "GHZ"],
)
def test_a_name_comes_with_its_own_units(model, box, name, value, bound):
    """Value and bound of the catalog functional are known: of CHSH 4 and 2, of Pearl 2 and 1, of Mermin 4 and 2."""
    error = refused(model, box)
    witness = error.witness
    assert witness.name == name
    assert witness.in_catalog_form == (name, value, bound)
    assert witness.excess == value - bound
    assert f"(violation {value - bound:g} of {name})" in str(error)
    assert str(witness) == f"{name} = {value} > {bound}"
    scale = Fraction(witness.functional(box) - witness.bound, value - bound)
    assert witness.violation == float(scale * (value - bound))


def test_a_functional_without_name_has_its_own_units():
    error = refused(rb.bell((3, 3)), rb.boxes.i3322())
    witness = error.witness
    assert witness.name is None
    assert witness.excess == witness.violation == float(witness.functional(rb.boxes.i3322()) - witness.bound)
    assert f"(violation {witness.violation:.6g} of {witness.functional.formula()})" in str(error)


@pytest.mark.parametrize("power", [3, 7, 10, 14, 20, 400])
def test_comparisons_are_true_as_they_are_shown(power):
    """CHSH of the noisy PR box is 4v, and 2 locally."""
    box = rb.boxes.pr().visibility(Fraction(1, 2) + Fraction(1, 10**power))
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), box)
    assert solution.witness.excess == float(Fraction(4, 10**power))
    for text in (str(solution.witness), repr(solution), solution._repr_html_().replace("&gt;", ">")):
        left, right = re.search(r"CHSH = (.*?) > ([\d.]+)", text).groups()
        parts = [Fraction(part) for part in left.split(" + ")]
        assert right == "2"
        assert sum(parts) > 2
        assert sum(parts) - 2 == Fraction(4, 10**power)


def test_reports_show_true_comparisons():
    box = rb.boxes.pr().visibility(Fraction(1, 2) + Fraction(1, 10**12))
    report = rb.quantify(box)
    shown = re.findall(r"= (\S+) \+ (\S+) > (\S+)", repr(report))
    assert shown
    assert all(float(a) + float(b) > float(c) and float(b) > 0 for a, b, c in shown)
    rows = json.loads(json.dumps(report.to_dict()))["relaxations"]
    known = [row["witness"]["catalog"] for row in rows if row["witness"]["catalog"]]
    assert known
    for catalog in known:
        assert catalog["bound"] == 2
        assert catalog["excess"] == pytest.approx(4e-12, rel=1e-3)  # not the difference of two floats near 2


def signaling_box(rng):
    """A random mixture of the PR box with a model of measurement dependence, which may signal."""
    model = rb.measurement_dependence()
    q = np.array([Fraction(int(v)) for v in rng.integers(0, 2, 64) * rng.integers(1, 20, 64)])
    joint = (model.T.toarray().astype(int).astype(object) @ q).reshape(2, 2, 2, 2)
    return rb.Behavior(joint / joint.sum(axis=(0, 1)) / 4 + rb.boxes.pr().exact * Fraction(3, 4))


def test_names_of_signaling_data_are_true():
    """A functional is CHSH up to no-signaling: on data that signal, it is called so only where it is CHSH itself."""
    rng, model = np.random.default_rng(0), rb.measurement_dependence()
    named = 0
    for _ in range(12):
        p = signaling_box(rng)
        witness = rb.minimize(rb.hall_dependence(model), p).witness
        assert witness.signaling
        if witness.name is not None:
            named += 1
            values = [float(f(p)) for f in rb.catalog.CHSH.relabelings()]
            assert min(abs(v - witness.in_catalog_form[1]) for v in values) < 1e-12
        else:
            assert str(witness).startswith(witness.functional.formula("probabilities"))
            assert witness.excess == witness.violation
    assert named < 12


def test_recognition_with_signaling():
    swapped = rb.BellFunctional(rb.catalog.cglmp(3).coefficients.transpose(1, 0, 3, 2)[::-1], "A B", "X Y")
    for functional, literal in (
        (rb.catalog.CHSH, True),
        (3 * rb.catalog.CHSH - 1, True),
        (rb.catalog.CH, False),
        (rb.catalog.pearl() * 2, True),
        (rb.catalog.mermin(3), True),
        (swapped, True),
        (rb.catalog.CHSH.transposed("B A", "Y X"), True),
    ):
        assert holds_with_signaling(functional, rb.recognize(functional)) is literal


def test_constraints_are_named_readably():
    model = rb.input_signaling()
    for constraint, text in (
        (model.q[3] + 2 * model.q[4] >= 1.5, "q[3] + 2 q[4] >= 1.5"),
        (model.q[3] - model.q[4] == 1.5, "q[3] - q[4] == 1.5"),
        (np.eye(64)[:3] @ model.q >= 0.75, "q[0] >= 0.75 (and 2 more rows)"),
        (model.probability({"B": 0}, do={"X": 1}) <= -0.5, "+ … of 48 strategies <= -0.5"),
    ):
        with pytest.raises(rb.errors.InfeasibleError) as caught:
            rb.minimize(nothing(model), rb.boxes.pr(), [constraint])
        message = str(caught.value)
        assert f"{text}, by an exact" in message
        assert "float64" not in message
        assert "\n" not in message
    for wrong in (np.eye(64), np.eye(64) @ model.q, {"row": np.float64(0.0)}):
        with pytest.raises(rb.errors.MeasureError, match="is not a constraint") as refusal:
            rb.minimize(nothing(model), rb.boxes.pr(), [wrong])
        assert "float64" not in str(refusal.value)
        assert "\n" not in str(refusal.value)
