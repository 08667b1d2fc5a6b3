"""What a kind of measure says of itself beside its rows: how it is made anew, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from relaxbell.behavior.names import name_latex
from relaxbell.causal.model import CausalModel


class Named(Protocol):
    """What is made: a measure."""

    def named(self, name: str, unit: str) -> Self:
        """Return it with another name and unit."""


M_co = TypeVar("M_co", bound=Named, covariant=True)


@dataclass(frozen=True, eq=False)
class Definition(Generic[M_co]):
    """The definition of a measure, written once: by the function that makes it.

    Attributes
    ----------
    kind
        Name of the kind, for people and for digests.
    make
        A function of a module: ``make(model, **arguments)`` is the measure; so workers make it anew.
    arguments
        Plain data.
    symbol, equation
        In LaTeX: the measure's symbol, and what it equals (empty: the symbol says it all).

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> c.definition.plain
    {'kind': 'influence', 'source': 'X', 'target': 'B', 'variation': False}
    """

    kind: str
    make: Callable[..., M_co]
    arguments: Mapping[str, object]
    symbol: str
    equation: str = ""

    @property
    def for_all_values(self) -> bool:
        """Whether it is a sum or maximum over all values of the inputs and outputs."""
        return self.kind in ("influence", "message weight")

    @property
    def plain(self) -> dict[str, object]:
        """Kind and arguments, ready for JSON."""
        return {"kind": self.kind, **self.arguments}


@dataclass(frozen=True, eq=False)
class Recipe(Generic[M_co]):
    """How a worker makes a measure anew; parts of sums, multiples and maxima are recipes themselves.

    Attributes
    ----------
    make, arguments
        As in `Definition`.
    name, unit
        Of the measure.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> c.recipe().name
    'C(X -> B)'
    """

    make: Callable[..., M_co]
    arguments: Mapping[str, object]
    name: str
    unit: str

    def made(self, model: CausalModel) -> M_co:
        """Return the measure of a model.

        Parameters
        ----------
        model
            Any that the maker accepts.

        Returns
        -------
        Measure
            Of the same name and unit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> measure = 2 * rb.influence(rb.bell((2, 3)).relax("X -> B"), "X", "B")
        >>> measure.recipe().made(measure.model).rows == measure.rows
        True
        """
        return self.make(model, **self.arguments).named(self.name, self.unit)


def small(name: str) -> str:
    """Return a value of a variable as a symbol in LaTeX: its name in small letters."""
    return name_latex(name.lower())
