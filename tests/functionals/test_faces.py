"""Dimensions of faces against numerical ranks of vertices that the reference enumerates."""

import numpy as np
import pytest
from reference import observed_matrix

import relaxbell as rb

EQ10 = rb.BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]})


def dimensions(functional, model):
    points = observed_matrix(model).T
    values = points @ functional.floats.ravel()
    face = points[values > values.max() - 1e-9]
    return tuple(np.linalg.matrix_rank(np.hstack([np.ones((len(p), 1)), p])) - 1 for p in (face, points))


@pytest.mark.parametrize(
    ("functional", "model", "facet"),
    [
        (rb.catalog.CHSH, rb.bell(), True),
        (rb.catalog.I3322, rb.bell((3, 3)), True),
        (rb.catalog.chained(3), rb.bell((3, 3)), False),
        (rb.catalog.mermin(), rb.bell((2, 2, 2), (2, 2, 2)), True),  # class 2 of Śliwa, Phys. Lett. A 317, 165 (2003)
        (rb.catalog.cglmp(3), rb.bell((2, 2), (3, 3)), True),  # Masanes, Quantum Inf. Comput. 3, 345 (2003)
        (rb.catalog.bonet(), rb.instrumental(3), True),
        (rb.catalog.pearl(), rb.instrumental(), True),
        (EQ10, rb.outcome_signaling((3, 3)), False),
        (rb.catalog.CHSH, rb.input_signaling(), False),
        (rb.BellFunctional(np.arange(36).reshape(3, 2, 2, 3)), rb.bell((2, 3), (3, 2)), None),
    ],
)
def test_faces(functional, model, facet):
    found = functional.is_facet(model)
    assert (found.dimension, found.polytope_dimension) == dimensions(functional, model)
    assert found.bound == functional.bound(model)
    assert facet is None or bool(found) is facet


def test_equation_10():
    """Erratum E4: no facet of the 21-dimensional polytope, but one of its non-signaling slice."""
    model = rb.outcome_signaling((3, 3))
    full, slice_ = EQ10.is_facet(model), EQ10.is_facet(model, nonsignaling=True)
    assert (full.dimension, full.polytope_dimension, bool(full)) == (17, 21, False)
    assert (slice_.dimension, slice_.polytope_dimension, bool(slice_)) == (14, 15, True)
    assert full.bound == slice_.bound == 4


@pytest.mark.parametrize(
    "functional",
    [rb.catalog.CHSH, rb.catalog.I3322, pytest.param(rb.catalog.chained(3), marks=pytest.mark.slow)],
    ids=str,
)
def test_local_polytopes_are_their_own_slice(functional):
    model = rb.bell(functional.coefficients.shape[2:])
    one, other = functional.is_facet(model), functional.is_facet(model, nonsignaling=True)
    assert (one.dimension, one.polytope_dimension, one.bound) == (
        other.dimension,
        other.polytope_dimension,
        other.bound,
    )


def test_slice_that_holds_nonlocal_boxes():
    """X → B reproduces all of the 8-dimensional no-signaling polytope; CHSH = 4 holds at the PR box alone."""
    found = rb.catalog.CHSH.is_facet(rb.input_signaling(), nonsignaling=True)
    assert (found.dimension, found.polytope_dimension, found.bound) == (0, 8, 4)
    positivity = rb.BellFunctional.from_collins_gisin({"AB": [[-1, 0], [0, 0]]})
    assert positivity.is_facet(rb.input_signaling(), nonsignaling=True)


def test_dependent_inputs():
    found = rb.catalog.CHSH.is_facet(rb.measurement_dependence(dependent="X"), nonsignaling=True)
    assert (found.dimension, found.polytope_dimension, found.bound) == (0, 8, 4)


def test_facets_of_unequal_scenario():
    for functional in rb.bell((2, 3), (3, 2)).inequalities().functionals()[:12]:
        assert functional.is_facet(rb.bell((2, 3), (3, 2)))
