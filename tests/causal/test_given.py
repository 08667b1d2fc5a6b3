"""What people give a model: names in an order, edges that are edges, p(x, y) that stays what it is."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest

import relaxbell as rb

GRAPH = "X -> A <- L -> B <- Y; X -> B"
SIZES = {"X": 2, "Y": 3, "A": 3, "B": 2}
BOX = np.full((2, 2, 2, 2), 0.25)
TINY = Fraction(1, 10**10)
QUARTER = Fraction(1, 4)


# ---------------------------------------------------------------------------- names


@pytest.mark.parametrize("kind", [set, frozenset, lambda names: dict.fromkeys(names).keys() & set(names)])
@pytest.mark.parametrize(
    "make",
    [
        lambda of: rb.Behavior(BOX, outputs=of("AB")),
        lambda of: rb.Behavior(BOX, inputs=of("XY")),
        lambda of: rb.Behavior(BOX).transposed(of("AB"), "X Y"),
        lambda of: rb.Behavior(BOX).relabel("A", of((1, 0))),
        lambda of: rb.Behavior(BOX).coarse_grain("A", of((1, 0))),
        lambda of: rb.Counts(np.full((2, 2, 2, 2), 9), "A B", of("XY")),
        lambda of: rb.BellFunctional(BOX.astype(int), of("AB")),
        lambda of: rb.BellFunctional.from_correlators({"AB": [[1, 1], [1, -1]]}, inputs=of("XY")),
        lambda of: rb.catalog.CHSH.transposed("A B", of("XY")),
        lambda of: rb.born(rb.states.singlet(), [[rb.states.qubit_observable(0)]] * 2, outputs=of("AB")),
        lambda of: rb.CausalModel(GRAPH, of("XY"), "L", SIZES),
        lambda of: rb.CausalModel(GRAPH, "X Y", of("L"), SIZES),
        lambda of: rb.CausalModel(GRAPH, "X Y", "L", SIZES, outputs=of("AB")),
        lambda of: rb.CausalModel("X -> M; L -> M; M -> A; L -> A", "X", "L", {"X": 2, "M": 2, "A": 2}, hidden=of("M")),
        lambda of: rb.CausalModel(GRAPH, "X Y", "L", SIZES, relaxed=of([("X", "B")])),
        lambda of: rb.CausalModel(of([("X", "A"), ("L", "A")]), "X", "L", {"X": 2, "A": 2}),
        lambda of: rb.measurement_dependence(dependent=of("XY")),
        lambda of: rb.bell(of((2, 3)), (2, 2)),
        lambda of: rb.instrumental(outputs=of((2, 3))),
        lambda of: rb.bilocality((2, 2), of((2, 3, 4))),
        lambda of: rb.star(2, inputs=of((2, 3))),
    ],
)
def test_sets_have_no_order(make, kind):
    with pytest.raises(rb.errors.RelaxbellError, match=r"which has no order, expected a list or tuple"):
        make(kind)


def test_sets_in_a_csv_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("x,a,count\n0,0,7\n0,1,3\n1,0,2\n1,1,8\n")
    with pytest.raises(rb.errors.CountsError, match="no order"):
        rb.Counts.read_csv(path, outputs={"A"})


def test_dictionaries_and_their_views_are_in_order():
    names = dict.fromkeys(["B", "A"])
    for given in (names, names.keys(), iter(names), np.array(["B", "A"])):
        assert rb.Behavior(BOX, given).outputs == ("B", "A")


# ---------------------------------------------------------------------------- edges


@pytest.mark.parametrize(
    "relaxed", ["X -> B", ["X -> B"], [("X", "B")], (edge for edge in ["X -> B"]), (["X", "B"],), "B <- X"]
)
def test_relaxed_edges(relaxed):
    assert rb.CausalModel(GRAPH, "X Y", "L", SIZES, relaxed=relaxed).relaxed == (("X", "B"),)


def test_several_relaxed_edges_in_one_text():
    model = rb.CausalModel(f"{GRAPH}; Y -> A", "X Y", "L", SIZES, relaxed="X -> B; Y -> A")
    assert model.relaxed == (("X", "B"), ("Y", "A"))
    assert rb.bell().relax("X -> B; Y -> A").relaxed == model.relaxed


@pytest.mark.parametrize(
    "graph",
    [
        [("X", "A"), ("L", "A")],
        ["X -> A", "L -> A"],
        ["X -> A <- L"],
        np.array([["X", "A"], ["L", "A"]]),
        nx.DiGraph([("X", "A"), ("L", "A")]),
        nx.DiGraph([("X", "A"), ("L", "A")]).edges,
    ],
)
def test_lists_of_edges(graph):
    assert rb.CausalModel(graph, "X", "L", {"X": 2, "A": 3}).edges == (("X", "A"), ("L", "A"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rb.CausalModel(["XA", "LA"], "X", "L", {"X": 2, "A": 2}), "'XA' names 'XA' without an arrow"),
        (lambda: rb.CausalModel([("X", "A"), "LA"], "X", "L", {"X": 2, "A": 2}), "'LA' names 'LA' without an arrow"),
        (lambda: rb.CausalModel([{"X", "A"}, ("L", "A")], "X", "L", {"X": 2, "A": 2}), "is not an edge"),
        (lambda: rb.CausalModel([{"X": 1, "A": 2}], "X", "L", {"X": 2, "A": 2}), "is not an edge"),
        (lambda: rb.CausalModel([("X", "A", "L")], "X", "L", {"X": 2, "A": 2}), "is not an edge"),
        (lambda: rb.CausalModel({"X": ["A"], "L": ["A"]}, "X", "L", {"X": 2, "A": 2}), "is not a graph: found a dict"),
        (lambda: rb.CausalModel(GRAPH, "X Y", "L", SIZES, relaxed="XB"), "'XB' names 'XB' without an arrow"),
        (lambda: rb.CausalModel(GRAPH, "X Y", "L", SIZES, relaxed=("X", "B")), "'X' names 'X' without an arrow"),
        (lambda: rb.CausalModel(GRAPH, "X Y", "L", SIZES, relaxed=["X -> B; Y"]), "names 'Y' without an arrow"),
        (lambda: rb.bell().relax({"X", "B"}), "is not an edge"),
        (lambda: rb.bell().relax("XB"), "'XB' names 'XB' without an arrow"),
        (lambda: rb.input_signaling(edge="XB"), "'XB' names 'XB' without an arrow"),
        (lambda: rb.input_signaling(edge="X -> B; Y -> A"), "holds 2 edges, expected one"),
        (lambda: rb.outcome_signaling(edge={"A", "B"}), "is not an edge"),
    ],
)
def test_what_is_no_edge(make, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        make()


# --------------------------------------------------------------------------- p(x, y)


def table_of(weights):
    return rb.measurement_dependence(input_distribution=weights).input_distribution.table


def test_exact_distributions_are_compared_exactly():
    correlated = [[QUARTER + TINY, QUARTER - TINY], [QUARTER - TINY, QUARTER + TINY]]
    assert (table_of(correlated) == np.array(correlated)).all()  # both dependent: any p(x, y)
    with pytest.raises(rb.errors.ModelError, match=r"correlates the free inputs Y with the dependent ones X.*by 1e-10"):
        rb.measurement_dependence(dependent="X", input_distribution=correlated)
    with pytest.raises(rb.errors.ModelError, match="correlates"):
        rb.bell(input_distribution=correlated).relax("L -> Y")
    sixth, small = Fraction(1, 6), Fraction(1, 10**100)  # far below what floats can tell
    hardly = [[sixth + small, sixth - small, sixth], [sixth] * 3]
    with pytest.raises(rb.errors.ModelError, match="correlates"):
        rb.measurement_dependence((2, 3), (3, 2), dependent="X", input_distribution=hardly)
    connected = rb.bell(input_distribution=correlated).relax("L -> Y", "X -> Y")  # an edge explains it
    assert (connected.input_distribution.table == np.array(correlated)).all()


@pytest.mark.parametrize("dependent", ["X", "Y"])
def test_independent_distributions_pass(dependent):
    x, y = np.array([Fraction(1, 3), Fraction(2, 3)]), np.array([Fraction(1, 7), Fraction(0), Fraction(6, 7)])
    exact = rb.measurement_dependence((2, 3), (3, 2), dependent=dependent, input_distribution=np.outer(x, y))
    assert (exact.input_distribution.table == np.outer(x, y)).all()
    floats = np.outer(x.astype(float), y.astype(float))  # rounded, so not a product exactly
    model = rb.measurement_dependence((2, 3), (3, 2), dependent=dependent, input_distribution=floats)
    assert (model.input_distribution.table == 0).tolist() == (floats == 0).tolist()


def test_a_rare_setting_is_no_rounding_error():
    """p(11) = 1e-10 beside p(1.) p(.1) = 4e-20: correlated, however small in absolute terms."""
    with pytest.raises(rb.errors.ModelError, match="correlates"):
        rb.measurement_dependence(dependent="X", input_distribution=[[1 - 3e-10, 1e-10], [1e-10, 1e-10]])


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([[0.1, 0.2], [0.3, 0.4]], [[1, 2], [3, 4]]),
        (np.array([[0.1, 0.2], [0.3, 0.4]], dtype=np.float32), [[1, 2], [3, 4]]),
        ([[Fraction(1, 10), 0.2], [0.3, Fraction(2, 5)]], [[1, 2], [3, 4]]),
        ([[0.7, 0.0], [0.1, 0.2]], [[7, 0], [1, 2]]),
    ],
)
def test_floats_mean_their_shortest_decimals(weights, expected):
    assert (table_of(weights) == np.array(expected) * Fraction(1, 10)).all()


@pytest.mark.parametrize("small", [1e-15, 1e-16, 3e-17, 1e-30, 1e-300, 5e-324])
def test_small_floats_are_kept(small):
    """Also where rounding leaves a sum of 1 + small: to 40 bits, and zero stays zero."""
    for weights in ([[1 - 3 * small, small], [small, small]], [[0.5, small], [0.5, 0.0]], [[1 / 3, 2 / 3], [small, 0]]):
        table = table_of(weights)
        assert table.sum() == 1
        for found, given in zip(table.ravel(), np.ravel(weights), strict=True):
            decimal = Fraction(repr(float(given)))
            assert abs(found - decimal) <= decimal / 2**39
            assert (found == 0) == (given == 0)


def test_random_floats_sum_to_one():
    rng = np.random.default_rng(3)
    for _ in range(50):
        weights = rng.dirichlet(np.full(6, 0.1)).reshape(2, 3) * (rng.random((2, 3)) < 0.8)
        weights /= weights.sum() or 1
        if not weights.sum():
            continue
        table = rb.measurement_dependence((2, 3), (3, 2), input_distribution=weights).input_distribution.table
        assert table.sum() == 1
        assert ((table == 0) == (weights == 0)).all()
        assert abs(table.astype(float) - weights).max() < 1e-14


def test_a_model_remembers_whether_its_distribution_was_exact():
    floats = np.outer([1 / 3, 2 / 3], [1 / 7, 6 / 7])
    model = rb.bell(input_distribution=floats)
    for derived in (
        model.relax("L -> X"),
        model.relax("L -> X").rename({"X": "S"}),
        rb.message(input_distribution=floats).relax("L -> Y"),
        model.relax("L -> X", "L -> Y").unrelaxed,
    ):
        assert derived.input_distribution.table.sum() == 1


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[Fraction(1, 2), Fraction(1, 2)], [Fraction(1, 10**400), Fraction(-1, 10**400)]], "expected probabilities"),
        ([[10**400, 0], [0, 0]], "not a table of numbers"),
        ([[QUARTER, QUARTER], [QUARTER, QUARTER + Fraction(1, 10**30)]], "expected exactly 1"),
        ([["1/2", "1/2"], ["0", "0"]], "not a table of numbers"),
    ],
)
def test_what_is_no_distribution(weights, message):
    with pytest.raises(rb.errors.ModelError, match=message):
        rb.bell(input_distribution=weights)
