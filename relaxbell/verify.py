"""Check a relaxbell certificate: ``python verify.py FILE``.

This file is complete in itself: it needs only Python's standard library and believes nothing that it can
compute. It builds the strategies of the causal model and the rows of the measure anew from the graph, and checks
every inequality in exact arithmetic (logarithms: in 60 decimal digits, rounded outwards by far more than their error).

**Model.** Nodes are listed with parents first. All but the *free* inputs, which have no parents, respond: each is a
function of its parents, chosen by its latent parents. A function is a tuple of values, one for each configuration
of the parents in their order, the last parent changing fastest; functions are numbered in the order of these tuples. A
strategy λ is one function for each responding node, in mixed radix, the first node most significant. A model is a
probability distribution q over the strategies. Inputs that respond are *dependent*.

**Data.** T q is the table p(outputs, dependent inputs|free inputs), in C order of outputs, then inputs, as listed.
The data are equations over T q: each cell of a behavior, T q = p(outputs|inputs) p(dependent|free), or the value of
each linear function of p(outputs|inputs). Then, for each setting of all inputs, Σ_outputs T q = p(dependent|free).
Constraints are measures ≤ limit.

**Measures** are maxima, over groups of rows, of Σ |row · q|; or linear; or sums and maxima of such.
probability: of some values of a node, averaged over p(free inputs), under an intervention; linear.
influence: a group of one row for each values of the other parents, pair u < u' of the source's values, and value of
the target (the first alone if there are two); with variation, one for all values. dependence: rows p(x, Λ) − p(x) p(Λ),
one group, x the dependent inputs, Λ the functions of the others; Hall's: a group for each pair x < x' that occur, with
a row p(Λ|x) − p(Λ|x') for each Λ. rows: written out.

**The inequality.** Row weights u prove ``share`` times a measure if Σ_groups max |u| ≤ share (linear: u = share; sum:
each part has the share times its factor; maximum: parts have shares ≥ 0 that sum to it). For such u for the objective,
with share 1, and for each constraint with share μ ≥ 0, and any z (for the data, then the normalization)::

    measure ≥ ⟨z, data⟩ − Σ μ limit − max_λ r(λ),     r = Tᵀz − Σ uᵀ rows .

If w is the total share of dependence, whose weights are not given, max_λ r(λ) is replaced by
max_Λ Σ_x p(x) max(r(x, Λ), max_x' r(x', Λ) − 2w); for the mutual information by max_Λ log2 Σ_x p(x) 2^r(x, Λ).
Strategies that need settings of probability 0 have q = 0. Infeasible: the bound of the measure 0 is positive.
A binary entropy h(m) is concave: its least value is at an end of the interval that two such bounds give for m.

**Networks.** A node may have several latent parents. Groups of nodes that share no latent variable are independent, and
non-bilocality is Σ |q^ac − q^a q^c| over their functions α, γ, for any number of groups, summed over the products that
are listed; q ranges over all distributions, so that sources may be correlated. The marginals of all groups of a product
but the last are given, or they are q^a = f(ν) = constant + matrix · (free entries), which multipliers m of the data
prove: Tᵀm = [α] − Σ matrix [free]. A tree of splits of a box that holds all ν with f ≥ 0 ends in boxes. In each there
are y, s of degree one and z of degree two in each parameter, as coefficients of Bernstein polynomials, |y| ≤ 1, and::

    measure ≥ ⟨z, p⟩ + ⟨s, f⟩ + min_λ (y_αγ − Σ_α' f_α' y_α'γ − s_α − Tᵀz)

which is of degree two: the least coefficient of the right-hand side is a bound, because these polynomials are not
negative and sum to one. For n groups, α stands for those of all but the last, and f for the product of their marginals.
What is proved with some of the settings only holds for all: leaving settings out makes no distance larger.

**Format**: JSON without floats. A number is "-3/7" or, in data and claims, ["a", "b"] for a + b√root. What exceeds the
limits below is refused, so that every check ends within about a minute and 1 GiB of memory. A curve has two
certificates with the same proof for each of its pieces, and at most one root. Where its data were read at some values
of a parameter only, it says so (reading): t is a power of the parameter, and what is between is assumed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from functools import cache, cached_property, reduce
from pathlib import Path
from typing import Any

SCHEMA, CURVE = "relaxbell-certificate-1", "relaxbell-curve-1"
FILE_BYTES, DEPTH, NODES, CELLS, STRATEGIES = 2**23, 50, 64, 2**16, 2**20
DIGITS, NUMBER_BITS, ROOT, PARAMETERS = 700, 2**11, 10**12, 4
WORK, FRACTION = 2**28, 2**8  # in all, and for one operation with fractions: a unit takes about a quarter microsecond

_NUMBER = re.compile(rf"-?[0-9]{{1,{DIGITS}}}(/[1-9][0-9]{{0,{DIGITS - 1}}})?")
_NAME = re.compile(r"[^\W\d]\w{0,99}'{0,9}")
_MARGIN = Fraction(1, 10**40)  # far more than the error of a logarithm here, 10^-50
_ZERO, _ONE = Fraction(0), Fraction(1)


class Refused(ValueError):  # noqa: N818 - says what happened: the program works
    """The certificate proves nothing; the message says why."""


def need(condition: Any, reason: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(reason)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Check a relaxbell certificate.")
    parser.add_argument("file", type=Path)
    try:
        print(f"verified: {verify_file(parser.parse_args().file)}")
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    return 0


def verify_file(path: Path) -> str:
    """Return what the certificate in a file proves; raise `Refused` otherwise."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len({name for name, _ in pairs}) == len(pairs), "a field is given twice")
        return dict(pairs)

    try:
        need(path.is_file(), "it is a directory or device" if path.exists() else "there is no such file")
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        need(len(raw) <= FILE_BYTES, f"it is larger than {FILE_BYTES} bytes")
        data = json.loads(raw.decode(), object_pairs_hook=distinct)
    except (OSError, ValueError, RecursionError) as error:
        what = "is not JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else "cannot be read"
        raise Refused(f"the file {what}: {getattr(error, 'strerror', None) or error}") from None
    return verify(data)


def verify(data: Any) -> str:
    """Return what a certificate, read from JSON, proves, as a sentence; raise `Refused` otherwise.

    The sentence is in ASCII, so that no name can pass for another or change the direction of writing.
    """
    is_curve = type(data) is dict and data.get("schema") == CURVE
    return (curve(data) if is_curve else Case(data).verdict()).encode("ascii", "backslashreplace").decode()


