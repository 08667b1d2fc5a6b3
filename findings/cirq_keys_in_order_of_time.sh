#!/usr/bin/env bash
# Package : cirq-core 1.7.0, Result.measurements, Result.records and Result.data of cirq.Simulator
# Expected: the keys of all circuits of an experiment are in one order: that in which the measurements were written, or
#           the alphabetical one. All circuits below end with measure(alice, key="a"), measure(bob, key="b").
# Seen    : the order of moments. Where Alice's setting needs a rotation and Bob's does not, his measurement slides to an
#           earlier moment and his key, and his column of Result.data, come first. So the order depends on the settings.
# Matters : np.hstack(list(result.measurements.values())) and result.data.to_numpy() exchange Alice and Bob at some
#           settings and not at others. Below Bob's marginal then "depends" on Alice's setting: 0.25 becomes 0.67, a
#           loophole that is none. A symmetric state hides it. Go by key: multi_measurement_histogram(keys=["a", "b"]).
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cirq-core==1.7.0' 'numpy==2.4.6'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import cirq
import numpy as np

alice, bob = cirq.LineQubit.range(2)
shots = 4000


def run(x, y):
    """cos(30°)|01> + sin(30°)|10>, setting 1 rotated by 45 degrees."""
    circuit = cirq.Circuit(cirq.ry(np.pi / 3)(alice), cirq.X(bob), cirq.CNOT(alice, bob))
    circuit.append(cirq.ry(np.pi / 4)(qubit) for qubit, setting in ((alice, x), (bob, y)) if setting)
    circuit.append([cirq.measure(alice, key="a"), cirq.measure(bob, key="b")])
    return cirq.Simulator(seed=1).run(circuit, repetitions=shots)


results = {(x, y): run(x, y) for x in (0, 1) for y in (0, 1)}
orders = {setting: (list(r.measurements), list(r.data.columns)) for setting, r in results.items()}
print(orders)
assert orders[0, 0][0] == orders[0, 1][0] == ["a", "b"], "keys have another order now"
assert orders[1, 0][0] == orders[1, 0][1] == ["b", "a"], "keys have the order in which they were written now"

told, true = {}, {}
for setting, result in results.items():
    told[setting] = 1 - np.hstack(list(result.measurements.values()))[:, 1].mean()
    true[setting] = 1 - result.measurements["b"].mean()
print("p(b = 0|x, y), by position:", told)
print("p(b = 0|x, y), by key:     ", true)
assert abs(true[0, 0] - true[1, 0]) < 0.05, "not even by key"
assert abs(told[0, 0] - told[1, 0]) > 0.25, "no signaling by position now"
EOF
