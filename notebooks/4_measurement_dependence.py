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
# # Were the settings free?
#
# Another way to save a classical model: the hidden variable knows something about the settings. How much must it know?
# All settings together may depend on λ: p(x,y|λ) need not factorize into p(x|λ) p(y|λ), the retrocausal question.

# %%
import math

import matplotlib.pyplot as plt

import relaxbell as rb
from relaxbell.show.figures import figure_3, information_curve

# %%
model = rb.measurement_dependence()
model

# %%
m = rb.dependence(model)
m

# %% [markdown]
# ## Eq. (11)
#
# For two outcomes it holds for every non-signaling behavior, as a derived formula; for more outcomes given the value of I_d.

# %%
rb.closed_form(m)

# %%
for d in (2, 3, 4):
    ends = [rb.Observed([(rb.catalog.cglmp(d), v)], nonsignaling=True) for v in (1, 4)]
    print(rb.curve(rb.dependence(rb.measurement_dependence(outputs=(d, d))), *ends), end="\n\n")

# %% [markdown]
# Hall's measure, the largest distance between p(λ|x,y) and p(λ|x',y'), needs (S − 2)/3:

# %%
rb.closed_form(rb.hall_dependence(model))

# %% [markdown]
# ## In bits
#
# The mutual information between settings and λ is a convex program. The paper bounds it from below by Pinsker's inequality
# and from above by whatever model a solver happened to return. Here is the minimum itself, with a rigorous bound.

# %%
information = rb.mutual_information(model)
information

# %%
tsirelson = rb.minimize(information, rb.boxes.tsirelson())
big = (4 + 2 * math.sqrt(2)) / 8
h = -big * math.log2(big) - (1 - big) * math.log2(1 - big)
print(f"min I = {tsirelson.value:.7f} bit, rigorous bound {tsirelson.lower_bound:.7f}")
print(f"formula 2 - h(P) - P log2(3) with P = (4 + S)/8: {2 - h - big * math.log2(3):.7f}")

# %%
print(rb.explain(tsirelson))

# %% [markdown]
# **Erratum E2.** The paper prints Pinsker's inequality as I ≥ M² log2 e. That is above the minimum, so it cannot be right;
# the correct constant has ½:

# %%
least = rb.minimize(m, rb.boxes.tsirelson())
print(f"M = {least.exact};  M² log2 e = {least.value**2 * math.log2(math.e):.6f} > min I = {tsirelson.value:.6f}")
print(f"(M² log2 e)/2 = {rb.pinsker_bound(least.value):.6f}")

# %% [markdown]
# ## Fig. 3, exact
#
# Thick lines: the exact minimum for the largest quantum violation of I_d with white noise. Thin lines: the lower bound that
# follows from Eq. (11) with the correct constant. Dotted: 0.0663 bit, which suffice for all projective measurements on a
# singlet.

# %%
curves = {d: information_curve(d) for d in (2, 5, 7)}
_, ax = plt.subplots(figsize=(4.8, 3.4), layout="constrained")
figure_3(ax, curves=curves)
plt.show()
# %%
for d, line in curves.items():
    print(f"d = {d}: {line.values[-1]:.5f} bit at visibility 1; everywhere rigorous to {max(line.gap, 1e-4):.0e} bit")

# %% [markdown]
# The curves of the paper's Fig. 3 are upper bounds: I at the vertex where the linear program for M happened to end. Another
# vertex, another number (erratum E7). Here is where our solver's vertices are, between Pinsker's bound, the minimum, and them:

# %%
print("d   Pinsker   exact min I   I at a solution of the LP for M")
for d in (2, 3, 4, 5):
    dits = rb.measurement_dependence(outputs=(d, d))
    best, exact = rb.boxes.cglmp(d), rb.mutual_information(dits)
    program = rb.minimize(rb.dependence(dits), best)
    low, high = rb.pinsker_bound(program.value), exact.value(program.q)
    print(f"{d}   {low:.4f}    {rb.minimize(exact, best).value:.4f}        {high:.4f}")

# %% [markdown]
# The paper concludes that more than 0.0663 bit are needed from d = 5 on. The exact minimum is there already for d = 3:

# %%
qutrits = rb.minimize(rb.mutual_information(rb.measurement_dependence(outputs=(3, 3))), rb.boxes.cglmp(3))
print(f"d = 3: at least {qutrits.lower_bound:.5f} bit")

# %% [markdown]
# ## GHZ, closed
#
# Three parties measure X or Y on a GHZ state. The paper finds M = 1/4 and leaves 0.090 ≤ I ≤ 0.207. The lower end uses the
# wrong constant, and the upper end is the truth: 1 − log2(3)/2.

# %%
three = rb.measurement_dependence((2, 2, 2), (2, 2, 2))
ghz = rb.boxes.ghz()
print("min M =", rb.minimize(rb.dependence(three), ghz).exact, "  Pinsker:", round(rb.pinsker_bound(0.25), 4))
closed = rb.minimize(rb.mutual_information(three), ghz)
print(f"min I = {closed.value:.7f} bit, at least {closed.lower_bound:.7f};  1 - log2(3)/2 = {1 - math.log2(3) / 2:.7f}")

# %%
print(rb.explain(closed))

# %% [markdown]
# ## Only one side
#
# If only Alice's settings may depend on λ, twice as much is needed: √2 − 1 instead of (√2 − 1)/2.

# %%
for who in ("X Y", "X"):
    one = rb.dependence(rb.measurement_dependence(dependent=who))
    print(f"{who:4}", rb.minimize(one, rb.boxes.tsirelson()).exact)
