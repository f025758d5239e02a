"""What observation costs a program: each program bare and observed, in turn, as ratios of their own timings.

python -m benchmarks.cost [--rounds 5] [--detail auto]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"computation": "computation.py", "Queue of ints": "queue_rate.py", "Lock with a Value": "lock_value.py"}
BOUNDS = {"computation": 1.05, "Queue of ints": 2.0, "Lock with a Value": 3.0}
"""What each ratio shall not exceed at `--detail auto`."""


def seconds(command: list[str]) -> float:
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--detail", default="auto")
    arguments = parser.parse_args()
    print(f"| program | bare, s | observed, s | ratio (median of {arguments.rounds} pairs) | at most |")
    print("| --- | --- | --- | --- | --- |")
    for name, file in PROGRAMS.items():
        script = str(Path(__file__).parent / "programs" / file)
        observed = [sys.executable, "-m", "rockproc.tui", "run", "--detail", arguments.detail, script]
        pairs = [(seconds([sys.executable, script]), seconds(observed)) for _ in range(arguments.rounds)]
        bare, watched = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(after / before for before, after in pairs)
        print(f"| {name} | {bare:.2f} | {watched:.2f} | {ratio:.2f} | {BOUNDS[name]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
