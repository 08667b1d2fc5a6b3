"""Classes of linear terms with their largest quantum values: of a closed form, or of an upper bound of a measure."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from relaxbell.behavior.search import QuantumOptimum, optimize_quantum
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.functionals.functional import BellFunctional
from relaxbell.quantum.correlators import CorrelatorMaximum, correlator_maximum
from relaxbell.quantum.maxima import SetMaximum
from relaxbell.quantum.sets import QuantumSet


@dataclass(frozen=True, eq=False)
class QuantumClass:
    """One class of the terms of a closed form: its largest quantum value.

    Attributes
    ----------
    text
        The class as a formula.
    count
        How many terms are in it.
    functional
        The first of them.
    upper_bound
        Exact: no quantum behavior has more.
    maximum
        The bound with its certificate; None for a constant, which needs none.
    seen
        The best quantum behavior that a search found, in floats; None for a constant, or without search.
    correlators
        The exact maximum by Tsirelson's theorem, where the functional is one of correlators; or None.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
    >>> [own.count for own in rb.quantum_maximum(c, starts=2).classes]
    [8, 1]
    """

    text: str
    count: int
    functional: BellFunctional
    upper_bound: ExactNumber
    maximum: SetMaximum | None
    seen: QuantumOptimum | None
    correlators: CorrelatorMaximum | None = None

    @property
    def lower(self) -> float | None:
        """The value of what was seen; of a constant, itself."""
        return float(self.upper_bound) if self.maximum is None else None if self.seen is None else self.seen.value

    def is_at_most(self, value: ExactNumber) -> bool:
        """Return whether no quantum behavior has more than a value.

        Parameters
        ----------
        value
            Exact.

        Returns
        -------
        bool
            False where it is not known.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> [own.is_at_most(Fraction(1, 5)) for own in rb.quantum_maximum(c, starts=0).classes]
        [False, True]
        """
        if self.upper_bound <= value:
            return True
        with contextlib.suppress(ValueError):  # √2 and √3
            return self.correlators is not None and self.correlators.value <= value
        return False


def bounded(
    form: Exact,
    count: int,
    text: str | None,
    where: QuantumSet,
    starts: int,
    seed: int,
    dimensions: int | Sequence[int] | None,
) -> QuantumClass:
    """Return the largest quantum value of the first term of a class.

    Parameters
    ----------
    form
        The constant, then the coefficients of the Collins–Gisin coordinates.
    count
        Terms of the class.
    text
        The class as a formula; None for that of the functional.
    where
        A level of the NPA hierarchy.
    starts, seed, dimensions
        Of the search; 0 starts: none.
    """
    own = where.scenario
    table = where.coordinates.lift(_without_constant(form))
    f = BellFunctional(table, own.outputs, own.inputs, constant=form[0], parties=own.parties)
    if not any(form[1:]):
        return QuantumClass(str(form[0]) if text is None else text, count, f, form[0], None, None)
    maximum = where.maximum(f)
    seen = optimize_quantum(f, dimensions=dimensions, starts=starts, seed=seed, progress=False) if starts else None
    shown = f.title if text is None else text
    return QuantumClass(shown, count, f, maximum.upper_bound, maximum, seen, correlator_maximum(f))


def _without_constant(form: Exact) -> Exact:
    found = form.copy()
    found[0] = 0 * form[0]
    return found


def default_level(outputs: Sequence[str]) -> str:
    """Return level 1 with products of one projector each of two parties."""
    space = "" if all(len(name) == 1 for name in outputs) else " "
    return "+".join(["1", *(space.join(pair) for pair in itertools.combinations(outputs, 2))])
