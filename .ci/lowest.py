"""Want each package that pyproject.toml names, extras included, in the lowest version that it declares.

``python .ci/lowest.py FILE``: the file lists name==version of what goes together, as ``uv pip compile`` writes it.
"""

import re
import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
listed = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
declared = dict(re.match(r"([\w-]+)(?:>=|==)([\d.]+)", line).groups() for line in listed if "relaxbell[" not in line)
lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
found = dict(line.partition(" ")[0].split("==") for line in lines if "==" in line)


def numbers(version):
    """Return the numbers of a version, without zeros at its end."""
    return [int(n) for n in re.sub(r"(\.0+)*$", "", re.match(r"[\d.]+", version)[0]).split(".")]


wrong = [
    f"{name}: {version} is declared, but {found[name.lower()]} the lowest that goes with the others. Declare that."
    for name, version in sorted(declared.items())
    if numbers(version) != numbers(found[name.lower()])
]
print("\n".join(wrong) or f"the {len(declared)} lowest versions that are declared go together")
sys.exit(bool(wrong))
