"""`Mixture`: the model in which λ chooses which of several causal structures holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from relaxbell.behavior.names import Setting
from relaxbell.causal import structure
from relaxbell.causal.anything import AnyBehavior
from relaxbell.causal.cells import cell_label
from relaxbell.causal.events import event_rows
from relaxbell.causal.mixed import MixedLocal, MixedStrategies, mixed_rows
from relaxbell.causal.model import CausalModel
from relaxbell.causal.size import check_equations, check_rows
from relaxbell.causal.text import mixture_text
from relaxbell.errors import ModelError, UnsupportedModelError
from relaxbell.exact.local_rows import LocalRows, Tables
from relaxbell.exact.rows import Rows
from relaxbell.methods import provided

if TYPE_CHECKING:
    import cvxpy as cp

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
    nodes, edges, latents, relaxed, hidden, cardinality
        Those of all structures together.
    inputs, outputs, input_distribution
        The same in all structures.
    name
        How messages call the mixture.
    origin
        None: the structures have theirs.

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
        self.origin = None
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
        """Return the mixture itself: each of its structures has one latent variable.

        Returns
        -------
        CausalModel
            Itself.

        Examples
        --------
        >>> import relaxbell as rb
        >>> either = rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")])
        >>> either.shared() is either
        True
        """
        return self

    def relax(
        self, *edges: object, hidden: Mapping[str, int] | None = None, input_distribution: object = None
    ) -> CausalModel:
        """Raise ModelError: relax the structures before they are mixed.

        Parameters
        ----------
        *edges, hidden, input_distribution
            Not used.

        Returns
        -------
        CausalModel
            Never.

        Raises
        ------
        ModelError
            Always.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mixture([rb.bell().relax("X -> B"), rb.bell().relax("Y -> A")]).relaxed
        (('X', 'B'), ('Y', 'A'))
        """
        raise ModelError(
            f"{self.name} has several graphs, so an edge is added to one of them. Relax the structures, and mix them "
            "then: mixture([model.relax(…), …])."
        )

    def rename(self, names: Mapping[str, str]) -> CausalModel:
        """Return the same mixture with nodes renamed, in each structure that has them.

        Parameters
        ----------
        names
            Old name → new name.

        Returns
        -------
        CausalModel
            A mixture with a q of its own.

        Raises
        ------
        ModelError
            If an old name is unknown, or two nodes get the same.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.mixture([rb.bell(), "any"]).rename({"X": "angle"}).inputs
        ('angle', 'Y')
        """
        unknown = [n for n in names if all(n not in own.nodes for own in self.models)]
        if unknown:
            raise ModelError(f"cannot rename {unknown[0]!r}: the nodes of {self.name} are {', '.join(self.nodes)}.")
        changed: list[Structure] = []
        for own in self.structures:
            if isinstance(own, CausalModel):
                changed.append(own.rename({u: v for u, v in names.items() if u in own.nodes}))
            else:
                outputs, inputs = (tuple(names.get(n, n) for n in part) for part in (own.outputs, own.inputs))
                changed.append(AnyBehavior(outputs, inputs, own.shape))
        kept = [b.name if a == own.name else a for a, own, b in zip(self.names, self.structures, changed, strict=True)]
        return Mixture(changed, kept, f"mixture({' | '.join(kept)})")

    # ---------------------------------------------- strategies and probabilities

    @cached_property
    def strategies(self) -> MixedStrategies:
        """The strategies of all structures, one structure after the other."""
        settings = math.prod(self.cardinality[n] for n in self.free_inputs)
        parts = [own.strategies if isinstance(own, CausalModel) else own.columns for own in self.structures]
        return MixedStrategies(parts, settings)

    @cached_property
    def local(self) -> MixedLocal:
        """The variables behind the strategies: which structure holds, then those of each structure."""
        parts = tuple(own.local if isinstance(own, CausalModel) else own.columns for own in self.structures)
        return MixedLocal((), partial(check_rows, self.strategies), parts, self.strategies.starts)

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
    def observed_rows(self) -> LocalRows:
        """T as labeled rows, one for each cell of the table: small tables, of which the matrix is made when needed."""
        parts: list[Tables] = []
        for k, own in enumerate(self.structures):
            if isinstance(own, CausalModel):
                parts += [self.local.lifted(k, tables) for tables in own.observed_rows.parts]
            else:
                cells = np.arange(own.columns.count)[None, :]
                often = np.full_like(cells, self.strategies.settings)
                parts.append(self.local.lifted(k, Tables(np.zeros((1, 1), dtype=np.intp), cells, often)))
        labels = tuple(cell_label(self, index) for index in np.ndindex(*self.observed_shape))
        return LocalRows(
            self.local.domains, parts, labels, enumerated=self._listed, check=self.local.check, numbering=self.local
        )

    def _listed(self) -> sp.csr_array:
        """Return T by rows, the entries of any behavior summed."""
        matrix = sp.csr_array(self.T.tocsr())
        matrix.sum_duplicates()
        return matrix

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
        return mixed_rows(self.local, [event_rows(own, event, given or {}, do or {}) for own in self.models])

    def nonsignaling(self) -> list[cp.Constraint]:
        """Return the constraints that parties that know each other's inputs in a structure do not signal, on average.

        For `subject_to`: the groups of hybrids then share any non-signaling box in place of messages (Bancal, Barrett,
        Gisin and Pironio, Phys. Rev. A 88, 014102, 2013; Gallego et al., Phys. Rev. Lett. 109, 070401, 2012). What the
        other parties of a group answer, together with all that those outside of it would, does not change with the
        input of one. Trials of any behavior are not constrained.

        Returns
        -------
        list of cvxpy.Constraint
            On ``mixture.q``, exact.

        Raises
        ------
        UnsupportedModelError
            If a structure has other edges than those from inputs to outputs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> pair = rb.mixture([rb.bell().relax("X -> B", "Y -> A")])
        >>> bound = rb.catalog.CHSH.bound(pair, pair.nonsignaling()), rb.catalog.CHSH.bound(rb.bell())
        >>> [int(value) for value in bound]
        [4, 2]
        """
        return provided("Mixture.nonsignaling")(self)

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        return mixture_text(self, self.structures, self.names, self.strategies.count_text)


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


def without_any(model: CausalModel, what: str) -> None:
    """Raise UnsupportedModelError where any behavior is allowed, so that a polytope of strategies is not all."""
    if model.has_any:
        raise UnsupportedModelError(
            f'{what}: {model.name} allows any behavior, so it reproduces each one, and only p >= 0 holds. Leave "any" '
            'out, or ask how often it is needed: fraction(mixture, "any").'
        )
