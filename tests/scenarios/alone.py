"""Run a scenario as `python FILE`, without the probe, at a higher speed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from rockproc.probe.versions import TESTED

from tests.bytecode import bytecode_variables

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PACE = Path(__file__).parent / "pace"
METHODS = ("fork", "spawn", "forkserver")
DEADLINE = 40
"""Seconds after which a run counts as hanging, on a busy machine too."""

GRACE = 5.0
"""Seconds that processes have to end after they were asked to."""

ARGS = {"gil.py": ("200000",)}


def interpreters() -> dict[str, Path | None]:
    """Find every tested CPython, by version: the current one, pyenv's, one on the PATH, or among `newer-pythons`."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    found: dict[str, Path | None] = {}
    for version in TESTED:
        on_path = shutil.which(f"python{version}")
        pythons = [
            *sorted(pyenv.glob(f"{version}.*/bin/python")),
            *([Path(on_path)] if on_path else []),
            *data.glob(f"newer-pythons/usr/bin/python{version}"),
        ]
        found[version] = next(iter(pythons), None)
    found[f"3.{sys.version_info.minor}"] = Path(sys.executable)
    return found


@dataclass
class Alone:
    """A run of a scenario in a session of its own."""

    process: subprocess.Popen[bytes]
    folder: Path
    ledger_path: Path

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text()

    @property
    def ledger(self) -> dict[str, dict[str, object]]:
        return json.loads(self.ledger_path.read_text())

    def wait(self) -> int:
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            stacks = self.stacks()
            raise AssertionError(f"still running after {DEADLINE} s\n{self.stdout}\n{stacks}") from None

    def stacks(self) -> str:
        """Return the stack of every thread. All processes must have begun, else the signal kills some of them."""
        return "\n".join(f"process {process.pid}\n{self._stack(process)}" for process in self.living())

    def _stack(self, process: psutil.Process) -> str:
        """Return the stack of one process. Processes are asked in turn, as all of them write to the same file."""
        before = seen = len(self.stderr)
        try:
            process.send_signal(signal.SIGUSR1)
        except psutil.NoSuchProcess:
            return ""
        for _ in range(40):
            time.sleep(0.05)
            size = len(self.stderr)
            if size > before and size == seen:
                break
            seen = size
        return self.stderr[before:]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {DEADLINE} s: {what}\n{self.stdout}\n{self.stacks()}")
            time.sleep(0.1)

    def living(self) -> list[psutil.Process]:
        """Return its processes without zombies: an orphan's new parent may reap it late."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, ProcessLookupError):
                pass
        return found

    def semaphores(self) -> set[Path]:
        """Return the semaphores that a process must unlink. On other systems than Linux the result is empty."""
        found: set[Path] = set()
        for process in self.living():
            with suppress(OSError):
                lines = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
                found |= {Path(line.split()[-1]) for line in lines if "/sem.mp-" in line and "(deleted)" not in line}
        return found

    def end(self) -> None:
        """End all processes, first by SIGTERM: a resource tracker ignores it, and unlinks the others' semaphores."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while self.living() and time.monotonic() < deadline:
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def alone(name: str, folder: Path, *, method: str, python: Path, pace: float = 0.05) -> Generator[Alone]:
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / "ledger.json"
    with tempfile.TemporaryDirectory(prefix="rockproc-test-") as temporary:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
            "PYTHONPATH": str(PACE),
            "PYTHONUNBUFFERED": "1",
            **bytecode_variables(),
            "TMPDIR": temporary,
            "ROCKPROC_PACE": str(pace),
            "ROCKPROC_START_METHOD": method,
            "ROCKPROC_LEDGER": str(ledger),
        }
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                [str(python), str(SCENARIOS / name), *ARGS.get(name, ())],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        run = Alone(process, folder, ledger)
        try:
            yield run
        finally:
            run.end()
