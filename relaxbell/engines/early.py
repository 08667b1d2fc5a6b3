"""Inequalities that data violate, known before anything is solved: bounds for those whose time is over early.

Each is one of Clauser, Horne, Shimony and Holt between two settings of one party and two of another, lifted
(Pironio, J. Math. Phys. 46, 062112, 2005): outcomes are grouped into two signs, and whatever else is observed takes
one value, or any::

    Σ (s f(a) g(b) − 1/2) p(a, b, … | x, y, …) ≤ 0        over four settings x, y, with s = −1 at one of them

holds of local behaviors. By how much a relaxed model violates it is for those to say who use it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.equations import Equations
from relaxbell.exact.numbers import Floats

_MOST_SIGNS = 7
"""Groupings of the outcomes of one setting that are tried: all, up to four outcomes."""

_MOST_ROWS = 128
"""Settings times groupings of a party that are looked at, the first ones."""

_MOST_CONTEXTS = 64
"""Values of what else is observed that are tried."""

_VIOLATED = 1e-9


@dataclass(frozen=True, eq=False)
class Block:
    """One violated inequality.

    Attributes
    ----------
    table
        Its coefficients, in the shape of the behavior: half integers, at four settings.
    settings
        Which settings these are, in the order of the behavior's inputs.
    value
        The left side, above zero.
    """

    table: Floats
    settings: tuple[tuple[int, ...], ...]
    value: float


@dataclass(frozen=True, eq=False)
class Violated:
    """The inequality that is violated most, and inequalities without a setting in common, of those that were tried."""

    most: Block
    apart: tuple[Block, ...]


def multipliers(equations: Equations, blocks: Sequence[Block], scales: Sequence[float]) -> Floats:
    """Return the multipliers of equations whose combination is the sum of the inequalities, each times its scale."""
    weights = equations.cell_floats
    total = np.zeros(len(weights))
    for block, scale in zip(blocks, scales, strict=True):
        total += scale * block.table.ravel()
    return np.asarray(np.divide(total, weights, out=np.zeros_like(total), where=weights > 0))


def violated(equations: Equations) -> Violated | None:
    """Return inequalities that the data violate; None where none is found, or the data are no whole behavior."""
    behavior = equations.behavior
    if behavior is None or equations.tables is not None:
        return None
    weights = equations.cell_floats.reshape(behavior.p.shape)
    return violated_by(behavior, _parties(behavior), weights.max(axis=tuple(range(len(behavior.outputs)))) > 0)


def violated_by(behavior: Behavior, parties: Sequence[tuple[int, int]], occurs: NDArray[np.bool_]) -> Violated | None:
    """Return inequalities that a behavior violates.

    Parameters
    ----------
    behavior
        What is observed.
    parties
        The axes of outputs with the inputs that they answer.
    occurs
        Which settings may be used.
    """
    found: Violated | None = None
    for pair in itertools.combinations(parties, 2):
        if any(one == other for one, other in zip(*pair, strict=True)):
            continue
        for context in itertools.islice(_contexts(behavior, pair), _MOST_CONTEXTS):
            own = _Pair.of(behavior, pair, context, occurs).violated()
            if own is not None and (found is None or own.most.value > found.most.value + _VIOLATED):
                found = own
    return found


def _parties(behavior: Behavior) -> list[tuple[int, int]]:
    """Return the axes of outputs with their own inputs; with every input, where these are not known."""
    k, inputs = len(behavior.outputs), behavior.inputs
    if behavior.parties is None:
        return list(itertools.product(range(k), range(k, k + len(inputs))))
    named = [behavior.parties.get(name) for name in behavior.outputs]
    return [(i, k + inputs.index(own)) for i, own in enumerate(named) if own is not None]


def _contexts(behavior: Behavior, pair: tuple[tuple[int, int], ...]) -> Iterator[dict[int, slice | int]]:
    """Yield values of the axes that are not of the pair: an input's value, an outcome or all of them."""
    shape = behavior.p.shape
    rest = [axis for axis in range(len(shape)) if not any(axis in own for own in pair)]
    every: list[list[slice | int]] = [
        [slice(None)] * (axis < len(behavior.outputs)) + list(range(shape[axis])) for axis in rest
    ]
    for chosen in itertools.product(*every):
        yield dict(zip(rest, chosen, strict=True))


