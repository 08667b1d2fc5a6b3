"""Orbits, canonical representatives and recognition, against relabelings made by hand."""

from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.symmetry.points import point_table

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
    rb.catalog.CH + 3,
    rb.catalog.I3322,
    EQ10,
    rb.catalog.cglmp(3) * Fraction(2, 3),
    rb.catalog.CHSH * surd(1, 1, 2) + surd(0, 1, 2),
    rb.catalog.mermin(),
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
    images = rb.catalog.CH.relabelings()
    assert len(images) == 8
    assert images[0].coefficients.tolist() == rb.catalog.CH.coefficients.tolist()
    assert len({tuple(f.form) for f in images}) == 8
    assert all(f.bound(rb.bell()) == 0 and f.equivalent(rb.catalog.CH) for f in images)
    assert len(rb.catalog.I3322.relabelings()) == 576
    lifted = rb.BellFunctional(np.pad(rb.catalog.CHSH.coefficients, ((0, 0), (0, 0), (0, 1), (0, 1))))
    assert len(lifted.relabelings()) == 72  # two of three settings on both sides
    assert max(f(rb.boxes.pr()) for f in images) == Fraction(1, 2)


LARGE = {
    "random 3333": rb.BellFunctional(np.random.default_rng(0).integers(-9, 9, size=(3, 3, 3, 3))),
    "signs 4422": rb.BellFunctional.from_correlators({"AB": np.random.default_rng(1).choice([-1, 1], size=(4, 4))}),
    "zero 4422": rb.BellFunctional(np.zeros((2, 2, 4, 4), dtype=int), constant=1),
    "I_4": rb.catalog.cglmp(4),
    "a + b = xy mod 7": rb.BellFunctional(
        np.fromfunction(lambda a, b, x, y: (a + b - x * y) % 7 == 0, (7,) * 4, dtype=int).astype(int)
    ),
    "chain of 6": rb.catalog.chained(6) - surd(0, 1, 3),
    "three parties": rb.BellFunctional(
        np.random.default_rng(2).integers(-1, 2, size=(3, 2, 2, 2, 2, 3)), "A B C", "X Y Z"
    ),
    "Mermin, 3 outcomes": rb.BellFunctional(
        np.pad(rb.catalog.mermin().coefficients, ((0, 1),) * 3 + ((0, 0),) * 3), "A B C", "X Y Z"
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "a + b = xy mod 7" else n for n in LARGE]
)
def test_classes_with_many_relabelings(name):
    """Their orbits have up to 10^8 members."""
    functional, rng = LARGE[name], np.random.default_rng(3)
    other = relabeled(functional, rng, swap=True)
    assert (other.canonical().form == functional.canonical().form).all()
    assert other.equivalent(functional)
    assert (2 * other + 1).equivalent(functional, scale=True, offset=True)
    table = other.coefficients.copy()
    table[(0,) * table.ndim] += 1
    changed = rb.BellFunctional(table, other.outputs, other.inputs, constant=other.constant)
    assert not changed.equivalent(functional, scale=True, offset=True)


def test_long_lists_are_refused():
    # outcomes for each setting, settings, parties; nothing leaves random numbers as they are
    group = (6**3 * 6) ** 2 * 2
    with pytest.raises(
        rb.errors.FunctionalError, match=rf"{group:,} relabelings, expected at most 20,000.*canonical\(\)"
    ):
        LARGE["random 3333"].relabelings()
    # I_d is a chain A_0, B_0, A_1, B_1, A_0 + 1, …, closed after 4d steps: a dihedral group leaves it as it is
    with pytest.raises(rb.errors.FunctionalError, match=f"{(24**2 * 2) ** 2 * 2 // (2 * 4 * 4):,} relabelings"):
        rb.catalog.cglmp(4).relabelings()


def count_by_listing(functionals):
    """How many classes there are, by listing all relabelings of each."""
    seen, count = set(), 0
    for functional in functionals:
        if tuple(functional.form) not in seen:
            images = {tuple(image.form) for image in functional.relabelings()}
            assert len(images) == point_table(functional).relabelings
            seen |= images
            count += 1
    return count


