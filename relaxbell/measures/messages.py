"""Messages: how often one is sent, and its entropy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.names import name_latex
from relaxbell.causal.mixed import constant_row, mixed_rows
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture, graphs
from relaxbell.errors import MeasureError
from relaxbell.exact.numbers import Floats
from relaxbell.exact.rows import Rows
from relaxbell.measures.definition import Definition
from relaxbell.measures.effects import probability
from relaxbell.measures.measure import LinearMeasure, Measure, check_model
from relaxbell.measures.terms import Linear

if TYPE_CHECKING:
    import cvxpy as cp


def message_weight(model: CausalModel, message: str = "M") -> LinearMeasure:
    """Return p(m ≠ 0): how often a message other than 0 is sent, averaged over the input distribution.

    For a binary message its minimum is the paper's min p(m = 0), Eq. (39), by exchanging the names
    of the two messages. It depends on p(x) (erratum E6).

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.

    Returns
    -------
    LinearMeasure
        A probability.

    Raises
    ------
    MeasureError
        If `message` is not a hidden node of the model.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_weight(rb.message()), rb.boxes.pr()).value, 9)
    0.5
    """
    check_model(model, "message_weight")
    if message not in model.hidden:
        raise MeasureError(
            f"{message!r} is not a hidden node of {model.name}, which has {', '.join(model.hidden) or 'none'}. "
            "Use message(...) or name the node."
        )
    label, sent = f"p({message}≠0)", probability(message, list(range(1, model.cardinality[message])), [])
    rows = _sent(model, message, label)
    symbol = rf"p({name_latex(message)} \neq 0)"
    definition = Definition("message weight", message_weight, {"message": message}, symbol)
    term = Linear(rows, None if model.is_mixture else sent)  # rows of several graphs are written out
    return LinearMeasure(model, label, term=term, definition=definition)


def _sent(model: CausalModel, message: str, label: str) -> Rows:
    """Return the row of how often a message is sent; never in a structure of a mixture that has none."""
    if isinstance(model, Mixture):
        own = graphs(model, f"the message {message}")
        rows = [_sent(g, message, label) if message in g.hidden else constant_row(0, g.local) for g in own]
        return mixed_rows(model.local, rows, (label,))
    return model.local.one().minus(model.rows({message: 0}), (label,))


@dataclass(frozen=True, eq=False, repr=False)
class BinaryEntropy(Measure):
    """h(p) of a linear measure p, in bits; concave, so not an expression to minimize in CVXPY.

    `minimize` finds the extreme values of p that all constraints allow: the least entropy is at one
    of the two ends.

    Attributes
    ----------
    weight
        The probability whose binary entropy this is.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.message_entropy(rb.message()).weight.name
    'p(M≠0)'
    """

    weight: LinearMeasure = field(kw_only=True)

    @property
    def expression(self) -> cp.Expression:
        """Raise MeasureError: entropy is concave.

        Raises
        ------
        MeasureError
            It says what to use instead.
        """
        raise self._concave("convex expression")

    def linear(self, what: str) -> LinearMeasure:
        raise self._concave(what)

    def _concave(self, what: str) -> MeasureError:
        return MeasureError(
            f"{self.name} is a concave function of q, not piecewise linear, so it has no {what}. Use "
            "message_weight(model), the probability p(m≠0), as the expression or budget: h is increasing on [0, 1/2]."
        )

    def statement(self) -> dict[str, object]:
        return {"kind": "binary entropy", "of": self.weight.statement()}

    def zero_like(self, what: str) -> LinearMeasure:
        return self.weight  # a message that is always 1 is one that is always 0, by other names

    @property
    def formula(self) -> str:
        return f"h({self.weight.name})"

    def _at(self, q: Floats) -> float:
        return binary_entropy(self.weight.at(q))


def message_entropy(model: CausalModel, message: str = "M") -> BinaryEntropy:
    """Return H(m) of a binary message in bits, Eq. (9), averaged over the input distribution.

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.

    Returns
    -------
    BinaryEntropy
        In bits.

    Raises
    ------
    MeasureError
        If the message is not a hidden node or not binary. Its ``.expression`` and ``<=`` raise too and
        name `message_weight`, because entropy is concave.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_entropy(rb.message()), rb.boxes.tsirelson()).value, 6)
    0.735916
    """
    weight = message_weight(model, message)
    if model.cardinality[message] != 2:
        raise MeasureError(
            f"{message} has {model.cardinality[message]} values: the least entropy is computed for binary messages. "
            "Use message_weight(model), or alphabet=2."
        )
    equation = rf"h({weight.symbol}),\quad h(p) = -p \log_2 p - (1-p) \log_2 (1-p)"
    arguments = {"message": message}
    definition = Definition("message entropy", message_entropy, arguments, f"H({name_latex(message)})", equation)
    return BinaryEntropy(model, f"H({message})", "bit", definition=definition, weight=weight)


def binary_entropy(p: float) -> float:
    """Return h(p) = −p log2 p − (1 − p) log2(1 − p) in bits, 0 for p ≤ 0 or p ≥ 1."""
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return float(-p * np.log2(p) - (1 - p) * np.log1p(-p) / np.log(2))
