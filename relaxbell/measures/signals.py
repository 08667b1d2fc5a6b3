"""Groups of parties that share more than a local variable but no signals: a constraint on q of a mixture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from relaxbell.causal.model import CausalModel
from relaxbell.causal.structures import Mixture
from relaxbell.errors import UnsupportedModelError
from relaxbell.exact.local_rows import LocalRows, Piece
from relaxbell.measures.affine import AffineConstraint

if TYPE_CHECKING:
    import cvxpy as cp


def nonsignaling(model: Mixture) -> list[cp.Constraint]:
    """Return the constraints that parties within a structure do not signal; see `Mixture.nonsignaling`."""
    found = []
    for k, own in enumerate(model.structures):
        if not isinstance(own, CausalModel):
            continue
        pieces: list[Piece] = []
        labels: list[str] = []
        for label, pair in _equalities(own):
            pieces += [(scope, len(labels), table) for scope, _, table in pair]
            labels.append(f"{model.names[k]}: {label}")
        if labels:
            tables = LocalRows.summed(own.local.domains, pieces, labels).parts
            lifted = [model.local.lifted(k, part) for part in tables]
            local = model.local
            rows = LocalRows(local.domains, lifted, tuple(labels), check=local.check, numbering=local)
            nothing = np.full(len(labels), Fraction(0), dtype=object)
            found.append(AffineConstraint(rows, nothing, True).in_cvxpy(model))
    return found


def _equalities(model: CausalModel) -> Iterator[tuple[str, list[Piece]]]:
    """Yield what a party's input does not change: what the rest of its group answers, and what all others do."""
    if model.hidden or model.dependent_inputs or any(u in model.outputs for u, _ in model.edges):
        raise UnsupportedModelError(
            f"{model.name}: no-signaling within groups is for free inputs whose edges lead to outputs. Leave hidden "
            "nodes, outcome signals and dependent inputs out."
        )
    parties = model.unrelaxed.parties or {}
    for group in _groups(model):
        others = [name for name in model.outputs if name not in group]
        wholes = [list(itertools.product(range(model.cardinality[n]), repeat=_size(model, n))) for n in others]
        inputs = sorted({x for name in group for x in model.inputs if x in model.parents(name)})
        for gone in group:
            source, rest = parties.get(gone), [name for name in group if name != gone]
            if source is None:
                continue
            kept = [x for x in inputs if x != source]
            for setting, answers, functions in itertools.product(
                itertools.product(*(range(model.cardinality[x]) for x in kept)),
                itertools.product(*(range(model.cardinality[n]) for n in rest)),
                itertools.product(*wholes),
            ):
                known = dict(zip(kept, setting, strict=True))
                for value in range(1, model.cardinality[source]):
                    events = [_event(model, {**known, source: v}, rest, answers, others, functions) for v in (value, 0)]
                    if events[0] != events[1]:
                        pair = [_piece(model, event, sign) for event, sign in zip(events, (1, -1), strict=True)]
                        yield f"no signal from {source}={value} and {source}=0 to {','.join(rest)}", pair


def _groups(model: CausalModel) -> list[list[str]]:
    """Return the outputs in groups of those that inputs of the others reach."""
    own = {name: {x for x in model.inputs if x in model.parents(name)} for name in model.outputs}
    groups: list[list[str]] = []
    for name in model.outputs:
        near = [group for group in groups if any(own[name] & own[other] for other in group)]
        groups = [group for group in groups if group not in near] + [[*(n for g in near for n in g), name]]
    return [group for group in groups if len(group) > 1]


def _size(model: CausalModel, name: str) -> int:
    return next(node.configurations for node in model.strategies.nodes if node.name == name)


def _event(
    model: CausalModel,
    setting: Mapping[str, int],
    rest: Sequence[str],
    answers: Sequence[int],
    others: Sequence[str],
    functions: Sequence[Sequence[int]],
) -> dict[int, int]:
    """Return the value of each variable that matters."""
    event = {model.local.variable(name, setting): a for name, a in zip(rest, answers, strict=True)}
    for name, function in zip(others, functions, strict=True):
        first = model.local.variables.index((name, 0))
        event |= {first + place: value for place, value in enumerate(function)}
    return event


def _piece(model: CausalModel, event: Mapping[int, int], sign: int) -> Piece:
    table = np.zeros([model.local.domains[v] for v in event], dtype=np.int64)
    table[tuple(event.values())] = sign
    return tuple(event), 0, table
