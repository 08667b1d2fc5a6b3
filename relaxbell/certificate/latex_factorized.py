r"""Certificates of factorized measurement dependence in LaTeX: the inequality, and what the bisection is of."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from relaxbell.behavior.names import name_latex
from relaxbell.certificate.latex_text import cell_names, measure_text, number_text, real_text, sum_of
from relaxbell.verify.dependences import cell_sums
from relaxbell.verify.factorized import FactorizedCase, FactorizedInformationCase
from relaxbell.verify.reading import Real, fields, rationals


def factorized_definition(text: str) -> str:
    """Return what a measure of factorized dependence is, in words."""
    kind = "D(u v \\,\\|\\, p)" if text.startswith("factorized I") else "\\sum_{x,y} |u_x v_y - p(x,y)|"
    who = "I" if text.startswith("factorized I") else "M"
    return (
        r"(A model is a mixture of pairs of a strategy of the other nodes and a product $u v$ of distributions of "
        rf"both settings, and ${who}_{{\mathrm{{fact}}}}$ is the mean of ${kind}$"
        f"{', in bits' if who == 'I' else ''}.)"
    )


def factorized_body(case: FactorizedCase) -> Iterator[str]:
    """Yield the inequality that a proof gives, and why it holds."""
    z, _, _, given = fields(case.proof, "the proof", "z", "weights", "constraints", "margin")
    multipliers, (margin,) = rationals(z, "z", len(case.equations)), rationals([given], "the margin")
    _, constant = cell_sums(case, z)
    model = case.model
    x, y = map(name_latex, model.dependent)
    what = measure_text(case.measure)
    yield rf"Let $m = {what}$, $u$ and $v$ distributions of ${x}$ and ${y}$, $\Lambda$ the functions of the others, and"
    yield r"$r(x,y,\Lambda) = \sum_i z_i\,(\text{coefficient of } q(x,y,\Lambda) \text{ in the } i\text{th datum})$."
    yield r"All $\Lambda$, $u$, $v$ have"
    cost = r"D(u v\,\|\,p)" if isinstance(case, FactorizedInformationCase) else r"\sum_{x,y} |u_x v_y - p(x,y)|"
    yield rf"\[ \sum_{{x,y}} u_x v_y\, r(x,y,\Lambda) - {cost} \;\le\; {number_text(margin)}. \]"
    yield from (_information() if isinstance(case, FactorizedInformationCase) else _dependence())
    chance = [model.conditional[cell % model.settings] for cell in range(model.cells)]
    fixed, terms = Fraction(0) - margin, list[tuple[Fraction, str]]()
    for i, (multiplier, (_, value)) in enumerate(zip(multipliers, case.equations, strict=True)):
        if i >= len(multipliers) - model.settings:
            fixed += multiplier * value.a
        elif case.behavior is None:
            terms.append((multiplier, f"v_{{{i + 1}}}"))
        else:
            terms.append((multiplier * chance[i], cell_names(model)(i)))
    yield "The mean over the mixture is, for all data,"
    yield rf"\[ \begin{{aligned}} m \;\ge\;& {sum_of(terms, Real(fixed), breaks=True)}. \end{{aligned}} \]"
    found = constant - Real(margin)
    if found < Real():
        yield "For the given data the right-hand side is negative, and $m$ is not."
    else:
        yield rf"For the given data the right-hand side is ${real_text(found)}$."


def _information() -> Iterator[str]:
    yield (
        r"For given $v$ the best $u$ and functions follow in closed form: the left-hand side is at most $f(v) + H(v)$ "
        r"with $f(v) = \log_2 \sum_x 2^{\max \sum_y v_y (r + \log_2 p)}$, which is convex, and $H(v) \le -\sum_y v_y "
        r"\log_2 c_y$ for every distribution $c$. So on a part of the simplex of $v$, $c$ in its middle, the corners "
        r"bound it. The verifier, \texttt{python verify FILE} of relaxbell, cuts the simplex until every part is "
        "decided, in 32 digits with rounding errors subtracted."
    )


def _dependence() -> Iterator[str]:
    yield (
        r"For any $s$ with $|s(x,y)| \le 1$ the left-hand side is at most $\sum u_x v_y r - \sum s\,(u_x v_y - p)$, "
        r"which is linear in $u$ and in $v$, and largest at corners. The verifier, \texttt{python verify FILE} of "
        r"relaxbell, cuts the product of both simplices until every part is decided, in whole numbers."
    )
