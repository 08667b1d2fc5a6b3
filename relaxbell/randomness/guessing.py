"""`Guessing`: how well an adversary guesses an outcome, and `guessing`, which finds it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import check_values, read_names
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import Certificate, checked
from relaxbell.errors import BehaviorError, InfeasibleError, MeasureError, ModelTooLargeError
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, ceil_float, read_fraction, sign
from relaxbell.exact.texts import ceil_text, floor_text
from relaxbell.lp.clock import deadline
from relaxbell.methods import provided
from relaxbell.randomness.certificates import Told, certificate_data
from relaxbell.randomness.curve import GuessingCurve, Line, entropy, trace
from relaxbell.randomness.polytope import Boxes
from relaxbell.randomness.program import Adversary, Proof
from relaxbell.randomness.tables import extreme_tables

_MOST = 2 * 10**6
"""Tables times guesses times cells."""


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

    def curve(self, limit: str, end: object, *, start: object = 0, seconds: float | None = None) -> GuessingCurve:
        """Return the guessing probability as a function of one of the budgets, the others as they are.

        Parameters
        ----------
        limit
            ``"M"`` or an edge, whichever was given a budget. (Bounds of p(settings|λ) change tables: one by one.)
        end, start
            Largest and least budget.
        seconds
            Time limit.

        Returns
        -------
        GuessingCurve
            Exact, with the min-entropy at each budget.

        Raises
        ------
        MeasureError
            If `limit` is no such budget, or `start` is not below `end`.
        InfeasibleError
            If no adversary within the least budget shows the data.
        CurveError
            If the curve does not end.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.boxes.pr().guessing("A", {"X": 0, "Y": 0}, signaling={"X -> B": 0})
        >>> found.curve("X -> B", 0.5).pieces
        ([0, 1/2]: 1/2 + 1 e,)
        """
        name = limit.replace("→", "->")
        if name not in self.slopes:
            known = ", ".join(self.slopes) or "none was given"
            raise MeasureError(f"{limit!r} is no budget of this guess, expected one of: {known}.")
        low, high = _read_limit(start, "start"), _read_limit(end, "end")
        if sign(high - low) <= 0:
            raise MeasureError(f"the budgets go from {low} to {high}, expected a start below the end.")
        with deadline(seconds, f"-P(guess {', '.join(self.outputs)})"):
            return trace(name, lambda e: self._tangent(name, e), low, high)

    def _tangent(self, name: str, e: ExactNumber) -> tuple[ExactNumber, Line]:
        """Return the guessing probability where a budget is e, and its tangent."""
        place = list(self.slopes).index(name)
        own = self._adversary.with_budget(place, e)
        solved = own.solve()
        if solved is None:
            raise InfeasibleError(f"no adversary shows the data with {name} <= {e}. Begin with a larger budget.")
        proof = solved[1]
        slope = proof.multipliers[len(own.observed) + place]
        return proof.bound, Line(proof.bound - slope * e, slope)

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
        place = ", ".join(f"{name}={value}" for name, value in self.at.items())
        own = "; ".join(f"{_TEXTS.get(name, name + ' <=')} {_short(v)}" for name, v in self.limits.items())
        return (
            f"P(guess {','.join(self.outputs)} | {place}) <= {ceil_text(self.value, 9)}, at least "
            f"{floor_text(self.min_entropy, 6)} bit: no-signaling adversary{', ' + own if own else ''}"
        )


_TEXTS = {"M": "M <=", "lower": "p(settings|λ) >=", "upper": "p(settings|λ) <="}


def _short(number: ExactNumber) -> str:
    return f"{float(number):.9g}" if isinstance(number, Fraction) and number.denominator > 1000 else str(number)


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
    seconds: float | None = None,
) -> Guessing:
    """Return the best guess of an adversary; see `Behavior.guessing`."""
    scenario = observed.scenario
    names = read_names(outputs, "the outcomes that are guessed", BehaviorError)
    unknown = [name for name in names if name not in scenario.outputs]
    if unknown or not names:
        raise BehaviorError(
            f"the outcomes that are guessed are {', '.join(names) or '(none)'}, expected some of "
            f"{', '.join(scenario.outputs)}."
        )
    if scenario.parties is None:
        raise BehaviorError(
            f"{scenario.symbol} does not say which party chooses which input: no-signaling is not defined. Give "
            "parties={output: input or None}."
        )
    check_values(at, scenario.inputs, scenario.cardinality, "the settings of the guess", BehaviorError)
    if set(at) != set(scenario.inputs):
        raise BehaviorError(
            f"the settings of the guess are {dict(at)}, expected a value of each input: {', '.join(scenario.inputs)}."
        )
    k = len(scenario.outputs)
    table = joint_distribution(settings, scenario.inputs, scenario.shape[k:], "settings", BehaviorError)
    place = tuple(at[name] for name in scenario.inputs)
    if not table[place]:
        raise BehaviorError(f"the settings {dict(at)} have probability 0, expected some that occur.")
    edges = tuple(_read_edge(text, scenario.outputs, scenario.inputs) for text in signaling or {})
    given = list((signaling or {}).values())
    limits = {
        "M": None if dependence is None else _read_limit(dependence, "dependence"),
        "lower": None if lower is None else _read_limit(lower, "lower", rational=True),
        "upper": None if upper is None else _read_limit(upper, "upper", rational=True),
        **{f"{u} -> {v}": _read_limit(e, f"{u} -> {v}") for (u, v), e in zip(edges, given, strict=True)},
    }
    kept = {name: limit for name, limit in limits.items() if limit is not None}
    with deadline(seconds, f"-P(guess {', '.join(names)})"):
        flat = tuple(Fraction(p) for p in table.ravel())
        tables = extreme_tables(
            flat, _rational(kept.get("lower")), _rational(kept.get("upper")), costly=dependence is not None
        )
        boxes = Boxes(scenario, edges)
        exact = _exact_data(observed, edges)
        guesses = _guesses(boxes, names, place)
        if len(tables) * len(guesses) * boxes.cells > _MOST:
            raise ModelTooLargeError(
                f"{len(tables):,} extreme tables of settings with {len(guesses)} guesses and {boxes.cells} cells, "
                f"expected a product of at most {_MOST:,}. Use bounds p(settings|λ) instead of M, or fewer settings."
            )
        rows = _rows(exact, flat)
        budgets = [v for name, v in kept.items() if name not in ("lower", "upper")]
        adversary = Adversary(boxes, tables, flat, rows, guesses, budgets, dependence is not None)
        solved = adversary.solve()
    if solved is None:
        raise InfeasibleError(
            f"no no-signaling adversary reproduces the data {'within the budgets ' if kept else ''}(proved exactly). "
            "Check that the data do not signal, or allow more by dependence=, lower=, upper= or signaling=."
        )
    optimum, proof = solved
    is_exact = isinstance(observed, Observed) or observed.exact is not None
    multipliers = [name for name in kept if name not in ("lower", "upper")]
    slopes = dict(zip(multipliers, proof.multipliers[len(rows) :], strict=True))
    strategy = tuple(
        _strategy(adversary, j, weight, names)
        for j, weight in sorted(optimum.values.items())
        if j < len(adversary.columns)
    )
    bound = proof.bound
    return Guessing(
        exact, names, {name: at[name] for name in scenario.inputs}, table, bound, kept, bound if is_exact else None,
        slopes, strategy, proof, adversary,
    )  # fmt: skip


# ------------------------------------------------------------------------- reading


def _read_edge(text: str, outputs: Sequence[str], inputs: Sequence[str]) -> tuple[str, str]:
    parts = [part.strip() for part in str(text).replace("→", "->").split("->")]
    if len(parts) != 2 or parts[0] not in inputs or parts[1] not in outputs:
        raise MeasureError(
            f"{text!r} is no edge from an input to an output, expected one such as '{inputs[0]} -> {outputs[-1]}'."
        )
    return parts[0], parts[1]


def _read_limit(value: object, name: str, *, rational: bool = False) -> ExactNumber:
    exact = as_exact(value)
    limit = read_fraction(value, f"the budget {name}", MeasureError) if exact is None else exact
    if sign(limit) < 0 or (rational and isinstance(limit, Surd)):
        raise MeasureError(f"the budget {name} is {limit}, expected a {'rational ' * rational}number ≥ 0.")
    return limit


def _rational(limit: ExactNumber | None) -> Fraction | None:
    return None if limit is None else Fraction(limit)  # type: ignore[arg-type]  # roots were refused


def graph(boxes: Boxes, settings: Exact) -> CausalModel:
    """Return the graph of the scenario, with the edges along which boxes signal: each party hears its own setting."""
    own = boxes.scenario
    parties = own.parties or {}
    edges = [f"{source} -> {output}" for output, source in parties.items() if source is not None]
    edges += [f"{u} -> {v}" for u, v in boxes.edges] + [f"L -> {output}" for output in own.outputs]
    return CausalModel(
        edges, inputs=own.inputs, latent="L", outputs=own.outputs, cardinality=dict(own.cardinality),
        input_distribution=settings,
    )  # fmt: skip


def _exact_data(observed: Behavior | Observed, edges: tuple[tuple[str, str], ...]) -> Behavior | Observed:
    """Return exact data: floats are rounded to what boxes can be."""
    if isinstance(observed, Observed) or observed.exact is not None:
        return observed
    if not edges:
        return observed.rounded()
    boxes = Boxes(observed.scenario, edges)
    shape = observed.scenario.shape[len(observed.outputs) :]
    uniform = np.full(shape, Fraction(1, math.prod(shape)), dtype=object)
    return observed.rounded(graph(boxes, uniform))


def _rows(
    observed: Behavior | Observed, settings: Sequence[Fraction]
) -> list[tuple[dict[int, ExactNumber], ExactNumber]]:
    """Return what is known of p(outputs, inputs): coefficients over its cells with their values."""
    n = len(settings)
    if isinstance(observed, Behavior):
        assert observed.exact is not None
        flat = observed.exact.ravel()
        return [({j: Fraction(1)}, v * settings[j % n]) for j, v in enumerate(flat) if settings[j % n]]
    rows: list[tuple[dict[int, ExactNumber], ExactNumber]] = []
    cells = math.prod(observed.shape)
    for label, coefficients, value in observed.table_rows():
        row: dict[int, ExactNumber] = {}
        for j, c in enumerate(coefficients.ravel()):
            if c and not settings[j % n]:
                raise BehaviorError(
                    f"{label} has coefficients at settings of probability 0, which are never observed. Give settings "
                    "that occur, or leave it out."
                )
            if isinstance(c, Surd):
                raise BehaviorError(f"{label} has the irrational coefficient {c}, expected rational ones.")
            if c:
                row[j] = c / settings[j % n]
        rows.append((row, value))
    return rows + [(dict.fromkeys(range(x, cells, n), Fraction(1)), p) for x, p in enumerate(settings) if p]


def _guesses(boxes: Boxes, names: Sequence[str], place: tuple[int, ...]) -> list[list[int]]:
    outputs = boxes.scenario.outputs
    k = len(outputs)
    found: dict[tuple[int, ...], list[int]] = {}
    for outcome in np.ndindex(*boxes.shape[:k]):
        guess = tuple(outcome[outputs.index(name)] for name in names)
        found.setdefault(guess, []).append(int(np.ravel_multi_index((*outcome, *place), boxes.shape)))
    return [found[guess] for guess in sorted(found)]


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
