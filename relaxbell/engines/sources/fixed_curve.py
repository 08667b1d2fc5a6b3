"""Curves at fixed marginals: those of linear programs, with certificates of networks."""

from __future__ import annotations

from dataclasses import dataclass

from relaxbell.certificate.claims import Certificate
from relaxbell.engines.linear.curves import LinearCurve
from relaxbell.engines.linear.dual import Proof
from relaxbell.engines.sources.certificates import fixed_certificate
from relaxbell.exact.numbers import ExactNumber
from relaxbell.measures.products import FixedNonbilocality


@dataclass(frozen=True, eq=False, repr=False)
class FixedCurve(LinearCurve):
    """A curve at fixed marginals; see `LinearCurve`."""

    measure: FixedNonbilocality

    def _certified(self, proof: Proof, value: ExactNumber) -> Certificate:
        return fixed_certificate(self.measure, proof, value)
