"""Named Bell functionals, with their sources."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from relaxbell.behavior.names import party_names
from relaxbell.errors import FunctionalError
from relaxbell.functionals.functional import BellFunctional

_MOST_PARTIES = 10


def _correlators(signs: list[list[int]], name: str) -> BellFunctional:
    """Return Σ signs[x][y] E_xy with E_xy = Σ (−1)^(a+b) p(a, b|x, y)."""
    parity = np.array([[1, -1], [-1, 1]], dtype=object)
    return BellFunctional(np.multiply.outer(parity, np.array(signs, dtype=object)), name=name)


def _collins_gisin(joint: list[list[int]], alice: list[int], bob: list[int], name: str) -> BellFunctional:
    """Return Σ joint[x][y] p(00|xy) + Σ alice[x] pA(0|x) + Σ bob[y] pB(0|y)."""
    table = np.zeros((2, 2, len(alice), len(bob)), dtype=object)
    table[0, 0] += np.array(joint, dtype=object)
    table[0, :, :, 0] += np.array(alice, dtype=object)
    table[:, 0, 0, :] += np.array(bob, dtype=object)
    return BellFunctional(table * Fraction(1), name=name)


CHSH = _correlators([[1, 1], [1, -1]], "CHSH")
"""S = E00 + E01 + E10 − E11 ≤ 2 in `bell()` (Clauser, Horne, Shimony, Holt, PRL 23, 880, 1969)."""

CH = _collins_gisin([[1, 1], [1, -1]], [-1, 0], [-1, 0], "CH")
"""The paper's Eq. (8), ≤ 0 in `bell()` (Clauser, Horne, PRD 10, 526, 1974); (S − 2)/4 without signaling."""

I3322 = _collins_gisin([[1, 1, 1], [1, 1, -1], [1, -1, 0]], [-1, 0, 0], [-2, -1, 0], "I3322")
"""I3322 ≤ 0 in `bell((3, 3), (2, 2))` (Collins, Gisin, J. Phys. A 37, 1775, 2004)."""


def cglmp(d: int) -> BellFunctional:
    """Return I_d ≤ 2 of Collins, Gisin, Linden, Massar and Popescu; algebraic maximum 4.

    Source: PRL 88, 040404 (2002), doi:10.1103/PhysRevLett.88.040404.

    Parameters
    ----------
    d
        Number of outcomes, at least 2; d = 2 is CHSH up to relabeling.

    Returns
    -------
    BellFunctional
        Of p(a, b|x, y), axes [a, b, x, y] of shape (d, d, 2, 2); see `cglmp_coefficients`.

    Raises
    ------
    BehaviorError
        If d is not an integer of at least 2.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.cglmp(3).bound(rb.bell((2, 2), (3, 3)))
    Fraction(2, 1)
    """
    from relaxbell.behavior.boxes import cglmp_coefficients  # with states and the Born rule, which no table needs

    return BellFunctional(cglmp_coefficients(d), name=f"I_{d}")


