"""PORTA and PANDA files: the formats' own published examples, round trips, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.exact.numbers import surd

PORTA_MANUAL = """\
DIM = 5

VALID
3 3 0 2 3
LOWER_BOUNDS
0 1 2 2 2
UPPER_BOUNDS
2 2 2 5 5
ELIMINATION_ORDER
2 0 1 0 3

INEQUALITIES_SECTION
(  1)    +27x1-28x2+57x4-37x5 == 0
(  2)    - x4+ x5 == 1
(  1)    + x2 -2x5 <= -3
(  2)    -x3 <= 0
-2x2 + x5 <= 0
-4/15x2-1/15x5 >= -1
END
"""
"""The example of PORTA's man page ieq(1)."""

PANDA_MANUAL = """\
DIM=3
Names:
A B C
Inequalities:
0 0 1 >= 0
1 1 0 <= 2
-1 0 0 2
-1 0 0 <= 2
"""
"""The example of PANDA's page on the section Inequalities, which calls its last two lines equivalent. They are not: the
program takes the last number of a row without relation as it is, and that after a relation with the opposite sign
(``input_constraint_unnamed_variables.cpp``: "invert the last entry if input was in PANDA format"); all its rows say
a·x + c <= 0."""


def scenario(*shape):
    return rb.BellFunctional(np.zeros(shape, dtype=int))


def rows(functionals):
    return [[int(c) if c.denominator == 1 else c for c in f.form] for f in functionals]


def test_porta_manual(tmp_path):
    path = tmp_path / "example.ieq"
    path.write_text(PORTA_MANUAL)
    found = rb.read_inequalities(path, scenario(2, 2, 1, 2))  # five Collins–Gisin coordinates
    assert rows(found.equations) == [[0, 27, -28, 0, 57, -37], [-1, 0, 0, 0, -1, 1]]
    assert rows(found.inequalities) == [
        [3, 0, 1, 0, 0, -2],
        [0, 0, 0, -1, 0, 0],
        [0, 0, -2, 0, 0, 1],
        [-1, 0, Fraction(4, 15), 0, 0, Fraction(1, 15)],
    ]


def test_panda_manual(tmp_path):
    path = tmp_path / "example.panda"
    path.write_text(PANDA_MANUAL)
    found = rb.read_inequalities(path, scenario(2, 2, 1, 1))
    assert rows(found.inequalities) == [[0, 0, 0, -1], [-2, 1, 1, 0], [2, -1, 0, 0], [-2, -1, 0, 0]]


PANDA_EQUATIONS = """\
DIM=3
Names:
A B C
Equations:
0 0 1 = 0
1 1 0 == 2
-1 0 0 2
"""
"""The example of PANDA's page on the section Equations."""


def test_panda_equations(tmp_path):
    path = tmp_path / "example.panda"
    path.write_text(PANDA_EQUATIONS)
    found = rb.read_inequalities(path, scenario(2, 2, 1, 1))
    assert found.inequalities == ()
    assert rows(found.equations) == [[0, 0, 0, 1], [-2, 1, 1, 0], [2, -1, 0, 0]]


def all_facets(shape):
    """Facets of the local polytope, positivity included, as functionals ≤ 0."""
    k = len(shape) // 2
    found = rb.bell(shape[k:], shape[:k]).inequalities()
    return [found.domain.functional(facet.form) for facet in [*found.facets, *found.positivity]]


