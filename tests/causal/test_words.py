"""What models and names say: counts to the last digit, texts that never raise, names that are allowed."""

import math
from fractions import Fraction

import pytest

import relaxbell as rb


@pytest.mark.parametrize(
    ("settings", "outcomes"), [((18, 19), (3, 3)), ((29, 30), (2, 2)), ((12, 13, 10), (2, 3, 5)), ((53, 2), (2, 2))]
)
def test_strategies_are_counted_to_the_last_digit(settings, outcomes):
    """n = ∏ o^m in whole numbers, also beyond 2^53, where floats end."""
    model = rb.bell(settings, outcomes)
    count = math.prod(o**m for m, o in zip(settings, outcomes, strict=True))
    assert 2**53 < count < 2**60
    assert f"strategies    {count:,}" in repr(model)
    with pytest.raises(rb.errors.ModelTooLargeError, match=f"the model has {count:,} strategies"):
        model.strategies.check_listed()


@pytest.mark.parametrize(
    "model",
    [
        rb.bell((40, 40)),
        rb.bell((2, 3, 40), (3, 2, 4)).relax("X -> B"),
        rb.message((30, 2), alphabet=7),
        rb.measurement_dependence((30, 30)),
        rb.bilocality((60, 70), (2, 4, 2)),
        rb.bell((40, 40)).rename({"A": "Out_1''", "X": "setting"}),
    ],
    ids=lambda model: model.name,
)
def test_texts_of_models_that_are_too_large(model):
    with pytest.raises(rb.errors.ModelTooLargeError):
        model.strategies.check_listed()
    assert "strategies    about 10^" in repr(model)
    assert model.name in str(model)
    assert model._repr_svg_().startswith("<svg")
    assert repr(model.unrelaxed).startswith(model.unrelaxed.name)


@pytest.mark.parametrize("name", ["A", "B_1", "b''", "_x", "Größe", "Λ2'"])
def test_names_that_are_allowed(name):
    assert rb.bell().rename({"A": name}).outputs == (name, "B")
    assert rb.Behavior([[1, 1], [0, 0]], name, "Z").outputs == (name,)


@pytest.mark.parametrize("name", ["A′", "1a", "a'b", "a-b", "a b", "'", "<b>", ""])
def test_names_that_are_not_allowed(name):
    """The message lists what is allowed, which its own examples are."""
    with pytest.raises(rb.errors.ModelError, match="is not a variable name") as caught:
        rb.bell().rename({"A": name})
    message = str(caught.value)
    allowed = message.partition("Expected ")[2]
    assert "′" not in allowed
    assert "apostrophes ' at the end only" in allowed
    for example in ("X", "B_1'"):
        assert example in allowed
        assert rb.bell().rename({"A": example + "_0" if example == "X" else example})


def test_small_probabilities_are_not_zero():
    tiny = Fraction(1, 10**400)
    model = rb.bell(input_distribution=[[1 - 3 * tiny, tiny], [tiny, tiny]])
    assert "0,0: 1 - 3e-400, 0,1: 1e-400" in repr(model)
    with pytest.raises(rb.errors.BehaviorError, match=r"is -1e-400, expected"):
        rb.Behavior([[1 + tiny], [-tiny]], "A", "X")
    with pytest.raises(rb.errors.BehaviorError, match=r"sums to 1 \+ 1e-400, expected 1"):
        rb.Behavior([[1], [tiny]], "A", "X")


def test_signaling_by_little_is_shown():
    table = rb.boxes.pr().white_noise().exact.copy()
    table[0, 0, 0, 0] += Fraction(1, 10**12)
    table[1, 1, 0, 0] -= Fraction(1, 10**12)
    with pytest.raises(
        rb.errors.SignalingError, match=r"p\(A=0\|X=0, Y=0\) = 0.500000000001 but p\(A=0\|X=0, Y=1\) = 0.5:"
    ):
        rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.Behavior(table))


def test_dependence_answers_the_retrocausal_question():
    """It says so; and q may choose both settings together, so that p(x,y|λ) = 1 for x = y needs no cost beyond that."""
    for function in (rb.dependence, rb.hall_dependence, rb.mutual_information, rb.measurement_dependence):
        text = " ".join(function.__doc__.split())
        assert "retrocausal" in text
        assert "p(x, y|λ) need not factorize into p(x|λ) p(y|λ)" in text
    assert "retrocausal" in repr(rb.quantify(rb.boxes.pr()))
