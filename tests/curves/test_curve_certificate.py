"""Certificates of curves: verified alone, and every change of a number that makes the claim false is refused."""

import copy
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from certificates import curves

import relaxbell as rb
from relaxbell.exact.numbers import surd
from relaxbell.verify import Refused, verify


@pytest.mark.parametrize("number", range(6))
def test_curves_are_verified(number):
    line = list(curves())[number]
    sentence = line.certificate.verify()
    assert sentence.startswith("least values are affine in t between the corners (")
    assert len(line.certificate.data["pieces"]) == len(line.pieces)


def test_alone(tmp_path):
    line = next(curves())
    line.certificate.save(tmp_path / "curve.json")
    alone = shutil.copytree(Path(rb.__file__).parent / "verify", tmp_path / "verify")
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(alone), str(tmp_path / "curve.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "(0, 0), (1/2, 0), (1, 1/2)" in run.stdout


def mutants(data):
    """Yield changed copies: claims, parameters, data, proofs, missing and exchanged pieces."""
    for change in (
        lambda d: d["pieces"][1][1].update(t="3/4"),
        lambda d: d["pieces"][0][1].update(t="1/3"),
        lambda d: d["pieces"].reverse(),
        lambda d: d["pieces"][1].reverse(),
        lambda d: d["pieces"].clear(),
        lambda d: d["pieces"][0].append(d["pieces"][0][0]),
        lambda d: d["pieces"][1][1]["certificate"]["claim"].update(lower_bound="3/5", upper_bound="3/5"),
        lambda d: d["pieces"][1][1]["certificate"]["claim"].pop("upper_bound"),
        lambda d: d["pieces"][1][1]["certificate"].pop("strategies"),
        lambda d: d["pieces"][1][0]["certificate"]["proof"].update(z=d["pieces"][0][0]["certificate"]["proof"]["z"]),
        lambda d: d["pieces"][1].__setitem__(0, d["pieces"][0][0]),
        lambda d: d.update(extra=1),
        lambda d: d.update(pieces=7),
        lambda d: d.update(pieces=[[1, 2]]),
        lambda d: d["pieces"][0][0].update(certificate=d),
        lambda d: d["pieces"][1][1].update(t=1.0),
    ):
        changed = copy.deepcopy(data)
        change(changed)
        yield changed


def test_mutants_are_refused():
    data = next(curves()).certificate.data
    for changed in mutants(data):
        with pytest.raises(Refused):
            verify(changed)


def test_a_kink_that_is_left_out_is_refused():
    """One piece from white noise to the PR box: no proof is tight at both ends."""
    line = next(curves())
    data = copy.deepcopy(line.certificate.data)
    first, last = data["pieces"][0][0], data["pieces"][1][1]
    last["certificate"]["proof"] = first["certificate"]["proof"]
    with pytest.raises(Refused):
        verify({"schema": data["schema"], "pieces": [[first, last]]})


def test_roots_do_not_change_along_a_curve():
    """Visibilities √2/2, √3/2, √2/2 are not on a line, though their coefficients of the root are the same."""
    measure = rb.influence(rb.input_signaling(), "X", "B")
    box, noise = rb.boxes.pr().table, rb.boxes.pr().white_noise().table
    solved = []
    for n in (2, 3, 2):
        v = surd(0, Fraction(1, 2), n)
        solution = rb.minimize(measure, rb.Behavior(noise + (box - noise) * v))
        assert solution.exact == sympy.sqrt(n) / 2 - sympy.Rational(1, 2)
        solved.append(solution.certificate.data)
    proof = solved[0]["proof"]
    ends = [{"t": str(t), "certificate": data | {"proof": proof}} for t, data in enumerate(solved)]
    for end in ends:
        verify(end["certificate"])
    with pytest.raises(Refused, match="different roots"):
        verify({"schema": "relaxbell-curve-1", "pieces": [ends[:2], ends[1:]]})


def test_curves_of_floats_have_none():
    model = rb.measurement_dependence(outputs=(3, 3))
    box = rb.boxes.cglmp(3)
    with pytest.raises(rb.errors.CertificateError, match="curve of floats"):
        rb.curve(rb.dependence(model), box.white_noise(), box).certificate  # noqa: B018


def test_own_rows_with_fractions_are_stated_as_they_are():
    """Half an influence is certified as half."""
    model = rb.input_signaling()
    (rows,) = rb.influence(model, "X", "B").blocks
    half = rb.measure(model, rows.matrix.toarray() / 2, norm="max")
    solution = rb.minimize(half, rb.boxes.pr())
    assert solution.exact == Fraction(1, 4)
    claim = solution.certificate.data["claim"]
    assert claim == {"lower_bound": "1/4", "upper_bound": "1/4"}
    assert np.isclose(float(rb.minimize(2 * half, rb.boxes.pr()).exact), 0.5)
    assert rb.minimize(2 * half, rb.boxes.pr()).certificate.data["claim"]["lower_bound"] == "1/2"
