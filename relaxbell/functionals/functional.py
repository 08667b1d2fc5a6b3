"""`BellFunctional`: a linear function of behaviors with exact coefficients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.derived import nonsignaling_coordinates
from relaxbell.behavior.names import read_parties, read_variables
from relaxbell.behavior.notations import Reader, read_form, split_form, write_tensor
from relaxbell.behavior.scenario import Scenario, same_variables
from relaxbell.errors import BehaviorError, FunctionalError
from relaxbell.exact.arrays import complete_table, real_array
from relaxbell.exact.numbers import Exact, ExactNumber, to_floats
from relaxbell.exact.texts import a_kind, text_latex
from relaxbell.frozen import Frozen, FrozenMapping
from relaxbell.functionals.arithmetic import read_coefficients, read_number
from relaxbell.functionals.evaluation import evaluate
from relaxbell.functionals.frame import Frame
from relaxbell.functionals.notation import (
    Terms,
    check_notation,
    collins_gisin_terms,
    correlator_table,
    correlator_terms,
    full_terms,
    sum_latex,
    sum_text,
    to_correlators,
)
from relaxbell.methods import provided
from relaxbell.relabeling import Relabeling, Symmetries, act, moved

if TYPE_CHECKING:
    from relaxbell.results import FaceLike, LimitsLike, ModelLike

T = TypeVar("T")

_TITLE = 60
"""Longest formula in a message."""


class BellFunctional(Frozen):
    """A linear functional Σ c(a,b,…,x,y,…) p(a,b,…|x,y,…) + constant, with exact coefficients.

    Parameters
    ----------
    coefficients
        Array over outputs, then inputs, of exact numbers (int, Fraction, sympy rationals or a + b√n). Axes with names
        (``dims``) are matched by name.
    outputs, inputs, parties
        Names as in `Behavior`; functionals and behaviors match by name.
    constant
        Exact number.
    name
        How it is printed.

    Raises
    ------
    FunctionalError
        If coefficients are not exact or masked, or the shape does not fit the names.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.catalog.CHSH(rb.boxes.pr())
    Fraction(4, 1)
    """

    __array_ufunc__ = None  # numbers of numpy leave products to __rmul__

    def __init__(
        self,
        coefficients: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        constant: object = 0,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
    ) -> None:
        self.outputs, self.inputs = read_variables(outputs, inputs, FunctionalError)
        given = complete_table(coefficients, "the table of coefficients", FunctionalError, self.outputs + self.inputs)
        table, offset = read_coefficients(given, constant)
        if table.ndim != len(self.outputs) + len(self.inputs):
            raise FunctionalError(
                f"coefficients have {table.ndim} axes, expected {len(self.outputs) + len(self.inputs)}: one for each "
                f"of {', '.join(self.outputs + self.inputs)}."
            )
        table.setflags(write=False)
        self.coefficients: Exact = table
        self.constant: ExactNumber = offset
        self.parties = read_parties(parties, self.outputs, self.inputs)
        self.name = name
        self._seal()

    @classmethod
    def from_collins_gisin(
        cls,
        tables: Mapping[str, Any] | ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
        cardinality: Mapping[str, int] | None = None,
        name: str | None = None,
    ) -> BellFunctional:
        """Return the functional with these coefficients on Collins–Gisin marginals.

        Parameters
        ----------
        tables
            For a set of outputs, ``"A"`` or ``"AB"`` (``"A1 A2"`` for longer names), the exact coefficients of
            p(values|settings): axes are the outcomes without the last, then the settings. The outcome axes may be left
            out where all outputs of the set have two values. ``""`` is the constant. Sets left out are zero, but each
            party must occur: cardinalities are read off the shapes.

            Or the matrix of QETLAB, toqito and Ket, [[constant, B], [A, AB]], with one axis for each output: place 0 is
            "left out", place 1 + x (k − 1) + a is outcome a of k at setting x.
        outputs, inputs, parties, name
            As for the class.
        cardinality
            Of a matrix: the number of values of each output that has not two.

        Returns
        -------
        BellFunctional
            With exact coefficients over the cells p(outputs|inputs).

        Raises
        ------
        FunctionalError
            If names, shapes or numbers do not fit.

        Examples
        --------
        >>> from relaxbell import BellFunctional
        >>> BellFunctional.from_collins_gisin({"AB": [[1, 1], [1, -1]], "A": [-1, 0], "B": [-1, 0]})
        p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)
        """
        return cls._from_form(tables, outputs, inputs, parties, cardinality, name, Coordinates.lift)

    @classmethod
    def from_correlators(
        cls,
        tables: Mapping[str, Any] | ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
    ) -> BellFunctional:
        """Return the functional with these coefficients on correlators; all outputs have two values.

        Parameters
        ----------
        tables
            For a set of outputs the exact coefficients of ⟨A_x B_y …⟩ = Σ (−1)^{a+b+…} p(a, b, …|x, y, …): axes are the
            settings. ``""`` is the constant, sets left out are zero.

            Or the matrix of QETLAB, toqito and Ket, [[constant, ⟨B⟩], [⟨A⟩, ⟨AB⟩]]: one axis for each output, of which
            place 0 is "left out" and place 1 + x is setting x.
        outputs, inputs, parties, name
            As for the class.

        Returns
        -------
        BellFunctional
            With exact coefficients over the cells p(outputs|inputs).

        Raises
        ------
        FunctionalError
            If names, shapes or numbers do not fit.

        Examples
        --------
        >>> from relaxbell import BellFunctional
        >>> chsh = BellFunctional.from_correlators({"AB": [[1, 1], [1, -1]]})
        >>> chsh.formula("correlators")
        '⟨A0 B0⟩ + ⟨A0 B1⟩ + ⟨A1 B0⟩ - ⟨A1 B1⟩'
        """
        return cls._from_form(tables, outputs, inputs, parties, None, name, correlator_table)

    @classmethod
    def _from_form(
        cls,
        tables: Mapping[str, Any] | ArrayLike,
        outputs: str | Sequence[str],
        inputs: str | Sequence[str],
        parties: Mapping[str, str | None] | None,
        cardinality: Mapping[str, int] | None,
        name: str | None,
        table_of: Callable[[Coordinates, Exact], Exact],
    ) -> BellFunctional:
        reader = Reader.of(outputs, inputs, parties, FunctionalError, "coefficients", "BellFunctional(array)")
        coordinates, form, _ = read_form(tables, reader, cardinality)
        table = table_of(coordinates, form)
        return cls(table, reader.outputs, reader.inputs, constant=form[0], parties=reader.parties, name=name)

    # --------------------------------------------------------------------- forms

    @cached_property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input."""
        return Scenario.of(self.outputs, self.inputs, self.coefficients.shape, self.parties)

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The coefficients as float64."""
        return to_floats(self.coefficients)

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """Collins–Gisin coordinates of the scenario's non-signaling behaviors; None without parties."""
        return None if self.parties is None else nonsignaling_coordinates(self.scenario)

    @cached_property
    def collins_gisin(self) -> Exact:
        """The constant and the coefficients of the Collins–Gisin marginals.

        Two functionals agree on all non-signaling behaviors if and only if these agree.
        """
        form = self._coordinates().pull_back(self.coefficients)
        form[0] = form[0] + self.constant
        return form

    @property
    def marginals(self) -> Mapping[str, Any]:
        """The Collins–Gisin coefficients by sets of outputs, as `from_collins_gisin` reads them.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [str(c) for c in rb.catalog.CH.marginals["A"].ravel()]
        ['-1', '0']
        """
        form = self.collins_gisin
        return FrozenMapping(split_form(self._coordinates(), form, self.outputs, outcomes=True))

    @property
    def correlators(self) -> Mapping[str, Any]:
        """The coefficients on correlators by sets of outputs, as `from_correlators` reads them; two outcomes each.

        Examples
        --------
        >>> import relaxbell as rb
        >>> found = rb.catalog.CH.correlators
        >>> found[""], [str(c) for c in found["A"]], [str(c) for c in found["AB"].ravel()]
        (Fraction(-1, 2), ['0', '0'], ['1/4', '1/4', '1/4', '-1/4'])
        """
        form = to_correlators(self._coordinates(), self.collins_gisin)
        return FrozenMapping(split_form(self._coordinates(), form, self.outputs, outcomes=False))

    def to_collins_gisin(self) -> Exact:
        """Return the Collins–Gisin coefficients as the matrix of QETLAB, toqito and Ket; by name: `marginals`.

        Returns
        -------
        Exact
            One axis for each output: place 0 is "left out", place 1 + x (k − 1) + a is outcome a of k at setting x; the
            constant is at 0, 0. `from_collins_gisin` reads it.

        Raises
        ------
        FunctionalError
            If it is not known which party chooses which input.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CH.to_collins_gisin().astype(int).tolist()
        [[0, -1, 0], [-1, 1, 1], [0, 1, -1]]
        """
        return write_tensor(self._coordinates(), self.collins_gisin)

    def to_correlators(self) -> Exact:
        """Return the coefficients on correlators as the matrix of QETLAB, toqito and Ket; by name: `correlators`.

        Returns
        -------
        Exact
            One axis for each output: place 0 is "left out", place 1 + x is setting x; the constant is at 0, 0.
            `from_correlators` reads it.

        Raises
        ------
        FunctionalError
            If it is not known which party chooses which input, or an output has not two values.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.to_correlators().astype(int).tolist()
        [[0, 0, 0], [0, 1, 1], [0, 1, -1]]
        """
        coordinates = self._coordinates()
        return write_tensor(coordinates, to_correlators(coordinates, self.collins_gisin))

    def _coordinates(self) -> Coordinates:
        if self.coordinates is None:
            raise FunctionalError(
                f"{self.title} does not know which party chooses which input. Give parties={{output: input or None}}."
            )
        return self.coordinates

    # -------------------------------------------------------------------- values

    def __call__(self, behavior: object) -> Any:
        """Return the value on a behavior, or on any table of numbers or sympy expressions.

        Parameters
        ----------
        behavior
            A `Behavior`, matched by name; or an array with the shape and the axes of `coefficients`, for example
            one with free symbols, ``v * box.table + (1 - v) * noise.table``. Axes with names (``dims``) are matched
            by name.

        Returns
        -------
        ExactNumber, float or sympy expression
            Exact if the behavior is; a sympy expression if a free symbol occurs, or several square roots.

        Raises
        ------
        FunctionalError
            If the behavior has other variables or cardinalities.
        BehaviorError
            If an array has entries that are masked, complex or no numbers.

        Examples
        --------
        >>> import relaxbell as rb
        >>> from sympy import Symbol
        >>> v, box = Symbol("v"), rb.boxes.tsirelson()
        >>> rb.catalog.CHSH(v * box.table + (1 - v) * box.white_noise().table)
        2*sqrt(2)*v
        """
        table = behavior
        if isinstance(behavior, Behavior):
            if not same_variables(behavior, self):
                raise FunctionalError(
                    f"{self.title} lives on {self.scenario.symbol}, found a behavior {behavior.scenario.symbol}. "
                    "Use rename({old: new})."
                )
            table = behavior.transposed(self.outputs, self.inputs).table
        array = real_array(table, "p", BehaviorError, self.outputs + self.inputs, any_object=True)
        if not array.ndim:
            raise FunctionalError(
                f"{self.title} is a function of probabilities: found {a_kind(table)}, expected a Behavior or "
                "an array of them. Counts become one by counts.fit().behavior."
            )
        if array.shape != self.coefficients.shape:
            raise FunctionalError(
                f"{self.title} has cardinalities {self.coefficients.shape}, the behavior {array.shape}. "
                "Use the functional of this scenario."
            )
        if array.dtype.kind == "f":
            return float((self.floats * array).sum() + float(self.constant))
        return evaluate(self.coefficients, self.constant, array)

    # --------------------------------------------------------- sums and multiples

    def __add__(self, other: object) -> BellFunctional:
        if isinstance(other, BellFunctional):
            same = self._aligned(other)
            return self._combine(
                self._one_root(lambda: self.coefficients + same.coefficients, same),
                self._one_root(lambda: self.constant + same.constant, same),
            )
        number = self._number(other, "plus")
        if number is None:
            return NotImplemented
        return self._combine(self.coefficients, self._one_root(lambda: self.constant + number, other))

    __radd__ = __add__

    def __neg__(self) -> BellFunctional:
        return self * -1

    def __sub__(self, other: object) -> BellFunctional:
        if isinstance(other, BellFunctional):
            return self + other * -1
        number = self._number(other, "minus")
        return NotImplemented if number is None else self + -number

    def __rsub__(self, other: object) -> BellFunctional:
        return -self + other

    def __mul__(self, factor: object) -> BellFunctional:
        number = self._number(factor, "times")
        if number is None:
            return NotImplemented
        return self._combine(
            self._one_root(lambda: self.coefficients * number, factor),
            self._one_root(lambda: self.constant * number, factor),
        )

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> BellFunctional:
        number = self._number(divisor, "over")
        if number is None:
            return NotImplemented
        if number == 0:
            raise FunctionalError(f"{self.title} over 0 is undefined, expected another exact number.")
        return self * (Fraction(1) / number)

    def _one_root(self, combine: Callable[[], T], other: object) -> T:
        try:
            return combine()
        except ValueError as error:  # √2 and √3
            text = other.title if isinstance(other, BellFunctional) else str(other)
            raise FunctionalError(
                f"{self.title} and {text[:60]} have different square roots, expected one: exact numbers are a + b√n. "
                "Combine their values on a behavior instead."
            ) from error

    def _number(self, value: object, operation: str) -> ExactNumber | None:
        return read_number(value, f"{self.title} {operation}")

    def _combine(self, coefficients: Exact, constant: ExactNumber) -> BellFunctional:
        return BellFunctional(coefficients, self.outputs, self.inputs, constant=constant, parties=self.parties)

    def _aligned(self, other: BellFunctional) -> BellFunctional:
        same = other.transposed(self.outputs, self.inputs)
        if same.coefficients.shape != self.coefficients.shape:
            raise FunctionalError(
                f"{self.title} and {other.title} are functionals of different scenarios and have no sum: found "
                f"{self.scenario} and {same.scenario}. Write one of them in the other's scenario."
            )
        return same

    # ------------------------------------------------------------ bounds and faces

    def bound(
        self,
        model: ModelLike,
        subject_to: Sequence[Any] = (),
        *,
        nonsignaling: bool | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Return the maximum over the behaviors of a model: the bound of a (relaxed) Bell inequality.

        Parameters
        ----------
        model
            Any causal model with the same variables, or a set of behaviors: `quantum_set`, `nonsignaling_set`.
        subject_to
            Budgets of measures and affine CVXPY constraints on ``model.q``, as in `minimize`; on a set of behaviors
            linear conditions on its ``p``, see `BehaviorSet.maximum`. With a symbolic
            budget, ``c <= sympy.Symbol("epsilon")``, the bound is an exact function of it, a `Curve`; of a budget in
            bits, ``mutual_information(model) <= sympy.Symbol("c")``, a concave one between rigorous tangents and
            chords. With a number of bits, the bound is a float, rounded up, of a cone program (0.01 s).
        nonsignaling
            Whether only non-signaling behaviors count. By default they do within budgets in bits, if the functional
            has terms of fewer than all parties: their value for signaling behaviors is a convention.
        seconds
            Time limit; None for none.

        Returns
        -------
        ExactNumber, float or Curve
            The exact maximum. Where constraints or the input distribution have numbers that are not exact
            (or the exact solution was not found), and on quantum sets, a float that is rounded up: no behavior of the
            model exceeds it. ``quantum_set(…).maximum(functional)`` has its certificate.

        Raises
        ------
        FunctionalError
            If the scenarios differ.
        ModelTooLargeError
            If it would take days: more than 2^48 strategies of all parties but the largest, without `seconds`.
        TimeLimitError
            If the time is over. Its `partial` is an exact `Enclosure` of the maximum, or an `UpperBound` where there
            are constraints or relaxed edges.

        Notes
        -----
        Where each output responds to inputs of its own only (Bell scenarios), no strategy is listed: one party answers
        best, the others' choices are found by branch and bound. 20 settings with two outcomes take 0.01 seconds.
        Where the latent variable knows settings (``measurement_dependence``), each of them is answered for itself.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.bound(rb.bell()), rb.catalog.CHSH.bound(rb.bell().relax("X -> B"))
        (Fraction(2, 1), Fraction(4, 1))
        >>> from sympy import Symbol
        >>> model = rb.input_signaling()
        >>> rb.catalog.CHSH.bound(model, subject_to=[rb.influence(model, "X", "B") <= Symbol("e")])
        max CHSH for e in [0, 1]: exact, 2 pieces, 3 linear programs
          [0, 1/2]: 2 + 4 e
          [1/2, 1]: 4

        Where each party has 2^15 strategies:

        >>> rb.catalog.chained(15).bound(rb.bell((15, 15)))
        Fraction(28, 1)
        """
        return provided("BellFunctional.bound")(self, model, subject_to, nonsignaling=nonsignaling, seconds=seconds)

    def limits(self, level: int | str, *, seconds: float | None = None) -> LimitsLike:
        """Return the largest values on local, quantum and no-signaling behaviors side by side.

        Parameters
        ----------
        level
            Of the NPA hierarchy, as in `quantum_set`.
        seconds
            Time limit for all three; None for none.

        Returns
        -------
        Limits
            A table, with the certificate of each value: exact on local and no-signaling behaviors, a rigorous upper
            bound on quantum ones.

        Raises
        ------
        RelaxbellError
            If MoMPy is not installed (extra ``quantum``).
        TimeLimitError
            If the time is over.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.limits(1)
        largest values of CHSH
        set                maximum     at most
        local              2           2              exact
        quantum (level 1)  2.82842712  2.8284271...  rigorous bound
        no-signaling       4           4              exact
        """
        return provided("BellFunctional.limits")(self, level, seconds=seconds)

    def is_facet(self, model: ModelLike, *, nonsignaling: bool = False) -> FaceLike[BellFunctional]:
        """Return the face on which the functional is largest, with its dimension; true if it is a facet.

        Parameters
        ----------
        model
            Its polytope of behaviors.
        nonsignaling
            Whether only its non-signaling behaviors count.

        Returns
        -------
        Face
            ``dimension``, ``polytope_dimension`` and the ``bound``; computed by exact ranks.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.is_facet(rb.bell())
        a facet: CHSH <= 2 has a face of dimension 7 in dimension 8
        >>> bool(rb.catalog.chained(3).is_facet(rb.bell((3, 3))))
        False
        """
        return provided("BellFunctional.is_facet")(self, model, nonsignaling)

    # --------------------------------------------------------- axes and relabelings

    def transposed(self, outputs: str | Sequence[str], inputs: str | Sequence[str]) -> BellFunctional:
        """Return the same functional with its axes in another order.

        Parameters
        ----------
        outputs, inputs
            The functional's own names in the order wanted.

        Returns
        -------
        BellFunctional
            With the same value on every behavior.

        Raises
        ------
        FunctionalError
            If the names are others.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.transposed("B A", "Y X").outputs
        ('B', 'A')
        """
        outputs, inputs = read_variables(outputs, inputs, FunctionalError)
        if (outputs, inputs) == (self.outputs, self.inputs):
            return self
        if set(outputs) != set(self.outputs) or set(inputs) != set(self.inputs):
            raise FunctionalError(
                f"variables do not match: {self.title} lives on {self.scenario.symbol}, "
                f"asked for p({','.join(outputs)}|{','.join(inputs)})."
            )
        order = [(self.outputs + self.inputs).index(n) for n in outputs + inputs]
        table = self.coefficients.transpose(order)
        return BellFunctional(table, outputs, inputs, constant=self.constant, parties=self.parties, name=self.name)

    @cached_property
    def frame(self) -> Frame:
        """Coordinates that tell functionals apart; without parties, modulo normalization alone."""
        k, shape = len(self.outputs), self.coefficients.shape
        if self.coordinates is None or self.parties is None:
            every = frozenset(range(len(self.inputs)))
            return Frame(Coordinates(shape[:k], shape[k:], (every,) * k), (None,) * k)
        chosen = [self.parties[name] for name in self.outputs]
        return Frame(self.coordinates, tuple(None if x is None else self.inputs.index(x) for x in chosen))

    @cached_property
    def form(self) -> Exact:
        """The constant and the coefficients over the coordinates of `frame`."""
        form = self.frame.coordinates.pull_back(self.coefficients)
        form[0] = form[0] + self.constant
        return form

    def relabelings(self) -> tuple[BellFunctional, ...]:
        """Return all relabelings of inputs, outputs and parties, itself first, each functional once.

        Functionals are the same if they agree on all non-signaling behaviors (without `parties`: on all behaviors).

        Returns
        -------
        tuple of BellFunctional
            The orbit, each member exact.

        Raises
        ------
        FunctionalError
            If there are more than 20,000.

        Examples
        --------
        >>> import relaxbell as rb
        >>> len(rb.catalog.CH.relabelings()), len(rb.catalog.I3322.relabelings())
        (8, 576)
        """
        return tuple(self._combine(table, self.constant) for table in provided("BellFunctional.relabelings")(self))

    def symmetries(self) -> Symmetries:
        """Return the relabelings that turn the functional into an equal one.

        Functionals are the same if they agree on all non-signaling behaviors (without `parties`: on all behaviors), as
        in `relabelings`.

        Returns
        -------
        Symmetries
            Generators, and the order of their group: all relabelings of the scenario over its `relabelings`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CHSH.symmetries().order, rb.catalog.I3322.symmetries().order
        (16, 8)
        """
        return provided("BellFunctional.symmetries")(self)

    def canonical(self) -> BellFunctional:
        """Return the representative of the functional's class under relabelings: the same for all its members.

        Parties are sorted by their cardinalities, the largest first. The order of settings and outcomes is a canonical
        labeling, found by individualization and refinement (McKay, Piperno, J. Symb. Comput. 60, 94, 2014), with
        outcomes exchanged where that leaves fewer Collins–Gisin coefficients. How many relabelings there are does not
        matter.

        Returns
        -------
        BellFunctional
            On the same variables.

        Examples
        --------
        >>> import relaxbell as rb
        >>> (3 - rb.catalog.CH).canonical()
        -p(00|00) - p(00|01) - p(00|10) + p(00|11) + pA(0|0) + pB(0|0) + 3
        """
        return provided("BellFunctional.canonical")(self)

    def equivalent(self, other: BellFunctional, *, scale: bool = False, offset: bool = False) -> bool:
        """Return whether relabeling inputs, outputs and parties turns one functional into the other.

        Compared modulo normalization and no-signaling; names of variables do not matter.

        Parameters
        ----------
        other
            Another functional.
        scale, offset
            Whether a positive factor and a constant may be different.

        Returns
        -------
        bool
            Whether there is such a relabeling.

        Examples
        --------
        >>> import relaxbell as rb
        >>> ch, chsh = rb.catalog.CH, rb.catalog.CHSH
        >>> ch.equivalent(chsh), ch.equivalent(chsh, scale=True, offset=True)
        (False, True)
        """
        check_functional(other)
        return provided("BellFunctional.equivalent")(self, other, scale=scale, offset=offset)

    # -------------------------------------------------------------------- text

    def _terms(self, notation: str) -> tuple[Terms, ExactNumber]:
        check_notation(notation)
        if notation == "probabilities":
            return full_terms(self.coefficients, self.outputs), self.constant
        coordinates, form = self._coordinates(), self.collins_gisin
        if notation == "collins_gisin":
            return collins_gisin_terms(coordinates, form, self.outputs), form[0]
        form = to_correlators(coordinates, form)
        return correlator_terms(coordinates, form, self.outputs), form[0]

    def formula(self, notation: str | None = None) -> str:
        """Return the functional as text.

        Parameters
        ----------
        notation
            ``"probabilities"``, ``"collins_gisin"`` or ``"correlators"``. By default the one with the shortest text;
            the last two suppose no-signaling.

        Returns
        -------
        str
            A sum of terms with exact coefficients.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.catalog.CH.formula("correlators")
        '(1/4) ⟨A0 B0⟩ + (1/4) ⟨A0 B1⟩ + (1/4) ⟨A1 B0⟩ - (1/4) ⟨A1 B1⟩ - 1/2'
        """
        return sum_text(*self._terms(self._shortest if notation is None else notation))

    def latex(self, notation: str | None = None) -> str:
        r"""Return the functional in LaTeX; by default in the notation of `formula`.

        Parameters
        ----------
        notation
            As in `formula`.

        Returns
        -------
        str
            LaTeX without dollar signs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.catalog.CH.latex("collins_gisin"))
        p(00|00) + p(00|01) + p(00|10) - p(00|11) - p_{A}(0|0) - p_{B}(0|0)
        """
        return sum_latex(*self._terms(self._shortest if notation is None else notation))

    @cached_property
    def _shortest(self) -> str:
        if self.coordinates is None:
            return "probabilities"
        k = len(self.outputs)
        if not self.collins_gisin[1:].any() and (self.coefficients != self.coefficients[(0,) * k]).any():
            return "probabilities"  # zero without signaling: the other notations would not show it
        binary = all(c == 2 for c in self.coefficients.shape[:k])
        choices = ["collins_gisin", "correlators", "probabilities"] if binary else ["collins_gisin", "probabilities"]
        return min(choices, key=lambda notation: len(self.formula(notation)))

    @property
    def title(self) -> str:
        """The name, or the beginning of the formula: for messages."""
        text = str(self)
        return text if len(text) <= _TITLE else f"{text[:_TITLE].rsplit(' ', 1)[0]} …"

    def _repr_latex_(self) -> str:
        name = f"{text_latex(self.name)} = " if self.name else ""
        return f"$\\displaystyle {name}{self.latex()}$"

    def __str__(self) -> str:
        return self.name or self.formula()

    def __repr__(self) -> str:
        return f"{self.name} = {self.formula()}" if self.name else self.formula()


@act.register
def _relabeled(functional: BellFunctional, relabeling: Relabeling) -> BellFunctional:
    """Return the functional that has the old one's values on relabeled behaviors, its axes in the same order."""
    cells = relabeling.cells(functional.outputs, functional.inputs)
    if dict(relabeling.cardinality) != dict(functional.scenario.cardinality):
        raise FunctionalError(
            f"cardinalities do not match: the relabeling is of {relabeling.scenario_text}, the functional of "
            f"{functional.scenario}. Make the relabeling for it."
        )
    table = moved(functional.coefficients, cells, functional.coefficients.ndim)
    return functional._combine(table, functional.constant)


def check_functional(value: object) -> None:
    """Raise FunctionalError for anything but a functional.

    Examples
    --------
    >>> import relaxbell as rb
    >>> check_functional(rb.catalog.CHSH)
    """
    if not isinstance(value, BellFunctional):
        raise FunctionalError(f"{value!r:.60} is {a_kind(value)}, expected a BellFunctional such as CHSH.")
