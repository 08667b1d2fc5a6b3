"""`Relabeling`: the group, and how it acts on cells, tables, functionals, coordinates and strategies, by loops."""

import itertools
import pickle
from fractions import Fraction

import numpy as np
import pytest
from relabelings import all_relabelings, count, random_relabeling

import relaxbell as rb
from relaxbell.causal.relabeled import strategy_numbers, variable_images
from relaxbell.permutations import group_order, orbit
from relaxbell.symmetry.generators import generators
from relaxbell.symmetry.groups import from_points, points_of

SCENARIOS = {
    "2222": rb.bell().scenario,
    "inputs (2,3), outputs (3,2)": rb.bell((2, 3), (3, 2)).scenario,
    "three parties": rb.bell((2, 3, 2), (2, 2, 2)).scenario,
    "a party without input": rb.Scenario("A B C", "X Z", {"A": 2, "B": 4, "C": 2, "X": 2, "Z": 2},
                                         parties={"A": "X", "B": None, "C": "Z"}),
    "two without input": rb.Scenario("A B C", "X", {"A": 2, "B": 3, "C": 3, "X": 2},
                                     parties={"A": "X", "B": None, "C": None}),
    "no parties": rb.Scenario("A B", "Z", {"A": 2, "B": 2, "Z": 3}),
    "no inputs": rb.Scenario("A B", "", {"A": 2, "B": 2}, parties={"A": None, "B": None}),
    "one outcome": rb.bell((2, 1), (1, 3)).scenario,
    "inputs of the others": rb.Scenario("A B", "Y X", {"A": 2, "B": 2, "X": 2, "Y": 2}, parties={"A": "X", "B": "Y"}),
}  # fmt: skip


def random_behavior(scenario, rng):
    k = len(scenario.outputs)
    table = np.array([Fraction(int(v)) for v in rng.integers(1, 50, int(np.prod(scenario.shape)))], dtype=object)
    table = table.reshape(scenario.shape)
    table = table / table.sum(axis=tuple(range(k)))
    return rb.Behavior(table, scenario.outputs, scenario.inputs, parties=scenario.parties)


def random_functional(scenario, rng):
    table = rng.integers(-5, 6, scenario.shape)
    return rb.BellFunctional(table, scenario.outputs, scenario.inputs, parties=scenario.parties, constant=2)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_cell_goes_where_its_names_say(name):
    scenario, rng = SCENARIOS[name], np.random.default_rng(0)
    g, p = random_relabeling(scenario, rng), random_behavior(SCENARIOS[name], rng)
    image = g(p)
    for index in np.ndindex(*scenario.shape):
        old = dict(zip(scenario.variables, map(int, index), strict=True))
        new = {g.moves[x]: g.settings[x][old[x]] for x in scenario.inputs}
        for a in scenario.outputs:
            own = (scenario.parties or {}).get(a)
            new[g.moves[a]] = g.outcomes[a][0 if own is None else old[own]][old[a]]
        assert image.exact[tuple(new[n] for n in scenario.variables)] == p.exact[index]


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_is_a_group_that_acts(name):
    scenario, rng = SCENARIOS[name], np.random.default_rng(1)
    one, identity = random_behavior(scenario, rng), rb.Relabeling(scenario)
    f = random_functional(scenario, rng)
    for _ in range(5):
        g, h, k = (random_relabeling(scenario, rng) for _ in range(3))
        assert ((g @ h)(one).exact == g(h(one)).exact).all()
        assert (g @ h) @ k == g @ (h @ k)
        assert g @ g.inverse == g.inverse @ g == identity
        assert hash(g @ g.inverse) == hash(identity)
        assert (g @ h).inverse == h.inverse @ g.inverse
        assert (g @ identity, identity @ g) == (g, g)
        assert g(f)(g(one)) == f(one)
        assert ((g @ h)(f).coefficients == g(h(f)).coefficients).all()
        assert pickle.loads(pickle.dumps(g)) == g
        assert from_points(scenario, points_of(g)) == g
    assert identity.is_identity
    assert identity(one) is not None
    assert (identity(one).exact == one.exact).all()


