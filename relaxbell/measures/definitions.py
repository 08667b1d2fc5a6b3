"""From the definition of a measure back to the measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

from relaxbell.causal.model import CausalModel
from relaxbell.errors import MeasureError
from relaxbell.measures.dependence import dependence, hall_dependence
from relaxbell.measures.information import mutual_information
from relaxbell.measures.locality import average_causal_effect, influence, message_entropy, message_weight
from relaxbell.measures.measure import Measure, maximum
from relaxbell.measures.products import nonbilocality

_MAKERS: Mapping[str, Callable[..., Measure]] = {
    "influence": influence,
    "average causal effect": average_causal_effect,
    "message weight": message_weight,
    "message entropy": message_entropy,
    "dependence": dependence,
    "hall dependence": hall_dependence,
    "mutual information": mutual_information,
    "nonbilocality": nonbilocality,
}


def from_definition(model: CausalModel, definition: Mapping[str, Any]) -> Measure:
    """Return the measure that a definition describes.

    Raises
    ------
    MeasureError
        If the definition is of a user's own rows, which it does not hold.

    Examples
    --------
    >>> import relaxbell as rb
    >>> measure = 2 * rb.influence(rb.bell((2, 3)).relax("X -> B"), "X", "B")
    >>> from_definition(measure.model, measure.definition).rows == measure.rows
    True
    """
    kind, own = str(definition.get("kind")), {k: v for k, v in definition.items() if k not in ("kind", "of")}
    if kind == "sum":
        return reduce(add, [from_definition(model, part) for part in definition["of"]])
    if kind == "maximum":
        return maximum(*(from_definition(model, part) for part in definition["of"]))
    if kind == "multiple":
        return from_definition(model, definition["of"]) * Fraction(definition["factor"])
    if kind not in _MAKERS:
        raise MeasureError(f"a measure of kind {kind!r} cannot be made from its definition alone. Keep its rows.")
    if kind == "average causal effect":
        own["values"] = tuple(own["values"])
    if kind == "nonbilocality" and "marginals" in own:
        own["marginals"] = {name: [Fraction(v) for v in values] for name, values in own["marginals"].items()}
    return _MAKERS[kind](model, **own)


def holds_all(definition: Any) -> bool:
    """Return whether a definition is enough to make its measure: whether no part is a user's own rows."""
    if isinstance(definition, Mapping):
        return definition.get("kind") in (*_MAKERS, "sum", "maximum", "multiple") and holds_all(
            definition.get("of", ())
        )
    return all(holds_all(part) for part in definition)
