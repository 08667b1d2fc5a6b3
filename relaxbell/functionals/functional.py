"""`BellFunctional`: a linear function of behaviors with exact coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import read_names, read_parties
from relaxbell.errors import FunctionalError
from relaxbell.exact.arrays import complete_table
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.functionals.arithmetic import read_coefficients
from relaxbell.functionals.evaluation import Evaluated
from relaxbell.functionals.frame import Frame
from relaxbell.functionals.notation import correlator_table, read_form
from relaxbell.methods import provided
from relaxbell.relabeling import Relabeling, Symmetries, act, moved

if TYPE_CHECKING:
    from relaxbell.results import FaceLike, ModelLike


class BellFunctional(Evaluated):
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

    def __init__(
        self,
        coefficients: ArrayLike,
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        constant: Any = 0,
        parties: Mapping[str, str | None] | None = None,
        name: str | None = None,
    ) -> None:
        self.outputs = read_names(outputs, "outputs", FunctionalError)
        self.inputs = read_names(inputs, "inputs", FunctionalError)
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
        tables: Mapping[str, Any],
        outputs: str | Sequence[str] = ("A", "B"),
        inputs: str | Sequence[str] = ("X", "Y"),
        *,
        parties: Mapping[str, str | None] | None = None,
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
        >>> BellFunctional.from_collins_gisin({"AB": [[1, 1], [1, -1]], "A": [-1, 0], "B": [-1, 0]})
        p(00|00) + p(00|01) + p(00|10) - p(00|11) - pA(0|0) - pB(0|0)
        """
        return cls._from_form(tables, outputs, inputs, parties, name, Coordinates.lift)

    @classmethod
    def from_correlators(
        cls,
        tables: Mapping[str, Any],
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
        return cls._from_form(tables, outputs, inputs, parties, name, correlator_table)

    @classmethod
    def _from_form(
        cls, tables: Mapping[str, Any], outputs: Any, inputs: Any, parties: Any, name: str | None, table_of: Any
    ) -> BellFunctional:
        outputs = read_names(outputs, "outputs", FunctionalError)
        inputs = read_names(inputs, "inputs", FunctionalError)
        owners = read_parties(parties, outputs, inputs)
        if owners is None:
            raise FunctionalError(
                f"which party chooses which input? Found outputs {', '.join(outputs)} and inputs {', '.join(inputs)}. "
                "Give parties={output: input or None}."
            )
        coordinates, form = read_form(tables, outputs, inputs, owners)
        return cls(table_of(coordinates, form), outputs, inputs, constant=form[0], parties=owners, name=name)

    # ------------------------------------------------------------ bounds and faces

    def bound(self, model: ModelLike, subject_to: Sequence[Any] = ()) -> Any:
        """Return the maximum over the behaviors of a model: the bound of a (relaxed) Bell inequality.

        Parameters
        ----------
        model
            Any causal model with the same variables.
        subject_to
            Budgets of measures and affine CVXPY constraints on ``model.q``, as in `minimize`. With a symbolic
            budget, ``c <= sympy.Symbol("epsilon")``, the bound is an exact function of it, a `Curve`.

        Returns
        -------
        ExactNumber, float or Curve
            The exact maximum. Where constraints or the input distribution have numbers that are not exact
            (or the exact solution was not found), a float that is rounded up: no behavior of the model exceeds it.

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
        """
        return provided("BellFunctional.bound")(self, model, subject_to)

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

    # --------------------------------------------------------------------- axes

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
        outputs = read_names(outputs, "outputs", FunctionalError)
        inputs = read_names(inputs, "inputs", FunctionalError)
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

    # -------------------------------------------------------------- relabelings

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
        raise FunctionalError(f"{value!r:.60} is a {type(value).__name__}, expected a BellFunctional such as CHSH.")
