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
# # Two sources that never met
#
# In entanglement swapping, Bob measures one half of each of two entangled pairs, and thereby entangles Alice's and
# Charlie's particles, which never met. Where two *independent* sources are at work, a classical explanation should have two
# independent hidden variables. Models like that are called bilocal (Branciard, Gisin, Pironio, PRL 104, 170401, 2010), and
# they explain much less than models with a single λ.
#
# So: how strongly would the two sources have to conspire?

# %%
import itertools
from fractions import Fraction

import cvxpy as cp
import matplotlib.pyplot as plt
import numpy as np
from sympy import Max, Symbol

import relaxbell as rb
from relaxbell.show.figures import figure_4, figure_5

# %% [markdown]
# ## The network
#
# Fig. 1f of arXiv:1411.4648. Alice and Charlie choose settings, Bob does not: he makes a Bell measurement with four outcomes.

# %%
model = rb.bilocality()
model

# %% [markdown]
# If both sources were one, any distribution q(α,β,γ) over the parties' response functions would do. Two independent sources
# mean that α and γ are independent. The measure is the distance from that, Eq. (12):

# %%
measure = rb.nonbilocality(model)
measure

# %% [markdown]
# ## The experiment
#
# Two Werner states of visibility v, the settings (Z ± X)/√2 on both sides, and a Bell measurement: Eqs. (54)–(55). Here is
# v = 4/5, in exact numbers.

# %%
v = Fraction(4, 5)
p = rb.boxes.entanglement_swapping(v)
p

# %% [markdown]
# The bilocality inequality B = √|I| + √|J| ≤ 1, Eq. (59), is violated from v = 1/√2 on, as B = √2 v:

# %%
rb.catalog.star_values(p)

# %% [markdown]
# ## One unknown number
#
# The measure is not convex, because it contains the product of two marginals. The paper's way out: p fixes most of the
# marginal q^a of Alice's response functions. What is left is a single parameter ν, Eq. (56), within an interval that two
# linear programs find, Eqs. (57)–(58); here it is exact.

# %%
alice, charlie = rb.marginal_parameters(model, p)
print(alice)
nu_range = rb.marginal_ranges(model, p)["q(A=00)"]
print("ν from", nu_range.minimum.exact, "to", -nu_range.maximum.exact)
print("   v²/4 =", v**2 / 4, "and 1/2 - v²/4 =", Fraction(1, 2) - v**2 / 4)

# %% [markdown]
# For each ν the least distance is a linear program. A scan:

# %%
found = rb.scan(measure, p)
found

# %% [markdown]
# It is a parabola, M_BL(ν) = 2v² − 1 + (4ν − 1)²:

# %%
formula = 2 * float(v) ** 2 - 1 + (4 * found.points[:, 0] - 1) ** 2
print("scan and formula agree to 1e-9:", bool(abs(found.values - formula).max() < 1e-9))

# %% [markdown]
# **Fig. 4**, anew: for every visibility the lowest point is at ν = 1/4.

# %%
_, ax = plt.subplots(figsize=(4.4, 3.2), layout="constrained")
figure_4(ax)
plt.show()
# %% [markdown]
# ## Certified, not scanned
#
# A grid can miss a minimum between its points. `minimize` does not scan: it splits the range of the free marginals into
# boxes, bounds the measure in each of them from below (McCormick's relaxation of the product, all rounding errors
# subtracted), and goes on until the bound meets the value of an explicit model. So the minimum is global; for an exact
# behavior the proof is exact as well:

# %%
solution = rb.minimize(measure, p)
solution

# %% [markdown]
# The proof is a file of exact data that anyone can check with the standard library of Python:

# %%
print(solution.certificate.verify())

# %% [markdown]
# What do the strategies look like that come closest to independence?

# %%
rb.explain(solution)

# %% [markdown]
# **Fig. 5**, anew: the least value along the visibility. It is B² − 1, so the violation of the bilocality inequality has a
# meaning: it says how much the sources must be correlated.

