"""Upper ends are printed and plotted as such; what the negative of a query has as numbers does not change."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import relaxbell as rb

HALF = Fraction(1, 2)
LIPID = np.array([[[919, 315], [81, 73]], [[0, 139], [0, 473]]]) * Fraction(1, 1000)
SEEN = rb.Behavior(LIPID, outputs="A B", inputs="Z")
TWO = rb.Behavior(
    np.array([[[5, 2], [1, 2]], [[2, 1], [2, 5]]]) * Fraction(1, 10), outputs="B A", inputs="Z"
)  # both sides do not comply


def effect(model=None):
    return rb.average_causal_effect(rb.instrumental() if model is None else model, "A", "B")


def test_a_solution_is_the_upper_end_that_it_is():
    """Balke and Pearl 1997: 0.78."""
    found = rb.bounds(effect(), SEEN).maximum
    text = repr(found)
    assert text.startswith("max ACE(A -> B) = 39/50 = 0.78 ")
    assert "upper bound  the same: exact" in text
    assert "min -" not in text
    assert "value, exact and lower_bound are of -ACE(A -> B)" in text
    assert found.exact == -sympy.Rational(39, 50)
    html, latex = found._repr_html_(), found._repr_latex_()
    assert "maximum" in html
    assert "39/50" in html
    assert "-39/50" not in html
    assert latex.startswith(r"$\displaystyle \max\,")
    assert r"\frac{39}{50}" in latex
    assert "-" not in latex.split("=")[-1]


def test_floats_are_rounded_up():
    shown = rb.minimize(-effect(), rb.Behavior(LIPID.astype(float), outputs="A B", inputs="Z"))
    bound = float(repr(shown).split("upper bound")[1].split("(")[0])
    assert bound >= -shown.lower_bound >= Fraction(39, 50)
    assert r"\leq 0.78" in shown._repr_latex_()


@pytest.mark.parametrize("query", ["LATE(Z -> A -> B)", "ETT(A -> B)", "p{B=1 | A=1}"])
def test_quotients(query):
    own = rb.query(rb.instrumental(), query)
    found = rb.bounds(own, TWO).maximum
    assert repr(found).startswith(f"max {own.name} = ")
    assert "-1 (" not in repr(found)
    assert (-own).negated is own
    negative = -own
    assert (-negative).negated is None  # the query again, under another name


def test_the_proof_of_a_quotient_is_written_for_the_upper_end():
    found = rb.bounds(rb.query(rb.instrumental(), "LATE(Z -> A -> B)"), TWO).maximum
    assert "proof        2/3 p{A(Z=1)=1, A(Z=0)=0} - (p{B(A=1)=1" in repr(found)


def test_trade_offs_and_curves():
    model = rb.instrumental().relax("Z -> B")
    influence = rb.influence(model, "Z", "B")
    line = rb.tradeoff(-effect(model), influence, SEEN)
    assert repr(line).startswith("max ACE(A -> B) for C(Z -> B) in [0, 139/1000]")
    assert "[0, 1/125]: 39/50 + C(Z -> B)" in repr(line)
    assert "value and bounds are of -ACE(A -> B): minus this" in repr(line)
    assert "minus this" not in " ".join(line.notes)
    assert line.value(Fraction(0)) == -Fraction(39, 50)
    assert "max ACE(A → B)" in line._repr_svg_()
    assert "39/50" in line._repr_svg_()
    assert "-39/50" not in line._repr_svg_()
    noise = rb.Behavior(np.full((2, 2, 2), Fraction(1, 4)), outputs="A B", inputs="Z")
    along = rb.curve(-effect(), noise, SEEN)
    assert repr(along).startswith("max ACE(A -> B) for t in [0, 1]")
    assert f"[0, {along.pieces[0].end}]: 1/2" in repr(along)
    verdict = rb.prove(along, along.to_sympy())
    assert verdict.status == "proved"
    assert str(verdict).startswith("proved: max ACE(A -> B) = ")
    assert "1/2" in str(verdict)
    assert "-1/2" not in str(verdict).split(", t <=")[0]


def test_trade_offs_of_quotients():
    late, defiers = (rb.query(rb.instrumental(), text) for text in ("LATE(Z -> A -> B)", "defiers(Z -> A)"))
    two_models = rb.query(late.model, "defiers(Z -> A)")
    line = rb.tradeoff(-late, two_models, TWO)
    assert defiers.name in repr(line)
    assert "[0, 1/5]: (e + 1/5) / (e + 2/5)" in repr(line)
    assert line.value(Fraction(1, 100)) == -Fraction(21, 41)  # the largest LATE with one percent of defiers


def test_plots_show_the_upper_end():
    pytest.importorskip("matplotlib").use("Agg")
    model = rb.instrumental().relax("Z -> B")
    ax = rb.tradeoff(-effect(model), rb.influence(model, "Z", "B"), SEEN).plot()
    assert ax.get_ylabel() == "max ACE(A → B)"
    assert float(ax.lines[0].get_ydata()[0]) == pytest.approx(0.78)


def test_closed_forms():
    form = rb.closed_form(-effect())
    assert repr(form).startswith("max ACE(A -> B) = min of 8 terms")
    assert "2 ×  p(00|1) + p(11|1)" in repr(form)  # Balke and Pearl's
    assert form.written().startswith("ACE(A -> B) <= min{")
    assert form._repr_latex_().startswith(r"$\displaystyle \min\left(")
    assert "= min of 8 terms" in form._repr_html_()
    assert form(SEEN) == -Fraction(39, 50)
    space: dict = {}
    exec(form.written(language="python"), space)
    assert space["bound_ACE_A_B"](LIPID) == Fraction(39, 50)
    assert str(rb.prove(-effect(), form.expression)).startswith("proved: max ACE(A -> B) = Min(")
    wrong = rb.prove(-effect(), sympy.Max(*form.expression.args[1:]))
    assert wrong.status == "refuted"
    assert "max ACE(A -> B) = Min(" in str(wrong)
    assert "values of -ACE(A -> B):" in str(wrong)


def test_one_term_has_no_minimum():
    model = rb.CausalModel("X -> Y <- L -> X", inputs="", latent="L", cardinality={"X": 2, "Y": 2})
    form = rb.closed_form(-rb.query(model, "ACE(X -> Y)"))
    assert "= min of 1 term," in repr(form)
    assert form.written().startswith("ACE(X -> Y) <= p(00) + p(11)")


def test_signed_bell_queries():
    """A Bell scenario's terms are named; the form of the negative names them for the upper end."""
    effect_of = rb.average_causal_effect(rb.outcome_signaling(), "A", "B")
    form = rb.closed_form(-effect_of)
    both = rb.closed_bounds(effect_of)
    assert [kind.text for kind in form.shown_classes] == [
        line.strip().split("×  ")[1] for line in repr(both).split("<= min of")[1].splitlines() if "×" in line
    ]


def test_functionals_keep_their_own_largest_values():
    budget = rb.dependence(rb.measurement_dependence())
    line = rb.catalog.CHSH.bound(budget.model, subject_to=[budget <= sympy.Symbol("c")])
    assert repr(line).startswith("max CHSH for c")
    assert line.shown_sign == 1
    assert line.value(Fraction(0)) == 2


def test_the_certificate_of_an_upper_end_states_it_in_latex():
    """-(m) >= -39/50 for people; the file and its proof are of the negative."""
    certificate = rb.bounds(effect(), SEEN).maximum.certificate
    proposition = certificate.to_latex().split(r"\end{proposition}")[0]
    assert r"\mathrm{do}(A = 0)) \;\le\; \tfrac{39}{50}" in proposition
    assert r"-\left(" not in proposition
    lower = rb.bounds(effect(), SEEN).minimum.certificate.to_latex().split(r"\end{proposition}")[0]
    assert r"\;\ge\; \tfrac{49}{125}" in lower
