"""What a solver written in Rust does instead of raising an error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from relaxbell.errors import SolverError


@contextlib.contextmanager
def told(problem: str) -> Iterator[None]:
    """Raise what Clarabel ends with in the middle of its work as an error that users can catch.

    A panic arrives as an exception of pyo3 that is no Exception, which neither CVXPY nor callers expect.

    Raises
    ------
    SolverError
        If Clarabel panicked. Interrupts and other exceptions pass.

    Examples
    --------
    >>> with told("the quantum set"):
    ...     found = 1
    """
    try:
        yield
    except BaseException as error:  # not an Exception
        if type(error).__name__ != "PanicException":
            raise
        raise SolverError(
            f"Clarabel gave up within its own arithmetic on {problem}: {error}. Round the data."
        ) from None
