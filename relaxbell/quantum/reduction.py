"""Symmetries of a functional make the matrix of a sum of squares block diagonal.

A relabeling g maps words to sums of words, w → R w, and moment matrices Γ to R Γ Rᵀ. Where it leaves the functional as
it is, the best dual matrix Z may be averaged, so that Rᵀ Z R = Z for all g: then it is determined by a small block for
each kind of irreducible representation (Gatermann, Parrilo 2004). The blocks are found numerically, from a random
invariant matrix (Murota, Kanno, Kojima, Kojima 2010). No proof rests on them: the certificate has the whole matrix.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats
from relaxbell.relabeling import Relabeling
from relaxbell.verify.words import Word, reduced

_ROUNDS, _ORDER = 500, 64
"""Alternating averages over the cyclic groups of the generators; largest order of a generator."""

_SAME, _SMALL = 1e-7, 1e-8
"""Relative distance of eigenvalues that count as equal; size of what counts as 0."""

Part = tuple[tuple[int, int], ...]


def action(
    relabeling: Relabeling, words: Sequence[Word], outputs: Sequence[str], sizes: Sequence[Sequence[int]]
) -> Floats | None:
    """Return R with w → R w; None where a word becomes one that is not among them."""
    numbers = {word: k for k, word in enumerate(words)}
    matrix = np.zeros((len(words), len(words)))
    places = [outputs.index(relabeling.moves[name]) for name in outputs]
    for row, word in enumerate(words):
        parts: list[list[tuple[Part, int]]] = [[((), 1)]] * len(outputs)
        for party, part in enumerate(word):
            parts[places[party]] = _image(relabeling, outputs[party], part, sizes[party])
        for choice in itertools.product(*parts):
            column = numbers.get(tuple(part for part, _ in choice))
            if column is None:
                return None
            matrix[row, column] += math.prod(sign for _, sign in choice)
    return matrix


def _image(relabeling: Relabeling, output: str, part: Part, outcomes: Sequence[int]) -> list[tuple[Part, int]]:
    """Return the product of projectors that a product of one party becomes, as a sum of words."""
    own = relabeling.parties[output]
    found: dict[Part, int] = {(): 1}
    for x, a in part:
        image = 0 if own is None else relabeling.settings[own][x]
        outcome, last = relabeling.outcomes[output][x][a], outcomes[x] - 1
        others: list[tuple[Part, int]] = [((), 1), *((((image, b),), -1) for b in range(last))]
        letters = others if outcome == last else [(((image, outcome),), 1)]
        new: dict[Part, int] = {}
        for (word, sign), (letter, factor) in itertools.product(found.items(), letters):
            product = reduced(word + letter)
            if product is not None:
                new[product] = new.get(product, 0) + sign * factor
        found = {word: sign for word, sign in new.items() if sign}
    return list(found.items())


def invariant_blocks(actions: Sequence[Floats]) -> list[NDArray[np.float64]] | None:
    """Return bases W of shape (n, m, d): Z is invariant if it is Σ_W Σ_c W_c M Wᵀ_c; None where none are found.

    Parameters
    ----------
    actions
        R of each generator.
    """
    n = len(actions[0])
    powers = [_powers(own) for own in actions]
    if any(own is None for own in powers):
        return None
    form = _averaged(np.eye(n), [[p.T for p in own] for own in powers if own is not None])
    if form is None:
        return None
    root: Floats = np.linalg.cholesky(form).astype(np.float64)
    turned: list[list[Floats]] = [
        [np.linalg.solve(root, p.T @ root).astype(np.float64) for p in own] for own in powers if own is not None
    ]
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(3):
        start = rng.normal(size=(n, n))
        own = _averaged(start + start.T, turned)
        if own is None:
            return None
        samples.append(own)
    values, vectors = np.linalg.eigh(samples[0])
    gaps = np.flatnonzero(np.diff(values) > _SAME * max(1.0, float(abs(values).max()))) + 1
    spaces = [vectors[:, own] for own in np.split(np.arange(n), gaps)]
    return [_times(root, own) for own in _aligned(spaces, samples)]


def _times(root: Floats, basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the root times each vector of a basis."""
    found: NDArray[np.float64] = np.einsum("ij,jmd->imd", root, basis)
    return found


def _powers(matrix: Floats) -> list[Floats] | None:
    """Return all powers of a matrix of finite order."""
    one = np.eye(len(matrix))
    found, own = [one], matrix
    while abs(own - one).max() > _SMALL:
        found.append(own)
        own = own @ matrix
        if len(found) > _ORDER:
            return None
    return found


def _averaged(matrix: Floats, powers: Sequence[Sequence[Floats]]) -> Floats | None:
    """Return the mean of P X Pᵀ over the group: by projections onto what each generator leaves as it is, in turn."""
    for _ in range(_ROUNDS):
        before = matrix
        for own in powers:
            matrix = sum((p @ matrix @ p.T for p in own), np.zeros_like(matrix)) / len(own)
        matrix = (matrix + matrix.T) / 2
        if abs(matrix - before).max() <= 1e-14 * abs(matrix).max():
            return matrix
    return None


def _aligned(spaces: list[Floats], samples: Sequence[Floats]) -> list[NDArray[np.float64]]:
    """Return for each kind of irreducible space its copies, in bases in which invariant matrices are M ⊗ 1."""
    left, found = list(range(len(spaces))), []
    while left:
        first = spaces[left[0]]
        d = first.shape[1]
        kind, copies = [left[0]], [first]
        for k in left[1:]:
            if spaces[k].shape[1] != d:
                continue
            block = spaces[k].T @ samples[1] @ first
            size = float(np.linalg.norm(block)) / math.sqrt(d)
            if size > _SMALL:
                kind.append(k)
                copies.append(spaces[k] @ block / size)
        left = [k for k in left if k not in kind]
        basis = np.stack(copies, axis=1)
        found += [basis] if _is_scalar(basis, samples[2]) else [np.concatenate(copies, axis=1)[:, :, None]]
    return found


def _is_scalar(basis: NDArray[np.float64], sample: Floats) -> bool:
    """Return whether an invariant matrix is M ⊗ 1: not so for representations of complex or quaternionic type."""
    d = basis.shape[2]
    blocks = np.einsum("iac,ij,jbe->abce", basis, sample, basis)
    scalar = np.einsum("abcc->ab", blocks)[:, :, None, None] / d * np.eye(d)
    return bool(abs(blocks - scalar).max() < 1e-6 * max(1.0, float(abs(sample).max())))
