#!/usr/bin/env bash
# Package : toqito 1.3.1, von_neumann_entropy and renyi_entropy beside quantum_conditional_entropy and quantum_relative_entropy
# Expected: one unit: H(A|B) = S(AB) - S(B), D(rho || 1/d) = log d - S(rho), between functions of one module.
# Seen    : the entropies are in bits, the conditional and the relative entropy in nats; each docstring says so for itself,
#           and no argument changes it. So the identities fail by the factor ln 2 on one side.
# Matters : a key rate is a difference of two entropies. For a pair with 5 % of errors in both bases Devetak and Winter's
#           rate H(A|E) - H(A|B) is 0.427 bits; with H(A|E) from quantum_conditional_entropy and H(A|B) from
#           von_neumann_entropy it is 0.208, with the other two 0.515: the latter is more than can be extracted.
set -euo pipefail

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9].*/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        python="$candidate"
        break
    fi
done
if [ -z "$python" ]; then
    echo "needs Python 3.12 or later: set PYTHON" >&2
    exit 2
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'toqito==1.3.1' 'numpy==2.5.5' 'scipy==1.18.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from toqito.state_props import (
    quantum_conditional_entropy,
    quantum_relative_entropy,
    renyi_entropy,
    von_neumann_entropy,
)

ln2 = np.log(2)


def bits(rho):
    values = np.linalg.eigvalsh(rho)
    return -sum(v * np.log2(v) for v in values if v > 1e-14)


def without(rho, dims, system):
    return np.trace(rho.reshape(*dims, *dims), axis1=system, axis2=2 + system)


generator = np.random.default_rng(0)
for dims in ((2, 2), (2, 3), (3, 2)):
    size = dims[0] * dims[1]
    root = generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
    rho = root @ root.conj().T
    rho /= np.trace(rho).real
    right = bits(rho) - bits(without(rho, dims, 0))
    parts = von_neumann_entropy(rho) - von_neumann_entropy(without(rho, dims, 0))
    whole = quantum_conditional_entropy(rho, list(dims), 0)
    relative = quantum_relative_entropy(rho, np.eye(size) / size)
    print(f"{dims}: H(A|B) {right:.6f} bits, S(AB) - S(B) {parts:.6f}, quantum_conditional_entropy {whole:.6f}")
    assert abs(parts - right) < 1e-6 and abs(whole - right * ln2) < 1e-6, "the units have changed"
    assert abs(relative - (np.log2(size) - bits(rho)) * ln2) < 1e-6
    assert abs(renyi_entropy(rho, 2) + np.log2(np.trace(rho @ rho).real)) < 1e-9

# Bell-diagonal, error rate q in both bases; Eve holds the purification, Alice's bit is classical.
q, plus = 0.05, np.array([1, 1]) / 2**0.5
bells = [np.array(v) / 2**0.5 for v in ([1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0], [0, 1, -1, 0])]
weights = [(1 - q) ** 2, q * (1 - q), q * (1 - q), q * q]
psi = sum(w**0.5 * np.kron(v, e) for w, v, e in zip(weights, bells, np.eye(4))).reshape(2, 2, 4)
ae, ab = np.zeros((8, 8)), np.zeros((4, 4))
for a in (0, 1):
    bit = np.diag([1.0 - a, float(a)])
    ae += np.kron(bit, psi[a].T @ psi[a])
    ab += np.kron(bit, np.diag((psi[a] ** 2).sum(axis=1)))
units = {
    "bits": lambda rho, d: von_neumann_entropy(rho) - von_neumann_entropy(without(rho, (2, d), 0)),
    "nats": lambda rho, d: quantum_conditional_entropy(rho, [2, d], 0),
}
rates = {(e, b): float(units[e](ae, 4) - units[b](ab, 2)) for e in units for b in units}
entropy = -q * np.log2(q) - (1 - q) * np.log2(1 - q)
print("H(A|E) and H(A|B) in", {k: round(v, 4) for k, v in rates.items()}, "right:", round(1 - 2 * entropy, 4))
assert abs(rates["bits", "bits"] - (1 - 2 * entropy)) < 1e-6 and abs(rates["nats", "nats"] - (1 - 2 * entropy) * ln2) < 1e-5
assert rates["bits", "nats"] > 1 - 2 * entropy + 0.05 and rates["nats", "bits"] < 1 - 2 * entropy - 0.2
EOF
