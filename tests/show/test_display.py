"""What notebooks show: block tables, formulas, small plots; and what is in them."""

import re
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest
from sympy import Symbol

import relaxbell as rb
from relaxbell.paper.audit import reproduce


def cells(html):
    return [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<td.*?</td>", html)]


@pytest.mark.parametrize("box", [rb.boxes.pr(), rb.boxes.cglmp(3), rb.boxes.ghz()], ids=["PR", "CGLMP", "GHZ"])
def test_a_behavior_shows_every_probability_once(box):
    shown = sorted(float(eval(text)) for text in cells(box._repr_html_()))
    assert shown == pytest.approx(sorted(box.p.ravel()), abs=1e-6)


def test_blocks_are_settings():
    p = rb.Behavior(np.full((3, 2, 2, 3), 1 / 6), "A B", "X Y")
    html = p._repr_html_()
    assert html.count("<tr") == 1 + 2 * 3
    assert html.count("border-top") == 1 + 2  # the head and each x
    assert html.partition("</tr>")[0].count("border-left") == 3  # each y
    assert "x=1 a=2" in html
    assert "p(A,B|X,Y)" in html


def test_large_behaviors_are_summarized_and_unpaired_ones_listed():
    assert rb.boxes.cglmp(9)._repr_html_().startswith("<pre>Behavior p(A,B|X,Y)")
    lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
    assert len(cells(lipid._repr_html_())) == 8


BOTH = rb.bell().relax("X -> B", "Y -> A")
FREE = rb.measurement_dependence()
C, BACK = rb.influence(BOTH, "X", "B"), rb.influence(BOTH, "Y", "A")


@pytest.mark.parametrize(
    ("measure", "formula"),
    [
        (
            C,  # Eq. (4) for X -> B
            r"C_{X \to B} = \max_{b,y,x \neq x'} \sum_\lambda p(\lambda) \left| p(b \mid do(x), y, \lambda) "
            r"- p(b \mid do(x'), y, \lambda) \right|",
        ),
        (
            rb.influence(BOTH, "X", "B", variation=True),
            r"\mathrm{TV}_{X \to B} = \max_{y,x \neq x'} \sum_\lambda p(\lambda)\,[f_B(x, y) \neq f_B(x', y)]",
        ),
        (rb.maximum(C, BACK), r"\max(C_{X \to B}, C_{Y \to A})"),
        (C + BACK * 0.5, r"C_{X \to B} + \tfrac{1}{2}\,C_{Y \to A}"),
        ((C + BACK) * 2, r"2\,(C_{X \to B} + C_{Y \to A})"),
        (
            rb.dependence(FREE),  # Eq. (5)
            r"M(X,Y : \Lambda) = \sum_{x,y,\lambda} \left| p(x,y,\lambda) - p(x,y)\,p(\lambda) \right|",
        ),
        (
            rb.average_causal_effect(rb.instrumental(), "A", "B"),
            r"\mathrm{ACE}_{A \to B} = p(b{=}1 \mid do(a{=}1)) - p(b{=}1 \mid do(a{=}0))",
        ),
        (-rb.average_causal_effect(rb.instrumental(), "A", "B"), r"-\mathrm{ACE}_{A \to B}"),
        (rb.message_weight(rb.message()), r"p(M \neq 0)"),
        (rb.nonbilocality(rb.bilocality()), r"M_{\mathrm{BL}} = \sum \left| q^{a,c} - q^{a} q^{c} \right|"),  # Eq. (12)
    ],
)
def test_formulas(measure, formula):
    assert measure._repr_latex_() == rf"$\displaystyle {formula}$"


def test_other_formulas_carry_units_and_labels():
    assert r"[\text{bit}]" in rb.mutual_information(FREE)._repr_latex_()
    assert r"h(p(M \neq 0))" in rb.message_entropy(rb.message())._repr_latex_()
    assert r"M_{\mathrm{Hall}}" in rb.hall_dependence(FREE)._repr_latex_()
    own = rb.measure(BOTH, {"p_0": BOTH.probability({"B": 0}, do={"X": 0})}, norm="sum", name="100 %")
    assert own._repr_latex_() == r"$\displaystyle \text{100 \%} = \left|\text{p\_0}\right|$"


def test_a_closed_form_is_a_maximum_of_named_inequalities():
    form = rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))
    html = form._repr_html_()
    assert "<td>1 ×</td>" in html
    assert "<td>8 ×</td>" in html
    assert "(1/4) CHSH - 1/2" in html
    terms = re.search(r"<summary>each</summary><code>(.*?)</code>", html)[1].split("<br>")
    assert len(set(terms)) == 8


