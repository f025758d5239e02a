"""Soon after any end of rockproc-tui, no process of the run and no session folder is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

import pytest
from _pytest.mark import ParameterSet
from rockproc.observer.keeper.session import MEMORY

from tests.end_to_end.conftest import PROGRAMS, Leftovers, Open
from tests.end_to_end.terminal import COMMAND, Terminal

STUBBORN = str(PROGRAMS / "stubborn.py")
PROCESSES = 7
"""The processes of the program: main, four children less the daemon's parent, the daemon, a subprocess, the tracker."""

CRASHING = (
    sys.executable,
    "-c",
    "from rockproc.tui.app import application\n"
    "from rockproc.tui.cli.main import main\n"
    "def crash(self): raise ZeroDivisionError('injected')\n"
    "application.RockprocApp.action_help = crash\n"
    "raise SystemExit(main())",
)
"""A command whose app raises an exception in its loop when the user asks for help."""

WAITING = (
    sys.executable,
    "-c",
    "import threading\n"
    "from rockproc.tui.cli.main import main\n"
    "from textual.drivers._writer_thread import WriterThread\n"
    "WriterThread.stop = lambda self: threading.Event().wait()\n"
    "raise SystemExit(main())",
)
"""A command whose app never ends by itself."""


def watching(open_terminal: Open, leftovers: Leftovers, command: tuple[str, ...] = COMMAND) -> Terminal:
    """Return the Lab on the stubborn program, once all of its processes exist."""
    terminal = open_terminal(STUBBORN, command=command, columns=140, rows=40)
    terminal.wait_for("ALL HERE")
    leftovers.look()
    assert len(leftovers.folders) == 1
    assert all(folder.is_dir() for folder in leftovers.folders)
    memory = MEMORY / terminal.mark  # its SharedMemory, which its resource tracker has to unlink
    assert memory.exists()
    leftovers.folders.add(memory)
    assert len(terminal.program()) == PROCESSES
    return terminal


def gone(terminal: Terminal, leftovers: Leftovers, begin: float, capsys: pytest.CaptureFixture[str]) -> int:
    """Wait until everything of the run is gone, print how long that took since `begin`, and return the exit status."""
    leftovers.gone_within()
    took = time.monotonic() - begin
    status = terminal.wait()
    with capsys.disabled():
        print(f"\n  all gone after {took:.2f} s, rockproc-tui after {time.monotonic() - begin:.2f} s")
    return status


def press(*keys: str) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.press(*keys)


def send(number: int) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.kill(number)


def press_ctrl_c_twice(terminal: Terminal) -> None:
    """Press ctrl+c until the app ends: the first one only says how to quit."""
    terminal.press("ctrl+c")
    terminal.wait_for("ctrl+q quits")
    terminal.press("ctrl+c")


ENDINGS = {
    "ctrl+q": (press("ctrl+q"), 0),
    "ctrl+c twice": (press_ctrl_c_twice, 0),
    "SIGTERM": (send(signal.SIGTERM), 0),
    "SIGHUP": (send(signal.SIGHUP), 0),
    "SIGINT": (send(signal.SIGINT), 0),
}


SLOW = ("SIGTERM", "SIGHUP", "SIGINT", "S", "ctrl+c twice")
"""Endings that run the same code as another one."""


def those(names: Iterable[str]) -> list[ParameterSet]:
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in names]


@pytest.mark.parametrize("ending", those(ENDINGS))
def test_nothing_is_left_after_rockproc_was_asked_to_end(
    ending: str, open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    act, expected = ENDINGS[ending]
    terminal = watching(open_terminal, leftovers)
    begin = time.monotonic()
    act(terminal)
    status = gone(terminal, leftovers, begin, capsys)
    assert status == expected
    assert terminal.restored
    assert "Traceback" not in terminal.text


def test_nothing_is_left_after_rockproc_was_killed(
    open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = watching(open_terminal, leftovers)
    begin = time.monotonic()
    terminal.kill(signal.SIGKILL)
    assert gone(terminal, leftovers, begin, capsys) == -signal.SIGKILL


@pytest.mark.slow
def test_the_next_run_removes_what_a_killed_keeper_left(open_terminal: Open, leftovers: Leftovers) -> None:
    """No process is left that could end the run's processes; the next start must remove the folder."""
    terminal = open_terminal(str(PROGRAMS / "life.py"))
    terminal.wait_for("not started")
    leftovers.look()
    others = [pid for pid in terminal.living() if pid != terminal.process.pid]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)  # first the program, so that it outlives the keeper's death
    terminal.kill(signal.SIGKILL)
    for pid in others:
        os.kill(pid, signal.SIGKILL)
    terminal.wait()
    assert leftovers.folders  # which may be gone by now: every run that starts, also of another test, sweeps
    after = open_terminal(str(PROGRAMS / "life.py"))
    after.wait_for("not started")
    assert not any(folder.exists() for folder in leftovers.folders)
    after.press("ctrl+q")
    assert after.wait() == 0


@pytest.mark.slow
def test_nothing_is_left_after_a_crash(
    open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = watching(open_terminal, leftovers, CRASHING)
    begin = time.monotonic()
    terminal.press("?")
    assert gone(terminal, leftovers, begin, capsys) == 1
    assert terminal.restored
    assert "ZeroDivisionError" in terminal.text


def test_nothing_is_left_after_the_terminal_was_closed(
    open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = watching(open_terminal, leftovers)
    begin = time.monotonic()
    terminal.close()
    gone(terminal, leftovers, begin, capsys)


@pytest.mark.slow
def test_nothing_is_left_when_textual_blocks_on_a_closed_terminal(
    open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    """The thread of Textual that writes has died then, and its loop waits forever for room in that thread's queue."""
    terminal = watching(open_terminal, leftovers, WAITING)
    begin = time.monotonic()
    terminal.close()
    assert gone(terminal, leftovers, begin, capsys) == 128 + signal.SIGHUP


@pytest.mark.parametrize("key", those(["esc", "S"]))
@pytest.mark.slow
def test_leaving_or_stopping_ends_the_run_and_not_the_app(key: str, open_terminal: Open, leftovers: Leftovers) -> None:
    """The app must continue, and the run must not."""
    terminal = watching(open_terminal, leftovers)
    if key == "esc":
        terminal.press(key)
        terminal.wait_for("again ends it")
    terminal.press(key)
    leftovers.gone_within()
    terminal.wait_for("── Catalog" if key == "esc" else "SIGKILL")
    terminal.press("ctrl+q")
    assert terminal.wait() == 0


# A SIGHUP from another process is passed on and asks for no end: many programs read their settings then.
@pytest.mark.parametrize("name", those(["SIGKILL", "SIGTERM"]))
def test_nothing_is_left_after_a_run_without_a_screen_was_ended(
    name: str, open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = open_terminal("run", STUBBORN)
    terminal.wait_for("ALL HERE")
    leftovers.look()
    assert len(terminal.program()) == PROCESSES
    begin, number = time.monotonic(), signal.Signals[name]
    terminal.kill(number)
    status = gone(terminal, leftovers, begin, capsys)
    assert status == (-number if number is signal.SIGKILL else 128 + number)
