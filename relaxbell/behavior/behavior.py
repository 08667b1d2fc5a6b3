"""`Behavior`: conditional probabilities p(outputs|inputs) with named variables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.block_table import block_table
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import Setting, check_values, read_names, read_parties
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, exact_array, read_fraction, to_floats
from relaxbell.frozen import Frozen

TOLERANCE = 1e-9
"""How far float probabilities may miss 0, normalization and no-signaling."""


class HasCoordinates(Protocol):
    """What `Behavior.rounded` asks of a model."""

    def coordinates_of(self, behavior: Behavior) -> Coordinates:
        """Return independent coordinates, for axes in the behavior's order."""
        ...


class Behavior(Frozen):
    """A behavior p(a, b, …|x, y, …): a table of conditional probabilities with named variables.

    Parameters
    ----------
    p
        Array of probabilities. Axes are outputs, then inputs, in the order of the names; any
        cardinalities. Entries are floats, or exact numbers (int, Fraction, sympy rationals or
        a + b√n); if all are exact, the behavior is exact and stays so under exact operations.
    outputs, inputs
        Names of the axes, a sequence or one string with spaces. Names, never positions, decide how
        behaviors, functionals and models match.
    parties
        Which input each output's party chooses: ``{"A": "X", "B": None, "C": "Z"}``. By default
        outputs and inputs are paired in order where there are equally many.

    Raises
    ------
    BehaviorError
        If the shape does not fit, an entry is NaN, infinite or negative, or a block is not
        normalized (floats: within 1e-9).

    Examples
    --------
    >>> from fractions import Fraction
    >>> half = Fraction(1, 2)
    >>> coin = Behavior([[half, 1], [half, 0]], outputs="A", inputs="X")
    >>> coin.probability({"A": 0}, {"X": 0})
    Fraction(1, 2)
    """

    def __init__(
        self,
        p: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
    ) -> None:
        self.outputs = read_names(outputs, "outputs", BehaviorError)
        self.inputs = read_names(inputs, "inputs", BehaviorError)
        read_names(self.outputs + self.inputs, "outputs and inputs together", BehaviorError)
        exact = exact_array(p)
        table = to_floats(exact) if exact is not None else _numeric(p)
        if table.ndim != len(self.variables):
            raise BehaviorError(
                f"p has {table.ndim} axes (shape {table.shape}), expected {len(self.variables)}: one for each of "
                f"outputs {', '.join(self.outputs)} and inputs {', '.join(self.inputs) or '(none)'}, in this order: "
                "axes are outputs first. Name them with outputs= and inputs=."
            )
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self._validate(table, exact)
        self.p: NDArray[np.float64] = _frozen(table)
        self.exact: Exact | None = None if exact is None else _frozen(exact)
        self._seal()

    # ------------------------------------------------------------------ reading

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all axes: outputs, then inputs."""
        return self.outputs + self.inputs

    @cached_property
    def cardinality(self) -> dict[str, int]:
        """Number of values of each variable."""
        return dict(zip(self.variables, self.p.shape, strict=True))

    @property
    def table(self) -> NDArray[Any]:
        """The exact table if there is one, else the floats."""
        return self.p if self.exact is None else self.exact

    @property
    def is_exact(self) -> bool:
        """Whether every probability is an exact number."""
        return self.exact is not None

    def probability(self, event: Setting, given: Setting | None = None) -> float | ExactNumber:
        """Return p(event|given); outputs not mentioned are summed over.

        Inputs may be left out of `given` only where the marginal does not depend on them.

        Raises
        ------
        BehaviorError
            For an unknown variable or value, or where an input that matters is missing.
        """
        given = {} if given is None else given
        check_values(event, self.outputs, self.cardinality, "output", BehaviorError)
        check_values(given, self.inputs, self.cardinality, "input", BehaviorError)
        index = tuple(event.get(n, given.get(n, slice(None))) for n in self.variables)
        part = self.table[index]
        part = np.asarray(part)
        part = part.sum(axis=tuple(range(len(self.outputs) - len(event))))
        values = np.asarray(part).ravel()
        if abs(values - values[0]).max() > self.tolerance:
            missing = [n for n in self.inputs if n not in given]
            raise BehaviorError(
                f"the probability of {dict(event)} depends on {', '.join(missing)}: found values from "
                f"{float(min(values)):.6g} to {float(max(values)):.6g}. Give a value for each input in `given`."
            )
        value = values[0]
        return float(value) if self.exact is None else value

    @property
    def tolerance(self) -> float:
        """How far equalities may be missed: 0 for exact behaviors, else 1e-9."""
        return 0.0 if self.is_exact else TOLERANCE

    # ------------------------------------------------------------- derived ones

    def _like(self, table: NDArray[Any], **changes: Any) -> Behavior:
        settings: dict[str, Any] = {"outputs": self.outputs, "inputs": self.inputs, "parties": self.parties}
        return Behavior(table, **(settings | changes))

    def marginal(self, *outputs: str, keep_inputs: bool = False) -> Behavior:
        """Return the behavior of some outputs, conditioned on their own inputs.

        Parameters
        ----------
        *outputs
            Names of the outputs to keep, in the order wanted.
        keep_inputs
            Keep every input, also those of the parties that are summed over. Without it the
            marginal must not depend on them.

        Raises
        ------
        SignalingError
            If an input that would be dropped matters; the violated equality is named.
        """
        check_values(dict.fromkeys(outputs, 0), self.outputs, self.cardinality, "output", BehaviorError)
        read_names(outputs, "outputs", BehaviorError)
        gone = tuple(i for i, name in enumerate(self.outputs) if name not in outputs)
        kept = tuple(name for name in self.outputs if name in outputs)
        table = self.table.sum(axis=gone) if gone else self.table
        inputs = self.inputs
        if not keep_inputs:
            parties = self._paired()
            inputs = tuple(n for n in self.inputs if n in {parties[name] for name in kept})
            owners = tuple(frozenset(self.inputs.index(n) for n in inputs) for _ in kept)
            coordinates = Coordinates(
                tuple(self.cardinality[n] for n in kept), self.p.shape[len(self.outputs) :], owners
            )
            coordinates.check(table, (kept, self.inputs), self.tolerance, "dropping the other inputs")
            table = table[tuple([slice(None)] * len(kept) + [slice(None) if n in inputs else 0 for n in self.inputs])]
        order = [kept.index(name) for name in outputs] + [len(kept) + k for k in range(len(inputs))]
        return Behavior(table.transpose(order), outputs, inputs, parties=self._parties_of(outputs, inputs))

    def condition(self, event: Setting, given: Setting | None = None) -> Behavior:
        """Return p(other outputs|event, inputs): post-select on outputs and fix the inputs in `given`.

        Raises
        ------
        BehaviorError
            If the event has probability 0 for some value of the remaining inputs.
        """
        given = {} if given is None else given
        check_values(event, self.outputs, self.cardinality, "output", BehaviorError)
        check_values(given, self.inputs, self.cardinality, "input", BehaviorError)
        fixed = {**event, **given}
        outputs = tuple(n for n in self.outputs if n not in fixed)
        inputs = tuple(n for n in self.inputs if n not in fixed)
        part = self.table[tuple(fixed.get(n, slice(None)) for n in self.variables)]
        weight = part.sum(axis=tuple(range(len(outputs))))
        if (np.asarray(weight) <= 0).any():
            where = np.argwhere(np.asarray(weight) <= 0)[0]
            setting = ", ".join(f"{n}={v}" for n, v in zip(inputs, where, strict=True))
            raise BehaviorError(
                f"cannot condition on {dict(event)}: it has probability 0 for {setting or dict(given)}. "
                "Condition on an event that happens, or fix the input in `given`."
            )
        return Behavior(part / weight, outputs, inputs, parties=self._parties_of(outputs, inputs))

    def mix(self, other: Behavior, weight: float | ExactNumber | Any) -> Behavior:
        """Return weight · self + (1 − weight) · other, exact if all three are.

        `other` is matched by variable names.
        """
        exact_weight = as_exact(weight)
        fraction = float(read_fraction(weight, "the weight of a mixture", BehaviorError))
        if not 0 <= fraction <= 1:
            raise BehaviorError(f"the weight of a mixture is a probability: found {weight}, expected 0 … 1.")
        other = other.transposed(self.outputs, self.inputs)
        if other.p.shape != self.p.shape:
            raise BehaviorError(
                f"cannot mix behaviors of different cardinalities: found {self.cardinality} and {other.cardinality}. "
                "Use behaviors of one scenario."
            )
        if exact_weight is not None and self.exact is not None and other.exact is not None:
            exact: Any = exact_weight * self.exact + (1 - exact_weight) * other.exact
            return self._like(exact)
        return self._like(fraction * self.p + (1 - fraction) * other.p)

    def white_noise(self) -> Behavior:
        """Return the uniform behavior of the same scenario (exact)."""
        outcomes = math.prod(self.p.shape[: len(self.outputs)])
        return self._like(np.full(self.p.shape, Fraction(1, outcomes), dtype=object))

    def visibility(self, v: float | ExactNumber | Any) -> Behavior:
        """Return v · self + (1 − v) · white noise."""
        return self.mix(self.white_noise(), v)

    def rename(self, names: Mapping[str, str]) -> Behavior:
        """Return the same table with variables renamed; exchanging A with B and X with Y swaps parties."""
        unknown = [n for n in names if n not in self.variables]
        if unknown:
            raise BehaviorError(f"cannot rename {unknown[0]!r}: the variables are {', '.join(self.variables)}.")
        new = {n: names.get(n, n) for n in self.variables}
        parties = {new[o]: i if i is None else new[i] for o, i in (self.parties or {}).items()}
        return Behavior(
            self.table,
            tuple(new[n] for n in self.outputs),
            tuple(new[n] for n in self.inputs),
            parties=parties or None,
        )

    def transposed(self, outputs: str | Sequence[str], inputs: str | Sequence[str]) -> Behavior:
        """Return the same behavior with its axes in another order."""
        outputs = read_names(outputs, "outputs", BehaviorError)
        inputs = read_names(inputs, "inputs", BehaviorError)
        if (outputs, inputs) == (self.outputs, self.inputs):
            return self
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise BehaviorError(
                f"variables do not match: this behavior is p({','.join(self.outputs)}|{','.join(self.inputs)}), "
                f"asked for p({','.join(outputs)}|{','.join(inputs)}). Use rename({{old: new}})."
            )
        order = [self.variables.index(n) for n in outputs + inputs]
        return self._like(self.table.transpose(order), outputs=outputs, inputs=inputs)

    def relabel(self, variable: str, permutation: Sequence[int], given: Setting | None = None) -> Behavior:
        """Return the behavior in which value v of `variable` is called ``permutation[v]``.

        With `given`, an output is relabeled only where these inputs have these values.
        """
        given = {} if given is None else given
        check_values({variable: 0}, self.variables, self.cardinality, "variable", BehaviorError)
        check_values(given, self.inputs, self.cardinality, "input", BehaviorError)
        size = self.cardinality[variable]
        if sorted(permutation) != list(range(size)):
            raise BehaviorError(f"{list(permutation)} is not a permutation of the {size} values of {variable}.")
        if variable in given:
            raise BehaviorError(f"{variable} cannot be relabeled given its own value. Leave it out of `given`.")
        table = self.table.copy()
        where = tuple(given.get(n, slice(None)) for n in self.variables)
        axis = sum(n not in given for n in self.variables[: self.variables.index(variable)])
        table[where] = np.take(table[where], np.argsort(permutation), axis=axis)
        return self._like(table)

    def coarse_grain(self, output: str, mapping: Sequence[int]) -> Behavior:
        """Return the behavior in which value v of `output` is reported as ``mapping[v]``."""
        check_values({output: 0}, self.outputs, self.cardinality, "output", BehaviorError)
        if len(mapping) != self.cardinality[output] or sorted(set(mapping)) != list(range(max(mapping) + 1)):
            raise BehaviorError(
                f"{list(mapping)} does not map the {self.cardinality[output]} values of {output} onto 0 … k."
            )
        axis = self.outputs.index(output)
        groups = [np.flatnonzero(np.asarray(mapping) == new) for new in range(max(mapping) + 1)]
        table = np.stack([self.table.take(group, axis=axis).sum(axis=axis) for group in groups], axis=axis)
        return self._like(table)

    # --------------------------------------------------- no-signaling and rounding

    @cached_property
    def coordinates(self) -> Coordinates:
        """Collins–Gisin coordinates of the non-signaling behaviors of this scenario."""
        parties = self._paired()
        own = {o: None if i is None else self.inputs.index(i) for o, i in parties.items()}
        reach = tuple(frozenset() if own[o] is None else frozenset({own[o]}) for o in self.outputs)
        k = len(self.outputs)
        return Coordinates(self.p.shape[:k], self.p.shape[k:], reach)  # type: ignore[arg-type]  # None was excluded

    def check_nonsignaling(self, tolerance: float | None = None) -> None:
        """Raise SignalingError naming the most violated no-signaling equality, if there is one.

        `tolerance` is 0 for exact behaviors and 1e-9 for floats, unless given.
        """
        limit = self.tolerance if tolerance is None else tolerance
        self.coordinates.check(self.table, (self.outputs, self.inputs), limit, "no-signaling")

    def is_nonsignaling(self, tolerance: float | None = None) -> bool:
        """Return whether no party's setting changes the marginal of the others."""
        from relaxbell.errors import SignalingError

        try:
            self.check_nonsignaling(tolerance)
        except SignalingError:
            return False
        return True

    def rounded(self, model: HasCoordinates | None = None, denominator: int = 10**12) -> Behavior:
        """Return an exact behavior nearby that satisfies every equality of `model` exactly.

        Independent coordinates are rounded to multiples of 1/`denominator` and the rest follows.
        Where that leaves a probability below zero, the least admixture of white noise restores it.

        Parameters
        ----------
        model
            Its causal graph says which inputs reach which outputs; without it, no-signaling.
        denominator
            Of the coordinates.

        Raises
        ------
        SignalingError
            If the behavior misses one of the equalities by more than 1e-9.
        """
        if isinstance(denominator, bool) or not isinstance(denominator, int) or denominator < 1:
            raise BehaviorError(f"the denominator is {denominator!r}, expected an integer ≥ 1, such as 10**12.")
        coordinates = self.coordinates if model is None else model.coordinates_of(self)
        names = (self.outputs, self.inputs)
        coordinates.check(self.table, names, self.tolerance, "rounding within the model's affine hull")
        vector = coordinates.project(self.p)
        integers = np.array([round(Fraction(float(v)) * denominator) for v in vector], dtype=object)
        return self._like(coordinates.exact_table(integers, denominator))

    # ------------------------------------------------------------------ helpers

    def _paired(self) -> Mapping[str, str | None]:
        if self.parties is None:
            raise BehaviorError(
                f"which party chooses which input? p({','.join(self.outputs)}|{','.join(self.inputs)}) has "
                f'{len(self.outputs)} outputs and {len(self.inputs)} inputs. Give parties={{"A": "X", "B": None, …}}.'
            )
        return self.parties

    def _parties_of(self, outputs: Sequence[str], inputs: Sequence[str]) -> dict[str, str | None] | None:
        if self.parties is None:
            return None
        chosen = {o: i if i in inputs else None for o, i in self.parties.items() if o in outputs}
        return chosen if set(inputs) <= set(chosen.values()) else None

    def _validate(self, table: NDArray[np.float64], exact: Exact | None) -> None:
        empty = [n for n, size in zip(self.variables, table.shape, strict=True) if size < 1]
        if empty:
            raise BehaviorError(f"{empty[0]} has no values (shape {table.shape}). Expected at least one.")
        bad = np.argwhere(~np.isfinite(table))
        if len(bad):
            raise BehaviorError(f"p{list(map(int, bad[0]))} is {table[tuple(bad[0])]}, expected a probability.")
        values, limit = (table, -TOLERANCE) if exact is None else (exact, 0)
        if values.min() < limit:
            index = np.unravel_index(np.argmin(values), values.shape)
            raise BehaviorError(
                f"p{list(map(int, index))} is {float(values[index]):.6g}, expected a probability ≥ 0. "
                "Correct the entry; use Counts(...) for raw data."
            )
        k = len(self.outputs)
        total = np.asarray(values.sum(axis=tuple(range(k))))
        gap = np.asarray(abs(total - 1))
        if gap.max() > -limit:
            index = np.unravel_index(np.argmax(gap), gap.shape)
            place = ", ".join([":"] * k + [str(int(i)) for i in index])
            raise BehaviorError(
                f"p[{place}] sums to {float(total[index]):.12g}, expected 1"
                f"{'' if exact is not None else ' within 1e-9'}.{self._order_hint(values)} "
                "Use Counts(...) for raw data."
            )

    def _order_hint(self, values: NDArray[Any]) -> str:
        """Return a sentence if the table would be normalized with inputs first."""
        k = len(self.inputs)
        if not k or abs(np.asarray(values.sum(axis=tuple(range(k, values.ndim)))) - 1).max() > TOLERANCE:
            return ""
        return " It is normalized over its last axes: axes are outputs first, then inputs; transpose it."

    def __repr__(self) -> str:
        return block_table(self)

    def _repr_html_(self) -> str:
        from relaxbell.show.behavior import behavior_html

        return behavior_html(self)


def _numeric(p: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(p)
        if array.dtype.kind == "c":
            raise TypeError("complex numbers")
        return to_floats(array)
    except (TypeError, ValueError) as error:
        raise BehaviorError(
            f"p is not a table of numbers: {error}. Expected a rectangular array of floats, Fractions, ints "
            "or sympy numbers. A table with free symbols stays an array: functional(table) evaluates it."
        ) from None


def _frozen(table: NDArray[Any]) -> NDArray[Any]:
    table = np.array(table)
    table.setflags(write=False)
    return table
