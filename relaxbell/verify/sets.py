"""Certificates about sets of behaviors: local, quantum (a level of the NPA hierarchy), no-signaling.

Largest values of a functional on a set, and visibilities beyond which a behavior mixed with noise leaves it. A
functional is read as its form: coefficients of products of projectors, of which each setting's last one is one minus
the others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from .digest import by_name, number, short_digest
from .kernel import Case
from .measures import Measure
from .model import Model
from .reading import (
    CELLS,
    FRACTION,
    ONE,
    ZERO,
    Json,
    Real,
    array,
    common_denominator,
    fields,
    rationals,
    read_real,
    whole,
)
from .refusals import need
from .rounding import text
from .setting_tables import without_list
from .wording import digest
from .words import Word, add_products, cell_form, monomials, projector, sum_of_squares

LENGTH = 6


Limit: TypeAlias = tuple[dict[Word, Fraction], Real, bool]
"""Numbers of words, the most that they sum to, and whether they sum to just that."""


class SetCase(Case):
    """What is common: a Bell scenario, a set, and upper bounds of functionals on it."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Return a measure without rows; keep the set, and the parties."""
        self.about = self.named(measure)
        self.parties, self.own, self.is_bell = parties_of(self.model)
        self.kind = self.about[0]
        if type(self.kind) is list:
            self.rows = monomials(self.sizes, [lengths(t, len(self.parties)) for t in self.kind])
        else:
            need(self.kind in ("local", "nonsignaling"), "the set is unknown")
        return Measure("a bound", stated=0)

    def named(self, measure: Json) -> list[Json]:
        """Return the fields of the measure, the set first."""
        raise NotImplementedError

    @property
    def sizes(self) -> list[list[int]]:
        """For each party the number of outcomes of each setting."""
        return [[self.model.size[name]] * self.model.configurations[name] for name in self.parties]

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
        return quantum_text(self.parties, kind)

    def behaviors(self, kind: Json) -> str:
        """Return what the behaviors of a set are called."""
        name = self.set_text(kind)
        return f"{name} behavior" if self.is_bell else f"behavior of this graph with a common cause that is {name}"

    def scenario_text(self) -> str:
        """Return the variables with their numbers of values."""
        sizes = ", ".join(f"{n}: {self.model.size[n]}" for n in self.model.axes)
        edges = "" if self.is_bell else f" of {', '.join(self.model.edges)}"
        return f"p({','.join(self.model.outputs)}|{','.join(self.model.inputs)}) ({sizes}){edges}"

    def form(self, table: Sequence[Real]) -> dict[Word, Real]:
        """Return the form of coefficients over the cells."""
        return cell_form(self.model, self.parties, table, self.own)

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
        return self._completed(self.form(table), proof)

    def upper_of(self, kind: Json, form: dict[Word, Real], proof: Json) -> Real:
        """Return an upper bound of a combination of words on the set, quantum or no-signaling."""
        if type(kind) is list:
            need(not any(v.b for v in form.values()), "an irrational functional has no limits beside it")
            bits, rows = fields(proof, "a sum of squares", "bits", "rows")
            f = {word: v.a for word, v in form.items()}
            return Real(sum_of_squares(self.rows, f, bits, rows, self.model.spend))
        need(kind == "nonsignaling", "the set is unknown")
        return self._completed(form, proof)

    # -------------------------------------------------------- conditions beside a set

    beside: Sequence[Limit] = ()

    def limits_of(self, data: Json) -> list[Limit]:
        """Return linear conditions; none where they are not given."""
        return [] if data is None else [self._limit(own) for own in array(data, "the limits")]

    def _limit(self, data: Json) -> Limit:
        """Return a limit: numbers of words, the most that they sum to, and whether they sum to just that."""
        words, most, equality = array(data, "a limit", 3)
        pairs = [array(pair, "a term of a limit", 2) for pair in array(words, "the terms of a limit")]
        need(type(equality) is bool, "a limit is neither an equality nor an inequality")
        numbers = rationals([v for _, v in pairs], "a term of a limit")
        found = {_word(word): v for (word, _), v in zip(pairs, numbers, strict=True)}
        return found, self.real(most, "a limit"), equality

    def limited(self, table: Sequence[Real], proof: Json) -> Real:
        """Return an upper bound of coefficients · p over the behaviors of the set that satisfy the conditions."""
        if not self.beside:
            return self.upper(self.kind, table, proof)
        numbers, of = fields(proof, "the proof", "multipliers", "of")
        total, allowed = self.form(table), Real()
        for y, (words, most, equality) in zip(
            rationals(numbers, "the multipliers", len(self.beside)), self.beside, strict=True
        ):
            need(equality or y >= 0, "a multiplier is negative")
            allowed += most * y
            for word, v in words.items():
                total[word] = total.get(word, Real()) - Real(v) * y
        return self.upper_of(self.kind, total, of) + allowed

    def conditions(self) -> str:
        """Return how many conditions there are, with their digest."""
        texts = [
            f"{sorted(words.items())} {'=' if equality else '<='} {number(most)}"
            for words, most, equality in self.beside
        ]
        return f"{len(texts)} linear condition{'s' * (len(texts) > 1)} (digest {short_digest(texts)})"

    def _completed(self, form: dict[Word, Real], proof: Json) -> Real:
        """Return the bound of a no-signaling set: slacks that complete a form to a constant."""
        cells, stated = fields(proof, "the proof of a no-signaling bound", "table", "bound")
        most = self.real(stated, "the bound")
        if self.is_bell:
            slack = [self.real(v, "a slack") for v in array(cells, "the slacks", self.model.cells)]
            need(not min(slack) < Real(), "a slack is negative")
            slacks = self.form(slack)
        else:
            slacks = unpacked_slacks(self.model, cells, self.root)
        total = {word: form.get(word, Real()) + slacks.get(word, Real()) for word in form | slacks}
        constant = total.pop(((),) * len(self.parties), Real())
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
        """Return the bound that a sum of squares gives, of a rational functional, or of a rational one above it."""
        above, bits, rows = fields(proof, "a sum of squares", "above", "bits", "rows")
        if above is not None:
            own = rationals(above, "the coefficients above", self.model.cells)
            need(not any(Real(a) < b for a, b in zip(own, table, strict=True)), "a coefficient above is below")
            table = [Real(a) for a in own]
        need(not any(v.b for v in table), "an irrational functional needs a rational one above it")
        f = {word: v.a for word, v in self.form(table).items()}
        return Real(sum_of_squares(self.rows, f, bits, rows, self.model.spend))


