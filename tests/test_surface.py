"""What all public signatures have in common: options by keyword, and one word for the data."""

import builtins
import inspect
import re
import typing
from pathlib import Path

import pytest
from public import PUBLIC

import relaxbell as rb

# What is said rather than tuned may be given by position, also where it has a default: names of variables, numbers of
# settings and outcomes, what a problem is about (data, domain, constraints), the arguments of a mathematical function.
SAID = {
    *("inputs", "outputs", "observed", "domain", "subject_to", "marginals", "message", "model", "event", "given"),
    *("end", "n", "v", "w", "azimuth", "budgets", "notation", "symbol", "names", "measure", "confidence", "limit"),
}
OTHER_WORDS = {"behavior", "behaviors", "data", "p", "q", "counts", "distribution"}
TAKES_NO_DATA = {"Behavior", "classes.Certificate"}  # p makes a behavior; the data of a certificate are JSON


def signatures():
    for name, value in PUBLIC.items():
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and not issubclass(value, Exception):
            if not hasattr(value, "__dataclass_fields__") and not hasattr(value, "_fields"):  # those are made by us
                yield name, value
            for own in dir(value):
                method = inspect.getattr_static(value, own)
                method = getattr(method, "__func__", method)
                if not own.startswith("_") and inspect.isfunction(method):
                    yield f"{name}.{own}", method


FOUND = dict(signatures())
CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"
TABLE = [line for line in CHANGELOG.read_text().splitlines() if line.startswith("|")]


@pytest.mark.parametrize("name", FOUND)
def test_options_are_given_by_keyword(name):
    parameters = inspect.signature(FOUND[name]).parameters.values()
    optional = {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty}
    assert optional <= SAID


@pytest.mark.parametrize("name", sorted(set(FOUND) - TAKES_NO_DATA))
def test_the_data_are_called_observed(name):
    """`q` is a distribution over strategies, which is not data, and belongs to measures alone."""
    parameters = set(inspect.signature(FOUND[name]).parameters)
    assert not parameters & (OTHER_WORDS - ({"q"} if name.endswith((".at", ".value")) else set()))


# Kinds of question that came after the namespaces and are asked by name.
ASKED_SINCE = {
    *("mixture", "fraction", "mean_distance", "largest_distance", "strength"),
    *("query", "assumption", "quantum_set", "nonsignaling_set", "quantum_maximum"),
}


def test_half_as_many_names_as_before_the_namespaces():
    assert len(set(rb.__all__) - ASKED_SINCE) <= 129 / 2
    assert set(rb._NAMESPACES) <= set(rb.__all__)


@pytest.mark.parametrize("old", rb._RENAMED)
def test_old_names_say_the_new_one_and_are_in_the_table(old):
    """The CHANGELOG has them in one table, the ones that only moved by their namespace."""
    namespace, new = rb._RENAMED[old]
    assert f"{namespace}.{new}" in PUBLIC
    assert old not in rb.__all__
    said = re.escape(f"relaxbell.{old} is called relaxbell.{namespace}.{new} since 1.0. Write that.")
    with pytest.raises(AttributeError, match=said):
        getattr(rb, old)
    with pytest.raises(ImportError, match=said):
        exec(f"from relaxbell import {old}")
    assert not hasattr(rb, old)
    rows = [row for row in TABLE if f"`{old}`" in row]
    assert any(f"`{namespace}.{new}`" in row or (old == new and f"`{namespace}.…`" in row) for row in rows)


def test_the_table_has_no_other_names_that_moved():
    """What its rows say of single names at top level is what `_RENAMED` says, and none of them answers."""
    for row in TABLE:
        if " | " not in row:
            continue  # the rule below the head
        before, now = (cell.strip() for cell in row.strip("|").split(" | ")[:2])
        if found := re.fullmatch(r"`(\w+)\.…`, same name", now):
            olds = {old: (found[1], old) for old in re.findall(r"`(\w+)`", before)}
        elif re.fullmatch(r"`\w+`", before) and (found := re.fullmatch(r"`(\w+)\.(\w+)`", now)):
            olds = {before.strip("`"): found.groups()}
        else:
            continue
        assert {old: rb._RENAMED.get(old) for old in olds} == olds


def test_the_table_sends_nobody_to_a_name_that_is_not_there():
    named = re.findall(r"\b(boxes|catalog|classes|errors|states)\.(\w+)", "\n".join(TABLE))
    assert named
    assert {f"{namespace}.{name}" for namespace, name in named} <= set(PUBLIC)


def test_every_class_that_is_returned_is_public():
    """As far as annotations say, except for kinds of `Measure`, and rows and coordinates, which are tables."""
    ours = {cls.__name__: name for name, cls in PUBLIC.items() if inspect.isclass(cls)}
    aliases = {"Path", "NDArray", "Exact", "ExactNumber", "Complex", "Bloch", "Floats", "Found", "M_co", "Value"}
    inner = {"BinaryEntropy", "MutualInformation", "Block", "Coordinates", "Equations", "LinearTerm", "Rows"}
    outside = {"Axes", "Constraint", "DataFrame", "Expr", "Expression", "HasFull", "Piecewise", "Symbol"}
    known = ours.keys() | aliases | outside | inner | set(dir(typing)) | set(dir(builtins))
    returned = {name: inspect.signature(function).return_annotation for name, function in FOUND.items()}
    words = {word for text in returned.values() if isinstance(text, str) for word in re.findall(r"[A-Z]\w+", text)}
    assert {word.removesuffix("Like") for word in words} <= known  # protocols of what rooms further right return


def test_data_and_constraints_by_position_and_the_rest_by_name():
    c = rb.influence(rb.bell().relax("X → B"), "X", "B")
    box = rb.boxes.pr()
    assert rb.minimize(measure=c, observed=box, subject_to=()).exact == rb.minimize(c, box, ()).exact
    found = rb.sweep(c, [box], [c <= 1], progress=False)
    assert found.values.tolist() == rb.sweep(measure=c, observed=[box], progress=False).values.tolist()
    for call in (lambda: rb.measure(c.model, c.rows, "sum"), lambda: rb.sweep(c, [box], (), None)):
        with pytest.raises(TypeError, match="positional"):
            call()


def test_rows_by_the_name_that_is_printed():
    report = rb.quantify(rb.boxes.pr())
    assert report["C(X → B)"] is report["C(X -> B)"]
    with pytest.raises(KeyError, match="no row 'C\\(X → C\\)'"):
        report["C(X → C)"]
