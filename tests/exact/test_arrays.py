"""Tables that people give: masks, imaginary parts, missing values and named axes are never lost silently."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
import sympy

import relaxbell as rb

HALF = Fraction(1, 2)


class Named:
    """What relaxbell asks of an xarray.DataArray: dims, and perhaps coords."""

    def __init__(self, values, dims, coords=None):
        self.values, self.dims, self.coords = np.asarray(values), tuple(dims), coords or {}
        self.shape, self.ndim = self.values.shape, self.values.ndim

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def in_order(self, dims):
        return Named(self.values.transpose([self.dims.index(d) for d in dims]), dims)


def masked(values):
    """Mask the second entry."""
    array = np.asarray(values)
    return np.ma.array(array, mask=np.arange(array.size).reshape(array.shape) == 1)


UNIFORM = np.full((2, 2, 2, 2), 0.25)


def curve():
    box = rb.boxes.pr()
    return rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)


def closed_form():
    return rb.closed_form(rb.influence(rb.input_signaling(), "X", "B"))


def free_parameters():
    return rb.marginal_parameters(rb.bilocality(), rb.boxes.entanglement_swapping(1))[0]


READERS = {
    "Behavior": (rb.errors.BehaviorError, rb.Behavior, UNIFORM),
    "Counts": (rb.errors.CountsError, rb.Counts, np.full((2, 2, 2, 2), 1000)),
    "BellFunctional": (rb.errors.FunctionalError, rb.BellFunctional, np.full((3, 2, 2, 3), 1)),
    "a functional of a table": (rb.errors.BehaviorError, rb.catalog.CHSH, UNIFORM),
    "Collins-Gisin": (
        rb.errors.FunctionalError,
        lambda t: rb.BellFunctional.from_collins_gisin({"AB": t, "A": [0, 0], "B": [0, 0, 0]}),
        np.ones((2, 3), dtype=int),
    ),
    "correlators": (
        rb.errors.FunctionalError,
        lambda t: rb.BellFunctional.from_correlators({"AB": t}),
        np.ones((3, 2), dtype=int),
    ),
    "p(x, y)": (rb.errors.ModelError, lambda t: rb.bell((2, 3), (3, 2), input_distribution=t), np.full((2, 3), 1 / 6)),
    "p(y) by name": (
        rb.errors.ModelError,
        lambda t: rb.bell((2, 3), (3, 2), input_distribution={"X": [1, 0], "Y": t}),
        np.array([0.2, 0.3, 0.5]),
    ),
    "rows": (rb.errors.MeasureError, lambda t: rb.measure(rb.bell(), t), np.ones((3, 16))),
    "rows by name": (rb.errors.MeasureError, lambda t: rb.measure(rb.bell(), {"row": t}), np.ones(16)),
    "q": (rb.errors.MeasureError, rb.influence(rb.input_signaling(), "X", "B").value, np.full(64, 1 / 64)),
    "marginal": (rb.errors.MeasureError, lambda t: rb.nonbilocality(rb.bilocality(), {"A": t}), np.full(4, 0.25)),
    "Bloch vector": (
        rb.errors.BehaviorError,
        lambda t: rb.boxes.entanglement_swapping(1, alice=[t, (0, 1, 0)]),
        np.array([1.0, 0, 0]),
    ),
    "table of marginal_parameters": (
        rb.errors.MeasureError,
        lambda t: rb.marginal_parameters(rb.bilocality(), t),
        rb.boxes.entanglement_swapping(1).p,
    ),
    "free parameters": (rb.errors.MeasureError, lambda t: free_parameters().at(t), np.array([0.25])),
    "behaviors of a closed form": (
        rb.errors.BehaviorError,
        lambda t: closed_form().evaluate(t),
        np.array([UNIFORM, UNIFORM]),
    ),
    "parameters of a curve": (rb.errors.CurveError, lambda t: curve().value(t), np.array([0.5, 0.7])),
}


@pytest.mark.parametrize("reader", READERS)
def test_masked_entries_are_refused(reader):
    error, read, good = READERS[reader]
    read(good)
    read(np.ma.array(good))  # nothing is masked, nothing is lost
    if good.size > 1:
        with pytest.raises(error, match=r"masked entry|'--'"):
            read(masked(good))
    hidden = np.ma.array(good, mask=True)
    with pytest.raises(error, match=r"masked entry|'--'"):
        read(hidden)
    if good.ndim > 1:
        with pytest.raises(error, match="masked entry"):
            read([good[0], *[hidden[i] for i in range(1, len(good))]])
        with pytest.raises(error, match="masked entry"):
            read([hidden[0].tolist() if good.ndim == 1 else list(hidden[0]), *good[1:].tolist()])


@pytest.mark.parametrize("reader", READERS)
def test_complex_numbers_are_refused(reader):
    """Also where the imaginary part is zero, and in arrays of objects."""
    error, read, good = READERS[reader]
    for table in (good + 0j, good + 1j, (good + 0j).astype(object)):
        with pytest.raises(error):
            read(table)


def test_complex_tables_everywhere_alike():
    table = rb.boxes.tsirelson().p * (1 + 0j)
    for read in (rb.Behavior, rb.catalog.CHSH):
        with pytest.raises(rb.errors.BehaviorError, match="p is not a table of numbers: complex numbers"):
            read(table)
    with pytest.raises(rb.errors.BehaviorError, match="complex number at"):
        rb.catalog.CHSH(rb.boxes.tsirelson().table * sympy.I)
    with pytest.raises(rb.errors.MeasureError, match="sparse rows are complex"):
        rb.measure(rb.bell(), sp.csr_array(np.ones((1, 16)) * 1j))
    v = sympy.Symbol("v")  # of a symbol nobody knows whether it is real
    assert rb.catalog.CHSH(v * rb.boxes.pr().table) == 4 * v


@pytest.mark.parametrize(
    "table",
    [
        [[HALF, np.ma.masked], [HALF, HALF]],
        np.array([[HALF, np.ma.masked], [HALF, HALF]], dtype=object),
        [masked([0.5, 0.5]), [0.5, 0.5]],
        (np.array([0.5, 0.5]), masked([0.5, 0.5])),
    ],
)
def test_masks_inside_lists(table):
    with pytest.raises(rb.errors.BehaviorError, match="masked entry"):
        rb.Behavior(table, "A", "X")


@pytest.mark.parametrize(
    ("state", "measurements"),
    [
        (masked(rb.states.singlet()), [[rb.states.qubit_observable(0)]] * 2),
        (rb.states.singlet(), [[masked(rb.states.qubit_observable(0))], [rb.states.qubit_observable(0)]]),
        (rb.states.singlet(), [[[masked(np.diag([1, 0])), np.diag([0, 1])]], [rb.states.qubit_observable(0)]]),
        (rb.states.singlet(), masked(np.array([[rb.states.qubit_observable(0)]] * 2))),
    ],
)
def test_masked_states_and_observables(state, measurements):
    with pytest.raises(rb.errors.BehaviorError, match="masked entry"):
        rb.born(state, measurements)


def test_masked_relabelings():
    box = rb.boxes.cglmp(3)
    for make in (lambda m: box.coarse_grain("A", m), lambda m: box.relabel("A", m)):
        with pytest.raises(rb.errors.BehaviorError, match="masked"):
            make(np.ma.array([0, 2, 1], mask=[0, 1, 0]))


def test_missing_values_of_tables_are_refused():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame([[1, pd.NA], [1, 0]], dtype="Int64")
    for read in (rb.Behavior, rb.Counts, rb.BellFunctional, rb.BellFunctional([[1, 0], [0, 0]], "A", "X")):
        with pytest.raises(rb.errors.RelaxbellError):
            read(table, "A", "X") if isinstance(read, type) else read(table)
    whole = pd.DataFrame([[7, 2], [3, 8]])
    assert rb.Counts(whole, "A", "X").trials == 20


def test_named_axes_in_any_order():
    """Unequal cardinalities: the table is that of the names, and equal ones: not mirrored."""
    rng = np.random.default_rng(0)
    for shape in ((3, 2, 2, 3), (2, 2, 2, 2)):
        counts = rng.integers(50, 90, shape)
        p = counts / counts.sum(axis=(0, 1))
        signs = rng.integers(-3, 4, shape)
        for order in ("XYAB", "BAYX", "ABXY", "YBXA"):
            turned = Named(p, "ABXY").in_order(order)
            assert (rb.Behavior(turned).p == p).all()
            assert (rb.Counts(Named(counts, "ABXY").in_order(order)).table == counts).all()
            functional = rb.BellFunctional(Named(signs, "ABXY").in_order(order))
            assert (functional.coefficients == signs).all()
            assert functional(turned) == functional(p)


def test_named_axes_of_input_distributions_and_marginals():
    weights = np.array([[0.1, 0.2, 0.1], [0.2, 0.3, 0.1]])
    model = rb.bell((2, 3), (3, 2), input_distribution=Named(weights.T, "YX"))
    assert model.input_distribution.table.astype(float).tolist() == weights.tolist()
    joint = [[1, 2, 3], [4, 5, 6]]
    for make in (rb.BellFunctional.from_correlators, rb.BellFunctional.from_collins_gisin):
        rest = {"A": [1, 0], "B": [0, 1, 1]}
        plain = make({"AB": joint, **rest})
        assert (make({"AB": Named(np.transpose(joint), "YX"), **rest}).coefficients == plain.coefficients).all()
    outcomes = np.arange(2 * 2 * 3).reshape(2, 1, 2, 3)  # axes a, b, x, y
    plain = rb.BellFunctional.from_collins_gisin({"AB": outcomes})
    named = rb.BellFunctional.from_collins_gisin({"AB": Named(outcomes, "ABXY").in_order("YABX")})
    assert (named.coefficients == plain.coefficients).all()
    with pytest.raises(rb.errors.FunctionalError, match="a second time"):
        rb.BellFunctional.from_correlators({"AB": [[1, 1], [1, -1]], "A B": [[1, 1], [1, 1]]})


def test_named_axes_with_other_names_or_labels():
    for read, error in ((rb.Behavior, rb.errors.BehaviorError), (rb.catalog.CHSH, rb.errors.BehaviorError)):
        with pytest.raises(error, match="names its axes a, b, x, y, expected A, B, X, Y, in any order"):
            read(Named(UNIFORM, "abxy"))
    with pytest.raises(rb.errors.ModelError, match="names its axes Y, Z, expected X, Y"):
        rb.bell(input_distribution=Named(np.full((2, 2), 0.25), "YZ"))
    with pytest.raises(rb.errors.CountsError, match="names its axes"):
        rb.Counts(Named(np.full((2, 2, 2, 2), 5), ("dim_0", "dim_1", "dim_2", "dim_3")))
    with pytest.raises(rb.errors.BehaviorError, match=r"labels the places of its axis A \[1, 0\].*sortby"):
        rb.Behavior(Named(UNIFORM, "ABXY", {"A": np.array([1, 0])}))
    rb.Behavior(Named(UNIFORM, "ABXY", {"A": np.array([0, 1]), "B": np.array([1, -1]), "X": np.array(["h", "v"])}))


def test_named_axes_of_counts_are_not_doubted():
    table = rb.load_counts("nist2015").table
    turned = Named(table, "ABXY").in_order("XYAB")
    assert (rb.Counts(turned).table == table).all()
    wrong = Named(table.transpose(2, 3, 0, 1), "ABXY")  # its owner says so
    assert (rb.Counts(wrong).table == table.transpose(2, 3, 0, 1)).all()
