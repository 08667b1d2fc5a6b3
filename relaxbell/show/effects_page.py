"""Bounds on effects from counts and a graph, as a page for colleagues."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from relaxbell.exact.texts import ceil_text, counted, floor_text
from relaxbell.quantification.effects import effect_files
from relaxbell.show.behavior import counts_html
from relaxbell.show.effects import interval, p_text, percent
from relaxbell.show.numbers import arrows
from relaxbell.show.page_parts import LARGEST, Link, certificates, check_options, document, figures, too_long, wide

if TYPE_CHECKING:
    from relaxbell.engines.solution import Bounds, Solution
    from relaxbell.quantification.effect_steps import EffectRow
    from relaxbell.quantification.effects import EffectReport

_SOURCE = (
    "The theory: Balke and Pearl, “Bounds on treatment effects from studies with imperfect compliance”, J. Am. Stat. "
    "Assoc. 92, 1171 (1997), for any graph by linear programs over its response functions."
)

_LONGEST = 32
"""Fractions with more letters are left to the certificates."""


def effects_page(report: EffectReport, title: str | None = None, seconds: float | None = None) -> str:
    """Return the page; see `EffectReport.to_html`."""
    check_options(title, seconds)
    counts = report.counts
    sections = [
        ("measured", "What was measured", _measured(report)),
        ("graph", "The causal graph", _graph(report)),
        ("bounds", "Bounds", _table(report)),
        ("queries", "Each query", _queries(report)),
        ("test", "Can the graph be right?", _test(report)),
        ("certificates", "Certificates", _certificates(report, seconds)),
        ("method", "Method and assumptions", _method(report)),
    ]
    name = title or f"Causal bounds: {counts.name or counts.scenario.symbol}"
    about = "What these counts say of effects if the causal graph is right, whatever its latent variables are"
    return document(name, about, _in_short(report), sections, "bounds", _SOURCE)


def _in_short(report: EffectReport) -> str:
    said = []
    for row in report.rows:
        if row.measure is None:
            said.append(f"{row.name} is not answered: {row.problem}")
            continue
        parts = []
        if row.estimate is not None:
            parts.append(f"between {_ends(row.estimate)} at the observed frequencies")
        if row.sure is not None:
            parts.append(f"between {_ends(row.sure)} with {percent(report)} confidence")
        sentence = f"{row.name} is {', and '.join(parts)}" if parts else f"{row.name} has no bounds: see below"
        said.append(f"{sentence}{_sign(row)}.")
    said.append(_test_sentence(report))
    return "".join(f"<p>{escape(arrows(sentence))}</p>" for sentence in said)


def _ends(found: Bounds[Solution]) -> str:
    return f"{_minus(floor_text(found.lower_bound, 6))} and {_minus(ceil_text(found.upper_bound, 6))}"


def _minus(text: str) -> str:
    """Return a number with a minus sign that is not a hyphen."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _sign(row: EffectRow) -> str:
    """Return whether the sign is known, of queries that can have both."""
    if row.sure is None or row.measure is None or not row.name.lstrip().startswith(("ACE", "ATE", "p{", "LATE", "ETT")):
        return ""
    if row.sure.lower_bound > 0:
        return ": positive"
    if row.sure.upper_bound < 0:
        return ": negative"
    return ""


def _test_sentence(report: EffectReport) -> str:
    test = report.test
    graph = "the graph with what is assumed beside it" if report.assumptions else "the graph"
    if test.compatible is None:
        return f"The graph was not tested: {test.problem}"
    if test.compatible:
        return f"The frequencies satisfy everything that {graph} demands of them; that does not prove it."
    if test.p_value is not None and test.p_value <= 1 - report.confidence:
        return (
            f"The counts refute {graph} with {percent(report)} confidence: p-value {p_text(test.p_value)}. Bounds "
            "that suppose it are bounds of nothing."
        )
    return (
        f"No model of {graph} has exactly these frequencies, but chance may be why: p-value "
        f"{p_text(test.p_value)}. What remains are the intervals with confidence."
    )


