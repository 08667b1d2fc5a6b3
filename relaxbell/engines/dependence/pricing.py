"""The largest Σ_x p(x) max(z_x(λ), max_x' z_x'(λ) − 2) + rest(λ) over all λ, without a list of them.

If x* is the setting of the largest z_x(λ) and s the answer of λ to it, z_x*(s) is known, and what remains is a sum
of tables max(z_x, z_x*(s) − 2): its largest value over the λ that answer s is found by eliminating variables. For
two parties that is: for each strategy of one side the best answers of the other. All pairs (x*, s), up to symmetries,
give the maximum, as a wrong x* only gives less. The rest, what other measures and budgets say of λ, is any more tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm, check_work, planned
from relaxbell.exact.elimination import Elimination
from relaxbell.exact.numbers import Floats
from relaxbell.lp.clock import remaining

_AT_ONCE = 2**21
"""Most numbers of a table while one variable is eliminated, for answers that are treated together."""

_CHOICES = 2**8
"""Most strategies of a batch among which the best are chosen; more cost more than they help."""

_LARGEST_KEPT = 2**20
"""Numbers of a pricer that is kept."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Answers s to one setting x*, and how the tables of the other settings are read once x* is answered so."""

    setting: int
    answers: NDArray[np.intp]
    """Entries of `flat`."""
    plan: Elimination
    others: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    """Settings of one shape, and for each the entries of `flat`, shape (settings, …, answers)."""
    rest: tuple[NDArray[np.intp], ...]
    """For each table of the rest, its entries that are read, shape (…, answers)."""


