"""One array of behaviors: every row as good as `minimize`, the same bits on any executor, bad rows by number."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from sweep_cases import CASES, nonlocal_box, random_points

import relaxbell as rb
from relaxbell.engines import pools
from relaxbell.engines.linear.bulk import BulkProgram
from relaxbell.sweeps import blocks
from relaxbell.sweeps.labels import Grid


def signaling(inputs=(2, 2), outputs=(2, 2)):
    return rb.influence(rb.bell(inputs, outputs).relax("X -> B"), "X", "B")


def mixed(count, inputs=(2, 3), outputs=(3, 2), seed=0):
    """Rows of random local behaviors mixed with a box, some of them at the boundary of what is positive."""
    model = rb.bell(inputs, outputs)
    rng = np.random.default_rng(seed)
    q = rng.exponential(size=(count, model.strategies.count)) * (rng.random((count, model.strategies.count)) < 0.1)
    q[:, 0] += 0.01
    local = (q / q.sum(axis=1, keepdims=True) @ model.T.toarray().T).reshape(count, *model.observed_shape)
    w = rng.uniform(0, 1, count).reshape(-1, 1, 1, 1, 1)
    return w * nonlocal_box(model.observed_shape).p + (1 - w) * local


def assert_same(columns, expected):
    for name in ("values", "lower_bounds"):
        assert getattr(columns, name).tobytes() == getattr(expected, name).tobytes()
    assert (columns.status == expected.status).all()
    assert (columns.reasons == expected.reasons).all()


def assert_like_minimize(columns, measure, rows, subject_to=(), chosen=None):
    """Values and rigorous bounds are those of `minimize`, to rounding on the grid on which floats are read, 2^-50."""
    for k in range(len(rows)) if chosen is None else chosen:
        point = rb.Behavior(rows[k], measure.model.outputs, measure.model.inputs)
        alone = rb.minimize(measure, point, subject_to)
        assert columns.status[k] == "optimal"
        assert columns.lower_bounds[k] <= columns.values[k]
        assert abs(columns.values[k] - alone.value) <= 1e-13
        assert abs(columns.lower_bounds[k] - alone.lower_bound) <= 1e-13


def test_rows_agree_with_minimize():
    rows = mixed(60)
    measure = signaling((2, 3), (3, 2))
    columns = rb.sweep(measure, rows, progress=False)
    assert_like_minimize(columns, measure, rows, chosen=range(0, 60, 4))


def test_distances_are_of_rows_that_signal_too():
    """As `minimize` takes them; a measure beside them that does not names the rows."""
    model = rb.bell((2, 3), (3, 2))
    rng = np.random.default_rng(7)
    noise = rng.dirichlet(np.ones(6), size=(3, 2, 3)).reshape(3, 2, 3, 3, 2).transpose(0, 3, 4, 1, 2)
    rows = np.concatenate([mixed(2), noise])
    for measure in (rb.mean_distance(model), rb.largest_distance(model)):
        assert_like_minimize(rb.sweep(measure, rows, progress=False), measure, rows)
    both = rb.sweep([rb.mean_distance(model), signaling((2, 3), (3, 2))], rows, progress=False)
    assert both.status[2:].tolist() == [["optimal", "signaling"]] * 3


@pytest.mark.parametrize("case", CASES)
@pytest.mark.slow
def test_every_kind_of_linear_measure(case):
    measure = CASES[case]()
    rows = np.stack([p.p for p in random_points(measure.model, 12, seed=len(case))])
    assert_like_minimize(rb.sweep(measure, rows, progress=False), measure, rows, chosen=range(0, 12, 3))


@pytest.mark.slow
def test_budgets_and_affine_constraints():
    both = rb.bell((2, 3)).relax("X -> B", "L -> Y")
    measure = rb.influence(both, "X", "B")
    limits = [rb.dependence(both) <= Fraction(1, 5), both.q[3] + both.q[5] <= 0.2, both.q[0] == 0.01]
    rows = np.stack([nonlocal_box((2, 2, 2, 3)).visibility(v).p for v in np.linspace(0, 0.9, 7)])
    assert_like_minimize(rb.sweep(measure, rows, limits, progress=False), measure, rows, limits)


@pytest.mark.slow
def test_a_biased_and_a_zero_setting():
    weights = {(0, 0): Fraction(1, 2), (0, 1): Fraction(1, 3), (1, 0): Fraction(1, 6), (1, 1): 0}
    table = np.array([[weights[x, y] for y in range(2)] for x in range(2)], dtype=object)
    model = rb.measurement_dependence(input_distribution=table)
    measure = rb.dependence(model)
    rows = mixed(8, (2, 2), (2, 2))
    assert_like_minimize(rb.sweep(measure, rows, progress=False), measure, rows)


def test_measures_without_a_pool_and_several_models():
    """H is found by two live programs, M by another model's pool; the columns are those of behaviors one by one."""
    rows = mixed(20, (2, 2), (2, 2))
    measures = [rb.message_entropy(rb.message()), rb.dependence(rb.measurement_dependence())]
    columns = rb.sweep(measures, rows, progress=False)
    expected = rb.sweep(measures, [rb.Behavior(p) for p in rows], progress=False)
    assert columns.values.shape == (20, 2)
    assert abs(columns.values - expected.values).max() < 1e-13
    assert abs(columns.lower_bounds - expected.lower_bounds).max() < 1e-13


