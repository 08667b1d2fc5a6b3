"""Solutions in notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from relaxbell.exact.numbers import floor_text

if TYPE_CHECKING:
    from relaxbell.solve.solution import Solution


def solution_html(solution: Solution) -> str:
    """Return a small table: the minimum, its bound, the witness, and the heaviest strategies."""
    unit = "" if solution.measure.unit == "probability" else f" {solution.measure.unit}"
    value = f"<b>{solution.value_text}</b>{unit}"
    bound = f"{floor_text(solution.lower_bound, 12)}{unit}"
    rows = [
        ("minimum", value if solution.exact is None else f"<b>{escape(str(solution.exact))}</b> = {value}"),
        ("rigorous lower bound", bound if solution.exact is None else "the same: exact"),
        ("witness", escape(str(solution.witness))),
        ("model", escape(solution.measure.model.name)),
    ]
    strategies = list(solution.q)[:6]
    text = "<br>".join(f"{weight:.4f} &nbsp; <code>{escape(what)}</code>" for weight, what in strategies)
    if len(solution.q) > len(strategies):
        text += f"<br>… {len(solution.q) - len(strategies)} more"
    rows.append(("strategies", text))
    cells = "".join(
        f'<tr><th style="text-align:left">{name}</th><td style="text-align:left">{value}</td></tr>'
        for name, value in rows
    )
    return f"<table><caption>min {escape(solution.measure.name)}</caption>{cells}</table>"


def solution_latex(solution: Solution) -> str:
    """Return the result as an equation."""
    name = solution.measure.name.replace("->", r"\to ").replace("≠", r"\neq ")
    unit = "" if solution.measure.unit == "probability" else rf"\ \text{{{solution.measure.unit}}}"
    if solution.exact is not None:
        from sympy import latex

        return rf"$\displaystyle \min\, {name} = {latex(solution.exact)} \approx {solution.value:.9g}{unit}$"
    bound = floor_text(solution.lower_bound, 12)
    return rf"$\displaystyle \min\, {name} = {solution.value_text}{unit},\quad \geq {bound}{unit}$"