def curve(data: Any) -> str:
    """Return what a curve proves: certificates at both ends of each piece, whose data and limits are affine in t.

    Fixed multipliers give a bound that is affine in the data (polynomials of networks a concave one), and the least
    value is convex in them (non-bilocality, where the marginals stay the same). So where one proof gives the values at
    both ends of a piece, the least value is affine in between.
    """
    _, pieces, root, reading = fields(data, "the curve", "schema", "pieces", optional=("root", "reading"))
    root = read_root(root)
    roots = {root, 0}
    ends: list[tuple[Real, Real, list[Real]]] = []
    sentence, work, shared = "", 0, None
    for piece in array(pieces, "the pieces"):
        proofs, held = [], []
        for end in array(piece, "a piece", 2):
            t, certificate = fields(end, "an end of a piece", "t", "certificate")
            case = Case(certificate, work)
            case.model.spend(2 * FRACTION * len(case.equations))
            roots.add(case.root)
            need(len(roots) <= 2, "there are different roots")
            sentence = case.verdict()
            work = case.model.work
            need(not case.infeasible and case.strategies is not None, "an end of a piece has no strategies")
            held.append(case.network.held_marginals(case.weights) if case.kind == "nonbilocality" else None)
            value = case.real(case.claim["lower_bound"], "the lower bound")
            need(not (value - case.real(case.claim["upper_bound"], "the upper bound")).sign(), "an end is not exact")
            own = [v for _, v in case.equations] + [Real(limit) for _, limit in case.constraints]
            ends.append((read_real(with_numbers(t), "t", root), value, own))
            rows = [sorted(row.items()) for row, _ in case.equations]
            limited = [c["measure"] for c in certificate["constraints"]]
            problem = (certificate["model"], certificate["measure"], limited, rows)
            shared = shared or problem
            need(problem == shared, "the certificates are not of one problem")
            proofs.append(certificate["proof"])
        need(proofs[0] == proofs[1], "the ends of a piece have different proofs")
        need(held[0] == held[1], "the strategies at the ends of a piece have different marginals")
        need(ends[-2][0] < ends[-1][0], "the ends of a piece are not in order")
    need(ends, "there are no pieces")
    same = [(a[0] - b[0]).sign() or (a[1] - b[1]).sign() for a, b in zip(ends[1::2], ends[2::2], strict=False)]
    need(not any(same), "the pieces do not join")
    (first, _, low), (last, _, high) = ends[0], ends[-1]
    for t, _, own in ends:
        for x, a, b in zip(own, low, high, strict=True):
            line = (x - a).times(last - first) - (b - a).times(t - first)
            need(not line.sign(), "the data are not affine in t")
    corners = ", ".join(f"({t}, {value})" for t, value, _ in [*ends[::2], ends[-1]])
    known = "" if reading is None else assumed(reading, root, first, last)
    return f"least values are affine in t between the corners {corners}{known}; at the last one {sentence}"


def assumed(reading: Any, root: int, first: Real, last: Real) -> str:
    """Return in words what a curve assumes whose data were read at some values of a parameter, t a power of it."""
    name, power, at = fields(with_numbers(reading), "the reading", "parameter", "power", "at")
    need(type(name) is str and name.isidentifier() and len(name) <= 40, "the reading: the parameter has no name")
    whole(power, "the power of the parameter", 1, 100)
    values = [read_real(value, "a value of the parameter", root) for value in array(at, "the values of the parameter")]
    ascending = all(a < b for a, b in itertools.pairwise(values))
    need(2 < len(values) <= 1000 and ascending, "the reading: not ascending values")
    need(power == 1 or values[0].sign() >= 0, "the reading: a power of negative values")
    low, high = ([value] * power for value in (values[0], values[-1]))
    ends = [reduce(Real.times, factors) for factors in (low, high)]
    need(not (first < ends[0] or ends[1] < last), "t is not in the range that was read")
    name = "the parameter" if name == "t" else name
    inner = name if power == 1 else f"{name}^{power}"
    places = ", ".join(map(str, values))
    return f" (t = {inner}; the data were read at {name} = {places}, and that they are affine in t between is assumed)"


