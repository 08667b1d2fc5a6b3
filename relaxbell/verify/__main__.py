"""``python verify FILE``: check a certificate with this folder alone."""

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
    parser = argparse.ArgumentParser(prog="verify", description="Check a relaxbell certificate.")
    parser.add_argument("file", type=Path)
    verifier = package()
    try:
        print(f"verified: {verifier.verify_file(parser.parse_args().file)}")
    except verifier.Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
