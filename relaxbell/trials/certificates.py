"""The certificate of a p-value: counts, the test factor, and what proves the bound of its mean."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.certificate.claims import Certificate, as_text, as_texts, checked, refused
from relaxbell.engines.linear.certificates import common_data, proof_data
from relaxbell.errors import CertificateError
from relaxbell.trials.betting import FactorTest, GameTest, Test
from relaxbell.verify import Refused, read_case


def p_value_certificate(test: Test, limit: Fraction) -> Certificate:
    """Return the certificate of a test's p-value of a limit.

    Raises
    ------
    CertificateError
        For tests that the verifier does not know, and what exceeds its limits.
    """
    null = test.null
    if (null.settings != null.model.input_distribution.table).any():
        raise CertificateError(
            f"no certificate: found settings= that are not those of {null.model.name}, expected one "
            "distribution. Build the model with input_distribution=."
        )
    if isinstance(test, GameTest) and len(test.games) == 1:
        kind, table = "tail", test.games[0].astype(np.float64)
        factor = [Fraction(int(v)) for v in test.games[0]]
    elif isinstance(test, FactorTest):
        kind, table = "product", test.factor(limit).excess
        factor = [1 + Fraction(v) for v in table.tolist()]
    else:
        raise CertificateError(
            f"no certificate of: {test.method}. Expected a single game, or a test factor. Name one game=, or give "
            "training=."
        )
    proof = null.largest(table, limit).proof
    assert proof is not None  # it was asked for
    data: dict[str, Any] = common_data(null.model, proof)
    data["measure"] = {
        "kind": "evidence",
        "test": kind,
        "factor": as_texts(factor),
        "counts": [int(n) for n in test.counts],
        "bias": as_text(null.bias),
    }
    data["proof"] = proof_data(null.model, proof)
    try:
        case: Any = read_case(data | {"claim": {}})
        found = case.p_value()
    except Refused as refusal:
        raise refused(refusal) from None
    return checked(data | {"claim": {"p_value": as_text(_rounded_up(found))}})


def _rounded_up(p: Fraction) -> Fraction:
    """Return a p-value that is at least this one, with few digits."""
    digits = 15
    while p * 10**digits < 10**14:
        digits *= 2
    return min(Fraction(1), Fraction(-((-p * 10**digits) // 1), 10**digits))
