#!/usr/bin/env bash
# Package : qutip 5.3.1 with numpy 2.4.4, np.kron of two Qobj
# Expected: np.kron(A, B) is the tensor product, as it is for the arrays of these operators; or an error, as
#           np.abs, np.exp and np.matmul raise for Qobj.
# Seen    : np.kron(sigmaz, sigmax) returns, without a word, the 2 x 2 matrix product sigmaz sigmax: numpy
#           sees an object array without dimensions. The CHSH operator of the optimal qubit observables so made has
#           the eigenvalues 2 sqrt 2, 2 sqrt 2 instead of 2 sqrt 2, 0, 0, -2 sqrt 2: its largest eigenvalue, the number one
#           checks, is right. With Alice's second observable turned to sigmay it is 2 instead of 2 sqrt 2 and complex
#           besides.
# Matters : a textbook line of numpy code is ported by replacing arrays with Qobj and keeps Tsirelson's number.
#           Use qutip.tensor, or .full() before numpy.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'qutip==5.3.1' 'numpy==2.4.4' 'scipy==1.17.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
import qutip

Z, X, Y = qutip.sigmaz(), qutip.sigmax(), qutip.sigmay()
assert np.asarray(Z).shape == (), "numpy sees the matrix now"
made = np.kron(Z, X)
assert isinstance(made, qutip.Qobj) and made.shape == (2, 2) and made == Z * X, "np.kron does something else now"


def chsh(kron, first, second, plus, minus):
    return kron(first, plus + minus) + kron(second, plus - minus)


plus, minus = (Z + X) / 2**0.5, (Z - X) / 2**0.5
wrong, right = (chsh(k, Z, X, plus, minus).eigenenergies() for k in (np.kron, qutip.tensor))
print("np.kron     ", wrong)
print("qutip.tensor", right)
assert np.allclose(wrong, 8**0.5) and np.allclose(right, [-(8**0.5), 0, 0, 8**0.5])
turned = np.linalg.eigvals(chsh(np.kron, Z, Y, plus, minus).full())
print("turned      ", turned, " tensor", chsh(qutip.tensor, Z, Y, plus, minus).eigenenergies())
assert not np.isclose(abs(turned).max(), 8**0.5)
EOF
