"""Polytopes of behaviors in files: the vertices of a model for other programs, and what these found."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import without_any
from relaxbell.closed_forms.domains import Domain, whole_numbers
from relaxbell.errors import BehaviorError, FunctionalError, UnsupportedModelError
from relaxbell.functionals.file_maps import Map
from relaxbell.functionals.files import read_points, write_points
from relaxbell.functionals.functional import BellFunctional
from relaxbell.symmetry.models import model_symmetries


def write_vertices(model: CausalModel, path: str | Path, file_format: str, coordinates: str) -> None:
    """Write the behaviors of the strategies as points; see `CausalModel.write_vertices`."""
    tables = _vertices(model)
    if coordinates == "probabilities":
        points = tables
    else:
        wide = tables.T.reshape(*model.observed_shape, len(tables)).astype(float)
        # whole numbers: the marginals of deterministic behaviors are 0 or 1
        points = np.rint(model.coordinates.project(wide)[1:]).astype(np.int64).T
    maps = _maps(model, coordinates) if file_format == "panda" else ()
    write_points(
        path,
        model,
        ([Fraction(int(v)) for v in point] for point in points),
        file_format=file_format,
        coordinates=coordinates,
        maps=maps,
    )


def read_vertices(model: CausalModel, path: str | Path, panda_input: str | Path | None) -> tuple[Behavior, ...]:
    """Return the behaviors in a file of points; see `CausalModel.read_vertices`."""
    found = []
    parties = model.scenario.parties
    for table, where in read_points(path, model, panda_input):
        try:
            found.append(Behavior(table, model.outputs, model.inputs, parties=parties))
        except BehaviorError as error:
            raise FunctionalError(
                f"{where}: the point is no behavior of the scenario of {model.name}: {error} Correct the line, or give "
                "the model of the file."
            ) from error
    return tuple(found)


def positivity(domain: Domain, rows: list[tuple[int, ...]]) -> Iterator[BellFunctional]:
    """Yield -p(outputs|inputs), a functional <= 0, for each row >= 0 of a cell."""
    model = domain.model
    cells: dict[tuple[int, ...], int] = {}
    for cell, row in enumerate(domain.expansion):
        if any(row[1:]):
            cells.setdefault(whole_numbers(row), cell)
    parties = domain.parties if domain.name == "nonsignaling" else None
    for row in rows:
        table = np.zeros(int(np.prod(model.observed_shape)), dtype=object)
        table[cells[row]] = -1
        yield BellFunctional(table.reshape(model.observed_shape), model.outputs, model.inputs, parties=parties)


def _vertices(model: CausalModel) -> NDArray[np.int64]:
    """Return the different behaviors of the strategies, one a row, cells in C order."""
    if not model.has_free_strategies:
        raise UnsupportedModelError(
            f"the behaviors of {model.name} are no polytope: its sources {', '.join(model.latents)} are independent. "
            "Use model.shared(): what holds for a shared source holds here as well."
        )
    if model.dependent_inputs:
        raise UnsupportedModelError(
            f"the strategies of {model.name} choose settings ({', '.join(model.dependent_inputs)}), so that they are "
            "not the vertices of p(outputs|inputs): expected free inputs. Use model.inequalities().write."
        )
    without_any(model, "vertices")
    found: NDArray[np.int64] = np.unique(model.T.toarray().T.astype(np.int64), axis=0)
    return found


def _maps(model: CausalModel, coordinates: str) -> list[Map]:
    """Return the symmetries of the model as PANDA's affine maps."""
    found = []
    for g in model_symmetries(model).generators:
        cells = g.cells(model.outputs, model.inputs)
        if coordinates == "probabilities":
            action: NDArray[np.int64] | None = np.zeros((len(cells) + 1,) * 2, dtype=np.int64)
            assert action is not None
            action[1 + cells, 1 + np.arange(len(cells))] = 1
        else:
            action = model.coordinates.action(cells)
        if action is not None:
            found.append(tuple([Fraction(int(v)) for v in row] for row in action[1:]))
    return found
