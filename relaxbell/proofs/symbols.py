"""The symbol of a formula and the parameter that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaxbell.curves.curve import Curve
from relaxbell.curves.parameters import read_parameter
from relaxbell.errors import ProofError
from relaxbell.exact.numbers import ExactNumber

if TYPE_CHECKING:
    from sympy import Expr, Symbol

_LONGEST = 40
"""Letters of a name in a message: parameters are called like functionals where nobody names them."""


def called(line: Curve, parameter: object, expression: Expr) -> str:
    """Return what a formula calls the parameter of a curve: the name it was given; where there is none, any, or t."""
    if parameter is None:
        plain = line.symbol is None and {str(s) for s in expression.free_symbols} == {"t"}
        return "t" if plain else line.variable
    own = read_parameter(parameter)
    if own.power != 1 or (line.symbol is not None and line.variable != own.name):
        raise ProofError(f"the parameter is {parameter}, but that of the curve is {line.variable}. Leave it out.")
    return own.name


def with_one_symbol(expression: Expr, name: str) -> tuple[Expr, Symbol]:
    """Return a formula whose only symbol is that of a parameter, and the symbol.

    Symbols are told apart by their names, here as in closed forms: v and a real v are one.
    """
    import sympy

    free = sorted(expression.free_symbols, key=sympy.default_sort_key)
    others = sorted({str(s) for s in free} - {name})
    if others:
        name = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
        raise ProofError(
            f"the formula has the symbol{'s' * (len(others) > 1)} {', '.join(others)}, expected one: the parameter "
            f"{name}. Put {others[0]} as a function of {name} into it, formula.subs({others[0]}, …), give functionals "
            "of p such as rb.Maximum(0, rb.catalog.CH), which are evaluated along the behaviors, or say "
            f"parameter=sympy.Symbol({others[0]!r}) if that is what changes."
        )
    symbol = free[0] if free else sympy.Symbol(name)
    return expression.xreplace({s: symbol for s in free}), symbol


def check_assumptions(symbol: Symbol, low: ExactNumber | Expr, high: ExactNumber | Expr) -> None:
    """Raise ProofError if a symbol is assumed to be what a parameter is not: sympy may have used it."""
    wrong = {
        "integer": symbol.is_integer,
        "rational": symbol.is_rational,
        "irrational": symbol.is_irrational,
        "not real": symbol.is_extended_real is False,
        "nonnegative": symbol.is_extended_nonnegative and low < 0,
        "nonpositive": symbol.is_extended_nonpositive and high > 0,
        "nonzero": symbol.is_zero,
    }
    found = [name for name, holds in wrong.items() if holds]
    if found and low != high:
        raise ProofError(
            f"the formula's {symbol} is assumed to be {found[0]}, but the parameter goes from {low} to {high}: sympy "
            f"may have simplified the formula by that. Write it with sympy.Symbol({str(symbol)!r}, real=True)."
        )
