"""`Behavior`: conditional probabilities p(outputs|inputs) with named variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.block_table import block_table
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.derived import Derived
from relaxbell.behavior.names import read_names, read_parties
from relaxbell.behavior.table import TOLERANCE
from relaxbell.errors import BehaviorError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, exact_array, to_floats
from relaxbell.exact.texts import decimal_text, different_texts
from relaxbell.methods import provided
from relaxbell.relabeling import Relabeling, Symmetries, act, moved


class HasCoordinates(Protocol):
    """What `Behavior.rounded` asks of a model."""

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return independent coordinates, for axes in the behavior's order."""
        ...


class Behavior(Derived):
    """A behavior p(a, b, …|x, y, …): a table of conditional probabilities with named variables.

    Parameters
    ----------
    p
        Array of probabilities. Axes are outputs, then inputs, in the order of the names; any
        cardinalities. Entries are floats, or exact numbers (int, Fraction, sympy rationals or
        a + b√n); if all are exact, the behavior is exact and stays so under exact operations. Axes that have names
        (``dims``, as xarray's DataArray) are matched by name, in any order.
    outputs, inputs
        Names of the axes, a sequence or one string with spaces. Names, never positions, decide how
        behaviors, functionals and models match.
    parties
        Which input each output's party chooses: ``{"A": "X", "B": None, "C": "Z"}``. By default
        outputs and inputs are paired in order where there are equally many.

    Attributes
    ----------
    exact
        The table as exact numbers, dtype object, read-only; None where an entry is a float.
    p
        The same as float64, read-only. Both have the shape (outputs …, inputs …).

    Raises
    ------
    BehaviorError
        If the shape or the names of axes do not fit, an entry is masked, complex, NaN, infinite or negative, or a block
        is not normalized (floats: within 1e-9).

    Examples
    --------
    >>> import relaxbell as rb
    >>> from fractions import Fraction
    >>> half = Fraction(1, 2)
    >>> coin = rb.Behavior([[half, 1], [half, 0]], outputs="A", inputs="X")
    >>> coin.probability({"A": 0}, {"X": 0})
    Fraction(1, 2)
    """

    def __init__(
        self,
        p: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
    ) -> None:
        self.outputs = read_names(outputs, "outputs", BehaviorError)
        self.inputs = read_names(inputs, "inputs", BehaviorError)
        read_names(self.outputs + self.inputs, "outputs and inputs together", BehaviorError)
        given = real_array(p, "p", BehaviorError, self.variables)
        exact = exact_array(given)
        table = to_floats(exact) if exact is not None else _numeric(given)
        if table.ndim != len(self.variables):
            raise BehaviorError(
                f"p has {table.ndim} axes (shape {table.shape}), expected {len(self.variables)}: one for each of "
                f"outputs {', '.join(self.outputs)} and inputs {', '.join(self.inputs) or '(none)'}, in this order: "
                "axes are outputs first. Name them with outputs= and inputs=."
            )
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self._validate(table, exact)
        self.p: NDArray[np.float64] = _frozen(table)
        self.exact: Exact | None = None if exact is None else _frozen(exact)
        self._seal()

    # --------------------------------------------------- no-signaling and rounding

    @cached_property
    def coordinates(self) -> Coordinates:
        """Collins–Gisin coordinates of the non-signaling behaviors of this scenario."""
        parties = self._paired()
        own = {o: None if i is None else self.inputs.index(i) for o, i in parties.items()}
        reach = tuple(frozenset() if own[o] is None else frozenset({own[o]}) for o in self.outputs)
        k = len(self.outputs)
        return Coordinates(self.p.shape[:k], self.p.shape[k:], reach)  # type: ignore[arg-type]  # None was excluded

    def check_nonsignaling(self, *, tolerance: float | None = None) -> None:
        """Raise SignalingError naming the most violated no-signaling equality, if there is one.

        `tolerance` is 0 for exact behaviors and 1e-9 for floats, unless given.

        Parameters
        ----------
        tolerance
            How far the equalities may be missed; by default 0 for exact behaviors and 1e-9 for floats.

        Raises
        ------
        SignalingError
            If one is missed; it is named, with both values.
        BehaviorError
            If it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().check_nonsignaling()
        """
        limit = self.tolerance if tolerance is None else tolerance
        self.coordinates.check(self.table, (self.outputs, self.inputs), limit, "no-signaling")

    def is_nonsignaling(self, *, tolerance: float | None = None) -> bool:
        """Return whether no party's setting changes the marginal of the others.

        Parameters
        ----------
        tolerance
            As in `check_nonsignaling`.

        Returns
        -------
        bool
            Whether all no-signaling equalities hold.

        Examples
        --------
        >>> import numpy as np
        >>> import relaxbell as rb
        >>> told = np.zeros((2, 2, 2, 2))
        >>> told[0, 0, 0] = told[0, 1, 1] = 1  # a = 0, b = x
        >>> rb.Behavior(told).is_nonsignaling()
        False
        """
        from relaxbell.errors import SignalingError

        try:
            self.check_nonsignaling(tolerance=tolerance)
        except SignalingError:
            return False
        return True

    def rounded(self, model: HasCoordinates | None = None, *, denominator: int = 10**12) -> Behavior:
        """Return an exact behavior nearby that satisfies every equality of `model` exactly.

        Independent coordinates are rounded to multiples of 1/`denominator` and the rest follows.
        Where that leaves a probability below zero, the least admixture of white noise restores it.

        Parameters
        ----------
        model
            Its causal graph says which inputs reach which outputs; without it, no-signaling.
        denominator
            Of the coordinates.

        Returns
        -------
        Behavior
            Exact, each coordinate within 1/(2 `denominator`) of the old one before any noise.

        Raises
        ------
        SignalingError
            If the behavior misses one of the equalities by more than 1e-9.
        BehaviorError
            If `denominator` is not a positive integer.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(2).rounded(denominator=100).probability({"A": 0, "B": 0}, {"X": 0, "Y": 0})
        Fraction(43, 100)
        """
        if isinstance(denominator, bool) or not isinstance(denominator, int) or denominator < 1:
            raise BehaviorError(f"the denominator is {denominator!r}, expected an integer ≥ 1, such as 10**12.")
        coordinates = self.coordinates if model is None else model.coordinates_of(self)
        names = (self.outputs, self.inputs)
        coordinates.check(self.table, names, self.tolerance, "rounding within the model's affine hull")
        vector = coordinates.project(self.p)
        integers = np.array([round(Fraction(float(v)) * denominator) for v in vector], dtype=object)
        return self._like(coordinates.exact_table(integers, denominator))

    def symmetries(self, *, tolerance: float | None = None) -> Symmetries:
        """Return the relabelings of parties, settings and outcomes under which the behavior stays as it is.

        They are found by individualization and refinement (McKay, Piperno, J. Symb. Comput. 60, 94, 2014), so that the
        number of relabelings does not matter. Without `parties` each variable's values are permuted alone.

        Parameters
        ----------
        tolerance
            Probabilities count as equal if they differ by so much, or are linked by others in between that do; by
            default 0 for exact behaviors and 1e-9 for floats.

        Returns
        -------
        Symmetries
            Generators, and the order of their group.

        Raises
        ------
        BehaviorError
            If `tolerance` is no number from 0 to below 1.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.tsirelson().symmetries().order, rb.boxes.i3322(1).symmetries().order
        (16, 24)
        """
        return provided("Behavior.symmetries")(self, tolerance)

    # ------------------------------------------------------------------ helpers

    def _validate(self, table: NDArray[np.float64], exact: Exact | None) -> None:
        empty = [n for n, size in zip(self.variables, table.shape, strict=True) if size < 1]
        if empty:
            raise BehaviorError(f"{empty[0]} has no values (shape {table.shape}). Expected at least one.")
        bad = np.argwhere(~np.isfinite(table))
        if len(bad):
            raise BehaviorError(f"p{list(map(int, bad[0]))} is {table[tuple(bad[0])]}, expected a probability.")
        values, limit = (table, -TOLERANCE) if exact is None else (exact, 0)
        if values.min() < limit:
            index = np.unravel_index(np.argmin(values), values.shape)
            raise BehaviorError(
                f"p{list(map(int, index))} is {decimal_text(values[index])}, expected a probability ≥ 0. "
                "Correct the entry; use Counts(...) for raw data."
            )
        k = len(self.outputs)
        total = np.asarray(values.sum(axis=tuple(range(k))))
        gap = np.asarray(abs(total - 1))
        if gap.max() > -limit:
            index = np.unravel_index(np.argmax(gap), gap.shape)
            place = ", ".join([":"] * k + [str(int(i)) for i in index])
            raise BehaviorError(
                f"p[{place}] sums to {different_texts(total[index], 1, 12)[0]}, expected 1"
                f"{'' if exact is not None else ' within 1e-9'}.{self._order_hint(values)} "
                "Use Counts(...) for raw data."
            )

    def _order_hint(self, values: NDArray[Any]) -> str:
        """Return a sentence if the table would be normalized with inputs first."""
        k = len(self.inputs)
        if not k or abs(np.asarray(values.sum(axis=tuple(range(k, values.ndim)))) - 1).max() > TOLERANCE:
            return ""
        return " It is normalized over its last axes: axes are outputs first, then inputs; transpose it."

    def __repr__(self) -> str:
        return block_table(self)

    def _repr_html_(self) -> str:
        return provided("Behavior._repr_html_")(self)


@act.register
def _relabeled(behavior: Behavior, relabeling: Relabeling) -> Behavior:
    """Return the behavior with its parties, settings and outcomes relabeled, its axes in the same order."""
    cells = relabeling.cells(behavior.outputs, behavior.inputs)
    if dict(relabeling.cardinality) != behavior.cardinality:
        raise BehaviorError(
            f"cardinalities do not match: the relabeling is of {relabeling.scenario_text}, the behavior of "
            f"{behavior.scenario}. Make the relabeling for it."
        )
    return behavior._like(moved(behavior.table, cells, behavior.p.ndim))


def _numeric(p: NDArray[Any]) -> NDArray[np.float64]:
    try:
        return to_floats(p)
    except (TypeError, ValueError) as error:
        raise BehaviorError(
            f"p is not a table of numbers: {error}. Expected a rectangular array of floats, Fractions, ints "
            "or sympy numbers. A table with free symbols stays an array: functional(table) evaluates it."
        ) from None


def _frozen(table: NDArray[Any]) -> NDArray[Any]:
    table = np.array(table)
    table.setflags(write=False)
    return table
