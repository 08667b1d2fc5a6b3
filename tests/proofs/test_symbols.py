"""A formula is about its parameter: symbols that are none are refused, and names decide, not assumptions."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy
from sympy import Max, Rational, Symbol, sqrt

import relaxbell as rb

HALF = Rational(1, 2)
S, V = Symbol("S"), Symbol("v")
XB = rb.influence(rb.input_signaling(), "X", "B")
PR, NOISE = rb.boxes.pr(), rb.boxes.pr().white_noise()
LINE = (NOISE, PR)
SQUARES = lambda v: NOISE.exact + (PR.exact - NOISE.exact) * v**2  # noqa: E731
CHAIN = [rb.Observed([(rb.catalog.CHSH, v)], nonsignaling=True) for v in (2, 4)]


@pytest.mark.parametrize(
    ("formula", "domain", "options"),
    [
        (Max(0, (S - 2) / 4), LINE, {"parameter": V}),  # right, if S is CHSH
        (Max(0, S - HALF), LINE, {"parameter": V}),  # right, if S were the visibility
        (Max(0, S - HALF), LINE, {"parameter": "v"}),
        (Max(0, S - HALF), LINE, {}),
        (Max(0, V - HALF) + 0 * S + (S - S**2), LINE, {"parameter": V}),
        (Max(0, S**2 - HALF), SQUARES, {"parameter": V}),
        (Max(0, S**2 - HALF), lambda v: PR.visibility(v**2), {"parameter": V}),
        ((S - 2) / 4, CHAIN, {}),
        ((S - 2) / 4, CHAIN, {"parameter": V}),
        (Max(0, S - HALF), {0: NOISE, 1: PR}, {"parameter": V}),
    ],
)
def test_symbols_that_are_no_parameter(formula, domain, options):
    with pytest.raises(
        rb.errors.ProofError, match=r"the formula has the symbol S, expected one: the parameter .*subs\(S, …\)"
    ):
        rb.prove(XB, formula, domain, **options)


def test_what_the_remedies_say_is_accepted():
    chsh = rb.catalog.CHSH(NOISE.exact + (PR.exact - NOISE.exact) * V)
    formula = Max(0, (S - 2) / 4)
    assert rb.prove(XB, formula.subs(S, chsh), LINE, parameter=V).status == "proved"
    assert rb.prove(XB, rb.Maximum(0, (rb.catalog.CHSH - 2) / 4), LINE, parameter=V).status == "proved"
    assert rb.prove(XB, Max(0, S - HALF), LINE, parameter=S).status == "proved"
    assert rb.prove(XB, (S - 2) / 4, CHAIN, parameter=S).status == "proved"
    for symbol in (Symbol("CHSH"), Symbol("t"), Symbol("t", real=True)):  # of a parameter that was given no name
        assert rb.prove(XB, (symbol - 2) / 4, CHAIN).status == "proved"


@pytest.mark.parametrize("assumed", [{}, {"real": True}, {"positive": True}, {"nonnegative": True}])
def test_names_decide_not_assumptions(assumed):
    v = Symbol("v", **assumed)
    for parameter in ("v", V, Symbol("v", real=True)):
        assert rb.prove(XB, Max(0, v - HALF), LINE, parameter=parameter).status == "proved"
        assert rb.prove(XB, Max(0, v - Rational(1, 3)), LINE, parameter=parameter).status == "refuted"
    mixed = Max(0, v / 2 + Symbol("v", finite=True) / 2 - HALF)  # two symbols, one name
    assert rb.prove(XB, mixed, LINE, parameter="v").status == "proved"


@pytest.mark.parametrize(
    "assumed",
    [{"integer": True}, {"negative": True}, {"rational": True}, {"irrational": True}, {"imaginary": True}],
    ids=lambda a: next(iter(a)),
)
def test_assumptions_that_the_parameter_does_not_obey(assumed):
    """√(v²) of a negative v is −v, and ⌊v⌋ of a whole one v: sympy has replaced them before anybody asks."""
    v = Symbol("v", **assumed)
    with pytest.raises(rb.errors.ProofError, match=r"is assumed to be .* from 0 to 1.*real=True"):
        rb.prove(XB, sqrt(v**2) * v - HALF, LINE, parameter="v")


def test_functions_of_the_parameter():
    assert rb.prove(XB, Max(0, V**2 - HALF), SQUARES, parameter=V).status == "proved"
    assert rb.prove(XB, Max(0, V**2 - HALF), SQUARES, parameter=V, over=(HALF, 1)).status == "proved"
    assert rb.prove(XB, V**2 - HALF, SQUARES, parameter=V, over=(Fraction(3, 4), 1)).status == "proved"
    wrong = rb.prove(XB, Max(0, V - HALF), SQUARES, parameter=V)
    assert wrong.status == "refuted"
    found = wrong.counterexample
    assert rb.minimize(XB, found.observed).exact == found.least
    assert rb.prove(XB, rb.Maximum(0, *rb.catalog.CH.relabelings()), SQUARES, over=(HALF, 0.9)).status == "proved"


def test_a_function_of_numbers_is_compared_where_it_was_read():
    family = lambda v: PR.visibility(Fraction(v) ** 2)  # noqa: E731
    verdict = rb.prove(XB, Max(0, V**2 - HALF), family, parameter=V)
    assert (verdict.status, verdict.points) == ("exact at points", 7)
    assert rb.prove(XB, Max(0, V - HALF), family, parameter=V).status == "refuted"
    line = rb.curve(XB, family, parameter=V)
    assert "assumed between" in rb.prove(line, Max(0, V**2 - HALF)).claim
    assert "assumed between" in rb.fit(line).kind


def test_curves_whose_parameter_has_no_symbol():
    model = rb.bell().relax("X -> B", "Y -> A")
    there, back = rb.influence(model, "X", "B"), rb.influence(model, "Y", "A")
    line, e = rb.tradeoff(there, back, PR), Symbol("e")
    with pytest.raises(rb.errors.ProofError, match=r"the parameter C\(Y -> A\)"):
        rb.prove(line, HALF - e)
    assert rb.prove(line, HALF - e, parameter=e).status == "proved"
    assert rb.prove(line, HALF - Symbol("C(Y -> A)")).status == "proved"
    bound = rb.catalog.CHSH.bound(model, subject_to=[there <= e, back <= 0])
    with pytest.raises(rb.errors.ProofError, match="has the symbol S, expected one: the parameter e"):
        rb.prove(bound, sympy.Min(4, 2 + 4 * S))
    with pytest.raises(rb.errors.ProofError, match="the parameter is S, but that of the curve is e"):
        rb.prove(bound, sympy.Min(4, 2 + 4 * S), parameter=S)
    assert rb.prove(bound, sympy.Min(4, 2 + 4 * e)).status == "proved"


def test_entropy_and_information():
    entropy = rb.message_entropy(rb.message())
    with pytest.raises(rb.errors.ProofError, match="expected one: the parameter v"):
        rb.prove(entropy, S, LINE, parameter=V)
    line = rb.curve(entropy, *LINE, parameter=V)
    with pytest.raises(rb.errors.ProofError, match="but that of the curve is v"):
        rb.prove(line, S, parameter=S)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((XB, Max(0, V - HALF)), {"parameter": V}, "the parameter v has no meaning on the domain None"),
        ((XB, Max(0, V - HALF), "model"), {"parameter": V}, "no meaning on the domain 'model'"),
        ((XB, Max(0, V - HALF), LINE), {"over": (0, 1)}, "belongs to a function"),
        ((XB, V - S, {0: NOISE, 1: PR}), {}, "the symbols S, v, expected one: the points' parameter"),
        ((XB, V + S + Symbol("w"), LINE), {"parameter": V}, "the symbols S, w, expected one"),
    ],
)
def test_arguments_that_do_not_fit(arguments, options, message):
    with pytest.raises(rb.errors.ProofError, match=message):
        rb.prove(*arguments, **options)


def test_fits_name_the_parameter():
    form = rb.closed_form(XB)
    with pytest.raises(rb.errors.ProofError, match="a closed form has no parameter v"):
        rb.fit(form, symbol=V)
    assert rb.fit(rb.curve(XB, *LINE, parameter=V)).formula.free_symbols == {V}


def test_fits_of_curves_that_are_not_convex():
    """Curves of networks may be: pieces that rise, fall and rise again are no maximum and no minimum of themselves."""
    line = rb.curve(XB, *LINE, parameter=V)
    first, last = line.pieces
    bent = (first, last, first)
    moved = [
        type(p)(Fraction(k), Fraction(k + 1), Fraction(0 if k != 1 else -1), Fraction(k % 2), p.functional)
        for k, p in enumerate(bent)
    ]
    found = rb.fit(replace(line, pieces=tuple(moved))).formula
    assert [found.subs(V, HALF + k) for k in range(3)] == [0, HALF, 0]
