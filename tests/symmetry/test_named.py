"""Names of the catalog in a model: what has a name has the bound that the catalog functional has in this model."""

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import FunctionalError, InfeasibleError

S3 = rb.BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]})
"""Eq. (10) of arXiv:1411.4648; S3 of Ringbauer et al., arXiv:1602.02767, whose bound under A → B is 4."""


def test_s3_is_chained_by_a_relabeling_that_is_no_symmetry_of_outcome_signaling():
    model, known = rb.outcome_signaling((3, 3)), rb.catalog.chained(3)
    assert (S3.bound(model), known.bound(model)) == (4, 6)
    assert rb.recognize(S3).known.name == known.name
    assert rb.recognize(S3, model) is None
    assert rb.recognize(known, model).scale == 1
    for other in (rb.bell((3, 3)), rb.bell((3, 3)).relax("X -> B")):  # outcomes are relabeled by settings there
        assert rb.recognize(2 * S3 - 1, other).offset == -1


@pytest.mark.parametrize(
    ("known", "step"),
    [
        pytest.param(rb.catalog.chained(3), 23, marks=pytest.mark.slow),
        pytest.param(rb.catalog.I3322, 29, marks=pytest.mark.slow),
    ],
)
def test_a_name_says_the_bound_in_the_model(known, step):
    """The theorem: symmetries of a model leave bounds as they are."""
    model = rb.outcome_signaling((3, 3))
    named = {True: set(), False: set()}
    for functional in known.relabelings()[::step]:
        named[rb.recognize(functional, model) is not None].add(functional.bound(model))
    assert named[True] == {known.bound(model)}
    assert named[False] - named[True]


def test_biased_settings_and_three_parties_do_not_cost_a_name():
    biased = rb.outcome_signaling(input_distribution={"X": [0.25, 0.75], "Y": [0.1, 0.9]})
    for functional in rb.catalog.CHSH.relabelings():
        found = rb.recognize(functional, biased)
        assert found is not None
        assert functional.bound(biased) == rb.catalog.CHSH.bound(biased)
    lifted = rb.BellFunctional.from_correlators({"AB": [[1, 1, 0], [1, -1, 0]]})
    wide = rb.outcome_signaling((2, 3), (2, 2))
    assert rb.recognize(lifted, wide).known.name == "CHSH"
    assert lifted.bound(wide) == rb.catalog.CHSH.bound(rb.outcome_signaling())
    three = rb.bell((2, 2, 2)).relax("A -> B")
    assert rb.recognize(rb.catalog.mermin(3), three).known.name == rb.catalog.mermin(3).name
    assert rb.recognize(rb.catalog.CH, rb.input_signaling()) is None  # another functional where p signals
    assert rb.recognize(rb.catalog.CH, rb.bell()).known.name == "CHSH"
    with pytest.raises(FunctionalError, match="causal model"):
        rb.recognize(rb.catalog.CH, rb.boxes.pr())
    with pytest.raises(FunctionalError, match="as many values"):
        rb.recognize(rb.catalog.CHSH, rb.outcome_signaling((3, 3)))
    with pytest.raises(FunctionalError, match="the same variables"):
        rb.recognize(rb.catalog.CHSH, rb.bell().rename({"A": "C"}))


def chained_box():
    x, y = np.arange(3)[:, None], np.arange(3)
    a, b = np.arange(2)[:, None, None, None], np.arange(2)[:, None, None]
    return rb.Behavior((1 + (-1.0) ** (a + b) * np.cos(np.pi * (x - y - 0.5) / 3)) / 4, "A B", "X Y")


def refusal(model, p):
    try:
        rb.minimize(rb.influence(model, "A", "B"), p)
    except InfeasibleError as error:
        return error
    return None


@pytest.mark.slow
def test_a_witness_has_no_name_whose_bound_is_another():
    """Alice's outcomes relabeled by her setting: then A → B does not reproduce the box, and chained(3) would say 6."""
    model, box = rb.outcome_signaling((3, 3)), chained_box()
    moved = []
    for pattern in np.ndindex(2, 2, 2):
        outcomes = {"A": {x: [1, 0] for x in range(3) if pattern[x]}}
        moved.append(rb.Relabeling(box, outcomes=outcomes)(box) if outcomes["A"] else box)
    refuted = 0
    for p in moved:
        error = refusal(model, p)
        if error is not None:
            refuted += 1
            assert error.witness.name is None
            assert error.certificate.verify()
    assert refuted


def test_classes_of_terms_are_those_of_the_model():
    model = rb.outcome_signaling((2, 2))
    text = repr(rb.closed_form(rb.influence(model, "A", "B")))
    assert "8 ×  (1/2) CHSH - 1" in text
