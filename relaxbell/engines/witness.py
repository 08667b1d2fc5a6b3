"""`Witness`: the inequality that a bound comes from, in words whose numbers belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from relaxbell.causal.model import CausalModel
from relaxbell.exact.numbers import ExactNumber
from relaxbell.exact.texts import as_number, different_texts
from relaxbell.functionals.functional import BellFunctional
from relaxbell.symmetry.recognition import holds_with_signaling, recognize

_LINE = 100
"""Characters of a formula that a summary shows."""


@dataclass(frozen=True, eq=False)
class Witness:
    """A Bell functional with its value on the data and its bound in a model without relaxation.

    Attributes
    ----------
    functional
        Read off the dual solution.
    value
        On the observed data: exact where they are, else a float.
    bound
        Largest value that the unrelaxed model reaches.
    signaling
        Whether the data may signal: then it is the name of a catalog functional, and its formula in marginals, only
        where it is so for signaling behaviors too.
    model
        The one that has the bound: only its symmetries lead to names; None for all relabelings.

    Examples
    --------
    >>> import relaxbell as rb
    >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.boxes.pr())
    >>> print(solution.witness)
    CHSH = 4 > 2
    >>> solution.witness.functional(rb.boxes.pr()), solution.witness.bound
    (Fraction(1, 2), Fraction(0, 1))
    """

    functional: BellFunctional
    value: ExactNumber | float
    bound: ExactNumber | float
    signaling: bool = False
    model: CausalModel | None = None

    @cached_property
    def _shown(self) -> tuple[str | None, ExactNumber, ExactNumber]:
        """Name of the catalog functional that this is in disguise, or None; value and bound in its (or own) units."""
        found, numbers = recognize(self.functional, self.model), (as_number(self.value), as_number(self.bound))
        if found is None or (self.signaling and not holds_with_signaling(self.functional, found)):
            return None, *numbers
        value, bound = ((number - found.offset) / found.scale for number in numbers)
        return str(found.known), value, bound

    @property
    def in_catalog_form(self) -> tuple[str, float, float] | None:
        """(name, value, bound) in the units of the catalog functional that this is in disguise, or None."""
        name, value, bound = self._shown
        return None if name is None else (name, float(value), float(bound))

    @property
    def name(self) -> str | None:
        """Name of the catalog functional that this is in disguise, or None."""
        return self._shown[0]

    @property
    def title(self) -> str:
        """The name, or the formula of the functional."""
        return self.name or self.functional.formula("probabilities" if self.signaling else None)

    @property
    def violation(self) -> float:
        """By how much the data exceed the bound, in the units of `functional`."""
        return float(as_number(self.value) - as_number(self.bound))

    @property
    def excess(self) -> float:
        """By how much the data exceed the bound, in the units of what is called `title`."""
        _, value, bound = self._shown
        return float(value - bound)

    @property
    def comparison(self) -> str:
        """Value and bound in the units of `title`, with the digits that tell them apart: ``4 > 2``."""
        _, value, bound = self._shown
        return " > ".join(different_texts(value, bound))

    @property
    def short(self) -> str:
        """As text of a line: of long formulas the beginning, and where the rest is.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.measurement_dependence((2, 2), (3, 3))
        >>> solution = rb.minimize(rb.mutual_information(model), rb.boxes.cglmp(3).visibility(0.9))
        >>> solution.witness.short.partition(" … ")[2][:35]
        '(23 terms, witness.functional) = 0.'
        """
        title = self.title
        if len(title) <= _LINE or str(self) == "none":
            return str(self)
        parts = title.split(" ")  # sign, coefficient and event; cut before a sign
        signs = [i for i, part in enumerate(parts) if i and part in "+-"]
        cut = max((i for i in signs if len(" ".join(parts[:i])) <= _LINE), default=signs[0] if signs else len(parts))
        return f"{' '.join(parts[:cut])} … ({len(signs) + 1} terms, witness.functional) = {self.comparison}"

    def __str__(self) -> str:
        if as_number(self.value) <= as_number(self.bound):
            return "none"
        return f"{self.title} = {self.comparison}"

    def __repr__(self) -> str:
        return f"Witness: {self}"
