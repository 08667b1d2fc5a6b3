"""Relabelings for tests: drawn at random, and all of a small scenario, written by loops."""

import itertools
import math
from collections import Counter

import relaxbell as rb


def sizes(scenario):
    """Return (outcomes, settings) of each output's party; None for one without input."""
    parties = scenario.parties or {}
    return {
        a: (scenario.cardinality[a], None if parties.get(a) is None else scenario.cardinality[parties[a]])
        for a in scenario.outputs
    }


def is_joint(scenario):
    return scenario.parties is None and len(scenario.inputs) > 0


def random_relabeling(scenario, rng):
    own, parties = sizes(scenario), {}
    for kind in set() if is_joint(scenario) else set(own.values()):
        names = [a for a in scenario.outputs if own[a] == kind]
        parties |= dict(zip(names, rng.permutation(names).tolist(), strict=True))
    return rb.Relabeling(
        scenario,
        parties=parties,
        settings={x: rng.permutation(scenario.cardinality[x]) for x in scenario.inputs},
        outcomes={a: [rng.permutation(d) for _ in range(m or 1)] for a, (d, m) in own.items()},
    )


def count(scenario):
    """Return how many relabelings there are: outcomes for each setting, settings, equal parties."""
    own = sizes(scenario)
    total = math.prod(math.factorial(d) ** (m or 1) for d, m in own.values())
    total *= math.prod(math.factorial(scenario.cardinality[x]) for x in scenario.inputs)
    return total if is_joint(scenario) else total * math.prod(map(math.factorial, Counter(own.values()).values()))


def all_relabelings(scenario):
    own = sizes(scenario)
    orders = [scenario.outputs] if is_joint(scenario) else itertools.permutations(scenario.outputs)
    orders = [order for order in orders if all(own[a] == own[b] for a, b in zip(scenario.outputs, order, strict=True))]
    settings = [list(itertools.permutations(range(scenario.cardinality[x]))) for x in scenario.inputs]
    outcomes = [
        list(itertools.product(itertools.permutations(range(d)), repeat=m or 1))
        for d, m in (own[a] for a in scenario.outputs)
    ]
    for order, x, a in itertools.product(orders, itertools.product(*settings), itertools.product(*outcomes)):
        yield rb.Relabeling(
            scenario,
            parties={one: other for one, other in zip(scenario.outputs, order, strict=True) if one != other},
            settings=dict(zip(scenario.inputs, x, strict=True)),
            outcomes=dict(zip(scenario.outputs, a, strict=True)),
        )