class Case:
    """A certificate: what is given, what its proof shows, and what its strategies reach."""

    def __init__(self, data: Any, work: int = 0) -> None:
        names = ("schema", "model", "measure", "observed", "constraints", "claim", "proof")
        values = fields(with_numbers(data), "the certificate", *names, optional=("root", "strategies"))
        schema, model, measure, observed, constraints, self.claim, self.proof, root, self.strategies = values
        need(schema == SCHEMA, f"the schema is not {SCHEMA}")
        self.root = read_root(root)
        self.model = Model(model)
        self.model.spend(work)
        self.infeasible, self.kind = measure is None, measure.get("kind") if type(measure) is dict else None
        if self.kind == "binary entropy":
            self.measure = read_measure(self.model, fields(measure, "the entropy", "kind", "of")[1])
        elif self.kind == "mutual information":
            fields(measure, "the measure", "kind")
            self.model.spend(FRACTION * self.model.count * bool(self.model.occurring))
            self.measure = Measure(f"I({','.join(self.model.dependent)}:Lambda)")
        elif self.kind == "nonbilocality":
            self.network = Network(self.model, measure, self.root)
            self.part, self.cells = self.network.part(model, measure)
            self.measure = Measure(self.network.text)
        else:
            self.measure = Measure("0") if self.infeasible else read_measure(self.model, measure)
        network = self.infeasible or self.kind == "nonbilocality"
        need(network or len(self.model.latents) == 1, "the measure needs a model with one latent variable")
        self.observed = observed
        self.equations, self.given = self._equations(observed)
        pairs = [fields(c, "a constraint", "measure", "limit") for c in array(constraints, "the constraints")]
        limits = rationals([limit for _, limit in pairs], "a limit")
        self.constraints = [(read_measure(self.model, m), h) for (m, _), h in zip(pairs, limits, strict=True)]
        need(self.kind != "nonbilocality" or not pairs, "non-bilocality has constraints")

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        given = [f"{measure.text} <= {Real(limit)}" for measure, limit in self.constraints]
        given[9:] = [f"{len(given) - 9} more constraints"] if given[9:] else []
        joint = "" if len(self.model.latents) == 1 else f" with {', '.join(self.model.latents)} correlated or not"
        models = f"model with {self.model.text}{joint} that has {' and '.join([self.given, *given])}"
        if self.infeasible:
            (claimed,) = fields(self.claim, "the claim", "infeasible")
            need(claimed is True and self.strategies is None, "the claim is none")
            need(Real() < self.bound(self.proof), "the proof does not show that there is no model")
            return f"there is no {models}"
        lower, upper = fields(self.claim, "the claim", "lower_bound", optional=("upper_bound",))
        stated, proven = self.real(lower, "the lower bound"), self.proven()
        need(not proven < stated, f"the proof gives the lower bound {proven}, less than {stated}")
        text = f"h({self.measure.text})" if self.kind == "binary entropy" else self.measure.text
        sentence = f"every {models} has {text} >= {stated}"
        if self.strategies is None and upper is None:
            return sentence
        need(self.kind not in ("binary entropy", "mutual information"), "strategies are for linear programs only")
        most, reached = self.real(upper, "the upper bound"), self.reached()
        need(not (reached - most).sign(), f"the strategies reach {reached}, not {most}")
        return f"{sentence}, and one {f'attains it: minimum = {most}' if most == stated else f'has {most}'}"

    def proven(self) -> Real:
        """Return the largest lower bound that the proof gives, rounded down where there are logarithms or roots."""
        if self.kind == "nonbilocality":
            need("behavior" in self.observed, "non-bilocality needs a behavior")
            found = self.part.bound(self.proof, [self.equations[cell][1] for cell in self.cells])
            self.model.work = self.part.model.work
            return found
        if self.kind != "binary entropy":
            return self.bound(self.proof)
        least, largest = fields(self.proof, "the proof", "least", "largest")
        ends = self.bound(least).floor(60), -self.bound(largest, -1).floor(60)
        inside = all(0 < m < 1 for m in ends)  # elsewhere h is 0
        return Real(
            min(-sum((x * log2_mean([(x, _ZERO)]) for x in (m, 1 - m)), _ZERO) for m in ends) if inside else _ZERO
        )

    def bound(self, proof: Any, sign: int = 1) -> Real:
        """Return the lower bound of the measure, times sign, that a proof gives."""
        z, weights, duals = fields(proof, "the proof", "z", "weights", "constraints")
        multipliers = rationals(z, "z", len(self.equations))
        prices, constant = [_ZERO] * self.model.cells, Real()
        for multiplier, (row, value) in zip(multipliers, self.equations, strict=True):
            constant += value * multiplier
            for cell, coefficient in row.items() if multiplier else ():
                prices[cell] += multiplier * coefficient
        charges: Charges = []
        w = charge(self.measure, weights, Fraction(sign), charges)
        array(duals, "constraints", len(self.constraints))
        for (measure, limit), dual in zip(self.constraints, duals, strict=True):
            number, own = fields(dual, "a constraint in the proof", "multiplier", "weights")
            (share,) = rationals([number], "a multiplier")
            need(share >= 0, "a multiplier is negative")
            w += charge(measure, own, share, charges)
            constant -= Real(share * limit)
        return constant - Real(self.largest(prices, charges, w))

    def largest(self, prices: list[Fraction], charges: Charges, w: Fraction) -> Fraction:
        """Return max r(λ), or what takes its place, in multiples of 1/scale so that integers do for most of it."""
        model, information = self.model, self.kind == "mutual information"
        model.spend(model.count * (model.effort + sum(measure.effort for measure, _ in charges)))
        scale = common_denominator(itertools.chain(prices, *(weights for _, weights in charges), [w]))
        whole_prices = [int(v * scale) for v in prices]
        columns = [(measure.column, [int(u * scale) for u in weights]) for measure, weights in charges]
        never = {cell for cell in range(model.cells) if not model.conditional[cell % model.settings]}
        best: Any = None
        groups: dict[int, list[tuple[Fraction, Any]]] = {}
        for number, functions in enumerate(model.strategies()):
            cells = model.visited(functions)
            if never and not never.isdisjoint(cells):
                continue  # it needs a setting of probability 0
            r: Any = sum([whole_prices[cell] for cell in cells])
            for column, weights in columns:
                for row, coefficient in column(number, functions):
                    r -= weights[row] * coefficient
            if w or information:
                x, rest = model.split(number)
                groups.setdefault(rest, []).append((model.occurring[x], r))
            elif best is None or r > best:
                best = r
        need(groups or best is not None, "no strategy can occur")
        if information:
            return max(log2_mean([(p, Fraction(r) / scale) for p, r in group]) for group in groups.values())
        for group in groups.values():
            top = max(r for _, r in group) - 2 * w * scale
            mean = sum((p * max(r, top) for p, r in group), _ZERO)
            best = mean if best is None else max(best, mean)
        return Fraction(best) / scale

    def reached(self) -> Real:
        """Return the measure at the strategies, which must reproduce the data within the constraints."""
        listed, model = sparse(self.strategies, "the strategies", self.model.count), self.model
        weights = {number: self.real(weight, "a weight") for number, weight in listed.items()}
        need(weights and Real() < min(weights.values()), "a weight is not positive")
        model.spend(model.count + len(weights) * (model.effort + FRACTION * len(model.chances)))
        q = self.weights = [
            (number, f, weights[number]) for number, f in enumerate(model.strategies()) if number in weights
        ]
        table = [Real()] * model.cells
        for _, functions, weight in q:
            for cell in model.visited(functions):
                table[cell] += weight
        for row, value in self.equations:
            total = sum((table[cell] * c for cell, c in row.items()), Real())
            need(not (total - value).sign(), "the strategies do not reproduce the data")
        for measure, limit in self.constraints:
            need(not Real(limit) < evaluate(model, measure, q), "the strategies violate a constraint")
        return self.network.value(q) if self.kind == "nonbilocality" else evaluate(model, self.measure, q)

    def _equations(self, data: Any) -> tuple[list[tuple[dict[int, Fraction], Real]], str]:
        """Return coefficients over T q and values, of the data, then of the normalization; and the data as text."""
        model, found = self.model, []
        cells, settings = range(model.cells), model.settings
        chance = [model.conditional[cell % settings] for cell in cells]
        table, rows, bits = fields(data, "the data", optional=("behavior", "values", "rounded"))
        need((table is None) != (rows is None), "the data are neither a behavior nor values")
        if rows is None:
            p = [self.real(v, "the behavior") for v in array(table, "the behavior", model.cells)]
            need(not min(p) < Real(), "the behavior has a negative probability")
            sums = [sum(p[x::settings], Real(-_ONE)) for x in range(settings)]
            need(not any(total.sign() for total in sums), "the behavior is not normalized")
            found = [({cell: _ONE}, p[cell] * chance[cell]) for cell in cells]
        for row in array([] if rows is None else rows, "the values"):
            common_denominator(1 / p for p in model.conditional if p)  # of sums of coefficients, too
            listed, value = fields(row, "a value", "coefficients", "value")
            c = rationals(listed, "coefficients", model.cells)
            need(all(chance[i] for i in cells if c[i]), "there are coefficients of a setting of probability 0")
            found.append(({i: c[i] / chance[i] for i in cells if c[i]}, self.real(value, "a value")))
            model.spend(FRACTION * (len(found[-1][0]) + 1))
        given = f"the {len(found)} given {'probabilities' if rows is None else 'values'}"
        if bits is not None:
            given += f" (floats, says the file, changed by at most 2^-{whole(bits, 'rounded', 0, 10**4)})"
        normal = [(dict.fromkeys(cells[x::settings], _ONE), Real(p)) for x, p in enumerate(model.conditional)]
        return found + normal, given

    def real(self, data: Any, what: str) -> Real:
        """Return a rational number, or a + b√root."""
        return read_real(data, what, self.root)


