"""`CausalModel`: a DAG with roles and cardinalities, as a distribution q over strategies."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scipy.sparse as sp

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.coordinates import Coordinates
from relaxbell.behavior.names import Setting, read_names
from relaxbell.behavior.observed import Observed
from relaxbell.behavior.scenario import Scenario
from relaxbell.causal import changes, structure
from relaxbell.causal.cells import observation_matrix, observed_rows
from relaxbell.causal.checks import check_roles, check_structure, read_cardinality
from relaxbell.causal.districts import District, districts, has_free_strategies
from relaxbell.causal.equations import Equations, behavior_equations, observed_equations
from relaxbell.causal.events import event_rows
from relaxbell.causal.graph import Edge, listed_edges, read_graph, topological_order
from relaxbell.causal.independence import Independence, independence
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.local import LocalModel
from relaxbell.causal.plain import is_expression, reproduced
from relaxbell.causal.reading.diagram import GraphOrigin, model_arguments
from relaxbell.causal.reading.objects import read_diagram
from relaxbell.causal.responses import Node, Strategies, count_text
from relaxbell.causal.size import check_equations, check_rows
from relaxbell.causal.text import model_text
from relaxbell.causal.written import dagitty_text, dot_text
from relaxbell.errors import BehaviorError, ModelError, ModelTooLargeError
from relaxbell.exact.kept import Kept
from relaxbell.exact.local_rows import LocalRows
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import a_kind
from relaxbell.frozen import Frozen
from relaxbell.methods import provided
from relaxbell.relabeling import Symmetries

if TYPE_CHECKING:
    import cvxpy as cp

    from relaxbell.functionals.functional import BellFunctional
    from relaxbell.results import InequalitiesLike

SETTING_LIMIT = 2**20
"""Most settings of all inputs together."""


class CausalModel(Frozen):
    """A causal model: any DAG of inputs, outputs, hidden nodes and latent variables.

    Every responding node (outputs, hidden nodes, and inputs that depend on a latent variable) takes
    the value of a response function of its observed and hidden parents; the latent variables choose
    the functions. So the model is a distribution q over strategies, one response function for each
    responding node, and every probability, also under interventions, is linear in q. Several latent
    variables are independent sources: they restrict q to products, see `independence`.

    Sources: Pearl, Causality (2009), for the graphs and do(·); the distribution over response functions is Eqs. (28),
    (37) and (40) of arXiv:1411.4648.

    Parameters
    ----------
    graph
        Arrow string, list of edges, each a pair (parent, child) or an arrow string, or networkx DiGraph; for graphs of
        other tools see `from_graph`. Latent variables may be written as they are printed: Λ for L, Λ2 for L2, and Λ for
        a single one of any name.
    inputs
        Names of the settings. Free ones have no parents and are conditioned on; an input with the
        latent variable as parent is *dependent*: it responds.
    latent
        Names of the latent variables, which are independent. They need no cardinality.
    hidden
        Names of responding nodes that are not observed, for example a message.
    cardinality
        Number of values of every node but the latent ones.
    outputs
        Names of the outputs in the order wanted; by default all other nodes, in the graph's order.
    input_distribution
        p(inputs): None for uniform, an array over the inputs in order (axes with names in any order), or one
        distribution for each input by name. Exact numbers are kept. Floats mean their shortest decimals where these sum
        to one exactly, else they are read as multiples of 2^−50 (finer where one is small) that do; none becomes or
        stops being zero. Free inputs and dependent ones that no edge connects are independent: exactly, or for floats
        each p(x, y) within a factor 1 ± 1e-9 of the product of its marginals, which is used then.
    relaxed
        The edges that count as relaxed, an arrow string or a list as in `graph`; `relax` adds to them.
    name
        How messages call the model.
    origin
        Where the graph was read, which `from_graph` says.

    Attributes
    ----------
    nodes
        Names in the graph's order.
    edges
        Pairs (parent, child).
    latents
        Names of the latent variables.

    Raises
    ------
    ModelError
        For cycles, unknown or duplicate names, names without order (sets), missing or invalid cardinalities, an edge
        into a latent variable, a responding node without latent parent, an invalid input distribution.
    UnsupportedModelError
        Without a latent variable.
    ModelTooLargeError
        When the strategies are listed and there are too many, before memory is touched.

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.CausalModel("X -> A <- L -> B <- Y; X -> B", inputs="X Y", latent="L",
    ...                        cardinality={"X": 2, "Y": 2, "A": 2, "B": 2})
    >>> model.strategies.count
    64
    """

    def __init__(
        self,
        graph: object,
        inputs: str | Sequence[str],
        latent: str | Sequence[str],
        cardinality: Mapping[str, int],
        *,
        hidden: str | Sequence[str] = (),
        outputs: str | Sequence[str] | None = None,
        input_distribution: object = None,
        relaxed: str | Iterable[object] = (),
        name: str | None = None,
        origin: GraphOrigin | None = None,
    ) -> None:
        self.latents = read_names(latent, "latent", ModelError)
        self.inputs = read_names(inputs, "inputs", ModelError)
        self.hidden = read_names(hidden, "hidden", ModelError)
        named = () if outputs is None else read_names(outputs, "outputs", ModelError)
        sizes = cardinality if isinstance(cardinality, Mapping) else ()
        self.nodes, self.edges = read_graph(graph, self.latents, (*self.inputs, *self.hidden, *named, *sizes))
        others = [n for n in self.nodes if n not in self.inputs + self.latents + self.hidden]
        self.outputs = tuple(others) if outputs is None else named
        check_roles(self, others)
        self.cardinality = read_cardinality(self, cardinality)
        marked = listed_edges(relaxed, "relaxed")
        self.relaxed: tuple[Edge, ...] = tuple(
            (changes.own_name(self, u), changes.own_name(self, v)) for u, v in marked
        )
        for edge in self.relaxed:
            if edge not in self.edges:
                raise ModelError(f"the relaxed edge {edge[0]!r} -> {edge[1]!r} is not in the graph. Add it first.")
        check_structure(self)
        settings = math.prod(self.cardinality[n] for n in self.inputs)
        if settings > SETTING_LIMIT:
            raise ModelTooLargeError(f"{settings:,} settings of the inputs, expected at most {SETTING_LIMIT:,}.")
        self.input_distribution = InputDistribution(input_distribution, self.inputs, self.cardinality)
        if self.dependent_inputs and not self.inputs_connected:
            self.input_distribution.check_independent(self.free_inputs, self.dependent_inputs)
        self.origin = origin
        self.name = name or "CausalModel({})".format("; ".join(f"{u} -> {v}" for u, v in self.edges))
        self._seal()

    # ------------------------------------------------------ graphs of other tools

    @classmethod
    def from_graph(
        cls,
        graph: object,
        *,
        cardinality: Mapping[str, int] | int | None = None,
        inputs: str | Sequence[str] | None = None,
        latent: str | Sequence[str] = (),
        outputs: str | Sequence[str] | None = None,
        names: Mapping[str, str] | None = None,
        input_distribution: object = None,
        name: str | None = None,
    ) -> CausalModel:
        """Return the causal model of a graph that another tool writes or holds; its ``origin`` says what was added.

        Bidirected edges become latent variables, one for each. A latent variable with parents is made a root, and one
        whose children all see another one is left out: what can be observed stays the same. An observed node without
        parents is an input, which is conditioned on. Any other node without a latent parent gets one of its own, its
        noise, which is independent of the others: with several latent variables see `independence` and `shared`.

        Source: Evans, Graphs for margins of Bayesian networks, Scand. J. Statist. 43, 625 (2016).

        Parameters
        ----------
        graph
            Text: dagitty (``dag { X -> Y; X <-> Y; U [latent] }``, also without the frame), DOT (``observed=no``,
            ``latent=true`` and DoWhy's label "Unobserved Confounders" mark latent nodes, ``dir=both`` bidirected
            edges), arrows, also separated by commas as autobounds takes them. Or a list of edges. Or an object: DiGraph
            of networkx (node attributes as in DOT, or y0's ``hidden``), DAG, Bayesian network or ADMG of pgmpy
            (``latents`` and roles), NxMixedGraph of y0, DAG or ADMG of Ananke (fixed vertices are inputs), DAG of
            autobounds.
        cardinality
            Number of values of each node but the latent ones, or one number for all; where it names none, what the
            object says (Ananke, pgmpy's tables).
        inputs
            The settings, if not all observed nodes without parents.
        latent
            More nodes that are latent, which the graph does not mark: autobounds' ``unob``.
        outputs
            The outputs in the order wanted.
        names
            Other names for nodes, old → new: names here are letters, digits and _.
        input_distribution
            As in `CausalModel`.
        name
            How messages call the model.

        Returns
        -------
        CausalModel
            With ``origin``: exposures, outcomes, selected nodes, and notes.

        Raises
        ------
        ModelError
            For text that is no graph (the line is named), edges without a direction, names that are no names, unknown
            nodes, missing cardinalities.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.CausalModel.from_graph("dag { Z -> X -> Y; X <-> Y }", cardinality=2)
        >>> model.origin.notes
        ('X <-> Y is the latent variable U_X_Y', 'Z is an input, which is conditioned on: observed, without parents')
        >>> model.strategies.count == rb.instrumental().strategies.count
        True

        autobounds' two strings:

        >>> text, unob = "Z -> X, X -> Y, U -> X, U -> Y", "U"
        >>> rb.CausalModel.from_graph(text, latent=unob, cardinality={"Z": 3, "X": 2, "Y": 2}).latents
        ('U',)
        """
        diagram = read_diagram(graph)
        arguments = model_arguments(diagram.renamed(names or {}), inputs, latent, cardinality)
        return cls(**arguments, outputs=outputs, input_distribution=input_distribution, name=name)

    def to_dagitty(self, *, bidirected: bool = False) -> str:
        """Return the graph as dagitty text, in which latent variables are marked.

        Parameters
        ----------
        bidirected
            Whether a latent variable with two children is written ``<->``, and one with a single child not at all,
            unless that child has no other parent: dagitty's nodes have noise of their own. By default all are nodes,
            and keep their names.

        Returns
        -------
        str
            ``dag { … }``, with the roles of ``origin``; `from_graph` reads it again.

        Raises
        ------
        UnsupportedModelError
            For a mixture, which has several graphs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.instrumental().to_dagitty(bidirected=True))
        dag {
        Z -> A
        A -> B
        A <-> B
        }
        """
        return dagitty_text(self, bidirected)

    def to_dot(self, *, bidirected: bool = False) -> str:
        """Return the graph in Graphviz' language DOT; latent variables are dashed and ``observed=no``.

        Parameters
        ----------
        bidirected
            Whether a latent variable with two children is an edge with two heads, and noise of a single child is left
            out, as in `to_dagitty`.

        Returns
        -------
        str
            ``digraph { … }``; `from_graph` reads it again.

        Raises
        ------
        UnsupportedModelError
            For a mixture, which has several graphs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.instrumental().to_dot().splitlines()[1])
          "L" [shape=box, style=dashed, observed=no];
        """
        return dot_text(self, bidirected)

    def to_tikz(self) -> str:
        r"""Return the graph as a TikZ picture for LaTeX, with nodes where the notebook draws them.

        Returns
        -------
        str
            A ``tikzpicture`` that needs ``\usepackage{tikz}`` only; latent and hidden nodes are squares, relaxed edges
            dashed.

        Raises
        ------
        UnsupportedModelError
            For a mixture, which has several graphs.

        Examples
        --------
        >>> import relaxbell as rb
        >>> print(rb.bell().to_tikz().splitlines()[0])
        \begin{tikzpicture}[x=1pt, y=-1pt, >=stealth,
        """
        text: str = provided("CausalModel.to_tikz")(self)
        return text

    # ------------------------------------------------------------------- graph

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
        node = changes.own_name(self, node)
        if node not in self.nodes:
            raise ModelError(f"{node!r} is not a node of {self.name}. Its nodes are {', '.join(self.nodes)}.")
        given = {u for u, v in self.edges if v == node}
        return tuple(n for n in self.nodes if n in given)

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
        return structure.ancestors(self, node)

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
    def is_mixture(self) -> bool:
        """Whether the latent variable chooses among several structures, see `mixture`."""
        return False

    @property
    def has_any(self) -> bool:
        """Whether one of these structures allows any behavior."""
        return False

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
        return structure.parties(self)

    @property
    def scenario(self) -> Scenario:
        """Variables, their numbers of values, and which party chooses which input as the graph says."""
        chosen = {name for name in (self.parties or {}).values() if name is not None}
        return Scenario.of(
            self.outputs, self.inputs, self.observed_shape, self.parties if chosen == set(self.inputs) else None
        )

    @cached_property
    def kept(self) -> Kept[object]:
        """What is kept of this model from one call to the next; empty in copies and pickles."""
        return Kept(4)

    @cached_property
    def coordinates(self) -> Coordinates:
        """Independent coordinates of the behaviors p(outputs|inputs) of this model."""
        return structure.coordinates(self)

    @cached_property
    def independence(self) -> Independence:
        """Which groups of nodes respond independently because they share no source, and whether that is all."""
        return independence(self)

    @cached_property
    def districts(self) -> tuple[District, ...]:
        """The parts of the model that latent variables join: their response functions are independent of each other."""
        return districts(self)

    @cached_property
    def has_free_strategies(self) -> bool:
        """Whether q may be any distribution: so it is with one latent variable, or one that stands for all others."""
        return has_free_strategies(self)

    # ------------------------------------------------------------- other models

    @cached_property
    def joined(self) -> CausalModel:
        """The model with one latent variable in place of several, under its own name; itself where there is one."""
        return self if len(self.latents) == 1 else CausalModel(**(changes.shared(self) | {"name": self.name}))

    def shared(self) -> CausalModel:
        """Return the model with one latent variable in place of several: it can do more, and is convex.

        Returns
        -------
        CausalModel
            Itself, where there is one latent variable only.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bilocality().shared().latents
        ('L1',)
        """
        return self if len(self.latents) == 1 else CausalModel(**changes.shared(self))

    def relax(
        self, *edges: object, hidden: Mapping[str, int] | None = None, input_distribution: object = None
    ) -> CausalModel:
        """Return the model with more edges, remembered as relaxed.

        Parameters
        ----------
        *edges
            Arrow strings (``"X -> B"``, ``"X → B"``) or pairs between nodes of the model. An edge from the latent
            variable to an input makes the input dependent; it may be called Λ, as it is printed.
        hidden
            New nodes that are not observed, such as messages, with their numbers of values. Edges into them are not
            relaxed themselves: only what they tell others is.
        input_distribution
            A new p(inputs); by default the model's own.

        Returns
        -------
        CausalModel
            A new model, with a q of its own.

        Raises
        ------
        ModelError
            For unknown nodes, an edge that is already there, a hidden node that is not new, or a cycle.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bell().relax("X -> B", ("L", "Y")).relaxed
        (('X', 'B'), ('L', 'Y'))
        >>> rb.bell().relax("Y -> M <- L", "M -> A", hidden={"M": 3}).relaxed
        (('M', 'A'),)
        """
        return CausalModel(**changes.relaxed_by(self, edges, {} if hidden is None else hidden, input_distribution))

    def rename(self, names: Mapping[str, str]) -> CausalModel:
        """Return the same model with nodes renamed; names not mentioned stay.

        Parameters
        ----------
        names
            Old name → new name.

        Returns
        -------
        CausalModel
            A new model, with a q of its own.

        Raises
        ------
        ModelError
            If an old name is unknown, or two nodes get the same.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.instrumental().rename({"Z": "lottery", "A": "treated", "B": "healthy"}).outputs
        ('treated', 'healthy')
        """
        return CausalModel(**changes.renamed(self, names))

    @cached_property
    def unrelaxed(self) -> CausalModel:
        """The model without its relaxed edges, and without hidden nodes that then have no children."""
        return CausalModel(**changes.unrelaxed(self)) if self.relaxed else self

    # -------------------------------------------------- strategies and probabilities

    @cached_property
    def strategies(self) -> Strategies:
        """The strategies, numbered; `strategies.count` is n."""
        settings = math.prod(self.cardinality[n] for n in self.free_inputs)
        return Strategies([self._node(name) for name in self.responding], settings)

    @cached_property
    def local(self) -> LocalModel:
        """The variables behind the strategies: each responding node at each configuration of its parents."""
        return LocalModel(self.strategies.nodes, partial(check_rows, self.strategies))

    def _node(self, name: str) -> Node:
        parents = tuple(n for n in self.parents(name) if n not in self.latents)
        return Node(name, self.cardinality[name], parents, tuple(self.cardinality[n] for n in parents))

    @cached_property
    def settings(self) -> tuple[dict[str, int], ...]:
        """All settings of the free inputs, the last input changing fastest."""
        ranges = [range(self.cardinality[n]) for n in self.free_inputs]
        return tuple(dict(zip(self.free_inputs, values, strict=True)) for values in itertools.product(*ranges))

    @cached_property
    def T(self) -> sp.csc_array:  # noqa: N802 - the paper's name
        """The 0/1 map from q to the observed table, shape (cells, n), cells in C order of the table.

        Cell (a, …, x, …) of T q is p(a, …, x_dependent|x_free): the probability of the outputs and
        of the dependent inputs given the free ones.
        """
        self.strategies.check_listed()
        check_equations(self, self.strategies.count)
        return observation_matrix(self)

    @cached_property
    def observed_rows(self) -> LocalRows:
        """T as labeled rows, one for each cell of the table: small tables, of which the matrix is made when needed."""
        return observed_rows(self)

    @cached_property
    def q(self) -> Any:
        """The optimization variable: q = cp.Variable(n, nonneg=True), one weight for each strategy.

        It belongs to this instance; expressions of two models do not mix.
        """
        import cvxpy as cp

        self.strategies.check_listed()
        return cp.Variable(self.strategies.count, nonneg=True, name="q")

    @cached_property
    def valid(self) -> Any:
        """The CVXPY constraint Σ q = 1."""
        import cvxpy as cp

        return cp.sum(self.q) == 1

    def rows(self, event: Setting, *, given: Setting | None = None, do: Setting | None = None) -> Rows:
        """Return p(event|given, do(·)) as one labeled row over q; see `probability`.

        Parameters
        ----------
        event, given, do
            As in `probability`.

        Returns
        -------
        Rows
            ``.array`` is the sparse row, shape (1, n).

        Raises
        ------
        ModelError
            As in `probability`.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().rows({"B": 0}, do={"X": 1}).array.shape
        (1, 64)

        A shift by an intervention, over 2^30 strategies that are not listed:

        >>> model = rb.input_signaling((5, 5))
        >>> shift = model.rows({"B": 0}, do={"X": 1, "Y": 0}) - model.rows({"B": 0}, do={"X": 0, "Y": 0})
        >>> shift.labels
        ('p(B=0|do(X=1),do(Y=0)) - p(B=0|do(X=0),do(Y=0))',)
        """
        return event_rows(self, event, given or {}, do or {})

    def probability(self, event: Setting, *, given: Setting | None = None, do: Setting | None = None) -> Any:
        """Return p(event|given, do(·)) as a CVXPY expression, linear in q.

        Parameters
        ----------
        event
            Values of outputs, hidden nodes or inputs: ``{"B": 1}``.
        given
            Values of inputs. Free inputs that are neither given nor forced are averaged over the
            model's `input_distribution`.
        do
            Values forced on nodes: their own mechanism is erased, the others stay (Eq. 3).

        Returns
        -------
        cvxpy.Expression
            A scalar, affine in ``model.q``.

        Raises
        ------
        ModelError
            For unknown variables or values, an empty event, or a given dependent input of
            probability zero.

        Examples
        --------
        >>> import relaxbell as rb
        >>> model = rb.CausalModel("Z -> A -> B; L -> A; L -> B", inputs="Z", latent="L",
        ...                        cardinality={"Z": 2, "A": 2, "B": 2})
        >>> model.probability({"B": 1}, do={"A": 0}).is_affine()
        True
        """
        return (self.rows(event, given=given, do=do).array @ self.q)[0]

    def symmetries(self) -> Symmetries:
        """Return the relabelings of parties, settings and outcomes that the graph allows.

        They permute the strategies, and leave the input distribution as it is; so with a behavior the model reproduces
        each relabeled one. Outcomes are permuted for each setting where all children see it, else for all settings
        alike. Hidden nodes stay as they are.

        Returns
        -------
        Symmetries
            Generators, and the order of their group.

        Examples
        --------
        >>> import relaxbell as rb
        >>> [model.symmetries().order for model in (rb.bell(), rb.input_signaling(), rb.outcome_signaling())]
        [128, 64, 32]
        """
        return provided("CausalModel.symmetries")(self)

    # ------------------------------------------------------------- observations

    def match(self, observed: Behavior) -> Behavior:
        """Return the behavior with its axes in the model's order; raise BehaviorError if it does not fit.

        Parameters
        ----------
        observed
            With the model's variables, in any order.

        Returns
        -------
        Behavior
            Axes: the model's outputs, then its inputs.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bell().match(rb.boxes.pr().transposed("B A", "Y X")).outputs
        ('A', 'B')
        """
        return structure.matched(self, observed)

    def coordinates_of(self, observed: Behavior) -> Coordinates:
        """Return `coordinates` for a behavior whose axes may be in another order.

        Parameters
        ----------
        observed
            With the model's variables and cardinalities.

        Returns
        -------
        Coordinates
            In the behavior's order of axes.

        Raises
        ------
        BehaviorError
            If variables or cardinalities differ.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().coordinates_of(rb.boxes.pr()).dimension
        10
        """
        self.match(observed)
        reach = dict(zip(self.outputs, self.coordinates.reach, strict=True))
        own = [frozenset(observed.inputs.index(self.inputs[j]) for j in reach[name]) for name in observed.outputs]
        k = len(observed.outputs)
        return Coordinates(observed.p.shape[:k], observed.p.shape[k:], tuple(own))

    def equations(self, observed: Behavior | Observed, *, signaling: bool = False) -> Equations:
        """Return V T q = V p as exact, labeled rows.

        Parameters
        ----------
        observed
            A behavior, or values of functionals.
        signaling
            Whether to accept behaviors that signal where the graph forbids it: no q satisfies their equations, but
            distances from them are defined.

        Returns
        -------
        Equations
            ``.rows.array``, shape (equations, n), and their exact right-hand sides ``.rhs``.

        Raises
        ------
        BehaviorError
            If variables or cardinalities do not match the model's.
        SignalingError
            If the behavior signals where the graph forbids it; the violated equality is named.
        ModelTooLargeError
            If there are too many cells.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().equations(rb.boxes.pr()).rows.array.shape
        (16, 64)
        """
        check_equations(self, 0)
        if isinstance(observed, Behavior):
            return behavior_equations(self, self.match(observed), signaling=signaling)
        if isinstance(observed, Observed):
            return observed_equations(self, observed)
        fit = " Use counts.fit().behavior." if getattr(observed, "parties", None) is not None else ""
        fit = fit or " Use counts.frequencies, or give the counts parties= and use counts.fit().behavior."
        remedy = {"Counts": fit, "CountsFit": " Use fit.behavior."}.get(type(observed).__name__, "")
        raise BehaviorError(
            f"cannot compare {self.name} with {a_kind(observed)}. Expected a Behavior "
            f"(Behavior(array), Counts(...).fit().behavior) or an Observed.{remedy}"
        )

    def reproduces(self, observed: Behavior | Observed | cp.Expression) -> list[cp.Constraint]:
        """Return the CVXPY constraints V T q = V p: the model reproduces what was observed.

        Settings of dependent inputs that have probability 0 carry no data. Errors as `equations`.

        Parameters
        ----------
        observed
            A behavior, or values of functionals. Or a CVXPY expression of p, of the shape of its table or flattened: a
            ``cp.Parameter`` that is set for one point after the other (DPP), or variables of one's own.

        Returns
        -------
        list of cvxpy.Constraint
            On ``model.q``; add ``model.valid`` where only values of functionals were observed.

        Raises
        ------
        BehaviorError
            If variables or cardinalities do not match the model's.
        SignalingError
            If the behavior signals where the graph forbids it.

        Examples
        --------
        >>> import cvxpy as cp
        >>> import relaxbell as rb
        >>> model = rb.bell()
        >>> constraints = [*model.reproduces(rb.boxes.pr()), model.valid]
        >>> cp.Problem(cp.Minimize(0), constraints).solve(solver=cp.HIGHS)  # Bell's theorem: infeasible
        inf

        Compiled once, for many visibilities:

        >>> model, box, v = rb.input_signaling(), rb.boxes.pr(), cp.Parameter()
        >>> noise, full = box.white_noise().p.ravel(), box.p.ravel()
        >>> c = rb.influence(model, "X", "B").expression
        >>> problem = cp.Problem(cp.Minimize(c), [*model.reproduces(noise + v * (full - noise)), model.valid])
        >>> v.value = 0.75
        >>> round(float(problem.solve(solver=cp.HIGHS, enforce_dpp=True)), 6)
        0.25
        """
        if is_expression(observed):
            return [reproduced(self, self.observed_rows, observed, self.q)]
        equations = self.equations(observed)
        return [equations.rows.array @ self.q == equations.floats]

    def inequalities(
        self,
        subject_to: object = (),
        *,
        joint: bool = False,
        at: Mapping[Any, Any] | None = None,
        seconds: float = 60.0,
    ) -> InequalitiesLike[CausalModel, BellFunctional]:
        """Return what p the model can reproduce: all facets of its polytope of behaviors, in classes.

        Classes are orbits of the model's own relabelings. One facet of each is sought: by exact double description from
        the strategies where few numbers suffice, else by adjacency decomposition (Christof and Reinelt, Int. J. Comput.
        Geom. Appl. 11, 423, 2001; Bremner, Dutour Sikirić and Schürmann, CRM Proc. 48, 2009): the neighbors of a facet
        are found from the facets of the facet, up to symmetry. Three parties with two settings each take seconds, as do
        (4, 3) settings. Needs the extra ``polytopes``.

        Parameters
        ----------
        subject_to
            Limits of p(settings|λ), of `setting_bounds`.
        joint
            Whether the distribution of the settings is free: inequalities for p(outputs, settings), as in Pütz, Rosset,
            Barnea, Liang and Gisin, PRL 113, 190402 (2014). Limits may then be symbols: facets are found at numbers,
            and proved on vertices that are expressions of the symbols, in a region that is stated.
        at
            Numbers for the symbols; by default some are chosen.
        seconds
            After this time it is given up; infinity for no limit. A step of a second or so is not interrupted.

        Returns
        -------
        Inequalities
            Exact facets beyond positivity, and those of positivity; with `joint` `JointInequalities`.

        Raises
        ------
        ClosedFormError
            If it takes too long: its ``partial`` has the classes that were found. Or if the extra is missing.
        UnsupportedModelError
            If the model has several sources.

        Examples
        --------
        >>> import relaxbell as rb
        >>> len(rb.instrumental().inequalities().facets)
        4

        The inequality of Pütz et al., for all limits of a region (an upper limit 1 - 3 l is implied; with upper limits
        of their own there are thousands of classes, and the partial result has it):

        >>> import sympy
        >>> model = rb.measurement_dependence()
        >>> found = model.inequalities(rb.setting_bounds(model, lower=sympy.Symbol("l")), joint=True)
        >>> found.classes[2]
        64 × l p(0000) <= (1 - 3*l) p(0011) + (1 - 3*l) p(0101) + (1 - 3*l) p(1010)  (Pütz et al. 2014)
        >>> found.classes[2].rank, sympy.Symbol("l") in found.classes[2].region
        (15, True)
        """
        return provided("CausalModel.inequalities")(self, seconds, subject_to, joint=joint, at=at)

    def write_vertices(
        self, path: str | Path, *, file_format: str = "porta", coordinates: str = "collins_gisin"
    ) -> None:
        """Write the vertices of the model's polytope of behaviors, for a program that turns them into inequalities.

        Parameters
        ----------
        path
            The file; it is replaced.
        file_format
            ``"porta"`` (``.poi``), ``"panda"`` (with the symmetries of the model as its maps), ``"cdd"`` (``.ext``,
            for lrs as well) or ``"normaliz"`` (``.in``).
        coordinates
            ``"collins_gisin"``: marginals given all inputs that reach their outputs, independent ones also where the
            model signals; or ``"probabilities"``, the cells. As in `write_inequalities`.

        Raises
        ------
        UnsupportedModelError
            If the strategies are not the vertices: with several sources, or settings that depend on the latent
            variable.
        ModelTooLargeError
            If there are too many strategies to list them.
        FunctionalError
            If format or coordinates are unknown.
        FileError
            If the file cannot be written.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "chsh.poi"
        >>> rb.bell().write_vertices(path)
        >>> len(rb.bell().read_vertices(path))
        16
        """
        provided("CausalModel.write_vertices")(self, path, file_format, coordinates)

    def read_vertices(self, path: str | Path, *, panda_input: str | Path | None = None) -> tuple[Behavior, ...]:
        r"""Read points as behaviors of this model's scenario, from a file of PORTA, PANDA, cdd, lrs or Normaliz.

        Parameters
        ----------
        path
            The file, in the coordinates of `write_vertices`; its dimension says in which. Reduced vertices are read
            with all their images under the file's maps.
        panda_input
            The file that PANDA read: its sections Names and Maps, which PANDA's output does not repeat.

        Returns
        -------
        tuple of Behavior
            Exact, in the order of the file. Whether the model reproduces them is another question: `minimize`.

        Raises
        ------
        FunctionalError
            If the file cannot be read, or a line is not a behavior; the line is named.

        Examples
        --------
        >>> import relaxbell as rb, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "one.poi"
        >>> _ = path.write_text("DIM = 8\nCONV_SECTION\n1/2 1/2 1/2 1/2 1/2 1/2 1/2 0\nEND\n")
        >>> bool((rb.bell().read_vertices(path)[0].exact == rb.boxes.pr().exact).all())
        True
        """
        found: tuple[Behavior, ...] = provided("CausalModel.read_vertices")(self, path, panda_input)
        return found

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        return model_text(self, count_text([self._node(name) for name in self.responding]))

    def _repr_svg_(self) -> str:
        return provided("CausalModel._repr_svg_")(self)
