# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Three settings: what the value of an inequality does not tell
#
# With three settings on each side, I3322 is a new Bell inequality. Is its value enough to know how much influence is
# needed? Fig. 2 of arXiv:1411.4648 says no; here it is exact. Then: all inequalities behind the minimum, and one that
# holds although outcomes are communicated.

# %%
import matplotlib.pyplot as plt
import numpy as np

import relaxbell as rb
from relaxbell.show.figures import figure_2

# %% [markdown]
# ## Fig. 2, exact
#
# Alice's setting may influence Bob's outcome. First the whole behavior is known: a PR-like box with white noise, Eq. (36).

# %%
model = rb.bell((3, 3)).relax("X -> B")
c = rb.influence(model, "X", "B")
box = rb.boxes.i3322()
rb.curve(c, box.white_noise(), box, parameter="v")

# %% [markdown]
# Then only the value of I3322, and that p does not signal. The break point, printed as 0.714, is 5/7.

# %%
ends = [rb.Observed([(rb.catalog.I3322, v)], nonsignaling=True) for v in (-1, 1)]
given = rb.curve(c, *ends)
given

# %%
_, ax = plt.subplots(figsize=(4.4, 3.2), layout="constrained")
figure_2(ax)
plt.show()
# %% [markdown]
# Each piece comes with the inequality that proves it:

# %%
for piece in given.pieces[1:]:
    print(piece, "   proved by", piece.functional)

# %% [markdown]
# ## All inequalities behind the minimum
#
# For the full behavior the least influence is a maximum of linear terms over *every* non-signaling p. There are 841 of them,
# in four kinds. The proof visits every vertex of the epigraph, one of each orbit of the relabelings with an exact linear
# program:

# %%
form = rb.closed_form(c, seconds=900)
form

# %% [markdown]
# So besides I3322 and the CHSH inequalities of pairs of settings, chained inequalities matter. On the PR-like box a CHSH
# inequality demands most:

# %%
terms = form.functionals()
for kind in form.classes:
    largest = max(terms[i](box) for i in kind.members)
    print(f"{float(largest):8.4f}   {kind.text}")

# %% [markdown]
# ## An inequality that survives communication
#
# Eq. (10): a chain of six correlators is at most 4 even if Bob learns Alice's *outcome* (but not her setting). It is a
# relabeled chained inequality, and quantum theory violates it up to 3√3.

# %%
signs = np.array([[1, 0, -1], [0, -1, 1], [-1, 1, 0]], dtype=object)
chain = rb.BellFunctional(np.multiply.outer(np.array([[1, -1], [-1, 1]], dtype=object), signs), name="Eq. (10)")
print("local models:           ", chain.bound(rb.bell((3, 3))))
print("with A -> B:            ", chain.bound(rb.outcome_signaling((3, 3))))
print("with X -> B:            ", chain.bound(rb.input_signaling((3, 3))))
print("quantum, by local search:", round(rb.optimize_quantum(chain).value, 6), "  3√3 =", round(3 * 3**0.5, 6))

# %% [markdown]
# The paper calls it a facet of the polytope of models with A → B. Exact ranks say: of its non-signaling slice only (erratum
# E4).

# %%
for nonsignaling in (False, True):
    print(chain.is_facet(rb.outcome_signaling((3, 3)), nonsignaling=nonsignaling))

# %% [markdown]
# ## Every entangled state violates it
#
# For cos t |00⟩ + sin t |11⟩ with measurements in the x–z plane, Alice at 0, π, π/2 and Bob at 0, θ, −π, the value is
# 3 + cos θ + sin 2t sin θ. At θ = 0 it is 4 and rises: there is a violation for every entangled state.

# %%
angles = np.linspace(0, np.pi / 2, 91)
alice = [rb.states.qubit_observable(a) for a in (0, np.pi, np.pi / 2)]
_, ax = plt.subplots(figsize=(4.4, 3.2), layout="constrained")
for t, style in ((np.pi / 4, "-"), (np.pi / 10, "--"), (np.pi / 40, ":")):
    boxes = [
        rb.born(rb.states.partially_entangled(t), [alice, [rb.states.qubit_observable(b) for b in (0, theta, -np.pi)]])
        for theta in angles
    ]
    values = [chain(p) for p in boxes]
    assert np.allclose(values, 3 + np.cos(angles) + np.sin(2 * t) * np.sin(angles))
    ax.plot(angles, values, style, color="black", label=f"t = π/{round(np.pi / t)}: largest {max(values):.4f}")
ax.axhline(4, color="gray", linewidth=0.8)
ax.set(xlabel="Bob's angle θ", ylabel="Eq. (10)")
ax.legend(frameon=False)
plt.show()
# %% [markdown]
# So for these behaviors no influence A → B is strong enough, while a little X → B is:

# %%
weak = boxes[4]
print("Eq. (10):", round(chain(weak), 6))
try:
    rb.minimize(rb.influence(rb.outcome_signaling((3, 3)), "A", "B"), weak)
except rb.errors.InfeasibleError as error:
    print(error)
print("X -> B:", round(rb.minimize(c, weak).value, 6))