Functions = tuple[tuple[int, ...], ...]  # a strategy: of each responding node the values, by configuration
Weights = list[tuple[int, Functions, "Real"]]  # strategies: number, functions, weight
Column = Callable[[int, Functions], Sequence[tuple[int, Any]]]  # (its number, a strategy) -> (row, coefficient)


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


Charges = list[tuple[Measure, list[Fraction]]]


def charge(measure: Measure, weights: Any, share: Fraction, charges: Charges) -> Fraction:
    """Append the row weights of a share of a measure, if they are feasible; return the share of dependence."""
    if measure.parts:
        own = array(weights, "the weights of a measure's parts", len(measure.parts))
        shares = [share * factor for factor in measure.factors]
        if measure.kind == "maximum":
            pairs = [array(pair, "the weights of a maximum", 2) for pair in own]
            shares, own = rationals([s for s, _ in pairs], "a share"), [w for _, w in pairs]
            need(min(shares) >= 0 and sum(shares) == share, "the shares of a maximum do not sum to its own")
        return sum((charge(*part, charges) for part in zip(measure.parts, own, shares, strict=True)), _ZERO)
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
    return _ZERO


def evaluate(model: Model, measure: Measure, q: Weights) -> Real:
    """Return a measure at q."""
    parts = [evaluate(model, part, q) for part in measure.parts]
    if parts:
        return max(parts) if measure.kind == "maximum" else sum(map(Real.__mul__, parts, measure.factors), Real())
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


def read_measure(model: Model, data: Any, factor: Fraction = _ONE) -> Measure:
    """Return a measure with its parts; the factors before it have the product `factor`."""
    model.spend(FRACTION)
    need(max(factor.denominator, abs(factor.numerator)).bit_length() <= NUMBER_BITS, "the factors are too large")
    kind = data.get("kind") if type(data) is dict else None
    if kind in ("sum", "maximum"):
        pairs = [array(pair, "a part", 2) for pair in array(fields(data, f"a {kind}", "kind", "of")[1], f"a {kind}")]
        factors = rationals([number for number, _ in pairs], "a factor")
        need(pairs and (kind == "sum" or set(factors) == {_ONE}), f"a {kind} has no parts, or a maximum has factors")
        parts = tuple(read_measure(model, part, factor * f) for f, (_, part) in zip(factors, pairs, strict=True))
        texts = [part.text if f == 1 else f"{f}*({part.text})" for f, part in zip(factors[:9], parts, strict=False)]
        text = (" + " if kind == "sum" else ", ").join(texts) + "..." * (len(parts) > 9)
        return Measure(text if kind == "sum" else f"max({text})", kind=kind, parts=parts, factors=factors)
    readers = (probability, influence, dependence, own_rows)
    names = ("probability", "influence", "dependence", "rows")
    need(kind in names, "a measure is of no known kind")
    return readers[names.index(kind)](model, data)


def probability(model: Model, data: Any) -> Measure:
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
        return [(0, sum((p for p, value in zip(model.chances, found, strict=True) if value in hits), _ZERO))]

    condition = ", ".join(f"{name}={value}" for name, value in forced.items())
    text = f"p({target}={','.join(map(str, sorted(hits)))}{f'|do({condition})' if forced else ''})"
    return Measure(text, column, model.effort + 8 * len(model.chances) + FRACTION)


def influence(model: Model, data: Any) -> Measure:
    """Return how an intervention on one parent shifts the values of a node."""
    _, source, target, variation = fields(data, "an influence", "kind", "source", "target", "variation")
    need(type(source) is str and type(target) is str and type(variation) is bool, "an influence has odd fields")
    parents = model.parents.get(target, [])
    need(source in parents and model.size[source] > 1, f"{source} is no parent of {target} with two values")
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

    return Measure(f"{'TV' if variation else 'C'}({source} -> {target})", column, 2 * count + 8, (1,) * count)


def dependence(model: Model, data: Any) -> Measure:
    """Return Σ |p(x, Λ) − p(x) p(Λ)|, or Hall's measure, the largest over pairs x, x' of Σ |p(Λ|x) − p(Λ|x')|."""
    _, hall = fields(data, "a dependence", "kind", "hall")
    p, each = model.occurring, model.count // math.prod(model.size[name] for name in model.dependent)
    pairs = list(enumerate(itertools.combinations(p, 2))) if hall is True and len(p) < 2**8 else []
    need(pairs or hall is False, "the pairs of settings are none, or too many")
    model.spend(len(pairs) * each + 2 * FRACTION * model.count)

    def column(number: int, _: Functions) -> list[tuple[int, Any]]:
        x, rest = model.split(number)
        if hall:
            return [(k * each + rest, (1 if x == y else -1) / p[x]) for k, (y, z) in pairs if x in (y, z)]
        return [(i * each + rest, (x == y) - p[y]) for i, y in enumerate(p)]

    text = f"{'Hall' if hall else 'M'}({','.join(model.dependent)}:Lambda)"
    groups = (each,) * len(pairs) or (each * len(p),)
    return Measure(text, column, FRACTION * len(p) + len(pairs), groups, kind="dependence" if not hall else "rows")


def own_rows(model: Model, data: Any) -> Measure:
    """Return rows that are written out, each as [strategy, number], in groups of these sizes (none: their sum)."""
    _, rows, groups = fields(data, "rows", "kind", "rows", "groups")
    sizes = tuple(whole(size, "the size of a group", 1, FILE_BYTES) for size in array(groups, "the groups"))
    need(rows and sum(sizes) in (0, len(array(rows, "the rows"))), "the groups do not contain each row once")
    columns: dict[int, list[tuple[int, Fraction]]] = {}
    for i, row in enumerate(rows):
        for number, value in sparse(row, "a row", model.count).items():
            columns.setdefault(number, []).append((i if sizes else 0, rationals([value], "a row")[0]))
    longest = max(map(len, columns.values()), default=0)
    text = f"the {f'largest of {len(sizes)} norms' if sizes else 'sum'} of {len(rows)} given row{'s' * (len(rows) > 1)}"
    return Measure(text, lambda number, _: columns.get(number, ()), 2 + longest, sizes)


