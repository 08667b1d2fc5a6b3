"""Results of a few numbers in notebooks: both ends of a query, maxima on sets, robustness, guesses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from relaxbell.engines.solution import LONGEST
from relaxbell.exact.numbers import ceil_float
from relaxbell.exact.texts import FITTED, ceil_text, floor_text
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.engines.solution import Bounds, Solution
    from relaxbell.exact.numbers import ExactNumber
    from relaxbell.quantum.maxima import SetMaximum
    from relaxbell.quantum.robustness import Robustness
    from relaxbell.randomness.guessing import Guessing


def bounds_html(bounds: Bounds[Solution]) -> str:
    """Return both ends of a query with what is proved of them."""
    least, most = bounds.minimum, bounds.maximum
    measure = least.measure
    unit = "" if measure.unit == "probability" else f" {measure.unit}"
    of = f", {FITTED}" * least.estimated
    lower = _value(bounds.lower, None if least.estimated else least.exact) + unit
    negated = None if most.estimated or most.exact is None else -most.exact
    upper = _value(bounds.upper, negated) + unit
    rows = [
        ("least", lower),
        ("largest", upper),
        (f"proved{of}", f"{floor_text(bounds.lower_bound, 12)} … {ceil_text(bounds.upper_bound, 12)}{unit}"),
    ]
    return _table(f"{arrows(measure.name)}, {measure.model.name}", rows)


def maximum_html(found: SetMaximum) -> str:
    """Return the largest value on a set, and what is proved."""
    rows = [("maximum", _value(found.value, found.exact))]
    if found.exact is None:
        rows.append(("at most", ceil_text(ceil_float(found.upper_bound), 12)))
    return _table(f"largest value on the {found.where} set", [*rows, ("certificate", "of the upper bound, exact")])


def robustness_html(found: Robustness) -> str:
    """Return the visibility, its bound, and the functional that proves it."""
    rows = [
        ("visibility", f"{found.value:.9g}"),
        ("at most", ceil_text(ceil_float(found.upper_bound), 12)),
        ("noise", found.noise),
        ("set", found.where),
    ]
    if found.functional is not None:
        rows.append(("proved by", found.functional.formula()))
    return _table("largest visibility in the set", rows)


def guessing_html(found: Guessing) -> str:
    """Return the guessing probability, the bits, and the budgets."""
    place = ", ".join(f"{name}={value}" for name, value in found.at.items())
    names = {"M": "M at most", "lower": "p(settings|λ) at least", "upper": "p(settings|λ) at most"}
    rows = [
        ("guessing probability", _value(found.value, found.exact)),
        ("min-entropy, at least", f"{floor_text(found.min_entropy, 6)} bit"),
        ("adversary", "no-signaling"),
        *((arrows(names.get(name, f"{name} at most")), _exact(limit)) for name, limit in found.limits.items()),
    ]
    return _table(f"P(guess {','.join(found.outputs)} | {place})", rows)


def _value(value: float, exact: ExactNumber | object | None) -> str:
    """Return an exact number with its decimals, or decimals alone."""
    decimals = f"{value:.9g}"
    text = "" if exact is None else _surds(str(exact).strip("()"))
    return decimals if text in ("", decimals) or len(text) > LONGEST else f"{text} = {decimals}"


def _exact(number: ExactNumber) -> str:
    text = _surds(str(number))
    return text if len(text) <= LONGEST else f"{float(number):.9g}"


def _surds(text: str) -> str:
    return re.sub(r"sqrt\((\d+)\)", r"√\1", text)


def _table(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    left = 'style="text-align:left"'
    cells = "".join(f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table><caption>{escape(caption)}</caption>{cells}</table>"
