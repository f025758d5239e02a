"""What the screen costs while nothing happens and while 200 children live, and how soon it answers a key.

python -m benchmarks.screen [--seconds 15] [--keys 40]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import uuid
from pathlib import Path

import psutil

from tests.end_to_end.terminal import COMMAND, Terminal

ROOT = Path(__file__).parents[1]
IDLE = ROOT / "scenarios" / "two_locks.py"
CROWD = ROOT / "tests" / "end_to_end" / "programs" / "crowd.py"
SIZES = ((80, 24), (140, 40))
SETTLED = 10
"""Seconds after which the deadlock stands, or all children are there."""


def opened(script: Path, columns: int, rows: int, folder: Path) -> Terminal:
    mark = uuid.uuid4().hex
    (folder / "stacks").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "ROCKPROC_STACKS": str(folder / "stacks"),
        "ROCKPROC_MARK": mark,
    }
    return Terminal(
        [*COMMAND, str(script)], environment=environment, mark=mark, folder=folder, columns=columns, rows=rows
    )


def share(terminal: Terminal, seconds: float) -> float:
    """The part of a core that the app takes, its observer included and the program not."""
    app = psutil.Process(terminal.process.pid)
    began, before = time.monotonic(), sum(app.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(app.cpu_times()[:2]) - before) / (time.monotonic() - began)


def answers(terminal: Terminal, keys: int) -> list[float]:
    """Seconds from a key, which moves the cursor, to the first that is drawn after it."""
    found: list[float] = []
    for number in range(keys):
        time.sleep(0.25 + number % 7 / 50)
        size, began = len(terminal.raw), time.perf_counter()
        terminal.press("up" if number % 2 else "down")
        while len(terminal.raw) == size and time.perf_counter() - began < 2:
            time.sleep(0.001)
        found.append(time.perf_counter() - began)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--keys", type=int, default=40)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| program | terminal | of a core | a key, median | a key, 95 % |\n| --- | --- | --- | --- | --- |")
    for script, name in ((IDLE, "a deadlock"), (CROWD, "200 sleeping children")):
        for columns, rows in SIZES:
            with tempfile.TemporaryDirectory(prefix="screen-") as folder:
                terminal = opened(script, columns, rows, Path(folder))
                try:
                    time.sleep(SETTLED)
                    busy = share(terminal, arguments.seconds)
                    times = answers(terminal, arguments.keys)
                finally:
                    terminal.press("esc", "q")
                    time.sleep(2)
                    terminal.end()
            median, most = statistics.median(times), times[int(len(times) * 0.95)]
            print(
                f"| {name} | {columns}×{rows} | {busy:.1%} | {median * 1000:.0f} ms | {most * 1000:.0f} ms |",
                flush=True,
            )


if __name__ == "__main__":
    main()