class Model:
    """The graph, its strategies, and the distribution of its inputs."""

    def __init__(self, data: Any) -> None:
        names = ("latents", "nodes", "outputs", "inputs", "input_distribution")
        self.latents, nodes, outputs, self.inputs, table = fields(data, "the model", *names)
        own = array(self.latents, "the latent variables")
        need(own and all(type(n) is str and _NAME.fullmatch(n) for n in own), "the name of a latent variable is none")
        need(len(set(own)) == len(own) <= NODES, "the latent variables are not distinct, or too many")
        axes = [*array(outputs, "the outputs"), *array(self.inputs, "the inputs")]
        self.size: dict[str, int] = {}
        self.parents: dict[str, list[str]] = {}  # but those that are latent
        self.sources: dict[str, set[str]] = {}  # those that are
        self.configurations: dict[str, int] = {}
        edges = []
        need(len(array(nodes, "the nodes")) <= NODES, f"there are more than {NODES} nodes")
        for node in nodes:
            name, size, above = fields(node, "a node", "name", "cardinality", "parents")
            known = all(type(u) is str and (u in own or u in self.size) for u in array(above, "the parents"))
            need(known, "a parent is not listed before its child")
            need(type(name) is str and _NAME.fullmatch(name), "a name is none")
            need(name not in (*own, *self.size) and len(set(above)) == len(above), "a name is repeated")
            self.size[name] = whole(size, f"{name} (size)", 1, CELLS)
            if above or name not in self.inputs:
                self.sources[name] = {u for u in above if u in own}
                need(self.sources[name], f"{name} responds but has no latent parent")
                self.parents[name] = [u for u in above if u not in own]
                self.configurations[name] = count = math.prod(self.size[u] for u in self.parents[name])
                need(count <= (20 if self.size[name] > 1 else CELLS), f"{name} has too many response functions")
            edges += [f"{u} -> {name}" for u in above]
        known = all(type(name) is str and name in self.size for name in axes)
        need(outputs and known and len(set(axes)) == len(axes), "outputs and inputs are not distinct nodes")
        self.axes, self.responding = axes, list(self.parents)
        self.free = [name for name in self.inputs if name not in self.parents]
        self.dependent = [name for name in self.responding if name in self.inputs]
        self.settings = math.prod(self.size[name] for name in self.inputs)
        self.cells = math.prod(self.size[name] for name in axes)
        need(self.cells <= CELLS, f"the table has more than {CELLS} cells")
        self.functions = [self.size[name] ** self.configurations[name] for name in self.responding]
        self.count = math.prod(self.functions)
        need(self.count <= STRATEGIES, f"there are more than {STRATEGIES} strategies")
        self.distribution = rationals(table, "the input distribution", self.settings)
        need(min(self.distribution) >= 0 and sum(self.distribution) == 1, "the input distribution is none")
        (x, free), (y, dependent) = self.marginal(self.free), self.marginal(self.dependent)
        parts = list(zip([free[k] for k in x], [dependent[k] for k in y], self.distribution, strict=True))
        independent = all(p == p_x * p_y for p_x, p_y, p in parts)
        need(independent or all(free.values()), "dependent inputs vary with a setting of probability 0")
        self.conditional = [p_y if independent else p / p_x for p_x, p_y, p in parts]  # p(dependent|free)
        common_denominator(self.conditional)
        self.chances, self.columns = list(free.values()), dict(zip(self.free, zip(*free, strict=True), strict=False))
        passes = len(axes) + 2 + sum(len(self.parents[name]) + 2 for name in self.responding)
        self.effort, self.work = passes * (len(free) + 8) // 4, 0  # of visiting the cells of one strategy
        hidden = [name for name in self.size if name not in axes]
        roles = (("inputs", self.inputs), ("outputs", outputs), ("hidden", hidden))
        lists = [f"{role} {', '.join(f'{n}: {self.size[n]}' for n in names)}" for role, names in roles if names]
        uniform = "uniform" if len(set(self.distribution)) == 1 else "given"
        self.text = f"{', '.join(edges)} ({'; '.join([*lists, f'{uniform} settings'])})"

    def marginal(self, names: Sequence[str]) -> tuple[list[tuple[int, ...]], dict[tuple[int, ...], Fraction]]:
        """Return the values of some inputs in each setting of all inputs, and their distribution, in order."""
        places = [self.inputs.index(name) for name in names]
        settings = itertools.product(*(range(self.size[name]) for name in self.inputs))
        keys = [tuple([setting[i] for i in places]) for setting in settings]
        total = dict.fromkeys(sorted(set(keys)), _ZERO)
        for key, p in zip(keys, self.distribution, strict=True):
            total[key] += p
        return keys, total

    @cached_property
    def occurring(self) -> dict[tuple[int, ...], Fraction]:
        """p(x) of the dependent inputs, in the order of the responding nodes, where it is not zero."""
        alone = self.dependent and not any(self.parents[name] for name in self.dependent)
        need(alone, "the measure needs inputs that depend on the latent alone")
        return {x: p for x, p in self.marginal(self.dependent)[1].items() if p}

    def spend(self, work: int) -> None:
        """Refuse if all the work together exceeds the limit."""
        self.work += work
        need(self.work <= WORK, "there is too much to compute")

    def strategies(self) -> Iterator[Functions]:
        """Return all strategies, in the order of their numbers."""
        pools = ((range(self.size[name]), self.configurations[name]) for name in self.responding)
        return itertools.product(*(itertools.product(values, repeat=count) for values, count in pools))

    def split(self, number: int) -> tuple[tuple[int, ...], int]:
        """Return the setting x of the dependent inputs in a strategy, and the number of the rest Λ."""
        x, rest, radix = [], 0, self.count
        for name, count in zip(self.responding, self.functions, strict=True):
            radix //= count
            function = number // radix % count
            if name in self.dependent:
                x.append(function)
            else:
                rest = rest * count + function
        return tuple(x), rest

    def digits(self, number: int) -> dict[str, int]:
        """Return the number of each node's function in a strategy."""
        found = {}
        for name, count in zip(reversed(self.responding), reversed(self.functions), strict=True):
            number, found[name] = divmod(number, count)
        return found

    def run(self, functions: Functions, do: dict[str, int]) -> dict[str, Sequence[int]]:
        """Return the values of every node under an intervention, one for each setting of the free inputs."""
        columns = self.columns | {name: [value] * len(self.chances) for name, value in do.items()}
        for name, function in zip(self.responding, functions, strict=True):
            if name not in do:
                columns[name] = [function[place] for place in self.places(self.parents[name], columns)]
        return columns

    def places(self, names: Iterable[str], columns: dict[str, Sequence[int]]) -> list[int]:
        """Return the values of some nodes as one number, the last changing fastest, for each setting."""
        found = [0] * len(self.chances)
        for name in names:
            size = self.size[name]
            found = [place * size + value for place, value in zip(found, columns[name], strict=True)]
        return found

    def visited(self, functions: Functions) -> list[int]:
        """Return the cells of the table that have T = 1, one for each setting of the free inputs."""
        return self.places(self.axes, self.run(functions, {}))


Point = tuple[Fraction, ...]  # a value of each parameter


