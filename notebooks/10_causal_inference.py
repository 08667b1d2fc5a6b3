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
# # What causal inference asks
#
# No physics is needed here. Two trials in which people did not do what they were assigned to do, effects that go through a mediator,
# outcomes that are seen of some only: what do the data say, what do assumptions add, and how far may these fail before a
# conclusion falls? Every number below is exact or stands between rigorous bounds.
#
# ## Two trials with non-compliance
#
# Z is assigned, A is taken, B is the outcome; A and B have unknown causes in common. The lipid data (Efron and Feldman, J. Am. Stat. Assoc. 86,
# 9, 1991, as tabulated by Balke and Pearl, J. Am. Stat. Assoc. 92, 1171, 1997): cholestyramine, and whether cholesterol was reduced.

# %%
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import sympy

import relaxbell as rb

trial = rb.instrumental()
cells = [[[919, 315], [81, 73]], [[0, 139], [0, 473]]]  # thousandths of p(a, b | z): axes a, b, z
lipid = rb.Behavior(np.array(cells) * Fraction(1, 1000), outputs="A B", inputs="Z")
trial

# %% [markdown]
# The effect of treatment, were all treated, against none: both ends, and the solutions behind them.

# %%
effect = rb.query(trial, "p{B(A=1) = 1} - p{B(A=0) = 1}", name="ACE(A -> B)")
found = rb.bounds(effect, lipid)
print(found)
found.maximum

# %% [markdown]
# For every trial at once, as Balke and Pearl print it: the largest of eight terms, and the least of eight.

# %%
both = rb.closed_bounds(effect)
print(both.written())

# %% [markdown]
# The vitamin A trial in Sumatra ships with the package: Z assigned by village, A taken, B whether the child survived.
# These are counts of about 24,000 children, so the bounds of frequencies are estimates. With probability 0.95 the bounds of the true p lie
# in the wider interval, whatever the causes in common are (Hoeffding's inequality at each assignment).

# %%
counts = rb.load_counts("vitamin_a")
print(counts.published)
estimate = rb.bounds(effect, counts.frequencies)
near = [rb.largest_distance(trial) <= counts.confidence_radius(0.95)]
sure = rb.bounds(effect, counts.frequencies, near)
print(f"estimated   [{estimate.lower:.4f}, {estimate.upper:.4f}]")
print(f"95 percent  [{sure.lower_bound:.4f}, {sure.upper_bound:.4f}]")

# %% [markdown]
# ## Who complies, and what defiers change
#
# The effect among compliers (LATE) is Wald's ratio if there are no defiers. Nobody could take cholestyramine unassigned: there are
# none, whatever we assume.

# %%
late, defiers = rb.query(trial, "LATE(Z -> A -> B)"), rb.query(trial, "defiers(Z -> A)")
rb.minimize(late, lipid)

# %% [markdown]
# Where non-compliance is on both sides, defiers are an assumption. A table of that kind, and the interval of LATE as their share grows: each end is
# a quotient of linear functions of it, and proved.

# %%
two_sided = rb.Behavior(np.array([[[5, 2], [2, 1]], [[1, 2], [2, 5]]]) * Fraction(1, 10), outputs="A B", inputs="Z")
low, high = rb.tradeoff(late, defiers, two_sided), rb.tradeoff(-late, defiers, two_sided)
print(low, high, sep="\n")

# %%
BLUE, RED = "#1b4f8a", "#b5482f"


def draw(curve, ax, end, color, **style):
    """Draw a trade-off up to a budget: where it ends, nothing is limited any more, and it stays what it is."""
    curve.plot(ax=ax, color=color, **style)
    last = float(curve.domain[1])
    if last < end:
        ax.hlines(curve.shown_sign * float(curve.value(last)), last, end, color=color, linewidth=1.4)


fig, ax = plt.subplots(figsize=(5, 3.2))
draw(low, ax, 0.25, BLUE, label="least")
draw(high, ax, 0.25, RED, label="largest")
ax.axhline(0.5, color="0.7", linewidth=0.8, zorder=0)
ax.set(xlabel="share of defiers, at most", ylabel="effect among compliers", title="Wald's ratio 1/2 without defiers")
ax.legend(frameon=False)
fig.tight_layout()

# %% [markdown]
# ## Through a mediator
#
# X acts on Y directly and through M, and M and Y have causes in common. Natural effects need a world in which X = 1 acts directly, but M
# is what it would be without. Formulas for all p(m, y | x), and the interval at one table.

