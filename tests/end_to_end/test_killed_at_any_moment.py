"""SIGKILL at random moments of the start and of a run, of rockproc-tui, of the keeper, and of both: nothing is left.

The moments are drawn from a seed, which the test prints. `ROCKPROC_KILLS=200` sets how many there are.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.end_to_end.conftest import PROGRAMS, Leftovers, Open
from tests.end_to_end.terminal import Terminal

KILLS = int(os.environ.get("ROCKPROC_KILLS", "200"))
FEW = 2
START_SECONDS = 0.1
"""What counts as the start: from the first moment at which the keeper exists."""
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
"""Has its session folders in the test's own folder for temporary files, where each one is seen that is left."""


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
    """Neither sees the death of the other. The program is left, since nobody can end it, and is killed here."""
    terminal.process.send_signal(signal.SIGSTOP)
    kill(keeper)
    terminal.process.kill()
    terminal.process.wait()
    for pid in terminal.living():
        kill(pid)


VICTIMS: dict[str, Callable[[Terminal, int], None]] = {"app": kill_app, "keeper": kill_keeper, "both": kill_both}


def kill_at_moments(victim: str, open_terminal: Open, leftovers: Leftovers, count: int, within: float) -> None:
    seed = random.randrange(1 << 32)
    print(f"{victim}: {count} kills within {within:g} s, seed {seed}")
    moments = random.Random(seed)
    for number in range(count):
        terminal = open_terminal(str(PROGRAMS / "life.py"), command=COMMAND)
        keeper = keeper_of(terminal)
        assert keeper is not None, terminal.text
        time.sleep(moments.uniform(0, within))
        VICTIMS[victim](terminal, keeper)
        if victim == "keeper":
            # It says so and goes on; or the program has not started, and it says that.
            leftovers.gone_within()
            terminal.press("ctrl+q")
            assert terminal.wait() == 0, f"after kill {number} of seed {seed}"
            assert "Traceback" not in terminal.text
        terminal.wait()
        if victim == "both":
            for folder in leftovers.temporary.glob("rockproc-*"):
                os.utime(folder, (0, 0))  # one without an owner is removed after a minute
        else:
            leftovers.gone_within()
        terminal.end()
    if victim == "both":
        after = open_terminal(str(PROGRAMS / "life.py"), command=COMMAND)
        after.wait_for("not started")
        after.press("ctrl+q")
        assert after.wait() == 0
        leftovers.gone_within()


@pytest.mark.parametrize(
    "victim", [pytest.param(victim, marks=() if victim == "both" else pytest.mark.slow) for victim in VICTIMS]
)
def test_nothing_is_left_when_killed_at_a_few_moments_of_the_start(
    victim: str, open_terminal: Open, leftovers: Leftovers
) -> None:
    kill_at_moments(victim, open_terminal, leftovers, FEW, START_SECONDS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("within", [START_SECONDS, LATER_SECONDS], ids=["start", "later"])
@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_is_left_when_killed_at_many_moments(
    victim: str, within: float, open_terminal: Open, leftovers: Leftovers
) -> None:
    kill_at_moments(victim, open_terminal, leftovers, KILLS, within)
