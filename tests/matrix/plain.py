"""The measures once more, from their definitions: loops over strategies, Fractions, a linear program of one's own.

Functions are called as in the package, so that one line builds a measure in both: ``lib.influence(model, "X", "B")``.
Of a model only the description is read: edges, roles, cardinalities, p(inputs).
"""

import itertools
import math
from fractions import Fraction
from functools import lru_cache

import numpy as np
from matrix.exact_lp import least as least_of_program
from reference import free_settings, parents, run, strategies


class Graph:
    """Strategies of a model, the cell of the table that each one makes at each free setting, and p(inputs)."""

    def __init__(self, model):
        self.model, self.strategies, self.free = model, strategies(model), free_settings(model)
        self.n = len(self.strategies)
        self.p = {x: Fraction(v) for x, v in np.ndenumerate(model.input_distribution.table)}
        axes = model.outputs + model.inputs
        self.cells = [
            [tuple(values[a] for a in axes) for values in (run(model, s, free) for free in self.free)]
            for s in self.strategies
        ]

    def chance(self, setting):
        """p of some inputs, by name."""
        names = self.model.inputs
        return sum(v for x, v in self.p.items() if all(x[names.index(name)] == u for name, u in setting.items()))

    def conditional(self, setting):
        """p(dependent inputs|free inputs) of a setting of all inputs."""
        dependent = {n: setting[n] for n in self.model.dependent_inputs}
        free = {n: setting[n] for n in self.model.free_inputs}
        norm = self.chance(free)
        return self.chance(setting) / norm if norm else self.chance(dependent)

    def equations(self, table):
        """T q = p(outputs|inputs) p(dependent|free), cell by cell."""
        rows = {cell: {} for cell in np.ndindex(*self.model.observed_shape)}
        for i, cells in enumerate(self.cells):
            for cell in cells:
                rows[cell][i] = 1
        k = len(self.model.outputs)
        weight = {x: self.conditional(dict(zip(self.model.inputs, x, strict=True))) for x in self.p}
        return list(rows.values()), [Fraction(table[cell]) * weight[cell[k:]] for cell in rows]

    def average(self, event, do=()):
        """p(event|do) as a row: averaged over the free inputs."""
        weights = [self.chance(free) for free in self.free]
        row = []
        for s in self.strategies:
            happens = [event(run(self.model, s, free, do)) for free in self.free]
            row.append(sum((w for w, own in zip(weights, happens, strict=True) if own), Fraction(0)))
        return row

    def functions(self, names):
        """For each strategy the response functions of some nodes."""
        return [tuple(tuple(sorted(s[n].items())) for n in names) for s in self.strategies]

    def settings_and_responses(self):
        """For each strategy the setting of the dependent inputs, which are constants, and the functions of the rest."""
        dependent = self.model.dependent_inputs
        others = [n for n in self.model.responding if n not in dependent]
        settings = [tuple(s[n][()] for n in dependent) for s in self.strategies]
        return list(zip(settings, self.functions(others), strict=True))


@lru_cache(maxsize=16)
def graph(model):
    return Graph(model)


# ------------------------------------------------------------------ expressions


class Expression:
    """A convex function of q; `lower` writes it as an affine one of q and more columns, `at` evaluates it."""

    def __init__(self, model):
        self.model = model

    def __add__(self, other):
        return Sum(self.model, [self, other])

    def __sub__(self, other):
        return self + -other

    def __neg__(self):
        return -1 * self

    def __le__(self, limit):
        return self, Fraction(repr(limit)) if isinstance(limit, float) else Fraction(limit)

    def least(self, table, budgets=(), extra=()):
        """The least value over the models of a table within budgets, or None; `extra`: further equations."""
        compared = [part for part in (self, *(part for part, _ in budgets)) if isinstance(part, Distance)]
        program = Compared(self.model, table) if compared else Program(graph(self.model), table, extra)
        for part in compared:
            part.table = table
        for part, limit in budgets:
            program.below(part.lower(program), {(): limit})
        cost = self.lower(program)
        return program.least(cost)


class Row(Expression):
    """Σ row · q."""

    def __init__(self, model, row):
        super().__init__(model)
        self.row = {i: Fraction(v) for i, v in (row if isinstance(row, dict) else dict(enumerate(row))).items() if v}

    def __rmul__(self, factor):
        assert factor >= 0 or type(self) is Row, "concave"
        return type(self)(self.model, {i: Fraction(factor) * v for i, v in self.row.items()})

    def at(self, q):
        return sum((v * q[i] for i, v in self.row.items()), Fraction(0))

    def lower(self, program):
        return dict(self.row)


