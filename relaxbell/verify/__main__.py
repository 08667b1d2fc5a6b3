"""``python verify FILE …``: check certificates with this folder alone."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def package() -> ModuleType:
    """Return the package that this file is part of; a folder that Python runs is no package before it is loaded."""
    if __package__:
        return sys.modules[__package__]
    folder, name = Path(__file__).resolve().parent, "relaxbell_verify"
    found = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert found is not None
    assert found.loader is not None  # of a file with this ending
    sys.modules[name] = module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="verify",
        description="Check certificates of relaxbell in exact arithmetic, and print what each of them proves. Exit "
        "status 1 if one is refused.",
    )
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="a certificate: a JSON file")
    files = parser.parse_args().files
    verifier = package()
    failed = False
    for file in files:
        # of several, which; a name may have ends of lines
        name = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in f"{file}: ") if len(files) > 1 else ""
        try:
            print(f"{name}verified: {verifier.verify_file(file)}")
        except verifier.Refused as refusal:
            print(f"{name}refused: {refusal}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
