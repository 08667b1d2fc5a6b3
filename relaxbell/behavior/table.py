"""A table of probabilities with named axes, to be read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import Setting, check_values
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.exact.texts import different_texts
from relaxbell.frozen import Frozen

TOLERANCE = 1e-9
"""How far float probabilities may miss 0, normalization and no-signaling."""


class Table(Frozen):
    """The part of `Behavior` that is read."""

    p: NDArray[np.float64]
    exact: Exact | None
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    parties: Mapping[str, str | None] | None

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all axes: outputs, then inputs."""
        return self.outputs + self.inputs

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.p.shape, self.parties)

    @cached_property
    def cardinality(self) -> dict[str, int]:
        """Number of values of each variable."""
        return dict(zip(self.variables, self.p.shape, strict=True))

    @property
    def table(self) -> NDArray[Any]:
        """The exact table if there is one, else the floats."""
        return self.p if self.exact is None else self.exact

    @property
    def is_exact(self) -> bool:
        """Whether every probability is an exact number."""
        return self.exact is not None

    def probability(self, event: Setting, given: Setting | None = None) -> float | ExactNumber:
        """Return p(event|given); outputs not mentioned are summed over.

        Inputs may be left out of `given` only where the marginal does not depend on them.

        Parameters
        ----------
        event
            Values of outputs, ``{"A": 0}``.
        given
            Values of inputs.

        Returns
        -------
        Fraction, a + b√n, or float
            A probability, exact if the behavior is.

        Raises
        ------
        BehaviorError
            For an unknown variable or value, or where an input that matters is missing.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().probability({"A": 1}), rb.boxes.pr().probability({"A": 1, "B": 1}, {"X": 0, "Y": 1})
        (Fraction(1, 2), Fraction(1, 2))
        """
        given = {} if given is None else given
        check_values(event, self.outputs, self.cardinality, "output", BehaviorError)
        check_values(given, self.inputs, self.cardinality, "input", BehaviorError)
        index = tuple(event.get(n, given.get(n, slice(None))) for n in self.variables)
        part = self.table[index]
        part = np.asarray(part)
        part = part.sum(axis=tuple(range(len(self.outputs) - len(event))))
        values = np.asarray(part).ravel()
        if abs(values - values[0]).max() > self.tolerance:
            missing = [n for n in self.inputs if n not in given]
            raise BehaviorError(
                f"the probability of {dict(event)} depends on {', '.join(missing)}: found values from "
                f"{' to '.join(different_texts(min(values), max(values)))}. Give a value for each input in `given`."
            )
        value = values[0]
        return float(value) if self.exact is None else value

    @property
    def tolerance(self) -> float:
        """How far equalities may be missed: 0 for exact behaviors, else 1e-9."""
        return 0.0 if self.is_exact else TOLERANCE

    def _paired(self) -> Mapping[str, str | None]:
        if self.parties is None:
            raise BehaviorError(
                f"which party chooses which input? {self.scenario.symbol} has "
                f'{len(self.outputs)} outputs and {len(self.inputs)} inputs. Give parties={{"A": "X", "B": None, …}}.'
            )
        return self.parties
