#!/usr/bin/env bash
# Package : picos 2.6.2 with cvxopt 1.3.3, the dual of a complex (Hermitian) semidefinite constraint
# Expected: a Hermitian S >= 0 with tr(S M) = 0 at the optimal M >= 0, the gradient of the value in the data; real problems
#           do this.
# Seen    : the transpose (complex conjugate) of it: tr(S^T M) is 0 and tr(S M) is not. It is Hermitian, positive and of the
#           right trace, the primal and the dual value agree, and for real data nothing is wrong.
# Matters : duals are what one publishes: witnesses, Bell operators, steering inequalities. The partial transpose of
#           (|00> + i|11>)/sqrt 2 has the eigenvalue -1/2; the witness made of the dual gives +1/2 on that state and
#           detects the state with -i instead. With |00> + |11> the same lines give -1/2.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'picos==2.6.2' 'cvxopt==1.3.3' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
import picos


def state(phase):
    vector = np.array([1, 0, 0, phase]) / 2**0.5
    return np.outer(vector, vector.conj())


def transposed(matrix):
    return matrix.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)


def smallest_eigenvalue(matrix):
    """Of a Hermitian matrix, and the dual of the constraint."""
    problem, t = picos.Problem(), picos.RealVariable("t")
    constraint = problem.add_constraint(picos.Constant("M", matrix) - t * picos.I(len(matrix)) >> 0)
    problem.set_objective("max", t)
    problem.solve(solver="cvxopt")
    dual = np.array(constraint.dual)
    assert np.allclose(dual, dual.conj().T) and np.linalg.eigvalsh(dual)[0] > -1e-6 and np.isclose(np.trace(dual), 1)
    return problem.value, dual


for phase in (1, 1j):
    value, dual = smallest_eigenvalue(transposed(state(phase)))
    witness = transposed(dual)
    reads = {p: round(float(np.trace(witness @ state(p)).real), 6) for p in (phase, phase.conjugate())}
    print(f"(|00> + {phase}|11>)/sqrt 2: eigenvalue {value:.6f}; the witness reads", reads)
    assert abs(value + 0.5) < 1e-6
    assert abs(reads[phase] + 0.5 * (1 if phase == 1 else -1)) < 1e-5, "the dual is not transposed now"
assert abs(reads[-1j] + 0.5) < 1e-5

generator = np.random.default_rng(0)
for _ in range(5):
    matrix = generator.normal(size=(3, 3)) + 1j * generator.normal(size=(3, 3))
    matrix = (matrix + matrix.conj().T) / 2
    value, dual = smallest_eigenvalue(matrix)
    slack = matrix - value * np.eye(3)
    print(f"tr(S M) = {np.trace(dual @ slack).real:.6f}, tr(S^T M) = {np.trace(dual.T @ slack).real:.1e}")
    assert np.trace(dual @ slack).real > 1e-3 and abs(np.trace(dual.T @ slack)) < 1e-5
EOF
