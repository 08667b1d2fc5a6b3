"""Certificates of sets: what is accepted is true, and the verifier derives the moments itself."""

import copy
import itertools
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import relaxbell as rb
from relaxbell.verify import Refused, verify
from relaxbell.verify.words import classes, monomials

pytest.importorskip("MoMPy")
FOLDER = Path(rb.__file__).parent / "verify"
CHSH = rb.catalog.CHSH


def chsh(level=1):
    return rb.quantum_set(CHSH, level).maximum(CHSH)


def projectors(rng, dimension, outcomes):
    """Orthogonal projectors of random ranks that sum to 1."""
    basis = np.linalg.qr(rng.normal(size=(2, dimension, dimension)).T.sum(axis=2) + 0)[0]
    labels = rng.integers(outcomes, size=dimension)
    return [basis[:, labels == a] @ basis[:, labels == a].T for a in range(outcomes)]


@pytest.mark.parametrize("sizes", [[[2, 2], [3, 3]], [[3, 2], [2, 2]], [[2, 2], [2, 2], [2, 2]]])
def test_moments_that_count_as_equal_are_equal(sizes):
    """In a random real state and random projectors, ⟨w† w'⟩ depends on the class alone, and vanishes where it must."""
    rng = np.random.default_rng(4)
    d = 4 if len(sizes) == 2 else 3
    lengths = [k for k in itertools.product(range(3), repeat=len(sizes)) if sum(k) <= 2]
    words = monomials(sizes, lengths)
    state = rng.normal(size=d ** len(sizes))
    state /= np.linalg.norm(state)
    operators = [[projectors(rng, d, outcomes) for outcomes in own] for own in sizes]

    def applied(word):
        vector = state.reshape((d,) * len(sizes))
        for party, part in enumerate(word):
            for x, a in reversed(part):
                vector = np.moveaxis(np.tensordot(operators[party][x][a], vector, axes=(1, party)), 0, party)
        return vector.ravel()

    vectors = np.array([applied(word) for word in words])
    gram = vectors @ vectors.T
    seen, values = np.zeros(gram.shape, dtype=bool), {}
    for i, j, word in classes(words):
        seen[i, j] = seen[j, i] = True
        assert values.setdefault(word, gram[i, j]) == pytest.approx(gram[i, j], abs=1e-10)
        assert abs(gram[i, j]) <= 1 + 1e-12
    assert abs(gram[~seen]).max(initial=0.0) < 1e-10
    assert len(values) > len(words)


def test_the_folder_alone_checks_it(tmp_path):
    path = tmp_path / "chsh.json"
    chsh("1+AB").certificate.save(path)
    run = subprocess.run([sys.executable, "-I", str(FOLDER), str(path)], capture_output=True, text=True, check=True)
    assert "is at most 2.828427" in run.stdout
    assert "on every quantum (words 1, A, B, AB of the NPA hierarchy) behavior" in run.stdout


def hostile(data, path=()):
    """Yield places in a certificate's data with other contents."""
    for key, value in list(data.items() if isinstance(data, dict) else enumerate(data)):
        where = (*path, key)
        if isinstance(value, dict | list) and value:
            yield where, value[1:] if isinstance(value, list) else {}
            yield from hostile(value, where)
        for other in (None, True, -1, 2**200, "1e9", "-5", [], {}, 0.5, "nonsignaling"):
            yield where, other
        if type(value) is int:
            yield from ((where, value + 1), (where, -value), (where, 0))
        elif isinstance(value, str) and value.strip("-0123456789/") == "":
            yield from ((where, str(Fraction(value) + 1)), (where, str(-Fraction(value))))


def with_change(data, path, value):
    found = copy.deepcopy(data)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def number(value, root):
    a, b = value if isinstance(value, list) else (value, "0")
    return float(Fraction(a)) + float(Fraction(b)) * root**0.5


@pytest.mark.parametrize("most", [100, pytest.param(10**6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["quantum", "local", "no-signaling", "visibility"])
def test_mutants_of_claim_and_proof_that_are_accepted_are_true(kind, most):
    limits = CHSH.limits(1)
    tsirelson = rb.boxes.tsirelson()
    data, least = {
        "quantum": (limits.quantum.certificate.data, 2 * np.sqrt(2)),
        "local": (limits.local.certificate.data, 2),
        "no-signaling": (limits.nonsignaling.certificate.data, 4),
        "visibility": (tsirelson.robustness(rb.bell(), noise="general").certificate.data, 3 - 3 / np.sqrt(2)),
    }[kind]
    rng, mutants = np.random.default_rng(len(kind)), list(hostile(data))
    for k in rng.permutation(len(mutants))[:most]:
        path, value = mutants[k]
        mutant = with_change(data, path, value)
        try:
            sentence = verify(mutant)
        except Refused:
            continue  # nothing else ever comes of it
        assert sentence.isascii()
        if path[0] in ("claim", "proof"):
            assert number(mutant["claim"]["upper_bound"], data.get("root", 0)) >= least - 1e-12


def test_a_little_less_is_refused():
    for own in (chsh(), rb.nonsignaling_set(CHSH).maximum(CHSH)):
        data = copy.deepcopy(own.certificate.data)
        data["claim"]["upper_bound"] = str(own.upper_bound - Fraction(1, 10**40))
        with pytest.raises(Refused, match="the proof gives the upper bound"):
            verify(data)


def test_a_trace_would_be_refused():
    """With cyclic moments CH would have the bound 0: a factor of half its size proves nothing like it."""
    data = json.loads(chsh("1+AB").certificate.to_json())
    data["proof"]["rows"] = [[0] * len(row) for row in data["proof"]["rows"]]
    data["claim"]["upper_bound"] = "2"
    with pytest.raises(Refused, match="more than 2"):
        verify(data)


def test_latex_states_it():
    found = chsh().certificate.to_latex()
    assert found.startswith(r"\begin{proposition}")
    assert "sum of squares" in found
