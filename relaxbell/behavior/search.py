"""Search for quantum behaviors that violate a Bell inequality most, in given dimensions.

The search itself is in `climbing`. The matrices are small, so threads of BLAS only get in each other's way: where other
work runs on the same cores, the environment variable OPENBLAS_NUM_THREADS=1 has made a search up to a hundred times
faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.climbing import Point, Start, climb, draw_start, widened
from relaxbell.behavior.names import party_names
from relaxbell.behavior.observed import Functional
from relaxbell.behavior.quantum import Complex, HasFull, born
from relaxbell.behavior.realization import DENOMINATOR, RationalRealization
from relaxbell.errors import BehaviorError, FunctionalError, optional
from relaxbell.exact.numbers import to_floats

_SAME = 1e-6
"""How close values of two starts are that reached one maximum."""


@dataclass(frozen=True, eq=False, repr=False)
class QuantumOptimum:
    """The best quantum behavior that a search found.

    Attributes
    ----------
    value
        Of the functional. Some quantum behavior has it, so it bounds the quantum maximum from below.
    state
        Ket, shape (d_A · d_B · …,).
    measurements
        The POVM elements of each party, axes [setting, outcome, row, column]: projectors, unless POVMs were asked for.
    behavior
        What the state and the measurements give.
    start_values
        The value that each start reached.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=3)
    >>> found
    QuantumOptimum: at least 2.82842712, found in dimensions 2 × 2 by 3 of 3 starts
    >>> found.state.shape, found.measurements[0].shape
    ((4,), (2, 2, 2, 2))
    """

    value: float
    state: Complex
    measurements: tuple[Complex, ...]
    behavior: Behavior
    start_values: NDArray[np.float64]

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Local dimension of each party.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, dimensions=(2, 3), starts=1).dimensions
        (2, 3)
        """
        return tuple(own.shape[-1] for own in self.measurements)

    def realization(self, *, denominator: int = DENOMINATOR) -> RationalRealization:
        """Return a state and measurements in rational numbers nearby, with their exact behavior.

        Parameters
        ----------
        denominator
            Larger is nearer, with longer numbers; the value moves by about the square of the rounding.

        Returns
        -------
        RationalRealization
            Its behavior is quantum, exactly.

        Raises
        ------
        BehaviorError
            If the denominator is no positive integer.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1)
        >>> 0 < found.value - float(rb.catalog.CHSH(found.realization(denominator=2**10).behavior)) < 1e-5
        True
        """
        return RationalRealization(self.state, self.measurements, self.behavior, denominator=denominator)

    def to_qutip(self) -> tuple[HasFull, list[list[list[HasFull]]]]:
        """Return the state and the measurements as QuTiP's objects.

        Returns
        -------
        tuple
            The ket, a ``Qobj`` with one factor for each party; and the POVM elements, for each party a list, for each
            of its settings a list, for each outcome a ``Qobj``. `born` takes both.

        Raises
        ------
        RelaxbellError
            If QuTiP is not installed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1)
        >>> state, measurements = found.to_qutip()  # doctest: +SKIP
        >>> rb.born(state, measurements)  # doctest: +SKIP
        """
        qutip = optional("qutip", "qutip")
        sizes = list(self.dimensions)
        ket = qutip.Qobj(self.state[:, None], dims=[sizes, [1] * len(sizes)])
        return ket, [[[qutip.Qobj(e) for e in setting] for setting in party] for party in self.measurements]

    def __repr__(self) -> str:
        levels = " × ".join(map(str, self.dimensions))
        reached = int((self.start_values > self.start_values.max() - _SAME).sum())
        return (
            f"QuantumOptimum: at least {self.value:.9g}, found in dimensions {levels} by {reached} of "
            f"{len(self.start_values)} starts"
        )


