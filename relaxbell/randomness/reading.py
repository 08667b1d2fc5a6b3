"""What is asked of an adversary: outcomes, settings, budgets and data, as they are given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import check_values, read_names
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.model import CausalModel
from relaxbell.errors import BehaviorError, MeasureError
from relaxbell.exact.distributions import joint_distribution
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, read_fraction, sign
from relaxbell.randomness.polytope import Boxes
from relaxbell.randomness.tables import SettingTable, extreme_tables

Rows = list[tuple[dict[int, ExactNumber], ExactNumber]]
"""Coefficients over p(outputs, inputs), flat, with their values."""

TEXTS = {"M": "M <=", "lower": "p(settings|λ) >=", "upper": "p(settings|λ) <="}


@dataclass(frozen=True, eq=False)
class Question:
    """Which outcomes are guessed, at which settings, within which budgets.

    Attributes
    ----------
    observed
        As given.
    names
        Of the outcomes that are guessed.
    at
        The setting of each input, in their order.
    settings
        p(settings), exact.
    limits
        The budgets that were given.
    edges
        Along which boxes may signal.
    """

    observed: Behavior | Observed
    names: tuple[str, ...]
    at: Mapping[str, int]
    settings: Exact
    limits: Mapping[str, ExactNumber]
    edges: tuple[tuple[str, str], ...]

    @property
    def scenario(self) -> Scenario:
        """Of the data."""
        return self.observed.scenario

    @property
    def flat(self) -> tuple[Fraction, ...]:
        """p(settings), one for each setting."""
        return tuple(Fraction(p) for p in self.settings.ravel())

    @property
    def budgets(self) -> list[ExactNumber]:
        """Limits of what is linear in p(λ): M, then edges."""
        return [v for name, v in self.limits.items() if name not in ("lower", "upper")]

    @property
    def dependence(self) -> bool:
        """Whether M is limited."""
        return "M" in self.limits

    @property
    def place(self) -> tuple[int, ...]:
        """The settings."""
        return tuple(self.at.values())

    @property
    def words(self) -> str:
        """The question, without a verb: ``A | X=0, Y=0``."""
        return f"{','.join(self.names)} | {', '.join(f'{name}={value}' for name, value in self.at.items())}"

    @property
    def budget_words(self) -> str:
        """The budgets, after the adversary."""
        own = "; ".join(f"{TEXTS.get(name, name + ' <=')} {_short(v)}" for name, v in self.limits.items())
        return f", {own}" if own else ""

    def span(self, limit: str, start: object, end: object) -> tuple[ExactNumber, ExactNumber]:
        """Return both ends of the budgets of a curve.

        Raises
        ------
        MeasureError
            If the limit is none that can be given, or the ends are in the wrong order.
        """
        edges = [f"{u} -> {v}" for u, v in self.edges]
        if limit not in ("M", "lower", "upper", *edges):
            known = ", ".join(("M", "lower", "upper", *edges))
            raise MeasureError(f"{limit!r} is no budget of this guess, expected one of: {known}.")
        rational = limit in ("lower", "upper")
        low, high = read_limit(start, "start", rational=rational), read_limit(end, "end", rational=rational)
        if sign(high - low) <= 0:
            raise MeasureError(f"the budgets go from {low} to {high}, expected a start below the end.")
        return low, high

    def tables(self) -> tuple[SettingTable, ...]:
        """Return the extreme tables p(settings|λ)."""
        lower, upper = (_rational(self.limits.get(name)) for name in ("lower", "upper"))
        return extreme_tables(self.flat, lower, upper, costly=self.dependence)


def with_limit(asked: Question, limit: str, value: ExactNumber) -> Question:
    """Return the question with another budget."""
    limits = {**asked.limits, limit: value}
    first = [name for name in ("M", "lower", "upper") if name in limits]
    rest = [name for name in limits if name not in first]
    return replace(asked, limits={name: limits[name] for name in (*first, *rest)})


def _short(number: ExactNumber) -> str:
    return f"{float(number):.9g}" if isinstance(number, Fraction) and number.denominator > 1000 else str(number)


def read_question(
    observed: Behavior | Observed,
    outputs: str | Sequence[str],
    at: Mapping[str, int],
    *,
    settings: object,
    dependence: object,
    lower: object,
    upper: object,
    signaling: Mapping[str, object] | None,
) -> Question:
    """Return what is asked.

    Raises
    ------
    BehaviorError
        If names or settings are unknown, or the settings do not occur.
    MeasureError
        If a budget is none.
    """
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
    if not table[tuple(at[name] for name in scenario.inputs)]:
        raise BehaviorError(f"the settings {dict(at)} have probability 0, expected some that occur.")
    edges = tuple(read_edge(text, scenario.outputs, scenario.inputs) for text in signaling or {})
    given = list((signaling or {}).values())
    limits = {
        "M": None if dependence is None else read_limit(dependence, "dependence"),
        "lower": None if lower is None else read_limit(lower, "lower", rational=True),
        "upper": None if upper is None else read_limit(upper, "upper", rational=True),
        **{f"{u} -> {v}": read_limit(e, f"{u} -> {v}") for (u, v), e in zip(edges, given, strict=True)},
    }
    kept = {name: limit for name, limit in limits.items() if limit is not None}
    return Question(observed, names, {name: at[name] for name in scenario.inputs}, table, kept, edges)


def read_edge(text: str, outputs: Sequence[str], inputs: Sequence[str]) -> tuple[str, str]:
    """Return an edge from an input to an output, from text."""
    parts = [part.strip() for part in str(text).replace("→", "->").split("->")]
    if len(parts) != 2 or parts[0] not in inputs or parts[1] not in outputs:
        raise MeasureError(
            f"{text!r} is no edge from an input to an output, expected one such as '{inputs[0]} -> {outputs[-1]}'."
        )
    return parts[0], parts[1]


def read_limit(value: object, name: str, *, rational: bool = False) -> ExactNumber:
    """Return a budget as an exact number; raise MeasureError if it is none."""
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


def exact_data(observed: Behavior | Observed, edges: tuple[tuple[str, str], ...]) -> Behavior | Observed:
    """Return exact data: floats are rounded to what boxes can be."""
    if isinstance(observed, Observed) or observed.exact is not None:
        return observed
    if not edges:
        return observed.rounded()
    boxes = Boxes(observed.scenario, edges)
    shape = observed.scenario.shape[len(observed.outputs) :]
    uniform = np.full(shape, Fraction(1, math.prod(shape)), dtype=object)
    return observed.rounded(graph(boxes, uniform))


def data_rows(observed: Behavior | Observed, settings: Sequence[Fraction]) -> Rows:
    """Return what is known of p(outputs, inputs): coefficients over its cells with their values."""
    n = len(settings)
    if isinstance(observed, Behavior):
        assert observed.exact is not None
        flat = observed.exact.ravel()
        return [({j: Fraction(1)}, v * settings[j % n]) for j, v in enumerate(flat) if settings[j % n]]
    rows: Rows = []
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


def read_guesses(boxes: Boxes, names: Sequence[str], place: tuple[int, ...]) -> list[list[int]]:
    """Return for each guess the cells in which it is right."""
    outputs = boxes.scenario.outputs
    k = len(outputs)
    found: dict[tuple[int, ...], list[int]] = {}
    for outcome in np.ndindex(*boxes.shape[:k]):
        guess = tuple(outcome[outputs.index(name)] for name in names)
        found.setdefault(guess, []).append(int(np.ravel_multi_index((*outcome, *place), boxes.shape)))
    return [found[guess] for guess in sorted(found)]
