#!/usr/bin/env bash
# Package : y0 0.2.11, NxMixedGraph.from_latent_variable_dag
# Expected: the latent projection: of Z -> U -> X, U -> Y with U hidden, Z -> X, Z -> Y and X <-> Y; W, which has no
#           edges, stays a node.
# Seen    : U becomes an observed node with the parent Z, Z reaches neither X nor Y, and W is gone. A latent node with
#           three children becomes three bidirected edges, as three independent sources do.
# Matters : Z is "independent" of X and Y now, and a column U that nobody measured is asked for. The triangle of three
#           sources cannot do what one source of three does: perfect correlation.
set -euo pipefail

python="${PYTHON:-python3}"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    'y0==0.2.11' 'networkx==3.6.1'
cd "$folder"

PYTHONPATH="" "$folder/venv/bin/python" -W ignore - <<'EOF'
import networkx as nx
from y0.graph import NxMixedGraph

dag = nx.DiGraph([("Z", "U"), ("U", "X"), ("U", "Y")])
dag.add_node("W")
nx.set_node_attributes(dag, {n: n == "U" for n in dag}, "hidden")
read = NxMixedGraph.from_latent_variable_dag(dag)
print("nodes", list(read.nodes()), "->", list(read.directed.edges), "<->", list(read.undirected.edges))
assert set(map(str, read.nodes())) == {"Z", "U", "X", "Y"}, "hidden nodes are projected now, or isolated ones kept"
assert [(str(u), str(v)) for u, v in read.directed.edges] == [("Z", "U")]
three = nx.DiGraph([("U", "X"), ("U", "Y"), ("U", "Z")])
nx.set_node_attributes(three, {n: n == "U" for n in three}, "hidden")
assert len(NxMixedGraph.from_latent_variable_dag(three).undirected.edges) == 3
EOF
