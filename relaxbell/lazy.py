"""Names that load on first use, so that importing the package is cheap."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def homes(table: Mapping[str, str]) -> dict[str, str]:
    """Return the module of each name, of a table of modules with their names."""
    return {name: module for module, names in table.items() for name in names.split()}


def load(name: str, home: Mapping[str, str], namespace: dict[str, Any]) -> Any:
    """Return an object by its name and keep it in the namespace; raise AttributeError for an unknown one."""
    if name not in home:
        raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
    namespace[name] = getattr(import_module(f"relaxbell.{home[name]}"), name)
    return namespace[name]


def moved(name: str, package: str, now: str) -> AttributeError | ImportError:
    """Return the error that names the new place of a name.

    Examples
    --------
    >>> moved("pr_box", "relaxbell", "boxes.pr")
    AttributeError('relaxbell.pr_box is called relaxbell.boxes.pr since 1.0. Write that.')
    """
    message = f"{package}.{name} is called {package}.{now} since 1.0. Write that."
    # ``from relaxbell import pr_box`` asks as well, and would replace an AttributeError by "cannot import name"
    importing = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    return ImportError(message, name=name) if importing else AttributeError(message, name=name)
