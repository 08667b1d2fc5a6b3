"""From a good model in floats to an exact one, and to the proof that no marginals give less."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import TypeAlias

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.sources.branching import Search
from relaxbell.engines.sources.cover import GlobalProof, cover
from relaxbell.engines.sources.fixed import exact_fixed
from relaxbell.engines.sources.polynomials import Layout
from relaxbell.engines.sources.relaxation import FixedProgram, Point, central_marginals
from relaxbell.engines.sources.scenario import Scenario, Side
from relaxbell.engines.sources.settings import choices_of_settings, restricted_to
from relaxbell.engines.sources.solution import NetworkSolution, Number
from relaxbell.errors import RelaxbellError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, common_denominator, to_floats
from relaxbell.lp.clock import TimeLimitError, deadline, now, remaining
from relaxbell.measures.products import Nonbilocality, nonbilocality

ZERO = 1e-8
"""Values below this may be zero: then an exact decomposition is sought."""

_DENOMINATORS = (1, 2, 4, 12, 60, 840, 10**4, 10**5, 10**6, 10**7, 10**9, 10**12)
"""Marginals are read as the nearest fractions with denominators up to these; the first that lose nothing are taken."""

_SIMPLE = 5
"""So many of these are tried first, then multiples of the data's common denominator."""

_MULTIPLES, _LARGEST_UNIT = (1, 2, 3, 4, 6, 12), 10**10
"""Which multiples, and the largest denominator of them."""

_BETTER = 1e-12
"""By so much less must be attained at marginals with larger denominators."""

_INWARD = (1e-9, 1e-8, 1e-7, 3e-7, 1e-6)
"""Shares by which marginals are moved to the center of their range where there is no exact model at its end."""

_LARGEST_EXACT = 5000
"""Most columns of the programs for which the least value is proved exactly as a matter of course."""

_EXACT_BOXES, _EXACT_SECONDS = 24, 5.0
"""Most boxes and seconds for that: where two do not suffice, many seldom do."""

_SECONDS_FOR_FLOATS = 3.0
"""Most seconds for exact models of float data."""


def exact_model(scenario: Scenario, search: Search, tolerance: float, seconds: float) -> Proof | None:
    """Return the exact solution at marginals near the best ones; None if there is none as good, or none in time.

    For floats it is worth a few seconds only: of them no exact value is claimed.
    """
    seconds = min(seconds, _SECONDS_FOR_FLOATS) if scenario.distance else seconds
    try:
        with deadline(seconds if math.isfinite(seconds) else None, scenario.measure.name):
            return _near(scenario, search, tolerance)
    except TimeLimitError:
        return None


Minimized: TypeAlias = Callable[[Nonbilocality, Behavior, float], NetworkSolution]
"""What minimizes a smaller scenario in some seconds."""


def _near(scenario: Scenario, search: Search, tolerance: float) -> Proof | None:
    limit = max(0.0 if search.value <= ZERO else search.value + 0.05 * tolerance, 1e-12)
    program = FixedProgram(scenario, [len(product) - 1 for product in scenario.products])
    found: Proof | None = None
    tried: list[dict[str, Exact]] = []
    for read in _readings(scenario):
        remaining()
        fixed = _simple(scenario, search.point, read)
        if fixed is None or any(_same(fixed, own) for own in tried):
            continue
        tried.append(fixed)
        near = program.solve(
            tuple(
                tuple(to_floats(fixed.get(side.group.name, np.zeros(side.group.count))) for side in product)
                for product in scenario.products
            )
        )
        if near is None or near[0] > limit:
            continue
        proof = _exactly(scenario, fixed)
        if proof is not None and float(proof.bound.bound) <= limit:
            if proof.bound.bound == 0:
                return proof
            found, limit = proof, float(proof.bound.bound) - _BETTER
    if found is not None:
        return found
    # the best marginals are at an end of their range, which no reading meets: from a little inside
    center = central_marginals(scenario)
    if center is None:
        return None
    for share, read in itertools.product(_INWARD, _multiples(scenario)):
        remaining()
        fixed = _simple(scenario, _mixed(search.point, center, share), read)
        proof = None if fixed is None else _exactly(scenario, fixed)
        if proof is not None and float(proof.bound.bound) <= limit:
            return proof
    return None


