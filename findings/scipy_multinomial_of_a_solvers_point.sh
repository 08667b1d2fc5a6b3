#!/usr/bin/env bash
# Package : scipy 1.18.1, scipy.stats.multinomial
# Expected: probabilities whose sum is 1 up to a solver's tolerance give a log likelihood; SciPy's own 1.17 adjusted
#           the last one, with a FutureWarning.
# Seen    : since 1.18 logpmf is nan, without a warning, as soon as the sum is off by more than about 2e-15: for a
#           typical point of an interior-point or first-order solver, for tables rounded to three digits.
#           In a 4 x 4 table (setting by outcome) only the offending settings turn to nan, so
#           np.nansum of the log likelihoods quietly forgets those settings and prefers such a model.
# Matters : likelihood ratios of local, quantum and relaxed models compare fitted tables that come from solvers.
#           Normalize each row first.
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
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'scipy==1.18.1' 'numpy==2.5.5' 'clarabel==0.11.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import warnings
import clarabel
import numpy as np
from scipy import sparse
from scipy.stats import multinomial

warnings.simplefilter("error")  # nothing warns
rounded = np.array([[0.427, 0.073, 0.073, 0.427]] * 3 + [[0.074, 0.427, 0.427, 0.073]])  # last row: 1.001
counts = np.array([[23, 3, 4, 23], [33, 11, 5, 30], [22, 10, 6, 24], [4, 20, 21, 6]])
by_setting = multinomial.logpmf(counts, counts.sum(axis=1), rounded)
print("log likelihoods by setting, one row of sum 1.001:", by_setting)
assert np.isnan(by_setting[3]) and np.isfinite(by_setting[:3]).all(), "a rounded row has a likelihood now"
normalized = rounded / rounded.sum(axis=1, keepdims=True)
total = multinomial.logpmf(counts, counts.sum(axis=1), normalized).sum()
print("nansum", np.nansum(by_setting), " of the normalized table", total)
assert np.nansum(by_setting) > total + 1

# the likeliest distribution, from an interior-point solver: minimize -counts . log p, sum p = 1
n, k = counts[0], 4
rows = [np.append(np.ones(k), np.zeros(k))]
sides, cones = [1.0], [clarabel.ZeroConeT(1)]
for i in range(k):  # (t, 1, p) in the exponential cone: t <= log p
    block = np.zeros((3, 2 * k))
    block[0, k + i], block[2, i] = -1, -1
    rows.extend(block)
    sides.extend([0.0, 1.0, 0.0])
    cones.append(clarabel.ExponentialConeT())
settings = clarabel.DefaultSettings()
settings.verbose = False
cost = np.append(np.zeros(k), -n.astype(float))
solution = clarabel.DefaultSolver(
    sparse.csc_matrix((2 * k, 2 * k)), cost, sparse.csc_matrix(np.array(rows)), np.array(sides), cones, settings
).solve()
p = np.array(solution.x)[:k]
print(solution.status, "sum - 1 =", p.sum() - 1, " logpmf", multinomial.logpmf(n, n.sum(), p))
assert str(solution.status) == "Solved" and abs(p.sum() - 1) < 1e-6
assert np.isnan(multinomial.logpmf(n, n.sum(), p)), "a solver's point has a likelihood now"
assert np.isfinite(multinomial.logpmf(n, n.sum(), p / p.sum()))
EOF
