#!/usr/bin/env bash
# Package : pennylane 0.45.1, qml.probs(op=...) of one observable written in two ways
# Expected: the same probabilities in the same order, or an order one can ask for.
# Seen    : entry 0 is the outcome +1 for qml.Z, qml.X and qml.Hadamard and the outcome -1 for the same matrices as
#           qml.Hermitian or as a sum, such as (Z + X)/sqrt 2. In products each factor keeps its own order, and with one
#           factor of each kind entry (0, 0) is the pair (+1, -1).
# Matters : in the textbook CHSH test Bob measures (Z + X)/sqrt 2, which is qml.Hadamard, and (Z - X)/sqrt 2, which has no
#           name. Tables read by position, each normalized and no-signaling, then have |CHSH| = 0 up to any relabeling of
#           settings, while the expectation values of the very same operators give 2 sqrt 2. Take the labels from
#           the factors' eigvals(), or wires that were rotated by hand.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pennylane==0.45.1' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import numpy as np
import pennylane as qml

device = qml.device("default.qubit", wires=2)


def prepare():
    qml.Hadamard(0)
    qml.CNOT([0, 1])


@qml.qnode(device)
def probabilities(observable):
    prepare()
    return qml.probs(op=observable)


@qml.qnode(device)
def correlation(observable):
    prepare()
    return qml.expval(observable)


@qml.qnode(device)
def alone(observable):
    qml.RY(0.6, wires=0)
    return qml.probs(op=observable)


for named in (qml.Z(0), qml.X(0), qml.Hadamard(0)):
    first, second = alone(named), alone(qml.Hermitian(qml.matrix(named), 0))
    print(named, first, "as a matrix", second)
    assert np.allclose(first, second[::-1]) and not np.allclose(first, second), "one order for both now"

alice = (qml.Z(0), qml.X(0))
total = (qml.Z(1) + qml.X(1)) / np.sqrt(2)
difference = (qml.Z(1) - qml.X(1)) / np.sqrt(2)
assert np.allclose(qml.matrix(total), qml.matrix(qml.Hadamard(1)))
signs = np.array([[1, -1], [-1, 1]])
for name, bob in (("named and sum", (qml.Hadamard(1), difference)), ("two sums", (total, difference))):
    table = np.array([[probabilities(A @ B).reshape(2, 2) for B in bob] for A in alice])
    exact = np.array([[correlation(A @ B) for B in bob] for A in alice])
    by_position = np.einsum("xyab,ab->xy", table, signs)
    assert np.allclose(table.sum(axis=3)[:, 0], table.sum(axis=3)[:, 1])
    assert np.allclose(table.sum(axis=2)[0], table.sum(axis=2)[1])
    labels = np.array([[np.outer(A.eigvals(), B.eigvals()) for B in bob] for A in alice])
    assert np.allclose((table * labels).sum(axis=(2, 3)), exact)
    values = {k: v[0, 0] + v[0, 1] + v[1, 0] - v[1, 1] for k, v in (("position", by_position), ("expval", exact))}
    print(name, {k: round(float(v), 4) for k, v in values.items()})
    assert np.isclose(values["expval"], 8**0.5)
    assert np.isclose(values["position"], 0 if name.startswith("named") else -(8**0.5)), "outcomes have one order now"
EOF
