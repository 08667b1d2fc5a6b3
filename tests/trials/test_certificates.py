"""p-values recomputed by the verifier, from counts, factor and multipliers alone."""

import copy
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.errors import CertificateError
from relaxbell.verify import Refused, verify

DELFT = rb.load_counts("delft2015")
THEORY = rb.boxes.tsirelson().visibility(Fraction(17, 20))


def influence(source="X", target="B", **sizes):
    return rb.influence(rb.bell(**sizes).relax(f"{source} -> {target}"), source, target)


def dependent(kind=rb.dependence):
    return kind(rb.bell().relax("L -> X", "L -> Y"))


def claimed(certificate):
    return float(Fraction(certificate.data["claim"]["p_value"]))


@pytest.mark.parametrize("make", [influence, dependent, lambda: dependent(rb.hall_dependence)])
@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
@pytest.mark.parametrize("limit", [0, Fraction(1, 100)])
def test_p_values_are_recomputed(make, options, limit):
    found = rb.evidence(DELFT, make(), **options)
    certificate = found.certificate(limit)
    assert claimed(certificate) == pytest.approx(found.p_value_at(limit), rel=1e-10)
    assert certificate.verify().startswith("if each trial, given all before it, comes from a model with")


def test_tail_of_delft_is_a_sum_of_fractions():
    certificate = rb.evidence(DELFT, influence()).certificate()
    exact = sum(Fraction(math.comb(245, k) * 3**k, 4**245) for k in range(196, 246))
    assert exact <= Fraction(certificate.data["claim"]["p_value"]) <= exact * (1 + Fraction(1, 10**12))


def test_biased_settings():
    found = rb.evidence(DELFT, influence(), settings_bias=Fraction(1, 100))
    assert claimed(found.certificate()) == pytest.approx(found.p_value, rel=1e-12)
    photons = rb.evidence(rb.load_counts("vienna2015"), influence(), split=0.5, settings_bias=Fraction(1, 10**4))
    assert claimed(photons.certificate()) == pytest.approx(photons.p_value, rel=1e-5)


def test_unequal_cardinalities_and_the_folder_alone(tmp_path):
    rng = np.random.default_rng(5)
    box = rng.dirichlet(np.ones(6), size=6).T.reshape(3, 2, 2, 3)
    tables = [rng.multinomial(400, (box / 6).ravel()).reshape(box.shape) for _ in range(2)]
    counts, others = (rb.Counts(table, "A B", "X Y") for table in tables)
    found = rb.evidence(counts, influence(inputs=(2, 3), outputs=(3, 2)), training=others)
    certificate = found.certificate(Fraction(1, 50))
    certificate.save(tmp_path / "evidence.json")
    folder = Path(rb.__file__).parent / "verify"
    done = subprocess.run(
        [sys.executable, "-I", str(folder), str(tmp_path / "evidence.json")], capture_output=True, text=True, check=True
    )
    assert certificate.verify() in done.stdout


def attacks():
    def put(*path, value):
        def change(data):
            for key in path[:-1]:
                data = data[key]
            data[path[-1]] = value

        return change

    yield put("claim", "p_value", value="1/1000000"), "more than"
    yield put("claim", "p_value", value="0"), "the p-value is none"
    yield put("claim", "p_value", value="-1"), "the p-value is none"
    yield put("measure", "factor", 0, value="-1"), "negative"
    yield put("measure", "factor", 0, value="2"), "more than|other scores"
    yield put("measure", "counts", 0, value=-1), "not an integer"
    yield put("measure", "counts", 0, value=True), "not an integer"
    yield put("measure", "counts", 3, value=10**6), "more than|too much"
    yield put("measure", "bias", value="2"), "bias"
    yield put("measure", "bias", value="1/10"), "more than"
    yield put("measure", "test", value="guess"), "neither"
    yield put("constraints", 0, "limit", value="1/2"), "more than"
    yield put("proof", "constraints", 0, "multiplier", value="-1"), "negative"
    yield put("strategies", value=[]), "has strategies"


@pytest.mark.parametrize("options", [{}, {"training": THEORY}])
def test_attacks(options):
    data = rb.evidence(DELFT, influence(), **options).certificate(Fraction(1, 100)).data
    assert verify(data)
    for change, message in attacks():
        changed = copy.deepcopy(data)
        change(changed)
        with pytest.raises(Refused, match=message):
            verify(changed)


def test_what_has_no_certificate():
    unnamed = rb.Counts(DELFT.table, "A B", "X Y")
    found = rb.evidence(unnamed, influence())
    with pytest.raises(CertificateError, match="Name one game"):
        found.certificate()
    with pytest.raises(CertificateError, match="2 runs"):
        (found * found).certificate()
    skewed = [[Fraction(26, 100), Fraction(24, 100)], [Fraction(1, 4), Fraction(1, 4)]]
    with pytest.raises(CertificateError, match="input_distribution"):
        rb.evidence(DELFT, influence(), settings=skewed).certificate()
