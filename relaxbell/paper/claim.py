"""What a claim is, and how claims are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from relaxbell.engines.solution import Solution
from relaxbell.errors import RelaxbellError, SolverError

if TYPE_CHECKING:
    import sympy

Verdict = Literal["proved", "exact at points", "numerical", "refuted"]
"""How strong: for every behavior or parameter; exactly, at finitely many; to a tolerance; by a counterexample."""


def least_exactly(solution: Solution) -> sympy.Expr:
    """Return the exact least value; raise SolverError where none was found."""
    if solution.exact is None:
        raise SolverError(f"no exact least value of {solution.measure.name} was found. Please report it.")
    return solution.exact


@dataclass(frozen=True)
class Evidence:
    """What a check found.

    Attributes
    ----------
    verdict
        How the printed claim fares.
    text
        The numbers behind it, computed in the run.
    """

    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Claim:
    """A statement of the paper.

    Attributes
    ----------
    id
        Short name.
    where
        Equation, table, figure or section.
    printed
        What is printed there.
    expected
        The verdict that a correct computation gives.
    check
        Computes the evidence.
    erratum
        What is right where the printed claim is not.
    """

    id: str
    where: str
    printed: str
    expected: Verdict
    check: Callable[[], Evidence]
    erratum: str = ""


@dataclass(frozen=True)
class Outcome:
    """A claim with its evidence and the time it took."""

    claim: Claim
    evidence: Evidence | None
    seconds: float
    problem: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.evidence is not None and self.evidence.verdict == self.claim.expected

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        found = self.evidence
        return {
            "id": self.claim.id,
            "where": self.claim.where,
            "printed": self.claim.printed,
            "verdict": None if found is None else found.verdict,
            "expected": self.claim.expected,
            "evidence": self.problem if found is None else found.text,
            "erratum": self.claim.erratum,
            "seconds": round(self.seconds, 3),
        }


@dataclass
class Section:
    """Collects the claims of a part of the paper."""

    claims: list[Claim] = field(default_factory=list)

    def claim(
        self, id: str, where: str, printed: str, expected: Verdict, *, erratum: str = ""
    ) -> Callable[[Callable[[], Evidence]], Callable[[], Evidence]]:
        """Register the decorated function as the check of a claim."""

        def register(check: Callable[[], Evidence]) -> Callable[[], Evidence]:
            self.claims.append(Claim(id, where, printed, expected, check, erratum))
            return check

        return register


def run(claims: Iterable[Claim], progress: Callable[[Claim], None] | None = None) -> list[Outcome]:
    """Run checks one after the other; one that fails is recorded with its reason."""
    found = []
    for claim in claims:
        if progress is not None:
            progress(claim)
        began = time.perf_counter()
        try:
            evidence, problem = claim.check(), ""
        except Exception as error:  # whatever happens to one claim, the others are run
            kind = "" if isinstance(error, RelaxbellError) else f"{type(error).__name__}: "
            evidence, problem = None, f"{kind}{error}"
        found.append(Outcome(claim, evidence, time.perf_counter() - began, problem))
    return found
