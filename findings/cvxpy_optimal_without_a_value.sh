#!/usr/bin/env bash
# Package : cvxpy 1.9.3 with clarabel 0.11.1 and with scs 3.3.1
# Expected: status "optimal" comes with the optimal value, 0 log 0 being 0.
# Seen    : the nearest local model, in relative entropy, to a perfectly correlated behavior: the minimum is 0, the
#           status "optimal", problem.value is inf. The likeliest p for counts (3, 1, 0, 2): the log likelihood is
#           -6.0684, the status "optimal", problem.value is nan. The solver's own objective is right in both cases. CVXPY
#           evaluates the objective anew at the solver's point, where the event of probability 0 has 3e-9 or
#           -3e-9, and rel_entr(3e-9, 0) = inf, 0 * log(-3e-9) = nan.
# Matters : events that never happen are the rule in Bell tests (PR box, Hardy's paradox, perfect correlations, few
#           counts). `if problem.status == "optimal": use(problem.value)` gives an infinite deviance or nan p-values. Restrict
#           the sum to the support, or read problem.solver_stats / the constraints' duals instead.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'cvxpy==1.9.3' 'clarabel==0.11.1' 'scs==3.3.1' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import math
import cvxpy as cp
import numpy as np

strategies = list(itertools.product((0, 1), repeat=4))  # a(0), a(1), b(0), b(1)
events = list(itertools.product((0, 1), repeat=4))  # x, y, a, b
local = np.array([[float(s[x] == a and s[2 + y] == b) for s in strategies] for x, y, a, b in events])

correlated = np.array([float(a == b) / 2 for x, y, a, b in events]) / 4
counts = np.array([3, 1, 0, 2])
support = counts > 0
likelihood = float((counts[support] * np.log(counts[support] / counts.sum())).sum())
for solver in (cp.CLARABEL, cp.SCS):
    q = cp.Variable(len(strategies), nonneg=True)
    nearest = cp.Problem(cp.Minimize(cp.sum(cp.rel_entr(local @ q / 4, correlated))), [cp.sum(q) == 1])
    nearest.solve(solver=solver)
    p = cp.Variable(4)
    fit = cp.Problem(cp.Maximize(counts @ cp.log(p)), [cp.sum(p) == 1])
    fit.solve(solver=solver)
    kept = cp.Problem(cp.Maximize(counts[support] @ cp.log(p[np.flatnonzero(support)])), [cp.sum(p) == 1, p >= 0])
    kept.solve(solver=solver)
    print(solver, "nearest:", nearest.status, nearest.value, " solver's own:", nearest.solution.opt_val)
    print(solver, "fit    :", fit.status, fit.value, " solver's own:", -fit.solution.opt_val, " on the support:", kept.value)
    assert nearest.status == "optimal" and nearest.value == math.inf, "the value is finite now"
    assert abs(nearest.solution.opt_val) < 1e-5
    assert fit.status == "optimal" and math.isnan(fit.value), "the value is a number now"
    assert abs(abs(fit.solution.opt_val) - abs(likelihood)) < 1e-3 and abs(kept.value - likelihood) < 1e-3
EOF
