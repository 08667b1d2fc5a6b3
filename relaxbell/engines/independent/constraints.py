"""Constraints on models with independent latent variables, as polynomials."""

from __future__ import annotations

from fractions import Fraction

from relaxbell.causal.plain import is_constraint
from relaxbell.engines.independent.data import Scene, rational
from relaxbell.engines.independent.polynomials import Polynomial, combined
from relaxbell.engines.linear.program import flat
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Surd
from relaxbell.exact.texts import one_line
from relaxbell.measures.affine import AffineConstraint, read_affine
from relaxbell.measures.independent import IndependentQuery
from relaxbell.measures.measure import Limit, LinearMeasure, same_model
from relaxbell.measures.terms import LargestRow, Linear

_ONE: Polynomial = {(): Fraction(1)}

_MOST = 2**16
"""Strategies over which an affine constraint is read."""


def read_limits(measure: IndependentQuery, scene: Scene, subject_to: object) -> list[tuple[Polynomial, bool]]:
    """Return constraints as polynomials that are 0 (True) or no more than 0 (False).

    Raises
    ------
    MeasureError
        For what is no limit on a query of the same model, nor affine in its q.
    """
    found: list[tuple[Polynomial, bool]] = []
    for item in flat(subject_to):
        if isinstance(item, Limit):
            found += _limit(measure, scene, item)
        elif isinstance(item, AffineConstraint) or is_constraint(item):
            own = item if isinstance(item, AffineConstraint) else read_affine(measure.model, item)
            if scene.model.strategies.count > _MOST:
                raise MeasureError(
                    f"{one_line(item)}: found a constraint over {scene.model.strategies.count_text} strategies, "
                    f"expected at most {_MOST:,}. Write it as an assumption(model, 'p{{…}} <= …')."
                )
            for rows, rhs in zip(scene.polynomials(own.rows), own.rhs.tolist(), strict=True):
                found.append((combined(iter([(Fraction(1), rows), (-rational(rhs), _ONE)])), own.equality))
        else:
            raise MeasureError(
                f"{one_line(item)} is not a constraint: found {type(item).__name__}, expected a limit on a query of "
                "the same model (query(model, …) <= number, or an assumption), or an affine CVXPY constraint on "
                "model.q."
            )
    return found


def _limit(measure: IndependentQuery, scene: Scene, item: Limit) -> list[tuple[Polynomial, bool]]:
    same_model(measure, item.measure)
    over = item.measure.of_joined
    if over is None:
        raise MeasureError(
            f"the limit {item} is not on a query, expected one on probabilities of counterfactuals of a model whose "
            "latent variables are independent. Use an assumption, or model.shared()."
        )
    number = item.limit
    if not isinstance(number, Fraction | Surd):
        raise MeasureError(f"the limit {item} is symbolic, expected a number here. Give one.")
    limit = rational(number)
    if over.quotient is not None:
        above, below = (_summed(item, scene, part) for part in over.quotient)
        return [(combined(iter([(Fraction(1), above), (-limit, below)])), False)]
    own = over.linear("limit")
    if isinstance(own.term, LargestRow):
        parts = scene.polynomials(own.term.rows)
        if not limit:
            return [(part, True) for part in parts]
        sides = [(Fraction(sign), part) for part in parts for sign in (1, -1)]
        return [(combined(iter([side, (-limit, _ONE)])), False) for side in sides]
    return [(combined(iter([(Fraction(1), _summed(item, scene, own)), (-limit, _ONE)])), False)]


def _summed(item: Limit, scene: Scene, own: LinearMeasure) -> Polynomial:
    if not all(isinstance(leaf, Linear) for leaf in own.term.leaves()):
        raise MeasureError(f"the limit {item} is not linear in q, expected a query such as query(model, 'p{{…}}').")
    return combined((Fraction(1), part) for leaf in own.term.leaves() for part in scene.polynomials(leaf.rows))
