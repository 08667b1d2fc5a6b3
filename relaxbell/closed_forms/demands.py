"""Search for quantum behaviors that demand most of a measure, for which there is no closed form.

The least value of a measure is convex in the behavior, so that its largest quantum value is no convex program. From a
behavior follows the functional of the dual solution, whose value there is the least value of the measure; from a
functional a quantum behavior that has most of it; and so on: values do not fall, as far as the second step succeeds.
What is found is then made rational (`RationalRealization`), and the measure minimized there: a proof from below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.behavior.realization import RationalRealization
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.search import QuantumOptimum, optimize_quantum
from relaxbell.engines import engine
from relaxbell.engines.linear.solution import ConvexSolution
from relaxbell.engines.solution import Solution
from relaxbell.errors import MeasureError, SolverError
from relaxbell.exact.numbers import ExactNumber, as_exact
from relaxbell.functionals.functional import BellFunctional
from relaxbell.lp.clock import TimeLimitError, a_moment, passed
from relaxbell.measures.measure import Measure
from relaxbell.solve.minimization import minimize

_ROUNDS = 20
"""Most steps from one start."""

_BETTER = 1e-10
"""By less a step is no progress."""

_UNIT, _NOISE = 1000, 300
"""What a wanted sum of outcomes counts, and the standard deviation of what is added for every other start."""

_AGAIN = 8
"""Random measurements from which the functional of the best behavior is maximized once more."""


@dataclass(frozen=True, eq=False)
class Demand:
    """What one exact quantum behavior demands of a measure.

    Attributes
    ----------
    realization
        State and measurements in rational numbers, with their behavior.
    solution
        The least value of the measure there, with its certificate.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.quantum_maximum(rb.mutual_information(rb.measurement_dependence()), starts=2, seconds=20).demand
    >>> found.realization.check(), float(found.lower_bound) > 0.0462738
    (True, True)
    """

    realization: RationalRealization
    solution: Solution

    @classmethod
    def at(cls, measure: Measure, optimum: QuantumOptimum) -> Demand:
        """Return what the exact behavior near a search's optimum demands.

        Where the time is over before the exact value is known, the lower bound is from floats, rigorous all the same.

        Parameters
        ----------
        measure
            Which is minimized there.
        optimum
            In floats.

        Returns
        -------
        Demand
            Its lower bound is proved.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
        >>> rb.classes.Demand.at(c, rb.optimize_quantum(rb.catalog.CHSH, starts=1)).lower_bound > 0.2071067
        True
        """
        realization = optimum.realization()
        try:
            return cls(realization, minimize(measure, realization.behavior))
        except TimeLimitError:
            with a_moment(math.inf):
                return cls(realization, engine(measure).quick().minimize(realization.behavior))

    @property
    def lower_bound(self) -> ExactNumber:
        """So much is demanded at least: the exact least value, or its rigorous lower bound."""
        sought = self.solution.exact
        found = None if sought is None else as_exact(sought)
        return Fraction(self.solution.lower_bound) if found is None else found


def functional_of(solution: Solution) -> BellFunctional | None:
    """Return the functional of a dual solution, without the search for its name; None where there is none."""
    if isinstance(solution, ConvexSolution):
        return solution.functional
    return None if solution.witness is None else solution.witness.functional


def most_demanding(
    measure: Measure,
    scenario: Scenario,
    sizes: int | Sequence[int] | None,
    starts: int,
    seed: int,
    first: Sequence[BellFunctional] = (),
) -> list[QuantumOptimum]:
    """Return candidates in floats for the behavior that demands most; none where none demands anything.

    Parameters
    ----------
    measure
        Whose least value is convex in the behavior.
    scenario
        Of the behaviors.
    sizes
        Local dimensions; None for the numbers of outcomes.
    starts, seed
        Of the search; it also ends when the deadline has passed.
    first
        Functionals from which it begins, before random ones.

    Raises
    ------
    MeasureError
        If the measure's minimum is no convex function with a functional behind it.
    """
    best: tuple[float, QuantumOptimum, BellFunctional] | None = None
    generator = np.random.default_rng(seed)
    beginnings = itertools.chain(first, _beginnings(scenario, generator))
    for number, functional in enumerate(itertools.islice(beginnings, starts)):
        if passed():
            break
        found = _climbed(measure, functional, sizes, generator, real=number % 3 < 2)
        if found is not None and (best is None or found[0] > best[0] + _BETTER):
            best = found
    if best is None:
        return []
    _, optimum, functional = best
    real = not _has_phases(optimum)
    again = optimize_quantum(functional, dimensions=sizes, starts=_AGAIN, seed=seed, real=real, progress=False)
    return [again, optimum]


def _has_phases(optimum: QuantumOptimum) -> bool:
    return any(np.iscomplexobj(own) and bool(own.imag.any()) for own in optimum.measurements)


def _beginnings(scenario: Scenario, generator: np.random.Generator) -> Iterator[BellFunctional]:
    """Yield functionals: how often the outcomes, with signs, sum to a random function of the settings.

    In half of them at half of the settings; to half of them noise is added. From random coefficients the search ends
    at behaviors that demand nothing.
    """
    k = len(scenario.outputs)
    outcomes, settings = scenario.shape[:k], scenario.shape[k:]
    for number in itertools.count():
        modulus = max(outcomes)
        signs = generator.choice([-1, 1], size=k)
        total = sum(
            s * np.arange(d).reshape([-1 if i == j else 1 for j in range(k)])
            for i, (s, d) in enumerate(zip(signs, outcomes, strict=True))
        )
        wanted = generator.integers(modulus, size=settings)
        table = ((np.asarray(total)[(..., *(None,) * len(settings))] - wanted) % modulus == 0) * _UNIT
        if number % 4 > 1:
            table = table * generator.integers(2, size=settings)
        if number % 2:
            table = table + generator.normal(scale=_NOISE, size=table.shape).round().astype(np.int64)
        yield BellFunctional(table.astype(object), scenario.outputs, scenario.inputs, parties=scenario.parties)


def _climbed(
    measure: Measure,
    functional: BellFunctional,
    sizes: int | Sequence[int] | None,
    generator: np.random.Generator,
    *,
    real: bool,
) -> tuple[float, QuantumOptimum, BellFunctional] | None:
    """Return the value, behavior and functional at which the steps from a functional end; None at 0."""
    best: tuple[float, QuantumOptimum, BellFunctional] | None = None
    for _ in range(_ROUNDS):
        seed = int(generator.integers(2**31))
        optimum = optimize_quantum(functional, dimensions=sizes, starts=2, seed=seed, real=real, progress=False)
        try:
            solution = minimize(measure, optimum.behavior)
        except (SolverError, TimeLimitError):  # of these floats; others may follow
            break
        following = functional_of(solution)
        if following is None:
            raise MeasureError(
                f"the largest {measure.name} in quantum theory is sought by functionals of dual solutions: found none, "
                "expected a measure whose least value is convex in the behavior. Use minimize at behaviors of interest."
            )
        value = float(solution.lower_bound)
        if value <= _BETTER or (best is not None and value <= best[0] + _BETTER):
            break
        best, functional = (value, optimum, following), following
        if passed():
            break
    return best
