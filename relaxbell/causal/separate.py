"""Models in which each output responds to inputs of its own only: Bell scenarios, of any number of parties.

What such a model does deterministically is an outcome for each setting of each party, so that tables over outcomes and
settings say everything: nothing is listed. Which latent variables choose the outcomes does not matter for the largest
value of a functional: a deterministic strategy needs none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from relaxbell.causal.protocols import HasGraph
from relaxbell.causal.size import check_memory
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.assignments import strategies, work
from relaxbell.lp.clock import left

MOST_CHOICES = 48
"""The logarithm to base 2 of how many choices of all parties but the largest are searched without a time limit."""

_SPEED, _DROPPED = 3e8, 16
"""Numbers that a search looks at in a second, and the logarithm of how many times fewer choices branch and bound looks
at: estimates, for errors. Seen: 2^32 choices in a second."""

_OUTER, _CHOICE = 24, 24
"""So many (log2) choices of all parties but two are no question of memory; bytes for each."""


@dataclass(frozen=True)
class Separate:
    """The parties of such a model.

    Attributes
    ----------
    outcomes
        For each output its number of values.
    settings
        For each output the number of values of its own inputs together.
    axes
        Axes of the observed table in the order inputs of the first output, first output, inputs of the second, …;
        inputs that nothing responds to at the end.
    unread
        How many those are.
    """

    outcomes: tuple[int, ...]
    settings: tuple[int, ...]
    axes: tuple[int, ...]
    unread: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Settings and outcomes of each party in turn."""
        return tuple(size for pair in zip(self.settings, self.outcomes, strict=True) for size in pair)

    @property
    def strategies(self) -> list[float]:
        """The logarithm to base 2 of the number of strategies of each party."""
        return [m * math.log2(d) for m, d in zip(self.settings, self.outcomes, strict=True)]

    def functional(self, table: NDArray[Any]) -> NDArray[Any]:
        """Return coefficients over outputs and inputs as a table with axes (settings, outcomes) for each party."""
        found = table.transpose(self.axes)
        for _ in range(self.unread):  # no strategy depends on them
            found = found.sum(axis=-1)
        return found.reshape(self.shape)


def separate(model: HasGraph) -> Separate | None:
    """Return the parties of a model in which no output, hidden node or latent variable tells one what another does.

    Examples
    --------
    >>> import relaxbell as rb
    >>> separate(rb.bell((3, 2), (2, 4))).shape, separate(rb.input_signaling())
    ((3, 2, 2, 4), None)
    """
    if model.hidden or model.dependent_inputs or model.is_mixture:
        return None
    variables, free = model.outputs + model.inputs, set(model.free_inputs)
    own = [tuple(n for n in model.parents(name) if n not in model.latents) for name in model.outputs]
    read = [name for names in own for name in names]
    if len(set(read)) < len(read) or not set(read) <= free:
        return None
    unread = [name for name in model.inputs if name not in read]
    order = [name for output, names in zip(model.outputs, own, strict=True) for name in (*names, output)] + unread
    size = model.cardinality
    return Separate(
        tuple(size[name] for name in model.outputs),
        tuple(math.prod(size[name] for name in names) for names in own),
        tuple(variables.index(name) for name in order),
        len(unread),
    )


def check_choices(shape: Sequence[int], what: Callable[[], str]) -> None:
    """Raise ModelTooLargeError if a search among the choices of all parties but the largest would not end.

    Parameters
    ----------
    shape
        Settings and outcomes of each party in turn.
    what
        Says what is searched for, if that must be said.
    """
    choices, outer = work(shape), sum(sorted(strategies(shape))[:-2])
    if choices > MOST_CHOICES and left() == math.inf:
        days = 2 ** min(choices - _DROPPED, 900) * math.prod(shape[-2:]) / _SPEED / 86400
        raise ModelTooLargeError(
            f"{what()} may ask for 2^{choices:.3g} choices of all parties but the largest (branch and bound may still "
            f"take {days:.2g} days), expected at most 2^{MOST_CHOICES} without a time limit. Give seconds=60 for what "
            "is known by then, or use fewer settings."
        )
    if outer > _OUTER:
        needed = int(_CHOICE * 2 ** min(outer, 900))
        check_memory(f"{what()}, with 2^{outer:.3g} strategies of all parties but the two largest,", needed)