def _facts(pairs: list[tuple[str, str]]) -> str:
    cells = "".join(f"<dt>{escape(word)}</dt><dd>{escape(arrows(text))}</dd>" for word, text in pairs if text)
    return f'<dl class="facts">{cells}</dl>'


def _measured(report: EffectReport) -> str:
    counts = report.counts
    sizes = counts.cardinality
    facts = [
        ("Data", f"{counts.name or 'counts'}: {counted(counts.trials, 'trial')} of {counts.scenario.symbol}"),
        ("Published", "" if counts.published is None else counts.published.source),
        ("Meaning", "" if counts.published is None else counts.published.outcomes),
        ("As read", "; ".join(counts.notes)),
        ("Given", ", ".join(f"{name}: {sizes[name]} values" for name in counts.inputs) or "nothing"),
        ("Observed", ", ".join(f"{name}: {sizes[name]} values" for name in counts.outputs)),
    ]
    return f"{_facts(facts)}\n{wide(counts_html(counts), 'Counts by settings and outcomes')}"


def _graph(report: EffectReport) -> str:
    model = report.model
    origin = getattr(model, "origin", None)
    notes = [] if origin is None else [str(note) for note in origin.notes]
    facts = [
        ("Arrows", ", ".join(f"{u} -> {v}" for u, v in model.edges)),
        ("Latent", f"{', '.join(model.latents)}: of any number of values"),
        ("As read", "; ".join(notes)),
        ("Assumed", "; ".join(report.assumptions)),
    ]
    note = "Circles are observed, squares are not. Where there is no arrow there is no direct effect: that is assumed."
    return (
        f'<article class="card graph"><h3>Assumed</h3>{figures(model)}<div>{_facts(facts)}</div></article><p>{note}</p>'
    )


