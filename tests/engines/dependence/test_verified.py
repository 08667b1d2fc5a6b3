"""The verifier without a list of strategies against itself with one: the same certificates, the same bounds."""

import random
from fractions import Fraction

import pytest
from dependent_cases import MEASURES, random_case

import relaxbell as rb
from relaxbell.verify import dependences, entropies, read_case


def both_ways(data, monkeypatch):
    """What a proof gives from a list, and by elimination."""
    listed = read_case(data).proven()
    for module in (dependences, entropies):
        monkeypatch.setattr(module, "LISTED", 0)
    return listed, read_case(data).proven()


def compared(seed, monkeypatch):
    model, p = random_case(seed, 300)
    rng = random.Random(seed)
    for kind in ("M", "I"):
        data = rb.minimize(MEASURES[kind](model), p).certificate.data
        for _ in range(2):
            listed, found = both_ways(data, monkeypatch)
            monkeypatch.undo()
            if kind == "M":
                assert not (listed - found).sign()
            else:  # rounded up in 80 bits
                least = listed.a if listed.a > 0 else Fraction(0)
                assert least - Fraction(1, 10**20) <= found.a <= least + Fraction(1, 10**30)
            proof = data["proof"]  # then multipliers that are no good ones: bounds are bounds, whatever they are
            z = [str(Fraction(v) + Fraction(rng.randint(-9, 9), 7)) for v in proof["z"]]
            data = data | {"proof": proof | {"z": z}}


@pytest.mark.parametrize("seed", range(4))
def test_elimination_gives_what_lists_give(seed, monkeypatch):
    compared(seed, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 60))
def test_elimination_gives_what_lists_give_on_many(seed, monkeypatch):
    compared(seed, monkeypatch)


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_flow_is_the_best_cut(seed):
    """By enumeration of all sets of settings: Ford and Fulkerson."""
    rng = random.Random(seed)
    n = rng.randint(2, 6)
    supply = [rng.randint(-20, 20) for _ in range(n)]
    capacity = [[0] * n for _ in range(n)]
    for x in range(n):
        for y in range(x):
            capacity[x][y] = capacity[y][x] = rng.choice((0, rng.randint(0, 12)))
    best = 0
    for bits in range(2**n):
        inside = [x for x in range(n) if bits >> x & 1]
        outside = [y for y in range(n) if not bits >> y & 1]
        best = max(best, sum(supply[x] for x in inside) - sum(capacity[x][y] for x in inside for y in outside))
    assert dependences.excess(supply, capacity) == best
