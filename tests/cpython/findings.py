"""Runs each of CPython's own tests under `check`, and compares its errors and warnings with a reviewed list.

python -m tests.cpython.findings [--python 3.11 …] [--method fork …] [--suite multiprocessing …] [--jobs 2]

These tests provoke many of the problems that the rules find: they kill processes that hold locks, never join children,
let a Pool's worker fail. `reviewed.py` names them, with the reason. A finding that is not named there is printed, and
the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cpython.compare import SUITES
from tests.cpython.reviewed import is_reviewed
from tests.scenarios.alone import METHODS, interpreters

LIMIT_SECONDS = 90
"""The time limit of `check` for one test."""
BUSY_SECONDS = 180
"""The longest time that one check may take."""
_NAMES = """
import unittest, runpy
suite = runpy.run_path({script!r})
for name, case in sorted(suite.items()):
    if isinstance(case, type) and issubclass(case, unittest.TestCase):
        for test in unittest.defaultTestLoader.getTestCaseNames(case):
            print(name + "." + test)
"""


@dataclass(frozen=True)
class Found:
    """An error or a warning of `check` about one test."""

    python: str
    method: str
    test: str
    rule: str
    level: str
    message: str

    def __str__(self) -> str:
        return f"{self.python} {self.method} {self.test}: {self.level}: {self.rule}: {self.message}"


def names(python: Path, script: Path) -> list[str]:
    """Return the names of the tests in a suite: `Class.test`; none where this CPython comes without them."""
    command = [str(python), "-c", _NAMES.format(script=str(script))]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    return done.stdout.split()


def findings(version: str, python: Path, method: str, script: Path, test: str) -> list[Found]:
    """Run one test under `check`, and return its errors and warnings."""
    with tempfile.TemporaryDirectory(prefix="rockproc-cpython-") as folder:
        document = Path(folder) / "found.sarif"
        command = [sys.executable, "-m", "rockproc.tui", "check", "--python", str(python)]
        command += ["--timeout", str(LIMIT_SECONDS), "--sarif", str(document), str(script), "--", test]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=BUSY_SECONDS, check=False)
        results = json.loads(document.read_text())["runs"][0]["results"]
    return [
        Found(version, method, test, result["ruleId"], result["level"], result["message"]["text"])
        for result in results
        if result["level"] in ("error", "warning")
    ]


def of_suite(version: str, python: Path, method: str, suite: str, jobs: int) -> Iterator[list[Found]]:
    """Run each test of a suite by itself, and yield its errors and warnings."""
    with tempfile.TemporaryDirectory(prefix="rockproc-cpython-") as folder:
        script = Path(folder) / "suite.py"
        script.write_text(SUITES[suite].format(method=method, folders=[]))

        def run(test: str) -> list[Found]:
            try:
                return findings(version, python, method, script, test)
            except (subprocess.TimeoutExpired, OSError, ValueError) as error:
                return [Found(version, method, test, "check itself", "error", f"{type(error).__name__}: {error}")]

        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(run, names(python, script))


def main() -> int:
    found = interpreters()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=["3.11", "3.14"], choices=list(found), metavar="3.N")
    parser.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--suite", nargs="+", choices=SUITES, default=list(SUITES))
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    unknown = 0
    for version in arguments.python:
        for method in arguments.method:
            for suite in arguments.suite:
                python = found[version]
                if python is None:
                    print(f"{version}: no such interpreter")
                    continue
                tests = list(of_suite(version, python, method, suite, arguments.jobs))
                both = [each for test in tests for each in test]
                new = [each for each in both if not is_reviewed(each.test, each.rule)]
                unknown += len(new)
                print(*new, sep="\n", end="\n" if new else "")
                known = len(both) - len(new)
                print(f"{version} {method} {suite}: {len(tests)} tests, {known} reviewed findings", flush=True)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
