"""Mutual information between settings and the latent variable."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import read_float
from relaxbell.exact.rows import Rows
from relaxbell.measures.dependence import SettingLayout, setting_layout
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Linear

_CONE, _REFERENCE = 4600, 100
"""Bytes of the cone program for each cone, and for each entry of p(x) q(λ). Seen: 1.25 GB for 262,144 cones."""


@dataclass(frozen=True, eq=False)
class MutualInformation(Measure):
    """I(X, Y, …:Λ) in bits: convex, relative entropy of q(x, λ) to p(x) q(λ)."""

    layout: SettingLayout | None = None

    @property
    def settings(self) -> SettingLayout:
        """The strategies sorted by setting and λ."""
        assert self.layout is not None  # set by mutual_information, the only maker
        return self.layout

    @property
    def expression(self) -> Any:
        """The information in bits as a CVXPY expression (exponential cones)."""
        return self.expression_of(self.model.q)

    def check_size(self) -> None:
        """Raise ModelTooLargeError if the exponential cones of the information do not fit in memory."""
        settings, count = self.settings.numbers.shape
        check_memory(
            f"min {self.name}, a program of {settings * count:,} exponential cones,",
            settings * count * (_CONE + _REFERENCE * settings),
            "Reduce the settings or the outcomes, or bound it by dependence(model): see pinsker_bound.",
        )

    def expression_of(self, q: Any) -> Any:
        """Return the information in bits as an expression of another CVXPY variable of shape (n,)."""
        import cvxpy as cp

        self.check_size()
        layout = self.settings
        reference = _reference(layout, self.model.strategies.count)
        return cp.sum(cp.rel_entr(q[layout.numbers.ravel()], reference @ q)) / np.log(2)

    def _at(self, q: NDArray[np.float64]) -> float:
        joint = q[self.settings.numbers].clip(0.0)
        product = np.outer([float(w) for w in self.settings.weights], joint.sum(axis=0))
        used = product > 0
        # r ln r − (r − 1), r = 1 + ratio: none is negative, and Σ product (r − 1) = 0, so nothing cancels in the sum
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = joint[used] / product[used] - 1
            terms = np.where(ratio > -1, (1 + ratio) * np.log1p(ratio) - ratio, 1.0)
        return max(0.0, float(product[used] @ terms / np.log(2)))

    def statement(self) -> dict[str, Any]:
        """Return the information, as certificates state it."""
        return {"kind": "mutual information"}

    def _check_combinable(self, what: str) -> None:
        raise MeasureError(
            f"{self.name} is a relative entropy and has no {what} here. Use its .expression in your own cp.Problem, or "
            "dependence(model), which bounds it: see pinsker_bound."
        )

    def __repr__(self) -> str:
        return f"{self.name} = Σ q(x,λ) log2[q(x,λ) / (p(x) q(λ))]  (bit; {self.model.name})"


def mutual_information(model: CausalModel) -> MutualInformation:
    """Return I(X, Y, …:Λ), the mutual information between the dependent inputs and Λ, in bits.

    Its minimum is a convex program: Σ q(x, λ) log2[q(x, λ)/(p(x) q(λ))] is jointly convex, and taking
    the response functions for λ loses nothing (data processing). After its Eq. (11) the paper bounds it from both sides
    (Fig. 3); `minimize` returns it with a rigorous lower bound.

    The joint settings x depend on λ in any way: where there are several, p(x, y|λ) need not factorize into
    p(x|λ) p(y|λ). That is the retrocausal question, settings that influence λ or a conspiracy of both; for settings
    that each respond to λ on their own, the values are lower bounds.

    Parameters
    ----------
    model
        With dependent inputs, such as `measurement_dependence`.

    Returns
    -------
    Measure
        In bits, convex.

    Raises
    ------
    MeasureError
        If no input of the model is dependent.
    ModelTooLargeError
        If the strategies, sorted by settings, do not fit in memory.

    Examples
    --------
    >>> import relaxbell as rb
    >>> s = rb.minimize(rb.mutual_information(rb.measurement_dependence()), rb.boxes.tsirelson())
    >>> round(s.value, 6), s.value - s.lower_bound < 1e-6
    (0.046274, True)
    """
    layout = setting_layout(model, "I")
    none = Linear(Rows(sp.csr_array((1, model.strategies.count)), ("0",), Fraction(1)))
    name = f"I({','.join(layout.names)}:Λ)"
    return MutualInformation(model, none, name, "bit", definition={"kind": "mutual information"}, layout=layout)


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
    values = np.repeat([float(w) for w in layout.weights], count * settings)
    return sp.csr_array((values, (rows, columns)), shape=(settings * count, strategies))
