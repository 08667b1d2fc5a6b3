"""The report of `quantify` as a page for colleagues: one file, without scripts, fonts or pictures from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from relaxbell.errors import RelaxbellError
from relaxbell.exact.texts import different_texts
from relaxbell.lp.clock import deadline
from relaxbell.quantification.report import Row, certificates_of
from relaxbell.show.behavior import behavior_html, counts_html
from relaxbell.show.evidence_svg import evidence_svg
from relaxbell.show.numbers import arrows
from relaxbell.show.page_parts import LARGEST, Link, certificates, check_options, document, figures, too_long, wide
from relaxbell.show.quantification import cells_of, columns_of, head_lines, incomplete_text, notes_of
from relaxbell.trials.text import power_text

if TYPE_CHECKING:
    from relaxbell.quantification.report import Quantification

_WORDS = {
    "data": "Data",
    "read": "As read",
    "note": "Note",
    "fit": "Fit",
    "S": "CHSH",
    "set": "Settings",
    "p": "p-value",
}
"""The words before the lines of the text, as people who see only the page know them."""


_THEORY = (
    "The theory: Chaves, Kueng, Brask and Gross, “Unifying framework for relaxations of the causal assumptions in "
    "Bell’s theorem”, arXiv:1411.4648."
)


def quantification_page(report: Quantification, title: str | None = None, seconds: float | None = None) -> str:
    """Return the page; see `Quantification.to_html`."""
    check_options(title, seconds)
    name = title or _name(report)
    sections = [
        ("measured", "What was measured", _measured(report)),
        ("relaxations", "What has to be relaxed", _relaxations(report)),
        ("graphs", "The causal graphs", _graphs(report)),
        ("evidence", "Evidence over ε", _evidence(report, seconds)),
        ("inequalities", "The inequalities", _inequalities(report)),
        ("certificates", "Certificates", _certificates(report, seconds)),
        ("method", "Method and assumptions", _method(report)),
    ]
    about = "How far causal assumptions of Bell’s theorem must be relaxed to explain these data classically"
    return document(name, about, _in_short(report), sections, "relaxations", _THEORY)


def _name(report: Quantification) -> str:
    if report.fit is not None and report.fit.counts.name:
        return f"Bell test: {report.fit.counts.name}"
    return f"Bell test: {report.behavior.scenario.symbol}"


# --------------------------------------------------------------------------- sections


def _in_short(report: Quantification) -> str:
    """Return the result in a few sentences."""
    said = [_local_sentence(report)]
    level = f"{100 * report.confidence:.10g} %"
    proved = [row for row in report.rows if row.statement is not None and row.statement.at_least > 0]
    if proved and _rejects(report):
        said.append(
            f"With {level} confidence a relaxation that explains them alone exceeds its limit “at least” in some "
            "trial, whatever memory the devices have."
        )
    solved = [row for row in report.rows if row.solution is not None]
    kind = "fitted behavior" if report.fit is not None else "behavior"
    if solved and not report.missing and all(row.solution and row.solution.value_text == "0" for row in solved):
        said.append(f"A local model reproduces the {kind}: nothing has to be relaxed.")
    elif solved:
        said.append(
            f"A classical model with one of the relaxations below alone reproduces the {kind} only if that has "
            "at least the amount in its row."
        )
    else:
        said.append("No relaxation was found that explains these data: each row says why.")
    if report.missing:
        said.append(arrows(incomplete_text(report.missing, len(report.names))))
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in said)


def _rejects(report: Quantification) -> bool:
    return report.local is not None and report.local.p_value <= 1 - report.confidence + 1e-12


def _local_sentence(report: Quantification) -> str:
    if report.fit is None:
        return "These are probabilities, not counts: there are no statistics."
    trials, level = f"{report.fit.counts.trials:,} trials", f"{100 * report.confidence:.10g} %"
    if report.local is None:
        reason = f": {report.unproved}" if report.unproved else "."
        return f"Of {trials} nothing is proved with a confidence{reason}"
    value = power_text(report.local.log_p_at(0), up=True)
    if _rejects(report):
        return f"The {trials} reject local models: p-value {value}, under the assumptions at the end."
    return f"The {trials} do not reject local models with {level} confidence: p-value {value}."


def _measured(report: Quantification) -> str:
    lines = [(_WORDS.get(word := line[:6].strip(), word), line[6:].strip()) for line in head_lines(report)]
    scenario = report.behavior.scenario
    settings = ", ".join(f"{name}: {scenario.cardinality[name]} values" for name in scenario.inputs)
    outcomes = ", ".join(f"{name}: {scenario.cardinality[name]} values" for name in scenario.outputs)
    lines[1:1] = [("Settings of", settings), ("Outcomes of", outcomes)]
    facts = "".join(f"<dt>{escape(word)}</dt><dd>{escape(arrows(text))}</dd>" for word, text in lines)
    table = behavior_html(report.behavior) if report.fit is None else counts_html(report.fit.counts)
    what = "Probabilities" if report.fit is None else "Counts"
    return f'<dl class="facts">{facts}</dl>\n{wide(table, f"{what} by settings and outcomes")}'


def _relaxations(report: Quantification) -> str:
    """Return the table: measure, edges, estimate, limit, bound; what the inequalities are comes later."""
    heads = columns_of(report)[:-1]
    looks = ("", ' class="edges"', *(' class="number"',) * (len(heads) - 2))
    head = "".join(f'<th scope="col"{look}>{escape(text)}</th>' for look, text in zip(looks, heads, strict=True))
    rows = []
    for row in report.rows:
        first, _, *numbers = (arrows(text) for text in cells_of(report, row)[:-1])
        cells = f'<th scope="row">{escape(first)}</th><td class="edges">{escape(_edges(report, row.relaxed))}</td>'
        if row.solution is None:
            cells += f'<td colspan="{len(numbers)}">{escape(row.problem)}</td>'
        else:
            cells += "".join(f'<td class="number">{escape(text)}</td>' for text in numbers)
        rows.append(f"<tr>{cells}</tr>")
    caption = "Each relaxation alone: the least amount that explains the data"
    table = (
        f'<table class="rows"><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    return wide(table, "Relaxations") if rows else "<p>No row was finished.</p>"


def _graphs(report: Quantification) -> str:
    """Return a card for each set of edges: the graph, and the relaxations that it allows."""
    cards: dict[str, list[Row]] = {}
    for row in report.rows:
        if row.solution is not None:
            cards.setdefault(row.relaxed, []).append(row)
    if not cards:
        return "<p>No row has a solution.</p>"
    parts = []
    for relaxed, rows in cards.items():
        model = rows[0].solution.measure.model if rows[0].solution is not None else None
        results = "".join(f'<div class="result">{_result(report, row)}</div>' for row in rows)
        graphs = "" if model is None else figures(model)
        head = f"<h3>{escape(_edges(report, relaxed))}</h3>"
        parts.append(f'<article class="card graph">{head}{graphs}<div>{results}</div></article>')
    note = (
        "Circles are observed, squares are not: Λ is what the parties share. Orange, dashed arrows are the relaxed "
        "assumption; without them the graph is that of Bell’s theorem."
    )
    return f'<p>{note}</p>\n<div class="cards">{"".join(parts)}</div>'


def _edges(report: Quantification, relaxed: str) -> str:
    """Return edges with arrows, the latent variable called Λ as in the drawing."""
    names = report.behavior.scenario.cardinality
    return arrows(relaxed if "L" in names else re.sub(r"\bL(?=\d* ->)", "Λ", relaxed))


def _result(report: Quantification, row: Row) -> str:
    heads, cells = columns_of(report), cells_of(report, row)
    pairs = zip(heads[2:], cells[2:], strict=True)
    facts = "".join(f"<dt>{escape(head)}</dt><dd>{escape(arrows(cell))}</dd>" for head, cell in pairs)
    meaning = _meaning(row)
    words = f"<p>{escape(meaning)}</p>" if meaning else ""
    own = row.unproved if row.unproved != report.unproved else ""  # what is so for all rows is said once
    unproved = f'<p class="quiet">No limit: {escape(own)}</p>' if own else ""
    return f"<h4>{escape(arrows(row.name))}</h4>{words}<dl>{facts}</dl>{unproved}"


def _meaning(row: Row) -> str:
    """Return what a measure says, for people who do not know its name."""
    kind, _, rest = row.name.partition("(")
    if kind == "C":
        source, _, target = rest.rstrip(")").partition(" -> ")
        return (
            f"How much {source} influences {target}: the largest mean shift of the probability of an outcome of "
            f"{target} when {source} is changed by an intervention."
        )
    if row.name == "fraction(no hybrid)":
        return "How often no group of parties acts apart from the others."
    if kind == "fraction":
        return "How often one of these arrows has to act."
    if kind == "H":
        return "The entropy of a message of one bit from the first party to the second."
    return {
        "M": "How far the distribution of the settings is from independent of λ, on average.",
        "Hall": "How far two values of λ can be told apart from the settings, by Hall’s measure.",
        "I": "How much the settings tell about λ, and λ about the settings.",
    }.get(kind, "")


def _evidence(report: Quantification, seconds: float | None) -> str:
    if report.fit is None:
        return "<p>There is no evidence to plot: the report is of a behavior, not of counts.</p>"
    with deadline(seconds, "the picture of the evidence", least=False):
        picture, late = evidence_svg(report)
    missing = f"<p>Not drawn, as there was no time: {escape(', '.join(late))}.</p>" if late else ""
    if late and not picture:
        return missing
    if not picture:
        reason = report.unproved or "at every ε the p-value is a half or more, so the counts speak against no limit."
        return f"<p>There is no evidence to plot: {escape(reason)}</p>"
    level = f"{100 * report.confidence:.10g} %"
    return (
        "<p>How strongly the counts speak against “in every trial the relaxation is at most ε”. Where a line crosses "
        f"the gray one of {level} is the limit “at least”: every smaller ε is rejected with this confidence. "
        "Relaxations with the same line share it.</p>\n"
        f'<figure class="plot">{picture}</figure>{missing}'
    )


def _inequalities(report: Quantification) -> str:
    """Return each inequality once, with the rows that it bounds."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for row in report.rows:
        witness = None if row.solution is None else row.solution.witness
        if witness is None or witness.violation <= 0:
            continue
        formula = arrows(witness.functional.formula("probabilities" if witness.signaling else None))
        value, bound = different_texts(witness.value, witness.bound)
        known = f"{witness.name} = {witness.comparison}" if witness.name else ""
        found.setdefault((known, formula, value, bound), []).append(arrows(row.name))
    if not found:
        return "<p>No inequality is violated.</p>"
    of = "the fitted probabilities" if report.fit is not None else "the probabilities"
    parts = [
        f"<p>Each holds for every local model, and {of} violate it: it is read off the dual solution of the row’s "
        "minimization, and proves its bound. p(ab|xy) are probabilities, ⟨A0 B0⟩ correlators of settings 0 and 0.</p>"
    ]
    for (known, formula, value, bound), names in found.items():
        said = f"{escape(known)}, " if known else ""
        parts.append(
            f'<article class="card"><h3>{said}for {escape(", ".join(names))}</h3>'
            f'<div class="formula" tabindex="0" role="region" aria-label="Formula for {escape(", ".join(names))}">'
            f"{escape(formula)} ≤ {escape(bound)}</div><p>Value: {escape(value)}</p></article>"
        )
    return f'{parts[0]}\n<div class="cards">{"".join(parts[1:])}</div>'


def _certificates(report: Quantification, seconds: float | None) -> str:
    links = list(_links(report, seconds))
    if not links:
        return "<p>No row has a solution, so there is nothing to certify.</p>"
    return certificates(links, "relaxation", "They name the data by a digest.")


def _links(report: Quantification, seconds: float | None) -> Iterator[Link]:
    taken: set[str] = set()
    for row in report.rows:
        if row.solution is None:
            continue
        kinds = iter(("lower bound", "p-value of its limit"))
        try:
            with deadline(seconds, f"the certificates of {row.name}", least=False):
                for name, certificate in certificates_of(row, taken):
                    taken.add(name.casefold())
                    data, what = certificate.to_json().encode(), next(kinds)
                    if len(data) > LARGEST:
                        problem = too_long(data, "relaxbell quantify DATA --certificates DIR")
                        yield Link(row.name, what, name, b"", problem)
                    else:
                        yield Link(row.name, what, name, data)
        except RelaxbellError as error:
            yield Link(row.name, next(kinds), "", b"", str(error))


def _method(report: Quantification) -> str:
    lines = [arrows(line) for line in notes_of(report, report.rows) if line]
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
