"""Compares the test suites of libraries built on multiprocessing, bare and observed, test by test.

python -m tests.libraries.compare [--library loky …] [--python 3.11 …]

The source package of each library is downloaded from the package index, and installed with what its tests need into a
virtual environment of the interpreter.

Each result is written to the table in `docs/libraries.md` at once, with the commit that was tested. A test that differs
is run three times more by itself, bare and observed; what then agrees at least once was flaky. The others are bugs of
the probe, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.comparison import Differences, commit, write_row
from tests.libraries import outcome_log
from tests.libraries.suites import SUITES, Suite
from tests.scenarios.alone import interpreters

DOCUMENT = Path(__file__).parents[2] / "docs/libraries.md"
HEADER = (
    "| library | version | CPython | tests | same | different | which | observed | commit |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
PYTHONS = ("3.11", "3.14")
PASS_TIMEOUT_SECONDS = 240
ALONE_TIMEOUT_SECONDS = 60
GRACE_SECONDS = 20
"""The time in which `rockproc-tui run` ends the program at the limit and writes the report."""
MOST_LOOKED_AT_AGAIN = 12


@dataclass
class Pass:
    outcomes: dict[str, str]
    ended: bool
    """The time limit ended it."""


class Bench:
    """A library's source package and a virtual environment with the library, in a temporary folder."""

    def __init__(self, suite: Suite, python: Path, folder: Path) -> None:
        self.suite = suite
        self.folder = folder
        self.python = folder / "venv/bin/python"
        subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        self._pip(
            "download", "--no-deps", "--no-binary", suite.library, "--dest", folder, suite.library + suite.release
        )
        self.archive = next(folder.glob("*.tar.gz"))
        self.version = self.archive.name.removesuffix(".tar.gz").rpartition("-")[2]
        extras = f"[{suite.extras}]" if suite.extras else ""
        self._pip("install", "pytest", f"{suite.library}{extras}=={self.version}", *suite.needs)

    def _pip(self, *arguments: str | Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--python", self.python, "--quiet", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.lstrip().startswith("ERROR")]
            raise SystemExit(f"{self.suite.library}: {(errors or [done.stderr])[-1].strip()}")

    def run(self, tests: tuple[str, ...], limit: float, *, observed: bool) -> Pass:
        """Run tests in newly unpacked sources, which lie at the same place each time."""
        shutil.rmtree(self.folder / "source", ignore_errors=True)
        shutil.unpack_archive(self.archive, self.folder / "source", filter="data")
        (top,) = (self.folder / "source").iterdir()
        if self.suite.installed:
            shutil.rmtree(top / self.suite.library)
        minor = "3." + self.python.resolve().name.rpartition(".")[2]
        folder = top / self.suite.folder.format(version=minor)
        shutil.copy(outcome_log.__file__, folder)
        # Another pytest that runs meanwhile may remove the folders below the usual one.
        temporary = f"--basetemp={self.folder / 'temporary'}"
        pytest = ["-m", "pytest", "--rootdir=.", temporary, "-o", "addopts=", "-p", "no:cacheprovider"]
        pytest += ["-p", "outcome_log"]
        command = [str(self.python), *pytest, *self.suite.options, *tests]
        if observed:
            own = ["--timeout", str(limit), "--report", str(self.folder / "report.json")]
            follow = ["--follow"] if self.suite.follow else []
            command = [sys.executable, "-m", "rockproc.tui", "run", "--python", command[0], *own, *follow, *command[1:]]
            limit += GRACE_SECONDS
        status = _run(command, folder, self.folder / f"{'observed' if observed else 'bare'}.log", limit)
        return Pass(outcome_log.read(folder / "outcomes.jsonl"), status is None or status == 124)

    def observed_text(self) -> str:
        """Return what the report of the last observed pass says of processes and operations."""
        report = self.folder / "report.json"
        if not report.exists():
            return "no report"
        coverage: dict[str, Any] = json.loads(report.read_text())["coverage"]
        return f"{coverage['observed']:,} of {coverage['processes']:,} processes; {coverage['operations']:,} operations"


def _run(command: list[str], folder: Path, log: Path, limit: float) -> int | None:
    """Return the exit status, None at the time limit. The rest of the process group is killed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass
class Comparison:
    """The tests of one library under one interpreter."""

    library: str
    version: str
    python: str
    tests: int = 0
    differences: Differences = field(default_factory=Differences)
    observed: str = ""
    failed_bare: int = 0
    ended: list[str] = field(default_factory=list)
    """The passes that the time limit ended: only the tests before it are compared."""

    def row(self, commit: str) -> str:
        notes = self.differences.notes()
        notes += [f"{self.failed_bare} fail bare"] if self.failed_bare else []
        notes += [f"the {name} pass was ended at {PASS_TIMEOUT_SECONDS} s" for name in self.ended]
        cells = (self.library, self.version, self.python, *self.differences.counts(self.tests))
        text = ", ".join(notes).replace("|", "\\|")
        return f"| {' | '.join(map(str, cells))} | {text} | {self.observed} | {commit} |"


def compare(bench: Bench, python: str) -> Comparison:
    suite = bench.suite
    bare = bench.run(suite.tests, PASS_TIMEOUT_SECONDS, observed=False)
    observed = bench.run(suite.tests, PASS_TIMEOUT_SECONDS, observed=True)
    comparison = Comparison(suite.library, bench.version, python, observed=bench.observed_text())
    comparison.ended = [name for name, each in (("bare", bare), ("observed", observed)) if each.ended]
    before, after = bare.outcomes, observed.outcomes
    names = before.keys() & after.keys() if comparison.ended else before.keys() | after.keys()
    comparison.tests = len(names)
    comparison.failed_bare = sum(before.get(name, "").startswith("failed") for name in names)
    for name in sorted(name for name in names if before.get(name) != after.get(name)):
        look_again(comparison, bench, name, (before.get(name, "not run"), after.get(name, "not run")))
    return comparison


def look_again(comparison: Comparison, bench: Bench, name: str, first: tuple[str, str]) -> None:
    differences = comparison.differences
    if len(differences.different) + len(differences.flaky) >= MOST_LOOKED_AT_AGAIN:
        differences.different[name] = " → ".join(first)
        return

    def run(is_observed: bool) -> str:
        return bench.run((name,), ALONE_TIMEOUT_SECONDS, observed=is_observed).outcomes.get(name, "not run")

    differences.run_again(name, first, run, {"not run"})


def _key(row: str) -> tuple[int, int]:
    library, _, version = (cell.strip() for cell in row.split("|")[1:4])
    return [suite.library for suite in SUITES].index(library), int(version.partition(".")[2])


def main() -> int:
    found = interpreters()
    suites = {suite.library: suite for suite in SUITES}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", nargs="+", choices=suites, default=list(suites))
    parser.add_argument("--python", nargs="+", choices=found, default=PYTHONS, metavar="3.N")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="where the table is")
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    bugs = 0
    for library in arguments.library:
        for version in arguments.python:
            python = found[version]
            if python is None:
                print(f"no CPython {version}", file=sys.stderr)
                continue
            with tempfile.TemporaryDirectory(prefix="rockproc-libraries-", ignore_cleanup_errors=True) as folder:
                comparison = compare(Bench(suites[library], python, Path(folder)), version)
            bugs += len(comparison.differences.different.keys() - suites[library].exceptions)
            row = comparison.row(commit())
            print(row, flush=True)
            write_row(arguments.document, row, HEADER, _key)
    return 1 if bugs else 0


if __name__ == "__main__":
    sys.exit(main())
