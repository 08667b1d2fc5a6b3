"""What is installed, what each extra would add, and whether it works: ``relaxbell doctor``."""

from __future__ import annotations

import itertools
import platform
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from relaxbell.errors import installation

ADDS = {
    "polytopes": "closed forms, facets, vertices of limits of settings, randomness from counts (PPL)",
    "quantum": "moment matrices of the NPA hierarchy: quantum_set, limits, robustness (MoMPy)",
    "global": "SCIP beside our own branch and bound for independent sources",
    "plot": "plots, the paper's figures, results as frames of pandas",
    "frames": "trials and counts from frames that offer an Arrow stream, such as those of polars",
    "xarray": "sweeps as arrays with named axes",
    "qutip": "what optimize_quantum found as objects of QuTiP",
    "distributed": "sweeps on a cluster of Dask, with a bar of progress",
    "notebooks": "the notebooks, and sliders in your own",
    "all": "all of these",
    "docs": "the reference as pages (Sphinx)",
    "test": "the tests, ruff and mypy",
}
"""What each extra of the package brings, in words."""

_REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[([^]]*)\])?\s*\(?([^;)]*)\)?\s*(?:;.*?extra == [\"']([\w-]+)[\"'])?")
_RELATION = re.compile(r"(>=|==|!=|<=|<|>|~=)\s*([\w.]+)")


@dataclass(frozen=True)
class Requirement:
    """A package, which version is installed (None: none is), which are wanted, and whether it is one of them."""

    name: str
    installed: str | None
    wanted: str
    fits: bool


@dataclass(frozen=True)
class Extra:
    """An extra: what it adds, its packages, and whether all are there."""

    name: str
    adds: str
    installed: bool
    packages: tuple[Requirement, ...]


@dataclass(frozen=True)
class Check:
    """Something that was computed, and whether it came out as it must."""

    name: str
    passed: bool
    found: str


@dataclass(frozen=True)
class Diagnosis:
    """All of it."""

    version: str
    python: str
    system: str
    installed_as: str | None
    requirements: tuple[Requirement, ...]
    extras: tuple[Extra, ...]
    solvers: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything that is needed is there and works."""
        fits = all(r.fits for r in self.requirements) and self.installed_as == self.version
        return fits and all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data for JSON."""
        return {**asdict(self), "healthy": self.healthy}

    def lines(self) -> Iterator[str]:
        """Yield it as text."""
        yield f"relaxbell {self.version}, Python {self.python}, {self.system}"
        if self.installed_as != self.version:
            known = "nothing, so requirements are not known" if self.installed_as is None else self.installed_as
            yield f"PROBLEM: installed is {known}. Install relaxbell anew: pip install -e . in its checkout."
        yield "\nneeded"
        width = max((len(r.name) for r in self.requirements), default=0)
        for r in self.requirements:
            problem = "" if r.fits else "   PROBLEM: " + ("missing" if r.installed is None else "version not supported")
            yield f"  {r.name:{width}}  {r.installed or '-':10} {r.wanted}{problem}"
        yield "\nextras"
        for extra in self.extras:
            lacking = ", ".join(f"{r.name} {r.wanted}" for r in extra.packages if not r.fits)
            yield f"  {extra.name:{width}}  {'installed' if extra.installed else 'no':10} {extra.adds}"
            if lacking and extra.name != "all":
                yield f"  {'':{width}}  {'':10} lacks {lacking}"
        yield f"  {installation('EXTRA')}"
        yield f"\nsolvers that CVXPY sees: {', '.join(self.solvers) or 'none'}"
        yield "\nself-check"
        for check in self.checks:
            yield f"  {'ok     ' if check.passed else 'PROBLEM'} {check.name}: {check.found}"
        yield "\nall is well" if self.healthy else "\nthere are problems, see PROBLEM above"


def fits(version: str, wanted: str) -> bool:
    """Return whether a version is wanted; what follows its numbers (rc1, .post2) is not looked at.

    Examples
    --------
    >>> fits("1.15.1", ">=1.13,!=1.16.0"), fits("1.16.0", ">=1.13,!=1.16.0"), fits("2.10", ">=2.9")
    (True, False, True)
    """
    own = _numbers(version)
    for relation, text in _RELATION.findall(wanted):
        other = _numbers(text)
        order = (own > other) - (own < other)
        lower = other[:-1] == own[: len(other) - 1] if relation == "~=" else True
        allowed = {">=": (0, 1), "==": (0,), "!=": (-1, 1), "<=": (-1, 0), "<": (-1,), ">": (1,), "~=": (0, 1)}
        if order not in allowed[relation] or not lower:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(n) for n in found[0].split(".")] if found else [0]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def diagnose(version: str) -> Diagnosis:
    """Look at what is installed beside this version of relaxbell, and compute something with it."""
    listed = _listed()
    extras = {extra for *_, extra in listed if extra}
    return Diagnosis(
        version,
        platform.python_version(),
        f"{platform.python_implementation()} on {platform.system()} {platform.machine()}",
        _version("relaxbell"),
        tuple(_requirement(name, wanted) for name, _, wanted, extra in listed if not extra),
        tuple(_extra(name, listed) for name in sorted(extras, key=[*ADDS, *sorted(extras - set(ADDS))].index)),
        _solvers(),
        tuple(_checked(name, check) for name, check in _CHECKS.items()),
    )


