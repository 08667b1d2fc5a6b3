"""Certificates of every kind, and an independent judgement of what a certificate claims.

`judge` builds the linear program of a certificate's data anew, with dictionaries and dense arrays, and solves it with
CVXPY; it shares nothing with `relaxbell.verify`.
"""

import copy
import itertools
import warnings
from fractions import Fraction
from functools import cache

import cvxpy as cp
import numpy as np
from network_reference import Products, random_network_behavior
from reference import random_behavior, random_model

import relaxbell as rb
from relaxbell.exact.numbers import surd

NAMES = [
    "influence",
    "influence, surd",
    "outcome",
    "unequal",
    "three parties",
    "message weight",
    "message entropy",
    "effect",
    "negated effect",
    "dependence",
    "dependence, a setting never",
    "hall",
    "one dependent",
    "information",
    "information, bounded",
    "dependence, bounded",
    "values",
    "values, dependent",
    "budget",
    "budget of dependence",
    "sum",
    "maximum",
    "maximum of linear ones",
    "own max",
    "own sum",
    "own linear",
    "own max of sums",
    "own negated",
    "a dependent input below a free one",
    "no inputs",
    "no model",
    "no values",
    "no budget",
    "no affine",
    "no dependence",
    "network",
    "network, unequal",
    "network, fixed",
    "network, bilocal",
]
"""Of all certificates; they are made when the first test asks for one."""


def unequal(seed=0, three=False):
    """A rational behavior with outputs (3, 2) or (3, 2, 2) and inputs (2, 3) or (2, 3, 1), mixed with a PR box."""
    rng = np.random.default_rng(seed)
    box = np.zeros((3, 2, 2, 3), dtype=object)
    box[:2, :, :, :2] = rb.boxes.pr().table
    box[:2, :, :, 2] = rb.boxes.pr().table[:, :, :, 0]
    noise = [[Fraction(int(v), 12) for v in rng.permutation([3, 4, 5])] for _ in range(2)]
    mixed = np.empty((3, 2, 2, 3), dtype=object)
    for a, b, x, y in np.ndindex(*mixed.shape):
        mixed[a, b, x, y] = Fraction(3, 4) * box[a, b, x, y] + Fraction(1, 8) * noise[x][a]
    if not three:
        return rb.Behavior(mixed)
    c = np.array([Fraction(1, 3), Fraction(2, 3)], dtype=object)
    return rb.Behavior(np.multiply.outer(mixed, c)[..., None].transpose(0, 1, 4, 2, 3, 5), "A B C", "X Y Z")


def infeasible(measure, observed, subject_to=()):
    try:
        rb.minimize(measure, observed, subject_to)
    except rb.errors.InfeasibleError as error:
        return error
    raise AssertionError("feasible")


def shift(model):
    """Own rows with awkward numbers."""
    rng = np.random.default_rng(3)
    return np.round(rng.normal(size=(3, model.strategies.count)), 1) * (rng.random(model.strategies.count) < 0.5)