@dataclass(frozen=True)
class Marginal:
    """q^a as an affine function of parameters, these being numbered among all."""

    constant: list[Real]
    matrix: list[list[Fraction]] = field(default_factory=list)
    places: Sequence[int] = ()

    def at(self, point: Point) -> list[Real]:
        """Return q^a."""
        if not self.places:
            return self.constant
        own = [point[j] for j in self.places]
        shifts = [sum((c * x for c, x in zip(row, own, strict=True)), _ZERO) for row in self.matrix]
        return [c + Real(shift) for c, shift in zip(self.constant, shifts, strict=True)]


class Network:
    """Products of independent groups of nodes, all but the last of each with a known marginal."""

    def __init__(self, model: Model, data: Any, root: int) -> None:
        optional = ("fixed", "settings")
        _, products, fixed, self.settings = fields(data, "the measure", "kind", "products", optional=optional)
        self.model, self.root = model, root
        self.products = [array(product, "a product") for product in array(products, "the products")]
        need(self.products and all(len(groups) > 1 for groups in self.products), "a product has less than two groups")
        for groups in self.products:
            own = [name for group in groups for name in array(group, "a group")]
            need(all(type(n) is str and n in model.sources for n in own), "a group names no responding node")
            need(all(groups) and len(set(own)) == len(own), "a group is empty, or shares a node")
            sources = [set().union(*(model.sources[name] for name in group)) for group in groups]
            need(len(set().union(*sources)) == sum(map(len, sources)), "groups of a product share a latent variable")
        self.counts = dict(zip(model.responding, model.functions, strict=True))
        self.sizes = [[math.prod(self.counts[name] for name in group) for group in groups] for groups in self.products]
        self.held = [(f, g) for f, groups in enumerate(self.products) for g in range(len(groups) - 1)]
        self.entries = 2 * sum(math.prod(sizes) + sum(sizes) for sizes in self.sizes)
        self.effort = sum(4 + len(group) for groups in self.products for group in groups)  # of `numbers`
        model.spend(FRACTION * self.entries)
        self.text = "M(" + " + ".join(" x ".join(map(",".join, groups)) for groups in self.products) + ")"
        self.fixed: list[list[Real]] | None = None
        if fixed is not None:
            need(self.settings is None, "marginals are fixed, but some settings left out")
            lists = zip(self.held, array(fixed, "the fixed marginals", len(self.held)), strict=True)
            self.fixed = [self.reals(own, "a fixed marginal", f, g) for (f, g), own in lists]
            names = [",".join(self.products[f][g]) for f, g in self.held]
            pairs = zip(names, self.fixed, strict=True)
            self.text += " at " + ", ".join(f"q({name}) = ({', '.join(map(str, own))})" for name, own in pairs)

    def part(self, model: Any, data: Any) -> tuple[Network, list[int]]:
        """Return the same for some settings only, if such are named, and the cells of the table that are left."""
        own = self.model
        if self.settings is None:
            return self, list(range(own.cells))
        kept = {name: list(range(own.size[name])) for name in own.axes}
        for pair in array(self.settings, "the settings"):
            name, values = array(pair, "the settings of an input", 2)
            need(type(name) is str and name in own.free, "settings are of no free input")
            kept[name] = [whole(v, "a setting", 0, own.size[name]) for v in array(values, "the settings of an input")]
            need(kept[name] and len(set(kept[name])) == len(kept[name]), "settings are none, or repeated")
        count = math.prod(len(kept[name]) for name in own.inputs)
        nodes = [n | {"cardinality": len(kept[n["name"]])} if n["name"] in kept else n for n in model["nodes"]]
        small = Model(model | {"nodes": nodes, "input_distribution": [Fraction(1, count)] * count})
        small.spend(own.work)
        cells = [0]
        for name in own.axes:
            cells = [cell * own.size[name] + value for cell in cells for value in kept[name]]
        return Network(small, {name: part for name, part in data.items() if name != "settings"}, self.root), cells

    def reals(self, data: Any, what: str, f: int, g: int) -> list[Real]:
        """Return a number for each function of a group."""
        return [read_real(v, what, self.root) for v in array(data, what, self.sizes[f][g])]

    def nested(self, values: Iterable[Any]) -> list[list[Any]]:
        """Return a list for each product, from values for all groups with known marginals."""
        rest = iter(values)
        return [list(itertools.islice(rest, len(sizes) - 1)) for sizes in self.sizes]

    def numbers(self, number: int) -> list[list[int]]:
        """Return for each product the number of the functions of each group in a strategy, then of all together."""
        digits = self.model.digits(number)
        found = []
        for groups, sizes in zip(self.products, self.sizes, strict=True):
            own = [position((self.counts[name], digits[name]) for name in group) for group in groups]
            found.append([*own, position(zip(sizes, own, strict=True))])
        return found

    def distributions(self, q: Weights) -> list[list[list[Real]]]:
        """Return for each product the marginals of its groups, then the joint one, at q."""
        self.model.spend(len(q) * (self.effort + FRACTION * sum(len(sizes) + 1 for sizes in self.sizes)))
        found = [[[Real()] * size for size in (*sizes, math.prod(sizes))] for sizes in self.sizes]
        for number, _, weight in q:
            for lists, places in zip(found, self.numbers(number), strict=True):
                for own, place in zip(lists, places, strict=True):
                    own[place] += weight
        return found

    def held_marginals(self, q: Weights) -> list[list[tuple[Fraction, Fraction]]]:
        """Return the marginals of all groups but the last of each product, ready to be compared."""
        found = self.distributions(q)
        return [[(v.a, v.b) for v in found[f][g]] for f, g in self.held]

    def value(self, q: Weights) -> Real:
        """Return the measure at q; refuse if q has not the fixed marginals."""
        found = self.distributions(q)
        for (f, g), own in zip(self.held, self.fixed or (), strict=self.fixed is not None):
            same = not any((a - b).sign() for a, b in zip(found[f][g], own, strict=True))
            need(same, "the strategies have other marginals than the fixed ones")
        pairs = [pair for *single, joint in found for pair in zip(joint, outer(single), strict=True)]
        return sum(((a - b) * (a - b).sign() for a, b in pairs), Real())

    def bound(self, proof: Any, p: list[Real]) -> Real:
        """Return the lower bound that a cover of the marginals gives, for a table T q."""
        given, region, tree = fields(proof, "the proof", "marginals", "region", "cover")
        marginals, checks = self.marginals(given, p)
        box = [tuple(rationals(ends, "the ends of a parameter", 2)) for ends in array(region, "the region")]
        holds_all(box, marginals)
        tests = [test for leaf, own in boxes(tree, box) for test in self.tests(leaf, own, marginals, p)]
        model, look = self.model, len(self.model.chances) // 2 + 8
        each = look * len(checks) + (look + 4 * len(self.sizes)) * len(tests)
        model.spend(model.count * (model.effort + self.effort + each))
        least: list[Any] = [None] * len(tests)
        for number, functions in enumerate(model.strategies()):
            cells, numbers = model.visited(functions), self.numbers(number)
            for (f, g), wanted, prices in checks:
                follows = sum([prices[cell] for cell in cells]) == wanted[numbers[f][g]]
                need(follows, "a marginal does not follow from the data")
            joint = [own[-1] for own in numbers]
            for i, (_, _, prices, tables) in enumerate(tests):
                r = sum([table[j] for table, j in zip(tables, joint, strict=True)]) - sum([prices[c] for c in cells])
                if least[i] is None or r < least[i]:
                    least[i] = r
        return min(constant + Real(Fraction(r, scale)) for (constant, scale, *_), r in zip(tests, least, strict=True))

    def marginals(self, data: Any, p: list[Real]) -> tuple[list[Marginal], list[Any]]:
        """Return the marginals, and what every strategy must satisfy for them to follow from the data."""
        if self.fixed is not None:
            array(data, "the marginals, which are fixed", 0)
            return [Marginal(own) for own in self.fixed], []
        found, checks, count = [], [], 0
        for (f, g), entry in zip(self.held, array(data, "the marginals", len(self.held)), strict=True):
            size = self.sizes[f][g]
            names = ("free", "constant", "matrix", "multipliers")
            free, constant, matrix, multipliers = fields(entry, "a marginal", *names)
            free = [whole(j, "a free entry", 0, size) for j in array(free, "the free entries")]
            need(len(set(free)) == len(free), "a free entry is repeated")
            constant = self.reals(constant, "the constants", f, g)
            rows = [rationals(row, "a row of the matrix", len(free)) for row in array(matrix, "the matrix", size)]
            self.model.spend(FRACTION * size * (size + len(p)))
            for alpha, m in enumerate(array(multipliers, "the multipliers", size)):
                prices = rationals(m, "the multipliers", len(p))
                need(not (dot(p, prices) - constant[alpha]).sign(), "a constant does not follow from the data")
                wanted = [_ONE * (a == alpha) for a in range(size)]
                for j, c in zip(free, rows[alpha], strict=True):
                    wanted[j] -= c
                scale = common_denominator([*prices, *wanted])
                checks.append(((f, g), [int(v * scale) for v in wanted], [int(v * scale) for v in prices]))
            found.append(Marginal(constant, rows, range(count, count + len(free))))
            count += len(free)
        need(count <= PARAMETERS, "there are too many parameters")
        return found, checks

    def tests(self, leaf: Any, box: list[Any], marginals: list[Marginal], p: list[Real]) -> Iterator[Any]:
        """Return for each coefficient: constant, scale, then in whole numbers of 1/scale z, and a table of the rest.

        The rest is for each product y_αγ − Σ_α' f_α' y_α'γ − s_α.
        """
        y_data, s_data, z_data = fields(leaf, "a box", "y", "s", "z")
        corners = list(itertools.product((0, 1), repeat=len(box)))
        self.model.spend(FRACTION * 4 ** len(box) * (len(p) + self.entries))
        y = [
            [rationals(v, "y", math.prod(sizes)) for v in array(own, "y", len(corners))]
            for sizes, own in zip(self.sizes, array(y_data, "y", len(self.sizes)), strict=True)
        ]
        need(all(abs(v) <= 1 for own in y for corner in own for v in corner), "|y| exceeds 1")
        s = [
            [rationals(v, "s", self.sizes[f][g]) for v in array(own, "s", len(corners))]
            for (f, g), own in zip(self.held, array(s_data, "s", len(self.held)), strict=True)
        ]
        shifts = [self.nested(own[i] for own in s) for i in range(len(corners))]
        points = [tuple(ends[c] for ends, c in zip(box, corner, strict=True)) for corner in corners]
        values = [self.nested(marginal.at(point) for marginal in marginals) for point in points]
        pairs: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for (i, a), (j, b) in itertools.product(enumerate(corners), repeat=2):
            pairs.setdefault(tuple(map(int.__add__, a, b)), []).append((i, j))
        for k, z in zip(sorted(pairs), array(z_data, "z", len(pairs)), strict=True):
            prices = rationals(z, "z", len(p))
            constant, share = dot(p, prices), Fraction(1, len(pairs[k]))
            tables = []
            for f, own in enumerate(y):
                parts = [table(own[i], shifts[i][f], values[j][f]) for i, j in pairs[k]]
                tables.append([share * sum(entries) for entries in zip(*parts, strict=True)])
                for i, j in pairs[k]:
                    for shift, q in zip(shifts[i][f], values[j][f], strict=True):
                        constant += dot(q, shift) * share
            scale = common_denominator(itertools.chain(prices, *tables))
            yield constant, scale, *([int(v * scale) for v in prices], [[int(v * scale) for v in t] for t in tables])


