"""Hall's measure of measurement dependence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import numpy as np
import scipy.sparse as sp

from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import program_memory
from relaxbell.errors import MeasureError
from relaxbell.exact.bounds import EXACT
from relaxbell.exact.late_rows import LateRows
from relaxbell.exact.numbers import Exact, Floats, common_denominator
from relaxbell.exact.rows import LARGEST_UNIT, Rows
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.measure import LinearMeasure
from relaxbell.measures.settings import Labels, SettingLayout, joint_weights, setting_layout
from relaxbell.measures.terms import Largest, SumOfRows, Term


@dataclass(frozen=True, eq=False, repr=False)
class HallDependence(LinearMeasure):
    """Hall's measure; with its layout it has a linear program in columns (λ, S).

    Attributes
    ----------
    layout
        Strategies sorted by setting and λ.
    model, term, name, unit, definition
        As in `LinearMeasure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.hall_dependence(rb.measurement_dependence()).layout.names
    ('X', 'Y')
    """

    layout: SettingLayout = field(kw_only=True)

    @property
    def for_all_values(self) -> bool:
        return True

    @property
    def largest(self) -> tuple[Fraction, str]:
        return Fraction(2), "the largest distance of two distributions"

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        joint = joint_weights(self.model, self.layout, strategies, weights)
        given = joint / self.layout.floats[:, None]
        return max(float(abs(x - y).sum()) for x, y in itertools.combinations(given, 2))


def hall_dependence(model: CausalModel) -> HallDependence:
    """Return Hall's measure: max over pairs of settings of Σ_λ |p(λ|x) − p(λ|x')|.

    Over the joint settings x of all dependent inputs with p(x) > 0 (Hall, PRL 105, 250404, 2010; the
    paper prints a sum over y, erratum E5). A maximum of l1 norms: Theorem 6 with L > 1.

    The joint settings x depend on λ in any way: where there are several, p(x, y|λ) need not factorize into
    p(x|λ) p(y|λ). That is the retrocausal question, settings that influence λ or a conspiracy of both; for settings
    that each respond to λ on their own, the values are lower bounds.

    Parameters
    ----------
    model
        With dependent inputs, such as `measurement_dependence`.

    Returns
    -------
    HallDependence
        In [0, 2].

    Raises
    ------
    MeasureError
        If no input of the model is dependent.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.hall_dependence(rb.measurement_dependence()), rb.boxes.tsirelson()).value, 6)
    0.276142
    """
    layout = setting_layout(model, "Hall", _hall_memory)
    inverse = np.array([part for w in layout.weights for part in (1 / w, -1 / w)], dtype=object)
    unit = common_denominator(inverse)
    whole = unit <= LARGEST_UNIT and all(abs(v) * unit < EXACT for v in inverse)
    parts = []
    for x, y in itertools.combinations(range(len(layout.weights)), 2):
        labels = _pair_labels(layout, x, y, layout.count)
        rows = LateRows(
            partial(_rows, model, layout, x, y, inverse, labels),
            labels,
            layout.count,
            2 * layout.count,
            Fraction(1, unit) if whole else Fraction(1),
            nonnegative=False,
            whole=whole,
            mass=float(unit * max(1 / layout.weights[x], 1 / layout.weights[y])) if whole else None,
        )
        parts.append(SumOfRows(rows))
    if not parts:
        raise MeasureError(f"a single setting of {', '.join(layout.names)} occurs, so nothing can depend on it.")
    name = f"Hall({','.join(layout.names)}:Λ)"
    term = Largest(tuple(parts), {"kind": "dependence", "hall": True})
    xs = ",".join(small(n) for n in layout.names)
    other = ",".join(f"{small(n)}'" for n in layout.names)
    shifted = rf"p(\lambda \mid {xs}) - p(\lambda \mid {other})"
    equation = rf"\max_{{{xs};\,{other}}} \sum_\lambda \left| {shifted} \right|"
    symbol = rf"M_{{\mathrm{{Hall}}}}({layout.latex} : \Lambda)"
    definition = Definition("hall dependence", hall_dependence, {}, symbol, equation)
    return HallDependence(model, name, term=term, definition=definition, layout=layout)


def hall_terms(term: Term) -> Iterator[Term]:
    """Yield the parts of a term that are Hall's measure, or a multiple of it: their leaves are pairs of settings."""
    stated = getattr(term, "generator", None) or {}
    if isinstance(term, Largest) and stated.get("kind") == "dependence" and stated.get("hall") is True:
        yield term
        return
    for part in getattr(term, "parts", ()):
        yield from hall_terms(part)


def _rows(model: CausalModel, layout: SettingLayout, x: int, y: int, inverse: Exact, labels: Labels) -> Rows:
    """Return p(Λ|x) − p(Λ|y) for all Λ."""
    count = layout.numbers.shape[1]
    columns = np.stack([layout.numbers[x], layout.numbers[y]], axis=1).ravel().astype(np.int32)
    shape = (count, model.strategies.count)
    pattern = sp.csr_array((np.ones(2 * count), columns, np.arange(0, 2 * count + 1, 2)), shape=shape)
    return Rows.read(pattern, inverse, np.tile([2 * x, 2 * y + 1], count), labels)


def _hall_memory(settings: int, count: int) -> int:
    """Return the bytes of its linear program: a row for each sign, and a column, for each pair of settings and λ."""
    rows = math.comb(settings, 2) * count
    return program_memory(3 * rows, 6 * rows, settings * count)


def _pair_labels(layout: SettingLayout, x: int, y: int, count: int) -> Labels:
    return Labels(count, partial(_pair_label, layout.label(x), layout.label(y)))


def _pair_label(left: str, right: str, i: int) -> str:
    return f"p(Λ={i}|{left}) - p(Λ={i}|{right})"
