"""A bar of progress for files that take a while, on a terminal only."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_LARGE = 2**26
"""Bytes of files that are read with a bar."""


class Bar:
    """Shows how much of a file was read; on standard error, and gone at the end.

    Examples
    --------
    >>> with Bar(Path("no such file")) as bar:
    ...     bar.show(0)
    """

    def __init__(self, path: Path) -> None:
        self._name, self._size = path.name, 0
        self._progress: Progress | None = None
        with contextlib.suppress(OSError):
            self._size = path.stat().st_size

    def __enter__(self) -> Bar:
        if self._size >= _LARGE:
            from rich.console import Console
            from rich.progress import Progress

            console = Console(stderr=True)
            if console.is_terminal:
                self._progress = Progress(console=console, transient=True)
                self._progress.start()
                self._progress.add_task(f"reading {self._name}", total=self._size)
        return self

    def show(self, done: int) -> None:
        """Show that so many bytes were read."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=done)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
