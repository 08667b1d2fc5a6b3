"""Behaviors made from a behavior: marginals, conditionals, mixtures, other names and labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import Setting, check_ordered, check_values, read_names
from relaxbell.behavior.table import Table
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import check_unmasked
from relaxbell.exact.numbers import ExactNumber, as_exact, read_float


class Derived(Table):
    """The part of `Behavior` that makes others."""

    def _made(self, table: NDArray[Any], *arguments: Any, **options: Any) -> Self:
        return cast(Any, type(self))(table, *arguments, **options)

    def _like(self, table: NDArray[Any], **changes: Any) -> Self:
        settings: dict[str, Any] = {"outputs": self.outputs, "inputs": self.inputs, "parties": self.parties}
        return self._made(table, **(settings | changes))

    def marginal(self, *outputs: str, keep_inputs: bool = False) -> Self:
        """Return the behavior of some outputs, conditioned on their own inputs.

        Parameters
        ----------
        *outputs
            Names of the outputs to keep, in the order wanted.
        keep_inputs
            Keep every input, also those of the parties that are summed over. Without it the
            marginal must not depend on them.

        Returns
        -------
        Behavior
            Axes: the outputs in the order asked for, then their inputs in the behavior's order.

        Raises
        ------
        SignalingError
            If an input that would be dropped matters; the violated equality is named.
        BehaviorError
            If an output is unknown, or it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.ghz().marginal("C", "A").p.shape  # axes [c, a, x, z]
        (2, 2, 2, 2)
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
        return self._made(table.transpose(order), outputs, inputs, parties=self._parties_of(outputs, inputs))

    def condition(self, event: Setting, given: Setting | None = None) -> Self:
        """Return p(other outputs|event, inputs): post-select on outputs and fix the inputs in `given`.

        Parameters
        ----------
        event
            Values of the outputs to condition on.
        given
            Values of inputs to fix; they disappear from the table.

        Returns
        -------
        Behavior
            Axes: the other outputs, then the other inputs.

        Raises
        ------
        BehaviorError
            If a name or value is unknown, or the event has probability 0 for some value of the remaining inputs.

        Examples
        --------
        Entanglement swapping: once Bob has announced his outcome, Alice and Charlie are correlated.

        >>> import relaxbell as rb
        >>> swapped = rb.boxes.entanglement_swapping().condition({"B": 0})
        >>> swapped.outputs, swapped.probability({"A": 0, "C": 0}, {"X": 0, "Z": 0})
        (('A', 'C'), Fraction(1, 2))
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
        return self._made(part / weight, outputs, inputs, parties=self._parties_of(outputs, inputs))

    def mix(self, other: Self, weight: float | ExactNumber | Any) -> Self:
        """Return weight · self + (1 − weight) · other, exact if all three are.

        `other` is matched by variable names.

        Parameters
        ----------
        other
            Matched by variable names.
        weight
            Of self, a probability.

        Returns
        -------
        Behavior
            In self's order of axes.

        Raises
        ------
        BehaviorError
            If the weight is no probability, or the scenarios differ.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> mixed = rb.boxes.pr().mix(rb.boxes.tsirelson(), Fraction(1, 2))
        >>> print(rb.catalog.CHSH(mixed))
        (2 + √2)
        """
        exact_weight = as_exact(weight)
        fraction = read_float(weight, "the weight of a mixture", BehaviorError)
        if not 0 <= fraction <= 1:
            raise BehaviorError(f"the weight of a mixture is a probability: found {weight}, expected 0 … 1.")
        if not isinstance(other, Derived):
            raise BehaviorError(f"cannot mix a behavior with a {type(other).__name__}, expected another Behavior.")
        other = other.transposed(self.outputs, self.inputs)
        if other.scenario.shape != self.scenario.shape:
            raise BehaviorError(
                f"cannot mix behaviors of different cardinalities: found {self.scenario} and {other.scenario}. "
                "Use behaviors of one scenario."
            )
        if exact_weight is not None and self.exact is not None and other.exact is not None:
            exact: Any = exact_weight * self.exact + (1 - exact_weight) * other.exact
            return self._like(exact)
        return self._like(fraction * self.p + (1 - fraction) * other.p)

    def white_noise(self) -> Self:
        """Return the uniform behavior of the same scenario (exact).

        Returns
        -------
        Behavior
            Each outcome has the same probability for each setting.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).white_noise().probability({"A": 2, "B": 0}, {"X": 0, "Y": 1})
        Fraction(1, 9)
        """
        outcomes = math.prod(self.p.shape[: len(self.outputs)])
        return self._like(np.full(self.p.shape, Fraction(1, outcomes), dtype=object))

    def visibility(self, v: float | ExactNumber | Any) -> Self:
        """Return v · self + (1 − v) · white noise.

        Parameters
        ----------
        v
            A probability.

        Returns
        -------
        Behavior
            Exact if self and v are.

        Raises
        ------
        BehaviorError
            If v is no probability.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH(rb.boxes.pr().visibility(Fraction(1, 2)))
        Fraction(2, 1)
        """
        return self.mix(self.white_noise(), v)

    def rename(self, names: Mapping[str, str]) -> Self:
        """Return the same table with variables renamed; exchanging A with B and X with Y swaps parties.

        Parameters
        ----------
        names
            Old name → new name; names not mentioned stay.

        Returns
        -------
        Behavior
            The same table.

        Raises
        ------
        BehaviorError
            If an old name is unknown, or two variables get the same.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().rename({"A": "Alice", "X": "Setting"}).variables
        ('Alice', 'B', 'Setting', 'Y')
        """
        unknown = [n for n in names if n not in self.variables]
        if unknown:
            raise BehaviorError(f"cannot rename {unknown[0]!r}: the variables are {', '.join(self.variables)}.")
        new = {n: names.get(n, n) for n in self.variables}
        parties = {new[o]: i if i is None else new[i] for o, i in (self.parties or {}).items()}
        return self._made(
            self.table,
            tuple(new[n] for n in self.outputs),
            tuple(new[n] for n in self.inputs),
            parties=parties or None,
        )

    def transposed(self, outputs: str | Sequence[str], inputs: str | Sequence[str]) -> Self:
        """Return the same behavior with its axes in another order.

        Parameters
        ----------
        outputs, inputs
            The behavior's own names in the order wanted.

        Returns
        -------
        Behavior
            The same probabilities.

        Raises
        ------
        BehaviorError
            If the names are others.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).coarse_grain("A", [0, 1, 1]).transposed("B A", "X Y").p.shape
        (3, 2, 2, 2)
        """
        outputs = read_names(outputs, "outputs", BehaviorError)
        inputs = read_names(inputs, "inputs", BehaviorError)
        if (outputs, inputs) == (self.outputs, self.inputs):
            return self
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise BehaviorError(
                f"variables do not match: this behavior is {self.scenario.symbol}, "
                f"asked for p({','.join(outputs)}|{','.join(inputs)}). Use rename({{old: new}})."
            )
        order = [self.variables.index(n) for n in outputs + inputs]
        return self._like(self.table.transpose(order), outputs=outputs, inputs=inputs)

    def relabel(self, variable: str, permutation: Sequence[int], given: Setting | None = None) -> Self:
        """Return the behavior in which value v of `variable` is called ``permutation[v]``.

        With `given`, an output is relabeled only where these inputs have these values.

        Parameters
        ----------
        variable
            An output or input.
        permutation
            New name of each value, 0 … cardinality − 1.
        given
            Values of inputs.

        Returns
        -------
        Behavior
            In the same scenario.

        Raises
        ------
        BehaviorError
            If a name or value is unknown, or `permutation` is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> flipped = rb.boxes.pr().relabel("A", [1, 0], given={"X": 1})
        >>> flipped.probability({"A": 0, "B": 0}, {"X": 1, "Y": 1})
        Fraction(1, 2)
        """
        given = {} if given is None else given
        check_values({variable: 0}, self.variables, self.cardinality, "variable", BehaviorError)
        check_values(given, self.inputs, self.cardinality, "input", BehaviorError)
        size = self.cardinality[variable]
        check_ordered(permutation, "the permutation", BehaviorError)
        if sorted(permutation) != list(range(size)):
            raise BehaviorError(f"{list(permutation)} is not a permutation of the {size} values of {variable}.")
        if variable in given:
            raise BehaviorError(f"{variable} cannot be relabeled given its own value. Leave it out of `given`.")
        table = self.table.copy()
        where = tuple(given.get(n, slice(None)) for n in self.variables)
        axis = sum(n not in given for n in self.variables[: self.variables.index(variable)])
        table[where] = np.take(table[where], np.argsort(permutation), axis=axis)
        return self._like(table)

    def coarse_grain(self, output: str, mapping: Sequence[int]) -> Self:
        """Return the behavior in which value v of `output` is reported as ``mapping[v]``.

        Parameters
        ----------
        output
            Name of an output.
        mapping
            What each of its values is reported as; all of 0 … k occur.

        Returns
        -------
        Behavior
            The output has k + 1 values.

        Raises
        ------
        BehaviorError
            If the output is unknown, or `mapping` is not onto 0 … k.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]).cardinality["B"]
        2
        """
        check_values({output: 0}, self.outputs, self.cardinality, "output", BehaviorError)
        check_ordered(mapping, "the mapping", BehaviorError)
        check_unmasked(mapping, "the mapping", BehaviorError)
        if len(mapping) != self.cardinality[output] or sorted(set(mapping)) != list(range(max(mapping) + 1)):
            raise BehaviorError(
                f"{list(mapping)} does not map the {self.cardinality[output]} values of {output} onto 0 … k."
            )
        axis = self.outputs.index(output)
        groups = [np.flatnonzero(np.asarray(mapping) == new) for new in range(max(mapping) + 1)]
        table = np.stack([self.table.take(group, axis=axis).sum(axis=axis) for group in groups], axis=axis)
        return self._like(table)

    def _parties_of(self, outputs: Sequence[str], inputs: Sequence[str]) -> dict[str, str | None] | None:
        if self.parties is None:
            return None
        chosen = {o: i if i in inputs else None for o, i in self.parties.items() if o in outputs}
        return chosen if set(inputs) <= set(chosen.values()) else None
