"""Tables of models against their matrices, and numbers of strategies of any size."""

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.local_rows import LocalRows

MODELS = [
    rb.bell((2, 3), (3, 2)).relax("X -> B"),
    rb.outcome_signaling((3, 2), (2, 3)),
    rb.message((2, 2), (2, 3), alphabet=3),
    rb.bell((2, 2, 2)).relax("X -> C", "A -> B"),
    rb.bell((2, 3), (3, 2)).relax("X -> B", "L -> Y"),
    rb.measurement_dependence((2, 3), (2, 2)),
    rb.instrumental(),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_tables_say_what_the_matrix_says(model):
    own = model.observed_rows
    tables = LocalRows(own.domains, own.parts, own.labels)
    assert (tables.matrix != model.T.tocsr()).nnz == 0
    assert own.entries == model.T.nnz
    numbers = np.random.default_rng(1).integers(0, model.strategies.count, 30).tolist()
    assignments = model.local.assignments(numbers)
    assert model.local.numbers(assignments) == numbers
    assert (own.at(assignments).matrix != model.T.tocsr()[:, numbers]).nnz == 0
    weights = np.random.default_rng(2).integers(-9, 10, len(own))
    assert own.least(weights) == (model.T.T @ weights).min()
    assert all(len(scope) <= len(model.responding) for scope in own.scopes)


def test_numbers_of_strategies_may_have_any_size():
    """Mixed radix, as `Strategies.digits`: the last variable changes fastest."""
    model = rb.bell((3, 40), (4, 3)).relax("X -> B")
    assert model.strategies.count == 4**3 * 3**120
    number = model.strategies.count - 7
    assert model.local.numbers(model.local.assignments([number, 0])) == [number, 0]
    node, function = model.strategies.nodes[1], model.strategies.digits(number)["B"]
    assert list(node.values(function)) == model.local.digits(number)[3:]
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"about 10\^59.1 strategies"):
        model.strategies.spread(0)
    with pytest.raises(rb.errors.ModelTooLargeError):
        _ = model.T
    with pytest.raises(rb.errors.ModelTooLargeError):
        _ = rb.influence(model, "X", "B").blocks[0].matrix
