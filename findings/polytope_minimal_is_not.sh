#!/usr/bin/env bash
# Package : polytope 0.2.5, polytope.qhull and polytope.reduce
# Expected: the CHSH local polytope (16 vertices in dimension 8) has 24 facets: 16 positivities, 8 CHSH inequalities. A
#           polytope flagged as of minimal representation has 24 rows.
# Seen    : qhull(vertices) has more than 200 rows, most facets repeated, as Qhull triangulates them, and sets
#           minrep = True; reduce believes the flag and returns the same rows. Only a new Polytope made of the same
#           A and b is reduced, to 24.
# Matters : facet counts are how one checks a local polytope (24, 684, ...) and facets are the Bell inequalities; here
#           the count depends on the triangulation and reduce does not mend it. Exact libraries (ppl, cdd) give 24.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'polytope==0.2.5' 'numpy==2.4.4' 'scipy==1.17.1' 'networkx==3.6.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import itertools
import numpy as np
import polytope

pairs = itertools.product(itertools.product((0, 1), repeat=2), repeat=2)
vertices = np.array([[*f, *g, *(a * b for a in f for b in g)] for f, g in pairs], dtype=float)
assert vertices.shape == (16, 8)
made = polytope.qhull(vertices)
reduced = polytope.reduce(made)
anew = polytope.reduce(polytope.Polytope(made.A, made.b))
different = len(np.unique(np.column_stack([made.A, made.b]).round(6), axis=0))
print("rows", len(made.A), " minrep", made.minrep, " after reduce", len(reduced.A), " different ones", different)
print("reduce of the same rows without the flag:", len(anew.A))
assert made.minrep and len(made.A) > 100 and len(reduced.A) == len(made.A), "the representation is minimal now"
assert different == 24 and len(anew.A) == 24
EOF
