"""The certificate of a guess: what is observed, the budgets, and multipliers for each table and guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.observed import Observed
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import as_data, as_text, as_texts
from relaxbell.exact.numbers import ExactNumber, Surd
from relaxbell.randomness.program import Adversary, Proof
from relaxbell.randomness.squares import QuantumProof
from relaxbell.verify import SCHEMA


@dataclass(frozen=True, eq=False)
class Told:
    """What a certificate states: the data, whose outcomes are guessed, at which settings, the budgets, the bound."""

    observed: Behavior | Observed
    outputs: tuple[str, ...]
    at: list[int]
    limits: Mapping[str, ExactNumber]
    bound: ExactNumber


def certificate_data(model: CausalModel, adversary: Adversary, proof: Proof, found: Told) -> dict[str, Any]:
    """Return the certificate as data; the format is described in `relaxbell.verify`."""
    n = len(adversary.observed)
    proof_data = {
        "z": as_texts(proof.multipliers[:n]),
        "budgets": as_texts(proof.multipliers[n:]),
        "boxes": [_sparse(proof.boxes[pair]) for pair in adversary.pairs],
    }
    edges = [f"{u} -> {v}" for u, v in adversary.boxes.edges]
    return _data(model, found, {"kind": "guessing", "edges": edges}, proof_data)


def quantum_certificate_data(
    model: CausalModel, found: Told, lengths: list[list[int]], proof: QuantumProof
) -> dict[str, Any]:
    """Return the certificate of a quantum adversary as data, for words of these lengths."""
    n = len(proof.multipliers) - ("M" in found.limits)
    proof_data = {
        "z": as_texts(proof.multipliers[:n]), "budgets": as_texts(proof.multipliers[n:]), "squares": proof.squares,
    }  # fmt: skip
    return _data(model, found, {"kind": "quantum guessing", "set": lengths}, proof_data)


def _data(model: CausalModel, found: Told, kind: dict[str, Any], proof: dict[str, Any]) -> dict[str, Any]:
    observed: dict[str, Any]
    numbers: list[ExactNumber] = [found.bound, *found.limits.values()]
    if isinstance(found.observed, Behavior):
        assert found.observed.exact is not None
        flat = found.observed.exact.ravel()
        observed = {"behavior": as_texts(flat)}
        numbers += list(flat)
    else:
        rows = list(found.observed.table_rows())
        observed = {"values": [{"coefficients": as_texts(c.ravel()), "value": as_text(value)} for _, c, value in rows]}
        numbers += [value for _, _, value in rows]
    measure = {
        **kind, "outputs": list(found.outputs), "at": found.at,
        "limits": {name: as_text(v) for name, v in found.limits.items()},
    }  # fmt: skip
    roots = {v.n for v in numbers if isinstance(v, Surd)}
    return {
        "schema": SCHEMA, "model": _model_data(model), "measure": measure, "observed": observed, "constraints": [],
        "claim": {"upper_bound": as_text(found.bound)}, "proof": as_data(proof),
        **({"root": roots.pop()} if roots else {}),
    }  # fmt: skip


def _sparse(multipliers: Sequence[Fraction]) -> list[list[Any]]:
    return [[i, as_text(y)] for i, y in enumerate(multipliers) if y]


def _model_data(model: CausalModel) -> dict[str, Any]:
    nodes = [
        {"name": name, "cardinality": model.cardinality[name], "parents": list(model.parents(name))}
        for name in (*model.free_inputs, *model.responding)
    ]
    return {
        "latents": list(model.latents), "nodes": nodes, "outputs": list(model.outputs), "inputs": list(model.inputs),
        "input_distribution": as_texts(model.input_distribution.table.ravel()),
    }  # fmt: skip
