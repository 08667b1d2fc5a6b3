"""`Certificate`: exact data from which anyone can check a bound, with `verify.py` alone.

The format and the inequality are described in `relaxbell.verify`, which rebuilds everything but the numbers from
the graph. Here the problem and the dual data behind a solution are written in that format; what the verifier
would not grant is not claimed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.causal.equations import Equations
from relaxbell.causal.model import CausalModel
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import Surd
from relaxbell.exact.rows import Rows
from relaxbell.measures.information import MutualInformation
from relaxbell.measures.locality import BinaryEntropy
from relaxbell.measures.measure import Measure
from relaxbell.measures.terms import Largest, LargestRow, Leaf, Linear, Term, Total, is_nonnegative, leaves
from relaxbell.solve.dual import Proof
from relaxbell.solve.program import AffineConstraint, Problem
from relaxbell.solve.solution import Solution
from relaxbell.verify import CURVE, SCHEMA, Case, Real, Refused, verify

if TYPE_CHECKING:
    from relaxbell.curves.curve import Curve

Weights = Mapping[Leaf, Any]


@dataclass(frozen=True, eq=False)
class Certificate:
    """A claim with the exact data that prove it, for everyone to check.

    Made by ``solution.certificate``, and by ``error.certificate`` of an `InfeasibleError`. Save it, and check it with
    ``relaxbell verify FILE``, or with the file ``relaxbell/verify.py`` alone, which needs Python only.

    Attributes
    ----------
    data
        Plain data, ready for JSON: the model, the measure, the observed data, the constraints, the claim and its
        proof. The format is described in `relaxbell.verify`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.input_signaling()
    >>> certificate = rb.minimize(rb.influence(model, "X", "B"), rb.pr_box()).certificate
    >>> certificate.data["claim"]["lower_bound"]
    '1/2'
    >>> certificate.verify().startswith("every model with")
    True
    """

    data: dict[str, Any]

    @cached_property
    def claim(self) -> str:
        """What is claimed, as a sentence."""
        return self.verify()

    def verify(self) -> str:
        """Check the certificate anew, in exact arithmetic, and return what it proves as a sentence.

        Returns
        -------
        str
            What was proved.

        Raises
        ------
        CertificateError
            If it proves nothing.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box())
        >>> solution.certificate.verify().endswith("minimum = 1/2")
        True
        """
        try:
            return verify(self.data)
        except Refused as refusal:
            raise CertificateError(
                f"the certificate proves nothing: {refusal}. Make it anew from a solution."
            ) from None

    def to_json(self) -> str:
        """Return the certificate as JSON text.

        Returns
        -------
        str
            What `save` writes.

        Examples
        --------
        >>> import relaxbell as rb
        >>> solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box())
        >>> solution.certificate.to_json().startswith("{")
        True
        """
        return json.dumps(self.data, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the certificate to a file.

        Parameters
        ----------
        path
            The file; it is replaced. UTF-8 JSON.

        Raises
        ------
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "pr.json"
        >>> rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), rb.pr_box()).certificate.save(path)
        >>> from relaxbell.verify import verify_file
        >>> verify_file(path).startswith("every model with")
        True
        """
        Path(path).write_text(self.to_json(), encoding="utf-8")

    def __repr__(self) -> str:
        return f"Certificate: {self.claim}"


def solution_certificate(solution: Solution) -> Certificate:
    """Return the certificate of a solution.

    Raises
    ------
    CertificateError
        If the solution has no proof, its measure states no definition, or the proof exceeds the verifier's limits.
    """
    measure = solution.measure
    if not solution.proofs:
        raise CertificateError(f"the solution of {measure.name} carries no proof. Minimize it anew.")
    data = _common(measure.model, solution.proofs[0])
    data["measure"] = _definition(measure.definition, measure.term, 1, measure)
    if isinstance(measure, BinaryEntropy):
        least, largest = (_proof(measure.model, proof, None) for proof in solution.proofs)
        data["proof"] = {"least": least, "largest": largest}
    elif isinstance(measure, MutualInformation):
        data["proof"] = _proof(measure.model, solution.proofs[0], None)
    else:
        data["proof"] = _proof(measure.model, solution.proofs[0], measure.definition)
        return _with_strategies(data, solution.proofs[0])
    return _claimed(data, Fraction(solution.lower_bound))


