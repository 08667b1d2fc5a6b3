"""Bounds on effects from counts, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaxbell.exact.texts import ceil_text, counted, floor_text

if TYPE_CHECKING:
    from relaxbell.engines.solution import Bounds, Solution
    from relaxbell.quantification.effect_steps import GraphTest
    from relaxbell.quantification.effects import EffectReport

_DIGITS = 6
_SMALL = 1e-300


def effects_text(report: EffectReport) -> str:
    """Return a line for each query, and what the counts say of the graph."""
    edges = ", ".join(f"{u} -> {v}" for u, v in report.model.edges)
    counts = report.counts
    name = f"{counts.name}: " if counts.name else ""
    assumed = f", assuming {'; '.join(report.assumptions)}" if report.assumptions else ""
    lines = [f"{name}{counted(counts.trials, 'trial')} of {counts.scenario.symbol}, graph {edges}{assumed}"]
    width = max(len(row.name) for row in report.rows)
    for row in report.rows:
        found = (
            f"in {interval(row.estimate)}" if row.estimate is not None else f"none at the frequencies: {row.problem}"
        )
        level = f"with {percent(report)} confidence"
        sure = f"{level} in {interval(row.sure)}" if row.sure is not None else f"none {level}: {row.unproved}"
        lines.append(f"  {row.name:<{width}}  {row.problem if row.measure is None else f'{found}, {sure}'}")
    lines.append(f"  {test_text(report.test)}")
    return "\n".join(lines)


def interval(found: Bounds[Solution]) -> str:
    """Return both rigorous ends, rounded outwards."""
    return f"[{floor_text(found.lower_bound, _DIGITS)}, {ceil_text(found.upper_bound, _DIGITS)}]"


def percent(report: EffectReport) -> str:
    """Return the confidence."""
    return f"{100 * report.confidence:.10g} %"


def test_text(test: GraphTest) -> str:
    """Return what the counts say of the graph, in a sentence without a full stop."""
    if test.compatible is None:
        return f"the graph was not tested: {test.problem}"
    if test.compatible:
        return "the frequencies satisfy what the graph demands"
    return f"the frequencies are not those of the graph: p-value {p_text(test.p_value)}"


def p_text(value: float | None) -> str:
    """Return an upper bound on a p-value."""
    if value is None:
        return "unknown"
    return "1" if value >= 1 else f"at most {ceil_text(value, 3)}" if value > _SMALL else f"below {_SMALL:g}"
