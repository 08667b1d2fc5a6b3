"""Rows until Ctrl-C."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from relaxbell.quantification.report import Row

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells expect it."""

_POLL = 0.05
"""Seconds between two looks whether the user interrupted."""


class Interruptible:
    """Rows until the user interrupts.

    They are made in a thread, so that Ctrl-C is noticed at once: a solver in C returns to Python only when it ends. And
    Ctrl-C ends the rows only: a line that is being printed, or a certificate that is being written, is completed. A
    second one ends everything.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows, self._thread, self._stopped = rows, threading.Thread(), threading.Event()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C for these rows, where Python allows it: in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _stop(self, *_: object) -> None:
        if self._stopped.is_set():
            raise KeyboardInterrupt
        self._stopped.set()

    def __iter__(self) -> Iterator[Row]:
        while not self._stopped.is_set():
            found: list[Row] = []
            self._thread = threading.Thread(target=self._advance, args=(found,), daemon=True)
            self._thread.start()
            while self._thread.is_alive() and not self._stopped.is_set():
                self._thread.join(_POLL)
            if not found:
                return
            yield found[0]

    def _advance(self, found: list[Row]) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            found.extend(itertools.islice(self._rows, 1))

    def leave(self, status: int) -> NoReturn:
        """Exit; at once if a solver is still at work, which no one waits for."""
        if self._thread.is_alive():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        raise typer.Exit(status)
