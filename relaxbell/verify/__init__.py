r"""Check a relaxbell certificate: ``python verify FILE`` with this folder alone, or ``relaxbell verify FILE``.

This folder is complete in itself: it needs only Python's standard library and believes nothing that it can
compute. It builds the strategies of the causal model (or, of very many, small tables over what they do) and the rows
of the measure anew from the graph, and checks every inequality in exact arithmetic (logarithms: in 60 decimal digits,
rounded outwards by far more than their error). The kernel, which suffices for every linear program, is in ``model.py``,
``measures.py`` and ``kernel.py``, at most 500 lines; ``reading.py`` reads numbers, and ``elimination.py`` replaces
lists of more than 1024 strategies. Why what is accepted is true: the page *Theorems* of the documentation.

**Model.** Nodes are listed with parents first. All but the *free* inputs, which have no parents, respond: each is a
function of its parents, chosen by its latent parents. A function is a tuple of values, one for each configuration
of the parents in their order, the last parent changing fastest; functions are numbered in the order of these tuples. A
strategy λ is one function for each responding node, in mixed radix, the first node most significant. A model is a
probability distribution q over the strategies. Inputs that respond are *dependent*.

**Mixtures.** ``{"mixture": [model, …, "any"]}``: λ chooses one of the graphs, which have the same outputs, inputs and
distribution, and one latent parent for all nodes. Strategies are those of the first graph, then those of the second, …
"any": any behavior; one column for each cell, which it visits once for each setting of the free inputs.

**Data.** T q is the table p(outputs, dependent inputs|free inputs), in C order of outputs, then inputs, as listed.
The data are equations over T q: each cell of a behavior, T q = p(outputs|inputs) p(dependent|free), or the value of
each linear function of p(outputs|inputs). Then, for each setting of all inputs, Σ_outputs T q = p(dependent|free).
Constraints are measures ≤ limit. The sentence names data and settings by their *digest*, the first 16 hexadecimal
digits of the SHA-256 of these lines (in UTF-8, with "\n" between them); ``relaxbell.data_digest`` computes it::

    relaxbell-data-1
    outputs A:2 B:2                    sorted by name, each with its number of values
    inputs X:2 Y:2
    settings 1/4 1/4 1/4 1/4           p(inputs), in C order of the inputs
    behavior 1/2 0 1/4+1/8*sqrt(2) …   p(outputs|inputs), in C order of outputs, then inputs

or, for values, sorted lines ``value c c c … = v`` in place of the last, divided by the first c that is not 0. Numbers
are in lowest terms. Rows of a measure that are written out have a digest, too, of a line with the sizes of their groups
and a line ``strategy:number …`` for each row, sorted by strategies. So have the constraints, and the parts of a sum or
maximum, that come after the ninth: of their texts, one a line.

**Measures** are maxima, over groups of rows, of Σ |row · q|; or linear; or sums and maxima of such.
probability: of some values of a node, averaged over p(free inputs), under an intervention; linear.
influence: a group of one row for each values of the other parents, pair u < u' of the source's values, and value of
the target (the first alone if there are two); with variation, one for all values. dependence: rows p(x, Λ) − p(x) p(Λ),
one group, x the dependent inputs, Λ the functions of the others; Hall's: a group for each pair x < x' that occur, with
a row p(Λ|x) − p(Λ|x') for each Λ. rows: written out. fraction: Σ q over strategies of some ``structures``, or with a
function of the target that depends on the source of one of the ``edges``, or with functions of which all ``events``
[node, values of all parents, value] are true; linear.

**The inequality.** Row weights u prove ``share`` times a measure if Σ_groups max |u| ≤ share (linear: u = share; sum:
each part has the share times its factor; maximum: parts have shares ≥ 0 that sum to it). For such u for the objective,
with share 1, and for each constraint with share μ ≥ 0, and any z (for the data, then the normalization)::

    measure ≥ ⟨z, data⟩ − Σ μ limit − max_λ r(λ),     r = Tᵀz − Σ uᵀ rows .

The largest r(λ) of more than 1024 strategies is found by eliminating variables, one for each node and values of its
parents, in whole numbers; no table may have more than 2^20 entries. So there may be up to 2^4096 strategies, where all
measures are influences and probabilities, their sums and maxima; other ones need a list, of at most 2^20.

A distance of the data, the mean over settings or the largest, of TV = ½ Σ |p − p_model|: then q need not have the data,
and z may vary, among the cells of a setting x, by at most Σ u weight_x, for the weights u of the distances: one of the
mean, with weight p(free inputs); of the largest one for each setting that occurs, with weight 1/p(dependent|free).
The strength is the relative entropy of the data from the models: z for the data are R p(free inputs), R ≥ 0 with a mean
of at most b over the models by the inequality, and then it is at least Σ p ln(R/b).

If w is the total share of dependence, whose weights are not given, max_λ r(λ) is replaced by
max_Λ Σ_x p(x) max(r(x, Λ), max_x' r(x', Λ) − 2w); for the mutual information by max_Λ log2 Σ_x p(x) 2^r(x, Λ).
A mutual information in a constraint of share μ > 0, after all others, by μ max_Λ log2 Σ_x p(x) 2^(r(x, Λ)/μ).
Strategies that need settings of probability 0 have q = 0. Infeasible: the bound of the measure 0 is positive.
Where strategies are too many to list, these maxima are found by elimination. Hall's measure alone may have a weight
u >= 0 for each pair of settings instead, in order, of sum <= 1: with N settings, max_λ r(λ) is replaced by N max_Λ,S
(Σ_x in S p(x) r(x, Λ) − Σ u of the pairs that S cuts), or 0, which a flow for each Λ bounds.
Factorized dependence is of mixtures of functions Λ and products u v of distributions of two dependent inputs, the mean
of D(u v || p) in bits or Σ |u v − p|: measure >= <z, data> − margin, where a bisection of the simplices shows that no
Σ u v r(x, y, Λ) − cost exceeds the margin (fields z, margin; no weights).
A binary entropy h(m) of a probability m is concave: its least value is at an end of the interval that two such bounds
give for m.

**Messages.** The entropy of a hidden node of more than two values is least at a vertex of what cuts leave: each has
coefficients c of p(m), m in descending order of p(m), because relabeling a hidden node changes no data, and a proof of
its least value.

**Networks.** A node may have several latent parents. Groups of nodes that share no latent variable are independent, and
non-bilocality is Σ |q^ac − q^a q^c| over their functions α, γ, for any number of groups, summed over the products that
are listed; q ranges over all distributions, so that sources may be correlated. The marginals of all groups of a product
but the last are given, or they are q^a = f(ν) = constant + matrix · (free entries), which multipliers m of the data
prove: Tᵀm = [α] − Σ matrix [free]. A tree of splits of a box that holds all ν with f ≥ 0 ends in boxes. In each there
are y, s of degree one and z of degree two in each parameter, as coefficients of Bernstein polynomials, |y| ≤ 1, and::

    measure ≥ ⟨z, p⟩ + ⟨s, f⟩ + min_λ (y_αγ − Σ_α' f_α' y_α'γ − s_α − Tᵀz)

which is of degree two: the least coefficient of the right-hand side is a bound, because these polynomials are not
negative and sum to one. For n groups, α stands for those of all but the last, and f for the product of their marginals.
What is proved with some of the settings only holds for all: leaving settings out makes no distance larger.

**Independent latent variables.** {"independent", of: a linear measure}: its mean over q in which the functions of nodes
without a common latent variable are independent. Events are lists of [node, configuration, value]. Facts, of mean 0:
``data``, an equation; ``seen``, p(v<|x) [nodes as in v] − p(v|x) [the same without the last], of nodes that share no
latent variable with the others of v; ``equal``, two opposite limits; or a ``sum`` of earlier ones, each times an event
that shares no latent variable with it. Directions are events whose probabilities boxes limit. The cover is a tree in
order: a split of a box, an end of a box (low, high) with its proof, or a box with multipliers of facts, limits (>= 0),
and ends (>= 0), with events. The least value over λ of what is left is the bound (Theorem 13a).

**Curves.** For each piece two certificates with the same proof, each attained; model, measure, and coefficients of the
data are the same for all, numbers are affine in t, and there is at most one root. Measure and constraints must be
convex: no norm or maximum has a negative factor. Where the data were read at some values of a parameter only, the curve
says so (reading): t is a power of the parameter, and what is between is assumed.

**Families.** Data that are polynomials in a parameter, {"polynomial": [lowest power first]}, for stretches of it whose
ends are rational, or {"root": polynomial, "above": a, "to": b}, its only root in (a, b]. For each stretch one proof
with multipliers that do not depend on the parameter, and strategies whose weights are polynomials: not negative
there, with the data identically, and with the measure that the proof gives. Signs all over a stretch are decided by
Sturm chains over the field of the numbers, in whole numbers. A stretch without a value has no model.

**Evidence.** Runs of trials, each with its counts, a bias and, where settings are free, their design; tables of
scores, each for one run; and a rule. Minus the mean of a table is linear, so that the inequality gives a bound b of
it; where settings have a bias, a strategy has the largest mean over all p(settings) within it. A proof may be missing
for a game of ``tails``. Rules: ``stakes``, the mean over stakes s of the product of (1 + s score)/(1 + s b) over all
trials; ``wins``, for scores 0 and 1, the mean over w in (b, 1) of the product of w/b for wins and (1 - w)/(1 - b) for
losses; ``mean`` of such, and of ``others`` that count as 0; ``product`` of such, of different runs; the p-value is 1
over it. Or ``tails`` of m games: m times the least P(Binomial(n, b) >= wins).

**Sets of behaviors** of a Bell scenario: local, no-signaling, or quantum by a level of the NPA hierarchy, which is
given as the lengths of its words of projectors, for each party; the words, and which moments ⟨w† w'⟩ are equal or 0,
are derived here. A functional is at most its largest value on deterministic strategies; on no-signaling behaviors b
where it and a table of slacks >= 0 sum to b; on quantum ones, where L Lᵀ (rows of L: integers times 2^-bits) is b minus
the functional, up to moments of which each counts with the size of its coefficient. An irrational functional has a
rational one above it. A visibility: f <= b on the set and f >= c on the noise prove v <= (b - c) / (f(p) - c). In other
graphs each node that responds is a party, its settings the configurations of its parents. Limits, numbers of words that
sum to at most l or just to it, have multipliers y: what bounds f - y (form), plus y l, bounds f.

**Common causes** that are quantum (words as above) or do not signal: max_λ r(λ) of the inequality is replaced by the
largest value on the set of r, which must be a sum of products of one response of each node: then it is one of words.

**Guessing.** The measure names outputs, the settings at which they are guessed, edges along which boxes may signal, and
limits of M, of p(settings|λ) (``lower``, ``upper``) and of edges. Boxes are tables over outputs, then inputs; the
marginal of outputs without edge from an input does not vary with it: an equation for each input, values of these
outputs, settings of the other inputs, and value > 0 of the input. Then rows p(b, …|x, …) − p(b, …|x', …) − cost <= 0
for each edge, setting of the others, pair x, x', b (only 0 of two), and values of the outputs that x does not reach;
the same for several edges from one input together, with the sum of their costs. Tables p(settings|λ), sorted: all
entries but one are at a bound, at 0 or, where M has a limit, at p(settings). With z for the data over p(outputs,
settings), shares of M and of the edges, and for each table π and each guess multipliers y of the rows, what is left of
π (gain − z) − share cost must have maxima over the outcomes that sum, over the settings, to at most 0. The gain is
1/p(settings) where the guess is right. Of a quantum adversary (``quantum guessing``) the boxes are those of a level of
the NPA hierarchy; for each table and guess a sum of squares bounds π (gain − z) on them by β, and the guess is right
with a probability of at most what data and limits cost, plus the largest β − share cost.

**Format**: JSON without floats. A number is "-3/7" or, in data, limits and claims, ["a", "b"] for a + b√root. What
exceeds the limits of the verifier is refused, so that every check ends within about a minute and 1 GiB of memory.
"""

