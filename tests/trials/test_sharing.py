"""Relabeled tables share their largest means only where a relabeling keeps the null hypothesis."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.trials.families import scores
from relaxbell.trials.null import Null
from relaxbell.trials.sharing import shared_means
from relaxbell.verify import elimination, read_case

LIMITS = (Fraction(0), Fraction(1, 20))
EVEN = np.full((2, 3), Fraction(1, 6), dtype=object)
BIASED = np.array([[Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]] * 2, dtype=object)


def measures() -> list[rb.classes.Measure]:
    sizes = (2, 3), (2, 2)
    return [
        rb.influence(rb.bell(*sizes).relax("X -> B"), "X", "B"),
        rb.influence(rb.bell(*sizes).relax("A -> B"), "A", "B"),
        rb.hall_dependence(rb.bell(*sizes).relax("L -> X", "L -> Y")),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("settings", [EVEN, BIASED], ids=["even", "biased"])
@pytest.mark.parametrize("k", range(3))
def test_shared_means_are_those_of_each_table(k: int, settings: np.ndarray[Any, Any]) -> None:
    null = Null(measures()[k], (), settings, Fraction(0))
    tables, _ = scores(null.model, settings)
    found = shared_means(null, tables)
    assert len({id(own) for own in found}) < len(tables)
    for means, table in list(zip(found, tables, strict=True))[::3]:
        for limit in LIMITS:
            # the bounds are rigorous, and tight: the same number up to the rounding of costs
            assert float(means.at(limit)) == pytest.approx(float(null.largest(table, limit).bound), abs=1e-9)


def test_a_query_of_one_value_shares_less() -> None:
    """p(B=0|do(X=0)) is not that of X = 1: tables that the exchange maps to each other keep their own means."""
    model = rb.bell((2, 2), (2, 2)).relax("X -> B")
    null = Null(rb.query(model, "p{B(X=0, Y=0) = 0}"), (), np.full((2, 2), Fraction(1, 4), dtype=object), Fraction(0))
    tables, _ = scores(null.model, null.settings)
    for means, table in zip(shared_means(null, tables), tables, strict=True):
        assert float(means.at(Fraction(1, 4))) == pytest.approx(
            float(null.largest(table, Fraction(1, 4)).bound), abs=1e-9
        )


@pytest.mark.slow
def test_elimination_and_a_list_give_the_same_p_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the verifier proves of strategies that it does not list is what it proves when it does."""
    model = rb.message(inputs=(2, 3), outputs=(3, 2))
    counts = rb.sample(_widened(rb.boxes.tsirelson()), 3000, seed=4)
    certificate = rb.evidence(counts, rb.message_weight(model)).certificate(Fraction(1, 50))
    short = read_case(certificate.data).p_value()
    monkeypatch.setattr(elimination, "LISTED", 2**20)
    assert read_case(certificate.data).p_value() == short


def _widened(p: rb.Behavior) -> rb.Behavior:
    """Return a behavior with a third setting of Bob, like his second, and the second outcome of Alice in halves."""
    table = np.zeros((3, 2, 2, 3))
    table[0] = p.p[0][..., [0, 1, 1]]
    table[1] = table[2] = p.p[1][..., [0, 1, 1]] / 2
    return rb.Behavior(table)
