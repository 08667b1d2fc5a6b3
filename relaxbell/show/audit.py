"""The audit of the paper as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaxbell.paper.claim import Outcome


def audit_text(outcomes: Sequence[Outcome]) -> str:
    """Return one block for each claim: verdict, where, what is printed, evidence, and the erratum if it is refuted."""
    lines = []
    for outcome in outcomes:
        claim, found = outcome.claim, outcome.evidence
        verdict = "failed" if found is None else found.verdict
        mark = "" if outcome.as_expected else f"   (expected: {claim.expected})"
        lines.append(f"{verdict.upper():16s}{claim.id}, {claim.where}{mark}")
        lines.append(f"{'':16s}“{claim.printed}”")
        lines.append(f"{'':16s}{outcome.problem if found is None else found.text}")
        if claim.erratum and found is not None and found.verdict == "refuted":
            lines.append(f"{'':16s}correct: {claim.erratum}")
    expected = sum(outcome.as_expected for outcome in outcomes)
    refuted = sum(o.evidence is not None and o.evidence.verdict == "refuted" for o in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    lines.append(f"{len(outcomes)} claims: {expected} with the expected verdict, {refuted} refuted; {seconds:.1f} s")
    return "\n".join(lines)


def audit_html(outcomes: Sequence[Outcome]) -> str:
    """Return a row for each claim: verdict, where, what is printed, what was found; errata in bold."""
    rows = []
    for outcome in outcomes:
        claim, found = outcome.claim, outcome.evidence
        verdict = "failed" if found is None else found.verdict
        text = outcome.problem if found is None else found.text
        cells = [escape(claim.where), f"“{escape(claim.printed)}”", escape(text)]
        if verdict == "refuted":
            cells[-1] += f"<br><b>{escape(claim.erratum)}</b>"
        head = f"<b>{verdict}</b>" if verdict in ("refuted", "failed") else verdict
        rows.append("<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in (head, *cells)) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in ("verdict", "where", "printed", "computed"))
    refuted = sum(o.evidence is not None and o.evidence.verdict == "refuted" for o in outcomes)
    caption = f"arXiv:1411.4648: {len(outcomes)} claims, {refuted} refuted"
    return f"<table><caption>{caption}</caption><tr>{head}</tr>{''.join(rows)}</table>"


def errata_markdown(outcomes: Sequence[Outcome]) -> str:
    """Return the refuted claims as a table in Markdown."""
    rows = ["| where | printed | computed | correct |", "|---|---|---|---|"]
    for outcome in outcomes:
        found = outcome.evidence
        if found is not None and found.verdict == "refuted":
            cells = [outcome.claim.where, outcome.claim.printed, found.text, outcome.claim.erratum]
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)
