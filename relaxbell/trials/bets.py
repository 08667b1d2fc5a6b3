"""What a test does with the trials, as data: the rules by which scores and counts become an e-value or a p-value.

Certificates are written from these, and `relaxbell.verify.bets` computes them anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats

if TYPE_CHECKING:
    from relaxbell.trials.null import Null


@dataclass(frozen=True, eq=False)
class Run:
    """Trials of which each is within a null set; runs follow each other.

    Attributes
    ----------
    null
        The distributions that are tested.
    counts
        Trials in each cell, flat.
    """

    null: Null
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stakes:
    """The mean over stakes s of Π (1 + s B) / (1 + s max E[B]): with the stake 1 and B = R − 1 the product of R.

    Attributes
    ----------
    run
        The trials.
    scores
        B for each cell, flat; floats are meant exactly.
    stakes
        Not negative; floats are meant exactly.
    """

    run: Run
    scores: Floats
    stakes: tuple[float, ...] = (1.0,)


@dataclass(frozen=True, eq=False)
class Wins:
    """The mean over all stakes on the wins of one game: see `log_mixture`.

    Attributes
    ----------
    run
        The trials.
    game
        0 and 1 for each cell, flat.
    """

    run: Run
    game: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of e-values.

    Attributes
    ----------
    parts
        One or more.
    others
        How many more there are, which are too small to matter and are counted as 0.
    """

    parts: tuple[Bet, ...]
    others: int = 0


@dataclass(frozen=True, eq=False)
class Product:
    """The product of e-values of runs that have no trial in common.

    Attributes
    ----------
    parts
        One or more.
    """

    parts: tuple[Bet, ...]


@dataclass(frozen=True, eq=False)
class Tails:
    """The least binomial tail of some games, times their number.

    Attributes
    ----------
    run
        The trials, whose number was fixed in advance.
    games
        0 and 1 for each cell, flat.
    hopeless
        Numbers of those whose tail need not be known: they are paid for all the same.
    """

    run: Run
    games: tuple[NDArray[np.int64], ...]
    hopeless: frozenset[int] = frozenset()


Bet: TypeAlias = Stakes | Wins | Mean | Product
