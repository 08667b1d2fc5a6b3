"""A base for objects that do not change after they are made."""

from __future__ import annotations

from typing import Any


class Frozen:
    """Refuses assignment to attributes once `_seal` was called; cached properties still work."""

    def _seal(self) -> None:
        self.__dict__["_sealed"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("_sealed"):
            raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name!r}. Make a new object.")
        super().__setattr__(name, value)
