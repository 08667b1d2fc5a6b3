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
# # Beyond Bell
#
# The engine only sees a graph. So it answers questions of causal inference, trades one relaxation for another, and turns
# budgets into Bell inequalities.

# %%
from fractions import Fraction

import sympy

import relaxbell as rb

# %% [markdown]
# ## Instrumental variables
#
# Z is a randomized instruction, A the treatment taken, B the outcome; a latent confounder acts on A and B.

# %%
iv = rb.instrumental()
iv

# %% [markdown]
# Which p(a,b|z) are possible at all? Pearl's instrumental inequalities, derived as the facets of the model's polytope:

# %%
iv.inequalities()

# %% [markdown]
# How strongly does treatment change the outcome? Balke and Pearl's bounds of 1997, eight terms at each end, derived:

# %%
effect = rb.average_causal_effect(iv, "A", "B")
effect

# %%
both_ends = rb.closed_bounds(effect)
both_ends

# %% [markdown]
# On their data, a lipid-lowering drug with imperfect compliance, the effect is at least 0.392:

# %%
lipid = rb.Behavior([[[0.919, 0.315], [0, 0.139]], [[0.081, 0.073], [0, 0.473]]], outputs="B A", inputs="Z")
found = rb.bounds(effect, lipid)
found

# %%
rb.explain(found.minimum)

# %% [markdown]
# ## Was the instrument valid?
#
# Suppose that the instruction may also act on the outcome directly. How weak can the effect of the treatment then be, as a
# function of that direct influence? The exact trade-off curve:

# %%
leaky = rb.CausalModel(
    "Z -> A -> B; L -> A; L -> B", inputs="Z", latent="L", cardinality={"Z": 2, "A": 2, "B": 2}
).relax("Z -> B")
leaky

# %%
direct = rb.influence(leaky, "Z", "B")
rb.tradeoff(rb.average_causal_effect(leaky, "A", "B"), direct, lipid.rounded(leaky, denominator=1000))

# %% [markdown]
# ## Two relaxations at once
#
# Back to Bell: settings may influence the other side *and* depend on λ. A budget on one is a constraint for the other
# (Theorem 7). For a noisy PR box the two add up:

# %%
both = rb.bell().relax("X -> B", "L -> X", "L -> Y")
influence, dependence = rb.influence(both, "X", "B"), rb.dependence(both)
rb.tradeoff(influence, dependence, rb.boxes.pr().visibility(Fraction(7, 10)))

# %% [markdown]
# With a symbol for the budget, the closed form holds for every non-signaling behavior and every budget c:

# %%
c = sympy.Symbol("c")
rb.closed_form(influence, subject_to=[dependence <= c])

# %% [markdown]
# ## Relaxed Bell inequalities
#
# How far can CHSH go if influence is limited to e? The Bell inequality of a limited relaxation:

# %%
e = sympy.Symbol("e")
signaling = rb.input_signaling()
rb.catalog.CHSH.bound(signaling, subject_to=[rb.influence(signaling, "X", "B") <= e])

# %% [markdown]
# The same for the outcome as a messenger, and for limited dependence of the settings:

# %%
outcome = rb.outcome_signaling()
free = rb.measurement_dependence()
print(rb.catalog.CHSH.bound(outcome, subject_to=[rb.influence(outcome, "A", "B") <= e]))
print(rb.catalog.CHSH.bound(free, subject_to=[rb.hall_dependence(free) <= e]))

# %% [markdown]
# And how much noise must a PR box have before an influence of 0.1 explains it?

# %%
limited = [rb.influence(signaling, "X", "B") <= Fraction(1, 10)]
rb.critical_visibility(signaling, rb.boxes.pr(), subject_to=limited)
