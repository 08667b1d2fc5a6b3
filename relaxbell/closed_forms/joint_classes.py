"""Facets of p(outputs, settings) in classes, where p(settings|λ) is limited and p(settings) is free."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.errors import ClosedFormError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.setting_limits import SettingLimits

if TYPE_CHECKING:
    import sympy

_SHOWN = 8
"""Classes that a text lists, and proves."""


@dataclass(frozen=True, eq=False)
class JointClass:
    """Facets that relabelings turn into each other: Σ coefficients · p(outputs, settings) ≤ 0.

    Attributes
    ----------
    table
        Coefficients of one of them at numbers, over p(outputs, settings), axes as the model's table.
    size
        How many there are.
    name
        What it is known as; None if it is not.
    saturated
        How many vertices it holds with equality at.
    rank
        Of these; a facet has one less than there are cells that occur.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
    >>> found.classes[0].rank
    15
    """

    table: Exact
    size: int
    name: str | None
    saturated: int
    rank: int
    _prove: Callable[[], tuple[NDArray[Any], tuple[sympy.Expr, ...]]] = field(repr=False)
    _row: tuple[int, ...] = field(default=(), repr=False)
    _at: Mapping[Any, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.size

    @cached_property
    def _proof(self) -> tuple[NDArray[Any], tuple[sympy.Expr, ...]]:
        return self._prove()

    @property
    def coefficients(self) -> NDArray[Any]:
        """Exact numbers, or sympy expressions where limits are symbols: proved when they are asked for."""
        return self._proof[0]

    @property
    def region(self) -> tuple[sympy.Expr, ...]:
        """Where limits are symbols: it is valid where all of these are ≥ 0, and the vertices are those taken."""
        return self._proof[1]

    @property
    def text(self) -> str:
        """The inequality, positive terms on the left: ``l p(0000) <= h p(0011) + …``."""
        left_side, right_side = list[str](), list[str]()
        for place in np.ndindex(*self.coefficients.shape):
            c = self.coefficients[place]
            if c == 0:
                continue
            number: Any = c
            positive = bool((number if isinstance(c, Fraction) else number.subs(self._at)) > 0)
            size = number if positive else -number
            text = str(size) if isinstance(size, Fraction) else str(size.expand())
            factor = "" if size == 1 else f"({text}) " if " + " in text or " - " in text else f"{text} "
            (left_side if positive else right_side).append(f"{factor}p({''.join(map(str, place))})")
        return f"{' + '.join(left_side) or '0'} <= {' + '.join(right_side) or '0'}"

    def __repr__(self) -> str:
        known = f"  ({self.name})" if self.name else ""
        return f"{self.size} × {self.text}{known}"


@dataclass(frozen=True, eq=False)
class JointInequalities:
    """All facets of the p(outputs, settings) of a model within limits of p(settings|λ), in classes.

    Made by `CausalModel.inequalities` with ``joint=True``.

    Attributes
    ----------
    model
        The model.
    domain
        The limits.
    at
        The numbers at which facets were found, where limits are symbols.
    classes
        Of relabelings, the simplest first, those of p ≥ 0 and of the limits themselves among them.
    complete
        Whether all were found.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
    >>> len(found) == sum(len(kind) for kind in found.classes)
    True
    """

    model: CausalModel
    domain: SettingLimits
    at: Mapping[Any, Fraction]
    classes: tuple[JointClass, ...]
    complete: bool
    _orbit: Callable[[tuple[int, ...]], list[Exact]] = field(repr=False)

    @cached_property
    def facets(self) -> tuple[Exact, ...]:
        """All of them beyond p ≥ 0, at the numbers `at`, as tables of coefficients ≤ 0 over p(outputs, settings)."""
        return tuple(row for kind in self.classes if kind.name != "positivity" for row in self._orbit(kind._row))

    @cached_property
    def positivity(self) -> tuple[Exact, ...]:
        """Those of p ≥ 0."""
        return tuple(row for kind in self.classes if kind.name == "positivity" for row in self._orbit(kind._row))

    def functionals(self, *, positivity: bool = False) -> tuple[BellFunctional, ...]:
        """Return the facets for the model's own p(settings), as Bell functionals of p(outputs|settings), ≤ 0.

        Parameters
        ----------
        positivity
            Whether those of p ≥ 0 come before them.

        Returns
        -------
        tuple of BellFunctional
            Exact; all that hold, some of which others may imply.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> max(f(rb.boxes.pr()) for f in found.functionals()) > 0
        True
        """
        tables = (*self.positivity, *self.facets) if positivity else self.facets
        return tuple(self._functional(table) for table in tables)

    def representatives(self) -> tuple[BellFunctional, ...]:
        """Return one facet of each class beyond p ≥ 0, as `functionals` does.

        Returns
        -------
        tuple of BellFunctional
            Exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> len(found.representatives()) < len(found.classes)
        True
        """
        own = [kind for kind in self.classes if kind.name != "positivity"]
        return tuple(self._functional(self._orbit(kind._row)[0]) for kind in own)

    def _functional(self, table: Exact) -> BellFunctional:
        weights = np.asarray(self.model.input_distribution.table, dtype=object)
        return BellFunctional(table * weights, self.model.outputs, self.model.inputs, parties=self.model.parties)

    def write(self, path: str | Path, *, file_format: str = "porta", coordinates: str = "collins_gisin") -> None:
        """Raise ClosedFormError: files hold inequalities of p(outputs|settings).

        Parameters
        ----------
        path, file_format, coordinates
            As for `write_inequalities`.

        Raises
        ------
        ClosedFormError
            It says what to use instead.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=0.125), joint=True)
        >>> found.write("joint.ieq")
        Traceback (most recent call last):
            ...
        relaxbell.errors.ClosedFormError: joint.ieq: inequalities of p(outputs, settings) are not written, expected ...
        """
        raise ClosedFormError(
            f"{path}: inequalities of p(outputs, settings) are not written, expected those of p(outputs|settings). "
            "Give functionals() to write_inequalities."
        )

    def __len__(self) -> int:
        return sum(len(kind) for kind in self.classes)

    def __repr__(self) -> str:
        cells = math.prod(self.model.observed_shape)
        where = f" at {', '.join(f'{s} = {v}' for s, v in self.at.items())}" if self.at else ""
        head = (
            f"{self.model.name} within {self.domain}: {len(self)} facets of p(outputs, settings), {cells} cells{where}"
        )
        lines = [f"  {kind!r}" for kind in self.classes[:_SHOWN]]
        more = len(self.classes) - len(lines)
        return "\n".join([head, *lines, *([f"  … {more} more classes"] if more else [])])
