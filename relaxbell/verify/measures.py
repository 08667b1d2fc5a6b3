"""The measures that certificates state: their rows from the graph, values at q, and the row weights that bound them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from .digest import short_digest
from .mixtures import Column, fraction
from .model import Functions, Model
from .reading import FRACTION, NUMBER_BITS, ONE, ZERO, Json, Real, array, fields, rationals, sparse, whole
from .refusals import need, quoted

Weights = list[tuple[int, Functions, Real]]  # strategies: number, functions, weight


@dataclass(frozen=True)
class Measure:
    """A sum or maximum of parts; or rows, by their columns, in groups of these sizes (linear: none)."""

    text: str
    column: Column = lambda number, functions: ()
    effort: int = 0  # of computing a column
    groups: tuple[int, ...] = ()
    kind: str = "rows"
    parts: tuple[Measure, ...] = ()
    factors: list[Fraction] = field(default_factory=list)  # of the parts of a sum
    stated: object = None  # of what elimination writes as tables: the statement, or of an influence target and rows


Charges = list[tuple[Measure, list[Fraction]]]
MORE: dict[str, Callable[[Model, Json], Measure]] = {}  # kinds beyond the kernel


def charge(measure: Measure, weights: Json, share: Fraction, charges: Charges) -> Fraction:
    """Append the row weights of a share of a measure, if they are feasible; return the share of dependence."""
    if measure.parts:
        own = array(weights, "the weights of a measure's parts", len(measure.parts))
        shares = [share * factor for factor in measure.factors]
        if measure.kind == "maximum":
            pairs = [array(pair, "the weights of a maximum", 2) for pair in own]
            shares, own = rationals([s for s, _ in pairs], "a share"), [w for _, w in pairs]
            need(min(shares) >= 0 and sum(shares) == share, "the shares of a maximum do not sum to its own")
        return sum((charge(*part, charges) for part in zip(measure.parts, own, shares, strict=True)), ZERO)
    if measure.kind == "dependence":
        need(weights is None and share >= 0, "dependence has weights, or a negative share")
        return share
    if measure.groups:
        u = rationals(weights, "the weights of rows", sum(measure.groups))
        rest = iter(u)
        size = sum(max(abs(w) for w in itertools.islice(rest, k)) for k in measure.groups)
        need(size <= share, "the weights of rows exceed their share")
    else:
        need(weights is None, "a linear measure has weights")
        u = [share]
    if any(u):
        charges.append((measure, u))
    return ZERO


def evaluate(model: Model, measure: Measure, q: Weights) -> Real:
    """Return a measure at q."""
    parts = [evaluate(model, part, q) for part in measure.parts]
    if parts:
        return max(parts) if measure.kind == "maximum" else sum(map(lambda p, f: p * f, parts, measure.factors), Real())
    totals: dict[int, Real] = {}
    for number, functions, weight in q:
        found = measure.column(number, functions)
        model.spend(measure.effort + FRACTION * len(found))
        for row, coefficient in found:
            totals[row] = totals.get(row, Real()) + weight * coefficient
    if not measure.groups:
        return totals.get(0, Real())
    ends = itertools.pairwise(itertools.accumulate((0, *measure.groups)))
    groups = ([totals[i] for i in range(a, b) if i in totals] for a, b in ends)
    return max(sum((value * value.sign() for value in group), Real()) for group in groups)


def read_measure(model: Model, data: Json, factor: Fraction = ONE) -> Measure:
    """Return a measure with its parts; the factors before it have the product `factor`."""
    model.spend(FRACTION)
    need(max(factor.denominator, abs(factor.numerator)).bit_length() <= NUMBER_BITS, "the factors are too large")
    stated = data.get("kind") if type(data) is dict else None
    kind = stated if type(stated) is str else ""
    if kind in ("sum", "maximum"):
        pairs = [array(pair, "a part", 2) for pair in array(fields(data, f"a {kind}", "kind", "of")[1], f"a {kind}")]
        factors = rationals([number for number, _ in pairs], "a factor")
        need(pairs and (kind == "sum" or set(factors) == {ONE}), f"a {kind} has no parts, or a maximum has factors")
        parts = tuple(read_measure(model, part, factor * f) for f, (_, part) in zip(factors, pairs, strict=True))
        texts = [part.text if f == 1 else f"{f}*({part.text})" for f, part in zip(factors, parts, strict=True)]
        texts[9:] = [f"{len(texts) - 9} more parts (digest {short_digest(texts[9:])})"] if texts[9:] else []
        text = (" + " if kind == "sum" else ", ").join(texts)
        return Measure(text if kind == "sum" else f"max({text})", kind=kind, parts=parts, factors=factors)
    if kind == "fraction":
        return Measure(*fraction(model, data), stated=data)
    readers = {"probability": probability, "influence": influence, "dependence": dependence, "rows": own_rows} | MORE
    need(kind in readers, "a measure is of no known kind")
    return readers[kind](model, data)


def probability(model: Model, data: Json) -> Measure:
    """Return p(target in values|do(…)), averaged over p(free inputs)."""
    _, target, values, do = fields(data, "a probability", "kind", "target", "values", "do")
    pairs = [array(pair, "an intervention", 2) for pair in array(do, "the interventions")]
    for name in (target, *(name for name, _ in pairs)):
        need(type(name) is str and name in model.size, "a probability names no variable")
    hits = {whole(value, "a value", 0, model.size[target]) for value in array(values, "the values")}
    forced = {name: whole(value, "a value", 0, model.size[name]) for name, value in pairs}
    need(len(forced) == len(pairs), "an intervention is repeated")

    def column(_: int, functions: Functions) -> list[tuple[int, Fraction]]:
        found = model.run(functions, forced)[target]
        return [(0, sum((p for p, value in zip(model.chances, found, strict=True) if value in hits), ZERO))]

    condition = ", ".join(f"{name}={value}" for name, value in forced.items())
    text = f"p({target}={','.join(map(str, sorted(hits)))}{f'|do({condition})' if forced else ''})"
    return Measure(text, column, model.effort + 8 * len(model.chances) + FRACTION, stated=data)


def influence(model: Model, data: Json) -> Measure:
    """Return how an intervention on one parent shifts the values of a node."""
    _, source, target, variation = fields(data, "an influence", "kind", "source", "target", "variation")
    need(type(source) is str and type(target) is str and type(variation) is bool, "an influence has odd fields")
    parents, known = model.parents.get(target, []), f"{quoted(source)} is no parent of {quoted(target)} with two values"
    need(source in parents and model.size[source] > 1, known)
    size, values, node = model.size[target], model.size[source], model.responding.index(target)
    inner = math.prod(model.size[name] for name in parents[parents.index(source) + 1 :])
    outer = model.configurations[target] // (values * inner)
    outcomes = [None] if variation else list(range(size if size > 2 else 1))
    count = outer * inner * math.comb(values, 2) * len(outcomes)
    model.spend(8 * count)
    rows = [
        ((high * values + u) * inner + low, (high * values + v) * inner + low, w)
        for high, low in itertools.product(range(outer), range(inner))
        for u, v in itertools.combinations(range(values), 2)
        for w in outcomes
    ]

    def column(_: int, functions: Functions) -> list[tuple[int, int]]:
        f = functions[node]
        return [(i, 1) for i, (u, v, w) in enumerate(rows) if f[u] != f[v] and (w is None or w in (f[u], f[v]))]

    name = f"{'TV' if variation else 'C'}({source} -> {target})"
    return Measure(name, column, 2 * count + 8, (1,) * count, stated=(target, rows))


def dependence(model: Model, data: Json) -> Measure:
    """Return Σ |p(x, Λ) − p(x) p(Λ)|, or Hall's measure, the largest over pairs x, x' of Σ |p(Λ|x) − p(Λ|x')|."""
    _, hall = fields(data, "a dependence", "kind", "hall")
    p, each = model.occurring, model.count // math.prod(model.size[name] for name in model.dependent)
    pairs = list(enumerate(itertools.combinations(p, 2))) if hall is True and len(p) < 2**8 else []
    need(pairs or hall is False, "the pairs of settings are none, or too many")
    model.spend(len(pairs) * each + 2 * FRACTION * model.count * hall)  # of M where strategies are listed

    def column(number: int, _: Functions) -> list[tuple[int, int | Fraction]]:
        x, rest = model.split(number)
        if hall:
            return [(k * each + rest, (1 if x == y else -1) / p[x]) for k, (y, z) in pairs if x in (y, z)]
        return [(i * each + rest, (x == y) - p[y]) for i, y in enumerate(p)]

    text = f"{'Hall' if hall else 'M'}({','.join(model.dependent)}:Lambda)"
    groups = (each,) * len(pairs) or (each * len(p),)
    return Measure(text, column, FRACTION * len(p) + len(pairs), groups, kind="dependence" if not hall else "rows")


def own_rows(model: Model, data: Json) -> Measure:
    """Return rows that are written out, each as [strategy, number], in groups of these sizes (none: their sum)."""
    _, rows, groups = fields(data, "rows", "kind", "rows", "groups")
    sizes = tuple(whole(size, "the size of a group", 1, 2**23) for size in array(groups, "the groups"))
    need(rows and sum(sizes) in (0, len(array(rows, "the rows"))), "the groups do not contain each row once")
    columns: dict[int, list[tuple[int, Fraction]]] = {}
    for i, row in enumerate(rows):
        for number, value in sparse(row, "a row", model.count).items():
            columns.setdefault(number, []).append((i if sizes else 0, rationals([value], "a row")[0]))
    norm = f"largest of {len(sizes)} norms" if sizes else "sum"
    named = short_digest([" ".join(map(str, sizes)), *(" ".join(f"{i}:{v}" for i, v in sorted(row)) for row in rows)])
    text = f"the {norm} of {len(rows)} given row{'s' * (len(rows) > 1)} (digest {named})"
    return Measure(text, lambda number, _: columns.get(number, ()), 2 + max([0, *map(len, columns.values())]), sizes)
