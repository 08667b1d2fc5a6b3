"""What a sweep returns: columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import check_ordered
from relaxbell.errors import RelaxbellError, optional
from relaxbell.exact.numbers import Floats
from relaxbell.exact.texts import as_written, plain_repr
from relaxbell.methods import provided
from relaxbell.sweeps.labels import Grid, laid_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class SweepPoint:
    """One point of a sweep.

    Attributes
    ----------
    label
        Of the point.
    measure
        Name of the measure.
    value
        Its least value; NaN where there is none.
    lower_bound
        Rigorous.
    status
        ``optimal``; ``infeasible`` (no model reproduces it within the constraints), ``signaling`` or ``invalid``
        (it is not a behavior of the model), ``failed`` (no solver converged), ``time limit`` (given
        up, with the lower bound known by then; or for `nonbilocality` an interval).
    reason
        Empty, or the message of the error.
    seconds
        Wall time.

    Examples
    --------
    >>> import relaxbell as rb
    >>> columns = rb.sweep(rb.influence(rb.input_signaling(), "X", "B"), {"PR": rb.boxes.pr()}, progress=False)
    >>> columns["PR"].value, columns["PR"].status
    (0.5, 'optimal')
    """

    label: Any
    measure: str
    value: float
    lower_bound: float
    status: str
    reason: str
    seconds: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """Least values of one or several measures at many points, as columns.

    The columns have shape (points,) for a single measure and (points, measures) for several. They are read-only.

    Attributes
    ----------
    labels
        Of the points, in order: the keys of the mapping, 0, 1, …, or the places of a grid.
    measures
        Names of the measures.
    units
        Of their values: ``probability`` or ``bit``.
    values
        Least values; NaN at points without.
    lower_bounds
        Rigorous lower bounds, rounded down; NaN at points without.
    status, reasons
        As in `SweepPoint`, arrays of strings.
    seconds
        Wall time of each point; points that one basis serves share its time.
    ends
        What the least values are called, ``min …``; those of the negative of a query are minus its upper ends,
        ``max …``.

    Examples
    --------
    >>> import relaxbell as rb
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> columns = rb.sweep(c, {v: rb.boxes.pr().visibility(v) for v in (0.5, 0.75, 1.0)}, progress=False)
    >>> columns.values
    array([0.  , 0.25, 0.5 ])
    >>> columns[0.75].lower_bound
    0.25
    """

    labels: Sequence[Any]
    measures: tuple[str, ...]
    units: tuple[str, ...]
    values: Floats
    lower_bounds: Floats
    status: NDArray[np.str_]
    reasons: NDArray[np.object_]
    seconds: Floats
    ends: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Any]:
        """Yield the labels, as a mapping does."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> SweepPoint | dict[str, SweepPoint]:
        """Return the point of a label; with several measures one for each name.

        Raises
        ------
        KeyError
            If there is no such label.
        """
        position = self._position(label)
        if position is None:
            raise KeyError(f"no point {plain_repr(label)}. The labels are {_listed(self.labels)}.")
        if self.values.ndim == 1:
            return self._point(position, self.measures[0], position)
        return {name: self._point(position, name, (position, k)) for k, name in enumerate(self.measures)}

    def measure(self, name: str) -> Sweep:
        """Return the columns of one measure.

        Parameters
        ----------
        name
            One of `measures`, as it is written or printed, ``C(X -> B)`` or ``C(X → B)``.

        Returns
        -------
        Sweep
            With columns of shape (N,).

        Raises
        ------
        KeyError
            If there is no such measure.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.bell().relax("X -> B", "Y -> A")
        >>> both = [rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")]
        >>> rb.sweep(both, [rb.boxes.pr()], progress=False).measure("C(Y -> A)").values
        array([0.])
        """
        name = as_written(name, self.measures)
        if name not in self.measures:
            raise KeyError(f"no measure {name!r}. The measures are {', '.join(self.measures)}.")
        if self.values.ndim == 1:
            return self
        k = self.measures.index(name)
        columns = (self.values, self.lower_bounds, self.status, self.reasons, self.seconds)
        own: list[Any] = [*(column[:, k] for column in columns), self.ends[k : k + 1]]
        return Sweep(self.labels, (name,), (self.units[k],), *own)

    @cached_property
    def failures(self) -> dict[Any, str]:
        """Label → reason of the points that have no value; of the first measure without, where there are several."""
        table = self.reasons.reshape(len(self), len(self.measures))
        found = np.flatnonzero((table != "").any(axis=1)).tolist()
        return {self.labels[i]: next(filter(None, table[i].tolist())) for i in found}

    @property
    def axes(self) -> Mapping[str, tuple[Any, ...]] | None:
        """Names and values of the parameters, where the points of an array or a frame form a grid; else None."""
        return self.labels.axes if isinstance(self.labels, Grid) else None

    def to_frame(self, names: Sequence[str] | None = None) -> Any:
        """Return the columns as a `pandas.DataFrame`, indexed by label; needs pandas (extra ``plot``).

        Labels that are tuples of one length make a multi-index; `names` are those of its levels. With several
        measures the columns have two levels, measure and quantity.

        Parameters
        ----------
        names
            Names of the index, or of its levels; those of the `axes` by default.

        Returns
        -------
        pandas.DataFrame
            Columns value, lower_bound, status, reason, seconds.

        Raises
        ------
        RelaxbellError
            If pandas is missing, or the names are a set.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> rb.sweep(c, [rb.boxes.pr()], progress=False).to_frame()["value"].tolist()
        [0.5]
        """
        check_ordered(names, "the names of the index", RelaxbellError)
        pd = optional("pandas", "plot")

        lengths = {len(label) if isinstance(label, tuple) else None for label in self.labels}
        names = list(self.axes) if names is None and self.axes is not None else names
        if len(lengths) == 1 and None not in lengths:
            index: Any = pd.MultiIndex.from_tuples(list(self.labels), names=names)
        else:
            index = pd.Index(list(self.labels), name=names[0] if names else None, tupleize_cols=False)
        frames = {}
        for name in self.measures:
            own = self.measure(name)
            columns = {"value": own.values, "lower_bound": own.lower_bounds, "status": own.status.astype(object)}
            frames[name] = pd.DataFrame(columns | {"reason": own.reasons, "seconds": own.seconds}, index=index)
        return frames[self.measures[0]] if self.values.ndim == 1 else pd.concat(frames, axis=1)

    def to_xarray(self, names: Sequence[str] | None = None) -> Any:
        """Return the columns as an `xarray.Dataset` with labeled axes; needs xarray (extra ``xarray``).

        Parameters
        ----------
        names
            Of the parameters, where labels are tuples, or values of one parameter; those of the `axes` by default.

        Returns
        -------
        xarray.Dataset
            Variables value, lower_bound, status, reason, seconds. Their dimensions are the parameters where the points
            are all combinations of values, else ``point``; with several measures ``measure`` is the last one.

        Raises
        ------
        RelaxbellError
            If xarray is missing, or there are not as many names as parameters.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> v, w = np.linspace(0, 1, 3), np.linspace(0, 1, 5)
        >>> boxes = [[rb.boxes.pr().visibility(a * b).p for b in w] for a in v]
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> columns = rb.sweep(c, np.array(boxes), labels={"v": v, "w": w}, progress=False)
        >>> float(columns.to_xarray()["lower_bound"].sel(v=1, w=0.75))  # doctest: +SKIP
        0.25
        """
        check_ordered(names, "the names of the parameters", RelaxbellError)
        xarray = optional("xarray", "xarray")
        grid, places = laid_out(self.labels, names)
        several = self.values.ndim == 2
        dims = (*grid.axes, "measure") if several else tuple(grid.axes)
        coords = {name: (name, list(values)) for name, values in grid.axes.items()}
        if several:
            coords["measure"] = ("measure", list(self.measures))
        shape = (*grid.shape, len(self.measures)) if several else grid.shape
        columns = {"value": self.values, "lower_bound": self.lower_bounds, "status": self.status.astype(object)}
        columns |= {"reason": self.reasons, "seconds": self.seconds}
        found = {name: (dims, column[places].reshape(shape)) for name, column in columns.items()}
        units = [f"{name}: {unit}" for name, unit in zip(self.measures, self.units, strict=True)]
        return xarray.Dataset(found, coords=coords, attrs={"units": ", ".join(units)})

    def plot(
        self, *, ax: Axes | None = None, level: float = 0.0, names: Sequence[str] | None = None, **style: object
    ) -> Axes:
        """Draw the values over one or two parameters, with the certified boundary of "more than `level`".

        Over one parameter: the values, and between which points they are proved to rise above the level. Over two:
        filled contours, and as a dark band the cells of the grid in which the boundary lies: at one corner the value
        is at most `level`, at another the rigorous bound is above. Needs matplotlib (extra ``plot``).

        Parameters
        ----------
        ax
            Axes to draw on; new ones by default.
        level
            A value of the measure.
        names
            Of the parameters; those of the `axes` by default. The first one is on the horizontal axis.
        **style
            Of matplotlib's ``plot`` or ``contourf``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.

        Raises
        ------
        RelaxbellError
            If matplotlib is missing, there are several measures (choose one by `measure`), or the points are no grid of
            one or two parameters.

        Examples
        --------
        >>> import relaxbell as rb
        >>> c = rb.influence(rb.input_signaling(), "X", "B")
        >>> columns = rb.sweep(c, {v: rb.boxes.pr().visibility(v) for v in (0.25, 0.75, 1)}, progress=False)
        >>> columns.plot(names=["v"]).get_xlabel()  # doctest: +SKIP
        'v'
        """
        return provided("Sweep.plot")(self, ax, level=level, names=names, **style)

    def __repr__(self) -> str:
        return provided("Sweep.__repr__")(self)

    def _repr_html_(self) -> str:
        return provided("Sweep._repr_html_")(self)

    def _position(self, label: Any) -> int | None:
        if isinstance(self.labels, range):  # a dictionary of a million numbers is larger than all columns
            own = label.item() if isinstance(label, np.integer) else label
            return own if isinstance(own, int) and own in self.labels else None
        return self._positions.get(label)

    @cached_property
    def _positions(self) -> dict[Any, int]:
        return {label: i for i, label in enumerate(self.labels)}

    def _point(self, position: int, name: str, place: Any) -> SweepPoint:
        numbers = float(self.values[place]), float(self.lower_bounds[place])
        texts = str(self.status[place]), str(self.reasons[place])
        return SweepPoint(self.labels[position], name, *numbers, *texts, float(self.seconds[place]))


def _listed(labels: Sequence[Any]) -> str:
    shown = [plain_repr(label) for label in labels[:6]]
    return ", ".join([*shown, f"… {len(labels)} in all"] if len(labels) > 6 else shown)