def _exactly(scenario: Scenario, fixed: Mapping[str, Exact]) -> Proof | None:
    """Return the exact solution at fixed marginals, with a model, or None."""
    try:
        proof = exact_fixed(nonbilocality(scenario.measure.model, fixed), scenario.equations)
    except TimeLimitError:
        raise
    except RelaxbellError:
        return None
    return proof if proof is not None and proof.primal is not None else None


def _mixed(one: Point, other: Point, share: float) -> Point:
    return tuple(
        tuple(a + share * (b - a) for a, b in zip(own, sides, strict=True))
        for own, sides in zip(one, other, strict=True)
    )


Reading: TypeAlias = Callable[[float], Fraction]
"""How a marginal in floats is read."""


def _readings(scenario: Scenario) -> list[Reading]:
    """Return ways to read marginals: as simple fractions, and as multiples of the data's common denominator.

    The latter are where marginals are at an end of their range, a sum of probabilities.
    """
    found: list[Reading] = [partial(_nearest, largest=largest) for largest in _DENOMINATORS]
    return [*found[:_SIMPLE], *_multiples(scenario), *found[_SIMPLE:]]


def _multiples(scenario: Scenario) -> list[Reading]:
    numbers = [v for v in scenario.equations.rhs if isinstance(v, Fraction)]
    unit = common_denominator(numbers) if numbers else 1
    return [partial(_multiple, unit=m * unit) for m in _MULTIPLES if m * unit <= _LARGEST_UNIT]


def _nearest(v: float, largest: int) -> Fraction:
    return Fraction(v).limit_denominator(largest)


def _multiple(v: float, unit: int) -> Fraction:
    return Fraction(round(v * unit), unit)


def _same(one: Mapping[str, Exact], other: Mapping[str, Exact]) -> bool:
    return all((one[name] == other[name]).all() for name in one)


def _simple(scenario: Scenario, point: Point, read: Reading) -> dict[str, Exact] | None:
    """Return marginals of all groups but the last of each family, free entries as they are read."""
    fixed: dict[str, Exact] = {}
    for product, sides in zip(scenario.products, point, strict=True):
        for side, own in zip(product[:-1], sides, strict=False):
            exact = _simple_side(side, own, read)
            if exact is None:
                return None
            fixed[side.group.name] = exact
    return fixed


def _simple_side(side: Side, own: Floats, read: Reading) -> Exact | None:
    free = np.array([read(float(own[j])) for j in side.free], dtype=object)
    follows = np.asarray(side.constant + (side.matrix @ free if len(free) else 0), dtype=object)
    fine = all(isinstance(v, Fraction) and v >= 0 for v in follows)
    return follows if fine else None


def proved_everywhere(
    scenario: Scenario,
    observed: Behavior | Observed,
    attained: ExactNumber,
    marginals: Mapping[str, Mapping[str, Number]],
    end: float,
    minimized: Minimized,
) -> GlobalProof | None:
    """Return a proof that no marginals give less than is attained, exactly; None if none is found."""
    layout = Layout.of(scenario)
    left = end - now()
    if left <= 0:
        return None
    if layout.columns <= _LARGEST_EXACT:
        values = (marginals[side.group.name][side.group.labels[j]] for side in layout.held for j in side.free)
        point = [v if isinstance(v, Fraction) else Fraction(float(v)) for v in values]  # where boxes are cut first
        found = cover([scenario], [attained], point, most=_EXACT_BOXES, seconds=min(left, _EXACT_SECONDS))
        if found is not None:
            return GlobalProof(found)
    return _from_settings(scenario, observed, attained, end, minimized)


def _from_settings(
    scenario: Scenario, observed: Behavior | Observed, attained: ExactNumber, end: float, minimized: Minimized
) -> GlobalProof | None:
    model = scenario.measure.model
    for choice in choices_of_settings(model):
        left = end - now()
        if left <= 0 or not isinstance(observed, Behavior):
            return None
        small, restricted = restricted_to(model, model.match(observed), choice)
        try:
            part = minimized(nonbilocality(small), restricted, left)
        except TimeLimitError:
            return None
        if part.everywhere is not None and part.attained == attained:
            return GlobalProof(part.everywhere.cover, choice)
    return None
