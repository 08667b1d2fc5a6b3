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
# # From counts to relaxations
#
# A Bell test, a causal graph, and the least relaxation that explains the data.

# %%
import relaxbell as rb

# %% [markdown]
# ## Published counts
#
# Delft's event-ready Bell test (Hensen et al., Nature 526, 682, 2015). Raw frequencies signal a little, by finite
# statistics; the fit is the likeliest non-signaling behavior.

# %%
counts = rb.load_counts("delft2015")
fit = counts.fit()
print(counts)
print(fit)
rb.quantify(counts)

# %% [markdown]
# ## A causal graph
#
# Fig. 1c of arXiv:1411.4648: Alice's setting may influence Bob's outcome. The dashed edge is the relaxed one.

# %%
model = rb.bell().relax("X -> B")
model

# %% [markdown]
# How strong must the influence be? The minimum comes with a rigorous lower bound, with the Bell inequality that proves it,
# and with the strategies that reach it.

# %%
solution = rb.minimize(rb.influence(model, "X", "B"), fit.behavior)
solution

# %% [markdown]
# ## Your own graph, your own measure
#
# Here both settings may reach the other side. The measure is the larger of the two influences; a budget on one is a
# constraint for the other.

# %%
both = rb.CausalModel(
    "X -> A <- L -> B <- Y; X -> B; Y -> A",
    inputs="X Y",
    latent="L",
    cardinality={"X": 2, "Y": 2, "A": 2, "B": 2},
)
there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
print(rb.minimize(rb.maximum(there, back), rb.tsirelson_box()).value)
print(rb.minimize(there, rb.tsirelson_box(), subject_to=[back <= 0.05]).value)

# %% [markdown]
# ## It is CVXPY underneath
#
# `model.q` is a variable, `reproduces` a list of constraints, a measure an expression.

# %%
import cvxpy as cp

c = rb.influence(model, "X", "B")
problem = cp.Problem(cp.Minimize(c.expression), [*model.reproduces(rb.pr_box()), model.valid])
round(problem.solve(solver=cp.HIGHS), 9)

# %% [markdown]
# ## Measurement dependence
#
# Or the settings were not free. The mutual information between settings and the latent variable is a convex program: exact
# to the digits shown, with a rigorous bound from its dual.

# %%
free = rb.measurement_dependence()
information = rb.minimize(rb.mutual_information(free), rb.tsirelson_box())
print(f"{information.value:.7f} bit, at least {information.lower_bound:.7f}")

# %% [markdown]
# ## What do the strategies do?

# %%
rb.explain(solution)

# %% [markdown]
# ## Explore
#
# Move the sliders: noise, entanglement and Bob's angles against the least relaxations. Closed forms, derived when the cell
# runs, answer at once. (On a page without a kernel, or without ipywidgets, this is a picture for the Tsirelson box.)

# %%
rb.explorer()
