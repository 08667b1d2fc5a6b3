"""The parameter of a curve: its name, its symbol, and the power of it that the data are affine in."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber, as_exact, to_sympy


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes
    ----------
    given, own
        Its name and symbol where the user gave one of them.
    power
        Data are affine in this power of it.
    default
        Its name otherwise.
    """

    given: str | None = None
    own: Any = None
    power: int = 1
    default: str = "t"

    @property
    def name(self) -> str:
        """What it is called."""
        return self.default if self.given is None else self.given

    @cached_property
    def symbol(self) -> Any:
        """The symbol: the user's own, or a real one with the name."""
        import sympy

        return sympy.Symbol(self.name, real=True) if self.own is None else self.own

    @property
    def text(self) -> str:
        """The power, for example v^2."""
        return power_text(self.name, self.power)

    def with_power(self, power: int) -> Parameter:
        """Return the parameter with another power."""
        return replace(self, power=power)

    def named(self, default: str) -> Parameter:
        """Return the parameter with another name where the user gave none."""
        return replace(self, default=default)


def called_as(parameter: Parameter, function: Callable[..., object]) -> Parameter:
    """Return the parameter with the name of a function's only argument, unless it was given another."""
    try:
        own = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some functions written in C have none
        return parameter
    names = [argument.name for argument in own if argument.default is argument.empty]
    plain = [argument.kind in (argument.POSITIONAL_ONLY, argument.POSITIONAL_OR_KEYWORD) for argument in own]
    known = len(names) == 1 and all(plain) and not names[0].startswith("_")
    return parameter.named(names[0]) if known else parameter


def power_text(name: str, power: int) -> str:
    """Return a power of a name as a factor: names of budgets may be sums, or begin with a minus."""
    factor = f"({name})" if name.startswith("-") or " + " in name or " - " in name else name
    return factor if power == 1 else f"{factor}^{power}"


def read_parameter(parameter: Any) -> Parameter:
    """Read a name, a sympy symbol, or a power of one.

    Raises
    ------
    MeasureError
        For anything else.
    """
    if parameter is None:
        return Parameter()
    import sympy

    if isinstance(parameter, str) and parameter.isidentifier():
        return Parameter(parameter, sympy.Symbol(parameter, real=True))
    if isinstance(parameter, sympy.Expr):
        base, exponent = parameter.as_base_exp()
        if isinstance(base, sympy.Symbol) and exponent.is_Integer and exponent > 0:
            return Parameter(str(base), base, int(exponent))
    raise MeasureError(
        f"the parameter is {parameter!r}, expected a name such as 'v', a sympy symbol, or a positive power of one such "
        "as v**2. For other functions of it give the family as a function, or choose a parameter in which it is affine."
    )


def read_number(value: Any, what: str) -> ExactNumber:
    """Read an exact number; a float as the shortest decimal that prints it.

    Raises
    ------
    MeasureError
        For anything else.
    """
    exact = as_exact(value)
    if exact is not None:
        return exact
    if isinstance(value, float) and math.isfinite(value):
        return Fraction(repr(float(value)))
    raise MeasureError(f"{what} is {value!r}, expected a number such as 0.1, Fraction(1, 10) or sympy's sqrt(2)/2.")


def from_text(value: Any) -> Any:
    """Return a text such as "9/10" as the fraction that it is; anything else as it stands, to be refused as such."""
    with contextlib.suppress(ValueError, ZeroDivisionError):
        return Fraction(value) if isinstance(value, str) else value
    return value


def read_over(over: Any) -> tuple[Fraction, Fraction]:
    """Read the ends of a function's parameter; 0 and 1 by default.

    Raises
    ------
    MeasureError
        If they are not two ascending rational numbers.
    """
    if over is None:
        return Fraction(0), Fraction(1)
    if not isinstance(over, tuple | list) or len(over) != 2:
        raise MeasureError(f"over={over!r}, expected the two ends of the parameter, such as (0, 1).")
    low, high = (read_number(v, "an end of the parameter") for v in over)
    if not (isinstance(low, Fraction) and isinstance(high, Fraction) and low < high):
        raise MeasureError(f"over=({low}, {high}), expected two ascending rational numbers, such as (0, 1).")
    return low, high


def root_of(t: ExactNumber, power: int) -> Any:
    """Return the number whose power is t: an exact number where that suffices, else a sympy number."""
    if power == 1:
        return t
    import sympy

    root = sympy.root(to_sympy(t), power)
    exact = as_exact(root)
    return root if exact is None else exact
