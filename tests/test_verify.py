"""The verifier accepts every kind of certificate, and whatever else it accepts is true."""

import copy
import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from attacks import limits
from certificates import NAMES, certificates, data_of, is_true, judge, number, random_certificate

import relaxbell as rb
from relaxbell.verify import Real, Refused, read_case, verify, verify_file
from relaxbell.verify.files import FILE_BYTES

FOLDER = Path(rb.__file__).parent / "verify"


# ------------------------------------------------------------------------- what is claimed is true, and tight


@pytest.mark.parametrize("name", NAMES)
def test_claims_agree_with_an_independent_program(name):
    certificate, source = certificates()[name]
    sentence = certificate.verify()
    value = judge(certificate.data)
    if isinstance(source, rb.errors.InfeasibleError):
        assert value is None
        assert sentence.startswith("there is no model")
        return
    claim, root = certificate.data["claim"], certificate.data.get("root", 0)
    assert number(claim["lower_bound"], root) == pytest.approx(value, abs=1e-6)
    assert number(claim["lower_bound"], root) == pytest.approx(source.lower_bound, abs=1e-11)
    if "upper_bound" in claim:
        assert number(claim["upper_bound"], root) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed):
    solution = random_certificate(seed)
    certificate = solution.certificate
    assert certificate.verify()
    assert number(certificate.data["claim"]["lower_bound"]) == pytest.approx(solution.value, rel=1e-7, abs=1e-9)
    assert is_true(certificate.data)


def test_closed_forms():
    """(√2 − 1)/2 and √2 − 1 (FACTS of arXiv:1411.4648, erratum E1), exactly."""
    for name, a, b in (("influence, surd", "-1/2", "1/2"), ("outcome", "-1", "1"), ("hall", "-2/3", "2/3")):
        claim = data_of(name)["claim"]
        assert claim["lower_bound"] == claim["upper_bound"] == [a, b]


@pytest.mark.parametrize("name", NAMES)
def test_a_little_more_is_refused(name):
    """The bound is checked exactly: 10^-30 more than what is proved is refused."""
    data = data_of(name)
    if "infeasible" in data["claim"]:
        data["proof"] = zeroed(data["proof"])
    else:
        proven = read_case(data).proven() + Real(Fraction(1, 10**30))
        data["claim"]["lower_bound"] = [str(proven.a), str(proven.b)] if proven.b else str(proven.a)
    with pytest.raises(Refused):
        verify(data)


def zeroed(proof):
    if isinstance(proof, dict):
        return {name: zeroed(part) for name, part in proof.items()}
    return [zeroed(part) for part in proof] if isinstance(proof, list) else "0" if isinstance(proof, str) else proof


# ------------------------------------------------------------------------- mutations


HOSTILE = [None, True, 0.5, float("nan"), -1, 2**70, "", "0", "1e3", " 1", "1\n", "１", "2/4", "-0", "1/0", "X\u200b"]
HOSTILE += ["9" * 1001, "1/" + "7" * 999, "\ud800", [], {}, [[[[]]]], {"kind": "dependence"}]


def walk(data, path=()):
    if path:
        yield path, data
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from walk(value, (*path, key))


def place(data, path, value):
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = copy.deepcopy(value)


def changes(value):
    yield from (h for h in HOSTILE if type(h) is not type(value) or h != value)
    if isinstance(value, dict):
        yield from ({k: v for k, v in value.items() if k != gone} for gone in value)
        yield {**value, "extra": "1"}
    elif isinstance(value, list):
        yield from (value[::-1], value[1:], value[:-1], [*value, *value[-1:]], [value], value[1:] + value[:1])
    elif isinstance(value, bool):
        yield from (not value, int(value), str(value))
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value, float(value), str(value))
    elif isinstance(value, str):
        try:
            x = Fraction(value)
            yield from map(str, (-x, x + 1, x - 1, 2 * x, x / 2, x / 3, x + Fraction(1, 10**9)))
        except ValueError:
            yield from ("A", "B", "X", "L", "input", "output", "hidden", "sum", "max", value + "x", value.lower())


