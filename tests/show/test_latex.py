"""LaTeX of objects with any allowed names: it parses (matplotlib's mathtext), and names are told apart."""

from fractions import Fraction

import pytest

import relaxbell as rb

mathtext = pytest.importorskip("matplotlib.mathtext")
HARD = {"A": "Out_1", "B": "b__2''", "X": "Setting_x", "Y": "y'"}


def parse(text):
    """Return what Matplotlib makes of a formula; it raises unless that is well formed, and lacks a few commands."""
    for old, new in (
        (r"\displaystyle", ""),
        (r"\tfrac", r"\frac"),
        (r"\text{", r"\mathrm{"),
        (r"\left", ""),
        (r"\right", ""),
        (r"\&", "and"),
    ):
        text = text.replace(old, new)
    return mathtext.MathTextParser("path").parse(text if "$" in text else f"${text}$")


def measures():
    both = rb.bell((2, 3), (3, 2)).rename(HARD).relax("Setting_x -> b__2''", "L -> y'")
    free = rb.bell((2, 3), (3, 2)).rename(HARD).relax("L -> Setting_x", "L -> y'")
    sent = rb.message().rename({"M": "msg_1", "A": "Out_1"})
    effect = rb.average_causal_effect(both, "Setting_x", "b__2''")
    c = rb.influence(both, "Setting_x", "b__2''")
    return [
        c,
        rb.influence(both, "Setting_x", "b__2''", variation=True),
        effect,
        -(effect + 2 * effect),
        3 * (c + c),
        rb.maximum(c, rb.dependence(both)),
        rb.dependence(free),
        rb.hall_dependence(free),
        rb.mutual_information(free),
        rb.message_weight(sent, "msg_1"),
        rb.message_entropy(sent, "msg_1"),
        rb.nonbilocality(rb.bilocality().rename({"A": "Out_1", "C": "c''"})),
        rb.measure(both, {"row_0 #%&": effect.expression}, norm="linear", name="my_{own} $x$ \\ 100 %"),
    ]


@pytest.mark.parametrize("measure", measures(), ids=lambda measure: measure.name)
def test_measures_with_hard_names(measure):
    assert parse(measure._repr_latex_()).width > 0


def test_solutions_with_hard_names():
    both = rb.bell().rename(HARD).relax("Setting_x -> b__2''")
    box = rb.boxes.pr().rename(HARD)
    solution = rb.minimize(rb.influence(both, "Setting_x", "b__2''"), box)
    parse(solution._repr_latex_())
    assert r"C_{\mathrm{Setting\_x} \to \mathrm{b\_\_2}''} = \frac{1}{2}" in solution._repr_latex_()


@pytest.mark.parametrize(
    "names", [("A_1 B_1''", "X_ Y_1"), ("Out_1 b__2''", "x y"), ("A1 A2", "X1 X2"), ("AB C", "x y")]
)
@pytest.mark.parametrize("notation", ["correlators", "collins_gisin", "probabilities"])
def test_functionals_with_hard_names(names, notation):
    functional = rb.BellFunctional(rb.catalog.CHSH.coefficients, *names, name="my_#1 <x>") + Fraction(1, 10**400)
    parse((functional * Fraction(3, 10**500)).latex(notation))
    for coefficients in (functional, functional * Fraction(3, 10**500), functional * 10**500):
        assert " 0 " not in f" {coefficients.formula(notation)} "  # nothing is rounded to zero
        assert not coefficients.formula(notation).startswith(("0 ", "-0 "))
