#!/usr/bin/env bash
# Package : dowhy 0.14, CausalGraph (and CausalModel) with a graph in dagitty's language
# Expected: `X <-> Y` is an unobserved common cause of X and Y, or an error.
# Seen    : a node called "<->" without edges, next to X and Y; the confounder is gone, without a word. Written as a
#           node, `U [latent] X <- U -> Y`, it is kept.
# Matters : with the edge lost nothing confounds X and Y, so the backdoor estimand is the plain difference of means.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'dowhy==0.14' 'pydot==4.0.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
from dowhy.causal_graph import CausalGraph


def read(text):
    return CausalGraph("X", "Y", graph=text, observed_node_names=["X", "Y", "Z"])._graph


lost = read("dag {\nZ -> X\nX -> Y\nX <-> Y\n}")
print("nodes", list(lost.nodes), "edges", list(lost.edges))
assert "<->" in lost.nodes and set(lost.edges) == {("Z", "X"), ("X", "Y")}, "the edge is read now"
kept = read("dag {\nU [latent]\nZ -> X\nX -> Y\nU -> X\nU -> Y\n}")
assert {("U", "X"), ("U", "Y")} <= set(kept.edges)
EOF
