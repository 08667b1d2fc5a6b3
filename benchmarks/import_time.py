"""What `import relaxbell` costs on top of `import cvxpy`: medians of eleven fresh processes each.

python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys
import time

CASES = {
    "import cvxpy": "import cvxpy",
    "import cvxpy, relaxbell": "import cvxpy, relaxbell",
    "… and every public name": "import cvxpy, relaxbell as rb; [getattr(rb, n) for n in rb.__all__]",
}

if __name__ == "__main__":
    times: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(11):
        for case, code in CASES.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[case].append(time.perf_counter() - start)
    base = statistics.median(times["import cvxpy"])
    for case, found in times.items():
        print(f"{case:26s} {statistics.median(found):6.3f} s   +{statistics.median(found) - base:6.3f} s")
