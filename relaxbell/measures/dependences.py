"""Measurement dependence M."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Literal, overload

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.late_rows import LateRows
from relaxbell.exact.numbers import ExactNumber, Floats, as_exact
from relaxbell.exact.rows import Rows
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.factorized import (
    FactorizedDependence,
    check_parties,
    conditional_latex,
    is_single,
    read_factorized,
)
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.settings import Labels, SettingLayout, joint_weights, setting_layout
from relaxbell.measures.terms import Leaf, SumOfRows

_ENTRY = 24
"""Bytes of the rows for each entry, while they are built."""

_FEW = 2**12
"""Strategies of which M is a sum over those that occur."""


@dataclass(frozen=True, eq=False, repr=False)
class Dependence(LinearMeasure):
    """The measure M; with its layout it has a linear program in small columns.

    Attributes
    ----------
    layout
        Strategies sorted by setting and λ.
    model, term, name, unit, definition
        As in `LinearMeasure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.dependence(rb.measurement_dependence()).layout.names
    ('X', 'Y')
    """

    layout: SettingLayout = field(kw_only=True)

    @property
    def for_all_values(self) -> bool:
        return True

    @property
    def largest(self) -> tuple[ExactNumber, str]:
        rarest = min(as_exact(v) or Fraction(0) for v in self.model.input_distribution.table.ravel())
        return 2 * (1 - rarest), "the largest value of M that there is"

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        joint = joint_weights(self.model, self.layout, strategies, weights)
        return float(abs(joint - np.outer(self.layout.floats, joint.sum(axis=0))).sum())

    def _at(self, q: Floats) -> float:
        used = np.flatnonzero(q)
        if self.model.strategies.count <= _FEW or len(used) > _FEW:
            return super()._at(q)
        return self._at_few(used.tolist(), q[used])  # the rows may take gigabytes

    @property
    def formula(self) -> str:
        own = self.layout
        unit, weight = ("", "") if own.denominator == 1 else (f"{own.denominator} ", f"1/{own.denominator} · ")
        first = "" if own.whole_weights[0] == 1 else f"{own.whole_weights[0]:.0f} "
        row = f"{unit}p({own.label(0)},Λ=0) - {first}p(Λ=0)"
        return f"{weight}sum |{row}, … {len(own.weights) * own.count:,} rows|"


@overload
def dependence(model: CausalModel, *, factorized: Literal[False] = False) -> Dependence: ...
@overload
def dependence(model: CausalModel, *, factorized: bool) -> Dependence | FactorizedDependence: ...
def dependence(model: CausalModel, *, factorized: bool = False) -> Dependence | FactorizedDependence:
    """Return the measurement dependence M = Σ_x,λ |p(x, λ) − p(x) p(λ)|, Eqs. (5) and (41).

    x runs over the joint settings of all dependent inputs (any number of parties, any p(x)), λ over
    the response functions of all other responding nodes. M is twice the total variation distance
    between p(x, λ) and p(x) p(λ).

    The joint settings x depend on λ in any way: where there are several, p(x, y|λ) need not factorize into
    p(x|λ) p(y|λ). That is the retrocausal question, settings that influence λ or a conspiracy of both; for settings
    that each respond to λ on their own, the values are lower bounds. ``factorized=True`` asks that causal question, for
    two dependent inputs: the least Σ_λ p(λ) Σ_xy |p(x|λ) p(y|λ) − p(x, y)|. See the page *Factorized measurement
    dependence*.

    Parameters
    ----------
    model
        With dependent inputs, such as `measurement_dependence`.
    factorized
        Whether p(x, y|λ) = p(x|λ) p(y|λ). With a single dependent input both questions are the same.

    Returns
    -------
    Dependence or FactorizedDependence
        In [0, 2).

    Raises
    ------
    MeasureError
        If no input of the model is dependent, or `factorized` is neither True nor False.
    UnsupportedModelError
        If it is to be factorized, and more than two inputs are dependent.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.dependence(rb.measurement_dependence()), rb.boxes.pr()).value, 9)
    0.5
    >>> causal = rb.dependence(rb.measurement_dependence(), factorized=True)
    >>> round(rb.minimize(causal, rb.boxes.pr()).value, 6)  # (S − 2)/(6 − S) at S = 4
    1.0
    """
    if read_factorized(factorized) and not is_single(own_layout := setting_layout(model, "M")):
        return _factorized(model, own_layout)
    layout = setting_layout(model, "M", _memory)
    settings, count = len(layout.weights), layout.count
    who = ",".join(layout.names)
    labels = Labels(settings * count, partial(_label, layout))
    whole = layout.denominator < EXACT
    unit = layout.denominator if whole else 1
    largest = 2 * (1 - min(layout.weights)) * unit
    own = LateRows(
        partial(_rows, model, layout, labels),
        labels,
        settings * count,
        settings**2 * count,
        Fraction(1, unit),
        nonnegative=settings == 1,
        whole=whole,
        mass=float(largest) if whole else None,
    )
    term = SumOfRows(own, {"kind": "dependence", "hall": False}, implied=True)
    xs = ",".join(small(n) for n in layout.names)
    equation = rf"\sum_{{{xs},\lambda}} \left| p({xs},\lambda) - p({xs})\,p(\lambda) \right|"
    definition = Definition("dependence", dependence, {}, f"M({layout.latex} : \\Lambda)", equation)
    return Dependence(model, f"M({who}:Λ)", term=term, definition=definition, layout=layout)


def _factorized(model: CausalModel, layout: SettingLayout) -> FactorizedDependence:
    check_parties(model, layout, "M")
    xs = ",".join(small(n) for n in layout.names)
    apart = conditional_latex(layout)
    equation = rf"\sum_\lambda p(\lambda) \sum_{{{xs}}} \left| {apart} - p({xs}) \right|"
    symbol = rf"M_{{\mathrm{{fact}}}}({layout.latex} : \Lambda)"
    definition = Definition("dependence", dependence, {"factorized": True}, symbol, equation)
    name = f"M({','.join(layout.names)}:Λ) factorized"
    return FactorizedDependence(model, name, definition=definition, layout=layout)


def is_dependence(leaf: Leaf) -> bool:
    """Return whether a leaf of a term is M, or a multiple of it."""
    stated = leaf.generator or {}
    return isinstance(leaf, SumOfRows) and stated.get("kind") == "dependence" and stated.get("hall") is False


def _memory(settings: int, count: int) -> int:
    """Return the bytes of its rows, while they are built."""
    return _ENTRY * settings**2 * count


def _label(layout: SettingLayout, i: int) -> str:
    x, rest = divmod(i, layout.count)
    return f"p({layout.label(x)},Λ={rest}) - p({','.join(layout.names)}) p(Λ={rest})"


def _rows(model: CausalModel, layout: SettingLayout, labels: Labels) -> Rows:
    """Return p(x, Λ) − p(x) p(Λ) for all x and Λ."""
    settings, count = layout.numbers.shape
    strategies, shape = model.strategies.count, (settings, count, settings)
    if layout.denominator < EXACT:
        data = np.broadcast_to(-layout.whole_weights[:, None, None], shape).copy()
        for x in range(settings):
            data[x, :, x] += layout.denominator
        return Rows(layout.rows_of_settings(data, strategies), labels, Fraction(1, layout.denominator))
    # entries 2x: −p(x), 2x + 1: 1 − p(x)
    place = np.broadcast_to(2 * np.arange(settings)[:, None, None], shape).copy()
    for x in range(settings):
        place[x, :, x] += 1
    distinct = np.array([part for w in layout.weights for part in (-w, 1 - w)], dtype=object)
    return Rows.read(layout.rows_of_settings(np.ones(shape), strategies), distinct, place.ravel(), labels)
