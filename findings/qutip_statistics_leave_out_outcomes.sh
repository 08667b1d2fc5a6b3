#!/usr/bin/env bash
# Package : qutip 5.3.1, measurement.measurement_statistics(state, observable)
# Expected: what the docstring says: "the list of eigenvalues of the measurement operator" with the probability of each.
# Seen    : eigenvalues whose probability is below 1e-12 are left out of all three lists. So the first probability is that of
#           -1 for sigmax in |0>, and that of +1 for sigmaz. A list of projectors keeps its zeros, in the order given.
# Matters : a table p[outcome, setting] stacked from the probabilities is ragged, or, for perfectly correlated settings, has
#           the outcomes exchanged: below the first row says -1 for one setting and +1 for the other, and <Z> of |0> is
#           -1. Read the eigenvalues with the probabilities, or give projectors.
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
from qutip.measurement import measurement_statistics, measurement_statistics_observable

said = " ".join(measurement_statistics_observable.__doc__.split())
assert "The list of eigenvalues of the measurement operator." in said, "the docstring says something else now"
zero, one = qutip.basis(2, 0), qutip.basis(2, 1)
found = {}
for name, observable in (("sigmax", qutip.sigmax()), ("sigmaz", qutip.sigmaz())):
    values, _, chances = measurement_statistics(zero, observable)
    found[name] = [float(v) for v in values], [round(float(p), 12) for p in chances]
    print(name, "in |0>: eigenvalues", found[name][0], "probabilities", found[name][1])
assert found["sigmax"] == ([-1, 1], [0.5, 0.5]), "another order now"
assert found["sigmaz"] == ([1], [1]), "all eigenvalues are listed now"
chances = np.pad(found["sigmaz"][1], (0, 1))
print("<Z> of |0>, by position:", chances @ found["sigmax"][0])
assert chances @ found["sigmax"][0] == -1
_, projected = measurement_statistics(zero, [one.proj(), zero.proj()])
assert np.allclose(projected, [0, 1]), "projectors of probability 0 are left out now"
EOF
