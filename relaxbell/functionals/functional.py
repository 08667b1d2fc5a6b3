"""`BellFunctional`: a linear function of behaviors with exact coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import read_names, read_parties
from relaxbell.errors import FunctionalError
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, exact_array, to_floats
from relaxbell.frozen import Frozen
from relaxbell.functionals.notation import collins_gisin_text, full_text

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel


class BellFunctional(Frozen):
    """A linear functional Σ c(a,b,…,x,y,…) p(a,b,…|x,y,…) + constant, with exact coefficients.

    Parameters
    ----------
    coefficients
        Array over outputs, then inputs, of exact numbers (int, Fraction, sympy rationals or a + b√n).
    outputs, inputs, parties
        Names as in `Behavior`; functionals and behaviors match by name.
    constant
        Exact number.
    name
        How it is printed.

    Raises
    ------
    FunctionalError
        If coefficients are not exact, or the shape does not fit the names.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.CHSH(rb.pr_box())
    Fraction(4, 1)
    """

    def __init__(
        self,
        coefficients: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        constant: Any = 0,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
    ) -> None:
        self.outputs = read_names(outputs, "outputs", FunctionalError)
        self.inputs = read_names(inputs, "inputs", FunctionalError)
        table, offset = exact_array(coefficients), as_exact(constant)
        if table is None or offset is None:
            raise FunctionalError(
                "coefficients of a Bell functional are exact: found floats or unknown objects. Use integers, "
                "fractions.Fraction or sympy numbers such as sqrt(2)/2."
            )
        if table.ndim != len(self.outputs) + len(self.inputs):
            raise FunctionalError(
                f"coefficients have {table.ndim} axes, expected {len(self.outputs) + len(self.inputs)}: one for each "
                f"of {', '.join(self.outputs + self.inputs)}."
            )
        table.setflags(write=False)
        self.coefficients: Exact = table
        self.constant: ExactNumber = offset
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self.name = name
        self._seal()

    # -------------------------------------------------------------- evaluation

    def __call__(self, behavior: Behavior) -> float | ExactNumber:
        """Return the value on a behavior: exact if the behavior is, else a float.

        Raises
        ------
        FunctionalError
            If it is no behavior, or has other variables or cardinalities.
        """
        if not isinstance(behavior, Behavior):
            raise FunctionalError(
                f"{self} takes a Behavior: found a {type(behavior).__name__}. Use Behavior(p, outputs, inputs) for an "
                "array."
            )
        if set(behavior.outputs) != set(self.outputs) or set(behavior.inputs) != set(self.inputs):
            raise FunctionalError(
                f"{self} lives on p({','.join(self.outputs)}|{','.join(self.inputs)}), found a behavior "
                f"p({','.join(behavior.outputs)}|{','.join(behavior.inputs)}). Use rename({{old: new}})."
            )
        behavior = behavior.transposed(self.outputs, self.inputs)
        if behavior.p.shape != self.coefficients.shape:
            raise FunctionalError(
                f"{self} has cardinalities {self.coefficients.shape}, the behavior {behavior.p.shape}. "
                "Use the functional of this scenario."
            )
        if behavior.exact is not None:
            exact: ExactNumber = (self.coefficients * behavior.exact).sum() + self.constant
            return exact
        return float((self.floats * behavior.p).sum() + float(self.constant))

    @cached_property
    def floats(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The coefficients as float64."""
        return to_floats(self.coefficients)

    def bound(self, model: CausalModel, subject_to: Sequence[Any] = ()) -> Any:
        """Return the maximum over the behaviors of a model: the bound of a (relaxed) Bell inequality.

        Parameters
        ----------
        model
            Any causal model with the same variables.
        subject_to
            Budgets of measures and affine CVXPY constraints on ``model.q``, as in `minimize`. With a symbolic
            budget, ``c <= sympy.Symbol("epsilon")``, the bound is an exact function of it, a `Curve`.

        Returns
        -------
        ExactNumber, float or Curve
            The exact maximum. Where constraints or the input distribution have numbers that are not exact
            (or the exact solution was not found), a float that is rounded up: no behavior of the model exceeds it.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.CHSH.bound(rb.bell()), rb.CHSH.bound(rb.bell().relax("X -> B"))
        (Fraction(2, 1), Fraction(4, 1))
        >>> from sympy import Symbol
        >>> model = rb.input_signaling()
        >>> rb.CHSH.bound(model, subject_to=[rb.influence(model, "X", "B") <= Symbol("e")])
        max CHSH for e in [0, 1]: exact, 2 pieces, 3 linear programs
          [0, 1/2]: 2 + 4 e
          [1/2, 1]: 4
        """
        from relaxbell.solve.functional_bound import functional_bound, is_symbolic

        if is_symbolic(subject_to):
            from relaxbell.curves.making import bound_curve

            return bound_curve(self, model, subject_to)
        return functional_bound(self, model, subject_to)

    # ------------------------------------------------------------------ algebra

    def _combine(self, coefficients: Exact, constant: ExactNumber, name: str | None = None) -> BellFunctional:
        return BellFunctional(
            coefficients, self.outputs, self.inputs, constant=constant, parties=self.parties, name=name
        )

    def __add__(self, other: object) -> BellFunctional:
        if isinstance(other, BellFunctional):
            other = other.transposed(self.outputs, self.inputs)
            if other.coefficients.shape != self.coefficients.shape:
                raise FunctionalError(f"cannot add functionals of different scenarios: {self} and {other}.")
            return self._combine(self.coefficients + other.coefficients, self.constant + other.constant)
        number = as_exact(other)
        return NotImplemented if number is None else self._combine(self.coefficients, self.constant + number)

    __radd__ = __add__

    def __neg__(self) -> BellFunctional:
        return self * -1

    def __sub__(self, other: Any) -> BellFunctional:
        return self + other * -1

    def __rsub__(self, other: Any) -> BellFunctional:
        return -self + other

    def __mul__(self, factor: object) -> BellFunctional:
        number = as_exact(factor)
        if number is None:
            return NotImplemented
        return self._combine(self.coefficients * number, self.constant * number)

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> BellFunctional:
        number = as_exact(divisor)
        return NotImplemented if number is None else self * (Fraction(1) / number)

    def transposed(self, outputs: str | Sequence[str], inputs: str | Sequence[str]) -> BellFunctional:
        """Return the same functional with its axes in another order."""
        outputs = read_names(outputs, "outputs", FunctionalError)
        inputs = read_names(inputs, "inputs", FunctionalError)
        if (outputs, inputs) == (self.outputs, self.inputs):
            return self
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise FunctionalError(
                f"variables do not match: {self} lives on p({','.join(self.outputs)}|{','.join(self.inputs)}), asked "
                f"for p({','.join(outputs)}|{','.join(inputs)})."
            )
        order = [(self.outputs + self.inputs).index(n) for n in outputs + inputs]
        table = self.coefficients.transpose(order)
        return BellFunctional(table, outputs, inputs, constant=self.constant, parties=self.parties, name=self.name)

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
        if self.coordinates is None:
            raise FunctionalError(
                f"{self} does not know which party chooses which input. Give parties={{output: input or None}}."
            )
        form = self.coordinates.pull_back(self.coefficients)
        form[0] = form[0] + self.constant
        return form

    def formula(self) -> str:
        """Return the functional as text: Collins–Gisin marginals where no-signaling allows, else cells."""
        if self.coordinates is None:
            return full_text(self.coefficients, self.constant, self.outputs, self.inputs)
        return collins_gisin_text(self.coordinates, self.collins_gisin, self.outputs)

    def __str__(self) -> str:
        return self.name or self.formula()

    def __repr__(self) -> str:
        return f"{self.name} = {self.formula()}" if self.name else self.formula()
