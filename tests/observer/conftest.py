"""Fixtures that start real processes under a keeper, and check that none of them is left."""

from __future__ import annotations

import os
import select
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rockproc.observer.keeper import session
from rockproc.observer.keeper.keeper import Keeper, KeeperEvent

MARK = "ROCKPROC_TEST"
PATIENCE_SECONDS = 40.0
"""The time in which a test must reach a state. It is long because the machine may be busy."""


def wait_until(done: Callable[[], object], limit: float = PATIENCE_SECONDS, pause: float = 0.005) -> None:
    """Wait for a state. Half of the time at most is spent on looking: some looks read all processes of the machine."""
    begin = last = time.monotonic()
    while not done():
        now = time.monotonic()
        assert now < begin + limit, "it did not come to that in time"
        time.sleep(max(pause, now - last))
        last = time.monotonic()


def marked_with(mark: str) -> list[int]:
    """Return the processes with the mark in their own or an ancestor's environment. Zombies have no environment."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"{MARK}={mark}".encode() in environment:
                found.append(int(entry.name))
    return found


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A text in the environment that identifies everything that the test starts. None of it may be left."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    yield mark
    left = marked_with(mark)
    for pid in left:
        os.kill(pid, 9)
    assert not left


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The parent folder of session folders during the test; afterwards none may be left."""
    base = tmp_path / "base"
    base.mkdir()
    monkeypatch.setattr(session, "MEMORY", tmp_path / "none")
    monkeypatch.setenv("TMPDIR", str(base))
    yield base
    assert not list(base.iterdir())


@pytest.fixture
def folder(base: Path) -> Path:
    """The folder of a session, which the test has to have removed."""
    made = session.Session()
    made.make()
    assert made.path.parent == base
    return made.path


class Program:
    """A program under a keeper."""

    def __init__(self, code: str, **options: object) -> None:
        launch = {name: options.pop(name) for name in ("env", "cwd") if name in options}
        self.keeper = Keeper(**options)  # type: ignore[arg-type]
        self.keeper.launch([sys.executable, "-c", code], **launch)  # type: ignore[arg-type]
        self.events: list[KeeperEvent] = []

    def find(self, kind: str) -> KeeperEvent | None:
        return next((event for event in self.events if event["event"] == kind), None)

    def until(self, kind: str, limit: float = PATIENCE_SECONDS) -> KeeperEvent:
        deadline = time.monotonic() + limit
        while (found := self.find(kind)) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind} in {self.events}"
            select.select([self.keeper], [], [], left)
            self.events += self.keeper.read_events()
        return found

    @property
    def keeper_status(self) -> int | None:
        """Return the exit status of the keeper: None while it runs, negative when a signal has killed it."""
        return self.keeper._process.poll()

    def end(self) -> list[KeeperEvent]:
        """End the run. On a busy machine the keeper may take longer than the app waits for it."""
        self.keeper.end(PATIENCE_SECONDS)
        self.events += self.keeper.read_events()
        return self.events


@pytest.fixture
def launch(mark: str) -> Iterator[Callable[..., Program]]:
    assert os.environ[MARK] == mark
    programs: list[Program] = []

    def launch(code: str, **options: object) -> Program:
        programs.append(Program(code, **options))
        return programs[-1]

    yield launch
    for program in programs:
        program.end()
