"""Behaviors from and to correlators and Collins–Gisin marginals: by loops over outcomes, round trips, wrong inputs."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

HALF = Fraction(1, 2)
SCENARIOS = [
    ("A B", "X Y", None, (2, 2, 2, 2)),
    ("A B", "X Y", None, (3, 2, 2, 3)),
    ("A B", "X Y", {"A": "Y", "B": "X"}, (2, 4, 3, 2)),
    ("A B C", "X Y Z", None, (2, 3, 2, 2, 1, 3)),
    ("A B C", "X Z", {"A": "X", "B": None, "C": "Z"}, (2, 4, 2, 2, 2)),
    ("A", "X", None, (4, 3)),
    ("A B", "X Y", None, (1, 2, 2, 3)),
]
BINARY = [
    ("A B", "X Y", None, (2, 2, 2, 3)),
    ("A B", "X Y", {"A": "Y", "B": "X"}, (2, 2, 3, 2)),
    ("A B C", "X Y Z", None, (2, 2, 2, 2, 1, 3)),
    ("A B C", "X Z", {"A": "Z", "B": None, "C": "X"}, (2, 2, 2, 2, 3)),
    ("Left Right", "S T", None, (2, 2, 3, 1)),
]


def local(outputs, inputs, parties, shape, seed):
    """Return a random local behavior, exact, by a loop over strategies drawn at random."""
    rng = np.random.default_rng(seed)
    names = (outputs.split(), inputs.split())
    owner = parties or dict(zip(*names, strict=True))
    sizes = dict(zip([*names[0], *names[1]], shape, strict=True))
    table = np.full(shape, Fraction(0), dtype=object)
    weights = [int(w) for w in rng.integers(1, 20, 12)]
    for weight in weights:
        answers = {a: rng.integers(0, sizes[a], sizes[owner[a]] if owner[a] else 1) for a in names[0]}
        for setting in np.ndindex(*shape[len(names[0]) :]):
            chosen = dict(zip(names[1], setting, strict=True))
            event = tuple(int(answers[a][chosen[owner[a]] if owner[a] else 0]) for a in names[0])
            table[event + setting] += Fraction(weight, sum(weights))
    return rb.Behavior(table, outputs, inputs, parties=parties)


def places(box):
    """Yield (index in a tensor, {output: (setting, outcome)}) of all places of a Collins–Gisin tensor, by loops."""
    own = [1 if box.parties[a] is None else box.cardinality[box.parties[a]] for a in box.outputs]
    axes = [
        [None, *((x, a) for x in range(m) for a in range(box.cardinality[name] - 1))]
        for name, m in zip(box.outputs, own, strict=True)
    ]
    for index in np.ndindex(*(len(axis) for axis in axes)):
        yield index, {n: axes[i][k] for i, (n, k) in enumerate(zip(box.outputs, index, strict=True)) if axes[i][k]}


@pytest.mark.parametrize(("outputs", "inputs", "parties", "shape"), SCENARIOS)
def test_collins_gisin_tensors_hold_marginals(outputs, inputs, parties, shape):
    box = local(outputs, inputs, parties, shape, 1)
    tensor = box.to_collins_gisin()
    count = 0
    for index, chosen in places(box):
        event = {name: a for name, (_, a) in chosen.items()}
        given = {box.parties[name]: x for name, (x, _) in chosen.items() if box.parties[name]}
        assert tensor[index] == box.probability(event, given)
        count += 1
    assert count == tensor.size == box.coordinates.dimension + 1
    sizes = {name: box.cardinality[name] for name in (*box.outputs, *box.inputs)}
    back = rb.Behavior.from_collins_gisin(tensor, outputs, inputs, parties=parties, cardinality=sizes)
    assert back.is_exact
    assert back.parties == box.parties
    assert (back.table == box.table).all()
    floats = rb.Behavior.from_collins_gisin(
        tensor.astype(np.float32), outputs, inputs, parties=parties, cardinality=sizes
    )
    assert floats.tolerance == 1e-6
    np.testing.assert_allclose(floats.p, box.p, atol=1e-6)


@pytest.mark.parametrize(("outputs", "inputs", "parties", "shape"), BINARY)
def test_correlator_tensors_hold_means_of_signs(outputs, inputs, parties, shape):
    box = local(outputs, inputs, parties, shape, 2)
    tensor = box.to_correlators()
    k = len(box.outputs)
    for index, chosen in places(box):
        setting = {box.parties[name]: x for name, (x, _) in chosen.items() if box.parties[name]}
        place = tuple(setting.get(name, 0) for name in box.inputs)
        mean = sum(
            (-1) ** sum(v for v, name in zip(event, box.outputs, strict=True) if name in chosen)
            * box.table[event + place]
            for event in np.ndindex(*shape[:k])
        )
        assert tensor[index] == mean
    back = rb.Behavior.from_correlators(tensor, outputs, inputs, parties=parties)
    assert (back.table == box.table).all()
    floats = rb.Behavior.from_correlators(tensor.astype(float).tolist(), outputs, inputs, parties=parties)
    assert not floats.is_exact
    np.testing.assert_allclose(floats.p, box.p, atol=1e-12)


@pytest.mark.parametrize(("outputs", "inputs", "parties", "shape"), BINARY)
def test_functionals_have_the_same_matrices(outputs, inputs, parties, shape):
    """Σ tensor · tensor is the value, in both notations, for random coefficients and a constant."""
    rng = np.random.default_rng(3)
    box = local(outputs, inputs, parties, shape, 4)
    f = rb.BellFunctional(rng.integers(-5, 6, shape), outputs, inputs, constant=HALF, parties=parties)
    for own, tensor in ((f.to_correlators(), box.to_correlators()), (f.to_collins_gisin(), box.to_collins_gisin())):
        assert (own * tensor).sum() == f(box)
    for back in (
        rb.BellFunctional.from_correlators(f.to_correlators(), outputs, inputs, parties=parties, name="mine"),
        rb.BellFunctional.from_collins_gisin(f.to_collins_gisin(), outputs, inputs, parties=parties),
        rb.BellFunctional.from_correlators(f.correlators, outputs, inputs, parties=parties),
    ):
        assert (back.collins_gisin == f.collins_gisin).all()


@pytest.mark.parametrize(("outputs", "inputs", "parties", "shape"), SCENARIOS)
def test_functionals_of_any_cardinalities_have_collins_gisin_matrices(outputs, inputs, parties, shape):
    rng = np.random.default_rng(5)
    box = local(outputs, inputs, parties, shape, 6)
    f = rb.BellFunctional(rng.integers(-5, 6, shape), outputs, inputs, constant=-2, parties=parties)
    assert (f.to_collins_gisin() * box.to_collins_gisin()).sum() == f(box)
    back = rb.BellFunctional.from_collins_gisin(
        f.to_collins_gisin(), outputs, inputs, parties=parties, cardinality=box.cardinality
    )
    assert (back.collins_gisin == f.collins_gisin).all()


def test_dictionaries_by_names():
    zero = [0, 0]
    box = rb.Behavior.from_correlators({"A": zero, "B": zero, "AB": [[1, 1], [1, -1]]})
    assert (box.table == rb.boxes.pr().table).all()
    half = [HALF, HALF]
    same = rb.Behavior.from_collins_gisin({"A": half, "B": half, "AB": [[HALF, HALF], [HALF, 0]], "": 1})
    assert (same.table == rb.boxes.pr().table).all()
    three = rb.boxes.cglmp(3)
    c = three.coordinates
    tables = dict(zip(("A", "B", "AB"), (three.coordinates.project(three.p)[b.start : b.start + b.size].reshape(b.shape)
                                         for b in c.blocks), strict=True))  # fmt: skip
    np.testing.assert_allclose(rb.Behavior.from_collins_gisin(tables).p, three.p, atol=1e-12)
    named = rb.Behavior.from_correlators({"A1 A2": [[HALF]], "A1": [0], "A2": [0]}, "A1 A2", "X1 X2", estimated=True)
    assert named.estimated
    assert named.probability({"A1": 0, "A2": 0}) == Fraction(3, 8)


def test_roots_stay_exact():
    tsirelson = rb.boxes.tsirelson()
    for tensor, read in (
        (tsirelson.to_correlators(), rb.Behavior.from_correlators),
        (tsirelson.to_collins_gisin(), rb.Behavior.from_collins_gisin),
    ):
        assert (read(tensor).table == tsirelson.table).all()


def test_a_signaling_behavior_has_no_marginals():
    told = np.zeros((2, 2, 2, 2))
    told[0, 0, 0] = told[0, 1, 1] = 1
    for way in (rb.Behavior(told).to_correlators, rb.Behavior(told).to_collins_gisin):
        with pytest.raises(rb.errors.SignalingError, match=r"p\(B=0"):
            way()
    with pytest.raises(rb.errors.BehaviorError, match="two values"):
        rb.boxes.cglmp(3).to_correlators()


PR = [[1, 0, 0], [0, 1, 1], [0, 1, -1]]
NAMES = {"outputs": "A B C", "inputs": "X Y"}
CORRELATORS = [
    ([[0.5, 0, 0], [0, 1, 1], [0, 1, -1]], {}, r"constant .* is 0\.5, expected 1"),
    ([[1, 0], [0, 1.25]], {}, r"give p\(A=0, B=1\|X=0, Y=0\) = -0\.0625"),
    ([1, 0, 0], {}, r"shape \(3,\), expected 2 axes, one for each of A, B"),
    (np.full((2, 2, 2, 2), 0.25), {}, r"shape \(2, 2, 2, 2\).*goes to Behavior\(table\)"),
    (PR, NAMES, "which party chooses which input"),
    ({"A": [0, 0], "B": [0, 0]}, {}, "of 'AB' are missing, expected one table"),
    ({"A": [0, 0], "AB": [[1, 1], [1, -1]], "BA": [[1]]}, {}, "'BA' is not in the order"),
    ({"A": [0, 0], "B": [0, 0], "AB": [[1, 1]]}, {}, r"'AB' has shape \(1, 2\), expected \(1, 1, 2, 2\)"),
    ({"A": [0, 0], "B": [0, 0], "AC": [[1, 1]]}, {}, "'AC' does not name outputs"),
    ([[1, np.nan], [0, 0]], {}, r"has nan at \[0, 1\], expected finite"),
    ([[1, 0j], [0, 0]], {}, "complex"),
    (np.ma.array(PR, mask=np.eye(3)), {}, r"masked entry at \[0, 0\]"),
    ("PR", {}, "found a str, expected a mapping|found str|expected a mapping"),
    ({"A": [[[0]]], "B": [0], "AB": [[0]]}, {}, "'A' has 3 axes, expected 1 for settings"),
    ({"A": [[0], [0]], "B": [0], "AB": [[[[0]]], [[[0]]]]}, {}, "correlators need outputs with two values"),
]
THREE = rb.boxes.cglmp(3).to_collins_gisin()
MARGINALS = [
    (
        THREE,
        {"cardinality": {"A": 4, "B": 3}},
        r"axis 0, of A, has length 5, expected 1 \+ settings · 3 for 4 outcomes",
    ),
    (THREE, {"cardinality": {"A": 3, "B": 3, "Y": 3}}, r"axis 1, of B, has length 5, expected 1 \+ 3 · 2 = 7"),
    (THREE, {"cardinality": {"A": 3, "B": 2, "C": 2}}, "names 'C', which is none of A, B, X, Y"),
    (THREE, {"cardinality": {"A": 0}}, "cardinality of 'A' is 0, expected an integer ≥ 1"),
    (THREE, {"cardinality": [3, 3, 2, 2]}, "expected a number for each variable"),
    ({"A": [HALF], "B": [HALF], "AB": [[HALF]]}, {"cardinality": {"A": 2}}, "with a matrix only"),
    ([[1, HALF], [HALF, Fraction(3, 4)]], {}, r"= -0\.25, expected a probability ≥ 0"),
    (np.zeros((3, 3)), {}, "constant .* is 0, expected 1"),
    (np.zeros((0, 3)), {}, r"shape \(0, 3\), expected 2 axes"),
    ({1: [HALF]}, {}, "the set of outputs 1 is an int|the set of outputs 1"),
    ({"A": [HALF], "A ": [HALF], "B": [HALF], "AB": [[HALF]]}, {}, "a second time"),
]


def test_behavior_says_who_reads_other_tables():
    for other in (PR, {"A": [0, 0]}):
        with pytest.raises(rb.errors.BehaviorError, match=r"Behavior\.from_correlators or from_collins_gisin"):
            rb.Behavior(other)


@pytest.mark.parametrize(("tables", "options", "message"), CORRELATORS)
def test_wrong_correlators(tables, options, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Behavior.from_correlators(tables, **options)


@pytest.mark.parametrize(("tables", "options", "message"), MARGINALS)
def test_wrong_marginals(tables, options, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        rb.Behavior.from_collins_gisin(tables, **options)


@pytest.mark.parametrize(
    ("tables", "options", "message"),
    [
        ([[0, 0.5], [0, 1]], {}, "is not exact"),
        ([0, 1], {}, r"shape \(2,\), expected 2 axes"),
        (np.zeros((2, 2, 2, 2), dtype=int), {}, r"goes to BellFunctional\(array\)"),
        (np.zeros((4, 3), dtype=int), {"cardinality": {"A": 3}}, r"axis 0, of A, has length 4"),
        ({"A": [1]}, {"cardinality": {"A": 2}}, "with a matrix only"),
        (np.zeros((3, 3), dtype=int), NAMES, "which party chooses"),
        (np.zeros((3, 3), dtype=int), {"cardinality": 2}, "expected a number for each variable"),
        (np.zeros((3, 3), dtype=int), {"cardinality": {"A": True}}, "expected an integer ≥ 1"),
        ([[1, 2], [3]], {}, "is not exact"),
        (7, {}, "found an int|expected a mapping"),
    ],
)
def test_wrong_matrices_of_functionals(tables, options, message):
    with pytest.raises(rb.errors.FunctionalError, match=message):
        rb.BellFunctional.from_collins_gisin(tables, **options)


def test_outputs_of_a_matrix_have_two_values_unless_others_are_said():
    assert rb.Behavior.from_collins_gisin(THREE).p.shape == (2, 2, 4, 4)
    assert rb.Behavior.from_collins_gisin(THREE, cardinality={"A": 3}).p.shape == (3, 2, 2, 4)
