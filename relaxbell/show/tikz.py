"""Causal graphs as TikZ pictures, drawn where the notebook draws them."""

from __future__ import annotations

import re

from relaxbell.behavior.names import name_latex
from relaxbell.causal.model import CausalModel
from relaxbell.causal.written import check_single
from relaxbell.show.layout import arcs, layout

_HEAD = r"""\begin{tikzpicture}[x=1pt, y=-1pt, >=stealth,
  observed/.style={draw, circle, minimum size=24pt, inner sep=1pt},
  unobserved/.style={draw, rectangle, minimum size=22pt, inner sep=1pt, fill=black!10},
  relaxed/.style={densely dashed, thick}]"""


def dag_tikz(model: CausalModel) -> str:
    r"""Return a model's graph as a TikZ picture; see `CausalModel.to_tikz`.

    Examples
    --------
    >>> import relaxbell as rb
    >>> print(dag_tikz(rb.instrumental()).splitlines()[-2])
      \draw[->] (L) -- (B);
    """
    check_single(model)
    places = layout(model)
    ids = {name: f"v{i}" if not re.fullmatch("[A-Za-z][A-Za-z0-9]*", name) else name for i, name in enumerate(places)}
    lines = [_HEAD]
    for name, (x, y) in places.items():
        kind = "unobserved" if name in model.latents + model.hidden else "observed"
        label = re.sub(r"^L(?=\d*$)", "Λ", name) if name in model.latents else name
        lines.append(f"  \\node[{kind}] ({ids[name]}) at ({x:.4g},{y:.4g}) {{${_symbol(label)}$}};")
    for (u, v), (_, control, _) in arcs(model, places).items():
        middle = [(a + b) / 2 for a, b in zip(places[u], places[v], strict=True)]
        bent = max(abs(a - b) for a, b in zip(control, middle, strict=True)) > 1e-6
        style = "->, relaxed" if (u, v) in model.relaxed else "->"
        # a quadratic curve as the cubic one that TikZ draws
        ends = (tuple(c + (p - c) / 3 for c, p in zip(control, places[n], strict=True)) for n in (u, v))
        way = ".. controls {} and {} ..".format(*(f"({x:.4g},{y:.4g})" for x, y in ends)) if bent else "--"
        lines.append(f"  \\draw[{style}] ({ids[u]}) {way} ({ids[v]});")
    return "\n".join([*lines, r"\end{tikzpicture}"])


def _symbol(label: str) -> str:
    return name_latex(label).replace("Λ", r"\Lambda")
