#!/usr/bin/env bash
# Package : toqito 1.3.1, states.breuer and states.chessboard
# Expected: "for even local dimensions d >= 4 and lambda > 0, this construction gives bound entangled states" (docstring of
#           breuer); and Bruss and Peres's state, which is invariant under the partial transpose, from chessboard's defaults.
# Seen    : breuer's partial transpose is positive only up to lambda = 1/(d + 2); above 1/d the overlap with the singlet
#           alone makes the state distillable. chessboard's default s is c/n instead of a c/n: with a = 2 the smallest
#           eigenvalue of the partial transpose is -0.044. In the example of the docstring a is 1. The latter
#           docstring warns that some s and t are not PPT, of which its own default is one. Both are noted in the
#           documentation of the package bound-entangled (0.3.0).
# Matters : such states are the test cases of Peres's conjecture, of separability criteria and of PPT relaxations; a Bell
#           or steering violation found with them says nothing about bound entanglement.
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
from toqito.states import breuer, chessboard


def smallest(rho, d):
    """The smallest eigenvalue of the partial transpose."""
    return float(np.linalg.eigvalsh(rho.reshape(d, d, d, d).transpose(0, 3, 2, 1).reshape(d * d, d * d))[0])


assert "any positive weight" in " ".join(breuer.__doc__.split())
for d in (4, 6):
    flip = np.fliplr(np.diag((-1.0) ** np.arange(d)))
    singlet = np.kron(np.eye(d), flip) @ np.eye(d).reshape(-1) / d**0.5
    for weight in (1 / (d + 2) - 0.02, 1 / (d + 2) + 0.02, 0.5):
        rho = breuer(d, weight)
        low, overlap = smallest(rho, d), float((singlet @ rho @ singlet).real)
        verdict = "PPT" if low > -1e-12 else "NPT, distillable" if overlap > 1 / d else "NPT"
        print(f"breuer({d}, {weight:.3f}): partial transpose >= {low:.6f}, singlet {overlap:.3f} of {1 / d:.3f}: {verdict}")
        assert abs(np.trace(rho) - 1) < 1e-12 and abs(low - (1 - weight * (d + 2)) / (d * (d + 1))) < 1e-12
assert overlap > 1 / d and verdict.endswith("distillable")

for numbers in ((1, 2, 3, 4, 5, 6), (2, 1, 1, 1, 1, 1), (0.6, -0.6, 1.2, -1.2, -0.6, -0.6)):
    a, b, c, d, m, n = numbers
    low, published = smallest(chessboard(numbers), 3), smallest(chessboard(numbers, a * c / n, a * d / m), 3)
    print(f"chessboard({numbers}): default {low:.6f}, with s = a c/n {published:.6f}")
    assert published > -1e-12 and (low > -1e-12) == (a == 1), "the default has changed"
assert low < -0.03
EOF
