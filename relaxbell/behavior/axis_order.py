"""Is a table of counts in the order outputs, inputs? What its marginals say, where nobody named the axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from relaxbell.errors import CountsError

_ABSURD = math.log(1000)
"""Evidence against no-signaling from which on a table is doubted: a factor of 1000."""

_FAR_LESS = 10
"""How many times less evidence, as a logarithm, the other order must leave, …"""

_SLIGHT = math.log(10**15)
"""… and how much at most: good experiments of many trials signal slightly (Weihs et al., 1998: 10^10)."""


def check_axis_order(table: NDArray[np.int64]) -> None:
    """Raise CountsError if counts, some for each setting, signal absurdly and with inputs first far less.

    "Absurdly": the evidence of `signaling_evidence` exceeds 1000, which happens to counts without signaling with a
    probability below 1/1000, however few there are. "Far less": its logarithm is at most a tenth of that, and the
    evidence at most 10^15.

    Examples
    --------
    >>> check_axis_order(np.full((2, 3, 3, 2), 5))
    """
    other = _inputs_first(table)
    if (_settings(other) == 0).any():  # no counts can be read so
        return
    evidence = signaling_evidence(table)
    if evidence > _ABSURD and signaling_evidence(other) <= min(evidence / _FAR_LESS, _SLIGHT):
        raise CountsError(
            f"the table of shape {table.shape} signals absurdly as p(a,b|x,y) (evidence "
            f"10^{evidence / math.log(10):.0f}), and far less with inputs first; expected axes a, b, x, y. If they are "
            "x, y, a, b, give table.transpose(2, 3, 0, 1); if the order is right, name them: "
            'outputs=("A", "B"), inputs=("X", "Y").'
        )


def signaling_evidence(table: NDArray[np.int64]) -> float:
    """Return the logarithm of an e-value against no-signaling, for as many outputs as inputs, paired in order.

    For each party: how much better its outcomes, at each of its settings, are explained by one distribution for each
    setting of the others (averaged over all distributions, uniformly) than by the best single one; the mean over
    parties. Without signaling its expectation is at most 1 for any number of trials (universal inference: Wasserman,
    Ramdas, Balakrishnan, PNAS 117, 16880, 2020, doi:10.1073/pnas.1922664117).

    Examples
    --------
    Bob's outcome is Alice's setting, in 40 trials of each setting:

    >>> told = np.zeros((2, 2, 2, 2), dtype=int)
    >>> told[:, 0, 0], told[:, 1, 1] = 20, 20
    >>> signaling_evidence(told) > math.log(10**20)
    True
    """
    k = table.ndim // 2
    parts = []
    for party in range(k):
        own = table.sum(axis=tuple(i for i in range(k) if i != party))
        grouped = np.moveaxis(own, 1 + party, 1).reshape(own.shape[0], own.shape[1 + party], -1)
        parts.append(sum(_homogeneity(np.asarray(counts)) for counts in grouped.swapaxes(0, 1)))
    largest = max(parts)
    return largest + math.log(math.fsum(math.exp(part - largest) for part in parts) / k)


def _homogeneity(counts: NDArray[np.int64]) -> float:
    """Return log(Π_groups average likelihood / likelihood of the best common distribution), axes [outcome, group]."""
    totals = counts.sum(axis=1).tolist()
    trials = sum(totals)
    parts = []
    for group in counts.T.tolist():
        size = sum(group)
        parts.append(_averaged(group))
        for seen, total in zip(group, totals, strict=True):
            if total:  # n ln(n/m) summed as m ((1+δ) ln(1+δ) − δ): nothing cancels, whatever the number of trials
                delta = (seen * trials - total * size) / (total * size)
                parts.append(total * size / trials * ((1 + delta) * math.log1p(delta) - delta if seen else 1.0))
    return math.fsum(parts)


def _averaged(group: list[int]) -> float:
    """Return log(average likelihood of all distributions, uniformly / likelihood of the best one)."""
    size, outcomes = sum(group), len(group)
    ways = math.lgamma(outcomes) - math.fsum(math.log(size + j) for j in range(1, outcomes))
    return ways + math.fsum(_stirling(n) for n in group) - _stirling(size)


def _stirling(n: int) -> float:
    """Return ln n! − n ln n + n, accurately for large n."""
    if n > 10**6:
        return math.log(2 * math.pi * n) / 2 + 1 / (12 * n)
    return math.lgamma(n + 1) - n * math.log(n) + n if n else 0.0


def order_hint(table: NDArray[np.int64]) -> str:
    """Return a remedy for counts of which a setting has no trials, if with inputs first each has some; else "".

    Examples
    --------
    >>> same = np.zeros((2, 2, 2, 2), dtype=int)
    >>> same[..., 0, 0] = same[..., 1, 1] = 5  # axes x, y, a, b: outcomes agree
    >>> order_hint(same)
    ' If the axes are x, y, a, b, give table.transpose(2, 3, 0, 1).'
    """
    if (_settings(_inputs_first(table)) == 0).any():
        return ""
    return " If the axes are x, y, a, b, give table.transpose(2, 3, 0, 1)."


def _inputs_first(table: NDArray[np.int64]) -> NDArray[np.int64]:
    k = table.ndim // 2
    return table.transpose(*range(k, 2 * k), *range(k))


def _settings(table: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(table.sum(axis=tuple(range(table.ndim // 2))))
