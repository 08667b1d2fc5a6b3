"""Objects that do not change after they are made, and that travel between processes."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A mapping that does not change; unlike `types.MappingProxyType` it can be copied and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def items(self) -> ItemsView[str, V]:
        """Return the pairs, as a dict does."""
        return self._items.items()

    def __repr__(self) -> str:
        return repr(self._items)


class Frozen:
    """Refuses assignment to attributes once `_seal` was called; cached properties still work.

    Copies and pickles hold what the object was made of: cached properties, such as a CVXPY variable or
    a large matrix, are made anew where they are used, and arrays that were read-only stay so.
    """

    def _seal(self) -> None:
        self.__dict__["_sealed"] = True

    def __setattr__(self, name: str, value: object) -> None:
        if self.__dict__.get("_sealed"):
            raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}. Make a new object.")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        kept = {n: v for n, v in self.__dict__.items() if not isinstance(getattr(type(self), n, None), cached_property)}
        constant = [n for n, v in kept.items() if isinstance(v, np.ndarray) and not v.flags.writeable]
        return {"attributes": kept, "constant": constant}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state["attributes"])
        for name in state["constant"]:
            self.__dict__[name].setflags(write=False)
