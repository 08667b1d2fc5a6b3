"""The certificate of a lower bound of factorized dependence: multipliers and a margin."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from relaxbell.certificate.claims import Certificate, as_data, as_text, claimed
from relaxbell.engines.linear.certificates import common_data, proof_data
from relaxbell.engines.linear.dual import Proof

if TYPE_CHECKING:
    from relaxbell.measures.measure import Measure


def factorized_certificate(measure: Measure, proof: Proof, lower_bound: float) -> Certificate:
    """Return the certificate of a lower bound; errors as `linear_certificate`."""
    data = common_data(measure.model, proof)
    data["measure"] = as_data(measure.statement())
    data["proof"] = proof_data(measure.model, proof, stated=False) | {"margin": as_text(-proof.bound.offset)}
    return claimed(data, Fraction(lower_bound))
