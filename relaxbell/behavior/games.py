"""Where published counts come from, and the game that their experiment named in advance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import CountsError


@dataclass(frozen=True, eq=False)
class Game:
    """A score of each trial, named before the data were taken.

    Attributes
    ----------
    scores
        Whole numbers, axes a, b, x, y; read-only. For a game that is won or lost 1 and 0.
    rule
        In words.
    source
        Where it was named.

    Examples
    --------
    >>> import relaxbell as rb
    >>> delft = rb.load_counts("delft2015")
    >>> delft.published.game.rule, delft.published.game.total(delft.table)
    ('won if a + b = x y (mod 2)', 196)
    """

    scores: NDArray[np.int64]
    rule: str
    source: str

    def total(self, table: NDArray[np.int64]) -> int:
        """Return the sum of the scores of all trials: for a game that is won or lost the number of wins.

        Parameters
        ----------
        table
            Of counts, of the shape of the scores.

        Returns
        -------
        int
            Exact.

        Raises
        ------
        CountsError
            If the table has another shape: numbers are never stretched to fit.

        Examples
        --------
        >>> import relaxbell as rb
        >>> vienna = rb.load_counts("vienna2015")
        >>> vienna.published.game.total(vienna.table)
        6364
        """
        if np.shape(table) != self.scores.shape:
            raise CountsError(
                f"the table has shape {np.shape(table)}, expected {self.scores.shape} as the scores of the game "
                f"({self.rule}). Play it with counts of axes a, b, x, y."
            )
        return sum(s * n for s, n in zip(self.scores.ravel().tolist(), np.ravel(table).tolist(), strict=True))

    def __repr__(self) -> str:
        return f"Game: {self.rule} ({self.source})"


@dataclass(frozen=True, eq=False)
class Published:
    """What is known of a shipped data set.

    Attributes
    ----------
    source
        Who published it, where.
    outcomes
        What the values of the outcomes stand for.
    game
        Of the inequality that the experiment was made to test, hence taken as named before the data; None where none is
        known. A game chosen after the data pays for the choice.
    note
        What to know before using the counts; may be empty.
    graph
        The causal graph that the data were published with, where they are no Bell test; may be empty.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.load_counts("weihs1998").published.note
    'coincidences only: post-selected, so lost pairs are not tested; and the frequencies signal beyond chance'
    """

    source: str
    outcomes: str
    game: Game | None = None
    note: str = ""
    graph: str = ""

    def __repr__(self) -> str:
        return f"Published: {'; '.join(filter(None, [self.source, self.outcomes, self.note]))}"


_HENSEN = "Hensen et al., Nature 526, 682 (2015), doi:10.1038/nature15759"
_SHALM = "Shalm et al., Phys. Rev. Lett. 115, 250402 (2015), doi:10.1103/PhysRevLett.115.250402"
_GIUSTINA = "Giustina et al., Phys. Rev. Lett. 115, 250401 (2015), doi:10.1103/PhysRevLett.115.250401"
_BITS = "outcomes 0, 1"
_CLICKS = "outcome 0 = click, 1 = no click"


def published(name: str) -> Published | None:
    """Return what is known of a shipped data set; None for another name.

    Examples
    --------
    >>> published("nist2015").source
    'Shalm et al., Phys. Rev. Lett. 115, 250402 (2015), doi:10.1103/PhysRevLett.115.250402'
    """
    if name == "delft2015":
        return Published(_HENSEN, "outcome 0 = +1, 1 = −1", _chsh(_HENSEN))
    if name == "nist2015":
        return Published(_SHALM, _CLICKS, _clicks(_SHALM), "settings were not uniform; the settings test says how far")
    if name == "vienna2015":
        return Published(_GIUSTINA, _CLICKS, _clicks(_GIUSTINA), "settings were not quite uniform")
    return _OTHERS.get(name)


_OTHERS = {
    "weihs1998": Published(
        "Weihs et al., Phys. Rev. Lett. 81, 5039 (1998), doi:10.1103/PhysRevLett.81.5039, as tabulated by R. D. Gill",
        _BITS,
        note="coincidences only: post-selected, so lost pairs are not tested; and the frequencies signal beyond chance",
    ),
    "ibm_hanoi_5_8": Published(
        "superconducting qubits on IBM Q (Hanoi, qubits 5 and 8, circuit 13), data of arXiv:2503.18949",
        _BITS,
        note="qubits of one chip, and the same sequence of settings in all runs: not random in each",
    ),
    "vitamin_a": Published(
        "vitamin A trial, as in Balke and Pearl, J. Am. Stat. Assoc. 92, 1171 (1997), "
        "doi:10.1080/01621459.1997.10474074",
        "z assigned, a taken, b = 1 survives",
        note="an instrument z, no Bell test: counts.frequencies go into rb.instrumental() without a fit",
        graph="Z -> A -> B; A <-> B",
    ),
}


def _chsh(source: str) -> Game:
    a, b, x, y = np.indices((2, 2, 2, 2))
    return _game((a + b + x * y) % 2 == 0, "won if a + b = x y (mod 2)", source)


def _clicks(source: str) -> Game:
    """Return Eberhard's form of the CH inequality: its mean sum over the settings is at most 0 for local models."""
    scores = np.zeros((2, 2, 2, 2))
    scores[0, 0, 0, 0] = 1
    scores[0, 1, 0, 1] = scores[1, 0, 1, 0] = scores[0, 0, 1, 1] = -1
    rule = "+1 for a=b=0 at x=y=0; −1 for a=0, b=1 at x=0, y=1, for a=1, b=0 at x=1, y=0, and for a=b=0 at x=y=1"
    return _game(scores, rule, source)


def _game(scores: NDArray[np.generic], rule: str, source: str) -> Game:
    table = np.asarray(scores).astype(np.int64)
    table.setflags(write=False)
    return Game(table, rule, source)
