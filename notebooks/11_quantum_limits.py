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
# # Quantum limits
#
# Is a behavior quantum at all? How much relaxation can any quantum experiment demand? How random are its outcomes to somebody who
# may bend the assumptions a little? Every bound here is proved in exact arithmetic, from what a solver found. Extras `quantum`, for
# moment matrices from MoMPy, and `polytopes`.

# %%
from fractions import Fraction

import cvxpy as cp
import matplotlib.pyplot as plt
import numpy as np

import relaxbell as rb

# %% [markdown]
# ## Three sets
#
# What a Bell functional reaches on local, quantum and no-signaling behaviors. The quantum number is a bound by a level of the NPA
# hierarchy: no quantum experiment, of any dimension, has more.

# %%
rb.catalog.CHSH.limits("1+AB")

# %%
limits = rb.catalog.I3322.limits("1+AB")
limits

# %% [markdown]
# Each line has a certificate. Whoever doubts it runs `relaxbell verify`, which needs Python's standard library only.

# %%
print(limits.quantum.certificate.verify())

# %% [markdown]
# ## The set in a problem of your own
#
# `p` is the table as a CVXPY expression. Hardy's paradox: three events never happen, and quantum theory still allows a fourth, that
# a local model would forbid, with probability (5√5 − 11)/2.

# %%
quantum = rb.quantum_set(rb.catalog.CH, "1+AB")
p = quantum.p
never = [p[0, 0, 0, 0] == 0, p[0, 1, 1, 0] == 0, p[1, 0, 0, 1] == 0]
hardy = cp.Problem(cp.Maximize(p[0, 0, 1, 1]), [*quantum.constraints, *never])
print(
    f"{hardy.solve(solver='CLARABEL', canon_backend='SCIPY'):.5f}, and (5√5 − 11)/2 = {(5 * np.sqrt(5) - 11) / 2:.5f}"
)

# %% [markdown]
# How much noise does a PR box need before it is local, or quantum? The answer is the largest weight of the box in a mixture.

# %%
box = rb.boxes.pr()
for where in (rb.bell(), rb.quantum_set(box, "1+AB")):
    for noise in ("white", "local"):
        print(f"noise {noise}: {box.robustness(where, noise=noise)}")

# %% [markdown]
# ## How much relaxation can quantum theory demand?
#
# The closed form of a measure is a maximum of Bell functionals; class by class each has its quantum maximum. Alice's setting must
# change Bob's outcome by up to (√2 − 1)/2 to explain quantum correlations in the CHSH scenario, never by more.

# %%
rb.quantum_maximum(rb.influence(rb.bell().relax("X -> B"), "X", "B"), starts=2)

# %% [markdown]
# ## Randomness
#
# Now the other way round. A Bell violation shows that outcomes are random to everybody, if settings are free and devices do not
# signal. Let an adversary prepare the devices: anything that does not signal (exact), or quantum devices (a bound).

# %%
at = {"X": 0, "Y": 0}
values = np.linspace(2, 2.82, 9).round(4)
data = [rb.Observed([(rb.catalog.CHSH, v)]) for v in values]
anything = [own.guessing("A", at).value for own in data]
devices = [own.guessing("A", at, quantum="1+AB").value for own in data]
s = np.linspace(2, 2 * np.sqrt(2), 200)
fig, ax = plt.subplots(figsize=(5, 3.2))
ax.plot(s, 3 / 2 - s / 4, color="0.6", label="3/2 − S/4")
ax.plot(s, 1 / 2 + np.sqrt(np.maximum(0, 2 - s**2 / 4)) / 2, color="0.2", label="1/2 + √(2 − S²/4)/2")
ax.plot(values, anything, "o", color="0.6", markersize=4, label="no-signaling adversary, exact")
ax.plot(values, devices, "s", color="0.2", markersize=4, label="quantum adversary, rigorous bound")
ax.set_xlabel("CHSH value S")
ax.set_ylabel("best guess of Alice's outcome")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# The lower line is the formula of Pironio et al. (Nature 464, 1021, 2010). Each bound has its certificate as well.

# %%
seen = rb.Observed([(rb.catalog.CHSH, 2.7)])
seen.guessing("A", at, quantum="1+AB")

# %% [markdown]
# ## … under a budget
#
# Now let the adversary bias the settings: on average by M ≤ e, or up to a bound of p(settings|λ). For devices that only do not signal
# the curves are exact; for quantum ones they are rigorous at each e, between the samples too.

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
options = {"quantum": "1+AB"}
seen.guessing("A", at).curve("M", 0.2).plot(ax=axes[0], color="0.6", label="no-signaling")
seen.guessing("A", at, **options).curve("M", 0.2, points=7).plot(ax=axes[0], color="0.2", label="quantum")
seen.guessing("A", at).curve("lower", 0.25, start=0.15).plot(ax=axes[1], color="0.6", label="no-signaling")
seen.guessing("A", at, **options).curve("lower", 0.25, start=0.15, points=21).plot(
    ax=axes[1], color="0.2", label="quantum"
)
axes[1].set_ylabel("")
axes[0].legend(fontsize=8, frameon=False)
plt.show()

# %% [markdown]
# At M = 0.175 = S/4 − 1/2 all is lost, for either adversary. The pieces of an exact curve are quotients of polynomials:

# %%
rb.Observed([(rb.catalog.CHSH, Fraction(7, 2))]).guessing("A", at).curve("upper", 0.4, start=0.25)

# %% [markdown]
# If devices may signal instead, Alice's setting to Bob, a PR box loses its bit as 1/2 + e:

# %%
rb.boxes.pr().guessing("A", at, signaling={"X -> B": 0}).curve("X -> B", 0.6)

# %% [markdown]
# ## Bits of an experiment
#
# Counts are finite, and devices may have memory. Probability estimation factors turn them into bits that hold except with a
# probability that is chosen beforehand. They are trained on a tenth of the trials of the experiment in Vienna (Giustina et al.
# 2015), drawn at random, and judge the rest.

# %%
training, rest = rb.load_counts("vienna2015").split(0.1, seed=1)
bits = rest.randomness(training, error=1e-6)
bits

# %% [markdown]
# The settings were a little off, so uniform ones may not be assumed. What if only p(settings) ≥ e is?

# %%
curve = bits.curve("lower", Fraction(1, 4), start=Fraction(247, 1000), points=7)
ax = curve.plot()
ax.set_xticks([0.247, 0.248, 0.249, 0.25])
plt.show()

# %% [markdown]
# A few thousandths of freedom cost everything, because the violation of this experiment is small in each trial. A protocol that
# demands a number of bits beforehand has smooth min-entropy where it passes; with a probability of at least 1/2, say:

# %%
print(f"{bits.smooth_min_entropy(0.5):,.0f} of {bits.bits:,.0f} bits")
