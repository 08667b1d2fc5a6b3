"""`Behavior`: conditional probabilities p(outputs|inputs) with named variables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior import derived
from relaxbell.behavior.block_table import block_table
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.families import (
    BehaviorFamily,
    is_symbolic,
    joined,
    lose,
    lossy,
    one_minus,
    product,
    read_losses,
    read_polynomial,
    total,
    widened,
)
from relaxbell.behavior.marginal_tables import correlators_of, read_marginals
from relaxbell.behavior.names import Setting, read_parties, read_variables
from relaxbell.behavior.nearest import Nearest, check_digits, check_sums, decimals, project, read_published
from relaxbell.behavior.notations import write_tensor
from relaxbell.behavior.reading.probabilities import read_probabilities
from relaxbell.behavior.reading.roles import Columns
from relaxbell.behavior.reading.values import Values
from relaxbell.behavior.scenario import Scenario
from relaxbell.behavior.table import (
    SINGLE_TOLERANCE,
    TOLERANCE,
    check_axes,
    check_no_mapping,
    check_probabilities,
    probability,
    read_floats,
)
from relaxbell.errors import BehaviorError, SignalingError
from relaxbell.exact.arrays import real_array
from relaxbell.exact.numbers import Exact, ExactNumber, as_exact, decimal, exact_array, read_float, to_floats
from relaxbell.exact.texts import a_kind
from relaxbell.frozen import Frozen
from relaxbell.methods import provided
from relaxbell.relabeling import Relabeling, Symmetries, act, moved

if TYPE_CHECKING:
    import sympy

    from relaxbell.results import GuessingLike, RobustnessLike


class HasCoordinates(Protocol):
    """What `Behavior.rounded` asks of a model."""

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return independent coordinates, for axes in the behavior's order."""
        ...


_FINE = 2**52
"""Largest power of two in whose inverse floats are counted by whole numbers of 64 bits."""