def _cases():
    pr, tsirelson = rb.boxes.pr(), rb.boxes.tsirelson()
    one, md, sent = rb.input_signaling(), rb.measurement_dependence(), rb.message()
    both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
    two = rb.bell().relax("X -> B", "Y -> A")
    c = rb.influence(one, "X", "B")
    yield "influence", c, pr, ()
    yield "influence, surd", c, tsirelson, ()
    yield "outcome", rb.influence(rb.outcome_signaling(), "A", "B"), tsirelson, ()
    wide = rb.input_signaling((2, 3), (3, 2))
    yield "unequal", rb.influence(wide, "X", "B"), unequal(), ()
    three = rb.bell((2, 3, 1), (3, 2, 2)).relax("X -> B")
    yield "three parties", rb.influence(three, "X", "B", variation=True), unequal(three=True), ()
    yield "message weight", rb.message_weight(sent), tsirelson, ()
    skew = rb.message(input_distribution=[[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 8), Fraction(1, 8)]])
    yield "message entropy", rb.message_entropy(skew), tsirelson, ()
    iv = rb.instrumental()
    lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
    yield "effect", rb.average_causal_effect(iv, "A", "B"), lipid, ()
    yield "negated effect", -rb.average_causal_effect(iv, "A", "B", outcome=0), lipid, ()
    yield "dependence", rb.dependence(md), tsirelson, ()
    third = [[Fraction(1, 2), Fraction(1, 6)], [Fraction(1, 3), 0]]
    yield "dependence, a setting never", rb.dependence(rb.measurement_dependence(input_distribution=third)), pr, ()
    yield "hall", rb.hall_dependence(md), tsirelson, ()
    yield "one dependent", rb.dependence(rb.bell().relax("L -> X")), pr, ()
    yield "information", rb.mutual_information(md), tsirelson, ()
    limits = rb.setting_bounds(md, lower=0.125, upper=0.5)
    yield "information, bounded", rb.mutual_information(md), tsirelson, limits
    yield "dependence, bounded", rb.dependence(md), tsirelson, limits
    seen = rb.Observed([(rb.catalog.CHSH, Fraction(5, 2))], nonsignaling=True)
    yield "values", c, seen, ()
    yield "values, dependent", rb.dependence(md), rb.Observed([(rb.catalog.CHSH, surd(0, 2, 2))], nonsignaling=True), ()
    yield "budget", rb.influence(two, "X", "B"), tsirelson, [rb.influence(two, "Y", "A") <= Fraction(1, 10)]
    yield "budget of dependence", rb.influence(both, "X", "B"), tsirelson, [rb.dependence(both) <= Fraction(1, 10)]
    yield "sum", rb.influence(both, "X", "B") + 3 * rb.hall_dependence(both), pr, ()
    yield "maximum", rb.maximum(rb.influence(both, "X", "B"), 2 * rb.dependence(both)), tsirelson, ()
    effect = rb.average_causal_effect(both, "X", "B")
    yield "maximum of linear ones", rb.maximum(effect, -effect, rb.influence(both, "X", "B") * 0), pr, ()
    for norm in ("max", "sum", "linear"):
        yield f"own {norm}", rb.measure(one, shift(one), norm=norm), pr, ()
    groups = {"first": shift(one)[:2], "second": -2 * shift(one)[1:]}
    yield "own max of sums", 2 * rb.measure(one, groups, norm="max of sums") + c, pr, ()
    minus = -(2 * rb.measure(one, shift(one), norm="linear"))
    yield "own negated", minus, pr, [cp.sum(one.q[:32]) == 0.5, cp.sum(one.q[::3]) <= 0.75]
    below = rb.CausalModel(
        "X -> Y; X -> A <- L -> B <- Y; L -> Y", "X Y", "L", {"X": 2, "Y": 2, "A": 2, "B": 2}, hidden=()
    )
    yield "a dependent input below a free one", rb.average_causal_effect(below, "Y", "B"), noise(), ()
    alone = rb.CausalModel("A -> B; L -> A; L -> B", (), "L", {"A": 2, "B": 3})
    flat = rb.Behavior([[Fraction(1, 2), Fraction(1, 4), 0], [0, Fraction(1, 8), Fraction(1, 8)]], "A B", ())
    yield "no inputs", rb.influence(alone, "A", "B", variation=True), flat, ()


def noise():
    return rb.Behavior(np.full((2, 2, 2, 2), Fraction(1, 4), dtype=object))