@pytest.mark.parametrize("shape", [(2, 2, 2, 2), (3, 2, 2, 2), (2, 2, 3, 2), (2, 2, 2, 2, 1, 2)])
def test_rows_as_panda_prints_them(tmp_path, shape):
    """Its output has no relation and no DIM: every facet of a polytope, in raw numbers, holds at all its vertices."""
    k = len(shape) // 2
    functionals = all_facets(shape)
    raw = ["  ".join(str(c) for c in [*f.form[1:], f.form[0]]) for f in functionals]
    path = tmp_path / "facets.panda"
    path.write_text("\n".join(["Inequalities:", *raw, ""]))
    found = rb.read_inequalities(path, functionals[0])
    assert rows(found.inequalities) == rows(functionals)
    vertices = rb.bell(shape[k:], shape[:k]).T.toarray().astype(int)
    for functional in found.inequalities:
        values = functional.coefficients.ravel() @ vertices + functional.constant
        assert max(values) == 0  # valid, and attained
    path.write_text("\n".join(["Equations:", *raw, ""]))
    assert rows(rb.read_inequalities(path, functionals[0]).equations) == rows(functionals)


def test_one_facet_of_chsh(tmp_path):
    """p(11|00) ≥ 0 in Collins–Gisin coordinates pA(0|0), pA(0|1), pB(0|0), pB(0|1), p(00|00), …, as PANDA prints it."""
    path = tmp_path / "facet.panda"
    path.write_text("DIM=8\nInequalities:\n1 0 1 0 -1 0 0 0 -1\n")
    (found,) = rb.read_inequalities(path, rb.catalog.CHSH).inequalities
    assert rows([found]) == [[-1, 1, 0, 1, 0, -1, 0, 0, 0]]  # pA + pB − p(00|00) ≤ 1
    assert found(rb.boxes.pr()) == -Fraction(1, 2)  # −p(11|00)


def test_identifiers_and_names_with_carets(tmp_path):
    """PANDA's names may have ^, and any text in brackets may stand before a row."""
    path = tmp_path / "names.panda"
    path.write_text("INDEX\na^0 a^1 b_0\nINEQUALITY_SECTION\n(first one) 2a^0 -b_0 <= 1\n( 2) 1 0 0 >= -1\nEND\nx\n")
    found = rb.read_inequalities(path, scenario(2, 2, 1, 1))
    assert rows(found.inequalities) == [[-1, 2, 0, -1], [-1, -1, 0, 0]]


CHSH_MAPS = """\
Names:
a0 a1 b0 b1 c00 c01 c10 c11
Maps:
a1 a0 b0 b1 c10 c11 c00 c01
b0 b1 a0 a1 c00 c10 c01 c11
1-a0 a1 b0 b1 b0-c00 b1-c01 c10 c11
"""
"""Exchange of Alice's settings, of the parties, and of her outcomes at x = 0: they generate all relabelings."""


@pytest.mark.parametrize("equations", ["", "Equations:\na0 -a0 = 0\n"])
def test_reduced_inequalities_stand_for_all_their_images(tmp_path, equations):
    """CH and one positivity are two of the 24 facets (Fine 1982: 8 of CHSH, 16 of positivity)."""
    path = tmp_path / "reduced.panda"
    reduced = "Reduced Inequalities:\n-1 0 -1 0 1 1 1 -1 0\n0 0 0 0 -1 0 0 0 <= 0\n"
    path.write_text(CHSH_MAPS + equations + reduced)
    found = rb.read_inequalities(path, rb.catalog.CHSH)
    expected = {tuple(row) for row in rows(all_facets((2, 2, 2, 2)))}
    assert {tuple(row) for row in rows(found.inequalities)} == expected
    assert len(found.inequalities) == 24
    path.write_text(CHSH_MAPS + reduced.removeprefix("Reduced "))  # otherwise maps say nothing new
    assert len(rb.read_inequalities(path, rb.catalog.CHSH).inequalities) == 2


def test_images_that_agree_where_the_equations_hold_are_one(tmp_path):
    """On the line A + B = 1 the exchange of A and B takes A ≤ 1 to B ≤ 1, and the others to themselves."""
    path = tmp_path / "reduced.panda"
    head = "Names:\nA B C\nMaps:\nB A C\nEquations:\n1 1 0 = 1\nReduced Inequalities:\n"
    path.write_text(head + "A <= 1\n2A +2B +C <= 5\nC <= 3\n")
    found = rb.read_inequalities(path, scenario(2, 2, 1, 1))
    assert sorted(rows(found.inequalities)) == sorted([[-1, 1, 0, 0], [-1, 0, 1, 0], [-5, 2, 2, 1], [-3, 0, 0, 1]])


