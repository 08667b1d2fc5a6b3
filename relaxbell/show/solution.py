"""Solutions in notebooks."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from relaxbell.engines.solution import LONGEST
from relaxbell.exact.numbers import to_sympy
from relaxbell.exact.texts import FITTED, floor_text
from relaxbell.show.numbers import arrows, weight_text

if TYPE_CHECKING:
    from relaxbell.engines.solution import Solution
    from relaxbell.engines.sources.solution import NetworkSolution

_SHOWN = 6


def solution_html(solution: Solution) -> str:
    """Return a small table: the minimum, its bound, the witness, and the heaviest strategies."""
    unit = _unit(solution)
    bound = f"{solution.end_texts[2]}{unit}"
    return _table(
        solution,
        ("minimum" if solution.measure.negated is None else "maximum", _value(solution)),
        (_bound_name(solution), bound if not _known(solution) else "the same: exact"),
        ("witness", escape(solution.witness_text)),
        ("strategies", _strategies(solution)),
    )


def network_html(solution: NetworkSolution) -> str:
    """Return a small table: the interval around the global minimum, and the model found."""
    rigorous = solution.kind == "rigorous"
    bound = floor_text(solution.lower_bound, 9)
    found = solution.value_text
    if solution.attained is not None and not solution.estimated:
        found = f"{_surds(str(to_sympy(solution.attained)))}, exact"
    said = f"{bound} (solver bound)" if not rigorous else bound if not _known(solution) else "the same: exact"
    headline = _value(solution) if solution.status == "optimal" else f"in [{bound}, {solution.value_text}]"
    rows = [
        ("minimum over all marginals", headline),
        (_bound_name(solution) if rigorous else "lower bound", said),
        ("attained by the model found", found if len(found) <= LONGEST else f"{solution.value_text} (exact)"),
    ]
    if solution.status != "optimal":
        rows.append(("status", f"{solution.status}, incomplete: the interval is wider than asked for"))
    if solution.network != "exact":
        rows.append(("network", f"only a lower bound: {escape(solution.measure.model.independence.reason)}"))
    if solution.decomposition is not None:
        closeness = solution.decomposition.closeness
        rows.append(("independent sources", f"a model of the network reproduces {closeness}"))
    return _table(solution, *rows, ("strategies", _strategies(solution)))


def _unit(solution: Solution) -> str:
    return "" if solution.measure.unit == "probability" else f" {solution.measure.unit}"


def _value(solution: Solution) -> str:
    known, short, _ = solution.end_texts
    value, exact = f"<b>{short}</b>{_unit(solution)}", _surds(known)
    if exact in ("", short):
        return value
    return f"<b>{escape(exact)}</b> = {value}" if len(exact) <= LONGEST else f"{value} (an exact number)"


def _known(solution: Solution) -> bool:
    """Return whether the minimum is known exactly; what is computed from an estimate is one, exact numbers or not."""
    return solution.exact is not None and not solution.estimated


def _bound_name(solution: Solution) -> str:
    side = "lower" if solution.measure.negated is None else "upper"
    return f"rigorous {side} bound" + f", {FITTED}" * solution.estimated


def _surds(text: str) -> str:
    return re.sub(r"sqrt\((\d+)\)", r"√\1", text)


def _strategies(solution: Solution) -> str:
    strategies = list(solution.q)[:_SHOWN]
    text = "<br>".join(f"{weight_text(weight)} &nbsp; <code>{escape(what)}</code>" for weight, what in strategies)
    return text if len(solution.q) <= _SHOWN else f"{text}<br>… {len(solution.q) - _SHOWN} more"


def _table(solution: Solution, *rows: tuple[str, str]) -> str:
    left = 'style="text-align:left"'
    if "exact" in solution.statistics:
        rows = (*rows, ("exact value", solution.statistics["exact"]))
    cells = "".join(f"<tr><th {left}>{name}</th><td {left}>{value}</td></tr>" for name, value in rows)
    caption = f"{arrows(solution.measure.end_name)}, {solution.measure.model.name}"
    return f"<table><caption>{escape(caption)}</caption>{cells}</table>"


def solution_latex(solution: Solution) -> str:
    """Return the result as an equation."""
    name, upper = solution.measure.end_symbol, solution.measure.negated is not None
    unit = "" if solution.measure.unit == "probability" else rf"\ \text{{{solution.measure.unit}}}"
    if _known(solution) and len(str(solution.exact)) <= LONGEST:
        from sympy import latex

        assert solution.exact is not None
        value, exact = (0.0 - solution.value, -solution.exact) if upper else (solution.value, solution.exact)
        return rf"$\displaystyle {name} = {latex(exact)} \approx {value:.9g}{unit}$"
    _, text, bound = solution.end_texts
    return rf"$\displaystyle {name} = {text}{unit},\quad \{'leq' if upper else 'geq'} {bound}{unit}$"