from __future__ import annotations

from pathlib import Path

from .bits import BitsCase, BitsEvidenceCase, limits_bits
from .causes import CauseCase
from .curves import CURVE, Curve
from .dependences import DependenceCase
from .distances import BESIDE, DistanceCase, has_distance
from .entropies import EntropyCase, InformationCase
from .evidence import EvidenceCase
from .factorized import FactorizedDependenceCase, FactorizedInformationCase
from .families import FAMILY, Family
from .files import read_file
from .guessing import GuessingCase
from .independent import IndependentCase
from .kernel import SCHEMA, Case
from .messages import MessageCase
from .networks import NetworkCase
from .quantum_guessing import QuantumGuessingCase
from .reading import Json, Real, with_numbers
from .refusals import Refused, printable
from .sets import FunctionalCase, VisibilityCase
from .strengths import StrengthCase
from .wording import digest

_KINDS = {
    "binary entropy": EntropyCase, "common cause": CauseCase, "dependence": DependenceCase,
    "evidence": EvidenceCase, "functional": FunctionalCase,
    "guessing": GuessingCase, "quantum guessing": QuantumGuessingCase,
    "factorized dependence": FactorizedDependenceCase, "factorized mutual information": FactorizedInformationCase,
    "independent": IndependentCase, "message entropy": MessageCase,
    "mutual information": InformationCase, "nonbilocality": NetworkCase, "strength": StrengthCase,
    "visibility": VisibilityCase,
}  # fmt: skip


