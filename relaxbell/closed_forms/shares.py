"""Closed forms where only shares of those selected are known: p(y|S=1, x), but not how many are selected.

With t_x = p(S=1|x) and r the shares, the cells are c = t r. The least value for known cells is a maximum of affine
functions of c and t (`relaxbell.closed_forms.derive`); what the shares allow is its least over t. Where every term
rises with t_x, whatever the shares, the least t_x is worst, and where every term falls, the largest: then the terms at
that corner are affine in r. Elsewhere the least over t is no maximum of affine functions, and that is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.partial import CellSum, Share, cell_of
from relaxbell.closed_forms.closed_form import ClosedForm, LinearTerm
from relaxbell.closed_forms.domains import Domain
from relaxbell.errors import BehaviorError, ClosedFormError, MeasureError
from relaxbell.exact.numbers import Exact
from relaxbell.functionals.functional import BellFunctional

Setting = tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class SharesDomain(Domain):
    """Shares of those selected, u = (1, shares): how many are selected is not known.

    Attributes
    ----------
    shares
        In the order of the coordinates.
    name, model, expansion, labels, coordinates, parties
        As in `Domain`; the expansion is empty.
    """

    shares: tuple[Share, ...]

    @property
    def text(self) -> str:
        """Which behaviors these are, in words."""
        return "these shares, whatever the rest of p"

    @property
    def in_values(self) -> bool:
        """Whether the coordinates are values that were observed."""
        return True

    def vector(self, behavior: Behavior | Observed) -> Exact:
        """Return u of the same shares, or of an exact behavior in which some are selected at each setting."""
        if isinstance(behavior, Observed):
            found = {share.label: share.number for share in shares_of(behavior)}
            if set(found) != set(self.labels):
                raise BehaviorError(f"found other shares than {', '.join(self.labels)}. Give values of these.")
            return np.array([Fraction(1), *(found[label] for label in self.labels)], dtype=object)
        exact = self.model.match(behavior).exact
        if exact is None:
            raise BehaviorError("a closed form is exact on exact behaviors: found floats. Use rounded(model, …).")
        names = (*self.model.outputs, *self.model.inputs)
        numbers: list[object] = [Fraction(1)]
        for share in self.shares:
            both, condition = (
                sum(np.ravel(exact[tuple(values.get(n, slice(None)) for n in names)]).tolist(), Fraction(0))
                for values in ({**share.event, **share.condition}, share.condition)
            )
            if condition == 0:
                raise BehaviorError(f"{share.label} has no value: its condition has probability 0 here. Give another.")
            numbers.append(both / condition)
        return np.array(numbers, dtype=object)

    def functional(self, form: Sequence[Fraction]) -> BellFunctional:
        """Raise MeasureError: shares are no linear functions of p."""
        self._refuse()

    @property
    def reading(self) -> NoReturn:
        """Raise MeasureError: shares are no linear functions of p."""
        self._refuse()

    @property
    def residual(self) -> NoReturn:
        """Raise MeasureError: shares are no linear functions of p."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise MeasureError(
            "the terms are affine in shares of those selected, which are quotients of cells, expected affine functions "
            "of p for this. Evaluate at the observed shares: form(observed)."
        )


def shares_of(observed: Observed) -> tuple[Share, ...]:
    """Return the shares that were observed; empty where others are.

    Raises
    ------
    MeasureError
        If shares are mixed with other values.
    """
    own = [f.share for f in observed.functionals if isinstance(f, CellSum) and f.share is not None]
    if own and len(own) < len(observed.functionals):
        raise MeasureError(
            f"found {len(own)} shares of those selected and other values, expected one kind in a closed form. Use "
            "bounds for numbers."
        )
    return tuple(own)


def cells_of(observed: Observed) -> Observed:
    """Return the observation of the cells behind shares, and of how many are selected at each setting."""
    found: list[tuple[CellSum, int]] = []
    for setting, own in _by_setting(shares_of(observed)).items():
        found += [
            (cell_of(observed.outputs, observed.inputs, observed.shape, {**s.event, **s.condition}), 0) for s in own
        ]
        found.append((cell_of(observed.outputs, observed.inputs, observed.shape, dict(setting)), 0))
    return Observed(found)


def _by_setting(shares: Sequence[Share]) -> dict[Setting, list[Share]]:
    found: dict[Setting, list[Share]] = {}
    for share in shares:
        found.setdefault(tuple(share.condition.items()), []).append(share)
    return found


