"""Certificates of networks: what they prove is true, whatever their numbers are, and attackers get nowhere."""

import copy
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from attacks import limits
from certificates import data_of, is_true, judge, number
from network_attacks import NETWORK_ATTACKS, many_products, settings_along_a_curve
from network_reference import random_network_behavior
from sympy import Rational

import relaxbell as rb
from relaxbell.verify import Refused, model, read_case, verify
from relaxbell.verify.rounding import floor

FOLDER = Path(rb.__file__).parent / "verify"

NETWORKS = ["network", "network, unequal", "network, fixed", "network, bilocal"]


def leaves(tree):
    return [tree] if "y" in tree else [*leaves(tree["below"]), *leaves(tree["above"])]


def each_number(part, change):
    return [each_number(own, change) for own in part] if isinstance(part, list) else change(part)


def test_the_global_minimum_is_proved():
    """2v² − 1 at v = 4/5, over all ν (the paper's Fig. 5)."""
    data = data_of("network")
    assert data["claim"] == {"lower_bound": "7/25", "upper_bound": "7/25"}
    sentence = verify(data)
    assert "L1, L2 correlated or not" in sentence
    assert sentence.endswith("has M(A x C) >= 7/25, and one attains it: minimum = 7/25")
    assert data["proof"]["region"] == [["0", "1/2"]]
    assert data["proof"]["cover"]["at"] == "1/4"


def test_fixed_marginals():
    """M_BL(ν) = 2v² − 1 + (4ν − 1)² at ν = 1/5, v = 4/5: 8/25."""
    sentence = verify(data_of("network, fixed"))
    assert sentence.endswith("M(A x C) at q(A) = (1/5, 3/10, 3/10, 1/5) >= 8/25, and one attains it: minimum = 8/25")


def test_a_float_visibility_and_roots():
    """Neither is exact: what is proved loses 1e-9 at most, or nothing."""
    floats = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(0.85))
    assert float(Fraction(floats.certificate.data["claim"]["lower_bound"])) == pytest.approx(0.445, abs=2e-9)
    model = rb.bilocality()
    table = rb.boxes.entanglement_swapping(1).table
    root = rb.boxes.tsirelson().table[0, 0, 0, 0] * 4 - 1  # 1/√2
    mixed = table * root + rb.boxes.entanglement_swapping(0).table * (1 - root)
    solution = rb.minimize(rb.nonbilocality(model), rb.Behavior(mixed, model.outputs, model.inputs))
    certificate = solution.certificate  # v² = 1/√2
    assert certificate.data["root"] == 2
    claim = certificate.data["claim"]["lower_bound"]
    assert number(claim, 2) == pytest.approx(np.sqrt(2) - 1, abs=1e-6)
    assert is_true(certificate.data)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "denominator"), [(0, 500), (1, 300), (2, 77), (3, 1001)])
def test_random_networks_of_unequal_cardinalities(seed, denominator):
    """Also with probabilities that are no finite decimal fractions."""
    model = rb.bilocality((2, 3), (2, 2, 2))
    solution = rb.minimize(rb.nonbilocality(model), random_network_behavior(model, seed, denominator))
    data = solution.certificate.data
    assert is_true(data)
    assert float(Fraction(data["claim"]["lower_bound"])) >= solution.lower_bound - 2e-9


def test_two_parties_on_a_source():
    model = rb.CausalModel(
        "X -> A; L -> A; L -> B; M -> B; M -> C; M -> D; Z -> C; W -> D", inputs="X Z W", latent="L M",
        cardinality={"X": 2, "A": 2, "B": 2, "C": 2, "D": 2, "Z": 1, "W": 2},
    )  # fmt: skip
    data = rb.minimize(rb.nonbilocality(model), random_network_behavior(model, 1)).certificate.data
    assert data["measure"]["products"] == [[["A"], ["C", "D"]]]
    assert is_true(data)


@pytest.mark.slow
def test_two_held_groups():
    star = rb.star(3, inputs=(1, 2, 1), outputs=(2, 2, 2))
    solution = rb.minimize(rb.nonbilocality(star), random_network_behavior(star, 3))
    assert len(solution.certificate.data["proof"]["marginals"]) == 2
    assert is_true(solution.certificate.data)


@pytest.fixture(scope="module")
def three_settings():
    """Settings (Z ± X)/√2 and Y for Alice and Charlie, v = 3/4: the first two alone need 2v² − 1 = 1/8."""
    p = rb.boxes.entanglement_swapping(Fraction(3, 4), alice=[*rb.boxes.diagonal_settings(), (0, 1, 0)])
    solution = rb.minimize(rb.nonbilocality(rb.bilocality((3, 3))), p)
    assert solution.exact == Rational(1, 8)
    return solution.certificate


