"""`Guessing`: how well an adversary guesses an outcome, and `guessing`, which finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.certificate.claims import Certificate, checked
from relaxbell.engines.linear.family import Line
from relaxbell.errors import InfeasibleError, MeasureError, ModelTooLargeError
from relaxbell.exact.numbers import Exact, ExactNumber, ceil_float
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.lp.clock import deadline
from relaxbell.methods import provided
from relaxbell.randomness.certificates import Told, certificate_data
from relaxbell.randomness.curve import BestGuess, BestGuesses, GuessingCurve, GuessingLimitCurve, guessing_curve
from relaxbell.randomness.entropies import entropy
from relaxbell.randomness.limit_curve import LimitProgram
from relaxbell.randomness.polytope import Boxes
from relaxbell.randomness.program import Adversary, Proof
from relaxbell.randomness.quantum import QuantumGuessing, quantum_answer
from relaxbell.randomness.reading import (
    Question,
    data_rows,
    exact_data,
    graph,
    read_guesses,
    read_question,
    with_limit,
)  # fmt: skip
from relaxbell.randomness.sampled import SampledGuessingCurve, Solved, sample_curve
from relaxbell.randomness.tables import extreme_tables
from relaxbell.randomness.vertices import extreme_boxes

_MOST = 2 * 10**6
"""Tables times guesses times cells."""

_MOST_NUMBERS = 60_000
"""Numbers in facets and vertices of the no-signaling polytope, for an exact curve."""


@dataclass(frozen=True, eq=False)
class Guess:
    """A value of λ that the adversary prepares.

    Attributes
    ----------
    weight
        p(λ), exact.
    settings
        p(settings|λ), exact, axes in the order of the inputs.
    box
        p(outputs|settings, λ).
    guess
        What is guessed.

    Examples
    --------
    >>> import relaxbell as rb
    >>> first = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).strategy[0]
    >>> print(first.weight, rb.catalog.CHSH(first.box), len(first.guess))
    1 4 1
    """

    weight: ExactNumber
    settings: Exact
    box: Behavior
    guess: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Guessing:
    """How well an adversary guesses outcomes at given settings, who prepares boxes and biases settings within budgets.

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
    bound
        The largest guessing probability, exact; proved and attained.
    value
        The same as a float, rounded up.
    exact
        The same where what was observed is exact; None where it was floats.
    limits
        The budgets, exact, by what they limit: ``"M"``, ``"lower"``, ``"upper"``, edges.
    slopes
        For M and edges how much the guessing probability grows with the budget, at most: by its dual multiplier.
    strategy
        What the adversary does.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.boxes.tsirelson().guessing("A", {"X": 0, "Y": 0}, dependence=0.1)
    >>> found
    P(guess A | X=0, Y=0) <= 0.892893219, at least 0.16344 bit: no-signaling adversary, M <= 1/10
    >>> print(found.exact)
    (8/5 - √2/2)
    """

    observed: Behavior | Observed
    outputs: tuple[str, ...]
    at: Mapping[str, int]
    settings: Exact
    bound: ExactNumber
    limits: Mapping[str, ExactNumber]
    exact: ExactNumber | None
    slopes: Mapping[str, ExactNumber]
    strategy: tuple[Guess, ...]
    _asked: Question = field(repr=False)
    _proof: Proof = field(repr=False)
    _adversary: Adversary = field(repr=False)

    @property
    def value(self) -> float:
        """The guessing probability, rounded up.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).value
        0.5
        """
        return min(1.0, ceil_float(self.bound))

    @property
    def min_entropy(self) -> float:
        """Min-entropy −log2 of the guessing probability in bits, rounded down: bits that can be extracted each trial.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}).min_entropy
        1.0
        """
        return entropy(self.value)

    def curve(
        self, limit: str, end: object, *, start: object = 0, points: int | None = None, seconds: float | None = None
    ) -> GuessingCurve | GuessingLimitCurve | SampledGuessingCurve:
        """Return the guessing probability as a function of one of the budgets, the others as they are.

        Parameters
        ----------
        limit
            ``"M"``, ``"lower"`` or ``"upper"``, whether or not it had a budget, or an edge that had one.
        end, start
            Largest and least budget.
        points
            For a bound of p(settings|λ): number of samples, instead of an exact curve, where that would be too large.
        seconds
            Time limit.

        Returns
        -------
        GuessingCurve, GuessingLimitCurve or SampledGuessingCurve
            Exact, affine pieces (M, edges) or quotients of polynomials (bounds); with ``points`` samples that are
            rigorous between. Each with the min-entropy at each budget, and a picture.

        Raises
        ------
        MeasureError
            If `limit` is no such budget, `start` is not below `end`, a bound excludes p(settings), or devices signal
            along edges, or boxes are too many, for an exact curve of a bound: then give `points`.
        InfeasibleError
            If no adversary within the least budget shows the data.
        CurveError
            If the curve does not end.
        RelaxbellError
            For an exact curve of a bound without PPL (extra ``polytopes``).

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, signaling={"X -> B": 0})
        >>> found.curve("X -> B", 0.5).pieces
        ([0, 1/2]: 1/2 + 1 e,)
        >>> rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", {"X": 0, "Y": 0}).curve("lower", 0.25, start=0.2).pieces
        ([1/5, 1/4]: 5/4 - 2*e,)
        """
        name = limit.replace("→", "->")
        low, high = self._asked.span(name, start, end)
        with deadline(seconds, f"-P(guess {', '.join(self.outputs)})"):
            if name not in ("lower", "upper"):
                begun = self if name in self.slopes else answer(with_limit(self._asked, name, high))
                return guessing_curve(name, BestGuesses(low, high, lambda e: begun._tangent(name, e)))
            if points is not None:
                return sample_curve(name, low, high, points, self._sample, "no-signaling adversary")
            return self._limit_curve(name, Fraction(low), Fraction(high))  # type: ignore[arg-type]  # rational, see span

    def _sample(self, limit: str, e: ExactNumber) -> Solved:
        found = answer(with_limit(self._asked, limit, e))
        return Solved(found.bound, None, found.certificate, found.bound)

    def _limit_curve(self, limit: str, low: Fraction, high: Fraction) -> GuessingLimitCurve:
        asked = self._asked
        if asked.edges:
            raise MeasureError(
                f"an exact curve of {limit} is for boxes that do not signal, found signaling along "
                f"{', '.join(f'{u} -> {v}' for u, v in asked.edges)}. Give points=9 for a curve of samples."
            )
        ends = (high, None) if limit == "lower" else (None, low)
        extreme_tables(asked.flat, *ends, costly=False)  # an error where a bound excludes p(settings)
        boxes = extreme_boxes(asked.scenario, _MOST_NUMBERS).exact
        lower, upper = (asked.limits.get(name) for name in ("lower", "upper"))
        program = LimitProgram(
            limit, asked.flat, None if limit == "lower" or lower is None else Fraction(lower),  # type: ignore[arg-type]
            None if limit == "upper" or upper is None else Fraction(upper),  # type: ignore[arg-type]  # rational, see read_question
            asked.limits.get("M"), self._adversary.observed, boxes, self._adversary.guesses,
        )  # fmt: skip
        return GuessingLimitCurve(limit, program.pieces(low, high))

    def _tangent(self, name: str, e: ExactNumber) -> BestGuess:
        """Return the guessing probability where a budget is e, and its tangent."""
        place = list(self.slopes).index(name)
        own = self._adversary.with_budget(place, e)
        solved = own.solve()
        if solved is None:
            raise InfeasibleError(f"no adversary shows the data with {name} <= {e}. Begin with a larger budget.")
        proof = solved[1]
        slope = proof.multipliers[len(own.observed) + place]
        return BestGuess(e, proof.bound, Line(proof.bound - slope * e, slope))

    @cached_property
    def certificate(self) -> Certificate:
        """The `relaxbell.classes.Certificate` of the bound, for everyone to check; see `relaxbell.verify`.

        Raises
        ------
        CertificateError
            If it exceeds the limits of the verifier.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, lower=0.2)
        >>> found.certificate.verify().endswith("guesses A with probability <= 1/2")
        True
        """
        model = graph(self._adversary.boxes, self.settings)
        told = Told(self.observed, self.outputs, [self.at[name] for name in model.inputs], self.limits, self.bound)
        return checked(certificate_data(model, self._adversary, self._proof, told))

    def _repr_html_(self) -> str:
        return provided("Guessing._repr_html_")(self)

    def __repr__(self) -> str:
        return (
            f"P(guess {self._asked.words}) <= {ceil_text(self.value, 9)}, at least "
            f"{floor_text(self.min_entropy, 6)} bit: no-signaling adversary{self._asked.budget_words}"
        )


def guessing(
    observed: Behavior | Observed,
    outputs: str | Sequence[str],
    at: Mapping[str, int],
    *,
    settings: object = None,
    dependence: object = None,
    lower: object = None,
    upper: object = None,
    signaling: Mapping[str, object] | None = None,
    quantum: int | str | None = None,
    seconds: float | None = None,
) -> Guessing | QuantumGuessing:
    """Return the best guess of an adversary; see `Behavior.guessing`."""
    asked = read_question(
        observed, outputs, at, settings=settings, dependence=dependence, lower=lower, upper=upper, signaling=signaling
    )
    with deadline(seconds, f"-P(guess {', '.join(asked.names)})"):
        return answer(asked) if quantum is None else quantum_answer(asked, quantum)


def answer(asked: Question) -> Guessing:
    """Return the best guess of a no-signaling adversary."""
    tables, boxes, flat = asked.tables(), Boxes(asked.scenario, asked.edges), asked.flat
    exact = exact_data(asked.observed, asked.edges)
    guesses = read_guesses(boxes, asked.names, asked.place)
    if len(tables) * len(guesses) * boxes.cells > _MOST:
        raise ModelTooLargeError(
            f"{len(tables):,} extreme tables of settings with {len(guesses)} guesses and {boxes.cells} cells, "
            f"expected a product of at most {_MOST:,}. Use bounds p(settings|λ) instead of M, or fewer settings."
        )
    rows = data_rows(exact, flat)
    adversary = Adversary(tables, flat, rows, guesses, asked.budgets, boxes, asked.dependence)
    solved = adversary.solve()
    if solved is None:
        raise InfeasibleError(
            f"no no-signaling adversary reproduces the data {'within the budgets ' if asked.limits else ''}(proved "
            "exactly). Check that the data do not signal, or allow more by dependence=, lower=, upper= or signaling=."
        )
    optimum, proof = solved
    is_exact = isinstance(asked.observed, Observed) or asked.observed.exact is not None
    multipliers = [name for name in asked.limits if name not in ("lower", "upper")]
    slopes = dict(zip(multipliers, proof.multipliers[len(rows) :], strict=True))
    strategy = tuple(
        _strategy(adversary, j, weight, asked.names)
        for j, weight in sorted(optimum.values.items())
        if j < len(adversary.columns)
    )
    bound = proof.bound
    return Guessing(
        exact, asked.names, asked.at, asked.settings, bound, asked.limits, bound if is_exact else None, slopes,
        strategy, asked, proof, adversary,
    )  # fmt: skip


def _strategy(adversary: Adversary, j: int, weight: ExactNumber, names: Sequence[str]) -> Guess:
    column, boxes = adversary.columns[j], adversary.boxes
    scenario = boxes.scenario
    k = len(scenario.outputs)
    table = np.array(column.box[: boxes.cells], dtype=object).reshape(boxes.shape)
    settings = np.array(adversary.tables[column.table].weights, dtype=object).reshape(boxes.shape[k:])
    sizes = [scenario.cardinality[name] for name in names]
    guess = tuple(int(v) for v in np.unravel_index(column.guess, sizes))
    box = Behavior(table, scenario.outputs, scenario.inputs, parties=scenario.parties)
    return Guess(weight, settings, box, guess)
