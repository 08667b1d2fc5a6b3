"""Examples that need an extra are skipped without it; plots open no window; the whole suite takes two processes."""

import os
from importlib.util import find_spec

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

if find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")  # no test depends on how busy it is

SLOW_EXAMPLES = (
    "relaxbell.closed_forms.joint_classes.",
    "relaxbell.engines.information.bits_curve.",
    "relaxbell.engines.sources.bands.",
    "relaxbell.engines.sources.curves.",
    "relaxbell.engines.linear.sampled.",
    "relaxbell.engines.linear.budgets.",
    "relaxbell.engines.factorized.minimum.",
    "relaxbell.causal.model.CausalModel.inequalities",
)
"""Modules whose every example derives facets or draws a long curve anew: they run with the slow tests."""

NEEDS = {".plot(": "matplotlib", ".to_frame(": "pandas"}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole default suite in two processes, where pytest-xdist is there and nothing else was asked for.

    Files that are named run in one, because two take longer to start; slow tests as well, because they need memory.
    """
    option = config.option
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and option.markexpr == "not slow"
    alone = hasattr(config, "workerinput") or option.usepdb or option.collectonly or (os.cpu_count() or 1) < 2
    if whole and not alone and getattr(option, "numprocesses", 0) is None:
        option.numprocesses, option.dist = 2, "worksteal"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        examples = item.dtest.examples if isinstance(item, pytest.DoctestItem) else ()
        if examples and item.name.startswith(SLOW_EXAMPLES):
            item.add_marker(pytest.mark.slow)
        source = "".join(example.source for example in examples)
        for call, package in NEEDS.items():
            if call in source and find_spec(package) is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {package}"))
