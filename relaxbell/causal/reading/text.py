"""Graphs as text: dagitty, Graphviz' DOT, and arrow strings with attributes, bidirected edges and commas.

Grammars: dagitty's ``GraphDotParser.pegjs`` (github.com/jtextor/dagitty) and graphviz.org/doc/info/lang.html. One
reader serves both, as dagitty's language is one of DOT's. Nothing is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from relaxbell.causal.reading.diagram import Diagram
from relaxbell.causal.reading.tokens import Token, tokens, where
from relaxbell.errors import ModelError

_TYPES = {"dag": "dagitty", "digraph": "DOT", "graph": "dagitty", "mag": "", "pag": "", "pdag": ""}
_ROLES = {
    **dict.fromkeys(("latent", "l", "unobserved", "u", "hidden"), "latent"),
    **dict.fromkeys(("exposure", "source", "e"), "exposure"),
    **dict.fromkeys(("outcome", "target", "o"), "outcome"),
    **dict.fromkeys(("adjusted", "a"), "adjusted"),
    **dict.fromkeys(("selected", "s"), "selected"),
}
_NO = {"no", "false", "0"}
_YES = {"yes", "true", "1", ""}
_UNOBSERVED = "unobserved confounders"
"""The label that DoWhy gives to the node of all that was not measured."""

_FORMULA = re.compile(r"\s*(?:igraph::)?graph_from_literal\((.*)\)\s*", re.DOTALL)
"""R's call that makes a graph of a formula, as causaloptim's graphs are written."""
_PLUS = {"-+": "->", "+-": "<-"}
_NOT_IGRAPH = {
    "+-+": "is an edge in both directions in",
    "--": "makes no edge in",
    **dict.fromkeys(("->", "<-", "<->"), "is none of"),
}
_CHOICES = {
    "@->": "{0} -> {1} or {0} <-> {1}",
    "<-@": "{0} <- {1} or {0} <-> {1}",
    "@-@": "{0} -> {1}, {0} <- {1} or {0} <-> {1}",
    "@--": "{0} <- {1}",
    "--@": "{0} -> {1}",
}

Attributes = dict[str, str]


def read_text(text: str) -> Diagram:
    """Return what a graph in dagitty, DOT or arrows says.

    Raises
    ------
    ModelError
        With the line, if the text is none of these, or has edges without a causal direction.

    Examples
    --------
    >>> read = read_text("digraph { U [observed=no]; U -> {X Y}; X -> Y }")
    >>> read.source, list(read.latents), read.edges
    ('DOT', ['U'], [('U', 'X'), ('U', 'Y'), ('X', 'Y')])
    """
    return _Reader(text).read()


class _Reader:
    """A reader that goes through the words once."""

    def __init__(self, text: str) -> None:
        self.text = text
        formula = _FORMULA.fullmatch(text)
        self.words = list(tokens(text if formula is None else formula.group(1)))
        self.place = 0
        self.braced = False
        self.igraph = any(word.kind == "arrow" and "+" in word.text for word in self.words)
        self.diagram = Diagram("igraph" if self.igraph else "arrows")

    def read(self) -> Diagram:
        if not self.words:
            raise ModelError('the graph is empty, expected edges such as "X -> A <- L". Write one.')
        self._head()
        self._statements({}, {}, 1 if self.braced else 0)
        if self.place < len(self.words):
            raise self._error(self.words[self.place], "nothing after the closing }", "Remove it")
        return self.diagram

    # ---------------------------------------------------------------- words

    def _peek(self, ahead: int = 0) -> Token | None:
        at = self.place + ahead
        return self.words[at] if at < len(self.words) else None

    def _is(self, kind: str, ahead: int = 0) -> bool:
        word = self._peek(ahead)
        return word is not None and word.kind == kind

    def _take(self, kind: str, expected: str) -> Token:
        word = self._peek()
        if word is None:
            raise ModelError(f"the graph ends too early: expected {expected}. Complete it.")
        if word.kind != kind:
            raise self._error(word, expected, "Write it so")
        self.place += 1
        return word

    def _error(self, word: Token, expected: str, remedy: str) -> ModelError:
        return ModelError(f"the graph has {word.text!r} {where(self.text, word.start)}, expected {expected}. {remedy}.")

    def _is_word(self, words: tuple[str, ...], ahead: int = 0) -> bool:
        word = self._peek(ahead)
        return word is not None and word.kind == "name" and not word.quoted and word.text.lower() in words

    # --------------------------------------------------------------- grammar

    def _head(self) -> None:
        if self._is_word(("strict",)) and self._is_word(tuple(_TYPES), 1):
            self.place += 1
        opens = self._is("{", 1) or (self._is("name", 1) and self._is("{", 2))
        if not (self._is_word(tuple(_TYPES)) and opens):
            return
        kind = self.words[self.place]
        source = _TYPES[kind.text.lower()]
        if not source:
            raise self._error(
                kind, "a dag", f"A {kind.text} is a class of causal graphs: choose one, and write it as dag {{ … }}"
            )
        self.diagram.source = source
        self.place += 2 if self._is("{", 1) else 3
        self.braced = True

    def _statements(self, node: Attributes, edge: Attributes, depth: int) -> dict[str, None]:
        """Read statements up to the closing brace; return the nodes that they name. Defaults hold inside only."""
        node, edge, named = dict(node), dict(edge), dict[str, None]()
        before: Token | None = None  # where the statement before this one began, unless ; ended it
        while (word := self._peek()) is not None:
            if word.kind == "}" and depth:
                self.place += 1
                return named
            if word.kind == ";" or (word.kind == "," and not self.braced):
                before = before if word.kind == "," else None
                self.place += 1
            elif self._is_word(("node", "edge", "graph")) and self._is("[", 1):
                self.place += 1
                {"node": node, "edge": edge, "graph": {}}[word.text.lower()].update(self._attributes())
            elif self._is("name") and self._is("=", 1):
                self.place += 2
                self._take("name", "a value")
            else:
                if before is not None and not (depth or self.braced or self.igraph):
                    self._apart(before, word)
                before = word
                named |= self._chain(node, edge, depth)
        if depth:
            raise ModelError("the graph ends too early: expected } for each {. Complete it.")
        return named

    def _apart(self, before: Token, word: Token) -> None:
        """Refuse a node alone beside arrows in a line of its own text: "L -> X Y" may be meant to have two arrows.

        Dagitty, whose text has a frame, reads one arrow and a node.
        """
        line = self.text[before.start : word.start]
        alone = not any(self._is(kind, 1) for kind in ("arrow", "[", ":", "+"))
        if "\n" in line or alone != bool(re.search(r"->|<-|--", line)):
            return
        if not alone and ("," in line or "[" in line):
            return
        last = self.words[self.place - (2 if "," in line[-2:] else 1)].text
        pair = f"{{{last} {word.text}}}"
        example = f"{before.text} -> {pair}" if alone else f"{pair} <- L"
        raise self._error(
            word,
            "an arrow or ; between a node alone and arrows in one line",
            f"Nodes at one end are in braces, {example}; statements are apart by ; or in lines of their own",
        )

    def _chain(self, node: Attributes, edge: Attributes, depth: int) -> dict[str, None]:
        """Read a node, or nodes joined by arrows, and the attributes behind them."""
        first = self._end(node, edge, depth)
        ends, arrows = [first], list[Token]()
        while self._is("arrow"):
            arrows.append(self.words[self.place])
            self.place += 1
            ends.append(self._end(node, edge, depth))
        own = self._attributes() if self._is("[") else {}
        if not arrows:
            for name in first:
                self._node(name, own)
        for left, arrow, right in zip(ends, arrows, ends[1:], strict=False):
            for u in left:
                for v in right:
                    self._edge(u, arrow, v, edge | own)
        return {name: None for end in ends for name in end}

    def _end(self, node: Attributes, edge: Attributes, depth: int) -> dict[str, None]:
        if self._is_word(("subgraph",)) and (self._is("{", 1) or self._is("{", 2)):
            self.place += 1 if self._is("{", 1) else 2
        if self._is("{"):
            self.place += 1
            return self._statements(node, edge, depth + 1)
        word = self._take("name", "a name or {names}")
        name = word.text
        while self._is("+") and word.quoted:
            self.place += 1
            name += self._take("name", "more of the name").text
        if self._is(":") and self.igraph:
            self.place += 1
            more = self._end(node, edge, depth)
            self._named(name, node)
            return {name: None, **more}
        if self._is(":"):
            raise self._error(self.words[self.place], "names without ports", "Leave the port out")
        self._named(name, node)
        return {name: None}

    def _named(self, name: str, node: Attributes) -> None:
        if name not in self.diagram.nodes:
            self.diagram.nodes[name] = None
            self._node(name, node)

    def _attributes(self) -> Attributes:
        found: Attributes = {}
        while self._is("["):
            self.place += 1
            while not self._is("]"):
                if self._is(",") or self._is(";"):
                    self.place += 1
                    continue
                key = self._take("name", "an attribute or ]").text.lower()
                found[key] = ""
                if self._is("="):
                    self.place += 1
                    found[key] = self._take("name", "a value").text
            self.place += 1
        return found

    # ---------------------------------------------------------------- meaning

    def _node(self, name: str, attributes: Mapping[str, str]) -> None:
        for role in node_roles(name, attributes):
            self.diagram.give(role, name)

    def _edge(self, u: str, arrow: Token, v: str, attributes: Mapping[str, str]) -> None:
        kind = _PLUS.get(arrow.text, arrow.text)
        if self.igraph and arrow.text in _NOT_IGRAPH:
            kind = arrow.text
            raise ModelError(
                f"the edge {u} {kind} {v} {where(self.text, arrow.start)} {_NOT_IGRAPH[kind]} igraph's formulas, "
                f"expected {u} -+ {v} for an edge to {v}. A common cause is a vertex of its own: U -+ {u}, U -+ {v}, "
                "and latent when the graph is read."
            )
        direction = attributes.get("dir", "").lower()
        if direction in ("both", "back") and kind == "->":
            kind = {"both": "<->", "back": "<-"}[direction]
        elif direction == "none":
            kind = "--"
        if kind == "->":
            self.diagram.edges.append((u, v))
        elif kind == "<-":
            self.diagram.edges.append((v, u))
        elif kind == "<->":
            self.diagram.bidirected.append((u, v))
        else:
            if "@" in kind:
                raise ModelError(
                    f"the edge {u} {kind} {v} {where(self.text, arrow.start)} is one of dagitty's partial ancestral "
                    "graphs, in which @ is a mark that may be an arrow head or a tail: found a class of causal graphs, "
                    f"expected ->, <- or <->. Choose one, such as {_CHOICES[kind].format(u, v)}."
                )
            shown = f"the edge {u} {kind} {v}" + (' with dir="none"' if direction == "none" else "")
            raise ModelError(
                f"{shown} {where(self.text, arrow.start)} has no causal direction, expected ->, <- or <->. "
                "Choose one: a causal model is a single graph, not a class of graphs."
            )


def node_roles(name: str, attributes: Mapping[str, str]) -> list[str]:
    """Return the roles that a node's attributes give: "latent", "exposure", "outcome", "adjusted", "selected".

    Raises
    ------
    ModelError
        If a role is neither affirmed nor denied.

    Examples
    --------
    >>> node_roles("U", {"observed": "no"}), node_roles("U", {"hidden": "False"}), node_roles("X", {"exposure": ""})
    (['latent'], [], ['exposure'])
    """
    found = []
    for key, value in attributes.items():
        said = value.strip().lower()
        if key == "label" and said == _UNOBSERVED:
            found.append("latent")
        elif key == "observed" or (key in _ROLES and (len(key) > 1 or not said)):
            if said not in _NO | _YES:
                if key in ("source", "target"):  # other programs' words for other things
                    continue
                raise ModelError(f"{name!r} has {key}={value!r}, expected yes or no. Write one of them.")
            if key == "observed" and said in _NO:
                found.append("latent")
            elif key != "observed" and said in _YES:
                found.append(_ROLES[key])
    return list(dict.fromkeys(found))