# %%
_, ax = plt.subplots(figsize=(4.6, 3.4), layout="constrained")
figure_5(ax)
plt.show()
# %% [markdown]
# Not only at points: the least value over all marginals is an exact curve in v, with a proof of each piece. The paper fitted
# its formula to numbers; here it is proved, for every visibility. Eq. (54) goes in as it stands, with a symbol for v.

# %%
nothing, everything = rb.boxes.entanglement_swapping(0).exact, rb.boxes.entanglement_swapping(1).exact
visibility = Symbol("v")


def swapped(v):
    return nothing + (everything - nothing) * v**2


rb.curve(measure, swapped, parameter=visibility)

# %%
rb.prove(measure, Max(0, 2 * visibility**2 - 1), swapped, parameter=visibility)

# %% [markdown]
# Only the product of the two visibilities counts: the minimum is 2vw − 1. So with one perfect source, any w > 1/2 is
# non-bilocal. Without the assumption of independence one would look at Alice's and Charlie's swapped pair, a Werner state of
# visibility vw, which violates the CHSH inequality for vw > 0.707 only. The difference is what independence adds.

# %%
for first, second in ((Fraction(9, 10), Fraction(7, 10)), (1, Fraction(3, 5)), (1, Fraction(1, 2))):
    exact = rb.minimize(measure, rb.boxes.entanglement_swapping(first, second)).exact
    print(f"v = {first!s:5} w = {second!s:5} min M_BL = {exact!s:6} 2vw - 1 =", 2 * first * second - 1)

# %% [markdown]
# ## Erratum E3: a forgotten constraint
#
# The printed linear program for fixed ν, (52)–(53), minimizes ‖M_ν q‖₁ over all q that reproduce p. It puts f(ν) in place of
# the marginal q^a into the *objective*, but nothing says that q has this marginal. Then the objective is not the distance
# of q from independence. In plain CVXPY, with the constraint and without:


# %%
def least(nu: float, printed: bool) -> tuple[float, np.ndarray]:
    """Return the least ‖M_ν q‖₁ and q: as printed, or with q^a = f(ν) as well."""
    fixed = rb.nonbilocality(model, {"A": [nu, 0.5 - nu, 0.5 - nu, nu]})
    constraints = [*model.reproduces(p), model.valid, *([] if printed else fixed.constraints)]
    problem = cp.Problem(cp.Minimize(fixed.expression), constraints)
    problem.solve(solver=cp.HIGHS)
    return problem.value, model.q.value


grid = np.linspace(0.16, 0.34, 37)
printed, corrected = ([least(nu, kind)[0] for nu in grid] for kind in (True, False))

_, ax = plt.subplots(figsize=(4.4, 3.2), layout="constrained")
ax.plot(grid, corrected, color="black", label="with $q^a = f(\\nu)$")
ax.plot(grid, printed, "--", color="#d55e00", label="as printed, (52)–(53)")
ax.axhline(0.28, color="gray", linewidth=0.8)
ax.set(xlabel="$\\nu$", ylabel="value of the program, $v = 0.8$")
ax.legend(frameon=False)
plt.show()
# %% [markdown]
# As printed, the program falls below 0.28, the proved minimum. Look at its solution there: the marginal of q is not the ν
# that the objective was told, and the true distance of this q from independence is larger than the program says.

# %%
value, q = least(0.218, printed=True)
actual = sum(
    q[s] for s in range(len(q)) if model.strategies.digits(s)["A"] == 0
)  # response function 0: a = 0 for both x
print(f"program as printed at ν = 0.218:      {value:.5f}")
print(f"marginal q^a_00 of its solution:      {actual:.5f}, which is not 0.218")
print(f"M_BL of its solution is at least 0.28: {measure.value(q) >= 0.28}")

