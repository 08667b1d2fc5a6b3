"""The verifier's elimination against its own list of strategies, and certificates of models that have no list."""

import copy
import json
from fractions import Fraction

import numpy as np
import pytest
from certificates import NAMES, certificates

import relaxbell as rb
from relaxbell.verify import Refused, elimination, read_case, verify


def both_ways(data, monkeypatch):
    """What a proof gives by elimination, and by visiting all strategies."""
    found = []
    for listed in (0, 2**64):
        monkeypatch.setattr(elimination, "LISTED", listed)
        try:
            bound = read_case(data | {"claim": {}}).proven()
            found.append((bound.a, bound.b))
        except Refused as refusal:
            found.append(str(refusal))
    return found


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("network")])
def test_elimination_finds_what_the_list_finds(name, monkeypatch):
    """For the proofs of all kinds of measures, and for proofs whose multipliers are anything."""
    data = certificates()[name][0].data
    if "z" not in data["proof"]:  # two proofs, for both ends of an interval
        data = data | {"measure": data["measure"]["of"], "proof": data["proof"]["least"]}
    one, other = both_ways(data, monkeypatch)
    assert one == other
    rng = np.random.default_rng(0)
    changed = copy.deepcopy(data)
    changed["proof"]["z"] = [str(Fraction(int(v), 7)) for v in rng.integers(-9, 10, len(data["proof"]["z"]))]
    one, other = both_ways(changed, monkeypatch)
    assert one == other


@pytest.mark.parametrize(("target", "do", "chance"), [("X", [], Fraction(1, 3)), ("B", [["B", 0]], Fraction(1))])
def test_what_no_strategy_changes_counts(target, do, chance, monkeypatch):
    """A free input, and a node that is forced, have probabilities of no variable: -p >= 0 is false."""
    p = np.full((2, 3, 3, 2), Fraction(1, 6), dtype=object)
    solution = rb.minimize(rb.influence(rb.input_signaling((3, 2), (2, 3)), "X", "B"), rb.Behavior(p))
    data = copy.deepcopy(solution.certificate.data)
    own = {"kind": "probability", "target": target, "values": [0], "do": do}
    data["measure"] = {"kind": "sum", "of": [["-1", own]]}
    data["proof"] = {"z": ["0"] * len(data["proof"]["z"]), "weights": [None], "constraints": []}
    data = {name: value for name, value in data.items() if name != "strategies"}
    assert both_ways(data, monkeypatch) == [(-chance, 0)] * 2
    for listed in (0, 2**64):
        monkeypatch.setattr(elimination, "LISTED", listed)
        with pytest.raises(Refused, match="less than 0"):
            verify(data | {"claim": {"lower_bound": "0"}})


def probe():
    """A certificate of 2^30 strategies."""
    x = np.arange(5)
    table = np.cos(np.pi * (x[:, None] - x[None, :] - 0.5) / 5)
    signs = np.array([[1, -1], [-1, 1]])[:, :, None, None]
    solution = rb.minimize(rb.influence(rb.input_signaling((5, 5)), "X", "B"), rb.Behavior((1 + signs * table) / 4))
    return copy.deepcopy(solution.certificate.data)


def test_what_is_wrong_with_a_proof_of_many_strategies_is_found():
    data = probe()
    assert verify(data).startswith("every model")
    stated = Fraction(data["claim"]["lower_bound"])
    for change in (
        {"claim": {"lower_bound": str(stated + Fraction(1, 10**12))}},
        {"proof": data["proof"] | {"z": [str(Fraction(v) * 2) for v in data["proof"]["z"]]}},
        {"proof": data["proof"] | {"weights": [str(Fraction(v) * 2) for v in data["proof"]["weights"]]}},
        {"proof": data["proof"] | {"weights": ["0"] * len(data["proof"]["weights"])}},
        {"proof": data["proof"] | {"z": [str(Fraction(data["proof"]["z"][0]) - 1), *data["proof"]["z"][1:]]}},
        {"strategies": [[2**30, "1"]]},
        {"strategies": [[2**30 - 1, "1"]], "claim": data["claim"] | {"upper_bound": "1"}},
    ):
        with pytest.raises(Refused):
            verify(json.loads(json.dumps(data | change)))


def test_strategies_are_numbers_of_any_size():
    """An exact minimum over 2^20 strategies is attained by those that the certificate lists."""
    signs = np.array([[1, 1, 1, 1], [-1, 1, 1, 1], [1, -1, 1, 1], [1, 1, -1, 1]])
    outcome = np.array([[1, -1], [-1, 1]], dtype=object)[:, :, None, None]
    p = rb.Behavior((1 + outcome * signs.astype(object) * Fraction(7, 8)) * Fraction(1, 4))
    data = copy.deepcopy(rb.minimize(rb.influence(rb.input_signaling((4, 4)), "X", "B"), p).certificate.data)
    assert data["claim"]["lower_bound"] == data["claim"]["upper_bound"]
    assert max(number for number, _ in data["strategies"]) > 2**16
    number, weight = data["strategies"][0]
    data["strategies"][0] = [number ^ 1, weight]
    with pytest.raises(Refused, match=r"do not reproduce the data|is repeated|the strategies reach"):
        verify(data)


def test_infeasibility_of_many_strategies_is_found_without_a_list():
    """2^27 strategies; A and C share a PR box of visibility 3/4, CHSH = 3, to which a relaxed B adds nothing."""
    box = np.array(rb.boxes.pr().visibility(Fraction(3, 4)).exact, dtype=object)
    p = box[:, None, :, [0, 1, 1, 1, 1], None, :] / Fraction(2) + np.zeros((2, 2, 2, 5, 2, 2), dtype=object)
    model = rb.bell((5, 2, 2)).relax("X -> B", "Z -> B")
    assert model.strategies.count == 2**27
    with pytest.raises(rb.errors.InfeasibleError) as caught:
        rb.minimize(rb.influence(model, "X", "B"), rb.Behavior(p, outputs="A B C", inputs="X Y Z"))
    data = caught.value.certificate.data
    assert verify(data).startswith("there is no model")
    for z in (["0"] * len(data["proof"]["z"]), [str(-Fraction(v)) for v in data["proof"]["z"]]):
        with pytest.raises(Refused, match="does not show that there is no model"):
            verify(data | {"proof": data["proof"] | {"z": z}})
