"""Moment matrices of the NPA hierarchy, from MoMPy, and the words behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import UnsupportedModelError, optional
from relaxbell.verify.refusals import Refused
from relaxbell.verify.words import Word, monomials

if TYPE_CHECKING:
    from cvxpy import Constraint, Expression, Variable

Labels = dict[tuple[int, int, int], int]
"""MoMPy's number of the projector of (party, setting, outcome)."""


@dataclass(frozen=True, eq=False)
class Moments:
    """A moment matrix as CVXPY objects.

    Attributes
    ----------
    words
        Behind its rows.
    vector
        One entry for each distinct moment.
    matrix
        The moment matrix.
    constraints
        It is positive semidefinite; the moment of 1 is 1, and those that vanish are 0.
    coordinates
        Places in the vector of the Collins–Gisin coordinates of the behavior, the constant first.
    """

    words: list[Word]
    vector: Variable
    matrix: Expression
    constraints: list[Constraint]
    coordinates: NDArray[np.intp]


def moments(
    sizes: Sequence[Sequence[int]], lengths: Sequence[tuple[int, ...]], named: Sequence[Word], name: str
) -> Moments:
    """Return the moment matrix of words of these lengths.

    Parameters
    ----------
    sizes
        For each party the number of outcomes of each setting.
    lengths
        Of the words, for each party.
    named
        Words of the Collins–Gisin coordinates, the constant first.
    name
        Of the level, for errors.

    Raises
    ------
    RelaxbellError
        If MoMPy is not installed.
    UnsupportedModelError
        If the level is too large, or has no moment of all parties.
    """
    mompy = optional("MoMPy", "quantum")
    words = words_of(sizes, lengths, name)
    labels, algebra = _algebra(mompy, sizes)
    # MoMPy's entries are u v†; ours, w† w' with w† = u, have the words reversed
    rows = [_flat(word, labels)[::-1] for word in words if any(word)]
    # moments in a state: cyclicity, the default, is for traces and gives "bounds" below the quantum values
    built = mompy.MomentProblem(rows, algebra, dim=1, cyclicity=False).build()
    model = built.to_cvxpy(psd=False, normalise_identity=True)
    known = {int(index): place for place, index in enumerate(built.variable_indices)}
    places = []
    for word in named:
        found = known.get(built.get(_flat(word, labels) or (0,)))
        if found is None:
            raise UnsupportedModelError(
                f"{name} has no moment of {sum(map(bool, word))} parties together, so that it says nothing of their "
                "outcomes. Use a higher level, such as 2, or add a product of all but one of them."
            )
        places.append(found)
    constraints = [model.G >> 0, *model.constraints]
    return Moments(words, model.vector, model.G, constraints, np.array(places, dtype=np.intp))


def words_of(sizes: Sequence[Sequence[int]], lengths: Sequence[tuple[int, ...]], name: str) -> list[Word]:
    """Return the words of these lengths; raise UnsupportedModelError if there are too many."""
    try:
        return monomials(sizes, lengths)
    except Refused as refusal:
        raise UnsupportedModelError(f"{name} is too large: {refusal}. Use a lower level.") from None


def coordinate_words(coordinates: Coordinates, inputs: Sequence[int | None]) -> list[Word]:
    """Return the word of each Collins–Gisin coordinate, the constant first; `inputs`: of each party."""
    found: list[Word] = [((),) * len(inputs)]
    for block, values, settings in coordinates.labels():
        word: list[tuple[tuple[int, int], ...]] = [()] * len(inputs)
        for member, value in zip(block.members, values, strict=True):
            own = inputs[member]
            word[member] = ((0 if own is None else settings[block.inputs.index(own)], value),)
        found.append(tuple(word))
    return found


def _algebra(mompy: Any, sizes: Sequence[Sequence[int]]) -> tuple[Labels, object]:
    operators, labels, groups = mompy.OperatorSet(), Labels(), []
    for party, outcomes in enumerate(sizes):
        own: list[int] = []
        for x, count in enumerate(outcomes):
            if count > 1:
                added = [int(label) for label in operators.add_povm(count - 1)]
                labels |= {(party, x, a): label for a, label in enumerate(added)}
                own += added
        groups.append(own)
    for i, one in enumerate(groups):
        for other in groups[:i]:
            if one and other:
                operators.declare_commuting(one, other)
    return labels, operators.algebra()


def _flat(word: Word, labels: Labels) -> tuple[int, ...]:
    return tuple(labels[party, x, a] for party, part in enumerate(word) for x, a in part)
