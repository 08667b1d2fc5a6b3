"""What functions ask of a causal model, as protocols: they stand left of `CausalModel`, which calls them."""

from __future__ import annotations

from typing import Protocol

import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal.graph import Edge
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.local import LocalModel
from relaxbell.causal.reading.diagram import GraphOrigin
from relaxbell.causal.responses import Strategies
from relaxbell.exact.local_rows import LocalRows


class HasGraph(Protocol):
    """A graph whose nodes have roles and cardinalities; `CausalModel` says what each attribute is."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    latents: tuple[str, ...]
    hidden: tuple[str, ...]
    cardinality: dict[str, int]
    name: str

    @property
    def free_inputs(self) -> tuple[str, ...]:
        """Inputs that are conditioned on."""

    @property
    def dependent_inputs(self) -> tuple[str, ...]:
        """Inputs that respond."""

    @property
    def inputs_connected(self) -> bool:
        """Whether a dependent input descends from a free one."""

    @property
    def is_mixture(self) -> bool:
        """Whether the latent variable chooses among several structures."""

    @property
    def has_any(self) -> bool:
        """Whether one of these allows any behavior."""

    @property
    def responding(self) -> tuple[str, ...]:
        """Responding nodes, parents first."""

    @property
    def observed_shape(self) -> tuple[int, ...]:
        """Shape of a behavior."""

    @property
    def scenario(self) -> Scenario:
        """What is observed."""

    def parents(self, node: str) -> tuple[str, ...]:
        """Return the parents of a node."""

    def ancestors(self, node: str) -> set[str]:
        """Return the nodes that can influence a node."""


class HasStrategies(HasGraph, Protocol):
    """A graph with a distribution of its inputs, and its strategies listed."""

    input_distribution: InputDistribution

    @property
    def strategies(self) -> Strategies:
        """All of them, numbered."""

    @property
    def settings(self) -> tuple[dict[str, int], ...]:
        """Those of the free inputs."""

    @property
    def T(self) -> sp.csc_array:  # noqa: N802 - the paper's name
        """From q to the observed table."""

    @property
    def local(self) -> LocalModel:
        """The variables behind the strategies."""

    @property
    def observed_rows(self) -> LocalRows:
        """T as labeled rows."""

    @property
    def coordinates(self) -> Coordinates:
        """Independent ones of what is observed."""

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return them in the behavior's order of axes."""


class HasRelaxed(HasGraph, Protocol):
    """A graph of which some edges are relaxed, with a distribution of its inputs."""

    relaxed: tuple[Edge, ...]
    input_distribution: InputDistribution
    origin: GraphOrigin | None
