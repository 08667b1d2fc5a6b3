#!/usr/bin/env bash
# Package : cvxpy 1.9.3, quantum_cond_entr(rho, dims, sys)
# Expected: "conditioning on system sys", "the subsystem on which to condition", says the docstring: with sys=1 for a state
#           of Alice and Eve, H(A|E) = S(AE) - S(E).
# Seen    : S(AE) - S(A) = H(E|A): sys is the system that is traced out of the second term, as the formula in the same
#           docstring has it. Symmetric test states, of which Werner's and Bell's are examples, do not show it.
# Matters : H(A|E) is the key rate of device-independent cryptography. For Alice's uniform bit and Eve's pure
#           states of overlap cos(t) it is 1 - h((1 + cos t)/2), and the value that is returned is 0 for every t.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import cvxpy as cp
import numpy as np


def entropy(matrix):
    eigenvalues = np.linalg.eigvalsh(matrix)
    return -sum(v * np.log2(v) for v in eigenvalues if v > 1e-14)


text = " ".join(cp.quantum_cond_entr.__doc__.split())
assert "The subsystem on which to condition" in text, "the docstring says something else now"
for t in (0.3, 0.8, 1.2):
    eve = [np.array([np.cos(t / 2), s * np.sin(t / 2)]) for s in (1, -1)]
    # Alice first, a bit; Eve second; some white noise on Eve keeps all matrices regular.
    parts = [0.999 * np.outer(e, e) + 0.001 * np.eye(2) / 2 for e in eve]
    rho = np.block([[parts[0] / 2, np.zeros((2, 2))], [np.zeros((2, 2)), parts[1] / 2]])
    rho_a, rho_e = np.eye(2) / 2, (parts[0] + parts[1]) / 2
    assert np.allclose(cp.partial_trace(rho, (2, 2), 0).value, rho_e)
    given_eve, given_alice = entropy(rho) - entropy(rho_e), entropy(rho) - entropy(rho_a)
    found = [float(cp.quantum_cond_entr(rho, (2, 2), sys).value) / np.log(2) for sys in (0, 1)]
    print(f"t={t}: H(A|E) {given_eve:.6f}, H(E|A) {given_alice:.6f}; sys=1 gives {found[1]:.6f}, sys=0 {found[0]:.6f}")
    assert abs(found[1] - given_alice) < 1e-6 and abs(found[0] - given_eve) < 1e-6, "sys is what one conditions on now"
    assert given_eve > 10 * given_alice
EOF
