"""Limits of p(settings|λ): the same for each λ, as constraints on q and as the polytope that they leave.

Bounded measurement dependence (Pütz, Rosset, Barnea, Liang and Gisin, PRL 113, 190402, 2014), and sources of Santha and
Vazirani (J. Comput. Syst. Sci. 33, 75, 1986), of which each bit is bounded given λ and the bits before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import ExactNumber, as_exact, read_fraction
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import is_symbol
from relaxbell.measures.setting_rows import Limit, SettingBound, bound_memory, limit_constraints, setting_bits
from relaxbell.measures.setting_vertices import limit_vertices
from relaxbell.measures.settings import SettingLayout, setting_layout

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, eq=False)
class SettingLimits:
    """What p(settings|λ) may be, for every λ; see `setting_bounds`.

    Attributes
    ----------
    model
        With dependent inputs.
    layout
        The settings that occur.
    lower, upper
        Exact numbers, symbols, or None.
    bias
        Of bits: how far they may be from 1/2.
    alone
        Whether bits are bounded given λ alone, not given those before.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> rb.setting_bounds(rb.measurement_dependence(), upper=sympy.Symbol("P"))
    [p(X,Y|λ) <= P]
    """

    model: CausalModel
    layout: SettingLayout
    lower: Limit = None
    upper: Limit = None
    bias: Limit = None
    alone: bool = False

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols among the limits, in the order of the arguments, each once."""
        found = (own for own in (self.lower, self.upper, self.bias) if is_symbol(own))
        return tuple(dict.fromkeys(found))

    def at(self, values: Mapping[sympy.Symbol, Fraction]) -> SettingLimits:
        """Return the limits with numbers for symbols.

        Parameters
        ----------
        values
            Numbers by symbols.

        Returns
        -------
        SettingLimits
            Of the same model.

        Raises
        ------
        MeasureError
            If they exclude the distribution of the settings itself.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> P = sympy.Symbol("P")
        >>> rb.setting_bounds(rb.measurement_dependence(), upper=P)[0].at({P: 0.3})
        p(X,Y|λ) <= 3/10
        """
        lower, upper, bias = (
            _number(values[own], self.layout) if is_symbol(own) and own in values else own
            for own in (self.lower, self.upper, self.bias)
        )
        found = replace(self, lower=lower, upper=upper, bias=bias)
        check_limits(found)
        return found

    def __repr__(self) -> str:
        who = f"p({','.join(self.layout.names)}|λ)"
        parts = [f"{who} >= {self.lower}"] if self.lower is not None else []
        parts += [f"{who} <= {self.upper}"] if self.upper is not None else []
        if self.bias is not None:
            given = "λ alone" if self.alone else "λ and the bits before"
            parts.append(f"|p(bit) - 1/2| <= {self.bias} given {given}")
        return ", ".join(parts)

    # ------------------------------------------------------------------- what they say

    @property
    def least_bias(self) -> Fraction:
        """How far the bits are from 1/2 in the distribution of the settings itself."""
        worst = Fraction(0)
        for own, rest in setting_bits(self.layout, self.alone):
            whole = sum((self.layout.weights[x] for x in rest), Fraction(0))
            part = sum((self.layout.weights[x] for x in own), Fraction(0))
            worst = max(worst, abs(part / whole - Fraction(1, 2)))
        return worst

    def vertices(self, *, at: Mapping[sympy.Symbol, Fraction] = MappingProxyType({})) -> list[tuple[sympy.Expr, ...]]:
        """Return the extreme p(x|λ) within the limits, as expressions of the symbols.

        Parameters
        ----------
        at
            Numbers for the symbols: which inequalities meet in a vertex is found there, and holds nearby.

        Returns
        -------
        list of tuple
            One number or expression for each setting that occurs, of sum 1.

        Raises
        ------
        MeasureError
            If a symbol has no number, or these exclude the settings' own distribution.

        Examples
        --------
        >>> import relaxbell as rb, sympy
        >>> P = sympy.Symbol("P")
        >>> rb.setting_bounds(rb.measurement_dependence(), upper=P)[0].vertices(at={P: sympy.Rational(7, 24)})[0]
        (P, P, P, 1 - 3*P)
        """
        fixed = self.at(at)
        if fixed.symbols:
            raise MeasureError(f"at has no number for {fixed.symbols[0]}, a symbol of {self}. Give one for each.")
        return limit_vertices(self, fixed)