def test_lower_bounds_are_below_exact_minima():
    """At exact Tsirelson visibilities, read as floats: the closed form (S - 2)/4 of what was read is the value."""
    v = np.linspace(0, 1, 2001)
    rows = 0.25 + v[:, None, None, None, None] * (rb.boxes.tsirelson().p - 0.25)
    columns = rb.sweep(signaling(), rows, progress=False)
    assert abs(columns.values - np.maximum(0, (2 * np.sqrt(2) * v - 2) / 4)).max() < 1e-14
    assert (columns.lower_bounds <= columns.values).all()
    for k in range(0, 2001, 400):
        read = rb.Behavior(rows[k]).rounded(signaling().model, denominator=2**50)
        exact = max(Fraction(0), (rb.catalog.CHSH(read) - 2) / 4)
        assert Fraction(columns.lower_bounds[k]) <= exact <= Fraction(np.nextafter(columns.lower_bounds[k], 1))


def test_quotients_are_rounded_as_whole_numbers_are():
    rng = np.random.default_rng(0)
    for odd in (1, 3, 7, 321, 4095):
        total = rng.integers(-(2**20), 2**55, 2000)
        near, low, sure = pools._quotients(total, odd, float(2**50))
        assert sure.mean() > 0.2
        for numerator, a, b in zip(total[sure].tolist(), near[sure].tolist(), low[sure].tolist(), strict=True):
            exact = Fraction(numerator, odd * 2**50)
            assert a == numerator / (odd * 2**50)
            assert Fraction(b) <= exact < Fraction(np.nextafter(b, np.inf))


# ------------------------------------------------------------------- exactness


def test_whole_numbers_and_fractions_are_exact():
    """p = (1 - v) noise + v PR needs v - 1/2: its bound is that very number, or the float below."""
    v = [Fraction(k, 9) for k in range(4, 10)]
    rows = np.array([rb.boxes.pr().visibility(x).exact for x in v])
    columns = rb.sweep(signaling(), rows, labels=v, progress=False)
    for x in v:
        exact = max(Fraction(0), x - Fraction(1, 2))
        assert Fraction(columns[x].lower_bound) <= exact <= Fraction(np.nextafter(columns[x].lower_bound, 1))
    told = np.zeros((2, 2, 2, 2, 2), dtype=int)
    for x, y in np.ndindex(2, 2):
        told[0, 0, 0, x, y] = told[1, 0, x, x, y] = 1  # outcomes 0; Bob's outcome is Alice's setting
    assert rb.sweep(signaling(), told, progress=False).lower_bounds.tolist() == [0, 1]