@pytest.mark.parametrize("name", SCENARIOS)
def test_as_many_relabelings_as_the_formula_says(name):
    """All products of the generators; and all of them by loops, where there are few."""
    scenario = SCENARIOS[name]
    assert group_order(points_of(g) for g in generators(scenario)) == count(scenario)
    if count(scenario) < 500:
        assert len(set(all_relabelings(scenario))) == count(scenario)
        made = orbit([rb.Relabeling(scenario)], lambda found: (g @ h for h in found for g in generators(scenario)))
        assert set(made) == set(all_relabelings(scenario))


def test_behaviors_and_functionals_match_by_name():
    scenario, rng = SCENARIOS["inputs (2,3), outputs (3,2)"], np.random.default_rng(2)
    g, p, f = random_relabeling(scenario, rng), random_behavior(scenario, rng), random_functional(scenario, rng)
    turned = g(p.transposed("B A", "Y X"))
    assert turned.outputs == ("B", "A")
    assert (turned.transposed("A B", "X Y").exact == g(p).exact).all()
    assert g(f.transposed("B A", "X Y"))(turned) == f(p)
    swap = rb.Relabeling(rb.boxes.pr(), parties={"A": "B", "B": "A"})
    assert swap == rb.Relabeling(rb.boxes.pr().transposed("B A", "Y X"), parties={"A": "B", "B": "A"})


def test_it_does_what_relabel_does():
    p = random_behavior(SCENARIOS["inputs (2,3), outputs (3,2)"], np.random.default_rng(3))
    for variable, permutation, given, g in [
        ("A", [1, 2, 0], {"X": 1}, rb.Relabeling(p, outcomes={"A": {1: [1, 2, 0]}})),
        ("A", [1, 2, 0], None, rb.Relabeling(p, outcomes={"A": [1, 2, 0]})),
        ("Y", [2, 0, 1], None, rb.Relabeling(p, settings={"Y": [2, 0, 1]})),
    ]:
        assert (p.relabel(variable, permutation, given).exact == g(p).exact).all()
    swapped = rb.Relabeling(rb.boxes.cglmp(3), parties={"A": "B", "B": "A"})(rb.boxes.cglmp(3))
    renamed = rb.boxes.cglmp(3).rename({"A": "B", "B": "A", "X": "Y", "Y": "X"}).transposed("A B", "X Y")
    assert (swapped.p == renamed.p).all()


def test_floats_symbols_and_further_axes_are_moved():
    g = rb.Relabeling(rb.boxes.pr(), settings={"X": [1, 0]}, outcomes={"B": {1: [1, 0]}})
    tables = np.random.default_rng(4).normal(size=(2, 2, 2, 2, 5))
    assert all((g(tables)[..., i] == g(tables[..., i])).all() for i in range(5))
    assert (g(rb.boxes.pr().p) == rb.boxes.pr().p).all()
    noisy = rb.boxes.pr().visibility(0.7)
    assert not g(noisy).is_exact


@pytest.mark.parametrize("name", ["2222", "inputs (2,3), outputs (3,2)", "three parties", "a party without input"])
def test_coordinates_move_linearly(name):
    scenario, rng = SCENARIOS[name], np.random.default_rng(5)
    coordinates = random_functional(scenario, rng).coordinates
    noise = random_behavior(scenario, rng).white_noise()
    vector = coordinates.project(noise.exact)
    vector[1:] += np.array([Fraction(int(v), 10**6) for v in rng.integers(-9, 9, coordinates.dimension)])
    p = coordinates.expand(vector)
    for _ in range(3):
        g = random_relabeling(scenario, rng)
        assert (coordinates.project(g(p)) == coordinates.action(g.cells()).astype(object) @ vector).all()


