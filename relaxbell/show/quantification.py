"""The table of `quantify` as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from relaxbell.behavior.chi_squared import chance_text
from relaxbell.exact.texts import FITTED, decimal_text, floor_text
from relaxbell.show.numbers import arrows
from relaxbell.trials.text import power_text

if TYPE_CHECKING:
    from relaxbell.behavior.chi_squared import SettingsTest
    from relaxbell.functionals.chsh import CHSHValue
    from relaxbell.quantification.report import Quantification, Row

_OF_BEHAVIORS = ("relaxation", "edges added", "minimum", "lower bound", "witness")
_NUMBER = 16
"""Width of a number with its unit: the first row is printed before the last is known."""

_ESTIMATE = 22
"""Width of an estimate with its error and unit."""

_WITNESS = 39
"""Width of the rule over the witnesses."""

_DIGITS = 3
"""Of confidence limits."""

_ALONE = 4
"""Digits of an estimate without a standard error."""

_NOTHING = 1e-13
"""Values and errors below this are rounding."""

_SMALL = 1e-3
"""Smaller numbers are written with a power of ten."""

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
    yield from head_lines(report)
    columns, widths = columns_of(report), _widths(report)
    yield from ("", _line(columns, widths), "─" * len(_line((*("",) * (len(columns) - 1), " " * _WITNESS), widths)))
    seen: dict[str, str] = {}
    done: list[Row] = []
    for row in rows:
        yield _line(cells_of(report, row), widths)
        seen[row.name] = row.solution.value_text if row.solution is not None else ""
        done.append(row)
    missing = [name for name in report.names if name not in seen]
    if missing:
        yield from ("", incomplete_text(missing, len(report.names)))
    elif set(filter(None, seen.values())) == {"0"}:
        yield from ("", "A local model reproduces these data: nothing has to be relaxed.")
    yield from ("", *notes_of(report, done))


def quantification_text(report: Quantification) -> str:
    """Return all lines."""
    return "\n".join(quantification_lines(report, report.rows))


def incomplete_text(missing: Sequence[str], total: int) -> str:
    """Say which rows an interruption has left out."""
    return f"incomplete: interrupted with {len(missing)} of {total} rows missing: {', '.join(missing)}."


def columns_of(report: Quantification) -> tuple[str, ...]:
    """Return the heads of the columns."""
    if report.fit is None:
        return _OF_BEHAVIORS
    limit = f"at least ({100 * report.confidence:.10g} %)"
    return "relaxation", "edges added", "estimate", limit, "bound, fitted p", "witness"


def _widths(report: Quantification) -> tuple[int, ...]:
    """Return the widths of all columns but the last; those of numbers have room for numbers of usual size."""
    names, edges = list(report.names), list(report.names.values())
    first = max(map(len, names), default=0), max(map(len, edges), default=0)
    limit = len(columns_of(report)[3])
    return (*first, _NUMBER, _NUMBER) if report.fit is None else (*first, _ESTIMATE, max(limit, _NUMBER), _NUMBER)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table: words to the left, numbers to the right."""
    left = [f"{cell:<{width}}" for cell, width in zip(cells[:2], widths[:2], strict=True)]
    right = [f"{cell:>{width}}" for cell, width in zip(cells[2:-1], widths[2:], strict=True)]
    return "   ".join([*left, *right, cells[-1]])


def quantification_html(report: Quantification) -> str:
    """Return the same as a table."""
    head = "".join(f"<th>{name}</th>" for name in columns_of(report))
    body = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:left">{escape(arrows(text))}</td>' for text in cells_of(report, row))
        + "</tr>"
        for row in report.rows
    )
    notes = notes_of(report, report.rows)
    if report.missing:
        notes = [incomplete_text(report.missing, len(report.names)), "", *notes]
    above, below = (f"<pre>{escape(chr(10).join(lines))}</pre>" for lines in (head_lines(report), notes))
    return f"{above}<table><tr>{head}</tr>{body}</table>{below}"