def curve_certificate(curve: Curve) -> Certificate:
    """Return the certificate of an exact curve: the same proof at both ends of each piece, attained there.

    Raises
    ------
    CertificateError
        If the curve is not exact, or exceeds the verifier's limits.
    """
    if not curve.exact:
        raise CertificateError(
            f"{curve.name} is a curve of floats, right to 1e-9: expected exact behaviors. Use rounded(model, …)."
        )
    samples = {sample.t: sample for sample in curve.trace.samples}
    pieces = []
    for segment in curve.trace.segments:
        source = segment.source.proof
        ends = []
        for t in (segment.start, segment.end):
            own = samples[t].proof
            data = _common(curve.measure.model, own)
            data["measure"] = _definition(curve.measure.definition, curve.measure.term, 1, curve.measure)
            bound = replace(source.bound, weights=_moved(source, own.problem))
            data["proof"] = _proof(curve.measure.model, replace(own, bound=bound), curve.measure.definition)
            found = _with_strategies(data, replace(own, bound=replace(bound, bound=segment.line.at(t))))
            ends.append({"t": _text(t), "certificate": found.data})
        pieces.append(ends)
    roots = {t.n for t in samples if isinstance(t, Surd)}
    return _checked({"schema": CURVE, "pieces": pieces} | ({"root": roots.pop()} if roots else {}))


def _moved(source: Proof, problem: Problem) -> dict[Leaf, Any]:
    """Return the row weights of a proof for the leaves of the same problem with other right-hand sides."""
    pairs = zip(_leaves(source.problem), _leaves(problem), strict=True)
    return {new: source.bound.weights[old] for old, new in pairs if old in source.bound.weights}


def _leaves(problem: Problem) -> list[Leaf]:
    return [*leaves(problem.objective), *(leaf for b in problem.budgets for leaf in leaves(b.measure.term))]


def infeasibility_certificate(model: CausalModel, proof: Proof) -> Certificate:
    """Return the certificate of a proof that nothing satisfies the constraints; errors as `solution_certificate`."""
    data = _common(model, proof) | {"measure": None, "proof": _proof(model, proof, None)}
    data["claim"] = {"infeasible": True}
    return _checked(data)


def _claimed(data: dict[str, Any], bound: Any) -> Certificate:
    """Claim the bound, or what the verifier's exact arithmetic makes of the proof, if that is less."""
    try:
        proven = Case(data | {"claim": {}}).proven()
    except Refused as refusal:
        raise _refused(refusal) from None
    stated = _real(bound)
    lower = proven if proven < stated else stated
    return Certificate(data | {"claim": {"lower_bound": _text(lower)}})


def _with_strategies(data: dict[str, Any], proof: Proof) -> Certificate:
    """Add the exact model that attains the bound, where there is one."""
    found = _claimed(data, proof.bound.bound)
    if not proof.primal:
        return found
    weights = [[number, _text(_real(w))] for number, w in sorted(proof.primal.items()) if w]
    data = found.data | {"strategies": weights}
    try:
        data["claim"] = data["claim"] | {"upper_bound": _text(Case(data).reached())}
    except Refused:  # exact for the float program, but not for the numbers behind it
        return found
    return Certificate(data)


def _checked(data: dict[str, Any]) -> Certificate:
    try:
        verify(data)
    except Refused as refusal:
        raise _refused(refusal) from None
    return Certificate(data)


def _refused(refusal: Refused) -> CertificateError:
    return CertificateError(
        f"no certificate: {refusal}. Expected data that fit the limits of relaxbell.verify, and a proof that holds in "
        "exact arithmetic. Use a smaller scenario, or numbers with smaller denominators."
    )


# ------------------------------------------------------------------------- numbers


def _real(number: Any) -> Real:
    return Real(number.a, number.b, number.n) if isinstance(number, Surd) else Real(Fraction(number))


def _text(number: Any) -> Any:
    """Return a number as it stands in the file."""
    real = number if isinstance(number, Real) else _real(number)
    return [str(real.a), str(real.b)] if real.b else str(real.a)


def _texts(numbers: Iterable[Any]) -> list[Any]:
    return [_text(number) for number in numbers]


def _row(rows: Rows, i: int, factor: Fraction) -> list[Any]:
    """Return a sparse row times a factor, exactly."""
    matrix = rows.matrix
    place = slice(matrix.indptr[i], matrix.indptr[i + 1])
    entries: dict[int, Fraction] = {}
    for number, value in zip(matrix.indices[place].tolist(), matrix.data[place].tolist(), strict=True):
        entries[number] = entries.get(number, Fraction(0)) + Fraction(value) * factor
    return [[number, str(value)] for number, value in sorted(entries.items()) if value]


# ------------------------------------------------------------------------- model and data


