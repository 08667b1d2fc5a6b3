"""`RationalRealization`: a state and measurements in rational numbers, and the exact behavior that they have.

Floats of a search are no proof that a behavior is quantum. Near them lie rational ones: measurements by Cayley's map
(`rational_measurement`), and a ket that needs no norm 1: probabilities are ‖⟨v| ⊗ ⟨w| ψ‖² / ‖ψ‖².
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.quantum import Complex
from relaxbell.behavior.rational_measurement import (
    NEGLIGIBLE,
    RationalMeasurement,
    read_number,
    read_parts,
    whole,
    written,
)
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact
from relaxbell.frozen import Frozen

DENOMINATOR = 2**20
"""Of K and of the ket: a value that is stationary moves by the square of the rounding, 1e-12."""


class RationalRealization(Frozen):
    """A state and measurements in rational numbers: an exact quantum behavior, with what proves that it is one.

    Parameters
    ----------
    state
        A ket in floats, or a density matrix.
    measurements
        For each party POVM elements in floats, axes [setting, outcome, row, column].
    like
        A behavior that has the variables' names; an input of one value may be left out there.
    denominator
        Of the ket and of what makes the measurements; larger is nearer, with longer numbers.

    Attributes
    ----------
    kets
        Pairs of real and imaginary parts, whole numbers: the state is Σ ψψ† over its trace.
    measurements
        For each party, for each setting its vectors.
    like
        As given.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import relaxbell as rb
    >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization()
    >>> found
    Realization: exact behavior of a state and measurements in rational numbers, dimensions 2 × 2
    >>> value = rb.catalog.CHSH(found.behavior)
    >>> type(value).__name__, value**2 < 8 < (value + Fraction(1, 10**9)) ** 2
    ('Fraction', True)
    """

    def __init__(
        self,
        state: Complex,
        measurements: Sequence[Complex],
        like: Behavior,
        *,
        denominator: int = DENOMINATOR,
    ) -> None:
        if not isinstance(denominator, int) or isinstance(denominator, bool) or denominator < 1:
            raise BehaviorError(
                f"the denominator is {denominator!r}, expected an integer ≥ 1. Give a power of two, such as 2**20."
            )
        self.kets = tuple(_rounded_ket(own, denominator) for own in _kets(np.asarray(state)))
        self.measurements = tuple(
            tuple(RationalMeasurement.near(list(own), denominator) for own in party) for party in measurements
        )
        self.like = like
        self._outcomes = tuple(party.shape[1] for party in measurements)
        self._seal()

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Local dimension of each party.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().dimensions
        (2, 2)
        """
        return tuple(len(party[0].real) for party in self.measurements)

    @cached_property
    def behavior(self) -> Behavior:
        """The behavior in rational numbers, exact.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().behavior.is_exact
        True
        """
        table = self._table()
        names = self.like
        if table.shape != names.p.shape:
            table = table.reshape(names.p.shape)
        return Behavior(table, names.outputs, names.inputs, parties=names.parties)

    def elements(self, party: int, setting: int, outcome: int) -> tuple[Exact, Exact]:
        """Return real and imaginary part of a POVM element, in Fractions.

        Parameters
        ----------
        party, setting, outcome
            Their numbers.

        Returns
        -------
        tuple
            Two matrices.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization()
        >>> sum(found.elements(0, 1, a)[0] for a in range(2)).tolist()
        [[Fraction(1, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(1, 1)]]
        """
        own = self.measurements[party][setting]
        chosen = [v for v, k in enumerate(own.outcomes) if k == outcome]
        re, im, scale = own.real[:, chosen], own.imaginary[:, chosen], Fraction(1, own.denominator**2)
        return (re @ re.T + im @ im.T) * scale, (im @ re.T - re @ im.T) * scale

    def check(self) -> bool:
        """Return whether the vectors of each measurement satisfy Σ v v† = 1, in exact arithmetic.

        Returns
        -------
        bool
            Then the elements are positive and complete, and the behavior is quantum.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization().check()
        True
        """
        return all(own.is_complete() for party in self.measurements for own in party)

    def to_json(self) -> str:
        """Return the realization as text: whole numbers, from which `from_json` makes it anew.

        Returns
        -------
        str
            JSON. Of the matrix K of each measurement, what is on and above the diagonal; no imaginary parts where all
            are 0.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.optimize_quantum(rb.catalog.CHSH, starts=1).realization()
        >>> again = rb.classes.RationalRealization.from_json(found.to_json())
        >>> again.check(), bool((again.behavior.exact == found.behavior.exact).all())
        (True, True)
        """
        p = self.behavior
        data = {
            "outputs": list(p.outputs), "inputs": list(p.inputs), "shape": list(p.p.shape),
            "parties": None if p.parties is None else dict(p.parties),
            "outcomes": list(self._outcomes), "kets": [written(*own) for own in self.kets],
            "measurements": [[own.data() for own in party] for party in self.measurements],
        }  # fmt: skip
        return json.dumps(data, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> RationalRealization:
        """Return a realization from text.

        Parameters
        ----------
        text
            As `to_json` writes it. Nothing of it is trusted: whatever the numbers are, they make complete measurements.

        Returns
        -------
        RationalRealization
            With its exact behavior.

        Raises
        ------
        BehaviorError
            If it is no such text.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.classes.RationalRealization.from_json('{"kets": []}')
        Traceback (most recent call last):
        relaxbell.errors.BehaviorError: a realization as text: found no "measurements", expected ...
        """
        own = object.__new__(cls)
        try:
            data = json.loads(text)
            own.measurements = tuple(
                tuple(RationalMeasurement.from_data(v) for v in party) for party in data["measurements"]
            )
            own._outcomes = tuple(read_number(v) for v in data["outcomes"])
            own.kets = tuple(read_parts(v, math.prod(own.dimensions)) for v in data["kets"])
            own._check_parts()
            names = data["outputs"], data["inputs"], data["parties"]
            own.like = Behavior(own._table().reshape(data["shape"]), names[0], names[1], parties=names[2])
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError) as error:
            found = f'no "{error.args[0]}"' if isinstance(error, KeyError) else str(error)
            raise BehaviorError(
                f"a realization as text: found {found}, expected what to_json writes. Write it anew."
            ) from None
        own._seal()
        return own

    def _check_parts(self) -> None:
        if not self.kets or any(
            len({len(v.real) for v in party}) != 1 or max(k for v in party for k in v.outcomes) >= d
            for party, d in zip(self.measurements, self._outcomes, strict=True)
        ):
            raise ValueError("kets, outcomes and measurements that do not fit together")

    def _table(self) -> Exact:
        norm = sum(int((re**2).sum() + (im**2).sum()) for re, im in self.kets)
        sizes = [len(party) for party in self.measurements]
        found: Any = np.full((*self._outcomes, *sizes), Fraction(0), dtype=object)
        for setting in itertools.product(*map(range, sizes)):
            chosen = [party[x] for party, x in zip(self.measurements, setting, strict=True)]
            scale = norm * math.prod(own.denominator for own in chosen) ** 2
            table: Any = np.zeros(self._outcomes, dtype=object)
            for ket in self.kets:
                weights = _squares(ket, chosen, self.dimensions)
                np.add.at(table, np.ix_(*(own.outcomes for own in chosen)), weights)
            found[(..., *setting)] = table * Fraction(1, scale)
        return found

    def __repr__(self) -> str:
        levels = " × ".join(map(str, self.dimensions))
        return f"Realization: exact behavior of a state and measurements in rational numbers, dimensions {levels}"