class Absolute(Row):
    """|row · q|."""

    def at(self, q):
        return abs(super().at(q))

    def lower(self, program):
        above, below = program.column(), program.column()
        program.equal({**super().lower(program), above: -1, below: 1}, 0)
        return {above: Fraction(1), below: Fraction(1)}


class Parts(Expression):
    def __init__(self, model, parts):
        super().__init__(model)
        self.parts = list(parts)

    def __rmul__(self, factor):
        return type(self)(self.model, [factor * part for part in self.parts])


class Sum(Parts):
    def at(self, q):
        return sum((part.at(q) for part in self.parts), Fraction(0))

    def lower(self, program):
        total = {}
        for part in self.parts:
            for j, v in part.lower(program).items():
                total[j] = total.get(j, 0) + v
        return total


class Largest(Parts):
    def __rmul__(self, factor):
        assert factor >= 0
        return super().__rmul__(factor)

    def at(self, q):
        return max(part.at(q) for part in self.parts)

    def lower(self, program):
        top = {program.column(): Fraction(1), program.column(): Fraction(-1)}  # of either sign
        for part in self.parts:
            program.below(part.lower(program), top)
        return top


class Program:
    """Equations over q and further columns; () is the constant 1."""

    def __init__(self, graph, table, extra=()):
        self.rows, self.rhs = graph.equations(table)
        self.columns = graph.n
        self.equal(dict.fromkeys(range(graph.n), 1), 1)
        for row, value in extra:
            self.equal(row, value)

    def column(self):
        self.columns += 1
        return self.columns - 1

    def equal(self, row, value):
        self.rows.append(row)
        self.rhs.append(Fraction(value))

    def below(self, row, top):
        """Row ≤ top, with a slack."""
        top = dict(top)
        constant = top.pop((), 0)
        total = {**row, self.column(): 1}
        for j, v in top.items():
            total[j] = total.get(j, 0) - v
        self.equal(total, constant)

    def least(self, cost):
        return least_of_program([cost.get(j, 0) for j in range(self.columns)], self.rows, self.rhs)


class Compared(Program):
    """The same with |p − T q| as columns, in both directions, instead of equations."""

    def __init__(self, model, table):
        own, k = graph(model), len(model.outputs)
        super().__init__(own, table)
        *rows, total = self.rows
        values, self.rows, self.rhs, self.misses = self.rhs[:-1], [], [], {}
        self.equal(total, 1)
        sums = {}
        for row, value, cell in zip(rows, values, np.ndindex(*table.shape), strict=True):
            above, below = self.column(), self.column()
            self.equal(row | {above: 1, below: -1}, value)
            self.misses.setdefault(cell[k:], []).extend([above, below])
            for j, v in row.items():
                own_sums = sums.setdefault(cell[k:], {})
                own_sums[j] = own_sums.get(j, 0) + v
        for x, row in sums.items() if model.dependent_inputs else ():
            self.equal(row, own.conditional(dict(zip(model.inputs, x, strict=True))))


# --------------------------------------------------------------------- measures


def influence(model, source, target, *, variation=False):
    """Eqs. (4) and (29): the largest mean shift over all pairs of values, outcomes, and values of the other parents."""
    own, order = graph(model), parents(model, target)
    others, rows = [n for n in order if n != source], {}
    for fixed in itertools.product(*(range(model.cardinality[n]) for n in others)):
        for u, v in itertools.combinations(range(model.cardinality[source]), 2):
            images = []
            for s in own.strategies:
                values = [dict(zip(others, fixed, strict=True)) | {source: x} for x in (u, v)]
                images.append(tuple(s[target][tuple(value[n] for n in order)] for value in values))
            if variation:
                rows[tuple(int(a != b) for a, b in images)] = None
                continue
            for w in range(model.cardinality[target]):
                rows[tuple(int((a == w) != (b == w)) for a, b in images)] = None
    return Largest(model, [Row(model, row) for row in rows])


def average_causal_effect(model, source, target, *, values=(1, 0), outcome=1):
    own = graph(model)
    one, other = (own.average(lambda node: node[target] == outcome, {source: u}) for u in values)
    return Row(model, [a - b for a, b in zip(one, other, strict=True)])


