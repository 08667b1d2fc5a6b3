"""What a statement about counterfactuals must satisfy in a model: known variables, values that occur, ancestors."""

from __future__ import annotations

from typing import NoReturn

from relaxbell.causal.counterfactual.expressions import Comparison, Event, Mean, Number, Value, Variable, named_in
from relaxbell.causal.counterfactual.tables import own_parents
from relaxbell.causal.protocols import HasStrategies
from relaxbell.errors import MeasureError


def check_mean(model: HasStrategies, mean: Mean, text: str) -> None:
    """Raise MeasureError unless a probability or mean makes sense in the model."""
    for (name, value), place in zip(mean.do, mean.places, strict=True):
        _known(model, name, place, text)
        _check_value(model, name, value, place, text)
        check_part(model, value, text)
    check_part(model, mean.of, text)
    if mean.given is not None:
        check_part(model, mean.given, text)


def check_part(model: HasStrategies, part: Event | Value, text: str) -> None:
    """Raise MeasureError for unknown variables, values that none has, and what forces no ancestor."""
    for variable in named_in(part):
        _known(model, variable.name, variable.place, text)
        own = ancestors(model, variable.name)
        seen = set()
        for (name, value), place in zip(variable.forced, variable.places, strict=True):
            _known(model, name, place, text)
            if name in seen:
                _fail(text, place, f"{name} is forced twice on {variable.name}, expected once", "Leave one out.")
            seen.add(name)
            if name not in own:
                reason = "itself" if name == variable.name else "no ancestor of it"
                _fail(
                    text,
                    place,
                    f"{name} is forced on {variable.name}, but is {reason} in {model.name}: expected one of "
                    f"{', '.join(n for n in model.nodes if n in own) or 'none, it has no ancestors'}",
                    f"Leave it out: {variable.name} would be the same.",
                )
            _check_value(model, name, value, place, text)
    _check_comparisons(model, part, text)


def ancestors(model: HasStrategies, name: str) -> set[str]:
    """Return the observed and hidden nodes from which an edge or a chain of them leads to a node."""
    found: set[str] = set()
    new = [name]
    while new:
        more = [parent for parent in own_parents(model, new.pop()) if parent not in found]
        found.update(more)
        new += more
    return found


def _known(model: HasStrategies, name: str, place: int, text: str) -> None:
    if name in model.cardinality and name not in model.latents:
        return
    known = ", ".join(n for n in model.nodes if n not in model.latents)
    if name in model.latents:
        _fail(text, place, f"{name} is latent, expected one of {known}", "What a latent variable is has no values.")
    _fail(text, place, f"{name} is no variable of {model.name}, expected one of {known}", "Use these names.")


def _check_value(model: HasStrategies, name: str, value: Value, place: int, text: str) -> None:
    if isinstance(value, Number) and not 0 <= value.value < model.cardinality[name]:
        values = f"0 to {model.cardinality[name] - 1}"
        _fail(text, value.place, f"{name} = {value} does not occur, expected {values}", "Values count from 0.")
    if not isinstance(value, Number | Variable):
        _fail(text, place, f"{name} is forced to be {value}, expected a number or a variable", "Force one value each.")
    if isinstance(value, Variable) and model.cardinality.get(value.name, 0) > model.cardinality[name]:
        _fail(
            text,
            value.place,
            f"{name} is forced to be {value}, which can be {model.cardinality[value.name] - 1}, expected values below "
            f"{model.cardinality[name]}",
            "Force a variable with as many values.",
        )


def _check_comparisons(model: HasStrategies, part: Event | Value, text: str) -> None:
    """Refuse to compare a variable with a value that it never has: Y = 2 of a binary one."""
    if isinstance(part, Comparison):
        for one, other in ((part.left, part.right), (part.right, part.left)):
            if isinstance(one, Variable) and isinstance(other, Number):
                _check_value(model, one.name, other, other.place, text)
        return
    for event in getattr(part, "events", ()) or ((part.event,) if hasattr(part, "event") else ()):
        _check_comparisons(model, event, text)


def _fail(text: str, place: int, problem: str, remedy: str) -> NoReturn:
    raise MeasureError(f"{text!r}, at character {place + 1}: {problem}. {remedy}")
