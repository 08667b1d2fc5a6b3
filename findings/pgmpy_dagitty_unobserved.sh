#!/usr/bin/env bash
# Package : pgmpy 1.1.2, DAG.from_dagitty
# Expected: `U [unobserved]`, `U [u]` and `U [l]` are latent nodes, as in dagitty, whose parser treats the words alike
#           (GraphParser.js, parseDotStatementArray).
# Seen    : `[latent]` and `[l]` are known, the other two are not. The node is read as observed, without a word; [e] and [o] are read as they should.
# Matters : the unmeasured confounder becomes a covariate: the effect that cannot be identified is identified by
#           adjustment for a column that does not exist, or bounds turn into a point.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'pgmpy==1.1.2' 'numpy==2.4.1' 'networkx==3.6.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
from pgmpy.base import DAG

for word, latent in (("latent", {"U"}), ("unobserved", set()), ("u", set()), ("l", {"U"})):
    read = DAG.from_dagitty(f"dag {{ X [e] Y [o] U [{word}] X -> Y X <- U -> Y }}")
    print(f"U [{word}]: latents {sorted(read.latents)}, exposures {sorted(read.exposures)}")
    assert set(read.nodes) == {"X", "Y", "U"} and read.exposures == {"X"}
    assert read.latents == latent, "the word is known now"
EOF
