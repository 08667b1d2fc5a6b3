"""Evidence over ε as an SVG, without a plotting package."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from relaxbell.lp.clock import TimeLimitError, share
from relaxbell.show.axes import LINES
from relaxbell.show.evidence import alike, last_limit
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.quantification.report import Quantification
    from relaxbell.trials.statement import Evidence

_LEFT, _TOP, _WIDTH, _HEIGHT = 46.0, 30.0, 330.0, 200.0
_RIGHT, _LINE = 48.0, 19.0
_INK, _GRAY, _FAINT = "#1a1a1a", "#5f5f5f", "#d9d9d9"
_LONGEST = 58
"""Letters of a line of the legend."""


def evidence_svg(report: Quantification) -> tuple[str, list[str]]:
    """Return −log10 p of "at most ε" over ε for each relaxation, and the names of those for which there was no time.

    Relaxations with the same line share it, and those in bits, which follow from others, are left out. The picture is
    empty where no counts speak against any ε.
    """
    rows = [row for row in report.rows if row.statement is not None and row.unit == "probability"]
    lines: list[_Line] = []
    late = []
    for k, row in enumerate(rows):
        assert row.statement is not None
        own = _Line(row.statement.evidence, arrows(row.name))
        try:
            with share(1, len(rows) - k):
                same = next((line for line in lines if alike(line, own)), None)
                if same is not None:
                    same.names += own.names
                    continue
                own.find()
        except TimeLimitError:  # what is known by then may be enough
            if not own.is_drawn:
                late += own.names
                continue
        lines.append(own)
    lines = [line for line in lines if line.end > 0]  # where p is a half or more from the start there is no line
    if not lines:
        return "", late
    level = -math.log10(1 - report.confidence)
    top = 1.06 * max(level, *(y for line in lines for _, y in line.points))
    return _Picture(max(line.end for line in lines), top).drawn(lines, level, f"{100 * report.confidence:.10g} %"), late


class _Line:
    """The p-values of one relaxation, or of several with the same ones; each is found once."""

    def __init__(self, evidence: Evidence, name: str) -> None:
        self.evidence, self.names, self.tests = evidence, [name], evidence.tests
        self.end = math.nan
        self._known: dict[Fraction, float] = {}

    @property
    def at_least(self) -> float:
        """The confidence limit, which the report knows."""
        return self.evidence.at_least

    def log_p_at(self, limit: object) -> float:
        """Return the logarithm of the p-value of ε."""
        own = Fraction(limit) if isinstance(limit, Rational | float) else Fraction(0)
        if own not in self._known:
            self._known[own] = self.evidence.log_p_at(own)
        return self._known[own]

    def find(self) -> None:
        """Find where the line ends, then p-values in between, coarse ones first: the time may be over."""
        end = Fraction(last_limit(self))
        self.end = float(end)
        for parts in (2, 4, 8, 16):
            for k in range(1, parts, 2):
                self.log_p_at(end * k / parts)
        self.log_p_at(end)

    @property
    def points(self) -> list[tuple[float, float]]:
        """ε and −log10 p, ascending."""
        pairs = ((float(limit), -log / math.log(10)) for limit, log in sorted(self._known.items()))
        return [(x, y) for x, y in pairs if x <= self.end and math.isfinite(y)]

    @property
    def is_drawn(self) -> bool:
        """Whether the end is known, and enough before it."""
        return not math.isnan(self.end) and len(self.points) > 2


class _Picture:
    """The plane of ε and of evidence."""

    def __init__(self, last: float, top: float) -> None:
        self.last, self.top = last, top

    def x(self, limit: float) -> float:
        return _LEFT + limit / self.last * _WIDTH

    def y(self, value: float) -> float:
        return _TOP + (1 - value / self.top) * _HEIGHT

    def drawn(self, lines: Sequence[_Line], level: float, confidence: str) -> str:
        bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
        legend, row, body = [], bottom + 56, self._frame(level, confidence)
        for k, own in enumerate(lines):
            look = _look(k)
            points = " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in own.points)
            body.append(f'<polyline points="{points}" fill="none" {look}/>')
            limit = own.evidence.at_least
            if 0 < limit <= self.last:
                color = LINES[k % len(LINES)]["color"]
                body.append(f'<circle cx="{self.x(limit):.1f}" cy="{self.y(level):.1f}" r="4" fill="{color}"/>')
            legend.append(f'<path d="M {_LEFT} {row - 4:.1f} H {_LEFT + 38:.1f}" fill="none" {look}/>')
            for line in _lines(own.names):
                legend.append(_text(_LEFT + 46, row, line))
                row += _LINE
        width, height = right + _RIGHT, row - 6
        said = "; ".join(", ".join(names) for names in (own.names for own in lines))
        title = f"Evidence, minus log10 of the p-value, against at most ε, falling with ε, for {said}"
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" '
                f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
                'font-family="sans-serif" font-size="12">',
                f"<title>{escape(title)}</title>",
                *body,
                *legend,
                "</svg>",
            ]
        )

    def _frame(self, level: float, confidence: str) -> list[str]:
        bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
        parts = [_text(4, 16, "evidence −log₁₀ p against “at most ε”")]
        for value in _ticks(self.top):
            y = self.y(value)
            parts.append(f'<path d="M {_LEFT} {y:.1f} H {right}" stroke="{_FAINT}"/>')
            parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
        for limit in _ticks(self.last):
            x = self.x(limit)
            parts.append(f'<path d="M {x:.1f} {bottom} v 4" stroke="{_INK}"/>')
            parts.append(_text(x, bottom + 17, f"{limit:g}", "middle"))
        parts.append(f'<path d="M {_LEFT} {_TOP} V {bottom} H {right}" fill="none" stroke="{_INK}"/>')
        y = self.y(level)
        parts.append(f'<path d="M {_LEFT} {y:.1f} H {right}" stroke="{_GRAY}" stroke-width="1.2"/>')
        parts.append(_text(right + 4, y + 4, confidence, color=_GRAY))
        parts.append(_text(_LEFT + _WIDTH / 2, bottom + 35, "ε, the limit on the relaxation", "middle"))
        return parts


def _look(k: int) -> str:
    """Return color and dashes; further lines combine them anew."""
    color, dashes = LINES[k % len(LINES)]["color"], LINES[(k + k // len(LINES)) % len(LINES)]["linestyle"]
    dashed = "" if dashes == "-" else f' stroke-dasharray="{" ".join(f"{2 * d:g}" for d in dashes[1])}"'
    return f'stroke="{color}" stroke-width="2"{dashed}'


def _lines(names: Sequence[str]) -> list[str]:
    """Return names in lines of a width."""
    lines = [""]
    for name in names:
        longer = f"{lines[-1]}, {name}" if lines[-1] else name
        if len(longer) > _LONGEST and lines[-1]:
            lines[-1] += ","
            lines.append(name)
        else:
            lines[-1] = longer
    return [line if len(line) <= _LONGEST + 1 else f"{line[:_LONGEST]}…" for line in lines]


def _ticks(top: float) -> list[float]:
    """Return round numbers from 0 on, about five."""
    step = top / 5
    power = 10.0 ** math.floor(math.log10(step))
    nice = next(f for f in (1, 2, 2.5, 5, 10) if f * power >= step * (1 - 1e-9)) * power
    return [float(f"{k * nice:.12g}") for k in range(math.floor(top / nice * (1 + 1e-9)) + 1)]


def _text(x: float, y: float, words: str, anchor: str = "start", color: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(words)}</text>'
