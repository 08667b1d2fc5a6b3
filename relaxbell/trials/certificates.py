"""The certificate of a p-value: counts, the scores that are betted on, and what proves the bounds of their means."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relaxbell.certificate.claims import Certificate, as_text, as_texts, refused
from relaxbell.engines.linear.certificates import common_data, proof_data
from relaxbell.errors import CertificateError
from relaxbell.exact.numbers import Floats
from relaxbell.trials.bets import Bet, Product, Run, Stakes, Tails, Wins
from relaxbell.trials.betting import Test
from relaxbell.verify import Refused, read_case
from relaxbell.verify.reading import with_numbers


def p_value_certificate(tests: Sequence[Test], limit: Fraction) -> Certificate:
    """Return the certificate of the p-value of a limit: of one test, or of the product of the e-values of several.

    Raises
    ------
    CertificateError
        For runs whose null hypotheses differ, and what exceeds the verifier's limits.
    """
    rule = tests[0].bet(limit) if len(tests) == 1 else Product(tuple(test.e_bet(limit) for test in tests))
    data = _Writer(limit).written(rule)
    try:
        case: Any = read_case(data | {"claim": {}})
        claim: dict[str, Any] = {"p_value": as_text(_rounded_up(case.p_value()))}
        case.claim = with_numbers(dict(claim))  # nothing else is added, so what was proved need not be proved again
        case.verdict()
    except Refused as refusal:
        raise refused(refusal) from None
    return Certificate(data | {"claim": claim})


class _Writer:
    """Runs and tables with their proofs, each listed once."""

    def __init__(self, limit: Fraction) -> None:
        self._limit = limit
        self._runs: list[Run] = []
        self._tables: list[tuple[int, Floats]] = []
        self._common: dict[str, Any] = {}
        self._proofs: list[dict[str, Any] | None] = []

    def written(self, rule: Bet | Tails) -> dict[str, Any]:
        """Return everything but the claim."""
        own = self._rule(rule)
        runs = [_run_data(run) for run in self._runs]
        tables = [{"run": k, "scores": as_texts(map(Fraction, scores.tolist()))} for k, scores in self._tables]
        measure = {"kind": "evidence", "runs": runs, "tables": tables, "rule": own}
        return self._common | {"measure": measure, "proof": {"tables": self._proofs}}

    def _rule(self, rule: Bet | Tails, alike: Sequence[Run] = ()) -> dict[str, Any]:
        """Return a rule as data; `alike` are runs of which one with equal counts is the same."""
        if isinstance(rule, Stakes):
            own = {"rule": "stakes", "table": self._table(rule.run, rule.scores, alike)}
            return own | {"stakes": as_texts(map(Fraction, rule.stakes))}
        if isinstance(rule, Wins):
            return {"rule": "wins", "table": self._table(rule.run, rule.game, alike)}
        if isinstance(rule, Tails):
            places = [self._table(rule.run, g, proved=i not in rule.hopeless) for i, g in enumerate(rule.games)]
            return {"rule": "tails", "tables": places}
        if isinstance(rule, Product):
            return {"rule": "product", "of": [self._rule(part) for part in rule.parts]}
        parts: list[dict[str, Any]] = []
        before = len(self._runs)
        for part in rule.parts:  # of the same trials
            parts.append(self._rule(part, [*alike, *self._runs[before:]]))
        return {"rule": "mean", "of": parts} | ({"others": rule.others} if rule.others else {})

    def _run(self, run: Run, alike: Sequence[Run]) -> int:
        """Return the number of a run; those of a product differ, even where their counts are equal."""
        for k, own in enumerate(self._runs):
            equal = any(own is other for other in alike) and np.array_equal(own.counts, run.counts)
            if own.null is run.null and (equal or own.counts is run.counts):
                return k
        self._runs.append(run)
        return len(self._runs) - 1

    def _table(
        self,
        run: Run,
        scores: Floats | np.ndarray[Any, np.dtype[np.int64]],
        alike: Sequence[Run] = (),
        *,
        proved: bool = True,
    ) -> int:
        """Return the number of a table, proved anew."""
        place = self._run(run, alike)
        table = np.asarray(scores, dtype=np.float64).ravel()
        proof = run.null.largest(table, self._limit).proof
        assert proof is not None  # it was asked for
        common = common_data(run.null.model, proof)
        if self._common and common != self._common:
            raise CertificateError(
                f"no certificate of a product: the runs have different null hypotheses in {run.null.model.name}, "
                "expected one model with the same constraints. Certify each run."
            )
        self._common = common
        self._tables.append((place, table))
        self._proofs.append(proof_data(run.null.model, proof) if proved else None)
        return len(self._tables) - 1


def _run_data(run: Run) -> dict[str, Any]:
    null = run.null
    data: dict[str, Any] = {"counts": [int(n) for n in run.counts], "bias": as_text(null.bias)}
    if not null.model.dependent_inputs and (null.settings != null.model.input_distribution.table).any():
        data["settings"] = as_texts(null.settings.ravel())
    return data


def _rounded_up(p: Fraction) -> Fraction:
    """Return a p-value that is at least this one, with few digits."""
    digits = 15
    while p * 10**digits < 10**14:
        digits *= 2
    return min(Fraction(1), Fraction(-((-p * 10**digits) // 1), 10**digits))
