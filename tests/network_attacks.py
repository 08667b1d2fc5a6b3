"""Certificates of networks that would cost a verifier more than it promises, each small enough to be read."""

from attacks import skeleton


def network(nodes, outputs, inputs, cells, products, leaf, **more):
    """A model of two latent variables with a uniform table, and one box (`leaf`) or a tree of them as its proof."""
    data = skeleton(nodes, outputs, inputs, cells)
    return data | {
        "model": data["model"] | {"latents": ["L", "M"]},
        "measure": {"kind": "nonbilocality", "products": products, **more},
        "claim": {"lower_bound": "-9"},
        "proof": {"marginals": [], "region": [], "cover": leaf},
    }


def pair(size, hidden):
    """Two outputs with `size` and 1 functions, and a hidden node with 2^hidden."""
    return [("A", size, ["L"]), ("C", 1, ["M"]), ("V", 2 ** (hidden // 2), ["L"]), ("W", 2 ** (-(-hidden // 2)), ["L"])]


def many_products(count=2000, hidden=12):
    """Each product is of groups of one function, but a strategy is looked up in each."""
    leaf = {"y": [[["0"]]] * count, "s": [[["0"]]] * count, "z": [["0"]]}
    groups = [[["A"], ["C"]]] * count
    return network(pair(1, hidden), ["A", "C"], [], 1, groups, leaf, fixed=[["1"]] * count)


def long_marginals(size=2**15, bits=1900):
    """The sums of f and y have 2000 digits, for each of many functions."""
    fixed = [f"1/{2**bits}", *["0"] * (size - 2), f"{2**bits - 1}/{2**bits}"]
    leaf = {"y": [[["1"] * size]], "s": [[["1/3"] * size]], "z": [["0"] * size]}
    return network(pair(size, 0), ["A", "C"], [], size, [[["A"], ["C"]]], leaf, fixed=[fixed])


def long_numbers_in_tables(size=250, bits=1900):
    """The table of a product has 250² entries, whose common denominator is long."""
    nodes = [("A", size, ["L"]), ("C", size, ["M"])]
    leaf = {"y": [[[f"1/{2**bits}", *["1/3"] * (size * size - 1)]]], "s": [[["1/7"] * size]], "z": [["0"] * size]}
    fixed = [[f"1/{5 * size}"] * size]
    return network(nodes, ["A"], [], size, [[["A"], ["C"]]], leaf, fixed=fixed)


def four_parameters(count=8, groups=60):
    """Groups of one function cost no entries of a product, but 256 sums each."""
    nodes = [("A", 5, ["M"]), *((f"B{i}", 1, [f"L{i}"]) for i in range(groups)), ("C", 1, ["L"])]
    names = [["A"], *([f"B{i}"] for i in range(groups)), ["C"]]
    marginal = {"free": [0, 1, 2, 3], "constant": ["0"] * 4 + ["1"], "matrix": [], "multipliers": [["0"]] * 5}
    marginal["matrix"] = [["1" if i == j else "0" for j in range(4)] for i in range(4)] + [["-1"] * 4]
    one = {"free": [], "constant": ["1"], "matrix": [[]], "multipliers": [["1"]]}
    marginal["multipliers"][4] = ["1"]
    products = [names, *[names[1:]] * (count - 1)]
    held = [marginal, *[one] * groups * count]
    y = [[["0"] * 5] * 16, *[[["0"]] * 16] * (count - 1)]
    s = [[["0"] * len(own["constant"])] * 16 for own in held]
    data = network(nodes, ["C"], [], 1, products, {"y": y, "s": s, "z": [["0"]] * 81})
    data["model"]["latents"] += [f"L{i}" for i in range(groups)]
    data["proof"] |= {"marginals": held, "region": [["0", "1"]] * 4}
    return data


def many_multipliers(size=650):
    """As many multipliers as a file holds, of a marginal with 700 entries."""
    unit = [["1" if i == j else "0" for j in range(size)] for i in range(size)]
    marginal = {"free": [], "constant": [f"1/{size}"] * size, "matrix": [[]] * size, "multipliers": unit}
    leaf = {"y": [[["0"] * size]], "s": [[["0"] * size]], "z": [["0"] * size]}
    data = network(pair(size, 0), ["A", "C"], [], size, [[["A"], ["C"]]], leaf)
    data["proof"]["marginals"] = [marginal]
    return data


def settings_along_a_curve(count=200, hidden=9, root=999999999989):
    """The proof of some settings costs a part of the limit at each of many points; and so does a root."""
    nodes = [("X", 2, []), ("A", 2, ["L", "X"]), *pair(1, hidden)[1:]]
    leaf = {"y": [[["0"] * 4] * 2], "s": [[["0"] * 4] * 2], "z": [["0"] * 4] * 3}
    data = network(nodes, ["A", "C"], ["X"], 4, [[["A"], ["C"]]], leaf, settings=[["X", [0, 1]]])
    marginal = {"free": [0], "constant": ["0", "1/2", "1/2", "0"], "matrix": [["1"], ["-1"], ["-1"], ["1"]]}
    marginal["multipliers"] = [["0"] * 4, ["1", "0", "0", "0"], ["0", "1", "0", "0"], ["-1", "0", "0", "1"]]
    data["proof"] |= {"marginals": [marginal], "region": [["0", "1/2"]]}
    data |= {"claim": {"lower_bound": "0", "upper_bound": "0"}, "root": root}
    data["strategies"] = [[0, "1/2"], [3 * 2**hidden, "1/2"]]
    ends = [{"t": str(t), "certificate": data} for t in range(count + 1)]
    return {"schema": "relaxbell-curve-1", "pieces": [[ends[i], ends[i + 1]] for i in range(count)], "root": root}


def large_tables_along_a_curve(settings=2**14, count=10):
    """Nothing to compute, but much to compare."""
    data = skeleton([("X", settings, []), ("A", 1, ["L"])], ["A"], ["X"], settings)
    data["model"]["input_distribution"] = ["1", *["0"] * (settings - 1)]
    data |= {"measure": {"kind": "rows", "rows": [[[0, "0"]]], "groups": []}, "strategies": [[0, "1"]]}
    data["claim"] = {"lower_bound": "0", "upper_bound": "0"}
    ends = [{"t": str(t), "certificate": data} for t in range(count + 1)]
    return {"schema": "relaxbell-curve-1", "pieces": [[ends[i], ends[i + 1]] for i in range(count)]}


NETWORK_ATTACKS = [
    many_products,
    long_marginals,
    long_numbers_in_tables,
    four_parameters,
    many_multipliers,
    settings_along_a_curve,
    large_tables_along_a_curve,
]
