"""`Relabeling`: a permutation of parties, settings and outcomes; groups of them.

Rooms further right register how a relabeling acts on their objects, with `act.register`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, singledispatch
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import BehaviorError
from relaxbell.exact.texts import a_kind
from relaxbell.frozen import Frozen, FrozenMapping
from relaxbell.permutations import Permutation, cycles_text, inverted, read_permutation, read_permutations
from relaxbell.results import HasScenario, Variables

T = TypeVar("T")


class Relabeling(Frozen):
    """A permutation of parties, of settings, and of the outcomes for each setting.

    Called with an object, it gives the relabeled one: ``g(behavior)``, ``g(functional)``, and ``g(table)`` of an array
    over outputs, then inputs. Functionals move along with behaviors: ``g(f)(g(p)) == f(p)``. Products act from right
    to left, ``(g @ h)(p) == g(h(p))``. Behaviors and functionals are matched by name.

    Parameters
    ----------
    scenario
        Its variables: a `Scenario`, or a behavior, functional or model of it.
    parties
        Which party each becomes, by their outputs: ``{"A": "B", "B": "A"}``. They need as many settings and outcomes.
    settings
        For inputs the new name of each value: ``{"X": [1, 0]}``.
    outcomes
        For outputs the new name of each value: ``{"A": [1, 0]}``; or a list of such permutations, one for each setting
        of the output's party; or by setting, ``{"A": {1: [1, 0]}}``. Parties and settings are those before the
        relabeling. What is not mentioned stays.

    Attributes
    ----------
    outputs, inputs, cardinality
        The scenario's.
    parties
        Output → input of its party, or None.
    moves
        Variable → the variable that it becomes; None of them changes where no party does.
    settings
        Input → new name of each value.
    outcomes
        Output → for each setting of its party (one without input) the new name of each value.

    Raises
    ------
    BehaviorError
        If a name is unknown, what is given is no permutation, or parties with other numbers of settings or outcomes
        would be exchanged.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> g = rb.Relabeling(box, settings={"X": [1, 0]}, outcomes={"B": {1: [1, 0]}})
    >>> g
    Relabeling X (0 1), B at Y=1 (0 1)
    >>> (g(box).p == box.p).all(), g @ g
    (np.True_, Relabeling (nothing changes))
    """

    def __init__(
        self,
        scenario: Variables | HasScenario,
        *,
        parties: Mapping[str, str] | None = None,
        settings: Mapping[str, Sequence[int]] | None = None,
        outcomes: Mapping[str, Sequence[int] | Sequence[Sequence[int]] | Mapping[int, Sequence[int]]] | None = None,
    ) -> None:
        self._set_variables(scenario)
        _check_names(parties, self.outputs, "parties")
        _check_names(settings, self.inputs, "settings")
        _check_names(outcomes, self.outputs, "outcomes")
        if parties and scenario_of(scenario).parties is None and self.inputs:
            raise BehaviorError(
                f"which party chooses which input? {self.scenario_text} does not say, so that no parties can be "
                'exchanged. Give the scenario parties={"A": "X", "B": None, …}.'
            )
        moves = self._read_parties(parties or {})
        self.moves: Mapping[str, str] = FrozenMapping(moves)
        self.settings: Mapping[str, Permutation] = FrozenMapping(
            {x: read_permutation((settings or {}).get(x), self.cardinality[x], x) for x in self.inputs}
        )
        self.outcomes: Mapping[str, tuple[Permutation, ...]] = FrozenMapping(
            {
                a: read_permutations((outcomes or {}).get(a), self._settings_of(a), self.cardinality[a], a)
                for a in self.outputs
            }
        )
        self._seal()

    def _set_variables(self, scenario: Variables | HasScenario) -> None:
        scenario = scenario_of(scenario)
        self.outputs, self.inputs = tuple(scenario.outputs), tuple(scenario.inputs)
        names = self.outputs + self.inputs
        self.cardinality: Mapping[str, int] = FrozenMapping({n: int(scenario.cardinality[n]) for n in names})
        chosen = scenario.parties or {}
        self.parties: Mapping[str, str | None] = FrozenMapping({a: chosen.get(a) for a in self.outputs})

    def _made(
        self,
        moves: Mapping[str, str],
        settings: Mapping[str, Permutation],
        outcomes: Mapping[str, tuple[Permutation, ...]],
    ) -> Relabeling:
        """Return another relabeling of the scenario, unchecked."""
        made = Relabeling.__new__(Relabeling)
        made._set_variables(self)
        made.moves, made.settings = FrozenMapping(moves), FrozenMapping(settings)
        made.outcomes = FrozenMapping(outcomes)
        made._seal()
        return made

    # ------------------------------------------------------------------ reading

    def _read_parties(self, parties: Mapping[str, str]) -> dict[str, str]:
        moves = {name: name for name in self.outputs + self.inputs} | dict(parties)
        if sorted(map(str, (moves[a] for a in self.outputs))) != sorted(self.outputs):
            listed = ", ".join(f"{a} → {b}" for a, b in parties.items())
            raise BehaviorError(
                f"parties {listed} is no permutation of {', '.join(self.outputs)}. Say for each party that moves which "
                'one it becomes: {"A": "B", "B": "A"}.'
            )
        for a in self.outputs:
            x, y = self.parties[a], self.parties[moves[a]]
            if self._sizes(a) != self._sizes(moves[a]):
                raise BehaviorError(
                    f"{a} cannot become {moves[a]}: {self._described(a)}, {self._described(moves[a])}. Expected "
                    "parties with equal numbers of outcomes and settings."
                )
            if x is not None and y is not None:
                moves[x] = y
        return moves

    def _sizes(self, output: str) -> tuple[int, int | None]:
        own = self.parties[output]
        return self.cardinality[output], None if own is None else self.cardinality[own]

    def _described(self, output: str) -> str:
        outcomes, settings = self._sizes(output)
        return f"{output} has {outcomes} outcomes and {'no input' if settings is None else f'{settings} settings'}"

    def _settings_of(self, name: str) -> int:
        own = self.parties.get(name)
        return 1 if own is None else self.cardinality[own]

    # --------------------------------------------------------------- as a group

    def __matmul__(self, first: object) -> Relabeling:
        if not isinstance(first, Relabeling):
            return NotImplemented
        if self._variables != first._variables:
            raise BehaviorError(
                f"relabelings of different scenarios have no product: found {self.scenario_text} and "
                f"{first.scenario_text}. Make both for one scenario."
            )
        moves = {n: self.moves[to] for n, to in first.moves.items()}
        settings = {x: tuple(self.settings[first.moves[x]][v] for v in values) for x, values in first.settings.items()}
        outcomes = {}
        for a, rows in first.outcomes.items():
            own, after = self.parties[a], self.outcomes[first.moves[a]]
            to = (0,) if own is None else first.settings[own]
            outcomes[a] = tuple(tuple(after[to[x]][v] for v in row) for x, row in enumerate(rows))
        return self._made(moves, settings, outcomes)

    @cached_property
    def inverse(self) -> Relabeling:
        """The relabeling that undoes this one."""
        moves = {to: n for n, to in self.moves.items()}
        settings = {self.moves[x]: inverted(values) for x, values in self.settings.items()}
        outcomes = {}
        for a, rows in self.outcomes.items():
            own = self.parties[a]
            to = (0,) if own is None else self.settings[own]
            outcomes[self.moves[a]] = tuple(inverted(rows[to.index(x)]) for x in range(len(rows)))
        return self._made(moves, settings, outcomes)

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes."""
        rows = [*self.settings.values(), *(row for own in self.outcomes.values() for row in own)]
        return all(n == to for n, to in self.moves.items()) and all(row == tuple(range(len(row))) for row in rows)

    @cached_property
    def _variables(self) -> Hashable:
        return (
            frozenset(self.parties.items()), frozenset(self.inputs), frozenset(self.cardinality.items())
        )  # fmt: skip

    @cached_property
    def _key(self) -> Hashable:
        parts = (self.moves, self.settings, self.outcomes)
        return self._variables, *(frozenset(part.items()) for part in parts)

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Relabeling) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def scenario_text(self) -> str:
        """The scenario by its variables, their numbers of values, and who chooses what: ``A 3 of X``."""
        own = {a: f" of {x}" for a, x in self.parties.items() if x is not None}
        sizes = ", ".join(f"{name} {size}{own.get(name, '')}" for name, size in self.cardinality.items())
        return f"p({','.join(self.outputs)}|{','.join(self.inputs)}): {sizes}"

    # ---------------------------------------------------------------- as action

    def __call__(self, value: T) -> T:
        """Return the relabeled object.

        Parameters
        ----------
        value
            A behavior, a functional, or an array over the relabeling's outputs, then its inputs.

        Returns
        -------
        The same kind of object
            Exact if it was.
        """
        found: T = act(value, self)
        return found

    def cells(self, outputs: Sequence[str] | None = None, inputs: Sequence[str] | None = None) -> NDArray[np.intp]:
        """Return the cell that each cell of a table becomes.

        Parameters
        ----------
        outputs, inputs
            The order of the axes; by default the relabeling's own.

        Returns
        -------
        NDArray
            Numbers of cells in C order, shape (cells,).

        Raises
        ------
        BehaviorError
            If the names are others.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Relabeling(rb.Scenario("A", "X", {"A": 2, "X": 2}), outcomes={"A": {1: [1, 0]}}).cells().tolist()
        [0, 3, 2, 1]
        """
        outputs = self.outputs if outputs is None else tuple(outputs)
        inputs = self.inputs if inputs is None else tuple(inputs)
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise BehaviorError(
                f"variables do not match: the relabeling is of {self.scenario_text}, found a table "
                f"p({','.join(outputs)}|{','.join(inputs)}). Use rename({{old: new}}), or make the relabeling for it."
            )
        names = outputs + inputs
        shape = [self.cardinality[n] for n in names]
        strides = {n: math.prod(shape[i + 1 :]) for i, n in enumerate(names)}
        values = dict(zip(names, np.ix_(*map(np.arange, shape)), strict=True))
        total: NDArray[np.intp] = np.zeros(shape, dtype=np.intp)
        for name in names:
            if name in self.settings:
                image = np.array(self.settings[name])[values[name]]
            else:
                own = self.parties[name]
                image = np.array(self.outcomes[name])[0 if own is None else values[own], values[name]]
            total = total + strides[self.moves[name]] * image
        return total.ravel()

    def __repr__(self) -> str:
        parts = cycles_text([self.outputs.index(self.moves[a]) for a in self.outputs], self.outputs)
        found = [parts] if parts else []
        for x in self.inputs:
            found += [f"{x} {text}" for text in [cycles_text(self.settings[x])] if text]
        for a in self.outputs:
            texts = [cycles_text(row) for row in self.outcomes[a]]
            if len(set(texts)) == 1:
                found += [f"{a} {texts[0]}"] if texts[0] else []
            else:
                found += [f"{a} at {self.parties[a]}={x} {text}" for x, text in enumerate(texts) if text]
        return f"Relabeling {', '.join(found) or '(nothing changes)'}"