def test_zeros_of_probabilities_and_single_precision():
    rows = mixed(30, seed=3)
    assert (rows == 0).any()
    single = rows.astype(np.float32)
    measure = signaling((2, 3), (3, 2))
    columns = rb.sweep(measure, single, progress=False)
    expected = rb.sweep(measure, [rb.Behavior(p) for p in single], progress=False)
    assert set(columns.status) == {"optimal"}
    assert abs(columns.values - expected.values).max() < 1e-13


# -------------------------------------------------------------------- bad rows


def test_bad_rows_are_reported_by_number_and_the_rest_is_computed():
    rows = mixed(40, (2, 2), (2, 2))
    good = rb.sweep(signaling(), rows, progress=False)
    bad = rows.copy()
    bad[3, 0, 0, 0, 0] = np.nan
    bad[7] *= 1.01
    bad[11, 0, 0, 0, 0] -= 1.5
    bad[11, 1, 0, 0, 0] += 1.5
    bad[12, 0, 0, 0, 0] = np.inf
    bad[20] = 0
    bad[20, 0, 0, :, 0] = bad[20, 1, 0, :, 1] = 1  # Alice's outcome is Bob's setting
    columns = rb.sweep(signaling(), bad, progress=False)
    assert sorted(columns.failures) == [3, 7, 11, 12, 20]
    assert columns.status[[3, 7, 11, 12, 20]].tolist() == ["invalid"] * 4 + ["signaling"]
    texts = {3: "row 3: p[0, 0, 0, 0] is nan", 7: "row 7: p[:, :, 0, 0] sums to 1.01", 12: "is inf"}
    assert all(text in columns.failures[k] for k, text in texts.items())
    assert "p[0, 0, 0, 0] is -" in columns.failures[11]
    assert "row 20: p(A=0|X=0, Y=0) = 1 but p(A=0|X=0, Y=1) = 0" in columns.failures[20]
    rest = np.setdiff1d(np.arange(40), list(columns.failures))
    assert abs(columns.values[rest] - good.values[rest]).max() < 1e-13
    assert np.isnan(columns.values[list(columns.failures)]).all()


def test_rows_of_another_shape():
    rows = mixed(3, (2, 2), (2, 2))
    columns = rb.sweep(signaling(), [rows[0], rows[1][:1], None, rows[2]], progress=False)
    assert columns.failures == {
        1: "row 1: has shape (1, 2, 2, 2), expected (2, 2, 2, 2): axes are outputs, then inputs.",
        2: "row 2: is a NoneType, expected an array of shape (2, 2, 2, 2).",
    }
    assert abs(columns.values[[0, 3]] - rb.sweep(signaling(), rows[[0, 2]], progress=False).values).max() < 1e-13


