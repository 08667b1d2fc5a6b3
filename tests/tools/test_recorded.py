"""Recorded results of quantum programs, read without their packages. `test_qiskit.py` and others read real ones."""

import ast
import re
from pathlib import Path

import numpy as np
from tools.checks import check_cirq, check_pennylane, check_qiskit, check_toqito
from tools.doubles import RECORDED, BackendResult, CirqResult, PrimitiveResult, QiskitCounts, Qobj, pub_result, recorded
from tools.programs import SETTINGS, SHOTS, outcomes

import relaxbell as rb


def test_qiskit():
    check_qiskit(
        {
            "registers": {
                s: PrimitiveResult(pub_result(bits)) for s, (bits, _) in recorded("qiskit", "registers").items()
            },
            "one register": {s: pub_result(bits) for s, (bits, _) in recorded("qiskit", "one register").items()},
            "two bits": {s: pub_result(bits) for s, (bits, _) in recorded("qiskit", "two bits").items()},
            "backend": {s: BackendResult(QiskitCounts(c)) for s, c in recorded("qiskit", "backend").items()},
        }
    )


def test_joined_strings_of_qiskit_have_the_first_register_at_the_right():
    for kind in ("registers", "one register"):
        for bits, joined in recorded("qiskit", kind).values():
            (text,) = joined
            own = [f"{array[0][0]:0{size}b}" for size, array in bits.values()]
            assert text == "".join(reversed(own))


def test_cirq():
    check_cirq(
        {
            "keys": {s: CirqResult(r) for s, r in recorded("cirq", "keys").items()},
            "one key": {s: CirqResult(r) for s, r in recorded("cirq", "one key").items()},
            "histogram": {s: {tuple(k): v for k, v in counts} for s, counts in recorded("cirq", "histogram").items()},
        }
    )


def test_the_order_of_keys_in_cirq_is_that_of_time():
    """It differs between settings, so that readers must go by name."""
    assert len({tuple(r) for r in recorded("cirq", "keys").values()}) > 1


def test_pennylane():
    check_pennylane(
        {
            "counts": recorded("pennylane", "counts"),
            "sample": {s: np.array(r) for s, r in recorded("pennylane", "sample").items()},
        }
    )


def test_qutip():
    said = RECORDED["qutip"]["returned"]
    assert (said["shape of asarray"], said["dtype of asarray"]) == ([], "object")
    singlet = Qobj(np.reshape(said["singlet"], (4, 1)), [[2, 2], [1]])
    measurements = [[rb.states.qubit_observable(t) for t in angles] for angles in ((0, np.pi / 2), (0.5, 2.0))]
    for state in (singlet, np.array(singlet, dtype=object)):
        found = rb.born(state, measurements)
        np.testing.assert_allclose(found.p, rb.born(rb.states.singlet(), measurements).p, atol=1e-12)


def test_pinned_versions_are_those_recorded():
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (Path(__file__).parent / "tools.txt").read_text(), re.MULTILINE))
    del pinned["PyNormaliz"]  # it is given files, and what Normaliz prints is in tests/data/polytopes
    for name in ("pgmpy", "y0", "ananke-causal"):  # their graphs: test_recorded_graphs.py
        del pinned[name]
    assert {name.removesuffix("-core"): v for name, v in pinned.items()} == {
        n: r["version"] for n, r in RECORDED.items()
    }


def test_toqito():
    check_toqito(RECORDED["toqito"]["returned"])


PAGE = (Path(__file__).parents[2] / "docs" / "conventions.rst").read_text()


def on_the_page(name):
    """Return what the page says that a tool returned: the literal that a name is set to."""
    text = re.search(rf"^>>> {name} = ((?:.*\n)(?:\.\.\. .*\n)*)", PAGE, re.MULTILINE)[1]
    return ast.literal_eval(text.replace("\n...", "\n"))


def test_the_page_on_conventions_shows_what_was_recorded():
    assert on_the_page("backend") == recorded("qiskit", "backend")
    said = {s: {tuple(k): v for k, v in counts} for s, counts in recorded("cirq", "histogram").items()}
    assert on_the_page("histogram") == said
    assert on_the_page("counts") == recorded("pennylane", "counts")
    toqito, qutip = RECORDED["toqito"]["returned"], RECORDED["qutip"]["returned"]
    assert all(on_the_page(name) == toqito[name] for name in ("correlators", "fc_to_cg", "collins_gisin"))
    assert toqito["fc_to_fp"][0][0][0][0] == 0.46875
    assert on_the_page("singlet") == qutip["singlet"]
    assert (qutip["sigmax"][0], qutip["sigmaz"]) == ([-1, 1], [[1], [1]])
    names = {"qiskit": "Qiskit", "cirq": "Cirq", "pennylane": "PennyLane", "qutip": "QuTiP", "toqito": "toqito"}
    assert all(f"{names[tool]} {own['version']}, run" in PAGE for tool, own in RECORDED.items())


def test_what_the_page_says_of_orders():
    """Cirq's first qubit counts most, QuTiP's first factor as in numpy.kron; PennyLane's wires are in order."""
    integers = {s: counts for s, counts in recorded("cirq", "integers").items()}
    for setting in SETTINGS:
        a, b, c = outcomes(*setting)
        assert integers[setting] == [[4 * a + 2 * b + c, SHOTS]]
        assert recorded("pennylane", "counts")[setting] == {f"{a}{b}{c}": SHOTS}
        assert recorded("qiskit", "backend")[setting] == {f"{b} {a} {c}": SHOTS}
        assert recorded("pennylane", "product")[setting] == [[(-1) ** (a + b + c), SHOTS]]
    qutip = RECORDED["qutip"]["returned"]
    elements = [np.diag([0.75, 0.25]), np.diag([0.25, 0.75])]
    np.testing.assert_allclose(rb.born([1, 0], [[elements]]).p[:, 0], qutip["of roots"])
    assert (qutip["dims"], qutip["place"]) == ([[2, 3], [1]], int(np.argmax(np.kron([1, 0], [0, 1, 0]))))
