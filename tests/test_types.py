"""What parameters and attributes are, is stated: mypy checks little of what is declared as Any."""

import ast
from pathlib import Path

import relaxbell

PACKAGE = Path(relaxbell.__file__).parent
STATED = {"certificate", "closed_forms", "exact", "paper", "proofs", "quantification", "show", "verify"}
"""Rooms in which nothing is Any."""


def is_any(annotation):
    return annotation is not None and ast.unparse(annotation).strip("'\"") == "Any"


def undeclared():
    """Yield (file, line, name) of the parameters and attributes that are Any."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                own = node.args
                parameters = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
                found = [(p.arg, p.annotation) for p in parameters if p is not None]
            elif isinstance(node, ast.ClassDef):
                found = [(ast.unparse(b.target), b.annotation) for b in node.body if isinstance(b, ast.AnnAssign)]
            for name, annotation in found:
                if is_any(annotation):
                    yield path.relative_to(PACKAGE), node.lineno, name


def test_these_rooms_state_every_type():
    assert [place for place in undeclared() if place[0].parts[0] in STATED] == []


def test_few_are_any():
    assert len(list(undeclared())) <= 167  # half of what they were once
