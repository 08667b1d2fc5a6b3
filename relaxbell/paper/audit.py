"""All claims, in the order of the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from relaxbell.errors import RelaxbellError
from relaxbell.methods import provided
from relaxbell.paper import dependence, locality, models, networks, programs, qudits, swapping, three_settings
from relaxbell.paper.claim import Claim, Outcome, run

CLAIMS: tuple[Claim, ...] = tuple(
    claim
    for part in (models, programs, locality, three_settings, dependence, qudits, networks, swapping)
    for claim in part.section.claims
)


@dataclass(frozen=True)
class Audit:
    """The outcomes of claims; prints as text, and in notebooks as the table of errata.

    Attributes
    ----------
    outcomes
        One for each claim that was run.
    """

    outcomes: tuple[Outcome, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the expected one."""
        return all(outcome.as_expected for outcome in self.outcomes)

    def to_list(self) -> list[dict[str, Any]]:
        """Return plain data, ready for JSON."""
        return [outcome.to_dict() for outcome in self.outcomes]

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    def __repr__(self) -> str:
        return provided("Audit.__repr__")(self.outcomes)

    def _repr_html_(self) -> str:
        return provided("Audit._repr_html_")(self.outcomes)

    def _repr_markdown_(self) -> str:
        return provided("Audit._repr_markdown_")(self.outcomes)


def reproduce(only: Sequence[str] = (), progress: Callable[[Claim], None] | None = None) -> Audit:
    """Run the claims of the paper anew and return their verdicts.

    Parameters
    ----------
    only
        Ids of claims; all by default.
    progress
        Called before each claim.

    Raises
    ------
    RelaxbellError
        For an unknown id.

    Examples
    --------
    >>> (outcome,) = reproduce(["Eq. 8"])
    >>> outcome.evidence.verdict, outcome.as_expected
    ('proved', True)
    """
    known = {claim.id: claim for claim in CLAIMS}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise RelaxbellError(f"no claim {unknown[0]!r}. The claims are: {', '.join(known)}.")
    return Audit(tuple(run([known[name] for name in only] if only else CLAIMS, progress)))