@pytest.mark.parametrize(
    "functionals",
    [
        [rb.BellFunctional.from_correlators({"AB": np.reshape(signs, (2, 3))})
         for signs in product((-1, 0, 1), repeat=6)],
        pytest.param(
            [rb.BellFunctional.from_correlators({"ABC": np.reshape(signs, (2, 2, 2))}, "A B C", "X Y Z")
             for signs in list(product((-1, 0, 1), repeat=8))[::300]],
            marks=pytest.mark.slow,
        ),
        [rb.BellFunctional(np.reshape(bits, (2, 2, 2)), "A B", "Z") for bits in product((0, 1), repeat=8)],
        [rb.BellFunctional(np.reshape(bits, (2, 2, 2)), "A B", "X", parties={"A": None, "B": "X"})
         for bits in product((0, 1), repeat=8)],
        [rb.BellFunctional(np.reshape(bits, (2, 2, 2)), "A B C", (), parties=dict.fromkeys("ABC"))
         for bits in product((0, 1), repeat=8)],
    ],
    ids=["inputs (2, 3)", "three parties", "no parties", "one input", "no inputs"],
)  # fmt: skip
@pytest.mark.slow
def test_as_many_canonical_forms_as_orbits(functionals):
    assert len({tuple(f.canonical().form) for f in functionals}) == count_by_listing(functionals)


def test_equation_10_is_a_chain():
    found = rb.recognize(EQ10)
    assert (found.known.name, found.scale, found.offset) == ("chained_3", 1, 0)
    assert EQ10.equivalent(rb.catalog.chained(3))
    assert EQ10.bound(rb.outcome_signaling((3, 3))) == 4
    assert (
        rb.catalog.chained(3).bound(rb.outcome_signaling((3, 3))) == 6
    )  # relabeling outcomes is no symmetry of A -> B


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
    assert rb.catalog.CHSH.bound(local) == 2
    assert rb.catalog.CH.bound(local) == 0
    assert rb.catalog.I3322.bound(rb.bell((3, 3))) == 0
    assert [rb.catalog.cglmp(d).bound(rb.bell((2, 2), (d, d))) for d in (2, 3, 4)] == [2, 2, 2]
    assert rb.catalog.mermin().bound(three) == 2
    assert rb.catalog.svetlichny().bound(three) == 4
    for edges in (("X -> B", "Y -> A"), ("Y -> C", "Z -> B"), ("X -> C", "Z -> A")):
        assert rb.catalog.svetlichny().bound(three.relax(*edges)) == 4
    assert rb.catalog.mermin().bound(three.relax("X -> B", "Y -> A")) == 4
    two_pairs = rb.bell((2,) * 4, (2,) * 4).relax("X1 -> A2", "X2 -> A1", "X3 -> A4", "X4 -> A3")
    assert rb.catalog.svetlichny(4).bound(two_pairs) == 8
    assert [rb.catalog.chained(m).bound(rb.bell((m, m))) for m in (2, 3, 4)] == [2, 4, 6]
    assert rb.catalog.pearl().bound(rb.instrumental()) == 1
    assert rb.catalog.bonet().bound(rb.instrumental(3)) == 2


def test_svetlichny_of_two_parties_is_chsh():
    assert rb.catalog.svetlichny(2).equivalent(rb.catalog.CHSH)


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
    assert sympy.simplify(rb.catalog.svetlichny()(table) - 4 * sympy.sqrt(2)) == 0


def grouped(functional, outcomes, settings):
    """Give each outcome and setting of a larger scenario the part of one of the functional's; None: an idle setting."""
    k = len(functional.outputs)
    shape = tuple(len(own[0]) for own in outcomes) + tuple(map(len, settings))
    table = np.zeros(shape, dtype=object)
    for index in np.ndindex(*shape):
        x = [settings[i][index[k + i]] for i in range(k)]
        if None not in x:
            a = [outcomes[i][index[k + i]][index[i]] for i in range(k)]
            table[index] = functional.coefficients[(*a, *x)]
    return rb.BellFunctional(table, functional.outputs, functional.inputs)