def scenario_of(value: Variables | HasScenario) -> Variables:
    """Return a scenario, or that of a behavior, functional or model.

    Raises
    ------
    BehaviorError
        If it is none of them.
    """
    found: object = getattr(value, "scenario", value)
    if not isinstance(found, Variables):
        raise BehaviorError(
            f"a relabeling is of a scenario: found {a_kind(value)}, expected a Scenario, or a behavior, "
            "functional or model."
        )
    return found


@singledispatch
def act(value: object, relabeling: Relabeling) -> Any:
    """Return the relabeled object; rooms register theirs with ``act.register``."""
    raise BehaviorError(
        f"a relabeling acts on behaviors, functionals and tables: found {value!r:.40} ({type(value).__name__}). Give "
        "a Behavior, a BellFunctional or an array."
    )


@act.register(np.ndarray)
def _on_table(table: NDArray[Any], relabeling: Relabeling) -> NDArray[Any]:
    """Return the table with its cells moved; further axes stay."""
    shape = tuple(relabeling.cardinality[n] for n in relabeling.outputs + relabeling.inputs)
    if table.shape[: len(shape)] != shape:
        raise BehaviorError(
            f"a table of shape {table.shape}, expected {shape}: the relabeling is of {relabeling.scenario_text}."
        )
    return moved(table, relabeling.cells(), len(shape))