def check(data, where, change):
    """Return whether the mutant is accepted; then it must be true."""
    mutant = copy.deepcopy(data)
    place(mutant, where, change)
    try:
        verify(mutant)
    except Refused:
        return False
    assert is_true(mutant), f"a false claim was accepted after a change of {where}"
    return True


def sample(data, most, rng):
    """Return for each field (entries of a list are one field) up to `most` of its mutants."""
    fields = {}
    for path, value in walk(data):
        fields.setdefault(tuple("*" if isinstance(key, int) else key for key in path), []).append((path, value))
    for places in fields.values():
        path, value = places[rng.integers(len(places))]
        every = list(changes(value))
        yield from ((path, every[k]) for k in rng.permutation(len(every))[:most])


@pytest.mark.parametrize("name", NAMES)
def test_mutants_that_are_accepted_are_true(name):
    data, rng = data_of(name), np.random.default_rng(len(name))
    some = list(sample(data, 1, rng))
    for k in rng.permutation(len(some))[:15]:
        check(data, *some[k])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_more_mutants_that_are_accepted_are_true(name):
    data = data_of(name)
    accepted = [check(data, *mutant) for mutant in sample(data, 6, np.random.default_rng(0))]
    assert sum(accepted) < len(accepted) / 4


def test_loosened_and_tightened_claims():
    data = data_of("influence")
    del data["strategies"], data["claim"]["upper_bound"]
    data["claim"]["lower_bound"] = "1/3"
    assert "C(X -> B) >= 1/3" in verify(data)
    data["claim"]["lower_bound"] = "501/1000"
    with pytest.raises(Refused, match="the lower bound 1/2, less than 501/1000"):
        verify(data)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("schema",), "relaxbell-certificate-2", "schema"),
        (("model", "nodes", 2, "parents"), ["B", "L"], "not listed before its child"),
        (("model", "nodes", 2, "parents"), ["L", "L"], "repeated"),
        (("model", "nodes", 2, "parents"), ["X"], "A responds but has no latent parent"),
        (("model", "nodes", 2, "name"), "L", "repeated"),
        (("model", "nodes", 2, "name"), "A\x1b[2J", "is none"),
        (("model", "outputs"), ["A", "A"], "not distinct"),
        (("model", "input_distribution", 0), "1/2", "input distribution"),
        (("observed", "behavior", 0), "-1/2", "negative"),
        (("observed", "behavior", 0), "1/4", "not normalized"),
        (("proof", "weights", 0), "1", "exceed their share"),
        (("strategies", 0, 1), "1/3", "do not reproduce"),
        (("strategies", 0, 0), 64, "below 64"),
        (("strategies", 0, 0), -1, "below 64"),
        (("measure",), {"kind": "sum", "of": []}, "no parts"),
    ],
)
def test_reasons(path, value, reason):
    data = data_of("influence")
    place(data, path, value)
    with pytest.raises(Refused, match=reason):
        verify(data)


# ------------------------------------------------------------------------- alone, and with hostile files


