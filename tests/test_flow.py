"""Imports flow one way: a room imports only from rooms to its left (see CONTRIBUTING)."""

import ast
import sys
from pathlib import Path

import relaxbell

ROOT = Path(relaxbell.__file__).parent
ORDER = [
    "errors",
    "frozen",
    "exact",
    "lp",
    "behavior",
    "functionals",
    "causal",
    "measures",
    "solve",
    "verify",
    "certificate",
    "closed_forms",
    "curves",
    "sweeps",
    "proofs",
    "paper",
    "quantification",
    "cli",
]
SHOW = "show"
DRAWS = ("cli.py", "_figures")  # the command that writes figures is the only other one that may import show

# Convenience methods that pass on to a room further right, by a deferred import inside the method.
DELEGATIONS = {
    ("functionals/functional.py", "bound"): ("solve", "curves"),
    ("functionals/functional.py", "is_facet"): ("solve",),
    ("causal/model.py", "inequalities"): ("closed_forms",),
    ("solve/solution.py", "certificate"): ("certificate",),
    ("solve/networks/solution.py", "certificate"): ("certificate",),
    ("errors.py", "certificate"): ("certificate",),
}


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(tree):
    """Yield (name of the enclosing function or '', imported room, only for type checking)."""

    def visit(node, function, typing):
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.FunctionDef) else function
            checking = typing or (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING")
            names = []
            if isinstance(child, ast.ImportFrom) and child.module and child.module.startswith("relaxbell"):
                names = [child.module]
            elif isinstance(child, ast.Import):
                names = [alias.name for alias in child.names if alias.name.startswith("relaxbell")]
            for name in names:
                if name != "relaxbell":
                    yield function, name.split(".")[1], checking
            yield from visit(child, inner, checking)

    yield from visit(tree, "", False)


def violations():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        here = room(path)
        if here in ("__init__", SHOW):
            continue
        for function, target, typing in imports(ast.parse(path.read_text())):
            where = str(path.relative_to(ROOT))
            if typing:
                continue
            if target == SHOW:
                if (
                    not function.startswith("_repr_")
                    and function not in ("__repr__", "plot")
                    and (where, function) != DRAWS
                ):
                    found.append(f"{where}: {function or 'module'} imports show; only reprs and plot may")
            elif ORDER.index(target) > ORDER.index(here) and target not in DELEGATIONS.get((where, function), ()):
                found.append(f"{where}: {function or 'module'} imports {target}, which is to the right of {here}")
    return found


def test_rooms_are_known():
    assert {room(path) for path in ROOT.rglob("*.py")} == {*ORDER, SHOW, "__init__"}


def test_imports_flow_one_way():
    assert violations() == []


def test_exact_imports_nothing_of_ours():
    for path in (ROOT / "exact").glob("*.py"):
        assert {target for _, target, _ in imports(ast.parse(path.read_text()))} <= {"exact"}


def test_the_verifier_imports_nothing_but_the_standard_library():
    for node in ast.walk(ast.parse((ROOT / "verify.py").read_text())):
        assert not isinstance(node, ast.ImportFrom) or (
            node.level == 0 and node.module in sys.stdlib_module_names | {"collections.abc"}
        )
        assert not isinstance(node, ast.Import) or all(alias.name in sys.stdlib_module_names for alias in node.names)


def test_no_module_is_called_like_a_public_function():
    """Importing a module sets an attribute of its package, which would hide the function."""
    modules = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert not modules & set(relaxbell.__all__)


def test_every_public_name_exists_and_is_documented():
    for name in relaxbell.__all__:
        value = getattr(relaxbell, name)
        assert name.startswith("__") or value.__doc__
    assert set(dir(relaxbell)) == set(relaxbell.__all__)
