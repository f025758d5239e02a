"""Programs run bare and observed, on every Python of the machine."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rockproc import probe
from rockproc.observer.model import Snapshot
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

from tests.bytecode import bytecode_variables
from tests.observer.conftest import marked_with
from tests.parameters import fast_first
from tests.scenarios.alone import METHODS, interpreters

DEADLINE = 40
"""Seconds after which a program counts as hanging, on a busy machine too."""
MARK = "ROCKPROC_TEST"
PROBE = Path(probe.__file__).parent

PYTHONS = interpreters()
CURRENT = f"3.{sys.version_info.minor}"
_FOUND = [version for version, path in PYTHONS.items() if path is not None]
EDGES = tuple(dict.fromkeys([_FOUND[0], CURRENT, _FOUND[-1]]))
"""The oldest, the current and the newest version: those of the default run."""
EDGE_VERSIONS = fast_first(dict.fromkeys([_FOUND[0], _FOUND[-1], CURRENT]), 2)
"""Parameters `version` of tests that need three interpreters. The fast suite has the oldest and the newest."""


def edges(quick: int) -> list[Any]:
    """Return parameters `version` of tests that behave alike with the three interpreters in `EDGES`.

    Args:
        quick: the index of the one that the default run has.
    """
    return [
        pytest.param(version, marks=() if number == quick % len(EDGES) else pytest.mark.slow)
        for number, version in enumerate(EDGES)
    ]


def every_version(*fast: str) -> list[Any]:
    """Return parameters `version`: every tested Python.

    Args:
        fast: those that the default run has; without any, it has `EDGES`.
    """
    return [pytest.param(version, marks=() if version in (fast or EDGES) else pytest.mark.slow) for version in PYTHONS]


QUICK = list(zip(EDGES, METHODS, strict=False))
"""Each start method with one of the three interpreters."""
DEFAULT = (QUICK[-1],)
"""The way of most tests in the default run: forkserver on the newest interpreter."""


TURNS = [*QUICK, *((version, "spawn") for version in ("3.14",) if version in _FOUND and version not in EDGES)]
"""The ways that tests with one way each take in turn: with the version that most people use."""


def ways(*quick: int) -> list[Any]:
    """Return parameters `version, method`.

    Args:
        quick: the indices of those in `TURNS` that the default run has; without any, it has `DEFAULT`.
    """
    chosen = [TURNS[number % len(TURNS)] for number in quick] or DEFAULT
    return [
        pytest.param(
            version, method, id=f"{version}-{method}", marks=() if (version, method) in chosen else pytest.mark.slow
        )
        for version in PYTHONS
        for method in METHODS
    ]


def spread(items: Iterable[str], every: int = 1) -> list[Any]:
    """Return parameters `item, version, method`. The default run takes one way for each item, and another for the next.

    Args:
        items: the items.
        every: 2 if the default run is to have every second item only, and so on.
    """
    return [
        pytest.param(item, *way.values, id=f"{item}-{way.id}", marks=pytest.mark.slow if number % every else way.marks)
        for number, item in enumerate(items)
        for way in ways(number // every)
    ]


def python(version: str) -> str:
    path = PYTHONS[version]
    if path is None:
        pytest.skip(f"no Python {version} on this machine")
    return str(path)


@dataclass(frozen=True)
class Outcome:
    """The output, the exit status and the report of a program."""

    stdout: str
    stderr: str
    status: int
    report: dict[str, Any] | None = None


class Driver:
    """A process that observes one program after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def observe(self, job: dict[str, Any]) -> dict[str, Any]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("driver.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], DEADLINE)[0]:
            raise TimeoutError
        answer = self._process.stdout.readline()
        if not answer:
            self.end()
            raise AssertionError("the driver has died")
        return json.loads(answer)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Ways:
    """Runs programs in a folder of their own, with an environment that is the same for both ways."""

    def __init__(self, folder: Path, temporary: Path, driver: Driver) -> None:
        self.folder = folder
        self.temporary = temporary
        self._driver = driver
        self._mark = uuid.uuid4().hex
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ROCKPROC"))},
            "PYTHONFAULTHANDLER": "1",
            **bytecode_variables(),
            "TMPDIR": str(self.temporary),
            MARK: self._mark,
        }

    def write(self, text: str, name: str = "program.py") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def bare(self, version: str, *words: str) -> Outcome:
        """Run `python WORDS…` without the probe."""
        stdout, stderr = self._streams("bare")
        with stdout.open("ab") as out, stderr.open("ab") as err:
            process = subprocess.Popen(
                [python(version), *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )
        try:
            status = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._hangs(stdout, stderr)
        self.settle()
        return Outcome(stdout.read_text(), stderr.read_text(), status)

    def observed(
        self, version: str, *words: str, method: str | None = None, detail: str = "auto", probe: Path | None = None
    ) -> Outcome:
        """Run a program under observation, and return its outcome. `probe` is the folder of another probe than ours."""
        stdout, stderr = self._streams("observed")
        module = words[0] == "-m"
        script, *args = words[module:]
        launch = {
            "script": script,
            "args": args,
            "python": python(version),
            "module": module,
            "start_method": method,
            "detail": detail,
            "folder": str(self.folder),
        }
        job = {
            "launch": launch,
            "environment": self.environment,
            "stdout": str(stdout),
            "stderr": str(stderr),
            "probe": str(probe or PROBE),
        }
        try:
            answer = self._driver.observe(job)
        except TimeoutError:
            self._hangs(stdout, stderr)
        return Outcome(stdout.read_text(), stderr.read_text(), answer["status"], answer["report"])

    def _streams(self, way: str) -> tuple[Path, Path]:
        paths = self.folder / f"{way}.stdout", self.folder / f"{way}.stderr"
        for path in paths:
            path.write_bytes(b"")
        return paths

    def _hangs(self, stdout: Path, stderr: Path) -> NoReturn:
        """Fail with the stacks of every process: `faulthandler` writes them on SIGABRT."""
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
            time.sleep(0.2)
        self.end()
        self._driver.end()
        pytest.fail(f"still running after {DEADLINE} s\n{stdout.read_text()}\n{stderr.read_text()}", pytrace=False)

    def living(self) -> list[int]:
        keeper = b"keeper_process.py"
        found: list[int] = []
        for pid in marked_with(self._mark):
            with contextlib.suppress(OSError):
                if keeper not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def settle(self) -> None:
        """Wait for a forkserver and a tracker, which end when they notice that the program has ended."""
        deadline = time.monotonic() + 5
        while self.living() and time.monotonic() < deadline:
            time.sleep(0.02)

    def end(self) -> list[int]:
        """Kill the processes that are left of the programs, and return their pids."""
        left = self.living()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if left:
            self._driver.end()
        return left


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.end()


@pytest.fixture
def run(tmp_path: Path, temporary: Path, driver: Driver) -> Iterator[Ways]:
    """A fixture that runs programs bare and observed. None of their processes may be left."""
    ways = Ways(tmp_path, temporary, driver)
    yield ways
    ways.settle()
    left = ways.end()
    assert not left, "processes of the program are left"


class Seen:
    """A program that is observed by this process, with its output."""

    def __init__(self, run: Run, text: str) -> None:
        self.run = run
        self._lines = text.splitlines()

    def until(self, done: Callable[[Snapshot], object], what: str = "it did not come to that") -> Snapshot:
        """Return the first snapshot for which `done` is true."""
        deadline = time.monotonic() + DEADLINE
        while not done(snapshot := self.run.snapshot()):
            if time.monotonic() > deadline:
                self._fail(what)
            time.sleep(0.02)
        return snapshot

    def end(self, status: int | None = 0) -> Snapshot:
        """Wait for the end, and return the last snapshot.

        Args:
            status: the expected exit status of the main process.
        """
        if not self.run.ended.wait(DEADLINE):
            self._fail("still running")
        snapshot = self.run.snapshot()
        assert self.run.faults() == []
        if status is not None:
            assert self.run.exit_code == status, self.output()
        return snapshot

    def output(self) -> str:
        return "\n".join(line.text for line in self.run.snapshot().output.since(0)[1])

    def line(self, mark: str) -> int:
        """Return the number of the line of the program that ends with this comment."""
        return next(number for number, line in enumerate(self._lines, 1) if line.endswith("# " + mark))

    def _fail(self, what: str) -> None:
        snapshot = self.run.snapshot()
        doing = [f"{process.name} {process.state} {process.exitcode} {process.waits}" for process in snapshot.processes]
        for process in snapshot.processes:
            self.run.signal(process.key, signal.SIGABRT)
            time.sleep(0.1)
        time.sleep(0.5)
        pytest.fail("\n".join([what, *doing, self.output()]), pytrace=False)


See = Callable[..., Seen]


@pytest.fixture
def see(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[See]:
    """A fixture that starts programs, observes them, and ends them after the test."""
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    monkeypatch.setenv("TMPDIR", str(temporary))
    started: list[Run] = []

    def see(version: str, text: str, *args: str, detail: str = "auto", method: str | None = None) -> Seen:
        text = textwrap.dedent(text)
        path = tmp_path / "program.py"
        path.write_text(text)
        run = Run(Launch(str(path), args, python=python(version), detail=detail, start_method=method))
        run.start()
        started.append(run)
        return Seen(run, text)

    yield see
    for run in started:
        run.stop()
