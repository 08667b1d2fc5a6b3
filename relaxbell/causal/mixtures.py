"""`mixture`: λ chooses which of several causal structures holds; one model, with q over the strategies of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.names import Setting
from relaxbell.causal import structure
from relaxbell.causal.anything import ANY, AnyBehavior
from relaxbell.causal.cells import cell_label
from relaxbell.causal.changes import reordered
from relaxbell.causal.events import event_rows
from relaxbell.causal.local import LocalModel
from relaxbell.causal.mixed import MixedStrategies, side_by_side
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_equations
from relaxbell.causal.text import mixture_text
from relaxbell.errors import ModelError, UnsupportedModelError
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import a_kind

if TYPE_CHECKING:
    from relaxbell.causal.graph import Edge

Structure = CausalModel | AnyBehavior


class Mixture(CausalModel):
    """A model in which λ chooses the causal structure as well, made by `mixture`.

    Its strategies are those of all structures side by side, its behaviors the hull of theirs. Everything that takes a
    model takes it, but for measures of settings that depend on λ and of independent sources. An edge that a structure
    lacks never acts there. Its graph, for pictures and names, has the edges of all of them, so it may have cycles.

    Attributes
    ----------
    structures
        The models, with variables in the order of the first; and, where any behavior is allowed, an `AnyBehavior`.
    names
        Of the structures.
    nodes, edges, latents, relaxed
        Those of all structures together.

    Examples
    --------
    >>> import relaxbell as rb
    >>> either = rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")])
    >>> either.strategies.count, len(either.inequalities())
    (128, 48)
    """

    def __init__(self, structures: Sequence[Structure], names: Sequence[str], name: str) -> None:
        self.structures, self.names = tuple(structures), tuple(names)
        own = self.models
        first = own[0]
        self.inputs, self.outputs, self.latents = first.inputs, first.outputs, first.latents
        self.hidden = tuple(dict.fromkeys(n for model in own for n in model.hidden))
        sources = {u for model in own for u in model.latents}
        self.nodes = tuple(dict.fromkeys(n for m in own for n in (*first.latents, *m.nodes) if n not in sources
                                         or n in first.latents))  # fmt: skip
        self.edges = _together(own, "edges", first.latents[0])
        self.relaxed = _together(own, "relaxed", first.latents[0])
        self.cardinality = {n: size for model in own for n, size in model.cardinality.items()}
        self.input_distribution = first.input_distribution
        self.name = name
        self._seal()

    @property
    def models(self) -> tuple[CausalModel, ...]:
        """The structures that are models."""
        return tuple(own for own in self.structures if isinstance(own, CausalModel))

    @property
    def has_any(self) -> bool:
        """Whether one of the structures allows any behavior."""
        return len(self.models) < len(self.structures)

    def place(self, which: object) -> int:
        """Return the number of a structure that is given by its number or its name; raise ModelError for others.

        Parameters
        ----------
        which
            A number from 0, or one of `names`.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        ModelError
            If there is none.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mixture({"local": rb.bell(), "rest": "any"}).place("rest")
        1
        """
        if isinstance(which, str) and self.names.count(which) == 1:
            return self.names.index(which)
        if isinstance(which, int | np.integer) and not isinstance(which, bool) and 0 <= which < len(self.structures):
            return int(which)
        known = ", ".join(f"{k} ({name})" for k, name in enumerate(self.names))
        raise ModelError(f"{which!r} is no structure of {self.name}, expected one of {known}.")

    # ------------------------------------------------------------------- graph

    @property
    def is_mixture(self) -> bool:
        """True."""
        return True

    def ancestors(self, node: str) -> set[str]:
        """Return the nodes that can influence a node in one of the structures.

        Parameters
        ----------
        node
            Name of a node.

        Returns
        -------
        set of str
            Without the node itself; with all inputs where any behavior is allowed.

        Raises
        ------
        ModelError
            If there is no such node.

        Examples
        --------
        >>> import relaxbell as rb
        >>> sorted(rb.mixture([rb.bell().relax("X -> B"), rb.bell()]).ancestors("B"))
        ['L', 'X', 'Y']
        """
        self.parents(node)
        found = {n for own in self.models if node in own.nodes for n in own.ancestors(node)}
        reached = self.has_any and node in self.outputs
        return found | {n for n in self.inputs if reached and self.cardinality[n] > 1}

    @cached_property
    def free_inputs(self) -> tuple[str, ...]:
        """Inputs that are conditioned on, in all structures."""
        return self.models[0].free_inputs

    @cached_property
    def dependent_inputs(self) -> tuple[str, ...]:
        """Inputs that respond to the latent variable, in all structures."""
        return self.models[0].dependent_inputs

    @cached_property
    def inputs_connected(self) -> bool:
        """Whether a dependent input descends from a free one in some structure."""
        return any(own.inputs_connected for own in self.models)

    @cached_property
    def responding(self) -> tuple[str, ...]:
        """Responding nodes of all structures."""
        return tuple(dict.fromkeys(n for own in self.models for n in own.responding))

    @cached_property
    def parties(self) -> dict[str, str | None] | None:
        """Which input each output's party chooses, as the structures without their relaxed edges say."""
        return self.unrelaxed.parties if self.unrelaxed is not self else structure.parties(self)

    @cached_property
    def unrelaxed(self) -> CausalModel:
        """The structure without relaxed edges where it is the same for all; else the mixture of those."""
        found: list[CausalModel] = []
        for own in self.models:
            if all(_graph(own.unrelaxed) != _graph(known) for known in found):
                found.append(own.unrelaxed)
        if len(found) == 1:
            return found[0]
        if not self.relaxed and not self.has_any:
            return self
        return Mixture(found, [own.name for own in found], f"{self.name} without relaxed edges")

    def shared(self) -> CausalModel:
        """Return the mixture itself: each of its structures has one latent variable."""
        return self

    def relax(self, *edges: object, hidden: Mapping[str, int] | None = None, input_distribution: object = None
              ) -> CausalModel:  # fmt: skip
        """Raise ModelError: relax the structures before they are mixed."""
        raise ModelError(
            f"{self.name} has several graphs, so an edge is added to one of them. Relax the structures, and mix them "
            "then: mixture([model.relax(…), …])."
        )

    def rename(self, names: Mapping[str, str]) -> CausalModel:
        """Return the same mixture with nodes renamed, in each structure that has them."""
        unknown = [n for n in names if all(n not in own.nodes for own in self.models)]
        if unknown:
            raise ModelError(f"cannot rename {unknown[0]!r}: the nodes of {self.name} are {', '.join(self.nodes)}.")
        changed = [
            own.rename({u: v for u, v in names.items() if u in own.nodes}) if isinstance(own, CausalModel) else ANY
            for own in self.structures
        ]
        kept = [b.name if a == own.name and isinstance(b, CausalModel) else a
                for a, own, b in zip(self.names, self.structures, changed, strict=True)]  # fmt: skip
        return mixture(dict(zip(_distinct(kept), changed, strict=True)))

    # ---------------------------------------------- strategies and probabilities

    @cached_property
    def strategies(self) -> MixedStrategies:
        """The strategies of all structures, one structure after the other."""
        settings = math.prod(self.cardinality[n] for n in self.free_inputs)
        parts = [own.strategies if isinstance(own, CausalModel) else own.columns for own in self.structures]
        return MixedStrategies(parts, settings)

    @cached_property
    def local(self) -> LocalModel:
        """Raise UnsupportedModelError: strategies of several structures are no assignments of one set of variables."""
        raise UnsupportedModelError(
            f"{self.name} mixes structures, so a node has no single set of response functions. For a mixture use "
            "fraction, influence, average_causal_effect, message_weight or measure(mixture, rows)."
        )

    @cached_property
    def T(self) -> sp.csc_array:  # noqa: N802 - the paper's name
        """The map from q to the observed table: that of each structure; of any behavior see `AnyBehavior`."""
        self.strategies.check_listed()
        check_equations(self, self.strategies.count)
        # each column has one entry for each free setting; those of any behavior the same cell so often
        blocks = [
            own.T.indices if isinstance(own, CausalModel) else own.cells(self.strategies.settings)
            for own in self.structures
        ]
        indices = np.concatenate(blocks).astype(np.int32)
        pointers = np.arange(0, len(indices) + 1, self.strategies.settings)
        shape = (math.prod(self.observed_shape), self.strategies.count)
        return sp.csc_array((np.ones(len(indices)), indices, pointers), shape=shape)

    @cached_property
    def observed_rows(self) -> Rows:
        """T as labeled rows, one for each cell of the table."""
        matrix = sp.csr_array(self.T.tocsr())
        matrix.sum_duplicates()
        return Rows(matrix, tuple(cell_label(self, index) for index in np.ndindex(*self.observed_shape)))

    def rows(self, event: Setting, *, given: Setting | None = None, do: Setting | None = None) -> Rows:
        """Return p(event|given, do(·)) as one labeled row over q, in each structure by its own graph.

        Parameters
        ----------
        event, given, do
            As in `probability`.

        Returns
        -------
        Rows
            Of one row.

        Raises
        ------
        ModelError
            As in `probability`.
        UnsupportedModelError
            Where one of the structures does not say: it lacks a node, or any behavior is allowed.

        Examples
        --------
        >>> import relaxbell as rb
        >>> either = rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")])
        >>> either.rows({"B": 0}, do={"X": 1}).array.shape
        (1, 128)
        """
        asked = {*event, *(given or {}), *(do or {})}
        for own in graphs(self, "the probability of an event"):
            missing = [n for n in asked if n in self.nodes and n not in own.nodes]
            if missing:
                raise UnsupportedModelError(f"{missing[0]} is no node of {own.name}, one of the structures mixed.")
        return side_by_side([event_rows(own, event, given or {}, do or {}) for own in self.models])

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        return mixture_text(self, self.structures, self.names, self.strategies.count_text)


