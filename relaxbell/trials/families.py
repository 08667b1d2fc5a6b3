"""Families of scores that are tried where no game is named: fixed by the model, whatever the data are.

Models of parties with inputs of their own get lifted inequalities: CHSH for each pair of parties, Mermin's and
Svetlichny's for all, on each choice of two settings and with outcomes in two groups, in all relabelings. Where these
are too many, chained inequalities come first. Other small models get all their facets. Where no edge is relaxed all
behaviors of the model satisfy these, whatever its effects are: then the terms of the measure's closed form are tried,
each at most the least value. A score is a win or a loss at the settings of the game, weighed so that its mean is zero
where the inequality holds with equality, whatever the distribution of the settings: nothing is bet on these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.closed_forms.derive import closed_form
from relaxbell.closed_forms.inequalities import inequalities
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals import catalog
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.measure import Measure
from relaxbell.trials.games import as_scores

_MOST = 256
"""Members of a family; where outcomes can be grouped in more ways, fewer are tried."""

_MOST_AT_ALL = 1024
"""The same for parties with many settings."""

_GROUPINGS = (
    (False, False, ""),
    (True, False, ", the same groups for both settings"),
    (True, True, ", one outcome against the others, the same for both settings"),
)
"""Whether both settings of a party have the same groups, and whether one is a single outcome."""

_MOST_FACETS = 128
_MOST_VERTICES, _MOST_CELLS = 72, 24
"""Models whose facets are found at once: counted, so that no family depends on how fast a machine is."""

_MOST_PARTIES = 4
"""For functionals of all parties."""

_SIMPLE = 1000
"""Largest denominator of a coefficient of a facet in the symmetric gauge."""

Signs = NDArray[np.int64]
Groups = tuple[int, ...]


def scores(model: CausalModel, settings: Exact) -> tuple[list[NDArray[np.float64]], str]:
    """Return the scores of a family, flat, each with mean at most 0 in the model without relaxations, and its name.

    Raises
    ------
    MeasureError
        Where no family is known.
    """
    parties = _parties(model)
    if len(parties) >= 2:
        tables, name = _lifted(model, parties, settings)
    else:
        tables, name = _facets(model, settings)
    found = _different(tables)
    if not found:
        raise MeasureError(
            f"evidence in {model.scenario.symbol} needs a game= that was named before the data were seen, training= "
            f"counts or a behavior from theory, or split=0.5: no family of games is known for {model.name}, which has "
            "neither two parties with two settings that occur and two outcomes, nor few strategies."
        )
    return found, name


def asks_terms(model: CausalModel, *, signed: bool, limited: bool) -> bool:
    """Whether the model without relaxations is not the null hypothesis at 0, so that its inequalities say little.

    So it is where nothing is relaxed, for effects, and within constraints; the lifted inequalities of parties stay.
    """
    return not model.relaxed or ((signed or limited) and len(_parties(model)) < 2)


def term_scores(
    measure: Measure, subject_to: Sequence[object], settings: Exact
) -> tuple[list[NDArray[np.float64]], str]:
    """Return scores with mean at most 0 where a measure is at most 0 within constraints, none where that is not known.

    The terms of its closed form, and what the model demands of p, so that the model itself may be rejected as well.
    """
    model = measure.model
    if not _is_small(model, settings):
        return [], ""
    form = closed_form(measure, None, subject_to, seconds=math.inf)
    rows = [term.form for term in (*form.terms, *form.domain) if any(term.form[1:])]
    tables = _in_gauge(model, [form.region.functional(row) for row in rows[:_MOST_FACETS]], settings)
    return _different(tables), f"the terms of the least {measure.name}, and what the model demands of p"


def _different(tables: Sequence[Exact]) -> list[NDArray[np.float64]]:
    return list({own.tobytes(): own for own in (as_scores(table, None) for table in tables)}.values())


def _parties(model: CausalModel) -> list[tuple[int, int]]:
    """Return, for parties with an input of their own and a choice on both, the axes of output and input."""
    if model.parties is None or None in model.parties.values():
        return []
    owned = [str(model.parties[name]) for name in model.outputs]
    if len(set(owned)) < len(owned):
        return []
    axes = [(k, len(model.outputs) + model.inputs.index(name)) for k, name in enumerate(owned)]
    shape = model.observed_shape
    return [(out, into) for out, into in axes if shape[out] > 1 and shape[into] > 1]


# ------------------------------------------------------------------------ inequalities of parties


def _lifted(model: CausalModel, parties: Sequence[tuple[int, int]], settings: Exact) -> tuple[list[Exact], str]:
    shape = model.observed_shape
    chsh = _orbit(_signs(catalog.CHSH))
    kinds: list[tuple[tuple[tuple[int, int], ...], list[Signs]]] = [(own, chsh) for own in combinations(parties, 2)]
    name = "CHSH for two parties, two settings each and outcomes in two groups, in all relabelings"
    if 3 <= len(parties) <= _MOST_PARTIES:
        for named in (catalog.mermin, catalog.svetlichny):
            kinds.append((tuple(parties), _orbit(_signs(named(len(parties))))))
        name = "CHSH for pairs of parties, Mermin and Svetlichny for all, two settings each and outcomes in two groups"
        name += ", in all relabelings"
    ways: dict[int, tuple[bool, bool, str]] = {}
    for alike, single, words in _GROUPINGS:
        total = sum(_number(shape, own, len(orbit), alike=alike, single=single) for own, orbit in kinds)
        ways.setdefault(total, (alike, single, words))
        if total <= _MOST:
            break
    alike, single, words = ways[min(ways)]
    name += words
    tables: list[Exact] = []
    if min(ways) > _MOST_AT_ALL:  # the first of them are on few of the settings
        # where settings depend on λ and strategies are not listed, it takes long to price what uses few of them
        longest = bool(model.dependent_inputs) and not model.strategies.can_be_listed
        tables = list(itertools.islice(_chained(model, parties, settings, longest=longest), _MOST_AT_ALL))
        if longest and tables:
            return tables, "chained inequalities of as many settings as there are on both sides, in their order"
        name = f"chained inequalities of settings in their order, all or every second, third, …, then {name}"
    for own, orbit in kinds:
        choices = [list(_views(shape, axes, alike=alike, single=single)) for axes in own]
        share = Fraction(_most(orbit[0]), int(abs(orbit[0]).sum()))
        for views in product(*choices):
            made = [_table(model, own, views, signs, share, settings) for signs in orbit]
            tables += [table for table in made if table is not None]
            if len(tables) > _MOST_AT_ALL:
                return tables[:_MOST_AT_ALL], f"{name}, the first {_MOST_AT_ALL} in a fixed order"
    return tables, name


def _chained(
    model: CausalModel, parties: Sequence[tuple[int, int]], settings: Exact, *, longest: bool
) -> Iterator[Exact]:
    """Yield chained inequalities for pairs of parties, the longest first, or alone; one outcome against the others.

    Braunstein and Caves, Ann. Phys. 202, 22 (1990). Settings are in the order of their numbers, as directions in a
    plane are, from any place on, forwards or backwards on one side: an even family would be of all their orders.
    """
    shape = model.observed_shape
    for pair in combinations(parties, 2):
        counts = [shape[into] for _, into in pair]
        before: list[int] = []
        for size in range(min(counts), 1, -1):
            steps = [count // size for count in counts]
            if steps == before:
                continue
            if before and longest:
                break
            before = steps
            share = Fraction(size - 1, size)
            for outcome in range(1 if max(shape[out] for out, _ in pair) == 2 else min(shape[out] for out, _ in pair)):
                groups = [tuple(-1 if k == outcome else 1 for k in range(shape[out])) for out, _ in pair]
                for starts, signs in product(product(*map(range, steps)), _chains(size)):
                    chosen = [tuple(range(at, at + size * step, step)) for at, step in zip(starts, steps, strict=True)]
                    views = [(own, (group,) * size) for own, group in zip(chosen, groups, strict=True)]
                    table = _table(model, pair, views, signs, share, settings)
                    if table is not None:
                        yield table


def _chains(size: int) -> Iterator[Signs]:
    """Yield the signs of chains: each setting of one side beside two neighbors of the other, which turn back in sign.

    Of directions k π / size beyond the last one the first comes next, with the other sign.
    """
    for turn, back, sign in product(range(size), (False, True), (1, -1)):
        own = np.zeros((size, size), dtype=np.int64)
        for k in range(size):
            turned = -sign if k + turn >= size else sign
            own[k, (k + turn) % size] = turned
            own[(k + 1) % size, (k + turn) % size] = -turned if k + 1 >= size else turned
        yield own[:, ::-1] if back else own


def _number(shape: Sequence[int], parties: Sequence[tuple[int, int]], size: int, *, alike: bool, single: bool) -> int:
    ways = size
    for out, into in parties:
        groups = shape[out] if single and shape[out] > 2 else 2 ** (shape[out] - 1) - 1
        ways *= math.comb(shape[into], 2) * (groups if alike else groups**2)
    return ways


def _views(
    shape: Sequence[int], axes: tuple[int, int], *, alike: bool, single: bool
) -> Iterator[tuple[tuple[int, int], tuple[Groups, Groups]]]:
    """Yield two settings of a party, and for each the sign of every outcome: the first one has +."""
    d, m = shape[axes[0]], shape[axes[1]]
    groups = [(1, *rest) for rest in product((1, -1), repeat=d - 1) if -1 in rest]
    if single and d > 2:
        groups = [tuple(-1 if k == own else 1 for k in range(d)) for own in range(d)]
    for pair in combinations(range(m), 2):
        for first, second in zip(groups, groups, strict=True) if alike else product(groups, groups):
            yield pair, (first, second)


def _table(
    model: CausalModel,
    parties: Sequence[tuple[int, int]],
    views: Sequence[tuple[tuple[int, ...], tuple[Groups, ...]]],
    signs: Signs,
    share: Fraction,
    settings: Exact,
) -> Exact | None:
    """Return (sign · parity − share) / p(settings) at a game's settings, 0 at others; None if one never is."""
    shape, outputs = model.observed_shape, len(model.outputs)
    inputs = [into - outputs for _, into in parties]
    own = settings.sum(axis=tuple(k for k in range(settings.ndim) if k not in inputs))
    order = sorted(inputs)
    table = np.full(shape, Fraction(0), dtype=object)
    for chosen in np.argwhere(signs).tolist():
        place: list[slice] = [slice(None)] * len(shape)
        at = [0] * len(inputs)
        parity = np.array(int(signs[tuple(chosen)]), dtype=object)
        for (out, into), (own_settings, groups), k in zip(parties, views, chosen, strict=True):
            place[into] = slice(own_settings[k], own_settings[k] + 1)
            at[order.index(into - outputs)] = own_settings[k]
            parity = parity * np.array(groups[k]).reshape([-1 if axis == out else 1 for axis in range(len(shape))])
        chance = own[tuple(at)]
        if not chance:
            return None
        table[tuple(place)] += (parity - share) / chance
    return table


