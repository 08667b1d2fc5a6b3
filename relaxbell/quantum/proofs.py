"""Certificates of sets: from floats to data of which the verifier's exact arithmetic makes the bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.model import CausalModel
from relaxbell.certificate.claims import as_text, as_texts
from relaxbell.engines.linear.certificates import model_data
from relaxbell.errors import CertificateError, InfeasibleError, SolverError
from relaxbell.exact.numbers import Exact, ExactNumber, Floats, Surd, surd
from relaxbell.exact.simplex import Contradiction, ExactProgram, Optimum
from relaxbell.exact.sparse import ExactMatrix
from relaxbell.lp.clock import remaining
from relaxbell.lp.scaled import exact_optimum
from relaxbell.verify import SCHEMA, Real, read_case
from relaxbell.verify.words import Word, classes

_BITS, _MOST_BITS = 48, 90
"""Bits after the point of a factor of size one; at most."""

_NEARLY = Fraction(1, 10**9)
"""Conditions that are missed by less contradict each other by rounding."""

_ABOVE = 2**60
"""Irrational coefficients are rounded up to multiples of one over it."""


def common_data(
    scenario: Scenario, numbers: Sequence[ExactNumber] = (), model: CausalModel | None = None
) -> dict[str, Any]:
    """Return what certificates of sets share: the Bell scenario as a graph, or a model's, and the root in numbers."""
    latent = next(name for name in ("L", "Lambda", "Common", "Source", "L'") if name not in scenario.variables)
    parties = (scenario.parties or {}) if model is None else {}
    nodes = [{"name": x, "cardinality": scenario.cardinality[x], "parents": []} for x in scenario.inputs]
    for a in scenario.outputs if model is None else ():
        own = parties[a]
        above = [latent] if own is None else [own, latent]
        nodes.append({"name": a, "cardinality": scenario.cardinality[a], "parents": above})
    settings = math.prod(scenario.cardinality[x] for x in scenario.inputs)
    roots = {number.n for number in numbers if isinstance(number, Surd)}
    if len(roots) > 1:
        raise CertificateError(
            f"no certificate: found the roots of {', '.join(map(str, sorted(roots)))}, expected one in all numbers "
            "together. Round one of the tables to rational numbers."
        )
    return {
        "schema": SCHEMA,
        **({"root": roots.pop()} if roots else {}),
        "model": model_data(model) if model is not None else {
            "latents": [latent], "nodes": nodes, "outputs": list(scenario.outputs), "inputs": list(scenario.inputs),
            "input_distribution": as_texts([Fraction(1, settings)] * settings),
        },
        "observed": {"values": []}, "constraints": [], "claim": {},
    }  # fmt: skip


def proven(data: dict[str, Any]) -> ExactNumber:
    """Return the upper bound that the verifier finds; raise Refused as it does."""
    found = read_case(data).proven()
    return number_of(found * -1)


def number_of(real: Real) -> ExactNumber:
    """Return a number of the verifier."""
    return surd(real.a, real.b, real.n) if real.b else real.a


def claimed(data: dict[str, Any], bound: ExactNumber) -> dict[str, Any]:
    """Return the data with a claim."""
    return data | {"claim": {"upper_bound": as_text(bound)}}


def rational_above(table: Exact) -> list[str | list[str]] | None:
    """Return coefficients, each at least that of an irrational table; None where all are rational."""
    cells = table.ravel().tolist()
    if not any(isinstance(c, Surd) for c in cells):
        return None
    return as_texts([_above(c) if isinstance(c, Surd) else c for c in cells])


def _above(number: Surd) -> Fraction:
    return Fraction(math.floor(number.bounds()[1] * _ABOVE) + 1, _ABOVE)


@dataclass(frozen=True, eq=False)
class Attempt:
    """What one program over a level of the NPA hierarchy found.

    Attributes
    ----------
    bound
        About what its proof will give.
    excess
        By how much the proof is weaker than the dual solution, because that is feasible only nearly.
    value
        The solver's.
    point
        Collins–Gisin coordinates where it is attained, the constant first.
    rows
        The proof, as it stands in a certificate.
    """

    bound: float
    excess: float
    value: float
    point: Floats
    rows: dict[str, Any]


