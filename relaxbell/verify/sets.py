"""Certificates about sets of behaviors: local, quantum (a level of the NPA hierarchy), no-signaling.

Largest values of a functional on a set, and visibilities beyond which a behavior mixed with noise leaves it. A
functional is read as its form: coefficients of products of projectors, of which each setting's last one is one minus
the others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

from .digest import by_name, number, short_digest
from .kernel import Case
from .measures import Measure
from .reading import FRACTION, ONE, ZERO, Json, Real, array, common_denominator, fields, rationals, whole
from .refusals import need
from .rounding import text
from .setting_tables import without_list
from .wording import digest

Word: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""A product of projectors: for each party those (setting, outcome) that it multiplies, in order."""

BITS, ROWS, LENGTH = 96, 400, 6


class SetCase(Case):
    """What is common: a Bell scenario, a set, and upper bounds of functionals on it."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows; keep the set, and the parties."""
        self.about = self.named(measure)
        self.parties = parties_of(self)
        self.kind = self.about[0]
        if type(self.kind) is list:
            self.rows = monomials(self.sizes, [lengths_of(t, len(self.parties)) for t in self.kind])
        else:
            need(self.kind in ("local", "nonsignaling"), "the set is unknown")
        return Measure("a bound", stated=0)

    def named(self, measure: Json) -> list[Json]:
        """Return the fields of the measure, the set first."""
        raise NotImplementedError

    @property
    def sizes(self) -> list[list[int]]:
        """For each party the number of outcomes of each setting."""
        model = self.model
        return [[model.size[a]] * (1 if x is None else model.size[x]) for a, x in self.parties]

    def proven(self) -> Real:
        """Return minus the upper bound, which is thereby a lower one."""
        return self.most() * -1

    def most(self) -> Real:
        """Return the upper bound that the proof gives."""
        raise NotImplementedError

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        need(not self.constraints and self.strategies is None, "a set has neither constraints nor strategies")
        stated = self.real(fields(self.claim, "the claim", "upper_bound")[0], "the upper bound")
        found = self.most()
        need(not stated < found, f"the proof gives the upper bound {text(found)}, more than {text(stated)}")
        return self.sentence(stated)

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        raise NotImplementedError

    def set_text(self, kind: Json) -> str:
        """Return the name of a set."""
        if type(kind) is not list:
            return "local" if kind == "local" else "no-signaling"
        names = [a for a, _ in self.parties]
        spaced = any(len(name) > 1 for name in names)
        lengths = [lengths_of(t, len(names)) for t in kind]
        words = [
            (" " if spaced else "").join(n for n, k in zip(names, t, strict=True) for _ in range(k)) for t in lengths
        ]
        return f"quantum (words {', '.join(word or '1' for word in words)} of the NPA hierarchy)"

    def scenario_text(self) -> str:
        """Return the variables with their numbers of values."""
        sizes = ", ".join(f"{n}: {self.model.size[n]}" for n in self.model.axes)
        return f"p({','.join(self.model.outputs)}|{','.join(self.model.inputs)}) ({sizes})"

    def form(self, table: Sequence[Real]) -> dict[Word, Real]:
        """Return the form of coefficients over the cells."""
        self.model.spend(self.model.cells * FRACTION * 2 ** len(self.parties))
        return form(self, table)

    def bound(self, proof: Json, sign: int = 1) -> Real:
        """Refuse: what is proved here is no bound of rows."""
        raise NotImplementedError

    def upper(self, kind: Json, table: Sequence[Real], proof: Json) -> Real:
        """Return an upper bound of coefficients · p over the behaviors p of a set."""
        if type(kind) is list:
            return self._sum_of_squares(table, proof)
        if kind == "local":
            fields(proof, "the proof of a local bound")
            return self._deterministic(table)
        cells, stated = fields(proof, "the proof of a no-signaling bound", "table", "bound")
        slack = [self.real(v, "a slack") for v in array(cells, "the slacks", self.model.cells)]
        need(not min(slack) < Real(), "a slack is negative")
        most = self.real(stated, "the bound")
        total = self.form([a + b for a, b in zip(slack, table, strict=True)])
        constant = total.pop(_one(self), Real())
        need(not any(v.sign() for v in total.values()), "the slacks do not complete the functional")
        need(not (constant - most).sign(), f"functional and slacks sum to {text(constant)}, not {text(most)}")
        return most

    def _deterministic(self, table: Sequence[Real]) -> Real:
        """Return the largest value on a deterministic strategy: of rational numbers, or of a + b√n one by one."""
        model = self.model
        if any(v.b for v in table):
            model.spend(model.count * (model.effort + FRACTION * model.settings))
            values = [sum((table[c] for c in model.visited(f)), Real()) for f in model.strategies()]
            best = values[0]
            for value in values:
                best = value if best < value else best
            return best
        prices = [v.a for v in table]
        scale = common_denominator(prices)
        most = without_list(model, prices, [], scale, ZERO)
        return Real(self.largest(self.reduced(prices, [], scale), scale, ZERO) if most is None else most)

    def _sum_of_squares(self, table: Sequence[Real], proof: Json) -> Real:
        """Return the bound that a sum of squares gives: L Lᵀ = β − f but for moments, each at most 1 in size.

        Let s be the sum of the entries of L Lᵀ at the places of a moment m. Since ⟨w† w'⟩ over the words is positive
        semidefinite, Σ s m ≥ 0, and f = Σ f m ≤ Σ (f + s) m. So f ≤ f + s of the moment 1, and at most |f + s| for
        each other one, or max(0, f + s) where the moment is on the diagonal and thus not negative.
        """
        above, bits, factor = fields(proof, "a sum of squares", "above", "bits", "rows")
        if above is not None:
            own = rationals(above, "the coefficients above", self.model.cells)
            need(not any(Real(a) < b for a, b in zip(own, table, strict=True)), "a coefficient above is below")
            table = [Real(a) for a in own]
        need(not any(v.b for v in table), "an irrational functional needs a rational one above it")
        n, unit = len(self.rows), 4 ** whole(bits, "bits", 0, BITS)
        lower = [array(row, "a row", i + 1) for i, row in enumerate(array(factor, "the rows", n))]
        known = all(type(v) is int and v.bit_length() <= BITS for row in lower for v in row)
        need(known, f"an entry of the rows is no integer below 2^{BITS}")
        self.model.spend(n * n * (n + 200))
        sums: dict[Word, int] = {}
        diagonal = set[Word]()
        for i, j, word in classes(self.rows):
            entry = sum(map(int.__mul__, lower[i][: j + 1], lower[j]))
            sums[word] = sums.get(word, 0) + (entry if i == j else 2 * entry)
            if i == j:
                diagonal.add(word)
        f = {word: v.a for word, v in self.form(table).items()}
        missing = [word for word, v in f.items() if v and word not in sums]
        need(not missing, "the level has no moment of a term of the functional")
        one, total = _one(self), ZERO
        for word, s in sums.items():
            rest = f.get(word, ZERO) + Fraction(s, unit)
            total += rest if word == one else max(rest, ZERO) if word in diagonal else abs(rest)
        return Real(total)


