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
# Bell's theorem: some correlations have no classical explanation if influences are local and settings are free. This package
# asks the next question: *by how much* must one of these assumptions be relaxed before a classical model explains the data?
# All you need is a table of counts or probabilities, and a causal graph.

# %%
import cvxpy as cp
import numpy as np

import relaxbell as rb

# %% [markdown]
# ## Published counts
#
# Delft's event-ready Bell test (Hensen et al., Nature 526, 682, 2015). A CSV file of your own works as well:
# `rb.load_counts("counts.csv")`, with the columns a, b, x, y, count.

# %%
counts = rb.load_counts("delft2015")
counts

# %% [markdown]
# Raw frequencies signal a little, by finite statistics. The fit is the likeliest non-signaling behavior p(a,b|x,y).

# %%
fit = counts.fit()
print(fit)
fit.behavior

# %% [markdown]
# One call computes all the usual relaxations. Each estimate is a minimum over *all* classical models, with its standard error, a
# bound that is rigorous for the fitted p, and the Bell inequality that proves it. "At least" is what the counts themselves prove.

# %%
rb.quantify(counts)

# %% [markdown]
# ## A causal graph
#
# One of them, step by step. Fig. 1c of arXiv:1411.4648: Alice's setting may influence Bob's outcome. Circles are observed, the
# square is hidden, and the dashed edge is the relaxed one.

# %%
model = rb.bell().relax("X -> B")
model

# %% [markdown]
# How strong is an influence? By how much an intervention on X shifts Bob's outcome, on average over λ, Eq. (4):

# %%
c = rb.influence(model, "X", "B")
c

# %% [markdown]
# The least influence, and the deterministic strategies that reach it. Each party's outcome is a function of what it sees,
# listed in order: `x↦10` is outcome 1 at x = 0 and outcome 0 at x = 1; `(x,y)↦00 10` has a group for each x, and in it an
# outcome for each y; `x` alone repeats the setting.

# %%
solution = rb.minimize(c, fit.behavior)
solution

# %% [markdown]
# What do the optimal strategies do, in words?

# %%
rb.explain(solution)

# %% [markdown]
# If the behavior is exact, so is the minimum. The largest quantum violation of CHSH needs (√2 − 1)/2:

# %%
p = rb.boxes.tsirelson()
rb.minimize(c, p).exact

# %% [markdown]
# ## Your own graph
#
# Any directed acyclic graph will do. Say that a bug D hears both settings, and that Bob may listen to it; nobody observes D.
# Cardinalities are yours, too: here Bob has three outcomes.

# %%
bugged = rb.CausalModel(
    "X -> A <- L -> B <- Y; X -> D <- Y; L -> D",
    inputs="X Y",
    latent="L",
    hidden="D",
    cardinality={"X": 2, "Y": 2, "A": 2, "B": 3, "D": 2},
).relax("D -> B")
bugged

# %% [markdown]
# Bob's third outcome means “no detection”: a Tsirelson box behind a detector that clicks with probability 0.95. How often must
# the bug send something other than 0?

# %%
clicks = 0.95
table = np.zeros((2, 3, 2, 2))  # axes a, b, x, y
table[:, :2] = clicks * p.p
table[:, 2] = (1 - clicks) * p.p.sum(axis=1)
lossy = rb.Behavior(table, outputs="A B", inputs="X Y")
often = rb.minimize(rb.message_weight(bugged, "D"), lossy)
often

# %%
print(rb.explain(often))

# %% [markdown]
# ## It is CVXPY underneath
#
# `model.q` is a variable, `reproduces` a list of constraints, a measure an expression. So measures can be composed with
# everything that CVXPY has. Two relaxations in one model:

# %%
both = rb.bell().relax("X -> B", "Y -> A")
there, back = rb.influence(both, "X", "B"), rb.influence(both, "Y", "A")
classical = [*both.reproduces(p), both.valid]

larger = cp.Problem(cp.Minimize(cp.maximum(there.expression, back.expression)), classical)
budget = cp.Problem(cp.Minimize(there.expression), [*classical, back.expression <= 0.05])
squares = cp.Problem(cp.Minimize(there.expression**2 + back.expression**2), classical)
for what, problem, solver in (
    ("larger", larger, cp.HIGHS),
    ("budget", budget, cp.HIGHS),
    ("squares", squares, cp.CLARABEL),
):
    print(f"{what:8} {problem.solve(solver=solver):.6f}")

# %% [markdown]
# The first two are also in the package's own algebra, and come with bounds there:

# %%
for solution in (rb.minimize(rb.maximum(there, back), p), rb.minimize(there, p, subject_to=[back <= 0.05])):
    print(f"{solution.value:.6f}, rigorous: {solution.lower_bound <= solution.value}")

# %% [markdown]
# ## Were the settings free?
#
# Or the hidden variable knew something about the settings. The mutual information between settings and λ is a convex program,
# with a rigorous bound from its dual:

# %%
free = rb.measurement_dependence()
free

# %%
information = rb.minimize(rb.mutual_information(free), p)
print(f"{information.value:.7f} bit, at least {information.lower_bound:.7f}")

# %% [markdown]
# Less than a twentieth of a bit is enough to fake the largest quantum violation of CHSH.
#
# ## Explore
#
# Move the sliders: noise, entanglement, Bob's angles and losses of the detectors against the least relaxations, and what a
# number of trials proves of them (the dark bars). Closed forms, derived when the cell runs, answer at once. (On a page without a kernel, or without ipywidgets, this is a picture for the Tsirelson box.)

# %%
rb.explorer()

# %% [markdown]
# Where to go from here: notebook 2 derives the formulas behind these numbers, 3 has three settings, 4 measurement
# dependence, 5 independent sources, 6 causal inference beyond Bell, and 7 sweeps over many behaviors.
