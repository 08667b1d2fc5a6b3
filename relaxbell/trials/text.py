"""Evidence as text and as a table for notebooks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from html import escape
from typing import Protocol

from relaxbell.exact.texts import floor_text
from relaxbell.measures.measure import Measure


class Stated(Protocol):
    """What is written of evidence."""

    @property
    def measure(self) -> Measure:
        """What is tested."""

    @property
    def confidence(self) -> float:
        """Of the limit."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the counts."""

    @property
    def trials(self) -> int:
        """How many are tested."""

    @property
    def at_least(self) -> float:
        """The limit."""

    @property
    def has_strength(self) -> bool:
        """Whether it can be computed."""

    @property
    def strength(self) -> float:
        """Nat for each trial."""

    @property
    def method(self) -> str:
        """In words."""

    @property
    def assumptions(self) -> Sequence[str]:
        """In words."""

    @property
    def only_zero(self) -> bool:
        """Whether only ε = 0 is tested."""

    @property
    def signed(self) -> bool:
        """Whether the measure may be negative."""

    def log_p_at(self, limit: object) -> float:
        """Of the p-value."""

    def log_e_at(self, limit: object) -> float:
        """Of the e-value."""


def evidence_text(evidence: Stated) -> str:
    """Return aligned lines."""
    title, rows = _lines(evidence)
    width = max(len(name) for name, _ in rows)
    return "\n".join([title, *(f"  {name.ljust(width)}  {text}" for name, text in rows)])


def evidence_html(evidence: Stated) -> str:
    """Return a table of two columns."""
    title, rows = _lines(evidence)
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table><caption>{escape(title)}</caption>{body}</table>"


def _lines(evidence: Stated) -> tuple[str, list[tuple[str, str]]]:
    name = evidence.measure.name
    zero = f"{name} {'<=' if evidence.signed else '='} 0"
    rows = [("p-value", f"{power_text(evidence.log_p_at(0), up=True)} of {zero} in every trial")]
    if not evidence.only_zero:
        rows.append(("at least", f"{_limit(evidence)} with {100 * evidence.confidence:g} % confidence"))
    rows += [
        ("e-value", f"{power_text(evidence.log_e_at(0), up=False)} against {zero}"),
        *([("strength", f"{evidence.strength:.4g} nat for each trial")] if evidence.has_strength else []),
        ("method", evidence.method),
        *(("assumes", words) for words in evidence.assumptions),
    ]
    return f"Evidence about {name} from {evidence.trials:,} trials ({', '.join(evidence.names)})", rows


def _limit(evidence: Stated) -> str:
    if evidence.at_least == -math.inf:
        return "nothing is proved: 0 is not rejected"
    if evidence.at_least == math.inf:
        return "any value: none explains the counts,"
    return floor_text(evidence.at_least, 3)


def power_text(log: float, *, up: bool) -> str:
    """Return e to a power as text with three digits, however small it is, rounded to one side.

    Examples
    --------
    >>> power_text(-1000.0, up=True), power_text(0.0, up=True), power_text(-3.0, up=False)
    ('5.08e-435', '1', '0.0497')
    """
    if math.isinf(log):
        return "0" if log < 0 else "infinity"
    number = Decimal(log).exp()
    step = Decimal(1).scaleb(number.adjusted() - 2)
    near = number.quantize(step, rounding=ROUND_CEILING if up else ROUND_FLOOR)
    if Decimal("1e-4") <= near < Decimal("1e6"):
        return f"{float(near):.3g}" if near < 1000 else f"{float(near):.0f}"
    return f"{near:.2e}".replace("E", "e").replace("e+", "e")
