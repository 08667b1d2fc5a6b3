"""Certificates of how well an adversary guesses outcomes: no-signaling boxes, and settings biased within budgets.

For each extreme table p(settings|λ) and each guess, every box gains at most what multipliers of the boxes' equations
say, and that must not be positive: the data times their multipliers, and the budgets times theirs, bound a guess.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from .digest import number
from .kernel import Case
from .measures import Measure
from .reading import FRACTION, ZERO, Json, Real, array, common_denominator, fields, rationals, record, sparse, whole
from .refusals import need
from .wording import given, graph

Row = dict[int, int]
_WHOLE = 16  # the work of one operation with whole numbers


class GuessingCase(Case):
    """Adversaries without signaling, or with some along edges, and settings within budgets."""

    linear = False

    def read(self, measure: Json, model: Json) -> Measure:
        """Read what is guessed; the measure itself has no rows."""
        _, outputs, at, edges, limits = fields(measure, "the measure", "kind", "outputs", "at", "edges", "limits")
        self.read_question(outputs, at, edges, limits)
        return Measure("a guess", stated=0)

    def read_question(self, outputs: Json, at: Json, edges: Json, limits: Json) -> None:
        """Read which outcomes are guessed at which settings, and the budgets."""
        own = self.model
        self.guessed = array(outputs, "the guessed outputs")
        known = all(type(name) is str and name in own.outputs for name in self.guessed)
        need(self.guessed and known and len(set(self.guessed)) == len(self.guessed), "what is guessed is no output")
        need(len(own.inputs) > 0, "there are no settings")
        places = array(at, "the settings", len(own.inputs))
        self.at = [whole(v, "a setting", 0, own.size[name]) for v, name in zip(places, own.inputs, strict=True)]
        listed = [f"{u} -> {v}" for u in own.inputs for v in own.outputs]
        self.edges = array(edges, "the edges")
        need(all(type(e) is str and e in listed for e in self.edges), "an edge is none from an input to an output")
        need(len(set(self.edges)) == len(self.edges), "an edge is repeated")
        need(set(own.responding) == set(own.outputs), "a node is neither an input without parents nor an output")
        own_inputs = [u for v in own.outputs for u in own.parents[v] if f"{u} -> {v}" not in self.edges]
        need(sorted(own_inputs) == sorted(own.inputs), "an input is not the setting of one output")
        told = all(e.split(" -> ")[0] in own.parents[e.split(" -> ")[1]] for e in self.edges)
        need(told, "an edge is not in the graph")
        names = record(limits, "the limits")
        need(set(names) <= {"M", "lower", "upper", *self.edges} >= set(self.edges), "a limit is of nothing known")
        need(all(e in names for e in self.edges), "an edge has no limit")
        self.limits = {name: self.real(value, "a limit") for name, value in names.items()}
        need(not any(v < Real() for v in self.limits.values()), "a limit is negative")

    # ------------------------------------------------------------------------ boxes

    def event(self, outcome: dict[int, int], setting: dict[int, int]) -> list[int]:
        """Return the cells with these values of some outputs, at a setting."""
        model, k = self.model, len(self.model.outputs)
        sizes = [model.size[name] for name in model.axes]
        axes: list[Iterable[int]] = [[outcome[j]] if j in outcome else range(sizes[j]) for j in range(k)]
        axes += [[setting[m]] for m in range(len(model.inputs))]
        cells = []
        for place in itertools.product(*axes):
            cell = 0
            for value, size in zip(place, sizes, strict=True):
                cell = cell * size + value
            cells.append(cell)
        return cells

    def settings(self, without: int) -> Iterator[dict[int, int]]:
        """Yield the settings of all inputs but one."""
        others = [m for m in range(len(self.model.inputs)) if m != without]
        for values in itertools.product(*(range(self.model.size[self.model.inputs[m]]) for m in others)):
            yield dict(zip(others, values, strict=True))

    def equations_of_boxes(self) -> Iterator[Row]:
        """Yield rows that are 0: marginals of outputs that an input does not reach, at its value and at 0."""
        model = self.model
        for i, name in enumerate(model.inputs):
            kept = [j for j, output in enumerate(model.outputs) if name not in model.parents[output]]
            for outcome in itertools.product(*(range(model.size[model.outputs[j]]) for j in kept)):
                event = dict(zip(kept, outcome, strict=True))
                for fixed in self.settings(i):
                    for value in range(1, model.size[name]):
                        yield self.difference(event, fixed | {i: value}, fixed | {i: 0})

    def variations(self) -> Iterator[Row]:
        """Yield rows that are at most 0: a variation along an edge, minus the edge's cost, alone and jointly."""
        model = self.model
        pairs = [(edge.split(" -> ")[0], edge.split(" -> ")[1]) for edge in self.edges]
        for place, (source, target) in enumerate(pairs):
            size = model.size[target]
            yield from self.varied(source, {model.outputs.index(target): range(size if size > 2 else 1)}, [place])
        for source in dict.fromkeys(source for source, _ in pairs):
            own = [place for place, pair in enumerate(pairs) if pair[0] == source]
            for count in range(2, len(own) + 1):
                for chosen in itertools.combinations(own, count):
                    targets = [pairs[place][1] for place in chosen]
                    values = {model.outputs.index(v): range(model.size[v]) for v in targets}
                    yield from self.varied(source, values, chosen)

    def varied(self, source: str, values: dict[int, range], costs: Iterable[int]) -> Iterator[Row]:
        """Yield the variations of some outputs, with those that an input does not reach, minus costs."""
        model, i = self.model, self.model.inputs.index(source)
        axes = dict(values)
        for j, output in enumerate(model.outputs):
            if source not in model.parents[output]:
                axes[j] = range(model.size[output])
        costs = list(costs)
        for fixed in self.settings(i):
            for one, two in itertools.permutations(range(model.size[source]), 2):
                for outcome in itertools.product(*axes.values()):
                    row = self.difference(dict(zip(axes, outcome, strict=True)), fixed | {i: one}, fixed | {i: two})
                    yield row | {model.cells + place: -1 for place in costs}

    def difference(self, outcome: dict[int, int], one: dict[int, int], two: dict[int, int]) -> Row:
        """Return the probability of outcomes at one setting minus that at another."""
        return dict.fromkeys(self.event(outcome, one), 1) | dict.fromkeys(self.event(outcome, two), -1)

    # -------------------------------------------------------------- tables of settings

    def tables(self) -> list[tuple[list[Fraction], Fraction]]:
        """Return tables p(settings|λ) of which all within the bounds are mixtures, at no larger mean cost."""
        every = self.model.distribution
        p = [v for v in every if v]
        lower, upper = (self.rational_limit(name) for name in ("lower", "upper"))
        need(lower is None or lower <= min(p), "the settings are below the lower bound")
        need(upper is None or upper >= max(p), "the settings are above the upper bound")
        if lower is None and upper is None and "M" not in self.limits:
            return [(list(every), ZERO)]
        low, high = ZERO if lower is None else lower, Fraction(1) if upper is None else upper
        choices = [sorted({low, low if upper is None else high, *([own] if "M" in self.limits else [])}) for own in p]
        found = set()
        for free in range(len(p)):
            count = 1
            for k, own_choices in enumerate(choices):
                count *= len(own_choices) if k != free else 1
            self.model.spend(FRACTION * count * len(p))
            for others in itertools.product(*choices[:free], *choices[free + 1 :]):
                rest = 1 - sum(others, ZERO)
                if low <= rest <= high:
                    found.add((*others[:free], rest, *others[free:]))
        tables = []
        for table in sorted(found):
            entries = iter(table)
            cost = sum((abs(a - b) for a, b in zip(table, p, strict=True)), ZERO)
            tables.append(([next(entries) if v else ZERO for v in every], cost))
        return tables

    def rational_limit(self, name: str) -> Fraction | None:
        """Return a limit without root; None where there is none."""
        limit = self.limits.get(name)
        need(limit is None or not limit.b, "a bound of p(settings|λ) has a root")
        return None if limit is None else limit.a

    # ------------------------------------------------------------------------- proof

    def known(self) -> list[tuple[dict[int, Fraction], Real]]:
        """Return what the data say of p(outputs, settings)."""
        model = self.model
        p, n, cells = model.distribution, model.settings, range(model.cells)
        if self.behavior is not None:
            return [({c: Fraction(1)}, self.behavior[c] * p[c % n]) for c in cells if p[c % n]]
        found: list[tuple[dict[int, Fraction], Real]] = []
        for coefficients, value in self.values:
            need(
                all(p[c % n] for c in cells if coefficients[c]), "there are coefficients of a setting of probability 0"
            )
            found.append(({c: coefficients[c] / p[c % n] for c in cells if coefficients[c]}, value))
        return found + [(dict.fromkeys(cells[x::n], Fraction(1)), Real(v)) for x, v in enumerate(p) if v]

    def proven(self) -> Real:
        """Return the upper bound that the proof gives."""
        model, n, cells = self.model, self.model.settings, self.model.cells
        z, budgets, boxes = fields(self.proof, "the proof", "z", "budgets", "boxes")
        total, price, shares = self.priced(z, budgets)
        on_tables, on_edges = (shares[0], shares[1:]) if "M" in self.limits else (ZERO, shares)
        changes = 2 ** len(self.edges) * sum(model.size[edge.split(" -> ")[0]] ** 2 for edge in self.edges)
        model.spend(8 * cells * (len(model.inputs) + changes) * len(model.axes))
        equations = list(self.equations_of_boxes())
        variations = list(self.variations())
        every = [*equations, *variations]
        tables, gains = self.tables(), self.gains()
        unit = common_denominator([*price, *shares, *(v for gain in gains for v in gain.values())])
        profits = [[int((gain.get(c, ZERO) - price[c]) * unit) for c in range(cells)] for gain in gains]
        proofs = iter(array(boxes, "the boxes", len(tables) * len(gains)))
        model.spend(_WHOLE * len(tables) * len(gains) * cells + FRACTION * len(tables) * n)
        for table, cost in tables:
            own = common_denominator([*table, cost])
            weights = [int(v * own) for v in table]
            paid = int(on_tables * unit) * int(cost * own)
            for profit in profits:
                left = [weights[c % n] * v for c, v in enumerate(profit)]
                for c in range(0, cells, n):
                    left[c] -= paid
                left += [-int(share * unit) * own for share in on_edges]
                self.need_no_gain(left, next(proofs), every, len(equations), unit * own)
        return total

    def need_no_gain(self, left: list[int], proof: Json, every: list[Row], equations: int, unit: int) -> None:
        """Refuse if multipliers do not prove that no box gains: what it gains in each cell, in multiples of 1/unit."""
        n, cells = self.model.settings, self.model.cells
        listed = sparse(proof, "multipliers of a box", len(every))
        values = rationals(list(listed.values()), "multipliers of a box")
        scale = common_denominator(values)
        self.model.spend(FRACTION * len(values) + _WHOLE * sum(len(every[i]) for i in listed))
        left = [v * scale for v in left]
        for i, y in zip(listed, values, strict=True):
            need(i < equations or y >= 0, "a multiplier of a variation is negative")
            whole_y = int(y * scale) * unit
            for c, v in every[i].items():
                left[c] -= whole_y * v
        need(all(v <= 0 for v in left[cells:]), "signaling gains more than it costs")
        need(sum(max(left[x:cells:n]) for x in range(n)) <= 0, "a box gains more than it costs")

    def priced(self, z: Json, budgets: Json) -> tuple[Real, list[Fraction], list[Fraction]]:
        """Return what multipliers make of the data and budgets, the price of each cell, and those of the budgets."""
        rows, cells = self.known(), self.model.cells
        limited = [name for name in ("M", *self.edges) if name in self.limits]
        prices = rationals(z, "z", len(rows))
        shares = rationals(budgets, "the budgets", len(limited))
        need(all(share >= 0 for share in shares), "a multiplier of a budget is negative")
        total, price = Real(), [ZERO] * cells
        for u, (row, value) in zip(prices, rows, strict=True):
            total += value * u
            for cell, coefficient in row.items() if u else ():
                price[cell] += u * coefficient
        for name, share in zip(limited, shares, strict=True):
            total += self.limits[name] * share
        return total, price, shares

    def gains(self) -> list[dict[int, Fraction]]:
        """Return for each guess 1 / p(settings) in the cells where it is right."""
        model = self.model
        place = 0
        for value, name in zip(self.at, model.inputs, strict=True):
            place = place * model.size[name] + value
        chance = model.distribution[place]
        need(chance > 0, "the settings of the guess do not occur")
        setting = dict(enumerate(self.at))
        positions = [model.outputs.index(name) for name in self.guessed]
        return [
            dict.fromkeys(self.event(dict(zip(positions, guess, strict=True)), setting), 1 / chance)
            for guess in itertools.product(*(range(model.size[name]) for name in self.guessed))
        ]

    def verdict(self) -> str:
        """Return the claim as a sentence, if it is proved."""
        need(self.strategies is None and not self.constraints, "a guess has neither strategies nor constraints")
        (upper,) = fields(self.claim, "the claim", "upper_bound")
        stated, proven = self.real(upper, "the upper bound"), self.proven()
        need(not stated < proven, f"the proof gives the upper bound {number(proven)}, more than {number(stated)}")
        return self.sentence(stated)

    def sentence(self, stated: Real) -> str:
        """Return what is proved in words."""
        return f"every {self.adversary()} guesses {', '.join(self.guessed)} with probability <= {number(stated)}"

    def adversary(self) -> str:
        """Return who guesses, and at which settings."""
        words: dict[str, Any] = {"M": "M <=", "lower": "p(settings|lambda) >=", "upper": "p(settings|lambda) <="}
        own = [f"{words.get(name, f'signaling {name} <=')} {number(limit)}" for name, limit in self.limits.items()]
        at = ", ".join(f"{name}={value}" for name, value in zip(self.model.inputs, self.at, strict=True))
        budgets = f", {', '.join(own)}," if own else ""
        return f"{self.kind_of_adversary()} adversary ({graph(self.model)}) that has {given(self)}{budgets} at {at}"

    def kind_of_adversary(self) -> str:
        """Return what devices are."""
        return "no-signaling"
