"""The table of `quantify` as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from relaxbell.exact.texts import FITTED, floor_text
from relaxbell.show.numbers import arrows

if TYPE_CHECKING:
    from relaxbell.functionals.chsh import CHSHValue
    from relaxbell.quantification.report import Quantification, Row

_COLUMNS = ("relaxation", "edges added", "minimum", "lower bound", "witness")
_NUMBER = 16
"""Width of a number with its unit: the first row is printed before the last is known."""

_WITNESS = 39
"""Width of the rule over the witnesses."""

_LONGEST = 40
_UNLIKELY = 1e-3
"""Deviances with a smaller p-value are remarked on."""


def quantification_lines(report: Quantification, rows: Iterable[Row]) -> Iterator[str]:
    """Yield data, fit and S, then the table of relaxations, a line as soon as its row is there, then the notes.

    Parameters
    ----------
    report
        Says what the rows are of, and their names.
    rows
        The rows in their order; if they end early, the last lines say which are missing.
    """
    yield from _head(report)
    widths = (max(map(len, report.names), default=0), max((len(edges) for edges in report.names.values()), default=0))
    yield from ("", _line(_COLUMNS, widths), "─" * len(_line((*("",) * 4, " " * _WITNESS), widths)))
    seen: dict[str, str] = {}
    for row in rows:
        yield _line(_cells(row), widths)
        seen[row.name] = row.solution.value_text if row.solution is not None else ""
    missing = [name for name in report.names if name not in seen]
    if missing:
        yield from ("", _incomplete(missing, len(report.names)))
    elif set(filter(None, seen.values())) == {"0"}:
        yield from ("", "A local model reproduces these data: nothing has to be relaxed.")
    yield from ("", *_notes(report))


def quantification_text(report: Quantification) -> str:
    """Return all lines."""
    return "\n".join(quantification_lines(report, report.rows))


def _incomplete(missing: Sequence[str], total: int) -> str:
    return f"incomplete: interrupted with {len(missing)} of {total} rows missing: {', '.join(missing)}."


def _line(cells: Sequence[str], widths: tuple[int, int]) -> str:
    """Return a line of the table; the columns of numbers have room for those of usual size."""
    name, edges, minimum, bound, witness = cells
    return f"{name:<{widths[0]}}   {edges:<{widths[1]}}   {minimum:>{_NUMBER}}   {bound:>{_NUMBER}}   {witness}"


def quantification_html(report: Quantification) -> str:
    """Return the same as a table."""
    head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{escape(arrows(text))}</td>' for text in _cells(row)) + "</tr>"
        for row in report.rows
    )
    notes = [_incomplete(report.missing, len(report.names)), "", *_notes(report)] if report.missing else _notes(report)
    above, below = (f"<pre>{escape(chr(10).join(lines))}</pre>" for lines in (_head(report), notes))
    return f"{above}<table><tr>{head}</tr>{body}</table>{below}"


def _head(report: Quantification) -> list[str]:
    lines = []
    if report.fit is not None:
        counts, fit = report.fit.counts, report.fit
        kind = "maximum likelihood" if fit.complete else "incomplete, not yet of maximum likelihood"
        lines.append(f"data  {counts.name or 'counts'}: {counts.trials:,} trials, {counts.settings.size} settings")
        lines.append(
            f"fit   non-signaling, {kind}: deviance {fit.deviance:.4g} at {fit.degrees_of_freedom} degrees "
            f"of freedom (p = {fit.p_value:.2g})"
        )
        if fit.p_value < _UNLIKELY:
            lines.append(f"note  the raw frequencies signal beyond chance (p < {_UNLIKELY:g}): the fit sets that aside")
    else:
        lines.append(f"data  a behavior {report.behavior.scenario.symbol}")
    if report.chsh is not None:
        found = f"{_chsh_text(report.chsh)} ="
        if report.raw_chsh is not None:
            found = f"{_chsh_text(report.chsh)} fitted, {_chsh_text(report.raw_chsh)} from raw frequencies:"
        lines.append(f"S     {found} {report.chsh.formula} (local models: at most 2)")
    return lines


def _chsh_text(chsh: CHSHValue) -> str:
    """Return S; close to 2 as 2 + excess, so that digits are not lost."""
    excess = float(chsh.value - 2)
    if abs(excess) > 1e-3:
        return f"{float(chsh.value):.6g}"
    return f"2 {'-' if excess < 0 else '+'} {abs(excess):.6g}"


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    if row.solution is None:
        return row.name, row.relaxed, "-", "-", _excess(row)
    unit = " bit" if row.unit == "bit" else ""
    s = row.solution
    return (
        row.name,
        row.relaxed,
        f"{s.value_text}{unit}",
        f"{floor_text(s.lower_bound)}{unit}",
        _excess(row),
    )


def _excess(row: Row) -> str:
    """Return the witness; values close to their bound as bound + excess, so that digits are not lost."""
    if row.solution is None:
        return f"none: {_short(row.problem)}"
    witness = row.solution.witness
    if witness is None:
        return row.solution.witness_text
    if witness.in_catalog_form is not None and witness.violation > 0:
        name, _, bound = witness.in_catalog_form
        if witness.excess < 1e-3:
            return f"{name} = {bound:g} + {witness.excess:.6g} > {bound:g}"
    text = str(witness)
    if len(text) > _LONGEST:  # its coefficients are in to_dict() and --json
        return f"its functional: {witness.comparison}"
    return text


def _short(problem: str) -> str:
    """Return what a cell has room for; all of it is in to_dict() and --json."""
    if problem.startswith("no classical model"):
        return "this cannot explain the data"
    if "time limit" in problem:
        return problem[problem.index("took") :].partition(". ")[0]
    return problem.partition(". ")[0].partition(" (")[0]


def _notes(report: Quantification) -> list[str]:
    of = f" {FITTED}" * report.behavior.estimated
    return [
        "C(U -> W): largest mean over λ of |shift of p(w|λ)| by an intervention on U, Eq. (4).",
        "H(M): entropy of a binary message. M, Hall, I: how much the settings depend on the latent variable λ.",
        "M, Hall and I answer the retrocausal question: p(x,y|λ) need not factorize into p(x|λ) p(y|λ).",
        f"Settings for H(M), M and I: {report.input_distribution}. Lower bounds are rigorous{of}.",
    ]
