"""Each check depends on what it computes: a wrong number, formula or library result changes its verdict."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from relaxbell.behavior.swapping import entanglement_swapping
from relaxbell.causal.model import CausalModel
from relaxbell.causal.networks import bell, outcome_signaling
from relaxbell.engines.sources.scanning import Scan
from relaxbell.exact.rows import Rows
from relaxbell.functionals.catalog import I3322, cglmp
from relaxbell.measures.dependences import dependence
from relaxbell.measures.influences import influence
from relaxbell.measures.messages import message_weight
from relaxbell.paper import dependence as dependent
from relaxbell.paper import locality, models, networks, programs, qudits, swapping, three_settings
from relaxbell.paper.audit import CLAIMS
from relaxbell.paper.instances import Instance
from relaxbell.paper.standard_form import StandardForm


def verdict(id):
    (claim,) = [c for c in CLAIMS if c.id == id]
    return claim.check().verdict, claim.expected


def flips(id, to="refuted"):
    found, expected = verdict(id)
    return found != expected and found == to


def doubled(measure):
    return lambda *args, **kwargs: 2 * measure(*args, **kwargs)


@pytest.mark.parametrize("id", ["Eq. 8", "Eq. 7, X → B", "Eq. 9", "Table I, types", "0.736 bit"])
def test_a_sign_of_equation_8(monkeypatch, id):
    right = locality.equation_8()
    table = right.coefficients.copy()
    table[0, 0, 1, 1] = -table[0, 0, 1, 1]
    monkeypatch.setattr(locality, "equation_8", lambda: type(right)(table))
    assert flips(id)


@pytest.mark.parametrize("id", ["Table I", "Table I, types"])
def test_an_entry_of_table_1(monkeypatch, id):
    monkeypatch.setattr(locality, "_TABLE_I", locality._TABLE_I.replace("0 -1 0 -1 0", "0 -1 0 -2 0", 1))
    assert flips(id)


def test_influence_of_half_the_size(monkeypatch):
    """Then Eq. (7) would hold for A → B, and its refutation must vanish."""
    monkeypatch.setattr(locality, "influence", lambda *args: Fraction(1, 2) * influence(*args))
    assert flips("Eq. 7, A → B", "proved")
    assert flips("Eq. 7, X → B")


def test_measures_of_the_wrong_size(monkeypatch):
    monkeypatch.setattr(models, "influence", doubled(influence))
    assert flips("Eqs. 4, 29–31")
    monkeypatch.setattr(models, "dependence", doubled(dependence))
    assert flips("Eqs. 5, 41")
    monkeypatch.setattr(locality, "message_weight", doubled(message_weight))
    assert flips("Eq. 9")
    assert flips("Eq. 39")
    monkeypatch.setattr(dependent, "dependence", doubled(dependence))
    assert flips("Eq. 11, CHSH")
    assert flips("GHZ, M")


def test_interventions_that_do_nothing(monkeypatch):
    right = CausalModel.rows
    monkeypatch.setattr(
        CausalModel, "rows", lambda self, event, *, given=None, do=None: right(self, event, given=given)
    )
    assert flips("Eq. 3")


def test_responses_in_another_order(monkeypatch):
    right = CausalModel.T
    monkeypatch.setattr(CausalModel, "T", property(lambda self: right.func(self)[:, ::-1]))
    assert flips("Eqs. 2, 28, 37")
    assert flips("Eq. 1")
    assert flips("Eqs. 43–46")


def test_another_graph(monkeypatch):
    monkeypatch.setattr(models, "outcome_signaling", lambda *sizes: outcome_signaling(*sizes).relax("X -> B"))
    assert flips("Fig. 1")
    assert flips("strategies")


def test_duals_of_the_appendix(monkeypatch):
    right = Instance.dual
    monkeypatch.setattr(Instance, "dual", lambda self, **given: right(self, **given) + Fraction(1, 1000))
    for id in ("Theorem 6", "Theorem 7", "Corollary 8"):
        assert flips(id)


def test_a_matrix_of_the_appendix(monkeypatch):
    right = Instance.standard_form

    def wrong(self):
        form = right(self)
        phi = form.phi.copy()
        phi[0, 1] = 0  # one entry of t_1 is left out of v ≥ ⟨1, t_1⟩
        return StandardForm(phi, form.b, form.c)

    monkeypatch.setattr(Instance, "standard_form", wrong)
    assert flips("Theorem 6")


def test_programs_that_end_too_early(monkeypatch):
    right = programs.least
    monkeypatch.setattr(programs, "least", lambda *data: replace(right(*data), value=right(*data).value + 1))
    for id in ("Example 3", "Example 4", "Lemma 5", "Eq. 21"):
        assert flips(id)


def test_the_cone_of_a_model_without_strategies(monkeypatch):
    monkeypatch.setattr(programs, "input_signaling", lambda: type("Model", (), {"T": bell().T * 0}))
    assert flips("Proposition 9, cone", "proved")


@pytest.mark.parametrize("id", ["Eq. 10, bound", "Eq. 10, slice", "Eq. 10, name", "Eq. 10, violation"])
def test_a_sign_of_equation_10(monkeypatch, id):
    right = three_settings.equation_10()
    table = right.coefficients.copy()
    table[..., 2, 1] = -table[..., 2, 1]
    monkeypatch.setattr(three_settings, "equation_10", lambda: type(right)(table, name="wrong"))
    assert flips(id)


def test_a_facet_where_none_is(monkeypatch):
    """CHSH, in its own scenario: the check would say that it is a facet."""
    from relaxbell.functionals.catalog import CHSH

    monkeypatch.setattr(three_settings, "equation_10", lambda: CHSH)
    monkeypatch.setattr(three_settings, "outcome_signaling", lambda sizes: bell())
    assert flips("Eq. 10, facet", "proved")


@pytest.mark.slow
def test_a_coefficient_of_i3322(monkeypatch):
    monkeypatch.setattr(three_settings, "I3322", Fraction(9, 10) * I3322)
    for id in ("I3322", "Eq. 36", "Fig. 2, red"):
        assert flips(id)


def test_constants_of_measurement_dependence(monkeypatch):
    monkeypatch.setattr(dependent, "SINGLET", 0.08)
    assert flips("0.0663")
    monkeypatch.setattr(qudits, "SINGLET", 0.08)
    assert flips("d ≥ 5", "numerical")
    assert flips("3.214")
    assert flips("d ≥ 16")
    monkeypatch.setattr(dependent, "pinsker_bound", lambda m: m**2 * 1.4426950408889634)
    assert flips("Pinsker", "numerical")
    assert flips("GHZ, lower", "proved")


def test_i_d_of_the_wrong_size(monkeypatch):
    monkeypatch.setattr(qudits, "cglmp", lambda d: Fraction(11, 10) * cglmp(d))
    for id in ("I_d", "Eq. 11", "d ≥ 16"):
        assert flips(id)


def test_the_missing_constraint(monkeypatch):
    """Were the marginal fixed in the printed program, nothing would be refuted."""

    def constrained(nu):
        return networks.nonbilocality(networks.bilocality(), marginals={"A": networks.marginal(nu)})

    monkeypatch.setattr(networks, "as_printed", constrained)
    assert flips("Eqs. 52–53", "proved")


def test_no_values_that_vanish(monkeypatch):
    right = networks.scan

    def wrong(*args, **options):
        found = right(*args, **options)
        return Scan(found.measure, found.labels, found.points, found.values + 0.1, found.lower_bounds)

    monkeypatch.setattr(networks, "scan", wrong)
    assert flips("no values for which", "numerical")


def test_another_visibility_of_the_swapped_states(monkeypatch):
    monkeypatch.setattr(swapping, "entanglement_swapping", lambda v, **k: entanglement_swapping(v / 2, **k))
    for id in ("Eqs. 54–55", "ν range", "I, J, B", "M_BL", "Fig. 4"):
        assert flips(id)


def test_another_distribution(monkeypatch):
    right = swapping._printed_table
    monkeypatch.setattr(swapping, "_printed_table", lambda v: right(v)[:, [1, 0, 3, 2]])
    assert flips("Eqs. 54–55")
    assert flips("I, J, B")
    assert flips("M_BL, lower bound")


def test_functionals_larger_than_their_class(monkeypatch):
    (i, _), (j, _) = swapping._CLASSES
    monkeypatch.setattr(swapping, "_CLASSES", ((2 * i, True), (j, False)))
    assert flips("B ≤ 1")
    assert flips("M_BL, lower bound")


def test_other_marginals_of_three_settings(monkeypatch):
    right = swapping.marginal_parameters

    def wrong(model, p):
        return [replace(own, constant=own.constant + Fraction(1, 4)) for own in right(model, p)]

    monkeypatch.setattr(swapping, "marginal_parameters", wrong)
    assert flips("Eqs. 61–62")
    assert flips("Eq. 56")


def test_rows_that_are_rounded(monkeypatch):
    """‖M_ν q‖₁ with one row scaled is not M_BL."""
    right = networks.nonbilocality

    def wrong(model, marginals=None):
        found = right(model, marginals)
        if marginals is None:
            return found
        rows = found.term.rows
        matrix = rows.matrix.copy()
        matrix.data = np.where(np.arange(len(matrix.data)) == 0, 0.0, matrix.data)
        return replace(found, term=type(found.term)(Rows(matrix, rows.labels, rows.scale)))

    monkeypatch.setattr(networks, "nonbilocality", wrong)
    assert flips("Eqs. 48–51")