def test_maps_that_are_no_symmetry_are_refused(tmp_path):
    path = tmp_path / "reduced.panda"
    path.write_text("Names:\nA B C\nMaps:\n1+A B C\nReduced Inequalities:\nA <= 1\n")
    with pytest.raises(
        rb.errors.FunctionalError, match="line 6: the maps make more than 20,000 inequalities of this one"
    ):
        rb.read_inequalities(path, scenario(2, 2, 1, 1))


@pytest.mark.parametrize("file_format", ["porta", "panda", "cdd", "normaliz"])
@pytest.mark.parametrize("coordinates", ["collins_gisin", "probabilities"])
@pytest.mark.parametrize("shape", [(3, 2, 2, 3), (2, 2, 2, 2, 3, 2), (2, 2, 3)])
def test_round_trip(tmp_path, file_format, coordinates, shape):
    rng = np.random.default_rng(0)
    names = {3: ("A B", "Z"), 4: ("A B", "X Y"), 6: ("A B C", "X Y Z")}[len(shape)]
    written = [
        rb.BellFunctional(rng.integers(-3, 4, size=shape) * Fraction(1, 6), *names, constant=Fraction(k, 4))
        for k in range(4)
    ]
    path = tmp_path / "file"
    rb.write_inequalities(path, written, file_format=file_format, coordinates=coordinates)
    found = rb.read_inequalities(path, written[0])
    assert (found.equations == ()) == (coordinates == "collins_gisin")
    for before, after in zip(written, found.inequalities, strict=True):
        scale = 12 if file_format == "panda" and len(written) else 1
        ratio = {Fraction(a, b) for a, b in zip(after.form, before.form, strict=True) if b != 0}
        assert len(ratio) == 1
        assert scale % min(ratio) == 0  # PANDA holds whole numbers
        assert all((a == 0) == (b == 0) for a, b in zip(after.form, before.form, strict=True))
        if coordinates == "probabilities" and file_format != "panda":
            assert (after.coefficients == before.coefficients).all()


