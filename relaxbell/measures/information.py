"""Mutual information between settings and the latent variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats, read_float
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.dependences import dependence
from relaxbell.measures.factorized import (
    FactorizedInformation,
    check_parties,
    conditional_latex,
    is_single,
    read_factorized,
)
from relaxbell.measures.measure import Limit, LinearMeasure, Measure, is_symbol, read_limit
from relaxbell.measures.settings import SettingLayout, joint_weights, setting_layout

if TYPE_CHECKING:
    import cvxpy as cp

_CONE, _REFERENCE = 4600, 100
"""Bytes of the cone program for each cone, and for each entry of p(x) q(λ). Seen: 1.25 GB for 262,144 cones."""


@dataclass(frozen=True, eq=False, repr=False)
class MutualInformation(Measure):
    """I(X, Y, …:Λ) in bits: convex, relative entropy of q(x, λ) to p(x) q(λ).

    Attributes
    ----------
    layout
        Strategies sorted by setting and λ.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.mutual_information(rb.measurement_dependence()).unit
    'bit'
    """

    layout: SettingLayout = field(kw_only=True)

    @property
    def needs_cones(self) -> bool:
        return True

    @property
    def for_all_values(self) -> bool:
        return True

    @property
    def largest(self) -> tuple[Fraction, str]:
        size = self.model.input_distribution.table.size
        return Fraction(math.log2(size)) + Fraction(1, 10**9), "the entropy of uniform settings"

    @property
    def expression(self) -> cp.Expression:
        """The information in bits as a CVXPY expression (exponential cones)."""
        return self.expression_of(self.model.q)

    def check_size(self) -> None:
        """Raise ModelTooLargeError if the exponential cones of the information do not fit in memory.

        Raises
        ------
        ModelTooLargeError
            With the size of the program.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mutual_information(rb.measurement_dependence()).check_size()
        """
        settings, count = len(self.layout.weights), self.layout.count
        check_memory(
            f"min {self.name}, a program of {settings * count:,} exponential cones,",
            settings * count * (_CONE + _REFERENCE * settings),
            "Reduce the settings or the outcomes, or bound it by dependence(model): see pinsker_bound.",
        )

    def expression_of(self, variable: cp.Expression) -> cp.Expression:
        """Return the information in bits as an expression of another CVXPY variable.

        Parameters
        ----------
        variable
            Weights of the strategies, shape (n,).

        Returns
        -------
        cvxpy.Expression
            Convex.

        Examples
        --------
        >>> import cvxpy as cp
        >>> import relaxbell as rb
        >>> measure = rb.mutual_information(rb.measurement_dependence())
        >>> measure.expression_of(cp.Variable(measure.model.strategies.count, nonneg=True)).is_convex()
        True
        """
        import cvxpy as cp

        self.check_size()
        layout = self.layout
        reference = _reference(layout, self.model.strategies.count)
        return cp.sum(cp.rel_entr(variable[layout.numbers.ravel()], reference @ variable)) / np.log(2)

    def _at(self, q: Floats) -> float:
        return self._of(q[self.layout.numbers])

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        return self._of(joint_weights(self.model, self.layout, strategies, weights))

    def _of(self, joint: Floats) -> float:
        joint = joint.clip(0.0)
        product = np.outer(self.layout.floats, joint.sum(axis=0))
        used = product > 0
        # r ln r − (r − 1), r = 1 + ratio: none is negative, and Σ product (r − 1) = 0, so nothing cancels in the sum
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = joint[used] / product[used] - 1
            terms = np.where(ratio > -1, (1 + ratio) * np.log1p(ratio) - ratio, 1.0)
        return max(0.0, float(product[used] @ terms / np.log(2)))

    def __le__(self, limit: object) -> InformationBudget:
        found = read_limit(self, limit)
        if not is_symbol(found) and found < 0:
            raise MeasureError(f"the budget {self.name} <= {limit} is negative, expected bits: 0 or more.")
        return InformationBudget(self, found)

    def statement(self) -> dict[str, object]:
        return {"kind": "mutual information"}

    def linear(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} is a relative entropy, not piecewise linear, and has no {what} here. Use its .expression in "
            "your own cp.Problem, or dependence(model), which bounds it: see pinsker_bound."
        )

    def zero_like(self, what: str) -> LinearMeasure:
        return dependence(self.model)

    def tested(self) -> MutualInformation:
        return self

    @property
    def formula(self) -> str:
        return "Σ q(x,λ) log2[q(x,λ) / (p(x) q(λ))]"


@dataclass(frozen=True, eq=False, repr=False)
class InformationBudget(Limit):
    """An upper limit on the mutual information, in bits: ``mutual_information(model) <= 0.1``.

    A constraint of `minimize`, `bounds`, `sweep` and `BellFunctional.bound`; convex, so that values are floats with
    rigorous bounds.

    Attributes
    ----------
    measure
        The information.
    limit
        Bits: an exact number (floats count as the decimals that print them), or a sympy symbol, of which
        `BellFunctional.bound` makes a curve.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> round(rb.catalog.CHSH.bound(model, subject_to=[rb.mutual_information(model) <= 0.1]), 9)
    3.176755298
    """

    measure: MutualInformation


@overload
def mutual_information(model: CausalModel, *, factorized: Literal[False] = False) -> MutualInformation: ...
@overload
def mutual_information(model: CausalModel, *, factorized: bool) -> MutualInformation | FactorizedInformation: ...
def mutual_information(model: CausalModel, *, factorized: bool = False) -> MutualInformation | FactorizedInformation:
    """Return I(X, Y, …:Λ), the mutual information between the dependent inputs and Λ, in bits.

    Its minimum is a convex program: Σ q(x, λ) log2[q(x, λ)/(p(x) q(λ))] is jointly convex, and taking
    the response functions for λ loses nothing (data processing). After its Eq. (11) the paper bounds it from both sides
    (Fig. 3); `minimize` returns it with a rigorous lower bound.

    The joint settings x depend on λ in any way: where there are several, p(x, y|λ) need not factorize into
    p(x|λ) p(y|λ). That is the retrocausal question, settings that influence λ or a conspiracy of both; for settings
    that each respond to λ on their own, the values are lower bounds. ``factorized=True`` asks that causal question, for
    two dependent inputs: the least Σ_λ p(λ) D(p(x|λ) p(y|λ) ‖ p(x, y)) (Hall, Phys. Rev. A 84, 022102 (2011); Hall and
    Branciard, Phys. Rev. A 102, 052228 (2020)). See the page *Factorized measurement dependence*.

    Parameters
    ----------
    model
        With dependent inputs, such as `measurement_dependence`.
    factorized
        Whether p(x, y|λ) = p(x|λ) p(y|λ). With a single dependent input both questions are the same.

    Returns
    -------
    MutualInformation or FactorizedInformation
        In bits, convex in the behavior.

    Raises
    ------
    MeasureError
        If no input of the model is dependent, or `factorized` is neither True nor False.
    UnsupportedModelError
        If it is to be factorized, and more than two inputs are dependent.

    Examples
    --------
    >>> import relaxbell as rb
    >>> s = rb.minimize(rb.mutual_information(rb.measurement_dependence()), rb.boxes.tsirelson())
    >>> round(s.value, 6), s.value - s.lower_bound < 1e-6
    (0.046274, True)
    >>> causal = rb.mutual_information(rb.measurement_dependence(), factorized=True)
    >>> round(rb.minimize(causal, rb.boxes.tsirelson()).value, 6)
    0.08017
    """
    layout = setting_layout(model, "I")
    x = ",".join(small(n) for n in layout.names)
    if read_factorized(factorized) and not is_single(layout):
        check_parties(model, layout, "I")
        apart = conditional_latex(layout)
        equation = rf"\sum_\lambda p(\lambda)\, D\!\left({apart} \,\middle\|\, p({x})\right)"
        symbol = rf"I_{{\mathrm{{fact}}}}({layout.latex} : \Lambda)"
        own = Definition("mutual information", mutual_information, {"factorized": True}, symbol, equation)
        name = f"I({','.join(layout.names)}:Λ) factorized"
        return FactorizedInformation(model, name, "bit", definition=own, layout=layout)
    joint = rf"p({x},\lambda)"
    equation = rf"\sum_{{{x},\lambda}} {joint} \log_2 \frac{{{joint}}}{{p({x})\,p(\lambda)}}"
    definition = Definition("mutual information", mutual_information, {}, f"I({layout.latex} : \\Lambda)", equation)
    name = f"I({','.join(layout.names)}:Λ)"
    return MutualInformation(model, name, "bit", definition=definition, layout=layout)


def pinsker_bound(dependence: float) -> float:
    """Return the lower bound M² log2(e) / 2 on the mutual information in bits, from M = `dependence`.

    Pinsker's inequality D ≥ (log2 e)/2 ‖p − q‖₁² with M the l1 distance of p(x, λ) and p(x) p(λ). The
    paper prints it without the 1/2 (erratum E2), which the Tsirelson point contradicts.

    Parameters
    ----------
    dependence
        M, dimensionless, 0 … 2.

    Returns
    -------
    float
        Bits.

    Raises
    ------
    MeasureError
        If `dependence` is not a number from 0 to 2.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.pinsker_bound(0.25), 4)
    0.0451
    """
    value = read_float(dependence, "the dependence M", MeasureError)
    if not 0 <= value <= 2:
        raise MeasureError(f"the dependence M is {dependence}, expected a number from 0 to 2.")
    return value**2 * float(np.log2(np.e) / 2)


def _reference(layout: SettingLayout, strategies: int) -> sp.csr_array:
    """Return P with (P q)_(x, λ) = p(x) q(λ)."""
    settings, count = layout.numbers.shape
    rows = np.repeat(np.arange(settings * count), settings)
    columns = np.tile(layout.numbers.T.reshape(1, count, settings), (settings, 1, 1)).ravel()
    values = np.repeat(layout.floats, count * settings)
    return sp.csr_array((values, (rows, columns)), shape=(settings * count, strategies))