class FunctionalCase(SetCase):
    """The largest value of a functional on a set."""

    def named(self, measure: Json) -> list[Json]:
        """Return set, coefficients and constant."""
        *found, limits = fields(measure, "the measure", "set", "coefficients", "constant", optional=("kind", "limits"))
        self.beside = self.limits_of(limits)
        return found

    @property
    def coefficients(self) -> list[Real]:
        """Over the cells."""
        return [self.real(v, "a coefficient") for v in array(self.about[1], "the coefficients", self.model.cells)]

    def most(self) -> Real:
        """Return the upper bound that the proof gives."""
        return self.limited(self.coefficients, self.proof) + self.real(self.about[2], "the constant")

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        name = f"(digest {self.functional_digest()}) the functional of {self.scenario_text()}"
        within = f" that satisfies {self.conditions()}" if self.beside else ""
        return f"{name} is at most {rounded_up(stated)} on every {self.behaviors(self.kind)}{within}"

    def functional_digest(self) -> str:
        """Return the digest of the functional: coefficients and constant, by the names of the variables."""
        return table_digest(self, "functional", self.coefficients, self.real(self.about[2], "the constant"))


class VisibilityCase(SetCase):
    """The largest v with v p + (1 − v) noise in a set, for noise that is given, or any behavior of a set."""

    def named(self, measure: Json) -> list[Json]:
        """Return set and noise."""
        *found, limits = fields(measure, "the measure", "set", "noise", optional=("kind", "limits"))
        self.beside = self.limits_of(limits)
        return found

    def most(self) -> Real:
        """Return (β − γ) / (f(p) − γ), rounded up, for f ≤ β on the set and f ≥ γ for the noise."""
        p, noise = self.behavior, self.about[1]
        need(p is not None, "a visibility is of probabilities, which are not given")
        coefficients, bound, floor = fields(self.proof, "the proof", "functional", "bound", "noise")
        f = [Real(c) for c in rationals(coefficients, "the functional", self.model.cells)]
        beta = self.limited(f, bound)
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
        kind = "the given noise" if type(noise) is list else f"any {self.behaviors(noise)}"
        if type(noise) is list:
            kind += f" (digest {table_digest(self, 'noise', [self.real(v, 'the noise') for v in noise], Real())})"
        has = "is" if self.is_bell else "has a common cause that is"
        within = f" and satisfies {self.conditions()}" if self.beside else ""
        return (
            f"(digest {digest(self)}) the behavior {self.scenario_text()}, with weight v in a mixture with {kind}, "
            f"{has} {self.set_text(self.kind)}{within} for no v > {rounded_up(stated)}"
        )


