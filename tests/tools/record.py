"""What each tool returns for `programs.py`, as plain data: `PYTHONPATH=tests python -m tools.record NAME` writes it."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from tools.programs import SETTINGS, SHOTS, outcomes

PLACE = Path(__file__).parent / "recorded.json"


def qiskit_circuit(setting, registers):
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    qubits = QuantumRegister(3)
    circuit = QuantumCircuit(qubits, *(ClassicalRegister(size, name) for name, size in registers))
    for qubit, outcome in zip(qubits, outcomes(*setting), strict=True):
        if outcome:
            circuit.x(qubit)
    return circuit, qubits


def qiskit_results():
    """Return {kind: {setting: object}}: a register for each party, one for all, Alice with two bits."""
    from qiskit.primitives import StatevectorSampler
    from qiskit.providers.basic_provider import BasicSimulator

    found = {"registers": {}, "one register": {}, "two bits": {}, "backend": {}}
    sampler = StatevectorSampler(seed=1)
    for setting in SETTINGS:
        circuit, q = qiskit_circuit(setting, [("c", 1), ("a", 1), ("b", 1)])
        for qubit, register in zip(q, (circuit.cregs[1], circuit.cregs[2], circuit.cregs[0]), strict=True):
            circuit.measure(qubit, register)
        found["registers"][setting] = sampler.run([circuit], shots=SHOTS).result()
        found["backend"][setting] = BasicSimulator().run(circuit, shots=SHOTS).result()
        circuit, q = qiskit_circuit(setting, [("meas", 3)])
        circuit.measure(q, circuit.cregs[0])
        found["one register"][setting] = sampler.run([circuit], shots=SHOTS).result()[0]
        circuit, q = qiskit_circuit(setting, [("a", 2), ("b", 1)])
        circuit.measure([q[0], q[2], q[1]], [*circuit.cregs[0], *circuit.cregs[1]])  # Alice: c[0] = a, c[1] = 1
        found["two bits"][setting] = sampler.run([circuit], shots=SHOTS).result()[0]
    return found


def qiskit():
    found = qiskit_results()
    plain = {}
    for kind in ("registers", "one register", "two bits"):
        plain[kind] = []
        for setting, result in found[kind].items():
            pub = result[0] if kind == "registers" else result
            bits = {n: [a.num_bits, a.array.tolist()] for n, a in pub.data.items()}
            plain[kind].append([list(setting), bits, pub.join_data().get_counts()])
    plain["backend"] = [[list(s), dict(r.get_counts())] for s, r in found["backend"].items()]
    return plain


def cirq_results():
    import cirq

    found = {"keys": {}, "one key": {}, "histogram": {}}
    for setting in SETTINGS:
        a, b, c = q = cirq.LineQubit.range(3)
        flips = [cirq.X(qubit) for qubit, outcome in zip(q, outcomes(*setting), strict=True) if outcome]
        keys = [cirq.measure(c, key="c"), cirq.measure(b, key="b"), cirq.measure(a, key="a")]
        result = cirq.Simulator(seed=1).run(cirq.Circuit(flips, keys), repetitions=SHOTS)
        found["keys"][setting] = result
        found["histogram"][setting] = result.multi_measurement_histogram(keys=["a", "b", "c"])
        one = cirq.Circuit(flips, cirq.measure(a, b, c, key="m"))
        found["one key"][setting] = cirq.Simulator(seed=1).run(one, repetitions=SHOTS)
    return found


def cirq():
    found = cirq_results()
    plain = {
        kind: [[list(s), {k: v.tolist() for k, v in r.records.items()}] for s, r in found[kind].items()]
        for kind in ("keys", "one key")
    }
    plain["histogram"] = [
        [list(s), [[list(k), v] for k, v in counts.items()]] for s, counts in found["histogram"].items()
    ]
    plain["integers"] = [
        [list(s), [list(pair) for pair in r.histogram(key="m").items()]] for s, r in found["one key"].items()
    ]
    return plain


def pennylane_results():
    import pennylane as qml

    device = qml.device("default.qubit", wires=3, seed=1)

    def run(setting, measured):
        @qml.set_shots(SHOTS)
        @qml.qnode(device)
        def program():
            for wire, outcome in enumerate(outcomes(*setting)):
                if outcome:
                    qml.PauliX(wire)
            return measured()

        return program()

    return {
        "counts": {s: run(s, lambda: qml.counts(wires=[0, 1, 2])) for s in SETTINGS},
        "sample": {s: run(s, lambda: qml.sample(wires=[0, 1, 2])) for s in SETTINGS},
        "product": {s: run(s, lambda: qml.counts(qml.Z(0) @ qml.Z(1) @ qml.Z(2))) for s in SETTINGS},
    }


def pennylane():
    found = pennylane_results()
    return {
        "counts": [[list(s), {str(k): int(v) for k, v in r.items()}] for s, r in found["counts"].items()],
        "sample": [[list(s), r.tolist()] for s, r in found["sample"].items()],
        "product": [[list(s), [[float(k), int(v)] for k, v in r.items()]] for s, r in found["product"].items()],
    }


def qutip():
    import numpy as np
    import qutip as qt

    zero = qt.basis(2, 0)
    values, _, chances = qt.measurement.measurement_statistics(zero, qt.sigmax())
    seen, _, certain = qt.measurement.measurement_statistics(zero, qt.sigmaz())
    elements = [0.75 * zero.proj() + 0.25 * qt.basis(2, 1).proj(), 0.25 * zero.proj() + 0.75 * qt.basis(2, 1).proj()]
    _, roots = qt.measurement.measurement_statistics(zero, [e.sqrtm() for e in elements])
    return {
        "of roots": [round(float(v), 9) for v in roots],
        "shape of asarray": list(np.asarray(qt.bell_state("11")).shape),
        "dtype of asarray": str(np.asarray(qt.bell_state("11")).dtype),
        "singlet": qt.bell_state("11").full().real.ravel().tolist(),
        "dims": qt.tensor(qt.basis(2, 0), qt.basis(3, 1)).dims,
        "place": int(np.argmax(abs(qt.tensor(qt.basis(2, 0), qt.basis(3, 1)).full()))),
        "sigmax": [[float(v) for v in values], [float(v) for v in chances]],
        "sigmaz": [[float(v) for v in seen], [float(v) for v in certain]],
    }


def toqito():
    """Return conversions of a table with three outcomes of Alice and unequal numbers of settings, and maxima."""
    import numpy as np
    from toqito.state_opt.bell_inequality_max import bell_inequality_max

    try:
        from toqito.state_opt import bell_notation_conversions as conversions
    except ImportError:  # private from 1.3 on, which needs Python 3.12
        conversions = sys.modules["toqito.state_opt.bell_inequality_max"]
    names = ("cg_to_fp", "fc_to_cg", "fc_to_fp", "fp_to_cg", "fp_to_fc")
    cg_to_fp, fc_to_cg, fc_to_fp, fp_to_cg, fp_to_fc = (
        getattr(conversions, name, None) or getattr(conversions, f"_{name}") for name in names
    )
    correlators = np.array([[1, 0.5, -0.25], [0.25, 0.125, 0], [0, 0, 0.5], [-0.5, -0.25, 0.25]])
    halves = np.array(
        [[1.0, 0.25, 0.5], [0.5, 0.125, 0.25], [0.25, 0.125, 0.125], [0.125, 0, 0.0625], [0.5, 0.25, 0.375]]
    )
    probabilities = cg_to_fp(halves, [3, 2, 2, 2], behavior=True)
    chsh = np.array([[0.0, 0, 0], [0, 1, 1], [0, 1, -1]])
    return {
        "correlators": correlators.tolist(),
        "fc_to_fp": fc_to_fp(correlators, behavior=True).tolist(),
        "fc_to_cg": fc_to_cg(correlators, behavior=True).tolist(),
        "fp_to_fc": fp_to_fc(fc_to_fp(correlators, behavior=True), behavior=True).tolist(),
        "collins_gisin": halves.tolist(),
        "cg_to_fp": probabilities.tolist(),
        "fp_to_cg": fp_to_cg(probabilities, behavior=True).tolist(),
        "functional fc_to_cg": fc_to_cg(chsh + np.eye(3)[0][:, None] * np.eye(3)[0]).tolist(),
        "functional fc_to_fp": fc_to_fp(chsh).tolist(),
        "chsh": [round(bell_inequality_max(chsh, [2, 2, 2, 2], "fc", t), 5) for t in ("classical", "nosignal")],
    }


PACKAGES = {"cirq": "cirq-core"}
TOOLS = {f.__name__: f for f in (qiskit, cirq, pennylane, qutip, toqito)}

if __name__ == "__main__":
    name = sys.argv[1]
    known = json.loads(PLACE.read_text()) if PLACE.exists() else {}
    known[name] = {"version": version(PACKAGES.get(name, name)), "returned": TOOLS[name]()}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(known.items()))
    PLACE.write_text("{\n" + lines + "\n}\n")