def query(model, text):
    """The effect of A on B in words: this one text only."""
    assert text == "p{B(A=1) = 1} - p{B(A=0) = 1}"
    return average_causal_effect(model, "A", "B")


def message_weight(model, message="M", lengths=None):
    if lengths is None:
        return Row(model, graph(model).average(lambda node: node[message] != 0))
    rows = [graph(model).average(lambda node, m=m: node[message] == m) for m in range(len(lengths))]
    return Row(model, [sum(n * v for n, v in zip(lengths, own, strict=True)) for own in zip(*rows, strict=True)])


def fraction(model, what):
    """The strategies in which an edge "X -> B" acts, or functions have values {"A(Z=1)": 0}."""
    own = graph(model)
    if isinstance(what, str):
        source, _, target = what.split()
        place = parents(model, target).index(source)

        def hit(s):
            table = s[target]
            alike = {u[:place] + u[place + 1 :]: set() for u in table}
            for u, value in table.items():
                alike[u[:place] + u[place + 1 :]].add(value)
            return any(len(values) > 1 for values in alike.values())
    else:

        def hit(s):
            found = True
            for key, value in what.items():
                node, _, inner = key.rstrip(")").partition("(")
                given = dict(part.split("=") for part in inner.split(",") if part)
                found = found and s[node][tuple(int(given[n]) for n in parents(model, node))] == value
            return found

    return Row(model, [int(hit(s)) for s in own.strategies])


def _joint(model):
    """{setting: (p, {Λ: number of the strategy})} of the dependent inputs."""
    own, found = graph(model), {}
    for i, (setting, response) in enumerate(own.settings_and_responses()):
        found.setdefault(setting, {})[response] = i
    dependent = model.dependent_inputs
    return {x: (own.chance(dict(zip(dependent, x, strict=True))), numbers) for x, numbers in found.items()}


def dependence(model):
    """Σ |p(x, Λ) − p(x) p(Λ)|."""
    joint, rows = _joint(model), []
    for p, numbers in joint.values():
        for response, i in numbers.items():
            shared = {others[response]: -p for _, others in joint.values()}
            rows.append(Absolute(model, shared | {i: 1 - p}))
    return Sum(model, rows)


def hall_dependence(model):
    """The largest Σ |p(Λ|x) − p(Λ|x')| over pairs of settings that occur."""
    joint, pairs = _joint(model), []
    for (p, numbers), (r, others) in itertools.combinations([own for own in joint.values() if own[0]], 2):
        rows = [Absolute(model, {i: 1 / p, others[response]: -1 / r}) for response, i in numbers.items()]
        pairs.append(Sum(model, rows))
    return Largest(model, pairs)


class Distance(Expression):
    """½ Σ |p − T q| of the data that were asked about last."""

    def of(self, each):
        own, free = graph(self.model), set(self.model.free_inputs)
        names = [dict(zip(self.model.inputs, x, strict=True)) for x in each]
        pairs = list(zip(names, each.values(), strict=True))
        mean = sum((own.chance({n: v for n, v in x.items() if n in free}) * t for x, t in pairs), Fraction(0))
        return mean, [t / own.conditional(x) for x, t in pairs if own.conditional(x)]

    def at(self, q):
        own, k = graph(self.model), len(self.model.outputs)
        rows, rhs = own.equations(self.table)
        each = {}
        for row, value, cell in zip(rows, rhs, np.ndindex(*self.table.shape), strict=True):
            missed = abs(value - sum(q[i] for i in row)) / 2
            each[cell[k:]] = each.get(cell[k:], 0) + missed
        mean, others = self.of(each)
        return mean if type(self) is mean_distance else max(others)


class mean_distance(Distance):  # noqa: N801
    def lower(self, program):
        own, free = graph(self.model), self.model.free_inputs
        weights = {}
        for x, columns in program.misses.items():
            known = {n: v for n, v in zip(self.model.inputs, x, strict=True) if n in free}
            weights |= dict.fromkeys(columns, own.chance(known) / 2)
        return weights


class largest_distance(Distance):  # noqa: N801
    def lower(self, program):
        top = {program.column(): Fraction(1)}
        for x, columns in program.misses.items():
            chance = graph(self.model).conditional(dict(zip(self.model.inputs, x, strict=True)))
            if chance:
                program.below(dict.fromkeys(columns, Fraction(1, 2) / chance), top)
        return top


