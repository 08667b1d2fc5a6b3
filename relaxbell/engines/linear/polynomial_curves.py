"""Exact curves along polynomial families, and their certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from relaxbell.certificate.claims import Certificate, as_data, as_text, end_data, of_family
from relaxbell.curves.families import PolynomialPath
from relaxbell.curves.polynomial import PolynomialCurve, PolynomialPiece
from relaxbell.engines.linear.certificates import common_data, polynomial_data, proof_data
from relaxbell.engines.linear.family import Solving
from relaxbell.engines.linear.polynomial import Coefficients, PolynomialProgram, Stretch, cover
from relaxbell.engines.linear.solution import dual_functional
from relaxbell.errors import CertificateError, SolverError
from relaxbell.exact.numbers import Exact
from relaxbell.measures.measure import LinearMeasure


@dataclass(frozen=True, eq=False, repr=False)
class LinearPolynomialCurve(PolynomialCurve):
    """A curve of linear programs along a polynomial family; see `PolynomialCurve`.

    Attributes
    ----------
    stretches
        The proofs behind the pieces: exact multipliers, and weights that are polynomials.
    path, sides
        The family, and the right-hand sides of the equations, lowest power first.
    name, variable, measure, pieces, exact, programs, symbol, reading, estimated
        As in `PolynomialCurve`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> from sympy import Symbol
    >>> lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
    >>> line = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)
    >>> line.certificate.verify().startswith("for eta from 0 to 1")
    True
    """

    stretches: tuple[Stretch, ...] = field(kw_only=True)
    path: PolynomialPath = field(kw_only=True)
    sides: tuple[Exact, ...] = field(kw_only=True)

    @cached_property
    def certificate(self) -> Certificate:
        """The exact data that prove the whole curve, for `relaxbell verify`.

        Raises
        ------
        CertificateError
            For curves of floats, and for measures whose certificates are not written along families.
        """
        if not self.exact:
            raise CertificateError(
                f"{self.name} is a curve of floats, right to 1e-9: expected exact behaviors. Use rounded(model, …)."
            )
        first = self.stretches[0].proof
        data = common_data(self.measure.model, first)
        data |= polynomial_data(self.measure.model, first, self.path.coefficients, self.sides)
        data["measure"] = as_data(self.measure.statement())
        parts = [
            {
                "from": end_data(own.left),
                "to": end_data(own.right),
                "value": None if own.value is None else {"polynomial": _texts(own.value)},
                "proof": proof_data(self.measure.model, own.proof, stated=own.value is not None),
                "strategies": [[j, {"polynomial": _texts(w)}] for j, w in sorted(own.weights.items())],
            }
            for own in self.stretches
        ]
        return of_family(data, self.variable, (self.path.low, self.path.high), parts, self.reading)


def _texts(coefficients: Coefficients) -> list[Any]:
    return [as_text(c) for c in coefficients or (Fraction(0),)]


def polynomial_curve(
    engine: Solving, measure: LinearMeasure, path: PolynomialPath, subject_to: Sequence[object]
) -> LinearPolynomialCurve:
    """Return the exact curve along a polynomial family.

    Raises
    ------
    InfeasibleError
        If nothing reproduces the data at any parameter.
    """
    program = PolynomialProgram(engine, measure, path, subject_to)
    stretches = cover(program)
    pieces: list[PolynomialPiece] = []
    functionals: dict[int, Any] = {}
    joined: list[Stretch] = []
    for own in stretches:
        if own.value is None:
            continue
        last = joined[-1] if joined else None
        if last is not None and last.value == own.value and last.right.same(own.left):
            joined[-1] = Stretch(last.left, own.right, last.value, last.proof, {})
        else:
            joined.append(own)
    if not joined:
        program.engine.solved(program.equations(path.low), list(subject_to))  # which says why there is none
        raise SolverError(f"{path.parameter.name} = {path.low} alone is feasible, expected a stretch of parameters.")
    for own in joined:
        key = id(own.proof)
        if key not in functionals:
            functionals[key] = dual_functional(measure, own.proof.problem.equations, own.proof.bound.z)
        assert own.value is not None
        pieces.append(PolynomialPiece(own.left, own.right, own.value, functionals[key]))
    return LinearPolynomialCurve(
        measure.end_name,
        path.parameter.name,
        measure,
        tuple(pieces),
        not path.rounded,
        program.programs,
        symbol=path.parameter.own,
        reading=path.reading,
        estimated=path.estimated,
        stretches=tuple(stretches),
        path=path,
        sides=tuple(program.sides),
    )
