"""Recognition of catalog functionals in disguise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.scenario import same_variables
from relaxbell.causal.model import CausalModel
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.texts import a_kind
from relaxbell.functionals import catalog
from relaxbell.functionals.functional import BellFunctional, check_functional
from relaxbell.symmetry.named import is_image, is_image_with_signaling
from relaxbell.symmetry.orbits import all_tables, by_cardinality
from relaxbell.symmetry.points import Axes, PointTable, axes_of, point_table


@dataclass(frozen=True)
class Recognition:
    """functional = scale · (a relabeling of `known`) + offset, on non-signaling behaviors.

    Attributes
    ----------
    known
        The catalog functional.
    scale, offset
        Exact; the scale is positive.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.recognize(2 * rb.catalog.CH + 3)
    >>> found.known.name, found.scale, found.offset
    ('CHSH', Fraction(1, 2), Fraction(2, 1))
    """

    known: BellFunctional
    scale: ExactNumber
    offset: ExactNumber


def recognize(functional: BellFunctional, model: CausalModel | None = None) -> Recognition | None:
    """Return the catalog functional that `functional` is up to relabeling, scale and offset, or None.

    Compared modulo normalization and no-signaling (without parties: modulo normalization). Catalog functionals of a
    smaller scenario are found in a larger one, for example CHSH among three settings, between two of three parties,
    or with two of three outcomes merged: both are compared without the outcomes, settings and parties that they do not
    tell apart.

    Parameters
    ----------
    functional
        Any functional.
    model
        Of which something is said: then only its own symmetries count as relabelings, so that what holds for the
        catalog functional in this model holds for all that have its name. Where other parties see an outcome but not
        its setting, as in ``outcome_signaling()``, outcomes are not relabeled by settings: `chained(3)` has the bound
        6 under A → B, its image S3 the bound 4 (Ringbauer et al., arXiv:1602.02767). Where the model signals,
        functionals that are equal without signaling are told apart: CH is not CHSH there.

    Returns
    -------
    Recognition or None
        Scale and offset exact; None where the catalog knows nothing like it, or only up to relabelings that are no
        symmetries of the model.

    Raises
    ------
    FunctionalError
        If it is no functional, or the model is none, or of another scenario.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.recognize(rb.catalog.CH)
    >>> found.known.name, found.scale, found.offset
    ('CHSH', Fraction(1, 4), Fraction(-1, 2))
    >>> s3 = rb.BellFunctional.from_correlators({"AB": [[1, 0, -1], [0, -1, 1], [-1, 1, 0]]})
    >>> rb.recognize(s3).known.name, rb.recognize(s3, rb.outcome_signaling((3, 3)))
    ('chained_3', None)
    """
    check_functional(functional)
    if model is not None:
        _check_model(functional, model)
    table = point_table(functional).reduced()
    found = [pair for pair in _candidates(table.axes) if table.is_relabeled(pair[1])]
    if not found:
        return None
    # I and J are relabelings of each other: each is called by its own name
    known, own = next((pair for pair in found if table.is_multiple(pair[1])), found[0])
    scale = table.size / own.size
    offset = table.exact(table.constant) - scale * own.exact(own.constant)
    if model is not None:
        if not is_image(functional, known, model):
            return None
        signals = model.parties is not None and any(len(reach) > 1 for reach in model.coordinates.reach)
        if signals and not is_image_with_signaling(functional, known, scale, offset, model):
            return None
    return Recognition(known, scale, offset)


def _check_model(functional: BellFunctional, model: object) -> None:
    """Raise FunctionalError for anything but a model of the functional's scenario."""
    if not isinstance(model, CausalModel):
        raise FunctionalError(f"recognize takes a causal model: found {a_kind(model)}, expected one such as bell().")
    own, scenario = functional.scenario, model.scenario
    same = same_variables(functional, model)
    if not same or any(own.cardinality[n] != scenario.cardinality[n] for n in own.cardinality):
        raise FunctionalError(
            f"{functional.title} is of {own.symbol}, {model.name} of {scenario.symbol}, expected the same variables "
            "with as many values. Build the model with these, or leave it out: then all relabelings count."
        )


def recognized_without_signaling(functional: BellFunctional, model: CausalModel) -> Recognition | None:
    """Return what `recognize` finds in a model for statements on its non-signaling behaviors.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> rb.recognize(rb.catalog.CH, model), recognized_without_signaling(rb.catalog.CH, model).known.name
    (None, 'CHSH')
    """
    found = recognize(functional)
    return found if found is not None and is_image(functional, found.known, model) else None


def holds_with_signaling(functional: BellFunctional, found: Recognition) -> bool:
    """Return whether a recognition holds on all behaviors, not only on those without signaling.

    Examples
    --------
    >>> import relaxbell as rb
    >>> [holds_with_signaling(f, rb.recognize(f)) for f in (2 * rb.catalog.CHSH - 1, rb.catalog.CH)]
    [True, False]
    """
    if axes_of(functional.scenario).joint is not None:
        return True  # compared modulo normalization alone
    own = by_cardinality(functional)
    shape, k = own.coefficients.shape, len(own.outputs)
    if shape != found.known.coefficients.shape or None in (own.parties or {}).values():
        return False  # in a larger scenario outcomes are merged, and parties summed over
    every = frozenset(range(len(own.inputs)))
    coordinates = Coordinates(shape[:k], shape[k:], (every,) * k)
    target = coordinates.pull_back(own.coefficients)
    target[0] = target[0] + own.constant - found.offset
    try:
        tables = all_tables(found.known)
    except FunctionalError:  # too many to list
        return False
    return any((coordinates.pull_back(table) * found.scale == target).all() for table in tables)


@lru_cache(maxsize=256)
def _candidates(axes: Axes) -> tuple[tuple[BellFunctional, PointTable], ...]:
    """Return the catalog functionals with as many parties, settings and outcomes, the simplest first, as tables."""
    functionals = _without_parties(axes) if axes.joint is not None else _of_parties(axes)
    return tuple((known, point_table(order).reduced()) for known, order in functionals)


def _without_parties(axes: Axes) -> Iterator[tuple[BellFunctional, BellFunctional]]:
    if axes.joint == 2 and len(axes.settings) == 3:
        for known in (catalog.pearl(), catalog.bonet()):
            for outputs in itertools.permutations(known.outputs):
                yield known, known.transposed(outputs, known.inputs)


def _of_parties(axes: Axes) -> Iterator[tuple[BellFunctional, BellFunctional]]:
    outcomes = [sorted(own.count(s) for s in set(own)) for own in axes.settings]
    n, m, d = len(outcomes), max(map(len, outcomes), default=0), max((max(own) for own in outcomes), default=0)
    found = []
    if all(own == [d] * m for own in outcomes):
        if (n, d) == (2, 2) and m > 1:
            found += {2: [catalog.CHSH], 3: [catalog.I3322, catalog.chained(3)]}.get(m, [catalog.chained(m)])
        if (n, m) == (2, 2) and d > 2:
            found += [catalog.cglmp(d)]
        if (m, d) == (2, 2) and n > 2:
            found += [catalog.mermin(n), catalog.svetlichny(n)]
    elif sorted(outcomes) == [[2], [2, 2], [2, 2]]:
        found += [catalog.bilocality_i(), catalog.bilocality_j()]
    yield from ((known, known) for known in found)
