r"""Certificates as proofs in LaTeX: what the verifier computes, written out so that it can be read and checked by hand.

The text needs ``amsmath`` and environments ``proposition`` and ``proof`` (``amsthm``). The numbers are those that the
verifier finds; the theorems cited are those of the page *Theorems*, whose proofs are repeated where they are short.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from relaxbell.behavior.names import name_latex
from relaxbell.certificate.latex_bounds import LISTED, bound_body, entropy_body, is_loose
from relaxbell.certificate.latex_factorized import factorized_body, factorized_definition
from relaxbell.certificate.latex_mixtures import (
    fraction_words,
    functions_latex,
    graph_latex,
    heads_latex,
    strategies_latex,
)
from relaxbell.certificate.latex_text import (
    LEAF,
    array_of,
    cell_names,
    measure_text,
    names_text,
    numbers_text,
    real_text,
    sum_of,
    words,
)
from relaxbell.verify.causes import CauseCase
from relaxbell.verify.curves import Curve
from relaxbell.verify.dependences import DependenceCase
from relaxbell.verify.elimination import strategy
from relaxbell.verify.entropies import EntropyCase
from relaxbell.verify.evidence import EvidenceCase
from relaxbell.verify.factorized import FactorizedCase
from relaxbell.verify.guessing import GuessingCase
from relaxbell.verify.independent import IndependentCase
from relaxbell.verify.kernel import Case
from relaxbell.verify.measures import Measure
from relaxbell.verify.messages import MessageCase
from relaxbell.verify.networks import NetworkCase
from relaxbell.verify.quantum_guessing import QuantumGuessingCase
from relaxbell.verify.reading import fields
from relaxbell.verify.sets import FunctionalCase, VisibilityCase
from relaxbell.verify.strengths import StrengthCase

_REFERRED: dict[type[Case], str] = {
    NetworkCase: "a tree of boxes with polynomials",
    IndependentCase: "facts about independent groups of nodes, and their multipliers in each box of a cover",
    EvidenceCase: "exact sums over all trials",
    GuessingCase: "multipliers of what is equal in a box without signaling, for each extreme table of the settings",
    QuantumGuessingCase: "a sum of squares of moments for each extreme table of the settings and each guess",
    MessageCase: "a list of inequalities for the distribution of the message, of which the vertices are found",
    CauseCase: "multipliers as of a linear program, with a sum of squares of moments or a table of slacks",
    FunctionalCase: "a sum of squares of moments, a table of slacks, or the list of deterministic strategies",
    VisibilityCase: "a functional with its bounds on the set and on the noise",
    StrengthCase: "a test factor with the bound of its mean over all models",
}
"""What proofs are, that are in the file."""


def case_latex(case: Case, sentence: str) -> str:
    """Return the proof of one certificate that the verifier has granted."""
    if isinstance(case, tuple(_REFERRED)) or (isinstance(case, DependenceCase) and case.has_flows(case.proof)):
        return _by_reference(case, sentence)
    claim = _claim(case)
    if isinstance(case, FactorizedCase):
        return _environments(_proposition(case, claim), [_models(case), *factorized_body(case)])
    body = list(entropy_body(case)) if isinstance(case, EntropyCase) else list(bound_body(case, case.proof))
    reached = [] if case.strategies is None else list(_reached(case))
    return _environments(_proposition(case, claim), [_models(case), *body, *reached])


def curve_latex(curve: Curve, read_at: bool, cases: Sequence[tuple[Case, Case]]) -> str:
    """Return the proof of a curve that the verifier has granted: a line between corners."""
    ends = curve.ends
    corners = ",\\ ".join(
        rf"\left({real_text(t)},\, {real_text(value)}\right)" for t, value, _ in [*ends[::2], ends[-1]]
    )
    first = cases[0][0]
    if isinstance(first, NetworkCase):
        return _by_reference(first, curve.verdict())
    statement = [
        rf"Let $m = {measure_text(first.measure)}$, and let all given numbers be affine in $t$. For models with "
        rf"{graph_latex(first.model)} the least value of $m$ is affine in $t$ between the corners $(t, m)$",
        rf"\[ {corners}. \]",
        *_definitions(first),
        *itertools.chain.from_iterable(
            [rf"At $t = {real_text(t)}$ the models {'are' if is_loose(end) else 'have'}", *_given(end)]
            for t, end in ((ends[0][0], first), (ends[-1][0], cases[-1][1]))
        ),
    ]
    if read_at:
        statement.append("That the data are affine in $t$ between the places where they were read is assumed.")
    body = [_models(first)]
    for k, (low, high) in enumerate(cases):
        t, u = ends[2 * k][0], ends[2 * k + 1][0]
        body += [
            rf"\emph{{Between $t = {real_text(t)}$ and $t = {real_text(u)}$.}}",
            *bound_body(low, low.proof),
            rf"For the data at $t$ the right-hand side is affine in $t$, ${real_text(low.proven())}$ at "
            rf"$t = {real_text(t)}$ and ${real_text(high.proven())}$ at $t = {real_text(u)}$. Both are attained by "
            "distributions listed in the certificate, and so is every value between: mixtures of the two have the data "
            "at $t$ between, and $m$ is convex.",
        ]
    return _environments(statement, body)


# ------------------------------------------------------------------------- parts


def family_latex(sentence: str) -> str:
    """Return what the certificate of a curve along a polynomial family says: its proofs are too long for a text."""
    proof = (
        "By the accompanying certificate: on each interval one dual vector, which does not depend on the parameter, "
        "and weights that are polynomials in it, not negative there by Sturm's theorem, of equal value. "
        r"\texttt{relaxbell verify} checks it in exact arithmetic."
    )
    return _environments([words(f"{sentence[0].upper()}{sentence[1:]}.")], [proof])


def _environments(statement: Iterable[str], body: Iterable[str]) -> str:
    lines = [r"\begin{proposition}", *statement, r"\end{proposition}", r"\begin{proof}", *body, r"\end{proof}", ""]
    return "\n".join(lines)


def _by_reference(case: Case, sentence: str) -> str:
    """Return a statement whose proof is in the file: boxes of polynomials, sums over trials, flows are too long."""
    kind = "a flow between settings for each function of the latent variable"
    for of, text in _REFERRED.items():
        kind = text if isinstance(case, of) else kind
    return _environments(
        [f"{words(sentence[0].upper() + sentence[1:])}."],
        [
            rf"The proof is {kind}, whose numbers are in the certificate file. They were checked in exact arithmetic "
            r"by \texttt{python verify FILE} of relaxbell, which needs Python's standard library only; what it "
            "evaluates is proved on the page \\emph{Theorems} of its documentation."
        ],
    )


def _claim(case: Case) -> str:
    if case.infeasible:
        return ""
    lower = case.real(fields(case.claim, "the claim", "lower_bound", optional=("upper_bound",))[0], "the lower bound")
    if _is_negative(case):
        return rf"{measure_text(case.measure.parts[0])} \;\le\; {real_text(lower * -1)}"
    return rf"{_name(case)} \;\ge\; {real_text(lower)}"


def _is_negative(case: Case) -> bool:
    """Return whether what is bounded below is the negative of a query: then that is bounded above."""
    own = case.measure
    return own.kind == "sum" and len(own.parts) == 1 and own.factors[0] == -1 and not isinstance(case, EntropyCase)


def _name(case: Case) -> str:
    text = measure_text(case.measure)
    return rf"h\!\left({text}\right)" if isinstance(case, EntropyCase) else text


def _proposition(case: Case, claim: str) -> Iterator[str]:
    given = _given(case)
    if case.infeasible:
        yield f"No model with {graph_latex(case.model)} {'' if is_loose(case) else 'has '}{given[0]}"
        yield from given[1:]
        return
    yield f"Every model with {graph_latex(case.model)} {_that(case)}{given[0]}"
    yield from given[1:]
    yield rf"satisfies \[ {claim}{'' if case.strategies is None else _attained(case)}. \]"
    yield from _definitions(case)


def _that(case: Case) -> str:
    return "" if is_loose(case) and not case.constraints else "that " if is_loose(case) else "that has "


def _attained(case: Case) -> str:
    upper = case.real(case.claim["upper_bound"], "the upper bound")
    lower = case.real(case.claim["lower_bound"], "the lower bound")
    return (
        r",\quad\text{with equality for one of them}"
        if not (upper - lower).sign()
        else (rf",\quad\text{{and one of them has }} {real_text(upper * -1 if _is_negative(case) else upper)}")
    )


def _given(case: Case) -> list[str]:
    model, limits = case.model, [rf"${measure_text(m)} \le {real_text(h)}$" for m, h in case.constraints]
    also = f"{', '.join(limits)} and " if limits else ""
    if is_loose(case):
        also = f"{'has ' * bool(limits)}{', '.join(limits)}{', ' * bool(limits)}compared with "
    settings = (
        "" if len(set(model.distribution)) == 1 else f" and input distribution $({numbers_text(model.distribution)})$"
    )
    if case.behavior is None:
        lines = [rf"{also}the values{settings}", r"\begin{align*}"]
        for k, (c, v) in enumerate(case.values, 1):
            lines.append(
                rf"v_{{{k}}} &= {sum_of(zip(c, map(cell_names(model), range(model.cells)), strict=True))} = "
                rf"{real_text(v)}\\"
            )
        return [*lines, r"\end{align*}"]
    if model.cells > LISTED:
        return [f"{also}the {model.cells} probabilities $p$ of the certificate{settings}"]
    rows = [case.behavior[i : i + model.settings] for i in range(0, model.cells, model.settings)]
    table = r"\\ ".join(" & ".join(map(real_text, row)) for row in rows)
    return [
        f"{also}the probabilities{settings}",
        rf"\[ p = \begin{{pmatrix}} {table} \end{{pmatrix}} \]",
        rf"(rows: values of ${names_text(model.outputs)}$, columns: of ${names_text(model.inputs)}$, "
        "the last changing fastest)"
        if model.inputs
        else rf"(rows: values of ${names_text(model.outputs)}$, the last changing fastest)",
    ]


def _models(case: Case) -> str:
    model = case.model
    table = f"p({','.join(map(name_latex, [*model.outputs, *model.dependent]))}"
    table += rf"\mid {','.join(map(name_latex, model.free))})" if model.free else ")"
    return (
        f"Noise of a node is made part of a latent parent. {strategies_latex(model)} "
        r"A model is a probability distribution $q$ over "
        rf"strategies, and ${table} = \sum_\lambda q(\lambda)$ over those that visit the cell: $Tq$ for short."
    )


def _reached(case: Case) -> Iterator[str]:
    listed = [(int(n), case.real(weight, "a weight")) for n, weight in case.strategies]
    model = case.model
    data = "are normalized" if is_loose(case) else "reproduce the data"
    yield rf"These weights are positive, {data}, and have $m = {real_text(case.reached())}$:"
    if len(listed) > LISTED:
        yield f"the {len(listed)} listed in the certificate."
        return
    heads = [*heads_latex(model), "q"]
    yield array_of(heads, [" & ".join([*functions_latex(model, strategy(model, n)), real_text(w)]) for n, w in listed])
    yield "A function is written as its values, the last parent changing fastest."


def _definitions(case: Case) -> Iterator[str]:
    """Yield what the measures are, each kind once."""
    kinds = dict.fromkeys(_leaves([case.measure, *(m for m, _ in case.constraints)]))
    for text in kinds:
        match = LEAF.fullmatch(text)
        kind = None if match is None else match[1] or match[4] or "p"
        if match is not None and kind in ("C", "TV"):
            who = f"$\\mathrm{{{kind}}}({name_latex(match[2])} \\to {name_latex(match[3])})$"
            node = name_latex(match[3])
            event = f"exactly one of the two values of ${node}$ is $w$" if kind == "C" else f"${node}$ changes"
            over = "$w$, pairs of values" if kind == "C" else "pairs of values"
            yield (
                f"({who} is the largest probability, over {over} of ${name_latex(match[2])}$ and values of the other "
                f"parents, that {event} when ${name_latex(match[2])}$ is changed.)"
            )
        elif kind == "M":
            formula = r"\sum_{x,\Lambda} |q(x,\Lambda) - p(x) q(\Lambda)|"
            yield rf"($M = {formula}$, $\Lambda$: all functions but the settings.)"
        elif kind == "Hall":
            yield r"($\mathrm{Hall} = \max_{x, x'} \sum_\Lambda |q(\Lambda|x) - q(\Lambda|x')|$.)"
        elif kind == "I":
            yield r"($I$ is the mutual information, in bits, of settings $x$ and all other functions $\Lambda$.)"
        elif fraction_words(text):
            yield f"({words(text)}: {fraction_words(text)}.)"
        elif text.startswith("factorized "):
            yield factorized_definition(text)
        elif text.startswith("TV(") and text.endswith("distance from the data)"):
            over = "their mean over the settings" if "mean" in text else "the largest of them"
            yield rf"({words(text)}: of the total variations $\frac{{1}}{{2}} \sum |p - Tq|$ at each setting, {over}.)"
        elif kind is None:
            yield f"({words(text)}: rows stated in the certificate.)" if text != "0" else ""


def _leaves(measures: Iterable[Measure]) -> Iterator[str]:
    for measure in measures:
        if measure.parts:
            yield from _leaves(measure.parts)
        elif measure.text != "0":
            yield measure.text
