"""Messages: how often one is sent, and its entropy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.behavior.names import name_latex
from relaxbell.causal.mixed import constant_row, mixed_rows
from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture, graphs
from relaxbell.errors import MeasureError, UnsupportedModelError
from relaxbell.exact.numbers import Floats, read_fraction
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import one_line
from relaxbell.measures.definition import Definition
from relaxbell.measures.effects import probability
from relaxbell.measures.measure import LinearMeasure, Measure, check_model
from relaxbell.measures.terms import Linear, Total

if TYPE_CHECKING:
    import cvxpy as cp


def message_weight(model: CausalModel, message: str = "M", *, lengths: Sequence[object] | None = None) -> LinearMeasure:
    """Return p(m ≠ 0): how often a message other than 0 is sent, averaged over the input distribution.

    With `lengths`, the mean number of bits: Σ_m length_m p(m), the average communication of S. Pironio, PRA 68, 062102
    (2003), doi:10.1103/PhysRevA.68.062102, for messages that are written with so many bits.

    For a binary message its minimum is the paper's min p(m = 0), Eq. (39), by exchanging the names
    of the two messages. It depends on p(x) (erratum E6).

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.
    lengths
        For each value of the message how many bits it has, rational numbers ≥ 0: ``[0, 1, 1]`` for silence or one bit.

    Returns
    -------
    LinearMeasure
        A probability; with lengths, bits.

    Raises
    ------
    MeasureError
        If `message` is not a hidden node of the model, or lengths are not one number ≥ 0 for each of its values.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_weight(rb.message()), rb.boxes.pr()).value, 9)
    0.5
    >>> three = rb.message(alphabet=3)
    >>> rb.minimize(rb.message_weight(three, lengths=[0, 1, 2]), rb.boxes.tsirelson()).exact
    -1/2 + sqrt(2)/2
    """
    check_model(model, "message_weight")
    if message not in model.hidden:
        raise MeasureError(
            f"{message!r} is not a hidden node of {model.name}, which has {', '.join(model.hidden) or 'none'}. "
            "Use message(...) or name the node."
        )
    if lengths is not None:
        return _mean_length(model, message, lengths)
    label, sent = f"p({message}≠0)", probability(message, list(range(1, model.cardinality[message])), [])
    rows = _sent(model, message, label)
    symbol = rf"p({name_latex(message)} \neq 0)"
    definition = Definition("message weight", message_weight, {"message": message}, symbol)
    term = Linear(rows, None if model.is_mixture else sent)  # rows of several graphs are written out
    return LinearMeasure(model, label, term=term, definition=definition)


def _sent(model: CausalModel, message: str, label: str) -> Rows:
    """Return the row of how often a message is sent; never in a structure of a mixture that has none."""
    return model.local.one().minus(_told(model, message, 0), (label,))


def _mean_length(model: CausalModel, message: str, lengths: Sequence[object]) -> LinearMeasure:
    count = model.cardinality[message]
    listed = isinstance(lengths, Sequence) and not isinstance(lengths, str) and len(lengths) == count
    found = [read_fraction(v, f"a length of {message}", MeasureError) for v in lengths] if listed else []
    if not listed or any(v < 0 for v in found):
        raise MeasureError(
            f"lengths are {one_line(lengths)}, expected one number ≥ 0 for each of the {count} values of {message}, "
            f"such as lengths={[0, *(1 for _ in range(count - 1))]}."
        )
    own = message_combination(model, message, found)
    symbol = rf"\sum_{{m}} \ell_m\, p({name_latex(message)} = m)"
    arguments = {"message": message, "lengths": [str(v) for v in found]}
    definition = Definition("message length", _length_anew, arguments, symbol)
    return LinearMeasure(model, f"bits({message})", "bit", term=own.term, definition=definition)


def _length_anew(model: CausalModel, message: str, lengths: Sequence[str]) -> LinearMeasure:
    return message_weight(model, message, lengths=[Fraction(v) for v in lengths])


def message_combination(model: CausalModel, message: str, coefficients: Sequence[Fraction]) -> LinearMeasure:
    """Return Σ c_m p(m) of a message."""
    parts = []
    for value, factor in enumerate(coefficients):
        if factor:
            stated = None if model.is_mixture else probability(message, [value], [])
            own = Linear(_told(model, message, value), stated)
            parts.append(own.scaled(factor))
    return LinearMeasure(model, f"Σ c p({message})", term=Total(tuple(parts)))


def _told(model: CausalModel, message: str, value: int) -> Rows:
    """Return the row of p(message = value): always 0, not sent, in a structure of a mixture that has none."""
    if isinstance(model, Mixture):
        own = graphs(model, f"the message {message}")
        rows = [_told(g, message, value) if message in g.hidden else constant_row(int(not value), g.local) for g in own]
        return mixed_rows(model.local, rows, (f"p({message}={value})",))
    return model.rows({message: value})


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


@dataclass(frozen=True, eq=False, repr=False)
class MessageEntropy(Measure):
    """H(m) of a message of more than two values, in bits; concave in p(m), so not an expression to minimize in CVXPY.

    `minimize` cuts a polytope around the distributions p(m) that can be reached; the interval between value and lower
    bound closes.

    Attributes
    ----------
    message
        Its name.
    weights
        p(m) for each value.
    model, name, unit, definition
        As in `Measure`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> rb.message_entropy(rb.message(alphabet=3)).alphabet
    3
    """

    message: str = field(kw_only=True)
    weights: tuple[LinearMeasure, ...] = field(kw_only=True)

    @property
    def alphabet(self) -> int:
        """Number of values."""
        return len(self.weights)

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
            "message_weight(model), p(m≠0), or its mean number of bits, message_weight(model, lengths=…)."
        )

    def statement(self) -> dict[str, object]:
        return {"kind": "message entropy", "message": self.message}

    def zero_like(self, what: str) -> LinearMeasure:
        return message_weight(self.model, self.message)

    @property
    def formula(self) -> str:
        return f"-Σ p({self.message}) log2 p({self.message})"

    def _at(self, q: Floats) -> float:
        return entropy_of([weight.at(q) for weight in self.weights])


def message_entropy(model: CausalModel, message: str = "M") -> BinaryEntropy | MessageEntropy:
    """Return H(m) of a message in bits, Eq. (9), averaged over the input distribution.

    Of two values it is least at an end of what p(m≠0) can be; of more, at a vertex of a polytope of p(m), which is cut
    from outside.

    Parameters
    ----------
    model
        With a hidden node for the message, such as `message`.
    message
        Its name.

    Returns
    -------
    BinaryEntropy or MessageEntropy
        In bits: of two values, or of more.

    Raises
    ------
    MeasureError
        If the message is not a hidden node, or has a single value. Its ``.expression`` and ``<=`` raise too and
        name `message_weight`, because entropy is concave.
    UnsupportedModelError
        If it has more than two values, and a structure of a mixture is without it.

    Examples
    --------
    >>> import relaxbell as rb
    >>> round(rb.minimize(rb.message_entropy(rb.message()), rb.boxes.tsirelson()).value, 6)
    0.735916
    """
    weight = message_weight(model, message)
    values = model.cardinality[message]
    if values < 2:
        raise MeasureError(f"{message} has a single value, so that its entropy is 0. Use alphabet=2 or more.")
    if values > 2:
        _sent_everywhere(model, message)
        name = name_latex(message)
        equation = rf"-\sum_m p({name} = m) \log_2 p({name} = m)"
        own = Definition("message entropy", message_entropy, {"message": message}, f"H({name})", equation)
        weights = tuple(message_combination(model, message, unit) for unit in _units(values))
        return MessageEntropy(model, f"H({message})", "bit", definition=own, message=message, weights=weights)
    equation = rf"h({weight.symbol}),\quad h(p) = -p \log_2 p - (1-p) \log_2 (1-p)"
    arguments = {"message": message}
    definition = Definition("message entropy", message_entropy, arguments, f"H({name_latex(message)})", equation)
    return BinaryEntropy(model, f"H({message})", "bit", definition=definition, weight=weight)


def _sent_everywhere(model: CausalModel, message: str) -> None:
    """Refuse structures without the message: not sent is a value of its own there, and the engine exchanges values."""
    own = graphs(model, f"the message {message}") if isinstance(model, Mixture) else ()
    lacking = [graph.name for graph in own if message not in graph.hidden]
    if lacking:
        raise UnsupportedModelError(
            f"{lacking[0]}, one of the structures mixed, has no message {message}: expected it in each of them, for an "
            "entropy of more than two values. Use message_weight(…, lengths=…)."
        )


def _units(count: int) -> list[list[Fraction]]:
    return [[Fraction(int(i == j)) for j in range(count)] for i in range(count)]


def entropy_of(distribution: Sequence[float]) -> float:
    """Return −Σ p log2 p in bits."""
    return float(sum(-p * np.log2(p) for p in distribution if p > 0))


def binary_entropy(p: float) -> float:
    """Return h(p) = −p log2 p − (1 − p) log2(1 − p) in bits, 0 for p ≤ 0 or p ≥ 1."""
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return float(-p * np.log2(p) - (1 - p) * np.log1p(-p) / np.log(2))
