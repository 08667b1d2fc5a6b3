"""What a measure is made of: rows over q, norms of them, sums and maxima.

Each term is a convex, positively homogeneous function of q that is the support function of a set of
weights, f(q) = max over feasible u of Σ u · (rows q):

==========  ========================  ==========================================
term        f(q)                      feasible weights
==========  ========================  ==========================================
Linear      Σ rows · q                u = 1
LargestRow  max |row · q|             Σ |u| ≤ 1
SumOfRows   Σ |row · q|               |u| ≤ 1
Total       Σ parts                   each part's own
Largest     max of parts              a convex combination of the parts' own
Deviation   max_k Σ weight_k TV       Σ u ≤ 1; the data's multipliers vary by Σ u weight
==========  ========================  ==========================================

This is all that solvers, rigorous bounds and certificates need to know about a measure. One class says all about one
function: value, expression, linear program and the way back from its duals, nearest feasible weights, statement.
"""

from relaxbell.measures.terms.composites import Composite, Largest, Total
from relaxbell.measures.terms.distances import Deviation
from relaxbell.measures.terms.leaves import LargestRow, Linear, SumOfRows
from relaxbell.measures.terms.term import (
    Builder,
    Leaf,
    Lowered,
    Size,
    Slot,
    Term,
    Weights,
    fresh,
    stated,
    stated_weights,
)


def compares(term: Term) -> bool:
    """Return whether a distance from data is part of a term: then q need not reproduce the data."""
    return any(isinstance(leaf, Deviation) for leaf in term.leaves())


ZERO = Total(())
"""The function 0: where only the constraints matter."""

__all__ = [
    "ZERO",
    "Builder",
    "Composite",
    "Deviation",
    "Largest",
    "LargestRow",
    "Leaf",
    "Linear",
    "Lowered",
    "Size",
    "Slot",
    "SumOfRows",
    "Term",
    "Total",
    "Weights",
    "compares",
    "fresh",
    "stated",
    "stated_weights",
]
