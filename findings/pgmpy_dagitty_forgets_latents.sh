#!/usr/bin/env bash
# Package : pgmpy 1.1.2, DAG.to_dagitty
# Expected: the text says which nodes are latent, as from_dagitty reads it: `dag { L [latent] ... }`.
# Seen    : the latent source is written as an ordinary node. After to_dagitty and from_dagitty the set of latents is
#           empty, without a word, and the new graph claims that A and B are independent given the "observed" L.
# Matters : the graph sent to DAGitty, or stored, is another causal model: in Bell's and in the instrumental graph all
#           that is hard comes from the latent node. With it observed, effects become identifiable by adjustment.
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
from pgmpy.independencies import Independencies

text = "dag { Z L [latent] Z -> A L -> A L -> B A -> B }"
read = DAG.from_dagitty(text)
assert read.latents == {"L"}, "the reader knows the word latent"
written = read.to_dagitty()
print(written)
again = DAG.from_dagitty(written)
print("latents: read", read.latents, " written and read again", again.latents)
assert set(again.edges()) == set(read.edges())
assert "latent" not in written and again.latents == set(), "latents survive now"
adjusted = Independencies(["B", "Z", ["A", "L"]])
assert again.get_independencies().entails(adjusted) and not read.get_independencies().entails(adjusted)
EOF
