"""`import relaxbell` is cheap: nothing heavy is loaded before it is used."""

import subprocess
import sys

import pytest

import relaxbell as rb


def loaded_after(statement):
    code = f"{statement}; import sys; print(' '.join(sorted(m.partition('.')[0] for m in sys.modules)))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_loads_no_third_party_module():
    third_party = {"numpy", "scipy", "cvxpy", "sympy", "networkx", "highspy", "clarabel", "flint", "rich", "typer"}
    assert not loaded_after("import relaxbell") & third_party


def test_solving_loads_neither_sympy_nor_plotting():
    solved = loaded_after(
        "import relaxbell as rb; rb.minimize(rb.influence(rb.input_signaling(), 'X', 'B'), rb.boxes.pr()).witness"
    )
    assert "highspy" in solved
    assert not solved & {"matplotlib", "pandas", "rich", "typer"}


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
