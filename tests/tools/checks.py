"""What must come out of every tool, from recorded results and from real ones."""

import numpy as np
from tools.programs import SETTINGS, SHOTS, outcomes

import relaxbell as rb


def expected():
    table = np.zeros((2, 2, 2, 2, 3, 1), dtype=int)
    for setting in SETTINGS:
        table[(*outcomes(*setting), *setting)] = SHOTS
    return table


def check(results, **options):
    """Read results as they are documented; outcomes, settings and parties are where they should be."""
    counts = rb.Counts.from_results(results, **options)
    assert counts.outputs == ("A", "B", "C")
    assert counts.inputs == ("X", "Y", "Z")
    np.testing.assert_array_equal(counts.table, expected())
    return counts


def check_pennylane(found):
    counts = check(found["counts"], order="A B C")
    assert counts.notes[0] == "6 × dictionary of counts (read as A B C)"
    assert check(found["sample"]).notes[0].startswith("6 × array of samples (A = place[0], B = place[1], C = place[2])")


def check_cirq(found):
    assert check(found["keys"]).notes[0] == "6 × Cirq Result (A = a[0], B = b[0], C = c[0])"
    assert check(found["one key"]).notes[0] == "6 × Cirq Result (A = m[0], B = m[1], C = m[2])"
    check(found["one key"], read={"A": ("m", 0), "B": 1, "C": ("m", [2])})
    assert check(found["histogram"]).notes[0] == "6 × dictionary of counts (from left to right)"


def check_qiskit(found):
    notes = check(found["registers"]).notes
    assert notes[0] == "6 × Qiskit SamplerPubResult (A = a[0], B = b[0], C = c[0])"
    assert notes[1] == "42 of 48 cells were absent and taken as 0"
    check(found["one register"])
    check({s: pub.data.meas for s, pub in found["one register"].items()})
    # the backend's strings have the register that was declared last at the left: b, a, c
    check(found["backend"], read={"A": 1, "B": 2, "C": 0})
    two = {(x, y): pub for (x, y, z), pub in found["two bits"].items()}
    counts = rb.Counts.from_results(two)
    assert counts.cardinality == {"A": 4, "B": 2, "X": 2, "Y": 3}
    for x, y in two:
        a, b, c = outcomes(x, y, 0)
        assert counts.table[a + 2 * c, b, x, y] == SHOTS
    most_first = rb.Counts.from_results(two, read={"A": ("a", [0, 1]), "B": "b"})
    assert all(most_first.table[2 * outcomes(x, y, 0)[0] + 1, outcomes(x, y, 0)[1], x, y] == SHOTS for x, y in two)


def check_toqito(returned):
    """The same conversions, with three outcomes of Alice and unequal numbers of settings."""
    box = rb.Behavior.from_correlators(returned["correlators"])
    np.testing.assert_allclose(box.p, returned["fc_to_fp"], atol=1e-12)
    np.testing.assert_allclose(box.to_collins_gisin(), returned["fc_to_cg"], atol=1e-12)
    np.testing.assert_allclose(box.to_correlators(), returned["fp_to_fc"], atol=1e-12)
    three = rb.Behavior.from_collins_gisin(returned["collins_gisin"], cardinality={"A": 3})
    np.testing.assert_allclose(three.p, returned["cg_to_fp"], atol=1e-12)
    np.testing.assert_allclose(three.to_collins_gisin(), returned["fp_to_cg"], atol=1e-12)
    chsh = rb.BellFunctional.from_correlators([[1, 0, 0], [0, 1, 1], [0, 1, -1]])
    np.testing.assert_array_equal(chsh.to_collins_gisin().astype(float), returned["functional fc_to_cg"])
    # cells: theirs differ from ours by what vanishes without signaling, so values are compared
    cells = rb.BellFunctional(np.array(returned["functional fc_to_fp"]).astype(int))
    assert all(cells(own) == rb.catalog.CHSH(own) for own in (rb.boxes.pr(), rb.boxes.tsirelson()))
    np.testing.assert_allclose(returned["chsh"], [2, 4], atol=1e-6)