def test_no_action_where_the_affine_hull_is_left():
    """With X → B the outcome of B may depend on x, so exchanging parties leads to behaviors with Y → A."""
    model = rb.input_signaling()
    swap = rb.Relabeling(model, parties={"A": "B", "B": "A"})
    assert model.coordinates.action(swap.cells()) is None
    assert model.coordinates.action(rb.Relabeling(model, settings={"X": [1, 0]}).cells()) is not None


MESSENGER = rb.CausalModel("X -> M; L -> M; M -> B; X -> A; L -> A; L -> B; Y -> B", "X Y", "L",
                           {"X": 2, "M": 2, "A": 3, "B": 2, "Y": 2}, hidden="M")  # fmt: skip
MODELS = {
    "bell": rb.bell(),
    "bell (2,3), (3,2)": rb.bell((2, 3), (3, 2)),
    "three parties": rb.bell((2, 2, 2)),
    "X -> B": rb.input_signaling((2, 3), (3, 2)),
    "A -> B": rb.outcome_signaling((2, 2), (3, 2)),
    "both ways": rb.bell().relax("X -> B", "Y -> A"),
    "M": rb.measurement_dependence(),
    "M of X": rb.measurement_dependence(dependent="X"),
    "hidden": MESSENGER,
    "instrument": rb.instrumental(3, (2, 2)),
    "bilocality": rb.bilocality((2, 2), (2, 3, 2)),
}


@pytest.mark.parametrize("name", MODELS)
def test_strategies_move_as_their_behaviors(name):
    """The relabeled behavior of a strategy is that of the strategy with its new number, if it gets one."""
    model, rng = MODELS[name], np.random.default_rng(6)
    columns = model.T.toarray().T.reshape(model.strategies.count, *model.observed_shape)
    moved = 0
    for _ in range(30):
        g = random_relabeling(model.scenario, rng)
        numbers = strategy_numbers(model.strategies.nodes, g)
        if numbers is None:
            g = rb.Relabeling(model, settings=dict(g.settings), outcomes={a: r[0] for a, r in g.outcomes.items()})
            numbers = strategy_numbers(model.strategies.nodes, g)
        moved += numbers is not None
        if numbers is not None:
            assert sorted(numbers.tolist()) == list(range(model.strategies.count))
            some = rng.integers(model.strategies.count, size=20)
            assert all((g(columns[i]) == columns[numbers[i]]).all() for i in some)
            move = variable_images(model.local, g)
            assert model.local.numbers(move(model.local.assignments(some))) == numbers[some].tolist()
    assert moved == 30


def test_outcomes_for_a_setting_that_a_child_does_not_see():
    """B learns a and not x, so that it cannot tell when to exchange the names of a."""
    exchange = rb.Relabeling(rb.outcome_signaling(), outcomes={"A": {0: [1, 0]}})
    assert strategy_numbers(rb.outcome_signaling().strategies.nodes, exchange) is None
    seen = rb.outcome_signaling().relax("X -> B")
    assert strategy_numbers(seen.strategies.nodes, exchange) is not None
    swap = rb.Relabeling(rb.input_signaling(), parties={"A": "B", "B": "A"})
    assert strategy_numbers(rb.input_signaling().strategies.nodes, swap) is None
    assert strategy_numbers(rb.bell().relax("X -> B", "Y -> A").strategies.nodes, swap) is not None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "Relabeling (nothing changes)"),
        ({"settings": {"Y": [1, 2, 0]}, "outcomes": {"A": [0, 2, 1]}}, "Relabeling Y (0 1 2), A (1 2)"),
        ({"outcomes": {"A": [[0, 1, 2], [2, 1, 0]], "B": {2: [1, 0]}}}, "Relabeling A at X=1 (0 2), B at Y=2 (0 1)"),
    ],
)
def test_how_it_is_printed(options, text):
    assert repr(rb.Relabeling(rb.bell((2, 3), (3, 2)), **options)) == text


