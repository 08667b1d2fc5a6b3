"""An attacker wants a false claim accepted, a sentence misread, or the verifier to run for an hour."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from attacks import ATTACKS, limits, measured, skeleton, wide
from certificates import NAMES, data_of, judge

import relaxbell as rb
from relaxbell.verify import Refused, read_case, verify
from relaxbell.verify.rounding import floor

FOLDER = Path(rb.__file__).parent / "verify"


def bare(name, bound, **proof):
    """A certificate without strategies that claims more than is true."""
    data = data_of(name)
    data.pop("strategies", None)
    data["claim"] = {"lower_bound": bound}
    data["proof"] |= proof
    return data


def scaled(weights, factor):
    return [str(Fraction(w) * factor) for w in weights]


def larger_weights():
    """Twice the dual proves twice the bound, if nobody looks at the size of the weights."""
    data = bare("influence", "1")
    for part in ("z", "weights"):
        data["proof"][part] = scaled(data["proof"][part], 2)
    return data


def negative_weights_that_cancel():
    """max |u|, not max u: −1 and 2 in two groups sum to 1."""
    data = bare("influence", "1")
    data["proof"]["weights"] = ["-1", "2"]
    return data


def negative_factor():
    """−C ≥ −c is not proved by weights of C."""
    data = bare("influence", "1")
    data["measure"] = {"kind": "sum", "of": [["-1", data["measure"]]]}
    data["proof"]["weights"] = [data["proof"]["weights"]]
    return data


def negative_dependence():
    data = bare("dependence", "1")
    data["measure"] = {"kind": "sum", "of": [["-1", data["measure"]]]}
    data["proof"]["weights"] = [None]
    return data


def negative_shares():
    data = bare("maximum", "5")
    data["proof"]["weights"][0][0] = "2"
    data["proof"]["weights"][1][0] = "-1"
    return data


def factors_of_a_maximum():
    """max(C, −1 M) is not the maximum of C and M."""
    data = bare("maximum", "1/10")
    data["measure"]["of"][1][0] = "-1"
    return data


def negative_multiplier():
    data = bare("budget", "1")
    data["proof"]["constraints"][0]["multiplier"] = "-1"
    return data


def negative_limit_by_weights():
    """A budget C ≤ 1/10 is no reason for −C ≤ −1/10."""
    data = bare("budget", "1")
    data["proof"]["constraints"][0] = {"multiplier": "1", "weights": ["-1", "-1"]}
    return data


def coefficient_of_a_setting_that_never_occurs():
    data = bare("dependence, a setting never", "1")
    data["observed"] = {"values": [{"coefficients": ["1"] * 16, "value": "3"}]}
    data["proof"]["z"] = ["1", "0", "0", "0", "0"]
    return data


def one_end_only():
    """h is least at an end of the interval: that p is at least 0.1 says nothing while it may be 1."""
    data = data_of("message entropy")
    data["proof"]["largest"]["z"] = ["0"] * 20
    return data


def information_of_an_input_with_parents():
    """p(x) is then no property of x alone."""
    data = bare("a dependent input below a free one", "1")
    data["measure"] = {"kind": "mutual information"}
    return data


def upper_bound_of_what_is_not_attained():
    data = data_of("influence, surd")
    data["claim"]["upper_bound"] = data["claim"]["lower_bound"] = "0"
    return data


def strategies_of_other_data():
    """Those of the PR box cannot attain anything for the Tsirelson box."""
    data = data_of("influence, surd")
    data["strategies"] = data_of("influence")["strategies"]
    data["claim"]["upper_bound"] = "1/2"
    return data


def strategies_twice():
    data = data_of("influence")
    data["strategies"] += data["strategies"]
    return data


def table_read_backwards():
    data = data_of("influence")
    data["model"]["outputs"].reverse()
    data["model"]["inputs"].reverse()
    data["observed"]["behavior"][4:8] = data["observed"]["behavior"][8:12]
    return data


def root_that_is_a_square():
    """−1/2 + 1/2 √4 = 1/2, but its sign would be decided as if it were irrational."""
    return data_of("influence, surd") | {"root": 4}


def hidden_part_of_a_maximum():
    """max(0, 1/2 - |q0 - q1|) is 1/2 at q = (1/2, 1/2): shares (1, 0) prove 0, but strategies do not reach it."""
    rows = {"kind": "rows", "groups": []}
    bump = {"kind": "sum", "of": [["1", rows | {"rows": [[[0, "1/2"], [1, "1/2"]]]}],
                                  ["-1", rows | {"rows": [[[0, "1"], [1, "-1"]]], "groups": [1]}]]}  # fmt: skip
    data = skeleton([("A", 2, ["L"])], ["A"], [], 2)
    measure = {"kind": "maximum", "of": [["1", rows | {"rows": [[[0, "0"]]]}], ["1", bump]]}
    weights = [["1", None], ["0", [None, ["0"]]]]
    data = measured(data, measure, weights, [[0, "1/2"], [1, "1/2"]], upper_bound="0")
    return data | {"claim": {"lower_bound": "0", "upper_bound": "0"}}


def entropy_of_a_measure_that_is_no_probability():
    """h(2p) has no meaning where 2p exceeds 1."""
    data = data_of("message entropy")
    data["measure"]["of"] = {"kind": "sum", "of": [["2", data["measure"]["of"]]]}
    return data


def information_of_a_budget_of_dependence():
    """I + M >= what is proved for I alone; but I itself is not larger for a limit that is not given."""
    data = bare("information", "1/10")
    m = {"kind": "dependence", "hall": False}
    data["constraints"] = [{"measure": m, "limit": "-1"}]
    data["proof"]["constraints"] = [{"multiplier": "-1/10", "weights": None}]
    return data


def values_that_are_not_what_the_behavior_says():
    data = data_of("influence")
    data["observed"]["values"] = []
    return data


FALSE = [
    (hidden_part_of_a_maximum, "the strategies reach 1/2, not 0"),
    (entropy_of_a_measure_that_is_no_probability, "of a probability"),
    (information_of_a_budget_of_dependence, "negative"),
    (values_that_are_not_what_the_behavior_says, "neither"),
    (larger_weights, "exceed their share"),
    (negative_weights_that_cancel, "exceed their share"),
    (negative_factor, "exceed their share"),
    (negative_dependence, "a negative share"),
    (negative_shares, "do not sum to its own"),
    (factors_of_a_maximum, "a maximum has factors"),
    (negative_multiplier, "negative"),
    (negative_limit_by_weights, "exceed their share"),
    (coefficient_of_a_setting_that_never_occurs, "probability 0"),
    (one_end_only, "the lower bound"),
    (information_of_an_input_with_parents, "the latent alone"),
    (upper_bound_of_what_is_not_attained, "the strategies reach"),
    (strategies_of_other_data, "do not reproduce"),
    (strategies_twice, "repeated"),
    (table_read_backwards, "the lower bound 0, less than 1/2"),
    (root_that_is_a_square, "square-free"),
]


@pytest.mark.parametrize(("make", "reason"), FALSE, ids=[make.__name__ for make, _ in FALSE])
def test_a_false_claim_is_refused(make, reason):
    with pytest.raises(Refused, match=reason):
        verify(make())


@pytest.mark.parametrize("name", [name for name in NAMES if "network" not in name])
def test_any_multipliers_give_a_true_bound(name):
    """The inequality holds for every z, so random ones must never prove more than an independent program finds."""
    data, rng = data_of(name), np.random.default_rng(len(name))
    value = judge(data)
    proof = data["proof"]
    parts = [proof["least"], proof["largest"]] if "least" in proof else [proof]
    for size in (10, 100, 1000):
        for part in parts:
            part["z"] = [str(Fraction(v) + Fraction(int(rng.integers(-9, 10)), size)) for v in part["z"]]
        case = read_case(data)
        assert value is None or float(floor(case.proven(), 20)) <= value + 1e-6


# ------------------------------------------------------------------------- what a reader may take it for


def test_names_that_look_alike_are_told_apart():
    data = json.loads(json.dumps(data_of("influence")).replace('"X"', '"\u0425"'))  # a Cyrillic letter
    assert "C(\\u0425 -> B)" in verify(data)


def test_long_measures_show_that_they_are_cut():
    data = wide(2)
    shift = {"kind": "influence", "source": "X", "target": "A", "variation": True}
    data = measured(data, {"kind": "sum", "of": [["1", shift]] * 9 + [["-1000", shift]]}, [["0"]] * 10)
    with pytest.raises(Refused, match="exceed their share"):
        verify(data)
    data["measure"]["of"][9][0] = "1000"
    assert re.search(r"TV\(X -> A\) \+ 1 more part.* \(digest [0-9a-f]{16}\) >= -1", verify(data))


def test_the_sentence_names_roles_settings_interventions_and_rounding():
    assert "(inputs X: 2, Y: 2; outputs A: 2, B: 2; uniform settings)" in verify(data_of("influence"))
    assert "hidden M: 2; given settings" in verify(data_of("message entropy"))
    assert "p(B=1|do(A=1)) + -1*(p(B=1|do(A=0)))" in verify(data_of("effect"))
    assert " 16 given probabilities and C(Y -> A) <= 1/10 has C(X -> B) >= " in verify(data_of("budget"))
    assert "the file, changed by at most 2^-" in verify(data_of("effect"))
    assert "changed" not in verify(data_of("influence"))


# ------------------------------------------------------------------------- time and memory


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_sizes_end_soon_within_a_gibibyte(name, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(ATTACKS[name]()))
    done = subprocess.run(
        [sys.executable, "-I", "-S", FOLDER, tmp_path / "c.json"],
        capture_output=True, text=True, preexec_fn=limits(60),
    )  # fmt: skip
    trivial = done.stdout.startswith(f"{tmp_path / 'c.json'}: verified: ") or done.stdout.startswith("verified: ")
    assert done.stderr.startswith("refused: ") or (trivial and ">= -1" in done.stdout)  # elimination may be quick


def test_deep_measures_are_refused():
    measure = {"kind": "dependence", "hall": False}
    for _ in range(100):
        measure = {"kind": "sum", "of": [["1", measure]]}
    with pytest.raises(Refused, match="nested too deeply"):
        verify(measured(skeleton([("A", 2, ["L"])], ["A"], [], 2), measure, None))
