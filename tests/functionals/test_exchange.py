"""Files of other programs: what they printed, recorded (tests/data/polytopes), and what is written for them."""

import math
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb

DATA = Path(__file__).parents[1] / "data" / "polytopes"
MODELS = {
    "chsh": rb.bell,
    "signaling": rb.input_signaling,
    "signaling_32": lambda: rb.input_signaling((3, 2), (2, 2)),
    "i3322": lambda: rb.bell((3, 3), (2, 2)),
}
FORMATS = ["porta", "panda", "cdd", "normaliz"]


@cache
def model_of(name):
    return MODELS[name]()


@cache
def vertices(name):
    return np.unique(model_of(name).T.toarray().astype(int), axis=1)


def on_vertices(functionals, columns):
    """Return each functional as its values on all vertices, in lowest terms: all that two facets may differ in."""
    found = set()
    for functional in functionals:
        row = [functional.constant, *functional.coefficients.ravel()]
        scale = math.lcm(*(v.denominator for v in row))
        constant, *whole = [int(v * scale) for v in row]
        values = np.array(whole) @ columns + constant
        assert max(values) == 0
        found.add(tuple((values // np.gcd.reduce(values)).tolist()))
    return found


@cache
def facets(name):
    return on_vertices(model_of(name).inequalities().functionals(positivity=True), vertices(name))


def recorded(*endings):
    return sorted(
        path.name
        for path in DATA.iterdir()
        if path.name.endswith(endings) and path.name.startswith(tuple(MODELS)) and "fork" not in path.name
    )


def panda_input(tmp_path, model, file):
    """Return the file with names and maps that PANDA read."""
    path = tmp_path / "input.panda"
    kind = "probabilities" if "cells" in file else "collins_gisin"
    model.write_vertices(path, file_format="panda", coordinates=kind)
    return path


@pytest.mark.parametrize("file", recorded(".ieq", ".ine", "panda.txt", "names.txt", "maps.txt", "normaliz.out"))
def test_recorded_facets_are_ours(tmp_path, file):
    """The same facets by their values on the vertices, from PORTA, PANDA, lrs, cdd and Normaliz."""
    name = file.split("_marginals")[0].split("_cells")[0]
    model, columns = model_of(name), vertices(name)
    maps = panda_input(tmp_path, model, file) if "maps" in file else None
    found = rb.read_inequalities(DATA / file, model, panda_input=maps)
    assert len(found.inequalities) == len(facets(name)) == {"chsh": 24, "signaling": 16, "i3322": 684}.get(name, 24)
    assert on_vertices(found.inequalities, columns) == facets(name)
    cells = model.coordinates.dimension + len(found.equations)
    assert cells == (np.prod(model.observed_shape) if "cells" in file else model.coordinates.dimension)
    for equation in found.equations:
        assert not (equation.coefficients.ravel() @ columns + equation.constant).any()


def test_dimensions_of_signaling_models():
    """Marginals given all inputs that reach their outputs: 2 + 4 + 4, 3 + 6 + 6, 3 + 9 + 9 numbers."""
    three = rb.input_signaling((3, 3), (2, 2))
    assert [m.coordinates.dimension for m in (model_of("signaling"), model_of("signaling_32"), three)] == [10, 15, 21]


@pytest.mark.parametrize("file", recorded(".poi", ".ext", "vertices.txt", "vertices.out"))
def test_recorded_vertices_are_ours(tmp_path, file):
    """The 16 deterministic behaviors, from the facets that are written here."""
    model = model_of("chsh")
    maps = panda_input(tmp_path, model, file) if "maps" in file else None
    found = model.read_vertices(DATA / file, panda_input=maps)
    assert {tuple(p.exact.ravel()) for p in found} == {tuple(column) for column in vertices("chsh").T}
    assert len(found) == 16
    assert all(p.parties == {"A": "X", "B": "Y"} for p in found)


def test_a_version_of_porta_with_other_signs_is_refused():
    """It writes b - a x >= 0 as 'b -a', which PANDA would read as a x + c <= 0."""
    with pytest.raises(rb.errors.FunctionalError, match="line 7: a row without relation in a file of PORTA"):
        rb.read_inequalities(DATA / "chsh_marginals.porta_fork.ieq", rb.catalog.CHSH)


def test_the_remedy_for_it(tmp_path):
    lines = (DATA / "chsh_marginals.porta_fork.ieq").read_text().splitlines()
    rows = [line for line in lines if "#" in line]
    path = tmp_path / "fork.ine"
    path.write_text("\n".join(["H-representation", "begin", f"{len(rows)} 9 rational", *rows, "end", ""]))
    found = rb.read_inequalities(path, rb.catalog.CHSH)
    assert on_vertices(found.inequalities, vertices("chsh")) == facets("chsh")


SCENARIOS = {
    "two parties": lambda: rb.bell((1, 3), (3, 2)),
    "three parties": lambda: rb.bell((2, 1, 2), (2, 2, 2)),
    "input signaling": lambda: rb.input_signaling((2, 1), (2, 3)),
    "outcome signaling": lambda: rb.outcome_signaling((2, 1), (2, 3)),
    "instrument": rb.instrumental,
    "biased": lambda: rb.bell((2, 2), (2, 2), input_distribution={"X": [1, 0], "Y": [Fraction(1, 3), Fraction(2, 3)]}),
}


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("coordinates", ["collins_gisin", "probabilities"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_vertices_come_back(tmp_path, name, coordinates, file_format):
    model, path = SCENARIOS[name](), tmp_path / "vertices"
    model.write_vertices(path, file_format=file_format, coordinates=coordinates)
    tables = np.unique(model.T.toarray().astype(int), axis=1).T
    assert [tuple(p.exact.ravel()) for p in model.read_vertices(path)] == [tuple(row) for row in tables.tolist()]
    assert len(max(path.read_text().splitlines(), key=len)) < 1000 or file_format == "panda"  # names in one line


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("coordinates", ["collins_gisin", "probabilities"])
@pytest.mark.parametrize("name", ["input signaling", "instrument"])
def test_facets_come_back(tmp_path, name, coordinates, file_format):
    """And so does the file, from what was read."""
    pytest.importorskip("ppl")
    model = {"input signaling": rb.input_signaling, "instrument": rb.instrumental}[name]()
    path, again, found = tmp_path / "facets", tmp_path / "again", model.inequalities()
    found.write(path, file_format=file_format, coordinates=coordinates)
    read = rb.read_inequalities(path, model)
    columns = np.unique(model.T.toarray().astype(int), axis=1)
    assert on_vertices(read.inequalities, columns) == on_vertices(found.functionals(positivity=True), columns)
    assert len(read.equations) == (
        np.prod(model.observed_shape) - model.coordinates.dimension if coordinates == "probabilities" else 0
    )
    rb.write_inequalities(
        again, read.inequalities, equations=read.equations, like=model, file_format=file_format, coordinates=coordinates
    )
    assert again.read_text() == path.read_text()


def test_positivity_comes_first():
    """As functionals: minus a probability each."""
    model = rb.bell((2, 2), (3, 2))
    found = model.inequalities()
    everything = found.functionals(positivity=True)
    first = everything[: len(found.positivity)]
    rest = zip(everything[len(found.positivity) :], found.functionals(), strict=True)
    assert all((a.coefficients == b.coefficients).all() and a.constant == b.constant for a, b in rest)
    assert all(sorted(f.coefficients.ravel()) == [-1] + [0] * (f.coefficients.size - 1) for f in first)
    assert len({tuple(f.coefficients.ravel()) for f in first}) == 24


def test_equations_of_the_cells_are_complete():
    """With positivity they leave the non-signaling polytope: 24 vertices, 8 of them PR boxes (Barrett et al. 2005)."""
    ppl = pytest.importorskip("ppl")
    from relaxbell.functionals.file_target import Target

    rows = Target.of(rb.catalog.CHSH).equations("probabilities")
    assert len(rows) == 8
    polytope = ppl.C_Polyhedron(16, "universe")
    for row in rows:
        polytope.add_constraint(sum((int(c) * ppl.Variable(i) for i, c in enumerate(row[1:])), int(row[0])) == 0)
    for i in range(16):
        polytope.add_constraint(ppl.Variable(i) >= 0)
    points = [g for g in polytope.minimized_generators() if g.is_point()]
    assert len(points) == 24
    assert sum(g.divisor() == 2 for g in points) == 8


def test_lines_are_short_enough_for_porta(tmp_path):
    """As published by ZIB it reads lines of fewer than 1000 characters; the names once were one line."""
    path, model = tmp_path / "long.ieq", rb.bell((4, 4), (3, 3))
    table = np.zeros(model.observed_shape, dtype=int)
    table[0, 0] = 1
    rb.write_inequalities(path, [rb.BellFunctional(table)], coordinates="probabilities")
    lines = path.read_text().splitlines()
    assert max(map(len, lines)) < 1000
    assert any("x144 = p(22|33)" in line for line in lines)
    assert len(rb.read_inequalities(path, rb.BellFunctional(table)).equations) == 144 - 80


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("H-representation\nbegin\n2 9 rational\n1 0 0 0 0 0 0 0 0\nend", "line 3: 2 rows are announced, found 1"),
        ("H-representation\nbegin\n***** 9 rational\n1 0 0 0", "has no 'end'"),
        ("H-representation\nbegin\n***** 9 rational\n1 0 0 0\nend", "line 4: 4 numbers, expected 9"),
        ("H-representation\nbegin\n***** 8 rational\nend", "line 3: dimension 7, expected 8 or 16"),
        ("H-representation\nbegin\nnine\nend", "line 2: after 'begin' found 'nine'"),
        ("H-representation\nbegin\nend", "line 2: nothing after 'begin'"),
        ("begin\n1 9 real\n1 0.5 0 0 0 0 0 0 0\nend", "line 3: '0.5' is not a whole number or a fraction"),
        ("H-representation\nlinearity 2  1\nbegin\n1 9 integer\n1 0 0 0 0 0 0 0 0\nend", "line 2: 'linearity 2  1'"),
        ("linearity x\nbegin\n1 9 integer\n1 0 0 0 0 0 0 0 0\nend", "line 1: 'linearity x'"),
        ("V-representation\nbegin\n1 9 integer\n1 0 0 0 0 0 0 0 0\nend", "neither inequalities nor equations"),
        (
            f"DIM = 8\nINEQUALITIES_SECTION\n(1) (hex){'f' * 5000}x1 <= 1",
            "line 3: a number has 5000 hexadecimal digits",
        ),
        ("amb_space 8\ninhom_inequalities 1\n1 2\n", "line 3: 2 numbers, expected 9"),
        ("amb_space 8\ninhom_inequalities 2\n1 0 0 0 0 0 0 0 0\n", "line 3: the file ends where 1 more rows"),
        ("amb_space 8\ninhom_inequalities 0\n1 0 0 0 0 0 0 0 0\n", "line 3: .* is more than was announced"),
        ("amb_space 7\ninhom_inequalities 0\n", "line 1: dimension 7, expected 8 or 16"),
        ("amb_space 8\ncone 1\n1 0 0 0 0 0 0 0\n", "line 2: 'cone 1' after amb_space 8"),
        ("embedding dimension = 9\n1 support hyperplanes:\n1 0 0 0 0 0 0 0 0\n", "is of a cone"),
        ("embedding dimension = 9\n2 support hyperplanes:\n1 0 0 0 0 0 0 0 0\n", "1 more rows are announced"),
        ("VALID\n0 0 0 0 0 0 0 0\nINEQUALITIES_SECTION\n0 1 0 0 0 0 0 0 0", "line 4: a row without relation"),
        ("Inequalities:\n-pA_0_0 +q <= 0", "line 2: no line 'DIM = …' and no section Names"),
        ("Reduced Inequalities:\n-pA_0_0 <= 0", "line 2: a reduced inequality stands for its images"),
    ],
)
def test_errors_of_inequalities(tmp_path, text, message):
    path = tmp_path / "bad"
    path.write_text(text)
    with pytest.raises(rb.errors.FunctionalError, match=message):
        rb.read_inequalities(path, rb.catalog.CHSH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DIM = 8\nCONV_SECTION\n1 0 1 0 1 0 0\nEND", "line 3: a point of 7 coordinates, expected 8"),
        ("CONV_SECTION\n1 0 1 0 1 0 0\nEND", "line 2: a point of 7 coordinates, expected 8 or 16"),
        ("DIM = 8\nCONE_SECTION\n1 0 1 0 1 0 0 0\nEND", "line 3: a ray, expected points only"),
        ("Vertices / Rays:\n1 0 1 0 1 0 0 0 0", "line 2: a ray, expected points only"),
        ("Vertices:\n1 0 1 0 1 0 0 0.5", "line 2: '0.5' is not a whole number or a fraction"),
        ("Vertices:\n1 0 1 0 2 0 0 0", "line 2: the point is no behavior"),
        ("Reduced Vertices / Rays:\n1 0 1 0 1 0 0 0 1", "line 2: a reduced vertex stands for its images"),
        ("V-representation\nbegin\n1 9 rational\n0 1 0 0 0 0 0 0 0\nend", "line 4: a ray"),
        ("V-representation\nlinearity 1 1\nbegin\n1 9 rational\n1 1 0 0 0 0 0 0 0\nend", "line 5: a line"),
        ("amb_space 8\nvertices 1\n1 0 1 0 1 0 0 0 0\n", "line 3: a ray"),
        ("H-representation\nbegin\n1 9 rational\n1 0 0 0 0 0 0 0 0\nend", "has no points"),
        ("INEQUALITIES_SECTION\n", "has no points"),
    ],
)
def test_errors_of_points(tmp_path, text, message):
    path = tmp_path / "bad"
    path.write_text(text)
    with pytest.raises(rb.errors.FunctionalError, match=message):
        rb.bell().read_vertices(path)


def test_fractions_and_both_layouts_of_normaliz(tmp_path):
    """``vertices`` end with a denominator, the rows of ``polytope`` have none; lrs and PORTA write fractions."""
    pr = rb.boxes.pr()
    halves = "1 1 1 1 1 1 1 0"
    for text in [
        f"/* a PR box */ amb_space 8\nvertices 1\n{halves} 2\n",
        "V-representation\nbegin\n***** 9 rational\n1 1/2 1/2 1/2 1/2 1/2 1/2 1/2 0\nend\n",
        f"Vertices / Rays:\n{halves} 2\n",
        "DIM = 8\nCONV_SECTION\n(  1) 1/2 1/2 1/2 1/2 1/2 1/2 1/2 0 # a remark\nEND\n",
    ]:
        (tmp_path / "pr").write_text(text)
        (found,) = rb.bell().read_vertices(tmp_path / "pr")
        assert (found.exact == pr.exact).all()
    (tmp_path / "zero").write_text("amb_space 9\npolytope 1\n0 0 0 0 0 0 0 0\n")
    (zero,) = rb.bell().read_vertices(tmp_path / "zero")
    assert zero.p[1, 1].min() == 1


def test_large_numbers_of_porta_are_hexadecimal():
    """With ``-l`` it prints them as (hex)12a, which it does not read; lrs found the same facets."""
    like = rb.BellFunctional(np.zeros((2, 2, 1, 1), dtype=int))
    rows = []
    for ending in ("porta_long.ieq", "lrs.ine"):
        found = rb.read_inequalities(DATA / f"tetrahedron.{ending}", like).inequalities
        forms = [[Fraction(c) for c in functional.form] for functional in found]
        rows.append({tuple(c / abs(form[3]) for c in form) for form in forms})
    assert rows[0] == rows[1]
    assert len(rows[0]) == 4


def test_names_on_several_lines(tmp_path):
    path = tmp_path / "names"
    path.write_text("Names:\na0 a1 b0 b1\nc00 c01 c10 c11\nInequalities:\na0 -c00 <= 1\n")
    (found,) = rb.read_inequalities(path, rb.catalog.CHSH).inequalities
    assert [int(c) for c in found.form] == [-1, 1, 0, 0, 0, -1, 0, 0, 0]


def test_what_has_no_vertices_or_coordinates_is_refused(tmp_path):
    with pytest.raises(rb.errors.UnsupportedModelError, match="are no polytope"):
        rb.bilocality().write_vertices(tmp_path / "f")
    with pytest.raises(rb.errors.UnsupportedModelError, match="choose settings"):
        rb.measurement_dependence().write_vertices(tmp_path / "f")
    with pytest.raises(rb.errors.FunctionalError, match="'xml' is unknown, expected 'porta', 'panda', 'cdd'"):
        rb.bell().write_vertices(tmp_path / "f", file_format="xml")
    with pytest.raises(rb.errors.FunctionalError, match="coordinates 'cells' are unknown"):
        rb.bell().write_vertices(tmp_path / "f", coordinates="cells")
    with pytest.raises(rb.errors.FunctionalError, match="is an int, expected a BellFunctional"):
        rb.read_inequalities(tmp_path / "f", 3)
    assert not (tmp_path / "f").exists()
