"""`LateRows`: rows of which much is known before their matrix is made, if it ever is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property, partial

import scipy.sparse as sp

from relaxbell.exact.numbers import Exact
from relaxbell.exact.rows import Rows


class LateRows(Rows):
    """Rows over very many columns, made when their entries are asked for; see `Rows` for what else they can do.

    Parameters
    ----------
    made
        Makes the rows.
    labels
        What each row means.
    height, entries
        How many rows and entries the matrix has, of any size.
    nonnegative
        Whether no entry is negative.
    scale
        As in `Rows`.
    whole
        Whether the entries are small whole numbers times the scale.
    mass
        Largest Σ_i |matrix_iλ| over the columns; None where the rows themselves have to say.

    Attributes
    ----------
    height, entries
        How many rows and entries the matrix has, of any size.

    Examples
    --------
    >>> made = lambda: Rows(sp.csr_array([[1.0, -1.0]]), ("difference",))
    >>> rows = LateRows(made, ("difference",), 1, 2, nonnegative=False)
    >>> rows.entries, rows.matrix.toarray().tolist()
    (2, [[1.0, -1.0]])
    """

    entries: int
    _height: int
    _made: Callable[[], Rows]
    _whole: bool
    _mass: float | None

    def __init__(
        self,
        made: Callable[[], Rows],
        labels: Sequence[str],
        height: int,
        entries: int,
        scale: Fraction = Fraction(1),
        *,
        nonnegative: bool,
        whole: bool = True,
        mass: float | None = None,
    ) -> None:
        set_ = object.__setattr__
        for name, value in (
            ("_made", made), ("labels", labels), ("_height", height), ("entries", entries), ("scale", scale),
            ("_whole", whole), ("_mass", mass), ("nonnegative", nonnegative),
        ):  # fmt: skip
            set_(self, name, value)

    @property
    def height(self) -> int:
        """Number of rows, of any size."""
        return self._height

    @cached_property
    def _rows(self) -> Rows:
        return self._made()

    @property
    def matrix(self) -> sp.csr_array:
        """All columns, as CSR; made when it is first asked for."""
        return self._rows.matrix

    @property
    def error(self) -> float:
        """As in `Rows`."""
        return 0.0 if self._whole else self._rows.error

    @property
    def numbers(self) -> Exact | None:
        """As in `Rows`."""
        return None if self._whole else self._rows.numbers

    @cached_property
    def integral(self) -> bool:
        """Whether every entry of `matrix` is an integer below 2^53, so that float64 arithmetic can be exact."""
        return self._whole or self._rows.integral

    @cached_property
    def mass(self) -> float:
        """Largest Σ_i |matrix_iλ| over the columns λ: the size of a column's combination."""
        return self._rows.mass if self._mass is None else self._mass

    def __len__(self) -> int:
        return self._height  # which Python refuses from 2^63 on

    def scaled(self, factor: Fraction) -> Rows:
        """Return the rows times a number; a negative one moves its sign into the matrix."""
        if factor == 1:
            return self
        return LateRows(
            partial(self._scaled, factor), self.labels, self.height, self.entries, self.scale * abs(factor),
            nonnegative=self.nonnegative and factor > 0, whole=self._whole, mass=self._mass,
        )  # fmt: skip

    def _scaled(self, factor: Fraction) -> Rows:
        return self._rows.scaled(factor)