def mixture(
    models: Sequence[CausalModel | Literal["any"]] | Mapping[str, CausalModel | Literal["any"]],
) -> Mixture:
    """Return the model in which λ chooses which of several causal structures holds.

    In each trial one of them does: Svetlichny's hybrids, Phys. Rev. D 35, 3066 (1987); communication in either
    direction, whose facets are those of the causal polytope of Branciard et al., New J. Phys. 18, 013008 (2016),
    arXiv:1508.01704; edges that act in some trials only. ``"any"`` in place of a model is a part of the trials of which
    nothing is known: any behavior, as in the decomposition of Elitzur, Popescu and Rohrlich, Phys. Lett. A 162, 25
    (1992). How often which structure is needed says `fraction`.

    Parameters
    ----------
    models
        Models of the same outputs and inputs, of one latent variable each; a mapping gives them names. One may be
        ``"any"``.

    Returns
    -------
    Mixture
        A `CausalModel` with one q over the strategies of all structures: `minimize`, `bounds`, `critical_visibility`,
        `closed_form`, `curve`, `sweep`, ``model.inequalities()``, ``functional.bound(model)`` take it.

    Raises
    ------
    ModelError
        If there is none, or they differ in variables, cardinalities, input distribution, or in which inputs depend on
        the latent variable.
    UnsupportedModelError
        If one has several independent sources.

    Examples
    --------
    GHZ correlations at Svetlichny's settings, and how often nonlocality of all three parties is needed:

    >>> import relaxbell as rb
    >>> three = rb.bell((2, 2, 2))
    >>> pairs = [("X -> B", "Y -> A"), ("X -> C", "Z -> A"), ("Y -> C", "Z -> B")]
    >>> hybrid = rb.mixture([three.relax(*edges) for edges in pairs])
    >>> float(rb.catalog.svetlichny().bound(hybrid))
    4.0

    The local content of a behavior is 1 − the least fraction of the trials in which something else happens:

    >>> rest = rb.fraction(rb.mixture({"local": rb.bell(), "rest": "any"}), "rest")
    >>> rb.minimize(rest, rb.boxes.pr()).value
    1.0
    """
    pairs = _read(models)
    own = [model for _, model in pairs if isinstance(model, CausalModel)]
    if not own:
        raise ModelError('a mixture of nothing known: expected at least one causal model beside "any".')
    if len(pairs) - len(own) > 1:
        raise ModelError('"any" is there twice, expected once: one remainder says it all.')
    first = own[0]
    _check_sizes(own)
    for model in own:
        _check_alike(first, model)
    sizes = [first.cardinality[n] for n in first.outputs + first.inputs]
    anything = AnyBehavior(first.outputs, first.inputs, tuple(sizes))
    parts = [
        (model if model is first else CausalModel(**reordered(model, first.outputs, first.inputs)))
        if isinstance(model, CausalModel) else anything
        for _, model in pairs
    ]  # fmt: skip
    names = [name for name, _ in pairs]
    return Mixture(parts, names, f"mixture({' | '.join(names)})")


