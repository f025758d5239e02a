"""Measures how soon the Catalog shows its scenarios, beside what `import textual.app` alone takes.

python -m benchmarks.first_frame [--rounds 20] [--columns 140] [--rows 40]

Each round runs both, one after the other, so that what else goes on in the machine is the same for them: the ratios
are those of each round. "CPU" is what the process itself used until then, which other jobs disturb less.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

SHOWN = b"Hello, process"
"""The first scenario of the list."""
IMPORT = "import textual.app"
EMPTY = """\
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("Hello, process")
Empty().run()
"""
"""The time that every Textual app needs at least."""
PATIENCE = 60.0
Times = tuple[float, float]
"""Seconds by the clock, and of CPU."""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment as after an installation: everything is compiled, in a folder of its own."""
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **compiled, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def imported(folder: Path) -> Times:
    """Measure a process that only imports Textual."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", IMPORT], cwd=folder, env=environment(folder))
    _, _, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = 0  # it was waited for
    return took, usage.ru_utime + usage.ru_stime


def shown(words: Sequence[str], folder: Path, columns: int, rows: int) -> Times:
    """Measure the time until the list of scenarios has been sent to the terminal."""
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        words, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment(folder), start_new_session=True
    )
    os.close(slave)
    try:
        drawn = b""
        while SHOWN not in drawn:
            ready, _, _ = select.select([master], [], [], PATIENCE)
            if not ready:
                raise SystemExit(f"the Catalog was not shown within {PATIENCE:g} s")
            drawn += os.read(master, 65536)
        return time.perf_counter() - began, _cpu(process.pid)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _cpu(pid: int) -> float:
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--columns", type=int, default=140)
    parser.add_argument("--rows", type=int, default=40)
    arguments = parser.parse_args()
    ways = {
        "an empty Textual app": [sys.executable, "-c", EMPTY],
        "the Catalog": [sys.executable, "-m", "rockproc.tui"],
    }
    base: list[Times] = []
    found: dict[str, list[Times]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory(prefix="first-frame-") as name:
        folder = Path(name)
        for number in range(arguments.rounds + 1):
            one = imported(folder)
            others = {way: shown(words, folder, arguments.columns, arguments.rows) for way, words in ways.items()}
            if number:  # the first only fills the caches of files
                base.append(one)
                for way, times in others.items():
                    found[way].append(times)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.rounds} rounds\n")
    print("| | clock | CPU | by the clock | by CPU |\n| --- | --- | --- | --- | --- |")
    print(f"| `{IMPORT}` | {_medians(base)} | 1 | 1 |")
    for way, times in found.items():
        print(f"| {way} | {_medians(times)} | {_ratio(times, base, 0):.2f}× | {_ratio(times, base, 1):.2f}× |")


def _medians(times: list[Times]) -> str:
    clock, cpu = (statistics.median(seconds[index] for seconds in times) for index in (0, 1))
    return f"{clock * 1000:.0f} ms | {cpu * 1000:.0f} ms"


def _ratio(times: list[Times], base: list[Times], index: int) -> float:
    return statistics.median(measured[index] / one[index] for measured, one in zip(times, base, strict=True))


if __name__ == "__main__":
    main()