def test_constraints_and_both_ends():
    both = rb.closed_bounds(rb.average_causal_effect(rb.instrumental(), "A", "B"))
    assert both._repr_html_().count("where 4 constraints of the model hold") == 1


def test_the_inequalities_of_a_model_are_named():
    html = rb.bell().inequalities()._repr_html_()
    assert "(1/4) CHSH - 1/2 ≤ 0" in html
    assert "16 × positivity" in html


def picture(curve):
    return ElementTree.fromstring(curve._repr_svg_())


def texts(root):
    return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_curve_shows_its_pieces_and_break_points():
    ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
    root = picture(rb.curve(rb.influence(rb.bell((3, 3)).relax("X -> B"), "X", "B"), *ends))
    assert {"-1", "0", "5/7", "1", "2/7", "1/2", "I3322", "min C(X → B)", "[0, 5/7]: (2/5) I3322"} <= set(texts(root))
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.get("points").split()) == 4
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 2


def test_curves_that_are_not_piecewise_affine():
    box = rb.boxes.tsirelson()
    entropy = picture(rb.curve(rb.message_entropy(rb.message()), box.white_noise(), box))
    assert {"√2/2", "0.7359", "min H(M) (bit)"} <= set(texts(entropy))
    information = picture(rb.curve(rb.mutual_information(FREE), box.white_noise(), box))
    assert {"0", "1", "0.04627"} <= set(texts(information))
    power = rb.curve(
        rb.influence(rb.input_signaling(), "X", "B"), lambda v: box.visibility(v**2), parameter=Symbol("v")
    )
    (line,) = picture(power).iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.get("points").split()) == 201


def rows(html):
    found = re.findall(r"<tr><th[^>]*>(.*?)</th><td[^>]*>(.*?)</td></tr>", html)
    return {re.sub(r"<.*?>", "", name): re.sub(r"<.*?>", "", value) for name, value in found}


def test_counts_are_blocks_of_whole_numbers():
    counts = rb.load_counts("delft2015")
    html = counts._repr_html_()
    assert sorted(map(int, cells(html))) == sorted(counts.table.ravel().tolist())
    assert "245 trials of p(A,B|X,Y)" in html
    uneven = rb.Counts(np.arange(1, 37).reshape(3, 2, 2, 3), "A B", "X Y")
    assert sum(int(cell) for cell in cells(uneven._repr_html_())) == uneven.trials == 36 * 37 // 2


def test_a_solution_shows_minimum_bound_witness_and_strategies():
    c = rb.influence(rb.input_signaling(), "X", "B")
    exact = rb.minimize(c, rb.boxes.tsirelson())
    shown = rows(exact._repr_html_())
    assert shown["minimum"] == "-1/2 + √2/2 = 0.207106781"
    assert shown["rigorous lower bound"] == "the same: exact"
    assert shown["witness"] == "CHSH = 2.82843 &gt; 2"
    assert "min C(X → B), " in exact._repr_html_()
    local = rb.minimize(c, rb.boxes.pr().visibility(Fraction(1, 2)))
    assert rows(local._repr_html_())["minimum"] == "0"
    floats = rows(rb.minimize(rb.mutual_information(FREE), rb.boxes.tsirelson())._repr_html_())
    assert floats["minimum"].endswith(" bit")
    assert "e-" not in floats["witness"]  # the dust of the solver is not shown
    assert float(floats["rigorous lower bound"].removesuffix(" bit")) <= 0.04627385


