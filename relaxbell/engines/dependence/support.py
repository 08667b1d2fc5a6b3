"""Weights of strategies that are written down when somebody asks: those found, and what symmetries make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from relaxbell.engines.dependence.form import SettingForm
from relaxbell.engines.dependence.orbits import Orbits
from relaxbell.engines.linear.dual import DualBound, Proof
from relaxbell.engines.linear.program import Problem
from relaxbell.errors import ModelTooLargeError
from relaxbell.exact.numbers import ExactNumber, Floats
from relaxbell.lp.highs import Answer

MOST_IMAGES = 2**19
"""Most strategies λ that are written down."""

N = TypeVar("N")
S = TypeVar("S", np.float64, np.int64)


@dataclass(frozen=True, eq=False)
class Found:
    """What was found: the answer of a solver, the bound, weights in floats, and exact ones that attain the bound."""

    answer: Answer
    bound: DualBound
    support: Mapping[int, float]
    primal: Mapping[int, ExactNumber] | None = None

    def solved(self, problem: Problem) -> tuple[Answer, Proof]:
        """Return the answer with the proof of a problem."""
        return self.answer, Proof(problem, self.bound, self.primal, support=self.support)


class Support(Mapping[int, N], Generic[N]):
    """Number of a strategy → its weight, made when it is first read.

    Parameters
    ----------
    made
        Makes the weights.
    """

    def __init__(self, made: Callable[[], dict[int, N]]) -> None:
        self._make = made

    @cached_property
    def _weights(self) -> dict[int, N]:
        return self._make()

    def __getitem__(self, strategy: int) -> N:
        return self._weights[strategy]

    def __iter__(self) -> Iterator[int]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)

    def __reduce__(self) -> tuple[type[dict[int, N]], tuple[dict[int, N]]]:
        return dict, (self._weights,)  # how they are made is a closure, which does not pickle


def spread_floats(form: SettingForm, orbits: Orbits, strategies: NDArray[np.int64], joint: Floats) -> dict[int, float]:
    """Return q from weights q(x, λ) of representatives, shape (λ, settings): each shared among its images."""
    images, origin, weights = _images(orbits, strategies, joint)
    share = 1 / np.bincount(origin, minlength=len(strategies))
    weights = weights * share[origin][:, None]
    place, setting = np.nonzero(weights)
    numbers = form.model.local.numbers(form.full(images[place], setting))
    out: dict[int, float] = {}
    for number, weight in zip(numbers, weights[place, setting].tolist(), strict=True):
        out[number] = out.get(number, 0.0) + weight
    return out


def spread_exact(
    form: SettingForm,
    orbits: Orbits,
    strategies: NDArray[np.int64],
    mass: NDArray[np.int64],
    amounts: list[ExactNumber],
) -> dict[int, ExactNumber]:
    """Return exact weights from amounts of columns, whose whole-number mass is shared out.

    Parameters
    ----------
    form, orbits
        What is solved.
    strategies, mass, amounts
        For each column λ, the mass at each setting in units of the layout's denominator, and how much of it there is.
    """
    images, origin, mass_of = _images(orbits, strategies, mass)
    count, unit = np.bincount(origin, minlength=len(strategies)).tolist(), form.layout.denominator
    shares = [
        {m: amount * Fraction(m, unit * k) for m in set(own)} if amount != 0 else {}
        for own, amount, k in zip(mass.tolist(), amounts, count, strict=True)
    ]
    place, setting = np.nonzero(mass_of)
    numbers = form.model.local.numbers(form.full(images[place], setting))
    out: dict[int, ExactNumber] = {}
    for number, i, m in zip(numbers, origin[place].tolist(), mass_of[place, setting].tolist(), strict=True):
        if m in shares[i]:
            out[number] = out[number] + shares[i][m] if number in out else shares[i][m]
    return out


def _images(
    orbits: Orbits, strategies: NDArray[np.int64], shares: NDArray[S]
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[S]]:
    found = orbits.images(strategies, shares, MOST_IMAGES)
    if found is None:
        raise ModelTooLargeError(
            f"the model found has more than {MOST_IMAGES:,} λ: {len(strategies)}, and what the symmetries of the data "
            "make of them, which are not written down. The value and the bound need no list; for one, reduce the "
            "settings or give data without symmetries."
        )
    return found
