"""Certificates of factorized dependence: checked anew, refused where they claim more, and written as text."""

import copy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.verify import Refused, verify
from relaxbell.verify.bilinear import Prices, lowest
from relaxbell.verify.factorized import NEVER_I

MODEL = rb.measurement_dependence()
BOTH = {"I": rb.mutual_information, "M": rb.dependence}


@pytest.fixture(scope="module")
def data():
    p = rb.boxes.pr().visibility(Fraction(4, 5))
    return {
        name: rb.minimize(make(MODEL, factorized=True), p, tolerance=1e-6).certificate.data
        for name, make in BOTH.items()
    }


@pytest.mark.parametrize("name", BOTH)
def test_they_hold(data, name):
    sentence = verify(data[name])
    assert f"factorized {name}(X,Y:Lambda) >= 0." in sentence


def changed(own, **parts):
    found = copy.deepcopy(own)
    for key, value in parts.items():
        found["claim" if key == "lower_bound" else "proof"][key] = value
    return found


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"lower_bound": "9/10"}, "the proof gives the lower bound"),
        ({"margin": "-1/10"}, "margin is negative"),
        ({"margin": "0"}, "exceed the margin"),
        ({"margin": None}, "not a rational number"),
        ({"weights": ["1"]}, "there are constraints"),
        ({"z": ["0"]}, "1 entries, expected 20"),
    ],
)
def test_more_is_refused(data, name, parts, reason):
    with pytest.raises(Refused, match=reason):
        verify(changed(data[name], **parts))


@pytest.mark.parametrize("name", BOTH)
def test_larger_multipliers_are_refused(data, name):
    own = data[name]
    twice = [str(2 * Fraction(z)) for z in own["proof"]["z"]]
    with pytest.raises(Refused, match="exceed the margin"):
        verify(changed(own, z=twice, lower_bound="1/1000"))


@pytest.mark.parametrize("name", BOTH)
def test_another_kind_of_model_is_refused(data, name):
    own = copy.deepcopy(data[name])
    for node in own["model"]["nodes"]:
        if node["name"] == "Y":
            node["parents"] = []
    with pytest.raises(Refused):
        verify(own)
    own = copy.deepcopy(data[name])
    own["measure"] = own["measure"] | {"more": "1"}
    with pytest.raises(Refused, match="unknown field"):
        verify(own)


def test_the_folder_alone_checks_one(data, tmp_path):
    import json
    import shutil

    shutil.copytree(Path(rb.__file__).parent / "verify", tmp_path / "verify")
    (tmp_path / "own.json").write_text(json.dumps(data["M"]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "verify", "own.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "factorized M(X,Y:Lambda)" in done.stdout


@pytest.mark.parametrize("name", BOTH)
def test_text(data, name):
    text = rb.classes.Certificate(data[name]).to_latex()
    assert rf"{name}_{{\mathrm{{fact}}}}(X,Y : \Lambda)" in text
    assert r"\end{proof}" in text


@pytest.mark.parametrize("seed", range(6))
def test_prices_of_m_are_bounded(seed):
    """What bisection grants, no source on a grid exceeds; and what it refuses, one on it does, nearly."""
    rng = np.random.default_rng(seed)
    shape = (2, 2) if seed % 2 else (3, 2)
    z = rng.integers(-20, 20, shape)
    p = rng.integers(1, 6, shape)
    rows = [[Fraction(int(k), 10) for k in row] for row in z]
    settings = [[Fraction(int(k), int(p.sum())) for k in row] for row in p]
    us = rng.dirichlet(np.ones(shape[0]) / 2, 4000)
    vs = rng.dirichlet(np.ones(shape[1]) / 2, 4000)
    products = us[:, :, None] * vs[:, None, :]
    prices = (products * (z / 10)).sum(axis=(1, 2)) - abs(products - p / p.sum()).sum(axis=(1, 2))
    top = Fraction(float(prices.max())).limit_denominator(10**6)
    assert Prices(rows, settings, top + Fraction(1, 5)).parts(20_000, lambda n: None) is not None
    assert Prices(rows, settings, top - Fraction(1, 50)).parts(20_000, lambda n: None) is None


def test_the_best_multiplier_of_one_cell():
    grid = np.linspace(-1, 1, 2001)
    rng = np.random.default_rng(2)
    for _ in range(50):
        h, d = rng.normal(size=4), rng.normal(size=4)
        values = (h[:, None] - grid * d[:, None]).max(axis=0)
        found = lowest(h.tolist(), d.tolist())
        assert max(h - found * d) <= values.min() + 1e-6


@pytest.mark.slow
def test_settings_that_never_occur():
    """Their multiplier is the verifier's own."""
    model = rb.measurement_dependence(input_distribution=[[Fraction(1, 2), 0], [Fraction(1, 4), Fraction(1, 4)]])
    for make in BOTH.values():
        found = rb.minimize(make(model, factorized=True), rb.boxes.tsirelson())
        assert found.lower_bound > 0.6
        assert found.certificate.verify()
    assert NEVER_I >= 1000
