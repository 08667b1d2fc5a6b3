"""Proofs in LaTeX: what they print is read again and computed once more."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.verify import Real, read_case
from relaxbell.verify.measures import evaluate

DATA = Path(__file__).parent / "data" / "certificates"
FILES = sorted(path.name for path in DATA.glob("*.json"))
PLAIN = [
    "influence.json",
    "hall.json",
    "three_parties.json",
    "unequal.json",
    "outcome.json",
    "maximum.json",
    "sum.json",
]


def latex(name):
    return rb.classes.Certificate.load(DATA / name).to_latex()


def number(text):
    found = re.fullmatch(r"(-?)(?:\\tfrac\{(\d+)\}\{(\d+)\}|(\d+))", text)
    value = Fraction(int(found[4])) if found[4] else Fraction(int(found[2]), int(found[3]))
    return -value if found[1] else value


def inequality(text, shape):
    """Return the coefficients over cells and the constant of the printed lower bound."""
    body = re.search(r"m \\;\\ge\\;& (.*?)\. \\end\{aligned\}", text, re.DOTALL)[1].replace(r" \\ & ", " ")
    table, constant = np.full(shape, Fraction(0), dtype=object), Fraction(0)
    size = r"(?:\\tfrac\{\d+\}\{\d+\}|\d+)"
    rest = re.sub(rf"\s*([+-]?)\s*({size})?(?:\\,)?\s*(p\([\d|]+\))?", take(table, constants := []), body)
    assert not rest.strip()
    return table, constant + sum(constants)


def take(table, constants):
    def read(match):
        sign, size, cell = match.groups()
        if size is None and cell is None:
            return match[0]
        value = (Fraction(1) if size is None else number(size)) * (-1 if sign == "-" else 1)
        if cell is None:
            constants.append(value)
        else:
            table[tuple(int(d) for d in re.sub(r"[p()|]", "", cell))] += value
        return ""

    return read


@pytest.mark.parametrize("name", FILES)
def test_latex_is_well_formed(name):
    """Braces, environments and mathematics close; no name can break out of them."""
    text = latex(name)
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    open_ones = []
    for kind, environment in re.findall(r"\\(begin|end)\{(\w+\*?)\}", text):
        if kind == "begin":
            open_ones.append(environment)
        else:
            assert open_ones.pop() == environment
    assert not open_ones
    assert len(re.findall(r"(?<!\\)\$", text)) % 2 == 0
    assert len(re.findall(r"(?<!\\)\\\[", text)) == len(re.findall(r"(?<!\\)\\\]", text))
    assert text.startswith("\\begin{proposition}\n")
    assert text.endswith("\\end{proof}\n")


@pytest.mark.parametrize("name", PLAIN)
def test_the_printed_inequality_holds_and_gives_the_bound(name):
    """At the data it is the claim, and at mixtures of strategies never more than the measure, by its definition."""
    data = rb.classes.Certificate.load(DATA / name).data
    case = read_case(data)
    model = case.model
    table, constant = inequality(latex(name), [model.size[n] for n in model.axes])
    coefficients = table.ravel()
    at_data = sum((v * c for v, c in zip(case.behavior, coefficients, strict=True)), Real(constant))
    assert not (at_data - case.proven()).sign()
    strategies = list(enumerate(model.strategies()))
    rng = np.random.default_rng(0)
    for _ in range(8):
        if model.dependent:  # with the frequencies of the settings that are given, which may depend on the strategy
            chosen = [rng.choice([n for n, _ in strategies if model.split(n)[0] == x]) for x in model.occurring]
            weights = list(model.occurring.values())
        else:
            chosen, weights = rng.choice(len(strategies), 3, replace=False), [Fraction(k, 6) for k in (1, 2, 3)]
        q = [(int(n), strategies[int(n)][1], Real(w)) for n, w in zip(chosen, weights, strict=True)]
        cells = [Fraction(0)] * model.cells
        for _, functions, weight in q:
            for cell in model.visited(functions):
                chance = model.conditional[cell % model.settings]
                cells[cell] += weight.a / chance
        bound = sum((c * v for c, v in zip(coefficients, cells, strict=True)), constant)
        assert not evaluate(model, case.measure, q) < Real(bound)


def test_the_table_lists_every_strategy_and_the_weights_reproduce_the_data():
    text = latex("influence_surd.json")
    tables = re.findall(r"\\hline\n(.*?)\n\\end\{array\}", text, re.DOTALL)
    every, attained = (table.split(" \\\\\n") for table in tables)
    assert len(every) == 64  # 4 functions of X for A, 16 of X and Y for B
    for line in every:
        _, _, prices, gain, reduced = line.split(" & ")
        assert number(prices) - number(gain) == number(reduced) <= 0
    assert sum(eval_root(line.split(" & ")[-1]) for line in attained) == pytest.approx(1)


def eval_root(text):
    parts = re.fullmatch(r"(-?\\tfrac\{\d+\}\{\d+\}) ([+-]) (\\tfrac\{\d+\}\{\d+\})\\sqrt\{2\}", text)
    return float(number(parts[1])) + (1 if parts[2] == "+" else -1) * float(number(parts[3])) * 2**0.5


def test_infeasibility_ends_in_a_contradiction():
    text = latex("no_model.json")
    assert "No model with the graph" in text
    assert "> 0$, a contradiction." in text


def test_curves_print_each_piece():
    text = latex("curve_influence.json")
    assert r"\left(\tfrac{1}{2},\, 0\right)" in text  # of the noisy Popescu-Rohrlich box, v = 1/2
    assert text.count(r"\emph{Between $t =") == 2


def test_very_many_strategies_are_not_listed():
    """2^30 of them: the maximum is found by elimination, and four strategies attain the chained inequality's 1/2."""
    table = np.full((2, 2, 5, 5), Fraction(0), dtype=object)
    for x, y, a in np.ndindex(5, 5, 2):
        table[a, a ^ (x == 4 and y == 0), x, y] = Fraction(1, 2)
    model = rb.bell((5, 5)).relax("X -> B")
    text = rb.minimize(rb.influence(model, "X", "B"), rb.Behavior(table)).certificate.to_latex()
    assert "They are too many to be listed" in text
    assert "For the given data the right-hand side is $\\tfrac{1}{2}$." in text
    (attained,) = re.findall(r"\\hline\n(.*?)\n\\end\{array\}", text, re.DOTALL)
    assert sum(number(line.split(" & ")[-1]) for line in attained.split(" \\\\\n")) == 1


def test_what_proves_nothing_is_not_printed():
    certificate = rb.classes.Certificate.load(DATA / "influence.json")
    wrong = rb.classes.Certificate(certificate.data | {"claim": {"lower_bound": "2", "upper_bound": "2"}})
    with pytest.raises(rb.errors.CertificateError, match="proves nothing"):
        wrong.to_latex()


def test_flows_are_in_the_file():
    """Of Hall's measure with very many strategies: one weight for each pair of settings, and a flow for each λ."""
    model = rb.bell((4, 4)).relax("L -> X", "L -> Y")
    box = rb.boxes.i3322()
    table = np.array(box.table)[:, :, [0, 1, 2, 0], :][:, :, :, [0, 1, 2, 1]]  # some settings twice
    text = rb.minimize(rb.hall_dependence(model), rb.Behavior(table)).certificate.to_latex()
    assert "a flow between settings for each function of the latent variable" in text
    assert "Hall" in text
