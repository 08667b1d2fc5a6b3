"""Imports flow one way: a room imports only from rooms to its left (see CONTRIBUTING)."""

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from public import PUBLIC

import relaxbell
from relaxbell import results
from relaxbell.methods import provide, provided

ROOT = Path(relaxbell.__file__).parent
ORDER = [
    "methods",
    "lazy",
    "exact",
    "results",
    "errors",
    "frozen",
    "permutations",
    "relabeling",
    "writing",
    "lp",
    "behavior",
    "functionals",
    "causal",
    "symmetry",
    "measures",
    "verify",
    "certificate",
    "curves",
    "engines",
    "quantum",
    "solve",
    "closed_forms",
    "sweeps",
    "trials",
    "randomness",
    "proofs",
    "paper",
    "quantification",
    "show",
    "doctor",
    "cli",
    "__main__",
    "boxes",
    "catalog",
    "states",
    "classes",
    "__init__",
]


def module_name(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}
PACKAGES = {module_name(path) for path in ROOT.rglob("__init__.py")}


def room(module):
    return module.split(".")[1] if "." in module else "__init__"


def origin(node, module):
    """Return the module that an ImportFrom names, with relative imports made absolute."""
    if not node.level:
        return node.module
    inside = module.split(".") if module in PACKAGES else module.split(".")[:-1]
    parts = inside[: len(inside) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def imports(tree, module="relaxbell", known=frozenset(MODULES)):
    """Return the modules of ours that a module imports anywhere: in functions and for type checkers as well."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = origin(node, module)
            found |= {f"{home}.{alias.name}" if f"{home}.{alias.name}" in known else home for alias in node.names}
    return {name for name in found if name in known}


IMPORTS = {name: imports(tree, name) for name, tree in MODULES.items()}


def to_the_right(graph):
    """Return the imports of a room further right."""
    return sorted(
        f"{module} imports {other}, and {room(other)} is to the right of {room(module)}"
        for module, others in graph.items()
        for other in others
        if ORDER.index(room(other)) > ORDER.index(room(module))
    )


def circles(graph: Mapping[str, set[str]]):
    """Return the sets of modules that import each other, by one another (Tarjan, SIAM J. Comput. 1, 146, 1972)."""
    number, lowest, stack, found = {}, {}, [], []

    def visit(module):
        number[module] = lowest[module] = len(number)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in number:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == number[module]:
            place = stack.index(module)
            part = stack[place:]
            del stack[place:]
            if len(part) > 1 or module in graph[module]:
                found.append(sorted(part))

    for module in graph:
        if module not in number:
            visit(module)
    return found


def test_rooms_are_known():
    assert {room(module) for module in MODULES} == set(ORDER)


def test_imports_flow_one_way():
    # cli asks the package for its version; the package itself imports nothing but what its tables need
    graph = {module: others - {"relaxbell"} for module, others in IMPORTS.items()}
    assert to_the_right(graph) == []
    assert {module for module, others in IMPORTS.items() if "relaxbell" in others} <= {
        "relaxbell.cli",
        "relaxbell.cli.doctor",
    }
    assert IMPORTS["relaxbell"] == {"relaxbell.lazy", "relaxbell.methods"}


def test_no_file_is_in_an_import_circle():
    assert circles(IMPORTS) == []


def test_these_tests_see_every_kind_of_import():
    known = frozenset({"relaxbell", "relaxbell.causal", "relaxbell.causal.graph", "relaxbell.show.dags"})
    for text in (
        "import relaxbell.causal.graph",
        "from relaxbell.causal import graph",
        "from relaxbell.causal.graph import Edge",
        "from .graph import Edge",
        "from . import graph",
        "from ..causal import graph",
        "if TYPE_CHECKING:\n    from relaxbell.causal.graph import Edge",
        "class C:\n    def f(self):\n        from relaxbell.causal.graph import Edge",
    ):
        assert imports(ast.parse(text), "relaxbell.causal.model", known) == {"relaxbell.causal.graph"}, text
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d", "a"}}) == [["b", "c"], ["d"]]
    assert to_the_right({"relaxbell.causal.graph": {"relaxbell.show.dags"}})
    assert not to_the_right({"relaxbell.show.dags": {"relaxbell.causal.graph"}})


def test_nothing_of_ours_is_imported_by_its_name_in_a_string():
    """What imports modules by name: the tables of the package, and extras."""
    users = {
        module
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if getattr(node, "id", getattr(node, "attr", None)) in ("import_module", "__import__")
    }
    assert users == {"relaxbell", "relaxbell.lazy", "relaxbell.methods", "relaxbell.errors"}


def test_the_table_of_rooms_is_true():
    """A row for each room, in the order of imports; what a row names is a file or folder of it, or public."""
    text = (ROOT.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.partition("| room | for |")[2].partition("\n\n")[0].splitlines()[2:]]
    named = [re.findall(r"`(\w+)(?:\.py|/)?`", first) for first, _ in rows]
    assert [own for names in named for own in names] == ORDER[:-1]
    for (room_of_row, *_), (_, words) in zip(named, rows, strict=True):
        found = {path.stem for path in (ROOT / room_of_row).rglob("*")}
        known = found | {name.rpartition(".")[2] for name in PUBLIC} | {*ORDER, "relaxbell"}
        for name in re.findall(r"`(\w+)/?`", words):
            assert name in known, f"{room_of_row}: {name}"


# ------------------------------------------------------- methods that rooms further right implement


def calls_of_provided():
    """Yield (what is asked for, class and function where, the call of what was found), for each use of `provided`."""

    def visit(node, where):
        for child in ast.iter_child_nodes(node):
            inner = [*where, child.name] if isinstance(child, ast.ClassDef | ast.FunctionDef) else where
            if isinstance(child, ast.Call) and getattr(getattr(child.func, "func", None), "id", "") == "provided":
                yield ast.literal_eval(child.func.args[0]), ".".join(where), child
            yield from visit(child, inner)

    for module, tree in MODULES.items():
        if module != "relaxbell.methods":
            yield from visit(tree, [])


CALLS = list(calls_of_provided())


def test_the_table_lists_what_is_asked_for():
    named = sum(
        isinstance(node, ast.Name) and node.id == "provided" for tree in MODULES.values() for node in ast.walk(tree)
    )
    assert len(CALLS) == named  # what is found is called at once, by a name that can be read
    assert sorted(key for key, _, _ in CALLS) == sorted(relaxbell._IMPLEMENTED)
    for key, where, _ in CALLS:
        assert key == where or ", " in key, f"{where} asks for {key}"


@pytest.mark.parametrize(("method", "call"), [(key, call) for key, _, call in CALLS], ids=[key for key, _, _ in CALLS])
def test_the_function_takes_what_the_method_gives(method, call):
    implementation = provided(method)
    assert implementation.__doc__
    inspect.signature(implementation).bind(*call.args, **{word.arg: word for word in call.keywords if word.arg})


def test_a_method_without_implementation_says_so(monkeypatch):
    monkeypatch.setattr("relaxbell.methods._PLACES", {})
    with pytest.raises(NotImplementedError, match=r"Half.of is implemented nowhere: expected its line in the table"):
        provided("Half.of")
    provide({"Half.of": "operator:truediv"})  # as an outside package may
    assert provided("Half.of")(1, 2) == 0.5


@pytest.mark.parametrize("name", ["Certificate", "Face", "Inequalities"])
def test_a_protocol_knows_all_that_the_class_offers(name):
    """What type checkers and completion see of a result is what it has."""
    cls, protocol = getattr(relaxbell.classes, name), getattr(results, f"{name}Like")
    offered = {*dir(cls), *(field.name for field in dataclasses.fields(cls))} - set(dir(object))
    assert {n for n in vars(protocol) if n[0] != "_"} == {n for n in offered if n[0] != "_"}


# -------------------------------------------------------------------------------- single modules


def test_exact_imports_nothing_of_ours():
    for module, others in IMPORTS.items():
        if room(module) == "exact":
            assert {room(other) for other in others} <= {"exact"}


def test_linear_programs_know_no_bell():
    for module, others in IMPORTS.items():
        if room(module) == "lp":
            assert {room(other) for other in others} <= {"lp", "exact", "errors"}, module


def test_only_lp_speaks_to_solvers():
    """Elsewhere nobody imports one, and one file fills in a model of HiGHS."""
    importing, filling = set(), set()
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            if {name.partition(".")[0] for name in names} & {"highspy", "clarabel"}:
                importing.add(module)
            if isinstance(node, ast.Attribute) and node.attr in ("HighsLp", "passModel"):
                filling.add(module)
    assert importing == {"relaxbell.lp.highs", "relaxbell.lp.conic", "relaxbell.lp.entropic"}
    assert filling == {"relaxbell.lp.highs"}


def test_the_verifier_imports_nothing_but_the_standard_library():
    files = {path.stem: path for path in (ROOT / "verify").rglob("*.py")}
    assert not files.keys() & sys.stdlib_module_names  # Python, run on the folder, would take them for its own
    for node in (node for path in files.values() for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.ImportFrom):
            root = (node.module or "").partition(".")[0]
            assert root in files if node.level == 1 else node.level == 0 and root in sys.stdlib_module_names
        if isinstance(node, ast.Import):
            assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names)


def test_the_kernel_of_the_verifier_is_read_in_one_sitting():
    files = [ROOT / "verify" / f"{name}.py" for name in ("model", "measures", "kernel")]
    assert sum(len(path.read_text().splitlines()) for path in files) <= 500


def test_no_module_is_called_like_a_public_function():
    """Importing a module sets an attribute of its package, which would hide the function."""
    modules = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    public = {name for name in relaxbell.__all__ if not inspect.ismodule(getattr(relaxbell, name))}
    assert not modules & public


def test_every_public_name_exists_and_is_documented():
    for name in relaxbell.__all__:
        value = getattr(relaxbell, name)
        assert name.startswith("__") or value.__doc__
    assert all(value.__doc__ for value in PUBLIC.values())
    assert set(dir(relaxbell)) == set(relaxbell.__all__)