# %%
mediation = rb.CausalModel(
    "X -> M -> Y <- X; L -> M; L -> Y", inputs="X", latent="L", outputs="M Y", cardinality={"X": 2, "M": 2, "Y": 2}
)
seen = rb.Behavior(np.array([[[30, 10], [10, 8]], [[20, 22], [40, 60]]]) * Fraction(1, 100), outputs="M Y", inputs="X")
for name in ("ACE(X -> Y)", "NDE(X -> M -> Y)", "NIE(X -> M -> Y)", "CDE(X -> Y | M=0)"):
    print(rb.bounds(rb.query(mediation, name), seen))
print(rb.closed_bounds(rb.query(mediation, "NDE(X -> M -> Y)")).written())

# %% [markdown]
# The total effect is known, for X is free; how much of it is direct is known to an interval. If X never lowers M, nor M lowers Y, less is possible:

# %%
monotone = [rb.assumption(mediation, text) for text in ("M(X=1) >= M(X=0)", "monotone(M -> Y)")]
for name in ("NDE(X -> M -> Y)", "NIE(X -> M -> Y)"):
    print(rb.bounds(rb.query(mediation, name), seen, monotone))

# %% [markdown]
# ## How far may an assumption fail?
#
# **Exclusion.** Assignment itself may move the outcome of at most a share ε (a placebo that is no placebo). Both ends of the effect for every ε,
# exactly; the tipping point is where the sign becomes undecided.

# %%
direct = trial.relax("Z -> B")
effect_d, influence = rb.average_causal_effect(direct, "A", "B"), rb.influence(direct, "Z", "B")
least, largest = rb.tradeoff(effect_d, influence, lipid), rb.tradeoff(-effect_d, influence, lipid)
print(least, largest, f"tipping point: {least.crossing(0)}", sep="\n")

# %% [markdown]
# **Independence.** What makes people comply may also have decided their assignment: the ℓ₁ distance M from independence, or bits of mutual
# information I. For two values each, min M = max(0, 4 p(z₀) p(z₁) (Pearl − 1)) (Miklin et al., 2022): the data themselves demand no
# dependence here, but how much would it take for no effect?

# %%
biased = trial.relax("L -> Z", input_distribution=[Fraction(1, 2), Fraction(1, 2)])
effect_b, M, bits = rb.average_causal_effect(biased, "A", "B"), rb.dependence(biased), rb.mutual_information(biased)
by_distance = rb.tradeoff(effect_b, M, lipid)
by_bits = rb.tradeoff(effect_b, bits, lipid)
print(by_distance, f"tipping point: M = {by_distance.crossing(0)}", sep="\n")
print(by_bits, f"tipping point: I = {by_bits.crossing(0):.6f} bits", sep="\n")

# %%
fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), sharey=True)
for curves, ax in zip(((least, largest), (by_distance,), (by_bits,)), axes, strict=True):
    end = 1.05 * float(curves[0].domain[1])
    for curve, color in zip(curves, (BLUE, RED), strict=False):
        draw(curve, ax, end, color)
titles = ("exclusion: C(Z → B) ≤ ε", "independence: M(Z:Λ) ≤ ε", "independence: I(Z:Λ) ≤ bits")
for ax, title, curve in zip(axes, titles, (least, by_distance, by_bits), strict=True):
    tip = float(curve.crossing(0))
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.plot([tip], [0], "o", color="black", markersize=5)
    ax.annotate(f"{tip:.3f}", (tip, 0), textcoords="offset points", xytext=(4, 6))
    ax.set(title=title, xlabel="limit", ylabel="effect" if ax is axes[0] else "")
fig.tight_layout()

# %% [markdown]
# The tipping point is also a formula, for every trial: the least direct influence with which the effect may be 0 or less.

# %%
tip = rb.closed_form(influence, subject_to=[effect_d <= 0])
print(tip.written(), f"here: {tip(lipid)}", sep="\n")

# %% [markdown]
# And both ends with a symbol ε, 13 terms each, as a function of Python (or R, or LaTeX):

# %%
epsilon = sympy.Symbol("epsilon", nonnegative=True)
both_ends = rb.closed_bounds(effect_d, subject_to=[influence <= epsilon])
code = both_ends.written(language="python")
print(f"{code.splitlines()[0]} … {len(code.splitlines())} lines")
[both_ends(lipid, {epsilon: Fraction(k, 10)}) for k in range(4)]

