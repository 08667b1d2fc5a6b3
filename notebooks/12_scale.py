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
# # 10⁷² strategies
#
# A classical model is a distribution over deterministic strategies. With 15 settings on each side there are more of them than atoms in
# the sun, and many packages end at six. Nothing has to be listed here: an optimal model uses few strategies, and the best one to add is
# found by elimination, over one setting at a time. The answer is that of the whole list, and the bound beside it is rigorous.

# %%
import matplotlib.pyplot as plt
import numpy as np

import relaxbell as rb

SIGNS = np.array([[1, -1], [-1, 1]])[:, :, None, None]
GOLDEN = (1 + np.sqrt(5)) / 2


def correlated(table):
    """Return the behavior with uniform outcomes and these correlators, of the shape (settings of A, settings of B)."""
    return rb.Behavior((1 + SIGNS * table) / 4, "A B", "X Y")


def singlet(axes):
    """Return what a singlet shows along these axes, the same on both sides."""
    return correlated(-axes @ axes.T)


def axes(*points):
    """Return the axes through these points, with all signs and their cyclic permutations: opposite points are one axis."""
    signs = np.array(np.meshgrid([1, -1], [1, -1], [1, -1])).reshape(3, -1).T
    found = {tuple(np.roll(point * sign, k) + 0.0) for point in points for sign in signs for k in range(3)}
    return np.array([v / np.linalg.norm(v) for v in sorted(found) if v > tuple(0.0 - np.array(v))])


corners = axes([0, 1, GOLDEN])  # of the icosahedron
faces = axes([0, 1 / GOLDEN, GOLDEN], [1, 1, 1])
edges = axes([1, GOLDEN, 1 / GOLDEN], [2, 0, 0])
len(corners), len(faces), len(edges)

# %% [markdown]
# ## How much must Alice's setting reach Bob?
#
# Both measure along one of the 15 axes through the icosahedron's edges. Bob may see Alice's setting, so his response is one of
# 2^(15·15), and together with hers:

# %%
model = rb.bell((15, 15)).relax("X -> B")
f"{model.strategies.count:.1e}"

# %%
c = rb.influence(model, "X", "B")
solution = rb.minimize(c, singlet(edges))
solution

# %% [markdown]
# A certificate says that no model needs less. It can be sent to someone who has never heard of this package: the checker is one
# folder of plain Python and reads nothing but the file.

# %%
print(solution.certificate.verify())

# %% [markdown]
# ## Werner states
#
# How much white noise does a singlet bear until these axes show nothing nonlocal? One over this visibility bounds Grothendieck's
# constant of order 3 from below, whose reciprocal (about 0.69) is where Werner states become local for projective measurements.

# %%
sets = {
    "2 + 2, CHSH": rb.boxes.tsirelson(),
    "6 corners": singlet(corners),
    "10 faces": singlet(faces),
    "15 edges": singlet(edges),
    "31 all": singlet(np.concatenate([corners, faces, edges])),
}
visibilities = {name: rb.critical_visibility(rb.bell(p.p.shape[2:]), p) for name, p in sets.items()}
for name, v in visibilities.items():
    print(f"{name:12} local up to v = {float(v):.7f}   K_G(3) ≥ {1 / float(v):.5f}")

# %% [markdown]
# ## Measurement dependence with many outcomes
#
# The best CGLMP states and settings for d outcomes. For d = 64 there are 64⁴, 16 million, strategies, each with every pair of settings.

# %%
outcomes = [2, 3, 4, 6, 8, 12, 16, 24, 32]
found = []
for d in outcomes:
    free = rb.measurement_dependence((2, 2), (d, d))
    found.append(rb.minimize(rb.dependence(free), rb.boxes.cglmp(d)))
figure, plot = plt.subplots(figsize=(5, 3.2))
plot.semilogx(outcomes, [s.value for s in found], "o-", ms=4, base=2)
plot.set(xlabel="outcomes d", ylabel="least M(X, Y : Λ)", xticks=outcomes, xticklabels=outcomes)
plot.minorticks_off()
largest = found[-1]
print(f"d = {outcomes[-1]}: {largest.value:.9f}, at least {largest.lower_bound:.9f}")

# %% [markdown]
# ## Local bounds
#
# The largest value of any Bell functional over local strategies, exactly. One party answers best to all others, and choices for the others
# that cannot reach the best known value are never tried. Random whole numbers, 20 settings each, 2⁴⁰ strategies:

# %%
matrix = np.random.default_rng(7).integers(-9, 10, (20, 20))
functional = rb.BellFunctional.from_correlators({"AB": matrix}, name="random")
print("local:", functional.bound(rb.bell((20, 20))), " all correlators at ±1:", int(abs(matrix).sum()))

# %% [markdown]
# ## When time is short
#
# A limit in seconds ends with what is known: a bound that is as rigorous as any other.

# %%
try:
    rb.minimize(c, singlet(edges), seconds=0.05)
except rb.errors.TimeLimitError as late:
    print(late.partial.measure, "is not below", "a positive number" if late.partial.lower_bound > 0.05 else "zero")

# %% [markdown]
# The page "How far it goes" of the documentation has the sizes for each task, what limits them, and what is still listed.