def check_limits(limits: SettingLimits) -> None:
    """Raise MeasureError where numbers exclude the settings' own distribution."""
    who = f"p({','.join(limits.layout.names)}|λ)"
    weights = limits.layout.weights
    for limit, side, extreme in ((limits.lower, -1, min(weights)), (limits.upper, 1, max(weights))):
        if limit is None or is_symbol(limit):
            continue
        if not 0 <= limit <= 1 or side * (extreme - limit) > 0:
            raise MeasureError(
                f"the bound {limit} on {who} cannot hold: the settings themselves have probability "
                f"{float(extreme):g}. Expected {'at most' if side < 0 else 'at least'} that."
            )
    if limits.bias is not None and not is_symbol(limits.bias):
        least = limits.least_bias
        if not least <= limits.bias <= Fraction(1, 2):
            raise MeasureError(
                f"santha_vazirani={limits.bias} for {who} cannot hold: found bits that are {float(least):g} from 1/2 "
                "in the settings' own distribution. Expected at least that, and at most 1/2."
            )


def _read(limit: Any, layout: SettingLayout) -> Limit:
    """Return a limit as an exact number, a symbol, or None."""
    if limit is None or is_symbol(limit):
        return limit
    if getattr(limit, "free_symbols", None):
        raise MeasureError(
            f"the bound {limit} on p({','.join(layout.names)}|λ) is an expression of symbols, expected a number or a "
            "symbol alone. Give the symbol, and put the expression into the curve: curve.to_sympy()."
        )
    return _number(limit, layout)


def _number(limit: object, layout: SettingLayout) -> ExactNumber:
    exact = as_exact(limit)
    what = f"the bound on p({','.join(layout.names)}|λ)"
    return read_fraction(limit, what, MeasureError) if exact is None else exact


def setting_bounds(
    model: CausalModel,
    *,
    lower: Any = None,
    upper: Any = None,
    santha_vazirani: Any = None,
    alone: bool = False,
) -> list[Any]:
    """Return the constraints lower ≤ p(x|λ) ≤ upper for every λ, for `subject_to`.

    Bounded measurement dependence in the sense of Pütz, Rosset, Barnea, Liang and Gisin, PRL 113,
    190402 (2014), doi:10.1103/PhysRevLett.113.190402. x are the joint settings of all dependent inputs: with several,
    p(x, y|λ) need not factorize into p(x|λ) p(y|λ), see `dependence`.

    Parameters
    ----------
    model
        With dependent inputs.
    lower, upper
        Probabilities, or None for no bound: exact where they are (fractions, a + b√n); floats mean the decimals that
        print them. Or a sympy symbol: `BellFunctional.bound` then gives a curve, of rational pieces, and
        `CausalModel.inequalities` proves its facets for it.
    santha_vazirani
        ε, a number or a symbol: dependent inputs are bits of a source of Santha and Vazirani (1986), in the model's
        order, each with |p(bit|λ, bits before) − 1/2| ≤ ε.
    alone
        Bound each bit given λ alone instead, p(x|λ) and p(y|λ): then they may be equal always, however small ε is, and
        CHSH reaches 4.

    Returns
    -------
    list
        One for each bound: CVXPY constraints on ``model.q``, or where strategies are too many to list them, constraints
        for `minimize` and `BellFunctional.bound`, which keep them without a list; with symbols a `SettingLimits`.

    Raises
    ------
    MeasureError
        If a bound is not a probability or a symbol, or excludes the settings' own distribution; or if settings with
        other than two values are bits.
    ModelTooLargeError
        If they do not fit in memory.

    Examples
    --------
    >>> import relaxbell as rb, sympy
    >>> model = rb.measurement_dependence()
    >>> len(rb.setting_bounds(model, lower=0.1, upper=0.5))
    2
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=0.1))  # 4 − 8 (1/2 − ε)²
    Fraction(68, 25)
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=0.1, alone=True))
    Fraction(4, 1)
    >>> rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, upper=sympy.Symbol("P")))
    max CHSH for P in [1/4, 1]: exact, 2 pieces
      [1/4, 1/3]: 24*P - 4
      [1/3, 1]: 4
    """
    layout = setting_layout(model, "the bounds of p", bound_memory)
    limits = SettingLimits(
        model, layout, _read(lower, layout), _read(upper, layout),
        _read(santha_vazirani, layout), alone,
    )  # fmt: skip
    if limits.bias is not None:
        wide = [name for name in layout.names if model.cardinality[name] != 2]
        if wide:
            raise MeasureError(
                f"santha_vazirani is for bits: {wide[0]} has {model.cardinality[wide[0]]} values, expected two. Use "
                "lower and upper."
            )
    elif alone:
        raise MeasureError("alone=True goes with santha_vazirani, which is missing. Give ε, or leave alone out.")
    check_limits(limits)
    if limits.symbols:
        return [limits]
    return [_stated(constraint, limits) for constraint in limit_constraints(limits)]


def _stated(constraint: AffineConstraint, limits: SettingLimits) -> Any:
    """Return a constraint of CVXPY where its rows can be listed, else the constraint itself."""
    if isinstance(constraint, SettingBound) and not len(constraint.rhs):
        return constraint
    own = constraint.in_cvxpy(limits.model)
    own.limits = limits
    return own
