"""What a certificate is about, in words: its graph, its data by their digest, and its constraints."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from .digest import data_digest, number, short_digest
from .measures import Measure
from .model import Model
from .reading import Json, Real, whole
from .rounding import text


class Given(Protocol):
    """What a certificate says is given: its graph, its data, exact or rounded to bits, and its constraints."""

    model: Model
    behavior: list[Real] | None
    values: list[tuple[list[Fraction], Real]]
    bits: Json
    constraints: list[tuple[Measure, Real]]


def models(case: Given) -> str:
    """Return the models that a certificate is about, as the end of "every" or "there is no"."""
    latents = case.model.latents
    how = "independent" if getattr(case, "independent", False) else "correlated or not"
    joint = "" if len(latents) == 1 else f" with {', '.join(latents)} {how}"
    if getattr(case, "loose", False):  # compared with the data, which it need not have
        data, _, limits = given(case).partition(" and ")
        return f"model with {graph(case.model)}{joint}{' that has ' * bool(limits)}{limits} (compared with {data})"
    return f"model with {graph(case.model)}{joint} that has {given(case)}"


def graph(model: Model) -> str:
    """Return the edges, the variables with their numbers of values, and whether the settings are uniform."""
    hidden = [name for name in model.size if name not in model.axes]
    roles = (("inputs", model.inputs), ("outputs", model.outputs), ("hidden", hidden))
    lists = [f"{role} {', '.join(f'{n}: {model.size[n]}' for n in names)}" for role, names in roles if names]
    uniform = "uniform" if len(set(model.distribution)) == 1 else "given"
    return f"{', '.join(model.edges)} ({'; '.join([*lists, f'{uniform} settings'])})"


def given(case: Given) -> str:
    """Return what is known: the data, named by their digest, and the constraints."""
    data = f"{len(case.values)} given values" if case.behavior is None else f"{case.model.cells} given probabilities"
    rounded = ""
    if case.bits is not None:
        rounded = f" (floats, says the file, changed by at most 2^-{whole(case.bits, 'rounded', 0, 10**4)})"
    limits = [f"{measure.text} <= {text(limit)}" for measure, limit in case.constraints[:9]]
    if rest := [f"{measure.text} <= {number(limit)}" for measure, limit in case.constraints[9:]]:
        limits.append(f"{len(rest)} more constraints (digest {short_digest(rest)})")
    return " and ".join([f"(digest {digest(case)}) the {data}{rounded}", *limits])


def digest(case: Given) -> str:
    """Return the digest of a certificate's data and settings."""
    model = case.model
    model.spend(8 * model.cells * (1 + len(case.values)) + model.settings * len(model.axes))
    outputs, inputs = ([(name, model.size[name]) for name in names] for names in (model.outputs, model.inputs))
    return data_digest(outputs, inputs, model.distribution, case.behavior, case.values)