@cache
def certificates():
    """All certificates by name, with the solution or error behind them."""
    found = {}
    for name, measure, observed, subject_to in _cases():
        source = rb.minimize(measure, observed, subject_to)
        found[name] = (source.certificate, source)
    one = rb.input_signaling()
    c = rb.influence(one, "X", "B")
    zero = rb.measure(rb.bell(), np.zeros((1, 16)))
    md = rb.measurement_dependence()
    for name, error in {
        "no model": infeasible(zero, rb.boxes.tsirelson()),
        "no values": infeasible(c, rb.Observed([(rb.catalog.CHSH, Fraction(9, 2))])),
        "no budget": infeasible(c, rb.boxes.pr(), [c <= Fraction(1, 10)]),
        "no affine": infeasible(c, rb.boxes.pr(), [one.q[0] >= 0.75]),
        "no dependence": infeasible(
            rb.dependence(md), rb.boxes.tsirelson(), [rb.hall_dependence(md) <= Fraction(1, 8)]
        ),
    }.items():
        found[name] = (error.certificate, error)
    for name, measure, p in networks():
        source = rb.minimize(measure, p)
        found[name] = (source.certificate, source)
    assert list(found) == NAMES
    return found


def data_of(name):
    """Return the data of a certificate, to be changed."""
    return copy.deepcopy(certificates()[name][0].data)


def networks():
    model, box = rb.bilocality(), rb.boxes.entanglement_swapping
    yield "network", rb.nonbilocality(model), box(Fraction(4, 5))
    unequal = rb.bilocality((2, 1), (2, 3, 3))
    yield "network, unequal", rb.nonbilocality(unequal), random_network_behavior(unequal, 2)
    marginal = [Fraction(1, 5), Fraction(3, 10), Fraction(3, 10), Fraction(1, 5)]
    yield "network, fixed", rb.nonbilocality(model, {"A": marginal}), box(Fraction(4, 5))
    yield "network, bilocal", rb.nonbilocality(model), box(Fraction(7, 10))


def random_certificate(seed):
    """Of the influence of a random edge in a random graph."""
    rng = np.random.default_rng(seed)
    model, (u, v) = random_model(rng, most=400)
    _, table = random_behavior(model, rng)
    return rb.minimize(
        rb.influence(model, u, v, variation=bool(seed % 2)), rb.Behavior(table, model.outputs, model.inputs)
    )


def curves():
    """Curves of the visibility, of a value, within a budget, and of a budget."""
    box, noise = rb.boxes.pr(), rb.boxes.pr().white_noise()
    yield rb.curve(rb.influence(rb.input_signaling(), "X", "B"), noise, box)
    yield rb.curve(
        rb.influence(rb.outcome_signaling(), "A", "B"), rb.boxes.tsirelson().white_noise(), rb.boxes.tsirelson()
    )
    yield rb.curve(rb.dependence(rb.measurement_dependence()), noise, box)
    ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
    yield rb.curve(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), *ends)
    both = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
    yield rb.curve(there, noise, box, subject_to=[back <= Fraction(1, 10)])
    yield rb.tradeoff(there, back, box)


# ------------------------------------------------------------------------- judging a claim


def number(text, root=0):
    return float(Fraction(text)) if isinstance(text, str) else float(surd(Fraction(text[0]), Fraction(text[1]), root))