@pytest.mark.parametrize(
    ("given", "options", "text"),
    [
        (np.zeros((2, 2, 2, 2)), {}, "has 4 axes .* expected the points first, then 4: A, B, X, Y. Use minimize"),
        (np.zeros((5, 2, 2)), {}, "has 3 axes"),
        (np.zeros((5, 3, 2, 2, 2)), {}, "A has 3 values in the behavior and 2 in"),
        (np.zeros((5, 2, 2, 2, 2)), {"outputs": "B C"}, "variables do not match"),
        (np.zeros((5, 2, 2, 2, 2)), {"labels": [1, 2]}, "2 labels for 5 points"),
        (np.zeros((2, 2, 2, 2, 2)), {"labels": [1, 1]}, "two points have the label 1"),
        (np.zeros((2, 2, 2, 2, 2)), {"labels": {"v": [1, 1]}}, "two places of axis v have the label 1"),
        (np.zeros((2, 3, 2, 2, 2, 2)), {"labels": {"v": [1, 2]}}, "expected 2 with the sizes 2, 3"),
        (np.zeros((2, 3, 2, 2, 2, 2)), {"labels": [1, 2]}, "the points form a grid of shape"),
        (np.zeros((5, 2, 2, 2, 2), dtype=complex), {}, "entries of type complex128"),
        ([rb.boxes.pr()], {"labels": [1]}, "labels is for arrays"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(given, options, text):
    with pytest.raises(rb.errors.BehaviorError, match=text):
        rb.sweep(signaling(), given, progress=False, **options)


# ----------------------------------------------------------- axes, names, frames


def test_axes_by_name_in_any_order():
    rows = mixed(12)
    measure = signaling((2, 3), (3, 2))
    expected = rb.sweep(measure, rows, progress=False)
    other = rows.transpose(0, 2, 1, 4, 3)
    assert_same(rb.sweep(measure, other, outputs="B A", inputs="Y X", progress=False), expected)
    assert_same(rb.sweep(measure, np.asfortranarray(rows), progress=False), expected)
    axes = {"v": [0.1, 0.2, 0.3], "w": range(4)}
    grid = rb.sweep(measure, rows.reshape(3, 4, *rows.shape[1:]), labels=axes, progress=False)
    assert_same(grid, expected)
    assert grid.axes == {"v": (0.1, 0.2, 0.3), "w": (0, 1, 2, 3)}
    assert grid[0.2, 3].value == expected[7].value
    assert grid.labels[7] == (0.2, 3)
    assert list(grid)[-1] == (0.3, 3)


def test_a_file_that_is_mapped(tmp_path):
    rows = mixed(12)
    np.save(tmp_path / "rows.npy", rows)
    measure = signaling((2, 3), (3, 2))
    found = rb.sweep(measure, np.load(tmp_path / "rows.npy", mmap_mode="r"), progress=False)
    assert_same(found, rb.sweep(measure, rows, progress=False))


class Named:
    """What is asked of an array with named axes, as xarray's DataArray has it."""

    def __init__(self, values, dims, coords):
        self.values, self.dims, self.coords = values, tuple(dims), coords
        self.shape, self.ndim, self.dtype = values.shape, values.ndim, values.dtype

    def transpose(self, *dims):
        return Named(self.values.transpose([self.dims.index(d) for d in dims]), dims, self.coords)

    def __getitem__(self, place):
        return Named(self.values[place], self.dims, self.coords)

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_named_axes():
    rows = mixed(12)
    measure = signaling((2, 3), (3, 2))
    expected = rb.sweep(measure, rows, progress=False)
    values = rows.reshape(3, 4, *rows.shape[1:]).transpose(2, 0, 3, 5, 1, 4)
    given = Named(values, ("A", "v", "B", "Y", "w", "X"), {"v": np.array([0.1, 0.2, 0.3])})
    columns = rb.sweep(measure, given, progress=False)
    assert_same(columns, expected)
    assert columns.axes == {"v": (0.1, 0.2, 0.3), "w": (0, 1, 2, 3)}
    backwards = Named(values, ("A", "v", "B", "Y", "w", "X"), {"A": np.array([2, 1, 0])})
    with pytest.raises(rb.errors.BehaviorError, match=r"labels the places of its axis A \[2, 1, 0\]"):
        rb.sweep(measure, backwards, progress=False)
    with pytest.raises(rb.errors.BehaviorError, match="the array has no axis B: found A, v, C"):
        rb.sweep(measure, Named(values, ("A", "v", "C", "Y", "w", "X"), {}), progress=False)


@pytest.mark.parametrize("library", ["xarray", "pandas", "polars"])
def test_xarray_and_frames(library):
    module = pytest.importorskip(library)
    rows = mixed(6)
    measure = signaling((2, 3), (3, 2))
    expected = rb.sweep(measure, rows, progress=False)
    grid = rows.reshape(2, 3, *rows.shape[1:])
    v, w = [0.25, 0.5], [1, 2, 3]
    if library == "xarray":
        given = module.DataArray(grid, dims=("v", "w", "A", "B", "X", "Y"), coords={"v": v, "w": w})
        found = rb.sweep(measure, given.transpose("v", "Y", "w", "A", "X", "B"), progress=False)
        assert_same(found, expected)
        back = found.to_xarray()
        assert back["value"].dims == ("v", "w")
        assert float(back["lower_bound"].sel(v=0.5, w=2)) == expected.lower_bounds[4]
        return
    lines = [(v[i], w[j], a, b, x, y, grid[i, j, a, b, x, y]) for i, j, a, b, x, y in np.ndindex(grid.shape)]
    columns = {name: [line[k] for line in lines] for k, name in enumerate(["v", "w", "A", "B", "X", "Y", "p"])}
    frame = module.DataFrame(columns)
    found = rb.sweep(measure, frame, progress=False)
    assert_same(found, expected)
    assert found.axes == {"v": tuple(v), "w": tuple(w)}
    twice = module.DataFrame({name: [*own, own[0]] for name, own in columns.items()})
    with pytest.raises(rb.errors.BehaviorError, match="gives a probability for the second time"):
        rb.sweep(measure, twice, progress=False)
    with pytest.raises(rb.errors.BehaviorError, match="column A has the value 3, expected whole numbers 0 … 2"):
        rb.sweep(measure, module.DataFrame(columns | {"A": [3, *columns["A"][1:]]}), progress=False)
    short = module.DataFrame({name: own[:-1] for name, own in columns.items()})
    assert list(rb.sweep(measure, short, progress=False).failures) == [(0.5, 3)]
    if library == "pandas":
        wide = frame.pivot(index=["v", "w"], columns=["A", "B", "X", "Y"], values="p")
        assert_same(rb.sweep(measure, wide, progress=False), expected)
        assert found.to_frame().index.names == ["v", "w"]


def test_grids_as_sequences():
    grid = Grid({"v": [1, 2], "w": "abc"})
    assert len(grid) == 6
    assert list(grid) == [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (2, "c")]
    assert grid[-1] == (2, "c")
    assert grid[1:3] == ((1, "b"), (1, "c"))
    assert Grid({"v": [1, 2]})[1] == 2
    with pytest.raises(IndexError):
        grid[6]


# ------------------------------------------------- executors, checkpoints, time


@pytest.fixture
def shared(monkeypatch):
    """Small blocks, all of which are worth sending."""
    monkeypatch.setattr(blocks, "_WORTH_SENDING", 0.0)
    monkeypatch.setattr(blocks, "_FEWEST", 16)


def test_threads_give_the_same_bits(shared):
    rows = mixed(80)
    rows[77, 0, 0, 0, 0] = np.nan
    measure = [signaling((2, 3), (3, 2)), rb.dependence(rb.bell((2, 3), (3, 2)).relax("L -> X"))]
    alone = rb.sweep(measure, rows, progress=False)
    with ThreadPoolExecutor(3) as executor:
        assert_same(rb.sweep(measure, rows, executor=executor, progress=False), alone)


def test_what_the_pool_lacks_is_solved_and_depends_on_its_block_alone(shared, monkeypatch):
    rows = mixed(80, seed=1)
    measure = signaling((2, 3), (3, 2))
    full = rb.sweep(measure, rows, progress=False)
    monkeypatch.setattr(blocks, "_SAMPLE", (3, 3, 3))
    few = rb.sweep(measure, rows, progress=False)
    assert abs(few.values - full.values).max() < 1e-13
    with ThreadPoolExecutor(2) as executor:
        assert_same(rb.sweep(measure, rows, executor=executor, progress=False), few)


def test_points_without_an_optimal_basis_are_left_to_minimize(monkeypatch):
    rows = mixed(6)
    measure = signaling((2, 3), (3, 2))
    expected = rb.sweep(measure, rows, progress=False)
    monkeypatch.setattr(BulkProgram, "solved", lambda *args: None)
    columns = rb.sweep(measure, rows, progress=False)
    assert abs(columns.values - expected.values).max() < 1e-13
    limits = [measure <= Fraction(1, 10)]
    assert set(rb.sweep(measure, rows, limits, progress=False).status) == {"optimal", "infeasible"}


def test_short_work_is_not_sent():
    class Never(ThreadPoolExecutor):
        def submit(self, *args, **kwargs):
            raise AssertionError

    with Never(1) as executor:
        found = rb.sweep(signaling(), mixed(600, (2, 2), (2, 2)), executor=executor, progress=False)
    assert len(found) == 600
    assert set(found.status) == {"optimal"}


@pytest.mark.slow
def test_processes_give_the_same_bits(shared):
    rows = mixed(300)
    measure = signaling((2, 3), (3, 2))
    alone = rb.sweep(measure, rows, progress=False)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        assert_same(rb.sweep(measure, rows, executor=executor, progress=False), alone)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own: ports, sockets left to the garbage collector
def test_dask_gives_the_same_bits(shared):
    distributed = pytest.importorskip("distributed")
    rows = mixed(300)
    measure = signaling((2, 3), (3, 2))
    alone = rb.sweep(measure, rows, progress=False)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert_same(rb.sweep(measure, rows, executor=client.get_executor(), progress=False), alone)


def test_checkpoints_of_arrays(shared, tmp_path):
    path = tmp_path / "sweep.jsonl"
    rows = mixed(100)
    rows[5] = 0.3
    measure = signaling((2, 3), (3, 2))
    alone = rb.sweep(measure, rows, progress=False)
    assert_same(rb.sweep(measure, rows, checkpoint=path, progress=False), alone)
    lines = path.read_bytes().splitlines(keepends=True)
    assert_same(rb.sweep(measure, rows, checkpoint=path, progress=False), alone)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:50])  # killed while it wrote
    assert_same(rb.sweep(measure, rows, checkpoint=path, progress=False), alone)
    assert path.read_bytes().count(b"\n") == len(lines)
    for given, options in ((rows[:-1], {}), (rows + 1e-16, {}), (rows, {"subject_to": [measure <= 1]})):
        with pytest.raises(rb.errors.CheckpointError, match="belongs to another sweep"):
            rb.sweep(measure, given, checkpoint=path, progress=False, **options)
    path.write_bytes(b"".join([lines[0], lines[1].replace(b'"chunk": 0', b'"chunk": 1')]))
    with pytest.raises(rb.errors.CheckpointError, match=r"line 2 of .* is damaged"):
        rb.sweep(measure, rows, checkpoint=path, progress=False)


SCRIPT = """
import sys, time
sys.path[:0] = [{here!r}, {above!r}]
import test_arrays
import relaxbell.sweeps.blocks as blocks, relaxbell.sweeps.checkpoint as checkpoint
import relaxbell as rb
blocks._FEWEST = 16
add = checkpoint.Checkpoint.add_columns
def slowly(self, chunk, columns):
    add(self, chunk, columns)
    print(chunk, flush=True)
    time.sleep(0.2)
checkpoint.Checkpoint.add_columns = slowly
rb.sweep(test_arrays.signaling((2, 3), (3, 2)), test_arrays.mixed(100), checkpoint=sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_a_killed_sweep_resumes(shared, tmp_path):
    path = tmp_path / "sweep.jsonl"
    script = SCRIPT.format(here=os.path.dirname(__file__), above=os.path.dirname(os.path.dirname(__file__)))
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    finished = [int(process.stdout.readline()) for _ in range(3)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    kept = [json.loads(line)["chunk"] for line in path.read_text().splitlines()[1:]]
    assert set(finished) <= set(kept)
    measure, rows = signaling((2, 3), (3, 2)), mixed(100)
    assert_same(rb.sweep(measure, rows, checkpoint=path, progress=False), rb.sweep(measure, rows, progress=False))
    again = [json.loads(line)["chunk"] for line in path.read_text().splitlines()[1:]]
    assert again[: len(kept)] == kept
    assert len(set(again)) == len(again)


# -------------------------------------------------------------------- pictures


@pytest.fixture
def wings():
    """Visibility over angle of partially entangled states with their best settings: violated above 1/√(1 + sin² 2θ)."""
    v, angle = np.linspace(0.6, 1, 21), np.linspace(0.1, np.pi / 4, 9)
    t, w = np.meshgrid(angle, v, indexing="ij")
    b = np.arctan(np.sin(2 * t))[..., None] * [1, -1]
    a = np.array([0, np.pi / 2])
    both = np.cos(a)[:, None] * np.cos(b)[..., None, :]
    both = both + np.sin(2 * t)[..., None, None] * np.sin(a)[:, None] * np.sin(b)[..., None, :]
    one = (w * np.cos(2 * t))[..., None]
    table = np.empty((9, 21, 2, 2, 2, 2))
    for i, j in np.ndindex(2, 2):
        alone = (-1) ** i * (one * np.cos(a))[..., None] + (-1) ** j * (one * np.cos(b))[..., None, :]
        table[:, :, i, j] = (1 + alone + (-1) ** (i + j) * w[..., None, None] * both) / 4
    return rb.sweep(signaling(), table, labels={"θ": angle, "v": v}, progress=False), angle, v


def test_the_certified_boundary_is_where_theory_has_it(wings):
    """Horodecki: S = 2 v √(1 + sin² 2θ)."""
    from relaxbell.show.sweep_plot import crossings

    columns, angle, v = wings
    shape = (9, 21)
    expected = np.maximum(0, (2 * v * np.sqrt(1 + np.sin(2 * angle[:, None]) ** 2) - 2) / 4)
    assert abs(columns.values.reshape(shape) - expected).max() < 1e-13
    for k, t in enumerate(angle):
        column = crossings(columns.values.reshape(shape)[k], columns.lower_bounds.reshape(shape)[k], 0.0)
        (place,) = np.flatnonzero(column)
        assert v[place] <= 1 / np.sqrt(1 + np.sin(2 * t) ** 2) <= v[place + 1]


def test_contours_and_lines(wings):
    pytest.importorskip("matplotlib").use("Agg")
    columns, _, v = wings
    ax = columns.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("θ", "v")
    (label,) = ax.get_legend_handles_labels()[1]
    assert label == "from at most 0 to certified above"
    assert columns.plot(names=["t", "w"]).get_xlabel() == "t"
    line = rb.sweep(signaling(), {x: rb.boxes.pr().visibility(x) for x in v}, progress=False).plot(names=["v"])
    assert line.get_ylabel() == "C(X → B)"
    two = rb.sweep([signaling(), rb.dependence(rb.measurement_dependence())], [rb.boxes.pr()], progress=False)
    with pytest.raises(rb.errors.RelaxbellError, match="2 measures, expected one to draw"):
        two.plot()
    with pytest.raises(rb.errors.RelaxbellError, match="grid of 0 parameters"):
        rb.sweep(signaling(), [rb.boxes.pr()], progress=False).plot()


@pytest.mark.parametrize("sizes", [((2, 3), (3, 2)), ((2, 2, 1), (2, 2, 2))])
def test_frequencies_that_signal(sizes):
    """Where distances from the data are asked for, arrays may signal as behaviors may: the same values."""
    model = rb.bell(*sizes)
    tables = np.random.default_rng(3).uniform(size=(6, *model.observed_shape))
    tables /= tables.sum(axis=tuple(range(1, 1 + len(model.outputs))), keepdims=True)
    behaviors = [rb.Behavior(p, model.outputs, model.inputs) for p in tables]
    relaxed = model.relax("X -> B")
    distance = rb.mean_distance(model)
    for measure, limits in (
        (distance, ()),
        (rb.influence(relaxed, "X", "B"), [rb.largest_distance(relaxed) <= Fraction(1, 2)]),
    ):
        columns = rb.sweep(measure, tables, limits, progress=False)
        assert set(columns.status) == {"optimal"}
        expected = [rb.minimize(measure, p, limits) for p in behaviors]
        assert columns.values == pytest.approx([own.value for own in expected], abs=1e-12)
        assert (columns.lower_bounds <= [own.value for own in expected]).all()
        assert columns.lower_bounds == pytest.approx(columns.values, abs=1e-9)
    both = rb.sweep([distance, rb.query(model, "p{A = 0}")], tables, progress=False)
    assert set(both.status.ravel()) == {"signaling"}  # of which another quantity has no sense
