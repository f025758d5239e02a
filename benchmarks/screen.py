"""Measures what the screen costs, and how soon it answers a key.

python -m benchmarks.screen [--seconds 15] [--keys 40] [--only WORDS] [--bursts]

It does so while nothing happens, while 200 children live, and while fifty of them perform 100,000 operations per
second. It also prints what arrives: the operations by the program's own counters, and the records that the observer
has read. The probe writes fewer records than operations where it keeps to its budget.

With --bursts it measures instead how long the help takes that is asked for right after fifty presses of a key: the
seconds, and the CPU that the app takes meanwhile.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rockproc.observer.keeper.session import MEMORY, OWNER, PREFIX
from rockproc.probe import layout

from tests.end_to_end.terminal import COMMAND, KEYS, Terminal, Wanted

ROOT = Path(__file__).parents[1]
SIZES = ((80, 24), (140, 40))
SETTLED = 10
START_SECONDS = 60
"""Seconds after which the deadlock stands, or all children are there."""
PATIENCE_SECONDS = 20.0
"""The time after which a key counts as ineffective, which ends the measurement."""
BURST_KEYS = 50
BURST_KEY_NAMES = ("down", "tab", "right")
HELP = "Keys · "
"""The beginning of the title of the help."""
COMMAND_LOG = "Command log"
"""The title of the command log."""


CROWD = str(Path(__file__).parent / "programs" / "busy_crowd.py")


@dataclass(frozen=True)
class Watched:
    """A program that the Lab shows while it is measured."""

    name: str
    words: tuple[str, ...]
    second: str = "Process-1"
    """The process below main in the list."""
    settled_text: str = ""
    """A text that the Lab shows once the program has reached the state that is measured."""


PROGRAMS = (
    Watched("a deadlock", (str(ROOT / "scenarios" / "two_locks.py"),), "worker-1", "deadlock"),
    Watched("200 children asleep", (str(ROOT / "tests" / "end_to_end" / "programs" / "crowd.py"),)),
    Watched("10,000 records wanted", (CROWD, "10000")),
    Watched("100,000 records wanted", (CROWD, "100000")),
    Watched("100,000 records, --detail full", ("--detail", "full", CROWD, "100000")),
)


@dataclass(frozen=True)
class Count:
    """The counts of all journals of a run, at one moment."""

    at: float
    operations: int
    records: int

    def rates(self, later: Count) -> tuple[float, float]:
        """Return the operations and the records per second since this count."""
        took = later.at - self.at
        return (later.operations - self.operations) / took, (later.records - self.records) / took


def counted(pid: int) -> Count:
    """Return the counts of the processes, and how far the observer has read, in the run of that app."""
    operations = records = 0
    for folder in (*MEMORY.glob(PREFIX + "*"), *Path(tempfile.gettempdir()).glob(PREFIX + "*")):
        owner = folder / OWNER
        if owner.exists() and owner.read_text().split()[0] == str(pid):
            for path in folder.glob("*.journal"):
                with path.open("rb") as journal:
                    head = journal.read(layout.RING_AT)
                records += layout.CURSOR.unpack_from(head, layout.CURSOR_AT)[0]
                backed = min(layout.CURSOR.unpack_from(head, layout.CELLS_BACKED_AT)[0], layout.CELLS)
                end = layout.CELLS_AT + backed * layout.CELL.size
                for cell in layout.CELL.iter_unpack(head[layout.CELLS_AT : end]):
                    operations += sum(
                        cell[word] for word in (layout.FIRST_COUNT, layout.SECOND_COUNT, layout.THIRD_COUNT)
                    )
    return Count(time.monotonic(), operations, records)


@contextmanager
def opened(watched: Watched, columns: int, rows: int) -> Iterator[Terminal]:
    """Open the Lab on a program in a terminal of this size, and close it."""
    with tempfile.TemporaryDirectory(prefix="screen-") as name:
        folder, mark = Path(name), uuid.uuid4().hex
        (folder / "stacks").mkdir()
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "XDG_STATE_HOME": name,
            "XDG_CONFIG_HOME": name,
            "ROCKPROC_STACKS": str(folder / "stacks"),
            "ROCKPROC_MARK": mark,
        }
        words = [*COMMAND, *watched.words]
        terminal = Terminal(words, environment=environment, mark=mark, folder=folder, columns=columns, rows=rows)
        try:
            yield terminal
        finally:
            terminal.press("esc", "q")
            time.sleep(2)
            terminal.end()


def settle(terminal: Terminal, watched: Watched) -> None:
    """Wait until the program is in the state that is measured: on a busy machine that takes longer."""
    if watched.settled_text:
        terminal.wait_for(watched.settled_text, START_SECONDS)
    time.sleep(SETTLED)


def share(terminal: Terminal, seconds: float) -> float:
    """Return the part of a core that the app takes, its observer included and the program not."""
    app = psutil.Process(terminal.process.pid)
    began, before = time.monotonic(), sum(app.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(app.cpu_times()[:2]) - before) / (time.monotonic() - began)


def answers(terminal: Terminal, watched: Watched, keys: int) -> list[float]:
    """Return the seconds from each key until the bytes that show its effect have arrived, sorted.

    The effects: the title of Processes names another selected process, or the command log is open. The terminal is
    emulated, and the emulator takes longer than the app to draw a screen: its time does not count. Raises
    AssertionError if a key has no effect, so that the time limit is never taken for an answer.
    """

    def is_selected(name: str) -> Callable[[], bool]:
        return lambda: bool(re.search(rf"Processes .*▸ {re.escape(name)}\b", terminal.line(" Processes ")))

    ways: tuple[tuple[str, Wanted], ...] = (
        ("up", is_selected("main")),
        ("down", is_selected(watched.second)),
        ("@", COMMAND_LOG),
    )
    for key in ("1", "home"):
        terminal.press(key)
    terminal.wait_for(is_selected("main"), PATIENCE_SECONDS)
    terminal.press("down")
    terminal.wait_for(is_selected(watched.second), PATIENCE_SECONDS)
    found: list[float] = []
    for number in range(keys):
        key, effect = ways[number % len(ways)]
        time.sleep(0.25 + number % 7 / 50)
        pressed_at = time.monotonic()
        terminal.press(key)
        terminal.wait_for(effect, PATIENCE_SECONDS, what=f"the effect of {key}")
        found.append(terminal.drawn_from - pressed_at)
        if key == "@":
            terminal.press("esc")
            terminal.wait_for(lambda: COMMAND_LOG not in terminal.text, PATIENCE_SECONDS)
    return sorted(found)


def after_burst(terminal: Terminal, key: str) -> tuple[float, float]:
    """Return the seconds, and the app's CPU seconds, until the help is there that is asked for after many keys."""
    app = psutil.Process(terminal.process.pid)
    before = sum(app.cpu_times()[:2])
    terminal.type(KEYS[key] * BURST_KEYS + "?")
    took = terminal.wait_for(HELP, PATIENCE_SECONDS, what=f"the help after {key}")
    used = sum(app.cpu_times()[:2]) - before
    time.sleep(0.5)
    terminal.press("esc")
    terminal.wait_for(lambda: HELP not in terminal.text, PATIENCE_SECONDS)
    time.sleep(1)
    return took, used


