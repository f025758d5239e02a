"""SIGKILL at random moments of the start and of a run, of rockproc-tui, of the keeper, and of both: nothing is left.

The moments are drawn from a seed, which the test prints. `ROCKPROC_KILLS=200` sets how many there are.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from rockproc.observer.keeper.session import MEMORY

from tests.end_to_end.conftest import PROGRAMS, Leftovers, Open
from tests.end_to_end.terminal import Terminal

KILLS = int(os.environ.get("ROCKPROC_KILLS", "200"))
FEW = 2
START_SECONDS = 0.3
"""The length of the start, which begins when the keeper exists. rockproc-tui is also killed before that."""
LATER_SECONDS = 3.0
PATIENCE_SECONDS = 40.0

COMMAND = (
    sys.executable,
    "-c",
    "from pathlib import Path\n"
    "from rockproc.observer.keeper import session\n"
    "session.MEMORY = Path('/nowhere')\n"
    "from rockproc.tui.cli.main import main\n"
    "raise SystemExit(main())",
)
"""A command with its session folders in the test's own temporary folder, where all that remain are found."""


def keeper_of(terminal: Terminal, limit: float = PATIENCE_SECONDS) -> int | None:
    """Return the pid of the keeper, as soon as there is one; None when rockproc-tui ends before."""
    children = Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children")
    deadline = time.monotonic() + limit
    while terminal.process.poll() is None:
        assert time.monotonic() < deadline, "no keeper was started"
        with suppress(OSError):
            tasks = children.parent.parent.iterdir()
            for pid in [word for task in tasks for word in (task / "children").read_text().split()]:
                with suppress(OSError):
                    if b"keeper_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        return int(pid)
    return None


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_app(terminal: Terminal, _keeper: int) -> None:
    terminal.process.kill()


def kill_keeper(_terminal: Terminal, keeper: int) -> None:
    kill(keeper)


def kill_both(terminal: Terminal, keeper: int) -> None:
    """Kill the app and the keeper so that neither sees the other's death, and then the program, which is left."""
    terminal.process.send_signal(signal.SIGSTOP)
    kill(keeper)
    terminal.process.kill()
    terminal.process.wait()
    for pid in terminal.living():
        kill(pid)


VICTIMS: dict[str, Callable[[Terminal, int], None]] = {"app": kill_app, "keeper": kill_keeper, "both": kill_both}


SCREENS: dict[str, tuple[str, ...]] = {"lab": (), "run": ("run",)}
"""The words on the command line, with a screen and without one."""


class Named:
    """The files that a program has made in `/dev/shm`. The program writes their names into a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()

    def left(self) -> list[Path]:
        return [path for name in self.file.read_text().split() if (path := MEMORY / name).exists()]

    def remove(self) -> None:
        """Remove the files that the program's resource tracker could not remove, because it was killed."""
        for path in self.left():
            path.unlink(missing_ok=True)


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Named]:
    made = Named(tmp_path / "names")
    yield made
    made.remove()


class Kills:
    """Starts rockproc-tui again and again, and kills it, or its keeper, or both."""

    def __init__(self, open_terminal: Open, leftovers: Leftovers, named: Named, how: tuple[str, ...]) -> None:
        self._leftovers = leftovers
        self._named = named
        self._start_seconds = 0.0
        """The seconds that the last start of the keeper took."""
        self._open = lambda: open_terminal(*how, str(PROGRAMS / "named.py"), str(named.file), command=COMMAND)
        self._quits = not how

    def kill(self, victim: str, moments: random.Random, within: float) -> None:
        terminal = self._open()
        begin = time.monotonic()
        if victim == "app" and moments.random() < _SHARE_BEFORE_KEEPER:
            time.sleep(moments.uniform(0, self._start_seconds))
            terminal.kill()
        else:
            keeper = keeper_of(terminal)
            assert keeper is not None, terminal.text
            self._start_seconds = time.monotonic() - begin
            time.sleep(moments.uniform(0, within))
            VICTIMS[victim](terminal, keeper)
        if victim == "keeper":
            self._end_without_keeper(terminal)
        terminal.wait()
        if victim == "both":
            self._named.remove()
            for folder in self._leftovers.temporary.glob("rockproc-*"):
                os.utime(folder, (0, 0))  # one without an owner is removed after a minute
        else:
            self._leftovers.gone_within()
            if victim == "app" and not self._quits:
                # The death of the session's leader hangs up the terminal, and that ends the program's resource tracker.
                self._named.remove()
            assert self._named.left() == []
        terminal.end()

    def _end_without_keeper(self, terminal: Terminal) -> None:
        """Check that the app reports the end of the keeper, and quit it. `run` ends by itself."""
        self._leftovers.gone_within()
        if self._quits:
            terminal.press("ctrl+q")
            assert terminal.wait() == 0
        assert "Traceback" not in terminal.text

    def sweep(self) -> None:
        """Check that the next start removes everything that is left after both were killed."""
        left = list(self._leftovers.temporary.glob("rockproc-*"))
        after = self._open()
        assert keeper_of(after) is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(folder.exists() for folder in left):
            assert time.monotonic() < deadline, "the next start does not remove what is left"
            time.sleep(0.02)
        after.kill()
        after.wait()
        self._leftovers.gone_within()


_SHARE_BEFORE_KEEPER = 0.25


@pytest.fixture(params=SCREENS)
def kills(request: pytest.FixtureRequest, open_terminal: Open, leftovers: Leftovers, named: Named) -> Kills:
    return Kills(open_terminal, leftovers, named, SCREENS[request.param])


def kill_at_moments(victim: str, kills: Kills, count: int, within: float) -> None:
    seed = random.randrange(1 << 32)
    print(f"{victim}: {count} kills within {within:g} s, seed {seed}")
    moments = random.Random(seed)
    for number in range(count):
        try:
            kills.kill(victim, moments, within)
        except AssertionError as error:
            raise AssertionError(f"kill {number} of seed {seed}: {error}") from error
        if number % _REPORT_EVERY == 0:
            print(f"{victim}: {number + 1} kills", flush=True)
    if victim == "both":
        kills.sweep()


_REPORT_EVERY = 20


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_left_when_killed_at_a_few_moments_of_the_start(victim: str, kills: Kills) -> None:
    kill_at_moments(victim, kills, FEW, START_SECONDS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("within", [START_SECONDS, LATER_SECONDS], ids=["start", "later"])
@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_left_when_killed_at_many_moments(victim: str, within: float, kills: Kills) -> None:
    kill_at_moments(victim, kills, KILLS, within)
