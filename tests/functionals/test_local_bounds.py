"""Bounds of functionals in Bell scenarios: as the strategies that are listed say, and where none can be."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from clock import replaced

import relaxbell as rb
from relaxbell.causal.separate import separate
from relaxbell.exact.numbers import surd


def unread():
    """A has two inputs; nothing responds to V."""
    graph = nx.DiGraph([("L", "B"), ("Y", "B"), ("L", "A"), ("X", "A"), ("W", "A"), ("Z", "C"), ("L", "C")])
    graph.add_node("V")
    return graph


MODELS = [
    lambda: rb.bell((2, 3), (3, 2)),
    lambda: rb.bell((3, 2), (2, 2)),
    lambda: rb.bell((2, 2, 2), (2, 2, 2)),
    lambda: rb.bell((1, 3, 2), (3, 2, 2)),
    lambda: rb.bilocality(),
    lambda: rb.CausalModel(
        unread(), inputs="Y X Z W V", latent="L", outputs="B A C",
        cardinality={"X": 2, "Y": 2, "Z": 1, "W": 2, "V": 2, "A": 2, "B": 3, "C": 2},
    ),
    lambda: rb.CausalModel("L -> A <- X; L -> B", inputs="X", latent="L", cardinality={"X": 3, "A": 3, "B": 2}),
]  # fmt: skip


def listed(functional, model):
    """The largest value over all columns of T, exactly."""
    table = functional.transposed(model.outputs, model.inputs).coefficients.ravel()
    columns = model.T.T.tocsr()
    rows = [table[columns.indices[s:e]] for s, e in zip(columns.indptr, columns.indptr[1:], strict=False)]
    return max(sum(own, Fraction(0)) for own in rows) + functional.constant


def random_functional(rng, model, kind):
    cells = rng.integers(-4, 5, model.observed_shape) * rng.integers(0, 2, model.observed_shape)
    numbers = [Fraction(int(v)) for v in cells.ravel()]
    other = [int(w) for w in rng.integers(-9, 10, len(numbers))]
    if kind == 1:
        numbers = [v / 7 + Fraction(w, 10**17 + 3) for v, w in zip(numbers, other, strict=True)]
    if kind == 2:
        numbers = [v + surd(0, Fraction(1, 3), 5) * w for v, w in zip(numbers, other, strict=True)]
    table = np.array([*numbers, None], dtype=object)[:-1].reshape(model.observed_shape)
    return rb.BellFunctional(table, model.outputs, model.inputs, constant=Fraction(1, 3), parties=None)


@pytest.mark.parametrize("make", MODELS)
def test_as_listed(make):
    model, rng = make(), np.random.default_rng(1)
    assert separate(model) is not None
    for k in range(15):
        functional = random_functional(rng, model, k % 3)
        assert functional.bound(model) == listed(functional, model)


@pytest.mark.parametrize("make", [rb.input_signaling, rb.outcome_signaling, rb.message, rb.measurement_dependence])
def test_other_models_have_no_parties_of_their_own(make):
    assert separate(make()) is None


def test_axes_are_matched_by_name():
    functional = rb.BellFunctional(np.arange(48).reshape(3, 2, 2, 4) % 7 - 3)
    model = rb.bell((2, 4), (3, 2))
    turned = functional.transposed("B A", "Y X")
    assert turned.bound(model) == functional.bound(model) == listed(functional, model)


CATALOG = [rb.catalog.CHSH, rb.catalog.CH, rb.catalog.I3322, rb.catalog.cglmp(3), rb.catalog.mermin(3),
           rb.catalog.svetlichny(3), rb.catalog.chained(4)]  # fmt: skip


@pytest.mark.parametrize("functional", CATALOG, ids=str)
def test_catalog(functional):
    k = len(functional.outputs)
    model = rb.bell(functional.coefficients.shape[k:], functional.coefficients.shape[:k])
    assert functional.bound(model) == listed(functional, model)


@pytest.mark.parametrize(("m", "n"), [(10, 10), (20, 20), (9, 23)])
def test_many_settings(m, n):
    """What no party alone can improve is attained; more of one setting adds what the triangle inequality allows."""
    rng = np.random.default_rng(m)
    matrix = rng.choice([-1, 1], (m, n))
    own, model = rb.BellFunctional.from_correlators({"AB": matrix}), rb.bell((m, n))
    bound = own.bound(model)
    signs = rng.choice([-1, 1], (500, m))
    for _ in range(20):
        signs = np.where(np.where(signs @ matrix >= 0, 1, -1) @ matrix.T >= 0, 1, -1)
    attained = np.abs(signs @ matrix).sum(axis=1).max()
    assert attained <= bound <= np.sqrt(m * n) * np.linalg.norm(matrix, 2)
    assert bound % 2 == (m * n) % 2  # a sum of m n signs
    fewer = rb.BellFunctional.from_correlators({"AB": matrix[1:]}).bound(rb.bell((m - 1, n)))
    assert fewer <= bound <= fewer + n
    if m <= 10:
        every = 1 - 2 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1)
        assert bound == np.abs(every @ matrix).sum(axis=1).max()


def test_symmetries_of_the_bound():
    rng = np.random.default_rng(8)
    tables = {"AB": rng.integers(-3, 4, (11, 12)), "A": rng.integers(-3, 4, 11), "B": rng.integers(-3, 4, 12)}
    bound = rb.BellFunctional.from_correlators(tables).bound(rb.bell((11, 12)))
    swapped = {"AB": tables["AB"].T, "A": tables["B"], "B": tables["A"]}
    assert rb.BellFunctional.from_correlators(swapped).bound(rb.bell((12, 11))) == bound
    flipped = {"AB": -tables["AB"], "A": -tables["A"], "B": tables["B"]}
    assert rb.BellFunctional.from_correlators(flipped).bound(rb.bell((11, 12))) == bound
    root = rb.BellFunctional.from_correlators(tables) * surd(0, 1, 2) + 1
    assert root.bound(rb.bell((11, 12))) == surd(0, 1, 2) * bound + 1


def test_too_many_choices_are_refused_before_work():
    own = rb.BellFunctional.from_correlators({"AB": np.ones((60, 60), dtype=int)}, name="sum")
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"maximum of sum .* 2\^60 choices .* Give seconds=60"):
        own.bound(rb.bell((60, 60)))


def test_the_time_limit_encloses_the_bound(monkeypatch):
    rng = np.random.default_rng(2)
    own = rb.BellFunctional.from_correlators({"AB": rng.integers(-9, 10, (24, 24))}, name="random") + 5
    wanted = own.bound(rb.bell((24, 24)))
    assert own.bound(rb.bell((24, 24)), seconds=10**6) == wanted
    for step in (0.4, 0.2, 0.05):
        with monkeypatch.context() as patch:
            replaced(patch, step)
            with pytest.raises(rb.errors.TimeLimitError, match=r"is at least .* and at most .*rigorous") as late:
                own.bound(rb.bell((24, 24)), seconds=1)
        known = late.value.partial
        assert isinstance(known, rb.classes.Enclosure)
        assert known.lower_bound <= wanted <= known.upper_bound


def test_the_time_limit_with_constraints(monkeypatch):
    model = rb.input_signaling()
    budget = [rb.influence(model, "X", "B") <= 0.25]
    assert rb.catalog.CHSH.bound(model, budget, seconds=100) == rb.catalog.CHSH.bound(model, budget) == 3
    replaced(monkeypatch, 1.0)
    with pytest.raises(rb.errors.TimeLimitError, match="time limit of 1 s"):
        rb.catalog.CHSH.bound(model, budget, seconds=1)


@pytest.mark.slow
def test_random_functionals_as_listed():
    rng = np.random.default_rng(0)
    for k in range(400):
        parties = int(rng.integers(2, 4))
        inputs, outputs = (tuple(int(v) for v in rng.integers(1, 4, parties)) for _ in range(2))
        model = rb.bell(inputs, outputs)
        if model.strategies.count > 3000:
            continue
        functional = random_functional(rng, model, k % 3)
        assert functional.bound(model) == listed(functional, model)


@pytest.mark.parametrize("n", [7, 15, 26])
def test_all_but_the_diagonal(n):
    """Σ s_x t_y − 2 Σ s_x t_x: with k and l signs turned it is (n − 2 k)(n − 2 l) − 2 s·t, largest for none."""
    own = rb.BellFunctional.from_correlators({"AB": np.ones((n, n), dtype=int) - 2 * np.eye(n, dtype=int)})
    assert own.bound(rb.bell((n, n))) == n * n - 2 * n


RELAXED = [
    lambda: rb.bell((2, 3), (3, 2)).relax("X -> B"),
    lambda: rb.bell((3, 2), (2, 2)).relax("A -> B"),
    lambda: rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B"),
    lambda: rb.bell().relax("X -> M <- L", "M -> B", hidden={"M": 2}),
    rb.instrumental,
]


@pytest.mark.parametrize("make", RELAXED)
def test_relaxed_models_by_elimination(monkeypatch, make):
    model, rng = make(), np.random.default_rng(2)
    monkeypatch.setattr("relaxbell.solve.functional_bound._LISTED", 0)
    for k in range(6):
        functional = random_functional(rng, model, k % 3)
        assert functional.bound(model) == listed(functional, model)


@pytest.mark.slow
def test_relaxed_models_with_many_settings():
    """Where Bob sees both settings, every sign is reached."""
    n = 8
    matrix = np.random.default_rng(4).integers(-9, 10, (n, n))
    own = rb.BellFunctional.from_correlators({"AB": matrix})
    assert own.bound(rb.bell((n, n)).relax("X -> B")) == np.abs(matrix).sum()
    local, signaling = own.bound(rb.bell((n, n))), own.bound(rb.bell((n, n)).relax("A -> B"))
    assert local <= signaling <= np.abs(matrix).sum()
    large, model = rb.BellFunctional(np.random.default_rng(0).integers(0, 9, (2, 2, 40, 40))), rb.bell((40, 40))
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"by elimination of variables, needs about .* GiB"):
        large.bound(model.relax("A -> B"))


def test_lifted_functionals():
    """CHSH among 50 settings is CHSH."""
    table = np.zeros((50, 60), dtype=int)
    table[np.ix_([3, 30], [7, 55])] = [[1, 1], [1, -1]]
    assert rb.BellFunctional.from_correlators({"AB": table}).bound(rb.bell((50, 60))) == 2


def test_a_source_that_knows_all_settings_answers_each_of_them_best():
    """2^60 strategies: Σ |coefficient|, whatever the settings' distribution; with Y free, Alice's best for each x."""
    rng = np.random.default_rng(6)
    matrix = rng.integers(-9, 10, (14, 16))
    own = rb.BellFunctional.from_correlators({"AB": matrix}) + 3
    rare = [Fraction(1, 10**6)] * 13 + [1 - Fraction(13, 10**6)]
    settings = {"X": rare, "Y": [Fraction(1, 16)] * 16}
    assert own.bound(rb.measurement_dependence((14, 16), input_distribution=settings)) == abs(matrix).sum() + 3
    table = rng.integers(
        -9, -1, (3, 2, 3, 4)
    )  # the largest is negative, where settings that are not asked would give 0
    found = rb.BellFunctional(table).bound(rb.measurement_dependence((3, 4), (3, 2), dependent="X"))
    assert found == table.max(axis=1).sum(axis=2).max(axis=0).sum()


def test_settings_that_do_not_occur_bound_nothing():
    model = rb.measurement_dependence(input_distribution=[[Fraction(1, 2), Fraction(1, 2)], [0, 0]])
    with pytest.raises(rb.errors.FunctionalError, match=r"X=1,Y=0.*probability 0"):
        rb.catalog.CHSH.bound(model)
