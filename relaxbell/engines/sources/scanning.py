"""`marginal_ranges` and `scan`: the free marginals one by one, as in Fig. 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.causal.model import CausalModel
from relaxbell.engines.linear.engine import LinearEngine
from relaxbell.engines.linear.solution import LinearSolution
from relaxbell.engines.solution import Bounds
from relaxbell.engines.sources.minimum import raise_infeasible
from relaxbell.engines.sources.relaxation import FixedProgram, ranges
from relaxbell.engines.sources.scenario import read_scenario
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import counted
from relaxbell.lp.clock import TimeLimitError, deadline, remaining, time_is_over
from relaxbell.measures.groups import Group
from relaxbell.measures.marginals import marginal_parameters
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.products import Nonbilocality, nonbilocality
from relaxbell.measures.terms import Linear
from relaxbell.methods import provided

_POINTS = {1: 41, 2: 13, 3: 7, 4: 5}
"""Points for each parameter by number of parameters; 3 where there are more."""


def marginal_ranges(
    model: CausalModel, observed: Behavior, *, seconds: float | None = None
) -> dict[str, Bounds[LinearSolution]]:
    """Return the range of each free parameter ν among all q that reproduce what was observed, Eqs. (57)–(58).

    Parameters
    ----------
    model
        With independent groups, such as `bilocality`.
    observed
        The behavior.
    seconds
        Time limit, kept within a second or a fifth, whichever is more; None for none.

    Returns
    -------
    dict
        By label of the parameter, in the order of `marginal_parameters`: both ends with rigorous bounds, exact where
        this is (``.minimum.exact``).

    Raises
    ------
    InfeasibleError
        If no model, not even with a shared source, reproduces it.
    TimeLimitError
        If the time is over. Its `partial` are the ranges that were found by then.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> found = rb.marginal_ranges(rb.bilocality(), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    >>> found["q(A=00)"].minimum.exact, -found["q(A=00)"].maximum.exact  # [v²/4, 1/2 − v²/4]
    (4/25, 17/50)
    """
    shared = model.shared()
    found: dict[str, Bounds[LinearSolution]] = {}
    with deadline(seconds, "and max of marginals"):
        try:
            for parameters in marginal_parameters(model, observed):
                group = Group(shared, parameters.group)
                for i in parameters.free:
                    row = group.rows[[i]]
                    query = LinearMeasure(shared, group.labels[i], term=Linear(Rows(row, (group.labels[i],))))
                    found[group.labels[i]] = LinearEngine(query).bounds(observed)
        except TimeLimitError as late:
            said = f"{time_is_over()} {counted(len(found), 'range')} found by then."
            raise TimeLimitError(said, found) from late
    return found


@dataclass(frozen=True, eq=False)
class Scan:
    """M_BL(ν) on a grid of the free marginals.

    Attributes
    ----------
    measure
        What was scanned.
    labels
        The parameters ν, k of them.
    points
        Their values, shape (N, k).
    values
        Least measure at each point, shape (N,).
    lower_bounds
        Rigorous lower bounds of them.
    complete
        False: the time was over before the other points of the grid.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.scan(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.8), points=5)
    >>> found.points[:, 0].round(3).tolist()
    [0.16, 0.205, 0.25, 0.295, 0.34]
    >>> found.values.round(6).tolist()  # 2v² − 1 + (4ν − 1)²
    [0.4096, 0.3124, 0.28, 0.3124, 0.4096]
    """

    measure: Nonbilocality
    labels: tuple[str, ...]
    points: Floats
    values: Floats
    lower_bounds: Floats
    complete: bool = True

    @property
    def least(self) -> tuple[float, Floats]:
        """The least value of the grid and where it is; an upper bound of the minimum over all ν."""
        best = int(self.values.argmin())
        return float(self.values[best]), self.points[best]

    def plot(self, *, ax: Any = None, **style: Any) -> Any:
        """Draw M_BL(ν) over a single parameter on matplotlib axes and return them (extra ``plot``).

        Parameters
        ----------
        ax, **style
            As in `Curve.plot`.

        Returns
        -------
        matplotlib.axes.Axes
            With labels and unit.

        Raises
        ------
        MeasureError
            If there are several parameters, or none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.scan(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.8), points=3)
        >>> len(found.plot().lines) > 0
        True
        """
        if len(self.labels) != 1:
            raise MeasureError(
                f"a scan of {len(self.labels)} parameters ({', '.join(self.labels)}) is no curve, expected one. Take "
                "points and values, and draw a section."
            )
        return provided("Scan.plot")(self, ax, **style)

    def _repr_svg_(self) -> str | None:
        drawn = len(self.labels) == 1 and len(self.points) > 1
        return provided("Scan._repr_svg_")(self) if drawn else None

    def __repr__(self) -> str:
        value, where = self.least
        place = ", ".join(f"{label} = {v:.6g}" for label, v in zip(self.labels, where, strict=True))
        place = place or "the only one"
        said = "" if self.complete else " (incomplete: time limit)"
        return f"{self.measure.name} at {len(self.values):,} marginals{said}: least {value:.9g} at {place}"


def scan(
    measure: Nonbilocality, observed: Behavior, *, points: int | None = None, seconds: float | None = None
) -> Scan:
    """Return M_BL(ν) on a grid between ν_min and ν_max; nested ranges for several parameters.

    The marginals of all independent groups but the last are scanned (for `bilocality` that of A), as in Fig. 4 and
    after Eq. (62): each range is found with the parameters before it fixed.

    Parameters
    ----------
    measure
        `nonbilocality` of a model, without fixed marginals.
    observed
        The behavior.
    points
        For each parameter; by default 41 for one, fewer for several.
    seconds
        Time limit, kept within a second or a fifth, whichever is more; None for none.

    Returns
    -------
    Scan
        Points, values and rigorous lower bounds of them.

    Raises
    ------
    MeasureError
        If the measure is another one, or has fixed marginals.
    InfeasibleError
        If nothing reproduces it.
    TimeLimitError
        If the time is over. Its `partial` is the scan of the first points, labeled incomplete; None without any.

    Examples
    --------
    >>> import relaxbell as rb
    >>> found = rb.scan(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.75), points=3)
    >>> found.values.round(6).tolist()
    [0.316406, 0.125, 0.316406]
    """
    if not isinstance(measure, Nonbilocality) or len(measure.products) > 1:
        raise MeasureError(
            f"scan is for nonbilocality(model) with one family of independent groups and no marginals fixed: found "
            f"{measure.name if isinstance(measure, Measure) else type(measure).__name__}."
        )
    with deadline(seconds, f"{measure.name} of a scan"):
        return _scanned(measure, observed, points)


def _scanned(measure: Nonbilocality, observed: Behavior, points: int | None) -> Scan:
    scenario = read_scenario(nonbilocality(measure.model), observed, symmetric=False)
    if ranges(scenario) is None:
        raise_infeasible(measure.model, observed)
    sides = scenario.products[0][:-1]
    names = [(i, j) for i, side in enumerate(sides) for j in side.free]
    count = points or _POINTS.get(len(names), 3)
    program = FixedProgram(scenario, [len(sides)])
    grid = _nested(program, names, count)
    values, lower = np.empty(len(grid)), np.empty(len(grid))
    values[:], late = np.nan, None
    for k, values_of in enumerate(grid):
        try:
            found = program.at(dict(zip(names, values_of, strict=True)))
            if found is None:  # because nothing reproduces it, or for lack of time
                remaining()
        except TimeLimitError as error:
            late = error
            break
        values[k], lower[k] = (np.nan, 0.0) if found is None else (max(found[0], 0.0), max(found[1], 0.0))
    kept = ~np.isnan(values)
    labels = tuple(sides[i].group.labels[j] for i, j in names)
    table = np.array(grid).reshape(len(grid), len(names))
    bounds = np.minimum(lower[kept], values[kept])
    result = Scan(measure, labels, table[kept], values[kept], bounds, complete=late is None)
    if late is not None:
        said = f"{time_is_over()} {len(bounds):,} of {len(grid):,} points were scanned by then."
        raise TimeLimitError(said, result if len(bounds) else None) from late
    return result


def _nested(program: FixedProgram, names: list[tuple[int, int]], count: int) -> list[tuple[float, ...]]:
    """Return the points: each parameter between its ends, given those before it."""
    found: list[tuple[float, ...]] = [()]
    for depth, name in enumerate(names):
        longer = []
        for start in found:
            fixed = dict(zip(names[:depth], start, strict=True))
            ends = program.range_of(name, fixed)
            if ends is None:
                remaining()
            else:
                low, high = ends
                steps = np.linspace(low, high, count) if high - low > 1e-9 else [(low + high) / 2]
                longer += [(*start, float(v)) for v in steps]
        found = longer
    return found
