"""Functions of R: no R is at hand in the tests, so what is written is taken apart and computed by other means."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb

KNOWN = {"function", "c", "max", "min", "p", "lower", "upper"}
NAME = r"[A-Za-z.][A-Za-z0-9._]*"
"""What R takes for a name: no underscore at its beginning."""
RESERVED = {"if", "else", "repeat", "while", "for", "next", "break", "in", "TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"}


def taken_apart(code):
    """Return the name of the function, its arguments, and what it assigns; complain where R would."""
    lines = [own for line in code.splitlines() if (own := line.partition("#")[0].rstrip())]
    body = "\n".join(lines)
    depth = 0
    for letter in body:
        depth += (letter in "({[") - (letter in ")}]")
        assert depth >= 0
    assert depth == 0
    head = re.fullmatch(rf"({NAME}) <- function\(([^)]*)\) \{{\n(.*)\n\}}\n*", body, re.DOTALL)
    assert head, code
    arguments = head[2].split(", ")
    assert all(re.fullmatch(NAME, own) and own not in RESERVED for own in (head[1], *arguments))
    assert len(set(arguments)) == len(arguments)
    used = set(re.findall(rf"(?<![\w.]){NAME}", head[3]))
    assert used <= {*KNOWN, *arguments}
    return head[1], arguments, head[3]


def computed(code, table, budgets=()):
    """Return what the function gives: its expressions read as whole numbers, with indices from 1."""
    _, arguments, body = taken_apart(code)
    *steps, result = re.split(r"\n(?=  [a-z])", body)
    values = dict(zip(arguments[1:], budgets, strict=True))
    cells = {}
    for index in np.ndindex(table.shape):
        cells[f"p[{', '.join(str(i + 1) for i in index)}]"] = table[index]
    for step in steps:
        name, text = step.strip().split(" <- ", 1)
        for cell, value in cells.items():
            text = text.replace(cell, f"({value})")
        assert "p[" not in text  # an index out of range
        whole = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"Fraction(\1)", text)
        values[name] = eval(whole, {"Fraction": Fraction, "max": max, "min": min}, values)
    ends = re.fullmatch(r"  c\((.*)\)", result)[1].split(", ")
    assert all(own.split(" = ")[0] == own.split(" = ")[1] for own in ends)
    return [values[own.split(" = ")[0]] for own in ends]


def random_behavior(model, seed):
    weights = np.random.default_rng(seed).integers(0, 50, model.strategies.count)
    numbers = [int(v) for v in model.T @ weights]
    table = np.array([Fraction(v, int(weights.sum())) for v in numbers], dtype=object)
    return table.reshape(model.observed_shape)


@pytest.mark.parametrize(("inputs", "outputs"), [(2, (2, 2)), (3, (2, 2)), (2, (3, 2))], ids=str)
def test_effects_of_instruments(inputs, outputs):
    model = rb.instrumental(inputs, outputs)
    both = rb.closed_bounds(rb.query(model, "ACE(A -> B)"))
    code = both.written(language="r")
    table = random_behavior(model, 5)
    assert computed(code, table) == list(both(rb.Behavior(table, model.outputs, model.inputs)))
    assert code.count("max(") == code.count("min(") == 1


def test_quotients_and_upper_ends():
    model = rb.instrumental()
    table = np.array([[[919, 315], [81, 73]], [[0, 139], [0, 473]]]) * Fraction(1, 1000)
    for query in ("LATE(Z -> A -> B)", "ETU(A -> B)"):
        form = rb.closed_bounds(rb.query(model, query), subject_to=[rb.assumption(model, "no defiers")])
        assert computed(form.written(language="r"), table) == list(form(rb.Behavior(table, "A B", "Z")))
    form = rb.closed_form(-rb.query(model, "ACE(A -> B)"))
    assert computed(form.written(language="r"), table) == [Fraction(39, 50)]


@pytest.mark.parametrize("symbol", ["epsilon", "lambda", "in", "TRUE", "p", "lower", "_x", "ε", "2b"])
def test_budgets_have_names_that_r_and_python_take(symbol):
    model = rb.instrumental().relax("Z -> B")
    budget = rb.influence(model, "Z", "B") <= sympy.Symbol(symbol, nonnegative=True)
    both = rb.closed_bounds(rb.query(model, "ACE(A -> B)"), subject_to=[budget])
    table = np.array([[[919, 315], [81, 73]], [[0, 139], [0, 473]]]) * Fraction(1, 1000)
    expected = list(both(rb.Behavior(table, "A B", "Z"), {symbol: Fraction(1, 10)}))
    assert computed(both.written(language="r"), table, [Fraction(1, 10)]) == expected
    space: dict = {}
    exec(both.written(language="python"), space)
    assert list(space["bounds_ACE_A_B"](table, Fraction(1, 10))) == expected
