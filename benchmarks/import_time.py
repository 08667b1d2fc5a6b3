"""What starting costs: CPU time of fresh processes, medians of eleven each, taken in turn.

python benchmarks/import_time.py [COMMIT]

With a commit its tree, exported from git, takes turns with this one, and the ratios are printed.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = {
    "import cvxpy": "import cvxpy",
    "import relaxbell": "import relaxbell",
    "… and every public name": "import relaxbell as rb; [getattr(rb, n) for n in rb.__all__]",
    "a first minimize": (
        "import relaxbell as rb; "
        "rb.minimize(rb.influence(rb.input_signaling(), 'X', 'B'), rb.load_counts('delft2015').fit().behavior).value"
    ),
    "relaxbell quantify": (
        "import sys; from relaxbell.cli import main; sys.argv = ['relaxbell', 'quantify', 'delft2015']; main()"
    ),
}


def cpu_seconds(code: str, tree: Path) -> float:
    """Return the user and system time of a process that imports the package from a tree."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(tree)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tree, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(trees: list[Path]) -> dict[str, list[float]]:
    """Return the median of each case, for each tree."""
    found = {}
    for case, code in CASES.items():
        times = [[cpu_seconds(code, tree) for tree in trees] for _ in range(12)]
        found[case] = [statistics.median(column) for column in zip(*times[1:], strict=True)]  # the first warms caches
    return found


def report(trees: list[Path]) -> None:
    """Print a row for each case; for two trees, how many times less the first costs."""
    for case, times in medians(trees).items():
        ratio = "" if len(times) == 1 else f"   before {times[1]:6.3f} s, {times[1] / times[0]:.2f} times as much"
        print(f"{case:26s} {times[0]:6.3f} s{ratio}", flush=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    if len(sys.argv) == 1:
        report([here])
    else:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(["git", "archive", sys.argv[1]], cwd=here, check=True, capture_output=True)
            subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
            report([here, Path(folder)])
