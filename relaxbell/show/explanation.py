"""`explain`: what the optimal strategies do, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import party_names
from relaxbell.causal.structures import Mixture
from relaxbell.engines.entropy.engine import EntropySolution
from relaxbell.engines.factorized.engine import FactorizedSolution
from relaxbell.engines.information.engine import InformationSolution
from relaxbell.engines.solution import Bounds, Solution
from relaxbell.engines.strategies import StrategyWeights, expected
from relaxbell.errors import MeasureError
from relaxbell.exact.texts import a_kind
from relaxbell.show.numbers import CERTAIN, probability_text, weight_text

if TYPE_CHECKING:
    from relaxbell.causal.graph import Edge
    from relaxbell.causal.model import CausalModel
    from relaxbell.causal.responses import Node

Verbs = tuple[tuple[str, str], ...]
"""What is done with a variable, with its probability as text; a summary has an empty verb first."""

_PEOPLE = ("Alice", "Bob", "Charlie")
_TABLE = 10
_WAYS = 3
_GROUPS = 6
_SMALL = 1e-3
"""What is done less often than this, relative to what is done most, is not listed."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The strategies of a solution as a table and in words. Made by `explain`.

    Attributes
    ----------
    solution
        What is explained.
    sentences
        One for each relaxed edge (or each edge between observed nodes, where none is relaxed), one for the settings if
        they depend on the latent variable, one for independent sources, one for the bits, where these are minimized.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> found = rb.explain(rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr()))
    >>> found.columns
    ('probability', 'A', 'B')
    """

    solution: Solution
    sentences: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Heads of the table: the probability, then every responding node."""
        if self.solution.q.model.is_mixture:
            return ("probability", "structure", "strategy")
        return ("probability", *(node.name for node in self.solution.q.model.strategies.nodes))

    @cached_property
    def rows(self) -> tuple[tuple[float | str, ...], ...]:
        """The strategies with weight, the heaviest first: probability, and each node's response function as text."""
        q = self.solution.q
        if q.model.is_mixture:
            return tuple(_mixed_row(q, int(s)) for s in q.support)
        return tuple((q.weight(s), *q.functions(int(s)).values()) for s in q.support)

    @property
    def _more(self) -> str:
        count = len(self.rows) - _TABLE
        return f"… {count} more {'strategy' if count == 1 else 'strategies'}"

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def __repr__(self) -> str:
        shown = [(weight_text(float(row[0])), *map(str, row[1:])) for row in self.rows[:_TABLE]]
        lines = [self.columns, *shown]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.columns))]
        text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        if len(self.rows) > _TABLE:
            text.append(self._more)
        return "\n".join([*self.sentences, "", *text])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        lines = [
            [weight_text(float(row[0])), *(f"<code>{escape(str(v))}</code>" for v in row[1:])] for row in self.rows
        ]
        body = "".join(f"<tr><td>{'</td><td>'.join(line)}</td></tr>" for line in lines[:_TABLE])
        more = f"<p>{self._more}</p>" if len(self.rows) > _TABLE else ""
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return f"{said}<table><tr>{head}</tr>{body}</table>{more}"


def explain(solution: Solution) -> Explanation:
    """Say what the optimal strategies do: a table of response functions, and sentences in plain words.

    A probability in a sentence is that of the strategies found; other optimal ones may exist.

    Parameters
    ----------
    solution
        Of `minimize`, for any model: a ``Bounds`` has two, `minimum` and `maximum`.

    Returns
    -------
    Explanation
        Prints as sentences, then the table.

    Raises
    ------
    MeasureError
        If it is not a Solution.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> print(rb.explain(rb.minimize(rb.influence(model, "X", "B"), rb.boxes.tsirelson())))
    Bob's output copies x with probability 0.104 and flips x with probability 0.104, whatever y.
    """
    if not isinstance(solution, Solution):
        remedy = " Explain its minimum or its maximum, which are some." if isinstance(solution, Bounds) else ""
        raise MeasureError(f"cannot explain {a_kind(solution)}, expected a Solution, as minimize returns it.{remedy}")
    model = solution.q.model
    if isinstance(model, Mixture):
        return Explanation(solution, tuple(_structure_sentences(solution, model)))
    responding = {node.name for node in model.strategies.nodes}
    edges = [edge for edge in model.relaxed or model.edges if edge[0] not in model.latents and edge[1] in responding]
    said = [_edge_sentence(solution, edge) for edge in edges]
    said += [_message_sentence(solution, name) for name in model.hidden]
    said += [_settings_sentence(solution)] if model.dependent_inputs else []
    said += [_sources_sentence(solution, product) for product in model.independence.products]
    said += _bits_sentence(solution)
    return Explanation(solution, tuple(said))


def _mixed_row(q: StrategyWeights, strategy: int) -> tuple[float | str, ...]:
    """Return probability, structure, and its response functions in one text."""
    structure, *others = q.functions(strategy).items()
    return q.weight(strategy), structure[1], ", ".join(f"{name}: {text}" for name, text in others)