# %% [markdown]
# ## Weak confounding, in bits
#
# No instrument: p(b | a) and p(a) of an observational study. How much may the treated and the untreated differ? Treatment and
# potential outcomes have at most θ bits in common, which holds if the confounder has an entropy of θ. At 0 bits the effect is the difference of
# the means; from some bits on nothing is assumed any more, and the bounds are Manski's, and those of Tian and Pearl for
# the probability that treatment is necessary and sufficient (PNS).

# %%
study = rb.CausalModel(
    "A -> B <- L; L -> A",
    inputs="A",
    latent="L",
    cardinality={"A": 2, "B": 2},
    input_distribution=[Fraction(2, 5), Fraction(3, 5)],
)
observed = rb.Behavior([[0.8, 0.3], [0.2, 0.7]], outputs="B", inputs="A")
theta = rb.mutual_information(study)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
for ax, name in zip(axes, ("ACE(A -> B)", "PNS(A -> B)"), strict=True):
    own = rb.query(study, name)
    bottom, top = rb.tradeoff(own, theta, observed), rb.tradeoff(-own, theta, observed)
    grid = np.linspace(0, 0.8, 200)
    ax.fill_between(grid, bottom.lower_bound(grid), -top.lower_bound(grid), color=BLUE, alpha=0.15, linewidth=0)
    ax.plot(grid, bottom.lower_bound(grid), color=BLUE)
    ax.plot(grid, -top.lower_bound(grid), color=RED)
    if bottom.crossing(0) is not None:
        ax.plot([bottom.crossing(0)], [0], "o", color="black", markersize=5)
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    ax.set(title=name.replace("->", "→"), xlabel="bits of confounding, at most", ylabel="least and largest")
    print(bottom, f"tipping point: {bottom.crossing(0):.6f} bits", sep="\n")
fig.tight_layout()

# %% [markdown]
# Each of these numbers has a certificate, which `relaxbell verify` checks with the standard library of Python alone:

# %%
print(rb.bounds(rb.query(study, "PNS(A -> B)"), observed, [theta <= 0.1]).minimum.certificate.verify())

# %% [markdown]
# ## Outcomes of some only
#
# S = 1: the outcome Y was seen. Whether it is may depend on the treatment X and on the outcome itself. If the table says how many were seen, its
# cells are the symbols of the formula:

# %%
selection = rb.CausalModel(
    "X -> Y <- L -> S <- X; Y -> S", inputs="X", latent="L", outputs="Y S", cardinality={"X": 2, "Y": 2, "S": 2}
)
part = rb.Observed.partial(
    [[[None, None], [Fraction(3, 10), Fraction(1, 5)]], [[None, None], [Fraction(1, 2), Fraction(3, 5)]]],
    outputs="Y S",
    inputs="X",
)
overall = rb.query(selection, "ACE(X -> Y)")
among = rb.query(selection, "E[Y(X=1) - Y(X=0) | S = 1]")  # the effect among those seen: a quotient
print(rb.bounds(overall, part), rb.bounds(among, part), sep="\n")
print(rb.closed_bounds(among, part).written())

# %% [markdown]
# If only p(y | S = 1, x) was published, how many were seen is an assumption: at least 80 and 90 percent, say. Then the formula is in these shares.

# %%
shares = rb.Observed.partial(
    [[Fraction(1, 4), Fraction(1, 2)], [Fraction(3, 4), Fraction(1, 2)]],
    outputs="Y",
    inputs="X",
    given={"S": 1},
    cardinality={"S": 2},
)
enough = [selection.probability({"S": 1}, given={"X": x}) >= least for x, least in enumerate((0.8, 0.9))]
print(rb.closed_bounds(overall, shares, subject_to=enough).written())
rb.bounds(overall, shares, subject_to=enough)

# %% [markdown]
# ## The graph you have
#
# Text of dagitty, DOT, networkx, pgmpy, y0, Ananke and autobounds is read; what was added is said.

# %%
pasted = rb.CausalModel.from_graph("dag { Z -> X -> Y  X <-> Y  X [exposure]  Y [outcome] }", cardinality=2)
print(pasted.origin)
print(rb.bounds(rb.query(pasted, "ACE(X -> Y)"), rb.Behavior(lipid.exact, outputs="X Y", inputs="Z")))
pasted
