"""Measures how much more memory a Pool's worker uses under observation, after so many operations.

python -m benchmarks.worker_memory [--operations 400000] [--method fork] [--python PATH …]

Each figure is the worker's own, as /proc/PID/smaps says it: private pages, and the highest that was seen of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "programs" / "worker_memory.py"
LIMIT_SECONDS = 600
WAYS = ("bare", "auto", "full")


def looks(way: str, python: str, operations: int, method: str) -> list[dict[str, Any]]:
    """Return what the worker has seen of its own memory: at its beginning, meanwhile, and at its end."""
    program = [str(PROGRAM), str(operations), method]
    observed = [sys.executable, "-m", "rockproc.tui", "run", "--detail", way, "--python", python, *program]
    done = subprocess.run(
        [python, *program] if way == "bare" else observed,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[0])
    return found


def main() -> None:
    """Measure and print a table, in MB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=400_000)
    parser.add_argument("--method", choices=("fork", "spawn", "forkserver"), default="fork")
    parser.add_argument("--python", nargs="*", default=[sys.executable])
    options = parser.parse_args()
    print("| Python | way | at its beginning | at its end | most | more than bare, at most | of it in the journal |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for python in options.python:
        version = subprocess.check_output(
            [python, "-c", "import platform; print(platform.python_version())"], text=True
        )
        bare = 0
        for way in WAYS:
            seen = looks(way, python, options.operations, options.method)
            own = [look["own"] for look in seen]
            bare = max(own) if way == WAYS[0] else bare
            journals = max(look["journals"] for look in seen)
            figures = own[0], own[-1], max(own), max(own) - bare, journals
            print(f"| {version.strip()} | {way} |", *(f"{kilobytes / 1024:.1f} |" for kilobytes in figures), flush=True)


if __name__ == "__main__":
    main()