def moved(table: NDArray[Any], cells: NDArray[np.intp], axes: int) -> NDArray[Any]:
    """Return a table whose cells became others; the first `axes` axes number them."""
    flat = table.reshape(len(cells), *table.shape[axes:])
    found = np.empty_like(flat)
    found[cells] = flat
    return found.reshape(table.shape)


@dataclass(frozen=True)
class Symmetries:
    """A group of relabelings, by generators.

    Attributes
    ----------
    generators
        All relabelings of the group are products of them; empty where only the identity is in it.
    order
        How many relabelings are in the group, the identity included.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.boxes.pr().symmetries()
    >>> found.order, all((g(rb.boxes.pr()).p == rb.boxes.pr().p).all() for g in found.generators)
    (16, True)
    """

    generators: tuple[Relabeling, ...]
    order: int

    def __repr__(self) -> str:
        lines = [f"{self.order:,} relabeling{'s' if self.order > 1 else ''}"]
        return "\n  ".join(lines + [repr(g).removeprefix("Relabeling ") for g in self.generators])


def _check_names(given: object, names: Sequence[str], word: str) -> None:
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise BehaviorError(f"{word} is {given!r:.60}, expected a mapping by name. The names are {', '.join(names)}.")
    unknown = [name for name in given if name not in names]
    if unknown:
        raise BehaviorError(
            f"{word} names {unknown[0]!r}, expected {' or '.join(names) or 'nothing'}. Correct the name."
        )
