"""Values of functionals on behaviors, exact, numeric or symbolic."""

from __future__ import annotations

import contextlib
from functools import cached_property
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.scenario import Scenario, same_variables
from relaxbell.errors import BehaviorError, FunctionalError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import exact_array, to_floats, to_sympy
from relaxbell.functionals.arithmetic import Arithmetic


class Evaluated(Arithmetic):
    """Functionals as functions of behaviors; `BellFunctional` is the one to use."""

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.coefficients.shape, self.parties)

    def __call__(self, behavior: Behavior | Any) -> Any:
        """Return the value on a behavior, or on any table of numbers or sympy expressions.

        Parameters
        ----------
        behavior
            A `Behavior`, matched by name; or an array with the shape and the axes of `coefficients`, for example
            one with free symbols, ``v * box.table + (1 - v) * noise.table``. Axes with names (``dims``) are matched
            by name.

        Returns
        -------
        ExactNumber, float or sympy expression
            Exact if the behavior is; a sympy expression if a free symbol occurs, or several square roots.

        Raises
        ------
        FunctionalError
            If the behavior has other variables or cardinalities.
        BehaviorError
            If an array has entries that are masked, complex or no numbers.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> v, box = Symbol("v"), rb.boxes.tsirelson()
        >>> rb.catalog.CHSH(v * box.table + (1 - v) * box.white_noise().table)
        2*sqrt(2)*v
        """
        if not isinstance(behavior, Behavior):
            return self._on_table(behavior)
        if not same_variables(behavior, self):
            raise FunctionalError(
                f"{self.title} lives on {self.scenario.symbol}, found a behavior {behavior.scenario.symbol}. "
                "Use rename({old: new})."
            )
        behavior = behavior.transposed(self.outputs, self.inputs)
        return self._on_table(behavior.table)

    def _on_table(self, table: Any) -> Any:
        array = real_array(table, "p", BehaviorError, self.outputs + self.inputs, any_object=True)
        if not array.ndim:
            raise FunctionalError(
                f"{self.title} is a function of probabilities: found a {type(table).__name__}, expected a Behavior or "
                "an array of them. Counts become one by counts.fit().behavior."
            )
        if array.shape != self.coefficients.shape:
            raise FunctionalError(
                f"{self.title} has cardinalities {self.coefficients.shape}, the behavior {array.shape}. "
                "Use the functional of this scenario."
            )
        if array.dtype.kind == "f":
            return float((self.floats * array).sum() + float(self.constant))
        exact = exact_array(array)
        if exact is not None:
            with contextlib.suppress(ValueError):  # √2 in the functional, √3 in the behavior
                return (self.coefficients * exact).sum() + self.constant
        return self._symbolic(array)

    def _symbolic(self, array: Any) -> Any:
        import sympy

        total = to_sympy(self.constant)
        for index, coefficient in np.ndenumerate(self.coefficients):
            try:
                entry = sympy.sympify(array[index], strict=True)  # at coefficient 0 too: no missing value passes
            except sympy.SympifyError:
                raise FunctionalError(
                    f"p{list(index)} is {array[index]!r}, expected a number or a sympy expression."
                ) from None
            if coefficient != 0:
                total += to_sympy(coefficient) * entry
        return sympy.expand(total)

    @cached_property
    def floats(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The coefficients as float64."""
        return to_floats(self.coefficients)