def _table(report: EffectReport) -> str:
    heads = ("query", "at the frequencies", f"with {percent(report)} confidence")
    head = "".join(
        f'<th scope="col"{look}>{escape(text)}</th>'
        for text, look in zip(heads, ("", *(' class="number"',) * 2), strict=True)
    )
    rows = []
    for row in report.rows:
        cells = [_minus_all(interval(own)) if own is not None else "none" for own in (row.estimate, row.sure)]
        numbers = "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
        rows.append(f'<tr><th scope="row">{escape(arrows(row.name))}</th>{numbers}</tr>')
    table = (
        '<table class="rows"><caption>Least and largest value, rounded outwards</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    return wide(table, "Bounds")


def _minus_all(text: str) -> str:
    return text.replace("[-", "[−").replace(", -", ", −")


def _queries(report: EffectReport) -> str:
    cards = []
    for row in report.rows:
        name = escape(arrows(row.name))
        if row.measure is None:
            cards.append(f'<article class="card"><h3>{name}</h3><p>{escape(row.problem)}</p></article>')
            continue
        facts = [
            ("Means", row.measure.formula),
            ("At the frequencies", _estimate(row)),
            (f"With {percent(report)} confidence", _sure(row)),
        ]
        cards.append(f'<article class="card"><h3>{name}</h3>{_facts(facts)}{_formula(row)}</article>')
    return f'<div class="cards">{"".join(cards)}</div>'


def _estimate(row: EffectRow) -> str:
    found = row.estimate
    if found is None:
        return f"None: {row.problem}"
    least, largest = found.minimum.exact, found.maximum.exact
    exact = [_minus(text) for text in (str(least), str(None if largest is None else -largest)) if len(text) <= _LONGEST]
    text = _minus_all(interval(found))
    if least is None or largest is None:
        return f"{text}, rigorous bounds"
    if least == -largest:
        return f"{text}: the graph and the frequencies fix it, {exact[0]}" if exact else f"{text}: the data fix it"
    fractions = f": from {exact[0]} to {exact[1]}" if len(exact) == 2 else ""
    return f"{text}{fractions}. Sharp: a model of the graph with these frequencies attains each end"


def _sure(row: EffectRow) -> str:
    return f"None: {row.unproved}" if row.sure is None else _minus_all(interval(row.sure))


def _formula(row: EffectRow) -> str:
    if row.formula is None:
        return f'<p class="quiet">No formula: {escape(arrows(row.no_formula))}</p>'
    label = escape(arrows(f"Formula of {row.name}"))
    text = escape(row.formula.written().replace("->", "→").replace(">=", "≥").replace("<=", "≤"))
    return (
        f"<p>For every table p that the graph allows:</p>"
        f'<div class="formula lines" tabindex="0" role="region" aria-label="{label}">{text}</div>'
    )


def _test(report: EffectReport) -> str:
    test = report.test
    parts = [f"<p>{escape(arrows(_test_sentence(report)))}</p>"]
    if test.inequalities:
        items = "".join(
            f"<li>{number:,} × <code>{escape(arrows(text))}</code></li>" for text, number in test.inequalities
        )
        parts.append(
            "<p>Besides positive probabilities, and independences where the graph implies some, a table p comes from "
            f"the graph alone exactly if these inequalities hold, each in all its forms:</p><ul>{items}</ul>"
        )
    facts = []
    if test.distance is not None:
        distance = f"{floor_text(test.distance.lower_bound, 6)} in total variation at a setting, at least"
        facts.append(("Distance from the graph", "0" if test.compatible else distance))
    facts.append(("Violated most", test.largest))
    if test.compatible is not None:
        facts.append(("p-value", f"{p_text(test.p_value)}, by {test.method}"))
    return "\n".join([*parts, _facts(facts)])


def _certificates(report: EffectReport, seconds: float | None) -> str:
    links = list(_links(report, seconds))
    if not links:
        return "<p>There are no bounds, so there is nothing to certify.</p>"
    return certificates(
        links, "query", "They name the frequencies by a digest; what they say is of the graph as it is drawn."
    )


def _links(report: EffectReport, seconds: float | None) -> Iterator[Link]:
    for file in effect_files(report, seconds):
        if file.problem:
            yield Link(file.row, file.proves, "", b"", file.problem)
            continue
        data = file.certificate().to_json().encode()
        if len(data) > LARGEST:
            problem = too_long(data, "EffectReport.save_certificates in Python")
            yield Link(file.row, file.proves, "", b"", problem)
        else:
            yield Link(file.row, file.proves, file.name, data)


def _method(report: EffectReport) -> str:
    lines = [
        "The graph is assumed. Counts can refute it; they cannot prove it, and bounds hold if it is right.",
        "At the frequencies: the least and the largest value over all models of the graph that have exactly these "
        "frequencies. They are estimates: nothing is said of chance.",
    ]
    if report.radius is not None:
        lines.append(
            f"With {percent(report)} confidence: the same over all p within {ceil_text(report.radius, 4)} of the "
            "frequencies, in total variation at every setting. Whatever p is, the frequencies are that near to it "
            "with at least this probability, for any number of trials (Hoeffding 1963, Weissman et al. 2003); so the "
            "intervals of all queries hold together with it. Assumed: trials are independent with the same p given "
            "their settings, and settings are not chosen by what comes out."
        )
    averaged = [row.name for row in report.rows if row.measure is not None and row.measure.averaged]
    if averaged:
        names = ", ".join(report.counts.inputs)
        lines.append(
            f"{', '.join(averaged)}: these depend on p({names}), which is {report.settings}, and taken as exact: "
            "its own chance is not in the intervals."
        )
    if report.model.dependent_inputs:
        lines.append(
            f"{', '.join(report.model.dependent_inputs)}: may depend on the latent variables, so that all bounds use "
            f"their distribution, which is {report.settings}, and taken as exact: its own chance is not in the "
            "intervals."
        )
    if report.test.method:
        lines.append(
            f"The p-value of the graph: {report.test.method}. It holds for any number of trials, under the same "
            "assumptions."
        )
    lines.append(
        "Numbers are rigorous: bounds of linear programs are proved in exact arithmetic, see the certificates."
    )
    return f"<ul>{''.join(f'<li>{escape(arrows(line))}</li>' for line in lines)}</ul>"
