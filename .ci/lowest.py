"""Want each package that pyproject.toml names, extra `test` included, in the lowest version that it declares."""

import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]


def numbers(text):
    """Return the numbers of a version."""
    return [int(n) for n in re.findall(r"\d+", re.match(r"[\d.]+", text)[0])]


def listed(requirements):
    """Yield names and lowest versions, those of the extras that are named included."""
    for text in requirements:
        if text.startswith("relaxbell["):
            for extra in re.search(r"\[(.*)\]", text)[1].split(","):
                yield from listed(extras[extra])
        else:
            yield re.match(r"([\w-]+)\s*(?:>=|==)([\d.]+)", text).groups()


wrong = 0
for name, declared in sorted(set(listed([*project["dependencies"], *extras["test"]]))):
    found = numbers(version(name))
    want = numbers(declared)
    if found[: len(want)] != want or any(found[len(want) :]):
        print(f"{name}: {declared} is declared, but {version(name)} the lowest that goes with the rest. Declare that.")
        wrong = 1
sys.exit(wrong)
