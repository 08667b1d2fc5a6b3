r"""Bounds in LaTeX: the inequality that a proof gives, and the table of strategies behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

from relaxbell.certificate.latex_mixtures import (
    functions_latex,
    heads_latex,
)
from relaxbell.certificate.latex_text import (
    LEAF,
    array_of,
    cell_names,
    influence_rows,
    measure_text,
    number_text,
    real_text,
    sum_of,
)
from relaxbell.verify.bits import BitsCase
from relaxbell.verify.dependences import cell_prices
from relaxbell.verify.distances import Deviation, DistanceCase
from relaxbell.verify.elimination import strategy
from relaxbell.verify.entropies import EntropyCase, InformationCase
from relaxbell.verify.kernel import Case
from relaxbell.verify.measures import Charges, Measure, charge
from relaxbell.verify.model import Functions, Model
from relaxbell.verify.reading import Json, Real, array, common_denominator, fields, rationals

LISTED = 64
"""Strategies, or cells, that are listed one by one."""

_COUNTED = 2**12
"""Strategies of which it is counted how often each value occurs."""


def is_loose(case: Case) -> bool:
    """Return whether models are compared with the data, and need not have them."""
    return isinstance(case, DistanceCase)


def bound_body(case: Case, proof: Json, sign: int = 1) -> Iterator[str]:
    """Yield the inequality that a proof gives, and why it holds."""
    model = case.model
    found = case.bound(proof, sign)  # reads the rows of a dependence, where it has some
    z, weights, duals = fields(proof, "the proof", "z", "weights", "constraints")
    multipliers = rationals(z, "z", len(case.equations))
    charges: Charges = []
    w = charge(case.measure, weights, Fraction(sign), charges)
    shares = []
    for (measure, limit), dual in zip(case.constraints, array(duals, "constraints"), strict=True):
        number, own = fields(dual, "a constraint in the proof", "multiplier", "weights")
        (share,) = rationals([number], "a multiplier")
        if not (isinstance(case, BitsCase) and measure is case.bits_measure):
            w += charge(measure, own, share, charges)
        shares.append((share, measure, limit))
    prices, constant = cell_prices(case, proof)
    limits = sum((limit * -share for share, _, limit in shares), Real())
    top = (constant + limits - found).a  # rational: the largest r
    name = "m" if sign > 0 else "-m"
    what = measure_text(case.measure)
    if not case.infeasible:
        yield rf"Let $m = {what}$."
    yield from _support(case, charges, "0" if case.infeasible else name)
    if any(share for share, *_ in shares):
        text = ", ".join(rf"{number_text(s)} \cdot {measure_text(m)}" for s, m, _ in shares if s)
        yield rf"The constraints have the multipliers $\mu_j \ge 0$ in ${text}$."
    if is_loose(case):
        yield (
            r"For each setting $x$ let $t_x = \sum (p - Tq)^+$ over its cells (times the probability of dependent "
            r"settings). There $\sum (p - Tq) = 0$, so $\langle z, p - Tq \rangle \le \sum_x (\max z - \min z)\, t_x$, "
            r"and at each $x$ the multipliers $z$ of the data vary by no more than the weights $u$ of the distances, "
            r"times the weight of $x$ in them: the measures are at least $\langle z, p - Tq \rangle$ and what $g$ adds."
        )
    yield _maximum(case, w, top)
    yield from _strategies(case, prices, charges, w)
    fixed = -top
    terms: list[tuple[Fraction, str]] = []
    chance = [model.conditional[cell % model.settings] for cell in range(model.cells)]
    for i, multiplier in enumerate(multipliers):
        value = case.equations[i][1]
        if i < len(multipliers) - model.settings:
            if case.behavior is None:
                terms.append((multiplier, f"v_{{{i + 1}}}"))
            else:
                terms.append((multiplier * chance[i], cell_names(model)(i)))
        else:
            fixed += multiplier * value.a
    rest = Real(fixed) + limits
    left = "0" if case.infeasible else name
    formula = sum_of(terms, rest, breaks=True)
    yield r"Multiplying by $q(\lambda)$ and summing over all strategies gives, for all data,"
    yield rf"\[ \begin{{aligned}} {left} \;\ge\;& {formula}. \end{{aligned}} \]"
    if case.infeasible:
        yield rf"For the given data the right-hand side is ${real_text(found)} > 0$, a contradiction."
    else:
        yield rf"For the given data the right-hand side is ${real_text(found)}$."


def _gain(charges: Charges, number: int, functions: Functions) -> Fraction:
    return sum(
        (u[row] * coefficient for m, u in charges for row, coefficient in m.column(number, functions)), Fraction(0)
    )


def _support(case: Case, charges: Charges, name: str) -> Iterator[str]:
    """Yield the row g that supports the measures."""
    if all(isinstance(m, Deviation) for m, _ in charges):
        yield "No rows of measures are needed in what follows: $g = 0$."
        return
    extra = r" + \sum_j \mu_j m_j" if case.constraints else ""
    yield (
        rf"Weights $u_i$ of the rows $a_i$ of a measure with $\sum_G \max_{{i \in G}} |u_i| \le s$ support its share "
        rf"$s$: $\sum_i u_i (a_i \cdot q) \le \sum_G \max_G |u_i| \sum_G |a_i \cdot q| \le s \cdot$ the measure. So "
        rf"${name}{extra} \ge \sum_\lambda g(\lambda) q(\lambda)$, with $g(\lambda)$ the sum of"
    )
    rows = [(m, u) for m, u in charges if not isinstance(m, Deviation)]
    said = list(itertools.chain.from_iterable(_weighted(case.model, m, u) for m, u in rows))
    if len(said) <= LISTED:
        yield r"\begin{itemize}"
        yield from (rf"\item {text}," for text in said)
        yield r"\end{itemize}"
    else:
        yield f"{len(said)} rows with the weights of the certificate."


def _weighted(model: Model, measure: Measure, u: Sequence[Fraction]) -> Iterator[str]:
    """Yield what a row with a weight contributes to g, in words."""
    match = LEAF.fullmatch(measure.text)
    if match is not None and match[1]:
        for weight, text in zip(u, influence_rows(model, match[1], match[2], match[3]), strict=True):
            if weight:
                yield rf"${number_text(weight)}$ where {text}"
    elif not measure.groups:
        yield rf"${number_text(u[0])}$ times ${measure_text(measure)}$ at $\lambda$"
    else:
        for i, weight in enumerate(u, 1):
            if weight:
                yield rf"${number_text(weight)}$ times row {i} of ${measure_text(measure)}$"


def _maximum(case: Case, w: Fraction, top: Fraction) -> str:
    first = (
        r"Let $r(\lambda) = \sum_i z_i\, (\text{coefficient of } q(\lambda) \text{ in the } i\text{th datum}) "
        r"- g(\lambda)$. "
    )
    if isinstance(case, InformationCase):
        return first + (
            r"With $\lambda = (x, \Lambda)$ and $I = \sum_\Lambda q(\Lambda) D(q(\cdot|\Lambda)\,\|\,p)$, Gibbs' "
            r"inequality $\sum_x q(x|\Lambda) r - D \le \log_2 \sum_x p(x) 2^{r(x,\Lambda)}$ gives "
            rf"$r \cdot q - I \le \max_\Lambda \log_2 \sum_x p(x) 2^{{r(x,\Lambda)}} \le {number_text(top)}$, "
            "rounded up."
        )
    if isinstance(case, BitsCase) and case.share:
        mu = number_text(case.share)
        return first + (
            rf"Let $\mu = {mu}$ be the multiplier of $I$. With $\lambda = (x, \Lambda)$ and "
            r"$I = \sum_\Lambda q(\Lambda) D(q(\cdot|\Lambda)\,\|\,p)$, Gibbs' inequality "
            r"$\sum_x q(x|\Lambda) r - \mu D \le \mu \log_2 \sum_x p(x) 2^{r(x,\Lambda)/\mu}$ gives "
            r"$r \cdot q - \mu I \le \mu \max_\Lambda \log_2 \sum_x p(x) 2^{r(x,\Lambda)/\mu} \le "
            rf"{number_text(top)}$, rounded up."
        )
    if w:
        return first + (
            rf"Let $w = {number_text(w)}$ be the share of $M$. With $\lambda = (x, \Lambda)$, $R(\Lambda) = \max_x "
            r"r(x, \Lambda)$: $r \cdot q - w M \le \max_\Lambda \sum_x p(x) \max(r(x,\Lambda), R(\Lambda) - 2w)$. For "
            r"it suffices one $\Lambda$ with $\pi(x) = q(x|\Lambda)$: let $a = \min(\pi, p)$, $b = \pi - a$, "
            r"$c = p - a$, so that $\sum b = \sum c = \delta$ and $\sum |\pi - p| = 2\delta$; then $\sum \pi r - "
            r"2 w \delta \le \sum a r + \delta (R - 2w) = \sum (a r + c (R - 2w)) \le \sum p \max(r, R - 2w)$. "
            rf"The maximum over $\Lambda$ is ${number_text(top)}$."
        )
    return first + rf"For every strategy $r(\lambda) \le {number_text(top)}$:"


def _strategies(case: Case, prices: list[Fraction], charges: Charges, w: Fraction) -> Iterator[str]:
    """Yield a table of r(λ); of many strategies how often each value occurs, of very many how the largest is found."""
    model = case.model
    if model.count > _COUNTED:
        yield (
            "(They are too many to be listed: the verifier finds the largest $r$ by eliminating one variable after the "
            "other, each a node with values of its parents.)"
        )
        return
    scale = common_denominator(itertools.chain(prices, *(u for _, u in charges), [w]))
    listed = [
        (functions := strategy(model, number), Fraction(r) / scale, _gain(charges, number, functions))
        for number, r in case.reduced(prices, charges, scale)
    ]
    if model.count <= LISTED:
        lines = [
            " & ".join([*functions_latex(model, functions), number_text(r + g), number_text(g), number_text(r)])
            for functions, r, g in listed
        ]
        yield array_of([*heads_latex(model), r"\textstyle\sum z", "g", "r"], lines)
        return
    counts: dict[Fraction, int] = {}
    for _, r, _ in listed:
        counts[r] = counts.get(r, 0) + 1
    if len(counts) <= LISTED:
        yield array_of(["r", r"\text{strategies}"], [f"{number_text(r)} & {n}" for r, n in sorted(counts.items())])
    else:
        yield rf"($r$ takes {len(counts)} values at {len(listed)} strategies; the verifier computes all of them.)"


def entropy_body(case: EntropyCase) -> Iterator[str]:
    """Yield both bounds of p(m≠0), and what they say of its entropy."""
    least, largest = fields(case.proof, "the proof", "least", "largest")
    yield from bound_body(case, least)
    yield "From above, likewise:"
    yield from bound_body(case, largest, -1)
    yield (
        r"So $m$ is in an interval, and the binary entropy $h$ is concave: its least value is at an end of it, at "
        rf"least ${real_text(case.proven())}$."
    )