def _most(signs: Signs) -> int:
    """Return the largest Σ signs · a_x b_y … with all a, b, … = ±1."""
    # the last party answers best; the others have 2^settings answers each
    rest = signs.shape[:-1]
    best = 0
    for answers in product(*(product((1, -1), repeat=n) for n in rest)):
        weights = np.array(1)
        for own in answers:
            weights = np.multiply.outer(weights, np.array(own))
        best = max(best, int(abs((signs * weights[..., None]).reshape(-1, signs.shape[-1]).sum(axis=0)).sum()))
    return best


def _signs(functional: BellFunctional) -> Signs:
    """Return the signs of correlators that make up a functional of two outcomes: p(0, …, 0|settings) has them."""
    return np.array(functional.coefficients[(0,) * len(functional.outputs)], dtype=np.int64)


def _orbit(signs: Signs) -> list[Signs]:
    """Return what swaps of settings and flips of outcomes make of signs, in a fixed order."""
    found = {signs.tobytes(): signs}
    waiting = [signs]
    while waiting:
        own = waiting.pop()
        for axis in range(own.ndim):
            flip = np.array([-1, 1]).reshape([-1 if k == axis else 1 for k in range(own.ndim)])
            for new in (np.ascontiguousarray(np.flip(own, axis)), own * flip):
                if new.tobytes() not in found:
                    found[new.tobytes()] = new
                    waiting.append(new)
    return [found[key] for key in sorted(found)]