def form_of_shares(form: ClosedForm, observed: Observed) -> ClosedForm:
    """Return the closed form in shares, from the one in the cells behind them; see the head of this file."""
    groups = list(_by_setting(shares_of(observed)).values())
    size, places = form.region.dimension + 1, list(itertools.accumulate((len(own) + 1 for own in groups), initial=1))
    parts = [slice(a, b) for a, b in itertools.pairwise(places)]
    box = _box(form, parts, size)
    sizes = form.region.model.cardinality
    for k, own in enumerate(groups):  # conditions that always hold
        if all(sizes[name] == 1 for name in own[0].condition if name not in observed.inputs):
            box[k] = (Fraction(1), Fraction(1))
    corner = [
        _worst(form, part, ends, groups[k][0].condition) for k, (part, ends) in enumerate(zip(parts, box, strict=True))
    ]
    terms: dict[tuple[Fraction, ...], None] = {}
    for term in form.terms:
        constant, numbers = term.form[0], []
        for part, t in zip(parts, corner, strict=True):
            *cells, chance = term.form[part]
            constant += t * chance
            numbers += [t * c for c in cells]
        terms[(constant, *numbers, *term.form[size:])] = None
    kept = _undominated(list(terms), [len(own) for own in groups])
    shares = tuple(share for own in groups for share in own)
    region = SharesDomain(
        "shares", form.region.model, np.empty((0, 0), dtype=object), tuple(s.label for s in shares), None, None, shares
    )
    return replace(form, region=region, terms=tuple(LinearTerm(own) for own in kept), domain=())


def _extremes(numbers: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """Return the least and the largest coefficient of t, over all shares: those of the last outcome are the rest."""
    *cells, chance = numbers
    return chance + min(Fraction(0), *cells), chance + max(Fraction(0), *cells)


def _box(form: ClosedForm, parts: Sequence[slice], size: int) -> list[tuple[Fraction, Fraction]]:
    """Return between which numbers each t is, by constraints of the model on it alone; raise for those on several."""
    ends = [[Fraction(0), Fraction(1)] for _ in parts]
    others = []
    for term in form.domain:
        used = [k for k, part in enumerate(parts) if any(term.form[part])]
        alone = len(used) == 1 and not any(term.form[parts[used[0]]][:-1]) and not any(term.form[size:])
        if not alone:
            others.append(term)
            continue
        slope = term.form[parts[used[0]]][-1]
        own, level = ends[used[0]], -term.form[0] / slope
        own[slope > 0] = min(own[1], level) if slope > 0 else max(own[0], level)
    for term in others:
        most = term.form[0] + sum(
            max(t * _extremes(term.form[part])[1] for t in own) for part, own in zip(parts, ends, strict=True)
        )
        if any(term.form[size:]):
            raise ClosedFormError(
                f"{form.measure.name}: {term.text(form.labels)} <= 0 limits how many are selected by a "
                "symbol, expected a number: terms would have products of it and of shares. Give a number; or cells, "
                "Observed.partial(p(outputs, S|inputs), …), of which budgets with symbols are linear.",
                form,
            )
        if most > 0:
            raise ClosedFormError(
                f"{form.measure.name}: the model limits how many are selected together with what is seen of them, "
                f"{term.text(form.labels)} <= 0, expected limits of how many alone. Use bounds for numbers.",
                form,
            )
    return [(low, high) for low, high in ends]


def _worst(form: ClosedForm, part: slice, ends: tuple[Fraction, Fraction], condition: Mapping[str, int]) -> Fraction:
    """Return the t at which every term is least, whatever the shares; raise ClosedFormError if there is none."""
    if ends[0] == ends[1]:
        return ends[0]
    extremes = [_extremes(term.form[part]) for term in form.terms]
    if all(low >= 0 for low, _ in extremes):
        return ends[0]
    if all(high <= 0 for _, high in extremes):
        return ends[1]
    where = ", ".join(f"{name}={value}" for name, value in condition.items())
    raise ClosedFormError(
        f"{form.measure.name}: some terms rise and some fall with how many are selected where {where}, expected the "
        "same for all: its least value is then no maximum of linear terms in the shares. Use bounds for numbers; or "
        "give cells, Observed.partial(p(outputs, S|inputs), …), or an exact share, as a constraint.",
        form,
    )


def _undominated(forms: list[tuple[Fraction, ...]], counts: Sequence[int]) -> list[tuple[Fraction, ...]]:
    """Return the forms that no other one exceeds for all shares."""

    def below(one: tuple[Fraction, ...], other: tuple[Fraction, ...]) -> bool:
        gaps = [a - b for a, b in zip(one, other, strict=True)]
        total, place = gaps[0], 1
        for count in counts:
            total += max(Fraction(0), *gaps[place : place + count])
            place += count
        return total <= 0 and not any(gaps[place:])

    kept: list[tuple[Fraction, ...]] = []
    for k, form in enumerate(forms):
        rest = [*kept, *forms[k + 1 :]]
        if not any(below(form, other) for other in rest):
            kept.append(form)
    return kept