def holds_all(box: list[Any], marginals: list[Marginal]) -> None:
    """Refuse unless the box holds all parameters from 0 to 1 at which no marginal is negative."""
    count = sum(len(marginal.places) for marginal in marginals)
    need(len(box) == count, "the region has not an interval for each parameter")
    low, high = [_ZERO] * count, [_ONE] * count
    for marginal in marginals:
        for constant, row in zip(marginal.constant, marginal.matrix, strict=False):
            start = constant.above()
            terms = list(zip(row, marginal.places, strict=True))
            for c, j in terms:
                rest = sum((max(d * low[m], d * high[m]) for d, m in terms if m != j), start)
                if c > 0:
                    low[j] = max(low[j], -rest / c)
                elif c < 0:
                    high[j] = min(high[j], -rest / c)
    inside = all(a <= x and y <= b for (a, b), x, y in zip(box, low, high, strict=True))
    need(inside, "the region does not hold all marginals")


def boxes(tree: Any, box: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Return the ends of a tree of splits, each with its part of a box."""
    if type(tree) is not dict or "split" not in tree:
        yield tree, box
        return
    split, at, below, above = fields(tree, "a split", "split", "at", "below", "above")
    j, (cut,) = whole(split, "the parameter of a split", 0, len(box)), rationals([at], "where a box is split")
    need(box[j][0] < cut < box[j][1], "a box is split outside of it")
    yield from boxes(below, [*box[:j], (box[j][0], cut), *box[j + 1 :]])
    yield from boxes(above, [*box[:j], (cut, box[j][1]), *box[j + 1 :]])


def table(y: list[Fraction], s: list[list[Fraction]], f: list[list[Real]]) -> list[Fraction]:
    """Return y_αγ − Σ_α' f_α' y_α'γ − s_α for one product, rounded down."""
    chances, shifts = outer(f), [sum(own, _ZERO) for own in itertools.product(*s)]
    size = len(y) // len(chances)
    means = [dot(chances, y[c::size]).above() for c in range(size)]
    return [y[a * size + c] - means[c] - shift for a, shift in enumerate(shifts) for c in range(size)]


def outer(vectors: list[list[Real]]) -> list[Real]:
    """Return all products of an entry of each vector, the last changing fastest."""
    total = [Real(_ONE)]
    for vector in vectors:
        total = [one.times(other) for one in total for other in vector]
    return total


def dot(values: Iterable[Real], factors: Iterable[Fraction]) -> Real:
    """Return Σ value · factor."""
    return sum((v * c for v, c in zip(values, factors, strict=True) if c), Real())


def position(digits: Iterable[tuple[int, int]]) -> int:
    """Return the number with these pairs of radix and digit, the first most significant."""
    total = 0
    for radix, digit in digits:
        total = total * radix + digit
    return total


def with_numbers(data: Any) -> Any:
    """Return JSON data in which each text that is a rational number is one; refuse what is too deep or too long."""
    seen: dict[str, Any] = {}

    def convert(item: Any, depth: int) -> Any:
        need(depth < DEPTH, "the certificate is nested too deeply")
        if type(item) is str:
            if item not in seen:
                seen[item] = Fraction(item) if _NUMBER.fullmatch(item) else item
            return seen[item]
        if type(item) is list:
            return [convert(part, depth + 1) for part in item]
        return {name: convert(part, depth + 1) for name, part in item.items()} if type(item) is dict else item

    converted = convert(data, 0)
    common_denominator(value for value in seen.values() if type(value) is Fraction)
    return converted


def common_denominator(values: Iterable[Fraction]) -> int:
    """Return the least common denominator; refuse a huge one, which would make every sum slow."""
    common = 1
    for value in values:
        if common % value.denominator:
            common = math.lcm(common, value.denominator)
            need(common.bit_length() <= NUMBER_BITS, "the common denominator of all numbers is too large")
    return common


def fields(data: Any, what: str, *names: str, optional: Sequence[str] = ()) -> list[Any]:
    """Return the values of an object's fields; refuse missing and unknown ones."""
    need(type(data) is dict, f"{what}: not an object")
    for name in (*names, *data):
        need(name in data, f"{what}: lacks the field {name}")
        need(name in (*names, *optional), f"{what}: has the unknown field {ascii(name)[:40]}")
    return [data.get(name) for name in (*names, *optional)]


def array(data: Any, what: str, length: int | None = None) -> Any:
    """Return a list, of the given length."""
    need(type(data) is list, f"{what}: not a list")
    need(length is None or len(data) == length, f"{what}: {len(data)} entries, expected {length}")
    return data


def whole(data: Any, what: str, least: int, limit: int) -> int:
    """Return an integer, least ≤ value < limit."""
    need(type(data) is int and least <= data < limit, f"{what}: not an integer from {least} to below {limit}")
    return int(data)


def rationals(data: Any, what: str, length: int | None = None) -> list[Fraction]:
    """Return a list of rational numbers."""
    numbers = all(type(number) is Fraction for number in array(data, what, length))
    need(numbers, f'{what}: not a rational number such as "-3/7" of at most {DIGITS} digits')
    return list(data)


def sparse(data: Any, what: str, limit: int) -> dict[int, Any]:
    """Return a list of [strategy, value] as a dict."""
    pairs = [array(pair, what, 2) for pair in array(data, what)]
    found = {whole(place, f"{what}: a strategy", 0, limit): value for place, value in pairs}
    need(len(found) == len(pairs), f"{what}: a strategy is repeated")
    return found


@dataclass(frozen=True)
class Real:
    """a + b√n, exact; all that are combined have the same square-free n."""

    a: Fraction = _ZERO
    b: Fraction = _ZERO
    n: int = 0

    def __add__(self, other: Real) -> Real:
        return Real(self.a + other.a, self.b + other.b, self.n or other.n)

    def __mul__(self, factor: Fraction | int) -> Real:
        return Real(self.a * factor, self.b * factor, self.n)

    def times(self, other: Real) -> Real:
        """Return the product."""
        n = self.n or other.n
        return Real(self.a * other.a + n * self.b * other.b, self.a * other.b + self.b * other.a, n)

    def __sub__(self, other: Real) -> Real:
        return self + other * -1

    def __lt__(self, other: Real) -> bool:
        return (self - other).sign() < 0

    def sign(self) -> int:
        """Return −1, 0 or 1: the sign of the part that is larger in size."""
        larger = self.b if self.b * self.b * self.n > self.a * self.a else self.a
        return (larger > 0) - (larger < 0)

    def floor(self, digits: int) -> Fraction:
        """Return a rational number that is at most this one, by less than three units of the last digit."""
        square = self.b * self.b * self.n * 100**digits
        size = math.isqrt(square.numerator // square.denominator)
        return Fraction(math.floor(self.a * 10**digits) + (size if self.b >= 0 else -size - 1), 10**digits)

    def above(self) -> Fraction:
        """Return a rational number that is at least this one; itself, if it is rational."""
        return -(self * -1).floor(60) if self.b else self.a

    def __str__(self) -> str:
        if all(max(x.denominator, abs(x.numerator)).bit_length() <= 40 for x in (self.a, self.b)):
            return str(self.a) + (f" + {self.b}*sqrt({self.n})" if self.b else "")
        with localcontext(Context(prec=12, rounding=ROUND_FLOOR)):
            return f"{decimal(self.floor(30))} (rounded down)"


def read_root(data: Any) -> int:
    """Return a square-free number, or 0 where there is none."""
    root = 0 if data is None else whole(data, "the root", 2, ROOT)
    need(is_square_free(root), "the root is not square-free")
    return root


@cache
def is_square_free(number: int) -> bool:
    """Return whether no square larger than 1 divides it; a curve asks often."""
    return all(number % (k * k) for k in range(2, math.isqrt(number) + 1))


def read_real(data: Any, what: str, root: int) -> Real:
    """Return a rational number, or a + b√root."""
    if type(data) is not list:
        return Real(rationals([data], what)[0])
    need(root, f"{what}: a pair, but there is no root")
    a, b = rationals(data, what, 2)
    return Real(a, b, root)


def log2_mean(terms: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Return an upper bound of log2 Σ p 2^r: exponents are at least −200 below the largest."""
    top = max(r for _, r in terms)
    with localcontext(Context(prec=60)):
        two = Decimal(2).ln()
        total = sum((decimal(p) * (decimal(max(r - top, Fraction(-200))) * two).exp() for p, r in terms), Decimal(0))
        return Fraction(total.ln() / two) + top + _MARGIN


def decimal(number: Fraction) -> Decimal:
    """Return a number in the context's precision."""
    return Decimal(number.numerator) / Decimal(number.denominator)


if __name__ == "__main__":
    sys.exit(main())
