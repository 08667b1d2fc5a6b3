"""Classes are whole: a base is what several classes share, or something itself, and does not keep files short."""

import ast
from pathlib import Path

import pytest

import relaxbell

TREES = {path: ast.parse(path.read_text()) for path in sorted(Path(relaxbell.__file__).parent.rglob("*.py"))}


def named(node):
    """Return the last word of a name, also of ``module.Name`` and ``Name[T]``."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return getattr(node, "id", getattr(node, "attr", None))


def only_said(node):
    """Return the parts of a node that name classes without using them: bases, annotations, what isinstance asks for."""
    if isinstance(node, ast.ClassDef):
        return node.bases
    if isinstance(node, ast.Call) and named(node.func) == "isinstance":
        return node.args[1:]
    return [part for part in (getattr(node, "annotation", None), getattr(node, "returns", None)) if part is not None]


def chains(trees):
    """Return the classes with one subclass of which nothing makes objects, and which nothing hands on or catches."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    bases = [named(base) for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases]
    said = {id(inner) for node in nodes for part in only_said(node) for inner in ast.walk(part)}
    used = {named(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute) and id(node) not in said}
    protocols = {name for name, node in classes.items() if "Protocol" in map(named, node.bases)}
    return sorted(name for name in classes.keys() - used - protocols if bases.count(name) == 1)


@pytest.mark.slow
def test_no_class_is_half_of_another():
    assert chains(TREES.values()) == []


def test_this_test_sees_a_half():
    text = "class Half(Frozen): pass\nclass Whole(Half): pass\nclass Frozen: pass\nclass Other(Frozen): pass\nWhole()"
    assert chains([ast.parse(text)]) == ["Half"]
    assert chains([ast.parse(f"{text}\ndef f(x: Half) -> Half: return isinstance(x, Half)")]) == ["Half"]
    assert (
        chains([ast.parse(f"{text}\nHalf()")]) == chains([ast.parse(f"{text}\ndef f(kind=Half): return kind()")]) == []
    )


def test_nobody_casts_itself_to_something_else():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and named(node.func) == "cast":
                assert "self" not in {named(part) for part in ast.walk(node)}, f"{path.name}, line {node.lineno}"
