"""What models and results look like to rooms on their left, whose methods take and return them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from relaxbell.exact.numbers import ExactNumber


class ModelLike(Protocol):
    """What a Bell functional asks of `relaxbell.CausalModel`: that it has the same variables."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""


class CertificateLike(Protocol):
    """What `relaxbell.Certificate` offers."""

    @property
    def data(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""

    @property
    def claim(self) -> str:
        """What is claimed, as a sentence."""

    def verify(self) -> str:
        """Check it anew, and return what it proves."""

    def to_json(self) -> str:
        """Return it as JSON text."""

    def save(self, path: str | Path) -> None:
        """Write it to a file."""


class FaceLike(Protocol):
    """What `relaxbell.Face` offers; true for a facet."""

    @property
    def bound(self) -> ExactNumber:
        """The functional's largest value."""

    @property
    def dimension(self) -> int:
        """Of the face."""

    @property
    def polytope_dimension(self) -> int:
        """Of the polytope."""

    def __bool__(self) -> bool: ...


class InequalitiesLike(Protocol):
    """What `relaxbell.Inequalities` offers."""

    @property
    def facets(self) -> tuple[Any, ...]:
        """Beyond positivity."""

    @property
    def positivity(self) -> tuple[Any, ...]:
        """The facets p ≥ 0."""

    @property
    def classes(self) -> tuple[Any, ...]:
        """The facets beyond positivity, in orbits."""

    def functionals(self) -> tuple[Any, ...]:
        """Return the facets beyond positivity as Bell functionals."""

    def __len__(self) -> int: ...
