"""``relaxbell doctor``, and what `pyproject.toml` says of packages."""

import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

import relaxbell as rb
from relaxbell import doctor
from relaxbell.cli import app

ROOT = Path(rb.__file__).parent
PROJECT = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORTED_AS = {"flint": "python-flint", "ppl": "pplpy"}


def listed(requirements):
    """Return names of packages, those of the extras that are named included."""
    for text in requirements:
        name, inner = re.match(r"([\w-]+)(?:\[(.*?)\])?", text).groups()
        if name == "relaxbell":
            for extra in inner.split(","):
                yield from listed(EXTRAS[extra])
        else:
            yield name


def imported():
    """Yield the packages that are imported anywhere in ours, in functions too."""
    for path in ROOT.rglob("*.py"):
        if path.parent.name == "verify":
            continue  # imports the standard library only, tested there
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"^ *import (\w+)[\w.]*(?: as \w+)?$", text, re.MULTILINE)
        yield from re.findall(r"^ *from (\w+)[\w.]* import ", text, re.MULTILINE)
        yield from re.findall(r'\boptional\("(\w+)', text)


def test_every_package_that_is_imported_is_listed():
    found = set(imported()) - sys.stdlib_module_names - {"relaxbell"}
    names = {IMPORTED_AS.get(name, name) for name in found}
    assert names - set(listed(PROJECT["dependencies"])) <= set(listed(EXTRAS["all"]))
    assert {"numpy", "pplpy", "pyarrow", "xarray", "matplotlib"} <= names


def test_every_extra_is_described_and_all_has_those_of_users():
    assert set(doctor.ADDS) == set(EXTRAS)
    assert set(listed(EXTRAS["all"])) == {
        name for extra in set(EXTRAS) - {"all", "docs", "test"} for name in listed(EXTRAS[extra])
    }


def test_the_python_of_each_classifier_is_supported():
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={versions[0]}"


FOUND = [
    "numpy>=2.0",
    "highspy!=1.16.0,>=1.13",
    "not-there>=3",
    "pytest<1; extra == 'test'",
    'relaxbell[test]; extra == "all"',
    "typer (>=0.1) ; extra == 'more'",
    "numpy>=2.0; extra == 'more'",
]


@pytest.fixture
def known(monkeypatch):
    """Metadata of another package, where one that is needed is missing."""
    installed = {"numpy": "2.5.0rc1", "highspy": "1.16.0", "pytest": "9.0", "relaxbell": "9.9", "typer": "0.29"}

    def version(name):
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: FOUND)
    monkeypatch.setattr(doctor, "_solvers", lambda: ("HIGHS",))
    monkeypatch.setattr(doctor, "_CHECKS", {"arithmetic": lambda: (True, "2"), "division": lambda: (1 // 0, "")})
    return installed


def test_what_is_missing_too_old_or_broken_is_named(known):
    found = doctor.diagnose("9.9")
    needed = {r.name: (r.installed, r.fits) for r in found.requirements}
    assert needed == {"numpy": ("2.5.0rc1", True), "highspy": ("1.16.0", False), "not-there": (None, False)}
    assert {extra.name: extra.installed for extra in found.extras} == {"all": False, "test": False, "more": True}
    assert [(check.name, check.passed) for check in found.checks] == [("arithmetic", True), ("division", False)]
    assert not found.healthy
    text = "\n".join(found.lines())
    for words in (r"highspy +1\.16\.0 .*PROBLEM: version not", r"not-there +- .*PROBLEM: missing", "lacks pytest <1"):
        assert re.search(words, text)
    assert "PROBLEM division: ZeroDivisionError" in text
    assert "installed is" not in text


def test_another_version_or_none_is_installed(known):
    assert "PROBLEM: installed is 9.9. Install relaxbell anew" in "\n".join(doctor.diagnose("10.0").lines())
    del known["relaxbell"]
    assert "PROBLEM: installed is nothing" in "\n".join(doctor.diagnose("9.9").lines())


def test_versions_are_compared_as_numbers():
    for version, wanted, fits in [
        ("1.10", ">=1.9", True), ("1.9", ">=1.10", False), ("2.0.0", "==2", True), ("2.0.1", "==2.0", False),
        ("1.4.5", "~=1.4.2", True), ("1.5.0", "~=1.4.2", False), ("3.0", "<3", False),
        ("2026.1", ">=2024.9,<2027", True), ("1.0.0rc1", ">=1", True), ("5", "", True),
    ]:  # fmt: skip
        assert doctor.fits(version, wanted) is fits, (version, wanted)


@pytest.mark.slow
def test_the_self_check_passes_here():
    """(√2 − 1)/2 and 0.0463 bit: arXiv:1411.4648."""
    run = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(run.stdout)
    assert [check["passed"] for check in found["checks"]] == [True] * 4
    assert "verified: minimum = -1/2 + 1/2*sqrt(2)" in found["checks"][0]["found"]
    assert {"CLARABEL", "HIGHS"} <= set(found["solvers"])
    assert run.exit_code == (0 if found["healthy"] else 1)
    assert found["version"] == rb.__version__


def test_commands_and_data_are_completed_in_the_shell():
    def completed(words):
        shell = {"_RELAXBELL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return CliRunner().invoke(app, env=shell, prog_name="relaxbell").stdout.split()

    assert completed("relaxbell quantify del") == ["delft2015"]
    assert completed("relaxbell doc") == ["doctor"]
    assert "--certificates" in completed("relaxbell quantify --cert")
    assert completed("relaxbell quantify my_own") == []  # bash then completes names of files


def test_no_string_is_evaluated():
    """Nothing that is read can run, see SECURITY.md."""
    calls = re.compile(r"(?<![\w.])(eval|exec|compile|pickle\.load)\(|shell=True|allow_pickle=True")
    assert not [path.name for path in ROOT.rglob("*.py") if calls.search(path.read_text(encoding="utf-8"))]