def test_small_weights_are_not_shown_as_zero():
    solution = rb.quantify("vienna2015", resamples=0)["C(X -> B)"]
    assert "0.0000" not in solution._repr_html_()


def test_a_network_solution_shows_the_interval_and_the_model():
    measure = rb.nonbilocality(rb.bilocality())
    loud, quiet = (rb.minimize(measure, rb.boxes.entanglement_swapping(Fraction(v, 10))) for v in (8, 7))
    shown = rows(loud._repr_html_())
    assert shown["minimum over all marginals"] == "7/25 = 0.28"
    assert shown["rigorous lower bound"] == "the same: exact"
    floats = rb.minimize(measure, rb.boxes.entanglement_swapping(0.777))
    bound = rows(floats._repr_html_())["rigorous lower bound"]
    assert 2 * 0.777**2 - 1 - 2e-6 <= float(bound) <= 2 * 0.777**2 - 1 + 1e-12
    assert shown["attained by the model found"] == "7/25, exact"
    assert rows(quiet._repr_html_())["independent sources"] == "a model of the network reproduces p exactly"


def test_a_scan_of_one_parameter_is_a_plot():
    found = rb.scan(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.8), points=5)
    assert {"0.16", "0.25", "0.34", "0.28", "q(A=00)", "5 linear programs"} <= set(texts(picture(found)))
    axes = pytest.importorskip("matplotlib.figure").Figure().subplots()
    line, least = found.plot(ax=axes).lines
    assert line.get_ydata() == pytest.approx(found.values)
    assert least.get_xydata().ravel() == pytest.approx([0.25, 0.28])
    ternary = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    many = rb.scan(rb.nonbilocality(rb.bilocality((3, 3))), rb.boxes.entanglement_swapping(1, alice=ternary), points=2)
    assert many._repr_svg_() is None
    with pytest.raises(rb.errors.MeasureError, match="a scan of 4 parameters"):
        many.plot(ax=axes)


def test_functionals_carry_their_names():
    assert rb.catalog.CHSH._repr_latex_().startswith(r"$\displaystyle \text{CHSH} = \langle A_{0} B_{0} \rangle")
    assert rb.catalog.cglmp(3)._repr_latex_().startswith(r"$\displaystyle I_{3} = ")
    witness = rb.minimize(rb.mutual_information(FREE), rb.boxes.tsirelson()).witness.functional
    assert "frac" not in witness._repr_latex_()  # decimals instead of fractions that nobody would read


def test_the_quantified_counts_and_the_audit_are_tables():
    report = rb.quantify(rb.load_counts("delft2015"), resamples=0)
    html = report._repr_html_()
    assert html.count("<tr>") == 1 + len(report.rows)
    assert "C(X → B)" in html
    found = reproduce(["Eq. 7, A → B", "Eq. 8"])
    html = found._repr_html_()
    assert html.count("<tr>") == 3
    assert "<b>refuted</b>" in html
    assert "2 claims, 1 refuted" in html


def test_exact_numbers_that_nobody_would_read_are_decimals():
    fitted = rb.load_counts("delft2015").fit().behavior
    assert fitted.is_exact
    assert max(len(cell) for cell in cells(fitted._repr_html_())) <= 9
    assert "decimals of exact numbers" in rb.Behavior(fitted.exact)._repr_html_()
    fitted = rb.Behavior(fitted.exact)  # as numbers of one's own; an estimate is not called exact
    solution = rb.minimize(rb.influence(rb.input_signaling(), "X", "B"), fitted)
    assert rows(solution._repr_html_())["minimum"] == "0.108463057 (an exact number)"
    assert repr(solution).startswith("min C(X -> B) = 0.108463057 (an exact number) ")
    assert "frac" not in solution._repr_latex_()


