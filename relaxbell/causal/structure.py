"""What a causal model's graph says: parents, roles, and what reaches what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from relaxbell.causal.graph import Edge, printed_latent, topological_order
from relaxbell.errors import ModelError
from relaxbell.frozen import Frozen


class Structure(Frozen):
    """The part of `CausalModel` that needs no strategies."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    latents: tuple[str, ...]
    hidden: tuple[str, ...]
    cardinality: dict[str, int]
    name: str

    def _own(self, name: str) -> str:
        """Return the node that is written so, or printed so; other names as they are, for the error to quote."""
        return name if name in self.nodes else printed_latent(name, self.latents)

    def parents(self, node: str) -> tuple[str, ...]:
        """Return the parents of a node, in the order of the graph's nodes.

        Parameters
        ----------
        node
            Name of a node.

        Returns
        -------
        tuple of str
            Latent variables included; empty for a node without parents.

        Raises
        ------
        ModelError
            If there is no such node.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().parents("B")
        ('X', 'L', 'Y')
        """
        node = self._own(node)
        if node not in self.nodes:
            raise ModelError(f"{node!r} is not a node of {self.name}. Its nodes are {', '.join(self.nodes)}.")
        given = {u for u, v in self.edges if v == node}
        return tuple(n for n in self.nodes if n in given)

    @cached_property
    def free_inputs(self) -> tuple[str, ...]:
        """Inputs without parents: they are conditioned on."""
        return tuple(n for n in self.inputs if not self.parents(n))

    @cached_property
    def dependent_inputs(self) -> tuple[str, ...]:
        """Inputs that respond to the latent variable."""
        return tuple(n for n in self.inputs if self.parents(n))

    @cached_property
    def inputs_connected(self) -> bool:
        """Whether a dependent input descends from a free one."""
        return any(set(self.free_inputs) & self.ancestors(n) for n in self.dependent_inputs)

    @cached_property
    def responding(self) -> tuple[str, ...]:
        """Responding nodes, parents first: outputs, hidden nodes and dependent inputs."""
        order = topological_order(self.nodes, self.edges)
        return tuple(n for n in order if n not in self.latents + self.free_inputs)

    @property
    def observed_shape(self) -> tuple[int, ...]:
        """Shape of a behavior of this model: outputs, then inputs."""
        return tuple(self.cardinality[n] for n in self.outputs + self.inputs)

    @cached_property
    def parties(self) -> dict[str, str | None] | None:
        """Which input each output's party chooses, as the graph says: one of the inputs among its parents.

        Where several outputs have several, all get different ones, the first that the order of the inputs allows. An
        output that no input reaches may have none; None where another one has none.
        """
        choices: dict[str, list[str | None]] = {}
        for output in self.outputs:
            own = sorted((n for n in self.inputs if n in self.parents(output)), key=lambda n: self.cardinality[n] == 1)
            reached = any(self.cardinality[n] > 1 for n in self.ancestors(output).intersection(self.inputs))
            choices[output] = [*own] if reached else [*own, None]
        return _different(choices)

    def ancestors(self, node: str) -> set[str]:
        """Return the nodes that can influence `node`; a node with a single value passes nothing on.

        Parameters
        ----------
        node
            Name of a node.

        Returns
        -------
        set of str
            Without the node itself.

        Raises
        ------
        ModelError
            If there is no such node.

        Examples
        --------
        >>> import relaxbell as rb
        >>> sorted(rb.outcome_signaling().ancestors("B"))
        ['A', 'L', 'X', 'Y']
        """
        found: set[str] = set()
        queue = [node]
        while queue:
            for parent in self.parents(queue.pop()):
                if parent not in found and self.cardinality.get(parent, 2) > 1:
                    found.add(parent)
                    queue.append(parent)
        return found


def _different(choices: Mapping[str, Sequence[str | None]]) -> dict[str, str | None] | None:
    """Return a choice for each key, the first in their order; names differ, None may be chosen by several."""
    if not choices:
        return {}
    (key, own), *others = choices.items()
    for value in own:
        left = {k: [v for v in more if v is None or v != value] for k, more in others}
        found = _different(left)
        if found is not None:
            return {key: value, **found}
    return None