class Plain:
    """The strategies of a certificate's model as dictionaries, and everything over them as dense arrays."""

    def __init__(self, data):
        self.size = {n["name"]: n["cardinality"] for n in data["nodes"]}
        self.outputs, self.inputs = data["outputs"], data["inputs"]
        self.parents = {n["name"]: [p for p in n["parents"] if p in self.size] for n in data["nodes"]}
        self.responding = [n["name"] for n in data["nodes"] if n["parents"]]
        self.free = [n for n in self.inputs if n not in self.responding]
        self.dependent = [n for n in self.responding if n in self.inputs]
        maps = []
        for node in self.responding:
            images = itertools.product(range(self.size[node]), repeat=len(list(self.values(self.parents[node]))))
            maps.append([dict(zip(self.values(self.parents[node]), image, strict=True)) for image in images])
        self.strategies = [dict(zip(self.responding, s, strict=True)) for s in itertools.product(*maps)]
        self.p = dict(zip(self.values(self.inputs), map(Fraction, data["input_distribution"]), strict=True))

    def values(self, names):
        return itertools.product(*(range(self.size[n]) for n in names))

    def marginal(self, names, setting):
        """p(names = setting), also of none."""
        keys = [self.inputs.index(n) for n in names]
        return sum(p for x, p in self.p.items() if all(x[k] == setting[n] for k, n in zip(keys, names, strict=True)))

    def run(self, strategy, free, do=()):
        do, values = dict(do), {**free, **{n: v for n, v in dict(do).items() if n in self.free}}
        for node in self.responding:
            values[node] = do.get(node, strategy[node][tuple(values[p] for p in self.parents[node])])
        return values

    def mean(self, do, name, hits):
        """p(name in hits|do), one entry for each strategy."""
        row = np.zeros(len(self.strategies))
        for x in self.values(self.free):
            free = dict(zip(self.free, x, strict=True))
            if all(free.get(n, v) == v for n, v in do.items()):
                weight = float(self.marginal([n for n in self.free if n not in do], free))
                row += [weight * (self.run(s, free, do)[name] in hits) for s in self.strategies]
        return row

    def chance(self, inputs):
        """p(dependent|free) = p(dependent) where the two are independent."""
        setting = dict(zip(self.inputs, inputs, strict=True))
        free = self.marginal(self.free, setting)
        joint, own = self.marginal(self.inputs, setting), self.marginal(self.dependent, setting)
        return own if joint == own * free else joint / free

    def table(self):
        """T, rows in the order of the table."""
        axes = self.outputs + self.inputs
        found = np.zeros([self.size[n] for n in axes] + [len(self.strategies)])
        for i, s in enumerate(self.strategies):
            for x in self.values(self.free):
                values = self.run(s, dict(zip(self.free, x, strict=True)))
                found[(*(values[n] for n in axes), i)] = 1
        return found.reshape(-1, len(self.strategies))

    def rows(self, listed):
        found = np.zeros((len(listed), len(self.strategies)))
        for row, entries in zip(found, listed, strict=True):
            for strategy, value in entries:
                row[strategy] = number(value)
        return found

    def joint(self):
        """x -> matrix that takes q to q(x, .), over the rest of a strategy."""
        rest = [n for n in self.responding if n not in self.dependent]
        keys = {}
        for i, s in enumerate(self.strategies):
            x = tuple(s[n][()] for n in self.dependent)
            keys.setdefault(x, []).append((str([s[n] for n in rest]), i))
        matrices = {}
        for x, pairs in keys.items():
            p = self.marginal(self.dependent, dict(zip(self.dependent, x, strict=True)))
            if p:
                matrices[x] = (float(p), np.eye(len(self.strategies))[[i for _, i in sorted(pairs)]])
        return matrices

    def expression(self, m, q):
        kind = m["kind"]
        parts = [number(f) * self.expression(part, q) for f, part in m["of"]] if kind in ("sum", "maximum") else []
        if parts:
            return sum(parts) if kind == "sum" else cp.max(cp.hstack(parts))
        if kind == "influence":
            return self.influence(m, q)
        if kind == "probability":
            return self.mean(dict(m["do"]), m["target"], set(m["values"])) @ q
        if kind == "binary entropy":
            return self.expression(m["of"], q)
        if kind == "rows":
            values = self.rows(m["rows"]) @ q
            ends = list(itertools.accumulate(m["groups"], initial=0))
            groups = [cp.norm1(values[a:b]) for a, b in itertools.pairwise(ends)]
            return cp.max(cp.hstack(groups)) if groups else cp.sum(values)
        joint = self.joint()
        if kind == "dependence" and m["hall"]:
            pairs = itertools.combinations(joint.values(), 2)
            return cp.max(cp.hstack([cp.norm1(a @ q / p - b @ q / r) for (p, a), (r, b) in pairs]))
        total = sum(matrix for _, matrix in joint.values())
        if kind == "dependence":
            return sum(cp.norm1(a @ q - p * (total @ q)) for p, a in joint.values())
        return sum(cp.sum(cp.rel_entr(a @ q, p * (total @ q))) for p, a in joint.values()) / np.log(2)

    def influence(self, m, q):
        """Eqs. (4) and (29): every ordered pair and every outcome."""
        order, rows = self.parents[m["target"]], []
        others = [n for n in order if n != m["source"]]
        for fixed in self.values(others):
            for u, v in itertools.permutations(range(self.size[m["source"]]), 2):

                def image(s, x, fixed=fixed):
                    values = {**dict(zip(others, fixed, strict=True)), m["source"]: x}
                    return s[m["target"]][tuple(values[n] for n in order)]

                pairs = [(image(s, u), image(s, v)) for s in self.strategies]
                if m["variation"]:
                    rows.append([float(a != b) for a, b in pairs])
                else:
                    rows += [[abs((a == w) - (b == w)) for a, b in pairs] for w in range(self.size[m["target"]])]
        return cp.max(np.array(rows, dtype=float) @ q)