class DependencePricer:
    """Finds the λ whose columns are best.

    Parameters
    ----------
    form
        The tables.
    entries
        Entries of the tables to take as (x*, s): representatives up to symmetries of z, or all.
    rest
        Scopes of the tables that are added for each λ, ascending.
    """

    def __init__(self, form: SettingForm, entries: NDArray[np.intp], rest: Sequence[tuple[int, ...]] = ()) -> None:
        self.form, self._rest, self._batches = form, tuple(rest), list[_Batch]()
        parts, work = self._by_setting(entries), 0
        for k, (x, own) in enumerate(parts, 1):
            made = self._made(x, own)
            work += sum(batch.plan.additions for batch in made)
            check_work(form.model, work * len(parts) // k)  # about as much for each of the settings
            remaining()
            self._batches += made

    @property
    def size(self) -> int:
        """How many numbers tell which entries are read."""
        return sum(numbers.size for batch in self._batches for _, numbers in batch.others)

    def _by_setting(self, entries: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
        place = np.searchsorted(self.form.starts, entries, side="right") - 1
        return [(int(x), entries[place == x]) for x in np.unique(place)]

    def _made(self, x: int, entries: NDArray[np.intp]) -> list[_Batch]:
        form = self.form
        domains, fixed = form.model.local.domains, set(form.scopes[x])
        rests = {y: tuple(v for v in scope if v not in fixed) for y, scope in enumerate(form.scopes) if y != x}
        others = (tuple(v for v in scope if v not in fixed) for scope in self._rest)
        size = max((math.prod(domains[v] for v in rest) for rest in (*rests.values(), *others)), default=1)
        most = max(1, _AT_ONCE // size)
        found: list[_Batch] = []
        while len(entries):
            batch = self._batch(x, entries[:most], rests)
            if batch.plan.largest > 4 * _AT_ONCE and most > 1:
                most = max(1, most // 4)
                continue
            found.append(batch)
            entries = entries[most:]
        return found

    def _batch(self, x: int, entries: NDArray[np.intp], rests: dict[int, tuple[int, ...]]) -> _Batch:
        form = self.form
        domains = form.model.local.domains
        answer = dict(zip(form.scopes[x], self._digits(x, entries), strict=True))
        kinds: dict[tuple[int, ...], tuple[list[int], list[NDArray[np.intp]]]] = {}
        for y in rests:
            number = form.starts[y] + _read(form.scopes[y], domains, answer, len(entries))
            members = kinds.setdefault(number.shape, ([], []))
            members[0].append(y)
            members[1].append(number)
        last = len(domains)  # a variable for the answers themselves
        others = tuple((np.array(ys), np.stack(numbers)) for ys, numbers in kinds.values())
        scopes = [(*rests[int(y)], last) for ys, _ in others for y in ys]
        scopes += [(*(v for v in scope if v not in answer), last) for scope in self._rest]
        plan = planned(form.model, (*domains, len(entries)), [*scopes, (last,)], _CHOICES)
        return _Batch(x, entries, plan, others, tuple(_read(own, domains, answer, len(entries)) for own in self._rest))

    def _digits(self, x: int, entries: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        found = np.unravel_index(entries - self.form.starts[x], self.form.shapes[x]) if self.form.shapes[x] else ()
        return [np.asarray(values, dtype=np.intp) for values in found]

    # ----------------------------------------------------------------------- maxima

    def tables(
        self, batch: _Batch, flat: NDArray[Any], weights: NDArray[Any], two: Any, rest: Sequence[NDArray[Any]] = ()
    ) -> list[NDArray[Any]]:
        """Return the tables whose sum is maximized, for a batch."""
        known = flat[batch.answers]
        found: list[NDArray[Any]] = []
        for settings, numbers in batch.others:
            raised = np.maximum(flat[numbers], known - two)
            raised *= weights[settings].reshape([-1, *[1] * (raised.ndim - 1)])
            found += list(raised)
        found += [own.ravel()[places] for own, places in zip(rest, batch.rest, strict=True)]
        return [*found, weights[batch.setting] * known]

    def largest(self, flat: NDArray[Any], weights: NDArray[Any], two: Any, rest: Sequence[NDArray[Any]] = ()) -> Any:
        """Return the maximum; exact for whole numbers, which are those of Python where int64 might overflow."""
        return max(batch.plan.largest_sum(self.tables(batch, flat, weights, two, rest)) for batch in self._batches)

    def best(
        self,
        flat: Floats,
        weights: Floats,
        most: int,
        tolerance: float,
        two: float = 2.0,
        rest: Sequence[Floats] = (),
    ) -> tuple[float, NDArray[np.int64], Floats]:
        """Return the maximum, and strategies above a tolerance with what each reaches, at most `most` for a batch."""
        top, found, values = -math.inf, [], []
        for batch in self._batches:
            remaining()
            sums, choices = batch.plan.run(self.tables(batch, flat, weights, two, rest))
            sums = sums.ravel()
            top = max(top, float(sums.max()))
            places = np.argpartition(-sums, most - 1)[:most] if len(sums) > most else np.arange(len(sums))
            places = places[sums[places] > tolerance]
            if len(places):
                found.append(self._strategies(batch, choices.assignments(places)))
                values.append(sums[places])
        count = len(self.form.model.local.domains)
        strategies = np.concatenate(found) if found else np.zeros((0, count), dtype=np.int64)
        return top, strategies, np.concatenate(values) if values else np.zeros(0)

    def _strategies(self, batch: _Batch, assignments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the strategies behind assignments of a batch: its own variables have the values of the answer."""
        found = assignments[:, :-1].copy()
        answers = batch.answers[assignments[:, -1]]
        for v, values in zip(self.form.scopes[batch.setting], self._digits(batch.setting, answers), strict=True):
            found[:, v] = values
        return found


def dependence_pricer(form: SettingForm, entries: NDArray[np.intp]) -> DependencePricer:
    """Return a pricer of these entries, made once for each form: plans do not depend on data."""
    key = "pricer", entries.tobytes()
    known = form.kept.get(key)
    if not isinstance(known, DependencePricer):
        known = DependencePricer(form, entries)
        if known.size <= _LARGEST_KEPT:
            form.kept.put(key, known)
    return known


def _read(
    scope: Sequence[int], domains: Sequence[int], answer: Mapping[int, NDArray[np.intp]], count: int
) -> NDArray[np.intp]:
    """Return which entries of a table are left, once some variables are answered: axes of the others, then answers."""
    rest = [v for v in scope if v not in answer]
    number: NDArray[np.intp] = np.zeros((*(domains[v] for v in rest), count), dtype=np.intp)
    step = 1
    for v in reversed(scope):
        if v in answer:
            number = number + step * answer[v]
        else:
            number = number + step * np.arange(domains[v]).reshape([-1, *[1] * (len(rest) - rest.index(v))])
        step *= domains[v]
    return number
