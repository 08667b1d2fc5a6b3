"""Districts: the parts of a model whose response functions are independent of each other.

Theorem (districts). Leave out each latent variable whose children all see another one, and join responding nodes that
share a latent variable; the classes are the districts. A model of the graph is a distribution q_d over the response
functions of each district d, q = ⊗_d q_d, and within a district

(a) any q_d, where one latent variable is left in it;
(b) any q_d in which the groups of nodes that see a single latent variable are independent, where every other node of
    the district sees all of them;
(c) some of those in which nodes without a common latent variable are independent, in all other districts.

Proof. A latent variable U that reaches no child beyond those of W may be sent along with W, which is independent of all
others: what can be observed or asked stays the same, and the result is a model of the graph without U. Given the values
of all latent variables every node has one response function, which depends on its own latent variables only; so
functions of nodes without a common one are independent, and by induction those of different districts are. (a) A latent
variable that is the tuple of response functions of its children, distributed as q_d, makes any q_d. (b) Each latent
variable is the tuple of functions of its group, constant where it has none; the other nodes see all of these, and a
uniform number that one of the latent variables carries along, independent of its group, draws their functions together
with the conditional probabilities of q_d. (c) is the necessary direction only.

Theorem (data). Where a set of observed nodes contains the responding parents of all its nodes, q reproduces their
probabilities p if and only if for each of them, in an order with parents first, with v< the values of those before it
and v≤ with its own, at each setting x of the free inputs and all v< of positive probability

    p(v<|x) q_d[v≤] = p(v≤|x) q_d[v<],

d the district of the node, q_d[v] the probability that the nodes of d among those so far respond with their values in
v when their parents have theirs. Each is linear in one q_d: data do not tie districts to each other, and effects that
depend on one of them have the bounds of a linear program, whatever the others are; what data fix enters as a number.

Proof. At x the model gives v the probability ∏_d q_d[v], as the parents' values are in v (Tian and Pearl, UAI 2002). If
it is p for v≤ and v<, the quotient of the two is q_d[v≤] / q_d[v<], all other factors being the same and positive.
Conversely, by induction: where p(v<|x) is positive, it is ∏_d q_d[v<], and the equation makes that of v≤ right; where
it is 0, so are both.

So independent noise changes nothing, compared with a source that is `shared`, if there is one district of kind (a); and
it identifies effects where data fix all q_d[…] that they depend on: ``C -> X, C -> Y, X -> Y`` with C seen and noise of
its own for each node is adjustment for C.
"""

from __future__ import annotations

from dataclasses import dataclass

from relaxbell.causal.independence import Groups, by_source, components, effective_sources, families
from relaxbell.causal.protocols import HasGraph


@dataclass(frozen=True)
class District:
    """Responding nodes that latent variables join; see the theorem of this module.

    Attributes
    ----------
    nodes
        In the model's order.
    groups
        Sets of its nodes that are independent of each other; none where one latent variable is left.
    is_exact
        Whether every such distribution is one of the graph, (a) and (b); else they are more, (c).

    Examples
    --------
    >>> import relaxbell as rb
    >>> model = rb.CausalModel("X -> Y -> S; U -> X; U -> Y; V -> S", "", "U V", {"X": 2, "Y": 2, "S": 2})
    >>> [district.nodes for district in model.districts]
    [('X', 'Y'), ('S',)]
    """

    nodes: tuple[str, ...]
    groups: Groups
    is_exact: bool


def districts(model: HasGraph) -> tuple[District, ...]:
    """Return the districts of a model, in the order of their first nodes."""
    sources = effective_sources(model)
    found = []
    for part in components(sources):
        own = {name: sources[name] for name in part.nodes}
        exact = all(len(seen) in (1, len(part.latents)) for seen in own.values())
        if exact:
            groups = by_source(part.nodes, part.latents, own)
            groups = groups if len(groups) > 1 else ()
        else:
            groups = max(families(part.nodes, own), key=len, default=())
        found.append(District(part.nodes, groups, exact))
    return tuple(found)


def has_free_strategies(model: HasGraph) -> bool:
    """Return whether any distribution over strategies is one of the graph: one district, of one latent variable."""
    if len(model.latents) == 1 or model.is_mixture:
        return True
    found = districts(model)
    return len(found) == 1 and found[0].is_exact and not found[0].groups