def _signs(outcomes: int) -> NDArray[np.int64]:
    """Return groupings of outcomes, up to the sign: shape (groupings, outcomes)."""
    if 2 ** (outcomes - 1) - 1 <= _MOST_SIGNS:
        every = [own for own in itertools.product((1, -1), repeat=outcomes) if own[0] == 1 and -1 in own]
    else:
        cuts = sorted({max(1, outcomes * k // (_MOST_SIGNS + 1)) for k in range(1, _MOST_SIGNS + 1)})
        every = [tuple(1 if a < cut else -1 for a in range(outcomes)) for cut in cuts]
    return np.array(every, dtype=np.int64).reshape(-1, outcomes)


@dataclass(frozen=True)
class _Choice:
    """Two rows and two columns of a matrix of correlators, and the violation: s of the second column has both signs."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    value: float


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two parties, in one context.

    Attributes
    ----------
    behavior, axes
        Where outcomes and settings of the two are.
    context
        Values of the other axes.
    signs
        Groupings of the outcomes of each.
    means
        Correlators: shape (settings, groupings) of the first, then of the second.
    total
        The probability of the context.
    occurs
        Whether pairs of settings do.
    """

    behavior: Behavior
    axes: tuple[int, int, int, int]
    context: dict[int, slice | int]
    signs: tuple[NDArray[np.int64], NDArray[np.int64]]
    means: Floats
    total: float
    occurs: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        behavior: Behavior,
        pair: tuple[tuple[int, int], ...],
        context: dict[int, slice | int],
        occurs: NDArray[np.bool_],
    ) -> _Pair:
        (a, x), (b, y) = pair
        k, p = len(behavior.outputs), behavior.p
        for axis, own in sorted(context.items(), reverse=True):
            if isinstance(own, slice):
                p = p.sum(axis=axis, keepdims=True)
                continue
            p = p.take([own], axis=axis)
            if axis >= k:
                occurs = occurs.take([own], axis=axis - k)
        table = p.transpose([a, b, x, y, *context]).reshape([behavior.p.shape[axis] for axis in (a, b, x, y)])
        happens = occurs.transpose([x - k, y - k, *(axis - k for axis in context if axis >= k)])
        signs = _signs(table.shape[0]), _signs(table.shape[1])
        m, n = (_MOST_ROWS // max(1, len(own)) for own in signs)
        means = np.einsum("fa,gb,abxy->xfyg", *signs, table[:, :, :m, :n])
        total = float(table[:, :, 0, 0].sum())
        return cls(behavior, (a, b, x, y), context, signs, means, total, happens.reshape(table.shape[2:])[:m, :n])

    def violated(self) -> Violated | None:
        options = self._options()
        most = max((own[0] for own in options.values()), key=lambda own: own.value, default=None)
        if most is None:
            return None
        apart, free = list[Block](), set(range(len(self.means)))
        for x0, x1 in sorted(options, key=lambda own: -sum(choice.value for choice in options[own])):
            if x0 in free and x1 in free:
                free -= {x0, x1}
                apart += [self._block(choice) for choice in options[x0, x1]]
        return Violated(self._block(most), tuple(apart))

    def _options(self) -> dict[tuple[int, int], list[_Choice]]:
        """Return for pairs of settings of the first party violations without common settings of the second."""
        m, f, _, g = self.means.shape
        found = {}
        for x0, x1 in itertools.combinations(range(m if f * g else 0), 2):
            occur = np.flatnonzero(self.occurs[x0] & self.occurs[x1])
            half, best = len(occur) // 2, list[_Choice]()
            for f0, f1 in itertools.product(range(f), repeat=2):
                one, other = self.means[x0, f0], self.means[x1, f1]
                sums, differences = one + other, one - other  # which column serves best for each
                above, below = abs(sums).max(axis=1), abs(differences).max(axis=1)
                order = occur[np.argsort((below - above)[occur], kind="stable")]
                first = order[:half][np.argsort(-above[order[:half]], kind="stable")]
                second = order[len(order) - half :]
                second = second[np.argsort(-below[second], kind="stable")]
                own = [
                    _Choice(
                        (x0 * f + f0, x1 * f + f1),
                        (i * g + int(abs(sums[i]).argmax()), j * g + int(abs(differences[j]).argmax())),
                        float(above[i] + below[j] - 2 * self.total),
                    )
                    for i, j in zip(first.tolist(), second.tolist(), strict=True)
                ]
                own = [choice for choice in own if choice.value > _VIOLATED]
                if sum(choice.value for choice in own) > sum(choice.value for choice in best):
                    best = own
            if best:
                found[x0, x1] = best
        return found

    def _block(self, choice: _Choice) -> Block:
        m, f, n, g = self.means.shape
        flat, shape = self.means.reshape(m * f, n * g), self.behavior.p.shape
        a, b, x, y = self.axes
        k, full, settings = len(self.behavior.outputs), np.zeros(shape), []
        for i, column in enumerate(choice.columns):
            total = sum(flat[row, column] * (-1) ** (i * j) for j, row in enumerate(choice.rows))
            for j, row in enumerate(choice.rows):
                s = (1 if total >= 0 else -1) * (-1) ** (i * j)
                own = s * self.signs[0][row % f][:, None] * self.signs[1][column % g] - 0.5
                place: list[slice | int] = [self.context.get(axis, slice(None)) for axis in range(len(shape))]
                place[x], place[y] = row // f, column // g
                sizes = [shape[axis] if axis in (a, b) else 1 for axis in range(k) if isinstance(place[axis], slice)]
                full[tuple(place)] = (own if a < b else own.T).reshape(sizes)
                settings.append(tuple(int(v) for v in place[k:] if not isinstance(v, slice)))
        return Block(full, tuple(settings), choice.value)
