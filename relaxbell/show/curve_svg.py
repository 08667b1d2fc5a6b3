"""Curves as small plots without a plotting package."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from relaxbell.exact.numbers import ExactNumber
from relaxbell.show.numbers import arrows
from relaxbell.show.randomness import budget_name, entropy_grid

if TYPE_CHECKING:
    from sympy import Expr

    from relaxbell.curves.boundary import Boundary
    from relaxbell.curves.curve import Curve
    from relaxbell.engines.sources.scanning import Scan
    from relaxbell.randomness.budgeted import RandomnessCurve

_TOP, _WIDTH, _HEIGHT = 34.0, 250.0, 140.0
_LETTER = 7.0
"""Width of a letter or digit, about."""
_ROUNDING = 1e-9
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_INK, _FAINT = "#222222", "#bbbbbb"


def curve_svg(curve: Curve) -> str:
    """Return a curve with its marks, and its notes as text beside it."""
    grid = curve.grid(201)
    shown = [(t, curve.shown_sign * v) for t, v in curve.marks]
    marks = [(float(t), _short(t), float(v), _value_text(v)) for t, v in shown]
    values = curve.shown_sign * np.asarray(curve.value(grid))
    return _picture(curve.name, curve.variable, curve.measure.unit, grid, values, marks, curve.notes)


def boundary_svg(boundary: Boundary) -> str:
    """Return a boundary in the plane of two parameters, its exact points marked."""
    (low, high), _ = boundary.over
    grid = np.linspace(float(low), float(high), 201)
    values = boundary.value(grid)
    points = [(x, y) for x, y in boundary.points if y is not None]
    finite = np.isfinite(values)
    s, t = map(str, boundary.symbols)
    title = f"{boundary.measure.name} = {boundary.level}: {t} against {s}"
    if not points or not finite.any():
        points, grid, values = (
            [(low, Fraction(0)), (high, Fraction(0))],
            np.array([float(low), float(high)]),
            np.zeros(2),
        )
    else:
        grid, values = grid[finite], values[finite]
    ends = [(float(grid[k]), float(values[k])) for k in (0, -1)]
    marks = [(float(x), _short(x), float(y), _short(y)) for x, y in points]
    marks = (
        [(x, _short(x), y, _short(y)) for x, y in ends[:1]]
        + marks
        + [(x, _short(x), y, _short(y)) for x, y in ends[1:]]
    )
    return _picture(title, s, "probability", grid, values, marks, repr(boundary).splitlines()[1:], ())


def _value_text(value: ExactNumber | float) -> str:
    if isinstance(value, float):
        return f"{value if abs(value) > _ROUNDING else 0:.4g}"
    return _short(value)


def randomness_svg(curve: RandomnessCurve) -> str:
    """Return bits along a budget, break points or samples marked, and notes as text beside it."""
    grid, values = entropy_grid(curve, 101)
    marks = [(e, f"{e:.4g}", v, f"{v:.6g}") for e, v in ((float(e), float(v)) for e, v in curve.marks)]
    return _picture(curve.shown_name, budget_name(curve), "probability", grid, values, marks, curve.notes)


def scan_svg(scan: Scan) -> str:
    """Return a scan of one parameter with its ends and its least value."""
    nu, values = scan.points[:, 0], scan.values
    least = int(values.argmin())
    marks = [(float(nu[k]), f"{nu[k]:.4g}", float(values[k]), f"{values[k]:.4g}") for k in (0, least, -1)]
    gap = 10.0 ** math.ceil(math.log10(max(float((values - scan.lower_bounds).max()), 1e-12)))
    text = [f"{len(nu)} linear programs", f"least {values[least]:.9g}", f"each rigorous to {gap:.0e}"]
    return _picture(scan.measure.name, scan.labels[0], scan.measure.unit, nu, values, marks, text)


def _picture(
    name: str,
    variable: str,
    unit: str,
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    marks: Sequence[tuple[float, str, float, str]],
    text: Sequence[str],
    base: tuple[float, ...] = (0.0,),
) -> str:
    """Return a picture whose upright axis reaches to what is its base."""
    left = 12 + _LETTER * max(len(mark[3]) for mark in marks)
    x, y = _scale(xs, left, _WIDTH), _scale(np.append(ys, base), _TOP + _HEIGHT, -_HEIGHT)
    bottom, right = _TOP + _HEIGHT, left + _WIDTH
    width = right + 24 + 7.2 * max((len(line) for line in text), default=0)
    suffix = "" if unit == "probability" else f" ({unit})"
    runs = np.split(np.arange(len(xs)), np.flatnonzero(np.diff(np.isfinite(ys))) + 1)  # there may be gaps
    paths = [
        " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(xs[run], ys[run], strict=True))
        for run in runs
        if np.isfinite(ys[run]).all()
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{bottom + 42:.0f}" '
        f'viewBox="0 0 {width:.0f} {bottom + 42:.0f}" font-family="sans-serif" font-size="12">',
        f'<title>{escape(name)}</title><rect width="100%" height="100%" fill="#ffffff"/>',
        _text(left, 18, arrows(name) + suffix, "start"),
        f'<path d="M {left:.1f} {_TOP} V {bottom} H {right:.1f}" fill="none" stroke="{_INK}"/>',
    ]
    labels_below: list[tuple[float, float]] = []
    labels_left: list[float] = []
    for t, t_text, v, v_text in sorted(marks, key=lambda m: m[0] not in (marks[0][0], marks[-1][0])):
        parts.append(f'<path d="M {x(t):.1f} {bottom} V {y(v):.1f}" stroke="{_FAINT}" stroke-dasharray="2 3"/>')
        half = _LETTER * len(t_text) / 2 + 3
        if all(abs(x(t) - other) > half + room for other, room in labels_below):
            parts.append(_text(x(t), bottom + 16, t_text, "middle"))
            labels_below.append((x(t), half))
        if all(abs(y(v) - other) > 13 for other in labels_left):
            parts.append(_text(left - 6, y(v) + 4, v_text, "end"))
            labels_left.append(y(v))
    parts += [f'<polyline points="{path}" fill="none" stroke="{_INK}" stroke-width="2"/>' for path in paths]
    parts += [f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="3" fill="{_INK}"/>' for t, _, v, _ in marks[1:-1]]
    parts.append(_text((left + right) / 2, bottom + 34, arrows(variable), "middle"))
    parts += [_text(right + 18, _TOP + 10 + 18 * k, _written(line), "start") for k, line in enumerate(text)]
    return "\n".join([*parts, "</svg>"])


def _written(line: str) -> str:
    """Return a formula as one writes it, without the signs of programs: powers raised, products side by side."""
    line = re.sub(r"(?:\^|\*\*)(\d+)", lambda power: power[1].translate(_SUPERSCRIPTS), line)
    return arrows(line).replace("*", " ").replace(">=", "≥").replace("<=", "≤")


def _scale(values: NDArray[np.float64], origin: float, length: float) -> Callable[[float], float]:
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    span = high - low or 1.0
    return lambda v: origin + (v - low) / span * length


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(words)}</text>'


def _short(number: ExactNumber | Expr | float) -> str:
    if isinstance(number, float):
        return f"{number:.4g}"
    exact = str(number)
    exact = exact[1:-1] if exact.startswith("(") and exact.endswith(")") else exact  # of a surd
    return exact if len(exact) <= 9 else f"{float(number):.4g}"