def _squares(ket: tuple[Exact, Exact], chosen: Sequence[RationalMeasurement], sizes: Sequence[int]) -> Exact:
    """Return ‖⟨v| ⊗ ⟨w| … ψ‖² for all vectors, in whole numbers."""
    re, im = (part.reshape(sizes) for part in ket)
    for own in chosen:  # each step trades a level for a vector, last
        left = np.tensordot(re, own.real, axes=(0, 0)) + np.tensordot(im, own.imaginary, axes=(0, 0))
        im = np.tensordot(im, own.real, axes=(0, 0)) - np.tensordot(re, own.imaginary, axes=(0, 0))
        re = left
    return re**2 + im**2


# ------------------------------------------------------------------------------------ of floats


def _kets(state: Complex) -> list[Complex]:
    if state.ndim == 1 or 1 in state.shape:
        return [state.ravel()]
    values, kets = np.linalg.eigh(state)
    return [math.sqrt(v) * ket for v, ket in zip(values, kets.T, strict=True) if v > NEGLIGIBLE]


def _rounded_ket(ket: Complex, denominator: int) -> tuple[Exact, Exact]:
    """Return parts of a ket in whole numbers, which need no norm; its phase is such that a real one is real."""
    turned = ket * (abs(lead) / lead if (lead := ket[int(abs(ket).argmax())]) else 1.0)
    return whole(turned.real, denominator), whole(turned.imag, denominator)