def alone(folder, *arguments, **options):
    """Run a copy of the verifier in a folder with nothing else, without site packages or environment."""
    shutil.copytree(FOLDER, folder / "verify", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    command = [sys.executable, "-I", "-S", "verify", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", **options)


@pytest.mark.parametrize("name", [*NAMES[::6], "information", "no affine"])
def test_it_runs_alone(tmp_path, name):
    certificate, _ = certificates()[name]
    certificate.save(tmp_path / "c.json")
    done = alone(tmp_path, "c.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"verified: {certificate.claim}\n"
    assert "Certificate: " + certificate.claim == repr(certificate)


@pytest.mark.parametrize("way", ["folder", "from inside", "its main file", "a copy of another name", "module"])
def test_every_way_to_run_it(way, tmp_path):
    path, root = tmp_path / "c.json", Path(rb.__file__).parent.parent
    certificates()["network"][0].save(path)
    copied = shutil.copytree(FOLDER, tmp_path / "a copy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("json.py", "fractions.py", "numbers.py", "curves.py"):  # what lies about is not imported
        (tmp_path / name).write_text("raise SystemExit('hijacked')")
    arguments, folder = {
        "folder": (["relaxbell/verify"], root),
        "from inside": (["."], copied),
        "its main file": (["a copy/__main__.py"], tmp_path),
        "a copy of another name": (["a copy"], tmp_path),
        "module": (["-m", "relaxbell.verify"], root),
    }[way]
    done = subprocess.run([sys.executable, *arguments, path], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"verified: {verify_file(str(path))}\n"


def test_a_terminal_without_greek(tmp_path):
    certificates()["dependence"][0].save(tmp_path / "c.json")
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", FOLDER, tmp_path / "c.json"],
        capture_output=True, env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0
    assert b"M(X,Y:Lambda)" in done.stdout


HOSTILE_FILES = [
    "empty",
    "binary",
    "byte order mark",
    "truncated",
    "two",
    "repeated field",
    "float",
    "exponent",
    "infinity",
    "nan",
    "long integer",
    "deep list",
    "deep object",
    "surrogate",
    "number",
    "string",
    "large",
    "deep measure",
]


def hostile_files():
    good = json.dumps(data_of("influence"))
    yield "empty", b""
    yield "binary", bytes(range(256))
    yield "byte order mark", b"\xef\xbb\xbf" + good.encode()
    yield "truncated", good[:-5].encode()
    yield "two", (good + good).encode()
    yield "repeated field", good.replace('"outputs"', '"inputs": [], "outputs"').encode()
    yield "float", good.replace('"cardinality": 2', '"cardinality": 2.0').encode()
    yield "exponent", good.replace('"cardinality": 2', '"cardinality": 2e0').encode()
    yield "infinity", good.replace('"cardinality": 2', '"cardinality": Infinity').encode()
    yield "nan", good.replace('"cardinality": 2', '"cardinality": NaN').encode()
    yield "long integer", good.replace('"cardinality": 2', '"cardinality": ' + "2" * 10**6).encode()
    yield "deep list", b"[" * 10**6
    yield "deep object", b'{"a":' * 10**6
    yield "surrogate", good.replace('"A"', '"\\ud800"').encode()
    yield "number", b"12"
    yield "string", b'"12"'
    yield "large", b" " * (FILE_BYTES + 1)
    measure = '{"kind": "sum", "of": [["1",' * 500 + "null" + "]]}" * 500
    yield (
        "deep measure",
        json.dumps({**data_of("influence"), "measure": 0}).replace('"measure": 0', f'"measure": {measure}').encode(),
    )


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_hostile_files(tmp_path, name):
    contents = dict(hostile_files())
    assert list(contents) == HOSTILE_FILES
    (tmp_path / "c.json").write_bytes(contents[name])
    with pytest.raises(Refused):
        verify_file(tmp_path / "c.json")


def test_no_file(tmp_path):
    done = alone(tmp_path, "nowhere.json")
    assert done.returncode == 1
    assert done.stderr == "refused: the file cannot be read: there is no such file\n"
    assert alone(tmp_path, ".").stderr == "refused: the file cannot be read: it is a directory or device\n"
    (tmp_path / "notes.txt").write_text("C(X -> B) = 1/2")
    assert "the file is not JSON: Expecting value: line 1 column 1" in alone(tmp_path, "notes.txt").stderr


def limited(folder, data, seconds=60):
    """Run the verifier within the memory that it promises, and a time of the processor."""
    (folder / "c.json").write_text(data if isinstance(data, str) else json.dumps(data))
    done = alone(folder, "c.json", preexec_fn=limits(seconds))
    assert done.returncode in (0, 1)  # else it was killed
    assert "Traceback" not in done.stderr
    return done


def large(outputs=2, settings=4):
    """Input signaling with 2^(settings + settings^2) strategies, and the proof of nothing."""
    data = data_of("influence")
    del data["strategies"]
    for node in data["model"]["nodes"]:
        node["cardinality"] = outputs if node["name"] in "AB" else settings
    squares = settings**2
    data["model"]["input_distribution"] = [str(Fraction(1, squares))] * squares
    data["observed"]["behavior"] = [str(Fraction(1, outputs**2))] * outputs**2 * squares
    rows = min(settings * settings * (settings - 1) // 2, 10**4)
    data["proof"] |= {"z": ["0"] * (outputs**2 + 1) * squares, "weights": ["0"] * rows}
    data["claim"] = {"lower_bound": "-1"}
    return data


@pytest.mark.parametrize(
    "change",
    [
        {("model", "nodes", 3, "cardinality"): 2**15},
        {("model", "nodes", 1, "cardinality"): 2**15},
        {("model", "nodes", 3, "cardinality"): 200, ("model", "nodes", 0, "cardinality"): 50},
        {("proof", "z", k): f"1/{10**990 + 2 * k + 1}" for k in range(16)},
        {("root",): 4 * (10**11 + 3)},
    ],
)  # fmt: skip
def test_large_numbers_are_refused_at_once(tmp_path, change):
    data = data_of("influence")
    for path, value in change.items():
        place(data, path, value)
    assert limited(tmp_path, data, seconds=5).returncode == 1


def test_models_too_wide_for_elimination_are_refused_at_once(tmp_path):
    """2^30 strategies are checked, by elimination of width 6; 25 settings need tables of 2^26 numbers."""
    done = limited(tmp_path, large(settings=5), seconds=5)
    assert "verified: every" in done.stdout
    for settings, words in ((19, "too much to compute"), (25, "elimination needs a table of 67108864 numbers")):
        data = large(settings=settings)
        data["proof"] |= {part: ["1/100000"] * len(data["proof"][part]) for part in ("z", "weights")}
        assert words in limited(tmp_path, data, seconds=5).stderr


@pytest.mark.slow
def test_a_file_of_many_small_objects(tmp_path):
    size = FILE_BYTES - 100
    for text in (
        "[" + "{}," * (size // 3) + "{}]",
        '{"schema":[' + '"12",' * (size // 5) + '"1"]}',
        "[" * 10 + "]" * 10,
    ):
        assert limited(tmp_path, text, seconds=30).returncode == 1


@pytest.mark.slow
def test_the_largest_models_end_within_a_minute_and_a_gibibyte(tmp_path):
    """2^20 strategies, 16 settings: everything is allowed but quick."""
    done = limited(tmp_path, large(), seconds=120)
    assert done.returncode == 0, done.stderr
    data = large()
    data["proof"]["weights"] = ["1/24"] * 24
    assert limited(tmp_path, data, seconds=120).returncode == 0


@pytest.mark.slow
def test_too_much_work_is_refused_before_it_is_done(tmp_path):
    """40 000 causal effects; a table of 65 536 cells whose entries have large denominators."""
    data = data_of("influence")
    del data["strategies"]
    effect = {"kind": "probability", "target": "B", "values": [1], "do": [["X", 0]]}
    data["measure"] = {"kind": "sum", "of": [["1", effect]] * 40000}
    data["proof"]["weights"] = [None] * 40000
    assert "too much to compute" in limited(tmp_path, data, seconds=20).stderr
    table = large(outputs=1, settings=256)
    table |= {"measure": None, "claim": {"infeasible": True}}
    table["proof"] |= {"z": [f"1/{3**150}"] * 2**16 + ["0"] * 2**16, "weights": None}
    assert limited(tmp_path, table).stderr.startswith("refused: ")
