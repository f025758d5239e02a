"""Keys are kept while the app starts, and a terminal may close at that time."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import PROGRAMS, Leftovers, Open
from tests.end_to_end.terminal import Terminal
from tests.parameters import fast_first

LIFE = str(PROGRAMS / "life.py")


def flow_control(terminal: Terminal) -> bool:
    return bool(termios.tcgetattr(terminal.slave)[0] & termios.IXON)


@pytest.mark.parametrize("words", fast_first([((LIFE,),), ((),)], ids=["lab", "catalog"]))
def test_ctrl_q_is_not_lost_before_the_first_frame(words: tuple[str, ...], open_terminal: Open) -> None:
    """A terminal in its usual mode uses ctrl+q for flow control, and the program does not get it."""
    terminal = open_terminal(*words)
    terminal.wait_for(lambda: not flow_control(terminal), what="flow control off")
    assert not terminal.alternate, "this is long before the app has the terminal"
    terminal.press("ctrl+q")
    assert terminal.wait() == 0
    assert terminal.restored


def test_the_terminal_is_as_before_when_the_start_is_ended(open_terminal: Open) -> None:
    terminal = open_terminal(LIFE)
    terminal.wait_for(lambda: not flow_control(terminal), what="flow control off")
    terminal.kill(signal.SIGTERM)
    assert terminal.wait() in (0, 128 + signal.SIGTERM)
    assert flow_control(terminal)
    assert terminal.restored


def _at_once(_terminal: Terminal) -> None:
    """Do not wait: the interpreter has only just started."""


def _at_import(terminal: Terminal) -> None:
    terminal.wait_for(lambda: not flow_control(terminal), what="flow control off")


def _at_first_bytes(terminal: Terminal) -> None:
    terminal.wait_for(lambda: terminal.raw, what="the first bytes")


def _at_first_frame(terminal: Terminal) -> None:
    terminal.wait_for("life.py")


@pytest.mark.parametrize("moment", fast_first([_at_import, _at_first_frame, _at_once, _at_first_bytes], 2))
def test_the_terminal_is_closed_during_the_start(
    moment: Callable[[Terminal], None], open_terminal: Open, leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = open_terminal(LIFE)
    moment(terminal)
    begin = time.monotonic()
    terminal.close()
    terminal.process.wait(30)
    took = time.monotonic() - begin
    leftovers.gone_within()
    with capsys.disabled():
        print(f"\n  rockproc-tui has ended after {took:.2f} s")


SWALLOWS = """
import os, signal, sys, time
from rockproc.tui.runtime.typed_ahead import flow_control_off

with flow_control_off():
    try:
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        time.sleep(60)
    except BaseException:
        pass  # as C code may do that imports something
    print("went on")
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_during_the_imports_is_not_lost(name: str) -> None:
    """Msgspec once replaced the exception of a handler and continued without `datetime`, so the app crashed later."""
    main_end, terminal = pty.openpty()
    try:
        before = termios.tcgetattr(terminal)
        done = subprocess.run(
            [sys.executable, "-c", SWALLOWS, name], stdin=terminal, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (128 + getattr(signal, name), ""), done.stderr
        assert termios.tcgetattr(terminal) == before
    finally:
        os.close(main_end)
        os.close(terminal)
