"""Local visibilities without a list of strategies: as the listed ones, and the values known for many settings."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from clock import replaced

import relaxbell as rb
from relaxbell.engines.linear.merged import Merged, independent_cells
from relaxbell.engines.linear.visibility import Generation, local_visibility
from relaxbell.exact.numbers import surd
from relaxbell.solve import visibility
from relaxbell.symmetry.cells import party_orbits

PHI = (1 + 5**0.5) / 2
SIGNS = np.array([[1, -1], [-1, 1]])


def of_correlators(matrix):
    return rb.Behavior((1 + SIGNS[:, :, None, None] * np.asarray(matrix)) / 4)


def planar(m, n):
    """E = cos(π (x / m − (y + 1/2) / n))."""
    return of_correlators(np.cos(np.pi * (np.arange(m)[:, None] / m - (np.arange(n) + 0.5) / n)))


def axes(kind):
    """The 5-, 3- and 2-fold axes of the icosahedron: i, d, e."""
    cyclic = lambda *v: [np.roll(v, k) for k in range(3)]  # noqa: E731
    found = []
    for s in (1, -1):
        found += cyclic(0, s * PHI, 1) if "i" in kind else []
        found += cyclic(0, 1 / PHI, s * PHI) if "d" in kind else []
        for t in (1, -1):
            found += [(1, s, t)] if "d" in kind else []
            found += cyclic(1, s * PHI, t / PHI) if "e" in kind else []
    found += [(1, 0, 0), (0, 1, 0), (0, 0, 1)] if "e" in kind else []
    array = np.array(found, dtype=float)
    return array / np.linalg.norm(array, axis=1)[:, None]


def singlet(kind):
    own = axes(kind)
    return of_correlators(-own @ own.T)


def generated(monkeypatch, model, p, **options):
    with monkeypatch.context() as patch:
        patch.setattr(visibility, "_LISTED", -1)
        patch.setattr(visibility, "_AGAIN", -1)
        return rb.critical_visibility(model, p, **options)


def mixed(rng, model, box, denominator=60):
    """A nonlocal box among the model's own settings, with an exact mixture of strategies as noise."""
    q = rng.integers(0, 4, model.strategies.count)
    q[0] += 1
    local = model.T @ q
    numbers = [Fraction(int(v), int(q.sum())) for v in local]
    own = rb.Behavior(np.array([*numbers, None], dtype=object)[:-1].reshape(model.observed_shape), model.outputs,
                      model.inputs)  # fmt: skip
    return box.mix(own, Fraction(int(rng.integers(denominator // 2, denominator)), denominator))


def nonlocal_box(rng, model):
    """x, y, … → uniform outcomes of which the sum modulo 2 is a random function of the settings, all parties' bits."""
    shape, k = model.observed_shape, len(model.outputs)
    table = np.zeros(shape, dtype=object)
    target = rng.integers(0, 2, shape[k:])
    for index in np.ndindex(*shape):
        outcomes, settings = index[:k], index[k:]
        if max(outcomes) < 2 and sum(outcomes) % 2 == target[settings]:
            table[index] = Fraction(1, 2 ** (k - 1))
        else:
            table[index] = Fraction(0)
    return rb.Behavior(table, model.outputs, model.inputs)


SCENARIOS = [((2, 3), (3, 2)), ((3, 2), (2, 2)), ((2, 2), (3, 3)), ((2, 2, 2), (2, 2, 2)), ((3, 3), (2, 2))]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [SCENARIOS[1], *(pytest.param(*own, marks=pytest.mark.slow) for own in SCENARIOS if own != SCENARIOS[1])],
)
def test_as_listed(monkeypatch, inputs, outputs):
    model, rng = rb.bell(inputs, outputs), np.random.default_rng(3)
    below = 0
    for k in range(5):
        p = mixed(rng, model, nonlocal_box(rng, model)) if k else nonlocal_box(rng, model)
        listed = rb.critical_visibility(model, p)
        assert generated(monkeypatch, model, p) == listed
        below += listed < 1
        floats = rb.Behavior(p.p, model.outputs, model.inputs)
        assert float(generated(monkeypatch, model, floats)) == pytest.approx(float(listed), abs=1e-12)
    assert below >= 2


def test_irrational_behaviors_and_other_noise(monkeypatch):
    box, model = rb.boxes.tsirelson(), rb.bell()
    assert generated(monkeypatch, model, box) == surd(0, Fraction(1, 2), 2)
    assert generated(monkeypatch, model, rb.boxes.pr()) == Fraction(1, 2)
    biased = np.zeros((2, 2, 2, 2), dtype=object) + Fraction(1, 8)
    biased[0, 0] = Fraction(5, 8)
    noise = rb.Behavior(biased)
    for p in (box, rb.boxes.pr()):
        assert generated(monkeypatch, model, p, noise=noise) == rb.critical_visibility(model, p, noise=noise)
    local = rb.boxes.pr().white_noise().mix(rb.boxes.pr(), Fraction(3, 4))
    assert generated(monkeypatch, model, local) == 1


def test_signaling_is_refused():
    table = np.full((2, 2, 6, 6), Fraction(1, 4), dtype=object)
    table[:, :, 0, 0] = [[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 4), 0]]
    with pytest.raises(rb.errors.SignalingError, match="because X does not reach B"):
        rb.critical_visibility(rb.bell((6, 6)), rb.Behavior(table))


def test_the_bounds_are_theorems():
    """No strategy exceeds the functional behind the upper bound, and the weights behind the lower one are a model."""
    p = planar(5, 7)
    exact, model = p.rounded(rb.bell((5, 7)), denominator=10**6), rb.bell((5, 7))
    critical = rb.critical_visibility(model, exact)
    inside, outside = (exact.visibility(critical * (1 + s * Fraction(1, 10**6))) for s in (-1, 1))
    assert rb.critical_visibility(model, inside) == 1
    assert rb.critical_visibility(model, outside) < 1


def test_chained_settings():
    """Braunstein and Caves: n cos(π / 2n) · 2 against 2 n − 2 for planar settings along one chain of 2 n directions."""
    n = 8
    critical = rb.critical_visibility(rb.bell((n, n)), planar(n, n))
    assert float(critical) <= (2 * n - 2) / (2 * n * np.cos(np.pi / (2 * n))) + 1e-12
    assert float(critical) == pytest.approx(0.7187515292863, abs=1e-12)  # the listed program of 2^16 strategies


def test_settings_in_another_order_are_the_same():
    p, rng = planar(6, 9), np.random.default_rng(0)
    moved = rb.Behavior(p.p[:, :, rng.permutation(6)][:, :, :, rng.permutation(9)])
    found = [float(rb.critical_visibility(rb.bell((6, 9)), own)) for own in (p, moved)]
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    transposed = rb.Behavior(p.p.transpose(1, 0, 3, 2))
    assert float(rb.critical_visibility(rb.bell((9, 6)), transposed)) == pytest.approx(found[0], abs=1e-12)


def test_orbits():
    """Of the 5-fold axes: rotations by 72° about each, so that all pairs of different axes are alike."""
    p = singlet("i").p.transpose(2, 0, 3, 1)
    ranks = np.unique(np.round(p, 9), return_inverse=True)[1].reshape(p.shape)
    assert party_orbits(ranks).max() + 1 == len(np.unique(ranks)) == 4


def test_nothing_rests_on_symmetries():
    """Rows merged or not, the value is the same."""
    own = planar(4, 4).rounded(rb.bell((4, 4)), denominator=1000)
    table, noise = (np.ascontiguousarray(b.table.transpose(2, 0, 3, 1)) for b in (own, own.white_noise()))
    cells = np.arange(table.size).reshape(table.shape)
    plain = Merged(cells, table.ravel(), noise.ravel(), independent_cells(table.shape), True)
    merged = Merged.of(table, noise, None)
    assert merged.orbits == 4 < plain.orbits
    found = [local_visibility(m) for m in (merged, plain)]
    assert found[0].lower == found[0].upper == found[1].lower == found[1].upper


def test_a_visibility_with_bounds():
    found = rb.classes.Visibility(Fraction(7, 10), Fraction(7, 10) + Fraction(1, 10**10))
    assert isinstance(found, float)
    assert found <= found.lower_bound < found.upper_bound
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert (again.lower_bound, again.upper_bound) == (found.lower_bound, found.upper_bound)


def test_weights_of_floats_are_made_whole():
    """A mixture that misses the behavior a little attains a little less, exactly."""
    own = planar(4, 5).rounded(rb.bell((4, 5)), denominator=1000)
    table, noise = (np.ascontiguousarray(b.table.transpose(2, 0, 3, 1)) for b in (own, own.white_noise()))
    merged = Merged.of(table, noise, None)
    counts = merged.random(200, np.random.default_rng(0))
    found = local_visibility(merged)
    lower = merged.attained(counts, [(j, Fraction(1, 200)) for j in range(200)])
    assert lower is None or lower <= found.lower
    generation = Generation(merged)
    assert generation.run().lower == found.lower
    amounts = generation.master.x[2 * len(merged.rows) + 1 :]
    floats = [(j, Fraction(float(v)) + Fraction(1, 10**13)) for j, v in enumerate(amounts) if v > 0]
    nearly = merged.attained(generation.counts, floats)
    assert found.lower - Fraction(1, 10**7) < nearly < found.lower


def test_without_an_exact_vertex_there_are_bounds(monkeypatch):
    p, model = planar(6, 5), rb.bell((6, 5))
    critical = rb.critical_visibility(model, p)
    monkeypatch.setattr(Generation, "_exact", lambda self: None)
    monkeypatch.setattr(visibility, "_AGAIN", -1)
    found = rb.critical_visibility(model, p)
    assert isinstance(found, rb.classes.Visibility)
    assert found <= found.lower_bound <= critical <= found.upper_bound <= found.lower_bound + Fraction(1, 10**9)
    monkeypatch.undo()
    monkeypatch.setattr("relaxbell.engines.linear.visibility.optimal_vertex", lambda *_, **__: None)
    found = rb.critical_visibility(model, p)
    assert float(found) == pytest.approx(float(critical), abs=1e-9)


def test_refused_before_work():
    with pytest.raises(rb.errors.ModelTooLargeError, match=r"critical visibility of bell.* 2\^64 choices"):
        rb.critical_visibility(rb.bell((64, 64)), planar(64, 64))


def test_the_time_limit(monkeypatch):
    p, model = planar(7, 8), rb.bell((7, 8))
    critical = rb.critical_visibility(model, p)
    assert rb.critical_visibility(model, p, seconds=10**6) == critical
    for step in (0.3, 0.02):
        with monkeypatch.context() as patch:
            replaced(patch, step)
            try:
                assert rb.critical_visibility(model, p, seconds=1) == critical
            except rb.errors.TimeLimitError as late:
                known = late.partial
                assert isinstance(known, rb.classes.Enclosure)  # white noise is local
                assert 0 <= known.lower_bound <= critical <= known.upper_bound < 1  # CHSH is violated


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "wanted"), [("e", 0.7155417528), ("de", 0.7076432812), ("ide", 0.7042468194)])
def test_axes_of_the_icosahedron(kind, wanted):
    """15, 25 and 31 axes: found by a prototype beside the package; proved here in whole numbers."""
    p = singlet(kind)
    n = p.p.shape[2]
    critical = rb.critical_visibility(rb.bell((n, n)), p)
    assert isinstance(critical, Fraction)
    assert float(critical) == pytest.approx(wanted, abs=1e-10)


@pytest.mark.slow
def test_random_settings_as_listed(monkeypatch):
    rng = np.random.default_rng(11)
    for _ in range(4):
        own, other = (v / np.linalg.norm(v, axis=1)[:, None] for v in (rng.normal(size=(n, 3)) for n in (4, 5)))
        p = of_correlators(own @ other.T)
        marginal = np.zeros((2, 2, 1, 1))
        marginal[0, 0] = 1
        p = rb.Behavior(0.95 * p.p + 0.05 * marginal)
        monkeypatch.setattr(visibility, "_LISTED", 99)
        listed = rb.critical_visibility(rb.bell((4, 5)), p)
        monkeypatch.undo()
        assert float(generated(monkeypatch, rb.bell((4, 5)), p)) == pytest.approx(float(listed), abs=1e-12)
