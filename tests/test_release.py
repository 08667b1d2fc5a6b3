"""What a release says of itself: version, license, citation, security, findings."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import relaxbell as rb
from relaxbell.verify import files, reading
from relaxbell.verify.digest import HEX

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SECURITY = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
FINDINGS = ROOT / "findings"
SCRIPTS = sorted(path.name for path in FINDINGS.glob("*.sh"))


def test_the_version_stands_in_one_place_and_has_its_part_of_the_changelog():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "relaxbell/__init__.py"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
    assert titles[0] in ("Unreleased", rb.__version__)
    assert rb.__version__ in titles
    assert len(titles) == len(set(titles))


def test_everything_of_the_repository_is_in_the_source_distribution():
    listed = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all((ROOT / name).exists() for name in listed)
    try:
        listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no checkout")
    always = {"pyproject.toml", ".gitignore"}
    assert {name.partition("/")[0] for name in listing.splitlines()} - always == set(listed)


def test_the_paper_that_is_cited():
    """Chaves, Kueng, Brask, Gross: Phys. Rev. Lett. 114, 140403 (2015), arXiv:1411.4648."""
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^ {4}(\w+): (.+)$", cited, re.MULTILINE))
    assert fields["title"] == "Unifying framework for relaxations of the causal assumptions in Bell's theorem"
    assert (fields["volume"], fields["start"], fields["year"]) == ("114", '"140403"', "2015")
    assert fields["doi"] == f"10.1103/PhysRevLett.{fields['volume']}.{fields['start'].strip(chr(34))}"
    assert fields["url"].endswith("/1411.4648")
    names = re.findall(r"family-names: (\w+)\n +given-names: ([\w ]+)", cited)
    assert names == [("Chaves", "Rafael"), ("Kueng", "Richard"), ("Brask", "Jonatan Bohr"), ("Gross", "David")]
    assert f"license: {PROJECT['project']['license']}" in cited


def test_the_limits_of_the_verifier_are_those_it_has():
    for limit in (files.FILE_BYTES, reading.CELLS, reading.STRATEGIES):
        assert f"2^{limit.bit_length() - 1}" in SECURITY
        assert limit & (limit - 1) == 0
    for limit, words in ((reading.DEPTH, "levels"), (reading.NODES, "nodes"), (HEX, "hexadecimal digits")):
        assert f"{limit} {words}" in SECURITY
    assert f"numbers of {reading.NUMBER_BITS} bits" in SECURITY


def test_all_findings_are_listed():
    text = (FINDINGS / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[\w+\]\((\w+\.sh)\)", text, re.MULTILINE)) == SCRIPTS
    for name, target in re.findall(r"\[(\w+)\]\((\w+)\.sh\)", text):
        assert name == target


@pytest.mark.parametrize("name", SCRIPTS)
def test_findings_have_their_form(name):
    """DEVELOPERS.md says which."""
    text = (FINDINGS / name).read_text(encoding="utf-8")
    head, _, body = text.partition("\nset -euo pipefail\n")
    assert body
    assert re.findall(r"^# ([A-Z]\w+) *: \S", head, re.MULTILINE) == ["Package", "Expected", "Seen", "Matters"]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "relaxbell" not in text
    assert "mktemp -d" in body
    assert re.search(r"^trap 'rm -rf \"\$\w+\"' EXIT$", body, re.MULTILINE)
    installs = re.findall(r"pip install ((?:[^\n]*\\\n)*[^\n]*)", body)
    wanted = [word for line in installs for word in re.findall(r"[\"']([^\"']+)[\"']", line)]
    assert all(re.fullmatch(r"[\w\[\].-]+==[\w.${}%* ]+", word) for word in wanted)
    assert wanted or re.search(r"\b[0-9a-f]{40}\b", body)  # pinned packages, or a program from a commit
    assert "assert" in body or "exit 1" in body or "sys.exit" in body


def test_the_pages_for_developers_name_what_is_there():
    for page in ("DEVELOPERS.md", "CONTRIBUTING.md", "SECURITY.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / target).exists(), target
        for name in re.findall(r"`((?:tests|docs|findings|\.ci)/[\w./]+)`", text):
            assert (ROOT / name).exists(), name