def maximum(*parts):
    return Largest(parts[0].model, parts)


def measure(model, rows, norm="max"):
    """One's own rows; floats are the decimals that print them."""
    groups = rows.values() if norm == "max of sums" else [rows]
    exact = [[[Fraction(repr(float(v))) for v in row] for row in group] for group in groups]
    if norm == "linear":
        return Row(model, [sum(column) for column in zip(*exact[0], strict=True)])
    sums = [[Absolute(model, row) for row in group] for group in exact]
    return Largest(model, sums[0] if norm == "max" else [Sum(model, group) for group in sums])


# ------------------------------------------------------------ not linear programs


class message_entropy(Expression):  # noqa: N801 - called as the function of the package
    """h(p(m≠0)) in bits: concave, so the least of both ends."""

    def __init__(self, model, message="M"):
        super().__init__(model)
        self.weight = message_weight(model, message)

    def at(self, q):
        return _entropy(self.weight.at(q))

    def least(self, table, budgets=(), extra=()):
        low, negated = (sign * self.weight for sign in (1, -1))
        ends = [low.least(table, budgets, extra), negated.least(table, budgets, extra)]
        return None if ends[0] is None else min(_entropy(ends[0]), _entropy(-ends[1]))


def _entropy(p):
    return -sum(float(v) * math.log2(v) for v in (p, 1 - p) if v > 0)


class mutual_information(Expression):  # noqa: N801
    """Σ p(x, Λ) log2 [p(x, Λ) / (p(x) p(Λ))], by Clarabel through plain CVXPY."""

    def at(self, q):
        joint, total = _joint(self.model), 0.0
        for p, numbers in joint.values():
            for response, i in numbers.items():
                shared = p * sum(q[others[response]] for _, others in joint.values())
                total += float(q[i]) * math.log2(q[i] / shared) if q[i] else 0.0
        return total

    def least(self, table, budgets=(), extra=()):
        import cvxpy as cp

        rows, rhs = graph(self.model).equations(table)
        matrix = np.zeros((len(rows), graph(self.model).n))
        for i, row in enumerate(rows):
            matrix[i, list(row)] = list(row.values())
        q, terms = cp.Variable(matrix.shape[1], nonneg=True), []
        for p, numbers in (joint := _joint(self.model)).values():
            if p:
                index = [[others[response] for _, others in joint.values()] for response in numbers]
                shared = sum(q[[i[k] for i in index]] for k in range(len(joint)))
                terms.append(cp.sum(cp.rel_entr(q[list(numbers.values())], float(p) * shared)))
        problem = cp.Problem(cp.Minimize(sum(terms) / math.log(2)), [matrix @ q == [float(v) for v in rhs]])
        problem.solve(solver=cp.CLARABEL)
        return float(problem.value)


class nonbilocality(Expression):  # noqa: N801
    """Σ |q^ac − f^a q^c| over the functions of A and C, where the marginal of A is f; without f only its value."""

    def __init__(self, model, marginals=None):
        super().__init__(model)
        self.fixed = None if marginals is None else [Fraction(v) for v in marginals["A"]]
        keys = [graph(model).functions(name) for name in "AC"]
        orders = [list(dict.fromkeys(own)) for own in keys]
        self.sizes = [len(order) for order in orders]
        self.numbers = [[order.index(key) for key in own] for order, own in zip(orders, keys, strict=True)]

    def marginal(self, q):
        """q^a."""
        found = [Fraction(0)] * self.sizes[0]
        for a, weight in zip(self.numbers[0], q, strict=True):
            found[a] += weight
        return found

    def _distance(self, f):
        rows = []
        for a, c in itertools.product(*map(range, self.sizes)):
            row = [int((i, k) == (a, c)) - f[a] * int(k == c) for i, k in zip(*self.numbers, strict=True)]
            rows.append(Absolute(self.model, row))
        return Sum(self.model, rows)

    def at(self, q):
        return self._distance(self.marginal(q)).at(q)

    def least(self, table, budgets=(), extra=()):
        rows = [{i: 1 for i, own in enumerate(self.numbers[0]) if own == a} for a in range(self.sizes[0])]
        return self._distance(self.fixed).least(table, budgets, [*extra, *zip(rows, self.fixed, strict=True)])