def _read(models: object) -> list[tuple[str, object]]:
    """Return names and structures."""
    if isinstance(models, Mapping):
        pairs = [(name, model) for name, model in models.items()]
        wrong = [name for name, _ in pairs if not isinstance(name, str) or not name]
        if wrong:
            raise ModelError(f"a structure is called {wrong[0]!r}, expected a text.")
    elif isinstance(models, Sequence) and not isinstance(models, str):
        pairs = [(model.name if isinstance(model, CausalModel) else ANY, model) for model in models]
        pairs = list(zip(_distinct([name for name, _ in pairs]), models, strict=True))
    else:
        raise ModelError(f"found {a_kind(models)}, expected a list of models, or a mapping from names to them.")
    for name, model in pairs:
        if isinstance(model, Mixture):
            raise ModelError(f"{name} is a mixture itself. Mix its structures: mixture([*other.models, …]).")
        if not isinstance(model, CausalModel | AnyBehavior) and model != ANY:
            raise ModelError(f'{name} is {a_kind(model)}, expected a CausalModel, or "any" for any behavior.')
        if isinstance(model, CausalModel) and len(model.latents) > 1:
            raise UnsupportedModelError(
                f"{model.name} has the independent sources {', '.join(model.latents)}, so what it reproduces is not "
                "convex, and neither is a mixture. Use model.shared(), which can do more."
            )
    return pairs


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names that are all different: those that are not get a number."""
    return [f"{name} #{k}" if names.count(name) > 1 else name for k, name in enumerate(names)]


def _check_alike(first: CausalModel, model: CausalModel) -> None:
    """Raise ModelError unless a model observes what the first one does."""
    for role in ("outputs", "inputs", "free_inputs"):
        own, other = getattr(first, role), getattr(model, role)
        if set(own) == set(other):
            continue
        if role == "free_inputs":
            raise ModelError(
                f"the inputs {', '.join(model.dependent_inputs) or '(none)'} of {model.name} depend on the latent "
                f"variable, and {', '.join(first.dependent_inputs) or '(none)'} of {first.name}: expected the same. "
                'For the fraction of trials with settings that are not free mix free ones with "any": in such trials '
                "nothing is excluded (Blasiak et al., PNAS 118, e2020569118, 2021)."
            )
        raise ModelError(
            f"the {role} of {model.name} are {', '.join(other)}, those of {first.name} {', '.join(own)}: expected the "
            "same. Use rename({old: new})."
        )
    names = list(first.inputs)
    table = model.input_distribution.marginal(names)
    if (table != first.input_distribution.marginal(names)).any():
        raise ModelError(f"{model.name} and {first.name} have different p(inputs). Give both the same one.")


def _check_sizes(models: Sequence[CausalModel]) -> None:
    """Raise ModelError where a node has different numbers of values, or another role."""
    known: dict[str, int] = {}
    for model in models:
        for name, size in model.cardinality.items():
            if known.setdefault(name, size) != size:
                raise ModelError(f"{name} has {size} values in {model.name} and {known[name]} in another structure.")
    hidden = {n for model in models for n in model.hidden}
    for model in models:
        clash = hidden & {*model.inputs, *model.outputs}
        if clash:
            raise ModelError(f"{min(clash)} is hidden in another structure and observed in {model.name}. Rename one.")


def _together(models: Sequence[CausalModel], kind: str, source: str) -> tuple[Edge, ...]:
    """Return the edges of all models, each once, with one latent variable."""
    found: dict[Edge, None] = {}
    for model in models:
        for u, v in getattr(model, kind):
            found[source if u in model.latents else u, v] = None
    return tuple(found)


def _graph(model: CausalModel) -> tuple[frozenset[Edge], frozenset[str]]:
    """Return what tells graphs apart, whatever the latent variable is called."""
    edges = frozenset(("", v) if u in model.latents else (u, v) for u, v in model.edges)
    return edges, frozenset(model.hidden)


def graphs(model: Mixture, what: str) -> tuple[CausalModel, ...]:
    """Return the structures of a mixture; raise UnsupportedModelError where one allows any behavior."""
    if model.has_any:
        raise UnsupportedModelError(
            f"{what} of {model.name}: in trials of which nothing is known there is no graph that says it. Use "
            'fraction(mixture, …), or name the structure in place of "any".'
        )
    return model.models


def single_graph(model: CausalModel, what: str) -> None:
    """Raise UnsupportedModelError for a mixture, where something needs a single graph."""
    if model.is_mixture:
        raise UnsupportedModelError(
            f"{what} is for a single graph: {model.name} mixes several. For a mixture use fraction, influence, "
            "average_causal_effect, message_weight or measure(mixture, rows)."
        )
