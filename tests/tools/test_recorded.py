"""Recorded results of quantum programs, read without their packages. `test_qiskit.py` and others read real ones."""

import re
from pathlib import Path

import numpy as np
from tools.checks import check_cirq, check_pennylane, check_qiskit, check_toqito
from tools.doubles import RECORDED, BackendResult, CirqResult, PrimitiveResult, QiskitCounts, Qobj, pub_result, recorded

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
    assert {name.removesuffix("-core"): v for name, v in pinned.items()} == {
        n: r["version"] for n, r in RECORDED.items()
    }


def test_toqito():
    check_toqito(RECORDED["toqito"]["returned"])
