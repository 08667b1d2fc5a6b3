"""Where the time is over, what is known of the other question is a lower bound."""

import pytest

import relaxbell as rb
from relaxbell.engines.factorized import minimum
from relaxbell.engines.factorized.pricing import Pricing
from relaxbell.lp.clock import TimeLimitError

MODEL = rb.measurement_dependence()


@pytest.mark.parametrize("of", [rb.dependence, rb.mutual_information])
def test_the_bound_without_factors_is_known(of, monkeypatch):
    def late(*_):
        raise TimeLimitError("min x took longer than its time limit of 1 s.")

    monkeypatch.setattr(minimum, "solve_factorized", late)
    box = rb.boxes.tsirelson()
    with pytest.raises(TimeLimitError, match="at least 0") as error:
        rb.minimize(of(MODEL, factorized=True), box, seconds=60)
    known = error.value.partial
    assert known.measure == of(MODEL, factorized=True).name
    assert known.lower_bound == pytest.approx(rb.minimize(of(MODEL), box).value, abs=1e-8)


def test_multipliers_so_far_prove_something(monkeypatch):
    best, calls = Pricing.best, []

    def few(*given):
        calls.append(None)
        if len(calls) > 12:
            raise TimeLimitError("min x took longer than its time limit of 1 s.")
        return best(*given)

    monkeypatch.setattr(Pricing, "best", few)
    monkeypatch.setattr(minimum, "_EARLY", 1e3)
    monkeypatch.setattr(rb.engines.factorized.engine.FactorizedEngine, "_retrocausal", lambda *_: 0.0)
    with pytest.raises(TimeLimitError) as error:
        rb.minimize(rb.dependence(MODEL, factorized=True), rb.boxes.pr(), seconds=60)
    assert 0 < error.value.partial.lower_bound <= 1