def _listed() -> list[tuple[str, str, str, str]]:
    """Return name, extras, versions and the extra that asks for it, of everything that the package lists."""
    try:
        lines = metadata.requires("relaxbell") or []
    except metadata.PackageNotFoundError:
        return []
    found = (_REQUIREMENT.match(line) for line in lines)
    return [(m[1], m[2] or "", m[3].strip(), m[4] or "") for m in found if m]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _requirement(name: str, wanted: str) -> Requirement:
    installed = _version(name)
    return Requirement(name, installed, wanted, installed is not None and fits(installed, wanted))


def _extra(name: str, listed: Iterable[tuple[str, str, str, str]]) -> Extra:
    packages = {r.name: r for r in _packages(name, list(listed))}
    return Extra(name, ADDS.get(name, ""), all(r.fits for r in packages.values()), tuple(packages.values()))


def _packages(extra: str, listed: list[tuple[str, str, str, str]]) -> Iterator[Requirement]:
    """Yield the packages of an extra, those of the extras that it brings included."""
    for name, inner, wanted, own in listed:
        if own == extra and name == "relaxbell":
            yield from itertools.chain.from_iterable(_packages(part.strip(), listed) for part in inner.split(","))
        elif own == extra:
            yield _requirement(name, wanted)


def _solvers() -> tuple[str, ...]:
    try:
        import cvxpy

        return tuple(sorted(cvxpy.installed_solvers()))
    except Exception:  # a broken installation must not hide what is said of the others
        return ()


# -------------------------------------------------------------------------------------------------------- self-check


def _least() -> tuple[bool, str]:
    """(√2 − 1)/2 is the least influence behind Tsirelson's correlations, arXiv:1411.4648."""
    import sympy

    from relaxbell.behavior.boxes import tsirelson
    from relaxbell.causal.networks import bell
    from relaxbell.measures.influences import influence
    from relaxbell.solve.minimization import minimize

    found = minimize(influence(bell().relax("X -> B"), "X", "B"), tsirelson())
    said = found.certificate.verify().rpartition(": ")[2]
    return sympy.simplify(found.exact - (sympy.sqrt(2) - 1) / 2) == 0, f"{found.exact}; verified: {said}"


def _information() -> tuple[bool, str]:
    """0.046 bit, p. 5 of the same; the value and its rigorous bound meet."""
    from relaxbell.behavior.boxes import tsirelson
    from relaxbell.causal.networks import measurement_dependence
    from relaxbell.measures.information import mutual_information
    from relaxbell.solve.minimization import minimize

    found = minimize(mutual_information(measurement_dependence()), tsirelson())
    near = 0.0462 < found.lower_bound <= found.value < 0.0463
    return near and found.value - found.lower_bound < 1e-8, f"{found.lower_bound:.7f} to {found.value:.7f} bit"


def _rounding() -> tuple[bool, str]:
    from relaxbell.exact.conversion import rounds_to_nearest

    nearest = rounds_to_nearest()
    return nearest, "to nearest" if nearest else "not to nearest: a library that was loaded has changed that"


def _polyhedra() -> tuple[bool, str]:
    """Count the vertices of a triangle."""
    from relaxbell.exact.polyhedra import Polyhedron

    try:
        found = len(list(Polyhedron(2, [(0, 1, 0), (0, 0, 1), (2, -3, -6)]).vertices()))
    except ModuleNotFoundError:
        return True, "not installed"
    return found == 3, f"{found} vertices of a triangle"


_CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "linear programs, exact numbers, certificates": _least,
    "interior point": _information,
    "polyhedra": _polyhedra,
    "floats are rounded": _rounding,  # after all that was loaded
}


def _checked(name: str, check: Callable[[], tuple[bool, str]]) -> Check:
    try:
        return Check(name, *check())
    except Exception as error:  # whatever is broken is what the user asked for
        return Check(name, False, f"{type(error).__name__}: {error}")
