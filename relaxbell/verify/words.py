"""Products of projectors, and what equal moments and sums of squares say about them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from .model import Model
from .reading import FRACTION, ZERO, Json, Real, array, common_denominator, whole
from .refusals import need

Word: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""A product of projectors: for each party those (setting, outcome) that it multiplies, in order."""

BITS, ROWS = 96, 400
PLACE = 200  # the work of one product of two words


def reduced(word: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...] | None:
    """Return a product of projectors of one party without repetitions; None if it is 0."""
    out: list[tuple[int, int]] = []
    for letter in word:
        if out and out[-1][0] == letter[0]:
            if out[-1][1] != letter[1]:
                return None
            continue
        out.append(letter)
    return tuple(out)


def monomials(sizes: Sequence[Sequence[int]], lengths: Sequence[tuple[int, ...]]) -> list[Word]:
    """Return the words of these lengths, for each party, in order; no setting twice in succession."""
    found: dict[Word, None] = {}
    for own in lengths:
        pools = [list(_words(outcomes, k)) for outcomes, k in zip(sizes, own, strict=True)]
        need(len(found) + math.prod(map(len, pools)) <= ROWS, f"there are more than {ROWS} words")
        found |= dict.fromkeys(itertools.product(*pools))
    return list(found)


def _words(outcomes: Sequence[int], length: int) -> Iterator[tuple[tuple[int, int], ...]]:
    letters = [(x, a) for x, count in enumerate(outcomes) for a in range(count - 1)]
    need(len(letters) ** length <= 10**6, "there are too many words")
    for word in itertools.product(letters, repeat=length):
        if all(one[0] != two[0] for one, two in itertools.pairwise(word)):
            yield word


def classes(rows: Sequence[Word]) -> Iterator[tuple[int, int, Word]]:
    """Yield (i, j, word) for j ≤ i: the moment ⟨w_i† w_j⟩, with its adjoint; those that vanish are left out."""
    back = [tuple(part[::-1] for part in row) for row in rows]
    known: dict[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...] | None] = {}
    for i, left in enumerate(back):
        for j in range(i + 1):
            product: list[tuple[tuple[int, int], ...]] = []
            for one, two in zip(left, rows[j], strict=True):
                joined = one + two
                if joined not in known:
                    known[joined] = reduced(joined)
                part = known[joined]
                if part is None:
                    break
                product.append(part)
            else:
                word = tuple(product)
                yield i, j, min(word, tuple(part[::-1] for part in word))


def sum_of_squares(
    rows: Sequence[Word],
    f: Mapping[Word, Fraction],
    bits: Json,
    factor: Json,
    spend: Callable[[int], None],
    places: Sequence[tuple[int, int, Word]] | None = None,
) -> Fraction:
    """Return the bound that a sum of squares gives: L Lᵀ = β − f but for moments, each at most 1 in size.

    Let s be the sum of the entries of L Lᵀ at the places of a moment m. Since ⟨w† w'⟩ over the words is positive
    semidefinite, Σ s m ≥ 0, and f = Σ f m ≤ Σ (f + s) m. So f ≤ f + s of the moment 1, and at most |f + s| for
    each other one, or max(0, f + s) where the moment is on the diagonal and thus not negative. The places are those
    of `classes`, for who needs them more than once.
    """
    n, unit = len(rows), 4 ** whole(bits, "bits", 0, BITS)
    lower = [array(row, "a row", i + 1) for i, row in enumerate(array(factor, "the rows", n))]
    known = all(type(v) is int and v.bit_length() <= BITS for row in lower for v in row)
    need(known, f"an entry of the rows is no integer below 2^{BITS}")
    spend(n * n * (n + (PLACE if places is None else 20)))
    sums: dict[Word, int] = {}
    diagonal = set[Word]()
    for i, j, word in classes(rows) if places is None else places:
        entry = sum(map(int.__mul__, lower[i][: j + 1], lower[j]))
        sums[word] = sums.get(word, 0) + (entry if i == j else 2 * entry)
        if i == j:
            diagonal.add(word)
    missing = [word for word, v in f.items() if v and word not in sums]
    need(not missing, "the level has no moment of a term of the functional")
    scale, total = common_denominator(f.values()), 0
    for word, s in sums.items():
        rest = int(f.get(word, ZERO) * scale) * unit + s * scale
        total += rest if not any(word) else max(rest, 0) if word in diagonal else abs(rest)
    return Fraction(total, scale * unit)


