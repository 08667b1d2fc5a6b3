"""What symmetries make of strategies: each image once, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.causal.relabeled import Move

N = TypeVar("N", np.float64, np.int64)


def strategy_images(
    moves: Sequence[Move],
    settings: Sequence[NDArray[np.intp]],
    assignments: NDArray[np.int64],
    shares: NDArray[N],
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[N]] | None:
    """Return what symmetries make of strategies with shares of the settings, each pair once for each it comes from.

    Parameters
    ----------
    moves, settings
        The symmetries: what each makes of the variables, and of the settings that have shares.
    assignments
        Values of all variables, one row for each strategy.
    shares
        Numbers that belong to the settings, one row for each strategy.
    most
        None is returned where there are more images.

    Returns
    -------
    images, origin, shares
        Which strategy each image comes from, and its numbers, moved with the settings.
    """
    kinds, place = np.unique(shares, return_inverse=True)
    found, origin, own = assignments, np.arange(len(assignments)), place.reshape(shares.shape)
    known = _keys(found, own, origin)
    fresh, source, numbers = found, origin, own
    while moves and len(fresh):
        made = np.concatenate([move(fresh) for move in moves])
        turned = np.concatenate([_turned(numbers, images) for images in settings])
        sources = np.concatenate([source] * len(moves))
        keys, first = np.unique(_keys(made, turned, sources), return_index=True)
        unseen = ~np.isin(keys, known)
        known, new = np.concatenate([known, keys[unseen]]), first[unseen]
        fresh, source, numbers = made[new], sources[new], turned[new]
        found, origin = np.concatenate([found, fresh]), np.concatenate([origin, source])
        own = np.concatenate([own, numbers])
        if len(found) > most:
            return None
    return found, origin, kinds[own]


def _turned(numbers: NDArray[np.intp], settings: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return numbers of settings where the settings have become others."""
    out = np.empty_like(numbers)
    out[:, settings] = numbers
    return out


def _keys(assignments: NDArray[np.int64], numbers: NDArray[np.intp], origin: NDArray[np.intp]) -> NDArray[np.void]:
    joint = np.ascontiguousarray(np.concatenate([assignments, numbers, origin[:, None]], axis=1).astype(np.int32))
    return joint.view(np.dtype((np.void, joint.dtype.itemsize * joint.shape[1]))).ravel()