def test_all_facets_of_a_scenario_survive(tmp_path):
    facets = rb.bell().inequalities().functionals()
    path = tmp_path / "chsh.ieq"
    rb.write_inequalities(path, facets)
    assert rows(rb.read_inequalities(path, rb.catalog.CHSH).inequalities) == rows(facets)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 + x9 <= 1\nEND", "line 3: unknown coordinate 'x9'"),
        ("DIM = 7\nINEQUALITIES_SECTION\nx1 <= 1\nEND", "dimension 7, expected 8 or 16"),
        ("INEQUALITIES_SECTION\nx1 <= 1\nEND", "line 2: no line 'DIM"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 <= y\nEND", "is not an inequality"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 -x2 3\nEND", "found no relation <=, >= or ="),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 < 1\nEND", "found no relation"),
        (
            "DIM = 8\nInequalities:\n1 0 1 0 -1 0 0 -1",
            "line 3: 8 numbers, expected 9: the coefficients and the constant",
        ),
        ("Inequalities:\n1 0 1 0 -1 0 0 0 -1\n1 0 1 0 -1 0 0 0 0 -1", "line 3: 10 numbers, expected 9"),
        ("Inequalities:\n1 0 1 0 -1 0 0 -1", "dimension 7, expected 8 or 16"),
        ("DIM = 8\nEquations:\nx1 <= 1", "the relation <= is not one of equations"),
        ("DIM = 8\nEquations:\nx1 = 1\nInequalites:\nx1 <= 1", "line 4: 'Inequalites:' is no section"),
        ("DIM = 8\nx1 <= 1\nINEQUALITIES_SECTION\nx2 <= 1", "line 2: 'x1 <= 1' is in no section"),
        ("DIM = 8\nDIM = 16\n", "line 2: dimension 16, expected 8 as before"),
        ("DIM = 8\nNames:\na b\n", "line 3: dimension 2, expected 8 as before"),
        ("Names:\na b c d e f g a\n", "line 2: names repeat"),
        ("DIM = 8\nReduced Inequalities:\n1 0 1 0 -1 0 0 0 -1", "line 3: a reduced inequality stands for its images"),
        ("Maps:\nb a", "line 2: a map without names"),
        ("Names:\na b\nMaps:\nb", "line 4: a map of 1 coordinates, expected 2"),
        ("Names:\na b\nMaps:\nb c", "line 4: unknown coordinate 'c'"),
        ("Names:\na b\nMaps:\nb 2**9", "line 4: .* is not a term"),
        (f"DIM = 8\nINEQUALITIES_SECTION\nx1 <= {'7' * 5000}\nEND", "line 3: a number has 5000 digits"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 <= 1/0\nEND", "divides by zero"),
        ("DIM = 8\nINEQUALITIES_SECTION\n__import__('os') <= 1\nEND", "is not a term"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 x2 <= 1\nEND", "is not a term"),
        ("DIM = 8\nINEQUALITIES_SECTION\n1 2 3 <= 1\nEND", "line 3: 3 coefficients, expected 8"),
        ("DIM = 8\nINEQUALITIES_SECTION\n<= 1\nEND", "no term on the left-hand side"),
        ("DIM = 8\nINEQUALITIES_SECTION\n\u0661x1 <= 1\nEND", "is not a term"),
        ("DIM = 8\nCONV_SECTION\n1 0 1 0 1 0 1 0\nEND", "has neither inequalities nor equations"),
        ("", "has neither inequalities nor equations"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 <= 2 <= 3\nEND", "is not an inequality"),
    ],
)
def test_errors(tmp_path, text, message):
    path = tmp_path / "bad.ieq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(rb.errors.FunctionalError, match=message):
        rb.read_inequalities(path, rb.catalog.CHSH)


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "bytes.ieq"
    with pytest.raises(rb.errors.FunctionalError, match=r"bytes\.ieq cannot be read: No such file"):
        rb.read_inequalities(path, rb.catalog.CHSH)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(rb.errors.FunctionalError, match="byte 128 is no UTF-8"):
        rb.read_inequalities(path, rb.catalog.CHSH)
    path.write_bytes(b"\xef\xbb\xbfDIM = 8\r\nINEQUALITIES_SECTION\r\n(1) x1 <= 1\r\nEND\r\n")  # written by Windows
    assert len(rb.read_inequalities(path, rb.catalog.CHSH).inequalities) == 1


def test_refused_for_writing(tmp_path):
    with pytest.raises(rb.errors.FunctionalError, match="irrational"):
        rb.write_inequalities(tmp_path / "f", [rb.catalog.CHSH * surd(0, 1, 2)])
    with pytest.raises(rb.errors.FunctionalError, match="different scenarios"):
        rb.write_inequalities(tmp_path / "f", [rb.catalog.CHSH, rb.catalog.I3322])
    with pytest.raises(rb.errors.FunctionalError, match="unknown"):
        rb.write_inequalities(tmp_path / "f", [rb.catalog.CHSH], file_format="xml")
    with pytest.raises(rb.errors.FunctionalError, match="a coefficient has about"):
        rb.write_inequalities(tmp_path / "f", [rb.catalog.CHSH * Fraction(10**5000)])
    with pytest.raises(rb.errors.FunctionalError, match="'x1 <= 2' is a str"):
        rb.write_inequalities(tmp_path / "f", ["x1 <= 2"])
