"""What models and results look like to rooms on their left, whose methods take and return them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from relaxbell.exact.numbers import ExactNumber

F_co = TypeVar("F_co", covariant=True)
"""Bell functionals."""

M_co = TypeVar("M_co", covariant=True)
"""Causal models."""


@runtime_checkable
class Variables(Protocol):
    """What a relabeling asks of a scenario, behavior or model."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""

    @property
    def cardinality(self) -> Mapping[str, int]:
        """Number of values of each variable."""

    @property
    def parties(self) -> Mapping[str, str | None] | None:
        """Which input each output's party chooses; None where it is not known."""


class HasScenario(Protocol):
    """A behavior, functional or model."""

    @property
    def scenario(self) -> Variables:
        """Its variables."""


class ModelLike(Protocol):
    """What a Bell functional asks of `relaxbell.CausalModel`: that it has the same variables."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""


class CertificateLike(Protocol):
    """What `relaxbell.classes.Certificate` offers."""

    @property
    def data(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""

    @property
    def claim(self) -> str:
        """What is claimed, as a sentence."""

    @property
    def digests(self) -> tuple[str, ...]:
        """Of data and settings: one, or two for a curve."""

    @classmethod
    def load(cls, path: str | Path) -> CertificateLike:
        """Return the certificate in a file, unchecked."""

    def verify(self) -> str:
        """Check it anew, and return what it proves."""

    def to_json(self) -> str:
        """Return it as JSON text."""

    def to_latex(self) -> str:
        """Return what is proved, with its proof, as LaTeX."""

    def save(self, path: str | Path) -> None:
        """Write it to a file."""


class CertifiedBitsLike(Protocol):
    """What `relaxbell.classes.CertifiedBits` offers."""

    @property
    def bits(self) -> float:
        """Bits, rounded down."""

    @property
    def error(self) -> float:
        """Probability with which that may fail."""

    @property
    def power(self) -> float:
        """Of the factors."""

    @property
    def factors(self) -> Any:
        """One for each outcome and setting."""

    @property
    def log2_product(self) -> float:
        """Of the factors over all trials."""

    @property
    def trials(self) -> int:
        """Their number."""

    def smooth_min_entropy(self, success: float) -> float:
        """Return bits of smooth min-entropy given success."""

    def curve(self, limit: str, end: object, *, start: object, points: int = 9, seconds: float | None = None) -> Any:
        """Return the bits as a function of a bound of p(settings)."""

    @property
    def settings_p_value(self) -> float | None:
        """Of a test of the design, where it is assumed."""


class GuessingLike(Protocol):
    """What `relaxbell.classes.Guessing` offers."""

    @property
    def bound(self) -> ExactNumber:
        """The largest guessing probability, exact."""

    @property
    def value(self) -> float:
        """The same, rounded up."""

    @property
    def exact(self) -> ExactNumber | None:
        """The same where the data are exact."""

    @property
    def min_entropy(self) -> float:
        """In bits, rounded down."""

    @property
    def limits(self) -> Mapping[str, ExactNumber]:
        """The budgets."""

    @property
    def slopes(self) -> Mapping[str, ExactNumber]:
        """How the guessing probability grows with budgets."""

    @property
    def strategy(self) -> tuple[Any, ...]:
        """What the adversary does."""

    def curve(
        self, limit: str, end: object, *, start: object = 0, points: Any = ..., seconds: float | None = None
    ) -> Any:
        """Return the guessing probability as a function of a budget."""

    @property
    def certificate(self) -> CertificateLike:
        """Of the bound."""


class ReadingLike(Protocol):
    """Values of a parameter at which data were read, affine in a power of it between; as text it says so."""

    @property
    def name(self) -> str:
        """The parameter."""

    @property
    def power(self) -> int:
        """The power of it."""

    @property
    def values(self) -> tuple[ExactNumber, ...]:
        """Ascending."""

    @property
    def degree(self) -> int:
        """Of the polynomial in the parameter; 1 where the data are affine in its power."""


class FaceLike(Protocol[F_co]):
    """What `relaxbell.classes.Face` offers; true for a facet."""

    @property
    def functional(self) -> F_co:
        """Its functional."""

    @property
    def bound(self) -> ExactNumber:
        """The functional's largest value."""

    @property
    def dimension(self) -> int:
        """Of the face."""

    @property
    def polytope_dimension(self) -> int:
        """Of the polytope."""

    @property
    def polytope(self) -> str:
        """What it is a face of."""

    def __bool__(self) -> bool: ...


class LimitsLike(Protocol):
    """What `relaxbell.classes.Limits` offers."""

    @property
    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """The table's rows as texts: set, maximum, bound, how it is known."""

    @property
    def local(self) -> SetMaximumLike:
        """The maximum on local behaviors."""

    @property
    def quantum(self) -> SetMaximumLike:
        """On quantum ones."""

    @property
    def nonsignaling(self) -> SetMaximumLike:
        """On no-signaling ones."""


class SetMaximumLike(Protocol):
    """What `relaxbell.classes.SetMaximum` offers."""

    @property
    def where(self) -> str:
        """The set, in words."""

    @property
    def value(self) -> float:
        """What the solver found."""

    @property
    def upper_bound(self) -> ExactNumber:
        """No behavior of the set has more."""

    @property
    def exact(self) -> ExactNumber | None:
        """The maximum, where it is known exactly."""

    @property
    def bound(self) -> ExactNumber | float:
        """The maximum, or its bound rounded up."""

    @property
    def certificate(self) -> CertificateLike:
        """Of the upper bound."""


class RobustnessLike(Protocol):
    """What `relaxbell.classes.Robustness` offers."""

    @property
    def value(self) -> float:
        """The visibility that the solver found."""

    @property
    def upper_bound(self) -> ExactNumber:
        """No larger visibility is in the set."""

    @property
    def noise(self) -> str:
        """What the behavior is mixed with, in words."""

    @property
    def where(self) -> str:
        """The set, in words."""

    @property
    def functional(self) -> Any:
        """The functional that proves it."""

    @property
    def certificate(self) -> CertificateLike | None:
        """Of the upper bound."""


class InequalitiesLike(Protocol[M_co, F_co]):
    """What `relaxbell.classes.Inequalities` offers."""

    @property
    def model(self) -> M_co:
        """The model."""

    @property
    def domain(self) -> object:
        """Its coordinates."""

    @property
    def facets(self) -> tuple[Any, ...]:
        """Beyond positivity."""

    @property
    def positivity(self) -> tuple[Any, ...]:
        """The facets p ≥ 0."""

    @property
    def complete(self) -> bool:
        """Whether all facets were found."""

    @property
    def classes(self) -> tuple[Any, ...]:
        """The facets beyond positivity, in orbits."""

    def functionals(self, *, positivity: bool = False) -> tuple[F_co, ...]:
        """Return the facets beyond positivity as Bell functionals, after those of positivity if wanted."""

    def write(self, path: str | Path, *, file_format: str = "porta", coordinates: str = "collins_gisin") -> None:
        """Write all facets, those of positivity first."""

    def representatives(self) -> tuple[F_co, ...]:
        """Return one facet of each class as a Bell functional."""

    def __len__(self) -> int: ...