def head_lines(report: Quantification) -> list[str]:
    """Return what is said of the data, each line after a word and spaces."""
    lines = []
    if report.fit is not None:
        counts, fit = report.fit.counts, report.fit
        kind = "maximum likelihood" if fit.complete else "incomplete, not yet of maximum likelihood"
        lines.append(f"data  {counts.name or 'counts'}: {counts.trials:,} trials, {counts.settings.size} settings")
        lines += [f"read  {note}" for note in counts.notes]
        if counts.published is not None and counts.published.note:
            lines.append(f"note  {counts.published.note}")
        lines.append(
            f"fit   non-signaling, {kind}: deviance {fit.deviance:.4g} at {fit.degrees_of_freedom} degrees "
            f"of freedom ({chance_text(fit.p_value)})"
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
    if report.settings is not None:
        lines.append(f"set   {_settings_text(report.settings)}")
    if report.local is not None:
        found = power_text(report.local.log_p_at(0), up=True)
        lines.append(f"p     {found} for local models; method and assumptions below")
    elif report.unproved:
        lines.append("p     none for local models, for the reason below")
    return lines


def _settings_text(test: SettingsTest) -> str:
    """Return how well the settings agree with their design and with independent ones."""
    kind = "uniform settings" if test.uniform else "their design"
    own = f"against {kind} χ² = {test.statistic:.4g} at {test.degrees_of_freedom} degrees of freedom"
    own += f" ({chance_text(test.p_value)})"
    if test.independence is not None:
        own += f"; against independent ones {chance_text(test.independence.p_value)}"
    return own


def _chsh_text(chsh: CHSHValue) -> str:
    """Return S; close to 2 as 2 + excess, so that digits are not lost."""
    excess = float(chsh.value - 2)
    if abs(excess) > 1e-3:
        return f"{float(chsh.value):.6g}"
    return f"2 {'-' if excess < 0 else '+'} {abs(excess):.6g}"


def cells_of(report: Quantification, row: Row) -> tuple[str, ...]:
    """Return the texts of a row, as many as there are columns."""
    unit = " bit" if row.unit == "bit" else ""
    s = row.solution
    if s is None:
        return row.name, row.relaxed, *("-",) * (len(columns_of(report)) - 3), _excess(row)
    bound = f"{floor_text(s.lower_bound)}{unit}"
    if report.fit is None:
        return row.name, row.relaxed, f"{s.value_text}{unit}", bound, _excess(row)
    least = decimal_text(s.value, _ALONE)  # counts do not say more; the bound of the fitted p has all digits
    if row.error is not None:
        least = "0 ± 0" if max(abs(s.value), row.error) < _NOTHING else estimate_text(s.value, row.error)
    return row.name, row.relaxed, f"{least}{unit}", limit_text(row, unit), bound, _excess(row)


def limit_text(row: Row, unit: str) -> str:
    """Return what is proved with the confidence, rounded down."""
    if row.statement is None:
        return "-"
    limit = row.statement.at_least
    return "none explains" if math.isinf(limit) else f"{floor_text(limit, _DIGITS)}{unit}"


def _excess(row: Row) -> str:
    """Return the witness; values close to their bound as bound + excess, so that digits are not lost."""
    if row.solution is None:
        return f"none: {short_problem(row.problem)}"
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


def short_problem(problem: str) -> str:
    """Return what a cell has room for; all of it is in to_dict() and --json."""
    if problem.startswith("no classical model"):
        return "this cannot explain the data"
    if "time limit" in problem:
        return problem[problem.index("took") :].partition(". ")[0]
    return problem.partition(". ")[0].partition(" (")[0]


def notes_of(report: Quantification, rows: Sequence[Row]) -> list[str]:
    """Return what the columns mean, and what the limits rest on; nothing is said without its assumptions."""
    of = f" {FITTED}" * report.behavior.estimated
    settings = [name.lower() for name in report.behavior.inputs]
    joint, apart = f"p({','.join(settings)}|λ)", " ".join(f"p({name}|λ)" for name in settings)
    own = [
        "C(U -> W): largest mean over λ of |shift of p(w|λ)| by an intervention on U, Eq. (4).",
        "H(M): entropy of a binary message. M, Hall, I: how much the settings depend on the latent variable λ.",
        f"M, Hall and I answer the retrocausal question: {joint} need not factorize into {apart}.",
        f"Settings for H(M), M and I: {report.input_distribution}. Lower bounds are rigorous{of}.",
    ]
    if any(name.startswith("fraction(") for name in report.names):
        own.insert(1, "fraction(U -> W or …): how often one of the edges acts. No single one explains the data.")
    if "fraction(no hybrid)" in report.names:
        own.insert(2, "fraction(no hybrid): trials in which no group of parties acts apart from the others.")
    return [*own, *_statistics(report, rows)]


def _statistics(report: Quantification, rows: Sequence[Row]) -> list[str]:
    """Return how errors and limits were found, and what they assume."""
    lines = []
    solved = [row for row in rows if row.solution is not None]
    if report.resampling and any(row.error is not None for row in solved):
        lines.append(f"±: standard error, approximate: {report.resampling}.")
    without = [row.name for row in solved if row.error is None]
    if report.resampling and without:
        lines.append(
            f"no ± for {', '.join(without)}: some resamples are explained by no such model, or were not solved "
            "within the time limit."
        )
    stated = [row.statement for row in rows if row.statement is not None]
    if stated:
        lines += [
            "",
            "at least: with this confidence the relaxation exceeds it in some trial, whatever memory devices have.",
        ]
        lines += [f"method: {text}" for text in dict.fromkeys(own.evidence.method for own in stated)]
        lines += [f"{arrows(row.name)}: {row.statement.note}." for row in rows if row.statement and row.statement.note]
        assumed = [
            words for own in stated for words in own.evidence.assumptions if not words.startswith("null hypothesis")
        ]
        lines += [f"assumes: {words}" for words in dict.fromkeys(assumed)]
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.unproved:
            reasons.setdefault(row.unproved, []).append(row.name)
    for reason, names in reasons.items():
        who = "no limits" if len(names) == len(rows) else f"no limit for {', '.join(names)}"
        lines += ["", f"{who}: {reason}"]
    return lines


def estimate_text(value: float, error: float) -> str:
    """Return an estimate with as many digits as its standard error has to two of its own.

    Examples
    --------
    >>> estimate_text(0.108463, 0.0612), estimate_text(1.27453e-5, 1.7e-6), estimate_text(0.5, 0.0)
    ('0.108 ± 0.061', '(1.27 ± 0.17)e-05', '0.5 ± 0')
    """
    if error <= 0 or not math.isfinite(error):
        return f"{value:.9g} ± {error:g}"
    last = math.floor(math.log10(float(f"{error:.1e}"))) - 1
    top = max(abs(value), error)
    if top >= _SMALL:
        digits = max(0, -last)
        return f"{value:.{digits}f} ± {error:.{digits}f}"
    power = math.floor(math.log10(top))
    digits = max(0, power - last)
    return f"({value / 10.0**power:.{digits}f} ± {error / 10.0**power:.{digits}f})e{power:03d}"
