"""The files that are written for Normaliz, read by it; elsewhere what it printed is read (tests/data/polytopes)."""

from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb

normaliz = pytest.importorskip("PyNormaliz")

DATA = Path(__file__).parents[1] / "data" / "polytopes"


def lowest(values):
    return tuple((values // np.gcd.reduce(values)).tolist())


@pytest.mark.parametrize("coordinates", ["collins_gisin", "probabilities"])
def test_it_reads_vertices_and_facets(tmp_path, coordinates):
    """The facets that PORTA found, by their values on the vertices; and from these the vertices."""
    model = rb.bell()
    kind = "cells" if coordinates == "probabilities" else "marginals"
    facets = rb.read_inequalities(DATA / f"chsh_{kind}.porta_s.ieq", model)
    columns = np.unique(model.T.toarray().astype(int), axis=1)
    model.write_vertices(tmp_path / "points.in", file_format="normaliz", coordinates=coordinates)
    cone = normaliz.Cone(file=str(tmp_path / "points"))
    points = np.array(cone.VerticesOfPolyhedron())
    read = model.read_vertices(tmp_path / "points.in")
    assert {tuple(p.exact.ravel()) for p in read} == {tuple(column) for column in columns.T}
    tables = np.array([p.p.ravel() for p in read]).astype(int)
    places = tables if coordinates == "probabilities" else np.array([model.coordinates.project(p.p)[1:] for p in read])
    homogeneous = np.hstack([np.rint(places).astype(int), np.ones((len(places), 1), dtype=int)])
    assert {tuple(p) for p in points.tolist()} == {tuple(p) for p in homogeneous.tolist()}
    theirs = {lowest(-(homogeneous @ np.array(row))) for row in cone.SupportHyperplanes()}
    ours = {
        lowest(np.array([int(v) for v in f.coefficients.ravel() @ tables.T + f.constant])) for f in facets.inequalities
    }
    assert theirs == ours
    rb.write_inequalities(
        tmp_path / "facets.in",
        facets.inequalities,
        equations=facets.equations,
        like=model,
        file_format="normaliz",
        coordinates=coordinates,
    )
    found = normaliz.Cone(file=str(tmp_path / "facets")).VerticesOfPolyhedron()
    assert {tuple(p) for p in found} == {tuple(p) for p in points.tolist()}
