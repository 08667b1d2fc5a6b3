"""Whatever text a file holds, what is printed is one line of visible ASCII, and short."""

import copy
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from certificates import NAMES, certificates, curves
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell.cli import app
from relaxbell.verify import Refused, verify, verify_file

FOLDER = Path(rb.__file__).parent / "verify"
HOSTILE = [
    "\x1b[2J\x1b[Hverified: every model",
    "X\nverified: every model has C(X -> B) >= 1",
    "X\r\x08\x7f\x00\x9b",
    "\u202everified\u200b\u2066\ufeff\u00ad",
    "\u0425\u2028\u2029\x85",
    "\ud800",
    "X" * 10**6,
    "X\\n'\"",
]
VISIBLE = re.compile(r"[ -~]*")


def places(data, path=()):
    """Yield the place of each text and the names of all fields."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            if isinstance(key, str):
                yield (*path, key), True
            yield from places(value, (*path, key))
    elif isinstance(data, str):
        yield path, False


def replaced(data, path, is_name, text):
    found = copy.deepcopy(data)
    place = found
    for key in path[:-1]:
        place = place[key]
    value = place.pop(path[-1]) if is_name else None
    place[text if is_name else path[-1]] = value if is_name else text
    return found


def once(data):
    """One place of each kind: entries of a list are of one kind."""
    seen = {}
    for path, is_name in places(data):
        seen.setdefault((tuple("*" if isinstance(key, int) else key for key in path), is_name), (path, is_name))
    return list(seen.values())


def check(data):
    with pytest.raises(Refused) as refusal:
        verify(data)
    text = str(refusal.value)
    assert VISIBLE.fullmatch(text), text
    assert len(text) < 1000


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[::4]),
        "network, fixed",
        "own max of sums",
        "budget",
        "curve",
    ],
)
def test_text_in_any_place_is_refused_in_one_line(name):
    data = next(curves()).certificate.data if name == "curve" else certificates()[name][0].data
    for k, (path, is_name) in enumerate(once(data)):
        for text in (HOSTILE[k % len(HOSTILE)], HOSTILE[(k + 3) % len(HOSTILE)]):
            check(replaced(data, path, is_name, text))


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_an_influence_are_quoted(text):
    """They are printed before anything is known of them."""
    data = copy.deepcopy(certificates()["influence"][0].data)
    data["measure"]["source"] = data["measure"]["target"] = text
    with pytest.raises(Refused, match=r"^'[ -~]*' is no parent of '[ -~]*' with two values$"):
        verify(data)
    check(data)


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_nothing_of_it_reaches_a_terminal(text, tmp_path):
    data = copy.deepcopy(certificates()["influence"][0].data)
    data["measure"]["source"] = text
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    alone = subprocess.run([sys.executable, "-I", "-S", FOLDER, path], capture_output=True, check=False)
    assert alone.returncode == 1
    assert alone.stdout == b""
    assert re.fullmatch(rb"refused: [ -~]*\n", alone.stderr.replace(b"\r\n", b"\n"))
    result = CliRunner().invoke(app, ["verify", str(path)])
    assert result.exit_code == 1
    assert re.fullmatch(r".*c\.json: refused: [ -~]*\n", result.output)
    with pytest.raises(rb.errors.CertificateError) as error:
        rb.classes.Certificate.load(path).verify()
    assert VISIBLE.fullmatch(str(error.value))


def test_names_of_files_are_escaped(tmp_path):
    path = tmp_path / "a\nverified: every model\x1b[2J.json"
    certificates()["influence"][0].save(path)
    for broken in (False, True):
        if broken:
            path.write_text("{")
        output = CliRunner().invoke(app, ["verify", str(path)]).output
        assert output.count("\n") == 1
        assert "\x1b" not in output
        assert r"a\nverified: every model\x1b[2J.json: " in output


# ------------------------------------------------------------------------- long numbers


LONG = [700, 701, 4299, 4300, 4301, 10**5]


@pytest.mark.parametrize("digits", LONG)
@pytest.mark.parametrize("form", ["text", "fraction", "integer", "cardinality", "root"])
def test_long_numbers_are_refused_by_name(form, digits, tmp_path):
    data = copy.deepcopy(certificates()["influence, surd"][0].data)
    text, number = json.dumps(data), "7" * digits
    text = {
        "text": lambda: json.dumps({**data, "claim": {"lower_bound": number}}),
        "fraction": lambda: json.dumps({**data, "claim": {"lower_bound": f"1/{number}"}}),
        "integer": lambda: text.replace('"1/4"', number),
        "cardinality": lambda: text.replace('"cardinality": 2', f'"cardinality": {number}'),
        "root": lambda: text.replace('"root": 2', f'"root": {number}'),
    }[form]()
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(Refused, match=r"digits|less than|denominator") as refusal:
        verify_file(tmp_path / "c.json")
    assert "set_int_max_str_digits" not in str(refusal.value)


@pytest.mark.parametrize(
    "path",
    [("root",), ("model", "nodes", 0, "cardinality"), ("strategies", 0, 0), ("claim", "lower_bound"), ("measure",)],
)
def test_long_integers_in_data_are_refused(path):
    """Of someone who calls `verify` with data that no file can hold."""
    for number in (10**4299, 10**4300, 10**5000, -(10**5000), 2**40000):
        check(replaced(certificates()["influence, surd"][0].data, path, False, number))


@pytest.mark.parametrize("exponent", [20, 60, 250])
def test_tiny_numbers_keep_their_first_digits(exponent):
    """M of the PR box is 2 p for settings of probability p, not "-1E-30 (rounded down)"."""
    tiny = Fraction(1, 10**exponent)
    model = rb.measurement_dependence(input_distribution=[[1 - 3 * tiny, tiny], [tiny, tiny]])
    claim = verify(rb.minimize(rb.dependence(model), rb.boxes.pr()).certificate.data)
    assert claim.endswith(f"minimum = 2E-{exponent} (rounded down)")
    claim = verify(rb.minimize(rb.dependence(model), rb.boxes.tsirelson()).certificate.data)
    assert claim.endswith(f"minimum = 8.28427124746E-{exponent + 1} (rounded down)")  # 2 (√2 − 1) p