def judge(data):
    """Return the least value of the certificate's measure, by CVXPY; None if nothing satisfies the constraints."""
    plain, root = Plain(data["model"]), data.get("root", 0)
    q = cp.Variable(len(plain.strategies), nonneg=True)
    reached = plain.table() @ q
    chances = np.array([float(plain.chance(x)) for x in plain.values(plain.inputs)])
    weights = np.tile(chances, len(plain.table()) // len(chances))
    constraints = [cp.sum(q) == 1, np.tile(np.eye(len(chances)), len(weights) // len(chances)) @ reached == chances]
    if "behavior" in data["observed"]:
        constraints.append(reached == weights * np.array([number(p, root) for p in data["observed"]["behavior"]]))
    for row in data["observed"].get("values", ()):
        c = np.array([number(v) for v in row["coefficients"]])
        constraints.append((c / np.where(weights == 0, 1, weights)) @ reached == number(row["value"], root))
    for c in data["constraints"]:
        constraints.append(plain.expression(c["measure"], q) <= number(c["limit"]))
    measure = data["measure"]
    if measure is not None and measure["kind"] == "nonbilocality":
        return judge_network(data, plain)
    objective = cp.sum(q) * 0 if measure is None else plain.expression(measure, q)
    conic = measure is not None and measure["kind"] == "mutual information"

    def least(expression):
        problem = cp.Problem(cp.Minimize(expression), constraints)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            problem.solve(solver=cp.CLARABEL if conic else cp.HIGHS)
        assert problem.status in ("optimal", "optimal_inaccurate", "infeasible"), problem.status
        return None if problem.status == "infeasible" else float(problem.value)

    value = least(objective)
    if value is None or measure is None or measure["kind"] != "binary entropy":
        return value
    return min(binary_entropy(value), binary_entropy(-least(-objective)))


def judge_network(data, plain):
    """The least value on a grid of the marginals, or at those that are fixed: the claim must not be more."""
    (groups,) = data["measure"]["products"]
    products, root = Products(plain.strategies, groups), data.get("root", 0)
    p = np.array([number(v, root) for v in data["observed"]["behavior"]])
    weights = np.array([float(plain.chance(x)) for x in plain.values(plain.inputs)])
    p = p * np.tile(weights, len(p) // len(weights))
    fixed = data["measure"].get("fixed")
    if fixed is not None:
        found = products.least(plain.table(), p, [np.array([number(v, root) for v in own]) for own in fixed])
    else:
        found = products.grid(plain.table(), p)
    if "strategies" in data:
        q = np.zeros(len(plain.strategies))
        for i, weight in data["strategies"]:
            q[i] = number(weight, root)
        found = min(found, products.distance(q))
    return found


def binary_entropy(p):
    p = min(max(p, 0.0), 1.0)
    return float(sum(-x * np.log2(x) for x in (p, 1 - p) if x > 0))


def is_true(data, tolerance=1e-6):
    """Whether the claim of a certificate holds, by `judge`."""
    value, claim, root = judge(data), data["claim"], data.get("root", 0)
    if "infeasible" in claim or value is None:
        return value is None and "upper_bound" not in claim
    return value >= number(claim["lower_bound"], root) - tolerance and (
        "upper_bound" not in claim or value <= number(claim["upper_bound"], root) + tolerance
    )
