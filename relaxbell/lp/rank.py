"""Columns of a matrix of floats of which the others follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import Floats

_DEPENDENT = 1e-9
"""What is left of a column, relative to the longest one, if it follows from others."""


def independent_columns(matrix: Floats) -> NDArray[np.intp]:
    """Return numbers of columns of which the others are combinations, by orthogonalization with pivots; ascending.

    Examples
    --------
    >>> import numpy as np
    >>> independent_columns(np.array([[0.0, 1, 0, 2], [0, 0, 3, 3]])).tolist()
    [2, 3]
    """
    import scipy.linalg  # takes long to load, with a second BLAS: most minimizations need neither

    triangle, order = scipy.linalg.qr(matrix, mode="r", pivoting=True)
    sizes = abs(np.diag(triangle))
    found: NDArray[np.intp] = np.sort(order[: int((sizes > _DEPENDENT * sizes.max(initial=0.0)).sum())])
    return found
