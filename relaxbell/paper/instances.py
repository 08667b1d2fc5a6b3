"""Random data of Theorems 6 and 7 and Corollary 8, with the matrices of their proofs and the duals as printed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relaxbell.exact.numbers import Exact
from relaxbell.paper.standard_form import StandardForm, Whole, fractions, l1, largest, least


@dataclass(frozen=True, eq=False)
class Instance:
    """Random data of Theorems 6 and 7: q is feasible.

    Attributes
    ----------
    A, p
        Equations A q = p, m of them.
    M
        The M_i, shape (L, k, n).
    N
        Shape (l, n).
    q
        A feasible point.
    """

    A: Whole
    p: Exact
    M: Whole
    N: Whole
    q: Exact

    @staticmethod
    def random(rng: np.random.Generator) -> Instance:
        """Return an instance with m = 2, n = 6, k = 3, L = 2 and l = 3."""
        A, M, N = (rng.integers(-3, 4, shape) for shape in ((2, 6), (2, 3, 6), (3, 6)))
        numbers = rng.integers(0, 9, 6) + 1
        q = fractions(numbers, int(numbers.sum()))
        return Instance(A, A.astype(object) @ q, M, N, q)

    @property
    def sizes(self) -> tuple[int, int, int, int, int]:
        """Return L, k, n, m, l."""
        return (*self.M.shape, len(self.A), len(self.N))

    def norms(self, q: Exact) -> list[Fraction]:
        """Return ‖M_i q‖₁ for each i."""
        return [l1(part.astype(object) @ q) for part in self.M]

    def standard_form(self) -> StandardForm:
        """Return Φ, b and c of the proof of Theorem 6, over ξ = v ⊕ t_1 ⊕ … ⊕ t_L ⊕ q."""
        L, k, n, m, _ = self.sizes
        rows: list[Whole] = [
            np.concatenate([[1], -np.kron(np.eye(L, dtype=int)[i], np.ones(k, int)), np.zeros(n, int)])
            for i in range(L)
        ]
        for i in range(L):
            t = np.kron(np.eye(L, dtype=int)[i], np.eye(k, dtype=int))
            rows += [np.concatenate([np.zeros((k, 1), int), t, sign * self.M[i]], axis=1) for sign in (1, -1)]
        before = np.zeros((m, 1 + L * k), int)
        rows += [np.concatenate([before, sign * self.A], axis=1) for sign in (1, -1)]
        rows += [np.concatenate([np.zeros(1 + L * k, int), np.full(n, sign)]) for sign in (1, -1)]
        b = np.concatenate([fractions(np.zeros(L + 2 * L * k)), self.p, -self.p, fractions([1, -1])])
        return StandardForm(np.vstack(rows), b, fractions([1, *[0] * (L * k + n)]))

    def extended(self, c: Fraction) -> StandardForm:
        """Return Φ̃, b̃ and c̃ of the proof of Theorem 7, over ξ̃ = ṽ ⊕ ξ."""
        L, k, n, _, rows_of_n = self.sizes
        inner = self.standard_form()
        ones, zeros = np.ones((rows_of_n, 1), int), np.zeros((rows_of_n, 1 + L * k), int)
        above = [np.concatenate([ones, zeros, sign * self.N], axis=1) for sign in (1, -1)]
        budget = np.array([[0, -1, *[0] * (L * k + n)]])
        below = np.concatenate([np.zeros((len(inner.b), 1), int), inner.phi], axis=1)
        b = np.concatenate([fractions(np.zeros(2 * rows_of_n)), np.array([-c], dtype=object), inner.b])
        return StandardForm(np.vstack([*above, budget, below]), b, fractions([1, *[0] * (1 + L * k + n)]))

    def dual(self, *, budget: Fraction | None = None, norm: bool = True, normalized: bool = True) -> Fraction:
        """Return the duals as printed: Theorem 6 (no N), Theorem 7 (N and budget), Corollary 8 (N, no M).

        Corollary 8 with or without u (`normalized`). Free variables are differences of non-negative ones.
        """
        L, k, n, m, rows_of_n = self.sizes
        with_n, with_m = budget is not None or not norm, norm
        names = {"z": 2 * m, "u": 2 if normalized else 0, "y": 2 * L * k if with_m else 0, "w": L if with_m else 0}
        names |= {"x": 2 * rows_of_n if with_n else 0, "v": 1 if with_n and with_m else 0}
        starts = dict(zip(names, np.cumsum([0, *names.values()]), strict=False))
        width = sum(names.values())

        def block(rows: int, **parts: Whole) -> Whole:
            found = np.zeros((rows, width), dtype=int)
            for name, part in parts.items():
                found[:, starts[name] : starts[name] + names[name]] = part
            return found

        def free(matrix: Whole) -> Whole:
            return np.concatenate([matrix, -matrix], axis=1)

        stacked = self.M.reshape(L * k, n)
        parts: dict[str, Whole] = {"z": free(self.A.T)}
        if normalized:
            parts["u"] = free(np.ones((n, 1), int))
        if with_m:
            parts["y"] = free(-stacked.T)
        if with_n:
            parts["x"] = free(-self.N.T)
        rows, rhs = [block(n, **parts)], [0] * n
        if with_m:
            each = np.kron(np.eye(L, dtype=int), np.ones((k, 1), int))
            for sign in (1, -1):
                rows.append(block(L * k, y=free(sign * np.eye(L * k, dtype=int)), w=-1 * each))
                rhs += [0] * (L * k)
            total = {"w": np.ones((1, L), int)} | ({"v": np.full((1, 1), -1)} if with_n else {})
            rows.append(block(1, **total))
            rhs.append(0 if with_n else 1)
        if with_n:
            rows.append(block(1, x=np.ones((1, 2 * rows_of_n), int)))  # ‖x‖₁ ≤ 1
            rhs.append(1)
        gain = np.full(width, Fraction(0), dtype=object)
        gain[: 2 * m] = np.concatenate([self.p, -self.p])
        if normalized:
            gain[starts["u"] : starts["u"] + 2] = [Fraction(1), Fraction(-1)]
        if budget is not None:
            gain[starts["v"]] = -budget
        return largest(gain, np.vstack(rows), rhs).value


def least_largest(N: Whole, A: Whole, p: Exact, normalized: bool) -> Fraction:
    """Return min ‖N q‖_∞ subject to A q = p, q ≥ 0, and ⟨1, q⟩ = 1 if `normalized`."""
    ones, n = np.ones((len(N), 1), int), N.shape[1]
    rows = [np.concatenate([-ones, sign * N], axis=1) for sign in (1, -1)]
    equal = [(A, p)] + ([(np.ones((1, n), int), fractions([1]))] if normalized else [])
    rhs: list[int | Fraction] = [0] * (2 * len(N))
    for matrix, right in equal:
        for sign in (1, -1):
            rows.append(np.concatenate([np.zeros((len(matrix), 1), int), sign * matrix], axis=1))
            rhs += list(sign * right)
    return least([1, *[0] * n], np.vstack(rows), rhs).value