class FunctionalCase(SetCase):
    """The largest value of a functional on a set."""

    def named(self, measure: Json) -> list[Json]:
        """Return set, coefficients and constant."""
        return fields(measure, "the measure", "set", "coefficients", "constant", optional=("kind",))

    @property
    def coefficients(self) -> list[Real]:
        """Over the cells."""
        return [self.real(v, "a coefficient") for v in array(self.about[1], "the coefficients", self.model.cells)]

    def most(self) -> Real:
        """Return the upper bound that the proof gives."""
        return self.upper(self.kind, self.coefficients, self.proof) + self.real(self.about[2], "the constant")

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        name = f"(digest {self.functional_digest()}) the functional of {self.scenario_text()}"
        return f"{name} is at most {rounded_up(stated)} on every {self.set_text(self.kind)} behavior"

    def functional_digest(self) -> str:
        """Return the digest of the functional: coefficients and constant, by the names of the variables."""
        return table_digest(self, "functional", self.coefficients, self.real(self.about[2], "the constant"))


class VisibilityCase(SetCase):
    """The largest v with v p + (1 − v) noise in a set, for noise that is given, or any behavior of a set."""

    def named(self, measure: Json) -> list[Json]:
        """Return set and noise."""
        return fields(measure, "the measure", "set", "noise", optional=("kind",))

    def most(self) -> Real:
        """Return (β − γ) / (f(p) − γ), rounded up, for f ≤ β on the set and f ≥ γ for the noise."""
        p, noise = self.behavior, self.about[1]
        need(p is not None, "a visibility is of probabilities, which are not given")
        coefficients, bound, floor = fields(self.proof, "the proof", "functional", "bound", "noise")
        f = [Real(c) for c in rationals(coefficients, "the functional", self.model.cells)]
        beta = self.upper(self.kind, f, bound)
        if type(noise) is list:
            table = [self.real(v, "the noise") for v in array(noise, "the noise", self.model.cells)]
            need(not min(table) < Real(), "the noise has a negative probability")
            x = self.model.settings
            need(not any(sum(table[i::x], Real(-ONE)).sign() for i in range(x)), "the noise is not normalized")
            gamma = sum((v * c.a for v, c in zip(table, f, strict=True)), Real())
        else:
            need(noise in ("local", "nonsignaling"), "the noise is neither a behavior nor a set")
            gamma = self.upper(noise, [c * -1 for c in f], floor) * -1
        value = sum((v * c.a for v, c in zip(p or [], f, strict=True)), Real())
        need(gamma < value, "the functional does not tell the behavior from the noise")
        return _ratio(beta - gamma, value - gamma)

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        noise = self.about[1]
        kind = "the given noise" if type(noise) is list else f"any {self.set_text(noise)} behavior"
        if type(noise) is list:
            kind += f" (digest {table_digest(self, 'noise', [self.real(v, 'the noise') for v in noise], Real())})"
        return (
            f"(digest {digest(self)}) the behavior {self.scenario_text()}, with weight v in a mixture with {kind}, is "
            f"{self.set_text(self.kind)} for no v > {rounded_up(stated)}"
        )