def factor(
    words: Sequence[Word], form: dict[Word, float], dual: Floats, size: float, value: float, point: Floats
) -> Attempt:
    """Return L with L Lᵀ near the dual matrix, after its sums over equal moments were put right.

    Parameters
    ----------
    words
        Of the rows.
    form
        Coefficients of the functional by words.
    dual
        The dual matrix of a solver: the sums of its entries over each moment but 1 are about minus the coefficients.
    size
        Of what the form is a multiple: L Lᵀ is for the functional itself.
    value, point
        The solver's for this form.
    """
    n = len(words)
    matrix = (dual + dual.T) / 2
    places: dict[Word, tuple[list[int], list[int]]] = {}
    for i, j, word in classes(words):
        place = places.setdefault(word, ([], []))
        place[0].append(i)
        place[1].append(j)
    one = ((),) * len(words[0])
    vanishing = np.ones((n, n), dtype=bool)
    for word, own in places.items():
        rows, columns = np.array(own[0]), np.array(own[1])
        vanishing[rows, columns] = vanishing[columns, rows] = False
        if word == one:
            continue
        twice = np.where(rows == columns, 1, 2)
        gap = (-form.get(word, 0.0) - float((twice * matrix[rows, columns]).sum())) / float(twice.sum())
        matrix[rows, columns] += gap
        matrix[columns, rows] = matrix[rows, columns]
    largest = max(float(abs(matrix).max()), 1e-300)
    shift = max(0.0, -float(np.linalg.eigvalsh(matrix)[0])) + 1e-14 * largest
    for _ in range(60):
        try:
            lower = np.linalg.cholesky(matrix + shift * np.eye(n))
            break
        except np.linalg.LinAlgError:
            shift *= 1.5
    else:
        raise SolverError(
            "the dual matrix of a level of the NPA hierarchy is far from positive semidefinite, expected it nearly so. "
            "Use another level."
        )
    rows, columns = (np.array(part) for part in places[one])
    bound = float((np.where(rows == columns, 1, 2) * matrix[rows, columns]).sum()) + shift * n
    lower *= math.sqrt(size)
    bits = min(_MOST_BITS, max(0, _BITS - math.frexp(float(abs(lower).max()))[1]))
    integers = [[round(v * 2.0**bits) for v in row[: i + 1]] for i, row in enumerate(lower.tolist())]
    return Attempt(
        (bound + form.get(one, 0.0)) * size, shift * n * size, value * size, point, {"bits": bits, "rows": integers}
    )


def slacks(
    forms: NDArray[np.int64], form: Exact, limits: Sequence[tuple[Exact, ExactNumber]] = ()
) -> tuple[ExactNumber, list[ExactNumber], list[ExactNumber]]:
    """Return the largest value of a form on no-signaling behaviors: value, slacks, Collins–Gisin coordinates.

    With limits, multipliers of these stand after the slacks.

    Parameters
    ----------
    forms
        The form of each cell, one in a column: integers, the constant first.
    form
        Of the functional.
    limits
        Forms, and the most that each may be.

    Raises
    ------
    InfeasibleError
        If no behavior is within the limits.
    SolverError
        If no exact solution was found.
    TimeLimitError
        If the time is over.
    """
    found = _completion(forms, form, limits, within=False)
    width = forms.shape[1] + len(limits)
    cost = [Fraction(int(c)) for c in forms[0]] + [most - own[0] for own, most in limits]
    if limits and not isinstance(found, Optimum):
        _check_satisfied(forms, limits, cost)
    if not isinstance(found, Optimum):
        remaining()  # where the time is over, that is why
        raise SolverError(
            "no exact solution of a linear program over no-signaling behaviors was found. Give coefficients of fewer "
            "digits."
        )
    table = [found.values.get(j, Fraction(0)) for j in range(width)]
    value = form[0] + sum((c * v for c, v in zip(cost, table, strict=True) if c), Fraction(0))
    return value, table, [-d for d in found.duals]


def _completion(
    forms: NDArray[np.int64], form: Exact, limits: Sequence[tuple[Exact, ExactNumber]], *, within: bool
) -> Optimum | Contradiction | None:
    """Return the cheapest slacks and multipliers that complete a form to a constant; `within`: of sum 1 at most."""
    dimension, cells = forms.shape
    entries = [{int(j): Fraction(int(forms[k, j])) for j in np.flatnonzero(forms[k])} for k in range(1, dimension)]
    for k in range(1, dimension):
        entries[k - 1] |= {cells + i: -own[k] for i, (own, _) in enumerate(limits) if own[k]}
    cost: list[ExactNumber] = [Fraction(int(c)) for c in forms[0]] + [most - own[0] for own, most in limits]
    right: list[ExactNumber] = [-c for c in form[1:]]
    equality = [True] * (dimension - 1)
    if within:
        entries.append({cells + i: Fraction(1) for i in range(len(limits))})
        right.append(Fraction(1))
        equality.append(False)
    return exact_optimum(ExactProgram(ExactMatrix(tuple(entries), cells + len(limits)), cost, right, equality), None)


def _check_satisfied(
    forms: NDArray[np.int64], limits: Sequence[tuple[Exact, ExactNumber]], cost: Sequence[ExactNumber]
) -> None:
    """Raise InfeasibleError where no no-signaling behavior satisfies limits, with by how much they are missed."""
    found = _completion(forms, np.full(len(forms), Fraction(0), dtype=object), limits, within=True)
    if not isinstance(found, Optimum):
        return
    missed = -sum((cost[j] * v for j, v in found.values.items() if j < len(cost)), Fraction(0))
    if not missed > 0:
        return
    remedy = "Loosen them."
    if missed < _NEARLY:
        remedy = (
            "Floats are read as the decimals that they print: leave out conditions that follow from the others, loosen "
            "them, or give exact numbers, Observed([(functional, Fraction(1, 3))])."
        )
    raise InfeasibleError(
        f"no no-signaling behavior satisfies the conditions beside the set: some are missed by {float(missed):.3g} at "
        f"least, expected 0. {remedy}"
    )