# %% [markdown]
# The paper's Fig. 4 has its minima at ν = 1/4, as the program *with* the constraint has: only the text lost a line.
#
# ## Below the threshold: an explicit bilocal model
#
# For v ≤ 1/√2 the minimum is zero, and the solution is a model: what each source sends with which probability, and how Bob
# answers. It can be checked by multiplication, and is exact.

# %%
quiet = rb.boxes.entanglement_swapping(Fraction(7, 10))
local = rb.minimize(measure, quiet)
print("min M_BL =", local.exact)
print(local.decomposition)
print("reproduces all of p:", bool((local.decomposition.behavior().exact == quiet.exact).all()))

# %% [markdown]
# ## Three settings, and a surprise
#
# Let Alice and Charlie measure X, Y or Z, without any noise. Three marginals are fixed and four parameters stay free on each
# side, Eq. (62); symmetries of p remove most of them. One would expect more settings to be harder to explain:

# %%
axes = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]  # Bloch vectors of X, Y, Z
ternary = rb.nonbilocality(rb.bilocality((3, 3)))
perfect = rb.boxes.entanglement_swapping(1, alice=axes)
solution = rb.minimize(ternary, perfect)
print("min M_BL =", solution.exact)
solution.decomposition

# %% [markdown]
# But it is bilocal, as the paper says. In this model Alice's source sends one of the four strings of three bits with odd
# parity, Charlie's source one of the four with even parity; Bob gets both. Any two bits of such a string are independent
# coins, so that different settings show no correlation. And Bob announces the sum of the strings, one of four:
#
# | α ⊕ γ | 010 | 100 | 001 | 111 |
# |---|---|---|---|---|
# | Bob says | Φ⁺ | Φ⁻ | Ψ⁺ | Ψ⁻ |
#
# For Ψ⁻ all three bits differ: the perfect anticorrelation of a singlet along X, Y and Z. Twelve lines check it exactly:

# %%
odd = [s for s in itertools.product((0, 1), repeat=3) if sum(s) % 2]
even = [s for s in itertools.product((0, 1), repeat=3) if not sum(s) % 2]
says = {(0, 1, 0): 0, (1, 0, 0): 1, (0, 0, 1): 2, (1, 1, 1): 3}
table = np.full((2, 4, 2, 3, 3), Fraction(0), dtype=object)  # axes a, b, c, x, z
for alpha, gamma in itertools.product(odd, even):
    b = says[tuple((i + j) % 2 for i, j in zip(alpha, gamma, strict=True))]
    for x, z in itertools.product(range(3), repeat=2):
        table[alpha[x], b, gamma[z], x, z] += Fraction(1, 16)
print("four coins on each side reproduce the quantum behavior:", bool((table == perfect.exact).all()))

# %% [markdown]
# So it is not the number of settings that counts. With (Z ± X)/√2 and Y, the binary experiment is contained in the new one,
# and the minimum cannot be smaller than 2v² − 1. Nor is it larger: these are exact minima.

# %%
settings = [*rb.boxes.diagonal_settings(), (0, 1, 0)]
for v in (Fraction(7, 10), Fraction(3, 4), Fraction(4, 5), Fraction(9, 10), Fraction(1)):
    exact = rb.minimize(ternary, rb.boxes.entanglement_swapping(v, alice=settings)).exact
    print(f"v = {v!s:5} min M_BL = {exact!s:6} max(0, 2v² - 1) =", max(0, 2 * v**2 - 1))

# %% [markdown]
# ## More sources
#
# A star has n sources around one center. For n = 3 the measure contains the product of three unknown marginals; the center
# measures in the GHZ basis. The interval is certified all the same.

# %%
star = rb.star(3)
star

# %%
far = rb.minimize(rb.nonbilocality(star), rb.boxes.star(3, Fraction(17, 20)), tolerance=1e-5)
print(f"v = 0.85: min M = {far.value:.5f}, certified to 1e-5: {far.value - far.lower_bound <= 1e-5}")
