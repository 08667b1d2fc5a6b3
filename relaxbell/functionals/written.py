"""How functionals are written: coefficients on marginals and correlators, text, LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.exact.texts import text_latex
from relaxbell.frozen import Frozen, FrozenMapping
from relaxbell.functionals.notation import (
    NOTATIONS,
    Terms,
    collins_gisin_terms,
    correlator_terms,
    full_terms,
    split_form,
    sum_latex,
    sum_text,
    to_correlators,
)

_TITLE = 60
"""Longest formula in a message."""


class Written(Frozen):
    """The notations of a functional; `BellFunctional` is the one to use.

    Attributes
    ----------
    coefficients, constant, outputs, inputs, parties, name
        As for `BellFunctional`.
    """

    coefficients: Exact
    constant: ExactNumber
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    parties: Mapping[str, str | None] | None
    name: str | None

    # --------------------------------------------------------------------- forms

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """Collins–Gisin coordinates of the scenario's non-signaling behaviors; None without parties."""
        if self.parties is None:
            return None
        own = [self.parties[name] for name in self.outputs]
        reach = tuple(frozenset() if i is None else frozenset({self.inputs.index(i)}) for i in own)
        k = len(self.outputs)
        shape = self.coefficients.shape
        return Coordinates(shape[:k], shape[k:], reach)

    @cached_property
    def collins_gisin(self) -> Exact:
        """The constant and the coefficients of the Collins–Gisin marginals.

        Two functionals agree on all non-signaling behaviors if and only if these agree.
        """
        form = self._coordinates().pull_back(self.coefficients)
        form[0] = form[0] + self.constant
        return form

    @property
    def marginals(self) -> Mapping[str, Any]:
        """The Collins–Gisin coefficients by sets of outputs, as `from_collins_gisin` reads them.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [str(c) for c in rb.catalog.CH.marginals["A"].ravel()]
        ['-1', '0']
        """
        form = self.collins_gisin
        return FrozenMapping(split_form(self._coordinates(), form, self.outputs, outcomes=True))

    @property
    def correlators(self) -> Mapping[str, Any]:
        """The coefficients on correlators by sets of outputs, as `from_correlators` reads them; two outcomes each.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.catalog.CH.correlators
        >>> found[""], [str(c) for c in found["A"]], [str(c) for c in found["AB"].ravel()]
        (Fraction(-1, 2), ['0', '0'], ['1/4', '1/4', '1/4', '-1/4'])
        """
        form = to_correlators(self._coordinates(), self.collins_gisin)
        return FrozenMapping(split_form(self._coordinates(), form, self.outputs, outcomes=False))

    def _coordinates(self) -> Coordinates:
        if self.coordinates is None:
            raise FunctionalError(
                f"{self.title} does not know which party chooses which input. Give parties={{output: input or None}}."
            )
        return self.coordinates

    # -------------------------------------------------------------------- text

    def _terms(self, notation: str) -> tuple[Terms, ExactNumber]:
        if notation not in NOTATIONS:
            raise FunctionalError(f"the notation {notation!r} is unknown, expected one of {', '.join(NOTATIONS)}.")
        if notation == "probabilities":
            return full_terms(self.coefficients, self.outputs), self.constant
        coordinates, form = self._coordinates(), self.collins_gisin
        if notation == "collins_gisin":
            return collins_gisin_terms(coordinates, form, self.outputs), form[0]
        form = to_correlators(coordinates, form)
        return correlator_terms(coordinates, form, self.outputs), form[0]

    def formula(self, notation: str | None = None) -> str:
        """Return the functional as text.

        Parameters
        ----------
        notation
            ``"probabilities"``, ``"collins_gisin"`` or ``"correlators"``. By default the one with the shortest text;
            the last two suppose no-signaling.

        Returns
        -------
        str
            A sum of terms with exact coefficients.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CH.formula("correlators")
        '(1/4) ⟨A0 B0⟩ + (1/4) ⟨A0 B1⟩ + (1/4) ⟨A1 B0⟩ - (1/4) ⟨A1 B1⟩ - 1/2'
        """
        return sum_text(*self._terms(self._shortest if notation is None else notation))

    def latex(self, notation: str | None = None) -> str:
        r"""Return the functional in LaTeX; by default in the notation of `formula`.

        Parameters
        ----------
        notation
            As in `formula`.

        Returns
        -------
        str
            LaTeX without dollar signs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.catalog.CH.latex("collins_gisin"))
        p(00|00) + p(00|01) + p(00|10) - p(00|11) - p_{A}(0|0) - p_{B}(0|0)
        """
        return sum_latex(*self._terms(self._shortest if notation is None else notation))

    @cached_property
    def _shortest(self) -> str:
        if self.coordinates is None:
            return "probabilities"
        k = len(self.outputs)
        if not self.collins_gisin[1:].any() and (self.coefficients != self.coefficients[(0,) * k]).any():
            return "probabilities"  # zero without signaling: the other notations would not show it
        binary = all(c == 2 for c in self.coefficients.shape[:k])
        choices = ["collins_gisin", "correlators", "probabilities"] if binary else ["collins_gisin", "probabilities"]
        return min(choices, key=lambda notation: len(self.formula(notation)))

    @property
    def title(self) -> str:
        """The name, or the beginning of the formula: for messages."""
        text = str(self)
        return text if len(text) <= _TITLE else f"{text[:_TITLE].rsplit(' ', 1)[0]} …"

    def _repr_latex_(self) -> str:
        name = f"{text_latex(self.name)} = " if self.name else ""
        return f"$\\displaystyle {name}{self.latex()}$"

    def __str__(self) -> str:
        return self.name or self.formula()

    def __repr__(self) -> str:
        return f"{self.name} = {self.formula()}" if self.name else self.formula()
