"""Distances of data from what a model reproduces: total variation, its mean over the settings or its largest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.equations import all_settings, cell_weights, normalized_settings
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import without_any
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Exact
from relaxbell.exact.rows import Rows
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.exact.texts import a_kind
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.measure import LinearMeasure, Measure, check_model
from relaxbell.measures.terms import Deviation, Largest, SumOfRows, Total


@dataclass(frozen=True, eq=False, repr=False)
class Distance(LinearMeasure):
    """How far data are from what q makes; of q alone it is no function, see `given`.

    q need not reproduce the data: also signaling behaviors, and those outside of the model, have a least distance.

    Attributes
    ----------
    model, term, name, unit, definition
        As in `LinearMeasure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> isinstance(rb.mean_distance(rb.bell()), rb.classes.LinearMeasure)
    True
    """

    @property
    def formula(self) -> str:
        own = self._deviation
        each = "½ Σ |p − T q|"
        return f"mean of {each}" if len(own.rows) == 1 else f"largest of {each}"

    def zero_like(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} has no {what}: it compares all probabilities, which finite counts do not give. Use "
            "evidence(counts, measure) of an influence or another relaxation, or minimize at a fitted behavior."
        )

    @property
    def _deviation(self) -> Deviation:
        assert isinstance(self.term, Deviation)
        return self.term

    def given(self, observed: Behavior) -> LinearMeasure:
        """Return the distance of some data as a measure of q: rows T q − p, which contain the data.

        Parameters
        ----------
        observed
            The data.

        Returns
        -------
        LinearMeasure
            With ``expression`` and ``value``. It is the distance where q is normalized: minimize it subject to
            ``model.valid`` alone.

        Raises
        ------
        MeasureError
            If it is no behavior.
        BehaviorError
            If it does not fit the model.

        Examples
        --------
        >>> import cvxpy as cp
        >>> import relaxbell as rb
        >>> d = rb.mean_distance(rb.bell()).given(rb.boxes.pr())
        >>> problem = cp.Problem(cp.Minimize(d.expression), [d.model.valid])
        >>> round(float(problem.solve(solver=cp.HIGHS)), 9)
        0.25
        """
        if not isinstance(observed, Behavior):
            raise MeasureError(f"{self.name} is of all probabilities: found {a_kind(observed)}, expected a Behavior.")
        model, own = self.model, self._deviation
        equations = model.equations(observed, signaling=True)
        matrix, n = sp.csr_array(equations.rows.matrix), equations.rows.columns

        def of_setting(x: int, weight: Fraction) -> SumOfRows:
            rows, labels = [], []
            for i in np.flatnonzero(own.settings == x).tolist():
                hit = set(matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]].tolist())
                p = equations.rhs[i]
                entries = {j: (Fraction(1) if j in hit else Fraction(0)) - p for j in range(n)}
                rows.append({j: v * (weight / 2) for j, v in entries.items() if v != 0})
                labels.append(f"{equations.rows.labels[i]} - data")
            return SumOfRows(Rows.of(ExactMatrix(tuple(rows), n), tuple(labels)))

        groups = []
        for row in own.weights:
            parts = [of_setting(x, weight) for x, weight in enumerate(row.tolist()) if weight]
            groups.append(parts)
        sums = tuple(Total(tuple(parts)) for parts in groups)
        term = sums[0] if len(sums) == 1 else Largest(sums)
        return LinearMeasure(model, f"{self.name} of data", self.unit, term=term)


def mean_distance(model: CausalModel) -> Distance:
    """Return the total variation distance ½ Σ |p − p_model| of data from a model, averaged over the settings.

    The mean is over the model's ``input_distribution``. Its least value says in what fraction of trials, at least, the
    data differ from every classical model, whatever signaling is in them: the trace distance of
    S. G. A. Brito, B. Amaral, R. Chaves, PRA 97, 022111 (2018), doi:10.1103/PhysRevA.97.022111. For non-signaling p
    with the value S of CHSH and uniform settings it is (S − 2)/8. Models of all kinds are compared with; where inputs
    depend on the latent variable, those models whose settings have their distribution.

    Parameters
    ----------
    model
        Whose behaviors the data are compared with: ``bell()`` for local models.

    Returns
    -------
    Distance
        Minimized without reproducing the data; as a budget, "within 0.01 of the data", it takes the place of
        reproducing them.

    Raises
    ------
    MeasureError
        If it is no model.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.minimize(rb.mean_distance(rb.bell()), rb.boxes.tsirelson()).exact
    -1/4 + sqrt(2)/4
    >>> model = rb.bell().relax("X -> B")
    >>> near = [rb.mean_distance(model) <= 0.05]
    >>> rb.minimize(rb.influence(model, "X", "B"), rb.boxes.pr(), subject_to=near).exact
    2/5
    """
    check_model(model, "mean_distance")
    without_any(model, "a distance")
    weights = np.array([[_free_chance(model, setting) for setting in all_settings(model)]], dtype=object)
    inputs, total = _latex(model)
    equation = rf"\frac{{1}}{{2}} \sum_{{{inputs}}} p({inputs}) {total}"
    definition = Definition("mean distance", mean_distance, {}, r"\overline{\mathrm{TV}}", equation)
    return _distance(model, "mean", weights, definition)


def largest_distance(model: CausalModel) -> Distance:
    """Return the largest total variation distance ½ Σ |p − p_model| of data from a model, over the settings.

    Parameters
    ----------
    model
        Whose behaviors the data are compared with. Settings that depend on the latent variable count where they occur;
        others all count.

    Returns
    -------
    Distance
        As `mean_distance`, which is at most as large.

    Raises
    ------
    MeasureError
        If it is no model.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.minimize(rb.largest_distance(rb.bell()), rb.boxes.pr()).exact
    1/4
    """
    check_model(model, "largest_distance")
    without_any(model, "a distance")
    chance = _chances(model)
    occurring = [x for x, p in enumerate(chance) if p]
    weights = np.full((len(occurring), len(chance)), Fraction(0), dtype=object)
    for k, x in enumerate(occurring):
        weights[k, x] = 1 / chance[x]
    inputs, total = _latex(model)
    equation = rf"\max_{{{inputs}}} \frac{{1}}{{2}} {total}"
    definition = Definition("largest distance", largest_distance, {}, r"\mathrm{TV}_{\max}", equation)
    return _distance(model, "largest", weights, definition)


def _distance(model: CausalModel, which: str, weights: Exact, definition: Definition[Measure]) -> Distance:
    cells = math.prod(model.observed_shape)
    settings = len(all_settings(model))
    labels = tuple(f"{which} TV {k}" for k in range(len(weights)))
    rows = Rows(sp.csr_array((len(weights), model.strategies.count)), labels)
    term = Deviation(
        rows,
        {"kind": "distance", "of": which},
        weights=weights,
        settings=np.arange(cells) % settings,
        chance=_chances(model),
        normalized=_normalized(model),
    )
    return Distance(model, f"TV({which})", term=term, definition=definition)


def _latex(model: CausalModel) -> tuple[str, str]:
    """Return the inputs, and the sum of differences at some of their values."""
    inputs, outputs = (",".join(small(n) for n in names) for names in (model.inputs, model.outputs))
    each = rf"\left| p({outputs} \mid {inputs}) - p_q({outputs} \mid {inputs}) \right|"
    return inputs, rf"\sum_{{{outputs}}} {each}"


def _chances(model: CausalModel) -> Exact:
    """Return p(dependent inputs|free inputs) for each setting."""
    settings = len(all_settings(model))
    return cell_weights(model)[:settings]


def _free_chance(model: CausalModel, setting: tuple[int, ...]) -> Fraction:
    free = {n: v for n, v in zip(model.inputs, setting, strict=True) if n in model.free_inputs}
    return model.input_distribution.probability(free) if free else Fraction(1)


def _normalized(model: CausalModel) -> tuple[int, ...]:
    """Return the settings whose Σ T q must be demanded: it is the same for all values of free inputs, mostly."""
    demanded = set(normalized_settings(model, at_each=model.inputs_connected))
    return tuple(x for x, own in enumerate(all_settings(model)) if own in demanded)
