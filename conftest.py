"""Examples in docstrings that need an extra are skipped where it is not installed; plots open no window."""

import os
from importlib.util import find_spec

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

NEEDS = {".plot(": "matplotlib", ".to_frame(": "pandas"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        examples = item.dtest.examples if isinstance(item, pytest.DoctestItem) else ()
        source = "".join(example.source for example in examples)
        for call, package in NEEDS.items():
            if call in source and find_spec(package) is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {package}"))
