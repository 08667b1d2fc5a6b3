"""The behaviors that a model can reproduce: all facets of its polytope, in classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from relaxbell.causal.equations import cell_weights
from relaxbell.causal.model import CausalModel
from relaxbell.closed_forms.classes import TermClass, classes, listing
from relaxbell.closed_forms.closed_form import LinearTerm
from relaxbell.closed_forms.derive import in_order, require_ppl
from relaxbell.closed_forms.domains import Domain, read_domain, whole_numbers
from relaxbell.closed_forms.exchange import positivity as positive_functionals
from relaxbell.errors import ClosedFormError, UnsupportedModelError
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.conversion import Row
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.functionals.files import write_inequalities
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline, left, read_seconds, seconds_text
from relaxbell.methods import provided

_SHARE = 0.9
"""Part of the time for the hull; in the rest inequalities of an incomplete one are tried on all vertices."""

_TRIED = 10**5
"""Inequalities × vertices between looks at the clock."""


@dataclass(frozen=True, eq=False)
class Inequalities:
    """All facets of the behaviors that a model can reproduce, as affine functions ≤ 0.

    Made by `CausalModel.inequalities`.

    Attributes
    ----------
    model
        The model.
    domain
        Its coordinates.
    facets
        Beyond positivity, in the domain's coordinates, grouped by class.
    positivity
        The facets p ≥ 0.
    complete
        False for the partial result that a `ClosedFormError` carries: then they are valid inequalities, some of many.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.bell().inequalities()
    bell(): 24 facets in dimension 8
       8 ×  (1/4) CHSH - 1/2 <= 0
      16 ×  positivity
    """

    model: CausalModel
    domain: Domain
    facets: tuple[LinearTerm, ...]
    positivity: tuple[LinearTerm, ...]
    complete: bool = True

    @cached_property
    def classes(self) -> tuple[TermClass, ...]:
        """The facets beyond positivity, in orbits of the scenario's relabelings, named where the catalog knows them."""
        return classes(self.domain, [facet.form for facet in self.facets])

    def functionals(self, *, positivity: bool = False) -> tuple[BellFunctional, ...]:
        """Return the facets beyond positivity as Bell functionals: ≤ 0 for every behavior of the model.

        Parameters
        ----------
        positivity
            Whether those of positivity, -p(outputs|inputs) ≤ 0, come before them.

        Returns
        -------
        tuple of BellFunctional
            Exact, with their constants.

        Examples
        --------
        >>> import relaxbell as rb
        >>> max(f(rb.boxes.pr()) for f in rb.bell().inequalities().functionals()) > 0
        True
        """
        first = self._positive() if positivity else ()
        return (*first, *(self.domain.functional(facet.form) for facet in self.facets))

    def _positive(self) -> Iterator[BellFunctional]:
        return positive_functionals(self.domain, [whole_numbers([-v for v in term.form]) for term in self.positivity])

    def write(self, path: str | Path, *, file_format: str = "porta", coordinates: str = "collins_gisin") -> None:
        """Write all facets, those of positivity first, with the equations that hold.

        Parameters
        ----------
        path
            The file; it is replaced.
        file_format, coordinates
            As for `write_inequalities`; marginals are those of the model, given all inputs that reach their outputs.

        Raises
        ------
        FunctionalError
            If format or coordinates are unknown.
        FileError
            If the file cannot be written.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path, model = pathlib.Path(tempfile.mkdtemp()) / "all.ieq", rb.input_signaling()
        >>> model.inequalities().write(path)
        >>> len(rb.read_inequalities(path, model).inequalities)
        16
        """
        write_inequalities(
            path, self.functionals(positivity=True), like=self.model, file_format=file_format, coordinates=coordinates
        )

    def __len__(self) -> int:
        return len(self.facets) + len(self.positivity)

    def __repr__(self) -> str:
        some = "" if self.complete else "incomplete, "
        lines = [f"{self.model.name}: {some}{len(self)} facets in dimension {self.domain.dimension}"]
        lines += listing(self.classes, 4, " <= 0")
        lines.append(f"{len(self.positivity):>4} ×  positivity")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return provided("Inequalities._repr_html_")(self)