def test_parties_in_cycles():
    g = rb.Relabeling(rb.boxes.ghz(), parties={"A": "B", "B": "C", "C": "A"})
    assert repr(g) == "Relabeling (A B C)"
    assert (g @ g @ g).is_identity
    assert g.moves["X"] == "Y"


BOX = rb.bell((2, 3), (3, 2)).scenario


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.Relabeling(BOX, parties={"A": "B", "B": "A"}), "A has 3 outcomes and 2 settings, B has 2"),
        (lambda: rb.Relabeling(rb.bell(), parties={"A": "B"}), "A → B is no permutation of A, B"),
        (lambda: rb.Relabeling(rb.bell(), parties={"A": "C", "C": "A"}), "parties names 'C', expected A or B"),
        (lambda: rb.Relabeling(rb.bell(), parties=["B", "A"]), "parties is .*expected a mapping by name"),
        (lambda: rb.Relabeling(BOX, settings={"A": [0, 1]}), "settings names 'A', expected X or Y"),
        (lambda: rb.Relabeling(BOX, settings={"Y": [1, 0]}), "no permutation of the 3 values of Y.*0 … 2"),
        (lambda: rb.Relabeling(BOX, settings={"X": [0, 0]}), "no permutation of the 2 values of X"),
        (lambda: rb.Relabeling(BOX, settings={"X": [True, False]}), "no permutation of the 2 values of X"),
        (lambda: rb.Relabeling(BOX, settings={"X": {0, 1}}), "no permutation of the 2 values of X"),
        (lambda: rb.Relabeling(BOX, settings={"X": "10"}), "no permutation of the 2 values of X"),
        (lambda: rb.Relabeling(BOX, outcomes={"A": {2: [0, 1, 2]}}), "A is relabeled at setting 2, expected 0 … 1"),
        (lambda: rb.Relabeling(BOX, outcomes={"A": [[0, 1, 2]] * 3}), "expected one, or one for each of the 2"),
        (lambda: rb.Relabeling(BOX, outcomes={"A": {1: [1, 0]}}), "no permutation of the 3 values of A at setting 1"),
        (lambda: rb.Relabeling("A B"), "of a scenario: found a str"),
        (lambda: rb.Relabeling(SCENARIOS["no parties"], parties={"A": "B", "B": "A"}), "which party chooses"),
        (lambda: rb.Relabeling(BOX)(rb.boxes.pr()), "cardinalities do not match.*A 3"),
        (lambda: rb.Relabeling(BOX)(rb.boxes.pr().rename({"A": "C"})), r"found a table p\(C,B\|X,Y\)"),
        (lambda: rb.Relabeling(BOX)(rb.boxes.pr().p), r"shape \(2, 2, 2, 2\), expected \(3, 2, 2, 3\)"),
        (lambda: rb.Relabeling(BOX)(7), "acts on behaviors, functionals and tables: found 7 \\(int\\)"),
        (lambda: rb.Relabeling(BOX) @ rb.Relabeling(rb.bell()), r"no product: found .*A 3 of X, .* and .*A 2 of X"),
    ],
)  # fmt: skip
def test_what_is_none_is_refused(make, message):
    with pytest.raises(rb.errors.BehaviorError, match=message):
        make()


def test_functionals_of_other_scenarios_are_refused():
    with pytest.raises(rb.errors.FunctionalError, match="cardinalities do not match"):
        rb.Relabeling(BOX)(rb.catalog.CHSH)


def test_orbits_list_each_once_in_order():
    """Permutations of three letters from two generators; those of a key that forgets the last letter's place."""
    images = lambda found: (own for w in found for own in (w[1:] + w[:1], w[1] + w[0] + w[2]))  # noqa: E731
    assert list(orbit(["abc"], images)) == ["abc", "bca", "bac", "cab", "cba", "acb"]
    assert len(list(orbit(["abc"], images, key=lambda w: w[0]))) == 3
    assert list(itertools.islice(orbit([0], lambda found: [v + 1 for v in found]), 3)) == [0, 1, 2]  # as far as asked