class Behavior(Frozen):
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
    estimated
        Whether the numbers are estimates, as those of a fit to counts. What is made of such a behavior is estimated as
        well, and nothing that is shown of it, or computed from it, is called exact: the numbers are, but not the
        probabilities of the experiment.

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
        is not normalized (floats: within 1e-9; float32: within 1e-6).

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
        estimated: bool = False,
    ) -> None:
        self.outputs, self.inputs = read_variables(outputs, inputs, BehaviorError)
        check_no_mapping(p)
        self._read(real_array(p, "p", BehaviorError, self.variables), parties, estimated)

    def _read(
        self,
        given: NDArray[Any],
        parties: Mapping[str, str | None] | None,
        estimated: bool,
        tolerance: float | None = None,
    ) -> None:
        """Check a table and keep it; what is made of float32 keeps its tolerance."""
        if tolerance is None:
            tolerance = SINGLE_TOLERANCE if given.dtype == np.float32 else TOLERANCE
        exact = exact_array(given)
        table = to_floats(exact) if exact is not None else read_floats(given)
        check_axes(table, self.outputs, self.inputs)
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self._tolerance = tolerance if exact is None else 0.0
        check_probabilities(table if exact is None else exact, len(self.outputs), tolerance if exact is None else 0)
        self.p: NDArray[np.float64] = _frozen(table)
        self.exact: Exact | None = None if exact is None else _frozen(exact)
        self.estimated = bool(estimated)
        self._seal()

    # ---------------------------------------------------- tables of other notations

    @classmethod
    def from_correlators(
        cls,
        tables: Mapping[str, ArrayLike] | ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
        estimated: bool = False,
    ) -> Self:
        """Return the behavior with these correlators; all outputs have two values, 0 counts +1 and 1 counts −1.

        Parameters
        ----------
        tables
            For each set of outputs, ``"A"``, ``"AB"`` (``"A1 A2"`` for longer names), the correlators ⟨A_x B_y …⟩ = Σ
            (−1)^{a+b+…} p(a, b, …|x, y, …): axes are the settings. No set may be left out.

            Or the matrix of QETLAB, toqito and Ket, [[1, ⟨B⟩], [⟨A⟩, ⟨AB⟩]]: one axis for each output, of which place 0
            is "left out" and place 1 + x is setting x.
        outputs, inputs, parties, estimated
            As for the class.

        Returns
        -------
        Behavior
            Exact if all correlators are; non-signaling.

        Raises
        ------
        BehaviorError
            If names or shapes do not fit, a set is missing, the constant is not 1, or a probability would be negative.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box = rb.Behavior.from_correlators([[1, 0, 0], [0, 1, 1], [0, 1, -1]])
        >>> rb.catalog.CHSH(box)
        Fraction(4, 1)
        """
        return cls._of_marginals(read_marginals(tables, outputs, inputs, parties, None, correlators=True), estimated)

    @classmethod
    def from_collins_gisin(
        cls,
        tables: Mapping[str, ArrayLike] | ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
        cardinality: Mapping[str, int] | None = None,
        estimated: bool = False,
    ) -> Self:
        """Return the behavior with these Collins–Gisin marginals: probabilities of all outcomes but the last.

        Source: Collins and Gisin, J. Phys. A 37, 1775 (2004), arXiv:quant-ph/0306129.

        Parameters
        ----------
        tables
            For each set of outputs, ``"A"``, ``"AB"`` (``"A1 A2"`` for longer names), p(values|settings): axes are the
            outcomes without the last, then the settings. The outcome axes may be left out where all outputs of the set
            have two values. No set may be left out.

            Or the matrix of QETLAB, toqito and Ket, [[1, p(b|y)], [p(a|x), p(ab|xy)]]: one axis for each output, of
            which place 0 is "left out" and place 1 + x (k − 1) + a is outcome a of k at setting x.
        outputs, inputs, parties, estimated
            As for the class.
        cardinality
            Of a matrix: the number of values of each output that has not two.

        Returns
        -------
        Behavior
            Exact if all marginals are; non-signaling.

        Raises
        ------
        BehaviorError
            As `from_correlators`, or if a length of the matrix does not fit the cardinalities.

        Examples
        --------
        >>> import relaxbell as rb
        >>> matrix = rb.boxes.cglmp(3).to_collins_gisin()
        >>> matrix.shape
        (5, 5)
        >>> rb.Behavior.from_collins_gisin(matrix, cardinality={"A": 3, "B": 3}).p.shape
        (3, 3, 2, 2)
        """
        return cls._of_marginals(
            read_marginals(tables, outputs, inputs, parties, cardinality, correlators=False), estimated
        )

    @classmethod
    def _of_marginals(cls, found: tuple[NDArray[Any], Scenario, float], estimated: bool) -> Self:
        table, scenario, tolerance = found
        behavior = cls.__new__(cls)
        behavior.outputs, behavior.inputs = scenario.outputs, scenario.inputs
        behavior._read(table, scenario.parties, estimated, tolerance)
        return behavior

    @classmethod
    def from_published(
        cls,
        table: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
        digits: int | None = None,
    ) -> Nearest[Self]:
        """Return the non-signaling behavior nearest to a printed table of a few decimals, which need not sum to 1.

        The table means its decimals: 0.427 is 427/1000. Sums may miss 1 by half a unit of the last decimal for each
        outcome; the rest is as in `nearest_nonsignaling`.

        Parameters
        ----------
        table
            Axes as for the class.
        outputs, inputs, parties
            As for the class.
        digits
            How many decimals are printed; by default as many as the entry with most of them has.

        Returns
        -------
        Nearest
            The behavior, an estimate; how far it is, and whether it rounds to the table.

        Raises
        ------
        BehaviorError
            If the shape or names do not fit, an entry has more decimals, or sums miss 1 by more than rounding explains.

        Examples
        --------
        >>> import relaxbell as rb
        >>> near = rb.Behavior.from_published([[0.333, 0.25], [0.333, 0.25], [0.333, 0.5]], "A", "X")
        >>> near.behavior.table[:, 0].tolist()
        [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)]
        >>> near
        Nearest non-signaling behavior: distance 0.000577, largest change 0.000333, within the rounding of 0.0005
        """
        names = read_variables(outputs, inputs, BehaviorError)
        given = real_array(table, "the table", BehaviorError, names[0] + names[1])
        check_axes(given, *names)
        single = given.dtype == np.float32
        exact, rounding = read_published(decimals(given, single=single), names[0], digits)
        scenario = Scenario.of(*names, exact.shape, read_parties(parties, *names))
        return cls._nearest(exact, scenario, rounding)

    @classmethod
    def read_csv(
        cls,
        path: str | Path,
        outputs: Columns = None,
        inputs: Columns = None,
        *,
        probability: str | None = None,
        values: Values = None,
        missing: int | None = None,
        digits: int | None = None,
        parties: Mapping[str, str | None] | None = None,
    ) -> Nearest[Self]:
        r"""Return the non-signaling behavior nearest to a table of probabilities in a file.

        A row for each combination, such as ``0,1,0,0,0.427`` below ``x,y,a,b,p``. Decimals mean what is printed, as
        in `from_published`, with zeros at the end; fractions such as 1/3 are exact.

        Parameters
        ----------
        path
            Of CSV, also with semicolons or tabs; then decimal commas are read.
        outputs, inputs, values, parties
            As in `load_counts`.
        probability
            Name of the column; by default p, probability or prob.
        missing
            0, if what is not there is 0.
        digits
            How many decimals are printed; by default as many as the entry with most of them has. Where all entries are
            fractions and whole numbers nothing is rounded.

        Returns
        -------
        Nearest
            The behavior, an estimate unless all is exact; how far it is, and whether it rounds to the table.

        Raises
        ------
        CountsError
            If the file cannot be read, with the place.
        BehaviorError
            If sums miss 1 by more than rounding explains.

        Examples
        --------
        >>> import pathlib, tempfile, relaxbell as rb
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "table.csv"
        >>> _ = path.write_text("x,a,p\n0,0,1/3\n0,1,2/3\n1,0,0.25\n1,1,0.75\n")
        >>> near = rb.Behavior.read_csv(path)
        >>> near.behavior.table[:, 0].tolist(), near.rounding
        ([Fraction(1, 3), Fraction(2, 3)], Fraction(1, 200))
        """
        printed = read_probabilities(Path(path), outputs, inputs, probability, values, missing)
        exact = printed.digits is None and digits is None
        table, rounding = printed.table, Fraction(0)
        if not exact:
            check_digits(digits)
            if digits is not None and (printed.digits or 0) > digits:
                raise BehaviorError(
                    f"{Path(path).name} has an entry with {printed.digits} decimals, expected at most {digits}. Round "
                    "the table to what was printed, and say digits="
                )
            rounding = Fraction(1, 2 * 10 ** (digits or printed.digits or 1))
        check_sums(table, printed.outputs, rounding)
        scenario = Scenario.of(
            printed.outputs,
            printed.inputs,
            table.shape,
            read_parties(parties, printed.outputs, printed.inputs),
        )
        found = cls._nearest(table, scenario, None if exact else rounding)
        if exact and not found.squared_distance:
            return Nearest(cls(table, scenario.outputs, scenario.inputs, parties=scenario.parties))
        return found

    @classmethod
    def _nearest(cls, exact: Exact, scenario: Scenario, rounding: Fraction | None) -> Nearest[Self]:
        found = project(exact, derived.nonsignaling_coordinates(scenario))
        change = found - exact
        behavior = cls(found, scenario.outputs, scenario.inputs, parties=scenario.parties, estimated=True)
        return Nearest(behavior, (change * change).sum(), abs(change).max(), rounding)

    def to_correlators(self) -> NDArray[Any]:
        """Return the correlators as the matrix of QETLAB, toqito and Ket, a tensor for other numbers of parties.

        Returns
        -------
        numpy.ndarray
            Of exact numbers if the behavior is exact. One axis for each output: place 0 is "left out", place 1 + x is
            setting x; at 0, 0 is 1. `from_correlators` reads it.

        Raises
        ------
        SignalingError
            If the behavior signals: its marginals are none of a party alone.
        BehaviorError
            If an output has not two values, or it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().to_correlators().astype(int).tolist()
        [[1, 0, 0], [0, 1, 1], [0, 1, -1]]
        """
        if any(self.cardinality[name] != 2 for name in self.outputs):
            raise BehaviorError(
                f"correlators need outputs with two values, found {self.scenario}. Use to_collins_gisin()."
            )
        self.check_nonsignaling()
        return write_tensor(self.coordinates, correlators_of(self.coordinates, self.coordinates.project(self.table)))

    def to_collins_gisin(self) -> NDArray[Any]:
        """Return the Collins–Gisin marginals as the matrix of QETLAB, toqito and Ket, a tensor for other numbers.

        Returns
        -------
        numpy.ndarray
            Of exact numbers if the behavior is exact. One axis for each output: place 0 is "left out", place 1 + x (k −
            1) + a is outcome a of k at setting x; at 0, 0 is 1. `from_collins_gisin` reads it.

        Raises
        ------
        SignalingError
            If the behavior signals: its marginals are none of a party alone.
        BehaviorError
            If it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [[str(v) for v in row] for row in rb.boxes.pr().to_collins_gisin()]
        [['1', '1/2', '1/2'], ['1/2', '1/2', '1/2'], ['1/2', '1/2', '0']]
        """
        self.check_nonsignaling()
        return write_tensor(self.coordinates, self.coordinates.project(self.table))

    # ------------------------------------------------------------------ reading

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all axes: outputs, then inputs."""
        return self.outputs + self.inputs

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.p.shape, self.parties)

    @cached_property
    def cardinality(self) -> dict[str, int]:
        """Number of values of each variable."""
        return dict(zip(self.variables, self.p.shape, strict=True))

    @property
    def table(self) -> NDArray[Any]:
        """The exact table if there is one, else the floats."""
        return self.p if self.exact is None else self.exact

    @property
    def is_exact(self) -> bool:
        """Whether every probability is an exact number."""
        return self.exact is not None

    @property
    def tolerance(self) -> float:
        """How far equalities may be missed: 0 for exact behaviors, 1e-9 for floats, 1e-6 if they came as float32."""
        return self._tolerance

    def probability(self, event: Setting, given: Setting | None = None) -> float | ExactNumber:
        """Return p(event|given); outputs not mentioned are summed over.

        Inputs may be left out of `given` only where the marginal does not depend on them.

        Parameters
        ----------
        event
            Values of outputs, ``{"A": 0}``.
        given
            Values of inputs.

        Returns
        -------
        Fraction, a + b√n, or float
            A probability, exact if the behavior is.

        Raises
        ------
        BehaviorError
            For an unknown variable or value, or where an input that matters is missing.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().probability({"A": 1}), rb.boxes.pr().probability({"A": 1, "B": 1}, {"X": 0, "Y": 1})
        (Fraction(1, 2), Fraction(1, 2))
        """
        found = probability(self.table, self.scenario, event, given or {}, self.tolerance)
        return found if self.is_exact else float(found)

    # ----------------------------------------------------------- other behaviors

    def marginal(self, *outputs: str, keep_inputs: bool = False) -> Self:
        """Return the behavior of some outputs, conditioned on their own inputs.

        Parameters
        ----------
        *outputs
            Names of the outputs to keep, in the order wanted.
        keep_inputs
            Keep every input, also those of the parties that are summed over. Without it the
            marginal must not depend on them.

        Returns
        -------
        Behavior
            Axes: the outputs in the order asked for, then their inputs in the behavior's order.

        Raises
        ------
        SignalingError
            If an input that would be dropped matters; the violated equality is named.
        BehaviorError
            If an output is unknown, or it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.ghz().marginal("C", "A").p.shape  # axes [c, a, x, z]
        (2, 2, 2, 2)
        """
        return self._like(*derived.marginal(self.table, self.scenario, outputs, keep_inputs, self.tolerance))

    def condition(self, event: Setting, given: Setting | None = None) -> Self:
        """Return p(other outputs|event, inputs): post-select on outputs and fix the inputs in `given`.

        Parameters
        ----------
        event
            Values of the outputs to condition on.
        given
            Values of inputs to fix; they disappear from the table.

        Returns
        -------
        Behavior
            Axes: the other outputs, then the other inputs.

        Raises
        ------
        BehaviorError
            If a name or value is unknown, or the event has probability 0 for some value of the remaining inputs.

        Examples
        --------
        Entanglement swapping: once Bob has announced his outcome, Alice and Charlie are correlated.

        >>> import relaxbell as rb
        >>> swapped = rb.boxes.entanglement_swapping().condition({"B": 0})
        >>> swapped.outputs, swapped.probability({"A": 0, "C": 0}, {"X": 0, "Z": 0})
        (('A', 'C'), Fraction(1, 2))
        """
        return self._like(*derived.condition(self.table, self.scenario, event, given or {}))

    __array_ufunc__ = None  # numpy's numbers ask us

    def __mul__(self, other: object) -> NoReturn:
        """Refuse: p times a number is no distribution."""
        raise BehaviorError(
            f"a behavior times {a_kind(other)} is no behavior, expected a mixture, whose weights sum to 1. With white "
            "noise it is p.mix(p.white_noise(), v), exact and symbolic v too; arrays of numbers are p.p."
        )

    __rmul__ = __mul__

    def __add__(self, other: object) -> NoReturn:
        """Refuse: a sum of behaviors is none."""
        raise BehaviorError(
            f"a behavior plus {a_kind(other)} is no behavior, expected a mixture, whose weights sum to 1: "
            "p.mix(other, v) is v p + (1 - v) other. Arrays of numbers are p.p."
        )

    __radd__ = __add__

    @overload
    def mix(self, other: Self, weight: float | ExactNumber) -> Self: ...
    @overload
    def mix(self, other: Self, weight: sympy.Expr) -> Any: ...
    def mix(self, other: Self, weight: float | ExactNumber | sympy.Expr) -> Self | BehaviorFamily:
        """Return weight · self + (1 − weight) · other, exact if all three are.

        `other` is matched by variable names.

        Parameters
        ----------
        other
            Matched by variable names.
        weight
            Of self, a probability; or a polynomial in sympy symbols.

        Returns
        -------
        Behavior or BehaviorFamily
            In self's order of axes; a family where the weight has symbols.

        Raises
        ------
        BehaviorError
            If the weight is no probability, or the scenarios differ.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> mixed = rb.boxes.pr().mix(rb.boxes.tsirelson(), Fraction(1, 2))
        >>> print(rb.catalog.CHSH(mixed))
        (2 + √2)
        """
        if is_symbolic(weight):
            return self._mixed(other, weight)
        exact_weight = as_exact(weight)
        fraction = read_float(weight, "the weight of a mixture", BehaviorError)
        if not 0 <= fraction <= 1:
            raise BehaviorError(f"the weight of a mixture is a probability: found {weight}, expected 0 … 1.")
        if not isinstance(other, Behavior):
            raise BehaviorError(f"cannot mix a behavior with {a_kind(other)}, expected another Behavior.")
        other = other.transposed(self.outputs, self.inputs)
        if other.scenario.shape != self.scenario.shape:
            raise BehaviorError(
                f"cannot mix behaviors of different cardinalities: found {self.scenario} and {other.scenario}. "
                "Use behaviors of one scenario."
            )
        estimated = self.estimated or other.estimated
        if exact_weight is not None and self.exact is not None and other.exact is not None:
            table = self.exact * exact_weight + other.exact * (1 - exact_weight)
            return self._like(table, estimated=estimated)
        mixed = fraction * self.p + (1 - fraction) * other.p
        return self._like(mixed, estimated=estimated, tolerance=other.tolerance)

    def _mixed(self, other: Self, weight: Any) -> BehaviorFamily:
        """Return the family of mixtures whose weight has symbols."""
        if not isinstance(other, Behavior):
            raise BehaviorError(f"cannot mix a behavior with {a_kind(other)}, expected another Behavior.")
        if other.transposed(self.outputs, self.inputs).scenario.shape != self.scenario.shape:
            raise BehaviorError(
                f"cannot mix behaviors of different cardinalities: found {self.scenario} and {other.scenario}. "
                "Use behaviors of one scenario."
            )
        symbols = joined(weight)
        share = read_polynomial(weight, symbols, "the weight of a mixture")
        own, rest = self._family(), other.transposed(self.outputs, self.inputs)._family()
        terms = total(product(widened(own, symbols), share), product(widened(rest, symbols), one_minus(share)))
        rounded, estimated = own.rounded or rest.rounded, self.estimated or other.estimated
        return BehaviorFamily(tuple(symbols), terms, self.outputs, self.inputs, self.parties, rounded, estimated)

    def _family(self) -> BehaviorFamily:
        """Return the behavior as a family without symbols, floats read as an exact behavior nearby."""
        table = self.exact
        if table is None:
            whole = self.is_nonsignaling()
            table = self.rounded().table if whole else exact_array([decimal(v) for v in self.p.ravel()])
            if not whole:  # outcomes of each setting sum to 1, whatever was rounded
                assert table is not None
                table = table.reshape(self.p.shape)
                axes = tuple(range(len(self.outputs)))
                table = table / table.sum(axis=axes)
        assert table is not None
        of = (self.outputs, self.inputs, self.parties, self.exact is None, self.estimated)
        return BehaviorFamily((), {(): table}, *of)

    @overload
    def with_losses(
        self, efficiency: float | ExactNumber, *, assign: int | Mapping[str, int | None] | None = None
    ) -> Self: ...
    @overload
    def with_losses(
        self,
        efficiency: sympy.Expr | Mapping[str, float | ExactNumber | sympy.Expr],
        *,
        assign: int | Mapping[str, int | None] | None = None,
    ) -> Any: ...
    def with_losses(
        self,
        efficiency: float | ExactNumber | sympy.Expr | Mapping[str, float | ExactNumber | sympy.Expr],
        *,
        assign: int | Mapping[str, int | None] | None = None,
    ) -> Self | BehaviorFamily:
        """Return what detectors report that lose results, independently of each other, of settings and of results.

        Parameters
        ----------
        efficiency
            With which probability a result is reported: of each output, or {output: probability} (1 for others). A
            polynomial in sympy symbols gives the family of all of them, for `curve`.
        assign
            The outcome that is reported where nothing was detected, of all outputs, or {output: outcome}. None: a
            further outcome, the last one.

        Returns
        -------
        Behavior or BehaviorFamily
            Exact if the behavior and the efficiencies are; a family where there are symbols.

        Raises
        ------
        BehaviorError
            If an efficiency is no probability, or an output or outcome is unknown.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> box = rb.boxes.pr()
        >>> box.with_losses(Fraction(1, 2)).cardinality["A"]
        3
        >>> box.with_losses({"A": Fraction(1, 2)}, assign=1).probability({"A": 1, "B": 0}, {"X": 0, "Y": 0})
        Fraction(1, 4)

        Critical efficiency of the Tsirelson box, 2(√2 − 1):

        >>> from sympy import Symbol
        >>> lossy = rb.boxes.tsirelson().with_losses(Symbol("eta"), assign=0)
        >>> rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)
        min C(X -> B) for eta in [0, 1]: exact, 2 pieces, ... linear programs
          [0, (-2 + 2√2)]: 0
          [(-2 + 2√2), 1]: -eta + (1/2 + √2/2) eta^2
        """
        efficiencies, places = read_losses(self.outputs, efficiency, assign)
        if any(is_symbolic(v) for v in efficiencies.values()):
            return lossy(self._family(), efficiency, assign)
        numbers = {n: as_exact(v) for n, v in efficiencies.items()}
        exact = self.exact is not None and all(v is not None for v in numbers.values())
        terms: dict[tuple[int, ...], NDArray[Any]] = {(): self.table if exact else self.p}
        for axis, name in enumerate(self.outputs):
            own = numbers[name]
            kept: Any = own if exact else read_float(efficiencies[name], "an efficiency", BehaviorError)
            terms = lose(terms, axis, {(): kept}, places[name], name)
        table = terms[()]
        shape = table.shape
        found = self._like(table, Scenario.of(self.outputs, self.inputs, shape, self.scenario.parties))
        found.__dict__["_losses"] = tuple(float(read_float(v, "", BehaviorError)) for v in efficiencies.values())
        return found

    _losses: tuple[float, ...] | None = None
    """Efficiencies of the outputs, where the behavior was made with some: between two of such p is no mixture."""

    def white_noise(self) -> Self:
        """Return the uniform behavior of the same scenario (exact).

        Mixed with it in some proportion, as `visibility` and `mix` do it: ``p.visibility(0.95)``.

        Returns
        -------
        Behavior
            Each outcome has the same probability for each setting.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).white_noise().probability({"A": 2, "B": 0}, {"X": 0, "Y": 1})
        Fraction(1, 9)
        """
        outcomes = math.prod(self.p.shape[: len(self.outputs)])
        return self._like(np.full(self.p.shape, Fraction(1, outcomes), dtype=object), estimated=False)

    @overload
    def visibility(self, v: float | ExactNumber) -> Self: ...
    @overload
    def visibility(self, v: sympy.Expr) -> Any: ...
    def visibility(self, v: float | ExactNumber | sympy.Expr) -> Self | BehaviorFamily:
        """Return v · self + (1 − v) · white noise.

        Parameters
        ----------
        v
            A probability; or a polynomial in sympy symbols.

        Returns
        -------
        Behavior or BehaviorFamily
            Exact if self and v are; a family where v has symbols.

        Raises
        ------
        BehaviorError
            If v is no probability.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH(rb.boxes.pr().visibility(Fraction(1, 2)))
        Fraction(2, 1)
        """
        return self.mix(self.white_noise(), v)

    def rename(self, names: Mapping[str, str]) -> Self:
        """Return the same table with variables renamed; exchanging A with B and X with Y swaps parties.

        Parameters
        ----------
        names
            Old name → new name; names not mentioned stay.

        Returns
        -------
        Behavior
            The same table.

        Raises
        ------
        BehaviorError
            If an old name is unknown, or two variables get the same.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.pr().rename({"A": "Alice", "X": "Setting"}).variables
        ('Alice', 'B', 'Setting', 'Y')
        """
        return self._like(self.table, derived.renamed(self.scenario, names))

    def transposed(self, outputs: str | Sequence[str], inputs: str | Sequence[str]) -> Self:
        """Return the same behavior with its axes in another order.

        Parameters
        ----------
        outputs, inputs
            The behavior's own names in the order wanted.

        Returns
        -------
        Behavior
            The same probabilities.

        Raises
        ------
        BehaviorError
            If the names are others.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).coarse_grain("A", [0, 1, 1]).transposed("B A", "X Y").p.shape
        (3, 2, 2, 2)
        """
        outputs, inputs = read_variables(outputs, inputs, BehaviorError)
        if (outputs, inputs) == (self.outputs, self.inputs):
            return self
        return self._like(*derived.transposed(self.table, self.scenario, outputs, inputs))

    def relabel(self, variable: str, permutation: Sequence[int], given: Setting | None = None) -> Self:
        """Return the behavior in which value v of `variable` is called ``permutation[v]``.

        With `given`, an output is relabeled only where these inputs have these values.

        Parameters
        ----------
        variable
            An output or input.
        permutation
            New name of each value, 0 … cardinality − 1.
        given
            Values of inputs.

        Returns
        -------
        Behavior
            In the same scenario.

        Raises
        ------
        BehaviorError
            If a name or value is unknown, or `permutation` is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> flipped = rb.boxes.pr().relabel("A", [1, 0], given={"X": 1})
        >>> flipped.probability({"A": 0, "B": 0}, {"X": 1, "Y": 1})
        Fraction(1, 2)
        """
        return self._like(derived.relabeled(self.table, self.scenario, variable, permutation, given or {}))

    def coarse_grain(self, output: str, mapping: Sequence[int]) -> Self:
        """Return the behavior in which value v of `output` is reported as ``mapping[v]``.

        Parameters
        ----------
        output
            Name of an output.
        mapping
            What each of its values is reported as; all of 0 … k occur.

        Returns
        -------
        Behavior
            The output has k + 1 values.

        Raises
        ------
        BehaviorError
            If the output is unknown, or `mapping` is not onto 0 … k.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.boxes.cglmp(3).coarse_grain("B", [0, 1, 1]).cardinality["B"]
        2
        """
        return self._like(derived.coarse_grained(self.table, self.scenario, output, mapping))

    def _like(
        self,
        table: NDArray[Any],
        scenario: Scenario | None = None,
        *,
        estimated: bool | None = None,
        tolerance: float = 0.0,
    ) -> Self:
        """Return the behavior of another table, of the same scenario or another, an estimate if this one is."""
        of = scenario or self.scenario
        kept = self.estimated if estimated is None else estimated
        found = type(self).__new__(type(self))
        found.outputs, found.inputs = of.outputs, of.inputs
        found._read(table, of.parties, kept, max(TOLERANCE, self._tolerance, tolerance))
        return found

    # --------------------------------------------------- no-signaling and rounding

    @cached_property
    def coordinates(self) -> Coordinates:
        """Collins–Gisin coordinates of the non-signaling behaviors of this scenario."""
        return derived.nonsignaling_coordinates(self.scenario)

    def check_nonsignaling(self, *, tolerance: float | None = None) -> None:
        """Raise SignalingError naming the most violated no-signaling equality, if there is one.

        `tolerance` is that of the behavior, unless given.

        Parameters
        ----------
        tolerance
            How far the equalities may be missed; by default 0 for exact behaviors, 1e-9 for floats, 1e-6 for float32.

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
        try:
            self.check_nonsignaling(tolerance=tolerance)
        except SignalingError:
            return False
        return True

    def nearest_nonsignaling(self) -> Nearest[Self]:
        """Return the non-signaling behavior that is nearest in least squares, exactly, and how near it is.

        For tables with a few decimals, or of a program that signals by its own rounding. It is no fit of counts: these
        say how certain each number is, see `Counts.fit`. Floats mean the decimals that print them: 0.427 is 427/1000.
        Of all behaviors p ≥ 0 without signaling, it is the only one with the least Σ (p − table)² over all cells, so
        that it has all symmetries of the table.

        Returns
        -------
        Nearest
            The behavior, with the distance and the largest change of a cell. It is an estimate, unless this behavior is
            exact and does not signal, and so stays as it is.

        Raises
        ------
        BehaviorError
            If it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> table = rb.boxes.tsirelson().p.round(3)
        >>> table[0, 0, 0, 0], table[0, 1, 0, 0] = 0.428, 0.072
        >>> near = rb.Behavior(table).nearest_nonsignaling()
        >>> near
        Nearest non-signaling behavior: distance 0.000707, largest change 0.00025
        >>> near.behavior.is_nonsignaling()
        True
        """
        if self.exact is not None and self.is_nonsignaling():
            return Nearest(self)
        exact = decimals(self.table, single=self._tolerance > TOLERANCE)
        return self._nearest(exact, self.scenario, None)

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
            If the behavior misses one of the equalities by more than its `tolerance`. See `nearest_nonsignaling`.
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
        if denominator & (denominator - 1) == 0 and denominator <= _FINE:  # then floats are multiplied without rounding
            integers = np.rint(vector * float(denominator)).astype(np.int64).astype(object)
        else:
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

    def guessing(
        self,
        outputs: str | Sequence[str],
        at: Mapping[str, int],
        *,
        settings: object = None,
        dependence: object = None,
        lower: object = None,
        upper: object = None,
        signaling: Mapping[str, object] | None = None,
        quantum: int | str | None = None,
        seconds: float | None = None,
    ) -> GuessingLike:
        """Return how well an adversary, no-signaling or quantum, who biases settings within budgets, guesses outcomes.

        The adversary prepares, with a probability p(λ), a box that does not signal and a distribution p(settings|λ);
        together they must show this behavior. The guess may depend on λ. The largest probability of a right guess is
        a linear program, solved exactly; the proofs of the closed forms in the CHSH scenario: :doc:`/theorems`. With
        ``quantum=`` the boxes are those of a level of the NPA hierarchy: then it is a rigorous upper bound.

        Source: Pironio et al., Nature 464, 1021 (2010), arXiv:0911.3427; for biased settings Koh et al., PRL 109,
        160404 (2012), arXiv:1202.3571.

        Parameters
        ----------
        outputs
            Whose outcomes are guessed, one or several.
        at
            The setting of each input.
        settings
            p(settings): a table, or a distribution for each input; by default uniform.
        dependence
            Most of M = Σ |p(settings, λ) − p(settings) p(λ)|, see `dependence`; by default no other budget than those
            given, and independent settings if there is none.
        lower, upper
            Bounds of p(settings|λ) for every λ and all settings that occur, see `setting_bounds`.
        signaling
            For edges such as ``"X -> B"`` the most of Σ_λ p(λ) max |p(b|x, …, λ) − p(b|x', …, λ)|: so far boxes may
            signal.
        quantum
            A level of the NPA hierarchy, such as ``"1+AB"`` (see `quantum_set`), for an adversary with quantum devices;
            by default devices only do not signal.
        seconds
            Time limit.

        Returns
        -------
        Guessing or QuantumGuessing
            Exact value (quantum: a bound), min-entropy, what the adversary does, and a certificate.

        Raises
        ------
        BehaviorError
            If names or settings are unknown, the settings do not occur, or a functional is irrational.
        MeasureError
            If a budget is none, or devices are quantum and signal.
        InfeasibleError
            If no adversary within the budgets shows this behavior.
        ModelTooLargeError
            If there are too many extreme p(settings|λ).
        UnsupportedModelError
            If there is no such level.
        RelaxbellError
            If `quantum` is given and MoMPy is not installed (extra ``quantum``).
        SolverError
            If no exact optimum is found.

        Examples
        --------
        >>> import relaxbell as rb
        >>> box, place = rb.boxes.tsirelson(), {"X": 0, "Y": 0}
        >>> print(box.guessing("A", place).exact, box.guessing("A", place, lower=0.2).exact)
        (3/2 - √2/2) (8/5 - √2/2)
        """
        return provided("Behavior.guessing")(
            self, outputs, at, settings=settings, dependence=dependence, lower=lower, upper=upper, signaling=signaling,
            quantum=quantum, seconds=seconds,
        )  # fmt: skip

    def robustness(self, where: object, *, noise: object = "white") -> RobustnessLike:
        """Return the largest weight of the behavior in a mixture with noise that is in a set of behaviors.

        Parameters
        ----------
        where
            The set: a Bell scenario such as ``bell()`` (the local set), `quantum_set` or `nonsignaling_set`.
        noise
            ``"white"``, ``"local"`` (any local behavior), ``"general"`` (any no-signaling one), or a behavior.

        Returns
        -------
        Robustness
            The visibility v of v p + (1 − v) noise as the solver found it, an exact upper bound, the functional that
            proves it, and its certificate. Of floats, for `rounded`.

        Raises
        ------
        BehaviorError
            If the noise is of no such kind, or scenarios differ; a `SignalingError` if the behavior signals.
        UnsupportedModelError
            If a model is none of a Bell scenario.

        Examples
        --------
        >>> import relaxbell as rb
        >>> p = rb.boxes.pr()
        >>> [p.robustness(rb.bell(), noise=kind).upper_bound for kind in ("white", "local", "general")]
        [Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)]
        """
        return provided("Behavior.robustness")(self, where, noise)

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        return block_table(self.p if self.estimated else self.table, self.scenario, estimated=self.estimated)

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


def _frozen(table: NDArray[Any]) -> NDArray[Any]:
    table = np.array(table)
    table.setflags(write=False)
    return table
