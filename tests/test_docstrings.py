"""Docstrings: every public name says what it takes, gives, raises, where it comes from, and shows itself at work.

The examples run as doctests (`--doctest-modules`). What is checked here is that they and the sections are there, and
that the sections agree with the code: parameters with the signature, errors with the `raise` statements.
"""

import ast
import builtins
import dataclasses
import doctest
import functools
import inspect
import re
import textwrap

import pytest
from public import PUBLIC

import relaxbell as rb

SECTION = re.compile(r"^(\w+)\n-{3,}\n(.*?)(?=^\w+\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^((?:[*\w]+, )*[*\w]+)(?: : .+)?$", re.MULTILINE)
SOURCE = re.compile(
    r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+/\d{7})|doi:10\.\d{4,}/|"
    r"\b(?:Eqs?\.|Figs?\.|Table|Theorem|Proposition|Corollary|erratum) ?\(?[0-9IE]"
)
# Definitions and theorems of the literature: each names its paper, or its equation in arXiv:1411.4648.
FROM_LITERATURE = """
    CausalModel average_causal_effect bell bilocality born boxes.cglmp boxes.entanglement_swapping boxes.ghz
    boxes.i3322 boxes.pr boxes.star boxes.tsirelson catalog.bilocality_i catalog.bilocality_j catalog.bonet
    catalog.cglmp catalog.cglmp_coefficients catalog.chained catalog.mermin catalog.pearl catalog.star_values
    catalog.svetlichny closed_form data_sets dependence dual_vertices hall_dependence influence input_signaling
    instrumental load_counts marginal_parameters marginal_ranges measurement_dependence message message_entropy
    message_weight minimize mutual_information nonbilocality outcome_signaling pinsker_bound scan setting_bounds
    star states.ghz states.werner
"""

NAMES = list(PUBLIC)
CLASSES = [name for name in NAMES if inspect.isclass(PUBLIC[name])]
ERRORS = [name for name in CLASSES if issubclass(PUBLIC[name], Exception)]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(PUBLIC[name])]
COMPUTED = (property, functools.cached_property)


def members(name):
    """Yield the public methods and properties that a class of ours defines or inherits from one of ours."""
    cls = PUBLIC[name]
    for member in sorted(dir(cls)):
        home = next((base for base in cls.__mro__ if member in vars(base)), object)
        if member.startswith("_") or not home.__module__.startswith("relaxbell"):
            continue
        value = vars(home)[member]
        if isinstance(value, (*COMPUTED, classmethod, staticmethod)) or inspect.isfunction(value):
            yield member, value


MEMBERS = {f"{name}.{member}": value for name in CLASSES for member, value in members(name)}
METHODS = [label for label, value in MEMBERS.items() if not isinstance(value, COMPUTED)]
PROPERTIES = [label for label in MEMBERS if label not in METHODS]


def find(label):
    if label in PUBLIC:
        return PUBLIC[label]
    name, _, member = label.rpartition(".")
    value = MEMBERS[label]
    if isinstance(value, property):
        return value.fget
    return value.func if isinstance(value, functools.cached_property) else getattr(PUBLIC[name], member)


def described(label):
    """Return the docstring, inherited where a method of a subclass has none."""
    return inspect.getdoc(MEMBERS.get(label) or find(label)) or ""


def sections(label):
    return dict(SECTION.findall(described(label)))


def entries(section):
    return {name.lstrip("*") for line in ENTRY.findall(section) for name in line.split(", ")}


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def errors_raised(function, seen=()):
    """Return the errors that a function raises itself or through private functions of its module."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(called, ast.Name):
                found.add(called.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_"):
            helper = function.__globals__.get(node.func.id)
            if inspect.isfunction(helper) and helper.__module__ == function.__module__ and helper not in seen:
                found |= errors_raised(helper, (*seen, function, helper))
    known = {name for name in found if hasattr(rb.errors, name) or hasattr(builtins, name)}
    return known - {"NotImplementedError", "AssertionError"}


def set_by_init(cls):
    """Return the attributes that a class of ours, which is no dataclass, is given when it is made."""
    homes = [base for base in cls.__mro__ if base.__module__.startswith("relaxbell") and "__init__" in vars(base)]
    nodes = [node for base in homes for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base.__init__))))]
    stored = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.attr for node in stored if isinstance(node.value, ast.Name) and node.value.id == "self"}


@pytest.mark.parametrize("label", [*NAMES, *MEMBERS])
def test_begins_with_one_sentence(label):
    lines = described(label).splitlines()
    assert lines, f"{label} has no docstring"
    assert lines[0].rstrip().endswith("."), f"{label}: {lines[0]!r}"
    assert len(lines) == 1 or not lines[1], f"{label}: the summary takes more than a line"


@pytest.mark.parametrize("label", [*FUNCTIONS, *METHODS])
def test_every_parameter_and_what_is_returned(label):
    function, found = find(label), sections(label)
    wanted = parameters(function)
    assert entries(found.get("Parameters", "")) == set(wanted)
    if inspect.signature(function).return_annotation not in ("None", None):
        assert found.get("Returns", found.get("Yields", "")).strip(), f"{label} does not say what it returns"


@pytest.mark.parametrize("name", [name for name in CLASSES if name not in ERRORS])
def test_every_field_of_a_class(name):
    cls, found = PUBLIC[name], sections(name)
    above = [base for base in cls.__mro__ if dataclasses.is_dataclass(base)]  # what is inherited is described there
    texts = [dict(SECTION.findall(inspect.getdoc(base) or "")).get("Attributes", "") for base in above]
    described = entries(found.get("Parameters", "")).union(*map(entries, [found.get("Attributes", ""), *texts]))
    fields = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    stored = {field.name for field in fields} or set_by_init(cls)
    built = set(parameters(cls)) if "Parameters" in found else set()
    assert {attribute for attribute in stored if not attribute.startswith("_")} | built <= described


@pytest.mark.parametrize("label", [*FUNCTIONS, *METHODS, *PROPERTIES])
def test_every_error_that_the_code_raises(label):
    assert errors_raised(find(label)) <= entries(sections(label).get("Raises", ""))


@pytest.mark.parametrize("label", [*NAMES, *MEMBERS])
def test_errors_that_are_named_exist(label):
    for error in entries(sections(label).get("Raises", "")):
        assert issubclass(getattr(rb.errors, error, getattr(builtins, error, int)), Exception), f"{label}: {error}"


@pytest.mark.parametrize("label", [*FUNCTIONS, *METHODS, *(name for name in CLASSES if name not in ERRORS)])
def test_every_function_and_class_shows_an_example(label):
    assert ">>> " in sections(label).get("Examples", "")


@pytest.mark.parametrize("label", [*NAMES, *MEMBERS])
def test_examples_can_be_copied(label):
    """They import what they use; doctest alone would also lend them the names of the module."""
    examples = doctest.DocTestParser().get_examples(sections(label).get("Examples", ""))
    nodes = list(ast.walk(ast.parse("".join(example.source for example in examples))))
    known = {
        alias.asname or alias.name for n in nodes if isinstance(n, ast.Import | ast.ImportFrom) for alias in n.names
    }
    known |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} | set(dir(builtins))
    assert {n.id for n in nodes if isinstance(n, ast.Name)} <= known


@pytest.mark.parametrize("name", FROM_LITERATURE.split())
def test_definitions_and_theorems_name_their_source(name):
    assert SOURCE.search(inspect.getdoc(find(name)) or ""), f"{name} names no equation, arXiv number or DOI"
