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
"""The example of PANDA's description of the section Inequalities."""


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
    assert rows(found.inequalities) == [[0, 0, 0, -1], [-2, 1, 1, 0], [-2, -1, 0, 0], [-2, -1, 0, 0]]


@pytest.mark.parametrize("file_format", ["porta", "panda"])
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
    assert found.equations == ()
    for before, after in zip(written, found.inequalities, strict=True):
        scale = 12 if file_format == "panda" and len(written) else 1
        ratio = {Fraction(a, b) for a, b in zip(after.form, before.form, strict=True) if b != 0}
        assert len(ratio) == 1
        assert scale % min(ratio) == 0  # PANDA holds whole numbers
        assert all((a == 0) == (b == 0) for a, b in zip(after.form, before.form, strict=True))
        if coordinates == "probabilities" and file_format == "porta":
            assert (after.coefficients == before.coefficients).all()


def test_all_facets_of_a_scenario_survive(tmp_path):
    facets = rb.bell().inequalities().functionals()
    path = tmp_path / "chsh.ieq"
    rb.write_inequalities(path, facets)
    assert rows(rb.read_inequalities(path, rb.CHSH).inequalities) == rows(facets)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 + x9 <= 1\nEND", "line 3: unknown coordinate 'x9'"),
        ("DIM = 7\nINEQUALITIES_SECTION\nx1 <= 1\nEND", "dimension 7, expected 8 or 16"),
        ("INEQUALITIES_SECTION\nx1 <= 1\nEND", "line 2: no line 'DIM"),
        ("DIM = 8\nINEQUALITIES_SECTION\nx1 <= y\nEND", "is not an inequality"),
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
    with pytest.raises(rb.FunctionalError, match=message):
        rb.read_inequalities(path, rb.CHSH)


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "bytes.ieq"
    with pytest.raises(rb.FunctionalError, match=r"bytes\.ieq cannot be read: No such file"):
        rb.read_inequalities(path, rb.CHSH)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(rb.FunctionalError, match="byte 128 is no UTF-8"):
        rb.read_inequalities(path, rb.CHSH)
    path.write_bytes(b"\xef\xbb\xbfDIM = 8\r\nINEQUALITIES_SECTION\r\n(1) x1 <= 1\r\nEND\r\n")  # written by Windows
    assert len(rb.read_inequalities(path, rb.CHSH).inequalities) == 1


def test_refused_for_writing(tmp_path):
    with pytest.raises(rb.FunctionalError, match="irrational"):
        rb.write_inequalities(tmp_path / "f", [rb.CHSH * surd(0, 1, 2)])
    with pytest.raises(rb.FunctionalError, match="different scenarios"):
        rb.write_inequalities(tmp_path / "f", [rb.CHSH, rb.I3322])
    with pytest.raises(rb.FunctionalError, match="unknown"):
        rb.write_inequalities(tmp_path / "f", [rb.CHSH], file_format="xml")
    with pytest.raises(rb.FunctionalError, match="'x1 <= 2' is a str"):
        rb.write_inequalities(tmp_path / "f", ["x1 <= 2"])
