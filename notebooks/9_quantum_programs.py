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
# # From circuit to relaxation
#
# A Bell test as a quantum program: one circuit for each pair of settings, shots, counts, and what they say. The simulator here is
# ten lines of numpy, and it returns what Qiskit returns, so that nothing else is needed; the same with the real packages is at the
# end. The state is not symmetric, because symmetric ones hide the most common mistake: bits in the wrong order.

# %%
import numpy as np

import relaxbell as rb

ANGLE = 0.6  # of the state cos(θ)|01> + sin(θ)|10>
CHI = np.arctan(np.sin(2 * ANGLE))  # the best settings of CHSH for it (Gisin, Phys. Lett. A 154, 201, 1991)
ALICE, BOB = (0, np.pi / 2), (np.pi - CHI, np.pi + CHI)  # rotations about y before each measures Z
source = np.array([0, np.cos(ANGLE), np.sin(ANGLE), 0])


def ry(t):
    return np.array([[np.cos(t / 2), -np.sin(t / 2)], [np.sin(t / 2), np.cos(t / 2)]])


def circuit(x, y):
    """Return the amplitudes of |ab> at the end: an entangled state, and a rotation for each setting."""
    return np.kron(ry(ALICE[x]), ry(BOB[y])) @ source


def run(x, y, shots, rng):
    """Return counts as Qiskit writes them: Alice's bit is c[0], the letter at the right."""
    chances = circuit(x, y) ** 2
    seen = rng.multinomial(shots, chances / chances.sum())
    return {f"{b}{a}": int(n) for (a, b), n in zip(np.ndindex(2, 2), seen, strict=True) if n}


rng = np.random.default_rng(2026)
results = {(x, y): run(x, y, 20_000, rng) for x in (0, 1) for y in (0, 1)}
results[0, 0]

# %% [markdown]
# ## Counts
#
# Strings do not say whose bit is where; `order=` does, from left to right. `notes` tell what was recognized.

# %%
counts = rb.Counts.from_results(results, order="B A")
print(*counts.notes, sep="\n")
counts

# %% [markdown]
# Is the order right? The Born rule predicts each probability: the circuit's rotation before Z is the observable below. Read in the
# wrong order, the outcomes of Alice and Bob are exchanged, and the prediction is missed by far more than the standard error of 0.0035.

# %%
z = np.diag([1, -1])
observables = [[ry(t).T @ z @ ry(t) for t in own] for own in (ALICE, BOB)]
predicted = rb.born(source, observables)
for order in ("B A", "A B"):
    read = rb.Counts.from_results(results, order=order)
    print(f"order {order}: largest deviation {abs(read.frequencies.p - predicted.p).max():.4f}")

# %% [markdown]
# ## From frequencies to a relaxation
#
# Raw frequencies signal a little, as finite statistics do. The fit is the most likely non-signaling behavior.

# %%
fit = counts.fit()
print(fit)
seen, expected = (float(rb.catalog.CHSH(own)) for own in (counts.frequencies, predicted))
print(
    f"CHSH: {seen:.4f} in the counts, {expected:.4f} predicted, 2√(1 + sin²2θ) = {2 * np.hypot(1, np.sin(2 * ANGLE)):.4f}"
)

# %%
c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
solution = rb.minimize(c, fit.behavior)
solution

# %% [markdown]
# What do the counts prove? The game was named before: CHSH. The statement assumes that settings are drawn at random in each trial.
# Here, as usual on such devices, each circuit was run many times in a row, so that it holds only if the device does not know, or does
# not change with, which circuit comes when.

# %%
rb.evidence(counts, c, game=rb.catalog.CHSH)

# %% [markdown]
# ## With the real packages
#
# Each of these gives the same table; results are recognized by what they offer.
#
# ```python
# # Qiskit: a register for each party, named like the outputs, needs no order
# qubits, a, b = QuantumRegister(2), ClassicalRegister(1, "a"), ClassicalRegister(1, "b")
# jobs = {(x, y): StatevectorSampler().run([program(x, y)], shots=20_000) for x in (0, 1) for y in (0, 1)}
# counts = rb.Counts.from_results({setting: job.result() for setting, job in jobs.items()})
#
# # Cirq: measure(alice, key="a"), measure(bob, key="b")
# counts = rb.Counts.from_results({(x, y): simulator.run(program(x, y), repetitions=20_000) for x, y in settings})
#
# # PennyLane: return qml.counts(wires=[0, 1])
# counts = rb.Counts.from_results({(x, y): program(x, y) for x, y in settings}, order="A B")
#
# # QuTiP: no shots, but states and observables
# behavior = rb.born(state, [[alice_0, alice_1], [bob_0, bob_1]])
# ```
#
# The page "Conventions of other tools" says what was tested in which version.