def _common(model: CausalModel, proof: Proof) -> dict[str, Any]:
    """Return everything but measure, claim and proof."""
    problem = proof.problem
    data: dict[str, Any] = {"schema": SCHEMA}
    roots = {n.n for n in problem.equations.rhs if isinstance(n, Surd)}
    if problem.equations.behavior is not None:
        roots |= {n.n for n in problem.equations.behavior.table.ravel() if isinstance(n, Surd)}
    if roots:
        (data["root"],) = roots
    data["model"] = _model(model)
    data["observed"] = _observed(model, problem.equations)
    data["constraints"] = [
        {"measure": _definition(b.measure.definition, b.measure.term, 1, b.measure), "limit": str(b.limit)}
        for b in problem.budgets
    ]
    data["constraints"] += [part for c in problem.affine for part in _affine(c)]
    return data


def _model(model: CausalModel) -> dict[str, Any]:
    (latent,) = model.latents
    table = model.input_distribution.table
    if not model.inputs_connected and model.dependent_inputs:  # floats are read as independent only to rounding
        table = model.input_distribution.product(model.free_inputs, model.dependent_inputs)
    return {
        "latent": latent,
        "nodes": [
            {"name": name, "cardinality": model.cardinality[name], "parents": list(model.parents(name))}
            for name in (*model.free_inputs, *model.responding)
        ],
        "outputs": list(model.outputs),
        "inputs": list(model.inputs),
        "input_distribution": _texts(np.asarray(table).ravel()),
    }


def _observed(model: CausalModel, equations: Equations) -> dict[str, Any]:
    if equations.behavior is not None:
        table = {"behavior": _texts(equations.behavior.table.ravel())}
        return table if not equations.distance else table | {"rounded": -math.frexp(equations.distance)[1]}
    assert equations.tables is not None  # observed_equations gives them
    count = len(equations.rhs) - len(_normalized(model))
    pairs = zip(equations.tables[:count], equations.rhs[:count], strict=True)
    return {"values": [{"coefficients": _texts(table), "value": _text(value)} for table, value in pairs]}


def _affine(constraint: AffineConstraint) -> list[dict[str, Any]]:
    """Return one constraint for each row, and another one from below for an equality."""
    rows, found = constraint.rows, []
    for i, limit in enumerate(constraint.rhs.tolist()):
        for sign in (1, -1) if constraint.equality else (1,):
            row = {"kind": "rows", "rows": [_row(rows, i, sign * rows.scale)], "groups": []}
            found.append({"measure": row, "limit": str(sign * Fraction(limit))})
    return found


# ------------------------------------------------------------------------- measures and their weights


def _definition(definition: Mapping[str, Any], term: Term, sign: int, owner: Measure) -> dict[str, Any]:
    """Return a measure's definition, with one's own rows written out.

    `sign` is that of the factors passed: `Rows.scaled` moves it into the matrix; the denominators of one's own rows are
    in the definition.
    """
    kind = definition.get("kind")
    if kind is None:
        raise CertificateError(
            f"{owner.name} states no definition, so nobody could check it. Build it with measure(…)."
        )
    if kind == "multiple":
        own = -sign if Fraction(definition["factor"]) < 0 else sign
        return {"kind": "sum", "of": [[definition["factor"], _definition(definition["of"], term, own, owner)]]}
    if kind in ("sum", "maximum"):
        assert isinstance(term, Total | Largest)
        parts = zip(definition["of"], term.parts, strict=True)
        return {"kind": kind, "of": [["1", _definition(d, part, sign, owner)] for d, part in parts]}
    if kind == "average causal effect":
        target, values = definition["target"], [definition["outcome"]]
        one, other = (_probability(target, values, [[definition["source"], u]]) for u in definition["values"])
        return {"kind": "sum", "of": [["1", one], ["-1", other]]}
    if kind in ("message weight", "message entropy"):
        message = definition["message"]
        weight = _probability(message, list(range(1, owner.model.cardinality[message])), [])
        return weight if kind == "message weight" else {"kind": "binary entropy", "of": weight}
    if kind in ("dependence", "hall dependence"):
        return {"kind": "dependence", "hall": kind != "dependence"}
    if kind != "rows":
        return dict(definition)
    own_rows = [leaf.rows for leaf in leaves(term)]
    units = [Fraction(sign, unit) for unit in definition["units"]]
    rows = [_row(group, i, unit) for group, unit in zip(own_rows, units, strict=True) for i in range(len(group))]
    norms = {"linear": [], "max": [1] * len(rows), "sum": [len(rows)]}
    groups = norms[definition["norm"]] if definition["norm"] in norms else [len(group) for group in own_rows]
    return {"kind": "rows", "rows": rows, "groups": groups}


