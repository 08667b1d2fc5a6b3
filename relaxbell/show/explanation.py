"""`explain`: what the optimal strategies do, in words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.behavior.names import party_names
from relaxbell.errors import MeasureError
from relaxbell.solve.solution import Solution

if TYPE_CHECKING:
    from relaxbell.causal.graph import Edge
    from relaxbell.causal.model import CausalModel
    from relaxbell.causal.responses import Node

_PEOPLE = ("Alice", "Bob", "Charlie")
_TABLE = 10
_WAYS = 3
_GROUPS = 6
_NEGLIGIBLE = 5e-4
"""Probabilities below print as 0."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The strategies of a solution as a table and in words. Made by `explain`.

    Attributes
    ----------
    solution
        What is explained.
    sentences
        One for each relaxed edge (or each edge between observed nodes, where none is relaxed), one for the settings if
        they depend on the latent variable.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> found = rb.explain(rb.minimize(rb.influence(model, "X", "B"), rb.pr_box()))
    >>> found.columns
    ('probability', 'A', 'B')
    """

    solution: Solution
    sentences: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Heads of the table: the probability, then every responding node."""
        return ("probability", *(node.name for node in self.solution.q.model.strategies.nodes))

    @cached_property
    def rows(self) -> tuple[tuple[float | str, ...], ...]:
        """The strategies with weight, the heaviest first: probability, and each node's response function as text."""
        q = self.solution.q
        return tuple((float(q.weights[s]), *q.functions(int(s)).values()) for s in q.support)

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def __repr__(self) -> str:
        shown = [(f"{row[0]:.4f}", *map(str, row[1:])) for row in self.rows[:_TABLE]]
        lines = [self.columns, *shown]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.columns))]
        text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        if len(self.rows) > _TABLE:
            text.append(f"… {len(self.rows) - _TABLE} more strategies")
        return "\n".join([*self.sentences, "", *text])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr><td>{row[0]:.4f}</td>{''.join(f'<td><code>{escape(str(v))}</code></td>' for v in row[1:])}</tr>"
            for row in self.rows[:_TABLE]
        )
        more = f"<p>… {len(self.rows) - _TABLE} more strategies</p>" if len(self.rows) > _TABLE else ""
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
    >>> print(rb.explain(rb.minimize(rb.influence(model, "X", "B"), rb.tsirelson_box())))
    Bob's output copies x with probability 0.104 and flips x with probability 0.104, whatever y.
    """
    if not isinstance(solution, Solution):
        raise MeasureError(f"cannot explain a {type(solution).__name__}, expected a Solution, as minimize returns it.")
    model = solution.q.model
    responding = {node.name for node in model.strategies.nodes}
    edges = [edge for edge in model.relaxed or model.edges if edge[0] not in model.latents and edge[1] in responding]
    said = [_edge_sentence(solution, edge) for edge in edges]
    said += [_message_sentence(solution, name) for name in model.hidden]
    said += [_settings_sentence(solution)] if model.dependent_inputs else []
    return Explanation(solution, tuple(said))


def _edge_sentence(solution: Solution, edge: Edge) -> str:
    """Say how often, and how, a node responds to one of its parents: for each value of the others, if these matter."""
    model, (source, target) = solution.q.model, edge
    node = next(n for n in model.strategies.nodes if n.name == target)
    others = [(name.lower(), size) for name, size in zip(node.parents, node.radices, strict=True) if name != source]
    who, what = _who(model, target), source.lower()
    uses = _uses(solution, node, source)
    groups: dict[tuple[tuple[str, str], ...], list[tuple[int, ...]]] = defaultdict(list)
    for place, verbs in uses.items():
        kept = sorted(verbs.items(), key=lambda verb: (-round(verb[1], 6), verb[0]))
        groups[tuple((verb, f"{weight:.3g}") for verb, weight in kept if weight >= _NEGLIGIBLE)].append(place)
    if len(groups) == 1:
        (only,) = groups
        whatever = f", whatever {' and '.join(n for n, _ in others)}" if others and only else ""
        return f"{_clause(_capital(who), what, only)}{whatever}."
    if len(groups) > _GROUPS:
        totals = [sum(verbs.values()) for verbs in uses.values()]
        names = ", ".join(name for name, _ in others)
        often = f"{min(totals):.3g} to {max(totals):.3g}, depending on {names}"
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
        row = node.table[solution.q.model.strategies.digits(int(strategy))[node.name]]
        grid = np.moveaxis(np.asarray(row, dtype=int).reshape(node.radices), axis, -1)
        for place, verbs in found.items():
            verb = _verb(grid[place], source.lower(), node.cardinality)
            if verb:
                verbs[verb] += float(solution.q.weights[strategy])
    return found


def _clause(who: str, what: str, verbs: tuple[tuple[str, str], ...]) -> str:
    """Return ``Bob's output copies x with probability 0.21``."""
    if not verbs:
        return f"{who} never uses {what}"
    said = [f"always {verb}" if p == "1" else f"{verb} with probability {p}" for verb, p in verbs[:_WAYS]]
    rest = sum(float(p) for _, p in verbs[_WAYS:])
    said += [f"uses it in {len(verbs) - _WAYS} other ways with probability {rest:.3g}"] if rest else []
    return f"{who} {', '.join(said[:-1])}{' and ' if len(said) > 1 else ''}{said[-1]}"


def _verb(values: Any, name: str, cardinality: int) -> str:
    """Return what a function of one variable does with it."""
    count = len(values)
    if len(set(values.tolist())) == 1:
        return ""
    if (values == np.arange(count)).all():
        return f"copies {name}"
    if count == cardinality == 2:
        return f"flips {name}"
    return f"maps {name} = 0 … {count - 1} to {' '.join(map(str, values))}"


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
    weight = 1 - solution.q.model.rows({name: 0}).array @ solution.q.weights
    return f"A message other than {name.lower()} = 0 is sent with probability {abs(float(weight[0])):.3g}."


def _settings_sentence(solution: Solution) -> str:
    """Say how well the settings are guessed by someone who knows the strategy."""
    model = solution.q.model
    names = [node.name for node in model.strategies.nodes if node.name in model.dependent_inputs]
    joint: dict[tuple[int, ...], dict[tuple[int, ...], float]] = defaultdict(lambda: defaultdict(float))
    for strategy in solution.q.support:
        digits = model.strategies.digits(int(strategy))
        setting = tuple(digits.pop(n) for n in names)
        joint[tuple(digits.values())][setting] += float(solution.q.weights[strategy])
    guessed = sum(max(own.values()) for own in joint.values())
    blind = float(max(model.input_distribution.marginal(names).ravel()))
    settings = ", ".join(n.lower() for n in names)
    if guessed - blind < _NEGLIGIBLE:
        return f"The settings {settings} are chosen freely: λ does not help to guess them."
    who = f"the setting{'s' if len(names) > 1 else ''} {settings}"
    return f"Who knows λ guesses {who} with probability {guessed:.3g} instead of {blind:.3g}."


def _who(model: CausalModel, name: str) -> str:
    """Return ``Bob's output`` in Bell scenarios of up to three parties, else the variable's name."""
    outputs, inputs = party_names(len(model.outputs)) if len(model.outputs) <= len(_PEOPLE) else ((), ())
    if name in outputs and (tuple(outputs), tuple(inputs)) == (model.outputs, model.inputs):
        return f"{_PEOPLE[outputs.index(name)]}'s output"
    return name.lower() if name in model.hidden else name


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
