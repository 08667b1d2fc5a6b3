"""The certificates of exact curves: two for each piece, with the same proof."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from relaxbell.certificate.claims import Certificate, as_data, as_text, of_pieces, with_strategies
from relaxbell.curves.curve import Curve
from relaxbell.engines.linear.certificates import common_data, proof_data
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.program import Problem
from relaxbell.engines.sources.certificates import covered, fixed_certificate
from relaxbell.engines.sources.curves import NetworkCurve
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.products import Nonbilocality
from relaxbell.measures.terms import Leaf


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
            bound = replace(source.bound, weights=_moved(source, own.problem))
            found = _at(curve, replace(own, bound=bound), segment.line.at(t))
            ends.append({"t": as_text(t), "certificate": found.data})
        pieces.append(ends)
    return of_pieces(pieces, samples, curve.reading)


def network_curve_certificate(curve: NetworkCurve) -> Certificate:
    """Return the certificate of a curve over all marginals: the same cover at both ends of each stretch.

    Raises
    ------
    CertificateError
        As `relaxbell.engines.sources.certificates.network_certificate`.
    """
    parts = []
    for piece in curve.proofs:
        ends = []
        for own in (piece.left, piece.right):
            assert isinstance(curve.measure, Nonbilocality)  # no other measure has such a curve
            found = covered(curve.measure, own.layout, piece.cover, own.value, own.primal)
            ends.append({"t": as_text(own.t), "certificate": found.data})
        parts.append(ends)
    return of_pieces(parts, (piece.right.t for piece in curve.proofs), curve.reading)


def _at(curve: Curve, proof: Proof, value: ExactNumber) -> Certificate:
    measure = curve.measure
    if isinstance(measure, Nonbilocality):
        return fixed_certificate(measure, proof, value)
    data = common_data(measure.model, proof)
    data["measure"] = as_data(measure.statement())
    data["proof"] = proof_data(measure.model, proof)
    return with_strategies(data, value, proof.primal)


def _moved(source: Proof, problem: Problem) -> dict[Leaf, Any]:
    """Return the row weights of a proof for the leaves of the same problem with other right-hand sides."""
    pairs = zip(_leaves(source.problem), _leaves(problem), strict=True)
    return {new: source.bound.weights[old] for old, new in pairs if old in source.bound.weights}


def _leaves(problem: Problem) -> list[Leaf]:
    return [*problem.objective.leaves(), *(leaf for b in problem.budgets for leaf in b.measure.term.leaves())]
