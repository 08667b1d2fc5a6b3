"""`QuantumGuessing`: how well an adversary with quantum devices guesses an outcome, bounded by the NPA hierarchy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.certificate.claims import Certificate, refused
from relaxbell.engines.linear.family import Line
from relaxbell.errors import InfeasibleError, MeasureError
from relaxbell.exact.numbers import Exact, ExactNumber, ceil_float, sign
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.lp.clock import deadline
from relaxbell.quantum.proofs import number_of
from relaxbell.quantum.sets import QuantumSet, quantum_set
from relaxbell.randomness.certificates import Told, quantum_certificate_data
from relaxbell.randomness.entropies import entropy
from relaxbell.randomness.polytope import Boxes
from relaxbell.randomness.reading import Question, data_rows, exact_data, graph, read_guesses, with_limit
from relaxbell.randomness.sampled import SampledGuessingCurve, Solved, sample_curve
from relaxbell.randomness.squares import QuantumAdversary
from relaxbell.verify import Refused, read_case

_INFEASIBLE = 1e-6
"""Data on the border of the set, rounded, may lie outside by less than this."""


@dataclass(frozen=True, eq=False, repr=False)
class QuantumGuessing:
    """How well an adversary guesses outcomes who prepares quantum devices and biases settings within budgets, at most.

    Attributes
    ----------
    observed
        What the adversary has to reproduce, exact: floats were rounded.
    outputs
        Whose outcomes are guessed.
    at
        The settings.
    settings
        p(settings), exact.
    level
        Of the NPA hierarchy, see `quantum_set`.
    bound
        An upper bound of the guessing probability, exact, of which the certificate is the proof, for every quantum
        adversary: a level contains all quantum behaviors. Above 1 it says nothing.
    estimate
        What the solver found for this level: the bound is near it.
    limits
        The budgets, exact, by what they limit: ``"M"``, ``"lower"``, ``"upper"``.
    slopes
        For M how much the bound grows with the budget, at most.
    certificate
        Of the bound, for everyone to check; see `relaxbell.verify`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.Observed([(rb.catalog.CHSH, 2.8)]).guessing("A", {"X": 0, "Y": 0}, quantum="1+AB")
    >>> abs(found.value - 0.6) < 1e-6  # 1/2 + √(2 − S²/4)/2
    True
    """

    observed: Behavior | Observed
    outputs: tuple[str, ...]
    at: Mapping[str, int]
    settings: Exact
    level: int | str
    bound: ExactNumber
    estimate: float
    limits: Mapping[str, ExactNumber]
    slopes: Mapping[str, ExactNumber]
    certificate: Certificate
    _asked: Question = field(repr=False)
    _where: QuantumSet = field(repr=False)

    @property
    def value(self) -> float:
        """The bound, rounded up."""
        return min(1.0, ceil_float(self.bound))

    @property
    def exact(self) -> None:
        """None: a level of the NPA hierarchy gives bounds."""
        return None

    @property
    def strategy(self) -> tuple[object, ...]:
        """Empty: what attains the bound is a moment matrix, and need not be quantum."""
        return ()

    @property
    def min_entropy(self) -> float:
        """Min-entropy −log2 of the guessing probability in bits, rounded down: at least so many each trial.

        Examples
        --------
        >>> import relaxbell as rb
        >>> data = rb.Observed([(rb.catalog.CHSH, 2.8)])
        >>> round(data.guessing("A", {"X": 0, "Y": 0}, quantum="1+AB").min_entropy, 5)  # −log2 0.6
        0.73697
        """
        return entropy(self.value)

    def curve(
        self, limit: str, end: object, *, start: object = 0, points: int = 9, seconds: float | None = None
    ) -> SampledGuessingCurve:
        """Return bounds of the guessing probability as a function of one of the budgets, the others as they are.

        Parameters
        ----------
        limit
            ``"M"``, ``"lower"`` or ``"upper"``, whether or not it had a budget.
        end, start
            Largest and least budget.
        points
            Number of budgets at which a program is solved.
        seconds
            Time limit.

        Returns
        -------
        SampledGuessingCurve
            A rigorous bound at each budget, also between the samples.

        Raises
        ------
        MeasureError
            If `limit` is no such budget, or `start` is not below `end`.
        InfeasibleError
            If no quantum adversary within the budgets shows the data.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.Observed([(rb.catalog.CHSH, 2.5)]).guessing("A", {"X": 0, "Y": 0}, quantum="1+AB")
        >>> curve = found.curve("lower", 0.25, start=0.2, points=2)
        >>> float(curve.value(0.2)) > float(curve.value(0.25))
        True
        """
        low, high = self._asked.span(limit, start, end)
        with deadline(seconds, f"-P(guess {', '.join(self.outputs)})"):
            return sample_curve(limit, low, high, points, self._sample, f"quantum adversary, level {self.level}")

    def _sample(self, limit: str, e: ExactNumber) -> Solved:
        found = quantum_answer(with_limit(self._asked, limit, e), self.level, self._where)
        slope = found.slopes.get(limit)
        line = None if slope is None else Line(found.bound - slope * e, slope)
        cardinality = self._asked.scenario.cardinality
        blind = Fraction(1, math.prod(cardinality[name] for name in self.outputs))
        return Solved(found.bound, line, found.certificate, blind)

    def __repr__(self) -> str:
        return (
            f"P(guess {self._asked.words}) <= {ceil_text(self.value, 9)}, at least {floor_text(self.min_entropy, 6)} "
            f"bit: quantum adversary (level {self.level}){self._asked.budget_words}"
        )


def quantum_answer(asked: Question, level: int | str, where: QuantumSet | None = None) -> QuantumGuessing:
    """Return a bound of the best guess of a quantum adversary.

    Raises
    ------
    MeasureError
        If devices may signal.
    InfeasibleError
        If the bound is one that no adversary could be held to.
    """
    if asked.edges:
        raise MeasureError(
            f"signaling along {', '.join(f'{u} -> {v}' for u, v in asked.edges)} and quantum={level!r} were given, "
            "expected one of them: quantum devices do not signal. Leave one out."
        )
    where = where or quantum_set(asked.scenario, level)
    exact, flat = exact_data(asked.observed, ()), asked.flat
    boxes = Boxes(asked.scenario)
    guesses = read_guesses(boxes, asked.names, asked.place)
    rows = data_rows(exact, flat)
    adversary = QuantumAdversary(asked.tables(), flat, rows, guesses, asked.budgets, where)
    proof = adversary.solve()
    told = Told(exact, asked.names, list(asked.place), asked.limits, Fraction(1))
    data = quantum_certificate_data(graph(boxes, asked.settings), told, where.kind, proof)
    try:
        proven = number_of(read_case(data).proven())
    except Refused as refusal:
        raise refused(refusal) from None
    if sign(proven * len(guesses) - 1) < 0 and float(proven) * len(guesses) < 1 - _INFEASIBLE:
        raise InfeasibleError(
            f"no quantum adversary {'within the budgets ' if asked.limits else ''}shows the data: it would guess "
            f"{', '.join(asked.names)} with probability at most {float(proven):.6g}, but guessing blindly has "
            f"1/{len(guesses)}. Allow more by dependence=, lower= or upper=, or leave out quantum=."
        )
    bound = Fraction(ceil_float(proven))
    slopes: dict[str, ExactNumber] = {"M": proof.multipliers[-1]} if asked.dependence else {}
    told = replace(told, bound=bound)
    certificate = Certificate(quantum_certificate_data(graph(boxes, asked.settings), told, where.kind, proof))
    return QuantumGuessing(
        exact, asked.names, asked.at, asked.settings, level, bound, proof.value, asked.limits, slopes, certificate,
        asked, where,
    )  # fmt: skip
