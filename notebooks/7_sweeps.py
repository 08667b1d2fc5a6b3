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
# # Sweeps
#
# For a line of behaviors use `curve`: it is exact. For everything else, grids in several parameters, data sets, random
# behaviors, there is `sweep`: columns of values and rigorous bounds, on one core or many.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import relaxbell as rb

c = rb.influence(rb.bell().relax("X -> B"), "X", "B")

# %% [markdown]
# ## Exact curve against grid
#
# The curve needs three linear programs. The grid agrees with it, and its rigorous bounds never exceed it.

# %%
box = rb.boxes.tsirelson()
line = rb.curve(c, box.white_noise(), box, parameter="v")
line

# %%
vs = np.linspace(0, 1, 1001)
grid = rb.sweep(c, {float(v): box.visibility(float(v)) for v in vs}, progress=False)
exact = line.value(vs)
print(f"largest difference below 1e-9: {bool(abs(grid.values - exact).max() < 1e-9)}")
print(f"bounds above the curve by more than rounding: {int((grid.lower_bounds > exact + 1e-12).sum())}")
grid

# %% [markdown]
# ## Two parameters: partially entangled states with noise
#
# cos t |00⟩ + sin t |11⟩ with Horodecki's best measurements for the pure state, and white noise.


# %%
def noisy(t: float, v: float) -> rb.Behavior:
    """Return the behavior of largest CHSH value 2 √(1 + sin² 2t) for the pure state, with visibility v."""
    beta = np.arctan(np.sin(2 * t))
    alice = [rb.states.qubit_observable(0), rb.states.qubit_observable(np.pi / 2)]
    bob = [rb.states.qubit_observable(beta), rb.states.qubit_observable(-beta)]
    return rb.born(rb.states.partially_entangled(t), [alice, bob]).visibility(v)


ts, levels = np.linspace(0, np.pi / 4, 31), np.linspace(0.6, 1, 41)
points = {(t, v): noisy(t, v) for t in ts for v in levels}
plane = rb.sweep(c, points, progress=False)
assert not plane.failures
values = np.maximum(plane.values, 0).reshape(len(ts), len(levels))

_, ax = plt.subplots(figsize=(4.6, 3.3), layout="constrained")
filled = ax.contourf(levels, ts, values, levels=np.arange(0, 0.23, 0.02), cmap="Greys")
border = 1 / np.sqrt(1 + np.sin(2 * ts) ** 2)
ax.plot(border, ts, "--", color="#d55e00", label="$v = 1/\\sqrt{1 + \\sin^2 2t}$")
ax.set(xlabel="visibility v", ylabel="state angle t (radian)", xlim=(0.6, 1))
ax.legend(frameon=False, loc="lower left")
plt.colorbar(filled, label="min $C_{X \\to B}$")
plt.show()
# %% [markdown]
# The border of what is local is where the formula says.
#
# ## A million points: one array
#
# Axes of parameters first, then those of p(a,b|x,y). Here efficiency η of both detectors and visibility v of a maximally
# entangled state; a detector that does not click says 0. Then S = 2√2 v η² + 2 (1 − η)², so S > 2 for v > (2 − η)/(√2 η).

# %%
eta, v = np.linspace(0.75, 1, 1001)[:, None, None, None], np.linspace(0.6, 1, 1001)[:, None, None]
pure, noise = rb.boxes.tsirelson().p, 1 / 4
clicked = noise + np.multiply.outer(v[:, 0, 0], pure - noise)  # axes v, a, b, x, y
table = np.multiply.outer(eta[:, 0, 0, 0] ** 2, clicked)  # both detectors click, …
single = eta[..., None] * (1 - eta[..., None]) / 2  # … one does, and its outcome is random, …
table[:, :, 0] += single
table[:, :, :, 0] += single
table[:, :, 0, 0] += (1 - eta) ** 2  # … or none
losses = rb.sweep(c, table, labels={"η": eta.ravel(), "v": v.ravel()}, progress=False)
print(f"{len(losses):,} points, {len(losses.failures)} without a value")
s = (2 * np.sqrt(2) * v * eta**2 + 2 * (1 - eta) ** 2).ravel()
print(
    f"largest distance from max(0, (S - 2)/4) below 1e-12: {bool(abs(losses.values - np.maximum(0, (s - 2) / 4)).max() < 1e-12)}"
)

# %% [markdown]
# `plot` marks where the value rises above 0: at one corner of a cell it is at most 0, at another a rigorous bound is above.
# Every 20th value in each direction shows the cells.

# %%
coarse = rb.sweep(c, table[::20, ::20], labels={"η": eta.ravel()[::20], "v": v.ravel()[::20]}, progress=False)
ax = coarse.plot(cmap="Greys")
ax.plot(
    eta.ravel(),
    (2 - eta.ravel()) / (np.sqrt(2) * eta.ravel()),
    "--",
    color="#0072b2",
    label="$v = (2-η)/(\\sqrt{2} η)$",
)
ax.set_ylim(0.6, 1)
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# Arrays with named axes (xarray), frames (pandas, polars) and files that are mapped into memory are read as well; rows that are
# no behavior are reported by number. `to_xarray` and `to_frame` return columns with labeled axes.
#
# ## Several workers
#
# `executor` is any `concurrent.futures` executor: a process pool, or Dask's on a cluster. Results are the same bit by bit.

# %%
from distributed import Client, LocalCluster

with (
    LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
    Client(cluster) as client,
):
    shared = rb.sweep(c, points, executor=client.get_executor(), progress=False)
print("the same bits:", shared.values.tobytes() == plane.values.tobytes())

# %% [markdown]
# ## Checkpoints
#
# With `checkpoint=` every finished chunk is appended to a file. Here a sweep is cut short as if the machine had stopped, and
# started again: it only solves what is missing.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "plane.jsonl"
    rb.sweep(c, points, checkpoint=file, progress=False)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:6]) + lines[6][:50])  # the header, five chunks, and half a line
    resumed = rb.sweep(c, points, checkpoint=file, progress=False)
    again = len(file.read_text().splitlines())
print(f"{len(lines) - 1} chunks, of which 5 had survived; {again - 1} after resuming")
print("the same bits:", resumed.values.tobytes() == plane.values.tobytes())

# %% [markdown]
# ## Failures are data
#
# A point that no model reproduces does not stop a sweep; its row says why.

# %%
outcome = rb.influence(rb.outcome_signaling((3, 3)), "A", "B")
mixed = {"noise": rb.boxes.i3322().white_noise(), "PR-like": rb.boxes.i3322()}
rb.sweep(outcome, mixed, progress=False)