# ------------------------------------------------------------------------ parts


def parties_of(model: Model) -> tuple[list[str], dict[str, Sequence[str]], bool]:
    """Return the nodes that respond, with their parents, and whether this is a Bell scenario."""
    need(len(model.latents) == 1 and not model.dependent, "a set needs free inputs and one latent variable")
    read = [name for own in model.parents.values() for name in own]
    bell = set(model.parents) == set(model.outputs) and sorted(read) == sorted(model.inputs)
    bell = bell and all(len(own) <= 1 for own in model.parents.values())
    parties = model.outputs if bell else model.responding
    return parties, {name: model.parents[name] for name in parties}, bell


def _word(data: Json) -> Word:
    parts = [array(part, "a part of a word") for part in array(data, "a word")]
    pairs = [[array(letter, "a projector", 2) for letter in part] for part in parts]
    return tuple(
        tuple((whole(x, "a setting", 0, CELLS), whole(a, "an outcome", 0, CELLS)) for x, a in p) for p in pairs
    )


def lengths(data: Json, parties: int) -> tuple[int, ...]:
    """Return the lengths of a kind of word."""
    return tuple(whole(k, "the length of a word", 0, LENGTH) for k in array(data, "the lengths of words", parties))


def quantum_text(names: Sequence[str], kind: Json) -> str:
    """Return the name of a level of the NPA hierarchy by its words."""
    joint = " " if any(len(name) > 1 for name in names) else ""
    kinds = [lengths(t, len(names)) for t in array(kind, "the kinds of words")]
    words = [joint.join(n for n, k in zip(names, t, strict=True) for _ in range(k)) for t in kinds]
    return f"quantum (words {', '.join(word or '1' for word in words)} of the NPA hierarchy)"


def unpacked_slacks(model: Model, slacks: Json, root: int) -> dict[Word, Real]:
    """Return the form of numbers ≥ 0 over values, then configurations of parents, of all responding nodes."""
    sizes = [model.size[name] for name in model.responding]
    settings = [model.configurations[name] for name in model.responding]
    cells, k = math.prod(sizes + settings), len(sizes)
    need(cells <= CELLS, "there are too many slacks")
    model.spend(cells * FRACTION * 2**k)
    found = dict[Word, Real]()
    shape = itertools.product(*map(range, sizes + settings))
    for data, cell in zip(array(slacks, "the slacks", cells), shape, strict=True):
        value = read_real(data, "a slack", root)
        need(not value < Real(), "a slack is negative")
        if value.sign():
            letters = [projector(c, x, a) for c, a, x in zip(sizes, cell[:k], cell[k:], strict=True)]
            add_products(found, letters, value)
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
