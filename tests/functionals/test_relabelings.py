"""Orbits, canonical representatives and recognition, against relabelings made by hand."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.functionals import relabeling

EQ10 = rb.BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]}, name="Eq. (10)")


def relabeled(functional, rng, swap):
    """Permute settings, outcomes for each setting, and parties, on the table itself."""
    table = functional.coefficients.copy()
    k = table.ndim // 2
    for i in range(k):
        table = table.take(rng.permutation(table.shape[k + i]), axis=k + i)
        for x in range(table.shape[k + i]):
            where = [slice(None)] * (2 * k)
            where[k + i] = x
            part = table[tuple(where)]
            table[tuple(where)] = part.take(rng.permutation(part.shape[i]), axis=i)
    if swap:
        order = rng.permutation(k)
        table = table.transpose([*order, *(k + order)])
    return rb.BellFunctional(table, functional.outputs, functional.inputs, constant=functional.constant)


CASES = [
    rb.CH + 3,
    rb.I3322,
    EQ10,
    rb.cglmp(3) * Fraction(2, 3),
    rb.CHSH * surd(1, 1, 2) + surd(0, 1, 2),
    rb.mermin(),
    rb.BellFunctional(np.random.default_rng(4).integers(-3, 4, size=(3, 2, 2, 3))),
    rb.BellFunctional(np.random.default_rng(5).integers(-3, 4, size=(2, 2, 2, 2, 1, 2)), "A B C", "X Y Z"),
]


@pytest.mark.parametrize("functional", CASES, ids=range(len(CASES)))
def test_canonical_and_equivalent(functional):
    rng = np.random.default_rng(0)
    representative = functional.canonical()
    for swap in (False, True):
        other = relabeled(functional, rng, swap)
        assert (other.canonical().form == representative.form).all()
        assert other.equivalent(functional)
        assert functional.equivalent(other)
        assert not (2 * other).equivalent(functional)
        assert (2 * other + 1).equivalent(functional, scale=True, offset=True)
        assert not (2 * other + 1).equivalent(functional, scale=True)
        assert not (-1 * other).equivalent(
            rb.BellFunctional(np.zeros((2, 2), dtype=int), "A", "X"), scale=True, offset=True
        )


def test_relabelings_are_functionals_of_the_class():
    images = rb.CH.relabelings()
    assert len(images) == 8
    assert images[0].coefficients.tolist() == rb.CH.coefficients.tolist()
    assert len({tuple(f.form) for f in images}) == 8
    assert all(f.bound(rb.bell()) == 0 and f.equivalent(rb.CH) for f in images)
    assert len(rb.I3322.relabelings()) == 576
    assert max(f(rb.pr_box()) for f in images) == Fraction(1, 2)


def test_large_orbits_are_refused():
    big = rb.BellFunctional(np.random.default_rng(0).integers(-9, 9, size=(3, 3, 3, 3)))
    with pytest.raises(rb.FunctionalError, match="more than 20,000"):
        big.canonical()


def test_equation_10_is_a_chain():
    found = rb.recognize(EQ10)
    assert (found.known.name, found.scale, found.offset) == ("chained_3", 1, 0)
    assert EQ10.equivalent(rb.chained(3))
    assert EQ10.bound(rb.outcome_signaling((3, 3))) == 4
    assert rb.chained(3).bound(rb.outcome_signaling((3, 3))) == 6  # relabeling outcomes is no symmetry of A -> B


@pytest.mark.parametrize("pair", ["AB", "AC", "BC"])
def test_chsh_between_two_of_three_parties(pair):
    sizes = {"A": 2, "B": 3, "C": 2}
    missing = ({"A", "B", "C"} - set(pair)).pop()
    tables = {pair: np.zeros((sizes[pair[0]], sizes[pair[1]]), dtype=int), missing: np.zeros(sizes[missing], dtype=int)}
    tables[pair][:2, -2:] = [[1, 1], [-1, 1]]
    f = rb.BellFunctional.from_correlators(tables, "A B C", "X Y Z")
    found = rb.recognize(3 * f - 5)
    assert (found.known.name, found.scale, found.offset) == ("CHSH", 3, -5)


def test_facets_of_the_instrumental_models():
    assert Counter(rb.recognize(f).known.name for f in rb.instrumental().inequalities().functionals()) == {"Pearl": 4}
    facets = rb.instrumental(3).inequalities().functionals()
    assert Counter(rb.recognize(f).known.name for f in facets) == {"Pearl": 12, "Bonet": 24}
    assert all(found.offset == -found.scale * found.known.bound(rb.instrumental(int(found.known.name == "Bonet") + 2))
               for found in map(rb.recognize, facets))  # fmt: skip
    text = repr(rb.instrumental(3).inequalities())
    assert "12 ×  Pearl - 1 <= 0" in text
    assert "24 ×  Bonet - 2 <= 0" in text


def test_catalog_bounds():
    """Bounds as published; see the docstrings for the sources."""
    local, three = rb.bell(), rb.bell((2, 2, 2), (2, 2, 2))
    assert rb.CHSH.bound(local) == 2
    assert rb.CH.bound(local) == 0
    assert rb.I3322.bound(rb.bell((3, 3))) == 0
    assert [rb.cglmp(d).bound(rb.bell((2, 2), (d, d))) for d in (2, 3, 4)] == [2, 2, 2]
    assert rb.mermin().bound(three) == 2
    assert rb.svetlichny().bound(three) == 4
    for edges in (("X -> B", "Y -> A"), ("Y -> C", "Z -> B"), ("X -> C", "Z -> A")):
        assert rb.svetlichny().bound(three.relax(*edges)) == 4
    assert rb.mermin().bound(three.relax("X -> B", "Y -> A")) == 4
    two_pairs = rb.bell((2,) * 4, (2,) * 4).relax("X1 -> A2", "X2 -> A1", "X3 -> A4", "X4 -> A3")
    assert rb.svetlichny(4).bound(two_pairs) == 8
    assert [rb.chained(m).bound(rb.bell((m, m))) for m in (2, 3, 4)] == [2, 4, 6]
    assert rb.pearl().bound(rb.instrumental()) == 1
    assert rb.bonet().bound(rb.instrumental(3)) == 2


def test_svetlichny_of_two_parties_is_chsh():
    assert rb.svetlichny(2).equivalent(rb.CHSH)


def test_svetlichny_on_ghz_states():
    """4√2 on a GHZ state, PRD 35, 3066 (1987): settings in the xy plane at angles that add up to multiples of π/4."""
    import sympy

    phase = [[-sympy.pi / 12 + x * sympy.pi / 2 for x in (0, 1)]] * 3
    value = 0
    for x in np.ndindex(2, 2, 2):
        k = sum(x)
        value += (-1) ** (k * (k - 1) // 2) * sympy.cos(sum(phase[i][x[i]] for i in range(3)))
    assert sympy.simplify(value - 4 * sympy.sqrt(2)) == 0
    table = np.empty((2,) * 6, dtype=object)
    for index in np.ndindex(*table.shape):
        angle = sum(phase[i][index[3 + i]] for i in range(3))
        table[index] = (1 + (-1) ** sum(index[:3]) * sympy.cos(angle)) / 8
    assert sympy.simplify(rb.svetlichny()(table) - 4 * sympy.sqrt(2)) == 0


def test_no_orbit_is_enumerated_where_the_sorted_table_differs(monkeypatch):
    """I_5 is none of the catalog's small ones; its own orbit has more than 10^8 members."""

    def refuse(known, frame):
        raise AssertionError(f"the orbit of {known.name} was enumerated")

    monkeypatch.setattr(relabeling, "_orbit", refuse)
    assert relabeling.recognize(rb.cglmp(5)) is None


@pytest.mark.parametrize("known", [rb.CHSH, rb.I3322, rb.cglmp(3), rb.chained(3)], ids=str)
def test_the_sorted_table_is_the_same_for_every_relabeling(known):
    wide = relabeling._signatures(known, known.frame)
    for other in list(known.relabelings())[:40]:
        scaled = 3 * other + 1
        own = relabeling._signature(scaled.form[1:], scaled.frame)
        assert min(abs(own - one).max() for one in wide) < 1e-12
