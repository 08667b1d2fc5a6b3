"""`Observed`: the paper's V p, a few linear functions of a behavior."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.partial import CellSum, partial_values
from relaxbell.behavior.scenario import Scenario
from relaxbell.errors import BehaviorError
from relaxbell.exact.numbers import Exact, ExactNumber, Surd, as_exact, is_rounded, read_fraction
from relaxbell.exact.texts import short_text
from relaxbell.frozen import Frozen
from relaxbell.methods import provided
from relaxbell.results import GuessingLike


@runtime_checkable
class Functional(Protocol):
    """What an observation needs of a Bell functional."""

    @property
    def outputs(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def inputs(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def parties(self) -> Mapping[str, str | None] | None: ...  # noqa: D102
    @property
    def coefficients(self) -> Exact: ...  # noqa: D102
    @property
    def constant(self) -> ExactNumber: ...  # noqa: D102
    def transposed(self, outputs: Sequence[str], inputs: Sequence[str]) -> Functional: ...  # noqa: D102


class Observed(Frozen):
    """Values of some functionals instead of a full behavior.

    Parameters
    ----------
    values
        Pairs (functional, value); all functionals live in one scenario.
    nonsignaling
        Whether the unknown behavior is known to be non-signaling.
    estimated
        Whether the values are estimates, from counts; see `Behavior`.

    Attributes
    ----------
    outputs, inputs, parties
        Names, those of the first functional.
    shape
        Of a behavior of the scenario: outputs, then inputs.
    functionals
        With their axes in this order; ``values`` are what they were observed to be, exact.
    is_rounded
        Whether some of them are floats of many digits: then equations may be missed by rounding.

    Raises
    ------
    BehaviorError
        If there is no functional, a value is not a finite real number, or scenarios differ.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.Observed([(rb.catalog.CHSH, 2.5)], nonsignaling=True)
    Observed: CHSH = 5/2, no-signaling
    """

    def __init__(
        self, values: Iterable[tuple[Functional, Any]], *, nonsignaling: bool = False, estimated: bool = False
    ) -> None:
        try:
            pairs: list[Any] = [(functional, value) for functional, value in values]
        except TypeError:
            pairs = [(None, None)]
        if any(not hasattr(functional, "coefficients") for functional, _ in pairs):
            raise BehaviorError(
                f"{str(values)[:60]} is not a list of pairs (functional, value), such as [(CHSH, 2.5)]."
            )
        if not pairs:
            raise BehaviorError("no functional was observed. Give at least one pair (functional, value).")
        first: Functional = pairs[0][0]
        self.outputs, self.inputs, self.parties = first.outputs, first.inputs, first.parties
        self.shape: tuple[int, ...] = first.coefficients.shape
        self.nonsignaling = nonsignaling
        self.estimated = bool(estimated)
        self.functionals: tuple[Functional, ...] = tuple(f.transposed(self.outputs, self.inputs) for f, _ in pairs)
        for functional in self.functionals:
            if functional.coefficients.shape != self.shape:
                raise BehaviorError(
                    f"functionals of different scenarios: shapes {self.shape} and {functional.coefficients.shape}. "
                    "Use functionals with the same cardinalities."
                )
        self.values: tuple[ExactNumber, ...] = tuple(_read_value(value) for _, value in pairs)
        own = any(isinstance(f, CellSum) and f.is_rounded for f in self.functionals)
        self.is_rounded = own or any(is_rounded(value) for _, value in pairs)
        roots = {x.n for x in (*self.values, *(f.constant for f in self.functionals)) if isinstance(x, Surd)}
        if len(roots) > 1:
            raise BehaviorError(
                f"the values contain √{min(roots)} and √{max(roots)}, expected one square root. Give floats instead."
            )
        self._seal()

    @classmethod
    def partial(
        cls,
        table: object,
        *,
        outputs: str | Sequence[str],
        inputs: str | Sequence[str] = (),
        given: Mapping[str, int] | None = None,
        cardinality: Mapping[str, int] | None = None,
        estimated: bool = False,
    ) -> Observed:
        """Return what a table says of which some cells were not seen, or which was seen under a condition only.

        Parameters
        ----------
        table
            p(outputs|inputs), axes in this order; None or nan where a cell was not seen: nothing is assumed of it. With
            `given` it is p(outputs|given, inputs), of those selected; how many they are is then not said, and
            every selection is allowed, also a rare one. Cells p(outputs, S=1|inputs), with None for S=0, say it.
        outputs, inputs
            Names, as in the model.
        given
            Outputs that were conditioned on, with their values: ``{"S": 1}``; they are no axes of the table.
        cardinality
            Number of values of each variable of `given`.
        estimated
            Whether the values are estimates, from counts.

        Returns
        -------
        Observed
            An equation for each cell that was seen; where all cells of a setting were, the last follows from the others
            (sums may miss one by 1e-9). Where the condition holds with probability 0 they say nothing.

        Raises
        ------
        BehaviorError
            If the axes do not match the names, a value is no probability, sums exceed one, or nothing was seen.

        Examples
        --------
        The outcome Y is seen where S = 1 only; otherwise only that it is missing is known. Axes y, s, x:

        >>> import relaxbell as rb
        >>> seen = rb.Observed.partial([[[None, None], [0.3, 0.2]], [[None, None], [0.5, 0.6]]],
        ...                            outputs="Y S", inputs="X")
        >>> model = rb.CausalModel("X -> Y <- L -> S <- X; Y -> S", inputs="X", latent="L", outputs="Y S",
        ...                        cardinality={"X": 2, "Y": 2, "S": 2})
        >>> rb.bounds(rb.average_causal_effect(model, "X", "Y"), seen)
        [-0.1, 0.3] for ACE(X -> Y)
        """
        return cls(
            partial_values(table, outputs, inputs, {} if given is None else given, cardinality or {}),
            estimated=estimated,
        )

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.shape, self.parties)

    def table_rows(self) -> Iterator[tuple[str, Exact, ExactNumber]]:
        """Yield (label, coefficients over the table, value) of every equality on p.

        Yields
        ------
        tuple
            Text, exact array with the axes of a behavior (outputs, then inputs), exact number: ⟨row, p⟩ = value.

        Raises
        ------
        BehaviorError
            If no-signaling is asked for and it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [(label, value) for label, _, value in rb.Observed([(rb.catalog.CHSH, 2.5)]).table_rows()]
        [('CHSH', Fraction(5, 2))]
        """
        for functional, value in zip(self.functionals, self.values, strict=True):
            offset = functional.constant
            yield str(functional), functional.coefficients, (value - offset if offset else value)
        if self.nonsignaling:
            yield from self._nonsignaling_rows()

    def _nonsignaling_rows(self) -> Iterator[tuple[str, Exact, ExactNumber]]:
        parties = self.parties
        if parties is None:
            raise BehaviorError(
                "no-signaling needs to know which party chooses which input. Give the functional parties={…}."
            )
        k = len(self.outputs)
        owned = [parties[name] for name in self.outputs]
        reach = tuple(frozenset() if i is None else frozenset({self.inputs.index(i)}) for i in owned)
        coordinates = Coordinates(self.shape[:k], self.shape[k:], reach)
        for members, j in coordinates.equalities():
            others = [self.shape[k + i] if i != j else 1 for i in range(len(self.inputs))]
            for event in np.ndindex(*(self.shape[i] for i in members)):
                for setting in np.ndindex(*others):
                    for value in range(1, self.shape[k + j]):
                        row = np.zeros(self.shape, dtype=object)
                        index: list[Any] = [slice(None)] * k + list(setting)
                        for member, outcome in zip(members, event, strict=True):
                            index[member] = outcome
                        row[tuple(index)] = 1
                        index[k + j] = value
                        row[tuple(index)] = -1
                        names = ",".join(f"{self.outputs[i]}={v}" for i, v in zip(members, event, strict=True))
                        yield f"no-signaling p({names}) from {self.inputs[j]}", row, as_exact(0)  # type: ignore[misc]  # 0 is exact

    def guessing(
        self,
        outputs: str | Sequence[str],
        at: Mapping[str, int],
        *,
        settings: object = None,
        dependence: object = None,
        lower: object = None,
        upper: object = None,
        signaling: Mapping[str, object] | None = None,
        quantum: int | str | None = None,
        seconds: float | None = None,
    ) -> GuessingLike:
        """Return how well an adversary, no-signaling or quantum, who biases settings within budgets, guesses outcomes.

        The adversary prepares, with a probability p(λ), a box that does not signal and a distribution p(settings|λ);
        together they must show these values. The guess may depend on λ. The largest probability of a right guess is
        a linear program, solved exactly; the proofs of the closed forms in the CHSH scenario: :doc:`/theorems`. With
        ``quantum=`` the boxes are those of a level of the NPA hierarchy: then it is a rigorous upper bound.

        Source: Pironio et al., Nature 464, 1021 (2010), arXiv:0911.3427; for biased settings Koh et al., PRL 109,
        160404 (2012), arXiv:1202.3571.

        Parameters
        ----------
        outputs
            Whose outcomes are guessed, one or several.
        at
            The setting of each input.
        settings
            p(settings): a table, or a distribution for each input; by default uniform.
        dependence
            Most of M = Σ |p(settings, λ) − p(settings) p(λ)|, see `dependence`; by default no other budget than those
            given, and independent settings if there is none.
        lower, upper
            Bounds of p(settings|λ) for every λ and all settings that occur, see `setting_bounds`.
        signaling
            For edges such as ``"X -> B"`` the most of Σ_λ p(λ) max |p(b|x, …, λ) − p(b|x', …, λ)|: so far boxes may
            signal.
        quantum
            A level of the NPA hierarchy, such as ``"1+AB"`` (see `quantum_set`), for an adversary with quantum devices;
            by default devices only do not signal.
        seconds
            Time limit.

        Returns
        -------
        Guessing or QuantumGuessing
            Exact value (quantum: a bound), min-entropy, what the adversary does, and a certificate.

        Raises
        ------
        BehaviorError
            If names or settings are unknown, the settings do not occur, or a functional is irrational.
        MeasureError
            If a budget is none, or devices are quantum and signal.
        InfeasibleError
            If no adversary within the budgets shows these values.
        ModelTooLargeError
            If there are too many extreme p(settings|λ).
        UnsupportedModelError
            If there is no such level.
        RelaxbellError
            If `quantum` is given and MoMPy is not installed (extra ``quantum``).
        SolverError
            If no exact optimum is found.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.Observed([(rb.catalog.CHSH, 2.5)]).guessing("A", {"X": 0, "Y": 0}, dependence=0.05).exact
        Fraction(37, 40)
        """
        return provided("Observed.guessing")(
            self, outputs, at, settings=settings, dependence=dependence, lower=lower, upper=upper, signaling=signaling,
            quantum=quantum, seconds=seconds,
        )  # fmt: skip

    def __repr__(self) -> str:
        parts = [f"{f} = {short_text(v)}" for f, v in zip(self.functionals, self.values, strict=True)]
        return f"Observed: {', '.join(parts + (['no-signaling'] if self.nonsignaling else []))}"


def _read_value(value: object) -> ExactNumber:
    exact = as_exact(value)
    return exact if isinstance(exact, Surd) else read_fraction(value, "an observed value", BehaviorError)