# ------------------------------------------------------------------------ parts


def parties_of(case: Case) -> list[tuple[str, str | None]]:
    """Return each output with its own input; refuse what is no Bell scenario."""
    model, found, seen = case.model, list[tuple[str, str | None]](), list[str]()
    need(len(model.latents) == 1 and not model.dependent, "a set needs free inputs and one latent variable")
    need(set(model.parents) == set(model.outputs), "a set has no hidden nodes")
    for name in model.outputs:
        own = model.parents[name]
        need(len(own) <= 1 and not set(own) & set(seen) and set(own) <= set(model.inputs), "a party has one input")
        seen += own
        found.append((name, own[0] if own else None))
    need(len(seen) == len(model.inputs), "an input belongs to no party")
    return found


def lengths_of(data: Json, parties: int) -> tuple[int, ...]:
    """Return the lengths of the words of one kind, for each party."""
    return tuple(whole(k, "the length of a word", 0, LENGTH) for k in array(data, "the lengths of words", parties))


def _one(case: SetCase) -> Word:
    return ((),) * len(case.parties)


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


def form(case: SetCase, table: Sequence[Real]) -> dict[Word, Real]:
    """Return the coefficients of the words with at most one projector of each party: Σ table p = form · moments."""
    model, found = case.model, dict[Word, Real]()
    places = [None if x is None else model.inputs.index(x) for _, x in case.parties]
    shape = [range(model.size[name]) for name in model.axes]
    k = len(case.parties)
    for value, index in zip(table, itertools.product(*shape), strict=True):
        if not value.sign():
            continue
        options: list[list[tuple[tuple[tuple[int, int], ...], int]]] = []
        for party, place in enumerate(places):
            x, a = 0 if place is None else index[k + place], index[party]
            last = model.size[case.parties[party][0]] - 1
            rest: list[tuple[tuple[tuple[int, int], ...], int]] = [((), 1), *((((x, b),), -1) for b in range(last))]
            options.append(rest if a == last else [(((x, a),), 1)])
        for parts in itertools.product(*options):
            word = tuple(part for part, _ in parts)
            found[word] = found.get(word, Real()) + value * math.prod(s for _, s in parts)
    return found


def table_digest(case: Case, what: str, table: Sequence[Real], constant: Real) -> str:
    """Return the digest of a table over the cells, with a constant, by the names of its variables."""
    model = case.model
    model.spend(8 * model.cells)
    lines = [f"relaxbell-{what}-1"]
    sizes = []
    for role, names in (("outputs", model.outputs), ("inputs", model.inputs)):
        sizes.append([(name, model.size[name]) for name in names])
        lines.append(" ".join([role, *(f"{name}:{size}" for name, size in sorted(sizes[-1]))]))
    cells = list(by_name(sizes[0], range(model.cells // model.settings)))
    settings = list(by_name(sizes[1], range(model.settings)))
    values = [number(table[a * model.settings + x]) for a in cells for x in settings]
    return short_digest([*lines, " ".join(["constant", number(constant)]), " ".join(["coefficients", *values])])


def _ratio(above: Real, below: Real) -> Real:
    """Return the quotient of two numbers, the second positive; a + b√n exactly."""
    n = above.n or below.n
    norm = below.a * below.a - n * below.b * below.b
    return above.times(Real(below.a, -below.b, n)) * (1 / norm)


def rounded_up(value: Real) -> str:
    """Return a number as text: exactly, or 12 digits rounded up."""
    lower = text(value * -1)
    if "rounded" not in lower:
        return text(value)
    return (lower[1:] if lower.startswith("-") else f"-{lower}").replace("rounded down", "rounded up")