def measure_bursts(watched: Watched, columns: int, rows: int) -> None:
    """Print a row for each key: the median and the range of five bursts. The first help imports what it needs."""
    with opened(watched, columns, rows) as terminal:
        settle(terminal, watched)
        after_burst(terminal, "down")
        for key in BURST_KEY_NAMES:
            found = [after_burst(terminal, key) for _ in range(5)]
            times, used = (sorted(column) for column in zip(*found, strict=True))
            print(
                f"| {watched.name} | {columns}×{rows} | {BURST_KEYS} × {key} "
                f"| {times[2]:.2f} s ({times[0]:.2f} to {times[-1]:.2f}) "
                f"| {used[2]:.2f} s ({used[0]:.2f} to {used[-1]:.2f}) |",
                flush=True,
            )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--only", default="", help="the programs that have these words in their names")
    parser.add_argument("--bursts", action="store_true", help="what follows fifty presses of a key")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    if arguments.bursts:
        print("| program | terminal | keys | until the help is shown | CPU of the app meanwhile |")
        print("| --- | --- | --- | --- | --- |")
        for watched in (program for program in PROGRAMS if arguments.only in program.name):
            for columns, rows in SIZES:
                measure_bursts(watched, columns, rows)
        return
    print("| program | terminal | operations a second | records a second | of a core | a key, median | a key, 95 % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for watched in PROGRAMS:
        if arguments.only not in watched.name:
            continue
        for columns, rows in SIZES:
            with opened(watched, columns, rows) as terminal:
                settle(terminal, watched)
                before = counted(terminal.process.pid)
                busy = share(terminal, arguments.seconds)
                operations, records = before.rates(counted(terminal.process.pid))
                times = answers(terminal, watched, arguments.keys)
            median, percentile_95 = statistics.median(times), times[int(len(times) * 0.95)]
            print(
                f"| {watched.name} | {columns}×{rows} | {operations:,.0f} | {records:,.0f} | {busy:.1%} "
                f"| {median * 1000:.0f} ms | {percentile_95 * 1000:.0f} ms |",
                flush=True,
            )


if __name__ == "__main__":
    main()
