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
# # CHSH as causal influence
#
# Bell's theorem says that some correlations need *some* influence between the parties. How much? In the CHSH scenario the
# answer is a formula. Here it is derived, with the paper's Table I, and compared with what arXiv:1411.4648 prints.

# %%
from fractions import Fraction

import numpy as np

import relaxbell as rb

# %% [markdown]
# ## The measure
#
# Alice's setting X may influence Bob's outcome B (Fig. 1c). How strongly is the paper's Eq. (4).

# %%
signaling = rb.input_signaling()
signaling

# %%
c = rb.influence(signaling, "X", "B")
c

# %% [markdown]
# ## The Tsirelson box
#
# The strongest quantum correlations are exact numbers of the form a + b√2, and so is the least influence that explains them.

# %%
rb.boxes.tsirelson()

# %%
solution = rb.minimize(c, rb.boxes.tsirelson())
solution

# %% [markdown]
# What do the optimal strategies do? In words:

# %%
rb.explain(solution)

# %% [markdown]
# ## Eq. (7), derived
#
# The minimum is a linear program, so as a function of p it is a maximum of linear terms. `closed_form` derives all of them
# and proves that there is no other: for every non-signaling behavior
#
# $$\min C_{X\to B} = \max(0, \mathrm{CH}) = \max\left(0, \tfrac{1}{4}(S - 2)\right)$$
#
# over the eight versions of the CHSH inequality.

# %%
rb.closed_form(c)

# %% [markdown]
# ## Table I, derived
#
# The paper lists the 13 vertices of the dual region. Enumerated anew, in its order of columns: the zero, eight versions of
# CH, and four that vanish without signaling.

# %%
table = rb.dual_vertices(c)
table

# %% [markdown]
# On signaling behaviors those four matter: Eq. (7) is printed for "any distribution", but holds for non-signaling ones.
# Alice tosses a fair coin, and Bob copies x in half of the runs with y = 0:

# %%
p = np.full((2, 2, 2, 2), Fraction(1, 4), dtype=object)  # axes a, b, x, y
for x in (0, 1):
    p[:, x, x, 0], p[:, 1 - x, x, 0] = Fraction(3, 8), Fraction(1, 8)
copies = rb.Behavior(p)
chsh_terms = [term(copies) for term in rb.closed_form(c).functionals()]
print("Eq. (7):", max(chsh_terms), "  true minimum:", rb.minimize(c, copies).exact, "= Table I:", table(copies))

# %% [markdown]
# ## Erratum E1: outcomes are worse messengers than settings
#
# Now the *outcome* A may influence B (Fig. 1b). The paper prints the same minimum, Eqs. (7) and (38). The PR box,
# a ⊕ b = x·y, has CH = 1/2:

# %%
pr = rb.boxes.pr()
outcome = rb.outcome_signaling()
c_ab = rb.influence(outcome, "A", "B")
at_pr = rb.minimize(c_ab, pr)
print("CH =", rb.catalog.CH(pr), "  min C(X -> B) =", rb.minimize(c, pr).exact, "  min C(A -> B) =", at_pr.exact)

# %% [markdown]
# It is 1, not 1/2. Step by step, without any program:
#
# 1. The PR box is deterministic in a ⊕ b, so every strategy with weight must satisfy a ⊕ b = x·y for all four settings.
# 2. A strategy is a pair a = f(x), b = g(a, y). For y = 0 that is g(f(x), 0) = f(x); for y = 1 it is g(f(x), 1) = f(x) ⊕ x.
# 3. If f were constant, the second left side would not depend on x, while the right side does. So f takes both values.
# 4. Then the first equation says that g(·, 0) is the identity: for y = 0, Bob's outcome copies a, in *every* strategy.
# 5. Hence forcing a to another value changes b with certainty, and C(A → B) = 1.
#
# The same by listing the strategies that never contradict the PR box:

# %%
impossible = pr.p.ravel() == 0
allowed = np.flatnonzero(np.asarray(outcome.T[impossible].sum(axis=0)).ravel() == 0)
every = rb.StrategyWeights(outcome, np.isin(np.arange(outcome.strategies.count), allowed) / len(allowed))
print(f"{len(allowed)} of {outcome.strategies.count} strategies are compatible with the PR box:")
every

# %%
rb.explain(at_pr)

# %% [markdown]
# And for every non-signaling behavior the minimum is **twice** the printed one:

# %%
rb.closed_form(c_ab)

# %% [markdown]
# Nobody has to believe this package: the certificate holds exact data that prove the bound, and one folder of standard Python
# without dependencies checks them (`relaxbell/verify`, which runs alone).

# %%
print(at_pr.certificate.verify())

# %% [markdown]
# ## Along the visibility
#
# Both curves are exact; the break point is 1/2 for the PR box and 1/√2 for the Tsirelson box.

# %%
rb.curve(c_ab, pr.white_noise(), pr, parameter="v")

# %%
box = rb.boxes.tsirelson()
rb.curve(c, box.white_noise(), box, parameter="v")

# %% [markdown]
# ## A message
#
# If Alice may send a bit M made from x and a, it must differ from 0 with probability CH at least. So its entropy is at least
# h(CH), Eq. (9): less than one bit, even for the Tsirelson box.

# %%
rb.minimize(rb.message_entropy(rb.message()), rb.boxes.tsirelson())

# %% [markdown]
# That holds for uniform settings, and "without loss of generality" it is not: with p(x) = (3/4, 1/4) one sends less often.

# %%
weights = {"X": [Fraction(3, 4), Fraction(1, 4)], "Y": [Fraction(1, 2), Fraction(1, 2)]}
for settings in (None, weights):
    least = rb.minimize(rb.message_weight(rb.message(input_distribution=settings)), box)
    print(least.exact, "≈", round(least.value, 6))