def inequalities(model: CausalModel, seconds: float = 60.0) -> Inequalities:
    """Return the facets of the behaviors of a model; see `CausalModel.inequalities`."""
    limit = read_seconds(seconds, ClosedFormError)
    if len(model.latents) > 1:
        raise UnsupportedModelError(
            f"the behaviors of {model.name} are no polytope: its sources {', '.join(model.latents)} are independent. "
            "Use model.shared().inequalities(): what holds for a shared source holds here as well."
        )
    require_ppl()
    with deadline(limit, model.name):
        domain = read_domain(model, _own_domain(model))
        points = _points(domain)
        with deadline(None if limit is None else _SHARE * limit, model.name):
            hull, done = Polyhedron.hull_in_steps(points, left)
        rows, complete = _both_signs(hull), done == len(points)
        if not complete:
            rows = _valid(rows, points, left)
            if not model.dependent_inputs:
                rows = list(dict.fromkeys([*rows, *domain.positivity]))
        if model.dependent_inputs:  # only the part of the hull with the right frequencies of the settings
            rows = [*_over_coordinates(domain, rows), *domain.positivity]
            part = Polyhedron(domain.dimension)
            complete &= part.add_in_steps(rows, left) == len(rows)
            rows = _both_signs(part)
    positive = set(domain.positivity)
    facets = _terms(row for row in rows if row not in positive)
    found = Inequalities(model, domain, facets, _terms(row for row in rows if row in positive), complete)
    if not complete:
        raise ClosedFormError(
            f"the {len(points):,} vertices of {model.name} in dimension {domain.dimension} were not turned into "
            f"inequalities in {seconds_text(limit)}: {done:,} were taken in, and the time grows with each; "
            f"{len(facets):,} inequalities beyond positivity hold for all of them. Raise seconds, or take a smaller "
            "scenario. minimize and BellFunctional.bound need no inequalities.",
            found,
        )
    return found


def _valid(rows: Sequence[Row], points: Sequence[tuple[int, ...]], left: Callable[[], float]) -> list[Row]:
    """Return the rows ≥ 0 that hold at all points, of those that there is time to try."""
    largest = max(abs(v) for row in rows for v in row) * max(1, *(abs(v) for point in points for v in point))
    # sums of whole numbers that floats hold exactly, in any order
    kind: Any = np.float64 if largest * (len(points[0]) + 1) < EXACT else object
    columns, found = np.array(points, dtype=kind).T, []
    size = max(1, _TRIED // len(points))
    for start in range(0, len(rows), size):
        if left() <= 0:
            break
        part = np.array(rows[start : start + size], dtype=kind)
        holds = (part[:, :1] + part[:, 1:] @ columns >= 0).all(axis=1)
        found += [rows[start + int(i)] for i in np.flatnonzero(holds)]
    return found


def _points(domain: Domain) -> list[tuple[int, ...]]:
    """Return the behaviors of the strategies.

    In the domain's coordinates; where inputs are dependent in those of the cells p(outputs, settings).
    """
    columns = np.unique(domain.model.T.toarray().T, axis=0)
    if domain.model.dependent_inputs:
        return [tuple(int(v) for v in column) for column in columns]
    return [tuple(round(float(v)) for v in (domain.reading @ column)[1:]) for column in columns]


def _over_coordinates(domain: Domain, rows: Iterable[Row]) -> list[Row]:
    """Return rows ≥ 0 over p(outputs, settings) as rows ≥ 0 over the domain's coordinates."""
    joint = domain.expansion * cell_weights(domain.model)[:, None]
    found = []
    for row in rows:
        form = np.array(row[1:], dtype=object) @ joint
        form[0] = form[0] + row[0]
        if any(form):
            found.append(whole_numbers(list(form)))
    return found


def _both_signs(polyhedron: Polyhedron) -> list[Row]:
    """Return inequalities and equations as rows ≥ 0."""
    inequalities, equations = polyhedron.facets()
    return [*inequalities, *(tuple(sign * v for v in row) for row in equations for sign in (1, -1))]


def _own_domain(model: CausalModel) -> str:
    """Return the domain with the model's own coordinates, non-signaling where these are."""
    own, unrelaxed = model.coordinates, model.unrelaxed.coordinates
    bell_like = all(len(reach) == 1 for reach in own.reach) and len(set(own.reach)) == len(own.reach)
    return "nonsignaling" if own == unrelaxed and bell_like else "model"


def _terms(rows: Iterable[Sequence[int]]) -> tuple[LinearTerm, ...]:
    """Return rows ≥ 0 as terms ≤ 0."""
    return in_order(tuple(LinearTerm(tuple(Fraction(-int(c)) for c in row)) for row in rows))
