"""Mixtures of structures and fractions of the trials in the LaTeX of certificates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from relaxbell.behavior.names import name_latex
from relaxbell.certificate.latex_text import cell_names, function_text
from relaxbell.verify.mixtures import Mixed
from relaxbell.verify.model import Functions, Model

_EDGE = re.compile(r"(\S+) -> (\S+)")


def edges_latex(edges: Iterable[str]) -> str:
    """Return edges, as the verifier writes them."""
    return ", ".join(rf"{name_latex(u)} \to {name_latex(v)}" for u, v in (e.split(" -> ") for e in edges))


def graph_latex(model: Model) -> str:
    """Return the graph of a model, or those of a mixture, numbered as its structures are."""
    sizes = ", ".join(rf"|{name_latex(n)}| = {model.size[n]}" for n in model.size)
    if not isinstance(model, Mixed):
        return f"the graph ${edges_latex(model.edges)}$ (numbers of values ${sizes}$)"
    graphs = [
        f"({k}) {'any behavior' if own is None else f'${edges_latex(own.edges)}$'}"
        for k, own in enumerate(model.structures, 1)
    ]
    return f"one of the structures {', or '.join(graphs)} in each trial (numbers of values ${sizes}$)"


def strategies_latex(model: Model) -> str:
    """Return what the strategies are, in a sentence without its end."""
    if not isinstance(model, Mixed):
        names = ",".join(map(name_latex, model.responding))
        return (
            rf"Given all latent variables, each of ${names}$ is a function of its other parents; a strategy $\lambda$ "
            rf"is one function for each, and there are ${model.count}$."
        )
    anything = (
        ""
        if None not in model.structures
        else (
            f" Trials of which nothing is known, of weight $w$ and with the behavior $r$, count as a column for each "
            rf"cell $c$ of $p$, of weight $w r(c) / N$, that visits the cell $N = {len(model.chances)}$ times."
        )
    )
    return (
        rf"Given the latent variables and which structure holds, each node is a function of its other parents there; a "
        rf"strategy $\lambda$ is a structure and one function for each node of it, and there are ${model.count}$."
        f"{anything}"
    )


def heads_latex(model: Model) -> list[str]:
    """Return the heads of the columns that say what a strategy is."""
    if isinstance(model, Mixed):
        return [r"\text{structure}", r"\text{functions}"]
    return [f"f_{{{name_latex(name)}}}" for name in model.responding]


def functions_latex(model: Model, functions: Functions) -> Sequence[str]:
    """Return what a strategy is, in these columns."""
    if not isinstance(model, Mixed):
        return [function_text(f) for f in functions]
    k = functions[0][0]
    if model.structures[k] is None:
        return [str(k + 1), cell_names(model)(functions[1][0])]
    return [str(k + 1), r",\ ".join(function_text(f) for f in functions[1:])]


def fraction_words(text: str) -> str:
    """Return what a fraction is, in words; empty for other measures."""
    if not text.startswith("fraction("):
        return ""
    inner = text[len("fraction(") : -1]
    if inner.startswith("structure"):
        return f"the weight of the strategies of {inner}"
    if "->" in inner:
        said = [f"that of ${name_latex(v)}$ depends on ${name_latex(u)}$" for u, v in _EDGE.findall(inner)]
        return f"the weight of the strategies with functions of which {' or '.join(said)}"
    return "the weight of the strategies with functions of these values"