def optimize_quantum(
    coefficients: ArrayLike | Functional,
    *,
    dimensions: int | Sequence[int] | None = None,
    povm: bool = False,
    real: bool = False,
    starts: int = 8,
    seed: int = 0,
    iterations: int = 2000,
    progress: bool = True,
) -> QuantumOptimum:
    """Maximize a Bell functional over pure states and measurements, for any number of parties.

    A local search from random measurements, repeated; it may miss the maximum. `start_values` tells how
    often the best value was reached. For fixed measurements the best state is an eigenvector, so that the search is
    one over measurements, all at once.

    Parameters
    ----------
    coefficients
        A `BellFunctional` whose parties have one input each, or none; or its coefficients of p(a, b, …|x, y, …), axes
        [a, b, …, x, y, …].
    dimensions
        Local dimension of all parties, or one for each; by default the number of their outcomes.
        Where it equals that number, projectors have rank one. Otherwise their ranks are as equal as
        possible (0 where outcomes outnumber levels), drawn anew for each setting and start.
    povm
        Whether measurements may be any POVM instead of projective. Every other start then begins at the best
        projective measurements it finds.
    real
        Whether states and measurements have real entries.
    starts
        Number of random starts.
    seed
        Of the starts; the same seed gives the same result.
    iterations
        At most so many L-BFGS steps for each start.
    progress
        Whether a bar shows the starts, on a terminal or in a notebook.

    Returns
    -------
    QuantumOptimum
        The best value found with its state, measurements and behavior.

    Raises
    ------
    FunctionalError
        If the coefficients are not finite numbers on an even number of axes, or it is not known of a functional which
        party chooses which input, each its own.
    BehaviorError
        If a dimension, `starts` or `iterations` is not a positive integer.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=2)
    >>> round(found.value, 6)  # Tsirelson's bound 2√2
    2.828427
    >>> rb.optimize_quantum(rb.catalog.mermin(3), real=True, starts=2)
    QuantumOptimum: at least 4, found in dimensions 2 × 2 × 2 by 2 of 2 starts
    """
    if isinstance(coefficients, Functional):
        wanted = _read_functional(coefficients)
    else:
        wanted = _Wanted(_read_coefficients(coefficients), 0.0, None)
    table, constant = wanted.table, wanted.constant
    sizes = _read_dimensions(dimensions, table.shape[: table.ndim // 2])
    _check_positive(starts, "starts")
    _check_positive(iterations, "iterations")
    generator = np.random.default_rng(seed)
    begun = [draw_start(table, sizes, generator, povm=povm and i % 2 == 1, real=real) for i in range(starts)]
    ended = [_climbed(begun[i], iterations, widen=povm and i % 2 == 0) for i in _shown(starts, progress)]
    values = np.array([point.value for point in ended])
    best = ended[int(np.argmax(values))]
    behavior = born(best.state, [list(party) for party in best.elements])
    found = wanted.named(behavior)
    return QuantumOptimum(best.value + constant, best.state, tuple(best.elements), found, values + constant)


def _climbed(start: Start, iterations: int, *, widen: bool) -> Point:
    """Return the local maximum of a start; `widen`: then that among POVMs, from the projective measurements found."""
    found = climb(start, iterations)
    if not widen:
        return found
    wider = climb(widened(start, found.vectors), iterations)
    return wider if wider.value >= found.value else found


def _shown(count: int, progress: bool) -> Iterator[int]:
    """Yield 0 … count − 1, with a bar on standard error where somebody looks at it; it is gone at the end."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not progress or not (console.is_terminal or console.is_jupyter):
        yield from range(count)
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("starts", total=count)
        for i in range(count):
            yield i
            bar.advance(task)


# --------------------------------------------------------------------- reading


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A functional with one input for each party: coefficients, constant, and its own names."""

    table: NDArray[np.float64]
    constant: float
    functional: Functional | None

    def named(self, behavior: Behavior) -> Behavior:
        """Return a behavior of these parties in the functional's own variables; an input of one value is none."""
        own = self.functional
        if own is None:
            return behavior
        parties = own.parties or {}
        kept = [name for name in (parties[output] for output in own.outputs) if name is not None]
        shape = own.transposed(own.outputs, kept).coefficients.shape
        found = Behavior(behavior.p.reshape(shape), own.outputs, kept, parties=parties)
        return found.transposed(own.outputs, own.inputs)


def _read_functional(functional: Functional) -> _Wanted:
    """Return coefficients with each party's input in the place of its output, the constant, and the names."""
    parties = functional.parties
    own = [] if parties is None else [parties[name] for name in functional.outputs]
    named = [name for name in own if name is not None]
    if parties is None:
        raise FunctionalError(
            f"{functional} lives on p({','.join(functional.outputs)}|{','.join(functional.inputs)}), expected parties "
            "that choose one input each, or none. Give parties={output: input or None}."
        )
    turned = functional.transposed(functional.outputs, named).coefficients
    n = len(functional.outputs)
    settings = iter(turned.shape[n:])
    shape = (*turned.shape[:n], *(1 if name is None else next(settings) for name in own))
    return _Wanted(_read_coefficients(turned.reshape(shape)), float(functional.constant), functional)


def _read_coefficients(coefficients: ArrayLike) -> NDArray[np.float64]:
    try:
        table = to_floats(coefficients)
    except (TypeError, ValueError) as error:
        raise FunctionalError(
            f"the coefficients are not a table of real numbers: {error}. Expected an array [a, b, …, x, y, …]."
        ) from None
    if table.ndim < 2 or table.ndim % 2 or table.size == 0:
        raise FunctionalError(
            f"the coefficients have shape {table.shape}, expected axes [a, b, …, x, y, …], none of them empty: an "
            "outcome and a setting for each party. A party without a choice has one setting."
        )
    if not np.isfinite(table).all():
        raise FunctionalError("a coefficient is NaN or infinite, expected finite numbers. Correct the entry.")
    return table


def _read_dimensions(dimensions: int | Sequence[int] | None, outcomes: Sequence[int]) -> tuple[int, ...]:
    if dimensions is None:
        dimensions = outcomes
    sizes = tuple(dimensions) if isinstance(dimensions, Sequence) else (dimensions,) * len(outcomes)
    if len(sizes) != len(outcomes):
        raise BehaviorError(
            f"dimensions has {len(sizes)} entries, expected {len(outcomes)}. Give one local dimension for each party: "
            f"{', '.join(party_names(len(outcomes))[0])}."
        )
    for size in sizes:
        _check_positive(size, "a local dimension")
    return sizes


def _check_positive(value: int, what: str) -> None:
    if not isinstance(value, int | np.integer) or value < 1:
        raise BehaviorError(f"{what} is {value!r}, expected an integer ≥ 1. Give a positive number.")