# ------------------------------------------------------------------------ facets of small models


def _facets(model: CausalModel, settings: Exact) -> tuple[list[Exact], str]:
    """Return all facets, where they are found at once."""
    plain = model.unrelaxed
    if not _is_small(plain, settings):
        return [], ""
    own = inequalities(plain, math.inf).functionals()[:_MOST_FACETS]
    found = _in_gauge(plain, [functional.transposed(model.outputs, model.inputs) for functional in own], settings)
    return found, f"the facets of {plain.name}"


def _is_small(model: CausalModel, settings: Exact) -> bool:
    """Whether inequalities are found at once: one latent variable, few behaviors of strategies, no setting missing."""
    if len(model.latents) > 1 or math.prod(model.observed_shape) > _MOST_CELLS or not settings.all():
        return False
    return len(_columns(model)) <= _MOST_VERTICES


def _columns(model: CausalModel) -> NDArray[np.int8]:
    """Return the different behaviors of strategies, one in a row."""
    return np.unique(model.T.toarray().T, axis=0)


def _in_gauge(model: CausalModel, functionals: Sequence[BellFunctional], settings: Exact) -> list[Exact]:
    """Return tables of functionals over p(settings), in the gauge in which they have the least coefficients."""
    number = int(settings.size)
    columns = _columns(model)
    # adding what is zero for all behaviors changes what is bet on settings and signals: the projection has none of it
    onto = np.linalg.pinv(columns) @ columns
    found = []
    for own in functionals:
        same = own.transposed(model.outputs, model.inputs)
        table = np.array([float(c) for c in same.coefficients.ravel()]) + float(same.constant) / number
        near = [Fraction(float(c)).limit_denominator(_SIMPLE) for c in onto @ table]
        found.append(np.array(near, dtype=object).reshape(model.observed_shape) / settings)
    return found