def _probability(target: str, values: list[int], do: list[list[Any]]) -> dict[str, Any]:
    return {"kind": "probability", "target": target, "values": values, "do": do}


def _proof(model: CausalModel, proof: Proof, definition: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the dual data of a proof; the weights mirror the definition of the objective, if it has rows."""
    problem, bound = proof.problem, proof.bound
    weights = None
    if definition is not None:
        weights = _weights(definition, problem.objective, Fraction(1), Fraction(1), bound.weights)
    constraints = []
    for budget, share in zip(problem.budgets, bound.budgets, strict=True):
        own = _weights(budget.measure.definition, budget.measure.term, share, Fraction(1), bound.weights)
        constraints.append({"multiplier": str(share), "weights": own})
    for constraint, part in zip(problem.affine, bound.affine, strict=True):
        for y in part:
            shares = (max(y, 0), max(-y, 0)) if constraint.equality else (y,)
            constraints += [{"multiplier": str(share), "weights": None} for share in shares]
    return {"z": _texts(_multipliers(model, proof)), "weights": weights, "constraints": constraints}


def _multipliers(model: CausalModel, proof: Proof) -> list[Any]:
    """Return the multipliers of the data, then of the normalization, one for each setting of all inputs."""
    z, used = list(proof.bound.z), _normalized(model)
    known = dict.fromkeys(_settings(model), Fraction(0))
    if proof.problem.equations.tables is not None:
        known |= dict(zip(used, z[len(z) - len(used) :], strict=True))
        del z[len(z) - len(used) :]
    return [*z, *known.values()]


def _settings(model: CausalModel) -> list[tuple[int, ...]]:
    return list(np.ndindex(*(model.cardinality[name] for name in model.inputs)))


def _normalized(model: CausalModel) -> list[tuple[int, ...]]:
    """Return the settings for which `normalization_equations` has a row, in its order."""
    free = [i for i, name in enumerate(model.inputs) if name in model.free_inputs]
    return [x for x in _settings(model) if model.inputs_connected or not any(x[i] for i in free)]


def _weights(definition: Mapping[str, Any], term: Term, share: Fraction, factor: Fraction, weights: Weights) -> Any:
    """Return row weights for `share` times the term, mirroring the definition.

    The rows of the term contain the factors passed on the way; those of the definition do not.
    """
    kind = definition["kind"]
    if kind == "multiple":
        return [_weights(definition["of"], term, share, factor * Fraction(definition["factor"]), weights)]
    if kind in ("sum", "maximum"):
        assert isinstance(term, Total | Largest)
        shares = [share] * len(term.parts) if kind == "sum" else _shares(term.parts, share, weights)
        parts = zip(definition["of"], term.parts, shares, strict=True)
        found = [_weights(d, part, own, factor, weights) for d, part, own in parts]
        return found if kind == "sum" else [[str(s * factor), w] for s, w in zip(shares, found, strict=True)]
    if kind == "average causal effect":
        return [None, None]
    if kind == "dependence" or isinstance(term, Linear):
        return None
    return [str(u * factor) for leaf in leaves(term) for u in weights.get(leaf, [Fraction(0)] * len(leaf.rows))]


def _shares(parts: tuple[Term, ...], share: Fraction, weights: Weights) -> list[Fraction]:
    """Split the share of a maximum so that the weights of each part are feasible for its own."""
    needs = [_need(part, weights) for part in parts]
    shares = [least for least, _ in needs]
    # what is left goes where it can do no harm: to a norm, whose rows need not use it, or to what is never negative
    order = sorted(range(len(parts)), key=lambda i: (needs[i][1], not is_nonnegative(parts[i])))
    shares[order[0]] += share - sum(shares)
    return shares


def _need(term: Term, weights: Weights) -> tuple[Fraction, bool]:
    """Return the least share for which the weights are feasible, and whether it must be exactly that."""
    if isinstance(term, Total | Largest):
        needs = [_need(part, weights) for part in term.parts]
        fixed = (any if isinstance(term, Total) else all)(f for _, f in needs)
        sizes = [size for size, _ in needs]
        return (max(sizes) if isinstance(term, Total) else sum(sizes, Fraction(0))), fixed
    sizes = [abs(u) for u in weights.get(term, [Fraction(0)])]
    if isinstance(term, Linear):
        return sizes[0], True
    return (sum(sizes, Fraction(0)) if isinstance(term, LargestRow) else max(sizes)), False
