"""What a terminal shows while something is computed."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A progress bar on the terminal's standard error, shown after one second."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, done: int, total: int, name: str) -> None:
        """Say how many of how many are done, and what comes next."""
        if self.task is None and (time.perf_counter() - self.started < 1 or not sys.stderr.isatty()):
            return  # nobody looks, or will wait; rich takes its time to load
        if self.progress is None:
            self.progress = _progress()
        if self.task is None:
            self.progress.start()
            self.task = self.progress.add_task(name, total=total)
        self.progress.update(self.task, completed=done, description=name)

    def hide(self) -> None:
        """Take the bar off the terminal, so that a line can be printed; the next call shows it again."""
        if self.progress is not None and self.task is not None:
            self.progress.stop()
            self.progress.remove_task(self.task)
            self.task = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress is not None:
            self.progress.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
