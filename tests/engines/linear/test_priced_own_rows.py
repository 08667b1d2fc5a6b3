"""One's own rows over strategies that are not listed: differences of `CausalModel.rows`."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb

X, Y = [0, 1, 1, 0], [0, 1, 1]
"""Which of two settings each of many repeats."""


def shifts(model, norm):
    """Shifts of p(a, b) by Alice's setting, which she sees; of the first two settings of each party."""

    def row(a, b, x, y):
        return model.rows({"A": a, "B": b}, do={"X": x, "Y": y})

    rows = [row(a, b, 1, y) - row(a, b, 0, y) for a in (0, 1) for b in (0, 1) for y in (0, 1)]
    return rb.measure(model, rows, norm=norm)


@pytest.mark.parametrize("norm", ["max", "sum", "linear"])
def test_settings_that_are_repeated_change_nothing(norm):
    """Among 65,536 strategies as among 64: who answers two settings can answer each of them again."""
    few, many = rb.bell().relax("X -> B"), rb.bell((4, 3)).relax("X -> B")
    box = rb.boxes.pr().visibility(Fraction(9, 10))
    repeated = rb.Behavior(np.array(box.exact, dtype=object)[:, :, X][:, :, :, Y])
    s = rb.minimize(shifts(many, norm), repeated)
    assert "column generation" in s.statistics["solver"]
    assert s.exact == rb.minimize(shifts(few, norm), box).exact


def test_a_difference_of_rows_is_that_of_their_arrays():
    model = rb.bell(
        (2, 3), (3, 2), input_distribution={"X": [0, 1], "Y": [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]}
    )
    one, other = model.rows({"A": 2}), model.rows({"B": 1}, do={"Y": 1})
    difference = one - other
    assert difference.labels == ("p(A=2) - p(B=1|do(Y=1))",)
    assert abs(difference.array - (one.array - other.array)).max() < 1e-15
    for wrong in (rb.bell().rows({"A": 0}), 0):
        with pytest.raises(TypeError):
            one - wrong
