"""The behaviors that a model can reproduce: all facets of its polytope, in classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import without_any
from relaxbell.closed_forms.classes import TermClass, described, listing
from relaxbell.closed_forms.closed_form import LinearTerm
from relaxbell.closed_forms.derive import in_order, require_ppl
from relaxbell.closed_forms.domains import Domain, read_domain, whole_numbers
from relaxbell.closed_forms.exchange import positivity as positive_functionals
from relaxbell.closed_forms.facets import FacetOrbit, Symmetries, orbits_found, orbits_listed, symmetric_polytope
from relaxbell.closed_forms.joint_classes import JointInequalities
from relaxbell.closed_forms.joint_inequalities import (
    joint_inequalities,
    joint_points,
    read_limits,
)
from relaxbell.closed_forms.slice_facets import over_coordinates, slice_facets
from relaxbell.errors import ClosedFormError, UnsupportedModelError
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.conversion import Row
from relaxbell.exact.polyhedra import Polyhedron
from relaxbell.functionals.files import write_inequalities
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import deadline, left, now, read_seconds, seconds_text
from relaxbell.methods import provided

_SHARE = 0.9
"""Part of the time for the hull; in the rest inequalities of an incomplete one are tried on all vertices."""

_LEAST = 1e-9
"""Seconds that are as good as none."""

_TRIED = 10**5
"""Inequalities × vertices between looks at the clock."""


@dataclass(frozen=True, eq=False)
class Inequalities:
    """All facets of the behaviors that a model can reproduce, as affine functions ≤ 0.

    Made by `CausalModel.inequalities`. Facets are found and kept as classes; they are listed when they are asked for.

    Attributes
    ----------
    model
        The model.
    domain
        Its coordinates.
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
    _orbits: tuple[FacetOrbit, ...]
    complete: bool = True

    @cached_property
    def _beyond(self) -> tuple[FacetOrbit, ...]:
        """The orbits beyond positivity, the smallest and simplest first."""
        found = [orbit for orbit in self._orbits if not orbit.positivity]
        return tuple(sorted(found, key=lambda own: (own.size, sum(c != 0 for c in own.first.form), own.first.form)))

    @cached_property
    def facets(self) -> tuple[LinearTerm, ...]:
        """Beyond positivity, in the domain's coordinates, class by class."""
        return tuple(facet for orbit in self._beyond for facet in orbit.members)

    @cached_property
    def positivity(self) -> tuple[LinearTerm, ...]:
        """The facets p ≥ 0."""
        return in_order(tuple(facet for orbit in self._orbits if orbit.positivity for facet in orbit.members))

    @cached_property
    def classes(self) -> tuple[TermClass, ...]:
        """The facets beyond positivity, in orbits of the model's own relabelings, named where the catalog knows them.

        Those of `CausalModel.symmetries`, and others of the scenario's that happen to map the facets onto each other.
        """
        found, start = [], 0
        for orbit in self._beyond:
            found.append(described(self.domain, orbit.first.form, range(start, start + orbit.size)))
            start += orbit.size
        return tuple(found)

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
        first = self._positive_functionals() if positivity else ()
        return (*first, *(self.domain.functional(facet.form) for facet in self.facets))

    def _positive_functionals(self) -> Iterator[BellFunctional]:
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

    def representatives(self) -> tuple[BellFunctional, ...]:
        """Return one facet of each class as a Bell functional, in the order of `classes`, without listing all.

        Returns
        -------
        tuple of BellFunctional
            Exact, with their constants: ≤ 0 for every behavior of the model.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [rb.recognize(f).known.name for f in rb.bell((3, 3)).inequalities().representatives()]
        ['CHSH', 'I3322']
        """
        return tuple(self.domain.functional(orbit.first.form) for orbit in self._beyond)

    @property
    def _positive(self) -> int:
        return sum(orbit.size for orbit in self._orbits if orbit.positivity)

    def __len__(self) -> int:
        return sum(orbit.size for orbit in self._orbits)

    def __repr__(self) -> str:
        some = "" if self.complete else "incomplete, "
        lines = [f"{self.model.name}: {some}{len(self)} facets in dimension {self.domain.dimension}"]
        lines += listing(self.classes, 4, " <= 0")
        lines.append(f"{self._positive:>4} ×  positivity")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return provided("Inequalities._repr_html_")(self)