def verify_file(path: str | Path) -> str:
    """Return what the certificate in a file proves; raise `Refused` otherwise."""
    return verify(read_file(Path(path)))


def verify(data: Json) -> str:
    """Return what a certificate, read from JSON, proves, as a sentence; raise `Refused` otherwise.

    The sentence is in ASCII, so that no name can pass for another or change the direction of writing.
    """
    if is_family(data):
        return printable(Family(data, case_class).verdict())
    return printable(Curve(data, read_case).verdict() if is_curve(data) else read_case(data).verdict())


def is_family(data: Json) -> bool:
    """Return whether data say that they are the certificate of a curve along a polynomial family."""
    return type(data) is dict and data.get("schema") == FAMILY


def is_curve(data: Json) -> bool:
    """Return whether data say that they are the certificate of a curve."""
    return type(data) is dict and data.get("schema") == CURVE


def read_case(data: Json, work: int = 0) -> Case:
    """Return the certificate of one solution, or of infeasibility, unchecked; `work` was spent before."""
    return case_class(data)(with_numbers(data), work)


def case_class(data: Json) -> type[Case]:
    """Return what reads a certificate."""
    measure = data.get("measure") if type(data) is dict else None
    kind = measure.get("kind") if type(measure) is dict else None
    name = kind if type(kind) is str else ""
    if has_distance(data):
        return BESIDE.get(name, DistanceCase)
    if limits_bits(data):
        return BitsEvidenceCase if name == "evidence" else BitsCase
    return _KINDS.get(name, Case)


def digests(data: Json) -> tuple[str, ...]:
    """Return the digest of data and settings: one, or those of the first and the last end of a curve."""
    if is_family(data):
        return (digest(Family(data, case_class).case),)
    if not is_curve(data):
        case = read_case(data)
        return (case.functional_digest() if isinstance(case, FunctionalCase) else digest(case),)
    curve = Curve(data, read_case)
    return digest(curve.first), digest(curve.last)


__all__ = [
    "CURVE", "FAMILY", "SCHEMA", "Case", "Real", "Refused", "digest", "digests", "is_family", "printable", "read_case",
    "read_file", "verify", "verify_file",
]  # fmt: skip