def mermin(n: int = 3) -> BellFunctional:
    """Return Mermin's functional of n parties: Σ over an even number k of Y settings of (−1)^{k/2} E.

    Mermin, PRL 65, 1838 (1990). Local bound 2^{n/2} (n even) or 2^{(n−1)/2} (n odd); the GHZ box reaches 2^{n−1}.

    Source: doi:10.1103/PhysRevLett.65.1838.

    Parameters
    ----------
    n
        Number of parties, at least 2; input 0 is X, input 1 is Y.

    Returns
    -------
    BellFunctional
        Of p(a, …|x, …), shape (2, …, 2): n outputs, then n inputs.

    Raises
    ------
    FunctionalError
        If n is not an integer from 2 to 10.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.mermin(3).bound(rb.bell((2, 2, 2), (2, 2, 2))), rb.catalog.mermin(3)(rb.boxes.ghz(3))
    (Fraction(2, 1), Fraction(4, 1))
    """
    return _full_correlators(n, "Mermin", lambda k: 0 if k % 2 else (-1) ** (k // 2))


def chained(m: int) -> BellFunctional:
    """Return the chained functional of m settings, ≤ 2m − 2 (Braunstein, Caves, Ann. Phys. 202, 22, 1990).

    E_00 + E_10 + E_11 + E_21 + … + E_{m−1,m−1} − E_{0,m−1}; m = 2 is CHSH up to relabeling.

    Source: doi:10.1016/0003-4916(90)90339-P.

    Parameters
    ----------
    m
        Settings of each party, at least 2.

    Returns
    -------
    BellFunctional
        Of p(a, b|x, y), axes [a, b, x, y] of shape (2, 2, m, m).

    Raises
    ------
    FunctionalError
        If m is not an integer of at least 2.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.chained(3).bound(rb.bell((3, 3)))
    Fraction(4, 1)
    """
    if not isinstance(m, int) or m < 2:
        raise FunctionalError(f"a chain needs at least 2 settings, found {m}. Give a larger integer.")
    signs = [[0] * m for _ in range(m)]
    for k in range(m):
        signs[k][k] = 1
        if k + 1 < m:
            signs[k + 1][k] = 1
    signs[0][m - 1] = -1
    return _correlators(signs, f"chained_{m}")


def svetlichny(n: int = 3) -> BellFunctional:
    """Return Svetlichny's functional of n parties, ≤ 2^{n−1} even if they form two groups that signal inside.

    Σ_x (−1)^{k(k−1)/2} E_x, where k is the number of parties with setting 1. Svetlichny, PRD 35, 3066 (1987); for n
    parties Seevinck and Svetlichny, PRL 89, 060401 (2002). Quantum: 2^{n−1} √2.

    Sources: doi:10.1103/PhysRevD.35.3066, doi:10.1103/PhysRevLett.89.060401.

    Parameters
    ----------
    n
        Number of parties, at least 2; n = 2 is CHSH up to relabeling.

    Returns
    -------
    BellFunctional
        Of p(a, …|x, …), shape (2, …, 2): n outputs, then n inputs.

    Raises
    ------
    FunctionalError
        If n is not an integer from 2 to 10.

    Examples
    --------
    >>> import relaxbell as rb
    >>> two_together = rb.bell((2, 2, 2), (2, 2, 2)).relax("X -> B", "Y -> A")
    >>> rb.catalog.svetlichny().bound(rb.bell((2, 2, 2), (2, 2, 2))), rb.catalog.svetlichny().bound(two_together)
    (Fraction(4, 1), Fraction(4, 1))
    """
    return _full_correlators(n, "Svetlichny", lambda k: (-1) ** (k * (k - 1) // 2))


def _full_correlators(n: int, name: str, sign: Callable[[int], int]) -> BellFunctional:
    """Return Σ_x sign(k) E_x of n parties, where k of them have setting 1."""
    if not isinstance(n, int) or not 2 <= n <= _MOST_PARTIES:
        raise FunctionalError(
            f"{name}'s functional is defined for 2 or more parties and held in 4^n cells, found n = {n}. Give an "
            f"integer from 2 to {_MOST_PARTIES}."
        )
    outputs, inputs = party_names(n)
    table = np.zeros((2,) * (2 * n), dtype=object)
    for index in np.ndindex(*table.shape):
        table[index] = sign(sum(index[n:])) * (-1) ** sum(index[:n])
    return BellFunctional(table, outputs, inputs, name=f"{name}_{n}")


def pearl() -> BellFunctional:
    """Return Pearl's instrumental functional p(00|0) + p(01|1) ≤ 1, p(ab|z) with treatment A and outcome B.

    Pearl, On the testability of causal models with latent and instrumental variables, UAI 1995 (arXiv:1302.4976):
    Σ_b max_z p(a, b|z) ≤ 1 for every a.

    Returns
    -------
    BellFunctional
        Of p(a, b|z), axes [a, b, z] of shape (2, 2, 2).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.pearl().bound(rb.instrumental())
    Fraction(1, 1)
    """
    table = np.zeros((2, 2, 2), dtype=object)
    table[0, 0, 0] = table[0, 1, 1] = 1
    return BellFunctional(table, "A B", "Z", name="Pearl")


def bonet() -> BellFunctional:
    """Return Bonet's functional p(a=b|0) + p(b=0|1) + p(01|2) ≤ 2 for an instrument Z with three values.

    Bonet, Instrumentality tests revisited, UAI 2001 (arXiv:1301.2258); in this form Van Himbeeck et al., Quantum 3, 186
    (2019), arXiv:1804.04119.

    Returns
    -------
    BellFunctional
        Of p(a, b|z), axes [a, b, z] of shape (2, 2, 3).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.bonet().bound(rb.instrumental(3))
    Fraction(2, 1)
    """
    table = np.zeros((2, 2, 3), dtype=object)
    table[0, 0, 0] = table[1, 1, 0] = table[:, 0, 1] = table[0, 1, 2] = 1
    return BellFunctional(table, "A B", "Z", name="Bonet")


def bilocality_i() -> BellFunctional:
    """Return I = (1/4) Σ_xz ⟨A_x B_0 C_z⟩, Eq. (59), with Bob's outcome b = 2 b0 + b1.

    Branciard, Gisin and Pironio, PRL 104, 170401 (2010). Bilocal models have √|I| + √|J| ≤ 1, which is not linear in
    p; I and J are.

    Returns
    -------
    BellFunctional
        Of p(a, b, c|x, z), axes [a, b, c, x, z] of shape (2, 4, 2, 2, 2).

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.bilocality_i().coefficients.shape, rb.catalog.bilocality_i().inputs
    ((2, 4, 2, 2, 2), ('X', 'Z'))
    """
    return _bilocal(0, "I")


def bilocality_j() -> BellFunctional:
    """Return J = (1/4) Σ_xz (−1)^{x+z} ⟨A_x B_1 C_z⟩, Eq. (59); see `bilocality_i`.

    Returns
    -------
    BellFunctional
        Of p(a, b, c|x, z), axes [a, b, c, x, z] of shape (2, 4, 2, 2, 2).

    Examples
    --------
    >>> import relaxbell as rb
    >>> str(rb.catalog.bilocality_j())
    'J'
    """
    return _bilocal(1, "J")


def _bilocal(bit: int, name: str) -> BellFunctional:
    """Return (1/4) Σ (−1)^{a + b_bit + c} (−1)^{bit (x + z)} p(a, b, c|x, z)."""
    table = np.zeros((2, 4, 2, 2, 2), dtype=object)
    for a, b, c, x, z in np.ndindex(*table.shape):
        table[a, b, c, x, z] = Fraction((-1) ** (a + (b // 2, b % 2)[bit] + c + bit * (x + z)), 4)
    return BellFunctional(table, "A B C", "X Z", parties={"A": "X", "B": None, "C": "Z"}, name=name)
