"""Exact curves of linear programs, and their certificates: the same proof at both ends of each piece."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from relaxbell.certificate.claims import Certificate, as_text, of_pieces
from relaxbell.curves.curve import Curve
from relaxbell.curves.parameters import Parameter
from relaxbell.curves.paths import Path, Reading
from relaxbell.curves.piecewise import Piece, PiecewiseCurve
from relaxbell.engines.linear.certificates import linear_certificate
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.linear.family import Family, Sample
from relaxbell.engines.linear.program import Problem
from relaxbell.engines.linear.sampled import between
from relaxbell.engines.linear.solution import dual_functional
from relaxbell.engines.linear.tracing import Trace, trace
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import Exact, ExactNumber
from relaxbell.functionals.functional import BellFunctional
from relaxbell.measures.terms import Leaf


@dataclass(frozen=True, eq=False, repr=False)
class LinearCurve(PiecewiseCurve):
    """A curve of linear programs: convex, or concave for the largest value of a functional; see `PiecewiseCurve`.

    Attributes
    ----------
    trace
        The samples behind it, with their proofs.
    name, variable, measure, pieces, exact, programs, power, symbol, reading, estimated
        As in `PiecewiseCurve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> box = rb.boxes.pr()
    >>> c = rb.influence(rb.input_signaling(), "X", "B")
    >>> len(rb.curve(c, box.white_noise(), box).trace.samples)
    3
    """

    trace: Trace[Sample] = field(kw_only=True)

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve, for `relaxbell verify`.

        Raises
        ------
        CertificateError
            For curves of floats, and for bounds of functionals.
        """
        if not self.exact:
            raise CertificateError(
                f"{self.name} is a curve of floats, right to 1e-9: expected exact behaviors. Use rounded(model, …)."
            )
        samples = {sample.t: sample for sample in self.trace.samples}
        pieces = []
        for segment in self.trace.segments:
            source = segment.source.proof
            ends = []
            for t in (segment.start, segment.end):
                own = samples[t].proof
                bound = replace(source.bound, weights=_moved(source, own.problem))
                found = self._certified(replace(own, bound=bound), segment.line.at(t))
                ends.append({"t": as_text(t), "certificate": found.data})
            pieces.append(ends)
        return of_pieces(pieces, samples, self.reading)

    def _certified(self, proof: Proof, value: ExactNumber) -> Certificate:
        """Return the certificate of the value at one parameter."""
        return linear_certificate(self.measure, proof, value)


def _moved(source: Proof, problem: Problem) -> dict[Leaf, Exact]:
    """Return the row weights of a proof for the leaves of the same problem with other right-hand sides."""
    pairs = zip(_leaves(source.problem), _leaves(problem), strict=True)
    return {new: source.bound.weights[old] for old, new in pairs if old in source.bound.weights}


def _leaves(problem: Problem) -> list[Leaf]:
    return [*problem.objective.leaves(), *(leaf for b in problem.budgets for leaf in b.measure.term.leaves())]


def linear_curve(family: Family, name: str, path: Path) -> Curve:
    """Return the exact curve of a family along a path; where the time is over, what lies between its samples."""
    return traced(family, name, path.parameter, reading=path.reading, estimated=path.estimated)


def traced(
    family: Family,
    name: str,
    parameter: Parameter,
    *,
    largest_of: BellFunctional | None = None,
    reading: Reading | None = None,
    estimated: bool = False,
    kind: type[LinearCurve] = LinearCurve,
) -> Curve:
    """Return the exact curve of a family; `largest_of` is the functional whose negative is minimized."""
    found = trace(family)
    if not found.complete and largest_of is None:
        return between(family.measure, found.samples, parameter, reading, estimated=estimated)
    sign, constant = (1, Fraction(0)) if largest_of is None else (-1, largest_of.constant)
    pieces = []
    for segment in found.segments:
        equations = segment.source.proof.problem.equations
        functional = dual_functional(family.measure, equations, segment.source.proof.bound.z)
        line = segment.line
        pieces.append(
            Piece(segment.start, segment.end, sign * line.intercept + constant, sign * line.slope, functional)
        )
    return kind(
        name,
        parameter.name,
        family.measure,
        tuple(pieces),
        all(sample.exact for sample in found.samples),
        found.programs,
        parameter.power,
        symbol=parameter.own,
        reading=reading,
        estimated=estimated,
        trace=found,
    )
