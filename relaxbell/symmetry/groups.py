"""Relabelings as permutations of points, and the groups that they generate.

Points are, for each output, its values at each setting of its party, then the values of inputs that belong to no party.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relaxbell.permutations import Permutation, group_order
from relaxbell.relabeling import Relabeling, Symmetries
from relaxbell.results import Variables


def places_of(scenario: Variables) -> list[tuple[str, int, int]]:
    """Return for each point its variable, the setting of its party (0 without one), and its value."""
    parties = scenario.parties or {}
    chosen = set(parties.values())
    found = []
    for name in (*scenario.outputs, *(x for x in scenario.inputs if x not in chosen)):
        own = parties.get(name)
        settings = 1 if own is None else scenario.cardinality[own]
        found += [(name, s, v) for s in range(settings) for v in range(scenario.cardinality[name])]
    return found


def points_of(relabeling: Relabeling) -> Permutation:
    """Return what each point becomes."""
    places = places_of(relabeling)
    number = {place: i for i, place in enumerate(places)}
    found = []
    for name, s, v in places:
        if name in relabeling.settings:
            found.append(number[name, 0, relabeling.settings[name][v]])
        else:
            own = relabeling.parties[name]
            to = 0 if own is None else relabeling.settings[own][s]
            found.append(number[relabeling.moves[name], to, relabeling.outcomes[name][s][v]])
    return tuple(found)


def from_points(scenario: Variables, images: Sequence[int]) -> Relabeling:
    """Return the relabeling under which each point becomes another.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from_points(rb.boxes.pr(), [4, 5, 6, 7, 0, 1, 2, 3])
    Relabeling (A B)
    """
    places, own = places_of(scenario), scenario.parties or {}
    parties: dict[str, str] = {}
    settings: dict[str, dict[int, int]] = {}
    outcomes: dict[str, dict[int, list[int]]] = {}
    for (name, s, v), image in zip(places, images, strict=True):
        to, setting, value = places[image]
        if name in scenario.inputs:
            settings.setdefault(name, {})[v] = value
            continue
        parties[name] = to
        outcomes.setdefault(name, {}).setdefault(s, []).append(value)
        chosen = own.get(name)
        if chosen is not None:
            settings.setdefault(chosen, {})[s] = setting
    moved = {a: b for a, b in parties.items() if a != b}
    return Relabeling(
        scenario,
        parties=moved,
        settings={x: [values[v] for v in range(len(values))] for x, values in settings.items()},
        outcomes=outcomes,
    )


def group(generators: Iterable[Relabeling]) -> Symmetries:
    """Return the group that relabelings generate."""
    found = tuple(generators)
    return Symmetries(found, group_order([points_of(g) for g in found]))
