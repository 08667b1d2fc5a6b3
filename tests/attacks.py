"""Certificates that would cost a verifier more time or memory than it promises, each small enough to be read."""

import copy
from fractions import Fraction

import pytest


def limits(seconds):
    """Return what limits a child's memory to a gibibyte, and its time on the processor, however busy the machine is."""
    resource = pytest.importorskip("resource")

    def apply():
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return apply


def changed(data, path, value):
    """Return a certificate's data with another value in one place."""
    found = copy.deepcopy(data)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def skeleton(nodes, outputs, inputs, cells):
    """A model with free inputs, given as (name, values, parents), its table uniform, and the proof of nothing."""
    size = {name: values for name, values, _ in nodes}
    settings = 1
    for name in inputs:
        settings *= size[name]
    return {
        "schema": "relaxbell-certificate-1",
        "model": {
            "latents": ["L"],
            "nodes": [{"name": name, "cardinality": values, "parents": above} for name, values, above in nodes],
            "outputs": outputs,
            "inputs": inputs,
            "input_distribution": [str(Fraction(1, settings))] * settings,
        },
        "observed": {"behavior": [str(Fraction(settings, cells))] * cells},
        "measure": None,
        "constraints": [],
        "claim": {"infeasible": True},
        "proof": {"z": ["0"] * (cells + settings), "weights": None, "constraints": []},
    }


def measured(data, measure, weights, strategies=None, **claim):
    data |= {"measure": measure, "claim": {"lower_bound": "-1", **claim}}
    data["proof"]["weights"] = weights
    return data | ({} if strategies is None else {"strategies": strategies})


def wide(values=15, most=2**17):
    """One output with 2^`values` functions of X."""
    assert 2**values <= most
    return skeleton([("X", values, []), ("A", 2, ["L", "X"])], ["A"], ["X"], 2 * values)


def constraints_without_rows():
    """Each costs 100 bytes, and a look at every strategy."""
    data, count = wide(), 50000
    row = {"kind": "rows", "rows": [[]], "groups": []}
    data["constraints"] = [{"measure": row, "limit": "0"}] * count
    data["proof"]["constraints"] = [{"multiplier": "1", "weights": None}] * count
    return data


def inputs_of_one_value():
    """61 inputs, nearly all with one value, cost no cells but have to be copied for each of 20480 settings."""
    sizes = {"X": 10, **{f"Y{i}": 2 for i in range(11)}, **{f"Z{i}": 1 for i in range(49)}}
    nodes = [(name, size, []) for name, size in sizes.items()]
    return skeleton([*nodes, ("A", 2, ["L", "X"])], ["A"], list(sizes), 10 * 2**12)


def effects_over_many_settings():
    """Each needs the values of every node for 32768 settings."""
    sizes = {f"Y{i}": 2 if i < 15 else 1 for i in range(60)}
    data = skeleton([*((n, s, []) for n, s in sizes.items()), ("A", 2, ["L"])], ["A"], list(sizes), 2**16)
    effect = {"kind": "probability", "target": "A", "values": [1], "do": []}
    return measured(data, {"kind": "sum", "of": [["1", effect]] * 10**4}, [None] * 10**4)


def outputs_of_one_value():
    """60 nodes with one value cost no strategies, but are parts of each."""
    nodes = [("X", 19, []), ("A", 2, ["L", "X"]), *((f"Z{i}", 1, ["L", "X"]) for i in range(60))]
    data = skeleton(nodes, ["A"], ["X"], 38)
    shift = {"kind": "influence", "source": "X", "target": "A", "variation": True}
    return measured(data, {"kind": "sum", "of": [["1", shift]] * 50}, [["0"] * 171] * 50)


def product_of_factors():
    """Factors of 630 bits, 15 of them around 100000 parts."""
    data = skeleton([("X", 2, ["L"]), ("A", 2, ["L"])], ["A"], ["X"], 4)
    measure = {"kind": "sum", "of": [["1", {"kind": "dependence", "hall": False}]] * 10**5}
    weights = [None] * 10**5
    for _ in range(15):
        measure, weights = {"kind": "sum", "of": [[f"1/{3**400}", measure]]}, [weights]
    return measured(data, measure, weights)


def many_denominators():
    """Primes whose product has 2000 bits, in 4096 weights of strategies at 12 settings."""
    primes = [p for p in range(3, 1500) if all(p % k for k in range(2, p))][:200]
    data = wide(12)
    return measured(
        data,
        {"kind": "rows", "rows": [[[0, "1"]]], "groups": []},
        None,
        [[i, f"1/{primes[i % len(primes)]}"] for i in range(2**12)],
        upper_bound="0",
    )


def numerators_of_the_settings():
    """Values are divided by p(x), whose numerators are primes: common denominators cannot be bounded by the file's."""
    count, scale = 3000, 2**1900
    data = skeleton([("X", count, ["L"]), ("A", 1, ["L"])], ["A"], ["X"], count)
    weights = [3**800 + 2 * k for k in range(count - 1)]
    weights.append(scale - sum(weights))
    data["model"]["input_distribution"] = [f"{w}/{scale}" for w in weights]
    data["observed"] = {"values": [{"coefficients": ["1"] * count, "value": str(count)}]}
    data["proof"]["z"] = ["0"] * (1 + count)
    strategies = [[i, f"{w}/{scale}"] for i, w in enumerate(weights)]
    return measured(data, {"kind": "rows", "rows": [[[0, "0"]]], "groups": []}, None, strategies, upper_bound="0")


def influences_of_one_value():
    """A node with one value may have many parents' values, and pairs of them."""
    data = skeleton([("X", 65535, []), ("A", 1, ["L", "X"])], ["A"], ["X"], 65535)
    return measured(data, {"kind": "influence", "source": "X", "target": "A", "variation": True}, [])


def pairs_of_settings():
    """65536 settings have 2^31 pairs."""
    data = skeleton([("X", 65535, ["L"]), ("A", 1, ["L"])], ["A"], ["X"], 65535)
    return measured(data, {"kind": "dependence", "hall": True}, [])


def large_weights():
    """2^19 sums of two terms with denominators of 2000 bits."""
    data = skeleton([("X", 2, ["L"]), ("A", 2, ["L"]), ("B", 2, ["L", "A"]), ("M", 2**15, ["L"])], ["A", "B"], ["X"], 8)
    data["proof"]["z"][:8] = [f"{7**700 + k}/{3**1200}" for k in range(8)]
    return measured(data, {"kind": "dependence", "hall": False}, None)


ATTACKS = {
    make.__name__.replace("_", " "): make
    for make in (
        constraints_without_rows,
        inputs_of_one_value,
        effects_over_many_settings,
        outputs_of_one_value,
        product_of_factors,
        many_denominators,
        numerators_of_the_settings,
        influences_of_one_value,
        pairs_of_settings,
        large_weights,
    )
}
