"""Measures as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relaxbell.behavior.names import name_latex
from relaxbell.exact.texts import text_latex
from relaxbell.measures.products import Nonbilocality

if TYPE_CHECKING:
    from relaxbell.causal.model import CausalModel
    from relaxbell.measures.measure import Measure

_SHOWN = 4


def measure_latex(measure: Measure) -> str:
    """Return the measure's symbol and its definition as an equation."""
    symbol, formula = _symbol(measure.definition, measure), _formula(measure.definition, measure)
    unit = "" if measure.unit == "probability" else rf"\quad[\text{{{measure.unit}}}]"
    return rf"$\displaystyle {symbol} = {formula}{unit}$" if formula else rf"$\displaystyle {symbol}{unit}$"


def measure_symbol(measure: Measure) -> str:
    """Return the measure's symbol in LaTeX."""
    return _symbol(measure.definition, measure)


def _symbol(definition: Mapping[str, Any], measure: Measure) -> str:
    kind = definition.get("kind")
    dependent = ",".join(map(name_latex, measure.model.dependent_inputs))
    if kind == "influence":
        letter = r"\mathrm{TV}" if definition["variation"] else "C"
        return rf"{letter}_{{{_edge(definition)}}}"
    if kind == "average causal effect":
        return rf"\mathrm{{ACE}}_{{{_edge(definition)}}}"
    if kind == "message weight":
        return rf"p({name_latex(definition['message'])} \neq 0)"
    if kind == "message entropy":
        return rf"H({name_latex(definition['message'])})"
    if kind == "nonbilocality":
        return r"M_{\mathrm{BL}}"
    if kind in _DEPENDENCES:
        return rf"{_DEPENDENCES[kind]}({dependent} : \Lambda)"
    if kind == "sum":
        return " + ".join(_symbol(part, measure) for part in definition["of"])
    if kind == "maximum":
        return rf"\max({', '.join(_symbol(part, measure) for part in definition['of'])})"
    if kind == "multiple":
        part = _symbol(definition["of"], measure)
        if definition["of"].get("kind") in ("sum", "multiple"):
            part = f"({part})"
        return f"-{part}" if definition["factor"] == "-1" else rf"{_number(definition['factor'])}\,{part}"
    return text_latex(measure.name)


def _edge(definition: Mapping[str, Any]) -> str:
    return rf"{name_latex(definition['source'])} \to {name_latex(definition['target'])}"


_DEPENDENCES = {"dependence": "M", "hall dependence": r"M_{\mathrm{Hall}}", "mutual information": "I"}


def _formula(definition: Mapping[str, Any], measure: Measure) -> str:
    """Return the right-hand side; empty for sums and maxima, whose symbol says it all."""
    kind = definition.get("kind")
    x = ",".join(_small(n) for n in measure.model.dependent_inputs)
    if kind == "influence":
        return _influence(measure.model, definition["source"], definition["target"], definition["variation"])
    if kind == "average causal effect":
        target, (one, other) = f"{_small(definition['target'])}{{=}}{definition['outcome']}", definition["values"]
        return " - ".join(rf"p({target} \mid do({_small(definition['source'])}{{=}}{u}))" for u in (one, other))
    if kind == "message entropy":
        weight = rf"p({name_latex(definition['message'])} \neq 0)"
        return rf"h({weight}),\quad h(p) = -p \log_2 p - (1-p) \log_2 (1-p)"
    if kind == "dependence":
        return rf"\sum_{{{x},\lambda}} \left| p({x},\lambda) - p({x})\,p(\lambda) \right|"
    if kind == "hall dependence":
        other = ",".join(f"{_small(n)}'" for n in measure.model.dependent_inputs)
        return rf"\max_{{{x};\,{other}}} \sum_\lambda \left| p(\lambda \mid {x}) - p(\lambda \mid {other}) \right|"
    if kind == "mutual information":
        return rf"\sum_{{{x},\lambda}} p({x},\lambda) \log_2 \frac{{p({x},\lambda)}}{{p({x})\,p(\lambda)}}"
    if isinstance(measure, Nonbilocality):
        return " + ".join(
            _distance([",".join(_small(n) for n in group.nodes) for group in product]) for product in measure.products
        )
    if kind == "rows":
        return measure.term.latex(_SHOWN)
    return ""


def _small(name: str) -> str:
    """Return a value of a variable as a symbol: its name in small letters."""
    return name_latex(name.lower())


def _distance(names: Sequence[str]) -> str:
    """Return how far a joint distribution of response functions is from the product of its marginals."""
    product = " ".join(rf"q^{{{name}}}" for name in names)
    return rf"\sum \left| q^{{{','.join(names)}}} - {product} \right|"


def _influence(model: CausalModel, source: str, target: str, variation: bool) -> str:
    u, w = _small(source), _small(target)
    others = [_small(n) for n in model.parents(target) if n not in (source, *model.latents)]
    given = "".join(f", {n}" for n in others)
    if variation:
        over = ",".join([*others, rf"{u} \neq {u}'"])
        who = target if len(target) == 1 else f"{{{name_latex(target)}}}"
        return rf"\max_{{{over}}} \sum_\lambda p(\lambda)\,[f_{who}({u}{given}) \neq f_{who}({u}'{given})]"
    over = ",".join([w, *others, rf"{u} \neq {u}'"])
    shifted = " - ".join(rf"p({w} \mid do({v}){given}, \lambda)" for v in (u, f"{u}'"))
    return rf"\max_{{{over}}} \sum_\lambda p(\lambda) \left| {shifted} \right|"


def _number(text: str) -> str:
    top, slash, bottom = text.partition("/")
    return rf"\tfrac{{{top}}}{{{bottom}}}" if slash else top