def cell_form(
    model: Model, parties: Sequence[str], table: Sequence[Real], inputs: Mapping[str, Sequence[str]]
) -> dict[Word, Real]:
    """Return the coefficients of the words with at most one projector of each party: Σ table p = form · moments.

    A cell of the table is the product of each node's projector: of its value, at the values that its parents (`inputs`)
    have in that cell. Hidden nodes take all values.
    """
    found = dict[Word, Real]()
    hidden = [name for name in parties if name not in model.axes]
    names = [*model.axes, *hidden]
    model.spend(model.cells * math.prod(model.size[n] for n in hidden) * FRACTION * 2 ** len(parties))
    inner = list(itertools.product(*(range(model.size[name]) for name in hidden)))
    for value, cell in zip(table, itertools.product(*(range(model.size[n]) for n in model.axes)), strict=True):
        for more in inner if value.sign() else ():
            known = dict(zip(names, cell + more, strict=True))
            letters = []
            for name in parties:
                x = 0
                for parent in inputs[name]:
                    x = x * model.size[parent] + known[parent]
                letters.append(projector(model.size[name], x, known[name]))
            add_products(found, letters, value)
    return found


def projector(outcomes: int, x: int, a: int) -> list[tuple[tuple[tuple[int, int], ...], int]]:
    """Return the projector of an outcome in words: the last one is one minus the others."""
    if a < outcomes - 1:
        return [(((x, a),), 1)]
    return [((), 1), *((((x, b),), -1) for b in range(outcomes - 1))]


def add_products(
    found: dict[Word, Real], letters: Sequence[Sequence[tuple[tuple[tuple[int, int], ...], int]]], value: Real
) -> None:
    """Add a multiple of a product of sums of words."""
    for parts in itertools.product(*letters):
        word = tuple(part for part, _ in parts)
        found[word] = found.get(word, Real()) + value * math.prod(s for _, s in parts)


def strategy_form(model: Model, values: Sequence[Fraction]) -> dict[Word, Fraction]:
    """Return the words' coefficients of a function of the strategies; refuse if it is none of the words.

    It must be a sum of products of one response of each node: what a node does at two configurations of its parents is
    nothing that a measurement has together. `values` are in the order of the strategies.
    """
    parties = [(model.size[name], model.configurations[name]) for name in model.responding]
    model.spend(8 * model.count * sum(1 + c * k for c, k in parties))
    found, letters = list(values), list[list[tuple[tuple[int, int], ...]]]()
    for i, (c, k) in enumerate(parties):
        own = [(x, a) for x in range(k) for a in range(c - 1)]
        last = c**k - 1
        places = [last - (c - 1 - a) * c ** (k - 1 - x) for x, a in own]  # all last outcomes, but one
        inner = model.count // math.prod(s**n for s, n in parties[: i + 1])
        found = _along(found, c**k, inner, last, places)
        letters.append([(), *((letter,) for letter in own)])
    form = {word: v for word, v in zip(itertools.product(*letters), found, strict=True) if v}
    for i in reversed(range(len(parties))):
        c, k = parties[i]
        inner = math.prod(s**n for s, n in parties[i + 1 :])
        found = _back(found, c, k, inner)
    need(found == list(values), "the measure asks what a node does at several configurations of its parents at once")
    return form


def _along(values: list[Fraction], count: int, inner: int, last: int, places: list[int]) -> list[Fraction]:
    """Return the coefficients along one axis: at the last function, and what it adds to change one response of it."""
    found: list[Fraction] = []
    for start in range(0, len(values), count * inner):
        base = values[start + last * inner : start + (last + 1) * inner]
        found += base
        for place in places:
            own = values[start + place * inner : start + (place + 1) * inner]
            found += [v - b for v, b in zip(own, base, strict=True)]
    return found


def _back(coefficients: list[Fraction], c: int, k: int, inner: int) -> list[Fraction]:
    """Return the values along one axis of which these are the coefficients."""
    size = (1 + k * (c - 1)) * inner
    found: list[Fraction] = []
    for start in range(0, len(coefficients), size):
        blocks = [coefficients[i : i + inner] for i in range(start, start + size, inner)]
        for function in itertools.product(range(c), repeat=k):
            own = [blocks[0], *(blocks[1 + x * (c - 1) + a] for x, a in enumerate(function) if a < c - 1)]
            found += [sum(column) for column in zip(*own, strict=True)] if len(own) > 1 else own[0]
    return found
