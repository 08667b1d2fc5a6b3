"""Methods that users expect on an object, and that a room further right implements.

The class keeps such a method with its signature and its docstring; the body asks here for the function that does the
work. Which one that is says one table, in `relaxbell/__init__.py`. So imports flow one way, and a function's module is
loaded when the method is first called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_PLACES: dict[str, str] = {}


def provide(places: Mapping[str, str]) -> None:
    """State where methods are implemented: ``Class.method`` → ``module:function``.

    Examples
    --------
    >>> provide({"Half.of": "operator:truediv"})
    >>> provided("Half.of")(1, 2)
    0.5
    """
    _PLACES.update(places)


def provided(method: str) -> Callable[..., Any]:
    """Return the function that implements a method; its module is imported now.

    Raises
    ------
    NotImplementedError
        If nobody said where it is.
    """
    if method not in _PLACES:
        raise NotImplementedError(
            f"{method} is implemented nowhere: expected its line in the table of relaxbell/__init__.py. Add it, or "
            "call relaxbell.methods.provide({method: 'module:function'})."
        )
    module, _, name = _PLACES[method].partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
