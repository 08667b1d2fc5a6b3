"""Factorized measurement dependence: p(x, y|λ) = p(x|λ) p(y|λ), each party's setting with its own common cause.

λ may be refined, so that a model is a mixture of pairs of a strategy and a product u v of distributions of the two
settings, and a measure is a mean over the mixture. Which mixture it is a distribution over strategies does not tell:
these measures are functions of the mixture (`FactorizedSolution.sources`), not of q.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Floats
from relaxbell.measures.definition import small
from relaxbell.measures.measure import LinearMeasure, Measure
from relaxbell.measures.settings import SettingLayout

if TYPE_CHECKING:
    import cvxpy as cp

PARTIES = 2
"""Dependent inputs of a factorized measure."""


@dataclass(frozen=True, eq=False, repr=False)
class Factorized(Measure):
    """A measure of factorized measurement dependence: a mean over sources, not a function of q.

    Attributes
    ----------
    layout
        Strategies sorted by setting and Λ.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.dependence(rb.measurement_dependence(), factorized=True).layout.names
    ('X', 'Y')
    """

    layout: SettingLayout = field(kw_only=True)

    @property
    def expression(self) -> cp.Expression:
        """Raise MeasureError: the measure is no function of q.

        Raises
        ------
        MeasureError
            It says what to use instead.
        """
        self._no_function_of_q()

    def _no_function_of_q(self) -> NoReturn:
        raise MeasureError(
            f"{self.name} depends on how λ is refined, which weights of strategies do not tell: expected a question "
            "for minimize, curve or sweep. The model found is in solution.sources; measure.of(u, v) is what one costs."
        )

    def linear(self, what: str) -> LinearMeasure:
        raise MeasureError(
            f"{self.name} is a least mean over products p(x|λ) p(y|λ), no linear program over q, and has no {what} "
            f"here. Use minimize, curve or sweep, or the measure without factorized=True, which is a lower bound."
        )

    def _at(self, q: Floats) -> float:
        self._no_function_of_q()

    def _at_few(self, strategies: Sequence[int], weights: Floats) -> float:
        self._no_function_of_q()

    @property
    def is_correlated(self) -> bool:
        """Whether p(x, y) is no product: then the sources make the correlation, and least values exceed 0."""
        table = self._table
        first, second = (
            [sum(line, Fraction(0)) for line in lines] for lines in (table, list(zip(*table, strict=True)))
        )
        return any(p != a * b for a, row in zip(first, table, strict=True) for b, p in zip(second, row, strict=True))

    @property
    def _table(self) -> list[list[Fraction]]:
        """p(x, y), exact, of all values."""
        sizes = [self.model.cardinality[name] for name in self.layout.names]
        found = dict(zip(self.layout.settings, self.layout.weights, strict=True))
        return [[found.get((x, y), Fraction(0)) for y in range(sizes[1])] for x in range(sizes[0])]

    def of(self, first: Sequence[float], second: Sequence[float]) -> float:
        """Return what one source costs, whose settings have the distributions p(x|λ) and p(y|λ).

        Parameters
        ----------
        first, second
            Distributions of the dependent inputs, in the order of ``layout.names``.

        Returns
        -------
        float
            In the measure's unit; infinite where a setting of probability 0 would occur.

        Raises
        ------
        MeasureError
            If they are no distributions of these inputs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mutual_information(rb.measurement_dependence(), factorized=True).of([1, 0], [0.5, 0.5])
        1.0
        """
        table = np.array(self._table, dtype=np.float64)
        own = [np.asarray(given, dtype=np.float64) for given in (first, second)]
        for name, given, size in zip(self.layout.names, own, table.shape, strict=True):
            if given.shape != (size,) or not (given >= 0).all() or abs(given.sum() - 1) > 1e-9:
                raise MeasureError(
                    f"p({small(name)}|λ) is {given.tolist()}, expected a distribution over {size} values of {name}."
                )
        return self._cost(np.outer(*own), table)

    def _cost(self, product: Floats, table: Floats) -> float:
        raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class FactorizedInformation(Factorized):
    """I(X, Y:Λ) in bits for settings with p(x, y|λ) = p(x|λ) p(y|λ); see `mutual_information`.

    Attributes
    ----------
    layout, model, name, unit, definition
        As in `Factorized`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.mutual_information(rb.measurement_dependence(), factorized=True).name
    'I(X,Y:Λ) factorized'
    """

    def statement(self) -> dict[str, object]:
        return {"kind": "factorized mutual information"}

    @property
    def formula(self) -> str:
        return "Σ_λ p(λ) D(p(x|λ) p(y|λ) ‖ p(x,y)), settings with a common cause each"

    def _cost(self, product: Floats, table: Floats) -> float:
        used = product > 0
        if (table[used] == 0).any():
            return math.inf
        return max(0.0, float((product[used] * np.log2(product[used] / table[used])).sum()))


@dataclass(frozen=True, eq=False, repr=False)
class FactorizedDependence(Factorized):
    """M = Σ_λ p(λ) Σ_xy |p(x|λ) p(y|λ) − p(x, y)|; see `dependence`.

    Attributes
    ----------
    layout, model, name, unit, definition
        As in `Factorized`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.dependence(rb.measurement_dependence(), factorized=True).name
    'M(X,Y:Λ) factorized'
    """

    def statement(self) -> dict[str, object]:
        return {"kind": "factorized dependence"}

    @property
    def formula(self) -> str:
        return "Σ_λ p(λ) Σ_xy |p(x|λ) p(y|λ) - p(x,y)|, settings with a common cause each"

    def _cost(self, product: Floats, table: Floats) -> float:
        if (product[table == 0] > 0).any():
            return math.inf
        return float(abs(product - table).sum())


def read_factorized(given: object) -> bool:
    """Return whether p(x, y|λ) is to factorize; raise MeasureError for what is neither True nor False."""
    if not isinstance(given, bool):
        raise MeasureError(f"factorized is {given!r}, expected True or False.")
    return given


def is_single(layout: SettingLayout) -> bool:
    """Return whether a single input is dependent, so that p(x|λ) is the only factor."""
    return len(layout.names) == 1


def check_parties(model: CausalModel, layout: SettingLayout, kind: str) -> None:
    """Raise UnsupportedModelError for more than two dependent inputs, by name."""
    names = layout.names
    if len(names) != PARTIES:
        raise UnsupportedModelError(
            f"{kind}({','.join(names)}:Λ) factorized: found the {len(names)} dependent inputs {', '.join(names)} in "
            f"{model.name}, expected {PARTIES}: with three factors a price is not convex in all others at a fixed one. "
            "Let two inputs depend on λ, measurement_dependence(dependent=…), or leave out factorized=True: a lower "
            "bound."
        )


def conditional_latex(layout: SettingLayout) -> str:
    r"""Return p(x|\lambda)\,p(y|\lambda)."""
    return r"\,".join(rf"p({small(name)}|\lambda)" for name in layout.names)