@pytest.mark.slow
def test_three_settings_are_bounded_by_two_of_them(three_settings):
    assert three_settings.data["measure"]["settings"] == [["X", [0, 1]], ["Z", [0, 1]]]
    assert three_settings.data["claim"] == {"lower_bound": "1/8", "upper_bound": "1/8"}
    assert "inputs X: 3, Z: 3" in three_settings.verify()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ([["X", [0, 2]], ["Z", [0, 1]]], "does not follow from the data|the lower bound"),
        ([["X", [0, 0]], ["Z", [0, 1]]], "repeated"),
        ([["X", []], ["Z", [0, 1]]], "none"),
        ([["A", [0]], ["Z", [0, 1]]], "no free input"),
        ([["X", [0, 3]], ["Z", [0, 1]]], "below 3"),
        ([["X", [0]], ["Z", [0, 1]]], "entries, expected"),
    ],
)
def test_other_settings_are_refused(three_settings, settings, reason):
    data = copy.deepcopy(three_settings.data)
    data["measure"]["settings"] = settings
    with pytest.raises(Refused, match=reason):
        verify(data)


# ------------------------------------------------------------------------- any numbers prove something true


@pytest.mark.parametrize("name", NETWORKS)
def test_any_polynomials_give_a_true_bound(name):
    data, rng = data_of(name), np.random.default_rng(len(name))
    value = judge(data)
    for size in (10, 100, 1000):

        def moved(v, size=size):
            return Fraction(v) + Fraction(int(rng.integers(-9, 10)), size)

        for leaf in leaves(data["proof"]["cover"]):
            for part in ("y", "s", "z"):
                leaf[part] = each_number(leaf[part], moved)
            leaf["y"] = each_number(leaf["y"], lambda v: max(Fraction(-1), min(Fraction(1), v)))
            for part in ("y", "s", "z"):
                leaf[part] = each_number(leaf[part], str)
        assert float(floor(read_case(data).proven(), 20)) <= value + 1e-9


def test_a_long_segment_of_the_cover_is_bounded_everywhere():
    """The proof of one half does not hold for the other: ν in [0, 1/4] against [1/4, 1/2]."""
    data = data_of("network")
    cover = data["proof"]["cover"]
    cover["above"] = cover["below"]
    with pytest.raises(Refused, match="the proof gives the lower bound"):
        verify(data)
    data = data_of("network")
    data["proof"]["cover"] = data["proof"]["cover"]["below"]
    with pytest.raises(Refused, match="the proof gives the lower bound"):
        verify(data)


# ------------------------------------------------------------------------- attacks


def changed(name, path, value):
    data = data_of(name)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


FALSE = [
    (("proof", "region", 0), ["1/8", "1/2"], "does not hold all marginals"),
    (("proof", "region", 0), ["0", "1/4"], "does not hold all marginals"),
    (("proof", "region"), [], "not an interval for each parameter"),
    (("proof", "cover", "at"), "1/2", "outside"),
    (("proof", "cover", "at"), "-1", "outside"),
    (("proof", "cover", "split"), 1, "parameter of a split"),
    (("proof", "cover", "below", "y", 0, 0, 0), "2", "exceeds 1"),
    (("proof", "marginals", 0, "constant", 0), "1/4", "does not follow"),
    (("proof", "marginals", 0, "matrix", 1), ["0"], "does not follow"),
    (("proof", "marginals", 0, "free"), [1], "does not follow"),
    (("proof", "marginals", 0, "multipliers", 1, 0), "2/3", "does not follow"),
    (("measure", "products"), [[["A"], ["B"]]], "share a latent variable"),
    (("measure", "products"), [[["A"], ["A"]]], "shares a node"),
    (("measure", "products"), [[["A"]]], "less than two groups"),
    (("measure", "products"), [[["A"], []]], "empty"),
    (("measure", "products"), [[["A"], ["X"]]], "names no responding node"),
    (("measure", "products"), [], "less than two groups"),
    (("measure",), {"kind": "influence", "source": "X", "target": "A", "variation": False}, "one latent variable"),
    (("model", "latents"), ["L1", "L1"], "not distinct"),
    (("model", "latents"), [], "none"),
    (("constraints",), [{"measure": {"kind": "rows", "rows": [[]], "groups": []}, "limit": "0"}], "has constraints"),
    (("claim", "upper_bound"), "1/4", "the strategies reach"),
]


@pytest.mark.parametrize(("path", "value", "reason"), FALSE)
def test_false_or_odd_certificates_are_refused(path, value, reason):
    with pytest.raises(Refused, match=reason):
        verify(changed("network", path, value))