@pytest.mark.parametrize(
    ("known", "outcomes", "settings"),
    [
        (rb.catalog.CHSH, ([[0, 0, 1], [1, 0, 1], [0, 1, 1]], [[0, 1], [1, 0]]), ([1, None, 0], [0, 1])),
        (rb.catalog.I3322, ([[0, 1]] * 4, [[0, 1, 1, 1], [0, 0, 1, 1], [1, 0, 0, 1]]), ([0, 1, None, 2], [2, 1, 0])),
        (rb.catalog.cglmp(3), ([[0, 1, 2, 2], [0, 1, 1, 2]], [[1, 2, 0]] * 2), ([0, 1], [1, 0])),
        (rb.catalog.cglmp(5), ([[0, 1, 2, 3, 4]] * 2,) * 2, ([0, 1], [1, 0])),
        (rb.catalog.chained(5), ([[0, 1]] * 5, [[1, 0]] * 6), ([0, 1, 2, 3, 4], [4, 3, None, 2, 1, 0])),
        (rb.catalog.mermin(), ([[0, 1]] * 2, [[0, 1, 1]] * 2, [[1, 0]] * 3), ([0, 1], [1, 0], [None, 0, 1])),
        (rb.catalog.svetlichny(4), ([[0, 1]] * 2,) * 4, ([0, 1], [1, 0], [1, 0], [0, 1])),
    ],
    ids=lambda value: str(value) if isinstance(value, rb.BellFunctional) else "",
)  # fmt: skip
def test_catalog_functionals_in_larger_scenarios(known, outcomes, settings):
    functional = grouped(known, outcomes, settings)
    found = rb.recognize(functional * Fraction(2, 3) + surd(0, 1, 2))
    assert (str(found.known), found.scale, found.offset) == (str(known), Fraction(2, 3), surd(0, 1, 2))
    table = functional.coefficients.copy()
    table[(0,) * table.ndim] += Fraction(1, 7)
    assert rb.recognize(rb.BellFunctional(table, functional.outputs, functional.inputs)) is None


def test_bilocality_functionals_are_called_by_their_names():
    i, j = rb.catalog.bilocality_i(), rb.catalog.bilocality_j()
    assert [str(rb.recognize(f).known) for f in (i, 3 * j - 1, -1 * i)] == ["I", "J", "I"]
    assert i.equivalent(j)
    fixed = np.zeros((2, 4, 2, 2, 3, 2), dtype=object)  # Bob has three settings, of which one matters
    fixed[:, :, :, :, 1] = j.coefficients
    assert str(rb.recognize(rb.BellFunctional(fixed, "A B C", "X Y Z")).known) == "J"


def test_chsh_beside_a_party_without_input():
    table = np.multiply.outer(np.ones(4, dtype=int), rb.catalog.CHSH.coefficients).transpose(1, 0, 2, 3, 4)
    functional = rb.BellFunctional(table, "A B C", "X Z", parties={"A": "X", "B": None, "C": "Z"})
    assert str(rb.recognize(functional).known) == "CHSH"


def test_instrumental_functionals_in_larger_scenarios():
    for known in (rb.catalog.pearl(), rb.catalog.bonet()):
        table = np.pad(known.coefficients, ((0, 0), (0, 0), (1, 1)))
        assert str(rb.recognize(rb.BellFunctional(table[:, ::-1], "A B", "Z") * 2 - 1).known) == str(known)
    more = np.concatenate(
        [rb.catalog.pearl().coefficients, np.zeros((2, 2, 2), dtype=int)]
    )  # four values of the treatment
    assert str(rb.recognize(rb.BellFunctional(more, "A B", "Z")).known) == "Pearl"


@pytest.mark.parametrize("shape", [(2, 2, 1, 1), (2, 2, 3, 1), (3, 2, 1, 2), (1, 1, 1, 1), (2, 1, 2, 2)])
def test_scenarios_that_hold_no_catalog_functional(shape):
    functional = rb.BellFunctional(np.arange(np.prod(shape)).reshape(shape) ** 2)
    assert rb.recognize(functional) is None
    assert rb.recognize(functional * 0 + 1) is None
    assert functional.canonical().equivalent(functional)


@pytest.mark.parametrize("make", [rb.catalog.mermin, rb.catalog.svetlichny, rb.catalog.chained])
@pytest.mark.parametrize("size", [1, "3", 2.5])
def test_sizes_that_are_none(make, size):
    with pytest.raises(rb.errors.FunctionalError, match=f"found.* {size}"):
        make(size)


def test_too_many_parties():
    with pytest.raises(rb.errors.FunctionalError, match="from 2 to 10"):
        rb.catalog.mermin(40)


def test_listed_terms_of_a_maximum_sum_to_the_total():
    terms = [rb.BellFunctional(rb.catalog.CHSH.coefficients * k, name=f"f{k // 2}") for k in range(1, 20)]
    text = repr(rb.Maximum(0, *terms))
    head, _, listed = text.partition(": ")
    counts = [int(part.split(" × ")[0]) if " × " in part else 1 for part in listed.split(", ")[:-1]]
    assert head == "max of 20"
    assert sum(counts) + int(listed.rpartition("… ")[2].split()[0]) == 20
