"""`CausalModel`: a DAG with roles and cardinalities, as a distribution q over strategies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from relaxbell.behavior.behavior import Behavior
from relaxbell.behavior.names import Setting, read_names
from relaxbell.behavior.observed import Observed
from relaxbell.causal.checks import check_roles, check_structure, read_cardinality
from relaxbell.causal.equations import Equations, behavior_equations, observed_equations
from relaxbell.causal.events import event_rows
from relaxbell.causal.graph import Edge, Graph, check_latent_ends, listed_edges, read_edges, read_graph
from relaxbell.causal.inputs import InputDistribution
from relaxbell.causal.observing import Observing
from relaxbell.causal.responses import count_text
from relaxbell.causal.size import check_equations
from relaxbell.errors import BehaviorError, ModelError, ModelTooLargeError
from relaxbell.exact.rows import Rows
from relaxbell.exact.texts import different_texts
from relaxbell.methods import provided
from relaxbell.relabeling import Symmetries

if TYPE_CHECKING:
    from relaxbell.functionals.functional import BellFunctional
    from relaxbell.results import InequalitiesLike

SETTING_LIMIT = 2**20
"""Most settings of all inputs together."""


class CausalModel(Observing):
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
        Arrow string, list of edges, each a pair (parent, child) or an arrow string, or networkx DiGraph. Latent
        variables may be written as they are printed: Λ for L, Λ2 for L2, and Λ for a single one of any name.
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
        When the strategies are used and there are too many, before memory is touched.

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
        graph: Any,
        inputs: str | Sequence[str],
        latent: str | Sequence[str],
        cardinality: Mapping[str, int],
        *,
        hidden: str | Sequence[str] = (),
        outputs: str | Sequence[str] | None = None,
        input_distribution: Any = None,
        relaxed: str | Iterable[Any] = (),
        name: str | None = None,
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
        self.relaxed: tuple[Edge, ...] = tuple((self._own(u), self._own(v)) for u, v in marked)
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
        self.name = name or "CausalModel({})".format("; ".join(f"{u} -> {v}" for u, v in self.edges))
        self._seal()

    # ------------------------------------------------------------- other models

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
        if len(self.latents) == 1:
            return self
        first, *others = self.latents
        edges = dict.fromkeys((first if u in others else u, v) for u, v in self.edges)
        relaxed = dict.fromkeys((first if u in others else u, v) for u, v in self.relaxed)
        return self._copy(
            graph=tuple(edges), latent=(first,), relaxed=tuple(relaxed), name=f"{self.name} with a shared source"
        )

    def relax(self, *edges: Any, input_distribution: Any = None) -> CausalModel:
        """Return the model with more edges, remembered as relaxed.

        Parameters
        ----------
        *edges
            Arrow strings (``"X -> B"``, ``"X → B"``) or pairs between nodes of the model. An edge from the latent
            variable to an input makes the input dependent; it may be called Λ, as it is printed.
        input_distribution
            A new p(inputs); by default the model's own.

        Returns
        -------
        CausalModel
            A new model, with a q of its own.

        Raises
        ------
        ModelError
            For unknown nodes, an edge that is already there, or a cycle.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.bell().relax("X -> B", ("L", "Y")).relaxed
        (('X', 'B'), ('L', 'Y'))
        """
        new = tuple((self._own(u), self._own(v)) for u, v in read_edges(edges))
        for edge in new:
            for node in edge:
                if node not in self.nodes:
                    raise ModelError(
                        f"cannot relax {edge[0]!r} -> {edge[1]!r}: {node!r} is not a node of {self.name}. "
                        f"Its nodes are {', '.join(self.nodes)}."
                    )
            if edge in self.edges:
                raise ModelError(f"the edge {edge[0]!r} -> {edge[1]!r} is already in {self.name}. Relax another.")
        check_latent_ends(new, self.latents)  # the other errors would be about a cycle, through the latent variable
        texts = ", ".join(f'"{u} -> {v}"' for u, v in new)
        return self._copy(
            graph=(*self.edges, *new),
            relaxed=(*self.relaxed, *new),
            input_distribution=self.input_distribution if input_distribution is None else input_distribution,
            name=f"{self.name}.relax({texts})",
        )

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
        own = [self._own(old) for old in names]
        if len(set(own)) < len(own):
            raise ModelError(f"{', '.join(names)} name a node of {self.name} twice. Give each its new name once.")
        names = dict(zip(own, names.values(), strict=True))
        unknown = [n for n in names if n not in self.nodes]
        if unknown:
            raise ModelError(f"cannot rename {unknown[0]!r}: the nodes of {self.name} are {', '.join(self.nodes)}.")
        new = {n: names.get(n, n) for n in self.nodes}
        twice = [n for n in new.values() if list(new.values()).count(n) > 1]
        if twice:
            raise ModelError(f"two nodes of {self.name} would be called {twice[0]!r}. Rename the other one as well.")
        pairs = ", ".join(f"{u} -> {v}" for u, v in names.items() if u != v)
        return CausalModel(
            [(new[u], new[v]) for u, v in self.edges],
            [new[n] for n in self.inputs],
            [new[n] for n in self.latents],
            {new[n]: c for n, c in self.cardinality.items()},
            hidden=[new[n] for n in self.hidden],
            outputs=[new[n] for n in self.outputs],
            input_distribution=self.input_distribution,
            relaxed=[(new[u], new[v]) for u, v in self.relaxed],
            name=f"{self.name} with {pairs}" if pairs else self.name,
        )

    @cached_property
    def unrelaxed(self) -> CausalModel:
        """The model without its relaxed edges, and without hidden nodes that then have no children."""
        if not self.relaxed:
            return self
        edges = [edge for edge in self.edges if edge not in self.relaxed]
        hidden = list(self.hidden)
        while idle := [n for n in hidden if all(u != n for u, _ in edges)]:
            edges = [(u, v) for u, v in edges if v not in idle]
            hidden = [n for n in hidden if n not in idle]
        name = self.name.partition(".relax(")[0]
        return self._copy(
            graph=edges, relaxed=(), hidden=hidden, name=name, input_distribution=self._distribution_without(edges)
        )

    def _distribution_without(self, edges: Sequence[Edge]) -> Any:
        """Return p(inputs), with free and dependent ones made independent where the edges left require it."""
        responding = {v for u, v in edges if u in self.latents}
        dependent = [n for n in self.inputs if n in responding]
        free = [n for n in self.inputs if n not in responding]
        connected = any(u in free and v in dependent for u, v in edges)
        return self.input_distribution if connected else self.input_distribution.product(free, dependent)

    def _copy(self, **changes: Any) -> CausalModel:
        settings: dict[str, Any] = {
            "inputs": self.inputs,
            "latent": self.latents,
            "hidden": self.hidden,
            "outputs": self.outputs,
            "input_distribution": self.input_distribution,
        } | changes
        kept = (*self.inputs, *self.outputs, *settings["latent"], *settings["hidden"])
        graph = Graph.of((n for n in self.nodes if n in kept), settings.pop("graph"))
        names = [n for n in graph.nodes if n not in self.latents]
        return CausalModel(graph, cardinality={n: self.cardinality[n] for n in names}, **settings)

    # ------------------------------------------------------------ probabilities

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

    def equations(self, observed: Behavior | Observed) -> Equations:
        """Return V T q = V p as exact, labeled rows.

        Parameters
        ----------
        observed
            A behavior, or values of functionals.

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
            If T does not fit in memory.

        Examples
        --------
        >>> import relaxbell as rb
        >>> rb.input_signaling().equations(rb.boxes.pr()).rows.array.shape
        (16, 64)
        """
        check_equations(self, self.strategies.count)
        if isinstance(observed, Behavior):
            return behavior_equations(self, self.match(observed))
        if isinstance(observed, Observed):
            return observed_equations(self, observed)
        remedy = {"Counts": " Use counts.fit().behavior.", "CountsFit": " Use fit.behavior."}.get(
            type(observed).__name__, ""
        )
        raise BehaviorError(
            f"cannot compare {self.name} with a {type(observed).__name__}. Expected a Behavior "
            f"(Behavior(array), Counts(...).fit().behavior) or an Observed.{remedy}"
        )

    def reproduces(self, observed: Behavior | Observed) -> list[Any]:
        """Return the CVXPY constraints V T q = V p: the model reproduces what was observed.

        Settings of dependent inputs that have probability 0 carry no data. Errors as `equations`.

        Parameters
        ----------
        observed
            A behavior, or values of functionals.

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
        """
        equations = self.equations(observed)
        return [equations.rows.array @ self.q == equations.floats]

    def inequalities(self, *, seconds: float = 60.0) -> InequalitiesLike[CausalModel, BellFunctional]:
        """Return what p the model can reproduce: all facets of its polytope of behaviors, in classes.

        By exact double description from the strategies, so for small scenarios; needs the extra ``polytopes``.

        Parameters
        ----------
        seconds
            After this time the enumeration is refused.

        Returns
        -------
        Inequalities
            Exact facets beyond positivity, and those of positivity.

        Raises
        ------
        ClosedFormError
            If it takes too long, or the extra is missing.
        UnsupportedModelError
            If the model has several sources.

        Examples
        --------
        >>> import relaxbell as rb
        >>> len(rb.instrumental().inequalities().facets)
        4
        """
        return provided("CausalModel.inequalities")(self, seconds)

    # --------------------------------------------------------------------- text

    def __repr__(self) -> str:
        marked = [f"{u} -> {v}{' (relaxed)' if (u, v) in self.relaxed else ''}" for u, v in self.edges]
        sizes = ", ".join(f"{n}: {c}" for n, c in self.cardinality.items())
        lines = [
            self.name,
            f"  edges         {', '.join(marked)}",
            f"  inputs        {', '.join(self.free_inputs) or '(none)'}"
            + (f"; dependent {', '.join(self.dependent_inputs)}" if self.dependent_inputs else ""),
            f"  outputs       {', '.join(self.outputs)}"
            + (f"; hidden {', '.join(self.hidden)}" if self.hidden else ""),
            f"  latent        {', '.join(self.latents)}",
            f"  cardinality   {sizes}",
            *self._distribution_lines(),
            f"  strategies    {count_text([self._node(name) for name in self.responding])}",
        ]
        return "\n".join(lines)

    def _distribution_lines(self) -> list[str]:
        """Return p(inputs) as a line, unless it is uniform."""
        table = self.input_distribution.table
        if len(set(table.ravel().tolist())) == 1:
            return []
        shown = [f"{','.join(map(str, x))}: {_chance(v)}" for x, v in np.ndenumerate(table)]
        text = ", ".join(shown[:8]) + (f", … {len(shown)} in all" if len(shown) > 8 else "")
        label = f"p({','.join(self.inputs)})"
        return [f"  {label:<13} {text}"]

    def _repr_svg_(self) -> str:
        return provided("CausalModel._repr_svg_")(self)


def _chance(p: Any) -> str:
    return str(p) if p.denominator <= 1000 else different_texts(p, 1)[0]
