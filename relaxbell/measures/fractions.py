"""Fractions of the trials: how often an edge acts, a structure holds, or response functions are of some kind."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relaxbell.behavior.names import name_latex
from relaxbell.causal.anything import ANY
from relaxbell.causal.counterfactual.expressions import Comparison, Event, Number, Variable, both
from relaxbell.causal.counterfactual.tables import Asked
from relaxbell.causal.graph import Edge, listed_edges
from relaxbell.causal.mixed import constant_row, mixed_rows
from relaxbell.causal.model import CausalModel
from relaxbell.causal.responses import Node
from relaxbell.causal.structures import Mixture, Structure
from relaxbell.errors import MeasureError, ModelError, ModelTooLargeError
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import a_kind, text_latex
from relaxbell.measures.definition import Definition, small
from relaxbell.measures.measure import LinearMeasure, check_model
from relaxbell.measures.terms import Linear

_TABLE = 2**20
"""Most entries of a table over the response functions that a fraction looks at together."""

_RESPONSE = re.compile(r"\s*([^\W\d]\w*'*)\s*(?:\(([^()]*)\))?\s*")

Events = Mapping[str, int]


def fraction(model: CausalModel, what: str | int | Edge | Events | Sequence[str | int | Edge]) -> LinearMeasure:
    """Return in what fraction of the trials an edge acts, a structure holds, or functions are of some kind.

    The weight of a set of strategies, so linear in q: `minimize` gives how often it must be so, `bounds` both ends.
    Named so in the literature:

    * ``fraction(bell().relax("X -> B"), "X -> B")``: the average communication of Pironio, Phys. Rev. A 68, 062102
      (2003), one call counted as 1; for non-signaling p in the CHSH scenario max(0, S/2 − 1).
    * ``fraction(mixture([bell(), "any"]), 1)``: 1 − local content of Elitzur, Popescu and Rohrlich, Phys. Lett. A 162,
      25 (1992). So often locality is violated, or, as that is the same, free choice: Blasiak et al., PNAS 118,
      e2020569118 (2021). For chained inequalities see Barrett, Kent and Pironio, Phys. Rev. Lett. 97, 170409 (2006).
    * ``fraction(mixture([hybrid, …, "any"]), "any")``: the genuinely multipartite part, with hybrids of Svetlichny,
      Phys. Rev. D 35, 3066 (1987), or of Bancal et al., Phys. Rev. A 88, 014102 (2013).
    * ``fraction(instrumental, {"A(Z=0)": 0, "A(Z=1)": 1})``: the compliers of Angrist, Imbens and Rubin, J. Am. Stat.
      Assoc. 91, 444 (1996).

    Parameters
    ----------
    model
        A causal model or a mixture.
    what
        An edge, such as ``"X -> B"``: the strategies in which the function of B depends on x, for some values of its
        other parents. Several edges: at least one of them acts. A structure of a mixture by its number or name, or
        several. Or values of response functions, all of which occur: ``{"B(X=0,Y=1)": 0}``, the function of B at given
        values of all its parents.

    Returns
    -------
    LinearMeasure
        A probability.

    Raises
    ------
    MeasureError
        If the model has no such edge, structure, node or value.
    ModelTooLargeError
        If the response functions are too many to be told apart.

    Examples
    --------
    >>> import relaxbell as rb
    >>> acts = rb.fraction(rb.bell().relax("X -> B"), "X -> B")
    >>> rb.minimize(acts, rb.boxes.tsirelson()).exact  # S/2 − 1
    -1 + sqrt(2)
    >>> rb.minimize(acts, rb.boxes.pr()).value
    1.0

    One bit in either direction, and how often it goes from Alice to Bob:

    >>> either = rb.mixture({"to Bob": rb.bell().relax("X -> B"), "to Alice": rb.bell().relax("Y -> A")})
    >>> rb.bounds(rb.fraction(either, "to Bob"), rb.boxes.pr())
    [0, 1] for fraction(to Bob)
    """
    check_model(model, "fraction")
    asked = _asked(model, what)
    rows = _rows(model, asked)
    name = f"fraction({asked.text})"
    definition = Definition("fraction", _anew, asked.plain, rf"P\!\left({asked.symbol}\right)", asked.equation)
    return LinearMeasure(model, name, term=Linear(rows.labeled((name,)), asked.stated), definition=definition)


def _anew(
    model: CausalModel,
    edges: Sequence[Sequence[str]] = (),
    structures: Sequence[int] = (),
    events: Events | None = None,
) -> LinearMeasure:
    """Return the fraction from the plain data of its definition."""
    if events is not None:
        return fraction(model, events)
    return fraction(model, [(u, v) for u, v in edges] or structures)


@dataclass(frozen=True)
class _Counted:
    """What is counted; one of the three is not empty."""

    edges: tuple[Edge, ...] = ()
    structures: tuple[int, ...] = ()
    events: tuple[tuple[str, tuple[tuple[str, int], ...], int], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def plain(self) -> dict[str, object]:
        """Arguments that make it anew."""
        if self.edges:
            return {"edges": [list(edge) for edge in self.edges]}
        if self.structures:
            return {"structures": list(self.structures)}
        return {"events": {_response(name, given): value for name, given, value in self.events}}

    @property
    def stated(self) -> dict[str, object]:
        """What the verifier makes its rows from."""
        if self.edges or self.structures:
            return {"kind": "fraction", **self.plain}
        listed = [[name, [list(pair) for pair in given], value] for name, given, value in self.events]
        return {"kind": "fraction", "events": listed}

    @property
    def text(self) -> str:
        """It in words."""
        if self.edges:
            return " or ".join(f"{u} -> {v}" for u, v in self.edges)
        if self.structures:
            return " or ".join(self.names)
        return ", ".join(f"{_response(name, given)}={value}" for name, given, value in self.events)

    @property
    def symbol(self) -> str:
        """It in LaTeX."""
        if self.edges:
            return r" \lor ".join(rf"{name_latex(u)} \to {name_latex(v)}" for u, v in self.edges)
        if self.structures:
            return r" \lor ".join(text_latex(name) for name in self.names)
        return r",\, ".join(self._events())

    @property
    def equation(self) -> str:
        """What it equals, in LaTeX."""
        if self.edges:
            said = [rf"f_{{{name_latex(v)}}} \text{{ depends on }} {small(u)}" for u, v in self.edges]
            return _counted(r" \lor ".join(said))
        if self.structures:
            return r" + ".join(rf"\sum_{{\lambda \in \Lambda_{{{k + 1}}}}} p(\lambda)" for k in self.structures)
        return _counted(r" \land ".join(self._events()))

    def _events(self) -> Iterable[str]:
        for name, given, value in self.events:
            inner = ", ".join(f"{small(u)}{{=}}{v}" for u, v in given)
            yield rf"f_{{{name_latex(name)}}}({inner}) = {value}"


def _counted(condition: str) -> str:
    return rf"\sum_\lambda p(\lambda)\,\left[{condition}\right]"


def _response(name: str, given: Iterable[tuple[str, int]]) -> str:
    inner = ",".join(f"{u}={v}" for u, v in given)
    return f"{name}({inner})" if inner else name


def _asked(model: CausalModel, what: object) -> _Counted:
    """Return what is asked for, checked against the model."""
    if isinstance(what, Mapping):
        return _read_events(model, what)
    several: list[object] = list(what) if isinstance(what, Iterable) and not isinstance(what, str) else [what]
    names = model.names if isinstance(model, Mixture) else ()
    names += (ANY,) if model.has_any and ANY not in names else ()
    if several and all(isinstance(k, int | np.integer) or (isinstance(k, str) and k in names) for k in several):
        return _read_structures(model, several)
    pair = isinstance(what, tuple) and len(what) == 2 and all(isinstance(n, str) and n in model.nodes for n in what)
    try:
        edges = listed_edges([what] if pair else [tuple(e) if isinstance(e, list) else e for e in several], "what")
    except ModelError as error:
        known = f", or one of its structures {', '.join(names)}" if names else ""
        raise MeasureError(
            f"fraction of {what!r}: expected an edge such as 'X -> B', values of response functions such as "
            f"{{'B(X=0,Y=0)': 1}}{known}. ({error})"
        ) from None
    return _read_edges(model, edges)


def _read_structures(model: CausalModel, given: Sequence[object]) -> _Counted:
    if not isinstance(model, Mixture):
        raise MeasureError(
            f"fraction of structure {', '.join(map(str, given))}: {model.name} is no mixture. Use mixture([…]), or "
            'name an edge, such as "X -> B".'
        )
    anywhere = [k for k, own in enumerate(model.structures) if not isinstance(own, CausalModel)]
    try:
        places = sorted({anywhere[0] if k == ANY and ANY not in model.names else model.place(k) for k in given})
    except ModelError as error:
        raise MeasureError(str(error)) from None
    return _Counted(structures=tuple(places), names=tuple(model.names[k] for k in places))


def _models(model: CausalModel) -> tuple[Structure, ...]:
    return model.structures if isinstance(model, Mixture) else (model,)


def _read_edges(model: CausalModel, edges: Sequence[Edge]) -> _Counted:
    if not edges:
        raise MeasureError('fraction of no edge at all: name one, such as "X -> B".')
    for u, v in edges:
        own = [m for m in _models(model) if isinstance(m, CausalModel) and (u, v) in m.edges and u not in m.latents]
        if not own:
            raise MeasureError(
                f"{model.name} has no edge {u} -> {v} between observed or hidden nodes. Its edges are "
                f"{', '.join(f'{a} -> {b}' for a, b in model.edges)}; add one with relax(...)."
            )
    return _Counted(edges=tuple(dict.fromkeys(edges)))


def _read_events(model: CausalModel, what: Mapping[object, object]) -> _Counted:
    found, known_answers = [], dict[tuple[str, frozenset[tuple[str, int]]], object]()
    for key, value in what.items():
        name, given = _read_response(key)
        owners = [m for m in _models(model) if isinstance(m, CausalModel) and name in m.responding]
        if not owners:
            known = ", ".join(model.responding)
            raise MeasureError(f"{name!r} does not respond in {model.name}, expected one of {known}.")
        for own in owners:
            parents = [n for n in own.parents(name) if n not in own.latents]
            if set(parents) != set(given):
                raise MeasureError(
                    f"{key!r}: the function of {name} in {own.name} is of {', '.join(parents) or 'nothing'}. Give a "
                    f"value to each, as in {_response(name, [(n, 0) for n in parents])!r}."
                )
        for n, v in [*given.items(), (name, value)]:
            if isinstance(v, bool) or not isinstance(v, int | np.integer) or not 0 <= v < model.cardinality[n]:
                raise MeasureError(f"{key!r}: {n} is {v!r}, expected an integer from 0 to {model.cardinality[n] - 1}.")
        found.append((name, tuple(given.items()), int(str(value))))
        answer = known_answers.setdefault((name, frozenset(given.items())), value)
        if answer != value:
            raise MeasureError(f"{_response(name, given.items())} has two values, {answer} and {value}: never.")
    if not found:
        raise MeasureError("fraction of no event at all: give a value of a response function, as {'A(X=0)': 1}.")
    return _Counted(events=tuple(found))


def _read_response(key: object) -> tuple[str, dict[str, int]]:
    """Return node and values of its parents of ``B(X=0,Y=1)``."""
    match = _RESPONSE.fullmatch(key) if isinstance(key, str) else None
    given: dict[str, int] = {}
    parts = [p for p in (match.group(2) or "").split(",") if p.strip()] if match else []
    for part in parts:
        n, equals, v = part.partition("=")
        if not equals or not v.strip().isdecimal() or n.strip() in given:
            match = None
            break
        given[n.strip()] = int(v)
    if match is None:
        shown = repr(key) if isinstance(key, str) else a_kind(key)
        raise MeasureError(f"{shown} is no response, expected one such as 'B(X=0,Y=1)'.")
    return match.group(1), given


# ----------------------------------------------------------------------- rows


def _rows(model: CausalModel, asked: _Counted) -> Rows:
    """Return the row of one or zero for each strategy."""
    if not isinstance(model, Mixture):
        return _row(model, asked)
    parts: list[Rows] = []
    for k, own in enumerate(model.structures):
        local = model.local.parts[k]
        if asked.structures:
            parts.append(constant_row(int(k in asked.structures), local))
        elif isinstance(own, CausalModel) and _concerns(own, asked):
            parts.append(_row(own, asked))
        else:
            parts.append(constant_row(0, local))
    return mixed_rows(model.local, parts, (asked.text,))


def _concerns(own: CausalModel, asked: _Counted) -> bool:
    """Return whether a structure can have what is asked for."""
    if asked.edges:
        return any(edge in own.edges for edge in asked.edges)
    return all(name in own.responding for name, _, _ in asked.events)


def _row(model: CausalModel, asked: _Counted) -> Rows:
    """Return the row of a single graph, as one table over the response functions that matter."""
    if asked.events:
        event = both(*(_comparison(name, given, value) for name, given, value in asked.events))
        pieces = ((scope, 0, table) for _, scope, table in Asked(model, event).tables())
        return model.local.rows(pieces, (asked.text,))
    targets: dict[str, NDArray[np.bool_]] = {}
    for u, v in asked.edges:
        if (u, v) in model.edges:
            node = next(n for n in model.strategies.nodes if n.name == v)
            _check_table([node])
            targets[v] = acts(node, u) | targets.get(v, np.False_)
    nodes = [n for n in model.strategies.nodes if n.name in targets]
    _check_table(nodes)
    hit = np.zeros((), dtype=np.bool_)
    scope: list[int] = []
    for node in nodes:
        own = targets[node.name].reshape((node.cardinality,) * node.configurations)
        hit = hit[(..., *[None] * own.ndim)] | own
        first = model.local.variables.index((node.name, 0))
        scope += range(first, first + node.configurations)
    return model.local.rows([(tuple(scope), 0, hit.astype(np.int64))], (asked.text,))


def _comparison(name: str, given: Iterable[tuple[str, int]], value: int) -> Event:
    """Return the event that the response to some values of all parents is this one."""
    return Comparison("=", Variable(name, tuple((u, Number(v)) for u, v in given)), Number(value))


def acts(node: Node, source: str) -> NDArray[np.bool_]:
    """Return for each response function whether it depends on a parent, at some values of the others."""
    table = node.table.reshape((node.functions, *node.radices))
    grid = np.moveaxis(table, 1 + node.parents.index(source), -1)
    return np.asarray((grid != grid[..., :1]).reshape(node.functions, -1).any(axis=1))


def _check_table(nodes: Sequence[Node]) -> None:
    if sum(node.log2_functions for node in nodes) > math.log2(_TABLE):
        raise ModelTooLargeError(
            f"{' and '.join(node.name for node in nodes)} have too many response functions together to say of each "
            f"whether an edge acts, expected at most {_TABLE:,}. Mix the model without the edge with the one that has "
            "it, and ask for the fraction of the second: fraction(mixture([model, model.relax(…)]), 1)."
        )
