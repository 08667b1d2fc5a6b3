#!/usr/bin/env bash
# Package : highspy 1.16.0, Highs.getIis on "these probabilities have a local model"
# Expected: for the PR box and for the Tsirelson correlations (infeasible, 16 equations) an irreducible infeasible set,
#           by default; one would guess CHSH, which involves all 16 probabilities.
# Seen    : by default (iis_strategy 0) getIis returns kOk and a set that calls itself valid and is empty. Strategy 2
#           returns all 16 rows. Only with bit 4 ("find true IIS") there are four: one lower and three upper bounds,
#               p(11|00) >= ..., p(10|01) <= ..., p(01|10) <= ..., p(11|11) <= ...
#           They are the Hardy-Clauser-Horne-Eberhard inequality
#               p(11|00) - p(10|01) - p(01|10) - p(11|11) <= 0  for every local model:
#           twelve of the sixteen probabilities, with them normalization and no-signaling, do not matter.
# Matters : a solver's IIS is a proof of nonlocality with as few events as possible, which is what detection-loophole-
#           free tests use; but "valid" must not be read as "here it is", nor rows of strategy 2 as irreducible.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'highspy==1.16.0' 'numpy==2.4.4'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import highspy
import numpy as np

strategies = list(itertools.product((0, 1), repeat=4))  # a(0), a(1), b(0), b(1)
events = list(itertools.product((0, 1), repeat=4))  # x, y, a, b
local = np.array([[float(s[x] == a and s[2 + y] == b) for s in strategies] for x, y, a, b in events])


def nonlocal_box(strength):
    return [(1 + strength * (-1) ** (a + b + x * y)) / 4 for x, y, a, b in events]


def infeasible_rows(p, strategy):
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("iis_strategy", strategy)
    for _ in strategies:
        solver.addVar(0, highspy.kHighsInf)
    for row, value in zip(local, p):
        used = np.flatnonzero(row).astype(np.int32)
        solver.addRow(value, value, len(used), used, np.ones(len(used)))
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible
    status, iis = solver.getIis()
    assert status == highspy.HighsStatus.kOk
    return iis.valid_, [(events[i], int(b)) for i, b in zip(iis.row_index_, iis.row_bound_)]


for name, strength in (("PR box", 1.0), ("Tsirelson", 0.5**0.5)):
    found = {k: infeasible_rows(nonlocal_box(strength), k) for k in (0, 2, 4)}
    for k, (valid, rows) in found.items():
        print(name, "strategy", k, "valid", valid, len(rows), "rows")
    assert found[0] == (True, []), "the default finds a set now"
    assert found[2][0] and len(found[2][1]) == 16, "strategy 2 has changed"
    rows = dict(found[4][1])
    lower, upper = int(highspy.IisBoundStatus.kIisBoundStatusLower), int(highspy.IisBoundStatus.kIisBoundStatusUpper)
    print("  (x, y, a, b) ->", {e: {lower: ">=", upper: "<="}.get(b, b) for e, b in rows.items()})
    assert len(rows) == 4 and sorted(rows.values()) == sorted([lower] + [upper] * 3), "the set is another now"
    form = sum((1 if b == lower else -1) * local[events.index(e)] for e, b in rows.items())
    value = sum((1 if b == lower else -1) * nonlocal_box(strength)[events.index(e)] for e, b in rows.items())
    print("  largest local value", form.max(), " this box", round(value, 6))
    assert form.max() == 0 < value
EOF
