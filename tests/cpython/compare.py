"""Compares CPython's own tests of multiprocessing and concurrent.futures, bare and observed, test by test.

python -m tests.cpython.compare [--python 3.8 …] [--method fork …] [--suite multiprocessing …] [--tests FOLDER]

Some interpreters come without a part of these tests. Those of another one, in the folder that `--tests` names, take
their place: what does not fit fails bare and observed.

Each result is written to the table in `docs/cpython.md` at once, with the commit that was tested. A test that differs
is run three times more by itself, bare and observed; what then agrees at least once was flaky. The others are bugs of
the probe, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.comparison import Differences, commit, write_row
from tests.scenarios.alone import METHODS, interpreters

SUITES = {
    "multiprocessing": """
import unittest
import test
test.__path__ += {folders!r}
import test._test_multiprocessing
test._test_multiprocessing.install_tests_in_module_dict(globals(), {method!r})
if __name__ == "__main__":
    unittest.main(verbosity=2)
""",
    "concurrent_futures": """
import importlib, pkgutil, unittest
import test
test.__path__ += {folders!r}
import test.test_concurrent_futures as whole
parts = [importlib.import_module(part.name) for part in pkgutil.iter_modules(whole.__path__, whole.__name__ + ".")
         if ".test_" in part.name] if hasattr(whole, "__path__") else [whole]
for part in parts:
    globals().update({{
        name: case for name, case in vars(part).items()
        if name.lower().startswith("processpool" + {method!r}) and issubclass(case, unittest.TestCase)
    }})
if __name__ == "__main__":
    unittest.main(verbosity=2)
""",
}
DOCUMENT = Path(__file__).parents[2] / "docs/cpython.md"
MODULES = {"multiprocessing": "test._test_multiprocessing", "concurrent_futures": "test.test_concurrent_futures"}
PASS_TIMEOUT_SECONDS = 2400
"""The time limit of one pass through a suite, on a slow machine."""
_OUTCOME = re.compile(r"\b(ok|FAIL|ERROR|skipped|expected failure)\b(?: (?:'.*'|\".*\"))?$", flags=re.M)


def results(command: list[str], folder: Path) -> dict[str, str]:
    """Return the outcome of each test, by its class and name; only of the completed tests if the pass was ended."""
    try:
        output = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PASS_TIMEOUT_SECONDS,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    text = output.decode(errors="replace")
    found: dict[str, str] = {}
    for block in re.split(r"^(?=test\w+ \()", text, flags=re.M):
        name = re.match(r"(test\w+) \(([\w.]+)\)", block)
        if name is None:
            continue
        outcome = _OUTCOME.search(block)
        owner = name[2].removesuffix("." + name[1]).rpartition(".")[2]
        found[f"{owner}.{name[1]}"] = outcome[1] if outcome is not None else "no end"
    return found


@dataclass
class Comparison:
    """The result of one suite under one interpreter and start method."""

    python: str
    method: str
    suite: str
    tests: int = 0
    differences: Differences = field(default_factory=Differences)
    skipped: str = ""
    """The reason why the suite was not run."""

    def row(self, commit: str) -> str:
        head = f"| {self.python} | {self.method} | {self.suite} |"
        if self.skipped:
            return f"{head} — | — | — | {self.skipped} | {commit} |"
        counts = " | ".join(map(str, self.differences.counts(self.tests)))
        return f"{head} {counts} | {', '.join(self.differences.notes())} | {commit} |"


HEADER = (
    "| CPython | start method | suite | tests | same | different | which | commit |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def place(row: str) -> tuple[int, int, int]:
    version, method, suite = (cell.strip() for cell in row.split("|")[1:4])
    return list(SUITES).index(suite), int(version.partition(".")[2]), METHODS.index(method)


def compare(version: str, python: Path | None, method: str, suite: str, folders: list[str] | None = None) -> Comparison:
    comparison = Comparison(version, method, suite)
    if python is None:
        comparison.skipped = "no such interpreter"
        return comparison
    look = f"import test; test.__path__ += {folders or []!r}; import {MODULES[suite]}"
    found = subprocess.run([python, "-c", look], capture_output=True, text=True, check=False)
    if found.returncode:
        comparison.skipped = f"it comes without its tests: {found.stderr.strip().splitlines()[-1]}"
        return comparison
    with tempfile.TemporaryDirectory(prefix="rockproc-cpython-") as name:
        folder = Path(name)
        script = folder / "suite.py"
        script.write_text(SUITES[suite].format(method=method, folders=folders or []))
        bare = [str(python), str(script)]
        observed = [sys.executable, "-m", "rockproc.tui", "run", "--python", str(python), str(script)]
        before, after = results(bare, folder), results(observed, folder)
        comparison.tests = len(before.keys() | after.keys())
        if not comparison.tests:
            comparison.skipped = "none of its tests began"
        for test in sorted(before.keys() | after.keys()):
            if before.get(test) != after.get(test):

                def run(is_observed: bool, test: str = test) -> str:
                    return results([*(observed if is_observed else bare), test], folder).get(test, "not run")

                comparison.differences.run_again(test, (str(before.get(test)), str(after.get(test))), run)
    return comparison


def main() -> int:
    found = interpreters()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=list(found), metavar="3.N")
    parser.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--suite", nargs="+", choices=SUITES, default=list(SUITES))
    parser.add_argument("--tests", nargs="+", default=[], metavar="FOLDER", help="where further modules of tests are")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="where the table is")
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    bugs = 0
    for suite in arguments.suite:
        for version in arguments.python:
            for method in arguments.method:
                comparison = compare(version, found.get(version), method, suite, arguments.tests)
                bugs += len(comparison.differences.different)
                row = comparison.row(commit())
                print(row, flush=True)
                write_row(arguments.document, row, HEADER, place)
    return 1 if bugs else 0


if __name__ == "__main__":
    sys.exit(main())
