"""Strategies sorted by the settings that depend on the latent variable, and bounds of p(x|λ)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, overload

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from relaxbell.behavior.names import name_latex
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_memory
from relaxbell.causal.structures import single_graph
from relaxbell.errors import MeasureError, ModelTooLargeError
from relaxbell.exact.late_rows import LateRows
from relaxbell.exact.numbers import ExactNumber, as_exact, common_denominator, read_fraction
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import decimal_text
from relaxbell.measures.affine import AffineConstraint
from relaxbell.measures.measure import check_model

_STRATEGY, _ENTRY = 24, 24
"""Bytes of a layout for each strategy, and of the rows of M or of bounds for each entry, while they are built."""

_LEAST = Fraction(1, 10**300)
"""The least positive probability of a dependent setting: its inverse still is a float."""


@dataclass(frozen=True, eq=False)
class SettingLayout:
    """Strategies sorted by the setting x of the dependent inputs and the rest Λ of the strategy.

    Attributes
    ----------
    names
        The dependent inputs.
    settings
        Values of the dependent inputs that occur (p(x) > 0), N of them.
    weights
        p(x), exact, positive, N of them.
    count
        How many Λ there are, of any size.
    made
        Makes `numbers`.
    """

    names: tuple[str, ...]
    settings: tuple[tuple[int, ...], ...]
    weights: tuple[Fraction, ...]
    count: int
    made: Callable[[], NDArray[np.intp]] = field(repr=False)

    @cached_property
    def numbers(self) -> NDArray[np.intp]:
        """Number of the strategy (x, Λ), shape (N, number of Λ); where they are not too many."""
        return self.made()

    @cached_property
    def denominator(self) -> int:
        """Least common denominator of the weights."""
        return common_denominator(self.weights)

    @cached_property
    def whole_weights(self) -> NDArray[np.float64]:
        """The weights times `denominator`: whole numbers."""
        return np.array([float(w * self.denominator) for w in self.weights])

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The weights as floats."""
        return np.array([float(w) for w in self.weights])

    def best_mass(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mass of the best columns of M, where z_x(λ) are `values`, shape (λ, N).

        Settings with z_x > z_x* − 2 have p(x), the one with the largest z_x* all the rest.
        """
        mass = np.where(values > values.max(axis=1)[:, None] - 2, self.floats, 0.0)
        mass[np.arange(len(mass)), values.argmax(axis=1)] += 1 - mass.sum(axis=1)
        return mass

    def whole_mass(self, mass: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the mass of such columns in units of 1 / `denominator`, exactly."""
        weights = self.whole_weights.astype(np.int64)
        star = (mass - self.floats).argmax(axis=1)
        whole = np.where(mass > 0, weights, 0)
        whole[np.arange(len(star)), star] += self.denominator - whole.sum(axis=1)
        return whole

    @property
    def latex(self) -> str:
        """The dependent inputs in LaTeX."""
        return ",".join(map(name_latex, self.names))

    def label(self, setting: int) -> str:
        """Return a setting as text."""
        return ",".join(f"{n}={v}" for n, v in zip(self.names, self.settings[setting], strict=True))


def setting_layout(
    model: CausalModel, kind: str = "the layout", needed: Callable[[int, int], int] | None = None
) -> SettingLayout:
    """Return the layout of a model's strategies, which are listed when `SettingLayout.numbers` is asked for.

    Parameters
    ----------
    model
        With dependent inputs.
    kind
        What the layout is for, in messages.
    needed
        Bytes of what will be built with it, from the numbers of settings and of λ; they must fit as well, when the
        strategies are listed.

    Raises
    ------
    MeasureError
        If no input is dependent, one has another parent than the latent variable, or settings are rarer than 1e-300.
    """
    check_model(model, "a measure of dependence")
    single_graph(model, "a measure of dependence")
    names = tuple(node.name for node in model.strategies.nodes if node.name in model.dependent_inputs)
    if not names:
        raise MeasureError(
            f"no input of {model.name} depends on the latent variable, so measurement dependence is zero by "
            'construction. Relax an edge such as "L -> X", or use measurement_dependence(…).'
        )
    for node in model.strategies.nodes:
        if node.name in names and node.parents:
            raise MeasureError(
                f"the dependent input {node.name} also responds to {', '.join(node.parents)}: p({node.name}|…) then "
                "varies with it, and dependence on the latent variable alone is not defined. Remove that edge."
            )
    sizes = tuple(model.cardinality[n] for n in names)
    weights = model.input_distribution.marginal(names).ravel()
    if any(0 < w < _LEAST for w in weights):
        raise MeasureError(
            f"{kind}({','.join(names)}:Λ) of settings with a positive probability below 1e-300, expected 0 or at least "
            "that: it is divided by, in floats too. Give 0 to leave a setting out."
        )
    occurring = [i for i, w in enumerate(weights) if w > 0]
    count = model.strategies.count // math.prod(sizes)

    numbers = partial(_numbers, model, kind, names, tuple(occurring), needed or nothing_else)
    settings = tuple(tuple(int(v) for v in np.unravel_index(i, sizes)) for i in occurring)
    return SettingLayout(names, settings, tuple(Fraction(weights[i]) for i in occurring), count, numbers)


def joint_weights(
    model: CausalModel, layout: SettingLayout, strategies: Sequence[int], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return q(x, Λ) of the Λ that occur, shape (settings, Λ), from weights of some strategies."""
    assignments = model.local.assignments(strategies)
    own = [model.local.variable(name, {}) for name in layout.names]
    number = {setting: x for x, setting in enumerate(layout.settings)}
    chosen = [number.get(tuple(row), -1) for row in assignments[:, own].tolist()]
    assignments[:, own] = 0
    _, place = np.unique(assignments, axis=0, return_inverse=True)
    used = np.flatnonzero(np.array(chosen) >= 0)
    out = np.zeros((len(layout.settings), int(place.max(initial=-1)) + 1))
    np.add.at(out, (np.array(chosen)[used], place.ravel()[used]), weights[used])
    return out


def _numbers(
    model: CausalModel, kind: str, names: tuple[str, ...], occurring: tuple[int, ...], needed: Callable[[int, int], int]
) -> NDArray[np.intp]:
    """Return all strategies, sorted by setting and Λ."""
    strategies = model.strategies
    strategies.check_listed()
    sizes = math.prod(model.cardinality[n] for n in names)
    count = strategies.count // sizes
    check_memory(
        f"{kind}({','.join(names)}:Λ) of {len(occurring):,} settings and {count:,} values of Λ in {model.name}",
        _STRATEGY * strategies.count + needed(len(occurring), count),
        "Reduce the settings or the outcomes.",
    )
    shape = tuple(node.functions for node in strategies.nodes)
    axes = [i for i, node in enumerate(strategies.nodes) if node.name in names]
    table = np.moveaxis(np.arange(strategies.count).reshape(shape), axes, range(len(axes)))
    return np.asarray(table.reshape(sizes, -1)[list(occurring)])


def nothing_else(settings: int, count: int) -> int:
    """Return how many bytes besides the layout itself are needed: none."""
    return 0


class Labels(Sequence[str]):
    """Labels made when they are read; a dependence can have a million rows."""

    def __init__(self, count: int, make: Callable[[int], str]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self._make(i) for i in range(*index.indices(self._count)))
        return self._make(range(self._count)[index])


def setting_bounds(model: CausalModel, *, lower: Any = None, upper: Any = None) -> list[Any]:
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
        print them.

    Returns
    -------
    list
        One for each bound: CVXPY constraints on ``model.q``, or where strategies are too many to list them, constraints
        for `minimize` and `BellFunctional.bound`, which keep them without a list.

    Raises
    ------
    MeasureError
        If a bound is not a probability, a symbol, or excludes the settings' own distribution.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.measurement_dependence()
    >>> len(rb.setting_bounds(model, lower=0.1, upper=0.5))
    2
    """
    layout = setting_layout(model, "the bounds of p", _bound_memory)
    return [
        _setting_bound(model, layout, limit, side, extreme)
        for limit, side, extreme in ((lower, -1, min(layout.weights)), (upper, 1, max(layout.weights)))
        if limit is not None
    ]


@dataclass(frozen=True, eq=False)
class SettingBound(AffineConstraint):
    """A limit of p(x|λ) for all x and λ; see `setting_bounds`. Where strategies are many, its rows are not made.

    Attributes
    ----------
    limit
        The number.
    side
        1: no more than the limit; −1: no less.
    who
        What is limited.
    rows, rhs, equality
        As in `AffineConstraint`; no right-hand sides where the rows are not made: all are zero.
    """

    limit: ExactNumber
    side: int
    who: str

    @property
    def text(self) -> str:
        return f"{self.who} {'<=' if self.side > 0 else '>='} {decimal_text(self.limit, 9)}"

    def __repr__(self) -> str:
        return self.text


def box_of(limits: Sequence[SettingBound]) -> tuple[ExactNumber, ExactNumber]:
    """Return between which numbers p(x|λ) is, where several limits hold."""
    low = max((own.limit for own in limits if own.side < 0), default=Fraction(0))
    return low, min((own.limit for own in limits if own.side > 0), default=Fraction(1))


def _setting_bound(model: CausalModel, layout: SettingLayout, limit: Any, side: int, extreme: Fraction) -> Any:
    """Return side · (q(x, Λ) − limit · q(Λ)) ≤ 0 for every x and Λ: a constraint of CVXPY where that can be listed."""
    who = f"p({','.join(layout.names)}|λ)"
    if getattr(limit, "is_Symbol", False) or getattr(limit, "free_symbols", None):
        raise MeasureError(
            f"the bound {limit} on {who} is a symbol, expected a number: it multiplies q, so that least values are no "
            "piecewise linear functions of it. Give numbers, and repeat the minimization for each."
        )
    exact = as_exact(limit)
    bound: ExactNumber = read_fraction(limit, f"the bound on {who}", MeasureError) if exact is None else exact
    if not 0 <= bound <= 1 or side * (extreme - bound) > 0:
        raise MeasureError(
            f"the bound {limit} on {who} cannot hold: the settings themselves have probability {float(extreme):g}. "
            f"Expected {'at most' if side < 0 else 'at least'} that."
        )
    relation = ">=" if side < 0 else "<="
    height = len(layout.weights) * layout.count
    labels = Labels(height, partial(_bound_label, layout, f"{relation} {limit}"))
    try:
        rows = _bound_rows(model, layout, bound, side, labels)
    except ModelTooLargeError:
        late = LateRows(
            partial(_bound_rows, model, layout, bound, side, labels), labels, height, height * len(layout.weights),
            nonnegative=False,
        )  # fmt: skip
        return SettingBound(late, np.zeros(0, dtype=object), False, bound, side, who)
    zero = np.full(height, Fraction(0), dtype=object)
    return SettingBound(rows, zero, False, bound, side, who).in_cvxpy(model)


def _bound_rows(model: CausalModel, layout: SettingLayout, bound: ExactNumber, side: int, labels: Labels) -> Rows:
    """Return side · (q(x, Λ) − limit · q(Λ)) for every setting x and every Λ."""
    settings, count = layout.numbers.shape
    columns = np.broadcast_to(layout.numbers.T[None], (settings, count, settings))
    pointers = np.arange(0, columns.size + 1, settings)
    shape = (settings * count, model.strategies.count)
    pattern = sp.csr_array((np.ones(columns.size), columns.ravel().astype(np.int32), pointers), shape=shape)
    place = np.zeros(columns.shape, dtype=np.intp)
    for x in range(settings):
        place[x, :, x] = 1
    distinct = np.array([-side * bound, side * (1 - bound)], dtype=object)
    return Rows.read(pattern, distinct, place.ravel(), labels)


def _bound_memory(settings: int, count: int) -> int:
    """Return the bytes of the rows, while they are built."""
    return 3 * _ENTRY * settings**2 * count


def _bound_label(layout: SettingLayout, relation: str, i: int) -> str:
    x, rest = divmod(i, layout.count)
    return f"p({layout.label(x)},Λ={rest}) {relation} p(Λ={rest})"