def test_one_source_is_not_two():
    """With one latent variable for all, nothing is independent."""
    text = json.dumps(data_of("network")).replace('"L2"', '"L1"').replace('["L1", "L1"]', '["L1"]')
    data = json.loads(text)
    for node in data["model"]["nodes"]:
        node["parents"] = list(dict.fromkeys(node["parents"]))
    with pytest.raises(Refused, match="share a latent variable"):
        verify(data)


def test_strategies_with_other_marginals_than_the_fixed_ones():
    data = data_of("network, fixed")
    data["strategies"] = data_of("network")["strategies"]
    with pytest.raises(Refused, match="other marginals"):
        verify(data)


def exchanged():
    """At a fixed q^a, with the settings in another order: p(a|x) of one setting against q^a of the other."""
    data, sizes, large = data_of("network, unequal"), (2, 3, 3, 2, 1), 1000
    p = np.array([Fraction(v) for v in data["observed"]["behavior"]], dtype=object).reshape(sizes)
    one, other = p[0].sum(axis=(0, 1)).ravel()
    assert one != other
    factor = large if other > one else -large
    z = np.full(sizes, Fraction(0), dtype=object)
    z[0, :, :, 0, 0] = factor
    held = [u * v for u in (one, 1 - one) for v in (other, 1 - other)]
    s = [-factor, -factor, 0, 0]  # of α(x = 0) = 0
    leaf = {"y": [[["0"] * 12]], "s": [[list(map(str, s))]], "z": [list(map(str, z.ravel()))]}
    data["measure"] = {"kind": "nonbilocality", "products": [[["A"], ["C"]]], "fixed": [list(map(str, held))]}
    data["measure"]["settings"] = [["X", [1, 0]]]
    data["proof"] = {"marginals": [], "region": [], "cover": leaf}
    data["claim"] = {"lower_bound": "5"}
    del data["strategies"]
    return data


def test_settings_in_another_order_do_not_move_fixed_marginals():
    with pytest.raises(Refused, match="marginals are fixed"):
        verify(exchanged())


def chain():
    """A cover of boxes, each half of the one before."""
    data = data_of("network")
    leaf = tree = data["proof"]["cover"]["below"]
    for k in range(60):
        tree = {"split": 0, "at": str(Fraction(1, 2 ** (62 - k))), "below": leaf, "above": tree}
    data["proof"]["cover"] = tree
    return data


def many():
    """As many boxes as a file holds."""
    data = data_of("network")
    leaf = data["proof"]["cover"]["below"]

    def halved(low, high, depth):
        middle = (low + high) / 2
        parts = [halved(low, middle, depth - 1), halved(middle, high, depth - 1)] if depth else []
        return {"split": 0, "at": str(middle), "below": parts[0], "above": parts[1]} if parts else leaf

    data["proof"]["cover"] = halved(Fraction(0), Fraction(1, 2), 10)
    return data


def wide():
    """A product of 2^15 × 2^3 response functions."""
    data = data_of("network")
    for node in data["model"]["nodes"]:
        if node["name"] in "XA":
            node["cardinality"] = 4 if node["name"] == "X" else 13
    return data


@pytest.mark.slow
@pytest.mark.parametrize("make", [chain, many, wide, *NETWORK_ATTACKS])
def test_hostile_sizes_end_soon_within_a_gibibyte(make, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(make()))
    done = subprocess.run(
        [sys.executable, "-I", "-S", FOLDER, tmp_path / "c.json"],
        capture_output=True, text=True, preexec_fn=limits(60),
    )  # fmt: skip
    assert done.stderr.startswith("refused: ") or done.stdout.startswith("verified: ")


@pytest.mark.parametrize("data", [many_products(50, hidden=10), settings_along_a_curve(20, hidden=4)])
def test_work_is_counted_for_each_product_and_all_along_a_curve(data, monkeypatch):
    """Also of scenarios with some settings only."""
    verify(data)
    monkeypatch.setattr(model, "WORK", 2**19)
    with pytest.raises(Refused, match="too much to compute"):
        verify(data)
    monkeypatch.setattr(model, "WORK", 2**19)
    verify(settings_along_a_curve(1, hidden=4))


def test_what_has_no_certificate_says_so():
    solution = rb.minimize(rb.nonbilocality(rb.bilocality()), rb.boxes.entanglement_swapping(Fraction(4, 5)))
    from dataclasses import replace

    with pytest.raises(rb.errors.CertificateError, match="SCIP"):
        _ = replace(solution, kind="solver bound").certificate
    fixed = rb.nonbilocality(rb.bilocality(), {"A": [Fraction(1, 4)] * 4})
    within = rb.minimize(fixed, rb.boxes.entanglement_swapping(Fraction(4, 5)), subject_to=[fixed.model.q[0] <= 0.5])
    with pytest.raises(rb.errors.CertificateError, match="within constraints"):
        _ = within.certificate