def _structure_sentences(solution: Solution, model: Mixture) -> Iterator[str]:
    """Say in how many of the trials each structure holds."""
    weights = dict.fromkeys(range(len(model.names)), 0.0)
    for strategy, weight in solution.q.mapping.items():
        weights[model.strategies.part(strategy)[0]] += weight
    for k, weight in weights.items():
        often = "never" if weight < CERTAIN else f"with probability {probability_text(weight)}"
        yield f"{_capital(model.names[k])} holds {often}."


def _bits_sentence(solution: Solution) -> list[str]:
    """Say how many bits it is, where that is what was minimized: guessing need not improve with them."""
    bits = f"{probability_text(solution.value)} bit"
    if isinstance(solution, InformationSolution) or (
        isinstance(solution, FactorizedSolution) and solution.measure.unit == "bit"
    ):
        return [f"λ tells {bits} about the settings."]
    return [f"The message has an entropy of {bits}."] if isinstance(solution, EntropySolution) else []


def _edge_sentence(solution: Solution, edge: Edge) -> str:
    """Say how often, and how, a node responds to one of its parents: for each value of the others, if these matter."""
    model, (source, target) = solution.q.model, edge
    node = next(n for n in model.strategies.nodes if n.name == target)
    others = [(name.lower(), size) for name, size in zip(node.parents, node.radices, strict=True) if name != source]
    who, what = _who(model, target), source.lower()
    uses = _uses(solution, node, source)
    groups: dict[tuple[tuple[str, str], ...], list[tuple[int, ...]]] = defaultdict(list)
    for place, verbs in uses.items():
        groups[_listed(verbs)].append(place)
    if len(groups) == 1:
        (only,) = groups
        whatever = f", whatever {' and '.join(n for n, _ in others)}" if others and only else ""
        return f"{_clause(_capital(who), what, only)}{whatever}."
    if len(groups) > _GROUPS:
        totals = [sum(verbs.values()) for verbs in uses.values()]
        least, most = probability_text(min(totals)), probability_text(max(totals))
        often = most if least == most else f"{least} to {most}, depending on {' and '.join(name for name, _ in others)}"
        return f"{_capital(who)} uses {what} with probability {often}."
    subjects = [who, *["it"] * (len(groups) - 1)]
    said = [
        f"if {_condition(others, places)}, {_clause(subject, what, verbs)}"
        for subject, (verbs, places) in zip(subjects, groups.items(), strict=True)
    ]
    return f"{_capital('; '.join(said))}."


def _uses(solution: Solution, node: Node, source: str) -> dict[tuple[int, ...], dict[str, float]]:
    """Return the probability of each verb for each setting of the other parents."""
    axis = node.parents.index(source)
    shape = tuple(size for k, size in enumerate(node.radices) if k != axis)
    found: dict[tuple[int, ...], dict[str, float]] = {place: defaultdict(float) for place in np.ndindex(*shape)}
    for strategy in solution.q.support:
        row = node.values(solution.q.model.strategies.digits(int(strategy))[node.name])
        grid = np.moveaxis(np.asarray(row, dtype=int).reshape(node.radices), axis, -1)
        for place, verbs in found.items():
            verb = _verb(grid[place], source.lower())
            if verb:
                verbs[verb] += solution.q.weight(strategy)
    return found


def _listed(verbs: Mapping[str, float]) -> Verbs:
    """Return what is done with a variable, the most frequent first; a summary where that would be a long list."""
    ordered = sorted(verbs.items(), key=lambda verb: (-round(verb[1], 6), verb[0]))
    if not ordered or ordered[0][1] < CERTAIN:
        return ()
    kept = [(verb, weight) for verb, weight in ordered if weight >= max(CERTAIN, _SMALL * ordered[0][1])]
    if len(kept) <= _WAYS:
        return tuple((verb, probability_text(weight)) for verb, weight in kept)
    return (("", probability_text(sum(verbs.values()))), (kept[0][0], probability_text(kept[0][1])))


def _clause(who: str, what: str, verbs: Verbs) -> str:
    """Return ``Bob's output copies x with probability 0.21``."""
    if not verbs:
        return f"{who} never uses {what}"
    if not verbs[0][0]:
        (_, total), (verb, most) = verbs
        return f"{who} uses {what} with probability {total} (most often it {verb}, with probability {most})"
    said = [f"always {verb}" if p == "1" else f"{verb} with probability {p}" for verb, p in verbs]
    return f"{who} {', '.join(said[:-1])}{' and ' if len(said) > 1 else ''}{said[-1]}"


def _verb(values: NDArray[np.intp], name: str) -> str:
    """Return what a function of one variable does with it."""
    count = len(values)
    if len(set(values.tolist())) == 1:
        return ""
    if (values == np.arange(count)).all():
        return f"copies {name}"
    if count == 2 and tuple(values) == (1, 0):
        return f"flips {name}"
    return f"maps {name} = {', '.join(map(str, range(count)))} to {', '.join(map(str, values))}"


