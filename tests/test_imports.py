"""`import relaxbell` is cheap: nothing heavy is loaded before it is used."""

import os
import subprocess
import sys

import pytest

import relaxbell as rb


def loaded_after(statement):
    code = f"{statement}\nimport sys; print('loaded:', *sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(printed.rpartition("loaded:")[2].split())


def test_importing_the_package_loads_no_third_party_module():
    third_party = {"numpy", "scipy", "cvxpy", "sympy", "networkx", "highspy", "clarabel", "flint", "rich", "typer"}
    assert not loaded_after("import relaxbell") & third_party


SLOW = {
    *("cvxpy", "sympy", "networkx", "matplotlib", "pandas", "rich.console", "clarabel", "ppl"),
    *("scipy.stats", "scipy.optimize", "scipy.special", "scipy.sparse.linalg"),
}
"""What a first minimum and the table do without."""


def test_solving_loads_what_it_needs():
    solved = loaded_after(
        "import relaxbell as rb; rb.minimize(rb.influence(rb.input_signaling(), 'X', 'B'), rb.boxes.pr()).witness"
    )
    assert "highspy" in solved
    assert not solved & (SLOW | {"scipy.linalg", "typer"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "also"),
    [(["--resamples", "0"], set()), ([], {"scipy.sparse.linalg"})],  # resamples are swept, with bases of floats
    ids=["without resamples", "with resamples"],
)
def test_the_table_loads_what_it_needs(options, also):
    arguments = ["relaxbell", "quantify", "delft2015", *options]
    command = f"import sys; from relaxbell.cli import main; sys.argv = {arguments}"
    printed = loaded_after(f"{command}\ntry: main()\nexcept SystemExit: pass")
    assert {"highspy", "typer"} <= printed
    assert printed & SLOW <= also


def test_the_command_starts_one_thread_of_blas_unless_told_otherwise(monkeypatch):
    """Idle ones wait busily."""
    from relaxbell import cli

    monkeypatch.setattr(cli, "app", lambda: None)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    cli.main()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    cli.main()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_each_public_name_has_one_home():
    from relaxbell import _HOMES, classes

    for homes in (_HOMES, classes._HOMES):
        names = [name for listed in homes.values() for name in listed.split()]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("pandas", lambda curve: curve.to_frame()),
        ("matplotlib", lambda curve: curve.plot()),
        ("pandas", lambda curve: rb.sweep(curve.measure, [rb.boxes.pr()], progress=False).to_frame()),
        ("ppl", lambda curve: rb.closed_form(curve.measure)),
        ("ppl", lambda curve: rb.prove(curve.measure, rb.Maximum(0, *rb.catalog.CH.relabelings()))),
    ],
)
def test_a_missing_extra_is_named(package, use, monkeypatch):
    box = rb.boxes.pr()
    curve = rb.curve(rb.influence(rb.input_signaling(), "X", "B"), box.white_noise(), box)
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        rb.errors.RelaxbellError, match=r'installed. Run this in .*: pip install -e "\.\[(plot|polytopes)\]"'
    ):
        use(curve)