def inequalities(
    model: CausalModel,
    seconds: float = 60.0,
    subject_to: object = (),
    *,
    joint: bool = False,
    at: Mapping[Any, Any] | None = None,
) -> Inequalities | JointInequalities:
    """Return the facets of the behaviors of a model; see `CausalModel.inequalities`."""
    limit = read_seconds(seconds, ClosedFormError)
    limits = read_limits(model, subject_to)
    if joint or (limits is not None and limits.symbols):
        require_ppl()
        if limits is None or not joint:
            raise ClosedFormError(
                f"joint=True is for setting_bounds(…): found {'none' if limits is None else limits} and joint={joint}. "
                "Limits with symbols need joint=True; without limits leave it out."
            )
        return joint_inequalities(model, limits, at, seconds, limit)
    if not model.has_free_strategies:
        raise UnsupportedModelError(
            f"the behaviors of {model.name} are no polytope: its sources {', '.join(model.latents)} are independent. "
            "Use model.shared().inequalities(): what holds for a shared source holds here as well."
        )
    without_any(model, "inequalities")
    require_ppl()
    started = now()
    domain = read_domain(model, _own_domain(model))
    columns: NDArray[Any] = np.unique(model.T.toarray().T.astype(np.int8), axis=0)
    unit = 1
    if limits is not None:
        columns, unit, _ = joint_points(limits)
    points, own = _points(domain, columns), Symmetries(domain, columns)
    # what is needed for a partial result is not interrupted, but its time counts
    rest = None if limit is None else max(limit - (now() - started), _LEAST)
    with deadline(rest, f"listing the facets of {model.name}", least=False):
        polytope = None if model.dependent_inputs else symmetric_polytope(points, own)
        part = slice_facets(domain, columns, own, unit) if model.dependent_inputs else None
        if polytope is not None:
            orbits, complete = orbits_found(domain, polytope, left)
            known = f"{len(orbits):,} classes of facets were found"
        elif part is not None:
            rows, complete = part
            orbits = list(orbits_listed(domain, rows, own.relabelings))
            known = f"{len(orbits):,} classes of inequalities were found"
        elif limits is not None:
            raise ClosedFormError(
                f"the inequalities of {model.name} within {limits} were not reduced to those that its p(settings) "
                "needs. Expected ones that can be: use joint=True, whose functionals() hold all for these settings."
            )
        else:
            rows, done = _double_description(domain, points, rest)
            orbits, complete = list(orbits_listed(domain, rows, own.relabelings)), done is None
            known = f"{done or 0:,} were taken in, and the time grows with each"
    found = Inequalities(model, domain, tuple(orbits), complete)
    if not complete:
        raise ClosedFormError(
            f"the {len(points):,} vertices of {model.name} in dimension {domain.dimension} were not turned into "
            f"all inequalities in {seconds_text(limit)}: {known}; {len(found) - found._positive:,} inequalities beyond "
            "positivity hold for all of them. Raise seconds, or take a smaller scenario. minimize and "
            "BellFunctional.bound need no inequalities.",
            found,
        )
    return found


def _double_description(
    domain: Domain, points: Sequence[tuple[int, ...]], limit: float | None
) -> tuple[list[Row], int | None]:
    """Return the facets from all points at once, and how many were taken in where the time did not suffice."""
    name = f"listing the facets of {domain.model.name}"
    with deadline(None if limit is None else _SHARE * limit, name, least=False):
        hull, done = Polyhedron.hull_in_steps(points, left)
    rows, complete = _both_signs(hull), done == len(points)
    dependent = domain.model.dependent_inputs
    if not complete:
        rows = _valid(rows, points, left)
        if not dependent:
            rows = list(dict.fromkeys([*rows, *domain.positivity]))
    if dependent:  # only the part of the hull with the right frequencies of the settings
        rows = [*over_coordinates(domain, rows), *domain.positivity]
        part = Polyhedron(domain.dimension)
        complete &= part.add_in_steps(rows, left) == len(rows)
        rows = _both_signs(part)
    return rows, None if complete else done


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


def _points(domain: Domain, columns: NDArray[np.int8]) -> list[tuple[int, ...]]:
    """Return the behaviors of the strategies.

    In the domain's coordinates; where inputs are dependent in those of the cells p(outputs, settings).
    """
    if domain.model.dependent_inputs:
        return [tuple(int(v) for v in column) for column in columns]
    return [tuple(row) for row in np.rint(columns @ domain.reading.T).astype(np.int64)[:, 1:].tolist()]


def _both_signs(polyhedron: Polyhedron) -> list[Row]:
    """Return inequalities and equations as rows ≥ 0."""
    inequalities, equations = polyhedron.facets()
    return [*inequalities, *(tuple(sign * v for v in row) for row in equations for sign in (1, -1))]


def _own_domain(model: CausalModel) -> str:
    """Return the domain with the model's own coordinates, non-signaling where these are."""
    own, unrelaxed = model.coordinates, model.unrelaxed.coordinates
    bell_like = all(len(reach) == 1 for reach in own.reach) and len(set(own.reach)) == len(own.reach)
    return "nonsignaling" if own == unrelaxed and bell_like else "model"
