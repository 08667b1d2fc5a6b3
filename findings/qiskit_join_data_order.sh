#!/usr/bin/env bash
# Package : qiskit 2.6.2, SamplerPubResult.join_data(names)
# Expected: what its docstring says: "given ["alpha", "beta"], the data from register alpha is placed to the left of the data
#           from register beta".
# Seen    : to the right: with alpha = 1 and beta = 0 the string is "01". That is Qiskit's own order, from right to left;
#           the sentence is wrong, and the code agrees with get_counts() of backends ("0 1").
# Matters : who reads key[0] as alpha, as documented, exchanges the parties. CHSH values of symmetric states and settings do not
#           show it; a Hardy test, or parties with unequal numbers of settings, do.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'qiskit==2.6.2' 'numpy==2.4.6'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.primitives import StatevectorSampler
from qiskit.primitives.containers import SamplerPubResult

qubits, alpha, beta = QuantumRegister(2), ClassicalRegister(1, "alpha"), ClassicalRegister(1, "beta")
circuit = QuantumCircuit(qubits, alpha, beta)
circuit.x(qubits[0])
circuit.measure(qubits[0], alpha)  # 1
circuit.measure(qubits[1], beta)  # 0
pub = StatevectorSampler(seed=1).run([circuit], shots=10).result()[0]
assert pub.data.alpha.get_counts() == {"1": 10} and pub.data.beta.get_counts() == {"0": 10}

text = " ".join(SamplerPubResult.join_data.__doc__.replace("``", "").split())
said = "the data from register alpha is placed to the left of the data from register beta"
print("docstring:", said)
assert said in text, "the docstring says something else now"
joined = pub.join_data(["alpha", "beta"]).get_counts()
print("alpha = 1, beta = 0:", joined, " the other way:", pub.join_data(["beta", "alpha"]).get_counts())
assert joined == {"01": 10}, "alpha is at the left now"
EOF