def _condition(others: list[tuple[str, int]], places: list[tuple[int, ...]]) -> str:
    """Return a set of values of the other parents, in as few words as a product of sets allows."""
    columns = [sorted(set(column)) for column in zip(*places, strict=True)]
    if int(np.prod([len(c) for c in columns])) == len(places):
        parts = [
            f"{name} = {' or '.join(map(str, column))}"
            for (name, size), column in zip(others, columns, strict=True)
            if len(column) < size
        ]
        return " and ".join(parts)
    names = ",".join(name for name, _ in others)
    return f"({names}) = {' or '.join('(' + ','.join(map(str, place)) + ')' for place in places)}"


def _message_sentence(solution: Solution, name: str) -> str:
    weight = float(1 - expected(solution.q, solution.q.model.rows({name: 0}))[0])
    if weight < CERTAIN:
        return f"No message other than {name.lower()} = 0 is sent."
    return f"A message other than {name.lower()} = 0 is sent with probability {probability_text(weight)}."


def _settings_sentence(solution: Solution) -> str:
    """Say how well the settings are guessed by someone who knows the strategy."""
    model = solution.q.model
    names = [node.name for node in model.strategies.nodes if node.name in model.dependent_inputs]
    others = [node.name for node in model.strategies.nodes if node.name not in names]
    joint = _joint(solution, others, names)
    if isinstance(solution, FactorizedSolution):  # λ is a source, not the strategy alone
        first, second = names
        own = solution.sources
        joint = np.array([s.weight * np.outer(s.settings[first], s.settings[second]).ravel() for s in own])
    settings, who = ", ".join(n.lower() for n in names), f"the setting{'s' if len(names) > 1 else ''}"
    if not _from_product(joint):
        return f"The settings {settings} are chosen freely: λ does not help to guess them."
    guessed, blind = joint.max(axis=1).sum(), joint.sum(axis=0).max()
    if guessed - blind < CERTAIN:
        return (
            f"{_capital(who)} {settings} depend{'s' if len(names) == 1 else ''} on λ, but who knows λ still guesses "
            f"with probability {probability_text(blind)}."
        )
    return f"Who knows λ guesses {who} {settings} with probability {_better(guessed, blind)}."


def _sources_sentence(solution: Solution, product: Sequence[Sequence[str]]) -> str:
    """Say how well the response functions of one group are guessed by someone who knows those of the groups before."""
    splits = []
    for k in range(1, len(product)):
        before, last = [name for group in product[:k] for name in group], list(product[k])
        joint = _joint(solution, before, last)
        splits.append((_from_product(joint), before, last, joint))
    if not any(distance for distance, *_ in splits):
        return f"What {_listing([_listing(group) for group in product])} do is independent."
    _, before, last, joint = max(splits, key=lambda split: split[0])
    guessed, blind = joint.max(axis=1).sum(), joint.sum(axis=0).max()
    if guessed - blind < CERTAIN:
        return f"What {_listing([*before, *last])} do is not independent."
    known, asked = f"{_listing(before)} {_do(before)}", f"{_listing(last)} {_do(last)}"
    return f"Who knows what {known} guesses what {asked} with probability {_better(guessed, blind)}."


def _joint(solution: Solution, rows: Sequence[str], columns: Sequence[str]) -> NDArray[np.float64]:
    """Return the joint distribution of the response functions of two sets of nodes as a table."""
    strategies = solution.q.model.strategies
    found: dict[tuple[int, ...], dict[tuple[int, ...], float]] = defaultdict(lambda: defaultdict(float))
    for strategy in solution.q.support:
        digits = strategies.digits(int(strategy))
        found[tuple(digits[n] for n in rows)][tuple(digits[n] for n in columns)] += solution.q.weight(strategy)
    keys = sorted({key for own in found.values() for key in own})
    return np.array([[own[key] for key in keys] for own in found.values()])


def _from_product(joint: NDArray[np.float64]) -> float:
    """Return the distance of a joint distribution from the product of its marginals; 0 up to rounding."""
    distance = float(abs(joint - np.outer(joint.sum(axis=1), joint.sum(axis=0))).sum())
    return distance if distance > CERTAIN * joint.size else 0.0


def _better(guessed: float, blind: float) -> str:
    """Return ``0.328 instead of 0.25``, with as many digits as the two need to differ."""
    for digits in range(3, 12):
        if f"{guessed:.{digits}g}" != f"{blind:.{digits}g}":
            break
    return f"{guessed:.{digits}g} instead of {blind:.{digits}g}"


def _listing(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _do(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _who(model: CausalModel, name: str) -> str:
    """Return ``Bob's output`` in Bell scenarios of up to three parties, else the variable's name."""
    outputs, inputs = party_names(len(model.outputs)) if len(model.outputs) <= len(_PEOPLE) else ((), ())
    if name in outputs and (tuple(outputs), tuple(inputs)) == (model.outputs, model.inputs):
        return f"{_PEOPLE[outputs.index(name)]}'s output"
    return name.lower() if name in model.hidden else name


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