def test_labels_of_a_curve_do_not_overlap():
    lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
    edges = {"inputs": "Z", "latent": "L", "cardinality": {"Z": 2, "A": 2, "B": 2}}
    leaky = rb.CausalModel("Z -> A -> B; L -> A; L -> B", **edges).relax("Z -> B")
    effect, direct = rb.average_causal_effect(leaky, "A", "B"), rb.influence(leaky, "Z", "B")
    root = picture(rb.tradeoff(effect, direct, lipid.rounded(leaky, denominator=1000)))
    labels = [
        (float(node.get("x")), node.get("text-anchor"), len(node.text))
        for node in root.iter()
        if node.text and node.get("x")
    ]
    ends = [x - 7 * size for x, anchor, size in labels if anchor == "end"]
    assert min(ends) >= 0
    assert "473/1000" not in texts(root)  # too near to 151/250
    assert {"151/250", "-293/2000"} <= set(texts(root))


def test_a_graph_without_relaxed_edges_says_why_there_is_no_witness():
    sizes = dict.fromkeys("XYAB", 2)
    model = rb.CausalModel("X -> A <- L -> B <- Y; A -> B", "X Y", "L", sizes)
    solution = rb.minimize(rb.influence(model, "A", "B"), rb.boxes.pr())
    assert "no edge of the model is marked as relaxed" in repr(solution)
    marked = rb.CausalModel("X -> A <- L -> B <- Y", "X Y", "L", sizes).relax("A -> B")
    assert rb.minimize(rb.influence(marked, "A", "B"), rb.boxes.pr()).witness_text == "CHSH = 4 > 2"


def test_both_ends_of_a_query_are_shown_with_what_is_proved():
    """Balke and Pearl's bounds for vitamin A, J. Am. Stat. Assoc. 92, 1171 (1997): −0.1946 and 0.0054."""
    model = rb.instrumental()
    p = rb.load_counts("vitamin_a").frequencies
    found = rows(rb.bounds(rb.average_causal_effect(model, "A", "B"), p)._repr_html_())
    assert found["least"].startswith("-0.1946")
    assert found["largest"].startswith("0.0053")
    assert any("…" in value for value in found.values())
    exact = rows(rb.bounds(rb.message_weight(rb.message()), rb.boxes.pr())._repr_html_())
    assert exact == {"least": "1/2 = 0.5", "largest": "1/2 = 0.5", "proved": "0.5 … 0.5"}


@pytest.mark.slow
def test_maxima_robustness_and_guesses_are_tables():
    found = rows(rb.nonsignaling_set(rb.catalog.CHSH).maximum(rb.catalog.CHSH)._repr_html_())
    assert found["maximum"] == "4"
    found = rows(rb.boxes.pr().robustness(rb.bell())._repr_html_())
    assert found["visibility"] == "0.5"
    assert "proved by" in found
    guess = rb.boxes.tsirelson().guessing("A", {"X": 0, "Y": 0}, dependence=0.1)
    html = guess._repr_html_()
    assert "P(guess A | X=0, Y=0)" in html
    assert rows(html)["guessing probability"] == "8/5 - √2/2 = 0.892893219"
    assert rows(html)["M at most"] == "1/10"


def test_powers_are_raised_in_pictures():
    lossy = rb.boxes.pr().with_losses(Symbol("eta"), assign=0)
    drawn = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), lossy)._repr_svg_()
    assert "(3/2) eta²" in drawn
    assert "^" not in drawn
    model, e = rb.measurement_dependence(), Symbol("e")
    line = rb.catalog.CHSH.bound(model, subject_to=rb.setting_bounds(model, santha_vazirani=e))
    words = texts(ElementTree.fromstring(line._repr_svg_()))
    assert any("8 e²" in own for own in words), words
    assert not any("*" in own for own in words)
    assert "1/2" in words


@pytest.mark.slow
def test_notes_name_the_settings_of_all_parties():
    notes = repr(rb.quantify(rb.boxes.ghz()))
    assert "p(x,y,z|λ) need not factorize into p(x|λ) p(y|λ) p(z|λ)." in notes
